/* Entry points of the parser and its helpers for tokens, names and lists. */
#include "sql/parser.h"

#include "base/utf8.h"
#include "sql/parser_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- Tokens
 * -------------------------------------------------------------------------------------- */

bool hy_parser_accept2(HyParser *p, unsigned first, unsigned second)
{
    if (peek(p) == first && peek_at(p, 1) == second) {
        p->pos += 2;
        return true;
    }
    hy_parser_note_expected(p, first);
    return false;
}

bool hy_parser_at_word(const HyParser *p, const char *word)
{
    const HyToken *t = next_token(p);
    size_t len = strlen(word);
    if (t->kind != HY_TOK_IDENT || (t->flags & HY_TOKEN_QUOTED) || t->length != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((p->sql[t->offset + i] | 0x20) != word[i])
            return false;
    }
    return true;
}

bool hy_parser_accept_word(HyParser *p, const char *word)
{
    if (!hy_parser_at_word(p, word))
        return false;
    p->pos++;
    return true;
}

HyStatus hy_parser_enter(HyParser *p)
{
    if (++p->depth <= HY_PARSER_MAX_DEPTH)
        return HY_OK;
    return hy_error_at(
        hy_error("54001", "statement too complex, stack depth limit exceeded"), next_offset(p));
}

HyStatus hy_parser_list_end(HyParser *p, size_t mark, size_t size, void *items, size_t *n)
{
    size_t bytes = p->stack.len - mark;
    *n = bytes / size;
    void *copy = NULL;
    if (bytes) {
        copy = hy_arena_alloc(p->arena, bytes);
        if (!copy)
            return hy_error_oom(bytes);
        memcpy(copy, p->stack.data + mark, bytes);
    }
    p->stack.len = mark;
    memcpy(items, &copy, sizeof copy); /* any pointer type */
    return HY_OK;
}

/* ---- Names
 * --------------------------------------------------------------------------------------- */

bool hy_parser_at_name(const HyParser *p)
{
    unsigned kind = peek(p);
    return kind == HY_TOK_IDENT ||
           (hy_token_is_keyword(kind) && (hy_keyword_class(kind) == HY_KEYWORD_UNRESERVED ||
                                             hy_keyword_class(kind) == HY_KEYWORD_COL_NAME));
}

bool hy_parser_at_function_name(const HyParser *p)
{
    unsigned kind = peek(p);
    return kind == HY_TOK_IDENT ||
           (hy_token_is_keyword(kind) && (hy_keyword_class(kind) == HY_KEYWORD_UNRESERVED ||
                                             hy_keyword_class(kind) == HY_KEYWORD_TYPE_FUNC));
}

bool hy_parser_at_operator_label(const HyParser *p)
{
    switch (peek(p)) {
    case HY_KW_OR:
    case HY_KW_AND:
    case HY_KW_IN:
    case HY_KW_IS:
    case HY_KW_BETWEEN:
    case HY_KW_LIKE:
    case HY_KW_ILIKE:
    case HY_KW_COLLATE: {
        unsigned next = peek_at(p, 1);
        return p->in_select_item && (next == HY_TOK_END || next == HY_TOK_COMMA ||
                                        next == HY_KW_FROM || next == HY_TOK_SEMICOLON);
    }
    default:
        return false;
    }
}

bool hy_parser_at_bare_label(const HyParser *p)
{
    unsigned kind = peek(p);
    return kind == HY_TOK_IDENT || (hy_token_is_keyword(kind) && hy_keyword_is_bare_label(kind)) ||
           hy_parser_at_operator_label(p);
}

/* UESCAPE 'c' behind a U&.. token at `pos`; the character must not be one that escapes can hold. */
static HyStatus unicode_escape(HyParser *p, char *escape)
{
    *escape = '\\';
    if (!hy_parser_at_word(p, "uescape"))
        return HY_OK;
    p->pos++;
    const HyToken *t = next_token(p);
    if (t->kind != HY_TOK_STRING || t->flags || t->length != 3)
        return hy_error_at(hy_error("42601", "invalid Unicode escape character"), t->offset);
    char c = p->sql[t->offset + 1];
    if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') ||
        strchr("+'\" \t\n\r\f", c))
        return hy_error_at(hy_error("42601", "invalid Unicode escape character"), t->offset);
    p->pos++;
    *escape = c;
    return HY_OK;
}

HyStatus hy_parser_take_name(HyParser *p, HyAstName *out)
{
    const HyToken *t = &p->tokens[p->pos++];
    char escape = '\\';
    if (t->flags & HY_TOKEN_UNICODE)
        HY_TRY(unicode_escape(p, &escape));
    if (hy_token_is_keyword(t->kind)) {
        *out = (HyAstName){.text = hy_keyword_text(t->kind),
            .len = t->length,
            .span = {.offset = t->offset, .length = t->length}};
        return HY_OK;
    }
    return hy_token_name(p->arena, p->sql, t, escape, out);
}

/* Someone who writes 'x' for a name is told what to write instead. */
static HyStatus name_error(HyParser *p)
{
    hy_parser_note_expected(p, HY_TOK_IDENT);
    return hy_parser_error(p);
}

HyStatus hy_parse_name(HyParser *p, HyAstName *out)
{
    if (!hy_parser_at_name(p))
        return name_error(p);
    return hy_parser_take_name(p, out);
}

HyStatus hy_parse_label(HyParser *p, HyAstName *out)
{
    if (peek(p) != HY_TOK_IDENT && !hy_token_is_keyword(peek(p)))
        return name_error(p);
    return hy_parser_take_name(p, out);
}

