/* Making dates and times of numbers, the current time, time zones, differences in calendar units
 * and names of days and months. */
#include "func/families.h"
#include "func/signature.h"
#include "func/text_kernel.h"
#include "types/datetime.h"
#include "types/interval.h"
#include "types/timezone.h"

#include <math.h>
#include <stdio.h>

#define DATE     HY_TYPE_DATE
#define TIME     HY_TYPE_TIME
#define TS       HY_TYPE_TIMESTAMP
#define TZ       HY_TYPE_TIMESTAMPTZ
#define INTERVAL HY_TYPE_INTERVAL
#define INT4     HY_TYPE_INT4
#define FLOAT8   HY_TYPE_FLOAT8

static int32_t int4_at(const HyVector *v, size_t row)
{
    return ((const int32_t *)hy_vector_values(v))[hy_vector_index(v, row)];
}
static double double_at(const HyVector *v, size_t row)
{
    return ((const double *)hy_vector_values(v))[hy_vector_index(v, row)];
}
static uint64_t timestamp_at(const HyVector *v, size_t row)
{
    return ((const uint64_t *)hy_vector_values(v))[hy_vector_index(v, row)];
}
static HyInterval interval_at(const HyVector *v, size_t row)
{
    return ((const HyInterval *)hy_vector_values(v))[hy_vector_index(v, row)];
}

/* ---- make_date, make_time, make_timestamp ---- */

static HyStatus make_date_of(int32_t year, int32_t month, int32_t day, int32_t *out)
{
    if (year > 0 && hy_date_make(year, month, day, out))
        return HY_OK;
    return hy_error("22008", "date value out of range '%d-%d-%d'", year, month, day);
}

static HyStatus make_time_of(int32_t hour, int32_t minute, double second, int64_t *out)
{
    bool is_valid = hour >= 0 && hour <= 24 && minute >= 0 && minute < 60 && second >= 0 &&
                    second <= 60 && (hour < 24 || (minute == 0 && second == 0));
    if (!is_valid) {
        char text[64];
        (void)snprintf(text, sizeof text, "%g", second);
        return hy_error("22008", "time field value out of range '%d:%d:%s'", hour, minute, text);
    }
    *out = hour * HY_MICROS_PER_HOUR + minute * HY_MICROS_PER_MINUTE + llrint(second * 1e6);
    return HY_OK;
}

HY_TEXT_KERNEL(
    make_date, int32_t,
    HY_TRY(make_date_of(int4_at(&args[0], i), int4_at(&args[1], i), int4_at(&args[2], i), &r));)

HY_TEXT_KERNEL(make_time, int64_t, {
    HY_TRY(make_time_of(int4_at(&args[0], i), int4_at(&args[1], i), double_at(&args[2], i), &r));
    if (int4_at(&args[0], i) == 24)
        r = 0;
})

HY_TEXT_KERNEL(make_timestamp, uint64_t, {
    int32_t date;
    int64_t time;
    HY_TRY(make_date_of(int4_at(&args[0], i), int4_at(&args[1], i), int4_at(&args[2], i), &date));
    HY_TRY(make_time_of(int4_at(&args[3], i), int4_at(&args[4], i), double_at(&args[5], i), &time));
    r = hy_timestamp_from_date(date) + (uint64_t)time;
})

static const HySignature make_date_sigs[] = {
    {3, {INT4, INT4, INT4}, DATE, make_date, HY_SIG_CAN_FAIL}};
static const HySignature make_time_sigs[] = {
    {3, {INT4, INT4, FLOAT8}, TIME, make_time, HY_SIG_CAN_FAIL}};
static const HySignature make_timestamp_sigs[] = {
    {6, {INT4, INT4, INT4, INT4, INT4, FLOAT8}, TS, make_timestamp, HY_SIG_CAN_FAIL}};

/* ---- age ---- */

static int64_t borrow(int64_t *field, int64_t size)
{
    int64_t count = 0;
    while (*field < 0) {
        *field += size;
        count++;
    }
    return count;
}

/* The difference in years, months, days and time, as PostgreSQL counts it: days that are missing
 * are borrowed from the month of the earlier time. */
