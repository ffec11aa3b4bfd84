/* Dates, times and timestamps. A date is a Julian day number (int32_t), a time microseconds since
 * midnight (int64_t, up to and including 24:00), a timestamp microseconds since the start of Julian
 * day 0 (uint64_t; timestamptz: in UTC). The calendar is proleptic Gregorian; years here are
 * astronomical: 0 is 1 BC, -1 is 2 BC. Everything but parsing with named zones is pure; all
 * functions may be called from any thread. */
#ifndef HY_TYPES_DATETIME_H
#define HY_TYPES_DATETIME_H

#include "types/text_style.h"
#include "types/type.h"

/* 4713-01-01 BC and 294276-12-31, what the engine accepts as a date. */
#define HY_DATE_MIN      38
#define HY_DATE_MAX      109203527
#define HY_TIMESTAMP_MIN ((uint64_t)HY_DATE_MIN * (uint64_t)HY_MICROS_PER_DAY)
#define HY_TIMESTAMP_MAX ((uint64_t)(HY_DATE_MAX + 1) * (uint64_t)HY_MICROS_PER_DAY - 1)

#define HY_MICROS_PER_SECOND INT64_C(1000000)
#define HY_MICROS_PER_MINUTE INT64_C(60000000)
#define HY_MICROS_PER_HOUR   INT64_C(3600000000)

typedef struct HyCivil { /* a timestamp taken apart */
    int32_t year;        /* astronomical */
    int32_t month;       /* 1..12 */
    int32_t day;         /* 1..31 */
    int32_t hour;        /* 0..24 */
    int32_t minute;
    int32_t second;
    int32_t micros; /* 0..999999 */
} HyCivil;

static inline bool hy_year_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
int hy_month_days(int64_t year, int month);

/* Day number of a valid month and day (unchecked); any year within +-1,000,000. */
int32_t hy_date_from_ymd(int64_t year, int month, int day);
/* Any int32_t within +-300,000,000. */
void hy_date_to_ymd(int32_t date, int32_t *year, int32_t *month, int32_t *day);
/* Checked: month 1..12, day of that month, within HY_DATE_MIN..HY_DATE_MAX. */
bool hy_date_make(int64_t year, int64_t month, int64_t day, int32_t *out);
/* 0 = Sunday .. 6 = Saturday. */
static inline int hy_date_weekday(int32_t date)
{
    return (int)(((int64_t)date + 1) % 7 + 7) % 7;
}

static inline int32_t hy_timestamp_date(uint64_t ts)
{
    return (int32_t)(ts / (uint64_t)HY_MICROS_PER_DAY);
}
static inline int64_t hy_timestamp_time(uint64_t ts)
{
    return (int64_t)(ts % (uint64_t)HY_MICROS_PER_DAY);
}
static inline uint64_t hy_timestamp_from_date(int32_t date)
{
    return (uint64_t)date * (uint64_t)HY_MICROS_PER_DAY;
}
HyCivil hy_timestamp_to_civil(uint64_t ts);
/* Checked: fields in range, result within the limits. */
bool hy_timestamp_from_civil(const HyCivil *civil, uint64_t *out);

/* Moves by months, the day clipped to the month's last. False: outside the limits. */
bool hy_date_add_months(int32_t date, int64_t months, int32_t *out);
/* Months, then days, then microseconds (of `sign` +1 or -1). False: outside the limits. For
 * timestamptz go through local time first (hy_timestamptz_add_interval). */
bool hy_timestamp_add_interval(uint64_t ts, HyInterval interval, int sign, uint64_t *out);
bool hy_timestamptz_add_interval(
    uint64_t ts, HyInterval interval, int sign, const HyTimeZone *zone, uint64_t *out);

/* Text. Lengths without terminator. */
#define HY_DATE_TEXT_MAX      20
#define HY_TIME_TEXT_MAX      24
#define HY_TIMESTAMP_TEXT_MAX 64
size_t hy_date_format(int32_t date, char out[HY_DATE_TEXT_MAX]);
size_t hy_time_format(int64_t time, char out[HY_TIME_TEXT_MAX]);
size_t hy_timestamp_format(uint64_t ts, char out[HY_TIMESTAMP_TEXT_MAX]);
size_t hy_timestamptz_format(uint64_t ts, const HyTimeZone *zone, char out[HY_TIMESTAMP_TEXT_MAX]);

/* Lenient or exact by the style (spec/sql.md section 4). Errors: 22P02 with the genuine texts. */
HyStatus hy_date_parse(
    const HyTextStyle *style, const char *text, size_t len, int32_t *out) HY_MUST_CHECK;
HyStatus hy_time_parse(
    const HyTextStyle *style, const char *text, size_t len, int64_t *out) HY_MUST_CHECK;
HyStatus hy_timestamp_parse(
    const HyTextStyle *style, const char *text, size_t len, uint64_t *out) HY_MUST_CHECK;
HyStatus hy_timestamptz_parse(
    const HyTextStyle *style, const char *text, size_t len, uint64_t *out) HY_MUST_CHECK;

/* The current time in UTC as a timestamp. */
uint64_t hy_timestamp_now(void);

/* English month and weekday names, "January", "Sunday"; index 0-based. */
extern const char *const hy_month_names[12];
extern const char *const hy_weekday_names[7];

#endif
