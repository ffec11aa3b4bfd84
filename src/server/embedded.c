#include "server/embedded.h"

#include "server/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct HyEmbeddedServer {
    HyServer server;
    HyServerOptions options;
    char *listen;
    int stop_fd;
    pthread_t thread;
};

static void *run(void *arg)
{
    HyEmbeddedServer *embedded = arg;
    hy_server_serve(&embedded->server, embedded->stop_fd, -1);
    return NULL;
}

static void destroy(HyEmbeddedServer *embedded)
{
    hy_server_stop(&embedded->server);
    if (embedded->stop_fd >= 0)
        close(embedded->stop_fd);
    if (embedded->server.n_connections)
        return; /* a thread still looks at it */
    hy_stream_registry_free(&embedded->server.streams);
    pthread_mutex_destroy(&embedded->server.lock);
    pthread_cond_destroy(&embedded->server.left);
    free(embedded->listen);
    free(embedded);
}

HyStatus hy_embedded_server_open(HyInstance *instance, const char *endpoint, HyEmbeddedServer **out)
{
    HyStatus st = HY_OK;
    int errnum;
    HyEmbeddedServer *embedded = calloc(1, sizeof *embedded);
    if (!embedded)
        return hy_error_oom(sizeof *embedded);
    embedded->listen = strdup(endpoint);
    embedded->stop_fd = eventfd(0, EFD_CLOEXEC);
    embedded->options = (HyServerOptions){.listen = embedded->listen,
        .init_user = "tableau_internal_user",
        .no_password = true,
        .idle_timeout_ms = -1,
        .session_memory_limit = SIZE_MAX};
    embedded->server.options = &embedded->options;
    embedded->server.instance = instance;
    hy_server_init(&embedded->server);
    if (!embedded->listen)
        HY_GO(hy_error_oom(0));
    if (embedded->stop_fd < 0)
        HY_GO(hy_error_errno(errno, "no event descriptor"));
    HY_GO(hy_server_listen(&embedded->server));
    errnum = pthread_create(&embedded->thread, NULL, run, embedded);
    if (errnum)
        HY_GO(hy_error_errno(errnum, "could not start a thread for a listener"));
    *out = embedded;
    embedded = NULL;
done:
    if (embedded)
        destroy(embedded);
    return st;
}

void hy_embedded_server_close(HyEmbeddedServer *embedded)
{
    const uint64_t one = 1;
    if (!embedded)
        return;
    (void)!write(embedded->stop_fd, &one, sizeof one);
    pthread_join(embedded->thread, NULL);
    destroy(embedded);
}

const char *hy_embedded_server_endpoint(const HyEmbeddedServer *embedded)
{
    return embedded->server.listeners[0].endpoint;
}
