/* Patterns of format_number, such as "#,##0.00 EUR;(#)": the decimal formats of ICU without
 * rounding steps, significant digits and padding. */
#ifndef HY_FUNC_NUMBER_PATTERN_H
#define HY_FUNC_NUMBER_PATTERN_H

#include "base/arena.h"
#include "base/buffer.h"

/* What stands before and behind the digits, quotes and currency signs resolved. */
typedef struct HyAffix {
    const char *text;
    size_t len;
} HyAffix;

typedef struct HyNumberPattern {
    HyAffix prefix;
    HyAffix suffix;
    HyAffix negative_prefix; /* of the part behind `;` */
    HyAffix negative_suffix;
    bool has_negative;  /* else a minus sign goes before the prefix */
    uint32_t grouping;  /* digits of a group, 0: none */
    uint32_t min_whole; /* digits before the point */
    uint32_t max_whole; /* counts in scientific notation only */
    uint32_t min_fraction;
    uint32_t max_fraction;
    bool shows_point; /* also without a fraction */
    bool is_scientific;
    uint32_t min_exponent;
    int shift; /* decimal places to the left: 2 for percent, 3 for per mille */
} HyNumberPattern;

/* Errors: 22023 with the reason in the detail; 53200. */
HyStatus hy_number_pattern_parse(
    HyArena *arena, const char *pattern, size_t len, HyNumberPattern *out) HY_MUST_CHECK;

/* A decimal number: 0.d1d2d3.. * 10^point, d1 not zero unless it is zero (n = 0). */
typedef struct HyDecimal {
    char *digits; /* '0' .. '9'; changed by rounding */
    size_t n;
    int64_t point;
    bool is_negative;
    bool half_to_even; /* how halves are rounded; else away from zero */
} HyDecimal;

HyStatus hy_number_pattern_format(
    const HyNumberPattern *pattern, HyDecimal *number, HyBuffer *out) HY_MUST_CHECK;

#endif
