/* Hash tables from keys (any number of columns) to numbers 0, 1, 2 .. in the order of first
 * appearance. Grouping, DISTINCT, set operations and recursions build on it; payloads are arrays
 * beside it, indexed by that number. Null is equal to null. One thread at a time. */
#ifndef HY_EXEC_GROUP_TABLE_H
#define HY_EXEC_GROUP_TABLE_H

#include "base/cancel.h"
#include "base/memory.h"
#include "types/vector.h"

/* An array that grows, with the bytes it is accounted for. */
typedef struct HyGrowing {
    void *data;
    size_t bytes;
} HyGrowing;
HyStatus hy_growing_reserve(HyGrowing *array, HyMemory *memory, size_t bytes) HY_MUST_CHECK;
/* The same with what is new zeroed. */
HyStatus hy_growing_reserve_zeroed(HyGrowing *array, HyMemory *memory, size_t bytes) HY_MUST_CHECK;
void hy_growing_free(HyGrowing *array, HyMemory *memory);

typedef struct HyGroupTable {
    HyMemory *memory;
    size_t n_keys;
    const HyType *types; /* borrowed */
    size_t n_groups;
    size_t capacity;     /* groups for which the arrays have room */
    HyGrowing *keys;     /* per column: flat values */
    HyGrowing *validity; /* per column: bitmap, all set beyond n_groups; NULL: no nulls so far */
    HyGrowing hashes;    /* uint64_t per group */
    HyGrowing slots;     /* uint64_t: upper half of the hash | number + 1; 0: empty */
    size_t n_slots;
    HyArena *heap;          /* string bytes */
    const HyCancel *cancel; /* looked at when it grows large; set by the owner, or NULL */
} HyGroupTable;

/* `types` must outlive the table. */
HyStatus hy_group_table_open(
    HyGroupTable *table, const HyType *types, size_t n_keys, HyMemory *memory) HY_MUST_CHECK;
/* Legal on a zeroed table. */
void hy_group_table_close(HyGroupTable *table);

/* Room for n more groups without growing. Errors: 54000 beyond 2^32 - 3 groups. */
HyStatus hy_group_table_reserve(HyGroupTable *table, size_t n) HY_MUST_CHECK;
/* What it takes in the budget. */
size_t hy_group_table_bytes(const HyGroupTable *table);
/* Whether the next batch may make it double. */
static inline bool hy_group_table_may_grow(const HyGroupTable *table)
{
    size_t n = table->n_groups + HY_VECTOR_SIZE;
    return n > table->capacity || n * 3 > table->n_slots * 2;
}

/* Hashes of n rows over the key vectors (0 without keys). */
HyStatus hy_group_hash(
    const HyVector *keys, size_t n_keys, size_t n, uint64_t *hashes) HY_MUST_CHECK;

/* The number of each row's group; new ones are added and get the next numbers. n <= HY_VECTOR_SIZE.
 */
HyStatus hy_group_table_find(HyGroupTable *table, const HyVector *keys, size_t n,
    const uint64_t *hashes, HyArena *scratch, uint32_t *groups) HY_MUST_CHECK;
/* The same without adding: UINT32_MAX where there is none. */
HyStatus hy_group_table_lookup(const HyGroupTable *table, const HyVector *keys, size_t n,
    const uint64_t *hashes, uint32_t *groups) HY_MUST_CHECK;

/* Key column `key` of groups first + [0, n) as a flat vector without copying, if first is a
 * multiple of 64. */
HyVector hy_group_table_key(const HyGroupTable *table, size_t key, size_t first);
/* Key column `key` of the groups sel[0..n). */
HyStatus hy_group_table_gather(const HyGroupTable *table, size_t key, const uint32_t *sel, size_t n,
    HyArena *arena, HyVector *out) HY_MUST_CHECK;

/* A shortcut in front of a table for keys of few distinct values: dictionary codes and small
 * integers give an index into an array of group numbers. Zero-initialise. */
typedef struct HyGroupCoder {
    struct {
        uint64_t dict_id; /* 0: integers from base on */
        int64_t base;
        uint32_t size; /* codes 1 .. size - 1; 0 is null */
    } keys[4];
    size_t n_keys;
    uint32_t *map; /* group + 1; 0: not known */
    size_t map_size;
    unsigned n_misses; /* batches that did not fit; after some it gives up */
} HyGroupCoder;

void hy_group_coder_close(HyGroupCoder *coder);
/* As hy_group_table_find, hashing only what is new. *done = false: does not fit, nothing is done.
 */
HyStatus hy_group_coder_find(HyGroupCoder *coder, HyGroupTable *table, const HyVector *keys,
    size_t n, HyArena *scratch, uint32_t *groups, bool *done) HY_MUST_CHECK;

#endif
