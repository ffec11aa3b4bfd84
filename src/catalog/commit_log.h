/* The write-ahead log of a database (io/log.h): small commits go there instead of into the file.
 *
 * A record is one transaction: u32 tables, then per table u32 slot, u32 OID, u32 bytes and a
 * difference (storage/relation_log.h). All functions are called under the commit lock. */
#ifndef HY_CATALOG_COMMIT_LOG_H
#define HY_CATALOG_COMMIT_LOG_H

#include "catalog/catalog_internal.h"

/* When the database is loaded: `snapshot`, what the file says, becomes what file and log say. A log
 * that is not of this file in this state is removed if it has nothing to say, else put aside
 * (database->log_aside). Errors: XX001 when the log does not fit its file. */
HyStatus hy_commit_log_open(HyDatabase *database, HySnapshot *snapshot) HY_MUST_CHECK;
/* For verification: the same without changing any file. A log that is not applied is told. */
HyStatus hy_commit_log_inspect(
    HyDatabase *database, HySnapshot *snapshot, HyFaultFn report, void *context) HY_MUST_CHECK;

/* Logs what a commit makes of `head`. *log (referenced) is NULL when it must go into the file,
 * because it is large, or more than rows, or because the log has grown enough or cannot be written;
 * else the commit is durable after hy_log_wait(*log, *position). */
HyStatus hy_commit_log_write(HyDatabase *database, const HySnapshot *head,
    const HyPersistItem *items, size_t n_items, HyLog **log, uint64_t *position) HY_MUST_CHECK;

/* A commit of the container writes all that the log says into the file. */
void hy_commit_log_join(HyDatabase *database, HyContainerCommit *commit);
/* It has succeeded: the log begins anew. */
void hy_commit_log_restart(HyDatabase *database);

/* The file is closed. is_complete: it has everything, the log goes. */
void hy_commit_log_close(HyDatabase *database, bool is_complete);

#endif
