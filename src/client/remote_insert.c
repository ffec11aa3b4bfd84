/* Rows into a table of another process: a COPY in HyperBinary straight into it, or, where columns
 * are computed or of other types, into an external stream from which an INSERT reads. All of it
 * runs on the one connection, the stream being filled and closed before it is read. */
#include "client/remote.h"

#include "server/hyper_binary.h"
#include "session/describe.h"
#include "sql/parser.h"

#include <stdlib.h>

struct HyRemoteInsert {
    HyRemote *remote;
    HyArena *arena;
    size_t n_columns;
    HyType *types;
    const char **names;
    const char **type_texts; /* as the caller spells them; NULL: the table's */
    bool *nullable;          /* which have a null flag on the wire */
    HyBuffer stream;         /* qualified name of the external stream; empty: there is none */
    HyBuffer insert_sql;     /* what fills the table in the end; empty: the COPY does */
    HyRemoteCopy *copy;      /* open while rows come; NULL when there are no columns */
    HyBuffer piece;
    int64_t n_rows;
};

static HyStatus run(HyRemote *remote, const HyBuffer *sql, HyResult **out)
{
    HyResult *result;
    HyStatus st = hy_remote_execute(remote, sql->data, sql->len, &result);
    if (st) {
        st->position = -1; /* the text is not the caller's */
        return st;
    }
    if (out)
        *out = result;
    else
        hy_result_destroy(result);
    return HY_OK;
}

/* ---- Types ---- */

static HyStatus parse_type(HyArena *arena, const char *text, HyType *out)
{
    HyAstType *ast;
    int64_t modifiers[2] = {0};
    HY_TRY(hy_parse_type(arena, text, strlen(text), &ast));
    if (ast->kind != HY_AST_TYPE_NAMED || !ast->name.parts.n)
        return hy_error("0A000", "rows cannot be inserted with a column of type %s", text);
    const char *name = ast->name.parts.items[ast->name.parts.n - 1].text;
    if (strcmp(name, "tabgeography") == 0)
        name = "geography";
    for (size_t i = 0; i < ast->modifiers.n && i < HY_ARRAY_LEN(modifiers); i++)
        if (ast->modifiers.items[i]->kind == HY_AST_INTEGER)
            modifiers[i] = (int64_t)ast->modifiers.items[i]->integer;
    return hy_type_from_name(name, modifiers, ast->modifiers.n, out);
}

static HyType table_type(const openhyper_column_info *column)
{
    HyType type = hy_type_from_oid(column->type.oid, column->type.typmod);
    type.nullable = column->type.nullable;
    return type;
}

static HyStatus type_text(HyType type, HyBuffer *out)
{
    return type.id == HY_TYPE_GEOGRAPHY ? hy_buffer_append_str(out, "TABLEAU.TABGEOGRAPHY")
                                        : hy_type_format(type, out);
}

