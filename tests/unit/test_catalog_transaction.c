/* Transactions against a model: appending, deleting, truncating, reopening; snapshots, conflicts
 * and rebase of two transactions at once; crashes of a commit. */
#include "alter_table.h"
#include "catalog_fixture.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#define MODEL_KEYS 400000

/* A random walk over one table, compared with a bitmap of keys; the file is closed and opened in
 * between. */
static bool model[MODEL_KEYS];
static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void check_model(HyTransaction *transaction, HyTable *table)
{
    Keys keys = read_table(transaction, table);
    size_t expected = 0;
    for (size_t i = 0; i < MODEL_KEYS; i++)
        expected += model[i];
    assert_int_equal(keys.n, expected);
    for (size_t i = 0; i < keys.n; i++) /* keys are distinct, so equal counts suffice */
        assert_true(model[keys.keys[i]]);
    keys_free(&keys);
}

static void random_step(HyTransaction *transaction, HyTable *table, int64_t *next_key)
{
    uint64_t dice = next_random() % 20;
    if (dice == 0 && *next_key > 200000) {
        HyChange *change;
        assert_ok(hy_transaction_change(transaction, table, NULL, &change));
        assert_ok(hy_change_truncate(change));
        assert_ok(hy_change_finish(change));
        memset(model, 0, sizeof model);
    } else if (dice < 12) {
        size_t n = dice < 3 ? 70000 : dice < 6 ? 3000 : 1 + next_random() % 5;
        if (*next_key + (int64_t)n > MODEL_KEYS)
            return;
        insert_keys(transaction, table, *next_key, n);
        for (size_t i = 0; i < n; i++)
            model[*next_key + (int64_t)i] = true;
        *next_key += (int64_t)n;
    } else {
        int64_t divisor = 2 + (int64_t)(next_random() % 50);
        int64_t remainder = (int64_t)(next_random() % (uint64_t)divisor);
        size_t n_deleted;
        assert_ok(delete_where(transaction, table, divisor, remainder, &n_deleted));
        for (int64_t i = remainder; i < MODEL_KEYS; i += divisor) {
            n_deleted -= model[i];
            model[i] = false;
        }
        assert_int_equal(n_deleted, 0);
    }
}

static void walk(int version, const HyCatalogOptions *options)
{
    Fixture f;
    int64_t next_key = 0;
    memset(model, 0, sizeof model);
    fixture_create(&f, "walk", version, options);
    hy_table_unref(create_table(f.database, "t"));
    for (int round = 0; round < 6; round++) {
        HyTable *table = find_table(f.database, "t");
        for (int i = 0; i < 5; i++) {
            static bool before[MODEL_KEYS];
            int64_t key_before = next_key;
            HyTransaction *transaction = begin(f.catalog);
            bool is_rolled_back = next_random() % 5 == 0;
            memcpy(before, model, sizeof model);
            for (uint64_t steps = 1 + next_random() % 3; steps > 0; steps--)
                random_step(transaction, table, &next_key);
            check_model(transaction, table);
            if (is_rolled_back) {
                hy_transaction_rollback(transaction);
                memcpy(model, before, sizeof model);
                next_key = key_before;
            } else {
                assert_ok(hy_transaction_commit(transaction));
            }
        }
        HyTransaction *transaction = begin(f.catalog);
        check_model(transaction, table);
        hy_transaction_rollback(transaction);
        hy_table_unref(table);
        assert_ok(hy_database_verify(f.database, fail_on_fault, NULL));
        fixture_close(&f);
        fixture_open(&f, options);
        table = find_table(f.database, "t");
        transaction = begin(f.catalog);
        check_model(transaction, table);
        hy_transaction_rollback(transaction);
        hy_table_unref(table);
        assert_ok(hy_database_verify(f.database, fail_on_fault, NULL));
    }
    fixture_destroy(&f);
}

static void test_random_walk(void **state)
{
    (void)state;
    walk(2, NULL);
    walk(0, &(HyCatalogOptions){.durability = HY_DURABILITY_AT_CLOSE});
    walk(4, &(HyCatalogOptions){.durability = HY_DURABILITY_WRITE, .cache_bytes = 1});
}

