#include "catalog/ddl_internal.h"
#include "storage/relation_change.h"

/* ALTER of one table: the lock, a definition to change, the arena that holds it. */
typedef struct Alter {
    HyTable *table;
    HyArena *arena;
    HyTable next;           /* shares what does not change with `table` */
    HyTableColumn *columns; /* of next, with room for one more */
} Alter;

static HyStatus begin_alter(HyTable *table, Alter *alter)
{
    HyDatabase *database = table->database;
    HyStatus st = HY_OK;
    *alter = (Alter){.table = table, .arena = hy_arena_create()};
    if (!alter->arena)
        return hy_error_oom(0);
    alter->next.database = database;
    alter->next.schema_name = table->schema_name;
    alter->next.name = table->name;
    alter->next.oid = table->oid;
    alter->next.schema_oid = table->schema_oid;
    alter->next.slot = table->slot;
    alter->next.is_temporary = table->is_temporary;
    alter->next.n_columns = table->n_columns;
    alter->next.keys = table->keys;
    alter->next.n_keys = table->n_keys;
    alter->next.foreign_keys = table->foreign_keys;
    alter->next.n_foreign_keys = table->n_foreign_keys;
    size_t bytes = (table->n_columns + 1) * sizeof *alter->columns;
    alter->columns = hy_arena_zalloc(alter->arena, bytes);
    if (!alter->columns) {
        st = hy_error_oom(bytes);
    } else {
        for (size_t i = 0; i < table->n_columns; i++)
            alter->columns[i] = table->columns[i];
        alter->next.columns = alter->columns;
        hy_database_lock_commits(database);
        st = hy_ddl_begin_table(table);
        if (st)
            pthread_mutex_unlock(&database->commit_lock);
    }
    if (st)
        hy_arena_destroy(alter->arena);
    return st;
}

static void end_alter(Alter *alter)
{
    hy_ddl_end_table(alter->table);
    pthread_mutex_unlock(&alter->table->database->commit_lock);
    hy_arena_destroy(alter->arena);
}

HyStatus hy_table_rename(HyTable *table, const char *new_name, HyTable **out)
{
    Alter alter;
    HyStatus st = HY_OK;
    HY_TRY(begin_alter(table, &alter));
    if (hy_snapshot_find_table(table->database->current, table->schema_name, new_name)) {
        st = hy_error("42P07", "table '%s' already exists", new_name);
        goto done;
    }
    alter.next.name = new_name;
    HY_GO(hy_ddl_replace(table, &alter.next, NULL, SIZE_MAX, out));

done:
    end_alter(&alter);
    return st;
}

HyStatus hy_table_rename_column(
    HyTable *table, const char *name, const char *new_name, HyTable **out)
{
    Alter alter;
    HyStatus st = HY_OK;
    HY_TRY(begin_alter(table, &alter));
    int64_t column = hy_table_find_column(table, name);
    if (column < 0) {
        st = hy_error("42703", "unknown column '%s'", name);
        goto done;
    }
    if (hy_table_find_column(table, new_name) >= 0) {
        st = hy_error("42710", "column '%s' already exists", new_name);
        goto done;
    }
    alter.columns[column].name = new_name;
    HY_GO(hy_ddl_replace(table, &alter.next, NULL, SIZE_MAX, out));

done:
    end_alter(&alter);
    return st;
}

HyStatus hy_table_add_column(
    HyTable *table, const HyTableColumn *column, const HyValue *fill, HyTable **out)
{
    Alter alter;
    HyStatus st = HY_OK;
    HyRelation *relation = NULL;
    HyDatabase *database = table->database;
    HyValue value = fill ? *fill : hy_value_null(column->type);
    HY_TRY(begin_alter(table, &alter));
    HyRelation *current = database->current->tables[table->slot].relation;
    alter.columns[alter.next.n_columns++] = *column;
    HY_GO(hy_ddl_check_columns(database, &alter.next));
    if (value.is_null && !column->type.nullable && hy_relation_live_count(current) > 0) {
        st = hy_error("23502", "column '%s' contains null values", column->name);
        goto done;
    }
    HY_GO(hy_relation_add_column(current, &value, column->type, database->store, &relation));
    HY_GO(hy_ddl_replace(table, &alter.next, relation, SIZE_MAX, out));

done:
    hy_relation_unref(relation);
    end_alter(&alter);
    return st;
}

static bool has_column(const uint32_t *columns, size_t n, size_t column)
{
    for (size_t i = 0; i < n; i++) {
        if (columns[i] == column)
            return true;
    }
    return false;
}

static bool is_in_key(const HyTable *table, size_t column)
{
    for (size_t i = 0; i < table->n_keys; i++) {
        if (has_column(table->keys[i].columns, table->keys[i].n_columns, column))
            return true;
    }
    for (size_t i = 0; i < table->n_foreign_keys; i++) {
        const HyForeignKey *key = &table->foreign_keys[i];
        if (has_column(key->columns, key->n_columns, column))
            return true;
    }
    return false;
}

