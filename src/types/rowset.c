#include "types/rowset.h"
#include <stdlib.h>

#define FIRST_PIECE_ROWS 16
#define FIRST_HEAP_BYTES ((size_t)1 << 12)
#define MAX_HEAP_BYTES   ((size_t)1 << 20)

/* String bytes; a chain in which the newest chunk is filled. */
typedef struct HeapChunk HeapChunk;
struct HeapChunk {
    HeapChunk *next;
    size_t capacity; /* of bytes[] */
    size_t used;
    char bytes[];
};

/* One allocation holds the values of all columns and, behind them, room for their validity words.
 */
typedef struct Piece {
    HyBatch batch;
    size_t capacity; /* rows */
    size_t block_bytes;
    void *block;
    uint64_t
        *validity; /* n_cols x words(capacity); a column's vector points here once it has a null */
} Piece;

struct HyRowset {
    HyMemory *memory;
    size_t n_cols;
    size_t n_rows;
    HyType *types;
    Piece *pieces;
    size_t n_pieces;
    size_t piece_capacity; /* of pieces[] */
    size_t memory_bytes;
    HeapChunk *heap;
};

HyStatus hy_rowset_create(const HyType *types, size_t n_cols, HyMemory *memory, HyRowset **out)
{
    /* The struct, the types and copies of element types in one piece. */
    size_t bytes = sizeof(HyRowset) + 2 * n_cols * sizeof(HyType);
    HyRowset *rowset = calloc(1, bytes);
    if (!rowset)
        return hy_error_oom(bytes);
    rowset->memory = memory;
    rowset->n_cols = n_cols;
    rowset->types = (HyType *)(rowset + 1);
    HyType *elements = rowset->types + n_cols;
    for (size_t i = 0; i < n_cols; i++) {
        rowset->types[i] = types[i];
        if (types[i].element) {
            elements[i] = *types[i].element;
            rowset->types[i].element = &elements[i];
        }
    }
    *out = rowset;
    return HY_OK;
}

static void free_piece(HyRowset *rowset, Piece *piece)
{
    hy_memory_free(rowset->memory, piece->block, piece->block_bytes);
    rowset->memory_bytes -= piece->block_bytes;
    free(piece->batch.cols);
}

void hy_rowset_destroy(HyRowset *rowset)
{
    if (!rowset)
        return;
    for (size_t i = 0; i < rowset->n_pieces; i++)
        free_piece(rowset, &rowset->pieces[i]);
    free(rowset->pieces);
    for (HeapChunk *chunk = rowset->heap; chunk;) {
        HeapChunk *next = chunk->next;
        hy_memory_free(rowset->memory, chunk, sizeof *chunk + chunk->capacity);
        chunk = next;
    }
    free(rowset);
}

static HyStatus make_piece(HyRowset *rowset, size_t capacity, Piece *out)
{
    size_t words = hy_bitmap_words(capacity);
    size_t bytes = rowset->n_cols * words * 8;
    for (size_t i = 0; i < rowset->n_cols; i++)
        bytes += hy_physical_size(hy_type_physical(rowset->types[i])) * capacity;
    Piece piece = {.capacity = capacity, .block_bytes = bytes ? bytes : 1};
    piece.batch.n_cols = rowset->n_cols;
    piece.batch.cols = calloc(rowset->n_cols ? rowset->n_cols : 1, sizeof *piece.batch.cols);
    if (!piece.batch.cols)
        return hy_error_oom(rowset->n_cols * sizeof *piece.batch.cols);
    HyStatus st = hy_memory_alloc(rowset->memory, piece.block_bytes, &piece.block);
    if (st) {
        free(piece.batch.cols);
        return st;
    }
    rowset->memory_bytes += piece.block_bytes;
    /* Wide columns first would do as well: capacities are multiples of 16, so every column starts
     * at a multiple of 16 bytes. */
    char *next = piece.block;
    for (size_t i = 0; i < rowset->n_cols; i++) {
        piece.batch.cols[i] = (HyVector){.type = rowset->types[i], .kind = HY_VECTOR_FLAT};
        piece.batch.cols[i].data = next;
        next += hy_physical_size(hy_type_physical(rowset->types[i])) * capacity;
    }
    piece.validity = (uint64_t *)(void *)next;
    *out = piece;
    return HY_OK;
}

