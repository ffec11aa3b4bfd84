/* Calls with OVER: rows are sorted by partition and order once for all calls of a window, then
 * computed in groups of whole partitions, groups in parallel. */
#include "exec/partition_top.h"
#include "exec/window_internal.h"
#include "types/compare.h"

#define GROUP_ROWS 16384
#define CHECK_ROWS (1 << 16) /* after so many cancellation is looked at */

typedef struct WindowSource {
    HySource source;
    HyWindow window;
    uint32_t *columns; /* of the sorted rows, that come out before the computed ones */
    size_t n_columns;
    uint32_t *cuts; /* groups: sorted rows [cuts[i], cuts[i + 1]) */
    size_t n_groups;
    HyArena *arena;       /* of the cuts */
    HyWinFeed *feed;      /* of rows on disk, or NULL */
    uint64_t n_fed;       /* groups that it gave */
    pthread_mutex_t lock; /* of both */
} WindowSource;

/* ---- Neighbours ---- */

HyStatus hy_win_column(const HyWinGroup *group, uint32_t column, HyVector *out)
{
    return hy_row_access_gather_many(group->access, column, group->refs, group->n_rows,
        group->arena, group->worker->exec->ctx->cancel, out);
}

static HyStatus mark_changes(
    const HyVector *v, size_t n, const HyCancel *cancel, uint8_t *boundaries)
{
    size_t width = hy_physical_size(hy_type_physical(v->type));
    const char *values = v->data;
    for (size_t i = 1; i < n; i++) {
        if (i % CHECK_ROWS == 0)
            HY_TRY(hy_cancel_check(cancel));
        bool null_a = hy_vector_is_null(v, i - 1), null_b = hy_vector_is_null(v, i);
        if (null_a != null_b)
            boundaries[i] = 1;
        else if (!null_a && !boundaries[i])
            boundaries[i] =
                hy_compare_payload(v->type, values + (i - 1) * width, values + i * width) != 0;
    }
    return HY_OK;
}

HyStatus hy_win_boundaries(
    const HyWinGroup *group, const uint32_t *columns, size_t n, uint8_t *boundaries)
{
    memset(boundaries, 0, group->n_rows);
    boundaries[0] = 1;
    for (size_t k = 0; k < n; k++) {
        HyVector v;
        HY_TRY(hy_win_column(group, columns[k], &v));
        HY_TRY(mark_changes(&v, group->n_rows, group->worker->exec->ctx->cancel, boundaries));
    }
    return HY_OK;
}

HyStatus hy_win_peers(HyWinGroup *group)
{
    uint8_t *boundaries;
    uint32_t n = group->n_rows;
    if (group->peer_start)
        return HY_OK;
    HY_WIN_NEW(group, boundaries, n);
    HY_WIN_NEW(group, group->peer_end, n);
    uint32_t *start;
    HY_WIN_NEW(group, start, n);
    HY_TRY(hy_win_boundaries(group, group->window->order_keys, group->window->n_order, boundaries));
    for (size_t p = 0; p < group->n_partitions; p++)
        boundaries[group->starts[p]] = 1;
    for (uint32_t i = 0; i < n; i++)
        start[i] = boundaries[i] ? i : start[i - 1];
    for (uint32_t i = n; i-- > 0;)
        group->peer_end[i] = i + 1 == n || boundaries[i + 1] ? i + 1 : group->peer_end[i + 1];
    group->peer_start = start;
    return HY_OK;
}

/* ---- Groups of partitions ---- */

/* Whether two sorted rows are in one partition. */
static bool same_partition(const HyWindow *window, HyRowRef a, HyRowRef b)
{
    const HyRowAccess *access = &window->sort->access;
    for (size_t k = 0; k < window->n_partition; k++) {
        uint32_t column = window->partition_keys[k];
        bool null_a = hy_row_access_is_null(access, column, a);
        bool null_b = hy_row_access_is_null(access, column, b);
        if (null_a != null_b)
            return false;
        if (null_a)
            continue;
        size_t width = hy_physical_size(hy_type_physical(access->types[column]));
        const char *const *data = (const char *const *)(access->data + column * access->n_pieces);
        if (hy_compare_payload(access->types[column], data[HY_REF_PIECE(a)] + HY_REF_ROW(a) * width,
                data[HY_REF_PIECE(b)] + HY_REF_ROW(b) * width) != 0)
            return false;
    }
    return true;
}

