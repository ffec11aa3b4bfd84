#include "storage/tail.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Bytes of strings. A tail writes into its own heap only; views may point into those of the tails
 * it was grown from, which it keeps. */
typedef struct StringHeap StringHeap;
struct StringHeap {
    atomic_uint n_refs;
    StringHeap *parent;
    HyArena *arena;
};

typedef struct TailColumn {
    HyType type;
    bool is_string;
    size_t width;
    void *data;
    uint64_t *validity; /* NULL: not nullable. Bits beyond the rows written are 0 */
    HyZone *zones;      /* NULL: of no integers */
} TailColumn;

struct HyTail {
    atomic_uint n_refs;
    HyMemory *memory;
    StringHeap *heap;
    uint32_t capacity;
    atomic_uint n_claimed;
    size_t n_cols;
    TailColumn columns[];
};

static HyStatus create_heap(StringHeap *parent, StringHeap **out)
{
    StringHeap *heap = calloc(1, sizeof *heap);
    if (!heap)
        return hy_error_oom(sizeof *heap);
    atomic_init(&heap->n_refs, 1);
    heap->arena = hy_arena_create();
    if (!heap->arena) {
        free(heap);
        return hy_error_oom(0);
    }
    if (parent)
        atomic_fetch_add_explicit(&parent->n_refs, 1, memory_order_relaxed);
    heap->parent = parent;
    *out = heap;
    return HY_OK;
}

static void unref_heap(StringHeap *heap)
{
    while (heap && atomic_fetch_sub_explicit(&heap->n_refs, 1, memory_order_acq_rel) == 1) {
        StringHeap *parent = heap->parent;
        hy_arena_destroy(heap->arena);
        free(heap);
        heap = parent;
    }
}

static HyStatus create_tail(const HyTail *like, const HyType *types, size_t n_cols,
    uint32_t capacity, HyMemory *memory, HyTail **out)
{
    HyTail *tail = calloc(1, sizeof *tail + n_cols * sizeof(TailColumn));
    if (!tail)
        return hy_error_oom(sizeof *tail);
    atomic_init(&tail->n_refs, 1);
    tail->memory = memory;
    tail->capacity = capacity;
    tail->n_cols = n_cols;
    HyStatus st = HY_OK;
    HY_GO(create_heap(like ? like->heap : NULL, &tail->heap));
    for (size_t i = 0; i < n_cols; i++) {
        TailColumn *column = &tail->columns[i];
        column->type = like ? like->columns[i].type : types[i];
        HyPhysical physical = hy_type_physical(column->type);
        column->is_string = physical == HY_PHYS_STRING;
        column->width = hy_physical_size(physical);
        HY_GO(hy_memory_alloc(memory, column->width * capacity, &column->data));
        if (column->type.nullable)
            HY_GO(hy_memory_zalloc(
                memory, hy_bitmap_words(capacity) * 8, (void **)&column->validity));
        if (hy_zones_fit(physical)) {
            HY_GO(hy_memory_alloc(
                memory, hy_zone_count(capacity) * sizeof(HyZone), (void **)&column->zones));
            hy_zones_init(column->zones, hy_zone_count(capacity));
        }
    }
    *out = tail;
    tail = NULL;

done:
    hy_tail_unref(tail);
    return st;
}

HyStatus hy_tail_create(
    const HyType *types, size_t n_cols, uint32_t capacity, HyMemory *memory, HyTail **out)
{
    return create_tail(NULL, types, n_cols, capacity, memory, out);
}

/* The first n bits of a bitmap that may be written behind them. */
static void copy_head(uint64_t *restrict dst, const uint64_t *restrict src, uint32_t n)
{
    memcpy(dst, src, n / 64 * 8);
    if (n % 64) {
        uint64_t word = __atomic_load_n(&src[n / 64], __ATOMIC_RELAXED);
        dst[n / 64] = word & ((UINT64_C(1) << n % 64) - 1);
    }
}

HyStatus hy_tail_grow(HyTail *tail, uint32_t n, uint32_t capacity, HyTail **out)
{
    assert(n <= capacity);
    HyTail *grown = NULL;
    HY_TRY(create_tail(tail, NULL, tail->n_cols, capacity, tail->memory, &grown));
    for (size_t i = 0; i < tail->n_cols; i++) {
        const TailColumn *from = &tail->columns[i];
        memcpy(grown->columns[i].data, from->data, n * from->width);
        if (from->validity)
            copy_head(grown->columns[i].validity, from->validity, n);
        if (from->zones && n > 0)
            hy_zones_widen(grown->columns[i].zones, hy_type_physical(from->type), from->data, 0, n);
    }
    atomic_store_explicit(&grown->n_claimed, n, memory_order_relaxed);
    *out = grown;
    return HY_OK;
}

HyTail *hy_tail_ref(HyTail *tail)
{
    atomic_fetch_add_explicit(&tail->n_refs, 1, memory_order_relaxed);
    return tail;
}

