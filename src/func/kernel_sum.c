/* Compiled once per instruction set (base/kernel.h). */
#include "func/kernel_sum.h"

uint64_t HY_KERNEL(hy_sum_group)(const int64_t *restrict v, const uint32_t *restrict groups,
    size_t n, uint32_t group, uint64_t extra)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += groups[i] == group ? (uint64_t)v[i] + extra : 0;
    return sum;
}

uint64_t HY_KERNEL(hy_value_bits)(const int64_t *restrict v, size_t n)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++)
        bits |= (uint64_t)(v[i] ^ (v[i] >> 63));
    return bits;
}

uint32_t HY_KERNEL(hy_group_bits)(const uint32_t *restrict groups, size_t n)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++)
        bits |= groups[i];
    return bits;
}

bool HY_KERNEL(hy_narrow)(const HyInt128 *restrict v, size_t n, int64_t *restrict low)
{
    uint64_t lost = 0;
    for (size_t i = 0; i < n; i++) {
        low[i] = (int64_t)v[i];
        lost |= (uint64_t)((int64_t)(v[i] >> 64) ^ (low[i] >> 63));
    }
    return lost == 0;
}
