/* Every field that spec/hyper-file-format.md lists as checked is checked, when the checksums around
 * it are right, with the error of the genuine server; and no damage of single bytes does more than
 * an error. */
#include "io_container_fixture.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include <fcntl.h>

#define FILE_BYTES 65536

/* A file in memory with the places that the cases change. */
typedef struct Image {
    uint8_t bytes[FILE_BYTES];
    uint8_t *header;    /* the live page */
    uint8_t *directory; /* its bytes */
    uint64_t directory_len;
} Image;

typedef void (*DamageFn)(Image *image);

static void seal(uint8_t *bytes, uint64_t len, uint32_t start)
{
    hy_store_u32(bytes + len, hy_crc32c(start, bytes, len));
}

static void seal_header(Image *image)
{
    seal(image->header, 0xffc, 0);
}

static void seal_directory(Image *image)
{
    seal(image->directory, image->directory_len, 0x1234);
}

static uint8_t *slot_at(Image *image, size_t i)
{
    return image->directory + 8 + 48 * i;
}

/* The live slot of a kind; of blocks the one of `attribute`. */
static uint8_t *find_slot(Image *image, uint64_t kind, uint64_t attribute)
{
    for (size_t i = 0; i < 256; i++) {
        uint8_t *slot = slot_at(image, i);
        uint64_t k1 = hy_load_u64(slot);
        if (slot[40] == 1 && k1 >> 48 == kind && (k1 & 0xffffff) == attribute)
            return slot;
    }
    fail();
    return NULL;
}

static void set_slot(Image *image, size_t field, uint64_t value)
{
    hy_store_u64(find_slot(image, HY_OBJECT_BLOCK, 1) + field, value);
    seal_directory(image);
}

static uint8_t *free_list(Image *image)
{
    return slot_at(image, 256);
}

static void both_headers(Image *image, size_t at, const void *bytes, size_t len, bool is_sealed)
{
    for (size_t page = 0; page < 0x2000; page += 0x1000) {
        memcpy(image->bytes + page + at, bytes, len);
        if (is_sealed)
            seal(image->bytes + page, 0xffc, 0);
    }
}

static void header_field(Image *image, size_t at, uint64_t value)
{
    hy_store_u64(image->header + at, value);
    seal_header(image);
}

