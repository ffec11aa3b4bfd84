/* The write-ahead log of a database. A crash is played by copying the file and its log while the
 * database is open: what opens from the copies is what a crash at that moment leaves. */
#include "catalog_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#define N_STEPS 12

static void store_bytes(const char *path, const char *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    close(fd);
}

static char *wal_of(const char *path)
{
    static char text[2][300];
    static int turn;
    turn = !turn;
    snprintf(text[turn], sizeof text[turn], "%s.wal", path);
    return text[turn];
}

/* What a crash would leave now, and a place to open it. */
typedef struct Crash {
    Bytes file, log;
    char path[256];
} Crash;

static Crash take_crash(const Fixture *f)
{
    Crash crash = {.file = load_bytes(f->path), .log = load_bytes(wal_of(f->path))};
    static int n_crashes;
    char name[32];
    snprintf(name, sizeof name, "crash%d", n_crashes++);
    make_path(crash.path, name);
    unlink(wal_of(crash.path));
    return crash;
}

static void free_crash(Crash *crash)
{
    free(crash->file.data);
    free(crash->log.data);
    unlink(crash->path);
    unlink(wal_of(crash->path));
}

static Fixture reopen(const Crash *crash, size_t log_len)
{
    Fixture f = {0};
    store_bytes(crash->path, crash->file.data, crash->file.len);
    unlink(wal_of(crash->path));
    if (log_len > 0)
        store_bytes(wal_of(crash->path), crash->log.data, log_len);
    memcpy(f.path, crash->path, sizeof f.path);
    fixture_open(&f, NULL);
    return f;
}

static void commit_keys(Fixture *f, const char *name, int64_t first, size_t n)
{
    HyTransaction *t = begin(f->catalog);
    HyTable *table = find_table(f->database, name);
    insert_keys(t, table, first, n);
    assert_ok(hy_transaction_commit(t));
    hy_table_unref(table);
}

static void commit_delete(Fixture *f, const char *name, int64_t divisor, int64_t remainder)
{
    HyTransaction *t = begin(f->catalog);
    HyTable *table = find_table(f->database, name);
    size_t n;
    assert_ok(delete_where(t, table, divisor, remainder, &n));
    assert_ok(hy_transaction_commit(t));
    hy_table_unref(table);
}

