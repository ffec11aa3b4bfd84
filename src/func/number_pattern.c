#include "func/number_pattern.h"

#include <string.h>

#define PERCENT  "%"
#define PERMILLE "\xe2\x80\xb0"
#define CURRENCY "\xc2\xa4"

/* ---- Reading patterns ---- */

typedef struct Parser {
    const char *start;
    const char *pos;
    const char *end;
    HyArena *arena;
    HyNumberPattern *out;
    bool has_percent; /* in this part */
} Parser;

static HyStatus invalid(const Parser *p, const char *why)
{
    return hy_error_detail(hy_error("22023", "invalid format_number pattern"),
        "original pattern: \"%.*s\": %s", (int)(p->end - p->start), p->start, why);
}

static bool at(const Parser *p, const char *text)
{
    size_t len = strlen(text);
    return (size_t)(p->end - p->pos) >= len && memcmp(p->pos, text, len) == 0;
}

static bool at_number(const Parser *p)
{
    return p->pos < p->end && *p->pos && strchr("#0,.", *p->pos);
}

/* Behind the opening quote; two quotes are one. */
static HyStatus read_quoted(Parser *p, HyAffix *out, char *text)
{
    if (at(p, "'")) {
        text[out->len++] = '\'';
        p->pos++;
        return HY_OK;
    }
    while (p->pos < p->end) {
        if (*p->pos == '\'') {
            p->pos++;
            if (!at(p, "'"))
                return HY_OK;
        }
        text[out->len++] = *p->pos++;
    }
    return invalid(p, "unterminated quoted literal");
}

static HyStatus note_percent(Parser *p, int shift)
{
    if (p->has_percent)
        return invalid(p, "multiple percent/per mille characters in subpattern");
    p->has_percent = true;
    p->out->shift = shift;
    return HY_OK;
}

/* "$" for one sign, "USD" for two. */
static void read_currency(Parser *p, HyAffix *out, char *text)
{
    const char *name = "$";
    p->pos += strlen(CURRENCY);
    if (at(p, CURRENCY)) {
        p->pos += strlen(CURRENCY);
        name = "USD";
    }
    memcpy(text + out->len, name, strlen(name));
    out->len += strlen(name);
}

static HyStatus must_quote(const Parser *p)
{
    switch (*p->pos) {
    case '+':
        return invalid(p, "'+' must be quoted here");
    case '@':
        return invalid(p, "'@' must be quoted here");
    case '*':
        return invalid(p, "'*' must be quoted here");
    default:
        return HY_OK;
    }
}

/* Up to the number or, behind it, up to the end of the part. */
static HyStatus read_affix(Parser *p, bool is_suffix, HyAffix *out)
{
    char *text;
    *out = (HyAffix){0};
    HY_ARENA_NEW(p->arena, text, 2 * (size_t)(p->end - p->pos) + 4);
    out->text = text;
    while (p->pos < p->end && *p->pos != ';') {
        if (at_number(p)) {
            if (is_suffix)
                return invalid(p, "unexpected pattern character in suffix (must be quoted)");
            return HY_OK;
        }
        HY_TRY(must_quote(p));
        if (at(p, "'")) {
            p->pos++;
            HY_TRY(read_quoted(p, out, text));
            continue;
        }
        if (at(p, CURRENCY)) {
            read_currency(p, out, text);
            continue;
        }
        size_t len = at(p, PERMILLE) ? strlen(PERMILLE) : 1;
        if (at(p, PERCENT) || len > 1)
            HY_TRY(note_percent(p, len > 1 ? 3 : 2));
        memcpy(text + out->len, p->pos, len);
        out->len += len;
        p->pos += len;
    }
    if (!is_suffix && at(p, ";"))
        return invalid(p, "unquoted special character ';'");
    return HY_OK;
}

static HyStatus read_whole_digits(Parser *p, uint32_t *n_groups)
{
    uint32_t since_comma = 0;
    uint32_t group = 0;
    for (; p->pos < p->end && *p->pos && strchr("#0,", *p->pos); p->pos++) {
        if (*p->pos == ',') {
            if (*n_groups > 0 && group == 0)
                group = since_comma;
            else if (*n_groups > 0 && since_comma != group)
                return invalid(
                    p, "multiple grouping separators with different sizes are unsupported");
            ++*n_groups;
            since_comma = 0;
            continue;
        }
        if (*p->pos == '#' && p->out->min_whole > 0)
            return invalid(
                p, "optional digit '#' must not follow mandatory digit '0' in integer part");
        p->out->min_whole += *p->pos == '0';
        p->out->max_whole++;
        since_comma++;
    }
    if (*n_groups > 0 && p->out->max_whole == 0)
        return invalid(p, "number part contains no digits and no decimal separator");
    if (*n_groups > 0 && since_comma == 0)
        return invalid(p, "grouping separator must be followed by a digit in integer part");
    if (group && since_comma != group)
        return invalid(p, "multiple grouping separators with different sizes are unsupported");
    p->out->grouping = *n_groups > 0 ? since_comma : 0;
    return HY_OK;
}

