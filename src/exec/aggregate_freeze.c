/* Collecting groups when the budget is tight: a worker's tables are frozen, and rows whose groups
 * they lack go to disk. No state of an aggregate is ever written, so all aggregates take part. */
#include "exec/aggregate_internal.h"
#include <stdlib.h>

size_t hy_agg_table_bytes(const HyAggTable *table)
{
    size_t bytes = hy_group_table_bytes(&table->groups);
    for (size_t i = 0; i < table->n_items; i++)
        bytes += table->states[i].bytes;
    return bytes + hy_arena_used_bytes(table->heap);
}

/* What a worker holds, and in *more what the next batch may add at once. */
static size_t local_bytes(const HyAggOp *op, const HyAggLocal *local, size_t *more)
{
    size_t sum = 0;
    *more = 0;
    for (size_t s = 0; s < op->n_sets; s++) {
        size_t bytes = hy_agg_table_bytes(&local->tables[s]);
        sum += bytes;
        *more += hy_group_table_may_grow(&local->tables[s].groups) ? bytes : 0;
        for (size_t i = 0; i < op->n_items; i++) {
            const HyGroupTable *distinct = &local->distinct[s * op->n_items + i];
            if (!hy_agg_feeds_distinct(&op->items[i]))
                continue;
            bytes = hy_group_table_bytes(distinct);
            sum += bytes;
            *more += hy_group_table_may_grow(distinct) ? bytes : 0;
        }
    }
    for (size_t i = 0; i < op->n_items; i++)
        sum += local->ordered[i] ? hy_rowset_memory_bytes(local->ordered[i]) : 0;
    return sum;
}

static bool has_distinct(const HyAggOp *op)
{
    for (size_t i = 0; i < op->n_items; i++)
        if (hy_agg_feeds_distinct(&op->items[i]))
            return true;
    return false;
}

/* ---- Freezing ---- */

/* Also after a failure, of which another worker learns only now. */
static HyStatus make_sets(HyAggOp *op)
{
    HyAggSpill *spill = &op->spill;
    size_t n = op->n_sets * op->n_items;
    if (!spill->rows)
        spill->rows = calloc(op->n_sets + 1, sizeof *spill->rows);
    if (!spill->ordered)
        spill->ordered = calloc(n + 1, sizeof *spill->ordered);
    if (!spill->rows || !spill->ordered)
        return hy_error_oom(n * sizeof *spill->ordered);
    for (size_t s = 0; s < op->n_sets; s++) {
        if (!spill->rows[s])
            HY_TRY(hy_spill_create(op->exec, op->alg, op->result_types, op->n_results,
                HY_SPILL_PARTS, &spill->rows[s]));
        for (size_t i = 0; i < op->n_items; i++) {
            HySpillSet **ordered = &spill->ordered[s * op->n_items + i];
            if (op->items[i].is_ordered && !*ordered)
                HY_TRY(hy_spill_create(op->exec, op->alg, op->items[i].row_types,
                    op->n_groups + op->items[i].n_args, HY_SPILL_PARTS, ordered));
        }
    }
    return HY_OK;
}

static HyStatus freeze(HyAggOp *op, HyAggLocal *local)
{
    pthread_mutex_lock(&op->spill.lock);
    HyStatus st = make_sets(op);
    pthread_mutex_unlock(&op->spill.lock);
    HY_TRY(st);
    for (size_t s = 0; s < op->n_sets; s++) {
        HY_TRY(hy_spill_buffer_open(op->spill.rows[s], 0, &local->rows_out[s]));
        for (size_t i = 0; i < op->n_items; i++)
            if (op->items[i].is_ordered)
                HY_TRY(hy_spill_buffer_open(op->spill.ordered[s * op->n_items + i], 0,
                    &local->ordered_out[s * op->n_items + i]));
    }
    local->is_frozen = true;
    return HY_OK;
}

/* Rows for an ordered item, as grouping expressions and arguments, by the partitions of each set.
 */
