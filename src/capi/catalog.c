/* Databases, schemas and tables of a connection. */
#include "capi/capi_internal.h"
#include "openhyper.h"

#include <stdlib.h>
#include <string.h>

/* What openhyper.h says of catalogs is asked through it: its connection is a client. */
#define PUBLIC(c) ((openhyper_connection *)(c)->client)

struct hyper_string_list_t {
    char **names; /* one block, ended by NULL */
    size_t n;
};

/* ---- Statements ---- */

/* "<verb> <name>"; the connection may be NULL. */
static hyper_error_t *run_text(hyper_connection_t *connection, HyBuffer *sql, HyStatus st)
{
    if (!st)
        st = hy_buffer_append(sql, "", 1);
    hyper_error_t *error = st ? hy_capi_error(st) : hy_connection_command(connection, sql->data);
    hy_buffer_free(sql);
    return error;
}

static HyStatus append_path(const hyper_connection_t *connection, HyBuffer *sql, const char *path)
{
    char *absolute = hy_connection_path(connection, path);
    if (!absolute)
        return hy_error_oom(0);
    HyStatus st = hy_capi_identifier(sql, absolute);
    free(absolute);
    return st;
}

static hyper_error_t *run_on_path(hyper_connection_t *connection, const char *verb,
    const char *path, const char *as, const char *alias)
{
    HyBuffer sql = {0};
    if (!connection)
        return hy_capi_invalid("connection");
    if (!path)
        return hy_capi_invalid("path");
    HyStatus st = hy_buffer_append_str(&sql, verb);
    if (!st)
        st = append_path(connection, &sql, path);
    if (!st && alias)
        st = hy_buffer_append_str(&sql, as);
    if (!st && alias)
        st = hy_capi_identifier(&sql, alias);
    return run_text(connection, &sql, st);
}

hyper_error_t *hyper_create_database(
    hyper_connection_t *connection, const char *path, bool fail_if_exists)
{
    return run_on_path(connection,
        fail_if_exists ? "CREATE DATABASE " : "CREATE DATABASE IF NOT EXISTS ", path, "", NULL);
}

hyper_error_t *hyper_drop_database(
    hyper_connection_t *connection, const char *path, bool fail_if_not_exists)
{
    return run_on_path(connection,
        fail_if_not_exists ? "DROP DATABASE " : "DROP DATABASE IF EXISTS ", path, "", NULL);
}

hyper_error_t *hyper_attach_database(
    hyper_connection_t *connection, const char *path, const char *alias)
{
    return run_on_path(connection, "ATTACH DATABASE ", path, " AS ", alias);
}

hyper_error_t *hyper_detach_all_databases(hyper_connection_t *connection)
{
    return hy_connection_command(connection, "DETACH DATABASE *");
}

hyper_error_t *hyper_detach_database(hyper_connection_t *connection, const char *alias)
{
    HyBuffer sql = {0};
    if (!alias)
        return hy_capi_invalid("alias");
    HyStatus st = hy_buffer_append_str(&sql, "DETACH DATABASE ");
    return run_text(connection, &sql, st ? st : hy_capi_identifier(&sql, alias));
}

hyper_error_t *hyper_create_schema(hyper_connection_t *connection, const char *database_name,
    const char *schema_name, bool fail_if_exists)
{
    HyBuffer sql = {0};
    if (!schema_name)
        return hy_capi_invalid("schema_name");
    HyStatus st = hy_buffer_append_str(
        &sql, fail_if_exists ? "CREATE SCHEMA " : "CREATE SCHEMA IF NOT EXISTS ");
    return run_text(
        connection, &sql, st ? st : hy_capi_qualified(&sql, NULL, database_name, schema_name));
}

static HyStatus write_column(HyBuffer *sql, const CapiColumn *column)
{
    HY_TRY(hy_capi_identifier(sql, column->name));
    HY_TRY(hy_buffer_append_char(sql, ' '));
    HY_TRY(hy_definition_type_text(column, sql));
    if (*column->collation) {
        HY_TRY(hy_buffer_append_str(sql, " COLLATE "));
        HY_TRY(hy_capi_identifier(sql, column->collation));
    }
    return column->nullable ? HY_OK : hy_buffer_append_str(sql, " NOT NULL");
}

static HyStatus write_create_table(
    HyBuffer *sql, const hyper_table_definition_t *definition, bool fail_if_exists)
{
    bool is_temporary = definition->persistence == HYPER_TEMPORARY;
    HY_TRY(hy_buffer_append_str(sql, is_temporary ? "CREATE TEMPORARY TABLE " : "CREATE TABLE "));
    if (!fail_if_exists)
        HY_TRY(hy_buffer_append_str(sql, "IF NOT EXISTS "));
    HY_TRY(hy_capi_qualified(sql, definition->database, definition->schema, definition->table));
    HY_TRY(hy_buffer_append_str(sql, " ("));
    for (size_t i = 0; i < definition->n_columns; i++) {
        HY_TRY(hy_buffer_append_str(sql, i ? ", " : ""));
        HY_TRY(write_column(sql, &definition->columns[i]));
    }
    return hy_buffer_append_char(sql, ')');
}

hyper_error_t *hyper_create_table(hyper_connection_t *connection,
    const hyper_table_definition_t *table_definition, bool fail_if_exists)
{
    HyBuffer sql = {0};
    if (!table_definition)
        return hy_capi_invalid("table_definition");
    return run_text(connection, &sql, write_create_table(&sql, table_definition, fail_if_exists));
}

