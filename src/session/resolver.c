/* How names of relations and schemas are found: temporary tables first, then the search path; see
 * spec/sql.md sections 1 and 9 ("several databases") for what happens with several databases. */
#include "catalog/system_relations.h"
#include "io/parquet.h"
#include "session/names.h"
#include "session/statement.h"

#include <stdlib.h>
#include <string.h>

static bool is_system_schema(const char *schema)
{
    return strcmp(schema, "pg_catalog") == 0 || strcmp(schema, "information_schema") == 0 ||
           strcmp(schema, "tableau") == 0;
}

static HyStatus unknown_schema(const char *alias, const char *schema)
{
    return alias ? hy_error("3F000", "schema \"%s\".\"%s\" does not exist", alias, schema)
                 : hy_error("3F000", "schema \"%s\" does not exist", schema);
}

/* The statement keeps every table it has seen until its end. */
static HyStatus keep_table(HyStatement *statement, HyTable *table)
{
    if (statement->n_tables == statement->tables_room) {
        size_t room = statement->tables_room ? statement->tables_room * 2 : 8;
        HyTable **tables = realloc(statement->tables, room * sizeof *tables);
        if (!tables) {
            hy_table_unref(table);
            return hy_error_oom(room * sizeof *tables);
        }
        statement->tables = tables;
        statement->tables_room = room;
    }
    statement->tables[statement->n_tables++] = table;
    return HY_OK;
}

static HyStatus give_table(HyStatement *statement, HyDatabase *database, const char *alias,
    const char *schema, const char *name, HyRelationRef *out)
{
    HyTable *table = hy_database_find_table(database, schema, name);
    if (!table)
        return HY_OK;
    HY_TRY(keep_table(statement, table));
    *out = (HyRelationRef){.kind = HY_RELATION_TABLE,
        .table = table,
        .database = alias,
        .schema = table->schema_name,
        .name = table->name};
    return HY_OK;
}

static HyStatus give_system(HyStatement *statement, const char *alias, const char *schema,
    const char *name, HyRelationRef *out)
{
    int id = hy_system_relation_find(schema, name);
    if (id < 0)
        return HY_OK;
    size_t n = hy_system_relation_column_count(id);
    const char **names;
    HyType *types;
    HY_ARENA_NEW(statement->arena, names, n);
    HY_ARENA_NEW(statement->arena, types, n);
    for (size_t i = 0; i < n; i++) {
        names[i] = hy_system_relation_column_name(id, i);
        types[i] = hy_system_relation_column_type(id, i);
    }
    *out = (HyRelationRef){.kind = HY_RELATION_SYSTEM,
        .system_id = id,
        .n_columns = n,
        .column_names = names,
        .column_types = types,
        .database = alias,
        .schema = schema,
        .name = hy_system_relation_name(id)};
    return HY_OK;
}

/* Objects of the session itself: temporary tables and temporary external tables. */
static HyStatus give_temporary(HyStatement *statement, const char *name, HyRelationRef *out)
{
    HySession *session = statement->session;
    HySessionExternal *external = hy_string_map_get(&session->external, name, strlen(name));
    if (external) {
        *out = (HyRelationRef){.kind = HY_RELATION_EXTERNAL,
            .external = external->external,
            .schema = "pg_temp",
            .name = name};
        return HY_OK;
    }
    if (!session->attachments.temporary)
        return HY_OK;
    return give_table(statement, session->attachments.temporary, NULL, "pg_temp", name, out);
}

static HyStatus find_unqualified(HyStatement *statement, const char *name, HyRelationRef *out)
{
    const HySession *session = statement->session;
    HY_TRY(give_temporary(statement, name, out));
    const char *alias = NULL;
    HyDatabase *database = hy_session_default_database(session, &alias);
    if (out->kind == HY_RELATION_NONE)
        HY_TRY(give_system(statement, alias, "pg_catalog", name, out));
    for (size_t i = 0; i < session->n_search_path && database; i++) {
        if (out->kind != HY_RELATION_NONE)
            break;
        HY_TRY(give_table(statement, database, alias, session->search_path[i], name, out));
    }
    return HY_OK;
}

static HyStatus find_relation(
    void *ctx, const char *db, const char *schema, const char *name, HyRelationRef *out)
{
    HyStatement *statement = ctx;
    memset(out, 0, sizeof *out);
    if (!schema)
        return find_unqualified(statement, name, out);
    if (!db && strcmp(schema, "pg_temp") == 0)
        return give_temporary(statement, name, out);
    const char *alias = db;
    HyDatabase *database = NULL;
    if (db) {
        database = hy_attachments_find(&statement->session->attachments, db);
        if (!database)
            return unknown_schema(db, schema);
    } else {
        database = hy_session_default_database(statement->session, &alias);
    }
    if (is_system_schema(schema))
        return give_system(statement, alias, schema, name, out);
    if (!database || !hy_database_has_schema(database, schema))
        return unknown_schema(db, schema);
    return give_table(statement, database, alias, schema, name, out);
}

/* ---- Names near an unknown one ---- */

