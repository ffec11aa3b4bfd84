/* Tables that receive the rows of CSV files that a statement leaves out (rejects_table). */
#ifndef HY_SESSION_REJECTED_ROWS_H
#define HY_SESSION_REJECTED_ROWS_H

#include "session/statement.h"

typedef struct HyRejectedRows HyRejectedRows;

/* For the files that the query reads; *out is NULL when none of them names a table. Makes tables
 * that are missing. Errors: 42804 a table with other columns, 0A000 one to be made in a transaction
 * that has changed rows. */
HyStatus hy_rejected_rows_open(
    HyStatement *statement, HyBoundQuery *query, HyRejectedRows **out) HY_MUST_CHECK;
/* The query has run: its rejected rows go into their tables, in the statement's transaction. */
HyStatus hy_rejected_rows_store(HyRejectedRows *rejected) HY_MUST_CHECK;
void hy_rejected_rows_close(HyRejectedRows *rejected); /* NULL is fine */

#endif
