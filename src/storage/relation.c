#include "storage/relation_change.h"
#include "storage/relation_internal.h"
#include "types/collation.h"
#include <assert.h>
#include <stdlib.h>

HyStatus hy_layout_create(const HyType *types, size_t n_cols, HyLayout **out)
{
    HyLayout *layout = malloc(sizeof *layout + n_cols * sizeof *types);
    if (!layout)
        return hy_error_oom(n_cols * sizeof *types);
    atomic_init(&layout->n_refs, 1);
    layout->n_cols = n_cols;
    for (size_t i = 0; i < n_cols; i++)
        layout->types[i] = types[i];
    *out = layout;
    return HY_OK;
}

HyLayout *hy_layout_ref(HyLayout *layout)
{
    atomic_fetch_add_explicit(&layout->n_refs, 1, memory_order_relaxed);
    return layout;
}

void hy_layout_unref(HyLayout *layout)
{
    if (layout && atomic_fetch_sub_explicit(&layout->n_refs, 1, memory_order_acq_rel) == 1)
        free(layout);
}

HyStatus hy_block_list_create(
    const HyBlockList *from, size_t n, HyBlock *const *more, size_t n_more, HyBlockList **out)
{
    HyBlockList *list = calloc(1, sizeof *list + (n + n_more) * sizeof(HyBlock *));
    if (!list) {
        for (size_t i = 0; i < n_more; i++)
            hy_block_unref(more[i]);
        return hy_error_oom((n + n_more) * sizeof(HyBlock *));
    }
    atomic_init(&list->n_refs, 1);
    list->n = n + n_more;
    for (size_t i = 0; i < n; i++)
        list->blocks[i] = hy_block_ref(from->blocks[i]);
    for (size_t i = 0; i < n_more; i++)
        list->blocks[n + i] = more[i];
    *out = list;
    return HY_OK;
}

HyBlockList *hy_block_list_ref(HyBlockList *list)
{
    atomic_fetch_add_explicit(&list->n_refs, 1, memory_order_relaxed);
    return list;
}

