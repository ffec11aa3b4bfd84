#include "io/thrift.h"

#define MAX_DEPTH 32

/* ---- Reading ---- */

static uint64_t fail(HyThriftReader *reader)
{
    reader->failed = true;
    reader->at = reader->end;
    return 0;
}

static uint64_t read_varint(HyThriftReader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (reader->at == reader->end)
            return fail(reader);
        uint8_t byte = *reader->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    return fail(reader);
}

int64_t hy_thrift_int(HyThriftReader *reader)
{
    uint64_t v = read_varint(reader);
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

int8_t hy_thrift_byte(HyThriftReader *reader)
{
    if (reader->at == reader->end)
        return (int8_t)fail(reader);
    return (int8_t)*reader->at++;
}

bool hy_thrift_field(HyThriftReader *reader, int *field, int *type)
{
    if (reader->at == reader->end) {
        fail(reader);
        return false;
    }
    uint8_t head = *reader->at++;
    *type = head & 15;
    if (*type == HY_THRIFT_STOP)
        return false;
    if (head >> 4) {
        *field += head >> 4;
    } else {
        int64_t number = hy_thrift_int(reader);
        *field = number > 0 && number <= INT16_MAX ? (int)number : 0;
    }
    if (*field > INT16_MAX)
        fail(reader);
    return !reader->failed;
}

const char *hy_thrift_binary(HyThriftReader *reader, size_t *len)
{
    uint64_t n = read_varint(reader);
    const char *data = (const char *)reader->at;
    if (n > (uint64_t)(reader->end - reader->at))
        n = fail(reader);
    else
        reader->at += n;
    *len = n;
    return data;
}

size_t hy_thrift_list(HyThriftReader *reader, int *element_type)
{
    *element_type = 0;
    if (reader->at == reader->end)
        return fail(reader);
    uint8_t head = *reader->at++;
    uint64_t n = head >> 4;
    *element_type = head & 15;
    if (n == 15)
        n = read_varint(reader);
    if (n > (uint64_t)(reader->end - reader->at))
        return fail(reader);
    return n;
}

static void skip_bytes(HyThriftReader *reader, size_t n)
{
    if (n > (size_t)(reader->end - reader->at))
        fail(reader);
    else
        reader->at += n;
}

static void skip(HyThriftReader *reader, int type, bool is_element, int depth);

static void skip_struct(HyThriftReader *reader, int depth)
{
    int field = 0;
    int type;
    while (hy_thrift_field(reader, &field, &type))
        skip(reader, type, false, depth + 1);
}

static void skip_list(HyThriftReader *reader, int depth)
{
    int type;
    size_t n = hy_thrift_list(reader, &type);
    for (size_t i = 0; i < n && !reader->failed; i++)
        skip(reader, type, true, depth + 1);
}

static void skip_map(HyThriftReader *reader, int depth)
{
    uint64_t n = read_varint(reader);
    if (n == 0)
        return;
    int types = (uint8_t)hy_thrift_byte(reader);
    for (uint64_t i = 0; i < n && !reader->failed; i++) {
        skip(reader, types >> 4, true, depth + 1);
        skip(reader, types & 15, true, depth + 1);
    }
}

/* A boolean field is all in its header, a boolean element is a byte. */
static void skip(HyThriftReader *reader, int type, bool is_element, int depth)
{
    size_t len;
    if (depth > MAX_DEPTH) {
        fail(reader);
        return;
    }
    switch (type) {
    case HY_THRIFT_TRUE:
    case HY_THRIFT_FALSE:
        skip_bytes(reader, is_element);
        return;
    case HY_THRIFT_I8:
        skip_bytes(reader, 1);
        return;
    case HY_THRIFT_I16:
    case HY_THRIFT_I32:
    case HY_THRIFT_I64:
        (void)read_varint(reader);
        return;
    case HY_THRIFT_DOUBLE:
        skip_bytes(reader, 8);
        return;
    case HY_THRIFT_BINARY:
        (void)hy_thrift_binary(reader, &len);
        return;
    case HY_THRIFT_LIST:
    case HY_THRIFT_SET:
        skip_list(reader, depth);
        return;
    case HY_THRIFT_MAP:
        skip_map(reader, depth);
        return;
    case HY_THRIFT_STRUCT:
        skip_struct(reader, depth);
        return;
    default:
        fail(reader);
        return;
    }
}

void hy_thrift_skip(HyThriftReader *reader, int type)
{
    skip(reader, type, false, 0);
}

/* ---- Writing ---- */

static HyStatus put_varint(HyBuffer *out, uint64_t value)
{
    HY_TRY(hy_buffer_reserve(out, 10));
    while (value >= 0x80) {
        out->data[out->len++] = (char)(value | 0x80);
        value >>= 7;
    }
    out->data[out->len++] = (char)value;
    return HY_OK;
}

HyStatus hy_thrift_put_zigzag(HyBuffer *out, int64_t value)
{
    return put_varint(out, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

HyStatus hy_thrift_put_bytes(HyBuffer *out, const void *data, size_t len)
{
    HY_TRY(put_varint(out, len));
    return hy_buffer_append(out, data, len);
}

HyStatus hy_thrift_put_field(HyBuffer *out, int *last_field, int field, int type)
{
    int delta = field - *last_field;
    *last_field = field;
    if (delta > 0 && delta < 16)
        return hy_buffer_append_char(out, (char)(delta << 4 | type));
    HY_TRY(hy_buffer_append_char(out, (char)type));
    return hy_thrift_put_zigzag(out, field);
}

HyStatus hy_thrift_put_int(HyBuffer *out, int *last_field, int field, int type, int64_t value)
{
    HY_TRY(hy_thrift_put_field(out, last_field, field, type));
    if (type == HY_THRIFT_I8)
        return hy_buffer_append_char(out, (char)value);
    return hy_thrift_put_zigzag(out, value);
}

HyStatus hy_thrift_put_binary(
    HyBuffer *out, int *last_field, int field, const void *data, size_t len)
{
    HY_TRY(hy_thrift_put_field(out, last_field, field, HY_THRIFT_BINARY));
    return hy_thrift_put_bytes(out, data, len);
}

HyStatus hy_thrift_put_list(HyBuffer *out, int *last_field, int field, int element_type, size_t n)
{
    HY_TRY(hy_thrift_put_field(out, last_field, field, HY_THRIFT_LIST));
    if (n < 15)
        return hy_buffer_append_char(out, (char)(n << 4 | (unsigned)element_type));
    HY_TRY(hy_buffer_append_char(out, (char)(0xf0 | element_type)));
    return put_varint(out, n);
}

HyStatus hy_thrift_put_stop(HyBuffer *out)
{
    return hy_buffer_append_char(out, HY_THRIFT_STOP);
}
