#include "catalog/ddl_internal.h"
#include "storage/relation_change.h"

struct HyAlteration {
    HyTable *table; /* as it was */
    HyArena *arena;
    HySnapshot *next; /* as it will be */
};

/* One change: a definition, and who may write to it. */
typedef struct Change {
    HyAlteration *alteration;
    const HyTable *table;   /* as the changes before left it */
    HyTable next;           /* shares what does not change with `table` */
    HyTableColumn *columns; /* of next, with room for one more */
} Change;

HyStatus hy_alteration_begin(HyTable *table, HyAlteration **out)
{
    HyDatabase *database = table->database;
    HyArena *arena = hy_arena_create();
    HyAlteration *alteration = arena ? hy_arena_zalloc(arena, sizeof *alteration) : NULL;
    if (!alteration) {
        hy_arena_destroy(arena);
        return hy_error_oom(sizeof *alteration);
    }
    *alteration = (HyAlteration){.table = table, .arena = arena};
    hy_database_lock_commits(database);
    HyStatus st = hy_ddl_begin_table(table);
    if (!st) {
        st = hy_snapshot_copy(database->current, 0, 0, &alteration->next);
        if (st)
            hy_ddl_end_table(table);
    }
    if (st) {
        pthread_mutex_unlock(&database->commit_lock);
        hy_arena_destroy(arena);
        return st;
    }
    *out = alteration;
    return HY_OK;
}

HyTable *hy_alteration_table(const HyAlteration *alteration)
{
    return alteration->next->tables[alteration->table->slot].table;
}

static HyRelation *relation_of(const HyAlteration *alteration)
{
    return alteration->next->tables[alteration->table->slot].relation;
}

static HyStatus publish(HyAlteration *alteration, HyTable **out)
{
    HyTable *table = alteration->table;
    HyTable *made = hy_table_ref(hy_alteration_table(alteration));
    HyPersistItem item = {
        .state = table->state, .version = relation_of(alteration), .slot = table->slot};
    HySnapshot *next = alteration->next;
    alteration->next = NULL;
    HyStatus st = hy_ddl_publish(table->database, next, &item, 1);
    if (st || !out)
        hy_table_unref(made);
    else
        *out = made;
    return st;
}

HyStatus hy_alteration_end(HyAlteration *alteration, HyStatus st, HyTable **out)
{
    HyTable *table = alteration->table;
    if (!st)
        st = publish(alteration, out);
    hy_snapshot_unref(alteration->next);
    hy_ddl_end_table(table);
    pthread_mutex_unlock(&table->database->commit_lock);
    hy_arena_destroy(alteration->arena);
    return st;
}

static HyStatus begin_change(HyAlteration *alteration, Change *change)
{
    const HyTable *table = hy_alteration_table(alteration);
    *change = (Change){.alteration = alteration, .table = table};
    change->next.database = table->database;
    change->next.schema_name = table->schema_name;
    change->next.name = table->name;
    change->next.oid = table->oid;
    change->next.schema_oid = table->schema_oid;
    change->next.slot = table->slot;
    change->next.is_temporary = table->is_temporary;
    change->next.n_columns = table->n_columns;
    change->next.keys = table->keys;
    change->next.n_keys = table->n_keys;
    change->next.foreign_keys = table->foreign_keys;
    change->next.n_foreign_keys = table->n_foreign_keys;
    HY_ARENA_NEW(alteration->arena, change->columns, table->n_columns + 1);
    for (size_t i = 0; i < table->n_columns; i++)
        change->columns[i] = table->columns[i];
    change->next.columns = change->columns;
    return HY_OK;
}

/* relation: NULL leaves the rows as they are. dropped: number of the column that is gone. */
static HyStatus end_change(Change *change, HyRelation *relation, size_t dropped)
{
    HyAlteration *alteration = change->alteration;
    return hy_ddl_replace_in(
        alteration->next, hy_alteration_table(alteration), &change->next, relation, dropped);
}

HyStatus hy_alteration_rename(HyAlteration *alteration, const char *new_name)
{
    Change change;
    HY_TRY(begin_change(alteration, &change));
    if (hy_snapshot_find_table(alteration->next, change.table->schema_name, new_name))
        return hy_error("42P07", "table '%s' already exists", new_name);
    change.next.name = new_name;
    return end_change(&change, NULL, SIZE_MAX);
}

HyStatus hy_alteration_rename_column(
    HyAlteration *alteration, const char *name, const char *new_name)
{
    Change change;
    HY_TRY(begin_change(alteration, &change));
    int64_t column = hy_table_find_column(change.table, name);
    if (column < 0)
        return hy_error("42703", "unknown column '%s'", name);
    if (hy_table_find_column(change.table, new_name) >= 0)
        return hy_error("42710", "column '%s' already exists", new_name);
    change.columns[column].name = new_name;
    return end_change(&change, NULL, SIZE_MAX);
}

