/* Objects survive commit and reopening in every version; space is reused when and only when nobody
 * needs it; the files of the genuine server open without faults. */
#include "io_container_fixture.h"

#include "base/bytes.h"
#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>

static const HyCompression methods[] = {
    {HY_COMPRESS_NONE, 0},
    {HY_COMPRESS_LZ4, 0},
    {HY_COMPRESS_LZ4_HC, 3},
    {HY_COMPRESS_ZSTD, 1},
};

/* Writes objects first..last-1 as attributes of block 0 of a relation and commits them. */
static void put_objects(
    HyContainer *c, uint32_t relation, uint32_t first, uint32_t last, uint32_t generation)
{
    HyContainerCommit *commit;
    assert_ok(hy_container_begin(c, &commit));
    for (uint32_t i = first; i < last; i++) {
        HyObjectRef ref;
        HyObjectKey key = block_key(relation, 0, i);
        assert_ok(write_content(c, i, generation, methods[i % HY_ARRAY_LEN(methods)], &ref));
        assert_ok(hy_commit_put(commit, &key, &ref));
    }
    assert_ok(hy_container_commit(commit));
}

static void check_objects(
    HyContainer *c, uint32_t relation, uint32_t first, uint32_t last, uint32_t generation)
{
    for (uint32_t i = first; i < last; i++) {
        HyObjectKey key = block_key(relation, 0, i);
        check_content(c, &key, i, generation);
    }
}

static void test_versions(void **state)
{
    (void)state;
    for (uint32_t version = 0; version <= HY_CONTAINER_MAX_VERSION; version++) {
        const char *path = temp_path();
        HyContainerOptions options = {.build_number = 77};
        HyContainer *c = create_container(path, version, &options);
        uint8_t uuid[16];
        memcpy(uuid, hy_container_uuid(c), 16);
        struct stat info;
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_size, 65536);
        put_objects(c, 3, 0, 40, 0);
        HyObjectKey catalog = {.kind = HY_OBJECT_CATALOG};
        HyObjectRef ref;
        assert_true(hy_container_find(c, &catalog, &ref));
        assert_int_equal(ref.length, strlen(CATALOG));
        hy_container_close(c);

        c = open_container(path);
        assert_int_equal(hy_container_version(c), version);
        assert_int_equal(hy_container_sequence(c), 2);
        assert_int_equal(hy_container_creator_build(c), 77);
        assert_int_equal(hy_container_writer_build(c), 77);
        assert_int_equal(hy_container_partition_count(c), 1);
        assert_memory_equal(hy_container_uuid(c), uuid, 16);
        check_objects(c, 3, 0, 40, 0);
        check_no_faults(c);
        hy_container_close(c);
        unlink(path);
    }
}

static void test_create_errors(void **state)
{
    (void)state;
    const char *path = temp_path();
    HyContainer *c = create_container(path, 2, NULL);
    HyContainer *other = NULL;
    HyContainerTemplate tmpl = {.version = 2, .catalog = CATALOG, .catalog_len = strlen(CATALOG)};
    assert_fails(hy_container_create(path, &tmpl, NULL, &other), "42P04");
    HyStatus st = hy_container_open(path, NULL, &other);
    assert_non_null(st);
    assert_string_equal(st->sqlstate, "55006");
    assert_non_null(st->detail);
    hy_error_free(st);
    HyContainerOptions read_only = {.mode = HY_CONTAINER_READ_ONLY};
    assert_fails(hy_container_open(path, &read_only, &other), "55006");
    hy_container_close(c);

    HyContainer *second = NULL;
    assert_ok(hy_container_open(path, &read_only, &other));
    assert_ok(hy_container_open(path, &read_only, &second));
    HyObjectRef ref;
    assert_fails(write_content(other, 1, 1, methods[0], &ref), "25006");
    hy_container_close(other);
    hy_container_close(second);

    tmpl.version = 5;
    assert_fails(hy_container_create("/tmp/never", &tmpl, NULL, &other), "0A000");
    tmpl.version = 2;
    assert_fails(hy_container_create("/nowhere/x.hyper", &tmpl, NULL, &other), "58S01");
    assert_fails(hy_container_open("/nowhere/x.hyper", NULL, &other), "58S01");
    assert_fails(hy_container_open("/tmp", NULL, &other), "58S01");
    unlink(path);
    assert_fails(hy_container_open(path, NULL, &other), "58S01");
}

