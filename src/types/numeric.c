#include "types/numeric.h"
#include <assert.h>

#define P18          INT64_C(1000000000000000000)
#define WIDE(hi, lo) ((HyInt128)(hi)*P18 + (HyInt128)(lo))

const HyInt128 hy_numeric_pow10[HY_NUMERIC_MAX_PRECISION + 1] = {WIDE(0, 1), WIDE(0, 10),
    WIDE(0, 100), WIDE(0, 1000), WIDE(0, 10000), WIDE(0, 100000), WIDE(0, 1000000),
    WIDE(0, 10000000), WIDE(0, 100000000), WIDE(0, 1000000000), WIDE(0, 10000000000),
    WIDE(0, 100000000000), WIDE(0, 1000000000000), WIDE(0, 10000000000000),
    WIDE(0, 100000000000000), WIDE(0, 1000000000000000), WIDE(0, 10000000000000000),
    WIDE(0, 100000000000000000), WIDE(1, 0), WIDE(10, 0), WIDE(100, 0), WIDE(1000, 0),
    WIDE(10000, 0), WIDE(100000, 0), WIDE(1000000, 0), WIDE(10000000, 0), WIDE(100000000, 0),
    WIDE(1000000000, 0), WIDE(10000000000, 0), WIDE(100000000000, 0), WIDE(1000000000000, 0),
    WIDE(10000000000000, 0), WIDE(100000000000000, 0), WIDE(1000000000000000, 0),
    WIDE(10000000000000000, 0), WIDE(100000000000000000, 0), WIDE(P18, 0), (HyInt128)P18 *P18 * 10,
    (HyInt128)P18 *P18 * 100};

const int64_t hy_numeric_pow10_i64[HY_NUMERIC_MAX_SHORT_PRECISION + 1] = {1, 10, 100, 1000, 10000,
    100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
    10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, P18};

HyStatus hy_numeric_overflow(void)
{
    return hy_error("22003", "numeric overflow");
}

HyType hy_numeric_type_of(HyType type)
{
    int precision = 0;
    switch (type.id) {
    case HY_TYPE_INT2:
        precision = 5;
        break;
    case HY_TYPE_INT8:
        precision = 19;
        break;
    case HY_TYPE_NUMERIC:
        return type;
    default: /* int4, oid */
        precision = 10;
        break;
    }
    return hy_type_nullable(hy_type_numeric(precision, 0), type.nullable);
}

HyType hy_numeric_type_of_constant(int64_t value)
{
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int digits = 1;
    while (rest >= 10) {
        rest /= 10;
        digits++;
    }
    return hy_type_nullable(hy_type_numeric(digits, 0), false);
}

static int max_int(int a, int b)
{
    return a > b ? a : b;
}
static int min_int(int a, int b)
{
    return a < b ? a : b;
}

HyType hy_numeric_result_type(HyNumericOp op, HyType a, HyType b)
{
    bool nullable = a.nullable || b.nullable;
    a = hy_numeric_type_of(a);
    b = hy_numeric_type_of(b);
    int p1 = a.precision, s1 = a.scale, p2 = b.precision, s2 = b.scale;
    int p = 0, s = 0;
    switch (op) {
    case HY_NUMERIC_ADD:
    case HY_NUMERIC_SUB:
        s = max_int(s1, s2);
        p = max_int(p1 - s1, p2 - s2) + 1 + s;
        break;
    case HY_NUMERIC_MUL:
        s = s1 + s2;
        p = p1 + p2;
        break;
    case HY_NUMERIC_DIV:
        s = max_int(6, s1 + p2 + 1);
        p = p1 - s1 + s2 + s;
        break;
    case HY_NUMERIC_MOD:
        s = max_int(s1, s2);
        p = min_int(p1 - s1, p2 - s2) + s;
        break;
    }
    if (p > HY_NUMERIC_MAX_PRECISION) {
        if (op == HY_NUMERIC_MUL || op == HY_NUMERIC_DIV)
            s = max_int(s - (p - HY_NUMERIC_MAX_PRECISION), min_int(s, 6));
        p = HY_NUMERIC_MAX_PRECISION;
    }
    return hy_type_nullable(hy_type_numeric(max_int(p, 1), s), nullable);
}

