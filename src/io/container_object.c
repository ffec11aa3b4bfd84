/* Reading and writing of single objects. */
#include "io/container_internal.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes that tell the content size of any stored form. */
#define PREFIX_BYTES 18

/* Adds the object to the detail of a fault. */
static HyStatus name_object(HyStatus fault, const HyObjectKey *key, const HyObjectRef *ref)
{
    char text[HY_OBJECT_KEY_TEXT];
    return hy_error_detail(fault, "%s at offset %" PRIu64,
        key ? hy_object_key_text(key, text) : "object", ref->offset);
}

HyStatus hy_container_check_ref(
    HyContainer *container, const HyObjectKey *key, const HyObjectRef *ref)
{
    uint64_t file_size = hy_container_file_size(container);
    if (ref->offset >= HY_DATA_START && ref->offset <= file_size &&
        ref->length <= file_size - ref->offset &&
        file_size - ref->offset - ref->length >= HY_CHECKSUM_BYTES &&
        ref->compression <= HY_STORED_ZSTD)
        return HY_OK;
    return name_object(hy_corrupt_record("ObjectStore.IdMap.Entry.Position", "%s", ""), key, ref);
}

/* Reads the stored bytes and the checksum behind them into `bytes`. */
static HyStatus read_stored(HyContainer *container, const HyObjectKey *key, const HyObjectRef *ref,
    HyChecksumCheck check, uint8_t *bytes)
{
    size_t len = (size_t)ref->length;
    HY_TRY(hy_os_file_read(&container->file, ref->offset, bytes, len + HY_CHECKSUM_BYTES));
    if (check == HY_CHECKSUM_SKIP)
        return HY_OK;
    uint32_t expected = hy_load_u32(bytes + len);
    if (hy_crc32c(container->checksum_start, bytes, len) == expected)
        return HY_OK;
    return name_object(hy_error("XX001",
                           "database has invalid checksum: Expected checksum %" PRIu32
                           ". The database is corrupt and needs to be re-created.",
                           expected),
        key, ref);
}

static void set_content(HyObjectBytes *out, uint8_t *data, size_t size, HyMemory *memory)
{
    memset(data + size, 0, HY_OBJECT_PADDING);
    *out = (HyObjectBytes){.data = data, .size = size, .memory = memory};
}

static HyStatus read_compressed(HyContainer *container, const HyObjectKey *key,
    const HyObjectRef *ref, HyChecksumCheck check, HyMemory *memory, HyObjectBytes *out)
{
    HyStoredCompression form = (HyStoredCompression)ref->compression;
    size_t len = (size_t)ref->length;
    size_t stored_bytes = len + HY_CHECKSUM_BYTES;
    void *stored = NULL;
    void *data = NULL;
    uint64_t size = 0;
    HyStatus st;
    HY_GO(hy_memory_alloc(memory, stored_bytes, &stored));
    HY_GO(read_stored(container, key, ref, check, stored));
    HY_GO(name_object(hy_codec_content_size(form, stored, len, len, &size), key, ref));
    HY_GO(hy_memory_alloc(memory, (size_t)size + HY_OBJECT_PADDING, &data));
    HY_GO(name_object(hy_codec_decompress(form, stored, len, data, (size_t)size), key, ref));
    set_content(out, data, (size_t)size, memory);
    data = NULL;

done:
    hy_memory_free(memory, data, (size_t)size + HY_OBJECT_PADDING);
    hy_memory_free(memory, stored, stored_bytes);
    return st;
}

HyStatus hy_container_read(HyContainer *container, const HyObjectKey *key, const HyObjectRef *ref,
    HyChecksumCheck check, HyMemory *memory, HyObjectBytes *out)
{
    HY_TRY(hy_container_check_ref(container, key, ref));
    if (ref->compression != HY_STORED_PLAIN)
        return read_compressed(container, key, ref, check, memory, out);
    size_t size = (size_t)ref->length;
    _Static_assert(HY_OBJECT_PADDING >= HY_CHECKSUM_BYTES, "the checksum is read into the padding");
    void *data;
    HY_TRY(hy_memory_alloc(memory, size + HY_OBJECT_PADDING, &data));
    HyStatus st = read_stored(container, key, ref, check, data);
    if (st) {
        hy_memory_free(memory, data, size + HY_OBJECT_PADDING);
        return st;
    }
    set_content(out, data, size, memory);
    return HY_OK;
}

void hy_object_bytes_free(HyObjectBytes *bytes)
{
    if (bytes->data)
        hy_memory_free(bytes->memory, bytes->data, bytes->size + HY_OBJECT_PADDING);
    *bytes = (HyObjectBytes){0};
}

