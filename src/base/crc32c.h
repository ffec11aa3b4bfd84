/* CRC-32C as .hyper files use it (spec/hyper-file-format.md section 3): Castagnoli, reflected,
 * polynomial 0x82F63B78, without inversion before or after. */
#ifndef HY_BASE_CRC32C_H
#define HY_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of `data`, continuing from `start`: the start value of the structure (0 or 0x1234)
 * or the result for the bytes before. Uses the processor's instructions when it has them. Any
 * thread. */
uint32_t hy_crc32c(uint32_t start, const void *data, size_t len);

/* The same by tables alone: what processors without the instruction use, and the reference in
 * tests. */
uint32_t hy_crc32c_portable(uint32_t start, const void *data, size_t len);

#endif
