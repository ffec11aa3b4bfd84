/* What operators combine: literals, names, parentheses, CASE, CAST, arrays, subqueries. */
#include "sql/parser_internal.h"
#include "types/float_text.h"

#include <string.h>

#define NUMERIC_MAX_DIGITS  38
#define MAX_PARAMETERS      32767
#define INT64_MIN_MAGNITUDE ((uint64_t)INT64_MAX + 1)

/* ---- Literals
 * ------------------------------------------------------------------------------------ */

static HyStatus integer_error(HyParser *p, const HyToken *t)
{
    HyStatus err = hy_error("42601", "invalid integer constant");
    err =
        hy_error_detail(err, "'%.*s'", t->length > 100 ? 100 : (int)t->length, p->sql + t->offset);
    return hy_error_at(err, t->offset);
}

/* Digits of at most 64 bits; false if there are more. */
static bool read_digits(const char *digits, size_t len, uint64_t *value)
{
    uint64_t v = 0;
    for (size_t i = 0; i < len; i++) {
        if (__builtin_mul_overflow(v, 10U, &v) ||
            __builtin_add_overflow(v, (uint64_t)(digits[i] - '0'), &v))
            return false;
    }
    *value = v;
    return true;
}

static HyStatus parse_integer(HyParser *p, HyAstExpr **out)
{
    const HyToken *t = next_token(p);
    uint64_t value;
    if (!read_digits(p->sql + t->offset, t->length, &value) || value > INT64_MIN_MAGNITUDE)
        return integer_error(p, t);
    /* -9223372036854775808 is a bigint, but there is no such positive one */
    if (value == INT64_MIN_MAGNITUDE && (p->minus_pos != p->pos || peek_at(p, 1) == HY_TOK_COLONS))
        return hy_error_at(
            hy_error("42601", "invalid integer constant 9223372036854775808"), t->offset);
    p->pos++;
    HY_TRY(hy_parser_new_expr(p, HY_AST_INTEGER, t->offset, out));
    (*out)->integer = value;
    return HY_OK;
}

/* With a point it is numeric with the digits as written, with an exponent or more digits than
 * numeric has, double precision. */
static HyStatus parse_decimal(HyParser *p, HyAstExpr **out)
{
    const HyToken *t = &p->tokens[p->pos++];
    const char *text = p->sql + t->offset;
    bool has_exponent = memchr(text, 'e', t->length) || memchr(text, 'E', t->length);
    HyAstText copy = {.data = hy_arena_strndup(p->arena, text, t->length), .len = t->length};
    if (!copy.data)
        return hy_error_oom(t->length);
    if (!has_exponent && t->length - 1 <= NUMERIC_MAX_DIGITS) {
        HY_TRY(hy_parser_new_expr(p, HY_AST_NUMERIC, t->offset, out));
        (*out)->text = copy;
        return HY_OK;
    }
    double value;
    if (!hy_double_parse(text, t->length, &value))
        return hy_error_at(hy_error("42601", "invalid decimal constant"), t->offset);
    HY_TRY(hy_parser_new_expr(p, HY_AST_DOUBLE, t->offset, out));
    (*out)->real.text = copy;
    (*out)->real.value = value;
    return HY_OK;
}

static HyStatus parse_parameter(HyParser *p, HyAstExpr **out)
{
    const HyToken *t = next_token(p);
    const char *text = p->sql + t->offset;
    int shown = t->length > 100 ? 100 : (int)t->length;
    uint64_t number;
    if (!read_digits(text + 1, t->length - 1, &number) || number > MAX_PARAMETERS)
        return hy_error_at(
            hy_error("42601", "parameter '%.*s' is exceeding the maximum number of %d parameters",
                shown, text, MAX_PARAMETERS),
            t->offset);
    if (number == 0)
        return hy_error_at(
            hy_error("42601", "invalid parameter '%.*s', the first parameter is $1", shown, text),
            t->offset);
    p->pos++;
    HY_TRY(hy_parser_new_expr(p, HY_AST_PARAMETER, t->offset, out));
    (*out)->parameter = (uint32_t)number;
    if ((*out)->parameter > p->n_parameters)
        p->n_parameters = (*out)->parameter;
    return HY_OK;
}

static HyStatus parse_string_literal(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    HyAstText text;
    HY_TRY(hy_parse_string(p, &text));
    HY_TRY(hy_parser_new_expr(p, HY_AST_STRING, start, out));
    (*out)->text = text;
    return HY_OK;
}

