/* Creating, opening and closing of containers, and what is asked of an open one. */
#include "io/container_internal.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const HyObjectKey root_key = {.kind = HY_OBJECT_ROOT};
static const HyObjectKey catalog_key = {.kind = HY_OBJECT_CATALOG};
HyStatus hy_container_new(const HyContainerOptions *options, HyContainer **out)
{
    HyContainer *c = calloc(1, sizeof *c);
    if (!c)
        return hy_error_oom(sizeof *c);
    c->file = HY_OS_FILE_CLOSED;
    pthread_mutex_init(&c->commit_lock, NULL);
    pthread_mutex_init(&c->lock, NULL);
    if (options) {
        c->mode = options->mode;
        c->build_number = options->build_number;
        atomic_init(&c->is_relaxed, options->is_relaxed);
    }
    *out = c;
    return HY_OK;
}

void hy_container_close(HyContainer *container)
{
    if (!container)
        return;
    /* What was written and not committed lies behind the live state's end at best: cut it off. The
     * next open would do the same, so a failure does not matter. */
    if (container->mode == HY_CONTAINER_READ_WRITE && container->file.fd >= 0 &&
        container->live.file_size > 0 && !atomic_load(&container->is_failed) &&
        container->space.file_size > container->live.file_size)
        hy_error_free(hy_os_file_truncate(&container->file, container->live.file_size));
    hy_os_file_close(&container->file);
    hy_directory_free(&container->directory);
    hy_space_free(&container->space);
    hy_pins_free(&container->pins);
    pthread_mutex_destroy(&container->lock);
    pthread_mutex_destroy(&container->commit_lock);
    free(container);
}

HyStatus hy_container_lock_file(HyContainer *c)
{
    bool is_locked;
    HyOsLock lock = c->mode == HY_CONTAINER_READ_ONLY ? HY_OS_LOCK_SHARED : HY_OS_LOCK_EXCLUSIVE;
    HY_TRY(hy_os_file_lock(&c->file, lock, &is_locked));
    if (is_locked)
        return HY_OK;
    HyStatus st = hy_error("55006", "The database file is locked by another process");
    int64_t holder = hy_os_file_lock_holder(&c->file);
    if (holder == (int64_t)getpid())
        return hy_error_detail(st, "this process has the file \"%s\" open already", c->file.path);
    if (holder > 0)
        return hy_error_detail(
            st, "process %" PRId64 " holds the lock on file \"%s\"", holder, c->file.path);
    return st;
}

/* Opening. */

bool hy_container_has_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return true;
    char *parent = strndup(path, (size_t)(slash - path));
    struct stat info;
    bool is_there = parent && stat(parent, &info) == 0 && S_ISDIR(info.st_mode);
    free(parent);
    return is_there;
}

/* Words a failed open of an existing database as the genuine server does. */
static HyStatus open_fault(HyStatus fault, int errnum, const char *path, HyContainerMode mode)
{
    HyStatus st = NULL;
    if (errnum == EISDIR)
        st = hy_error(
            "58S01", "unable to resolve the database path: the path does not refer to a file");
    else if ((errnum == ENOENT || errnum == ENOTDIR) && !hy_container_has_parent(path))
        st = hy_error("58S01", "unable to resolve the database path: directory does not exist");
    else if (errnum == ENOENT)
        st = hy_error("58S01", "the database does not exist");
    else if (errnum == EACCES || errnum == EROFS || errnum == EPERM)
        st = hy_error("42501", "The database file cannot be opened in `%s` mode",
            mode == HY_CONTAINER_READ_ONLY ? "read" : "read-write");
    if (!st)
        return fault;
    hy_error_free(fault);
    return st;
}

/* Reads both header pages and picks the live one. */
static HyStatus load_header(HyContainer *c, uint64_t *actual_size)
{
    uint8_t pages[2 * HY_HEADER_BYTES];
    HY_TRY(hy_os_file_size(&c->file, actual_size));
    if (*actual_size < sizeof pages)
        return hy_error("42809", "not a valid database");
    HY_TRY(hy_os_file_read(&c->file, 0, pages, sizeof pages));
    HY_TRY(hy_container_header_choose(pages, &c->live, &c->live_page));
    if (c->live.file_size > *actual_size)
        return hy_error_detail(hy_error("XX001", "file is truncated"),
            "the header says %" PRIu64 " bytes, the file has %" PRIu64, c->live.file_size,
            *actual_size);
    c->version = c->live.version;
    c->checksum_start = c->version == 0 ? 0 : 0x1234;
    return HY_OK;
}

