#include "catalog/catalog_json.h"
#include "catalog/ddl_internal.h"
#include "storage/relation_change.h"
#include <stdlib.h>

HyStatus hy_ddl_begin_table(HyTable *table)
{
    HyDatabase *database = table->database;
    HyStatus st = HY_OK;
    pthread_mutex_lock(&database->lock);
    if (!hy_table_is_current(table))
        st = hy_error("40001", "conflict with concurrent transaction");
    else if (table->state->n_writers > 0)
        st = hy_error("40001",
            "Cannot execute DDL statement: Cannot modify table %u '%s' while the active "
            "transaction has "
            "uncommitted inserts/updates/deletes.",
            table->slot, table->name);
    else
        table->state->is_changing = true;
    pthread_mutex_unlock(&database->lock);
    return st;
}

void hy_ddl_end_table(HyTable *table)
{
    HyDatabase *database = table->database;
    pthread_mutex_lock(&database->lock);
    table->state->is_changing = false;
    pthread_cond_broadcast(&database->changed);
    pthread_mutex_unlock(&database->lock);
}

/* Tables of the old snapshot that are not in the new one are not current any more, and relations
 * that DDL made are the committed ones. database->lock */
static void settle_tables(const HySnapshot *old, const HySnapshot *next)
{
    for (size_t i = 0; i < old->n_tables; i++) {
        HyTable *table = old->tables[i].table;
        if (table && table != next->tables[i].table)
            atomic_store_explicit(&table->is_current, false, memory_order_release);
    }
    for (size_t i = 0; i < next->n_tables; i++) {
        const HySnapshotTable *entry = &next->tables[i];
        if (entry->table && entry->table->state->committed != entry->relation) {
            hy_relation_unref(entry->table->state->committed);
            entry->table->state->committed = hy_relation_ref(entry->relation);
        }
    }
}

HyStatus hy_ddl_publish(
    HyDatabase *database, HySnapshot *next, HyPersistItem *items, size_t n_items)
{
    HyStatus st = hy_database_persist(database, next, items, n_items);
    if (st) {
        hy_snapshot_unref(next);
        return st;
    }
    pthread_mutex_lock(&database->lock);
    settle_tables(database->current, next);
    HySnapshot *old = hy_database_install(database, next);
    pthread_mutex_unlock(&database->lock);
    hy_snapshot_unref(old);
    return HY_OK;
}

/* The entries of the file that go with the columns; NULL for one that is new. */
static HyStatus carry_raw(HyTableObject *to, const HyTableObject *from, size_t dropped_column)
{
    to->owner = from->owner;
    to->raw = from->raw;
    if (!from->raw_columns)
        return HY_OK;
    const HyJson **raw;
    size_t n_old = from->table.n_columns;
    HY_ARENA_NEW(to->arena, raw, to->table.n_columns + 1);
    for (size_t i = 0; i < to->table.n_columns; i++) {
        size_t source = i + (i >= dropped_column);
        raw[i] = source < n_old ? from->raw_columns[source] : NULL;
    }
    to->raw_columns = raw;
    return HY_OK;
}

HyStatus hy_ddl_replace_in(HySnapshot *next, HyTable *table, const HyTable *definition,
    HyRelation *relation, size_t dropped_column)
{
    HyTableObject *object = NULL;
    HY_TRY(hy_table_object_create(definition, table->state, &object));
    HyStatus st = carry_raw(object, hy_table_object(table), dropped_column);
    if (!st)
        hy_snapshot_set_table(next, table->slot, &object->table,
            relation ? relation : next->tables[table->slot].relation);
    hy_table_unref(&object->table);
    return st;
}

HyStatus hy_database_check_type(const HyDatabase *database, HyType type)
{
    if (database->is_temporary || !database->container)
        return HY_OK;
    if (type.id == HY_TYPE_NUMERIC && type.precision > HY_NUMERIC_MAX_SHORT_PRECISION &&
        database->version < 3)
        return hy_error("0A000", "This database does not support 128-bit numerics.");
    if (type.id == HY_TYPE_FLOAT4 && database->version < 4)
        return hy_error("0A000", "This database does not support 32-bit floating points.");
    const char *name;
    return hy_catalog_type_name(type, &name);
}

HyStatus hy_ddl_check_columns(const HyDatabase *database, const HyTable *definition)
{
    for (size_t i = 0; i < definition->n_columns; i++) {
        HY_TRY(hy_database_check_type(database, definition->columns[i].type));
        for (size_t j = 0; j < i; j++) {
            if (strcmp(definition->columns[i].name, definition->columns[j].name) == 0)
                return hy_error(
                    "42701", "column '%s' specified more than once", definition->columns[i].name);
        }
    }
    return HY_OK;
}

/* CREATE TABLE. */

static HyStatus resolve_schema(
    const HyDatabase *database, const HyTableDefinition *definition, HyTable *table)
{
    const char *name = database->is_temporary ? "pg_temp" : definition->schema_name;
    size_t index = hy_snapshot_find_schema(database->current, name);
    if (index == SIZE_MAX)
        return hy_error("3F000", "schema \"%s\" does not exist", name);
    table->schema_name = database->current->schemas[index]->name;
    table->schema_oid = database->current->schemas[index]->oid;
    return HY_OK;
}

