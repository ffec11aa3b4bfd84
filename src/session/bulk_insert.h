/* Bulk insert: rows arrive as flat columns and go straight into the table's tail, or, when columns
 * are computed from them by SQL expressions, into a temporary table from which the target is filled
 * at the end. */
#ifndef HY_SESSION_BULK_INSERT_H
#define HY_SESSION_BULK_INSERT_H

#include "session/session.h"

typedef struct HyBulkInsert HyBulkInsert;

typedef struct HyStreamColumn {
    const char *name; /* may be NULL without expressions */
    const char *type; /* SQL text; NULL, without expressions: that of the table's column */
    bool nullable;
} HyStreamColumn;

/* See openhyper_appender_create. The session is busy until finish or destroy. */
typedef struct HyBulkInsertOptions {
    const char *database; /* or NULL */
    const char *schema;   /* or NULL */
    const char *table;
    const HyStreamColumn *columns;
    size_t n_columns;
    const char *const *targets;
    const char *const *expressions;
    size_t n_targets;
    const char *select_list; /* or NULL: SQL that gives the targets instead of `expressions` */
} HyBulkInsertOptions;
HyStatus hy_bulk_insert_create(
    HySession *session, const HyBulkInsertOptions *options, HyBulkInsert **out) HY_MUST_CHECK;

size_t hy_bulk_insert_column_count(const HyBulkInsert *insert);
HyType hy_bulk_insert_column_type(const HyBulkInsert *insert, size_t column);
/* Tells errors of the expressions, which else come at the end. */
HyStatus hy_bulk_insert_check(HyBulkInsert *insert) HY_MUST_CHECK;

/* n_rows rows of flat vectors of the stream's types. Values are checked (23502, 22001, 22008,
 * 22021, 22P02, 22003). After an error only destroy is allowed. */
HyStatus hy_bulk_insert_append(
    HyBulkInsert *insert, const HyVector *columns, size_t n_rows) HY_MUST_CHECK;
HyStatus hy_bulk_insert_finish(HyBulkInsert *insert, int64_t *n_rows) HY_MUST_CHECK;
void hy_bulk_insert_destroy(HyBulkInsert *insert); /* NULL is fine */

#endif
