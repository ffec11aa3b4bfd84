/* Aggregates over frames. Rows that FILTER or DISTINCT leave out are removed first: the rest is
 * numbered anew per group, and frames are translated to those numbers. Then, for each partition:
 *
 *   - frames that only grow are fed row after row;
 *   - frames whose both ends advance are slid, if the aggregate can take rows out again;
 *   - for aggregates that may see a row twice (min, max ..) a tree of partial states answers any
 * range;
 *   - otherwise each frame is computed by itself. */
#include "exec/group_table.h"
#include "exec/window_internal.h"

#define TREE_FANOUT 8
#define CHECK_ROWS  4096 /* after so many cancellation is looked at */

typedef struct WinAgg {
    HyWinGroup *group;
    const HyWinItem *item;
    const HyFuncCall *call;
    const HyAggregate *aggregate;
    HyVector *args;        /* of the rows that count, flat */
    uint32_t *kept_before; /* by row: how many rows that count come before it; n_rows + 1 entries */
    HyWinFrames frames;
    HyVector result;
    size_t result_width;
    HyVector *slice; /* arguments of a call, and their validity */
    uint64_t *bits;
    void *scratch; /* a state */
    void *carried; /* the state that the first partition goes on from, and the last one leaves */
    HyArena *heap; /* of states */
} WinAgg;

/* ---- Calls of the aggregate ---- */

/* The arguments of rows [start, start + n), n <= HY_VECTOR_SIZE: validity is shifted into place. */
static void slice_args(WinAgg *w, uint32_t start, uint32_t n)
{
    for (size_t k = 0; k < w->call->n_args; k++) {
        const HyVector *v = &w->args[k];
        HyVector *part = &w->slice[k];
        *part = *v;
        part->data = (char *)v->data + start * hy_physical_size(hy_type_physical(v->type));
        if (!v->validity)
            continue;
        uint64_t *bits = w->bits + k * hy_bitmap_words(HY_VECTOR_SIZE);
        for (uint32_t i = 0; i < n; i++)
            hy_bitmap_put(bits, i, hy_bitmap_get(v->validity, start + i));
        part->validity = bits;
    }
}

static HyStatus add_rows(WinAgg *w, void *state, uint32_t start, uint32_t end)
{
    while (start < end) {
        uint32_t n = end - start < HY_VECTOR_SIZE ? end - start : HY_VECTOR_SIZE;
        slice_args(w, start, n);
        HY_TRY(w->aggregate->update(
            &w->group->worker->env, w->call, w->slice, n, NULL, state, w->heap));
        start += n;
    }
    return HY_OK;
}

static HyStatus remove_rows(WinAgg *w, void *state, uint32_t start, uint32_t end)
{
    while (start < end) {
        uint32_t n = end - start < HY_VECTOR_SIZE ? end - start : HY_VECTOR_SIZE;
        slice_args(w, start, n);
        HY_TRY(w->aggregate->remove(
            &w->group->worker->env, w->call, w->slice, n, state, w->group->arena));
        start += n;
    }
    return HY_OK;
}

/* The state's result becomes that of row `row`. */
static HyStatus put_result(WinAgg *w, void *state, uint32_t row)
{
    HyVector one = {.type = w->call->result,
        .kind = HY_VECTOR_FLAT,
        .data = (char *)w->result.data + row * w->result_width};
    HY_TRY(w->aggregate->finalize(&w->group->worker->env, w->call, state, 1, &one));
    if (one.validity && !hy_bitmap_get(one.validity, 0)) {
        HY_TRY(hy_vector_need_validity(w->group->arena, &w->result, w->group->n_rows));
        hy_bitmap_clear(w->result.validity, row);
    }
    return HY_OK;
}

static void copy_result(WinAgg *w, uint32_t from, uint32_t row)
{
    char *data = w->result.data;
    memcpy(data + row * w->result_width, data + from * w->result_width, w->result_width);
    if (w->result.validity)
        hy_bitmap_put(w->result.validity, row, hy_bitmap_get(w->result.validity, from));
}

/* ---- Rows that count ---- */

static HyStatus drop_filtered(WinAgg *w, uint8_t *counts)
{
    HyVector filter;
    if (w->item->filter == UINT32_MAX)
        return HY_OK;
    HY_TRY(hy_win_column(w->group, w->item->filter, &filter));
    for (uint32_t i = 0; i < w->group->n_rows; i++)
        counts[i] = !hy_vector_is_null(&filter, i) && ((const uint8_t *)filter.data)[i];
    return HY_OK;
}

