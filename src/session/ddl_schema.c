/* CREATE, ALTER and DROP SCHEMA. */
#include "session/names.h"
#include "session/statement.h"

#include <string.h>

/* Where a new schema goes: into the database written, or the one of unqualified names. */
static HyStatus new_schema_database(
    HyStatement *statement, const HyAstQName *name, HyDatabase **out)
{
    const HySession *session = statement->session;
    size_t n = name->parts.n;
    *out = n >= 2 ? hy_attachments_find(&session->attachments, name->parts.items[n - 2].text)
                  : hy_session_default_database(session, NULL);
    if (*out)
        return HY_OK;
    if (n >= 2)
        return hy_error("3D000",
            "There is no database with the alias \"%s\" attached to this session.",
            name->parts.items[n - 2].text);
    return session->attachments.n_items
               ? hy_error("3F000", "create statement could not resolve the schema")
               : hy_error("3D000", "there is no database attached to this session");
}

static HyStatus create_schema(HyStatement *statement, const HyAstSchema *ast, HyResult *result)
{
    const HyAstName *name = &ast->name.parts.items[ast->name.parts.n - 1];
    HyDatabase *database;
    HY_TRY(new_schema_database(statement, &ast->name, &database));
    HY_TRY(hy_statement_check_ddl(statement));
    if (!ast->if_not_exists || !hy_database_has_schema(database, name->text))
        HY_TRY(hy_error_at(hy_database_create_schema(database, name->text), name->span.offset));
    return hy_result_set_tag(result, "CREATE SCHEMA");
}

/* The database that a schema name of one or two parts belongs to; NULL with missing_ok. */
static HyStatus schema_database(
    HyStatement *statement, const HyAstQName *name, bool missing_ok, HyDatabase **out)
{
    size_t n = name->parts.n;
    const char *schema;
    HyStatus st = hy_statement_place(
        statement, name->parts.items + (n > 2 ? n - 2 : 0), n > 2 ? 2 : n, false, out, &schema);
    if (st && missing_ok) {
        hy_error_free(st);
        *out = NULL;
        return HY_OK;
    }
    bool is_unknown =
        st && (strcmp(st->sqlstate, "3F000") == 0 || !statement->session->attachments.n_items);
    if (is_unknown) {
        hy_error_free(st);
        const char *last = name->parts.items[n - 1].text;
        return n > 1 ? hy_error("3F000", "unknown schema \"%s\".\"%s\"",
                           name->parts.items[n - 2].text, last)
                     : hy_error("3F000", "unknown schema \"%s\"", last);
    }
    return hy_error_at(st, name->span.offset);
}

/* All names are looked up before the first schema goes; one that is named twice goes once. */
static HyStatus drop_schema(HyStatement *statement, const HyAstDrop *drop, HyResult *result)
{
    size_t n = drop->names.n;
    HyDatabase **databases;
    HY_ARENA_NEW(statement->arena, databases, n);
    for (size_t i = 0; i < n; i++) {
        HY_TRY(schema_database(statement, &drop->names.items[i], drop->if_exists, &databases[i]));
        if (databases[i])
            HY_TRY(hy_statement_check_ddl(statement));
    }
    for (size_t i = 0; i < n; i++) {
        const HyAstQName *name = &drop->names.items[i];
        const char *schema = name->parts.items[name->parts.n - 1].text;
        if (!databases[i] || !hy_database_has_schema(databases[i], schema))
            continue;
        HY_TRY(hy_error_at(
            hy_database_drop_schema(databases[i], schema, drop->behavior == HY_AST_DROP_CASCADE),
            name->span.offset));
    }
    return hy_result_set_tag(result, "DROP SCHEMA");
}

static HyStatus alter_schema(HyStatement *statement, const HyAstSchema *ast, HyResult *result)
{
    HyDatabase *database;
    HY_TRY(schema_database(statement, &ast->name, false, &database));
    HY_TRY(hy_statement_check_ddl(statement));
    HY_TRY(hy_error_at(hy_database_rename_schema(database,
                           ast->name.parts.items[ast->name.parts.n - 1].text, ast->new_name.text),
        ast->name.span.offset));
    return hy_result_set_tag(result, "ALTER SCHEMA");
}

HyStatus hy_execute_schema(HyStatement *statement, const HyAstStmt *stmt, HyResult *result)
{
    if (stmt->kind == HY_AST_STMT_CREATE_SCHEMA)
        return create_schema(statement, stmt->schema, result);
    if (stmt->kind == HY_AST_STMT_ALTER_SCHEMA)
        return alter_schema(statement, stmt->schema, result);
    return drop_schema(statement, stmt->drop, result);
}
