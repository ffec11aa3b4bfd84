/* Inserters: HyperBinary or single values into a table. */
#include "capi/capi_internal.h"
#include "capi/row_batch.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES     19
#define DATA_CHUNK_BYTES ((size_t)16 * 1024 * 1024)

struct hyper_inserter_t {
    _Atomic(hyper_connection_t *) connection; /* NULL once that is gone */
    hyper_table_definition_t *target;
    HyClientInsert *insert;           /* NULL until rows are to come */
    HyRowBatch *batch;                /* with it */
    hyper_table_definition_t *stream; /* of the rows to come, with `insert` */
    hyper_inserter_buffer_t *buffer;
    char failed_state[6]; /* nothing can be stored any more: SQLSTATE and message; or "" */
    char *failed_message;
};

struct hyper_inserter_buffer_t {
    hyper_inserter_t *inserter; /* NULL once that is closed */
};

/* ---- Data chunks ---- */

struct hyper_data_chunk_t {
    uint8_t *data;
    size_t size;
};

hyper_data_chunk_t *hyper_create_data_chunk(void)
{
    hyper_data_chunk_t *chunk = calloc(1, sizeof *chunk);
    if (!chunk)
        return NULL;
    chunk->data = malloc(DATA_CHUNK_BYTES);
    chunk->size = DATA_CHUNK_BYTES;
    if (!chunk->data) {
        free(chunk);
        return NULL;
    }
    (void)hyper_write_header(chunk->data, chunk->size);
    return chunk;
}

hyper_error_t *hyper_resize_data_chunk(hyper_data_chunk_t *data_chunk, size_t size)
{
    if (!data_chunk)
        return hy_capi_invalid("data_chunk");
    uint8_t *data = realloc(data_chunk->data, size ? size : 1);
    if (!data)
        return hy_capi_error(hy_error_oom(size));
    data_chunk->data = data;
    data_chunk->size = size;
    return NULL;
}

uint8_t *hyper_get_chunk_data(const hyper_data_chunk_t *data_chunk)
{
    return data_chunk ? data_chunk->data : NULL;
}

size_t hyper_get_chunk_header_size(const hyper_data_chunk_t *data_chunk)
{
    return data_chunk ? HEADER_BYTES : 0;
}

size_t hyper_get_chunk_data_size(const hyper_data_chunk_t *data_chunk)
{
    return data_chunk ? data_chunk->size : 0;
}

void hyper_destroy_data_chunk(hyper_data_chunk_t *data_chunk)
{
    if (!data_chunk)
        return;
    free(data_chunk->data);
    free(data_chunk);
}

/* ---- Opening ---- */

static void free_inserter(hyper_inserter_t *inserter)
{
    if (!inserter)
        return;
    if (inserter->buffer)
        inserter->buffer->inserter = NULL;
    hy_row_batch_destroy(inserter->batch);
    hyper_destroy_table_definition(inserter->target);
    hyper_destroy_table_definition(inserter->stream);
    free(inserter->failed_message);
    free(inserter);
}

static const char *given(const char *name)
{
    return *name ? name : NULL;
}

hyper_error_t *hyper_create_inserter(hyper_connection_t *connection,
    const hyper_table_definition_t *table_definition, hyper_inserter_t **inserter)
{
    hyper_table_definition_t *found;
    if (!table_definition)
        return hy_capi_invalid("table_definition");
    if (!inserter)
        return hy_capi_invalid("inserter");
    if (!table_definition->n_columns)
        return hy_capi_error(hy_error("42601", "an inserter needs at least one column"));
    hyper_error_t *error = hyper_get_table_definition(connection, table_definition->database,
        table_definition->schema, table_definition->table, &found);
    if (error)
        return error;
    hyper_destroy_table_definition(found);
    hyper_inserter_t *made = calloc(1, sizeof *made);
    if (!made)
        return hy_capi_error(hy_error_oom(sizeof *made));
    error = hyper_copy_table_definition(table_definition, &made->target);
    if (!error)
        error = hy_connection_begin(connection);
    if (error) {
        free_inserter(made);
        return error;
    }
    made->connection = connection;
    connection->inserter = made;
    hy_connection_end(connection);
    *inserter = made;
    return NULL;
}

