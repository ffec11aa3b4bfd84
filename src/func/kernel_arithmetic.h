/* Loops of + - * over numbers, once per instruction set (base/kernel.h). */
#ifndef HY_FUNC_KERNEL_ARITHMETIC_H
#define HY_FUNC_KERNEL_ARITHMETIC_H

#include "base/kernel.h"
#include <stdbool.h>
#include <stddef.h>

/* Which side is one value for all rows. */
typedef enum HyArithForm {
    HY_ARITH_BOTH_FLAT,
    HY_ARITH_LEFT_CONST,
    HY_ARITH_RIGHT_CONST
} HyArithForm;

/* out[i] = a[i] op b[i] for n rows. True when some row overflowed (its value is then wrapped);
 * never for floats. Rows that are null take part: the caller looks which row it was. */
typedef bool (*HyArithLoop)(void *out, const void *a, const void *b, size_t n, HyArithForm form);

typedef enum HyArithOp { HY_ARITH_ADD, HY_ARITH_SUB, HY_ARITH_MUL } HyArithOp;
#define HY_ARITH_OPS 3

typedef enum HyArithType {
    HY_ARITH_I16,
    HY_ARITH_I32,
    HY_ARITH_I64,
    HY_ARITH_I128,
    HY_ARITH_I64_I128, /* int64 operands, 128-bit result: cannot overflow */
    HY_ARITH_F32,
    HY_ARITH_F64
} HyArithType;
#define HY_ARITH_TYPES 7

/* loops[type][op] of the instruction set. */
extern const HyArithLoop hy_arith_loops_baseline[HY_ARITH_TYPES][HY_ARITH_OPS];
#ifdef __x86_64__
extern const HyArithLoop hy_arith_loops_avx2[HY_ARITH_TYPES][HY_ARITH_OPS];
extern const HyArithLoop hy_arith_loops_avx512[HY_ARITH_TYPES][HY_ARITH_OPS];
#endif

#endif
