/* Doubles to and from text in exact integer arithmetic where the decimal exponent allows it, which
 * covers what tables hold; the C library does the rest.
 *
 * A double is m * 2^q with m < 2^53. For P significant digits of a number near 10^e we need m * 2^q
 * * 10^k with k = P - 1 - e, rounded. For 0 <= k <= 27, 5^k has at most 63 bits, so m * 5^k is
 * exact in 128 bits and what remains is a shift; for k < 0 a division by 10^-k. Reading is the
 * reverse (Clinger 1990 for the plain cases). */
#include "types/float_text.h"
#include "base/bytes.h"
#include "types/numeric.h"
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_DIGITS 18
#define MAX_POW5   27

static const uint64_t pow5[MAX_POW5 + 1] = {UINT64_C(1), UINT64_C(5), UINT64_C(25), UINT64_C(125),
    UINT64_C(625), UINT64_C(3125), UINT64_C(15625), UINT64_C(78125), UINT64_C(390625),
    UINT64_C(1953125), UINT64_C(9765625), UINT64_C(48828125), UINT64_C(244140625),
    UINT64_C(1220703125), UINT64_C(6103515625), UINT64_C(30517578125), UINT64_C(152587890625),
    UINT64_C(762939453125), UINT64_C(3814697265625), UINT64_C(19073486328125),
    UINT64_C(95367431640625), UINT64_C(476837158203125), UINT64_C(2384185791015625),
    UINT64_C(11920928955078125), UINT64_C(59604644775390625), UINT64_C(298023223876953125),
    UINT64_C(1490116119384765625), UINT64_C(7450580596923828125)};

/* Significant digits as an integer with the exponent of the first one: 123.45 is 12345, exponent 2.
 */
typedef struct Decimal {
    uint64_t digits;
    int n_digits;
    int exponent;
} Decimal;

/* m * 2^q * 10^k rounded half to even; false where 128 bits do not hold it. */
static bool scale_exactly(uint64_t m, int q, int k, uint64_t *out)
{
    HyUint128 whole, rest, half; /* rest against half decides */
    if (k >= 0) {
        if (k > MAX_POW5)
            return false;
        HyUint128 product = (HyUint128)m * pow5[k];
        int shift = q + k;
        if (shift >= 0) {
            if (shift > 10) /* 10^18 < 2^60: no more can be of use */
                return false;
            *out = (uint64_t)(product << shift);
            return product << shift < (HyUint128)1 << 63;
        }
        if (shift < -126)
            return false;
        whole = product >> -shift;
        half = (HyUint128)1 << (-shift - 1);
        rest = product - (whole << -shift);
    } else {
        if (k < -HY_NUMERIC_MAX_SHORT_PRECISION || q > 74 || q < 0)
            return false;
        HyUint128 divisor = (HyUint128)hy_numeric_pow10_i64[-k];
        HyUint128 value = (HyUint128)m << q;
        whole = value / divisor;
        rest = value % divisor;
        half = divisor / 2; /* powers of ten are even */
    }
    if (whole >> 63)
        return false;
    *out = (uint64_t)whole + (rest > half || (rest == half && (whole & 1)));
    return true;
}

static bool to_decimal_exactly(double v, int n_digits, Decimal *out)
{
    uint64_t bits;
    memcpy(&bits, &v, 8);
    uint64_t m = bits & ((UINT64_C(1) << 52) - 1);
    int biased = (int)(bits >> 52 & 0x7ff);
    if (biased == 0)
        return false; /* subnormal */
    m |= UINT64_C(1) << 52;
    int q = biased - 1075;
    /* floor(log10(2^(q+52))): right or one too small. 1233 / 4096 is log10(2) a bit rounded. */
    int scaled = (q + 52) * 1233;
    int e = scaled >= 0 ? scaled / 4096 : -((-scaled + 4095) / 4096);
    const uint64_t limit = (uint64_t)hy_numeric_pow10_i64[n_digits];
    for (int attempt = 0; attempt < 3; attempt++) {
        uint64_t digits;
        if (!scale_exactly(m, q, n_digits - 1 - e, &digits))
            return false;
        if (digits >= limit) { /* also 9.99.. rounded up, which is then exactly the limit */
            e++;
            continue;
        }
        if (digits < limit / 10) {
            e--;
            continue;
        }
        *out = (Decimal){.digits = digits, .n_digits = n_digits, .exponent = e};
        return true;
    }
    return false;
}

/* What the C library finds, without its decimal point, which depends on the locale. */
static void to_decimal_by_library(double v, int n_digits, Decimal *out)
{
    char text[64];
    snprintf(text, sizeof text, "%.*e", n_digits - 1, v);
    *out = (Decimal){.n_digits = n_digits};
    const char *p = text;
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9')
            out->digits = out->digits * 10 + (uint64_t)(*p - '0');
    out->exponent = (int)strtol(*p ? p + 1 : "0", NULL, 10);
}