static HyStatus parse_word_literal(HyParser *p, HyAstExprKind kind, bool value, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    p->pos++;
    HY_TRY(hy_parser_new_expr(p, kind, start, out));
    if (kind == HY_AST_BOOL)
        (*out)->boolean = value;
    return HY_OK;
}

/* *out is NULL when the next token is no literal. */
HyStatus hy_parse_literal(HyParser *p, HyAstExpr **out)
{
    switch (peek(p)) {
    case HY_TOK_INTEGER:
        return parse_integer(p, out);
    case HY_TOK_DECIMAL:
        return parse_decimal(p, out);
    case HY_TOK_STRING:
        return parse_string_literal(p, out);
    case HY_TOK_BIT_STRING:
        return hy_parser_refuse(p, "bit strings not implemented yet");
    case HY_TOK_PARAMETER:
        return parse_parameter(p, out);
    case HY_KW_NULL:
        return parse_word_literal(p, HY_AST_NULL, false, out);
    case HY_KW_TRUE:
        return parse_word_literal(p, HY_AST_BOOL, true, out);
    case HY_KW_FALSE:
        return parse_word_literal(p, HY_AST_BOOL, false, out);
    default:
        *out = NULL;
        return HY_OK;
    }
}

/* ---- Parentheses
 * --------------------------------------------------------------------------------- */

bool hy_parser_at_query(const HyParser *p)
{
    unsigned kind = peek(p);
    return kind == HY_KW_SELECT || kind == HY_KW_VALUES || kind == HY_KW_WITH ||
           kind == HY_KW_TABLE;
}

bool hy_parser_at_paren_query(const HyParser *p)
{
    size_t i = p->pos;
    if (p->tokens[i].kind != HY_TOK_LPAREN)
        return false;
    while (p->tokens[i].kind == HY_TOK_LPAREN)
        i++;
    unsigned kind = p->tokens[i].kind;
    return kind == HY_KW_SELECT || kind == HY_KW_VALUES || kind == HY_KW_WITH ||
           kind == HY_KW_TABLE;
}

static HyStatus query_expr(HyParser *p, HyAstQuery *query, uint32_t start, HyAstExpr **out)
{
    HY_TRY(hy_parser_new_expr(p, HY_AST_SUBQUERY, start, out));
    (*out)->query = query;
    (*out)->parenthesized = true;
    return HY_OK;
}

/* ((SELECT 1) UNION SELECT 2) is a query, ((SELECT 1) + 1) is an expression: which one it is shows
 * only behind the inner parentheses, so both go on from there with what was read. */
HyStatus hy_parse_paren_single(HyParser *p, HyAstQuery **query, HyAstExpr **expr)
{
    *query = NULL;
    *expr = NULL;
    if (hy_parser_at_query(p))
        return hy_parse_query(p, query);
    if (!hy_parser_at_paren_query(p))
        return hy_parse_expr(p, expr);

    uint32_t start = next_offset(p);
    HyAstExpr *left;
    HY_TRY(hy_parser_enter(p));
    p->pos++;
    HyAstExprList list;
    HY_TRY(hy_parse_paren_content(p, query, &list));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    p->depth--;
    if (*query) {
        if (peek(p) == HY_TOK_RPAREN)
            return HY_OK;
        if (hy_parser_at_query_rest(p))
            return hy_parse_query_rest(p, *query, query);
        HY_TRY(query_expr(p, *query, start, &left));
        *query = NULL;
    } else {
        HY_TRY(hy_parser_list_expr(p, list, start, &left));
    }
    HY_TRY(hy_parse_subscripts(p, left, &left));
    return hy_parse_expr_rest(p, left, expr);
}

HyStatus hy_parse_paren_content(HyParser *p, HyAstQuery **query, HyAstExprList *list)
{
    HyAstExpr *e;
    HY_TRY(hy_parse_paren_single(p, query, &e));
    *list = (HyAstExprList){0};
    if (*query)
        return HY_OK;
    size_t mark = list_begin(p);
    HY_TRY(list_push(p, &e, sizeof e));
    while (accept(p, HY_TOK_COMMA)) {
        HY_TRY(hy_parse_expr(p, &e));
        HY_TRY(list_push(p, &e, sizeof e));
    }
    return hy_parser_list_end(p, mark, sizeof(HyAstExpr *), &list->items, &list->n);
}

/* (x) is x, (x, y) is a row. The closing parenthesis was read. */
HyStatus hy_parser_list_expr(HyParser *p, HyAstExprList list, uint32_t start, HyAstExpr **out)
{
    if (list.n == 1) {
        *out = list.items[0];
        (*out)->span = span_from(p, start);
    } else {
        HY_TRY(hy_parser_new_expr(p, HY_AST_ROW, start, out));
        (*out)->list = list;
    }
    (*out)->parenthesized = true;
    return HY_OK;
}

