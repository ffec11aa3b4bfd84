#include "session/bulk_insert.h"

#include "base/json.h"
#include "base/utf8.h"
#include "session/extended.h"
#include "session/statement.h"
#include "sql/parser.h"
#include "types/datetime.h"

#include <stdlib.h>
#include <string.h>

struct HyBulkInsert {
    HySession *session;
    HyStatement statement; /* open as long as the insert: holds the table and the transaction */
    HyArena *batch_arena;
    HyTable *table; /* that receives rows: the target, or the temporary stream table */
    HyChange *change;
    HyType *stream_types;
    const char **stream_names;
    size_t n_stream;
    int64_t *source_of; /* per column of `table`: stream column, or -1 for NULL */
    char *insert_sql;   /* with expressions: INSERT .. SELECT from the stream; on the heap */
    bool has_stream_table;
    bool is_open; /* finish was not called yet */
    int64_t n_rows;
};

size_t hy_bulk_insert_column_count(const HyBulkInsert *insert)
{
    return insert->n_stream;
}

HyType hy_bulk_insert_column_type(const HyBulkInsert *insert, size_t column)
{
    return insert->stream_types[column];
}

/* ---- Opening ---- */

static HyStatus parse_type(HyBulkInsert *insert, const HyStreamColumn *column, HyType *out)
{
    HyAstType *ast;
    HY_TRY(hy_parse_type(insert->statement.arena, column->type, strlen(column->type), &ast));
    HY_TRY(hy_bind_type(&insert->statement.bind, ast, &(const HyAstQName){0}, out));
    out->nullable = column->nullable;
    return HY_OK;
}

static HyStatus qualified_name(HyBuffer *out, const HyBulkInsertOptions *options)
{
    const char *parts[] = {options->database, options->schema, options->table};
    bool is_first = true;
    for (size_t i = 0; i < HY_ARRAY_LEN(parts); i++) {
        if (!parts[i])
            continue;
        if (!is_first)
            HY_TRY(hy_buffer_append_char(out, '.'));
        HY_TRY(hy_buffer_append_identifier(out, parts[i]));
        is_first = false;
    }
    return HY_OK;
}

static HyStatus find_target(HyBulkInsert *insert, const HyBulkInsertOptions *options, HyTable **out)
{
    HyAstName parts[3];
    HyAstQName name = {.parts = {.items = parts}};
    const char *texts[] = {options->database, options->schema, options->table};
    for (size_t i = 0; i < HY_ARRAY_LEN(texts); i++)
        if (texts[i])
            parts[name.parts.n++] =
                (HyAstName){.text = texts[i], .len = (uint32_t)strlen(texts[i]), .quoted = true};
    HyStatus st = hy_statement_find_table(&insert->statement, &name, false, out);
    if (st)
        st->position = -1; /* there is no SQL text */
    return st;
}

static HyStatus set_stream(HyBulkInsert *insert, const HyBulkInsertOptions *options)
{
    insert->n_stream = options->n_columns;
    HY_ARENA_NEW(insert->statement.arena, insert->stream_types, options->n_columns);
    HY_ARENA_NEW(insert->statement.arena, insert->stream_names, options->n_columns);
    for (size_t i = 0; i < options->n_columns; i++) {
        const char *name = options->columns[i].name ? options->columns[i].name : "";
        insert->stream_names[i] = hy_arena_strndup(insert->statement.arena, name, strlen(name));
        if (!insert->stream_names[i])
            return hy_error_oom(0);
        if (options->columns[i].type)
            HY_TRY(parse_type(insert, &options->columns[i], &insert->stream_types[i]));
    }
    return HY_OK;
}

/* Without given columns the stream is the table. */
static HyStatus set_stream_of_table(HyBulkInsert *insert)
{
    insert->n_stream = insert->table->n_columns;
    HY_ARENA_NEW(insert->statement.arena, insert->stream_types, insert->n_stream);
    for (size_t i = 0; i < insert->n_stream; i++) {
        insert->stream_types[i] = insert->table->columns[i].type;
        insert->source_of[i] = (int64_t)i;
    }
    return HY_OK;
}

