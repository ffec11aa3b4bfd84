/* The loops that take dates and timestamps apart agree with the calendar functions of the types
 * layer, on every instruction set that this machine has. */
#include "func/kernel_datetime.h"
#include "types/datetime.h"
#include "unit_test.h"

#define MAX_DATES 400000

static int32_t dates[MAX_DATES];
static size_t n_dates;

/* The first and last years, the change of era and our times day by day, the rest in steps. */
static int collect_dates(void **state)
{
    (void)state;
    for (int32_t date = HY_DATE_MIN; date < HY_DATE_MIN + 1500; date++)
        dates[n_dates++] = date;
    for (int32_t date = 1721425 - 40000; date < 1721425 + 40000; date++)
        dates[n_dates++] = date;
    for (int32_t date = 2415021; date < 2415021 + 80000; date++)
        dates[n_dates++] = date;
    for (int32_t date = HY_DATE_MIN; date < HY_DATE_MAX; date += 991)
        dates[n_dates++] = date;
    for (int32_t date = HY_DATE_MAX - 1500; date <= HY_DATE_MAX; date++)
        dates[n_dates++] = date;
    return n_dates <= MAX_DATES ? 0 : -1;
}

static int32_t shown(int32_t year)
{
    return year > 0 ? year : year - 1;
}

/* The week of a year is that of its first Thursday. */
static int32_t week_of(int32_t date, int32_t *year)
{
    int32_t month, day;
    int32_t thursday = date - (hy_date_weekday(date) + 6) % 7 + 3;
    hy_date_to_ymd(thursday, year, &month, &day);
    return (thursday - hy_date_from_ymd(*year, 1, 1)) / 7 + 1;
}

static int32_t expected_part(HyDatePart part, int32_t date)
{
    int32_t year, month, day, iso_year;
    hy_date_to_ymd(date, &year, &month, &day);
    int32_t week = week_of(date, &iso_year);
    int weekday = hy_date_weekday(date);
    int32_t before_christ = year - 1; /* of years that are not positive: 0 is -1 */
    switch (part) {
    case HY_DATE_PART_YEAR:
        return shown(year);
    case HY_DATE_PART_QUARTER:
        return (month + 2) / 3;
    case HY_DATE_PART_MONTH:
        return month;
    case HY_DATE_PART_DAY:
        return day;
    case HY_DATE_PART_DOW:
        return weekday;
    case HY_DATE_PART_ISODOW:
        return weekday == 0 ? 7 : weekday;
    case HY_DATE_PART_DOY:
        return date - hy_date_from_ymd(year, 1, 1) + 1;
    case HY_DATE_PART_WEEK:
        return week;
    case HY_DATE_PART_ISOYEAR:
        return shown(iso_year);
    case HY_DATE_PART_DECADE:
        return year >= 0 ? year / 10 : -((9 - year) / 10);
    case HY_DATE_PART_CENTURY:
        return year > 0 ? (year + 99) / 100 : -((99 - before_christ) / 100);
    case HY_DATE_PART_MILLENNIUM:
        return year > 0 ? (year + 999) / 1000 : -((999 - before_christ) / 1000);
    }
    return -1;
}

static int32_t expected_trunc(HyDateTrunc trunc, int32_t date)
{
    int32_t year, month, day;
    hy_date_to_ymd(date, &year, &month, &day);
    switch (trunc) {
    case HY_DATE_TRUNC_YEAR:
        return hy_date_from_ymd(year, 1, 1);
    case HY_DATE_TRUNC_QUARTER:
        return hy_date_from_ymd(year, (month - 1) / 3 * 3 + 1, 1);
    case HY_DATE_TRUNC_MONTH:
        return hy_date_from_ymd(year, month, 1);
    case HY_DATE_TRUNC_WEEK:
        return date - (hy_date_weekday(date) + 6) % 7;
    case HY_DATE_TRUNC_DECADE:
        return hy_date_from_ymd(year < 10 ? 1 : year / 10 * 10, 1, 1);
    case HY_DATE_TRUNC_CENTURY:
        return hy_date_from_ymd((year - 1) / 100 * 100 + 1, 1, 1);
    case HY_DATE_TRUNC_MILLENNIUM:
        return hy_date_from_ymd((year - 1) / 1000 * 1000 + 1, 1, 1);
    }
    return -1;
}

