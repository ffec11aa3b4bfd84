/* Compressed pages. */
#include "io/parquet_internal.h"
#include "io/snappy.h"

#include <lz4.h>
#include <stdlib.h>
#include <zstd.h>
#ifdef HY_HAVE_ZLIB
#include <zlib.h>
#endif

_Static_assert(HY_SNAPPY_SLACK <= HY_PARQUET_SLACK, "pages have too little slack for snappy");

struct HyParquetInflater {
    ZSTD_DCtx *zstd;
};

void hy_parquet_inflater_free(HyParquetInflater *inflater)
{
    if (!inflater)
        return;
    ZSTD_freeDCtx(inflater->zstd);
    free(inflater);
}

static bool inflate_zstd(
    HyParquetInflater **inflater, const void *src, size_t len, void *dst, size_t size)
{
    if (!*inflater) {
        *inflater = calloc(1, sizeof **inflater);
        if (!*inflater)
            return false;
        (*inflater)->zstd = ZSTD_createDCtx();
    }
    return (*inflater)->zstd && ZSTD_decompressDCtx((*inflater)->zstd, dst, size, src, len) == size;
}

#ifdef HY_HAVE_ZLIB
/* Several members may follow one another. */
static bool inflate_gzip(const void *src, size_t len, void *dst, size_t size)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)src,
        .avail_in = (uInt)len,
        .next_out = dst,
        .avail_out = (uInt)size};
    if (inflateInit2(&stream, 15 + 32) != Z_OK)
        return false;
    int code = inflate(&stream, Z_FINISH);
    while (code == Z_STREAM_END && stream.avail_in > 0 && stream.avail_out > 0 &&
           inflateReset(&stream) == Z_OK)
        code = inflate(&stream, Z_FINISH);
    bool is_whole = code == Z_STREAM_END && stream.avail_out == 0;
    (void)inflateEnd(&stream);
    return is_whole;
}
#endif

bool hy_parquet_can_inflate(HyParquetCodec codec)
{
#ifdef HY_HAVE_ZLIB
    if (codec == HY_PARQUET_GZIP)
        return true;
#endif
    return codec == HY_PARQUET_UNCOMPRESSED || codec == HY_PARQUET_SNAPPY ||
           codec == HY_PARQUET_ZSTD || codec == HY_PARQUET_LZ4_RAW;
}

const char *hy_parquet_codec_name(HyParquetCodec codec)
{
    static const char *const names[] = {
        "UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"};
    return (size_t)codec < HY_ARRAY_LEN(names) ? names[codec] : "unknown";
}

bool hy_parquet_inflate(HyParquetInflater **inflater, HyParquetCodec codec, const void *src,
    size_t len, void *dst, size_t size)
{
    if (len > INT32_MAX || size > INT32_MAX)
        return false;
    switch (codec) {
    case HY_PARQUET_SNAPPY:
        return hy_snappy_decompress(src, len, dst, size);
    case HY_PARQUET_ZSTD:
        return inflate_zstd(inflater, src, len, dst, size);
    case HY_PARQUET_LZ4_RAW:
        return LZ4_decompress_safe(src, dst, (int)len, (int)size) == (int)size;
    case HY_PARQUET_GZIP:
#ifdef HY_HAVE_ZLIB
        return inflate_gzip(src, len, dst, size);
#endif
    case HY_PARQUET_UNCOMPRESSED:
    case HY_PARQUET_LZO:
    case HY_PARQUET_BROTLI:
    case HY_PARQUET_LZ4:
        break;
    }
    return false;
}
