/* Syntax errors: what was found and what was expected instead, in the genuine server's words:
 *     syntax error: got <identifier>, expected one of: SELECT, INSERT, ..
 * The parser notes each token it looks for in vain; groups stand for the long lists that every
 * expression would otherwise have to note. */
#include "sql/parser_internal.h"

#include <string.h>

#define MAX_SHOWN 8

void hy_parser_note_expected(HyParser *p, unsigned kind)
{
    if (p->expected_pos != p->pos) {
        memset(p->expected, 0, sizeof p->expected);
        p->expected_pos = p->pos;
    }
    p->expected[kind / 64] |= UINT64_C(1) << (kind % 64);
}

/* The order in which messages list tokens; keywords that are missing here follow by the alphabet in
 * the place of HY_TOK_KIND_COUNT. */
static const uint16_t display_order[] = {
    HY_TOK_END,
    HY_TOK_RPAREN,
    HY_TOK_COMMA,
    HY_TOK_IDENT,
    HY_TOK_INTEGER,
    HY_TOK_STRING,
    HY_TOK_CONSTANT,
    HY_KW_SELECT,
    HY_KW_INSERT,
    HY_KW_UPDATE,
    HY_KW_DELETE,
    HY_KW_MERGE,
    HY_KW_CREATE,
    HY_KW_WITH,
    HY_KW_VALUES,
    HY_KW_TABLE,
    HY_KW_FROM,
    HY_KW_WHERE,
    HY_KW_GROUP,
    HY_KW_ORDER,
    HY_KW_HAVING,
    HY_KW_INTO,
    HY_KW_JOIN,
    HY_KW_LEFT,
    HY_KW_RIGHT,
    HY_KW_INNER,
    HY_KW_FULL,
    HY_KW_CROSS,
    HY_KW_NATURAL,
    HY_KW_UNION,
    HY_KW_INTERSECT,
    HY_KW_EXCEPT,
    HY_KW_ON,
    HY_KW_USING,
    HY_KW_AS,
    HY_KW_WHEN,
    HY_KW_THEN,
    HY_KW_ELSE,
    HY_KW_END,
    HY_KW_AND,
    HY_KW_OR,
    HY_KW_NOT,
    HY_KW_IN,
    HY_KW_IS,
    HY_KW_LIKE,
    HY_KW_ILIKE,
    HY_KW_BETWEEN,
    HY_KW_LATERAL,
    HY_KW_ESCAPE,
    HY_KW_DISTINCT,
    HY_KW_CASE,
    HY_KW_ALL,
    HY_TOK_PARAMETER,
    HY_KW_COLLATE,
    HY_KW_WITHOUT,
    HY_KW_NULL,
    HY_KW_TRUE,
    HY_KW_FALSE,
    HY_TOK_OPERATOR,
    HY_TOK_KIND_COUNT,
    HY_TOK_EQ,
    HY_TOK_LT,
    HY_TOK_GT,
    HY_TOK_LE,
    HY_TOK_GE,
    HY_TOK_NE,
    HY_TOK_PLUS,
    HY_TOK_MINUS,
    HY_TOK_STAR,
    HY_TOK_SLASH,
    HY_TOK_PERCENT,
    HY_TOK_CARET,
    HY_TOK_COLONS,
    HY_TOK_DOT,
    HY_TOK_SEMICOLON,
    HY_TOK_COLON,
    HY_TOK_ASSIGN,
    HY_TOK_FAT_ARROW,
    HY_TOK_LPAREN,
    HY_TOK_LBRACKET,
    HY_TOK_RBRACKET,
};

/* The groups' members; each list ends with 0 (HY_TOK_END is in none). */
static const uint16_t expression_starts[] = {HY_TOK_IDENT, HY_TOK_CONSTANT, HY_KW_NOT, HY_KW_CASE,
    HY_TOK_PARAMETER, HY_KW_NULL, HY_KW_TRUE, HY_KW_FALSE, HY_TOK_OPERATOR, HY_KW_ARRAY, HY_KW_CAST,
    HY_KW_CURRENT_DATE, HY_KW_CURRENT_TIME, HY_KW_CURRENT_TIMESTAMP, HY_KW_EXISTS, HY_KW_EXTRACT,
    HY_KW_LOCALTIME, HY_KW_LOCALTIMESTAMP, HY_KW_ROW, HY_KW_TRY_CAST, HY_TOK_PLUS, HY_TOK_MINUS,
    HY_TOK_LPAREN, 0};