static HyStatus read_fraction_digits(Parser *p)
{
    HyNumberPattern *out = p->out;
    p->pos++; /* the point */
    for (; p->pos < p->end && (*p->pos == '#' || *p->pos == '0'); p->pos++) {
        if (*p->pos == '0' && out->max_fraction > out->min_fraction)
            return invalid(p, "mandatory digit '0' must not follow optional digit '#'");
        out->min_fraction += *p->pos == '0';
        out->max_fraction++;
    }
    out->shows_point = out->max_fraction == 0;
    if (at(p, "."))
        return invalid(p, "multiple decimal separators");
    if (at(p, ","))
        return invalid(p, "grouping separator must be followed by a digit in integer part");
    return HY_OK;
}

static HyStatus read_exponent(Parser *p, uint32_t n_groups)
{
    p->out->is_scientific = true;
    p->pos++; /* E */
    for (; at(p, "0"); p->pos++)
        p->out->min_exponent++;
    if (p->out->min_exponent == 0)
        return invalid(p, "'E' in exponent must be followed by digit '0'");
    if (n_groups > 0)
        return invalid(p, "grouping separators are not allowed in scientific notation");
    return HY_OK;
}

/* The digits of the first part decide; those of the negative part are only read over. */
static HyStatus read_number(Parser *p)
{
    uint32_t n_groups = 0;
    HY_TRY(read_whole_digits(p, &n_groups));
    if (at(p, "."))
        HY_TRY(read_fraction_digits(p));
    if (at(p, "E"))
        HY_TRY(read_exponent(p, n_groups));
    if (p->out->max_fraction == 0 && p->out->min_whole == 0 && !p->out->is_scientific)
        p->out->min_whole = 1;
    else if (p->out->min_whole == 0 && p->out->max_whole > 0 && !p->out->is_scientific)
        p->out->min_whole = 1; /* "#.##" shows the zero before the point, ".##" does not */
    else if (p->out->min_whole == 0 && p->out->min_fraction == 0 && !p->out->is_scientific)
        p->out->min_fraction = 1;
    return HY_OK;
}

static HyStatus read_negative(Parser *p)
{
    HyNumberPattern digits = *p->out;
    p->pos++; /* ; */
    p->has_percent = false;
    if (p->pos == p->end)
        return invalid(p, "trailing pattern separator (';')");
    HY_TRY(read_affix(p, false, &p->out->negative_prefix));
    if (at_number(p)) {
        p->out->min_whole = p->out->max_whole = 0;
        p->out->min_fraction = p->out->max_fraction = 0;
        p->out->min_exponent = 0;
        HY_TRY(read_number(p));
    }
    HY_TRY(read_affix(p, true, &p->out->negative_suffix));
    if (at(p, ";"))
        return invalid(p, "multiple pattern separators (';')");
    digits.negative_prefix = p->out->negative_prefix;
    digits.negative_suffix = p->out->negative_suffix;
    digits.has_negative = true;
    *p->out = digits;
    return HY_OK;
}

HyStatus hy_number_pattern_parse(
    HyArena *arena, const char *pattern, size_t len, HyNumberPattern *out)
{
    Parser p = {.start = pattern, .pos = pattern, .end = pattern + len, .arena = arena, .out = out};
    *out = (HyNumberPattern){0};
    if (len == 0) {
        out->grouping = 3;
        out->min_whole = 1;
        return HY_OK;
    }
    HY_TRY(read_affix(&p, false, &out->prefix));
    if (!at_number(&p)) {
        out->min_whole = 1;
        return HY_OK;
    }
    HY_TRY(read_number(&p));
    HY_TRY(read_affix(&p, true, &out->suffix));
    return at(&p, ";") ? read_negative(&p) : HY_OK;
}

/* ---- Writing numbers ---- */

/* Whether what is behind the first `keep` digits rounds up. */
static bool rounds_up(const HyDecimal *number, size_t keep)
{
    if (keep >= number->n || number->digits[keep] < '5')
        return false;
    if (number->digits[keep] > '5' || !number->half_to_even)
        return true;
    for (size_t i = keep + 1; i < number->n; i++)
        if (number->digits[i] != '0')
            return true;
    return keep > 0 && (number->digits[keep - 1] - '0') % 2 == 1;
}

