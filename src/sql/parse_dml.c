/* INSERT, UPDATE, DELETE, MERGE (spec/sql.md, section 9). ON CONFLICT and some forms of MERGE go
 * beyond the genuine server's grammar. */
#include "sql/parser_internal.h"

/* ---- Pieces
 * -------------------------------------------------------------------------------------- */

HyStatus hy_parse_expr_or_default(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    if (accept(p, HY_KW_DEFAULT))
        return hy_parser_new_expr(p, HY_AST_DEFAULT, start, out);
    return hy_parse_expr(p, out);
}

static HyStatus parse_returning(HyParser *p, HyAstSelectItemList *out)
{
    return accept(p, HY_KW_RETURNING) ? hy_parse_select_items(p, out) : HY_OK;
}

/* [ONLY] t [*] [[AS] alias]. SET is no alias here, though it could be one elsewhere. */
static HyStatus parse_target(HyParser *p, HyAstQName *table, bool *only, HyAstName *alias)
{
    *only = accept(p, HY_KW_ONLY);
    HY_TRY(hy_parse_table_name(p, table));
    (void)accept(p, HY_TOK_STAR);
    if (accept(p, HY_KW_AS) || (hy_parser_at_name(p) && peek(p) != HY_KW_SET))
        HY_TRY(hy_parse_name(p, alias));
    else
        hy_parser_note_expected(p, HY_TOK_IDENT);
    return HY_OK;
}

/* ---- SET of UPDATE
 * ------------------------------------------------------------------------------- */

/* (e, DEFAULT, ..) with the parenthesis read; becomes a row */
static HyStatus parse_row_source(HyParser *p, uint32_t start, HyAstExpr **out)
{
    HyAstExprList list;
    size_t mark = list_begin(p);
    do {
        HyAstExpr *e;
        HY_TRY(hy_parse_expr_or_default(p, &e));
        HY_TRY(list_push(p, &e, sizeof e));
    } while (accept(p, HY_TOK_COMMA));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstExpr *), &list.items, &list.n));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    HY_TRY(hy_parser_new_expr(p, HY_AST_ROW, start, out));
    (*out)->list = list;
    return HY_OK;
}

/* [ROW] (e, f), or (query) */
static HyStatus parse_multiple_source(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    if (peek(p) == HY_TOK_LPAREN && hy_parser_at_paren_query(p) && peek_at(p, 1) != HY_TOK_LPAREN) {
        HyAstQuery *query;
        p->pos++;
        HY_TRY(hy_parse_query(p, &query));
        HY_TRY(expect(p, HY_TOK_RPAREN));
        HY_TRY(hy_parser_new_expr(p, HY_AST_SUBQUERY, start, out));
        (*out)->query = query;
        return HY_OK;
    }
    if (accept(p, HY_KW_ROW) || peek(p) == HY_TOK_LPAREN) {
        HY_TRY(expect(p, HY_TOK_LPAREN));
        return parse_row_source(p, start, out);
    }
    return expect(p, HY_TOK_LPAREN);
}

static HyStatus parse_assignment(HyParser *p, HyAstAssignment *out)
{
    uint32_t start = next_offset(p);
    *out = (HyAstAssignment){0};
    if (peek(p) == HY_TOK_LPAREN) {
        out->is_multiple = true;
        HY_TRY(hy_parse_column_list(p, &out->columns));
        HY_TRY(expect(p, HY_TOK_EQ));
        HY_TRY(parse_multiple_source(p, &out->value));
    } else {
        hy_parser_note_expected(p, HY_TOK_LPAREN);
        HY_ARENA_NEW(p->arena, out->columns.items, 1);
        out->columns.n = 1;
        HY_TRY(hy_parse_name(p, out->columns.items));
        HY_TRY(expect(p, HY_TOK_EQ));
        HY_TRY(hy_parse_expr_or_default(p, &out->value));
    }
    out->span = span_from(p, start);
    return HY_OK;
}

HyStatus hy_parse_set_clause(HyParser *p, HyAstAssignmentList *out)
{
    HY_TRY(expect(p, HY_KW_SET));
    size_t mark = list_begin(p);
    do {
        HyAstAssignment item;
        HY_TRY(parse_assignment(p, &item));
        HY_TRY(list_push(p, &item, sizeof item));
    } while (accept(p, HY_TOK_COMMA));
    return hy_parser_list_end(p, mark, sizeof(HyAstAssignment), &out->items, &out->n);
}

/* ---- INSERT
 * -------------------------------------------------------------------------------------- */

