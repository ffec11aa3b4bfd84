/* Groups of one partition: those of the workers' frozen tables, and those of its rows on disk. What
 * does not fit even now is cut again, by further bits of the hash: rows of groups that the
 * partition's table lacks, and arguments of DISTINCT that are not among those seen. */
#include "exec/aggregate_internal.h"
#include <stdlib.h>

/* Keys of the set and arguments of one item that were seen already. */
typedef struct Seen {
    const HyAggItem *item;
    HyType *types;
    size_t n_cols;
    unsigned level;
    HyGroupTable table;
    HySpillSet *rest; /* NULL: not frozen */
    HySpillBuffer *rest_out;
} Seen;

typedef struct Partition {
    HyAggOp *op;
    const HyAggSet *set;
    HyWorker *worker;
    unsigned level;
    HyAggTable table;
    HySpillSet *rest; /* rows of other groups; NULL: the table is not frozen */
    HySpillBuffer *rest_out;
    Seen *seen; /* per item */
    HyArena *arena;
} Partition;

/* ---- Distinct arguments ---- */

static HyStatus seen_open(Partition *p, Seen *seen)
{
    const HyExecContext *ctx = p->op->exec->ctx;
    HY_TRY(hy_group_table_open(&seen->table, seen->types, seen->n_cols, ctx->memory));
    seen->table.cancel = ctx->cancel;
    return HY_OK;
}

static void seen_close(Seen *seen)
{
    hy_group_table_close(&seen->table);
    hy_spill_buffer_close(seen->rest_out);
    hy_spill_destroy(seen->rest);
    seen->rest_out = NULL;
    seen->rest = NULL;
}

static HyStatus seen_freeze(Partition *p, Seen *seen)
{
    HyExec *exec = p->op->exec;
    size_t bytes = hy_group_table_bytes(&seen->table);
    size_t more = hy_group_table_may_grow(&seen->table) ? bytes : 0;
    if (seen->rest || seen->level + 1 >= HY_SPILL_LEVELS ||
        !hy_spill_is_due(exec, bytes, more, HY_RESPILL_PERCENT))
        return HY_OK;
    HY_TRY(
        hy_spill_create(exec, p->op->alg, seen->types, seen->n_cols, HY_SPILL_PARTS, &seen->rest));
    return hy_spill_buffer_open(seen->rest, seen->level, &seen->rest_out);
}

/* Updates the item's states with the rows sel[0..n) of keys and arguments. */
static HyStatus feed(
    Partition *p, const Seen *seen, const HyVector *cols, const uint32_t *sel, size_t n)
{
    HyWorker *worker = p->worker;
    size_t n_keys = p->set->n_keys, index = (size_t)(seen->item - p->op->items);
    HyVector *picked;
    uint32_t *groups = NULL;
    HY_BATCH_NEW(worker, picked, seen->n_cols);
    for (size_t k = 0; k < seen->n_cols; k++)
        HY_TRY(hy_vector_gather(worker->arena, &cols[k], sel, n, &picked[k]));
    if (n_keys > 0) {
        uint64_t *hashes;
        HY_BATCH_NEW(worker, hashes, n);
        HY_BATCH_NEW(worker, groups, n);
        HY_TRY(hy_group_hash(picked, n_keys, n, hashes));
        HY_TRY(hy_group_table_find(&p->table.groups, picked, n, hashes, worker->arena, groups));
        HY_TRY(hy_agg_table_reserve(p->op, &p->table));
    }
    return seen->item->call->aggregate->update(&worker->env, seen->item->call, picked + n_keys, n,
        groups, p->table.states[index].data, p->table.heap);
}

/* Rows of a batch that are not in the frozen table, for later. */
static HyStatus put_aside(
    Partition *p, Seen *seen, const HyVector *cols, const uint64_t *hashes, size_t n)
{
    uint32_t *sel;
    uint64_t *picked;
    size_t n_sel = 0;
    HY_BATCH_NEW(p->worker, sel, n);
    HY_BATCH_NEW(p->worker, picked, n);
    HY_TRY(hy_group_table_lookup(&seen->table, cols, n, hashes, sel));
    for (size_t i = 0; i < n; i++) {
        bool is_new = sel[i] == UINT32_MAX;
        sel[n_sel] = (uint32_t)i;
        picked[n_sel] = hashes[i];
        n_sel += is_new;
    }
    HyBatch rows = {.n_rows = n_sel, .n_cols = seen->n_cols};
    if (n_sel == 0)
        return HY_OK;
    HY_BATCH_NEW(p->worker, rows.cols, seen->n_cols);
    for (size_t k = 0; k < seen->n_cols; k++)
        HY_TRY(hy_vector_gather(p->worker->arena, &cols[k], sel, n_sel, &rows.cols[k]));
    return hy_spill_buffer_push(seen->rest_out, &rows, picked);
}