void hy_tail_unref(HyTail *tail)
{
    if (!tail || atomic_fetch_sub_explicit(&tail->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < tail->n_cols; i++) {
        TailColumn *column = &tail->columns[i];
        if (column->data)
            hy_memory_free(tail->memory, column->data, column->width * tail->capacity);
        if (column->validity)
            hy_memory_free(tail->memory, column->validity, hy_bitmap_words(tail->capacity) * 8);
        if (column->zones)
            hy_memory_free(
                tail->memory, column->zones, hy_zone_count(tail->capacity) * sizeof(HyZone));
    }
    unref_heap(tail->heap);
    free(tail);
}

uint32_t hy_tail_capacity(const HyTail *tail)
{
    return tail->capacity;
}

bool hy_tail_claim(HyTail *tail, uint32_t n, uint32_t extra)
{
    if (extra > tail->capacity || n > tail->capacity - extra)
        return false;
    unsigned expected = n;
    return atomic_compare_exchange_strong(&tail->n_claimed, &expected, n + extra);
}

/* Sets bits [at, at + n) where `src` (from `from` on; NULL: everywhere) is set. Bits not set are 0
 * already. The first and the last word may be shared with readers. */
static void set_validity(
    uint64_t *validity, uint32_t at, const uint64_t *src, size_t from, uint32_t n)
{
    uint32_t i = 0;
    while (i < n) {
        uint32_t bit = (at + i) % 64;
        uint32_t count = 64 - bit < n - i ? 64 - bit : n - i;
        uint64_t word = ~UINT64_C(0);
        if (src) {
            size_t index = from + i;
            word = src[index / 64] >> (index % 64);
            if (index % 64 + count > 64)
                word |= src[index / 64 + 1] << (64 - index % 64);
        }
        if (count < 64)
            word = (word & ((UINT64_C(1) << count) - 1)) << bit;
        __atomic_fetch_or(&validity[(at + i) / 64], word, __ATOMIC_RELAXED);
        i += count;
    }
}

HyStatus hy_tail_write(
    HyTail *tail, size_t column, uint32_t at, const HyVector *vector, size_t from, uint32_t n)
{
    TailColumn *to = &tail->columns[column];
    assert(hy_type_physical(vector->type) == hy_type_physical(to->type));
    if (to->validity) {
        if (vector->kind == HY_VECTOR_CONSTANT) {
            if (!hy_vector_is_null(vector, 0))
                set_validity(to->validity, at, NULL, 0, n);
        } else {
            set_validity(to->validity, at, vector->validity, from, n);
        }
    }
    HyVector dst = {.type = to->type, .kind = HY_VECTOR_FLAT, .data = to->data};
    HyVector src = *vector;
    src.validity = NULL;
    HY_TRY(hy_vector_copy(&dst, at, &src, from, n, to->is_string ? tail->heap->arena : NULL));
    if (to->zones && n > 0)
        hy_zones_widen(to->zones, hy_type_physical(to->type), to->data, at, n);
    return HY_OK;
}

HyStatus hy_tail_load(HyTail *tail, size_t column, const HyChunk *chunk, uint32_t n)
{
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    HyStatus st = HY_OK;
    for (uint32_t at = 0; at < n;) {
        uint32_t count = n - at < HY_VECTOR_SIZE ? n - at : HY_VECTOR_SIZE;
        HyVector piece;
        hy_arena_reset(arena);
        HY_GO(hy_chunk_read(chunk, at, count, arena, &piece));
        HY_GO(hy_tail_write(tail, column, at, &piece, 0, count));
        at += count;
    }

done:
    hy_arena_destroy(arena);
    return st;
}

const HyZone *hy_tail_zones(const HyTail *tail, size_t column)
{
    return tail->columns[column].zones;
}

const void *hy_tail_data(const HyTail *tail, size_t column)
{
    return tail->columns[column].data;
}

HyStatus hy_tail_validity(const HyTail *tail, size_t column, uint32_t n, uint64_t **out)
{
    *out = NULL;
    const uint64_t *validity = tail->columns[column].validity;
    if (!validity)
        return HY_OK;
    size_t bytes = hy_bitmap_words(n ? n : 1) * 8;
    uint64_t *copy = malloc(bytes);
    if (!copy)
        return hy_error_oom(bytes);
    copy_head(copy, validity, n);
    if (hy_bitmap_count(copy, n) == n) {
        free(copy);
        copy = NULL;
    }
    *out = copy;
    return HY_OK;
}

bool hy_tail_validity_bytes(
    const HyTail *tail, size_t column, uint32_t first, uint32_t n, uint8_t *out)
{
    const uint64_t *validity = tail->columns[column].validity;
    bool has_null = false;
    memset(out, 0, (n + 7) / 8);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = first + i;
        uint64_t word =
            validity ? __atomic_load_n(&validity[row / 64], __ATOMIC_RELAXED) : ~UINT64_C(0);
        uint32_t bit = (uint32_t)(word >> (row % 64)) & 1;
        out[i / 8] = (uint8_t)(out[i / 8] | bit << (i % 8));
        has_null = has_null || !bit;
    }
    return has_null;
}