static HyStatus collect_near_names(HyStatement *statement)
{
    const HySession *session = statement->session;
    HyDatabase *databases[2] = {
        hy_session_default_database(session, NULL), session->attachments.temporary};
    for (size_t d = 0; d < HY_ARRAY_LEN(databases); d++) {
        HyTable **tables = NULL;
        size_t n = 0;
        if (!databases[d])
            continue;
        HY_TRY(hy_database_tables(databases[d], NULL, statement->arena, &tables, &n));
        const char **names =
            hy_arena_alloc(statement->arena, (statement->n_near_names + n) * sizeof *names);
        for (size_t i = 0; i < n; i++) {
            if (names)
                names[statement->n_near_names + i] =
                    hy_arena_strndup(statement->arena, tables[i]->name, strlen(tables[i]->name));
            hy_table_unref(tables[i]);
        }
        if (!names)
            return hy_error_oom(n * sizeof *names);
        if (statement->n_near_names)
            memcpy(names, statement->near_names, statement->n_near_names * sizeof *names);
        statement->near_names = names;
        statement->n_near_names += n;
    }
    return HY_OK;
}

static const char *near_name(void *ctx, size_t index)
{
    HyStatement *statement = ctx;
    if (!statement->has_near_names) {
        statement->has_near_names = true;
        hy_error_free(collect_near_names(statement)); /* only a hint is lost */
    }
    return index < statement->n_near_names ? statement->near_names[index] : NULL;
}

/* ---- Files that bring their columns ---- */

static HyStatus columns_of_file(const HyParquetFile *file, HyArena *arena, HyExternal *external)
{
    HY_TRY(hy_parquet_check_columns(file));
    HY_ARENA_NEW(arena, external->column_names, file->n_columns + 1);
    HY_ARENA_NEW(arena, external->column_types, file->n_columns + 1);
    external->n_columns = file->n_columns;
    for (size_t i = 0; i < file->n_columns; i++) {
        const char *name = file->columns[i].name;
        external->column_names[i] = hy_arena_strndup(arena, name, strlen(name));
        if (!external->column_names[i])
            return hy_error_oom(strlen(name));
        external->column_types[i] = file->columns[i].type;
    }
    return HY_OK;
}

/* The schema is the first file's. */
static HyStatus infer_external(void *ctx, HyArena *arena, HyExternal *external)
{
    HyParquetFile *file;
    (void)ctx;
    HY_TRY(hy_parquet_open(external->paths[0], &file));
    HyStatus st = columns_of_file(file, arena, external);
    hy_parquet_close(file);
    return st;
}

void hy_statement_init_resolver(HyStatement *statement)
{
    statement->resolver = (HyNameResolver){.ctx = statement,
        .relation = find_relation,
        .relation_name = near_name,
        .infer_external = infer_external};
}

/* ---- Names in DDL ---- */

HyStatus hy_statement_check_ddl(const HyStatement *statement)
{
    const HyTransaction *transaction = statement->session->transaction;
    return transaction && hy_transaction_has_changes(transaction)
               ? hy_error("0A000", "mixing DDL and DML is currently not supported")
               : HY_OK;
}

HyStatus hy_statement_place(HyStatement *statement, const HyAstName *parts, size_t n_parts,
    bool is_temporary, HyDatabase **database, const char **schema)
{
    HySession *session = statement->session;
    const char *written = n_parts ? parts[n_parts - 1].text : NULL;
    if (is_temporary || (n_parts == 1 && strcmp(written, "pg_temp") == 0)) {
        if (written && strcmp(written, "pg_temp") != 0)
            return hy_error("42P16", "cannot create temporary object in non-temporary schema");
        *schema = "pg_temp";
        return hy_attachments_temporary(&session->attachments, database);
    }
    if (n_parts == 2) {
        *database = hy_attachments_find(&session->attachments, parts[0].text);
        if (!*database)
            return unknown_schema(parts[0].text, written);
    } else {
        *database = hy_session_default_database(session, NULL);
        if (!*database && !session->attachments.n_items)
            return hy_error("3D000", "there is no database attached to this session");
        if (!*database && written)
            return unknown_schema(NULL, written);
    }
    *schema = written ? written : NULL;
    if (!*schema && *database)
        *schema = hy_session_default_schema(session, *database);
    if (!*schema)
        return hy_error("3F000", "create statement could not resolve the schema");
    if (!is_system_schema(*schema) && !hy_database_has_schema(*database, *schema))
        return unknown_schema(n_parts == 2 ? parts[0].text : NULL, *schema);
    return HY_OK;
}

HyStatus hy_statement_find_table(
    HyStatement *statement, const HyAstQName *name, bool missing_ok, HyTable **out)
{
    const HyAstName *parts = name->parts.items;
    size_t n = name->parts.n;
    const char *table = parts[n - 1].text;
    const char *schema = n >= 2 ? parts[n - 2].text : NULL;
    const char *db = n >= 3 ? parts[n - 3].text : NULL;
    HyRelationRef ref;
    HyStatus st = find_relation(statement, db, schema, table, &ref);
    if (st && missing_ok) {
        hy_error_free(st);
        ref.kind = HY_RELATION_NONE;
        st = HY_OK;
    }
    if (st)
        return hy_error_at(st, name->span.offset);
    *out = ref.table;
    if (ref.kind == HY_RELATION_SYSTEM || ref.kind == HY_RELATION_EXTERNAL)
        return hy_error("42804", "\"%s\".\"%s\" is not a table", ref.schema, ref.name);
    if (ref.kind == HY_RELATION_NONE && !missing_ok)
        return hy_error_at(
            hy_error("42P01", "table \"%s\" does not exist", table), name->span.offset);
    return HY_OK;
}
