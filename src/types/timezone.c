#include "types/timezone.h"
#include "types/datetime.h"
#include "types/timezone_internal.h"
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define UNIX_EPOCH_SECONDS ((int64_t)HY_JULIAN_EPOCH * 86400)
#define NAME_MAX_BYTES     64

static ZoneKind utc_kind = {.offset = 0, .abbreviation = "UTC"};
static HyTimeZone utc_zone = {.name = (char[]){"UTC"}, .n_kinds = 1, .kinds = &utc_kind};

/* Abbreviations that are no zones of the database, as PostgreSQL's default list reads them. */
typedef struct Abbreviation {
    const char *name;
    int minutes;
} Abbreviation;
static const Abbreviation abbreviations[] = {{"ACDT", 630}, {"ACST", 570}, {"ADT", -180},
    {"AEDT", 660}, {"AEST", 600}, {"AKDT", -480}, {"AKST", -540}, {"ART", -180}, {"AST", -240},
    {"AWST", 480}, {"BRT", -180}, {"BST", 60}, {"CDT", -300}, {"CEST", 120}, {"CETDST", 120},
    {"CST", -360}, {"EAT", 180}, {"EDT", -240}, {"EEST", 180}, {"HKT", 480}, {"ICT", 420},
    {"IDT", 180}, {"IST", 120}, {"JST", 540}, {"KST", 540}, {"MDT", -360}, {"MESZ", 120},
    {"MEZ", 60}, {"MSD", 240}, {"MSK", 180}, {"NDT", -150}, {"NPT", 345}, {"NST", -210},
    {"NZDT", 780}, {"NZST", 720}, {"PDT", -420}, {"PHT", 480}, {"PKT", 300}, {"PST", -480},
    {"SAST", 120}, {"SGT", 480}, {"WEST", 60}, {"WIB", 420}, {"WITA", 480}, {"Z", 0}};

/* Zones found so far; never freed. */
static struct {
    pthread_rwlock_t lock;
    HyTimeZone *zones;
    const HyTimeZone *system; /* in zones too, under its own name; NULL until first asked for */
} cache = {.lock = PTHREAD_RWLOCK_INITIALIZER};

static const char *zone_root(void)
{
    const char *dir = getenv("TZDIR");
    return dir && *dir ? dir : "/usr/share/zoneinfo";
}

/* Finds the entry of folder `path` that equals `part` in any case and appends it to `path`. */
static bool append_entry(char *path, size_t room, const char *part)
{
    DIR *dir = opendir(path);
    if (!dir)
        return false;
    bool found = false;
    const struct dirent *entry;
    while (!found && (entry = readdir(dir)) != NULL) {
        size_t len = strlen(path);
        if (strcasecmp(entry->d_name, part) == 0)
            found = snprintf(path + len, room - len, "/%s", entry->d_name) < (int)(room - len);
    }
    closedir(dir);
    return found;
}

static bool is_zone_name(const char *name)
{
    if (!isalpha((unsigned char)name[0]))
        return false;
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("_+-/", *p))
            return false;
    return strncasecmp(name, "posix", 5) != 0 && strncasecmp(name, "right/", 6) != 0;
}

static HyTimeZone *load_named(const char *name)
{
    char path[PATH_MAX], parts[NAME_MAX_BYTES];
    if (!is_zone_name(name) || snprintf(path, sizeof path, "%s", zone_root()) >= (int)sizeof path)
        return NULL;
    size_t root_len = strlen(path);
    memcpy(parts, name, strlen(name) + 1);
    char *rest = parts;
    for (char *part; (part = strsep(&rest, "/")) != NULL;)
        if (!*part || !append_entry(path, sizeof path, part))
            return NULL;
    HyTimeZone *zone = hy_time_zone_load(path);
    if (zone && !(zone->name = strdup(path + root_len + 1))) {
        hy_time_zone_destroy(zone);
        zone = NULL;
    }
    return zone;
}

/* A zone with one offset only. */
static HyTimeZone *make_fixed(const char *name, int minutes)
{
    HyTimeZone *zone = calloc(1, sizeof *zone);
    if (!zone)
        return NULL;
    zone->name = strdup(name);
    zone->kinds = calloc(1, sizeof *zone->kinds);
    if (!zone->name || !zone->kinds) {
        hy_time_zone_destroy(zone);
        return NULL;
    }
    zone->n_kinds = 1;
    zone->kinds[0].offset = minutes * 60;
    snprintf(zone->kinds[0].abbreviation, HY_ZONE_ABBREVIATION_MAX, "%.15s", name);
    return zone;
}