/* The notation of %g. */
static size_t write_decimal(Decimal d, bool negative, int precision, char *out)
{
    char digits[HY_INT_TEXT_MAX];
    while (d.n_digits > 1 && d.digits % 10 == 0) {
        d.digits /= 10;
        d.n_digits--;
    }
    size_t n = hy_uint64_format(d.digits, digits);
    char *p = out;
    if (negative)
        *p++ = '-';
    if (d.exponent < -4 || d.exponent >= precision) {
        *p++ = digits[0];
        if (n > 1) {
            *p++ = '.';
            memcpy(p, digits + 1, n - 1);
            p += n - 1;
        }
        int e = d.exponent < 0 ? -d.exponent : d.exponent;
        *p++ = 'e';
        *p++ = d.exponent < 0 ? '-' : '+';
        if (e >= 100)
            *p++ = (char)('0' + e / 100);
        *p++ = (char)('0' + e / 10 % 10);
        *p++ = (char)('0' + e % 10);
    } else if (d.exponent < 0) {
        memcpy(p, "0.0000", 6);
        p += 1 - d.exponent;
        memcpy(p, digits, n);
        p += n;
    } else {
        size_t whole = (size_t)d.exponent + 1;
        size_t known = n < whole ? n : whole;
        memcpy(p, digits, known);
        memset(p + known, '0', whole - known);
        p += whole;
        if (n > whole) {
            *p++ = '.';
            memcpy(p, digits + whole, n - whole);
            p += n - whole;
        }
    }
    return (size_t)(p - out);
}

static size_t copy_word(const char *word, char *out)
{
    size_t len = strlen(word);
    memcpy(out, word, len);
    return len;
}

static size_t format_digits(double v, int precision, char *out)
{
    if (v != v)
        return copy_word("NaN", out);
    if (isinf(v))
        return copy_word(v > 0 ? "Infinity" : "-Infinity", out);
    bool negative = signbit(v);
    if (v == 0)
        return copy_word(negative ? "-0" : "0", out);
    if (precision < 1)
        precision = 1;
    if (precision > MAX_DIGITS)
        precision = MAX_DIGITS;
    double magnitude = negative ? -v : v;
    if (magnitude < 1e15 && precision >= 15 && magnitude == (double)(uint64_t)magnitude) {
        char *p = out;
        if (negative)
            *p++ = '-';
        return (size_t)(p - out) + hy_uint64_format((uint64_t)magnitude, p);
    }
    Decimal d;
    if (!to_decimal_exactly(magnitude, precision, &d))
        to_decimal_by_library(magnitude, precision, &d);
    return write_decimal(d, negative, precision, out);
}

size_t hy_double_format(double v, int extra_float_digits, char out[HY_FLOAT_TEXT_MAX])
{
    return format_digits(v, 15 + extra_float_digits, out);
}

size_t hy_float_format(float v, int extra_float_digits, char out[HY_FLOAT_TEXT_MAX])
{
    return format_digits((double)v, 6 + extra_float_digits, out);
}

size_t hy_float_format_shortest(float v, char out[HY_FLOAT_TEXT_MAX])
{
    size_t len = 0;
    for (int precision = 6; precision <= 9; precision++) {
        float back;
        len = format_digits((double)v, precision, out);
        if (hy_float_parse(out, len, &back) && (back == v || v != v))
            break;
    }
    return len;
}

size_t hy_double_format_shortest(double v, char out[HY_FLOAT_TEXT_MAX])
{
    size_t len = 0;
    for (int precision = 15; precision <= 17; precision++) {
        double back;
        len = format_digits(v, precision, out);
        if (hy_double_parse(out, len, &back) && (back == v || v != v))
            break;
    }
    return len;
}

static locale_t c_locale;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* Texts that are known to be numbers. */
static bool parse_by_library(const char *text, size_t len, bool as_float, double *out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_c_locale);
    char local[128];
    char *copy = len < sizeof local ? local : malloc(len + 1);
    if (!copy || !c_locale)
        return false;
    memcpy(copy, text, len);
    copy[len] = 0;
    *out = as_float ? (double)strtof_l(copy, NULL, c_locale) : strtod_l(copy, NULL, c_locale);
    if (copy != local)
        free(copy);
    return true;
}

/* top * 2^shift, with `sticky` telling that bits below are not all zero, rounded half to even. top
 * has its highest bit set. The exponents that reach here are far from the limits of doubles. */
static double round_to_double(uint64_t top, bool sticky, int shift)
{
    uint64_t m = top >> 11, rest = top & 0x7ff;
    if (rest > 0x400 || (rest == 0x400 && (sticky || (m & 1))))
        m++;
    if (m >> 53) {
        m >>= 1;
        shift++;
    }
    uint64_t bits = (m & ~(UINT64_C(1) << 52)) | (uint64_t)(shift + 11 + 1075) << 52;
    double d;
    memcpy(&d, &bits, 8);
    return d;
}

