/* GROUP BY: each worker groups its rows in a table of its own; states of all groups of one
 * aggregate stand in one array, which the aggregate updates a batch at a time. */
#include "exec/aggregate_internal.h"
#include <stdlib.h>

#define MORSEL_GROUPS 16384

/* ---- Tables ---- */

HyStatus hy_agg_table_open(const HyAggOp *op, const HyAggSet *set, HyAggTable *table)
{
    *table = (HyAggTable){.n_items = op->n_items};
    table->states = calloc(op->n_items + 1, sizeof *table->states);
    table->heap = hy_arena_create_in(op->exec->ctx->memory);
    HyStatus st = !table->states || !table->heap ? hy_error_oom(0) : HY_OK;
    if (!st)
        st =
            hy_group_table_open(&table->groups, set->key_types, set->n_keys, op->exec->ctx->memory);
    if (st)
        hy_agg_table_close(table);
    else
        table->groups.cancel = op->exec->ctx->cancel;
    return st;
}

void hy_agg_table_close(HyAggTable *table)
{
    for (size_t i = 0; i < table->n_items && table->states; i++)
        hy_growing_free(&table->states[i], table->groups.memory);
    free(table->states);
    hy_group_table_close(&table->groups);
    hy_arena_destroy(table->heap);
    *table = (HyAggTable){0};
}

HyStatus hy_agg_table_reserve(const HyAggOp *op, HyAggTable *table)
{
    size_t n = table->groups.capacity > table->groups.n_groups ? table->groups.capacity
                                                               : table->groups.n_groups;
    for (size_t i = 0; i < op->n_items; i++)
        HY_TRY(hy_growing_reserve_zeroed(
            &table->states[i], table->groups.memory, n * hy_agg_state_size(&op->items[i])));
    return HY_OK;
}

HyStatus hy_agg_distinct_types(
    const HyAggSet *set, const HyAggItem *item, HyArena *arena, HyType **out)
{
    HY_ARENA_NEW(arena, *out, set->n_keys + item->n_args);
    for (size_t k = 0; k < set->n_keys; k++)
        (*out)[k] = set->key_types[k];
    for (size_t k = 0; k < item->n_args; k++)
        (*out)[set->n_keys + k] = item->arg_types[k];
    return HY_OK;
}

/* ---- Local states ---- */

static void free_local(const HyAggOp *op, HyAggLocal *local)
{
    hy_program_close(local->program);
    for (size_t s = 0; s < op->n_sets; s++) {
        hy_agg_table_close(&local->tables[s]);
        hy_group_coder_close(&local->coders[s]);
        for (size_t i = 0; i < op->n_items; i++) {
            hy_group_coder_close(&local->distinct_coders[s * op->n_items + i]);
            hy_group_table_close(&local->distinct[s * op->n_items + i]);
        }
    }
    for (size_t i = 0; i < op->n_items; i++)
        hy_rowset_destroy(local->ordered[i]);
    hy_agg_free_local_spill(op, local);
    hy_arena_destroy(local->arena);
}

static void free_all(HyAggOp *op)
{
    HyAggLocal *local = atomic_exchange(&op->locals, NULL);
    while (local) {
        HyAggLocal *next = local->next;
        free_local(op, local);
        local = next;
    }
    for (size_t i = 0; i < op->n_merged; i++)
        hy_agg_table_close(&op->merged[i]);
    hy_agg_free_spill(op);
    free(op->merged);
    free(op->parts);
    free(op->n_parts);
    op->merged = NULL;
    op->parts = NULL;
    op->n_parts = NULL;
    op->n_merged = 0;
}

static HyStatus aggregate_start(HyOp *base, HyExec *exec)
{
    HyAggOp *op = (HyAggOp *)base;
    free_all(op);
    op->exec = exec;
    return HY_OK;
}