static HyUint128 magnitude(HyInt128 v)
{
    return v < 0 ? 0 - (HyUint128)v : (HyUint128)v;
}

/* Puts the sign back; false when the magnitude does not fit. */
static bool with_sign(HyUint128 magnitude_, bool negative, HyInt128 *out)
{
    HyUint128 limit = (HyUint128)1 << 127;
    if (magnitude_ >= limit)
        return false;
    *out = negative ? -(HyInt128)magnitude_ : (HyInt128)magnitude_;
    return true;
}

HyInt128 hy_numeric_round_digits(HyInt128 v, int digits)
{
    assert(digits >= 0 && digits <= HY_NUMERIC_MAX_PRECISION);
    if (digits == 0)
        return v;
    if (digits <= HY_NUMERIC_MAX_SHORT_PRECISION && v == (int64_t)v) { /* the usual, cheap case */
        int64_t divisor = hy_numeric_pow10_i64[digits];
        int64_t q = (int64_t)v / divisor, r = (int64_t)v % divisor;
        return q + (r >= divisor - r) - (-r >= divisor + r);
    }
    HyInt128 divisor = hy_numeric_pow10[digits];
    HyInt128 q = v / divisor, r = v % divisor;
    return q + (r >= divisor - r) - (-r >= divisor + r);
}

bool hy_numeric_rescale(HyInt128 v, int from_scale, int to_scale, HyInt128 *out)
{
    if (to_scale <= from_scale) {
        *out = hy_numeric_round_digits(v, from_scale - to_scale);
        return true;
    }
    return !__builtin_mul_overflow(v, hy_numeric_pow10[to_scale - from_scale], out);
}

/* 256-bit numbers, only for products and quotients that 128 bits cannot hold. */
typedef struct Wide {
    HyUint128 high, low;
} Wide;

static Wide multiply(HyUint128 a, HyUint128 b)
{
    uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64);
    uint64_t b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
    HyUint128 low = (HyUint128)a0 * b0;
    HyUint128 mid = (HyUint128)a1 * b0 + (low >> 64); /* cannot overflow: (2^64-1)^2 + 2^64-1 */
    HyUint128 mid2 = (HyUint128)a0 * b1 + (uint64_t)mid;
    return (Wide){
        .high = (HyUint128)a1 * b1 + (mid >> 64) + (mid2 >> 64), .low = mid2 << 64 | (uint64_t)low};
}

/* One digit of Knuth's algorithm D in base 2^64: (high, next) / divisor, where high < divisor and
 * the top bit of the divisor is set. *rest becomes the remainder. */
static uint64_t divide_step(HyUint128 high, uint64_t next, HyUint128 divisor, HyUint128 *rest)
{
    uint64_t d1 = (uint64_t)(divisor >> 64), d0 = (uint64_t)divisor;
    HyUint128 guess, r;
    if ((uint64_t)(high >> 64) >= d1) { /* equal: the quotient digit saturates */
        guess = UINT64_MAX;
        r = high - (HyUint128)d1 * UINT64_MAX;
    } else {
        guess = high / d1;
        r = high % d1;
    }
    /* `r` is the remainder against d1 alone; the guess is at most 2 too large. */
    while (r >> 64 == 0 && guess * d0 > (r << 64 | next)) {
        guess--;
        r += d1;
    }
    *rest = (high << 64 | next) - guess * divisor; /* exact modulo 2^128 */
    return (uint64_t)guess;
}

/* value / divisor truncated; false when the quotient exceeds 128 bits. */
static bool divide(Wide value, HyUint128 divisor, HyUint128 *quotient, HyUint128 *rest)
{
    if (value.high >= divisor)
        return false;
    if (value.high == 0) {
        *quotient = value.low / divisor;
        *rest = value.low % divisor;
        return true;
    }
    uint64_t top = (uint64_t)(divisor >> 64);
    int shift = top ? __builtin_clzll(top) : 64 + __builtin_clzll((uint64_t)divisor);
    HyUint128 high = value.high, low = value.low;
    if (shift) {
        high = high << shift | low >> (128 - shift);
        low <<= shift;
        divisor <<= shift;
    }
    HyUint128 r;
    uint64_t q1 = divide_step(high, (uint64_t)(low >> 64), divisor, &r);
    uint64_t q0 = divide_step(r, (uint64_t)low, divisor, &r);
    *quotient = (HyUint128)q1 << 64 | q0;
    *rest = r >> shift;
    return true;
}

