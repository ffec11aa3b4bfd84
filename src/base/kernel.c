#include "base/kernel.h"
#include <stdlib.h>
#include <string.h>

#ifdef __x86_64__

static HyIsa detect(void)
{
    __builtin_cpu_init();
    HyIsa isa = HY_ISA_BASELINE;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("fma") && __builtin_cpu_supports("popcnt"))
        isa = HY_ISA_AVX2;
    if (isa == HY_ISA_AVX2 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        isa = HY_ISA_AVX512;
    const char *wanted = getenv("OPENHYPER_ISA");
    if (wanted && strcmp(wanted, "baseline") == 0)
        return HY_ISA_BASELINE;
    if (wanted && strcmp(wanted, "avx2") == 0 && isa > HY_ISA_AVX2)
        return HY_ISA_AVX2;
    return isa;
}

/* Written once, before main and before any thread; the tables of other constructors may come first
 * and then detect by themselves. */
static int detected = -1;

__attribute__((constructor)) static void detect_at_load(void)
{
    if (detected < 0)
        detected = (int)detect();
}

HyIsa hy_isa(void)
{
    detect_at_load();
    return (HyIsa)detected;
}

#else

HyIsa hy_isa(void)
{
    return HY_ISA_BASELINE;
}

#endif
