/* date_trunc, date_add and datediff. */
#include "func/datetime_unit.h"
#include "func/families.h"
#include "func/kernel_datetime.h"
#include "func/signature.h"
#include "types/datetime.h"
#include "types/numeric.h"
#include "types/timezone.h"

static const HyDatetimeLoops *datetime_loops(void)
{
    return HY_KERNEL_PICK(&hy_datetime_loops);
}

static HyString string_at(const HyVector *v, size_t row)
{
    return ((const HyString *)hy_vector_values(v))[hy_vector_index(v, row)];
}

static HyStatus timestamp_out_of_range(void)
{
    return hy_error("22008", "timestamp out of range");
}

/* ---- date_trunc ---- */

static bool trunc_of(HyTimeUnit unit, HyDateTrunc *out)
{
    switch (unit) {
    case HY_UNIT_MILLENNIUM:
        *out = HY_DATE_TRUNC_MILLENNIUM;
        return true;
    case HY_UNIT_CENTURY:
        *out = HY_DATE_TRUNC_CENTURY;
        return true;
    case HY_UNIT_DECADE:
        *out = HY_DATE_TRUNC_DECADE;
        return true;
    case HY_UNIT_YEAR:
        *out = HY_DATE_TRUNC_YEAR;
        return true;
    case HY_UNIT_QUARTER:
        *out = HY_DATE_TRUNC_QUARTER;
        return true;
    case HY_UNIT_MONTH:
        *out = HY_DATE_TRUNC_MONTH;
        return true;
    case HY_UNIT_WEEK:
        *out = HY_DATE_TRUNC_WEEK;
        return true;
    default:
        return false;
    }
}

static bool is_below_day(HyTimeUnit unit)
{
    return unit >= HY_UNIT_HOUR && unit <= HY_UNIT_MICROSECOND;
}

static bool can_trunc(HyTimeUnit unit, HyTypeId source)
{
    HyDateTrunc part;
    bool is_interval = source == HY_TYPE_INTERVAL;
    if (unit == HY_UNIT_DAY || is_below_day(unit))
        return true;
    if (trunc_of(unit, &part))
        return !(is_interval && unit == HY_UNIT_WEEK);
    return is_interval && unit == HY_UNIT_EPOCH;
}

/* Whole days in, midnights out. */
static void trunc_dates(
    HyTimeUnit unit, const int32_t *dates, size_t n, int32_t *scratch, uint64_t *out)
{
    HyDateTrunc part;
    if (trunc_of(unit, &part)) {
        datetime_loops()->date_trunc[part](scratch, dates, n);
        dates = scratch;
    }
    datetime_loops()->midnights(out, dates, n);
}

static void trunc_timestamps(
    HyTimeUnit unit, const uint64_t *timestamps, size_t n, int32_t *scratch, uint64_t *out)
{
    switch (unit) {
    case HY_UNIT_HOUR:
        datetime_loops()->cut_hour(out, timestamps, n);
        return;
    case HY_UNIT_MINUTE:
        datetime_loops()->cut_minute(out, timestamps, n);
        return;
    case HY_UNIT_SECOND:
        datetime_loops()->cut_second(out, timestamps, n);
        return;
    case HY_UNIT_MILLISECOND:
        datetime_loops()->cut_millisecond(out, timestamps, n);
        return;
    case HY_UNIT_MICROSECOND:
        memcpy(out, timestamps, n * sizeof *out);
        return;
    default:
        datetime_loops()->dates_of(scratch, timestamps, n);
        trunc_dates(unit, scratch, n, scratch + n, out);
    }
}

/* In local time. Below a day the offset from UTC stays what it was. */
static void trunc_instants(HyFuncEnv *env, HyTimeUnit unit, const uint64_t *instants, size_t n,
    int32_t *scratch, uint64_t *out)
{
    const HyTimeZone *zone = env->style->time_zone;
    HyZoneSpan span = {0};
    for (size_t i = 0; i < n; i++) {
        if (instants[i] < span.begin || instants[i] >= span.end)
            span = hy_time_zone_span(zone, instants[i]);
        uint64_t local = instants[i] + (uint64_t)span.offset_us;
        trunc_timestamps(unit, &local, 1, scratch, &out[i]);
        out[i] =
            is_below_day(unit) ? instants[i] - (local - out[i]) : hy_time_zone_to_utc(zone, out[i]);
    }
}

