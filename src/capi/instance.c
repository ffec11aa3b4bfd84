/* Instances: engines in this process, found by their endpoints. */
#include "capi/capi_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* All instances of the process, their connections and what is marked in them so. Held for moments
 * only: never while a statement runs or a file is opened. */
static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t registry_changed = PTHREAD_COND_INITIALIZER;
static hyper_instance_t *registry;

/* ---- Making ---- */

/* Settings of a server process that mean nothing to an engine without sockets and log files. */
static bool is_server_only(const char *key)
{
    static const char *const keys[] = {"callback_connection", "domain_socket_dir", "init_user",
        "language", "listen_connection", "log_file_max_count", "log_file_size_limit", "no_password",
        "skip_license", "use_tcp_port"};
    for (size_t i = 0; i < HY_ARRAY_LEN(keys); i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static HyStatus create_engine(
    const char *hyper_path, const hyper_parameters_t *parameters, HyClientInstance **out)
{
    HyInstanceSetting *settings = calloc(parameters->n + 1, sizeof *settings);
    size_t n = 0;
    if (!settings)
        return hy_error_oom(0);
    for (size_t i = 0; i < parameters->n; i++)
        if (hyper_path || !is_server_only(parameters->items[i].key))
            settings[n++] =
                (HyInstanceSetting){parameters->items[i].key, parameters->items[i].value};
    HyStatus st = hyper_path ? hy_client_instance_start(hyper_path, settings, n, out)
                             : hy_client_instance_create(settings, n, out);
    free(settings);
    return st;
}

/* What a server with these parameters would say; the random part keeps endpoints apart. */
static char *make_endpoint(const hyper_parameters_t *parameters)
{
    char text[64];
    uint64_t random[2];
    const char *folder = hy_capi_parameter(parameters, "domain_socket_dir");
    HyBuffer out = {0};
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        random[0] = (uint64_t)(uintptr_t)&registry ^ (uint64_t)getpid();
        random[1] = (uint64_t)(uintptr_t)parameters;
    }
    snprintf(text, sizeof text, "/tmp/%016llx%016llx", (unsigned long long)random[0],
        (unsigned long long)random[1]);
    HyStatus st =
        folder && *folder
            ? hy_buffer_printf(&out, "tab.domain://%s/domain/.s.PGSQL.%ld.%llx", folder,
                  (long)getpid(), (unsigned long long)random[0])
            : hy_buffer_printf(&out, "tab.domain://%s/domain/.s.PGSQL.%ld", text, (long)getpid());
    char *endpoint = st ? NULL : hy_buffer_take(&out);
    hy_error_free(st);
    hy_buffer_free(&out);
    return endpoint;
}

static void free_instance(hyper_instance_t *instance)
{
    if (!instance)
        return;
    hy_error_free(hy_client_instance_shutdown(instance->engine, -1, NULL));
    free(instance->endpoint);
    free(instance->listen);
    free(instance->folder);
    free(instance);
}

static HyStatus publish(hyper_instance_t *instance)
{
    HyStatus st = HY_OK;
    pthread_mutex_lock(&registry_lock);
    for (const hyper_instance_t *i = registry; i && !st; i = i->next)
        if (strcmp(i->endpoint, instance->endpoint) == 0)
            st = hy_error("08001", "the endpoint %s is in use", instance->endpoint);
    if (!st) {
        instance->next = registry;
        registry = instance;
    }
    pthread_mutex_unlock(&registry_lock);
    return st;
}

static HyStatus name_server(hyper_instance_t *instance)
{
    instance->endpoint = strdup(hy_client_instance_endpoint(instance->engine));
    return instance->endpoint ? HY_OK : hy_error_oom(0);
}

/* Where somebody has said that it shall listen, it does so at once; else when its endpoint is asked
 * for, so that other processes can come. */
static HyStatus name_engine(hyper_instance_t *instance, const hyper_parameters_t *parameters)
{
    const char *port = hy_capi_parameter(parameters, "use_tcp_port");
    const char *listen = hy_capi_parameter(parameters, "listen_connection");
    HyBuffer text = {0};
    HyStatus st = HY_OK;
    instance->folder = getcwd(NULL, 0);
    if (!instance->folder)
        HY_GO(hy_error_oom(0));
    if (listen && *listen)
        HY_GO(hy_buffer_append_str(&text, listen));
    else if (port && *port)
        HY_GO(hy_buffer_printf(&text, "tab.tcp://localhost:%s", port));
    if (text.len) {
        HY_GO(hy_buffer_append_char(&text, 0));
        HY_GO(hy_client_instance_listen(instance->engine, text.data));
        HY_GO(name_server(instance));
    } else {
        instance->endpoint = make_endpoint(parameters);
        instance->listen = instance->endpoint ? strdup(instance->endpoint) : NULL;
        if (!instance->listen)
            HY_GO(hy_error_oom(0));
    }
done:
    hy_buffer_free(&text);
    return st;
}

static HyStatus start(
    const char *hyper_path, const hyper_parameters_t *parameters, hyper_instance_t **out)
{
    for (size_t i = 0; i < parameters->n; i++)
        if (strchr(parameters->items[i].key, '-'))
            return hy_error("22023", "Invalid name of a parameter: %s. It must not contain '-'.",
                parameters->items[i].key);
    hyper_instance_t *instance = calloc(1, sizeof *instance);
    HyStatus st = HY_OK;
    if (!instance)
        HY_GO(hy_error_oom(0));
    HY_GO(create_engine(hyper_path, parameters, &instance->engine));
    HY_GO(hyper_path ? name_server(instance) : name_engine(instance, parameters));
    HY_GO(publish(instance));
    *out = instance;
    instance = NULL;
done:
    free_instance(instance);
    return st;
}

hyper_error_t *hyper_instance_create(const char *hyper_path, hyper_telemetry_t telemetry,
    const hyper_parameters_t *parameters, hyper_instance_t **instance)
{
    (void)telemetry;
    if (hyper_path && !*hyper_path) /* so the C++ wrapper says that there is none */
        hyper_path = NULL;
    if (!parameters)
        return hy_capi_invalid("parameters");
    if (!instance)
        return hy_capi_invalid("instance");
    HyStatus st = start(hyper_path, parameters, instance);
    if (!st)
        return NULL;
    hyper_error_t *cause = hy_capi_system_error(st, NULL);
    return hy_capi_system_error(hy_error("58000", "Failed to start a new Hyper instance."), cause);
}

/* ---- Connections of an instance ---- */

hyper_instance_t *hy_instance_join(const char *endpoint)
{
    pthread_mutex_lock(&registry_lock);
    hyper_instance_t *instance = registry;
    while (instance && (instance->is_closed || strcmp(instance->endpoint, endpoint) != 0))
        instance = instance->next;
    if (instance)
        instance->n_connecting++;
    pthread_mutex_unlock(&registry_lock);
    return instance;
}

bool hy_instance_joined(hyper_instance_t *instance, hyper_connection_t *connection)
{
    pthread_mutex_lock(&registry_lock);
    bool is_open = !instance->is_closed;
    if (connection && is_open) {
        connection->instance = instance;
        connection->next = instance->connections;
        if (connection->next)
            connection->next->previous = connection;
        instance->connections = connection;
    }
    /* Without a connection to end, the session is closed by now. */
    if (is_open || !connection)
        instance->n_connecting--;
    pthread_cond_broadcast(&registry_changed);
    pthread_mutex_unlock(&registry_lock);
    return is_open;
}

static void unlink_connection(hyper_connection_t *connection)
{
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        connection->instance->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    connection->next = connection->previous = NULL;
    connection->instance = NULL;
}

void hy_instance_leave(hyper_connection_t *connection)
{
    pthread_mutex_lock(&registry_lock);
    while (connection->is_being_closed)
        pthread_cond_wait(&registry_changed, &registry_lock);
    if (connection->instance)
        unlink_connection(connection);
    pthread_mutex_unlock(&registry_lock);
}

/* ---- The end ---- */

static void unpublish(hyper_instance_t *instance)
{
    hyper_instance_t **link = &registry;
    instance->is_closed = true;
    while (*link && *link != instance)
        link = &(*link)->next;
    if (*link)
        *link = instance->next;
}

static hyper_error_t *stop_engine(hyper_instance_t *instance, int timeout_ms)
{
    int exit_code;
    HyStatus st = hy_client_instance_shutdown(instance->engine, timeout_ms, &exit_code);
    instance->engine = NULL;
    if (!st || !exit_code)
        return hy_capi_error(st);
    return hy_capi_system_error(st, hy_capi_exit_code(exit_code));
}

static hyper_error_t *end_instance(hyper_instance_t *instance, int timeout_ms)
{
    HyStatus st = HY_OK;
    pthread_mutex_lock(&registry_lock);
    unpublish(instance);
    while (instance->n_connecting)
        pthread_cond_wait(&registry_changed, &registry_lock);
    while (instance->connections) {
        hyper_connection_t *connection = instance->connections;
        connection->is_being_closed = true;
        pthread_mutex_unlock(&registry_lock);
        HyStatus failure = hy_connection_sever(connection);
        if (st)
            hy_error_free(failure);
        else
            st = failure;
        pthread_mutex_lock(&registry_lock);
        unlink_connection(connection);
        connection->is_being_closed = false;
        pthread_cond_broadcast(&registry_changed);
    }
    pthread_mutex_unlock(&registry_lock);
    hyper_error_t *error = hy_capi_error(st);
    hyper_error_t *failure = stop_engine(instance, timeout_ms);
    free_instance(instance);
    if (error)
        hyper_error_destroy(failure);
    return error ? error : failure;
}

hyper_error_t *hyper_instance_shutdown(hyper_instance_t *instance, int timeout_ms)
{
    return instance ? end_instance(instance, timeout_ms) : hy_capi_invalid("instance");
}

void hyper_instance_close(hyper_instance_t *instance)
{
    if (instance)
        hyper_error_destroy(end_instance(instance, -1));
}

/* ---- What is asked of it ---- */

/* Whoever asks may hand it to another process. If it cannot listen, this process still can connect.
 */
static void listen_now(hyper_instance_t *instance)
{
    pthread_mutex_lock(&registry_lock);
    char *listen = instance->listen;
    instance->listen = NULL;
    pthread_mutex_unlock(&registry_lock);
    if (listen)
        hy_error_free(hy_client_instance_listen(instance->engine, listen));
    free(listen);
}

const char *hyper_instance_get_endpoint_descriptor(const hyper_instance_t *instance)
{
    if (!instance)
        return "";
    listen_now((hyper_instance_t *)(uintptr_t)instance);
    return instance->endpoint;
}

int64_t hyper_instance_get_pid(const hyper_instance_t *instance)
{
    return instance ? hy_client_instance_pid(instance->engine) : 0;
}

bool hyper_instance_get_exit_code(hyper_instance_t *instance, int *exit_code)
{
    int code;
    if (!instance || !hy_client_instance_has_ended(instance->engine, &code))
        return false;
    if (exit_code)
        *exit_code = code;
    return true;
}