/* Cuts the sorted rows behind the partitions in which multiples of GROUP_ROWS fall. */
static HyStatus window_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    WindowSource *self = (WindowSource *)source;
    const HySortOp *sort = self->window.sort;
    const HySortEntry *entries = sort->merged.data;
    size_t n = sort->n_merged;
    hy_win_feed_close(self->feed);
    self->feed = NULL;
    self->n_fed = 0;
    if (sort->runs) {
        *n_morsels = SIZE_MAX;
        return hy_win_feed_open(&self->window, exec, &self->feed);
    }
    if (n >= UINT32_MAX)
        return hy_error("54000", "too many rows for a window");
    hy_arena_destroy(self->arena);
    self->arena = hy_arena_create();
    if (!self->arena)
        return hy_error_oom(0);
    HY_ARENA_NEW(self->arena, self->cuts, n / GROUP_ROWS + 2);
    self->n_groups = 0;
    HY_TRY(hy_cancel_check(exec->ctx->cancel));
    for (size_t at = 0; at < n;) {
        self->cuts[self->n_groups++] = (uint32_t)at;
        size_t next = at + GROUP_ROWS;
        while (next < n && same_partition(&self->window, entries[next - 1].ref, entries[next].ref))
            if (next++ % CHECK_ROWS == 0)
                HY_TRY(hy_cancel_check(exec->ctx->cancel));
        at = next;
    }
    self->cuts[self->n_groups] = (uint32_t)n;
    *n_morsels = self->n_groups;
    return HY_OK;
}

/* entries NULL: the rows are the first n of those that access gives. */
static HyStatus open_group(
    const HyWindow *window, HyWorker *worker, const HySortEntry *entries, HyWinGroup *out)
{
    HyRowRef *refs;
    uint8_t *boundaries;
    uint32_t n = out->n_rows;
    out->window = window;
    out->worker = worker;
    out->arena = worker->arena;
    HY_WIN_NEW(out, refs, n);
    HY_WIN_NEW(out, boundaries, n);
    HY_WIN_NEW(out, out->starts, n + 1);
    for (uint32_t i = 0; i < n; i++)
        refs[i] = entries ? entries[i].ref : i;
    out->refs = refs;
    HY_TRY(hy_win_boundaries(out, window->partition_keys, window->n_partition, boundaries));
    for (uint32_t i = 0; i < n; i++)
        if (boundaries[i])
            out->starts[out->n_partitions++] = i;
    out->starts[out->n_partitions] = n;
    return HY_OK;
}

static HyStatus compute(HyWinGroup *group, HyVector *results)
{
    const HyWindow *window = group->window;
    for (size_t i = 0; i < window->n_items; i++) {
        const HyWinItem *item = &window->items[i];
        if (item->item->call->window != HY_WIN_NONE)
            HY_TRY(hy_win_position(group, item, &results[i]));
        else
            HY_TRY(hy_win_aggregate(group, item, &results[i]));
        HY_TRY(hy_worker_check_cancel(group->worker));
    }
    return HY_OK;
}

/* Rows [first, first + n) of a flat vector; first is a multiple of 64. */
static HyVector slice(const HyVector *v, size_t first)
{
    HyVector part = *v;
    part.data = (char *)v->data + first * hy_physical_size(hy_type_physical(v->type));
    if (v->validity)
        part.validity = v->validity + first / 64;
    return part;
}

