/* Compressed pages. */
#include "io/parquet_internal.h"
#include "io/parquet_writer.h"
#include "io/snappy.h"

#include <lz4.h>
#include <stdlib.h>
#include <strings.h>
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

/* ---- Compressing ---- */

#define ZSTD_LEVEL 1 /* files are read more often than written, but all readers decode it alike */

bool hy_parquet_codec_from_name(const char *name, HyParquetCodec *out)
{
    static const struct {
        const char *name;
        HyParquetCodec codec;
    } codecs[] = {{"snappy", HY_PARQUET_SNAPPY}, {"zstd", HY_PARQUET_ZSTD},
        {"gzip", HY_PARQUET_GZIP}, {"lz4", HY_PARQUET_LZ4_RAW}, {"lz4_raw", HY_PARQUET_LZ4_RAW},
        {"uncompressed", HY_PARQUET_UNCOMPRESSED}, {"none", HY_PARQUET_UNCOMPRESSED}};
    for (size_t i = 0; i < HY_ARRAY_LEN(codecs); i++) {
        if (strcasecmp(codecs[i].name, name) == 0) {
            *out = codecs[i].codec;
            return hy_parquet_can_inflate(*out);
        }
    }
    return false;
}

static HyStatus cannot_deflate(HyParquetCodec codec)
{
    return hy_error("XX000", "%s could not compress a page", hy_parquet_codec_name(codec));
}

#ifdef HY_HAVE_ZLIB
static HyStatus deflate_gzip(const void *src, size_t len, HyBuffer *out)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)src, .avail_in = (uInt)len};
    if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return hy_error_oom(0);
    size_t room = deflateBound(&stream, (uLong)len);
    HyStatus st = hy_buffer_reserve(out, room);
    if (!st) {
        stream.next_out = (Bytef *)out->data + out->len;
        stream.avail_out = (uInt)room;
        if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
            st = cannot_deflate(HY_PARQUET_GZIP);
        else
            out->len += stream.total_out;
    }
    (void)deflateEnd(&stream);
    return st;
}
#endif

static HyStatus deflate_zstd(const void *src, size_t len, HyBuffer *out)
{
    size_t room = ZSTD_compressBound(len);
    HY_TRY(hy_buffer_reserve(out, room));
    size_t n = ZSTD_compress(out->data + out->len, room, src, len, ZSTD_LEVEL);
    if (ZSTD_isError(n))
        return cannot_deflate(HY_PARQUET_ZSTD);
    out->len += n;
    return HY_OK;
}

static HyStatus deflate_lz4(const void *src, size_t len, HyBuffer *out)
{
    int room = LZ4_compressBound((int)len);
    HY_TRY(hy_buffer_reserve(out, (size_t)room));
    int n = LZ4_compress_default(src, out->data + out->len, (int)len, room);
    if (n <= 0)
        return cannot_deflate(HY_PARQUET_LZ4_RAW);
    out->len += (size_t)n;
    return HY_OK;
}

HyStatus hy_parquet_deflate(HyParquetCodec codec, const void *src, size_t len, HyBuffer *out)
{
    if (len > INT32_MAX / 2)
        return hy_error("54000", "values are too long for a page of a Parquet file");
    switch (codec) {
    case HY_PARQUET_SNAPPY:
        HY_TRY(hy_buffer_reserve(out, hy_snappy_bound(len)));
        out->len += hy_snappy_compress(src, len, out->data + out->len);
        return HY_OK;
    case HY_PARQUET_ZSTD:
        return deflate_zstd(src, len, out);
    case HY_PARQUET_LZ4_RAW:
        return deflate_lz4(src, len, out);
    case HY_PARQUET_GZIP:
#ifdef HY_HAVE_ZLIB
        return deflate_gzip(src, len, out);
#endif
    case HY_PARQUET_UNCOMPRESSED:
    case HY_PARQUET_LZO:
    case HY_PARQUET_BROTLI:
    case HY_PARQUET_LZ4:
        break;
    }
    return cannot_deflate(codec);
}
