/* Loops that take dates and timestamps apart and truncate them, once per instruction set
 * (base/kernel.h). They have no branches that depend on the data, so that they vectorize. Rows that
 * are null take part: any payload gives some value. Results of BC years count as SQL shows them:
 * 1 BC is -1. */
#ifndef HY_FUNC_KERNEL_DATETIME_H
#define HY_FUNC_KERNEL_DATETIME_H

#include "base/kernel.h"

#include <stddef.h>
#include <stdint.h>

typedef enum HyDatePart {
    HY_DATE_PART_YEAR,
    HY_DATE_PART_QUARTER,
    HY_DATE_PART_MONTH,
    HY_DATE_PART_DAY,
    HY_DATE_PART_DOW,    /* 0 = Sunday */
    HY_DATE_PART_ISODOW, /* 7 = Sunday */
    HY_DATE_PART_DOY,
    HY_DATE_PART_WEEK, /* of ISO 8601 */
    HY_DATE_PART_ISOYEAR,
    HY_DATE_PART_DECADE,
    HY_DATE_PART_CENTURY,
    HY_DATE_PART_MILLENNIUM
} HyDatePart;
#define HY_DATE_PARTS 12

typedef enum HyTimePart {
    HY_TIME_PART_HOUR,
    HY_TIME_PART_MINUTE,
    HY_TIME_PART_MILLISECOND, /* with the seconds: 0..59999 */
    HY_TIME_PART_MICROSECOND  /* with the seconds: 0..59999999, also SECOND as numeric(8,6) */
} HyTimePart;
#define HY_TIME_PARTS 4

/* First days of the date's year, .. as dates. */
typedef enum HyDateTrunc {
    HY_DATE_TRUNC_YEAR,
    HY_DATE_TRUNC_QUARTER,
    HY_DATE_TRUNC_MONTH,
    HY_DATE_TRUNC_WEEK, /* Monday */
    HY_DATE_TRUNC_DECADE,
    HY_DATE_TRUNC_CENTURY,
    HY_DATE_TRUNC_MILLENNIUM
} HyDateTrunc;
#define HY_DATE_TRUNCS 7

typedef struct HyDatetimeLoops {
    /* out[i]: a part of dates[i]. */
    void (*date_part[HY_DATE_PARTS])(int32_t *out, const int32_t *dates, size_t n);
    /* out[i]: a part of the time of day of a timestamp or time. */
    void (*time_part[HY_TIME_PARTS])(int32_t *out, const uint64_t *micros, size_t n);
    void (*date_trunc[HY_DATE_TRUNCS])(int32_t *out, const int32_t *dates, size_t n);
    /* out[i]: the day of timestamps[i]. */
    void (*dates_of)(int32_t *out, const uint64_t *timestamps, size_t n);
    /* out[i]: midnight of dates[i]. */
    void (*midnights)(uint64_t *out, const int32_t *dates, size_t n);
    /* out[i]: timestamps[i] cut to whole hours, minutes, seconds or milliseconds. */
    void (*cut_hour)(uint64_t *out, const uint64_t *timestamps, size_t n);
    void (*cut_minute)(uint64_t *out, const uint64_t *timestamps, size_t n);
    void (*cut_second)(uint64_t *out, const uint64_t *timestamps, size_t n);
    void (*cut_millisecond)(uint64_t *out, const uint64_t *timestamps, size_t n);
} HyDatetimeLoops;

extern const HyDatetimeLoops hy_datetime_loops_baseline;
#ifdef __x86_64__
extern const HyDatetimeLoops hy_datetime_loops_avx2;
extern const HyDatetimeLoops hy_datetime_loops_avx512;
#endif

#endif
