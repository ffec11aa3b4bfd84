/* What the files that encode chunks share. Inside storage only. */
#ifndef HY_STORAGE_CHUNK_ENCODE_INTERNAL_H
#define HY_STORAGE_CHUNK_ENCODE_INTERNAL_H

#include "storage/chunk_internal.h"

/* Memory that lives for one encoding: cut from a few large blocks, freed together. One block of the
 * size that nearly all columns stay within is taken at first. (Besides being cheap this teaches
 * glibc to keep memory of that size; giving pages back and faulting them in again for every column
 * cost more than the encoding.) */
typedef struct HyScratch {
    HyMemory *memory;
    size_t block_bytes; /* of the next block, if that is enough */
    uint8_t *at;
    size_t left;
    size_t n_blocks;
    void *blocks[32];
    size_t lens[32];
} HyScratch;
void hy_scratch_init(HyScratch *scratch, HyMemory *memory, size_t n_rows);
/* Aligned to 64 bytes. */
HyStatus hy_scratch_take(HyScratch *scratch, size_t bytes, void **out) HY_MUST_CHECK;
void hy_scratch_free(HyScratch *scratch);
#define HY_SCRATCH(scratch, lvalue, count)                                                         \
    do {                                                                                           \
        void *piece_ = NULL;                                                                       \
        HY_TRY(hy_scratch_take((scratch), sizeof(*(lvalue)) * (size_t)(count), &piece_));          \
        (lvalue) = piece_;                                                                         \
    } while (0)

typedef struct HyEncodeJob {
    HyType type;
    HyPhysical physical;
    size_t width;
    uint16_t version;
    const void *data;
    const uint8_t *mask; /* one byte per row, 0: null; NULL without nulls */
    uint32_t n_rows, n_nulls;
    uint32_t first_valid; /* a row that is not null */
    HyChunkEffort effort;
    const HyChunkEncoding *wanted; /* or NULL: to be chosen */
    HyMemory *memory;
    HyScratch scratch;
    uint8_t *out; /* the block */
    size_t out_len;
} HyEncodeJob;

/* What the choice of an encoding rests on. */
typedef struct HyEncodeFacts {
    uint32_t distinct;     /* values that are not null */
    unsigned trunc_bits;   /* narrowest width of maximum - minimum, with null; 0: not truncatable */
    bool is_short;         /* entries and raw values can take 4 bytes */
    bool is_genuine_trunc; /* the genuine writer would truncate */
    bool has_both_zeros;   /* 0.0 and -0.0, which a dictionary does not tell apart */
} HyEncodeFacts;

/* The encoding wanted or the one to choose. Errors: 0A000 when the wanted one is not possible. */
HyStatus hy_encode_choose(
    const HyEncodeJob *job, const HyEncodeFacts *facts, const HyChunkEncoding **out) HY_MUST_CHECK;

/* ---- The block under construction ---- */

typedef struct HyBlockSizes {
    size_t values; /* bytes of values or dictionary */
    size_t codes;  /* bytes of codes; 0 without dictionary */
    size_t heap;
} HyBlockSizes;
typedef struct HyBlockParts {
    uint8_t *bounds; /* minimum, maximum; or the single value */
    uint32_t *psma;
    uint8_t *null_range;
    uint8_t *mark;
    uint8_t *values;
    uint8_t *codes;
    uint8_t *heap;
} HyBlockParts;
/* Allocates job->out and writes its header; all that is not a value, code or heap byte is zero. */
HyStatus hy_block_begin(HyEncodeJob *job, const HyChunkEncoding *encoding, HyBlockSizes sizes,
    HyBlockParts *out) HY_MUST_CHECK;
/* The null range behind the index is slot hy_chunk_psma_slots() of it; the distinct count follows.
 */
/* Packs codes of values that are not null (a null's is any) into parts->codes, null as 0 if there
 * is any. */
HyStatus hy_block_put_codes(HyEncodeJob *job, const HyChunkEncoding *encoding, HyBlockParts *parts,
    const uint32_t *codes) HY_MUST_CHECK;

HyStatus hy_encode_fixed(HyEncodeJob *job) HY_MUST_CHECK;
HyStatus hy_encode_text(HyEncodeJob *job) HY_MUST_CHECK;
HyStatus hy_encode_refused(const HyEncodeJob *job, const char *why) HY_MUST_CHECK;

/* ---- Distinct values ---- */

/* The distinct numbers among n differences to the minimum. Small ranges are counted in a table,
 * larger ones in a bitmap, both of which give the sorted order for nothing; wide ones are hashed
 * and sorted by radix. */
typedef enum HyDistinctMethod {
    HY_DISTINCT_MARKS,
    HY_DISTINCT_BITS,
    HY_DISTINCT_HASH
} HyDistinctMethod;
typedef struct HyDistinct {
    HyScratch *scratch;
    const void *deltas;
    unsigned delta_bits; /* 32, 64 or 128 */
    uint32_t n;
    uint32_t count;
    HyDistinctMethod method;
    uint8_t *marks;
    uint64_t *bits;
    size_t n_words;
    uint32_t *first_rows; /* by row: the first row with the same value */
} HyDistinct;
HyStatus hy_distinct_count(HyDistinct *d, HyUint128 span) HY_MUST_CHECK;
/* sorted: d->count differences of delta_bits each, ascending; codes: the place of each row's in it.
 */
HyStatus hy_distinct_codes(HyDistinct *d, void **sorted, uint32_t **codes) HY_MUST_CHECK;

/* Sorts n texts by their bytes: order[k] is the index of the k-th. min_group 2: exactly. Larger:
 * texts that share a multiple of eight bytes with fewer than that many others may stay in the order
 * of the input, which saves the accesses that cost most. */
HyStatus hy_text_sort(HyScratch *scratch, const HyString *texts, uint32_t n, uint32_t min_group,
    uint32_t *order) HY_MUST_CHECK;

#endif
