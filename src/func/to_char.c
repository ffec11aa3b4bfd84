/* to_char: dates, times and intervals by a pattern. */
#include "func/datetime_pattern.h"
#include "func/families.h"
#include "func/text_kernel.h"
#include "types/datetime.h"
#include "types/timezone.h"

#define DAY_WIDTH   9 /* of "Wednesday" and "September" */
#define ROMAN_WIDTH 4

/* A value taken apart. Times and intervals have no date: their days and months count from zero. */
typedef struct Moment {
    bool is_date;
    int64_t year; /* astronomical; of an interval: the years in it */
    int64_t month;
    int64_t day;
    int32_t date; /* Julian day */
    int64_t hour;
    int64_t minute;
    int64_t second;
    int64_t micros;
    const char *zone_name;
    int32_t offset; /* seconds east of UTC */
} Moment;

static void set_time(Moment *m, int64_t micros)
{
    m->hour = micros / HY_MICROS_PER_HOUR;
    m->minute = micros / HY_MICROS_PER_MINUTE % 60;
    m->second = micros / HY_MICROS_PER_SECOND % 60;
    m->micros = micros % HY_MICROS_PER_SECOND;
}

static Moment moment_of_timestamp(uint64_t ts)
{
    int32_t year;
    int32_t month;
    int32_t day;
    Moment m = {.is_date = true, .date = hy_timestamp_date(ts), .zone_name = ""};
    hy_date_to_ymd(m.date, &year, &month, &day);
    m.year = year;
    m.month = month;
    m.day = day;
    set_time(&m, hy_timestamp_time(ts));
    return m;
}

static Moment moment_of_interval(HyInterval interval)
{
    Moment m = {.year = interval.months / 12,
        .month = interval.months % 12,
        .day = interval.days,
        .zone_name = ""};
    set_time(&m, interval.micros);
    return m;
}

/* ---- Calendar ---- */

static int64_t day_of_year(const Moment *m)
{
    if (!m->is_date)
        return m->year * 360 + m->month * 30 + m->day;
    return m->date - hy_date_from_ymd(m->year, 1, 1) + 1;
}

/* As if the months and days of an interval were counted from the start of the calendar. */
static int64_t julian_day(const Moment *m)
{
    if (m->is_date)
        return m->date;
    int64_t months = m->year * 12 + m->month - 1;
    int64_t year = months >= 0 ? months / 12 : -((11 - months) / 12);
    return hy_date_from_ymd(year, (int)(months - year * 12) + 1, 1) + m->day - 1;
}

static int iso_weekday(const Moment *m)
{
    int weekday = hy_date_weekday(m->date);
    return weekday == 0 ? 7 : weekday;
}

/* The year to which the week belongs by its Thursday, and the day's number in that year. */
static int64_t iso_year(const Moment *m, int64_t *day)
{
    int32_t year;
    int32_t month;
    int32_t day_of_month;
    int32_t monday = m->date - iso_weekday(m) + 1;
    hy_date_to_ymd(monday + 3, &year, &month, &day_of_month);
    int32_t new_year = hy_date_from_ymd(year, 1, 4); /* always in week 1 */
    int weekday = hy_date_weekday(new_year);
    *day = m->date - (new_year - (weekday == 0 ? 7 : weekday) + 1) + 1;
    return year;
}

/* Years before 1 are counted backwards, without a year 0. */
static int64_t shown_year(const Moment *m, int64_t year)
{
    return m->is_date && year <= 0 ? 1 - year : year;
}

static int64_t century(const Moment *m)
{
    if (!m->is_date)
        return m->year / 100;
    return m->year > 0 ? (m->year - 1) / 100 + 1 : m->year / 100 - 1;
}

/* ---- Writing ---- */

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* `name` in the case of the pattern's word: DAY, Day or day. */
static HyStatus put_name(
    const HyPatternNode *node, const char *name, size_t len, size_t width, HyBuffer *out)
{
    bool first_upper = is_upper(node->text[0]);
    bool rest_upper = is_upper(node->text[1]);
    HY_TRY(hy_buffer_reserve(out, len + width));
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool upper = i == 0 ? first_upper : rest_upper;
        if (is_upper(c) && !upper)
            c = (char)(c | 0x20);
        else if (c >= 'a' && c <= 'z' && upper)
            c = (char)(c & ~0x20);
        out->data[out->len++] = c;
    }
    for (size_t i = len; node->is_filled && i < width; i++)
        out->data[out->len++] = ' ';
    return HY_OK;
}

