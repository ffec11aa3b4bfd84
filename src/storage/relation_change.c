#include "storage/relation_change.h"
#include "storage/relation_internal.h"
#include <assert.h>
#include <stdlib.h>

HyStatus hy_relation_with_deletes(
    const HyRelation *relation, const HyRowSet *rows, HyRelation **out)
{
    HyRelationParts parts = hy_relation_parts(relation);
    HyDeleteMap *map = NULL;
    int64_t n_new;
    HyStatus st = hy_delete_map_add(parts.deletes, rows, &map, &n_new);
    if (st) {
        hy_relation_parts_release(&parts);
        return st;
    }
    hy_delete_map_unref(parts.deletes);
    parts.deletes = map;
    return hy_relation_assemble(&parts, out);
}

/* What add and drop column do to blocks. */
typedef struct ColumnChange {
    HyBlockStore *store;
    const HyType *types; /* of the new version */
    size_t n_cols;
    size_t dropped;      /* column that goes, or SIZE_MAX */
    const HyValue *fill; /* column that comes, the last one; or NULL */
} ColumnChange;

/* The column that becomes column `to`. */
static size_t source_column(const ColumnChange *change, size_t to)
{
    return to + (to >= change->dropped);
}

static HyStatus encode_fill(const ColumnChange *change, uint32_t n_rows, HyStoredChunk **out)
{
    HyStatus st = HY_OK;
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    HyVector constant, flat;
    HY_GO(hy_vector_constant(arena, change->fill, &constant));
    HY_GO(hy_vector_flatten(arena, &constant, n_rows, &flat));
    const HyBlockStoreOptions *options = hy_block_store_options(change->store);
    HY_GO(hy_stored_chunk_encode(change->store, change->types[change->n_cols - 1], flat.data,
        flat.validity, n_rows, options->compression, out));

done:
    hy_arena_destroy(arena);
    return st;
}

/* A column of a plain block on its own, encoded. */
static HyStatus encode_plain_column(
    const ColumnChange *change, HyStoredChunk *from, uint32_t n_rows, HyStoredChunk **out)
{
    HyStatus st = HY_OK;
    const HyChunk *chunk = NULL;
    HyType type = hy_stored_chunk_type(from);
    HyTail *tail = NULL;
    uint64_t *validity = NULL;
    const HyBlockStoreOptions *options = hy_block_store_options(change->store);
    HY_GO(hy_stored_chunk_pin(from, &chunk));
    HY_GO(hy_tail_create(&type, 1, n_rows, options->memory, &tail));
    HY_GO(hy_tail_load(tail, 0, chunk, n_rows));
    HY_GO(hy_tail_validity(tail, 0, n_rows, &validity));
    HY_GO(hy_stored_chunk_encode(
        change->store, type, hy_tail_data(tail, 0), validity, n_rows, options->compression, out));

done:
    free(validity);
    hy_tail_unref(tail);
    if (chunk)
        hy_stored_chunk_unpin(from);
    return st;
}

static HyStatus change_block(const ColumnChange *change, HyBlock *block, HyBlock **out)
{
    uint32_t n_rows = hy_block_rows(block);
    if (hy_block_state(block) == HY_BLOCK_ABSENT)
        return hy_block_create_absent(n_rows, change->n_cols, out);
    HyStoredChunk **columns = calloc(change->n_cols + 1, sizeof *columns);
    if (!columns)
        return hy_error_oom(change->n_cols * sizeof *columns);
    HyStatus st = HY_OK;
    for (size_t i = 0; i < change->n_cols; i++) {
        if (change->fill && i == change->n_cols - 1) {
            HY_GO(encode_fill(change, n_rows, &columns[i]));
            break;
        }
        HyStoredChunk *from = hy_block_column(block, source_column(change, i));
        if (hy_block_state(block) == HY_BLOCK_PLAIN)
            HY_GO(encode_plain_column(change, from, n_rows, &columns[i]));
        else
            columns[i] = hy_stored_chunk_ref(from);
    }
    st = hy_block_create(n_rows, columns, change->n_cols, out);
    free(columns);
    return st;

done:
    for (size_t i = 0; i < change->n_cols; i++)
        hy_stored_chunk_unref(columns[i]);
    free(columns);
    return st;
}

static HyStatus change_tail(const ColumnChange *change, HyRelation *relation, HyTail **out)
{
    HyStatus st = HY_OK;
    HyTail *tail = NULL;
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    uint32_t n = relation->parts.tail_rows;
    HY_GO(hy_tail_create(change->types, change->n_cols, hy_tail_capacity(relation->parts.tail),
        hy_block_store_options(change->store)->memory, &tail));
    bool claimed = hy_tail_claim(tail, 0, n);
    assert(claimed);
    (void)claimed;
    for (size_t i = 0; i < change->n_cols; i++) {
        if (change->fill && i == change->n_cols - 1) {
            HyVector constant;
            HY_GO(hy_vector_constant(arena, change->fill, &constant));
            HY_GO(hy_tail_write(tail, i, 0, &constant, 0, n));
            break;
        }
        HyChunkPin pin;
        HY_GO(hy_relation_chunk(
            relation, relation->parts.blocks->n, (uint32_t)source_column(change, i), &pin));
        st = hy_tail_load(tail, i, pin.chunk, n);
        hy_chunk_unpin(&pin);
        if (st)
            goto done;
    }
    *out = tail;
    tail = NULL;

done:
    hy_tail_unref(tail);
    hy_arena_destroy(arena);
    return st;
}

