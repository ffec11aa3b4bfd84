#include "base/task_pool.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* A job is a loop or a group that has work to give away. Jobs with work stand in the pool's ring;
 * workers take the first and put it to the end, so that jobs of several statements share the
 * workers. A job is taken out by whoever finds that it has no more work. All but `next` is guarded
 * by the pool's lock. */
typedef struct Job Job;
struct Job {
    Job *prev; /* in the ring; NULL: not in it */
    Job *following;
    void (*work)(HyTaskPool *pool, Job *job); /* called without the lock by a worker */
    size_t n_active;                          /* workers inside work() */
    pthread_cond_t idle;                      /* signalled when n_active falls to 0 */
    HyStatus failure;                         /* the first one, until it is handed over */
};

struct HyTaskPool {
    unsigned size;
    unsigned n_started; /* threads */
    unsigned n_waiting; /* of them, those without work */
    pid_t owner;        /* after fork() the child has no worker threads */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    Job ring; /* the head; empty when it points to itself */
    atomic_uint n_jobs;
    bool is_stopping;
    pthread_t threads[];
};

static void ring_remove(HyTaskPool *pool, Job *job)
{
    if (!job->prev)
        return;
    job->prev->following = job->following;
    job->following->prev = job->prev;
    job->prev = NULL;
    atomic_fetch_sub_explicit(&pool->n_jobs, 1, memory_order_relaxed);
}

static void ring_append(HyTaskPool *pool, Job *job)
{
    if (job->prev)
        return;
    job->prev = pool->ring.prev;
    job->following = &pool->ring;
    job->prev->following = job;
    pool->ring.prev = job;
    atomic_fetch_add_explicit(&pool->n_jobs, 1, memory_order_relaxed);
}

static void leave_job(Job *job)
{
    job->n_active--;
    if (job->n_active == 0)
        pthread_cond_signal(&job->idle);
}

