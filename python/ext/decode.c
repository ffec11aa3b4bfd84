/* Columns of results as Python objects. */
#include "engine.h"

#include <string.h>

enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_CHAR1 = 18,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_JSON = 114,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_UNKNOWN = 705,
    OID_CHAR = 1042,
    OID_VARCHAR = 1043,
    OID_DATE = 1082,
    OID_TIME = 1083,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_INTERVAL = 1186,
    OID_NUMERIC = 1700,
    OID_GEOGRAPHY = 5003
};

size_t physical_size(openhyper_physical physical)
{
    switch (physical) {
    case OPENHYPER_U8:
        return 1;
    case OPENHYPER_I16:
        return 2;
    case OPENHYPER_I32:
    case OPENHYPER_U32:
    case OPENHYPER_F32:
        return 4;
    case OPENHYPER_I64:
    case OPENHYPER_U64:
    case OPENHYPER_F64:
        return 8;
    case OPENHYPER_I128:
    case OPENHYPER_INTERVAL:
    case OPENHYPER_UUID:
    case OPENHYPER_STRING:
        return 16;
    }
    return 16;
}

ValueKind value_kind(openhyper_type type)
{
    switch (type.oid) {
    case OID_BOOL:
        return KIND_BOOL;
    case OID_INT2:
        return KIND_INT2;
    case OID_INT4:
        return KIND_INT4;
    case OID_INT8:
        return KIND_INT8;
    case OID_FLOAT4:
        return KIND_FLOAT4;
    case OID_FLOAT8:
        return KIND_FLOAT8;
    case OID_NUMERIC:
        return type.physical == OPENHYPER_I128 ? KIND_NUMERIC_LONG : KIND_NUMERIC_SHORT;
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_JSON:
        return KIND_TEXT;
    case OID_CHAR:
        return KIND_CHAR;
    case OID_CHAR1:
        return type.physical == OPENHYPER_STRING ? KIND_TEXT : KIND_CHAR1;
    case OID_DATE:
        return KIND_DATE;
    case OID_TIME:
        return KIND_TIME;
    case OID_TIMESTAMP:
        return KIND_TIMESTAMP;
    case OID_TIMESTAMPTZ:
        return KIND_TIMESTAMPTZ;
    case OID_INTERVAL:
        return KIND_INTERVAL;
    case OID_BYTEA:
    case OID_GEOGRAPHY:
        return KIND_BYTES;
    case OID_UNKNOWN: /* the literal NULL */
        return type.physical == OPENHYPER_STRING ? KIND_TEXT : KIND_BYTES;
    default:
        break;
    }
    if (type.physical == OPENHYPER_U32)
        return KIND_OID;
    if (type.physical == OPENHYPER_STRING)
        return KIND_ARRAY;
    return KIND_UUID;
}

void decoder_init(Decoder *decoder, openhyper_type type, bool text_as_bytes)
{
    *decoder = (Decoder){.kind = value_kind(type),
        .size = physical_size(type.physical),
        .oid = type.oid,
        .as_bytes = text_as_bytes};
    if (decoder->kind == KIND_NUMERIC_SHORT || decoder->kind == KIND_NUMERIC_LONG)
        decoder->scale = type.typmod >= 4 ? (type.typmod - 4) & 0xFFFF : 0;
    if (decoder->kind == KIND_CHAR)
        decoder->length = type.typmod >= 4 ? type.typmod - 4 : 0;
    if (decoder->kind == KIND_ARRAY)
        decoder->length = (int)array_element_size(type);
}

void decoder_clear(Decoder *decoder)
{
    if (!decoder->cache)
        return;
    for (size_t i = 0; i < VALUE_CACHE_SIZE; i++)
        Py_XDECREF(decoder->cache[i].value);
    PyMem_Free(decoder->cache);
    decoder->cache = NULL;
}

/* The place of a 16-byte key in the cache of values, which are immutable and may therefore stand in
 * many rows: a lookup is far cheaper than a new object. NULL without memory. */
static CachedValue *cache_slot(Decoder *decoder, const void *key)
{
    uint64_t words[2];
    if (!decoder->cache) {
        decoder->cache = PyMem_Calloc(VALUE_CACHE_SIZE, sizeof *decoder->cache);
        if (!decoder->cache)
            return NULL;
    }
    memcpy(words, key, sizeof words);
    uint64_t h =
        (words[0] ^ (words[1] * UINT64_C(0x9E3779B97F4A7C15))) * UINT64_C(0xD6E8FEB86659FD93);
    return &decoder->cache[h >> 56];
}

