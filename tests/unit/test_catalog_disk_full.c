/* A disk that fills up while a database is changed: the statement fails with 53100, the file keeps
 * its old state, the session goes on, and once there is room the same change succeeds. */
#include "alter_table.h"
#include "catalog_fixture.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <sys/stat.h>

/* A disk with room for so many more bytes written. Writing is not undone by freeing: what matters
 * is that any write can be the first that fails, for the tasks of the pool too. */
typedef struct Disk {
    HyOsFileOps ops;
    atomic_llong room;
} Disk;

static ssize_t disk_pwrite(void *context, int fd, const void *data, size_t len, off_t offset)
{
    Disk *disk = context;
    if (offset + (off_t)len <= 8192) /* header pages have their place */
        return pwrite(fd, data, len, offset);
    long long left = atomic_fetch_sub(&disk->room, (long long)len);
    if (left >= (long long)len)
        return pwrite(fd, data, len, offset);
    if (left > 0) /* the last bytes go in, as on a real disk */
        return pwrite(fd, data, (size_t)left, offset);
    errno = ENOSPC;
    return -1;
}

static int disk_sync(void *context, int fd)
{
    (void)context;
    return fdatasync(fd);
}

static int disk_truncate(void *context, int fd, off_t size)
{
    Disk *disk = context;
    struct stat now;
    assert_int_equal(fstat(fd, &now), 0);
    if (size > now.st_size && atomic_load(&disk->room) <= 0) {
        errno = ENOSPC;
        return -1;
    }
    return ftruncate(fd, size);
}

static void disk_init(Disk *disk)
{
    memset(disk, 0, sizeof *disk);
    disk->ops = (HyOsFileOps){
        .context = disk, .pwrite = disk_pwrite, .fdatasync = disk_sync, .ftruncate = disk_truncate};
    atomic_init(&disk->room, LLONG_MAX / 2);
}

/* ---- The changes ---- */

#define N_START 140000 /* a full block and a short one */

static HyStatus append(HyChange *change, int64_t first, size_t n)
{
    HyStatus st = HY_OK;
    HyArena *arena = hy_arena_create();
    for (size_t done = 0; !st && done < n; done += 2000) {
        int64_t keys[2000];
        for (size_t i = 0; i < 2000; i++)
            keys[i] = first + (int64_t)(done + i);
        HyBatch batch = batch_of_keys(arena, keys, 2000);
        st = hy_change_append(change, &batch);
        hy_arena_reset(arena);
    }
    hy_arena_destroy(arena);
    return st;
}

static HyStatus load_rows(HyTransaction *t, HyTable *table)
{
    HyChange *change;
    assert_ok(hy_transaction_change(t, table, NULL, &change));
    HyStatus st = append(change, N_START, 300000);
    if (!st)
        return hy_change_finish(change);
    hy_change_abort(change);
    return st;
}

static HyStatus delete_rows(HyTransaction *t, HyTable *table)
{
    size_t n;
    return delete_where(t, table, 3, 0, &n);
}

static HyStatus insert_few(HyTransaction *t, HyTable *table)
{
    HyChange *change;
    assert_ok(hy_transaction_change(t, table, NULL, &change));
    HyStatus st = append(change, N_START, 2000);
    if (!st)
        return hy_change_finish(change);
    hy_change_abort(change);
    return st;
}

typedef HyStatus ChangeFn(HyTransaction *t, HyTable *table);

/* In a transaction of its own; rolled back when it fails. */
static HyStatus change_rows(Fixture *f, ChangeFn *fn)
{
    HyTable *table = find_table(f->database, "t");
    HyTransaction *t = begin(f->catalog);
    HyStatus st = fn(t, table);
    if (st)
        hy_transaction_rollback(t);
    else
        st = hy_transaction_commit(t);
    hy_table_unref(table);
    return st;
}

static HyStatus create_other(Fixture *f)
{
    HyTableColumn columns[] = {{.name = "x", .type = hy_type(HY_TYPE_INT8)}};
    HyTableDefinition definition = {
        .schema_name = "public", .name = "other", .columns = columns, .n_columns = 1};
    return hy_database_create_table(f->database, &definition, NULL);
}

static HyStatus add_column(Fixture *f)
{
    HyTable *table = find_table(f->database, "t");
    HyTableColumn column = {.name = "y", .type = hy_type(HY_TYPE_TEXT)};
    HyValue fill = hy_value_null(column.type);
    HyStatus st = alter_add_column(table, &column, &fill, NULL);
    hy_table_unref(table);
    return st;
}

enum { LOAD, DELETE, INSERT, CREATE, ADD_COLUMN, N_CHANGES };

