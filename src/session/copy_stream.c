#include "session/copy_stream.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

/* ---- Which statements use the client ---- */

static const HyExternal *client_external(const HyBoundQuery *query)
{
    for (const HyAlg *alg = query->root; alg; alg = alg->n_inputs ? alg->inputs[0] : NULL) {
        if (alg->external && strcmp(alg->external->paths[0], "-") == 0)
            return alg->external;
        if (alg->kind == HY_ALG_COPY_TO)
            break;
    }
    return NULL;
}

HyStatus hy_copy_client_start(HyCopyClient *client, const HyBoundQuery *query)
{
    const HyExternal *external = client_external(query);
    if (!external || !client || !client->start)
        return HY_OK;
    return client->start(client, query->root->kind != HY_ALG_COPY_TO, external->n_columns);
}

HyStatus hy_session_execute_copy(
    HySession *session, const char *sql, size_t len, HyCopyClient *client, HyResult **out)
{
    session->client = client;
    HyStatus st = hy_session_execute(session, sql, len, out);
    session->client = NULL;
    return st;
}

/* ---- A statement on a thread of its own ---- */

#define PIPE_BYTES ((size_t)4 << 20)

typedef enum StreamState { STREAM_STARTING, STREAM_INPUT, STREAM_OUTPUT, STREAM_ENDED } StreamState;

struct HyCopyStream {
    HyCopyClient client;
    HyByteReader reader; /* the statement's ends of the pipe */
    HyByteWriter writer;
    HySession *session;
    char *sql;
    size_t sql_len;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* something below changed */
    StreamState state;
    bool is_input;
    bool is_output;
    size_t n_columns;
    HyBuffer pipe;  /* input on its way in, or output on its way out */
    size_t taken;   /* of it, by the statement */
    HyBuffer given; /* output that the caller looks at */
    bool is_closed; /* the caller gives and takes no more */
    char *reason;   /* why the caller gave up, or NULL */
    bool is_joined;
    HyResult *result; /* of the statement once it has ended */
    HyStatus failure;
};

static HyCopyStream *of_reader(HyByteReader *reader)
{
    return (HyCopyStream *)((char *)reader - offsetof(HyCopyStream, reader));
}

static HyCopyStream *of_writer(HyByteWriter *writer)
{
    return (HyCopyStream *)((char *)writer - offsetof(HyCopyStream, writer));
}

/* A cancelled statement must not wait for its client; hy_session_cancel wakes nobody. */
static void wait_a_little(HyCopyStream *stream)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&stream->moved, &stream->lock, &until);
}

static HyStatus start_client(HyCopyClient *client, bool is_input, size_t n_columns)
{
    HyCopyStream *stream = (HyCopyStream *)client;
    pthread_mutex_lock(&stream->lock);
    stream->is_input = is_input;
    stream->is_output = !is_input;
    stream->n_columns = n_columns;
    stream->state = is_input ? STREAM_INPUT : STREAM_OUTPUT;
    pthread_cond_broadcast(&stream->moved);
    pthread_mutex_unlock(&stream->lock);
    return HY_OK;
}

static HyStatus take_input(HyByteReader *self, void *data, size_t capacity, size_t *len)
{
    HyCopyStream *stream = of_reader(self);
    HyStatus st = HY_OK;
    pthread_mutex_lock(&stream->lock);
    while (!st && stream->taken == stream->pipe.len && !stream->is_closed) {
        wait_a_little(stream);
        st = hy_cancel_check(&stream->session->cancel);
    }
    if (!st && stream->reason)
        st = hy_error("57014", "copy failed: %s", stream->reason);
    size_t left = stream->pipe.len - stream->taken;
    *len = left < capacity ? left : capacity;
    if (!st && *len) {
        memcpy(data, stream->pipe.data + stream->taken, *len);
        stream->taken += *len;
        if (stream->taken == stream->pipe.len)
            stream->taken = stream->pipe.len = 0;
        pthread_cond_broadcast(&stream->moved);
    }
    pthread_mutex_unlock(&stream->lock);
    return st;
}

static HyStatus give_output(HyByteWriter *self, const void *data, size_t len)
{
    HyCopyStream *stream = of_writer(self);
    HyStatus st = HY_OK;
    pthread_mutex_lock(&stream->lock);
    while (!st && stream->pipe.len >= PIPE_BYTES && !stream->is_closed) {
        wait_a_little(stream);
        st = hy_cancel_check(&stream->session->cancel);
    }
    if (!st && stream->reason)
        st = hy_error("57014", "copy failed: %s", stream->reason);
    if (!st && !stream->is_closed)
        st = hy_buffer_append(&stream->pipe, data, len);
    pthread_cond_broadcast(&stream->moved);
    pthread_mutex_unlock(&stream->lock);
    return st;
}

static void *run_statement(void *arg)
{
    HyCopyStream *stream = arg;
    HyResult *result = NULL;
    HyStatus st = hy_session_execute_copy(
        stream->session, stream->sql, stream->sql_len, &stream->client, &result);
    pthread_mutex_lock(&stream->lock);
    stream->result = st ? NULL : result;
    stream->failure = st;
    stream->state = STREAM_ENDED;
    pthread_cond_broadcast(&stream->moved);
    pthread_mutex_unlock(&stream->lock);
    return NULL;
}