static HyStatus map_stream_to_table(HyBulkInsert *insert)
{
    for (size_t i = 0; i < insert->n_stream; i++) {
        int64_t column = hy_table_find_column(insert->table, insert->stream_names[i]);
        if (column < 0)
            return hy_error("42703", "column '%s' does not exist", insert->stream_names[i]);
        if (insert->source_of[column] >= 0)
            return hy_error("42601", "duplicate reference to column '%s'", insert->stream_names[i]);
        insert->source_of[column] = (int64_t)i;
        if (!insert->stream_types[i].id)
            insert->stream_types[i] = insert->table->columns[column].type;
    }
    for (size_t i = 0; i < insert->table->n_columns; i++)
        if (insert->source_of[i] < 0 && !insert->table->columns[i].type.nullable)
            return hy_error(
                "23502", "non-NULL value required for column '%s'", insert->table->columns[i].name);
    return HY_OK;
}

static HyStatus open_change(HyBulkInsert *insert)
{
    HY_ARENA_NEW(insert->statement.arena, insert->source_of, insert->table->n_columns);
    for (size_t i = 0; i < insert->table->n_columns; i++)
        insert->source_of[i] = -1;
    HY_TRY(hy_statement_transaction(&insert->statement));
    return hy_transaction_change(
        insert->statement.transaction, insert->table, &insert->session->cancel, &insert->change);
}

static HyStatus open_direct(HyBulkInsert *insert, const HyBulkInsertOptions *options)
{
    HY_TRY(find_target(insert, options, &insert->table));
    HY_TRY(open_change(insert));
    if (!options->columns)
        return set_stream_of_table(insert);
    HY_TRY(set_stream(insert, options));
    return map_stream_to_table(insert);
}

#define STREAM_TABLE "openhyper_stream"

static HyStatus write_insert_sql(const HyBulkInsertOptions *options, HyBuffer *sql)
{
    HY_TRY(hy_buffer_append_str(sql, "INSERT INTO "));
    HY_TRY(qualified_name(sql, options));
    HY_TRY(hy_buffer_append_str(sql, " ("));
    for (size_t i = 0; i < options->n_targets; i++) {
        HY_TRY(hy_buffer_append_str(sql, i ? ", " : ""));
        HY_TRY(hy_buffer_append_identifier(sql, options->targets[i]));
    }
    HY_TRY(hy_buffer_append_str(sql, ") SELECT "));
    if (options->select_list)
        HY_TRY(hy_buffer_append_str(sql, options->select_list));
    for (size_t i = 0; i < options->n_targets && !options->select_list; i++) {
        HY_TRY(hy_buffer_append_str(sql, i ? ", " : ""));
        if (options->expressions[i])
            HY_TRY(hy_buffer_append_str(sql, options->expressions[i]));
        else
            HY_TRY(hy_buffer_append_identifier(sql, options->targets[i]));
    }
    return options->n_columns ? hy_buffer_append_str(sql, " FROM pg_temp." STREAM_TABLE) : HY_OK;
}

static HyStatus create_stream_table(HyBulkInsert *insert)
{
    HyDatabase *database;
    HyTableColumn *columns;
    HY_ARENA_NEW(insert->statement.arena, columns, insert->n_stream);
    for (size_t i = 0; i < insert->n_stream; i++)
        columns[i] =
            (HyTableColumn){.name = insert->stream_names[i], .type = insert->stream_types[i]};
    HyTableDefinition definition = {
        .name = STREAM_TABLE, .columns = columns, .n_columns = insert->n_stream};
    HY_TRY(hy_attachments_temporary(&insert->session->attachments, &database));
    HY_TRY(hy_database_create_table(database, &definition, &insert->table));
    insert->has_stream_table = true;
    return HY_OK;
}

