/* Date, Timestamp and Interval: what SQL has and the module datetime has not (years -4712 to
 * 294276, months beside days). Here are the fields, making, comparing and hashing; the rest of
 * their interface is Python, in classes of openhyper derived from these. */
#include "engine.h"

#include <structmember.h>

/* ---- The calendar: days_from_civil and its inverse after Hinnant, "chrono-compatible low-level
 * date algorithms" (2013), shifted to the Julian day number ---- */

#define JULIAN_OF_0000_03_01 INT64_C(1721120)

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a % b < 0) != (b < 0));
}

int64_t julian_day(int64_t year, int64_t month, int64_t day)
{
    if (month < 1 || month > 12) {
        int64_t carry = floor_div(month - 1, 12);
        year += carry;
        month -= carry * 12;
    }
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era + JULIAN_OF_0000_03_01 + day - 1;
}

void civil_from_julian(int64_t julian, int64_t *year, int *month, int *day)
{
    int64_t z = julian - JULIAN_OF_0000_03_01;
    int64_t era = floor_div(z, 146097);
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

/* ---- Date ---- */

static PyObject *date_make(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"year", "month", "day", NULL};
    int year, month, day;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iii:Date", names, &year, &month, &day))
        return NULL;
    DateObject *self = (DateObject *)PyType_GenericAlloc(type, 0);
    if (self) {
        self->year = year;
        self->month = month;
        self->day = day;
    }
    return (PyObject *)self;
}

PyObject *date_new(int64_t julian)
{
    DateObject *self = (DateObject *)PyType_GenericAlloc(classes.date, 0);
    int64_t year;
    if (self) {
        civil_from_julian(julian, &year, &self->month, &self->day);
        self->year = (int)year;
    }
    return (PyObject *)self;
}

