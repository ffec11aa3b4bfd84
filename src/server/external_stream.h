/* External streams: where the C library's Inserter puts its rows on one connection, and a
 * connection of its own reads them with INSERT BULK INTO (spec/wire-protocol.md, section 2.8). They
 * belong to a database, not to a session; connections fill, read and close them in any order. */
#ifndef HY_SERVER_EXTERNAL_STREAM_H
#define HY_SERVER_EXTERNAL_STREAM_H

#include "session/bulk_insert.h"

#include <pthread.h>

typedef struct HyStreamRegistry {
    pthread_mutex_t lock; /* guards all streams */
    pthread_cond_t moved;
    struct HyExternalStream *streams;
} HyStreamRegistry;

void hy_stream_registry_init(HyStreamRegistry *registry);
void hy_stream_registry_free(HyStreamRegistry *registry);

/* Carries the statement out when it is one about streams, or INSERT BULK; *is_taken says so.
 * COPY into a stream is not: hy_stream_find_copy. */
HyStatus hy_stream_statement(HyStreamRegistry *registry, HySession *session, const char *sql,
    size_t len, HyResult **out, bool *is_taken) HY_MUST_CHECK;

/* The stream into which `COPY name FROM STDIN ..` writes, with a reference to it; NULL: the name is
 * none of a stream. Errors: 55000 it is closed. */
HyStatus hy_stream_find_copy(HyStreamRegistry *registry, HySession *session, const char *sql,
    size_t len, struct HyExternalStream **out) HY_MUST_CHECK;
size_t hy_stream_column_count(const struct HyExternalStream *stream);
/* The bytes of one COPY, which are taken over; drops the reference. data NULL: the COPY failed, and
 * nothing is added. */
HyStatus hy_stream_push(
    HyStreamRegistry *registry, struct HyExternalStream *stream, HyBuffer *data) HY_MUST_CHECK;
void hy_stream_drop_reference(HyStreamRegistry *registry, struct HyExternalStream *stream);

#endif
