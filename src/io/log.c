/* The log's life and its writing. */
#include "io/log_internal.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define FIRST_FILL ((uint64_t)128 << 10)
#define MORE_FILL  ((uint64_t)1 << 20)

static const char magic[16] = "openhyper log 1";

/* Offsets in a header. */
enum {
    AT_UUID = 16,
    AT_BASE_SEQUENCE = 32,
    AT_BASE_CHECKSUM = 40,
    AT_HAS_NEXT = 44,
    AT_NEXT_SEQUENCE = 48,
    AT_NEXT_CHECKSUM = 56,
    AT_SALT = 64,
    AT_EPOCH = 72,
    AT_HEADER_CHECKSUM = HY_LOG_HEADER_BYTES - 4,
};

uint64_t hy_log_random(void)
{
    uint64_t value;
    if (getrandom(&value, sizeof value, 0) == (ssize_t)sizeof value)
        return value;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000007 + (uint64_t)now.tv_nsec;
}

uint32_t hy_log_first_chain(uint64_t salt)
{
    return hy_crc32c(0, &salt, sizeof salt);
}

HyStatus hy_log_path(const char *database_path, char **out)
{
    size_t len = strlen(database_path);
    char *path = malloc(len + sizeof ".wal");
    if (!path)
        return hy_error_oom(len);
    memcpy(path, database_path, len);
    memcpy(path + len, ".wal", sizeof ".wal");
    *out = path;
    return HY_OK;
}

HyStatus hy_log_new(const HyLogOptions *options, HyLog **out)
{
    HyLog *log = calloc(1, sizeof *log);
    if (!log)
        return hy_error_oom(sizeof *log);
    atomic_init(&log->n_refs, 1);
    log->file = HY_OS_FILE_CLOSED;
    log->is_relaxed = options->is_relaxed;
    log->nonce = hy_log_random();
    log->end = HY_LOG_DATA_START;
    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->changed, NULL);
    *out = log;
    return HY_OK;
}

HyLog *hy_log_ref(HyLog *log)
{
    atomic_fetch_add_explicit(&log->n_refs, 1, memory_order_relaxed);
    return log;
}

