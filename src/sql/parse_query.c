/* Queries: WITH, SELECT, VALUES, TABLE, set operations, ORDER BY, LIMIT (spec/sql.md, section 8).
 */
#include "sql/parser_internal.h"

#include <string.h>

static HyStatus parse_set_operations(HyParser *p, HyAstQuery *left, HyAstQuery **out) HY_MUST_CHECK;

static HyStatus new_query(HyParser *p, HyAstQueryKind kind, uint32_t start, HyAstQuery **out)
{
    HyAstQuery *query;
    HY_ARENA_NEW(p->arena, query, 1);
    query->kind = kind;
    query->span = span_from(p, start);
    *out = query;
    return HY_OK;
}

/* ---- Clauses that others use, too
 * ---------------------------------------------------------------- */

static HyStatus parse_order_item(HyParser *p, HyAstOrder *out)
{
    *out = (HyAstOrder){0};
    HY_TRY(hy_parse_expr(p, &out->expr));
    if (accept(p, HY_KW_DESC))
        out->descending = true;
    else
        (void)accept(p, HY_KW_ASC);
    if (hy_parser_accept2(p, HY_KW_NULLS, HY_KW_FIRST))
        out->nulls = HY_AST_NULLS_FIRST;
    else if (hy_parser_accept2(p, HY_KW_NULLS, HY_KW_LAST))
        out->nulls = HY_AST_NULLS_LAST;
    return HY_OK;
}

HyStatus hy_parse_order_by(HyParser *p, HyAstOrderList *out)
{
    if (!accept(p, HY_KW_ORDER))
        return HY_OK;
    HY_TRY(expect(p, HY_KW_BY));
    size_t mark = list_begin(p);
    do {
        HyAstOrder item;
        HY_TRY(parse_order_item(p, &item));
        HY_TRY(list_push(p, &item, sizeof item));
    } while (accept(p, HY_TOK_COMMA));
    return hy_parser_list_end(p, mark, sizeof(HyAstOrder), &out->items, &out->n);
}

HyStatus hy_parse_where(HyParser *p, HyAstExpr **out)
{
    *out = NULL;
    return accept(p, HY_KW_WHERE) ? hy_parse_expr(p, out) : HY_OK;
}

/* * or expr [[AS] label] */
static HyStatus parse_select_item(HyParser *p, HyAstSelectItem *out)
{
    *out = (HyAstSelectItem){0};
    uint32_t start = next_offset(p);
    if (accept(p, HY_TOK_STAR))
        return hy_parser_new_expr(p, HY_AST_STAR, start, &out->expr);
    bool is_inner = p->in_select_item;
    p->in_select_item = true;
    HY_TRY(hy_parse_expr(p, &out->expr));
    bool has_label = hy_parser_at_bare_label(p);
    p->in_select_item = is_inner;
    if (out->expr->kind == HY_AST_STAR)
        return HY_OK;
    if (accept(p, HY_KW_AS))
        return hy_parse_label(p, &out->alias);
    if (has_label)
        return hy_parser_take_name(p, &out->alias);
    hy_parser_note_expected(p, HY_EXPECT_ITEM_END);
    return HY_OK;
}

HyStatus hy_parse_select_items(HyParser *p, HyAstSelectItemList *out)
{
    size_t mark = list_begin(p);
    do {
        HyAstSelectItem item;
        HY_TRY(parse_select_item(p, &item));
        HY_TRY(list_push(p, &item, sizeof item));
    } while (accept(p, HY_TOK_COMMA));
    return hy_parser_list_end(p, mark, sizeof(HyAstSelectItem), &out->items, &out->n);
}

/* ---- GROUP BY
 * ------------------------------------------------------------------------------------ */

static HyStatus parse_grouping(HyParser *p, HyAstGrouping **out) HY_MUST_CHECK;

/* (a, b, ..) behind ROLLUP, CUBE, GROUPING SETS */
static HyStatus parse_grouping_elements(HyParser *p, HyAstGrouping *g)
{
    HY_TRY(expect(p, HY_TOK_LPAREN));
    size_t mark = list_begin(p);
    do {
        HyAstGrouping *element;
        HY_TRY(parse_grouping(p, &element));
        HY_TRY(list_push(p, &element, sizeof element));
    } while (accept(p, HY_TOK_COMMA));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstGrouping *), &g->elements, &g->n_elements));
    return expect(p, HY_TOK_RPAREN);
}

