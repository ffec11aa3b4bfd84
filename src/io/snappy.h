/* Snappy blocks ("Snappy compressed format description" of the format's authors): Parquet's usual
 * compression. */
#ifndef HY_IO_SNAPPY_H
#define HY_IO_SNAPPY_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

/* Decompresses into exactly `size` bytes. `dst` has HY_SNAPPY_SLACK bytes more, which may be
 * overwritten. False: damaged, or of another size. */
#define HY_SNAPPY_SLACK 32
bool hy_snappy_decompress(const void *src, size_t len, void *dst, size_t size);

/* Room that compressing `len` bytes needs. */
size_t hy_snappy_bound(size_t len);
/* Compresses; returns the bytes written. */
size_t hy_snappy_compress(const void *src, size_t len, void *dst);

#endif
