#include "exec/rows.h"
#include <stdlib.h>

/* ---- Collecting ---- */

/* Of one worker. */
typedef struct CollectLocal {
    HyCollectOp *op;
    HyRowset *rows;
    HySpillBuffer *out; /* once rows go to disk */
} CollectLocal;

static HyStatus collect_start(HyOp *op, HyExec *exec)
{
    HyCollectOp *collect = (HyCollectOp *)op;
    hy_rowset_destroy(collect->rows);
    hy_spill_destroy(atomic_exchange(&collect->spilled, NULL));
    collect->rows = NULL;
    collect->has_null_key = false;
    collect->memory = exec->ctx->memory;
    collect->exec = exec;
    return hy_rowset_create(
        collect->layout.types, collect->layout.n, collect->memory, &collect->rows);
}

static HyStatus collect_open(HyOp *op, HyWorker *worker, void **out)
{
    (void)worker;
    HyCollectOp *collect = (HyCollectOp *)op;
    CollectLocal *local = calloc(1, sizeof *local);
    if (!local)
        return hy_error_oom(sizeof *local);
    *out = local;
    local->op = collect;
    return hy_rowset_create(
        collect->layout.types, collect->layout.n, collect->memory, &local->rows);
}

/* The rows that may equal some other; notes that others are there. */
static size_t rows_with_keys(HyCollectOp *collect, const HyBatch *batch, uint32_t *sel)
{
    size_t n = 0;
    for (size_t i = 0; i < batch->n_rows; i++) {
        bool is_null = false;
        for (size_t k = 0; k < collect->n_hash; k++)
            is_null |= !collect->null_equal[k] &&
                       hy_vector_is_null(&batch->cols[collect->hash_columns[k]], i);
        sel[n] = (uint32_t)i;
        n += !is_null;
    }
    if (n < batch->n_rows)
        __atomic_store_n(&collect->has_null_key, true, __ATOMIC_RELAXED);
    return n;
}

static HyStatus write_rows(CollectLocal *local, HyArena *arena, const HyBatch *batch)
{
    HyCollectOp *collect = local->op;
    uint64_t hashes[HY_VECTOR_SIZE];
    uint32_t sel[HY_VECTOR_SIZE];
    HyBatch rows = *batch;
    if (collect->n_hash == 0)
        return hy_spill_buffer_push(local->out, batch, NULL);
    size_t n = rows_with_keys(collect, batch, sel);
    if (collect->drops_nulls && n < batch->n_rows) {
        HY_ARENA_NEW(arena, rows.cols, batch->n_cols);
        rows.n_rows = n;
        for (size_t i = 0; i < batch->n_cols; i++)
            HY_TRY(hy_vector_gather(arena, &batch->cols[i], sel, n, &rows.cols[i]));
    }
    if (rows.n_rows == 0)
        return HY_OK;
    for (size_t k = 0; k < collect->n_hash; k++)
        HY_TRY(hy_vector_hash(&rows.cols[collect->hash_columns[k]], rows.n_rows, k == 0, hashes));
    for (size_t i = 0; i < rows.n_rows; i++)
        hashes[i] = hy_partition_hash(hashes[i]);
    return hy_spill_buffer_push(local->out, &rows, hashes);
}

/* From here on the worker's rows go to disk; those that it has too. */
static HyStatus begin_spill(CollectLocal *local, HyArena *arena)
{
    HyCollectOp *collect = local->op;
    HySpillSet *set = NULL;
    HyStatus st = HY_OK;
    pthread_mutex_lock(&collect->lock);
    if (!collect->spilled) {
        st = hy_spill_create(collect->exec, collect->spill_alg, collect->layout.types,
            collect->layout.n, collect->n_hash ? HY_SPILL_PARTS : 1, &set);
        collect->spilled = set;
    }
    pthread_mutex_unlock(&collect->lock);
    HY_TRY(st);
    HY_TRY(hy_spill_buffer_open(collect->spilled, 0, &local->out));
    for (size_t p = 0; p < hy_rowset_piece_count(local->rows); p++)
        HY_TRY(write_rows(local, arena, hy_rowset_piece(local->rows, p)));
    hy_rowset_destroy(local->rows);
    local->rows = NULL;
    return hy_rowset_create(
        collect->layout.types, collect->layout.n, collect->memory, &local->rows);
}

/* What an index over the rows will take comes on top of them. */
#define INDEX_BYTES 24