/* The row (a, b) is a set of columns here. */
static HyStatus row_to_list(HyParser *p, const HyAstExpr *row, HyAstGrouping *g)
{
    g->kind = HY_AST_GROUPING_LIST;
    g->n_elements = row->list.n;
    HY_ARENA_NEW(p->arena, g->elements, g->n_elements);
    for (size_t i = 0; i < g->n_elements; i++) {
        HY_ARENA_NEW(p->arena, g->elements[i], 1);
        g->elements[i]->kind = HY_AST_GROUPING_EXPR;
        g->elements[i]->expr = row->list.items[i];
        g->elements[i]->span = row->list.items[i]->span;
    }
    return HY_OK;
}

static HyStatus parse_grouping(HyParser *p, HyAstGrouping **out)
{
    uint32_t start = next_offset(p);
    HyAstGrouping *g;
    HY_TRY(hy_parser_enter(p));
    HY_ARENA_NEW(p->arena, g, 1);
    unsigned next = peek_at(p, 1);
    if (peek(p) == HY_TOK_LPAREN && next == HY_TOK_RPAREN) {
        p->pos += 2;
        g->kind = HY_AST_GROUPING_LIST;
    } else if (peek(p) == HY_KW_GROUPING && hy_parser_accept2(p, HY_KW_GROUPING, HY_KW_SETS)) {
        g->kind = HY_AST_GROUPING_SETS;
        HY_TRY(parse_grouping_elements(p, g));
    } else if (next == HY_TOK_LPAREN && (peek(p) == HY_KW_ROLLUP || peek(p) == HY_KW_CUBE)) {
        g->kind = peek(p) == HY_KW_CUBE ? HY_AST_GROUPING_CUBE : HY_AST_GROUPING_ROLLUP;
        p->pos++;
        HY_TRY(parse_grouping_elements(p, g));
    } else {
        HY_TRY(hy_parse_expr(p, &g->expr));
        if (g->expr->kind == HY_AST_ROW && g->expr->parenthesized) {
            HY_TRY(row_to_list(p, g->expr, g));
            g->expr = NULL;
        }
    }
    g->span = span_from(p, start);
    p->depth--;
    *out = g;
    return HY_OK;
}

static HyStatus parse_group_by(HyParser *p, HyAstSelect *select)
{
    if (!accept(p, HY_KW_GROUP))
        return HY_OK;
    HY_TRY(expect(p, HY_KW_BY));
    select->has_group_by = true;
    select->group_distinct = accept(p, HY_KW_DISTINCT);
    if (!select->group_distinct)
        (void)accept(p, HY_KW_ALL);
    size_t mark = list_begin(p);
    do {
        HyAstGrouping *g;
        HY_TRY(parse_grouping(p, &g));
        HY_TRY(list_push(p, &g, sizeof g));
    } while (accept(p, HY_TOK_COMMA));
    return hy_parser_list_end(
        p, mark, sizeof(HyAstGrouping *), &select->group_by, &select->n_group_by);
}

/* ---- SELECT, VALUES, TABLE
 * ----------------------------------------------------------------------- */

static HyStatus parse_windows(HyParser *p, HyAstSelect *select)
{
    if (!accept(p, HY_KW_WINDOW))
        return HY_OK;
    size_t mark = list_begin(p);
    do {
        HyAstNamedWindow window;
        HY_TRY(hy_parse_name(p, &window.name));
        HY_TRY(expect(p, HY_KW_AS));
        HY_TRY(hy_parse_window_spec(p, &window.window));
        HY_TRY(list_push(p, &window, sizeof window));
    } while (accept(p, HY_TOK_COMMA));
    return hy_parser_list_end(
        p, mark, sizeof(HyAstNamedWindow), &select->windows, &select->n_windows);
}

