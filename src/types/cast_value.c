/* The cast of one value, for every pair that exists. spec/sql.md section 5. */
#include "base/utf8.h"
#include "types/array.h"
#include "types/cast_internal.h"
#include "types/datetime.h"
#include "types/numeric.h"
#include "types/timezone.h"
#include <math.h>

#define HEAP_BYTES 8192

/* A copy of text in the arena; short ones go into the view itself. */
static HyStatus keep_text(HyCastContext *ctx, const char *text, size_t len, HyString *out)
{
    if (len > HY_STRING_INLINE) {
        if (ctx->heap_left < len) {
            size_t bytes = len > HEAP_BYTES ? len : HEAP_BYTES;
            ctx->heap = hy_arena_alloc(ctx->arena, bytes);
            if (HY_UNLIKELY(!ctx->heap))
                return hy_error_oom(bytes);
            ctx->heap_left = bytes;
        }
        memcpy(ctx->heap, text, len);
        text = ctx->heap;
        ctx->heap += len;
        ctx->heap_left -= len;
    }
    *out = hy_string_view(text, len);
    return HY_OK;
}

/* The length that varchar(n) and char(n) leave of a text. */
static size_t fitted_length(HyType to, const char *text, size_t len)
{
    if (to.length > 0 && len > (size_t)to.length)
        len = hy_utf8_offset(text, len, (size_t)to.length);
    if (to.id == HY_TYPE_CHAR)
        while (len && text[len - 1] == ' ')
            len--;
    return len;
}

static HyStatus to_string(HyCastContext *ctx, const void *in, void *out)
{
    HyString s;
    if (ctx->from.id == HY_TYPE_TEXT || ctx->from.id == HY_TYPE_VARCHAR ||
        ctx->from.id == HY_TYPE_CHAR || ctx->from.id == HY_TYPE_JSON) {
        memcpy(&s, in, sizeof s);
        const char *data = hy_string_data(&s);
        size_t len = fitted_length(ctx->to, data, s.len);
        if (len != s.len)
            s = hy_string_view(data, len);
    } else if (ctx->from.id == HY_TYPE_CHAR1 && hy_load_u32(in) == 0) {
        s = hy_string_view("", 0);
    } else if (ctx->from.id == HY_TYPE_BOOL) { /* unlike on the wire, where it is t or f */
        const char *name = *(const uint8_t *)in ? "true" : "false";
        s = hy_string_view(name, fitted_length(ctx->to, name, strlen(name)));
    } else {
        ctx->scratch.len = 0;
        HY_TRY(hy_value_format(ctx->from, in, ctx->style, &ctx->scratch));
        const char *data = ctx->scratch.data ? ctx->scratch.data : "";
        HY_TRY(keep_text(ctx, data, fitted_length(ctx->to, data, ctx->scratch.len), &s));
    }
    memcpy(out, &s, sizeof s);
    return HY_OK;
}

static HyStatus from_string(HyCastContext *ctx, const void *in, void *out)
{
    HyString s;
    memcpy(&s, in, sizeof s);
    if (ctx->from.id == HY_TYPE_CHAR && ctx->to.id == HY_TYPE_BYTEA) { /* the blanks count */
        ctx->scratch.len = 0;
        HY_TRY(hy_value_format(ctx->from, in, ctx->style, &ctx->scratch));
        HyString padded;
        HY_TRY(keep_text(ctx, ctx->scratch.data, ctx->scratch.len, &padded));
        return hy_value_parse(
            ctx->arena, ctx->to, ctx->style, hy_string_data(&padded), padded.len, out);
    }
    return hy_value_parse(ctx->arena, ctx->to, ctx->style, hy_string_data(&s), s.len, out);
}

static HyStatus store_integer(HyType to, int64_t v, void *out)
{
    switch (to.id) {
    case HY_TYPE_INT2:
        if (v < INT16_MIN || v > INT16_MAX)
            return hy_numeric_overflow();
        hy_store_i16(out, (int16_t)v);
        return HY_OK;
    case HY_TYPE_INT4:
        if (v < INT32_MIN || v > INT32_MAX)
            return hy_numeric_overflow();
        hy_store_i32(out, (int32_t)v);
        return HY_OK;
    case HY_TYPE_INT8:
        hy_store_i64(out, v);
        return HY_OK;
    case HY_TYPE_BOOL:
        *(uint8_t *)out = v != 0;
        return HY_OK;
    default: /* oid and its relatives: the same bits, -1 is 4294967295 */
        if (v < INT32_MIN || v > UINT32_MAX)
            return hy_numeric_overflow();
        hy_store_u32(out, (uint32_t)v);
        return HY_OK;
    }
}

