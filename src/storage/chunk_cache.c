#include "storage/chunk_cache_internal.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct HyChunkCache {
    pthread_mutex_t mutex;
    pthread_cond_t loaded; /* some entry stopped loading */
    HyCacheEntry *hand;    /* of the clock; NULL: the ring is empty */
    size_t n_entries;
    HyChunkCacheStats stats;
    HyMemory *memory; /* or NULL */
};

static void reclaim(void *context, size_t bytes);

HyStatus hy_chunk_cache_create(size_t budget_bytes, HyMemory *memory, HyChunkCache **out)
{
    HyChunkCache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return hy_error_oom(sizeof *cache);
    pthread_mutex_init(&cache->mutex, NULL);
    pthread_cond_init(&cache->loaded, NULL);
    cache->stats.budget_bytes = budget_bytes;
    cache->memory = memory;
    if (memory) {
        memory->reclaim_context = cache;
        memory->reclaim = reclaim;
    }
    *out = cache;
    return HY_OK;
}

void hy_chunk_cache_destroy(HyChunkCache *cache)
{
    if (!cache)
        return;
    assert(!cache->hand);
    if (cache->memory)
        cache->memory->reclaim = NULL;
    pthread_cond_destroy(&cache->loaded);
    pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

/* Behind the hand: the place that it comes to last. */
static void ring_insert(HyChunkCache *cache, HyCacheEntry *entry)
{
    if (!cache->hand) {
        entry->prev = entry->next = entry;
        cache->hand = entry;
    } else {
        entry->next = cache->hand;
        entry->prev = cache->hand->prev;
        entry->prev->next = entry;
        entry->next->prev = entry;
    }
    cache->n_entries++;
    cache->stats.used_bytes += entry->bytes;
    hy_memory_cache_add(cache->memory, entry->bytes);
}

/* Gives the chunk, now the caller's. */
static HyChunk *ring_remove(HyChunkCache *cache, HyCacheEntry *entry)
{
    if (entry->next == entry) {
        cache->hand = NULL;
    } else {
        entry->prev->next = entry->next;
        entry->next->prev = entry->prev;
        if (cache->hand == entry)
            cache->hand = entry->next;
    }
    cache->n_entries--;
    cache->stats.used_bytes -= entry->bytes;
    hy_memory_cache_remove(cache->memory, entry->bytes);
    HyChunk *chunk = entry->chunk;
    *entry = (HyCacheEntry){.state = HY_CACHE_EMPTY};
    return chunk;
}

/* Lets chunks go until no more than `wanted_bytes` are there or all that are left are in use.
 * Chunks are destroyed without the mutex, a few at a time. */
static void shrink_and_unlock(HyChunkCache *cache, size_t wanted_bytes)
{
    HyChunk *victims[16];
    size_t n_victims;
    do {
        n_victims = 0;
        size_t n_looked_at = 0;
        while (cache->stats.used_bytes > wanted_bytes && cache->hand &&
               n_looked_at < 2 * cache->n_entries && n_victims < HY_ARRAY_LEN(victims)) {
            HyCacheEntry *entry = cache->hand;
            n_looked_at++;
            cache->hand = entry->next;
            if (entry->n_pins > 0)
                continue;
            if (entry->was_used) {
                entry->was_used = false;
                continue;
            }
            victims[n_victims++] = ring_remove(cache, entry);
            cache->stats.n_evictions++;
        }
        pthread_mutex_unlock(&cache->mutex);
        for (size_t i = 0; i < n_victims; i++)
            hy_chunk_destroy(victims[i]);
        if (n_victims == HY_ARRAY_LEN(victims))
            pthread_mutex_lock(&cache->mutex);
    } while (n_victims == HY_ARRAY_LEN(victims));
}

/* What the budget allows, or less when the memory that counts the cache is full. */
static size_t allowed_bytes(const HyChunkCache *cache)
{
    const HyMemory *memory = cache->memory;
    size_t allowed = cache->stats.budget_bytes;
    if (!memory)
        return allowed;
    size_t used = atomic_load_explicit(&memory->used_bytes, memory_order_relaxed);
    if (used <= memory->limit_bytes)
        return allowed;
    size_t over = used - memory->limit_bytes;
    size_t room = over < cache->stats.used_bytes ? cache->stats.used_bytes - over : 0;
    return room < allowed ? room : allowed;
}

static void evict_and_unlock(HyChunkCache *cache)
{
    shrink_and_unlock(cache, allowed_bytes(cache));
}

static void reclaim(void *context, size_t bytes)
{
    HyChunkCache *cache = context;
    pthread_mutex_lock(&cache->mutex);
    size_t used = cache->stats.used_bytes;
    shrink_and_unlock(cache, used > bytes ? used - bytes : 0);
}

void hy_chunk_cache_set_budget(HyChunkCache *cache, size_t budget_bytes)
{
    pthread_mutex_lock(&cache->mutex);
    cache->stats.budget_bytes = budget_bytes;
    evict_and_unlock(cache);
}

void hy_chunk_cache_stats(HyChunkCache *cache, HyChunkCacheStats *out)
{
    pthread_mutex_lock(&cache->mutex);
    *out = cache->stats;
    pthread_mutex_unlock(&cache->mutex);
}

static void fill_entry(HyChunkCache *cache, HyCacheEntry *entry, HyChunk *chunk)
{
    HyChunkInfo info;
    hy_chunk_info(chunk, &info);
    entry->chunk = chunk;
    entry->bytes = info.memory_bytes;
    entry->state = HY_CACHE_READY;
    ring_insert(cache, entry);
}

bool hy_chunk_cache_pin_resident(HyChunkCache *cache, HyCacheEntry *entry, const HyChunk **out)
{
    pthread_mutex_lock(&cache->mutex);
    bool is_there = entry->state == HY_CACHE_READY;
    if (is_there) {
        entry->n_pins++;
        entry->was_used = true;
        cache->stats.n_hits++;
        *out = entry->chunk;
    }
    pthread_mutex_unlock(&cache->mutex);
    return is_there;
}

HyStatus hy_chunk_cache_pin(HyChunkCache *cache, HyCacheEntry *entry, HyCacheLoadFn load,
    void *context, const HyChunk **out)
{
    pthread_mutex_lock(&cache->mutex);
    while (entry->state == HY_CACHE_LOADING)
        pthread_cond_wait(&cache->loaded, &cache->mutex);
    if (entry->state == HY_CACHE_READY) {
        entry->n_pins++;
        entry->was_used = true;
        cache->stats.n_hits++;
        *out = entry->chunk;
        pthread_mutex_unlock(&cache->mutex);
        return HY_OK;
    }
    entry->state = HY_CACHE_LOADING;
    cache->stats.n_loads++;
    pthread_mutex_unlock(&cache->mutex);

    HyChunk *chunk = NULL;
    HyStatus st = load(context, &chunk);

    pthread_mutex_lock(&cache->mutex);
    pthread_cond_broadcast(&cache->loaded);
    if (st) {
        entry->state = HY_CACHE_EMPTY;
        pthread_mutex_unlock(&cache->mutex);
        return st;
    }
    fill_entry(cache, entry, chunk);
    entry->n_pins = 1;
    entry->was_used = true;
    *out = chunk;
    evict_and_unlock(cache);
    return HY_OK;
}

void hy_chunk_cache_unpin(HyChunkCache *cache, HyCacheEntry *entry)
{
    pthread_mutex_lock(&cache->mutex);
    assert(entry->n_pins > 0);
    entry->n_pins--;
    if (cache->stats.used_bytes > allowed_bytes(cache))
        evict_and_unlock(cache);
    else
        pthread_mutex_unlock(&cache->mutex);
}

void hy_chunk_cache_offer(HyChunkCache *cache, HyCacheEntry *entry, HyChunk *chunk)
{
    pthread_mutex_lock(&cache->mutex);
    if (entry->state == HY_CACHE_EMPTY) {
        fill_entry(cache, entry, chunk);
        evict_and_unlock(cache);
        return;
    }
    pthread_mutex_unlock(&cache->mutex);
    hy_chunk_destroy(chunk);
}

void hy_chunk_cache_forget(HyChunkCache *cache, HyCacheEntry *entry)
{
    HyChunk *chunk = NULL;
    pthread_mutex_lock(&cache->mutex);
    assert(entry->n_pins == 0 && entry->state != HY_CACHE_LOADING);
    if (entry->state == HY_CACHE_READY)
        chunk = ring_remove(cache, entry);
    pthread_mutex_unlock(&cache->mutex);
    hy_chunk_destroy(chunk);
}
