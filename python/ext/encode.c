/* Python objects as values of columns: what each SQL type takes, and what it refuses,
 * spec/python-api.md sections 4 and 5. The common classes come first and without calling Python. */
#include "engine.h"

#include <string.h>

/* ---- Memory of strings ---- */

#define ARENA_BLOCK_BYTES ((size_t)256 * 1024)
#define ARENA_HEADER      16

static int string_arena_grow(StringArena *arena, size_t bytes)
{
    size_t room =
        bytes > ARENA_BLOCK_BYTES - ARENA_HEADER ? bytes + ARENA_HEADER : ARENA_BLOCK_BYTES;
    char *block = malloc(room);
    if (!block) {
        PyErr_NoMemory();
        return -1;
    }
    if (arena->block) {
        memcpy(arena->block, &arena->older, sizeof arena->older);
        arena->older = arena->block;
    }
    arena->block = block;
    arena->room = room;
    arena->used = ARENA_HEADER;
    return 0;
}

/* Room for up to `bytes` bytes; what is really used is added to arena->used by the caller. */
static inline char *string_arena_reserve(StringArena *arena, size_t bytes)
{
    if (arena->room - arena->used < bytes && string_arena_grow(arena, bytes) < 0)
        return NULL;
    return arena->block + arena->used;
}

static void free_older(StringArena *arena)
{
    while (arena->older) {
        void *block = arena->older;
        memcpy(&arena->older, block, sizeof arena->older);
        free(block);
    }
}

void string_arena_reset(StringArena *arena)
{
    free_older(arena);
    if (arena->room > ARENA_BLOCK_BYTES) { /* made for one long string */
        free(arena->block);
        *arena = (StringArena){0};
    }
    arena->used = arena->block ? ARENA_HEADER : 0;
}

void string_arena_free(StringArena *arena)
{
    free_older(arena);
    free(arena->block);
    *arena = (StringArena){0};
}

/* ---- Refusing ---- */

int refuse_value(const Encoder *column, PyObject *value, const char *wanted)
{
    PyObject *text = PyObject_Repr(value);
    PyObject *shown = NULL;
    if (text && PyUnicode_GetLength(text) > 20) {
        PyObject *start = PyUnicode_Substring(text, 0, 20);
        shown = start ? PyUnicode_FromFormat("%U...", start) : NULL;
        Py_XDECREF(start);
        Py_DECREF(text);
    } else {
        shown = text;
    }
    if (shown)
        PyErr_Format(PyExc_ValueError, "Got an invalid value %U for column \"%U\": it must be %s",
            shown, column->name, wanted);
    Py_XDECREF(shown);
    return -1;
}

static int refuse_range(const Encoder *column, PyObject *value, long long low, long long high)
{
    char wanted[80];
    PyOS_snprintf(wanted, sizeof wanted, "in the range from %lld to %lld", low, high);
    return refuse_value(column, value, wanted);
}

static int refuse_null(const Encoder *column)
{
    PyErr_Format(
        PyExc_ValueError, "Got NULL for the column \"%U\", which is not nullable", column->name);
    return -1;
}

/* A value that could not be converted because of its class or size; other exceptions of its methods
 * stay. */
static int refuse_unless_raised(const Encoder *column, PyObject *value, const char *wanted)
{
    if (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_OverflowError))
        return -1;
    PyErr_Clear();
    return refuse_value(column, value, wanted);
}

/* ---- Numbers ---- */

static const char wants_integer[] = "an int";
static const char wants_float[] = "a float";

static bool has_slot(PyObject *value, int slot)
{
    return PyType_GetSlot(Py_TYPE(value), slot) != NULL;
}

/* The whole number of an object that is no int: everything with __index__ or __int__ but floats. */
static int integer_of_other(
    const Encoder *column, PyObject *value, int64_t low, int64_t high, int64_t *out)
{
    int overflow;
    if (PyFloat_Check(value) || !(has_slot(value, Py_nb_int) || has_slot(value, Py_nb_index)))
        return refuse_value(column, value, wants_integer);
    PyObject *number = PyNumber_Long(value);
    if (!number)
        return refuse_unless_raised(column, value, wants_integer);
    *out = PyLong_AsLongLongAndOverflow(number, &overflow);
    Py_DECREF(number);
    return overflow ? refuse_range(column, value, low, high) : 0;
}