/* What is pushed on may use memory as it likes: the group's stays until all its rows are out. */
static HyStatus emit_rows(
    WindowSource *self, HyWinGroup *group, const HyVector *results, HyArena *out_arena)
{
    const HyWindow *window = &self->window;
    HyWorker *worker = group->worker;
    for (size_t first = 0; first < group->n_rows && !hy_worker_may_stop(worker);
         first += HY_VECTOR_SIZE) {
        size_t n = group->n_rows - first < HY_VECTOR_SIZE ? group->n_rows - first : HY_VECTOR_SIZE;
        HyBatch out = {.n_rows = n, .n_cols = self->n_columns + window->n_items};
        worker->arena = worker->env.arena = out_arena;
        HY_BATCH_NEW(worker, out.cols, out.n_cols);
        for (size_t i = 0; i < self->n_columns; i++)
            HY_TRY(hy_row_access_gather(
                group->access, self->columns[i], group->refs + first, n, out_arena, &out.cols[i]));
        for (size_t i = 0; i < window->n_items; i++)
            out.cols[self->n_columns + i] = slice(&results[i], first);
        HY_TRY(hy_source_emit(&self->source, worker, &out));
        hy_arena_reset(out_arena);
    }
    return HY_OK;
}

static HyStatus compute_group(WindowSource *self, HyWorker *worker, const HySortEntry *entries,
    HyWinGroup *group, HyVector **results)
{
    HY_TRY(open_group(&self->window, worker, entries, group));
    HY_WIN_NEW(group, *results, self->window.n_items);
    return compute(group, *results);
}

/* The next group of rows on disk. States that are carried from group to group are so in order. */
static HyStatus take_group(WindowSource *self, HyWorker *worker, HyRowset **rows,
    HyRowAccess *access, HyWinGroup *group, HyVector **results)
{
    size_t n = 0;
    HyStatus st;
    pthread_mutex_lock(&self->lock);
    worker->sequence = HY_NO_MORSEL;
    HY_GO(hy_win_feed_next(self->feed, rows, &n, group));
    if (*rows) {
        worker->sequence = worker->first_sequence + self->n_fed++;
        group->access = access;
        group->n_rows = (uint32_t)n;
        HY_GO(hy_row_access_open(*rows, access));
        if (group->carried)
            HY_GO(compute_group(self, worker, NULL, group, results));
    } else {
        atomic_store(&worker->branch->is_exhausted, true);
    }
done:
    pthread_mutex_unlock(&self->lock);
    return st;
}

static HyStatus run_fed(WindowSource *self, HyWorker *worker, void *local)
{
    HyWinGroup group = {0};
    HyVector *results = NULL;
    HyRowset *rows = NULL;
    HyRowAccess access = {0};
    HyStatus st;
    HY_GO(take_group(self, worker, &rows, &access, &group, &results));
    if (rows && !group.carried)
        HY_GO(compute_group(self, worker, NULL, &group, &results));
    if (rows) {
        st = emit_rows(self, &group, results, local);
        worker->arena = worker->env.arena = group.arena;
    }
done:
    hy_row_access_close(&access);
    hy_rowset_destroy(rows);
    return st;
}

static HyStatus window_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    WindowSource *self = (WindowSource *)source;
    HyVector *results;
    if (self->feed)
        return run_fed(self, worker, local);
    uint32_t first = self->cuts[morsel];
    const HySortEntry *entries = self->window.sort->merged.data;
    HyWinGroup group = {
        .access = &self->window.sort->access, .n_rows = self->cuts[morsel + 1] - first};
    HY_TRY(compute_group(self, worker, entries + first, &group, &results));
    HyStatus st = emit_rows(self, &group, results, local);
    worker->arena = worker->env.arena = group.arena;
    return st;
}

static HyStatus window_open(HySource *source, HyWorker *worker, void **local)
{
    (void)source;
    (void)worker;
    *local = hy_arena_create();
    return *local ? HY_OK : hy_error_oom(0);
}

static void window_close(void *local)
{
    hy_arena_destroy(local);
}

