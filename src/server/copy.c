/* COPY FROM STDIN and TO STDOUT: CopyData messages as streams of bytes; HyperBinary, which the
 * engine itself does not know; the way into external streams. spec/wire-protocol.md, section 3.3.
 */
#include "server/connection.h"
#include "server/hyper_binary.h"

#include "session/copy_stream.h"
#include "sql/parser.h"

#include <stdlib.h>
#include <strings.h>

/* ---- The client's bytes ---- */

typedef struct CopyChannel {
    HyCopyClient client; /* first */
    HyByteReader reader;
    HyByteWriter writer;
    HyConnection *connection;
    size_t body_left; /* of the CopyData that is being read */
    bool has_ended;   /* CopyDone, CopyFail or the end of the connection came */
    bool is_open_in;  /* CopyInResponse was sent */
    bool is_open_out;
} CopyChannel;

static CopyChannel *of_reader(HyByteReader *reader)
{
    return (CopyChannel *)(void *)((char *)reader - offsetof(CopyChannel, reader));
}

static CopyChannel *of_writer(HyByteWriter *writer)
{
    return (CopyChannel *)(void *)((char *)writer - offsetof(CopyChannel, writer));
}

static HyStatus gone(CopyChannel *channel)
{
    channel->has_ended = true;
    return hy_error("08006", "the client has gone");
}

static HyStatus copy_failed(CopyChannel *channel, size_t len)
{
    const uint8_t *body;
    channel->has_ended = true;
    if (!hy_peer_read(&channel->connection->peer, len, &body))
        return gone(channel);
    HyFields fields = {body, len, false};
    return hy_error("57014", "copy failed: %s", hy_fields_text(&fields));
}

/* The next message; *len bytes of CopyData follow, or none at the end. */
static HyStatus next_message(CopyChannel *channel)
{
    HyPeer *peer = &channel->connection->peer;
    uint8_t type;
    size_t len;
    if (!hy_peer_read_header(peer, &type, &len))
        return gone(channel);
    switch (type) {
    case 'd':
        channel->body_left = len;
        return HY_OK;
    case 'c':
        channel->has_ended = true;
        return hy_peer_skip(peer, len) ? HY_OK : gone(channel);
    case 'f':
        return copy_failed(channel, len);
    case 'H':
    case 'S':
        return hy_peer_skip(peer, len) ? HY_OK : gone(channel);
    default:
        hy_send_error(peer, hy_error("08P01", "unexpected protocol package: '%c'", type));
        (void)hy_peer_flush(peer);
        peer->is_broken = true;
        return gone(channel);
    }
}

static HyStatus read_bytes(HyByteReader *self, void *data, size_t capacity, size_t *len)
{
    CopyChannel *channel = of_reader(self);
    HyConnection *connection = channel->connection;
    *len = 0;
    HY_TRY(hy_cancel_check(&connection->session->cancel));
    while (!channel->body_left && !channel->has_ended)
        HY_TRY(next_message(channel));
    if (channel->has_ended)
        return HY_OK;
    size_t n = channel->body_left < capacity ? channel->body_left : capacity;
    *len = hy_peer_read_some(&connection->peer, data, n);
    channel->body_left -= *len;
    return *len ? HY_OK : gone(channel);
}

/* The reader may have seen the end of the data before the client said so. */
static void swallow_rest(CopyChannel *channel)
{
    HyPeer *peer = &channel->connection->peer;
    while (!channel->has_ended && !peer->is_broken) {
        if (!hy_peer_skip(peer, channel->body_left))
            return;
        channel->body_left = 0;
        hy_error_free(next_message(channel));
    }
}

#define COPY_DATA_BYTES ((size_t)64 << 10)

