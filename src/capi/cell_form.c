/* The bytes of values whose form in a result is not that in memory: texts, PostgreSQL's binary
 * form, padded char(n), arrays. */
#include "capi/capi_internal.h"

#include "base/utf8.h"
#include "types/array.h"
#include "types/cast.h"
#include "types/datetime.h"

#include <string.h>

/* ---- Characters ---- */

/* char(n) is kept without the blanks at its end. */
static HyStatus append_padded(HyType type, const char *data, size_t len, HyBuffer *out)
{
    HY_TRY(hy_buffer_append(out, data, len));
    size_t characters = hy_utf8_length(data, len);
    size_t blanks = (size_t)type.length > characters ? (size_t)type.length - characters : 0;
    HY_TRY(hy_buffer_reserve(out, blanks));
    if (blanks)
        memset(out->data + out->len, ' ', blanks);
    out->len += blanks;
    return HY_OK;
}

static HyStatus append_char1(uint32_t code_point, HyBuffer *out)
{
    char text[HY_UTF8_MAX_BYTES];
    size_t len = hy_utf8_encode(code_point ? code_point : ' ', text);
    return hy_buffer_append(out, text, len);
}

/* ---- Arrays ---- */

static bool has_fixed_size(HyType type)
{
    return hy_type_physical(type) != HY_PHYS_STRING && type.id != HY_TYPE_CHAR1;
}

static HyStatus append_binary(
    const CapiResult *result, HyType type, const void *value, HyBuffer *out);

/* Bits from the lowest on, 1 for a null. */
static HyStatus append_null_bits(HyType element, const HyString *array, HyBuffer *out)
{
    HyArrayReader reader;
    HY_TRY(hy_array_open(element, array, &reader));
    size_t bytes = ((size_t)reader.count + 7) / 8;
    HY_TRY(hy_buffer_reserve(out, bytes));
    memset(out->data + out->len, 0, bytes);
    for (size_t i = 0; hy_array_next(&reader); i++)
        if (reader.is_null)
            out->data[out->len + i / 8] = (char)(out->data[out->len + i / 8] | (1 << (i % 8)));
    out->len += bytes;
    return HY_OK;
}

static HyStatus append_fixed_array(HyType element, const HyString *array, HyBuffer *out)
{
    static const uint8_t zeros[16];
    HyArrayReader reader;
    size_t size = hy_physical_size(hy_type_physical(element));
    HY_TRY(hy_array_open(element, array, &reader));
    while (hy_array_next(&reader))
        HY_TRY(hy_buffer_append(out, reader.is_null ? zeros : reader.payload, size));
    return append_null_bits(element, array, out);
}

/* Count, ends of the values, null bits, values. */
static HyStatus append_variable_array(
    const CapiResult *result, HyType element, const HyString *array, HyBuffer *out)
{
    HyArrayReader reader;
    HyBuffer values = {0};
    HyStatus st = HY_OK;
    HY_TRY(hy_array_open(element, array, &reader));
    HY_TRY(hy_buffer_append_u32(out, reader.count));
    while (hy_array_next(&reader)) {
        if (!reader.is_null)
            HY_GO(append_binary(result, element, reader.payload, &values));
        if (values.len > UINT32_MAX)
            HY_GO(hy_error("54000", "array is too large"));
        HY_GO(hy_buffer_append_u32(out, (uint32_t)values.len));
    }
    HY_GO(append_null_bits(element, array, out));
    HY_GO(hy_buffer_append(out, values.data, values.len));
done:
    hy_buffer_free(&values);
    return st;
}

static HyStatus append_array(
    const CapiResult *result, HyType element, const HyString *array, HyBuffer *out)
{
    if (!hy_array_count(array))
        return HY_OK;
    return has_fixed_size(element) ? append_fixed_array(element, array, out)
                                   : append_variable_array(result, element, array, out);
}

