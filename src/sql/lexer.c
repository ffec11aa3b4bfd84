#include "sql/lexer.h"

#include <stdlib.h>
#include <string.h>

/* ---- Character classes
 * --------------------------------------------------------------------------- */

enum {
    CLASS_SPACE = 1,
    CLASS_DIGIT = 2,
    CLASS_LETTER = 4, /* starts an identifier; all bytes from 0x80 belong here */
    CLASS_OPERATOR = 8,
    CLASS_SPECIAL = 16, /* operator characters that let an operator end in + or - */
};

#define LETTERS4(c)                                                                                \
    [(c)] = CLASS_LETTER, [(c) + 1] = CLASS_LETTER, [(c) + 2] = CLASS_LETTER,                      \
    [(c) + 3] = CLASS_LETTER
#define LETTERS16(c) LETTERS4(c), LETTERS4((c) + 4), LETTERS4((c) + 8), LETTERS4((c) + 12)
#define LETTERS64(c) LETTERS16(c), LETTERS16((c) + 16), LETTERS16((c) + 32), LETTERS16((c) + 48)
#define SPECIAL      (CLASS_OPERATOR | CLASS_SPECIAL)

static const uint8_t char_class[256] = {
    [' '] = CLASS_SPACE,
    ['\t'] = CLASS_SPACE,
    ['\n'] = CLASS_SPACE,
    ['\r'] = CLASS_SPACE,
    ['\f'] = CLASS_SPACE,
    ['\v'] = CLASS_SPACE,
    ['0'] = CLASS_DIGIT,
    ['1'] = CLASS_DIGIT,
    ['2'] = CLASS_DIGIT,
    ['3'] = CLASS_DIGIT,
    ['4'] = CLASS_DIGIT,
    ['5'] = CLASS_DIGIT,
    ['6'] = CLASS_DIGIT,
    ['7'] = CLASS_DIGIT,
    ['8'] = CLASS_DIGIT,
    ['9'] = CLASS_DIGIT,
    LETTERS16('A'),
    LETTERS4('Q'),
    LETTERS4('U'),
    ['Y'] = CLASS_LETTER,
    ['Z'] = CLASS_LETTER,
    LETTERS16('a'),
    LETTERS4('q'),
    LETTERS4('u'),
    ['y'] = CLASS_LETTER,
    ['z'] = CLASS_LETTER,
    ['_'] = CLASS_LETTER,
    LETTERS64(0x80),
    LETTERS64(0xC0),
    ['+'] = CLASS_OPERATOR,
    ['-'] = CLASS_OPERATOR,
    ['*'] = CLASS_OPERATOR,
    ['/'] = CLASS_OPERATOR,
    ['<'] = CLASS_OPERATOR,
    ['>'] = CLASS_OPERATOR,
    ['='] = CLASS_OPERATOR,
    ['~'] = SPECIAL,
    ['!'] = SPECIAL,
    ['@'] = SPECIAL,
    ['#'] = SPECIAL,
    ['%'] = SPECIAL,
    ['^'] = SPECIAL,
    ['&'] = SPECIAL,
    ['|'] = SPECIAL,
    ['`'] = SPECIAL,
    ['?'] = SPECIAL,
};

#undef LETTERS4
#undef LETTERS16
#undef LETTERS64
#undef SPECIAL

static inline bool has_class(char c, unsigned classes)
{
    return (char_class[(unsigned char)c] & classes) != 0;
}

/* ---- Keywords
 * ------------------------------------------------------------------------------------ */

typedef struct Keyword {
    const char *text;
    uint8_t length;
    uint8_t class;
    bool is_bare_label;
} Keyword;

#define LABEL_BARE                  true
#define LABEL_AS                    false
#define X(name, text, class, label) {text, sizeof(text) - 1, HY_KEYWORD_##class, LABEL_##label},
#define Y(letter, list)             list(X)
static const Keyword keywords[] = {HY_KEYWORD_LETTERS(Y)};
#undef X
#undef Y

