#include "server/external_stream.h"

#include "server/hyper_binary.h"
#include "session/extended.h"
#include "sql/lexer.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

typedef struct Segment { /* the bytes of one COPY */
    HyBuffer data;
    struct Segment *next;
} Segment;

typedef struct HyExternalStream {
    struct HyExternalStream *next;
    char *key; /* database and name */
    size_t references;
    size_t n_columns;
    HyStreamColumn *columns; /* names and types are owned */
    Segment *first;
    Segment **last;
    bool is_closed;
    bool is_consumed;
} HyExternalStream;

void hy_stream_registry_init(HyStreamRegistry *registry)
{
    *registry = (HyStreamRegistry){0};
    pthread_mutex_init(&registry->lock, NULL);
    pthread_cond_init(&registry->moved, NULL);
}

static void free_segments(Segment *segment)
{
    while (segment) {
        Segment *next = segment->next;
        hy_buffer_free(&segment->data);
        free(segment);
        segment = next;
    }
}

/* Under the lock. */
static void release(HyExternalStream *stream)
{
    if (--stream->references)
        return;
    for (size_t i = 0; i < stream->n_columns; i++) {
        free((void *)(uintptr_t)stream->columns[i].name);
        free((void *)(uintptr_t)stream->columns[i].type);
    }
    free_segments(stream->first);
    free(stream->columns);
    free(stream->key);
    free(stream);
}

void hy_stream_registry_free(HyStreamRegistry *registry)
{
    while (registry->streams) {
        HyExternalStream *stream = registry->streams;
        registry->streams = stream->next;
        release(stream);
    }
    pthread_cond_destroy(&registry->moved);
    pthread_mutex_destroy(&registry->lock);
}

/* ---- Reading statements by tokens: the C library writes them always alike ---- */

typedef struct Cursor {
    HyArena *arena;
    const char *sql;
    size_t len;
    HyTokenList tokens;
    size_t at;
} Cursor;

static const HyToken *peek(const Cursor *c)
{
    return &c->tokens.items[c->at];
}

static bool is_word(const Cursor *c, size_t ahead, const char *word)
{
    if (c->at + ahead >= c->tokens.n)
        return false;
    const HyToken *t = &c->tokens.items[c->at + ahead];
    return !(t->flags & HY_TOKEN_QUOTED) && t->length == strlen(word) &&
           strncasecmp(c->sql + t->offset, word, t->length) == 0;
}

static bool accept_word(Cursor *c, const char *word)
{
    if (!is_word(c, 0, word))
        return false;
    c->at++;
    return true;
}

static bool accept_kind(Cursor *c, unsigned kind)
{
    if (peek(c)->kind != kind)
        return false;
    c->at++;
    return true;
}

static HyStatus syntax_error(const Cursor *c)
{
    return hy_error_at(
        hy_error("42601", "syntax error in a statement about an external stream"), peek(c)->offset);
}

static HyStatus read_name(Cursor *c, HyAstName *out)
{
    const HyToken *t = peek(c);
    if (t->kind != HY_TOK_IDENT && !hy_token_is_keyword(t->kind))
        return syntax_error(c);
    c->at++;
    return hy_token_name(c->arena, c->sql, t, '\\', out);
}

typedef struct QualifiedName {
    HyAstName parts[3];
    size_t n;
    const char *text; /* as written */
    size_t text_len;
} QualifiedName;

static HyStatus read_qualified(Cursor *c, QualifiedName *out)
{
    *out = (QualifiedName){.text = c->sql + peek(c)->offset};
    do {
        if (out->n == HY_ARRAY_LEN(out->parts))
            return syntax_error(c);
        HY_TRY(read_name(c, &out->parts[out->n++]));
    } while (accept_kind(c, HY_TOK_DOT));
    const HyToken *last = &c->tokens.items[c->at - 1];
    out->text_len = (size_t)(c->sql + last->offset + last->length - out->text);
    return HY_OK;
}

static const char *last_part(const QualifiedName *name)
{
    return name->parts[name->n - 1].text;
}