static const openhyper_column_info *find_column(const openhyper_table_info *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

static HyStatus set_columns(
    HyRemoteInsert *insert, const HyBulkInsertOptions *options, const openhyper_table_info *table)
{
    size_t n = options->columns ? options->n_columns : table->n_columns;
    bool is_computed = options->expressions || options->select_list;
    insert->n_columns = n;
    HY_ARENA_NEW(insert->arena, insert->types, n);
    HY_ARENA_NEW(insert->arena, insert->names, n);
    HY_ARENA_NEW(insert->arena, insert->type_texts, n);
    HY_ARENA_NEW(insert->arena, insert->nullable, n);
    for (size_t i = 0; i < n; i++) {
        const HyStreamColumn *given = options->columns ? &options->columns[i] : NULL;
        const char *name = given ? given->name : table->columns[i].name;
        const openhyper_column_info *column = find_column(table, name ? name : "");
        if (!column && !is_computed)
            return hy_error("42703", "column '%s' does not exist", name ? name : "");
        insert->names[i] = hy_arena_strndup(insert->arena, name, strlen(name));
        if (!insert->names[i])
            return hy_error_oom(0);
        if (given && given->type) {
            HY_TRY(parse_type(insert->arena, given->type, &insert->types[i]));
            insert->types[i].nullable = given->nullable;
            insert->type_texts[i] =
                hy_arena_strndup(insert->arena, given->type, strlen(given->type));
        } else if (column) {
            insert->types[i] = table_type(column);
        }
        insert->nullable[i] = insert->types[i].nullable;
    }
    return HY_OK;
}

/* Whether the rows can go into the table as they are. On the wire its columns decide which values
 * have a null flag. */
static bool is_direct(
    HyRemoteInsert *insert, const HyBulkInsertOptions *options, const openhyper_table_info *table)
{
    if (options->expressions || options->select_list)
        return false;
    for (size_t i = 0; i < insert->n_columns; i++) {
        HyType type = table_type(find_column(table, insert->names[i]));
        type.collation = NULL;
        if (!hy_type_equal(type, insert->types[i]))
            return false;
    }
    for (size_t i = 0; i < insert->n_columns; i++)
        insert->nullable[i] = find_column(table, insert->names[i])->type.nullable;
    return true;
}

/* ---- Statements ---- */

static HyStatus append_names(HyBuffer *sql, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        HY_TRY(hy_buffer_append_str(sql, i ? ", " : " ("));
        HY_TRY(hy_buffer_append_identifier(sql, names[i]));
    }
    return n ? hy_buffer_append_char(sql, ')') : HY_OK;
}

static HyStatus open_rows(HyRemoteInsert *insert, HyBuffer *sql)
{
    HY_TRY(hy_buffer_append_str(sql, " FROM STDIN WITH (FORMAT HYPERBINARY, SANITIZE)"));
    HyStatus st = hy_remote_copy_open(insert->remote, sql->data, sql->len, &insert->copy);
    if (st)
        st->position = -1;
    HY_TRY(st);
    if (!hy_remote_copy_is_input(insert->copy))
        return hy_error("08P01", "the server takes no rows");
    return hy_hyper_binary_write_header(&insert->piece);
}

static HyStatus open_direct(HyRemoteInsert *insert, const openhyper_table_info *table)
{
    HyBuffer sql = {0};
    HyStatus st = hy_buffer_append_str(&sql, "COPY ");
    if (!st)
        st = hy_remote_qualified(&sql, table->database, table->schema, table->name);
    if (!st)
        st = append_names(&sql, insert->names, insert->n_columns);
    if (!st)
        st = open_rows(insert, &sql);
    hy_buffer_free(&sql);
    return st;
}

static HyStatus write_stream_columns(const HyRemoteInsert *insert, HyBuffer *sql)
{
    for (size_t i = 0; i < insert->n_columns; i++) {
        HY_TRY(hy_buffer_append_str(sql, i ? ", " : " ("));
        HY_TRY(hy_buffer_append_identifier(sql, insert->names[i]));
        HY_TRY(hy_buffer_append_char(sql, ' '));
        if (insert->type_texts[i])
            HY_TRY(hy_buffer_append_str(sql, insert->type_texts[i]));
        else
            HY_TRY(type_text(insert->types[i], sql));
        if (!insert->nullable[i])
            HY_TRY(hy_buffer_append_str(sql, " NOT NULL"));
    }
    return hy_buffer_append_char(sql, ')');
}

/* The values of the target columns as expressions over the stream's. */
static HyStatus write_select_list(const HyRemoteInsert *insert, const HyBulkInsertOptions *options,
    const openhyper_table_info *table, HyBuffer *sql)
{
    bool is_computed = options->expressions || options->select_list;
    if (options->select_list)
        return hy_buffer_append_str(sql, options->select_list);
    for (size_t i = 0; i < options->n_targets && is_computed; i++) {
        HY_TRY(hy_buffer_append_str(sql, i ? ", " : ""));
        if (options->expressions[i])
            HY_TRY(hy_buffer_append_str(sql, options->expressions[i]));
        else
            HY_TRY(hy_buffer_append_identifier(sql, options->targets[i]));
    }
    for (size_t i = 0; i < insert->n_columns && !is_computed; i++) {
        HY_TRY(hy_buffer_append_str(sql, i ? ", CAST(" : "CAST("));
        HY_TRY(hy_buffer_append_identifier(sql, insert->names[i]));
        HY_TRY(hy_buffer_append_str(sql, " AS "));
        HY_TRY(type_text(table_type(find_column(table, insert->names[i])), sql));
        HY_TRY(hy_buffer_append_char(sql, ')'));
    }
    return HY_OK;
}

