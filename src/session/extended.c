#include "session/extended.h"

#include "session/statement.h"
#include "sql/error_context.h"
#include "sql/parser.h"

#include <string.h>

void hy_statement_shape_free(HyStatementShape *shape)
{
    hy_arena_destroy(shape->arena);
    *shape = (HyStatementShape){0};
}

static HyStatus set_columns(
    HyStatementShape *shape, const char *const *names, const HyType *types, size_t n)
{
    shape->has_rows = true;
    shape->n_columns = n;
    return hy_columns_copy(
        shape->arena, names, types, n, &shape->column_names, &shape->column_types);
}

static HyStatus set_parameters(
    HyStatementShape *shape, const HyType *declared, const HyBoundQuery *query, size_t n)
{
    shape->n_params = n;
    HY_ARENA_NEW(shape->arena, shape->param_types, n);
    for (size_t i = 0; i < n; i++) {
        HyType type = declared[i];
        if (type.id == HY_TYPE_UNKNOWN && query && i < query->n_params)
            type = query->param_types[i];
        if (type.id == HY_TYPE_UNKNOWN)
            type = hy_type(HY_TYPE_TEXT);
        HY_TRY(hy_type_copy(shape->arena, type, &shape->param_types[i]));
    }
    return HY_OK;
}

static HyStatus describe_bound(HyStatementShape *shape, const HyBoundQuery *query)
{
    if (!query->column_names)
        return HY_OK;
    return set_columns(shape, query->column_names, query->column_types, query->n_columns);
}

static HyStatus describe_show(HyStatementShape *shape, const HyAstShow *show)
{
    static const char *const all[] = {"name", "setting", "description"};
    const HyType types[] = {hy_type(HY_TYPE_TEXT), hy_type(HY_TYPE_TEXT), hy_type(HY_TYPE_TEXT)};
    return show->name.text ? set_columns(shape, &show->name.text, types, 1)
                           : set_columns(shape, all, types, 3);
}

static HyStatus describe_explain(HyStatementShape *shape)
{
    const HyType text = hy_type(HY_TYPE_TEXT);
    return set_columns(shape, (const char *const[]){"plan"}, &text, 1);
}

static HyStatus describe_fetch(
    const HySession *session, HyStatementShape *shape, const HyAstCursor *cursor)
{
    const HyResult *rows =
        cursor->kind == HY_AST_CURSOR_FETCH ? hy_session_cursor_rows(session, &cursor->name) : NULL;
    if (!rows)
        return HY_OK; /* the error comes when it is executed */
    return set_columns(shape, rows->column_names, rows->column_types, rows->n_columns);
}

static HyStatus describe_statement(
    HyStatement *statement, const HyAstStmt *stmt, HyStatementShape *shape)
{
    HyBoundQuery *query = NULL;
    HyStatus st = HY_OK;
    switch (stmt->kind) {
    case HY_AST_STMT_QUERY:
    case HY_AST_STMT_INSERT:
    case HY_AST_STMT_UPDATE:
    case HY_AST_STMT_DELETE:
    case HY_AST_STMT_MERGE:
        HY_TRY(hy_bind_statement(&statement->bind, stmt, &query));
        st = describe_bound(shape, query);
        break;
    case HY_AST_STMT_SHOW:
        st = describe_show(shape, stmt->show);
        break;
    case HY_AST_STMT_EXPLAIN:
        st = describe_explain(shape);
        break;
    case HY_AST_STMT_CURSOR:
        st = describe_fetch(statement->session, shape, stmt->cursor);
        break;
    case HY_AST_STMT_EXECUTE: {
        HyBoundQuery *inner;
        HY_TRY(hy_describe_execute(statement, stmt->execute, &inner));
        st = describe_bound(shape, inner);
        break;
    }
    default:
        break;
    }
    HY_TRY(st);
    return set_parameters(
        shape, statement->bind.param_types, query, (size_t)statement->bind.n_params);
}

/* No types were declared: as many parameters as the text has, all to be inferred. */
static HyStatus infer_all(HyStatement *statement, size_t n)
{
    HyType *types;
    if (n > UINT16_MAX)
        return hy_error("54000", "too many parameters");
    HY_ARENA_NEW(statement->arena, types, n);
    statement->bind.n_params = n;
    statement->bind.param_types = types;
    return HY_OK;
}

static HyStatus parse_and_describe(HyStatement *statement, HyStatementShape *shape)
{
    HyAstStmt *stmt;
    HY_TRY(hy_parse(statement->arena, statement->sql, statement->sql_len, &stmt));
    shape->is_empty = !stmt;
    if (!stmt)
        return set_parameters(
            shape, statement->bind.param_types, NULL, (size_t)statement->bind.n_params);
    if (statement->session->is_aborted && stmt->kind != HY_AST_STMT_TRANSACTION)
        return hy_error("25P02",
            "current transaction is aborted, commands ignored until end of transaction block");
    if (!statement->bind.n_params && stmt->n_parameters)
        HY_TRY(infer_all(statement, stmt->n_parameters));
    return describe_statement(statement, stmt, shape);
}

HyStatus hy_session_describe(HySession *session, const char *sql, size_t len, const HyType *types,
    size_t n_types, HyStatementShape *out)
{
    HyStatement statement;
    *out = (HyStatementShape){.arena = hy_arena_create()};
    if (!out->arena)
        return hy_error_oom(0);
    atomic_store(&session->cancel.requested, false);
    HyStatus st = hy_statement_open(session, sql, len, &statement);
    if (!st) {
        statement.bind.n_params = n_types;
        statement.bind.param_types = types;
        st = parse_and_describe(&statement, out);
    }
    hy_statement_close(&statement);
    if (!st)
        return HY_OK;
    hy_statement_shape_free(out);
    hy_session_fail_transaction(session);
    return hy_error_add_sql_context(st, sql, len);
}

const HyResult *hy_session_find_cursor(const HySession *session, const char *name)
{
    const HyAstName ast = {.text = name, .len = (uint32_t)strlen(name)};
    return hy_session_cursor_rows(session, &ast);
}

HyStatus hy_session_execute_with(HySession *session, const char *sql, size_t len,
    const HyParameters *parameters, HyCopyClient *client, HyResult **out)
{
    session->parameters = parameters;
    HyStatus st = hy_session_execute_copy(session, sql, len, client, out);
    session->parameters = NULL;
    return st;
}
