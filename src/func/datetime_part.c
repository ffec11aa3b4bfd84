/* extract, date_part and the functions named after a part: year(d), dayofweek(d) .. */
#include "func/datetime_unit.h"
#include "func/families.h"
#include "func/kernel_datetime.h"
#include "func/signature.h"
#include "types/datetime.h"
#include "types/timezone.h"

/* What a resolver leaves for its kernel. */
typedef struct PartPlan {
    HyTimeUnit unit; /* NONE: by row, or no unit at all */
    HyTypeId source;
} PartPlan;

static const HyDatetimeLoops *datetime_loops(void)
{
    return HY_KERNEL_PICK(&hy_datetime_loops);
}

/* ---- Units ---- */

static bool date_part_of(HyTimeUnit unit, HyDatePart *out)
{
    static const int parts[] = {[HY_UNIT_MILLENNIUM] = HY_DATE_PART_MILLENNIUM + 1,
        [HY_UNIT_CENTURY] = HY_DATE_PART_CENTURY + 1,
        [HY_UNIT_DECADE] = HY_DATE_PART_DECADE + 1,
        [HY_UNIT_YEAR] = HY_DATE_PART_YEAR + 1,
        [HY_UNIT_ISOYEAR] = HY_DATE_PART_ISOYEAR + 1,
        [HY_UNIT_QUARTER] = HY_DATE_PART_QUARTER + 1,
        [HY_UNIT_MONTH] = HY_DATE_PART_MONTH + 1,
        [HY_UNIT_WEEK] = HY_DATE_PART_WEEK + 1,
        [HY_UNIT_DAY] = HY_DATE_PART_DAY + 1,
        [HY_UNIT_DOW] = HY_DATE_PART_DOW + 1,
        [HY_UNIT_ISODOW] = HY_DATE_PART_ISODOW + 1,
        [HY_UNIT_DOY] = HY_DATE_PART_DOY + 1};
    if ((size_t)unit >= HY_ARRAY_LEN(parts) || parts[unit] == 0)
        return false;
    *out = (HyDatePart)(parts[unit] - 1);
    return true;
}

static HyTimePart time_part_of(HyTimeUnit unit)
{
    switch (unit) {
    case HY_UNIT_HOUR:
        return HY_TIME_PART_HOUR;
    case HY_UNIT_MINUTE:
        return HY_TIME_PART_MINUTE;
    case HY_UNIT_MILLISECOND:
        return HY_TIME_PART_MILLISECOND;
    default:
        return HY_TIME_PART_MICROSECOND;
    }
}

static bool is_zone_unit(HyTimeUnit unit)
{
    return unit >= HY_UNIT_TIMEZONE;
}

/* Units of an interval that date_part knows. */
static bool is_interval_unit(HyTimeUnit unit)
{
    switch (unit) {
    case HY_UNIT_NONE:
    case HY_UNIT_ISOYEAR:
    case HY_UNIT_WEEK:
    case HY_UNIT_DOW:
    case HY_UNIT_ISODOW:
    case HY_UNIT_DOY:
    case HY_UNIT_JULIAN:
    case HY_UNIT_TIMEZONE:
    case HY_UNIT_TIMEZONE_HOUR:
    case HY_UNIT_TIMEZONE_MINUTE:
        return false;
    default:
        return true;
    }
}

/* ---- Intervals ---- */

/* Any part but SECOND with its fraction and EPOCH. */
static int32_t interval_part(HyTimeUnit unit, HyInterval v)
{
    switch (unit) {
    case HY_UNIT_MILLENNIUM:
        return v.months / 12000;
    case HY_UNIT_CENTURY:
        return v.months / 1200;
    case HY_UNIT_DECADE:
        return v.months / 120;
    case HY_UNIT_YEAR:
        return v.months / 12;
    case HY_UNIT_QUARTER:
        return v.months % 12 / 3 + 1;
    case HY_UNIT_MONTH:
        return v.months % 12;
    case HY_UNIT_DAY:
        return v.days;
    case HY_UNIT_HOUR:
        return (int32_t)(v.micros / HY_MICROS_PER_HOUR);
    case HY_UNIT_MINUTE:
        return (int32_t)(v.micros / HY_MICROS_PER_MINUTE % 60);
    case HY_UNIT_MILLISECOND:
        return (int32_t)(v.micros % HY_MICROS_PER_MINUTE / 1000);
    default:
        return (int32_t)(v.micros % HY_MICROS_PER_MINUTE);
    }
}

