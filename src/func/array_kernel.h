/* What kernels over arrays share: typing, reading a row's elements, writing a result. */
#ifndef HY_FUNC_ARRAY_KERNEL_H
#define HY_FUNC_ARRAY_KERNEL_H

#include "func/text_kernel.h"
#include "types/array.h"
#include "types/compare.h"

/* The array of a row on its way to being read: hy_array_next(&row.reader). It must stay where it
 * is, since short arrays lie in it. */
typedef struct HyArrayRow {
    HyString bytes;
    HyArrayReader reader;
} HyArrayRow;

static inline HyStatus hy_array_row(const HyVector *v, size_t row, HyArrayRow *out)
{
    out->bytes = hy_arg_string(v, row);
    return hy_array_open(*v->type.element, &out->bytes, &out->reader);
}

/* Address of a row's payload. */
static inline const void *hy_arg_payload(const HyVector *v, size_t row)
{
    return (const char *)hy_vector_values(v) +
           hy_vector_index(v, row) * hy_physical_size(hy_type_physical(v->type));
}

static inline const void *hy_reader_payload(const HyArrayReader *reader)
{
    return reader->is_null ? NULL : reader->payload;
}

/* Whether the element last read equals a payload (NULL: is null). */
static inline bool hy_reader_equals(const HyArrayReader *reader, const void *payload)
{
    if (reader->is_null || !payload)
        return reader->is_null && !payload;
    return hy_compare_payload(reader->element, reader->payload, payload) == 0;
}

/* Adds what is left of `reader`, at most `n` elements. */
HyStatus hy_array_copy(HyArrayReader *reader, size_t n, HyArrayBuilder *out) HY_MUST_CHECK;

/* A kernel that makes the array `r` of row i: BODY appends to `builder` with HY_GO; it may set
 * is_null. */
#define HY_ARRAY_KERNEL(name, BODY)                                                                \
    static HyStatus name(HyFuncEnv *env, const HyFuncCall *call, const HyVector *args HY_UNUSED,   \
        size_t n, HyVector *out)                                                                   \
    {                                                                                              \
        HyStatus st = HY_OK;                                                                       \
        HyArrayBuilder builder;                                                                    \
        HyString *results = out->data;                                                             \
        hy_array_builder_init(&builder, *call->result.element);                                    \
        for (size_t i = 0; i < n; i++) {                                                           \
            bool is_null = hy_vector_is_null(out, i);                                              \
            if (!is_null) {                                                                        \
                BODY                                                                               \
            }                                                                                      \
            HY_GO(hy_array_builder_finish(&builder, env->arena, &results[i]));                     \
            if (is_null) {                                                                         \
                HY_GO(hy_vector_need_validity(env->arena, out, n));                                \
                hy_bitmap_clear(out->validity, i);                                                 \
            }                                                                                      \
        }                                                                                          \
    done:                                                                                          \
        hy_array_builder_destroy(&builder);                                                        \
        return st;                                                                                 \
    }

/* array(element), nullable. */
HyStatus hy_array_type(HyArena *arena, HyType element, HyType *out) HY_MUST_CHECK;
/* Makes argument `index` an array: NULL without a type becomes an array of `otherwise`. False when
 * it is something else. */
bool hy_call_takes_array(HyFuncCall *call, size_t index, const HyType *otherwise);
/* Types argument `array` (an array) and argument `item` (an element, or an array if `is_array`)
 * with a common element type, *element. False when there is none. Errors: 53200. */
HyStatus hy_call_unify_elements(HyFuncCall *call, size_t array, size_t item, bool is_array,
    HyType *element, bool *is_possible) HY_MUST_CHECK;
/* Makes both arguments arrays of one element type. Errors: 42601 when they cannot be, 53200. */
HyStatus hy_call_take_two_arrays(HyFuncCall *call) HY_MUST_CHECK;

/* || with an array on one side; false: on neither. */
HyStatus hy_resolve_array_join(HyFuncCall *call, bool *is_array) HY_MUST_CHECK;

#endif
