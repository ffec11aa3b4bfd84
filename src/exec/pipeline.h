/* Pipelines: a source hands out morsels, operators push batches to the next one, the last (a sink)
 * keeps or delivers what arrives.
 *
 * A pipeline is run by one or more workers. Each worker has a local state per operator, so that
 * pushing needs no locks; finish() merges the local states afterwards, on the thread that runs the
 * statement. Small inputs (one morsel) run on that thread alone.
 *
 * The memory of a batch is worker->arena; the source resets it after each batch that it pushed, so
 * whoever keeps values copies them. */
#ifndef HY_EXEC_PIPELINE_H
#define HY_EXEC_PIPELINE_H

#include "exec/exec.h"
#include "exec/program.h"
#include <pthread.h>

typedef struct HyExec HyExec;
typedef struct HyOp HyOp;
typedef struct HySource HySource;
typedef struct HyBranch HyBranch;
typedef struct HyPipeline HyPipeline;

#define HY_NO_MORSEL UINT64_MAX

typedef struct HyWorker {
    HyExec *exec;
    size_t index;
    HyArena *arena; /* of the batch; env.arena is the same */
    HyFuncEnv env;
    /* While a pipeline runs: */
    void **locals; /* by slot */
    size_t n_slots;
    uint64_t *rows; /* by slot: rows given; EXPLAIN ANALYZE */
    uint64_t *times_ns;
    uint64_t clock_ns; /* up to here time is accounted */
    HyBranch *branch;
    uint64_t sequence; /* of the morsel: results are put together in this order; a source that finds
                          its morsels itself sets it from first_sequence on, HY_NO_MORSEL when it
                          found none */
    uint64_t first_sequence; /* of the branch */
} HyWorker;

typedef struct HyOpClass {
    /* All but push may be NULL. Errors of any end the statement. */
    HyStatus (*start)(HyOp *op, HyExec *exec); /* before each run; frees what an earlier run left */
    HyStatus (*open)(HyOp *op, HyWorker *worker, void **local);
    HyStatus (*push)(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch);
    HyStatus (*end_morsel)(HyOp *op, HyWorker *worker, void *local);
    HyStatus (*flush)(
        HyOp *op, HyWorker *worker, void *local); /* this worker has seen all its rows */
    HyStatus (*finish)(HyOp *op, HyExec *exec, void **locals, size_t n); /* all have */
    void (*close)(void *local);
    void (*destroy)(HyOp *op); /* the state that outlives the pipeline */
} HyOpClass;

/* The head of every operator's struct; made with hy_op_new. */
struct HyOp {
    const HyOpClass *class;
    HyAlg *alg; /* whose rows its output is, or NULL */
    HyOp *next;
    size_t slot;
    HyOp *next_in_exec;
};

typedef struct HySourceClass {
    /* Called once per run, before morsels are given out. *n_morsels: how many; SIZE_MAX when
     * unknown (then run() sets worker->branch->is_exhausted when there is nothing left). */
    HyStatus (*start)(HySource *source, HyExec *exec, size_t *n_morsels);
    HyStatus (*open)(HySource *source, HyWorker *worker, void **local);
    HyStatus (*run)(HySource *source, HyWorker *worker, void *local, size_t morsel);
    void (*close)(void *local);
    void (*destroy)(HySource *source);
} HySourceClass;

struct HySource {
    const HySourceClass *class;
    HyAlg *alg;
    size_t slot;
    HySource *next_in_exec;
};

/* One way into a pipeline. Branches run one after the other: UNION ALL has several, and joins that
 * keep unmatched build rows add one that follows the probing. */
struct HyBranch {
    HySource *source;
    HyOp *first;
    size_t n_morsels;
    atomic_size_t next_morsel;
    atomic_size_t n_sequences; /* morsels that were run */
    atomic_bool is_exhausted;  /* the source has no further morsel */
    atomic_bool is_done;       /* nobody wants more rows of it */
};

/* Steps run in order; a pipeline is one, a recursion another. */
typedef struct HyStep HyStep;
struct HyStep {
    HyStatus (*run)(HyStep *step, HyExec *exec);
    HyStep *next;
};
typedef struct HyPlan {
    HyStep *first;
    HyStep *last;
} HyPlan;

