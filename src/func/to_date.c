/* to_date and to_timestamp: dates and times read by a pattern. */
#include "func/datetime_pattern.h"
#include "func/families.h"
#include "func/text_kernel.h"
#include "types/datetime.h"
#include "types/timezone.h"

#include <math.h>

/* Fields of which the second occurrence must agree with the first. */
typedef enum Slot {
    SLOT_YEAR,
    SLOT_CENTURY,
    SLOT_QUARTER,
    SLOT_MONTH,
    SLOT_WEEK,
    SLOT_WEEK_OF_MONTH,
    SLOT_DAY_OF_YEAR,
    SLOT_DAY,
    SLOT_WEEKDAY, /* 1: Sunday; with ISO weeks 1: Monday */
    SLOT_JULIAN,
    SLOT_HOUR,
    SLOT_MINUTE,
    SLOT_SECOND,
    SLOT_SECONDS_OF_DAY,
    SLOT_MILLIS,
    SLOT_MICROS,
    SLOT_COUNT
} Slot;

/* A text on its way through a pattern. */
typedef struct Reader {
    const char *pos;
    const char *end;
    int64_t values[SLOT_COUNT];
    bool is_set[SLOT_COUNT];
    bool is_gregorian; /* met a field of the common calendar / of ISO weeks: not both */
    bool is_iso;
    bool has_short_year; /* one or two digits, for which a century counts */
    bool has_half_day;   /* AM or PM */
    bool is_pm;
    bool is_bc;
    int64_t offset_us; /* of OF */
} Reader;

