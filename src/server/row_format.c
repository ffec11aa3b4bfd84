#include "server/row_format.h"

#include "base/utf8.h"
#include "server/peer.h"
#include "types/array.h"
#include "types/cast.h"
#include "types/compare.h"
#include "types/datetime.h"
#include "types/float_text.h"
#include "types/numeric.h"

#include <stdio.h>
#include <stdlib.h>

/* 2000-01-01, from which PostgreSQL counts. */
#define PG_EPOCH_DAY    2451545
#define PG_EPOCH_MICROS ((uint64_t)PG_EPOCH_DAY * (uint64_t)HY_MICROS_PER_DAY)

int16_t hy_type_wire_size(HyType type)
{
    switch (type.id) {
    case HY_TYPE_BOOL:
    case HY_TYPE_CHAR1:
        return 1;
    case HY_TYPE_INT2:
        return 2;
    case HY_TYPE_INT4:
    case HY_TYPE_FLOAT4:
    case HY_TYPE_OID:
    case HY_TYPE_REGCLASS:
    case HY_TYPE_REGTYPE:
    case HY_TYPE_REGPROC:
    case HY_TYPE_DATE:
    case HY_TYPE_TIME: /* sic: the value has 8 bytes */
        return 4;
    case HY_TYPE_INT8:
    case HY_TYPE_FLOAT8:
    case HY_TYPE_TIMESTAMP:
    case HY_TYPE_TIMESTAMPTZ:
        return 8;
    case HY_TYPE_INTERVAL:
    case HY_TYPE_UUID:
        return 16;
    default:
        return -1;
    }
}

HyStatus hy_format_check(HyType type, HyFormatCode code)
{
    if (code == HY_FORMAT_CODE_BINARY && type.id == HY_TYPE_GEOGRAPHY)
        return hy_error("42883", "no pg binary output function available for type geography");
    return HY_OK;
}

/* ---- Strings ---- */

static HyStatus append_char1(uint32_t code_point, HyBuffer *out)
{
    char text[HY_UTF8_MAX_BYTES];
    size_t n = hy_utf8_encode(code_point ? code_point : ' ', text);
    return hy_buffer_append(out, text, n);
}

/* Bytes as they are; char(n) gets its blanks back. */
static HyStatus append_string(HyType type, const HyString *s, HyBuffer *out)
{
    HY_TRY(hy_buffer_append(out, hy_string_data(s), s->len));
    if (type.id != HY_TYPE_CHAR || type.length <= 0)
        return HY_OK;
    size_t have = hy_utf8_length(hy_string_data(s), s->len);
    for (; have < (size_t)type.length; have++)
        HY_TRY(hy_buffer_append_char(out, ' '));
    return HY_OK;
}

/* ---- HyperBinary ---- */

static HyStatus append_hyper_array(HyType element, const HyString *array, HyBuffer *out);

static HyStatus append_hyper(HyType type, const void *value, HyBuffer *out)
{
    if (type.id == HY_TYPE_CHAR1) {
        uint32_t code_point;
        memcpy(&code_point, value, sizeof code_point);
        return append_char1(code_point, out);
    }
    if (type.id == HY_TYPE_ARRAY)
        return append_hyper_array(*type.element, value, out);
    HyPhysical physical = hy_type_physical(type);
    if (physical == HY_PHYS_STRING)
        return append_string(type, value, out);
    return hy_buffer_append(out, value, hy_physical_size(physical));
}

static HyStatus append_null_bits(const uint8_t *is_null, uint32_t n, HyBuffer *out)
{
    for (uint32_t i = 0; i < n; i += 8) {
        uint8_t bits = 0;
        for (uint32_t j = i; j < n && j < i + 8; j++)
            bits |= (uint8_t)(is_null[j] << (j - i));
        HY_TRY(hy_buffer_append_char(out, (char)bits));
    }
    return HY_OK;
}

static bool has_fixed_size(HyType type)
{
    return hy_type_physical(type) != HY_PHYS_STRING && type.id != HY_TYPE_CHAR1;
}

