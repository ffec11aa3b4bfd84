#include "types/interval.h"
#include "types/timezone.h"
#include "types_fixture.h"

static HyTextStyle style;

static int set_up(void **state)
{
    (void)state;
    hy_text_style_init(&style);
    return 0;
}

static void every_day_round_trips(void **state)
{
    (void)state;
    int32_t year = 0, month = 0, day = 0, last_year = 0, last_month = 0, last_day = 0;
    for (int32_t date = HY_DATE_MIN; date < 4000000; date++) {
        hy_date_to_ymd(date, &year, &month, &day);
        if (hy_date_from_ymd(year, month, day) != date)
            fail_msg("day %d became %d-%d-%d", date, year, month, day);
        bool follows = date == HY_DATE_MIN ||
                       (year == last_year && month == last_month && day == last_day + 1) ||
                       (day == 1 && last_day == hy_month_days(last_year, last_month));
        if (!follows)
            fail_msg("%d-%d-%d after %d-%d-%d", year, month, day, last_year, last_month, last_day);
        last_year = year;
        last_month = month;
        last_day = day;
    }
    hy_date_to_ymd(HY_JULIAN_EPOCH, &year, &month, &day);
    assert_true(year == 1970 && month == 1 && day == 1);
    assert_int_equal(hy_date_weekday(HY_JULIAN_EPOCH), 4);
    assert_int_equal(hy_date_from_ymd(294276, 12, 31), HY_DATE_MAX);
    assert_int_equal(hy_date_from_ymd(-4712, 1, 1), HY_DATE_MIN);
}

static void text_round_trips(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint64_t ts = HY_TIMESTAMP_MIN + random_below(HY_TIMESTAMP_MAX - HY_TIMESTAMP_MIN),
                 back = 0;
        if (i % 2)
            ts = hy_timestamp_from_date(2451545) + random_below(UINT64_C(1000000) * 86400 * 9000);
        char text[HY_TIMESTAMP_TEXT_MAX];
        size_t len = hy_timestamp_format(ts, text);
        assert_ok(hy_timestamp_parse(&style, text, len, &back));
        if (back != ts)
            fail_msg("%.*s", (int)len, text);
        HyCivil civil = hy_timestamp_to_civil(ts);
        assert_true(hy_timestamp_from_civil(&civil, &back) && back == ts);
    }
}

/* Kind 'd' date, 't' time, 's' timestamp, 'z' timestamptz, 'i' interval. Answers of the genuine
 * server. */
typedef struct Case {
    char kind;
    const char *text;
    const char *expected; /* NULL: 22P02 */
} Case;

static void check(const Case *c)
{
    char out[HY_INTERVAL_TEXT_MAX + 1];
    size_t n = 0, len = strlen(c->text);
    int32_t date = 0;
    int64_t time = 0;
    uint64_t ts = 0;
    HyInterval interval = {0};
    HyStatus st = HY_OK;
    if (c->kind == 'd' && !(st = hy_date_parse(&style, c->text, len, &date)))
        n = hy_date_format(date, out);
    else if (c->kind == 't' && !(st = hy_time_parse(&style, c->text, len, &time)))
        n = hy_time_format(time, out);
    else if (c->kind == 's' && !(st = hy_timestamp_parse(&style, c->text, len, &ts)))
        n = hy_timestamp_format(ts, out);
    else if (c->kind == 'z' && !(st = hy_timestamptz_parse(&style, c->text, len, &ts)))
        n = hy_timestamptz_format(ts, style.time_zone, out);
    else if (c->kind == 'i' && !(st = hy_interval_parse(c->text, len, &interval)))
        n = hy_interval_format(interval, style.interval_style, out);
    out[n] = 0;
    if (st) {
        if (c->expected || strcmp(st->sqlstate, "22P02") != 0)
            fail_msg("'%s': %s %s", c->text, st->sqlstate, st->message);
        hy_error_free(st);
        return;
    }
    if (!c->expected || strcmp(out, c->expected) != 0)
        fail_msg("%c '%s': %s instead of %s", c->kind, c->text, out,
            c->expected ? c->expected : "an error");
}

