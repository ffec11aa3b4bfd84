/* Single fields: quotes and escapes removed, and where an error is. */
#include "io/csv_internal.h"

#include <stdio.h>
#include <strings.h>

/* ---- Quotes and escapes ---- */

size_t hy_csv_unquote(const HyCsvDialect *dialect, const char *raw, size_t raw_len, char *out)
{
    const char quote = dialect->quote;
    const char escape = dialect->mode == HY_CSV_ESCAPED ? dialect->escape : quote;
    bool in_quotes = false;
    size_t n = 0;
    for (size_t i = 0; i < raw_len; i++) {
        char c = raw[i];
        if (!in_quotes) {
            if (c == quote)
                in_quotes = true;
            else
                out[n++] = c;
        } else if (c == escape && escape != quote) {
            if (++i < raw_len)
                out[n++] = raw[i];
        } else if (c == quote) {
            if (escape == quote && i + 1 < raw_len && raw[i + 1] == quote)
                out[n++] = raw[++i];
            else
                in_quotes = false;
        } else {
            out[n++] = c;
        }
    }
    return n;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Up to `max_digits` digits of a byte; returns how many there are. */
static size_t byte_of_digits(const char *text, size_t len, int base, size_t max_digits, char *out)
{
    unsigned value = 0;
    size_t n = 0;
    while (n < max_digits && n < len) {
        int digit = hex_digit(text[n]);
        if (digit < 0 || digit >= base)
            break;
        value = value * (unsigned)base + (unsigned)digit;
        n++;
    }
    *out = (char)(uint8_t)value;
    return n;
}

static char control_of(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    default:
        return c;
    }
}

size_t hy_csv_unescape(const char *raw, size_t raw_len, char *out, bool *has_bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < raw_len; i++) {
        if (raw[i] != '\\') {
            out[n++] = raw[i];
            continue;
        }
        if (++i == raw_len)
            break;
        char byte;
        size_t digits = 0;
        if (raw[i] == 'x') {
            digits = byte_of_digits(raw + i + 1, raw_len - i - 1, 16, 2, &byte);
            i += digits;
        } else if (raw[i] >= '0' && raw[i] <= '7') {
            digits = byte_of_digits(raw + i, raw_len - i, 8, 3, &byte);
            i += digits - 1;
        }
        if (digits == 0)
            byte = control_of(raw[i]);
        else if ((uint8_t)byte >= 0x80)
            *has_bytes = true;
        out[n++] = byte;
    }
    return n;
}

/* ---- Errors ---- */

HyStatus hy_csv_error_at_field(HyStatus st, const HyCsvPiece *piece, uint64_t record,
    uint32_t field, const char *text, size_t len)
{
    st = hy_error_detail(
        st, "file: '%s' line:%llu column:%u", piece->name, (unsigned long long)record, field + 1);
    if (!st || len == 0)
        return st;
    const size_t max = 60;
    size_t n = len < max ? len : max;
    while (n < len && ((uint8_t)text[n] & 0xC0) == 0x80)
        n--; /* not in the middle of a character */
    char shown[72];
    snprintf(shown, sizeof shown, "'%.*s'%s", (int)n, text, n < len ? ".." : "");
    return strstr(st->message, shown) ? st : hy_error_hint(st, "the value is %s", shown);
}

static bool has_csv_ending(const char *name)
{
    size_t len = strlen(name);
    return (len >= 4 && strcasecmp(name + len - 4, ".csv") == 0) ||
           (len >= 7 && strcasecmp(name + len - 7, ".csv.gz") == 0);
}

HyStatus hy_csv_error_at_record(HyStatus st, const HyCsvPiece *piece, uint64_t record)
{
    st = hy_error_detail(st, "file:'%s' line:%llu", piece->name, (unsigned long long)record);
    if (has_csv_ending(piece->name))
        return st;
    return hy_error_hint(st, "the provided file does not end with .csv or .csv.gz");
}
