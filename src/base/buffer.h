/* A growing byte buffer: text output, serialization. Zero-initialise to create ({0}). */
#ifndef HY_BASE_BUFFER_H
#define HY_BASE_BUFFER_H

#include "base/status.h"
#include <string.h>

typedef struct HyBuffer {
    char *data; /* owned; NULL while empty */
    size_t len;
    size_t capacity;
} HyBuffer;

void hy_buffer_free(HyBuffer *buf);
/* The slow path of hy_buffer_reserve. */
HyStatus hy_buffer_grow(HyBuffer *buf, size_t extra) HY_MUST_CHECK;

/* Makes room for `extra` more bytes; doubles. Errors: 53200. */
HY_MUST_CHECK static inline HyStatus hy_buffer_reserve(HyBuffer *buf, size_t extra)
{
    return HY_LIKELY(buf->capacity - buf->len >= extra) ? HY_OK : hy_buffer_grow(buf, extra);
}

/* `bytes` may be NULL when len is 0; it must not lie in the buffer itself. */
HY_MUST_CHECK static inline HyStatus hy_buffer_append(HyBuffer *buf, const void *bytes, size_t len)
{
    HY_TRY(hy_buffer_reserve(buf, len));
    if (len > 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    return HY_OK;
}

HY_MUST_CHECK static inline HyStatus hy_buffer_append_char(HyBuffer *buf, char c)
{
    HY_TRY(hy_buffer_reserve(buf, 1));
    buf->data[buf->len++] = c;
    return HY_OK;
}

HyStatus hy_buffer_append_str(HyBuffer *buf, const char *text) HY_MUST_CHECK;
/* Between two quotes, with each quote in the text twice, as SQL has it. */
HyStatus hy_buffer_append_quoted(HyBuffer *buf, const char *text, char quote) HY_MUST_CHECK;
/* A name as SQL quotes it. */
HyStatus hy_buffer_append_identifier(HyBuffer *buf, const char *name) HY_MUST_CHECK;
HyStatus hy_buffer_printf(HyBuffer *buf, const char *format, ...) HY_PRINTF(2, 3) HY_MUST_CHECK;
/* Little-endian integers. */
HyStatus hy_buffer_append_u32(HyBuffer *buf, uint32_t value) HY_MUST_CHECK;
HyStatus hy_buffer_append_u64(HyBuffer *buf, uint64_t value) HY_MUST_CHECK;
/* Hands the zero-terminated content to the caller (free) and empties the buffer. NULL when out of
 * memory: then the buffer keeps its content. */
char *hy_buffer_take(HyBuffer *buf);

#endif