static HyStatus write_ordered(HyAggOp *op, HyAggLocal *local, size_t i)
{
    HyRowset *rows = local->ordered[i], *empty;
    uint64_t hashes[HY_VECTOR_SIZE];
    HyVector *keys = calloc(op->n_groups + 1, sizeof *keys);
    if (!keys)
        return hy_error_oom(op->n_groups * sizeof *keys);
    HyStatus st = HY_OK;
    for (size_t p = 0; p < hy_rowset_piece_count(rows); p++) {
        const HyBatch *piece = hy_rowset_piece(rows, p);
        for (size_t s = 0; s < op->n_sets; s++) {
            const HyAggSet *set = &op->sets[s];
            for (size_t k = 0; k < set->n_keys; k++)
                keys[k] = piece->cols[set->keys[k]];
            HY_GO(hy_group_hash(keys, set->n_keys, piece->n_rows, hashes));
            HY_GO(hy_spill_buffer_push(local->ordered_out[s * op->n_items + i], piece, hashes));
        }
    }
    HY_GO(hy_rowset_create(
        op->items[i].row_types, op->n_groups + op->items[i].n_args, op->exec->ctx->memory, &empty));
    hy_rowset_destroy(rows);
    local->ordered[i] = empty;
done:
    free(keys);
    return st;
}

HyStatus hy_agg_relieve(HyAggOp *op, HyAggLocal *local)
{
    size_t quota, more;
    if (!local->is_frozen) {
        if (HY_LIKELY(!hy_memory_exceeds(op->exec->ctx->memory, 0, HY_SPILL_PERCENT / 4)))
            return HY_OK;
        size_t bytes = local_bytes(op, local, &more);
        if (!hy_spill_is_due(op->exec, bytes, more, HY_SPILL_PERCENT))
            return HY_OK;
        HY_TRY(freeze(op, local));
    }
    quota = hy_spill_quota(op->exec);
    for (size_t i = 0; i < op->n_items; i++)
        if (op->items[i].is_ordered && hy_rowset_memory_bytes(local->ordered[i]) >= quota)
            HY_TRY(write_ordered(op, local, i));
    return HY_OK;
}

/* ---- Rows when tables are frozen ---- */

static HyStatus gather_results(HyWorker *worker, const HyAggOp *op, const HyVector *results,
    const uint32_t *sel, size_t n, HyBatch *out)
{
    *out = (HyBatch){.n_rows = n, .n_cols = op->n_results};
    HY_BATCH_NEW(worker, out->cols, op->n_results);
    for (size_t i = 0; i < op->n_results; i++)
        HY_TRY(hy_vector_gather(worker->arena, &results[i], sel, n, &out->cols[i]));
    return HY_OK;
}

static HyStatus update_known(HyWorker *worker, HyAggOp *op, HyAggTable *table,
    const HyVector *results, const uint32_t *sel, size_t n, const uint32_t *groups)
{
    HyBatch batch;
    HyAggItemRows *rows;
    HY_TRY(gather_results(worker, op, results, sel, n, &batch));
    HY_BATCH_NEW(worker, rows, op->n_items);
    for (size_t i = 0; i < op->n_items; i++)
        HY_TRY(hy_agg_item_rows(worker, &op->items[i], batch.cols, n, &rows[i]));
    return hy_agg_update_plain(worker, op, table, rows, groups);
}

static HyStatus write_results(HyWorker *worker, HyAggOp *op, HySpillBuffer *out,
    const HyVector *results, const uint32_t *sel, size_t n, const uint64_t *hashes)
{
    HyBatch batch;
    uint64_t *picked;
    HY_TRY(gather_results(worker, op, results, sel, n, &batch));
    HY_BATCH_NEW(worker, picked, n);
    for (size_t i = 0; i < n; i++)
        picked[i] = hashes[sel[i]];
    return hy_spill_buffer_push(out, &batch, picked);
}

/* Rows of groups that are there are added; the others are written. */
static HyStatus divide(HyWorker *worker, HyAggOp *op, HyAggTable *table, HySpillBuffer *out,
    const HyVector *results, const HyVector *keys, const uint64_t *hashes, size_t n)
{
    uint32_t *groups, *known, *unknown;
    size_t n_known = 0, n_unknown = 0;
    HY_BATCH_NEW(worker, groups, 3 * n);
    known = groups + n;
    unknown = known + n;
    HY_TRY(hy_group_table_lookup(&table->groups, keys, n, hashes, groups));
    for (size_t i = 0; i < n; i++) {
        uint32_t group = groups[i];
        bool is_known = group != UINT32_MAX;
        known[n_known] = unknown[n_unknown] = (uint32_t)i;
        groups[n_known] = group;
        n_known += is_known;
        n_unknown += !is_known;
    }
    if (n_known > 0)
        HY_TRY(update_known(worker, op, table, results, known, n_known, groups));
    if (n_unknown > 0)
        HY_TRY(write_results(worker, op, out, results, unknown, n_unknown, hashes));
    return HY_OK;
}

