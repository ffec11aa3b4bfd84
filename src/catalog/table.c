#include "catalog/catalog_internal.h"
#include <stdlib.h>

HyTable *hy_table_ref(HyTable *table)
{
    atomic_fetch_add_explicit(&hy_table_object(table)->n_refs, 1, memory_order_relaxed);
    return table;
}

void hy_table_unref(HyTable *table)
{
    if (!table)
        return;
    HyTableObject *object = hy_table_object(table);
    if (atomic_fetch_sub_explicit(&object->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    hy_table_state_unref(table->state);
    hy_arena_destroy(object->arena); /* `object` lies in it */
}

int64_t hy_table_find_column(const HyTable *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return (int64_t)i;
    }
    return -1;
}

HyRelation *hy_table_committed(HyTable *table)
{
    HyDatabase *database = table->database;
    pthread_mutex_lock(&database->lock);
    HyRelation *relation = hy_relation_ref(table->state->committed);
    pthread_mutex_unlock(&database->lock);
    return relation;
}

static HyStatus copy_text(HyArena *arena, const char *text, const char **out)
{
    *out = NULL;
    if (!text)
        return HY_OK;
    *out = hy_arena_strndup(arena, text, strlen(text));
    return *out ? HY_OK : hy_error_oom(strlen(text));
}

static HyStatus copy_numbers(HyArena *arena, const uint32_t *from, size_t n, const uint32_t **out)
{
    *out = NULL;
    if (!from)
        return HY_OK;
    uint32_t *copy;
    HY_ARENA_NEW(arena, copy, n + 1);
    for (size_t i = 0; i < n; i++)
        copy[i] = from[i];
    *out = copy;
    return HY_OK;
}

static HyStatus copy_columns(HyArena *arena, const HyTable *from, HyTable *to)
{
    HyTableColumn *columns;
    HY_ARENA_NEW(arena, columns, from->n_columns + 1);
    for (size_t i = 0; i < from->n_columns; i++) {
        HY_TRY(copy_text(arena, from->columns[i].name, &columns[i].name));
        HY_TRY(copy_text(arena, from->columns[i].default_sql, &columns[i].default_sql));
        HY_TRY(hy_type_copy(arena, from->columns[i].type, &columns[i].type));
    }
    to->columns = columns;
    return HY_OK;
}

static HyStatus copy_keys(HyArena *arena, const HyTable *from, HyTable *to)
{
    HyTableKey *keys;
    HyForeignKey *foreign_keys;
    HY_ARENA_NEW(arena, keys, from->n_keys + 1);
    HY_ARENA_NEW(arena, foreign_keys, from->n_foreign_keys + 1);
    for (size_t i = 0; i < from->n_keys; i++) {
        keys[i] = from->keys[i];
        HY_TRY(copy_text(arena, from->keys[i].name, &keys[i].name));
        HY_TRY(copy_numbers(arena, from->keys[i].columns, keys[i].n_columns, &keys[i].columns));
    }
    for (size_t i = 0; i < from->n_foreign_keys; i++) {
        const HyForeignKey *key = &from->foreign_keys[i];
        foreign_keys[i] = *key;
        HY_TRY(copy_numbers(arena, key->columns, key->n_columns, &foreign_keys[i].columns));
        HY_TRY(copy_numbers(
            arena, key->referenced_columns, key->n_columns, &foreign_keys[i].referenced_columns));
    }
    to->keys = keys;
    to->foreign_keys = foreign_keys;
    return HY_OK;
}

HyStatus hy_table_object_create(const HyTable *definition, HyTableState *state, HyTableObject **out)
{
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    HyStatus st = HY_OK;
    HyTableObject *object = hy_arena_zalloc(arena, sizeof *object);
    if (!object) {
        st = hy_error_oom(sizeof *object);
        goto done;
    }
    HyTable *table = &object->table;
    table->database = definition->database;
    table->oid = definition->oid;
    table->schema_oid = definition->schema_oid;
    table->slot = definition->slot;
    table->is_temporary = definition->is_temporary;
    table->n_columns = definition->n_columns;
    table->n_keys = definition->n_keys;
    table->n_foreign_keys = definition->n_foreign_keys;
    HY_GO(copy_text(arena, definition->name, &table->name));
    HY_GO(copy_text(arena, definition->schema_name, &table->schema_name));
    HY_GO(copy_columns(arena, definition, table));
    HY_GO(copy_keys(arena, definition, table));
    atomic_init(&table->is_current, true);
    atomic_init(&object->n_refs, 1);
    table->state = hy_table_state_ref(state);
    object->arena = arena;
    object->owner = 1; /* the user whom new files name */
    *out = object;
    arena = NULL;

done:
    hy_arena_destroy(arena);
    return st;
}

HyStatus hy_table_state_create(HyRelation *committed, HyTableState **out)
{
    HyTableState *state = calloc(1, sizeof *state);
    if (!state)
        return hy_error_oom(sizeof *state);
    atomic_init(&state->n_refs, 1);
    state->committed = hy_relation_ref(committed);
    *out = state;
    return HY_OK;
}

HyTableState *hy_table_state_ref(HyTableState *state)
{
    atomic_fetch_add_explicit(&state->n_refs, 1, memory_order_relaxed);
    return state;
}

void hy_table_state_unref(HyTableState *state)
{
    if (!state || atomic_fetch_sub_explicit(&state->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    hy_relation_unref(state->committed);
    hy_row_set_free(&state->claims);
    hy_relation_image_destroy(state->image);
    free(state);
}

HyStatus hy_schema_create(const char *name, uint32_t oid, HySchema **out)
{
    HySchema *schema = calloc(1, sizeof *schema);
    if (!schema)
        return hy_error_oom(sizeof *schema);
    atomic_init(&schema->n_refs, 1);
    schema->name = strdup(name);
    if (!schema->name) {
        free(schema);
        return hy_error_oom(strlen(name));
    }
    schema->oid = oid;
    schema->owner = 1;
    *out = schema;
    return HY_OK;
}

HySchema *hy_schema_ref(HySchema *schema)
{
    atomic_fetch_add_explicit(&schema->n_refs, 1, memory_order_relaxed);
    return schema;
}

void hy_schema_unref(HySchema *schema)
{
    if (!schema || atomic_fetch_sub_explicit(&schema->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    free(schema->name);
    free(schema);
}
