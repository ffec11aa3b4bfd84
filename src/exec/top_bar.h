/* What a sort with a limit tells the scan below it: rows whose first key lies beyond the bar are
 * not among the wanted ones. Workers raise it as they collect; scans read it once per morsel and
 * test it on encoded chunks, so that blocks drop out by their bounds and other columns are decoded
 * only for rows that can still win. */
#ifndef HY_EXEC_TOP_BAR_H
#define HY_EXEC_TOP_BAR_H

#include "sql/algebra.h"
#include "types/compare.h"
#include "types/value.h"
#include <pthread.h>

typedef struct HyTopBar {
    HyColumnId id; /* the first key is this column of a scan */
    bool is_descending;
    bool nulls_first; /* nulls are wanted before all others */
    bool is_read;     /* by a scan */
    pthread_mutex_t lock;
    atomic_uint version; /* 0: not set yet */
    HyValue value;       /* under the lock */
    HyBuffer text;       /* its bytes, if it is a string */
} HyTopBar;

/* Of one scanning worker: its copy of the bar. */
typedef struct HyTopBarView {
    unsigned version;
    HyValue value;
    HyBuffer text;
} HyTopBarView;

HyStatus hy_top_bar_open(
    HyTopBar *bar, HyColumnId id, bool is_descending, bool nulls_first) HY_MUST_CHECK;
void hy_top_bar_close(HyTopBar *bar);
/* Forgets the value: before each run of the plan. */
void hy_top_bar_reset(HyTopBar *bar);
/* `value` is the first key of the worst row of as many as are wanted. */
HyStatus hy_top_bar_raise(HyTopBar *bar, const HyValue *value) HY_MUST_CHECK;
/* Brings the view up to date; its version is 0 while there is no bar. */
HyStatus hy_top_bar_read(HyTopBar *bar, HyTopBarView *view) HY_MUST_CHECK;
/* Rows for which this does not hold are not wanted. */
static inline HyCompareOp hy_top_bar_op(const HyTopBar *bar)
{
    return bar->is_descending ? HY_CMP_GE : HY_CMP_LE;
}

#endif
