/* The write-ahead log beside a database file: records of small commits, in one file `X.wal`, that
 * become part of the database file at the next checkpoint.
 *
 * A log belongs to one committed state of one database file (its base): the base and the records,
 * in order, are the database. A checkpoint makes another state of the file, which the log is told
 * (hy_log_announce) before the file's header page switches to it. So whoever opens the file later
 * can tell whether the file is at the base (the records count), at the announced state (they are in
 * the file already) or at another one: somebody else has changed or replaced the file, and the
 * records must not be applied to it.
 *
 * Layout, little-endian:
 *   0x0000, 0x1000  two header slots, written in turn: the valid one with the larger epoch counts
 *   0x2000          records: u32 checksum, u32 length, u64 number, u64 nonce, payload, zeros up to
 *                   a multiple of 8
 * The checksum (CRC-32C) of a record continues that of the record before it, the first one that of
 * the log's salt, and each opening of a log draws another nonce: what lies behind the last record,
 * of a former use of the space or of a write that a crash tore, never continues the chain.
 *
 * The file is filled with zeros ahead of the records, so that a commit is one overwrite and one
 * fdatasync. Committers that wait at the same time share the fdatasync.
 *
 * Threads: hy_log_wait, hy_log_synced, hy_log_is_failed, ref and unref from any thread; the others
 * by one thread at a time. */
#ifndef HY_IO_LOG_H
#define HY_IO_LOG_H

#include "io/container.h"

typedef struct HyLog HyLog;

/* How a log that was found stands to the database file. */
typedef enum HyLogStanding {
    HY_LOG_MISSING,
    HY_LOG_CURRENT,   /* its records follow the file's state */
    HY_LOG_CONTAINED, /* no records, or the file has them already */
    HY_LOG_FOREIGN,   /* records of another file, or of a state that the file is not in any more */
    HY_LOG_DAMAGED    /* no header is valid */
} HyLogStanding;

typedef struct HyLogOptions {
    uint8_t uuid[16]; /* of the database */
    HyContainerState state;
    bool is_relaxed;             /* do not wait for the disk */
    bool is_read_only;           /* for hy_log_read alone */
    const HyOsFileOps *file_ops; /* or NULL */
} HyLogOptions;

/* The log of a database file: `X.wal` (malloc'ed). */
HyStatus hy_log_path(const char *database_path, char **out) HY_MUST_CHECK;

/* A new log based on options->state, durable with its name. The file must not exist. */
HyStatus hy_log_create(const char *path, const HyLogOptions *options, HyLog **out) HY_MUST_CHECK;
/* Looks for a log; *out only when it is HY_LOG_CURRENT: then hy_log_read must be called before
 * anything is appended. */
HyStatus hy_log_open(const char *path, const HyLogOptions *options, HyLogStanding *standing,
    HyLog **out) HY_MUST_CHECK;
/* Gives the payloads of all whole records in order; new ones will follow the last. */
typedef HyStatus (*HyLogRecordFn)(void *context, const uint8_t *payload, size_t len);
HyStatus hy_log_read(HyLog *log, HyLogRecordFn take, void *context) HY_MUST_CHECK;

HyLog *hy_log_ref(HyLog *log);
void hy_log_unref(HyLog *log); /* The last one closes the file; NULL is fine. */

/* Writes a record; *position is for hy_log_wait. On failure there is none. Errors: 53100, 58030. */
HyStatus hy_log_append(
    HyLog *log, const void *payload, size_t len, uint64_t *position) HY_MUST_CHECK;
/* Returns when all up to `position` is on the disk. 58030: it is in doubt, the log is failed. */
HyStatus hy_log_wait(HyLog *log, uint64_t position) HY_MUST_CHECK;
/* The position up to which all is on the disk. */
uint64_t hy_log_synced(HyLog *log);
/* A sync failed: nothing can be appended or made durable any more. */
bool hy_log_is_failed(HyLog *log);
/* Bytes of records, for the decision to make a checkpoint. */
uint64_t hy_log_bytes(const HyLog *log);

/* The file is about to switch to `next`, which has all that the records say. */
HyStatus hy_log_announce(HyLog *log, const HyContainerState *next) HY_MUST_CHECK;
/* The file has switched to `state`: begins anew without records. All that was appended counts as
 * durable. A failure makes the log failed. */
HyStatus hy_log_restart(HyLog *log, const HyContainerState *state) HY_MUST_CHECK;

#endif
