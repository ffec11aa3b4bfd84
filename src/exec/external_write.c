/* COPY TO: each worker formats the rows of its morsel, and the texts are written in the order of
 * the morsels, by one worker at a time. */
#include "exec/compile.h"
#include "io/byte_stream.h"
#include "io/csv_writer.h"
#include <pthread.h>
#include <stdlib.h>

#define WRITE_BYTES      ((size_t)1 << 20)  /* about so much is written at once */
#define MAX_PARKED_BYTES ((size_t)64 << 20) /* of morsels that others precede */

/* The text of a morsel that is done, waiting for those before it. */
typedef struct ParkedText ParkedText;
struct ParkedText {
    ParkedText *next; /* ascending sequence */
    uint64_t sequence;
    HyBuffer text;
};

typedef struct CsvSink {
    HyOp op;
    const HyExternal *external;
    HyPipeline *pipeline;
    HyLayout layout;
    const uint32_t *places;
    HyCsvFormat format;
    HyByteWriter *writer;
    bool writer_is_owned;
    bool is_direct; /* one worker */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t next_sequence;
    ParkedText *parked;
    size_t parked_bytes;
} CsvSink;

typedef struct SinkLocal {
    HyCsvWriter *csv;
    HyBuffer text; /* of the morsel, not yet written */
    int64_t n_rows;
} SinkLocal;

/* ---- The file ---- */

static void close_writer(CsvSink *sink)
{
    if (sink->writer_is_owned)
        hy_byte_writer_destroy(sink->writer);
    sink->writer = NULL;
}

static HyStatus open_writer(CsvSink *sink, HyExecContext *ctx)
{
    const HyExternal *external = sink->external;
    const char *path = external->paths[0];
    HyStreamCompression compression;
    close_writer(sink);
    if (strcmp(path, "-") == 0) {
        sink->writer = ctx->client_output;
        sink->writer_is_owned = false;
        return sink->writer ? HY_OK : hy_error("0A000", "COPY TO STDOUT is not possible here");
    }
    if (!hy_compression_from_name(external->compression, &compression))
        return hy_error("42601", "unknown compression '%s'", external->compression);
    sink->writer_is_owned = true;
    return hy_byte_writer_open(path, compression, &sink->writer);
}

static HyStatus write_text(CsvSink *sink, HyBuffer *text)
{
    if (text->len == 0)
        return HY_OK;
    HY_TRY(sink->writer->write(sink->writer, text->data, text->len));
    text->len = 0;
    return HY_OK;
}

static HyStatus write_header(CsvSink *sink)
{
    const HyExternal *external = sink->external;
    HyCsvWriter *csv;
    HyBuffer text = {0};
    HY_TRY(hy_csv_writer_create(&sink->format, &csv));
    HyStatus st = hy_csv_writer_header(csv, external->column_names, external->n_columns, &text);
    if (!st)
        st = write_text(sink, &text);
    hy_buffer_free(&text);
    hy_csv_writer_destroy(csv);
    return st;
}

/* ---- Order ---- */

static void free_parked(CsvSink *sink)
{
    while (sink->parked) {
        ParkedText *parked = sink->parked;
        sink->parked = parked->next;
        hy_buffer_free(&parked->text);
        free(parked);
    }
    sink->parked_bytes = 0;
}

static HyStatus park(CsvSink *sink, uint64_t sequence, HyBuffer *text)
{
    ParkedText *parked = malloc(sizeof *parked);
    if (!parked)
        return hy_error_oom(sizeof *parked);
    ParkedText **at = &sink->parked;
    while (*at && (*at)->sequence < sequence)
        at = &(*at)->next;
    *parked = (ParkedText){.next = *at, .sequence = sequence, .text = *text};
    *text = (HyBuffer){0};
    *at = parked;
    sink->parked_bytes += parked->text.capacity;
    return HY_OK;
}

static HyStatus write_parked(CsvSink *sink)
{
    HyStatus st = HY_OK;
    while (!st && sink->parked && sink->parked->sequence == sink->next_sequence) {
        ParkedText *parked = sink->parked;
        sink->parked = parked->next;
        sink->parked_bytes -= parked->text.capacity;
        sink->next_sequence++;
        st = write_text(sink, &parked->text);
        hy_buffer_free(&parked->text);
        free(parked);
    }
    pthread_cond_broadcast(&sink->moved);
    return st;
}

/* The worker whose morsel is next never waits, so the others go on. */
static void wait_for_turn(CsvSink *sink, const HyWorker *worker)
{
    while (sink->parked_bytes > MAX_PARKED_BYTES && worker->sequence != sink->next_sequence &&
           !hy_worker_may_stop(worker))
        hy_worker_wait(&sink->moved, &sink->lock);
}

/* ---- The operator ---- */

static HyStatus sink_start(HyOp *op, HyExec *exec)
{
    CsvSink *sink = (CsvSink *)op;
    free_parked(sink);
    sink->next_sequence = 0;
    sink->is_direct = sink->pipeline->is_serial || exec->n_workers == 1;
    sink->format.style = *exec->ctx->env.style;
    HY_TRY(open_writer(sink, exec->ctx));
    return sink->external->has_header ? write_header(sink) : HY_OK;
}

static HyStatus sink_open(HyOp *op, HyWorker *worker, void **local)
{
    (void)worker;
    SinkLocal *self = calloc(1, sizeof *self);
    if (!self)
        return hy_error_oom(sizeof *self);
    *local = self;
    return hy_csv_writer_create(&((CsvSink *)op)->format, &self->csv);
}