static HyStatus open_tables(HyAggOp *op, HyAggLocal *local)
{
    for (size_t s = 0; s < op->n_sets; s++) {
        HY_TRY(hy_agg_table_open(op, &op->sets[s], &local->tables[s]));
        if (op->sets[s].n_keys == 0) {
            local->tables[s].groups.n_groups = 1;
            HY_TRY(hy_agg_table_reserve(op, &local->tables[s]));
        }
        for (size_t i = 0; i < op->n_items; i++) {
            const HyAggItem *item = &op->items[i];
            HyType *types;
            if (!item->is_distinct || item->is_ordered)
                continue;
            HY_TRY(hy_agg_distinct_types(&op->sets[s], item, local->arena, &types));
            HY_TRY(hy_group_table_open(&local->distinct[s * op->n_items + i], types,
                op->sets[s].n_keys + item->n_args, op->exec->ctx->memory));
            local->distinct[s * op->n_items + i].cancel = op->exec->ctx->cancel;
        }
    }
    for (size_t i = 0; i < op->n_items; i++)
        if (op->items[i].is_ordered)
            HY_TRY(hy_rowset_create(op->items[i].row_types, op->n_groups + op->items[i].n_args,
                op->exec->ctx->memory, &local->ordered[i]));
    return hy_program_open(op->program, &local->program);
}

static HyStatus make_arrays(HyAggOp *op, HyArena *arena, HyAggLocal **out)
{
    HyAggLocal *local;
    HY_ARENA_NEW(arena, local, 1);
    HY_ARENA_NEW(arena, local->tables, op->n_sets);
    HY_ARENA_NEW(arena, local->coders, op->n_sets);
    HY_ARENA_NEW(arena, local->distinct_coders, op->n_sets * op->n_items);
    HY_ARENA_NEW(arena, local->distinct, op->n_sets * op->n_items);
    HY_ARENA_NEW(arena, local->ordered, op->n_items);
    HY_ARENA_NEW(arena, local->rows_out, op->n_sets);
    HY_ARENA_NEW(arena, local->ordered_out, op->n_sets * op->n_items);
    HY_ARENA_NEW(arena, local->distinct_hashes, op->n_sets * op->n_items);
    local->arena = arena;
    *out = local;
    return HY_OK;
}

/* From here on the op owns the local state. */
static HyStatus aggregate_open(HyOp *base, HyWorker *worker, void **out)
{
    (void)worker;
    HyAggOp *op = (HyAggOp *)base;
    HyAggLocal *local;
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    HyStatus st = make_arrays(op, arena, &local);
    if (st) {
        hy_arena_destroy(arena);
        return st;
    }
    local->next = atomic_load(&op->locals);
    while (!atomic_compare_exchange_weak(&op->locals, &local->next, local)) {
    }
    *out = local;
    return open_tables(op, local);
}

/* ---- Rows ---- */

HyStatus hy_agg_item_rows(
    HyWorker *worker, const HyAggItem *item, const HyVector *results, size_t n, HyAggItemRows *out)
{
    *out = (HyAggItemRows){.n = n};
    HY_BATCH_NEW(worker, out->args, item->n_args);
    for (size_t i = 0; i < item->n_args; i++)
        out->args[i] = results[item->args[i]];
    if (item->filter == HY_NO_RESULT)
        return HY_OK;
    uint32_t *sel;
    HY_BATCH_NEW(worker, sel, n);
    out->n = hy_select_true(&results[item->filter], n, sel);
    if (out->n == n)
        return HY_OK;
    out->sel = sel;
    for (size_t i = 0; i < item->n_args; i++)
        HY_TRY(hy_vector_gather(worker->arena, &out->args[i], sel, out->n, &out->args[i]));
    return HY_OK;
}

