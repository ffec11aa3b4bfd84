/* Making arrays of arrays: appending, joining, cutting, and reading single elements. Positions
 * count from 1. */
#include "func/array_kernel.h"
#include "func/families.h"

HyStatus hy_array_copy(HyArrayReader *reader, size_t n, HyArrayBuilder *out)
{
    while (n-- > 0 && hy_array_next(reader))
        HY_TRY(hy_array_builder_append(out, hy_reader_payload(reader)));
    return HY_OK;
}

/* ---- Typing ---- */

HyStatus hy_array_type(HyArena *arena, HyType element, HyType *out)
{
    HyType *boxed;
    HY_ARENA_NEW(arena, boxed, 1);
    *boxed = element;
    *out = hy_type(HY_TYPE_ARRAY);
    out->element = boxed;
    return HY_OK;
}

bool hy_call_takes_array(HyFuncCall *call, size_t index, const HyType *otherwise)
{
    HyType *type = &call->arg_types[index];
    if (type->id == HY_TYPE_UNKNOWN && otherwise) {
        *type = hy_type(HY_TYPE_ARRAY);
        type->element = otherwise;
    }
    return type->id == HY_TYPE_ARRAY && type->element;
}

HyStatus hy_call_unify_elements(
    HyFuncCall *call, size_t array, size_t item, bool is_array, HyType *element, bool *is_possible)
{
    HyType *types = call->arg_types;
    HyType other = is_array ? *types[item].element : types[item];
    *is_possible = hy_type_common(*types[array].element, other, element) &&
                   element->id != HY_TYPE_UNKNOWN && element->id != HY_TYPE_ARRAY;
    if (!*is_possible)
        return HY_OK;
    element->nullable = true;
    HyType array_type;
    HY_TRY(hy_array_type(call->arena, *element, &array_type));
    types[array] = hy_type_nullable(array_type, types[array].nullable);
    types[item] = hy_type_nullable(is_array ? array_type : *element, types[item].nullable);
    return HY_OK;
}

/* ---- Appending and joining ---- */

static HyStatus copy_all(const HyVector *v, size_t row, HyArrayBuilder *out)
{
    HyArrayRow array;
    if (hy_vector_is_null(v, row))
        return HY_OK;
    HY_TRY(hy_array_row(v, row, &array));
    return hy_array_copy(&array.reader, SIZE_MAX, out);
}

static const void *item_payload(const HyVector *v, size_t row)
{
    return hy_vector_is_null(v, row) ? NULL : hy_arg_payload(v, row);
}

/* A null array counts as an empty one. */
HY_ARRAY_KERNEL(append, {
    HY_GO(copy_all(&args[0], i, &builder));
    HY_GO(hy_array_builder_append(&builder, item_payload(&args[1], i)));
})
HY_ARRAY_KERNEL(prepend, {
    HY_GO(hy_array_builder_append(&builder, item_payload(&args[0], i)));
    HY_GO(copy_all(&args[1], i, &builder));
})
HY_ARRAY_KERNEL(join, {
    is_null = hy_vector_is_null(&args[0], i) && hy_vector_is_null(&args[1], i);
    HY_GO(copy_all(&args[0], i, &builder));
    HY_GO(copy_all(&args[1], i, &builder));
})