static HyStatus change_columns(const ColumnChange *change, HyRelation *relation, HyRelation **out)
{
    HyStatus st = HY_OK;
    size_t n_blocks = relation->parts.blocks->n;
    HyRelationParts parts = {.row_count = relation->parts.row_count,
        .tail_rows = relation->parts.tail_rows,
        .lineage = relation->parts.lineage};
    HyBlock **blocks = calloc(n_blocks + 1, sizeof *blocks);
    if (!blocks)
        return hy_error_oom(n_blocks * sizeof *blocks);
    for (size_t b = 0; b < n_blocks; b++)
        HY_GO(change_block(change, relation->parts.blocks->blocks[b], &blocks[b]));
    if (relation->parts.tail)
        HY_GO(change_tail(change, relation, &parts.tail));
    HY_GO(hy_layout_create(change->types, change->n_cols, &parts.layout));
    st = hy_block_list_create(NULL, 0, blocks, n_blocks, &parts.blocks);
    n_blocks = 0; /* taken over */
    if (st)
        goto done;
    parts.deletes = hy_delete_map_ref(relation->parts.deletes);
    st = hy_relation_assemble(&parts, out);
    parts = (HyRelationParts){0};

done:
    for (size_t b = 0; b < n_blocks; b++)
        hy_block_unref(blocks[b]);
    free(blocks);
    hy_relation_parts_release(&parts);
    return st;
}

HyStatus hy_relation_add_column(
    HyRelation *relation, const HyValue *fill, HyType type, HyBlockStore *store, HyRelation **out)
{
    size_t n_old = relation->parts.layout->n_cols;
    HyType *types = calloc(n_old + 1, sizeof *types);
    if (!types)
        return hy_error_oom((n_old + 1) * sizeof *types);
    for (size_t i = 0; i < n_old; i++)
        types[i] = relation->parts.layout->types[i];
    types[n_old] = type;
    HyValue typed = *fill;
    typed.type = type;
    ColumnChange change = {
        .store = store, .types = types, .n_cols = n_old + 1, .dropped = SIZE_MAX, .fill = &typed};
    HyStatus st = change_columns(&change, relation, out);
    free(types);
    return st;
}

HyStatus hy_relation_drop_column(
    HyRelation *relation, size_t column, HyBlockStore *store, HyRelation **out)
{
    size_t n_old = relation->parts.layout->n_cols;
    assert(column < n_old);
    HyType *types = calloc(n_old, sizeof *types);
    if (!types)
        return hy_error_oom(n_old * sizeof *types);
    for (size_t i = 0; i + 1 < n_old; i++)
        types[i] = relation->parts.layout->types[i + (i >= column)];
    ColumnChange change = {.store = store, .types = types, .n_cols = n_old - 1, .dropped = column};
    HyStatus st = change_columns(&change, relation, out);
    free(types);
    return st;
}

/* Nulls among the first n rows that are not deleted. */
static int64_t count_live_nulls(const HyVector *v, const uint64_t *deletes, uint32_t n)
{
    if (!v->validity)
        return 0;
    bool is_constant = v->kind == HY_VECTOR_CONSTANT;
    if (is_constant && hy_bitmap_get(v->validity, 0))
        return 0;
    int64_t count = 0;
    for (uint32_t at = 0; at < n; at += 64) {
        uint64_t word = is_constant ? ~UINT64_C(0) : ~v->validity[at / 64];
        if (deletes)
            word &= ~deletes[at / 64];
        if (n - at < 64)
            word &= (UINT64_C(1) << (n - at)) - 1;
        count += __builtin_popcountll(word);
    }
    return count;
}

static HyStatus scan_live_nulls(
    const HyChunk *chunk, uint32_t n_rows, const uint64_t *deletes, int64_t *out)
{
    HyStatus st = HY_OK;
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    for (uint32_t first = 0; first < n_rows; first += HY_VECTOR_SIZE) {
        uint32_t n = n_rows - first < HY_VECTOR_SIZE ? n_rows - first : HY_VECTOR_SIZE;
        HyVector piece;
        hy_arena_reset(arena);
        HY_GO(hy_chunk_read(chunk, first, n, arena, &piece));
        *out += count_live_nulls(&piece, deletes ? deletes + first / 64 : NULL, n);
    }

done:
    hy_arena_destroy(arena);
    return st;
}

HyStatus hy_relation_count_nulls(HyRelation *relation, size_t block, uint32_t column, int64_t *out)
{
    *out = 0;
    if (!relation->parts.layout->types[column].nullable ||
        hy_relation_block_live_rows(relation, block) == 0)
        return HY_OK;
    uint32_t n_rows = hy_relation_block_rows(relation, block);
    const uint64_t *deletes = hy_relation_block_deletes(relation, block);
    if (block < relation->parts.blocks->n) {
        int64_t n = hy_stored_chunk_null_count(
            hy_block_column(relation->parts.blocks->blocks[block], column), n_rows);
        if (n == 0 || (n > 0 && !deletes)) {
            *out = n;
            return HY_OK;
        }
    }
    HyChunkPin pin = {0};
    HY_TRY(hy_relation_chunk_unordered(relation, block, column, &pin));
    HyStatus st = HY_OK;
    HyChunkInfo info;
    hy_chunk_info(pin.chunk, &info);
    if (info.n_nulls == 0 || (!deletes && info.n_rows == n_rows))
        *out = info.n_nulls;
    else
        st = scan_live_nulls(pin.chunk, n_rows, deletes, out);
    hy_chunk_unpin(&pin);
    return st;
}