static HyStatus change(Fixture *f, int which)
{
    switch (which) {
    case LOAD:
        return change_rows(f, load_rows);
    case DELETE:
        return change_rows(f, delete_rows);
    case INSERT:
        return change_rows(f, insert_few);
    case CREATE:
        return create_other(f);
    default:
        return add_column(f);
    }
}

/* ---- What must hold ---- */

static void check_old_state(Fixture *f)
{
    HyTable *table = find_table(f->database, "t");
    HyTransaction *t = begin(f->catalog);
    Keys keys = read_table(t, table);
    assert_int_equal(table->n_columns, 3);
    assert_int_equal(keys.n, N_START);
    for (size_t i = 0; i < keys.n; i++)
        assert_int_equal(keys.keys[i], (int64_t)i);
    keys_free(&keys);
    hy_transaction_rollback(t);
    hy_table_unref(table);
    assert_null(hy_database_find_table(f->database, "public", "other"));
    assert_ok(hy_database_verify(f->database, fail_on_fault, NULL));
}

static void make_database(Fixture *f, const char *name, const HyCatalogOptions *options)
{
    fixture_create(f, name, 2, options);
    HyTable *table = create_table(f->database, "t");
    HyTransaction *t = begin(f->catalog);
    insert_keys(t, table, 0, N_START);
    assert_ok(hy_transaction_commit(t));
    hy_table_unref(table);
}

/* Bytes that the change writes when nothing fails, and whether the file is sound then. */
static long long measure(int which)
{
    Disk disk;
    Fixture f;
    disk_init(&disk);
    HyCatalogOptions options = {.durability = HY_DURABILITY_WRITE, .file_ops = &disk.ops};
    make_database(&f, "measure", &options);
    long long before = atomic_load(&disk.room);
    assert_ok(change(&f, which));
    long long written = before - atomic_load(&disk.room);
    fixture_destroy(&f);
    assert_true(written > 4096);
    return written;
}

static bool is_logged(int which)
{
    return which == DELETE || which == INSERT;
}

static void test_full_at(int which, long long room)
{
    Disk disk;
    Fixture f;
    disk_init(&disk);
    HyCatalogOptions options = {.durability = HY_DURABILITY_WRITE, .file_ops = &disk.ops};
    make_database(&f, "full", &options);
    atomic_store(&disk.room, room);
    HyStatus st = change(&f, which);
    if (!st && room > 0 && is_logged(which)) { /* the space that a log takes ahead may be missing */
        assert_ok(hy_database_verify(f.database, fail_on_fault, NULL));
        atomic_store(&disk.room, LLONG_MAX / 2);
        fixture_destroy(&f);
        return;
    }
    if (!st)
        fail_msg("change %d: no failure with room for %lld bytes", which, room);
    assert_string_equal(st->sqlstate, "53100");
    hy_error_free(st);
    check_old_state(&f);
    if (room % 2) { /* the file alone, as another process would find it */
        fixture_close(&f);
        atomic_store(&disk.room, LLONG_MAX / 2);
        fixture_open(&f, &options);
        check_old_state(&f);
    }
    atomic_store(&disk.room, LLONG_MAX / 2);
    assert_ok(change(&f, which));
    assert_ok(hy_database_verify(f.database, fail_on_fault, NULL));
    fixture_destroy(&f);
}

static void test_every_part_of_a_change(void **state)
{
    (void)state;
    enum { STEPS = 5 };
    for (int which = 0; which < N_CHANGES; which++) {
        long long written = measure(which);
        for (int i = 0; i < STEPS; i++) {
            long long room = i == 0 ? 0 : i == STEPS - 1 ? written - 1 : written * i / STEPS;
            /* compression that follows the load may make less of it: stay below */
            if (which == LOAD && i > STEPS / 2)
                room = written * i / (3 * STEPS);
            test_full_at(which, room);
        }
    }
}

/* A file that is written at the end of the session only: the failure comes from the release. */
static void test_full_at_close(void **state)
{
    (void)state;
    Disk disk;
    Fixture f;
    disk_init(&disk);
    HyCatalogOptions options = {.durability = HY_DURABILITY_AT_CLOSE, .file_ops = &disk.ops};
    make_database(&f, "at_close", &options);
    assert_ok(hy_database_checkpoint(f.database));
    assert_ok(change(&f, INSERT));
    assert_ok(change(&f, CREATE));
    atomic_store(&disk.room, 100);
    HyStatus st = hy_database_release(f.database);
    assert_non_null(st);
    assert_string_equal(st->sqlstate, "53100");
    hy_error_free(st);
    hy_catalog_destroy(f.catalog);
    atomic_store(&disk.room, LLONG_MAX / 2);
    fixture_open(&f, &options);
    check_old_state(&f);
    fixture_destroy(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_part_of_a_change),
        cmocka_unit_test(test_full_at_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