HyStatus hy_agg_item_groups(
    HyWorker *worker, const uint32_t *groups, const HyAggItemRows *rows, const uint32_t **out)
{
    *out = groups;
    if (!groups || !rows->sel)
        return HY_OK;
    uint32_t *picked;
    HY_BATCH_NEW(worker, picked, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        picked[i] = groups[rows->sel[i]];
    *out = picked;
    return HY_OK;
}

/* Notes the item's distinct arguments per group; they are fed when all are known. */
static HyStatus note_distinct(HyWorker *worker, const HyAggSet *set, const HyAggItem *item,
    HyGroupCoder *coder, HyGroupTable *distinct, const HyVector *results, const HyAggItemRows *rows)
{
    HyVector *keys;
    uint64_t *hashes;
    uint32_t *groups;
    size_t n_keys = set->n_keys + item->n_args;
    HY_BATCH_NEW(worker, keys, n_keys);
    HY_BATCH_NEW(worker, hashes, rows->n);
    HY_BATCH_NEW(worker, groups, rows->n);
    for (size_t k = 0; k < set->n_keys; k++) {
        keys[k] = results[set->keys[k]];
        if (rows->sel)
            HY_TRY(hy_vector_gather(worker->arena, &keys[k], rows->sel, rows->n, &keys[k]));
    }
    for (size_t k = 0; k < item->n_args; k++)
        keys[set->n_keys + k] = rows->args[k];
    bool done;
    HY_TRY(hy_group_coder_find(coder, distinct, keys, rows->n, worker->arena, groups, &done));
    if (done)
        return HY_OK;
    HY_TRY(hy_group_hash(keys, n_keys, rows->n, hashes));
    return hy_group_table_find(distinct, keys, rows->n, hashes, worker->arena, groups);
}

static HyStatus find_groups(HyWorker *worker, HyAggOp *op, HyAggLocal *local, size_t s,
    const HyVector *results, size_t n, uint32_t **out)
{
    const HyAggSet *set = &op->sets[s];
    HyAggTable *table = &local->tables[s];
    *out = NULL;
    if (set->n_keys == 0)
        return HY_OK;
    HyVector *keys;
    bool done;
    HY_BATCH_NEW(worker, *out, n);
    HY_BATCH_NEW(worker, keys, set->n_keys);
    for (size_t k = 0; k < set->n_keys; k++)
        keys[k] = results[set->keys[k]];
    HY_TRY(hy_group_coder_find(
        &local->coders[s], &table->groups, keys, n, worker->arena, *out, &done));
    if (!done) {
        uint64_t *hashes;
        HY_BATCH_NEW(worker, hashes, n);
        HY_TRY(hy_group_hash(keys, set->n_keys, n, hashes));
        HY_TRY(hy_group_table_find(&table->groups, keys, n, hashes, worker->arena, *out));
    }
    return hy_agg_table_reserve(op, table);
}

HyStatus hy_agg_update_plain(HyWorker *worker, const HyAggOp *op, HyAggTable *table,
    const HyAggItemRows *rows, const uint32_t *groups)
{
    for (size_t i = 0; i < op->n_items; i++) {
        const HyAggItem *item = &op->items[i];
        const uint32_t *picked;
        if (item->is_ordered || item->is_distinct || rows[i].n == 0)
            continue;
        HY_TRY(hy_agg_item_groups(worker, groups, &rows[i], &picked));
        HY_TRY(item->call->aggregate->update(&worker->env, item->call, rows[i].args, rows[i].n,
            picked, table->states[i].data, table->heap));
    }
    return HY_OK;
}

static HyStatus push_set(HyWorker *worker, HyAggOp *op, HyAggLocal *local, size_t s,
    const HyVector *results, const HyAggItemRows *rows, size_t n)
{
    uint32_t *groups;
    if (local->is_frozen)
        return hy_agg_push_frozen(worker, op, local, s, results, rows, n);
    HY_TRY(find_groups(worker, op, local, s, results, n, &groups));
    for (size_t i = 0; i < op->n_items; i++)
        if (hy_agg_feeds_distinct(&op->items[i]) && rows[i].n > 0)
            HY_TRY(note_distinct(worker, &op->sets[s], &op->items[i],
                &local->distinct_coders[s * op->n_items + i], &local->distinct[s * op->n_items + i],
                results, &rows[i]));
    return hy_agg_update_plain(worker, op, &local->tables[s], rows, groups);
}

/* Rows for an ordered item are kept with their grouping expressions. */
static HyStatus keep_ordered(HyWorker *worker, const HyAggOp *op, HyAggLocal *local, size_t i,
    const HyVector *results, const HyAggItemRows *rows)
{
    const HyAggItem *item = &op->items[i];
    HyBatch batch = {.n_rows = rows->n, .n_cols = op->n_groups + item->n_args};
    HY_BATCH_NEW(worker, batch.cols, batch.n_cols);
    for (size_t k = 0; k < op->n_groups; k++) {
        batch.cols[k] = results[k];
        if (rows->sel)
            HY_TRY(
                hy_vector_gather(worker->arena, &results[k], rows->sel, rows->n, &batch.cols[k]));
    }
    for (size_t k = 0; k < item->n_args; k++)
        batch.cols[op->n_groups + k] = rows->args[k];
    return hy_rowset_append(local->ordered[i], &batch);
}

static HyStatus aggregate_push(HyOp *base, HyWorker *worker, void *arg, const HyBatch *batch)
{
    HyAggOp *op = (HyAggOp *)base;
    HyAggLocal *local = arg;
    HyVector *results;
    HyAggItemRows *rows;
    HY_BATCH_NEW(worker, results, op->n_results);
    HY_BATCH_NEW(worker, rows, op->n_items);
    HY_TRY(hy_program_run(local->program, &worker->env, batch, results));
    for (size_t i = 0; i < op->n_items; i++) {
        HY_TRY(hy_agg_item_rows(worker, &op->items[i], results, batch->n_rows, &rows[i]));
        if (op->items[i].is_ordered && rows[i].n > 0)
            HY_TRY(keep_ordered(worker, op, local, i, results, &rows[i]));
    }
    for (size_t s = 0; s < op->n_sets; s++)
        HY_TRY(push_set(worker, op, local, s, results, rows, batch->n_rows));
    return hy_agg_relieve(op, local);
}

static void aggregate_destroy(HyOp *op)
{
    free_all((HyAggOp *)op);
    pthread_mutex_destroy(&((HyAggOp *)op)->spill.lock);
}

static const HyOpClass aggregate_class = {.start = aggregate_start,
    .open = aggregate_open,
    .push = aggregate_push,
    .finish = hy_agg_finish,
    .destroy = aggregate_destroy};

/* ---- The groups as rows ---- */

typedef struct GroupsSource {
    HySource source;
    HyAggOp *op;
    uint32_t *groups; /* grouping expressions wanted */
    size_t n_groups;
    bool has_grouping_id;
    HyType grouping_type;
} GroupsSource;

static size_t part_morsels(const HyAggTable *table)
{
    return (table->groups.n_groups + MORSEL_GROUPS - 1) / MORSEL_GROUPS;
}

static HyStatus groups_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    (void)exec;
    const HyAggOp *op = ((GroupsSource *)source)->op;
    *n_morsels = op->is_lazy ? op->n_sets * HY_SPILL_PARTS : 0;
    for (size_t s = 0; s < op->n_sets && !op->is_lazy; s++)
        for (size_t p = 0; p < op->n_parts[s]; p++)
            *n_morsels += part_morsels(op->parts[s * op->max_parts + p]);
    return HY_OK;
}

