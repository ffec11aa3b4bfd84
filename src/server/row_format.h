/* Values of results in the three formats of the protocol: text, PostgreSQL binary, HyperBinary. */
#ifndef HY_SERVER_ROW_FORMAT_H
#define HY_SERVER_ROW_FORMAT_H

#include "base/buffer.h"
#include "types/text_style.h"
#include "types/value.h"

typedef enum HyFormatCode {
    HY_FORMAT_CODE_TEXT = 0,
    HY_FORMAT_CODE_BINARY = 1, /* PostgreSQL's */
    HY_FORMAT_CODE_HYPER = 2
} HyFormatCode;

/* 42883 for types without PostgreSQL binary form. */
HyStatus hy_format_check(HyType type, HyFormatCode code) HY_MUST_CHECK;

/* Appends the bytes of one value, without its length. `value` points to its memory form. */
HyStatus hy_format_value(HyType type, HyFormatCode code, const void *value,
    const HyTextStyle *style, HyBuffer *out) HY_MUST_CHECK;

/* Appends a DataRow message for each of the rows [from, from + n) of a batch of flat vectors.
 * codes: one per column. */
HyStatus hy_format_rows(const HyBatch *batch, size_t from, size_t n, const uint16_t *codes,
    const HyTextStyle *style, HyBuffer *out) HY_MUST_CHECK;

/* The other way: a parameter's bytes as a value of `type` (strings are views or in the arena).
 * Errors: 22P02, 22P03, 22021. */
HyStatus hy_parse_parameter(HyArena *arena, HyType *type, HyFormatCode code, const void *bytes,
    size_t len, const HyTextStyle *style, HyValue *out) HY_MUST_CHECK;

/* The size that RowDescription gives for a type; -1: varies. */
int16_t hy_type_wire_size(HyType type);

#endif
