#include "catalog/catalog_internal.h"
#include <assert.h>
#include <stdlib.h>

HyStatus hy_snapshot_create(size_t n_schemas, size_t n_tables, HySnapshot **out)
{
    HySnapshot *snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot)
        return hy_error_oom(sizeof *snapshot);
    atomic_init(&snapshot->n_refs, 1);
    snapshot->schemas = calloc(n_schemas + 1, sizeof *snapshot->schemas);
    snapshot->tables = calloc(n_tables + 1, sizeof *snapshot->tables);
    if (!snapshot->schemas || !snapshot->tables) {
        hy_snapshot_unref(snapshot);
        return hy_error_oom(n_tables * sizeof *snapshot->tables);
    }
    snapshot->n_schemas = n_schemas;
    snapshot->n_tables = n_tables;
    *out = snapshot;
    return HY_OK;
}

HyStatus hy_snapshot_copy(
    const HySnapshot *from, size_t more_schemas, size_t more_tables, HySnapshot **out)
{
    HySnapshot *copy;
    HY_TRY(hy_snapshot_create(from->n_schemas + more_schemas, from->n_tables + more_tables, &copy));
    for (size_t i = 0; i < from->n_schemas; i++) {
        if (from->schemas[i])
            copy->schemas[i] = hy_schema_ref(from->schemas[i]);
    }
    for (size_t i = 0; i < from->n_tables; i++)
        hy_snapshot_set_table(copy, i, from->tables[i].table, from->tables[i].relation);
    *out = copy;
    return HY_OK;
}

HySnapshot *hy_snapshot_ref(HySnapshot *snapshot)
{
    atomic_fetch_add_explicit(&snapshot->n_refs, 1, memory_order_relaxed);
    return snapshot;
}

void hy_snapshot_unref(HySnapshot *snapshot)
{
    if (!snapshot || atomic_fetch_sub_explicit(&snapshot->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < snapshot->n_schemas; i++)
        hy_schema_unref(snapshot->schemas[i]);
    for (size_t i = 0; i < snapshot->n_tables; i++) {
        hy_table_unref(snapshot->tables[i].table);
        hy_relation_unref(snapshot->tables[i].relation);
    }
    free(snapshot->schemas);
    free(snapshot->tables);
    free(snapshot);
}

void hy_snapshot_set_table(HySnapshot *snapshot, size_t slot, HyTable *table, HyRelation *relation)
{
    assert(slot < snapshot->n_tables);
    HySnapshotTable *entry = &snapshot->tables[slot];
    HySnapshotTable old = *entry;
    entry->table = table ? hy_table_ref(table) : NULL;
    entry->relation = relation ? hy_relation_ref(relation) : NULL;
    hy_table_unref(old.table);
    hy_relation_unref(old.relation);
}

size_t hy_snapshot_find_schema(const HySnapshot *snapshot, const char *name)
{
    for (size_t i = 0; i < snapshot->n_schemas; i++) {
        if (snapshot->schemas[i] && strcmp(snapshot->schemas[i]->name, name) == 0)
            return i;
    }
    return SIZE_MAX;
}

HyTable *hy_snapshot_find_table(const HySnapshot *snapshot, const char *schema, const char *name)
{
    for (size_t i = 0; i < snapshot->n_tables; i++) {
        HyTable *table = snapshot->tables[i].table;
        if (table && strcmp(table->name, name) == 0 && strcmp(table->schema_name, schema) == 0)
            return table;
    }
    return NULL;
}

HyTable *hy_snapshot_find_oid(const HySnapshot *snapshot, uint32_t oid)
{
    for (size_t i = 0; i < snapshot->n_tables; i++) {
        HyTable *table = snapshot->tables[i].table;
        if (table && table->oid == oid)
            return table;
    }
    return NULL;
}

HySnapshot *hy_database_snapshot(HyDatabase *database)
{
    pthread_mutex_lock(&database->lock);
    HySnapshot *snapshot = hy_snapshot_ref(database->current);
    pthread_mutex_unlock(&database->lock);
    return snapshot;
}
