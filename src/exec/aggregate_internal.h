/* Shared by aggregate.c (collecting), aggregate_merge.c (putting the workers' groups together) and
 * aggregate_ordered.c (aggregates that want their rows sorted or distinct). */
#ifndef HY_EXEC_AGGREGATE_INTERNAL_H
#define HY_EXEC_AGGREGATE_INTERNAL_H

#include "exec/group_table.h"
#include "exec/rows.h"
#include "exec/sort_keys.h"

#define HY_NO_RESULT UINT32_MAX

/* One aggregate of the SELECT. Vectors are results of the op's program. */
typedef struct HyAggItem {
    const HyFuncCall *call;
    HyColumnId id;
    uint32_t *args; /* arguments, then sort expressions */
    size_t n_args;  /* of both: what update() gets */
    size_t n_order;
    HySortColumn *order;
    uint32_t filter; /* HY_NO_RESULT: none */
    bool is_distinct;
    bool is_ordered;
    HyType *arg_types; /* n_args */
} HyAggItem;

/* One grouping set: which of the grouping expressions it groups by. */
typedef struct HyAggSet {
    uint32_t *keys; /* results of the program: index of the grouping expression */
    size_t n_keys;
    HyType
        *key_types; /* with those of the arguments of distinct aggregates behind: room for them */
    int64_t not_grouped; /* mask: GROUPING() */
} HyAggSet;

/* Groups with the states of all aggregates. */
typedef struct HyAggTable {
    HyGroupTable groups;
    HyGrowing *states; /* per item; zeroed beyond the groups */
    size_t n_items;
    HyArena *heap;
} HyAggTable;

/* Of one worker. Lives until the op ends or runs again: states of others may point into its heaps.
 */
typedef struct HyAggLocal HyAggLocal;
struct HyAggLocal {
    HyAggLocal *next;
    HyProgramState *program;
    HyAggTable *tables;     /* per set */
    HyGroupCoder *coders;   /* per set */
    HyGroupTable *distinct; /* per set and item: keys of the set, then arguments */
    HyRowset **ordered;     /* per item: grouping expressions, arguments, sort expressions */
    HyArena *arena;         /* of these arrays */
};

typedef struct HyAggOp {
    HyOp op;
    HyAlg *alg;
    HyProgram *program;
    size_t n_results;
    size_t n_groups; /* grouping expressions: results [0, n_groups) */
    HyType *group_types;
    HyAggItem *items;
    size_t n_items;
    HyAggSet *sets;
    size_t n_sets;
    bool has_ordered;
    HyExec *exec;
    _Atomic(HyAggLocal *) locals; /* all that were opened */
    /* the result: parts[set][part] */
    HyAggTable **parts;
    size_t *n_parts; /* per set */
    size_t max_parts;
    HyAggTable *merged; /* owned: parts that no worker's table serves as */
    size_t n_merged;
} HyAggOp;

HyStatus hy_agg_table_open(const HyAggOp *op, const HyAggSet *set, HyAggTable *table) HY_MUST_CHECK;
void hy_agg_table_close(HyAggTable *table);
/* Zeroed states for all groups that are there. */
HyStatus hy_agg_table_reserve(const HyAggOp *op, HyAggTable *table) HY_MUST_CHECK;
static inline size_t hy_agg_state_size(const HyAggItem *item)
{
    return item->call->aggregate->state_size;
}
/* Types of the keys of a distinct table: those of the set, then the item's arguments; memory from
 * `arena`. */
HyStatus hy_agg_distinct_types(
    const HyAggSet *set, const HyAggItem *item, HyArena *arena, HyType **out) HY_MUST_CHECK;

/* aggregate_merge.c: op->finish. */
HyStatus hy_agg_finish(HyOp *op, HyExec *exec, void **locals, size_t n) HY_MUST_CHECK;

/* aggregate_ordered.c: feeds an ordered item of one set with the rows of all workers. */
HyStatus hy_agg_feed_ordered(HyAggOp *op, const HyAggSet *set, size_t item, HyAggTable *table,
    HyAggLocal **locals, size_t n, HyFuncEnv *env) HY_MUST_CHECK;

#endif