static const char *ordinal_of(int64_t number)
{
    int64_t last = number < 0 ? -(number % 100) : number % 100;
    if (last >= 11 && last <= 13)
        return "th";
    switch (last % 10) {
    case 1:
        return "st";
    case 2:
        return "nd";
    case 3:
        return "rd";
    default:
        return "th";
    }
}

static HyStatus put_ordinal(const HyPatternNode *node, int64_t number, HyBuffer *out)
{
    if (!node->ordinal[0])
        return HY_OK;
    const char *letters = ordinal_of(number);
    for (size_t i = 0; i < 2; i++) {
        char c = letters[i];
        if (is_upper(node->ordinal[i]))
            c = (char)(c & ~0x20);
        HY_TRY(hy_buffer_append_char(out, c));
    }
    return HY_OK;
}

static HyStatus put_number(const HyPatternNode *node, int64_t number, int width, HyBuffer *out)
{
    HY_TRY(hy_buffer_printf(out, "%0*lld", node->is_filled ? width : 0, (long long)number));
    return put_ordinal(node, number, out);
}

/* The last `digits` digits of a year. */
static HyStatus put_year(const HyPatternNode *node, int64_t year, HyBuffer *out)
{
    static const int64_t powers[] = {1, 10, 100, 1000};
    if (node->digits < 4)
        year %= powers[node->digits];
    return put_number(node, year, node->digits, out);
}

static HyStatus put_year_with_comma(const HyPatternNode *node, int64_t year, HyBuffer *out)
{
    HY_TRY(
        hy_buffer_printf(out, "%lld,%03lld", (long long)(year / 1000), (long long)(year % 1000)));
    return put_ordinal(node, year, out);
}

/* "am" or "a.m." as the pattern's word is written. */
static HyStatus put_half(const HyPatternNode *node, const char *letters, HyBuffer *out)
{
    for (size_t i = 0; i < node->len; i++) {
        char c = node->text[i];
        if (c != '.') {
            c = letters[i == 0 ? 0 : 1];
            c = is_upper(node->text[i]) ? (char)(c & ~0x20) : c;
        }
        HY_TRY(hy_buffer_append_char(out, c));
    }
    return HY_OK;
}

static HyStatus put_offset(const HyPatternNode *node, const Moment *m, HyBuffer *out)
{
    int minutes = m->offset / 60;
    if (node->field == HY_PATTERN_TZM)
        return hy_buffer_printf(out, "%+03d", minutes % 60);
    HY_TRY(hy_buffer_printf(
        out, "%c%02d", minutes < 0 ? '-' : '+', (minutes < 0 ? -minutes : minutes) / 60));
    if (node->field == HY_PATTERN_OF && minutes % 60 != 0)
        return hy_buffer_printf(out, ":%02d", (minutes < 0 ? -minutes : minutes) % 60);
    return HY_OK;
}

static HyStatus put_zone(const HyPatternNode *node, const Moment *m, HyBuffer *out)
{
    for (const char *c = m->zone_name; *c; c++)
        HY_TRY(hy_buffer_append_char(
            out, !is_upper(node->text[0]) && is_upper(*c) ? (char)(*c | 0x20) : *c));
    return HY_OK;
}

static HyStatus put_month_name(const HyPatternNode *node, const Moment *m, HyBuffer *out)
{
    if (node->field == HY_PATTERN_RM) {
        if (m->month == 0)
            return HY_OK;
        const char *roman = hy_roman_months[m->month > 0 ? m->month - 1 : m->month + 12];
        return put_name(node, roman, strlen(roman), ROMAN_WIDTH, out);
    }
    const char *name = hy_month_names[m->month - 1];
    return node->field == HY_PATTERN_MON ? put_name(node, name, 3, 3, out)
                                         : put_name(node, name, strlen(name), DAY_WIDTH, out);
}

