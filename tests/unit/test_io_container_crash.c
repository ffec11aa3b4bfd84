/* A commit that is stopped at any write, sync or growth leaves the old or the new state, never a
 * mix, also when the disk lost some of the writes that no sync had confirmed. A commit that fails
 * without a crash leaves the container usable at its old state. */
#include "io_container_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define N_OBJECTS 40

typedef enum FaultMode {
    FAULT_STOP,  /* half of the write is done, then nothing more works: the machine went down */
    FAULT_ONCE,  /* one call fails, the others work */
    FAULT_SHORT, /* one write takes only half of its bytes, without an error */
} FaultMode;

/* A write that is not synced yet, with what it replaced. */
typedef struct Undo {
    off_t offset;
    size_t len;
    uint8_t *old;
} Undo;

/* System calls that fail at the chosen step. */
typedef struct Disk {
    HyOsFileOps ops;
    FaultMode mode;
    int fail_at; /* number of the call, from 1; 0: never */
    int step;
    int syncs; /* that failed */
    bool is_stopped;
    bool was_hit;
    const char *link_from; /* linked to link_to at the first call, so that it survives an unlink */
    const char *link_to;
    Undo undo[4096];
    size_t undo_count;
} Disk;

/* Counts the call; true if it must fail. */
static bool disk_step(Disk *disk)
{
    if (disk->step == 0 && disk->link_from)
        assert_int_equal(link(disk->link_from, disk->link_to), 0);
    disk->step++;
    if (disk->step == disk->fail_at) {
        disk->was_hit = true;
        disk->is_stopped = disk->mode == FAULT_STOP;
        return true;
    }
    return disk->is_stopped;
}

static void remember(Disk *disk, int fd, size_t len, off_t offset)
{
    assert_true(disk->undo_count < HY_ARRAY_LEN(disk->undo));
    Undo *undo = &disk->undo[disk->undo_count++];
    *undo = (Undo){.offset = offset, .len = len, .old = calloc(1, len + 1)};
    assert_non_null(undo->old);
    assert_true(pread(fd, undo->old, len, offset) >= 0);
}

static ssize_t disk_pwrite(void *context, int fd, const void *data, size_t len, off_t offset)
{
    Disk *disk = context;
    bool had_stopped = disk->is_stopped;
    bool must_fail = disk_step(disk);
    size_t part = must_fail ? len / 2 : len;
    if (must_fail && (had_stopped || disk->mode == FAULT_ONCE || part == 0)) {
        errno = disk->mode == FAULT_ONCE ? ENOSPC : EIO;
        return -1;
    }
    remember(disk, fd, part, offset);
    ssize_t n = pwrite(fd, data, part, offset);
    if (must_fail && disk->mode == FAULT_STOP) {
        errno = EIO;
        return -1;
    }
    return n;
}

static void forget_undo(Disk *disk)
{
    for (size_t i = 0; i < disk->undo_count; i++)
        free(disk->undo[i].old);
    disk->undo_count = 0;
}

static int disk_sync(void *context, int fd)
{
    Disk *disk = context;
    (void)fd;
    if (disk_step(disk) && disk->mode != FAULT_SHORT) {
        disk->syncs++;
        errno = EIO;
        return -1;
    }
    forget_undo(disk);
    return 0;
}

static int disk_truncate(void *context, int fd, off_t size)
{
    Disk *disk = context;
    if (disk_step(disk) && disk->mode != FAULT_SHORT) {
        errno = ENOSPC;
        return -1;
    }
    return ftruncate(fd, size);
}

static void disk_init(Disk *disk, FaultMode mode, int fail_at)
{
    memset(disk, 0, sizeof *disk);
    disk->ops = (HyOsFileOps){
        .context = disk, .pwrite = disk_pwrite, .fdatasync = disk_sync, .ftruncate = disk_truncate};
    disk->mode = mode;
    disk->fail_at = fail_at;
}

/* Takes back those of the unsynced writes whose turn it is: all, or every second one. */
static void lose_writes(Disk *disk, const char *path, unsigned first, unsigned stride)
{
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    for (size_t i = disk->undo_count; i-- > 0;) {
        if (stride && i % stride == first)
            assert_true(
                pwrite(fd, disk->undo[i].old, disk->undo[i].len, disk->undo[i].offset) >= 0);
    }
    close(fd);
    forget_undo(disk);
}

static HyObjectKey object_key(uint32_t i)
{
    return block_key(i % 3, i / 3, i % 5);
}

static HyStatus put(HyContainer *c, HyContainerCommit *commit, uint32_t i, uint32_t generation)
{
    HyObjectRef ref;
    HyObjectKey key = object_key(i);
    HY_TRY(write_content(c, i, generation, (HyCompression){.method = HY_COMPRESS_LZ4}, &ref));
    return hy_commit_put(commit, &key, &ref);
}

