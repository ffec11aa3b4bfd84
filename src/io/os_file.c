#include "io/os_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Linux transfers at most 2 GiB in one call; smaller pieces keep cancellation by signal possible.
 */
#define MAX_TRANSFER ((size_t)1 << 30)

static int open_flags(HyOsOpen how)
{
    int flags = 0;
    switch (how) {
    case HY_OS_READ:
        flags = O_RDONLY;
        break;
    case HY_OS_READ_WRITE:
        flags = O_RDWR;
        break;
    case HY_OS_CREATE:
        flags = O_RDWR | O_CREAT | O_EXCL;
        break;
    }
    /* O_NONBLOCK: the open of a pipe must not wait; it means nothing for regular files. */
    return flags | O_CLOEXEC | O_NONBLOCK;
}

/* Opens `path` and insists on a regular file; 0 or an errno. */
static int open_regular(const char *path, HyOsOpen how, int *out)
{
    int fd = open(path, open_flags(how), 0640);
    if (fd < 0)
        return errno;
    struct stat info;
    int failed = fstat(fd, &info) != 0 ? errno : S_ISREG(info.st_mode) ? 0 : EISDIR;
    if (failed) {
        close(fd);
        return failed;
    }
    *out = fd;
    return 0;
}

HyStatus hy_os_file_open(
    const char *path, HyOsOpen how, const HyOsFileOps *ops, int *error_number, HyOsFile *out)
{
    char *copy = strdup(path);
    if (!copy) {
        if (error_number)
            *error_number = ENOMEM;
        return hy_error_oom(strlen(path) + 1);
    }
    int fd = -1;
    int failed = open_regular(path, how, &fd);
    if (error_number)
        *error_number = failed;
    if (failed) {
        free(copy);
        return hy_error_errno(failed, "could not open file \"%s\"", path);
    }
    *out = (HyOsFile){.fd = fd, .path = copy, .ops = ops};
    return HY_OK;
}

void hy_os_file_close(HyOsFile *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file->path);
    *file = HY_OS_FILE_CLOSED;
}

HyStatus hy_os_file_lock(HyOsFile *file, HyOsLock lock, bool *is_locked)
{
    int operation = (lock == HY_OS_LOCK_EXCLUSIVE ? LOCK_EX : LOCK_SH) | LOCK_NB;
    int rc;
    do
        rc = flock(file->fd, operation);
    while (rc != 0 && errno == EINTR);
    if (rc != 0 && errno != EWOULDBLOCK)
        return hy_error_errno(errno, "could not lock file \"%s\"", file->path);
    *is_locked = rc == 0;
    return HY_OK;
}

/* Parses one line of /proc/locks, e.g. "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF". */
static bool parse_lock_line(const char *line, const struct stat *info, int64_t *pid)
{
    int64_t holder;
    unsigned int device_major;
    unsigned int device_minor;
    uint64_t inode;
    int fields = sscanf(line, "%*s %*s %*s %*s %" SCNd64 " %x:%x:%" SCNu64, &holder, &device_major,
        &device_minor, &inode);
    if (fields != 4 || inode != info->st_ino || device_major != major(info->st_dev) ||
        device_minor != minor(info->st_dev) || holder <= 0)
        return false;
    *pid = holder;
    return true;
}

int64_t hy_os_file_lock_holder(const HyOsFile *file)
{
    struct stat info;
    if (fstat(file->fd, &info) != 0)
        return 0;
    FILE *locks = fopen("/proc/locks", "re");
    if (!locks)
        return 0;
    int64_t pid = 0;
    char line[256];
    while (fgets(line, sizeof line, locks)) {
        if (parse_lock_line(line, &info, &pid))
            break;
    }
    fclose(locks);
    return pid;
}

HyStatus hy_os_file_size(const HyOsFile *file, uint64_t *out)
{
    struct stat info;
    if (fstat(file->fd, &info) != 0)
        return hy_error_errno(errno, "could not read the size of file \"%s\"", file->path);
    *out = (uint64_t)info.st_size;
    return HY_OK;
}

HyStatus hy_os_file_read(const HyOsFile *file, uint64_t offset, void *data, size_t len)
{
    if (offset > INT64_MAX || len > INT64_MAX - offset)
        return hy_error("XX001", "file is truncated");
    char *p = data;
    while (len > 0) {
        size_t part = len < MAX_TRANSFER ? len : MAX_TRANSFER;
        ssize_t n = pread(file->fd, p, part, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return hy_error_errno(
                errno, "could not read file \"%s\" at offset %" PRIu64, file->path, offset);
        if (n == 0)
            return hy_error_detail(hy_error("XX001", "file is truncated"),
                "file \"%s\" ends before offset %" PRIu64, file->path, offset + len);
        p += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return HY_OK;
}

static ssize_t call_pwrite(const HyOsFile *file, const void *data, size_t len, uint64_t offset)
{
    if (file->ops)
        return file->ops->pwrite(file->ops->context, file->fd, data, len, (off_t)offset);
    return pwrite(file->fd, data, len, (off_t)offset);
}

HyStatus hy_os_file_write(const HyOsFile *file, uint64_t offset, const void *data, size_t len)
{
    if (offset > INT64_MAX || len > INT64_MAX - offset)
        return hy_error_errno(EFBIG, "could not write file \"%s\"", file->path);
    const char *p = data;
    while (len > 0) {
        size_t part = len < MAX_TRANSFER ? len : MAX_TRANSFER;
        ssize_t n = call_pwrite(file, p, part, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return hy_error_errno(n < 0 ? errno : EIO,
                "could not write file \"%s\" at offset %" PRIu64, file->path, offset);
        p += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return HY_OK;
}

HyStatus hy_os_file_sync(const HyOsFile *file)
{
    int rc;
    do
        rc = file->ops ? file->ops->fdatasync(file->ops->context, file->fd) : fdatasync(file->fd);
    while (rc != 0 && errno == EINTR);
    if (rc != 0)
        return hy_error_errno(errno, "could not sync file \"%s\"", file->path);
    return HY_OK;
}

HyStatus hy_os_file_truncate(const HyOsFile *file, uint64_t size)
{
    int rc = -1;
    errno = EFBIG;
    if (size <= INT64_MAX) {
        do
            rc = file->ops ? file->ops->ftruncate(file->ops->context, file->fd, (off_t)size)
                           : ftruncate(file->fd, (off_t)size);
        while (rc != 0 && errno == EINTR);
    }
    if (rc != 0)
        return hy_error_errno(
            errno, "could not set file \"%s\" to %" PRIu64 " bytes", file->path, size);
    return HY_OK;
}

HyStatus hy_os_sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 1;
    char *folder = slash ? strndup(path, len ? len : 1) : strdup(".");
    if (!folder)
        return hy_error_oom(len + 1);
    HyStatus st = HY_OK;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems cannot sync directories (EINVAL): then there is nothing more to do. */
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
        st = hy_error_errno(errno, "could not sync directory \"%s\"", folder);
    if (fd >= 0)
        close(fd);
    free(folder);
    return st;
}
