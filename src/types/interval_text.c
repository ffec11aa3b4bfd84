/* Intervals to and from text. */
#include "types/datetime.h"
#include "types/interval.h"
#include "types/numeric.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- output ---- */

/* The time part without sign. */
typedef struct Clock {
    bool negative;
    uint64_t hours, minutes, seconds, micros;
} Clock;

static Clock split_time(int64_t micros)
{
    uint64_t rest = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
    return (Clock){.negative = micros < 0,
        .hours = rest / (uint64_t)HY_MICROS_PER_HOUR,
        .minutes = rest / (uint64_t)HY_MICROS_PER_MINUTE % 60,
        .seconds = rest / (uint64_t)HY_MICROS_PER_SECOND % 60,
        .micros = rest % (uint64_t)HY_MICROS_PER_SECOND};
}

/* Text is gathered by appending; the buffer is large enough for every interval. */
typedef struct Out {
    char *text;
    size_t len;
} Out;

static void put(Out *out, const char *format, ...) HY_PRINTF(2, 3);
static void put(Out *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out->text + out->len, HY_INTERVAL_TEXT_MAX - out->len, format, args);
    va_end(args);
    if (n > 0 && out->len + (size_t)n < HY_INTERVAL_TEXT_MAX)
        out->len += (size_t)n;
}

static void put_seconds(Out *out, const Clock *t, const char *minus, const char *unit)
{
    put(out, "%s%llu", minus, (unsigned long long)t->seconds);
    if (t->micros)
        put(out, ".%06llu", (unsigned long long)t->micros);
    put(out, "%s", unit);
}

static void put_clock(Out *out, const Clock *t, const char *sign)
{
    put(out, "%s%02llu:%02llu:%02llu", sign, (unsigned long long)t->hours,
        (unsigned long long)t->minutes, (unsigned long long)t->seconds);
    if (t->micros)
        put(out, ".%06llu", (unsigned long long)t->micros);
}

static void format_iso(Out *out, HyInterval v)
{
    Clock t = split_time(v.micros);
    const char *minus = t.negative ? "-" : "";
    int years = v.months / 12, months = v.months % 12;
    put(out, "P");
    if (years)
        put(out, "%dY", years);
    if (months)
        put(out, "%dM", months);
    if (v.days)
        put(out, "%dD", v.days);
    if (v.micros || out->len == 1)
        put(out, "T");
    if (t.hours)
        put(out, "%s%lluH", minus, (unsigned long long)t.hours);
    if (t.minutes)
        put(out, "%s%lluM", minus, (unsigned long long)t.minutes);
    if (t.seconds || t.micros || out->len == 2) /* "PT": zero */
        put_seconds(out, &t, minus, "S");
}

static const char *plural(int64_t n)
{
    return n == 1 || n == -1 ? "" : "s";
}

/* Years, months and days of both postgres styles. A positive part after a negative one gets a plus,
 * and a month without a year has its minus apart. Returns whether the last part written was
 * negative. */
static bool put_dates(Out *out, HyInterval v)
{
    size_t start = out->len;
    int years = v.months / 12, months = v.months % 12;
    bool negative = v.months < 0;
    if (years)
        put(out, "%d year%s", years, plural(years));
    if (months) {
        const char *gap = out->len > start ? " " : "";
        put(out, "%s%s%d mon%s", gap, !years && negative ? "- " : "", negative ? -months : months,
            plural(months));
    }
    if (v.days) {
        const char *gap = out->len > start ? " " : "";
        put(out, "%s%s%d day%s", gap, negative && v.days > 0 ? "+" : "", v.days, plural(v.days));
        negative = v.days < 0;
    }
    return negative;
}

static void format_postgres(Out *out, HyInterval v)
{
    bool negative = put_dates(out, v);
    if (!v.micros && out->len)
        return;
    Clock t = split_time(v.micros);
    if (out->len)
        put(out, " ");
    put_clock(out, &t, t.negative ? "-" : negative ? "+" : "");
}

