#include "exec/pipeline.h"
#include <stdlib.h>
#include <time.h>

/* ---- A statement that runs ---- */

HyStatus hy_exec_open(HyExecContext *ctx, HyArena *arena, HyExec *exec)
{
    size_t n = ctx->pool ? hy_task_pool_size(ctx->pool) : 1;
    *exec = (HyExec){.ctx = ctx, .arena = arena, .n_workers = n};
    exec->workers = calloc(n, sizeof *exec->workers);
    return exec->workers ? HY_OK : hy_error_oom(n * sizeof *exec->workers);
}

void hy_exec_close(HyExec *exec)
{
    for (HyOp *op = exec->ops; op; op = op->next_in_exec)
        if (op->class->destroy)
            op->class->destroy(op);
    for (HySource *source = exec->sources; source; source = source->next_in_exec)
        if (source->class->destroy)
            source->class->destroy(source);
    if (exec->workers)
        for (size_t i = 0; i < exec->n_workers; i++)
            hy_arena_destroy(exec->workers[i].arena);
    free(exec->workers);
}

HyStatus hy_exec_worker(HyExec *exec, size_t index, HyWorker **out)
{
    HyWorker *worker = &exec->workers[index];
    if (!worker->arena) {
        worker->arena = hy_arena_create();
        if (!worker->arena)
            return hy_error_oom(0);
        worker->exec = exec;
        worker->index = index;
        worker->env = exec->ctx->env;
        worker->env.arena = worker->arena;
        worker->env.cancel = exec->ctx->cancel;
        worker->env.memory = exec->ctx->memory;
        worker->env.random_state[0] ^= index * UINT64_C(0x9E3779B97F4A7C15);
    }
    *out = worker;
    return HY_OK;
}

void hy_worker_wait(pthread_cond_t *moved, pthread_mutex_t *lock)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(moved, lock, &until);
}

HyStatus hy_worker_check_cancel(const HyWorker *worker)
{
    return hy_cancel_check(worker->exec->ctx->cancel);
}

HyStatus hy_exec_parallel(HyExec *exec, size_t n, HyTaskFn fn, void *ctx)
{
    if (exec->ctx->pool && n > 1)
        return hy_task_pool_run(exec->ctx->pool, n, fn, ctx);
    for (size_t i = 0; i < n; i++)
        HY_TRY(fn(ctx, i));
    return HY_OK;
}

/* ---- Making operators ---- */

HyStatus hy_op_new(HyExec *exec, const HyOpClass *class, HyAlg *alg, size_t size, void *out)
{
    HyOp *op = hy_arena_zalloc(exec->arena, size);
    if (!op)
        return hy_error_oom(size);
    op->class = class;
    op->alg = alg;
    op->next_in_exec = exec->ops;
    exec->ops = op;
    memcpy(out, &op, sizeof op);
    return HY_OK;
}

HyStatus hy_source_new(HyExec *exec, const HySourceClass *class, HyAlg *alg, size_t size, void *out)
{
    HySource *source = hy_arena_zalloc(exec->arena, size);
    if (!source)
        return hy_error_oom(size);
    source->class = class;
    source->alg = alg;
    source->next_in_exec = exec->sources;
    exec->sources = source;
    memcpy(out, &source, sizeof source);
    return HY_OK;
}

/* ---- Pushing ---- */

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Charges the time since the last call to the operator in `slot`. */
static void charge(HyWorker *worker, size_t slot)
{
    uint64_t now = now_ns();
    worker->times_ns[slot] += now - worker->clock_ns;
    worker->clock_ns = now;
}

static HyStatus emit(HyWorker *worker, size_t slot, HyOp *next, const HyBatch *batch)
{
    if (batch->n_rows == 0)
        return HY_OK;
    worker->rows[slot] += batch->n_rows;
    if (!worker->exec->ctx->analyze)
        return next->class->push(next, worker, worker->locals[next->slot], batch);
    charge(worker, slot);
    HyStatus st = next->class->push(next, worker, worker->locals[next->slot], batch);
    charge(worker, next->slot);
    return st;
}

HyStatus hy_op_emit(HyOp *op, HyWorker *worker, const HyBatch *batch)
{
    return emit(worker, op->slot, op->next, batch);
}

HyStatus hy_source_emit(HySource *source, HyWorker *worker, const HyBatch *batch)
{
    return emit(worker, source->slot, worker->branch->first, batch);
}