/* Seconds, with years of 365.25 days and months of 30. */
static double interval_epoch(HyInterval v)
{
    return (double)v.micros / 1e6 + 86400.0 * v.days + 31557600.0 * (v.months / 12) +
           2592000.0 * (v.months % 12);
}

/* ---- Parts of many values ---- */

/* The local times of UTC timestamps. */
static HyStatus local_times(
    HyFuncEnv *env, const uint64_t *timestamps, size_t n, const uint64_t **out)
{
    uint64_t *local = NULL;
    HY_ARENA_NEW(env->arena, local, n);
    HyZoneSpan span = {0};
    for (size_t i = 0; i < n; i++) {
        uint64_t utc = timestamps[i];
        if (utc < span.begin || utc >= span.end)
            span = hy_time_zone_span(env->style->time_zone, utc);
        local[i] = utc + (uint64_t)span.offset_us;
    }
    *out = local;
    return HY_OK;
}

/* The session's zone at an instant, or at a local time: a timestamp or a date. */
static void zone_parts(HyFuncEnv *env, PartPlan plan, const void *values, size_t n, int32_t *out)
{
    const HyTimeZone *zone = env->style->time_zone;
    HyTimeUnit unit = plan.unit;
    for (size_t i = 0; i < n; i++) {
        uint64_t at = plan.source == HY_TYPE_DATE
                          ? (uint64_t)((const int32_t *)values)[i] * (uint64_t)HY_MICROS_PER_DAY
                          : ((const uint64_t *)values)[i];
        if (plan.source != HY_TYPE_TIMESTAMPTZ)
            at = hy_time_zone_to_utc(zone, at);
        int32_t seconds = hy_time_zone_offset(zone, at);
        out[i] = unit == HY_UNIT_TIMEZONE        ? seconds
                 : unit == HY_UNIT_TIMEZONE_HOUR ? seconds / 3600
                                                 : seconds / 60 % 60;
    }
}

static HyStatus timestamp_parts(
    HyFuncEnv *env, HyTimeUnit unit, const uint64_t *timestamps, size_t n, int32_t *out)
{
    HyDatePart part;
    if (!date_part_of(unit, &part)) {
        datetime_loops()->time_part[time_part_of(unit)](out, timestamps, n);
        return HY_OK;
    }
    int32_t *dates = hy_arena_alloc(env->arena, n * sizeof *dates);
    if (!dates)
        return hy_error_oom(n * sizeof *dates);
    datetime_loops()->dates_of(dates, timestamps, n);
    datetime_loops()->date_part[part](out, dates, n);
    return HY_OK;
}

/* Parts that are integers; SECOND in microseconds. */
static HyStatus integer_parts(
    HyFuncEnv *env, PartPlan plan, const void *values, size_t n, int32_t *out)
{
    HyDatePart part;
    const uint64_t *local = values;
    switch (plan.source) {
    case HY_TYPE_DATE:
        if (date_part_of(plan.unit, &part))
            datetime_loops()->date_part[part](out, values, n);
        else
            zone_parts(env, plan, values, n, out);
        return HY_OK;
    case HY_TYPE_INTERVAL:
        for (size_t i = 0; i < n; i++)
            out[i] = interval_part(plan.unit, ((const HyInterval *)values)[i]);
        return HY_OK;
    case HY_TYPE_TIMESTAMPTZ:
        if (is_zone_unit(plan.unit)) {
            zone_parts(env, plan, values, n, out);
            return HY_OK;
        }
        HY_TRY(local_times(env, values, n, &local));
        return timestamp_parts(env, plan.unit, local, n, out);
    default:
        if (is_zone_unit(plan.unit))
            zone_parts(env, plan, values, n, out);
        else
            HY_TRY(timestamp_parts(env, plan.unit, values, n, out));
        return HY_OK;
    }
}