/* The grouping expressions of groups [first, first + n). */
static HyStatus group_columns(const GroupsSource *self, HyWorker *worker, const HyAggSet *set,
    const HyAggTable *table, size_t first, HyVector *cols)
{
    for (size_t i = 0; i < self->n_groups; i++) {
        uint32_t group = self->groups[i];
        size_t k = 0;
        while (k < set->n_keys && set->keys[k] != group)
            k++;
        if (k == set->n_keys) {
            HyValue null = hy_value_null(self->op->group_types[group]);
            HY_TRY(hy_vector_constant(worker->arena, &null, &cols[i]));
        } else {
            cols[i] = hy_group_table_key(&table->groups, k, first);
        }
    }
    if (self->has_grouping_id) {
        HyValue mask = hy_value_null(self->grouping_type);
        mask.is_null = false;
        mask.i64 = set->not_grouped;
        HY_TRY(hy_vector_constant(worker->arena, &mask, &cols[self->n_groups]));
    }
    return HY_OK;
}

static HyStatus result_columns(const HyAggOp *op, HyWorker *worker, const HyAggTable *table,
    size_t first, size_t n, HyVector *cols)
{
    for (size_t i = 0; i < op->n_items; i++) {
        const HyFuncCall *call = op->items[i].call;
        HY_TRY(hy_vector_alloc(worker->arena, call->result, n, &cols[i]));
        memset(cols[i].data, 0, n * hy_physical_size(hy_type_physical(call->result)));
        HY_TRY(call->aggregate->finalize(&worker->env, call,
            (char *)table->states[i].data + first * hy_agg_state_size(&op->items[i]), n, &cols[i]));
    }
    return HY_OK;
}

