/* Loops that cast whole vectors of numbers and dates. They note that some row did not fit instead
 * of stopping, so that the compiler can vectorize them. */
#include "base/kernel.h"
#include "types/cast_internal.h"
#include "types/datetime.h"
#include "types/numeric.h"
#include <math.h>

/* Widening, and everything else that always fits. */
#define DEFINE_TOTAL(name, S, T, expr)                                                             \
    static bool name(const HyCastContext *ctx, const void *vin, size_t n, void *vout)              \
    {                                                                                              \
        const S *restrict in = vin;                                                                \
        T *restrict out = vout;                                                                    \
        (void)ctx;                                                                                 \
        for (size_t i = 0; i < n; i++) {                                                           \
            const S x = in[i];                                                                     \
            out[i] = (T)(expr);                                                                    \
        }                                                                                          \
        return true;                                                                               \
    }

/* Narrowing integers: what does not come back the same did not fit. */
#define DEFINE_NARROW(name, S, T)                                                                  \
    static bool name(const HyCastContext *ctx, const void *vin, size_t n, void *vout)              \
    {                                                                                              \
        const S *restrict in = vin;                                                                \
        T *restrict out = vout;                                                                    \
        S lost = 0;                                                                                \
        (void)ctx;                                                                                 \
        for (size_t i = 0; i < n; i++) {                                                           \
            out[i] = (T)in[i];                                                                     \
            lost |= (S)((S)out[i] ^ in[i]);                                                        \
        }                                                                                          \
        return lost == 0;                                                                          \
    }

/* Floats to integers, half to even. The limits are exact in double; NaN fails both comparisons. */
#define DEFINE_ROUND(name, S, T, MIN, LIMIT)                                                       \
    static bool name(const HyCastContext *ctx, const void *vin, size_t n, void *vout)              \
    {                                                                                              \
        const S *restrict in = vin;                                                                \
        T *restrict out = vout;                                                                    \
        bool bad = false;                                                                          \
        (void)ctx;                                                                                 \
        for (size_t i = 0; i < n; i++) {                                                           \
            double r = rint((double)in[i]);                                                        \
            bool fits = (r >= (MIN)) & (r < (LIMIT));                                              \
            bad |= !fits;                                                                          \
            out[i] = (T)(fits ? r : 0.0);                                                          \
        }                                                                                          \
        return !bad;                                                                               \
    }

DEFINE_TOTAL(int2_to_int4, int16_t, int32_t, x)
DEFINE_TOTAL(int2_to_int8, int16_t, int64_t, x)
DEFINE_TOTAL(int4_to_int8, int32_t, int64_t, x)
DEFINE_NARROW(int4_to_int2, int32_t, int16_t)
DEFINE_NARROW(int8_to_int2, int64_t, int16_t)
DEFINE_NARROW(int8_to_int4, int64_t, int32_t)
DEFINE_TOTAL(int2_to_float8, int16_t, double, x)
DEFINE_TOTAL(int4_to_float8, int32_t, double, x)
DEFINE_TOTAL(int8_to_float8, int64_t, double, x)
DEFINE_TOTAL(int2_to_float4, int16_t, float, x)
DEFINE_TOTAL(int4_to_float4, int32_t, float, x)
DEFINE_TOTAL(int8_to_float4, int64_t, float, x)
DEFINE_TOTAL(float4_to_float8, float, double, x)
DEFINE_TOTAL(bool_to_int4, uint8_t, int32_t, x)
DEFINE_TOTAL(int2_to_bool, int16_t, uint8_t, x != 0)
DEFINE_TOTAL(int4_to_bool, int32_t, uint8_t, x != 0)
DEFINE_TOTAL(int8_to_bool, int64_t, uint8_t, x != 0)
DEFINE_TOTAL(date_to_timestamp, int32_t, uint64_t, hy_timestamp_from_date(x))
DEFINE_TOTAL(timestamp_to_date, uint64_t, int32_t, hy_timestamp_date(x))
DEFINE_TOTAL(timestamp_to_time, uint64_t, int64_t, hy_timestamp_time(x))
DEFINE_ROUND(float4_to_int2, float, int16_t, -32768.0, 32768.0)
DEFINE_ROUND(float4_to_int4, float, int32_t, -2147483648.0, 2147483648.0)
DEFINE_ROUND(float4_to_int8, float, int64_t, -0x1p63, 0x1p63)
DEFINE_ROUND(float8_to_int2, double, int16_t, -32768.0, 32768.0)
DEFINE_ROUND(float8_to_int4, double, int32_t, -2147483648.0, 2147483648.0)
DEFINE_ROUND(float8_to_int8, double, int64_t, -0x1p63, 0x1p63)