static void format_verbose(Out *out, HyInterval v)
{
    put(out, "@ ");
    bool negative = put_dates(out, v);
    if (!v.micros) {
        if (out->len == 2)
            put(out, "0");
        return;
    }
    Clock t = split_time(v.micros);
    if (out->len > 2)
        put(out, " ");
    put(out, "%s", t.negative ? "- " : negative ? "+ " : "");
    const char *gap = "";
    if (t.hours) {
        put(out, "%llu hour%s", (unsigned long long)t.hours, plural((int64_t)t.hours));
        gap = " ";
    }
    if (t.minutes) {
        put(out, "%s%llu min%s", gap, (unsigned long long)t.minutes, plural((int64_t)t.minutes));
        gap = " ";
    }
    if (t.seconds || t.micros)
        put_seconds(out, &t, gap, t.seconds == 1 && !t.micros ? " sec" : " secs");
}

static void format_standard(Out *out, HyInterval v)
{
    Clock t = split_time(v.micros);
    if (!v.months && !v.days && !v.micros) {
        put(out, "0");
        return;
    }
    if (v.months) {
        int64_t months = v.months < 0 ? -(int64_t)v.months : v.months;
        put(out, "%s%d-%d", v.months < 0 ? "-" : "", (int)(months / 12), (int)(months % 12));
        if (!v.days && !v.micros)
            return;
        put(out, " ");
    }
    if (v.months || v.days)
        put(out, "%s%d ", v.months < 0 && v.days > 0 ? "+" : "", v.days);
    bool negative_before = v.days < 0 || (v.days == 0 && v.months < 0);
    put_clock(out, &t, t.negative ? "-" : negative_before && v.micros ? "+" : "");
}

size_t hy_interval_format(HyInterval v, HyIntervalStyle style, char text[HY_INTERVAL_TEXT_MAX])
{
    Out out = {.text = text};
    switch (style) {
    case HY_INTERVAL_ISO_8601:
        format_iso(&out, v);
        break;
    case HY_INTERVAL_POSTGRES:
        format_postgres(&out, v);
        break;
    case HY_INTERVAL_POSTGRES_VERBOSE:
        format_verbose(&out, v);
        break;
    case HY_INTERVAL_SQL_STANDARD:
        format_standard(&out, v);
        break;
    }
    return out.len;
}

/* ---- input ---- */

typedef enum Unit {
    UNIT_MICROSECOND,
    UNIT_MILLISECOND,
    UNIT_SECOND,
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_DAY,
    UNIT_WEEK,
    UNIT_MONTH,
    UNIT_YEAR,
    UNIT_DECADE,
    UNIT_CENTURY,
    UNIT_MILLENNIUM
} Unit;

static const struct {
    const char *name;
    Unit unit;
} unit_names[] = {{"us", UNIT_MICROSECOND}, {"usec", UNIT_MICROSECOND}, {"usecs", UNIT_MICROSECOND},
    {"usecond", UNIT_MICROSECOND}, {"useconds", UNIT_MICROSECOND},
    {"microsecond", UNIT_MICROSECOND}, {"microseconds", UNIT_MICROSECOND}, {"ms", UNIT_MILLISECOND},
    {"msec", UNIT_MILLISECOND}, {"msecs", UNIT_MILLISECOND}, {"msecond", UNIT_MILLISECOND},
    {"mseconds", UNIT_MILLISECOND}, {"millisecond", UNIT_MILLISECOND},
    {"milliseconds", UNIT_MILLISECOND}, {"s", UNIT_SECOND}, {"sec", UNIT_SECOND},
    {"secs", UNIT_SECOND}, {"second", UNIT_SECOND}, {"seconds", UNIT_SECOND}, {"m", UNIT_MINUTE},
    {"mm", UNIT_MINUTE}, {"min", UNIT_MINUTE}, {"mins", UNIT_MINUTE}, {"minute", UNIT_MINUTE},
    {"minutes", UNIT_MINUTE}, {"h", UNIT_HOUR}, {"hr", UNIT_HOUR}, {"hrs", UNIT_HOUR},
    {"hour", UNIT_HOUR}, {"hours", UNIT_HOUR}, {"d", UNIT_DAY}, {"day", UNIT_DAY},
    {"days", UNIT_DAY}, {"w", UNIT_WEEK}, {"week", UNIT_WEEK}, {"weeks", UNIT_WEEK},
    {"mon", UNIT_MONTH}, {"mons", UNIT_MONTH}, {"month", UNIT_MONTH}, {"months", UNIT_MONTH},
    {"y", UNIT_YEAR}, {"yr", UNIT_YEAR}, {"yrs", UNIT_YEAR}, {"year", UNIT_YEAR},
    {"years", UNIT_YEAR}, {"decs", UNIT_DECADE}, {"decade", UNIT_DECADE}, {"decades", UNIT_DECADE},
    {"c", UNIT_CENTURY}, {"cent", UNIT_CENTURY}, {"century", UNIT_CENTURY},
    {"centuries", UNIT_CENTURY}, {"mil", UNIT_MILLENNIUM}, {"mils", UNIT_MILLENNIUM},
    {"millennium", UNIT_MILLENNIUM}, {"millennia", UNIT_MILLENNIUM}};

