#include "catalog/transaction_internal.h"
#include "storage/appender.h"
#include <assert.h>
#include <stdlib.h>

HyStatus hy_transaction_begin(HyCatalog *catalog, HyTransaction **out)
{
    HyTransaction *transaction = calloc(1, sizeof *transaction);
    if (!transaction)
        return hy_error_oom(sizeof *transaction);
    transaction->catalog = catalog;
    *out = transaction;
    return HY_OK;
}

static HyTransactionDatabase *find_database(
    const HyTransaction *transaction, const HyDatabase *database)
{
    for (size_t i = 0; i < transaction->n_databases; i++) {
        if (transaction->databases[i].database == database)
            return &transaction->databases[i];
    }
    return NULL;
}

static HyStatus use_database(
    HyTransaction *transaction, HyDatabase *database, HyTransactionDatabase **out)
{
    *out = find_database(transaction, database);
    if (*out)
        return HY_OK;
    size_t n = transaction->n_databases;
    HyTransactionDatabase *grown =
        realloc(transaction->databases, (n + 1) * sizeof *transaction->databases);
    if (!grown)
        return hy_error_oom((n + 1) * sizeof *grown);
    transaction->databases = grown;
    grown[n] =
        (HyTransactionDatabase){.database = database, .snapshot = hy_database_snapshot(database)};
    transaction->n_databases++;
    *out = &grown[n];
    return HY_OK;
}

HyStatus hy_transaction_use(HyTransaction *transaction, HyDatabase *database)
{
    HyTransactionDatabase *entry;
    return use_database(transaction, database, &entry);
}

static HyTransactionTable *find_table(const HyTransactionDatabase *database, const HyTable *table)
{
    for (size_t i = 0; i < database->n_tables; i++) {
        if (database->tables[i]->table == table)
            return database->tables[i];
    }
    return NULL;
}

static HyRelation *snapshot_relation(const HySnapshot *snapshot, const HyTable *table)
{
    if (table->slot >= snapshot->n_tables || snapshot->tables[table->slot].table != table)
        return NULL;
    return snapshot->tables[table->slot].relation;
}

static HyStatus reserve_table(HyTransactionDatabase *database)
{
    if (database->n_tables < database->tables_capacity)
        return HY_OK;
    size_t capacity = database->tables_capacity ? database->tables_capacity * 2 : 4;
    HyTransactionTable **grown = realloc(database->tables, capacity * sizeof(HyTransactionTable *));
    if (!grown)
        return hy_error_oom(capacity * sizeof *grown);
    database->tables = grown;
    database->tables_capacity = capacity;
    return HY_OK;
}

/* A table created or altered since the snapshot has no version there: the committed one stands in.
 */
static HyStatus newer_relation(HyTable *table, HyRelation **out)
{
    if (!hy_table_is_current(table))
        return hy_error("42P01", "table \"%s\" does not exist", table->name);
    *out = hy_table_committed(table);
    return HY_OK;
}

HyStatus hy_transaction_table(HyTransaction *transaction, HyTable *table, HyTransactionTable **out)
{
    HyTransactionDatabase *database = NULL;
    HY_TRY(use_database(transaction, table->database, &database));
    *out = find_table(database, table);
    if (*out)
        return HY_OK;
    HY_TRY(reserve_table(database));
    HyTransactionTable *entry = calloc(1, sizeof *entry);
    if (!entry)
        return hy_error_oom(sizeof *entry);
    HyRelation *base = snapshot_relation(database->snapshot, table);
    if (base) {
        entry->base = hy_relation_ref(base);
    } else {
        HyStatus st = newer_relation(table, &entry->base);
        if (st) {
            free(entry);
            return st;
        }
    }
    entry->table = hy_table_ref(table);
    entry->current = hy_relation_ref(entry->base);
    entry->base_rows = hy_relation_row_count(entry->base);
    database->tables[database->n_tables++] = entry;
    *out = entry;
    return HY_OK;
}

HyStatus hy_transaction_table_settle(HyTransactionTable *entry)
{
    if (!entry->own)
        return HY_OK;
    const HyDatabase *database = entry->table->database;
    HyAppenderOptions options = {.store = database->store, .pool = database->catalog->options.pool};
    HyAppender *appender;
    HyRelation *version;
    HY_TRY(hy_appender_create(entry->current, &options, &appender));
    HyStatus st = hy_appender_append_relation(appender, entry->own, 0);
    if (st) {
        hy_appender_abort(appender);
        return st;
    }
    HY_TRY(hy_appender_finish(appender, &version));
    hy_relation_unref(entry->current);
    hy_relation_unref(entry->own);
    entry->current = version;
    entry->own = NULL;
    return HY_OK;
}

HyStatus hy_transaction_relation(HyTransaction *transaction, HyTable *table, HyRelation **out)
{
    HyTransactionDatabase *database = NULL;
    HY_TRY(use_database(transaction, table->database, &database));
    HyTransactionTable *entry = find_table(database, table);
    if (entry && !entry->change)
        HY_TRY(hy_transaction_table_settle(entry));
    HyRelation *relation = entry ? entry->current : snapshot_relation(database->snapshot, table);
    if (!relation) {
        HY_TRY(hy_transaction_table(transaction, table, &entry));
        relation = entry->current;
    }
    *out = hy_relation_ref(relation);
    return HY_OK;
}

bool hy_transaction_table_is_changed(const HyTransactionTable *entry)
{
    return entry->current != entry->base || entry->own || entry->is_truncated;
}

bool hy_transaction_has_changes(const HyTransaction *transaction)
{
    for (size_t i = 0; i < transaction->n_databases; i++) {
        const HyTransactionDatabase *database = &transaction->databases[i];
        for (size_t t = 0; t < database->n_tables; t++) {
            if (hy_transaction_table_is_changed(database->tables[t]))
                return true;
        }
    }
    return false;
}

/* Gives up claims and the writer's count. */
static void release_table(HyDatabase *database, HyTransactionTable *entry)
{
    assert(!entry->change);
    if (entry->is_writer) {
        HyTableState *state = entry->table->state;
        pthread_mutex_lock(&database->lock);
        hy_row_set_subtract(&state->claims, &entry->claims);
        state->n_writers--;
        if (state->n_writers == 0)
            hy_row_set_free(&state->claims);
        pthread_mutex_unlock(&database->lock);
    }
    hy_row_set_free(&entry->claims);
    hy_relation_unref(entry->own);
    hy_relation_unref(entry->current);
    hy_relation_unref(entry->base);
    hy_table_unref(entry->table);
    free(entry);
}

static void release_database(HyTransactionDatabase *database)
{
    for (size_t i = 0; i < database->n_tables; i++)
        release_table(database->database, database->tables[i]);
    free(database->tables);
    hy_snapshot_unref(database->snapshot);
}

void hy_transaction_leave(HyTransaction *transaction, HyDatabase *database)
{
    HyTransactionDatabase *entry = find_database(transaction, database);
    if (!entry)
        return;
    release_database(entry);
    *entry = transaction->databases[--transaction->n_databases];
}

void hy_transaction_rollback(HyTransaction *transaction)
{
    if (!transaction)
        return;
    for (size_t i = 0; i < transaction->n_databases; i++)
        release_database(&transaction->databases[i]);
    free(transaction->databases);
    free(transaction);
}

HyStatus hy_transaction_commit(HyTransaction *transaction)
{
    HyStatus st = HY_OK;
    for (size_t i = 0; i < transaction->n_databases && !st; i++)
        st = hy_transaction_commit_database(&transaction->databases[i]);
    hy_transaction_rollback(transaction); /* what is left to do is the same */
    return st;
}
