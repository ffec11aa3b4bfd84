/* Query: one statement of text, its rows in the format that the connection asked for. */
#include "server/connection.h"
#include "server/row_format.h"

#include <stdlib.h>

/* The rows of a result with one format for all columns. */
static bool send_result(HyConnection *connection, const HyResult *result)
{
    HyPeer *peer = &connection->peer;
    size_t piece = 0;
    size_t row = 0;
    uint64_t n;
    uint16_t *codes = malloc((result->n_columns + 1) * sizeof *codes);
    if (!codes) {
        hy_send_error(peer, hy_error_oom(result->n_columns));
        return false;
    }
    for (size_t i = 0; i < result->n_columns; i++)
        codes[i] = connection->wants_hyper_binary ? HY_FORMAT_CODE_HYPER : HY_FORMAT_CODE_TEXT;
    hy_send_row_description(
        peer, result->column_names, result->column_types, result->n_columns, NULL);
    const HyTextStyle *style = hy_settings_style(connection->session->settings);
    bool ok = hy_send_rows(peer, result, codes, style, &piece, &row, UINT64_MAX, &n);
    free(codes);
    return ok;
}

bool hy_handle_query(HyConnection *connection, const char *sql, size_t len)
{
    HyPeer *peer = &connection->peer;
    HyResult *result = NULL;
    hy_server_log(
        connection->server->log, "info", connection->session_id, "query-begin", "query", sql, NULL);
    connection->is_skipping = false;
    HyStatus st = hy_connection_execute(connection, sql, len, NULL, &result);
    if (peer->is_broken) {
        hy_error_free(st);
        hy_result_destroy(result);
        return false;
    }
    if (st) {
        hy_send_error(peer, st);
    } else {
        bool ok = !result->has_rows || send_result(connection, result);
        if (ok) {
            hy_send_notices(peer, result);
            if (*result->tag)
                hy_send_tag(peer, result->tag);
            else
                hy_peer_put_empty(peer, 'I');
        }
        hy_result_destroy(result);
    }
    hy_send_ready(connection);
    return true;
}
