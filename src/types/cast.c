#include "types/cast.h"
#include "base/kernel.h"
#include "types/cast_internal.h"
#include "types/numeric.h"

static bool is_registry(HyTypeId id)
{
    return id == HY_TYPE_REGCLASS || id == HY_TYPE_REGTYPE || id == HY_TYPE_REGPROC;
}

/* Numbers without oid. */
static bool is_plain_number(HyType type)
{
    return hy_type_is_number(type) && type.id != HY_TYPE_OID;
}

static bool is_string(HyType type) /* char(1) is reached only from strings */
{
    return hy_type_is_text(type) && type.id != HY_TYPE_CHAR1;
}

bool hy_cast_exists(HyType from, HyType to)
{
    if (from.id == HY_TYPE_LAMBDA || to.id == HY_TYPE_LAMBDA)
        return false;
    if (from.id == HY_TYPE_UNKNOWN || (from.id == to.id && from.id != HY_TYPE_ARRAY))
        return true;
    if (to.id == HY_TYPE_UNKNOWN)
        return false;
    if (is_string(from) || is_string(to))
        return true;
    switch (from.id) {
    case HY_TYPE_BOOL:
        return to.id == HY_TYPE_INT4;
    case HY_TYPE_INT2:
    case HY_TYPE_INT4:
        return to.id == HY_TYPE_BOOL || hy_type_is_number(to) || is_registry(to.id);
    case HY_TYPE_INT8:
        return to.id == HY_TYPE_BOOL || is_plain_number(to);
    case HY_TYPE_NUMERIC:
        return to.id == HY_TYPE_BOOL || is_plain_number(to);
    case HY_TYPE_FLOAT4:
    case HY_TYPE_FLOAT8:
        return is_plain_number(to);
    case HY_TYPE_DATE:
        return hy_type_is_datetime(to);
    case HY_TYPE_TIME:
        return to.id == HY_TYPE_TIMESTAMP || to.id == HY_TYPE_TIMESTAMPTZ ||
               to.id == HY_TYPE_INTERVAL;
    case HY_TYPE_TIMESTAMP:
    case HY_TYPE_TIMESTAMPTZ:
        return hy_type_is_datetime(to) || to.id == HY_TYPE_TIME;
    case HY_TYPE_OID:
        return to.id == HY_TYPE_INT4 || is_registry(to.id);
    case HY_TYPE_REGCLASS:
    case HY_TYPE_REGTYPE:
    case HY_TYPE_REGPROC:
        return to.id == HY_TYPE_OID || to.id == HY_TYPE_INT4;
    case HY_TYPE_ARRAY:
        return to.id == HY_TYPE_ARRAY && from.element && to.element &&
               hy_cast_exists(*from.element, *to.element);
    default:
        return false;
    }
}

bool hy_cast_is_noop(HyType from, HyType to)
{
    if (from.id == HY_TYPE_ARRAY || to.id == HY_TYPE_ARRAY) /* elements lie in physical form */
        return from.id == to.id && from.element && to.element &&
               hy_cast_is_noop(*from.element, *to.element);
    if (from.id == to.id) {
        switch (to.id) {
        case HY_TYPE_NUMERIC:
            return from.scale == to.scale && from.precision <= to.precision &&
                   hy_type_physical(from) == hy_type_physical(to);
        case HY_TYPE_VARCHAR:
        case HY_TYPE_CHAR:
            return to.length == 0 || (from.length > 0 && from.length <= to.length);
        default:
            return true;
        }
    }
    bool from_oid = from.id == HY_TYPE_OID || is_registry(from.id);
    bool to_oid = to.id == HY_TYPE_OID || is_registry(to.id);
    if (from_oid && to_oid)
        return true;
    if (to.id == HY_TYPE_TEXT)
        return is_string(from) || from.id == HY_TYPE_JSON;
    return to.id == HY_TYPE_VARCHAR && from.id == HY_TYPE_CHAR &&
           (to.length == 0 || (from.length > 0 && from.length <= to.length));
}

