/* Statements and their row sets. */
#include "capi/capi_internal.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct hyper_rowset_t {
    _Atomic(hyper_connection_t *) connection; /* NULL once that is gone */
    hyper_rowset_type_t type;
    hyper_table_definition_t *definition;
    int64_t affected;
    CapiForm form;
    CapiResult *result; /* NULL for COPY */
    size_t chunk_rows;  /* 0: all */
    size_t rows_left;
    CapiRange next;
    HyClientCopy *copy; /* of a COPY that is open */
};

/* ---- What a text is ---- */

/* Behind blanks and comments. */
static const char *skip_blanks(const char *sql)
{
    for (;;) {
        while (isspace((unsigned char)*sql))
            sql++;
        if (sql[0] == '-' && sql[1] == '-') {
            sql += strcspn(sql, "\n");
            continue;
        }
        if (sql[0] != '/' || sql[1] != '*')
            return sql;
        int depth = 0;
        do {
            if (sql[0] == '/' && sql[1] == '*') {
                depth++;
                sql += 2;
            } else if (sql[0] == '*' && sql[1] == '/') {
                depth--;
                sql += 2;
            } else if (*sql) {
                sql++;
            }
        } while (depth && *sql);
    }
}

bool hy_capi_is_copy(const char *sql)
{
    sql = skip_blanks(sql);
    return strncasecmp(sql, "copy", 4) == 0 && !isalnum((unsigned char)sql[4]) && sql[4] != '_';
}

static bool is_empty(const char *sql)
{
    do
        sql = skip_blanks(sql);
    while (*sql == ';' && *++sql);
    return !*sql;
}

/* ---- Opening ---- */

static hyper_table_definition_t *result_definition(const HyResult *result)
{
    hyper_table_definition_t *definition =
        hyper_create_table_definition(NULL, NULL, NULL, HYPER_PERMANENT, false);
    for (size_t i = 0; result && i < result->n_columns && definition; i++) {
        HyType type = result->column_types[i];
        bool is_null = type.id == HY_TYPE_UNKNOWN;
        if (!hy_definition_add(definition, result->column_names[i],
                is_null ? HYPER_OID_TEXT : hy_type_oid(type), (uint32_t)hy_type_typmod(type), NULL,
                false)) {
            hyper_destroy_table_definition(definition);
            definition = NULL;
        }
    }
    return definition;
}

static void free_rowset(hyper_rowset_t *rowset)
{
    if (!rowset)
        return;
    hyper_destroy_table_definition(rowset->definition);
    hy_client_copy_destroy(rowset->copy);
    hy_capi_result_unref(rowset->result);
    free(rowset);
}

/* Takes the result over, on success only. */
static HyStatus keep_result(hyper_rowset_t *rowset, HyResult *result)
{
    CapiResult *shared = calloc(1, sizeof *shared);
    if (!shared)
        return hy_error_oom(sizeof *shared);
    if (!rowset->definition) /* that of a COPY is given out by now */
        rowset->definition = result_definition(result);
    if (!rowset->definition) {
        free(shared);
        return hy_error_oom(0);
    }
    shared->references = 1;
    shared->result = result;
    shared->style = *hy_client_style(rowset->connection->client);
    rowset->result = shared;
    rowset->affected = result->affected;
    rowset->rows_left = result->rows && result->n_columns ? hy_rowset_row_count(result->rows) : 0;
    return HY_OK;
}

static HyStatus open_statement(hyper_rowset_t *rowset, const char *sql)
{
    HyResult *result;
    HY_TRY(hy_connection_run(rowset->connection, sql, &result));
    HyStatus st = keep_result(rowset, result);
    if (st) {
        hy_result_destroy(result);
        return st;
    }
    rowset->type = result->has_rows ? HYPER_ROWSET_QUERY_RESULT
                   : is_empty(sql)  ? HYPER_ROWSET_EMPTY_QUERY
                                    : HYPER_ROWSET_COMMAND;
    return HY_OK;
}

/* A COPY that has no other end here has run when its stream is open. */
static HyStatus finish_copy(hyper_rowset_t *rowset)
{
    HyResult *result;
    HY_TRY(hy_client_copy_finish(rowset->copy, &result));
    hy_client_copy_destroy(rowset->copy);
    rowset->copy = NULL;
    hy_connection_tell_notices(rowset->connection, result);
    HyStatus st = keep_result(rowset, result);
    if (st)
        hy_result_destroy(result);
    return st;
}

static HyStatus open_copy(hyper_rowset_t *rowset, const char *sql)
{
    hyper_connection_t *connection = rowset->connection;
    hy_connection_trace(connection, sql);
    HY_TRY(hy_client_copy_open(connection->client, sql, strlen(sql), &rowset->copy));
    rowset->type = hy_client_copy_is_input(rowset->copy)    ? HYPER_ROWSET_COPY_IN
                   : hy_client_copy_is_output(rowset->copy) ? HYPER_ROWSET_COPY_OUT
                                                            : HYPER_ROWSET_COMMAND;
    if (rowset->type == HYPER_ROWSET_COMMAND)
        return finish_copy(rowset);
    rowset->definition = result_definition(NULL);
    return rowset->definition ? HY_OK : hy_error_oom(0);
}

