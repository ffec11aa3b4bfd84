/* Streams through zlib and zstd. Files may consist of several members or frames. */
#include "io/byte_stream.h"

#include <limits.h>
#include <stdlib.h>
#include <zstd.h>

#define INPUT_BYTES  ((size_t)128 << 10)
#define OUTPUT_BYTES ((size_t)128 << 10)

static HyStatus damaged(const char *message, const char *name, const char *what)
{
    return hy_error_hint(
        hy_error_detail(hy_error("XX001", "%s", message), "Source %s %s", name, what),
        "Source is probably damaged, or not compressed in this way");
}

/* ---- gzip ---- */

#ifdef HY_HAVE_ZLIB
#include <zlib.h>

typedef struct GzipReader {
    HyByteReader reader;
    HyByteReader *inner;
    const char *name;
    z_stream z;
    bool is_started;   /* at least one member was begun */
    bool is_in_member; /* its end was not seen yet */
    unsigned char input[INPUT_BYTES];
} GzipReader;

static HyStatus gzip_refill(GzipReader *gzip, bool *is_end)
{
    size_t n;
    *is_end = false;
    if (gzip->z.avail_in > 0)
        return HY_OK;
    HY_TRY(gzip->inner->read(gzip->inner, gzip->input, sizeof gzip->input, &n));
    gzip->z.next_in = gzip->input;
    gzip->z.avail_in = (uInt)n;
    *is_end = n == 0;
    return HY_OK;
}

static HyStatus gzip_failure(const GzipReader *gzip)
{
    if (!gzip->is_started || (gzip->z.total_out == 0 && gzip->z.total_in < 10))
        return hy_error_hint(
            hy_error_detail(hy_error("XX001", "GZIP source appears to not be gzipped"),
                "Source %s does not have the GZIP magic header bytes.", gzip->name),
            "Source is probably not a gzipped file.");
    return damaged("GZIP source is damaged", gzip->name, "cannot be decompressed.");
}

static HyStatus gzip_read(HyByteReader *self, void *data, size_t capacity, size_t *len)
{
    GzipReader *gzip = (GzipReader *)self;
    uInt room = capacity < INT_MAX ? (uInt)capacity : INT_MAX;
    gzip->z.next_out = data;
    gzip->z.avail_out = room;
    while (gzip->z.avail_out == room) {
        bool is_end;
        HY_TRY(gzip_refill(gzip, &is_end));
        if (is_end) {
            if (gzip->is_in_member)
                return damaged("GZIP source is truncated", gzip->name, "ends too early.");
            break;
        }
        if (!gzip->is_in_member && gzip->is_started && inflateReset(&gzip->z) != Z_OK)
            return gzip_failure(gzip);
        gzip->is_in_member = true;
        int code = inflate(&gzip->z, Z_NO_FLUSH);
        if (code == Z_MEM_ERROR)
            return hy_error_oom(0);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return gzip_failure(gzip);
        gzip->is_started = true;
        gzip->is_in_member = code != Z_STREAM_END;
    }
    *len = room - gzip->z.avail_out;
    return HY_OK;
}

static void gzip_reader_destroy(HyByteReader *self)
{
    GzipReader *gzip = (GzipReader *)self;
    inflateEnd(&gzip->z);
    hy_byte_reader_destroy(gzip->inner);
    free(gzip);
}

HyStatus hy_byte_reader_gzip(HyByteReader *inner, const char *name, HyByteReader **out)
{
    GzipReader *gzip = malloc(sizeof *gzip);
    if (gzip)
        gzip->z = (z_stream){0};
    if (!gzip || inflateInit2(&gzip->z, 15 + 16) != Z_OK) {
        free(gzip);
        hy_byte_reader_destroy(inner);
        return hy_error_oom(sizeof *gzip);
    }
    gzip->reader = (HyByteReader){gzip_read, gzip_reader_destroy};
    gzip->inner = inner;
    gzip->name = name;
    gzip->is_started = gzip->is_in_member = false;
    *out = &gzip->reader;
    return HY_OK;
}

