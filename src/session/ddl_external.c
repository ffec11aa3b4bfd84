/* CREATE TEMP EXTERNAL TABLE: a file under a name, for the session that made it. */
#include "session/statement.h"

#include <stdlib.h>
#include <string.h>

void hy_session_drop_externals(HySession *session)
{
    size_t pos = 0;
    void *value;
    while (hy_string_map_next(&session->external, &pos, NULL, NULL, &value)) {
        HySessionExternal *external = value;
        hy_arena_destroy(external->arena);
        free(external);
    }
    hy_string_map_free(&session->external);
}

static HyStatus given_columns(
    HyStatement *statement, const HyAstColumnDefList *defs, const char ***names, HyType **types)
{
    HY_ARENA_NEW(statement->arena, *names, defs->n);
    HY_ARENA_NEW(statement->arena, *types, defs->n);
    for (size_t i = 0; i < defs->n; i++) {
        const HyAstColumnDef *def = &defs->items[i];
        (*names)[i] = def->name.text;
        HY_TRY(hy_bind_type(&statement->bind, def->type, &def->collation, &(*types)[i]));
        (*types)[i].nullable = def->nullability != HY_AST_NOT_NULL;
    }
    return HY_OK;
}

/* Binds into the arena of the external table itself, which outlives the statement. */
static HyStatus bind_external(
    HyStatement *statement, const HyAstCreateExternalTable *create, HySessionExternal *into)
{
    const char **names;
    HyType *types;
    HyBindContext bind = statement->bind;
    bind.arena = into->arena;
    HyStatement inner = *statement;
    inner.arena = into->arena;
    inner.bind = bind;
    HY_TRY(given_columns(&inner, &create->columns, &names, &types));
    for (size_t i = 0; i < create->columns.n; i++) {
        names[i] = hy_arena_strndup(into->arena, names[i], strlen(names[i]));
        if (!names[i])
            return hy_error_oom(0);
    }
    return hy_bind_external(&bind, false, create->location, &create->options,
        create->columns.n ? names : NULL, types, create->columns.n, &into->external);
}

HyStatus hy_execute_create_external(
    HyStatement *statement, const HyAstCreateExternalTable *create, HyResult *result)
{
    HySession *session = statement->session;
    const HyAstNameList *parts = &create->table.parts;
    const HyAstName *name = &parts->items[parts->n - 1];
    if (create->persistence != HY_AST_TEMPORARY)
        return hy_error("0A000", "only temporary external tables are supported");
    if (hy_string_map_get(&session->external, name->text, name->len)) {
        if (create->if_not_exists)
            return hy_result_set_tag(result, "CREATE TABLE");
        return hy_error_at(
            hy_error("42P07", "table '%s' already exists", name->text), name->span.offset);
    }
    HySessionExternal *external = calloc(1, sizeof *external);
    if (!external)
        return hy_error_oom(sizeof *external);
    HyStatus st = HY_OK;
    external->arena = hy_arena_create();
    if (!external->arena)
        HY_GO(hy_error_oom(0));
    HY_GO(bind_external(statement, create, external));
    HY_GO(hy_string_map_put(&session->external, name->text, name->len, external));
    external = NULL;
    HY_GO(hy_result_set_tag(result, "CREATE TABLE"));
done:
    if (external) {
        hy_arena_destroy(external->arena);
        free(external);
    }
    return st;
}
