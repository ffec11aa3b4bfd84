/* COPY FROM STDIN by pieces, and COPY with files at the client's end. */
#include "capi/capi_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_PIECE_BYTES (1 << 18)

/* ---- By pieces ---- */

/* Locks the connection when a COPY is open on it. */
static hyper_error_t *begin_copy(hyper_connection_t *connection)
{
    hyper_error_t *error = hy_connection_begin_busy(connection);
    if (error)
        return error;
    if (connection->copy)
        return NULL;
    hy_connection_end(connection);
    HyStatus st = hy_error("55006", "The connection is not ready.");
    return hy_capi_error(hy_error_hint(
        st, "Run a COPY .. FROM STDIN and close its row set before its data are sent."));
}

static HyStatus end_copy(hyper_connection_t *connection)
{
    HyResult *result;
    HyStatus st = hy_client_copy_finish(connection->copy, &result);
    hy_client_copy_destroy(connection->copy);
    connection->copy = NULL;
    if (st)
        return st;
    hy_connection_tell_notices(connection, result);
    hy_result_destroy(result);
    return HY_OK;
}

hyper_error_t *hyper_copy_data(hyper_connection_t *connection, const uint8_t *buffer, size_t size)
{
    if (!buffer && size)
        return hy_capi_invalid("buffer");
    hyper_error_t *error = begin_copy(connection);
    if (error)
        return error;
    HyStatus st = HY_OK;
    if (!hy_client_copy_write(connection->copy, buffer, size)) {
        st = end_copy(connection); /* it wants no more: it has failed */
        if (!st)
            st = hy_error("22P04", "the COPY has ended before its data");
    }
    hy_connection_end(connection);
    return hy_capi_error(st);
}

hyper_error_t *hyper_copy_end(hyper_connection_t *connection)
{
    hyper_error_t *error = begin_copy(connection);
    if (error)
        return error;
    HyStatus st = end_copy(connection);
    hy_connection_end(connection);
    return hy_capi_error(st);
}

/* ---- Files ---- */

static HyStatus send_file(HyClientCopy *copy, FILE *file)
{
    char *piece = malloc(FILE_PIECE_BYTES);
    size_t len;
    if (!piece)
        return hy_error_oom(FILE_PIECE_BYTES);
    while ((len = fread(piece, 1, FILE_PIECE_BYTES, file)) > 0)
        if (!hy_client_copy_write(copy, piece, len))
            break; /* finish tells why */
    free(piece);
    if (!ferror(file))
        return HY_OK;
    hy_client_copy_fail(copy, "the file could not be read");
    return HY_OK;
}

static HyStatus receive_file(HyClientCopy *copy, FILE *file)
{
    for (;;) {
        const char *data;
        size_t len;
        hy_client_copy_read(copy, &data, &len);
        if (!len)
            return HY_OK;
        if (fwrite(data, 1, len, file) != len)
            return hy_error_errno(errno, "could not write file");
    }
}

static HyStatus run_with_file(
    hyper_connection_t *connection, const char *query, bool is_input, FILE *file)
{
    HyClientCopy *copy;
    HyResult *result = NULL;
    if (!hy_capi_is_copy(query))
        return hy_error("HY000", "the statement is no COPY");
    hy_connection_trace(connection, query);
    HY_TRY(hy_client_copy_open(connection->client, query, strlen(query), &copy));
    HyStatus st = HY_OK;
    if (is_input ? hy_client_copy_is_input(copy) : hy_client_copy_is_output(copy))
        st = is_input ? send_file(copy, file) : receive_file(copy, file);
    else
        st =
            hy_error("HY000", "the statement is no COPY %s", is_input ? "FROM STDIN" : "TO STDOUT");
    if (!st)
        st = hy_client_copy_finish(copy, &result);
    hy_client_copy_destroy(copy);
    if (result)
        hy_connection_tell_notices(connection, result);
    hy_result_destroy(result);
    return st;
}

static hyper_error_t *run_on_file(
    hyper_connection_t *connection, const char *query, const char *path, bool is_input)
{
    if (!query)
        return hy_capi_invalid("query");
    if (!path)
        return hy_capi_invalid("path");
    hyper_error_t *error = hy_connection_begin(connection);
    if (error)
        return error;
    FILE *file = fopen(path, is_input ? "rbe" : "wbe");
    if (!file) {
        int errnum = errno;
        hy_connection_end(connection);
        return hy_capi_errno(errnum, path);
    }
    HyStatus st = run_with_file(connection, query, is_input, file);
    hy_connection_end(connection);
    if (fclose(file) != 0 && !st)
        st = hy_error_errno(errno, "could not write file \"%s\"", path);
    return hy_capi_error(st);
}

hyper_error_t *hyper_execute_command_with_stdin_from_file(
    hyper_connection_t *connection, const char *query, const char *path)
{
    return run_on_file(connection, query, path, true);
}

hyper_error_t *hyper_execute_command_with_stdout_to_file(
    hyper_connection_t *connection, const char *query, const char *path)
{
    return run_on_file(connection, query, path, false);
}