/* ON CONFLICT [(columns) | ON CONSTRAINT c] DO {NOTHING | UPDATE SET .. [WHERE ..]} */
static HyStatus parse_on_conflict(HyParser *p, HyAstOnConflict **out)
{
    if (peek(p) != HY_KW_ON || peek_at(p, 1) != HY_KW_CONFLICT) {
        hy_parser_note_expected(p, HY_KW_ON);
        return HY_OK;
    }
    HyAstOnConflict *c;
    HY_ARENA_NEW(p->arena, c, 1);
    p->pos += 2;
    if (peek(p) == HY_TOK_LPAREN) {
        HY_TRY(hy_parse_column_list(p, &c->columns));
    } else if (accept(p, HY_KW_ON)) {
        HY_TRY(expect(p, HY_KW_CONSTRAINT));
        HY_TRY(hy_parse_name(p, &c->constraint));
    }
    HY_TRY(expect(p, HY_KW_DO));
    c->action = HY_AST_CONFLICT_NOTHING;
    if (!accept(p, HY_KW_NOTHING)) {
        HY_TRY(expect(p, HY_KW_UPDATE));
        c->action = HY_AST_CONFLICT_UPDATE;
        HY_TRY(hy_parse_set_clause(p, &c->set));
        HY_TRY(hy_parse_where(p, &c->where));
    }
    *out = c;
    return HY_OK;
}

/* DEFAULT VALUES, or a query. DEFAULT may stand in the rows of a VALUES that is all of the source.
 */
static HyStatus parse_insert_source(HyParser *p, HyAstInsert *insert)
{
    if (insert->columns.n == 0 && accept(p, HY_KW_DEFAULT))
        return expect(p, HY_KW_VALUES);
    if (!hy_parser_at_query(p) && !hy_parser_at_paren_query(p)) {
        hy_parser_note_expected(p, HY_KW_SELECT);
        hy_parser_note_expected(p, HY_KW_WITH);
        hy_parser_note_expected(p, HY_KW_VALUES);
        hy_parser_note_expected(p, HY_KW_TABLE);
        hy_parser_note_expected(p, HY_TOK_LPAREN);
        return hy_parser_error(p);
    }
    p->in_insert = peek(p) == HY_KW_VALUES;
    HY_TRY(hy_parse_query(p, &insert->source));
    p->in_insert = false;
    return HY_OK;
}

HyStatus hy_parse_insert(HyParser *p, const HyWithClause *with, HyAstStmt *stmt)
{
    HyAstInsert *insert;
    HY_ARENA_NEW(p->arena, insert, 1);
    stmt->kind = HY_AST_STMT_INSERT;
    stmt->insert = insert;
    insert->ctes = with->ctes;
    insert->n_ctes = with->n_ctes;
    insert->recursive = with->recursive;
    p->pos++; /* INSERT */
    HY_TRY(expect(p, HY_KW_INTO));
    HY_TRY(hy_parse_table_name(p, &insert->table));
    if (peek(p) == HY_TOK_LPAREN && !hy_parser_at_paren_query(p)) {
        p->pos++;
        hy_parser_note_expected(p, HY_KW_SELECT);
        hy_parser_note_expected(p, HY_KW_WITH);
        hy_parser_note_expected(p, HY_KW_TABLE);
        hy_parser_note_expected(p, HY_TOK_LPAREN);
        HY_TRY(hy_parse_name_list(p, &insert->columns));
        HY_TRY(expect(p, HY_TOK_RPAREN));
    }
    HY_TRY(parse_insert_source(p, insert));
    HY_TRY(parse_on_conflict(p, &insert->on_conflict));
    return parse_returning(p, &insert->returning);
}

/* ---- UPDATE, DELETE
 * ------------------------------------------------------------------------------ */

HyStatus hy_parse_update(HyParser *p, const HyWithClause *with, HyAstStmt *stmt)
{
    HyAstUpdate *update;
    HY_ARENA_NEW(p->arena, update, 1);
    stmt->kind = HY_AST_STMT_UPDATE;
    stmt->update = update;
    update->ctes = with->ctes;
    update->n_ctes = with->n_ctes;
    update->recursive = with->recursive;
    p->pos++; /* UPDATE */
    HY_TRY(parse_target(p, &update->table, &update->only, &update->alias));
    HY_TRY(hy_parse_set_clause(p, &update->set));
    if (accept(p, HY_KW_FROM))
        HY_TRY(hy_parse_from_list(p, &update->from));
    HY_TRY(hy_parse_where(p, &update->where));
    return parse_returning(p, &update->returning);
}