typedef struct GzipWriter {
    HyByteWriter writer;
    HyByteWriter *inner;
    z_stream z;
    unsigned char output[OUTPUT_BYTES];
} GzipWriter;

static HyStatus gzip_put(GzipWriter *gzip, int flush)
{
    int code;
    do {
        gzip->z.next_out = gzip->output;
        gzip->z.avail_out = sizeof gzip->output;
        code = deflate(&gzip->z, flush);
        if (code == Z_STREAM_ERROR)
            return hy_error("XX000", "internal error: deflate failed");
        size_t n = sizeof gzip->output - gzip->z.avail_out;
        if (n)
            HY_TRY(gzip->inner->write(gzip->inner, gzip->output, n));
    } while (gzip->z.avail_out == 0);
    return HY_OK;
}

static HyStatus gzip_write(HyByteWriter *self, const void *data, size_t len)
{
    GzipWriter *gzip = (GzipWriter *)self;
    const unsigned char *next = data;
    while (len > 0) {
        uInt n = len < INT_MAX ? (uInt)len : INT_MAX;
        gzip->z.next_in = (unsigned char *)(uintptr_t)next; /* zlib does not write to it */
        gzip->z.avail_in = n;
        HY_TRY(gzip_put(gzip, Z_NO_FLUSH));
        next += n;
        len -= n;
    }
    return HY_OK;
}

static HyStatus gzip_finish(HyByteWriter *self)
{
    GzipWriter *gzip = (GzipWriter *)self;
    gzip->z.avail_in = 0;
    HY_TRY(gzip_put(gzip, Z_FINISH));
    return gzip->inner->finish(gzip->inner);
}

static void gzip_writer_destroy(HyByteWriter *self)
{
    GzipWriter *gzip = (GzipWriter *)self;
    deflateEnd(&gzip->z);
    hy_byte_writer_destroy(gzip->inner);
    free(gzip);
}