static HyStatus parse_distinct(HyParser *p, HyAstSelect *select)
{
    if (!accept(p, HY_KW_DISTINCT)) {
        (void)accept(p, HY_KW_ALL);
        return HY_OK;
    }
    select->distinct = HY_AST_SELECT_DISTINCT;
    if (!accept(p, HY_KW_ON))
        return HY_OK;
    select->distinct = HY_AST_SELECT_DISTINCT_ON;
    HY_TRY(expect(p, HY_TOK_LPAREN));
    HY_TRY(hy_parse_expr_list(p, &select->distinct_on));
    return expect(p, HY_TOK_RPAREN);
}

/* The select list may be empty: what can follow it then. */
static bool at_end_of_empty_list(HyParser *p)
{
    static const uint16_t followers[] = {HY_TOK_END, HY_TOK_SEMICOLON, HY_TOK_RPAREN, HY_KW_FROM,
        HY_KW_WHERE, HY_KW_GROUP, HY_KW_ORDER, HY_KW_HAVING, HY_KW_INTO, HY_KW_UNION,
        HY_KW_INTERSECT, HY_KW_EXCEPT, HY_KW_LIMIT, HY_KW_OFFSET, HY_KW_FETCH, HY_KW_WINDOW,
        HY_KW_WITH, HY_KW_RETURNING};
    for (size_t i = 0; i < HY_ARRAY_LEN(followers); i++) {
        if (peek(p) == followers[i])
            return true;
    }
    for (size_t i = 0; i < HY_ARRAY_LEN(followers); i++) {
        if (followers[i] != HY_TOK_RPAREN && followers[i] != HY_TOK_SEMICOLON)
            hy_parser_note_expected(p, followers[i]);
    }
    return false;
}

static HyStatus refuse_into(HyParser *p)
{
    HyStatus err = hy_parser_refuse(p, "SELECT INTO is deprecated.");
    return hy_error_hint(err, "Use `CREATE TABLE ... AS` instead.");
}

static HyStatus parse_select(HyParser *p, HyAstQuery **out)
{
    uint32_t start = next_offset(p);
    HyAstSelect *select;
    HY_ARENA_NEW(p->arena, select, 1);
    p->pos++; /* SELECT */
    HY_TRY(parse_distinct(p, select));
    if (select->distinct == HY_AST_SELECT_DISTINCT || !at_end_of_empty_list(p))
        HY_TRY(hy_parse_select_items(p, &select->items));
    if (accept(p, HY_KW_INTO)) {
        p->pos--;
        return refuse_into(p);
    }
    if (accept(p, HY_KW_FROM))
        HY_TRY(hy_parse_from_list(p, &select->from));
    HY_TRY(hy_parse_where(p, &select->where));
    HY_TRY(parse_group_by(p, select));
    if (accept(p, HY_KW_HAVING))
        HY_TRY(hy_parse_expr(p, &select->having));
    HY_TRY(parse_windows(p, select));
    HY_TRY(new_query(p, HY_AST_QUERY_SELECT, start, out));
    (*out)->select = select;
    return HY_OK;
}

/* An expression, or DEFAULT where an INSERT allows it. The common case, a literal between commas,
 * takes a short cut around the operators. */
static HyStatus parse_values_item(HyParser *p, bool in_insert, HyAstExpr **out)
{
    unsigned next = p->tokens[p->pos + (peek(p) != HY_TOK_END)].kind;
    if (next == HY_TOK_COMMA || next == HY_TOK_RPAREN) {
        HY_TRY(hy_parse_literal(p, out));
        if (*out)
            return HY_OK;
        if (peek(p) == HY_KW_DEFAULT) {
            if (in_insert)
                return hy_parse_expr_or_default(p, out);
            return hy_error_at(
                hy_error("42601", "DEFAULT can only appear in a VALUES list within INSERT"),
                next_offset(p));
        }
    }
    return hy_parse_expr(p, out);
}

static HyStatus parse_values_row(HyParser *p, bool in_insert, HyAstExprList *out)
{
    HY_TRY(expect(p, HY_TOK_LPAREN));
    size_t mark = list_begin(p);
    do {
        HyAstExpr *e;
        HY_TRY(parse_values_item(p, in_insert, &e));
        HY_TRY(list_push(p, &e, sizeof e));
    } while (accept(p, HY_TOK_COMMA));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstExpr *), &out->items, &out->n));
    return expect(p, HY_TOK_RPAREN);
}

