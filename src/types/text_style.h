/* The session settings on which text input and output of values depend. spec/sql.md section 12. */
#ifndef HY_TYPES_TEXT_STYLE_H
#define HY_TYPES_TEXT_STYLE_H

#include "base/buffer.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum HyDateOrder { HY_DATE_MDY, HY_DATE_DMY, HY_DATE_YMD } HyDateOrder;
typedef enum HyIntervalStyle {
    HY_INTERVAL_ISO_8601,
    HY_INTERVAL_POSTGRES,
    HY_INTERVAL_POSTGRES_VERBOSE,
    HY_INTERVAL_SQL_STANDARD
} HyIntervalStyle;

typedef struct HyTimeZone HyTimeZone; /* types/timezone.h */

/* Names of relations and functions (regclass, regproc), which only a session knows. Both may be
 * called by any thread while a statement runs. */
typedef struct HyObjectNames {
    void *session;
    /* Appends the name, or the number when there is no such object. */
    HyStatus (*format_relation)(void *session, uint32_t oid, HyBuffer *out);
    /* Errors: 42P01, 42883, 22P02. */
    HyStatus (*parse_relation)(void *session, const char *text, size_t len, uint32_t *oid);
    HyStatus (*parse_function)(void *session, const char *text, size_t len, uint32_t *oid);
} HyObjectNames;

typedef struct HyTextStyle {
    HyDateOrder date_order;
    bool date_lenient;
    HyIntervalStyle interval_style;
    int extra_float_digits; /* -15..3, default 0 */
    bool bytea_escape;
    bool postgres_arrays;        /* {1,2} instead of [1,2]; read is either */
    const HyTimeZone *time_zone; /* never NULL; UTC by default; lives as long as the process */
    char lc_time[32];            /* "en_us" */
    int first_day_of_week;       /* lc_time_first_day_of_week: 1 = Monday .. 7 = Sunday (default) */
    int minimal_days_in_first_week;
    const HyObjectNames *names; /* NULL: objects have numbers only */
} HyTextStyle;

/* Defaults: MDY lenient, iso_8601, 0 digits, hex, UTC. */
void hy_text_style_init(HyTextStyle *style);

#endif
