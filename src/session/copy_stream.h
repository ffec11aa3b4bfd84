/* COPY .. FROM STDIN and COPY .. TO STDOUT: how a client's bytes get into a statement and out of
 * it. Two forms:
 *
 * - The client is asked: whoever runs the statement gives streams that read and write (a server
 *   that waits on its socket). hy_session_execute_copy returns when the statement has ended.
 * - The client pushes: a HyCopyStream runs the statement on a thread of its own, between it and the
 *   caller is a pipe with a few megabytes of room.
 *
 *     HyCopyStream *copy;
 *     HY_TRY(hy_copy_stream_open(session, sql, len, &copy));
 *     while (more)
 *         hy_copy_stream_write(copy, data, len);          // COPY FROM STDIN
 *     st = hy_copy_stream_finish(copy, &result);
 *     hy_copy_stream_destroy(copy);
 *
 * Client streams are read and written on the thread that runs the statement only, so that a slow
 * client holds up no worker. */
#ifndef HY_SESSION_COPY_STREAM_H
#define HY_SESSION_COPY_STREAM_H

#include "io/byte_stream.h"
#include "session/session.h"

/* ---- The client is asked ---- */

/* Put first in the caller's own struct. Failures of any function end the statement with that
 * failure. */
struct HyCopyClient {
    /* Called once when the statement is known to be sound, before the first byte: the place for
     * CopyInResponse and CopyOutResponse. May be NULL. */
    HyStatus (*start)(HyCopyClient *self, bool is_input, size_t n_columns);
    HyByteReader *input;  /* NULL: COPY FROM STDIN is 0A000 */
    HyByteWriter *output; /* NULL: COPY TO STDOUT is 0A000; its finish() may be NULL */
};

/* hy_session_execute with a client behind STDIN and STDOUT; for any statement. */
HyStatus hy_session_execute_copy(HySession *session, const char *sql, size_t len,
    HyCopyClient *client, HyResult **out) HY_MUST_CHECK;

/* Calls client->start for a bound COPY from or to the client; nothing for other statements. */
HyStatus hy_copy_client_start(HyCopyClient *client, const HyBoundQuery *query) HY_MUST_CHECK;

/* ---- The client pushes and pulls ---- */

typedef struct HyCopyStream HyCopyStream;

/* Starts the statement and returns when it wants the first bytes (COPY FROM STDIN), is about to
 * give some (COPY TO STDOUT), has failed (the error) or has ended (any other statement). Until
 * destroy, the session is the stream's: only hy_session_cancel and hy_session_progress may be
 * called. One thread at a time uses a stream. */
HyStatus hy_copy_stream_open(
    HySession *session, const char *sql, size_t len, HyCopyStream **out) HY_MUST_CHECK;
bool hy_copy_stream_is_input(const HyCopyStream *stream);  /* COPY .. FROM STDIN */
bool hy_copy_stream_is_output(const HyCopyStream *stream); /* COPY .. TO STDOUT */
size_t hy_copy_stream_column_count(const HyCopyStream *stream);

/* Hands bytes over; waits while the pipe is full. False: the statement has failed and wants no
 * more; the bytes are dropped, finish() tells why. */
bool hy_copy_stream_write(HyCopyStream *stream, const void *data, size_t len);
/* The next bytes of the output, valid until the next call; *len 0: there are no more. */
void hy_copy_stream_read(HyCopyStream *stream, const char **data, size_t *len);

/* Ends the input (output not yet read is dropped), waits for the statement and gives its result,
 * which the caller destroys, or its failure. Then only destroy may be called. */
HyStatus hy_copy_stream_finish(HyCopyStream *stream, HyResult **out) HY_MUST_CHECK;
/* Lets the input end in a failure, so that nothing is copied: 57014 "copy failed: <reason>", which
 * finish() returns. */
void hy_copy_stream_fail(HyCopyStream *stream, const char *reason);
/* Without finish before: as after a failure. NULL is fine. */
void hy_copy_stream_destroy(HyCopyStream *stream);

#endif
