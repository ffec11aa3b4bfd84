/* The public C interface (include/openhyper.h): a thin cover over clients. */
#include "openhyper.h"

#include "client/client_instance.h"
#include "session/describe.h"
#include "session/file_report.h"
#include "sql/lexer.h"
#include "sql/parser.h"
#include "types/cast.h"

#include <stdlib.h>
#include <string.h>

/* The public types are the internal ones under other names; nothing is wrapped. */
#define ERROR(st)       ((openhyper_error *)(st))
#define INSTANCE(i)     ((HyClientInstance *)(i))
#define CLIENT(c)       ((HyClient *)(c))
#define RESULT(r)       ((HyResult *)(r))
#define CONST_RESULT(r) ((const HyResult *)(r))
#define CONST_ERROR(e)  ((const HyError *)(e))

_Static_assert(sizeof(openhyper_string) == sizeof(HyString), "public and internal strings differ");
_Static_assert(
    (int)OPENHYPER_STRING == (int)HY_PHYS_STRING && (int)OPENHYPER_U64 == (int)HY_PHYS_U64,
    "public and internal physical types differ");
_Static_assert((int)OPENHYPER_CREATE_AND_REPLACE == (int)HY_CREATE_AND_REPLACE,
    "public and internal create modes differ");

const char *openhyper_version(void)
{
    return HY_VERSION;
}

/* ---- Errors ---- */

const char *openhyper_error_sqlstate(const openhyper_error *error)
{
    return CONST_ERROR(error)->sqlstate;
}

const char *openhyper_error_message(const openhyper_error *error)
{
    return CONST_ERROR(error)->message;
}

const char *openhyper_error_detail(const openhyper_error *error)
{
    return CONST_ERROR(error)->detail;
}

const char *openhyper_error_hint(const openhyper_error *error)
{
    return CONST_ERROR(error)->hint;
}

int64_t openhyper_error_position(const openhyper_error *error)
{
    return CONST_ERROR(error)->position;
}

void openhyper_error_free(openhyper_error *error)
{
    hy_error_free((HyError *)error);
}

void openhyper_free(void *memory)
{
    free(memory);
}

/* ---- Instance and connections ---- */

static size_t count_settings(const openhyper_setting *settings)
{
    size_t n = 0;
    while (settings && settings[n].key)
        n++;
    return n;
}

openhyper_error *openhyper_instance_create(
    const openhyper_setting *settings, openhyper_instance **out)
{
    return ERROR(hy_client_instance_create(
        (const HyInstanceSetting *)settings, count_settings(settings), (HyClientInstance **)out));
}

openhyper_error *openhyper_instance_start(
    const char *folder, const openhyper_setting *settings, openhyper_instance **out)
{
    return ERROR(hy_client_instance_start(folder, (const HyInstanceSetting *)settings,
        count_settings(settings), (HyClientInstance **)out));
}

openhyper_error *openhyper_instance_at(const char *endpoint, openhyper_instance **out)
{
    return ERROR(hy_client_instance_at(endpoint, (HyClientInstance **)out));
}

openhyper_error *openhyper_instance_listen(openhyper_instance *instance, const char *endpoint)
{
    return ERROR(hy_client_instance_listen(INSTANCE(instance), endpoint));
}

const char *openhyper_instance_endpoint(openhyper_instance *instance)
{
    return hy_client_instance_endpoint(INSTANCE(instance));
}

int64_t openhyper_instance_process(const openhyper_instance *instance)
{
    return hy_client_instance_pid((const HyClientInstance *)instance);
}

openhyper_error *openhyper_instance_shutdown(
    openhyper_instance *instance, int timeout_ms, int *exit_code)
{
    return ERROR(hy_client_instance_shutdown(INSTANCE(instance), timeout_ms, exit_code));
}

void openhyper_instance_destroy(openhyper_instance *instance)
{
    hy_error_free(hy_client_instance_shutdown(INSTANCE(instance), -1, NULL));
}

openhyper_error *openhyper_connect(
    openhyper_instance *instance, const openhyper_setting *settings, openhyper_connection **out)
{
    return ERROR(hy_client_connect(INSTANCE(instance), (const HyInstanceSetting *)settings,
        count_settings(settings), (HyClient **)out));
}

