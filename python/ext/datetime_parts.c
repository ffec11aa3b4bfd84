/* Objects of the module datetime. Its C header is closed to extensions that keep to the stable ABI,
 * so what it exports as a capsule is declared here. Their fields are read where they lie in memory;
 * when the module is loaded, objects with known values show whether they lie there. If not,
 * attributes are asked. */
#include "engine.h"

#include <string.h>

/* The beginning of PyDateTime_CAPI, which has not changed since Python 3.7. */
typedef struct DatetimeInterface {
    PyTypeObject *date;
    PyTypeObject *datetime;
    PyTypeObject *time;
    PyTypeObject *delta;
    PyTypeObject *tzinfo;
    PyObject *utc;
    PyObject *(*make_date)(int, int, int, PyTypeObject *);
    PyObject *(*make_datetime)(int, int, int, int, int, int, int, PyObject *, PyTypeObject *);
    PyObject *(*make_time)(int, int, int, int, PyObject *, PyTypeObject *);
    PyObject *(*make_delta)(int, int, int, int, PyTypeObject *);
} DatetimeInterface;

/* The memory of date, datetime, time and timedelta objects. */
typedef struct DateMemory {
    PyObject ob_base;
    Py_hash_t hash;
    char has_tzinfo;
    unsigned char data[4]; /* year (2 bytes, high first), month, day */
} DateMemory;

typedef struct DatetimeMemory {
    PyObject ob_base;
    Py_hash_t hash;
    char has_tzinfo;
    unsigned char data[10]; /* and hour, minute, second, microsecond (3 bytes) */
    unsigned char fold;
    PyObject *tzinfo; /* only if has_tzinfo */
} DatetimeMemory;

typedef struct TimeMemory {
    PyObject ob_base;
    Py_hash_t hash;
    char has_tzinfo;
    unsigned char data[6]; /* hour, minute, second, microsecond */
} TimeMemory;

typedef struct DeltaMemory {
    PyObject ob_base;
    Py_hash_t hash;
    int days;
    int seconds;
    int microseconds;
} DeltaMemory;

static const DatetimeInterface *interface;
static bool is_memory_known;

/* ---- Reading ---- */

static int64_t attribute(PyObject *object, const char *name)
{
    PyObject *value = PyObject_GetAttrString(object, name);
    int64_t number = value ? PyLong_AsLongLong(value) : -1;
    Py_XDECREF(value);
    return number;
}

static int64_t clock_micros(const unsigned char data[6])
{
    return ((data[0] * INT64_C(60) + data[1]) * 60 + data[2]) * 1000000 +
           ((int64_t)data[3] << 16 | data[4] << 8 | data[5]);
}

static int64_t clock_micros_slowly(PyObject *object)
{
    return ((attribute(object, "hour") * 60 + attribute(object, "minute")) * 60 +
               attribute(object, "second")) *
               1000000 +
           attribute(object, "microsecond");
}

static void date_fields(PyObject *object, int64_t *year, int64_t *month, int64_t *day)
{
    const DateMemory *date = (DateMemory *)object;
    if (is_memory_known) {
        *year = date->data[0] << 8 | date->data[1];
        *month = date->data[2];
        *day = date->data[3];
    } else {
        *year = attribute(object, "year");
        *month = attribute(object, "month");
        *day = attribute(object, "day");
    }
}

static int64_t delta_micros(PyObject *object)
{
    const DeltaMemory *delta = (DeltaMemory *)object;
    if (is_memory_known)
        return delta->days * MICROS_PER_DAY + delta->seconds * INT64_C(1000000) +
               delta->microseconds;
    return attribute(object, "days") * MICROS_PER_DAY + attribute(object, "seconds") * 1000000 +
           attribute(object, "microseconds");
}

/* Borrowed. */
static PyObject *zone_of(PyObject *object)
{
    const DatetimeMemory *datetime = (DatetimeMemory *)object;
    if (is_memory_known)
        return datetime->has_tzinfo ? datetime->tzinfo : Py_None;
    PyObject *zone = PyObject_GetAttrString(object, "tzinfo");
    Py_XDECREF(zone); /* the datetime has it, too */
    return zone ? zone : Py_None;
}

/* ---- Whether the memory is as declared ---- */

