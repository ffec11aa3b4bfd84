#include "session/instance.h"

#include "session/session.h"
#include "types/datetime.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* What the settings of an instance say, before anything is made. */
typedef struct InstanceOptions {
    unsigned threads; /* 0: all processors */
    size_t memory_limit;
    int64_t version;
    const char *temp_directory; /* or NULL */
    HyCatalogOptions catalog;
} InstanceOptions;

static HyStatus bad_value(const HyInstanceSetting *s)
{
    return hy_error("22023", "invalid value for parameter '%s': '%s'", s->key, s->value);
}

static size_t memory_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    long page_bytes = sysconf(_SC_PAGESIZE);
    return pages <= 0 || page_bytes <= 0 ? SIZE_MAX : (size_t)pages * (size_t)page_bytes;
}

/* "4G", "512m", "1024": a number and an optional unit; "50%" of the machine's memory. */
static bool parse_size(const char *text, size_t *out)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (end == text || errno || text[0] == '-')
        return false;
    unsigned shift = 0;
    switch (*end) {
    case 'k':
    case 'K':
        shift = 10;
        break;
    case 'm':
    case 'M':
        shift = 20;
        break;
    case 'g':
    case 'G':
        shift = 30;
        break;
    case 't':
    case 'T':
        shift = 40;
        break;
    case '%':
        *out = memory_bytes() / 100 * (size_t)v;
        return v <= 100 && !end[1];
    case 0:
        *out = (size_t)v;
        return true;
    default:
        return false;
    }
    end++;
    if (*end == 'b' || *end == 'B')
        end++;
    if (*end || v > (SIZE_MAX >> shift))
        return false;
    *out = (size_t)v << shift;
    return true;
}

static bool parse_whole(const char *text, int64_t low, int64_t high, int64_t *out)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    *out = v;
    return end != text && !*end && !errno && v >= low && v <= high;
}

/* "lz4hc" or "zstd:7": a method and optionally its level, which then holds for loading as well. */
static HyStatus set_compression(InstanceOptions *options, const HyInstanceSetting *s)
{
    static const struct {
        const char *name;
        int max_level; /* 0: the method has no levels */
        HyCompression finished, loading;
    } choices[] = {
        {"none", 0, {HY_COMPRESS_NONE, 0}, {HY_COMPRESS_NONE, 0}},
        {"lz4", 0, {HY_COMPRESS_LZ4, 0}, {HY_COMPRESS_LZ4, 0}},
        {"lz4hc", 12, {HY_COMPRESS_LZ4_HC, 3}, {HY_COMPRESS_LZ4_HC, 3}},
        {"zstd", 19, {HY_COMPRESS_ZSTD, 3}, {HY_COMPRESS_ZSTD, 1}},
    };
    size_t len = strcspn(s->value, ":");
    int64_t level = 0;
    for (size_t i = 0; i < HY_ARRAY_LEN(choices); i++) {
        if (strlen(choices[i].name) != len || strncasecmp(s->value, choices[i].name, len) != 0)
            continue;
        if (s->value[len] && !parse_whole(s->value + len + 1, 1, choices[i].max_level, &level))
            return bad_value(s);
        options->catalog.has_compression = true;
        options->catalog.compression = choices[i].finished;
        options->catalog.load_compression = choices[i].loading;
        if (level)
            options->catalog.compression.level = options->catalog.load_compression.level =
                (int)level;
        return HY_OK;
    }
    return hy_error_hint(bad_value(s), "one of none, lz4, lz4hc, zstd, or with a level zstd:7");
}

static HyStatus set_durability(InstanceOptions *options, const HyInstanceSetting *s)
{
    if (strcasecmp(s->value, "on") == 0)
        options->catalog.durability = HY_DURABILITY_SYNC;
    else if (strcasecmp(s->value, "off") == 0)
        options->catalog.durability = HY_DURABILITY_WRITE;
    else if (strcasecmp(s->value, "close") == 0)
        options->catalog.durability = HY_DURABILITY_AT_CLOSE;
    else
        return hy_error_hint(bad_value(s), "one of on, off, close");
    return HY_OK;
}