/* Rows one by one: where there is no kernel, and where a kernel found a row that does not fit. */
static HyStatus cast_rows(
    HyCastContext *ctx, const HyVector *in, size_t n, bool try_cast, HyVector *out)
{
    size_t in_width = hy_physical_size(hy_type_physical(ctx->from));
    size_t out_width = hy_physical_size(hy_type_physical(ctx->to));
    const char *src = in->data;
    char *dst = out->data;
    for (size_t i = 0; i < n; i++, src += in_width, dst += out_width) {
        if (in->validity && !hy_bitmap_get(in->validity, i)) {
            memset(dst, 0, out_width);
            continue;
        }
        HyStatus st = hy_cast_one(ctx, src, dst);
        if (HY_LIKELY(!st))
            continue;
        if (!try_cast || strcmp(st->sqlstate, "53200") == 0)
            return st;
        hy_error_free(st);
        memset(dst, 0, out_width);
        HY_TRY(hy_vector_need_validity(ctx->arena, out, n));
        hy_bitmap_clear(out->validity, i);
    }
    return HY_OK;
}

/* A validity bitmap that the output may change. */
static HyStatus copy_validity(HyArena *arena, const HyVector *in, size_t n, HyVector *out)
{
    if (!in->validity)
        return HY_OK;
    HY_TRY(hy_vector_need_validity(arena, out, n));
    memcpy(out->validity, in->validity, hy_bitmap_words(n ? n : 1) * 8);
    return HY_OK;
}

/* Integers as text: nearly all are short enough to stand in the string itself. */
static HyStatus integers_to_text(
    HyCastContext *ctx, const HyVector *in, size_t n, HyString *restrict out)
{
    HyPhysical physical = hy_type_physical(in->type);
    for (size_t i = 0; i < n; i++) {
        int64_t v = physical == HY_PHYS_I16   ? ((const int16_t *)in->data)[i]
                    : physical == HY_PHYS_I32 ? ((const int32_t *)in->data)[i]
                                              : ((const int64_t *)in->data)[i];
        char text[HY_INT_TEXT_MAX] = {0};
        size_t len = hy_int64_format(v, text);
        if (len <= HY_STRING_INLINE) {
            out[i].len = (uint32_t)len;
            memcpy(out[i].prefix, text, sizeof out[i].prefix);
            memcpy(out[i].rest, text + sizeof out[i].prefix, sizeof out[i].rest);
            continue;
        }
        char *copy = hy_arena_alloc(ctx->arena, len);
        if (!copy)
            return hy_error_oom(len);
        memcpy(copy, text, len);
        out[i] = hy_string_view(copy, len);
    }
    return HY_OK;
}

static bool is_integer_to_text(HyType from, HyType to)
{
    return to.id == HY_TYPE_TEXT &&
           (from.id == HY_TYPE_INT2 || from.id == HY_TYPE_INT4 || from.id == HY_TYPE_INT8);
}

static HyStatus cast_flat(
    HyCastContext *ctx, const HyVector *in, size_t n, bool try_cast, HyVector *out)
{
    HyVector result;
    HY_TRY(hy_vector_alloc(ctx->arena, ctx->to, n, &result));
    HyCastKernel kernel = HY_KERNEL_PICK(hy_cast_kernel)(ctx->from, ctx->to);
    if (is_integer_to_text(ctx->from, ctx->to)) {
        HY_TRY(integers_to_text(ctx, in, n, result.data));
        result.validity = in->validity;
    } else if (kernel && kernel(ctx, in->data, n, result.data)) {
        result.validity = in->validity;
    } else {
        HY_TRY(copy_validity(ctx->arena, in, n, &result));
        HY_TRY(cast_rows(ctx, in, n, try_cast, &result));
    }
    *out = result;
    return HY_OK;
}

/* Casts the entries of a small dictionary. *done stays false if one of them does not fit: perhaps
 * no row uses it. */
