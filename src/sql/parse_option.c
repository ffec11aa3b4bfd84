/* Option lists and values: WITH (..) of COPY and CREATE, EXPLAIN (..), SET. */
#include "sql/parser_internal.h"

#include <string.h>

/* A bare word as value: a column reference of one part, which no one resolves. */
HyStatus hy_parser_word_value(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    HyAstName name;
    HY_TRY(hy_parser_take_name(p, &name));
    HY_TRY(hy_parser_new_expr(p, HY_AST_COLUMN, start, out));
    return hy_parser_single_qname(p, name, &(*out)->column);
}

/* [+ | -] number; without a sign any literal that is a number. */
HyStatus hy_parse_signed_number(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    bool is_negative = accept(p, HY_TOK_MINUS);
    if (is_negative)
        p->minus_pos = p->pos;
    else
        (void)accept(p, HY_TOK_PLUS);
    if (peek(p) != HY_TOK_INTEGER && peek(p) != HY_TOK_DECIMAL) {
        hy_parser_note_expected(p, HY_TOK_INTEGER);
        hy_parser_note_expected(p, HY_TOK_DECIMAL);
        return hy_parser_error(p);
    }
    HyAstExpr *number;
    HY_TRY(hy_parse_literal(p, &number));
    *out = number;
    if (!is_negative)
        return HY_OK;
    HY_TRY(hy_parser_new_expr(p, HY_AST_UNARY, start, out));
    (*out)->unary.op = HY_AST_OP_SUB;
    (*out)->unary.operand = number;
    (*out)->unary.op_text = (HyAstText){.data = "-", .len = 1};
    return HY_OK;
}

bool hy_parser_at_option_value(const HyParser *p)
{
    switch (peek(p)) {
    case HY_TOK_STRING:
    case HY_TOK_INTEGER:
    case HY_TOK_DECIMAL:
    case HY_TOK_PLUS:
    case HY_TOK_MINUS:
    case HY_KW_TRUE:
    case HY_KW_FALSE:
    case HY_KW_ON:
        return true;
    default:
        return hy_parser_at_name(p) || hy_parser_at_function_name(p);
    }
}

/* A string, a number, TRUE, FALSE, or a word (also ON). */
HyStatus hy_parse_option_value(HyParser *p, HyAstExpr **out)
{
    switch (peek(p)) {
    case HY_TOK_STRING:
    case HY_KW_TRUE:
    case HY_KW_FALSE:
        return hy_parse_literal(p, out);
    case HY_TOK_INTEGER:
    case HY_TOK_DECIMAL:
    case HY_TOK_PLUS:
    case HY_TOK_MINUS:
        return hy_parse_signed_number(p, out);
    default:
        break;
    }
    if (hy_parser_at_option_value(p))
        return hy_parser_word_value(p, out);
    hy_parser_note_expected(p, HY_TOK_IDENT);
    hy_parser_note_expected(p, HY_TOK_INTEGER);
    hy_parser_note_expected(p, HY_TOK_STRING);
    hy_parser_note_expected(p, HY_KW_ON);
    hy_parser_note_expected(p, HY_KW_TRUE);
    hy_parser_note_expected(p, HY_KW_FALSE);
    return hy_parser_error(p);
}

/* (a, b) or * behind a name */
static HyStatus parse_value_list(HyParser *p, HyAstExprList *out)
{
    HY_TRY(expect(p, HY_TOK_LPAREN));
    size_t mark = list_begin(p);
    do {
        HyAstExpr *value;
        HY_TRY(hy_parse_option_value(p, &value));
        HY_TRY(list_push(p, &value, sizeof value));
    } while (accept(p, HY_TOK_COMMA));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstExpr *), &out->items, &out->n));
    return expect(p, HY_TOK_RPAREN);
}

/* PostgreSQL's style: any word, then at most one value or a list of them. */
static HyStatus parse_plain_option(HyParser *p, HyAstOption *out)
{
    HY_TRY(hy_parse_label(p, &out->name));
    if (peek(p) == HY_TOK_LPAREN)
        return parse_value_list(p, &out->list);
    if (peek(p) == HY_TOK_STAR) {
        p->pos++;
        HY_TRY(hy_parser_new_expr(p, HY_AST_STAR, p->tokens[p->pos - 1].offset, &out->value));
        return HY_OK;
    }
    if (hy_parser_at_option_value(p))
        return hy_parse_option_value(p, &out->value);
    if (accept(p, HY_TOK_EQ))
        return hy_parse_option_value(p, &out->value);
    return HY_OK;
}

/* name => expression */
static HyStatus parse_arrow_option(HyParser *p, HyAstOption *out)
{
    if (!hy_parser_at_name(p) && !hy_parser_at_function_name(p)) {
        hy_parser_note_expected(p, HY_TOK_IDENT);
        return hy_parser_error(p);
    }
    HY_TRY(hy_parser_take_name(p, &out->name));
    HY_TRY(expect(p, HY_TOK_FAT_ARROW));
    return hy_parse_expr(p, &out->value);
}

/* The first option decides on the style of all. */
HyStatus hy_parse_options(HyParser *p, HyAstOptionList *out)
{
    HY_TRY(expect(p, HY_TOK_LPAREN));
    bool has_arrows = peek_at(p, 1) == HY_TOK_FAT_ARROW;
    size_t mark = list_begin(p);
    do {
        HyAstOption option = {0};
        if (has_arrows)
            HY_TRY(parse_arrow_option(p, &option));
        else
            HY_TRY(parse_plain_option(p, &option));
        HY_TRY(list_push(p, &option, sizeof option));
    } while (accept(p, HY_TOK_COMMA));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstOption), &out->items, &out->n));
    return expect(p, HY_TOK_RPAREN);
}

/* 'path', ARRAY['path', ..], or a function such as s3_location('..', region => '..') */
HyStatus hy_parse_location(HyParser *p, HyAstExpr **out)
{
    if (peek(p) == HY_TOK_STRING)
        return hy_parse_literal(p, out);
    if (peek(p) == HY_KW_ARRAY)
        return hy_parse_array(p, out);
    if (hy_parser_at_function_name(p)) {
        uint32_t start = next_offset(p);
        HyAstQName name;
        HyAstName word;
        HY_TRY(hy_parser_take_name(p, &word));
        HY_TRY(hy_parser_single_qname(p, word, &name));
        return hy_parse_call(p, name, start, out);
    }
    hy_parser_note_expected(p, HY_TOK_IDENT);
    hy_parser_note_expected(p, HY_TOK_STRING);
    hy_parser_note_expected(p, HY_KW_ARRAY);
    return hy_parser_error(p);
}
