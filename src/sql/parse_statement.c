/* Which statement it is; prepared statements, EXPLAIN, CALL and cursors. */
#include "sql/parser_internal.h"

HyStatus hy_parser_new_stmt(HyParser *p, HyAstStmtKind kind, HyAstStmt **out)
{
    HyAstStmt *stmt;
    HY_ARENA_NEW(p->arena, stmt, 1);
    stmt->kind = kind;
    stmt->span.offset = next_offset(p);
    *out = stmt;
    return HY_OK;
}

/* ---- Queries and DML
 * ----------------------------------------------------------------------------- */

static HyStatus parse_with_statement(HyParser *p, HyAstStmt *stmt)
{
    HyWithClause with;
    HY_TRY(hy_parser_enter(p));
    HY_TRY(hy_parse_with(p, &with));
    switch (peek(p)) {
    case HY_KW_INSERT:
        HY_TRY(hy_parse_insert(p, &with, stmt));
        break;
    case HY_KW_UPDATE:
        HY_TRY(hy_parse_update(p, &with, stmt));
        break;
    case HY_KW_DELETE:
        HY_TRY(hy_parse_delete(p, &with, stmt));
        break;
    case HY_KW_MERGE:
        HY_TRY(hy_parse_merge(p, &with, stmt));
        break;
    default:
        hy_parser_note_expected(p, HY_KW_INSERT);
        hy_parser_note_expected(p, HY_KW_UPDATE);
        hy_parser_note_expected(p, HY_KW_DELETE);
        hy_parser_note_expected(p, HY_KW_MERGE);
        HY_TRY(hy_parse_query_after_with(p, &with, &stmt->query));
        break;
    }
    p->depth--;
    return HY_OK;
}

static bool at_inner_statement(const HyParser *p)
{
    switch (peek(p)) {
    case HY_KW_SELECT:
    case HY_KW_INSERT:
    case HY_KW_UPDATE:
    case HY_KW_DELETE:
    case HY_KW_MERGE:
    case HY_KW_WITH:
    case HY_KW_VALUES:
    case HY_KW_TABLE:
    case HY_TOK_LPAREN:
        return true;
    default:
        return false;
    }
}

static void note_inner_statements(HyParser *p)
{
    static const uint16_t words[] = {HY_KW_SELECT, HY_KW_INSERT, HY_KW_UPDATE, HY_KW_DELETE,
        HY_KW_MERGE, HY_KW_WITH, HY_KW_VALUES, HY_KW_TABLE, HY_TOK_LPAREN};
    for (size_t i = 0; i < HY_ARRAY_LEN(words); i++)
        hy_parser_note_expected(p, words[i]);
}

HyStatus hy_parse_inner_statement(HyParser *p, HyAstStmt **out)
{
    static const HyWithClause no_with = {0};
    if (!at_inner_statement(p)) {
        note_inner_statements(p);
        return hy_parser_error(p);
    }
    HyAstStmt *stmt;
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_QUERY, &stmt));
    switch (peek(p)) {
    case HY_KW_INSERT:
        HY_TRY(hy_parse_insert(p, &no_with, stmt));
        break;
    case HY_KW_UPDATE:
        HY_TRY(hy_parse_update(p, &no_with, stmt));
        break;
    case HY_KW_DELETE:
        HY_TRY(hy_parse_delete(p, &no_with, stmt));
        break;
    case HY_KW_MERGE:
        HY_TRY(hy_parse_merge(p, &no_with, stmt));
        break;
    case HY_KW_WITH:
        HY_TRY(parse_with_statement(p, stmt));
        break;
    default:
        HY_TRY(hy_parse_query(p, &stmt->query));
        break;
    }
    stmt->span = span_from(p, stmt->span.offset);
    *out = stmt;
    return HY_OK;
}

/* ---- Prepared statements
 * ------------------------------------------------------------------------- */

/* (types) */
static HyStatus parse_types(HyParser *p, HyAstTypeList *out)
{
    HY_TRY(expect(p, HY_TOK_LPAREN));
    size_t mark = list_begin(p);
    do {
        HyAstType *type;
        HY_TRY(hy_parse_type_name(p, &type));
        HY_TRY(list_push(p, &type, sizeof type));
    } while (accept(p, HY_TOK_COMMA));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstType *), &out->items, &out->n));
    return expect(p, HY_TOK_RPAREN);
}