static bool is_cached(const CachedValue *slot, const void *key)
{
    return slot && slot->value && memcmp(&slot->key, key, sizeof slot->key) == 0;
}

static void cache_put(CachedValue *slot, const void *key, PyObject *value)
{
    if (!slot || !value)
        return;
    PyObject *old = slot->value;
    memcpy(&slot->key, key, sizeof slot->key);
    Py_INCREF(value);
    slot->value = value;
    Py_XDECREF(old);
}

/* ---- Numerics ---- */

/* Writes the digits of a number backwards before `end`, at least one of them. */
static char *write_digits(UInt128 value, char *end)
{
    while (value > UINT64_MAX) {
        uint64_t low = (uint64_t)(value % UINT64_C(1000000000000000000));
        value /= UINT64_C(1000000000000000000);
        for (int i = 0; i < 18; i++) {
            *--end = (char)('0' + low % 10);
            low /= 10;
        }
    }
    uint64_t rest = (uint64_t)value;
    do {
        *--end = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    return end;
}

size_t numeric_text(Int128 value, int scale, bool strip_zeros, char *out)
{
    char digits[64];
    char *end = digits + sizeof digits;
    char *p = out;
    if (value < 0)
        *p++ = '-';
    char *first = write_digits(value < 0 ? -(UInt128)value : (UInt128)value, end);
    while (end - first <= scale)
        *--first = '0';
    size_t whole = (size_t)(end - first) - (size_t)scale;
    size_t fraction = (size_t)scale;
    if (strip_zeros)
        while (fraction && first[whole + fraction - 1] == '0')
            fraction--;
    memcpy(p, first, whole);
    p += whole;
    if (fraction) {
        *p++ = '.';
        memcpy(p, first + whole, fraction);
        p += fraction;
    }
    return (size_t)(p - out);
}

static PyObject *decode_numeric(Decoder *decoder, Int128 value, bool strip_zeros)
{
    char text[NUMERIC_TEXT_BYTES];
    CachedValue *slot = cache_slot(decoder, &value);
    if (is_cached(slot, &value)) {
        Py_INCREF(slot->value);
        return slot->value;
    }
    size_t len = numeric_text(value, decoder->scale, strip_zeros, text);
    PyObject *unicode = PyUnicode_FromStringAndSize(text, (Py_ssize_t)len);
    PyObject *number =
        unicode ? PyObject_CallFunctionObjArgs(classes.decimal, unicode, NULL) : NULL;
    Py_XDECREF(unicode);
    cache_put(slot, &value, number);
    return number;
}

/* ---- Texts ---- */

static PyObject *new_text(const Decoder *decoder, const char *data, size_t len)
{
    return decoder->as_bytes ? PyBytes_FromStringAndSize(data, (Py_ssize_t)len)
                             : PyUnicode_DecodeUTF8(data, (Py_ssize_t)len, "replace");
}

static inline PyObject *decode_text(Decoder *decoder, const openhyper_string *s)
{
    if (s->len > 12)
        return new_text(decoder, s->ptr, s->len);
    CachedValue *slot = cache_slot(decoder, s);
    if (is_cached(slot, s)) {
        Py_INCREF(slot->value);
        return slot->value;
    }
    PyObject *text = new_text(decoder, s->prefix, s->len);
    cache_put(slot, s, text);
    return text;
}

/* Blanks at the end are not stored. */
static PyObject *decode_char(const Decoder *decoder, const openhyper_string *s)
{
    const char *data = openhyper_string_data(s);
    size_t characters = 0;
    for (size_t i = 0; i < s->len; i++)
        characters += (data[i] & 0xC0) != 0x80;
    size_t blanks = (size_t)decoder->length > characters ? (size_t)decoder->length - characters : 0;
    char *padded = PyMem_Malloc(s->len + blanks + 1);
    if (!padded)
        return PyErr_NoMemory();
    memcpy(padded, data, s->len);
    memset(padded + s->len, ' ', blanks);
    PyObject *text = new_text(decoder, padded, s->len + blanks);
    PyMem_Free(padded);
    return text;
}

static PyObject *decode_char1(const Decoder *decoder, uint32_t code_point)
{
    PyObject *text = PyUnicode_FromOrdinal(code_point ? (int)code_point : ' ');
    if (!text || !decoder->as_bytes)
        return text;
    PyObject *bytes = PyUnicode_AsUTF8String(text);
    Py_DECREF(text);
    return bytes;
}

/* ---- All kinds ---- */

#define VALUE_AT(T) (((const T *)data)[row])

static inline PyObject *decode_one(Decoder *decoder, ValueKind kind, const void *data, size_t row)
{
    switch (kind) {
    case KIND_BOOL:
        return PyBool_FromLong(VALUE_AT(uint8_t));
    case KIND_INT2:
        return PyLong_FromLong(VALUE_AT(int16_t));
    case KIND_INT4:
        return PyLong_FromLong(VALUE_AT(int32_t));
    case KIND_INT8:
        return PyLong_FromLongLong(VALUE_AT(int64_t));
    case KIND_OID:
        return PyLong_FromUnsignedLong(VALUE_AT(uint32_t));
    case KIND_FLOAT4:
        return PyFloat_FromDouble((double)VALUE_AT(float));
    case KIND_FLOAT8:
        return PyFloat_FromDouble(VALUE_AT(double));
    case KIND_NUMERIC_SHORT:
        return decode_numeric(decoder, VALUE_AT(int64_t), true);
    case KIND_NUMERIC_LONG: {
        Int128 value; /* of unknown alignment */
        memcpy(&value, (const char *)data + row * sizeof value, sizeof value);
        return decode_numeric(decoder, value, false);
    }
    case KIND_TEXT:
        return decode_text(decoder, &VALUE_AT(openhyper_string));
    case KIND_CHAR:
        return decode_char(decoder, &VALUE_AT(openhyper_string));
    case KIND_CHAR1:
        return decode_char1(decoder, VALUE_AT(uint32_t));
    case KIND_ARRAY:
        return decode_array(decoder, &VALUE_AT(openhyper_string));
    case KIND_BYTES: {
        const openhyper_string *s = &VALUE_AT(openhyper_string);
        return PyBytes_FromStringAndSize(openhyper_string_data(s), (Py_ssize_t)s->len);
    }
    case KIND_DATE:
        return date_new(VALUE_AT(int32_t));
    case KIND_TIME:
        return time_new(VALUE_AT(int64_t));
    case KIND_TIMESTAMP:
        return timestamp_new(VALUE_AT(uint64_t), Py_None);
    case KIND_TIMESTAMPTZ:
        return timestamp_new(VALUE_AT(uint64_t), utc_zone());
    case KIND_INTERVAL:
        return interval_new(&VALUE_AT(IntervalValue));
    case KIND_UUID:
        break;
    }
    return PyBytes_FromStringAndSize(
        (const char *)data + row * decoder->size, (Py_ssize_t)decoder->size);
}

PyObject *decode_value(Decoder *decoder, const void *data, size_t row)
{
    return decode_one(decoder, decoder->kind, data, row);
}

/* The loop over the rows, once per kind so that the kind is a constant in it. */
static inline __attribute__((always_inline)) int decode_rows(Decoder *decoder, ValueKind kind,
    const openhyper_column *column, size_t first, size_t n, PyObject **rows, Py_ssize_t position)
{
    const uint64_t *validity = column->validity;
    for (size_t i = 0; i < n; i++) {
        size_t row = first + i;
        PyObject *value;
        if (validity && !(validity[row / 64] >> (row % 64) & 1)) {
            Py_INCREF(Py_None);
            value = Py_None;
        } else {
            value = decode_one(decoder, kind, column->data, row);
            if (!value)
                return -1;
        }
        (void)PyList_SetItem(rows[i], position, value);
    }
    return 0;
}

int decode_column(Decoder *decoder, const openhyper_column *column, size_t first, size_t n,
    PyObject **rows, Py_ssize_t position)
{
#define ROWS_OF(kind)                                                                              \
    case kind:                                                                                     \
        return decode_rows(decoder, kind, column, first, n, rows, position);
    switch (decoder->kind) {
        ROWS_OF(KIND_BOOL)
        ROWS_OF(KIND_INT2)
        ROWS_OF(KIND_INT4)
        ROWS_OF(KIND_INT8)
        ROWS_OF(KIND_FLOAT8)
        ROWS_OF(KIND_TEXT)
        ROWS_OF(KIND_DATE)
        ROWS_OF(KIND_TIMESTAMP)
    default:
        return decode_rows(decoder, decoder->kind, column, first, n, rows, position);
    }
#undef ROWS_OF
}
