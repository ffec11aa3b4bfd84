/* 64-bit hashes for hash tables and sketches (not for the file's directory: io/container). */
#ifndef HY_BASE_HASH_H
#define HY_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Mixes one integer so that all output bits depend on all input bits (moremur, Pelle Evensen 2019).
 */
static inline uint64_t hy_hash_u64(uint64_t x)
{
    x ^= x >> 27;
    x *= UINT64_C(0x3C79AC492BA7B653);
    x ^= x >> 33;
    x *= UINT64_C(0x1C69B3F74AC4AE35);
    x ^= x >> 27;
    return x;
}
/* Order-dependent combination of the hashes of several columns. */
static inline uint64_t hy_hash_combine(uint64_t a, uint64_t b)
{
    return hy_hash_u64(a * UINT64_C(0x9E3779B97F4A7C15) + b);
}
/* XXH3 over bytes (libxxhash). */
uint64_t hy_hash_bytes(const void *data, size_t len);

#endif
