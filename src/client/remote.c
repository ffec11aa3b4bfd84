#include "client/remote.h"

#include "base/utf8.h"
#include "server/auth.h"
#include "server/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define PROTOCOL_3        196608U
#define CANCEL_REQUEST    80877102U
#define MAX_MESSAGE_BYTES ((size_t)1 << 30)
#define CANCEL_TIMEOUT_S  2

/* ---- Messages in ---- */

static HyStatus lost(HyRemote *remote)
{
    remote->peer.is_broken = true;
    return hy_error("08006", "Hyperd connection terminated unexpectedly. Check your network "
                             "connection and if the hyperd server is up and running.");
}

static HyStatus bad_message(HyRemote *remote, uint8_t type)
{
    remote->peer.is_broken = true;
    return hy_error("08P01", "unexpected message '%c' from the server", type);
}

static HyStatus keep_parameter(HyRemote *remote, HyFields fields)
{
    const char *name = hy_fields_text(&fields);
    const char *value = hy_fields_text(&fields);
    if (fields.failed)
        return bad_message(remote, 'S');
    for (size_t i = 0; i < remote->n_parameters; i++)
        if (strcmp(remote->parameters[i].name, name) == 0)
            return HY_OK; /* what was given out must stay where it is */
    HyRemoteText *grown =
        realloc(remote->parameters, (remote->n_parameters + 1) * sizeof *remote->parameters);
    if (!grown)
        return hy_error_oom(0);
    remote->parameters = grown;
    HyRemoteText text = {strdup(name), strdup(value)};
    if (!text.name || !text.value) {
        free(text.name);
        free(text.value);
        return hy_error_oom(0);
    }
    grown[remote->n_parameters++] = text;
    return HY_OK;
}

/* The text of a field of an error or notice; NULL: there is none. */
static const char *message_field(HyFields fields, uint8_t code)
{
    while (!fields.failed && fields.len && *fields.data) {
        uint8_t found = hy_fields_u8(&fields);
        const char *text = hy_fields_text(&fields);
        if (found == code && !fields.failed)
            return text;
    }
    return NULL;
}

HyStatus hy_remote_error(HyFields fields, const char *sql, size_t len)
{
    const char *state = message_field(fields, 'C');
    const char *message = message_field(fields, 'M');
    const char *detail = message_field(fields, 'D');
    const char *hint = message_field(fields, 'H');
    const char *position = message_field(fields, 'P');
    HyStatus st = hy_error(state && strlen(state) == 5 ? state : "XX000", "%s",
        message ? message : "the server gave no message");
    if (detail)
        st = hy_error_detail(st, "%s", detail);
    if (hint)
        st = hy_error_hint(st, "%s", hint);
    if (position && sql) { /* characters outside, bytes inside */
        char *end;
        unsigned long long at = strtoull(position, &end, 10);
        if (at > 0 && at <= len)
            st = hy_error_at(st, (int64_t)hy_utf8_offset(sql, len, (size_t)at - 1));
    }
    return st;
}

HyStatus hy_remote_next(HyRemote *remote, HyResult *result, uint8_t *type, HyFields *fields)
{
    for (;;) {
        size_t len;
        const uint8_t *body;
        if (!hy_peer_read_header(&remote->peer, type, &len) || len > MAX_MESSAGE_BYTES ||
            !hy_peer_read(&remote->peer, len, &body))
            return lost(remote);
        *fields = (HyFields){body, len, false};
        if (*type == 'S') {
            HY_TRY(keep_parameter(remote, *fields));
        } else if (*type == 'N') {
            const char *text = message_field(*fields, 'M');
            if (result && text)
                HY_TRY(hy_result_add_notice(result, text));
        } else if (*type != 'A') {
            break;
        }
    }
    if (*type == 'Z') {
        HyFields copy = *fields;
        remote->transaction = (char)hy_fields_u8(&copy);
        if (copy.failed)
            return bad_message(remote, *type);
    }
    return HY_OK;
}

/* ---- Connecting ---- */

