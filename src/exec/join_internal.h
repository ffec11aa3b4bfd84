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
    HyMemory *memory;
    HyRowAccess access;
    HyJoinIndex index;
    bool has_null_key; /* a build row lies outside the index because of a null */
    HyGrowing matched; /* uint8_t by reference, where build rows are kept or filtered */
    size_t n_refs;
    size_t n_rows;
} HyJoin;

/* join_build.c: adds the step that makes the index once the build rows are collected. */
HyStatus hy_join_add_build_step(HyCompiler *c, HyJoin *join) HY_MUST_CHECK;
void hy_join_free_build(HyJoin *join);
/* The first entry of the chain for a hash: reference + 1, or 0. */
static inline uint64_t hy_join_first(const HyJoinIndex *index, uint64_t hash)
{
    uint64_t entry = ((const uint64_t *)index->directory.data)[hash >> (64 - index->bits)];
    uint64_t tag = UINT64_C(1) << (48 + (hash & 15));
    return entry & tag ? entry & UINT64_C(0xFFFFFFFFFFFF) : 0;
}
static inline void hy_join_mark_build(HyJoin *join, HyRowRef ref)
{
    __atomic_store_n((uint8_t *)join->matched.data + ref, 1, __ATOMIC_RELAXED);
}
/* Clears keep[i] where key `k` of build row refs[i] differs from row rows[i] of the flat vector. */
void hy_join_compare_key(const HyJoin *join, size_t k, const HyVector *probe, const uint32_t *rows,
    const HyRowRef *refs, size_t n, uint8_t *keep);

/* A probing worker's state, and what hash and loop joins do alike. */
typedef struct HyJoinLocal {
    HyPredicateState *residual;
    HyProgramState *truth;
    HyArena *arena;       /* of output batches: a row may have millions of matches */
    const HyBatch *batch; /* being probed */
    uint8_t *matched;     /* by row of the batch */
    uint8_t *unknown;     /* likewise: a match whose truth is null; marks only */
    size_t n_pairs;
    uint32_t rows[HY_VECTOR_SIZE];
    HyRowRef refs[HY_VECTOR_SIZE];
} HyJoinLocal;

typedef struct HyJoinOp {
    HyOp op;
    HyJoin join;
    HyBranch **branches; /* that lead here: stopped when no row can come out */
    size_t n_branches;
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

#endif
