/* The parts of casting: which pairs exist (cast.c), one value (cast_value.c), whole vectors of
 * numbers (kernel_cast.c). */
#ifndef HY_TYPES_CAST_INTERNAL_H
#define HY_TYPES_CAST_INTERNAL_H

#include "types/cast.h"

typedef struct HyCastContext {
    HyArena *arena;
    const HyTextStyle *style;
    HyType from;
    HyType to;
    char *heap; /* room for texts, taken from the arena in pieces */
    size_t heap_left;
    HyBuffer scratch; /* for texts of unknown length; freed by the caller */
} HyCastContext;

/* Casts one payload. The pair must exist. Errors: 22P02, 22003, ... */
HyStatus hy_cast_one(HyCastContext *ctx, const void *in, void *out) HY_MUST_CHECK;

/* A loop over n payloads, or NULL if there is none for the pair. It returns false when some row
 * does not fit; the output is then of no use and the rows are to be cast one by one. Rows that are
 * null take part with whatever they hold. */
typedef bool (*HyCastKernel)(const HyCastContext *ctx, const void *in, size_t n, void *out);
HyCastKernel hy_cast_kernel_baseline(HyType from, HyType to);
#ifdef __x86_64__
HyCastKernel hy_cast_kernel_avx2(HyType from, HyType to);
HyCastKernel hy_cast_kernel_avx512(HyType from, HyType to);
#endif

#endif