/* Takes a setting of the instance; *is_known false when it is none. */
static HyStatus take_setting(InstanceOptions *options, const HyInstanceSetting *s, bool *is_known)
{
    int64_t number;
    *is_known = true;
    if (strcmp(s->key, "threads") == 0) {
        if (!parse_whole(s->value, 1, 1024, &number))
            return bad_value(s);
        options->threads = (unsigned)number;
    } else if (strcmp(s->key, "memory_limit") == 0) {
        if (!parse_size(s->value, &options->memory_limit))
            return bad_value(s);
    } else if (strcmp(s->key, "default_database_version") == 0) {
        if (!parse_whole(s->value, 0, HY_DATABASE_MAX_VERSION, &options->version))
            return bad_value(s);
    } else if (strcmp(s->key, "temp_directory") == 0) {
        if (access(s->value, W_OK | X_OK) != 0)
            return hy_error_detail(bad_value(s), "%s", strerror(errno));
        options->temp_directory = s->value;
    } else if (strcmp(s->key, "compression") == 0) {
        return set_compression(options, s);
    } else if (strcmp(s->key, "durability") == 0) {
        return set_durability(options, s);
    } else {
        *is_known = false;
    }
    return HY_OK;
}

/* Decoded chunks may take this part of the memory limit. */
#define CACHE_PART 3

/* What the environment says, for programs whose call of the library cannot be changed. */
static HyStatus take_environment(InstanceOptions *options)
{
    HyInstanceSetting setting = {.key = "memory_limit", .value = getenv("OPENHYPER_MEMORY_LIMIT")};
    bool is_known;
    if (!setting.value || !setting.value[0])
        return HY_OK;
    return take_setting(options, &setting, &is_known);
}

/* A default of sessions; in the words of the genuine server when there is no such setting. */
static HyStatus set_default(HySettings *defaults, const HyInstanceSetting *s)
{
    HyStatus st = hy_settings_set(defaults, s->key, s->value);
    if (!st || strcmp(st->sqlstate, "42601") != 0)
        return st;
    HyStatus told = hy_error("42601",
        "Could not interpret '%s' as global setting: No internal setting named '%s' exists.",
        s->key, s->key);
    if (st->hint)
        told = hy_error_hint(told, "%s", st->hint);
    hy_error_free(st);
    return told;
}

HyStatus hy_instance_create(const HyInstanceSetting *settings, size_t n, HyInstance **out)
{
    InstanceOptions options = {
        .memory_limit = memory_bytes() / 5 * 4, .version = HY_DATABASE_DEFAULT_VERSION};
    HyStatus st = HY_OK;
    HyInstance *instance = calloc(1, sizeof *instance);
    if (!instance)
        return hy_error_oom(sizeof *instance);
    pthread_mutex_init(&instance->lock, NULL);

    HY_GO(hy_settings_create(NULL, &instance->defaults));
    HY_GO(hy_watchdog_create(&instance->watchdog));
    HY_GO(take_environment(&options));
    for (size_t i = 0; i < n; i++) {
        bool is_known;
        HY_GO(take_setting(&options, &settings[i], &is_known));
        if (!is_known)
            HY_GO(set_default(instance->defaults, &settings[i]));
    }
    instance->default_database_version = options.version;
    if (options.temp_directory) {
        instance->temp_directory = strdup(options.temp_directory);
        if (!instance->temp_directory) {
            st = hy_error_oom(0);
            goto done;
        }
    }
    instance->start_time = hy_timestamp_now();
    hy_memory_init(&instance->memory, NULL, options.memory_limit);
    HY_GO(hy_task_pool_create(options.threads, &instance->pool));
    options.catalog.pool = instance->pool;
    options.catalog.memory = &instance->memory;
    options.catalog.cache_bytes = options.memory_limit / CACHE_PART;
    HY_GO(hy_catalog_create(&options.catalog, &instance->catalog));
    *out = instance;
    instance = NULL;

done:
    hy_instance_destroy(instance);
    return st;
}

void hy_instance_destroy(HyInstance *instance)
{
    if (!instance)
        return;
    while (instance->sessions)
        hy_error_free(hy_session_close(instance->sessions));
    hy_watchdog_destroy(instance->watchdog);
    hy_catalog_destroy(instance->catalog);
    hy_task_pool_destroy(instance->pool);
    hy_settings_destroy(instance->defaults);
    free(instance->temp_directory);
    pthread_mutex_destroy(&instance->lock);
    free(instance);
}