static HyStatus parse_values(HyParser *p, HyAstQuery **out)
{
    uint32_t start = next_offset(p);
    HyAstValues *values;
    HY_ARENA_NEW(p->arena, values, 1);
    bool in_insert = p->in_insert;
    p->in_insert = false; /* not in subqueries of the items */
    p->pos++;             /* VALUES */
    size_t mark = list_begin(p);
    do {
        HyAstExprList row;
        HY_TRY(parse_values_row(p, in_insert, &row));
        HY_TRY(list_push(p, &row, sizeof row));
    } while (accept(p, HY_TOK_COMMA));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstExprList), &values->rows, &values->n_rows));
    p->in_insert = in_insert;
    HY_TRY(new_query(p, HY_AST_QUERY_VALUES, start, out));
    (*out)->values = values;
    return HY_OK;
}

/* TABLE t is SELECT * FROM t. */
static HyStatus parse_table(HyParser *p, HyAstQuery **out)
{
    uint32_t start = next_offset(p);
    HyAstSelect *select;
    HyAstFrom *from;
    HY_ARENA_NEW(p->arena, select, 1);
    HY_ARENA_NEW(p->arena, from, 1);
    HY_ARENA_NEW(p->arena, select->from.items, 1);
    HY_ARENA_NEW(p->arena, select->items.items, 1);
    p->pos++; /* TABLE */
    from->table.only = accept(p, HY_KW_ONLY);
    from->span.offset = next_offset(p);
    HY_TRY(hy_parse_table_name(p, &from->table.name));
    (void)accept(p, HY_TOK_STAR);
    from->span = span_from(p, from->span.offset);
    select->from.items[0] = from;
    select->from.n = 1;
    select->items.n = 1;
    HY_TRY(hy_parser_new_expr(p, HY_AST_STAR, start, &select->items.items[0].expr));
    HY_TRY(new_query(p, HY_AST_QUERY_SELECT, start, out));
    (*out)->select = select;
    return HY_OK;
}

/* ---- Set operations and what stands around
 * ------------------------------------------------------- */

static HyStatus parse_query_primary(HyParser *p, HyAstQuery **out)
{
    uint32_t start = next_offset(p);
    switch (peek(p)) {
    case HY_KW_SELECT:
        return parse_select(p, out);
    case HY_KW_VALUES:
        return parse_values(p, out);
    case HY_KW_TABLE:
        return parse_table(p, out);
    case HY_TOK_LPAREN:
        p->pos++;
        HY_TRY(hy_parse_query(p, out));
        HY_TRY(expect(p, HY_TOK_RPAREN));
        (*out)->span = span_from(p, start);
        return HY_OK;
    default:
        hy_parser_note_expected(p, HY_KW_SELECT);
        hy_parser_note_expected(p, HY_KW_VALUES);
        hy_parser_note_expected(p, HY_KW_TABLE);
        hy_parser_note_expected(p, HY_TOK_LPAREN);
        return hy_parser_error(p);
    }
}

static HyStatus combine(HyParser *p, HyAstSetOpKind kind, HyAstQuery *left, HyAstQuery **out)
{
    HyAstSetOp *op;
    HY_ARENA_NEW(p->arena, op, 1);
    op->kind = kind;
    op->pos = next_offset(p);
    op->left = left;
    p->pos++;
    op->all = accept(p, HY_KW_ALL);
    if (!op->all)
        (void)accept(p, HY_KW_DISTINCT);
    HY_TRY(hy_parser_enter(p)); /* chains nest to the left */
    HY_TRY(parse_query_primary(p, &op->right));
    if (kind != HY_AST_INTERSECT) { /* which binds tighter */
        while (peek(p) == HY_KW_INTERSECT)
            HY_TRY(combine(p, HY_AST_INTERSECT, op->right, &op->right));
    }
    HY_TRY(new_query(p, HY_AST_QUERY_SET_OP, left->span.offset, out));
    (*out)->set_op = op;
    return HY_OK;
}