static void tell_callback(const hyper_connection_t *connection, const hyper_rowset_t *rowset)
{
    size_t step = rowset->chunk_rows ? rowset->chunk_rows : SIZE_MAX;
    if (!connection->callback || rowset->type != HYPER_ROWSET_QUERY_RESULT)
        return;
    for (size_t left = rowset->rows_left; left; left -= left < step ? left : step)
        connection->callback(connection->callback_context, false);
    connection->callback(connection->callback_context, true);
}

static hyper_error_t *execute(
    hyper_connection_t *connection, const char *sql, CapiForm form, hyper_rowset_t **out)
{
    hyper_error_t *error = hy_connection_begin(connection);
    if (error)
        return error;
    HyStatus st;
    hyper_rowset_t *rowset = calloc(1, sizeof *rowset);
    if (rowset) {
        rowset->connection = connection;
        rowset->affected = -1;
        rowset->form = form;
        rowset->chunk_rows = connection->chunk_rows;
        st = hy_capi_is_copy(sql) ? open_copy(rowset, sql) : open_statement(rowset, sql);
    } else {
        st = hy_error_oom(sizeof *rowset);
    }
    if (st) {
        free_rowset(rowset);
    } else {
        connection->rowset = rowset;
        tell_callback(connection, rowset);
        *out = rowset;
    }
    hy_connection_end(connection);
    return hy_capi_error(st);
}

hyper_error_t *hyper_execute_query(
    hyper_connection_t *connection, const char *query, hyper_rowset_t **rowset)
{
    return hyper_execute_query_params(
        connection, query, HYPER_ROWSET_RESULT_FORMAT_HYPER_BINARY, rowset);
}

hyper_error_t *hyper_execute_query_params(hyper_connection_t *connection, const char *query,
    hyper_rowset_result_format_t result_format, hyper_rowset_t **rowset)
{
    if (!query)
        return hy_capi_invalid("query");
    if (!rowset)
        return hy_capi_invalid("rowset");
    if ((unsigned)result_format > CAPI_FORM_HYPER_BINARY)
        return hy_capi_error(hy_error("08P01", "unexpected format code: %d", (int)result_format));
    return execute(connection, query, (CapiForm)result_format, rowset);
}

hyper_error_t *hyper_execute_command(
    hyper_connection_t *connection, const char *query, int *affected_row_count)
{
    HyResult *result;
    if (!query)
        return hy_capi_invalid("query");
    hyper_error_t *error = hy_connection_begin(connection);
    if (error)
        return error;
    HyStatus st = hy_connection_run(connection, query, &result);
    hy_connection_end(connection);
    if (st)
        return hy_capi_error(st);
    if (affected_row_count)
        *affected_row_count = result->affected > INT_MAX ? INT_MAX : (int)result->affected;
    hy_result_destroy(result);
    return NULL;
}

/* ---- Prepared statements ---- */

hyper_error_t *hyper_prepare(
    hyper_connection_t *connection, const char *statement_name, const char *query)
{
    HyBuffer sql = {0};
    if (!statement_name)
        return hy_capi_invalid("statement_name");
    if (!query)
        return hy_capi_invalid("query");
    HyStatus st = hy_buffer_append_str(&sql, "PREPARE ");
    if (!st)
        st = hy_capi_identifier(&sql, statement_name);
    if (!st)
        st = hy_buffer_printf(&sql, " AS %s", query);
    hyper_error_t *error = st ? hy_capi_error(st) : hy_connection_command(connection, sql.data);
    hy_buffer_free(&sql);
    return error;
}

hyper_error_t *hyper_execute_prepared(hyper_connection_t *connection, const char *statement_name,
    hyper_rowset_result_format_t result_format, hyper_rowset_t **rowset)
{
    HyBuffer sql = {0};
    if (!statement_name)
        return hy_capi_invalid("statement_name");
    HyStatus st = hy_buffer_append_str(&sql, "EXECUTE ");
    if (!st)
        st = hy_capi_identifier(&sql, statement_name);
    if (!st)
        st = hy_buffer_append(&sql, "", 1);
    hyper_error_t *error =
        st ? hy_capi_error(st)
           : hyper_execute_query_params(connection, sql.data, result_format, rowset);
    hy_buffer_free(&sql);
    /* To a client of this interface the name is a part of the statement. */
    hy_capi_restate(error, "26000", "42601");
    return error;
}

/* ---- The row set ---- */

