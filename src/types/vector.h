/* Vectors and batches: the unit in which the engine computes.
 *
 * A vector holds up to HY_VECTOR_SIZE values of one type in one of three forms:
 *   flat        data[i] is row i's value
 *   constant    data[0] is every row's value (a null constant has validity bit 0 cleared)
 *   dictionary  codes[i] indexes into `dict`; nulls are in `validity` by row, a null's code is 0
 * validity == NULL means that no row is null; else bit i (constant: bit 0) says that row i has a
 * value. The payload of a null row is initialised memory (any value; strings: a valid view, usually
 * empty), so that kernels may compute on it and ignore the outcome.
 *
 * Vectors do not own memory. Data, validity and string bytes belong to whoever filled them: an
 * arena that is reset after the batch went through the pipeline, a chunk that the scan holds, a
 * rowset. A consumer that keeps values copies them. */
#ifndef HY_TYPES_VECTOR_H
#define HY_TYPES_VECTOR_H

#include "base/arena.h"
#include "base/bitmap.h"
#include "types/string.h"
#include "types/type.h"

#define HY_VECTOR_SIZE 2048

typedef enum HyVectorKind { HY_VECTOR_FLAT, HY_VECTOR_CONSTANT, HY_VECTOR_DICTIONARY } HyVectorKind;

/* Distinct values that dictionary vectors point into. */
typedef struct HyDictionary {
    const void *values; /* flat, of the vector's physical type */
    uint32_t size;
    uint64_t id; /* unique in the process for these values: operators cache per-dictionary work
                    under it; 0 when the values live only as long as the batch */
} HyDictionary;

typedef struct HyVector {
    HyType type;
    HyVectorKind kind;
    void *data;               /* flat and constant: values; dictionary: uint32_t codes */
    uint64_t *validity;       /* NULL: no nulls */
    const HyDictionary *dict; /* dictionary only */
} HyVector;

/* Columns of equal length. n_rows may exceed HY_VECTOR_SIZE only where a function says so. */
typedef struct HyBatch {
    size_t n_rows;
    size_t n_cols;
    HyVector *cols;
} HyBatch;

static inline bool hy_vector_is_null(const HyVector *v, size_t row)
{
    return v->validity && !hy_bitmap_get(v->validity, v->kind == HY_VECTOR_CONSTANT ? 0 : row);
}

/* The index into the values for a row, whatever the form:
 * ((T *)hy_vector_values(v))[hy_vector_index(v, row)]. */
static inline size_t hy_vector_index(const HyVector *v, size_t row)
{
    if (v->kind == HY_VECTOR_FLAT)
        return row;
    if (v->kind == HY_VECTOR_CONSTANT)
        return 0;
    return ((const uint32_t *)v->data)[row];
}
static inline const void *hy_vector_values(const HyVector *v)
{
    return v->kind == HY_VECTOR_DICTIONARY ? v->dict->values : v->data;
}

/* An uninitialised flat vector of n values in the arena; validity NULL. Errors: 53200. */
HyStatus hy_vector_alloc(HyArena *arena, HyType type, size_t n, HyVector *out) HY_MUST_CHECK;
/* Gives the vector a validity bitmap of its own with all n bits set, unless it has one. */
HyStatus hy_vector_need_validity(HyArena *arena, HyVector *v, size_t n) HY_MUST_CHECK;
/* out: a flat vector with the same n values: v itself when it is flat, else expanded in the arena.
 */
HyStatus hy_vector_flatten(
    HyArena *arena, const HyVector *v, size_t n, HyVector *out) HY_MUST_CHECK;
/* out: the rows sel[0..n_sel) of v, in the same form as v (dictionaries stay, constants stay). */
HyStatus hy_vector_gather(HyArena *arena, const HyVector *v, const uint32_t *sel, size_t n_sel,
    HyVector *out) HY_MUST_CHECK;
/* Copies n rows of src (any form) from src_start into the flat vector dst from dst_start, with
 * validity; string bytes longer than HY_STRING_INLINE are copied into `strings` (NULL: views are
 * shared). dst must have a validity bitmap when src has nulls. */
HyStatus hy_vector_copy(HyVector *dst, size_t dst_start, const HyVector *src, size_t src_start,
    size_t n, HyArena *strings) HY_MUST_CHECK;
/* Combines (xor-free, order-dependent) the hash of each row into hashes[0..n); first: overwrite.
 * Values that compare equal hash equal (-0.0 and 0.0, NaN, collation keys, char(n)). Null has a
 * hash of its own. */
HyStatus hy_vector_hash(const HyVector *v, size_t n, bool first, uint64_t *hashes) HY_MUST_CHECK;

#endif
