#include "base/arena.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT       ((size_t)16)
#define FIRST_CHUNK     ((size_t)4096)
#define LARGEST_REGULAR ((size_t)1 << 20)

typedef struct Chunk Chunk;
struct Chunk {
    Chunk *next;
    size_t size; /* of the bytes that follow the header */
};

typedef struct Deferred Deferred;
struct Deferred {
    Deferred *next;
    void (*release)(void *object);
    void *object;
};

/* The chunk in use is the first of the list and is filled from `pos` to `end`. Sizes double from
 * chunk to chunk up to 1 MiB; what is larger than a quarter of the next chunk gets a chunk of its
 * own behind the first, so that the rest of the first is not lost. */
struct HyArena {
    Chunk *chunks;
    char *pos;
    char *end;
    size_t next_size;
    size_t used_bytes;
    Deferred *deferred; /* the latest first; they lie in the arena itself */
    HyMemory *memory;   /* or NULL */
};

_Static_assert(sizeof(Chunk) % 16 == 0, "chunk data must stay aligned");

HyArena *hy_arena_create(void)
{
    HyArena *arena = calloc(1, sizeof *arena);
    if (arena)
        arena->next_size = FIRST_CHUNK;
    return arena;
}

HyArena *hy_arena_create_in(HyMemory *memory)
{
    HyArena *arena = hy_arena_create();
    if (arena)
        arena->memory = memory;
    return arena;
}

static void free_chunk(const HyArena *arena, Chunk *chunk)
{
    if (arena->memory)
        hy_memory_free(arena->memory, chunk, sizeof *chunk + chunk->size);
    else
        free(chunk);
}

static void run_deferred(HyArena *arena)
{
    for (const Deferred *d = arena->deferred; d; d = d->next)
        d->release(d->object);
    arena->deferred = NULL;
}

void hy_arena_destroy(HyArena *arena)
{
    if (!arena)
        return;
    run_deferred(arena);
    for (Chunk *chunk = arena->chunks; chunk;) {
        Chunk *next = chunk->next;
        free_chunk(arena, chunk);
        chunk = next;
    }
    free(arena);
}

/* Keeps the chunk in use if the round fitted into it; else the next round's first chunk is made as
 * large as this round, so that from then on one chunk serves. */
void hy_arena_reset(HyArena *arena)
{
    run_deferred(arena);
    Chunk *kept = arena->chunks;
    if (!kept) {
        arena->used_bytes = 0;
        return;
    }
    if (kept->next && kept->size < LARGEST_REGULAR) {
        while (arena->next_size < arena->used_bytes && arena->next_size < LARGEST_REGULAR)
            arena->next_size *= 2;
        kept = NULL;
    }
    for (Chunk *chunk = arena->chunks; chunk;) {
        Chunk *next = chunk->next;
        if (chunk != kept)
            free_chunk(arena, chunk);
        chunk = next;
    }
    if (kept)
        kept->next = NULL;
    arena->chunks = kept;
    arena->pos = kept ? (char *)(kept + 1) : NULL;
    arena->end = kept ? arena->pos + kept->size : NULL;
    arena->used_bytes = 0;
}

static Chunk *new_chunk(const HyArena *arena, size_t size)
{
    void *chunk = NULL;
    if (!arena->memory)
        chunk = malloc(sizeof(Chunk) + size);
    else
        hy_error_free(hy_memory_alloc(arena->memory, sizeof(Chunk) + size, &chunk));
    if (chunk)
        *(Chunk *)chunk = (Chunk){.size = size};
    return chunk;
}

/* `size` is aligned and does not fit into the chunk in use. */
static void *alloc_slow(HyArena *arena, size_t size)
{
    bool alone = size > arena->next_size / 4;
    Chunk *chunk = new_chunk(arena, alone ? size : arena->next_size);
    if (!chunk)
        return NULL;
    arena->used_bytes += size;
    if (alone && arena->chunks) {
        chunk->next = arena->chunks->next;
        arena->chunks->next = chunk;
        return chunk + 1;
    }
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->pos = (char *)(chunk + 1) + size;
    arena->end = (char *)(chunk + 1) + chunk->size;
    if (!alone && arena->next_size < LARGEST_REGULAR)
        arena->next_size *= 2;
    return chunk + 1;
}

void *hy_arena_alloc(HyArena *arena, size_t size)
{
    if (HY_UNLIKELY(size > PTRDIFF_MAX / 2))
        return NULL;
    size = (size + (size == 0) + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (HY_UNLIKELY(size > (size_t)(arena->end - arena->pos)))
        return alloc_slow(arena, size);
    void *result = arena->pos;
    arena->pos += size;
    arena->used_bytes += size;
    return result;
}

void *hy_arena_zalloc(HyArena *arena, size_t size)
{
    void *result = hy_arena_alloc(arena, size);
    return result ? memset(result, 0, size) : NULL;
}

char *hy_arena_strndup(HyArena *arena, const char *text, size_t len)
{
    if (len == SIZE_MAX)
        return NULL;
    char *copy = hy_arena_alloc(arena, len + 1);
    if (!copy)
        return NULL;
    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = 0;
    return copy;
}

char *hy_arena_printf(HyArena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = len < 0 ? NULL : hy_arena_alloc(arena, (size_t)len + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

bool hy_arena_defer(HyArena *arena, void (*release)(void *object), void *object)
{
    Deferred *d = hy_arena_alloc(arena, sizeof *d);
    if (!d)
        return false;
    *d = (Deferred){.next = arena->deferred, .release = release, .object = object};
    arena->deferred = d;
    return true;
}

size_t hy_arena_used_bytes(const HyArena *arena)
{
    return arena->used_bytes;
}
