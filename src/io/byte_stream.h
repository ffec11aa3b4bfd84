/* Bytes that come or go one after the other: files, compressed files, the client's side of COPY.
 *
 * A stream is an object with two functions; whoever implements one puts HyByteReader or
 * HyByteWriter first in its own struct. Streams that are built on another one own it. A stream
 * belongs to one thread at a time. Names of sources are kept by the caller and live as long as the
 * stream. */
#ifndef HY_IO_BYTE_STREAM_H
#define HY_IO_BYTE_STREAM_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct HyByteReader HyByteReader;
struct HyByteReader {
    /* Reads up to `capacity` bytes (> 0), at least one unless the stream has ended: *len = 0. */
    HyStatus (*read)(HyByteReader *self, void *data, size_t capacity, size_t *len);
    void (*destroy)(HyByteReader *self); /* NULL: not owned by its users */
};

typedef struct HyByteWriter HyByteWriter;
struct HyByteWriter {
    HyStatus (*write)(HyByteWriter *self, const void *data, size_t len);
    /* Writes what is still kept back. Called once, before destroy, when all went well. */
    HyStatus (*finish)(HyByteWriter *self);
    void (*destroy)(HyByteWriter *self); /* NULL: not owned by its users */
};

typedef enum HyStreamCompression {
    HY_COMPRESSION_NONE,
    HY_COMPRESSION_GZIP,
    HY_COMPRESSION_ZSTD,
    HY_COMPRESSION_AUTO /* by the ending of the path: .gz, .zst */
} HyStreamCompression;

/* "gzip", "gz", "zstd", "none"; NULL is AUTO. False: not known. */
bool hy_compression_from_name(const char *name, HyStreamCompression *out);
/* What AUTO means for this path; others as they are. */
HyStreamCompression hy_compression_of_path(HyStreamCompression compression, const char *path);

/* Reads exactly `capacity` bytes or up to the end of the stream. */
HyStatus hy_byte_reader_fill(
    HyByteReader *reader, void *data, size_t capacity, size_t *len) HY_MUST_CHECK;
void hy_byte_reader_destroy(HyByteReader *reader); /* NULL is fine */
void hy_byte_writer_destroy(HyByteWriter *writer); /* NULL is fine */

/* A file, its compression undone. Errors: 58P01 and 58000 "could not read from external source",
 * XX001 not compressed as said. */
HyStatus hy_byte_reader_open(
    const char *path, HyStreamCompression compression, HyByteReader **out) HY_MUST_CHECK;
/* Bytes of the file as it is; the same errors. */
HyStatus hy_byte_source_size(const char *path, uint64_t *out) HY_MUST_CHECK;
/* Undo compression. They take `inner` in any case, also when they fail. */
HyStatus hy_byte_reader_gzip(
    HyByteReader *inner, const char *name, HyByteReader **out) HY_MUST_CHECK;
HyStatus hy_byte_reader_zstd(
    HyByteReader *inner, const char *name, HyByteReader **out) HY_MUST_CHECK;
/* Bytes in memory, which are not copied. */
HyStatus hy_byte_reader_memory(const void *data, size_t len, HyByteReader **out) HY_MUST_CHECK;

/* Creates or replaces the file, in one step by finish(): without it, or after a failure, what was
 * there stays. Devices and pipes are written at once. Errors: 58030 .. "could not write to external
 * sink". */
HyStatus hy_byte_writer_open(
    const char *path, HyStreamCompression compression, HyByteWriter **out) HY_MUST_CHECK;
/* Compress. They take `inner` in any case. */
HyStatus hy_byte_writer_gzip(HyByteWriter *inner, HyByteWriter **out) HY_MUST_CHECK;
HyStatus hy_byte_writer_zstd(HyByteWriter *inner, HyByteWriter **out) HY_MUST_CHECK;

#endif