/* The machine's zone: $TZ, else /etc/localtime. */
/* The IANA name behind /etc/localtime, a link into the zone database; NULL when it is a plain file.
 */
static char *system_zone_name(void)
{
    static const char folder[] = "/zoneinfo/";
    char *path = realpath("/etc/localtime", NULL);
    const char *name = path ? strstr(path, folder) : NULL;
    char *copy = name ? strdup(name + sizeof folder - 1) : NULL;
    free(path);
    return copy;
}

/* The machine's own zone, under the name that it has there. */
static HyTimeZone *load_system(void)
{
    HyTimeZone *zone = NULL;
    const char *tz = getenv("TZ");
    if (tz && *tz == ':')
        tz++;
    if (tz && *tz && strlen(tz) < NAME_MAX_BYTES)
        return load_named(tz);
    if (!tz)
        zone = hy_time_zone_load("/etc/localtime");
    if (!zone)
        return make_fixed("Etc/UTC", 0);
    char *name = system_zone_name();
    if (name) {
        free(zone->name);
        zone->name = name;
    }
    return zone;
}

static HyTimeZone *load_zone(const char *name)
{
    if (strcasecmp(name, "system") == 0)
        return load_system();
    HyTimeZone *zone = load_named(name);
    for (size_t i = 0; !zone && i < HY_ARRAY_LEN(abbreviations); i++)
        if (strcasecmp(name, abbreviations[i].name) == 0)
            zone = make_fixed(abbreviations[i].name, abbreviations[i].minutes);
    return zone;
}

static const HyTimeZone *find_cached(const char *name)
{
    if (strcasecmp(name, "UTC") == 0)
        return &utc_zone;
    if (strcasecmp(name, "system") == 0)
        return cache.system;
    const HyTimeZone *zone = cache.zones;
    while (zone && strcasecmp(zone->name, name) != 0)
        zone = zone->next;
    return zone;
}

const HyTimeZone *hy_time_zone_lookup(const char *name, size_t len)
{
    char copy[NAME_MAX_BYTES];
    if (len == 0 || len >= sizeof copy)
        return NULL;
    memcpy(copy, name, len);
    copy[len] = 0;
    pthread_rwlock_rdlock(&cache.lock);
    const HyTimeZone *zone = find_cached(copy);
    pthread_rwlock_unlock(&cache.lock);
    if (zone)
        return zone;
    HyTimeZone *loaded = load_zone(copy);
    if (!loaded)
        return NULL;
    pthread_rwlock_wrlock(&cache.lock);
    zone = find_cached(copy); /* another thread may have been faster */
    if (!zone) {
        loaded->next = cache.zones;
        cache.zones = loaded;
        if (strcasecmp(copy, "system") == 0)
            cache.system = loaded;
        zone = loaded;
        loaded = NULL;
    }
    pthread_rwlock_unlock(&cache.lock);
    hy_time_zone_destroy(loaded);
    return zone;
}

HyStatus hy_time_zone_find(const char *name, const HyTimeZone **out)
{
    const HyTimeZone *zone = hy_time_zone_lookup(name, strlen(name));
    if (!zone)
        return hy_error_detail(
            hy_error("22023", "time zone not recognized"), "Unknown time zone: %s", name);
    *out = zone;
    return HY_OK;
}

const HyTimeZone *hy_time_zone_utc(void)
{
    return &utc_zone;
}

const char *hy_time_zone_name(const HyTimeZone *zone)
{
    return zone->name;
}

/* A stretch in seconds of the Unix era in which `kind` holds. */
typedef struct Span {
    int64_t begin, end;
    const ZoneKind *kind;
} Span;

static int32_t rule_day(const ZoneRule *rule, int64_t year)
{
    int32_t first = hy_date_from_ymd(year, 1, 1);
    if (rule->notation == 'n')
        return first + rule->day;
    if (rule->notation == 'J')
        return first + rule->day - 1 + (hy_year_is_leap(year) && rule->day >= 60);
    int32_t month = hy_date_from_ymd(year, rule->month, 1);
    int32_t day = month + (rule->day - hy_date_weekday(month) + 7) % 7 + (rule->week - 1) * 7;
    while (day >= month + hy_month_days(year, rule->month))
        day -= 7;
    return day;
}

