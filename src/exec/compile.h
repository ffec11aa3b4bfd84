/* From algebra to pipelines. Each operator's file has a hy_compile_<kind> function that compiles
 * its input to a stream, appends its operator or ends the pipeline in a sink and starts a new one
 * behind it. */
#ifndef HY_EXEC_COMPILE_H
#define HY_EXEC_COMPILE_H

#include "exec/key_filter.h"
#include "exec/pipeline.h"
#include "exec/top_bar.h"

/* Ids from here on are of columns that the executor computes for itself. No HyNeed has them. */
#define HY_COMPUTED_ID UINT32_C(0x80000000)

/* A set of column ids, as a bitmap of compiler->n_ids bits. */
typedef uint64_t HyNeed;

typedef struct HyCteSlot HyCteSlot; /* cte.c */

typedef struct HyCompiler {
    HyExec *exec;
    HyArena *arena;
    const HyBoundQuery *query;
    size_t n_ids; /* column ids are below */
    HyPlan *plan; /* to which finished pipelines are added */
    HyPlan *root_plan;
    HyCteSlot *ctes; /* linked list */
    HyTopBar *bar;   /* of the sort above, when rows pass from a scan to it one by one; else NULL */
    HyKeyFilterRef *key_filters; /* of joins above, for scans */
    bool wants_extremes; /* the scan below may give a block's smallest and largest values alone */
    uint32_t next_computed; /* for columns that only the executor knows: HY_COMPUTED_ID + n */
} HyCompiler;

/* Rows on their way: a pipeline that is not finished, and the places where the next operator is
 * hung in. */
typedef struct HyStream {
    HyPipeline *pipeline;
    HyOp ***ends;
    size_t n_ends;
    HyLayout layout;
} HyStream;

/* Compiles a subtree that gives at least the columns of `need` which it has. */
HyStatus hy_compile(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;

HyStatus hy_need_new(const HyCompiler *c, const HyNeed *copy, HyNeed **out) HY_MUST_CHECK;
static inline bool hy_need_has(const HyNeed *need, HyColumnId id)
{
    return id < HY_COMPUTED_ID && hy_bitmap_get(need, id);
}
static inline void hy_need_add(HyNeed *need, HyColumnId id)
{
    if (id < HY_COMPUTED_ID)
        hy_bitmap_set(need, id);
}
static inline void hy_need_remove(HyNeed *need, HyColumnId id)
{
    if (id < HY_COMPUTED_ID)
        hy_bitmap_clear(need, id);
}
/* Adds the columns of an expression; NULL is fine. */
void hy_need_expr(HyNeed *need, const HyExpr *expr);

/* A stream that starts at a source, whose batches have this layout (copied). */
HyStatus hy_stream_begin(
    HyCompiler *c, HySource *source, const HyLayout *layout, HyStream *out) HY_MUST_CHECK;
/* The operator's output has the layout that stream->layout is set to by the caller afterwards
 * (unchanged by default). */
HyStatus hy_stream_append(HyCompiler *c, HyStream *stream, HyOp *op) HY_MUST_CHECK;
/* Appends the sink and adds the pipeline to the plan. */
HyStatus hy_stream_end(HyCompiler *c, HyStream *stream, HyOp *sink) HY_MUST_CHECK;
/* A further way into the stream behind its last operator, which runs after those that are there. */
HyStatus hy_stream_add_branch(HyCompiler *c, HyStream *stream, HySource *source) HY_MUST_CHECK;
/* Joins two streams of equal layout; `into` continues for both. */
HyStatus hy_stream_unite(HyCompiler *c, HyStream *into, HyStream *other) HY_MUST_CHECK;

HyStatus hy_layout_new(const HyCompiler *c, size_t capacity, HyLayout *out) HY_MUST_CHECK;
static inline void hy_layout_add(HyLayout *layout, HyColumnId id, HyType type)
{
    layout->ids[layout->n] = id;
    layout->types[layout->n++] = type;
}
/* Places of the columns ids[0..n) in the layout. XX000 when one is not there. */
HyStatus hy_layout_places(const HyCompiler *c, const HyLayout *layout, const HyColumnId *ids,
    size_t n, uint32_t **out) HY_MUST_CHECK;
/* The columns of the layout that `need` has, and their places. */
HyStatus hy_layout_needed(const HyCompiler *c, const HyLayout *layout, const HyNeed *need,
    HyLayout *out, uint32_t **places) HY_MUST_CHECK;

/* Appends an operator that keeps the columns at the places, in this order, under the ids of
 * `layout`. */
HyStatus hy_stream_project(
    HyCompiler *c, HyStream *stream, const HyLayout *layout, const uint32_t *places) HY_MUST_CHECK;
/* Appends a filter. */
HyStatus hy_stream_filter(
    HyCompiler *c, HyStream *stream, HyAlg *alg, HyExpr *predicate) HY_MUST_CHECK;
/* Appends computed columns to the batch; input columns that `need` lacks are dropped. */
HyStatus hy_stream_map(HyCompiler *c, HyStream *stream, HyAlg *alg, const HyNamedExpr *exprs,
    size_t n, const HyNeed *need) HY_MUST_CHECK;
/* Makes sure that the expressions are columns of the stream: plain columns are, others are computed
 * by an appended map under new ids; ids[i] is where to find the i-th. Columns in `keep` stay as
 * well. */
HyStatus hy_stream_compute(HyCompiler *c, HyStream *stream, HyExpr *const *exprs, size_t n,
    const HyNeed *keep, HyColumnId *ids) HY_MUST_CHECK;

/* Skips `offset` rows and ends the stream after `limit` (-1: none) more. */
HyStatus hy_stream_limit(
    HyCompiler *c, HyStream *stream, HyAlg *alg, int64_t offset, int64_t limit) HY_MUST_CHECK;
/* Rows sel[0..n) of a batch, in the batch's arena. */
HyStatus hy_batch_gather(HyWorker *worker, const HyBatch *batch, const uint32_t *sel, size_t n,
    HyBatch *out) HY_MUST_CHECK;

/* The columns of a leaf that are needed, and their indexes in alg->columns. */
HyStatus hy_leaf_layout(HyCompiler *c, const HyAlg *alg, const HyNeed *need, HyLayout *layout,
    uint32_t **columns) HY_MUST_CHECK;
/* The value of an expression without columns as a vector of one row in the arena. */
HyStatus hy_constant_evaluate(
    HyFuncEnv *env, HyArena *arena, HyExpr *expr, HyVector *out) HY_MUST_CHECK;

/* The operators, by file. */
/* filter: the HY_ALG_FILTER right above, or NULL. */
HyStatus hy_compile_scan(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyAlg *filter, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_values(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_function(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
/* Appends a table function whose arguments are columns of the stream: LATERAL. */
HyStatus hy_compile_lateral(
    HyCompiler *c, HyAlg *function, const HyNeed *need, HyStream *stream) HY_MUST_CHECK;
HyStatus hy_compile_system(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_external(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_parquet(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
/* Ends the stream of rows of a COPY TO in a Parquet file. */
HyStatus hy_compile_parquet_sink(HyCompiler *c, HyAlg *alg, HyStream *stream) HY_MUST_CHECK;
/* Ends the pipeline: out->pipeline is NULL. */
HyStatus hy_compile_copy_to(HyCompiler *c, HyAlg *alg, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_cte(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_recursive(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_filter(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_map(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_limit(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_single_row(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_aggregate(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_sort(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_join(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_setop(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_window(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;
HyStatus hy_compile_dml(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out) HY_MUST_CHECK;

#endif
