/* Shared by aggregate.c (collecting), aggregate_merge.c (putting the workers' groups together),
 * aggregate_ordered.c (aggregates that want their rows sorted or distinct), and for what does not
 * fit in memory aggregate_freeze.c (collecting) and aggregate_spill.c (the rest). */
#ifndef HY_EXEC_AGGREGATE_INTERNAL_H
#define HY_EXEC_AGGREGATE_INTERNAL_H

#include "exec/group_table.h"
#include "exec/rows.h"
#include "exec/sort_keys.h"
#include "exec/spill.h"
#include <pthread.h>

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
    HyType *row_types; /* is_ordered: of the rows kept: grouping expressions, arguments */
} HyAggItem;

/* One grouping set: which of the grouping expressions it groups by. */
typedef struct HyAggSet {
    uint32_t *keys; /* results of the program: index of the grouping expression */
    size_t n_keys;
    HyType
        *key_types; /* with those of the arguments of distinct aggregates behind: room for them */
    int64_t not_grouped; /* mask: GROUPING() */
} HyAggSet;

/* What does not fit in memory, once some worker's tables are full. Such tables are frozen: rows of
 * their groups are added, other rows go to disk as they come, by the hash of their group. So the
 * groups of a partition are those of the frozen tables and those that its rows on disk make. */
typedef struct HyAggSpill {
    pthread_mutex_t lock; /* making the sets */
    HySpillSet **rows;    /* per set: results of the program; NULL: nobody is frozen */
    HySpillSet **ordered; /* per set and item: rows for ordered items */
} HyAggSpill;

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
    HyAggTable *tables;            /* per set */
    HyGroupCoder *coders;          /* per set */
    HyGroupCoder *distinct_coders; /* per set and item */
    HyGroupTable *distinct;        /* per set and item: keys of the set, then arguments */
    HyRowset **ordered;            /* per item: grouping expressions, arguments, sort expressions */
    HyArena *arena;                /* of these arrays */
    bool is_frozen;
    HySpillBuffer **rows_out;    /* per set */
    HySpillBuffer **ordered_out; /* per set and item */
    uint64_t **distinct_hashes;  /* per set and item, when partitions are put together one by one:
                                    hashes of the set's keys */
};

typedef struct HyAggOp {
    HyOp op;
    HyAlg *alg;
    HyProgram *program;
    size_t n_results;
    HyType *result_types;
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
    /* or, when tables take much of the budget: partitions are put together when their groups are
     * wanted, and forgotten then */
    bool is_lazy;
    HyAggSpill spill;
} HyAggOp;

HyStatus hy_agg_table_open(const HyAggOp *op, const HyAggSet *set, HyAggTable *table) HY_MUST_CHECK;
void hy_agg_table_close(HyAggTable *table);
size_t hy_agg_table_bytes(const HyAggTable *table);
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

/* Rows of a batch that an item sees. */
typedef struct HyAggItemRows {
    HyVector *args;
    size_t n;
    const uint32_t *sel; /* NULL: all rows */
} HyAggItemRows;
HyStatus hy_agg_item_rows(HyWorker *worker, const HyAggItem *item, const HyVector *results,
    size_t n, HyAggItemRows *out) HY_MUST_CHECK;
/* Groups of the rows that the item sees. */
HyStatus hy_agg_item_groups(HyWorker *worker, const uint32_t *groups, const HyAggItemRows *rows,
    const uint32_t **out) HY_MUST_CHECK;
/* Updates the items that are neither ordered nor distinct. */
HyStatus hy_agg_update_plain(HyWorker *worker, const HyAggOp *op, HyAggTable *table,
    const HyAggItemRows *rows, const uint32_t *groups) HY_MUST_CHECK;
static inline bool hy_agg_feeds_distinct(const HyAggItem *item)
{
    return item->is_distinct && !item->is_ordered;
}

/* aggregate_merge.c: the groups of a table that are in one partition; all for SIZE_MAX. */
typedef struct HyGroupParts HyGroupParts;
typedef struct HyGroupPicker {
    const HyGroupTable *table;
    size_t partition;
    const HyGroupParts *parts; /* NULL: all groups are looked at */
    size_t at;
} HyGroupPicker;
/* Up to HY_VECTOR_SIZE groups; 0: no more. hashes: by which partitions are told. */
size_t hy_group_pick(HyGroupPicker *picker, const uint64_t *hashes, uint32_t *sel);
/* Hashes of the set's keys alone, by which a distinct table's entries belong to a partition. */
HyStatus hy_agg_group_hashes(
    const HyAggSet *set, const HyGroupTable *distinct, uint64_t **out) HY_MUST_CHECK;
HyStatus hy_agg_merge_table(const HyAggOp *op, HyAggTable *into, const HyAggTable *from,
    size_t partition, const HyGroupParts *parts, HyFuncEnv *env) HY_MUST_CHECK;

/* aggregate_freeze.c. After each batch: freezes the worker's tables when the budget wants it. */
HyStatus hy_agg_relieve(HyAggOp *op, HyAggLocal *local) HY_MUST_CHECK;
/* A batch of one set when tables are frozen; `rows` per item. */
HyStatus hy_agg_push_frozen(HyWorker *worker, HyAggOp *op, HyAggLocal *local, size_t set,
    const HyVector *results, const HyAggItemRows *rows, size_t n) HY_MUST_CHECK;
/* When all rows are there: decides op->is_lazy and prepares for it. */
HyStatus hy_agg_settle(HyAggOp *op, HyAggLocal **locals, size_t n) HY_MUST_CHECK;
void hy_agg_free_local_spill(const HyAggOp *op, HyAggLocal *local);
void hy_agg_free_spill(HyAggOp *op);

/* aggregate_spill.c: puts a partition of a set together, hands its groups out in one or more
 * tables, and forgets it. */
typedef HyStatus (*HyAggEmit)(void *ctx, HyWorker *worker, size_t set, const HyAggTable *table);
HyStatus hy_agg_partition(HyAggOp *op, HyWorker *worker, size_t set, size_t partition,
    HyAggEmit emit, void *ctx) HY_MUST_CHECK;

/* aggregate_ordered.c: feeds an ordered item of one set with the rows of all workers. */
HyStatus hy_agg_feed_ordered(HyAggOp *op, const HyAggSet *set, size_t item, HyAggTable *table,
    HyAggLocal **locals, size_t n, HyFuncEnv *env) HY_MUST_CHECK;
/* The same for the rows of a rowset. */
HyStatus hy_agg_feed_rows(HyAggOp *op, const HyAggSet *set, size_t item, HyAggTable *table,
    HyRowset *rows, HyFuncEnv *env) HY_MUST_CHECK;

#endif