static PyObject *result_of_order(int order, int op)
{
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

#define ORDER(a, b) ((a) > (b)) - ((a) < (b))

static PyObject *date_compare(PyObject *left, PyObject *right, int op)
{
    if (!PyObject_TypeCheck(left, DateBase_Type) || !PyObject_TypeCheck(right, DateBase_Type))
        Py_RETURN_NOTIMPLEMENTED;
    const DateObject *a = (DateObject *)left;
    const DateObject *b = (DateObject *)right;
    int order = ORDER(a->year, b->year);
    if (!order)
        order = ORDER(a->month, b->month);
    if (!order)
        order = ORDER(a->day, b->day);
    return result_of_order(order, op);
}

static Py_hash_t hash_words(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t h = UINT64_C(0x9E3779B97F4A7C15);
    const uint64_t words[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        h = (h ^ words[i]) * UINT64_C(0xD6E8FEB86659FD93);
        h ^= h >> 32;
    }
    return (Py_hash_t)h == -1 ? -2 : (Py_hash_t)h;
}

static Py_hash_t date_hash(PyObject *object)
{
    const DateObject *self = (DateObject *)object;
    return hash_words((uint64_t)self->year, (uint64_t)self->month, (uint64_t)self->day);
}

static PyObject *date_reduce(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    const DateObject *self = (DateObject *)object;
    return Py_BuildValue("(O(iii))", Py_TYPE(object), self->year, self->month, self->day);
}

static PyMemberDef date_members[] = {
    {"year", T_INT, offsetof(DateObject, year), 0, "The year; 0 is 1 BC."},
    {"month", T_INT, offsetof(DateObject, month), 0, "The month, from 1."},
    {"day", T_INT, offsetof(DateObject, day), 0, "The day of the month, from 1."},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef date_methods[] = {
    {"__reduce__", date_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot datebase_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "DateBase(year, month, day)\n--\n\nThe fields of a date."},
    {Py_tp_new, (void *)date_make},
    {Py_tp_members, (void *)date_members},
    {Py_tp_methods, (void *)date_methods},
    {Py_tp_richcompare, (void *)date_compare},
    {Py_tp_hash, (void *)date_hash},
    {0, NULL},
};

PyType_Spec DateBase_Spec = {
    .name = "openhyper._engine.DateBase",
    .basicsize = sizeof(DateObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = datebase_slots,
};

/* ---- Timestamp ---- */

static PyObject *timestamp_alloc(PyTypeObject *type, int64_t days, int64_t micros, PyObject *tzinfo)
{
    TimestampObject *self = (TimestampObject *)PyType_GenericAlloc(type, 0);
    if (self) {
        self->days = days;
        self->micros = micros;
        Py_INCREF(tzinfo);
        self->tzinfo = tzinfo;
    }
    return (PyObject *)self;
}

PyObject *timestamp_new(uint64_t micros, PyObject *tzinfo)
{
    return timestamp_alloc(classes.timestamp, (int64_t)(micros / (uint64_t)MICROS_PER_DAY),
        (int64_t)(micros % (uint64_t)MICROS_PER_DAY), tzinfo);
}

/* The tzinfo argument, or NULL with an exception set. */
static PyObject *zone_argument(PyObject *kwargs)
{
    PyObject *zone = Py_None;
    if (kwargs && PyDict_Size(kwargs) > 0) {
        zone = PyDict_GetItemString(kwargs, "tzinfo");
        if (!zone || PyDict_Size(kwargs) > 1) {
            PyErr_SetString(PyExc_TypeError, "Timestamp() takes only 'tzinfo' by keyword");
            return NULL;
        }
        if (zone != Py_None && !is_tzinfo(zone)) {
            PyErr_SetString(PyExc_TypeError, "'tzinfo' must be a tzinfo instance or None");
            return NULL;
        }
    }
    return zone;
}

static PyObject *timestamp_make(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    long long p[7] = {0};
    const long long limit = 2000000000; /* keeps the sums far from overflow */
    Py_ssize_t n = PyTuple_Size(args);
    PyObject *zone = zone_argument(kwargs);
    if (!zone)
        return NULL;
    if (n != 1 && n != 3 && n != 6 && n != 7) {
        PyErr_Format(PyExc_ValueError, "Timestamp() takes 3, 6 or 7 numbers, not %zd", n);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        p[i] = PyLong_AsLongLong(PyTuple_GetItem(args, i));
        if (p[i] == -1 && PyErr_Occurred())
            return NULL;
        if (n > 1 && (p[i] > limit || p[i] < -limit)) {
            PyErr_SetString(PyExc_OverflowError, "a part of the timestamp is out of range");
            return NULL;
        }
    }
    int64_t days = n == 1 ? 0 : julian_day(p[0], p[1], p[2]);
    int64_t micros = n == 1 ? p[0] : ((p[3] * 60 + p[4]) * 60 + p[5]) * 1000000 + p[6];
    int64_t carry = floor_div(micros, MICROS_PER_DAY);
    return timestamp_alloc(type, days + carry, micros - carry * MICROS_PER_DAY, zone);
}

static void timestamp_dealloc(PyObject *object)
{
    Py_CLEAR(((TimestampObject *)object)->tzinfo);
    free_object(object);
}

Int128 timestamp_micros(const TimestampObject *self)
{
    return (Int128)self->days * MICROS_PER_DAY + self->micros;
}

static PyObject *timestamp_compare(PyObject *left, PyObject *right, int op)
{
    if (!PyObject_TypeCheck(left, TimestampBase_Type) ||
        !PyObject_TypeCheck(right, TimestampBase_Type))
        Py_RETURN_NOTIMPLEMENTED;
    const TimestampObject *a = (TimestampObject *)left;
    const TimestampObject *b = (TimestampObject *)right;
    int64_t offset_a, offset_b;
    if ((a->tzinfo == Py_None) != (b->tzinfo == Py_None)) {
        if (op == Py_EQ || op == Py_NE)
            return PyBool_FromLong(op == Py_NE);
        PyErr_SetString(PyExc_TypeError, "timestamps with and without time zone have no order");
        return NULL;
    }
    if (utc_offset(left, a->tzinfo, &offset_a) < 0 || utc_offset(right, b->tzinfo, &offset_b) < 0)
        return NULL;
    Int128 left_micros = timestamp_micros(a) - offset_a;
    Int128 right_micros = timestamp_micros(b) - offset_b;
    return result_of_order(ORDER(left_micros, right_micros), op);
}

static Py_hash_t timestamp_hash(PyObject *object)
{
    const TimestampObject *self = (TimestampObject *)object;
    Py_hash_t zone = self->tzinfo == Py_None ? 0 : PyObject_Hash(self->tzinfo);
    if (zone == -1 && PyErr_Occurred())
        return -1;
    return hash_words((uint64_t)self->days, (uint64_t)self->micros, (uint64_t)zone);
}

static PyObject *timestamp_reduce(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    const TimestampObject *self = (TimestampObject *)object;
    PyObject *make = PyObject_GetAttrString((PyObject *)Py_TYPE(object), "_from_days");
    if (!make)
        return NULL;
    return Py_BuildValue("(N(OLLO))", make, Py_TYPE(object), (long long)self->days,
        (long long)self->micros, self->tzinfo);
}

/* _from_days(type, days, micros, tzinfo): for pickle and for arithmetic in Python. */
static PyObject *timestamp_from_days(PyObject *Py_UNUSED(ignored), PyObject *args)
{
    PyTypeObject *type;
    long long days, micros;
    PyObject *zone;
    if (!PyArg_ParseTuple(args, "O!LLO:_from_days", &PyType_Type, &type, &days, &micros, &zone))
        return NULL;
    if (!PyType_IsSubtype(type, TimestampBase_Type)) {
        PyErr_SetString(PyExc_TypeError, "the type must be a Timestamp");
        return NULL;
    }
    return timestamp_alloc(type, days, micros, zone);
}

/* Which part of a timestamp an attribute reads. */
enum { PART_YEAR, PART_MONTH, PART_DAY, PART_HOUR, PART_MINUTE, PART_SECOND, PART_MICROSECOND };

static PyObject *timestamp_part(PyObject *object, void *closure)
{
    const TimestampObject *self = (TimestampObject *)object;
    int64_t days = self->days;
    int64_t micros = self->micros;
    int64_t year;
    int month, day;
    switch ((int)(intptr_t)closure) {
    case PART_YEAR:
        civil_from_julian(days, &year, &month, &day);
        return PyLong_FromLongLong(year);
    case PART_MONTH:
        civil_from_julian(days, &year, &month, &day);
        return PyLong_FromLong(month);
    case PART_DAY:
        civil_from_julian(days, &year, &month, &day);
        return PyLong_FromLong(day);
    case PART_HOUR:
        return PyLong_FromLongLong(micros / INT64_C(3600000000));
    case PART_MINUTE:
        return PyLong_FromLongLong(micros / 60000000 % 60);
    case PART_SECOND:
        return PyLong_FromLongLong(micros / 1000000 % 60);
    default:
        return PyLong_FromLongLong(micros % 1000000);
    }
}

static PyGetSetDef timestamp_getset[] = {
    {"year", timestamp_part, NULL, "The year; 0 is 1 BC.", (void *)PART_YEAR},
    {"month", timestamp_part, NULL, "The month, 1 to 12.", (void *)PART_MONTH},
    {"day", timestamp_part, NULL, "The day of the month.", (void *)PART_DAY},
    {"hour", timestamp_part, NULL, "The hour, 0 to 23.", (void *)PART_HOUR},
    {"minute", timestamp_part, NULL, "The minute, 0 to 59.", (void *)PART_MINUTE},
    {"second", timestamp_part, NULL, "The second, 0 to 59.", (void *)PART_SECOND},
    {"microsecond", timestamp_part, NULL, "The microsecond, 0 to 999999.",
        (void *)PART_MICROSECOND},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef timestamp_members[] = {
    {"_days", T_LONGLONG, offsetof(TimestampObject, days), READONLY, "The Julian day."},
    {"_micros", T_LONGLONG, offsetof(TimestampObject, micros), READONLY,
        "Microseconds of the day."},
    {"tzinfo", T_OBJECT, offsetof(TimestampObject, tzinfo), READONLY, "The time zone, or None."},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef timestamp_methods[] = {
    {"_from_days", timestamp_from_days, METH_VARARGS | METH_STATIC, NULL},
    {"__reduce__", timestamp_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot timestampbase_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "TimestampBase(*args, tzinfo=None)\n--\n\nA point in time."},
    {Py_tp_new, (void *)timestamp_make},
    {Py_tp_dealloc, (void *)timestamp_dealloc},
    {Py_tp_members, (void *)timestamp_members},
    {Py_tp_getset, (void *)timestamp_getset},
    {Py_tp_methods, (void *)timestamp_methods},
    {Py_tp_richcompare, (void *)timestamp_compare},
    {Py_tp_hash, (void *)timestamp_hash},
    {0, NULL},
};

PyType_Spec TimestampBase_Spec = {
    .name = "openhyper._engine.TimestampBase",
    .basicsize = sizeof(TimestampObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = timestampbase_slots,
};

/* ---- Interval ---- */

static PyObject *interval_make(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"months", "days", "microseconds", NULL};
    long long months, days, micros;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "LLL:Interval", names, &months, &days, &micros))
        return NULL;
    IntervalObject *self = (IntervalObject *)PyType_GenericAlloc(type, 0);
    if (self) {
        self->months = months;
        self->days = days;
        self->micros = micros;
    }
    return (PyObject *)self;
}

PyObject *interval_new(const IntervalValue *value)
{
    IntervalObject *self = (IntervalObject *)PyType_GenericAlloc(classes.interval, 0);
    if (self) {
        self->months = value->months;
        self->days = value->days;
        self->micros = value->micros;
    }
    return (PyObject *)self;
}

static PyObject *interval_compare(PyObject *left, PyObject *right, int op)
{
    if (!PyObject_TypeCheck(left, IntervalBase_Type) ||
        !PyObject_TypeCheck(right, IntervalBase_Type))
        Py_RETURN_NOTIMPLEMENTED;
    const IntervalObject *a = (IntervalObject *)left;
    const IntervalObject *b = (IntervalObject *)right;
    int order = ORDER(a->months, b->months);
    if (!order)
        order = ORDER(a->days, b->days);
    if (!order)
        order = ORDER(a->micros, b->micros);
    return result_of_order(order, op);
}

static Py_hash_t interval_hash(PyObject *object)
{
    const IntervalObject *self = (IntervalObject *)object;
    return hash_words((uint64_t)self->months, (uint64_t)self->days, (uint64_t)self->micros);
}

static PyObject *interval_reduce(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    const IntervalObject *self = (IntervalObject *)object;
    return Py_BuildValue("(O(LLL))", Py_TYPE(object), self->months, self->days, self->micros);
}

static PyMemberDef interval_members[] = {
    {"months", T_LONGLONG, offsetof(IntervalObject, months), 0, "Months."},
    {"days", T_LONGLONG, offsetof(IntervalObject, days), 0, "Days."},
    {"microseconds", T_LONGLONG, offsetof(IntervalObject, micros), 0, "Microseconds."},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef interval_methods[] = {
    {"__reduce__", interval_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot intervalbase_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "IntervalBase(months, days, microseconds)\n--\n\nThe fields of "
                                    "an interval."},
    {Py_tp_new, (void *)interval_make},
    {Py_tp_members, (void *)interval_members},
    {Py_tp_methods, (void *)interval_methods},
    {Py_tp_richcompare, (void *)interval_compare},
    {Py_tp_hash, (void *)interval_hash},
    {0, NULL},
};

PyType_Spec IntervalBase_Spec = {
    .name = "openhyper._engine.IntervalBase",
    .basicsize = sizeof(IntervalObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = intervalbase_slots,
};
