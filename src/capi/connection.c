/* Connections: sessions on an engine, and who may use them when. */
#include "capi/capi_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_CHUNK_ROWS 256

/* ---- Making ---- */

/* What clients tell a server about themselves. */
static bool is_setting(const char *key)
{
    static const char *const about[] = {"endpoint", "dbname", "user_agent", "api_language"};
    for (size_t i = 0; i < HY_ARRAY_LEN(about); i++)
        if (strcmp(key, about[i]) == 0)
            return false;
    return true;
}

static HyStatus connect_client(
    HyClientInstance *engine, const hyper_parameters_t *parameters, HyClient **out)
{
    HyInstanceSetting *settings = calloc(parameters->n + 1, sizeof *settings);
    size_t n = 0;
    if (!settings)
        return hy_error_oom(0);
    for (size_t i = 0; i < parameters->n; i++)
        if (is_setting(parameters->items[i].key))
            settings[n++] =
                (HyInstanceSetting){parameters->items[i].key, parameters->items[i].value};
    HyStatus st = hy_client_connect(engine, settings, n, out);
    free(settings);
    return st;
}

/* connection->folder is set. */
static HyStatus open_client(hyper_connection_t *connection, HyClientInstance *engine,
    const hyper_parameters_t *parameters, hyper_create_mode_t mode)
{
    const char *path = hy_capi_parameter(parameters, "dbname");
    bool has_path = path && *path;
    HyClient *client;
    if (!has_path && mode != HYPER_DO_NOT_CREATE)
        return hy_error("3D000", "A database can only be created when its path is given.");
    HY_TRY(connect_client(engine, parameters, &client));
    char *absolute = has_path ? hy_connection_path(connection, path) : NULL;
    HyStatus st = HY_OK;
    if (has_path)
        st = absolute ? hy_client_attach(client, absolute, NULL, (HyCreateMode)mode)
                      : hy_error_oom(0);
    free(absolute);
    if (st)
        hy_error_free(hy_client_close(client));
    else
        connection->client = client;
    return st;
}

char *hy_connection_path(const hyper_connection_t *connection, const char *path)
{
    HyBuffer out = {0};
    if (*path == '/' || !connection->folder)
        return strdup(path);
    HyStatus st = hy_buffer_printf(&out, "%s/%s", connection->folder, path);
    char *absolute = st ? NULL : hy_buffer_take(&out);
    hy_error_free(st);
    hy_buffer_free(&out);
    return absolute;
}

static void free_connection(hyper_connection_t *connection)
{
    if (!connection)
        return;
    for (size_t i = 0; i < connection->n_status_texts; i++) {
        free(connection->status_texts[i].name);
        free(connection->status_texts[i].value);
    }
    free(connection->status_texts);
    hy_error_free(hy_client_instance_shutdown(connection->server, -1, NULL));
    free(connection->folder);
    pthread_mutex_destroy(&connection->lock);
    pthread_mutex_destroy(&connection->cancel_lock);
    free(connection);
}

static hyper_connection_t *new_connection(const char *folder)
{
    static atomic_uint counter;
    hyper_connection_t *connection = calloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    pthread_mutex_init(&connection->lock, NULL);
    pthread_mutex_init(&connection->cancel_lock, NULL);
    connection->chunk_rows = DEFAULT_CHUNK_ROWS;
    connection->folder = folder ? strdup(folder) : NULL;
    snprintf(connection->session_id, sizeof connection->session_id, "%014llx%08x",
        (unsigned long long)time(NULL), atomic_fetch_add(&counter, 1));
    if (folder && !connection->folder) {
        free_connection(connection);
        return NULL;
    }
    return connection;
}

static HyStatus connect_instance(hyper_instance_t *instance, const hyper_parameters_t *parameters,
    hyper_create_mode_t mode, hyper_connection_t **out)
{
    HyStatus st = HY_OK;
    hyper_connection_t *connection = new_connection(instance->folder);
    if (!connection)
        HY_GO(hy_error_oom(0));
    HY_GO(open_client(connection, instance->engine, parameters, mode));
    if (hy_instance_joined(instance, connection)) {
        *out = connection;
        return HY_OK;
    }
    hy_error_free(hy_client_close(connection->client));
    st = hy_error("08006", "The connection ended, because its process was shut down.");
done:
    free_connection(connection);
    (void)hy_instance_joined(instance, NULL);
    return st;
}

/* To an instance of another process. */
static HyStatus connect_server(const char *endpoint, const hyper_parameters_t *parameters,
    hyper_create_mode_t mode, hyper_connection_t **out)
{
    hyper_connection_t *connection = new_connection(NULL);
    if (!connection)
        return hy_error_oom(0);
    HyStatus st = hy_client_instance_at(endpoint, &connection->server);
    if (!st)
        st = open_client(connection, connection->server, parameters, mode);
    if (st)
        free_connection(connection);
    else
        *out = connection;
    return st;
}