/* ---- Running ---- */

void hy_plan_append(HyPlan *plan, HyStep *step)
{
    if (plan->last)
        plan->last->next = step;
    else
        plan->first = step;
    plan->last = step;
}

HyStatus hy_plan_run(HyPlan *plan, HyExec *exec)
{
    for (HyStep *step = plan->first; step; step = step->next)
        HY_TRY(step->run(step, exec));
    return HY_OK;
}

/* One run of one pipeline. */
typedef struct Run {
    HyPipeline *pipeline;
    HyExec *exec;
    HyBranch *branch;
    uint64_t first_sequence; /* of the branch */
    size_t n_opened;         /* workers [0, n_opened) may have local states */
} Run;

static void close_locals(const Run *run)
{
    for (size_t w = 0; w < run->n_opened; w++) {
        HyWorker *worker = &run->exec->workers[w];
        if (!worker->locals)
            continue;
        for (size_t i = 0; i < run->pipeline->n_ops; i++) {
            HyOp *op = run->pipeline->ops[i];
            if (op->class->close && worker->locals[op->slot])
                op->class->close(worker->locals[op->slot]);
        }
        free(worker->locals);
        worker->locals = NULL;
    }
}

/* Local states of a worker that takes part for the first time. */
static HyStatus open_locals(const Run *run, HyWorker *worker)
{
    if (worker->locals)
        return HY_OK;
    size_t n = run->pipeline->n_slots;
    char *memory = calloc(n ? n : 1, sizeof(void *) + 2 * sizeof(uint64_t));
    if (!memory)
        return hy_error_oom(n * 24);
    worker->n_slots = n;
    worker->locals = (void **)(void *)memory;
    worker->rows = (uint64_t *)(void *)(memory + n * sizeof(void *));
    worker->times_ns = worker->rows + n;
    for (size_t i = 0; i < run->pipeline->n_ops; i++) {
        HyOp *op = run->pipeline->ops[i];
        if (op->class->open)
            HY_TRY(op->class->open(op, worker, &worker->locals[op->slot]));
    }
    return HY_OK;
}

static HyStatus end_morsel(const Run *run, HyWorker *worker)
{
    for (size_t i = 0; i < run->pipeline->n_ops; i++) {
        HyOp *op = run->pipeline->ops[i];
        if (op->class->end_morsel)
            HY_TRY(op->class->end_morsel(op, worker, worker->locals[op->slot]));
    }
    return HY_OK;
}

static HyStatus run_morsels(const Run *run, HyWorker *worker, void *local)
{
    HyBranch *branch = run->branch;
    HySource *source = branch->source;
    HyExecContext *ctx = run->exec->ctx;
    worker->first_sequence = run->first_sequence;
    while (!hy_worker_may_stop(worker) && !atomic_load(&branch->is_exhausted)) {
        HY_TRY(hy_cancel_check(ctx->cancel));
        size_t morsel = atomic_fetch_add_explicit(&branch->next_morsel, 1, memory_order_relaxed);
        if (morsel >= branch->n_morsels)
            break;
        worker->sequence = run->first_sequence + morsel;
        HY_TRY(source->class->run(source, worker, local, morsel));
        if (worker->sequence == HY_NO_MORSEL)
            break;
        HY_TRY(end_morsel(run, worker));
        atomic_fetch_add_explicit(&branch->n_sequences, 1, memory_order_relaxed);
        hy_arena_reset(worker->arena);
        atomic_fetch_add_explicit(&ctx->progress_done, 1, memory_order_relaxed);
    }
    return HY_OK;
}

static HyStatus run_worker(void *arg, size_t index)
{
    const Run *run = arg;
    HyWorker *worker;
    HySource *source = run->branch->source;
    void *local = NULL;
    HyStatus st;
    HY_GO(hy_exec_worker(run->exec, index, &worker));
    HY_GO(open_locals(run, worker));
    worker->branch = run->branch;
    if (run->exec->ctx->analyze)
        worker->clock_ns = now_ns();
    if (source->class->open)
        HY_GO(source->class->open(source, worker, &local));
    HY_GO(run_morsels(run, worker, local));
    if (run->exec->ctx->analyze)
        charge(worker, source->slot);
done:
    if (source->class->close && local)
        source->class->close(local);
    if (st)
        atomic_store(&run->exec->is_failed, true);
    return st;
}