static HyStatus write_insert(
    HyRemoteInsert *insert, const HyBulkInsertOptions *options, const openhyper_table_info *table)
{
    HyBuffer *sql = &insert->insert_sql;
    bool has_stream = insert->n_columns > 0;
    bool is_computed = options->expressions || options->select_list;
    HY_TRY(hy_buffer_append_str(sql, has_stream ? "INSERT BULK INTO " : "INSERT INTO "));
    HY_TRY(hy_remote_qualified(sql, table->database, table->schema, table->name));
    HY_TRY(is_computed ? append_names(sql, options->targets, options->n_targets)
                       : append_names(sql, insert->names, insert->n_columns));
    HY_TRY(hy_buffer_append_str(sql, has_stream ? " (SELECT " : " SELECT "));
    HY_TRY(write_select_list(insert, options, table, sql));
    if (!has_stream)
        return HY_OK;
    HY_TRY(hy_buffer_append_str(sql, " FROM EXTERNAL STREAM "));
    HY_TRY(hy_buffer_append(sql, insert->stream.data, insert->stream.len));
    return hy_buffer_append_char(sql, ')');
}

static HyStatus name_stream(HyRemoteInsert *insert, const openhyper_table_info *table)
{
    HyBuffer name = {0};
    HyStatus st = hy_buffer_printf(&name, "__Insert_Stream__%s__", table->name);
    if (!st)
        st = table->is_temporary
                 ? hy_buffer_append_identifier(&insert->stream, name.data)
                 : hy_remote_qualified(&insert->stream, table->database, table->schema, name.data);
    hy_buffer_free(&name);
    return st;
}

static HyStatus stream_command(HyRemoteInsert *insert, const char *before, HyBuffer *sql)
{
    HY_TRY(hy_buffer_append_str(sql, before));
    return hy_buffer_append(sql, insert->stream.data, insert->stream.len);
}

static HyStatus open_stream(
    HyRemoteInsert *insert, const HyBulkInsertOptions *options, const openhyper_table_info *table)
{
    HyBuffer create = {0};
    HyBuffer copy = {0};
    HyStatus st = HY_OK;
    if (!insert->n_columns)
        return write_insert(insert, options, table);
    HY_GO(name_stream(insert, table));
    HY_GO(write_insert(insert, options, table));
    HY_GO(stream_command(insert, "CREATE BOUNDED EXTERNAL STREAM ", &create));
    HY_GO(write_stream_columns(insert, &create));
    HY_GO(hy_buffer_append_str(&create, " (WITH (FORMAT HYPERBINARY, SANITIZE))"));
    HY_GO(run(insert->remote, &create, NULL));
    HY_GO(stream_command(insert, "COPY ", &copy));
    HY_GO(open_rows(insert, &copy));
done:
    hy_buffer_free(&create);
    hy_buffer_free(&copy);
    return st;
}

HyStatus hy_remote_insert_create(
    HyRemote *remote, const HyBulkInsertOptions *options, HyRemoteInsert **out)
{
    openhyper_table_info *table = NULL;
    HyStatus st = HY_OK;
    if (remote->is_copying)
        return hy_error("55006", "the connection is not ready");
    HyRemoteInsert *insert = calloc(1, sizeof *insert);
    if (!insert)
        return hy_error_oom(sizeof *insert);
    insert->remote = remote;
    insert->arena = hy_arena_create();
    if (!insert->arena)
        HY_GO(hy_error_oom(0));
    HY_GO(hy_remote_describe_table(
        remote, options->database, options->schema, options->table, &table));
    HY_GO(set_columns(insert, options, table));
    HY_GO(is_direct(insert, options, table) ? open_direct(insert, table)
                                            : open_stream(insert, options, table));
    *out = insert;
    insert = NULL;
done:
    free(table);
    hy_remote_insert_destroy(insert);
    return st;
}

