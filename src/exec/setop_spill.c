/* Set operations whose rows do not fit: tables are frozen, and rows that they lack go to disk, as
 * groups of an aggregation do (aggregate_freeze.c, aggregate_spill.c). */
#include "exec/setop_internal.h"
#include <stdlib.h>

/* ---- Collecting ---- */

static HyStatus count_rows(
    const HySetOp *set, HySetTable *table, const HyVector *side, const uint32_t *groups, size_t n)
{
    if (set->kind == HY_SET_UNION)
        return HY_OK;
    HY_TRY(hy_set_table_reserve(table));
    uint64_t *counts = table->counts.data;
    const uint8_t *sides = hy_vector_values(side);
    for (size_t i = 0; i < n; i++)
        counts[2 * groups[i] + sides[hy_vector_index(side, i)]]++;
    return HY_OK;
}

/* Counts the rows that are in the table; writes the others. */
static HyStatus divide(HySetOp *set, HyWorker *worker, HySetTable *table, HySpillBuffer *out,
    const HyBatch *batch, const uint64_t *hashes)
{
    size_t n = batch->n_rows, n_other = 0;
    const HyVector *side = &batch->cols[set->n_cols];
    const uint8_t *sides = set->kind == HY_SET_UNION ? NULL : hy_vector_values(side);
    uint64_t *counts = table->counts.data, *other_hashes;
    uint32_t *groups, *other;
    HyBatch rows = {.n_cols = hy_set_row_columns(set)};
    HY_BATCH_NEW(worker, groups, n);
    HY_BATCH_NEW(worker, other, n);
    HY_BATCH_NEW(worker, other_hashes, n);
    HY_BATCH_NEW(worker, rows.cols, rows.n_cols);
    HY_TRY(hy_group_table_lookup(&table->groups, batch->cols, n, hashes, groups));
    for (size_t i = 0; i < n; i++) {
        other[n_other] = (uint32_t)i;
        other_hashes[n_other] = hashes[i];
        n_other += groups[i] == UINT32_MAX;
        if (groups[i] != UINT32_MAX && sides)
            counts[2 * groups[i] + sides[hy_vector_index(side, i)]]++;
    }
    if (n_other == 0)
        return HY_OK;
    rows.n_rows = n_other;
    for (size_t k = 0; k < rows.n_cols; k++)
        HY_TRY(hy_vector_gather(worker->arena, &batch->cols[k], other, n_other, &rows.cols[k]));
    return hy_spill_buffer_push(out, &rows, other_hashes);
}

HyStatus hy_set_add(
    HySetOp *set, HyWorker *worker, HySetTable *table, HySpillBuffer *out, const HyBatch *batch)
{
    size_t n = batch->n_rows;
    uint64_t *hashes;
    uint32_t *groups;
    HY_BATCH_NEW(worker, hashes, n);
    HY_TRY(hy_group_hash(batch->cols, set->n_cols, n, hashes));
    if (out)
        return divide(set, worker, table, out, batch, hashes);
    HY_BATCH_NEW(worker, groups, n);
    HY_TRY(hy_group_table_find(&table->groups, batch->cols, n, hashes, worker->arena, groups));
    return count_rows(set, table, &batch->cols[set->n_cols], groups, n);
}

static bool is_due(const HySetOp *set, const HySetTable *table, unsigned percent)
{
    size_t bytes = hy_set_table_bytes(table);
    return hy_spill_is_due(
        set->exec, bytes, hy_group_table_may_grow(&table->groups) ? bytes : 0, percent);
}

HyStatus hy_set_relieve(HySetOp *set, HySetLocal *local)
{
    HySpillSet *rows = NULL;
    HyStatus st = HY_OK;
    if (HY_LIKELY(local->out || !is_due(set, &local->table, HY_SPILL_PERCENT)))
        return HY_OK;
    pthread_mutex_lock(&set->lock);
    if (!set->rows) {
        st = hy_spill_create(
            set->exec, set->op.alg, set->types, hy_set_row_columns(set), HY_SPILL_PARTS, &rows);
        set->rows = rows;
    }
    pthread_mutex_unlock(&set->lock);
    HY_TRY(st);
    return hy_spill_buffer_open(set->rows, 0, &local->out);
}

HyStatus hy_set_settle(HySetOp *set, HySetLocal **locals, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += hy_set_table_bytes(&locals[i]->table);
        if (locals[i]->out)
            HY_TRY(hy_spill_buffer_flush(locals[i]->out));
    }
    set->is_lazy = set->rows || bytes > hy_memory_limit(set->memory) / 4;
    if (!set->is_lazy)
        return HY_OK;
    set->tables = calloc(n + 1, sizeof *set->tables);
    if (!set->tables)
        return hy_error_oom(n * sizeof *set->tables);
    for (size_t i = 0; i < n; i++) {
        set->tables[set->n_tables++] = locals[i]->table;
        locals[i]->table = (HySetTable){0};
    }
    return HY_OK;
}

void hy_set_free_spill(HySetOp *set)
{
    for (size_t i = 0; i < set->n_tables; i++)
        hy_set_table_close(&set->tables[i]);
    free(set->tables);
    hy_spill_destroy(atomic_exchange(&set->rows, NULL));
    set->tables = NULL;
    set->n_tables = 0;
    set->is_lazy = false;
}

