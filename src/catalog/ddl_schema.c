#include "catalog/ddl_internal.h"
#include <stdlib.h>

/* Schemas that exist in every database but are not listed in the file. */
static bool is_built_in(const char *name)
{
    return strcmp(name, "information_schema") == 0 || strcmp(name, "tableau") == 0;
}

static bool has_reserved_prefix(const char *name)
{
    return strncmp(name, "pg_", 3) == 0;
}

static bool schema_exists(const HyDatabase *database, const char *name)
{
    return is_built_in(name) || hy_snapshot_find_schema(database->current, name) != SIZE_MAX;
}

static HyStatus create_schema(HyDatabase *database, const char *name)
{
    if (has_reserved_prefix(name))
        return hy_error("42939", "invalid schema name \"%s\"", name);
    if (schema_exists(database, name))
        return hy_error("42710", "schema '%s' already exists", name);
    HySnapshot *next;
    size_t n = database->current->n_schemas;
    size_t index = n;
    for (size_t i = n; i > 0; i--) {
        if (!database->current->schemas[i - 1])
            index = i - 1;
    }
    HY_TRY(hy_snapshot_copy(database->current, index == n, 0, &next));
    HyStatus st = hy_schema_create(name, database->next_oid++, &next->schemas[index]);
    if (st) {
        hy_snapshot_unref(next);
        return st;
    }
    return hy_ddl_publish(database, next, NULL, 0);
}

HyStatus hy_database_create_schema(HyDatabase *database, const char *name)
{
    hy_database_lock_commits(database);
    HyStatus st = create_schema(database, name);
    pthread_mutex_unlock(&database->commit_lock);
    return st;
}

/* The tables of a schema, each begun as for DDL. */
typedef struct SchemaTables {
    HyTable **items;
    size_t n;
} SchemaTables;

static void end_tables(SchemaTables *tables)
{
    for (size_t i = 0; i < tables->n; i++) {
        hy_ddl_end_table(tables->items[i]);
        hy_table_unref(tables->items[i]);
    }
    free(tables->items);
}

static HyStatus begin_tables(HyDatabase *database, const char *schema, SchemaTables *out)
{
    const HySnapshot *current = database->current;
    SchemaTables tables = {.items = calloc(current->n_tables + 1, sizeof(HyTable *))};
    if (!tables.items)
        return hy_error_oom(current->n_tables * sizeof(HyTable *));
    for (size_t i = 0; i < current->n_tables; i++) {
        HyTable *table = current->tables[i].table;
        if (!table || strcmp(table->schema_name, schema) != 0)
            continue;
        HyStatus st = hy_ddl_begin_table(table);
        if (st) {
            end_tables(&tables);
            return st;
        }
        tables.items[tables.n++] = hy_table_ref(table);
    }
    *out = tables;
    return HY_OK;
}

/* Tables that stay lose their foreign keys to tables that go. */
static HyStatus drop_references(HySnapshot *next, uint32_t oid)
{
    for (size_t i = 0; i < next->n_tables; i++) {
        HyTable *table = next->tables[i].table;
        size_t n = 0;
        if (!table || table->n_foreign_keys == 0)
            continue;
        HyForeignKey *kept = calloc(table->n_foreign_keys, sizeof *kept);
        if (!kept)
            return hy_error_oom(table->n_foreign_keys * sizeof *kept);
        for (size_t k = 0; k < table->n_foreign_keys; k++) {
            if (table->foreign_keys[k].referenced_oid != oid)
                kept[n++] = table->foreign_keys[k];
        }
        HyStatus st = HY_OK;
        if (n < table->n_foreign_keys) {
            HyTable definition = {.database = table->database,
                .schema_name = table->schema_name,
                .name = table->name,
                .oid = table->oid,
                .schema_oid = table->schema_oid,
                .slot = table->slot,
                .is_temporary = table->is_temporary,
                .columns = table->columns,
                .n_columns = table->n_columns,
                .keys = table->keys,
                .n_keys = table->n_keys,
                .foreign_keys = kept,
                .n_foreign_keys = n};
            st = hy_ddl_replace_in(next, table, &definition, NULL, SIZE_MAX);
        }
        free(kept);
        if (st)
            return st;
    }
    return HY_OK;
}

