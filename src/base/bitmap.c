#include "base/bitmap.h"
#include "base/bitmap_kernel.h"

size_t hy_bitmap_count(const uint64_t *map, size_t n_bits)
{
    size_t n_words = n_bits / 64;
    size_t count = HY_KERNEL_PICK(hy_bitmap_count_words)(map, n_words);
    if (n_bits % 64) {
        uint64_t mask = (UINT64_C(1) << (n_bits % 64)) - 1;
        count += (size_t)__builtin_popcountll(map[n_words] & mask);
    }
    return count;
}
