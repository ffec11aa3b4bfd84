/* Arrays, which have no Python class, as bytes in HyperBinary (spec/wire-protocol.md, section 3.2):
 * what the original gives. The engine's form is that of src/types/array.h. */
#include "engine.h"

#include <string.h>

/* Bytes of an element of an array type; 0: texts and the like, which vary. */
size_t array_element_size(openhyper_type type)
{
    switch (type.oid) {
    case 1000: /* bool */
        return 1;
    case 1005: /* smallint */
        return 2;
    case 1007: /* int */
    case 1021: /* real */
    case 1028: /* oid */
    case 1182: /* date */
        return 4;
    case 1016: /* bigint */
    case 1022: /* double precision */
    case 1115: /* timestamp */
    case 1183: /* time */
    case 1185: /* timestamptz */
        return 8;
    case 1187: /* interval */
        return 16;
    case 1231: /* numeric */
        return type.typmod >= 4 && (type.typmod - 4) >> 16 <= MAX_NUMERIC_SHORT ? 8 : 16;
    default:
        return 0;
    }
}

#define OID_ARRAY_CHAR1 1002

typedef struct Elements {
    size_t count;
    const uint8_t *validity; /* NULL: no nulls */
    const uint8_t *data;
    size_t len;
} Elements;

static uint32_t load_u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static bool read_elements(const openhyper_string *s, Elements *out)
{
    const uint8_t *p = (const uint8_t *)openhyper_string_data(s);
    if (s->len < 5)
        return false;
    size_t count = load_u32(p);
    size_t bitmap = p[4] ? (count + 7) / 8 : 0;
    if (s->len - 5 < bitmap)
        return false;
    *out = (Elements){.count = count,
        .validity = p[4] ? p + 5 : NULL,
        .data = p + 5 + bitmap,
        .len = s->len - 5 - bitmap};
    return true;
}

static bool is_null(const Elements *e, size_t i)
{
    return e->validity && !(e->validity[i / 8] >> (i % 8) & 1);
}

static void write_null_bits(const Elements *e, uint8_t *out)
{
    memset(out, 0, (e->count + 7) / 8);
    for (size_t i = 0; i < e->count; i++)
        if (is_null(e, i))
            out[i / 8] |= (uint8_t)(1 << (i % 8));
}

static PyObject *fixed_elements(const Elements *e, size_t size)
{
    if (e->len != e->count * size)
        return NULL;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(e->len + (e->count + 7) / 8));
    uint8_t *out = bytes ? (uint8_t *)PyBytes_AsString(bytes) : NULL;
    if (!out)
        return NULL;
    memcpy(out, e->data, e->len);
    write_null_bits(e, out + e->len);
    return bytes;
}

/* UTF-8 of a character; 0 is a blank. */
static size_t put_character(uint32_t c, uint8_t *out)
{
    if (c < 0x80) {
        out[0] = c ? (uint8_t)c : ' ';
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3F));
    out[0] = (uint8_t)((0xF00 >> n) | c);
    return n;
}

/* Copies the elements behind each other and notes where each ends; the bytes, or -1 when the array
 * is broken. A character takes no more bytes than the four of its code point. */
static Py_ssize_t put_elements(const Elements *e, bool characters, uint8_t *ends, uint8_t *values)
{
    const uint8_t *p = e->data;
    size_t left = e->len, used = 0;
    for (size_t i = 0; i < e->count; i++) {
        if (left < 4)
            return -1;
        uint32_t word = load_u32(p);
        size_t len = characters ? 0 : word;
        p += 4;
        left -= 4;
        if (left < len)
            return -1;
        if (characters && !is_null(e, i)) {
            used += put_character(word, values + used);
        } else if (len) {
            memcpy(values + used, p, len);
            used += len;
        }
        p += len;
        left -= len;
        uint32_t end = (uint32_t)used;
        memcpy(ends + 4 * i, &end, sizeof end);
    }
    return (Py_ssize_t)used;
}

static PyObject *varied_elements(const Elements *e, bool characters)
{
    size_t bitmap = (e->count + 7) / 8;
    if (e->len / 4 < e->count)
        return NULL;
    size_t head = 4 + 4 * e->count + bitmap;
    uint8_t *out = PyMem_Malloc(head + e->len);
    if (!out)
        return PyErr_NoMemory();
    uint32_t count = (uint32_t)e->count;
    memcpy(out, &count, sizeof count);
    write_null_bits(e, out + 4 + 4 * e->count);
    Py_ssize_t used = put_elements(e, characters, out + 4, out + head);
    PyObject *bytes =
        used < 0 ? NULL : PyBytes_FromStringAndSize((char *)out, (Py_ssize_t)head + used);
    PyMem_Free(out);
    return bytes;
}

PyObject *decode_array(const Decoder *decoder, const openhyper_string *s)
{
    Elements e;
    PyObject *bytes = NULL;
    bool is_whole = read_elements(s, &e);
    if (is_whole && !e.count)
        return PyBytes_FromStringAndSize(NULL, 0);
    if (is_whole)
        bytes = decoder->length ? fixed_elements(&e, (size_t)decoder->length)
                                : varied_elements(&e, decoder->oid == OID_ARRAY_CHAR1);
    if (!bytes && !PyErr_Occurred())
        raise_hyper_exception("XX001", "an array is damaged", NULL);
    return bytes;
}
