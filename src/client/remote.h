/* A connection to a server of another process, by the wire protocol (PostgreSQL's version 3 with
 * values in HyperBinary; spec/wire-protocol.md). What a statement gives is collected in a HyResult,
 * so that nobody above sees where it ran. One thread at a time, but hy_remote_cancel. */
#ifndef HY_CLIENT_REMOTE_H
#define HY_CLIENT_REMOTE_H

#include "openhyper.h"
#include "server/peer.h"
#include "session/bulk_insert.h"
#include "session/result.h"

#include <sys/socket.h>

typedef struct HyRemoteText { /* a parameter that the server reported */
    char *name;
    char *value;
} HyRemoteText;

typedef struct HyRemote {
    HyPeer peer;
    struct sockaddr_storage address; /* of the server, for cancel */
    socklen_t address_len;
    uint32_t cancel_slot;
    uint32_t cancel_key;
    HyRemoteText *parameters;
    size_t n_parameters;
    char transaction; /* I, T, E: of the last ReadyForQuery */
    bool is_copying;  /* a COPY is open: no statement can run */
} HyRemote;

/* Connects to an endpoint and opens a session without database. settings: of the session; also
 * "user" and "password". Errors: 08001 nobody listens, HY000 no endpoint; those of the server. */
HyStatus hy_remote_connect(const char *endpoint, const HyInstanceSetting *settings, size_t n,
    HyRemote **out) HY_MUST_CHECK;
/* Detaches, as the genuine client does, so that files are closed when it returns. NULL is fine. */
void hy_remote_close(HyRemote *remote);

/* Errors: the server's; 08006 when the connection is lost. */
HyStatus hy_remote_execute(
    HyRemote *remote, const char *sql, size_t len, HyResult **out) HY_MUST_CHECK;
/* Any thread, also a signal handler. */
void hy_remote_cancel(const HyRemote *remote);
bool hy_remote_is_alive(const HyRemote *remote);
/* NULL when the server has not reported it. Lives as long as the connection. */
const char *hy_remote_parameter(const HyRemote *remote, const char *name);

/* ---- Messages, for the files of this layer ---- */

HyStatus hy_remote_send_query(HyRemote *remote, const char *sql, size_t len) HY_MUST_CHECK;
/* The next message that is not about the connection itself. Notices go into `result`, which may be
 * NULL. The fields live until the next message. */
HyStatus hy_remote_next(
    HyRemote *remote, HyResult *result, uint8_t *type, HyFields *fields) HY_MUST_CHECK;
/* An ErrorResponse as an error; sql may be NULL. */
HyStatus hy_remote_error(HyFields fields, const char *sql, size_t len) HY_MUST_CHECK;
/* Reads to ReadyForQuery: rows and tag go into `result`; the first error is returned. */
HyStatus hy_remote_collect(
    HyRemote *remote, const char *sql, size_t len, HyResult *result) HY_MUST_CHECK;
/* CommandComplete into the result. */
HyStatus hy_remote_set_tag(HyResult *result, const char *tag) HY_MUST_CHECK;

/* ---- Rows: remote_result.c ---- */

typedef struct HyRowReader HyRowReader;
/* A RowDescription into the result, and a reader for its rows. */
HyStatus hy_row_reader_create(HyFields fields, HyResult *result, HyRowReader **out) HY_MUST_CHECK;
void hy_row_reader_destroy(HyRowReader *reader); /* NULL is fine */
/* A DataRow. Errors: 08P01 when it is not what was described. */
HyStatus hy_row_reader_add(HyRowReader *reader, HyFields fields) HY_MUST_CHECK;
/* After the last row. */
HyStatus hy_row_reader_finish(HyRowReader *reader) HY_MUST_CHECK;

/* ---- COPY by pieces: remote_copy.c, as session/copy_stream.h ---- */

typedef struct HyRemoteCopy HyRemoteCopy;
HyStatus hy_remote_copy_open(
    HyRemote *remote, const char *sql, size_t len, HyRemoteCopy **out) HY_MUST_CHECK;
bool hy_remote_copy_is_input(const HyRemoteCopy *copy);
bool hy_remote_copy_is_output(const HyRemoteCopy *copy);
size_t hy_remote_copy_column_count(const HyRemoteCopy *copy);
bool hy_remote_copy_write(HyRemoteCopy *copy, const void *data, size_t len);
void hy_remote_copy_read(HyRemoteCopy *copy, const char **data, size_t *len);
HyStatus hy_remote_copy_finish(HyRemoteCopy *copy, HyResult **out) HY_MUST_CHECK;
void hy_remote_copy_fail(HyRemoteCopy *copy, const char *reason);
void hy_remote_copy_destroy(HyRemoteCopy *copy);

/* ---- Bulk insert: remote_insert.c, as session/bulk_insert.h ---- */

typedef struct HyRemoteInsert HyRemoteInsert;
HyStatus hy_remote_insert_create(
    HyRemote *remote, const HyBulkInsertOptions *options, HyRemoteInsert **out) HY_MUST_CHECK;
size_t hy_remote_insert_column_count(const HyRemoteInsert *insert);
HyType hy_remote_insert_column_type(const HyRemoteInsert *insert, size_t column);
HyStatus hy_remote_insert_append(
    HyRemoteInsert *insert, const HyVector *columns, size_t n_rows) HY_MUST_CHECK;
HyStatus hy_remote_insert_finish(HyRemoteInsert *insert, int64_t *n_rows) HY_MUST_CHECK;
void hy_remote_insert_destroy(HyRemoteInsert *insert);

/* ---- Catalog: remote_catalog.c, as session/describe.h ---- */

HyStatus hy_remote_list_schemas(
    HyRemote *remote, const char *database, char ***names) HY_MUST_CHECK;
HyStatus hy_remote_list_tables(
    HyRemote *remote, const char *database, const char *schema, char ***names) HY_MUST_CHECK;
HyStatus hy_remote_describe_table(HyRemote *remote, const char *database, const char *schema,
    const char *table, openhyper_table_info **out) HY_MUST_CHECK;

/* 'it''s'. */
HyStatus hy_remote_literal(HyBuffer *out, const char *text) HY_MUST_CHECK;
/* Parts joined by points; those that are NULL are left out. */
HyStatus hy_remote_qualified(
    HyBuffer *out, const char *database, const char *schema, const char *name) HY_MUST_CHECK;

#endif
