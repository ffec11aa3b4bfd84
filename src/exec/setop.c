/* UNION, INTERSECT and EXCEPT. UNION ALL just lets both inputs run into what follows; the others
 * count in a hash table how often each row came from either side. */
#include "exec/compile.h"
#include "exec/group_table.h"
#include <stdlib.h>

#define MORSEL_GROUPS 16384

typedef struct SetTable {
    HyGroupTable groups;
    HyGrowing counts; /* uint64_t: from the left, from the right */
} SetTable;

typedef struct SetOp {
    HyOp op;
    HySetKind kind;
    HyType *types;
    size_t n_cols; /* the last input column is the side, unless the kind is UNION */
    HyMemory *memory;
    SetTable table; /* the result */
} SetOp;

static void close_table(SetTable *table)
{
    hy_growing_free(&table->counts, table->groups.memory);
    hy_group_table_close(&table->groups);
}

static HyStatus set_start(HyOp *op, HyExec *exec)
{
    SetOp *self = (SetOp *)op;
    close_table(&self->table);
    self->memory = exec->ctx->memory;
    return HY_OK;
}

static HyStatus set_open(HyOp *op, HyWorker *worker, void **out)
{
    (void)worker;
    const SetOp *self = (const SetOp *)op;
    SetTable *table = calloc(1, sizeof *table);
    if (!table)
        return hy_error_oom(sizeof *table);
    *out = table;
    return hy_group_table_open(&table->groups, self->types, self->n_cols, self->memory);
}

static void set_close(void *local)
{
    close_table(local);
    free(local);
}

static HyStatus reserve_counts(SetTable *table)
{
    size_t old = table->counts.bytes, wanted = table->groups.capacity * 2 * sizeof(uint64_t);
    if (wanted <= old)
        return HY_OK;
    HY_TRY(hy_growing_reserve(&table->counts, table->groups.memory, wanted));
    memset((char *)table->counts.data + old, 0, wanted - old);
    return HY_OK;
}

static HyStatus set_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    const SetOp *self = (const SetOp *)op;
    SetTable *table = local;
    uint64_t *hashes;
    uint32_t *groups;
    HY_BATCH_NEW(worker, hashes, batch->n_rows);
    HY_BATCH_NEW(worker, groups, batch->n_rows);
    HY_TRY(hy_group_hash(batch->cols, self->n_cols, batch->n_rows, hashes));
    HY_TRY(hy_group_table_find(
        &table->groups, batch->cols, batch->n_rows, hashes, worker->arena, groups));
    if (self->kind == HY_SET_UNION)
        return HY_OK;
    HY_TRY(reserve_counts(table));
    const HyVector *side = &batch->cols[self->n_cols]; /* a constant per input */
    uint64_t *counts = table->counts.data;
    size_t which = ((const uint8_t *)hy_vector_values(side))[hy_vector_index(side, 0)];
    for (size_t i = 0; i < batch->n_rows; i++)
        counts[2 * groups[i] + which]++;
    return HY_OK;
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
    HY_TRY(reserve_counts(into));
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
    self->table = *(SetTable *)locals[0];
    *(SetTable *)locals[0] = (SetTable){0};
    HyVector *keys = calloc(self->n_cols + 1, sizeof *keys);
    if (!keys)
        return hy_error_oom(self->n_cols * sizeof *keys);
    HyStatus st = HY_OK;
    for (size_t w = 1; w < n; w++) {
        SetTable *from = locals[w];
        for (size_t first = 0; first < from->groups.n_groups && !st; first += HY_VECTOR_SIZE) {
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
    close_table(&((SetOp *)op)->table);
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
    size_t n = ((SetSource *)source)->set->table.groups.n_groups;
    *n_morsels = (n + MORSEL_GROUPS - 1) / MORSEL_GROUPS;
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

static HyStatus emit_groups(SetSource *self, HyWorker *worker, const uint32_t *groups, size_t n)
{
    const SetOp *set = self->set;
    HyBatch out = {.n_rows = n, .n_cols = set->n_cols};
    HY_BATCH_NEW(worker, out.cols, out.n_cols);
    for (size_t k = 0; k < out.n_cols; k++)
        HY_TRY(
            hy_group_table_gather(&set->table.groups, k, groups, n, worker->arena, &out.cols[k]));
    HY_TRY(hy_source_emit(&self->source, worker, &out));
    hy_arena_reset(worker->arena);
    return HY_OK;
}

static HyStatus source_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    (void)local;
    SetSource *self = (SetSource *)source;
    const SetOp *set = self->set;
    const uint64_t *counts = set->table.counts.data;
    size_t end = (morsel + 1) * MORSEL_GROUPS, n = 0;
    uint32_t groups[HY_VECTOR_SIZE];
    if (end > set->table.groups.n_groups)
        end = set->table.groups.n_groups;
    for (size_t g = morsel * MORSEL_GROUPS; g < end && !hy_worker_may_stop(worker); g++) {
        uint64_t left = counts ? counts[2 * g] : 1, right = counts ? counts[2 * g + 1] : 0;
        for (uint64_t times = multiplicity(set->kind, left, right); times > 0; times--) {
            groups[n++] = (uint32_t)g;
            if (n < HY_VECTOR_SIZE)
                continue;
            HY_TRY(emit_groups(self, worker, groups, n));
            n = 0;
        }
    }
    return n > 0 ? emit_groups(self, worker, groups, n) : HY_OK;
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
    HY_TRY(hy_layout_new(c, n, &layout));
    for (size_t i = 0; i < n; i++)
        hy_layout_add(&layout, alg->columns[i], alg->types[i]);
    op->kind = alg->set_kind;
    op->types = layout.types;
    op->n_cols = n;
    HY_TRY(hy_stream_end(c, out, &op->op));
    HY_TRY(hy_source_new(c->exec, &source_class, alg, sizeof *source, &source));
    source->set = op;
    return hy_stream_begin(c, &source->source, &layout, out);
}