static void bad_magic(Image *image)
{
    both_headers(image, 0, "Hypes", 5, true);
}
static void bad_bitness(Image *image)
{
    both_headers(image, 5, "\4", 1, true);
}
static void bad_file_type(Image *image)
{
    both_headers(image, 8, "\2", 1, true);
}
static void bad_version(Image *image)
{
    both_headers(image, 10, "\5", 1, true);
}
static void bad_header_checksums(Image *image)
{
    both_headers(image, 0x200, "x", 1, false);
}
static void bad_magic_and_checksum(Image *image)
{
    image->bytes[0] = 'h';
    image->bytes[0x1200] = 1;
}
static void header_size_large(Image *image)
{
    header_field(image, 0x38, 0x20000);
}
static void header_size_small(Image *image)
{
    header_field(image, 0x38, 0x3000);
}
static void directory_outside(Image *image)
{
    header_field(image, 0x40, UINT64_C(0xffffffffffffffc0));
}
static void directory_in_header(Image *image)
{
    header_field(image, 0x40, 0);
}
static void directory_too_long(Image *image)
{
    header_field(image, 0x48, UINT64_MAX);
}
static void directory_byte(Image *image)
{
    image->directory[100] ^= 1;
}
static void directory_bits_64(Image *image)
{
    hy_store_u64(image->directory, 64);
    seal_directory(image);
}
static void directory_bits_9(Image *image)
{
    hy_store_u64(image->directory, 9);
    seal_directory(image);
}
static void directory_bits_0(Image *image)
{
    hy_store_u64(image->directory, 0);
    seal_directory(image);
}
static void slot_state(Image *image)
{
    find_slot(image, HY_OBJECT_BLOCK, 1)[40] = 3;
    seal_directory(image);
}
static void slot_compression(Image *image)
{
    find_slot(image, HY_OBJECT_BLOCK, 1)[41] = 3;
    seal_directory(image);
}
static void slot_outside(Image *image)
{
    set_slot(image, 24, 0x100000);
}
static void slot_in_header(Image *image)
{
    set_slot(image, 24, 0x1000);
}
static void slot_overlap(Image *image)
{
    set_slot(image, 24, hy_load_u64(find_slot(image, HY_OBJECT_BLOCK, 2) + 24));
}
static void slot_alloc(Image *image)
{
    set_slot(image, 32, hy_load_u64(find_slot(image, HY_OBJECT_BLOCK, 1) + 16));
}
static void slot_length(Image *image)
{
    set_slot(image, 16, UINT64_MAX - 2);
}
static void slot_on_free_area(Image *image)
{
    set_slot(image, 24, hy_load_u64(free_list(image) + 8));
}
static void slot_twice(Image *image)
{
    uint8_t *slot = find_slot(image, HY_OBJECT_BLOCK, 1);
    uint8_t *next = slot + 48;
    assert_true(next < free_list(image) && next[40] == 0);
    memcpy(next, slot, 48);
    seal_directory(image);
}
static void free_count(Image *image)
{
    hy_store_u64(free_list(image), UINT64_C(1) << 60);
    seal_directory(image);
}
static void free_outside(Image *image)
{
    hy_store_u64(free_list(image) + 8, 0x100000);
    seal_directory(image);
}
static void free_too_long(Image *image)
{
    hy_store_u64(free_list(image) + 16, UINT64_MAX);
    seal_directory(image);
}
static void guard(Image *image)
{
    uint64_t n = hy_load_u64(free_list(image));
    free_list(image)[8 + 16 * n] ^= 1;
    seal_directory(image);
}
static void root_missing(Image *image)
{
    find_slot(image, HY_OBJECT_ROOT, 0)[40] = 2;
    seal_directory(image);
}
static void root_misplaced(Image *image)
{
    uint8_t *slot = find_slot(image, HY_OBJECT_ROOT, 0);
    uint8_t *place = slot_at(image, 3);
    assert_int_equal(place[40], 0);
    memcpy(place, slot, 48);
    memset(slot, 0, 48);
    seal_directory(image);
}
static void root_length(Image *image)
{
    hy_store_u64(find_slot(image, HY_OBJECT_ROOT, 0) + 16, 47);
    seal_directory(image);
}
static void root_partitions(Image *image)
{
    uint8_t *root = image->bytes + hy_load_u64(find_slot(image, HY_OBJECT_ROOT, 0) + 24);
    hy_store_u64(root + 32, 0);
    seal(root, 48, 0x1234);
}
static void root_checksum(Image *image)
{
    uint8_t *root = image->bytes + hy_load_u64(find_slot(image, HY_OBJECT_ROOT, 0) + 24);
    root[20] ^= 1;
}
static void catalog_missing(Image *image)
{
    find_slot(image, HY_OBJECT_CATALOG, 0)[40] = 0;
    seal_directory(image);
}