static HyInterval trunc_interval(HyTimeUnit unit, HyInterval v)
{
    static const int32_t months[] = {[HY_UNIT_MILLENNIUM] = 12000,
        [HY_UNIT_CENTURY] = 1200,
        [HY_UNIT_DECADE] = 120,
        [HY_UNIT_YEAR] = 12,
        [HY_UNIT_QUARTER] = 3,
        [HY_UNIT_MONTH] = 1};
    static const int64_t micros[] = {[HY_UNIT_HOUR] = HY_MICROS_PER_HOUR,
        [HY_UNIT_MINUTE] = HY_MICROS_PER_MINUTE,
        [HY_UNIT_SECOND] = HY_MICROS_PER_SECOND,
        [HY_UNIT_MILLISECOND] = 1000,
        [HY_UNIT_MICROSECOND] = 1,
        [HY_UNIT_EPOCH] = HY_MICROS_PER_SECOND};
    if ((size_t)unit < HY_ARRAY_LEN(months) && months[unit] > 0)
        return (HyInterval){.months = v.months - v.months % months[unit]};
    if (unit == HY_UNIT_DAY)
        v.micros = 0;
    else
        v.micros -= v.micros % micros[unit];
    return v;
}

/* Truncates n values of the source type; the unit suits it. */
static HyStatus trunc_values(
    HyFuncEnv *env, HyTimeUnit unit, HyTypeId source, const void *values, size_t n, void *out)
{
    int32_t *scratch = NULL;
    if (source == HY_TYPE_INTERVAL) {
        for (size_t i = 0; i < n; i++)
            ((HyInterval *)out)[i] = trunc_interval(unit, ((const HyInterval *)values)[i]);
        return HY_OK;
    }
    scratch = hy_arena_alloc(env->arena, 2 * n * sizeof *scratch);
    if (!scratch)
        return hy_error_oom(2 * n * sizeof *scratch);
    if (source == HY_TYPE_DATE)
        trunc_dates(unit, values, n, scratch, out);
    else if (source == HY_TYPE_TIMESTAMP)
        trunc_timestamps(unit, values, n, scratch, out);
    else
        trunc_instants(env, unit, values, n, scratch, out);
    return HY_OK;
}

/* The week of the first day of all begins before it. */
static HyStatus check_range(const HyVector *out, size_t n)
{
    if (out->type.id == HY_TYPE_INTERVAL)
        return HY_OK;
    const uint64_t *results = out->data;
    uint64_t lowest = UINT64_MAX;
    for (size_t i = 0; i < n; i++)
        lowest = results[i] < lowest ? results[i] : lowest;
    if (lowest >= HY_TIMESTAMP_MIN)
        return HY_OK;
    for (size_t i = 0; i < n; i++)
        if (results[i] < HY_TIMESTAMP_MIN && !hy_vector_is_null(out, i))
            return timestamp_out_of_range();
    return HY_OK;
}

typedef struct TruncPlan {
    HyTimeUnit unit; /* NONE: by row, or no unit at all */
    HyTypeId source;
} TruncPlan;

static HyStatus run_trunc(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    HyVector flat;
    const TruncPlan *plan = call->bind_data;
    HY_TRY(hy_vector_flatten(env->arena, &args[1], n, &flat));
    HY_TRY(trunc_values(env, plan->unit, plan->source, flat.data, n, out->data));
    return check_range(out, n);
}

static HyStatus run_trunc_by_row(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    HyVector flat;
    HyTypeId source = ((const TruncPlan *)call->bind_data)->source;
    size_t size = hy_physical_size(hy_type_physical(args[1].type));
    size_t out_size = hy_physical_size(hy_type_physical(out->type));
    HY_TRY(hy_vector_flatten(env->arena, &args[1], n, &flat));
    memset(out->data, 0, n * out_size);
    for (size_t i = 0; i < n; i++) {
        if (hy_vector_is_null(out, i))
            continue;
        HyString name = string_at(&args[0], i);
        HyTimeUnit unit = hy_time_unit_find(hy_string_data(&name), name.len);
        if (!can_trunc(unit, source))
            return hy_time_unit_unknown(
                source == HY_TYPE_INTERVAL ? "interval units" : "timestamp unit", &name);
        HY_TRY(trunc_values(env, unit, source, (const char *)flat.data + i * size, 1,
            (char *)out->data + i * out_size));
    }
    return check_range(out, n);
}

