/* Compiled per instruction set: the baseline of x86-64 has no population count instruction. */
#include "base/bitmap_kernel.h"

size_t HY_KERNEL(hy_bitmap_count_words)(const uint64_t *words, size_t n_words)
{
    size_t count = 0;
    for (size_t i = 0; i < n_words; i++)
        count += (size_t)__builtin_popcountll(words[i]);
    return count;
}
