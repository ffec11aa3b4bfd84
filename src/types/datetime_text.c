/* Reading dates and times. The common ISO form has a path of its own; everything else goes through
 * a scanner that collects fields in any order and an interpretation that follows the date order of
 * the session (tests/sql/types/datetime_text.slt). */
#include "types/datetime.h"
#include "types/timezone.h"
#include <string.h>
#include <strings.h>

typedef enum Special { NOT_SPECIAL, EPOCH, NOW, TODAY, TOMORROW, YESTERDAY, LAST, FIRST } Special;

typedef struct Scanner {
    const HyTextStyle *style;
    const char *text;
    size_t len; /* without blanks around */
    size_t pos;
    /* fields */
    int n_numbers; /* of the date, in order of the text */
    int64_t numbers[3];
    int digits[3];  /* how many each was written with */
    char breaks[3]; /* what follows each */
    int month;      /* by name; 0: none */
    bool has_julian;
    int64_t julian;
    bool is_bc, has_era;
    int half; /* 1 AM, 2 PM */
    bool has_time;
    int64_t hour, minute, second, micros;
    bool has_zone;
    int64_t offset; /* seconds east, when zone is NULL */
    const HyTimeZone *zone;
    Special special;
} Scanner;

static int shown(const Scanner *s)
{
    return s->len < 200 ? (int)s->len : 200;
}

static HyStatus bad_token(const char *message, const char *token, size_t len)
{
    return hy_error("22P02", "%s '%.*s'", message, len < 200 ? (int)len : 200, token);
}

static HyStatus duplicate(void)
{
    return hy_error("22P02", "invalid timestamp literal: Duplicate timestamp field");
}

static bool digit_at(const Scanner *s, size_t i)
{
    return i < s->len && s->text[i] >= '0' && s->text[i] <= '9';
}

static char char_at(const Scanner *s, size_t i)
{
    return i < s->len ? s->text[i] : 0;
}

