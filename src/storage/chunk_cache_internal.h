/* The cache as blocks see it. An entry is embedded in the object whose chunk it holds. */
#ifndef HY_STORAGE_CHUNK_CACHE_INTERNAL_H
#define HY_STORAGE_CHUNK_CACHE_INTERNAL_H

#include "storage/chunk.h"
#include "storage/chunk_cache.h"

typedef enum HyCacheState { HY_CACHE_EMPTY, HY_CACHE_LOADING, HY_CACHE_READY } HyCacheState;

/* Zero-initialised: empty. All fields are guarded by the cache's mutex. */
typedef struct HyCacheEntry HyCacheEntry;
struct HyCacheEntry {
    HyCacheEntry *prev, *next; /* ring of the ready ones */
    HyChunk *chunk;
    size_t bytes;
    uint32_t n_pins;
    HyCacheState state;
    bool was_used; /* since the hand last came by */
};

/* Makes the chunk of an entry; called without the cache's mutex, by one thread per entry at a time.
 */
typedef HyStatus (*HyCacheLoadFn)(void *context, HyChunk **out);

HyStatus hy_chunk_cache_pin(HyChunkCache *cache, HyCacheEntry *entry, HyCacheLoadFn load,
    void *context, const HyChunk **out) HY_MUST_CHECK;
/* Pins it only if it is there. */
bool hy_chunk_cache_pin_resident(HyChunkCache *cache, HyCacheEntry *entry, const HyChunk **out);
void hy_chunk_cache_unpin(HyChunkCache *cache, HyCacheEntry *entry);
/* Takes over `chunk` if the entry is empty, else destroys it. */
void hy_chunk_cache_offer(HyChunkCache *cache, HyCacheEntry *entry, HyChunk *chunk);
/* Before the entry dies. It must not be pinned. */
void hy_chunk_cache_forget(HyChunkCache *cache, HyCacheEntry *entry);

#endif