static HyStatus set_slot(Reader *r, Slot slot, const HyPatternNode *node, int64_t value)
{
    if (r->is_set[slot] && r->values[slot] != value)
        return hy_error("22007",
            "conflicting values for '%.*s' field in formatting string. The value '%lld' "
            "contradicts the previous value of '%lld' for the same field type",
            (int)node->len, node->text, (long long)value, (long long)r->values[slot]);
    r->is_set[slot] = true;
    r->values[slot] = value;
    return HY_OK;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_spaces(Reader *r)
{
    while (r->pos < r->end && is_space(*r->pos))
        r->pos++;
}

/* ---- Reading ---- */

/* Whether a number ends where its digits end. Before another number it has a fixed width. */
static bool ends_by_itself(const HyPattern *pattern, size_t i)
{
    const HyPatternNode *node = &pattern->nodes[i];
    if (!node->is_filled || node->ordinal[0] || i + 1 == pattern->n)
        return true;
    const HyPatternNode *next = &pattern->nodes[i + 1];
    if (next->field == HY_PATTERN_LITERAL)
        return !is_digit(next->text[0]);
    return next->digits == 0;
}

/* A whole number with an optional sign; *n_digits: how many it had. */
static HyStatus read_number(
    Reader *r, const HyPattern *pattern, size_t i, int64_t *out, size_t *n_digits)
{
    const HyPatternNode *node = &pattern->nodes[i];
    bool is_negative = false;
    size_t most = ends_by_itself(pattern, i) ? SIZE_MAX : node->digits;
    skip_spaces(r);
    if (r->pos < r->end && (*r->pos == '-' || *r->pos == '+'))
        is_negative = *r->pos++ == '-';
    const char *start = r->pos;
    int64_t value = 0;
    while (r->pos < r->end && is_digit(*r->pos) && (size_t)(r->pos - start) < most) {
        value = value * 10 + (*r->pos++ - '0');
        if (value > INT32_MAX)
            return hy_error("22007",
                "The substring '%.*s' is not a valid instance for the pattern %.*s: numeric "
                "overflow",
                (int)(r->end - start), start, (int)node->len, node->text);
    }
    *n_digits = (size_t)(r->pos - start);
    if (*n_digits == 0)
        return hy_error("22007",
            "The substring '%.*s' is not a valid instance for the pattern %.*s: invalid input "
            "syntax for integer",
            (int)(r->end - start), start, (int)node->len, node->text);
    *out = is_negative ? -value : value;
    return HY_OK;
}

static HyStatus read_slot(Reader *r, const HyPattern *pattern, size_t i, Slot slot)
{
    int64_t value;
    size_t n_digits;
    HY_TRY(read_number(r, pattern, i, &value, &n_digits));
    return set_slot(r, slot, &pattern->nodes[i], value);
}

/* Years of fewer than four digits are those nearest to 2020. */
static int64_t complete_year(int64_t year)
{
    if (year < 0)
        return year;
    if (year < 70)
        return year + 2000;
    if (year < 100)
        return year + 1900;
    if (year < 520)
        return year + 2000;
    return year < 1000 ? year + 1000 : year;
}

static HyStatus read_year(Reader *r, const HyPattern *pattern, size_t i)
{
    const HyPatternNode *node = &pattern->nodes[i];
    int64_t year;
    size_t n_digits;
    HY_TRY(read_number(r, pattern, i, &year, &n_digits));
    if (node->digits < 4 && n_digits < 4) {
        year = complete_year(year);
        r->has_short_year = node->digits <= 2;
    }
    return set_slot(r, SLOT_YEAR, node, year);
}

/* "2,020": thousands, comma, three digits. */
static HyStatus read_year_with_comma(Reader *r, const HyPatternNode *node)
{
    int64_t thousands = 0;
    int64_t rest = 0;
    skip_spaces(r);
    const char *p = r->pos;
    for (; p < r->end && is_digit(*p) && thousands < 1000; p++)
        thousands = thousands * 10 + (*p - '0');
    if (p == r->pos || r->end - p < 4 || *p != ',' || !is_digit(p[1]) || !is_digit(p[2]) ||
        !is_digit(p[3]))
        return hy_error("22007", "invalid input for formatting field 'Y,YYY'");
    for (int k = 1; k <= 3; k++)
        rest = rest * 10 + (p[k] - '0');
    r->pos = p + 4;
    return set_slot(r, SLOT_YEAR, node, thousands * 1000 + rest);
}

/* The digits behind a decimal point: "5" is 500 milliseconds. */
static HyStatus read_fraction(Reader *r, const HyPattern *pattern, size_t i, Slot slot)
{
    int64_t value;
    size_t n_digits;
    HY_TRY(read_number(r, pattern, i, &value, &n_digits));
    for (size_t k = n_digits; k < pattern->nodes[i].digits; k++)
        value *= 10;
    return set_slot(r, slot, &pattern->nodes[i], value);
}

static bool begins_with(const Reader *r, const char *word, size_t len)
{
    return (size_t)(r->end - r->pos) >= len && strncasecmp(r->pos, word, len) == 0;
}

/* The longest of the names (or of their first `cut` letters) that stands at pos; -1 without one. */
static int match_name(Reader *r, const char *const *names, int n, size_t cut)
{
    int best = -1;
    size_t best_len = 0;
    for (int k = 0; k < n; k++) {
        size_t len = cut ? cut : strlen(names[k]);
        if (len > best_len && begins_with(r, names[k], len)) {
            best = k;
            best_len = len;
        }
    }
    r->pos += best_len;
    return best;
}

static HyStatus read_name(Reader *r, const HyPatternNode *node)
{
    int found;
    Slot slot = SLOT_MONTH;
    skip_spaces(r);
    const char *start = r->pos;
    switch (node->field) {
    case HY_PATTERN_MONTH:
        found = match_name(r, hy_month_names, 12, 0);
        break;
    case HY_PATTERN_MON:
        found = match_name(r, hy_month_names, 12, 3);
        break;
    case HY_PATTERN_RM:
        found = match_name(r, hy_roman_months, 12, 0);
        break;
    default: /* DAY, DY */
        found = match_name(r, hy_weekday_names, 7, node->field == HY_PATTERN_DY ? 3 : 0);
        slot = SLOT_WEEKDAY;
    }
    if (found < 0)
        return hy_error("22007", "Invalid value '%.*s' for '%.*s' field", (int)(r->end - start),
            start, (int)node->len, node->text);
    if (slot == SLOT_WEEKDAY && r->is_iso)
        return set_slot(r, slot, node, found == 0 ? 7 : found);
    return set_slot(r, slot, node, found + 1);
}

/* AM/PM and BC/AD, with dots if the pattern has them. */
static HyStatus read_half(
    Reader *r, const HyPatternNode *node, bool *is_second, const char *first, const char *second)
{
    static const char *const labels[2][2] = {{"am/pm", "bc/ad"}, {"a.m./p.m.", "b.c./a.d."}};
    bool is_am = node->field == HY_PATTERN_AM;
    bool is_dotted = node->len == 4;
    skip_spaces(r);
    if ((size_t)(r->end - r->pos) < node->len)
        return hy_error("22007", "source string too short for formatting field '%s'",
            labels[is_dotted][!is_am]);
    *is_second = begins_with(r, second, node->len);
    if (!*is_second && !begins_with(r, first, node->len))
        return hy_error("22007",
            "The given value '%.*s' did not match any of the allowed values for field '%s'",
            (int)node->len, r->pos, labels[is_dotted][!is_am]);
    r->pos += node->len;
    return HY_OK;
}

static HyStatus read_offset(Reader *r)
{
    skip_spaces(r);
    bool is_negative = r->pos < r->end && *r->pos == '-';
    if (r->pos < r->end && (*r->pos == '-' || *r->pos == '+'))
        r->pos++;
    if (r->end - r->pos < 4)
        return hy_error("22007", "'OF' field requires 4 characters, but only %d could be parsed",
            (int)(r->end - r->pos));
    for (int k = 0; k < 4; k++)
        if (!is_digit(r->pos[k]))
            return hy_error("22007", "Invalid value '%.4s' for 'OF' field", r->pos);
    int64_t hours = (r->pos[0] - '0') * 10 + (r->pos[1] - '0');
    int64_t minutes = (r->pos[2] - '0') * 10 + (r->pos[3] - '0');
    r->pos += 4;
    r->offset_us = (hours * 60 + minutes) * HY_MICROS_PER_MINUTE * (is_negative ? -1 : 1);
    return HY_OK;
}

/* Read over: the server ignores them. */
static void skip_offset(Reader *r)
{
    skip_spaces(r);
    if (r->pos < r->end && (*r->pos == '-' || *r->pos == '+'))
        r->pos++;
    for (int k = 0; k < 2 && r->pos < r->end && is_digit(*r->pos); k++)
        r->pos++;
}

static HyStatus note_calendar(Reader *r, HyPatternField field)
{
    switch (field) {
    case HY_PATTERN_IDDD:
    case HY_PATTERN_ID:
    case HY_PATTERN_IW:
    case HY_PATTERN_IYYY:
        r->is_iso = true;
        break;
    case HY_PATTERN_CC:
    case HY_PATTERN_DDD:
    case HY_PATTERN_DD:
    case HY_PATTERN_D:
    case HY_PATTERN_MM:
    case HY_PATTERN_MONTH:
    case HY_PATTERN_MON:
    case HY_PATTERN_Q:
    case HY_PATTERN_RM:
    case HY_PATTERN_WW:
    case HY_PATTERN_W:
    case HY_PATTERN_Y_YYY:
    case HY_PATTERN_YYYY:
        r->is_gregorian = true;
        break;
    default:
        break;
    }
    if (r->is_iso && r->is_gregorian)
        return hy_error("22007",
            "Invalid mix of Gregorian and ISO week date conventions in a formatting string");
    return HY_OK;
}

static void skip_literal(Reader *r)
{
    uint32_t c;
    size_t step = hy_utf8_decode(r->pos, (size_t)(r->end - r->pos), &c);
    r->pos += step ? step : 1;
}

static HyStatus read_field(Reader *r, const HyPattern *pattern, size_t i)
{
    static const Slot slots[] = {[HY_PATTERN_CC] = SLOT_CENTURY,
        [HY_PATTERN_DDD] = SLOT_DAY_OF_YEAR,
        [HY_PATTERN_DD] = SLOT_DAY,
        [HY_PATTERN_D] = SLOT_WEEKDAY,
        [HY_PATTERN_HH24] = SLOT_HOUR,
        [HY_PATTERN_HH12] = SLOT_HOUR,
        [HY_PATTERN_IDDD] = SLOT_DAY_OF_YEAR,
        [HY_PATTERN_ID] = SLOT_WEEKDAY,
        [HY_PATTERN_IW] = SLOT_WEEK,
        [HY_PATTERN_J] = SLOT_JULIAN,
        [HY_PATTERN_MI] = SLOT_MINUTE,
        [HY_PATTERN_MM] = SLOT_MONTH,
        [HY_PATTERN_Q] = SLOT_QUARTER,
        [HY_PATTERN_SSSS] = SLOT_SECONDS_OF_DAY,
        [HY_PATTERN_SS] = SLOT_SECOND,
        [HY_PATTERN_WW] = SLOT_WEEK,
        [HY_PATTERN_W] = SLOT_WEEK_OF_MONTH};
    const HyPatternNode *node = &pattern->nodes[i];
    HY_TRY(note_calendar(r, node->field));
    switch (node->field) {
    case HY_PATTERN_LITERAL: /* any character does */
        skip_literal(r);
        return HY_OK;
    case HY_PATTERN_AD:
        return node->len == 4 ? read_half(r, node, &r->is_bc, "a.d.", "b.c.")
                              : read_half(r, node, &r->is_bc, "ad", "bc");
    case HY_PATTERN_AM:
        r->has_half_day = true;
        return node->len == 4 ? read_half(r, node, &r->is_pm, "a.m.", "p.m.")
                              : read_half(r, node, &r->is_pm, "am", "pm");
    case HY_PATTERN_DAY:
    case HY_PATTERN_DY:
    case HY_PATTERN_MONTH:
    case HY_PATTERN_MON:
    case HY_PATTERN_RM:
        return read_name(r, node);
    case HY_PATTERN_IYYY:
    case HY_PATTERN_YYYY:
        return read_year(r, pattern, i);
    case HY_PATTERN_Y_YYY:
        return read_year_with_comma(r, node);
    case HY_PATTERN_MS:
        return read_fraction(r, pattern, i, SLOT_MILLIS);
    case HY_PATTERN_US:
        return read_fraction(r, pattern, i, SLOT_MICROS);
    case HY_PATTERN_OF:
        return read_offset(r);
    case HY_PATTERN_TZH:
    case HY_PATTERN_TZM:
        skip_offset(r);
        return HY_OK;
    case HY_PATTERN_TZ:
        return hy_error("0A000", "`TZ`/`tz` format patterns are not supported in `to_timestamp()`");
    case HY_PATTERN_HH12:
        HY_TRY(read_slot(r, pattern, i, SLOT_HOUR));
        r->has_half_day = true;
        return HY_OK;
    default:
        return read_slot(r, pattern, i, slots[node->field]);
    }
}

/* A text that ends early leaves the other fields at their defaults; what is too much is ignored. */
static HyStatus read_all(Reader *r, const HyPattern *pattern)
{
    for (size_t i = 0; i < pattern->n && r->pos < r->end; i++) {
        HY_TRY(read_field(r, pattern, i));
        if (pattern->nodes[i].ordinal[0])
            for (int k = 0; k < 2 && r->pos < r->end; k++)
                r->pos++;
    }
    return HY_OK;
}

/* ---- Putting together ---- */

static HyStatus check_range(
    const char *what, const char *article, int64_t value, int64_t low, int64_t high)
{
    if (value >= low && value <= high)
        return HY_OK;
    return hy_error("22007", "%s %lld is invalid. Give a%s %s between %lld and %lld", what,
        (long long)value, article, strchr(what, ' ') ? "value" : what, (long long)low,
        (long long)high);
}

/* The astronomical year; 0, which is 1 BC, when there is none. */
static int64_t year_of(const Reader *r)
{
    int64_t century = r->values[SLOT_CENTURY];
    int64_t year = r->values[SLOT_YEAR];
    if (r->is_set[SLOT_CENTURY] && century != 0) {
        if (!r->is_set[SLOT_YEAR])
            year = (century - 1) * 100 + 1;
        else if (r->has_short_year)
            year = (century - 1) * 100 + year % 100;
    }
    return r->is_bc ? 1 - year : year;
}

static HyStatus need_year(const Reader *r, const char *what)
{
    if (r->is_set[SLOT_YEAR] || r->is_set[SLOT_CENTURY])
        return HY_OK;
    return hy_error("22007", "cannot calculate %s without year information", what);
}

static HyStatus date_of_week(const Reader *r, int64_t year, int64_t *out)
{
    int64_t week = r->values[SLOT_WEEK];
    int64_t weekday = r->values[SLOT_WEEKDAY];
    HY_TRY(need_year(r, "week of year"));
    HY_TRY(check_range("week of year", "", week, 1, 53));
    if (r->is_set[SLOT_WEEKDAY])
        HY_TRY(check_range("day of week", "", weekday, 1, 7));
    if (r->is_iso) {
        int32_t fourth = hy_date_from_ymd(year, 1, 4);
        int64_t monday = fourth - (hy_date_weekday(fourth) + 6) % 7;
        *out = monday + (week - 1) * 7 + (r->is_set[SLOT_WEEKDAY] ? weekday - 1 : 0);
        return HY_OK;
    }
    int64_t first = hy_date_from_ymd(year, 1, 1) + (week - 1) * 7;
    *out = first;
    if (r->is_set[SLOT_WEEKDAY]) /* the one among the seven days from there on */
        *out += (weekday - 1 - hy_date_weekday((int32_t)first) + 7) % 7;
    return HY_OK;
}

static HyStatus date_of_day(const Reader *r, int64_t year, int64_t *out)
{
    HY_TRY(need_year(r, "day of year"));
    int64_t first = hy_date_from_ymd(year, 1, 1);
    if (r->is_iso) {
        int32_t fourth = (int32_t)first + 3;
        first = fourth - (hy_date_weekday(fourth) + 6) % 7;
    }
    *out = first + r->values[SLOT_DAY_OF_YEAR] - 1;
    return HY_OK;
}

static HyStatus month_of(const Reader *r, int64_t *out)
{
    int64_t quarter = r->values[SLOT_QUARTER];
    *out = r->is_set[SLOT_MONTH] ? r->values[SLOT_MONTH] : 1;
    HY_TRY(check_range("month", "", *out, 1, 12));
    if (!r->is_set[SLOT_QUARTER])
        return HY_OK;
    HY_TRY(check_range("quarter", "", quarter, 1, 4));
    if (!r->is_set[SLOT_MONTH])
        *out = quarter * 3 - 2;
    else if ((*out - 1) / 3 + 1 != quarter)
        return hy_error("22007",
            "inconsistent use of quarter %lld and month %lld. This month is not in this quarter",
            (long long)quarter, (long long)*out);
    return HY_OK;
}

static HyStatus date_of_month(const Reader *r, int64_t year, int64_t *out)
{
    int64_t month;
    int64_t day = r->is_set[SLOT_DAY] ? r->values[SLOT_DAY] : 1;
    HY_TRY(month_of(r, &month));
    if (r->is_set[SLOT_WEEK_OF_MONTH]) {
        HY_TRY(check_range("week of month", "", r->values[SLOT_WEEK_OF_MONTH], 1, 5));
        if (!r->is_set[SLOT_DAY])
            day = r->values[SLOT_WEEK_OF_MONTH] * 7 - 6;
    }
    HY_TRY(check_range("day", "", day, 1, hy_month_days(year, (int)month)));
    *out = hy_date_from_ymd(year, (int)month, (int)day);
    return HY_OK;
}

static HyStatus date_of(const Reader *r, int32_t *out)
{
    int64_t year = year_of(r);
    int64_t date;
    bool names_day = r->is_set[SLOT_MONTH] || r->is_set[SLOT_DAY] || r->is_set[SLOT_DAY_OF_YEAR];
    if (r->is_set[SLOT_JULIAN]) {
        int64_t julian = (uint32_t)r->values[SLOT_JULIAN];
        HY_TRY(check_range("julian day", "", julian, HY_DATE_MIN, HY_DATE_MAX));
        *out = (int32_t)julian;
        return HY_OK;
    }
    HY_TRY(check_range("year", "", year, -4712, 294276));
    if (r->is_set[SLOT_WEEK])
        HY_TRY(date_of_week(r, year, &date));
    else if (r->is_set[SLOT_WEEKDAY] && !names_day)
        return hy_error("22007", "cannot use day of week without a week of year being set");
    else if (r->is_set[SLOT_DAY_OF_YEAR])
        HY_TRY(date_of_day(r, year, &date));
    else
        HY_TRY(date_of_month(r, year, &date));
    if (date < HY_DATE_MIN || date > HY_DATE_MAX)
        return hy_error("22008", "timestamp out of range");
    *out = (int32_t)date;
    return HY_OK;
}

static HyStatus time_of(const Reader *r, int64_t *out)
{
    int64_t of_day = r->values[SLOT_SECONDS_OF_DAY];
    int64_t hour = r->is_set[SLOT_HOUR] ? r->values[SLOT_HOUR] : of_day / 3600;
    int64_t minute = r->is_set[SLOT_MINUTE] ? r->values[SLOT_MINUTE] : of_day / 60 % 60;
    int64_t second = r->is_set[SLOT_SECOND] ? r->values[SLOT_SECOND] : of_day % 60;
    int64_t micros = r->values[SLOT_MILLIS] * 1000 + r->values[SLOT_MICROS];
    if (r->has_half_day && r->is_set[SLOT_HOUR]) {
        if (hour < 1 || hour > 12)
            return hy_error("22007",
                "hour %lld is invalid for the 12-hour clock. Use the 24-hour clock, or give an "
                "hour between 1 and 12",
                (long long)hour);
        hour = hour % 12 + (r->is_pm ? 12 : 0);
    }
    HY_TRY(check_range("hour", "n", hour, 0, 23));
    HY_TRY(check_range("minute", "", minute, 0, 59));
    HY_TRY(check_range("second", "", second, 0, 59));
    HY_TRY(check_range("usec", "", micros, 0, 999999));
    *out = ((hour * 60 + minute) * 60 + second) * HY_MICROS_PER_SECOND + micros;
    return HY_OK;
}

/* ---- Kernels ---- */

typedef struct PatternCache {
    HyPattern pattern;
    HyString text;
    bool is_filled;
} PatternCache;

static HyStatus read_row(HyFuncEnv *env, PatternCache *cache, const HyVector *args, size_t row,
    Reader *r, int32_t *date, int64_t *time)
{
    const HyString *text =
        (const HyString *)hy_vector_values(&args[0]) + hy_vector_index(&args[0], row);
    const HyString *pattern =
        (const HyString *)hy_vector_values(&args[1]) + hy_vector_index(&args[1], row);
    if (!cache->is_filled || !hy_string_equal(pattern, &cache->text)) {
        HY_TRY(
            hy_pattern_parse(env->arena, hy_string_data(pattern), pattern->len, &cache->pattern));
        cache->text = *pattern;
        cache->is_filled = true;
    }
    memset(r, 0, sizeof *r);
    r->pos = hy_string_data(text);
    r->end = r->pos + text->len;
    HY_TRY(read_all(r, &cache->pattern));
    HY_TRY(date_of(r, date));
    return time_of(r, time);
}

static HyStatus to_date(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    PatternCache cache = {0};
    for (size_t i = 0; i < n; i++) {
        Reader r;
        int32_t date = HY_DATE_MIN;
        int64_t time;
        if (!hy_vector_is_null(out, i))
            HY_TRY(read_row(env, &cache, args, i, &r, &date, &time));
        ((int32_t *)out->data)[i] = date;
    }
    return HY_OK;
}

static HyStatus to_timestamp(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    PatternCache cache = {0};
    for (size_t i = 0; i < n; i++) {
        Reader r;
        int32_t date = HY_DATE_MIN;
        int64_t time = 0;
        uint64_t utc = HY_TIMESTAMP_MIN;
        if (!hy_vector_is_null(out, i)) {
            HY_TRY(read_row(env, &cache, args, i, &r, &date, &time));
            utc = hy_time_zone_to_utc(
                env->style->time_zone, hy_timestamp_from_date(date) + (uint64_t)time);
            utc -= (uint64_t)r.offset_us;
        }
        ((uint64_t *)out->data)[i] = utc;
    }
    return HY_OK;
}

/* Seconds since 1970. */
static HyStatus timestamp_of_seconds(double seconds, uint64_t *out)
{
    const double epoch = (double)HY_JULIAN_EPOCH * 86400;
    if (isinf(seconds))
        return hy_error("0A000", "only finite timestamps are supported");
    double whole = floor(seconds) + epoch;
    if (!(whole >= 0 && whole <= (double)HY_TIMESTAMP_MAX / 1e6))
        return hy_error("22008", "timestamp out of range");
    uint64_t micros =
        (uint64_t)whole * 1000000 + (uint64_t)llrint((seconds - floor(seconds)) * 1e6);
    if (micros < HY_TIMESTAMP_MIN || micros > HY_TIMESTAMP_MAX)
        return hy_error("22008", "timestamp out of range");
    *out = micros;
    return HY_OK;
}

HY_TEXT_KERNEL(seconds_to_timestamp, uint64_t, {
    double seconds = ((const double *)hy_vector_values(&args[0]))[hy_vector_index(&args[0], i)];
    HY_TRY(timestamp_of_seconds(seconds, &r));
})

static const HySignature to_date_sigs[] = {
    {2, {HY_T, HY_T}, HY_TYPE_DATE, to_date, HY_SIG_CAN_FAIL}};
static const HySignature to_timestamp_sigs[] = {
    {2, {HY_T, HY_T}, HY_TYPE_TIMESTAMPTZ, to_timestamp, HY_SIG_CAN_FAIL},
    {1, {HY_TYPE_FLOAT8}, HY_TYPE_TIMESTAMPTZ, seconds_to_timestamp, HY_SIG_CAN_FAIL}};

static const HyFunc functions[] = {
    {"to_date", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, hy_resolve_signatures,
        HY_SIGNATURES(to_date_sigs), "to_date(text, pattern text) -> date",
        "The date in a text that is written by a pattern such as 'DD.MM.YYYY'."},
    {"to_timestamp", HY_FUNC_SCALAR, HY_STABLE, 1, 2, hy_resolve_signatures,
        HY_SIGNATURES(to_timestamp_sigs),
        "to_timestamp(text, pattern text) | to_timestamp(seconds double) -> timestamptz",
        "The instant in a text that is written by a pattern, or so many seconds after 1970."},
};
HY_DEFINE_FAMILY(to_date, functions);