/* The last piece becomes larger; only the first of a rowset starts small. */
static HyStatus grow_last_piece(HyRowset *rowset)
{
    Piece *old = &rowset->pieces[rowset->n_pieces - 1];
    size_t capacity = old->capacity * 4 < HY_VECTOR_SIZE ? old->capacity * 4 : HY_VECTOR_SIZE;
    Piece piece;
    HY_TRY(make_piece(rowset, capacity, &piece));
    size_t n_rows = old->batch.n_rows, words = hy_bitmap_words(capacity);
    piece.batch.n_rows = n_rows;
    for (size_t i = 0; i < rowset->n_cols; i++) {
        const HyVector *from = &old->batch.cols[i];
        memcpy(piece.batch.cols[i].data, from->data,
            hy_physical_size(hy_type_physical(from->type)) * n_rows);
        if (from->validity) {
            piece.batch.cols[i].validity = piece.validity + i * words;
            hy_bitmap_fill(piece.batch.cols[i].validity, capacity, true);
            memcpy(piece.batch.cols[i].validity, from->validity, hy_bitmap_words(n_rows) * 8);
        }
    }
    free_piece(rowset, old);
    *old = piece;
    return HY_OK;
}

static HyStatus reserve_pieces(HyRowset *rowset, size_t n)
{
    if (n <= rowset->piece_capacity)
        return HY_OK;
    size_t capacity = rowset->piece_capacity * 2 > n ? rowset->piece_capacity * 2 : n + 3;
    Piece *pieces = realloc(rowset->pieces, capacity * sizeof *pieces);
    if (!pieces)
        return hy_error_oom(capacity * sizeof *pieces);
    rowset->pieces = pieces;
    rowset->piece_capacity = capacity;
    return HY_OK;
}

/* Makes the last piece one with room for at least a row; `wanted` rows are still to come. */
static HyStatus need_room(HyRowset *rowset, size_t wanted)
{
    if (rowset->n_pieces) {
        const Piece *last = &rowset->pieces[rowset->n_pieces - 1];
        if (last->batch.n_rows < last->capacity)
            return HY_OK;
        if (last->capacity < HY_VECTOR_SIZE)
            return grow_last_piece(rowset);
    }
    size_t capacity = HY_VECTOR_SIZE;
    if (rowset->n_pieces == 0)
        while (capacity / 4 >= wanted && capacity / 4 >= FIRST_PIECE_ROWS)
            capacity /= 4;
    HY_TRY(reserve_pieces(rowset, rowset->n_pieces + 1));
    HY_TRY(make_piece(rowset, capacity, &rowset->pieces[rowset->n_pieces]));
    rowset->n_pieces++;
    return HY_OK;
}

static HyStatus heap_alloc(HyRowset *rowset, size_t bytes, char **out)
{
    HeapChunk *chunk = rowset->heap;
    if (!chunk || chunk->capacity - chunk->used < bytes) {
        size_t capacity = chunk ? chunk->capacity * 2 : FIRST_HEAP_BYTES;
        if (capacity > MAX_HEAP_BYTES)
            capacity = MAX_HEAP_BYTES;
        if (capacity < bytes)
            capacity = bytes;
        void *memory;
        HY_TRY(hy_memory_alloc(rowset->memory, sizeof *chunk + capacity, &memory));
        chunk = memory;
        *chunk = (HeapChunk){.next = rowset->heap, .capacity = capacity};
        rowset->heap = chunk;
        rowset->memory_bytes += sizeof *chunk + capacity;
    }
    *out = chunk->bytes + chunk->used;
    chunk->used += bytes;
    return HY_OK;
}

