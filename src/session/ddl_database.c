/* CREATE, DROP, ATTACH and DETACH DATABASE. */
#include "session/statement.h"

#include <string.h>

/* WITH VERSION n; -1 when it is not given. */
static HyStatus version_option(HyStatement *statement, const HyAstOptionList *options, int64_t *out)
{
    *out = -1;
    for (size_t i = 0; i < options->n; i++) {
        const HyAstOption *option = &options->items[i];
        HyValue value;
        const HyType int8 = hy_type(HY_TYPE_INT8);
        if (strcmp(option->name.text, "version") != 0 || !option->value)
            return hy_error_at(hy_error("42601", "unknown option \"%s\"", option->name.text),
                option->name.span.offset);
        HY_TRY(hy_bind_constant(&statement->bind, option->value, &int8, &value));
        *out = value.is_null ? -1 : value.i64;
    }
    return HY_OK;
}

static HyStatus create_database(HyStatement *statement, const HyAstDatabase *ast)
{
    HyInstance *instance = statement->session->instance;
    int64_t version;
    HY_TRY(version_option(statement, &ast->options, &version));
    if (ast->if_not_exists && hy_catalog_database_exists(instance->catalog, ast->path.text))
        return HY_OK;
    if (ast->source.text)
        return hy_catalog_copy_database(
            instance->catalog, ast->path.text, ast->source.text, version);
    return hy_catalog_create_database(instance->catalog, ast->path.text,
        version >= 0 ? version : instance->default_database_version);
}

static HyStatus detach_one(HySession *session, const char *alias)
{
    HyAttachments *list = &session->attachments;
    HyDatabase *database = hy_attachments_find(list, alias);
    if (database && session->transaction)
        hy_transaction_leave(session->transaction, database);
    return hy_attachments_remove(list, alias);
}

static HyStatus detach(HyStatement *statement, const HyAstNameList *aliases)
{
    HySession *session = statement->session;
    for (size_t i = 0; i < aliases->n; i++)
        HY_TRY(detach_one(session, aliases->items[i].text));
    while (!aliases->n && session->attachments.n_items)
        HY_TRY(detach_one(session, session->attachments.items[0].alias));
    return HY_OK;
}

HyStatus hy_execute_database(HyStatement *statement, const HyAstStmt *stmt, HyResult *result)
{
    const HyAstDatabase *ast = stmt->database;
    HyCatalog *catalog = statement->session->instance->catalog;
    switch (stmt->kind) {
    case HY_AST_STMT_CREATE_DATABASE:
        HY_TRY(create_database(statement, ast));
        return hy_result_set_tag(result, "CREATE DATABASE");
    case HY_AST_STMT_DROP_DATABASE:
        if (!ast->if_exists || hy_catalog_database_exists(catalog, ast->path.text))
            HY_TRY(hy_catalog_drop_database(catalog, ast->path.text));
        return hy_result_set_tag(result, "DROP DATABASE");
    case HY_AST_STMT_ATTACH_DATABASE:
        HY_TRY(
            hy_attachments_add(&statement->session->attachments, ast->path.text, ast->alias.text));
        HY_TRY(hy_session_note_database(statement->session, ast->alias.text));
        return hy_result_set_tag(result, "ATTACH DATABASE");
    default:
        HY_TRY(detach(statement, &ast->aliases));
        return hy_result_set_tag(result, "DETACH DATABASE");
    }
}
