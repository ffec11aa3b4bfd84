/* FROM: tables, subqueries, table functions, joins (spec/sql.md, section 8). */
#include "sql/parser_internal.h"

static HyStatus parse_from_primary(HyParser *p, HyAstFrom **out) HY_MUST_CHECK;
static HyStatus parse_joins(HyParser *p, HyAstFrom *left, HyAstFrom **out) HY_MUST_CHECK;

static HyStatus new_from(HyParser *p, HyAstFromKind kind, uint32_t start, HyAstFrom **out)
{
    HyAstFrom *from;
    HY_ARENA_NEW(p->arena, from, 1);
    from->kind = kind;
    from->span = span_from(p, start);
    *out = from;
    return HY_OK;
}

/* ---- Aliases
 * ------------------------------------------------------------------------------------- */

static HyStatus parse_alias(HyParser *p, HyAstAlias *out)
{
    if (accept(p, HY_KW_AS) || hy_parser_at_name(p))
        HY_TRY(hy_parse_name(p, &out->name));
    else
        hy_parser_note_expected(p, HY_TOK_IDENT);
    if (out->name.text && peek(p) == HY_TOK_LPAREN)
        HY_TRY(hy_parse_column_list(p, &out->columns));
    return HY_OK;
}

/* As above, and for functions also AS [a] (column type, ..). */
static HyStatus parse_function_alias(HyParser *p, HyAstFrom *from)
{
    bool has_as = accept(p, HY_KW_AS);
    if (hy_parser_at_name(p))
        HY_TRY(hy_parse_name(p, &from->alias.name));
    else if (has_as && peek(p) != HY_TOK_LPAREN)
        return hy_parse_name(p, &from->alias.name); /* makes the error */
    else
        hy_parser_note_expected(p, HY_TOK_IDENT);
    if (peek(p) != HY_TOK_LPAREN || !(has_as || from->alias.name.text))
        return HY_OK;
    unsigned behind_name = peek_at(p, 2);
    if (behind_name == HY_TOK_COMMA || behind_name == HY_TOK_RPAREN)
        return hy_parse_column_list(p, &from->alias.columns);
    return hy_parse_descriptor_columns(p, &from->function.columns, &from->function.n_columns);
}

/* ---- Items
 * --------------------------------------------------------------------------------------- */

/* TABLESAMPLE method (..) [REPEATABLE (seed)] */
static HyStatus parse_sample(HyParser *p, HyAstCall **out)
{
    if (!accept(p, HY_KW_TABLESAMPLE))
        return HY_OK;
    HyAstCall *sample;
    HY_ARENA_NEW(p->arena, sample, 1);
    HyAstName name;
    if (!hy_parser_at_function_name(p)) {
        hy_parser_note_expected(p, HY_TOK_IDENT);
        return hy_parser_error(p);
    }
    HY_TRY(hy_parser_take_name(p, &name));
    HY_TRY(hy_parser_single_qname(p, name, &sample->name));
    HY_TRY(expect(p, HY_TOK_LPAREN));
    HY_TRY(hy_parse_expr_list(p, &sample->args));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    if (accept(p, HY_KW_REPEATABLE)) {
        HY_TRY(expect(p, HY_TOK_LPAREN));
        HY_TRY(hy_parse_expr(p, &sample->filter));
        HY_TRY(expect(p, HY_TOK_RPAREN));
    }
    *out = sample;
    return HY_OK;
}

/* A function call: its name was read. */
static HyStatus finish_function(HyParser *p, HyAstQName name, bool lateral, HyAstFrom **out)
{
    HyAstExpr *call;
    HY_TRY(hy_parse_call(p, name, name.span.offset, &call));
    HY_TRY(new_from(p, HY_AST_FROM_FUNCTION, name.span.offset, out));
    (*out)->lateral = lateral;
    (*out)->function.call = call;
    if (hy_parser_accept2(p, HY_KW_WITH, HY_KW_ORDINALITY))
        (*out)->function.ordinality = true;
    HY_TRY(parse_function_alias(p, *out));
    (*out)->span = span_from(p, name.span.offset);
    return HY_OK;
}

/* [ONLY] t [*] [alias] [TABLESAMPLE ..], ONLY (t), or f(..) [WITH ORDINALITY] [alias] */
static HyStatus parse_named(HyParser *p, bool lateral, HyAstFrom **out)
{
    uint32_t start = next_offset(p);
    HyAstQName name;
    bool only = accept(p, HY_KW_ONLY);
    bool only_paren = only && accept(p, HY_TOK_LPAREN);
    bool is_name = hy_parser_at_name(p);
    if (!only && !is_name && hy_parser_at_function_name(p) && peek_at(p, 1) == HY_TOK_LPAREN) {
        HyAstName word;
        HY_TRY(hy_parser_take_name(p, &word));
        HY_TRY(hy_parser_single_qname(p, word, &name));
        return finish_function(p, name, lateral, out);
    }
    HY_TRY(hy_parse_table_name(p, &name));
    if (!only && peek(p) == HY_TOK_LPAREN)
        return finish_function(p, name, lateral, out);
    if (only_paren)
        HY_TRY(expect(p, HY_TOK_RPAREN));
    (void)accept(p, HY_TOK_STAR);
    HY_TRY(new_from(p, HY_AST_FROM_TABLE, start, out));
    (*out)->table.name = name;
    (*out)->table.only = only;
    hy_parser_note_expected(p, HY_TOK_LPAREN);
    HY_TRY(parse_alias(p, &(*out)->alias));
    HY_TRY(parse_sample(p, &(*out)->table.sample));
    (*out)->span = span_from(p, start);
    return HY_OK;
}