/* Damage that only a verification or a read finds. */
static void object_checksum(Image *image)
{
    image->bytes[hy_load_u64(find_slot(image, HY_OBJECT_BLOCK, 1) + 24)] ^= 1;
}
static void object_lz4(Image *image)
{
    uint8_t *slot = find_slot(image, HY_OBJECT_BLOCK, 1);
    uint8_t *object = image->bytes + hy_load_u64(slot + 24);
    assert_int_equal(slot[41], HY_STORED_LZ4);
    memset(object + 4, 0xff, 8);
    seal(object, hy_load_u64(slot + 16), 0x1234);
}
static void object_lz4_size(Image *image)
{
    uint8_t *slot = find_slot(image, HY_OBJECT_BLOCK, 1);
    uint8_t *object = image->bytes + hy_load_u64(slot + 24);
    hy_store_u32(object, hy_load_u32(object) + 1);
    seal(object, hy_load_u64(slot + 16), 0x1234);
}
static void object_unreachable(Image *image)
{
    uint8_t *slot = find_slot(image, HY_OBJECT_BLOCK, 1);
    size_t own = (size_t)(slot - slot_at(image, 0)) / 48;
    uint8_t *place = slot_at(image, (own + 100) % 256);
    assert_int_equal(place[40], 0);
    memcpy(place, slot, 48);
    memset(slot, 0, 48);
    seal_directory(image);
}
static void object_partition(Image *image)
{
    uint8_t *slot = find_slot(image, HY_OBJECT_BLOCK, 1);
    hy_store_u64(slot, hy_load_u64(slot) | 1 << 24);
    seal_directory(image);
}
static void other_header(Image *image)
{
    image->bytes[image->header == image->bytes ? 0x1200 : 0x200] ^= 1;
}

typedef struct Case {
    DamageFn damage;
    const char *sqlstate; /* of opening; NULL: opens, and a verification reports `text` */
    const char *text;     /* part of the message */
} Case;

static const Case cases[] = {
    {bad_magic, "42809", "invalid magic value in header"},
    {bad_bitness, "XXS01", "invalid bitness value in header"},
    {bad_file_type, "42809", "unsupported file type"},
    {bad_version, "0AS01", "unsupported version"},
    {bad_header_checksums, "XX001", "invalid header checksum"},
    {bad_magic_and_checksum, "XX001", "invalid header checksum"},
    {header_size_large, "XX001", "file is truncated"},
    {header_size_small, "XXS01", "`ObjectStore.RootRecord.DirectoryPosition`"},
    {directory_outside, "XXS01", "`ObjectStore.RootRecord.DirectoryPosition`"},
    {directory_in_header, "XXS01", "`ObjectStore.RootRecord.DirectoryPosition`"},
    {directory_too_long, "XXS01", "`ObjectStore.RootRecord.DirectoryPosition`"},
    {directory_byte, "XX001", "`ObjectStore.Directory.Checksum`"},
    {directory_bits_64, "XXS01", "`ObjectStore.IdHashMap.IdMapShift`"},
    {directory_bits_9, "XXS01", "`ObjectStore.Chunk.Length`"},
    {directory_bits_0, "XXS01", "`ObjectStore.IdMap.Entry.Guard`"},
    {slot_state, "XXS01", "`ObjectStore.IdMap.Entry.Used`"},
    {slot_compression, "XXS01", "`ObjectStore.IdMap.Entry.Compression`"},
    {slot_outside, "XXS01", "`ObjectStore.IdMap.Entry.Position`"},
    {slot_in_header, "XXS01", "`ObjectStore.IdMap.Entry.Position`"},
    {slot_overlap, "XXS01", "`ObjectStore.IdMap.Entry.Position`"},
    {slot_alloc, "XXS01", "`ObjectStore.Entry.Position.Length`"},
    {slot_length, "XXS01", "`ObjectStore.Entry.Position.Length`"},
    {slot_on_free_area, "XXS01", "`ObjectStore.IdMap.Entry.Position`"},
    {slot_twice, "XXS01", "`ObjectStore.IdMap.Entry.Used`"},
    {free_count, "XXS01", "`ObjectStore.FreeList.Size`"},
    {free_outside, "XXS01", "`ObjectStore.FreeList.Entry`"},
    {free_too_long, "XXS01", "`ObjectStore.FreeList.Entry`"},
    {guard, "XXS01", "`ObjectStore.IdMap.Entry.Guard`"},
    {root_missing, "XXS01", "`ObjectStore.DatabaseHeader`"},
    {root_misplaced, "XXS01", "`ObjectStore.DatabaseHeader`"},
    {root_length, "XXS01", "`ObjectStore.DatabaseHeader`"},
    {root_partitions, "XXS01", "`Database.Header.PartitionCount`"},
    {root_checksum, "XX001", "database has invalid checksum"},
    {catalog_missing, "XXS01", "Schema not present"},
    {object_checksum, NULL, "database has invalid checksum"},
    {object_lz4, NULL, "LZ4 decompression error"},
    {object_lz4_size, NULL, "does not match expected"},
    {object_unreachable, NULL, "cannot be reached"},
    {object_partition, NULL, "partition 1 instead of 0"},
    {other_header, NULL, "invalid header checksum"},
};