/* Only infinity may become infinite. */
static bool float8_to_float4(const HyCastContext *ctx, const void *vin, size_t n, void *vout)
{
    const double *restrict in = vin;
    float *restrict out = vout;
    bool bad = false;
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        out[i] = (float)in[i];
        bad |= (fabs((double)out[i]) == (double)INFINITY) & (fabs(in[i]) != (double)INFINITY);
    }
    return !bad;
}

/* Integers to numerics: a factor, and a limit before it is applied. */
#define DEFINE_TO_NUMERIC(name, S)                                                                 \
    static bool name##_to_short(const HyCastContext *ctx, const void *vin, size_t n, void *vout)   \
    {                                                                                              \
        const S *restrict in = vin;                                                                \
        int64_t *restrict out = vout;                                                              \
        const uint64_t factor = (uint64_t)hy_numeric_pow10_i64[ctx->to.scale];                     \
        const int64_t limit = hy_numeric_pow10_i64[ctx->to.precision - ctx->to.scale];             \
        bool bad = false;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            int64_t x = in[i];                                                                     \
            bad |= (x >= limit) | (x <= -limit);                                                   \
            out[i] = (int64_t)((uint64_t)x * factor); /* wraps only where bad is set */            \
        }                                                                                          \
        return !bad;                                                                               \
    }                                                                                              \
    static bool name##_to_wide(const HyCastContext *ctx, const void *vin, size_t n, void *vout)    \
    {                                                                                              \
        const S *restrict in = vin;                                                                \
        HyInt128 *restrict out = vout;                                                             \
        const HyUint128 factor = (HyUint128)hy_numeric_pow10[ctx->to.scale];                       \
        const HyInt128 limit = hy_numeric_pow10[ctx->to.precision - ctx->to.scale];                \
        bool bad = false;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            HyInt128 x = in[i];                                                                    \
            bad |= (x >= limit) | (x <= -limit);                                                   \
            out[i] = (HyInt128)((HyUint128)x * factor);                                            \
        }                                                                                          \
        return !bad;                                                                               \
    }
DEFINE_TO_NUMERIC(int2, int16_t)
DEFINE_TO_NUMERIC(int4, int32_t)
DEFINE_TO_NUMERIC(int8, int64_t)

/* Short numerics to a smaller scale: one division by a constant of the loop. */
static bool short_shrink(
    const int64_t *restrict in, size_t n, int64_t divisor, int64_t limit, int64_t *restrict out)
{
    bool bad = false;
    for (size_t i = 0; i < n; i++) {
        int64_t q = in[i] / divisor, r = in[i] % divisor;
        q += (r >= divisor - r) - (-r >= divisor + r);
        bad |= (q >= limit) | (q <= -limit);
        out[i] = q;
    }
    return !bad;
}

static bool short_to_short(const HyCastContext *ctx, const void *vin, size_t n, void *vout)
{
    const int64_t *restrict in = vin;
    int64_t *restrict out = vout;
    int shift = ctx->to.scale - ctx->from.scale;
    if (shift < 0)
        return short_shrink(
            in, n, hy_numeric_pow10_i64[-shift], hy_numeric_pow10_i64[ctx->to.precision], out);
    const uint64_t factor = (uint64_t)hy_numeric_pow10_i64[shift];
    const int64_t limit =
        ctx->to.precision >= shift ? hy_numeric_pow10_i64[ctx->to.precision - shift] : 1;
    bool bad = false;
    for (size_t i = 0; i < n; i++) {
        bad |= (in[i] >= limit) | (in[i] <= -limit);
        out[i] = (int64_t)((uint64_t)in[i] * factor);
    }
    return !bad;
}

static bool short_to_wide(const HyCastContext *ctx, const void *vin, size_t n, void *vout)
{
    const int64_t *restrict in = vin;
    HyInt128 *restrict out = vout;
    bool bad = false;
    for (size_t i = 0; i < n; i++) {
        HyInt128 v = 0;
        bad |= !hy_numeric_rescale(in[i], ctx->from.scale, ctx->to.scale, &v) ||
               !hy_numeric_fits(v, ctx->to.precision);
        out[i] = v;
    }
    return !bad;
}

