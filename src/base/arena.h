/* Memory of one statement (or another short life): many small pieces, freed together.
 *
 * Nothing in an arena is freed alone. An arena belongs to one thread at a time. */
#ifndef HY_BASE_ARENA_H
#define HY_BASE_ARENA_H

#include "base/memory.h"
#include "base/status.h"
#include <stdbool.h>

typedef struct HyArena HyArena;

/* NULL when out of memory. */
HyArena *hy_arena_create(void);
/* The same with its memory counted in a budget, beyond which allocations give NULL. */
HyArena *hy_arena_create_in(HyMemory *memory);
void hy_arena_destroy(HyArena *arena);
/* Gives back everything handed out, keeping memory for the next round of about the same need: for
 * the arena of a batch. All pointers into the arena die. */
void hy_arena_reset(HyArena *arena);

/* Uninitialised / zeroed memory aligned to 16 bytes; NULL when out of memory. size 0 gives a valid
 * pointer. */
void *hy_arena_alloc(HyArena *arena, size_t size) HY_MUST_CHECK;
void *hy_arena_zalloc(HyArena *arena, size_t size) HY_MUST_CHECK;
/* A zero-terminated copy of len bytes; NULL when out of memory. */
char *hy_arena_strndup(HyArena *arena, const char *text, size_t len) HY_MUST_CHECK;
char *hy_arena_printf(HyArena *arena, const char *format, ...) HY_PRINTF(2, 3) HY_MUST_CHECK;

/* Calls `release(object)` when the arena is destroyed or reset, in reverse order of registration:
 * for what foreign libraries allocate. False when out of memory; nothing is registered then. */
bool hy_arena_defer(HyArena *arena, void (*release)(void *object), void *object) HY_MUST_CHECK;

/* Bytes handed out so far. */
size_t hy_arena_used_bytes(const HyArena *arena);

/* size * count, or SIZE_MAX (which no allocation grants) when that overflows. */
static inline size_t hy_array_bytes(size_t size, size_t count)
{
    size_t bytes;
    return __builtin_mul_overflow(size, count, &bytes) ? SIZE_MAX : bytes;
}

/* Allocates `count` zeroed elements into `lvalue` or returns 53200 from the calling function. */
#define HY_ARENA_NEW(arena, lvalue, count)                                                         \
    do {                                                                                           \
        size_t bytes_ = hy_array_bytes(sizeof(*(lvalue)), (size_t)(count));                        \
        (lvalue) = hy_arena_zalloc((arena), bytes_);                                               \
        if (HY_UNLIKELY(!(lvalue)))                                                                \
            return hy_error_oom(bytes_);                                                           \
    } while (0)

#endif