/* Items go to `values`, their ends to `ends`, one byte per item to `nulls`. */
static HyStatus read_array(
    HyType element, HyArrayReader *reader, HyBuffer *values, HyBuffer *ends, HyBuffer *nulls)
{
    static const char zeros[16];
    while (hy_array_next(reader)) {
        if (!reader->is_null)
            HY_TRY(append_hyper(element, reader->payload, values));
        else if (has_fixed_size(element))
            HY_TRY(hy_buffer_append(values, zeros, hy_physical_size(hy_type_physical(element))));
        HY_TRY(hy_buffer_append_u32(ends, (uint32_t)values->len));
        HY_TRY(hy_buffer_append_char(nulls, (char)reader->is_null));
    }
    return HY_OK;
}

static HyStatus append_hyper_array(HyType element, const HyString *array, HyBuffer *out)
{
    HyArrayReader reader;
    HyBuffer values = {0};
    HyBuffer ends = {0};
    HyBuffer nulls = {0};
    HyStatus st = HY_OK;
    HY_TRY(hy_array_open(element, array, &reader));
    if (!reader.count)
        return HY_OK;
    HY_GO(read_array(element, &reader, &values, &ends, &nulls));
    if (has_fixed_size(element)) {
        HY_GO(hy_buffer_append(out, values.data, values.len));
        HY_GO(append_null_bits((const uint8_t *)nulls.data, reader.count, out));
    } else {
        HY_GO(hy_buffer_append_u32(out, reader.count));
        HY_GO(hy_buffer_append(out, ends.data, ends.len));
        HY_GO(append_null_bits((const uint8_t *)nulls.data, reader.count, out));
        HY_GO(hy_buffer_append(out, values.data, values.len));
    }
done:
    hy_buffer_free(&values);
    hy_buffer_free(&ends);
    hy_buffer_free(&nulls);
    return st;
}

/* ---- PostgreSQL binary ---- */

static HyStatus append_be16(HyBuffer *out, uint16_t v)
{
    uint8_t bytes[2];
    hy_store_be16(bytes, v);
    return hy_buffer_append(out, bytes, sizeof bytes);
}

static HyStatus append_be32(HyBuffer *out, uint32_t v)
{
    uint8_t bytes[4];
    hy_store_be32(bytes, v);
    return hy_buffer_append(out, bytes, sizeof bytes);
}

static HyStatus append_be64(HyBuffer *out, uint64_t v)
{
    uint8_t bytes[8];
    hy_store_be64(bytes, v);
    return hy_buffer_append(out, bytes, sizeof bytes);
}

/* PostgreSQL's numeric is groups of four decimal digits; made from the text, which is exact. */
static HyStatus append_pg_numeric_text(const char *text, size_t len, unsigned scale, HyBuffer *out)
{
    uint16_t groups[32] = {0};
    bool is_negative = len && text[0] == '-';
    size_t start = is_negative ? 1 : 0;
    size_t point = start;
    while (point < len && text[point] != '.')
        point++;
    size_t whole = point - start;
    size_t n_whole_groups = (whole + 3) / 4;
    size_t n_groups = n_whole_groups + (scale + 3) / 4;
    size_t digit = n_whole_groups * 4 - whole; /* place of the next digit, from the first group */
    for (size_t i = start; i < len; i++) {
        if (text[i] == '.')
            continue;
        static const uint16_t weights[4] = {1000, 100, 10, 1};
        groups[digit / 4] = (uint16_t)(groups[digit / 4] + (text[i] - '0') * weights[digit % 4]);
        digit++;
    }
    size_t first = 0;
    while (first < n_groups && !groups[first])
        first++;
    while (n_groups > first && !groups[n_groups - 1])
        n_groups--;
    bool is_zero = first == n_groups;
    HY_TRY(append_be16(out, (uint16_t)(n_groups - first)));
    HY_TRY(append_be16(out, is_zero ? 0 : (uint16_t)(n_whole_groups - 1 - first)));
    HY_TRY(append_be16(out, is_negative && !is_zero ? 0x4000 : 0));
    HY_TRY(append_be16(out, (uint16_t)scale));
    for (size_t i = first; i < n_groups; i++)
        HY_TRY(append_be16(out, groups[i]));
    return HY_OK;
}

static HyStatus append_pg_numeric(HyType type, const void *value, HyBuffer *out)
{
    HyBuffer text = {0};
    HyStatus st = hy_value_format(type, value, NULL, &text);
    if (!st)
        st = append_pg_numeric_text(text.data, text.len, type.scale, out);
    hy_buffer_free(&text);
    return st;
}