/* Leaves `keep` digits (below zero: less than nothing, which is zero). */
static void round_to(HyDecimal *number, int64_t keep)
{
    if (keep >= (int64_t)number->n)
        return;
    if (keep < 0) {
        number->n = 0;
        return;
    }
    size_t n = (size_t)keep;
    bool up = rounds_up(number, n);
    while (up && n > 0 && number->digits[n - 1] == '9')
        n--;
    if (up && n > 0) {
        number->digits[n - 1]++;
    } else if (up) {
        number->digits[0] = '1';
        number->point++;
        n = 1;
    }
    while (n > 0 && number->digits[n - 1] == '0')
        n--;
    number->n = n;
}

/* Digit `place` counted from the first before the point (0) to the left; -1 is the first behind. */
static char digit_at(const HyDecimal *number, int64_t place)
{
    int64_t index = number->point - 1 - place;
    return index >= 0 && index < (int64_t)number->n ? number->digits[index] : '0';
}

static HyStatus put_whole(const HyNumberPattern *p, const HyDecimal *number, HyBuffer *out)
{
    int64_t places = number->n > 0 && number->point > (int64_t)p->min_whole ? number->point
                                                                            : (int64_t)p->min_whole;
    for (int64_t place = places - 1; place >= 0; place--) {
        HY_TRY(hy_buffer_append_char(out, digit_at(number, place)));
        if (p->grouping && place > 0 && place % p->grouping == 0)
            HY_TRY(hy_buffer_append_char(out, ','));
    }
    return HY_OK;
}

static HyStatus put_fraction(
    const HyNumberPattern *p, const HyDecimal *number, uint32_t most, HyBuffer *out)
{
    int64_t places = number->n > 0 ? (int64_t)number->n - number->point : 0;
    if (places < (int64_t)p->min_fraction)
        places = p->min_fraction;
    if (places > (int64_t)most)
        places = most;
    if (places > 0 || p->shows_point)
        HY_TRY(hy_buffer_append_char(out, '.'));
    for (int64_t k = 1; k <= places; k++)
        HY_TRY(hy_buffer_append_char(out, digit_at(number, -k)));
    return HY_OK;
}

/* Mantissa and exponent. With optional digits before the point the exponent is a multiple of all of
 * them ("##0.0E0": of 3), else the mantissa has as many as are mandatory. */
static HyStatus put_scientific(const HyNumberPattern *p, HyDecimal *number, HyBuffer *out)
{
    int64_t exponent = 0;
    bool by_steps = p->max_whole > p->min_whole && p->max_whole > 1;
    int64_t most = by_steps ? (int64_t)p->max_whole + p->max_fraction
                            : (int64_t)p->min_whole + p->max_fraction;
    if (most == 0)
        most = 1;
    if (number->n > 0) {
        round_to(number, most);
        int64_t first = number->point - 1;
        if (by_steps)
            exponent = (first >= 0 ? first : first - ((int64_t)p->max_whole - 1)) /
                       (int64_t)p->max_whole * (int64_t)p->max_whole;
        else
            exponent = number->point - (int64_t)p->min_whole;
        number->point -= exponent;
    }
    HyNumberPattern mantissa = *p;
    mantissa.grouping = 0;
    if (p->min_whole == 0 && p->min_fraction == 0)
        mantissa.min_fraction = 1;
    if (by_steps && number->point > (int64_t)p->min_whole) { /* more before, less behind */
        int64_t rest = (int64_t)p->min_whole + p->min_fraction - number->point;
        mantissa.min_fraction = rest > 0 ? (uint32_t)rest : 0;
    }
    HY_TRY(put_whole(&mantissa, number, out));
    HY_TRY(put_fraction(&mantissa, number, (uint32_t)most + 1, out));
    HY_TRY(hy_buffer_append_char(out, 'E'));
    return hy_buffer_printf(out, "%s%0*lld", exponent < 0 ? "-" : "", (int)p->min_exponent,
        (long long)(exponent < 0 ? -exponent : exponent));
}

HyStatus hy_number_pattern_format(const HyNumberPattern *p, HyDecimal *number, HyBuffer *out)
{
    bool uses_negative = number->is_negative && p->has_negative;
    const HyAffix *prefix = uses_negative ? &p->negative_prefix : &p->prefix;
    const HyAffix *suffix = uses_negative ? &p->negative_suffix : &p->suffix;
    if (number->is_negative && !uses_negative)
        HY_TRY(hy_buffer_append_char(out, '-'));
    HY_TRY(hy_buffer_append(out, prefix->text, prefix->len));
    number->point += p->shift;
    if (p->is_scientific) {
        HY_TRY(put_scientific(p, number, out));
    } else {
        round_to(number, number->point + p->max_fraction);
        HY_TRY(put_whole(p, number, out));
        HY_TRY(put_fraction(
            p, number, p->max_fraction > p->min_fraction ? p->max_fraction : p->min_fraction, out));
    }
    return hy_buffer_append(out, suffix->text, suffix->len);
}