/* PREPARE name [(types)] AS statement */
static HyStatus parse_prepare(HyParser *p, HyAstStmt **out)
{
    HyAstPrepare *prepare;
    HY_ARENA_NEW(p->arena, prepare, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_PREPARE, out));
    (*out)->prepare = prepare;
    p->pos++; /* PREPARE */
    if (peek(p) == HY_KW_TRANSACTION && peek_at(p, 1) == HY_TOK_STRING)
        return hy_error("0A000", "two-phase commit not implemented yet");
    HY_TRY(hy_parse_name(p, &prepare->name));
    if (peek(p) == HY_TOK_LPAREN)
        HY_TRY(parse_types(p, &prepare->types));
    else
        hy_parser_note_expected(p, HY_TOK_LPAREN);
    HY_TRY(expect(p, HY_KW_AS));
    HY_TRY(hy_parse_inner_statement(p, &prepare->statement));
    prepare->statement->n_parameters = p->n_parameters;
    return HY_OK;
}

/* EXECUTE name [(values)] */
static HyStatus parse_execute(HyParser *p, HyAstStmt **out)
{
    HyAstExecute *execute;
    HY_ARENA_NEW(p->arena, execute, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_EXECUTE, out));
    (*out)->execute = execute;
    p->pos++; /* EXECUTE */
    HY_TRY(hy_parse_name(p, &execute->name));
    if (!accept(p, HY_TOK_LPAREN))
        return HY_OK;
    if (peek(p) != HY_TOK_RPAREN)
        HY_TRY(hy_parse_expr_list(p, &execute->args));
    return expect(p, HY_TOK_RPAREN);
}

/* DEALLOCATE [PREPARE] {name | ALL} */
static HyStatus parse_deallocate(HyParser *p, HyAstStmt **out)
{
    HyAstDeallocate *deallocate;
    HY_ARENA_NEW(p->arena, deallocate, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_DEALLOCATE, out));
    (*out)->deallocate = deallocate;
    p->pos++; /* DEALLOCATE */
    unsigned next = peek_at(p, 1);
    if (peek(p) == HY_KW_PREPARE && next != HY_TOK_END && next != HY_TOK_SEMICOLON)
        p->pos++;
    if (accept(p, HY_KW_ALL))
        return HY_OK;
    return hy_parse_name(p, &deallocate->name);
}

/* EXPLAIN [(options)] statement. A parenthesis may also open the query itself. */
static HyStatus parse_explain(HyParser *p, HyAstStmt **out)
{
    HyAstExplain *explain;
    HY_ARENA_NEW(p->arena, explain, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_EXPLAIN, out));
    (*out)->explain = explain;
    p->pos++; /* EXPLAIN */
    if (peek(p) == HY_TOK_LPAREN && !hy_parser_at_paren_query(p))
        HY_TRY(hy_parse_options(p, &explain->options));
    if (peek(p) == HY_KW_EXECUTE) {
        HY_TRY(parse_execute(p, &explain->statement));
        explain->statement->span = span_from(p, explain->statement->span.offset);
        return HY_OK;
    }
    return hy_parse_inner_statement(p, &explain->statement);
}

/* ---- Cursors, CALL
 * ------------------------------------------------------------------------------- */

/* DECLARE name [BINARY] [INSENSITIVE] [[NO] SCROLL] CURSOR [{WITH | WITHOUT} HOLD] FOR query */
static HyStatus parse_declare(HyParser *p, HyAstCursor *cursor)
{
    HY_TRY(hy_parse_name(p, &cursor->name));
    for (;;) {
        if (accept(p, HY_KW_NO))
            HY_TRY(expect(p, HY_KW_SCROLL));
        else if (!accept(p, HY_KW_BINARY) && !accept(p, HY_KW_INSENSITIVE) &&
                 !accept(p, HY_KW_SCROLL))
            break;
    }
    HY_TRY(expect(p, HY_KW_CURSOR));
    cursor->with_hold = accept(p, HY_KW_WITH);
    if (cursor->with_hold || accept(p, HY_KW_WITHOUT))
        HY_TRY(expect(p, HY_KW_HOLD));
    HY_TRY(expect(p, HY_KW_FOR));
    return hy_parse_query(p, &cursor->query);
}

/* [NEXT | ALL | n | FORWARD [ALL | n]] [FROM | IN] name. Backward moves are no part of the dialect.
 */