/* `array` and `item` are argument numbers. */
static HyStatus resolve_add(HyFuncCall *call, size_t array, size_t item, HyScalarKernel kernel)
{
    HyType element;
    bool is_possible;
    if (!hy_call_takes_array(call, array, NULL))
        return hy_call_requires(call, "an array argument");
    HY_TRY(hy_call_unify_elements(call, array, item, false, &element, &is_possible));
    if (!is_possible)
        return hy_call_requires(call, "compatible array element types");
    hy_call_set(call, call->arg_types[array], kernel,
        HY_SIG_NOT_STRICT | HY_SIG_NOT_NULL | HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus resolve_append(HyFuncCall *call)
{
    return resolve_add(call, 0, 1, append);
}

static HyStatus resolve_prepend(HyFuncCall *call)
{
    return resolve_add(call, 1, 0, prepend);
}

HyStatus hy_call_take_two_arrays(HyFuncCall *call)
{
    HyType element;
    bool is_possible = false;
    if (hy_call_takes_array(call, 0, call->arg_types[1].element) &&
        hy_call_takes_array(call, 1, call->arg_types[0].element))
        HY_TRY(hy_call_unify_elements(call, 0, 1, true, &element, &is_possible));
    if (!is_possible)
        return hy_call_requires(call, "compatible array arguments");
    return HY_OK;
}

static HyStatus resolve_cat(HyFuncCall *call)
{
    HY_TRY(hy_call_take_two_arrays(call));
    hy_call_set(call, call->arg_types[0], join, HY_SIG_NOT_STRICT | HY_SIG_CAN_FAIL);
    if (!call->arg_types[0].nullable || !call->arg_types[1].nullable)
        call->result.nullable = false;
    return HY_OK;
}

HyStatus hy_resolve_array_join(HyFuncCall *call, bool *is_array)
{
    HyType left = call->arg_types[0];
    HyType right = call->arg_types[1];
    *is_array = left.id == HY_TYPE_ARRAY || right.id == HY_TYPE_ARRAY;
    if (!*is_array)
        return HY_OK;
    bool is_left = left.id == HY_TYPE_ARRAY || left.id == HY_TYPE_UNKNOWN;
    bool is_right = right.id == HY_TYPE_ARRAY || right.id == HY_TYPE_UNKNOWN;
    if (is_left && is_right)
        return resolve_cat(call);
    return is_left ? resolve_append(call) : resolve_prepend(call);
}

/* ---- Cutting ---- */

/* Elements first..last, clipped to those that there are. */
static HyStatus slice_row(
    const HyVector *args, size_t row, int64_t first, int64_t last, HyArrayBuilder *out)
{
    HyArrayRow array;
    HY_TRY(hy_array_row(&args[0], row, &array));
    if (first < 1)
        first = 1;
    if (last > array.reader.count)
        last = array.reader.count;
    if (first > last)
        return HY_OK;
    hy_array_seek(&array.reader, (uint32_t)(first - 1));
    HY_TRY(hy_array_builder_append(out, hy_reader_payload(&array.reader)));
    return hy_array_copy(&array.reader, (size_t)(last - first), out);
}

HY_ARRAY_KERNEL(slice,
    { HY_GO(slice_row(args, i, hy_arg_int8(&args[1], i), hy_arg_int8(&args[2], i), &builder)); })

static HyStatus trim_row(const HyVector *args, size_t row, HyArrayBuilder *out)
{
    HyArrayRow array;
    int64_t n = hy_arg_int8(&args[1], row);
    HY_TRY(hy_array_row(&args[0], row, &array));
    if (n < 0 || n > array.reader.count)
        return hy_error("22023", "number of elements to trim must be between 0 and %u",
            (unsigned)array.reader.count);
    return hy_array_copy(&array.reader, array.reader.count - (size_t)n, out);
}

HY_ARRAY_KERNEL(trim, HY_GO(trim_row(args, i, &builder));)

static HyStatus remove_at_row(const HyVector *args, size_t row, HyArrayBuilder *out)
{
    HyArrayRow array;
    int64_t position = hy_arg_int8(&args[1], row);
    HY_TRY(hy_array_row(&args[0], row, &array));
    while (hy_array_next(&array.reader))
        if (array.reader.index != position)
            HY_TRY(hy_array_builder_append(out, hy_reader_payload(&array.reader)));
    return HY_OK;
}

HY_ARRAY_KERNEL(remove_at, HY_GO(remove_at_row(args, i, &builder));)

static HyStatus compact_row(const HyVector *args, size_t row, HyArrayBuilder *out)
{
    HyArrayRow array;
    HY_TRY(hy_array_row(&args[0], row, &array));
    while (hy_array_next(&array.reader))
        if (!array.reader.is_null)
            HY_TRY(hy_array_builder_append(out, array.reader.payload));
    return HY_OK;
}

HY_ARRAY_KERNEL(compact, HY_GO(compact_row(args, i, &builder));)

/* An array and integers. */
static HyStatus resolve_numbered(
    HyFuncCall *call, HyScalarKernel kernel, bool takes_bigint, const char *what)
{
    static const HyType text = {.id = HY_TYPE_TEXT, .nullable = true};
    bool fits = hy_call_takes_array(call, 0, &text);
    for (size_t i = 1; i < call->n_args; i++) {
        HyType type = call->arg_types[i];
        fits &= type.id == HY_TYPE_UNKNOWN ||
                (hy_type_is_integer(type) && (takes_bigint || type.id != HY_TYPE_INT8));
        call->arg_types[i] = hy_type_nullable(hy_type(HY_TYPE_INT8), type.nullable);
    }
    if (!fits)
        return hy_call_requires(call, what);
    hy_call_set(call, call->arg_types[0], kernel, HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus resolve_slice(HyFuncCall *call)
{
    return resolve_numbered(
        call, slice, false, "an array argument followed by two integer arguments");
}

static HyStatus resolve_trim(HyFuncCall *call)
{
    return resolve_numbered(call, trim, false, "an array argument followed by an integer argument");
}

static HyStatus resolve_remove_at(HyFuncCall *call)
{
    return resolve_numbered(
        call, remove_at, true, "an array argument followed by an integer argument");
}

static HyStatus resolve_compact(HyFuncCall *call)
{
    return resolve_numbered(call, compact, true, "an array argument");
}

/* ---- Elements ---- */

HY_TEXT_KERNEL(length, int32_t, {
    HyString array = hy_arg_string(&args[0], i);
    r = (int32_t)hy_array_count(&array);
})

static HyStatus resolve_length(HyFuncCall *call)
{
    HY_TRY(resolve_numbered(call, length, true, "an array argument"));
    hy_call_set(call, hy_type(HY_TYPE_INT4), length, HY_SIG_PLAIN);
    return HY_OK;
}

/* Arrays have one dimension, and an empty one none. */
static HyStatus upper(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    int32_t *results = out->data;
    HY_TRY(hy_vector_need_validity(env->arena, out, n));
    for (size_t i = 0; i < n; i++) {
        results[i] = 0;
        if (hy_vector_is_null(out, i))
            continue;
        HyString array = hy_arg_string(&args[0], i);
        results[i] = (int32_t)hy_array_count(&array);
        if (results[i] == 0 || hy_arg_int8(&args[1], i) != 1)
            hy_bitmap_clear(out->validity, i);
    }
    return HY_OK;
}

static HyStatus resolve_upper(HyFuncCall *call)
{
    if (!hy_call_takes_array(call, 0, NULL))
        return hy_call_requires(call, "an array argument followed by an integer argument");
    call->arg_types[1] = hy_type_nullable(hy_type(HY_TYPE_INT8), call->arg_types[1].nullable);
    hy_call_set(call, hy_type(HY_TYPE_INT4), upper, HY_SIG_MAY_NULL);
    return HY_OK;
}

/* The bytes of a string are copied: they may lie in the array's value, which is not the result's.
 */
static HyStatus element_row(
    HyFuncEnv *env, const HyVector *args, size_t row, size_t n, size_t width, HyVector *out)
{
    HyArrayRow array;
    int64_t position = hy_arg_int8(&args[1], row);
    char *result = (char *)out->data + row * width;
    HY_TRY(hy_array_row(&args[0], row, &array));
    if (position >= 1 && position <= array.reader.count)
        hy_array_seek(&array.reader, (uint32_t)(position - 1));
    if (array.reader.index != position || array.reader.is_null || position < 1) {
        HY_TRY(hy_vector_need_validity(env->arena, out, n));
        hy_bitmap_clear(out->validity, row);
        return HY_OK;
    }
    memcpy(result, array.reader.payload, width);
    return HY_OK;
}

static HyStatus element(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    size_t width = hy_physical_size(hy_type_physical(call->result));
    memset(out->data, 0, n * width);
    for (size_t i = 0; i < n; i++)
        if (!hy_vector_is_null(out, i))
            HY_TRY(element_row(env, args, i, n, width, out));
    return HY_OK;
}

/* Of a text: the character at an offset that counts from 0. */
static HyStatus text_element(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    uint32_t *result = out->data;
    for (size_t i = 0; i < n; i++) {
        result[i] = 0;
        if (hy_vector_is_null(out, i))
            continue;
        const HyString *s =
            &((const HyString *)hy_vector_values(&args[0]))[hy_vector_index(&args[0], i)];
        const char *text = hy_string_data(s);
        int64_t offset = hy_arg_int8(&args[1], i);
        size_t at = offset < 0 ? s->len : hy_utf8_offset(text, s->len, (size_t)offset);
        if (at < s->len) {
            (void)hy_utf8_decode(text + at, s->len - at, &result[i]);
        } else {
            HY_TRY(hy_vector_need_validity(env->arena, out, n));
            hy_bitmap_clear(out->validity, i);
        }
    }
    return HY_OK;
}

/* Offsets may be given as text, which is read when the value is needed. */
static HyStatus resolve_offsets(HyFuncCall *call)
{
    for (size_t i = 1; i < call->n_args; i++) {
        HyType type = call->arg_types[i];
        if (type.id != HY_TYPE_UNKNOWN && type.id != HY_TYPE_INT2 && type.id != HY_TYPE_INT4 &&
            !hy_type_is_text(type))
            return hy_call_requires(call, "integer offsets");
        call->arg_types[i] = hy_type_nullable(hy_type(HY_TYPE_INT8), type.nullable);
    }
    return HY_OK;
}

/* Of an int2vector or oidvector, "1 2"; their positions begin with 0. */
static HyStatus vector_element(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    int64_t *results = out->data;
    HY_TRY(hy_vector_need_validity(env->arena, out, n));
    for (size_t i = 0; i < n; i++) {
        results[i] = 0;
        if (hy_vector_is_null(out, i))
            continue;
        HyString text = hy_arg_string(&args[0], i);
        int64_t position = hy_arg_int8(&args[1], i);
        const char *p = hy_string_data(&text);
        const char *end = p + text.len;
        for (int64_t at = 0; at < position && p < end; at++) {
            const char *blank = memchr(p, ' ', (size_t)(end - p));
            p = blank ? blank + 1 : end;
        }
        if (position < 0 || p == end)
            hy_bitmap_clear(out->validity, i);
        else
            for (; p < end && *p >= '0' && *p <= '9'; p++)
                results[i] = results[i] * 10 + (*p - '0');
    }
    return HY_OK;
}

static HyStatus resolve_element(HyFuncCall *call)
{
    if (call->arg_types[0].id == HY_TYPE_TEXT && call->arg_types[0].element) {
        HY_TRY(resolve_offsets(call));
        hy_call_set(call, hy_type(HY_TYPE_INT8), vector_element, HY_SIG_MAY_NULL);
        return HY_OK;
    }
    if (hy_type_is_text(call->arg_types[0]) && call->arg_types[0].id != HY_TYPE_CHAR1) {
        HY_TRY(resolve_offsets(call));
        hy_call_set(call, hy_type(HY_TYPE_CHAR1), text_element, HY_SIG_MAY_NULL | HY_SIG_CAN_FAIL);
        return HY_OK;
    }
    if (!hy_call_takes_array(call, 0, NULL))
        return hy_error("42601", "'[]' is only supported for array types");
    HY_TRY(resolve_offsets(call));
    hy_call_set(call, *call->arg_types[0].element, element, HY_SIG_MAY_NULL | HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus resolve_range(HyFuncCall *call)
{
    if (!hy_call_takes_array(call, 0, NULL))
        return hy_error("42601", "'[:]' is only supported for array types");
    HY_TRY(resolve_offsets(call));
    hy_call_set(call, call->arg_types[0], slice, HY_SIG_CAN_FAIL);
    return HY_OK;
}

/* ---- Registry ---- */

#define ARRAY_FUNC(name, n, resolve, signature, doc)                                               \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, n, n, resolve, NULL, signature, doc                    \
    }
static const HyFunc functions[] = {
    ARRAY_FUNC("array_append", 2, resolve_append, "array_append(array, element) -> array",
        "The array with one more element at its end."),
    ARRAY_FUNC("array_prepend", 2, resolve_prepend, "array_prepend(element, array) -> array",
        "The array with one more element at its start."),
    ARRAY_FUNC("array_cat", 2, resolve_cat, "array_cat(array, array) -> array",
        "The elements of both; a null array counts as empty."),
    ARRAY_FUNC("array_slice", 3, resolve_slice,
        "array_slice(array, first integer, last integer) -> array", "The elements first to last."),
    ARRAY_FUNC("trim_array", 2, resolve_trim, "trim_array(array, n integer) -> array",
        "Without the last n elements."),
    ARRAY_FUNC("array_remove_at", 2, resolve_remove_at,
        "array_remove_at(array, position integer) -> array", "Without the element at a position."),
    ARRAY_FUNC("array_compact", 1, resolve_compact, "array_compact(array) -> array",
        "Without the null elements."),
    ARRAY_FUNC("array_length", 1, resolve_length, "array_length(array) -> integer",
        "The number of elements."),
    ARRAY_FUNC("array_upper", 2, resolve_upper, "array_upper(array, dimension integer) -> integer",
        "The last position; NULL for an empty array and for other dimensions than the first."),
    ARRAY_FUNC("[]", 2, resolve_element, "array[position] -> element",
        "The element at a position, NULL if there is none."),
    ARRAY_FUNC(
        "[:]", 3, resolve_range, "array[first:last] -> array", "The elements first to last."),
};
HY_DEFINE_FAMILY(array_edit, functions);
