/* The write-ahead log: what is read back after it was cut, torn or damaged at any place, how it
 * stands to the database file, shared syncs, and failing ones. */
#include "unit_test.h"

#include "io/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_RECORDS 20

static const char *log_path(void)
{
    static char path[256];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/hy_io_log_%d.wal", folder ? folder : "/tmp", (int)getpid());
    return path;
}

static HyLogOptions options_at(uint64_t sequence)
{
    return (HyLogOptions){
        .uuid = {1, 2, 3}, .state = {.sequence = sequence, .checksum = (uint32_t)sequence * 7}};
}

static HyLog *new_log(void)
{
    HyLogOptions options = options_at(5);
    HyLog *log;
    unlink(log_path());
    assert_ok(hy_log_create(log_path(), &options, &log));
    return log;
}

/* Record i: i + 1 bytes i, some of them longer than a page. */
static size_t record_len(size_t i)
{
    return i % 7 == 3 ? 5000 + i : i + 1;
}

static void append(HyLog *log, size_t i)
{
    char bytes[6000];
    uint64_t position;
    memset(bytes, (int)i, sizeof bytes);
    assert_ok(hy_log_append(log, bytes, record_len(i), &position));
    assert_ok(hy_log_wait(log, position));
    assert_true(hy_log_synced(log) >= position);
}

typedef struct Seen {
    size_t n;
    size_t ids[64];
} Seen;

static HyStatus see(void *context, const uint8_t *payload, size_t len)
{
    Seen *seen = context;
    assert_int_equal(len, record_len(payload[0]));
    for (size_t i = 0; i < len; i++)
        assert_int_equal(payload[i], payload[0]);
    seen->ids[seen->n++] = payload[0];
    return HY_OK;
}

static HyLog *open_log(const HyLogOptions *options, HyLogStanding expected)
{
    HyLog *log = NULL;
    HyLogStanding standing;
    assert_ok(hy_log_open(log_path(), options, &standing, &log));
    assert_int_equal(standing, expected);
    assert_int_equal(log != NULL, expected == HY_LOG_CURRENT);
    return log;
}

static Seen read_log(HyLog **out)
{
    HyLogOptions options = options_at(5);
    Seen seen = {0};
    HyLog *log = open_log(&options, HY_LOG_CURRENT);
    assert_ok(hy_log_read(log, see, &seen));
    if (out)
        *out = log;
    else
        hy_log_unref(log);
    for (size_t i = 0; i < seen.n; i++)
        assert_int_equal(seen.ids[i], i);
    return seen;
}

/* Where the records end in the file: 8192, and each with its head up to a multiple of 8. */
static size_t end_of(size_t n_records)
{
    size_t end = 8192;
    for (size_t i = 0; i < n_records; i++)
        end += (24 + record_len(i) + 7) / 8 * 8;
    return end;
}

static size_t records_before(size_t offset)
{
    size_t n = 0;
    while (n < N_RECORDS && end_of(n + 1) <= offset)
        n++;
    return n;
}

static void write_all_records(void)
{
    HyLog *log = new_log();
    for (size_t i = 0; i < N_RECORDS; i++)
        append(log, i);
    assert_int_equal(hy_log_bytes(log), end_of(N_RECORDS) - 8192);
    hy_log_unref(log);
}

/* A file that ends anywhere gives the records before; one that is written on goes on from there. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    write_all_records();
    for (size_t cut = end_of(N_RECORDS) + 3; cut > 8192; cut -= cut % 61 < 24 ? 1 : 41) {
        assert_int_equal(truncate(log_path(), (off_t)cut), 0);
        assert_int_equal(read_log(NULL).n, records_before(cut));
    }
    HyLog *log;
    assert_int_equal(read_log(&log).n, 0);
    for (size_t i = 0; i < 9; i++)
        append(log, i);
    hy_log_unref(log);
    assert_int_equal(read_log(NULL).n, 9);
}

/* A changed byte ends the log before its record, whatever follows. */
static void test_damage_anywhere(void **state)
{
    (void)state;
    write_all_records();
    int fd = open(log_path(), O_RDWR);
    for (size_t at = 8192; at < end_of(N_RECORDS); at += at % 97 < 30 ? 1 : 83) {
        uint8_t byte;
        uint8_t bad;
        assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
        bad = byte ^ (uint8_t)(1u << (at % 8));
        assert_int_equal(pwrite(fd, &bad, 1, (off_t)at), 1);
        assert_int_equal(read_log(NULL).n, records_before(at));
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    }
    close(fd);
    assert_int_equal(read_log(NULL).n, N_RECORDS);
}

/* A record torn by a crash is overwritten by the same bytes: the whole record of before that lies
 * behind it does not come back. */
static void test_old_tail_stays_dead(void **state)
{
    (void)state;
    uint8_t torn = 0xFF;
    write_all_records();
    int fd = open(log_path(), O_RDWR);
    assert_int_equal(pwrite(fd, &torn, 1, (off_t)end_of(4) + 30), 1);
    close(fd);
    HyLog *log;
    assert_int_equal(read_log(&log).n, 4);
    append(log, 4);
    hy_log_unref(log);
    assert_int_equal(read_log(NULL).n, 5);
}

