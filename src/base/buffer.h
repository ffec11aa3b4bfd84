/* A growing byte buffer: text output, serialization. Zero-initialise to create ({0}). */
#ifndef HY_BASE_BUFFER_H
#define HY_BASE_BUFFER_H

#include "base/status.h"

typedef struct HyBuffer {
    char *data; /* owned; NULL while empty */
    size_t len;
    size_t capacity;
} HyBuffer;

void hy_buffer_free(HyBuffer *buf);
/* Makes room for `extra` more bytes; doubles. Errors: 53200. */
HyStatus hy_buffer_reserve(HyBuffer *buf, size_t extra) HY_MUST_CHECK;
HyStatus hy_buffer_append(HyBuffer *buf, const void *bytes, size_t len) HY_MUST_CHECK;
HyStatus hy_buffer_append_str(HyBuffer *buf, const char *text) HY_MUST_CHECK;
HyStatus hy_buffer_append_char(HyBuffer *buf, char c) HY_MUST_CHECK;
HyStatus hy_buffer_printf(HyBuffer *buf, const char *format, ...) HY_PRINTF(2, 3) HY_MUST_CHECK;
/* Little-endian integers. */
HyStatus hy_buffer_append_u32(HyBuffer *buf, uint32_t value) HY_MUST_CHECK;
HyStatus hy_buffer_append_u64(HyBuffer *buf, uint64_t value) HY_MUST_CHECK;
/* Hands the zero-terminated content to the caller (free) and empties the buffer; NULL on 53200. */
char *hy_buffer_take(HyBuffer *buf);

#endif