static HyStatus parse_fetch(HyParser *p, HyAstCursor *cursor)
{
    /* before a name or FROM, these words are directions; alone they are the name */
    unsigned next = peek_at(p, 1);
    bool is_last = next == HY_TOK_END || next == HY_TOK_SEMICOLON;
    if (!is_last && accept(p, HY_KW_NEXT)) {
        cursor->all = false;
    } else {
        if (!is_last)
            (void)accept(p, HY_KW_FORWARD);
        if (accept(p, HY_KW_ALL))
            cursor->all = true;
        else if (peek(p) == HY_TOK_INTEGER || peek(p) == HY_TOK_PLUS || peek(p) == HY_TOK_MINUS)
            HY_TRY(hy_parse_signed_number(p, &cursor->count));
    }
    if (!accept(p, HY_KW_FROM))
        (void)accept(p, HY_KW_IN);
    return hy_parse_name(p, &cursor->name);
}

static HyStatus parse_cursor(HyParser *p, HyAstStmt **out)
{
    HyAstCursor *cursor;
    HY_ARENA_NEW(p->arena, cursor, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_CURSOR, out));
    (*out)->cursor = cursor;
    unsigned word = peek(p);
    p->pos++;
    switch (word) {
    case HY_KW_DECLARE:
        cursor->kind = HY_AST_CURSOR_DECLARE;
        return parse_declare(p, cursor);
    case HY_KW_CLOSE:
        cursor->kind = HY_AST_CURSOR_CLOSE;
        return accept(p, HY_KW_ALL) ? HY_OK : hy_parse_name(p, &cursor->name);
    default:
        cursor->kind = word == HY_KW_MOVE ? HY_AST_CURSOR_MOVE : HY_AST_CURSOR_FETCH;
        return parse_fetch(p, cursor);
    }
}

static HyStatus parse_call(HyParser *p, HyAstStmt **out)
{
    HyAstQName name;
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_CALL, out));
    p->pos++; /* CALL */
    HY_TRY(hy_parse_any_name(p, &name));
    return hy_parse_call(p, name, name.span.offset, &(*out)->call);
}

/* ---- Dispatch
 * ------------------------------------------------------------------------------------ */

static HyStatus parse_by_word(HyParser *p, HyAstStmt **out)
{
    switch (peek(p)) {
    case HY_KW_COPY:
        return hy_parse_copy(p, out);
    case HY_KW_CREATE:
        return hy_parse_create(p, out);
    case HY_KW_ALTER:
        return hy_parse_alter(p, out);
    case HY_KW_DROP:
        return hy_parse_drop(p, out);
    case HY_KW_TRUNCATE:
        return hy_parse_truncate(p, out);
    case HY_KW_ATTACH:
        return hy_parse_attach(p, out);
    case HY_KW_DETACH:
        return hy_parse_detach(p, out);
    case HY_KW_BEGIN:
    case HY_KW_START:
    case HY_KW_COMMIT:
    case HY_KW_END:
    case HY_KW_ROLLBACK:
    case HY_KW_ABORT:
    case HY_KW_SAVEPOINT:
    case HY_KW_RELEASE:
        return hy_parse_transaction(p, out);
    case HY_KW_SET:
        return hy_parse_set(p, out);
    case HY_KW_RESET:
        return hy_parse_reset(p, out);
    case HY_KW_SHOW:
        return hy_parse_show(p, out);
    case HY_KW_PREPARE:
        return parse_prepare(p, out);
    case HY_KW_EXECUTE:
        return parse_execute(p, out);
    case HY_KW_DEALLOCATE:
        return parse_deallocate(p, out);
    case HY_KW_EXPLAIN:
        return parse_explain(p, out);
    case HY_KW_DECLARE:
    case HY_KW_FETCH:
    case HY_KW_MOVE:
    case HY_KW_CLOSE:
        return parse_cursor(p, out);
    case HY_KW_COMMENT:
        return hy_parse_comment(p, out);
    case HY_KW_ANALYZE:
        return hy_parse_analyze(p, out);
    case HY_KW_CALL:
        return parse_call(p, out);
    case HY_KW_GRANT:
    case HY_KW_REVOKE:
        return hy_error("0A000", "Authorization support is disabled.");
    default:
        hy_parser_note_expected(p, HY_EXPECT_STATEMENT);
        return hy_parser_error(p);
    }
}

HyStatus hy_parse_statement(HyParser *p, HyAstStmt **out)
{
    if (at_inner_statement(p))
        return hy_parse_inner_statement(p, out);
    HY_TRY(parse_by_word(p, out));
    (*out)->span = span_from(p, (*out)->span.offset);
    return HY_OK;
}