openhyper_error *openhyper_attach(openhyper_connection *connection, const char *path,
    const char *alias, openhyper_create_mode mode)
{
    return ERROR(hy_client_attach(CLIENT(connection), path, alias, (HyCreateMode)mode));
}

openhyper_error *openhyper_disconnect(openhyper_connection *connection)
{
    return ERROR(hy_client_close(CLIENT(connection)));
}

void openhyper_cancel(openhyper_connection *connection)
{
    hy_client_cancel(CLIENT(connection));
}

double openhyper_progress(const openhyper_connection *connection)
{
    return hy_client_progress((HyClient *)(uintptr_t)connection);
}

/* ---- Statements and results ---- */

openhyper_error *openhyper_execute(
    openhyper_connection *connection, const char *sql, size_t len, openhyper_result **out)
{
    HyResult *result;
    HyStatus st = hy_client_execute(CLIENT(connection), sql, len, &result);
    if (!st)
        *out = (openhyper_result *)result;
    return ERROR(st);
}

void openhyper_result_destroy(openhyper_result *result)
{
    hy_result_destroy(RESULT(result));
}

int64_t openhyper_result_affected_rows(const openhyper_result *result)
{
    return CONST_RESULT(result)->affected;
}

const char *openhyper_result_tag(const openhyper_result *result)
{
    return CONST_RESULT(result)->tag;
}

bool openhyper_result_has_rows(const openhyper_result *result)
{
    return CONST_RESULT(result)->has_rows;
}

const char *openhyper_result_notice(const openhyper_result *result, size_t index)
{
    const HyResult *r = CONST_RESULT(result);
    return index < r->n_notices ? r->notices[index] : NULL;
}

size_t openhyper_result_column_count(const openhyper_result *result)
{
    return CONST_RESULT(result)->n_columns;
}

const char *openhyper_result_column_name(const openhyper_result *result, size_t column)
{
    return CONST_RESULT(result)->column_names[column];
}

openhyper_type openhyper_result_column_type(const openhyper_result *result, size_t column)
{
    return hy_public_type(CONST_RESULT(result)->column_types[column]);
}

const char *openhyper_result_column_type_name(const openhyper_result *result, size_t column)
{
    const HyResult *r = CONST_RESULT(result);
    HyBuffer text = {0};
    HyStatus st = hy_type_format(r->column_types[column], &text);
    const char *name = st ? NULL : hy_arena_strndup(r->arena, text.data, text.len);
    hy_error_free(st);
    hy_buffer_free(&text);
    return name ? name : "";
}

/* The rowset gives HyVectors; the public column is their data and validity. */
openhyper_error *openhyper_result_fetch(
    openhyper_result *result, const openhyper_column **columns, size_t *n_rows)
{
    HyResult *r = RESULT(result);
    *n_rows = 0;
    *columns = NULL;
    if (!r->rows || r->next_piece >= hy_rowset_piece_count(r->rows))
        return NULL;
    if (!r->fetched && r->n_columns) {
        r->fetched = hy_arena_alloc(r->arena, r->n_columns * sizeof(openhyper_column));
        if (!r->fetched)
            return ERROR(hy_error_oom(0));
    }
    const HyBatch *piece = hy_rowset_piece(r->rows, r->next_piece++);
    openhyper_column *out = r->fetched;
    for (size_t i = 0; i < r->n_columns; i++)
        out[i] =
            (openhyper_column){.data = piece->cols[i].data, .validity = piece->cols[i].validity};
    *columns = out;
    *n_rows = piece->n_rows;
    return NULL;
}

int64_t openhyper_result_row_count(const openhyper_result *result)
{
    const HyResult *r = CONST_RESULT(result);
    return r->rows ? (int64_t)hy_rowset_row_count(r->rows) : 0;
}

openhyper_error *openhyper_format_value(const openhyper_connection *connection,
    const openhyper_result *result, size_t column, const void *value, char **text, size_t *len)
{
    HyBuffer buffer = {0};
    HyStatus st = hy_value_format(CONST_RESULT(result)->column_types[column], value,
        hy_client_style((const HyClient *)connection), &buffer);
    if (st) {
        hy_buffer_free(&buffer);
        return ERROR(st);
    }
    *len = buffer.len;
    *text = hy_buffer_take(&buffer);
    return *text ? NULL : ERROR(hy_error_oom(0));
}