HyStatus hy_alteration_add_column(
    HyAlteration *alteration, const HyTableColumn *column, const HyValue *fill)
{
    Change change;
    HyRelation *relation = NULL;
    HyDatabase *database = alteration->table->database;
    HyValue value = fill ? *fill : hy_value_null(column->type);
    HY_TRY(begin_change(alteration, &change));
    change.columns[change.next.n_columns++] = *column;
    HY_TRY(hy_ddl_check_columns(database, &change.next));
    if (value.is_null && !column->type.nullable &&
        hy_relation_live_count(relation_of(alteration)) > 0)
        return hy_error("23502", "column '%s' contains null values", column->name);
    HY_TRY(hy_relation_add_column(
        relation_of(alteration), &value, column->type, database->store, &relation));
    HyStatus st = end_change(&change, relation, SIZE_MAX);
    hy_relation_unref(relation);
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

static HyStatus shift_keys(Change *change, size_t dropped)
{
    const HyTable *table = change->table;
    HyArena *arena = change->alteration->arena;
    HyTableKey *keys;
    HyForeignKey *foreign_keys;
    HY_ARENA_NEW(arena, keys, table->n_keys + 1);
    HY_ARENA_NEW(arena, foreign_keys, table->n_foreign_keys + 1);
    for (size_t i = 0; i < table->n_keys; i++) {
        keys[i] = table->keys[i];
        HY_TRY(shift_numbers(arena, &keys[i].columns, keys[i].n_columns, dropped));
    }
    for (size_t i = 0; i < table->n_foreign_keys; i++) {
        foreign_keys[i] = table->foreign_keys[i];
        HY_TRY(shift_numbers(arena, &foreign_keys[i].columns, foreign_keys[i].n_columns, dropped));
        if (foreign_keys[i].referenced_oid == table->oid)
            HY_TRY(shift_numbers(
                arena, &foreign_keys[i].referenced_columns, foreign_keys[i].n_columns, dropped));
    }
    change->next.keys = keys;
    change->next.foreign_keys = foreign_keys;
    return HY_OK;
}

HyStatus hy_alteration_drop_column(HyAlteration *alteration, const char *name)
{
    Change change;
    HyRelation *relation = NULL;
    HY_TRY(begin_change(alteration, &change));
    int64_t found = hy_table_find_column(change.table, name);
    if (found < 0)
        return hy_error("42703", "column '%s' does not exist", name);
    size_t column = (size_t)found;
    if (is_in_key(change.table, column))
        return hy_error("0A000", "Dropping a column with a constraint is not supported.");
    for (size_t i = column; i + 1 < change.table->n_columns; i++)
        change.columns[i] = change.table->columns[i + 1];
    change.next.n_columns--;
    HY_TRY(shift_keys(&change, column));
    HY_TRY(hy_relation_drop_column(
        relation_of(alteration), column, alteration->table->database->store, &relation));
    HyStatus st = end_change(&change, relation, column);
    hy_relation_unref(relation);
    return st;
}

/* The table's keys and one more, whose OID is 0. */
static HyStatus add_key(Change *change, const HyTableKey *key)
{
    HyTableKey *keys;
    size_t n = change->table->n_keys;
    for (size_t i = 0; key->kind == HY_KEY_PRIMARY && i < key->n_columns; i++) {
        if (key->columns[i] < change->table->n_columns &&
            change->columns[key->columns[i]].type.nullable)
            return hy_error("23502", "primary key column '%s' has to be NOT NULL",
                change->columns[key->columns[i]].name);
    }
    HY_ARENA_NEW(change->alteration->arena, keys, n + 1);
    for (size_t i = 0; i < n; i++)
        keys[i] = change->table->keys[i];
    keys[n] = *key;
    keys[n].oid = 0;
    change->next.keys = keys;
    change->next.n_keys = n + 1;
    return HY_OK;
}

static HyStatus add_foreign_key(Change *change, const HyForeignKey *key)
{
    HyForeignKey *keys;
    size_t n = change->table->n_foreign_keys;
    HY_ARENA_NEW(change->alteration->arena, keys, n + 1);
    for (size_t i = 0; i < n; i++)
        keys[i] = change->table->foreign_keys[i];
    keys[n] = *key;
    keys[n].oid = 0;
    change->next.foreign_keys = keys;
    change->next.n_foreign_keys = n + 1;
    HyTable added = change->next;
    added.foreign_keys = &keys[n];
    added.n_foreign_keys = 1;
    return hy_ddl_check_foreign_keys(change->alteration->next, &added);
}

HyStatus hy_alteration_add_constraint(
    HyAlteration *alteration, const HyTableKey *key, const HyForeignKey *foreign_key)
{
    Change change;
    HY_TRY(begin_change(alteration, &change));
    if (key)
        HY_TRY(add_key(&change, key));
    if (foreign_key)
        HY_TRY(add_foreign_key(&change, foreign_key));
    HY_TRY(hy_ddl_finish_keys(alteration->table->database, alteration->arena, &change.next, true));
    return end_change(&change, NULL, SIZE_MAX);
}
