/* Numerics of this interface: 64 bits, or 128 bits in two halves. */
#include "capi/capi_internal.h"

#include "types/numeric.h"

#include <math.h>
#include <string.h>

static HyInt128 big(hyper_data128_t value)
{
    return (HyInt128)((HyUint128)value.data[1] << 64 | value.data[0]);
}

static hyper_data128_t halves(HyInt128 value)
{
    HyUint128 bits = (HyUint128)value;
    return (hyper_data128_t){{(uint64_t)bits, (uint64_t)(bits >> 64)}};
}

static bool is_scale(uint32_t scale)
{
    return scale <= HY_NUMERIC_MAX_PRECISION;
}

/* The value as 64 bits, if it goes into them. */
static hyper_error_t *give_small(HyInt128 value, int64_t *result)
{
    if (value < INT64_MIN || value > INT64_MAX)
        return hy_capi_error(hy_numeric_overflow());
    *result = (int64_t)value;
    return NULL;
}

/* ---- Texts ---- */

/* Where the number ends: *iter is to stand there when the text is none. */
static const char *behind_number(const char *p, const char *limit)
{
    while (p < limit && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
        p++;
    if (p < limit && (*p == '+' || *p == '-'))
        p++;
    while (p < limit && ((*p >= '0' && *p <= '9') || *p == '.'))
        p++;
    return p;
}

static hyper_error_t *parse(
    const char **iter, const char *limit, uint32_t precision, uint32_t scale, HyInt128 *out)
{
    if (!iter || !*iter)
        return hy_capi_invalid("iter");
    if (!limit || limit < *iter)
        return hy_capi_invalid("limit");
    if (!precision || precision > HY_NUMERIC_MAX_PRECISION || scale > precision)
        return hy_capi_error(hy_error("22023", "there is no numeric(%u, %u)", precision, scale));
    HyStatus st = hy_numeric_parse(*iter, (size_t)(limit - *iter), (int)precision, (int)scale, out);
    *iter = st ? behind_number(*iter, limit) : limit;
    return hy_capi_error(st);
}

hyper_error_t *hyper_numeric_from_string(
    const char **iter, const char *limit, uint32_t precision, uint32_t scale, int64_t *result)
{
    HyInt128 value;
    if (!result)
        return hy_capi_invalid("result");
    hyper_error_t *error = parse(iter, limit, precision, scale, &value);
    return error ? error : give_small(value, result);
}

hyper_error_t *hyper_big_numeric_from_string(const char **iter, const char *limit,
    uint32_t precision, uint32_t scale, hyper_data128_t *result)
{
    HyInt128 value;
    if (!result)
        return hy_capi_invalid("result");
    hyper_error_t *error = parse(iter, limit, precision, scale, &value);
    if (!error)
        *result = halves(value);
    return error;
}

static char *format(char *target, size_t space, HyInt128 value, uint32_t scale)
{
    char text[HY_NUMERIC_TEXT_MAX];
    if (!target || !is_scale(scale))
        return NULL;
    size_t len = hy_numeric_format(value, (int)scale, text);
    if (len >= space)
        return NULL;
    char *start = target + space - len - 1;
    memcpy(start, text, len);
    start[len] = 0;
    return start;
}

char *hyper_numeric_to_string(char *target, size_t space, int64_t value, uint32_t scale)
{
    return format(target, space, value, scale);
}

char *hyper_big_numeric_to_string(char *target, size_t space, hyper_data128_t value, uint32_t scale)
{
    return format(target, space, big(value), scale);
}

/* ---- Scales ---- */

static bool rescale(HyInt128 value, uint32_t scale, uint32_t new_scale, HyInt128 *out)
{
    return is_scale(scale) && is_scale(new_scale) &&
           hy_numeric_rescale(value, (int)scale, (int)new_scale, out);
}

hyper_error_t *hyper_numeric_change_scale(
    int64_t value, uint32_t scale, uint32_t new_scale, int64_t *result)
{
    HyInt128 changed;
    if (!result)
        return hy_capi_invalid("result");
    if (!rescale(value, scale, new_scale, &changed))
        return hy_capi_error(hy_numeric_overflow());
    return give_small(changed, result);
}

hyper_error_t *hyper_big_numeric_change_scale(
    hyper_data128_t value, uint32_t scale, uint32_t new_scale, hyper_data128_t *result)
{
    HyInt128 changed;
    if (!result)
        return hy_capi_invalid("result");
    if (!rescale(big(value), scale, new_scale, &changed))
        return hy_capi_error(hy_numeric_overflow());
    *result = halves(changed);
    return NULL;
}

int64_t hyper_numeric_round_to_int64(int64_t value, uint32_t scale)
{
    return is_scale(scale) ? (int64_t)hy_numeric_round_digits(value, (int)scale) : 0;
}

hyper_error_t *hyper_big_numeric_round_to_int64(
    hyper_data128_t value, uint32_t scale, int64_t *result)
{
    if (!result)
        return hy_capi_invalid("result");
    if (!is_scale(scale))
        return hy_capi_error(hy_numeric_overflow());
    return give_small(hy_numeric_round_digits(big(value), (int)scale), result);
}

/* ---- Floating point ---- */

static hyper_error_t *from_double(double value, uint32_t scale, HyInt128 *out)
{
    if (is_scale(scale) && hy_numeric_from_double(value, HY_NUMERIC_MAX_PRECISION, (int)scale, out))
        return NULL;
    return hy_capi_error(hy_numeric_overflow());
}

hyper_error_t *hyper_numeric_from_double(double value, uint32_t scale, int64_t *result)
{
    HyInt128 number;
    if (!result)
        return hy_capi_invalid("result");
    hyper_error_t *error = from_double(value, scale, &number);
    return error ? error : give_small(number, result);
}

hyper_error_t *hyper_big_numeric_from_double(double value, uint32_t scale, hyper_data128_t *result)
{
    HyInt128 number;
    if (!result)
        return hy_capi_invalid("result");
    hyper_error_t *error = from_double(value, scale, &number);
    if (!error)
        *result = halves(number);
    return error;
}

hyper_error_t *hyper_numeric_from_float(float value, uint32_t scale, int64_t *result)
{
    return hyper_numeric_from_double((double)value, scale, result);
}

hyper_error_t *hyper_big_numeric_from_float(float value, uint32_t scale, hyper_data128_t *result)
{
    return hyper_big_numeric_from_double((double)value, scale, result);
}

double hyper_numeric_to_double(int64_t value, uint32_t scale)
{
    return is_scale(scale) ? hy_numeric_to_double(value, (int)scale) : (double)NAN;
}

double hyper_big_numeric_to_double(hyper_data128_t value, uint32_t scale)
{
    return is_scale(scale) ? hy_numeric_to_double(big(value), (int)scale) : (double)NAN;
}

float hyper_numeric_to_float(int64_t value, uint32_t scale)
{
    return (float)hyper_numeric_to_double(value, scale);
}

float hyper_big_numeric_to_float(hyper_data128_t value, uint32_t scale)
{
    return (float)hyper_big_numeric_to_double(value, scale);
}