/* |a| * |b| / divisor rounded half away from zero. */
static bool multiply_divide(HyUint128 a, HyUint128 b, HyUint128 divisor, HyUint128 *out)
{
    HyUint128 rest;
    if (!divide(multiply(a, b), divisor, out, &rest))
        return false;
    /* A quotient of 2^128 wraps to zero. */
    return rest < divisor - rest || ++*out != 0;
}

static bool compute_sum(HyNumericOp op, HyInt128 a, int sa, HyInt128 b, int sb, HyInt128 *sum)
{
    int scale = max_int(sa, sb);
    if (!hy_numeric_rescale(a, sa, scale, &a) || !hy_numeric_rescale(b, sb, scale, &b))
        return false;
    return op == HY_NUMERIC_ADD ? !__builtin_add_overflow(a, b, sum)
                                : !__builtin_sub_overflow(a, b, sum);
}

/* Digits that do not fit the scale are cut, not rounded. */
static bool compute_product(HyInt128 a, HyInt128 b, int cut, HyInt128 *out)
{
    HyInt128 product;
    if (!__builtin_mul_overflow(a, b, &product) && cut <= HY_NUMERIC_MAX_PRECISION) {
        if (cut >= 0) {
            *out = product / hy_numeric_pow10[cut];
            return true;
        }
        return !__builtin_mul_overflow(product, hy_numeric_pow10[-cut], out);
    }
    if (cut <= 0 || cut > HY_NUMERIC_MAX_PRECISION)
        return false;
    HyUint128 q, rest;
    Wide wide = multiply(magnitude(a), magnitude(b));
    if (!divide(wide, (HyUint128)hy_numeric_pow10[cut], &q, &rest))
        return false;
    return with_sign(q, (a < 0) != (b < 0), out);
}

/* a * 10^shift / b; shift may be negative, and beyond 38 for operands of extreme scales. */
static bool compute_quotient(HyInt128 a, HyInt128 b, int shift, HyInt128 *out)
{
    bool negative = (a < 0) != (b < 0);
    HyUint128 x = magnitude(a), y = magnitude(b), q;
    if (x == 0) {
        *out = 0;
        return true;
    }
    if (shift < 0) {
        if (__builtin_mul_overflow(y, (HyUint128)hy_numeric_pow10[-shift], &y)) {
            *out = 0; /* |a| < 10^38 against more than 2^128 */
            return true;
        }
        shift = 0;
    }
    if (shift > HY_NUMERIC_MAX_PRECISION) {
        if (__builtin_mul_overflow(
                x, (HyUint128)hy_numeric_pow10[shift - HY_NUMERIC_MAX_PRECISION], &x))
            return false;
        shift = HY_NUMERIC_MAX_PRECISION;
    }
    uint64_t short_x = (uint64_t)x, short_y = (uint64_t)y, product;
    if (shift <= HY_NUMERIC_MAX_SHORT_PRECISION && x >> 64 == 0 && y >> 64 == 0 &&
        !__builtin_mul_overflow(short_x, (uint64_t)hy_numeric_pow10_i64[shift], &product)) {
        /* most quotients; the others take ten times as long */
        uint64_t rest = product % short_y;
        q = (HyUint128)(product / short_y) + (rest >= short_y - rest);
    } else if (!multiply_divide(x, (HyUint128)hy_numeric_pow10[shift], y, &q)) {
        return false;
    }
    return with_sign(q, negative, out);
}

