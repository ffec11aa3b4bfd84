/* Text of floating point numbers, never dependent on the locale. */
#ifndef HY_TYPES_FLOAT_TEXT_H
#define HY_TYPES_FLOAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define HY_FLOAT_TEXT_MAX 32

/* Exactly what printf("%.*g") gives in the C locale, with digits = 15 + extra_float_digits for
 * doubles and 6 + extra_float_digits for floats (extra: -15..3; at least one digit), NaN, Infinity
 * and -Infinity apart. Return the length; no terminator. */
size_t hy_double_format(double v, int extra_float_digits, char out[HY_FLOAT_TEXT_MAX]);
size_t hy_float_format(float v, int extra_float_digits, char out[HY_FLOAT_TEXT_MAX]);
/* The shortest text of at least 15 (6) digits that reads back as the same number: JSON, CLI, and
 * what extra_float_digits above 0 means. */
size_t hy_double_format_shortest(double v, char out[HY_FLOAT_TEXT_MAX]);
size_t hy_float_format_shortest(float v, char out[HY_FLOAT_TEXT_MAX]);

/* The nearest double of a decimal number: sign, digits, point, exponent; "nan", "inf", "infinity"
 * in any case with a sign; blanks around. Too large gives infinity, too small zero. False: anything
 * else. */
bool hy_double_parse(const char *text, size_t len, double *out);
bool hy_float_parse(const char *text, size_t len, float *out);

#endif