static int64_t rule_instant(const ZoneRule *rule, int64_t year, int32_t offset)
{
    return ((int64_t)rule_day(rule, year) - HY_JULIAN_EPOCH) * 86400 + rule->second - offset;
}

/* Behind the last transition, whose time is `floor`. */
static Span rule_span(const HyTimeZone *zone, int64_t unix_seconds, int64_t floor)
{
    if (!zone->has_dst)
        return (Span){floor, INT64_MAX, &zone->standard};
    int32_t year, month, day;
    int64_t days = unix_seconds / 86400 - (unix_seconds % 86400 < 0);
    hy_date_to_ymd((int32_t)(days + HY_JULIAN_EPOCH), &year, &month, &day);
    /* The changes of three years in order of time; one of their gaps holds the instant. */
    struct {
        int64_t at;
        const ZoneKind *kind;
    } change[6];
    for (int i = 0; i < 3; i++) {
        int64_t y = (int64_t)year - 1 + i;
        int64_t up = rule_instant(&zone->to_summer, y, zone->standard.offset);
        int64_t down = rule_instant(&zone->to_standard, y, zone->summer.offset);
        int first = 2 * i + (up > down);
        change[first].at = up;
        change[first].kind = &zone->summer;
        change[4 * i + 1 - first].at = down;
        change[4 * i + 1 - first].kind = &zone->standard;
    }
    int i = 0;
    while (i < 4 && change[i + 1].at <= unix_seconds)
        i++;
    int64_t begin = change[i].at < floor ? floor : change[i].at;
    return (Span){begin, change[i + 1].at, change[i].kind};
}

static Span find_span(const HyTimeZone *zone, int64_t unix_seconds)
{
    size_t low = 0, high = zone->n_transitions; /* number of transitions at or before the instant */
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (zone->transitions[mid] <= unix_seconds)
            low = mid + 1;
        else
            high = mid;
    }
    int64_t begin = low ? zone->transitions[low - 1] : INT64_MIN;
    if (low == zone->n_transitions && zone->has_rule)
        return rule_span(zone, unix_seconds, begin);
    int64_t end = low < zone->n_transitions ? zone->transitions[low] : INT64_MAX;
    return (Span){begin, end, &zone->kinds[low ? zone->kind_of[low - 1] : 0]};
}

static int64_t to_unix(uint64_t timestamp)
{
    return (int64_t)(timestamp / 1000000) - UNIX_EPOCH_SECONDS;
}

static uint64_t to_timestamp(int64_t unix_seconds, uint64_t beyond)
{
    int64_t seconds;
    if (__builtin_add_overflow(unix_seconds, UNIX_EPOCH_SECONDS, &seconds))
        return beyond;
    return seconds < 0 ? 0 : (uint64_t)seconds * 1000000;
}

HyZoneSpan hy_time_zone_span(const HyTimeZone *zone, uint64_t utc)
{
    Span span = find_span(zone, to_unix(utc));
    return (HyZoneSpan){.begin = to_timestamp(span.begin, 0),
        .end = span.end > INT64_MAX / 2000000 ? UINT64_MAX : to_timestamp(span.end, UINT64_MAX),
        .offset_us = (int64_t)span.kind->offset * 1000000};
}

int32_t hy_time_zone_offset(const HyTimeZone *zone, uint64_t utc)
{
    return find_span(zone, to_unix(utc)).kind->offset;
}

const char *hy_time_zone_abbreviation(const HyTimeZone *zone, uint64_t utc)
{
    return find_span(zone, to_unix(utc)).kind->abbreviation;
}

uint64_t hy_time_zone_to_local(const HyTimeZone *zone, uint64_t utc)
{
    return utc + (uint64_t)((int64_t)hy_time_zone_offset(zone, utc) * 1000000);
}

uint64_t hy_time_zone_to_utc(const HyTimeZone *zone, uint64_t local)
{
    int64_t seconds = to_unix(local);
    Span span = find_span(zone, seconds - 2 * 86400); /* surely not behind the right one */
    int32_t offset;
    for (;;) {
        offset = span.kind->offset;
        if (span.end == INT64_MAX)
            break;
        Span next = find_span(zone, span.end);
        bool before_end = seconds - offset < span.end;
        bool next_begun = seconds - next.kind->offset >= span.end;
        if (before_end && next_begun) /* the hour that comes twice: as after the change */
            offset = next.kind->offset;
        if (before_end || !next_begun) /* or in the gap: as before the change */
            break;
        span = next;
    }
    return local - (uint64_t)((int64_t)offset * 1000000);
}