/* The same for all sessions that have the database attached. NULL: out of memory. */
static char *stream_key(const HySession *session, const QualifiedName *name)
{
    const HyAttachments *list = &session->attachments;
    const HyDatabase *database =
        name->n == 3 ? hy_attachments_find(list, name->parts[0].text) : hy_attachments_single(list);
    const char *path = database ? hy_database_path(database) : NULL;
    const char *schema = name->n > 1 ? name->parts[name->n - 2].text : "public";
    HyBuffer key = {0};
    HyStatus st = hy_buffer_printf(&key, "%s\n%s\n%s", path ? path : "", schema, last_part(name));
    char *text = st ? NULL : hy_buffer_take(&key);
    hy_error_free(st);
    hy_buffer_free(&key);
    return text;
}

/* ---- The list of streams; under the lock ---- */

static HyExternalStream *find(const HyStreamRegistry *registry, const char *key)
{
    for (HyExternalStream *s = registry->streams; s; s = s->next)
        if (strcmp(s->key, key) == 0)
            return s;
    return NULL;
}

static void unlink_stream(HyStreamRegistry *registry, HyExternalStream *stream)
{
    HyExternalStream **link = &registry->streams;
    while (*link != stream)
        link = &(*link)->next;
    *link = stream->next;
}

static HyStatus does_not_exist(const QualifiedName *name)
{
    return hy_error(
        "42704", "external stream %.*s does not exist", (int)name->text_len, name->text);
}

/* ---- CREATE ---- */

/* The text from one token up to another, without what lies around it. */
static char *token_text(const Cursor *c, size_t from, size_t to)
{
    if (from >= to)
        return strdup("");
    const HyToken *last = &c->tokens.items[to - 1];
    size_t start = c->tokens.items[from].offset;
    return strndup(c->sql + start, last->offset + last->length - start);
}

/* Moves to the comma or parenthesis that ends an item of a list. */
static void skip_item(Cursor *c)
{
    size_t depth = 0;
    for (; peek(c)->kind != HY_TOK_END; c->at++) {
        unsigned kind = peek(c)->kind;
        if (!depth && (kind == HY_TOK_COMMA || kind == HY_TOK_RPAREN))
            return;
        depth += kind == HY_TOK_LPAREN || kind == HY_TOK_LBRACKET;
        depth -= kind == HY_TOK_RPAREN || kind == HY_TOK_RBRACKET;
    }
}

/* name type [COLLATE x] [NOT NULL] */
static HyStatus read_column(Cursor *c, HyExternalStream *stream)
{
    HyAstName name;
    HY_TRY(read_name(c, &name));
    size_t type_start = c->at;
    skip_item(c);
    size_t end = c->at;
    bool not_null = end - type_start > 2;
    c->at = end >= 2 ? end - 2 : end;
    not_null = not_null && is_word(c, 0, "not") && is_word(c, 1, "null");
    size_t type_end = not_null ? end - 2 : end;
    for (c->at = type_start; c->at < type_end; c->at++)
        if (is_word(c, 0, "collate"))
            type_end = c->at;
    c->at = end;
    HyStreamColumn *grown =
        realloc(stream->columns, (stream->n_columns + 1) * sizeof *stream->columns);
    if (!grown)
        return hy_error_oom(sizeof *grown);
    stream->columns = grown;
    HyStreamColumn *column = &grown[stream->n_columns++];
    *column = (HyStreamColumn){strdup(name.text), token_text(c, type_start, type_end), !not_null};
    return column->name && column->type ? HY_OK : hy_error_oom(0);
}

static HyStatus read_columns(Cursor *c, HyExternalStream *stream)
{
    if (!accept_kind(c, HY_TOK_LPAREN))
        return syntax_error(c);
    do
        HY_TRY(read_column(c, stream));
    while (accept_kind(c, HY_TOK_COMMA));
    return accept_kind(c, HY_TOK_RPAREN) ? HY_OK : syntax_error(c);
}

static HyStatus add_stream(HyStreamRegistry *registry, HyExternalStream *stream, const char *name)
{
    HyStatus st = HY_OK;
    pthread_mutex_lock(&registry->lock);
    if (find(registry, stream->key)) {
        st = hy_error("42P07", "external stream '%s' already exists", name);
    } else {
        stream->references++;
        stream->next = registry->streams;
        registry->streams = stream;
    }
    pthread_mutex_unlock(&registry->lock);
    return st;
}

