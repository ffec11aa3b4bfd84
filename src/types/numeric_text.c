/* Text of integers and numerics. */
#include "types/error_text.h"
#include "types/numeric.h"

static const char digit_pairs[201] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

/* Writes the digits of v so that they end before `end`; returns where they begin. */
static char *write_digits(uint64_t v, char *end)
{
    while (v >= 100) {
        end -= 2;
        memcpy(end, digit_pairs + 2 * (v % 100), 2);
        v /= 100;
    }
    if (v >= 10) {
        end -= 2;
        memcpy(end, digit_pairs + 2 * v, 2);
    } else {
        *--end = (char)('0' + v);
    }
    return end;
}

size_t hy_uint64_format(uint64_t v, char out[HY_INT_TEXT_MAX])
{
    char buf[HY_INT_TEXT_MAX];
    char *begin = write_digits(v, buf + sizeof buf);
    size_t len = (size_t)(buf + sizeof buf - begin);
    memcpy(out, begin, len);
    return len;
}

size_t hy_int64_format(int64_t v, char out[HY_INT_TEXT_MAX])
{
    if (v >= 0)
        return hy_uint64_format((uint64_t)v, out);
    out[0] = '-';
    char buf[HY_INT_TEXT_MAX];
    char *begin = write_digits(0 - (uint64_t)v, buf + sizeof buf);
    size_t len = (size_t)(buf + sizeof buf - begin);
    memcpy(out + 1, begin, len);
    return len + 1;
}

