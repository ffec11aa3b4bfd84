/* A filter in front of a window's sort, for queries that want only the first rows of each partition
 * (row_number() .. <= n): it drops rows behind which the partition has n better ones already. */
#ifndef HY_EXEC_PARTITION_TOP_H
#define HY_EXEC_PARTITION_TOP_H

#include "exec/compile.h"
#include "exec/sort_keys.h"

typedef struct HyPartitionTop {
    HyColumnId *partition_ids;
    HyType *partition_types;
    size_t n_partition;
    const HySortColumn *order;
    const HyColumnId *order_ids;
    size_t n_order;
    uint32_t limit; /* rows per partition */
} HyPartitionTop;

/* Appends the filter, or nothing when the order's keys are too long for it. `spec` must outlive the
 * statement. */
HyStatus hy_partition_top_stream(
    HyCompiler *c, HyStream *stream, const HyPartitionTop *spec) HY_MUST_CHECK;

#endif
