#include "base/buffer.h"
#include "base/bytes.h"
#include <stdio.h>
#include <stdlib.h>

#define SMALLEST_CAPACITY ((size_t)64)

void hy_buffer_free(HyBuffer *buf)
{
    free(buf->data);
    *buf = (HyBuffer){0};
}

HyStatus hy_buffer_grow(HyBuffer *buf, size_t extra)
{
    size_t needed;
    if (__builtin_add_overflow(buf->len, extra, &needed) || needed > PTRDIFF_MAX)
        return hy_error_oom(SIZE_MAX);
    size_t capacity = buf->capacity > SMALLEST_CAPACITY ? buf->capacity : SMALLEST_CAPACITY;
    while (capacity < needed)
        capacity = capacity > PTRDIFF_MAX / 2 ? needed : capacity * 2;
    char *data = realloc(buf->data, capacity);
    if (!data)
        return hy_error_oom(capacity);
    buf->data = data;
    buf->capacity = capacity;
    return HY_OK;
}

HyStatus hy_buffer_append_str(HyBuffer *buf, const char *text)
{
    return hy_buffer_append(buf, text, strlen(text));
}

HyStatus hy_buffer_append_quoted(HyBuffer *buf, const char *text, char quote)
{
    HY_TRY(hy_buffer_append_char(buf, quote));
    for (; *text; text++) {
        if (*text == quote)
            HY_TRY(hy_buffer_append_char(buf, quote));
        HY_TRY(hy_buffer_append_char(buf, *text));
    }
    return hy_buffer_append_char(buf, quote);
}

HyStatus hy_buffer_append_identifier(HyBuffer *buf, const char *name)
{
    return hy_buffer_append_quoted(buf, name, '"');
}

HyStatus hy_buffer_printf(HyBuffer *buf, const char *format, ...)
{
    va_list args;
    size_t room = buf->capacity - buf->len;
    va_start(args, format);
    int len = vsnprintf(room ? buf->data + buf->len : NULL, room, format, args);
    va_end(args);
    if (len < 0)
        return hy_error_oom(SIZE_MAX);
    if ((size_t)len >= room) {
        HY_TRY(hy_buffer_reserve(buf, (size_t)len + 1));
        va_start(args, format);
        vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
        va_end(args);
    }
    buf->len += (size_t)len;
    return HY_OK;
}

HyStatus hy_buffer_append_u32(HyBuffer *buf, uint32_t value)
{
    return hy_buffer_append(buf, &value, sizeof value);
}

HyStatus hy_buffer_append_u64(HyBuffer *buf, uint64_t value)
{
    return hy_buffer_append(buf, &value, sizeof value);
}

char *hy_buffer_take(HyBuffer *buf)
{
    HyStatus st = hy_buffer_append_char(buf, 0);
    if (st) {
        hy_error_free(st);
        return NULL;
    }
    char *data = buf->data;
    *buf = (HyBuffer){0};
    return data;
}
