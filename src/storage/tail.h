/* The tail of a table: its newest rows in plain columnar memory.
 *
 * Successive versions share a tail: a version owns the rows below its count, which never change.
 * Whoever wants to append behind n rows claims them first (hy_tail_claim): that succeeds for one
 * appender only, as long as nobody has appended behind the same n; the others copy the tail
 * (hy_tail_grow). Readers of older versions may read while rows are written behind theirs: they
 * share at most a word of a validity bitmap, which is why those at the seam are accessed
 * atomically. */
#ifndef HY_STORAGE_TAIL_H
#define HY_STORAGE_TAIL_H

#include "storage/chunk.h"
#include "storage/chunk_zones.h"

typedef struct HyTail HyTail;

/* An empty tail with room for `capacity` rows. `memory` must outlive it. */
HyStatus hy_tail_create(const HyType *types, size_t n_cols, uint32_t capacity, HyMemory *memory,
    HyTail **out) HY_MUST_CHECK;
/* A tail with room for `capacity` rows that begins with the first n rows of `tail`, whose strings
 * it shares. */
HyStatus hy_tail_grow(HyTail *tail, uint32_t n, uint32_t capacity, HyTail **out) HY_MUST_CHECK;
HyTail *hy_tail_ref(HyTail *tail);
void hy_tail_unref(HyTail *tail);

uint32_t hy_tail_capacity(const HyTail *tail);
/* Claims rows [n, n + extra), extra > 0; false if they are not the first ones that are free or do
 * not fit. */
bool hy_tail_claim(HyTail *tail, uint32_t n, uint32_t extra);

/* Writes claimed rows [at, at + n) of a column from rows [from, from + n) of a vector; strings are
 * copied. Nulls of a column that is not nullable are the caller's business. */
HyStatus hy_tail_write(HyTail *tail, size_t column, uint32_t at, const HyVector *vector,
    size_t from, uint32_t n) HY_MUST_CHECK;
/* The same from a chunk: the first n rows to the first n of an empty tail that nobody else sees. */
HyStatus hy_tail_load(HyTail *tail, size_t column, const HyChunk *chunk, uint32_t n) HY_MUST_CHECK;

const void *hy_tail_data(const HyTail *tail, size_t column);
const HyZone *hy_tail_zones(const HyTail *tail, size_t column); /* or NULL */
/* The validity of the first n rows as a bitmap of its own (free), or NULL when all have values. */
HyStatus hy_tail_validity(
    const HyTail *tail, size_t column, uint32_t n, uint64_t **out) HY_MUST_CHECK;
/* The validity of rows [first, first + n) as bytes, lowest bit first, (n + 7) / 8 of them; whether
 * there is a null among them. */
bool hy_tail_validity_bytes(
    const HyTail *tail, size_t column, uint32_t first, uint32_t n, uint8_t *out);

#endif
