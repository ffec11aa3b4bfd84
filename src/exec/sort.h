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
} HySortOp;

/* Ends the stream in a sort by the columns ids[0..n), keeping the columns of `kept`. `columns` must
 * outlive the statement. */
HyStatus hy_sort_stream(HyCompiler *c, HyStream *stream, HyAlg *alg, const HySortColumn *columns,
    const HyColumnId *ids, size_t n, const HyLayout *kept, HySortOp **out) HY_MUST_CHECK;

#endif