static bool is_spill_due(const CollectLocal *local)
{
    const HyCollectOp *collect = local->op;
    size_t more = collect->n_hash ? hy_rowset_row_count(local->rows) * INDEX_BYTES : 0;
    return atomic_load_explicit(&collect->spilled, memory_order_relaxed) ||
           hy_spill_is_due(
               collect->exec, hy_rowset_memory_bytes(local->rows), more, HY_SPILL_PERCENT);
}

static HyStatus collect_push(HyOp *op, HyWorker *worker, void *arg, const HyBatch *batch)
{
    const HyCollectOp *collect = (const HyCollectOp *)op;
    CollectLocal *local = arg;
    HyBatch kept = {.n_rows = batch->n_rows, .n_cols = collect->layout.n};
    HY_BATCH_NEW(worker, kept.cols, kept.n_cols);
    for (size_t i = 0; i < kept.n_cols; i++)
        kept.cols[i] = batch->cols[collect->places[i]];
    if (local->out)
        return write_rows(local, worker->arena, &kept);
    HY_TRY(hy_rowset_append(local->rows, &kept));
    return collect->may_spill && is_spill_due(local) ? begin_spill(local, worker->arena) : HY_OK;
}

static HyStatus collect_flush(HyOp *op, HyWorker *worker, void *arg)
{
    CollectLocal *local = arg;
    if (!((HyCollectOp *)op)->spilled)
        return HY_OK;
    if (!local->out)
        HY_TRY(begin_spill(local, worker->arena));
    return hy_spill_buffer_flush(local->out);
}

static HyStatus collect_finish(HyOp *op, HyExec *exec, void **locals, size_t n)
{
    (void)exec;
    HyCollectOp *collect = (HyCollectOp *)op;
    for (size_t i = 0; i < n; i++)
        HY_TRY(hy_rowset_splice(collect->rows, ((CollectLocal *)locals[i])->rows));
    if (collect->spill_alg)
        hy_alg_note_memory(collect->spill_alg, hy_rowset_memory_bytes(collect->rows));
    return HY_OK;
}

static void collect_close(void *arg)
{
    CollectLocal *local = arg;
    hy_rowset_destroy(local->rows);
    hy_spill_buffer_close(local->out);
    free(local);
}

static void collect_destroy(HyOp *op)
{
    HyCollectOp *collect = (HyCollectOp *)op;
    hy_rowset_destroy(collect->rows);
    hy_spill_destroy(collect->spilled);
    pthread_mutex_destroy(&collect->lock);
}

static const HyOpClass collect_class = {.start = collect_start,
    .open = collect_open,
    .push = collect_push,
    .flush = collect_flush,
    .finish = collect_finish,
    .close = collect_close,
    .destroy = collect_destroy};

static HyStatus collect(HyCompiler *c, HyStream *stream, HyAlg *alg, const HyLayout *layout,
    const uint32_t *places, HyCollectOp **out)
{
    HyCollectOp *op;
    HY_TRY(hy_op_new(c->exec, &collect_class, alg, sizeof *op, &op));
    pthread_mutex_init(&op->lock, NULL);
    op->layout = *layout;
    op->places = places;
    HY_TRY(hy_stream_end(c, stream, &op->op));
    *out = op;
    return HY_OK;
}

HyStatus hy_collect_stream(
    HyCompiler *c, HyStream *stream, HyAlg *alg, const HyNeed *need, HyCollectOp **out)
{
    HyLayout layout;
    uint32_t *places;
    HY_TRY(hy_layout_needed(c, &stream->layout, need, &layout, &places));
    return collect(c, stream, alg, &layout, places, out);
}

HyStatus hy_collect_columns(
    HyCompiler *c, HyStream *stream, HyAlg *alg, const HyColumnId *ids, size_t n, HyCollectOp **out)
{
    HyLayout layout;
    uint32_t *places;
    HY_TRY(hy_layout_places(c, &stream->layout, ids, n, &places));
    HY_TRY(hy_layout_new(c, n, &layout));
    for (size_t i = 0; i < n; i++)
        hy_layout_add(&layout, ids[i], stream->layout.types[places[i]]);
    return collect(c, stream, alg, &layout, places, out);
}

/* ---- Giving them again ---- */

#define PIECES_PER_MORSEL 16