/* Julian dates begin at midnight here, as PostgreSQL has them. */
static HyStatus julian_days(
    HyFuncEnv *env, PartPlan plan, const void *values, size_t n, double *out)
{
    const uint64_t *local = values;
    if (plan.source == HY_TYPE_TIMESTAMPTZ)
        HY_TRY(local_times(env, values, n, &local));
    for (size_t i = 0; i < n; i++)
        out[i] = plan.source == HY_TYPE_DATE ? (double)((const int32_t *)values)[i]
                                             : (double)local[i] / (double)HY_MICROS_PER_DAY;
    return HY_OK;
}

/* All parts as numbers with fraction. */
static HyStatus double_parts(
    HyFuncEnv *env, PartPlan plan, const void *values, size_t n, double *out)
{
    if (plan.unit == HY_UNIT_JULIAN)
        return julian_days(env, plan, values, n, out);
    if (plan.unit == HY_UNIT_EPOCH && plan.source == HY_TYPE_INTERVAL) {
        for (size_t i = 0; i < n; i++)
            out[i] = interval_epoch(((const HyInterval *)values)[i]);
        return HY_OK;
    }
    int32_t *parts = hy_arena_alloc(env->arena, n * sizeof *parts);
    if (!parts)
        return hy_error_oom(n * sizeof *parts);
    HY_TRY(integer_parts(env, plan, values, n, parts));
    /* The epoch of a date or timestamp is the second with its fraction: a fault of the genuine
     * server that its users' results depend on. extract(epoch ..) is right. */
    double divisor = plan.unit == HY_UNIT_SECOND || plan.unit == HY_UNIT_EPOCH ? 1e6 : 1;
    for (size_t i = 0; i < n; i++)
        out[i] = parts[i] / divisor;
    return HY_OK;
}

/* ---- Kernels ---- */

static HyStatus run_integer(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    HyVector flat;
    HY_TRY(hy_vector_flatten(env->arena, &args[call->n_args - 1], n, &flat));
    return integer_parts(env, *(const PartPlan *)call->bind_data, flat.data, n, out->data);
}

/* extract(second ..) as numeric(8,6) */
static HyStatus run_second(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    HyVector flat;
    int32_t *parts = hy_arena_alloc(env->arena, n * sizeof *parts);
    if (!parts)
        return hy_error_oom(n * sizeof *parts);
    HY_TRY(hy_vector_flatten(env->arena, &args[call->n_args - 1], n, &flat));
    HY_TRY(integer_parts(env, *(const PartPlan *)call->bind_data, flat.data, n, parts));
    for (size_t i = 0; i < n; i++)
        ((int64_t *)out->data)[i] = parts[i];
    return HY_OK;
}

/* extract(epoch ..) of dates and timestamps as numeric(18,6): microseconds */
static HyStatus run_epoch(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    HyVector flat;
    const PartPlan *plan = call->bind_data;
    uint64_t epoch = hy_timestamp_from_date(HY_JULIAN_EPOCH);
    int64_t *results = out->data;
    HY_TRY(hy_vector_flatten(env->arena, &args[call->n_args - 1], n, &flat));
    if (plan->source == HY_TYPE_DATE) {
        const int32_t *dates = flat.data;
        for (size_t i = 0; i < n; i++)
            results[i] = ((int64_t)dates[i] - HY_JULIAN_EPOCH) * HY_MICROS_PER_DAY;
    } else {
        const uint64_t *timestamps = flat.data;
        for (size_t i = 0; i < n; i++)
            results[i] = (int64_t)(timestamps[i] - epoch);
    }
    return HY_OK;
}

static HyStatus run_double(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    HyVector flat;
    HY_TRY(hy_vector_flatten(env->arena, &args[call->n_args - 1], n, &flat));
    return double_parts(env, *(const PartPlan *)call->bind_data, flat.data, n, out->data);
}

