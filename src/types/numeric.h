/* Decimal arithmetic. A numeric of scale s is an HyInt128 `v` that stands for v / 10^s; values of
 * precision <= 18 lie in vectors as int64_t and are widened by the caller where needed.
 *
 * Rounding is half away from zero everywhere. Functions that can overflow return false (the caller
 * words the error, hy_numeric_overflow); they are pure and may be called from any thread. */
#ifndef HY_TYPES_NUMERIC_H
#define HY_TYPES_NUMERIC_H

#include "types/type.h"

typedef enum HyNumericOp {
    HY_NUMERIC_ADD,
    HY_NUMERIC_SUB,
    HY_NUMERIC_MUL,
    HY_NUMERIC_DIV,
    HY_NUMERIC_MOD
} HyNumericOp;

/* 10^0 .. 10^38 and, for the int64 paths, 10^0 .. 10^18. */
extern const HyInt128 hy_numeric_pow10[HY_NUMERIC_MAX_PRECISION + 1];
extern const int64_t hy_numeric_pow10_i64[HY_NUMERIC_MAX_SHORT_PRECISION + 1];

/* 22003 "numeric overflow", the error of all number types. */
HyStatus hy_numeric_overflow(void) HY_MUST_CHECK;

/* Whether |v| < 10^precision. */
static inline bool hy_numeric_fits(HyInt128 v, int precision)
{
    return v < hy_numeric_pow10[precision] && v > -hy_numeric_pow10[precision];
}

/* The numeric type that stands for a number type in arithmetic: int2 (5,0), int4 (10,0), int8
 * (19,0), oid (10,0), numeric itself. Nullability is kept. */
HyType hy_numeric_type_of(HyType type);
/* The type of an integer constant in arithmetic: its own digits (at least 1), scale 0; not null. */
HyType hy_numeric_type_of_constant(int64_t value);
/* Type of a op b for numeric operands (spec/sql.md section 6); integers are widened with
 * hy_numeric_type_of first. Nullable if either is. */
HyType hy_numeric_result_type(HyNumericOp op, HyType a, HyType b);

/* v of from_scale as a number of to_scale. False: beyond 128 bits (check the precision yourself).
 */
bool hy_numeric_rescale(HyInt128 v, int from_scale, int to_scale, HyInt128 *out);
/* v / 10^digits rounded half away from zero; digits 0..38. */
HyInt128 hy_numeric_round_digits(HyInt128 v, int digits);

/* a op b, where a has scale sa and b scale sb, as a number of scale `scale` and at most `precision`
 * digits, exactly rounded (256-bit intermediates); % truncates like integers, and * where its scale
 * is less than that of the product, as the genuine server does. False: overflow. Division and % by
 * zero are for the caller to refuse (assert). */
bool hy_numeric_compute(HyNumericOp op, HyInt128 a, int sa, HyInt128 b, int sb, int precision,
    int scale, HyInt128 *out);
/* < 0, 0, > 0; scales may differ. */
int hy_numeric_compare(HyInt128 a, int sa, HyInt128 b, int sb);

double hy_numeric_to_double(HyInt128 v, int scale);
/* False: NaN, infinite or more than `precision` digits. */
bool hy_numeric_from_double(double d, int precision, int scale, HyInt128 *out);
/* Rounded half away from zero; false: beyond int64. */
bool hy_numeric_to_int64(HyInt128 v, int scale, int64_t *out);

/* sign, 39 digits, point, leading zero */
#define HY_NUMERIC_TEXT_MAX 48
/* Always `scale` digits after the point. Returns the length; no terminator. */
size_t hy_numeric_format(HyInt128 v, int scale, char out[HY_NUMERIC_TEXT_MAX]);
/* Blanks around, sign, digits, point, exponent. Errors: 22P02 "invalid number format: ...", 22003.
 */
HyStatus hy_numeric_parse(
    const char *text, size_t len, int precision, int scale, HyInt128 *out) HY_MUST_CHECK;
/* Precision and scale as written ("1.50" is (3,2)), for literals. False: not digits with at most
 * one point, or more than 38 digits. */
bool hy_numeric_literal(const char *text, size_t len, HyInt128 *out, int *precision, int *scale);

/* Decimal digits of integers, without terminator; return the length. */
#define HY_INT_TEXT_MAX 20
size_t hy_int64_format(int64_t v, char out[HY_INT_TEXT_MAX]);
size_t hy_uint64_format(uint64_t v, char out[HY_INT_TEXT_MAX]);
/* Blanks around, sign, digits, optionally a point and zeros. With HY_INT_SYNTAX *out is the number
 * before the offending place (0: none). */
typedef enum HyIntParse { HY_INT_OK, HY_INT_SYNTAX, HY_INT_RANGE } HyIntParse;
HyIntParse hy_int64_parse(const char *text, size_t len, int64_t *out);

#endif