/* Texts that live as long as the options: one buffer per column. */
static HyStatus set_stream_columns(
    const hyper_table_definition_t *stream, HyStreamColumn *columns, HyBuffer *types)
{
    for (size_t i = 0; i < stream->n_columns; i++) {
        HY_TRY(hy_definition_type_text(&stream->columns[i], &types[i]));
        HY_TRY(hy_buffer_append(&types[i], "", 1));
        columns[i] = (HyStreamColumn){.name = stream->columns[i].name,
            .type = types[i].data,
            .nullable = stream->columns[i].nullable};
    }
    return HY_OK;
}

static HyStatus make_batch(hyper_inserter_t *inserter, const hyper_table_definition_t *stream)
{
    bool *nullable = calloc(stream->n_columns + 1, sizeof *nullable);
    if (!nullable)
        return hy_error_oom(0);
    for (size_t i = 0; i < stream->n_columns; i++)
        nullable[i] = stream->columns[i].nullable;
    HyStatus st = hy_row_batch_create(inserter->insert, nullable, &inserter->batch);
    free(nullable);
    return st;
}

/* select_list NULL: the columns of the stream are those of the target, by position. */
static HyStatus open_insert(
    hyper_inserter_t *inserter, const hyper_table_definition_t *stream, const char *select_list)
{
    const hyper_table_definition_t *target = inserter->target;
    size_t n = stream->n_columns;
    HyStreamColumn *columns = calloc(n + 1, sizeof *columns);
    HyBuffer *types = calloc(n + 1, sizeof *types);
    const char **targets = calloc(target->n_columns + 1, sizeof *targets);
    HyStatus st = HY_OK;
    if (!columns || !types || !targets)
        HY_GO(hy_error_oom(0));
    HY_GO(set_stream_columns(stream, columns, types));
    for (size_t i = 0; i < target->n_columns; i++) {
        targets[i] = target->columns[i].name;
        if (!select_list)
            columns[i].name = targets[i];
    }
    const HyBulkInsertOptions options = {.database = given(target->database),
        .schema = given(target->schema),
        .table = target->table,
        .columns = columns,
        .n_columns = n,
        .targets = targets,
        .n_targets = target->n_columns,
        .select_list = select_list};
    hyper_connection_t *connection = inserter->connection;
    HY_GO(hy_client_insert_create(connection->client, &options, &inserter->insert));
    HY_GO(make_batch(inserter, stream));
done:
    for (size_t i = 0; i < n && types; i++)
        hy_buffer_free(&types[i]);
    free(types);
    free(columns);
    free(targets);
    return st;
}

/* Whether the list only names the columns of the stream, one for each of the target: then nothing
 * is computed, and the rows can go straight into the table. */
static HyStatus is_plain_list(const hyper_inserter_t *inserter,
    const hyper_table_definition_t *stream, const char *select_list, bool *out)
{
    HyBuffer plain = {0};
    *out = false;
    if (stream->n_columns != inserter->target->n_columns)
        return HY_OK;
    HyStatus st = HY_OK;
    for (size_t i = 0; i < stream->n_columns && !st; i++) {
        st = hy_capi_identifier(&plain, stream->columns[i].name);
        if (!st)
            st = hy_buffer_append_char(&plain, ',');
    }
    size_t at = 0;
    const char *p = select_list;
    /* Blanks count inside of quotes only. */
    for (bool in_quotes = false; !st && *p; p++) {
        if (*p == ' ' && !in_quotes)
            continue;
        in_quotes ^= *p == '"';
        if (at >= plain.len || plain.data[at++] != *p)
            break;
    }
    *out = !st && !*p && plain.len && at == plain.len - 1;
    hy_buffer_free(&plain);
    return st;
}

static HyStatus start_stream(
    hyper_inserter_t *inserter, const hyper_table_definition_t *stream, const char *select_list)
{
    if (select_list) {
        bool is_plain;
        HY_TRY(is_plain_list(inserter, stream, select_list, &is_plain));
        if (is_plain)
            select_list = NULL;
    } else if (stream->n_columns != inserter->target->n_columns) {
        return hy_error("42601", "the columns sent are not those of the inserter");
    }
    hyper_error_t *error = hyper_copy_table_definition(stream, &inserter->stream);
    if (error) {
        hyper_error_destroy(error);
        return hy_error_oom(0);
    }
    return open_insert(inserter, stream, select_list);
}

/* ---- Use ---- */

/* Keeps the failure for hyper_close_inserter, and hands it on. What was inserted is dropped, and
 * the connection is free for others. It is locked. */
static HyStatus note_failure(hyper_inserter_t *inserter, HyStatus st)
{
    if (st && !inserter->failed_state[0]) {
        memcpy(inserter->failed_state, st->sqlstate, sizeof inserter->failed_state);
        inserter->failed_message = strdup(st->message);
    }
    if (st && inserter->connection)
        hy_inserter_orphan(inserter);
    return st;
}