static void test_checkpoint_and_standing(void **state)
{
    (void)state;
    HyLogOptions at5 = options_at(5);
    HyLogOptions at6 = options_at(6);
    HyLogOptions other = options_at(5);
    other.uuid[0] = 9;
    HyLog *log = new_log();
    open_log(&at6, HY_LOG_CONTAINED); /* nothing in it */
    append(log, 0);
    append(log, 1);
    open_log(&at6, HY_LOG_FOREIGN);
    open_log(&other, HY_LOG_FOREIGN);
    assert_ok(hy_log_announce(log, &at6.state));
    open_log(&at6, HY_LOG_CONTAINED);
    assert_int_equal(read_log(NULL).n, 2); /* the file did not switch */
    HyLogOptions wrong = at6;
    wrong.state.checksum++;
    open_log(&wrong, HY_LOG_FOREIGN); /* another commit with the same number */
    assert_ok(hy_log_restart(log, &at6.state));
    assert_int_equal(hy_log_bytes(log), 0);
    open_log(&at5, HY_LOG_CONTAINED);
    append(log, 0);
    open_log(&at5, HY_LOG_FOREIGN);
    Seen seen = {0};
    HyLog *again = open_log(&at6, HY_LOG_CURRENT);
    assert_ok(hy_log_read(again, see, &seen));
    assert_int_equal(seen.n, 1); /* not the records of before the restart behind it */
    hy_log_unref(again);
    hy_log_unref(log);
    for (int slot = 0; slot < 2; slot++) { /* a torn header: the other one counts, or none */
        int fd = open(log_path(), O_RDWR);
        assert_int_equal(pwrite(fd, "x", 1, slot * 4096 + 20), 1);
        close(fd);
    }
    open_log(&at6, HY_LOG_DAMAGED);
    static const char zeros[10000];
    int fd = open(log_path(), O_RDWR);
    assert_int_equal(pwrite(fd, zeros, 8192, 0), 8192);
    open_log(&at6, HY_LOG_DAMAGED); /* records are there */
    assert_int_equal(pwrite(fd, zeros, 10000, 0), 10000);
    close(fd);
    open_log(&at6, HY_LOG_CONTAINED); /* it was being created */
    assert_int_equal(truncate(log_path(), 100), 0);
    open_log(&at6, HY_LOG_CONTAINED);
    unlink(log_path());
    open_log(&at6, HY_LOG_MISSING);
}

/* ---- Syncs ---- */

static atomic_int n_syncs;
static atomic_int failing_sync; /* number of the one that fails, or 0 */

static ssize_t plain_pwrite(void *context, int fd, const void *data, size_t len, off_t offset)
{
    (void)context;
    return pwrite(fd, data, len, offset);
}

static int slow_sync(void *context, int fd)
{
    (void)context;
    (void)fd;
    int n = atomic_fetch_add(&n_syncs, 1) + 1;
    usleep(2000);
    if (n != atomic_load(&failing_sync))
        return 0;
    errno = EIO;
    return -1;
}

static int plain_truncate(void *context, int fd, off_t size)
{
    (void)context;
    return ftruncate(fd, size);
}

static const HyOsFileOps slow_ops = {
    .pwrite = plain_pwrite, .fdatasync = slow_sync, .ftruncate = plain_truncate};

typedef struct Committer {
    HyLog *log;
    pthread_mutex_t *append_lock;
    size_t n_failed;
} Committer;

static void *commit_many(void *arg)
{
    Committer *committer = arg;
    for (int i = 0; i < 25; i++) {
        uint64_t position = 0;
        pthread_mutex_lock(committer->append_lock);
        HyStatus st = hy_log_append(committer->log, "12345", 5, &position);
        pthread_mutex_unlock(committer->append_lock);
        if (!st)
            st = hy_log_wait(committer->log, position);
        if (!st)
            assert_true(hy_log_synced(committer->log) >= position);
        committer->n_failed += st != NULL;
        hy_error_free(st);
    }
    return NULL;
}

static size_t run_committers(HyLog *log)
{
    pthread_mutex_t append_lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t threads[8];
    Committer committers[8];
    size_t n_failed = 0;
    for (int i = 0; i < 8; i++) {
        committers[i] = (Committer){.log = log, .append_lock = &append_lock};
        assert_int_equal(pthread_create(&threads[i], NULL, commit_many, &committers[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        n_failed += committers[i].n_failed;
    }
    return n_failed;
}

static void test_shared_syncs(void **state)
{
    (void)state;
    HyLogOptions options = options_at(5);
    HyLog *log;
    options.file_ops = &slow_ops;
    unlink(log_path());
    assert_ok(hy_log_create(log_path(), &options, &log));
    atomic_store(&n_syncs, 0);
    assert_int_equal(run_committers(log), 0);
    assert_true(atomic_load(&n_syncs) < 150); /* 200 commits by eight */
    atomic_store(&n_syncs, 0);
    atomic_store(&failing_sync, 10);
    assert_true(run_committers(log) > 100);
    assert_int_equal(atomic_load(&n_syncs), 10); /* nobody tries it again */
    assert_true(hy_log_is_failed(log));
    HyContainerState next = {.sequence = 6};
    HyStatus st = hy_log_announce(log, &next);
    assert_non_null(st);
    hy_error_free(st);
    hy_log_unref(log);
    unlink(log_path());
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_damage_anywhere), cmocka_unit_test(test_old_tail_stays_dead),
        cmocka_unit_test(test_checkpoint_and_standing), cmocka_unit_test(test_shared_syncs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