static void test_snapshot_isolation(void **state)
{
    (void)state;
    Fixture f;
    fixture_create(&f, "isolation", 2, NULL);
    HyTable *table = create_table(f.database, "t");
    HyTransaction *a = begin(f.catalog);
    HyTransaction *b = begin(f.catalog);
    assert_ok(hy_transaction_use(b, f.database));
    insert_keys(a, table, 0, 10);
    assert_int_equal(count_rows(a, table), 10);
    assert_int_equal(count_rows(b, table), 0);
    assert_true(hy_transaction_has_changes(a));
    assert_ok(hy_transaction_commit(a));
    assert_int_equal(count_rows(b, table), 0); /* keeps its first snapshot */
    hy_transaction_rollback(b);
    b = begin(f.catalog);
    assert_int_equal(count_rows(b, table), 10);

    /* Both append behind the same version; the one that commits later is rebased. */
    a = begin(f.catalog);
    insert_keys(a, table, 100, 5);
    insert_keys(b, table, 200, 7);
    size_t n;
    assert_ok(delete_where(b, table, 200, 1, &n)); /* key 1 and key 201, which is its own */
    assert_int_equal(n, 2);
    assert_ok(hy_transaction_commit(a));
    assert_int_equal(count_rows(b, table), 15);
    assert_ok(hy_transaction_commit(b));
    a = begin(f.catalog);
    Keys keys = read_table(a, table);
    assert_int_equal(keys.n, 20);
    int64_t sum = 0;
    for (size_t i = 0; i < keys.n; i++)
        sum += keys.keys[i];
    assert_int_equal(sum, 45 - 1 + 510 + 7 * 203 - 201);
    keys_free(&keys);
    hy_transaction_rollback(a);
    hy_table_unref(table);
    fixture_destroy(&f);
}

static void test_conflicts(void **state)
{
    (void)state;
    Fixture f;
    size_t n;
    fixture_create(&f, "conflict", 2, NULL);
    HyTable *table = create_table(f.database, "t");
    HyTransaction *a = begin(f.catalog);
    insert_keys(a, table, 0, 100);
    assert_ok(hy_transaction_commit(a));

    /* The same row: at once, also after the other has committed. */
    a = begin(f.catalog);
    HyTransaction *b = begin(f.catalog);
    assert_ok(hy_transaction_use(b, f.database));
    assert_ok(delete_where(a, table, 10, 3, &n));
    assert_fails(delete_where(b, table, 5, 3, &n), "40001");
    hy_transaction_rollback(b);
    b = begin(f.catalog);
    assert_ok(delete_where(b, table, 10, 4, &n)); /* others are free */
    assert_ok(hy_transaction_commit(a));
    assert_fails(delete_where(b, table, 10, 3, &n), "40001");
    hy_transaction_rollback(b);

    /* After a rollback the row is free again; a row deleted twice by the same one is no conflict.
     */
    a = begin(f.catalog);
    assert_ok(delete_where(a, table, 10, 5, &n));
    hy_transaction_rollback(a);
    a = begin(f.catalog);
    HyChange *change;
    int64_t twice[] = {7, 7, 3, 8};
    uint32_t first[4];
    assert_ok(hy_transaction_change(a, table, NULL, &change));
    assert_ok(hy_change_delete(change, twice, 4, first, &n)); /* 3 is deleted already */
    assert_int_equal(n, 2);
    assert_int_equal(first[0], 0);
    assert_int_equal(first[1], 3);
    assert_ok(hy_change_finish(change));

    /* TRUNCATE claims what is left, so it conflicts with the uncommitted deletes. */
    b = begin(f.catalog);
    assert_ok(hy_transaction_change(b, table, NULL, &change));
    assert_fails(hy_change_truncate(change), "40001");
    hy_change_abort(change);
    hy_transaction_rollback(b);

    /* DDL must wait for the end of changes. */
    assert_fails(hy_table_drop(table), "40001");
    assert_fails(alter_rename(table, "u", NULL), "40001");
    assert_ok(hy_transaction_commit(a));

    /* Rows of a table truncated meanwhile are gone for everybody else. */
    b = begin(f.catalog);
    assert_int_equal(count_rows(b, table), 88);
    a = begin(f.catalog);
    assert_ok(hy_transaction_change(a, table, NULL, &change));
    assert_ok(hy_change_truncate(change));
    assert_ok(hy_change_finish(change));
    insert_keys(a, table, 500, 3);
    assert_ok(hy_transaction_commit(a));
    assert_int_equal(count_rows(b, table), 88);
    assert_fails(delete_where(b, table, 10, 1, &n), "40001");
    hy_transaction_rollback(b);
    b = begin(f.catalog);
    assert_int_equal(count_rows(b, table), 3);
    hy_transaction_rollback(b);
    hy_table_unref(table);
    fixture_destroy(&f);
}