/* Numbers of columns behind the dropped one are one less. */
static HyStatus shift_numbers(HyArena *arena, const uint32_t **columns, size_t n, size_t dropped)
{
    uint32_t *shifted;
    if (!*columns)
        return HY_OK;
    HY_ARENA_NEW(arena, shifted, n + 1);
    for (size_t i = 0; i < n; i++)
        shifted[i] = (*columns)[i] - ((*columns)[i] > dropped);
    *columns = shifted;
    return HY_OK;
}

static HyStatus shift_keys(Alter *alter, size_t dropped)
{
    const HyTable *table = alter->table;
    HyTableKey *keys;
    HyForeignKey *foreign_keys;
    HY_ARENA_NEW(alter->arena, keys, table->n_keys + 1);
    HY_ARENA_NEW(alter->arena, foreign_keys, table->n_foreign_keys + 1);
    for (size_t i = 0; i < table->n_keys; i++) {
        keys[i] = table->keys[i];
        HY_TRY(shift_numbers(alter->arena, &keys[i].columns, keys[i].n_columns, dropped));
    }
    for (size_t i = 0; i < table->n_foreign_keys; i++) {
        foreign_keys[i] = table->foreign_keys[i];
        HY_TRY(shift_numbers(
            alter->arena, &foreign_keys[i].columns, foreign_keys[i].n_columns, dropped));
        if (foreign_keys[i].referenced_oid == table->oid)
            HY_TRY(shift_numbers(alter->arena, &foreign_keys[i].referenced_columns,
                foreign_keys[i].n_columns, dropped));
    }
    alter->next.keys = keys;
    alter->next.foreign_keys = foreign_keys;
    return HY_OK;
}

HyStatus hy_table_drop_column(HyTable *table, const char *name, HyTable **out)
{
    Alter alter;
    HyStatus st = HY_OK;
    HyRelation *relation = NULL;
    HyDatabase *database = table->database;
    HY_TRY(begin_alter(table, &alter));
    int64_t found = hy_table_find_column(table, name);
    if (found < 0) {
        st = hy_error("42703", "column '%s' does not exist", name);
        goto done;
    }
    size_t column = (size_t)found;
    if (is_in_key(table, column)) {
        st = hy_error("0A000", "Dropping a column with a constraint is not supported.");
        goto done;
    }
    for (size_t i = column; i + 1 < table->n_columns; i++)
        alter.columns[i] = table->columns[i + 1];
    alter.next.n_columns--;
    HY_GO(shift_keys(&alter, column));
    HY_GO(hy_relation_drop_column(
        database->current->tables[table->slot].relation, column, database->store, &relation));
    HY_GO(hy_ddl_replace(table, &alter.next, relation, column, out));

done:
    hy_relation_unref(relation);
    end_alter(&alter);
    return st;
}

/* The table's keys and one more, whose OID is 0. */
static HyStatus add_key(Alter *alter, const HyTableKey *key)
{
    HyTableKey *keys;
    size_t n = alter->table->n_keys;
    for (size_t i = 0; key->kind == HY_KEY_PRIMARY && i < key->n_columns; i++) {
        if (key->columns[i] < alter->table->n_columns &&
            alter->columns[key->columns[i]].type.nullable)
            return hy_error("23502", "primary key column '%s' has to be NOT NULL",
                alter->columns[key->columns[i]].name);
    }
    HY_ARENA_NEW(alter->arena, keys, n + 1);
    for (size_t i = 0; i < n; i++)
        keys[i] = alter->table->keys[i];
    keys[n] = *key;
    keys[n].oid = 0;
    alter->next.keys = keys;
    alter->next.n_keys = n + 1;
    return HY_OK;
}

static HyStatus add_foreign_key(Alter *alter, const HyForeignKey *key)
{
    HyForeignKey *keys;
    size_t n = alter->table->n_foreign_keys;
    HY_ARENA_NEW(alter->arena, keys, n + 1);
    for (size_t i = 0; i < n; i++)
        keys[i] = alter->table->foreign_keys[i];
    keys[n] = *key;
    keys[n].oid = 0;
    alter->next.foreign_keys = keys;
    alter->next.n_foreign_keys = n + 1;
    HyTable added = alter->next;
    added.foreign_keys = &keys[n];
    added.n_foreign_keys = 1;
    return hy_ddl_check_foreign_keys(alter->table->database->current, &added);
}

HyStatus hy_table_add_constraint(
    HyTable *table, const HyTableKey *key, const HyForeignKey *foreign_key, HyTable **out)
{
    Alter alter;
    HyStatus st = HY_OK;
    HY_TRY(begin_alter(table, &alter));
    if (key)
        HY_GO(add_key(&alter, key));
    if (foreign_key)
        HY_GO(add_foreign_key(&alter, foreign_key));
    HY_GO(hy_ddl_finish_keys(table->database, alter.arena, &alter.next, true));
    HY_GO(hy_ddl_replace(table, &alter.next, NULL, SIZE_MAX, out));

done:
    end_alter(&alter);
    return st;
}
