/* Sums of one group out of few. */
#ifndef HY_FUNC_KERNEL_SUM_H
#define HY_FUNC_KERNEL_SUM_H

#include "base/bytes.h"
#include "base/kernel.h"
#include <stdbool.h>

/* The sum of v[i] + extra over the rows of a group, modulo 2^64. A pass over all rows for each
 * group: with wide registers faster than scattering, up to a handful of groups. */
typedef uint64_t (*HySumGroupKernel)(
    const int64_t *v, const uint32_t *groups, size_t n, uint32_t group, uint64_t extra);

/* hy_value_bits: all bits that occur in the values, signs left out; hy_group_bits: in the group
 * numbers. hy_narrow: the lower halves, false when they are not the whole value. */
#define HY_DECLARE_SUM_KERNELS(isa)                                                                \
    uint64_t hy_sum_group_##isa(                                                                   \
        const int64_t *v, const uint32_t *groups, size_t n, uint32_t group, uint64_t extra);       \
    uint64_t hy_value_bits_##isa(const int64_t *v, size_t n);                                      \
    uint32_t hy_group_bits_##isa(const uint32_t *groups, size_t n);                                \
    bool hy_narrow_##isa(const HyInt128 *v, size_t n, int64_t *low);
HY_DECLARE_SUM_KERNELS(baseline)
HY_DECLARE_SUM_KERNELS(avx2)
HY_DECLARE_SUM_KERNELS(avx512)

#endif