static HyStatus store_numeric(HyType to, HyInt128 v, void *out)
{
    if (!hy_numeric_fits(v, to.precision))
        return hy_numeric_overflow();
    if (to.precision > HY_NUMERIC_MAX_SHORT_PRECISION)
        hy_store_i128(out, v);
    else
        hy_store_i64(out, (int64_t)v);
    return HY_OK;
}

static void store_float(HyType to, double v, void *out)
{
    if (to.id == HY_TYPE_FLOAT8)
        hy_store_f64(out, v);
    else
        hy_store_f32(out, (float)v);
}

static HyStatus from_integer(HyType to, int64_t v, void *out)
{
    if (to.id == HY_TYPE_FLOAT8 || to.id == HY_TYPE_FLOAT4) {
        if (to.id == HY_TYPE_FLOAT4)
            hy_store_f32(out, (float)v);
        else
            hy_store_f64(out, (double)v);
        return HY_OK;
    }
    if (to.id != HY_TYPE_NUMERIC)
        return store_integer(to, v, out);
    HyInt128 scaled;
    if (!hy_numeric_rescale(v, 0, to.scale, &scaled))
        return hy_numeric_overflow();
    return store_numeric(to, scaled, out);
}

static HyStatus from_numeric(HyType from, HyType to, HyInt128 v, void *out)
{
    if (to.id == HY_TYPE_FLOAT8 || to.id == HY_TYPE_FLOAT4) {
        store_float(to, hy_numeric_to_double(v, from.scale), out);
        return HY_OK;
    }
    if (to.id == HY_TYPE_BOOL) {
        *(uint8_t *)out = v != 0;
        return HY_OK;
    }
    if (to.id == HY_TYPE_NUMERIC) {
        if (!hy_numeric_rescale(v, from.scale, to.scale, &v))
            return hy_numeric_overflow();
        return store_numeric(to, v, out);
    }
    int64_t whole;
    if (!hy_numeric_to_int64(v, from.scale, &whole))
        return hy_numeric_overflow();
    return store_integer(to, whole, out);
}

static HyStatus from_double(HyType to, double v, void *out)
{
    if (to.id == HY_TYPE_FLOAT8 || to.id == HY_TYPE_FLOAT4) {
        store_float(to, v, out);
        if (to.id == HY_TYPE_FLOAT4 && isinf(hy_load_f32(out)) && !isinf(v))
            return hy_numeric_overflow();
        return HY_OK;
    }
    if (to.id == HY_TYPE_NUMERIC) {
        HyInt128 scaled;
        if (!hy_numeric_from_double(v, to.precision, to.scale, &scaled))
            return hy_numeric_overflow();
        return store_numeric(to, scaled, out);
    }
    double rounded = rint(v); /* half to even */
    if (!(rounded >= -0x1p63 && rounded < 0x1p63))
        return hy_numeric_overflow();
    return store_integer(to, (int64_t)rounded, out);
}

static HyStatus timestamp_range(void)
{
    return hy_error("22008", "timestamp out of range");
}

static HyStatus store_utc(const HyTimeZone *zone, uint64_t local, void *out)
{
    uint64_t utc = hy_time_zone_to_utc(zone, local);
    if (utc > HY_TIMESTAMP_MAX)
        return timestamp_range();
    hy_store_u64(out, utc);
    return HY_OK;
}

/* A local timestamp as date, time, timestamp or timestamptz. */
static HyStatus from_local(HyCastContext *ctx, uint64_t local, void *out)
{
    switch (ctx->to.id) {
    case HY_TYPE_DATE:
        hy_store_i32(out, hy_timestamp_date(local));
        return HY_OK;
    case HY_TYPE_TIME:
        hy_store_i64(out, hy_timestamp_time(local));
        return HY_OK;
    case HY_TYPE_TIMESTAMPTZ:
        return store_utc(ctx->style->time_zone, local, out);
    default:
        hy_store_u64(out, local);
        return HY_OK;
    }
}

