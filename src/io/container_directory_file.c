/* The directory as it lies in the file: parsing with all checks of the genuine server, and writing
 * (spec/hyper-file-format.md, sections 4 and 8). */
#include "io/container_internal.h"

#include "base/bytes.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SLOT_BYTES   48
#define FREE_BYTES   16
#define GUARD        UINT64_C(0xDA1ADA1A)
#define DETAIL_BYTES 512

static HyStatus record_error(const char *record, const char *detail)
{
    return hy_error_detail(
        hy_error("XXS01",
            "The Hyper database is physically corrupted: Hyper detected an invalid `%s` record.",
            record),
        "%s", detail);
}

HyStatus hy_corrupt_record(const char *record, const char *detail_format, ...)
{
    char detail[DETAIL_BYTES];
    va_list args;
    va_start(args, detail_format);
    vsnprintf(detail, sizeof detail, detail_format, args);
    va_end(args);
    return record_error(record, detail);
}

HyStatus hy_sink_status(HyFaultSink *sink, HyStatus fault)
{
    if (!fault || !sink->report)
        return fault;
    char text[2 * DETAIL_BYTES];
    if (fault->detail)
        snprintf(text, sizeof text, "%s: %s", fault->detail, fault->message);
    else
        snprintf(text, sizeof text, "%s", fault->message);
    hy_error_free(fault);
    sink->report(sink->context, text);
    return HY_OK;
}

HyStatus hy_sink_record(HyFaultSink *sink, const char *record, const char *detail_format, ...)
{
    char detail[DETAIL_BYTES];
    va_list args;
    va_start(args, detail_format);
    vsnprintf(detail, sizeof detail, detail_format, args);
    va_end(args);
    return hy_sink_status(sink, record_error(record, detail));
}

