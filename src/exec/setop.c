/* UNION, INTERSECT and EXCEPT. UNION ALL just lets both inputs run into what follows; the others
 * count in a hash table how often each row came from either side. */
#include "exec/compile.h"
#include "exec/setop_internal.h"
#include <stdlib.h>

#define MORSEL_GROUPS 16384

typedef HySetTable SetTable;
typedef HySetOp SetOp;

void hy_set_table_close(HySetTable *table)
{
    hy_growing_free(&table->counts, table->groups.memory);
    hy_group_table_close(&table->groups);
}

static HyStatus set_start(HyOp *op, HyExec *exec)
{
    SetOp *self = (SetOp *)op;
    hy_set_table_close(&self->table);
    hy_set_free_spill(self);
    self->exec = exec;
    self->memory = exec->ctx->memory;
    return HY_OK;
}

static HyStatus set_open(HyOp *op, HyWorker *worker, void **out)
{
    (void)worker;
    const SetOp *self = (const SetOp *)op;
    HySetLocal *local = calloc(1, sizeof *local);
    if (!local)
        return hy_error_oom(sizeof *local);
    *out = local;
    HY_TRY(hy_group_table_open(&local->table.groups, self->types, self->n_cols, self->memory));
    local->table.groups.cancel = self->exec->ctx->cancel;
    return HY_OK;
}

static void set_close(void *arg)
{
    HySetLocal *local = arg;
    hy_set_table_close(&local->table);
    hy_spill_buffer_close(local->out);
    free(local);
}

HyStatus hy_set_table_reserve(HySetTable *table)
{
    return hy_growing_reserve_zeroed(
        &table->counts, table->groups.memory, table->groups.capacity * 2 * sizeof(uint64_t));
}

static HyStatus set_push(HyOp *op, HyWorker *worker, void *arg, const HyBatch *batch)
{
    SetOp *self = (SetOp *)op;
    HySetLocal *local = arg;
    HY_TRY(hy_set_add(self, worker, &local->table, local->out, batch));
    return hy_set_relieve(self, local);
}

static HyStatus merge_piece(
    SetOp *self, SetTable *from, size_t first, size_t n, HyVector *keys, HyArena *arena)
{
    SetTable *into = &self->table;
    uint32_t *groups = hy_arena_alloc(arena, n * sizeof *groups);
    if (!groups)
        return hy_error_oom(n * sizeof *groups);
    for (size_t k = 0; k < self->n_cols; k++)
        keys[k] = hy_group_table_key(&from->groups, k, first);
    HY_TRY(hy_group_table_find(
        &into->groups, keys, n, (const uint64_t *)from->groups.hashes.data + first, arena, groups));
    if (self->kind == HY_SET_UNION)
        return HY_OK;
    HY_TRY(hy_set_table_reserve(into));
    const uint64_t *theirs = (const uint64_t *)from->counts.data + 2 * first;
    uint64_t *ours = into->counts.data;
    for (size_t i = 0; i < n; i++) {
        ours[2 * groups[i]] += theirs[2 * i];
        ours[2 * groups[i] + 1] += theirs[2 * i + 1];
    }
    return HY_OK;
}

static HyStatus set_finish(HyOp *op, HyExec *exec, void **locals, size_t n)
{
    SetOp *self = (SetOp *)op;
    HyWorker *worker;
    if (n == 0)
        return HY_OK;
    HY_TRY(hy_exec_worker(exec, 0, &worker));
    size_t bytes = 0;
    for (size_t w = 0; w < n; w++)
        bytes += hy_set_table_bytes(&((HySetLocal *)locals[w])->table);
    hy_alg_note_memory(op->alg, bytes);
    HY_TRY(hy_set_settle(self, (HySetLocal **)locals, n));
    if (self->is_lazy)
        return HY_OK;
    self->table = ((HySetLocal *)locals[0])->table;
    ((HySetLocal *)locals[0])->table = (SetTable){0};
    HyVector *keys = calloc(self->n_cols + 1, sizeof *keys);
    if (!keys)
        return hy_error_oom(self->n_cols * sizeof *keys);
    HyStatus st = HY_OK;
    for (size_t w = 1; w < n; w++) {
        SetTable *from = &((HySetLocal *)locals[w])->table;
        for (size_t first = 0; first < from->groups.n_groups && !st; first += HY_VECTOR_SIZE) {
            st = hy_cancel_check(exec->ctx->cancel);
            if (st)
                break;
            size_t left = from->groups.n_groups - first;
            st = merge_piece(self, from, first, left < HY_VECTOR_SIZE ? left : HY_VECTOR_SIZE, keys,
                worker->arena);
            hy_arena_reset(worker->arena);
        }
    }
    free(keys);
    return st;
}