static void lenient_forms_are_read(void **state)
{
    (void)state;
    static const Case cases[] = {{'d', "2020-2-9", "2020-02-09"}, {'d', "02/29/2020", "2020-02-29"},
        {'d', "Feb 29, 2020", "2020-02-29"}, {'d', "29feb2020", "2020-02-29"},
        {'d', "2020.060", "2020-02-29"}, {'d', "j 2458909", "2020-02-29"}, {'d', "J37", NULL},
        {'d', "1-1-1", "2001-01-01"}, {'d', "001-01-01", "0001-01-01"},
        {'d', "12/31/99", "1999-12-31"}, {'d', "0000-01-01", "0001-01-01 BC"},
        {'d', "BC 2020-01-01", "2020-01-01 BC"}, {'d', "-2020-01-01", "2021-01-01 BC"},
        {'d', "infinity", "294276-12-31"}, {'d', "02292020", "2020-02-29"}, {'d', "20200229", NULL},
        {'d', "99-12-31", NULL}, {'d', "2021-02-29", NULL}, {'d', "2020-02", NULL},
        {'d', "Mon 2020-01-06", NULL}, {'d', "", NULL}, {'d', "2020--01-01", NULL},
        {'d', "294277-01-01", NULL}, {'t', "12:34:56,7", "12:34:56"},
        {'t', "1:34 p.m.", "13:34:00"}, {'t', "24:00", "24:00:00"}, {'t', "24:00:01", NULL},
        {'t', "01:02:03.1234565", "01:02:03.123457"}, {'t', "01:02:03.9999999", NULL},
        {'t', "0:34 PM", NULL}, {'t', "12", NULL}, {'t', "12:34.5", "00:12:34.5"},
        {'s', "2020-02-29 24:00", "2020-03-01 00:00:00"},
        {'s', "12:34:56 Feb 29 2020", "2020-02-29 12:34:56"},
        {'s', "2020-02-29 12:34:56+05:30", "2020-02-29 12:34:56"},
        {'s', "2020-02-29-12:34", "2020-02-29 12:34:00"}, {'s', "2020-02-29+02", NULL},
        {'s', "2020-02-29 12:34 12:35", NULL}, {'s', "2020-02-29 12:34:56+15", NULL},
        {'z', "2020-02-29 12:34:56-08:00:30", "2020-02-29 20:35:26+00"},
        {'z', "2020-02-29 12:34:56 europe/berlin", "2020-02-29 11:34:56+00"},
        {'z', "2020-03-29 02:30 Europe/Berlin", "2020-03-29 01:30:00+00"},
        {'z', "2020-10-25 02:30 Europe/Berlin", "2020-10-25 01:30:00+00"},
        {'z', "2020-10-25 02:30 CEST", "2020-10-25 00:30:00+00"},
        {'z', "2050-07-01 12:00 Europe/Berlin", "2050-07-01 10:00:00+00"},
        {'z', "2020-02-29 12:34:56 Nowhere/Land", NULL},
        {'i', "1 year 2 mons 3 days 04:05:06.7", "P1Y2M3DT4H5M6.700000S"},
        {'i', "-4:05", "PT-4H-5M"}, {'i', "1.5 months", "P1M15D"},
        {'i', "1-2 3 4:5:6", "P1Y2M3DT4H5M6S"}, {'i', "1 day ago", "P-1D"},
        {'i', "P0001-02-03T04:05:06", "P1Y2M3DT4H5M6S"}, {'i', "1", "PT1S"},
        {'i', "0.1 years", "P1M6D"}, {'i', "100:00", NULL}, {'i', "25:00:00", "PT25H"},
        {'i', "1 day 1 day", NULL}, {'i', "-P1D", NULL}, {'i', "", NULL},
        {'i', "178956971 years", NULL}, {'i', "1 quarter", NULL}};
    for (size_t i = 0; i < HY_ARRAY_LEN(cases); i++)
        check(&cases[i]);
}

static void date_order_decides(void **state)
{
    (void)state;
    static const Case dmy[] = {{'d', "02/03/2020", "2020-03-02"}, {'d', "29.02.2020", "2020-02-29"},
        {'d', "2020-02-29", "2020-02-29"}, {'d', "2020.2.9", "2020-09-02"},
        {'d', "2020/02/29", NULL}};
    static const Case ymd[] = {{'d', "20-02-29", "2020-02-29"}, {'d', "02/29/2020", "2020-02-29"},
        {'d', "20200229", "2020-02-29"}};
    style.date_order = HY_DATE_DMY;
    for (size_t i = 0; i < HY_ARRAY_LEN(dmy); i++)
        check(&dmy[i]);
    style.date_order = HY_DATE_YMD;
    for (size_t i = 0; i < HY_ARRAY_LEN(ymd); i++)
        check(&ymd[i]);
}

static void intervals_print_in_four_styles(void **state)
{
    (void)state;
    static const struct {
        HyInterval v;
        const char *expected[4];
    } cases[] = {
        {{.months = 14, .days = 3, .micros = 14706700000},
            {"P1Y2M3DT4H5M6.700000S", "1 year 2 mons 3 days 04:05:06.700000",
                "@ 1 year 2 mons 3 days 4 hours 5 mins 6.700000 secs", "1-2 3 04:05:06.700000"}},
        {{.months = -12, .days = 2, .micros = -1000000},
            {"P-1Y2DT-1S", "-1 year +2 days -00:00:01", "@ -1 year +2 days - 1 sec",
                "-1-0 +2 -00:00:01"}},
        {{.months = -1, .days = 1, .micros = 3600000000},
            {"P-1M1DT1H", "- 1 mon +1 day 01:00:00", "@ - 1 mon +1 day 1 hour",
                "-0-1 +1 01:00:00"}},
        {{.days = -3, .micros = 14400000000},
            {"P-3DT4H", "-3 days +04:00:00", "@ -3 days + 4 hours", "-3 +04:00:00"}},
        {{0}, {"PT0S", "00:00:00", "@ 0", "0"}},
        {{.days = 1}, {"P1D", "1 day", "@ 1 day", "1 00:00:00"}},
        {{.months = INT32_MIN, .days = INT32_MIN, .micros = INT64_MIN},
            {"P-178956970Y-8M-2147483648DT-2562047788H-54.775808S",
                "-178956970 years 8 mons -2147483648 days -2562047788:00:54.775808",
                "@ -178956970 years 8 mons -2147483648 days - 2562047788 hours 54.775808 secs",
                "-178956970-8 -2147483648 -2562047788:00:54.775808"}}};
    for (size_t i = 0; i < HY_ARRAY_LEN(cases); i++) {
        for (int s = 0; s < 4; s++) {
            char text[HY_INTERVAL_TEXT_MAX + 1];
            text[hy_interval_format(cases[i].v, (HyIntervalStyle)s, text)] = 0;
            assert_string_equal(text, cases[i].expected[s]);
        }
    }
}