static HyStatus run_branch(Run *run, HyBranch *branch)
{
    HyExecContext *ctx = run->exec->ctx;
    run->branch = branch;
    run->first_sequence = run->pipeline->sequence;
    atomic_store(&branch->next_morsel, 0);
    atomic_store(&branch->n_sequences, 0);
    atomic_store(&branch->is_exhausted, false);
    HY_TRY(branch->source->class->start(branch->source, run->exec, &branch->n_morsels));
    if (branch->n_morsels == 0 || atomic_load(&branch->is_done))
        return HY_OK;
    if (branch->n_morsels != SIZE_MAX)
        atomic_fetch_add(&ctx->progress_total, branch->n_morsels);
    size_t n = run->pipeline->is_serial ? 1 : run->exec->n_workers;
    if (n > branch->n_morsels)
        n = branch->n_morsels;
    if (run->n_opened < n)
        run->n_opened = n;
    HyStatus st = n == 1 ? run_worker(run, 0) : hy_exec_parallel(run->exec, n, run_worker, run);
    run->pipeline->sequence += atomic_load(&branch->n_sequences);
    return st;
}

static HyStatus flush_worker(void *arg, size_t index)
{
    const Run *run = arg;
    HyWorker *worker = &run->exec->workers[index];
    if (!worker->locals)
        return HY_OK; /* the others took all morsels */
    for (size_t i = 0; i < run->pipeline->n_ops; i++) {
        HyOp *op = run->pipeline->ops[i];
        if (op->class->flush)
            HY_TRY(op->class->flush(op, worker, worker->locals[op->slot]));
    }
    hy_arena_reset(worker->arena);
    return HY_OK;
}

/* Workers whose local states exist, in order. */
static HyStatus finish_ops(const Run *run)
{
    void **locals = calloc(run->n_opened + 1, sizeof *locals);
    if (!locals)
        return hy_error_oom(run->n_opened * sizeof *locals);
    HyStatus st = HY_OK;
    for (size_t i = 0; i < run->pipeline->n_ops; i++) {
        HyOp *op = run->pipeline->ops[i];
        if (!op->class->finish)
            continue;
        size_t n = 0;
        for (size_t w = 0; w < run->n_opened; w++) {
            const HyWorker *worker = &run->exec->workers[w];
            if (worker->locals && worker->locals[op->slot])
                locals[n++] = worker->locals[op->slot];
        }
        HY_GO(op->class->finish(op, run->exec, locals, n));
    }
done:
    free(locals);
    return st;
}

static void add_counters(const Run *run, HyAlg *alg, size_t slot)
{
    if (!alg)
        return;
    for (size_t w = 0; w < run->n_opened; w++) {
        const HyWorker *worker = &run->exec->workers[w];
        if (!worker->locals)
            continue;
        alg->actual_rows += worker->rows[slot];
        alg->actual_us += worker->times_ns[slot] / 1000;
    }
}

static void account(const Run *run)
{
    for (size_t i = 0; i < run->pipeline->n_ops; i++)
        add_counters(run, run->pipeline->ops[i]->alg, run->pipeline->ops[i]->slot);
    for (size_t i = 0; i < run->pipeline->n_branches; i++) {
        const HySource *source = run->pipeline->branches[i]->source;
        add_counters(run, source->alg, source->slot);
    }
}

HyStatus hy_pipeline_run(HyStep *step, HyExec *exec)
{
    HyPipeline *pipeline = (HyPipeline *)step; /* the step is its head */
    Run run = {.pipeline = pipeline, .exec = exec};
    HyStatus st = HY_OK;
    pipeline->sequence = 0;
    for (size_t i = 0; i < pipeline->n_branches; i++)
        atomic_store(&pipeline->branches[i]->is_done, false);
    for (size_t i = 0; i < pipeline->n_ops; i++)
        if (pipeline->ops[i]->class->start)
            HY_GO(pipeline->ops[i]->class->start(pipeline->ops[i], exec));
    for (size_t i = 0; i < pipeline->n_branches; i++)
        HY_GO(run_branch(&run, pipeline->branches[i]));
    HY_GO(hy_exec_parallel(exec, run.n_opened, flush_worker, &run));
    HY_GO(finish_ops(&run));
    account(&run);
done:
    if (st)
        atomic_store(&exec->is_failed, true);
    close_locals(&run);
    return st;
}
