/* How a time zone lies in memory: shared by the reader of zone files and the calculations. */
#ifndef HY_TYPES_TIMEZONE_INTERNAL_H
#define HY_TYPES_TIMEZONE_INTERNAL_H

#include "types/timezone.h"

#define HY_ZONE_ABBREVIATION_MAX 16

typedef struct ZoneKind { /* one kind of local time of a zone */
    int32_t offset;       /* seconds east */
    char abbreviation[HY_ZONE_ABBREVIATION_MAX];
} ZoneKind;

/* When a rule of the POSIX form fires: day of the year by one of three notations, seconds of the
 * day. */
typedef struct ZoneRule {
    char notation;  /* 'M' month.week.day, 'J' 1..365 without Feb 29, 'n' 0..365 */
    int month;      /* M only */
    int week;       /* M only: 5 is the last */
    int day;        /* M: weekday, 0 = Sunday */
    int32_t second; /* after local midnight; may be negative or beyond a day */
} ZoneRule;

struct HyTimeZone {
    HyTimeZone *next; /* in the cache */
    char *name;
    /* Transitions in ascending order (seconds of the Unix era): from transitions[i] on,
     * kinds[kind_of[i]] holds; before the first one, kinds[0]. */
    size_t n_transitions;
    int64_t *transitions;
    uint8_t *kind_of;
    size_t n_kinds;
    ZoneKind *kinds;
    /* The rule for times behind the last transition. */
    bool has_rule; /* else the last kind goes on for ever */
    bool has_dst;  /* the rule has summer time */
    ZoneKind standard;
    ZoneKind summer;
    ZoneRule to_summer;
    ZoneRule to_standard;
};

/* Reads a zone file. NULL: not there, no zone file or out of memory. Owned by the caller. */
HyTimeZone *hy_time_zone_load(const char *path);
void hy_time_zone_destroy(HyTimeZone *zone);

#endif
