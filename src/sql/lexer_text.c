/* Values of name and string tokens: folding, quotes, escapes. */
#include "base/utf8.h"
#include "sql/lexer.h"

#include <string.h>

static HyStatus escape_error(const HyToken *token)
{
    return hy_error_at(hy_error("42601", "invalid string escape"), token->offset);
}

/* The value under construction. It never gets longer than the source: every escape takes at least
 * as many bytes as the UTF-8 it stands for. */
typedef struct TextBuilder {
    char *data;
    size_t len;
} TextBuilder;

static inline int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly `n` hex digits at text[0..len); false if there are fewer. */
static bool read_hex(const char *text, size_t len, size_t n, uint32_t *value)
{
    if (len < n)
        return false;
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = hex_value(text[i]);
        if (digit < 0)
            return false;
        *value = *value * 16 + (uint32_t)digit;
    }
    return true;
}

static HyStatus append_code_point(TextBuilder *b, uint32_t code_point, const HyToken *token)
{
    size_t n = hy_utf8_encode(code_point, b->data + b->len);
    if (n == 0)
        return hy_error_at(hy_error("22021", "invalid UTF-8 sequence"), token->offset);
    b->len += n;
    return HY_OK;
}

/* One or two further hex or up to three octal digits give a byte. Returns the number of characters.
 */
static size_t read_byte_escape(const char *text, size_t len, TextBuilder *b)
{
    unsigned value = 0;
    size_t used = 0;
    if (text[0] == 'x') {
        used = 1;
        while (used < len && used < 3 && hex_value(text[used]) >= 0)
            value = value * 16 + (unsigned)hex_value(text[used++]);
        if (used == 1)
            return 0;
    } else {
        while (used < len && used < 3 && text[used] >= '0' && text[used] <= '7')
            value = value * 8 + (unsigned)(text[used++] - '0');
    }
    b->data[b->len++] = (char)value;
    return used;
}

/* The escape of an E'..' string whose backslash stands before `text`. */
static HyStatus append_backslash_escape(
    TextBuilder *b, const char *text, size_t len, const HyToken *token, size_t *used)
{
    static const char from[] = "bfnrt";
    static const char to[] = "\b\f\n\r\t";
    if (len == 0)
        return escape_error(token);
    *used = 1;
    const char *simple = text[0] ? strchr(from, text[0]) : NULL;
    if (simple) {
        b->data[b->len++] = to[simple - from];
        return HY_OK;
    }
    if (text[0] == 'u' || text[0] == 'U') {
        size_t digits = text[0] == 'u' ? 4 : 8;
        uint32_t code_point;
        if (!read_hex(text + 1, len - 1, digits, &code_point))
            return escape_error(token);
        *used = 1 + digits;
        return append_code_point(b, code_point, token);
    }
    if (text[0] == 'x' || (text[0] >= '0' && text[0] <= '7')) {
        *used = read_byte_escape(text, len, b);
        return *used ? HY_OK : escape_error(token);
    }
    b->data[b->len++] = text[0];
    return HY_OK;
}

/* The escape of a U&'..' text whose escape character stands before `text`: itself, XXXX or +XXXXXX.
 */
static HyStatus append_unicode_escape(
    TextBuilder *b, const char *text, size_t len, char escape, const HyToken *token, size_t *used)
{
    uint32_t code_point;
    if (len > 0 && text[0] == escape) {
        b->data[b->len++] = escape;
        *used = 1;
        return HY_OK;
    }
    bool is_long = len > 0 && text[0] == '+';
    size_t digits = is_long ? 6 : 4;
    size_t start = is_long ? 1 : 0;
    if (!read_hex(text + start, len - start, digits, &code_point))
        return escape_error(token);
    *used = start + digits;
    return append_code_point(b, code_point, token);
}

/* Appends one quoted part: text[0] is the opening quote. Returns the place behind the closing one.
 */