/* Of equal arguments in a partition the first counts. */
static HyStatus drop_repeated(WinAgg *w, const HyVector *args, uint8_t *counts)
{
    HyArena *arena = w->group->arena;
    HyType *types;
    HyVector *keys;
    HyStatus st = HY_OK;
    HY_WIN_NEW(w->group, types, w->call->n_args);
    HY_WIN_NEW(w->group, keys, w->call->n_args);
    for (size_t k = 0; k < w->call->n_args; k++)
        types[k] = args[k].type;
    for (size_t p = 0; p < w->group->n_partitions; p++) {
        HyGroupTable table;
        HY_TRY(hy_group_table_open(
            &table, types, w->call->n_args, w->group->worker->exec->ctx->memory));
        for (uint32_t i = w->group->starts[p]; i < w->group->starts[p + 1] && !st; i++) {
            uint64_t hash;
            uint32_t number;
            size_t before = table.n_groups;
            if (!counts[i])
                continue;
            for (size_t k = 0; k < w->call->n_args && !st; k++)
                st = hy_vector_gather(arena, &args[k], &i, 1, &keys[k]);
            if (!st)
                st = hy_group_hash(keys, w->call->n_args, 1, &hash);
            if (!st)
                st = hy_group_table_find(&table, keys, 1, &hash, arena, &number);
            counts[i] = table.n_groups > before;
        }
        hy_group_table_close(&table);
        HY_TRY(st);
    }
    return HY_OK;
}

static HyStatus keep_counting(WinAgg *w)
{
    uint32_t n_rows = w->group->n_rows, n = 0;
    uint8_t *counts;
    uint32_t *sel;
    HY_WIN_NEW(w->group, counts, n_rows);
    HY_WIN_NEW(w->group, sel, n_rows);
    HY_WIN_NEW(w->group, w->kept_before, n_rows + 1);
    HY_WIN_NEW(w->group, w->args, w->call->n_args);
    for (size_t k = 0; k < w->call->n_args; k++)
        HY_TRY(hy_win_column(w->group, w->item->args[k], &w->args[k]));
    memset(counts, 1, n_rows);
    HY_TRY(drop_filtered(w, counts));
    if (w->item->item->is_distinct && !w->aggregate->ignores_distinct)
        HY_TRY(drop_repeated(w, w->args, counts));
    for (uint32_t i = 0; i < n_rows; i++) {
        w->kept_before[i] = n;
        sel[n] = i;
        n += counts[i];
    }
    w->kept_before[n_rows] = n;
    if (n == n_rows)
        return HY_OK;
    for (size_t k = 0; k < w->call->n_args; k++)
        HY_TRY(hy_vector_gather(w->group->arena, &w->args[k], sel, n, &w->args[k]));
    return HY_OK;
}

/* The pieces of a row's frame in the numbers of rows that count. */
static size_t frame_pieces(const WinAgg *w, uint32_t row, HyWinRange pieces[3])
{
    size_t n = hy_win_pieces(w->group, w->item, &w->frames, row, pieces), kept = 0;
    for (size_t i = 0; i < n; i++) {
        HyWinRange range = {w->kept_before[pieces[i].start], w->kept_before[pieces[i].end]};
        if (range.start < range.end)
            pieces[kept++] = range;
    }
    return kept;
}

/* ---- Sliding ---- */

/* Whether the ends of frames, from row to row of the partition, never go back. */
static bool only_advance(const uint32_t *at, uint32_t start, uint32_t end)
{
    for (uint32_t i = start + 1; i < end; i++)
        if (at[i] < at[i - 1])
            return false;
    return true;
}

static bool only_grows(const HyWinFrames *frames, uint32_t start, uint32_t end)
{
    for (uint32_t i = start + 1; i < end; i++)
        if (frames->start[i] != frames->start[start] || frames->end[i] < frames->end[i - 1])
            return false;
    return true;
}

/* The part of the hole that EXCLUDE makes which lies in the frame, in numbers of rows that count.
 */
static HyStatus put_without_hole(WinAgg *w, const void *state, uint32_t row)
{
    HyWinRange pieces[3];
    uint32_t at = w->kept_before[w->frames.start[row]], end = w->kept_before[w->frames.end[row]];
    size_t n = frame_pieces(w, row, pieces);
    memcpy(w->scratch, state, w->aggregate->state_size);
    for (size_t i = 0; i < n; i++) {
        HY_TRY(remove_rows(w, w->scratch, at, pieces[i].start));
        at = pieces[i].end;
    }
    HY_TRY(remove_rows(w, w->scratch, at, end));
    return put_result(w, w->scratch, row);
}

