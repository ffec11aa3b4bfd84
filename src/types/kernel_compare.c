/* Comparison loops, one per physical type, operator and form. Compiled once per instruction set. */
#include "types/interval.h"
#include "types/kernels.h"

/* The order of floats is total here: NaN equals itself and stands above everything. Bitwise
 * operators keep the loops free of branches. */
#define PLAIN_EQ(x, y) ((x) == (y))
#define PLAIN_LT(x, y) ((x) < (y))
#define FLOAT_EQ(x, y) (((x) == (y)) | (((x) != (x)) & ((y) != (y))))
#define FLOAT_LT(x, y) (((x) < (y)) | (((x) == (x)) & ((y) != (y))))

#define INTERVAL_EQ(x, y)                                                                          \
    (((x).micros == (y).micros) & ((x).days == (y).days) & ((x).months == (y).months))
#define INTERVAL_LT(x, y) (hy_interval_compare((x), (y)) < 0)

/* UUIDs as they lie: bytes in the order of the text, so the words compare big-endian. */
typedef struct UuidWords {
    uint64_t first, second;
} UuidWords;
#define UUID_EQ(x, y) (((x).first == (y).first) & ((x).second == (y).second))
#define UUID_LT(x, y)                                                                              \
    ((x).first != (y).first ? __builtin_bswap64((x).first) < __builtin_bswap64((y).first)          \
                            : __builtin_bswap64((x).second) < __builtin_bswap64((y).second))

#define STRING_EQ(x, y) hy_string_equal(&(x), &(y))
#define STRING_LT(x, y) (hy_string_compare(&(x), &(y)) < 0)

#define DEFINE_ONE(name, T, expr)                                                                  \
    static void name##_flat(const void *va, const void *vb, size_t n, uint8_t *restrict out)       \
    {                                                                                              \
        const T *restrict a = va;                                                                  \
        const T *restrict b = vb;                                                                  \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T x = a[i], y = b[i];                                                            \
            out[i] = (uint8_t)(expr);                                                              \
        }                                                                                          \
    }                                                                                              \
    static void name##_constant(const void *va, const void *vb, size_t n, uint8_t *restrict out)   \
    {                                                                                              \
        const T *restrict a = va;                                                                  \
        const T y = *(const T *)vb;                                                                \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T x = a[i];                                                                      \
            out[i] = (uint8_t)(expr);                                                              \
        }                                                                                          \
    }

#define DEFINE_COMPARE(name, T, EQ, LT)                                                            \
    DEFINE_ONE(name##_eq, T, EQ(x, y))                                                             \
    DEFINE_ONE(name##_ne, T, !EQ(x, y))                                                            \
    DEFINE_ONE(name##_lt, T, LT(x, y))                                                             \
    DEFINE_ONE(name##_le, T, !LT(y, x))                                                            \
    DEFINE_ONE(name##_gt, T, LT(y, x))                                                             \
    DEFINE_ONE(name##_ge, T, !LT(x, y))

DEFINE_COMPARE(u8, uint8_t, PLAIN_EQ, PLAIN_LT)
DEFINE_COMPARE(i16, int16_t, PLAIN_EQ, PLAIN_LT)
DEFINE_COMPARE(i32, int32_t, PLAIN_EQ, PLAIN_LT)
DEFINE_COMPARE(u32, uint32_t, PLAIN_EQ, PLAIN_LT)
DEFINE_COMPARE(i64, int64_t, PLAIN_EQ, PLAIN_LT)
DEFINE_COMPARE(u64, uint64_t, PLAIN_EQ, PLAIN_LT)
DEFINE_COMPARE(i128, HyInt128, PLAIN_EQ, PLAIN_LT)
DEFINE_COMPARE(f32, float, FLOAT_EQ, FLOAT_LT)
DEFINE_COMPARE(f64, double, FLOAT_EQ, FLOAT_LT)
DEFINE_COMPARE(interval, HyInterval, INTERVAL_EQ, INTERVAL_LT)
DEFINE_COMPARE(uuid, UuidWords, UUID_EQ, UUID_LT)
DEFINE_COMPARE(string, HyString, STRING_EQ, STRING_LT)

#define ROW(name)                                                                                  \
    {                                                                                              \
        {name##_eq_flat, name##_eq_constant}, {name##_ne_flat, name##_ne_constant},                \
            {name##_lt_flat, name##_lt_constant}, {name##_le_flat, name##_le_constant},            \
            {name##_gt_flat, name##_gt_constant},                                                  \
        {                                                                                          \
            name##_ge_flat, name##_ge_constant                                                     \
        }                                                                                          \
    }

HyCompareKernel HY_KERNEL(hy_compare_kernel)(HyPhysical physical, HyCompareOp op, bool constant_b)
{
    static const HyCompareKernel kernels[HY_PHYS_COUNT][HY_CMP_GE + 1][2] = {
        [HY_PHYS_U8] = ROW(u8),
        [HY_PHYS_I16] = ROW(i16),
        [HY_PHYS_I32] = ROW(i32),
        [HY_PHYS_U32] = ROW(u32),
        [HY_PHYS_I64] = ROW(i64),
        [HY_PHYS_U64] = ROW(u64),
        [HY_PHYS_I128] = ROW(i128),
        [HY_PHYS_F32] = ROW(f32),
        [HY_PHYS_F64] = ROW(f64),
        [HY_PHYS_INTERVAL] = ROW(interval),
        [HY_PHYS_UUID] = ROW(uuid),
        [HY_PHYS_STRING] = ROW(string),
    };
    return kernels[physical][op][constant_b];
}
