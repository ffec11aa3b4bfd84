/* An engine in a process: worker threads, memory budget, open databases, defaults for sessions.
 * Thread-safe; sessions (session/session.h) work on it independently. */
#ifndef HY_SESSION_INSTANCE_H
#define HY_SESSION_INSTANCE_H

#include "base/memory.h"
#include "base/task_pool.h"
#include "catalog/database.h"
#include "session/settings.h"
#include "session/watchdog.h"

#include <pthread.h>

typedef struct HySession HySession;

typedef struct HyInstance {
    HyTaskPool *pool;
    HyMemory memory;
    HyCatalog *catalog;
    HySettings *defaults;
    HyWatchdog *watchdog;
    int64_t default_database_version;
    char *temp_directory; /* or NULL: TMPDIR or /var/tmp */
    uint64_t start_time;  /* as in HyFuncEnv */
    pthread_mutex_t lock; /* guards sessions */
    HySession *sessions;  /* all that are open */
} HyInstance;

typedef struct HyInstanceSetting {
    const char *key;
    const char *value;
} HyInstanceSetting;

/* Settings of the instance and defaults of its sessions; see openhyper_instance_create. Errors:
 * 42601 unknown key, 22023 bad value. */
HyStatus hy_instance_create(
    const HyInstanceSetting *settings, size_t n, HyInstance **out) HY_MUST_CHECK;
/* Closes the sessions that are still open. NULL is fine. */
void hy_instance_destroy(HyInstance *instance);

#endif