static HyStatus refused(const char *endpoint, HyStatus reason)
{
    const char *place = strstr(endpoint, "://");
    if (strcmp(reason->sqlstate, "08001") != 0) {
        HyStatus st = hy_error("HY000",
            "Invalid connection string \"%s\". It must look like \"<scheme>://<rest>\".", endpoint);
        hy_error_free(reason);
        return st;
    }
    HyStatus st = hy_error("08001", "Could not connect to the Hyper server: %s", reason->message);
    st = hy_error_hint(st, "Is the server running and accepting connections on \"%s\"?",
        place ? place + 3 : endpoint);
    hy_error_free(reason);
    return st;
}

static bool is_plain_word(const char *text)
{
    return *text && !strpbrk(text, " \t\r\n='");
}

static HyStatus append_option(HyBuffer *out, const char *name, const char *value)
{
    if (!is_plain_word(name))
        return hy_error("42601", "unrecognized configuration parameter '%s'", name);
    if (strchr(value, '\''))
        return hy_error("22023", "invalid configuration parameter value for '%s'", name);
    return hy_buffer_printf(out, is_plain_word(value) ? " %s=%s" : " %s='%s'", name, value);
}

static bool is_option(const char *key)
{
    static const char *const others[] = {
        "user", "password", "endpoint", "dbname", "user_agent", "api_language"};
    for (size_t i = 0; i < HY_ARRAY_LEN(others); i++)
        if (strcmp(others[i], key) == 0)
            return false;
    return true;
}

static const char *setting(
    const HyInstanceSetting *settings, size_t n, const char *key, const char *otherwise)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(settings[i].key, key) == 0)
            return settings[i].value;
    return otherwise;
}

static void put_pair(HyPeer *peer, const char *name, const char *value)
{
    hy_peer_put_text(peer, name);
    hy_peer_put_text(peer, value);
}

static HyStatus send_start(HyRemote *remote, const HyInstanceSetting *settings, size_t n)
{
    HyPeer *peer = &remote->peer;
    HyBuffer options = {0};
    HyStatus st = hy_buffer_append_str(&options,
        "allow_redirects=false client_info=C,Linux,openhyper extra_float_digits=2 "
        "result_format_code=HyperBinary two_digit_year_threshold=40 user_agent='External API'");
    for (size_t i = 0; i < n && !st; i++)
        if (is_option(settings[i].key))
            st = append_option(&options, settings[i].key, settings[i].value);
    if (!st)
        st = hy_buffer_append_char(&options, 0);
    if (!st) {
        size_t start = peer->out.len;
        hy_peer_put_u32(peer, 0);
        hy_peer_put_u32(peer, PROTOCOL_3);
        put_pair(peer, "user", setting(settings, n, "user", "tableau_internal_user"));
        put_pair(peer, "database", "[]");
        put_pair(peer, "options", options.data);
        hy_peer_put_u8(peer, 0);
        if (!peer->is_broken)
            hy_store_be32(peer->out.data + start, (uint32_t)(peer->out.len - start));
    }
    hy_buffer_free(&options);
    return st;
}

static void send_sasl(HyPeer *peer, const char *mechanism, const char *message)
{
    size_t len = strlen(message);
    hy_peer_begin(peer, 'p');
    if (mechanism) {
        hy_peer_put_text(peer, mechanism);
        hy_peer_put_u32(peer, (uint32_t)len);
    }
    hy_peer_put_bytes(peer, message, len);
    hy_peer_end(peer);
}

/* An Authentication message of the server. */
static HyStatus authenticate(
    HyRemote *remote, HyFields fields, const char *password, HyScramClient *scram)
{
    uint32_t code = hy_fields_u32(&fields);
    if (fields.failed)
        return bad_message(remote, 'R');
    if (code == 0)
        return HY_OK;
    if (!password)
        return hy_error("08001", "fe_sendauth: No password was supplied.");
    if (code == 10) {
        if (!hy_scram_client_first(scram))
            return hy_error("58000", "no randomness for a nonce");
        send_sasl(&remote->peer, "SCRAM-SHA-256", scram->first);
        return HY_OK;
    }
    if (code == 11) {
        if (!hy_scram_client_final(scram, password, (const char *)fields.data, fields.len))
            return bad_message(remote, 'R');
        send_sasl(&remote->peer, NULL, scram->final);
        return HY_OK;
    }
    if (code == 12)
        return hy_scram_client_check(scram, (const char *)fields.data, fields.len)
                   ? HY_OK
                   : hy_error("08001", "the server does not know the password");
    return hy_error("08001", "the server wants an unknown kind of password");
}

