/* Shared by the tests of the container: temporary files, objects with recognisable content, and a
 * model of what a container should hold. */
#ifndef IO_CONTAINER_FIXTURE_H
#define IO_CONTAINER_FIXTURE_H

#include "unit_test.h"

#include "io/container.h"
#include <unistd.h>

#define CATALOG "{\"compressionMethod\": \"lz4\"}"

/* A name for a file that does not exist yet; static storage. */
static inline const char *temp_path(void)
{
    static char path[256];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/hy_container_XXXXXX", folder ? folder : "/tmp");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    return path;
}

static inline HyContainer *create_container(
    const char *path, uint32_t version, const HyContainerOptions *options)
{
    HyContainerTemplate tmpl = {
        .version = version, .catalog = CATALOG, .catalog_len = strlen(CATALOG)};
    HyContainer *c = NULL;
    assert_ok(hy_container_create(path, &tmpl, options, &c));
    return c;
}

static inline HyContainer *open_container(const char *path)
{
    HyContainer *c = NULL;
    assert_ok(hy_container_open(path, NULL, &c));
    return c;
}

/* The content of an object: depends on its number and generation, compressible. */
static inline size_t make_content(
    uint32_t number, uint32_t generation, uint8_t *out, size_t capacity)
{
    size_t len = (number * 977u + generation * 131u) % 5000;
    if (len > capacity)
        len = capacity;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(number + generation * 7 + i / 16 % 11 * (i % 3));
    return len;
}

static inline HyObjectKey block_key(uint32_t relation, uint32_t block, uint32_t attribute)
{
    return (HyObjectKey){
        .kind = HY_OBJECT_BLOCK, .relation = relation, .block = block, .attribute = attribute};
}

static inline HyStatus write_content(HyContainer *c, uint32_t number, uint32_t generation,
    HyCompression compression, HyObjectRef *ref)
{
    uint8_t content[5000];
    size_t len = make_content(number, generation, content, sizeof content);
    return hy_container_write(c, content, len, compression, NULL, ref);
}

static inline void check_content(
    HyContainer *c, const HyObjectKey *key, uint32_t number, uint32_t generation)
{
    uint8_t content[5000];
    size_t len = make_content(number, generation, content, sizeof content);
    HyObjectRef ref;
    HyObjectBytes bytes;
    uint64_t size;
    assert_true(hy_container_find(c, key, &ref));
    assert_ok(hy_container_content_size(c, key, &ref, &size));
    assert_int_equal(size, len);
    assert_ok(hy_container_read(c, key, &ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
    assert_int_equal(bytes.size, len);
    assert_memory_equal(bytes.data, content, len);
    for (size_t i = 0; i < HY_OBJECT_PADDING; i++)
        assert_int_equal(bytes.data[len + i], 0);
    hy_object_bytes_free(&bytes);
}

/* Faults found by a verification: their number and the last text. */
typedef struct Faults {
    int count;
    int header_count; /* among them: a header page, which a torn write leaves */
    char last[1024];
} Faults;

static inline void count_fault(void *context, const char *text)
{
    Faults *faults = context;
    faults->count++;
    faults->header_count += strncmp(text, "header page", 11) == 0;
    snprintf(faults->last, sizeof faults->last, "%s", text);
}

static inline void check_no_faults(HyContainer *c)
{
    Faults faults = {0};
    assert_ok(hy_container_verify(c, NULL, count_fault, &faults));
    if (faults.count)
        fail_msg("%d faults, the last: %s", faults.count, faults.last);
}

#endif
