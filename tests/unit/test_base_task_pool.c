#include "base/task_pool.h"
#include "unit_test.h"
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>

#define N 500

static HyTaskPool *make_pool(unsigned n_threads)
{
    HyTaskPool *pool = NULL;
    assert_ok(hy_task_pool_create(n_threads, &pool));
    return pool;
}

typedef struct Counts {
    HyTaskPool *pool;
    atomic_int calls[N];
    atomic_int total;
} Counts;

static HyStatus count_call(void *ctx, size_t index)
{
    Counts *counts = ctx;
    atomic_fetch_add(&counts->calls[index], 1);
    atomic_fetch_add(&counts->total, 1);
    return HY_OK;
}

static void each_index_runs_once(void **state)
{
    (void)state;
    static const unsigned sizes[] = {0, 1, 2, 7};
    for (size_t s = 0; s < HY_ARRAY_LEN(sizes); s++) {
        Counts counts = {0};
        HyTaskPool *pool = make_pool(sizes[s]);
        assert_true(hy_task_pool_size(pool) >= 1);
        for (int round = 1; round <= 20; round++) {
            assert_ok(hy_task_pool_run(pool, N, count_call, &counts));
            for (size_t i = 0; i < N; i++)
                assert_int_equal(counts.calls[i], round);
        }
        assert_ok(hy_task_pool_run(pool, 0, count_call, NULL));
        hy_task_pool_destroy(pool);
    }
    hy_task_pool_destroy(NULL);
}

/* Two tasks that wait for each other end only if they run at the same time. */
static HyStatus meet(void *ctx, size_t index)
{
    (void)index;
    pthread_barrier_wait(ctx);
    return HY_OK;
}

static void tasks_run_at_the_same_time(void **state)
{
    (void)state;
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 3);
    HyTaskPool *pool = make_pool(3);
    assert_ok(hy_task_pool_run(pool, 3, meet, &barrier));
    hy_task_pool_destroy(pool);
    pthread_barrier_destroy(&barrier);
}

static HyStatus run_inner(void *ctx, size_t index)
{
    (void)index;
    Counts *counts = ctx;
    return hy_task_pool_run(counts->pool, N, count_call, counts);
}

static HyStatus run_middle(void *ctx, size_t index)
{
    (void)index;
    return hy_task_pool_run(((Counts *)ctx)->pool, 5, run_inner, ctx);
}

static void loops_nest(void **state)
{
    (void)state;
    Counts counts = {.pool = make_pool(4)};
    assert_ok(hy_task_pool_run(counts.pool, 6, run_middle, &counts));
    assert_int_equal(counts.total, 6 * 5 * N);
    hy_task_pool_destroy(counts.pool);
}

static void *run_from_thread(void *ctx)
{
    for (int i = 0; i < 20; i++)
        hy_error_free(run_middle(ctx, 0));
    return NULL;
}

static void several_threads_share_a_pool(void **state)
{
    (void)state;
    Counts counts = {.pool = make_pool(3)};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_from_thread, &counts), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(counts.total, 4 * 20 * 5 * N);
    hy_task_pool_destroy(counts.pool);
}

static HyStatus fail_from_ten(void *ctx, size_t index)
{
    Counts *counts = ctx;
    atomic_fetch_add(&counts->total, 1);
    return index >= 10 ? hy_error("22012", "division by zero") : HY_OK;
}

static void first_failure_ends_a_loop(void **state)
{
    (void)state;
    for (unsigned size = 1; size <= 4; size++) {
        Counts counts = {0};
        HyTaskPool *pool = make_pool(size);
        assert_fails(hy_task_pool_run(pool, 1000000, fail_from_ten, &counts), "22012");
        assert_in_range(counts.total, 11, 10 + size);
        hy_task_pool_destroy(pool);
    }
}

typedef struct Background {
    HyTaskPool *pool;
    atomic_int n_done;
    int fail_at;
} Background;

static HyStatus background_task(void *arg)
{
    Background *b = arg;
    Counts counts = {0};
    HyStatus st = hy_task_pool_run(b->pool, 50, count_call, &counts); /* a group's task may loop */
    int n = atomic_fetch_add(&b->n_done, 1) + 1;
    return st == HY_OK && b->fail_at && n >= b->fail_at ? hy_error("53100", "disk full") : st;
}

static void groups_run_every_task_once(void **state)
{
    (void)state;
    static const size_t limits[] = {0, 1, 3, 1000};
    for (unsigned size = 1; size <= 3; size++) {
        for (size_t l = 0; l < HY_ARRAY_LEN(limits); l++) {
            Background b = {.pool = make_pool(size)};
            HyTaskGroup *group = NULL;
            assert_ok(hy_task_group_create(b.pool, limits[l], &group));
            for (int round = 1; round <= 3; round++) {
                for (int i = 0; i < 200; i++)
                    assert_ok(hy_task_group_submit(group, background_task, &b));
                assert_ok(hy_task_group_wait(group));
                assert_int_equal(b.n_done, 200 * round);
            }
            assert_ok(hy_task_group_submit(group, background_task, &b));
            hy_task_group_destroy(group); /* waits */
            assert_int_equal(b.n_done, 601);
            hy_task_pool_destroy(b.pool);
        }
    }
    hy_task_group_destroy(NULL);
}

static void group_failure_is_handed_over(void **state)
{
    (void)state;
    for (unsigned size = 1; size <= 3; size++) {
        Background b = {.pool = make_pool(size), .fail_at = 20};
        HyTaskGroup *group = NULL;
        assert_ok(hy_task_group_create(b.pool, 4, &group));
        HyStatus failure = HY_OK;
        int n_submitted = 0;
        while (!failure && n_submitted < 100000) {
            failure = hy_task_group_submit(group, background_task, &b);
            n_submitted++;
        }
        assert_fails(failure, "53100"); /* submit tells the producer to stop */
        hy_error_free(hy_task_group_wait(group));
        assert_int_equal(b.n_done, n_submitted); /* each was called, so that it could free `arg` */
        b.fail_at = 0;
        assert_ok(hy_task_group_submit(group, background_task, &b));
        assert_ok(hy_task_group_wait(group));
        hy_task_group_destroy(group);
        hy_task_pool_destroy(b.pool);
    }
}

static int count_threads(void)
{
    DIR *dir = opendir("/proc/self/task");
    assert_non_null(dir);
    int count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2; /* . and .. */
}

static void threads_start_when_needed(void **state)
{
    (void)state;
    Counts counts = {0};
    int before = count_threads();
    HyTaskPool *pool = make_pool(16);
    assert_ok(hy_task_pool_run(pool, 1, count_call, &counts));
    assert_int_equal(count_threads(), before);
    assert_ok(hy_task_pool_run(pool, 3, count_call, &counts));
    assert_in_range(count_threads(), before + 1, before + 2);
    hy_task_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_index_runs_once),
        cmocka_unit_test(tasks_run_at_the_same_time),
        cmocka_unit_test(loops_nest),
        cmocka_unit_test(several_threads_share_a_pool),
        cmocka_unit_test(first_failure_ends_a_loop),
        cmocka_unit_test(groups_run_every_task_once),
        cmocka_unit_test(group_failure_is_handed_over),
        cmocka_unit_test(threads_start_when_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