static HyStatus emit_groups(GroupsSource *self, HyWorker *worker, size_t s, const HyAggTable *table,
    size_t first, size_t end)
{
    const HyAggOp *op = self->op;
    size_t n_keys = self->n_groups + self->has_grouping_id;
    for (; first < end && !hy_worker_may_stop(worker); first += HY_VECTOR_SIZE) {
        size_t n = end - first < HY_VECTOR_SIZE ? end - first : HY_VECTOR_SIZE;
        HyBatch out = {.n_rows = n, .n_cols = n_keys + op->n_items};
        HY_BATCH_NEW(worker, out.cols, out.n_cols);
        HY_TRY(group_columns(self, worker, &op->sets[s], table, first, out.cols));
        HY_TRY(result_columns(op, worker, table, first, n, out.cols + n_keys));
        HY_TRY(hy_source_emit(&self->source, worker, &out));
        hy_arena_reset(worker->arena);
    }
    return HY_OK;
}

static HyStatus emit_table(void *ctx, HyWorker *worker, size_t set, const HyAggTable *table)
{
    return emit_groups(ctx, worker, set, table, 0, table->groups.n_groups);
}

static HyStatus groups_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    (void)local;
    GroupsSource *self = (GroupsSource *)source;
    const HyAggOp *op = self->op;
    if (op->is_lazy)
        return hy_agg_partition(
            self->op, worker, morsel / HY_SPILL_PARTS, morsel % HY_SPILL_PARTS, emit_table, self);
    for (size_t s = 0; s < op->n_sets; s++)
        for (size_t p = 0; p < op->n_parts[s]; p++) {
            const HyAggTable *table = op->parts[s * op->max_parts + p];
            if (morsel >= part_morsels(table)) {
                morsel -= part_morsels(table);
                continue;
            }
            size_t first = morsel * MORSEL_GROUPS, end = table->groups.n_groups;
            return emit_groups(self, worker, s, table, first,
                end - first < MORSEL_GROUPS ? end : first + MORSEL_GROUPS);
        }
    return HY_OK;
}

static const HySourceClass groups_class = {.start = groups_start, .run = groups_run};

/* ---- Compiling ---- */

/* Expressions that the program computes; equal ones are computed once by the program itself. */
typedef struct ExprList {
    HyExpr **items;
    size_t n;
} ExprList;

static size_t count_exprs(const HyAlg *alg)
{
    size_t n = alg->n_groups;
    for (size_t i = 0; i < alg->n_aggregates; i++)
        n += alg->aggregates[i].call->n_args + alg->aggregates[i].n_order + 1;
    return n;
}

