/* Finding a log and reading what it has. */
#include "io/log_internal.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include <errno.h>
#include <stdlib.h>

/* The header that counts; false if none is valid. */
static HyStatus read_header(HyLog *log, uint64_t size, bool *is_valid, HyLogHeader *out)
{
    *is_valid = false;
    for (uint64_t slot = 0; slot < 2; slot++) {
        uint8_t bytes[HY_LOG_HEADER_BYTES];
        HyLogHeader header;
        if (size < slot * HY_LOG_SLOT_BYTES + sizeof bytes)
            break;
        HY_TRY(hy_os_file_read(&log->file, slot * HY_LOG_SLOT_BYTES, bytes, sizeof bytes));
        if (!hy_log_header_parse(bytes, &header) || (*is_valid && header.epoch < out->epoch))
            continue;
        *out = header;
        *is_valid = true;
    }
    return HY_OK;
}

/* The record at the log's end, if it is whole. `bytes` is large enough for any in the file. */
static HyStatus read_record(
    const HyLog *log, uint64_t file_size, HyBuffer *bytes, bool *is_there, size_t *len)
{
    *is_there = false;
    if (file_size < log->end || file_size - log->end < HY_LOG_RECORD_HEAD)
        return HY_OK;
    bytes->len = 0;
    HY_TRY(hy_buffer_reserve(bytes, HY_LOG_RECORD_HEAD));
    HY_TRY(hy_os_file_read(&log->file, log->end, bytes->data, HY_LOG_RECORD_HEAD));
    *len = hy_load_u32(bytes->data + 4);
    uint64_t total = hy_align_up(HY_LOG_RECORD_HEAD + (uint64_t)*len, 8);
    if (*len == 0 || *len >= HY_LOG_MAX_RECORD || file_size - log->end < total ||
        hy_load_u64(bytes->data + 8) != log->number + 1)
        return HY_OK;
    HY_TRY(hy_buffer_reserve(bytes, (size_t)total));
    HY_TRY(hy_os_file_read(&log->file, log->end, bytes->data, (size_t)total));
    bytes->len = (size_t)total;
    *is_there =
        hy_crc32c(log->chain, bytes->data + 4, (size_t)total - 4) == hy_load_u32(bytes->data);
    return HY_OK;
}

HyStatus hy_log_read(HyLog *log, HyLogRecordFn take, void *context)
{
    HyStatus st = HY_OK;
    HyBuffer bytes = {0};
    bool is_there = true;
    for (;;) {
        size_t len = 0;
        HY_GO(read_record(log, log->filled, &bytes, &is_there, &len));
        if (!is_there)
            break;
        HY_GO(take(context, (const uint8_t *)bytes.data + HY_LOG_RECORD_HEAD, len));
        log->chain = hy_load_u32(bytes.data);
        log->number++;
        log->end += bytes.len;
    }

done:
    hy_buffer_free(&bytes);
    return st;
}

static bool is_state(const HyContainerState *a, const HyContainerState *b)
{
    return a->sequence == b->sequence && a->checksum == b->checksum;
}

/* Whether there is a first record. */
static HyStatus has_records(const HyLog *log, bool *out)
{
    HyBuffer bytes = {0};
    size_t len;
    HyStatus st = read_record(log, log->filled, &bytes, out, &len);
    hy_buffer_free(&bytes);
    return st;
}

/* Whether a crash came while the log was created, before anything was appended: it is too short, or
 * nothing but zeros up to where the first record would begin. */
static HyStatus is_unborn(const HyLog *log, bool *out)
{
    uint8_t bytes[HY_LOG_DATA_START + HY_LOG_RECORD_HEAD];
    *out = log->filled < sizeof bytes;
    if (*out)
        return HY_OK;
    HY_TRY(hy_os_file_read(&log->file, 0, bytes, sizeof bytes));
    *out = bytes[0] == 0 && memcmp(bytes, bytes + 1, sizeof bytes - 1) == 0;
    return HY_OK;
}

static HyStatus find_standing(HyLog *log, const HyLogOptions *options, HyLogStanding *standing)
{
    bool is_there;
    HY_TRY(hy_os_file_size(&log->file, &log->filled));
    HY_TRY(read_header(log, log->filled, &is_there, &log->header));
    if (!is_there) {
        HY_TRY(is_unborn(log, &is_there));
        *standing = is_there ? HY_LOG_CONTAINED : HY_LOG_DAMAGED;
        return HY_OK;
    }
    const HyLogHeader *header = &log->header;
    log->chain = hy_log_first_chain(header->salt);
    bool is_own = memcmp(header->uuid, options->uuid, sizeof header->uuid) == 0;
    if (is_own && is_state(&header->base, &options->state)) {
        *standing = HY_LOG_CURRENT;
        return HY_OK;
    }
    HY_TRY(has_records(log, &is_there));
    if (!is_there || (is_own && header->has_next && is_state(&header->next, &options->state)))
        *standing = HY_LOG_CONTAINED;
    else
        *standing = HY_LOG_FOREIGN;
    return HY_OK;
}

HyStatus hy_log_open(
    const char *path, const HyLogOptions *options, HyLogStanding *standing, HyLog **out)
{
    HyLog *log;
    int errnum;
    HyOsOpen how = options->is_read_only ? HY_OS_READ : HY_OS_READ_WRITE;
    HY_TRY(hy_log_new(options, &log));
    HyStatus st = hy_os_file_open(path, how, options->file_ops, &errnum, &log->file);
    if (st && errnum == ENOENT) {
        hy_error_free(st);
        st = HY_OK;
        *standing = HY_LOG_MISSING;
        goto done;
    }
    if (st)
        goto done;
    HY_GO(find_standing(log, options, standing));
    if (*standing == HY_LOG_CURRENT) {
        *out = log;
        log = NULL;
    }

done:
    hy_log_unref(log);
    return st;
}