static void read_image(const char *path, Image *image)
{
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, image->bytes, FILE_BYTES), FILE_BYTES);
    close(fd);
    bool is_second = hy_load_u64(image->bytes + 0x1030) > hy_load_u64(image->bytes + 0x30);
    image->header = image->bytes + (is_second ? 0x1000 : 0);
    image->directory = image->bytes + hy_load_u64(image->header + 0x40);
    image->directory_len = hy_load_u64(image->header + 0x48);
}

static void write_image(const char *path, const Image *image)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, image->bytes, FILE_BYTES), FILE_BYTES);
    close(fd);
}

/* A small file: root, catalog, two objects, the first with LZ4. */
static void make_image(Image *image)
{
    const char *path = temp_path();
    HyContainer *c = create_container(path, 2, NULL);
    HyContainerCommit *commit;
    assert_ok(hy_container_begin(c, &commit));
    for (uint32_t i = 1; i <= 2; i++) {
        HyObjectRef ref;
        HyObjectKey key = block_key(0, 0, i);
        assert_ok(write_content(c, i, 1, (HyCompression){.method = HY_COMPRESS_LZ4}, &ref));
        assert_int_equal(ref.compression, HY_STORED_LZ4);
        assert_ok(hy_commit_put(commit, &key, &ref));
    }
    assert_ok(hy_container_commit(commit));
    hy_container_close(c);
    read_image(path, image);
    unlink(path);
}

static void check_case(const Case *test, const char *path, size_t number)
{
    HyContainer *c = NULL;
    Faults faults = {0};
    HyStatus st = hy_container_open(path, NULL, &c);
    if (test->sqlstate) {
        if (!st)
            fail_msg("case %zu (%s) opens", number, test->text);
        if (strcmp(st->sqlstate, test->sqlstate) != 0 || !strstr(st->message, test->text))
            fail_msg("case %zu: %s %s, not %s %s", number, st->sqlstate, st->message,
                test->sqlstate, test->text);
    } else {
        assert_ok(st);
        hy_container_close(c);
    }
    hy_error_free(st);
    assert_ok(hy_container_verify_file(path, NULL, count_fault, &faults));
    if (faults.count == 0 || !strstr(faults.last, test->text))
        fail_msg("case %zu: %d faults, the last '%s', not '%s'", number, faults.count, faults.last,
            test->text);
}

static void test_every_field(void **state)
{
    (void)state;
    static Image good;
    static Image image;
    make_image(&good);
    char path[300];
    snprintf(path, sizeof path, "%s", temp_path());
    for (size_t i = 0; i < HY_ARRAY_LEN(cases); i++) {
        image = good;
        image.header = image.bytes + (good.header - good.bytes);
        image.directory = image.bytes + (good.directory - good.bytes);
        cases[i].damage(&image);
        write_image(path, &image);
        check_case(&cases[i], path, i);
    }
    unlink(path);
}

