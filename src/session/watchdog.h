/* Ends statements that run longer than query_timeout allows: one thread of an instance, started
 * with the first statement that has a limit, which sleeps until the next limit is reached. */
#ifndef HY_SESSION_WATCHDOG_H
#define HY_SESSION_WATCHDOG_H

#include "base/cancel.h"

#include <stdint.h>

typedef struct HyWatchdog HyWatchdog;

HyStatus hy_watchdog_create(HyWatchdog **out) HY_MUST_CHECK;
void hy_watchdog_destroy(HyWatchdog *watchdog); /* NULL is fine */

/* One statement under watch; lives with its session. Zero-initialise. */
typedef struct HyWatch {
    struct HyWatch *next;
    struct HyWatch *previous;
    HyCancel *cancel;
    int64_t deadline_us; /* of hy_clock_us */
    bool is_armed;
    bool has_expired; /* the watchdog has cancelled the statement; read it after disarming */
} HyWatch;

/* From now on `cancel` is requested after that time. Nothing happens when the thread cannot be
 * started: then there is no limit. */
void hy_watchdog_arm(HyWatchdog *watchdog, HyWatch *watch, HyCancel *cancel, int64_t limit_us);
void hy_watchdog_disarm(HyWatchdog *watchdog, HyWatch *watch);

#endif