/* First and last keyword of each letter; first > last for none. */
#define Y(letter, list) {HY_LETTER_FIRST_##letter, HY_LETTER_LAST_##letter},
static const uint16_t letter_ranges[26][2] = {HY_KEYWORD_LETTERS(Y)};
#undef Y

#define KEYWORD_MAX_LENGTH 20

static inline const Keyword *keyword_of(unsigned kind)
{
    return &keywords[kind - HY_TOK_PLAIN_COUNT];
}

HyKeywordClass hy_keyword_class(unsigned kind)
{
    return (HyKeywordClass)keyword_of(kind)->class;
}

bool hy_keyword_is_bare_label(unsigned kind)
{
    return keyword_of(kind)->is_bare_label;
}

const char *hy_keyword_text(unsigned kind)
{
    return keyword_of(kind)->text;
}

unsigned hy_keyword_find(const char *text, size_t len)
{
    if (len == 0 || len > KEYWORD_MAX_LENGTH || text[0] < 'a' || text[0] > 'z')
        return HY_TOK_IDENT;
    unsigned low = letter_ranges[text[0] - 'a'][0];
    unsigned high = letter_ranges[text[0] - 'a'][1] + 1U;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        const Keyword *k = keyword_of(middle);
        int c = memcmp(text, k->text, len < k->length ? len : k->length);
        if (c == 0 && len == k->length)
            return middle;
        if (c < 0 || (c == 0 && len < k->length))
            high = middle;
        else
            low = middle + 1;
    }
    return HY_TOK_IDENT;
}