typedef struct Parser {
    const char *p, *end;
    int64_t months, days, micros;
    unsigned seen;      /* bit per Unit */
    bool any;           /* some field was read */
    bool has_unit;      /* a field with a unit, or years-months */
    bool has_long_time; /* h:m:s of more than a day: only alone or behind bare days */
} Parser;

/* A number: sign, whole part up to int32, fraction in [0, 1). */
typedef struct Amount {
    int sign;
    int64_t whole;
    double fraction;
} Amount;

static bool is_digit(const Parser *ps, size_t ahead)
{
    return ps->p + ahead < ps->end && ps->p[ahead] >= '0' && ps->p[ahead] <= '9';
}

static bool at(const Parser *ps, char c)
{
    return ps->p < ps->end && *ps->p == c;
}

static bool read_digits(Parser *ps, int64_t max, int64_t *out)
{
    int64_t v = 0;
    if (!is_digit(ps, 0))
        return false;
    for (; is_digit(ps, 0); ps->p++)
        if (v <= max)
            v = v * 10 + (*ps->p - '0');
    *out = v;
    return v <= max;
}

/* The digits behind a point. */
static double read_fraction(Parser *ps)
{
    double value = 0, place = 1;
    for (; is_digit(ps, 0); ps->p++) {
        if (place < 1e15) {
            value = value * 10 + (*ps->p - '0');
            place *= 10;
        }
    }
    return value / place;
}

static bool read_amount(Parser *ps, Amount *out)
{
    *out = (Amount){.sign = at(ps, '-') ? -1 : 1};
    if (at(ps, '-') || at(ps, '+'))
        ps->p++;
    bool whole = is_digit(ps, 0);
    if (whole && !read_digits(ps, INT32_MAX, &out->whole))
        return false;
    if (at(ps, '.')) {
        ps->p++;
        if (!is_digit(ps, 0))
            return false;
        out->fraction = read_fraction(ps);
        return true;
    }
    return whole;
}

static double snap(double v)
{
    return rint(v * 1e9) / 1e9;
}

static bool add_micros(Parser *ps, const Amount *a, int64_t unit_micros)
{
    int64_t whole;
    if (__builtin_mul_overflow(a->whole, unit_micros, &whole))
        return false;
    whole += (int64_t)round(a->fraction * (double)unit_micros);
    return !__builtin_add_overflow(ps->micros, a->sign * whole, &ps->micros);
}

static bool add_days(Parser *ps, const Amount *a, int64_t unit_days)
{
    double rest = snap(a->fraction * (double)unit_days);
    ps->days += a->sign * (a->whole * unit_days + (int64_t)rest);
    Amount part = {.sign = a->sign, .fraction = rest - (double)(int64_t)rest};
    return add_micros(ps, &part, HY_MICROS_PER_DAY);
}

static bool add_months(Parser *ps, const Amount *a, int64_t unit_months)
{
    double rest = snap(a->fraction * (double)unit_months);
    ps->months += a->sign * (a->whole * unit_months + (int64_t)rest);
    Amount part = {.sign = a->sign, .fraction = rest - (double)(int64_t)rest};
    return add_days(ps, &part, 30);
}