static bool letter_at(const Scanner *s, size_t i)
{
    char c = char_at(s, i);
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Reads digits; stops growing far above every limit. */
static int64_t read_number(Scanner *s)
{
    int64_t v = 0;
    for (; digit_at(s, s->pos); s->pos++)
        if (v < INT64_C(1000000000000))
            v = v * 10 + (s->text[s->pos] - '0');
    return v;
}

/* Year and day of the year: "2020.060". */
static bool is_day_of_year(const Scanner *s)
{
    return s->n_numbers == 2 && !s->month && s->digits[0] >= 3 && s->digits[1] == 3 &&
           s->style->date_lenient;
}

static bool date_is_complete(const Scanner *s)
{
    return s->has_julian || s->n_numbers + (s->month != 0) == 3 || is_day_of_year(s);
}

/* The fraction rounds at its seventh digit. A carry into the seconds is refused like other
 * overflows. */
static int64_t read_fraction(Scanner *s)
{
    int64_t micros = 0;
    int n = 0;
    for (; digit_at(s, s->pos); s->pos++, n++) {
        if (n < 6)
            micros = micros * 10 + (s->text[s->pos] - '0');
        else if (n == 6)
            micros += s->text[s->pos] >= '5';
    }
    for (; n < 6; n++)
        micros *= 10;
    return micros;
}

/* At the first colon; `hour` was read. */
static HyStatus scan_time(Scanner *s, int64_t hour)
{
    if (s->has_time)
        return duplicate();
    s->has_time = true;
    s->hour = hour;
    s->pos++;
    s->minute = read_number(s);
    bool has_second = char_at(s, s->pos) == ':';
    if (has_second) {
        s->pos++;
        s->second = read_number(s);
    }
    char next = char_at(s, s->pos);
    if (next == '.' || (next == ':' && has_second)) {
        s->pos++;
        s->micros = read_fraction(s);
        if (!has_second) { /* minutes and seconds */
            s->second = s->minute;
            s->minute = s->hour;
            s->hour = 0;
        }
    }
    return HY_OK;
}

static bool is_break(char c)
{
    return c == '-' || c == '/' || c == '.';
}

static HyStatus add_date_number(Scanner *s, int64_t value, int digits)
{
    if (s->n_numbers == 3)
        return duplicate();
    s->numbers[s->n_numbers] = value;
    s->digits[s->n_numbers] = digits;
    char next = char_at(s, s->pos);
    s->breaks[s->n_numbers++] = next;
    if (is_break(next)) { /* belongs to the number before it */
        s->pos++;
        if (is_break(char_at(s, s->pos)))
            return bad_token("cannot tokenize timestamp literal due to invalid format:", s->text,
                (size_t)shown(s));
    } else if (next == '+' || next == '_') {
        return bad_token(
            "cannot tokenize timestamp literal due to invalid format:", s->text, (size_t)shown(s));
    }
    return HY_OK;
}

/* Eight or six digits in the order of the session: MMDDYYYY, YYMMDD. */
static void split_compact(Scanner *s, int64_t value, int digits)
{
    int year = s->style->date_order == HY_DATE_YMD ? 0 : 2;
    for (int i = 2; i >= 0; i--) {
        s->digits[i] = i == year ? digits - 4 : 2;
        int64_t base = s->digits[i] == 4 ? 10000 : 100;
        s->numbers[i] = value % base;
        value /= base;
        s->breaks[i] = '-';
    }
    s->n_numbers = 3;
}

static HyStatus scan_digits(Scanner *s)
{
    size_t begin = s->pos;
    int64_t value = read_number(s);
    int digits = (int)(s->pos - begin);
    if (char_at(s, s->pos) == ':')
        return scan_time(s, value);
    if (!date_is_complete(s)) {
        bool alone = s->n_numbers == 0 && !s->month && !is_break(char_at(s, s->pos));
        if (alone && (digits == 8 || digits == 6)) {
            split_compact(s, value, digits);
            return HY_OK;
        }
        if (digits > 6)
            return hy_error("22P02", "Cannot interpret token '%.*s' in timestamp literal",
                digits < 200 ? digits : 200, s->text + begin);
        return add_date_number(s, value, digits);
    }
    if (s->has_time)
        return duplicate();
    s->has_time = true; /* an hour alone */
    s->hour = value;
    return HY_OK;
}

/* +hh, +hhmm, +hh:mm, +hh:mm:ss at the sign. */
static HyStatus scan_offset(Scanner *s)
{
    size_t begin = s->pos;
    int sign = s->text[s->pos++] == '-' ? -1 : 1;
    size_t first = s->pos;
    int64_t hours = read_number(s), minutes = 0, seconds = 0;
    size_t digits = s->pos - first;
    if (char_at(s, s->pos) == ':') {
        s->pos++;
        minutes = read_number(s);
        if (char_at(s, s->pos) == ':') {
            s->pos++;
            seconds = read_number(s);
        }
    } else if (digits == 3 || digits == 4) {
        minutes = hours % 100;
        hours /= 100;
    }
    if (digits > 4 || hours > 14 || minutes > 59 || seconds > 59)
        return bad_token("invalid timezone in timestamp literal", s->text + begin, s->pos - begin);
    if (s->has_zone)
        return duplicate();
    s->has_zone = true;
    s->offset = sign * (hours * 3600 + minutes * 60 + seconds);
    return HY_OK;
}

static bool word_is(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && strncasecmp(word, name, len) == 0;
}

static int find_month(const char *word, size_t len)
{
    for (int i = 0; i < 12; i++)
        if ((len == 3 && strncasecmp(word, hy_month_names[i], 3) == 0) ||
            word_is(word, len, hy_month_names[i]))
            return i + 1;
    return word_is(word, len, "sept") ? 9 : 0;
}

static bool is_weekday(const char *word, size_t len)
{
    for (int i = 0; i < 7; i++)
        if ((len == 3 && strncasecmp(word, hy_weekday_names[i], 3) == 0) ||
            word_is(word, len, hy_weekday_names[i]))
            return true;
    return false;
}

static Special find_special(const char *word, size_t len)
{
    static const struct {
        const char *name;
        Special special;
    } names[] = {{"epoch", EPOCH}, {"now", NOW}, {"today", TODAY}, {"tomorrow", TOMORROW},
        {"yesterday", YESTERDAY}, {"infinity", LAST}};
    for (size_t i = 0; i < HY_ARRAY_LEN(names); i++)
        if (word_is(word, len, names[i].name))
            return names[i].special;
    return NOT_SPECIAL;
}

/* "am", "a.m.", "PM": 1, 2; else 0. *len grows by the points. */
static int find_half(const Scanner *s, size_t *len)
{
    const char *w = s->text + s->pos;
    size_t left = s->len - s->pos;
    for (int half = 1; half <= 2; half++) {
        const char *dotted = half == 1 ? "a.m." : "p.m.";
        if (left >= 4 && strncasecmp(w, dotted, 4) == 0) {
            *len = 4;
            return half;
        }
        if (word_is(w, *len, half == 1 ? "am" : "pm"))
            return half;
    }
    return 0;
}

static HyStatus scan_zone_name(Scanner *s)
{
    size_t begin = s->pos;
    while (letter_at(s, s->pos) || digit_at(s, s->pos) ||
           (s->pos < s->len && strchr("_/+-", s->text[s->pos])))
        s->pos++;
    size_t len = s->pos - begin;
    const HyTimeZone *zone = word_is(s->text + begin, len, "zulu")
                                 ? hy_time_zone_utc()
                                 : hy_time_zone_lookup(s->text + begin, len);
    if (!zone)
        return bad_token("Invalid string token in timestamp literal", s->text + begin, len);
    if (s->has_zone)
        return duplicate();
    s->has_zone = true;
    s->zone = zone;
    return HY_OK;
}

static HyStatus scan_julian(Scanner *s)
{
    s->pos++;
    while (char_at(s, s->pos) == ' ')
        s->pos++;
    if (s->n_numbers || s->month || s->has_julian)
        return duplicate();
    s->has_julian = true;
    s->julian = read_number(s);
    return HY_OK;
}

static HyStatus scan_word(Scanner *s)
{
    const char *word = s->text + s->pos;
    size_t len = 0;
    while (letter_at(s, s->pos + len))
        len++;
    size_t after = s->pos + len;
    int half = find_half(s, &len), month = find_month(word, len);
    Special special = find_special(word, len);
    if (half) {
        if (s->half)
            return duplicate();
        s->half = half;
    } else if (month) {
        if (s->month || s->n_numbers == 3)
            return duplicate();
        s->month = month;
        char next = char_at(s, after);
        len += is_break(next);
    } else if (special) {
        if (s->special)
            return duplicate();
        s->special = special;
    } else if (word_is(word, len, "bc") || word_is(word, len, "ad")) {
        if (s->has_era)
            return duplicate();
        s->has_era = true;
        s->is_bc = (word[0] | 0x20) == 'b';
    } else if (word_is(word, len, "allballs")) {
        s->has_time = true;
    } else if (is_weekday(word, len)) {
        return hy_error("22P02", "Week day name '%.*s' not supported in timestamp literal '%.*s'",
            (int)len, word, shown(s), s->text);
    } else if (word_is(word, len, "t") && (digit_at(s, after) || digit_at(s, s->pos - 1))) {
        if (!date_is_complete(s))
            return bad_token("Error while parsing iso-time in timestamp literal", word, 1);
    } else if (word_is(word, len, "j") && (digit_at(s, after) || char_at(s, after) == ' ')) {
        return scan_julian(s);
    } else {
        return scan_zone_name(s);
    }
    s->pos += len;
    return HY_OK;
}

static HyStatus scan_sign(Scanner *s)
{
    bool minus = s->text[s->pos] == '-';
    if (minus && s->pos + 9 <= s->len && strncasecmp(s->text + s->pos, "-infinity", 9) == 0) {
        s->special = FIRST;
        s->pos += 9;
        return HY_OK;
    }
    bool between = s->n_numbers > 0 && !date_is_complete(s) && !s->has_time;
    if (minus && between) { /* "2020- 01 -01" */
        s->pos++;
        return HY_OK;
    }
    if (!digit_at(s, s->pos + 1)) {
        if (minus && date_is_complete(s) && !s->has_time) {
            s->pos++;
            return HY_OK;
        }
        return bad_token(
            "cannot tokenize timestamp literal due to invalid format:", s->text, (size_t)shown(s));
    }
    if (minus && s->n_numbers == 0 && !s->month && !s->has_julian && !s->has_time) {
        s->pos++; /* a negative year */
        size_t begin = s->pos;
        int64_t year = read_number(s);
        int digits = (int)(s->pos - begin);
        if (digits > 6 || char_at(s, s->pos) == ':')
            return bad_token("unexpected superfluous input in date part of timestamp literal",
                s->text, (size_t)shown(s));
        return add_date_number(s, -year, digits < 3 ? 3 : digits);
    }
    return scan_offset(s);
}

static HyStatus scan_all(Scanner *s)
{
    while (s->pos < s->len) {
        char c = s->text[s->pos];
        if (c == ' ' || c == ',' || (c >= '\t' && c <= '\r'))
            s->pos++;
        else if (digit_at(s, s->pos))
            HY_TRY(scan_digits(s));
        else if (letter_at(s, s->pos))
            HY_TRY(scan_word(s));
        else if (c == '+' || c == '-')
            HY_TRY(scan_sign(s));
        else if (c == ':' && digit_at(s, s->pos + 1))
            HY_TRY(scan_time(s, 0));
        else
            return bad_token("cannot tokenize timestamp literal due to invalid format:", s->text,
                (size_t)shown(s));
    }
    return HY_OK;
}

static HyStatus scan(Scanner *s, const HyTextStyle *style, const char *text, size_t len)
{
    memset(s, 0, sizeof *s);
    while (len && (text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r'))) {
        text++;
        len--;
    }
    while (len && (text[len - 1] == ' ' || (text[len - 1] >= '\t' && text[len - 1] <= '\r')))
        len--;
    s->style = style;
    s->text = text;
    s->len = len;
    return scan_all(s);
}

static HyStatus date_overflow(const Scanner *s)
{
    static const char *const orders[] = {"MDY", "DMY", "YMD"};
    return hy_error("22P02",
        "invalid timestamp literal '%.*s': Overflowing Date Unit. Parsed with %s date style %s.",
        shown(s), s->text, s->style->date_lenient ? "lenient" : "strict",
        orders[s->style->date_order]);
}

static HyStatus year_range(const Scanner *s)
{
    return hy_error("22P02", "invalid timestamp literal '%.*s': Year outside of supported range",
        shown(s), s->text);
}

/* Which number is what: index of year, month and day; month -1 when it has a name. */
static bool choose_roles(const Scanner *s, int *year, int *month, int *day)
{
    HyDateOrder order = s->style->date_order;
    bool long_first = s->digits[0] >= 3;
    if (s->month) {
        bool long_second = s->digits[1] >= 3;
        *month = -1;
        *year = long_first || (order == HY_DATE_YMD && !long_second) ? 0 : 1;
        *day = 1 - *year;
        return true;
    }
    bool is_iso = s->breaks[0] == '-' && s->breaks[1] == '-';
    if (long_first && order != HY_DATE_YMD && !is_iso) {
        *year = 0; /* the session's order for the other two */
        *month = order == HY_DATE_MDY ? 1 : 2;
        *day = 3 - *month;
        return s->style->date_lenient;
    }
    if (long_first)
        order = HY_DATE_YMD;
    else if (order == HY_DATE_YMD && s->digits[2] >= 3 && s->style->date_lenient)
        order = HY_DATE_MDY;
    *year = order == HY_DATE_YMD ? 0 : 2;
    *month = order == HY_DATE_MDY ? 0 : 1;
    *day = 3 - *year - *month;
    return true;
}

static HyStatus resolve_year(const Scanner *s, int64_t written, int digits, int64_t *out)
{
    int64_t year = written;
    if (s->is_bc)
        year = 1 - year;
    else if (digits <= 2)
        year += year < 70 ? 2000 : 1900;
    if (year < -4712 || year > 294276)
        return year_range(s);
    *out = year;
    return HY_OK;
}

static HyStatus resolve_date(const Scanner *s, int32_t *out)
{
    if (s->has_julian) {
        if (s->julian < HY_DATE_MIN || s->julian > HY_DATE_MAX)
            return year_range(s);
        *out = (int32_t)s->julian;
        return HY_OK;
    }
    if (!date_is_complete(s))
        return hy_error(
            "22P02", "invalid timestamp literal '%.*s': Found no date fields", shown(s), s->text);
    int64_t year;
    if (is_day_of_year(s)) {
        HY_TRY(resolve_year(s, s->numbers[0], s->digits[0], &year));
        if (s->numbers[1] < 1 || s->numbers[1] > 366)
            return date_overflow(s);
        *out = hy_date_from_ymd(year, 1, 1) + (int32_t)s->numbers[1] - 1;
        return *out > HY_DATE_MAX ? year_range(s) : HY_OK;
    }
    int y, m, d;
    if (!choose_roles(s, &y, &m, &d))
        return date_overflow(s);
    HY_TRY(resolve_year(s, s->numbers[y], s->digits[y], &year));
    if (!hy_date_make(year, m < 0 ? s->month : s->numbers[m], s->numbers[d], out))
        return date_overflow(s);
    return HY_OK;
}

static HyStatus resolve_time(const Scanner *s, int64_t *out)
{
    int64_t hour = s->hour;
    if (s->half) {
        if (hour < 1 || hour > 12)
            return hy_error("22P02", "invalid timestamp literal: Hour with am/pm overflow.");
        hour = hour % 12 + (s->half == 2 ? 12 : 0);
    }
    if (hour > 24 || s->minute > 59 || s->second > 59 || s->micros > 999999 ||
        (hour == 24 && (s->minute || s->second || s->micros)))
        return hy_error("22P02", "invalid timestamp literal: Overflow of time component");
    *out = hour * HY_MICROS_PER_HOUR + s->minute * HY_MICROS_PER_MINUTE +
           s->second * HY_MICROS_PER_SECOND + s->micros;
    return HY_OK;
}

/* Words such as 'today' in local time of the session. */
static uint64_t special_local(const Scanner *s)
{
    uint64_t now = hy_time_zone_to_local(s->style->time_zone, hy_timestamp_now());
    int32_t today = hy_timestamp_date(now);
    switch (s->special) {
    case EPOCH:
        return hy_timestamp_from_date(HY_JULIAN_EPOCH);
    case TODAY:
        return hy_timestamp_from_date(today);
    case TOMORROW:
        return hy_timestamp_from_date(today + 1);
    case YESTERDAY:
        return hy_timestamp_from_date(today - 1);
    case LAST:
        return HY_TIMESTAMP_MAX;
    case FIRST:
        return HY_TIMESTAMP_MIN;
    case NOW:
    case NOT_SPECIAL:
        break;
    }
    return now;
}

static HyStatus resolve_timestamp(const Scanner *s, uint64_t *out)
{
    if (s->special) {
        *out = special_local(s);
        return HY_OK;
    }
    int32_t date;
    int64_t time;
    if (s->has_time && !date_is_complete(s)) /* numbers before a mere time are not looked at */
        date = hy_date_from_ymd(1900, 1, 1);
    else
        HY_TRY(resolve_date(s, &date));
    HY_TRY(resolve_time(s, &time));
    uint64_t ts = hy_timestamp_from_date(date) + (uint64_t)time;
    if (ts > HY_TIMESTAMP_MAX)
        return year_range(s);
    *out = ts;
    return HY_OK;
}

/* Exactly YYYY-MM-DD with a valid date: what files hold. */
static bool read_iso_date(const char *t, int32_t *out)
{
    unsigned d[8];
    static const uint8_t at[8] = {0, 1, 2, 3, 5, 6, 8, 9};
    unsigned bad = 0;
    for (int i = 0; i < 8; i++) {
        d[i] = (unsigned)((unsigned char)t[at[i]] - '0');
        bad |= d[i] > 9;
    }
    if (bad || t[4] != '-' || t[7] != '-')
        return false;
    unsigned year = d[0] * 1000 + d[1] * 100 + d[2] * 10 + d[3];
    unsigned month = d[4] * 10 + d[5], day = d[6] * 10 + d[7];
    if (month - 1 > 11 || day - 1 > 30 ||
        (day > 28 && (int)day > hy_month_days((int64_t)year, (int)month)))
        return false;
    *out = hy_date_from_ymd((int64_t)year, (int)month, (int)day);
    return true;
}

/* HH:MM:SS with up to six digits of fraction. */
static bool read_iso_time(const char *t, size_t len, int64_t *out)
{
    if (len < 8 || t[2] != ':' || t[5] != ':')
        return false;
    unsigned d[6];
    static const uint8_t at[6] = {0, 1, 3, 4, 6, 7};
    unsigned bad = 0;
    for (int i = 0; i < 6; i++) {
        d[i] = (unsigned)((unsigned char)t[at[i]] - '0');
        bad |= d[i] > 9;
    }
    unsigned hour = d[0] * 10 + d[1], minute = d[2] * 10 + d[3], second = d[4] * 10 + d[5];
    if (bad || hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t micros = 0;
    if (len > 8) {
        if (t[8] != '.' || len == 9 || len > 15)
            return false;
        for (size_t i = 9; i < 15; i++) {
            unsigned digit = i < len ? (unsigned)((unsigned char)t[i] - '0') : 0;
            if (digit > 9)
                return false;
            micros = micros * 10 + digit;
        }
    }
    *out = hour * HY_MICROS_PER_HOUR + minute * HY_MICROS_PER_MINUTE +
           second * HY_MICROS_PER_SECOND + micros;
    return true;
}

static bool read_iso_timestamp(const char *text, size_t len, uint64_t *out)
{
    int32_t date;
    int64_t time = 0;
    if (len < 10 || !read_iso_date(text, &date))
        return false;
    if (len > 10 &&
        ((text[10] != ' ' && text[10] != 'T') || !read_iso_time(text + 11, len - 11, &time)))
        return false;
    *out = hy_timestamp_from_date(date) + (uint64_t)time;
    return true;
}

HyStatus hy_date_parse(const HyTextStyle *style, const char *text, size_t len, int32_t *out)
{
    if (len == 10 && read_iso_date(text, out))
        return HY_OK;
    Scanner s;
    HY_TRY(scan(&s, style, text, len));
    if (s.special) {
        *out = hy_timestamp_date(special_local(&s));
        return HY_OK;
    }
    return resolve_date(&s, out);
}

HyStatus hy_time_parse(const HyTextStyle *style, const char *text, size_t len, int64_t *out)
{
    if (read_iso_time(text, len, out))
        return HY_OK;
    Scanner s;
    HY_TRY(scan(&s, style, text, len));
    if (s.special) {
        *out = hy_timestamp_time(special_local(&s));
        return HY_OK;
    }
    if (!s.has_time)
        return hy_error("22P02", "invalid timestamp literal: Found no time fields");
    return resolve_time(&s, out);
}

HyStatus hy_timestamp_parse(const HyTextStyle *style, const char *text, size_t len, uint64_t *out)
{
    if (read_iso_timestamp(text, len, out))
        return HY_OK;
    Scanner s;
    HY_TRY(scan(&s, style, text, len));
    return resolve_timestamp(&s, out);
}

HyStatus hy_timestamptz_parse(const HyTextStyle *style, const char *text, size_t len, uint64_t *out)
{
    uint64_t local;
    Scanner s = {0};
    if (!read_iso_timestamp(text, len, &local)) {
        HY_TRY(scan(&s, style, text, len));
        HY_TRY(resolve_timestamp(&s, &local));
    }
    if (s.special == EPOCH) {
        *out = local;
        return HY_OK;
    }
    uint64_t utc = local;
    if (s.has_zone && !s.zone)
        utc = local - (uint64_t)(s.offset * 1000000);
    else
        utc = hy_time_zone_to_utc(s.zone ? s.zone : style->time_zone, local);
    if (utc < HY_TIMESTAMP_MIN || utc > HY_TIMESTAMP_MAX)
        return hy_error("22008", "timestamp out of range");
    *out = utc;
    return HY_OK;
}
