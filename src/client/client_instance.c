#include "client/client_instance.h"

#include "client/client_internal.h"
#include "client/server_process.h"
#include "server/embedded.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct HyClientInstance {
    HyInstance *engine;       /* here, or */
    HyServerProcess *process; /* started by us, or */
    char *endpoint;           /* of somebody else */
    HyServerLog *log;         /* of an engine here; NULL: none */
    atomic_uint n_connected;  /* numbers of clients in the log */
    pthread_mutex_t lock;     /* guards what follows */
    HyEmbeddedServer *server; /* listens for the engine; NULL: it does not */
    char *made_folder;        /* for its socket, by us; or NULL */
    HyClient *clients;
};

/* ---- Life ---- */

static HyStatus new_instance(HyClientInstance **out)
{
    HyClientInstance *instance = calloc(1, sizeof *instance);
    if (!instance)
        return hy_error_oom(sizeof *instance);
    pthread_mutex_init(&instance->lock, NULL);
    *out = instance;
    return HY_OK;
}

/* Takes the instance when st is a failure. */
static HyStatus made(HyClientInstance *instance, HyStatus st, HyClientInstance **out)
{
    if (st)
        hy_error_free(hy_client_instance_shutdown(instance, -1, NULL));
    else
        *out = instance;
    return st;
}

static const char *setting(const HyInstanceSetting *settings, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(settings[i].key, key) == 0)
            return settings[i].value;
    return NULL;
}

static HyStatus open_log(HyClientInstance *instance, const HyInstanceSetting *settings, size_t n)
{
    const char *folder = setting(settings, n, "log_dir");
    const char *config = setting(settings, n, "log_config");
    if (!folder || !*folder || (config && !*config))
        return HY_OK;
    HY_TRY(hy_server_log_open(folder, &instance->log));
    hy_server_log(
        instance->log, "info", NULL, "startup-info", "product", "openhyper " HY_VERSION, NULL);
    return HY_OK;
}

static HyStatus create_engine(
    HyClientInstance *instance, const HyInstanceSetting *settings, size_t n)
{
    HyInstanceSetting *own = malloc((n + 1) * sizeof *own);
    size_t n_own = 0;
    if (!own)
        return hy_error_oom(n * sizeof *own);
    for (size_t i = 0; i < n; i++)
        if (strcmp(settings[i].key, "log_dir") != 0 && strcmp(settings[i].key, "log_config") != 0)
            own[n_own++] = settings[i];
    HyStatus st = hy_instance_create(own, n_own, &instance->engine);
    free(own);
    return st;
}

HyStatus hy_client_instance_create(
    const HyInstanceSetting *settings, size_t n, HyClientInstance **out)
{
    HyClientInstance *instance;
    HY_TRY(new_instance(&instance));
    HyStatus st = open_log(instance, settings, n);
    return made(instance, st ? st : create_engine(instance, settings, n), out);
}

HyStatus hy_client_instance_start(
    const char *folder, const HyInstanceSetting *settings, size_t n, HyClientInstance **out)
{
    HyClientInstance *instance;
    HY_TRY(new_instance(&instance));
    return made(instance, hy_server_process_start(folder, settings, n, &instance->process), out);
}

HyStatus hy_client_instance_at(const char *endpoint, HyClientInstance **out)
{
    HyClientInstance *instance;
    HY_TRY(new_instance(&instance));
    instance->endpoint = strdup(endpoint);
    return made(instance, instance->endpoint ? HY_OK : hy_error_oom(strlen(endpoint)), out);
}

static void close_listener(HyClientInstance *instance)
{
    hy_embedded_server_close(instance->server);
    if (instance->made_folder)
        (void)rmdir(instance->made_folder);
    free(instance->made_folder);
}

HyStatus hy_client_instance_shutdown(HyClientInstance *instance, int timeout_ms, int *exit_code)
{
    HyStatus st = HY_OK;
    if (exit_code)
        *exit_code = 0;
    if (!instance)
        return HY_OK;
    close_listener(instance);
    while (instance->clients) {
        HyStatus failure = hy_client_close(instance->clients);
        if (instance->engine && !st)
            st = failure;
        else
            hy_error_free(failure);
    }
    hy_instance_destroy(instance->engine);
    if (instance->process)
        st = hy_server_process_stop(instance->process, timeout_ms, exit_code);
    hy_server_log(instance->log, "info", NULL, "log-close", NULL);
    hy_server_log_close(instance->log);
    free(instance->endpoint);
    pthread_mutex_destroy(&instance->lock);
    free(instance);
    return st;
}