static bool add_field(Parser *ps, const Amount *a, Unit unit)
{
    ps->any = true;
    ps->seen |= 1u << unit;
    switch (unit) {
    case UNIT_MICROSECOND:
        return add_micros(ps, a, 1);
    case UNIT_MILLISECOND:
        return add_micros(ps, a, 1000);
    case UNIT_SECOND:
        return add_micros(ps, a, HY_MICROS_PER_SECOND);
    case UNIT_MINUTE:
        return add_micros(ps, a, HY_MICROS_PER_MINUTE);
    case UNIT_HOUR:
        return add_micros(ps, a, HY_MICROS_PER_HOUR);
    case UNIT_DAY:
        return add_days(ps, a, 1);
    case UNIT_WEEK:
        return add_days(ps, a, 7);
    case UNIT_MONTH:
        return add_months(ps, a, 1);
    case UNIT_YEAR:
        return add_months(ps, a, 12);
    case UNIT_DECADE:
        return add_months(ps, a, 120);
    case UNIT_CENTURY:
        return add_months(ps, a, 1200);
    case UNIT_MILLENNIUM:
        return add_months(ps, a, 12000);
    }
    return false;
}

/* After the first number of a time, at its colon: h:m, h:m:s, h:m:s.f; m:s.f without hours. */
static bool read_time(Parser *ps, int sign, int64_t first)
{
    const unsigned bits = 1u << UNIT_HOUR | 1u << UNIT_MINUTE | 1u << UNIT_SECOND;
    int64_t second = 0, third = 0;
    double fraction = 0;
    bool has_third = false;
    if (ps->seen & bits)
        return false;
    ps->p++;
    if (is_digit(ps, 0) && !read_digits(ps, 59, &second))
        return false;
    if (at(ps, ':')) {
        ps->p++;
        has_third = true;
        if (is_digit(ps, 0) && !read_digits(ps, 59, &third))
            return false;
    }
    if (at(ps, '.') || (has_third && at(ps, ':'))) {
        ps->p++;
        fraction = read_fraction(ps);
        if (!has_third) { /* minutes and seconds */
            third = second;
            second = first;
            first = 0;
            has_third = true;
        }
    }
    int64_t micros = first * HY_MICROS_PER_HOUR + second * HY_MICROS_PER_MINUTE +
                     third * HY_MICROS_PER_SECOND + (int64_t)round(fraction * 1e6);
    ps->seen |= bits;
    ps->any = true;
    ps->has_long_time = micros > HY_MICROS_PER_DAY;
    if (!has_third && first * 60 + second > 24 * 60) /* more hours need h:m:s */
        return false;
    return second <= 59 && !__builtin_add_overflow(ps->micros, sign * micros, &ps->micros);
}

/* After the years of y-m, at the hyphen. */
static bool read_months(Parser *ps, const Amount *years)
{
    int64_t months;
    ps->p++;
    ps->has_unit = true;
    if ((ps->seen & (1u << UNIT_YEAR | 1u << UNIT_MONTH)) || !read_digits(ps, INT32_MAX, &months))
        return false;
    Amount part = {.sign = years->sign, .whole = months};
    return !at(ps, '-') && add_field(ps, years, UNIT_YEAR) && add_field(ps, &part, UNIT_MONTH);
}

static size_t word_length(const Parser *ps)
{
    size_t n = 0;
    while (ps->p + n < ps->end && ((ps->p[n] | 0x20) >= 'a' && (ps->p[n] | 0x20) <= 'z'))
        n++;
    return n;
}

static bool is_word(const Parser *ps, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(ps->p, word, len) == 0;
}

static void skip_blanks(Parser *ps)
{
    while (ps->p < ps->end && (*ps->p == ' ' || (*ps->p >= '\t' && *ps->p <= '\r')))
        ps->p++;
}

static bool read_unit(Parser *ps, size_t len, const Amount *a)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(unit_names); i++) {
        if (!is_word(ps, len, unit_names[i].name))
            continue;
        if (ps->seen >> unit_names[i].unit & 1)
            return false;
        ps->has_unit = true;
        ps->p += len;
        if (at(ps, ','))
            ps->p++;
        return add_field(ps, a, unit_names[i].unit);
    }
    return false;
}