static size_t count_objects(HyContainer *c)
{
    HyObjectEntry *entries;
    size_t n;
    assert_ok(hy_container_list(c, &entries, &n));
    free(entries);
    return n;
}

/* Growth and shrinking of the directory, removal, renaming. */
static void test_thousands(void **state)
{
    (void)state;
    const char *path = temp_path();
    HyContainer *c = create_container(path, 2, NULL);
    put_objects(c, 0, 0, 3000, 0);
    put_objects(c, 1, 0, 500, 1);
    put_objects(c, 0, 1000, 2000, 5);
    hy_container_close(c);

    c = open_container(path);
    assert_int_equal(count_objects(c), 3502);
    check_objects(c, 0, 0, 1000, 0);
    check_objects(c, 0, 1000, 2000, 5);
    check_objects(c, 0, 2000, 3000, 0);
    check_objects(c, 1, 0, 500, 1);
    check_no_faults(c);

    /* Drops attribute 10 of relation 1 as DROP COLUMN does, and all of relation 0. */
    HyContainerCommit *commit;
    assert_ok(hy_container_begin(c, &commit));
    HyObjectKey dropped = block_key(1, 0, 10);
    assert_ok(hy_commit_remove(commit, &dropped));
    for (uint32_t i = 11; i < 500; i++) {
        HyObjectKey from = block_key(1, 0, i);
        HyObjectKey to = block_key(1, 0, i - 1);
        assert_ok(hy_commit_move(commit, &from, &to));
    }
    assert_ok(hy_commit_remove_relation(commit, 0));
    uint64_t free_before = hy_container_free_bytes(c);
    assert_ok(hy_container_commit(commit));
    assert_true(hy_container_free_bytes(c) > free_before + 3000 * 64);
    hy_container_close(c);

    c = open_container(path);
    assert_int_equal(count_objects(c), 2 + 499);
    for (uint32_t i = 0; i < 499; i++) {
        HyObjectKey key = block_key(1, 0, i);
        check_content(c, &key, i < 10 ? i : i + 1, 1);
    }
    HyObjectKey last = block_key(1, 0, 499);
    HyObjectRef ref;
    assert_false(hy_container_find(c, &last, &ref));
    check_no_faults(c);
    hy_container_close(c);
    unlink(path);
}

static void test_failed_commits_change_nothing(void **state)
{
    (void)state;
    const char *path = temp_path();
    HyContainer *c = create_container(path, 2, NULL);
    put_objects(c, 0, 0, 10, 0);
    uint64_t sequence = hy_container_sequence(c);
    uint64_t free_bytes = hy_container_free_bytes(c);
    HyContainerCommit *commit;
    HyObjectKey missing = block_key(9, 9, 9);
    HyObjectKey key = block_key(0, 0, 1);
    HyObjectKey other = block_key(0, 0, 100);
    HyObjectRef ref;

    assert_ok(hy_container_begin(c, &commit));
    assert_ok(hy_commit_remove(commit, &key));
    assert_ok(hy_commit_move(commit, &missing, &key));
    assert_fails(hy_container_commit(commit), "XX000");

    /* One extent under two keys would be an invalid file. */
    assert_true(hy_container_find(c, &key, &ref));
    assert_ok(hy_container_begin(c, &commit));
    assert_ok(hy_commit_put(commit, &other, &ref));
    assert_fails(hy_container_commit(commit), "XX000");

    assert_ok(hy_container_begin(c, &commit));
    assert_ok(hy_container_commit(commit)); /* nothing to do: nothing is written */
    assert_ok(hy_container_begin(c, &commit));
    assert_ok(hy_commit_remove(commit, &key));
    hy_commit_abandon(commit);

    assert_int_equal(hy_container_sequence(c), sequence);
    assert_int_equal(hy_container_free_bytes(c), free_bytes);
    check_objects(c, 0, 0, 10, 0);
    check_no_faults(c);
    hy_container_close(c);
    unlink(path);
}