static const uint16_t operators[] = {HY_KW_AND, HY_KW_OR, HY_KW_NOT, HY_KW_IN, HY_KW_IS, HY_KW_LIKE,
    HY_KW_ILIKE, HY_KW_BETWEEN, HY_TOK_OPERATOR, HY_KW_AT, HY_KW_COLLATE, HY_KW_ISNULL,
    HY_KW_NOTNULL, HY_KW_OPERATOR, HY_KW_SIMILAR, HY_TOK_EQ, HY_TOK_LT, HY_TOK_GT, HY_TOK_LE,
    HY_TOK_GE, HY_TOK_NE, HY_TOK_PLUS, HY_TOK_MINUS, HY_TOK_STAR, HY_TOK_SLASH, HY_TOK_PERCENT,
    HY_TOK_CARET, HY_TOK_COLONS, 0};
static const uint16_t tight_operators[] = {
    HY_KW_IS, HY_TOK_OPERATOR, HY_KW_OPERATOR, HY_TOK_COLONS, 0};
static const uint16_t statement_starts[] = {HY_KW_SELECT, HY_KW_INSERT, HY_KW_UPDATE, HY_KW_DELETE,
    HY_KW_MERGE, HY_KW_CREATE, HY_KW_WITH, HY_KW_VALUES, HY_KW_TABLE, HY_KW_ABORT, HY_KW_ALTER,
    HY_KW_ANALYZE, HY_KW_ATTACH, HY_KW_BEGIN, HY_KW_CALL, HY_KW_CLOSE, HY_KW_COMMENT, HY_KW_COMMIT,
    HY_KW_COPY, HY_KW_DEALLOCATE, HY_KW_DECLARE, HY_KW_DETACH, HY_KW_DROP, HY_KW_END, HY_KW_EXECUTE,
    HY_KW_EXPLAIN, HY_KW_FETCH, HY_KW_GRANT, HY_KW_MOVE, HY_KW_PREPARE, HY_KW_RELEASE, HY_KW_RESET,
    HY_KW_REVOKE, HY_KW_ROLLBACK, HY_KW_SAVEPOINT, HY_KW_SET, HY_KW_SHOW, HY_KW_START,
    HY_KW_TRUNCATE, HY_TOK_LPAREN, 0};

static bool is_expected(const HyParser *p, unsigned kind)
{
    return p->expected_pos == p->pos && (p->expected[kind / 64] >> (kind % 64) & 1);
}

static void expand_group(HyParser *p, unsigned group, const uint16_t *members)
{
    if (!is_expected(p, group))
        return;
    for (; *members; members++)
        hy_parser_note_expected(p, *members);
}

static bool is_in_parentheses(const HyParser *p)
{
    size_t open = 0;
    for (size_t i = 0; i < p->pos; i++) {
        if (p->tokens[i].kind == HY_TOK_LPAREN)
            open++;
        else if (p->tokens[i].kind == HY_TOK_RPAREN)
            open--;
    }
    return open > 0;
}

/* Behind an expression in the select list, where an alias may follow, the genuine server lists this
 * short set, and what a name can go on with. */
