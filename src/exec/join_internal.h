/* Shared by join.c (compiling), join_build.c (the index over build rows), join_probe.c (hash joins)
 * and join_loop.c (joins without equal keys). */
#ifndef HY_EXEC_JOIN_INTERNAL_H
#define HY_EXEC_JOIN_INTERNAL_H

#include "exec/group_table.h"
#include "exec/rows.h"

/* What comes out for the rows of one side. */
typedef enum HyJoinFilter {
    HY_JOIN_PAIRS,   /* matching pairs */
    HY_JOIN_MATCHED, /* each row that has a match, once */
    HY_JOIN_UNMATCHED,
    HY_JOIN_MARKED /* all, with the three-valued truth of having a match */
} HyJoinFilter;

/* Build rows by hash of their keys: a directory of chains. An entry is a reference + 1 in the lower
 * 48 bits; a directory entry has one bit per chain member (by its hash) in the upper 16, so that
 * most misses end there. */
typedef struct HyJoinIndex {
    HyGrowing directory; /* uint64_t */
    unsigned bits;
    HyGrowing next; /* uint64_t by reference: the following entry of the chain */
} HyJoinIndex;

/* Build rows that are in memory, all or a partition. */
typedef struct HyJoinBuild {
    const HyRowset *rows;
    HyMemory *memory;
    HyRowAccess access;
    HyJoinIndex index;
    HyGrowing matched; /* uint8_t by reference, where build rows are kept or filtered */
} HyJoinBuild;

typedef struct HyJoin {
    HyAlg *alg;
    /* roles */
    HyJoinFilter probe_filter;
    HyJoinFilter build_filter; /* semi and anti joins whose result rows are the build side's */
    bool keeps_probe;          /* probe rows without match come out, with nulls */
    bool keeps_build;
    bool is_single;
    /* columns */
    size_t n_keys;
    bool *null_equal;
    uint32_t *probe_keys;   /* places in the probe's batches */
    uint32_t *build_keys;   /* columns of the build rows */
    uint32_t *probe_places; /* kept probe columns */
    size_t n_probe;
    uint32_t *build_columns; /* kept build columns */
    size_t n_build;
    HyType *build_types, *probe_types; /* nullable as they come out */
    HyPredicate *residual; /* over kept probe columns, then kept build columns; or NULL */
    HyProgram *truth;      /* the same as a value, for marks */
    HyKeyFilter *filters;  /* for scans of the probe side */
    size_t n_filters;
    /* the build side */
    HyCollectOp *collect;
    HyJoinBuild build;
    bool has_null_key;      /* a build row lies outside the index because of a null */
    uint64_t n_rows;        /* of the build side, those on disk included */
    HySpillSet *probe_rows; /* those of the probe, when the build side is on disk */
    const HyType *probe_row_types;
    size_t n_probe_columns; /* of its batches */
} HyJoin;

/* join_build.c: adds the step that makes the index once the build rows are collected. */
HyStatus hy_join_add_build_step(HyCompiler *c, HyJoin *join) HY_MUST_CHECK;
/* Indexes the rows; on the calling thread alone when `exec` is to run other things beside. */
HyStatus hy_join_make_build(HyJoin *join, HyExec *exec, bool is_parallel, const HyRowset *rows,
    HyJoinBuild *out) HY_MUST_CHECK;
void hy_join_free_build(HyJoinBuild *build);
void hy_join_free_filters(HyJoin *join);
static inline bool hy_join_notes_matches(const HyJoin *join)
{
    return join->keeps_build || join->build_filter != HY_JOIN_PAIRS;
}
/* The first entry of the chain for a hash: reference + 1, or 0. */
static inline uint64_t hy_join_first(const HyJoinIndex *index, uint64_t hash)
{
    uint64_t entry = ((const uint64_t *)index->directory.data)[hash >> (64 - index->bits)];
    uint64_t tag = UINT64_C(1) << (48 + (hash & 15));
    return entry & tag ? entry & UINT64_C(0xFFFFFFFFFFFF) : 0;
}
static inline void hy_join_mark_build(HyJoinBuild *build, HyRowRef ref)
{
    __atomic_store_n((uint8_t *)build->matched.data + ref, 1, __ATOMIC_RELAXED);
}
/* Clears keep[i] where key `k` of build row refs[i] differs from row rows[i] of the flat vector. */
void hy_join_compare_key(const HyJoin *join, const HyJoinBuild *build, size_t k,
    const HyVector *probe, const uint32_t *rows, const HyRowRef *refs, size_t n, uint8_t *keep);

