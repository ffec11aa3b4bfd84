#include "cli/progress_bar.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct HyProgressBar {
    const openhyper_connection *connection;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool is_stopped;
};

#define FIRST_SHOWN_US 1000000
#define REFRESH_MS     100

static void draw(double progress, int64_t elapsed_us)
{
    char cells[31];
    int filled = (int)(progress * 30);
    for (int i = 0; i < 30; i++)
        cells[i] = i < filled ? '#' : '.';
    cells[30] = 0;
    double seconds = (double)elapsed_us / 1e6;
    fprintf(stderr, "\r[%s] %3d %%  %.0f s", cells, (int)(progress * 100), seconds);
    if (progress > 0.01)
        fprintf(stderr, ", %.0f s left", seconds / progress - seconds);
    fputs("\033[K", stderr);
}

/* Waits a little, or until the statement is over; true when it is. */
static bool wait_or_stop(HyProgressBar *bar)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += REFRESH_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&bar->lock);
    if (!bar->is_stopped)
        (void)pthread_cond_timedwait(&bar->stop, &bar->lock, &until);
    bool is_stopped = bar->is_stopped;
    pthread_mutex_unlock(&bar->lock);
    return is_stopped;
}

static void *watch(void *arg)
{
    HyProgressBar *bar = arg;
    int64_t start = hy_clock_us();
    bool was_drawn = false;
    while (!wait_or_stop(bar)) {
        int64_t elapsed = hy_clock_us() - start;
        double progress = openhyper_progress(bar->connection);
        if (elapsed < FIRST_SHOWN_US || progress < 0)
            continue;
        draw(progress > 1 ? 1 : progress, elapsed);
        was_drawn = true;
    }
    if (was_drawn)
        fputs("\r\033[K", stderr);
    return NULL;
}

HyProgressBar *hy_progress_bar_start(const openhyper_connection *connection, bool is_wanted)
{
    HyProgressBar *bar = is_wanted ? calloc(1, sizeof *bar) : NULL;
    if (!bar)
        return NULL;
    bar->connection = connection;
    pthread_mutex_init(&bar->lock, NULL);
    pthread_cond_init(&bar->stop, NULL);
    if (pthread_create(&bar->thread, NULL, watch, bar) != 0) {
        free(bar);
        return NULL;
    }
    return bar;
}

void hy_progress_bar_stop(HyProgressBar *bar)
{
    if (!bar)
        return;
    pthread_mutex_lock(&bar->lock);
    bar->is_stopped = true;
    pthread_cond_signal(&bar->stop);
    pthread_mutex_unlock(&bar->lock);
    pthread_join(bar->thread, NULL);
    pthread_cond_destroy(&bar->stop);
    pthread_mutex_destroy(&bar->lock);
    free(bar);
}
