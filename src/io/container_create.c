/* Creating of containers (spec/hyper-file-format.md, section 9, "Creation"). */
#include "io/container_internal.h"

#include "base/bytes.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

static const HyObjectKey root_key = {.kind = HY_OBJECT_ROOT};
static const HyObjectKey catalog_key = {.kind = HY_OBJECT_CATALOG};
static const char root_magic[8] = "HyperDB";

static HyStatus create_fault(HyStatus fault, int errnum, const char *path)
{
    const char *sqlstate = "58P01";
    const char *reason = "the database file could not be created";
    if (errnum == EEXIST) {
        sqlstate = "42P04";
        reason = "the database already exists";
    } else if ((errnum == ENOENT || errnum == ENOTDIR) && !hy_container_has_parent(path)) {
        sqlstate = "58S01";
        reason = "unable to resolve the database path: directory does not exist";
    } else if (errnum == EACCES || errnum == EPERM) {
        sqlstate = "42501";
    } else if (errnum == ENOMEM || errnum == ENOSPC || errnum == EMFILE || errnum == ENFILE) {
        return fault;
    }
    hy_error_free(fault);
    return hy_error(
        sqlstate, "The database \"hyper.file:%s\" could not be created: %s", path, reason);
}

static HyStatus random_uuid(uint8_t uuid[16])
{
    if (getrandom(uuid, 16, 0) != 16)
        return hy_error_errno(errno, "could not get random bytes");
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40); /* version 4 */
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80); /* variant of RFC 4122 */
    return HY_OK;
}

/* Writes the state with sequence number 0: header page 0 and a directory without objects. */
static HyStatus write_empty_state(HyContainer *c)
{
    HyExtent header_pages = {.offset = 0, .length = HY_DATA_START};
    HyExtentList used = {.items = &header_pages, .count = 1};
    HyExtentList areas = {0};
    uint8_t page[HY_HEADER_BYTES];
    uint8_t *bytes = NULL;
    HyStatus st;
    HY_GO(hy_os_file_truncate(&c->file, HY_FILE_SIZE_UNIT));
    HY_GO(hy_directory_init(&c->directory, HY_MIN_DIRECTORY_BITS));
    HY_GO(hy_space_init(&c->space, &used, HY_FILE_SIZE_UNIT));
    size_t len = hy_directory_format_size(&c->directory, 1);
    HyObjectRef *ref = &c->live.directory;
    HY_GO(hy_container_allocate(c, len, ref));
    HyExtent two[2] = {header_pages, {ref->offset, ref->alloc}};
    used = (HyExtentList){.items = two, .count = 2};
    HY_GO(hy_extents_complement(&used, HY_FILE_SIZE_UNIT, &areas));
    bytes = malloc(len);
    if (!bytes)
        HY_GO(hy_error_oom(len));
    hy_directory_format(&c->directory, &areas, bytes, len);
    HY_GO(hy_container_write_at(c, ref, bytes));
    hy_container_header_format(&c->live, page);
    st = hy_os_file_write(&c->file, 0, page, sizeof page);

done:
    free(bytes);
    hy_extents_free(&areas);
    return st;
}

static HyStatus write_root(HyContainer *c, HyObjectRef *out)
{
    uint8_t root[HY_ROOT_BYTES] = {0};
    memcpy(root, root_magic, sizeof root_magic);
    hy_store_u32(root + HY_ROOT_AT_CONSTANTS, 1);
    hy_store_u16(root + HY_ROOT_AT_CONSTANTS + 4, 1);
    hy_store_u16(root + HY_ROOT_AT_CONSTANTS + 6, 2);
    hy_container_reverse_uuid(root + HY_ROOT_AT_UUID, c->uuid);
    hy_store_u64(root + HY_ROOT_AT_PARTITIONS, c->partition_count);
    return hy_container_write_stored(c, root, sizeof root, HY_STORED_PLAIN, out);
}

/* The first commit: root and catalog. */
static HyStatus write_first_state(HyContainer *c, const HyContainerTemplate *tmpl)
{
    HyObjectRef root;
    HyObjectRef catalog;
    HyContainerCommit *commit = NULL;
    HyStatus st;
    HY_GO(write_root(c, &root));
    HY_GO(
        hy_container_write_stored(c, tmpl->catalog, tmpl->catalog_len, HY_STORED_PLAIN, &catalog));
    HY_GO(hy_container_begin(c, &commit));
    HY_GO(hy_commit_put(commit, &root_key, &root));
    HY_GO(hy_commit_put(commit, &catalog_key, &catalog));
    st = hy_container_commit(commit);
    commit = NULL;

done:
    hy_commit_abandon(commit);
    return st;
}

static HyStatus fill_new(HyContainer *c, const HyContainerTemplate *tmpl)
{
    c->version = tmpl->version;
    c->checksum_start = c->version == 0 ? 0 : 0x1234;
    c->partition_count = tmpl->partition_count ? tmpl->partition_count : 1;
    c->live = (HyContainerHeader){.version = tmpl->version,
        .writer_build = c->build_number,
        .creator_build = c->build_number,
        .file_size = HY_FILE_SIZE_UNIT};
    if (tmpl->uuid)
        memcpy(c->uuid, tmpl->uuid, sizeof c->uuid);
    else
        HY_TRY(random_uuid(c->uuid));
    HY_TRY(hy_container_lock_file(c));
    HY_TRY(write_empty_state(c));
    HY_TRY(write_first_state(c, tmpl));
    return atomic_load(&c->is_relaxed) ? HY_OK : hy_os_sync_parent(c->file.path);
}

HyStatus hy_container_create(const char *path, const HyContainerTemplate *tmpl,
    const HyContainerOptions *options, HyContainer **out)
{
    if (tmpl->version > HY_CONTAINER_MAX_VERSION)
        return hy_error("0A000", "unsupported database version %u; maximum supported version is %d",
            tmpl->version, HY_CONTAINER_MAX_VERSION);
    if (tmpl->partition_count > HY_MAX_PARTITIONS)
        return hy_error("XX000", "too many partitions: %" PRIu64, tmpl->partition_count);
    HyContainer *c;
    HY_TRY(hy_container_new(options, &c));
    c->mode = HY_CONTAINER_READ_WRITE;
    int errnum;
    HyStatus st =
        hy_os_file_open(path, HY_OS_CREATE, options ? options->file_ops : NULL, &errnum, &c->file);
    if (st) {
        st = create_fault(st, errnum, path);
        goto done;
    }
    st = fill_new(c, tmpl);
    if (st) {
        unlink(path);
        goto done;
    }
    *out = c;
    c = NULL;

done:
    hy_container_close(c);
    return st;
}