static HyInterval age_of(uint64_t a, uint64_t b)
{
    bool is_negative = a < b;
    HyCivil late = hy_timestamp_to_civil(is_negative ? b : a);
    HyCivil early = hy_timestamp_to_civil(is_negative ? a : b);
    int64_t time = hy_timestamp_time(is_negative ? b : a) - hy_timestamp_time(is_negative ? a : b);
    int64_t days = late.day - early.day;
    int64_t months = (int64_t)(late.year - early.year) * 12 + late.month - early.month;
    days -= borrow(&time, HY_MICROS_PER_DAY);
    months -= borrow(&days, hy_month_days(early.year, early.month));
    int sign = is_negative ? -1 : 1;
    return (HyInterval){
        .months = (int32_t)(sign * months), .days = (int32_t)(sign * days), .micros = sign * time};
}

HY_TEXT_KERNEL(
    age_between, HyInterval, r = age_of(timestamp_at(&args[0], i), timestamp_at(&args[1], i));)

static uint64_t local_now(const HyFuncEnv *env)
{
    return hy_time_zone_to_local(env->style->time_zone, env->statement_time);
}
static uint64_t midnight(uint64_t ts)
{
    return hy_timestamp_from_date(hy_timestamp_date(ts));
}

HY_TEXT_KERNEL(
    age_today, HyInterval, r = age_of(midnight(local_now(env)), timestamp_at(&args[0], i));)

static HyStatus resolve_age(HyFuncCall *call)
{
    for (size_t i = 0; i < call->n_args; i++) {
        HyType *type = &call->arg_types[i];
        if (type->id != HY_TYPE_UNKNOWN && !hy_type_is_datetime(*type))
            return hy_call_requires(call, "timestamp arguments");
        *type = hy_type_nullable(hy_type(TS), type->nullable);
    }
    hy_call_set(call, hy_type(INTERVAL), call->n_args == 1 ? age_today : age_between, HY_SIG_PLAIN);
    return HY_OK;
}

/* ---- justify_* ---- */

static void carry_days(HyInterval *v)
{
    v->months += v->days / 30;
    v->days %= 30;
}
static void carry_hours(HyInterval *v)
{
    v->days += (int32_t)(v->micros / HY_MICROS_PER_DAY);
    v->micros %= HY_MICROS_PER_DAY;
}

/* Whether a lower field has the other sign than the one above it. */
static int mismatch(int64_t above, int64_t below)
{
    return above > 0 && below < 0 ? 1 : above < 0 && below > 0 ? -1 : 0;
}

static HyInterval justified_days(HyInterval v)
{
    carry_days(&v);
    int fix = mismatch(v.months, v.days);
    v.days += 30 * fix;
    v.months -= fix;
    return v;
}
static HyInterval justified_hours(HyInterval v)
{
    carry_hours(&v);
    int fix = mismatch(v.days, v.micros);
    v.micros += fix * HY_MICROS_PER_DAY;
    v.days -= fix;
    return v;
}
static HyInterval justified(HyInterval v)
{
    carry_hours(&v);
    carry_days(&v);
    int64_t below_months = v.days != 0 ? v.days : v.micros;
    int fix = mismatch(v.months, below_months);
    v.days += 30 * fix;
    v.months -= fix;
    fix = mismatch(v.days, v.micros);
    v.micros += fix * HY_MICROS_PER_DAY;
    v.days -= fix;
    return v;
}

HY_TEXT_KERNEL(justify_days, HyInterval, r = justified_days(interval_at(&args[0], i));)
HY_TEXT_KERNEL(justify_hours, HyInterval, r = justified_hours(interval_at(&args[0], i));)
HY_TEXT_KERNEL(justify_interval, HyInterval, r = justified(interval_at(&args[0], i));)

/* data: the kernel's signature list */
static HyStatus resolve_justify(HyFuncCall *call)
{
    HyTypeId id = call->arg_types[0].id;
    if (id != INTERVAL && id != HY_TYPE_UNKNOWN)
        return hy_call_requires(call, "an interval argument");
    return hy_resolve_signatures(call);
}

static const HySignature justify_days_sigs[] = {
    {1, {INTERVAL}, INTERVAL, justify_days, HY_SIG_PLAIN}};
static const HySignature justify_hours_sigs[] = {
    {1, {INTERVAL}, INTERVAL, justify_hours, HY_SIG_PLAIN}};
static const HySignature justify_interval_sigs[] = {
    {1, {INTERVAL}, INTERVAL, justify_interval, HY_SIG_PLAIN}};

/* ---- Now ---- */