static HyStatus create_stream(
    HyStreamRegistry *registry, HySession *session, Cursor *c, bool is_bounded)
{
    QualifiedName name;
    HY_TRY(read_qualified(c, &name));
    if (!is_bounded)
        return hy_error("42P17", "only buffered or bounded streams are supported");
    HyExternalStream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return hy_error_oom(sizeof *stream);
    stream->references = 1;
    stream->last = &stream->first;
    stream->key = stream_key(session, &name);
    HyStatus st = stream->key ? read_columns(c, stream) : hy_error_oom(0);
    if (!st)
        st = add_stream(registry, stream, last_part(&name));
    pthread_mutex_lock(&registry->lock);
    release(stream);
    pthread_mutex_unlock(&registry->lock);
    return st;
}

/* ---- CLOSE and DROP ---- */

static HyStatus close_stream(HyStreamRegistry *registry, HySession *session, Cursor *c)
{
    QualifiedName name;
    HY_TRY(read_qualified(c, &name));
    char *key = stream_key(session, &name);
    if (!key)
        return hy_error_oom(0);
    pthread_mutex_lock(&registry->lock);
    HyExternalStream *stream = find(registry, key);
    HyStatus st = HY_OK;
    if (!stream)
        st = does_not_exist(&name);
    else if (stream->is_closed)
        st = hy_error("55000", "external stream %s is already closed", last_part(&name));
    else
        stream->is_closed = true;
    pthread_cond_broadcast(&registry->moved);
    pthread_mutex_unlock(&registry->lock);
    free(key);
    return st;
}

static HyStatus drop_stream(HyStreamRegistry *registry, HySession *session, Cursor *c)
{
    QualifiedName name;
    bool if_exists = accept_word(c, "if") && accept_word(c, "exists");
    HY_TRY(read_qualified(c, &name));
    char *key = stream_key(session, &name);
    if (!key)
        return hy_error_oom(0);
    pthread_mutex_lock(&registry->lock);
    HyExternalStream *stream = find(registry, key);
    HyStatus st = !stream && !if_exists ? does_not_exist(&name) : HY_OK;
    if (stream) {
        stream->is_closed = true; /* whoever reads it comes to an end */
        unlink_stream(registry, stream);
        release(stream);
        pthread_cond_broadcast(&registry->moved);
    }
    pthread_mutex_unlock(&registry->lock);
    free(key);
    return st;
}

/* ---- Filling ---- */

size_t hy_stream_column_count(const HyExternalStream *stream)
{
    return stream->n_columns;
}

void hy_stream_drop_reference(HyStreamRegistry *registry, HyExternalStream *stream)
{
    pthread_mutex_lock(&registry->lock);
    release(stream);
    pthread_mutex_unlock(&registry->lock);
}

HyStatus hy_stream_push(HyStreamRegistry *registry, HyExternalStream *stream, HyBuffer *data)
{
    Segment *segment = malloc(sizeof *segment);
    HyStatus st = segment ? HY_OK : hy_error_oom(sizeof *segment);
    pthread_mutex_lock(&registry->lock);
    if (segment) {
        *segment = (Segment){.data = *data};
        *data = (HyBuffer){0};
        *stream->last = segment;
        stream->last = &segment->next;
    }
    release(stream);
    pthread_cond_broadcast(&registry->moved);
    pthread_mutex_unlock(&registry->lock);
    return st;
}

/* The next COPY's bytes; NULL: the stream is closed and empty. Waits, unless it is cancelled. */
static HyStatus next_segment(
    HyStreamRegistry *registry, HySession *session, HyExternalStream *stream, Segment **out)
{
    HyStatus st = HY_OK;
    *out = NULL;
    pthread_mutex_lock(&registry->lock);
    while (!stream->first && !stream->is_closed && !st) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 20000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&registry->moved, &registry->lock, &until);
        st = hy_cancel_check(&session->cancel);
    }
    if (!st && stream->first) {
        *out = stream->first;
        stream->first = (*out)->next;
        (*out)->next = NULL;
        if (!stream->first)
            stream->last = &stream->first;
    }
    pthread_mutex_unlock(&registry->lock);
    return st;
}

/* ---- INSERT BULK INTO table (columns) (SELECT items FROM EXTERNAL STREAM name) ---- */

typedef struct BulkStatement {
    QualifiedName table;
    QualifiedName stream;
    const char **targets;
    const char **expressions;
    const char **plain; /* per item: the stream column that it is, or NULL */
    size_t n_targets;
    size_t n_items;
} BulkStatement;

static HyStatus add_text(HyArena *arena, const char ***list, size_t n, const char *text)
{
    const char **grown;
    HY_ARENA_NEW(arena, grown, n + 1);
    if (n)
        memcpy(grown, *list, n * sizeof *grown);
    grown[n] = text;
    *list = grown;
    return HY_OK;
}

