/* COPY TO a Parquet file. Workers collect the rows of their morsels; these are put into order and
 * cut into row groups, which the worker that completes one encodes; finished groups are written in
 * order, by one worker at a time. */
#include "exec/compile.h"
#include "io/parquet_writer.h"
#include <pthread.h>
#include <stdlib.h>

#define DEFAULT_GROUP_ROWS 122880
#define MAX_PARKED_BYTES   ((size_t)128 << 20) /* of morsels that others precede */

/* Rows of a morsel, or of a part of it. */
typedef struct Rows Rows;
struct Rows {
    Rows *next; /* ascending sequence, or order of the rows */
    uint64_t sequence;
    HyRowset *rowset;
    size_t n_users; /* row groups being made that need it, and the list it is in */
};

/* Rows that become a row group. */
typedef struct Group Group;
struct Group {
    Group *next;
    uint64_t number;
    HyParquetSlice *slices;
    Rows **owners; /* of each slice */
    size_t n_slices, capacity;
    size_t n_rows;
    HyParquetEncoded *encoded;
};

typedef struct ParquetSink {
    HyOp op;
    const HyExternal *external;
    HyPipeline *pipeline;
    HyLayout layout;
    const uint32_t *places;
    HyMemory *memory;
    size_t group_rows;
    HyParquetWriter *writer;
    HyByteWriter *file;
    bool file_is_owned;
    bool is_direct; /* one worker */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t next_sequence;
    Rows *parked; /* of morsels that others precede */
    size_t parked_bytes;
    Group *open;    /* not yet full */
    Group *full;    /* to be encoded */
    Group *encoded; /* to be written, by number */
    uint64_t n_groups, next_group;
} ParquetSink;

typedef struct SinkLocal {
    HyRowset *rows;
    int64_t n_rows;
} SinkLocal;

/* ---- Memory ---- */

static void release_rows(Rows *rows)
{
    if (--rows->n_users > 0)
        return;
    hy_rowset_destroy(rows->rowset);
    free(rows);
}

static void release_slices(Group *group)
{
    for (size_t i = 0; i < group->n_slices; i++)
        release_rows(group->owners[i]);
    group->n_slices = 0;
}

static void free_groups(Group **list)
{
    while (*list) {
        Group *group = *list;
        *list = group->next;
        release_slices(group);
        hy_parquet_encoded_destroy(group->encoded);
        free(group->slices);
        free(group->owners);
        free(group);
    }
}

static void close_sink(ParquetSink *sink)
{
    free_groups(&sink->open);
    free_groups(&sink->full);
    free_groups(&sink->encoded);
    while (sink->parked) {
        Rows *rows = sink->parked;
        sink->parked = rows->next;
        release_rows(rows);
    }
    sink->parked_bytes = 0;
    hy_parquet_writer_destroy(sink->writer);
    sink->writer = NULL;
    if (sink->file_is_owned)
        hy_byte_writer_destroy(sink->file);
    sink->file = NULL;
}

/* ---- Row groups ---- */

static HyStatus open_group(ParquetSink *sink)
{
    if (sink->open)
        return HY_OK;
    sink->open = calloc(1, sizeof *sink->open);
    if (!sink->open)
        return hy_error_oom(sizeof *sink->open);
    sink->open->number = sink->n_groups++;
    return HY_OK;
}

static HyStatus add_slice(Group *group, Rows *owner, HyParquetSlice slice)
{
    if (group->n_slices == group->capacity) {
        size_t capacity = group->capacity ? group->capacity * 2 : 64;
        HyParquetSlice *slices = realloc(group->slices, capacity * sizeof *slices);
        if (!slices)
            return hy_error_oom(capacity * sizeof *slices);
        group->slices = slices;
        Rows **owners = realloc(group->owners, capacity * sizeof *owners);
        if (!owners)
            return hy_error_oom(capacity * sizeof *owners);
        group->owners = owners;
        group->capacity = capacity;
    }
    owner->n_users++;
    group->owners[group->n_slices] = owner;
    group->slices[group->n_slices++] = slice;
    group->n_rows += slice.n;
    return HY_OK;
}

static void close_group(ParquetSink *sink)
{
    Group **end = &sink->full;
    while (*end)
        end = &(*end)->next;
    *end = sink->open;
    sink->open = NULL;
}

/* Cuts rows that are next in order into groups. Lock held. */
static HyStatus add_rows(ParquetSink *sink, Rows *rows)
{
    for (size_t piece = 0; piece < hy_rowset_piece_count(rows->rowset); piece++) {
        const HyBatch *batch = hy_rowset_piece(rows->rowset, piece);
        for (size_t at = 0; at < batch->n_rows;) {
            HY_TRY(open_group(sink));
            size_t room = sink->group_rows - sink->open->n_rows;
            size_t n = batch->n_rows - at < room ? batch->n_rows - at : room;
            HY_TRY(
                add_slice(sink->open, rows, (HyParquetSlice){.batch = batch, .start = at, .n = n}));
            at += n;
            if (sink->open->n_rows == sink->group_rows)
                close_group(sink);
        }
    }
    return HY_OK;
}