static HyStatus noted_failure(const hyper_inserter_t *inserter)
{
    if (!inserter->failed_state[0])
        return HY_OK;
    return hy_error(inserter->failed_state, "%s",
        inserter->failed_message ? inserter->failed_message : "the insert has failed");
}

/* The inserter's connection, locked; NULL when that is gone. */
static hyper_connection_t *lock_connection(hyper_inserter_t *inserter)
{
    hyper_connection_t *connection = inserter->connection;
    if (!connection)
        return NULL;
    pthread_mutex_lock(&connection->lock);
    if (inserter->connection)
        return connection;
    pthread_mutex_unlock(&connection->lock);
    return NULL;
}

/* Why there is no connection. */
static HyStatus is_gone(const hyper_inserter_t *inserter)
{
    HY_TRY(noted_failure(inserter));
    return hy_error("08006", "The connection ended, and the inserter with it.");
}

hyper_error_t *hyper_init_bulk_insert(hyper_inserter_t *inserter,
    const hyper_table_definition_t *table_definition, const char *select_list)
{
    if (!inserter)
        return hy_capi_invalid("inserter");
    if (!table_definition)
        return hy_capi_invalid("table_definition");
    if (!select_list)
        return hy_capi_invalid("select_list");
    hyper_connection_t *connection = lock_connection(inserter);
    if (!connection)
        return hy_capi_error(is_gone(inserter));
    HyStatus st = noted_failure(inserter);
    if (!st && inserter->insert)
        st = hy_error("55006", "the inserter has begun its insert");
    if (!st)
        st = note_failure(inserter, start_stream(inserter, table_definition, select_list));
    hy_connection_end(connection);
    return hy_capi_error(st);
}

/* A failure inside of the engine's insert leaves it good for nothing but its end. */
static HyStatus begin_rows(hyper_inserter_t *inserter)
{
    HY_TRY(noted_failure(inserter));
    return inserter->insert ? HY_OK : start_stream(inserter, inserter->target, NULL);
}

static HyStatus check_header(const uint8_t *data, size_t size)
{
    static const uint8_t signature[11] = {'H', 'P', 'R', 'C', 'P', 'Y'};
    if (size < HEADER_BYTES || memcmp(data, signature, sizeof signature) != 0)
        return hy_error("22P04", "unrecognized Hyper binary signature");
    if (data[11] || (data[12] & 1))
        return hy_error("22P04", "unrecognized critical flags in binary header");
    return HY_OK;
}

/* Behind the header may stand an extension; its length is big-endian. */
static HyStatus insert_rows(hyper_inserter_t *inserter, const uint8_t *data, size_t size)
{
    HY_TRY(begin_rows(inserter));
    HY_TRY(check_header(data, size));
    size_t extension =
        (size_t)data[15] << 24 | (size_t)data[16] << 16 | (size_t)data[17] << 8 | (size_t)data[18];
    if (extension > size - HEADER_BYTES)
        return hy_error("22P04", "unexpected end-of-file: In file: 'stdin'");
    size_t start = HEADER_BYTES + extension;
    return hy_row_batch_add_rows(inserter->batch, data + start, size - start);
}

hyper_error_t *hyper_inserter_insert_chunk(
    hyper_inserter_t *inserter, const uint8_t *data_chunk, size_t bytes)
{
    if (!inserter)
        return hy_capi_invalid("inserter");
    if (!data_chunk)
        return hy_capi_invalid("data_chunk");
    hyper_connection_t *connection = lock_connection(inserter);
    if (!connection)
        return hy_capi_error(is_gone(inserter));
    bool has_failed = inserter->failed_state[0];
    HyStatus st = note_failure(inserter, insert_rows(inserter, data_chunk, bytes));
    hy_connection_end(connection);
    /* A row that is cut off is told when the next bytes do not come. */
    if (st && !has_failed && strcmp(st->sqlstate, "22P04") == 0 &&
        strstr(st->message, "end-of-file")) {
        hy_error_free(st);
        st = HY_OK;
    }
    return hy_capi_error(st);
}

