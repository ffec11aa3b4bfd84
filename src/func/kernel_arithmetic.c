#include "func/kernel_arithmetic.h"

#include "base/bytes.h"

/* Overflow is collected in the sign bit of an integer rather than branched on, so that gcc can
 * vectorize. */
#define CHECKED(T, builtin, wrapped_expr)                                                          \
    T r;                                                                                           \
    (void)builtin(x, y, &r);                                                                       \
    wrapped = (T)(wrapped | (wrapped_expr));                                                       \
    out[i] = r

#define ADD_BODY(T) CHECKED(T, __builtin_add_overflow, (x ^ r) & (y ^ r))
#define SUB_BODY(T) CHECKED(T, __builtin_sub_overflow, (x ^ y) & (x ^ r))

#define DEFINE_LOOP(name, T, R, BODY)                                                              \
    static bool name(void *out_, const void *a_, const void *b_, size_t n, HyArithForm form)       \
    {                                                                                              \
        R *restrict out = out_;                                                                    \
        const T *restrict a = a_;                                                                  \
        const T *restrict b = b_;                                                                  \
        R wrapped = 0;                                                                             \
        if (form == HY_ARITH_BOTH_FLAT) {                                                          \
            for (size_t i = 0; i < n; i++) {                                                       \
                const T x = a[i], y = b[i];                                                        \
                BODY;                                                                              \
            }                                                                                      \
        } else if (form == HY_ARITH_LEFT_CONST) {                                                  \
            const T x = a[0];                                                                      \
            for (size_t i = 0; i < n; i++) {                                                       \
                const T y = b[i];                                                                  \
                BODY;                                                                              \
            }                                                                                      \
        } else {                                                                                   \
            const T y = b[0];                                                                      \
            for (size_t i = 0; i < n; i++) {                                                       \
                const T x = a[i];                                                                  \
                BODY;                                                                              \
            }                                                                                      \
        }                                                                                          \
        return wrapped < 0;                                                                        \
    }

/* A product of 8..32 bits is computed in twice the width and compared with its truncation. */
#define WIDE_MUL(T, W)                                                                             \
    W w = (W)x * (W)y;                                                                             \
    T r = (T)w;                                                                                    \
    wrapped = (T)(wrapped | (T) - (w != (W)r));                                                    \
    out[i] = r
#define BUILTIN_MUL(T)                                                                             \
    T r;                                                                                           \
    wrapped = (T)(wrapped | -(T)__builtin_mul_overflow(x, y, &r));                                 \
    out[i] = r
#define FLOAT_BODY(op) out[i] = x op y

#define DEFINE_INTEGER(suffix, T, MUL)                                                             \
    DEFINE_LOOP(add_##suffix, T, T, ADD_BODY(T))                                                   \
    DEFINE_LOOP(sub_##suffix, T, T, SUB_BODY(T))                                                   \
    DEFINE_LOOP(mul_##suffix, T, T, MUL)
DEFINE_INTEGER(i16, int16_t, WIDE_MUL(int16_t, int32_t))
DEFINE_INTEGER(i32, int32_t, WIDE_MUL(int32_t, int64_t))
DEFINE_INTEGER(i64, int64_t, BUILTIN_MUL(int64_t))
DEFINE_INTEGER(i128, HyInt128, BUILTIN_MUL(HyInt128))

#define WIDENING_BODY(op)                                                                          \
    out[i] = (HyInt128)x op(HyInt128)                                                              \
    y
DEFINE_LOOP(add_i64_i128, int64_t, HyInt128, WIDENING_BODY(+))
DEFINE_LOOP(sub_i64_i128, int64_t, HyInt128, WIDENING_BODY(-))
DEFINE_LOOP(mul_i64_i128, int64_t, HyInt128, WIDENING_BODY(*))

#define DEFINE_FLOAT(suffix, T)                                                                    \
    DEFINE_LOOP(add_##suffix, T, T, FLOAT_BODY(+))                                                 \
    DEFINE_LOOP(sub_##suffix, T, T, FLOAT_BODY(-))                                                 \
    DEFINE_LOOP(mul_##suffix, T, T, FLOAT_BODY(*))
DEFINE_FLOAT(f32, float)
DEFINE_FLOAT(f64, double)

#define ROW(suffix)                                                                                \
    {                                                                                              \
        add_##suffix, sub_##suffix, mul_##suffix                                                   \
    }
const HyArithLoop HY_KERNEL(hy_arith_loops)[HY_ARITH_TYPES][HY_ARITH_OPS] = {
    [HY_ARITH_I16] = ROW(i16),
    [HY_ARITH_I32] = ROW(i32),
    [HY_ARITH_I64] = ROW(i64),
    [HY_ARITH_I128] = ROW(i128),
    [HY_ARITH_I64_I128] = ROW(i64_i128),
    [HY_ARITH_F32] = ROW(f32),
    [HY_ARITH_F64] = ROW(f64),
};