static HyStatus write_encoded(ParquetSink *sink)
{
    while (sink->encoded && sink->encoded->number == sink->next_group) {
        Group *group = sink->encoded;
        HyParquetEncoded *encoded = group->encoded;
        sink->encoded = group->next;
        group->next = NULL;
        group->encoded = NULL;
        sink->next_group++;
        free_groups(&group);
        HY_TRY(hy_parquet_write(sink->writer, sink->file, encoded));
    }
    return HY_OK;
}

/* Encodes the groups that are full and writes those whose turn it is. Lock held; given up while
 * encoding. */
static HyStatus encode_full(ParquetSink *sink)
{
    while (sink->full) {
        Group *group = sink->full;
        sink->full = group->next;
        group->next = NULL;
        pthread_mutex_unlock(&sink->lock);
        HyStatus st = hy_parquet_encode(
            sink->writer, sink->memory, group->slices, group->n_slices, &group->encoded);
        pthread_mutex_lock(&sink->lock);
        release_slices(group);
        if (st) { /* those behind it are never written */
            free_groups(&group);
            return st;
        }
        Group **at = &sink->encoded;
        while (*at && (*at)->number < group->number)
            at = &(*at)->next;
        group->next = *at;
        *at = group;
        HY_TRY(write_encoded(sink));
    }
    return HY_OK;
}

/* ---- Order ---- */

static HyStatus take_rows(SinkLocal *self, uint64_t sequence, Rows **out)
{
    Rows *rows = calloc(1, sizeof *rows);
    if (!rows)
        return hy_error_oom(sizeof *rows);
    *rows = (Rows){.sequence = sequence, .rowset = self->rows, .n_users = 1};
    self->rows = NULL;
    *out = rows;
    return HY_OK;
}

/* Hands over what the worker has when nothing must come before it. Lock held. */
static HyStatus hand_over(ParquetSink *sink, SinkLocal *self)
{
    Rows *rows;
    if (!self->rows)
        return HY_OK;
    HY_TRY(take_rows(self, 0, &rows));
    HyStatus st = add_rows(sink, rows);
    release_rows(rows);
    return st ? st : encode_full(sink);
}

static void park(ParquetSink *sink, Rows *rows)
{
    Rows **at = &sink->parked;
    while (*at && (*at)->sequence < rows->sequence)
        at = &(*at)->next;
    rows->next = *at;
    *at = rows;
    if (rows->rowset)
        sink->parked_bytes += hy_rowset_memory_bytes(rows->rowset);
}

static HyStatus add_parked(ParquetSink *sink)
{
    HyStatus st = HY_OK;
    while (!st && sink->parked && sink->parked->sequence == sink->next_sequence) {
        Rows *rows = sink->parked;
        sink->parked = rows->next;
        sink->next_sequence++;
        if (rows->rowset) {
            sink->parked_bytes -= hy_rowset_memory_bytes(rows->rowset);
            st = add_rows(sink, rows);
        }
        release_rows(rows);
    }
    pthread_cond_broadcast(&sink->moved);
    return st ? st : encode_full(sink);
}

/* The worker whose morsel is next never waits, so the others go on. */
static void wait_for_turn(ParquetSink *sink, const HyWorker *worker)
{
    while (sink->parked_bytes > MAX_PARKED_BYTES && worker->sequence != sink->next_sequence &&
           !hy_worker_may_stop(worker))
        hy_worker_wait(&sink->moved, &sink->lock);
}

/* ---- The operator ---- */

static HyStatus open_file(ParquetSink *sink, HyExecContext *ctx)
{
    const char *path = sink->external->paths[0];
    sink->file_is_owned = strcmp(path, "-") != 0;
    if (sink->file_is_owned)
        return hy_byte_writer_open(path, HY_COMPRESSION_NONE, &sink->file);
    sink->file = ctx->client_output;
    return sink->file ? HY_OK : hy_error("0A000", "COPY TO STDOUT is not possible here");
}

static HyStatus sink_start(HyOp *op, HyExec *exec)
{
    ParquetSink *sink = (ParquetSink *)op;
    const HyExternal *external = sink->external;
    HyParquetCodec codec = HY_PARQUET_SNAPPY;
    close_sink(sink);
    sink->memory = exec->ctx->memory;
    sink->next_sequence = sink->n_groups = sink->next_group = 0;
    sink->is_direct = sink->pipeline->is_serial || exec->n_workers == 1;
    sink->group_rows =
        external->rows_per_row_group ? (size_t)external->rows_per_row_group : DEFAULT_GROUP_ROWS;
    if (external->codec && !hy_parquet_codec_from_name(external->codec, &codec))
        return hy_error("42601", "Unknown Parquet compression codec '%s'", external->codec);
    HY_TRY(hy_parquet_writer_create(
        external->column_names, sink->layout.types, sink->layout.n, codec, &sink->writer));
    return open_file(sink, exec->ctx);
}