static void test_short_files(void **state)
{
    (void)state;
    static Image image;
    make_image(&image);
    char path[300];
    snprintf(path, sizeof path, "%s", temp_path());
    write_image(path, &image);
    static const struct {
        off_t size;
        const char *sqlstate;
        const char *message;
    } sizes[] = {{65535, "XX001", "file is truncated"}, {8192, "XX001", "file is truncated"},
        {8191, "42809", "not a valid database"}, {100, "42809", "not a valid database"},
        {0, "42809", "not a valid database"}};
    for (size_t i = 0; i < HY_ARRAY_LEN(sizes); i++) {
        assert_int_equal(truncate(path, sizes[i].size), 0);
        HyContainer *c = NULL;
        HyStatus st = hy_container_open(path, NULL, &c);
        assert_non_null(st);
        assert_string_equal(st->sqlstate, sizes[i].sqlstate);
        assert_string_equal(st->message, sizes[i].message);
        hy_error_free(st);
    }
    unlink(path);
}

/* A tombstone on the way to an object: lookups go past it, and the next commit drops it. */
static void test_tombstones(void **state)
{
    (void)state;
    static Image image;
    make_image(&image);
    uint8_t *slot = find_slot(&image, HY_OBJECT_BLOCK, 1);
    uint8_t *next = slot + 48;
    assert_int_equal(next[40], 0);
    memcpy(next, slot, 48);
    hy_store_u64(slot + 8, 77); /* another key, whose space is free */
    slot[40] = 2;
    seal_directory(&image);
    char path[300];
    snprintf(path, sizeof path, "%s", temp_path());
    write_image(path, &image);

    HyContainer *c = open_container(path);
    HyObjectKey key = block_key(0, 0, 1);
    check_content(c, &key, 1, 1);
    check_no_faults(c);
    HyContainerCommit *commit;
    HyObjectKey moved = block_key(5, 0, 2);
    HyObjectKey from = block_key(0, 0, 2);
    assert_ok(hy_container_begin(c, &commit));
    assert_ok(hy_commit_move(commit, &from, &moved));
    assert_ok(hy_container_commit(commit));
    hy_container_close(c);
    read_image(path, &image);
    for (size_t i = 0; i < 256; i++)
        assert_int_not_equal(slot_at(&image, i)[40], 2);
    c = open_container(path);
    check_content(c, &key, 1, 1);
    check_content(c, &moved, 2, 1);
    check_no_faults(c);
    hy_container_close(c);
    unlink(path);
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

/* Random changes of header, directory and objects, made plausible by right checksums. */
static void test_random_damage(void **state)
{
    (void)state;
    static Image good;
    static Image image;
    make_image(&good);
    uint64_t seed = 1;
    int opened = 0;
    char path[300];
    snprintf(path, sizeof path, "%s", temp_path());
    for (int round = 0; round < 1500; round++) {
        image = good;
        image.header = image.bytes + (good.header - good.bytes);
        image.directory = image.bytes + (good.directory - good.bytes);
        uint8_t *live[] = {find_slot(&image, HY_OBJECT_ROOT, 0),
            find_slot(&image, HY_OBJECT_CATALOG, 0), find_slot(&image, HY_OBJECT_BLOCK, 1),
            find_slot(&image, HY_OBJECT_BLOCK, 2), free_list(&image), image.header + 0x30};
        uint8_t *place = live[next_random(&seed) % HY_ARRAY_LEN(live)];
        for (uint32_t n = next_random(&seed) % 3 + 1; n > 0; n--)
            place[next_random(&seed) % 48] = (uint8_t)next_random(&seed);
        seal_directory(&image);
        seal_header(&image);
        write_image(path, &image);
        HyContainer *c = NULL;
        Faults faults = {0};
        HyStatus st = hy_container_open(path, NULL, &c);
        if (!st) {
            assert_ok(hy_container_verify(c, NULL, count_fault, &faults));
            hy_container_close(c);
            opened++;
        }
        hy_error_free(st);
    }
    assert_true(opened > 0 && opened < 1500);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field),
        cmocka_unit_test(test_short_files),
        cmocka_unit_test(test_tombstones),
        cmocka_unit_test(test_random_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
