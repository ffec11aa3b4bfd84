/* Verification of everything that the container itself knows about a file. */
#include "io/container_internal.h"

#include "base/bytes.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FAULT_BYTES 512

static void HY_PRINTF(2, 3) report_fault(HyFaultSink *sink, const char *format, ...)
{
    char text[FAULT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sink->report(sink->context, text);
}

/* Bytes of a header page that are zero in every file; nobody looks at them. */
static bool reserved_is_zero(const uint8_t *page)
{
    static const struct {
        size_t begin, end;
    } ranges[] = {{0x006, 0x008}, {0x00c, 0x020}, {0x024, 0x02c}, {0x058, 0x060}, {0x068, 0xffc}};
    uint8_t any = 0;
    for (size_t r = 0; r < HY_ARRAY_LEN(ranges); r++)
        for (size_t i = ranges[r].begin; i < ranges[r].end; i++)
            any |= page[i];
    return any == 0;
}

static HyStatus verify_headers(HyContainer *c, HyFaultSink *sink)
{
    uint8_t pages[2 * HY_HEADER_BYTES];
    HY_TRY(hy_os_file_read(&c->file, 0, pages, sizeof pages));
    for (int i = 0; i < 2; i++) {
        HyContainerHeader header;
        int stage;
        HyStatus fault = hy_container_header_parse(pages + i * HY_HEADER_BYTES, &header, &stage);
        if (fault) {
            report_fault(
                sink, "header page %d at offset %d: %s", i, i * HY_HEADER_BYTES, fault->message);
            hy_error_free(fault);
            continue;
        }
        if (!reserved_is_zero(pages + i * HY_HEADER_BYTES))
            report_fault(sink, "header page %d at offset %d: reserved bytes are not zero", i,
                i * HY_HEADER_BYTES);
        if (header.version != c->version)
            report_fault(sink, "header page %d at offset %d: version %u instead of %u", i,
                i * HY_HEADER_BYTES, header.version, c->version);
        if (i == c->live_page && header.sequence != c->live.sequence)
            report_fault(sink,
                "header page %d at offset %d: sequence number %" PRIu64 " instead of %" PRIu64, i,
                i * HY_HEADER_BYTES, header.sequence, c->live.sequence);
    }
    return HY_OK;
}

static HyStatus verify_file_size(HyContainer *c, HyFaultSink *sink)
{
    uint64_t actual;
    HY_TRY(hy_os_file_size(&c->file, &actual));
    if (actual < c->live.file_size)
        report_fault(sink,
            "file is truncated: the header says %" PRIu64 " bytes, the file has %" PRIu64,
            c->live.file_size, actual);
    if (c->live.file_size % HY_FILE_SIZE_UNIT != 0)
        report_fault(sink, "the file size of %" PRIu64 " bytes is not a multiple of %d",
            c->live.file_size, HY_FILE_SIZE_UNIT);
    return HY_OK;
}

/* What a lookup needs: position by hash, partition; and the alignment of the bytes. */
static void verify_slot(
    HyContainer *c, const HyDirectory *directory, const HySlot *slot, HyFaultSink *sink)
{
    char text[HY_OBJECT_KEY_TEXT];
    HyObjectKey key = hy_object_key_unpack(slot->key);
    hy_object_key_text(&key, text);
    uint64_t offset = slot->ref.offset;
    if (!hy_directory_find(directory, slot->key))
        report_fault(sink,
            "%s at offset %" PRIu64 ": its slot %zu cannot be reached from its hash position %zu",
            text, offset, (size_t)(slot - directory->slots),
            hy_directory_home(directory, slot->key));
    HyPackedKey expected = hy_object_key_pack(&key, c->partition_count);
    if (expected.k1 != slot->key.k1)
        report_fault(sink, "%s at offset %" PRIu64 ": partition %" PRIu64 " instead of %" PRIu64,
            text, offset, slot->key.k1 >> 24 & 0xFFFFFF, expected.k1 >> 24 & 0xFFFFFF);
    if (offset % HY_OBJECT_ALIGN != 0 || slot->ref.alloc % HY_OBJECT_ALIGN != 0)
        report_fault(sink, "%s at offset %" PRIu64 " of %" PRIu64 " bytes: not a multiple of %d",
            text, offset, slot->ref.alloc, HY_OBJECT_ALIGN);
}

static HyStatus verify_object(
    HyContainer *c, HyMemory *memory, const HySlot *slot, HyFaultSink *sink)
{
    HyObjectKey key = hy_object_key_unpack(slot->key);
    HyObjectBytes bytes = {0};
    HyStatus st = hy_container_read(c, &key, &slot->ref, HY_CHECKSUM_VERIFY, memory, &bytes);
    hy_object_bytes_free(&bytes);
    /* Only damage is a fault; a full memory or a failing disk ends the verification. */
    if (st && strncmp(st->sqlstate, "XX", 2) != 0)
        return st;
    return hy_sink_status(sink, st);
}

/* The directory is read again from the file, and its objects are those of the file, not of the
 * table in memory, so that damage since the open is found as well. */
static HyStatus verify_directory(HyContainer *c, HyMemory *memory, HyFaultSink *sink)
{
    HyDirectory directory = {0};
    HyExtentList used = {0};
    uint8_t *bytes = NULL;
    HyStatus st;
    HY_GO(hy_container_load_directory(c, &c->live, sink, &bytes));
    if (!bytes)
        goto done;
    HY_GO(hy_directory_parse(
        bytes, (size_t)c->live.directory.length, &c->live, sink, &directory, &used));
    if (c->live.directory.offset % HY_OBJECT_ALIGN != 0)
        report_fault(sink, "directory at offset %" PRIu64 ": not a multiple of %d",
            c->live.directory.offset, HY_OBJECT_ALIGN);
    if (!directory.slots)
        goto done;
    for (size_t i = 0; i < hy_directory_slot_count(&directory); i++) {
        const HySlot *slot = &directory.slots[i];
        if (slot->state != HY_SLOT_LIVE)
            continue;
        verify_slot(c, &directory, slot, sink);
        HY_GO(verify_object(c, memory, slot, sink));
    }

done:
    free(bytes);
    hy_extents_free(&used);
    hy_directory_free(&directory);
    return st;
}

HyStatus hy_container_verify(
    HyContainer *container, HyMemory *memory, HyFaultFn report, void *context)
{
    HyFaultSink sink = {.report = report, .context = context};
    HyStatus st;
    pthread_mutex_lock(&container->commit_lock); /* the committed state must stay as it is */
    HY_GO(verify_headers(container, &sink));
    HY_GO(verify_file_size(container, &sink));
    HY_GO(verify_directory(container, memory, &sink));

done:
    pthread_mutex_unlock(&container->commit_lock);
    return st;
}

HyStatus hy_container_verify_file(
    const char *path, HyMemory *memory, HyFaultFn report, void *context)
{
    HyFaultSink sink = {.report = report, .context = context};
    HyContainerOptions options = {.mode = HY_CONTAINER_READ_ONLY};
    HyContainer *container;
    HyStatus st = hy_container_open(path, &options, &container);
    if (st) {
        bool is_damage = strncmp(st->sqlstate, "XX", 2) == 0 ||
                         strcmp(st->sqlstate, "42809") == 0 || strcmp(st->sqlstate, "0AS01") == 0;
        return is_damage ? hy_sink_status(&sink, st) : st;
    }
    st = hy_container_verify(container, memory, report, context);
    hy_container_close(container);
    return st;
}