static void join(HyCopyStream *stream)
{
    if (!stream->is_joined)
        (void)pthread_join(stream->thread, NULL);
    stream->is_joined = true;
}

static void free_stream(HyCopyStream *stream)
{
    hy_buffer_free(&stream->pipe);
    hy_buffer_free(&stream->given);
    hy_result_destroy(stream->result);
    hy_error_free(stream->failure);
    pthread_cond_destroy(&stream->moved);
    pthread_mutex_destroy(&stream->lock);
    free(stream->reason);
    free(stream->sql);
    free(stream);
}

static HyStatus new_stream(HySession *session, const char *sql, size_t len, HyCopyStream **out)
{
    HyCopyStream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return hy_error_oom(sizeof *stream);
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->moved, NULL);
    stream->reader.read = take_input;
    stream->writer.write = give_output;
    stream->client = (HyCopyClient){start_client, &stream->reader, &stream->writer};
    stream->session = session;
    stream->sql_len = len;
    stream->sql = malloc(len + 1);
    if (!stream->sql) {
        free_stream(stream);
        return hy_error_oom(len + 1);
    }
    memcpy(stream->sql, sql, len);
    stream->sql[len] = 0;
    *out = stream;
    return HY_OK;
}

HyStatus hy_copy_stream_open(HySession *session, const char *sql, size_t len, HyCopyStream **out)
{
    HyCopyStream *stream;
    HY_TRY(new_stream(session, sql, len, &stream));
    int errnum = pthread_create(&stream->thread, NULL, run_statement, stream);
    if (errnum) {
        free_stream(stream);
        return hy_error_errno(errnum, "could not start a thread for COPY");
    }
    pthread_mutex_lock(&stream->lock);
    while (stream->state == STREAM_STARTING)
        pthread_cond_wait(&stream->moved, &stream->lock);
    HyStatus st = stream->is_input || stream->is_output ? HY_OK : stream->failure;
    if (st)
        stream->failure = HY_OK;
    pthread_mutex_unlock(&stream->lock);
    if (st) {
        join(stream);
        free_stream(stream);
        return st;
    }
    *out = stream;
    return HY_OK;
}

bool hy_copy_stream_is_input(const HyCopyStream *stream)
{
    return stream->is_input;
}

bool hy_copy_stream_is_output(const HyCopyStream *stream)
{
    return stream->is_output;
}

size_t hy_copy_stream_column_count(const HyCopyStream *stream)
{
    return stream->n_columns;
}

bool hy_copy_stream_write(HyCopyStream *stream, const void *data, size_t len)
{
    pthread_mutex_lock(&stream->lock);
    while (stream->state == STREAM_INPUT && stream->pipe.len >= PIPE_BYTES)
        pthread_cond_wait(&stream->moved, &stream->lock);
    bool is_wanted = stream->state == STREAM_INPUT && !stream->is_closed;
    if (is_wanted && len) {
        HyStatus st = hy_buffer_append(&stream->pipe, data, len);
        if (st) { /* told by finish() */
            if (!stream->reason)
                stream->reason = strdup("out of memory");
            stream->is_closed = true;
            hy_error_free(st);
            is_wanted = false;
        }
        pthread_cond_broadcast(&stream->moved);
    }
    pthread_mutex_unlock(&stream->lock);
    return is_wanted;
}

void hy_copy_stream_read(HyCopyStream *stream, const char **data, size_t *len)
{
    pthread_mutex_lock(&stream->lock);
    while (stream->state == STREAM_OUTPUT && stream->pipe.len == 0 && !stream->is_closed)
        pthread_cond_wait(&stream->moved, &stream->lock);
    HyBuffer empty = stream->given;
    empty.len = 0;
    stream->given = (HyBuffer){0};
    if (stream->is_output) {
        stream->given = stream->pipe;
        stream->pipe = empty;
    }
    *data = stream->given.data;
    *len = stream->given.len;
    pthread_cond_broadcast(&stream->moved);
    pthread_mutex_unlock(&stream->lock);
}

static void close_stream(HyCopyStream *stream, const char *reason)
{
    pthread_mutex_lock(&stream->lock);
    if (reason && !stream->reason)
        stream->reason = strdup(reason);
    stream->is_closed = true;
    pthread_cond_broadcast(&stream->moved);
    pthread_mutex_unlock(&stream->lock);
}

HyStatus hy_copy_stream_finish(HyCopyStream *stream, HyResult **out)
{
    close_stream(stream, NULL);
    join(stream);
    HyStatus st = stream->failure;
    stream->failure = HY_OK;
    if (!st) {
        *out = stream->result;
        stream->result = NULL;
    }
    return st;
}

void hy_copy_stream_fail(HyCopyStream *stream, const char *reason)
{
    close_stream(stream, reason);
}

void hy_copy_stream_destroy(HyCopyStream *stream)
{
    if (!stream)
        return;
    close_stream(stream, "the client gave up");
    join(stream);
    free_stream(stream);
}