HY_TEXT_KERNEL(now_instant, uint64_t, r = env->statement_time;)
HY_TEXT_KERNEL(now_local, uint64_t, r = local_now(env);)
HY_TEXT_KERNEL(now_date, int32_t, r = hy_timestamp_date(local_now(env));)
HY_TEXT_KERNEL(now_time, int64_t, r = hy_timestamp_time(local_now(env));)

/* A precision may be given (and is ignored, as the genuine server does). */
typedef struct Now {
    HyTypeId type;
    HyScalarKernel kernel;
} Now;

static HyStatus resolve_now(HyFuncCall *call)
{
    const Now *now = call->func->data;
    if (call->n_args == 1 && !hy_type_is_integer(call->arg_types[0]))
        return hy_call_requires(call, "an integer precision");
    hy_call_set(call, hy_type(now->type), now->kernel, HY_SIG_NOT_NULL);
    return HY_OK;
}

/* ---- AT TIME ZONE ---- */

static HyStatus zone_at(const HyVector *v, size_t row, const HyTimeZone **out)
{
    HyString name = hy_arg_string(v, row);
    const HyTimeZone *zone = hy_time_zone_lookup(hy_string_data(&name), name.len);
    if (!zone)
        return hy_error_detail(hy_error("22023", "time zone not recognized"),
            "Unknown time zone: %.*s", (int)name.len, hy_string_data(&name));
    *out = zone;
    return HY_OK;
}

HY_TEXT_KERNEL(local_to_instant, uint64_t, {
    const HyTimeZone *zone;
    HY_TRY(zone_at(&args[0], i, &zone));
    r = hy_time_zone_to_utc(zone, timestamp_at(&args[1], i));
})
HY_TEXT_KERNEL(instant_to_local, uint64_t, {
    const HyTimeZone *zone;
    HY_TRY(zone_at(&args[0], i, &zone));
    r = hy_time_zone_to_local(zone, timestamp_at(&args[1], i));
})

/* An offset from UTC instead of a zone. */
static HyStatus shift(uint64_t ts, HyInterval offset, int sign, uint64_t *out)
{
    if (!hy_timestamp_add_interval(ts, offset, sign, out))
        return hy_error("22008", "timestamp out of range");
    return HY_OK;
}
HY_TEXT_KERNEL(local_to_instant_by, uint64_t,
               HY_TRY(shift(timestamp_at(&args[1], i), interval_at(&args[0], i), -1, &r));)
HY_TEXT_KERNEL(instant_to_local_by, uint64_t,
               HY_TRY(shift(timestamp_at(&args[1], i), interval_at(&args[0], i), 1, &r));)

static HyStatus resolve_timezone(HyFuncCall *call)
{
    HyType *zone = &call->arg_types[0];
    HyType *source = &call->arg_types[1];
    if (source->id == DATE || source->id == HY_TYPE_UNKNOWN)
        *source = hy_type_nullable(hy_type(TS), source->nullable);
    bool is_name = hy_type_is_text(*zone);
    if (!hy_type_is_datetime(*source) || (!is_name && zone->id != INTERVAL))
        return hy_error("42601",
            "'AT TIME ZONE' requires a timestamp or timestamptz as the first argument, and a "
            "string or an interval to denote the time zone or offset as the second argument");
    if (is_name)
        *zone = hy_type_nullable(hy_type(HY_TYPE_TEXT), zone->nullable);
    bool to_instant = source->id == TS;
    HyScalarKernel by_name = to_instant ? local_to_instant : instant_to_local;
    HyScalarKernel by_offset = to_instant ? local_to_instant_by : instant_to_local_by;
    hy_call_set(
        call, hy_type(to_instant ? TZ : TS), is_name ? by_name : by_offset, HY_SIG_CAN_FAIL);
    return HY_OK;
}

/* ---- Names ---- */

static HyString short_name(const char *name)
{
    return hy_string_view(name, 3);
}

static HyStatus run_name(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    bool is_month = call->func->data != NULL;
    HyTypeId source = args[0].type.id;
    for (size_t i = 0; i < n; i++) {
        ((HyString *)out->data)[i] = hy_string_view("", 0);
        if (hy_vector_is_null(out, i))
            continue;
        if (source == TIME || source == INTERVAL)
            return hy_error("22007", "invalid format specification for an interval value");
        int32_t date = 0;
        if (source == DATE)
            date = int4_at(&args[0], i);
        else if (source == TS)
            date = hy_timestamp_date(timestamp_at(&args[0], i));
        else
            date = hy_timestamp_date(
                hy_time_zone_to_local(env->style->time_zone, timestamp_at(&args[0], i)));
        int32_t year;
        int32_t month;
        int32_t day;
        hy_date_to_ymd(date, &year, &month, &day);
        ((HyString *)out->data)[i] = is_month ? short_name(hy_month_names[month - 1])
                                              : short_name(hy_weekday_names[hy_date_weekday(date)]);
    }
    return HY_OK;
}