/* Both ends advance; rows that leave are removed (never, when frames only grow). */
static HyStatus slide(WinAgg *w, void *state, uint32_t start, uint32_t end)
{
    uint32_t from = w->kept_before[w->frames.start[start]], to = from;
    bool has_hole = w->item->item->exclude != HY_EXCLUDE_NO_OTHERS;
    if (w->carried && start == 0)
        memcpy(state, w->carried, w->aggregate->state_size);
    else
        memset(state, 0, w->aggregate->state_size);
    for (uint32_t row = start; row < end; row++) {
        if (row % CHECK_ROWS == 0)
            HY_TRY(hy_worker_check_cancel(w->group->worker));
        uint32_t first = w->kept_before[w->frames.start[row]];
        uint32_t last = w->kept_before[w->frames.end[row]];
        bool is_same = row > start && first == from && last == to;
        if (first >= to && first > from) { /* nothing in common */
            memset(state, 0, w->aggregate->state_size);
            HY_TRY(add_rows(w, state, first, last));
        } else {
            HY_TRY(add_rows(w, state, to, last));
            HY_TRY(remove_rows(w, state, from, first));
        }
        from = first;
        to = last;
        if (has_hole)
            HY_TRY(put_without_hole(w, state, row));
        else if (is_same)
            copy_result(w, row - 1, row);
        else
            HY_TRY(put_result(w, state, row));
    }
    return HY_OK;
}

/* ---- Trees ---- */

/* Level 0 has a state per row that counts, each further level one per TREE_FANOUT of the level
 * below. */
typedef struct Tree {
    char *levels[16];
    uint32_t counts[16];
    size_t n_levels;
    uint32_t first; /* number of the first row */
} Tree;

static HyStatus build_level(WinAgg *w, Tree *tree, size_t level)
{
    size_t size = w->aggregate->state_size;
    uint32_t below = tree->counts[level - 1];
    uint32_t n = (below + TREE_FANOUT - 1) / TREE_FANOUT;
    tree->levels[level] = hy_arena_zalloc(w->group->arena, n * size);
    if (!tree->levels[level])
        return hy_error_oom(n * size);
    for (uint32_t i = 0; i < below; i++)
        HY_TRY(w->aggregate->combine(&w->group->worker->env, w->call,
            tree->levels[level] + i / TREE_FANOUT * size, tree->levels[level - 1] + i * size,
            w->group->arena));
    tree->counts[level] = n;
    return HY_OK;
}

static HyStatus build_tree(WinAgg *w, uint32_t first, uint32_t n, Tree *tree)
{
    size_t size = w->aggregate->state_size;
    *tree = (Tree){.first = first, .n_levels = 1, .counts = {n}};
    tree->levels[0] = hy_arena_zalloc(w->group->arena, (n + 1) * size);
    uint32_t *groups = hy_arena_alloc(w->group->arena, HY_VECTOR_SIZE * sizeof *groups);
    if (!tree->levels[0] || !groups)
        return hy_error_oom(n * size);
    for (uint32_t i = 0; i < HY_VECTOR_SIZE; i++)
        groups[i] = i;
    for (uint32_t at = 0; at < n; at += HY_VECTOR_SIZE) {
        uint32_t len = n - at < HY_VECTOR_SIZE ? n - at : HY_VECTOR_SIZE;
        slice_args(w, first + at, len);
        HY_TRY(w->aggregate->update(&w->group->worker->env, w->call, w->slice, len, groups,
            tree->levels[0] + at * size, w->group->arena));
    }
    while (tree->counts[tree->n_levels - 1] > TREE_FANOUT && tree->n_levels < 16) {
        HY_TRY(build_level(w, tree, tree->n_levels));
        tree->n_levels++;
    }
    return HY_OK;
}

static HyStatus combine_nodes(
    WinAgg *w, const Tree *tree, size_t level, uint32_t from, uint32_t to, void *state)
{
    size_t size = w->aggregate->state_size;
    for (; from < to; from++)
        HY_TRY(w->aggregate->combine(&w->group->worker->env, w->call, state,
            tree->levels[level] + from * size, w->group->arena));
    return HY_OK;
}

/* Combines rows [start, end) into the state: the ragged edges of each level, then what is left
 * above. */
