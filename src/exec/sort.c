/* ORDER BY. Each worker keeps its rows in a rowset and an entry (normalized key, reference) per
 * row; runs are sorted by the workers and merged; then rows are gathered in that order, morsels in
 * parallel.
 *
 * With a limit, rows that cannot be among the first are dropped: whenever a worker has collected
 * twice as many as are wanted, it keeps the best, and the worst of them is the bar for later rows.
 */
#include "exec/sort.h"
#include "exec/sort_partition.h"
#include <stdlib.h>

#define MORSEL_ROWS    16384
#define TOP_SLACK_ROWS 2048

typedef HySortOp SortOp;

typedef struct SortLocal SortLocal;
struct SortLocal {
    SortOp *sort;
    HyRowset *rows;
    HySortRun run;
    bool has_bar;
    HySortEntry bar; /* of a row that is not wanted any more; its key lives in bar_keys */
    HyArena *bar_keys;
    HyArena *new_keys; /* of the batch, once there is a bar that most rows will not pass */
};

static void free_result(SortOp *sort)
{
    hy_row_access_close(&sort->access);
    hy_rowset_destroy(sort->rows);
    sort->rows = NULL;
    hy_growing_free(&sort->merged, sort->memory);
    sort->n_merged = 0;
    hy_spill_destroy(atomic_exchange(&sort->runs, NULL));
}

static HyStatus sort_start(HyOp *op, HyExec *exec)
{
    SortOp *sort = (SortOp *)op;
    free_result(sort);
    sort->memory = exec->ctx->memory;
    sort->exec = exec;
    if (sort->bar)
        hy_top_bar_reset(sort->bar);
    return hy_rowset_create(sort->layout.types, sort->layout.n, sort->memory, &sort->rows);
}

static void sort_close(void *arg)
{
    SortLocal *local = arg;
    hy_rowset_destroy(local->rows);
    hy_sort_run_close(&local->run);
    hy_arena_destroy(local->bar_keys);
    hy_arena_destroy(local->new_keys);
    free(local);
}

static HyStatus sort_open(HyOp *op, HyWorker *worker, void **out)
{
    (void)worker;
    SortOp *sort = (SortOp *)op;
    SortLocal *local = calloc(1, sizeof *local);
    if (!local)
        return hy_error_oom(sizeof *local);
    *out = local;
    local->sort = sort;
    HY_TRY(hy_rowset_create(sort->layout.types, sort->layout.n, sort->memory, &local->rows));
    return hy_sort_run_open(&local->run, &sort->spec, sort->memory);
}

/* ---- Top rows ---- */

/* Remembers the worst of the wanted rows: what is not below it is not wanted. */
static HyStatus set_bar(SortLocal *local, const HySortEntry *worst)
{
    local->bar = *worst;
    local->has_bar = true;
    if (local->sort->spec.is_fixed)
        return HY_OK;
    if (!local->bar_keys)
        local->bar_keys = hy_arena_create();
    else
        hy_arena_reset(local->bar_keys);
    if (!local->bar_keys)
        return hy_error_oom(0);
    return hy_sort_entry_own_key(&local->sort->spec, &local->bar, local->bar_keys);
}

/* Keys of the first n entries, and no others, in a new arena. */
static HyStatus renew_keys(SortLocal *local, size_t n)
{
    if (local->sort->spec.is_fixed)
        return HY_OK;
    HyArena *keys = hy_arena_create_in(local->sort->memory);
    if (!keys)
        return hy_error_oom(0);
    HyStatus st = HY_OK;
    for (size_t i = 0; i < n && !st; i++)
        st = hy_sort_entry_own_key(&local->sort->spec, &hy_sort_run_entries(&local->run)[i], keys);
    if (st) {
        hy_arena_destroy(keys);
        return st;
    }
    hy_arena_destroy(local->run.keys);
    local->run.keys = keys;
    return HY_OK;
}

