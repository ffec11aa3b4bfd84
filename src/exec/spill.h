/* Rows on disk, for operators whose rows do not fit in the budget. A set is a temporary file
 * without a name, so that nothing is left behind however the process ends; its rows lie by
 * partitions in blocks of up to HY_VECTOR_SIZE rows, columns one after the other, compressed with
 * LZ4. Who spills decides by hy_spill_is_due. */
#ifndef HY_EXEC_SPILL_H
#define HY_EXEC_SPILL_H

#include "exec/group_table.h" /* HyGrowing */
#include "exec/pipeline.h"
#include "types/rowset.h"

#define HY_SPILL_PARTS 64 /* of one level; hashes are cut by them */
/* Partitions that do not fit are cut again by further bits of the hash, this often. */
#define HY_SPILL_LEVELS 4

/* Part of the limit, in percent, that may be in use before operators put rows on disk; and before
 * a partition that was read again is cut further. */
#define HY_SPILL_PERCENT   50
#define HY_RESPILL_PERCENT 75

/* What one worker may collect before it is written, and what makes spilling worth while. */
size_t hy_spill_quota(const HyExec *exec);
/* An operator that holds `bytes`, and may take `more` at once, shall let rows go. */
static inline bool hy_spill_is_due(const HyExec *exec, size_t bytes, size_t more, unsigned percent)
{
    return hy_memory_exceeds(exec->ctx->memory, more, percent) && bytes >= hy_spill_quota(exec);
}
/* The partition of a row at a level: by the upper bits of the hash, as hash tables of groups start
 * from the lower ones. */
static inline size_t hy_spill_part_of(uint64_t hash, unsigned level)
{
    return (size_t)(hash >> (58 - 6 * level)) % HY_SPILL_PARTS;
}

typedef struct HySpillBlock {
    uint64_t offset;
    uint32_t stored_bytes;
    uint32_t raw_bytes; /* equal: not compressed */
    uint32_t n_rows;
} HySpillBlock;

typedef struct HySpillPart {
    HySpillBlock *blocks;
    size_t n_blocks;
    size_t capacity;
    uint64_t n_rows;
} HySpillPart;

typedef struct HySpillSet HySpillSet;

/* `types` must outlive the set. alg: whose statistics count what is written, or NULL. */
HyStatus hy_spill_create(HyExec *exec, HyAlg *alg, const HyType *types, size_t n_cols,
    size_t n_parts, HySpillSet **out) HY_MUST_CHECK;
void hy_spill_destroy(HySpillSet *set); /* NULL is fine */
/* A further, empty partition; thread-safe. */
HyStatus hy_spill_add_part(HySpillSet *set, size_t *part) HY_MUST_CHECK;
/* The following only while nobody writes. */
size_t hy_spill_part_count(const HySpillSet *set);
const HySpillPart *hy_spill_part(const HySpillSet *set, size_t part);
uint64_t hy_spill_row_count(const HySpillSet *set);    /* NULL: 0 */
void hy_spill_drop_part(HySpillSet *set, size_t part); /* its space goes back to the disk */

/* Writes blocks for one thread; they are in the set once they are flushed. */
typedef struct HySpillWriter HySpillWriter;
HyStatus hy_spill_writer_open(HySpillSet *set, HySpillWriter **out) HY_MUST_CHECK;
void hy_spill_writer_close(HySpillWriter *writer);
/* One block of 1 to HY_VECTOR_SIZE rows. Errors: 53100 with the directory when the disk is full. */
HyStatus hy_spill_write(HySpillWriter *writer, size_t part, const HyBatch *batch) HY_MUST_CHECK;
HyStatus hy_spill_writer_flush(HySpillWriter *writer) HY_MUST_CHECK;

/* Collects the rows of one thread and writes them by partitions whenever they reach the quota. */
typedef struct HySpillBuffer HySpillBuffer;
HyStatus hy_spill_buffer_open(HySpillSet *set, unsigned level, HySpillBuffer **out) HY_MUST_CHECK;
void hy_spill_buffer_close(HySpillBuffer *buffer);
/* hashes NULL: all rows go to partition 0. */
HyStatus hy_spill_buffer_push(
    HySpillBuffer *buffer, const HyBatch *batch, const uint64_t *hashes) HY_MUST_CHECK;
HyStatus hy_spill_buffer_flush(HySpillBuffer *buffer) HY_MUST_CHECK;

/* Reads blocks for one thread. */
typedef struct HySpillReader HySpillReader;
HyStatus hy_spill_reader_open(const HySpillSet *set, HySpillReader **out) HY_MUST_CHECK;
void hy_spill_reader_close(HySpillReader *reader);
/* The rows of a block: flat vectors that live until the next read. Tests for cancellation. */
HyStatus hy_spill_read(
    HySpillReader *reader, size_t part, size_t block, HyBatch *out) HY_MUST_CHECK;

#endif
