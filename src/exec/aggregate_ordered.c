/* Aggregates with ORDER BY or WITHIN GROUP: the rows of all workers are sorted by group and key and
 * fed in that order. update() gets the arguments, then the sort expressions. With DISTINCT only the
 * first row of each group with the same arguments counts. */
#include "exec/aggregate_internal.h"
#include <stdlib.h>

typedef struct Ordered {
    HyAggOp *op;
    const HyAggSet *set;
    const HyAggItem *item;
    HyAggTable *table;
    HyRowset *rows;        /* of all workers */
    HySortColumn *columns; /* group number, then the keys */
    HySortSpec spec;
    HySortRun run;
    HyRowAccess access;
    HyGrowing groups;  /* uint32_t by row reference */
    HyGroupTable seen; /* group number and arguments, with DISTINCT */
    HyType *seen_types;
} Ordered;

/* Entries for the rows of one piece. */
static HyStatus add_piece(Ordered *o, size_t p, HyFuncEnv *env)
{
    const HyBatch *piece = hy_rowset_piece(o->rows, p);
    size_t n = piece->n_rows, n_keys = o->set->n_keys;
    HyVector *keys = hy_arena_alloc(env->arena, (n_keys + o->item->n_order + 1) * sizeof *keys);
    uint64_t *hashes = hy_arena_alloc(env->arena, n * sizeof *hashes);
    uint32_t *groups = (uint32_t *)o->groups.data + HY_ROW_REF(p, 0);
    if (!keys || !hashes)
        return hy_error_oom(n * sizeof *hashes);
    for (size_t k = 0; k < n_keys; k++)
        keys[k] = piece->cols[o->set->keys[k]];
    if (n_keys == 0) {
        memset(groups, 0, n * sizeof *groups);
    } else {
        HY_TRY(hy_group_hash(keys, n_keys, n, hashes));
        HY_TRY(hy_group_table_find(&o->table->groups, keys, n, hashes, env->arena, groups));
        HY_TRY(hy_agg_table_reserve(o->op, o->table));
    }
    keys[0] = (HyVector){.type = o->columns[0].type, .kind = HY_VECTOR_FLAT, .data = groups};
    size_t first_key = o->op->n_groups + o->item->n_args - o->item->n_order;
    for (size_t k = 0; k < o->item->n_order; k++)
        keys[1 + k] = piece->cols[first_key + k];
    HY_TRY(hy_sort_run_add(&o->run, keys, n, HY_ROW_REF(p, 0), env->arena));
    hy_arena_reset(env->arena);
    return HY_OK;
}

/* Keeps the first of equal arguments in a group: refs and groups shrink to those. */
static HyStatus drop_seen(
    Ordered *o, HyFuncEnv *env, const HyVector *args, HyRowRef *refs, uint32_t *groups, size_t *n)
{
    size_t n_args = o->item->n_args - o->item->n_order;
    HyVector *keys = hy_arena_alloc(env->arena, (n_args + 1) * sizeof *keys);
    uint64_t *hashes = hy_arena_alloc(env->arena, *n * sizeof *hashes);
    uint32_t *found = hy_arena_alloc(env->arena, *n * sizeof *found);
    uint8_t *is_taken = hy_arena_zalloc(env->arena, *n);
    if (!keys || !hashes || !found || !is_taken)
        return hy_error_oom(*n * sizeof *hashes);
    keys[0] = (HyVector){.type = o->columns[0].type, .kind = HY_VECTOR_FLAT, .data = groups};
    for (size_t k = 0; k < n_args; k++)
        keys[1 + k] = args[k];
    HY_TRY(hy_group_hash(keys, n_args + 1, *n, hashes));
    size_t n_seen = o->seen.n_groups, n_new = 0;
    HY_TRY(hy_group_table_find(&o->seen, keys, *n, hashes, env->arena, found));
    for (size_t i = 0; i < *n; i++)
        if (found[i] >= n_seen && !is_taken[found[i] - n_seen]) {
            is_taken[found[i] - n_seen] = 1;
            refs[n_new] = refs[i];
            groups[n_new++] = groups[i];
        }
    *n = n_new;
    return HY_OK;
}

static HyStatus gather_args(
    const Ordered *o, HyFuncEnv *env, const HyRowRef *refs, size_t n, HyVector **out)
{
    HyVector *args = hy_arena_alloc(env->arena, o->item->n_args * sizeof *args);
    if (!args)
        return hy_error_oom(o->item->n_args * sizeof *args);
    for (size_t k = 0; k < o->item->n_args; k++)
        HY_TRY(
            hy_row_access_gather(&o->access, o->op->n_groups + k, refs, n, env->arena, &args[k]));
    *out = args;
    return HY_OK;
}