/* The first `n` entries' rows in a rowset of their own, in order. */
static HyStatus copy_rows(SortLocal *local, size_t n, HyArena *arena, HyRowset *out)
{
    HyRowAccess access = {0};
    const HySortEntry *entries = hy_sort_run_entries(&local->run);
    size_t n_cols = local->sort->layout.n;
    HyStatus st;
    HY_GO(hy_row_access_open(local->rows, &access));
    for (size_t first = 0; first < n; first += HY_VECTOR_SIZE) {
        size_t count = n - first < HY_VECTOR_SIZE ? n - first : HY_VECTOR_SIZE;
        HyRowRef refs[HY_VECTOR_SIZE];
        HyBatch batch = {.n_rows = count, .n_cols = n_cols};
        batch.cols = hy_arena_alloc(arena, n_cols * sizeof *batch.cols);
        if (!batch.cols) {
            st = hy_error_oom(n_cols * sizeof *batch.cols);
            goto done;
        }
        for (size_t i = 0; i < count; i++)
            refs[i] = entries[first + i].ref;
        for (size_t col = 0; col < n_cols; col++)
            HY_GO(hy_row_access_gather(&access, col, refs, count, arena, &batch.cols[col]));
        HY_GO(hy_rowset_append(out, &batch));
    }
done:
    hy_row_access_close(&access);
    return st;
}

/* Tells the scan the first key of the last of the best rows. */
static HyStatus raise_bar(const SortOp *sort, const HyRowset *best)
{
    const HyBatch *piece = hy_rowset_piece(best, hy_rowset_piece_count(best) - 1);
    HyValue worst = hy_vector_value(&piece->cols[sort->bar_place], piece->n_rows - 1);
    return hy_top_bar_raise(sort->bar, &worst);
}

/* Sorts what is there and keeps the best rows. */
static HyStatus prune(SortLocal *local, HyArena *arena)
{
    SortOp *sort = local->sort;
    HyRowset *best = NULL;
    HyStatus st;
    HY_GO(hy_sort_run_sort(&local->run, local->sort->exec->ctx->cancel));
    size_t n = local->run.n < sort->top ? local->run.n : (size_t)sort->top;
    if (n == sort->top && n > 0)
        HY_GO(set_bar(local, &hy_sort_run_entries(&local->run)[n - 1]));
    HY_GO(hy_rowset_create(sort->layout.types, sort->layout.n, sort->memory, &best));
    HY_GO(copy_rows(local, n, arena, best));
    hy_rowset_destroy(local->rows);
    local->rows = best;
    best = NULL;
    if (sort->bar && local->has_bar)
        HY_GO(raise_bar(sort, local->rows));
    HySortEntry *entries = hy_sort_run_entries(&local->run);
    for (size_t i = 0; i < n; i++)
        entries[i].ref = i;
    local->run.n = n;
    st = renew_keys(local, n);
done:
    hy_rowset_destroy(best);
    return st;
}

/* Drops the new entries that are not below the bar and gives the rows that stay. */
static HyStatus below_bar(SortLocal *local, size_t first, uint32_t *sel, size_t *n)
{
    HySortEntry *entries = hy_sort_run_entries(&local->run);
    size_t n_sel = 0;
    for (size_t i = first; i < local->run.n; i++) {
        if (hy_sort_compare(&local->sort->spec, &entries[i], &local->bar) >= 0)
            continue;
        sel[n_sel] = (uint32_t)(i - first);
        entries[first + n_sel] = entries[i];
        entries[first + n_sel].ref = first + n_sel;
        HY_TRY(hy_sort_entry_own_key(&local->sort->spec, &entries[first + n_sel], local->run.keys));
        n_sel++;
    }
    local->run.n = first + n_sel;
    *n = n_sel;
    return HY_OK;
}

/* Adds the entries of a batch; with a bar their keys go to an arena for the batch. */
static HyStatus add_entries(SortLocal *local, const HyVector *keys, size_t n, HyArena *scratch)
{
    bool is_apart = local->has_bar && !local->sort->spec.is_fixed;
    if (!is_apart)
        return hy_sort_run_add(&local->run, keys, n, local->run.n, scratch);
    if (!local->new_keys)
        local->new_keys = hy_arena_create();
    else
        hy_arena_reset(local->new_keys);
    if (!local->new_keys)
        return hy_error_oom(0);
    HyArena *own = local->run.keys;
    local->run.keys = local->new_keys;
    HyStatus st = hy_sort_run_add(&local->run, keys, n, local->run.n, scratch);
    local->run.keys = own;
    return st;
}