HyStatus hy_byte_writer_gzip(HyByteWriter *inner, HyByteWriter **out)
{
    GzipWriter *gzip = malloc(sizeof *gzip);
    if (gzip)
        gzip->z = (z_stream){0};
    if (!gzip || deflateInit2(&gzip->z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(gzip);
        hy_byte_writer_destroy(inner);
        return hy_error_oom(sizeof *gzip);
    }
    gzip->writer = (HyByteWriter){gzip_write, gzip_finish, gzip_writer_destroy};
    gzip->inner = inner;
    *out = &gzip->writer;
    return HY_OK;
}

#else

HyStatus hy_byte_reader_gzip(HyByteReader *inner, const char *name, HyByteReader **out)
{
    (void)out;
    hy_byte_reader_destroy(inner);
    return hy_error_detail(
        hy_error("0A000", "this build cannot read gzip files"), "Source: \"%s\"", name);
}

HyStatus hy_byte_writer_gzip(HyByteWriter *inner, HyByteWriter **out)
{
    (void)out;
    hy_byte_writer_destroy(inner);
    return hy_error("0A000", "this build cannot write gzip files");
}

#endif

/* ---- zstd ---- */

typedef struct ZstdReader {
    HyByteReader reader;
    HyByteReader *inner;
    const char *name;
    ZSTD_DStream *zstd;
    ZSTD_inBuffer in;
    bool is_in_frame;
    char input[INPUT_BYTES];
} ZstdReader;

static HyStatus zstd_read(HyByteReader *self, void *data, size_t capacity, size_t *len)
{
    ZstdReader *reader = (ZstdReader *)self;
    ZSTD_outBuffer output = {data, capacity, 0};
    while (output.pos == 0) {
        if (reader->in.pos == reader->in.size) {
            size_t n;
            HY_TRY(reader->inner->read(reader->inner, reader->input, sizeof reader->input, &n));
            if (n == 0 && reader->is_in_frame)
                return damaged("zstd source is truncated", reader->name, "ends too early.");
            if (n == 0)
                break;
            reader->in = (ZSTD_inBuffer){reader->input, n, 0};
        }
        size_t code = ZSTD_decompressStream(reader->zstd, &output, &reader->in);
        if (ZSTD_isError(code))
            return damaged("zstd source is damaged", reader->name, ZSTD_getErrorName(code));
        reader->is_in_frame = code != 0;
    }
    *len = output.pos;
    return HY_OK;
}

static void zstd_reader_destroy(HyByteReader *self)
{
    ZstdReader *reader = (ZstdReader *)self;
    ZSTD_freeDStream(reader->zstd);
    hy_byte_reader_destroy(reader->inner);
    free(reader);
}

HyStatus hy_byte_reader_zstd(HyByteReader *inner, const char *name, HyByteReader **out)
{
    ZstdReader *reader = malloc(sizeof *reader);
    ZSTD_DStream *zstd = reader ? ZSTD_createDStream() : NULL;
    if (!zstd) {
        free(reader);
        hy_byte_reader_destroy(inner);
        return hy_error_oom(sizeof *reader);
    }
    reader->reader = (HyByteReader){zstd_read, zstd_reader_destroy};
    reader->inner = inner;
    reader->name = name;
    reader->zstd = zstd;
    reader->in = (ZSTD_inBuffer){reader->input, 0, 0};
    reader->is_in_frame = false;
    *out = &reader->reader;
    return HY_OK;
}

typedef struct ZstdWriter {
    HyByteWriter writer;
    HyByteWriter *inner;
    ZSTD_CStream *zstd;
    char output[OUTPUT_BYTES];
} ZstdWriter;

static HyStatus zstd_put(ZstdWriter *writer, ZSTD_inBuffer *input, ZSTD_EndDirective how)
{
    size_t left;
    do {
        ZSTD_outBuffer output = {writer->output, sizeof writer->output, 0};
        left = ZSTD_compressStream2(writer->zstd, &output, input, how);
        if (ZSTD_isError(left))
            return hy_error("XX000", "internal error: zstd: %s", ZSTD_getErrorName(left));
        if (output.pos)
            HY_TRY(writer->inner->write(writer->inner, writer->output, output.pos));
    } while (how == ZSTD_e_end ? left != 0 : input->pos < input->size);
    return HY_OK;
}

static HyStatus zstd_write(HyByteWriter *self, const void *data, size_t len)
{
    ZSTD_inBuffer input = {data, len, 0};
    return zstd_put((ZstdWriter *)self, &input, ZSTD_e_continue);
}

static HyStatus zstd_finish(HyByteWriter *self)
{
    ZstdWriter *writer = (ZstdWriter *)self;
    ZSTD_inBuffer none = {NULL, 0, 0};
    HY_TRY(zstd_put(writer, &none, ZSTD_e_end));
    return writer->inner->finish(writer->inner);
}

static void zstd_writer_destroy(HyByteWriter *self)
{
    ZstdWriter *writer = (ZstdWriter *)self;
    ZSTD_freeCStream(writer->zstd);
    hy_byte_writer_destroy(writer->inner);
    free(writer);
}

HyStatus hy_byte_writer_zstd(HyByteWriter *inner, HyByteWriter **out)
{
    ZstdWriter *writer = malloc(sizeof *writer);
    ZSTD_CStream *zstd = writer ? ZSTD_createCStream() : NULL;
    if (!zstd) {
        free(writer);
        hy_byte_writer_destroy(inner);
        return hy_error_oom(sizeof *writer);
    }
    writer->writer = (HyByteWriter){zstd_write, zstd_finish, zstd_writer_destroy};
    writer->inner = inner;
    writer->zstd = zstd;
    *out = &writer->writer;
    return HY_OK;
}