/* What only a date has. */
static HyStatus put_date_field(const HyPatternNode *node, const Moment *m, HyBuffer *out)
{
    int64_t iso_day;
    const char *name = hy_weekday_names[hy_date_weekday(m->date)];
    switch (node->field) {
    case HY_PATTERN_AD:
        return put_half(node, m->year <= 0 ? "bc" : "ad", out);
    case HY_PATTERN_DAY:
        return put_name(node, name, strlen(name), DAY_WIDTH, out);
    case HY_PATTERN_DY:
        return put_name(node, name, 3, 3, out);
    case HY_PATTERN_D:
        return put_number(node, hy_date_weekday(m->date) + 1, 1, out);
    case HY_PATTERN_ID:
        return put_number(node, iso_weekday(m), 1, out);
    case HY_PATTERN_IDDD:
        (void)iso_year(m, &iso_day);
        return put_number(node, iso_day, 3, out);
    case HY_PATTERN_IW:
        (void)iso_year(m, &iso_day);
        return put_number(node, (iso_day - 1) / 7 + 1, 2, out);
    case HY_PATTERN_IYYY:
        return put_year(node, shown_year(m, iso_year(m, &iso_day)), out);
    case HY_PATTERN_TZ:
        return put_zone(node, m, out);
    case HY_PATTERN_OF:
    case HY_PATTERN_TZH:
    case HY_PATTERN_TZM:
        return put_offset(node, m, out);
    default: /* MON, MONTH */
        return put_month_name(node, m, out);
    }
}

static bool needs_date(HyPatternField field)
{
    switch (field) {
    case HY_PATTERN_AD:
    case HY_PATTERN_DAY:
    case HY_PATTERN_DY:
    case HY_PATTERN_D:
    case HY_PATTERN_ID:
    case HY_PATTERN_IDDD:
    case HY_PATTERN_IW:
    case HY_PATTERN_IYYY:
    case HY_PATTERN_TZ:
    case HY_PATTERN_OF:
    case HY_PATTERN_TZH:
    case HY_PATTERN_TZM:
    case HY_PATTERN_MON:
    case HY_PATTERN_MONTH:
        return true;
    default:
        return false;
    }
}

static HyStatus put_time_field(const HyPatternNode *node, const Moment *m, HyBuffer *out)
{
    switch (node->field) {
    case HY_PATTERN_AM:
        return put_half(node, (m->hour % 24 + 24) % 24 >= 12 ? "pm" : "am", out);
    case HY_PATTERN_HH24:
        return put_number(node, m->hour, 2, out);
    case HY_PATTERN_HH12:
        return put_number(node, m->hour % 12 == 0 ? 12 : m->hour % 12, 2, out);
    case HY_PATTERN_MI:
        return put_number(node, m->minute, 2, out);
    case HY_PATTERN_SS:
        return put_number(node, m->second, 2, out);
    case HY_PATTERN_SSSS:
        return put_number(node, (m->hour * 60 + m->minute) * 60 + m->second, 0, out);
    case HY_PATTERN_MS:
    default: {                        /* US */
        HyPatternNode filled = *node; /* fractions keep their zeros */
        filled.is_filled = true;
        return node->field == HY_PATTERN_MS ? put_number(&filled, m->micros / 1000, 3, out)
                                            : put_number(&filled, m->micros, 6, out);
    }
    }
}

static HyStatus put_field(const HyPatternNode *node, const Moment *m, HyBuffer *out)
{
    if (needs_date(node->field)) {
        if (!m->is_date)
            return hy_error("22007", "invalid format specification for an interval value");
        return put_date_field(node, m, out);
    }
    switch (node->field) {
    case HY_PATTERN_LITERAL:
        return hy_buffer_append(out, node->text, node->len);
    case HY_PATTERN_CC:
        return put_number(node, century(m), 2, out);
    case HY_PATTERN_DDD:
        return put_number(node, day_of_year(m), 3, out);
    case HY_PATTERN_DD:
        return put_number(node, m->day, 2, out);
    case HY_PATTERN_J:
        return put_number(node, julian_day(m), 0, out);
    case HY_PATTERN_MM:
        return put_number(node, m->month, 2, out);
    case HY_PATTERN_Q:
        return m->month == 0 ? HY_OK : put_number(node, (m->month - 1) / 3 + 1, 1, out);
    case HY_PATTERN_RM:
        return put_month_name(node, m, out);
    case HY_PATTERN_W:
        return put_number(node, (m->day - 1) / 7 + 1, 1, out);
    case HY_PATTERN_WW:
        return put_number(node, (day_of_year(m) - 1) / 7 + 1, 2, out);
    case HY_PATTERN_Y_YYY:
        return put_year_with_comma(node, shown_year(m, m->year), out);
    case HY_PATTERN_YYYY:
        return put_year(node, shown_year(m, m->year), out);
    default:
        return put_time_field(node, m, out);
    }
}