static HyStatus append_part(
    TextBuilder *b, const char *text, size_t len, const HyToken *token, char escape, size_t *end)
{
    char quote = text[0];
    size_t i = 1;
    for (;;) {
        char c = text[i]; /* the lexer found the closing quote: i < len */
        size_t used = 0;
        if (c == quote) {
            i++;
            if (i >= len || text[i] != quote)
                break;
            b->data[b->len++] = quote;
            i++;
        } else if (c == '\\' && (token->flags & HY_TOKEN_ESCAPES)) {
            HY_TRY(append_backslash_escape(b, text + i + 1, len - i - 1, token, &used));
            i += 1 + used;
        } else if (c == escape && (token->flags & HY_TOKEN_UNICODE)) {
            HY_TRY(append_unicode_escape(b, text + i + 1, len - i - 1, escape, token, &used));
            i += 1 + used;
        } else {
            b->data[b->len++] = c;
            i++;
        }
    }
    *end = i;
    return HY_OK;
}

/* All quoted parts of a token. Between them are blanks and comments, which may hold quotes, too. */
static HyStatus append_parts(
    TextBuilder *b, const char *text, size_t len, const HyToken *token, char escape)
{
    size_t pos = 0;
    while (pos < len) {
        size_t end;
        HY_TRY(append_part(b, text + pos, len - pos, token, escape, &end));
        pos += end;
        if (pos < len)
            pos = hy_lexer_next(text, len, pos).offset;
    }
    b->data[b->len] = '\0';
    return HY_OK;
}

HyStatus hy_token_string(
    HyArena *arena, const char *sql, const HyToken *token, char escape, HyAstText *out)
{
    const char *text = sql + token->offset;
    size_t len = token->length;
    if (token->flags & HY_TOKEN_DOLLAR) {
        const char *body = (const char *)memchr(text + 1, '$', len - 1) + 1;
        size_t tag = (size_t)(body - text);
        out->len = len - 2 * tag;
        out->data = hy_arena_strndup(arena, body, out->len);
        return out->data ? HY_OK : hy_error_oom(out->len);
    }
    size_t prefix = (size_t)((const char *)memchr(text, '\'', len) - text);
    text += prefix;
    len -= prefix;
    /* the common case: one part without anything to resolve */
    if (!(token->flags & (HY_TOKEN_ESCAPES | HY_TOKEN_UNICODE)) &&
        !memchr(text + 1, '\'', len - 2)) {
        out->len = len - 2;
        out->data = hy_arena_strndup(arena, text + 1, out->len);
        return out->data ? HY_OK : hy_error_oom(out->len);
    }
    TextBuilder b = {.data = hy_arena_alloc(arena, len + HY_UTF8_MAX_BYTES)};
    if (!b.data)
        return hy_error_oom(len);
    HY_TRY(append_parts(&b, text, len, token, escape));
    if ((token->flags & HY_TOKEN_ESCAPES) && !hy_utf8_validate(b.data, b.len, NULL))
        return hy_error_at(hy_error("22021", "invalid UTF-8 sequence"), token->offset);
    *out = (HyAstText){.data = b.data, .len = b.len};
    return HY_OK;
}

HyStatus hy_token_name(
    HyArena *arena, const char *sql, const HyToken *token, char escape, HyAstName *out)
{
    const char *text = sql + token->offset;
    size_t len = token->length;
    TextBuilder b = {.data = hy_arena_alloc(arena, len + HY_UTF8_MAX_BYTES)};
    if (!b.data)
        return hy_error_oom(len);
    if (token->flags & HY_TOKEN_QUOTED) {
        size_t prefix = token->flags & HY_TOKEN_UNICODE ? 2 : 0;
        HY_TRY(append_parts(&b, text + prefix, len - prefix, token, escape));
        if (b.len == 0)
            return hy_error_at(
                hy_error("42601", "zero-length delimited identifier '\"\"'"), token->offset);
    } else {
        /* only ASCII letters fold, as in the genuine server */
        for (size_t i = 0; i < len; i++) {
            char c = text[i];
            b.data[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        }
        b.len = len;
        b.data[len] = '\0';
    }
    *out = (HyAstName){.text = b.data,
        .len = (uint32_t)b.len,
        .quoted = (token->flags & HY_TOKEN_QUOTED) != 0,
        .span = {.offset = token->offset, .length = token->length}};
    return HY_OK;
}
