/* Kernels of this layer that exist once per instruction set (kernel_compare.c, kernel_hash.c). Rows
 * are flat; `a_step`/`b_step` of the comparison are folded into two forms. Internal to the layer.
 */
#ifndef HY_TYPES_KERNELS_H
#define HY_TYPES_KERNELS_H

#include "base/kernel.h"
#include "types/compare.h"
#include <stddef.h>
#include <stdint.h>

/* out[i] = a[i] op b[i] (constant_b: b[0]) for physical types; text in binary order. */
typedef void (*HyCompareKernel)(const void *a, const void *b, size_t n, uint8_t *out);
/* hashes[i] = hash(values[i]), or combined with what is there unless `first`. */
typedef void (*HyHashKernel)(const void *values, size_t n, uint64_t *hashes);

HyCompareKernel hy_compare_kernel_baseline(HyPhysical physical, HyCompareOp op, bool constant_b);
HyHashKernel hy_hash_kernel_baseline(HyPhysical physical);
#ifdef __x86_64__
HyCompareKernel hy_compare_kernel_avx2(HyPhysical physical, HyCompareOp op, bool constant_b);
HyCompareKernel hy_compare_kernel_avx512(HyPhysical physical, HyCompareOp op, bool constant_b);
HyHashKernel hy_hash_kernel_avx2(HyPhysical physical);
HyHashKernel hy_hash_kernel_avx512(HyPhysical physical);
#endif

#endif
