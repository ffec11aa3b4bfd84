/* The loop behind hy_bitmap_count, once per instruction set. Inside base only. */
#ifndef HY_BASE_BITMAP_KERNEL_H
#define HY_BASE_BITMAP_KERNEL_H

#include "base/kernel.h"
#include <stddef.h>
#include <stdint.h>

size_t hy_bitmap_count_words_baseline(const uint64_t *words, size_t n_words);
size_t hy_bitmap_count_words_avx2(const uint64_t *words, size_t n_words);
size_t hy_bitmap_count_words_avx512(const uint64_t *words, size_t n_words);

#endif
