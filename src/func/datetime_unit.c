#include "func/datetime_unit.h"

#include <strings.h>

/* Fiscal units are those of the calendar as long as fiscal years begin in January. */
static const struct {
    const char *name;
    HyTimeUnit unit;
} names[] = {
    {"year", HY_UNIT_YEAR},
    {"month", HY_UNIT_MONTH},
    {"day", HY_UNIT_DAY},
    {"hour", HY_UNIT_HOUR},
    {"minute", HY_UNIT_MINUTE},
    {"second", HY_UNIT_SECOND},
    {"quarter", HY_UNIT_QUARTER},
    {"week", HY_UNIT_WEEK},
    {"epoch", HY_UNIT_EPOCH},
    {"dow", HY_UNIT_DOW},
    {"doy", HY_UNIT_DOY},
    {"isodow", HY_UNIT_ISODOW},
    {"isoyear", HY_UNIT_ISOYEAR},
    {"isoweek", HY_UNIT_WEEK},
    {"millisecond", HY_UNIT_MILLISECOND},
    {"microsecond", HY_UNIT_MICROSECOND},
    {"decade", HY_UNIT_DECADE},
    {"century", HY_UNIT_CENTURY},
    {"millennium", HY_UNIT_MILLENNIUM},
    {"timezone", HY_UNIT_TIMEZONE},
    {"timezone_hour", HY_UNIT_TIMEZONE_HOUR},
    {"timezone_minute", HY_UNIT_TIMEZONE_MINUTE},
    {"julian", HY_UNIT_JULIAN},
    {"j", HY_UNIT_JULIAN},
    {"years", HY_UNIT_YEAR},
    {"yr", HY_UNIT_YEAR},
    {"yrs", HY_UNIT_YEAR},
    {"y", HY_UNIT_YEAR},
    {"fiscal_year", HY_UNIT_YEAR},
    {"qtr", HY_UNIT_QUARTER},
    {"fiscal_quarter", HY_UNIT_QUARTER},
    {"months", HY_UNIT_MONTH},
    {"mon", HY_UNIT_MONTH},
    {"mons", HY_UNIT_MONTH},
    {"weeks", HY_UNIT_WEEK},
    {"w", HY_UNIT_WEEK},
    {"days", HY_UNIT_DAY},
    {"d", HY_UNIT_DAY},
    {"hours", HY_UNIT_HOUR},
    {"hr", HY_UNIT_HOUR},
    {"hrs", HY_UNIT_HOUR},
    {"h", HY_UNIT_HOUR},
    {"minutes", HY_UNIT_MINUTE},
    {"min", HY_UNIT_MINUTE},
    {"mins", HY_UNIT_MINUTE},
    {"m", HY_UNIT_MINUTE},
    {"mm", HY_UNIT_MINUTE},
    {"seconds", HY_UNIT_SECOND},
    {"sec", HY_UNIT_SECOND},
    {"secs", HY_UNIT_SECOND},
    {"s", HY_UNIT_SECOND},
    {"milliseconds", HY_UNIT_MILLISECOND},
    {"msec", HY_UNIT_MILLISECOND},
    {"msecs", HY_UNIT_MILLISECOND},
    {"mseconds", HY_UNIT_MILLISECOND},
    {"ms", HY_UNIT_MILLISECOND},
    {"microseconds", HY_UNIT_MICROSECOND},
    {"usec", HY_UNIT_MICROSECOND},
    {"usecs", HY_UNIT_MICROSECOND},
    {"useconds", HY_UNIT_MICROSECOND},
    {"us", HY_UNIT_MICROSECOND},
    {"decades", HY_UNIT_DECADE},
    {"decs", HY_UNIT_DECADE},
    {"centuries", HY_UNIT_CENTURY},
    {"cent", HY_UNIT_CENTURY},
    {"c", HY_UNIT_CENTURY},
    {"millennia", HY_UNIT_MILLENNIUM},
    {"mil", HY_UNIT_MILLENNIUM},
    {"mils", HY_UNIT_MILLENNIUM},
};

HyTimeUnit hy_time_unit_find(const char *name, size_t len)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(names); i++)
        if (strlen(names[i].name) == len && strncasecmp(names[i].name, name, len) == 0)
            return names[i].unit;
    return HY_UNIT_NONE;
}

HyTimeUnit hy_time_unit_of_constant(const HyValue *value)
{
    if (!value || value->is_null || hy_type_physical(value->type) != HY_PHYS_STRING)
        return HY_UNIT_NONE;
    return hy_time_unit_find(hy_string_data(&value->string), value->string.len);
}

HyStatus hy_time_unit_unknown(const char *what, const HyString *name)
{
    return hy_error(
        "22023", "%s '%.*s' not recognized", what, (int)name->len, hy_string_data(name));
}
