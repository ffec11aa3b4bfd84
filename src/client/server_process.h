/* A server that this process starts and owns: `<folder>/hyperd`, as the genuine client library
 * starts it (spec/wire-protocol.md, section 1). It ends with us, because it watches a connection.
 */
#ifndef HY_CLIENT_SERVER_PROCESS_H
#define HY_CLIENT_SERVER_PROCESS_H

#include "session/instance.h"

typedef struct HyServerProcess HyServerProcess;

/* Returns when it accepts connections. settings are those of the original's instance parameters:
 * `a_b` becomes --a-b=value; domain_socket_dir, use_tcp_port and listen_connection say where it
 * listens. Errors: 58P01 no such program, HY000 it ended at once (with what it printed). */
HyStatus hy_server_process_start(const char *folder, const HyInstanceSetting *settings, size_t n,
    HyServerProcess **out) HY_MUST_CHECK;
/* Ends it and frees the object, also when it fails. timeout_ms < 0: waits; 0: kills; > 0: waits so
 * long, then kills, which is an error. Errors: HY000 it had ended otherwise; *exit_code (may be
 * NULL) is its exit status or signal then, else 0. */
HyStatus hy_server_process_stop(
    HyServerProcess *process, int timeout_ms, int *exit_code) HY_MUST_CHECK;

/* Live as long as the object. */
const char *hy_server_process_endpoint(const HyServerProcess *process);
int64_t hy_server_process_pid(const HyServerProcess *process);
/* Whether it has ended by itself, and how: exit status, or the signal's number. */
bool hy_server_process_has_ended(HyServerProcess *process, int *exit_code);

#endif
