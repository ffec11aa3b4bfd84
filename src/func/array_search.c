/* Looking for elements in arrays, and putting them in order. Null equals null here. */
#include "func/array_kernel.h"
#include "func/families.h"

#define NOT_FOUND 0

/* ---- Finding ---- */

static const void *needle_of(const HyVector *v, size_t row)
{
    return hy_vector_is_null(v, row) ? NULL : hy_arg_payload(v, row);
}

/* Position of the first element that equals the needle (NULL: is null). */
static HyStatus find_first(const HyVector *arrays, size_t row, const void *needle, int64_t *out)
{
    HyArrayRow array;
    *out = NOT_FOUND;
    HY_TRY(hy_array_row(arrays, row, &array));
    while (hy_array_next(&array.reader)) {
        if (hy_reader_equals(&array.reader, needle)) {
            *out = array.reader.index;
            break;
        }
    }
    return HY_OK;
}

/* A null array contains nothing. */
static HyStatus contains(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,
    const HyVector *args, size_t n, HyVector *out)
{
    for (size_t i = 0; i < n; i++) {
        int64_t found = NOT_FOUND;
        if (!hy_vector_is_null(&args[0], i))
            HY_TRY(find_first(&args[0], i, needle_of(&args[1], i), &found));
        ((uint8_t *)out->data)[i] = found != NOT_FOUND;
    }
    return HY_OK;
}

static HyStatus position(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    for (size_t i = 0; i < n; i++) {
        int64_t found = NOT_FOUND;
        if (!hy_vector_is_null(&args[0], i))
            HY_TRY(find_first(&args[0], i, needle_of(&args[1], i), &found));
        ((int64_t *)out->data)[i] = found;
        if (found == NOT_FOUND) {
            HY_TRY(hy_vector_need_validity(env->arena, out, n));
            hy_bitmap_clear(out->validity, i);
        }
    }
    return HY_OK;
}

static HyStatus append_positions(const HyVector *args, size_t row, HyArrayBuilder *out)
{
    HyArrayRow array;
    const void *needle = needle_of(&args[1], row);
    HY_TRY(hy_array_row(&args[0], row, &array));
    while (hy_array_next(&array.reader)) {
        int64_t index = array.reader.index;
        if (hy_reader_equals(&array.reader, needle))
            HY_TRY(hy_array_builder_append(out, &index));
    }
    return HY_OK;
}

HY_ARRAY_KERNEL(positions, {
    is_null = hy_vector_is_null(&args[0], i);
    if (!is_null)
        HY_GO(append_positions(args, i, &builder));
})

/* args[2]: the array's elements in the type in which they are compared with the needle. */
static HyStatus append_others(const HyVector *args, size_t row, HyArrayBuilder *out)
{
    HyArrayRow array;
    HyArrayRow compared;
    const void *needle = needle_of(&args[1], row);
    HY_TRY(hy_array_row(&args[0], row, &array));
    HY_TRY(hy_array_row(&args[2], row, &compared));
    while (hy_array_next(&array.reader) && hy_array_next(&compared.reader))
        if (!hy_reader_equals(&compared.reader, needle))
            HY_TRY(hy_array_builder_append(out, hy_reader_payload(&array.reader)));
    return HY_OK;
}

HY_ARRAY_KERNEL(remove_rows, {
    is_null = hy_vector_is_null(&args[0], i);
    if (!is_null)
        HY_GO(append_others(args, i, &builder));
})

static HyStatus remove_all(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    HyVector vectors[3] = {args[0], args[1], args[0]};
    const HyType *compared = call->bind_data;
    HY_TRY(hy_cast_vector(env->arena, env->style, &args[0], n, *compared, false, &vectors[2]));
    return remove_rows(env, call, vectors, n, out);
}

/* ---- Order ---- */

typedef struct Element {
    union { /* as in the physical form of the type */
        uint8_t payload[16];
        HyString string;
    };
    bool is_null;
    bool is_dropped;
    uint32_t index;
} Element;

/* All elements of a row, in the batch's arena. */
static HyStatus load_elements(
    HyFuncEnv *env, HyArrayRow *array, Element **items, Element **room, size_t *n)
{
    *n = array->reader.count;
    HY_ARENA_NEW(env->arena, *items, *n + 1);
    HY_ARENA_NEW(env->arena, *room, *n + 1);
    for (size_t i = 0; hy_array_next(&array->reader); i++) {
        Element *e = &(*items)[i];
        e->is_null = array->reader.is_null;
        e->index = (uint32_t)i;
        if (!e->is_null)
            memcpy(e->payload, array->reader.payload, sizeof e->payload);
    }
    return HY_OK;
}

