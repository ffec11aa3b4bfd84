/* The calendar, and text of dates and times. Calendar arithmetic counts in 400-year eras that begin
 * on 1 March, so that the leap day is the last of a year (as in Howard Hinnant's "chrono-compatible
 * date algorithms"). */
#include "types/datetime.h"
#include "types/numeric.h"
#include "types/timezone.h"
#include <string.h>
#include <time.h>

const char *const hy_month_names[12] = {"January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December"};
const char *const hy_weekday_names[7] = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

#define ERA_DAYS   146097
#define MARCH_0000 1721120 /* Julian day of 0000-03-01 */

int hy_month_days(int64_t year, int month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && hy_year_is_leap(year));
}

int32_t hy_date_from_ymd(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * ERA_DAYS + day_of_era + MARCH_0000);
}

void hy_date_to_ymd(int32_t date, int32_t *year, int32_t *month, int32_t *day)
{
    int32_t since = date - MARCH_0000;
    int32_t era = (since >= 0 ? since : since - (ERA_DAYS - 1)) / ERA_DAYS;
    uint32_t day_of_era = (uint32_t)(since - era * ERA_DAYS);
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t shifted = (5 * day_of_year + 2) / 153; /* 0 is March */
    *day = (int32_t)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int32_t)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int32_t)year_of_era + era * 400 + (*month <= 2);
}

bool hy_date_make(int64_t year, int64_t month, int64_t day, int32_t *out)
{
    if (month < 1 || month > 12 || day < 1 || year < -4712 || year > 294276 ||
        day > hy_month_days(year, (int)month))
        return false;
    *out = hy_date_from_ymd(year, (int)month, (int)day);
    return true;
}

HyCivil hy_timestamp_to_civil(uint64_t ts)
{
    HyCivil c;
    hy_date_to_ymd(hy_timestamp_date(ts), &c.year, &c.month, &c.day);
    int64_t time = hy_timestamp_time(ts);
    c.hour = (int32_t)(time / HY_MICROS_PER_HOUR);
    c.minute = (int32_t)(time / HY_MICROS_PER_MINUTE % 60);
    c.second = (int32_t)(time / HY_MICROS_PER_SECOND % 60);
    c.micros = (int32_t)(time % HY_MICROS_PER_SECOND);
    return c;
}

bool hy_timestamp_from_civil(const HyCivil *c, uint64_t *out)
{
    int32_t date;
    if (!hy_date_make(c->year, c->month, c->day, &date) || c->hour < 0 || c->hour > 24 ||
        c->minute < 0 || c->minute > 59 || c->second < 0 || c->second > 59 || c->micros < 0 ||
        c->micros > 999999 || (c->hour == 24 && (c->minute || c->second || c->micros)))
        return false;
    uint64_t ts = hy_timestamp_from_date(date) +
                  (uint64_t)(c->hour * HY_MICROS_PER_HOUR + c->minute * HY_MICROS_PER_MINUTE +
                             c->second * HY_MICROS_PER_SECOND + c->micros);
    if (ts > HY_TIMESTAMP_MAX)
        return false;
    *out = ts;
    return true;
}

bool hy_date_add_months(int32_t date, int64_t months, int32_t *out)
{
    int32_t year, month, day;
    hy_date_to_ymd(date, &year, &month, &day);
    if (months < -12000000 || months > 12000000)
        return false;
    int64_t index = (int64_t)year * 12 + month - 1 + months;
    int64_t new_year = (index >= 0 ? index : index - 11) / 12;
    int new_month = (int)(index - new_year * 12) + 1;
    int last = hy_month_days(new_year, new_month);
    return hy_date_make(new_year, new_month, day < last ? day : last, out);
}

bool hy_timestamp_add_interval(uint64_t ts, HyInterval interval, int sign, uint64_t *out)
{
    int32_t date = hy_timestamp_date(ts);
    if (interval.months && !hy_date_add_months(date, sign * (int64_t)interval.months, &date))
        return false;
    HyInt128 moved = ((HyInt128)date + sign * (int64_t)interval.days) * HY_MICROS_PER_DAY +
                     hy_timestamp_time(ts) + (HyInt128)sign * interval.micros;
    if (moved < (HyInt128)HY_TIMESTAMP_MIN || moved > (HyInt128)HY_TIMESTAMP_MAX)
        return false;
    *out = (uint64_t)moved;
    return true;
}

