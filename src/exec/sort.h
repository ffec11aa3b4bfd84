/* The sink that sorts rows: for ORDER BY, and for windows, which read the rows in order afterwards.
 */
#ifndef HY_EXEC_SORT_H
#define HY_EXEC_SORT_H

#include "exec/rows.h"
#include "exec/sort_keys.h"

typedef struct HySortOp {
    HyOp op;
    HyLayout layout; /* of the rows kept */
    uint32_t *places;
    uint32_t *keys; /* places of the keys in the input */
    HySortSpec spec;
    uint64_t top;  /* rows wanted; UINT64_MAX: all */
    uint64_t skip; /* of these, so many in front need not be in order */
    HyTopBar *bar; /* for the scan below, or NULL; its column is bar_place of the layout */
    uint32_t bar_place;
    HyMemory *memory;
    /* the result, once the pipeline has run */
    HyRowset *rows;
    HyRowAccess access;
    HyGrowing merged; /* HySortEntry, in order; only their refs are good */
    size_t n_merged;
    size_t n_wanted;    /* WITH TIES: entries up to the last tie of the limit */
    uint64_t ties_from; /* offset + limit of WITH TIES; 0: no ties wanted */
    /* or, when the rows do not fit: sorted runs on disk, one per partition of the set, rows with
     * their keys behind the columns of the layout */
    HyExec *exec;
    const HyType *run_types;
    size_t n_run_columns;
    pthread_mutex_t lock; /* making the set */
    _Atomic(HySpillSet *) runs;
} HySortOp;

/* Ends the stream in a sort by the columns ids[0..n), keeping the columns of `kept`. `columns` must
 * outlive the statement. */
HyStatus hy_sort_stream(HyCompiler *c, HyStream *stream, HyAlg *alg, const HySortColumn *columns,
    const HyColumnId *ids, size_t n, const HyLayout *kept, HySortOp **out) HY_MUST_CHECK;

/* sort_spill.c. Sorts a run and writes it with its rows (access: to those that its entries refer
 * to), leaving it empty. */
HyStatus hy_sort_write_run(HySortOp *sort, HySortRun *run, const HyRowset *rows) HY_MUST_CHECK;
/* Merges runs until few enough are left to be read together. */
HyStatus hy_sort_reduce_runs(HySortOp *sort) HY_MUST_CHECK;

/* Reads the runs merged. One thread at a time. */
typedef struct HySortMerger HySortMerger;
HyStatus hy_sort_merger_open(HySortOp *sort, HySortMerger **out) HY_MUST_CHECK;
void hy_sort_merger_close(HySortMerger *merger);
/* Skips rows; then no more than `limit` come, and with ties those equal to the last of them. */
void hy_sort_merger_bound(HySortMerger *merger, uint64_t offset, uint64_t limit, bool with_ties);
/* Appends up to n rows, columns of the layout, to `out` (of these types). None: there are no more.
 */
HyStatus hy_sort_merger_next(HySortMerger *merger, size_t n, HyRowset *out) HY_MUST_CHECK;

#endif
