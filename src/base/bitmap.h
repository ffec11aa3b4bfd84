/* Bitmaps in 64-bit words, lowest bit first. As a validity bitmap: 1 = value, 0 = null; a NULL
 * pointer means "all valid". As a deletion bitmap: 1 = deleted; NULL means "none". */
#ifndef HY_BASE_BITMAP_H
#define HY_BASE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline size_t hy_bitmap_words(size_t n_bits)
{
    return (n_bits + 63) / 64;
}
static inline bool hy_bitmap_get(const uint64_t *map, size_t i)
{
    return (map[i >> 6] >> (i & 63)) & 1;
}
static inline void hy_bitmap_set(uint64_t *map, size_t i)
{
    map[i >> 6] |= UINT64_C(1) << (i & 63);
}
static inline void hy_bitmap_clear(uint64_t *map, size_t i)
{
    map[i >> 6] &= ~(UINT64_C(1) << (i & 63));
}
static inline void hy_bitmap_put(uint64_t *map, size_t i, bool on)
{
    map[i >> 6] = (map[i >> 6] & ~(UINT64_C(1) << (i & 63))) | ((uint64_t)on << (i & 63));
}
static inline void hy_bitmap_fill(uint64_t *map, size_t n_bits, bool on)
{
    memset(map, on ? 0xff : 0, hy_bitmap_words(n_bits) * 8);
}
/* Number of set bits among the first n_bits; bits beyond them are ignored. */
size_t hy_bitmap_count(const uint64_t *map, size_t n_bits);

#endif
