/* One version of the rows of a table: immutable, reference counted, safe to read from any thread.
 *
 * Rows lie in blocks of HY_BLOCK_ROWS; all but the last are full. The row id of a row is
 * block * HY_BLOCK_ROWS + position; it never changes while the row lives, through all versions that
 * come from one another. Deleted rows keep their place and are marked in a bitmap per block.
 *
 * A scan:
 *     for (size_t b = 0; b < hy_relation_block_count(r); b++) {
 *         if (hy_relation_block_live_rows(r, b) == 0)
 *             continue;                                   (the block may have no chunks at all)
 *         HyChunkPin pin;
 *         HY_TRY(hy_relation_chunk(r, b, column, &pin));
 *         ... hy_chunk_filter / hy_chunk_read(pin.chunk, first, n, ..) with first + n <=
 *             hy_relation_block_rows(r, b); drop the rows marked in hy_relation_block_deletes(r, b)
 * ... hy_chunk_unpin(&pin);
 *     }
 */
#ifndef HY_STORAGE_RELATION_H
#define HY_STORAGE_RELATION_H

#include "storage/chunk.h"

typedef struct HyRelation HyRelation;

#define HY_ROW_BLOCK(row_id)       ((size_t)((uint64_t)(row_id) / HY_BLOCK_ROWS))
#define HY_ROW_POSITION(row_id)    ((uint32_t)((uint64_t)(row_id) % HY_BLOCK_ROWS))
#define HY_ROW_ID(block, position) ((int64_t)(block)*HY_BLOCK_ROWS + (int64_t)(position))

/* A version without rows. Copies the types. */
HyStatus hy_relation_create(const HyType *types, size_t n_cols, HyRelation **out) HY_MUST_CHECK;

/* Returns `relation`, for one more owner. */
HyRelation *hy_relation_ref(HyRelation *relation);
/* NULL is fine. */
void hy_relation_unref(HyRelation *relation);

size_t hy_relation_column_count(const HyRelation *relation);
const HyType *hy_relation_types(const HyRelation *relation);

int64_t hy_relation_row_count(const HyRelation *relation); /* with deleted rows: next free row id */
int64_t hy_relation_live_count(const HyRelation *relation); /* without */
size_t hy_relation_block_count(const HyRelation *relation);

/* Rows of the block in this version, with deleted ones. Its chunks may hold more rows than that
 * (then their statistics are those of all their rows): never read past this count. */
uint32_t hy_relation_block_rows(const HyRelation *relation, size_t block);
/* Without deleted ones. 0: the block must not be read. */
uint32_t hy_relation_block_live_rows(const HyRelation *relation, size_t block);
/* Bit = 1: row is deleted. NULL: none is. Valid for block_rows bits; lives as long as the relation.
 */
const uint64_t *hy_relation_block_deletes(const HyRelation *relation, size_t block);

/* A chunk in use: it stays in memory, at its place, until hy_chunk_unpin. The relation must outlive
 * the pin. */
typedef struct HyChunkPin {
    const HyChunk *chunk;
    void *holder; /* private */
} HyChunkPin;

/* The chunk of one column of one block with live rows; reads it from the file unless it is in
 * memory. Errors: XX001 damaged, 58030, 53200; 0A000 for text whose collation has no order here. */
HyStatus hy_relation_chunk(
    HyRelation *relation, size_t block, uint32_t column, HyChunkPin *out) HY_MUST_CHECK;
/* The same for whoever compares no texts: reports, counting nulls. */
HyStatus hy_relation_chunk_unordered(
    HyRelation *relation, size_t block, uint32_t column, HyChunkPin *out) HY_MUST_CHECK;
/* The same only if it costs no reading: *is_resident false otherwise, and nothing is pinned. */
HyStatus hy_relation_chunk_if_resident(HyRelation *relation, size_t block, uint32_t column,
    HyChunkPin *out, bool *is_resident) HY_MUST_CHECK;
/* Legal on a zeroed pin; zeroes it. */
void hy_chunk_unpin(HyChunkPin *pin);

/* Bytes that the column's chunk of this block takes in the file, compressed; 0: not written (yet).
 */
uint64_t hy_relation_chunk_file_bytes(const HyRelation *relation, size_t block, uint32_t column);

/* Live rows of one block into the arena as a batch of flat vectors: rows first + [0, n), n <=
 * HY_VECTOR_SIZE, deleted ones left out (n_rows may be 0). columns: which, in order. row_ids (NULL
 * or room for n): their row ids. Strings are copied into the arena. For whoever wants rows rather
 * than speed: catalog, tests, rebase. */
HyStatus hy_relation_read(HyRelation *relation, size_t block, uint32_t first, uint32_t n,
    const uint32_t *columns, size_t n_columns, HyArena *arena, HyBatch *out,
    int64_t *row_ids) HY_MUST_CHECK;

#endif
