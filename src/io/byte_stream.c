#include "io/byte_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Common ---- */

static bool has_ending(const char *path, const char *ending)
{
    size_t len = strlen(path), end = strlen(ending);
    return len >= end && strcasecmp(path + len - end, ending) == 0;
}

bool hy_compression_from_name(const char *name, HyStreamCompression *out)
{
    if (!name)
        *out = HY_COMPRESSION_AUTO;
    else if (strcasecmp(name, "gzip") == 0 || strcasecmp(name, "gz") == 0)
        *out = HY_COMPRESSION_GZIP;
    else if (strcasecmp(name, "zstd") == 0)
        *out = HY_COMPRESSION_ZSTD;
    else if (strcasecmp(name, "none") == 0)
        *out = HY_COMPRESSION_NONE;
    else
        return false;
    return true;
}

HyStreamCompression hy_compression_of_path(HyStreamCompression compression, const char *path)
{
    if (compression != HY_COMPRESSION_AUTO)
        return compression;
    if (has_ending(path, ".gz"))
        return HY_COMPRESSION_GZIP;
    return has_ending(path, ".zst") ? HY_COMPRESSION_ZSTD : HY_COMPRESSION_NONE;
}

HyStatus hy_byte_reader_fill(HyByteReader *reader, void *data, size_t capacity, size_t *len)
{
    size_t have = 0, n;
    while (have < capacity) {
        HY_TRY(reader->read(reader, (char *)data + have, capacity - have, &n));
        if (n == 0)
            break;
        have += n;
    }
    *len = have;
    return HY_OK;
}

void hy_byte_reader_destroy(HyByteReader *reader)
{
    if (reader && reader->destroy)
        reader->destroy(reader);
}

void hy_byte_writer_destroy(HyByteWriter *writer)
{
    if (writer && writer->destroy)
        writer->destroy(writer);
}

/* ---- Reading files ---- */

typedef struct FileReader {
    HyByteReader reader;
    int fd;
    const char *path;
} FileReader;

/* What cannot be opened is "not there" to the server, whether missing or forbidden. */
static HyStatus source_error(int errnum, const char *path)
{
    bool is_missing = errnum == ENOENT || errnum == ENOTDIR || errnum == EACCES;
    HyStatus st = hy_error(is_missing ? "58P01" : "58000", "could not read from external source");
    st = hy_error_detail(st, "Source: \"%s\"", path);
    return is_missing && errnum != EACCES ? st : hy_error_hint(st, "%s", strerror(errnum));
}

static HyStatus file_read(HyByteReader *self, void *data, size_t capacity, size_t *len)
{
    FileReader *file = (FileReader *)self;
    ssize_t n;
    do {
        n = read(file->fd, data, capacity);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return source_error(errno, file->path);
    *len = (size_t)n;
    return HY_OK;
}

static void file_reader_destroy(HyByteReader *self)
{
    close(((FileReader *)self)->fd);
    free(self);
}

static HyStatus open_source(const char *path, HyByteReader **out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return source_error(errno, path);
    FileReader *file = malloc(sizeof *file);
    if (!file) {
        close(fd);
        return hy_error_oom(sizeof *file);
    }
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* only a hint */
    *file = (FileReader){{file_read, file_reader_destroy}, fd, path};
    *out = &file->reader;
    return HY_OK;
}

HyStatus hy_byte_source_size(const char *path, uint64_t *out)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return source_error(errno, path);
    if (S_ISDIR(info.st_mode))
        return source_error(EISDIR, path);
    *out = S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
    return HY_OK;
}

HyStatus hy_byte_reader_open(const char *path, HyStreamCompression compression, HyByteReader **out)
{
    HyByteReader *file = NULL;
    HY_TRY(open_source(path, &file));
    switch (hy_compression_of_path(compression, path)) {
    case HY_COMPRESSION_GZIP:
        return hy_byte_reader_gzip(file, path, out);
    case HY_COMPRESSION_ZSTD:
        return hy_byte_reader_zstd(file, path, out);
    case HY_COMPRESSION_NONE:
    case HY_COMPRESSION_AUTO:
        break;
    }
    *out = file;
    return HY_OK;
}

/* ---- Reading memory ---- */

typedef struct MemoryReader {
    HyByteReader reader;
    const char *next;
    size_t left;
} MemoryReader;

static HyStatus memory_read(HyByteReader *self, void *data, size_t capacity, size_t *len)
{
    MemoryReader *memory = (MemoryReader *)self;
    size_t n = capacity < memory->left ? capacity : memory->left;
    if (n)
        memcpy(data, memory->next, n);
    memory->next += n;
    memory->left -= n;
    *len = n;
    return HY_OK;
}

static void memory_reader_destroy(HyByteReader *self)
{
    free(self);
}

