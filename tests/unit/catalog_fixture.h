/* Shared by the tests of the catalog: a database in a temporary file, a table of three columns
 * whose values depend on its key, transactions of one statement, and reading everything back. */
#ifndef CATALOG_FIXTURE_H
#define CATALOG_FIXTURE_H

#include "unit_test.h"

#include "catalog/transaction.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Fixture {
    HyTaskPool *pool;
    HyCatalog *catalog;
    HyDatabase *database;
    char path[256];
} Fixture;

typedef struct Bytes {
    char *data; /* free() */
    size_t len;
    bool is_there; /* the file exists */
} Bytes;

static inline Bytes load_bytes(const char *path)
{
    struct stat info;
    Bytes bytes = {0};
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return bytes;
    assert_int_equal(fstat(fd, &info), 0);
    bytes.len = (size_t)info.st_size;
    bytes.data = malloc(bytes.len + 1);
    assert_int_equal(pread(fd, bytes.data, bytes.len, 0), bytes.len);
    bytes.is_there = true;
    close(fd);
    return bytes;
}

static inline void make_path(char path[256], const char *name)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, 256, "%s/hy_catalog_%s_%d.hyper", folder ? folder : "/tmp", name, (int)getpid());
    unlink(path);
}

static inline void fixture_open(Fixture *f, const HyCatalogOptions *options)
{
    HyCatalogOptions own =
        options ? *options : (HyCatalogOptions){.durability = HY_DURABILITY_WRITE};
    own.pool = f->pool;
    assert_ok(hy_catalog_create(&own, &f->catalog));
    assert_ok(hy_catalog_open(f->catalog, f->path, &f->database));
}

static inline void fixture_close(Fixture *f)
{
    assert_ok(hy_database_release(f->database));
    hy_catalog_destroy(f->catalog);
    f->database = NULL;
    f->catalog = NULL;
}

static inline void fixture_create(
    Fixture *f, const char *name, int version, const HyCatalogOptions *options)
{
    HyCatalogOptions own =
        options ? *options : (HyCatalogOptions){.durability = HY_DURABILITY_WRITE};
    memset(f, 0, sizeof *f);
    make_path(f->path, name);
    assert_ok(hy_task_pool_create(2, &f->pool));
    own.pool = f->pool;
    assert_ok(hy_catalog_create(&own, &f->catalog));
    assert_ok(hy_catalog_create_database(f->catalog, f->path, version));
    assert_ok(hy_catalog_open(f->catalog, f->path, &f->database));
}

static inline void fixture_destroy(Fixture *f)
{
    if (f->catalog)
        fixture_close(f);
    hy_task_pool_destroy(f->pool);
    unlink(f->path);
}

static inline void fail_on_fault(void *context, const char *text)
{
    (void)context;
    fail_msg("fault: %s", text);
}

/* The table t (k bigint not null, s text, x double precision). */
static inline HyTable *create_table(HyDatabase *database, const char *name)
{
    HyTableColumn columns[] = {
        {.name = "k", .type = hy_type_nullable(hy_type(HY_TYPE_INT8), false)},
        {.name = "s", .type = hy_type(HY_TYPE_TEXT)},
        {.name = "x", .type = hy_type(HY_TYPE_FLOAT8), .default_sql = "1.5"}};
    HyTableDefinition definition = {
        .schema_name = "public", .name = name, .columns = columns, .n_columns = 3};
    HyTable *table = NULL;
    assert_ok(hy_database_create_table(database, &definition, &table));
    return table;
}

/* Values of the columns by key: every fifth s and every third x is null. */
static inline bool s_of_key(int64_t key, char text[64])
{
    if (key % 5 == 0)
        return false;
    snprintf(text, 64, key % 2 ? "k%lld" : "a longer text for key number %lld", (long long)key);
    return true;
}

/* A batch of the rows with the given keys; memory from the arena. */
static inline HyBatch batch_of_keys(HyArena *arena, const int64_t *keys, size_t n)
{
    HyBatch batch = {.n_rows = n, .n_cols = 3};
    batch.cols = hy_arena_zalloc(arena, 3 * sizeof(HyVector));
    assert_ok(hy_vector_alloc(arena, hy_type(HY_TYPE_INT8), n, &batch.cols[0]));
    assert_ok(hy_vector_alloc(arena, hy_type(HY_TYPE_TEXT), n, &batch.cols[1]));
    assert_ok(hy_vector_alloc(arena, hy_type(HY_TYPE_FLOAT8), n, &batch.cols[2]));
    assert_ok(hy_vector_need_validity(arena, &batch.cols[1], n));
    assert_ok(hy_vector_need_validity(arena, &batch.cols[2], n));
    for (size_t i = 0; i < n; i++) {
        char text[64];
        bool has_text = s_of_key(keys[i], text);
        ((int64_t *)batch.cols[0].data)[i] = keys[i];
        size_t len = has_text ? strlen(text) : 0;
        char *copy = hy_arena_strndup(arena, text, len);
        ((HyString *)batch.cols[1].data)[i] = hy_string_view(copy, len);
        if (!has_text)
            hy_bitmap_clear(batch.cols[1].validity, i);
        ((double *)batch.cols[2].data)[i] = (double)keys[i] / 2;
        if (keys[i] % 3 == 0)
            hy_bitmap_clear(batch.cols[2].validity, i);
    }
    return batch;
}