/* State 0: objects 0 to N-1 of generation 0. */
static HyStatus commit_first(HyContainer *c)
{
    HyContainerCommit *commit;
    HY_TRY(hy_container_begin(c, &commit));
    for (uint32_t i = 0; i < N_OBJECTS; i++)
        HY_TRY(put(c, commit, i, 0));
    return hy_container_commit(commit);
}

/* State 1: every second object replaced, object 1 gone, 1000 new ones, so that directory and file
 * grow. */
static HyStatus commit_second(HyContainer *c)
{
    HyContainerCommit *commit;
    HyObjectKey gone = object_key(1);
    HY_TRY(hy_container_begin(c, &commit));
    HyStatus st = HY_OK;
    for (uint32_t i = 0; i < N_OBJECTS; i += 2)
        HY_GO(put(c, commit, i, 1));
    for (uint32_t i = 1000; i < 1150; i++)
        HY_GO(put(c, commit, i, 1));
    HY_GO(hy_commit_remove(commit, &gone));
    return hy_container_commit(commit);

done:
    hy_commit_abandon(commit);
    return st;
}

/* Checks that the container is in state 0 or 1 and tells which. */
static int check_state(HyContainer *c)
{
    HyObjectRef ref;
    HyObjectKey marker = object_key(1);
    int state = hy_container_find(c, &marker, &ref) ? 0 : 1;
    for (uint32_t i = 0; i < N_OBJECTS; i++) {
        HyObjectKey key = object_key(i);
        if (i != 1 || state == 0)
            check_content(c, &key, i, state == 1 && i % 2 == 0 ? 1 : 0);
    }
    for (uint32_t i = 1000; i < 1150; i++) {
        HyObjectKey key = object_key(i);
        if (state == 1)
            check_content(c, &key, i, 1);
        else
            assert_false(hy_container_find(c, &key, &ref));
    }
    return state;
}

/* Nothing may be wrong but the header page that was just being written. */
static void check_faults(HyContainer *c)
{
    Faults faults = {0};
    assert_ok(hy_container_verify(c, NULL, count_fault, &faults));
    if (faults.count > faults.header_count || faults.header_count > 1)
        fail_msg("%d faults, the last: %s", faults.count, faults.last);
}

static void create_first(const char *path)
{
    HyContainerOptions options = {.is_relaxed = true};
    HyContainer *c = create_container(path, 2, &options);
    assert_ok(commit_first(c));
    hy_container_close(c);
}

/* One crash; true if the fault was reached. */
static bool crash_once(int fail_at, unsigned first, unsigned stride, int *seen)
{
    static Disk disk;
    const char *path = temp_path();
    create_first(path);
    disk_init(&disk, FAULT_STOP, fail_at);
    HyContainerOptions options = {.file_ops = &disk.ops};
    HyContainer *c = NULL;
    assert_ok(hy_container_open(path, &options, &c));
    HyStatus st = commit_second(c);
    bool was_acknowledged = st == NULL;
    hy_error_free(st);
    assert_int_equal(was_acknowledged, !disk.was_hit);
    assert_int_equal(check_state(c), was_acknowledged);
    hy_container_close(c);
    lose_writes(&disk, path, first, stride);

    c = open_container(path);
    int state = check_state(c);
    if (was_acknowledged)
        assert_int_equal(state, 1);
    check_faults(c);
    seen[state]++;
    /* The survivor takes commits as any other. */
    if (state == 0)
        assert_ok(commit_second(c));
    assert_int_equal(check_state(c), 1);
    hy_container_close(c);
    c = open_container(path);
    assert_int_equal(check_state(c), 1);
    check_no_faults(c);
    hy_container_close(c);
    unlink(path);
    return disk.was_hit;
}

static void test_crash_at_every_step(void **state)
{
    (void)state;
    static const struct {
        unsigned first;
        unsigned stride; /* 0: all writes reach the disk */
    } losses[] = {{0, 0}, {0, 1}, {0, 2}, {1, 2}};
    int seen[2] = {0};
    for (size_t l = 0; l < HY_ARRAY_LEN(losses); l++) {
        int fail_at = 1;
        /* Most steps write objects and are alike: take every seventh of them and all at the end. */
        while (crash_once(fail_at, losses[l].first, losses[l].stride, seen))
            fail_at += fail_at < 330 ? 7 : 1;
        assert_true(fail_at > 340);
    }
    assert_true(seen[0] > 0);
    assert_true(seen[1] > 4); /* not only the four commits without a fault */
}

