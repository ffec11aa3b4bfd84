/* COPY through the public C interface: casts around client. */
#include "openhyper.h"

#include "client/client.h"

#define ERROR(st)     ((openhyper_error *)(st))
#define STREAM(c)     ((HyClientCopy *)(c))
#define CONST_COPY(c) ((const HyClientCopy *)(c))

openhyper_error *openhyper_copy_open(
    openhyper_connection *connection, const char *sql, size_t len, openhyper_copy **out)
{
    HyClientCopy *stream;
    HyStatus st = hy_client_copy_open((HyClient *)connection, sql, len, &stream);
    if (!st)
        *out = (openhyper_copy *)stream;
    return ERROR(st);
}

openhyper_copy_direction openhyper_copy_get_direction(const openhyper_copy *copy)
{
    if (hy_client_copy_is_input(CONST_COPY(copy)))
        return OPENHYPER_COPY_IN;
    return hy_client_copy_is_output(CONST_COPY(copy)) ? OPENHYPER_COPY_OUT : OPENHYPER_COPY_NEITHER;
}

size_t openhyper_copy_column_count(const openhyper_copy *copy)
{
    return hy_client_copy_column_count(CONST_COPY(copy));
}

bool openhyper_copy_write(openhyper_copy *copy, const void *data, size_t len)
{
    return hy_client_copy_write(STREAM(copy), data, len);
}

void openhyper_copy_read(openhyper_copy *copy, const char **data, size_t *len)
{
    hy_client_copy_read(STREAM(copy), data, len);
}

openhyper_error *openhyper_copy_finish(openhyper_copy *copy, openhyper_result **out)
{
    HyResult *result;
    HyStatus st = hy_client_copy_finish(STREAM(copy), &result);
    if (!st)
        *out = (openhyper_result *)result;
    return ERROR(st);
}

void openhyper_copy_fail(openhyper_copy *copy, const char *reason)
{
    hy_client_copy_fail(STREAM(copy), reason);
}

void openhyper_copy_destroy(openhyper_copy *copy)
{
    hy_client_copy_destroy(STREAM(copy));
}