void hy_log_unref(HyLog *log)
{
    if (!log || atomic_fetch_sub_explicit(&log->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    hy_os_file_close(&log->file);
    hy_buffer_free(&log->buffer);
    pthread_cond_destroy(&log->changed);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

static void format_header(const HyLogHeader *header, uint8_t slot[HY_LOG_HEADER_BYTES])
{
    memset(slot, 0, HY_LOG_HEADER_BYTES);
    memcpy(slot, magic, sizeof magic);
    memcpy(slot + AT_UUID, header->uuid, sizeof header->uuid);
    hy_store_u64(slot + AT_BASE_SEQUENCE, header->base.sequence);
    hy_store_u32(slot + AT_BASE_CHECKSUM, header->base.checksum);
    hy_store_u32(slot + AT_HAS_NEXT, header->has_next);
    hy_store_u64(slot + AT_NEXT_SEQUENCE, header->next.sequence);
    hy_store_u32(slot + AT_NEXT_CHECKSUM, header->next.checksum);
    hy_store_u64(slot + AT_SALT, header->salt);
    hy_store_u64(slot + AT_EPOCH, header->epoch);
    hy_store_u32(slot + AT_HEADER_CHECKSUM, hy_crc32c(0, slot, AT_HEADER_CHECKSUM));
}

bool hy_log_header_parse(const uint8_t slot[HY_LOG_HEADER_BYTES], HyLogHeader *out)
{
    if (memcmp(slot, magic, sizeof magic) != 0 ||
        hy_crc32c(0, slot, AT_HEADER_CHECKSUM) != hy_load_u32(slot + AT_HEADER_CHECKSUM))
        return false;
    *out = (HyLogHeader){.base = {.sequence = hy_load_u64(slot + AT_BASE_SEQUENCE),
                             .checksum = hy_load_u32(slot + AT_BASE_CHECKSUM)},
        .next = {.sequence = hy_load_u64(slot + AT_NEXT_SEQUENCE),
            .checksum = hy_load_u32(slot + AT_NEXT_CHECKSUM)},
        .has_next = hy_load_u32(slot + AT_HAS_NEXT) != 0,
        .salt = hy_load_u64(slot + AT_SALT),
        .epoch = hy_load_u64(slot + AT_EPOCH)};
    memcpy(out->uuid, slot + AT_UUID, sizeof out->uuid);
    return true;
}

/* Into the slot that the valid header is not in. */
static HyStatus write_header(HyLog *log, const HyLogHeader *next)
{
    uint8_t slot[HY_LOG_HEADER_BYTES];
    HyLogHeader header = *next;
    header.epoch = log->header.epoch + 1;
    format_header(&header, slot);
    HY_TRY(hy_os_file_write(&log->file, (header.epoch & 1) * HY_LOG_SLOT_BYTES, slot, sizeof slot));
    log->header = header;
    return HY_OK;
}

/* Writes zeros ahead, so that records overwrite what is there: a sync need not write where the
 * file's blocks are. */
static HyStatus fill(HyLog *log, uint64_t up_to)
{
    static const char zeros[64 << 10];
    while (log->filled < up_to) {
        uint64_t n = up_to - log->filled < sizeof zeros ? up_to - log->filled : sizeof zeros;
        HY_TRY(hy_os_file_write(&log->file, log->filled, zeros, (size_t)n));
        log->filled += n;
    }
    return HY_OK;
}

HyStatus hy_log_create(const char *path, const HyLogOptions *options, HyLog **out)
{
    HyLog *log;
    HY_TRY(hy_log_new(options, &log));
    HyStatus st = HY_OK;
    bool is_created = false;
    HyLogHeader header = {.base = options->state, .salt = hy_log_random()};
    memcpy(header.uuid, options->uuid, sizeof header.uuid);
    HY_GO(hy_os_file_open(path, HY_OS_CREATE, options->file_ops, NULL, &log->file));
    is_created = true;
    HY_GO(fill(log, FIRST_FILL));
    HY_GO(write_header(log, &header));
    if (!log->is_relaxed) {
        HY_GO(hy_os_file_sync(&log->file));
        HY_GO(hy_os_sync_parent(path));
    }
    log->chain = hy_log_first_chain(header.salt);
    *out = log;
    log = NULL;

done:
    if (st && is_created)
        (void)unlink(path);
    hy_log_unref(log);
    return st;
}

/* Appending. */

static HyStatus failed_error(const HyLog *log)
{
    return hy_error("58030", "the log \"%s\" cannot be written after a failure", log->file.path);
}

static void set_failed(HyLog *log)
{
    pthread_mutex_lock(&log->lock);
    log->is_failed = true;
    pthread_cond_broadcast(&log->changed);
    pthread_mutex_unlock(&log->lock);
}

static HyStatus format_record(HyLog *log, const void *payload, size_t len)
{
    uint8_t head[HY_LOG_RECORD_HEAD] = {0};
    HyBuffer *buffer = &log->buffer;
    buffer->len = 0;
    hy_store_u32(head + 4, (uint32_t)len);
    hy_store_u64(head + 8, log->number + 1);
    hy_store_u64(head + 16, log->nonce);
    HY_TRY(hy_buffer_append(buffer, head, sizeof head));
    HY_TRY(hy_buffer_append(buffer, payload, len));
    while (buffer->len % 8)
        HY_TRY(hy_buffer_append_char(buffer, '\0'));
    hy_store_u32(buffer->data, hy_crc32c(log->chain, buffer->data + 4, buffer->len - 4));
    return HY_OK;
}

HyStatus hy_log_append(HyLog *log, const void *payload, size_t len, uint64_t *position)
{
    assert(len < HY_LOG_MAX_RECORD);
    if (hy_log_is_failed(log))
        return failed_error(log);
    HY_TRY(format_record(log, payload, len));
    uint64_t end = log->end + log->buffer.len;
    HY_TRY(hy_os_file_write(&log->file, log->end, log->buffer.data, log->buffer.len));
    if (end > log->filled) { /* the next ones overwrite again, if there is room */
        log->filled = end;
        hy_error_free(fill(log, end + MORE_FILL));
    }
    log->chain = hy_load_u32(log->buffer.data);
    log->number++;
    log->end = end;
    pthread_mutex_lock(&log->lock);
    log->appended += log->buffer.len;
    if (log->is_relaxed)
        log->synced = log->appended;
    *position = log->appended;
    pthread_mutex_unlock(&log->lock);
    return HY_OK;
}

/* The thread that finds nobody syncing does it, for all that is appended by then. */
HyStatus hy_log_wait(HyLog *log, uint64_t position)
{
    HyStatus st = HY_OK;
    pthread_mutex_lock(&log->lock);
    while (log->synced < position && !log->is_failed) {
        if (log->is_syncing) {
            pthread_cond_wait(&log->changed, &log->lock);
            continue;
        }
        uint64_t target = log->appended;
        log->is_syncing = true;
        pthread_mutex_unlock(&log->lock);
        HyStatus failure = hy_os_file_sync(&log->file);
        pthread_mutex_lock(&log->lock);
        log->is_syncing = false;
        if (failure)
            log->is_failed = true;
        else if (target > log->synced)
            log->synced = target;
        hy_error_free(failure);
        pthread_cond_broadcast(&log->changed);
    }
    if (log->synced < position)
        st = hy_error_hint(hy_error("58030", "could not sync the log \"%s\"", log->file.path),
            "Whether the transaction is kept is known when the database is opened again.");
    pthread_mutex_unlock(&log->lock);
    return st;
}

uint64_t hy_log_synced(HyLog *log)
{
    pthread_mutex_lock(&log->lock);
    uint64_t synced = log->synced;
    pthread_mutex_unlock(&log->lock);
    return synced;
}

bool hy_log_is_failed(HyLog *log)
{
    pthread_mutex_lock(&log->lock);
    bool is_failed = log->is_failed;
    pthread_mutex_unlock(&log->lock);
    return is_failed;
}

uint64_t hy_log_bytes(const HyLog *log)
{
    return log->end - HY_LOG_DATA_START;
}

/* Checkpoints. */

HyStatus hy_log_announce(HyLog *log, const HyContainerState *next)
{
    HyLogHeader header = log->header;
    header.next = *next;
    header.has_next = true;
    if (hy_log_is_failed(log))
        return failed_error(log);
    HyStatus st = write_header(log, &header);
    if (!st && !log->is_relaxed)
        st = hy_os_file_sync(&log->file);
    if (st)
        set_failed(log);
    return st;
}

/* Needs no sync: until the header is on the disk the former one counts, which has announced the
 * state; and the first record that overwrites former ones is synced with the header. */
HyStatus hy_log_restart(HyLog *log, const HyContainerState *state)
{
    HyLogHeader header = log->header;
    header.base = *state;
    header.has_next = false;
    header.salt = hy_log_random();
    HyStatus st = write_header(log, &header);
    pthread_mutex_lock(&log->lock);
    log->synced = log->appended;
    log->is_failed = log->is_failed || st;
    pthread_cond_broadcast(&log->changed);
    pthread_mutex_unlock(&log->lock);
    log->chain = hy_log_first_chain(header.salt);
    log->number = 0;
    log->end = HY_LOG_DATA_START;
    return st;
}