/* A primary key makes its columns NOT NULL. */
static HyStatus copy_columns(HyArena *arena, const HyTableDefinition *definition, HyTable *table)
{
    HyTableColumn *columns;
    HY_ARENA_NEW(arena, columns, definition->n_columns + 1);
    for (size_t i = 0; i < definition->n_columns; i++)
        columns[i] = definition->columns[i];
    for (size_t i = 0; i < definition->n_keys; i++) {
        const HyTableKey *key = &definition->keys[i];
        for (size_t c = 0; key->kind == HY_KEY_PRIMARY && c < key->n_columns; c++) {
            if (key->columns[c] < definition->n_columns)
                columns[key->columns[c]].type.nullable = false;
        }
    }
    table->columns = columns;
    table->n_columns = definition->n_columns;
    return HY_OK;
}

static HyStatus describe_table(
    HyDatabase *database, HyArena *arena, const HyTableDefinition *definition, HyTable *table)
{
    HY_TRY(resolve_schema(database, definition, table));
    if (hy_snapshot_find_table(database->current, table->schema_name, definition->name))
        return hy_error("42P07", "table '%s' already exists", definition->name);
    table->database = database;
    table->name = definition->name;
    table->is_temporary = database->is_temporary;
    table->keys = definition->keys;
    table->n_keys = definition->n_keys;
    table->foreign_keys = definition->foreign_keys;
    table->n_foreign_keys = definition->n_foreign_keys;
    HY_TRY(copy_columns(arena, definition, table));
    HY_TRY(hy_ddl_check_columns(database, table));
    HY_TRY(hy_ddl_check_foreign_keys(database->current, table));
    table->oid = database->next_oid++;
    HY_TRY(hy_ddl_finish_keys(database, arena, table, false));
    table->slot = (uint32_t)database->current->n_tables;
    for (size_t i = database->current->n_tables; i > 0; i--) {
        if (!database->current->tables[i - 1].table)
            table->slot = (uint32_t)(i - 1); /* the first that is free */
    }
    return HY_OK;
}

static HyStatus publish_new(HyDatabase *database, const HyTable *definition, HyTable **out)
{
    HyStatus st = HY_OK;
    HyRelation *relation = NULL;
    HyTableState *state = NULL;
    HyTableObject *object = NULL;
    HySnapshot *next = NULL;
    HyType *types = calloc(definition->n_columns + 1, sizeof *types);
    if (!types)
        return hy_error_oom(definition->n_columns * sizeof *types);
    for (size_t i = 0; i < definition->n_columns; i++)
        types[i] = definition->columns[i].type;
    HY_GO(hy_relation_create(types, definition->n_columns, &relation));
    hy_relation_set_lineage(relation, ++database->next_lineage);
    HY_GO(hy_table_state_create(relation, &state));
    HY_GO(hy_table_object_create(definition, state, &object));
    HY_GO(hy_snapshot_copy(
        database->current, 0, definition->slot >= database->current->n_tables, &next));
    hy_snapshot_set_table(next, definition->slot, &object->table, relation);
    HyPersistItem item = {.state = state, .version = relation, .slot = definition->slot};
    HySnapshot *given = next;
    next = NULL;
    HY_GO(hy_ddl_publish(database, given, &item, 1));
    if (out)
        *out = hy_table_ref(&object->table);

done:
    hy_snapshot_unref(next);
    if (object)
        hy_table_unref(&object->table);
    hy_table_state_unref(state);
    hy_relation_unref(relation);
    free(types);
    return st;
}

HyStatus hy_database_create_table(
    HyDatabase *database, const HyTableDefinition *definition, HyTable **out)
{
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    HyTable table = {0};
    hy_database_lock_commits(database);
    HyStatus st = describe_table(database, arena, definition, &table);
    if (!st)
        st = publish_new(database, &table, out);
    pthread_mutex_unlock(&database->commit_lock);
    hy_arena_destroy(arena);
    return st;
}

/* DROP TABLE. */

HyStatus hy_table_drop(HyTable *table)
{
    HyDatabase *database = table->database;
    HySnapshot *next = NULL;
    hy_database_lock_commits(database);
    HyStatus st = hy_ddl_begin_table(table);
    if (st) {
        pthread_mutex_unlock(&database->commit_lock);
        return st;
    }
    const HySnapshot *current = database->current;
    for (size_t i = 0; i < current->n_tables; i++) {
        const HyTable *other = current->tables[i].table;
        for (size_t k = 0; other && other != table && k < other->n_foreign_keys; k++) {
            if (other->foreign_keys[k].referenced_oid == table->oid) {
                st =
                    hy_error("2BP01", "table '%s' is referenced by '%s'", table->name, other->name);
                goto done;
            }
        }
    }
    HY_GO(hy_snapshot_copy(current, 0, 0, &next));
    hy_snapshot_set_table(next, table->slot, NULL, NULL);
    HyPersistItem item = {.state = table->state, .slot = table->slot};
    HySnapshot *given = next;
    next = NULL;
    HY_GO(hy_ddl_publish(database, given, &item, 1));

done:
    hy_snapshot_unref(next);
    hy_ddl_end_table(table);
    pthread_mutex_unlock(&database->commit_lock);
    return st;
}