hyper_error_t *hyper_insert_computed_expressions(
    hyper_inserter_t *inserter, const char *select_list)
{
    if (!inserter)
        return hy_capi_invalid("inserter");
    if (!select_list)
        return hy_capi_invalid("select_list");
    hyper_connection_t *connection = lock_connection(inserter);
    if (!connection)
        return hy_capi_error(is_gone(inserter));
    const hyper_table_definition_t *target = inserter->target;
    HyBuffer sql = {0};
    HyStatus st = HY_OK;
    if (inserter->insert)
        HY_GO(hy_error("55006", "the inserter has begun its insert"));
    HY_GO(hy_buffer_append_str(&sql, "INSERT INTO "));
    HY_GO(hy_capi_qualified(&sql, target->database, target->schema, target->table));
    for (size_t i = 0; i < target->n_columns; i++) {
        HY_GO(hy_buffer_append_str(&sql, i ? ", " : " ("));
        HY_GO(hy_capi_identifier(&sql, target->columns[i].name));
    }
    HY_GO(hy_buffer_printf(&sql, ") SELECT %s", select_list));
    HY_GO(note_failure(inserter, hy_connection_run(connection, sql.data, NULL)));
done:
    hy_buffer_free(&sql);
    hy_connection_end(connection);
    return hy_capi_error(st);
}

/* ---- The end ---- */

static HyStatus finish(hyper_inserter_t *inserter)
{
    int64_t n_rows;
    HY_TRY(noted_failure(inserter));
    if (!inserter->insert)
        return HY_OK;
    if (hy_row_batch_in_row(inserter->batch))
        return hy_error("22P04", "the last row lacks values");
    HY_TRY(hy_row_batch_flush(inserter->batch));
    return hy_client_insert_finish(inserter->insert, &n_rows);
}

void hy_inserter_orphan(hyper_inserter_t *inserter)
{
    hyper_connection_t *connection = inserter->connection;
    /* The batch stays: a thread may be adding to it. It is not handed over any more. */
    hy_client_insert_destroy(inserter->insert);
    inserter->insert = NULL;
    inserter->connection = NULL;
    connection->inserter = NULL;
}

hyper_error_t *hyper_close_inserter(hyper_inserter_t *inserter, bool insert_data)
{
    if (!inserter)
        return NULL;
    HyStatus st = HY_OK;
    hyper_connection_t *connection = lock_connection(inserter);
    if (connection) {
        if (insert_data)
            st = finish(inserter);
        hy_inserter_orphan(inserter);
        hy_connection_end(connection);
    } else if (insert_data) {
        st = is_gone(inserter);
    }
    free_inserter(inserter);
    return hy_capi_error(st);
}

/* ---- The buffer ---- */

static HyStatus check_same_stream(
    const hyper_inserter_t *inserter, const hyper_table_definition_t *stream)
{
    const hyper_table_definition_t *open = inserter->stream;
    bool is_same = open->n_columns == stream->n_columns;
    for (size_t i = 0; i < stream->n_columns && is_same; i++)
        is_same = open->columns[i].oid == stream->columns[i].oid &&
                  open->columns[i].modifier == stream->columns[i].modifier &&
                  open->columns[i].nullable == stream->columns[i].nullable;
    return is_same ? HY_OK
                   : hy_error("42804", "the columns are not those of hyper_init_bulk_insert");
}

hyper_error_t *hyper_create_inserter_buffer(hyper_inserter_t *inserter,
    const hyper_table_definition_t *table_definition, const char *select_list,
    hyper_inserter_buffer_t **buffer)
{
    if (!inserter)
        return hy_capi_invalid("inserter");
    if (!table_definition)
        return hy_capi_invalid("table_definition");
    if (!buffer)
        return hy_capi_invalid("buffer");
    hyper_connection_t *connection = lock_connection(inserter);
    if (!connection)
        return hy_capi_error(is_gone(inserter));
    hyper_inserter_buffer_t *made = calloc(1, sizeof *made);
    HyStatus st = HY_OK;
    if (!made)
        HY_GO(hy_error_oom(sizeof *made));
    HY_GO(noted_failure(inserter));
    if (inserter->buffer)
        HY_GO(hy_error("55006", "the inserter has a buffer"));
    if (inserter->insert)
        HY_GO(check_same_stream(inserter, table_definition));
    else
        HY_GO(note_failure(inserter, start_stream(inserter, table_definition, select_list)));
    made->inserter = inserter;
    inserter->buffer = made;
    *buffer = made;
    made = NULL;
done:
    hy_connection_end(connection);
    free(made);
    return hy_capi_error(st);
}

void hyper_inserter_buffer_destroy(hyper_inserter_buffer_t *buffer)
{
    if (!buffer)
        return;
    if (buffer->inserter)
        buffer->inserter->buffer = NULL;
    free(buffer);
}

