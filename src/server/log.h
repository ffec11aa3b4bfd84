/* The server's log: JSON lines as the genuine server writes them (spec/wire-protocol.md, section
 * 1.5), only where the command line asks for it. Any thread. */
#ifndef HY_SERVER_LOG_H
#define HY_SERVER_LOG_H

#include "base/buffer.h"

typedef struct HyServerLog HyServerLog;

/* Appends to <dir>/hyperd.log. Errors: the genuine server's texts. */
HyStatus hy_server_log_open(const char *dir, HyServerLog **out) HY_MUST_CHECK;
void hy_server_log_close(HyServerLog *log); /* NULL is fine */

/* One line. session: its identifier or NULL. keys and values alternate, ended by NULL; values are
 * texts. `log` NULL: nothing. */
void hy_server_log(
    HyServerLog *log, const char *severity, const char *session, const char *kind, ...);

#endif