static void test_create_crash(void **state)
{
    (void)state;
    int complete = 0;
    int incomplete = 0;
    for (int fail_at = 1; complete == 0 || incomplete == 0 || fail_at < 12; fail_at++) {
        static Disk disk;
        char path[300];
        char survivor[320];
        snprintf(path, sizeof path, "%s", temp_path());
        snprintf(survivor, sizeof survivor, "%s.survivor", path);
        disk_init(&disk, FAULT_STOP, fail_at);
        disk.link_from = path;
        disk.link_to = survivor;
        HyContainerOptions options = {.file_ops = &disk.ops};
        HyContainerTemplate tmpl = {
            .version = 2, .catalog = CATALOG, .catalog_len = strlen(CATALOG)};
        HyContainer *c = NULL;
        HyStatus st = hy_container_create(path, &tmpl, &options, &c);
        assert_int_equal(st != NULL, disk.was_hit);
        assert_int_equal(access(path, F_OK) != 0, st != NULL);
        hy_error_free(st);
        hy_container_close(st ? NULL : c);
        forget_undo(&disk);

        st = hy_container_open(survivor, NULL, &c);
        if (st) {
            assert_true(disk.was_hit);
            incomplete++;
        } else {
            check_faults(c);
            hy_container_close(c);
            complete++;
        }
        hy_error_free(st);
        unlink(path);
        unlink(survivor);
    }
}

/* One call fails, the process lives on. */
static bool fail_once(FaultMode mode, int fail_at)
{
    static Disk disk;
    const char *path = temp_path();
    create_first(path);
    disk_init(&disk, mode, fail_at);
    HyContainerOptions options = {.file_ops = &disk.ops};
    HyContainer *c = NULL;
    assert_ok(hy_container_open(path, &options, &c));
    HyStatus st = commit_second(c);
    assert_int_equal(st != NULL, disk.was_hit && mode == FAULT_ONCE);
    if (st) {
        assert_int_equal(check_state(c), 0);
        hy_error_free(st);
        check_faults(c);
        st = commit_second(c);
        /* After a failed sync nobody knows what is on the disk: no more changes. */
        assert_int_equal(st != NULL, disk.syncs > 0);
        if (st)
            assert_string_equal(st->sqlstate, "58030");
        assert_int_equal(check_state(c), st ? 0 : 1);
        hy_error_free(st);
    } else {
        assert_int_equal(check_state(c), 1);
    }
    int expected = check_state(c);
    check_faults(c);
    hy_container_close(c);
    forget_undo(&disk);
    c = open_container(path);
    assert_int_equal(check_state(c), expected);
    check_no_faults(c);
    hy_container_close(c);
    unlink(path);
    return disk.was_hit;
}

static void test_every_call_fails_once(void **state)
{
    (void)state;
    for (int fail_at = 1; fail_once(FAULT_ONCE, fail_at); fail_at += fail_at < 330 ? 7 : 1)
        continue;
    for (int fail_at = 1; fail_once(FAULT_SHORT, fail_at); fail_at += fail_at < 330 ? 7 : 1)
        continue;
}

/* The former state stays whole under the other header page. */
static void test_former_state_survives_commit(void **state)
{
    (void)state;
    const char *path = temp_path();
    create_first(path);
    HyContainer *c = open_container(path);
    uint64_t sequence = hy_container_sequence(c);
    assert_ok(commit_second(c));
    hy_container_close(c);
    /* Destroys the newer page: the one with the larger sequence number. */
    int fd = open(path, O_RDWR);
    uint64_t sequences[2];
    assert_int_equal(pread(fd, &sequences[0], 8, 0x30), 8);
    assert_int_equal(pread(fd, &sequences[1], 8, 0x1030), 8);
    assert_int_equal(pwrite(fd, "x", 1, sequences[0] > sequences[1] ? 0x800 : 0x1800), 1);
    close(fd);
    c = open_container(path);
    assert_int_equal(hy_container_sequence(c), sequence);
    assert_int_equal(check_state(c), 0);
    check_faults(c);
    assert_ok(commit_second(c));
    assert_int_equal(check_state(c), 1);
    check_no_faults(c);
    hy_container_close(c);
    unlink(path);
}

/* Exhausted memory at any allocation of open, commit and read is an error and changes nothing. */
static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    const char *path = temp_path();
    create_first(path);
    bool was_hit = true;
    for (int n = 1; was_hit; n++) {
        HyContainer *c = NULL;
        alloc_fault_arm(n);
        HyStatus st = hy_container_open(path, NULL, &c);
        if (!st)
            st = commit_second(c);
        was_hit = alloc_fault_disarm();
        if (c) {
            int reached = check_state(c);
            assert_int_equal(reached, st ? 0 : 1);
            check_no_faults(c);
        }
        hy_container_close(c);
        if (st) {
            assert_string_equal(st->sqlstate, "53200");
        } else {
            unlink(path);
            create_first(path);
        }
        hy_error_free(st);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crash_at_every_step),
        cmocka_unit_test(test_create_crash),
        cmocka_unit_test(test_every_call_fails_once),
        cmocka_unit_test(test_former_state_survives_commit),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