/* Nulls go last. */
static int compare_elements(HyType type, const Element *a, const Element *b)
{
    if (a->is_null || b->is_null)
        return (int)a->is_null - (int)b->is_null;
    return hy_compare_payload(type, a->payload, b->payload);
}

/* Stable, bottom-up merges; `room` is as large as `items`. */
static void sort_elements(HyType type, Element *items, Element *room, size_t n)
{
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t start = 0; start < n; start += 2 * width) {
            size_t middle = start + width < n ? start + width : n;
            size_t end = start + 2 * width < n ? start + 2 * width : n;
            size_t left = start;
            size_t right = middle;
            for (size_t k = start; k < end; k++) {
                bool take_left =
                    right == end ||
                    (left < middle && compare_elements(type, &items[left], &items[right]) <= 0);
                room[k] = items[take_left ? left++ : right++];
            }
        }
        memcpy(items, room, n * sizeof *items);
    }
}

static HyStatus append_element(const Element *e, HyArrayBuilder *out)
{
    return hy_array_builder_append(out, e->is_null ? NULL : e->payload);
}

/* Descending order is the ascending one backwards, nulls first. */
static HyStatus sort_row(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t row, HyArrayBuilder *out)
{
    HyArrayRow array;
    Element *items;
    Element *room;
    size_t n;
    bool ascending = call->n_args < 2 || *(const uint8_t *)hy_arg_payload(&args[1], row);
    HY_TRY(hy_array_row(&args[0], row, &array));
    HY_TRY(load_elements(env, &array, &items, &room, &n));
    sort_elements(*call->result.element, items, room, n);
    for (size_t i = 0; i < n; i++)
        HY_TRY(append_element(&items[ascending ? i : n - 1 - i], out));
    return HY_OK;
}

HY_ARRAY_KERNEL(sort, HY_GO(sort_row(env, call, args, i, &builder));)

/* The first of each run of equal elements stays, in the old order. */
static HyStatus distinct_row(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t row, HyArrayBuilder *out)
{
    HyArrayRow array;
    Element *items;
    Element *room;
    size_t n;
    HY_TRY(hy_array_row(&args[0], row, &array));
    HY_TRY(load_elements(env, &array, &items, &room, &n));
    sort_elements(*call->result.element, items, room, n);
    for (size_t i = 1; i < n; i++)
        items[i].is_dropped =
            compare_elements(*call->result.element, &items[i - 1], &items[i]) == 0;
    for (size_t i = 0; i < n; i++)
        room[items[i].index] = items[i];
    for (size_t i = 0; i < n; i++)
        if (!room[i].is_dropped)
            HY_TRY(append_element(&room[i], out));
    return HY_OK;
}

HY_ARRAY_KERNEL(distinct, HY_GO(distinct_row(env, call, args, i, &builder));)

