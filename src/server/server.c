#include "server/server.h"

#include "base/clock.h"
#include "server/connection.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CALLBACK_TIMEOUT_MS 4000
#define WATCH_INTERVAL_MS   100
#define WATCH_AFTER_US      100000  /* statements that run longer are looked after */
#define TRIM_AFTER_US       1000000 /* without a running statement */
#define DROP_TIMEOUT_S      5

/* ---- Start ---- */

static HyStatus read_password_line(const char *prompt, char *line, size_t capacity)
{
    printf("%s", prompt);
    (void)fflush(stdout);
    if (!fgets(line, (int)capacity, stdin))
        line[0] = 0;
    line[strcspn(line, "\r\n")] = 0;
    return HY_OK;
}

static HyStatus read_password(HyServer *server)
{
    char first[512];
    char second[512];
    if (server->options->no_password) {
        puts("--no-password option is specified: this is a security risk");
        return HY_OK;
    }
    HY_TRY(read_password_line("Enter new password: ", first, sizeof first));
    if (!first[0])
        return hy_error("28P01",
            "Empty password disallowed. Use `--no-password` to start hyperd without a password.");
    HY_TRY(read_password_line("Enter it again: ", second, sizeof second));
    if (strcmp(first, second) != 0)
        return hy_error("28P01", "Passwords didn't match.");
    if (!hy_scram_secret(first, &server->secret))
        return hy_error("58000", "no randomness for a salt");
    explicit_bzero(first, sizeof first);
    explicit_bzero(second, sizeof second);
    server->has_password = true;
    return HY_OK;
}

HyStatus hy_server_listen(HyServer *server)
{
    const char *next = server->options->listen;
    while (*next) {
        char endpoint[HY_ENDPOINT_MAX];
        size_t len = strcspn(next, ",");
        if (len >= sizeof endpoint || server->n_listeners == HY_SERVER_LISTENERS)
            return hy_error("22023", "invalid connection descriptor '%s'", next);
        memcpy(endpoint, next, len);
        endpoint[len] = 0;
        next += len + (next[len] == ',');
        HyListener *listener = &server->listeners[server->n_listeners];
        HY_TRY(hy_listener_open(endpoint, listener));
        server->n_listeners++;
        if (listener->is_public && !server->has_password)
            return hy_error("28000",
                "refusing to listen to %s without a password: other machines can reach this "
                "address. Start without --no-password, or listen to 127.0.0.1",
                endpoint);
    }
    return server->n_listeners ? HY_OK : hy_error("22023", "no connection to listen on");
}

/* The descriptor with its length before it; the connection then stays open as a sign of life. */
static HyStatus call_back(HyServer *server, int *fd)
{
    const char *callback = server->options->callback;
    char message[1 + HY_ENDPOINT_MAX];
    *fd = -1;
    if (!callback)
        return HY_OK;
    HyStatus st = hy_endpoint_connect(callback, CALLBACK_TIMEOUT_MS, fd);
    if (st) {
        HyStatus failed = hy_error("08001",
            "Error: Unable to connect to callback endpoint '%s': %s\ncallback connection failed",
            callback, st->message);
        hy_error_free(st);
        return failed;
    }
    size_t len = strlen(server->listeners[0].endpoint) + 1;
    if (len > UINT8_MAX)
        return hy_error("22023", "the connection descriptor is too long for the callback");
    message[0] = (char)len;
    memcpy(message + 1, server->listeners[0].endpoint, len);
    if (send(*fd, message, len + 1, MSG_NOSIGNAL) != (ssize_t)(len + 1))
        return hy_error("08001", "callback connection failed");
    return HY_OK;
}

static HyStatus start(HyServer *server, int *callback_fd)
{
    const HyServerOptions *options = server->options;
    if (options->log_dir && options->has_log)
        HY_TRY(hy_server_log_open(options->log_dir, &server->log));
    if (server->log)
        printf("LogFile: %s/hyperd.log\n", options->log_dir);
    hy_server_log(server->log, "info", NULL, "startup-info", "build-version", HY_WIRE_HYPER_VERSION,
        "product", "openhyper " HY_VERSION, NULL);
    HY_TRY(read_password(server));
    printf("hyperd server version %s build version %s (openhyper %s)\n", HY_WIRE_SERVER_VERSION,
        HY_WIRE_HYPER_VERSION, HY_VERSION);
    HY_TRY(hy_instance_create(options->settings, options->n_settings, &server->instance));
    HY_TRY(hy_server_listen(server));
    for (size_t i = 0; i < server->n_listeners; i++) {
        puts(server->listeners[i].note);
        hy_server_log(server->log, "info", NULL, "listen-socket", "endpoint",
            server->listeners[i].endpoint, NULL);
    }
    (void)fflush(stdout);
    HY_TRY(call_back(server, callback_fd));
    hy_server_log(server->log, "info", NULL, "server-ready", NULL);
    return HY_OK;
}

/* ---- Running ---- */

/* What the server looks after while it waits for clients. */
typedef struct Watch {
    int64_t looked_us;
    int64_t busy_us; /* when a statement ran last */
} Watch;

/* Statements whose client has gone are cancelled. True: a statement runs. */
static bool watch_connections(HyServer *server, int64_t now)
{
    bool is_busy = false;
    pthread_mutex_lock(&server->lock);
    for (HyConnection *c = server->connections; c; c = c->next) {
        int64_t since = atomic_load(&c->running_since_us);
        is_busy |= since != 0;
        if (since && now - since > WATCH_AFTER_US && c->session && hy_socket_has_ended(c->peer.fd))
            hy_session_cancel(c->session);
    }
    pthread_mutex_unlock(&server->lock);
    return is_busy;
}