static HyStatus query_tree(WinAgg *w, const Tree *tree, uint32_t start, uint32_t end, void *state)
{
    uint32_t from = start - tree->first, to = end - tree->first;
    for (size_t level = 0; level < tree->n_levels && from < to; level++) {
        bool is_top = level + 1 == tree->n_levels;
        uint32_t up_from = (from + TREE_FANOUT - 1) / TREE_FANOUT, up_to = to / TREE_FANOUT;
        if (is_top || up_from >= up_to)
            return combine_nodes(w, tree, level, from, to, state);
        HY_TRY(combine_nodes(w, tree, level, from, up_from * TREE_FANOUT, state));
        HY_TRY(combine_nodes(w, tree, level, up_to * TREE_FANOUT, to, state));
        from = up_from;
        to = up_to;
    }
    return HY_OK;
}

static HyStatus by_tree(WinAgg *w, void *state, uint32_t start, uint32_t end)
{
    Tree tree;
    uint32_t first = w->kept_before[start];
    HY_TRY(build_tree(w, first, w->kept_before[end] - first, &tree));
    for (uint32_t row = start; row < end; row++) {
        HyWinRange pieces[3];
        size_t n = frame_pieces(w, row, pieces);
        if (row % CHECK_ROWS == 0)
            HY_TRY(hy_worker_check_cancel(w->group->worker));
        memset(state, 0, w->aggregate->state_size);
        for (size_t i = 0; i < n; i++)
            HY_TRY(query_tree(w, &tree, pieces[i].start, pieces[i].end, state));
        HY_TRY(put_result(w, state, row));
    }
    return HY_OK;
}

/* ---- The slow way ---- */

static HyStatus each_frame(WinAgg *w, void *state, uint32_t start, uint32_t end)
{
    for (uint32_t row = start; row < end; row++) {
        HyWinRange pieces[3];
        size_t n = frame_pieces(w, row, pieces);
        memset(state, 0, w->aggregate->state_size);
        for (size_t i = 0; i < n; i++)
            HY_TRY(add_rows(w, state, pieces[i].start, pieces[i].end));
        HY_TRY(put_result(w, state, row));
        if (row % 256 == 0)
            HY_TRY(hy_worker_check_cancel(w->group->worker));
    }
    return HY_OK;
}

static HyStatus compute_partition(WinAgg *w, void *state, uint32_t start, uint32_t end)
{
    bool has_hole = w->item->item->exclude != HY_EXCLUDE_NO_OTHERS;
    if (!has_hole && only_grows(&w->frames, start, end))
        return slide(w, state, start, end);
    if (w->aggregate->remove && only_advance(w->frames.start, start, end) &&
        only_advance(w->frames.end, start, end))
        return slide(w, state, start, end);
    if (w->aggregate->ignores_distinct)
        return by_tree(w, state, start, end);
    return each_frame(w, state, start, end);
}

HyStatus hy_win_aggregate(HyWinGroup *group, const HyWinItem *item, HyVector *out)
{
    const HyFuncCall *call = item->item->call;
    WinAgg w = {.group = group, .item = item, .call = call, .aggregate = call->aggregate};
    char *state;
    size_t width = hy_physical_size(hy_type_physical(call->result));
    w.heap = group->carried ? group->carried_heap : group->arena;
    w.carried = group->carried ? group->carried[item - group->window->items] : NULL;
    HY_TRY(hy_win_frames(group, item, &w.frames));
    HY_TRY(hy_worker_check_cancel(group->worker));
    HY_TRY(keep_counting(&w));
    HY_TRY(hy_worker_check_cancel(group->worker));
    HY_TRY(hy_vector_alloc(group->arena, call->result, group->n_rows, &w.result));
    memset(w.result.data, 0, group->n_rows * width);
    w.result_width = width;
    HY_WIN_NEW(group, state, 2 * w.aggregate->state_size);
    w.scratch = state + w.aggregate->state_size;
    HY_WIN_NEW(group, w.slice, call->n_args);
    HY_WIN_NEW(group, w.bits, call->n_args * hy_bitmap_words(HY_VECTOR_SIZE));
    if (call->n_args)
        memset(w.bits, 0, call->n_args * hy_bitmap_words(HY_VECTOR_SIZE) * 8);
    for (size_t p = 0; p < group->n_partitions; p++) {
        HY_TRY(compute_partition(&w, state, group->starts[p], group->starts[p + 1]));
        HY_TRY(hy_worker_check_cancel(group->worker));
    }
    if (w.carried)
        memcpy(w.carried, state, w.aggregate->state_size);
    *out = w.result;
    return HY_OK;
}
