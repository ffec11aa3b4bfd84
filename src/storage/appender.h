/* Adds rows behind a version of a relation and gives the next version.
 *
 * Rows collect in the tail, plain columnar memory; a tail that reaches HY_BLOCK_ROWS is encoded by
 * a task in the background while the producer goes on, and written into free space of the file at
 * once, so that a load of any size needs memory for a few blocks only. Nothing that an appender
 * writes is visible to anyone before finish() and, in the file, before the commit.
 *
 * The tail's memory is shared by successive versions: the first appender of a version writes in
 * place behind its rows (O(1) per row), a second one copies the tail first. */
#ifndef HY_STORAGE_APPENDER_H
#define HY_STORAGE_APPENDER_H

#include "base/cancel.h"
#include "base/task_pool.h"
#include "storage/block_store.h"
#include "storage/relation.h"

typedef struct HyAppender HyAppender;

/* Zero-initialise, then set what there is. */
typedef struct HyAppenderOptions {
    HyBlockStore *store;             /* where full blocks go and memory comes from; not NULL */
    HyTaskPool *pool;                /* NULL: encode on the calling thread */
    const HyCancel *cancel;          /* or NULL */
    const char *const *column_names; /* for the message of 23502; NULL: none are given */
} HyAppenderOptions;

/* Continues `from`, which is kept referenced. What `options` points to must outlive the appender.
 */
HyStatus hy_appender_create(
    HyRelation *from, const HyAppenderOptions *options, HyAppender **out) HY_MUST_CHECK;

/* Adds the rows of a batch: one vector per column, of the column's physical type, in any form, any
 * number of rows. Everything is copied. On an error the appender can only be aborted. Errors: 23502
 * for a null in a column that is not nullable, 53100 disk full, 53200, 57014. */
HyStatus hy_appender_append(HyAppender *appender, const HyBatch *batch) HY_MUST_CHECK;

/* Adds the live rows of another version, with the same columns, from row id `first` on. Errors as
 * above. */
HyStatus hy_appender_append_relation(
    HyAppender *appender, HyRelation *from, int64_t first) HY_MUST_CHECK;

/* Rows appended so far. */
int64_t hy_appender_row_count(const HyAppender *appender);

/* Waits for the background and gives the new version (one reference), which may be `from` itself
 * when nothing was appended. Frees the appender, also on failure. */
HyStatus hy_appender_finish(HyAppender *appender, HyRelation **out) HY_MUST_CHECK;
/* Frees the appender and whatever it wrote. NULL is fine. */
void hy_appender_abort(HyAppender *appender);

#endif
