/* One client: its socket, its session, its prepared statements and portals. Each connection has a
 * thread of its own, which does short work itself; long work is done by the instance's workers. */
#ifndef HY_SERVER_CONNECTION_H
#define HY_SERVER_CONNECTION_H

#include "base/string_map.h"
#include "server/peer.h"
#include "server/server.h"
#include "session/extended.h"

#include <stdatomic.h>

#define HY_SESSION_ID_CHARS 23

struct HyConnection {
    HyServer *server;
    HyConnection *next; /* in server->connections */
    HyConnection *previous;
    HyPeer peer;
    HySession *session; /* NULL until the start-up is done; guarded by the server's lock */
    uint32_t slot;      /* what clients take for a process id */
    uint32_t key;
    char session_id[HY_SESSION_ID_CHARS];
    bool wants_hyper_binary; /* result_format_code */
    bool is_skipping;        /* after an error in the extended protocol, to the next Sync */
    atomic_int_fast64_t running_since_us; /* of the statement that runs; 0: none */
    HyStringMap statements;               /* name -> HyPreparedText, server/extended_query.c */
    HyStringMap portals;                  /* name -> HyPortal */
};

/* Takes the socket. Errors: 53200, threads; the socket is then closed. */
HyStatus hy_connection_start(HyServer *server, int fd, bool is_tcp) HY_MUST_CHECK;

/* Start-up packet, authentication, session: server/startup.c. False: the connection ends. */
bool hy_connection_start_up(HyConnection *connection);

/* ---- Messages ---- */

/* ErrorResponse; takes the error. */
void hy_send_error(HyPeer *peer, HyStatus error);
void hy_send_ready(HyConnection *connection);
void hy_send_notices(HyPeer *peer, const HyResult *result);
void hy_send_tag(HyPeer *peer, const char *tag);
/* codes NULL: all 0, as the genuine server says whatever the format is. */
void hy_send_row_description(
    HyPeer *peer, const char *const *names, const HyType *types, size_t n, const uint16_t *codes);
/* Up to `limit` rows from (*piece, *row) on, which move; *n_sent. False: a value has no such form;
 * the error was sent. */
bool hy_send_rows(HyPeer *peer, const HyResult *result, const uint16_t *codes,
    const HyTextStyle *style, size_t *piece, size_t *row, uint64_t limit, uint64_t *n_sent);

/* ---- Statements ---- */

/* Runs any statement, COPY and streams included. parameters may be NULL. */
HyStatus hy_connection_execute(HyConnection *connection, const char *sql, size_t len,
    const HyParameters *parameters, HyResult **out) HY_MUST_CHECK;
/* COPY from and to the client in HyperBinary, and COPY into a stream: server/copy.c. */
HyStatus hy_connection_copy(HyConnection *connection, const char *sql, size_t len, HyResult **out,
    bool *is_taken) HY_MUST_CHECK;
/* Any other statement, with the client behind STDIN and STDOUT. */
HyStatus hy_connection_execute_with_client(HyConnection *connection, const char *sql, size_t len,
    const HyParameters *parameters, HyResult **out) HY_MUST_CHECK;

/* False: the connection ends. */
bool hy_handle_query(HyConnection *connection, const char *sql, size_t len);
/* Parse, Bind, Describe, Execute, Close, Sync. */
bool hy_handle_extended(HyConnection *connection, uint8_t type, HyFields fields);
void hy_connection_drop_statements(HyConnection *connection);
void hy_connection_drop_portals(HyConnection *connection);

#endif