static HyStatus append_pg(HyType type, const void *value, HyBuffer *out);

static HyStatus append_pg_array(HyType type, const HyString *array, HyBuffer *out)
{
    HyType element = *type.element;
    HyArrayReader reader;
    HY_TRY(hy_array_open(element, array, &reader));
    HY_TRY(append_be32(out, reader.count ? 1 : 0));
    size_t flag_at = out->len;
    HY_TRY(append_be32(out, 0));
    HY_TRY(append_be32(out, hy_type_oid(element)));
    if (reader.count) {
        HY_TRY(append_be32(out, reader.count));
        HY_TRY(append_be32(out, 1));
    }
    while (hy_array_next(&reader)) {
        size_t length_at = out->len;
        HY_TRY(append_be32(out, UINT32_MAX));
        if (reader.is_null) {
            hy_store_be32(out->data + flag_at, 1);
            continue;
        }
        HY_TRY(append_pg(element, reader.payload, out));
        hy_store_be32(out->data + length_at, (uint32_t)(out->len - length_at - 4));
    }
    return HY_OK;
}

static HyStatus append_pg(HyType type, const void *value, HyBuffer *out)
{
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;
    switch (type.id) {
    case HY_TYPE_BOOL:
        return hy_buffer_append(out, value, 1);
    case HY_TYPE_INT2:
        memcpy(&u16, value, sizeof u16);
        return append_be16(out, u16);
    case HY_TYPE_INT4:
    case HY_TYPE_FLOAT4:
    case HY_TYPE_OID:
    case HY_TYPE_REGCLASS:
    case HY_TYPE_REGTYPE:
    case HY_TYPE_REGPROC:
        memcpy(&u32, value, sizeof u32);
        return append_be32(out, u32);
    case HY_TYPE_DATE:
        memcpy(&u32, value, sizeof u32);
        return append_be32(out, u32 - PG_EPOCH_DAY);
    case HY_TYPE_INT8:
    case HY_TYPE_FLOAT8:
    case HY_TYPE_TIME:
        memcpy(&u64, value, sizeof u64);
        return append_be64(out, u64);
    case HY_TYPE_TIMESTAMP:
    case HY_TYPE_TIMESTAMPTZ:
        memcpy(&u64, value, sizeof u64);
        return append_be64(out, u64 - PG_EPOCH_MICROS);
    case HY_TYPE_INTERVAL: {
        HyInterval interval;
        memcpy(&interval, value, sizeof interval);
        HY_TRY(append_be64(out, (uint64_t)interval.micros));
        HY_TRY(append_be32(out, (uint32_t)interval.days));
        return append_be32(out, (uint32_t)interval.months);
    }
    case HY_TYPE_NUMERIC:
        return append_pg_numeric(type, value, out);
    case HY_TYPE_ARRAY:
        return append_pg_array(type, value, out);
    default:
        return append_hyper(type, value, out);
    }
}

/* ---- Rows ---- */

HyStatus hy_format_value(
    HyType type, HyFormatCode code, const void *value, const HyTextStyle *style, HyBuffer *out)
{
    if (code == HY_FORMAT_CODE_HYPER)
        return append_hyper(type, value, out);
    if (code == HY_FORMAT_CODE_BINARY)
        return append_pg(type, value, out);
    return hy_value_format(type, value, style, out);
}

/* How the values of a column are written. */
typedef enum FieldKind {
    FIELD_COPIED,  /* the bytes as they lie in memory */
    FIELD_BYTES,   /* the bytes of a string */
    FIELD_SWAPPED, /* 4 or 8 bytes, less an epoch, the highest byte first */
    FIELD_TEXT,    /* by hy_value_format_fixed */
    FIELD_MADE     /* by hy_format_value */
} FieldKind;

typedef struct Field {
    const HyVector *vector;
    FieldKind kind;
    HyFormatCode code;
    size_t size; /* of a value in memory */
    uint64_t epoch;
} Field;

