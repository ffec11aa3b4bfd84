#include "client/client_instance.h"

#include "client/client_internal.h"
#include "client/server_process.h"
#include "server/embedded.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct HyClientInstance {
    HyInstance *engine;       /* here, or */
    HyServerProcess *process; /* started by us, or */
    char *endpoint;           /* of somebody else */
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

HyStatus hy_client_instance_create(
    const HyInstanceSetting *settings, size_t n, HyClientInstance **out)
{
    HyClientInstance *instance;
    HY_TRY(new_instance(&instance));
    return made(instance, hy_instance_create(settings, n, &instance->engine), out);
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
    pthread_mutex_lock(&instance->lock);
    client->next = instance->clients;
    if (client->next)
        client->next->previous = client;
    instance->clients = client;
    pthread_mutex_unlock(&instance->lock);
    *out = client;
    return HY_OK;
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