static HyStatus from_time(HyCastContext *ctx, int64_t time, void *out)
{
    if (ctx->to.id == HY_TYPE_INTERVAL) {
        HyInterval interval = {.micros = time};
        memcpy(out, &interval, sizeof interval);
        return HY_OK;
    }
    return from_local(
        ctx, hy_timestamp_from_date(hy_date_from_ymd(1900, 1, 1)) + (uint64_t)time, out);
}

/* Element by element. */
static HyStatus between_arrays(HyCastContext *ctx, const void *in, void *out)
{
    HyString array;
    memcpy(&array, in, sizeof array);
    HyCastContext element = {.arena = ctx->arena,
        .style = ctx->style,
        .from = *ctx->from.element,
        .to = *ctx->to.element};
    bool noop = hy_cast_is_noop(element.from, element.to);
    HyArrayBuilder builder;
    HyArrayReader reader;
    hy_array_builder_init(&builder, element.to);
    HyStatus st;
    HY_GO(hy_array_open(element.from, &array, &reader));
    while (hy_array_next(&reader)) {
        HyString payload = {0}; /* room for any type */
        if (!reader.is_null && !noop)
            HY_GO(hy_cast_one(&element, reader.payload, &payload));
        const void *value = noop ? (const void *)reader.payload : &payload;
        HY_GO(hy_array_builder_append(&builder, reader.is_null ? NULL : value));
    }
    HyString made;
    HY_GO(hy_array_builder_finish(&builder, ctx->arena, &made));
    memcpy(out, &made, sizeof made);
done:
    hy_array_builder_destroy(&builder);
    hy_buffer_free(&element.scratch);
    return st;
}

HyStatus hy_cast_one(HyCastContext *ctx, const void *in, void *out)
{
    HyType from = ctx->from, to = ctx->to;
    if (to.id == HY_TYPE_TEXT || to.id == HY_TYPE_VARCHAR || to.id == HY_TYPE_CHAR)
        return to_string(ctx, in, out);
    if (from.id == HY_TYPE_ARRAY && to.id == HY_TYPE_ARRAY)
        return between_arrays(ctx, in, out);
    if (from.id == to.id && from.id != HY_TYPE_NUMERIC) {
        memcpy(out, in, hy_physical_size(hy_type_physical(to)));
        return HY_OK;
    }
    switch (from.id) {
    case HY_TYPE_BOOL:
        return from_integer(to, *(const uint8_t *)in, out);
    case HY_TYPE_INT2:
        return from_integer(to, hy_load_i16(in), out);
    case HY_TYPE_INT4:
        return from_integer(to, hy_load_i32(in), out);
    case HY_TYPE_INT8:
        return from_integer(to, hy_load_i64(in), out);
    case HY_TYPE_OID:
    case HY_TYPE_REGCLASS:
    case HY_TYPE_REGTYPE:
    case HY_TYPE_REGPROC:
        return from_integer(to, hy_load_u32(in), out);
    case HY_TYPE_FLOAT4:
        return from_double(to, (double)hy_load_f32(in), out);
    case HY_TYPE_FLOAT8:
        return from_double(to, hy_load_f64(in), out);
    case HY_TYPE_NUMERIC:
        return from_numeric(from, to,
            from.precision > HY_NUMERIC_MAX_SHORT_PRECISION ? hy_load_i128(in)
                                                            : (HyInt128)hy_load_i64(in),
            out);
    case HY_TYPE_DATE:
        return from_local(ctx, hy_timestamp_from_date(hy_load_i32(in)), out);
    case HY_TYPE_TIME:
        return from_time(ctx, hy_load_i64(in), out);
    case HY_TYPE_TIMESTAMP:
        return from_local(ctx, hy_load_u64(in), out);
    case HY_TYPE_TIMESTAMPTZ:
        return from_local(ctx, hy_time_zone_to_local(ctx->style->time_zone, hy_load_u64(in)), out);
    default:
        return from_string(ctx, in, out);
    }
}
