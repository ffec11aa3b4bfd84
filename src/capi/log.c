/* The log of the library: events go to a function of the program's. */
#include "capi/capi_internal.h"

#include <stdio.h>

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static hyper_log_function_t log_function;
static void *log_context;
static hyper_log_level_t log_level = HYPER_LOG_LEVEL_INFO;

hyper_log_function_t hyper_log_set_log_function(hyper_log_function_t function, void *context)
{
    pthread_mutex_lock(&log_lock);
    hyper_log_function_t former = log_function;
    log_function = function;
    log_context = context;
    pthread_mutex_unlock(&log_lock);
    return former;
}

hyper_log_level_t hyper_log_set_log_level(hyper_log_level_t level)
{
    pthread_mutex_lock(&log_lock);
    hyper_log_level_t former = log_level;
    log_level = level;
    pthread_mutex_unlock(&log_lock);
    return former;
}

void hyper_default_log_function(
    hyper_log_level_t level, const char *topic, const char *json_value, void *context)
{
    static const char *const names[] = {"trace", "info", "warning", "error", "fatal"};
    (void)context;
    fprintf(stderr, "hyperapi %s %s: %s\n",
        (unsigned)level < HY_ARRAY_LEN(names) ? names[level] : "?", topic ? topic : "",
        json_value ? json_value : "");
}

/* The function is called without the lock: it may set another one. */
void hyper_log_event(hyper_log_level_t level, const char *topic, const char *json_value)
{
    pthread_mutex_lock(&log_lock);
    hyper_log_function_t function = level >= log_level ? log_function : NULL;
    void *context = log_context;
    pthread_mutex_unlock(&log_lock);
    if (function)
        function(level, topic, json_value, context);
}