/* To the first ReadyForQuery. */
static HyStatus start_up(HyRemote *remote, const HyInstanceSetting *settings, size_t n)
{
    HyScramClient scram = {0};
    HY_TRY(send_start(remote, settings, n));
    for (;;) {
        uint8_t type;
        HyFields fields;
        HY_TRY(hy_remote_next(remote, NULL, &type, &fields));
        switch (type) {
        case 'R':
            HY_TRY(authenticate(remote, fields, setting(settings, n, "password", NULL), &scram));
            break;
        case 'K':
            remote->cancel_slot = hy_fields_u32(&fields);
            remote->cancel_key = hy_fields_u32(&fields);
            break;
        case 'v':
            break;
        case 'Z':
            return HY_OK;
        case 'E':
            return hy_remote_error(fields, NULL, 0);
        default:
            return bad_message(remote, type);
        }
    }
}

static void free_remote(HyRemote *remote)
{
    if (!remote)
        return;
    if (remote->peer.fd >= 0)
        close(remote->peer.fd);
    hy_peer_free(&remote->peer);
    for (size_t i = 0; i < remote->n_parameters; i++) {
        free(remote->parameters[i].name);
        free(remote->parameters[i].value);
    }
    free(remote->parameters);
    free(remote);
}

HyStatus hy_remote_connect(
    const char *endpoint, const HyInstanceSetting *settings, size_t n, HyRemote **out)
{
    int fd;
    int on = 1;
    HyStatus st = hy_endpoint_connect(endpoint, 0, &fd);
    if (st)
        return refused(endpoint, st);
    HyRemote *remote = calloc(1, sizeof *remote);
    if (!remote) {
        close(fd);
        return hy_error_oom(sizeof *remote);
    }
    hy_peer_init(&remote->peer, fd);
    remote->address_len = sizeof remote->address;
    if (getpeername(fd, (struct sockaddr *)&remote->address, &remote->address_len) != 0)
        HY_GO(lost(remote));
    if (remote->address.ss_family != AF_UNIX)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    HY_GO(start_up(remote, settings, n));
    *out = remote;
    remote = NULL;
done:
    free_remote(remote);
    return st;
}

void hy_remote_close(HyRemote *remote)
{
    HyResult *result = NULL;
    if (!remote)
        return;
    if (!remote->peer.is_broken && !remote->is_copying) {
        static const char detach[] = "DETACH DATABASE *";
        hy_error_free(hy_remote_execute(remote, detach, sizeof detach - 1, &result));
        hy_result_destroy(result);
    }
    hy_peer_put_empty(&remote->peer, 'X');
    (void)hy_peer_flush(&remote->peer);
    free_remote(remote);
}

/* ---- Use ---- */

/* Only calls that a signal handler may make. */
void hy_remote_cancel(const HyRemote *remote)
{
    const struct timeval patience = {.tv_sec = CANCEL_TIMEOUT_S};
    uint8_t message[16];
    char byte;
    int errnum = errno;
    int fd = socket(remote->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    hy_store_be32(message, sizeof message);
    hy_store_be32(message + 4, CANCEL_REQUEST);
    hy_store_be32(message + 8, remote->cancel_slot);
    hy_store_be32(message + 12, remote->cancel_key);
    /* The server ends the connection when it has done so. */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&remote->address, remote->address_len) == 0 &&
        send(fd, message, sizeof message, MSG_NOSIGNAL) == (ssize_t)sizeof message)
        (void)!recv(fd, &byte, 1, 0);
    close(fd);
    errno = errnum;
}

