/* The calendar is computed with unsigned 32-bit arithmetic on years that begin in March, so that
 * the leap day is the last one: Neri and Schneider, "Euclidean affine functions and their
 * application to calendar algorithms", 2022. Day numbers are shifted by twelve 400-year cycles,
 * which makes all dates that the engine accepts positive. */
#include "func/kernel_datetime.h"

#include <string.h>

#define SHIFT_DAYS     32044u /* from -4800-03-01 to Julian day 0 */
#define SHIFT_YEARS    4800
#define CYCLE_DAYS     146097u /* of 400 years */
#define MICROS_PER_DAY UINT64_C(86400000000)

typedef struct Civil {
    int32_t year; /* astronomical */
    int32_t month;
    int32_t day;
    int32_t march_day; /* days since the last 1 March */
    int32_t is_next;   /* 1: January or February of `year` */
} Civil;

static inline Civil civil_of(int32_t date)
{
    uint32_t n1 = 4 * ((uint32_t)date + SHIFT_DAYS) + 3;
    uint32_t century = n1 / CYCLE_DAYS;
    uint32_t n2 = n1 % CYCLE_DAYS | 3;
    uint64_t p2 = UINT64_C(2939745) * n2;
    uint32_t year = (uint32_t)(p2 >> 32);
    uint32_t day_of_year = (uint32_t)p2 / 2939745u / 4;
    uint32_t n3 = 2141 * day_of_year + 197913;
    uint32_t month = n3 >> 16;
    uint32_t is_next = day_of_year >= 306;
    return (Civil){.year = (int32_t)(100 * century + year + is_next) - SHIFT_YEARS,
        .month = (int32_t)(month - 12 * is_next),
        .day = (int32_t)((n3 & 0xFFFF) / 2141u) + 1,
        .march_day = (int32_t)day_of_year,
        .is_next = (int32_t)is_next};
}

/* The first day of a year that begins in March, of a year above -4800. */
static inline int32_t march_first(int32_t year)
{
    uint32_t y = (uint32_t)(year + SHIFT_YEARS);
    uint32_t century = y / 100;
    return (int32_t)(1461 * y / 4 - century + century / 4 - SHIFT_DAYS);
}

/* January 1st is day 306 of the year that began the March before. */
static inline int32_t year_first(int32_t year)
{
    return march_first(year - 1) + 306;
}

static inline int32_t month_first(int32_t year, int32_t month)
{
    int32_t before = month <= 2;
    uint32_t m = (uint32_t)(month + 12 * before);
    return march_first(year - before) + (int32_t)((979 * m - 2919) / 32);
}

/* 0 = Monday; dates are above -1. */
static inline int32_t monday_based(int32_t date)
{
    return (int32_t)((uint32_t)date % 7);
}

/* There is no year 0: 1 BC is -1. */
static inline int32_t shown(int32_t year)
{
    return year - (year <= 0);
}

/* Division that rounds down, for years. */
static inline int32_t floor_div(int32_t a, uint32_t b)
{
    const uint32_t shift = 1000000; /* a multiple of all units */
    return (int32_t)(((uint32_t)a + shift) / b) - (int32_t)(shift / b);
}

/* The Thursday of the week decides to which year it belongs. */
static inline int32_t thursday_of(int32_t date)
{
    return (int32_t)((uint32_t)date - (uint32_t)monday_based(date) + 3);
}

static inline int32_t week_of(int32_t date)
{
    int32_t thursday = thursday_of(date);
    int32_t first = year_first(civil_of(thursday).year);
    return (int32_t)(((uint32_t)thursday - (uint32_t)first) / 7) + 1;
}

static inline int32_t day_of_year(int32_t date)
{
    return (int32_t)((uint32_t)date - (uint32_t)year_first(civil_of(date).year) + 1);
}

#define DATE_LOOP(name, EXPR)                                                                      \
    static void name(int32_t *restrict out, const int32_t *restrict dates, size_t n)               \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            const int32_t date = dates[i];                                                         \
            out[i] = (EXPR);                                                                       \
        }                                                                                          \
    }
DATE_LOOP(part_year, shown(civil_of(date).year))
DATE_LOOP(part_quarter, (civil_of(date).month + 2) / 3)
DATE_LOOP(part_month, civil_of(date).month)
DATE_LOOP(part_day, civil_of(date).day)
DATE_LOOP(part_dow, (int32_t)(((uint32_t)date + 1) % 7))
DATE_LOOP(part_isodow, monday_based(date) + 1)
DATE_LOOP(part_doy, day_of_year(date))
DATE_LOOP(part_week, week_of(date))
DATE_LOOP(part_isoyear, shown(civil_of(thursday_of(date)).year))
DATE_LOOP(part_decade, floor_div(civil_of(date).year, 10))
DATE_LOOP(part_century, shown(floor_div(civil_of(date).year - 1, 100) + 1))
DATE_LOOP(part_millennium, shown(floor_div(civil_of(date).year - 1, 1000) + 1))

/* The first year of a decade; the decades around the change of era have nine years. */
static inline int32_t decade_first(int32_t year)
{
    int32_t first = year / 10 * 10;
    return first != 0 ? first : year < 0 ? -1 : 1;
}