static void test_not_null(void **state)
{
    (void)state;
    Fixture f;
    fixture_create(&f, "not_null", 2, NULL);
    HyTable *table = create_table(f.database, "t");
    HyTransaction *t = begin(f.catalog);
    HyArena *arena = hy_arena_create();
    HyBatch batch = batch_of_keys(arena, (int64_t[]){1, 2, 3}, 3);
    assert_ok(hy_vector_need_validity(arena, &batch.cols[0], 3));
    hy_bitmap_clear(batch.cols[0].validity, 2);
    HyChange *change;
    assert_ok(hy_transaction_change(t, table, NULL, &change));
    HyStatus st = hy_change_append(change, &batch);
    assert_non_null(st);
    assert_string_equal(st->sqlstate, "23502");
    assert_non_null(strstr(st->detail, "k"));
    hy_error_free(st);
    hy_change_abort(change);
    hy_transaction_rollback(t);
    hy_arena_destroy(arena);
    hy_table_unref(table);
    fixture_destroy(&f);
}

/* Threads that insert and delete rows of their own, in one table; readers that count meanwhile. */
typedef struct Worker {
    Fixture *f;
    HyTable *table;
    int number;
    int n_conflicts;
} Worker;

#define WORKER_ROUNDS 60

static void *write_rows(void *arg)
{
    Worker *w = arg;
    for (int round = 0; round < WORKER_ROUNDS; round++) {
        HyTransaction *t = begin(w->f->catalog);
        /* Keys of a worker end with its number; each round adds ten and deletes one. */
        HyArena *arena = hy_arena_create();
        int64_t keys[10];
        for (int i = 0; i < 10; i++)
            keys[i] = (round * 10 + i) * 10 + w->number;
        HyBatch batch = batch_of_keys(arena, keys, 10);
        HyChange *change;
        assert_ok(hy_transaction_change(t, w->table, NULL, &change));
        assert_ok(hy_change_append(change, &batch));
        assert_ok(hy_change_finish(change));
        hy_arena_destroy(arena);
        size_t n;
        assert_ok(delete_where(t, w->table, 100000, round * 100 + w->number, &n));
        assert_int_equal(n, 1);
        if (round % 7 == 3)
            hy_transaction_rollback(t);
        else
            assert_ok(hy_transaction_commit(t));
    }
    return NULL;
}