size_t hy_numeric_format(HyInt128 v, int scale, char out[HY_NUMERIC_TEXT_MAX])
{
    char buf[HY_NUMERIC_TEXT_MAX];
    char *end = buf + sizeof buf;
    const uint64_t chunk = UINT64_C(1000000000000000000);
    HyUint128 rest = v < 0 ? 0 - (HyUint128)v : (HyUint128)v;
    char *begin = end;
    while (rest >> 64) { /* 18 digits at a time */
        char *from = write_digits((uint64_t)(rest % chunk), begin);
        char *to = begin - 18;
        memset(to, '0', (size_t)(from - to));
        begin = to;
        rest /= chunk;
    }
    begin = write_digits((uint64_t)rest, begin);
    while (end - begin <= scale)
        *--begin = '0'; /* a digit before the point */
    size_t whole = (size_t)(end - begin - scale);
    char *p = out;
    if (v < 0)
        *p++ = '-';
    memcpy(p, begin, whole);
    p += whole;
    if (scale) {
        *p++ = '.';
        memcpy(p, begin + whole, (size_t)scale);
        p += scale;
    }
    return (size_t)(p - out);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The server takes 2., 2.00 and .0 for integers. True: there are zeros behind the point. */
static bool cut_zero_fraction(const char *p, const char **end)
{
    const char *zeros = *end;
    while (zeros > p && zeros[-1] == '0')
        zeros--;
    bool has_zeros = zeros < *end;
    if (zeros == p || zeros[-1] != '.' || *end - p == 1)
        return false;
    *end = zeros - 1;
    return has_zeros;
}

HyIntParse hy_int64_parse(const char *text, size_t len, int64_t *out)
{
    const char *p = text, *end = text + len;
    while (p < end && is_blank(*p))
        p++;
    while (p < end && is_blank(end[-1]))
        end--;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    bool has_zeros = cut_zero_fraction(p, &end);
    uint64_t v = 0;
    bool overflow = false;
    const char *first = p;
    if (end - p <= 18) { /* cannot overflow */
        for (; p < end && is_digit(*p); p++)
            v = v * 10 + (uint64_t)(*p - '0');
    } else {
        for (; p < end && is_digit(*p); p++)
            if (__builtin_mul_overflow(v, 10, &v) ||
                __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
                overflow = true;
    }
    if (overflow || v > (uint64_t)INT64_MAX + negative)
        return HY_INT_RANGE;
    *out = negative ? (int64_t)(0 - v) : (int64_t)v;
    return p < end || (p == first && !has_zeros) ? HY_INT_SYNTAX : HY_INT_OK;
}

/* A numeric text taken apart: `digits` without leading zeros, at most 40 of them kept. */
typedef struct Scanned {
    bool negative;
    HyUint128 value; /* of the significant digits that were read */
    int n_digits;    /* read into value, at most 38 */
    int n_fraction;  /* of them behind the point */
    bool overflow;   /* more than 38 significant digits before the point */
    int next_digit;  /* the first one that value has no room for; decides rounding */
    int exponent;
} Scanned;

static HyStatus syntax_error(const char *text, size_t len, size_t column)
{
    return hy_error_in_text("22P02", "invalid number format: invalid character in numeric string",
        text, len, column, 1);
}

static void add_digit(Scanned *s, int digit, bool fraction)
{
    if (s->n_digits == HY_NUMERIC_MAX_PRECISION) {
        if (!fraction)
            s->overflow = true;
        else if (s->next_digit < 0)
            s->next_digit = digit;
        return;
    }
    s->value = s->value * 10 + (unsigned)digit;
    s->n_digits += s->value != 0;
    s->n_fraction += fraction;
}

/* Exponents go as far as the digits of the widest type of the same physical form. */
static HyStatus scan_exponent(const char *text, size_t len, size_t at, int max_exponent, Scanned *s)
{
    size_t i = at;
    bool negative = i < len && text[i] == '-';
    if (i < len && (text[i] == '-' || text[i] == '+'))
        i++;
    size_t first = i;
    int exponent = 0;
    for (; i < len && is_digit(text[i]) && exponent < 1000; i++)
        exponent = exponent * 10 + (text[i] - '0');
    if (i == first || i < len || exponent > max_exponent)
        return hy_error_in_text("22P02", "invalid number format: invalid exponent value", text, len,
            i < len ? i + 2 : i + 1, 1);
    s->exponent = negative ? -exponent : exponent;
    return HY_OK;
}

static HyStatus scan_numeric(const char *text, size_t len, int max_exponent, Scanned *s)
{
    *s = (Scanned){.next_digit = -1};
    size_t i = 0;
    while (i < len && is_blank(text[i]))
        i++;
    while (i < len && is_blank(text[len - 1]))
        len--;
    if (i < len && (text[i] == '-' || text[i] == '+'))
        s->negative = text[i++] == '-';
    if (i == len)
        return hy_error("22P02", "invalid number format: input string is empty");
    size_t first = i;
    for (; i < len && is_digit(text[i]); i++)
        add_digit(s, text[i] - '0', false);
    bool in_fraction = i < len && text[i] == '.';
    if (in_fraction)
        for (i++; i < len && is_digit(text[i]); i++)
            add_digit(s, text[i] - '0', true);
    bool has_digits = i > first + in_fraction;
    if (has_digits && i < len && (text[i] == 'e' || text[i] == 'E'))
        return scan_exponent(text, len, i + 1, max_exponent, s);
    if (i < len)
        return syntax_error(text, len, i + (in_fraction ? 1 : 2));
    return HY_OK;
}

/* The scanned number at `scale`, rounded half away from zero. */
static bool scale_scanned(const Scanned *s, int precision, int scale, HyInt128 *out)
{
    if (s->overflow)
        return false;
    int have = s->n_fraction - s->exponent; /* value stands for value / 10^have */
    HyUint128 v = s->value;
    if (have > scale) {
        int cut = have - scale;
        if (cut > HY_NUMERIC_MAX_PRECISION) {
            v = 0;
        } else { /* the digits behind next_digit cannot change a rounding half away from zero */
            HyUint128 divisor = (HyUint128)hy_numeric_pow10[cut], rest = v % divisor;
            v = v / divisor + (rest >= divisor - rest);
        }
    } else if (have < scale) {
        int grow = scale - have;
        if (v == 0)
            grow = 0;
        if (grow > HY_NUMERIC_MAX_PRECISION ||
            __builtin_mul_overflow(v, (HyUint128)hy_numeric_pow10[grow], &v))
            return false;
    } else if (s->next_digit >= 5) {
        v++;
    }
    if (v >= (HyUint128)hy_numeric_pow10[precision])
        return false;
    *out = s->negative ? -(HyInt128)v : (HyInt128)v;
    return true;
}

/* The common case: at most 18 digits, a point, nothing else. */
static bool parse_plain(const char *text, size_t len, int precision, int scale, HyInt128 *out)
{
    size_t i = len && text[0] == '-';
    bool negative = i == 1;
    if (len - i > 18 || len == i || scale > 18)
        return false;
    uint64_t v = 0;
    size_t first = i;
    for (; i < len && is_digit(text[i]); i++)
        v = v * 10 + (uint64_t)(text[i] - '0');
    if (i == first)
        return false;
    int missing = scale;
    if (i < len && text[i] == '.') {
        size_t fraction = len - i - 1;
        if (fraction > (size_t)scale)
            return false;
        missing = scale - (int)fraction;
        for (i++; i < len && is_digit(text[i]); i++)
            v = v * 10 + (uint64_t)(text[i] - '0');
    }
    HyInt128 scaled = (HyInt128)v * hy_numeric_pow10_i64[missing];
    if (i < len || scaled >= hy_numeric_pow10[precision])
        return false;
    *out = negative ? -scaled : scaled;
    return true;
}

HyStatus hy_numeric_parse(const char *text, size_t len, int precision, int scale, HyInt128 *out)
{
    if (parse_plain(text, len, precision, scale, out))
        return HY_OK;
    Scanned s;
    bool is_short = precision <= HY_NUMERIC_MAX_SHORT_PRECISION;
    HY_TRY(scan_numeric(
        text, len, is_short ? HY_NUMERIC_MAX_SHORT_PRECISION : HY_NUMERIC_MAX_PRECISION, &s));
    if (!scale_scanned(&s, precision, scale, out))
        return hy_error_in_text("22003", "numeric overflow", text, len, len + 1, 1);
    return HY_OK;
}

bool hy_numeric_literal(const char *text, size_t len, HyInt128 *out, int *precision, int *scale)
{
    HyUint128 v = 0;
    int digits = 0, fraction = 0, written = 0;
    bool point = false, has_zero_ahead = false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' && !point) {
            point = true;
            has_zero_ahead = written > 0 && digits == 0;
            continue;
        }
        if (!is_digit(text[i]))
            return false;
        written++;
        v = v * 10 + (unsigned)(text[i] - '0');
        digits +=
            v != 0 || point; /* leading zeros before the point do not count, behind it they do */
        fraction += point;
        if (digits > HY_NUMERIC_MAX_PRECISION)
            return false;
    }
    if (written == 0)
        return false;
    *out = (HyInt128)v;
    digits += has_zero_ahead && digits < HY_NUMERIC_MAX_PRECISION; /* 0.5 has two digits, .5 one */
    *precision = digits ? digits : 1;
    *scale = fraction;
    return true;
}
