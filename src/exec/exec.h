/* Runs a planned statement: turns the algebra into pipelines of vectorized operators and runs them
 * over morsels on the worker pool. See README.md of this folder.
 *
 *     HyExecContext ctx;
 *     hy_exec_context_init(&ctx, pool, memory, cancel, &env, transaction);
 *     HyRowset *rows = NULL;
 *     int64_t affected = 0;
 *     HY_TRY(hy_exec_run(&ctx, query, arena, &rows, &affected));
 */
#ifndef HY_EXEC_EXEC_H
#define HY_EXEC_EXEC_H

#include "base/cancel.h"
#include "base/memory.h"
#include "base/task_pool.h"
#include "sql/algebra.h"
#include "types/rowset.h"

typedef struct HyTransaction HyTransaction; /* catalog/transaction.h */

/* One statement that runs. Filled by the session, read by the executor; only the progress counters
 * change while it runs. */
typedef struct HyExecContext {
    HyTaskPool *pool;       /* NULL: everything on the calling thread */
    HyMemory *memory;       /* budget of the statement; NULL: unlimited */
    const HyCancel *cancel; /* or NULL */
    HyFuncEnv env;          /* copied for every worker; arena is set by the executor */
    HyTransaction
        *txn; /* whose snapshot is read and into which rows are written; NULL: no tables */
    const char *temp_directory; /* for what does not fit in memory; NULL: TMPDIR or /var/tmp */
    bool analyze;               /* fill actual_rows and actual_us of every HyAlg */
    /* Rows of a system relation (HY_ALG_SYSTEM), all its columns in order: `columns[i]` of the
     * algebra is column table_columns[i] of *out, or column i when table_columns is NULL. The
     * executor destroys *out. Called on the thread that runs the statement. NULL: 0A000. */
    HyStatus (*system_rows)(
        void *session, int system_id, const char *database, HyMemory *memory, HyRowset **out);
    void *session; /* first argument of system_rows and of the functions in exec/external.h */
    /* The client's streams behind the path "-" of COPY; exec/external.h. */
    void *client_input;
    void *client_output;
    atomic_uint_fast64_t progress_done; /* morsels */
    atomic_uint_fast64_t progress_total;
} HyExecContext;

/* Sets everything else to zero. `env` may be NULL (then the session sets ctx->env itself). */
void hy_exec_context_init(HyExecContext *ctx, HyTaskPool *pool, HyMemory *memory,
    const HyCancel *cancel, const HyFuncEnv *env, HyTransaction *txn);

/* Runs the statement. *rows: the result rows (query->n_columns columns, in the order of the query;
 * NULL when the statement has no result columns), destroyed by the caller; rows == NULL: the rows
 * are thrown away (EXPLAIN ANALYZE). *affected: rows inserted, updated, deleted or copied, else
 * rows of the result; may be NULL. `arena` is the statement's; what is compiled lives there.
 * Errors: whatever functions and storage raise, 57014 cancelled, 53200 budget exceeded. */
HyStatus hy_exec_run(HyExecContext *ctx, const HyBoundQuery *query, HyArena *arena, HyRowset **rows,
    int64_t *affected) HY_MUST_CHECK;

/* The same without keeping the rows: on_batch gets them in batches of 1 to HY_VECTOR_SIZE rows,
 * from one thread at a time (not always the same), in order when the statement orders them. The
 * batch's vectors are flat, constant or dictionary and live until on_batch returns. A failure of
 * on_batch ends the statement with that failure. */
typedef HyStatus (*HyExecBatchFn)(void *sink, const HyBatch *batch);
HyStatus hy_exec_stream(HyExecContext *ctx, const HyBoundQuery *query, HyArena *arena,
    HyExecBatchFn on_batch, void *sink, int64_t *affected) HY_MUST_CHECK;

/* Fraction of the work done, 0..1; estimated; any thread, while the statement runs. */
double hy_exec_progress(const HyExecContext *ctx);

#endif