/* A long morsel is written as it grows when nothing must come before it. */
static HyStatus write_early(CsvSink *sink, const HyWorker *worker, SinkLocal *self)
{
    if (sink->is_direct)
        return write_text(sink, &self->text);
    HyStatus st = HY_OK;
    pthread_mutex_lock(&sink->lock);
    if (worker->sequence == sink->next_sequence)
        st = write_text(sink, &self->text);
    pthread_mutex_unlock(&sink->lock);
    return st;
}

static HyStatus sink_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    CsvSink *sink = (CsvSink *)op;
    SinkLocal *self = local;
    HyBatch out = {.n_rows = batch->n_rows, .n_cols = sink->layout.n};
    HY_BATCH_NEW(worker, out.cols, out.n_cols);
    for (size_t i = 0; i < out.n_cols; i++) {
        out.cols[i] = batch->cols[sink->places[i]];
        out.cols[i].type = sink->layout.types[i];
    }
    HY_TRY(hy_csv_writer_rows(self->csv, &out, &self->text));
    self->n_rows += (int64_t)batch->n_rows;
    return self->text.len >= WRITE_BYTES ? write_early(sink, worker, self) : HY_OK;
}

static HyStatus sink_end_morsel(HyOp *op, HyWorker *worker, void *local)
{
    CsvSink *sink = (CsvSink *)op;
    SinkLocal *self = local;
    if (sink->is_direct)
        return HY_OK;
    pthread_mutex_lock(&sink->lock);
    wait_for_turn(sink, worker);
    HyStatus st = park(sink, worker->sequence, &self->text);
    if (!st)
        st = write_parked(sink);
    pthread_mutex_unlock(&sink->lock);
    return st;
}

static HyStatus sink_finish(HyOp *op, HyExec *exec, void **locals, size_t n)
{
    CsvSink *sink = (CsvSink *)op;
    exec->affected = 0;
    for (size_t i = 0; i < n; i++) {
        SinkLocal *self = locals[i];
        HY_TRY(write_text(sink, &self->text));
        exec->affected += self->n_rows;
    }
    HY_TRY(sink->writer->finish ? sink->writer->finish(sink->writer) : HY_OK);
    close_writer(sink);
    return HY_OK;
}

static void sink_close(void *local)
{
    SinkLocal *self = local;
    hy_csv_writer_destroy(self->csv);
    hy_buffer_free(&self->text);
    free(self);
}

static void sink_destroy(HyOp *op)
{
    CsvSink *sink = (CsvSink *)op;
    free_parked(sink);
    close_writer(sink);
    pthread_mutex_destroy(&sink->lock);
    pthread_cond_destroy(&sink->moved);
}

static const HyOpClass sink_class = {.start = sink_start,
    .open = sink_open,
    .push = sink_push,
    .end_morsel = sink_end_morsel,
    .finish = sink_finish,
    .close = sink_close,
    .destroy = sink_destroy};

static HyStatus end_in_csv(HyCompiler *c, HyAlg *alg, HyStream *stream)
{
    const HyExternal *external = alg->external;
    const HyAlg *input = alg->inputs[0];
    CsvSink *sink;
    uint32_t *places;
    HY_TRY(hy_op_new(c->exec, &sink_class, alg, sizeof *sink, &sink));
    pthread_mutex_init(&sink->lock, NULL);
    pthread_cond_init(&sink->moved, NULL);
    sink->external = external;
    sink->pipeline = stream->pipeline;
    if (strcmp(external->paths[0], "-") == 0)
        stream->pipeline->is_serial = true; /* a slow client must not hold up the workers */
    sink->format = (HyCsvFormat){.is_text = external->format == HY_FORMAT_TEXT,
        .delimiter = external->delimiter,
        .quote = external->quote,
        .escape = external->escape,
        .null_text = external->null_text};
    HY_TRY(hy_layout_places(c, &stream->layout, input->columns, external->n_columns, &places));
    sink->places = places;
    HY_TRY(hy_layout_new(c, external->n_columns, &sink->layout));
    for (size_t i = 0; i < external->n_columns; i++)
        hy_layout_add(&sink->layout, input->columns[i], stream->layout.types[places[i]]);
    return hy_stream_end(c, stream, &sink->op);
}

HyStatus hy_compile_copy_to(HyCompiler *c, HyAlg *alg, HyStream *out)
{
    const HyAlg *input = alg->inputs[0];
    HyNeed *need;
    HY_TRY(hy_need_new(c, NULL, &need));
    for (size_t i = 0; i < alg->external->n_columns; i++)
        hy_need_add(need, input->columns[i]);
    HY_TRY(hy_compile(c, alg->inputs[0], need, out));
    switch (alg->external->format) {
    case HY_FORMAT_CSV:
    case HY_FORMAT_TEXT:
        HY_TRY(end_in_csv(c, alg, out));
        out->pipeline = NULL; /* nothing comes out */
        return HY_OK;
    case HY_FORMAT_PARQUET:
        HY_TRY(hy_compile_parquet_sink(c, alg, out));
        out->pipeline = NULL;
        return HY_OK;
    case HY_FORMAT_ARROW_FILE:
    case HY_FORMAT_ARROW_STREAM:
    case HY_FORMAT_HYPER_BINARY:
        break;
    }
    return hy_error("0A000", "this external format cannot be written");
}