/* Moves the bytes of n strings into the rowset's heap. Rows of a constant share one copy. */
static HyStatus own_strings(HyRowset *rowset, HyString *s, size_t n, bool constant)
{
    size_t distinct = constant && n ? 1 : n, total = 0;
    for (size_t i = 0; i < distinct; i++)
        total += s[i].len > HY_STRING_INLINE ? s[i].len : 0;
    if (total == 0)
        return HY_OK;
    char *heap;
    HY_TRY(heap_alloc(rowset, total, &heap));
    for (size_t i = 0; i < distinct; i++) {
        if (s[i].len <= HY_STRING_INLINE)
            continue;
        memcpy(heap, s[i].ptr, s[i].len);
        s[i].ptr = heap;
        heap += s[i].len;
    }
    for (size_t i = distinct; i < n; i++)
        s[i] = s[0];
    return HY_OK;
}

static HyStatus append_column(
    HyRowset *rowset, Piece *piece, size_t col, const HyVector *src, size_t start, size_t n)
{
    HyVector *dst = &piece->batch.cols[col];
    size_t row = piece->batch.n_rows;
    if (src->validity && !dst->validity) {
        dst->validity = piece->validity + col * hy_bitmap_words(piece->capacity);
        hy_bitmap_fill(dst->validity, piece->capacity, true);
    }
    HY_TRY(hy_vector_copy(dst, row, src, start, n, NULL));
    if (hy_type_physical(dst->type) != HY_PHYS_STRING)
        return HY_OK;
    return own_strings(rowset, (HyString *)dst->data + row, n, src->kind == HY_VECTOR_CONSTANT);
}

HyStatus hy_rowset_append(HyRowset *rowset, const HyBatch *batch)
{
    for (size_t done = 0; done < batch->n_rows;) {
        size_t left = batch->n_rows - done;
        HY_TRY(need_room(rowset, left));
        Piece *piece = &rowset->pieces[rowset->n_pieces - 1];
        size_t room = piece->capacity - piece->batch.n_rows;
        size_t n = left < room ? left : room;
        for (size_t col = 0; col < rowset->n_cols; col++)
            HY_TRY(append_column(rowset, piece, col, &batch->cols[col], done, n));
        piece->batch.n_rows += n;
        rowset->n_rows += n;
        done += n;
    }
    return HY_OK;
}

HyStatus hy_rowset_splice(HyRowset *into, HyRowset *from)
{
    if (into->memory != from->memory) { /* accounted elsewhere: copy */
        for (size_t i = 0; i < from->n_pieces; i++)
            HY_TRY(hy_rowset_append(into, &from->pieces[i].batch));
    } else {
        HY_TRY(reserve_pieces(into, into->n_pieces + from->n_pieces));
        if (from->n_pieces)
            memcpy(
                into->pieces + into->n_pieces, from->pieces, from->n_pieces * sizeof *from->pieces);
        for (size_t i = into->n_pieces; i < into->n_pieces + from->n_pieces; i++)
            for (size_t col = 0; col < into->n_cols; col++)
                into->pieces[i].batch.cols[col].type = into->types[col];
        into->n_pieces += from->n_pieces;
        into->n_rows += from->n_rows;
        HeapChunk **tail = &into->heap;
        while (*tail)
            tail = &(*tail)->next;
        *tail = from->heap;
        from->heap = NULL;
        from->n_pieces = 0;
        into->memory_bytes += from->memory_bytes;
        from->memory_bytes = 0;
    }
    for (size_t i = 0; i < from->n_pieces; i++)
        free_piece(from, &from->pieces[i]);
    from->n_pieces = 0;
    from->n_rows = 0;
    return HY_OK;
}

size_t hy_rowset_row_count(const HyRowset *rowset)
{
    return rowset->n_rows;
}

void hy_rowset_leave_budget(HyRowset *rowset)
{
    hy_memory_disown(rowset->memory, rowset->memory_bytes);
    rowset->memory = NULL;
}

size_t hy_rowset_memory_bytes(const HyRowset *rowset)
{
    return rowset->memory_bytes;
}

size_t hy_rowset_column_count(const HyRowset *rowset)
{
    return rowset->n_cols;
}

const HyType *hy_rowset_types(const HyRowset *rowset)
{
    return rowset->types;
}

size_t hy_rowset_piece_count(const HyRowset *rowset)
{
    return rowset->n_pieces;
}

const HyBatch *hy_rowset_piece(const HyRowset *rowset, size_t piece)
{
    return &rowset->pieces[piece].batch;
}
