/* Row-wise operators without state between batches: projection, computed columns, filter, limit,
 * and the check for a single row. */
#include "exec/compile.h"

/* ---- Projection ---- */

typedef struct ProjectOp {
    HyOp op;
    const uint32_t *places;
    size_t n;
} ProjectOp;

static HyStatus project_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    (void)local;
    const ProjectOp *project = (const ProjectOp *)op;
    HyBatch out = {.n_rows = batch->n_rows, .n_cols = project->n};
    HY_BATCH_NEW(worker, out.cols, project->n);
    for (size_t i = 0; i < project->n; i++)
        out.cols[i] = batch->cols[project->places[i]];
    return hy_op_emit(op, worker, &out);
}

static const HyOpClass project_class = {.push = project_push};

HyStatus hy_stream_project(
    HyCompiler *c, HyStream *stream, const HyLayout *layout, const uint32_t *places)
{
    bool is_same = layout->n == stream->layout.n;
    for (size_t i = 0; i < layout->n && is_same; i++)
        is_same = places[i] == i;
    if (!is_same) {
        ProjectOp *op;
        HY_TRY(hy_op_new(c->exec, &project_class, NULL, sizeof *op, &op));
        op->places = places;
        op->n = layout->n;
        HY_TRY(hy_stream_append(c, stream, &op->op));
    }
    stream->layout = *layout;
    return HY_OK;
}

/* ---- Computed columns ---- */

typedef struct MapOp {
    HyOp op;
    const uint32_t *places; /* input columns that stay */
    size_t n_kept;
    HyProgram *program;
    size_t n_computed;
} MapOp;

static HyStatus map_open(HyOp *op, HyWorker *worker, void **local)
{
    (void)worker;
    HyProgramState *state;
    HY_TRY(hy_program_open(((MapOp *)op)->program, &state));
    *local = state;
    return HY_OK;
}

static void map_close(void *local)
{
    hy_program_close(local);
}

static HyStatus map_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    const MapOp *map = (const MapOp *)op;
    HyBatch out = {.n_rows = batch->n_rows, .n_cols = map->n_kept + map->n_computed};
    HY_BATCH_NEW(worker, out.cols, out.n_cols);
    for (size_t i = 0; i < map->n_kept; i++)
        out.cols[i] = batch->cols[map->places[i]];
    HY_TRY(hy_program_run(local, &worker->env, batch, out.cols + map->n_kept));
    return hy_op_emit(op, worker, &out);
}

static const HyOpClass map_class = {.open = map_open, .push = map_push, .close = map_close};

HyStatus hy_stream_map(HyCompiler *c, HyStream *stream, HyAlg *alg, const HyNamedExpr *exprs,
    size_t n, const HyNeed *need)
{
    MapOp *op;
    HyExpr **list;
    uint32_t *places;
    HyLayout kept, out;
    HY_TRY(hy_op_new(c->exec, &map_class, alg, sizeof *op, &op));
    HY_TRY(hy_layout_needed(c, &stream->layout, need, &kept, &places));
    op->places = places;
    op->n_kept = kept.n;
    HY_TRY(hy_layout_new(c, kept.n + n, &out));
    for (size_t i = 0; i < kept.n; i++)
        hy_layout_add(&out, kept.ids[i], kept.types[i]);
    HY_ARENA_NEW(c->arena, list, n);
    for (size_t i = 0; i < n; i++) {
        list[i] = exprs[i].expr;
        hy_layout_add(&out, exprs[i].id, exprs[i].expr->type);
    }
    op->n_computed = n;
    HY_TRY(hy_program_compile(c->arena, &stream->layout, list, n, &op->program));
    HY_TRY(hy_stream_append(c, stream, &op->op));
    stream->layout = out;
    return HY_OK;
}

HyStatus hy_compile_map(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    HyNeed *below;
    HyNamedExpr *wanted;
    size_t n = 0;
    HY_TRY(hy_need_new(c, need, &below));
    HY_ARENA_NEW(c->arena, wanted, alg->n_exprs);
    for (size_t i = 0; i < alg->n_exprs; i++) {
        hy_need_remove(below, alg->exprs[i].id);
        if (hy_need_has(need, alg->exprs[i].id))
            wanted[n++] = alg->exprs[i];
    }
    for (size_t i = 0; i < n; i++)
        hy_need_expr(below, wanted[i].expr);
    HY_TRY(hy_compile(c, alg->inputs[0], below, out));
    return n == 0 ? HY_OK : hy_stream_map(c, out, alg, wanted, n, need);
}