static HyStatus write_bytes(HyByteWriter *self, const void *data, size_t len)
{
    CopyChannel *channel = of_writer(self);
    HyPeer *peer = &channel->connection->peer;
    const char *next = data;
    while (len) {
        size_t n = len < COPY_DATA_BYTES ? len : COPY_DATA_BYTES;
        HY_TRY(hy_cancel_check(&channel->connection->session->cancel));
        hy_peer_begin(peer, 'd');
        hy_peer_put_bytes(peer, next, n);
        hy_peer_end(peer);
        if (peer->is_broken)
            return gone(channel);
        next += n;
        len -= n;
    }
    return HY_OK;
}

static HyStatus start_copy(HyCopyClient *client, bool is_input, size_t n_columns)
{
    CopyChannel *channel = (CopyChannel *)(void *)client;
    HyPeer *peer = &channel->connection->peer;
    hy_peer_begin(peer, is_input ? 'G' : 'H');
    hy_peer_put_u8(peer, 0);
    hy_peer_put_u16(peer, (uint16_t)n_columns);
    for (size_t i = 0; i < n_columns; i++)
        hy_peer_put_u16(peer, 0);
    hy_peer_end(peer);
    channel->is_open_in = is_input;
    channel->is_open_out = !is_input;
    return HY_OK;
}

static void open_channel(HyConnection *connection, CopyChannel *channel)
{
    *channel = (CopyChannel){
        .reader = {.read = read_bytes}, .writer = {.write = write_bytes}, .connection = connection};
    channel->client = (HyCopyClient){start_copy, &channel->reader, &channel->writer};
}

/* What follows the data. After a failure the client is told at once; what it still sends are stray
 * messages then, of which only the one that has begun must be skipped here. */
static void close_channel(CopyChannel *channel, bool failed)
{
    HyPeer *peer = &channel->connection->peer;
    if (channel->is_open_in && failed)
        (void)hy_peer_skip(peer, channel->body_left);
    if (channel->is_open_out && !failed)
        hy_peer_put_empty(peer, 'c');
}

HyStatus hy_connection_execute_with_client(HyConnection *connection, const char *sql, size_t len,
    const HyParameters *parameters, HyResult **out)
{
    CopyChannel channel;
    open_channel(connection, &channel);
    HyStatus st =
        hy_session_execute_with(connection->session, sql, len, parameters, &channel.client, out);
    if (!st && channel.is_open_in)
        swallow_rest(&channel);
    close_channel(&channel, st != NULL);
    return st;
}

/* ---- HyperBinary ---- */

typedef struct HyperCopy {
    const HyAstCopy *ast;
    const HyAstStmt *stmt;
    bool is_hyper_binary;
    bool sanitize;
} HyperCopy;

static const char *option_text(const HyAstOption *option)
{
    const HyAstExpr *value = option->value;
    if (value && value->kind == HY_AST_COLUMN && value->column.parts.n == 1)
        return value->column.parts.items[0].text;
    return value && value->kind == HY_AST_STRING ? value->text.data : "";
}

static void read_options(HyperCopy *copy)
{
    const HyAstOptionList *options = &copy->ast->options;
    for (size_t i = 0; i < options->n; i++) {
        const HyAstOption *option = &options->items[i];
        const char *text = option_text(option);
        if (strcasecmp(option->name.text, "format") == 0)
            copy->is_hyper_binary = strcasecmp(text, "hyperbinary") == 0;
        else if (strcasecmp(option->name.text, "sanitize") == 0)
            copy->sanitize = !option->value || strcasecmp(text, "false") != 0;
    }
}

static HyStatus begin_insert(
    HyConnection *connection, HyArena *arena, const HyAstCopy *ast, HyBulkInsert **out)
{
    const HyAstQName *table = &ast->table;
    size_t n = table->parts.n;
    HyStreamColumn *columns;
    HyBulkInsertOptions options = {.table = table->parts.items[n - 1].text,
        .schema = n > 1 ? table->parts.items[n - 2].text : NULL,
        .database = n > 2 ? table->parts.items[n - 3].text : NULL};
    HY_ARENA_NEW(arena, columns, ast->columns.n + 1);
    for (size_t i = 0; i < ast->columns.n; i++)
        columns[i].name = ast->columns.items[i].text;
    if (ast->columns.n) {
        options.columns = columns;
        options.n_columns = ast->columns.n;
    }
    return hy_bulk_insert_create(connection->session, &options, out);
}