static HyStatus make_item(HyCompiler *c, const HyAggregateItem *in, ExprList *exprs, HyAggItem *out)
{
    const HyAggregate *aggregate = in->call->aggregate;
    size_t n_args = in->call->n_args;
    *out =
        (HyAggItem){.call = in->call, .id = in->id, .filter = HY_NO_RESULT, .n_order = in->n_order};
    out->is_distinct = in->is_distinct && !aggregate->ignores_distinct;
    out->is_ordered = in->n_order > 0 && !(aggregate->takes_any_order && !in->is_distinct);
    out->n_args = n_args + in->n_order;
    HY_ARENA_NEW(c->arena, out->args, out->n_args);
    HY_ARENA_NEW(c->arena, out->arg_types, out->n_args);
    HY_ARENA_NEW(c->arena, out->order, in->n_order);
    for (size_t i = 0; i < out->n_args; i++) {
        HyExpr *expr = i < n_args ? in->args[i] : in->order[i - n_args].expr;
        out->args[i] = (uint32_t)exprs->n;
        out->arg_types[i] = expr->type;
        exprs->items[exprs->n++] = expr;
    }
    for (size_t i = 0; i < in->n_order; i++)
        out->order[i] = (HySortColumn){.type = in->order[i].expr->type,
            .is_descending = in->order[i].is_descending,
            .nulls_first = in->order[i].nulls_first};
    if (in->filter) {
        out->filter = (uint32_t)exprs->n;
        exprs->items[exprs->n++] = in->filter;
    }
    return HY_OK;
}

static HyStatus set_row_types(HyCompiler *c, const HyAggOp *op, HyAggItem *item)
{
    HY_ARENA_NEW(c->arena, item->row_types, op->n_groups + item->n_args);
    for (size_t i = 0; i < op->n_groups; i++)
        item->row_types[i] = op->group_types[i];
    for (size_t i = 0; i < item->n_args; i++)
        item->row_types[op->n_groups + i] = item->arg_types[i];
    return HY_OK;
}

static HyStatus make_set(HyCompiler *c, const HyAggOp *op, uint64_t mask, HyAggSet *out)
{
    HY_ARENA_NEW(c->arena, out->keys, op->n_groups);
    HY_ARENA_NEW(c->arena, out->key_types, op->n_groups);
    for (size_t i = 0; i < op->n_groups; i++) {
        if (i < 64 && !(mask >> i & 1)) {
            out->not_grouped |= (int64_t)(UINT64_C(1) << i);
            continue;
        }
        out->keys[out->n_keys] = (uint32_t)i;
        out->key_types[out->n_keys++] = op->group_types[i];
    }
    return HY_OK;
}

static HyStatus make_sets(HyCompiler *c, const HyAlg *alg, HyAggOp *op)
{
    op->n_sets = alg->n_grouping_sets ? alg->n_grouping_sets : 1;
    HY_ARENA_NEW(c->arena, op->sets, op->n_sets);
    for (size_t s = 0; s < op->n_sets; s++)
        HY_TRY(make_set(
            c, op, alg->n_grouping_sets ? alg->grouping_sets[s] : UINT64_MAX, &op->sets[s]));
    return HY_OK;
}

static HyStatus make_op(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, const HyLayout *input, HyAggOp *op)
{
    ExprList exprs = {0};
    HY_ARENA_NEW(c->arena, exprs.items, count_exprs(alg));
    HY_ARENA_NEW(c->arena, op->group_types, alg->n_groups);
    HY_ARENA_NEW(c->arena, op->items, alg->n_aggregates);
    op->alg = alg;
    op->n_groups = alg->n_groups;
    for (size_t i = 0; i < alg->n_groups; i++) {
        op->group_types[i] = alg->groups[i].expr->type;
        exprs.items[exprs.n++] = alg->groups[i].expr;
    }
    for (size_t i = 0; i < alg->n_aggregates; i++) {
        if (!hy_need_has(need, alg->aggregates[i].id))
            continue;
        HyAggItem *item = &op->items[op->n_items++];
        HY_TRY(make_item(c, &alg->aggregates[i], &exprs, item));
        HY_TRY(set_row_types(c, op, item));
        op->has_ordered = op->has_ordered || item->is_ordered;
    }
    op->n_results = exprs.n;
    HY_ARENA_NEW(c->arena, op->result_types, exprs.n);
    for (size_t i = 0; i < exprs.n; i++)
        op->result_types[i] = exprs.items[i]->type;
    HY_TRY(make_sets(c, alg, op));
    return hy_program_compile(c->arena, input, exprs.items, exprs.n, &op->program);
}