typedef struct RowsSource {
    HySource source;
    HyRowset *const *rows;
    const HyCollectOp *collect; /* or NULL */
    const uint32_t *places;
    size_t n;
    size_t n_row_morsels; /* those behind them are of blocks on disk */
} RowsSource;

static const HySpillSet *spilled_set(const RowsSource *self)
{
    return self->collect ? self->collect->spilled : NULL;
}

static HyStatus rows_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    (void)exec;
    RowsSource *self = (RowsSource *)source;
    size_t n_pieces = *self->rows ? hy_rowset_piece_count(*self->rows) : 0, n_blocks = 0;
    if (spilled_set(self))
        n_blocks = hy_spill_part(spilled_set(self), 0)->n_blocks;
    self->n_row_morsels = (n_pieces + PIECES_PER_MORSEL - 1) / PIECES_PER_MORSEL;
    *n_morsels = self->n_row_morsels + (n_blocks + PIECES_PER_MORSEL - 1) / PIECES_PER_MORSEL;
    return HY_OK;
}

static HyStatus emit_piece(RowsSource *self, HyWorker *worker, const HyBatch *piece)
{
    HyBatch out = {.n_rows = piece->n_rows, .n_cols = self->n};
    HY_BATCH_NEW(worker, out.cols, self->n);
    for (size_t i = 0; i < self->n; i++)
        out.cols[i] = piece->cols[self->places[i]];
    HY_TRY(hy_source_emit(&self->source, worker, &out));
    hy_arena_reset(worker->arena);
    return HY_OK;
}

/* Blocks [first, ..) of the file. */
static HyStatus emit_blocks(RowsSource *self, HyWorker *worker, size_t first)
{
    const HySpillSet *set = spilled_set(self);
    size_t end = first + PIECES_PER_MORSEL, n = hy_spill_part(set, 0)->n_blocks;
    HySpillReader *reader;
    HyStatus st = HY_OK;
    HY_TRY(hy_spill_reader_open(set, &reader));
    for (size_t b = first; b < (end < n ? end : n) && !st && !hy_worker_may_stop(worker); b++) {
        HyBatch rows;
        st = hy_spill_read(reader, 0, b, &rows);
        if (!st)
            st = emit_piece(self, worker, &rows);
    }
    hy_spill_reader_close(reader);
    return st;
}

static HyStatus rows_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    (void)local;
    RowsSource *self = (RowsSource *)source;
    const HyRowset *rows = *self->rows;
    if (morsel >= self->n_row_morsels)
        return emit_blocks(self, worker, (morsel - self->n_row_morsels) * PIECES_PER_MORSEL);
    size_t end = (morsel + 1) * PIECES_PER_MORSEL;
    if (end > hy_rowset_piece_count(rows))
        end = hy_rowset_piece_count(rows);
    for (size_t p = morsel * PIECES_PER_MORSEL; p < end && !hy_worker_may_stop(worker); p++)
        HY_TRY(emit_piece(self, worker, hy_rowset_piece(rows, p)));
    return HY_OK;
}

static const HySourceClass rows_class = {.start = rows_start, .run = rows_run};

HyStatus hy_rows_source(HyCompiler *c, HyAlg *alg, HyRowset *const *rows,
    const HyCollectOp *collect_op, const uint32_t *places, size_t n, HySource **out)
{
    RowsSource *source;
    HY_TRY(hy_source_new(c->exec, &rows_class, alg, sizeof *source, &source));
    source->rows = rows;
    source->collect = collect_op;
    source->places = places;
    source->n = n;
    *out = &source->source;
    return HY_OK;
}

/* ---- Random access ---- */

HyStatus hy_row_access_open(const HyRowset *rows, HyRowAccess *out)
{
    size_t n_pieces = hy_rowset_piece_count(rows), n_cols = hy_rowset_column_count(rows);
    size_t n = n_pieces * n_cols;
    HyRowAccess access = {.n_pieces = n_pieces, .n_cols = n_cols, .types = hy_rowset_types(rows)};
    access.data = malloc((n + 1) * sizeof *access.data);
    access.validity = malloc((n + 1) * sizeof *access.validity);
    access.has_nulls = calloc(n_cols + 1, sizeof *access.has_nulls);
    if (!access.data || !access.validity || !access.has_nulls) {
        hy_row_access_close(&access);
        return hy_error_oom(n * sizeof *access.data);
    }
    for (size_t p = 0; p < n_pieces; p++) {
        const HyBatch *piece = hy_rowset_piece(rows, p);
        for (size_t col = 0; col < n_cols; col++) {
            access.data[col * n_pieces + p] = piece->cols[col].data;
            access.validity[col * n_pieces + p] = piece->cols[col].validity;
            if (piece->cols[col].validity)
                access.has_nulls[col] = true;
        }
    }
    *out = access;
    return HY_OK;
}