HyStatus hy_container_content_size(
    HyContainer *container, const HyObjectKey *key, const HyObjectRef *ref, uint64_t *out)
{
    HY_TRY(hy_container_check_ref(container, key, ref));
    uint8_t prefix[PREFIX_BYTES];
    size_t len = ref->length < sizeof prefix ? (size_t)ref->length : sizeof prefix;
    if (ref->compression != HY_STORED_PLAIN)
        HY_TRY(hy_os_file_read(&container->file, ref->offset, prefix, len));
    return name_object(
        hy_codec_content_size((HyStoredCompression)ref->compression, prefix, len, ref->length, out),
        key, ref);
}

HyStatus hy_container_allocate(HyContainer *container, uint64_t length, HyObjectRef *out)
{
    if (length > INT64_MAX - HY_FILE_SIZE_UNIT)
        return hy_error_errno(EFBIG, "growing the database file failed");
    uint64_t need = hy_align_up(length + HY_CHECKSUM_BYTES, HY_OBJECT_ALIGN);
    uint64_t offset = 0;
    HyStatus st = HY_OK;
    pthread_mutex_lock(&container->lock);
    if (!hy_space_take(&container->space, need, &offset)) {
        uint64_t size = hy_space_grown_size(&container->space, need);
        HY_GO(hy_os_file_truncate(&container->file, size));
        HY_GO(hy_space_grow(&container->space, size));
        if (!hy_space_take(&container->space, need, &offset))
            st = hy_error_oom((size_t)need);
    }

done:
    pthread_mutex_unlock(&container->lock);
    if (!st)
        *out = (HyObjectRef){.offset = offset, .length = length, .alloc = need};
    return st;
}

void hy_container_release(HyContainer *container, const HyObjectRef *ref)
{
    if (!hy_pins_bury(&container->pins, ref->offset))
        hy_space_give(&container->space, ref->offset, ref->alloc);
}

HyStatus hy_container_write_at(HyContainer *container, const HyObjectRef *ref, const void *bytes)
{
    size_t len = (size_t)ref->length;
    uint8_t checksum[HY_CHECKSUM_BYTES];
    hy_store_u32(checksum, hy_crc32c(container->checksum_start, bytes, len));
    HY_TRY(hy_os_file_write(&container->file, ref->offset, bytes, len));
    return hy_os_file_write(&container->file, ref->offset + len, checksum, sizeof checksum);
}

HyStatus hy_container_write_stored(HyContainer *container, const void *stored, size_t len,
    HyStoredCompression compression, HyObjectRef *out)
{
    HY_TRY(hy_container_check_writable(container));
    HyObjectRef ref;
    HY_TRY(hy_container_allocate(container, len, &ref));
    ref.compression = (uint8_t)compression;
    HyStatus st = hy_container_write_at(container, &ref, stored);
    if (st) {
        hy_container_free_ref(container, &ref);
        return st;
    }
    *out = ref;
    return HY_OK;
}

HyStatus hy_container_write(HyContainer *container, const void *bytes, size_t len,
    HyCompression compression, HyMemory *memory, HyObjectRef *out)
{
    /* Space comes in units of 64 bytes: a form that does not save one is not worth decompressing.
     */
    uint64_t plain_alloc = hy_align_up((uint64_t)len + HY_CHECKSUM_BYTES, HY_OBJECT_ALIGN);
    if (compression.method == HY_COMPRESS_NONE || plain_alloc <= HY_OBJECT_ALIGN)
        return hy_container_write_stored(container, bytes, len, HY_STORED_PLAIN, out);
    size_t capacity = (size_t)(plain_alloc - HY_OBJECT_ALIGN - HY_CHECKSUM_BYTES);
    void *packed;
    HY_TRY(hy_memory_alloc(memory, capacity, &packed));
    size_t packed_len;
    HyStoredCompression form;
    HyStatus st;
    HY_GO(hy_codec_compress(compression, bytes, len, packed, capacity, &packed_len, &form));
    if (packed_len > 0)
        st = hy_container_write_stored(container, packed, packed_len, form, out);
    else
        st = hy_container_write_stored(container, bytes, len, HY_STORED_PLAIN, out);

done:
    hy_memory_free(memory, packed, capacity);
    return st;
}

void hy_container_free_ref(HyContainer *container, const HyObjectRef *ref)
{
    pthread_mutex_lock(&container->lock);
    hy_container_release(container, ref);
    pthread_mutex_unlock(&container->lock);
}

HyStatus hy_container_pin(HyContainer *container, const HyObjectRef *ref)
{
    pthread_mutex_lock(&container->lock);
    HyStatus st = hy_pins_add(&container->pins, ref->offset, ref->alloc);
    pthread_mutex_unlock(&container->lock);
    return st;
}

void hy_container_unpin(HyContainer *container, const HyObjectRef *ref)
{
    HyExtent freed;
    pthread_mutex_lock(&container->lock);
    if (hy_pins_drop(&container->pins, ref->offset, &freed))
        hy_space_give(&container->space, freed.offset, freed.length);
    pthread_mutex_unlock(&container->lock);
}
