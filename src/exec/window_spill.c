/* Windows over rows on disk. Groups of whole partitions are read in order. A partition that does
 * not fit can be computed in parts, cut between peers, if all calls need only what came before:
 * ranks and aggregates over growing frames. */
#include "exec/window_internal.h"
#include "types/compare.h"
#include <stdlib.h>

#define GROUP_ROWS 16384
#define PULL_ROWS  HY_VECTOR_SIZE

struct HyWinFeed {
    const HyWindow *window;
    HyExec *exec;
    HySortMerger *merger;
    HyRowset *rest; /* rows behind the last group, or NULL */
    bool may_cut;   /* partitions */
    bool is_cut;    /* the last group ended within a partition */
    uint64_t base_rows, base_peers;
    void **carried; /* per item, of aggregates; NULL: none */
    HyArena *heap;
};

/* What a group of rows has, as far as it was looked at. */
typedef struct Scan {
    size_t n;              /* rows */
    size_t last_partition; /* where it starts; 0: within or before the first row */
    size_t last_peers;     /* likewise; only of rows of the last partition */
    uint64_t n_peers;      /* peer groups that end before last_peers */
} Scan;

static bool runs_along(const HyWinItem *item)
{
    const HyWindowItem *in = item->item;
    switch (in->call->window) {
    case HY_WIN_ROW_NUMBER:
    case HY_WIN_RANK:
    case HY_WIN_DENSE_RANK:
    case HY_WIN_MODIFIED_RANK:
        return true;
    case HY_WIN_NONE:
        return in->start == HY_BOUND_UNBOUNDED_PRECEDING && in->end == HY_BOUND_CURRENT_ROW &&
               in->exclude == HY_EXCLUDE_NO_OTHERS && !in->is_distinct;
    default:
        return false;
    }
}

static HyStatus make_states(HyWinFeed *feed)
{
    const HyWindow *window = feed->window;
    bool has_states = false;
    for (size_t i = 0; i < window->n_items; i++)
        has_states |= window->items[i].item->call->window == HY_WIN_NONE;
    feed->heap = hy_arena_create_in(feed->exec->ctx->memory);
    if (!feed->heap)
        return hy_error_oom(0);
    if (!has_states || !feed->may_cut)
        return HY_OK;
    feed->carried = calloc(window->n_items, sizeof *feed->carried);
    if (!feed->carried)
        return hy_error_oom(window->n_items * sizeof *feed->carried);
    for (size_t i = 0; i < window->n_items; i++) {
        const HyFuncCall *call = window->items[i].item->call;
        size_t size = call->window == HY_WIN_NONE ? call->aggregate->state_size : 8;
        feed->carried[i] = calloc(1, size);
        if (!feed->carried[i])
            return hy_error_oom(size);
    }
    return HY_OK;
}

HyStatus hy_win_feed_open(const HyWindow *window, HyExec *exec, HyWinFeed **out)
{
    HyWinFeed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return hy_error_oom(sizeof *feed);
    *feed = (HyWinFeed){.window = window, .exec = exec, .may_cut = true};
    for (size_t i = 0; i < window->n_items; i++)
        feed->may_cut = feed->may_cut && runs_along(&window->items[i]);
    HyStatus st = make_states(feed);
    if (!st)
        st = hy_sort_merger_open(window->sort, &feed->merger);
    if (st)
        hy_win_feed_close(feed);
    else
        *out = feed;
    return st;
}

void hy_win_feed_close(HyWinFeed *feed)
{
    if (!feed)
        return;
    hy_sort_merger_close(feed->merger);
    hy_rowset_destroy(feed->rest);
    for (size_t i = 0; feed->carried && i < feed->window->n_items; i++)
        free(feed->carried[i]);
    free(feed->carried);
    hy_arena_destroy(feed->heap);
    free(feed);
}

/* ---- Cutting ---- */

static bool rows_differ(const HyRowset *rows, size_t a, size_t b, const uint32_t *columns, size_t n)
{
    const HyBatch *piece_a = hy_rowset_piece(rows, a / HY_VECTOR_SIZE);
    const HyBatch *piece_b = hy_rowset_piece(rows, b / HY_VECTOR_SIZE);
    size_t row_a = a % HY_VECTOR_SIZE, row_b = b % HY_VECTOR_SIZE;
    for (size_t k = 0; k < n; k++) {
        const HyVector *va = &piece_a->cols[columns[k]], *vb = &piece_b->cols[columns[k]];
        bool null_a = hy_vector_is_null(va, row_a), null_b = hy_vector_is_null(vb, row_b);
        size_t width = hy_physical_size(hy_type_physical(va->type));
        if (null_a != null_b)
            return true;
        if (!null_a && hy_compare_payload(va->type, (const char *)va->data + row_a * width,
                           (const char *)vb->data + row_b * width) != 0)
            return true;
    }
    return false;
}

