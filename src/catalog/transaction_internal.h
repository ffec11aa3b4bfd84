/* What transactions and their changes share. */
#ifndef HY_CATALOG_TRANSACTION_INTERNAL_H
#define HY_CATALOG_TRANSACTION_INTERNAL_H

#include "catalog/catalog_internal.h"
#include "catalog/transaction.h"

/* A table of which the transaction has changes, or a version of its own because the table is newer
 * than the snapshot. */
typedef struct HyTransactionTable {
    HyTable *table;      /* referenced */
    HyRelation *base;    /* version that the snapshot has; referenced */
    HyRelation *current; /* with the transaction's changes; referenced */
    HyRelation *own;     /* rows appended and not in `current` yet, or NULL; referenced */
    int64_t base_rows;   /* rows of `current` below this are rows of `base`: 0 after TRUNCATE */
    HyRowSet claims;     /* rows of `base` that the transaction has deleted */
    bool is_writer;      /* counted in the table's n_writers */
    bool is_truncated;
    HyChange *change; /* open one, or NULL */
} HyTransactionTable;

typedef struct HyTransactionDatabase {
    HyDatabase *database;
    HySnapshot *snapshot;
    HyTransactionTable **tables;
    size_t n_tables, tables_capacity;
} HyTransactionDatabase;

struct HyTransaction {
    HyCatalog *catalog;
    HyTransactionDatabase *databases;
    size_t n_databases;
};

/* The transaction's entry of a table, made from the snapshot if need be. */
HyStatus hy_transaction_table(
    HyTransaction *transaction, HyTable *table, HyTransactionTable **out) HY_MUST_CHECK;
/* Puts the entry's own rows into its current version. */
HyStatus hy_transaction_table_settle(HyTransactionTable *entry) HY_MUST_CHECK;
/* Whether anything would be written. */
bool hy_transaction_table_is_changed(const HyTransactionTable *entry);

/* commit.c: commits the changes to one database. Claims are not touched. */
HyStatus hy_transaction_commit_database(HyTransactionDatabase *database) HY_MUST_CHECK;

#endif