/* What can be added to. Values go into the columns without a lock: only when these are full does
 * the engine see them. */
static HyStatus batch_of(const hyper_inserter_buffer_t *buffer, HyRowBatch **out)
{
    if (!buffer || !buffer->inserter)
        return hy_error("55006", "the inserter is closed");
    HY_TRY(noted_failure(buffer->inserter));
    if (!buffer->inserter->connection || !buffer->inserter->batch)
        return is_gone(buffer->inserter);
    if (!hy_row_batch_column_count(buffer->inserter->batch))
        return hy_error("22P04", "there are no columns to take a value");
    *out = buffer->inserter->batch;
    return HY_OK;
}

/* A failure that came up without the lock. */
static hyper_error_t *fail(hyper_inserter_t *inserter, HyStatus st)
{
    hyper_connection_t *connection = lock_connection(inserter);
    st = note_failure(inserter, st);
    if (connection)
        hy_connection_end(connection);
    return hy_capi_error(st);
}

static HyStatus flush_rows(hyper_inserter_t *inserter)
{
    if (hy_row_batch_in_row(inserter->batch))
        return hy_error("22P04", "the last row lacks values");
    hyper_connection_t *connection = lock_connection(inserter);
    if (!connection)
        return is_gone(inserter);
    HyStatus st = hy_row_batch_flush(inserter->batch);
    hy_connection_end(connection);
    return st;
}

/* After each value: hands over full columns. */
static hyper_error_t *added(
    const hyper_inserter_buffer_t *buffer, const HyRowBatch *batch, HyStatus st)
{
    if (HY_UNLIKELY(!st && hy_row_batch_is_full(batch)))
        st = flush_rows(buffer->inserter);
    return HY_LIKELY(!st) ? NULL : fail(buffer->inserter, st);
}

hyper_error_t *hyper_inserter_buffer_flush(hyper_inserter_buffer_t *buffer)
{
    HyRowBatch *batch;
    HyStatus st = batch_of(buffer, &batch);
    if (st)
        return hy_capi_error(st);
    st = flush_rows(buffer->inserter);
    return st ? fail(buffer->inserter, st) : NULL;
}

#define BATCH_OR_FAIL(buffer, batch)                                                               \
    HyRowBatch *batch;                                                                             \
    HyStatus missing = batch_of(buffer, &(batch));                                                 \
    if (HY_UNLIKELY(missing != NULL))                                                              \
        return hy_capi_error(missing);

#define DEFINE_ADD(name, T)                                                                        \
    hyper_error_t *hyper_inserter_buffer_add_##name(hyper_inserter_buffer_t *buffer, T value)      \
    {                                                                                              \
        BATCH_OR_FAIL(buffer, batch)                                                               \
        return added(buffer, batch, hy_row_batch_add_fixed(batch, &value, sizeof value));          \
    }
DEFINE_ADD(bool, bool)
DEFINE_ADD(int16, int16_t)
DEFINE_ADD(int32, int32_t)
DEFINE_ADD(int64, int64_t)
DEFINE_ADD(float, float)
DEFINE_ADD(double, double)

hyper_error_t *hyper_inserter_buffer_add_null(hyper_inserter_buffer_t *buffer)
{
    BATCH_OR_FAIL(buffer, batch)
    return added(buffer, batch, hy_row_batch_add_null(batch));
}

hyper_error_t *hyper_inserter_buffer_add_binary(
    hyper_inserter_buffer_t *buffer, const uint8_t *value, size_t size)
{
    if (!value && size)
        return hy_capi_invalid("value");
    BATCH_OR_FAIL(buffer, batch)
    return added(
        buffer, batch, hy_row_batch_add_bytes(batch, size ? value : (const uint8_t *)"", size));
}

hyper_error_t *hyper_inserter_buffer_add_date(
    hyper_inserter_buffer_t *buffer, int32_t year, int16_t month, int16_t day)
{
    hyper_date_t date =
        hyper_encode_date((hyper_date_components_t){.year = year, .month = month, .day = day});
    BATCH_OR_FAIL(buffer, batch)
    return added(buffer, batch, hy_row_batch_add_fixed(batch, &date, sizeof date));
}

hyper_error_t *hyper_inserter_buffer_add_raw(
    hyper_inserter_buffer_t *buffer, const uint8_t *value, size_t size)
{
    if (!value)
        return hy_capi_invalid("value");
    BATCH_OR_FAIL(buffer, batch)
    return added(buffer, batch, hy_row_batch_add_fixed(batch, value, size));
}