static HyStatus cast_dictionary(HyCastContext *ctx, const HyVector *in, HyVector *out, bool *done)
{
    HyVector entries = {
        .type = ctx->from, .kind = HY_VECTOR_FLAT, .data = (void *)(uintptr_t)in->dict->values};
    HyVector cast;
    HyStatus st = cast_flat(ctx, &entries, in->dict->size, false, &cast);
    if (st) {
        if (strcmp(st->sqlstate, "53200") == 0)
            return st;
        hy_error_free(st);
        return HY_OK;
    }
    HyDictionary *dict;
    HY_ARENA_NEW(ctx->arena, dict, 1);
    *dict = (HyDictionary){.values = cast.data, .size = in->dict->size};
    *out = *in;
    out->type = ctx->to;
    out->dict = dict;
    *done = true;
    return HY_OK;
}

static HyStatus cast_constant(HyCastContext *ctx, const HyVector *in, bool try_cast, HyVector *out)
{
    HyVector flat = *in;
    flat.kind = HY_VECTOR_FLAT;
    HY_TRY(cast_flat(ctx, &flat, 1, try_cast, out));
    out->kind = HY_VECTOR_CONSTANT;
    return HY_OK;
}

static HyStatus cast_any_form(
    HyCastContext *ctx, const HyVector *in, size_t n, bool try_cast, HyVector *out)
{
    if (in->kind == HY_VECTOR_CONSTANT)
        return cast_constant(ctx, in, try_cast, out);
    if (in->kind == HY_VECTOR_DICTIONARY && in->dict->size <= n) {
        bool done = false;
        HY_TRY(cast_dictionary(ctx, in, out, &done));
        if (done)
            return HY_OK;
    }
    HyVector flat;
    HY_TRY(hy_vector_flatten(ctx->arena, in, n, &flat));
    return cast_flat(ctx, &flat, n, try_cast, out);
}

/* Also the casts that only comparisons with integers make. */
static bool can_cast(HyType from, HyType to)
{
    bool from_oid = from.id == HY_TYPE_OID || is_registry(from.id);
    return hy_cast_exists(from, to) || (from_oid && to.id == HY_TYPE_INT8);
}

static HyStatus all_null(HyArena *arena, HyType type, HyVector *out)
{
    HyValue null = hy_value_null(type);
    return hy_vector_constant(arena, &null, out);
}

HyStatus hy_cast_vector(HyArena *arena, const HyTextStyle *style, const HyVector *in, size_t n,
    HyType to, bool try_cast, HyVector *out)
{
    HyType from = in->type;
    if (!can_cast(from, to))
        return hy_error("42601", "invalid cast");
    if (from.id == HY_TYPE_UNKNOWN)
        return all_null(arena, to, out);
    if (hy_cast_is_noop(from, to)) {
        *out = *in;
        out->type = to;
        return HY_OK;
    }
    HyCastContext ctx = {.arena = arena, .style = style, .from = from, .to = to};
    HyStatus st = cast_any_form(&ctx, in, n, try_cast, out);
    hy_buffer_free(&ctx.scratch);
    if (!st)
        out->type = to;
    return st;
}

HyStatus hy_cast_value(
    HyArena *arena, const HyTextStyle *style, const HyValue *in, HyType to, HyValue *out)
{
    if (!can_cast(in->type, to))
        return hy_error("42601", "invalid cast");
    if (in->is_null || in->type.id == HY_TYPE_UNKNOWN) {
        *out = hy_value_null(to);
        return HY_OK;
    }
    HyValue value = hy_value_null(to);
    value.is_null = false;
    if (hy_cast_is_noop(in->type, to)) {
        memcpy(&value.string, hy_value_payload(in), hy_physical_size(hy_type_physical(to)));
        *out = value;
        return HY_OK;
    }
    HyCastContext ctx = {.arena = arena, .style = style, .from = in->type, .to = to};
    HyStatus st = hy_cast_one(&ctx, hy_value_payload(in), &value.string);
    hy_buffer_free(&ctx.scratch);
    if (!st)
        *out = value;
    return st;
}