HyStatus hy_container_load_directory(
    HyContainer *container, const HyContainerHeader *header, HyFaultSink *sink, uint8_t **out)
{
    const HyObjectRef *ref = &header->directory;
    *out = NULL;
    if (ref->offset < HY_DATA_START || ref->alloc < HY_CHECKSUM_BYTES ||
        ref->alloc > header->file_size || ref->offset > header->file_size - ref->alloc ||
        ref->length > ref->alloc - HY_CHECKSUM_BYTES)
        return hy_sink_record(sink, "ObjectStore.RootRecord.DirectoryPosition",
            "directory at offset %" PRIu64 " of %" PRIu64 " bytes", ref->offset, ref->length);
    size_t len = (size_t)ref->length;
    uint8_t *bytes = malloc(len + HY_CHECKSUM_BYTES);
    if (!bytes)
        return hy_error_oom(len + HY_CHECKSUM_BYTES);
    HyStatus st;
    HY_GO(hy_os_file_read(&container->file, ref->offset, bytes, len + HY_CHECKSUM_BYTES));
    if (hy_crc32c(container->checksum_start, bytes, len) != hy_load_u32(bytes + len)) {
        st = hy_error("XX001", "The Hyper database is physically corrupted: Hyper detected an "
                               "invalid `ObjectStore.Directory.Checksum` record.");
        st = hy_error_detail(
            st, "directory at offset %" PRIu64 " of %" PRIu64 " bytes", ref->offset, ref->length);
        HY_GO(hy_sink_status(sink, st));
        goto done;
    }
    *out = bytes;
    bytes = NULL;

done:
    free(bytes);
    return st;
}

static HyStatus load_directory(HyContainer *c)
{
    HyFaultSink sink = {0};
    HyExtentList used = {0};
    uint8_t *bytes = NULL;
    HyStatus st;
    HY_GO(hy_container_load_directory(c, &c->live, &sink, &bytes));
    HY_GO(hy_directory_parse(
        bytes, (size_t)c->live.directory.length, &c->live, &sink, &c->directory, &used));
    st = hy_space_init(&c->space, &used, c->live.file_size);

done:
    hy_extents_free(&used);
    free(bytes);
    return st;
}

void hy_container_reverse_uuid(uint8_t *out, const uint8_t *in)
{
    for (int i = 0; i < 16; i++)
        out[i] = in[15 - i];
}

static HyStatus load_root(HyContainer *c)
{
    /* The root has no partition, so a key can be packed before the count is known. */
    const HySlot *slot = hy_directory_find(&c->directory, hy_object_key_pack(&root_key, 1));
    if (!slot || slot->ref.length != HY_ROOT_BYTES || slot->ref.compression != HY_STORED_PLAIN)
        return hy_corrupt_record(
            "ObjectStore.DatabaseHeader", "root at offset %" PRIu64, slot ? slot->ref.offset : 0);
    HyObjectBytes root;
    HY_TRY(hy_container_read(c, &root_key, &slot->ref, HY_CHECKSUM_VERIFY, NULL, &root));
    c->partition_count = hy_load_u64(root.data + HY_ROOT_AT_PARTITIONS);
    hy_container_reverse_uuid(c->uuid, root.data + HY_ROOT_AT_UUID);
    hy_object_bytes_free(&root);
    if (c->partition_count == 0 || c->partition_count > HY_MAX_PARTITIONS)
        return hy_corrupt_record("Database.Header.PartitionCount",
            "root at offset %" PRIu64 ": %" PRIu64 " partitions", slot->ref.offset,
            c->partition_count);
    if (!hy_directory_find(&c->directory, hy_object_key_pack(&catalog_key, 1)))
        return hy_error(
            "XXS01", "Schema not present. The database is corrupt and needs to be re-created.");
    return HY_OK;
}

HyStatus hy_container_open(const char *path, const HyContainerOptions *options, HyContainer **out)
{
    HyContainer *c;
    HY_TRY(hy_container_new(options, &c));
    HyOsOpen how = c->mode == HY_CONTAINER_READ_ONLY ? HY_OS_READ : HY_OS_READ_WRITE;
    uint64_t actual_size;
    int errnum;
    HyStatus st;
    st = hy_os_file_open(path, how, options ? options->file_ops : NULL, &errnum, &c->file);
    if (st) {
        st = open_fault(st, errnum, path, c->mode);
        goto done;
    }
    HY_GO(hy_container_lock_file(c));
    HY_GO(load_header(c, &actual_size));
    HY_GO(load_directory(c));
    HY_GO(load_root(c));
    if (c->mode == HY_CONTAINER_READ_WRITE && actual_size > c->live.file_size)
        HY_GO(hy_os_file_truncate(&c->file, c->live.file_size));
    *out = c;
    c = NULL;

done:
    hy_container_close(c);
    return st;
}