void hy_row_access_close(HyRowAccess *access)
{
    free(access->data);
    free(access->validity);
    free(access->has_nulls);
    *access = (HyRowAccess){0};
}

/* With a null row somewhere among refs, its payload is zero. */
#define DEFINE_GATHER(name, T)                                                                     \
    static void gather_##name(                                                                     \
        T *restrict out, const void *const *data, const HyRowRef *restrict refs, size_t n)         \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            HyRowRef ref = refs[i];                                                                \
            if (ref == HY_NO_ROW)                                                                  \
                memset(&out[i], 0, sizeof out[i]);                                                 \
            else                                                                                   \
                out[i] = ((const T *)data[HY_REF_PIECE(ref)])[HY_REF_ROW(ref)];                    \
        }                                                                                          \
    }
DEFINE_GATHER(8, uint8_t)
DEFINE_GATHER(16, uint16_t)
DEFINE_GATHER(32, uint32_t)
DEFINE_GATHER(64, uint64_t)
DEFINE_GATHER(128, HyString) /* any 16 bytes */

/* Rows [first, end) of the vector. */
static HyStatus gather_validity(const HyRowAccess *access, size_t col, const HyRowRef *refs,
    size_t first, size_t end, size_t n, HyArena *arena, HyVector *out)
{
    const uint64_t *const *validity = access->validity + col * access->n_pieces;
    for (size_t i = first; i < end; i++) {
        HyRowRef ref = refs[i];
        if (ref != HY_NO_ROW) {
            const uint64_t *bits = validity[HY_REF_PIECE(ref)];
            if (!bits || hy_bitmap_get(bits, HY_REF_ROW(ref)))
                continue;
        }
        HY_TRY(hy_vector_need_validity(arena, out, n));
        hy_bitmap_clear(out->validity, i);
    }
    return HY_OK;
}

static bool has_no_row(const HyRowRef *refs, size_t n)
{
    bool found = false;
    for (size_t i = 0; i < n; i++)
        found |= refs[i] == HY_NO_ROW;
    return found;
}

static void gather_values(
    const HyRowAccess *access, size_t col, const HyRowRef *refs, size_t n, void *out)
{
    const void *const *data = access->data + col * access->n_pieces;
    switch (hy_physical_size(hy_type_physical(access->types[col]))) {
    case 1:
        gather_8(out, data, refs, n);
        break;
    case 2:
        gather_16(out, data, refs, n);
        break;
    case 4:
        gather_32(out, data, refs, n);
        break;
    case 8:
        gather_64(out, data, refs, n);
        break;
    default:
        gather_128(out, data, refs, n);
        break;
    }
}

HyStatus hy_row_access_gather(const HyRowAccess *access, size_t col, const HyRowRef *refs, size_t n,
    HyArena *arena, HyVector *out)
{
    HY_TRY(hy_vector_alloc(arena, access->types[col], n, out));
    gather_values(access, col, refs, n, out->data);
    if (access->has_nulls[col] || has_no_row(refs, n))
        return gather_validity(access, col, refs, 0, n, n, arena, out);
    return HY_OK;
}

#define CHECK_ROWS ((size_t)1 << 16)

HyStatus hy_row_access_gather_many(const HyRowAccess *access, size_t col, const HyRowRef *refs,
    size_t n, HyArena *arena, const HyCancel *cancel, HyVector *out)
{
    size_t width = hy_physical_size(hy_type_physical(access->types[col]));
    HY_TRY(hy_vector_alloc(arena, access->types[col], n, out));
    for (size_t first = 0; first < n; first += CHECK_ROWS) {
        size_t count = n - first < CHECK_ROWS ? n - first : CHECK_ROWS;
        HY_TRY(hy_cancel_check(cancel));
        gather_values(access, col, refs + first, count, (char *)out->data + first * width);
        if (access->has_nulls[col] || has_no_row(refs + first, count))
            HY_TRY(gather_validity(access, col, refs, first, first + count, n, arena, out));
    }
    return HY_OK;
}
