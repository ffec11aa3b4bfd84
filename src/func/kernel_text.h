/* Texts as bytes. */
#ifndef HY_FUNC_KERNEL_TEXT_H
#define HY_FUNC_KERNEL_TEXT_H

#include "base/kernel.h"
#include "types/string.h"

/* out[i]: characters of texts[i]. */
#define HY_DECLARE_TEXT_KERNELS(isa)                                                               \
    void hy_text_lengths_##isa(const HyString *restrict texts, size_t n, int32_t *restrict out);
HY_DECLARE_TEXT_KERNELS(baseline)
HY_DECLARE_TEXT_KERNELS(avx2)
HY_DECLARE_TEXT_KERNELS(avx512)

#endif