static void set_destroy(HyOp *op)
{
    SetOp *self = (SetOp *)op;
    hy_set_table_close(&self->table);
    hy_set_free_spill(self);
    pthread_mutex_destroy(&self->lock);
}

static const HyOpClass set_class = {.start = set_start,
    .open = set_open,
    .push = set_push,
    .finish = set_finish,
    .close = set_close,
    .destroy = set_destroy};

/* ---- The rows ---- */

typedef struct SetSource {
    HySource source;
    SetOp *set;
} SetSource;

static HyStatus source_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    (void)exec;
    const SetOp *set = ((SetSource *)source)->set;
    *n_morsels = set->is_lazy ? HY_SPILL_PARTS
                              : (set->table.groups.n_groups + MORSEL_GROUPS - 1) / MORSEL_GROUPS;
    return HY_OK;
}

/* How often a row with these counts comes out. */
static uint64_t multiplicity(HySetKind kind, uint64_t left, uint64_t right)
{
    switch (kind) {
    case HY_SET_INTERSECT:
        return left > 0 && right > 0;
    case HY_SET_INTERSECT_ALL:
        return left < right ? left : right;
    case HY_SET_EXCEPT:
        return left > 0 && right == 0;
    case HY_SET_EXCEPT_ALL:
        return left > right ? left - right : 0;
    case HY_SET_UNION:
    case HY_SET_UNION_ALL:
        return 1;
    }
    return 0;
}

static HyStatus emit_groups(
    SetSource *self, HyWorker *worker, const SetTable *table, const uint32_t *groups, size_t n)
{
    const SetOp *set = self->set;
    HyBatch out = {.n_rows = n, .n_cols = set->n_cols};
    HY_BATCH_NEW(worker, out.cols, out.n_cols);
    for (size_t k = 0; k < out.n_cols; k++)
        HY_TRY(hy_group_table_gather(&table->groups, k, groups, n, worker->arena, &out.cols[k]));
    HY_TRY(hy_source_emit(&self->source, worker, &out));
    hy_arena_reset(worker->arena);
    return HY_OK;
}

/* Groups [first, end) of the table. */
static HyStatus emit_range(
    SetSource *self, HyWorker *worker, const SetTable *table, size_t first, size_t end)
{
    const uint64_t *counts = table->counts.data;
    uint32_t groups[HY_VECTOR_SIZE];
    size_t n = 0;
    for (size_t g = first; g < end && !hy_worker_may_stop(worker); g++) {
        uint64_t left = counts ? counts[2 * g] : 1, right = counts ? counts[2 * g + 1] : 0;
        for (uint64_t times = multiplicity(self->set->kind, left, right); times > 0; times--) {
            groups[n++] = (uint32_t)g;
            if (n < HY_VECTOR_SIZE)
                continue;
            HY_TRY(emit_groups(self, worker, table, groups, n));
            n = 0;
        }
    }
    return n > 0 ? emit_groups(self, worker, table, groups, n) : HY_OK;
}

static HyStatus emit_table(void *ctx, HyWorker *worker, const SetTable *table)
{
    return emit_range(ctx, worker, table, 0, table->groups.n_groups);
}

static HyStatus source_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    (void)local;
    SetSource *self = (SetSource *)source;
    const SetTable *table = &self->set->table;
    if (self->set->is_lazy)
        return hy_set_partition(self->set, worker, morsel, emit_table, self);
    size_t end = (morsel + 1) * MORSEL_GROUPS;
    return emit_range(self, worker, table, morsel * MORSEL_GROUPS,
        end < table->groups.n_groups ? end : table->groups.n_groups);
}

