/* Shared by setop.c and setop_spill.c (rows that do not fit in memory). */
#ifndef HY_EXEC_SETOP_INTERNAL_H
#define HY_EXEC_SETOP_INTERNAL_H

#include "exec/spill.h"
#include <pthread.h>

typedef struct HySetTable {
    HyGroupTable groups;
    HyGrowing counts; /* uint64_t: from the left, from the right; not with UNION */
} HySetTable;

typedef struct HySetOp {
    HyOp op;
    HyExec *exec;
    HySetKind kind;
    HyType *types; /* of the columns, then of the side */
    size_t n_cols; /* the last input column is the side, unless the kind is UNION */
    HyMemory *memory;
    HySetTable table; /* the result */
    /* or, when it takes much of the budget: the workers' tables, and on disk the rows that they
     * lack, by the hash of their columns; partitions are put together when they are wanted */
    bool is_lazy;
    HySetTable *tables;
    size_t n_tables;
    pthread_mutex_t lock; /* making the set */
    _Atomic(HySpillSet *) rows;
} HySetOp;

/* Of one worker. */
typedef struct HySetLocal {
    HySetTable table;
    HySpillBuffer *out; /* the table is frozen: other rows go there */
} HySetLocal;

void hy_set_table_close(HySetTable *table);
/* Room for the counts of all groups. */
HyStatus hy_set_table_reserve(HySetTable *table) HY_MUST_CHECK;
static inline size_t hy_set_table_bytes(const HySetTable *table)
{
    return hy_group_table_bytes(&table->groups) + table->counts.bytes;
}
/* Columns of rows in the set on disk. */
static inline size_t hy_set_row_columns(const HySetOp *set)
{
    return set->n_cols + (set->kind != HY_SET_UNION);
}

/* Adds a batch to a table, or with `out` what is in the table to it and the rest there. */
HyStatus hy_set_add(HySetOp *set, HyWorker *worker, HySetTable *table, HySpillBuffer *out,
    const HyBatch *batch) HY_MUST_CHECK;
/* After each batch: freezes the worker's table when the budget wants it. */
HyStatus hy_set_relieve(HySetOp *set, HySetLocal *local) HY_MUST_CHECK;
/* When all rows are there: decides set->is_lazy and, if so, takes the tables over. */
HyStatus hy_set_settle(HySetOp *set, HySetLocal **locals, size_t n) HY_MUST_CHECK;
/* Puts a partition together, hands it out in one or more tables, and forgets it. */
typedef HyStatus (*HySetEmit)(void *ctx, HyWorker *worker, const HySetTable *table);
HyStatus hy_set_partition(
    HySetOp *set, HyWorker *worker, size_t partition, HySetEmit emit, void *ctx) HY_MUST_CHECK;
void hy_set_free_spill(HySetOp *set);

#endif