/* Writes one object of the length that fills `alloc` bytes. */
static HyObjectRef write_filling(HyContainer *c, uint64_t alloc)
{
    uint8_t *bytes = calloc(1, alloc);
    HyObjectRef ref;
    assert_non_null(bytes);
    assert_ok(hy_container_write(c, bytes, alloc - 4, methods[0], NULL, &ref));
    free(bytes);
    assert_int_equal(ref.alloc, alloc);
    return ref;
}

static void replace(HyContainer *c, const HyObjectKey *key, const HyObjectRef *ref)
{
    HyContainerCommit *commit;
    assert_ok(hy_container_begin(c, &commit));
    assert_ok(hy_commit_put(commit, key, ref));
    assert_ok(hy_container_commit(commit));
}

static void test_space_and_pins(void **state)
{
    (void)state;
    const uint64_t alloc = 1 << 20;
    const char *path = temp_path();
    HyContainer *c = create_container(path, 2, NULL);
    HyObjectKey key = block_key(0, 0, 1);
    HyObjectRef first = write_filling(c, alloc);
    replace(c, &key, &first);
    uint64_t size = hy_container_file_size(c);

    /* The old bytes stay while they are pinned, twice here, although they are replaced. */
    assert_ok(hy_container_pin(c, &first));
    assert_ok(hy_container_pin(c, &first));
    HyObjectRef second = write_filling(c, alloc);
    assert_int_not_equal(second.offset, first.offset);
    replace(c, &key, &second);
    HyObjectRef third = write_filling(c, alloc);
    assert_int_not_equal(third.offset, first.offset);
    hy_container_unpin(c, &first);
    HyObjectRef fourth = write_filling(c, alloc);
    assert_int_not_equal(fourth.offset, first.offset);
    hy_container_free_ref(c, &fourth);
    HyObjectBytes bytes;
    assert_ok(hy_container_read(c, &key, &first, HY_CHECKSUM_VERIFY, NULL, &bytes));
    hy_object_bytes_free(&bytes);
    hy_container_unpin(c, &first);
    HyObjectRef fifth = write_filling(c, alloc);
    assert_int_equal(fifth.offset, first.offset);

    /* What was given back or never committed does not stay in the file; what is live does. */
    hy_container_free_ref(c, &fifth);
    assert_ok(hy_container_pin(c, &second));
    hy_container_unpin(c, &second);
    HyObjectRef sixth = write_filling(c, alloc);
    assert_int_not_equal(sixth.offset, second.offset);
    hy_container_free_ref(c, &sixth);
    check_no_faults(c);
    hy_container_close(c);
    c = open_container(path);
    assert_true(hy_container_file_size(c) <= size + alloc);
    check_no_faults(c);

    /* A hundred replacements need the place of two. */
    for (int i = 0; i < 100; i++) {
        HyObjectRef next = write_filling(c, alloc);
        replace(c, &key, &next);
    }
    assert_true(hy_container_file_size(c) <= size + 2 * alloc);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size % 65536, 0);
    assert_int_equal(info.st_size, hy_container_file_size(c));
    check_no_faults(c);
    hy_container_close(c);
    unlink(path);
}

static void test_tail_is_cut_off(void **state)
{
    (void)state;
    const char *path = temp_path();
    hy_container_close(create_container(path, 2, NULL));
    assert_int_equal(truncate(path, 300000), 0);
    HyContainerOptions read_only = {.mode = HY_CONTAINER_READ_ONLY};
    HyContainer *c = NULL;
    struct stat info;
    assert_ok(hy_container_open(path, &read_only, &c));
    hy_container_close(c);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 300000);
    hy_container_close(open_container(path));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 65536);
    unlink(path);
}

/* Threads write, read and commit at once, each on its own relation. */
typedef struct Worker {
    HyContainer *container;
    uint32_t relation;
    HyStatus failure;
} Worker;