static inline int encode_integer(
    const Encoder *column, PyObject *value, int64_t low, int64_t high, int64_t *out)
{
    int overflow = 0;
    if (PyLong_Check(value))
        *out = PyLong_AsLongLongAndOverflow(value, &overflow);
    else if (integer_of_other(column, value, low, high, out) < 0)
        return -1;
    if (overflow || *out < low || *out > high)
        return refuse_range(column, value, low, high);
    return 0;
}

/* The original takes what fits 32 bits as signed or unsigned number, a bit more, and wraps it. */
static int encode_oid(const Encoder *column, PyObject *value, uint32_t *out)
{
    int64_t number;
    const int64_t low = INT32_MIN;
    const int64_t high = (INT64_C(1) << 32) + INT32_MAX;
    int overflow = 0;
    if (PyLong_Check(value))
        number = PyLong_AsLongLongAndOverflow(value, &overflow);
    else if (integer_of_other(column, value, 0, UINT32_MAX, &number) < 0)
        return -1;
    if (overflow || number < low || number > high)
        return refuse_range(column, value, 0, UINT32_MAX);
    *out = (uint32_t)number;
    return 0;
}

static int float_of_other(const Encoder *column, PyObject *value, double *out)
{
    if (!has_slot(value, Py_nb_float) && !has_slot(value, Py_nb_index))
        return refuse_value(column, value, wants_float);
    PyObject *number = PyNumber_Float(value);
    if (!number)
        return refuse_unless_raised(column, value, wants_float);
    *out = PyFloat_AsDouble(number);
    Py_DECREF(number);
    return 0;
}

static inline int encode_float(const Encoder *column, PyObject *value, double *out)
{
    if (!PyFloat_Check(value))
        return float_of_other(column, value, out);
    *out = PyFloat_AsDouble(value);
    return 0;
}

static int encode_bool(const Encoder *column, PyObject *value, uint8_t *out)
{
    if (value == Py_True || value == Py_False) {
        *out = value == Py_True;
        return 0;
    }
    int overflow = 0;
    if (PyFloat_Check(value) || !(has_slot(value, Py_nb_int) || has_slot(value, Py_nb_index)))
        return refuse_value(column, value, "a bool");
    PyObject *number = PyNumber_Long(value);
    if (!number)
        return refuse_unless_raised(column, value, "a bool");
    long truth = PyLong_AsLongAndOverflow(number, &overflow);
    Py_DECREF(number);
    if (overflow || truth < 0 || truth > 1)
        return refuse_value(column, value, "a bool");
    *out = (uint8_t)truth;
    return 0;
}

/* ---- Texts ---- */

/* A string whose bytes are copied. */
static inline int put_string(
    StringArena *arena, const char *data, size_t len, openhyper_string *out)
{
    memset(out, 0, sizeof *out);
    if (len <= 12) {
        out->len = (uint32_t)len;
        memcpy((char *)out + offsetof(openhyper_string, prefix), data, len);
        return 0;
    }
    if (len > UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "the text is longer than 4 GiB");
        return -1;
    }
    char *copy = string_arena_reserve(arena, len);
    if (!copy)
        return -1;
    memcpy(copy, data, len);
    arena->used += len;
    out->len = (uint32_t)len;
    memcpy(out->prefix, data, 4);
    out->ptr = copy;
    return 0;
}

static int put_unicode(StringArena *arena, PyObject *text, bool strip_blanks, openhyper_string *out)
{
    Py_ssize_t n;
    const char *data = PyUnicode_AsUTF8AndSize(text, &n);
    if (!data)
        return -1; /* a lone surrogate */
    if (strip_blanks)
        while (n > 0 && data[n - 1] == ' ')
            n--;
    return put_string(arena, data, (size_t)n, out);
}

static bool is_bytes_like(PyObject *value)
{
    return PyBytes_Check(value) || PyByteArray_Check(value) || PyMemoryView_Check(value);
}