static bool wide_to_wide(const HyCastContext *ctx, const void *vin, size_t n, void *vout)
{
    const HyInt128 *restrict in = vin;
    HyInt128 *restrict out = vout;
    bool bad = false;
    for (size_t i = 0; i < n; i++) {
        HyInt128 v = 0;
        bad |= !hy_numeric_rescale(in[i], ctx->from.scale, ctx->to.scale, &v) ||
               !hy_numeric_fits(v, ctx->to.precision);
        out[i] = v;
    }
    return !bad;
}

static bool wide_to_short(const HyCastContext *ctx, const void *vin, size_t n, void *vout)
{
    const HyInt128 *restrict in = vin;
    int64_t *restrict out = vout;
    bool bad = false;
    for (size_t i = 0; i < n; i++) {
        HyInt128 v = 0;
        bad |= !hy_numeric_rescale(in[i], ctx->from.scale, ctx->to.scale, &v) ||
               !hy_numeric_fits(v, ctx->to.precision);
        out[i] = (int64_t)v;
    }
    return !bad;
}

static bool short_to_float8(const HyCastContext *ctx, const void *vin, size_t n, void *vout)
{
    const int64_t *restrict in = vin;
    double *restrict out = vout;
    const int64_t exact = INT64_C(1) << 53;
    const double divisor = (double)hy_numeric_pow10_i64[ctx->from.scale];
    bool inexact = false;
    for (size_t i = 0; i < n; i++) {
        inexact |= (in[i] > exact) | (in[i] < -exact);
        out[i] = (double)in[i] / divisor;
    }
    for (size_t i = 0; inexact && i < n; i++)
        out[i] = hy_numeric_to_double(in[i], ctx->from.scale);
    return true;
}

static bool wide_to_float8(const HyCastContext *ctx, const void *vin, size_t n, void *vout)
{
    const HyInt128 *restrict in = vin;
    double *restrict out = vout;
    for (size_t i = 0; i < n; i++)
        out[i] = hy_numeric_to_double(in[i], ctx->from.scale);
    return true;
}

/* In double arithmetic where that decides the rounding for sure, which leaves the slow extended
 * precision of hy_numeric_from_double to products beside a half. */
static bool float8_to_short(const HyCastContext *ctx, const void *vin, size_t n, void *vout)
{
    const double *restrict in = vin;
    int64_t *restrict out = vout;
    const double factor = (double)hy_numeric_pow10_i64[ctx->to.scale];
    const double limit = (double)hy_numeric_pow10_i64[ctx->to.precision] - 1;
    bool bad = false;
    for (size_t i = 0; i < n; i++) {
        double product = fabs(in[i] * factor), whole = floor(product), rest = product - whole;
        if (product < 0x1p52 && product < limit && fabs(rest - 0.5) > product * 0x1p-51) {
            int64_t v = (int64_t)whole + (rest > 0.5);
            out[i] = in[i] < 0 ? -v : v;
        } else {
            HyInt128 v = 0;
            bad |= !hy_numeric_from_double(in[i], ctx->to.precision, ctx->to.scale, &v);
            out[i] = (int64_t)v;
        }
    }
    return !bad;
}

#define DEFINE_SHORT_TO_INT(name, T, MIN, MAX)                                                     \
    static bool name(const HyCastContext *ctx, const void *vin, size_t n, void *vout)              \
    {                                                                                              \
        const int64_t *restrict in = vin;                                                          \
        T *restrict out = vout;                                                                    \
        const int64_t divisor = hy_numeric_pow10_i64[ctx->from.scale];                             \
        bool bad = false;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            int64_t q = in[i] / divisor, r = in[i] % divisor;                                      \
            if (divisor > 1)                                                                       \
                q += (r >= divisor - r) - (-r >= divisor + r);                                     \
            bad |= (q < (MIN)) | (q > (MAX));                                                      \
            out[i] = (T)q;                                                                         \
        }                                                                                          \
        return !bad;                                                                               \
    }