/* ---- Collecting ---- */

/* ---- Rows that do not fit ---- */

/* Sorting takes the entries once more. */
static bool is_spill_due(const SortLocal *local)
{
    size_t entries = local->run.n * sizeof(HySortEntry);
    return hy_spill_is_due(local->sort->exec, hy_rowset_memory_bytes(local->rows) + entries,
        entries, HY_SPILL_PERCENT);
}

static HyStatus write_run(SortLocal *local)
{
    SortOp *sort = local->sort;
    HySpillSet *set = NULL;
    HyStatus st = HY_OK;
    pthread_mutex_lock(&sort->lock);
    if (!sort->runs) {
        st = hy_spill_create(
            sort->exec, sort->op.alg, sort->run_types, sort->n_run_columns, 0, &set);
        sort->runs = set;
    }
    pthread_mutex_unlock(&sort->lock);
    HY_TRY(st);
    HY_TRY(hy_sort_write_run(sort, &local->run, local->rows));
    hy_rowset_destroy(local->rows);
    local->rows = NULL;
    return hy_rowset_create(sort->layout.types, sort->layout.n, sort->memory, &local->rows);
}

static HyStatus sort_push(HyOp *op, HyWorker *worker, void *arg, const HyBatch *batch)
{
    const SortOp *sort = (const SortOp *)op;
    SortLocal *local = arg;
    HyVector *keys;
    HY_BATCH_NEW(worker, keys, sort->spec.n);
    for (size_t k = 0; k < sort->spec.n; k++)
        keys[k] = batch->cols[sort->keys[k]];
    size_t first = local->run.n;
    HY_TRY(add_entries(local, keys, batch->n_rows, worker->arena));
    HyBatch kept = {.n_rows = batch->n_rows, .n_cols = sort->layout.n};
    HY_BATCH_NEW(worker, kept.cols, kept.n_cols);
    for (size_t i = 0; i < kept.n_cols; i++)
        kept.cols[i] = batch->cols[sort->places[i]];
    if (local->has_bar) {
        uint32_t *sel;
        size_t n;
        HY_BATCH_NEW(worker, sel, batch->n_rows);
        HY_TRY(below_bar(local, first, sel, &n));
        if (n == 0)
            return HY_OK;
        HyBatch best;
        HY_TRY(hy_batch_gather(worker, &kept, sel, n, &best));
        HY_TRY(hy_rowset_append(local->rows, &best));
    } else {
        HY_TRY(hy_rowset_append(local->rows, &kept));
    }
    if (sort->top != UINT64_MAX && local->run.n > 2 * sort->top + TOP_SLACK_ROWS)
        return prune(local, worker->arena);
    return is_spill_due(local) ? write_run(local) : HY_OK;
}

static HyStatus sort_flush(HyOp *op, HyWorker *worker, void *arg)
{
    SortLocal *local = arg;
    (void)worker;
    if (((SortOp *)op)->runs)
        return local->run.n > 0 ? write_run(local) : HY_OK;
    return HY_OK;
}

/* ---- Putting the workers' entries together ---- */

static HyStatus gather_inputs(SortOp *sort, SortLocal **locals, size_t n, HySortInput *inputs)
{
    for (size_t r = 0; r < n; r++) {
        inputs[r] = (HySortInput){.entries = hy_sort_run_entries(&locals[r]->run),
            .n = locals[r]->run.n,
            .add = HY_ROW_REF(hy_rowset_piece_count(sort->rows), 0)};
        sort->n_merged += inputs[r].n;
        HY_TRY(hy_rowset_splice(sort->rows, locals[r]->rows));
    }
    return HY_OK;
}