HyStatus hy_byte_reader_memory(const void *data, size_t len, HyByteReader **out)
{
    MemoryReader *memory = malloc(sizeof *memory);
    if (!memory)
        return hy_error_oom(sizeof *memory);
    *memory = (MemoryReader){{memory_read, memory_reader_destroy}, data, len};
    *out = &memory->reader;
    return HY_OK;
}

/* ---- Writing files ---- */

/* What is written becomes visible when it is complete: until then it stands under another name. */
typedef struct FileWriter {
    HyByteWriter writer;
    int fd;
    char *path;      /* where it goes to, links resolved; owned */
    char *temporary; /* where it is; owned; NULL: at its place (devices, pipes) */
} FileWriter;

static HyStatus sink_error(int errnum, const char *path)
{
    return hy_error_detail(
        hy_error_errno(errnum, "could not write to external sink"), "Sink: \"%s\"", path);
}

static HyStatus file_write(HyByteWriter *self, const void *data, size_t len)
{
    FileWriter *file = (FileWriter *)self;
    const char *next = data;
    while (len > 0) {
        ssize_t n = write(file->fd, next, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sink_error(errno, file->path);
        next += n;
        len -= (size_t)n;
    }
    return HY_OK;
}

static HyStatus file_finish(HyByteWriter *self)
{
    FileWriter *file = (FileWriter *)self;
    int fd = file->fd;
    file->fd = -1;
    if (close(fd) != 0)
        return sink_error(errno, file->path);
    if (file->temporary && rename(file->temporary, file->path) != 0)
        return sink_error(errno, file->path);
    free(file->temporary);
    file->temporary = NULL;
    return HY_OK;
}

static void file_writer_destroy(HyByteWriter *self)
{
    FileWriter *file = (FileWriter *)self;
    if (file->fd >= 0)
        close(file->fd);
    if (file->temporary)
        (void)unlink(file->temporary);
    free(file->temporary);
    free(file->path);
    free(file);
}

/* The server makes the folders that are missing. */
static void make_parents(const char *path)
{
    char *copy = strdup(path);
    if (!copy)
        return;
    for (char *slash = strchr(copy + (copy[0] == '/'), '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        (void)mkdir(copy, 0755); /* the open that follows reports what is wrong */
        *slash = '/';
    }
    free(copy);
}

/* A name beside the file, so that renaming works. */
static char *temporary_name(const char *path)
{
    static atomic_uint counter;
    char *name;
    unsigned number = atomic_fetch_add(&counter, 1);
    return asprintf(&name, "%s.%ld.%u.partial", path, (long)getpid(), number) < 0 ? NULL : name;
}

/* Opens a new file beside the one that it will replace, with the mode of that. Where no file can be
 * made (a folder that is not writable), the file is overwritten in place. */
static void open_beside(FileWriter *file, bool exists, mode_t mode)
{
    file->temporary = temporary_name(file->path);
    if (!file->temporary)
        return;
    file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file->fd < 0) {
        free(file->temporary);
        file->temporary = NULL;
    } else if (exists) {
        (void)fchmod(file->fd, mode & 07777);
    }
}

static HyStatus open_sink(const char *path, HyByteWriter **out)
{
    HyStatus st = HY_OK;
    struct stat info;
    FileWriter *file = calloc(1, sizeof *file);
    if (!file)
        return hy_error_oom(sizeof *file);
    file->writer = (HyByteWriter){file_write, file_finish, file_writer_destroy};
    file->fd = -1;
    bool exists = stat(path, &info) == 0;
    file->path = exists ? realpath(path, NULL) : strdup(path);
    if (!file->path)
        HY_GO(exists ? sink_error(errno, path) : hy_error_oom(strlen(path)));
    if (exists && S_ISDIR(info.st_mode))
        HY_GO(sink_error(EISDIR, path));
    if (exists && access(path, W_OK) != 0)
        HY_GO(sink_error(errno, path));
    if (!exists)
        make_parents(path);
    if (!exists || S_ISREG(info.st_mode))
        open_beside(file, exists, exists ? info.st_mode : 0);
    if (file->fd < 0)
        file->fd = open(file->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file->fd < 0)
        HY_GO(sink_error(errno, path));
    *out = &file->writer;
    return HY_OK;
done:
    file_writer_destroy(&file->writer);
    return st;
}

HyStatus hy_byte_writer_open(const char *path, HyStreamCompression compression, HyByteWriter **out)
{
    HyByteWriter *file = NULL;
    HY_TRY(open_sink(path, &file));
    switch (hy_compression_of_path(compression, path)) {
    case HY_COMPRESSION_GZIP:
        return hy_byte_writer_gzip(file, out);
    case HY_COMPRESSION_ZSTD:
        return hy_byte_writer_zstd(file, out);
    case HY_COMPRESSION_NONE:
    case HY_COMPRESSION_AUTO:
        break;
    }
    *out = file;
    return HY_OK;
}