static HyStatus unsupported(const HyFuncCall *call)
{
    return hy_error("42601", "unsupported data types in call to '%s'", call->func->name);
}

static bool set_unit_argument(HyFuncCall *call)
{
    if (call->arg_types[0].id != HY_TYPE_UNKNOWN && !hy_type_is_text(call->arg_types[0]))
        return false;
    call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_TEXT), call->arg_types[0].nullable);
    return true;
}

static HyStatus resolve_trunc(HyFuncCall *call)
{
    HyType source = call->arg_types[1];
    if ((!hy_type_is_datetime(source) && source.id != HY_TYPE_INTERVAL) || !set_unit_argument(call))
        return unsupported(call);
    TruncPlan *plan = NULL;
    HY_ARENA_NEW(call->arena, plan, 1);
    HyTimeUnit unit = hy_time_unit_of_constant(call->consts[0]);
    *plan = (TruncPlan){can_trunc(unit, source.id) ? unit : HY_UNIT_NONE, source.id};
    call->bind_data = plan;
    HyTypeId result = source.id == HY_TYPE_DATE ? HY_TYPE_TIMESTAMP : source.id;
    bool can_fail = plan->unit == HY_UNIT_NONE || plan->unit == HY_UNIT_WEEK;
    hy_call_set(call, hy_type(result), plan->unit == HY_UNIT_NONE ? run_trunc_by_row : run_trunc,
        can_fail ? HY_SIG_CAN_FAIL : HY_SIG_PLAIN);
    return HY_OK;
}

/* ---- date_add ---- */

/* `count` units as an interval. Errors: 22023 unit, 22003 count. */
static HyStatus interval_of(const HyString *name, int32_t count, HyInterval *out)
{
    int64_t months = 0;
    int64_t days = 0;
    switch (hy_time_unit_find(hy_string_data(name), name->len)) {
    case HY_UNIT_MILLENNIUM:
        months = INT64_C(12000) * count;
        break;
    case HY_UNIT_CENTURY:
        months = INT64_C(1200) * count;
        break;
    case HY_UNIT_DECADE:
        months = INT64_C(120) * count;
        break;
    case HY_UNIT_YEAR:
        months = INT64_C(12) * count;
        break;
    case HY_UNIT_QUARTER:
        months = INT64_C(3) * count;
        break;
    case HY_UNIT_MONTH:
        months = count;
        break;
    case HY_UNIT_WEEK:
        days = INT64_C(7) * count;
        break;
    case HY_UNIT_DAY:
        days = count;
        break;
    default:
        return hy_time_unit_unknown("date unit", name);
    }
    if (months != (int32_t)months || days != (int32_t)days)
        return hy_numeric_overflow();
    *out = (HyInterval){.months = (int32_t)months, .days = (int32_t)days};
    return HY_OK;
}

static HyStatus run_add(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    const int32_t *counts = hy_vector_values(&args[1]);
    const uint64_t *timestamps = hy_vector_values(&args[2]);
    uint64_t *results = out->data;
    for (size_t i = 0; i < n; i++) {
        results[i] = 0;
        if (hy_vector_is_null(out, i))
            continue;
        HyString name = string_at(&args[0], i);
        HyInterval step;
        HY_TRY(interval_of(&name, counts[hy_vector_index(&args[1], i)], &step));
        uint64_t ts = timestamps[hy_vector_index(&args[2], i)];
        bool fits =
            out->type.id == HY_TYPE_TIMESTAMPTZ
                ? hy_timestamptz_add_interval(ts, step, 1, env->style->time_zone, &results[i])
                : hy_timestamp_add_interval(ts, step, 1, &results[i]);
        if (!fits)
            return hy_numeric_overflow();
    }
    return HY_OK;
}

static HyStatus resolve_add(HyFuncCall *call)
{
    HyType *count = &call->arg_types[1];
    HyType *source = &call->arg_types[2];
    if (count->id == HY_TYPE_UNKNOWN || count->id == HY_TYPE_INT2)
        *count = hy_type_nullable(hy_type(HY_TYPE_INT4), count->nullable);
    if (source->id == HY_TYPE_UNKNOWN || source->id == HY_TYPE_DATE)
        *source = hy_type_nullable(hy_type(HY_TYPE_TIMESTAMP), source->nullable);
    if (count->id != HY_TYPE_INT4 || !hy_type_is_datetime(*source) || !set_unit_argument(call))
        return unsupported(call);
    hy_call_set(call, hy_type(source->id), run_add, HY_SIG_CAN_FAIL);
    return HY_OK;
}

