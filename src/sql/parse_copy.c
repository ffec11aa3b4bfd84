/* COPY and external tables (spec/sql.md, section 10). */
#include "sql/parser_internal.h"

#include <string.h>

/* ---- PostgreSQL's old option words: COPY .. CSV HEADER DELIMITER AS ';'
 * ---------------------------- */

static HyStatus set_word(HyParser *p, HyAstOption *option, const char *name, const char *value)
{
    HyAstSpan span = span_from(p, p->tokens[p->pos - 1].offset);
    option->name = (HyAstName){.text = name, .len = (uint32_t)strlen(name), .span = span};
    if (!value)
        return HY_OK;
    HyAstName word = {.text = value, .len = (uint32_t)strlen(value), .span = span};
    HY_TRY(hy_parser_new_expr(p, HY_AST_COLUMN, span.offset, &option->value));
    return hy_parser_single_qname(p, word, &option->value->column);
}

/* name [AS] 'value' */
static HyStatus set_string(HyParser *p, HyAstOption *option, const char *name)
{
    HY_TRY(set_word(p, option, name, NULL));
    (void)accept(p, HY_KW_AS);
    if (peek(p) != HY_TOK_STRING)
        return expect(p, HY_TOK_STRING);
    return hy_parse_literal(p, &option->value);
}

/* FORCE {QUOTE {columns | *} | [NOT] NULL columns} */
static HyStatus parse_force(HyParser *p, HyAstOption *option)
{
    const char *name = "force_null";
    if (accept(p, HY_KW_QUOTE)) {
        name = "force_quote";
    } else {
        if (accept(p, HY_KW_NOT))
            name = "force_not_null";
        HY_TRY(expect(p, HY_KW_NULL));
    }
    HY_TRY(set_word(p, option, name, NULL));
    if (accept(p, HY_TOK_STAR))
        return hy_parser_new_expr(p, HY_AST_STAR, p->tokens[p->pos - 1].offset, &option->value);
    size_t mark = list_begin(p);
    do {
        HyAstExpr *column;
        if (!hy_parser_at_name(p)) {
            hy_parser_note_expected(p, HY_TOK_IDENT);
            return hy_parser_error(p);
        }
        HY_TRY(hy_parser_word_value(p, &column));
        HY_TRY(list_push(p, &column, sizeof column));
    } while (accept(p, HY_TOK_COMMA));
    return hy_parser_list_end(p, mark, sizeof(HyAstExpr *), &option->list.items, &option->list.n);
}

static HyStatus parse_word_option(HyParser *p, bool *found, HyAstOption *option)
{
    *found = true;
    if (accept(p, HY_KW_ESCAPE))
        return set_string(p, option, "escape");
    if (accept(p, HY_KW_NULL))
        return set_string(p, option, "null");
    if (accept(p, HY_KW_BINARY))
        return set_word(p, option, "format", "binary");
    if (accept(p, HY_KW_CSV))
        return set_word(p, option, "format", "csv");
    if (accept(p, HY_KW_DELIMITER))
        return set_string(p, option, "delimiter");
    if (accept(p, HY_KW_ENCODING))
        return set_string(p, option, "encoding");
    if (accept(p, HY_KW_FORCE))
        return parse_force(p, option);
    if (accept(p, HY_KW_HEADER))
        return set_word(p, option, "header", NULL);
    if (accept(p, HY_KW_QUOTE))
        return set_string(p, option, "quote");
    *found = false;
    return HY_OK;
}

/* [WITH] {(options) | words}; options that were read before are on the parser's stack behind
 * `mark`. */
static HyStatus parse_copy_options(HyParser *p, size_t mark, HyAstOptionList *out)
{
    (void)accept(p, HY_KW_WITH);
    if (peek(p) == HY_TOK_LPAREN && list_begin(p) == mark)
        return hy_parse_options(p, out);
    for (;;) {
        HyAstOption option = {0};
        bool found;
        HY_TRY(parse_word_option(p, &found, &option));
        if (!found)
            break;
        HY_TRY(list_push(p, &option, sizeof option));
    }
    return hy_parser_list_end(p, mark, sizeof(HyAstOption), &out->items, &out->n);
}

