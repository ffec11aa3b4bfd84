/* Commit of a transaction's changes to one database. */
#include "catalog/commit_log.h"
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
    if (!st && entry->own)
        st = hy_appender_append_relation(appender, entry->own, 0);
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

/* Nobody has committed since the snapshot. */
static HyStatus own_version(const HyTransactionTable *entry, HyDatabase *database, HyRelation **out)
{
    if (!entry->own) {
        *out = hy_relation_ref(entry->current);
        return HY_OK;
    }
    HyTransactionTable rows = *entry;
    rows.base_rows = hy_relation_row_count(entry->current); /* they are in it already */
    return append_own_rows(&rows, entry->current, database, out);
}

/* The version that the table shall have. */
static HyStatus final_version(
    const HyTransactionTable *entry, HyRelation *committed, HyDatabase *database, HyRelation **out)
{
    HyRelation *version;
    if (committed == entry->base)
        HY_TRY(own_version(entry, database, &version));
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

static HyStatus prepare(HyTransactionDatabase *own, const HySnapshot *head, HySnapshot *next,
    HyPersistItem *items, size_t *n_items)
{
    HyDatabase *database = own->database;
    for (size_t i = 0; i < own->n_tables; i++) {
        HyTransactionTable *entry = own->tables[i];
        if (!hy_transaction_table_is_changed(entry))
            continue;
        HyTable *now = table_now(head, entry->table);
        if (!now)
            return hy_error("40001", "conflict with concurrent transaction");
        HyRelation *version = NULL;
        HY_TRY(final_version(entry, head->tables[now->slot].relation, database, &version));
        hy_snapshot_set_table(next, now->slot, now, version);
        items[(*n_items)++] =
            (HyPersistItem){.state = now->state, .version = version, .slot = now->slot};
        hy_relation_unref(version); /* `next` has it */
    }
    return HY_OK;
}

/* ---- Commits under way ----
 *
 * A commit that is written to the log is not seen by others before it is on the disk, but the
 * commits after it are based on it, so that many can wait for one sync. They become visible in
 * their order. If the sync fails, all that waited for it are undone. */

/* The newest state, which the next one is based on; commit_lock. */
static const HySnapshot *newest(const HyDatabase *database)
{
    return database->pending_last ? database->pending_last->snapshot : database->current;
}

static void free_pending(HyPendingCommit *pending)
{
    while (pending) {
        HyPendingCommit *next = pending->next;
        hy_snapshot_unref(pending->snapshot);
        hy_log_unref(pending->log);
        free(pending);
        pending = next;
    }
}

/* Makes a state current, its versions the committed ones; database->lock. Gives the former state,
 * to be unreferenced without locks. */
static HySnapshot *publish(HyDatabase *database, HySnapshot *next)
{
    for (size_t i = 0; i < next->n_tables; i++) {
        const HySnapshotTable *entry = &next->tables[i];
        if (!entry->table || entry->table->state->committed == entry->relation)
            continue;
        hy_relation_unref(entry->table->state->committed);
        entry->table->state->committed = hy_relation_ref(entry->relation);
    }
    return hy_database_install(database, next);
}

/* Publishes all commits that are on the disk. */
static void publish_durable(HyDatabase *database)
{
    HyPendingCommit *done = NULL;
    pthread_mutex_lock(&database->lock);
    HyPendingCommit *last = NULL;
    for (HyPendingCommit *p = database->pending_first; p; p = p->next) {
        if (!p->log || hy_log_synced(p->log) >= p->position)
            last = p;
    }
    if (last) {
        done = database->pending_first;
        database->pending_first = last->next;
        if (!last->next)
            database->pending_last = NULL;
        last->next = NULL;
        last->snapshot = publish(database, last->snapshot);
    }
    pthread_mutex_unlock(&database->lock);
    free_pending(done);
}

/* Undoes what waits for a log that has failed; commit_lock. */
static void undo_failed(HyDatabase *database)
{
    HyPendingCommit *failed = NULL;
    publish_durable(database);
    pthread_mutex_lock(&database->lock);
    if (database->pending_first && hy_log_is_failed(database->pending_first->log)) {
        failed = database->pending_first;
        database->pending_first = NULL;
        database->pending_last = NULL;
    }
    pthread_mutex_unlock(&database->lock);
    free_pending(failed);
}

void hy_database_lock_commits(HyDatabase *database)
{
    pthread_mutex_lock(&database->commit_lock);
    undo_failed(database);
    while (database->pending_last) {
        HyPendingCommit *last = database->pending_last;
        HyLog *log = hy_log_ref(last->log);
        hy_error_free(hy_log_wait(log, last->position)); /* its committer is told too */
        hy_log_unref(log);
        undo_failed(database);
    }
}

static void add_pending(HyDatabase *database, HyPendingCommit *pending)
{
    pthread_mutex_lock(&database->lock);
    if (database->pending_last)
        database->pending_last->next = pending;
    else
        database->pending_first = pending;
    database->pending_last = pending;
    pthread_mutex_unlock(&database->lock);
}

/* Makes the next state and has it written; commit_lock. The log to wait for, if any, is referenced.
 */
static HyStatus write_commit(
    HyTransactionDatabase *own, size_t n_changed, HyLog **log, uint64_t *position)
{
    HyDatabase *database = own->database;
    const HySnapshot *head = newest(database);
    size_t n_items = 0;
    HyStatus st = HY_OK;
    HyPendingCommit *pending = calloc(1, sizeof *pending);
    HyPersistItem *items = calloc(n_changed, sizeof *items);
    if (!pending || !items) {
        st = hy_error_oom(n_changed * sizeof *items);
        goto done;
    }
    HY_GO(hy_snapshot_copy(head, 0, 0, &pending->snapshot));
    HY_GO(prepare(own, head, pending->snapshot, items, &n_items));
    HY_GO(hy_commit_log_write(database, head, items, n_items, &pending->log, &pending->position));
    if (pending->log) {
        *log = hy_log_ref(pending->log);
        *position = pending->position;
    } else {
        HY_GO(hy_database_persist(database, pending->snapshot, items, n_items));
    }
    add_pending(database, pending);
    pending = NULL;

done:
    free_pending(pending);
    free(items);
    return st;
}

HyStatus hy_transaction_commit_database(HyTransactionDatabase *own)
{
    HyDatabase *database = own->database;
    HyLog *log = NULL;
    uint64_t position = 0;
    size_t n_changed = 0;
    for (size_t i = 0; i < own->n_tables; i++)
        n_changed += hy_transaction_table_is_changed(own->tables[i]);
    if (n_changed == 0)
        return HY_OK;
    pthread_mutex_lock(&database->commit_lock);
    undo_failed(database);
    HyStatus st = write_commit(own, n_changed, &log, &position);
    if (!log) /* in the file, with all before it; else it is waited for without the lock */
        publish_durable(database);
    pthread_mutex_unlock(&database->commit_lock);
    if (!log)
        return st;
    st = hy_log_wait(log, position);
    if (st) {
        pthread_mutex_lock(&database->commit_lock);
        undo_failed(database);
        pthread_mutex_unlock(&database->commit_lock);
    } else {
        publish_durable(database);
    }
    hy_log_unref(log);
    return st;
}