/* Keys in order and row ids left out: what a user sees. */
static uint64_t content(Fixture *f, const char *name, size_t *n)
{
    HyTransaction *t = begin(f->catalog);
    HyTable *table = find_table(f->database, name);
    Keys keys = read_table(t, table);
    uint64_t hash = 0;
    for (size_t i = 0; i < keys.n; i++)
        hash = hash * 1000003 + (uint64_t)keys.keys[i];
    *n = keys.n;
    keys_free(&keys);
    hy_transaction_rollback(t);
    hy_table_unref(table);
    return hash;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* One step of a table's life: inserts, deletes of old and new rows, all rows. */
static void step(Fixture *f, int i)
{
    if (i % 4 == 3)
        commit_delete(f, "t", 7, i % 7);
    else if (i == 5)
        commit_delete(f, "t", 1, 0); /* everything: row ids begin anew */
    else
        commit_keys(f, "t", 1000 * i, (size_t)(1 + i * 13));
}

/* Every prefix of the log gives the state after some step, never a mix, and each whole log the last
 * one; closing leaves a file that is complete without it. */
static void test_replay_after_each_cut(void **state)
{
    (void)state;
    Fixture f;
    uint64_t hashes[N_STEPS + 1];
    size_t sizes[N_STEPS + 1];
    fixture_create(&f, "cuts", 2, NULL);
    hy_table_unref(create_table(f.database, "t"));
    commit_keys(&f, "t", 0, 50);
    assert_ok(hy_database_checkpoint(f.database));
    hashes[0] = content(&f, "t", &sizes[0]);
    for (int i = 0; i < N_STEPS; i++) {
        step(&f, i);
        hashes[i + 1] = content(&f, "t", &sizes[i + 1]);
    }
    Crash crash = take_crash(&f);
    int last_found = N_STEPS;
    bool is_found[N_STEPS + 1] = {false};
    size_t end = crash.log.len; /* zeros behind the records */
    while (end > 0 && crash.log.data[end - 1] == 0)
        end--;
    for (size_t cut = end + 8; cut >= 8192; cut -= cut % 128 < 4 || cut > end ? 1 : 29) {
        Fixture g = reopen(&crash, cut);
        size_t n;
        uint64_t hash = content(&g, "t", &n);
        int found = last_found;
        while (found > 0 && (hash != hashes[found] || n != sizes[found]))
            found--;
        assert_true(hash == hashes[found] && n == sizes[found]);
        is_found[found] = true;
        last_found = found;
        fixture_close(&g);
        assert_false(exists(wal_of(crash.path)));
        assert_ok(hy_catalog_create(&(HyCatalogOptions){0}, &g.catalog));
        assert_ok(hy_catalog_verify_file(g.catalog, crash.path, fail_on_fault, NULL));
        hy_catalog_destroy(g.catalog);
    }
    for (int i = 0; i <= N_STEPS; i++)
        assert_true(is_found[i]);
    free_crash(&crash);
    fixture_destroy(&f);
    assert_false(exists(wal_of(f.path)));
}

/* A log goes on after it was replayed, also when rows at the end of the table were deleted before
 * the checkpoint it is based on: row ids in memory are larger than those of the file. */
static void test_log_goes_on(void **state)
{
    (void)state;
    Fixture f;
    fixture_create(&f, "on", 2, NULL);
    hy_table_unref(create_table(f.database, "t"));
    commit_keys(&f, "t", 0, 300);
    commit_delete(&f, "t", 300, 299);
    commit_delete(&f, "t", 300, 298);
    assert_ok(hy_database_checkpoint(f.database));
    for (int round = 0; round < 4; round++) {
        uint64_t hash;
        size_t n;
        size_t n_again;
        commit_keys(&f, "t", 1000 * (round + 1), 20);
        commit_delete(&f, "t", 1000, round); /* old and new rows */
        commit_keys(&f, "t", 1000 * (round + 1) + 20, 3);
        commit_delete(&f, "t", 1000, 21);
        hash = content(&f, "t", &n);
        Crash crash = take_crash(&f);
        Fixture g = reopen(&crash, crash.log.len);
        assert_true(content(&g, "t", &n_again) == hash);
        assert_int_equal(n, n_again);
        if (round == 1) { /* goes on in the reopened one, without a checkpoint */
            fixture_destroy(&f);
            f = g;
            free(crash.file.data);
            free(crash.log.data);
        } else {
            fixture_close(&g);
            free_crash(&crash);
            if (round == 2)
                assert_ok(hy_database_checkpoint(f.database));
        }
    }
    fixture_destroy(&f);
}

/* Reading does not write: verification sees what the log says and leaves both files as they are. */
static void test_inspection_changes_nothing(void **state)
{
    (void)state;
    Fixture f;
    fixture_create(&f, "inspect", 2, NULL);
    hy_table_unref(create_table(f.database, "t"));
    commit_keys(&f, "t", 0, 30);
    Crash crash = take_crash(&f);
    assert_true(crash.log.len > 0);
    store_bytes(crash.path, crash.file.data, crash.file.len);
    store_bytes(wal_of(crash.path), crash.log.data, crash.log.len);
    for (int i = 0; i < 2; i++)
        assert_ok(hy_catalog_verify_file(f.catalog, crash.path, fail_on_fault, NULL));
    Bytes file = load_bytes(crash.path);
    Bytes log = load_bytes(wal_of(crash.path));
    assert_int_equal(file.len, crash.file.len);
    assert_memory_equal(file.data, crash.file.data, file.len);
    assert_memory_equal(log.data, crash.log.data, log.len);
    free(file.data);
    free(log.data);
    free_crash(&crash);
    fixture_destroy(&f);
}

static void count_fault(void *context, const char *text)
{
    (void)text;
    ++*(int *)context;
}

/* A log of another state of the file is not applied: it is told, and put aside. A file without its
 * log is the last checkpoint. */
static void test_stale_logs(void **state)
{
    (void)state;
    Fixture f;
    size_t n;
    int n_faults = 0;
    char aside[300];
    fixture_create(&f, "stale", 2, NULL);
    hy_table_unref(create_table(f.database, "t"));
    commit_keys(&f, "t", 0, 30);
    Crash before = take_crash(&f);
    Fixture g = reopen(&before, 0);
    content(&g, "t", &n);
    assert_int_equal(n, 0);
    fixture_close(&g);
    assert_ok(hy_database_checkpoint(f.database)); /* the file goes on */
    Crash after = take_crash(&f);
    free(after.log.data);
    after.log = before.log;
    store_bytes(after.path, after.file.data, after.file.len);
    store_bytes(wal_of(after.path), after.log.data, after.log.len);
    assert_ok(hy_catalog_verify_file(f.catalog, after.path, count_fault, &n_faults));
    assert_int_equal(n_faults, 1);
    snprintf(aside, sizeof aside, "%s.wal.unused-1", after.path);
    unlink(aside);
    g = reopen(&after, after.log.len);
    content(&g, "t", &n);
    assert_int_equal(n, 30); /* once */
    assert_true(exists(aside));
    assert_string_equal(hy_database_log_aside(g.database), aside);
    commit_keys(&g, "t", 100, 1);
    fixture_close(&g);
    unlink(aside);
    after.log = (Bytes){0};
    free_crash(&after);
    free_crash(&before);
    fixture_destroy(&f);
}

/* DDL, large commits and small ones take turns, over several tables; dropping removes the log. */
static void test_log_and_checkpoints(void **state)
{
    (void)state;
    Fixture f;
    size_t n[2], again;
    fixture_create(&f, "turns", 3, NULL);
    hy_table_unref(create_table(f.database, "t"));
    for (int i = 0; i < 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "u%d", i);
        commit_keys(&f, "t", i * 100, 10);
        hy_table_unref(create_table(f.database, name));
        commit_keys(&f, name, 0, 5);
        if (i == 3)
            commit_keys(&f, "t", 1000000, 140000);
        commit_delete(&f, "t", 100, 4);
    }
    uint64_t hash = content(&f, "t", &n[0]);
    uint64_t hash_u = content(&f, "u5", &n[1]);
    Crash crash = take_crash(&f);
    Fixture g = reopen(&crash, crash.log.len);
    assert_true(content(&g, "t", &again) == hash);
    assert_true(content(&g, "u5", &again) == hash_u);
    assert_int_equal(again, n[1]);
    fixture_close(&g);
    store_bytes(wal_of(crash.path), crash.log.data, crash.log.len);
    assert_ok(hy_catalog_drop_database(f.catalog, crash.path));
    assert_false(exists(wal_of(crash.path)));
    free_crash(&crash);
    fixture_destroy(&f);
}