static HyStatus query_item(
    HyParser *p, HyAstQuery *query, uint32_t start, bool lateral, HyAstFrom **out)
{
    HY_TRY(new_from(p, HY_AST_FROM_QUERY, start, out));
    (*out)->query = query;
    (*out)->lateral = lateral;
    HY_TRY(parse_alias(p, &(*out)->alias));
    (*out)->span = span_from(p, start);
    return HY_OK;
}

/* Behind an opening parenthesis, up to the closing one: a query (*query is set) or a joined table.
 * As for expressions, what `((SELECT ..` is shows behind the inner parentheses. */
static HyStatus parse_paren_content(HyParser *p, HyAstQuery **query, HyAstFrom **from)
{
    *query = NULL;
    *from = NULL;
    if (hy_parser_at_query(p))
        return hy_parse_query(p, query);
    if (!hy_parser_at_paren_query(p)) {
        HY_TRY(parse_from_primary(p, from));
        return parse_joins(p, *from, from);
    }
    uint32_t start = next_offset(p);
    HY_TRY(hy_parser_enter(p));
    p->pos++;
    HY_TRY(parse_paren_content(p, query, from));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    p->depth--;
    if (*query) {
        if (peek(p) == HY_TOK_RPAREN)
            return HY_OK;
        if (hy_parser_at_query_rest(p))
            return hy_parse_query_rest(p, *query, query);
        HY_TRY(query_item(p, *query, start, false, from));
        *query = NULL;
    } else {
        HY_TRY(parse_alias(p, &(*from)->alias));
    }
    return parse_joins(p, *from, from);
}

static HyStatus parse_paren(HyParser *p, bool lateral, HyAstFrom **out)
{
    uint32_t start = next_offset(p);
    HyAstQuery *query;
    p->pos++;
    HY_TRY(parse_paren_content(p, &query, out));
    if (!query && (lateral || (*out)->kind != HY_AST_FROM_JOIN)) {
        hy_parser_note_expected(p, HY_KW_JOIN); /* only joins stand in parentheses */
        return hy_parser_error(p);
    }
    HY_TRY(expect(p, HY_TOK_RPAREN));
    if (query)
        return query_item(p, query, start, lateral, out);
    HY_TRY(parse_alias(p, &(*out)->alias));
    (*out)->span = span_from(p, start);
    return HY_OK;
}

/* TABLE (f(..)) is f(..). */
static HyStatus parse_table_function(HyParser *p, HyAstFrom **out)
{
    HyAstQName name;
    HyAstExpr *call;
    uint32_t start = next_offset(p);
    p->pos++;
    HY_TRY(expect(p, HY_TOK_LPAREN));
    HY_TRY(hy_parse_any_name(p, &name));
    HY_TRY(hy_parse_call(p, name, name.span.offset, &call));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    HY_TRY(new_from(p, HY_AST_FROM_FUNCTION, start, out));
    (*out)->function.call = call;
    HY_TRY(parse_function_alias(p, *out));
    (*out)->span = span_from(p, start);
    return HY_OK;
}

/* CURRENT_DATE and the like parse as table functions, but are none. */
static const uint16_t functions_without_table[] = {HY_KW_CAST, HY_KW_CURRENT_CATALOG,
    HY_KW_CURRENT_DATE, HY_KW_CURRENT_ROLE, HY_KW_CURRENT_TIME, HY_KW_CURRENT_TIMESTAMP,
    HY_KW_CURRENT_USER, HY_KW_LOCALTIME, HY_KW_LOCALTIMESTAMP, HY_KW_SESSION_USER, HY_KW_USER};

static bool at_function_without_table(const HyParser *p)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(functions_without_table); i++) {
        if (peek(p) == functions_without_table[i])
            return true;
    }
    return false;
}

static void note_from_starts(HyParser *p)
{
    hy_parser_note_expected(p, HY_KW_TABLE);
    hy_parser_note_expected(p, HY_TOK_LPAREN);
    for (size_t i = 0; i < HY_ARRAY_LEN(functions_without_table); i++)
        hy_parser_note_expected(p, functions_without_table[i]);
}