static HyStatus parse_paren(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    HyAstQuery *query;
    HyAstExprList list;
    p->pos++;
    HY_TRY(hy_parse_paren_content(p, &query, &list));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    if (query)
        return query_expr(p, query, start, out);
    return hy_parser_list_expr(p, list, start, out);
}

/* ---- Subscripts and fields
 * ----------------------------------------------------------------------- */

/* [i] or [i:j]; at the bracket. */
static HyStatus parse_subscript(HyParser *p, HyAstExpr *operand, HyAstExpr **out)
{
    uint32_t pos = next_offset(p);
    HyAstExpr *index = NULL;
    HyAstExpr *upper = NULL;
    p->pos++;
    HY_TRY(hy_parse_expr(p, &index));
    bool is_slice = accept(p, HY_TOK_COLON);
    if (is_slice)
        HY_TRY(hy_parse_expr(p, &upper));
    HY_TRY(expect(p, HY_TOK_RBRACKET));
    HY_TRY(hy_parser_new_expr(
        p, is_slice ? HY_AST_SLICE : HY_AST_SUBSCRIPT, operand->span.offset, out));
    (*out)->pos = pos;
    (*out)->subscript.operand = operand;
    (*out)->subscript.index = index;
    (*out)->subscript.upper = upper;
    return HY_OK;
}

static HyStatus parse_field(HyParser *p, HyAstExpr *operand, HyAstExpr **out)
{
    HyAstName name = {0};
    p->pos++;
    HY_TRY(hy_parse_label(p, &name));
    HY_TRY(hy_parser_new_expr(p, HY_AST_FIELD, operand->span.offset, out));
    (*out)->field.operand = operand;
    (*out)->field.name = name;
    return HY_OK;
}

HyStatus hy_parse_subscripts(HyParser *p, HyAstExpr *operand, HyAstExpr **out)
{
    unsigned depth = p->depth;
    for (;;) {
        HyAstExpr *next;
        if (peek(p) == HY_TOK_LBRACKET)
            HY_TRY(parse_subscript(p, operand, &next));
        else if (peek(p) == HY_TOK_DOT)
            HY_TRY(parse_field(p, operand, &next));
        else
            break;
        operand = next;
        HY_TRY(hy_parser_enter(p));
    }
    hy_parser_note_expected(p, HY_TOK_DOT);
    hy_parser_note_expected(p, HY_TOK_LBRACKET);
    p->depth = depth;
    *out = operand;
    return HY_OK;
}

/* ---- Names
 * --------------------------------------------------------------------------------------- */

static HyStatus column_error(const HyAstQName *name)
{
    const HyAstName *n = name->parts.items;
    return hy_error_at(
        hy_error("42P01", "unknown table \"%s\".\"%s\".\"%s\"", n[0].text, n[1].text, n[2].text),
        name->span.offset);
}

/* type 'text', as date '2020-01-01'. */
static HyStatus parse_typed_literal(HyParser *p, HyAstType *type, uint32_t start, HyAstExpr **out)
{
    const HyToken *t = next_token(p);
    HyAstText text;
    HY_TRY(hy_parse_string(p, &text));
    HY_TRY(hy_parse_interval_fields(p, type));
    HY_TRY(hy_parser_new_expr(p, HY_AST_TYPED_LITERAL, start, out));
    (*out)->typed.type = type;
    (*out)->typed.text = text;
    (*out)->typed.text_span = (HyAstSpan){.offset = t->offset, .length = t->length};
    return HY_OK;
}

static HyStatus named_type_literal(HyParser *p, HyAstQName name, HyAstExpr **out)
{
    HyAstType *type;
    HY_ARENA_NEW(p->arena, type, 1);
    type->name = name;
    type->span = name.span;
    return parse_typed_literal(p, type, name.span.offset, out);
}

