#include "exec/exec.h"
#include "exec/result.h"

void hy_exec_context_init(HyExecContext *ctx, HyTaskPool *pool, HyMemory *memory,
    const HyCancel *cancel, const HyFuncEnv *env, HyTransaction *txn)
{
    memset(ctx, 0, sizeof *ctx);
    ctx->pool = pool;
    ctx->memory = memory;
    ctx->cancel = cancel;
    if (env)
        ctx->env = *env;
    ctx->txn = txn;
}

static HyStatus compile_query(HyCompiler *c, HyResultTarget *target)
{
    HyNeed *need;
    HyStream stream;
    HY_TRY(hy_need_new(c, NULL, &need));
    for (size_t i = 0; i < c->query->n_columns; i++)
        hy_need_add(need, c->query->column_ids[i]);
    HY_TRY(hy_compile(c, c->query->root, need, &stream));
    if (!stream.pipeline) /* a change without RETURNING, COPY */
        return HY_OK;
    return hy_result_end(c, &stream, target);
}

/* Of what an arena refused; others have the hint of the budget. */
static HyStatus add_hint(HyStatus st)
{
    return hy_error_hint(st,
        "raise memory_limit, or let the statement keep less at a time: this part of it cannot go "
        "to disk");
}

static HyStatus run(HyExecContext *ctx, const HyBoundQuery *query, HyArena *arena,
    HyResultTarget *target, int64_t *affected)
{
    HyExec exec;
    HyPlan plan = {0};
    HyStatus st;
    HY_GO(hy_exec_open(ctx, arena, &exec));
    HyCompiler compiler = {.exec = &exec,
        .arena = arena,
        .query = query,
        .n_ids = query->next_column_id,
        .plan = &plan,
        .root_plan = &plan};
    exec.affected = -1;
    HY_GO(compile_query(&compiler, target));
    HY_GO(hy_plan_run(&plan, &exec));
    if (affected)
        *affected = exec.affected >= 0 ? exec.affected : (int64_t)target->n_rows;
done:
    hy_exec_close(&exec);
    return st && strcmp(st->sqlstate, "53200") == 0 && !st->hint ? add_hint(st) : st;
}

HyStatus hy_exec_run(HyExecContext *ctx, const HyBoundQuery *query, HyArena *arena, HyRowset **rows,
    int64_t *affected)
{
    HyResultTarget target = {
        .keep_rows = rows && query->n_columns + (query->column_names != NULL) > 0};
    HyStatus st = run(ctx, query, arena, &target, affected);
    if (st) {
        hy_rowset_destroy(target.rows);
        return st;
    }
    if (rows)
        *rows = target.rows;
    return HY_OK;
}

HyStatus hy_exec_stream(HyExecContext *ctx, const HyBoundQuery *query, HyArena *arena,
    HyExecBatchFn on_batch, void *sink, int64_t *affected)
{
    HyResultTarget target = {.on_batch = on_batch, .sink = sink};
    return run(ctx, query, arena, &target, affected);
}

double hy_exec_progress(const HyExecContext *ctx)
{
    uint64_t total = atomic_load_explicit(&ctx->progress_total, memory_order_relaxed);
    uint64_t done = atomic_load_explicit(&ctx->progress_done, memory_order_relaxed);
    if (total == 0)
        return 0;
    return done >= total ? 1 : (double)done / (double)total;
}