/* date_part whose unit is looked up for each row: it is no constant, or not known. */
static HyStatus run_double_by_row(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    HyVector flat;
    PartPlan plan = *(const PartPlan *)call->bind_data;
    bool is_interval = plan.source == HY_TYPE_INTERVAL;
    size_t size = hy_physical_size(hy_type_physical(args[1].type));
    HY_TRY(hy_vector_flatten(env->arena, &args[1], n, &flat));
    for (size_t i = 0; i < n; i++) {
        ((double *)out->data)[i] = 0;
        if (hy_vector_is_null(out, i))
            continue;
        HyString name =
            ((const HyString *)hy_vector_values(&args[0]))[hy_vector_index(&args[0], i)];
        plan.unit = hy_time_unit_find(hy_string_data(&name), name.len);
        if (plan.unit == HY_UNIT_NONE || (is_interval && !is_interval_unit(plan.unit)))
            return hy_time_unit_unknown(is_interval ? "interval units" : "timestamp unit", &name);
        HY_TRY(double_parts(
            env, plan, (const char *)flat.data + i * size, 1, (double *)out->data + i));
    }
    return HY_OK;
}

/* ---- Resolvers ---- */

static HyStatus set_plan(HyFuncCall *call, HyTimeUnit unit, HyTypeId source)
{
    PartPlan *plan = NULL;
    HY_ARENA_NEW(call->arena, plan, 1);
    *plan = (PartPlan){unit, source};
    call->bind_data = plan;
    return HY_OK;
}

/* What a unit can be taken from, for the message; NULL: from this type it can. */
static const char *refusal(HyTimeUnit unit, HyTypeId source)
{
    bool is_date =
        source == HY_TYPE_DATE || source == HY_TYPE_TIMESTAMP || source == HY_TYPE_TIMESTAMPTZ;
    bool is_interval = source == HY_TYPE_INTERVAL;
    bool is_time = source == HY_TYPE_TIME;
    switch (unit) {
    case HY_UNIT_YEAR:
    case HY_UNIT_MONTH:
    case HY_UNIT_DAY:
    case HY_UNIT_EPOCH:
        return is_date || is_interval ? NULL : "a date, interval, or timestamp argument";
    case HY_UNIT_HOUR:
    case HY_UNIT_MINUTE:
    case HY_UNIT_SECOND:
        return is_date || is_interval || is_time ? NULL : "a time, interval, or timestamp argument";
    case HY_UNIT_MILLISECOND:
    case HY_UNIT_MICROSECOND:
        return is_date || is_time ? NULL : "a time or timestamp argument";
    case HY_UNIT_TIMEZONE:
    case HY_UNIT_TIMEZONE_HOUR:
    case HY_UNIT_TIMEZONE_MINUTE:
        return is_date ? NULL : "a timestamptz argument";
    default:
        return is_date ? NULL : "a date or timestamp argument";
    }
}

/* The last argument is the source; `name` is for messages. */
static HyStatus resolve_unit(HyFuncCall *call, HyTimeUnit unit, const char *name, int name_len)
{
    HyType *source = &call->arg_types[call->n_args - 1];
    if (source->id == HY_TYPE_UNKNOWN)
        *source = hy_type(HY_TYPE_TIMESTAMP);
    const char *wanted = refusal(unit, source->id);
    if (wanted)
        return hy_error("42601", "'%.*s' requires %s", name_len, name, wanted);
    HY_TRY(set_plan(call, unit, source->id));
    bool is_interval = source->id == HY_TYPE_INTERVAL;
    if (unit == HY_UNIT_SECOND)
        hy_call_set(call, hy_type_numeric(8, 6), run_second, HY_SIG_PLAIN);
    else if (unit == HY_UNIT_EPOCH && !is_interval)
        hy_call_set(call, hy_type_numeric(18, 6), run_epoch, HY_SIG_PLAIN);
    else if (unit == HY_UNIT_EPOCH || unit == HY_UNIT_JULIAN)
        hy_call_set(call, hy_type(HY_TYPE_FLOAT8), run_double, HY_SIG_PLAIN);
    else
        hy_call_set(call, hy_type(HY_TYPE_INT4), run_integer, HY_SIG_PLAIN);
    return HY_OK;
}