/* ---- Where it is ---- */

/* The folder of a socket, if it must be made. */
static char *make_folder(const char *endpoint)
{
    static const char scheme[] = "tab.domain://";
    const char *end = strstr(endpoint, "/domain/");
    if (strncmp(endpoint, scheme, sizeof scheme - 1) != 0 || !end)
        return NULL;
    const char *start = endpoint + sizeof scheme - 1;
    char *folder = end > start ? strndup(start, (size_t)(end - start)) : NULL;
    if (folder && mkdir(folder, 0700) != 0) {
        free(folder);
        folder = NULL;
    }
    return folder;
}

HyStatus hy_client_instance_listen(HyClientInstance *instance, const char *endpoint)
{
    HyStatus st = HY_OK;
    pthread_mutex_lock(&instance->lock);
    if (instance->engine && !instance->server) {
        char *folder = make_folder(endpoint);
        st = hy_embedded_server_open(instance->engine, endpoint, &instance->server);
        if (st && folder)
            (void)rmdir(folder);
        if (st)
            free(folder);
        else
            instance->made_folder = folder;
    }
    pthread_mutex_unlock(&instance->lock);
    return st;
}

const char *hy_client_instance_endpoint(HyClientInstance *instance)
{
    if (instance->process)
        return hy_server_process_endpoint(instance->process);
    if (instance->endpoint)
        return instance->endpoint;
    pthread_mutex_lock(&instance->lock);
    const HyEmbeddedServer *server = instance->server;
    pthread_mutex_unlock(&instance->lock);
    return server ? hy_embedded_server_endpoint(server) : NULL;
}

int64_t hy_client_instance_pid(const HyClientInstance *instance)
{
    if (instance->process)
        return hy_server_process_pid(instance->process);
    return instance->engine ? (int64_t)getpid() : 0;
}

bool hy_client_instance_has_ended(HyClientInstance *instance, int *exit_code)
{
    return instance->process && hy_server_process_has_ended(instance->process, exit_code);
}

/* ---- Connections ---- */

static HyStatus open_session(
    HyInstance *engine, const HyInstanceSetting *settings, size_t n, HySession **out)
{
    HySession *session;
    HyStatus st = HY_OK;
    HY_TRY(hy_session_open(engine, &session));
    for (size_t i = 0; i < n && !st; i++)
        st = hy_settings_set_default(session->settings, settings[i].key, settings[i].value);
    if (st)
        hy_error_free(hy_session_close(session));
    else
        *out = session;
    return st;
}

HyStatus hy_client_connect(
    HyClientInstance *instance, const HyInstanceSetting *settings, size_t n, HyClient **out)
{
    HyClient *client = calloc(1, sizeof *client);
    if (!client)
        return hy_error_oom(sizeof *client);
    hy_text_style_init(&client->style);
    HyStatus st = instance->engine ? open_session(instance->engine, settings, n, &client->session)
                                   : hy_remote_connect(hy_client_instance_endpoint(instance),
                                         settings, n, &client->remote);
    if (st) {
        free(client);
        return st;
    }
    client->instance = instance;
    client->log = instance->log;
    client->number = atomic_fetch_add(&instance->n_connected, 1);
    hy_client_log(client, "connection-startup-end", NULL, NULL);
    pthread_mutex_lock(&instance->lock);
    client->next = instance->clients;
    if (client->next)
        client->next->previous = client;
    instance->clients = client;
    pthread_mutex_unlock(&instance->lock);
    *out = client;
    return HY_OK;
}

void hy_client_log(const HyClient *client, const char *kind, const char *key, const char *value)
{
    char session[24];
    if (!client->log)
        return;
    (void)snprintf(session, sizeof session, "%u", client->number);
    hy_server_log(client->log, "info", session, kind, key, value, NULL);
}

void hy_client_instance_leave(HyClient *client)
{
    HyClientInstance *instance = client->instance;
    pthread_mutex_lock(&instance->lock);
    if (client->previous)
        client->previous->next = client->next;
    else
        instance->clients = client->next;
    if (client->next)
        client->next->previous = client->previous;
    pthread_mutex_unlock(&instance->lock);
}
