/* The beginning of a connection: what comes before the start-up packet, its parameters, the
 * password, the databases, the answer. spec/wire-protocol.md, sections 2.1 to 2.4. */
#include "server/connection.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define STARTUP_TIMEOUT_MS 60000
#define STARTUP_MAX_BYTES  ((size_t)1 << 20)
#define CANCEL_REQUEST     80877102U
#define SSL_REQUEST        80877103U
#define GSS_REQUEST        80877104U
#define PROTOCOL_3         3U

typedef struct Startup {
    HyConnection *connection;
    HySession *session; /* not yet the connection's */
    HyArena *arena;
    const char *user;
    const char *database;
    const char *options;
    const char *application_name;
    uint32_t minor;
} Startup;

/* ---- The packet ---- */

static void cancel(HyServer *server, uint32_t slot, uint32_t key)
{
    pthread_mutex_lock(&server->lock);
    for (HyConnection *c = server->connections; c; c = c->next)
        if (c->slot == slot && c->key == key && c->session)
            hy_session_cancel(c->session);
    pthread_mutex_unlock(&server->lock);
}

static const char *copy(Startup *startup, const char *text)
{
    const char *copied = hy_arena_strndup(startup->arena, text, strlen(text));
    return copied ? copied : "";
}

static bool read_parameters(Startup *startup, HyFields *fields)
{
    while (!fields->failed && fields->len && *fields->data) {
        const char *name = hy_fields_text(fields);
        const char *value = hy_fields_text(fields);
        if (strcmp(name, "user") == 0)
            startup->user = copy(startup, value);
        else if (strcmp(name, "database") == 0)
            startup->database = copy(startup, value);
        else if (strcmp(name, "options") == 0)
            startup->options = copy(startup, value);
        else if (strcmp(name, "application_name") == 0)
            startup->application_name = copy(startup, value);
    }
    return !fields->failed && startup->user;
}

/* Answers what may come before; true once a start-up packet is there. */
static bool read_packet(Startup *startup)
{
    HyPeer *peer = &startup->connection->peer;
    for (int i = 0; i < 4; i++) {
        const uint8_t *bytes;
        if (!hy_peer_read(peer, 4, &bytes))
            return false;
        uint32_t len = hy_load_be32(bytes);
        if (len < 8 || len > STARTUP_MAX_BYTES || !hy_peer_read(peer, len - 4, &bytes))
            return false;
        HyFields fields = {bytes, len - 4, false};
        uint32_t code = hy_fields_u32(&fields);
        if (code == SSL_REQUEST || code == GSS_REQUEST) {
            if (!hy_peer_send(peer, "N", 1))
                return false;
        } else if (code == CANCEL_REQUEST) {
            uint32_t slot = hy_fields_u32(&fields);
            uint32_t key = hy_fields_u32(&fields);
            if (!fields.failed)
                cancel(startup->connection->server, slot, key);
            return false;
        } else {
            startup->minor = code & 0xffff;
            return code >> 16 == PROTOCOL_3 && read_parameters(startup, &fields);
        }
    }
    return false;
}

/* We speak 3.0; clients that can do with it go on. */
static void negotiate(Startup *startup)
{
    HyPeer *peer = &startup->connection->peer;
    if (!startup->minor)
        return;
    hy_peer_begin(peer, 'v');
    hy_peer_put_u32(peer, 0);
    hy_peer_put_u32(peer, 0);
    hy_peer_end(peer);
}

/* ---- Password ---- */

static HyStatus refused(const Startup *startup)
{
    return hy_error("42501", "could not connect as '%s'", startup->user);
}

static void send_authentication(HyPeer *peer, uint32_t code, const char *data, size_t len)
{
    hy_peer_begin(peer, 'R');
    hy_peer_put_u32(peer, code);
    hy_peer_put_bytes(peer, data, len);
    hy_peer_end(peer);
}

static bool read_password_message(HyPeer *peer, HyFields *out)
{
    uint8_t type;
    size_t len;
    const uint8_t *body;
    if (!hy_peer_read_header(peer, &type, &len) || type != 'p' || len > HY_SCRAM_MESSAGE_MAX ||
        !hy_peer_read(peer, len, &body))
        return false;
    *out = (HyFields){body, len, false};
    return true;
}

