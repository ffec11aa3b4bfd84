#include "exec/rows.h"
#include <stdlib.h>

/* ---- Collecting ---- */

static HyStatus collect_start(HyOp *op, HyExec *exec)
{
    HyCollectOp *collect = (HyCollectOp *)op;
    hy_rowset_destroy(collect->rows);
    collect->rows = NULL;
    collect->memory = exec->ctx->memory;
    return hy_rowset_create(
        collect->layout.types, collect->layout.n, collect->memory, &collect->rows);
}

static HyStatus collect_open(HyOp *op, HyWorker *worker, void **local)
{
    (void)worker;
    const HyCollectOp *collect = (const HyCollectOp *)op;
    HyRowset *rows;
    HY_TRY(hy_rowset_create(collect->layout.types, collect->layout.n, collect->memory, &rows));
    *local = rows;
    return HY_OK;
}

static HyStatus collect_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    const HyCollectOp *collect = (const HyCollectOp *)op;
    HyBatch kept = {.n_rows = batch->n_rows, .n_cols = collect->layout.n};
    HY_BATCH_NEW(worker, kept.cols, kept.n_cols);
    for (size_t i = 0; i < kept.n_cols; i++)
        kept.cols[i] = batch->cols[collect->places[i]];
    return hy_rowset_append(local, &kept);
}

static HyStatus collect_finish(HyOp *op, HyExec *exec, void **locals, size_t n)
{
    (void)exec;
    for (size_t i = 0; i < n; i++)
        HY_TRY(hy_rowset_splice(((HyCollectOp *)op)->rows, locals[i]));
    return HY_OK;
}

static void collect_close(void *local)
{
    hy_rowset_destroy(local);
}

static void collect_destroy(HyOp *op)
{
    hy_rowset_destroy(((HyCollectOp *)op)->rows);
}

static const HyOpClass collect_class = {.start = collect_start,
    .open = collect_open,
    .push = collect_push,
    .finish = collect_finish,
    .close = collect_close,
    .destroy = collect_destroy};

static HyStatus collect(HyCompiler *c, HyStream *stream, HyAlg *alg, const HyLayout *layout,
    const uint32_t *places, HyCollectOp **out)
{
    HyCollectOp *op;
    HY_TRY(hy_op_new(c->exec, &collect_class, alg, sizeof *op, &op));
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
    const uint32_t *places;
    size_t n;
} RowsSource;

static HyStatus rows_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    (void)exec;
    const HyRowset *rows = *((RowsSource *)source)->rows;
    size_t n_pieces = rows ? hy_rowset_piece_count(rows) : 0;
    *n_morsels = (n_pieces + PIECES_PER_MORSEL - 1) / PIECES_PER_MORSEL;
    return HY_OK;
}

static HyStatus rows_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    (void)local;
    const RowsSource *self = (const RowsSource *)source;
    const HyRowset *rows = *self->rows;
    size_t end = (morsel + 1) * PIECES_PER_MORSEL;
    if (end > hy_rowset_piece_count(rows))
        end = hy_rowset_piece_count(rows);
    for (size_t p = morsel * PIECES_PER_MORSEL; p < end && !hy_worker_may_stop(worker); p++) {
        const HyBatch *piece = hy_rowset_piece(rows, p);
        HyBatch out = {.n_rows = piece->n_rows, .n_cols = self->n};
        HY_BATCH_NEW(worker, out.cols, self->n);
        for (size_t i = 0; i < self->n; i++)
            out.cols[i] = piece->cols[self->places[i]];
        HY_TRY(hy_source_emit(source, worker, &out));
        hy_arena_reset(worker->arena);
    }
    return HY_OK;
}

static const HySourceClass rows_class = {.start = rows_start, .run = rows_run};

HyStatus hy_rows_source(HyCompiler *c, HyAlg *alg, HyRowset *const *rows, const uint32_t *places,
    size_t n, HySource **out)
{
    RowsSource *source;
    HY_TRY(hy_source_new(c->exec, &rows_class, alg, sizeof *source, &source));
    source->rows = rows;
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

static HyStatus gather_validity(const HyRowAccess *access, size_t col, const HyRowRef *refs,
    size_t n, HyArena *arena, HyVector *out)
{
    const uint64_t *const *validity = access->validity + col * access->n_pieces;
    for (size_t i = 0; i < n; i++) {
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

HyStatus hy_row_access_gather(const HyRowAccess *access, size_t col, const HyRowRef *refs, size_t n,
    HyArena *arena, HyVector *out)
{
    const void *const *data = access->data + col * access->n_pieces;
    HY_TRY(hy_vector_alloc(arena, access->types[col], n, out));
    switch (hy_physical_size(hy_type_physical(access->types[col]))) {
    case 1:
        gather_8(out->data, data, refs, n);
        break;
    case 2:
        gather_16(out->data, data, refs, n);
        break;
    case 4:
        gather_32(out->data, data, refs, n);
        break;
    case 8:
        gather_64(out->data, data, refs, n);
        break;
    default:
        gather_128(out->data, data, refs, n);
        break;
    }
    if (access->has_nulls[col] || has_no_row(refs, n))
        return gather_validity(access, col, refs, n, arena, out);
    return HY_OK;
}