static void *worker_main(void *arg)
{
    HyTaskPool *pool = arg;
    pthread_setname_np(pthread_self(), "openhyper");
    pthread_mutex_lock(&pool->lock);
    while (!pool->is_stopping) {
        Job *job = pool->ring.following;
        if (job == &pool->ring) {
            pool->n_waiting++;
            pthread_cond_wait(&pool->wake, &pool->lock);
            pool->n_waiting--;
            continue;
        }
        ring_remove(pool, job);
        ring_append(pool, job);
        job->n_active++;
        pthread_mutex_unlock(&pool->lock);
        job->work(pool, job);
        pthread_mutex_lock(&pool->lock);
        leave_job(job);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Signals are for the threads of the host program. */
static int start_thread(HyTaskPool *pool)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&pool->threads[pool->n_started], NULL, worker_main, pool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

/* Offers the job to up to n_wanted workers, starting threads as needed. Without threads (none left
 * in the system, or a forked child) the caller does all by itself. Lock held. */
static void offer(HyTaskPool *pool, Job *job, size_t n_wanted)
{
    ring_append(pool, job);
    if (n_wanted > pool->size - 1)
        n_wanted = pool->size - 1;
    size_t n_woken = n_wanted < pool->n_waiting ? n_wanted : pool->n_waiting;
    for (size_t i = 0; i < n_woken; i++)
        pthread_cond_signal(&pool->wake);
    for (size_t i = n_woken; i < n_wanted && pool->n_started < pool->size - 1; i++) {
        if (start_thread(pool) != 0)
            break;
        pool->n_started++;
    }
}

/* Takes the job from the ring and waits until no worker is in it. Lock held. */
static void withdraw(HyTaskPool *pool, Job *job)
{
    ring_remove(pool, job);
    while (job->n_active > 0)
        pthread_cond_wait(&job->idle, &pool->lock);
}

static void keep_first(Job *job, HyStatus failure)
{
    if (job->failure)
        hy_error_free(failure);
    else
        job->failure = failure;
}

static unsigned available_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

HyStatus hy_task_pool_create(unsigned n_threads, HyTaskPool **out)
{
    if (n_threads == 0)
        n_threads = available_processors();
    size_t bytes = sizeof(HyTaskPool) + sizeof(pthread_t) * (n_threads - 1);
    HyTaskPool *pool = calloc(1, bytes);
    if (!pool)
        return hy_error_oom(bytes);
    pool->size = n_threads;
    pool->owner = getpid();
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->ring.prev = pool->ring.following = &pool->ring;
    *out = pool;
    return HY_OK;
}

void hy_task_pool_destroy(HyTaskPool *pool)
{
    if (!pool)
        return;
    if (pool->owner == getpid()) {
        pthread_mutex_lock(&pool->lock);
        pool->is_stopping = true;
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
        for (unsigned i = 0; i < pool->n_started; i++)
            pthread_join(pool->threads[i], NULL);
        pthread_cond_destroy(&pool->wake);
        pthread_mutex_destroy(&pool->lock);
    }
    free(pool);
}

unsigned hy_task_pool_size(const HyTaskPool *pool)
{
    return pool->size;
}

/* Loops. Indices are drawn from `next` without the lock. */
typedef struct Loop {
    Job job; /* first: workers see only this */
    HyTaskFn fn;
    void *ctx;
    size_t n;
    atomic_size_t next;
} Loop;

/* Runs one index; false when none is left. */
static bool run_next(HyTaskPool *pool, Loop *loop)
{
    /* Test before drawing, so that late workers cannot drive `next` round. */
    if (atomic_load_explicit(&loop->next, memory_order_relaxed) >= loop->n)
        return false;
    size_t index = atomic_fetch_add_explicit(&loop->next, 1, memory_order_relaxed);
    if (index >= loop->n)
        return false;
    HyStatus st = loop->fn(loop->ctx, index);
    if (HY_LIKELY(!st))
        return true;
    atomic_store_explicit(&loop->next, loop->n, memory_order_relaxed);
    pthread_mutex_lock(&pool->lock);
    keep_first(&loop->job, st);
    pthread_mutex_unlock(&pool->lock);
    return false;
}

static void work_on_loop(HyTaskPool *pool, Job *job)
{
    Loop *loop = (Loop *)job;
    while (run_next(pool, loop))
        if (atomic_load_explicit(&pool->n_jobs, memory_order_relaxed) > 1)
            return; /* let the ring decide which job is next */
    pthread_mutex_lock(&pool->lock);
    ring_remove(pool, job);
    pthread_mutex_unlock(&pool->lock);
}

HyStatus hy_task_pool_run(HyTaskPool *pool, size_t n, HyTaskFn fn, void *ctx)
{
    if (n <= 1 || pool->size == 1) {
        for (size_t i = 0; i < n; i++)
            HY_TRY(fn(ctx, i));
        return HY_OK;
    }
    Loop loop = {.job = {.work = work_on_loop}, .fn = fn, .ctx = ctx, .n = n};
    pthread_cond_init(&loop.job.idle, NULL);
    pthread_mutex_lock(&pool->lock);
    offer(pool, &loop.job, n - 1);
    pthread_mutex_unlock(&pool->lock);

    while (run_next(pool, &loop))
        ;

    pthread_mutex_lock(&pool->lock);
    withdraw(pool, &loop.job);
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_destroy(&loop.job.idle);
    return loop.job.failure;
}

/* Groups. Pending tasks wait in a ring buffer, oldest first. */
typedef struct Task {
    HyStatus (*fn)(void *arg);
    void *arg;
} Task;

struct HyTaskGroup {
    Job job; /* first: workers see only this */
    HyTaskPool *pool;
    size_t max_pending;
    size_t n_pending;
    size_t oldest;
    Task tasks[];
};

/* Runs the oldest pending task; false when none is left. Lock held at entry and exit. */
static bool run_oldest(HyTaskGroup *group)
{
    if (group->n_pending == 0)
        return false;
    Task task = group->tasks[group->oldest];
    group->oldest = (group->oldest + 1) % group->max_pending;
    group->n_pending--;
    if (group->n_pending == 0)
        ring_remove(group->pool, &group->job);
    pthread_mutex_unlock(&group->pool->lock);
    HyStatus st = task.fn(task.arg);
    pthread_mutex_lock(&group->pool->lock);
    if (st)
        keep_first(&group->job, st);
    return true;
}

static void work_on_group(HyTaskPool *pool, Job *job)
{
    pthread_mutex_lock(&pool->lock);
    (void)run_oldest((HyTaskGroup *)job);
    pthread_mutex_unlock(&pool->lock);
}

HyStatus hy_task_group_create(HyTaskPool *pool, size_t max_pending, HyTaskGroup **out)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(max_pending, sizeof(Task), &bytes) ||
        __builtin_add_overflow(bytes, sizeof(HyTaskGroup), &bytes))
        return hy_error_oom(SIZE_MAX);
    HyTaskGroup *group = calloc(1, bytes);
    if (!group)
        return hy_error_oom(bytes);
    group->job.work = work_on_group;
    pthread_cond_init(&group->job.idle, NULL);
    group->pool = pool;
    group->max_pending = max_pending;
    *out = group;
    return HY_OK;
}

static HyStatus hand_over_failure(HyTaskGroup *group)
{
    HyStatus failure = group->job.failure;
    group->job.failure = HY_OK;
    return failure;
}

HyStatus hy_task_group_submit(HyTaskGroup *group, HyStatus (*fn)(void *arg), void *arg)
{
    HyTaskPool *pool = group->pool;
    if (pool->size == 1)
        return fn(arg);
    pthread_mutex_lock(&pool->lock);
    if (group->n_pending == group->max_pending) {
        pthread_mutex_unlock(&pool->lock);
        HyStatus st = fn(arg);
        pthread_mutex_lock(&pool->lock);
        if (st)
            keep_first(&group->job, st);
    } else {
        size_t slot = (group->oldest + group->n_pending) % group->max_pending;
        group->tasks[slot] = (Task){.fn = fn, .arg = arg};
        group->n_pending++;
        offer(pool, &group->job, 1);
    }
    HyStatus failure = hand_over_failure(group);
    pthread_mutex_unlock(&pool->lock);
    return failure;
}

HyStatus hy_task_group_wait(HyTaskGroup *group)
{
    pthread_mutex_lock(&group->pool->lock);
    while (run_oldest(group))
        ;
    withdraw(group->pool, &group->job);
    HyStatus failure = hand_over_failure(group);
    pthread_mutex_unlock(&group->pool->lock);
    return failure;
}

void hy_task_group_destroy(HyTaskGroup *group)
{
    if (!group)
        return;
    hy_error_free(hy_task_group_wait(group));
    pthread_cond_destroy(&group->job.idle);
    free(group);
}