static HyStatus open_with_expressions(HyBulkInsert *insert, const HyBulkInsertOptions *options)
{
    HyTable *target;
    HyBuffer sql = {0};
    HY_TRY(find_target(insert, options, &target));
    HyStatus st = write_insert_sql(options, &sql);
    insert->insert_sql = hy_buffer_take(&sql);
    HY_TRY(st);
    if (!insert->insert_sql)
        return hy_error_oom(0);
    HY_TRY(set_stream(insert, options));
    if (!insert->n_stream)
        return HY_OK;
    HY_TRY(create_stream_table(insert));
    /* A transaction of its own, also inside BEGIN: the stream's rows are committed before they are
     * read. */
    HY_TRY(
        hy_transaction_begin(insert->session->instance->catalog, &insert->statement.transaction));
    insert->statement.owns_transaction = true;
    HY_TRY(open_change(insert));
    for (size_t i = 0; i < insert->n_stream; i++)
        insert->source_of[i] = (int64_t)i;
    return HY_OK;
}

HyStatus hy_bulk_insert_create(
    HySession *session, const HyBulkInsertOptions *options, HyBulkInsert **out)
{
    if (session->is_busy)
        return hy_error("55006", "the connection is not ready");
    if (session->is_aborted)
        return hy_error("25P02",
            "current transaction is aborted, commands ignored until end of transaction block");
    HyBulkInsert *insert = calloc(1, sizeof *insert);
    if (!insert)
        return hy_error_oom(sizeof *insert);
    HyStatus st = HY_OK;
    insert->session = session;
    atomic_store(&session->cancel.requested, false);
    HY_GO(hy_statement_open(session, "", 0, &insert->statement));
    insert->is_open = true;
    insert->batch_arena = hy_arena_create();
    if (!insert->batch_arena)
        HY_GO(hy_error_oom(0));
    bool is_computed = options->expressions || options->select_list;
    HY_GO(is_computed ? open_with_expressions(insert, options) : open_direct(insert, options));
    session->is_busy = true;
    *out = insert;
    insert = NULL;
done:
    hy_bulk_insert_destroy(insert);
    return st;
}

/* ---- Rows ---- */

static HyStatus check_text(HyType type, const char *column, const HyString *s)
{
    const char *data = hy_string_data(s);
    if (!hy_utf8_validate(data, s->len, NULL))
        return hy_error("22021", "invalid byte sequence for encoding UTF-8 in column '%s'", column);
    if (type.length && s->len > (uint32_t)type.length &&
        hy_utf8_length(data, s->len) > (size_t)type.length)
        return hy_error("22001", "value too long for type character varying(%d) in column '%s'",
            type.length, column);
    if (type.id == HY_TYPE_JSON && !hy_json_is_valid(data, s->len))
        return hy_error("22P02", "invalid JSON document in column '%s'", column);
    return HY_OK;
}

static HyStatus check_value(HyType type, const char *column, const HyVector *v, size_t i)
{
    switch (type.id) {
    case HY_TYPE_TEXT:
    case HY_TYPE_VARCHAR:
    case HY_TYPE_CHAR:
    case HY_TYPE_JSON:
        return check_text(type, column, &((const HyString *)v->data)[i]);
    case HY_TYPE_DATE: {
        int32_t date = ((const int32_t *)v->data)[i];
        if (date < HY_DATE_MIN || date > HY_DATE_MAX)
            return hy_error("22008", "date out of range in column '%s'", column);
        return HY_OK;
    }
    case HY_TYPE_TIMESTAMP:
    case HY_TYPE_TIMESTAMPTZ: {
        uint64_t ts = ((const uint64_t *)v->data)[i];
        if (ts < HY_TIMESTAMP_MIN || ts > HY_TIMESTAMP_MAX)
            return hy_error("22008", "timestamp out of range in column '%s'", column);
        return HY_OK;
    }
    default:
        return HY_OK;
    }
}

