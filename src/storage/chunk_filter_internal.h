/* What matching a whole chunk and filtering its rows share. Inside storage only. */
#ifndef HY_STORAGE_CHUNK_FILTER_INTERNAL_H
#define HY_STORAGE_CHUNK_FILTER_INTERNAL_H

#include "storage/chunk_internal.h"

/* Order of two values of the chunk's type in the form of memory, not null. */
int hy_chunk_compare(const HyChunk *chunk, const void *a, const void *b);

/* Whether a value that is not null passes. */
/* Whether `a op b` holds, c being the sign of a - b. */
bool hy_compare_op_holds(HyCompareOp op, int c);
bool hy_chunk_test_payload(const HyChunk *chunk, const HyChunkTest *test, const void *payload);

/* Keys [low, high] pass, with invert all others (hy_fixed_key). */
typedef struct HyKeyRange {
    HyUint128 low, high;
    bool is_empty;
    bool invert;
} HyKeyRange;
HyKeyRange hy_key_range(HyCompareOp op, HyUint128 key);
void hy_key_range_clamp(HyKeyRange *range, HyUint128 low, HyUint128 high);

/* The dictionary entries [begin, end) pass; with invert all others. Ordered dictionaries only. */
typedef struct HyCodeRange {
    uint32_t begin, end;
    bool invert;
} HyCodeRange;
HyCodeRange hy_chunk_dictionary_range(const HyChunk *chunk, HyCompareOp op, const HyValue *value);
/* The entries equal to `value`, which is above all entries before `from`. */
HyCodeRange hy_chunk_dictionary_next(const HyChunk *chunk, const HyValue *value, uint32_t from);

#endif