static HyStatus parse_set_operations(HyParser *p, HyAstQuery *left, HyAstQuery **out)
{
    unsigned depth = p->depth;
    for (;;) {
        if (peek(p) == HY_KW_INTERSECT)
            HY_TRY(combine(p, HY_AST_INTERSECT, left, &left));
        else if (peek(p) == HY_KW_UNION)
            HY_TRY(combine(p, HY_AST_UNION, left, &left));
        else if (peek(p) == HY_KW_EXCEPT)
            HY_TRY(combine(p, HY_AST_EXCEPT, left, &left));
        else
            break;
    }
    hy_parser_note_expected(p, HY_KW_UNION);
    hy_parser_note_expected(p, HY_KW_INTERSECT);
    hy_parser_note_expected(p, HY_KW_EXCEPT);
    p->depth = depth;
    *out = left;
    return HY_OK;
}

typedef struct Tail {
    HyAstOrderList order_by;
    HyAstExpr *limit;
    HyAstExpr *offset;
    uint32_t limit_pos;
    uint32_t offset_pos;
    bool with_ties;
    bool is_present; /* any of them was written, also LIMIT ALL */
} Tail;

/* FETCH {FIRST | NEXT} [n] {ROW | ROWS} {ONLY | WITH TIES} */
static HyStatus parse_fetch(HyParser *p, Tail *tail)
{
    if (!accept(p, HY_KW_FIRST))
        HY_TRY(expect(p, HY_KW_NEXT));
    if (peek(p) == HY_KW_ROW || peek(p) == HY_KW_ROWS) {
        HY_TRY(hy_parser_new_expr(p, HY_AST_INTEGER, tail->limit_pos, &tail->limit));
        tail->limit->integer = 1;
    } else {
        HY_TRY(hy_parse_operand(p, &tail->limit));
    }
    if (!accept(p, HY_KW_ROW))
        HY_TRY(expect(p, HY_KW_ROWS));
    if (accept(p, HY_KW_ONLY))
        return HY_OK;
    HY_TRY(expect(p, HY_KW_WITH));
    HY_TRY(expect(p, HY_KW_TIES));
    tail->with_ties = true;
    return HY_OK;
}

static HyStatus parse_offset(HyParser *p, Tail *tail)
{
    HY_TRY(hy_parse_expr(p, &tail->offset));
    if (!accept(p, HY_KW_ROW))
        (void)accept(p, HY_KW_ROWS);
    return HY_OK;
}

/* FOR UPDATE and its kin */
static HyStatus refuse_locking(HyParser *p)
{
    static const uint16_t words[] = {HY_KW_UPDATE, HY_KW_KEY, HY_KW_NO, HY_KW_READ, HY_KW_SHARE};
    if (!accept(p, HY_KW_FOR))
        return HY_OK;
    for (size_t i = 0; i < HY_ARRAY_LEN(words); i++) {
        if (accept(p, words[i])) {
            p->pos -= 2;
            return hy_parser_refuse(p, "locking options not implemented yet");
        }
    }
    return hy_parser_error(p);
}

/* ORDER BY, then LIMIT or FETCH and OFFSET in any order. */
static HyStatus parse_tail(HyParser *p, Tail *tail)
{
    bool has_limit = false;
    bool has_offset = false;
    HY_TRY(hy_parse_order_by(p, &tail->order_by));
    for (;;) {
        uint32_t pos = next_offset(p);
        if (!has_limit && accept(p, HY_KW_LIMIT)) {
            has_limit = true;
            tail->limit_pos = pos;
            if (!accept(p, HY_KW_ALL))
                HY_TRY(hy_parse_expr(p, &tail->limit));
        } else if (!has_limit && accept(p, HY_KW_FETCH)) {
            has_limit = true;
            tail->limit_pos = pos;
            HY_TRY(parse_fetch(p, tail));
        } else if (!has_offset && accept(p, HY_KW_OFFSET)) {
            has_offset = true;
            tail->offset_pos = pos;
            HY_TRY(parse_offset(p, tail));
        } else {
            break;
        }
    }
    tail->is_present = has_limit || has_offset || tail->order_by.n > 0;
    return refuse_locking(p);
}

static bool has_clauses(const HyAstQuery *query)
{
    return query->n_ctes || query->order_by.n || query->limit || query->offset ||
           query->limit_pos || query->offset_pos;
}

/* Puts clauses around a body. A body in parentheses that has clauses of its own keeps them, one
 * level down. */