void hy_rowset_orphan(hyper_rowset_t *rowset)
{
    hyper_connection_t *connection = rowset->connection;
    hy_client_copy_destroy(rowset->copy);
    rowset->copy = NULL;
    if (rowset->result)
        rowset->result->style.names = NULL;
    rowset->connection = NULL;
    connection->rowset = NULL;
}

/* The row set's connection, locked; NULL when that is gone. */
static hyper_connection_t *lock_connection(hyper_rowset_t *rowset)
{
    hyper_connection_t *connection = rowset->connection;
    if (!connection)
        return NULL;
    pthread_mutex_lock(&connection->lock);
    if (rowset->connection)
        return connection;
    pthread_mutex_unlock(&connection->lock);
    return NULL;
}

void hyper_close_rowset(hyper_rowset_t *rowset)
{
    if (!rowset)
        return;
    hyper_connection_t *connection = lock_connection(rowset);
    if (connection) {
        if (rowset->type == HYPER_ROWSET_COPY_IN) { /* the data follow */
            connection->copy = rowset->copy;
            rowset->copy = NULL;
        }
        hy_client_copy_destroy(rowset->copy);
        rowset->copy = NULL;
        connection->rowset = NULL;
        hy_connection_end(connection);
    }
    free_rowset(rowset);
}

hyper_rowset_type_t hyper_rowset_get_type(hyper_rowset_t *rowset)
{
    return rowset ? rowset->type : HYPER_ROWSET_EMPTY_QUERY;
}

const hyper_table_definition_t *hyper_rowset_get_table_definition(const hyper_rowset_t *rowset)
{
    return rowset ? rowset->definition : NULL;
}

int64_t hyper_rowset_get_affected_row_count(const hyper_rowset_t *rowset)
{
    return rowset ? rowset->affected : -1;
}

static void advance(hyper_rowset_t *rowset, size_t n)
{
    rowset->rows_left -= n;
    while (n) {
        size_t in_piece =
            hy_rowset_piece(rowset->result->result->rows, rowset->next.piece)->n_rows -
            rowset->next.row;
        if (n < in_piece) {
            rowset->next.row += n;
            return;
        }
        n -= in_piece;
        rowset->next.piece++;
        rowset->next.row = 0;
    }
}

hyper_error_t *hyper_rowset_get_next_chunk(
    hyper_rowset_t *rowset, hyper_rowset_chunk_t **rowset_chunk)
{
    if (!rowset)
        return hy_capi_invalid("rowset");
    if (!rowset_chunk)
        return hy_capi_invalid("rowset_chunk");
    size_t n = rowset->rows_left;
    if (rowset->chunk_rows && n > rowset->chunk_rows)
        n = rowset->chunk_rows;
    if (!n) {
        *rowset_chunk = NULL;
        return NULL;
    }
    CapiRange range = rowset->next;
    range.n_rows = n;
    /* Texts may need the names that the session knows. */
    hyper_connection_t *connection =
        rowset->form == CAPI_FORM_TEXT ? lock_connection(rowset) : NULL;
    HyStatus st = hy_chunk_create(rowset->result, rowset->form, range, rowset_chunk);
    if (connection)
        hy_connection_end(connection);
    if (!st)
        advance(rowset, n);
    return hy_capi_error(st);
}

/* ---- COPY TO STDOUT ---- */

bool hyper_rowset_has_copy_data(const hyper_rowset_t *rowset)
{
    return rowset && rowset->type == HYPER_ROWSET_COPY_OUT;
}

/* The next bytes of an open COPY; at its end, how it ended. */
static HyStatus read_copy(hyper_rowset_t *rowset, char **buffer, size_t *length)
{
    const char *data;
    size_t len;
    hy_client_copy_read(rowset->copy, &data, &len);
    if (!len)
        return finish_copy(rowset);
    *buffer = malloc(len);
    if (!*buffer)
        return hy_error_oom(len);
    memcpy(*buffer, data, len);
    *length = len;
    return HY_OK;
}

hyper_error_t *hyper_rowset_get_copy_data(hyper_rowset_t *rowset, char **buffer, size_t *length)
{
    if (!rowset)
        return hy_capi_invalid("rowset");
    if (!buffer)
        return hy_capi_invalid("buffer");
    if (!length)
        return hy_capi_invalid("length");
    *buffer = NULL;
    *length = 0;
    hyper_connection_t *connection = lock_connection(rowset);
    HyStatus st = connection && rowset->copy && rowset->type == HYPER_ROWSET_COPY_OUT
                      ? read_copy(rowset, buffer, length)
                      : HY_OK;
    if (st) { /* it has failed: there is no more */
        hy_client_copy_destroy(rowset->copy);
        rowset->copy = NULL;
    }
    if (connection)
        hy_connection_end(connection);
    return hy_capi_error(st);
}

void hyper_rowset_free_copy_data(char *buffer)
{
    free(buffer);
}