/* PostgreSQL's binary form of many types is their bytes in the other order. */
static bool is_swapped(HyTypeId id)
{
    switch (id) {
    case HY_TYPE_INT4:
    case HY_TYPE_FLOAT4:
    case HY_TYPE_OID:
    case HY_TYPE_DATE:
    case HY_TYPE_INT8:
    case HY_TYPE_FLOAT8:
    case HY_TYPE_TIME:
    case HY_TYPE_TIMESTAMP:
    case HY_TYPE_TIMESTAMPTZ:
        return true;
    default:
        return false;
    }
}

/* Types that results consist of mostly, with texts of hy_value_format_fixed. */
static bool has_short_text(HyTypeId id)
{
    return id == HY_TYPE_INT2 || id == HY_TYPE_INT4 || id == HY_TYPE_INT8 || id == HY_TYPE_FLOAT8 ||
           id == HY_TYPE_DATE || id == HY_TYPE_TIMESTAMP;
}

static Field plan_field(const HyVector *v, HyFormatCode code)
{
    HyPhysical physical = hy_type_physical(v->type);
    HyTypeId id = v->type.id;
    Field field = {v, FIELD_MADE, code, hy_physical_size(physical), 0};
    if (id == HY_TYPE_TEXT || id == HY_TYPE_VARCHAR || id == HY_TYPE_JSON)
        field.kind = FIELD_BYTES;
    else if (code == HY_FORMAT_CODE_HYPER && has_fixed_size(v->type))
        field.kind = FIELD_COPIED;
    else if (code == HY_FORMAT_CODE_BINARY && is_swapped(id))
        field.kind = FIELD_SWAPPED;
    else if (code == HY_FORMAT_CODE_TEXT && has_short_text(id))
        field.kind = FIELD_TEXT;
    if (id == HY_TYPE_DATE)
        field.epoch = PG_EPOCH_DAY;
    else if (id == HY_TYPE_TIMESTAMP || id == HY_TYPE_TIMESTAMPTZ)
        field.epoch = PG_EPOCH_MICROS;
    return field;
}

/* A value with its length before it. */
static HyStatus append_field(
    const Field *field, size_t row, const HyTextStyle *style, HyBuffer *out)
{
    const HyVector *v = field->vector;
    if (hy_vector_is_null(v, row))
        return append_be32(out, UINT32_MAX);
    const char *value = (const char *)v->data + row * field->size;
    size_t n = field->size;
    size_t length_at = out->len;
    if (field->kind == FIELD_MADE) {
        HY_TRY(append_be32(out, 0));
        HY_TRY(hy_format_value(v->type, field->code, value, style, out));
        hy_store_be32(out->data + length_at, (uint32_t)(out->len - length_at - 4));
        return HY_OK;
    }
    if (field->kind == FIELD_TEXT) {
        HY_TRY(hy_buffer_reserve(out, 4 + HY_FIXED_TEXT_MAX));
        n = hy_value_format_fixed(v->type, value, style, out->data + length_at + 4);
        hy_store_be32(out->data + length_at, (uint32_t)n);
        out->len += 4 + n;
        return HY_OK;
    }
    if (field->kind == FIELD_SWAPPED) {
        HY_TRY(hy_buffer_reserve(out, 4 + 8));
        hy_store_be32(out->data + length_at, (uint32_t)n);
        if (n == 4)
            hy_store_be32(out->data + length_at + 4, hy_load_u32(value) - (uint32_t)field->epoch);
        else
            hy_store_be64(out->data + length_at + 4, hy_load_u64(value) - field->epoch);
        out->len += 4 + n;
        return HY_OK;
    }
    if (field->kind == FIELD_BYTES) {
        const HyString *s = (const HyString *)(const void *)value;
        n = s->len;
        value = hy_string_data(s);
    }
    HY_TRY(hy_buffer_reserve(out, 4 + n));
    hy_store_be32(out->data + length_at, (uint32_t)n);
    memcpy(out->data + length_at + 4, value, n);
    out->len += 4 + n;
    return HY_OK;
}

static HyStatus append_row(
    const Field *fields, size_t n_fields, size_t row, const HyTextStyle *style, HyBuffer *out)
{
    size_t start = out->len;
    HY_TRY(hy_buffer_reserve(out, 7));
    out->data[start] = 'D';
    hy_store_be16(out->data + start + 5, (uint16_t)n_fields);
    out->len += 7;
    for (size_t c = 0; c < n_fields; c++)
        HY_TRY(append_field(&fields[c], row, style, out));
    hy_store_be32(out->data + start + 1, (uint32_t)(out->len - start - 1));
    return HY_OK;
}