static HyStatus copied(int64_t n_rows, HyResult **out)
{
    HY_TRY(hy_result_create(out));
    (*out)->affected = n_rows;
    HyStatus st = hy_result_set_tag(*out, "COPY %lld", (long long)n_rows);
    if (st) {
        hy_result_destroy(*out);
        *out = NULL;
    }
    return st;
}

static HyStatus copy_in(
    HyConnection *connection, HyArena *arena, const HyperCopy *copy, HyResult **out)
{
    HyBulkInsert *insert = NULL;
    CopyChannel channel;
    int64_t n_rows = 0;
    HyStatus st = HY_OK;
    open_channel(connection, &channel);
    HY_GO(begin_insert(connection, arena, copy->ast, &insert));
    HY_GO(start_copy(&channel.client, true, hy_bulk_insert_column_count(insert)));
    HY_GO(hy_hyper_binary_read(&channel.reader, copy->sanitize, insert));
    HY_GO(hy_bulk_insert_finish(insert, &n_rows));
    HY_GO(copied(n_rows, out));
done:
    close_channel(&channel, st != NULL);
    hy_bulk_insert_destroy(insert);
    if (st)
        hy_session_fail_transaction(connection->session);
    return st;
}

static HyStatus append_names(HyBuffer *out, const HyAstNameList *names, const char *separator)
{
    for (size_t i = 0; i < names->n; i++) {
        HY_TRY(hy_buffer_append_str(out, i ? separator : ""));
        HY_TRY(hy_buffer_append_identifier(out, names->items[i].text));
    }
    return HY_OK;
}

/* The query whose rows go out, as text. */
static HyStatus output_query(const HyperCopy *copy, const char *sql, HyBuffer *out)
{
    const char *start = sql + copy->stmt->span.offset;
    if (copy->ast->query) { /* COPY (query) TO ..: what lies in the outer parentheses */
        const char *open = strchr(start, '(');
        size_t depth_end = copy->stmt->span.offset + copy->stmt->span.length;
        const char *close = sql + depth_end;
        /* The last ')' before TO; options behind TO have their own. */
        const char *to = close;
        while (to > open && !(strncasecmp(to, "stdout", 6) == 0))
            to--;
        while (to > open && *to != ')')
            to--;
        return hy_buffer_append(out, open + 1, (size_t)(to - open - 1));
    }
    HY_TRY(hy_buffer_append_str(out, "SELECT "));
    HY_TRY(append_names(out, &copy->ast->columns, ", "));
    HY_TRY(hy_buffer_append_str(out, copy->ast->columns.n ? " FROM " : "* FROM "));
    return append_names(out, &copy->ast->table.parts, ".");
}

static HyStatus write_rows(CopyChannel *channel, const HyResult *rows)
{
    HyBuffer bytes = {0};
    HyStatus st = HY_OK;
    bool *is_nullable = calloc(rows->n_columns + 1, sizeof *is_nullable);
    if (!is_nullable)
        return hy_error_oom(rows->n_columns);
    for (size_t i = 0; i < rows->n_columns; i++)
        is_nullable[i] = rows->column_types[i].nullable;
    HY_GO(hy_hyper_binary_write_header(&bytes));
    for (size_t i = 0; rows->rows && i < hy_rowset_piece_count(rows->rows); i++) {
        HY_GO(hy_hyper_binary_write_rows(hy_rowset_piece(rows->rows, i), is_nullable, &bytes));
        HY_GO(channel->writer.write(&channel->writer, bytes.data, bytes.len));
        bytes.len = 0;
    }
    HY_GO(channel->writer.write(&channel->writer, bytes.data, bytes.len));
done:
    free(is_nullable);
    hy_buffer_free(&bytes);
    return st;
}

