#include "session/watchdog.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>

struct HyWatchdog {
    pthread_mutex_t lock; /* guards all that follows, and the watches in the list */
    pthread_cond_t wake;
    pthread_t thread;
    bool is_started;
    bool must_end;
    int64_t sleeps_until_us;
    HyWatch *watches;
};

HyStatus hy_watchdog_create(HyWatchdog **out)
{
    HyWatchdog *w = calloc(1, sizeof *w);
    pthread_condattr_t attributes;
    if (!w)
        return hy_error_oom(sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    *out = w;
    return HY_OK;
}

void hy_watchdog_destroy(HyWatchdog *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->must_end = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    if (w->is_started)
        pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

/* Cancels what is due; gives the time of the next limit. */
static int64_t look_around(HyWatchdog *w)
{
    int64_t next = INT64_MAX;
    int64_t now = hy_clock_us();
    for (HyWatch *watch = w->watches; watch; watch = watch->next) {
        if (watch->has_expired)
            continue;
        if (watch->deadline_us <= now) {
            watch->has_expired = true;
            atomic_store(&watch->cancel->requested, true);
        } else if (watch->deadline_us < next) {
            next = watch->deadline_us;
        }
    }
    return next;
}

static void *watch_over(void *context)
{
    HyWatchdog *w = context;
    pthread_mutex_lock(&w->lock);
    while (!w->must_end) {
        w->sleeps_until_us = look_around(w);
        if (w->sleeps_until_us == INT64_MAX) {
            pthread_cond_wait(&w->wake, &w->lock);
            continue;
        }
        const struct timespec until = {.tv_sec = (time_t)(w->sleeps_until_us / 1000000),
            .tv_nsec = (long)(w->sleeps_until_us % 1000000) * 1000};
        (void)pthread_cond_timedwait(&w->wake, &w->lock, &until);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

void hy_watchdog_arm(HyWatchdog *w, HyWatch *watch, HyCancel *cancel, int64_t limit_us)
{
    pthread_mutex_lock(&w->lock);
    if (!w->is_started)
        w->is_started = pthread_create(&w->thread, NULL, watch_over, w) == 0;
    if (__builtin_add_overflow(hy_clock_us(), limit_us, &watch->deadline_us))
        watch->deadline_us = INT64_MAX;
    watch->cancel = cancel;
    watch->has_expired = false;
    watch->is_armed = true;
    watch->previous = NULL;
    watch->next = w->watches;
    if (watch->next)
        watch->next->previous = watch;
    w->watches = watch;
    if (watch->deadline_us < w->sleeps_until_us)
        pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void hy_watchdog_disarm(HyWatchdog *w, HyWatch *watch)
{
    if (!watch->is_armed)
        return;
    pthread_mutex_lock(&w->lock);
    watch->is_armed = false;
    if (watch->previous)
        watch->previous->next = watch->next;
    else
        w->watches = watch->next;
    if (watch->next)
        watch->next->previous = watch->previous;
    pthread_mutex_unlock(&w->lock);
}
