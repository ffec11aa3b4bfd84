#include "server/connection.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "server/row_format.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* No statement needs more; COPY data and values of Bind come in pieces or count here too. */
#define MAX_MESSAGE_BYTES ((size_t)1 << 30)

/* ---- Messages ---- */

/* Whose fault it is: the genuine server blames the system for what the machine refuses. */
static const char *error_source(const HyError *error)
{
    static const char *const of_system[] = {"58P01", "58030", "53100", "53200"};
    for (size_t i = 0; i < HY_ARRAY_LEN(of_system); i++)
        if (strcmp(error->sqlstate, of_system[i]) == 0)
            return "System";
    return strstr(error->message, "locked by another process") ? "System" : "User";
}

static void put_field(HyPeer *peer, char code, const char *text)
{
    if (!text)
        return;
    hy_peer_put_u8(peer, (uint8_t)code);
    hy_peer_put_text(peer, text);
}

void hy_send_error(HyPeer *peer, HyStatus error)
{
    char position[24];
    hy_peer_begin(peer, 'E');
    put_field(peer, 'S', "ERROR");
    put_field(peer, 'C', error->sqlstate);
    put_field(peer, 'M', error->message);
    put_field(peer, 'D', error->detail);
    put_field(peer, 'H', error->hint);
    if (error->position >= 0) {
        (void)snprintf(position, sizeof position, "%lld", (long long)error->position + 1);
        put_field(peer, 'P', position);
    }
    put_field(peer, 'B', error_source(error));
    hy_peer_put_u8(peer, 0);
    hy_peer_end(peer);
    hy_error_free(error);
}

/* The genuine server says nothing where IF EXISTS or IF NOT EXISTS had nothing to do. */
static bool is_quiet(const char *text)
{
    size_t len = strlen(text);
    return len > 10 && strcmp(text + len - 10, ", skipping") == 0;
}

static const char *notice_sqlstate(const char *text)
{
    if (strcmp(text, "there is already a transaction in progress") == 0)
        return "25001";
    return strcmp(text, "there is no transaction in progress") == 0 ? "25P01" : "01000";
}

void hy_send_notices(HyPeer *peer, const HyResult *result)
{
    for (size_t i = 0; i < result->n_notices; i++) {
        if (is_quiet(result->notices[i]))
            continue;
        hy_peer_begin(peer, 'N');
        put_field(peer, 'S', "WARNING");
        put_field(peer, 'C', notice_sqlstate(result->notices[i]));
        put_field(peer, 'M', result->notices[i]);
        hy_peer_put_u8(peer, 0);
        hy_peer_end(peer);
    }
}

void hy_send_ready(HyConnection *connection)
{
    const HySession *session = connection->session;
    hy_peer_begin(&connection->peer, 'Z');
    hy_peer_put_u8(&connection->peer, session->is_aborted       ? 'E'
                                      : session->in_transaction ? 'T'
                                                                : 'I');
    hy_peer_end(&connection->peer);
}

void hy_send_tag(HyPeer *peer, const char *tag)
{
    hy_peer_begin(peer, 'C');
    hy_peer_put_text(peer, tag);
    hy_peer_end(peer);
}

void hy_send_row_description(
    HyPeer *peer, const char *const *names, const HyType *types, size_t n, const uint16_t *codes)
{
    hy_peer_begin(peer, 'T');
    hy_peer_put_u16(peer, (uint16_t)n);
    for (size_t i = 0; i < n; i++) {
        hy_peer_put_text(peer, names[i]);
        hy_peer_put_u32(peer, 0); /* table and column are not told */
        hy_peer_put_u16(peer, 0);
        hy_peer_put_u32(peer, hy_type_oid(types[i]));
        hy_peer_put_u16(peer, (uint16_t)hy_type_wire_size(types[i]));
        hy_peer_put_u32(peer, (uint32_t)hy_type_typmod(types[i]));
        hy_peer_put_u16(peer, codes && codes[i] != HY_FORMAT_CODE_HYPER ? codes[i] : 0);
    }
    hy_peer_end(peer);
}