static void window_destroy(HySource *source)
{
    WindowSource *self = (WindowSource *)source;
    hy_win_feed_close(self->feed);
    pthread_mutex_destroy(&self->lock);
    hy_arena_destroy(self->arena);
}

static const HySourceClass window_class = {.start = window_start,
    .open = window_open,
    .run = window_run,
    .close = window_close,
    .destroy = window_destroy};

/* ---- Compiling ---- */

/* Expressions that the sorted rows must have, and the ids under which they do. */
typedef struct Wanted {
    HyExpr **exprs;
    HyColumnId *ids;
    size_t n;
} Wanted;

static bool is_wanted(const HyNeed *need, const HyWindowItem *item)
{
    return hy_need_has(need, item->id);
}

static HyStatus collect_exprs(HyCompiler *c, const HyAlg *alg, const HyNeed *need, Wanted *out)
{
    size_t n = alg->n_partition_by + alg->n_sort;
    for (size_t i = 0; i < alg->n_windows; i++)
        n += alg->windows[i].call->n_args + 1;
    HY_ARENA_NEW(c->arena, out->exprs, n);
    HY_ARENA_NEW(c->arena, out->ids, n);
    for (size_t i = 0; i < alg->n_partition_by; i++)
        out->exprs[out->n++] = alg->partition_by[i];
    for (size_t i = 0; i < alg->n_sort; i++)
        out->exprs[out->n++] = alg->sort[i].expr;
    for (size_t i = 0; i < alg->n_windows; i++) {
        const HyWindowItem *item = &alg->windows[i];
        if (!is_wanted(need, item))
            continue;
        for (size_t k = 0; k < item->call->n_args; k++)
            out->exprs[out->n++] = item->args[k];
        if (item->filter)
            out->exprs[out->n++] = item->filter;
    }
    return HY_OK;
}

/* The sorted rows: wanted input columns and the expressions, each column once. */
static HyStatus rows_layout(
    HyCompiler *c, const HyStream *stream, const HyNeed *need, const Wanted *wanted, HyLayout *out)
{
    const HyLayout *in = &stream->layout;
    HY_TRY(hy_layout_new(c, in->n, out));
    for (size_t i = 0; i < in->n; i++) {
        bool keep = hy_need_has(need, in->ids[i]);
        for (size_t k = 0; k < wanted->n && !keep; k++)
            keep = wanted->ids[k] == in->ids[i];
        if (keep && hy_layout_find(out, in->ids[i]) == SIZE_MAX)
            hy_layout_add(out, in->ids[i], in->types[i]);
    }
    return HY_OK;
}

static HyStatus offset_value(HyCompiler *c, HyExpr *expr, HyValue *out)
{
    HyVector v;
    *out = hy_value_null(hy_type(HY_TYPE_INT8));
    if (!expr)
        return HY_OK;
    HyFuncEnv env = c->exec->ctx->env;
    HY_TRY(hy_constant_evaluate(&env, c->arena, expr, &v));
    *out = hy_vector_value(&v, 0);
    return HY_OK;
}

static HyStatus make_items(HyCompiler *c, HyAlg *alg, const HyNeed *need, const Wanted *wanted,
    const HyLayout *rows, HyWindow *window)
{
    size_t next = alg->n_partition_by + alg->n_sort;
    HY_ARENA_NEW(c->arena, window->items, alg->n_windows);
    for (size_t i = 0; i < alg->n_windows; i++) {
        const HyWindowItem *in = &alg->windows[i];
        if (!is_wanted(need, in))
            continue;
        HyWinItem *item = &window->items[window->n_items++];
        item->item = in;
        item->n_args = in->call->n_args;
        HY_TRY(hy_layout_places(c, rows, wanted->ids + next, item->n_args, &item->args));
        next += item->n_args;
        item->filter = UINT32_MAX;
        if (in->filter) {
            uint32_t *place;
            HY_TRY(hy_layout_places(c, rows, &wanted->ids[next++], 1, &place));
            item->filter = place[0];
        }
        HY_TRY(offset_value(c, in->start_offset, &item->start));
        HY_TRY(offset_value(c, in->end_offset, &item->end));
    }
    return HY_OK;
}