static void check_loops(const HyDatetimeLoops *loops)
{
    int32_t *out = malloc(n_dates * sizeof *out);
    uint64_t *timestamps = malloc(n_dates * sizeof *timestamps);
    assert_true(out && timestamps);
    for (HyDatePart part = 0; part < HY_DATE_PARTS; part++) {
        loops->date_part[part](out, dates, n_dates);
        for (size_t i = 0; i < n_dates; i++)
            if (out[i] != expected_part(part, dates[i]))
                fail_msg("part %d of date %d: %d", (int)part, (int)dates[i], (int)out[i]);
    }
    /* What units of several years begin with before the change of era is the server's own. */
    for (HyDateTrunc trunc = 0; trunc < HY_DATE_TRUNCS; trunc++) {
        loops->date_trunc[trunc](out, dates, n_dates);
        for (size_t i = 0; i < n_dates; i++) {
            bool is_compared = trunc < HY_DATE_TRUNC_DECADE || dates[i] >= 1721426;
            if (is_compared && out[i] != expected_trunc(trunc, dates[i]))
                fail_msg("trunc %d of date %d: %d", (int)trunc, (int)dates[i], (int)out[i]);
        }
    }
    loops->midnights(timestamps, dates, n_dates);
    loops->dates_of(out, timestamps, n_dates);
    assert_memory_equal(out, dates, n_dates * sizeof *out);
    for (size_t i = 0; i < n_dates; i++)
        timestamps[i] += (uint64_t)HY_MICROS_PER_DAY - 1 - i % 2;
    loops->dates_of(out, timestamps, n_dates); /* the last microseconds of a day belong to it */
    assert_memory_equal(out, dates, n_dates * sizeof *out);
    free(out);
    free(timestamps);
}

static void check_times(const HyDatetimeLoops *loops)
{
    const uint64_t ts = hy_timestamp_from_date(2458909) +
                        (uint64_t)(13 * HY_MICROS_PER_HOUR + 14 * HY_MICROS_PER_MINUTE + 15678901);
    const int32_t parts[HY_TIME_PARTS] = {13, 14, 15678, 15678901};
    int32_t part;
    uint64_t cut;
    for (HyTimePart p = 0; p < HY_TIME_PARTS; p++) {
        loops->time_part[p](&part, &ts, 1);
        assert_int_equal(part, parts[p]);
    }
    loops->cut_hour(&cut, &ts, 1);
    assert_int_equal(ts - cut, 14 * HY_MICROS_PER_MINUTE + 15678901);
    loops->cut_minute(&cut, &ts, 1);
    assert_int_equal(ts - cut, 15678901);
    loops->cut_second(&cut, &ts, 1);
    assert_int_equal(ts - cut, 678901);
    loops->cut_millisecond(&cut, &ts, 1);
    assert_int_equal(ts - cut, 901);
}

static void loops_agree_with_the_calendar(void **state)
{
    (void)state;
    check_loops(&hy_datetime_loops_baseline);
    check_times(&hy_datetime_loops_baseline);
#ifdef __x86_64__
    if (hy_isa() >= HY_ISA_AVX2) {
        check_loops(&hy_datetime_loops_avx2);
        check_times(&hy_datetime_loops_avx2);
    }
    if (hy_isa() >= HY_ISA_AVX512) {
        check_loops(&hy_datetime_loops_avx512);
        check_times(&hy_datetime_loops_avx512);
    }
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(loops_agree_with_the_calendar)};
    return cmocka_run_group_tests(tests, collect_dates, NULL);
}
