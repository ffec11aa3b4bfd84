/* What is attached, set and going on: databases, settings, users, load, threads, sessions. */
#include "catalog/system_relations.h"
#include "session/system_writer.h"
#include "types/datetime.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define USER_NAME "tableau_internal_user"

/* ---- pg_roles, pg_authid, pg_user ---- */

static bool has_column(const HySystemWriter *w, const char *name)
{
    for (size_t i = 0; i < w->n_columns; i++)
        if (strcmp(hy_system_relation_column_name(w->id, i), name) == 0)
            return true;
    return false;
}

static void put_flag(HySystemWriter *w, const char *name, bool value)
{
    if (has_column(w, name))
        hy_system_put(w, name, value);
}

/* One user; the three relations call the same things by different names. */
HyStatus hy_system_user_rows(HySystemWriter *w)
{
    static const char *const rights[] = {"rolsuper", "rolinherit", "rolcanlogin", "usesuper"};
    static const char *const lacks[] = {"rolcreaterole", "rolcreatedb", "rolcatupdate",
        "rolreplication", "usecreatedb", "usecatupd", "userepl"};
    bool is_pg_user = has_column(w, "usename");
    hy_system_put_text(w, is_pg_user ? "usename" : "rolname", USER_NAME);
    hy_system_put(w, is_pg_user ? "usesysid" : "oid", HY_OID_USER);
    for (size_t i = 0; i < HY_ARRAY_LEN(rights); i++)
        put_flag(w, rights[i], true);
    for (size_t i = 0; i < HY_ARRAY_LEN(lacks); i++)
        put_flag(w, lacks[i], false);
    if (!is_pg_user)
        hy_system_put(w, "rolconnlimit", -1);
    return hy_system_end_row(w);
}

/* ---- Databases ---- */

static HyDatabase *attached(const HySystemWriter *w, size_t i)
{
    return w->session->attachments.items[i].database;
}

#define FIRST_DATABASE_OID 20000