/* Questions. */

const char *hy_container_path(const HyContainer *container)
{
    return container->file.path;
}

bool hy_container_is_read_only(const HyContainer *container)
{
    return container->mode == HY_CONTAINER_READ_ONLY;
}

uint32_t hy_container_version(const HyContainer *container)
{
    return container->version;
}

uint64_t hy_container_partition_count(const HyContainer *container)
{
    return container->partition_count;
}

const uint8_t *hy_container_uuid(const HyContainer *container)
{
    return container->uuid;
}

uint32_t hy_container_creator_build(const HyContainer *container)
{
    return container->live.creator_build; /* the same in all states */
}

uint32_t hy_container_writer_build(HyContainer *container)
{
    pthread_mutex_lock(&container->lock);
    uint32_t value = container->live.writer_build;
    pthread_mutex_unlock(&container->lock);
    return value;
}

uint64_t hy_container_sequence(HyContainer *container)
{
    pthread_mutex_lock(&container->lock);
    uint64_t value = container->live.sequence;
    pthread_mutex_unlock(&container->lock);
    return value;
}

HyContainerState hy_container_state(HyContainer *container)
{
    pthread_mutex_lock(&container->lock);
    HyContainerState state = {
        .sequence = container->live.sequence, .checksum = container->live.checksum};
    pthread_mutex_unlock(&container->lock);
    return state;
}

uint64_t hy_container_file_size(HyContainer *container)
{
    pthread_mutex_lock(&container->lock);
    uint64_t value = container->space.file_size;
    pthread_mutex_unlock(&container->lock);
    return value;
}

uint64_t hy_container_free_bytes(HyContainer *container)
{
    pthread_mutex_lock(&container->lock);
    uint64_t value = container->space.free_bytes;
    pthread_mutex_unlock(&container->lock);
    return value;
}

void hy_container_set_relaxed(HyContainer *container, bool is_relaxed)
{
    atomic_store(&container->is_relaxed, is_relaxed);
}

bool hy_container_find(HyContainer *container, const HyObjectKey *key, HyObjectRef *out)
{
    HyPackedKey packed = hy_object_key_pack(key, container->partition_count);
    pthread_mutex_lock(&container->lock);
    const HySlot *slot = hy_directory_find(&container->directory, packed);
    if (slot)
        *out = slot->ref;
    pthread_mutex_unlock(&container->lock);
    return slot != NULL;
}

HyStatus hy_container_list(HyContainer *container, HyObjectEntry **out, size_t *count)
{
    HyStatus st = HY_OK;
    pthread_mutex_lock(&container->lock);
    const HyDirectory *directory = &container->directory;
    size_t bytes = (directory->live_count + 1) * sizeof(HyObjectEntry);
    HyObjectEntry *entries = malloc(bytes);
    if (!entries)
        HY_GO(hy_error_oom(bytes));
    size_t n = 0;
    for (size_t i = 0; i < hy_directory_slot_count(directory); i++) {
        const HySlot *slot = &directory->slots[i];
        if (slot->state == HY_SLOT_LIVE)
            entries[n++] =
                (HyObjectEntry){.key = hy_object_key_unpack(slot->key), .ref = slot->ref};
    }
    *out = entries;
    *count = n;

done:
    pthread_mutex_unlock(&container->lock);
    return st;
}

/* Changes. */

HyStatus hy_container_check_writable(HyContainer *container)
{
    if (container->mode == HY_CONTAINER_READ_ONLY)
        return hy_error(
            "25006", "the database file \"%s\" is open for reading only", container->file.path);
    if (atomic_load(&container->is_failed))
        return hy_error_hint(
            hy_error("58030", "the database file \"%s\" cannot be changed after a failed sync",
                container->file.path),
            "Close the database and open it again.");
    return HY_OK;
}

HyStatus hy_container_sync(HyContainer *container)
{
    if (atomic_load(&container->is_relaxed))
        return HY_OK;
    HyStatus st = hy_os_file_sync(&container->file);
    /* After a failure the system may have dropped the unwritten pages and report success next time.
     */
    if (st)
        atomic_store(&container->is_failed, true);
    return st;
}
