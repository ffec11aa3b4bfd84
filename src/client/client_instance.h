/* What clients connect to: an engine in this process, a server that this process has started, or a
 * server of somebody else. Thread-safe. */
#ifndef HY_CLIENT_CLIENT_INSTANCE_H
#define HY_CLIENT_CLIENT_INSTANCE_H

#include "client/client.h"

typedef struct HyClientInstance HyClientInstance;

/* An engine in this process: hy_instance_create. */
HyStatus hy_client_instance_create(
    const HyInstanceSetting *settings, size_t n, HyClientInstance **out) HY_MUST_CHECK;
/* Starts <folder>/hyperd: hy_server_process_start. */
HyStatus hy_client_instance_start(const char *folder, const HyInstanceSetting *settings, size_t n,
    HyClientInstance **out) HY_MUST_CHECK;
/* The server at an endpoint. Nothing is tried before somebody connects. */
HyStatus hy_client_instance_at(const char *endpoint, HyClientInstance **out) HY_MUST_CHECK;

/* Closes the clients that are left, then the engine or the server that was started; see
 * hy_server_process_stop for timeout and exit code. Frees the object also when it fails. NULL is
 * fine. */
HyStatus hy_client_instance_shutdown(
    HyClientInstance *instance, int timeout_ms, int *exit_code) HY_MUST_CHECK;

/* Lets other processes use the engine that is here, at an endpoint (server/embedded.h). The first
 * call decides where; later ones and other kinds of instances do nothing. */
HyStatus hy_client_instance_listen(HyClientInstance *instance, const char *endpoint) HY_MUST_CHECK;
/* Where others find it; NULL for an engine that does not listen. Lives as long as the instance. */
const char *hy_client_instance_endpoint(HyClientInstance *instance);
/* Of the server that was started; of this process for an engine here; else 0. */
int64_t hy_client_instance_pid(const HyClientInstance *instance);
/* Whether the server that was started has ended by itself. */
bool hy_client_instance_has_ended(HyClientInstance *instance, int *exit_code);

/* A connection without a database. settings: of the session. */
HyStatus hy_client_connect(HyClientInstance *instance, const HyInstanceSetting *settings, size_t n,
    HyClient **out) HY_MUST_CHECK;

#endif