/* Also gives freed memory back to the system once statements rest: the allocator keeps what the
 * busiest moment of each thread took. */
static void watch(HyServer *server, Watch *watch)
{
    int64_t now = hy_clock_us();
    if (now - watch->looked_us < WATCH_INTERVAL_MS * 1000)
        return;
    watch->looked_us = now;
    if (watch_connections(server, now)) {
        watch->busy_us = now;
    } else if (now - watch->busy_us > TRIM_AFTER_US &&
               atomic_exchange(&server->has_worked, false)) {
        watch->busy_us = now; /* not more often */
        (void)malloc_trim(0);
    }
}

static void accept_one(HyServer *server, int listener, bool is_tcp)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        const struct timespec pause = {.tv_nsec = 10000000};
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) /* until somebody leaves */
            (void)nanosleep(&pause, NULL);
        return;
    }
    hy_error_free(hy_connection_start(server, fd, is_tcp));
}

void hy_server_serve(HyServer *server, int stop_fd, int callback_fd)
{
    struct pollfd fds[2 + HY_SERVER_LISTENERS * HY_LISTENER_FDS];
    bool is_tcp[HY_ARRAY_LEN(fds)] = {false};
    nfds_t n = 2;
    fds[0] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = callback_fd, .events = POLLIN};
    for (size_t i = 0; i < server->n_listeners; i++)
        for (size_t j = 0; j < server->listeners[i].n_fds; j++) {
            is_tcp[n] = !server->listeners[i].socket_path[0];
            fds[n++] = (struct pollfd){.fd = server->listeners[i].fds[j], .events = POLLIN};
        }
    Watch watched = {.busy_us = hy_clock_us()};
    for (;;) {
        char byte[64];
        pthread_mutex_lock(&server->lock);
        bool is_idle = !server->connections && !atomic_load(&server->has_worked);
        pthread_mutex_unlock(&server->lock);
        int ready = poll(fds, n, is_idle ? -1 : WATCH_INTERVAL_MS);
        if (ready < 0 && errno != EINTR)
            return;
        watch(server, &watched);
        if (ready <= 0)
            continue;
        if (fds[0].revents)
            return;
        if (fds[1].revents && recv(callback_fd, byte, sizeof byte, 0) <= 0)
            return; /* what it says does not matter, only that it is there */
        for (nfds_t i = 2; i < n; i++)
            if (fds[i].revents & POLLIN)
                accept_one(server, fds[i].fd, is_tcp[i]);
    }
}

/* ---- End ---- */

static void drop_connections(HyServer *server)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DROP_TIMEOUT_S;
    pthread_mutex_lock(&server->lock);
    int waited = 0;
    while (server->n_connections && waited != ETIMEDOUT) {
        for (HyConnection *c = server->connections; c; c = c->next) {
            (void)shutdown(c->peer.fd, SHUT_RDWR);
            if (c->session)
                hy_session_cancel(c->session);
        }
        struct timespec step;
        clock_gettime(CLOCK_REALTIME, &step);
        if (step.tv_sec > until.tv_sec)
            break;
        step.tv_nsec += 20000000; /* a statement may have begun just then: again */
        step.tv_sec += step.tv_nsec / 1000000000;
        step.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&server->left, &server->lock, &step);
    }
    pthread_mutex_unlock(&server->lock);
}

void hy_server_stop(HyServer *server)
{
    hy_server_log(server->log, "info", NULL, "drop-all-connections-begin", NULL);
    for (size_t i = 0; i < server->n_listeners; i++)
        hy_listener_close(&server->listeners[i]);
    drop_connections(server);
    hy_server_log(server->log, "info", NULL, "graceful-shutdown", NULL);
}

static int block_signals(void)
{
    sigset_t set;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

void hy_server_init(HyServer *server)
{
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->left, NULL);
    hy_stream_registry_init(&server->streams);
}

/* Each of the allocator's arenas keeps what its busiest moment took, and connections are many. */
static void bound_arenas(void)
{
    long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
    (void)mallopt(M_ARENA_MAX, n_cpus > 2 ? (int)n_cpus * 2 : 4);
}

int hy_server_run(const HyServerOptions *options)
{
    static HyServer server; /* threads that outlive the time limit may still look at it */
    int callback_fd = -1;
    int signal_fd = block_signals();
    bound_arenas();
    server.options = options;
    hy_server_init(&server);
    HyStatus st =
        signal_fd < 0 ? hy_error_errno(errno, "no signals") : start(&server, &callback_fd);
    bool failed = st != NULL;
    if (failed) {
        fprintf(stderr, "%s\n", st->message);
        hy_server_log(server.log, "fatal", NULL, "startup-failed", "message", st->message, NULL);
        hy_error_free(st);
    } else {
        hy_server_serve(&server, signal_fd, callback_fd);
        fputs("Received shutdown signal, shutting down...\n", stderr);
    }
    hy_server_stop(&server);
    if (server.n_connections == 0) { /* else a statement would not end: leave it to the system */
        hy_instance_destroy(server.instance);
        hy_stream_registry_free(&server.streams);
        hy_server_log_close(server.log);
    }
    return failed ? 1 : 0;
}