static HyStatus sink_open(HyOp *op, HyWorker *worker, void **local)
{
    (void)op;
    (void)worker;
    *local = calloc(1, sizeof(SinkLocal));
    return *local ? HY_OK : hy_error_oom(sizeof(SinkLocal));
}

static HyStatus sink_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    ParquetSink *sink = (ParquetSink *)op;
    SinkLocal *self = local;
    HyBatch out = {.n_rows = batch->n_rows, .n_cols = sink->layout.n};
    HY_BATCH_NEW(worker, out.cols, out.n_cols);
    for (size_t i = 0; i < out.n_cols; i++) {
        out.cols[i] = batch->cols[sink->places[i]];
        out.cols[i].type = sink->layout.types[i];
    }
    if (!self->rows)
        HY_TRY(hy_rowset_create(sink->layout.types, sink->layout.n, sink->memory, &self->rows));
    HY_TRY(hy_rowset_append(self->rows, &out));
    self->n_rows += (int64_t)batch->n_rows;
    if (hy_rowset_row_count(self->rows) < sink->group_rows)
        return HY_OK;
    HyStatus st = HY_OK;
    pthread_mutex_lock(&sink->lock);
    if (sink->is_direct || worker->sequence == sink->next_sequence)
        st = hand_over(sink, self);
    pthread_mutex_unlock(&sink->lock);
    return st;
}

static HyStatus sink_end_morsel(HyOp *op, HyWorker *worker, void *local)
{
    ParquetSink *sink = (ParquetSink *)op;
    Rows *rows;
    if (sink->is_direct)
        return HY_OK;
    HY_TRY(take_rows(local, worker->sequence, &rows));
    pthread_mutex_lock(&sink->lock);
    wait_for_turn(sink, worker);
    park(sink, rows);
    HyStatus st = add_parked(sink);
    pthread_mutex_unlock(&sink->lock);
    return st;
}

/* Runs when no worker does; the lock is taken for encode_full. */
static HyStatus write_rest(ParquetSink *sink, void **locals, size_t n)
{
    for (size_t i = 0; i < n; i++)
        HY_TRY(hand_over(sink, locals[i]));
    if (sink->open)
        close_group(sink);
    return encode_full(sink);
}

static HyStatus sink_finish(HyOp *op, HyExec *exec, void **locals, size_t n)
{
    ParquetSink *sink = (ParquetSink *)op;
    pthread_mutex_lock(&sink->lock);
    HyStatus st = write_rest(sink, locals, n);
    pthread_mutex_unlock(&sink->lock);
    HY_TRY(st);
    HY_TRY(hy_parquet_write_footer(sink->writer, sink->file));
    HY_TRY(sink->file->finish ? sink->file->finish(sink->file) : HY_OK);
    exec->affected = 0;
    for (size_t i = 0; i < n; i++)
        exec->affected += ((SinkLocal *)locals[i])->n_rows;
    close_sink(sink);
    return HY_OK;
}

static void sink_close(void *local)
{
    SinkLocal *self = local;
    hy_rowset_destroy(self->rows);
    free(self);
}

static void sink_destroy(HyOp *op)
{
    ParquetSink *sink = (ParquetSink *)op;
    close_sink(sink);
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

HyStatus hy_compile_parquet_sink(HyCompiler *c, HyAlg *alg, HyStream *stream)
{
    const HyExternal *external = alg->external;
    const HyAlg *input = alg->inputs[0];
    ParquetSink *sink;
    uint32_t *places;
    HY_TRY(hy_op_new(c->exec, &sink_class, alg, sizeof *sink, &sink));
    pthread_mutex_init(&sink->lock, NULL);
    pthread_cond_init(&sink->moved, NULL);
    sink->external = external;
    sink->pipeline = stream->pipeline;
    if (strcmp(external->paths[0], "-") == 0)
        stream->pipeline->is_serial = true; /* a slow client must not hold up the workers */
    HY_TRY(hy_layout_places(c, &stream->layout, input->columns, external->n_columns, &places));
    sink->places = places;
    HY_TRY(hy_layout_new(c, external->n_columns, &sink->layout));
    for (size_t i = 0; i < external->n_columns; i++)
        hy_layout_add(&sink->layout, input->columns[i], stream->layout.types[places[i]]);
    return hy_stream_end(c, stream, &sink->op);
}