static const HySourceClass source_class = {.start = source_start, .run = source_run};

/* ---- Compiling ---- */

/* One input, with its columns under the ids of the operator. `wanted`: which of alg->columns. */
static HyStatus compile_input(HyCompiler *c, HyAlg *alg, HyAlg *input, const HyColumnId *ids,
    const uint32_t *wanted, size_t n, HyStream *out)
{
    HyNeed *need;
    HyColumnId *from;
    HyLayout layout;
    uint32_t *places;
    HY_TRY(hy_need_new(c, NULL, &need));
    HY_ARENA_NEW(c->arena, from, n);
    HY_TRY(hy_layout_new(c, n + 1, &layout));
    for (size_t i = 0; i < n; i++) {
        from[i] = ids[wanted[i]];
        hy_need_add(need, from[i]);
        hy_layout_add(&layout, alg->columns[wanted[i]], alg->types[wanted[i]]);
    }
    HY_TRY(hy_compile(c, input, need, out));
    HY_TRY(hy_layout_places(c, &out->layout, from, n, &places));
    return hy_stream_project(c, out, &layout, places);
}

/* A further column that says from which side a row comes. */
static HyStatus add_side(HyCompiler *c, HyStream *stream, bool is_right, HyColumnId id)
{
    HyNeed *keep;
    HyNamedExpr *side;
    HY_ARENA_NEW(c->arena, side, 1);
    HY_TRY(hy_need_new(c, NULL, &keep));
    for (size_t i = 0; i < stream->layout.n; i++)
        hy_need_add(keep, stream->layout.ids[i]);
    HyValue value = hy_value_null(hy_type(HY_TYPE_BOOL));
    value.is_null = false;
    value.u8 = is_right;
    HY_TRY(hy_expr_const(c->arena, &value, &side->expr));
    side->id = id;
    return hy_stream_map(c, stream, NULL, side, 1, keep);
}

static HyStatus compile_both(
    HyCompiler *c, HyAlg *alg, const uint32_t *wanted, size_t n, bool has_side, HyStream *out)
{
    HyStream right;
    HyColumnId side = HY_COMPUTED_ID + c->next_computed++;
    HY_TRY(compile_input(c, alg, alg->inputs[0], alg->left_columns, wanted, n, out));
    HY_TRY(compile_input(c, alg, alg->inputs[1], alg->right_columns, wanted, n, &right));
    if (has_side) {
        HY_TRY(add_side(c, out, false, side));
        HY_TRY(add_side(c, &right, true, side));
    }
    return hy_stream_unite(c, out, &right);
}

HyStatus hy_compile_setop(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    uint32_t *wanted;
    size_t n = 0;
    bool is_plain = alg->set_kind == HY_SET_UNION_ALL;
    HY_ARENA_NEW(c->arena, wanted, alg->n_columns);
    for (size_t i = 0; i < alg->n_columns; i++)
        if (!is_plain || hy_need_has(need, alg->columns[i]))
            wanted[n++] = (uint32_t)i;
    bool has_side = !is_plain && alg->set_kind != HY_SET_UNION;
    HY_TRY(compile_both(c, alg, wanted, n, has_side, out));
    if (is_plain)
        return HY_OK;
    SetOp *op;
    SetSource *source;
    HyLayout layout;
    HY_TRY(hy_op_new(c->exec, &set_class, alg, sizeof *op, &op));
    pthread_mutex_init(&op->lock, NULL);
    HY_TRY(hy_layout_new(c, n + 1, &layout));
    for (size_t i = 0; i < n; i++)
        hy_layout_add(&layout, alg->columns[i], alg->types[i]);
    layout.types[n] = hy_type(HY_TYPE_BOOL); /* the side, which is no column of the result */
    op->kind = alg->set_kind;
    op->types = layout.types;
    op->n_cols = n;
    HY_TRY(hy_stream_end(c, out, &op->op));
    HY_TRY(hy_source_new(c->exec, &source_class, alg, sizeof *source, &source));
    source->set = op;
    return hy_stream_begin(c, &source->source, &layout, out);
}
