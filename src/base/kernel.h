/* Names of functions that are compiled once per instruction set (src/meson.build, kernel sources).
 *
 *     bool HY_KERNEL(hy_add_int4)(int32_t *restrict out, ...)   in kernel_add.c
 *     HY_KERNEL_PICK(hy_add_int4)                               in the table: the best for this CPU
 *
 * The three are declared as hy_add_int4_baseline, hy_add_int4_avx2 and hy_add_int4_avx512.
 */
#ifndef HY_BASE_KERNEL_H
#define HY_BASE_KERNEL_H

typedef enum HyIsa { HY_ISA_BASELINE, HY_ISA_AVX2, HY_ISA_AVX512 } HyIsa;

/* The best of the three that processor and operating system support; OPENHYPER_ISA=baseline or
 * avx2 in the environment lowers it (to measure and to test). Cheap: detected once. */
HyIsa hy_isa(void);

#define HY_KERNEL_JOIN2(a, b) a##_##b
#define HY_KERNEL_JOIN(a, b)  HY_KERNEL_JOIN2(a, b)
#ifdef HY_KERNEL_ISA
#define HY_KERNEL(name) HY_KERNEL_JOIN(name, HY_KERNEL_ISA)
#endif

#ifdef __x86_64__
#define HY_KERNEL_PICK(name)                                                                       \
    (hy_isa() == HY_ISA_AVX512    ? name##_avx512                                                  \
        : hy_isa() == HY_ISA_AVX2 ? name##_avx2                                                    \
                                  : name##_baseline)
#else
#define HY_KERNEL_PICK(name) (name##_baseline)
#endif

#endif
