/* Power failures: only what was synced is sure to be on the disk, of the rest anything may be. At
 * every sync of the file or its log the database is opened from each mixture of what the two had at
 * their last sync and what they have now: it must have every commit that was acknowledged, and
 * commits in order. */
#include "catalog_fixture.h"

#include <errno.h>
#include <fcntl.h>

static struct {
    Bytes file, log; /* as of the last sync */
    char path[256], copy[256];
    int64_t n_acknowledged, n_started;
    size_t n_checks, n_with_log;
    bool is_checking;
} power;

static void store_bytes(const char *path, const Bytes *bytes)
{
    unlink(path);
    if (!bytes->is_there)
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes->data, bytes->len), bytes->len);
    close(fd);
}

static void log_of(const char *path, char out[300])
{
    snprintf(out, 300, "%s.wal", path);
}

static void check_mixture(const Bytes *file, const Bytes *log)
{
    Fixture f = {0};
    char log_path[300];
    log_of(power.copy, log_path);
    store_bytes(power.copy, file);
    store_bytes(log_path, log);
    memcpy(f.path, power.copy, sizeof f.path);
    fixture_open(&f, NULL);
    HyTransaction *t = begin(f.catalog);
    HyTable *table = find_table(f.database, "t");
    Keys keys = read_table(t, table);
    for (size_t i = 0; i < keys.n; i++)
        assert_int_equal(keys.keys[i], (int64_t)i);
    assert_true((int64_t)keys.n >= power.n_acknowledged && (int64_t)keys.n <= power.n_started);
    keys_free(&keys);
    hy_transaction_rollback(t);
    hy_table_unref(table);
    assert_null(hy_database_log_aside(f.database));
    fixture_close(&f);
    power.n_checks++;
    power.n_with_log += log->is_there;
}

static void check_all(void)
{
    char log_path[300];
    log_of(power.path, log_path);
    Bytes file = load_bytes(power.path);
    Bytes log = load_bytes(log_path);
    check_mixture(&power.file, &power.log);
    check_mixture(&power.file, &log);
    check_mixture(&file, &power.log);
    check_mixture(&file, &log);
    free(file.data);
    free(log.data);
}

static ssize_t plain_pwrite(void *context, int fd, const void *data, size_t len, off_t offset)
{
    (void)context;
    return pwrite(fd, data, len, offset);
}

static int plain_truncate(void *context, int fd, off_t size)
{
    (void)context;
    return ftruncate(fd, size);
}

/* The failure comes just before or just after the sync. */
static int checked_sync(void *context, int fd)
{
    (void)context;
    char link[64];
    char path[400];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (!power.is_checking || n < 4)
        return 0;
    path[n] = '\0';
    Bytes *synced = strcmp(path + n - 4, ".wal") == 0 ? &power.log : &power.file;
    check_all();
    free(synced->data);
    *synced = load_bytes(path);
    check_all();
    return 0;
}

static const HyOsFileOps checked_ops = {
    .pwrite = plain_pwrite, .fdatasync = checked_sync, .ftruncate = plain_truncate};

/* Commit of the next key, and of every tenth a large number of them. */
static void commit_next(Fixture *f)
{
    size_t n = power.n_started % 10 == 9 ? 600 : 1;
    HyTransaction *t = begin(f->catalog);
    HyTable *table = find_table(f->database, "t");
    insert_keys(t, table, power.n_started, n);
    power.n_started += (int64_t)n;
    assert_ok(hy_transaction_commit(t));
    power.n_acknowledged = power.n_started;
    hy_table_unref(table);
}

static void test_power_failures(void **state)
{
    (void)state;
    Fixture f;
    HyCatalogOptions options = {.durability = HY_DURABILITY_SYNC, .file_ops = &checked_ops};
    fixture_create(&f, "power", 2, &options);
    memcpy(power.path, f.path, sizeof power.path);
    make_path(power.copy, "power_copy");
    hy_table_unref(create_table(f.database, "t"));
    power.file = load_bytes(f.path);
    power.is_checking = true;
    for (int i = 0; i < 24; i++) {
        char name[16];
        commit_next(&f);
        if (i % 8 == 5)
            assert_ok(hy_database_checkpoint(f.database));
        snprintf(name, sizeof name, "u%d", i);
        if (i % 8 == 7)
            hy_table_unref(create_table(f.database, name));
        if (i == 13) { /* closed and opened again */
            fixture_close(&f);
            fixture_open(&f, &options);
        }
    }
    fixture_close(&f);
    check_all();
    power.is_checking = false;
    assert_true(power.n_checks > 200 && power.n_with_log > 150);
    free(power.file.data);
    free(power.log.data);
    fixture_destroy(&f);
    unlink(power.copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_power_failures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
