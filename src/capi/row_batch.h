/* Rows on their way into a bulk insert: values, one after the other or as HyperBinary, go into
 * flat columns of HY_VECTOR_SIZE rows, which are handed over when they are full. No value costs
 * an allocation: texts lie in a heap of blocks that is emptied with the rows. */
#ifndef HY_CAPI_ROW_BATCH_H
#define HY_CAPI_ROW_BATCH_H

#include "client/client.h"

typedef struct HyRowBatch HyRowBatch;

/* The columns are those of the insert, which is borrowed and used only by hy_row_batch_flush and
 * hy_row_batch_add_rows; nullable[i] says whether column i may be
 * null and has a null byte in HyperBinary. */
HyStatus hy_row_batch_create(
    HyClientInsert *insert, const bool *nullable, HyRowBatch **out) HY_MUST_CHECK;
void hy_row_batch_destroy(HyRowBatch *batch); /* NULL is fine */

size_t hy_row_batch_column_count(const HyRowBatch *batch);
/* Whether the last row lacks columns. */
bool hy_row_batch_in_row(const HyRowBatch *batch);

/* Must be flushed before the next value. */
bool hy_row_batch_is_full(const HyRowBatch *batch);

/* ---- Values, column after column ---- */

HyStatus hy_row_batch_add_null(HyRowBatch *batch) HY_MUST_CHECK;
/* A value of `size` bytes in little-endian memory form. Errors: 22P04 for a column of another size
 * or of texts, 22003, 22008 out of range. */
HyStatus hy_row_batch_add_fixed(HyRowBatch *batch, const void *value, size_t size) HY_MUST_CHECK;
/* Bytes of text, char(n), json, bytea, geography; they are copied. Errors: 22P04. */
HyStatus hy_row_batch_add_bytes(HyRowBatch *batch, const uint8_t *value, size_t size) HY_MUST_CHECK;

/* ---- HyperBinary ---- */

/* Whole rows without the header; hands over what is full. Errors: 22P04 "unexpected end-of-file"
 * when the last row is cut off; the rows before it are added. */
HyStatus hy_row_batch_add_rows(HyRowBatch *batch, const uint8_t *rows, size_t size) HY_MUST_CHECK;

/* Hands over what is there; to be called between rows. */
HyStatus hy_row_batch_flush(HyRowBatch *batch) HY_MUST_CHECK;

#endif