static HyStatus read_targets(Cursor *c, BulkStatement *bulk)
{
    if (!accept_kind(c, HY_TOK_LPAREN))
        return syntax_error(c);
    do {
        HyAstName name;
        HY_TRY(read_name(c, &name));
        HY_TRY(add_text(c->arena, &bulk->targets, bulk->n_targets++, name.text));
    } while (accept_kind(c, HY_TOK_COMMA));
    return accept_kind(c, HY_TOK_RPAREN) ? HY_OK : syntax_error(c);
}

/* expression [AS name]; ends before a comma or FROM EXTERNAL. */
static HyStatus read_item(Cursor *c, BulkStatement *bulk)
{
    size_t start = c->at;
    size_t depth = 0;
    for (; peek(c)->kind != HY_TOK_END; c->at++) {
        unsigned kind = peek(c)->kind;
        if (!depth &&
            (kind == HY_TOK_COMMA || (is_word(c, 0, "from") && is_word(c, 1, "external"))))
            break;
        depth += kind == HY_TOK_LPAREN || kind == HY_TOK_LBRACKET;
        depth -= (kind == HY_TOK_RPAREN || kind == HY_TOK_RBRACKET) && depth;
    }
    size_t end = c->at;
    if (end - start > 2) {
        c->at = end - 2;
        if (is_word(c, 0, "as"))
            end -= 2;
    }
    const char *plain = NULL;
    if (end - start == 1 && c->tokens.items[start].kind == HY_TOK_IDENT) {
        HyAstName name;
        HY_TRY(hy_token_name(c->arena, c->sql, &c->tokens.items[start], '\\', &name));
        plain = name.text;
    }
    char *text = token_text(c, start, end);
    const char *kept = text ? hy_arena_strndup(c->arena, text, strlen(text)) : NULL;
    free(text);
    if (!kept)
        return hy_error_oom(0);
    c->at = end;
    while (peek(c)->kind != HY_TOK_COMMA && peek(c)->kind != HY_TOK_END && !is_word(c, 0, "from"))
        c->at++;
    HY_TRY(add_text(c->arena, &bulk->plain, bulk->n_items, plain));
    return add_text(c->arena, &bulk->expressions, bulk->n_items++, kept);
}

static HyStatus read_bulk(Cursor *c, BulkStatement *bulk)
{
    HY_TRY(read_qualified(c, &bulk->table));
    HY_TRY(read_targets(c, bulk));
    bool has_parenthesis = accept_kind(c, HY_TOK_LPAREN);
    if (!accept_word(c, "select"))
        return syntax_error(c);
    do
        HY_TRY(read_item(c, bulk));
    while (accept_kind(c, HY_TOK_COMMA));
    if (!accept_word(c, "from") || !accept_word(c, "external") || !accept_word(c, "stream"))
        return syntax_error(c);
    HY_TRY(read_qualified(c, &bulk->stream));
    if (has_parenthesis && !accept_kind(c, HY_TOK_RPAREN))
        return syntax_error(c);
    (void)accept_kind(c, HY_TOK_SEMICOLON);
    if (peek(c)->kind != HY_TOK_END)
        return syntax_error(c);
    return HY_OK;
}

/* Lists of different length: the INSERT says so, once it has found nothing wrong in them. */
static HyStatus join_expressions(Cursor *c, const BulkStatement *bulk, const char **out)
{
    HyBuffer list = {0};
    HyStatus st = HY_OK;
    for (size_t i = 0; i < bulk->n_items && !st; i++)
        st = hy_buffer_printf(&list, i ? ", %s" : "%s", bulk->expressions[i]);
    *out = st ? NULL : hy_arena_strndup(c->arena, list.data, list.len);
    hy_buffer_free(&list);
    return st || *out ? st : hy_error_oom(0);
}

static size_t stream_column(const HyExternalStream *stream, const char *name)
{
    size_t i = 0;
    while (i < stream->n_columns && strcmp(stream->columns[i].name, name) != 0)
        i++;
    return i;
}

/* Whether every stream column goes to one target just as it is: then rows go straight into the
 * table, and the columns of the insert are the targets. */
