/* Files of the operating system: positioned reads and writes that complete or fail, sizes, sync,
 * locks.
 *
 * The system calls that change a file go through a table, so that tests can let the n-th write fail
 * or stop; a file keeps the table it was opened with, there is no global one. */
#ifndef HY_IO_OS_FILE_H
#define HY_IO_OS_FILE_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Each returns what the system call of that name returns and sets errno. */
typedef struct HyOsFileOps {
    void *context; /* first argument of the functions */
    ssize_t (*pwrite)(void *context, int fd, const void *data, size_t len, off_t offset);
    int (*fdatasync)(void *context, int fd);
    int (*ftruncate)(void *context, int fd, off_t size);
} HyOsFileOps;

typedef struct HyOsFile {
    int fd;                 /* -1: closed */
    char *path;             /* owned */
    const HyOsFileOps *ops; /* NULL: the system's */
} HyOsFile;

typedef enum HyOsOpen {
    HY_OS_READ,
    HY_OS_READ_WRITE,
    HY_OS_CREATE, /* read-write, must not exist, mode 0640 */
} HyOsOpen;

typedef enum HyOsLock {
    HY_OS_LOCK_SHARED,
    HY_OS_LOCK_EXCLUSIVE,
} HyOsLock;

/* Opens a regular file; never inherited by child processes. `ops` may be NULL and must outlive the
 * file. On failure *error_number, if not NULL, is the errno, for callers that word the error
 * themselves (EISDIR for anything but a regular file). Errors: 58030, 58P01. */
HyStatus hy_os_file_open(const char *path, HyOsOpen how, const HyOsFileOps *ops, int *error_number,
    HyOsFile *out) HY_MUST_CHECK;
/* Legal on a closed or zeroed-by-HY_OS_FILE_CLOSED file. */
void hy_os_file_close(HyOsFile *file);
#define HY_OS_FILE_CLOSED ((HyOsFile){.fd = -1})

/* Takes a lock on the whole file without waiting (flock: it belongs to this open file and ends with
 * it). *is_locked is false if someone else holds a conflicting one. */
HyStatus hy_os_file_lock(HyOsFile *file, HyOsLock lock, bool *is_locked) HY_MUST_CHECK;
/* The process that holds a lock on the file, or 0 if unknown (/proc/locks). */
int64_t hy_os_file_lock_holder(const HyOsFile *file);

HyStatus hy_os_file_size(const HyOsFile *file, uint64_t *out) HY_MUST_CHECK;
/* Reads exactly len bytes; XX001 if the file ends before. */
HyStatus hy_os_file_read(
    const HyOsFile *file, uint64_t offset, void *data, size_t len) HY_MUST_CHECK;
HyStatus hy_os_file_write(
    const HyOsFile *file, uint64_t offset, const void *data, size_t len) HY_MUST_CHECK;
/* Waits until content and size are on the disk. */
HyStatus hy_os_file_sync(const HyOsFile *file) HY_MUST_CHECK;
HyStatus hy_os_file_truncate(const HyOsFile *file, uint64_t size) HY_MUST_CHECK;
/* Makes the creation of `path` durable: syncs its directory. */
HyStatus hy_os_sync_parent(const char *path) HY_MUST_CHECK;

#endif
