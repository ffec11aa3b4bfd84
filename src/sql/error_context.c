#include "sql/error_context.h"

#include "base/buffer.h"
#include "base/utf8.h"
#include "sql/lexer.h"

#include <stdlib.h>
#include <string.h>

/* Characters of the line that are shown at most, dots for what is cut included. */
#define SHOWN_MAX 60
#define DOTS      3

/* The token at an offset, in bytes; a.b.c is one. */
static size_t token_length(const char *sql, size_t len, size_t offset)
{
    HyToken token = hy_lexer_next(sql, len, offset);
    if (token.offset != offset || token.kind == HY_TOK_END)
        return 0;
    if (token.kind == HY_TOK_INVALID)
        return 1;
    size_t end = offset + token.length;
    while (token.kind == HY_TOK_IDENT || hy_token_is_keyword(token.kind)) {
        HyToken dot = hy_lexer_next(sql, len, end);
        if (dot.kind != HY_TOK_DOT)
            break;
        token = hy_lexer_next(sql, len, (size_t)dot.offset + 1);
        if (token.kind != HY_TOK_IDENT && !hy_token_is_keyword(token.kind))
            break;
        end = (size_t)token.offset + token.length;
    }
    return end - offset;
}

/* The line around the token, in characters; columns and lengths count from its start. */
typedef struct Place {
    const char *line; /* bytes of the line(s) */
    size_t line_bytes;
    size_t line_number; /* from 1 */
    size_t line_length;
    size_t column;       /* of the token, from 0 */
    size_t token_length; /* at least 1, except at the end of the text */
} Place;

static Place find_place(const char *sql, size_t len, size_t offset)
{
    Place place = {.line_number = 1};
    size_t start = 0;
    for (size_t i = 0; i < offset; i++) {
        if (sql[i] == '\n') {
            place.line_number++;
            start = i + 1;
        }
    }
    size_t token_bytes = token_length(sql, len, offset);
    size_t token_end = offset + token_bytes;
    const char *newline = memchr(sql + token_end, '\n', len - token_end);
    place.line = sql + start;
    place.line_bytes = (newline ? (size_t)(newline - sql) : len) - start;
    place.line_length = hy_utf8_length(place.line, place.line_bytes);
    place.column = hy_utf8_length(place.line, offset - start);
    place.token_length = hy_utf8_length(sql + offset, token_bytes);
    return place;
}

/* Which characters of the line are shown: all, or a window with equal room on both sides of the
 * token, where there is room. */
typedef struct Window {
    size_t first;
    size_t end;
    bool cut_left;
    bool cut_right;
} Window;

static Window choose_window(const Place *place)
{
    Window w = {.first = 0, .end = place->line_length};
    if (place->line_length <= SHOWN_MAX)
        return w;
    size_t left = place->column;
    size_t token = place->token_length < SHOWN_MAX / 2 ? place->token_length : SHOWN_MAX / 2;
    size_t right = place->line_length - place->column - token;
    size_t room = SHOWN_MAX - token;
    size_t half = room / 2;
    if (left <= half) {
        w.end = SHOWN_MAX;
    } else if (right <= room - half) {
        w.first = place->line_length - SHOWN_MAX;
    } else {
        w.first = left - half;
        w.end = w.first + SHOWN_MAX;
    }
    w.cut_left = w.first > 0;
    w.cut_right = w.end < place->line_length;
    if (w.cut_left)
        w.first += DOTS;
    if (w.cut_right)
        w.end -= DOTS;
    return w;
}

/* Characters first to end; what would break the line becomes a blank. */
static HyStatus append_line(HyBuffer *out, const Place *place, const Window *w)
{
    size_t from = hy_utf8_offset(place->line, place->line_bytes, w->first);
    size_t to = hy_utf8_offset(place->line, place->line_bytes, w->end);
    if (w->cut_left)
        HY_TRY(hy_buffer_append_str(out, "..."));
    for (size_t i = from; i < to; i++) {
        char c = place->line[i];
        HY_TRY(hy_buffer_append_char(out, (unsigned char)c < ' ' || c == 0x7F ? ' ' : c));
    }
    return w->cut_right ? hy_buffer_append_str(out, "...") : HY_OK;
}

static HyStatus append_repeated(HyBuffer *out, char c, size_t n)
{
    HY_TRY(hy_buffer_reserve(out, n));
    for (size_t i = 0; i < n; i++)
        HY_TRY(hy_buffer_append_char(out, c));
    return HY_OK;
}

static HyStatus append_display(HyBuffer *out, const Place *place)
{
    Window w = choose_window(place);
    size_t before = out->len;
    HY_TRY(hy_buffer_printf(out, "line %zu, column %zu: ", place->line_number, place->column + 1));
    size_t indent = out->len - before;
    HY_TRY(append_line(out, place, &w));
    HY_TRY(hy_buffer_append_char(out, '\n'));
    size_t shown_column = place->column - w.first + (w.cut_left ? DOTS : 0);
    HY_TRY(append_repeated(out, ' ', indent + shown_column));
    HY_TRY(hy_buffer_append_char(out, '^'));
    size_t shown_end = w.end + (w.cut_right ? DOTS : 0);
    size_t token = place->token_length;
    if (token > shown_end - place->column)
        token = shown_end - place->column;
    return token > 1 ? append_repeated(out, '~', token - 1) : HY_OK;
}

HyStatus hy_error_add_sql_context(HyStatus err, const char *sql, size_t len)
{
    if (!err || err->position < 0 || len >= UINT32_MAX)
        return err;
    size_t offset = (uint64_t)err->position < len ? (size_t)err->position : len;
    Place place = find_place(sql, len, offset);
    HyBuffer text = {0};
    HyStatus failed = err->detail ? hy_buffer_append_str(&text, err->detail) : HY_OK;
    if (!failed)
        failed = hy_buffer_append_char(&text, '\n');
    if (!failed)
        failed = append_display(&text, &place);
    if (!failed)
        err = hy_error_detail(err, "%.*s", (int)text.len, text.data);
    hy_error_free(failed); /* without memory for the display, the error itself is what counts */
    hy_buffer_free(&text);
    if (offset == len)
        err->position = -1;
    return err;
}