static void replace_item_end(HyParser *p)
{
    static const uint16_t kept[] = {HY_TOK_STRING, HY_TOK_DOT, HY_TOK_LPAREN, HY_TOK_LBRACKET};
    bool is_kept[HY_ARRAY_LEN(kept)];
    if (!is_expected(p, HY_EXPECT_ITEM_END))
        return;
    for (size_t i = 0; i < HY_ARRAY_LEN(kept); i++)
        is_kept[i] = is_expected(p, kept[i]);
    memset(p->expected, 0, sizeof p->expected);
    for (size_t i = 0; i < HY_ARRAY_LEN(kept); i++) {
        if (is_kept[i])
            hy_parser_note_expected(p, kept[i]);
    }
    hy_parser_note_expected(p, HY_TOK_COMMA);
    hy_parser_note_expected(p, HY_TOK_IDENT);
    hy_parser_note_expected(p, HY_TOK_OPERATOR);
    hy_parser_note_expected(p, HY_TOK_COLONS);
    if (is_in_parentheses(p)) {
        hy_parser_note_expected(p, HY_TOK_RPAREN);
    } else {
        hy_parser_note_expected(p, HY_TOK_END);
        hy_parser_note_expected(p, HY_TOK_SEMICOLON);
    }
}

/* The expected tokens that will be shown, and how many there are in all. */
typedef struct Shown {
    uint16_t kinds[MAX_SHOWN];
    size_t n;
} Shown;

static void show(const HyParser *p, unsigned kind, Shown *shown)
{
    if (!is_expected(p, kind))
        return;
    if (shown->n < MAX_SHOWN)
        shown->kinds[shown->n] = (uint16_t)kind;
    shown->n++;
}

static bool is_in_display_order(unsigned kind)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(display_order); i++) {
        if (display_order[i] == kind)
            return true;
    }
    return false;
}

static void collect(const HyParser *p, Shown *shown)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(display_order); i++) {
        if (display_order[i] != HY_TOK_KIND_COUNT) {
            show(p, display_order[i], shown);
            continue;
        }
        for (unsigned kind = HY_TOK_PLAIN_COUNT; kind < HY_TOK_KIND_COUNT; kind++) {
            if (!is_in_display_order(kind))
                show(p, kind, shown);
        }
    }
}

static HyStatus format_message(HyParser *p, HyBuffer *text)
{
    char name[HY_TOKEN_NAME_MAX];
    Shown shown = {0};
    replace_item_end(p);
    expand_group(p, HY_EXPECT_EXPRESSION, expression_starts);
    expand_group(p, HY_EXPECT_OPERATORS, operators);
    expand_group(p, HY_EXPECT_TIGHT_OPERATORS, tight_operators);
    expand_group(p, HY_EXPECT_STATEMENT, statement_starts);
    collect(p, &shown);
    HY_TRY(hy_buffer_printf(text, "syntax error: got %s", hy_token_kind_name(peek(p), name)));
    const char *separator = shown.n == 1 ? ", expected " : ", expected one of: ";
    for (size_t i = 0; i < shown.n && i < MAX_SHOWN; i++) {
        HY_TRY(hy_buffer_append_str(text, separator));
        HY_TRY(hy_buffer_append_str(text, hy_token_kind_name(shown.kinds[i], name)));
        separator = ", ";
    }
    if (shown.n > MAX_SHOWN)
        HY_TRY(hy_buffer_append_str(text, ", ..."));
    return HY_OK;
}

HyStatus hy_parser_error(HyParser *p)
{
    HyBuffer text = {0};
    if (p->expected_pos != p->pos) {
        memset(p->expected, 0, sizeof p->expected);
        p->expected_pos = p->pos;
    }
    HyStatus st = format_message(p, &text);
    bool wants_name = is_expected(p, HY_TOK_IDENT);
    if (!st) {
        st = hy_error_at(hy_error("42601", "%.*s", (int)text.len, text.data), next_offset(p));
        const HyToken *t = next_token(p);
        if (wants_name && t->kind == HY_TOK_STRING && t->flags == 0 && t->length > 2 &&
            t->length <= 100)
            st = hy_error_hint(st,
                "Use double quotes to denote an identifier, i.e. `\"%.*s\"` instead of `%.*s`",
                (int)t->length - 2, p->sql + t->offset + 1, (int)t->length, p->sql + t->offset);
    }
    hy_buffer_free(&text);
    return st;
}

HyStatus hy_parser_refuse(HyParser *p, const char *message)
{
    return hy_error_at(hy_error("0A000", "%s", message), next_offset(p));
}