static void scan_rows(const HyWinFeed *feed, const HyRowset *rows, Scan *scan)
{
    const HyWindow *window = feed->window;
    size_t end = hy_rowset_row_count(rows);
    for (size_t i = scan->n > 0 ? scan->n : 1; i < end; i++) {
        if (rows_differ(rows, i - 1, i, window->partition_keys, window->n_partition)) {
            scan->last_partition = i;
            scan->last_peers = 0;
            scan->n_peers = 0;
        } else if (feed->may_cut &&
                   rows_differ(rows, i - 1, i, window->order_keys, window->n_order)) {
            scan->last_peers = i;
            scan->n_peers++;
        }
    }
    scan->n = end;
}

/* Reads until there is a place to cut; at the end all rows are the group. */
static HyStatus fill(HyWinFeed *feed, HyRowset *rows, Scan *scan)
{
    bool is_end = false;
    scan_rows(feed, rows, scan);
    while (!is_end) {
        bool may_end = scan->last_partition > 0 || (feed->may_cut && scan->last_peers > 0);
        if (scan->n >= GROUP_ROWS && may_end)
            return HY_OK;
        if (scan->n >= UINT32_MAX)
            return hy_error("54000", "too many rows for a window");
        if (!feed->may_cut && hy_spill_is_due(feed->exec, hy_rowset_memory_bytes(rows), 0, 90))
            return hy_error_hint(
                hy_error("53200", "a partition of a window does not fit in memory"),
                "raise memory_limit: only ranks and running aggregates are computed in parts");
        HY_TRY(hy_sort_merger_next(feed->merger, PULL_ROWS, rows));
        is_end = hy_rowset_row_count(rows) == scan->n;
        scan_rows(feed, rows, scan);
    }
    scan->last_partition = scan->n;
    return HY_OK;
}

/* Rows from `cut` on are kept for the next group. */
static HyStatus keep_rest(HyWinFeed *feed, const HyRowset *rows, size_t cut, HyArena *arena)
{
    size_t n = hy_rowset_row_count(rows);
    const HySortOp *sort = feed->window->sort;
    if (cut == n)
        return HY_OK;
    HY_TRY(hy_rowset_create(sort->layout.types, sort->layout.n, sort->memory, &feed->rest));
    for (size_t p = cut / HY_VECTOR_SIZE; p < hy_rowset_piece_count(rows); p++) {
        const HyBatch *piece = hy_rowset_piece(rows, p);
        uint32_t sel[HY_VECTOR_SIZE];
        size_t first = p * HY_VECTOR_SIZE < cut ? cut - p * HY_VECTOR_SIZE : 0;
        HyBatch part = {.n_rows = piece->n_rows - first, .n_cols = piece->n_cols};
        part.cols = hy_arena_alloc(arena, part.n_cols * sizeof *part.cols);
        if (!part.cols)
            return hy_error_oom(part.n_cols * sizeof *part.cols);
        for (size_t i = first; i < piece->n_rows; i++)
            sel[i - first] = (uint32_t)i;
        for (size_t i = 0; i < part.n_cols; i++)
            HY_TRY(hy_vector_gather(arena, &piece->cols[i], sel, part.n_rows, &part.cols[i]));
        HY_TRY(hy_rowset_append(feed->rest, &part));
        hy_arena_reset(arena);
    }
    return HY_OK;
}

/* The group's view of what came before, and what the next one's will be. */
static void pass_base(HyWinFeed *feed, const Scan *scan, bool cuts_partition, HyWinGroup *group)
{
    if (!feed->is_cut) {
        feed->base_rows = feed->base_peers = 0;
        for (size_t i = 0; feed->carried && i < feed->window->n_items; i++)
            if (feed->window->items[i].item->call->window == HY_WIN_NONE)
                memset(
                    feed->carried[i], 0, feed->window->items[i].item->call->aggregate->state_size);
    }
    group->base_rows = feed->base_rows;
    group->base_peers = feed->base_peers;
    group->carried = feed->carried;
    group->carried_heap = feed->heap;
    feed->is_cut = cuts_partition;
    feed->base_rows += scan->last_peers;
    feed->base_peers += scan->n_peers;
}

HyStatus hy_win_feed_next(HyWinFeed *feed, HyRowset **out, size_t *n, HyWinGroup *group)
{
    const HySortOp *sort = feed->window->sort;
    Scan scan = {0};
    HyArena *arena = NULL;
    HyRowset *rows = feed->rest;
    HyStatus st = HY_OK;
    *out = NULL;
    feed->rest = NULL;
    if (!rows)
        HY_TRY(hy_rowset_create(sort->layout.types, sort->layout.n, sort->memory, &rows));
    HY_GO(fill(feed, rows, &scan));
    if (scan.n == 0)
        goto done;
    arena = hy_arena_create();
    if (!arena) {
        st = hy_error_oom(0);
        goto done;
    }
    bool cuts_partition = scan.last_partition == 0;
    *n = cuts_partition ? scan.last_peers : scan.last_partition;
    HY_GO(keep_rest(feed, rows, *n, arena));
    pass_base(feed, &scan, cuts_partition, group);
    *out = rows;
    rows = NULL;
done:
    hy_rowset_destroy(rows);
    hy_arena_destroy(arena);
    return st;
}