static bool compute_remainder(HyInt128 a, int sa, HyInt128 b, int sb, HyInt128 *out)
{
    bool negative = a < 0;
    HyUint128 x = magnitude(a), y = magnitude(b), rest;
    if (sb < sa) { /* bring b to the scale of a */
        if (__builtin_mul_overflow(y, (HyUint128)hy_numeric_pow10[sa - sb], &y))
            y = ~(HyUint128)0; /* above every |a| */
        return with_sign(x % y, negative, out);
    }
    Wide wide = multiply(x, (HyUint128)hy_numeric_pow10[sb - sa]);
    HyUint128 q;
    wide.high %= y; /* leaves the remainder as it is and makes the quotient fit */
    if (!divide(wide, y, &q, &rest))
        return false;
    return with_sign(rest, negative, out);
}

bool hy_numeric_compute(
    HyNumericOp op, HyInt128 a, int sa, HyInt128 b, int sb, int precision, int scale, HyInt128 *out)
{
    HyInt128 result = 0;
    bool ok = false;
    switch (op) {
    case HY_NUMERIC_ADD:
    case HY_NUMERIC_SUB:
        ok = compute_sum(op, a, sa, b, sb, &result) &&
             hy_numeric_rescale(result, max_int(sa, sb), scale, &result);
        break;
    case HY_NUMERIC_MUL:
        ok = compute_product(a, b, sa + sb - scale, &result);
        break;
    case HY_NUMERIC_DIV:
        assert(b != 0);
        ok = compute_quotient(a, b, scale + sb - sa, &result);
        break;
    case HY_NUMERIC_MOD:
        assert(b != 0);
        ok = compute_remainder(a, sa, b, sb, &result) &&
             hy_numeric_rescale(result, max_int(sa, sb), scale, &result);
        break;
    }
    if (!ok || !hy_numeric_fits(result, precision))
        return false;
    *out = result;
    return true;
}

int hy_numeric_compare(HyInt128 a, int sa, HyInt128 b, int sb)
{
    HyInt128 x = a, y = b;
    int scale = max_int(sa, sb);
    /* Whoever overflows by widening is the larger in magnitude: the other has the larger scale and
     * stays. */
    if (!hy_numeric_rescale(a, sa, scale, &x))
        return a < 0 ? -1 : 1;
    if (!hy_numeric_rescale(b, sb, scale, &y))
        return b < 0 ? 1 : -1;
    return (x > y) - (x < y);
}

/* Exact up to 10^27 with a 64-bit mantissa. The genuine server computes conversions in the x87's
 * extended precision; doing the same gives the same last digits (tests/sql/types/number_text.slt).
 */
static const long double pow10_ld[HY_NUMERIC_MAX_PRECISION + 1] = {1e0L, 1e1L, 1e2L, 1e3L, 1e4L,
    1e5L, 1e6L, 1e7L, 1e8L, 1e9L, 1e10L, 1e11L, 1e12L, 1e13L, 1e14L, 1e15L, 1e16L, 1e17L, 1e18L,
    1e19L, 1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L, 1e28L, 1e29L, 1e30L, 1e31L,
    1e32L, 1e33L, 1e34L, 1e35L, 1e36L, 1e37L, 1e38L};

double hy_numeric_to_double(HyInt128 v, int scale)
{
    const int64_t exact = INT64_C(1) << 53;
    if (v >= -exact && v <= exact && scale <= HY_NUMERIC_MAX_SHORT_PRECISION)
        return (double)(int64_t)v / (double)hy_numeric_pow10_i64[scale];
    return (double)((long double)v / pow10_ld[scale]);
}

bool hy_numeric_from_double(double d, int precision, int scale, HyInt128 *out)
{
    long double scaled = (long double)d * pow10_ld[scale];
    if (!(scaled > -1e38L && scaled < 1e38L)) /* NaN too */
        return false;
    HyInt128 v;
    if (scaled > -9e18L && scaled < 9e18L) {
        int64_t whole = (int64_t)scaled;
        long double rest = scaled - (long double)whole;
        v = whole + (rest >= 0.5L) - (rest <= -0.5L);
    } else {
        v = (HyInt128)scaled; /* no fraction left */
    }
    if (!hy_numeric_fits(v, precision))
        return false;
    *out = v;
    return true;
}

bool hy_numeric_to_int64(HyInt128 v, int scale, int64_t *out)
{
    HyInt128 rounded = hy_numeric_round_digits(v, scale);
    if (rounded != (int64_t)rounded)
        return false;
    *out = (int64_t)rounded;
    return true;
}