static void *read_rows(void *arg)
{
    Worker *w = arg;
    for (int round = 0; round < WORKER_ROUNDS; round++) {
        HyTransaction *t = begin(w->f->catalog);
        Keys keys = read_table(t, w->table);
        assert_int_equal(keys.n % 9, 0); /* whole transactions only */
        assert_int_equal(count_rows(t, w->table), keys.n);
        keys_free(&keys);
        hy_transaction_rollback(t);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    Fixture f;
    fixture_create(&f, "threads", 2, &(HyCatalogOptions){.durability = HY_DURABILITY_AT_CLOSE});
    HyTable *table = create_table(f.database, "t");
    pthread_t threads[4];
    Worker workers[4];
    for (int i = 0; i < 4; i++) {
        workers[i] = (Worker){.f = &f, .table = table, .number = i + 1};
        assert_int_equal(
            pthread_create(&threads[i], NULL, i < 3 ? write_rows : read_rows, &workers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    HyTransaction *t = begin(f.catalog);
    size_t n_committed = 0;
    for (int round = 0; round < WORKER_ROUNDS; round++)
        n_committed += round % 7 != 3;
    assert_int_equal(count_rows(t, table), 3 * 9 * n_committed);
    hy_transaction_rollback(t);
    hy_table_unref(table);
    fixture_close(&f);
    fixture_open(&f, NULL);
    table = find_table(f.database, "t");
    t = begin(f.catalog);
    Keys keys = read_table(t, table);
    assert_int_equal(keys.n, 3 * 9 * n_committed);
    keys_free(&keys);
    hy_transaction_rollback(t);
    hy_table_unref(table);
    fixture_destroy(&f);
}

/* File operations that begin to fail at the n-th call and stay so: what a crash at that point
 * leaves. */
typedef struct Crash {
    atomic_int n_left; /* calls that still work */
} Crash;

static ssize_t crash_pwrite(void *context, int fd, const void *data, size_t len, off_t offset)
{
    Crash *crash = context;
    if (crash->n_left-- > 0)
        return pwrite(fd, data, len, offset);
    errno = EIO;
    return -1;
}

static int crash_sync(void *context, int fd)
{
    Crash *crash = context;
    (void)fd;
    if (crash->n_left-- > 0)
        return 0;
    errno = EIO;
    return -1;
}

static int crash_truncate(void *context, int fd, off_t size)
{
    Crash *crash = context;
    if (crash->n_left-- > 0)
        return ftruncate(fd, size);
    errno = EIO;
    return -1;
}

static void test_commit_crash(void **state)
{
    (void)state;
    bool was_whole = false;
    for (int n = 0; !was_whole; n++) {
        Fixture f;
        Crash crash = {.n_left = 1000000};
        HyOsFileOps ops = {.context = &crash,
            .pwrite = crash_pwrite,
            .fdatasync = crash_sync,
            .ftruncate = crash_truncate};
        HyCatalogOptions options = {.durability = HY_DURABILITY_SYNC, .file_ops = &ops};
        size_t n_deleted;
        fixture_create(&f, "crash", 2, &options);
        HyTable *table = create_table(f.database, "t");
        HyTransaction *t = begin(f.catalog);
        insert_keys(t, table, 0, 1000);
        assert_ok(hy_transaction_commit(t));
        t = begin(f.catalog);
        insert_keys(t, table, 1000, 140000); /* a full block, written early, and a new tail */
        assert_ok(delete_where(t, table, 7, 0, &n_deleted));
        crash.n_left = n;
        HyStatus st = hy_transaction_commit(t);
        was_whole = !st;
        hy_error_free(st);

        /* A failed commit left nothing behind in memory. */
        t = begin(f.catalog);
        assert_int_equal(count_rows(t, table), was_whole ? 141000 - n_deleted : 1000);
        hy_transaction_rollback(t);
        hy_table_unref(table);
        hy_error_free(hy_database_release(f.database));
        hy_catalog_destroy(f.catalog);

        fixture_open(&f, NULL);
        table = find_table(f.database, "t");
        t = begin(f.catalog);
        Keys keys = read_table(t, table);
        if (was_whole)
            assert_int_equal(keys.n, 141000 - n_deleted);
        else
            assert_true(keys.n == 1000 || keys.n == 141000 - n_deleted);
        keys_free(&keys);
        hy_transaction_rollback(t);
        hy_table_unref(table);
        assert_ok(hy_database_verify(f.database, fail_on_fault, NULL));
        fixture_destroy(&f);
        assert_true(n < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_walk),
        cmocka_unit_test(test_snapshot_isolation),
        cmocka_unit_test(test_conflicts),
        cmocka_unit_test(test_not_null),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_commit_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