/* ---- datediff ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a < 0) != (b < 0));
}

/* Which month, counted from year 0, a date lies in. */
static int64_t month_number(int32_t date)
{
    int32_t year;
    int32_t month;
    int32_t day;
    hy_date_to_ymd(date, &year, &month, &day);
    return INT64_C(12) * year + month - 1;
}

/* The number of unit boundaries before an instant, from any fixed origin. False: no unit for it. */
static bool boundaries(const HyFuncEnv *env, HyTimeUnit unit, uint64_t ts, int64_t *out)
{
    int32_t date = hy_timestamp_date(ts);
    switch (unit) {
    case HY_UNIT_YEAR:
        *out = floor_div(month_number(date), 12);
        return true;
    case HY_UNIT_QUARTER:
        *out = floor_div(month_number(date), 3);
        return true;
    case HY_UNIT_MONTH:
        *out = month_number(date);
        return true;
    case HY_UNIT_WEEK: /* Julian day 0 was a Monday */
        *out = floor_div((int64_t)date - (env->style->first_day_of_week - 1), 7);
        return true;
    case HY_UNIT_DAY:
    case HY_UNIT_DOW:
    case HY_UNIT_DOY:
        *out = date;
        return true;
    case HY_UNIT_HOUR:
        *out = (int64_t)(ts / (uint64_t)HY_MICROS_PER_HOUR);
        return true;
    case HY_UNIT_MINUTE:
        *out = (int64_t)(ts / (uint64_t)HY_MICROS_PER_MINUTE);
        return true;
    case HY_UNIT_SECOND:
        *out = (int64_t)(ts / (uint64_t)HY_MICROS_PER_SECOND);
        return true;
    case HY_UNIT_MILLISECOND:
        *out = (int64_t)(ts / 1000);
        return true;
    default:
        return false;
    }
}

static HyStatus run_diff(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    const uint64_t *from = hy_vector_values(&args[1]);
    const uint64_t *to = hy_vector_values(&args[2]);
    HyTimeUnit constant = hy_time_unit_of_constant(call->consts[0]);
    for (size_t i = 0; i < n; i++) {
        HyTimeUnit unit = constant;
        int64_t before = 0;
        int64_t after = 0;
        if (!hy_vector_is_null(out, i)) {
            if (unit == HY_UNIT_NONE) {
                HyString name = string_at(&args[0], i);
                unit = hy_time_unit_find(hy_string_data(&name), name.len);
            }
            if (!boundaries(env, unit, from[hy_vector_index(&args[1], i)], &before) ||
                !boundaries(env, unit, to[hy_vector_index(&args[2], i)], &after))
                return hy_error("22023", "timestamp unit not recognized");
        }
        ((int64_t *)out->data)[i] = after - before;
    }
    return HY_OK;
}

static HyStatus resolve_diff(HyFuncCall *call)
{
    for (size_t i = 1; i < 3; i++) {
        HyType *type = &call->arg_types[i];
        if (type->id != HY_TYPE_UNKNOWN && !hy_type_is_datetime(*type))
            return unsupported(call);
        *type = hy_type_nullable(hy_type(HY_TYPE_TIMESTAMP), type->nullable);
    }
    if (!set_unit_argument(call))
        return unsupported(call);
    hy_call_set(call, hy_type(HY_TYPE_INT8), run_diff, HY_SIG_CAN_FAIL);
    return HY_OK;
}

static const HyFunc functions[] = {
    {"date_trunc", HY_FUNC_SCALAR, HY_STABLE, 2, 2, resolve_trunc, NULL,
        "date_trunc(unit text, source) -> timestamp, timestamptz or interval",
        "The start of the unit that a date, timestamp or interval lies in."},
    {"date_add", HY_FUNC_SCALAR, HY_STABLE, 3, 3, resolve_add, NULL,
        "date_add(unit text, count integer, source) -> timestamp or timestamptz",
        "A date or timestamp moved by days, weeks, months .. millennia."},
    {"datediff", HY_FUNC_SCALAR, HY_STABLE, 3, 3, resolve_diff, NULL,
        "datediff(unit text, from timestamp, to timestamp) -> bigint",
        "How many boundaries of the unit lie between two times."},
};
HY_DEFINE_FAMILY(datetime_trunc, functions);
