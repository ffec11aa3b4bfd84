/* Compression of whole objects (spec/hyper-file-format.md, section 4): one LZ4 block behind a u32
 * with the uncompressed size, or one zstd frame with content size. Thread-safe; no state is kept.
 */
#ifndef HY_IO_CODEC_H
#define HY_IO_CODEC_H

#include "base/status.h"
#include <stddef.h>
#include <stdint.h>

/* How bytes lie in the file; the numbers are those of the directory's slots. */
typedef enum HyStoredCompression {
    HY_STORED_PLAIN = 0,
    HY_STORED_LZ4 = 1,
    HY_STORED_ZSTD = 2,
} HyStoredCompression;

typedef enum HyCompressionMethod {
    HY_COMPRESS_NONE,
    HY_COMPRESS_LZ4,    /* fast mode; level is not used */
    HY_COMPRESS_LZ4_HC, /* level 3 to 12 */
    HY_COMPRESS_ZSTD,   /* level -7 to 22 */
} HyCompressionMethod;

/* What a writer asks for. */
typedef struct HyCompression {
    HyCompressionMethod method;
    int level;
} HyCompression;

/* Largest stored size of `len` bytes; 0 if the method cannot take so many. */
size_t hy_codec_bound(HyCompression compression, size_t len);

/* Compresses into `dst`, which has `capacity` bytes, and tells the stored form. *out_len is 0 if
 * the result does not fit; with a capacity below the bound this is how a writer says "only if it
 * pays". */
HyStatus hy_codec_compress(HyCompression compression, const void *src, size_t len, void *dst,
    size_t capacity, size_t *out_len, HyStoredCompression *out_form) HY_MUST_CHECK;

/* The size after decompression as the stored bytes state it, checked for what `len` stored bytes
 * can hold at most, so that it may be allocated. Errors: XXS01. The first 18 bytes of an object are
 * enough when `prefix_len` < `len`. */
HyStatus hy_codec_content_size(HyStoredCompression form, const void *stored, size_t prefix_len,
    uint64_t len, uint64_t *out) HY_MUST_CHECK;

/* Decompresses into exactly `size` bytes (from hy_codec_content_size). Errors: XXS01. */
HyStatus hy_codec_decompress(
    HyStoredCompression form, const void *stored, size_t len, void *dst, size_t size) HY_MUST_CHECK;

#endif