bool hy_send_rows(HyPeer *peer, const HyResult *result, const uint16_t *codes,
    const HyTextStyle *style, size_t *piece, size_t *row, uint64_t limit, uint64_t *n_sent)
{
    size_t n_pieces = result->rows ? hy_rowset_piece_count(result->rows) : 0;
    *n_sent = 0;
    while (*piece < n_pieces && *n_sent < limit && !peer->is_broken) {
        const HyBatch *batch = hy_rowset_piece(result->rows, *piece);
        size_t n = batch->n_rows - *row;
        if (n > 256) /* so that large rows do not pile up */
            n = 256;
        if (n > limit - *n_sent)
            n = (size_t)(limit - *n_sent);
        size_t before = peer->out.len;
        HyStatus st = hy_format_rows(batch, *row, n, codes, style, &peer->out);
        if (st) {
            peer->out.len = before;
            hy_send_error(peer, st);
            return false;
        }
        hy_peer_flush_if_full(peer);
        *n_sent += n;
        *row += n;
        if (*row == batch->n_rows) {
            ++*piece;
            *row = 0;
        }
    }
    return true;
}

/* ---- Statements ---- */

/* Positions are byte offsets inside and characters outside. */
static HyStatus count_position(HyStatus st, const char *sql, size_t len)
{
    if (st && st->position > 0 && (uint64_t)st->position <= len)
        st->position = (int64_t)hy_utf8_length(sql, (size_t)st->position);
    if (st && strcmp(st->sqlstate, "57014") == 0 &&
        strcmp(st->message, "canceling statement due to user request") == 0) {
        HyStatus canceled = hy_error("57014", "canceled by user");
        hy_error_free(st);
        return canceled;
    }
    return st;
}

/* DEALLOCATE ALL drops the statements of Parse as well: to clients both are the same. */
static void note_deallocate(HyConnection *connection, const HyResult *result)
{
    if (strcmp(result->tag, "DEALLOCATE ALL") == 0)
        hy_connection_drop_statements(connection);
}

HyStatus hy_connection_execute(HyConnection *connection, const char *sql, size_t len,
    const HyParameters *parameters, HyResult **out)
{
    bool is_taken = false;
    atomic_store(&connection->running_since_us, hy_clock_us());
    HyStatus st = hy_stream_statement(
        &connection->server->streams, connection->session, sql, len, out, &is_taken);
    if (!st && !is_taken)
        st = hy_connection_copy(connection, sql, len, out, &is_taken);
    if (!st && !is_taken)
        st = hy_connection_execute_with_client(connection, sql, len, parameters, out);
    atomic_store(&connection->running_since_us, 0);
    if (!atomic_load_explicit(&connection->server->has_worked, memory_order_relaxed))
        atomic_store(&connection->server->has_worked, true);
    if (st)
        hy_server_log(connection->server->log, "info", connection->session_id,
            "query-end-user-error", "sqlstate", st->sqlstate, "message", st->message, NULL);
    else
        note_deallocate(connection, *out);
    return count_position(st, sql, len);
}

/* ---- Life ---- */

static bool handle_message(HyConnection *connection, uint8_t type, size_t len)
{
    HyPeer *peer = &connection->peer;
    const uint8_t *body;
    if (len > MAX_MESSAGE_BYTES) {
        hy_send_error(peer, hy_error("54000", "message of %zu bytes is too large", len));
        return false;
    }
    if (type == 'd' || type == 'c' || type == 'f') /* stray, outside of COPY */
        return hy_peer_skip(peer, len);
    if (!hy_peer_read(peer, len, &body))
        return false;
    HyFields fields = {body, len, false};
    switch (type) {
    case 'Q': {
        const char *sql = hy_fields_text(&fields);
        if (fields.failed)
            break;
        return hy_handle_query(connection, sql, strlen(sql));
    }
    case 'P':
    case 'B':
    case 'D':
    case 'E':
    case 'C':
    case 'S':
        return hy_handle_extended(connection, type, fields);
    case 'H':
        return hy_peer_flush(peer);
    case 'X':
        return false;
    case 'F':
        hy_send_error(
            peer, hy_error_hint(hy_error("0A000", "the function call interface is not supported"),
                      "Use EXECUTE."));
        return false;
    default:
        break;
    }
    if (type >= 'A' && type <= 'z')
        hy_send_error(peer, hy_error("08P01", "unexpected protocol package: '%c'", type));
    else
        hy_send_error(peer, hy_error("08P01", "unexpected protocol package: '%u'", type));
    return false;
}