static HyStatus append_binary(
    const CapiResult *result, HyType type, const void *value, HyBuffer *out)
{
    HyString string;
    if (type.id == HY_TYPE_CHAR1)
        return append_char1(hy_load_u32(value), out);
    if (hy_type_physical(type) != HY_PHYS_STRING)
        return hy_buffer_append(out, value, hy_physical_size(hy_type_physical(type)));
    memcpy(&string, value, sizeof string);
    if (type.id == HY_TYPE_ARRAY)
        return append_array(result, *type.element, &string, out);
    const char *data = string.len <= HY_STRING_INLINE ? (const char *)value + 4 : string.ptr;
    return type.id == HY_TYPE_CHAR ? append_padded(type, data, string.len, out)
                                   : hy_buffer_append(out, data, string.len);
}

/* ---- PostgreSQL's binary form: big-endian, days and microseconds from 2000-01-01 ---- */

#define POSTGRES_EPOCH INT64_C(2451545)

static HyStatus append_reversed(uint64_t bits, size_t size, HyBuffer *out)
{
    for (size_t i = size; i-- > 0;)
        HY_TRY(hy_buffer_append_char(out, (char)(bits >> (8 * i) & 0xFF)));
    return HY_OK;
}

static HyStatus append_postgres(
    const CapiResult *result, HyType type, const void *value, HyBuffer *out)
{
    uint64_t bits = 0;
    size_t size = hy_physical_size(hy_type_physical(type));
    switch (type.id) {
    case HY_TYPE_BOOL:
    case HY_TYPE_INT2:
    case HY_TYPE_INT4:
    case HY_TYPE_INT8:
    case HY_TYPE_FLOAT4:
    case HY_TYPE_FLOAT8:
    case HY_TYPE_OID:
    case HY_TYPE_REGCLASS:
    case HY_TYPE_REGTYPE:
    case HY_TYPE_REGPROC:
    case HY_TYPE_TIME:
        memcpy(&bits, value, size);
        return append_reversed(bits, size, out);
    case HY_TYPE_DATE:
        return append_reversed((uint64_t)(hy_load_i32(value) - POSTGRES_EPOCH), 4, out);
    case HY_TYPE_TIMESTAMP:
    case HY_TYPE_TIMESTAMPTZ:
        bits = hy_load_u64(value) - (uint64_t)(POSTGRES_EPOCH * HY_MICROS_PER_DAY);
        return append_reversed(bits, 8, out);
    case HY_TYPE_INTERVAL: {
        const uint8_t *p = value;
        HY_TRY(append_reversed(hy_load_u64(p), 8, out));
        HY_TRY(append_reversed(hy_load_u32(p + 8), 4, out));
        return append_reversed(hy_load_u32(p + 12), 4, out);
    }
    case HY_TYPE_NUMERIC:
    case HY_TYPE_ARRAY:
    case HY_TYPE_GEOGRAPHY:
    case HY_TYPE_LAMBDA:
        return hy_error("0A000", "a value of this type has no binary form in a result");
    case HY_TYPE_UNKNOWN:
    case HY_TYPE_TEXT:
    case HY_TYPE_VARCHAR:
    case HY_TYPE_CHAR:
    case HY_TYPE_CHAR1:
    case HY_TYPE_BYTEA:
    case HY_TYPE_JSON:
    case HY_TYPE_UUID:
        return append_binary(result, type, value, out);
    }
    return HY_OK;
}

/* ---- All forms ---- */

HyStatus hy_cell_append(
    const CapiResult *result, CapiForm form, HyType type, const void *value, HyBuffer *out)
{
    if (form == CAPI_FORM_POSTGRES)
        return append_postgres(result, type, value, out);
    if (form == CAPI_FORM_HYPER_BINARY || type.id == HY_TYPE_CHAR || type.id == HY_TYPE_CHAR1)
        return append_binary(result, type, value, out);
    return hy_value_format(type, value, &result->style, out);
}