struct HyPipeline {
    HyStep step;
    HyBranch **branches;
    size_t n_branches;
    HyOp **ops; /* producers before consumers */
    size_t n_ops;
    size_t n_slots;
    bool is_serial;  /* few rows are wanted */
    bool is_ordered; /* the order of rows matters: only sinks that put morsels into order may run it
                        on several workers */
    uint64_t sequence;
};

/* A statement that runs. */
struct HyExec {
    HyExecContext *ctx;
    HyArena *arena; /* of the statement: plans */
    HyWorker *workers;
    size_t n_workers;
    HyOp *ops;         /* all, for destroy */
    HySource *sources; /* all, for destroy */
    atomic_bool is_failed;
    int64_t affected;
};

/* n is the size of the pool (1 without). */
HyStatus hy_exec_open(HyExecContext *ctx, HyArena *arena, HyExec *exec) HY_MUST_CHECK;
void hy_exec_close(HyExec *exec);

HyStatus hy_plan_run(HyPlan *plan, HyExec *exec) HY_MUST_CHECK;
void hy_plan_append(HyPlan *plan, HyStep *step);
HyStatus hy_pipeline_run(HyStep *step, HyExec *exec) HY_MUST_CHECK;

/* Memory of `size` zeroed bytes in the statement's arena, of which HyOp / HySource is the head. */
HyStatus hy_op_new(
    HyExec *exec, const HyOpClass *class, HyAlg *alg, size_t size, void *out) HY_MUST_CHECK;
HyStatus hy_source_new(
    HyExec *exec, const HySourceClass *class, HyAlg *alg, size_t size, void *out) HY_MUST_CHECK;

/* What an operator keeps once all its rows have arrived: EXPLAIN ANALYZE shows the most. `alg` may
 * be NULL. By the statement's thread. */
static inline void hy_alg_note_memory(HyAlg *alg, size_t bytes)
{
    if (alg && alg->memory_bytes < bytes)
        alg->memory_bytes = bytes;
}

/* Pushes a batch on; an empty one goes nowhere. */
HyStatus hy_op_emit(HyOp *op, HyWorker *worker, const HyBatch *batch) HY_MUST_CHECK;
HyStatus hy_source_emit(HySource *source, HyWorker *worker, const HyBatch *batch) HY_MUST_CHECK;

/* True when the source may stop: enough rows, or another worker failed. */
static inline bool hy_worker_may_stop(const HyWorker *worker)
{
    return atomic_load_explicit(&worker->branch->is_done, memory_order_relaxed) ||
           atomic_load_explicit(&worker->exec->is_failed, memory_order_relaxed);
}
/* Waits for `moved` under `lock`, but not for long: a failure of another worker wakes nobody, so
 * the caller looks at hy_worker_may_stop after each wait. */
void hy_worker_wait(pthread_cond_t *moved, pthread_mutex_t *lock);
HyStatus hy_worker_check_cancel(const HyWorker *worker) HY_MUST_CHECK;

/* Runs fn(ctx, i) for i in [0, n), on the pool when n > 1; fn gets a worker's environment by
 * hy_exec_worker(exec, i) only if n <= exec->n_workers. */
HyStatus hy_exec_parallel(HyExec *exec, size_t n, HyTaskFn fn, void *ctx) HY_MUST_CHECK;
/* The worker of that index, with its arena. */
HyStatus hy_exec_worker(HyExec *exec, size_t index, HyWorker **out) HY_MUST_CHECK;

/* Allocates from the batch's arena. */
#define HY_BATCH_NEW(worker, lvalue, count)                                                        \
    do {                                                                                           \
        size_t bytes_ = hy_array_bytes(sizeof(*(lvalue)), (size_t)(count));                        \
        (lvalue) = hy_arena_alloc((worker)->arena, bytes_);                                        \
        if (HY_UNLIKELY(!(lvalue)))                                                                \
            return hy_error_oom(bytes_);                                                           \
    } while (0)

#endif
