/* Accounting of large memory. A budget counts the bytes that chunks, hash tables and sort runs take
 * and refuses more than its limit (53200), so that operators can decide to spill. Budgets form a
 * chain: statement -> session -> instance. Thread-safe. */
#ifndef HY_BASE_MEMORY_H
#define HY_BASE_MEMORY_H

#include "base/status.h"
#include <stdatomic.h>
#include <stdbool.h>

typedef struct HyMemory HyMemory;
struct HyMemory {
    HyMemory *parent; /* or NULL */
    atomic_size_t used_bytes;
    atomic_size_t peak_bytes;
    size_t limit_bytes; /* SIZE_MAX: no limit */
    /* What is kept only because there is room: part of used_bytes. Before a request is refused,
     * `reclaim` is asked to let at least `bytes` of it go. */
    atomic_size_t cached_bytes;
    void (*reclaim)(void *context, size_t bytes); /* or NULL */
    void *reclaim_context;
};

void hy_memory_init(HyMemory *memory, HyMemory *parent, size_t limit_bytes);
/* malloc / realloc / free with accounting; sizes are told by the caller. `memory` may be NULL:
 * plain malloc. Memory is aligned to 64 bytes. Errors: 53200, naming the limit. */
HyStatus hy_memory_alloc(HyMemory *memory, size_t size, void **out) HY_MUST_CHECK;
HyStatus hy_memory_zalloc(HyMemory *memory, size_t size, void **out) HY_MUST_CHECK;
/* Grows *ptr from old_size to new_size, keeping its content. *ptr may be NULL with old_size 0. */
HyStatus hy_memory_grow(
    HyMemory *memory, void **ptr, size_t old_size, size_t new_size) HY_MUST_CHECK;
/* The same with what is new zeroed. Costs nothing where pages are fresh. */
HyStatus hy_memory_grow_zeroed(
    HyMemory *memory, void **ptr, size_t old_size, size_t new_size) HY_MUST_CHECK;
void hy_memory_free(HyMemory *memory, void *ptr, size_t size);
/* Counts so many bytes no longer, without freeing them: free them with `memory` NULL. */
void hy_memory_disown(HyMemory *memory, size_t size);

/* The smallest limit of the chain; SIZE_MAX: none (also for NULL). */
size_t hy_memory_limit(const HyMemory *memory);
/* Whether, caches aside, more than `percent` of some limit of the chain is in use or would be with
 * `more` bytes: when operators that can put their rows on disk do so. */
bool hy_memory_exceeds(const HyMemory *memory, size_t more, unsigned percent);
/* Counts cached bytes that were allocated elsewhere, or no longer; never refused. NULL is fine. */
void hy_memory_cache_add(HyMemory *memory, size_t size);
void hy_memory_cache_remove(HyMemory *memory, size_t size);

#endif
