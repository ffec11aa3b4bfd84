/* Bytes as a .hyper file: open, verify, change, verify again. The reserved byte 12 of the first
 * page says whether the checksums of header pages, directory and root are made right first, since
 * random changes would never get past them. */
#include "io/container.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_BYTES   4096
#define MEMORY_LIMIT ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal(uint8_t *file, size_t size, uint64_t offset, uint64_t len, uint32_t start)
{
    if (offset <= size && len <= size - offset && size - offset - len >= 4)
        hy_store_u32(file + offset + len, hy_crc32c(start, file + offset, len));
}

static void repair_checksums(uint8_t *file, size_t size)
{
    for (size_t page = 0; page < 2 * PAGE_BYTES; page += PAGE_BYTES) {
        uint32_t start = hy_load_u16(file + page + 0x0a) == 0 ? 0 : 0x1234;
        uint64_t offset = hy_load_u64(file + page + 0x40);
        seal(file, size, offset, hy_load_u64(file + page + 0x48), start);
        seal(file, size, page, PAGE_BYTES - 4, 0);
        /* The root, wherever a slot names it. */
        for (uint64_t at = offset + 8; at + 48 <= size && at < offset + 8 + 48 * 256; at += 48) {
            if (hy_load_u64(file + at) >> 48 == HY_OBJECT_ROOT)
                seal(file, size, hy_load_u64(file + at + 24), 48, start);
        }
    }
}

static void ignore_fault(void *context, const char *text)
{
    size_t *length = context;
    *length += strlen(text);
}

/* An insertion must work in any file that opens, and must not make it worse. */
static HyStatus change(HyContainer *c, HyMemory *memory)
{
    HyObjectKey key = {.kind = HY_OBJECT_BLOCK, .relation = 7, .block = 1, .attribute = 2};
    HyCompression compression = {.method = HY_COMPRESS_LZ4};
    char content[1000] = "content";
    HyObjectRef ref;
    HyContainerCommit *commit;
    HY_TRY(hy_container_write(c, content, sizeof content, compression, memory, &ref));
    HY_TRY(hy_container_begin(c, &commit));
    HyStatus st = hy_commit_put(commit, &key, &ref);
    if (st) {
        hy_commit_abandon(commit);
        return st;
    }
    HY_TRY(hy_container_commit(commit));
    HyObjectBytes bytes;
    if (!hy_container_find(c, &key, &ref))
        abort();
    HY_TRY(hy_container_read(c, &key, &ref, HY_CHECKSUM_VERIFY, memory, &bytes));
    if (bytes.size != sizeof content || memcmp(bytes.data, content, bytes.size) != 0)
        abort();
    hy_object_bytes_free(&bytes);
    return HY_OK;
}

static void use_file(const char *path)
{
    HyMemory memory;
    HyContainer *c;
    size_t faults = 0;
    HyContainerOptions options = {.is_relaxed = true};
    hy_memory_init(&memory, NULL, MEMORY_LIMIT);
    hy_error_free(hy_container_verify_file(path, &memory, ignore_fault, &faults));
    HyStatus st = hy_container_open(path, &options, &c);
    if (!st) {
        hy_error_free(change(c, &memory));
        hy_error_free(hy_container_verify(c, &memory, ignore_fault, &faults));
        hy_container_close(c);
        if (hy_container_open(path, &options, &c) != HY_OK)
            abort();
        hy_container_close(c);
    }
    hy_error_free(st);
    if (atomic_load(&memory.used_bytes) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > (size_t)1 << 20)
        return 0;
    uint8_t *file = malloc(size + 1);
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    char path[64];
    if (file && fd >= 0) {
        memcpy(file, data, size);
        if (size >= 2 * PAGE_BYTES && file[12] != 0)
            repair_checksums(file, size);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (write(fd, file, size) == (ssize_t)size)
            use_file(path);
    }
    if (fd >= 0)
        close(fd);
    free(file);
    return 0;
}