void hy_block_list_unref(HyBlockList *list)
{
    if (!list || atomic_fetch_sub_explicit(&list->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < list->n; i++)
        hy_block_unref(list->blocks[i]);
    free(list);
}

void hy_relation_parts_release(HyRelationParts *parts)
{
    hy_layout_unref(parts->layout);
    hy_block_list_unref(parts->blocks);
    hy_delete_map_unref(parts->deletes);
    hy_tail_unref(parts->tail);
    *parts = (HyRelationParts){0};
}

HyRelationParts hy_relation_parts(const HyRelation *relation)
{
    HyRelationParts parts = relation->parts;
    hy_layout_ref(parts.layout);
    hy_block_list_ref(parts.blocks);
    hy_delete_map_ref(parts.deletes);
    if (parts.tail)
        hy_tail_ref(parts.tail);
    return parts;
}

HyStatus hy_relation_assemble(const HyRelationParts *parts, HyRelation **out)
{
    HyRelationParts own = *parts;
    assert(!own.tail || own.tail_rows > 0);
    size_t n_views = own.tail ? own.layout->n_cols : 0;
    HyRelation *relation = calloc(1, sizeof *relation + n_views * sizeof(HyTailView *));
    if (!relation) {
        hy_relation_parts_release(&own);
        return hy_error_oom(sizeof *relation);
    }
    atomic_init(&relation->n_refs, 1);
    relation->parts = own;
    for (size_t i = 0; i < n_views; i++)
        atomic_init(&relation->views[i], NULL);
    *out = relation;
    return HY_OK;
}

HyStatus hy_relation_create(const HyType *types, size_t n_cols, HyRelation **out)
{
    HyRelationParts parts = {0};
    HY_TRY(hy_layout_create(types, n_cols, &parts.layout));
    HyStatus st = hy_block_list_create(NULL, 0, NULL, 0, &parts.blocks);
    if (st) {
        hy_relation_parts_release(&parts);
        return st;
    }
    return hy_relation_assemble(&parts, out);
}

HyRelation *hy_relation_ref(HyRelation *relation)
{
    atomic_fetch_add_explicit(&relation->n_refs, 1, memory_order_relaxed);
    return relation;
}

static void destroy_view(HyTailView *view)
{
    if (!view)
        return;
    hy_chunk_destroy(view->chunk);
    free(view->validity);
    free(view);
}

void hy_relation_unref(HyRelation *relation)
{
    if (!relation || atomic_fetch_sub_explicit(&relation->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; relation->parts.tail && i < relation->parts.layout->n_cols; i++)
        destroy_view(atomic_load_explicit(&relation->views[i], memory_order_relaxed));
    hy_relation_parts_release(&relation->parts);
    free(relation);
}

size_t hy_relation_column_count(const HyRelation *relation)
{
    return relation->parts.layout->n_cols;
}

const HyType *hy_relation_types(const HyRelation *relation)
{
    return relation->parts.layout->types;
}

int64_t hy_relation_row_count(const HyRelation *relation)
{
    return relation->parts.row_count;
}

int64_t hy_relation_live_count(const HyRelation *relation)
{
    return relation->parts.row_count - hy_delete_map_total(relation->parts.deletes);
}

size_t hy_relation_block_count(const HyRelation *relation)
{
    return (size_t)((relation->parts.row_count + HY_BLOCK_ROWS - 1) / HY_BLOCK_ROWS);
}

uint32_t hy_relation_block_rows(const HyRelation *relation, size_t block)
{
    int64_t rest = relation->parts.row_count - (int64_t)block * HY_BLOCK_ROWS;
    assert(rest > 0);
    return rest < HY_BLOCK_ROWS ? (uint32_t)rest : HY_BLOCK_ROWS;
}

uint32_t hy_relation_block_live_rows(const HyRelation *relation, size_t block)
{
    return hy_relation_block_rows(relation, block) -
           hy_delete_map_count(relation->parts.deletes, block);
}

const uint64_t *hy_relation_block_deletes(const HyRelation *relation, size_t block)
{
    return hy_delete_map_block(relation->parts.deletes, block);
}

uint64_t hy_relation_lineage(const HyRelation *relation)
{
    return relation->parts.lineage;
}

void hy_relation_set_lineage(HyRelation *relation, uint64_t lineage)
{
    relation->parts.lineage = lineage;
}

static HyStatus create_view(HyRelation *relation, uint32_t column, HyTailView **out)
{
    HyTailView *view = calloc(1, sizeof *view);
    if (!view)
        return hy_error_oom(sizeof *view);
    HyStatus st = HY_OK;
    HY_GO(
        hy_tail_validity(relation->parts.tail, column, relation->parts.tail_rows, &view->validity));
    HY_GO(hy_chunk_plain(relation->parts.layout->types[column],
        hy_tail_data(relation->parts.tail, column), view->validity, relation->parts.tail_rows,
        &view->chunk));
    hy_chunk_set_zones(view->chunk, hy_tail_zones(relation->parts.tail, column));
    *out = view;
    view = NULL;

done:
    destroy_view(view);
    return st;
}

static HyStatus tail_chunk(HyRelation *relation, uint32_t column, HyChunkPin *out)
{
    HyTailView *view = atomic_load_explicit(&relation->views[column], memory_order_acquire);
    if (!view) {
        HyTailView *made = NULL;
        HY_TRY(create_view(relation, column, &made));
        if (atomic_compare_exchange_strong(&relation->views[column], &view, made))
            view = made;
        else
            destroy_view(made); /* someone else was first: `view` is theirs */
    }
    *out = (HyChunkPin){.chunk = view->chunk};
    return HY_OK;
}

HyStatus hy_relation_chunk_unordered(
    HyRelation *relation, size_t block, uint32_t column, HyChunkPin *out)
{
    assert(column < relation->parts.layout->n_cols);
    if (block >= relation->parts.blocks->n)
        return tail_chunk(relation, column, out);
    HyStoredChunk *stored = hy_block_column(relation->parts.blocks->blocks[block], column);
    const HyChunk *chunk;
    HY_TRY(hy_stored_chunk_pin(stored, &chunk));
    *out = (HyChunkPin){.chunk = chunk, .holder = stored};
    return HY_OK;
}

HyStatus hy_relation_chunk_if_resident(
    HyRelation *relation, size_t block, uint32_t column, HyChunkPin *out, bool *is_resident)
{
    *is_resident = true;
    if (block >= relation->parts.blocks->n)
        return hy_relation_chunk(relation, block, column, out);
    HY_TRY(hy_collation_require(relation->parts.layout->types[column].collation));
    HyStoredChunk *stored = hy_block_column(relation->parts.blocks->blocks[block], column);
    const HyChunk *chunk;
    *is_resident = hy_stored_chunk_pin_resident(stored, &chunk);
    if (*is_resident)
        *out = (HyChunkPin){.chunk = chunk, .holder = stored};
    return HY_OK;
}

void hy_chunk_unpin(HyChunkPin *pin)
{
    if (pin->holder)
        hy_stored_chunk_unpin(pin->holder);
    *pin = (HyChunkPin){0};
}

uint64_t hy_relation_chunk_file_bytes(const HyRelation *relation, size_t block, uint32_t column)
{
    if (block >= relation->parts.blocks->n ||
        hy_block_state(relation->parts.blocks->blocks[block]) == HY_BLOCK_ABSENT)
        return 0;
    const HyObjectRef *ref =
        hy_stored_chunk_file_ref(hy_block_column(relation->parts.blocks->blocks[block], column));
    return ref ? ref->length : 0;
}

HyStatus hy_relation_chunk(HyRelation *relation, size_t block, uint32_t column, HyChunkPin *out)
{
    HY_TRY(hy_collation_require(relation->parts.layout->types[column].collation));
    return hy_relation_chunk_unordered(relation, block, column, out);
}

/* Positions of the live rows of [first, first + n), relative to first. */
static uint32_t live_rows(const uint64_t *deletes, uint32_t first, uint32_t n, uint32_t *sel)
{
    uint32_t n_sel = 0;
    for (uint32_t i = 0; i < n; i++) {
        sel[n_sel] = i;
        n_sel += !deletes || !hy_bitmap_get(deletes, first + i);
    }
    return n_sel;
}

static HyStatus read_column(HyRelation *relation, size_t block, uint32_t column, uint32_t first,
    const uint32_t *sel, uint32_t n_sel, HyArena *arena, HyVector *out)
{
    HyChunkPin pin = {0};
    HY_TRY(hy_relation_chunk(relation, block, column, &pin));
    HyStatus st = HY_OK;
    HyVector piece;
    HY_GO(hy_chunk_gather(pin.chunk, first, sel, n_sel, arena, &piece));
    HY_GO(hy_vector_alloc(arena, piece.type, n_sel, out));
    HY_GO(hy_vector_need_validity(arena, out, n_sel));
    HY_GO(hy_vector_copy(out, 0, &piece, 0, n_sel, arena));

done:
    hy_chunk_unpin(&pin);
    return st;
}

HyStatus hy_relation_read(HyRelation *relation, size_t block, uint32_t first, uint32_t n,
    const uint32_t *columns, size_t n_columns, HyArena *arena, HyBatch *out, int64_t *row_ids)
{
    assert(n <= HY_VECTOR_SIZE && first + n <= hy_relation_block_rows(relation, block));
    uint32_t *sel = hy_arena_alloc(arena, (n + 1) * sizeof *sel);
    if (!sel)
        return hy_error_oom(n * sizeof *sel);
    uint32_t n_sel = live_rows(hy_relation_block_deletes(relation, block), first, n, sel);
    HyBatch batch = {.n_rows = n_sel, .n_cols = n_columns};
    HY_ARENA_NEW(arena, batch.cols, n_columns + 1);
    for (size_t c = 0; c < n_columns && n_sel > 0; c++)
        HY_TRY(read_column(relation, block, columns[c], first, sel, n_sel, arena, &batch.cols[c]));
    for (uint32_t i = 0; row_ids && i < n_sel; i++)
        row_ids[i] = HY_ROW_ID(block, first + sel[i]);
    *out = batch;
    return HY_OK;
}