static HyStatus work(Worker *worker)
{
    HyContainer *c = worker->container;
    for (uint32_t generation = 0; generation < 20; generation++) {
        HyContainerCommit *commit;
        HY_TRY(hy_container_begin(c, &commit));
        for (uint32_t i = 0; i < 20; i++) {
            HyObjectRef ref;
            HyObjectKey key = block_key(worker->relation, 0, i);
            HY_TRY(write_content(c, i, generation, methods[i % HY_ARRAY_LEN(methods)], &ref));
            HY_TRY(hy_commit_put(commit, &key, &ref));
        }
        HY_TRY(hy_container_commit(commit));
        HyObjectKey key = block_key(worker->relation, 0, 7);
        HyObjectRef ref;
        HyObjectBytes bytes;
        if (!hy_container_find(c, &key, &ref))
            return hy_error("XX000", "object not found");
        HY_TRY(hy_container_read(c, &key, &ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
        hy_object_bytes_free(&bytes);
    }
    return HY_OK;
}

static void *run_worker(void *argument)
{
    Worker *worker = argument;
    worker->failure = work(worker);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    const char *path = temp_path();
    HyContainerOptions options = {.is_relaxed = true};
    HyContainer *c = create_container(path, 2, &options);
    Worker workers[4];
    pthread_t threads[4];
    for (uint32_t i = 0; i < 4; i++) {
        workers[i] = (Worker){.container = c, .relation = i};
        assert_int_equal(pthread_create(&threads[i], NULL, run_worker, &workers[i]), 0);
    }
    for (uint32_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_ok(workers[i].failure);
        check_objects(c, i, 0, 20, 19);
    }
    check_no_faults(c);
    hy_container_close(c);
    unlink(path);
}

/* Files of the genuine server. */

/* The folder of the samples, or NULL. */
static const char *samples_folder(void)
{
    static char folder[512];
    const char *given = getenv("OH_HYPER_SAMPLES");
    const char *root = getenv("OH_SOURCE_ROOT");
    if (given)
        snprintf(folder, sizeof folder, "%s", given);
    else
        snprintf(folder, sizeof folder, "%s/../shared/data/hyper-samples", root ? root : ".");
    return access(folder, R_OK) == 0 ? folder : NULL;
}

static HyStatus copy_object(
    HyContainer *from, HyContainer *to, const HyObjectEntry *entry, HyObjectRef *ref)
{
    HyObjectBytes bytes;
    HyCompression compression = {.method = HY_COMPRESS_NONE};
    if (entry->key.kind == HY_OBJECT_BLOCK)
        compression = methods[entry->key.attribute % HY_ARRAY_LEN(methods)];
    HY_TRY(hy_container_read(from, &entry->key, &entry->ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
    HyStatus st = hy_container_write(to, bytes.data, bytes.size, compression, NULL, ref);
    hy_object_bytes_free(&bytes);
    return st;
}

/* A new container with all objects of `from`; the blocks by all compression methods in turn. */
static void copy_container(HyContainer *from, const char *path)
{
    HyObjectEntry *entries;
    size_t n;
    assert_ok(hy_container_list(from, &entries, &n));
    HyContainerTemplate tmpl = {.version = hy_container_version(from),
        .partition_count = hy_container_partition_count(from),
        .catalog = CATALOG,
        .catalog_len = strlen(CATALOG)};
    HyContainer *to = NULL;
    HyContainerCommit *commit;
    assert_ok(hy_container_create(path, &tmpl, NULL, &to));
    assert_ok(hy_container_begin(to, &commit));
    for (size_t i = 0; i < n; i++) {
        HyObjectRef ref;
        if (entries[i].key.kind == HY_OBJECT_ROOT)
            continue;
        assert_ok(copy_object(from, to, &entries[i], &ref));
        assert_ok(hy_commit_put(commit, &entries[i].key, &ref));
    }
    free(entries);
    assert_ok(hy_container_commit(commit));
    assert_int_equal(count_objects(to), n);
    check_no_faults(to);
    hy_container_close(to);
}

/* Runs a program on the file if the variable names one; its status must be 0. */
static void run_checker(const char *variable, const char *arguments, const char *path)
{
    const char *program = getenv(variable);
    if (!program)
        return;
    char command[1024];
    snprintf(command, sizeof command, "%s %s '%s' > '%s.out' 2>&1", program, arguments, path, path);
    if (system(command) != 0)
        fail_msg("%s refused the file: %s", program, command);
    snprintf(command, sizeof command, "%s.out", path);
    unlink(command);
}

static void test_samples(void **state)
{
    (void)state;
    const char *folder = samples_folder();
    if (!folder) {
        print_message("no sample files: set OH_HYPER_SAMPLES\n");
        skip();
    }
    if (!getenv("GENUINE_HYPERD"))
        print_message("copies are not shown to the genuine server: set GENUINE_HYPERD\n");
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    int n = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        size_t len = strlen(entry->d_name);
        if (len < 6 || strcmp(entry->d_name + len - 6, ".hyper") != 0)
            continue;
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        HyContainerOptions read_only = {.mode = HY_CONTAINER_READ_ONLY};
        HyContainer *c = NULL;
        assert_ok(hy_container_open(path, &read_only, &c));
        check_no_faults(c);
        char copy[300];
        snprintf(copy, sizeof copy, "%s.hyper", temp_path());
        copy_container(c, copy);
        run_checker("GENUINE_HYPERD", "validate -d", copy);
        run_checker("HYPERFILE_TOOL", "verify", copy);
        unlink(copy);
        hy_container_close(c);
        n++;
    }
    closedir(dir);
    assert_true(n > 0);
}

/* Codecs. */

static void test_codec_bounds(void **state)
{
    (void)state;
    uint8_t junk[64];
    uint8_t out[4096];
    uint64_t size;
    memset(junk, 0xff, sizeof junk);
    assert_fails(hy_codec_content_size(HY_STORED_LZ4, junk, 64, 64, &size), "XXS01");
    assert_fails(hy_codec_content_size(HY_STORED_LZ4, junk, 3, 3, &size), "XXS01");
    assert_fails(hy_codec_content_size(HY_STORED_ZSTD, junk, 64, 64, &size), "XXS01");
    hy_store_u32(junk, 64 * 255 + 300); /* more than 64 bytes of LZ4 can hold */
    assert_fails(hy_codec_content_size(HY_STORED_LZ4, junk, 64, 64, &size), "XXS01");
    hy_store_u32(junk, 1000);
    assert_ok(hy_codec_content_size(HY_STORED_LZ4, junk, 64, 64, &size));
    assert_int_equal(size, 1000);
    assert_fails(hy_codec_decompress(HY_STORED_LZ4, junk, 64, out, 1000), "XXS01");

    for (size_t m = 1; m < HY_ARRAY_LEN(methods); m++) {
        uint8_t content[4096];
        uint8_t packed[8192];
        HyStoredCompression form;
        size_t len = make_content(5, 0, content, sizeof content);
        size_t packed_len;
        size_t bound = hy_codec_bound(methods[m], len);
        assert_true(bound > 0 && bound <= sizeof packed);
        assert_ok(hy_codec_compress(methods[m], content, len, packed, bound, &packed_len, &form));
        assert_true(packed_len > 0 && packed_len < len);
        size_t tight = packed_len - 1;
        assert_ok(hy_codec_compress(methods[m], content, len, packed, tight, &tight, &form));
        assert_true(tight < packed_len); /* 0, or a tighter form than before */
        assert_ok(hy_codec_compress(methods[m], content, len, packed, bound, &packed_len, &form));
        assert_ok(hy_codec_content_size(form, packed, packed_len, packed_len, &size));
        assert_int_equal(size, len);
        assert_ok(hy_codec_decompress(form, packed, packed_len, out, len));
        assert_memory_equal(out, content, len);
        assert_fails(hy_codec_decompress(form, packed, packed_len / 2, out, len), "XXS01");
        assert_fails(hy_codec_decompress(form, packed, packed_len, out, len - 1), "XXS01");
        assert_fails(hy_codec_decompress(form, packed, packed_len, out, len + 1), "XXS01");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_create_errors),
        cmocka_unit_test(test_thousands),
        cmocka_unit_test(test_failed_commits_change_nothing),
        cmocka_unit_test(test_space_and_pins),
        cmocka_unit_test(test_tail_is_cut_off),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_codec_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
