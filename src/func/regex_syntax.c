#include "func/regex_syntax.h"

#include "base/utf8.h"

#define MAX_DEPTH  1000
#define MAX_REPEAT 1000

/* A recursive descent over the pattern that writes while it reads. A function that meets something
 * invalid sets `failed`, and everybody above returns. */
typedef struct Translator {
    const char *pos;
    const char *end;
    HyBuffer *out;
    HyStatus st; /* out of memory */
    bool failed;
    int depth;
} Translator;

static bool stopped(const Translator *t)
{
    return t->failed || t->st;
}

static void put(Translator *t, const char *text, size_t len)
{
    if (!t->st)
        t->st = hy_buffer_append(t->out, text, len);
}

static void put_text(Translator *t, const char *text)
{
    put(t, text, strlen(text));
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_octal(const Translator *t, const char *p)
{
    return p < t->end && *p >= '0' && *p <= '7';
}

static bool at(const Translator *t, const char *text)
{
    size_t len = strlen(text);
    return (size_t)(t->end - t->pos) >= len && memcmp(t->pos, text, len) == 0;
}

/* A character that stands for itself, in and outside of brackets. */
static void put_literal(Translator *t, uint32_t c)
{
    char text[16];
    if (c >= 0x80 || is_letter((char)c) || is_digit((char)c)) {
        put(t, text, hy_utf8_encode(c, text));
        return;
    }
    static const char hex[] = "0123456789abcdef";
    char escape[4] = {'\\', 'x', hex[c >> 4], hex[c & 15]};
    put(t, escape, sizeof escape);
}

static uint32_t next_char(Translator *t)
{
    uint32_t c = (unsigned char)*t->pos;
    size_t step = hy_utf8_decode(t->pos, (size_t)(t->end - t->pos), &c);
    t->pos += step ? step : 1;
    return c;
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \xHH or \x{H..}, behind the x. */
static uint32_t read_hex(Translator *t)
{
    bool braced = t->pos < t->end && *t->pos == '{';
    size_t n = 0;
    uint32_t c = 0;
    t->pos += braced;
    while (t->pos < t->end && (braced || n < 2)) {
        int digit = hex_value(*t->pos);
        if (digit < 0)
            break;
        c = c * 16 + (uint32_t)digit;
        t->failed |= c > 0x10ffff;
        if (t->failed)
            return 0;
        n++;
        t->pos++;
    }
    if (n == 0 || (!braced && n != 2) || (braced && (t->pos >= t->end || *t->pos++ != '}')))
        t->failed = true;
    return c;
}

/* The character of an escape; pos is behind the backslash. */
static uint32_t read_escaped(Translator *t)
{
    static const char letters[] = "afnrtv";
    static const char values[] = "\a\f\n\r\t\v";
    if (t->pos >= t->end) {
        t->failed = true;
        return 0;
    }
    char c = *t->pos++;
    if (c == 'x')
        return read_hex(t);
    if (c >= '0' && c <= '7') { /* one digit other than 0 alone would be a back reference */
        uint32_t code = (uint32_t)(c - '0');
        if (c != '0' && !is_octal(t, t->pos))
            t->failed = true;
        for (int n = 0; n < 2 && is_octal(t, t->pos); n++)
            code = code * 8 + (uint32_t)(*t->pos++ - '0');
        return code;
    }
    const char *letter = strchr(letters, c);
    if (c && letter)
        return (unsigned char)values[letter - letters];
    if (is_letter(c) || is_digit(c) || (unsigned char)c >= 0x80)
        t->failed = true;
    return (unsigned char)c;
}

/* Scripts whose names have four letters. PCRE2 knows all scripts by codes of four letters too, RE2
 * does not. */
static bool is_full_name(const char *name)
{
    static const char *const names[] = {"Cham", "Lisu", "Newa", "Thai", "Toto"};
    for (size_t i = 0; i < HY_ARRAY_LEN(names); i++)
        if (memcmp(name, names[i], 4) == 0)
            return true;
    return false;
}

/* \pL, \p{Name}, \p{^Name}: general categories and scripts. pos is at the p. */
static void read_property(Translator *t)
{
    const char *start = t->pos++;
    if (t->pos < t->end && *t->pos != '{') {
        t->pos++;
        put_text(t, "\\");
        put(t, start, 2);
        return;
    }
    const char *name = t->pos + 1;
    if (name < t->end && *name == '^')
        name++;
    const char *close = name;
    while (close < t->end && (is_letter(*close) || *close == '_'))
        close++;
    size_t len = close > name ? (size_t)(close - name) : 0;
    if (len == 0 || close == t->end || *close != '}' || (len == 4 && !is_full_name(name))) {
        t->failed = true;
        return;
    }
    bool is_script = len > 2 && !(len == 3 && memcmp(name, "Any", 3) == 0);
    put_text(t, "\\");
    put(t, start, 2);
    put(t, t->pos + 1, (size_t)(name - t->pos - 1));
    if (is_script)
        put_text(t, "sc:");
    put(t, name, len + 1);
    t->pos = close + 1;
}

/* \d \D \w \W \s \S \p \P, behind the backslash; false when it is none. */
static bool read_class_escape(Translator *t, bool in_brackets)
{
    if (t->pos >= t->end || !*t->pos || !strchr("dDwWsSpP", *t->pos))
        return false;
    char c = *t->pos;
    if (c == 'p' || c == 'P') {
        read_property(t);
        return true;
    }
    t->pos++;
    /* without the vertical tab, which PCRE2 counts as white space */
    if (c == 's')
        put_text(t, in_brackets ? "\\t\\n\\f\\r\\x20" : "[\\t\\n\\f\\r\\x20]");
    else if (c == 'S')
        put_text(t, in_brackets ? "\\S\\x0b" : "[\\S\\x0b]");
    else
        put(t, (char[]){'\\', c}, 2);
    return true;
}

/* [:name:] at pos; false when it is none. */
static bool read_posix_class(Translator *t)
{
    static const char *const names[] = {"alnum", "alpha", "ascii", "blank", "cntrl", "digit",
        "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit"};
    if (!at(t, "[:"))
        return false;
    const char *close = t->pos + 2;
    while (close + 1 < t->end && (close[0] != ':' || close[1] != ']'))
        close++;
    if (close + 1 >= t->end)
        return false;
    const char *name = t->pos + 2;
    name += *name == '^';
    for (size_t i = 0; i < HY_ARRAY_LEN(names); i++) {
        if ((size_t)(close - name) == strlen(names[i]) &&
            memcmp(name, names[i], strlen(names[i])) == 0) {
            put(t, t->pos, (size_t)(close + 2 - t->pos));
            t->pos = close + 2;
            return true;
        }
    }
    t->failed = true;
    return true;
}

/* One end of a range in brackets. */
static uint32_t read_bracket_char(Translator *t)
{
    if (t->pos >= t->end) {
        t->failed = true;
        return 0;
    }
    if (*t->pos != '\\')
        return next_char(t);
    t->pos++;
    return read_escaped(t);
}

/* [..], behind the opening bracket. */
static void read_brackets(Translator *t)
{
    put_text(t, "[");
    if (t->pos < t->end && *t->pos == '^') {
        put_text(t, "^");
        t->pos++;
    }
    for (bool is_first = true; !stopped(t); is_first = false) {
        if (t->pos >= t->end) {
            t->failed = true;
            return;
        }
        if (*t->pos == ']' && !is_first)
            break;
        if (read_posix_class(t))
            continue;
        if (*t->pos == '\\' && t->pos + 1 < t->end) {
            t->pos++;
            if (read_class_escape(t, true))
                continue;
            t->pos--;
        }
        uint32_t low = read_bracket_char(t);
        put_literal(t, low);
        if (t->end - t->pos < 2 || t->pos[0] != '-' || t->pos[1] == ']')
            continue;
        t->pos++;
        uint32_t high = read_bracket_char(t);
        t->failed |= high < low;
        put_text(t, "-");
        put_literal(t, high);
    }
    t->pos++;
    put_text(t, "]");
}

/* {n}, {n,} or {n,m} at p: its length and the largest number in it; 0 when it is something else,
 * which then stands for itself. */
static size_t counted_repeat(const Translator *t, uint32_t *low, uint32_t *high)
{
    const char *p = t->pos + 1;
    const char *digits = p;
    *low = 0;
    for (; p < t->end && is_digit(*p); p++)
        *low = *low > MAX_REPEAT ? *low : *low * 10 + (uint32_t)(*p - '0');
    *high = *low;
    if (p == digits || p == t->end)
        return 0;
    if (*p == ',') {
        digits = ++p;
        uint32_t value = 0;
        for (; p < t->end && is_digit(*p); p++)
            value = value > MAX_REPEAT ? value : value * 10 + (uint32_t)(*p - '0');
        if (p > digits)
            *high = value;
    }
    return p < t->end && *p == '}' ? (size_t)(p + 1 - t->pos) : 0;
}

static bool at_quantifier(const Translator *t)
{
    uint32_t low;
    uint32_t high;
    if (t->pos >= t->end)
        return false;
    return *t->pos == '*' || *t->pos == '+' || *t->pos == '?' ||
           (*t->pos == '{' && counted_repeat(t, &low, &high) > 0);
}

/* The quantifier behind something that repeats up to `inner` times already; how often both together
 * do. */
static uint32_t read_quantifier(Translator *t, uint32_t inner)
{
    uint32_t low = 0;
    uint32_t high = 1;
    if (!at_quantifier(t))
        return inner;
    size_t len = *t->pos == '{' ? counted_repeat(t, &low, &high) : 1;
    put(t, t->pos, len);
    t->pos += len;
    if (t->pos < t->end && *t->pos == '?') {
        put_text(t, "?");
        t->pos++;
    }
    uint32_t most = high > 1 ? high * inner : inner;
    if (low > high || high > MAX_REPEAT || most > MAX_REPEAT || at_quantifier(t))
        t->failed = true;
    return most;
}

static uint32_t read_alternatives(Translator *t);

/* What follows "(?": a name, flags for the rest of the group (then there is no group), or flags and
 * a group. Returns whether a group begins. */
static bool read_group_start(Translator *t)
{
    if (at(t, "P<") || at(t, "<")) {
        const char *p = strchr(t->pos, '<') + 1;
        const char *name = p;
        while (p < t->end && (is_letter(*p) || is_digit(*p) || *p == '_'))
            p++;
        if (p == name || p == t->end || *p != '>')
            t->failed = true;
        t->pos = p < t->end ? p + 1 : p;
        put_text(t, "("); /* names are of no use to the functions */
        return true;
    }
    const char *flags = t->pos;
    while (t->pos < t->end && *t->pos && strchr("imsU", *t->pos))
        t->pos++;
    if (t->pos < t->end && *t->pos == '-') {
        const char *negated = ++t->pos;
        while (t->pos < t->end && *t->pos && strchr("imsU", *t->pos))
            t->pos++;
        t->failed |= t->pos == negated;
    }
    if (t->pos >= t->end || (*t->pos != ':' && *t->pos != ')')) {
        t->failed = true;
        return false;
    }
    put_text(t, "(?");
    put(t, flags, (size_t)(t->pos + 1 - flags));
    return *t->pos++ == ':';
}

/* A group, behind the parenthesis; *is_atom is false for mere flags. */
static uint32_t read_group(Translator *t, bool *is_atom)
{
    if (t->pos < t->end && *t->pos == '?') {
        t->pos++;
        *is_atom = read_group_start(t);
        if (!*is_atom || stopped(t))
            return 1;
    } else {
        put_text(t, "(");
    }
    if (++t->depth > MAX_DEPTH) {
        t->failed = true;
        return 1;
    }
    uint32_t repeats = read_alternatives(t);
    t->depth--;
    if (t->pos >= t->end || *t->pos != ')') {
        t->failed = true;
        return 1;
    }
    t->pos++;
    put_text(t, ")");
    return repeats;
}

/* ^ $ \A \z \b \B; repeated, they need a group around them. */
static void put_anchor(Translator *t, const char *text)
{
    bool repeats = at_quantifier(t);
    if (repeats)
        put_text(t, "(?:");
    put_text(t, text);
    if (repeats)
        put_text(t, ")");
}

/* \Q..\E, behind the Q; false when nothing stands between. */
static bool read_quoted(Translator *t)
{
    bool any = false;
    while (t->pos < t->end && !at(t, "\\E")) {
        put_literal(t, next_char(t));
        any = true;
    }
    t->pos += t->pos < t->end ? 2 : 0;
    return any;
}

/* Behind the backslash; false when nothing came that could be repeated. */
static bool read_escape(Translator *t)
{
    if (read_class_escape(t, false))
        return true;
    char c = 0;
    if (t->pos < t->end)
        c = *t->pos;
    if (c == 'Q') {
        t->pos++;
        return read_quoted(t);
    }
    if (c == 'C') {
        t->pos++;
        put_text(t, "(?s:.)");
    } else if (c && strchr("AzbB", c)) {
        t->pos++;
        put_anchor(t, (char[]){'\\', c, 0});
    } else {
        put_literal(t, read_escaped(t));
    }
    return true;
}

/* One thing and its quantifier; how often its parts may repeat. */
static uint32_t read_piece(Translator *t)
{
    uint32_t repeats = 1;
    bool is_atom = true;
    if (at_quantifier(t)) {
        t->failed = true; /* nothing to repeat */
        return 1;
    }
    char c = *t->pos;
    uint32_t literal = next_char(t);
    if (c == '(')
        repeats = read_group(t, &is_atom);
    else if (c == '[')
        read_brackets(t);
    else if (c == '\\')
        is_atom = read_escape(t);
    else if (c == '.')
        put_text(t, ".");
    else if (c == '^' || c == '$')
        put_anchor(t, c == '^' ? "^" : "$");
    else
        put_literal(t, literal);
    return is_atom && !stopped(t) ? read_quantifier(t, repeats) : repeats;
}

/* Up to the end or an unmatched parenthesis. */
static uint32_t read_alternatives(Translator *t)
{
    uint32_t most = 1;
    while (t->pos < t->end && *t->pos != ')' && !stopped(t)) {
        if (*t->pos == '|') {
            put_text(t, "|");
            t->pos++;
            continue;
        }
        uint32_t repeats = read_piece(t);
        if (repeats > most)
            most = repeats;
    }
    return most;
}

HyStatus hy_regex_translate(const char *pattern, size_t len, HyBuffer *out, bool *is_valid)
{
    Translator t = {.pos = pattern, .end = pattern + len, .out = out};
    (void)read_alternatives(&t);
    *is_valid = !t.failed && t.pos == t.end;
    return t.st;
}

/* ---- SIMILAR TO ---- */

static size_t step_at(const char *text, size_t len)
{
    uint32_t c;
    size_t step = hy_utf8_decode(text, len, &c);
    return step ? step : 1;
}

HyStatus hy_regex_from_similar(
    const char *pattern, size_t len, const char *escape, size_t escape_len, HyBuffer *out)
{
    bool in_brackets = false;
    HY_TRY(hy_buffer_append_str(out, "\\A(?:"));
    for (size_t i = 0; i < len;) {
        const char *c = pattern + i;
        if (escape_len && len - i > escape_len && memcmp(c, escape, escape_len) == 0) {
            i += escape_len;
            size_t step = step_at(pattern + i, len - i);
            if ((unsigned char)pattern[i] < 0x80)
                HY_TRY(hy_buffer_append_char(out, '\\'));
            HY_TRY(hy_buffer_append(out, pattern + i, step));
            i += step;
            continue;
        }
        i++;
        if (in_brackets)
            in_brackets = *c != ']';
        else
            in_brackets = *c == '[';
        if (!in_brackets && *c == '%')
            HY_TRY(hy_buffer_append_str(out, ".*"));
        else if (!in_brackets && *c == '_')
            HY_TRY(hy_buffer_append_char(out, '.'));
        else if (!in_brackets && *c == '(')
            HY_TRY(hy_buffer_append_str(out, "(?:"));
        else if (*c == '\\' || (!in_brackets && (*c == '.' || *c == '^' || *c == '$')))
            HY_TRY(hy_buffer_append(out, (char[]){'\\', *c}, 2));
        else
            HY_TRY(hy_buffer_append_char(out, *c));
    }
    return hy_buffer_append_str(out, ")\\z");
}
