#include "catalog/database_copy.h"
#include "catalog/ddl_internal.h"
#include "storage/appender.h"
#include "storage/relation_change.h"
#include <stdlib.h>

/* The live rows of `from` as a relation of the other database. */
static HyStatus copy_rows(HyRelation *from, HyDatabase *to, HyRelation **out)
{
    HyStatus st = HY_OK;
    HyRelation *empty = NULL;
    HyAppender *appender = NULL;
    HyAppenderOptions options = {.store = to->store, .pool = to->catalog->options.pool};
    HY_GO(hy_relation_create(hy_relation_types(from), hy_relation_column_count(from), &empty));
    HY_GO(hy_appender_create(empty, &options, &appender));
    HY_GO(hy_appender_append_relation(appender, from, 0));
    HyAppender *finished = appender;
    appender = NULL;
    HY_GO(hy_appender_finish(finished, out));

done:
    hy_appender_abort(appender);
    hy_relation_unref(empty);
    return st;
}

static HyStatus copy_table(
    const HySnapshotTable *from, HyDatabase *to, uint32_t slot, HySnapshot *next)
{
    HyStatus st = HY_OK;
    HyRelation *relation = NULL;
    HyTableState *state = NULL;
    HyTableObject *object = NULL;
    const HyTable *table = from->table;
    HyTable definition = {.database = to,
        .schema_name = table->schema_name,
        .name = table->name,
        .oid = table->oid,
        .schema_oid = table->schema_oid,
        .slot = slot,
        .columns = table->columns,
        .n_columns = table->n_columns,
        .keys = table->keys,
        .n_keys = table->n_keys,
        .foreign_keys = table->foreign_keys,
        .n_foreign_keys = table->n_foreign_keys};
    HY_GO(hy_ddl_check_columns(to, &definition));
    HY_GO(copy_rows(from->relation, to, &relation));
    hy_relation_set_lineage(relation, ++to->next_lineage);
    HY_GO(hy_table_state_create(relation, &state));
    HY_GO(hy_table_object_create(&definition, state, &object));
    hy_snapshot_set_table(next, slot, &object->table, relation);

done:
    if (object)
        hy_table_unref(&object->table);
    hy_table_state_unref(state);
    hy_relation_unref(relation);
    return st;
}

/* Dropped entries are left out. */
static HyStatus copy_snapshot(const HySnapshot *from, HyDatabase *to, HySnapshot **out)
{
    HyStatus st = HY_OK;
    HySnapshot *next = NULL;
    size_t n_schemas = 0;
    size_t n_tables = 0;
    for (size_t i = 0; i < from->n_schemas; i++)
        n_schemas += from->schemas[i] != NULL;
    for (size_t i = 0; i < from->n_tables; i++)
        n_tables += from->tables[i].table != NULL;
    HY_TRY(hy_snapshot_create(n_schemas, n_tables, &next));
    size_t at = 0;
    for (size_t i = 0; i < from->n_schemas; i++) {
        if (from->schemas[i])
            HY_GO(hy_schema_create(
                from->schemas[i]->name, from->schemas[i]->oid, &next->schemas[at++]));
    }
    at = 0;
    for (size_t i = 0; i < from->n_tables; i++) {
        if (from->tables[i].table)
            HY_GO(copy_table(&from->tables[i], to, (uint32_t)at++, next));
    }
    *out = next;
    next = NULL;

done:
    hy_snapshot_unref(next);
    return st;
}

static HyStatus publish_copy(HyDatabase *to, HySnapshot *next)
{
    HyPersistItem *items = calloc(next->n_tables + 1, sizeof *items);
    if (!items) {
        hy_snapshot_unref(next);
        return hy_error_oom(next->n_tables * sizeof *items);
    }
    for (size_t i = 0; i < next->n_tables; i++)
        items[i] = (HyPersistItem){.state = next->tables[i].table->state,
            .version = next->tables[i].relation,
            .slot = (uint32_t)i};
    size_t n = next->n_tables;
    HyStatus st = hy_ddl_publish(to, next, items, n);
    free(items);
    return st;
}

HyStatus hy_database_copy(HyDatabase *from, HyDatabase *to)
{
    HySnapshot *source = hy_database_snapshot(from);
    HySnapshot *next = NULL;
    hy_database_lock_commits(to);
    if (from->next_oid > to->next_oid)
        to->next_oid = from->next_oid;
    HyStatus st = copy_snapshot(source, to, &next);
    if (!st)
        st = publish_copy(to, next);
    pthread_mutex_unlock(&to->commit_lock);
    hy_snapshot_unref(source);
    return st;
}