/* ---- Kernels ---- */

/* The pattern of the row before, which mostly is the same. */
typedef struct Formatter {
    HyPattern pattern;
    HyString text;
    bool has_pattern;
    HyBuffer out;
} Formatter;

static HyStatus format_row(HyFuncEnv *env, Formatter *f, const HyVector *pattern, size_t row,
    const Moment *m, HyString *result)
{
    const HyString *text =
        (const HyString *)hy_vector_values(pattern) + hy_vector_index(pattern, row);
    if (!f->has_pattern || !hy_string_equal(text, &f->text)) {
        HY_TRY(hy_pattern_parse(env->arena, hy_string_data(text), text->len, &f->pattern));
        f->text = *text;
        f->has_pattern = true;
    }
    f->out.len = 0;
    for (size_t i = 0; i < f->pattern.n; i++)
        HY_TRY(put_field(&f->pattern.nodes[i], m, &f->out));
    char *copy;
    HY_TRY(hy_text_room(env, f->out.len, &copy));
    if (f->out.len)
        memcpy(copy, f->out.data, f->out.len);
    *result = hy_string_view(copy, f->out.len);
    return HY_OK;
}

#define TO_CHAR_KERNEL(name, T, MOMENT)                                                            \
    static HyStatus name(HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args,   \
        size_t n, HyVector *out)                                                                   \
    {                                                                                              \
        HyStatus st = HY_OK;                                                                       \
        Formatter f = {0};                                                                         \
        const T *values = hy_vector_values(&args[0]);                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            HyString r = hy_string_view("", 0);                                                    \
            if (!hy_vector_is_null(out, i)) {                                                      \
                T value = values[hy_vector_index(&args[0], i)];                                    \
                Moment m = MOMENT;                                                                 \
                HY_GO(format_row(env, &f, &args[1], i, &m, &r));                                   \
            }                                                                                      \
            ((HyString *)out->data)[i] = r;                                                        \
        }                                                                                          \
    done:                                                                                          \
        hy_buffer_free(&f.out);                                                                    \
        return st;                                                                                 \
    }

static Moment moment_in_zone(const HyTimeZone *zone, uint64_t utc)
{
    Moment m = moment_of_timestamp(hy_time_zone_to_local(zone, utc));
    if (zone != hy_time_zone_utc()) /* which has no abbreviation for the server */
        m.zone_name = hy_time_zone_abbreviation(zone, utc);
    m.offset = hy_time_zone_offset(zone, utc);
    return m;
}

TO_CHAR_KERNEL(date_to_char, int32_t, moment_of_timestamp(hy_timestamp_from_date(value)))
TO_CHAR_KERNEL(timestamp_to_char, uint64_t, moment_of_timestamp(value))
TO_CHAR_KERNEL(timestamptz_to_char, uint64_t, moment_in_zone(env->style->time_zone, value))
TO_CHAR_KERNEL(time_to_char, int64_t, moment_of_interval((HyInterval){.micros = value}))
TO_CHAR_KERNEL(interval_to_char, HyInterval, moment_of_interval(value))

static const HySignature to_char_sigs[] = {
    {2, {HY_TYPE_DATE, HY_T}, HY_T, date_to_char, HY_SIG_CAN_FAIL},
    {2, {HY_TYPE_TIMESTAMP, HY_T}, HY_T, timestamp_to_char, HY_SIG_CAN_FAIL},
    {2, {HY_TYPE_TIMESTAMPTZ, HY_T}, HY_T, timestamptz_to_char, HY_SIG_CAN_FAIL},
    {2, {HY_TYPE_TIME, HY_T}, HY_T, time_to_char, HY_SIG_CAN_FAIL},
    {2, {HY_TYPE_INTERVAL, HY_T}, HY_T, interval_to_char, HY_SIG_CAN_FAIL}};

static const HyFunc functions[] = {
    {"to_char", HY_FUNC_SCALAR, HY_STABLE, 2, 2, hy_resolve_signatures, HY_SIGNATURES(to_char_sigs),
        "to_char(date | time | timestamp | interval, pattern text) -> text",
        "A date, time or interval by a pattern such as 'DD.MM.YYYY HH24:MI'."},
};
HY_DEFINE_FAMILY(to_char, functions);