bool hy_remote_is_alive(const HyRemote *remote)
{
    return !remote->peer.is_broken && !hy_socket_has_ended(remote->peer.fd);
}

const char *hy_remote_parameter(const HyRemote *remote, const char *name)
{
    for (size_t i = 0; i < remote->n_parameters; i++)
        if (strcmp(remote->parameters[i].name, name) == 0)
            return remote->parameters[i].value;
    return NULL;
}

HyStatus hy_remote_send_query(HyRemote *remote, const char *sql, size_t len)
{
    HyPeer *peer = &remote->peer;
    if (remote->is_copying)
        return hy_error("55006", "the connection is not ready");
    if (memchr(sql, 0, len))
        return hy_error("42601", "the statement contains a zero byte");
    if (peer->is_broken)
        return lost(remote);
    hy_peer_begin(peer, 'Q');
    hy_peer_put_bytes(peer, sql, len);
    hy_peer_put_u8(peer, 0);
    hy_peer_end(peer);
    return HY_OK;
}

HyStatus hy_remote_set_tag(HyResult *result, const char *tag)
{
    static const char *const counting[] = {"INSERT ", "UPDATE ", "DELETE ", "COPY ", "MERGE "};
    HY_TRY(hy_result_set_tag(result, "%s", tag));
    const char *number = strrchr(tag, ' ');
    for (size_t i = 0; i < HY_ARRAY_LEN(counting) && number; i++)
        if (strncmp(tag, counting[i], strlen(counting[i])) == 0)
            result->affected = strtoll(number, NULL, 10);
    return HY_OK;
}

/* A COPY by a statement that has no bytes to give, or wants none. */
static void end_copy_in(HyPeer *peer)
{
    hy_peer_begin(peer, 'f');
    hy_peer_put_text(peer, "there are no data");
    hy_peer_end(peer);
}

/* One message of an answer; false in *more at its end. The first failure is kept in *failure, and
 * the rest of the answer read over. */
static HyStatus take_message(HyRemote *remote, uint8_t type, HyFields fields, HyResult *result,
    HyRowReader **reader, bool *more)
{
    switch (type) {
    case 'T':
        hy_row_reader_destroy(*reader);
        *reader = NULL;
        return hy_row_reader_create(fields, result, reader);
    case 'D':
        return *reader ? hy_row_reader_add(*reader, fields) : HY_OK;
    case 'C':
        if (*reader)
            HY_TRY(hy_row_reader_finish(*reader));
        return hy_remote_set_tag(result, hy_fields_text(&fields));
    case 'G':
        end_copy_in(&remote->peer);
        return HY_OK;
    case 'H':
    case 'd':
    case 'c':
    case 'I':
        return HY_OK;
    case 'Z':
        *more = false;
        return HY_OK;
    default:
        return bad_message(remote, type);
    }
}

HyStatus hy_remote_collect(HyRemote *remote, const char *sql, size_t len, HyResult *result)
{
    HyStatus failure = HY_OK;
    HyRowReader *reader = NULL;
    for (bool more = true; more;) {
        uint8_t type;
        HyFields fields;
        HyStatus st = hy_remote_next(remote, result, &type, &fields);
        if (!st)
            st = type == 'E' ? hy_remote_error(fields, sql, len)
                 : failure != NULL && type != 'Z'
                     ? HY_OK
                     : take_message(remote, type, fields, result, &reader, &more);
        if (failure)
            hy_error_free(st);
        else
            failure = st;
        if (remote->peer.is_broken)
            more = false;
    }
    hy_row_reader_destroy(reader);
    return failure;
}

HyStatus hy_remote_execute(HyRemote *remote, const char *sql, size_t len, HyResult **out)
{
    HyResult *result;
    HY_TRY(hy_remote_send_query(remote, sql, len));
    HY_TRY(hy_result_create(&result));
    HyStatus st = hy_remote_collect(remote, sql, len, result);
    if (st)
        hy_result_destroy(result);
    else
        *out = result;
    return st;
}