static HyStatus copy_out(
    HyConnection *connection, const HyperCopy *copy, const char *sql, HyResult **out)
{
    HyBuffer query = {0};
    CopyChannel channel;
    HyResult *rows = NULL;
    HyStatus st = HY_OK;
    open_channel(connection, &channel);
    HY_GO(output_query(copy, sql, &query));
    HY_GO(hy_session_execute(connection->session, query.data, query.len, &rows));
    HY_GO(start_copy(&channel.client, false, rows->n_columns));
    HY_GO(write_rows(&channel, rows));
    HY_GO(copied(rows->rows ? (int64_t)hy_rowset_row_count(rows->rows) : 0, out));
done:
    close_channel(&channel, st != NULL);
    hy_result_destroy(rows);
    hy_buffer_free(&query);
    return st;
}

/* ---- Into a stream ---- */

static HyStatus read_all(CopyChannel *channel, HyBuffer *out)
{
    size_t len;
    do {
        HY_TRY(hy_buffer_reserve(out, (size_t)256 << 10));
        HY_TRY(channel->reader.read(
            &channel->reader, out->data + out->len, out->capacity - out->len, &len));
        out->len += len;
    } while (len);
    return HY_OK;
}

static HyStatus copy_into_stream(
    HyConnection *connection, struct HyExternalStream *stream, HyResult **out)
{
    HyStreamRegistry *registry = &connection->server->streams;
    CopyChannel channel;
    HyBuffer data = {0};
    open_channel(connection, &channel);
    atomic_store(&connection->session->cancel.requested, false);
    HyStatus st = start_copy(&channel.client, true, hy_stream_column_count(stream));
    if (!st)
        st = read_all(&channel, &data);
    close_channel(&channel, st != NULL);
    if (st)
        hy_stream_drop_reference(registry, stream);
    else
        st = hy_stream_push(registry, stream, &data);
    hy_buffer_free(&data);
    return st ? st : copied(0, out);
}

/* ---- Which of them ---- */

static bool begins_with_copy(const char *sql, size_t len)
{
    size_t at = 0;
    while (at < len && strchr(" \t\r\n", sql[at]) && sql[at])
        at++;
    return len - at > 4 && strncasecmp(sql + at, "copy", 4) == 0;
}

static HyStatus parse_copy(
    HyArena *arena, const char *sql, size_t len, HyperCopy *out, bool *is_hyper_binary)
{
    HyAstStmt *stmt;
    *is_hyper_binary = false;
    HyStatus st = hy_parse(arena, sql, len, &stmt);
    if (st) { /* the session says it better */
        hy_error_free(st);
        return HY_OK;
    }
    if (!stmt || stmt->kind != HY_AST_STMT_COPY || stmt->copy->location)
        return HY_OK;
    *out = (HyperCopy){.ast = stmt->copy, .stmt = stmt};
    read_options(out);
    *is_hyper_binary = out->is_hyper_binary;
    return HY_OK;
}

HyStatus hy_connection_copy(
    HyConnection *connection, const char *sql, size_t len, HyResult **out, bool *is_taken)
{
    struct HyExternalStream *stream = NULL;
    HyperCopy copy = {0};
    *is_taken = false;
    if (!begins_with_copy(sql, len))
        return HY_OK;
    HY_TRY(
        hy_stream_find_copy(&connection->server->streams, connection->session, sql, len, &stream));
    if (stream) {
        *is_taken = true;
        return copy_into_stream(connection, stream, out);
    }
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    HyStatus st = parse_copy(arena, sql, len, &copy, is_taken);
    if (!st && *is_taken)
        st = copy.ast->to ? copy_out(connection, &copy, sql, out)
                          : copy_in(connection, arena, &copy, out);
    hy_arena_destroy(arena);
    return st;
}
