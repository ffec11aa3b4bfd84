/* A fixed pool of worker threads that runs data-parallel loops (morsels of a pipeline, blocks to
 * encode). The calling thread works too, so a pool of n threads starts n - 1; a pool of 1 starts
 * none and runs everything inline. Threads start when the first loop needs them. Loops may be
 * started from several threads at once and from inside a task. Whoever waits for a loop or a group
 * works on it (and on nothing else, so that a task may hold a lock while it waits), so nothing can
 * deadlock. */
#ifndef HY_BASE_TASK_POOL_H
#define HY_BASE_TASK_POOL_H

#include "base/status.h"

typedef struct HyTaskPool HyTaskPool;

/* n_threads 0: one per processor available to the process. */
HyStatus hy_task_pool_create(unsigned n_threads, HyTaskPool **out) HY_MUST_CHECK;
/* No loop may be running. Joins the threads. NULL is fine. */
void hy_task_pool_destroy(HyTaskPool *pool);
unsigned hy_task_pool_size(const HyTaskPool *pool);

/* Calls fn(ctx, i) once for each i in [0, n), in parallel, and returns when all calls have ended.
 * After the first failure no further call is started; that failure is returned, later ones are
 * freed. */
typedef HyStatus (*HyTaskFn)(void *ctx, size_t index);
HyStatus hy_task_pool_run(HyTaskPool *pool, size_t n, HyTaskFn fn, void *ctx) HY_MUST_CHECK;

/* A group of tasks that run in the background while the producer goes on (loading: blocks are
 * encoded behind the producer's back). hy_task_group_submit runs the task inline when `max_pending`
 * tasks wait already, which bounds memory. Every submitted task is called exactly once, whatever
 * fails, so it may own `arg`. The first failure is returned once, by the next submit() or by
 * wait(); later ones are freed. destroy() waits too. One thread submits and waits at a time. */
typedef struct HyTaskGroup HyTaskGroup;
HyStatus hy_task_group_create(
    HyTaskPool *pool, size_t max_pending, HyTaskGroup **out) HY_MUST_CHECK;
HyStatus hy_task_group_submit(
    HyTaskGroup *group, HyStatus (*fn)(void *arg), void *arg) HY_MUST_CHECK;
HyStatus hy_task_group_wait(HyTaskGroup *group) HY_MUST_CHECK;
void hy_task_group_destroy(HyTaskGroup *group);

#endif