static inline void append_keys(HyChange *change, int64_t first, size_t n)
{
    HyArena *arena = hy_arena_create();
    while (n > 0) {
        size_t count = n < 5000 ? n : 5000;
        int64_t keys[5000];
        for (size_t i = 0; i < count; i++)
            keys[i] = first + (int64_t)i;
        HyBatch batch = batch_of_keys(arena, keys, count);
        assert_ok(hy_change_append(change, &batch));
        hy_arena_reset(arena);
        first += (int64_t)count;
        n -= count;
    }
    hy_arena_destroy(arena);
}

static inline void insert_keys(HyTransaction *transaction, HyTable *table, int64_t first, size_t n)
{
    HyChange *change;
    assert_ok(hy_transaction_change(transaction, table, NULL, &change));
    append_keys(change, first, n);
    assert_ok(hy_change_finish(change));
}

/* The keys of a version's live rows, ascending, and their row ids; every value is checked. */
typedef struct Keys {
    int64_t *keys;
    int64_t *row_ids;
    size_t n;
} Keys;

static inline void keys_free(Keys *keys)
{
    free(keys->keys);
    free(keys->row_ids);
}

static inline void check_row(const HyBatch *batch, size_t row)
{
    int64_t key = ((const int64_t *)batch->cols[0].data)[row];
    char text[64];
    bool has_text = s_of_key(key, text);
    assert_int_equal(!hy_vector_is_null(&batch->cols[1], row), has_text);
    if (has_text) {
        const HyString *s = &((const HyString *)batch->cols[1].data)[row];
        assert_int_equal(s->len, strlen(text));
        assert_memory_equal(hy_string_data(s), text, s->len);
    }
    assert_int_equal(hy_vector_is_null(&batch->cols[2], row), key % 3 == 0);
    if (key % 3 != 0)
        assert_true(((const double *)batch->cols[2].data)[row] == (double)key / 2);
}

/* In row order. */
static inline Keys read_relation(HyRelation *relation)
{
    static const uint32_t columns[] = {0, 1, 2};
    size_t capacity = (size_t)hy_relation_live_count(relation);
    Keys out = {.keys = calloc(capacity + 1, 8), .row_ids = calloc(capacity + 1, 8)};
    HyArena *arena = hy_arena_create();
    for (size_t b = 0; b < hy_relation_block_count(relation); b++) {
        uint32_t n_rows = hy_relation_block_rows(relation, b);
        if (hy_relation_block_live_rows(relation, b) == 0)
            continue;
        for (uint32_t first = 0; first < n_rows; first += HY_VECTOR_SIZE) {
            uint32_t n = n_rows - first < HY_VECTOR_SIZE ? n_rows - first : HY_VECTOR_SIZE;
            HyBatch batch;
            int64_t row_ids[HY_VECTOR_SIZE];
            hy_arena_reset(arena);
            assert_ok(hy_relation_read(relation, b, first, n, columns, 3, arena, &batch, row_ids));
            for (size_t i = 0; i < batch.n_rows; i++) {
                check_row(&batch, i);
                assert_true(out.n < capacity);
                out.keys[out.n] = ((const int64_t *)batch.cols[0].data)[i];
                out.row_ids[out.n++] = row_ids[i];
            }
        }
    }
    hy_arena_destroy(arena);
    assert_int_equal(out.n, capacity);
    return out;
}

static inline Keys read_table(HyTransaction *transaction, HyTable *table)
{
    HyRelation *relation;
    assert_ok(hy_transaction_relation(transaction, table, &relation));
    Keys keys = read_relation(relation);
    hy_relation_unref(relation);
    return keys;
}

static inline size_t count_rows(HyTransaction *transaction, HyTable *table)
{
    HyRelation *relation;
    assert_ok(hy_transaction_relation(transaction, table, &relation));
    size_t n = (size_t)hy_relation_live_count(relation);
    hy_relation_unref(relation);
    return n;
}

/* Deletes the rows whose key is `remainder` modulo `divisor`; the status of hy_change_delete, the
 * change is finished or aborted. */
static inline HyStatus delete_where(HyTransaction *transaction, HyTable *table, int64_t divisor,
    int64_t remainder, size_t *n_deleted)
{
    Keys keys = read_table(transaction, table);
    HyChange *change;
    size_t n = 0;
    *n_deleted = 0;
    assert_ok(hy_transaction_change(transaction, table, NULL, &change));
    for (size_t i = 0; i < keys.n; i++) {
        if (keys.keys[i] % divisor == remainder)
            keys.row_ids[n++] = keys.row_ids[i];
    }
    HyStatus st = n ? hy_change_delete(change, keys.row_ids, n, NULL, n_deleted) : HY_OK;
    if (st)
        hy_change_abort(change);
    else
        st = hy_change_finish(change);
    keys_free(&keys);
    return st;
}

static inline HyTransaction *begin(HyCatalog *catalog)
{
    HyTransaction *transaction;
    assert_ok(hy_transaction_begin(catalog, &transaction));
    return transaction;
}

static inline HyTable *find_table(HyDatabase *database, const char *name)
{
    HyTable *table = hy_database_find_table(database, "public", name);
    assert_non_null(table);
    return table;
}

#endif