/* ---- Rows ---- */

size_t hy_remote_insert_column_count(const HyRemoteInsert *insert)
{
    return insert->n_columns;
}

HyType hy_remote_insert_column_type(const HyRemoteInsert *insert, size_t column)
{
    return insert->types[column];
}

/* On the wire there is no place for a null in such a column. */
static HyStatus check_nulls(const HyRemoteInsert *insert, const HyVector *columns, size_t n_rows)
{
    for (size_t c = 0; c < insert->n_columns; c++)
        for (size_t row = 0; row < n_rows && columns[c].validity && !insert->nullable[c]; row++)
            if (hy_vector_is_null(&columns[c], row))
                return hy_error(
                    "23502", "non-NULL value required for column '%s'", insert->names[c]);
    return HY_OK;
}

static HyStatus send_piece(HyRemoteInsert *insert)
{
    bool wanted = hy_remote_copy_write(insert->copy, insert->piece.data, insert->piece.len);
    insert->piece.len = 0;
    return wanted ? HY_OK
                  : hy_error("08006", "Hyperd connection terminated unexpectedly. Check your "
                                      "network connection and if the hyperd server is up and "
                                      "running.");
}

HyStatus hy_remote_insert_append(HyRemoteInsert *insert, const HyVector *columns, size_t n_rows)
{
    insert->n_rows += (int64_t)n_rows;
    if (!insert->copy || !n_rows)
        return HY_OK;
    HY_TRY(check_nulls(insert, columns, n_rows));
    HyVector *vectors = malloc((insert->n_columns + 1) * sizeof *vectors);
    if (!vectors)
        return hy_error_oom(insert->n_columns * sizeof *vectors);
    for (size_t i = 0; i < insert->n_columns; i++) {
        vectors[i] = columns[i];
        vectors[i].type = insert->types[i];
    }
    const HyBatch batch = {.n_rows = n_rows, .n_cols = insert->n_columns, .cols = vectors};
    HyStatus st = hy_hyper_binary_write_rows(&batch, insert->nullable, &insert->piece);
    free(vectors);
    return st ? st : send_piece(insert);
}

/* ---- The end ---- */

static HyStatus finish_rows(HyRemoteInsert *insert)
{
    HyResult *result = NULL;
    if (insert->piece.len)
        HY_TRY(send_piece(insert)); /* the header of an insert without rows */
    HyStatus st = hy_remote_copy_finish(insert->copy, &result);
    hy_result_destroy(result);
    hy_remote_copy_destroy(insert->copy);
    insert->copy = NULL;
    return st;
}

static HyStatus run_on_stream(HyRemoteInsert *insert, const char *command)
{
    HyBuffer sql = {0};
    HyStatus st = stream_command(insert, command, &sql);
    if (!st)
        st = run(insert->remote, &sql, NULL);
    hy_buffer_free(&sql);
    return st;
}

HyStatus hy_remote_insert_finish(HyRemoteInsert *insert, int64_t *n_rows)
{
    HyResult *result = NULL;
    if (insert->copy)
        HY_TRY(finish_rows(insert));
    *n_rows = insert->n_rows;
    if (!insert->insert_sql.len)
        return HY_OK;
    if (insert->stream.len)
        HY_TRY(run_on_stream(insert, "CLOSE EXTERNAL STREAM "));
    HY_TRY(run(insert->remote, &insert->insert_sql, &result));
    *n_rows = result->affected;
    hy_result_destroy(result);
    return HY_OK;
}

void hy_remote_insert_destroy(HyRemoteInsert *insert)
{
    if (!insert)
        return;
    hy_remote_copy_destroy(insert->copy);
    if (insert->stream.len)
        hy_error_free(run_on_stream(insert, "DROP EXTERNAL STREAM IF EXISTS "));
    hy_buffer_free(&insert->stream);
    hy_buffer_free(&insert->insert_sql);
    hy_buffer_free(&insert->piece);
    hy_arena_destroy(insert->arena);
    free(insert);
}
