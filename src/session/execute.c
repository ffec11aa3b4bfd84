/* Carries out a parsed statement: who does what. */
#include "session/statement.h"

static HyStatus execute_bound(
    HyStatement *statement, const HyAstStmt *stmt, HyResult *result, const char *verb)
{
    HyBoundQuery *query;
    HY_TRY(hy_bind_statement(&statement->bind, stmt, &query));
    return hy_statement_run(statement, query, result, verb);
}

HyStatus hy_statement_execute(HyStatement *statement, const HyAstStmt *stmt, HyResult *result)
{
    switch (stmt->kind) {
    case HY_AST_STMT_QUERY:
        return execute_bound(statement, stmt, result, "SELECT");
    case HY_AST_STMT_INSERT:
        return execute_bound(statement, stmt, result, "INSERT 0");
    case HY_AST_STMT_UPDATE:
        return execute_bound(statement, stmt, result, "UPDATE");
    case HY_AST_STMT_DELETE:
        return execute_bound(statement, stmt, result, "DELETE");
    case HY_AST_STMT_MERGE:
        return execute_bound(statement, stmt, result, "MERGE");
    case HY_AST_STMT_COPY:
        return execute_bound(statement, stmt, result, "COPY");
    case HY_AST_STMT_CREATE_TABLE:
        return hy_execute_create_table(statement, stmt->create_table, result);
    case HY_AST_STMT_CREATE_EXTERNAL_TABLE:
        return hy_execute_create_external(statement, stmt->create_external, result);
    case HY_AST_STMT_ALTER_TABLE:
        return hy_execute_alter_table(statement, stmt->alter_table, result);
    case HY_AST_STMT_DROP_TABLE:
        return hy_execute_drop_table(statement, stmt->drop, result);
    case HY_AST_STMT_TRUNCATE:
        return hy_execute_truncate(statement, stmt->truncate, result);
    case HY_AST_STMT_CREATE_SCHEMA:
    case HY_AST_STMT_ALTER_SCHEMA:
    case HY_AST_STMT_DROP_SCHEMA:
        return hy_execute_schema(statement, stmt, result);
    case HY_AST_STMT_CREATE_DATABASE:
    case HY_AST_STMT_DROP_DATABASE:
    case HY_AST_STMT_ATTACH_DATABASE:
    case HY_AST_STMT_DETACH_DATABASE:
        return hy_execute_database(statement, stmt, result);
    case HY_AST_STMT_TRANSACTION:
        return hy_execute_transaction(statement, stmt->transaction, result);
    case HY_AST_STMT_SET:
        return hy_execute_set(statement, stmt->set, result);
    case HY_AST_STMT_SHOW:
        return hy_execute_show(statement, stmt->show, result);
    case HY_AST_STMT_PREPARE:
        return hy_execute_prepare(statement, stmt->prepare, result);
    case HY_AST_STMT_EXECUTE:
        return hy_execute_execute(statement, stmt->execute, result);
    case HY_AST_STMT_DEALLOCATE:
        return hy_execute_deallocate(statement, stmt->deallocate, result);
    case HY_AST_STMT_EXPLAIN:
        return hy_execute_explain(statement, stmt->explain, result);
    case HY_AST_STMT_ANALYZE: /* statistics are exact at all times */
        return hy_result_set_tag(result, "ANALYZE");
    case HY_AST_STMT_CALL:
        return hy_error_at(hy_error("42704", "unknown procedure name"), stmt->span.offset);
    case HY_AST_STMT_COMMENT_COLUMN:
        return hy_execute_comment(statement, &stmt->comment.column, result);
    case HY_AST_STMT_CURSOR:
        return hy_execute_cursor(statement, stmt->cursor, result);
    }
    return HY_OK;
}