/* w * 10^k for w != 0 and |k| <= 27. */
static double compose_exactly(uint64_t w, int k)
{
    int zeros = __builtin_clzll(w);
    if (k >= 0) {
        HyUint128 product = (HyUint128)w * pow5[k];
        uint64_t high = (uint64_t)(product >> 64);
        if (high == 0) {
            uint64_t low = (uint64_t)product;
            int shift = __builtin_clzll(low);
            return round_to_double(low << shift, false, k - shift);
        }
        int shift = __builtin_clzll(high);
        product <<= shift;
        return round_to_double((uint64_t)(product >> 64), (uint64_t)product != 0, k + 64 - shift);
    }
    /* (w * 2^(64 + zeros)) / 5^-k has at least 64 significant bits. */
    HyUint128 dividend = (HyUint128)(w << zeros) << 64;
    HyUint128 q = dividend / pow5[-k];
    bool sticky = dividend % pow5[-k] != 0;
    uint64_t high = (uint64_t)(q >> 64);
    int shift = high ? 64 - __builtin_clzll(high) : 0; /* bits to drop; q has at least 64 */
    if (shift)
        sticky |= (q & (((HyUint128)1 << shift) - 1)) != 0;
    uint64_t top = (uint64_t)(q >> shift);
    return round_to_double(top, sticky, k - 64 - zeros + shift);
}

static const double exact_pow10[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The digits of a number text: w * 10^exponent, all of it if `is_whole`. */
typedef struct Number {
    uint64_t w;
    int exponent;
    bool negative;
    bool is_whole; /* no digit was left out */
} Number;

static const char *scan_exponent(const char *p, const char *end, int *exponent)
{
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return NULL;
    int e = 0;
    for (; p < end && *p >= '0' && *p <= '9'; p++)
        if (e < 100000)
            e = e * 10 + (*p - '0');
    *exponent += negative ? -e : e;
    return p;
}

/* Returns false if the whole text is no number. */
static bool scan_number(const char *p, const char *end, Number *out)
{
    Number n = {.is_whole = true};
    if (p < end && (*p == '-' || *p == '+'))
        n.negative = *p++ == '-';
    const char *first = p;
    int n_digits = 0; /* significant ones in w */
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        if (n_digits < 19) {
            n.w = n.w * 10 + (uint64_t)(*p - '0');
            n_digits += n.w != 0;
        } else {
            n.exponent++;
            n.is_whole &= *p == '0';
        }
    }
    ptrdiff_t seen = p - first;
    if (p < end && *p == '.') {
        for (p++; p < end && *p >= '0' && *p <= '9'; p++, seen++) {
            if (n_digits < 19) {
                n.w = n.w * 10 + (uint64_t)(*p - '0');
                n_digits += n.w != 0;
                n.exponent--;
            } else {
                n.is_whole &= *p == '0';
            }
        }
    }
    if (seen == 0)
        return false;
    if (p < end && (*p == 'e' || *p == 'E'))
        p = scan_exponent(p + 1, end, &n.exponent);
    *out = n;
    return p == end;
}

static bool is_word(const char *p, const char *end, const char *word)
{
    for (; p < end && *word; p++, word++)
        if ((*p | 0x20) != *word)
            return false;
    return p == end && !*word;
}

static bool parse_word(const char *p, const char *end, double *out)
{
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (is_word(p, end, "nan")) {
        *out = (double)NAN;
        return true;
    }
    if (is_word(p, end, "inf") || is_word(p, end, "infinity")) {
        *out = negative ? (double)-INFINITY : (double)INFINITY;
        return true;
    }
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool parse_number(const char *text, size_t len, bool as_float, double *out)
{
    const char *p = text, *end = text + len;
    while (p < end && is_blank(*p))
        p++;
    while (p < end && is_blank(end[-1]))
        end--;
    Number n;
    if (!scan_number(p, end, &n))
        return parse_word(p, end, out);
    double d;
    if (n.w == 0 && n.is_whole)
        d = 0;
    else if (n.is_whole && n.w <= UINT64_C(1) << 53 && n.exponent >= -22 && n.exponent <= 22)
        d = n.exponent < 0 ? (double)n.w / exact_pow10[-n.exponent]
                           : (double)n.w * exact_pow10[n.exponent];
    else if (n.is_whole && n.exponent >= -MAX_POW5 && n.exponent <= MAX_POW5)
        d = compose_exactly(n.w, n.exponent);
    else
        return parse_by_library(p, (size_t)(end - p), as_float, out);
    if (as_float) { /* rounding twice goes wrong only halfway between two floats */
        uint64_t bits;
        memcpy(&bits, &d, 8);
        if ((bits & 0x1fffffff) == 0x10000000 || (d != 0 && d < 1.2e-38))
            return parse_by_library(p, (size_t)(end - p), true, out);
    }
    *out = n.negative ? -d : d;
    return true;
}

bool hy_double_parse(const char *text, size_t len, double *out)
{
    return parse_number(text, len, false, out);
}

bool hy_float_parse(const char *text, size_t len, float *out)
{
    double d;
    if (!parse_number(text, len, true, &d))
        return false;
    *out = (float)d;
    return true;
}
