#include "types/error_text.h"
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 200 /* bytes of the text that a message repeats */

static int shown_length(const char *text, size_t len)
{
    if (len <= SHOWN_MAX)
        return (int)len;
    len = SHOWN_MAX;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return (int)len;
}

HyStatus hy_error_in_text(const char *sqlstate, const char *message, const char *text, size_t len,
    size_t column, size_t width)
{
    HyStatus st = hy_error(sqlstate, "%s", message);
    while (len > 0 && text[len - 1] == ' ')
        len--;
    int shown = shown_length(text, len);
    if (column > (size_t)shown + 1)
        column = (size_t)shown + 1;
    if (width > (size_t)shown - column + 1)
        width = (size_t)shown - column + 1;
    char lead[64], marks[SHOWN_MAX + 1];
    int lead_len = snprintf(lead, sizeof lead, "line 1, column %zu: ", column);
    size_t n_marks = width > 1 ? width - 1 : 0;
    memset(marks, '~', n_marks);
    marks[n_marks] = 0;
    return hy_error_detail(
        st, "\n%s%.*s\n%*s^%s", lead, shown, text, lead_len + (int)column - 1, "", marks);
}

HyStatus hy_error_syntax_of(const char *type, const char *text, size_t len)
{
    return hy_error_detail(hy_error("22P02", "invalid input syntax for %s", type), "'%.*s'",
        shown_length(text, len), text);
}