/* a, t.a, s.t.*, f(..), t.f(..), mytype 'text'. */
static HyStatus parse_named(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    bool is_column = hy_parser_at_name(p);
    HyAstQName qname;
    HyAstName name;
    bool star = false;
    HY_TRY(hy_parser_take_name(p, &name));
    size_t mark = list_begin(p);
    HY_TRY(list_push(p, &name, sizeof name));
    while (is_column && accept(p, HY_TOK_DOT)) {
        star = accept(p, HY_TOK_STAR);
        if (star)
            break;
        HY_TRY(hy_parse_label(p, &name));
        HY_TRY(list_push(p, &name, sizeof name));
    }
    HY_TRY(hy_parser_list_end(p, mark, sizeof name, &qname.parts.items, &qname.parts.n));
    qname.span = span_from(p, start);
    if (!star && peek(p) == HY_TOK_LPAREN)
        return hy_parse_call(p, qname, start, out);
    if (!star && peek(p) == HY_TOK_STRING)
        return named_type_literal(p, qname, out);
    if (!is_column) { /* LEFT, LIKE and others that are functions only */
        hy_parser_note_expected(p, HY_TOK_LPAREN);
        return hy_parser_error(p);
    }
    if (qname.parts.n > 4)
        return column_error(&qname);
    HY_TRY(hy_parser_new_expr(p, star ? HY_AST_STAR : HY_AST_COLUMN, start, out));
    (*out)->column = qname;
    if (star)
        return HY_OK;
    hy_parser_note_expected(p, HY_TOK_STRING);
    return hy_parse_subscripts(p, *out, out);
}

/* ---- Compound forms
 * ------------------------------------------------------------------------------ */

static HyStatus parse_when(HyParser *p, HyAstWhen *out)
{
    HY_TRY(hy_parse_expr(p, &out->when));
    HY_TRY(expect(p, HY_KW_THEN));
    return hy_parse_expr(p, &out->then);
}

static HyStatus parse_case(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    HyAstCase *cases;
    HY_ARENA_NEW(p->arena, cases, 1);
    p->pos++;
    if (peek(p) != HY_KW_WHEN) {
        hy_parser_note_expected(p, HY_KW_WHEN);
        HY_TRY(hy_parse_expr(p, &cases->operand));
    }
    size_t mark = list_begin(p);
    HY_TRY(expect(p, HY_KW_WHEN));
    do {
        HyAstWhen when;
        HY_TRY(parse_when(p, &when));
        HY_TRY(list_push(p, &when, sizeof when));
    } while (accept(p, HY_KW_WHEN));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstWhen), &cases->whens, &cases->n_whens));
    if (accept(p, HY_KW_ELSE))
        HY_TRY(hy_parse_expr(p, &cases->otherwise));
    HY_TRY(expect(p, HY_KW_END));
    HY_TRY(hy_parser_new_expr(p, HY_AST_CASE, start, out));
    (*out)->cases = cases;
    return HY_OK;
}

static HyStatus parse_cast(HyParser *p, HyAstCastSyntax syntax, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    HyAstExpr *operand;
    HyAstType *type;
    p->pos++;
    HY_TRY(expect(p, HY_TOK_LPAREN));
    HY_TRY(hy_parse_expr(p, &operand));
    HY_TRY(expect(p, HY_KW_AS));
    HY_TRY(hy_parse_type_name(p, &type));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    HY_TRY(hy_parser_new_expr(p, HY_AST_CAST, start, out));
    (*out)->cast.operand = operand;
    (*out)->cast.type = type;
    (*out)->cast.syntax = syntax;
    return HY_OK;
}

/* [a, b, [c]]: at the bracket. */
static HyStatus parse_array_items(HyParser *p, uint32_t start, HyAstExpr **out)
{
    HyAstExprList list = {0};
    HY_TRY(hy_parser_enter(p));
    HY_TRY(expect(p, HY_TOK_LBRACKET));
    size_t mark = list_begin(p);
    if (peek(p) != HY_TOK_RBRACKET) {
        do {
            HyAstExpr *e;
            if (peek(p) == HY_TOK_LBRACKET)
                HY_TRY(parse_array_items(p, next_offset(p), &e));
            else
                HY_TRY(hy_parse_expr(p, &e));
            HY_TRY(list_push(p, &e, sizeof e));
        } while (accept(p, HY_TOK_COMMA));
    }
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstExpr *), &list.items, &list.n));
    HY_TRY(expect(p, HY_TOK_RBRACKET));
    HY_TRY(hy_parser_new_expr(p, HY_AST_ARRAY, start, out));
    (*out)->list = list;
    p->depth--;
    return HY_OK;
}

HyStatus hy_parse_array(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    p->pos++; /* ARRAY */
    if (!accept(p, HY_TOK_LPAREN))
        return parse_array_items(p, start, out);
    HyAstQuery *query;
    HY_TRY(hy_parse_query(p, &query));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    HY_TRY(hy_parser_new_expr(p, HY_AST_ARRAY_QUERY, start, out));
    (*out)->query = query;
    return HY_OK;
}