static HyStatus sort_all(SortOp *sort, HyExec *exec, SortLocal **locals, size_t n)
{
    HyStatus st;
    HySortInput *inputs = calloc(n + 1, sizeof *inputs);
    if (!inputs)
        return hy_error_oom(n * sizeof *inputs);
    HY_GO(gather_inputs(sort, locals, n, inputs));
    if (sort->n_merged == 0)
        goto done;
    HY_GO(hy_growing_reserve(&sort->merged, sort->memory, sort->n_merged * sizeof(HySortEntry)));
    HY_GO(hy_sort_partition(exec, &sort->spec, inputs, n, sort->skip,
        sort->ties_from > 0 ? UINT64_MAX : sort->top, sort->merged.data));
done:
    free(inputs);
    return st;
}

/* Rows equal to the last one that the limit takes. While the runs' keys are there. */
static void find_ties(SortOp *sort)
{
    const HySortEntry *entries = sort->merged.data;
    size_t end = sort->ties_from < sort->n_merged ? (size_t)sort->ties_from : sort->n_merged;
    while (end > 0 && end < sort->n_merged &&
           hy_sort_compare(&sort->spec, &entries[end - 1], &entries[end]) == 0)
        end++;
    sort->n_wanted = end;
}

static HyStatus sort_finish(HyOp *op, HyExec *exec, void **locals, size_t n)
{
    SortOp *sort = (SortOp *)op;
    if (sort->runs)
        return hy_sort_reduce_runs(sort);
    HY_TRY(sort_all(sort, exec, (SortLocal **)locals, n));
    hy_alg_note_memory(
        op->alg, hy_rowset_memory_bytes(sort->rows) + 2 * sort->n_merged * sizeof(HySortEntry));
    find_ties(sort);
    return hy_row_access_open(sort->rows, &sort->access);
}

static void sort_destroy(HyOp *op)
{
    SortOp *sort = (SortOp *)op;
    free_result(sort);
    pthread_mutex_destroy(&sort->lock);
    if (sort->bar)
        hy_top_bar_close(sort->bar);
}

static const HyOpClass sort_class = {.start = sort_start,
    .open = sort_open,
    .push = sort_push,
    .flush = sort_flush,
    .finish = sort_finish,
    .close = sort_close,
    .destroy = sort_destroy};

/* ---- The sorted rows ---- */

typedef struct SortedSource {
    HySource source;
    SortOp *sort;
    uint32_t *columns; /* of the rows, wanted above */
    size_t n_columns;
    uint64_t offset, limit;
    size_t first, end;    /* of the entries */
    HySortMerger *merger; /* of rows on disk, or NULL */
    uint64_t n_merged;    /* morsels that it gave */
    pthread_mutex_t lock; /* of both */
} SortedSource;

static HyStatus sorted_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    (void)exec;
    SortedSource *self = (SortedSource *)source;
    size_t n = self->sort->n_merged;
    hy_sort_merger_close(self->merger);
    self->merger = NULL;
    self->n_merged = 0;
    if (self->sort->runs) {
        *n_morsels = SIZE_MAX;
        HY_TRY(hy_sort_merger_open(self->sort, &self->merger));
        hy_sort_merger_bound(self->merger, self->offset, self->limit, self->sort->ties_from > 0);
        return HY_OK;
    }
    self->first = self->offset < n ? (size_t)self->offset : n;
    self->end = self->limit < n - self->first ? self->first + (size_t)self->limit : n;
    if (self->sort->ties_from > 0 && self->end > self->first)
        self->end = self->sort->n_wanted;
    *n_morsels = (self->end - self->first + MORSEL_ROWS - 1) / MORSEL_ROWS;
    return HY_OK;
}

/* The next rows from disk; their order is that in which workers came for them. */
static HyStatus take_merged(SortedSource *self, HyWorker *worker, HyRowset *rows)
{
    pthread_mutex_lock(&self->lock);
    HyStatus st = hy_sort_merger_next(self->merger, MORSEL_ROWS, rows);
    worker->sequence = HY_NO_MORSEL;
    if (!st && hy_rowset_row_count(rows) > 0)
        worker->sequence = worker->first_sequence + self->n_merged++;
    else
        atomic_store(&worker->branch->is_exhausted, true);
    pthread_mutex_unlock(&self->lock);
    return st;
}