/* The elements of the one side are looked up in the other, sorted one. */
static HyStatus shares_element(HyFuncEnv *env, const HyVector *args, size_t row, uint8_t *out)
{
    HyArrayRow left;
    HyArrayRow right;
    Element *items;
    Element *room;
    size_t n;
    HyType type = *args[0].type.element;
    HY_TRY(hy_array_row(&args[0], row, &left));
    HY_TRY(hy_array_row(&args[1], row, &right));
    HY_TRY(load_elements(env, &right, &items, &room, &n));
    sort_elements(type, items, room, n);
    *out = 0;
    while (!*out && hy_array_next(&left.reader)) {
        Element wanted = {.is_null = left.reader.is_null};
        memcpy(wanted.payload, left.reader.payload, sizeof wanted.payload);
        size_t low = 0;
        size_t high = n;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (compare_elements(type, &items[middle], &wanted) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        *out = low < n && compare_elements(type, &items[low], &wanted) == 0;
    }
    return HY_OK;
}

HY_TEXT_KERNEL(contains_any, uint8_t, HY_TRY(shares_element(env, args, i, &r));)

/* ---- Resolvers ---- */

/* An array and one of its elements. */
static HyStatus resolve_find(HyFuncCall *call, HyType result, HyScalarKernel kernel, unsigned flags)
{
    static const HyType text = {.id = HY_TYPE_TEXT, .nullable = true};
    HyType element;
    bool is_possible;
    HyType needle = call->arg_types[1];
    HyType *boxed;
    if (needle.id == HY_TYPE_UNKNOWN && call->arg_types[0].id == HY_TYPE_UNKNOWN)
        return hy_call_requires(call, "an array argument");
    HY_ARENA_NEW(call->arena, boxed, 1);
    *boxed = needle.id == HY_TYPE_UNKNOWN ? text : needle;
    if (!hy_call_takes_array(call, 0, boxed))
        return hy_call_requires(call, "an array argument");
    HY_TRY(hy_call_unify_elements(call, 0, 1, false, &element, &is_possible));
    if (!is_possible)
        return hy_call_requires(call, "compatible array element types");
    bool null_array = call->arg_types[0].nullable;
    hy_call_set(call, result.id == HY_TYPE_UNKNOWN ? call->arg_types[0] : result, kernel,
        HY_SIG_NOT_STRICT | HY_SIG_CAN_FAIL | flags);
    if (!flags && !null_array)
        call->result.nullable = kernel == position;
    return HY_OK;
}

static HyStatus resolve_contains(HyFuncCall *call)
{
    return resolve_find(call, hy_type(HY_TYPE_BOOL), contains, HY_SIG_NOT_NULL);
}

static HyStatus resolve_position(HyFuncCall *call)
{
    return resolve_find(call, hy_type(HY_TYPE_INT8), position, 0);
}

static HyStatus resolve_positions(HyFuncCall *call)
{
    HyType result;
    HY_TRY(hy_array_type(call->arena, hy_type(HY_TYPE_INT8), &result));
    return resolve_find(call, result, positions, 0);
}

/* The result has the elements as they were, whatever they are compared as. */
static HyStatus resolve_remove(HyFuncCall *call)
{
    HyType given = call->arg_types[0];
    HyType *compared;
    HY_TRY(resolve_find(call, hy_type(HY_TYPE_UNKNOWN), remove_all, 0));
    HY_ARENA_NEW(call->arena, compared, 1);
    *compared = call->arg_types[0];
    call->bind_data = compared;
    if (given.id == HY_TYPE_ARRAY) {
        call->arg_types[0] = given;
        call->result = hy_type_nullable(given, call->result.nullable);
    }
    return HY_OK;
}

static HyStatus resolve_contains_any(HyFuncCall *call)
{
    HY_TRY(hy_call_take_two_arrays(call));
    hy_call_set(call, hy_type(HY_TYPE_BOOL), contains_any, HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus resolve_order(HyFuncCall *call, HyScalarKernel kernel, const char *what)
{
    static const HyType text = {.id = HY_TYPE_TEXT, .nullable = true};
    bool fits = hy_call_takes_array(call, 0, &text);
    if (call->n_args == 2) {
        HyType type = call->arg_types[1];
        fits = fits && (type.id == HY_TYPE_BOOL || type.id == HY_TYPE_UNKNOWN);
        call->arg_types[1] = hy_type_nullable(hy_type(HY_TYPE_BOOL), type.nullable);
    }
    if (!fits)
        return hy_call_requires(call, what);
    hy_call_set(call, call->arg_types[0], kernel, HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus resolve_sort(HyFuncCall *call)
{
    return resolve_order(call, sort, "an array argument followed by an optional boolean argument");
}

static HyStatus resolve_distinct(HyFuncCall *call)
{
    return resolve_order(call, distinct, "an array argument");
}

/* ---- Registry ---- */

#define ARRAY_FUNC(name, n_min, n_max, resolve, signature, doc)                                    \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, n_min, n_max, resolve, NULL, signature, doc            \
    }
static const HyFunc functions[] = {
    ARRAY_FUNC("array_contains", 2, 2, resolve_contains,
        "array_contains(array, element) -> boolean",
        "Whether the element is in the array; null is looked for as well."),
    ARRAY_FUNC("array_contains_any", 2, 2, resolve_contains_any,
        "array_contains_any(array, array) -> boolean", "Whether both have an element in common."),
    ARRAY_FUNC("array_position", 2, 2, resolve_position, "array_position(array, element) -> bigint",
        "Where the element first stands, NULL if nowhere."),
    ARRAY_FUNC("array_positions", 2, 2, resolve_positions,
        "array_positions(array, element) -> array(bigint)", "Where the element stands."),
    ARRAY_FUNC("array_remove", 2, 2, resolve_remove, "array_remove(array, element) -> array",
        "Without all elements that equal the given one."),
    ARRAY_FUNC("array_sort", 1, 2, resolve_sort, "array_sort(array [, ascending boolean]) -> array",
        "The elements in order, nulls last (descending: first)."),
    ARRAY_FUNC("array_distinct", 1, 1, resolve_distinct, "array_distinct(array) -> array",
        "Each element once, where it first stood."),
};
HY_DEFINE_FAMILY(array_search, functions);