static HyStatus resolve_extract(HyFuncCall *call)
{
    const HyValue *field = call->consts[0];
    if (!field || field->is_null || !hy_type_is_text(field->type))
        return hy_error("42601", "extract requires a field name");
    const char *name = hy_string_data(&field->string);
    int len = (int)field->string.len;
    HyTimeUnit unit = hy_time_unit_of_constant(field);
    if (unit == HY_UNIT_NONE)
        return hy_error("42601", "unknown extract field '%.*s'", len, name);
    return resolve_unit(call, unit, name, len);
}

/* year(source) and its kin; data: the unit. */
static HyStatus resolve_named_part(HyFuncCall *call)
{
    const char *name = call->func->name;
    return resolve_unit(call, *(const HyTimeUnit *)call->func->data, name, (int)strlen(name));
}

static HyStatus resolve_date_part(HyFuncCall *call)
{
    HyTypeId source = call->arg_types[1].id;
    HyTypeId unit_type = call->arg_types[0].id;
    bool is_interval = source == HY_TYPE_INTERVAL;
    if ((!hy_type_is_datetime(call->arg_types[1]) && !is_interval) ||
        (unit_type != HY_TYPE_UNKNOWN && !hy_type_is_text(call->arg_types[0])))
        return hy_error("42601", "unsupported data types in call to 'date_part'");
    call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_TEXT), call->arg_types[0].nullable);
    HyTimeUnit unit = hy_time_unit_of_constant(call->consts[0]);
    if (is_interval && !is_interval_unit(unit))
        unit = HY_UNIT_NONE;
    HY_TRY(set_plan(call, unit, source));
    bool by_row = unit == HY_UNIT_NONE;
    hy_call_set(call, hy_type(HY_TYPE_FLOAT8), by_row ? run_double_by_row : run_double,
        by_row ? HY_SIG_CAN_FAIL : HY_SIG_PLAIN);
    return HY_OK;
}

/* ---- Registry ---- */

#define NAMED_PART(name, unit, doc)                                                                \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_STABLE, 1, 1, resolve_named_part, &(const HyTimeUnit){unit},      \
            name "(source) -> integer", doc                                                        \
    }

/* Stable, since parts of timestamptz depend on the session's time zone. */
static const HyFunc functions[] = {
    {"extract", HY_FUNC_SCALAR, HY_STABLE, 2, 2, resolve_extract, NULL,
        "extract(field from source) -> integer or numeric",
        "A part of a date, time, timestamp or interval."},
    {"date_part", HY_FUNC_SCALAR, HY_STABLE, 2, 2, resolve_date_part, NULL,
        "date_part(unit text, source) -> double precision",
        "A part of a date, timestamp or interval."},
    NAMED_PART("year", HY_UNIT_YEAR, "The year."),
    NAMED_PART("quarter", HY_UNIT_QUARTER, "The quarter, 1 to 4."),
    NAMED_PART("month", HY_UNIT_MONTH, "The month, 1 to 12."),
    NAMED_PART("week", HY_UNIT_WEEK, "The week of ISO 8601."),
    NAMED_PART("day", HY_UNIT_DAY, "The day of the month."),
    NAMED_PART("dayofweek", HY_UNIT_DOW, "The day of the week, Sunday is 0."),
    NAMED_PART("hour", HY_UNIT_HOUR, "The hour."),
    NAMED_PART("minute", HY_UNIT_MINUTE, "The minute."),
    {"second", HY_FUNC_SCALAR, HY_STABLE, 1, 1, resolve_named_part,
        &(const HyTimeUnit){HY_UNIT_SECOND}, "second(source) -> numeric(8,6)",
        "The second with its fraction."},
};
HY_DEFINE_FAMILY(datetime_part, functions);