static HyStatus feed(Ordered *o, HyFuncEnv *env)
{
    const HyFuncCall *call = o->item->call;
    const HySortEntry *entries = hy_sort_run_entries(&o->run);
    size_t index = (size_t)(o->item - o->op->items);
    for (size_t first = 0; first < o->run.n; first += HY_VECTOR_SIZE) {
        size_t n = o->run.n - first < HY_VECTOR_SIZE ? o->run.n - first : HY_VECTOR_SIZE;
        HyRowRef refs[HY_VECTOR_SIZE];
        uint32_t groups[HY_VECTOR_SIZE];
        HyVector *args;
        HY_TRY(hy_cancel_check(env->cancel));
        for (size_t i = 0; i < n; i++) {
            refs[i] = entries[first + i].ref;
            groups[i] = ((const uint32_t *)o->groups.data)[refs[i]];
        }
        HY_TRY(gather_args(o, env, refs, n, &args));
        if (o->item->is_distinct) {
            size_t n_all = n;
            HY_TRY(drop_seen(o, env, args, refs, groups, &n));
            if (n < n_all && n > 0)
                HY_TRY(gather_args(o, env, refs, n, &args));
        }
        if (n > 0)
            HY_TRY(call->aggregate->update(
                env, call, args, n, groups, o->table->states[index].data, o->table->heap));
        hy_arena_reset(env->arena);
    }
    return HY_OK;
}

static HyStatus open_ordered(Ordered *o)
{
    size_t n_order = o->item->n_order, n_args = o->item->n_args - n_order;
    HyMemory *memory = o->op->exec->ctx->memory;
    HyType group_type = hy_type_nullable(hy_type(HY_TYPE_OID), false);
    o->columns = calloc(n_order + 1, sizeof *o->columns);
    o->seen_types = calloc(n_args + 1, sizeof *o->seen_types);
    if (!o->columns || !o->seen_types)
        return hy_error_oom(n_order * sizeof *o->columns);
    o->columns[0].type = group_type;
    for (size_t k = 0; k < n_order; k++)
        o->columns[1 + k] = o->item->order[k];
    hy_sort_spec_init(&o->spec, o->columns, n_order + 1);
    HY_TRY(hy_sort_run_open(&o->run, &o->spec, memory));
    o->seen_types[0] = group_type;
    for (size_t k = 0; k < n_args; k++)
        o->seen_types[1 + k] = o->item->arg_types[k];
    if (o->item->is_distinct)
        HY_TRY(hy_group_table_open(&o->seen, o->seen_types, n_args + 1, memory));
    return hy_growing_reserve(
        &o->groups, memory, HY_ROW_REF(hy_rowset_piece_count(o->rows), 0) * sizeof(uint32_t));
}

/* All workers' rows in the first one's rowset, which keeps them: other sets read them again. */
static HyStatus gather_rows(size_t item, HyAggLocal **locals, size_t n, HyRowset **out)
{
    for (size_t w = 1; w < n; w++)
        if (hy_rowset_row_count(locals[w]->ordered[item]) > 0)
            HY_TRY(hy_rowset_splice(locals[0]->ordered[item], locals[w]->ordered[item]));
    *out = locals[0]->ordered[item];
    return HY_OK;
}

HyStatus hy_agg_feed_rows(HyAggOp *op, const HyAggSet *set, size_t item, HyAggTable *table,
    HyRowset *rows, HyFuncEnv *env)
{
    Ordered o = {.op = op, .set = set, .item = &op->items[item], .table = table, .rows = rows};
    HyMemory *memory = op->exec->ctx->memory;
    HyStatus st = HY_OK;
    if (hy_rowset_row_count(rows) == 0)
        return HY_OK;
    HY_GO(open_ordered(&o));
    for (size_t p = 0; p < hy_rowset_piece_count(o.rows); p++) {
        HY_GO(hy_cancel_check(env->cancel));
        HY_GO(add_piece(&o, p, env));
    }
    HY_GO(hy_sort_run_sort(&o.run, env->cancel));
    HY_GO(hy_row_access_open(o.rows, &o.access));
    HY_GO(feed(&o, env));
done:
    hy_sort_run_close(&o.run);
    hy_row_access_close(&o.access);
    hy_growing_free(&o.groups, memory);
    hy_group_table_close(&o.seen);
    free(o.columns);
    free(o.seen_types);
    return st;
}

HyStatus hy_agg_feed_ordered(HyAggOp *op, const HyAggSet *set, size_t item, HyAggTable *table,
    HyAggLocal **locals, size_t n, HyFuncEnv *env)
{
    HyRowset *rows;
    HY_TRY(gather_rows(item, locals, n, &rows));
    return hy_agg_feed_rows(op, set, item, table, rows, env);
}
