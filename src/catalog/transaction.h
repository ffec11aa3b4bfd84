/* Transactions with snapshot isolation over any number of databases.
 *
 * A transaction sees each database as it was when it first used it, plus its own changes. Readers
 * wait for nobody. A row that another transaction has deleted or updated, committed since the
 * snapshot or not yet, cannot be deleted: 40001 at once.
 *
 * A statement in autocommit:
 *     HyTransaction *t;
 *     HY_TRY(hy_transaction_begin(catalog, &t));
 *     st = run(t);                                  reads: hy_transaction_relation
 *     if (st) hy_transaction_rollback(t);           writes: hy_transaction_change
 *     else st = hy_transaction_commit(t);
 *
 * One transaction belongs to one session and is used by one thread at a time; only the functions of
 * HyChange may be called by several threads at once. */
#ifndef HY_CATALOG_TRANSACTION_H
#define HY_CATALOG_TRANSACTION_H

#include "base/cancel.h"
#include "catalog/database.h"

typedef struct HyTransaction HyTransaction;
typedef struct HyChange HyChange;

HyStatus hy_transaction_begin(HyCatalog *catalog, HyTransaction **out) HY_MUST_CHECK;
/* Makes the changes permanent and visible, and frees the transaction. On failure everything is
 * rolled back (with several databases changed: those not yet committed). */
HyStatus hy_transaction_commit(HyTransaction *transaction) HY_MUST_CHECK;
/* Discards the changes and frees the transaction. No HyChange may be open. NULL is fine. */
void hy_transaction_rollback(HyTransaction *transaction);

/* Takes the snapshot of a database now, unless the transaction has one. hy_transaction_relation
 * does it by itself; a session that wants all databases of one moment calls it for each. */
HyStatus hy_transaction_use(HyTransaction *transaction, HyDatabase *database) HY_MUST_CHECK;
/* Forgets the snapshot of a database that the session detaches; its uncommitted changes are
 * discarded. */
void hy_transaction_leave(HyTransaction *transaction, HyDatabase *database);
bool hy_transaction_has_changes(const HyTransaction *transaction);

/* The version of the table's rows that a statement reads which begins now; the caller unrefs it at
 * its end. A table that was created or altered after the snapshot gives its committed rows. Errors:
 * 53200; 42P01 for a table that was dropped. */
HyStatus hy_transaction_relation(
    HyTransaction *transaction, HyTable *table, HyRelation **out) HY_MUST_CHECK;

/* ---- Changes of one statement to one table; thread-safe ---- */

/* Only one change may be open per table. `cancel` may be NULL. Errors: 40001 when the table is not
 * current any more. */
HyStatus hy_transaction_change(HyTransaction *transaction, HyTable *table, const HyCancel *cancel,
    HyChange **out) HY_MUST_CHECK;

/* Adds rows: one vector per column of the table, any form, any number of rows. Errors: 23502,
 * 53100, ... */
HyStatus hy_change_append(HyChange *change, const HyBatch *batch) HY_MUST_CHECK;
/* Deletes rows of the version that the statement reads. A row that this transaction has deleted
 * already, also by this call, is left alone. first (NULL or room for n): the indexes into row_ids
 * of the rows deleted by this call, ascending; *n_deleted their number. Errors: 40001 conflict with
 * concurrent transaction. */
HyStatus hy_change_delete(HyChange *change, const int64_t *row_ids, size_t n, uint32_t *first,
    size_t *n_deleted) HY_MUST_CHECK;
/* Deletes all rows, cheaply. Errors: 40001. */
HyStatus hy_change_truncate(HyChange *change) HY_MUST_CHECK;

/* The changes become part of the transaction: its next statements see them. Frees the change. On
 * failure the transaction must be rolled back. */
HyStatus hy_change_finish(HyChange *change) HY_MUST_CHECK;
/* Discards the change and frees it; rows that it deleted stay claimed until the transaction ends.
 * NULL is fine. */
void hy_change_abort(HyChange *change);

#endif
