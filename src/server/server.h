/* The server process: listeners, connections, shutdown. */
#ifndef HY_SERVER_SERVER_H
#define HY_SERVER_SERVER_H

#include "server/auth.h"
#include "server/external_stream.h"
#include "server/listener.h"
#include "server/log.h"
#include "server/options.h"

#include <pthread.h>
#include <stdatomic.h>

#define HY_SERVER_LISTENERS 8
/* What the server calls itself: clients choose their catalog queries by the first. */
#define HY_WIRE_SERVER_VERSION "9.1.0"
#define HY_WIRE_HYPER_VERSION  "main.0.0.26963.openhyper"

typedef struct HyConnection HyConnection;

typedef struct HyServer {
    const HyServerOptions *options;
    HyInstance *instance;
    HyServerLog *log;
    bool has_password;
    HyScramSecret secret;
    HyStreamRegistry streams;
    HyListener listeners[HY_SERVER_LISTENERS];
    size_t n_listeners;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t left;  /* a connection has gone */
    HyConnection *connections;
    size_t n_connections;
    atomic_bool has_worked; /* memory may have been freed that the allocator still keeps */
} HyServer;

/* The parts of a server's life, for hy_server_run and for a server that is a guest in another
 * process (server/embedded.h). `options` and `instance` are set by the caller. */
void hy_server_init(HyServer *server);
/* Opens the listeners of options->listen. */
HyStatus hy_server_listen(HyServer *server) HY_MUST_CHECK;
/* Waits for clients, until stop_fd can be read or callback_fd (-1: none) ends. */
void hy_server_serve(HyServer *server, int stop_fd, int callback_fd);
/* Closes the listeners and drops the clients. Connections that do not end within seconds stay: then
 * n_connections is not 0, and nothing may be freed. */
void hy_server_stop(HyServer *server);

/* Runs until the callback connection ends or SIGTERM comes; the exit code of the process. */
int hy_server_run(const HyServerOptions *options);

#endif