/* ---- Catalog ---- */

openhyper_error *openhyper_list_schemas(
    openhyper_connection *connection, const char *database, char ***names)
{
    return ERROR(hy_client_list_schemas(CLIENT(connection), database, names));
}

openhyper_error *openhyper_list_tables(
    openhyper_connection *connection, const char *database, const char *schema, char ***names)
{
    return ERROR(hy_client_list_tables(CLIENT(connection), database, schema, names));
}

openhyper_error *openhyper_describe_table(openhyper_connection *connection, const char *database,
    const char *schema, const char *table, openhyper_table_info **out)
{
    return ERROR(hy_client_describe_table(CLIENT(connection), database, schema, table, out));
}

/* ---- Bulk insert ---- */

openhyper_error *openhyper_appender_create(openhyper_connection *connection, const char *database,
    const char *schema, const char *table, const openhyper_stream_column *columns, size_t n_columns,
    const char *const *targets, const char *const *expressions, size_t n_targets,
    openhyper_appender **out)
{
    HyClientInsert *insert;
    const HyBulkInsertOptions options = {.database = database,
        .schema = schema,
        .table = table,
        .columns = (const HyStreamColumn *)columns,
        .n_columns = n_columns,
        .targets = targets,
        .expressions = expressions,
        .n_targets = n_targets};
    HyStatus st = hy_client_insert_create(CLIENT(connection), &options, &insert);
    if (!st)
        *out = (openhyper_appender *)insert;
    return ERROR(st);
}

size_t openhyper_appender_column_count(const openhyper_appender *appender)
{
    return hy_client_insert_column_count((const HyClientInsert *)appender);
}

openhyper_type openhyper_appender_column_type(const openhyper_appender *appender, size_t column)
{
    return hy_public_type(hy_client_insert_column_type((const HyClientInsert *)appender, column));
}

openhyper_error *openhyper_appender_append(
    openhyper_appender *appender, const openhyper_column *columns, size_t n_rows)
{
    HyClientInsert *insert = (HyClientInsert *)appender;
    size_t n = hy_client_insert_column_count(insert);
    HyVector *vectors = malloc((n ? n : 1) * sizeof *vectors);
    if (!vectors)
        return ERROR(hy_error_oom(n * sizeof *vectors));
    for (size_t i = 0; i < n; i++)
        vectors[i] = (HyVector){.type = hy_client_insert_column_type(insert, i),
            .kind = HY_VECTOR_FLAT,
            .data = (void *)(uintptr_t)columns[i].data,
            .validity = (uint64_t *)(uintptr_t)columns[i].validity};
    HyStatus st = hy_client_insert_append(insert, vectors, n_rows);
    free(vectors);
    return ERROR(st);
}

openhyper_error *openhyper_appender_finish(openhyper_appender *appender, int64_t *n_rows)
{
    int64_t count = 0;
    HyStatus st = hy_client_insert_finish((HyClientInsert *)appender, &count);
    if (!st && n_rows)
        *n_rows = count;
    return ERROR(st);
}

void openhyper_appender_destroy(openhyper_appender *appender)
{
    hy_client_insert_destroy((HyClientInsert *)appender);
}

/* ---- Files ---- */

openhyper_error *openhyper_verify_file(const char *path,
    void (*report)(void *context, const char *fault), void *context, size_t *n_faults)
{
    return ERROR(hy_verify_file(path, report, context, n_faults));
}

openhyper_error *openhyper_describe_file(const char *path, char **json)
{
    return ERROR(hy_describe_file(path, json));
}

/* ---- Text helpers ---- */

void openhyper_split_statement(const char *text, size_t len, size_t *end)
{
    *end = hy_split_statements(text, len);
}

const char *openhyper_keyword(size_t index)
{
    const size_t n_keywords = HY_TOK_KIND_COUNT - HY_TOK_PLAIN_COUNT;
    if (index < n_keywords)
        return hy_keyword_text((unsigned)(HY_TOK_PLAIN_COUNT + index));
    const HyFunc *func = hy_func_at(index - n_keywords);
    return func ? func->name : NULL;
}