static HyStatus drop_schema(HyDatabase *database, const char *name, bool is_cascade)
{
    HyStatus st = HY_OK;
    HySnapshot *next = NULL;
    HyPersistItem *items = NULL;
    SchemaTables tables = {0};
    if (strcmp(name, "pg_catalog") == 0 || strcmp(name, "pg_temp") == 0)
        return hy_error("42939", "unacceptable schema name \"%s\"", name);
    if (is_built_in(name))
        return hy_error("42939", "cannot modify system catalog '%s'", name);
    size_t index = hy_snapshot_find_schema(database->current, name);
    if (index == SIZE_MAX)
        return hy_error("3F000", "unknown schema \"%s\"", name);
    HY_TRY(begin_tables(database, name, &tables));
    if (tables.n > 0 && !is_cascade) {
        st = hy_error("2BP01", "cannot drop schema '%s' because it is referenced by '%s'", name,
            tables.items[0]->name);
        goto done;
    }
    items = calloc(tables.n + 1, sizeof *items);
    if (!items) {
        st = hy_error_oom(tables.n * sizeof *items);
        goto done;
    }
    HY_GO(hy_snapshot_copy(database->current, 0, 0, &next));
    for (size_t i = 0; i < tables.n; i++) {
        items[i] = (HyPersistItem){.state = tables.items[i]->state, .slot = tables.items[i]->slot};
        hy_snapshot_set_table(next, tables.items[i]->slot, NULL, NULL);
    }
    for (size_t i = 0; i < tables.n; i++)
        HY_GO(drop_references(next, tables.items[i]->oid));
    hy_schema_unref(next->schemas[index]);
    next->schemas[index] = NULL;
    HySnapshot *given = next;
    next = NULL;
    HY_GO(hy_ddl_publish(database, given, items, tables.n));

done:
    hy_snapshot_unref(next);
    free(items);
    end_tables(&tables);
    return st;
}

HyStatus hy_database_drop_schema(HyDatabase *database, const char *name, bool is_cascade)
{
    hy_database_lock_commits(database);
    HyStatus st = drop_schema(database, name, is_cascade);
    pthread_mutex_unlock(&database->commit_lock);
    return st;
}

static HyStatus move_tables(HySnapshot *next, const SchemaTables *tables, const char *new_name)
{
    for (size_t i = 0; i < tables->n; i++) {
        HyTable *table = tables->items[i];
        HyTable definition = {.database = table->database,
            .schema_name = new_name,
            .name = table->name,
            .oid = table->oid,
            .schema_oid = table->schema_oid,
            .slot = table->slot,
            .columns = table->columns,
            .n_columns = table->n_columns,
            .keys = table->keys,
            .n_keys = table->n_keys,
            .foreign_keys = table->foreign_keys,
            .n_foreign_keys = table->n_foreign_keys};
        HY_TRY(hy_ddl_replace_in(next, table, &definition, NULL, SIZE_MAX));
    }
    return HY_OK;
}

static HyStatus rename_schema(HyDatabase *database, const char *name, const char *new_name)
{
    HyStatus st = HY_OK;
    HySnapshot *next = NULL;
    HySchema *schema = NULL;
    SchemaTables tables = {0};
    size_t index = hy_snapshot_find_schema(database->current, name);
    if (index == SIZE_MAX)
        return hy_error("3F000", "unknown schema \"%s\"", name);
    if (has_reserved_prefix(new_name))
        return hy_error("42939", "unacceptable schema name '%s'", new_name);
    if (schema_exists(database, new_name))
        return hy_error("42710", "schema '%s' already exists", new_name);
    HY_TRY(begin_tables(database, name, &tables));
    const HySchema *old = database->current->schemas[index];
    HY_GO(hy_schema_create(new_name, old->oid, &schema));
    schema->owner = old->owner;
    schema->raw = old->raw;
    HY_GO(hy_snapshot_copy(database->current, 0, 0, &next));
    hy_schema_unref(next->schemas[index]);
    next->schemas[index] = hy_schema_ref(schema);
    HY_GO(move_tables(next, &tables, new_name));
    HySnapshot *given = next;
    next = NULL;
    HY_GO(hy_ddl_publish(database, given, NULL, 0));

done:
    hy_snapshot_unref(next);
    hy_schema_unref(schema);
    end_tables(&tables);
    return st;
}

HyStatus hy_database_rename_schema(HyDatabase *database, const char *name, const char *new_name)
{
    hy_database_lock_commits(database);
    HyStatus st = rename_schema(database, name, new_name);
    pthread_mutex_unlock(&database->commit_lock);
    return st;
}