HyStatus hy_stream_compute(HyCompiler *c, HyStream *stream, HyExpr *const *exprs, size_t n,
    const HyNeed *keep, HyColumnId *ids)
{
    HyNamedExpr *computed;
    HyNeed *need;
    size_t n_computed = 0;
    HY_ARENA_NEW(c->arena, computed, n);
    HY_TRY(hy_need_new(c, keep, &need));
    for (size_t i = 0; i < n; i++) {
        if (exprs[i]->kind == HY_EXPR_COLUMN) {
            ids[i] = exprs[i]->column;
            hy_need_add(need, ids[i]);
            continue;
        }
        ids[i] = HY_COMPUTED_ID + c->next_computed++;
        computed[n_computed++] = (HyNamedExpr){.id = ids[i], .expr = exprs[i]};
    }
    if (n_computed == 0)
        return HY_OK;
    return hy_stream_map(c, stream, NULL, computed, n_computed, need);
}

/* ---- Filter ---- */

typedef struct FilterOp {
    HyOp op;
    HyPredicate *predicate;
} FilterOp;

static HyStatus filter_open(HyOp *op, HyWorker *worker, void **local)
{
    (void)worker;
    HyPredicateState *state;
    HY_TRY(hy_predicate_open(((FilterOp *)op)->predicate, &state));
    *local = state;
    return HY_OK;
}

static void filter_close(void *local)
{
    hy_predicate_close(local);
}

HyStatus hy_batch_gather(
    HyWorker *worker, const HyBatch *batch, const uint32_t *sel, size_t n, HyBatch *out)
{
    *out = (HyBatch){.n_rows = n, .n_cols = batch->n_cols};
    HY_BATCH_NEW(worker, out->cols, batch->n_cols);
    for (size_t i = 0; i < batch->n_cols; i++)
        HY_TRY(hy_vector_gather(worker->arena, &batch->cols[i], sel, n, &out->cols[i]));
    return HY_OK;
}

static HyStatus filter_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    uint32_t *sel;
    size_t n_sel;
    HY_BATCH_NEW(worker, sel, batch->n_rows);
    HY_TRY(hy_predicate_select(local, &worker->env, batch, sel, &n_sel));
    if (n_sel == 0)
        return HY_OK;
    if (n_sel == batch->n_rows)
        return hy_op_emit(op, worker, batch);
    HyBatch out;
    HY_TRY(hy_batch_gather(worker, batch, sel, n_sel, &out));
    return hy_op_emit(op, worker, &out);
}

static const HyOpClass filter_class = {
    .open = filter_open, .push = filter_push, .close = filter_close};

HyStatus hy_stream_filter(HyCompiler *c, HyStream *stream, HyAlg *alg, HyExpr *predicate)
{
    FilterOp *op;
    HY_TRY(hy_op_new(c->exec, &filter_class, alg, sizeof *op, &op));
    HY_TRY(hy_predicate_compile(c->arena, &stream->layout, predicate, &op->predicate));
    return hy_stream_append(c, stream, &op->op);
}

HyStatus hy_compile_filter(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    HyNeed *below;
    HY_TRY(hy_need_new(c, need, &below));
    hy_need_expr(below, alg->predicate);
    if (alg->inputs[0]->kind == HY_ALG_SCAN) /* the scan loads columns between the conditions */
        return hy_compile_scan(c, alg->inputs[0], need, alg, out);
    HY_TRY(hy_compile(c, alg->inputs[0], below, out));
    return hy_stream_filter(c, out, alg, alg->predicate);
}

/* ---- Limit ---- */

typedef struct LimitOp {
    HyOp op;
    uint64_t offset;
    uint64_t limit;      /* UINT64_MAX: none */
    HyBranch **branches; /* that lead here */
    size_t n_branches;
    atomic_uint_fast64_t n_seen;
} LimitOp;

