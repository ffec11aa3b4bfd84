#include "client/client_internal.h"

#include "session/describe.h"

#include <stdlib.h>
#include <string.h>

struct HyClientInsert {
    HyBulkInsert *local;
    HyRemoteInsert *remote;
};

struct HyClientCopy {
    HyCopyStream *local;
    HyRemoteCopy *remote;
};

/* ---- Life ---- */

HyStatus hy_client_close(HyClient *client)
{
    HyStatus st = HY_OK;
    if (!client)
        return HY_OK;
    hy_client_log(client, "connection-closed", NULL, NULL);
    hy_client_instance_leave(client);
    if (client->session)
        st = hy_session_close(client->session);
    hy_remote_close(client->remote);
    free(client);
    return st;
}

/* The part of a path that names a database, without its ending. */
static HyStatus append_stem(HyBuffer *sql, const char *path)
{
    char name[256];
    const char *slash = strrchr(path, '/');
    const char *start = slash ? slash + 1 : path;
    const char *dot = strrchr(start, '.');
    size_t len = dot && dot != start ? (size_t)(dot - start) : strlen(start);
    if (len >= sizeof name)
        return hy_error("22023", "the name of the file \"%s\" is too long", path);
    memcpy(name, start, len);
    name[len] = 0;
    return hy_buffer_append_identifier(sql, name);
}

/* "<verb> <path>[ AS <alias>]" */
static HyStatus run_on_path(
    HyRemote *remote, const char *verb, const char *path, bool has_alias, const char *alias)
{
    HyBuffer sql = {0};
    HyResult *result = NULL;
    HyStatus st = hy_buffer_append_str(&sql, verb);
    if (!st)
        st = hy_buffer_append_identifier(&sql, path);
    if (!st && has_alias)
        st = hy_buffer_append_str(&sql, " AS ");
    if (!st && has_alias)
        st = alias ? hy_buffer_append_identifier(&sql, alias) : append_stem(&sql, path);
    if (!st)
        st = hy_remote_execute(remote, sql.data, sql.len, &result);
    if (st)
        st->position = -1; /* the text is not the caller's */
    hy_result_destroy(result);
    hy_buffer_free(&sql);
    return st;
}

static HyStatus attach_remote(
    HyRemote *remote, const char *path, const char *alias, HyCreateMode mode)
{
    if (!path)
        return hy_error("0A000", "a server has no databases in memory");
    if (mode == HY_CREATE_AND_REPLACE)
        HY_TRY(run_on_path(remote, "DROP DATABASE IF EXISTS ", path, false, NULL));
    if (mode == HY_CREATE_IF_NOT_EXISTS)
        HY_TRY(run_on_path(remote, "CREATE DATABASE IF NOT EXISTS ", path, false, NULL));
    else if (mode != HY_CREATE_NONE)
        HY_TRY(run_on_path(remote, "CREATE DATABASE ", path, false, NULL));
    return run_on_path(remote, "ATTACH DATABASE ", path, true, alias);
}

HyStatus hy_client_attach(HyClient *client, const char *path, const char *alias, HyCreateMode mode)
{
    return client->session ? hy_session_attach(client->session, path, alias, mode)
                           : attach_remote(client->remote, path, alias, mode);
}

/* ---- Statements ---- */

/* Statements longer than this are cut in the log. */
#define LOGGED_CHARS 4000

static void log_statement(const HyClient *client, const char *sql, size_t len, const HyError *st)
{
    char *text = strndup(sql, len < LOGGED_CHARS ? len : LOGGED_CHARS);
    hy_client_log(client, "query-end", "query", text ? text : "");
    if (st)
        hy_client_log(client, "query-end-user-error", "message", st->message);
    free(text);
}

static HyStatus execute(HyClient *client, const char *sql, size_t len, HyResult **out)
{
    return client->session ? hy_session_execute(client->session, sql, len, out)
                           : hy_remote_execute(client->remote, sql, len, out);
}

HyStatus hy_client_execute(HyClient *client, const char *sql, size_t len, HyResult **out)
{
    HyStatus st = execute(client, sql, len, out);
    if (client->log)
        log_statement(client, sql, len, st);
    return st;
}

void hy_client_cancel(HyClient *client)
{
    if (client->session)
        hy_session_cancel(client->session);
    else
        hy_remote_cancel(client->remote);
}

double hy_client_progress(HyClient *client)
{
    return client->session ? hy_session_progress(client->session) : -1;
}

bool hy_client_is_alive(const HyClient *client)
{
    return client->session || hy_remote_is_alive(client->remote);
}

const HyTextStyle *hy_client_style(const HyClient *client)
{
    return client->session ? hy_settings_style(client->session->settings) : &client->style;
}

static const char *session_parameter(const HySession *session, const char *name)
{
    static const char *const fixed[][2] = {{"is_superuser", "on"},
        {"session_authorization", "tableau_internal_user"}, {"integer_datetimes", "on"},
        {"hyper_version", "openhyper " HY_VERSION}, {"server_encoding", "UTF8"},
        {"client_encoding", "UTF8"}, {"application_name", ""}};
    static const char *const settings[][2] = {{"server_version", "server_version"},
        {"TimeZone", "time_zone"}, {"DateStyle", "date_style"}, {"IntervalStyle", "intervalstyle"},
        {"standard_conforming_strings", "standard_conforming_strings"}};
    for (size_t i = 0; i < HY_ARRAY_LEN(fixed); i++)
        if (strcmp(fixed[i][0], name) == 0)
            return fixed[i][1];
    for (size_t i = 0; i < HY_ARRAY_LEN(settings); i++)
        if (strcmp(settings[i][0], name) == 0)
            return hy_settings_get(session->settings, settings[i][1]);
    return NULL;
}