/* The text of bytes; what is not UTF-8 becomes U+FFFD. */
static PyObject *text_of_bytes(PyObject *value)
{
    Py_buffer view;
    if (PyObject_GetBuffer(value, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    PyObject *text = PyUnicode_DecodeUTF8(view.buf, view.len, "replace");
    PyBuffer_Release(&view);
    return text;
}

static const char wants_text[] = "a str, bytes, bytearray or memoryview";

static int encode_text(
    const Encoder *column, StringArena *arena, PyObject *value, openhyper_string *out)
{
    bool strip_blanks = column->kind == KIND_CHAR;
    if (PyUnicode_Check(value))
        return put_unicode(arena, value, strip_blanks, out);
    if (!is_bytes_like(value))
        return refuse_value(column, value, wants_text);
    PyObject *text = text_of_bytes(value);
    if (!text)
        return -1;
    int failed = put_unicode(arena, text, strip_blanks, out);
    Py_DECREF(text);
    return failed;
}

/* char(1) holds the first character; a blank is 0. */
static int encode_char1(const Encoder *column, PyObject *value, uint32_t *out)
{
    PyObject *text;
    if (PyUnicode_Check(value)) {
        text = value;
        Py_INCREF(text);
    } else if (is_bytes_like(value)) {
        text = text_of_bytes(value);
        if (!text)
            return -1;
    } else {
        return refuse_value(column, value, wants_text);
    }
    Py_UCS4 first = PyUnicode_GetLength(text) > 0 ? PyUnicode_ReadChar(text, 0) : ' ';
    Py_DECREF(text);
    if (first >= 0xD800 && first < 0xE000)
        return refuse_value(column, value, "text without surrogates");
    *out = first == ' ' ? 0 : first;
    return 0;
}

static int encode_bytes(
    const Encoder *column, StringArena *arena, PyObject *value, openhyper_string *out)
{
    Py_buffer view;
    if (PyBytes_Check(value))
        return put_string(arena, PyBytes_AsString(value), (size_t)PyBytes_Size(value), out);
    if (!is_bytes_like(value))
        return refuse_value(column, value, "a bytes, bytearray or memoryview");
    if (PyObject_GetBuffer(value, &view, PyBUF_SIMPLE) < 0)
        return -1;
    int failed = put_string(arena, view.buf, (size_t)view.len, out);
    PyBuffer_Release(&view);
    return failed;
}

/* ---- Dates and times ---- */

static int encode_date(const Encoder *column, PyObject *value, int32_t *out)
{
    int64_t julian;
    if (is_date(value)) {
        if (datetime_parts(value, &julian, NULL, NULL) < 0)
            return -1;
    } else if (PyObject_TypeCheck(value, DateBase_Type)) {
        const DateObject *date = (DateObject *)value;
        julian = julian_day(date->year, date->month, date->day);
    } else if (PyObject_TypeCheck(value, TimestampBase_Type)) {
        julian = ((TimestampObject *)value)->days;
    } else {
        return refuse_value(column, value, "a Date, Timestamp, datetime.date or datetime.datetime");
    }
    /* The engine refuses what is no SQL date, this too. */
    *out = julian > INT32_MAX || julian < INT32_MIN ? INT32_MAX : (int32_t)julian;
    return 0;
}

static int encode_time(const Encoder *column, PyObject *value, int64_t *out)
{
    int64_t julian;
    PyObject *zone;
    if (is_time(value)) {
        *out = time_micros(value);
        return 0;
    }
    if (is_datetime(value))
        return datetime_parts(value, &julian, out, &zone);
    if (PyObject_TypeCheck(value, TimestampBase_Type)) {
        *out = ((TimestampObject *)value)->micros;
        return 0;
    }
    return refuse_value(column, value, "a datetime.time, datetime.datetime or Timestamp");
}

static int encode_timestamp(const Encoder *column, PyObject *value, uint64_t *out)
{
    int64_t micros, julian, offset = 0;
    Int128 sum;
    PyObject *zone;
    if (is_datetime(value)) {
        if (datetime_parts(value, &julian, &micros, &zone) < 0)
            return -1;
        sum = (Int128)julian * MICROS_PER_DAY + micros;
    } else if (PyObject_TypeCheck(value, TimestampBase_Type)) {
        sum = timestamp_micros((TimestampObject *)value);
        zone = ((TimestampObject *)value)->tzinfo;
    } else {
        return refuse_value(column, value, "a Timestamp or datetime.datetime");
    }
    if (column->kind == KIND_TIMESTAMPTZ && utc_offset(value, zone, &offset) < 0)
        return -1;
    sum -= offset;
    /* The engine refuses what is no SQL timestamp, this too. */
    *out = sum < 0 || sum > UINT64_MAX ? UINT64_MAX : (uint64_t)sum;
    return 0;
}

static int encode_interval(const Encoder *column, PyObject *value, IntervalValue *out)
{
    if (!PyObject_TypeCheck(value, IntervalBase_Type))
        return refuse_value(column, value, "an Interval");
    const IntervalObject *interval = (IntervalObject *)value;
    if (interval->months > INT32_MAX || interval->months < INT32_MIN ||
        interval->days > INT32_MAX || interval->days < INT32_MIN) {
        PyErr_Format(PyExc_OverflowError,
            "the months and days of an interval in column \"%U\" must fit 32 bits", column->name);
        return -1;
    }
    *out = (IntervalValue){.micros = interval->micros,
        .days = (int32_t)interval->days,
        .months = (int32_t)interval->months};
    return 0;
}

/* ---- All kinds ---- */

#define SLOT(T) (&((T *)column->data)[row])

static int encode_null(Encoder *column, size_t row)
{
    if (!column->nullable)
        return refuse_null(column);
    column->has_nulls = true;
    column->validity[row / 64] &= ~(UINT64_C(1) << (row % 64));
    switch (column->kind) {
    case KIND_TEXT:
    case KIND_CHAR:
    case KIND_BYTES:
    case KIND_ARRAY:
        memset(SLOT(openhyper_string), 0, sizeof(openhyper_string));
        break;
    case KIND_DATE: /* a valid value, so that whatever looks at it finds one */
        *SLOT(int32_t) = 2451545;
        break;
    case KIND_TIMESTAMP:
    case KIND_TIMESTAMPTZ:
        *SLOT(uint64_t) = UINT64_C(2451545) * (uint64_t)MICROS_PER_DAY;
        break;
    default:
        memset((char *)column->data + row * column->size, 0, column->size);
        break;
    }
    return 0;
}

int encode_value(Encoder *column, StringArena *arena, size_t row, PyObject *value)
{
    int64_t number;
    double real;
    if (value == Py_None)
        return encode_null(column, row);
    switch (column->kind) {
    case KIND_BOOL:
        return encode_bool(column, value, SLOT(uint8_t));
    case KIND_INT2:
        if (encode_integer(column, value, INT16_MIN, INT16_MAX, &number) < 0)
            return -1;
        *SLOT(int16_t) = (int16_t)number;
        return 0;
    case KIND_INT4:
        if (encode_integer(column, value, INT32_MIN, INT32_MAX, &number) < 0)
            return -1;
        *SLOT(int32_t) = (int32_t)number;
        return 0;
    case KIND_INT8:
        return encode_integer(column, value, INT64_MIN, INT64_MAX, SLOT(int64_t));
    case KIND_OID:
        return encode_oid(column, value, SLOT(uint32_t));
    case KIND_FLOAT4:
        if (encode_float(column, value, &real) < 0)
            return -1;
        *SLOT(float) = (float)real;
        return 0;
    case KIND_FLOAT8:
        return encode_float(column, value, SLOT(double));
    case KIND_NUMERIC_SHORT:
    case KIND_NUMERIC_LONG:
        return encode_numeric(column, row, value);
    case KIND_TEXT:
    case KIND_CHAR:
        return encode_text(column, arena, value, SLOT(openhyper_string));
    case KIND_CHAR1:
        return encode_char1(column, value, SLOT(uint32_t));
    case KIND_BYTES:
        return encode_bytes(column, arena, value, SLOT(openhyper_string));
    case KIND_DATE:
        return encode_date(column, value, SLOT(int32_t));
    case KIND_TIME:
        return encode_time(column, value, SLOT(int64_t));
    case KIND_TIMESTAMP:
    case KIND_TIMESTAMPTZ:
        return encode_timestamp(column, value, SLOT(uint64_t));
    case KIND_INTERVAL:
        return encode_interval(column, value, SLOT(IntervalValue));
    case KIND_UUID:
    case KIND_ARRAY:
        break;
    }
    return refuse_value(column, value, "NULL: the column's type cannot be inserted from Python");
}