/* ---- COPY
 * ---------------------------------------------------------------------------------------- */

/* {FROM | TO} {STDIN | STDOUT | PROGRAM 'command' | location} */
static HyStatus parse_direction(HyParser *p, HyAstCopy *copy)
{
    if (accept(p, HY_KW_TO))
        copy->to = true;
    else if (copy->query)
        return hy_parser_error(p);
    else
        HY_TRY(expect(p, HY_KW_FROM));
    if (peek(p) == HY_KW_STDIN || peek(p) == HY_KW_STDOUT) {
        p->pos++;
        return HY_OK;
    }
    if (peek(p) == HY_KW_PROGRAM && peek_at(p, 1) == HY_TOK_STRING) {
        p->pos++;
        copy->program = true;
    }
    return hy_parse_location(p, &copy->location);
}

HyStatus hy_parse_copy(HyParser *p, HyAstStmt **out)
{
    HyAstCopy *copy;
    HyAstOption binary = {0};
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_COPY, out));
    HY_ARENA_NEW(p->arena, copy, 1);
    (*out)->copy = copy;
    p->pos++; /* COPY */
    size_t mark = list_begin(p);
    if (accept(p, HY_TOK_LPAREN)) {
        HY_TRY(hy_parse_query(p, &copy->query));
        HY_TRY(expect(p, HY_TOK_RPAREN));
    } else {
        if (accept(p, HY_KW_BINARY)) {
            HY_TRY(set_word(p, &binary, "format", "binary"));
            HY_TRY(list_push(p, &binary, sizeof binary));
        }
        HY_TRY(hy_parse_table_name(p, &copy->table));
        if (peek(p) == HY_TOK_LPAREN)
            HY_TRY(hy_parse_column_list(p, &copy->columns));
        hy_parser_note_expected(p, HY_TOK_LPAREN);
    }
    HY_TRY(parse_direction(p, copy));
    return parse_copy_options(p, mark, &copy->options);
}

/* ---- CREATE EXTERNAL TABLE
 * ----------------------------------------------------------------------- */

static HyStatus parse_external_columns(HyParser *p, HyAstColumnDefList *out)
{
    HY_TRY(expect(p, HY_TOK_LPAREN));
    size_t mark = list_begin(p);
    do {
        HyAstColumnDef column;
        HY_TRY(hy_parse_column_def(p, &column));
        HY_TRY(list_push(p, &column, sizeof column));
    } while (accept(p, HY_TOK_COMMA));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstColumnDef), &out->items, &out->n));
    return expect(p, HY_TOK_RPAREN);
}

/* Behind CREATE [TEMP] EXTERNAL: TABLE [IF NOT EXISTS] t [(columns)] FOR location [WITH (..)] */
HyStatus hy_parse_create_external(HyParser *p, HyAstPersistence persistence, HyAstStmt **out)
{
    HyAstCreateExternalTable *create;
    HY_ARENA_NEW(p->arena, create, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_CREATE_EXTERNAL_TABLE, out));
    (*out)->create_external = create;
    create->persistence = persistence;
    HY_TRY(expect(p, HY_KW_TABLE));
    if (accept(p, HY_KW_IF)) {
        HY_TRY(expect(p, HY_KW_NOT));
        HY_TRY(expect(p, HY_KW_EXISTS));
        create->if_not_exists = true;
    }
    HY_TRY(hy_parse_table_name(p, &create->table));
    if (peek(p) == HY_TOK_LPAREN)
        HY_TRY(parse_external_columns(p, &create->columns));
    hy_parser_note_expected(p, HY_TOK_LPAREN);
    HY_TRY(expect(p, HY_KW_FOR));
    HY_TRY(hy_parse_location(p, &create->location));
    if (accept(p, HY_KW_WITH))
        HY_TRY(hy_parse_options(p, &create->options));
    return HY_OK;
}