static HyStatus seen_take(Partition *p, Seen *seen, const HyVector *cols, size_t n)
{
    HyWorker *worker = p->worker;
    uint64_t *hashes;
    uint32_t *groups, *sel;
    uint8_t *is_taken;
    HY_BATCH_NEW(worker, hashes, n);
    HY_TRY(hy_group_hash(cols, seen->n_cols, n, hashes));
    if (seen->rest)
        return put_aside(p, seen, cols, hashes, n);
    HY_BATCH_NEW(worker, groups, n);
    HY_BATCH_NEW(worker, sel, n);
    HY_BATCH_NEW(worker, is_taken, n);
    memset(is_taken, 0, n);
    size_t n_seen = seen->table.n_groups, n_new = 0;
    HY_TRY(hy_group_table_find(&seen->table, cols, n, hashes, worker->arena, groups));
    for (size_t i = 0; i < n; i++)
        if (groups[i] >= n_seen && !is_taken[groups[i] - n_seen]) {
            is_taken[groups[i] - n_seen] = 1;
            sel[n_new++] = (uint32_t)i;
        }
    if (n_new > 0)
        HY_TRY(feed(p, seen, cols, sel, n_new));
    return seen_freeze(p, seen);
}

/* Arguments that were put aside, part by part. */
static HyStatus seen_finish(Partition *p, Seen *seen)
{
    HySpillReader *reader = NULL;
    HyStatus st;
    if (!seen->rest)
        return HY_OK;
    hy_group_table_close(&seen->table);
    HY_GO(hy_spill_buffer_flush(seen->rest_out));
    HY_GO(hy_spill_reader_open(seen->rest, &reader));
    for (size_t part = 0; part < HY_SPILL_PARTS; part++) {
        Seen sub = {.item = seen->item,
            .types = seen->types,
            .n_cols = seen->n_cols,
            .level = seen->level + 1};
        st = seen_open(p, &sub);
        for (size_t b = 0; !st && b < hy_spill_part(seen->rest, part)->n_blocks; b++) {
            HyBatch rows;
            st = hy_spill_read(reader, part, b, &rows);
            if (!st)
                st = seen_take(p, &sub, rows.cols, rows.n_rows);
            hy_arena_reset(p->worker->arena);
        }
        if (!st)
            st = seen_finish(p, &sub);
        seen_close(&sub);
        HY_GO(st);
    }
done:
    hy_spill_reader_close(reader);
    return st;
}

/* What a worker's table of keys and arguments has of this partition. */
static HyStatus take_table(
    Partition *p, Seen *seen, const HyGroupTable *table, const uint64_t *hashes, size_t partition)
{
    HyGroupPicker picker = {.table = table, .partition = hashes ? partition : SIZE_MAX};
    HyWorker *worker = p->worker;
    uint32_t sel[HY_VECTOR_SIZE];
    size_t n;
    while ((n = hy_group_pick(&picker, hashes, sel)) > 0) {
        HyVector *cols;
        HY_TRY(hy_worker_check_cancel(worker));
        HY_BATCH_NEW(worker, cols, seen->n_cols);
        for (size_t k = 0; k < seen->n_cols; k++)
            HY_TRY(hy_group_table_gather(table, k, sel, n, worker->arena, &cols[k]));
        HY_TRY(seen_take(p, seen, cols, n));
        hy_arena_reset(worker->arena);
    }
    return HY_OK;
}

/* ---- Rows ---- */

static HyStatus take_distinct(Partition *p, const HyVector *results, const HyAggItemRows *rows)
{
    size_t n_keys = p->set->n_keys;
    for (size_t i = 0; i < p->op->n_items; i++) {
        Seen *seen = &p->seen[i];
        HyVector *cols;
        if (!seen->item || rows[i].n == 0)
            continue;
        HY_BATCH_NEW(p->worker, cols, seen->n_cols);
        for (size_t k = 0; k < n_keys; k++) {
            cols[k] = results[p->set->keys[k]];
            if (rows[i].sel)
                HY_TRY(
                    hy_vector_gather(p->worker->arena, &cols[k], rows[i].sel, rows[i].n, &cols[k]));
        }
        for (size_t k = 0; k < seen->item->n_args; k++)
            cols[n_keys + k] = rows[i].args[k];
        HY_TRY(seen_take(p, seen, cols, rows[i].n));
    }
    return HY_OK;
}

