#include "io/codec.h"

#include "base/bytes.h"
#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <lz4.h>
#include <lz4hc.h>
#include <zstd.h>
#include <zstd_errors.h>

/* LZ4's format gives at most 255 bytes for each byte behind the first of a run of length bytes. A
 * zstd block has at least 3 bytes of header and at most 128 KiB of content. */
#define LZ4_HEADER_BYTES 4
#define LZ4_MAX_RATIO    255
#define ZSTD_BLOCK_BYTES ((uint64_t)128 * 1024)
#define ZSTD_BLOCK_MIN   3

size_t hy_codec_bound(HyCompression compression, size_t len)
{
    switch (compression.method) {
    case HY_COMPRESS_NONE:
        return len;
    case HY_COMPRESS_LZ4:
    case HY_COMPRESS_LZ4_HC:
        if (len > LZ4_MAX_INPUT_SIZE)
            return 0;
        return LZ4_HEADER_BYTES + (size_t)LZ4_compressBound((int)len);
    case HY_COMPRESS_ZSTD: {
        size_t bound = ZSTD_compressBound(len);
        return ZSTD_isError(bound) ? 0 : bound;
    }
    }
    return 0;
}

/* 0 if the result does not fit. */
static size_t compress_lz4(
    HyCompression compression, const void *src, size_t len, uint8_t *dst, size_t capacity)
{
    if (len > LZ4_MAX_INPUT_SIZE || capacity <= LZ4_HEADER_BYTES)
        return 0;
    size_t room = capacity - LZ4_HEADER_BYTES;
    int limit = room > INT_MAX ? INT_MAX : (int)room;
    char *block = (char *)dst + LZ4_HEADER_BYTES;
    int n;
    if (compression.method == HY_COMPRESS_LZ4)
        n = LZ4_compress_default(src, block, (int)len, limit);
    else
        n = LZ4_compress_HC(src, block, (int)len, limit, compression.level);
    if (n <= 0)
        return 0;
    hy_store_u32(dst, (uint32_t)len);
    return LZ4_HEADER_BYTES + (size_t)n;
}

static HyStatus compress_zstd(
    int level, const void *src, size_t len, void *dst, size_t capacity, size_t *out_len)
{
    size_t n = ZSTD_compress(dst, capacity, src, len, level);
    if (!ZSTD_isError(n)) {
        *out_len = n;
        return HY_OK;
    }
    *out_len = 0;
    switch (ZSTD_getErrorCode(n)) {
    case ZSTD_error_dstSize_tooSmall:
        return HY_OK;
    case ZSTD_error_memory_allocation:
        return hy_error_oom(len);
    default:
        return hy_error("XX000", "could not compress an object: %s", ZSTD_getErrorName(n));
    }
}

HyStatus hy_codec_compress(HyCompression compression, const void *src, size_t len, void *dst,
    size_t capacity, size_t *out_len, HyStoredCompression *out_form)
{
    switch (compression.method) {
    case HY_COMPRESS_NONE:
        break;
    case HY_COMPRESS_LZ4:
    case HY_COMPRESS_LZ4_HC:
        *out_form = HY_STORED_LZ4;
        *out_len = compress_lz4(compression, src, len, dst, capacity);
        return HY_OK;
    case HY_COMPRESS_ZSTD:
        *out_form = HY_STORED_ZSTD;
        return compress_zstd(compression.level, src, len, dst, capacity, out_len);
    }
    *out_form = HY_STORED_PLAIN;
    *out_len = len <= capacity ? len : 0;
    if (*out_len)
        memcpy(dst, src, len);
    return HY_OK;
}

static HyStatus lz4_content_size(const void *stored, size_t prefix_len, uint64_t len, uint64_t *out)
{
    if (prefix_len < LZ4_HEADER_BYTES || len <= LZ4_HEADER_BYTES)
        return hy_error("XXS01", "LZ4 decompression error: the compressed data is too short. "
                                 "The file is corrupt and needs to be re-created.");
    uint32_t size = hy_load_u32(stored);
    if (size > LZ4_MAX_INPUT_SIZE || size / LZ4_MAX_RATIO > len)
        return hy_error("XXS01", "LZ4 decompression error: generic - -1. The file is corrupt and "
                                 "needs to be re-created.");
    *out = size;
    return HY_OK;
}

static HyStatus zstd_content_size(
    const void *stored, size_t prefix_len, uint64_t len, uint64_t *out)
{
    unsigned long long size = ZSTD_getFrameContentSize(stored, prefix_len);
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
        size / ZSTD_BLOCK_BYTES > len / ZSTD_BLOCK_MIN || size > SIZE_MAX / 2)
        return hy_error("XXS01", "ZSTD decompression error: invalid frame header. "
                                 "The file is corrupt and needs to be re-created.");
    *out = size;
    return HY_OK;
}

HyStatus hy_codec_content_size(
    HyStoredCompression form, const void *stored, size_t prefix_len, uint64_t len, uint64_t *out)
{
    switch (form) {
    case HY_STORED_PLAIN:
        *out = len;
        return HY_OK;
    case HY_STORED_LZ4:
        return lz4_content_size(stored, prefix_len, len, out);
    case HY_STORED_ZSTD:
        return zstd_content_size(stored, prefix_len, len, out);
    }
    return hy_error("XXS01", "unknown compression method %d", (int)form);
}

static HyStatus decompress_lz4(const uint8_t *stored, size_t len, void *dst, size_t size)
{
    assert(len > LZ4_HEADER_BYTES && size <= LZ4_MAX_INPUT_SIZE);
    size_t block_len = len - LZ4_HEADER_BYTES;
    int n = -1;
    if (block_len <= INT_MAX)
        n = LZ4_decompress_safe(
            (const char *)stored + LZ4_HEADER_BYTES, dst, (int)block_len, (int)size);
    if (n < 0)
        return hy_error("XXS01",
            "LZ4 decompression error: generic - %d. The file is corrupt and needs to be "
            "re-created.",
            n);
    if ((size_t)n != size)
        return hy_error("XXS01",
            "LZ4 decompression error: actual decompressed size %d does not match expected %zu. "
            "The file is corrupt and needs to be re-created.",
            n, size);
    return HY_OK;
}

static HyStatus decompress_zstd(const void *stored, size_t len, void *dst, size_t size)
{
    size_t n = ZSTD_decompress(dst, size, stored, len);
    if (ZSTD_isError(n)) {
        if (ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation)
            return hy_error_oom(size);
        return hy_error("XXS01",
            "ZSTD decompression error: %s. The file is corrupt and needs to be re-created.",
            ZSTD_getErrorName(n));
    }
    if (n != size)
        return hy_error("XXS01",
            "ZSTD decompression error: actual decompressed size %zu does not match expected %zu. "
            "The file is corrupt and needs to be re-created.",
            n, size);
    return HY_OK;
}

HyStatus hy_codec_decompress(
    HyStoredCompression form, const void *stored, size_t len, void *dst, size_t size)
{
    switch (form) {
    case HY_STORED_PLAIN:
        assert(len == size);
        if (len)
            memcpy(dst, stored, len);
        return HY_OK;
    case HY_STORED_LZ4:
        return decompress_lz4(stored, len, dst, size);
    case HY_STORED_ZSTD:
        return decompress_zstd(stored, len, dst, size);
    }
    return hy_error("XXS01", "unknown compression method %d", (int)form);
}
