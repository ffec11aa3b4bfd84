/* How committed changes reach the file: the changed relations, the catalog, one commit of the
 * container. */
#include "catalog/catalog_json.h"
#include "catalog/commit_log.h"
#include <stdlib.h>

/* What the catalog's writer asks for. */
typedef struct CountSource {
    const HyPersistItem *items;
    size_t n_items;
} CountSource;

static const int64_t *null_counts_of(void *context, const HyTable *table)
{
    const CountSource *source = context;
    for (size_t i = 0; i < source->n_items; i++) {
        if (source->items[i].save && source->items[i].state == table->state)
            return hy_relation_save_null_counts(source->items[i].save);
    }
    return table->state->image ? hy_relation_image_null_counts(table->state->image) : NULL;
}

static HyStatus save_item(HyDatabase *database, HyPersistItem *item, HyContainerCommit *commit)
{
    HyTableState *state = item->state;
    if (!item->version) {
        if (!state->image) /* never reached the file */
            return HY_OK;
        return hy_relation_save_drop(state->image, commit, &item->save);
    }
    if (!state->image)
        HY_TRY(hy_relation_image_create(database->store, item->slot, &state->image));
    if (hy_relation_image_is(state->image, item->version))
        return HY_OK;
    return hy_relation_save(
        state->image, item->version, database->catalog->options.pool, commit, &item->save);
}

static HyStatus write_catalog(HyDatabase *database, const HySnapshot *next,
    const HyPersistItem *items, size_t n_items, HyContainerCommit *commit, HyObjectRef *ref)
{
    HyBuffer text = {0};
    CountSource source = {.items = items, .n_items = n_items};
    HyObjectKey key = {.kind = HY_OBJECT_CATALOG};
    HyCompression none = {.method = HY_COMPRESS_NONE};
    HyStatus st = HY_OK;
    HY_GO(hy_catalog_json_format(next, database->raw, null_counts_of, &source, &text));
    HY_GO(hy_container_write(database->container, text.data, text.len, none, NULL, ref));
    st = hy_commit_put(commit, &key, ref);
    if (st)
        hy_container_free_ref(database->container, ref);

done:
    hy_buffer_free(&text);
    return st;
}

static HyStatus write_now(
    HyDatabase *database, const HySnapshot *next, HyPersistItem *items, size_t n_items)
{
    HyStatus st = HY_OK;
    HyContainerCommit *commit = NULL;
    HyObjectRef catalog_ref;
    bool is_committed = false;
    HY_GO(hy_container_begin(database->container, &commit));
    hy_commit_log_join(database, commit);
    for (size_t i = 0; i < n_items; i++)
        HY_GO(save_item(database, &items[i], commit));
    HY_GO(write_catalog(database, next, items, n_items, commit, &catalog_ref));
    st = hy_container_commit(commit);
    commit = NULL;
    is_committed = st == HY_OK;
    if (st)
        hy_container_free_ref(database->container, &catalog_ref);

done:
    hy_commit_abandon(commit);
    for (size_t i = 0; i < n_items; i++) {
        hy_relation_save_end(items[i].save, is_committed);
        items[i].save = NULL;
    }
    if (is_committed)
        hy_commit_log_restart(database);
    return st;
}

/* Everything in `next` that differs from the file, and the removal of the dropped tables among
 * `items`. */
static HyStatus write_all(
    HyDatabase *database, const HySnapshot *next, const HyPersistItem *items, size_t n_items)
{
    size_t n = 0;
    HyPersistItem *all = calloc(next->n_tables + n_items + 1, sizeof *all);
    if (!all)
        return hy_error_oom((next->n_tables + n_items) * sizeof *all);
    for (size_t i = 0; i < n_items; i++) {
        if (!items[i].version)
            all[n++] = items[i];
    }
    for (size_t i = 0; i < next->n_tables; i++) {
        const HySnapshotTable *entry = &next->tables[i];
        if (entry->table)
            all[n++] = (HyPersistItem){
                .state = entry->table->state, .version = entry->relation, .slot = (uint32_t)i};
    }
    HyStatus st = write_now(database, next, all, n);
    free(all);
    if (!st)
        database->is_dirty = false;
    return st;
}

HyStatus hy_database_persist(
    HyDatabase *database, const HySnapshot *next, HyPersistItem *items, size_t n_items)
{
    if (!database->container)
        return HY_OK;
    if (database->durability != HY_DURABILITY_AT_CLOSE)
        return database->is_dirty ? write_all(database, next, items, n_items)
                                  : write_now(database, next, items, n_items);
    /* Later; but the slot of a dropped table may be taken by another one before that. */
    for (size_t i = 0; i < n_items; i++) {
        if (!items[i].version && items[i].state->image)
            return write_all(database, next, items, n_items);
    }
    database->is_dirty = true;
    return HY_OK;
}

HyStatus hy_database_persist_all(HyDatabase *database)
{
    if (!database->container || !database->is_dirty)
        return HY_OK;
    HySnapshot *snapshot = hy_database_snapshot(database);
    HyStatus st = write_all(database, snapshot, NULL, 0);
    hy_snapshot_unref(snapshot);
    return st;
}

HySnapshot *hy_database_install(HyDatabase *database, HySnapshot *next)
{
    HySnapshot *old = database->current;
    database->current = next;
    return old;
}