HyStatus hy_parse_delete(HyParser *p, const HyWithClause *with, HyAstStmt *stmt)
{
    HyAstDelete *del;
    HY_ARENA_NEW(p->arena, del, 1);
    stmt->kind = HY_AST_STMT_DELETE;
    stmt->delete_ = del;
    del->ctes = with->ctes;
    del->n_ctes = with->n_ctes;
    del->recursive = with->recursive;
    p->pos++; /* DELETE */
    HY_TRY(expect(p, HY_KW_FROM));
    HY_TRY(parse_target(p, &del->table, &del->only, &del->alias));
    if (accept(p, HY_KW_USING))
        HY_TRY(hy_parse_from_list(p, &del->from));
    HY_TRY(hy_parse_where(p, &del->where));
    return parse_returning(p, &del->returning);
}

/* ---- MERGE
 * --------------------------------------------------------------------------------------- */

/* INSERT [(columns)] {VALUES (..) | DEFAULT VALUES}; INSERT was read */
static HyStatus parse_merge_insert(HyParser *p, HyAstMergeWhen *when)
{
    when->action = HY_AST_MERGE_INSERT;
    if (accept(p, HY_KW_DEFAULT))
        return expect(p, HY_KW_VALUES);
    if (peek(p) == HY_TOK_LPAREN)
        HY_TRY(hy_parse_column_list(p, &when->columns));
    HY_TRY(expect(p, HY_KW_VALUES));
    HY_TRY(expect(p, HY_TOK_LPAREN));
    size_t mark = list_begin(p);
    do {
        HyAstExpr *e;
        HY_TRY(hy_parse_expr_or_default(p, &e));
        HY_TRY(list_push(p, &e, sizeof e));
    } while (accept(p, HY_TOK_COMMA));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstExpr *), &when->values.items, &when->values.n));
    return expect(p, HY_TOK_RPAREN);
}

/* UPDATE SET .., DELETE, INSERT .., DO NOTHING */
static HyStatus parse_merge_action(HyParser *p, HyAstMergeWhen *when)
{
    if (accept(p, HY_KW_DO)) {
        when->action = HY_AST_MERGE_NOTHING;
        return expect(p, HY_KW_NOTHING);
    }
    if (when->match == HY_AST_MERGE_NOT_MATCHED) {
        HY_TRY(expect(p, HY_KW_INSERT));
        return parse_merge_insert(p, when);
    }
    if (accept(p, HY_KW_DELETE)) {
        when->action = HY_AST_MERGE_DELETE;
        return HY_OK;
    }
    HY_TRY(expect(p, HY_KW_UPDATE));
    when->action = HY_AST_MERGE_UPDATE;
    return hy_parse_set_clause(p, &when->set);
}

/* WHEN [NOT] MATCHED [BY {TARGET | SOURCE}] [AND condition] THEN action; WHEN was read */
static HyStatus parse_merge_when(HyParser *p, HyAstMergeWhen *when)
{
    *when = (HyAstMergeWhen){.match = HY_AST_MERGE_MATCHED};
    if (accept(p, HY_KW_NOT))
        when->match = HY_AST_MERGE_NOT_MATCHED;
    HY_TRY(expect(p, HY_KW_MATCHED));
    if (when->match == HY_AST_MERGE_NOT_MATCHED && accept(p, HY_KW_BY) &&
        !accept(p, HY_KW_TARGET)) {
        HY_TRY(expect(p, HY_KW_SOURCE));
        when->match = HY_AST_MERGE_NOT_MATCHED_BY_SOURCE;
    }
    if (accept(p, HY_KW_AND))
        HY_TRY(hy_parse_expr(p, &when->condition));
    HY_TRY(expect(p, HY_KW_THEN));
    return parse_merge_action(p, when);
}

HyStatus hy_parse_merge(HyParser *p, const HyWithClause *with, HyAstStmt *stmt)
{
    HyAstMerge *merge;
    bool only;
    HY_ARENA_NEW(p->arena, merge, 1);
    stmt->kind = HY_AST_STMT_MERGE;
    stmt->merge = merge;
    merge->ctes = with->ctes;
    merge->n_ctes = with->n_ctes;
    merge->recursive = with->recursive;
    p->pos++; /* MERGE */
    HY_TRY(expect(p, HY_KW_INTO));
    HY_TRY(parse_target(p, &merge->table, &only, &merge->alias));
    HY_TRY(expect(p, HY_KW_USING));
    HY_TRY(hy_parse_from_item(p, &merge->source));
    HY_TRY(expect(p, HY_KW_ON));
    HY_TRY(hy_parse_expr(p, &merge->on));
    size_t mark = list_begin(p);
    HY_TRY(expect(p, HY_KW_WHEN));
    do {
        HyAstMergeWhen when;
        HY_TRY(parse_merge_when(p, &when));
        HY_TRY(list_push(p, &when, sizeof when));
    } while (accept(p, HY_KW_WHEN));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstMergeWhen), &merge->whens, &merge->n_whens));
    return parse_returning(p, &merge->returning);
}
