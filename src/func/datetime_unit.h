/* Units of time by the names that extract, date_part, date_trunc, date_add and datediff take. */
#ifndef HY_FUNC_DATETIME_UNIT_H
#define HY_FUNC_DATETIME_UNIT_H

#include "types/value.h"

typedef enum HyTimeUnit {
    HY_UNIT_NONE, /* not a name of one */
    HY_UNIT_MILLENNIUM,
    HY_UNIT_CENTURY,
    HY_UNIT_DECADE,
    HY_UNIT_YEAR,
    HY_UNIT_ISOYEAR,
    HY_UNIT_QUARTER,
    HY_UNIT_MONTH,
    HY_UNIT_WEEK,
    HY_UNIT_DAY,
    HY_UNIT_DOW,
    HY_UNIT_ISODOW,
    HY_UNIT_DOY,
    HY_UNIT_JULIAN,
    HY_UNIT_HOUR,
    HY_UNIT_MINUTE,
    HY_UNIT_SECOND,
    HY_UNIT_MILLISECOND,
    HY_UNIT_MICROSECOND,
    HY_UNIT_EPOCH,
    HY_UNIT_TIMEZONE,
    HY_UNIT_TIMEZONE_HOUR,
    HY_UNIT_TIMEZONE_MINUTE
} HyTimeUnit;

/* Any case. */
HyTimeUnit hy_time_unit_find(const char *name, size_t len);
/* The unit that a constant text argument names; NONE when it is no constant, null or unknown. */
HyTimeUnit hy_time_unit_of_constant(const HyValue *value);

/* 22023 `timestamp unit 'x' not recognized`; what: "timestamp unit", "interval units", .. */
HyStatus hy_time_unit_unknown(const char *what, const HyString *name) HY_MUST_CHECK;

#endif