/* A probing worker's state, and what hash and loop joins do alike. */
typedef struct HyJoinLocal HyJoinLocal;
struct HyJoinLocal {
    HyJoinLocal *next_open;
    HyJoinBuild *build; /* that is probed */
    HySpillBuffer *out; /* probe rows on their way to disk */
    HyPredicateState *residual;
    HyProgramState *truth;
    HyArena *arena;       /* of output batches: a row may have millions of matches */
    const HyBatch *batch; /* being probed */
    uint8_t *matched;     /* by row of the batch */
    uint8_t *unknown;     /* likewise: a match whose truth is null; marks only */
    size_t n_pairs;
    uint32_t rows[HY_VECTOR_SIZE];
    HyRowRef refs[HY_VECTOR_SIZE];
};

typedef struct HyJoinOp {
    HyOp op;
    HyJoin join;
    HyBranch **branches; /* that lead here: stopped when no row can come out */
    size_t n_branches;
    _Atomic(HyJoinLocal *) locals; /* that are open */
} HyJoinOp;

extern const HyOpClass hy_join_probe_class; /* join_probe.c */
extern const HyOpClass hy_join_loop_class;  /* join_loop.c */

HyStatus hy_join_open(HyOp *op, HyWorker *worker, void **local) HY_MUST_CHECK;
void hy_join_close(void *local);
HyStatus hy_join_start(HyOp *op, HyExec *exec) HY_MUST_CHECK;
void hy_join_destroy(HyOp *op);
/* Begins a batch: matched and unknown. */
HyStatus hy_join_begin(HyJoinLocal *local, HyWorker *worker, const HyBatch *batch) HY_MUST_CHECK;
/* Pushes the pairs collected in local->rows and refs on after testing the residual. */
HyStatus hy_join_flush_pairs(HyJoinOp *op, HyJoinLocal *local, HyWorker *worker) HY_MUST_CHECK;
/* A batch of candidate pairs with the kept columns of both sides, made by the caller in
 * local->arena while worker->arena is that arena: tests the residual, notes matches, and pushes on
 * what stays. row_of and ref_of give the pair of each row: row_of NULL: all are the probe row
 * `row`; ref_of NULL: all are `ref`. */
typedef struct HyJoinPairs {
    HyBatch batch;
    const uint32_t *row_of;
    uint32_t row;
    const HyRowRef *ref_of;
    HyRowRef ref;
} HyJoinPairs;
HyStatus hy_join_take_pairs(
    HyJoinOp *op, HyJoinLocal *local, HyWorker *worker, HyJoinPairs *pairs) HY_MUST_CHECK;
/* Ends a batch: rows that come out because of having, or not having, a match. */
HyStatus hy_join_end(HyJoinOp *op, HyJoinLocal *local, HyWorker *worker) HY_MUST_CHECK;
/* The batch against local->build. */
HyStatus hy_join_probe_batch(
    HyJoinOp *op, HyJoinLocal *local, HyWorker *worker, const HyBatch *batch) HY_MUST_CHECK;
/* join.c: build rows of a piece that matched, or did not, as they come out. */
HyStatus hy_join_leftovers(const HyJoin *join, const HyJoinBuild *build, size_t piece,
    HyWorker *worker, HyBatch *out) HY_MUST_CHECK;

/* join_spill.c: probe rows go to disk as the build rows did; a branch behind the others joins them
 * partition by partition. */
HyStatus hy_join_put_aside(
    HyJoinOp *op, HyJoinLocal *local, HyWorker *worker, const HyBatch *batch) HY_MUST_CHECK;
HyStatus hy_join_spilled_source(HyCompiler *c, HyJoinOp *op, HySource **out) HY_MUST_CHECK;

#endif
