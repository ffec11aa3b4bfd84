/* Commit of a transaction's changes to one database. */
#include "catalog/transaction_internal.h"
#include "storage/appender.h"
#include "storage/relation_change.h"
#include <stdlib.h>

/* Appends the rows of the transaction that are alive behind `into`. */
static HyStatus append_own_rows(
    const HyTransactionTable *entry, HyRelation *into, HyDatabase *database, HyRelation **out)
{
    HyAppenderOptions options = {.store = database->store, .pool = database->catalog->options.pool};
    HyAppender *appender;
    HY_TRY(hy_appender_create(into, &options, &appender));
    HyStatus st = hy_appender_append_relation(appender, entry->current, entry->base_rows);
    if (st) {
        hy_appender_abort(appender);
        return st;
    }
    return hy_appender_finish(appender, out);
}

/* Others have committed since the snapshot: their version, the transaction's deletes, its rows. Row
 * ids of its rows change, which nobody can have seen. There is nothing to conflict: rows were
 * claimed when they were deleted. */
static HyStatus rebase(
    const HyTransactionTable *entry, HyRelation *committed, HyDatabase *database, HyRelation **out)
{
    HyRelation *base = hy_relation_ref(committed);
    if (entry->claims.count > 0) {
        HyRelation *changed = NULL;
        HyStatus st = hy_relation_with_deletes(base, &entry->claims, &changed);
        hy_relation_unref(base);
        if (st)
            return st;
        base = changed;
    }
    HyStatus st = append_own_rows(entry, base, database, out);
    hy_relation_unref(base);
    return st;
}

/* The version that the table shall have. */
static HyStatus final_version(
    const HyTransactionTable *entry, HyRelation *committed, HyDatabase *database, HyRelation **out)
{
    HyRelation *version;
    if (committed == entry->base)
        version = hy_relation_ref(entry->current);
    else
        HY_TRY(rebase(entry, committed, database, &version));
    bool is_new = committed == entry->base && entry->is_truncated;
    if (hy_relation_live_count(version) == 0 && hy_relation_row_count(version) > 0) {
        HyRelation *empty;
        HyStatus st = hy_relation_create(
            hy_relation_types(version), hy_relation_column_count(version), &empty);
        hy_relation_unref(version);
        if (st)
            return st;
        version = empty;
        is_new = true;
    }
    if (is_new) /* row ids start anew */
        hy_relation_set_lineage(version, ++database->next_lineage);
    *out = version;
    return HY_OK;
}

/* The entry of the table in the current snapshot: DDL may have put another HyTable with the same
 * rows there, but not one with other columns while there are writers. */
static HyTable *table_now(const HySnapshot *current, const HyTable *table)
{
    HyTable *now = table->slot < current->n_tables ? current->tables[table->slot].table : NULL;
    return now && now->state == table->state ? now : NULL;
}

static HyStatus prepare(
    HyTransactionDatabase *own, HySnapshot *next, HyPersistItem *items, size_t *n_items)
{
    HyDatabase *database = own->database;
    for (size_t i = 0; i < own->n_tables; i++) {
        HyTransactionTable *entry = own->tables[i];
        if (!hy_transaction_table_is_changed(entry))
            continue;
        HyTable *now = table_now(database->current, entry->table);
        if (!now)
            return hy_error("40001", "conflict with concurrent transaction");
        HyRelation *version = NULL;
        HY_TRY(final_version(
            entry, database->current->tables[now->slot].relation, database, &version));
        hy_snapshot_set_table(next, now->slot, now, version);
        items[(*n_items)++] =
            (HyPersistItem){.state = now->state, .version = version, .slot = now->slot};
        hy_relation_unref(version); /* `next` has it */
    }
    return HY_OK;
}

/* Makes the versions the committed ones; database->lock. */
static void publish_versions(const HyPersistItem *items, size_t n_items)
{
    for (size_t i = 0; i < n_items; i++) {
        hy_relation_unref(items[i].state->committed);
        items[i].state->committed = hy_relation_ref(items[i].version);
    }
}

HyStatus hy_transaction_commit_database(HyTransactionDatabase *own)
{
    HyDatabase *database = own->database;
    HyStatus st = HY_OK;
    HySnapshot *next = NULL;
    HySnapshot *old = NULL;
    size_t n_items = 0;
    size_t n_changed = 0;
    for (size_t i = 0; i < own->n_tables; i++)
        n_changed += hy_transaction_table_is_changed(own->tables[i]);
    if (n_changed == 0)
        return HY_OK;
    HyPersistItem *items = calloc(n_changed, sizeof *items);
    if (!items)
        return hy_error_oom(n_changed * sizeof *items);
    pthread_mutex_lock(&database->commit_lock);
    HY_GO(hy_snapshot_copy(database->current, 0, 0, &next));
    HY_GO(prepare(own, next, items, &n_items));
    HY_GO(hy_database_persist(database, next, items, n_items));
    pthread_mutex_lock(&database->lock);
    publish_versions(items, n_items);
    old = hy_database_install(database, next);
    next = NULL;
    /* Claims are given up only now: until here they stood for these deletes. */
    pthread_mutex_unlock(&database->lock);

done:
    pthread_mutex_unlock(&database->commit_lock);
    hy_snapshot_unref(next);
    hy_snapshot_unref(old);
    free(items);
    return st;
}
