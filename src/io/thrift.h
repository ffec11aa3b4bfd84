/* The compact protocol of Thrift, as far as Parquet uses it: the footers and page headers are
 * structs in it. See "Thrift compact protocol encoding" of Apache Thrift.
 *
 * A reader that meets damage sets `failed` and gives zeros from then on, so that whoever reads a
 * struct checks once, at its end:
 *
 *     int field = 0, type;
 *     while (hy_thrift_field(&r, &field, &type)) {
 *         if (field == 1)
 *             x = hy_thrift_int(&r);
 *         else
 *             hy_thrift_skip(&r, type);
 *     }
 *     if (r.failed) .. */
#ifndef HY_IO_THRIFT_H
#define HY_IO_THRIFT_H

#include "base/buffer.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum HyThriftType {
    HY_THRIFT_STOP = 0,
    HY_THRIFT_TRUE = 1,
    HY_THRIFT_FALSE = 2,
    HY_THRIFT_I8 = 3,
    HY_THRIFT_I16 = 4,
    HY_THRIFT_I32 = 5,
    HY_THRIFT_I64 = 6,
    HY_THRIFT_DOUBLE = 7,
    HY_THRIFT_BINARY = 8,
    HY_THRIFT_LIST = 9,
    HY_THRIFT_SET = 10,
    HY_THRIFT_MAP = 11,
    HY_THRIFT_STRUCT = 12
} HyThriftType;

typedef struct HyThriftReader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
} HyThriftReader;

/* The next field of a struct; *field is the number of the one before (0 at first). False at the end
 * of the struct and after damage. */
bool hy_thrift_field(HyThriftReader *reader, int *field, int *type);
/* Integers of any width but I8. */
int64_t hy_thrift_int(HyThriftReader *reader);
int8_t hy_thrift_byte(HyThriftReader *reader);
/* Bytes of a string; *len 0 after damage. */
const char *hy_thrift_binary(HyThriftReader *reader, size_t *len);
/* Begins a list; elements follow. Every element takes at least a byte, so n is bounded. */
size_t hy_thrift_list(HyThriftReader *reader, int *element_type);
void hy_thrift_skip(HyThriftReader *reader, int type);

/* Writing. A struct begins with a field number of 0 in the caller's hand and ends with
 * hy_thrift_put_stop. */
HyStatus hy_thrift_put_field(HyBuffer *out, int *last_field, int field, int type) HY_MUST_CHECK;
HyStatus hy_thrift_put_int(
    HyBuffer *out, int *last_field, int field, int type, int64_t value) HY_MUST_CHECK;
HyStatus hy_thrift_put_binary(
    HyBuffer *out, int *last_field, int field, const void *data, size_t len) HY_MUST_CHECK;
HyStatus hy_thrift_put_list(
    HyBuffer *out, int *last_field, int field, int element_type, size_t n) HY_MUST_CHECK;
/* Elements of lists. */
HyStatus hy_thrift_put_zigzag(HyBuffer *out, int64_t value) HY_MUST_CHECK;
HyStatus hy_thrift_put_bytes(HyBuffer *out, const void *data, size_t len) HY_MUST_CHECK;
HyStatus hy_thrift_put_stop(HyBuffer *out) HY_MUST_CHECK;

#endif