hyper_error_t *hyper_connect(
    const hyper_parameters_t *parameters, hyper_connection_t **connection, hyper_create_mode_t mode)
{
    if (!parameters)
        return hy_capi_invalid("parameters");
    if (!connection)
        return hy_capi_invalid("connection");
    if ((unsigned)mode > HYPER_CREATE_AND_REPLACE)
        return hy_capi_error(hy_error("22023", "Invalid `hyper_create_mode_t` value"));
    const char *endpoint = hy_capi_parameter(parameters, "endpoint");
    if (!endpoint)
        return hy_capi_system_error(
            hy_error("08001", "The parameter \"endpoint\" is missing."), NULL);
    hyper_instance_t *instance = hy_instance_join(endpoint);
    return hy_capi_error(instance ? connect_instance(instance, parameters, mode, connection)
                                  : connect_server(endpoint, parameters, mode, connection));
}

/* ---- The end ---- */

/* A statement that runs holds the lock; it is cancelled until it lets go, as it may have been about
 * to start when it was told first. */
static void lock_against_statement(hyper_connection_t *connection)
{
    while (pthread_mutex_trylock(&connection->lock) != 0) {
        const struct timespec pause = {.tv_nsec = 1000000};
        hyper_error_destroy(hyper_cancel(connection));
        nanosleep(&pause, NULL);
    }
}

HyStatus hy_connection_sever(hyper_connection_t *connection)
{
    lock_against_statement(connection);
    if (connection->rowset)
        hy_rowset_orphan(connection->rowset);
    if (connection->inserter)
        hy_inserter_orphan(connection->inserter);
    hy_client_copy_destroy(connection->copy);
    connection->copy = NULL;
    pthread_mutex_lock(&connection->cancel_lock);
    HyClient *client = connection->client;
    connection->client = NULL;
    pthread_mutex_unlock(&connection->cancel_lock);
    HyStatus st = hy_client_close(client);
    pthread_mutex_unlock(&connection->lock);
    return st;
}

void hyper_disconnect(hyper_connection_t *connection)
{
    if (!connection)
        return;
    /* First the client, which is the engine's, then the bond to the engine. */
    hy_error_free(hy_connection_sever(connection));
    hy_instance_leave(connection);
    free_connection(connection);
}

hyper_error_t *hyper_cancel(hyper_connection_t *connection)
{
    if (!connection)
        return hy_capi_invalid("connection");
    pthread_mutex_lock(&connection->cancel_lock);
    if (connection->client)
        hy_client_cancel(connection->client);
    pthread_mutex_unlock(&connection->cancel_lock);
    return NULL;
}

/* ---- Who may use it ---- */

hyper_error_t *hy_connection_busy(void)
{
    HyStatus st = hy_error("55006", "The connection is not ready.");
    return hy_capi_error(
        hy_error_hint(st, "An open result, inserter or COPY uses it: close that first."));
}

hyper_error_t *hy_connection_begin_busy(hyper_connection_t *connection)
{
    if (!connection)
        return hy_capi_invalid("connection");
    pthread_mutex_lock(&connection->lock);
    if (connection->client)
        return NULL;
    pthread_mutex_unlock(&connection->lock);
    return hy_capi_system_error(
        hy_error("08006", "The connection ended, because its process was shut down."), NULL);
}

hyper_error_t *hy_connection_begin(hyper_connection_t *connection)
{
    hyper_error_t *error = hy_connection_begin_busy(connection);
    if (error)
        return error;
    if (!connection->rowset && !connection->inserter && !connection->copy)
        return NULL;
    pthread_mutex_unlock(&connection->lock);
    return hy_connection_busy();
}

void hy_connection_end(hyper_connection_t *connection)
{
    pthread_mutex_unlock(&connection->lock);
}

/* ---- Statements ---- */

void hy_connection_trace(const hyper_connection_t *connection, const char *sql)
{
    if (connection->trace)
        fprintf(connection->trace, "%s: %s\n", connection->session_id, sql);
}

/* Notices have no SQLSTATE in results; these two are the ones that statements raise with one. */
static const char *notice_sqlstate(const char *text)
{
    if (strstr(text, "there is no transaction in progress"))
        return "25P01";
    if (strstr(text, "there is already a transaction in progress"))
        return "25001";
    return "00000";
}

void hy_connection_tell_notices(hyper_connection_t *connection, const HyResult *result)
{
    for (size_t i = 0; i < result->n_notices && connection->receiver; i++) {
        const char *text = result->notices[i];
        connection->receiver(connection->receiver_context,
            hy_capi_error(hy_error(notice_sqlstate(text), "%s", text)));
    }
}

HyStatus hy_connection_run(hyper_connection_t *connection, const char *sql, HyResult **out)
{
    HyResult *result;
    hy_connection_trace(connection, sql);
    HY_TRY(hy_client_execute(connection->client, sql, strlen(sql), &result));
    hy_connection_tell_notices(connection, result);
    if (out)
        *out = result;
    else
        hy_result_destroy(result);
    return HY_OK;
}