/* ---- Partitions ---- */

typedef struct Partition {
    HySetOp *set;
    HyWorker *worker;
    unsigned level;
    HySetTable table;
    HySpillSet *rest; /* rows of others; NULL: the table is not frozen */
    HySpillBuffer *rest_out;
} Partition;

/* Adds rows sel[0..n) of a worker's table with their counts. */
static HyStatus merge_rows(Partition *p, const HySetTable *from, const uint32_t *sel, size_t n)
{
    HyWorker *worker = p->worker;
    HyVector *keys;
    uint64_t *hashes;
    uint32_t *groups;
    HY_BATCH_NEW(worker, keys, p->set->n_cols);
    HY_BATCH_NEW(worker, hashes, n);
    HY_BATCH_NEW(worker, groups, n);
    for (size_t k = 0; k < p->set->n_cols; k++)
        HY_TRY(hy_group_table_gather(&from->groups, k, sel, n, worker->arena, &keys[k]));
    for (size_t i = 0; i < n; i++)
        hashes[i] = ((const uint64_t *)from->groups.hashes.data)[sel[i]];
    HY_TRY(hy_group_table_find(&p->table.groups, keys, n, hashes, worker->arena, groups));
    if (p->set->kind == HY_SET_UNION)
        return HY_OK;
    HY_TRY(hy_set_table_reserve(&p->table));
    const uint64_t *theirs = from->counts.data;
    uint64_t *ours = p->table.counts.data;
    for (size_t i = 0; i < n; i++) {
        ours[2 * groups[i]] += theirs[2 * (size_t)sel[i]];
        ours[2 * groups[i] + 1] += theirs[2 * (size_t)sel[i] + 1];
    }
    return HY_OK;
}

static HyStatus merge_table(Partition *p, const HySetTable *from, size_t partition)
{
    const uint64_t *hashes = from->groups.hashes.data;
    for (size_t at = 0; at < from->groups.n_groups;) {
        uint32_t sel[HY_VECTOR_SIZE];
        size_t n = 0;
        for (; at < from->groups.n_groups && n < HY_VECTOR_SIZE; at++) {
            sel[n] = (uint32_t)at;
            n += hy_spill_part_of(hashes[at], 0) == partition;
        }
        HY_TRY(hy_worker_check_cancel(p->worker));
        if (n > 0)
            HY_TRY(merge_rows(p, from, sel, n));
        hy_arena_reset(p->worker->arena);
    }
    return HY_OK;
}

static HyStatus take_part(Partition *p, const HySpillSet *rows, size_t part)
{
    HySetOp *set = p->set;
    HySpillReader *reader;
    HY_TRY(hy_spill_reader_open(rows, &reader));
    HyStatus st = HY_OK;
    for (size_t b = 0; !st && b < hy_spill_part(rows, part)->n_blocks; b++) {
        HyBatch batch;
        HY_GO(hy_spill_read(reader, part, b, &batch));
        HY_GO(hy_set_add(set, p->worker, &p->table, p->rest_out, &batch));
        hy_arena_reset(p->worker->arena);
        if (p->rest || p->level + 1 >= HY_SPILL_LEVELS ||
            !is_due(set, &p->table, HY_RESPILL_PERCENT))
            continue;
        HY_GO(hy_spill_create(
            set->exec, set->op.alg, set->types, hy_set_row_columns(set), HY_SPILL_PARTS, &p->rest));
        HY_GO(hy_spill_buffer_open(p->rest, p->level + 1, &p->rest_out));
    }
done:
    hy_spill_reader_close(reader);
    return st;
}

static HyStatus run_partition(
    Partition *p, const HySpillSet *rows, size_t part, HySetEmit emit, void *ctx)
{
    HySetOp *set = p->set;
    HyStatus st;
    HY_GO(hy_group_table_open(&p->table.groups, set->types, set->n_cols, set->memory));
    for (size_t i = 0; i < set->n_tables && p->level == 0; i++)
        HY_GO(merge_table(p, &set->tables[i], part));
    if (rows)
        HY_GO(take_part(p, rows, part));
    HY_GO(emit(ctx, p->worker, &p->table));
    hy_set_table_close(&p->table);
    if (p->rest)
        HY_GO(hy_spill_buffer_flush(p->rest_out));
    for (size_t q = 0; p->rest && q < HY_SPILL_PARTS; q++) {
        Partition sub = {.set = set, .worker = p->worker, .level = p->level + 1};
        if (hy_spill_part(p->rest, q)->n_rows > 0)
            HY_GO(run_partition(&sub, p->rest, q, emit, ctx));
    }
done:
    hy_set_table_close(&p->table);
    hy_spill_buffer_close(p->rest_out);
    hy_spill_destroy(p->rest);
    return st;
}

HyStatus hy_set_partition(
    HySetOp *set, HyWorker *worker, size_t partition, HySetEmit emit, void *ctx)
{
    Partition p = {.set = set, .worker = worker};
    return run_partition(&p, set->rows, partition, emit, ctx);
}