static HyStatus emit_merged(SortedSource *self, HyWorker *worker, const HyRowset *rows)
{
    for (size_t p = 0; p < hy_rowset_piece_count(rows) && !hy_worker_may_stop(worker); p++) {
        const HyBatch *piece = hy_rowset_piece(rows, p);
        HyBatch out = {.n_rows = piece->n_rows, .n_cols = self->n_columns};
        HY_BATCH_NEW(worker, out.cols, out.n_cols);
        for (size_t i = 0; i < out.n_cols; i++)
            out.cols[i] = piece->cols[self->columns[i]];
        HY_TRY(hy_source_emit(&self->source, worker, &out));
        hy_arena_reset(worker->arena);
    }
    return HY_OK;
}

static HyStatus run_merged(SortedSource *self, HyWorker *worker)
{
    HyRowset *rows;
    HY_TRY(hy_rowset_create(
        self->sort->layout.types, self->sort->layout.n, self->sort->memory, &rows));
    HyStatus st = take_merged(self, worker, rows);
    if (!st)
        st = emit_merged(self, worker, rows);
    hy_rowset_destroy(rows);
    return st;
}

static HyStatus sorted_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    (void)local;
    SortedSource *self = (SortedSource *)source;
    if (self->merger)
        return run_merged(self, worker);
    const HySortEntry *entries = self->sort->merged.data;
    size_t at = self->first + morsel * MORSEL_ROWS;
    size_t end = self->end - at < MORSEL_ROWS ? self->end : at + MORSEL_ROWS;
    while (at < end && !hy_worker_may_stop(worker)) {
        size_t n = end - at < HY_VECTOR_SIZE ? end - at : HY_VECTOR_SIZE;
        HyRowRef *refs;
        HyBatch out = {.n_rows = n, .n_cols = self->n_columns};
        HY_BATCH_NEW(worker, refs, n);
        HY_BATCH_NEW(worker, out.cols, out.n_cols);
        for (size_t i = 0; i < n; i++)
            refs[i] = entries[at + i].ref;
        for (size_t i = 0; i < out.n_cols; i++)
            HY_TRY(hy_row_access_gather(
                &self->sort->access, self->columns[i], refs, n, worker->arena, &out.cols[i]));
        HY_TRY(hy_source_emit(source, worker, &out));
        hy_arena_reset(worker->arena);
        at += n;
    }
    return HY_OK;
}

static void sorted_destroy(HySource *source)
{
    SortedSource *self = (SortedSource *)source;
    hy_sort_merger_close(self->merger);
    pthread_mutex_destroy(&self->lock);
}

static const HySourceClass sorted_class = {
    .start = sorted_start, .run = sorted_run, .destroy = sorted_destroy};

/* ---- Compiling ---- */

/* Runs on disk have the keys behind the columns: fixed ones as two integers, others as bytes. */
static HyStatus set_run_types(HyCompiler *c, SortOp *sort)
{
    HyType *types;
    size_t n = sort->layout.n;
    HY_ARENA_NEW(c->arena, types, n + 2);
    if (n)
        memcpy(types, sort->layout.types, n * sizeof *types);
    types[n] = hy_type(sort->spec.is_fixed ? HY_TYPE_INT8 : HY_TYPE_BYTEA);
    types[n + 1] = types[n];
    sort->run_types = types;
    sort->n_run_columns = n + (sort->spec.is_fixed ? 2 : 1);
    return HY_OK;
}

HyStatus hy_sort_stream(HyCompiler *c, HyStream *stream, HyAlg *alg, const HySortColumn *columns,
    const HyColumnId *ids, size_t n, const HyLayout *kept, HySortOp **out)
{
    SortOp *sort;
    HY_TRY(hy_op_new(c->exec, &sort_class, alg, sizeof *sort, &sort));
    hy_sort_spec_init(&sort->spec, columns, n);
    HY_TRY(hy_layout_places(c, &stream->layout, ids, n, &sort->keys));
    sort->layout = *kept;
    HY_TRY(hy_layout_places(c, &stream->layout, kept->ids, kept->n, &sort->places));
    sort->top = UINT64_MAX;
    pthread_mutex_init(&sort->lock, NULL);
    HY_TRY(set_run_types(c, sort));
    HY_TRY(hy_stream_end(c, stream, &sort->op));
    *out = sort;
    return HY_OK;
}