hyper_error_t *hy_connection_command(hyper_connection_t *connection, const char *sql)
{
    hyper_error_t *error = hy_connection_begin(connection);
    if (error)
        return error;
    error = hy_capi_error(hy_connection_run(connection, sql, NULL));
    hy_connection_end(connection);
    return error;
}

hyper_error_t *hyper_set_connection_setting(
    hyper_connection_t *connection, const char *key, const char *value)
{
    HyBuffer sql = {0};
    if (!key)
        return hy_capi_invalid("key");
    if (!value)
        return hy_capi_invalid("value");
    HyStatus st = hy_buffer_printf(&sql, "SET %s = ", key);
    if (!st)
        st = hy_capi_literal(&sql, value);
    if (!st)
        st = hy_buffer_append(&sql, "", 1);
    hyper_error_t *error = st ? hy_capi_error(st) : hy_connection_command(connection, sql.data);
    hy_buffer_free(&sql);
    return error;
}

/* ---- State ---- */

hyper_connection_status_t hyper_connection_status(hyper_connection_t *connection)
{
    return connection ? HYPER_CONNECTION_OK : HYPER_CONNECTION_BAD;
}

bool hyper_connection_is_ready(hyper_connection_t *connection)
{
    hyper_error_t *error = hy_connection_begin(connection);
    if (!error)
        hy_connection_end(connection);
    hyper_error_destroy(error);
    return !error;
}

bool hyper_connection_is_alive(hyper_connection_t *connection)
{
    hyper_error_t *error = hy_connection_begin_busy(connection);
    bool is_alive = !error && hy_client_is_alive(connection->client);
    if (!error)
        hy_connection_end(connection);
    hyper_error_destroy(error);
    return is_alive;
}

void hyper_connection_trace(hyper_connection_t *connection, void *debug_destination)
{
    if (!connection)
        return;
    pthread_mutex_lock(&connection->lock);
    connection->trace = debug_destination;
    pthread_mutex_unlock(&connection->lock);
}

void hyper_set_notice_receiver(
    hyper_connection_t *connection, hyper_notice_receiver_t receiver, void *context)
{
    if (!connection)
        return;
    pthread_mutex_lock(&connection->lock);
    connection->receiver = receiver;
    connection->receiver_context = context;
    pthread_mutex_unlock(&connection->lock);
}

void hyper_set_rowset_async_callback(
    hyper_connection_t *connection, hyper_rowset_async_callback_t callback, void *context)
{
    if (!connection)
        return;
    pthread_mutex_lock(&connection->lock);
    connection->callback = callback;
    connection->callback_context = context;
    pthread_mutex_unlock(&connection->lock);
}

size_t hyper_set_chunk_size(hyper_connection_t *connection, size_t chunk_size)
{
    if (!connection)
        return 0;
    pthread_mutex_lock(&connection->lock);
    size_t former = connection->chunk_rows;
    connection->chunk_rows = chunk_size;
    pthread_mutex_unlock(&connection->lock);
    return former;
}

void hyper_set_chunked_mode(hyper_connection_t *connection, bool chunked_mode)
{
    (void)hyper_set_chunk_size(connection, chunked_mode ? DEFAULT_CHUNK_ROWS : 0);
}

void hyper_set_prefetch_threshold(hyper_connection_t *connection, size_t prefetch_threshold)
{
    (void)connection;
    (void)prefetch_threshold;
}

/* ---- What a server reports of itself ---- */

static const char *reported_value(const hyper_connection_t *connection, const char *name)
{
    const char *value = hy_client_parameter(connection->client, name);
    if (!value && strcmp(name, "session_identifier") == 0)
        return connection->session_id;
    return value;
}

static const char *keep_status_text(
    hyper_connection_t *connection, const char *name, const char *value)
{
    CapiStatusText *text = NULL;
    char *copy = strdup(value);
    for (size_t i = 0; i < connection->n_status_texts; i++)
        if (strcmp(connection->status_texts[i].name, name) == 0)
            text = &connection->status_texts[i];
    if (!text && copy) {
        size_t n = connection->n_status_texts;
        CapiStatusText *texts = realloc(connection->status_texts, (n + 1) * sizeof *texts);
        char *name_copy = texts ? strdup(name) : NULL;
        if (texts)
            connection->status_texts = texts;
        if (name_copy) {
            text = &texts[n];
            *text = (CapiStatusText){.name = name_copy};
            connection->n_status_texts++;
        }
    }
    if (!text) {
        free(copy);
        return NULL;
    }
    free(text->value);
    text->value = copy;
    return copy;
}

const char *hyper_connection_parameter_status(
    const hyper_connection_t *connection, const char *parameter_name)
{
    hyper_connection_t *writable = (hyper_connection_t *)(uintptr_t)connection;
    hyper_error_t *error = parameter_name ? hy_connection_begin_busy(writable) : NULL;
    if (error || !parameter_name) {
        hyper_error_destroy(error);
        return NULL;
    }
    const char *value = reported_value(connection, parameter_name);
    if (value)
        value = keep_status_text(writable, parameter_name, value);
    hy_connection_end(writable);
    return value;
}