static HyStatus update(Partition *p, const HyVector *results, size_t n, const uint32_t *groups)
{
    HyAggItemRows *rows;
    HY_BATCH_NEW(p->worker, rows, p->op->n_items);
    for (size_t i = 0; i < p->op->n_items; i++)
        HY_TRY(hy_agg_item_rows(p->worker, &p->op->items[i], results, n, &rows[i]));
    HY_TRY(hy_agg_update_plain(p->worker, p->op, &p->table, rows, groups));
    return take_distinct(p, results, rows);
}

/* Rows of a batch that belong to groups of the table; the others are put aside. */
static HyStatus take_known(Partition *p, const HyBatch *batch, const HyVector *keys,
    const uint64_t *hashes, uint32_t *groups)
{
    HyWorker *worker = p->worker;
    size_t n = batch->n_rows, n_known = 0, n_other = 0;
    uint32_t *known, *other;
    uint64_t *other_hashes;
    HyBatch part;
    HY_BATCH_NEW(worker, known, n);
    HY_BATCH_NEW(worker, other, n);
    HY_BATCH_NEW(worker, other_hashes, n);
    HY_TRY(hy_group_table_lookup(&p->table.groups, keys, n, hashes, groups));
    for (size_t i = 0; i < n; i++) {
        uint32_t group = groups[i];
        bool is_known = group != UINT32_MAX;
        known[n_known] = other[n_other] = (uint32_t)i;
        groups[n_known] = group;
        other_hashes[n_other] = hashes[i];
        n_known += is_known;
        n_other += !is_known;
    }
    if (n_other > 0) {
        HY_TRY(hy_batch_gather(worker, batch, other, n_other, &part));
        HY_TRY(hy_spill_buffer_push(p->rest_out, &part, other_hashes));
    }
    if (n_known == 0)
        return HY_OK;
    HY_TRY(hy_batch_gather(worker, batch, known, n_known, &part));
    return update(p, part.cols, n_known, groups);
}

static HyStatus freeze_if_due(Partition *p)
{
    HyExec *exec = p->op->exec;
    size_t bytes = hy_agg_table_bytes(&p->table);
    size_t more = hy_group_table_may_grow(&p->table.groups) ? bytes : 0;
    if (p->rest || p->op->has_ordered || p->set->n_keys == 0 || p->level + 1 >= HY_SPILL_LEVELS ||
        !hy_spill_is_due(exec, bytes, more, HY_RESPILL_PERCENT))
        return HY_OK;
    HY_TRY(hy_spill_create(
        exec, p->op->alg, p->op->result_types, p->op->n_results, HY_SPILL_PARTS, &p->rest));
    return hy_spill_buffer_open(p->rest, p->level + 1, &p->rest_out);
}

static HyStatus take_rows(Partition *p, const HyBatch *batch)
{
    HyWorker *worker = p->worker;
    const HyAggSet *set = p->set;
    size_t n = batch->n_rows;
    HyVector *keys;
    uint64_t *hashes;
    uint32_t *groups;
    if (set->n_keys == 0)
        return update(p, batch->cols, n, NULL);
    HY_BATCH_NEW(worker, keys, set->n_keys);
    HY_BATCH_NEW(worker, hashes, n);
    HY_BATCH_NEW(worker, groups, n);
    for (size_t k = 0; k < set->n_keys; k++)
        keys[k] = batch->cols[set->keys[k]];
    HY_TRY(hy_group_hash(keys, set->n_keys, n, hashes));
    if (p->rest)
        return take_known(p, batch, keys, hashes, groups);
    HY_TRY(hy_group_table_find(&p->table.groups, keys, n, hashes, worker->arena, groups));
    HY_TRY(hy_agg_table_reserve(p->op, &p->table));
    HY_TRY(update(p, batch->cols, n, groups));
    return freeze_if_due(p);
}

static HyStatus take_part(Partition *p, const HySpillSet *set, size_t part)
{
    HySpillReader *reader;
    HY_TRY(hy_spill_reader_open(set, &reader));
    HyStatus st = HY_OK;
    for (size_t b = 0; !st && b < hy_spill_part(set, part)->n_blocks; b++) {
        HyBatch rows;
        st = hy_spill_read(reader, part, b, &rows);
        if (!st)
            st = take_rows(p, &rows);
        hy_arena_reset(p->worker->arena);
    }
    hy_spill_reader_close(reader);
    return st;
}