static void months_clip_and_limits_hold(void **state)
{
    (void)state;
    int32_t date = hy_date_from_ymd(2020, 1, 31), moved = 0;
    assert_true(hy_date_add_months(date, 1, &moved));
    assert_int_equal(moved, hy_date_from_ymd(2020, 2, 29));
    assert_true(hy_date_add_months(date, -2, &moved));
    assert_int_equal(moved, hy_date_from_ymd(2019, 11, 30));
    assert_false(hy_date_add_months(date, INT64_MAX, &moved));
    uint64_t ts = 0;
    HyInterval month_end = {.months = 1, .days = 1, .micros = -1};
    assert_true(hy_timestamp_add_interval(hy_timestamp_from_date(date), month_end, 1, &ts));
    assert_true(ts == hy_timestamp_from_date(hy_date_from_ymd(2020, 3, 1)) - 1);
    HyInterval huge = {.micros = INT64_MAX, .days = INT32_MAX, .months = INT32_MIN};
    assert_false(hy_timestamp_add_interval(HY_TIMESTAMP_MAX, huge, 1, &ts));
    assert_false(hy_timestamp_add_interval(HY_TIMESTAMP_MAX, (HyInterval){.micros = 1}, 1, &ts));
}

/* A day is 23 hours when summer time begins. */
static void days_follow_the_local_clock(void **state)
{
    (void)state;
    const HyTimeZone *berlin = NULL;
    assert_ok(hy_time_zone_find("EUROPE/berlin", &berlin));
    assert_string_equal(hy_time_zone_name(berlin), "Europe/Berlin");
    uint64_t start = 0, end = 0;
    const char text[] = "2020-03-28 12:00 Europe/Berlin";
    assert_ok(hy_timestamptz_parse(&style, text, sizeof text - 1, &start));
    assert_true(hy_timestamptz_add_interval(start, (HyInterval){.days = 1}, 1, berlin, &end));
    assert_true(end - start == 23 * (uint64_t)HY_MICROS_PER_HOUR);
    assert_string_equal(hy_time_zone_abbreviation(berlin, end), "CEST");
}

/* Spans cover time without gaps, and local times come back, for zones with all kinds of rules. */
static void zones_are_consistent(void **state)
{
    (void)state;
    static const char *names[] = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
        "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca", "America/Sao_Paulo", "UTC", "EST",
        "PST", "Etc/GMT+5"};
    for (size_t i = 0; i < HY_ARRAY_LEN(names); i++) {
        const HyTimeZone *zone = NULL;
        assert_ok(hy_time_zone_find(names[i], &zone));
        uint64_t utc = hy_timestamp_from_date(hy_date_from_ymd(1850, 1, 1));
        uint64_t last = hy_timestamp_from_date(hy_date_from_ymd(2150, 1, 1));
        while (utc < last) {
            HyZoneSpan span = hy_time_zone_span(zone, utc);
            assert_true(span.begin <= utc && utc < span.end);
            assert_true(span.offset_us == (int64_t)hy_time_zone_offset(zone, utc) * 1000000);
            uint64_t inside = utc + (span.end - utc > 7200000000 ? 7200000000 : 0);
            uint64_t local = hy_time_zone_to_local(zone, inside);
            if (inside != utc && hy_time_zone_to_utc(zone, local) != inside)
                fail_msg("%s: %llu", names[i], (unsigned long long)inside);
            if (span.end == UINT64_MAX)
                break;
            utc = span.end;
        }
    }
    const HyTimeZone *zone = NULL;
    assert_fails(hy_time_zone_find("../../etc/passwd", &zone), "22023");
    assert_fails(hy_time_zone_find("", &zone), "22023");
    assert_fails(hy_time_zone_find("Europe", &zone), "22023");
    assert_ok(hy_time_zone_find("system", &zone));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_day_round_trips, set_up),
        cmocka_unit_test_setup(text_round_trips, set_up),
        cmocka_unit_test_setup(lenient_forms_are_read, set_up),
        cmocka_unit_test_setup(date_order_decides, set_up),
        cmocka_unit_test_setup(intervals_print_in_four_styles, set_up),
        cmocka_unit_test_setup(months_clip_and_limits_hold, set_up),
        cmocka_unit_test_setup(days_follow_the_local_clock, set_up),
        cmocka_unit_test_setup(zones_are_consistent, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