static HyStatus limit_start(HyOp *op, HyExec *exec)
{
    (void)exec;
    LimitOp *limit = (LimitOp *)op;
    atomic_store(&limit->n_seen, 0);
    if (limit->limit == 0)
        for (size_t i = 0; i < limit->n_branches; i++)
            atomic_store(&limit->branches[i]->is_done, true);
    return HY_OK;
}

/* The part of [seen, seen + n) that lies in [offset, offset + limit), relative to seen. */
static void limit_window(const LimitOp *limit, uint64_t seen, size_t n, size_t *first, size_t *end)
{
    uint64_t last =
        limit->limit > UINT64_MAX - limit->offset ? UINT64_MAX : limit->offset + limit->limit;
    uint64_t from = seen > limit->offset ? seen : limit->offset;
    uint64_t to = seen + n < last ? seen + n : last;
    *first = from < seen + n ? (size_t)(from - seen) : n;
    *end = to > from ? (size_t)(to - seen) : *first;
}

static HyStatus limit_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    (void)local;
    LimitOp *limit = (LimitOp *)op;
    uint64_t seen = atomic_fetch_add(&limit->n_seen, batch->n_rows);
    size_t first, end;
    limit_window(limit, seen, batch->n_rows, &first, &end);
    if (end == batch->n_rows && first == 0)
        HY_TRY(hy_op_emit(op, worker, batch));
    else if (end > first) {
        uint32_t *sel;
        HyBatch out;
        HY_BATCH_NEW(worker, sel, end - first);
        for (size_t i = first; i < end; i++)
            sel[i - first] = (uint32_t)i;
        HY_TRY(hy_batch_gather(worker, batch, sel, end - first, &out));
        HY_TRY(hy_op_emit(op, worker, &out));
    }
    if (limit->limit != UINT64_MAX && seen + batch->n_rows >= limit->limit + limit->offset)
        for (size_t i = 0; i < limit->n_branches; i++)
            atomic_store(&limit->branches[i]->is_done, true);
    return HY_OK;
}

static const HyOpClass limit_class = {.start = limit_start, .push = limit_push};

/* One worker, so that the first rows are those that come first. */
HyStatus hy_stream_limit(HyCompiler *c, HyStream *stream, HyAlg *alg, int64_t offset, int64_t limit)
{
    LimitOp *op;
    HyPipeline *pipeline = stream->pipeline;
    HY_TRY(hy_op_new(c->exec, &limit_class, alg, sizeof *op, &op));
    op->offset = offset > 0 ? (uint64_t)offset : 0;
    op->limit = limit >= 0 ? (uint64_t)limit : UINT64_MAX;
    HY_ARENA_NEW(c->arena, op->branches, pipeline->n_branches);
    memcpy(op->branches, pipeline->branches, pipeline->n_branches * sizeof *op->branches);
    op->n_branches = pipeline->n_branches;
    pipeline->is_serial = true;
    return hy_stream_append(c, stream, &op->op);
}

HyStatus hy_compile_limit(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    HY_TRY(hy_compile(c, alg->inputs[0], need, out));
    return hy_stream_limit(c, out, alg, alg->offset, alg->limit);
}

/* ---- At most one row ---- */

typedef struct SingleOp {
    HyOp op;
    atomic_uint_fast64_t n_seen;
} SingleOp;

static HyStatus single_start(HyOp *op, HyExec *exec)
{
    (void)exec;
    atomic_store(&((SingleOp *)op)->n_seen, 0);
    return HY_OK;
}

static HyStatus single_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    (void)local;
    if (atomic_fetch_add(&((SingleOp *)op)->n_seen, batch->n_rows) + batch->n_rows > 1)
        return hy_error("21000", "scalar subquery produced more than one tuple");
    return hy_op_emit(op, worker, batch);
}

static const HyOpClass single_class = {.start = single_start, .push = single_push};

HyStatus hy_compile_single_row(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    SingleOp *op;
    HY_TRY(hy_compile(c, alg->inputs[0], need, out));
    HY_TRY(hy_op_new(c->exec, &single_class, alg, sizeof *op, &op));
    return hy_stream_append(c, out, &op->op);
}