HyStatus hy_format_rows(const HyBatch *batch, size_t from, size_t n, const uint16_t *codes,
    const HyTextStyle *style, HyBuffer *out)
{
    HyStatus st = HY_OK;
    Field *fields = malloc((batch->n_cols + 1) * sizeof *fields);
    if (!fields)
        return hy_error_oom(batch->n_cols * sizeof *fields);
    for (size_t c = 0; c < batch->n_cols; c++)
        fields[c] = plan_field(&batch->cols[c], (HyFormatCode)codes[c]);
    for (size_t row = from; row < from + n && !st; row++)
        st = append_row(fields, batch->n_cols, row, style, out);
    free(fields);
    return st;
}

/* ---- Parameters ---- */

static HyStatus bad_binary(HyType type)
{
    HyBuffer name = {0};
    HyStatus st = hy_type_format(type, &name);
    if (!st)
        st = hy_error(
            "22P03", "incorrect binary data format for type %.*s", (int)name.len, name.data);
    hy_buffer_free(&name);
    return st;
}

/* numeric without modifiers takes those of the value: 1.50 is numeric(3,2). */
static HyType numeric_of_text(const char *text, size_t len)
{
    int digits = 0;
    int scale = 0;
    bool behind_point = false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == 'e' || text[i] == 'E')
            return hy_type_numeric(38, 18);
        if (text[i] == '.')
            behind_point = true;
        else if (text[i] >= '0' && text[i] <= '9') {
            digits++;
            scale += behind_point;
        }
    }
    if (digits > HY_NUMERIC_MAX_PRECISION)
        digits = HY_NUMERIC_MAX_PRECISION;
    if (scale > digits)
        scale = digits;
    return hy_type_numeric(digits ? digits : 1, scale);
}

static HyStatus parse_text(HyArena *arena, HyType *type, const char *text, size_t len,
    const HyTextStyle *style, HyValue *out)
{
    if (!hy_utf8_validate(text, len, NULL))
        return hy_error("22021", "invalid byte sequence for encoding UTF-8");
    if (type->id == HY_TYPE_NUMERIC)
        *type = numeric_of_text(text, len);
    if (type->id == HY_TYPE_BOOL && len == 1 && (*text == '1' || *text == '0')) {
        *out = (HyValue){.type = *type, .u8 = *text == '1'};
        return HY_OK;
    }
    uint8_t payload[16] = {0};
    HY_TRY(hy_value_parse(arena, *type, style, text, len, payload));
    HyVector v = {.type = *type, .kind = HY_VECTOR_CONSTANT, .data = payload};
    *out = hy_vector_value(&v, 0);
    return HY_OK;
}

static HyStatus numeric_text_of_pg(HyType type, HyFields *fields, HyBuffer *text)
{
    unsigned n_groups = hy_fields_u16(fields);
    int weight = (int16_t)hy_fields_u16(fields);
    unsigned sign = hy_fields_u16(fields);
    unsigned scale = hy_fields_u16(fields);
    if (fields->failed || fields->len != (size_t)n_groups * 2 || n_groups > 64 || scale > 64 ||
        weight > 16 || weight < -32 || (sign != 0 && sign != 0x4000))
        return bad_binary(type);
    if (sign)
        HY_TRY(hy_buffer_append_char(text, '-'));
    int last = -(int)((scale + 3) / 4);
    const uint8_t *groups = fields->data;
    size_t point = 0;
    for (int place = weight > 0 ? weight : 0; place >= last; place--) {
        int index = weight - place;
        unsigned group = 0;
        if (index >= 0 && index < (int)n_groups)
            group = (unsigned)groups[2 * index] << 8 | groups[2 * index + 1];
        if (group > 9999)
            return bad_binary(type);
        HY_TRY(hy_buffer_printf(text, "%04u", group));
        if (place == 0) {
            point = text->len;
            HY_TRY(hy_buffer_append_char(text, '.'));
        }
    }
    text->len = point + (scale ? 1 + scale : 0);
    return HY_OK;
}