bool hy_timestamptz_add_interval(
    uint64_t ts, HyInterval interval, int sign, const HyTimeZone *zone, uint64_t *out)
{
    if (interval.months || interval.days) { /* by the local calendar */
        HyInterval calendar = {.months = interval.months, .days = interval.days};
        uint64_t local = hy_time_zone_to_local(zone, ts);
        if (!hy_timestamp_add_interval(local, calendar, sign, &local))
            return false;
        ts = hy_time_zone_to_utc(zone, local);
    }
    HyInterval time = {.micros = interval.micros};
    return hy_timestamp_add_interval(ts, time, sign, out);
}

uint64_t hy_timestamp_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return hy_timestamp_from_date(HY_JULIAN_EPOCH) + (uint64_t)now.tv_sec * 1000000 +
           (uint64_t)now.tv_nsec / 1000;
}

static char *write_2(char *p, int32_t v)
{
    p[0] = (char)('0' + v / 10);
    p[1] = (char)('0' + v % 10);
    return p + 2;
}

/* Year, month and day without the era. */
static char *write_date(char *p, int32_t year, int32_t month, int32_t day)
{
    int32_t shown = year > 0 ? year : 1 - year;
    if (shown < 10000) {
        p = write_2(p, shown / 100);
        p = write_2(p, shown % 100);
    } else {
        p += hy_uint64_format((uint64_t)shown, p);
    }
    *p++ = '-';
    p = write_2(p, month);
    *p++ = '-';
    return write_2(p, day);
}

static char *write_era(char *p, int32_t year)
{
    if (year <= 0) {
        memcpy(p, " BC", 3);
        p += 3;
    }
    return p;
}

static char *write_time(char *p, int64_t time)
{
    int32_t micros = (int32_t)(time % HY_MICROS_PER_SECOND);
    int32_t seconds = (int32_t)(time / HY_MICROS_PER_SECOND);
    p = write_2(p, seconds / 3600);
    *p++ = ':';
    p = write_2(p, seconds / 60 % 60);
    *p++ = ':';
    p = write_2(p, seconds % 60);
    if (micros) {
        *p++ = '.';
        p = write_2(p, micros / 10000);
        p = write_2(p, micros / 100 % 100);
        p = write_2(p, micros % 100);
        while (p[-1] == '0')
            p--;
    }
    return p;
}

size_t hy_date_format(int32_t date, char out[HY_DATE_TEXT_MAX])
{
    int32_t year, month, day;
    hy_date_to_ymd(date, &year, &month, &day);
    return (size_t)(write_era(write_date(out, year, month, day), year) - out);
}

size_t hy_time_format(int64_t time, char out[HY_TIME_TEXT_MAX])
{
    return (size_t)(write_time(out, time) - out);
}

size_t hy_timestamp_format(uint64_t ts, char out[HY_TIMESTAMP_TEXT_MAX])
{
    int32_t year, month, day;
    hy_date_to_ymd(hy_timestamp_date(ts), &year, &month, &day);
    char *p = write_date(out, year, month, day);
    *p++ = ' ';
    p = write_time(p, hy_timestamp_time(ts));
    return (size_t)(write_era(p, year) - out);
}

size_t hy_timestamptz_format(uint64_t ts, const HyTimeZone *zone, char out[HY_TIMESTAMP_TEXT_MAX])
{
    int32_t offset = hy_time_zone_offset(zone, ts);
    uint64_t local = ts + (uint64_t)((int64_t)offset * 1000000);
    int32_t year, month, day;
    hy_date_to_ymd(hy_timestamp_date(local), &year, &month, &day);
    char *p = write_date(out, year, month, day);
    *p++ = ' ';
    p = write_time(p, hy_timestamp_time(local));
    int32_t east = offset < 0 ? -offset : offset;
    *p++ = offset < 0 ? '-' : '+';
    p = write_2(p, east / 3600);
    if (east % 3600) {
        *p++ = ':';
        p = write_2(p, east / 60 % 60);
        if (east % 60) {
            *p++ = ':';
            p = write_2(p, east % 60);
        }
    }
    return (size_t)(write_era(p, year) - out);
}
