/* Dates, times and intervals taken apart and put together. Any bits are taken: the calendar goes on
 * at both ends of what SQL allows. */
#include "capi/capi_internal.h"

#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* ---- Dates: days in eras of 400 years that begin in March ---- */

#define ERA_DAYS INT64_C(146097)
/* From Julian day 0 to 0000-03-01, the beginning of era 0. */
#define ERA_START INT64_C(1721120)

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b < 0 ? q - 1 : q;
}

static int64_t day_of(int64_t year, int64_t month, int64_t day)
{
    year += floor_div(month - 1, 12);
    month = month - 1 - 12 * floor_div(month - 1, 12) + 1;
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year +
           ERA_START;
}

hyper_date_components_t hyper_decode_date(hyper_date_t date)
{
    int64_t days = (int64_t)date - ERA_START;
    int64_t era = floor_div(days, ERA_DAYS);
    int64_t day_of_era = days - era * ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int64_t month = march_month + (march_month < 10 ? 3 : -9);
    return (hyper_date_components_t){.year = (int32_t)(year_of_era + era * 400 + (month <= 2)),
        .month = (int16_t)month,
        .day = (int16_t)(day_of_year - (153 * march_month + 2) / 5 + 1)};
}

hyper_date_t hyper_encode_date(hyper_date_components_t components)
{
    return (hyper_date_t)day_of(components.year, components.month, components.day);
}

static size_t give_text(char *target, size_t space, const char *text, int length)
{
    if (!target || length < 0 || space <= (size_t)length)
        return 0;
    memcpy(target, text, (size_t)length + 1);
    return (size_t)length;
}

size_t hyper_date_to_string(char *target, size_t space, hyper_date_t value)
{
    char text[40];
    hyper_date_components_t date = hyper_decode_date(value);
    int length = snprintf(text, sizeof text, "%s%04lld-%02d-%02d", date.year < 0 ? "-" : "",
        date.year < 0 ? -(long long)date.year : (long long)date.year, date.month, date.day);
    return give_text(target, space, text, length);
}

/* ---- Times ---- */

hyper_time_components_t hyper_decode_time(hyper_time_t time)
{
    return (hyper_time_components_t){.hour = (int8_t)(time / (uint64_t)HOUR),
        .minute = (int8_t)(time / (uint64_t)MINUTE % 60),
        .second = (int8_t)(time / (uint64_t)SECOND % 60),
        .microsecond = (int32_t)(time % (uint64_t)SECOND)};
}

hyper_time_t hyper_encode_time(hyper_time_components_t components)
{
    return (hyper_time_t)(components.hour * HOUR + components.minute * MINUTE +
                          components.second * SECOND + components.microsecond);
}

size_t hyper_time_to_string(char *target, size_t space, hyper_time_t value)
{
    char text[48];
    int length = snprintf(text, sizeof text, "%02llu:%02d:%02d",
        (unsigned long long)(value / (uint64_t)HOUR), (int)(value / (uint64_t)MINUTE % 60),
        (int)(value / (uint64_t)SECOND % 60));
    int fraction = (int)(value % (uint64_t)SECOND);
    if (fraction)
        length += snprintf(text + length, sizeof text - (size_t)length, ".%06d", fraction);
    return give_text(target, space, text, length);
}

/* ---- Intervals ---- */

hyper_interval_components_t hyper_decode_interval(hyper_interval_t interval)
{
    int64_t micros = (int64_t)interval.data[0];
    int32_t days = (int32_t)(uint32_t)interval.data[1];
    int32_t months = (int32_t)(uint32_t)(interval.data[1] >> 32);
    return (hyper_interval_components_t){.years = months / 12,
        .months = months % 12,
        .days = days,
        .hours = (int32_t)(micros / HOUR),
        .minutes = (int32_t)(micros / MINUTE % 60),
        .seconds = (int32_t)(micros / SECOND % 60),
        .microseconds = (int32_t)(micros % SECOND)};
}

hyper_interval_t hyper_encode_interval(hyper_interval_components_t components)
{
    /* No sum of these overflows 64 bits: 2^31 hours are 7.8e18 microseconds, the rest is 1.3e17. */
    int64_t micros = components.hours * HOUR + components.minutes * MINUTE +
                     components.seconds * SECOND + components.microseconds;
    int64_t months = (int64_t)components.years * 12 + components.months;
    hyper_interval_t interval = {{(uint64_t)micros, 0}};
    interval.data[1] = (uint64_t)(uint32_t)months << 32 | (uint32_t)components.days;
    return interval;
}