/* ---- Lists ---- */

void hyper_string_list_destroy(hyper_string_list_t *string_list)
{
    if (!string_list)
        return;
    free(string_list->names);
    free(string_list);
}

size_t hyper_string_list_size(hyper_string_list_t *string_list)
{
    return string_list ? string_list->n : 0;
}

const char *hyper_string_list_at(hyper_string_list_t *string_list, int index)
{
    if (!string_list || index < 0 || (size_t)index >= string_list->n)
        return NULL;
    return string_list->names[index];
}

/* Takes the names over. */
static hyper_error_t *give_list(char **names, hyper_string_list_t **out)
{
    hyper_string_list_t *list = calloc(1, sizeof *list);
    if (!list) {
        free(names);
        return hy_capi_error(hy_error_oom(sizeof *list));
    }
    list->names = names;
    while (names[list->n])
        list->n++;
    *out = list;
    return NULL;
}

static const char *given(const char *name)
{
    return name && *name ? name : NULL;
}

hyper_error_t *hyper_get_schema_names(
    hyper_connection_t *connection, const char *database, hyper_string_list_t **schema_names)
{
    char **names;
    if (!schema_names)
        return hy_capi_invalid("schema_names");
    hyper_error_t *error = hy_connection_begin(connection);
    if (error)
        return error;
    HyStatus st = (HyStatus)openhyper_list_schemas(PUBLIC(connection), given(database), &names);
    hy_connection_end(connection);
    return st ? hy_capi_error(st) : give_list(names, schema_names);
}

hyper_error_t *hyper_get_table_names(hyper_connection_t *connection, const char *database,
    const char *schema, hyper_string_list_t **table_names)
{
    char **names;
    if (!schema)
        return hy_capi_invalid("schema");
    if (!table_names)
        return hy_capi_invalid("table_names");
    hyper_error_t *error = hy_connection_begin(connection);
    if (error)
        return error;
    HyStatus st =
        (HyStatus)openhyper_list_tables(PUBLIC(connection), given(database), schema, &names);
    hy_connection_end(connection);
    return st ? hy_capi_error(st) : give_list(names, table_names);
}

/* ---- Tables ---- */

/* The engine looks for database and schema at once; here an unknown database is another error than
 * an unknown schema. */
static HyStatus describe(hyper_connection_t *connection, const char *database, const char *schema,
    const char *table, openhyper_table_info **out)
{
    char **names = NULL;
    HyStatus st = (HyStatus)openhyper_describe_table(
        PUBLIC(connection), given(database), given(schema), table, out);
    if (!st || !given(database) || strcmp(st->sqlstate, "3F000") != 0)
        return st;
    HyStatus failure =
        (HyStatus)openhyper_list_schemas(PUBLIC(connection), given(database), &names);
    openhyper_free(names);
    if (!failure)
        return st;
    hy_error_free(st);
    hy_error_free(failure);
    return hy_error("3D000", "The specified database \"%s\" does not exist.", database);
}

hyper_error_t *hyper_has_table(hyper_connection_t *connection, const char *database,
    const char *schema, const char *table, bool *exists)
{
    openhyper_table_info *info = NULL;
    if (!table)
        return hy_capi_invalid("table");
    if (!exists)
        return hy_capi_invalid("exists");
    hyper_error_t *error = hy_connection_begin(connection);
    if (error)
        return error;
    HyStatus st = describe(connection, database, schema, table, &info);
    hy_connection_end(connection);
    openhyper_free(info);
    bool is_missing =
        st && (strcmp(st->sqlstate, "42P01") == 0 || strcmp(st->sqlstate, "3F000") == 0);
    if (st && !is_missing)
        return hy_capi_error(st);
    hy_error_free(st);
    *exists = !is_missing;
    return NULL;
}

static hyper_table_definition_t *definition_of(const openhyper_table_info *info)
{
    hyper_table_definition_t *definition = hyper_create_table_definition(info->database,
        info->schema, info->name, info->is_temporary ? HYPER_TEMPORARY : HYPER_PERMANENT, false);
    for (size_t i = 0; i < info->n_columns && definition; i++) {
        const openhyper_column_info *column = &info->columns[i];
        if (!hy_definition_add(definition, column->name, column->type.oid,
                (uint32_t)column->type.typmod, column->collation, column->type.nullable)) {
            hyper_destroy_table_definition(definition);
            definition = NULL;
        }
    }
    return definition;
}

hyper_error_t *hyper_get_table_definition(hyper_connection_t *connection, const char *database_name,
    const char *schema_name, const char *table_name, hyper_table_definition_t **table_definition)
{
    openhyper_table_info *info;
    if (!table_name)
        return hy_capi_invalid("table_name");
    if (!table_definition)
        return hy_capi_invalid("table_definition");
    hyper_error_t *error = hy_connection_begin(connection);
    if (error)
        return error;
    HyStatus st = describe(connection, database_name, schema_name, table_name, &info);
    hy_connection_end(connection);
    if (st)
        return hy_capi_error(st);
    hyper_table_definition_t *definition = definition_of(info);
    openhyper_free(info);
    if (!definition)
        return hy_capi_error(hy_error_oom(0));
    *table_definition = definition;
    return NULL;
}