static bool shows(PyObject *datetime, PyObject *time, PyObject *delta)
{
    int64_t year, month, day;
    date_fields(datetime, &year, &month, &day);
    return year == 2021 && month == 2 && day == 3 && zone_of(datetime) == interface->utc &&
           clock_micros(((DatetimeMemory *)datetime)->data + 4) == INT64_C(14706789012) &&
           clock_micros(((TimeMemory *)time)->data) == INT64_C(14706789012) &&
           delta_micros(delta) == 7 * MICROS_PER_DAY + INT64_C(8000009);
}

int datetime_init(void)
{
    interface = PyCapsule_Import("datetime.datetime_CAPI", 0);
    if (!interface)
        return -1;
    PyObject *datetime =
        interface->make_datetime(2021, 2, 3, 4, 5, 6, 789012, interface->utc, interface->datetime);
    PyObject *time = interface->make_time(4, 5, 6, 789012, Py_None, interface->time);
    PyObject *delta = interface->make_delta(7, 8, 9, 1, interface->delta);
    bool is_made = datetime && time && delta;
    is_memory_known = true;
    is_memory_known = is_made && shows(datetime, time, delta);
    Py_XDECREF(datetime);
    Py_XDECREF(time);
    Py_XDECREF(delta);
    return is_made ? 0 : -1;
}

/* ---- What others use ---- */

PyObject *utc_zone(void)
{
    return interface->utc;
}

bool is_tzinfo(PyObject *value)
{
    return PyObject_TypeCheck(value, interface->tzinfo);
}

int utc_offset(PyObject *value, PyObject *tzinfo, int64_t *offset)
{
    *offset = 0;
    if (tzinfo == Py_None || tzinfo == interface->utc)
        return 0;
    PyObject *delta = PyObject_CallMethod(value, "utcoffset", NULL);
    if (!delta)
        return -1;
    if (PyObject_TypeCheck(delta, interface->delta))
        *offset = delta_micros(delta);
    Py_DECREF(delta);
    return 0;
}

PyObject *time_new(int64_t micros)
{
    int64_t seconds = micros / 1000000;
    return interface->make_time((int)(seconds / 3600), (int)(seconds / 60 % 60),
        (int)(seconds % 60), (int)(micros % 1000000), Py_None, interface->time);
}

bool is_datetime(PyObject *value)
{
    return PyObject_TypeCheck(value, interface->datetime);
}

bool is_date(PyObject *value)
{
    return PyObject_TypeCheck(value, interface->date);
}

bool is_time(PyObject *value)
{
    return PyObject_TypeCheck(value, interface->time);
}

/* The year that the object itself tells: pandas keeps another one in the C fields where datetime's
 * range ends, and NaT (a datetime too) tells a float. */
static int year_of_subclass(PyObject *value, int64_t *year)
{
    PyObject *told = PyObject_GetAttrString(value, "year");
    if (!told)
        return -1;
    if (!PyLong_Check(told)) {
        PyErr_Format(PyExc_TypeError, "%R is no point in time", value);
        Py_DECREF(told);
        return -1;
    }
    *year = PyLong_AsLongLong(told);
    Py_DECREF(told);
    return *year == -1 && PyErr_Occurred() ? -1 : 0;
}

int datetime_parts(PyObject *value, int64_t *julian, int64_t *micros, PyObject **tzinfo)
{
    int64_t year, month, day, told = 0;
    bool is_subclass = Py_TYPE(value) != interface->datetime && Py_TYPE(value) != interface->date;
    if (is_subclass && year_of_subclass(value, &told) < 0)
        return -1;
    date_fields(value, &year, &month, &day);
    if (is_subclass)
        year = told;
    *julian = julian_day(year, month, day);
    if (!micros)
        return 0;
    *micros = 0;
    *tzinfo = Py_None;
    if (is_datetime(value)) {
        *micros = is_memory_known ? clock_micros(((DatetimeMemory *)value)->data + 4)
                                  : clock_micros_slowly(value);
        *tzinfo = zone_of(value);
    }
    return PyErr_Occurred() ? -1 : 0;
}

int64_t time_micros(PyObject *value)
{
    return is_memory_known ? clock_micros(((TimeMemory *)value)->data) : clock_micros_slowly(value);
}