static HyStatus resolve_name(HyFuncCall *call)
{
    HyType *type = &call->arg_types[0];
    if (type->id == HY_TYPE_UNKNOWN)
        *type = hy_type(DATE);
    if (!hy_type_is_datetime(*type) && type->id != TIME && type->id != INTERVAL)
        return hy_error("42601", "unsupported data types in call to '%s'", call->func->name);
    hy_call_set(call, hy_type(HY_TYPE_TEXT), run_name, HY_SIG_CAN_FAIL);
    return HY_OK;
}

/* ---- Registry ---- */

#define NOW(name, max_args, type, kernel, signature, doc)                                          \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_STABLE, 0, max_args, resolve_now, &(const Now){type, kernel},     \
            signature, doc                                                                         \
    }
#define JUSTIFY(name, sigs, doc)                                                                   \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_justify, HY_SIGNATURES(sigs),            \
            name "(interval) -> interval", doc                                                     \
    }
static const HyFunc functions[] = {
    {"make_date", HY_FUNC_SCALAR, HY_IMMUTABLE, 3, 3, hy_resolve_signatures,
        HY_SIGNATURES(make_date_sigs),
        "make_date(year integer, month integer, day integer) -> date", "A date of its parts."},
    {"make_time", HY_FUNC_SCALAR, HY_IMMUTABLE, 3, 3, hy_resolve_signatures,
        HY_SIGNATURES(make_time_sigs),
        "make_time(hour integer, minute integer, second double precision) -> time",
        "A time of its parts."},
    {"make_timestamp", HY_FUNC_SCALAR, HY_IMMUTABLE, 6, 6, hy_resolve_signatures,
        HY_SIGNATURES(make_timestamp_sigs),
        "make_timestamp(year integer, month integer, day integer, hour integer, minute integer, "
        "second double precision) -> timestamp",
        "A timestamp of its parts."},
    {"age", HY_FUNC_SCALAR, HY_STABLE, 1, 2, resolve_age, NULL,
        "age(timestamp [, timestamp]) -> interval",
        "The difference in years, months, days; with one argument, from the start of today."},
    JUSTIFY("justify_days", justify_days_sigs, "Turns 30 days into a month."),
    JUSTIFY("justify_hours", justify_hours_sigs, "Turns 24 hours into a day."),
    JUSTIFY("justify_interval", justify_interval_sigs, "Both, with equal signs."),
    NOW("now", 0, TZ, now_instant, "now() -> timestamptz", "When the transaction began."),
    NOW("getdate", 0, TZ, now_instant, "getdate() -> timestamptz", "When the transaction began."),
    NOW("sysdate", 0, TS, now_local, "sysdate() -> timestamp", "The local time."),
    NOW("current_timestamp", 1, TZ, now_instant, "current_timestamp -> timestamptz",
        "When the transaction began."),
    NOW("current_date", 0, DATE, now_date, "current_date -> date", "Today in the time zone."),
    NOW("current_time", 1, TIME, now_time, "current_time -> time", "The local time of day."),
    NOW("localtime", 1, TIME, now_time, "localtime -> time", "The local time of day."),
    NOW("localtimestamp", 1, TS, now_local, "localtimestamp -> timestamp", "The local time."),
    {"timezone", HY_FUNC_SCALAR, HY_STABLE, 2, 2, resolve_timezone, NULL,
        "source at time zone zone -> timestamp or timestamptz",
        "A local time as an instant, or an instant as a local time."},
    {"dayname", HY_FUNC_SCALAR, HY_STABLE, 1, 1, resolve_name, NULL, "dayname(source) -> text",
        "The weekday's English name, three letters."},
    {"monthname", HY_FUNC_SCALAR, HY_STABLE, 1, 1, resolve_name, "month",
        "monthname(source) -> text", "The month's English name, three letters."},
};
HY_DEFINE_FAMILY(datetime_make, functions);