HyStatus hy_agg_push_frozen(HyWorker *worker, HyAggOp *op, HyAggLocal *local, size_t s,
    const HyVector *results, const HyAggItemRows *rows, size_t n)
{
    const HyAggSet *set = &op->sets[s];
    HyAggTable *table = &local->tables[s];
    uint64_t *hashes;
    HyVector *keys, *columns;
    bool writes_all = has_distinct(op);
    if (set->n_keys == 0 && !writes_all)
        return hy_agg_update_plain(worker, op, table, rows, NULL);
    HY_BATCH_NEW(worker, hashes, n);
    HY_BATCH_NEW(worker, keys, set->n_keys);
    for (size_t k = 0; k < set->n_keys; k++)
        keys[k] = results[set->keys[k]];
    HY_TRY(hy_group_hash(keys, set->n_keys, n, hashes));
    if (!writes_all)
        return divide(worker, op, table, local->rows_out[s], results, keys, hashes, n);
    HY_BATCH_NEW(worker, columns, op->n_results);
    memcpy(columns, results, op->n_results * sizeof *columns);
    HyBatch batch = {.n_rows = n, .n_cols = op->n_results, .cols = columns};
    return hy_spill_buffer_push(local->rows_out[s], &batch, hashes);
}

/* ---- When all rows are there ---- */

static HyStatus flush_local(HyAggOp *op, HyAggLocal *local)
{
    if (!local->is_frozen && op->has_ordered)
        HY_TRY(freeze(op, local)); /* its rows for ordered items go where those of the others are */
    for (size_t i = 0; i < op->n_items; i++)
        if (op->items[i].is_ordered)
            HY_TRY(write_ordered(op, local, i));
    for (size_t s = 0; s < op->n_sets && local->is_frozen; s++) {
        HY_TRY(hy_spill_buffer_flush(local->rows_out[s]));
        for (size_t i = 0; i < op->n_items; i++)
            if (op->items[i].is_ordered)
                HY_TRY(hy_spill_buffer_flush(local->ordered_out[s * op->n_items + i]));
    }
    return HY_OK;
}

HyStatus hy_agg_settle(HyAggOp *op, HyAggLocal **locals, size_t n)
{
    size_t bytes = 0, more;
    op->is_lazy = op->spill.rows != NULL;
    for (size_t w = 0; w < n; w++)
        bytes += local_bytes(op, locals[w], &more);
    hy_alg_note_memory(op->alg, bytes);
    if (bytes > hy_memory_limit(op->exec->ctx->memory) / 4)
        op->is_lazy = true;
    for (size_t w = 0; w < n && op->is_lazy; w++) {
        HY_TRY(flush_local(op, locals[w]));
        for (size_t s = 0; s < op->n_sets; s++)
            for (size_t i = 0; i < op->n_items; i++)
                if (hy_agg_feeds_distinct(&op->items[i]) && op->sets[s].n_keys > 0)
                    HY_TRY(
                        hy_agg_group_hashes(&op->sets[s], &locals[w]->distinct[s * op->n_items + i],
                            &locals[w]->distinct_hashes[s * op->n_items + i]));
    }
    return HY_OK;
}

void hy_agg_free_local_spill(const HyAggOp *op, HyAggLocal *local)
{
    for (size_t s = 0; s < op->n_sets; s++) {
        hy_spill_buffer_close(local->rows_out[s]);
        for (size_t i = 0; i < op->n_items; i++) {
            hy_spill_buffer_close(local->ordered_out[s * op->n_items + i]);
            free(local->distinct_hashes[s * op->n_items + i]);
        }
    }
}

void hy_agg_free_spill(HyAggOp *op)
{
    for (size_t s = 0; s < op->n_sets; s++) {
        if (op->spill.rows)
            hy_spill_destroy(op->spill.rows[s]);
        for (size_t i = 0; i < op->n_items && op->spill.ordered; i++)
            hy_spill_destroy(op->spill.ordered[s * op->n_items + i]);
    }
    free(op->spill.rows);
    free(op->spill.ordered);
    op->spill.rows = op->spill.ordered = NULL;
    op->is_lazy = false;
}
