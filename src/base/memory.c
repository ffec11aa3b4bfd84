#include "base/memory.h"
#include "base/bytes.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT ((size_t)64)

/* From this size on memory comes from mmap: growing moves pages instead of copying, zeroing is
 * free, and huge pages spare address translation misses in hash tables. Under ASan all comes from
 * malloc, so that leaks and overruns are seen. */
#if defined(__SANITIZE_ADDRESS__)
#define MAP_FROM SIZE_MAX
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MAP_FROM SIZE_MAX
#endif
#endif
#ifndef MAP_FROM
#define MAP_FROM ((size_t)16 << 20)
#endif

void hy_memory_init(HyMemory *memory, HyMemory *parent, size_t limit_bytes)
{
    memory->parent = parent;
    atomic_init(&memory->used_bytes, 0);
    atomic_init(&memory->peak_bytes, 0);
    memory->limit_bytes = limit_bytes;
    atomic_init(&memory->cached_bytes, 0);
    memory->reclaim = NULL;
    memory->reclaim_context = NULL;
}

static void give_back(HyMemory *memory, const HyMemory *end, size_t size)
{
    for (; memory != end; memory = memory->parent)
        atomic_fetch_sub_explicit(&memory->used_bytes, size, memory_order_relaxed);
}

static void raise_peak(HyMemory *memory, size_t used)
{
    size_t peak = atomic_load_explicit(&memory->peak_bytes, memory_order_relaxed);
    while (used > peak && !atomic_compare_exchange_weak_explicit(&memory->peak_bytes, &peak, used,
                              memory_order_relaxed, memory_order_relaxed))
        ;
}

static bool fits(const HyMemory *m, size_t used, size_t size)
{
    return used <= m->limit_bytes && size <= m->limit_bytes - used;
}

/* Counts `size` bytes, letting cached ones go when there is no room otherwise. */
static bool take_in(HyMemory *m, size_t size)
{
    size_t before = atomic_fetch_add_explicit(&m->used_bytes, size, memory_order_relaxed);
    if (HY_UNLIKELY(!fits(m, before, size)) && m->reclaim &&
        atomic_load_explicit(&m->cached_bytes, memory_order_relaxed) > 0) {
        m->reclaim(m->reclaim_context, size);
        before = atomic_load_explicit(&m->used_bytes, memory_order_relaxed) - size;
    }
    if (HY_UNLIKELY(!fits(m, before, size))) {
        atomic_fetch_sub_explicit(&m->used_bytes, size, memory_order_relaxed);
        return false;
    }
    raise_peak(m, before + size);
    return true;
}

/* Counts `size` bytes in the whole chain, or in none of it. */
static HyStatus take(HyMemory *memory, size_t size)
{
    for (HyMemory *m = memory; m; m = m->parent) {
        if (HY_LIKELY(take_in(m, size)))
            continue;
        give_back(memory, m, size);
        size_t used = atomic_load_explicit(&m->used_bytes, memory_order_relaxed);
        return hy_error_hint(
            hy_error_detail(hy_error("53200", "memory limit of %zu bytes exceeded", m->limit_bytes),
                "%zu bytes are in use, %zu more were requested", used, size),
            "raise memory_limit, or let the statement keep less at a time: this part of it cannot "
            "go to disk");
    }
    return HY_OK;
}

static void *map_pages(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    (void)madvise(p, size, MADV_HUGEPAGE); /* only advice: a kernel without it is fine */
    return p;
}

static void *raw_alloc(size_t size)
{
    if (size > PTRDIFF_MAX)
        return NULL;
    if (size >= MAP_FROM)
        return map_pages(size);
    return aligned_alloc(ALIGNMENT, (size_t)hy_align_up(size ? size : 1, ALIGNMENT));
}

static void raw_free(void *ptr, size_t size)
{
    if (size >= MAP_FROM)
        munmap(ptr, size);
    else
        free(ptr);
}

HyStatus hy_memory_alloc(HyMemory *memory, size_t size, void **out)
{
    HY_TRY(take(memory, size));
    void *p = raw_alloc(size);
    if (!p) {
        give_back(memory, NULL, size);
        return hy_error_oom(size);
    }
    *out = p;
    return HY_OK;
}

HyStatus hy_memory_zalloc(HyMemory *memory, size_t size, void **out)
{
    HY_TRY(hy_memory_alloc(memory, size, out));
    if (size < MAP_FROM)
        memset(*out, 0, size);
    return HY_OK;
}

HyStatus hy_memory_grow(HyMemory *memory, void **ptr, size_t old_size, size_t new_size)
{
    if (!*ptr)
        return hy_memory_alloc(memory, new_size, ptr);
    if (old_size >= MAP_FROM && new_size >= MAP_FROM && new_size <= PTRDIFF_MAX) {
        size_t more = new_size > old_size ? new_size - old_size : 0;
        HY_TRY(take(memory, more));
        void *moved = mremap(*ptr, old_size, new_size, MREMAP_MAYMOVE);
        if (moved == MAP_FAILED) {
            give_back(memory, NULL, more);
            return hy_error_oom(new_size);
        }
        *ptr = moved;
        give_back(memory, NULL, old_size + more - new_size);
        return HY_OK;
    }
    void *copy = NULL;
    HY_TRY(hy_memory_alloc(memory, new_size, &copy));
    memcpy(copy, *ptr, old_size < new_size ? old_size : new_size);
    hy_memory_free(memory, *ptr, old_size);
    *ptr = copy;
    return HY_OK;
}

/* From MAP_FROM on all pages behind the old content are fresh: nobody writes behind a size. */
HyStatus hy_memory_grow_zeroed(HyMemory *memory, void **ptr, size_t old_size, size_t new_size)
{
    HY_TRY(hy_memory_grow(memory, ptr, old_size, new_size));
    if (new_size < MAP_FROM && new_size > old_size)
        memset((char *)*ptr + old_size, 0, new_size - old_size);
    return HY_OK;
}

void hy_memory_free(HyMemory *memory, void *ptr, size_t size)
{
    if (!ptr)
        return;
    raw_free(ptr, size);
    give_back(memory, NULL, size);
}

void hy_memory_disown(HyMemory *memory, size_t size)
{
    give_back(memory, NULL, size);
}

size_t hy_memory_limit(const HyMemory *memory)
{
    size_t limit = SIZE_MAX;
    for (; memory; memory = memory->parent)
        limit = memory->limit_bytes < limit ? memory->limit_bytes : limit;
    return limit;
}

bool hy_memory_exceeds(const HyMemory *memory, size_t more, unsigned percent)
{
    for (; memory; memory = memory->parent) {
        size_t used = atomic_load_explicit(&memory->used_bytes, memory_order_relaxed);
        size_t cached = atomic_load_explicit(&memory->cached_bytes, memory_order_relaxed);
        size_t kept = used > cached ? used - cached : 0;
        size_t bound = memory->limit_bytes / 100 * percent;
        if (kept > bound || more > bound - kept)
            return true;
    }
    return false;
}

void hy_memory_cache_add(HyMemory *memory, size_t size)
{
    for (; memory; memory = memory->parent) {
        atomic_fetch_add_explicit(&memory->used_bytes, size, memory_order_relaxed);
        atomic_fetch_add_explicit(&memory->cached_bytes, size, memory_order_relaxed);
    }
}

void hy_memory_cache_remove(HyMemory *memory, size_t size)
{
    for (; memory; memory = memory->parent) {
        atomic_fetch_sub_explicit(&memory->cached_bytes, size, memory_order_relaxed);
        atomic_fetch_sub_explicit(&memory->used_bytes, size, memory_order_relaxed);
    }
}