static int compare_offsets(const void *a, const void *b)
{
    const HyExtent *x = a;
    const HyExtent *y = b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static int compare_lengths(const void *a, const void *b)
{
    const HyExtent *x = a;
    const HyExtent *y = b;
    int order = (x->length > y->length) - (x->length < y->length);
    return order ? order : compare_offsets(a, b);
}

void hy_extents_free(HyExtentList *list)
{
    free(list->items);
    *list = (HyExtentList){0};
}

/* Header pages, directory and all live objects, sorted by offset, unchecked. */
static HyStatus collect_extents(
    const HyDirectory *directory, const HyObjectRef *directory_ref, HyExtentList *out)
{
    size_t bytes = (directory->live_count + 2) * sizeof(HyExtent);
    HyExtent *items = malloc(bytes);
    if (!items)
        return hy_error_oom(bytes);
    size_t n = 0;
    items[n++] = (HyExtent){.offset = 0, .length = HY_DATA_START};
    if (directory_ref->alloc)
        items[n++] = (HyExtent){directory_ref->offset, directory_ref->alloc};
    for (size_t i = 0; i < hy_directory_slot_count(directory); i++) {
        const HySlot *slot = &directory->slots[i];
        if (slot->state == HY_SLOT_LIVE)
            items[n++] = (HyExtent){slot->ref.offset, slot->ref.alloc};
    }
    qsort(items, n, sizeof *items, compare_offsets);
    *out = (HyExtentList){.items = items, .count = n};
    return HY_OK;
}

HyStatus hy_directory_extents(const HyDirectory *directory, const HyObjectRef *directory_ref,
    uint64_t file_size, HyExtentList *out)
{
    HyExtentList list;
    HY_TRY(collect_extents(directory, directory_ref, &list));
    uint64_t end = 0;
    for (size_t i = 0; i < list.count; i++) {
        HyExtent e = list.items[i];
        if (e.offset < end || e.length > file_size || e.offset > file_size - e.length) {
            hy_extents_free(&list);
            return hy_error("XX000",
                "two objects would share the area at offset %" PRIu64 " of the database file",
                e.offset);
        }
        end = e.offset + e.length;
    }
    *out = list;
    return HY_OK;
}

HyStatus hy_extents_complement(const HyExtentList *used, uint64_t file_size, HyExtentList *out)
{
    size_t bytes = (used->count + 1) * sizeof(HyExtent);
    HyExtent *items = malloc(bytes);
    if (!items)
        return hy_error_oom(bytes);
    size_t n = 0;
    uint64_t pos = 0;
    for (size_t i = 0; i <= used->count; i++) {
        uint64_t next = i < used->count ? used->items[i].offset : file_size;
        /* Objects of foreign files may be unaligned: keep our own multiples of 64. */
        uint64_t start = hy_align_up(pos, HY_OBJECT_ALIGN);
        uint64_t end = next & ~(uint64_t)(HY_OBJECT_ALIGN - 1);
        if (start < end)
            items[n++] = (HyExtent){.offset = start, .length = end - start};
        if (i < used->count && next + used->items[i].length > pos)
            pos = next + used->items[i].length;
    }
    *out = (HyExtentList){.items = items, .count = n};
    return HY_OK;
}

/* Parsing. */

typedef struct Parser {
    const uint8_t *bytes;
    size_t len;
    const HyContainerHeader *header;
    HyFaultSink *sink;
} Parser;

/* Reads the slot and says in *is_usable whether it is a live object whose place can be trusted. */
static HyStatus parse_slot(Parser *p, const uint8_t *bytes, HySlot *slot, bool *is_usable)
{
    char text[HY_OBJECT_KEY_TEXT];
    *slot = (HySlot){.key = {.k1 = hy_load_u64(bytes), .k2 = hy_load_u64(bytes + 8)},
        .ref = {.length = hy_load_u64(bytes + 16),
            .offset = hy_load_u64(bytes + 24),
            .alloc = hy_load_u64(bytes + 32),
            .compression = bytes[41]},
        .state = bytes[40]};
    *is_usable = false;
    const HyObjectRef *ref = &slot->ref;
    HyObjectKey key = hy_object_key_unpack(slot->key);
    hy_object_key_text(&key, text);
    if (slot->state > HY_SLOT_TOMBSTONE)
        return hy_sink_record(p->sink, "ObjectStore.IdMap.Entry.Used",
            "%s at offset %" PRIu64 ": state %u", text, ref->offset, slot->state);
    if (slot->state != HY_SLOT_LIVE)
        return HY_OK;
    if (ref->compression > HY_STORED_ZSTD)
        return hy_sink_record(p->sink, "ObjectStore.IdMap.Entry.Compression",
            "%s at offset %" PRIu64 ": compression %u", text, ref->offset, ref->compression);
    if (ref->alloc < HY_CHECKSUM_BYTES || ref->length > ref->alloc - HY_CHECKSUM_BYTES)
        return hy_sink_record(p->sink, "ObjectStore.Entry.Position.Length",
            "%s at offset %" PRIu64 ": %" PRIu64 " bytes do not fit into %" PRIu64, text,
            ref->offset, ref->length, ref->alloc);
    uint64_t file_size = p->header->file_size;
    if (ref->offset < HY_DATA_START || ref->alloc > file_size ||
        ref->offset > file_size - ref->alloc)
        return hy_sink_record(p->sink, "ObjectStore.IdMap.Entry.Position",
            "%s at offset %" PRIu64 ": outside of the file", text, ref->offset);
    *is_usable = true;
    return HY_OK;
}

static HyStatus parse_slots(Parser *p, HyDirectory *out)
{
    const uint8_t *bytes = p->bytes + 8;
    for (size_t i = 0; i < hy_directory_slot_count(out); i++, bytes += SLOT_BYTES) {
        HySlot *slot = &out->slots[i];
        bool is_usable;
        HY_TRY(parse_slot(p, bytes, slot, &is_usable));
        if (is_usable)
            out->live_count++;
        else if (slot->state != HY_SLOT_EMPTY) {
            slot->state = HY_SLOT_TOMBSTONE; /* so that probing goes past it */
            out->tombstone_count++;
        }
    }
    return HY_OK;
}

/* The same key twice: a lookup would always find the same one, so the other is a fault. */
static HyStatus check_duplicates(Parser *p, const HyDirectory *directory)
{
    char text[HY_OBJECT_KEY_TEXT];
    for (size_t i = 0; i < hy_directory_slot_count(directory); i++) {
        const HySlot *slot = &directory->slots[i];
        if (slot->state != HY_SLOT_LIVE)
            continue;
        const HySlot *found = hy_directory_find(directory, slot->key);
        if (!found || found == slot)
            continue;
        HyObjectKey key = hy_object_key_unpack(slot->key);
        HY_TRY(hy_sink_record(p->sink, "ObjectStore.IdMap.Entry.Used",
            "%s at offset %" PRIu64 ": there twice", hy_object_key_text(&key, text),
            slot->ref.offset));
    }
    return HY_OK;
}

static HyStatus check_overlaps(Parser *p, const HyExtentList *used)
{
    uint64_t end = 0;
    for (size_t i = 0; i < used->count; i++) {
        HyExtent e = used->items[i];
        if (e.offset < end)
            HY_TRY(hy_sink_record(p->sink, "ObjectStore.IdMap.Entry.Position",
                "the object at offset %" PRIu64 " overlaps the one before it", e.offset));
        if (e.offset + e.length > end)
            end = e.offset + e.length;
    }
    return HY_OK;
}

/* `areas` are sorted: walks along them and the used extents together. */
static HyStatus check_free_areas(Parser *p, const HyExtentList *areas, const HyExtentList *used)
{
    uint64_t end = 0;
    size_t u = 0;
    for (size_t i = 0; i < areas->count; i++) {
        HyExtent e = areas->items[i];
        while (u < used->count && used->items[u].offset + used->items[u].length <= e.offset)
            u++;
        if (e.offset < end)
            HY_TRY(hy_sink_record(p->sink, "ObjectStore.FreeList.Entry",
                "the free area at offset %" PRIu64 " overlaps the one before it", e.offset));
        else if (u < used->count && used->items[u].offset < e.offset + e.length)
            HY_TRY(hy_sink_record(p->sink, "ObjectStore.IdMap.Entry.Position",
                "the object at offset %" PRIu64 " overlaps the free area at offset %" PRIu64,
                used->items[u].offset, e.offset));
        if (e.offset + e.length > end)
            end = e.offset + e.length;
    }
    return HY_OK;
}

/* Reads the free list, which begins at `pos`; *end is the place of the guard. Areas that lie
 * outside of the file are reported and left out. */
static HyStatus parse_free_list(Parser *p, size_t pos, HyExtentList *out, size_t *end)
{
    uint64_t n = hy_load_u64(p->bytes + pos);
    pos += 8;
    if (n > (p->len - pos - 8) / FREE_BYTES) {
        *end = 0;
        return hy_sink_record(p->sink, "ObjectStore.FreeList.Size",
            "directory at offset %" PRIu64 ": %" PRIu64 " free areas", p->header->directory.offset,
            n);
    }
    HyExtent *items = malloc(((size_t)n + 1) * sizeof *items);
    if (!items)
        return hy_error_oom(((size_t)n + 1) * sizeof *items);
    *out = (HyExtentList){.items = items};
    uint64_t file_size = p->header->file_size;
    for (uint64_t i = 0; i < n; i++, pos += FREE_BYTES) {
        HyExtent e = {hy_load_u64(p->bytes + pos), hy_load_u64(p->bytes + pos + 8)};
        if (e.length <= file_size && e.offset <= file_size - e.length && e.offset >= HY_DATA_START)
            items[out->count++] = e;
        else
            HY_TRY(hy_sink_record(p->sink, "ObjectStore.FreeList.Entry",
                "the free area at offset %" PRIu64 " of %" PRIu64 " bytes is outside of the file",
                e.offset, e.length));
    }
    *end = pos;
    qsort(items, out->count, sizeof *items, compare_offsets);
    return HY_OK;
}

/* The part behind the table: free list and guard. */
static HyStatus parse_tail(Parser *p, const HyDirectory *directory, const HyExtentList *used)
{
    HyExtentList areas = {0};
    size_t pos = 8 + hy_directory_slot_count(directory) * SLOT_BYTES;
    size_t end = 0;
    HyStatus st = parse_free_list(p, pos, &areas, &end);
    if (!st && end && hy_load_u64(p->bytes + end) != GUARD)
        st = hy_sink_record(p->sink, "ObjectStore.IdMap.Entry.Guard",
            "directory at offset %" PRIu64, p->header->directory.offset);
    if (!st && end)
        st = check_free_areas(p, &areas, used);
    hy_extents_free(&areas);
    return st;
}

HyStatus hy_directory_parse(const uint8_t *bytes, size_t len, const HyContainerHeader *header,
    HyFaultSink *sink, HyDirectory *out, HyExtentList *used)
{
    Parser p = {.bytes = bytes, .len = len, .header = header, .sink = sink};
    uint64_t offset = header->directory.offset;
    *out = (HyDirectory){0};
    *used = (HyExtentList){0};
    if (len < 8)
        return hy_sink_record(sink, "ObjectStore.Chunk.Length",
            "directory at offset %" PRIu64 ": %zu bytes", offset, len);
    uint64_t bits = hy_load_u64(bytes);
    if (bits > HY_MAX_DIRECTORY_BITS)
        return hy_sink_record(sink, "ObjectStore.IdHashMap.IdMapShift",
            "directory at offset %" PRIu64 ": 2^%" PRIu64 " slots", offset, bits);
    /* Behind the table there are at least the number of free areas and the guard. */
    if (len < 24 || ((uint64_t)1 << bits) > (len - 24) / SLOT_BYTES)
        return hy_sink_record(sink, "ObjectStore.Chunk.Length",
            "directory at offset %" PRIu64 ": 2^%" PRIu64 " slots in %zu bytes", offset, bits, len);

    HyDirectory directory = {0};
    HyExtentList extents = {0};
    HyStatus st;
    HY_GO(hy_directory_init(&directory, (unsigned)bits));
    HY_GO(parse_slots(&p, &directory));
    HY_GO(check_duplicates(&p, &directory));
    HY_GO(collect_extents(&directory, &header->directory, &extents));
    HY_GO(check_overlaps(&p, &extents));
    HY_GO(parse_tail(&p, &directory, &extents));
    *out = directory;
    *used = extents;
    return HY_OK;

done:
    hy_directory_free(&directory);
    hy_extents_free(&extents);
    return st;
}

/* Writing. */

size_t hy_directory_format_size(const HyDirectory *directory, size_t free_count)
{
    return 8 + hy_directory_slot_count(directory) * SLOT_BYTES + 8 + free_count * FREE_BYTES + 8;
}

static void format_slot(const HySlot *slot, uint8_t *bytes)
{
    hy_store_u64(bytes, slot->key.k1);
    hy_store_u64(bytes + 8, slot->key.k2);
    hy_store_u64(bytes + 16, slot->ref.length);
    hy_store_u64(bytes + 24, slot->ref.offset);
    hy_store_u64(bytes + 32, slot->ref.alloc);
    bytes[40] = slot->state;
    bytes[41] = slot->ref.compression;
}

void hy_directory_format(
    const HyDirectory *directory, HyExtentList *free_areas, uint8_t *bytes, size_t len)
{
    qsort(free_areas->items, free_areas->count, sizeof(HyExtent), compare_lengths);
    memset(bytes, 0, len);
    hy_store_u64(bytes, directory->bits);
    uint8_t *p = bytes + 8;
    for (size_t i = 0; i < hy_directory_slot_count(directory); i++, p += SLOT_BYTES) {
        if (directory->slots[i].state == HY_SLOT_LIVE)
            format_slot(&directory->slots[i], p);
    }
    hy_store_u64(p, free_areas->count);
    p += 8;
    for (size_t i = 0; i < free_areas->count; i++, p += FREE_BYTES) {
        hy_store_u64(p, free_areas->items[i].offset);
        hy_store_u64(p + 8, free_areas->items[i].length);
    }
    hy_store_u64(p, GUARD);
}