static HyStatus is_direct(
    Cursor *c, const HyExternalStream *stream, const BulkStatement *bulk, HyStreamColumn **columns)
{
    HyStreamColumn *direct;
    HY_ARENA_NEW(c->arena, direct, stream->n_columns + 1);
    *columns = NULL;
    if (bulk->n_items != stream->n_columns || bulk->n_items != bulk->n_targets)
        return HY_OK;
    for (size_t i = 0; i < bulk->n_items; i++) {
        size_t column = bulk->plain[i] ? stream_column(stream, bulk->plain[i]) : stream->n_columns;
        if (column == stream->n_columns || direct[column].name)
            return HY_OK;
        direct[column] = stream->columns[column];
        direct[column].name = bulk->targets[i];
    }
    *columns = direct;
    return HY_OK;
}

static HyStatus open_insert(Cursor *c, HySession *session, const HyExternalStream *stream,
    const BulkStatement *bulk, HyBulkInsert **out)
{
    const QualifiedName *table = &bulk->table;
    HyStreamColumn *direct;
    HyBulkInsertOptions options = {.table = last_part(table),
        .schema = table->n > 1 ? table->parts[table->n - 2].text : NULL,
        .database = table->n > 2 ? table->parts[0].text : NULL,
        .n_columns = stream->n_columns};
    HY_TRY(is_direct(c, stream, bulk, &direct));
    options.columns = direct ? direct : stream->columns;
    if (!direct) {
        options.targets = bulk->targets;
        options.expressions = bulk->expressions;
        options.n_targets = bulk->n_targets;
        if (bulk->n_items != bulk->n_targets)
            HY_TRY(join_expressions(c, bulk, &options.select_list));
    }
    return hy_bulk_insert_create(session, &options, out);
}

static HyStatus fill(
    HyStreamRegistry *registry, HySession *session, HyExternalStream *stream, HyBulkInsert *insert)
{
    for (;;) {
        Segment *segment;
        HyByteReader *reader;
        HY_TRY(next_segment(registry, session, stream, &segment));
        if (!segment)
            return HY_OK;
        HyStatus st = hy_byte_reader_memory(segment->data.data, segment->data.len, &reader);
        if (!st) {
            st = hy_hyper_binary_read(reader, true, insert);
            hy_byte_reader_destroy(reader);
        }
        free_segments(segment);
        HY_TRY(st);
    }
}

/* With a reference to the stream. */
static HyStatus start_consuming(HyStreamRegistry *registry, HySession *session,
    const QualifiedName *name, HyExternalStream **out)
{
    char *key = stream_key(session, name);
    if (!key)
        return hy_error_oom(0);
    HyStatus st = HY_OK;
    pthread_mutex_lock(&registry->lock);
    HyExternalStream *stream = find(registry, key);
    if (!stream) {
        st = does_not_exist(name);
    } else if (stream->is_consumed) {
        st = hy_error("55006", "external stream %s can only be consumed once", last_part(name));
    } else {
        stream->is_consumed = true;
        stream->references++;
    }
    pthread_mutex_unlock(&registry->lock);
    free(key);
    *out = stream;
    return st;
}

static HyStatus insert_bulk(
    HyStreamRegistry *registry, HySession *session, Cursor *c, HyResult *result)
{
    BulkStatement bulk = {0};
    HyExternalStream *stream;
    HyBulkInsert *insert = NULL;
    int64_t n_rows = 0;
    HyStatus st = HY_OK;
    HY_TRY(read_bulk(c, &bulk));
    HY_TRY(start_consuming(registry, session, &bulk.stream, &stream));
    HY_GO(open_insert(c, session, stream, &bulk, &insert));
    HY_GO(hy_bulk_insert_check(insert));
    HY_GO(fill(registry, session, stream, insert));
    HY_GO(hy_bulk_insert_finish(insert, &n_rows));
    result->affected = n_rows;
    HY_GO(hy_result_set_tag(result, "INSERT 0 %lld", (long long)n_rows));
done:
    hy_bulk_insert_destroy(insert);
    hy_stream_drop_reference(registry, stream);
    return st;
}

/* ---- Which statement it is ---- */

static bool has_stream(const Cursor *c)
{
    for (size_t i = 0; i + 2 < c->tokens.n; i++) {
        Cursor at = *c;
        at.at = i;
        if (is_word(&at, 0, "from") && is_word(&at, 1, "external") && is_word(&at, 2, "stream"))
            return true;
    }
    return false;
}

