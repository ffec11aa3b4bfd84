/* The protocol reader: what a client may send, from the start-up packet on, over a socket pair. The
 * input's first byte says whether a valid start-up comes before it. */
#include "server/connection.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t start_up[] = "\0\0\0\x29\0\3\0\0user\0tableau_internal_user\0\0";

static HyServer *server(void)
{
    static HyServer instance;
    static HyServerOptions options;
    if (instance.instance)
        return &instance;
    char *argv[] = {"hyperd", "run", "--no-password", "--threads=1", "--query-timeout=200ms",
        "--memory-limit=64m", "--idle-timeout=1"};
    assert(!hy_options_parse((int)HY_ARRAY_LEN(argv), argv, &options));
    instance.options = &options;
    pthread_mutex_init(&instance.lock, NULL);
    pthread_cond_init(&instance.left, NULL);
    hy_stream_registry_init(&instance.streams);
    assert(!hy_instance_create(options.settings, options.n_settings, &instance.instance));
    static char folder[] = "/tmp/fuzz_server_XXXXXX"; /* statements may write files */
    assert(mkdtemp(folder) && chdir(folder) == 0);
    return &instance;
}

static void drain(int fd)
{
    char bytes[65536];
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        continue;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];
    if (!size || size > 65536 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        return 0;
    if (data[0] & 1)
        (void)send(fds[0], start_up, sizeof start_up - 1, MSG_NOSIGNAL);
    hy_error_free(hy_connection_start(server(), fds[1], false));
    (void)send(fds[0], data + 1, size - 1, MSG_NOSIGNAL);
    (void)shutdown(fds[0], SHUT_WR);
    drain(fds[0]);
    close(fds[0]);
    pthread_mutex_lock(&server()->lock);
    while (server()->n_connections)
        pthread_cond_wait(&server()->left, &server()->lock);
    pthread_mutex_unlock(&server()->lock);
    return 0;
}