/* The first year of a century or millennium; before the change of era they end in -1, -101 .. as
 * the genuine server has it. */
static inline int32_t age_first(int32_t year, int32_t length)
{
    int32_t after = (year - 1) / length * length + 1;
    int32_t before = (year + 1) / length * length - 1;
    return year < 0 ? before : after;
}

DATE_LOOP(trunc_year, year_first(civil_of(date).year))
DATE_LOOP(trunc_month, (int32_t)((uint32_t)date - (uint32_t)civil_of(date).day + 1))
DATE_LOOP(trunc_week, (int32_t)((uint32_t)date - (uint32_t)monday_based(date)))
DATE_LOOP(trunc_decade, year_first(decade_first(civil_of(date).year)))
DATE_LOOP(trunc_century, year_first(age_first(civil_of(date).year, 100)))
DATE_LOOP(trunc_millennium, year_first(age_first(civil_of(date).year, 1000)))

static void trunc_quarter(int32_t *restrict out, const int32_t *restrict dates, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        Civil civil = civil_of(dates[i]);
        out[i] = month_first(civil.year, (civil.month + 2) / 3 * 3 - 2);
    }
}

/* The day of a timestamp by one division in floating point, which vectorizes where a 64-bit integer
 * division does not. Exact: a day is 2^13 * 10546875 microseconds; ts >> 13 is below 2^51, and the
 * quotient lies at least 1 / 10546875 away from the next integer, more than it is rounded by. */
static inline double whole_days(uint64_t ts)
{
    uint64_t bits = (ts >> 13) | UINT64_C(0x4330000000000000); /* 2^52 + (ts >> 13) */
    double d;
    memcpy(&d, &bits, sizeof d);
    return (d - 4503599627370496.0) / 10546875.0;
}

static void dates_of(int32_t *restrict out, const uint64_t *restrict timestamps, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int32_t)whole_days(timestamps[i]);
}

static void midnights(uint64_t *restrict out, const int32_t *restrict dates, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint64_t)(uint32_t)dates[i] * MICROS_PER_DAY;
}

/* unit, limit: constants; the value counts units up to the next bigger one. */
#define TIME_LOOP(name, unit, limit)                                                               \
    static void name(int32_t *restrict out, const uint64_t *restrict micros, size_t n)             \
    {                                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = (int32_t)(micros[i] / UINT64_C(unit) % UINT64_C(limit));                      \
    }
TIME_LOOP(part_hour, 3600000000, 24)
TIME_LOOP(part_minute, 60000000, 60)
TIME_LOOP(part_millisecond, 1000, 60000)
TIME_LOOP(part_microsecond, 1, 60000000)

#define CUT_LOOP(name, unit)                                                                       \
    static void name(uint64_t *restrict out, const uint64_t *restrict timestamps, size_t n)        \
    {                                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = timestamps[i] - timestamps[i] % UINT64_C(unit);                               \
    }
CUT_LOOP(cut_hour, 3600000000)
CUT_LOOP(cut_minute, 60000000)
CUT_LOOP(cut_second, 1000000)
CUT_LOOP(cut_millisecond, 1000)

const HyDatetimeLoops HY_KERNEL(hy_datetime_loops) = {
    .date_part = {[HY_DATE_PART_YEAR] = part_year,
        [HY_DATE_PART_QUARTER] = part_quarter,
        [HY_DATE_PART_MONTH] = part_month,
        [HY_DATE_PART_DAY] = part_day,
        [HY_DATE_PART_DOW] = part_dow,
        [HY_DATE_PART_ISODOW] = part_isodow,
        [HY_DATE_PART_DOY] = part_doy,
        [HY_DATE_PART_WEEK] = part_week,
        [HY_DATE_PART_ISOYEAR] = part_isoyear,
        [HY_DATE_PART_DECADE] = part_decade,
        [HY_DATE_PART_CENTURY] = part_century,
        [HY_DATE_PART_MILLENNIUM] = part_millennium},
    .time_part = {[HY_TIME_PART_HOUR] = part_hour,
        [HY_TIME_PART_MINUTE] = part_minute,
        [HY_TIME_PART_MILLISECOND] = part_millisecond,
        [HY_TIME_PART_MICROSECOND] = part_microsecond},
    .date_trunc = {[HY_DATE_TRUNC_YEAR] = trunc_year,
        [HY_DATE_TRUNC_QUARTER] = trunc_quarter,
        [HY_DATE_TRUNC_MONTH] = trunc_month,
        [HY_DATE_TRUNC_WEEK] = trunc_week,
        [HY_DATE_TRUNC_DECADE] = trunc_decade,
        [HY_DATE_TRUNC_CENTURY] = trunc_century,
        [HY_DATE_TRUNC_MILLENNIUM] = trunc_millennium},
    .dates_of = dates_of,
    .midnights = midnights,
    .cut_hour = cut_hour,
    .cut_minute = cut_minute,
    .cut_second = cut_second,
    .cut_millisecond = cut_millisecond,
};
