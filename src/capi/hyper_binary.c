/* HyperBinary: single values into and out of a caller's memory. */
#include "capi/capi_internal.h"

#include <string.h>

/* ---- Writing ---- */

static const uint8_t header[19] = {'H', 'P', 'R', 'C', 'P', 'Y'};

static size_t write_bytes(uint8_t *target, size_t space, const void *value, size_t size)
{
    if (target && space >= size)
        memcpy(target, value, size);
    return size;
}

/* With the byte before it that says that there is a value. */
static size_t write_nullable(uint8_t *target, size_t space, const void *value, size_t size)
{
    if (target && space > size) {
        target[0] = 0;
        memcpy(target + 1, value, size);
    }
    return size + 1;
}

size_t hyper_write_null(uint8_t *target, size_t space)
{
    return write_bytes(target, space, "\1", 1);
}

size_t hyper_write_header(uint8_t *target, size_t space)
{
    return write_bytes(target, space, header, sizeof header);
}

#define DEFINE_WRITE(name, T)                                                                      \
    size_t hyper_write_##name(uint8_t *target, size_t space, T value)                              \
    {                                                                                              \
        return write_nullable(target, space, &value, sizeof value);                                \
    }                                                                                              \
    size_t hyper_write_##name##_not_null(uint8_t *target, size_t space, T value)                   \
    {                                                                                              \
        return write_bytes(target, space, &value, sizeof value);                                   \
    }
DEFINE_WRITE(int8, int8_t)
DEFINE_WRITE(int16, int16_t)
DEFINE_WRITE(int32, int32_t)
DEFINE_WRITE(int64, int64_t)
DEFINE_WRITE(data128, hyper_data128_t)

size_t hyper_write_varbinary_not_null(
    uint8_t *target, size_t space, const uint8_t *value, size_t length)
{
    size_t needed;
    if (__builtin_add_overflow(length, sizeof(uint32_t), &needed) || length > UINT32_MAX)
        return SIZE_MAX; /* no space holds it */
    if (target && space >= needed && (value || !length)) {
        hy_store_u32(target, (uint32_t)length);
        if (length)
            memcpy(target + sizeof(uint32_t), value, length);
    }
    return needed;
}

size_t hyper_write_varbinary(uint8_t *target, size_t space, const uint8_t *value, size_t length)
{
    size_t needed = hyper_write_varbinary_not_null(NULL, 0, value, length);
    if (needed == SIZE_MAX)
        return needed;
    if (target && space > needed) {
        target[0] = 0;
        (void)hyper_write_varbinary_not_null(target + 1, space - 1, value, length);
    }
    return needed + 1;
}

/* ---- Reading ---- */

int8_t hyper_read_int8(const uint8_t *source)
{
    return source ? (int8_t)*source : 0;
}

int16_t hyper_read_int16(const uint8_t *source)
{
    return source ? hy_load_i16(source) : 0;
}

int32_t hyper_read_int32(const uint8_t *source)
{
    return source ? hy_load_i32(source) : 0;
}

int64_t hyper_read_int64(const uint8_t *source)
{
    return source ? hy_load_i64(source) : 0;
}

hyper_data128_t hyper_read_data128(const uint8_t *source)
{
    hyper_data128_t value = {{0, 0}};
    if (source)
        memcpy(&value, source, sizeof value);
    return value;
}

const uint8_t *hyper_read_varbinary(const uint8_t *source)
{
    return source;
}