static HyStatus take_ordered(Partition *p, size_t item, size_t part)
{
    const HySpillSet *set =
        p->op->spill.ordered[(size_t)(p->set - p->op->sets) * p->op->n_items + item];

    HySpillReader *reader = NULL;
    HyRowset *rows = NULL;
    HyStatus st;
    HY_GO(hy_spill_reader_open(set, &reader));
    HY_GO(hy_rowset_create(p->op->items[item].row_types,
        p->op->n_groups + p->op->items[item].n_args, p->op->exec->ctx->memory, &rows));
    for (size_t b = 0; b < hy_spill_part(set, part)->n_blocks; b++) {
        HyBatch batch;
        HY_GO(hy_spill_read(reader, part, b, &batch));
        HY_GO(hy_rowset_append(rows, &batch));
    }
    HY_GO(hy_agg_feed_rows(p->op, p->set, item, &p->table, rows, &p->worker->env));
done:
    hy_spill_reader_close(reader);
    hy_rowset_destroy(rows);
    return st;
}

/* ---- Partitions ---- */

static HyStatus open_partition(Partition *p)
{
    HyAggOp *op = p->op;
    p->arena = hy_arena_create();
    if (!p->arena)
        return hy_error_oom(0);
    HY_ARENA_NEW(p->arena, p->seen, op->n_items);
    HY_TRY(hy_agg_table_open(op, p->set, &p->table));
    if (p->set->n_keys == 0) {
        p->table.groups.n_groups = 1;
        HY_TRY(hy_agg_table_reserve(op, &p->table));
    }
    for (size_t i = 0; i < op->n_items; i++) {
        if (!hy_agg_feeds_distinct(&op->items[i]))
            continue;
        Seen *seen = &p->seen[i];
        HY_TRY(hy_agg_distinct_types(p->set, &op->items[i], p->arena, &seen->types));
        seen->n_cols = p->set->n_keys + op->items[i].n_args;
        HY_TRY(seen_open(p, seen));
        seen->item = &op->items[i];
    }
    return HY_OK;
}

static void close_partition(Partition *p)
{
    for (size_t i = 0; i < p->op->n_items && p->seen; i++)
        seen_close(&p->seen[i]);
    hy_agg_table_close(&p->table);
    hy_spill_buffer_close(p->rest_out);
    hy_spill_destroy(p->rest);
    hy_arena_destroy(p->arena);
}

/* The part of the workers' tables. */
static HyStatus take_tables(Partition *p, size_t partition)
{
    HyAggOp *op = p->op;
    size_t s = (size_t)(p->set - op->sets);
    for (HyAggLocal *local = op->locals; local; local = local->next)
        HY_TRY(hy_agg_merge_table(op, &p->table, &local->tables[s],
            p->set->n_keys == 0 ? SIZE_MAX : partition, NULL, &p->worker->env));
    for (size_t i = 0; i < op->n_items; i++)
        for (HyAggLocal *local = op->locals; local && p->seen[i].item; local = local->next)
            HY_TRY(take_table(p, &p->seen[i], &local->distinct[s * op->n_items + i],
                local->distinct_hashes[s * op->n_items + i], partition));
    return HY_OK;
}

static HyStatus run_partition(
    Partition *p, const HySpillSet *rows, size_t part, HyAggEmit emit, void *ctx)
{
    HyAggOp *op = p->op;
    HyStatus st;
    size_t s = (size_t)(p->set - op->sets);
    HY_GO(open_partition(p));
    if (p->level == 0)
        HY_GO(take_tables(p, part));
    if (rows)
        HY_GO(take_part(p, rows, part));
    for (size_t i = 0; i < op->n_items; i++) {
        if (p->seen[i].item)
            HY_GO(seen_finish(p, &p->seen[i]));
        seen_close(&p->seen[i]);
        if (op->items[i].is_ordered && op->spill.ordered)
            HY_GO(take_ordered(p, i, part));
    }
    HY_GO(emit(ctx, p->worker, s, &p->table));
    hy_agg_table_close(&p->table);
    if (p->rest)
        HY_GO(hy_spill_buffer_flush(p->rest_out));
    for (size_t q = 0; p->rest && q < HY_SPILL_PARTS; q++) {
        Partition sub = {.op = op, .set = p->set, .worker = p->worker, .level = p->level + 1};
        if (hy_spill_part(p->rest, q)->n_rows > 0)
            HY_GO(run_partition(&sub, p->rest, q, emit, ctx));
    }
done:
    close_partition(p);
    return st;
}

HyStatus hy_agg_partition(
    HyAggOp *op, HyWorker *worker, size_t set, size_t partition, HyAggEmit emit, void *ctx)
{
    Partition p = {.op = op, .set = &op->sets[set], .worker = worker};
    if (p.set->n_keys == 0 && partition > 0)
        return HY_OK;
    return run_partition(&p, op->spill.rows ? op->spill.rows[set] : NULL, partition, emit, ctx);
}