/* `bar` is for the scan below, and the sort's from now on; or NULL. */
static HyStatus make_sort(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyTopBar *bar, HyStream *stream, SortOp **out)
{
    HySortColumn *columns;
    HyExpr **exprs;
    HyColumnId *ids;
    HyLayout kept;
    uint32_t *places;
    HY_ARENA_NEW(c->arena, columns, alg->n_sort);
    HY_ARENA_NEW(c->arena, exprs, alg->n_sort);
    HY_ARENA_NEW(c->arena, ids, alg->n_sort);
    for (size_t i = 0; i < alg->n_sort; i++) {
        exprs[i] = alg->sort[i].expr;
        columns[i] = (HySortColumn){.type = alg->sort[i].expr->type,
            .is_descending = alg->sort[i].is_descending,
            .nulls_first = alg->sort[i].nulls_first};
    }
    HY_TRY(hy_stream_compute(c, stream, exprs, alg->n_sort, need, ids));
    HY_TRY(hy_layout_needed(c, &stream->layout, need, &kept, &places));
    HY_TRY(hy_sort_stream(c, stream, alg, columns, ids, alg->n_sort, &kept, out));
    SortOp *sort = *out;
    sort->bar = bar;
    if (bar)
        sort->bar_place = (uint32_t)hy_layout_find(&kept, bar->id);
    if (alg->limit >= 0 && !alg->with_ties)
        sort->top = (uint64_t)alg->limit + (alg->offset > 0 ? (uint64_t)alg->offset : 0);
    if (sort->top > UINT32_MAX)
        sort->top = UINT64_MAX;
    return HY_OK;
}

/* Compiles what is sorted. *bar: a scan in it reads it; NULL: none does. */
static HyStatus compile_input(
    HyCompiler *c, HyAlg *alg, const HyNeed *below, HyTopBar **out, HyStream *stream)
{
    HyTopBar *bar = NULL, *above = c->bar;
    const HySortKey *first = &alg->sort[0];
    *out = NULL;
    if (alg->limit >= 0 && !alg->with_ties && alg->n_sort > 0 &&
        first->expr->kind == HY_EXPR_COLUMN) {
        HY_ARENA_NEW(c->arena, bar, 1);
        HY_TRY(hy_top_bar_open(bar, first->expr->column, first->is_descending, first->nulls_first));
    }
    c->bar = bar;
    HyStatus st = hy_compile(c, alg->inputs[0], below, stream);
    c->bar = above;
    if (bar && (st || !bar->is_read))
        hy_top_bar_close(bar);
    else
        *out = bar;
    return st;
}

HyStatus hy_compile_sort(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    HyNeed *below, *kept;
    HyTopBar *bar;
    SortOp *sort;
    SortedSource *source;
    HyLayout layout;
    HY_TRY(hy_need_new(c, need, &below));
    for (size_t i = 0; i < alg->n_sort; i++)
        hy_need_expr(below, alg->sort[i].expr);
    HY_TRY(compile_input(c, alg, below, &bar, out));
    HY_TRY(hy_need_new(c, need, &kept));
    if (bar)
        hy_need_add(kept, bar->id);
    HY_TRY(make_sort(c, alg, kept, bar, out, &sort));
    HY_TRY(hy_source_new(c->exec, &sorted_class, alg, sizeof *source, &source));
    source->sort = sort;
    pthread_mutex_init(&source->lock, NULL);
    source->offset = alg->offset > 0 ? (uint64_t)alg->offset : 0;
    source->limit = alg->limit >= 0 ? (uint64_t)alg->limit : UINT64_MAX;
    sort->skip = source->offset;
    if (alg->with_ties && alg->limit > 0)
        sort->ties_from = source->offset + source->limit;
    HY_TRY(hy_layout_needed(c, &sort->layout, need, &layout, &source->columns));
    source->n_columns = layout.n;
    HY_TRY(hy_stream_begin(c, &source->source, &layout, out));
    out->pipeline->is_ordered = true;
    return HY_OK;
}