static HyStatus make_source(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyAggOp *op, HyStream *out)
{
    GroupsSource *source;
    HyLayout layout;
    HY_TRY(hy_source_new(c->exec, &groups_class, alg, sizeof *source, &source));
    HY_TRY(hy_layout_new(c, alg->n_groups + 1 + op->n_items, &layout));
    HY_ARENA_NEW(c->arena, source->groups, alg->n_groups);
    source->op = op;
    for (size_t i = 0; i < alg->n_groups; i++)
        if (hy_need_has(need, alg->groups[i].id)) {
            HyType type = op->group_types[i];
            type.nullable = type.nullable || alg->n_grouping_sets > 0;
            source->groups[source->n_groups++] = (uint32_t)i;
            hy_layout_add(&layout, alg->groups[i].id, type);
        }
    if (alg->grouping_id && hy_need_has(need, alg->grouping_id)) {
        source->has_grouping_id = true;
        source->grouping_type = hy_type_nullable(hy_type(HY_TYPE_INT8), false);
        hy_layout_add(&layout, alg->grouping_id, source->grouping_type);
    }
    for (size_t i = 0; i < op->n_items; i++)
        hy_layout_add(&layout, op->items[i].id, op->items[i].call->result);
    return hy_stream_begin(c, &source->source, &layout, out);
}

/* Whether the smallest and the largest value of each column are all that is asked for. */
static bool is_of_extremes(const HyAlg *alg, const HyNeed *need)
{
    if (alg->n_groups > 0 || alg->n_grouping_sets > 1)
        return false;
    for (size_t i = 0; i < alg->n_aggregates; i++) {
        const HyAggregateItem *item = &alg->aggregates[i];
        if (!hy_need_has(need, item->id))
            continue;
        if (!item->call->aggregate->is_of_extremes || item->filter || item->n_order > 0 ||
            item->args[0]->kind != HY_EXPR_COLUMN)
            return false;
    }
    return true;
}

HyStatus hy_compile_aggregate(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    HyNeed *below;
    HyAggOp *op;
    HY_TRY(hy_need_new(c, NULL, &below));
    for (size_t i = 0; i < alg->n_groups; i++)
        hy_need_expr(below, alg->groups[i].expr);
    for (size_t i = 0; i < alg->n_aggregates; i++) {
        const HyAggregateItem *item = &alg->aggregates[i];
        if (!hy_need_has(need, item->id))
            continue;
        for (size_t k = 0; k < item->call->n_args; k++)
            hy_need_expr(below, item->args[k]);
        for (size_t k = 0; k < item->n_order; k++)
            hy_need_expr(below, item->order[k].expr);
        hy_need_expr(below, item->filter);
    }
    c->wants_extremes = is_of_extremes(alg, need);
    HyStatus st = hy_compile(c, alg->inputs[0], below, out);
    c->wants_extremes = false;
    HY_TRY(st);
    HY_TRY(hy_op_new(c->exec, &aggregate_class, alg, sizeof *op, &op));
    pthread_mutex_init(&op->spill.lock, NULL);
    HY_TRY(make_op(c, alg, need, &out->layout, op));
    HY_TRY(hy_stream_end(c, out, &op->op));
    return make_source(c, alg, need, op, out);
}