/* *ended: the client has gone or talks nonsense. */
static HyStatus check_password(Startup *startup, bool *ended)
{
    static const char mechanisms[] = "SCRAM-SHA-256\0";
    HyPeer *peer = &startup->connection->peer;
    HyScram scram = {.secret = &startup->connection->server->secret};
    HyFields fields;
    *ended = true;
    send_authentication(peer, 10, mechanisms, sizeof mechanisms);
    if (!read_password_message(peer, &fields))
        return HY_OK;
    const char *mechanism = hy_fields_text(&fields);
    uint32_t len = hy_fields_u32(&fields);
    const uint8_t *message = hy_fields_bytes(&fields, len);
    if (!message || strcmp(mechanism, "SCRAM-SHA-256") != 0 ||
        !hy_scram_first(&scram, (const char *)message, len))
        return HY_OK;
    send_authentication(peer, 11, scram.server_first, strlen(scram.server_first));
    if (!read_password_message(peer, &fields))
        return HY_OK;
    *ended = false;
    if (!hy_scram_final(&scram, (const char *)fields.data, fields.len))
        return refused(startup);
    send_authentication(peer, 12, scram.server_final, strlen(scram.server_final));
    return HY_OK;
}

/* ---- Settings ---- */

static HyStatus bad_options(void)
{
    return hy_error("42601", "invalid option string in startup message");
}