/* [sign] digits ':': a time is ahead. */
static bool time_follows(const Parser *ps)
{
    size_t n = ps->p < ps->end && (*ps->p == '-' || *ps->p == '+');
    while (is_digit(ps, n))
        n++;
    return ps->p + n < ps->end && ps->p[n] == ':';
}

/* A number and what belongs to it. */
static bool read_item(Parser *ps)
{
    Amount a;
    if (!read_amount(ps, &a))
        return false;
    if (at(ps, ':') && a.fraction == 0)
        return read_time(ps, a.sign, a.whole);
    if (at(ps, '-') && is_digit(ps, 1))
        return read_months(ps, &a);
    skip_blanks(ps);
    size_t len = word_length(ps);
    if (len && !is_word(ps, len, "ago"))
        return read_unit(ps, len, &a);
    Unit unit = len || ps->p == ps->end ? UNIT_SECOND : UNIT_DAY;
    if ((unit == UNIT_DAY && !time_follows(ps)) || ps->seen >> unit & 1)
        return false;
    return add_field(ps, &a, unit);
}

static bool read_items(Parser *ps)
{
    for (skip_blanks(ps); ps->p < ps->end; skip_blanks(ps)) {
        if (is_word(ps, word_length(ps), "ago")) {
            ps->p += 3;
            skip_blanks(ps);
            ps->months = -ps->months;
            ps->days = -ps->days;
            if (ps->micros == INT64_MIN)
                return false;
            ps->micros = -ps->micros;
            return ps->any && ps->p == ps->end;
        }
        if (!read_item(ps))
            return false;
    }
    return ps->any;
}

/* One ISO field; `place` counts fields without a letter: years, months, days or hours, minutes,
 * seconds. */
static bool read_iso_field(Parser *ps, bool in_time, int *place)
{
    static const Unit places[2][3] = {
        {UNIT_YEAR, UNIT_MONTH, UNIT_DAY}, {UNIT_HOUR, UNIT_MINUTE, UNIT_SECOND}};
    static const char letters[2][5] = {"YMDW", "HMS"};
    static const Unit units[2][4] = {{UNIT_YEAR, UNIT_MONTH, UNIT_DAY, UNIT_WEEK},
        {UNIT_HOUR, UNIT_MINUTE, UNIT_SECOND, UNIT_SECOND}};
    Amount a;
    if (!read_amount(ps, &a))
        return false;
    const char *letter = ps->p < ps->end ? strchr(letters[in_time], *ps->p) : NULL;
    if (letter && *letter) {
        ps->p++;
        return add_field(ps, &a, units[in_time][letter - letters[in_time]]);
    }
    if (*place > 2)
        return false;
    if (at(ps, in_time ? ':' : '-'))
        ps->p++;
    else if (ps->p < ps->end && *ps->p != 'T')
        return false;
    return add_field(ps, &a, places[in_time][(*place)++]);
}

static bool read_iso(Parser *ps)
{
    bool in_time = false;
    int place = 0;
    if (++ps->p == ps->end)
        return false;
    while (ps->p < ps->end) {
        if (at(ps, 'T') && !in_time) {
            in_time = true;
            place = 0;
            ps->p++;
        } else if (!read_iso_field(ps, in_time, &place)) {
            return false;
        }
    }
    return true;
}

HyStatus hy_interval_parse(const char *text, size_t len, HyInterval *out)
{
    Parser ps = {.p = text, .end = text + len};
    skip_blanks(&ps);
    while (ps.end > ps.p && (ps.end[-1] == ' ' || (ps.end[-1] >= '\t' && ps.end[-1] <= '\r')))
        ps.end--;
    bool ok = at(&ps, 'P') ? read_iso(&ps) : read_items(&ps);
    ok = ok && !(ps.has_unit && ps.has_long_time) && ps.months >= INT32_MIN &&
         ps.months <= INT32_MAX && ps.days >= INT32_MIN && ps.days <= INT32_MAX;
    if (!ok)
        return hy_error(
            "22P02", "invalid interval literal '%.*s'", len < 200 ? (int)len : 200, text);
    *out =
        (HyInterval){.months = (int32_t)ps.months, .days = (int32_t)ps.days, .micros = ps.micros};
    return HY_OK;
}
