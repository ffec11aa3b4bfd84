/* Intervals: months, days and microseconds, kept apart and compared in that order. */
#ifndef HY_TYPES_INTERVAL_H
#define HY_TYPES_INTERVAL_H

#include "types/text_style.h"
#include "types/type.h"

/* By months, then days, then microseconds (1 month <> 30 days). */
int hy_interval_compare(HyInterval a, HyInterval b);

/* False: a field overflows. */
bool hy_interval_add(HyInterval a, HyInterval b, HyInterval *out);
bool hy_interval_sub(HyInterval a, HyInterval b, HyInterval *out);
bool hy_interval_negate(HyInterval a, HyInterval *out);
/* Fractions of months spill into days (30 a month), of days into microseconds. False: overflow,
 * NaN. */
bool hy_interval_mul(HyInterval a, double factor, HyInterval *out);
/* divisor != 0 */
bool hy_interval_div(HyInterval a, double divisor, HyInterval *out);

#define HY_INTERVAL_TEXT_MAX 128
/* Returns the length; no terminator. */
size_t hy_interval_format(HyInterval v, HyIntervalStyle style, char out[HY_INTERVAL_TEXT_MAX]);
/* All forms of spec/sql.md section 4. Errors: 22P02 "invalid interval literal '...'". */
HyStatus hy_interval_parse(const char *text, size_t len, HyInterval *out) HY_MUST_CHECK;

#endif