static HyStatus apply_option(Startup *startup, char *name, const char *value)
{
    /* What concerns connecting, not the session. */
    static const char *const of_client[] = {"allow_redirects", "client_info", "user_agent"};
    for (char *p = name; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
    for (size_t i = 0; i < HY_ARRAY_LEN(of_client); i++)
        if (strcmp(name, of_client[i]) == 0)
            return HY_OK;
    if (strcmp(name, "result_format_code") != 0)
        return hy_settings_set_default(startup->session->settings, name, value);
    if (strcasecmp(value, "HyperBinary") == 0)
        startup->connection->wants_hyper_binary = true;
    else if (strcasecmp(value, "Text") != 0)
        return hy_error("22023", "invalid configuration parameter value for '%s'", name);
    return HY_OK;
}

/* name=value words; the value bare or in single quotes; "-c" before a word is skipped. */
static HyStatus apply_options(Startup *startup, const char *text)
{
    char *words = hy_arena_strndup(startup->arena, text, strlen(text));
    char *next = words;
    if (!words)
        return hy_error_oom(strlen(text));
    for (;;) {
        next += strspn(next, " \t\n\r");
        if (!*next)
            return HY_OK;
        if (next[0] == '-' && next[1] == 'c' && strchr(" \t\n\r", next[2]) && next[2]) {
            next += 2;
            continue;
        }
        char *name = next;
        size_t len = strcspn(next, "= \t\n\r");
        if (!len || next[len] != '=')
            return bad_options();
        next[len] = 0;
        char *value = next + len + 1;
        bool is_quoted = *value == '\'';
        value += is_quoted;
        size_t value_len = strcspn(value, is_quoted ? "'" : " \t\n\r");
        if ((is_quoted && !value[value_len]) || (!is_quoted && !value_len))
            return bad_options();
        next = value + value_len + (value[value_len] != 0);
        value[value_len] = 0;
        HY_TRY(apply_option(startup, name, value));
    }
}

/* ---- Databases ---- */

static HyStatus attach(Startup *startup, const char *path, const char *alias)
{
    if (strncmp(path, "hyper.file:", 11) == 0)
        path += 11;
    HyStatus st = *path ? hy_session_attach(startup->session, path, alias, HY_CREATE_NONE)
                        : hy_error("58S01", "could not load database: unable to resolve the "
                                            "database path: the path does not refer to a file");
    if (!st)
        return HY_OK;
    HyBuffer message = {0};
    HyStatus failed =
        hy_buffer_printf(&message, "error opening database '%s': %s", alias, st->message);
    if (!failed)
        failed = hy_buffer_append_char(&message, 0);
    if (!failed) {
        free(st->message);
        st->message = message.data;
    }
    hy_error_free(failed);
    return st;
}

static HyStatus attach_list(Startup *startup)
{
    HyJson *list;
    HyStatus st =
        hy_json_parse(startup->arena, startup->database, strlen(startup->database), &list);
    if (st || list->kind != HY_JSON_ARRAY) {
        HyStatus bad = hy_error("42601", "invalid JSON supplied as database name: %s",
            st && st->detail ? st->detail : "not an array");
        hy_error_free(st);
        return bad;
    }
    for (size_t i = 0; i < list->n_items; i++) {
        const HyJson *alias = hy_json_get(list->items[i], "alias");
        const HyJson *path = hy_json_get(list->items[i], "path");
        if (!alias || alias->kind != HY_JSON_STRING)
            return hy_error("42601", "missing alias in database name");
        if (!path || path->kind != HY_JSON_STRING)
            return hy_error("42601", "missing database path in database name");
        HY_TRY(attach(startup, path->text, alias->text));
    }
    return HY_OK;
}

static HyStatus attach_databases(Startup *startup)
{
    const char *database = startup->database;
    if (!database || strcmp(database, startup->user) == 0 || strcmp(database, "postgres") == 0)
        return HY_OK;
    return *database == '[' ? attach_list(startup) : attach(startup, database, database);
}

/* ---- The whole ---- */

static HyStatus open_session(Startup *startup)
{
    HyConnection *connection = startup->connection;
    HyServer *server = connection->server;
    HY_TRY(hy_session_open(server->instance, &startup->session));
    startup->session->memory.limit_bytes = server->options->session_memory_limit;
    if (startup->application_name)
        HY_TRY(hy_settings_set_default(
            startup->session->settings, "application_name", startup->application_name));
    if (startup->options)
        HY_TRY(apply_options(startup, startup->options));
    HY_TRY(attach_databases(startup));
    return HY_OK;
}

static void publish_session(Startup *startup)
{
    HyServer *server = startup->connection->server;
    pthread_mutex_lock(&server->lock);
    startup->connection->session = startup->session;
    pthread_mutex_unlock(&server->lock);
    startup->session = NULL;
}

static void put_parameter(HyPeer *peer, const char *name, const char *value)
{
    hy_peer_begin(peer, 'S');
    hy_peer_put_text(peer, name);
    hy_peer_put_text(peer, value);
    hy_peer_end(peer);
}

static void send_welcome(const Startup *startup)
{
    HyConnection *connection = startup->connection;
    const char *const parameters[][2] = {
        {"application_name", startup->application_name ? startup->application_name : ""},
        {"client_encoding", "UTF8"},
        {"DateStyle", "ISO, MDY"},
        {"integer_datetimes", "on"},
        {"IntervalStyle", "iso_8601"},
        {"is_superuser", "on"},
        {"server_encoding", "UTF8"},
        {"server_version", HY_WIRE_SERVER_VERSION},
        {"hyper_version", HY_WIRE_HYPER_VERSION},
        {"session_authorization", startup->user},
        {"standard_conforming_strings", "on"},
        {"TimeZone", "localtime"},
        {"result_format_code", connection->wants_hyper_binary ? "HyperBinary" : "Text"},
        {"session_identifier", connection->session_id},
        {"connection_migration", "off"},
        {"connection_routing", "off"},
        {"connection_migration_reroute", "off"},
    };
    HyPeer *peer = &connection->peer;
    send_authentication(peer, 0, NULL, 0);
    for (size_t i = 0; i < HY_ARRAY_LEN(parameters); i++)
        put_parameter(peer, parameters[i][0], parameters[i][1]);
    hy_peer_begin(peer, 'K');
    hy_peer_put_u32(peer, connection->slot);
    hy_peer_put_u32(peer, connection->key);
    hy_peer_end(peer);
    hy_send_ready(connection);
}

static bool start_up(Startup *startup)
{
    HyConnection *connection = startup->connection;
    HyServer *server = connection->server;
    bool ended = false;
    if (!read_packet(startup))
        return false;
    hy_server_log(server->log, "info", connection->session_id, "connection-startup-begin", "user",
        startup->user, NULL);
    negotiate(startup);
    HyStatus st = HY_OK;
    if (strcmp(startup->user, server->options->init_user) != 0)
        st = refused(startup);
    else if (server->has_password)
        st = check_password(startup, &ended);
    if (!st && !ended)
        st = open_session(startup);
    if (st) {
        hy_server_log(server->log, "warning", connection->session_id, "connection-refused",
            "sqlstate", st->sqlstate, "message", st->message, NULL);
        hy_send_error(&connection->peer, st);
        return false;
    }
    if (ended)
        return false;
    publish_session(startup);
    send_welcome(startup);
    return true;
}

bool hy_connection_start_up(HyConnection *connection)
{
    Startup startup = {.connection = connection, .arena = hy_arena_create()};
    if (!startup.arena)
        return false;
    connection->peer.idle_timeout_ms = STARTUP_TIMEOUT_MS;
    bool ok = start_up(&startup);
    if (startup.session)
        hy_error_free(hy_session_close(startup.session));
    hy_arena_destroy(startup.arena);
    return ok;
}