static HyStatus parse_exists(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    HyAstQuery *query;
    p->pos += 2; /* EXISTS ( */
    HY_TRY(hy_parse_query(p, &query));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    HY_TRY(hy_parser_new_expr(p, HY_AST_EXISTS, start, out));
    (*out)->query = query;
    return HY_OK;
}

static HyStatus parse_row(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    HyAstExprList list = {0};
    p->pos += 2; /* ROW ( */
    if (peek(p) != HY_TOK_RPAREN)
        HY_TRY(hy_parse_expr_list(p, &list));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    HY_TRY(hy_parser_new_expr(p, HY_AST_ROW, start, out));
    (*out)->list = list;
    return HY_OK;
}

static HyStatus parse_descriptor(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    HyAstDescriptorColumn *columns;
    size_t n;
    p->pos++;
    HY_TRY(hy_parse_descriptor_columns(p, &columns, &n));
    HY_TRY(hy_parser_new_expr(p, HY_AST_DESCRIPTOR, start, out));
    (*out)->descriptor.columns = columns;
    (*out)->descriptor.n_columns = n;
    return HY_OK;
}

/* A word that stands for a type when a string follows: double precision '1', numeric(5,2) '1.5'. */
static HyStatus parse_type_keyword(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    size_t first = p->pos;
    unsigned next = peek_at(p, 1);
    bool is_type = next == HY_TOK_STRING || next == HY_TOK_LPAREN || next == HY_KW_PRECISION ||
                   next == HY_KW_VARYING || next == HY_KW_WITH || next == HY_KW_WITHOUT ||
                   next == HY_KW_CHARACTER || next == HY_KW_CHAR;
    if (is_type && (next == HY_TOK_STRING || hy_parser_at_type_keyword(p))) {
        HyAstType *type;
        HY_TRY(hy_parse_simple_type(p, &type));
        if (peek(p) == HY_TOK_STRING)
            return parse_typed_literal(p, type, start, out);
        /* `SELECT text WITH ..`: a column after all. With one word read, it can be one. */
        if (p->pos != first + 1) {
            hy_parser_note_expected(p, HY_TOK_STRING);
            return hy_parser_error(p);
        }
        if (peek(p) == HY_TOK_LPAREN) {
            hy_parser_note_expected(p, HY_EXPECT_ITEM_END);
            hy_parser_note_expected(p, HY_TOK_STRING);
            return hy_parser_error(p);
        }
        p->pos = first;
    }
    return parse_named(p, out);
}

HyStatus hy_parse_primary(HyParser *p, HyAstExpr **out)
{
    bool found;
    HY_TRY(hy_parse_literal(p, out));
    if (*out) {
        if ((*out)->kind == HY_AST_PARAMETER)
            return hy_parse_subscripts(p, *out, out);
        return HY_OK;
    }
    unsigned next = peek_at(p, 1);
    switch (peek(p)) {
    case HY_TOK_LPAREN:
        HY_TRY(parse_paren(p, out));
        return hy_parse_subscripts(p, *out, out);
    case HY_KW_CASE:
        return parse_case(p, out);
    case HY_KW_CAST:
        return parse_cast(p, HY_AST_CAST_FUNCTION, out);
    case HY_KW_ARRAY:
        return hy_parse_array(p, out);
    default:
        break;
    }
    if (next == HY_TOK_LPAREN) {
        switch (peek(p)) {
        case HY_KW_TRY_CAST:
            return parse_cast(p, HY_AST_CAST_TRY, out);
        case HY_KW_EXISTS:
            return parse_exists(p, out);
        case HY_KW_ROW:
            return parse_row(p, out);
        case HY_KW_DESCRIPTOR:
            return parse_descriptor(p, out);
        case HY_KW_COALESCE:
        case HY_KW_GREATEST:
        case HY_KW_LEAST:
            if (peek_at(p, 2) == HY_TOK_RPAREN) { /* not without arguments */
                p->pos += 2;
                hy_parser_note_expected(p, HY_EXPECT_EXPRESSION);
                return hy_parser_error(p);
            }
            break;
        default:
            break;
        }
    }
    HY_TRY(hy_parse_special_call(p, &found, out));
    if (found)
        return HY_OK;
    if (hy_parser_at_type_keyword(p))
        return parse_type_keyword(p, out);
    if (hy_parser_at_name(p) ||
        (hy_parser_at_function_name(p) && (next == HY_TOK_LPAREN || next == HY_TOK_STRING)))
        return parse_named(p, out);
    hy_parser_note_expected(p, HY_EXPECT_EXPRESSION);
    return hy_parser_error(p);
}