/* INSERT BULK without a stream is INSERT; blanks in place of the word keep the positions. */
static HyStatus insert_without_bulk(HySession *session, const Cursor *c, HyResult **out)
{
    char *sql = strndup(c->sql, c->len);
    if (!sql)
        return hy_error_oom(c->len);
    memset(sql + c->tokens.items[1].offset, ' ', c->tokens.items[1].length);
    HyStatus st = hy_session_execute(session, sql, c->len, out);
    free(sql);
    return st;
}

static HyStatus carry_out(
    HyStreamRegistry *registry, HySession *session, Cursor *c, HyResult **out, bool *is_taken)
{
    const char *tag = NULL;
    HyStatus st = HY_OK;
    *is_taken = true;
    if (accept_word(c, "insert") && accept_word(c, "bulk") && accept_word(c, "into")) {
        if (!has_stream(c))
            return insert_without_bulk(session, c, out);
        tag = "";
    } else if (c->at = 0, accept_word(c, "create")) {
        bool is_bounded = accept_word(c, "bounded") || accept_word(c, "buffered");
        if (accept_word(c, "external") && accept_word(c, "stream")) {
            tag = "CREATE EXTERNAL STREAM";
            st = create_stream(registry, session, c, is_bounded);
        }
    } else if (accept_word(c, "close")) {
        if (accept_word(c, "external") && accept_word(c, "stream")) {
            tag = "CLOSE EXTERNAL STREAM";
            st = close_stream(registry, session, c);
        }
    } else if (accept_word(c, "drop")) {
        if (accept_word(c, "external") && accept_word(c, "stream")) {
            tag = "DROP EXTERNAL STREAM";
            st = drop_stream(registry, session, c);
        }
    }
    *is_taken = tag != NULL;
    if (!tag || st)
        return st;
    HY_TRY(hy_result_create(out));
    st = *tag ? hy_result_set_tag(*out, "%s", tag) : insert_bulk(registry, session, c, *out);
    if (st) {
        hy_result_destroy(*out);
        *out = NULL;
    }
    return st;
}

/* By its first word and one that no other statement has: most need no second look. */
static bool may_be_ours(const char *sql, size_t len)
{
    return memmem(sql, len, "STREAM", 6) || memmem(sql, len, "stream", 6) ||
           memmem(sql, len, "BULK", 4) || memmem(sql, len, "bulk", 4);
}

static HyStatus open_cursor(Cursor *c, const char *sql, size_t len)
{
    *c = (Cursor){.arena = hy_arena_create(), .sql = sql, .len = len};
    return c->arena ? hy_lexer_run(sql, len, &c->tokens) : hy_error_oom(0);
}

static void close_cursor(Cursor *c)
{
    free(c->tokens.items);
    hy_arena_destroy(c->arena);
}

HyStatus hy_stream_statement(HyStreamRegistry *registry, HySession *session, const char *sql,
    size_t len, HyResult **out, bool *is_taken)
{
    *is_taken = false;
    if (!may_be_ours(sql, len))
        return HY_OK;
    Cursor c;
    HyStatus st = open_cursor(&c, sql, len);
    if (!st)
        st = carry_out(registry, session, &c, out, is_taken);
    close_cursor(&c);
    if (st && *is_taken)
        hy_session_fail_transaction(session);
    return st;
}

HyStatus hy_stream_find_copy(HyStreamRegistry *registry, HySession *session, const char *sql,
    size_t len, HyExternalStream **out)
{
    QualifiedName name;
    Cursor c;
    *out = NULL;
    pthread_mutex_lock(&registry->lock);
    bool has_streams = registry->streams != NULL;
    pthread_mutex_unlock(&registry->lock);
    if (!has_streams)
        return HY_OK;
    HyStatus st = open_cursor(&c, sql, len);
    char *key = NULL;
    if (!st && accept_word(&c, "copy") && peek(&c)->kind != HY_TOK_LPAREN)
        st = read_qualified(&c, &name);
    else
        name.n = 0;
    if (!st && name.n)
        key = stream_key(session, &name);
    if (key) {
        pthread_mutex_lock(&registry->lock);
        HyExternalStream *stream = find(registry, key);
        if (stream && stream->is_closed) {
            st = hy_error(
                "55000", "cannot add a file to the closed external stream %s", last_part(&name));
        } else if (stream) {
            stream->references++;
            *out = stream;
        }
        pthread_mutex_unlock(&registry->lock);
    }
    free(key);
    close_cursor(&c);
    return st;
}
