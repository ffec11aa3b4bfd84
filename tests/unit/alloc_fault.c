#include "alloc_fault.h"
#include <stdatomic.h>
#include <stddef.h>

static atomic_int countdown;
static atomic_bool has_failed;

void alloc_fault_arm(int n)
{
    atomic_store(&has_failed, false);
    atomic_store(&countdown, n);
}

bool alloc_fault_disarm(void)
{
    atomic_store(&countdown, 0);
    return atomic_load(&has_failed);
}

static bool shall_fail(void)
{
    if (atomic_load(&countdown) <= 0 || atomic_fetch_sub(&countdown, 1) != 1)
        return false;
    atomic_store(&has_failed, true);
    return true;
}

/* The names are the linker's. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

void *__wrap_malloc(size_t size)
{
    return shall_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return shall_fail() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return shall_fail() ? NULL : __real_realloc(ptr, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return shall_fail() ? NULL : __real_aligned_alloc(alignment, size);
}