static HyStatus parse_from_primary(HyParser *p, HyAstFrom **out)
{
    HY_TRY(hy_parser_enter(p));
    bool lateral = accept(p, HY_KW_LATERAL);
    if (peek(p) == HY_TOK_LPAREN) {
        HY_TRY(parse_paren(p, lateral, out));
    } else if (peek(p) == HY_KW_TABLE && !lateral) {
        HY_TRY(parse_table_function(p, out));
    } else if (at_function_without_table(p)) {
        return hy_error_at(hy_error("42601", "invalid table function"), next_offset(p));
    } else if (peek(p) == HY_KW_ROWS && peek_at(p, 1) == HY_KW_FROM) {
        return hy_parser_refuse(p, "ROWS FROM not implemented yet");
    } else {
        note_from_starts(p);
        HY_TRY(parse_named(p, lateral, out));
    }
    p->depth--;
    return HY_OK;
}

/* ---- Joins
 * --------------------------------------------------------------------------------------- */

static bool at_join(const HyParser *p)
{
    switch (peek(p)) {
    case HY_KW_JOIN:
    case HY_KW_INNER:
    case HY_KW_LEFT:
    case HY_KW_RIGHT:
    case HY_KW_FULL:
    case HY_KW_CROSS:
    case HY_KW_NATURAL:
        return true;
    default:
        return false;
    }
}

/* [INNER | LEFT | RIGHT | FULL [OUTER]] JOIN */
static HyStatus parse_join_words(HyParser *p, HyAstFrom *join)
{
    bool is_outer = true;
    if (accept(p, HY_KW_LEFT))
        join->join.kind = HY_AST_JOIN_LEFT;
    else if (accept(p, HY_KW_RIGHT))
        join->join.kind = HY_AST_JOIN_RIGHT;
    else if (accept(p, HY_KW_FULL))
        join->join.kind = HY_AST_JOIN_FULL;
    else
        is_outer = false;
    if (is_outer)
        (void)accept(p, HY_KW_OUTER);
    else
        (void)accept(p, HY_KW_INNER);
    join->join.pos = next_offset(p);
    return expect(p, HY_KW_JOIN);
}

static HyStatus parse_join_condition(HyParser *p, HyAstFrom *join)
{
    if (accept(p, HY_KW_ON))
        return hy_parse_expr(p, &join->join.on);
    HY_TRY(expect(p, HY_KW_USING));
    return hy_parse_column_list(p, &join->join.using_columns);
}

/* One join with `left`. In `a JOIN b JOIN c ON x ON y` the inner join comes before the first ON. */
static HyStatus parse_join(HyParser *p, HyAstFrom *left, HyAstFrom **out)
{
    HyAstFrom *join;
    HY_TRY(hy_parser_enter(p));
    HY_TRY(new_from(p, HY_AST_FROM_JOIN, left->span.offset, &join));
    join->join.left = left;
    if (accept(p, HY_KW_CROSS)) {
        join->join.kind = HY_AST_JOIN_CROSS;
        join->join.pos = next_offset(p);
        HY_TRY(expect(p, HY_KW_JOIN));
        HY_TRY(parse_from_primary(p, &join->join.right));
    } else if (accept(p, HY_KW_NATURAL)) {
        join->join.natural = true;
        HY_TRY(parse_join_words(p, join));
        HY_TRY(parse_from_primary(p, &join->join.right));
    } else {
        HY_TRY(parse_join_words(p, join));
        HY_TRY(parse_from_primary(p, &join->join.right));
        while (at_join(p))
            HY_TRY(parse_join(p, join->join.right, &join->join.right));
        HY_TRY(parse_join_condition(p, join));
    }
    join->span = span_from(p, left->span.offset);
    *out = join;
    return HY_OK;
}

/* Chains of joins nest to the left; `depth` counts them until the end of the chain. */
static HyStatus parse_joins(HyParser *p, HyAstFrom *left, HyAstFrom **out)
{
    unsigned depth = p->depth;
    while (at_join(p))
        HY_TRY(parse_join(p, left, &left));
    hy_parser_note_expected(p, HY_KW_JOIN);
    hy_parser_note_expected(p, HY_KW_LEFT);
    hy_parser_note_expected(p, HY_KW_RIGHT);
    hy_parser_note_expected(p, HY_KW_INNER);
    hy_parser_note_expected(p, HY_KW_FULL);
    hy_parser_note_expected(p, HY_KW_CROSS);
    hy_parser_note_expected(p, HY_KW_NATURAL);
    p->depth = depth;
    *out = left;
    return HY_OK;
}

HyStatus hy_parse_from_item(HyParser *p, HyAstFrom **out)
{
    HY_TRY(parse_from_primary(p, out));
    return parse_joins(p, *out, out);
}

HyStatus hy_parse_from_list(HyParser *p, HyAstFromList *out)
{
    size_t mark = list_begin(p);
    do {
        HyAstFrom *item;
        HY_TRY(hy_parse_from_item(p, &item));
        HY_TRY(list_push(p, &item, sizeof item));
    } while (accept(p, HY_TOK_COMMA));
    return hy_parser_list_end(p, mark, sizeof(HyAstFrom *), &out->items, &out->n);
}