const char *hy_client_parameter(const HyClient *client, const char *name)
{
    return client->session ? session_parameter(client->session, name)
                           : hy_remote_parameter(client->remote, name);
}

/* ---- Catalog ---- */

HyStatus hy_client_list_schemas(HyClient *client, const char *database, char ***names)
{
    return client->session ? hy_session_list_schemas(client->session, database, names)
                           : hy_remote_list_schemas(client->remote, database, names);
}

HyStatus hy_client_list_tables(
    HyClient *client, const char *database, const char *schema, char ***names)
{
    return client->session ? hy_session_list_tables(client->session, database, schema, names)
                           : hy_remote_list_tables(client->remote, database, schema, names);
}

HyStatus hy_client_describe_table(HyClient *client, const char *database, const char *schema,
    const char *table, openhyper_table_info **out)
{
    return client->session
               ? hy_session_describe_table(client->session, database, schema, table, out)
               : hy_remote_describe_table(client->remote, database, schema, table, out);
}

/* ---- Bulk insert ---- */

HyStatus hy_client_insert_create(
    HyClient *client, const HyBulkInsertOptions *options, HyClientInsert **out)
{
    HyClientInsert *insert = calloc(1, sizeof *insert);
    if (!insert)
        return hy_error_oom(sizeof *insert);
    HyStatus st = client->session
                      ? hy_bulk_insert_create(client->session, options, &insert->local)
                      : hy_remote_insert_create(client->remote, options, &insert->remote);
    if (st)
        free(insert);
    else
        *out = insert;
    return st;
}

size_t hy_client_insert_column_count(const HyClientInsert *insert)
{
    return insert->local ? hy_bulk_insert_column_count(insert->local)
                         : hy_remote_insert_column_count(insert->remote);
}

HyType hy_client_insert_column_type(const HyClientInsert *insert, size_t column)
{
    return insert->local ? hy_bulk_insert_column_type(insert->local, column)
                         : hy_remote_insert_column_type(insert->remote, column);
}

HyStatus hy_client_insert_append(HyClientInsert *insert, const HyVector *columns, size_t n_rows)
{
    return insert->local ? hy_bulk_insert_append(insert->local, columns, n_rows)
                         : hy_remote_insert_append(insert->remote, columns, n_rows);
}

HyStatus hy_client_insert_finish(HyClientInsert *insert, int64_t *n_rows)
{
    return insert->local ? hy_bulk_insert_finish(insert->local, n_rows)
                         : hy_remote_insert_finish(insert->remote, n_rows);
}

void hy_client_insert_destroy(HyClientInsert *insert)
{
    if (!insert)
        return;
    hy_bulk_insert_destroy(insert->local);
    hy_remote_insert_destroy(insert->remote);
    free(insert);
}

/* ---- COPY ---- */

HyStatus hy_client_copy_open(HyClient *client, const char *sql, size_t len, HyClientCopy **out)
{
    HyClientCopy *copy = calloc(1, sizeof *copy);
    if (!copy)
        return hy_error_oom(sizeof *copy);
    HyStatus st = client->session ? hy_copy_stream_open(client->session, sql, len, &copy->local)
                                  : hy_remote_copy_open(client->remote, sql, len, &copy->remote);
    if (st)
        free(copy);
    else
        *out = copy;
    return st;
}

bool hy_client_copy_is_input(const HyClientCopy *copy)
{
    return copy->local ? hy_copy_stream_is_input(copy->local)
                       : hy_remote_copy_is_input(copy->remote);
}

bool hy_client_copy_is_output(const HyClientCopy *copy)
{
    return copy->local ? hy_copy_stream_is_output(copy->local)
                       : hy_remote_copy_is_output(copy->remote);
}

size_t hy_client_copy_column_count(const HyClientCopy *copy)
{
    return copy->local ? hy_copy_stream_column_count(copy->local)
                       : hy_remote_copy_column_count(copy->remote);
}

bool hy_client_copy_write(HyClientCopy *copy, const void *data, size_t len)
{
    return copy->local ? hy_copy_stream_write(copy->local, data, len)
                       : hy_remote_copy_write(copy->remote, data, len);
}

void hy_client_copy_read(HyClientCopy *copy, const char **data, size_t *len)
{
    if (copy->local)
        hy_copy_stream_read(copy->local, data, len);
    else
        hy_remote_copy_read(copy->remote, data, len);
}

HyStatus hy_client_copy_finish(HyClientCopy *copy, HyResult **out)
{
    return copy->local ? hy_copy_stream_finish(copy->local, out)
                       : hy_remote_copy_finish(copy->remote, out);
}

void hy_client_copy_fail(HyClientCopy *copy, const char *reason)
{
    if (copy->local)
        hy_copy_stream_fail(copy->local, reason);
    else
        hy_remote_copy_fail(copy->remote, reason);
}

void hy_client_copy_destroy(HyClientCopy *copy)
{
    if (!copy)
        return;
    hy_copy_stream_destroy(copy->local);
    hy_remote_copy_destroy(copy->remote);
    free(copy);
}
