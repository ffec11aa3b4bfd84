/* Time zones of the system's database (/usr/share/zoneinfo, or $TZDIR). Zones are loaded at first
 * use into a cache that lives as long as the process; all functions may be called from any thread.
 */
#ifndef HY_TYPES_TIMEZONE_H
#define HY_TYPES_TIMEZONE_H

#include "types/text_style.h"
#include "types/type.h"

/* A zone by IANA name or abbreviation (any case), or "system" for the machine's own. The same name
 * gives the same pointer. Errors: 22023 "time zone not recognized", with the genuine text. */
HyStatus hy_time_zone_find(const char *name, const HyTimeZone **out) HY_MUST_CHECK;
/* The same without an error object: NULL when not known. `name` need not be terminated. */
const HyTimeZone *hy_time_zone_lookup(const char *name, size_t len);
const HyTimeZone *hy_time_zone_utc(void);
/* The canonical spelling of the name it was found by. */
const char *hy_time_zone_name(const HyTimeZone *zone);

/* The stretch of time around an instant in which the offset does not change: [begin, end) as UTC
 * timestamps. Loops over many rows keep it and look again only outside. */
typedef struct HyZoneSpan {
    uint64_t begin;
    uint64_t end;
    int64_t offset_us; /* local time - UTC */
} HyZoneSpan;
HyZoneSpan hy_time_zone_span(const HyTimeZone *zone, uint64_t utc);

/* Seconds east of UTC at an instant (UTC timestamp). */
int32_t hy_time_zone_offset(const HyTimeZone *zone, uint64_t utc);
/* Abbreviation in force at an instant ("CET"). Lives as long as the process. */
const char *hy_time_zone_abbreviation(const HyTimeZone *zone, uint64_t utc);
uint64_t hy_time_zone_to_local(const HyTimeZone *zone, uint64_t utc);
/* The instant of a local time. In a gap the time before the change applies (02:30 becomes 03:30
 * summer time); of two instants the one in standard time is taken, as PostgreSQL does. */
uint64_t hy_time_zone_to_utc(const HyTimeZone *zone, uint64_t local);

#endif
