/* A connection as the doors see it: a session of an engine in this process, or one of a server in
 * another. Whatever it gives (results, errors) is the same in both cases. Used by one thread at a
 * time, but hy_client_cancel and hy_client_progress.
 *
 * The functions are those of session/session.h, session/bulk_insert.h, session/copy_stream.h and
 * session/describe.h, where what they do is said. */
#ifndef HY_CLIENT_CLIENT_H
#define HY_CLIENT_CLIENT_H

#include "openhyper.h"
#include "session/bulk_insert.h"
#include "session/copy_stream.h"

typedef struct HyClient HyClient;
typedef struct HyClientInsert HyClientInsert;
typedef struct HyClientCopy HyClientCopy;

/* Made by hy_client_connect of client/client_instance.h. Frees the object also when it fails; NULL
 * is fine. */
HyStatus hy_client_close(HyClient *client) HY_MUST_CHECK;

HyStatus hy_client_attach(
    HyClient *client, const char *path, const char *alias, HyCreateMode mode) HY_MUST_CHECK;
HyStatus hy_client_execute(
    HyClient *client, const char *sql, size_t len, HyResult **out) HY_MUST_CHECK;
void hy_client_cancel(HyClient *client); /* also from a signal handler */
double hy_client_progress(HyClient *client);
/* False once a server is gone. */
bool hy_client_is_alive(const HyClient *client);

/* How values become text. Lives as long as the client and, with an engine here, changes with its
 * settings. */
const HyTextStyle *hy_client_style(const HyClient *client);
/* What a server reports of itself and of settings ("server_version", "TimeZone"), or NULL. */
const char *hy_client_parameter(const HyClient *client, const char *name);

HyStatus hy_client_list_schemas(
    HyClient *client, const char *database, char ***names) HY_MUST_CHECK;
HyStatus hy_client_list_tables(
    HyClient *client, const char *database, const char *schema, char ***names) HY_MUST_CHECK;
HyStatus hy_client_describe_table(HyClient *client, const char *database, const char *schema,
    const char *table, openhyper_table_info **out) HY_MUST_CHECK;

HyStatus hy_client_insert_create(
    HyClient *client, const HyBulkInsertOptions *options, HyClientInsert **out) HY_MUST_CHECK;
size_t hy_client_insert_column_count(const HyClientInsert *insert);
HyType hy_client_insert_column_type(const HyClientInsert *insert, size_t column);
HyStatus hy_client_insert_append(
    HyClientInsert *insert, const HyVector *columns, size_t n_rows) HY_MUST_CHECK;
HyStatus hy_client_insert_finish(HyClientInsert *insert, int64_t *n_rows) HY_MUST_CHECK;
void hy_client_insert_destroy(HyClientInsert *insert);

HyStatus hy_client_copy_open(
    HyClient *client, const char *sql, size_t len, HyClientCopy **out) HY_MUST_CHECK;
bool hy_client_copy_is_input(const HyClientCopy *copy);
bool hy_client_copy_is_output(const HyClientCopy *copy);
size_t hy_client_copy_column_count(const HyClientCopy *copy);
bool hy_client_copy_write(HyClientCopy *copy, const void *data, size_t len);
void hy_client_copy_read(HyClientCopy *copy, const char **data, size_t *len);
HyStatus hy_client_copy_finish(HyClientCopy *copy, HyResult **out) HY_MUST_CHECK;
void hy_client_copy_fail(HyClientCopy *copy, const char *reason);
void hy_client_copy_destroy(HyClientCopy *copy);

#endif
