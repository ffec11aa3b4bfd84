/* Keeps chunks that were read from the file in memory up to a byte budget, shared by all databases
 * of an instance. A chunk in use is pinned and stays; others leave in clock order (a second chance
 * for whatever was used since the hand last came by). With everything pinned the budget is exceeded
 * rather than an error raised: whoever pins is bounded by its own work. Thread-safe.
 *
 * Only storage/block.c puts chunks in; users see hy_relation_chunk. */
#ifndef HY_STORAGE_CHUNK_CACHE_H
#define HY_STORAGE_CHUNK_CACHE_H

#include "base/memory.h"
#include <stddef.h>
#include <stdint.h>

typedef struct HyChunkCache HyChunkCache;

/* What the cache holds is counted in `memory` (may be NULL), which asks for it back when it needs
 * room. */
HyStatus hy_chunk_cache_create(
    size_t budget_bytes, HyMemory *memory, HyChunkCache **out) HY_MUST_CHECK;
/* No block of the cache may live any more. NULL is fine. */
void hy_chunk_cache_destroy(HyChunkCache *cache);

/* Takes effect at once: chunks that are too many leave. */
void hy_chunk_cache_set_budget(HyChunkCache *cache, size_t budget_bytes);

typedef struct HyChunkCacheStats {
    size_t budget_bytes;
    size_t used_bytes;
    uint64_t n_hits;
    uint64_t n_loads;
    uint64_t n_evictions;
} HyChunkCacheStats;
void hy_chunk_cache_stats(HyChunkCache *cache, HyChunkCacheStats *out);

#endif