/* ---- Failing syncs ---- */

static atomic_int failing_syncs; /* so many from now on */
static atomic_int n_syncs;

static ssize_t plain_pwrite(void *context, int fd, const void *data, size_t len, off_t offset)
{
    (void)context;
    return pwrite(fd, data, len, offset);
}

static int sync_or_fail(void *context, int fd)
{
    (void)context;
    atomic_fetch_add(&n_syncs, 1);
    if (atomic_fetch_sub(&failing_syncs, 1) <= 0) {
        atomic_store(&failing_syncs, 0);
        return fdatasync(fd);
    }
    errno = EIO;
    return -1;
}

static int plain_truncate(void *context, int fd, off_t size)
{
    (void)context;
    return ftruncate(fd, size);
}

static const HyOsFileOps failing_ops = {
    .pwrite = plain_pwrite, .fdatasync = sync_or_fail, .ftruncate = plain_truncate};

/* The commit whose sync fails is undone, the next one goes into the file, later ones into another
 * log; nothing that was acknowledged is lost. */
static void test_failed_sync(void **state)
{
    (void)state;
    Fixture f;
    size_t n;
    HyCatalogOptions options = {.durability = HY_DURABILITY_SYNC, .file_ops = &failing_ops};
    fixture_create(&f, "sync", 2, &options);
    hy_table_unref(create_table(f.database, "t"));
    commit_keys(&f, "t", 0, 10);
    atomic_store(&n_syncs, 0);
    commit_keys(&f, "t", 10, 10);
    assert_int_equal(atomic_load(&n_syncs), 1);
    HyTransaction *t = begin(f.catalog);
    HyTable *table = find_table(f.database, "t");
    insert_keys(t, table, 100, 5);
    hy_table_unref(table);
    atomic_store(&failing_syncs, 1);
    HyStatus st = hy_transaction_commit(t);
    assert_non_null(st);
    assert_string_equal(st->sqlstate, "58030");
    hy_error_free(st);
    content(&f, "t", &n);
    assert_int_equal(n, 20);
    commit_keys(&f, "t", 20, 10);
    commit_keys(&f, "t", 30, 10);
    Crash crash = take_crash(&f);
    Fixture g = reopen(&crash, crash.log.len);
    content(&g, "t", &n);
    assert_int_equal(n, 40);
    fixture_close(&g);
    free_crash(&crash);
    fixture_destroy(&f);
}

/* ---- Many at once ---- */

typedef struct Worker {
    Fixture *f;
    int64_t first;
} Worker;

static void *insert_singly(void *arg)
{
    Worker *worker = arg;
    for (int i = 0; i < 100; i++)
        commit_keys(worker->f, "t", worker->first + i, 1);
    return NULL;
}

/* Committers share syncs, all rows are there, and DDL in between sees a settled state. */
static void test_concurrent_commits(void **state)
{
    (void)state;
    Fixture f;
    pthread_t threads[6];
    Worker workers[6];
    size_t n;
    HyCatalogOptions options = {.durability = HY_DURABILITY_SYNC, .file_ops = &failing_ops};
    fixture_create(&f, "many", 2, &options);
    hy_table_unref(create_table(f.database, "t"));
    for (int i = 0; i < 6; i++) {
        workers[i] = (Worker){.f = &f, .first = 1000 * i};
        assert_int_equal(pthread_create(&threads[i], NULL, insert_singly, &workers[i]), 0);
    }
    for (int i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d", i);
        hy_table_unref(create_table(f.database, name));
        assert_ok(hy_database_verify(f.database, fail_on_fault, NULL));
    }
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    content(&f, "t", &n);
    assert_int_equal(n, 600);
    Crash crash = take_crash(&f);
    Fixture g = reopen(&crash, crash.log.len);
    content(&g, "t", &n);
    assert_int_equal(n, 600);
    fixture_close(&g);
    free_crash(&crash);
    fixture_destroy(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_replay_after_each_cut),
        cmocka_unit_test(test_log_goes_on), cmocka_unit_test(test_inspection_changes_nothing),
        cmocka_unit_test(test_stale_logs), cmocka_unit_test(test_log_and_checkpoints),
        cmocka_unit_test(test_failed_sync), cmocka_unit_test(test_concurrent_commits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