static HyStatus wrap(
    HyParser *p, const HyWithClause *with, HyAstQuery *body, const Tail *tail, HyAstQuery **out)
{
    uint32_t start = with->n_ctes ? with->start : body->span.offset;
    if (has_clauses(body) && (with->n_ctes || tail->is_present)) {
        HyAstQuery *nested = body;
        HY_TRY(new_query(p, HY_AST_QUERY_NESTED, start, &body));
        body->nested = nested;
    }
    body->span = span_from(p, start);
    if (with->n_ctes) {
        body->ctes = with->ctes;
        body->n_ctes = with->n_ctes;
        body->recursive = with->recursive;
    }
    if (tail->is_present) {
        body->order_by = tail->order_by;
        body->limit = tail->limit;
        body->offset = tail->offset;
        body->limit_pos = tail->limit_pos;
        body->offset_pos = tail->offset_pos;
        body->with_ties = tail->with_ties;
    }
    *out = body;
    return HY_OK;
}

HyStatus hy_parse_query_after_with(HyParser *p, const HyWithClause *with, HyAstQuery **out)
{
    HyAstQuery *body;
    Tail tail = {0};
    HY_TRY(parse_query_primary(p, &body));
    HY_TRY(parse_set_operations(p, body, &body));
    HY_TRY(parse_tail(p, &tail));
    return wrap(p, with, body, &tail, out);
}

HyStatus hy_parse_query(HyParser *p, HyAstQuery **out)
{
    HyWithClause with = {0};
    HY_TRY(hy_parser_enter(p));
    if (accept(p, HY_KW_WITH)) {
        p->pos--;
        HY_TRY(hy_parse_with(p, &with));
    }
    HY_TRY(hy_parse_query_after_with(p, &with, out));
    p->depth--;
    return HY_OK;
}

bool hy_parser_at_query_rest(const HyParser *p)
{
    switch (peek(p)) {
    case HY_KW_UNION:
    case HY_KW_INTERSECT:
    case HY_KW_EXCEPT:
    case HY_KW_ORDER:
    case HY_KW_LIMIT:
    case HY_KW_OFFSET:
    case HY_KW_FETCH:
    case HY_KW_FOR:
        return true;
    default:
        return false;
    }
}

HyStatus hy_parse_query_rest(HyParser *p, HyAstQuery *left, HyAstQuery **out)
{
    static const HyWithClause no_with = {0};
    HyAstQuery *body;
    Tail tail = {0};
    HY_TRY(parse_set_operations(p, left, &body));
    HY_TRY(parse_tail(p, &tail));
    return wrap(p, &no_with, body, &tail, out);
}

/* ---- WITH
 * ---------------------------------------------------------------------------------------- */

/* name [(columns)] AS (query) */
static HyStatus parse_cte(HyParser *p, HyAstCte *out)
{
    uint32_t start = next_offset(p);
    *out = (HyAstCte){0};
    HY_TRY(hy_parse_name(p, &out->name));
    if (peek(p) == HY_TOK_LPAREN)
        HY_TRY(hy_parse_column_list(p, &out->columns));
    else
        hy_parser_note_expected(p, HY_TOK_LPAREN);
    HY_TRY(expect(p, HY_KW_AS));
    HY_TRY(expect(p, HY_TOK_LPAREN));
    HY_TRY(hy_parse_query(p, &out->query));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    out->span = span_from(p, start);
    return HY_OK;
}

HyStatus hy_parse_with(HyParser *p, HyWithClause *out)
{
    *out = (HyWithClause){.start = next_offset(p)};
    bool in_insert = p->in_insert;
    p->in_insert = false;
    p->pos++; /* WITH */
    /* RECURSIVE is no reserved word: it can be the name of a table, too */
    unsigned next = peek_at(p, 1);
    if (peek(p) == HY_KW_RECURSIVE && next != HY_KW_AS && next != HY_TOK_LPAREN) {
        p->pos++;
        out->recursive = true;
    }
    size_t mark = list_begin(p);
    do {
        HyAstCte cte;
        HY_TRY(parse_cte(p, &cte));
        HY_TRY(list_push(p, &cte, sizeof cte));
    } while (accept(p, HY_TOK_COMMA));
    p->in_insert = in_insert;
    return hy_parser_list_end(p, mark, sizeof(HyAstCte), &out->ctes, &out->n_ctes);
}
