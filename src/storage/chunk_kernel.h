/* The loops over rows of chunks, compiled once per instruction set (base/kernel.h). Arrays of
 * functions are indexed by width: 0..3 for elements of 1, 2, 4 and 8 bytes, without regard to sign.
 * A mask is one byte per row, 0 or 1. Inside storage only. */
#ifndef HY_STORAGE_CHUNK_KERNEL_H
#define HY_STORAGE_CHUNK_KERNEL_H

#include "base/kernel.h"
#include <stddef.h>
#include <stdint.h>

typedef enum HyFloatTest { HY_FLOAT_LT, HY_FLOAT_LE, HY_FLOAT_EQ } HyFloatTest;
typedef enum HyFloatForm { HY_FLOAT_SINGLE, HY_FLOAT_DOUBLE, HY_FLOAT_SHORT_DOUBLE } HyFloatForm;

typedef void HyMaskKernel(
    uint8_t *restrict mask, const void *restrict in, size_t n, uint64_t value);

typedef struct HyChunkKernels {
    /* Codes of 1, 2 and 4 bits, highest bits first: all codes of n_bytes bytes / n codes into
     * bytes. */
    void (*unpack[3])(uint8_t *restrict out, const uint8_t *restrict in, size_t n_bytes);
    void (*pack[3])(uint8_t *restrict out, const uint32_t *restrict codes, size_t n);
    /* Codes of 1, 2, 4 bytes to u32; the second also takes the null code out: max(code, 1) - 1. */
    void (*widen[3])(uint32_t *restrict out, const void *restrict in, size_t n);
    void (*widen_nulls[3])(uint32_t *restrict out, const void *restrict in, size_t n);
    /* out[i] = base + in[i] modulo the width of out; [in][out], in <= out. */
    void (*add_base[4][4])(void *restrict out, const void *restrict in, size_t n, uint64_t base);

    HyMaskKernel *differs[4];     /* mask = in != value */
    HyMaskKernel *and_differs[4]; /* mask &= in != value */
    HyMaskKernel *or_equals[4];   /* mask |= in == value */
    /* mask = ((in - low) <= span) ^ invert, modulo the width: a range of signed or unsigned
     * numbers. */
    void (*in_range[4])(uint8_t *restrict mask, const void *restrict in, size_t n, uint64_t low,
        uint64_t span, uint8_t invert);
    /* mask = (in test value) ^ invert; [form][test]. */
    void (*float_test[3][3])(
        uint8_t *restrict mask, const void *restrict in, size_t n, double value, uint8_t invert);
    /* Between a mask of n bytes and bits; `bits` has room for whole words. first: bit of row 0. */
    void (*mask_to_bits)(uint64_t *restrict bits, const uint8_t *restrict mask, size_t n);
    void (*bits_to_mask)(
        uint8_t *restrict mask, const uint64_t *restrict bits, size_t first, size_t n);
    /* The rows whose mask is set, ascending; `rows` has room for n. Returns how many. */
    uint32_t (*mask_to_rows)(uint32_t *restrict rows, const uint8_t *restrict mask, uint32_t n);
    void (*and_mask)(uint8_t *restrict mask, const uint8_t *restrict other, size_t n);
    size_t (*count_zero[4])(const void *restrict in, size_t n);
    uint32_t (*max_code[3])(const void *restrict in, size_t n);

    /* Writing. in_min_max: order of unsigned [0][w] and signed [1][w] numbers, as 64 bits. */
    void (*min_max[2][4])(const void *restrict in, size_t n, uint64_t *min, uint64_t *max);
    /* out = mask ? in : value */
    void (*fill[4])(void *restrict out, const void *restrict in, const uint8_t *restrict mask,
        size_t n, uint64_t value);
    /* Keys whose unsigned order is that of floats (spec section 6). */
    void (*float_key[2])(void *restrict out, const void *restrict in, size_t n);
    /* 1 if every double is exact as a single. */
    uint8_t (*is_short)(const double *restrict in, size_t n);
    void (*delta32[4])(uint32_t *restrict out, const void *restrict in, size_t n, uint64_t min);
    void (*delta64)(uint64_t *restrict out, const void *restrict in, size_t n, uint64_t min);
    /* out[i] = number of set bits below bit values[i]; ranks: of the bits before each word. */
    void (*bit_ranks)(uint32_t *restrict out, const uint32_t *restrict values, size_t n,
        const uint64_t *restrict bits, const uint32_t *restrict ranks);
    /* out[i] = mask[i] ? in[i] + 1 : 0, or plainly in[i] without mask; from u32 [0] and u64 [1] to
     * width. */
    void (*narrow[2][4])(
        void *restrict out, const void *restrict in, const uint8_t *restrict mask, size_t n);
} HyChunkKernels;

const HyChunkKernels *hy_chunk_kernels_baseline(void);
const HyChunkKernels *hy_chunk_kernels_avx2(void);
const HyChunkKernels *hy_chunk_kernels_avx512(void);

static inline const HyChunkKernels *hy_chunk_kernels(void)
{
    return HY_KERNEL_PICK(hy_chunk_kernels)();
}

#endif