HyStatus hy_system_database_rows(HySystemWriter *w)
{
    for (size_t i = 0; i < w->session->attachments.n_items; i++) {
        hy_system_put(w, "oid", FIRST_DATABASE_OID + (int64_t)i);
        hy_system_put_text(w, "datname", hy_database_path(attached(w, i)));
        hy_system_put(w, "datdba", HY_OID_SYSTEM);
        hy_system_put(w, "encoding", 6);
        hy_system_put_text(w, "datcollate", "en_US.UTF-8");
        hy_system_put_text(w, "datctype", "en_US.UTF-8");
        hy_system_put(w, "datallowconn", true);
        hy_system_put(w, "datconnlimit", -1);
        hy_system_put(w, "datlastsysoid", 9999);
        hy_system_put(w, "dattablespace", 1663);
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}

HyStatus hy_system_attached_rows(HySystemWriter *w)
{
    for (size_t i = 0; i < w->session->attachments.n_items; i++) {
        hy_system_put_text(w, "database_name", hy_database_path(attached(w, i)));
        hy_system_put_text(w, "database_alias", w->session->attachments.items[i].alias);
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}

/* Unix time to a timestamp. */
static int64_t timestamp_of(const struct timespec *t)
{
    return (int64_t)HY_JULIAN_EPOCH * HY_MICROS_PER_DAY + (int64_t)t->tv_sec * 1000000 +
           t->tv_nsec / 1000;
}

HyStatus hy_system_file_rows(HySystemWriter *w)
{
    for (size_t i = 0; i < w->session->attachments.n_items; i++) {
        HyDatabase *database = attached(w, i);
        bool is_file = !hy_database_is_in_memory(database);
        const char *version =
            hy_arena_printf(w->arena, "%u", (unsigned)hy_database_version(database));
        struct stat info;
        if (!version)
            return hy_error_oom(0);
        hy_system_put(w, "oid", FIRST_DATABASE_OID + (int64_t)i);
        hy_system_put_text(w, "datname", hy_database_path(database));
        if (is_file && stat(hy_database_path(database), &info) == 0)
            hy_system_put(w, "last_file_write_timestamp", timestamp_of(&info.st_mtim));
        hy_system_put_text(w, "database_version", version);
        hy_system_put(w, "encrypted", false);
        hy_system_put_text(w, "type", is_file ? "hyper.file" : "hyper.memory");
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}

/* ---- pg_settings ---- */

HyStatus hy_system_setting_rows(HySystemWriter *w)
{
    for (size_t i = 0; i < hy_settings_count(); i++) {
        const char *name = hy_settings_name(i);
        hy_system_put_text(w, "name", name);
        hy_system_put_text(w, "setting", hy_settings_get(w->session->settings, name));
        hy_system_put_text(w, "short_desc", hy_settings_description(i));
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}

/* ---- Load and memory ---- */

static int64_t physical_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    long page_bytes = sysconf(_SC_PAGESIZE);
    return pages > 0 && page_bytes > 0 ? (int64_t)pages * page_bytes : 0;
}

static int64_t process_memory(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}

static int64_t used_memory(void)
{
    long free_pages = sysconf(_SC_AVPHYS_PAGES);
    long page_bytes = sysconf(_SC_PAGESIZE);
    int64_t total = physical_memory();
    return free_pages > 0 && page_bytes > 0 ? total - (int64_t)free_pages * page_bytes : total;
}

static int64_t memory_limit(const HyInstance *instance)
{
    size_t limit = instance->memory.limit_bytes;
    return limit > INT64_MAX ? physical_memory() : (int64_t)limit;
}

static size_t n_running(HyInstance *instance)
{
    size_t n = 0;
    pthread_mutex_lock(&instance->lock);
    for (HySession *s = instance->sessions; s; s = s->next) {
        pthread_mutex_lock(&s->running_lock);
        n += s->running != NULL;
        pthread_mutex_unlock(&s->running_lock);
    }
    pthread_mutex_unlock(&instance->lock);
    return n;
}

HyStatus hy_system_load_rows(HySystemWriter *w)
{
    HyInstance *instance = w->session->instance;
    double machine[1] = {0};
    double memory = (double)atomic_load(&instance->memory.used_bytes) /
                    (double)(memory_limit(instance) ? memory_limit(instance) : 1);
    double scheduler = (double)n_running(instance) / (double)hy_task_pool_size(instance->pool);
    hy_system_put_double(w, "load", scheduler > memory ? scheduler : memory);
    hy_system_put_double(w, "scheduler_load", scheduler);
    hy_system_put_double(w, "memory_load", memory);
    if (getloadavg(machine, 1) == 1)
        hy_system_put_double(w, "machine_cpu_load", machine[0]);
    return hy_system_end_row(w);
}

HyStatus hy_system_memory_rows(HySystemWriter *w)
{
    hy_system_put(w, "timestamp", (int64_t)hy_timestamp_now());
    hy_system_put(w, "total_physical_memory", physical_memory());
    hy_system_put(w, "total_physical_memory_used", used_memory());
    hy_system_put(w, "total_physical_memory_process", process_memory());
    hy_system_put(w, "total_memory_limit", memory_limit(w->session->instance));
    return hy_system_end_row(w);
}

/* The workers; those that are not needed for a statement that runs are idle. */
HyStatus hy_system_thread_rows(HySystemWriter *w)
{
    size_t n = hy_task_pool_size(w->session->instance->pool);
    size_t active = n_running(w->session->instance);
    for (size_t i = 0; i < n; i++) {
        hy_system_put(w, "thread_id", (int64_t)i);
        hy_system_put_text(w, "type", "task");
        hy_system_put_text(w, "state", i < active ? "active" : "idle");
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}

HyStatus hy_system_thread_usage_rows(HySystemWriter *w)
{
    size_t n = hy_task_pool_size(w->session->instance->pool);
    size_t active = n_running(w->session->instance);
    active = active < n ? active : n;
    hy_system_put(w, "total_threads_active", (int64_t)active);
    hy_system_put(w, "total_threads_idle", (int64_t)(n - active));
    return hy_system_end_row(w);
}

/* ---- pg_stat_activity ---- */

HyStatus hy_system_activity_rows(HySystemWriter *w)
{
    HyInstance *instance = w->session->instance;
    HyStatus st = HY_OK;
    pthread_mutex_lock(&instance->lock);
    for (HySession *s = instance->sessions; s && !st; s = s->next) {
        pthread_mutex_lock(&s->running_lock);
        bool is_running = s->running != NULL;
        pthread_mutex_unlock(&s->running_lock);
        hy_system_put(w, "procpid", getpid());
        hy_system_put(w, "waiting", false);
        hy_system_put_text(w, "state", is_running ? "active" : "idle");
        st = hy_system_end_row(w);
    }
    pthread_mutex_unlock(&instance->lock);
    return st;
}