const char *hy_token_kind_name(unsigned kind, char buf[HY_TOKEN_NAME_MAX])
{
    static const char *const names[] = {
#define X(name, text) text,
        HY_PLAIN_TOKENS(X)
#undef X
    };
    if (!hy_token_is_keyword(kind))
        return names[kind];
    const Keyword *k = keyword_of(kind);
    for (size_t i = 0; i <= k->length; i++) {
        char c = k->text[i];
        buf[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return buf;
}

/* ---- Scanning
 * ------------------------------------------------------------------------------------ */

typedef struct Scanner {
    const char *sql;
    size_t len;
} Scanner;

static inline char char_at(const Scanner *s, size_t pos)
{
    return pos < s->len ? s->sql[pos] : '\0';
}

/* The end of the comment that starts at `pos`, `pos` when there is none, SIZE_MAX when it does not
 * end. Comments in asterisks do not nest. */
static size_t skip_comment(const Scanner *s, size_t pos)
{
    char next = char_at(s, pos + 1);
    if (s->sql[pos] == '-' && next == '-') {
        const char *end = memchr(s->sql + pos, '\n', s->len - pos);
        return end ? (size_t)(end - s->sql) : s->len;
    }
    if (s->sql[pos] == '/' && next == '*') {
        for (size_t i = pos + 2; i + 1 < s->len; i++) {
            if (s->sql[i] == '*' && s->sql[i + 1] == '/')
                return i + 2;
        }
        return SIZE_MAX;
    }
    return pos;
}

/* Behind the closing quote of a string: the place of the next opening quote when another part
 * follows, which needs a line break or a comment in between; else 0. */
static size_t find_continuation(const Scanner *s, size_t pos)
{
    bool separated = false;
    while (pos < s->len) {
        char c = s->sql[pos];
        if (has_class(c, CLASS_SPACE)) {
            separated |= c == '\n' || c == '\r';
            pos++;
            continue;
        }
        if (c == '\'')
            return separated ? pos : 0;
        size_t end = skip_comment(s, pos);
        if (end == pos || end == SIZE_MAX)
            return 0;
        separated = true;
        pos = end;
    }
    return 0;
}

/* The end of a quoted text that opens at `pos`; a doubled quote stands for one. SIZE_MAX: no end.
 */
static size_t scan_quoted(const Scanner *s, size_t pos, char quote, bool escapes)
{
    pos++;
    while (pos < s->len) {
        if (!escapes) {
            const char *next = memchr(s->sql + pos, quote, s->len - pos);
            if (!next)
                return SIZE_MAX;
            pos = (size_t)(next - s->sql);
        }
        char c = s->sql[pos];
        if (c == quote) {
            if (char_at(s, pos + 1) != quote)
                return pos + 1;
            pos += 2;
        } else if (c == '\\') {
            pos += 2;
        } else {
            pos++;
        }
    }
    return SIZE_MAX;
}

static HyToken make_token(unsigned kind, unsigned flags, size_t start, size_t end)
{
    return (HyToken){.kind = (uint16_t)kind,
        .flags = (uint16_t)flags,
        .offset = (uint32_t)start,
        .length = (uint32_t)(end - start)};
}

/* What has no end takes the rest of the text. */
static HyToken invalid_token(const Scanner *s, size_t start)
{
    return make_token(HY_TOK_INVALID, 0, start, s->len);
}

/* A string from `start`; its first quote stands at `quote_pos`. */
static HyToken lex_string(
    const Scanner *s, size_t start, size_t quote_pos, unsigned kind, unsigned flags)
{
    bool escapes = (flags & HY_TOKEN_ESCAPES) != 0;
    size_t end = scan_quoted(s, quote_pos, '\'', escapes);
    while (end != SIZE_MAX) {
        size_t next = find_continuation(s, end);
        if (next == 0)
            return make_token(kind, flags, start, end);
        end = scan_quoted(s, next, '\'', escapes);
    }
    return invalid_token(s, start);
}

static HyToken lex_quoted_identifier(
    const Scanner *s, size_t start, size_t quote_pos, unsigned flags)
{
    size_t end = scan_quoted(s, quote_pos, '"', false);
    if (end == SIZE_MAX)
        return invalid_token(s, start);
    return make_token(HY_TOK_IDENT, flags | HY_TOKEN_QUOTED, start, end);
}

/* E'..', U&'..', U&"..", B'..', X'..', N'..': the letter is at `start`. False: an ordinary word. */
static bool lex_prefixed(const Scanner *s, size_t start, HyToken *out)
{
    char next = char_at(s, start + 1);
    char letter = (char)(s->sql[start] | 0x20);
    if (next == '\'' && (letter == 'e' || letter == 'n')) {
        unsigned flags = letter == 'e' ? HY_TOKEN_ESCAPES : HY_TOKEN_NATIONAL;
        *out = lex_string(s, start, start + 1, HY_TOK_STRING, flags);
        return true;
    }
    if (next == '\'' && (letter == 'b' || letter == 'x')) {
        *out = lex_string(s, start, start + 1, HY_TOK_BIT_STRING, 0);
        return true;
    }
    if (next == '&' && letter == 'u') {
        char quote = char_at(s, start + 2);
        if (quote == '\'')
            *out = lex_string(s, start, start + 2, HY_TOK_STRING, HY_TOKEN_UNICODE);
        else if (quote == '"')
            *out = lex_quoted_identifier(s, start, start + 2, HY_TOKEN_UNICODE);
        else
            return false;
        return true;
    }
    return false;
}

static HyToken lex_word(const Scanner *s, size_t start)
{
    HyToken token;
    char next = char_at(s, start + 1);
    if ((next == '\'' || next == '&') && lex_prefixed(s, start, &token))
        return token;

    size_t end = start + 1;
    while (end < s->len && has_class(s->sql[end], CLASS_LETTER | CLASS_DIGIT))
        end++;
    unsigned kind = HY_TOK_IDENT;
    size_t length = end - start;
    if (length <= KEYWORD_MAX_LENGTH) {
        char folded[KEYWORD_MAX_LENGTH];
        for (size_t i = 0; i < length; i++) {
            char c = s->sql[start + i];
            folded[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        }
        kind = hy_keyword_find(folded, length);
    }
    return make_token(kind, 0, start, end);
}

static size_t skip_digits(const Scanner *s, size_t pos)
{
    while (pos < s->len && has_class(s->sql[pos], CLASS_DIGIT))
        pos++;
    return pos;
}

/* 12, 1.5, 1., .5, 1e5. An exponent without digits is not part of the number. */
static HyToken lex_number(const Scanner *s, size_t start)
{
    unsigned kind = HY_TOK_INTEGER;
    size_t end = skip_digits(s, start);
    if (char_at(s, end) == '.') {
        kind = HY_TOK_DECIMAL;
        end = skip_digits(s, end + 1);
    }
    if ((char_at(s, end) | 0x20) == 'e') {
        size_t digits = end + 1;
        if (char_at(s, digits) == '+' || char_at(s, digits) == '-')
            digits++;
        if (has_class(char_at(s, digits), CLASS_DIGIT)) {
            kind = HY_TOK_DECIMAL;
            end = skip_digits(s, digits);
        }
    }
    return make_token(kind, 0, start, end);
}

/* $1, $$..$$ or $tag$..$tag$. */
static HyToken lex_dollar(const Scanner *s, size_t start)
{
    size_t tag_end = start + 1;
    if (has_class(char_at(s, tag_end), CLASS_DIGIT))
        return make_token(HY_TOK_PARAMETER, 0, start, skip_digits(s, tag_end));
    while (tag_end < s->len && has_class(s->sql[tag_end], CLASS_LETTER | CLASS_DIGIT))
        tag_end++;
    if (char_at(s, tag_end) != '$')
        return make_token(HY_TOK_INVALID, 0, start, start + 1);
    tag_end++;
    size_t tag_length = tag_end - start;
    const char *end = memmem(s->sql + tag_end, s->len - tag_end, s->sql + start, tag_length);
    if (!end)
        return invalid_token(s, start);
    return make_token(HY_TOK_STRING, HY_TOKEN_DOLLAR, start, (size_t)(end - s->sql) + tag_length);
}

static unsigned single_operator_kind(char c)
{
    switch (c) {
    case '+':
        return HY_TOK_PLUS;
    case '-':
        return HY_TOK_MINUS;
    case '*':
        return HY_TOK_STAR;
    case '/':
        return HY_TOK_SLASH;
    case '%':
        return HY_TOK_PERCENT;
    case '^':
        return HY_TOK_CARET;
    case '<':
        return HY_TOK_LT;
    case '>':
        return HY_TOK_GT;
    case '=':
        return HY_TOK_EQ;
    case '?':
        return HY_TOK_QUESTION;
    case '!':
        return HY_TOK_BANG;
    default:
        return HY_TOK_OPERATOR;
    }
}

static unsigned double_operator_kind(char a, char b)
{
    if (b == '=')
        return a == '<' ? HY_TOK_LE : a == '>' ? HY_TOK_GE : a == '!' ? HY_TOK_NE : HY_TOK_OPERATOR;
    if (b == '>')
        return a == '<' ? HY_TOK_NE : a == '=' ? HY_TOK_FAT_ARROW : HY_TOK_OPERATOR;
    return HY_TOK_OPERATOR;
}

/* The longest sequence of operator characters, up to a comment. As in PostgreSQL, one of several
 * characters ends in + or - only when it has a character that the standard's operators do not have:
 * so `1*-2` and `a<-1` mean what one expects. */
static HyToken lex_operator(const Scanner *s, size_t start)
{
    size_t end = start;
    bool is_special = false;
    while (end < s->len && has_class(s->sql[end], CLASS_OPERATOR)) {
        char next = char_at(s, end + 1);
        if (end > start &&
            ((s->sql[end] == '-' && next == '-') || (s->sql[end] == '/' && next == '*')))
            break;
        is_special |= has_class(s->sql[end], CLASS_SPECIAL);
        end++;
    }
    if (!is_special) {
        while (end - start > 1 && (s->sql[end - 1] == '+' || s->sql[end - 1] == '-'))
            end--;
    }
    unsigned kind = HY_TOK_OPERATOR;
    if (end - start == 1)
        kind = single_operator_kind(s->sql[start]);
    else if (end - start == 2)
        kind = double_operator_kind(s->sql[start], s->sql[start + 1]);
    return make_token(kind, 0, start, end);
}

static HyToken lex_punctuation(const Scanner *s, size_t start)
{
    unsigned kind = HY_TOK_INVALID;
    size_t length = 1;
    switch (s->sql[start]) {
    case '(':
        kind = HY_TOK_LPAREN;
        break;
    case ')':
        kind = HY_TOK_RPAREN;
        break;
    case ',':
        kind = HY_TOK_COMMA;
        break;
    case ';':
        kind = HY_TOK_SEMICOLON;
        break;
    case '[':
        kind = HY_TOK_LBRACKET;
        break;
    case ']':
        kind = HY_TOK_RBRACKET;
        break;
    case '{':
        kind = HY_TOK_LBRACE;
        break;
    case '}':
        kind = HY_TOK_RBRACE;
        break;
    case '.':
        kind = HY_TOK_DOT;
        break;
    case ':':
        kind = HY_TOK_COLON;
        if (char_at(s, start + 1) == ':' || char_at(s, start + 1) == '=') {
            kind = s->sql[start + 1] == ':' ? HY_TOK_COLONS : HY_TOK_ASSIGN;
            length = 2;
        }
        break;
    default:
        break;
    }
    return make_token(kind, 0, start, start + length);
}

static inline HyToken lex_one(const Scanner *s, size_t pos)
{
    for (;;) {
        while (pos < s->len && has_class(s->sql[pos], CLASS_SPACE))
            pos++;
        if (pos >= s->len)
            return make_token(HY_TOK_END, 0, s->len, s->len);
        char c = s->sql[pos];
        if (c != '-' && c != '/')
            break;
        size_t end = skip_comment(s, pos);
        if (end == pos)
            break;
        if (end == SIZE_MAX)
            return invalid_token(s, pos);
        pos = end;
    }
    char c = s->sql[pos];
    if (has_class(c, CLASS_LETTER))
        return lex_word(s, pos);
    if (has_class(c, CLASS_DIGIT) || (c == '.' && has_class(char_at(s, pos + 1), CLASS_DIGIT)))
        return lex_number(s, pos);
    if (c == '\'')
        return lex_string(s, pos, pos, HY_TOK_STRING, 0);
    if (c == '"')
        return lex_quoted_identifier(s, pos, pos, 0);
    if (c == '$')
        return lex_dollar(s, pos);
    if (has_class(c, CLASS_OPERATOR))
        return lex_operator(s, pos);
    return lex_punctuation(s, pos);
}

HyToken hy_lexer_next(const char *sql, size_t len, size_t offset)
{
    Scanner s = {.sql = sql, .len = len};
    return lex_one(&s, offset);
}

HyStatus hy_lexer_run(const char *sql, size_t len, HyTokenList *out)
{
    if (len >= UINT32_MAX)
        return hy_error("54000", "statement of %zu bytes is too long, at most 4 GB", len);
    Scanner s = {.sql = sql, .len = len};
    size_t capacity = len / 4 + 16;
    HyToken *items = malloc(capacity * sizeof *items);
    if (!items)
        return hy_error_oom(capacity * sizeof *items);
    size_t n = 0;
    size_t pos = 0;
    for (;;) {
        if (n == capacity) {
            /* at most one token for each byte: no overflow */
            size_t larger = capacity * 2;
            HyToken *grown = realloc(items, larger * sizeof *items);
            if (!grown) {
                free(items);
                return hy_error_oom(larger * sizeof *items);
            }
            items = grown;
            capacity = larger;
        }
        HyToken token = lex_one(&s, pos);
        items[n++] = token;
        if (token.kind == HY_TOK_END)
            break;
        pos = (size_t)token.offset + token.length;
    }
    *out = (HyTokenList){.items = items, .n = n};
    return HY_OK;
}