DEFINE_SHORT_TO_INT(short_to_int2, int16_t, INT16_MIN, INT16_MAX)
DEFINE_SHORT_TO_INT(short_to_int4, int32_t, INT32_MIN, INT32_MAX)
DEFINE_SHORT_TO_INT(short_to_int8, int64_t, INT64_MIN, INT64_MAX)

static HyCastKernel pick_integer(HyTypeId from, HyType to, bool to_wide)
{
    int row = from == HY_TYPE_INT2 ? 0 : from == HY_TYPE_INT4 ? 1 : 2;
    static const HyCastKernel table[3][8] = {
        {NULL, int2_to_int4, int2_to_int8, int2_to_float4, int2_to_float8, int2_to_bool,
            int2_to_short, int2_to_wide},
        {int4_to_int2, NULL, int4_to_int8, int4_to_float4, int4_to_float8, int4_to_bool,
            int4_to_short, int4_to_wide},
        {int8_to_int2, int8_to_int4, NULL, int8_to_float4, int8_to_float8, int8_to_bool,
            int8_to_short, int8_to_wide},
    };
    switch (to.id) {
    case HY_TYPE_INT2:
        return table[row][0];
    case HY_TYPE_INT4:
        return table[row][1];
    case HY_TYPE_INT8:
        return table[row][2];
    case HY_TYPE_FLOAT4:
        return table[row][3];
    case HY_TYPE_FLOAT8:
        return table[row][4];
    case HY_TYPE_BOOL:
        return table[row][5];
    case HY_TYPE_NUMERIC:
        return table[row][to_wide ? 7 : 6];
    default:
        return NULL;
    }
}

static HyCastKernel pick_numeric(bool from_wide, HyType to, bool to_wide)
{
    switch (to.id) {
    case HY_TYPE_NUMERIC:
        if (from_wide)
            return to_wide ? wide_to_wide : wide_to_short;
        return to_wide ? short_to_wide : short_to_short;
    case HY_TYPE_FLOAT8:
        return from_wide ? wide_to_float8 : short_to_float8;
    case HY_TYPE_INT2:
        return from_wide ? NULL : short_to_int2;
    case HY_TYPE_INT4:
        return from_wide ? NULL : short_to_int4;
    case HY_TYPE_INT8:
        return from_wide ? NULL : short_to_int8;
    default:
        return NULL;
    }
}

static HyCastKernel pick_float(bool from_double, HyType to, bool to_wide)
{
    switch (to.id) {
    case HY_TYPE_NUMERIC:
        return from_double && !to_wide ? float8_to_short : NULL;
    case HY_TYPE_INT2:
        return from_double ? float8_to_int2 : float4_to_int2;
    case HY_TYPE_INT4:
        return from_double ? float8_to_int4 : float4_to_int4;
    case HY_TYPE_INT8:
        return from_double ? float8_to_int8 : float4_to_int8;
    case HY_TYPE_FLOAT4:
        return from_double ? float8_to_float4 : NULL;
    case HY_TYPE_FLOAT8:
        return from_double ? NULL : float4_to_float8;
    default:
        return NULL;
    }
}

HyCastKernel HY_KERNEL(hy_cast_kernel)(HyType from, HyType to)
{
    bool from_wide = from.precision > HY_NUMERIC_MAX_SHORT_PRECISION;
    bool to_wide = to.precision > HY_NUMERIC_MAX_SHORT_PRECISION;
    switch (from.id) {
    case HY_TYPE_BOOL:
        return to.id == HY_TYPE_INT4 ? bool_to_int4 : NULL;
    case HY_TYPE_INT2:
    case HY_TYPE_INT4:
    case HY_TYPE_INT8:
        return pick_integer(from.id, to, to_wide);
    case HY_TYPE_FLOAT4:
    case HY_TYPE_FLOAT8:
        return pick_float(from.id == HY_TYPE_FLOAT8, to, to_wide);
    case HY_TYPE_NUMERIC:
        return pick_numeric(from_wide, to, to_wide);
    case HY_TYPE_DATE:
        return to.id == HY_TYPE_TIMESTAMP ? date_to_timestamp : NULL;
    case HY_TYPE_TIMESTAMP:
        return to.id == HY_TYPE_DATE   ? timestamp_to_date
               : to.id == HY_TYPE_TIME ? timestamp_to_time
                                       : NULL;
    default:
        return NULL;
    }
}