HyStatus hy_parse_name_list(HyParser *p, HyAstNameList *out)
{
    size_t mark = list_begin(p);
    do {
        HyAstName name;
        HY_TRY(hy_parse_name(p, &name));
        HY_TRY(list_push(p, &name, sizeof name));
    } while (accept(p, HY_TOK_COMMA));
    return hy_parser_list_end(p, mark, sizeof(HyAstName), &out->items, &out->n);
}

HyStatus hy_parse_column_list(HyParser *p, HyAstNameList *out)
{
    HY_TRY(expect(p, HY_TOK_LPAREN));
    HY_TRY(hy_parse_name_list(p, out));
    return expect(p, HY_TOK_RPAREN);
}

HyStatus hy_parser_single_qname(HyParser *p, HyAstName name, HyAstQName *out)
{
    HY_ARENA_NEW(p->arena, out->parts.items, 1);
    out->parts.items[0] = name;
    out->parts.n = 1;
    out->span = name.span;
    return HY_OK;
}

HyStatus hy_parse_any_name(HyParser *p, HyAstQName *out)
{
    uint32_t start = next_offset(p);
    HyAstName name;
    HY_TRY(hy_parse_name(p, &name));
    hy_parser_note_expected(p, HY_TOK_LBRACKET); /* as genuine says */
    if (!accept(p, HY_TOK_DOT))
        return hy_parser_single_qname(p, name, out);
    size_t mark = list_begin(p);
    HY_TRY(list_push(p, &name, sizeof name));
    do {
        HY_TRY(hy_parse_label(p, &name));
        HY_TRY(list_push(p, &name, sizeof name));
    } while (accept(p, HY_TOK_DOT));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstName), &out->parts.items, &out->parts.n));
    out->span = span_from(p, start);
    return HY_OK;
}

HyStatus hy_parse_table_name(HyParser *p, HyAstQName *out)
{
    HY_TRY(hy_parse_any_name(p, out));
    if (out->parts.n <= 3)
        return HY_OK;
    const HyAstName *n = out->parts.items;
    HyStatus err = hy_error("42601", "invalid qualified name, too many dots");
    err = hy_error_detail(err, "after \"%s\".\"%s\".\"%s\"", n[0].text, n[1].text, n[2].text);
    return hy_error_at(err, out->span.offset);
}

HyStatus hy_parse_string(HyParser *p, HyAstText *out)
{
    if (peek(p) != HY_TOK_STRING) {
        hy_parser_note_expected(p, HY_TOK_STRING);
        return hy_parser_error(p);
    }
    const HyToken *t = &p->tokens[p->pos++];
    char escape = '\\';
    if (t->flags & HY_TOKEN_UNICODE)
        HY_TRY(unicode_escape(p, &escape));
    return hy_token_string(p->arena, p->sql, t, escape, out);
}

/* ---- Entry points
 * -------------------------------------------------------------------------------- */

typedef HyStatus (*Production)(HyParser *p, void *out);

/* Runs one production over the text. The tree stays in the arena; all else is freed here. */
static HyStatus run(HyArena *arena, const char *sql, size_t len, Production production, void *out)
{
    HyStatus st = HY_OK;
    HyTokenList tokens = {0};
    size_t valid_len;
    if (!hy_utf8_validate(sql, len, &valid_len))
        return hy_error_at(hy_error("22021", "invalid UTF-8 sequence"), (int64_t)valid_len);
    HyParser parser = {.arena = arena, .sql = sql, .expected_pos = SIZE_MAX, .minus_pos = SIZE_MAX};
    HY_GO(hy_lexer_run(sql, len, &tokens));
    parser.tokens = tokens.items;
    HY_GO(production(&parser, out));

done:
    hy_buffer_free(&parser.stack);
    free(tokens.items);
    return st;
}

static HyStatus whole_statement(HyParser *p, void *out)
{
    HyAstStmt *stmt = NULL;
    while (peek(p) == HY_TOK_SEMICOLON)
        p->pos++;
    if (peek(p) != HY_TOK_END) {
        HY_TRY(hy_parse_statement(p, &stmt));
        stmt->n_parameters = p->n_parameters;
        if (!accept(p, HY_TOK_END)) {
            HY_TRY(expect(p, HY_TOK_SEMICOLON));
            while (peek(p) == HY_TOK_SEMICOLON)
                p->pos++;
            if (peek(p) != HY_TOK_END)
                return hy_error("0A000", "Multi-part queries are disabled.");
        }
    }
    *(HyAstStmt **)out = stmt;
    return HY_OK;
}

static HyStatus whole_expression(HyParser *p, void *out)
{
    HY_TRY(hy_parse_expr(p, out));
    return expect(p, HY_TOK_END);
}

static HyStatus whole_type(HyParser *p, void *out)
{
    HY_TRY(hy_parse_type_name(p, out));
    return expect(p, HY_TOK_END);
}

HyStatus hy_parse(HyArena *arena, const char *sql, size_t len, HyAstStmt **out)
{
    return run(arena, sql, len, whole_statement, out);
}

HyStatus hy_parse_expression(HyArena *arena, const char *text, size_t len, HyAstExpr **out)
{
    return run(arena, text, len, whole_expression, out);
}

HyStatus hy_parse_type(HyArena *arena, const char *text, size_t len, HyAstType **out)
{
    return run(arena, text, len, whole_type, out);
}

size_t hy_split_statements(const char *sql, size_t len)
{
    size_t pos = 0;
    for (;;) {
        HyToken token = hy_lexer_next(sql, len, pos);
        pos = (size_t)token.offset + token.length;
        if (token.kind == HY_TOK_END)
            return 0;
        if (token.kind == HY_TOK_SEMICOLON)
            return pos;
    }
}
