/* COPY .. FORMAT HYPERBINARY: a header, then rows of fields without framing (spec/wire-protocol.md,
 * section 3.3). */
#ifndef HY_SERVER_HYPER_BINARY_H
#define HY_SERVER_HYPER_BINARY_H

#include "base/buffer.h"
#include "io/byte_stream.h"
#include "session/bulk_insert.h"

/* Reads a whole stream and appends its rows. sanitize: bytes that are no UTF-8 become U+FFFD
 * instead of failing. Errors: 22P04 form, 22P02, 22P03, 22007, 22021 values; those of the insert.
 */
HyStatus hy_hyper_binary_read(
    HyByteReader *input, bool sanitize, HyBulkInsert *insert) HY_MUST_CHECK;

/* ---- Writing ---- */

HyStatus hy_hyper_binary_write_header(HyBuffer *out) HY_MUST_CHECK;
/* The rows of a batch of flat vectors. is_nullable: which columns have a null flag. */
HyStatus hy_hyper_binary_write_rows(
    const HyBatch *batch, const bool *is_nullable, HyBuffer *out) HY_MUST_CHECK;

#endif
