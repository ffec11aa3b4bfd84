/* Each worker remembers, per partition, the keys of the best rows that it has seen, as a heap with
 * the worst on top. A row that is not better than the top of a full heap can be dropped; a
 * partition of m rows in random order lets about n * ln(m / n) of them pass. */
#include "exec/partition_top.h"
#include <stdlib.h>

typedef struct TopOp {
    HyOp op;
    const HyPartitionTop *spec;
    HySortSpec order;
    uint32_t *partition_places;
    uint32_t *order_places;
} TopOp;

typedef struct TopLocal {
    HyMemory *memory;
    HyGroupTable groups;
    HyGroupCoder coder;
    HySortRun batch;  /* keys of one batch */
    HyGrowing counts; /* uint32_t by partition */
    HyGrowing heaps;  /* HySortEntry [partition * limit + i] */
    size_t n_ready;   /* partitions whose count is set */
} TopLocal;

static HyStatus top_open(HyOp *op, HyWorker *worker, void **out)
{
    const TopOp *top = (const TopOp *)op;
    TopLocal *local = calloc(1, sizeof *local);
    if (!local)
        return hy_error_oom(sizeof *local);
    *out = local;
    local->memory = worker->exec->ctx->memory;
    HY_TRY(hy_group_table_open(
        &local->groups, top->spec->partition_types, top->spec->n_partition, local->memory));
    return hy_sort_run_open(&local->batch, &top->order, local->memory);
}

static void top_close(void *arg)
{
    TopLocal *local = arg;
    hy_group_table_close(&local->groups);
    hy_group_coder_close(&local->coder);
    hy_sort_run_close(&local->batch);
    hy_growing_free(&local->counts, local->memory);
    hy_growing_free(&local->heaps, local->memory);
    free(local);
}

static HyStatus grow(const TopOp *top, TopLocal *local)
{
    size_t n = local->groups.n_groups, capacity = local->groups.capacity;
    if (n == local->n_ready)
        return HY_OK;
    HY_TRY(hy_growing_reserve(&local->counts, local->memory, capacity * sizeof(uint32_t)));
    HY_TRY(hy_growing_reserve(
        &local->heaps, local->memory, capacity * top->spec->limit * sizeof(HySortEntry)));
    memset((uint32_t *)local->counts.data + local->n_ready, 0,
        (n - local->n_ready) * sizeof(uint32_t));
    local->n_ready = n;
    return HY_OK;
}

static HyStatus find_partitions(
    const TopOp *top, TopLocal *local, HyWorker *worker, const HyBatch *batch, uint32_t *groups)
{
    size_t n_keys = top->spec->n_partition, n = batch->n_rows;
    HyVector *keys;
    uint64_t *hashes;
    bool done;
    HY_BATCH_NEW(worker, keys, n_keys);
    for (size_t k = 0; k < n_keys; k++)
        keys[k] = batch->cols[top->partition_places[k]];
    HY_TRY(
        hy_group_coder_find(&local->coder, &local->groups, keys, n, worker->arena, groups, &done));
    if (!done) {
        HY_BATCH_NEW(worker, hashes, n);
        HY_TRY(hy_group_hash(keys, n_keys, n, hashes));
        HY_TRY(hy_group_table_find(&local->groups, keys, n, hashes, worker->arena, groups));
    }
    return grow(top, local);
}

static inline bool is_less(const HySortEntry *a, const HySortEntry *b)
{
    return a->high != b->high ? a->high < b->high : a->low < b->low;
}

/* Puts the key in place of the worst of n. */
static void replace_top(HySortEntry *heap, size_t n, const HySortEntry *key)
{
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= n)
            break;
        if (child + 1 < n && is_less(&heap[child], &heap[child + 1]))
            child++;
        if (!is_less(key, &heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = *key;
}

static void add_to_heap(HySortEntry *heap, size_t n, const HySortEntry *key)
{
    size_t at = n;
    for (; at > 0 && is_less(&heap[(at - 1) / 2], key); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = *key;
}

static size_t select_rows(
    const TopOp *top, TopLocal *local, const uint32_t *groups, size_t n, uint32_t *sel)
{
    const HySortEntry *keys = hy_sort_run_entries(&local->batch);
    uint32_t *counts = local->counts.data;
    uint32_t limit = top->spec->limit;
    size_t n_sel = 0;
    for (size_t i = 0; i < n; i++) {
        HySortEntry *heap = (HySortEntry *)local->heaps.data + (size_t)groups[i] * limit;
        uint32_t *count = &counts[groups[i]];
        if (*count == limit && !is_less(&keys[i], &heap[0]))
            continue;
        if (*count == limit)
            replace_top(heap, limit, &keys[i]);
        else
            add_to_heap(heap, (*count)++, &keys[i]);
        sel[n_sel++] = (uint32_t)i;
    }
    return n_sel;
}

static HyStatus top_push(HyOp *op, HyWorker *worker, void *arg, const HyBatch *batch)
{
    const TopOp *top = (const TopOp *)op;
    TopLocal *local = arg;
    uint32_t *groups, *sel;
    HyVector *keys;
    HyBatch out;
    HY_BATCH_NEW(worker, groups, batch->n_rows);
    HY_BATCH_NEW(worker, sel, batch->n_rows);
    HY_BATCH_NEW(worker, keys, top->order.n);
    for (size_t k = 0; k < top->order.n; k++)
        keys[k] = batch->cols[top->order_places[k]];
    local->batch.n = 0;
    HY_TRY(hy_sort_run_add(&local->batch, keys, batch->n_rows, 0, worker->arena));
    HY_TRY(find_partitions(top, local, worker, batch, groups));
    size_t n = select_rows(top, local, groups, batch->n_rows, sel);
    if (n == batch->n_rows)
        return hy_op_emit(op, worker, batch);
    if (n == 0)
        return HY_OK;
    HY_TRY(hy_batch_gather(worker, batch, sel, n, &out));
    return hy_op_emit(op, worker, &out);
}

static const HyOpClass top_class = {.open = top_open, .push = top_push, .close = top_close};

HyStatus hy_partition_top_stream(HyCompiler *c, HyStream *stream, const HyPartitionTop *spec)
{
    HySortSpec order;
    TopOp *top;
    hy_sort_spec_init(&order, spec->order, spec->n_order);
    if (!order.is_fixed)
        return HY_OK;
    HY_TRY(hy_op_new(c->exec, &top_class, NULL, sizeof *top, &top));
    top->spec = spec;
    top->order = order;
    HY_TRY(hy_layout_places(
        c, &stream->layout, spec->partition_ids, spec->n_partition, &top->partition_places));
    HY_TRY(
        hy_layout_places(c, &stream->layout, spec->order_ids, spec->n_order, &top->order_places));
    return hy_stream_append(c, stream, &top->op);
}
