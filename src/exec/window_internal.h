/* Shared by window.c (sorting, partitions), window_frame.c (which rows a row's frame has),
 * window_rank.c (functions of position) and window_aggregate.c (aggregates over frames).
 *
 * Rows are computed in groups of whole partitions. Within a group they are numbered from 0 in sort
 * order; all arrays here are indexed by that number. */
#ifndef HY_EXEC_WINDOW_INTERNAL_H
#define HY_EXEC_WINDOW_INTERNAL_H

#include "exec/sort.h"

/* One call with OVER. */
typedef struct HyWinItem {
    const HyWindowItem *item;
    uint32_t *args; /* columns of the sorted rows */
    size_t n_args;
    uint32_t filter;    /* likewise; UINT32_MAX: none */
    HyValue start, end; /* values of the frame's offsets */
} HyWinItem;

typedef struct HyWindow {
    HyAlg *alg;
    HySortOp *sort;
    uint32_t *partition_keys; /* columns of the sorted rows */
    size_t n_partition;
    uint32_t *order_keys;
    size_t n_order;
    const HySortColumn *order; /* n_order */
    HyWinItem *items;
    size_t n_items;
} HyWindow;

/* The rows of a group, and of the partition at hand. */
typedef struct HyWinGroup {
    const HyWindow *window;
    HyWorker *worker;
    HyArena *arena;
    const HyRowAccess *access; /* to the rows */
    const HyRowRef *refs;
    uint32_t n_rows;
    /* The first partition may have begun in groups before: so many of its rows and peer groups were
     * there, and these are the states of aggregates over them, by item. */
    uint64_t base_rows;
    uint64_t base_peers;
    void *const *carried; /* NULL: no states are carried to the next group */
    HyArena *carried_heap;
    uint32_t *starts; /* of partitions; starts[n_partitions] = n_rows */
    size_t n_partitions;
    uint32_t *peer_start; /* by row: its first peer; NULL until hy_win_peers */
    uint32_t *peer_end;   /* one behind its last peer */
} HyWinGroup;

/* A column of the group's rows as a flat vector. */
HyStatus hy_win_column(const HyWinGroup *group, uint32_t column, HyVector *out) HY_MUST_CHECK;
/* Fills peer_start and peer_end. */
HyStatus hy_win_peers(HyWinGroup *group) HY_MUST_CHECK;
/* boundaries[i] = 1 where row i differs from row i - 1 in the columns (and for row 0). */
HyStatus hy_win_boundaries(
    const HyWinGroup *group, const uint32_t *columns, size_t n, uint8_t *boundaries) HY_MUST_CHECK;

/* window_frame.c: per row the rows [start, end) of its frame, empty ones with start == end. */
typedef struct HyWinFrames {
    uint32_t *start;
    uint32_t *end;
} HyWinFrames;
HyStatus hy_win_frames(HyWinGroup *group, const HyWinItem *item, HyWinFrames *out) HY_MUST_CHECK;
/* A frame without what EXCLUDE takes out: up to three ranges. Returns how many. */
typedef struct HyWinRange {
    uint32_t start, end;
} HyWinRange;
size_t hy_win_pieces(const HyWinGroup *group, const HyWinItem *item, const HyWinFrames *frames,
    uint32_t row, HyWinRange out[3]);

/* window_rank.c, window_aggregate.c: the item's values for all rows of the group, flat. */
HyStatus hy_win_position(HyWinGroup *group, const HyWinItem *item, HyVector *out) HY_MUST_CHECK;
HyStatus hy_win_aggregate(HyWinGroup *group, const HyWinItem *item, HyVector *out) HY_MUST_CHECK;

/* window_spill.c: cuts sorted rows that are on disk into groups. One thread at a time. */
typedef struct HyWinFeed HyWinFeed;
HyStatus hy_win_feed_open(const HyWindow *window, HyExec *exec, HyWinFeed **out) HY_MUST_CHECK;
void hy_win_feed_close(HyWinFeed *feed);
/* The next group's rows, the first *n of the rowset, the caller's now; and what the group knows of
 * those before. NULL: there are no more. */
HyStatus hy_win_feed_next(
    HyWinFeed *feed, HyRowset **rows, size_t *n, HyWinGroup *group) HY_MUST_CHECK;

/* Allocates from the group's arena, or returns. */
#define HY_WIN_NEW(group, lvalue, count)                                                           \
    do {                                                                                           \
        size_t bytes_ = hy_array_bytes(sizeof(*(lvalue)), (size_t)(count));                        \
        (lvalue) = hy_arena_alloc((group)->arena, bytes_);                                         \
        if (HY_UNLIKELY(!(lvalue)))                                                                \
            return hy_error_oom(bytes_);                                                           \
    } while (0)

#endif