/* Only the first rows of each partition are wanted: others need not be sorted. */
static HyStatus drop_rows(HyCompiler *c, const HyAlg *alg, HyStream *stream, const Wanted *wanted,
    const HySortColumn *order)
{
    HyPartitionTop *top;
    if (alg->partition_limit == 0)
        return HY_OK;
    HY_ARENA_NEW(c->arena, top, 1);
    *top = (HyPartitionTop){.partition_ids = wanted->ids,
        .n_partition = alg->n_partition_by,
        .order = order,
        .order_ids = wanted->ids + alg->n_partition_by,
        .n_order = alg->n_sort,
        .limit = alg->partition_limit};
    HY_ARENA_NEW(c->arena, top->partition_types, alg->n_partition_by);
    for (size_t i = 0; i < alg->n_partition_by; i++)
        top->partition_types[i] = alg->partition_by[i]->type;
    return hy_partition_top_stream(c, stream, top);
}

static HyStatus sort_rows(HyCompiler *c, HyAlg *alg, HyStream *stream, const Wanted *wanted,
    const HyLayout *rows, HyWindow *window)
{
    HySortColumn *columns;
    size_t n = alg->n_partition_by + alg->n_sort;
    HY_ARENA_NEW(c->arena, columns, n);
    for (size_t i = 0; i < alg->n_partition_by; i++)
        columns[i].type = alg->partition_by[i]->type;
    for (size_t i = 0; i < alg->n_sort; i++)
        columns[alg->n_partition_by + i] = (HySortColumn){.type = alg->sort[i].expr->type,
            .is_descending = alg->sort[i].is_descending,
            .nulls_first = alg->sort[i].nulls_first};
    window->n_partition = alg->n_partition_by;
    window->n_order = alg->n_sort;
    window->order = columns + alg->n_partition_by;
    HY_TRY(hy_layout_places(c, rows, wanted->ids, n, &window->partition_keys));
    window->order_keys = window->partition_keys + alg->n_partition_by;
    HY_TRY(drop_rows(c, alg, stream, wanted, window->order));
    return hy_sort_stream(c, stream, alg, columns, wanted->ids, n, rows, &window->sort);
}

HyStatus hy_compile_window(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    HyNeed *below;
    Wanted wanted = {0};
    WindowSource *source;
    HyLayout rows, layout;
    HY_TRY(hy_need_new(c, need, &below));
    HY_TRY(collect_exprs(c, alg, need, &wanted));
    for (size_t i = 0; i < wanted.n; i++)
        hy_need_expr(below, wanted.exprs[i]);
    HY_TRY(hy_compile(c, alg->inputs[0], below, out));
    HY_TRY(hy_stream_compute(c, out, wanted.exprs, wanted.n, need, wanted.ids));
    HY_TRY(rows_layout(c, out, need, &wanted, &rows));
    HY_TRY(hy_source_new(c->exec, &window_class, alg, sizeof *source, &source));
    source->window.alg = alg;
    pthread_mutex_init(&source->lock, NULL);
    HY_TRY(make_items(c, alg, need, &wanted, &rows, &source->window));
    HY_TRY(sort_rows(c, alg, out, &wanted, &rows, &source->window));
    HyLayout kept;
    HY_TRY(hy_layout_needed(c, &rows, need, &kept, &source->columns));
    source->n_columns = kept.n;
    HY_TRY(hy_layout_new(c, kept.n + source->window.n_items, &layout));
    for (size_t i = 0; i < kept.n; i++)
        hy_layout_add(&layout, kept.ids[i], kept.types[i]);
    for (size_t i = 0; i < source->window.n_items; i++)
        hy_layout_add(
            &layout, source->window.items[i].item->id, source->window.items[i].item->call->result);
    return hy_stream_begin(c, &source->source, &layout, out);
}
