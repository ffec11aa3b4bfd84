#include "catalog/ddl_internal.h"

static HyStatus check_key_columns(const HyTable *table, const uint32_t *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (columns[i] >= table->n_columns)
            return hy_error("42601", "unknown key column");
        for (size_t j = 0; j < i; j++) {
            if (columns[i] == columns[j])
                return hy_error("42601", "column '%s' appears twice in unique key constraint",
                    table->columns[columns[i]].name);
        }
    }
    return HY_OK;
}

static bool same_columns(const HyTableKey *a, const HyTableKey *b)
{
    if (a->n_columns != b->n_columns)
        return false;
    for (size_t i = 0; i < a->n_columns; i++) {
        if (a->columns[i] != b->columns[i])
            return false;
    }
    return true;
}

/* "t_a_b_key" */
static HyStatus key_name(HyArena *arena, const HyTable *table, HyTableKey *key)
{
    if (key->kind == HY_KEY_PRIMARY) {
        key->name = "";
        return HY_OK;
    }
    HyBuffer name = {0};
    HyStatus st = HY_OK;
    HY_GO(hy_buffer_append_str(&name, table->name));
    for (size_t i = 0; i < key->n_columns; i++)
        HY_GO(hy_buffer_printf(&name, "_%s", table->columns[key->columns[i]].name));
    HY_GO(hy_buffer_append_str(&name, "_key"));
    key->name = hy_arena_strndup(arena, name.data, name.len);
    if (!key->name)
        st = hy_error_oom(name.len);

done:
    hy_buffer_free(&name);
    return st;
}

/* Appends a key unless a unique one over the same columns is there. In ALTER a primary key takes
 * the place of the former one. */
static HyStatus merge_key(HyTableKey *keys, size_t *n, const HyTableKey *key, bool is_alter)
{
    for (size_t i = 0; i < *n; i++) {
        if (keys[i].kind != key->kind)
            continue;
        if (key->kind == HY_KEY_UNIQUE && same_columns(key, &keys[i]))
            return HY_OK;
        if (key->kind == HY_KEY_PRIMARY && !is_alter)
            return hy_error("42601", "multiple primary key constraints");
        if (key->kind == HY_KEY_PRIMARY) {
            keys[i] = *key;
            return HY_OK;
        }
    }
    keys[(*n)++] = *key;
    return HY_OK;
}

HyStatus hy_ddl_finish_keys(
    HyDatabase *database, HyArena *arena, HyTable *definition, bool is_alter)
{
    HyTableKey *keys;
    HyForeignKey *foreign_keys;
    size_t n = 0;
    HY_ARENA_NEW(arena, keys, definition->n_keys + 1);
    for (size_t i = 0; i < definition->n_keys; i++) {
        const HyTableKey *key = &definition->keys[i];
        HY_TRY(check_key_columns(definition, key->columns, key->n_columns));
        HY_TRY(merge_key(keys, &n, key, is_alter));
    }
    for (size_t i = 0; i < n; i++) {
        if (is_alter && keys[i].oid != 0)
            continue;
        keys[i].index_oid = database->next_oid++;
        keys[i].oid = database->next_oid++;
        HY_TRY(key_name(arena, definition, &keys[i]));
    }
    HY_ARENA_NEW(arena, foreign_keys, definition->n_foreign_keys + 1);
    for (size_t i = 0; i < definition->n_foreign_keys; i++) {
        foreign_keys[i] = definition->foreign_keys[i];
        if (!is_alter || foreign_keys[i].oid == 0)
            foreign_keys[i].oid = database->next_oid++;
    }
    definition->keys = keys;
    definition->n_keys = n;
    definition->foreign_keys = foreign_keys;
    return HY_OK;
}

static const HyTableKey *primary_key(const HyTable *table)
{
    for (size_t i = 0; i < table->n_keys; i++) {
        if (table->keys[i].kind == HY_KEY_PRIMARY)
            return &table->keys[i];
    }
    return NULL;
}

static HyStatus check_reference(
    const HyTable *table, const HyForeignKey *key, const HyTable *referenced)
{
    const HyTableKey *primary = primary_key(referenced);
    if (!primary)
        return hy_error(
            "42601", "no primary key defined in referenced table \"%s\"", referenced->name);
    if (primary->n_columns != key->n_columns)
        return hy_error(
            "42601", "referenced columns do not represent primary key in \"%s\"", referenced->name);
    for (size_t i = 0; i < key->n_columns; i++) {
        uint32_t column = primary->columns[i];
        if (key->referenced_columns && key->referenced_columns[i] != column)
            return hy_error("42601", "referenced columns do not represent primary key in \"%s\"",
                referenced->name);
        if (key->columns[i] >= table->n_columns)
            return hy_error("42601", "unknown key column");
        HyType common;
        if (!hy_type_comparable(
                table->columns[key->columns[i]].type, referenced->columns[column].type, &common))
            return hy_error("42601",
                "type mismatch when referencing primary key columns of table \"%s\"",
                referenced->name);
    }
    return HY_OK;
}

HyStatus hy_ddl_check_foreign_keys(const HySnapshot *snapshot, HyTable *definition)
{
    for (size_t i = 0; i < definition->n_foreign_keys; i++) {
        const HyForeignKey *key = &definition->foreign_keys[i];
        const HyTable *referenced = hy_snapshot_find_oid(snapshot, key->referenced_oid);
        if (!referenced)
            return hy_error("42P01", "unknown table");
        HY_TRY(check_reference(definition, key, referenced));
    }
    return HY_OK;
}