static bool needs_check(HyType type)
{
    return type.id == HY_TYPE_TEXT || type.id == HY_TYPE_VARCHAR || type.id == HY_TYPE_CHAR ||
           type.id == HY_TYPE_JSON || type.id == HY_TYPE_DATE || type.id == HY_TYPE_TIMESTAMP ||
           type.id == HY_TYPE_TIMESTAMPTZ;
}

static HyStatus check_column(HyType type, const char *column, const HyVector *v, size_t n)
{
    if (!needs_check(type))
        return HY_OK;
    for (size_t i = 0; i < n; i++)
        if (!v->validity || hy_bitmap_get(v->validity, i))
            HY_TRY(check_value(type, column, v, i));
    return HY_OK;
}

/* The table's column as a vector: the stream's, cast where the types differ, or nulls. */
static HyStatus table_vector(
    HyBulkInsert *insert, const HyVector *stream, size_t n, size_t column, HyVector *out)
{
    HyType type = insert->table->columns[column].type;
    int64_t source = insert->source_of[column];
    if (source < 0) {
        HyValue null = hy_value_null(type);
        return hy_vector_constant(insert->batch_arena, &null, out);
    }
    HyVector in = stream[source];
    in.type = insert->stream_types[source];
    HY_TRY(check_column(in.type, insert->table->columns[column].name, &in, n));
    if (hy_type_equal(in.type, type)) {
        *out = in;
        return HY_OK;
    }
    return hy_cast_vector(
        insert->batch_arena, insert->statement.env.style, &in, n, type, false, out);
}

HyStatus hy_bulk_insert_append(HyBulkInsert *insert, const HyVector *columns, size_t n_rows)
{
    HY_TRY(hy_cancel_check(&insert->session->cancel));
    insert->n_rows += (int64_t)n_rows;
    if (!insert->change || !n_rows)
        return HY_OK; /* expressions without stream columns: rows are only counted */
    HyVector *vectors;
    hy_arena_reset(insert->batch_arena);
    HY_ARENA_NEW(insert->batch_arena, vectors, insert->table->n_columns);
    for (size_t c = 0; c < insert->table->n_columns; c++)
        HY_TRY(table_vector(insert, columns, n_rows, c, &vectors[c]));
    HyBatch batch = {.n_rows = n_rows, .n_cols = insert->table->n_columns, .cols = vectors};
    return hy_change_append(insert->change, &batch);
}

HyStatus hy_bulk_insert_check(HyBulkInsert *insert)
{
    HyStatementShape shape = {0};
    if (!insert->insert_sql)
        return HY_OK;
    HY_TRY(hy_session_describe(
        insert->session, insert->insert_sql, strlen(insert->insert_sql), NULL, 0, &shape));
    hy_statement_shape_free(&shape);
    return HY_OK;
}

static HyStatus run_insert_sql(HyBulkInsert *insert, int64_t *n_rows)
{
    HySession *session = insert->session;
    HyResult *result;
    session->is_busy = false;
    HY_TRY(hy_session_execute(session, insert->insert_sql, strlen(insert->insert_sql), &result));
    *n_rows = result->affected;
    hy_result_destroy(result);
    return HY_OK;
}

HyStatus hy_bulk_insert_finish(HyBulkInsert *insert, int64_t *n_rows)
{
    HyChange *change = insert->change;
    insert->change = NULL;
    if (change)
        HY_TRY(hy_change_finish(change));
    HY_TRY(hy_statement_commit(&insert->statement));
    *n_rows = insert->n_rows;
    return insert->insert_sql ? run_insert_sql(insert, n_rows) : HY_OK;
}

void hy_bulk_insert_destroy(HyBulkInsert *insert)
{
    if (!insert)
        return;
    hy_change_abort(insert->change);
    if (insert->is_open)
        hy_statement_close(&insert->statement);
    if (insert->has_stream_table) {
        hy_error_free(hy_table_drop(insert->table));
        hy_table_unref(insert->table);
    }
    insert->session->is_busy = false;
    hy_arena_destroy(insert->batch_arena);
    free(insert->insert_sql);
    free(insert);
}
