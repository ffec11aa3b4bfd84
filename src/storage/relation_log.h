/* The difference between two versions of a relation as bytes for the write-ahead log, and the way
 * back: rows appended, as they lie in the tail, and row ids deleted.
 *
 * Row ids in the log are those of the process that wrote it. When the file was last written, rows
 * at the end of the table that were deleted did not go into the row count (relation_file.h): then
 * ids behind them are smaller when the file is read again. Each difference begins with the row
 * count that it follows, from which the reader knows by how much. */
#ifndef HY_STORAGE_RELATION_LOG_H
#define HY_STORAGE_RELATION_LOG_H

#include "base/buffer.h"
#include "base/task_pool.h"
#include "storage/block_store.h"
#include "storage/relation.h"

/* Appends what makes `to` of `from`. *is_loggable is false, and the buffer as it was, when that is
 * not rows of the tail and deletes, or more than about max_bytes: then it is better written into
 * the file. */
HyStatus hy_relation_log_format(const HyRelation *from, HyRelation *to, size_t max_bytes,
    HyBuffer *out, bool *is_loggable) HY_MUST_CHECK;

/* A table on its way through the log. */
typedef struct HyRelationReplay {
    HyRelation *version; /* as far as it has come; owned */
    int64_t loaded_rows; /* row count of the version that was loaded from the file */
} HyRelationReplay;

/* Applies a difference. *is_reset: the rows before are gone, the version has another lineage (to be
 * set). On failure the version is as before. Errors: XX001 when the bytes do not fit the table. */
HyStatus hy_relation_log_apply(HyRelationReplay *replay, const uint8_t *bytes, size_t len,
    HyBlockStore *store, HyTaskPool *pool, bool *is_reset) HY_MUST_CHECK;

#endif
