/* COPY from and to the client: what stands behind the path "-".
 *
 * Rows of a file keep their order: COPY into a table stores them in the order of the files and
 * lines, and a result without ORDER BY shows it. COPY TO writes rows in the order in which the
 * query gives them. */
#ifndef HY_EXEC_EXTERNAL_H
#define HY_EXEC_EXTERNAL_H

#include "exec/exec.h"
#include "io/byte_stream.h"

/* Sets the client's end of the connection: `input` for COPY FROM STDIN, `output` for COPY TO
 * STDOUT; either may be NULL. They stay the caller's, are used by one thread at a time (not always
 * the same) and a failure of theirs ends the statement. output->finish, unless it is NULL, is
 * called when all rows are written. */
static inline void hy_exec_set_client(HyExecContext *ctx, HyByteReader *input, HyByteWriter *output)
{
    ctx->client_input = input;
    ctx->client_output = output;
}

#endif