static void unlink_connection(HyConnection *connection)
{
    HyServer *server = connection->server;
    pthread_mutex_lock(&server->lock);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    pthread_mutex_unlock(&server->lock);
}

static void end_connection(HyConnection *connection)
{
    HyServer *server = connection->server;
    (void)hy_peer_flush(&connection->peer);
    unlink_connection(connection); /* from here on nobody else knows it */
    hy_connection_drop_portals(connection);
    hy_connection_drop_statements(connection);
    if (connection->session)
        hy_error_free(hy_session_close(connection->session));
    /* The client sees the end only now, when its locks and its transaction are gone. */
    (void)shutdown(connection->peer.fd, SHUT_RDWR);
    close(connection->peer.fd);
    hy_server_log(server->log, "info", connection->session_id, "connection-closed", NULL);
    hy_peer_free(&connection->peer);
    free(connection);
    pthread_mutex_lock(&server->lock);
    server->n_connections--;
    pthread_cond_broadcast(&server->left);
    pthread_mutex_unlock(&server->lock);
}

static void *run_connection(void *arg)
{
    HyConnection *connection = arg;
    uint8_t type;
    size_t len;
    if (hy_connection_start_up(connection)) {
        connection->peer.idle_timeout_ms = connection->server->options->idle_timeout_ms;
        while (hy_peer_read_header(&connection->peer, &type, &len) &&
               handle_message(connection, type, len))
            continue;
    }
    end_connection(connection);
    return NULL;
}

/* A number that no other connection has, as small as can be. */
static void give_slot(HyServer *server, HyConnection *connection)
{
    bool is_used = true;
    while (is_used) {
        is_used = false;
        for (const HyConnection *other = server->connections; other && !is_used;
             other = other->next)
            is_used = other->slot == connection->slot;
        connection->slot += is_used;
    }
}

static void link_connection(HyServer *server, HyConnection *connection)
{
    pthread_mutex_lock(&server->lock);
    give_slot(server, connection);
    connection->next = server->connections;
    if (connection->next)
        connection->next->previous = connection;
    server->connections = connection;
    server->n_connections++;
    pthread_mutex_unlock(&server->lock);
}

static void set_tcp_options(int fd)
{
    int on = 1;
    int idle_s = 60;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
}

HyStatus hy_connection_start(HyServer *server, int fd, bool is_tcp)
{
    pthread_t thread;
    pthread_attr_t attributes;
    uint8_t random[16];
    HyConnection *connection = calloc(1, sizeof *connection);
    if (!connection || !hy_random_bytes(random, sizeof random)) {
        free(connection);
        close(fd);
        return hy_error_oom(sizeof *connection);
    }
    if (is_tcp)
        set_tcp_options(fd);
    connection->server = server;
    hy_peer_init(&connection->peer, fd);
    hy_base64(random, sizeof random, true, connection->session_id);
    (void)hy_random_bytes(&connection->key, sizeof connection->key);
    link_connection(server, connection);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int errnum = pthread_create(&thread, &attributes, run_connection, connection);
    pthread_attr_destroy(&attributes);
    if (errnum) {
        end_connection(connection);
        return hy_error_errno(errnum, "could not start a thread for a connection");
    }
    return HY_OK;
}
