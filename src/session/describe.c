#include "session/describe.h"

#include "session/statement.h"
#include "types/collation.h"

#include <stdlib.h>
#include <string.h>

/* ---- One block of memory for a list of names or a table ---- */

typedef struct Block {
    char *memory;
    size_t used; /* bytes */
} Block;

static const char *block_text(Block *block, const char *text)
{
    if (!text)
        return NULL;
    size_t bytes = strlen(text) + 1;
    char *copy = block->memory + block->used;
    memcpy(copy, text, bytes);
    block->used += bytes;
    return copy;
}

static size_t text_bytes(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

HyStatus hy_name_list_create(const char *const *names, size_t n, char ***out)
{
    size_t bytes = (n + 1) * sizeof(char *);
    for (size_t i = 0; i < n; i++)
        bytes += text_bytes(names[i]);
    char **list = malloc(bytes);
    if (!list)
        return hy_error_oom(bytes);
    Block block = {.memory = (char *)list, .used = (n + 1) * sizeof(char *)};
    for (size_t i = 0; i < n; i++)
        list[i] = (char *)(uintptr_t)block_text(&block, names[i]);
    list[n] = NULL;
    *out = list;
    return HY_OK;
}

/* ---- Lists ---- */

/* The database of an alias; without one that of unqualified names, or NULL. The schema pg_catalog
 * is in every database, so that only the database decides. */
static HyStatus find_database(HyStatement *statement, const char *alias, HyDatabase **out)
{
    const char *schema;
    HyAstName parts[2] = {{0}};
    size_t n = 0;
    *out = NULL;
    if (alias)
        parts[n++] = (HyAstName){.text = alias, .len = (uint32_t)strlen(alias), .quoted = true};
    parts[n++] = (HyAstName){.text = "pg_catalog", .len = 10, .quoted = true};
    HyStatus st = hy_statement_place(statement, parts, n, false, out, &schema);
    if (st && !alias) {
        hy_error_free(st);
        *out = NULL;
        st = HY_OK;
    }
    return st;
}

static HyStatus schema_names(HyStatement *statement, const char *alias, char ***out)
{
    HyDatabase *database;
    HySchemaInfo *schemas = NULL;
    const char **names;
    size_t n = 0;
    HY_TRY(find_database(statement, alias, &database));
    if (database)
        HY_TRY(hy_database_schemas(database, statement->arena, &schemas, &n));
    HY_ARENA_NEW(statement->arena, names, n + 1);
    for (size_t i = 0; i < n; i++)
        names[i] = schemas[i].name;
    return hy_name_list_create(names, n, out);
}

static HyStatus tables_of_schema(
    HyStatement *statement, const char *alias, const char *schema, HyTable ***tables, size_t *n)
{
    HyDatabase *database = statement->session->attachments.temporary;
    if (alias || strcmp(schema, "pg_temp") != 0)
        HY_TRY(find_database(statement, alias, &database));
    *n = 0;
    if (!database || !hy_database_has_schema(database, schema))
        return HY_OK;
    return hy_database_tables(database, schema, statement->arena, tables, n);
}

static HyStatus table_names(
    HyStatement *statement, const char *alias, const char *schema, char ***out)
{
    HyTable **tables = NULL;
    size_t n;
    HY_TRY(tables_of_schema(statement, alias, schema, &tables, &n));
    const char **names = hy_arena_alloc(statement->arena, (n + 1) * sizeof *names);
    for (size_t i = 0; i < n && names; i++)
        names[i] = tables[i]->name;
    HyStatus st =
        names ? hy_name_list_create(names, n, out) : hy_error_oom((n + 1) * sizeof *names);
    for (size_t i = 0; i < n; i++)
        hy_table_unref(tables[i]);
    return st;
}

/* ---- A table ---- */

static const char *alias_of(const HySession *session, const HyDatabase *database)
{
    for (size_t i = 0; i < session->attachments.n_items; i++)
        if (session->attachments.items[i].database == database)
            return session->attachments.items[i].alias;
    return NULL;
}

static const char *collation_of(HyType type)
{
    return type.collation ? hy_collation_name(type.collation) : NULL;
}

openhyper_type hy_public_type(HyType type)
{
    return (openhyper_type){.oid = hy_type_oid(type),
        .typmod = hy_type_typmod(type),
        .nullable = type.nullable,
        .physical = (openhyper_physical)hy_type_physical(type)};
}

HyStatus hy_table_info_copy(const openhyper_table_info *info, openhyper_table_info **out)
{
    size_t fixed = sizeof **out + info->n_columns * sizeof(openhyper_column_info);
    size_t bytes =
        fixed + text_bytes(info->database) + text_bytes(info->schema) + text_bytes(info->name);
    for (size_t i = 0; i < info->n_columns; i++)
        bytes += text_bytes(info->columns[i].name) + text_bytes(info->columns[i].collation);
    openhyper_table_info *copy = malloc(bytes);
    if (!copy)
        return hy_error_oom(bytes);
    openhyper_column_info *columns = (openhyper_column_info *)(copy + 1);
    Block block = {.memory = (char *)copy, .used = fixed};
    *copy = *info;
    copy->database = block_text(&block, info->database);
    copy->schema = block_text(&block, info->schema);
    copy->name = block_text(&block, info->name);
    copy->columns = columns;
    for (size_t i = 0; i < info->n_columns; i++)
        columns[i] = (openhyper_column_info){.name = block_text(&block, info->columns[i].name),
            .collation = block_text(&block, info->columns[i].collation),
            .type = info->columns[i].type};
    *out = copy;
    return HY_OK;
}

static HyStatus give_table(
    const HyStatement *statement, const HyTable *table, openhyper_table_info **out)
{
    openhyper_column_info *columns;
    HY_ARENA_NEW(statement->arena, columns, table->n_columns);
    for (size_t i = 0; i < table->n_columns; i++)
        columns[i] = (openhyper_column_info){.name = table->columns[i].name,
            .collation = collation_of(table->columns[i].type),
            .type = hy_public_type(table->columns[i].type)};
    const openhyper_table_info info = {.database = alias_of(statement->session, table->database),
        .schema = table->schema_name,
        .name = table->name,
        .is_temporary = table->is_temporary,
        .n_columns = table->n_columns,
        .columns = columns};
    return hy_table_info_copy(&info, out);
}

/* In the words of the genuine client, which asks for one part after the other. */
static HyStatus missing_table(HyStatement *statement, const char *const texts[3], HyStatus st)
{
    HyStatus told = HY_OK;
    HyDatabase *database;
    HyStatus failure = texts[0] ? find_database(statement, texts[0], &database) : HY_OK;
    st->position = -1; /* there is no SQL text */
    if (failure)
        told = hy_error("3D000", "The specified database \"%s\" does not exist.", texts[0]);
    else if (strcmp(st->sqlstate, "42P01") == 0)
        told = hy_error("42P01", "Specified table does not exist: %s.", texts[2]);
    else if (strcmp(st->sqlstate, "3F000") == 0)
        told = hy_error("3F000", "Specified schema does not exist: %s.", texts[1] ? texts[1] : "");
    hy_error_free(failure);
    if (!told)
        return st;
    hy_error_free(st);
    return told;
}

static HyStatus describe_table(
    HyStatement *statement, const char *const texts[3], openhyper_table_info **out)
{
    HyAstName parts[3];
    HyAstQName name = {.parts = {.items = parts}};
    HyTable *table;
    for (size_t i = 0; i < 3; i++)
        if (texts[i])
            parts[name.parts.n++] =
                (HyAstName){.text = texts[i], .len = (uint32_t)strlen(texts[i]), .quoted = true};
    HyStatus st = hy_statement_find_table(statement, &name, false, &table);
    if (st)
        return missing_table(statement, texts, st);
    return give_table(statement, table, out);
}

/* ---- The interface ---- */

HyStatus hy_session_list_schemas(HySession *session, const char *database, char ***names)
{
    HyStatement statement;
    HyStatus st = hy_statement_open(session, "", 0, &statement);
    if (!st)
        st = schema_names(&statement, database, names);
    hy_statement_close(&statement);
    return st;
}

HyStatus hy_session_list_tables(
    HySession *session, const char *database, const char *schema, char ***names)
{
    HyStatement statement;
    HyStatus st = hy_statement_open(session, "", 0, &statement);
    if (!st)
        st = table_names(&statement, database, schema, names);
    hy_statement_close(&statement);
    return st;
}

HyStatus hy_session_describe_table(HySession *session, const char *database, const char *schema,
    const char *table, openhyper_table_info **out)
{
    const char *const texts[3] = {database, schema, table};
    HyStatement statement;
    HyStatus st = hy_statement_open(session, "", 0, &statement);
    if (!st)
        st = describe_table(&statement, texts, out);
    hy_statement_close(&statement);
    return st;
}
