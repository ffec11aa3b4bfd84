/* Decimals and ints as values of numeric columns: value * 10^scale, in 64 bits up to 18 digits and
 * in 128 above. Surplus decimals are rounded half to even in the short form and cut in the long
 * one, as in the original. */
#include "engine.h"

#include <string.h>

/* The digits of a Decimal's text: the number is digits * 10^exponent. */
typedef struct DecimalText {
    bool negative;
    const char *digits; /* with the point among them */
    size_t length;      /* with the point */
    int64_t exponent;
} DecimalText;

static int64_t read_exponent(const char *text)
{
    bool negative = *text == '-';
    int64_t value = 0;
    text += *text == '-' || *text == '+';
    for (; *text; text++)
        if (value < INT64_C(1000000000000000))
            value = value * 10 + (*text - '0');
    return negative ? -value : value;
}

/* False: a NaN or an infinity. */
static bool read_decimal(const char *text, DecimalText *out)
{
    *out = (DecimalText){.negative = *text == '-'};
    text += *text == '-';
    out->digits = text;
    out->length = strspn(text, "0123456789.");
    if (!out->length)
        return false;
    const char *point = memchr(text, '.', out->length);
    if (text[out->length] == 'E')
        out->exponent = read_exponent(text + out->length + 1);
    if (point)
        out->exponent -= (int64_t)(out->length - 1 - (size_t)(point - text));
    return true;
}

#define LIMIT_38_DIGITS ((UInt128)UINT64_C(10000000000000000000) * UINT64_C(10000000000000000000))

static bool times_ten_plus(UInt128 *value, unsigned digit)
{
    if (*value >= LIMIT_38_DIGITS / 10)
        return false;
    *value = *value * 10 + digit;
    return true;
}

/* What the digits that do not fit the scale do to the last one that does: -1 below half, 0 half, 1
 * above. */
static int compare_rest_to_half(const char *rest, const char *end)
{
    int order = 0;
    bool is_first = true;
    for (; rest < end; rest++) {
        if (*rest == '.')
            continue;
        if (is_first)
            order = (*rest > '5') - (*rest < '5');
        else if (*rest != '0' && order == 0)
            order = 1;
        is_first = false;
    }
    return is_first ? -1 : order;
}

/* |number| * 10^scale; false: more than 38 digits. */
static bool scale_decimal(const DecimalText *number, int scale, bool round, UInt128 *out)
{
    const char *p = number->digits;
    const char *end = p + number->length;
    int64_t shift = number->exponent + scale; /* zeros to add, or digits to drop */
    int64_t n_digits = (int64_t)number->length - (memchr(p, '.', number->length) != NULL);
    int64_t n_kept = shift < 0 ? n_digits + shift : n_digits;
    UInt128 value = 0;
    for (; n_kept > 0; p++) {
        if (*p == '.')
            continue;
        if (!times_ten_plus(&value, (unsigned)(*p - '0')))
            return false;
        n_kept--;
    }
    for (; shift > 0 && value; shift--)
        if (!times_ten_plus(&value, 0))
            return false;
    if (round && shift < 0 && n_kept == 0) {
        int rest = compare_rest_to_half(p, end);
        value += rest > 0 || (rest == 0 && value % 2 == 1);
    }
    *out = value;
    return true;
}

/* An int whose product with 10^scale does not fit. */
static int refuse_int(const Encoder *column, PyObject *value)
{
    return refuse_value(column, value, "a number that fits 64 bits without its point");
}

static int overflow_error(const Encoder *column)
{
    PyErr_Format(PyExc_OverflowError, "the number does not fit column \"%U\", numeric(%d, %d)",
        column->name, column->precision, column->scale);
    return -1;
}

static int store(Encoder *column, size_t row, UInt128 magnitude, bool negative)
{
    if (column->kind == KIND_NUMERIC_LONG) {
        Int128 value = negative ? -(Int128)magnitude : (Int128)magnitude;
        memcpy((char *)column->data + row * sizeof value, &value, sizeof value);
        return 0;
    }
    if (magnitude > (UInt128)INT64_MAX)
        return overflow_error(column);
    ((int64_t *)column->data)[row] = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return 0;
}

static int encode_decimal(Encoder *column, size_t row, PyObject *value)
{
    DecimalText number;
    UInt128 magnitude = 0;
    PyObject *text = PyObject_Str(value);
    const char *chars = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    int failed = -1;
    if (!chars)
        goto done;
    if (!read_decimal(chars, &number)) {
        if (strstr(chars, "Inf"))
            overflow_error(column);
        else
            refuse_value(column, value, "a number");
        goto done;
    }
    if (!scale_decimal(&number, column->scale, column->kind == KIND_NUMERIC_SHORT, &magnitude)) {
        overflow_error(column);
        goto done;
    }
    failed = store(column, row, magnitude, number.negative);
done:
    Py_XDECREF(text);
    return failed;
}

static int encode_int(Encoder *column, size_t row, PyObject *value)
{
    int overflow;
    int64_t number = PyLong_AsLongLongAndOverflow(value, &overflow);
    for (int i = 0; i < column->scale && !overflow; i++)
        overflow = __builtin_mul_overflow(number, 10, &number);
    if (overflow)
        return refuse_int(column, value);
    ((int64_t *)column->data)[row] = number;
    return 0;
}

static bool is_numpy_bool(PyObject *value)
{
    PyObject *name = PyType_GetName(Py_TYPE(value));
    bool found = name && (PyUnicode_CompareWithASCIIString(name, "bool") == 0 ||
                             PyUnicode_CompareWithASCIIString(name, "bool_") == 0);
    Py_XDECREF(name);
    return found;
}

/* Whole numbers of numpy, and its bool, which counts as one. */
static int encode_other_int(Encoder *column, size_t row, PyObject *value)
{
    PyObject *number = PyIndex_Check(value) ? PyNumber_Index(value) : NULL;
    if (!number && PyErr_Occurred())
        PyErr_Clear();
    if (!number && is_numpy_bool(value))
        number = PyNumber_Long(value);
    if (!number)
        return PyErr_Occurred() ? -1 : refuse_value(column, value, "a Decimal or an int");
    int failed = encode_int(column, row, number);
    Py_DECREF(number);
    return failed;
}

int encode_numeric(Encoder *column, size_t row, PyObject *value)
{
    if (PyObject_TypeCheck(value, (PyTypeObject *)classes.decimal))
        return encode_decimal(column, row, value);
    if (PyLong_Check(value) && column->kind == KIND_NUMERIC_SHORT)
        return encode_int(column, row, value);
    if (column->kind == KIND_NUMERIC_SHORT && !PyFloat_Check(value) && !PyUnicode_Check(value))
        return encode_other_int(column, row, value);
    return refuse_value(column, value, "a Decimal");
}
