/* PREPARE, EXECUTE and DEALLOCATE. A prepared statement keeps its text and the types of its
 * parameters; it is bound anew at every execution, against the catalog as it then is. */
#include "session/statement.h"

#include "sql/parser.h"

#include <stdlib.h>
#include <string.h>

typedef struct HyPrepared {
    HyArena *arena; /* of all that follows */
    const char *sql;
    size_t sql_len;
    HyType *param_types;
    size_t n_params;
} HyPrepared;

static void destroy_prepared(HyPrepared *prepared)
{
    if (!prepared)
        return;
    hy_arena_destroy(prepared->arena);
    free(prepared);
}

void hy_session_drop_prepared(HySession *session)
{
    size_t pos = 0;
    void *value;
    while (hy_string_map_next(&session->prepared, &pos, NULL, NULL, &value))
        destroy_prepared(value);
    hy_string_map_free(&session->prepared);
}

/* Types from PREPARE n (types), UNKNOWN for the rest; then what binding infers. */
static HyStatus infer_parameters(
    HyStatement *statement, const HyAstPrepare *prepare, HyPrepared *into)
{
    size_t n = prepare->statement->n_parameters;
    if (prepare->types.n > n)
        n = prepare->types.n;
    HyType *declared;
    HY_ARENA_NEW(statement->arena, declared, n);
    for (size_t i = 0; i < prepare->types.n; i++)
        HY_TRY(hy_bind_type(
            &statement->bind, prepare->types.items[i], &(const HyAstQName){0}, &declared[i]));
    HyBindContext bind = statement->bind;
    bind.n_params = n;
    bind.param_types = declared;
    HyBoundQuery *query;
    HY_TRY(hy_bind_statement(&bind, prepare->statement, &query));
    HY_ARENA_NEW(into->arena, into->param_types, n);
    for (size_t i = 0; i < n && i < query->n_params; i++)
        into->param_types[i] = query->param_types[i];
    into->n_params = n;
    return HY_OK;
}

static HyStatus make_prepared(HyStatement *statement, const HyAstPrepare *prepare, HyPrepared *into)
{
    const HyAstSpan *span = &prepare->statement->span;
    into->arena = hy_arena_create();
    if (!into->arena)
        return hy_error_oom(0);
    into->sql = hy_arena_strndup(into->arena, statement->sql + span->offset, span->length);
    if (!into->sql)
        return hy_error_oom(span->length);
    into->sql_len = span->length;
    return infer_parameters(statement, prepare, into);
}

HyStatus hy_execute_prepare(HyStatement *statement, const HyAstPrepare *prepare, HyResult *result)
{
    HyStringMap *map = &statement->session->prepared;
    const HyAstName *name = &prepare->name;
    if (hy_string_map_get(map, name->text, name->len))
        return hy_error("42P05", "prepared statement '%s' statement already exists", name->text);
    HyPrepared *prepared = calloc(1, sizeof *prepared);
    if (!prepared)
        return hy_error_oom(sizeof *prepared);
    HyStatus st = make_prepared(statement, prepare, prepared);
    if (!st)
        st = hy_string_map_put(map, name->text, name->len, prepared);
    if (st) {
        destroy_prepared(prepared);
        return st;
    }
    return hy_result_set_tag(result, "PREPARE");
}

static HyStatus bind_arguments(
    HyStatement *statement, const HyPrepared *prepared, const HyAstExecute *execute, HyValue **out)
{
    if (execute->args.n != prepared->n_params)
        return hy_error("42601",
            "wrong number of parameters for prepared statement '%s', expected %zu parameters but "
            "got "
            "%zu",
            execute->name.text, prepared->n_params, execute->args.n);
    HyValue *values;
    HY_ARENA_NEW(statement->arena, values, prepared->n_params);
    for (size_t i = 0; i < prepared->n_params; i++) {
        const HyType *type = &prepared->param_types[i];
        HY_TRY(hy_bind_constant(&statement->bind, execute->args.items[i],
            type->id == HY_TYPE_UNKNOWN ? NULL : type, &values[i]));
        if (values[i].is_null && !type->nullable)
            return hy_error("23502", "non-NULL value required");
    }
    *out = values;
    return HY_OK;
}

HyStatus hy_execute_execute(HyStatement *statement, const HyAstExecute *execute, HyResult *result)
{
    HyPrepared *prepared =
        hy_string_map_get(&statement->session->prepared, execute->name.text, execute->name.len);
    if (!prepared)
        return hy_error("26000", "prepared statement '%s' does not exist", execute->name.text);
    HyValue *values;
    HyAstStmt *inner;
    HY_TRY(bind_arguments(statement, prepared, execute, &values));
    HY_TRY(hy_parse(statement->arena, prepared->sql, prepared->sql_len, &inner));
    statement->bind.n_params = prepared->n_params;
    statement->bind.param_types = prepared->param_types;
    statement->bind.param_values = values;
    HyStatus st = hy_statement_execute(statement, inner, result);
    if (st) /* places in the prepared text mean nothing in the text of EXECUTE */
        st->position = -1;
    return st;
}

HyStatus hy_describe_execute(
    HyStatement *statement, const HyAstExecute *execute, HyBoundQuery **out)
{
    const HyPrepared *prepared =
        hy_string_map_get(&statement->session->prepared, execute->name.text, execute->name.len);
    if (!prepared)
        return hy_error("26000", "prepared statement '%s' does not exist", execute->name.text);
    HyBindContext bind = statement->bind;
    HyAstStmt *inner;
    HY_TRY(hy_parse(statement->arena, prepared->sql, prepared->sql_len, &inner));
    bind.n_params = prepared->n_params;
    bind.param_types = prepared->param_types;
    bind.param_values = NULL;
    return hy_bind_statement(&bind, inner, out);
}

HyStatus hy_execute_deallocate(
    HyStatement *statement, const HyAstDeallocate *deallocate, HyResult *result)
{
    HySession *session = statement->session;
    if (!deallocate->name.text) {
        hy_session_drop_prepared(session);
        return hy_result_set_tag(result, "DEALLOCATE ALL");
    }
    HyPrepared *prepared =
        hy_string_map_remove(&session->prepared, deallocate->name.text, deallocate->name.len);
    if (!prepared)
        return hy_error("26000", "prepared statement '%s' does not exist", deallocate->name.text);
    destroy_prepared(prepared);
    return hy_result_set_tag(result, "DEALLOCATE");
}
