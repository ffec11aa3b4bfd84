/* Zones: the smallest and the largest value of every HY_ZONE_ROWS rows of a chunk, in memory only,
 * so that a selective scan of rows that lie more or less in order (keys, times) looks at few of
 * them. Encoded chunks get theirs, of codes, when a scan first compares; the tail of a table
 * keeps its own, of integers, while rows are written.
 *
 * A zone may be wider than its rows: a tail's has those of newer versions too. */
#ifndef HY_STORAGE_CHUNK_ZONES_H
#define HY_STORAGE_CHUNK_ZONES_H

#include "storage/chunk.h"
#include <stdatomic.h>

#define HY_ZONE_ROWS HY_VECTOR_SIZE

/* Bounds in an unsigned order of 64 bits; max < min: no value. A tail's writer and readers of older
 * rows meet here, hence atomic. */
typedef struct HyZone {
    atomic_uint_fast64_t min, max;
} HyZone;

static inline size_t hy_zone_count(size_t n_rows)
{
    return (n_rows + HY_ZONE_ROWS - 1) / HY_ZONE_ROWS;
}

/* Whether columns of the physical type have zones in a tail. */
bool hy_zones_fit(HyPhysical physical);
/* Empty zones of a tail. */
void hy_zones_init(HyZone *zones, size_t n);
/* Widens the zones of rows [at, at + n) of a column by their values. */
void hy_zones_widen(
    HyZone *zones, HyPhysical physical, const void *column, uint32_t at, uint32_t n);

/* Gives a plain chunk the zones of its tail, which outlive it. */
void hy_chunk_set_zones(HyChunk *chunk, const HyZone *zones);
/* Narrows [*first, *end) by whole zones without a match, if the chunk has zones. */
void hy_chunk_narrow_zones(
    const HyChunk *chunk, const HyChunkTest *test, uint32_t *first, uint32_t *end);
/* Makes the zones of an encoded chunk, of which it knows the codes only. */
void hy_chunk_need_zones(const HyChunk *chunk);
/* Whether no row of [first, first + n) can match; false when that is not known. */
bool hy_chunk_zones_exclude(
    const HyChunk *chunk, const HyChunkTest *test, uint32_t first, uint32_t n);

#endif