static HyStatus parse_pg_numeric(HyArena *arena, HyType *type, const void *bytes, size_t len,
    const HyTextStyle *style, HyValue *out)
{
    HyFields fields = {bytes, len, false};
    HyBuffer text = {0};
    HyStatus st = numeric_text_of_pg(*type, &fields, &text);
    if (!st) { /* leading zeros must not count as digits */
        const char *digits = text.data;
        size_t n = text.len;
        bool is_negative = *digits == '-';
        size_t skip = is_negative;
        while (skip + 1 < n && digits[skip] == '0' && digits[skip + 1] != '.')
            skip++;
        if (is_negative)
            text.data[--skip] = '-';
        st = parse_text(arena, type, digits + skip, n - skip, style, out);
    }
    hy_buffer_free(&text);
    return st;
}

static bool is_byte_string(HyType type)
{
    return hy_type_physical(type) == HY_PHYS_STRING && type.id != HY_TYPE_ARRAY;
}

static void swap_bytes(uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        uint8_t byte = bytes[i];
        bytes[i] = bytes[n - 1 - i];
        bytes[n - 1 - i] = byte;
    }
}

/* From PostgreSQL's byte order and epoch to ours. */
static void from_pg(HyType type, uint8_t *payload, size_t size)
{
    if (type.id == HY_TYPE_INTERVAL) {
        swap_bytes(payload, 8);
        swap_bytes(payload + 8, 4);
        swap_bytes(payload + 12, 4);
        return;
    }
    if (type.id == HY_TYPE_UUID)
        return;
    swap_bytes(payload, size);
    if (type.id == HY_TYPE_DATE) {
        uint32_t day;
        memcpy(&day, payload, sizeof day);
        day += PG_EPOCH_DAY;
        memcpy(payload, &day, sizeof day);
    } else if (type.id == HY_TYPE_TIMESTAMP || type.id == HY_TYPE_TIMESTAMPTZ) {
        uint64_t micros;
        memcpy(&micros, payload, sizeof micros);
        micros += PG_EPOCH_MICROS;
        memcpy(payload, &micros, sizeof micros);
    }
}

static HyStatus check_payload(HyType type, const uint8_t *payload)
{
    int32_t day;
    uint64_t micros;
    memcpy(&day, payload, sizeof day);
    memcpy(&micros, payload, sizeof micros);
    if (type.id == HY_TYPE_DATE && (day < HY_DATE_MIN || day > HY_DATE_MAX))
        return bad_binary(type);
    if ((type.id == HY_TYPE_TIMESTAMP || type.id == HY_TYPE_TIMESTAMPTZ) &&
        (micros < HY_TIMESTAMP_MIN || micros > HY_TIMESTAMP_MAX))
        return bad_binary(type);
    if (type.id == HY_TYPE_TIME && micros > (uint64_t)HY_MICROS_PER_DAY)
        return bad_binary(type);
    return HY_OK;
}

HyStatus hy_parse_parameter(HyArena *arena, HyType *type, HyFormatCode code, const void *bytes,
    size_t len, const HyTextStyle *style, HyValue *out)
{
    if (code == HY_FORMAT_CODE_TEXT || type->id == HY_TYPE_CHAR1 || type->id == HY_TYPE_JSON ||
        hy_type_is_text(*type))
        return parse_text(arena, type, bytes, len, style, out);
    if (code == HY_FORMAT_CODE_BINARY && type->id == HY_TYPE_NUMERIC)
        return parse_pg_numeric(arena, type, bytes, len, style, out);
    if (is_byte_string(*type)) {
        *out = (HyValue){.type = *type, .string = hy_string_view(bytes, len)};
        return HY_OK;
    }
    if (type->id == HY_TYPE_ARRAY)
        return hy_error("0A000", "arrays cannot be given in binary form");
    size_t size = hy_physical_size(hy_type_physical(*type));
    uint8_t payload[16] = {0};
    if (len != size)
        return bad_binary(*type);
    memcpy(payload, bytes, size);
    if (code == HY_FORMAT_CODE_BINARY)
        from_pg(*type, payload, size);
    if (type->id == HY_TYPE_BOOL)
        payload[0] = payload[0] != 0;
    HY_TRY(check_payload(*type, payload));
    HyVector v = {.type = *type, .kind = HY_VECTOR_CONSTANT, .data = payload};
    *out = hy_vector_value(&v, 0);
    return HY_OK;
}
