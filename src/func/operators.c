/* + - * over everything that has them: numbers (arithmetic.c), and dates, times, timestamps and
 * intervals, whose combinations are listed here; and ^. */
#include "func/arithmetic.h"
#include "func/families.h"
#include "func/signature.h"
#include "types/datetime.h"
#include "types/interval.h"

#include <math.h>

static HyStatus out_of_range(const char *what)
{
    return hy_error("22008", "%s out of range", what);
}

/* A kernel over two arguments of types A and B that computes R or fails with out_of_range(WHAT).
 * STEP assigns to r and is true on success; it runs only for rows with values. */
#define DEFINE_CHECKED(name, A, B, R, WHAT, STEP)                                                  \
    static HyStatus name(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,               \
        const HyVector *args, size_t n, HyVector *out)                                             \
    {                                                                                              \
        const A *left = hy_vector_values(&args[0]);                                                \
        const B *right = hy_vector_values(&args[1]);                                               \
        for (size_t i = 0; i < n; i++) {                                                           \
            R r = {0};                                                                             \
            if (!hy_vector_is_null(out, i)) {                                                      \
                A a = left[hy_vector_index(&args[0], i)];                                          \
                B b = right[hy_vector_index(&args[1], i)];                                         \
                if (!(STEP))                                                                       \
                    return out_of_range(WHAT);                                                     \
            }                                                                                      \
            ((R *)out->data)[i] = r;                                                               \
        }                                                                                          \
        return HY_OK;                                                                              \
    }

static bool add_days(int32_t date, int64_t days, int32_t *out)
{
    int64_t sum = date + days;
    *out = (int32_t)sum;
    return sum >= HY_DATE_MIN && sum <= HY_DATE_MAX;
}

static bool join_date_time(int32_t date, int64_t time, uint64_t *out)
{
    *out = hy_timestamp_from_date(date) + (uint64_t)time;
    return *out <= HY_TIMESTAMP_MAX;
}

/* A timestamp moved by a time of day, of `sign` +1 or -1. */
static bool move_timestamp(uint64_t ts, int64_t time, int sign, uint64_t *out)
{
    *out = ts + (uint64_t)(sign * time);
    return *out >= HY_TIMESTAMP_MIN && *out <= HY_TIMESTAMP_MAX;
}

/* The difference of two instants in whole days and the rest, as PostgreSQL gives it. */
static bool difference(uint64_t a, uint64_t b, HyInterval *out)
{
    HyInt128 micros = (HyInt128)a - (HyInt128)b;
    *out = (HyInterval){.micros = (int64_t)(micros % HY_MICROS_PER_DAY),
        .days = (int32_t)(micros / HY_MICROS_PER_DAY)};
    return true;
}

/* Only the microseconds of an interval move a time of day, around midnight. */
static bool move_time(int64_t time, int64_t micros, int64_t *out)
{
    int64_t moved = (time + micros % HY_MICROS_PER_DAY) % HY_MICROS_PER_DAY;
    *out = moved < 0 ? moved + HY_MICROS_PER_DAY : moved;
    return true;
}

static bool time_difference(int64_t a, int64_t b, HyInterval *out)
{
    *out = (HyInterval){.micros = a - b};
    return true;
}

DEFINE_CHECKED(date_plus_days, int32_t, int64_t, int32_t, "date", add_days(a, b, &r))
DEFINE_CHECKED(days_plus_date, int64_t, int32_t, int32_t, "date", add_days(b, a, &r))
DEFINE_CHECKED(date_minus_days, int32_t, int64_t, int32_t, "date", add_days(a, -b, &r))
DEFINE_CHECKED(date_minus_date, int32_t, int32_t, int32_t, "date", (r = a - b, true))
DEFINE_CHECKED(date_plus_time, int32_t, int64_t, uint64_t, "timestamp", join_date_time(a, b, &r))
DEFINE_CHECKED(time_plus_date, int64_t, int32_t, uint64_t, "timestamp", join_date_time(b, a, &r))
DEFINE_CHECKED(date_minus_time, int32_t, int64_t, uint64_t, "timestamp",
    move_timestamp(hy_timestamp_from_date(a), b, -1, &r))
DEFINE_CHECKED(ts_plus_time, uint64_t, int64_t, uint64_t, "timestamp", move_timestamp(a, b, 1, &r))
DEFINE_CHECKED(time_plus_ts, int64_t, uint64_t, uint64_t, "timestamp", move_timestamp(b, a, 1, &r))
DEFINE_CHECKED(
    ts_minus_time, uint64_t, int64_t, uint64_t, "timestamp", move_timestamp(a, b, -1, &r))
DEFINE_CHECKED(ts_plus_interval, uint64_t, HyInterval, uint64_t, "timestamp",
    hy_timestamp_add_interval(a, b, 1, &r))
DEFINE_CHECKED(interval_plus_ts, HyInterval, uint64_t, uint64_t, "timestamp",
    hy_timestamp_add_interval(b, a, 1, &r))
DEFINE_CHECKED(ts_minus_interval, uint64_t, HyInterval, uint64_t, "timestamp",
    hy_timestamp_add_interval(a, b, -1, &r))
DEFINE_CHECKED(tz_plus_interval, uint64_t, HyInterval, uint64_t, "timestamp",
    hy_timestamptz_add_interval(a, b, 1, env->style->time_zone, &r))
DEFINE_CHECKED(interval_plus_tz, HyInterval, uint64_t, uint64_t, "timestamp",
    hy_timestamptz_add_interval(b, a, 1, env->style->time_zone, &r))
DEFINE_CHECKED(tz_minus_interval, uint64_t, HyInterval, uint64_t, "timestamp",
    hy_timestamptz_add_interval(a, b, -1, env->style->time_zone, &r))
DEFINE_CHECKED(ts_minus_ts, uint64_t, uint64_t, HyInterval, "interval", difference(a, b, &r))
DEFINE_CHECKED(time_plus_interval, int64_t, HyInterval, int64_t, "time", move_time(a, b.micros, &r))
DEFINE_CHECKED(interval_plus_time, HyInterval, int64_t, int64_t, "time", move_time(b, a.micros, &r))
DEFINE_CHECKED(
    time_minus_interval, int64_t, HyInterval, int64_t, "time", move_time(a, -b.micros, &r))
DEFINE_CHECKED(time_minus_time, int64_t, int64_t, HyInterval, "interval", time_difference(a, b, &r))
DEFINE_CHECKED(interval_plus_interval, HyInterval, HyInterval, HyInterval, "interval",
    hy_interval_add(a, b, &r))
DEFINE_CHECKED(interval_minus_interval, HyInterval, HyInterval, HyInterval, "interval",
    hy_interval_sub(a, b, &r))
DEFINE_CHECKED(
    interval_times, HyInterval, double, HyInterval, "interval", hy_interval_mul(a, b, &r))
DEFINE_CHECKED(
    times_interval, double, HyInterval, HyInterval, "interval", hy_interval_mul(b, a, &r))

static HyStatus interval_divided(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,
    const HyVector *args, size_t n, HyVector *out)
{
    const HyInterval *left = hy_vector_values(&args[0]);
    const double *right = hy_vector_values(&args[1]);
    for (size_t i = 0; i < n; i++) {
        HyInterval r = {0};
        if (!hy_vector_is_null(out, i)) {
            double divisor = right[hy_vector_index(&args[1], i)];
            if (divisor == 0)
                return hy_error("22012", "division by zero");
            if (!hy_interval_div(left[hy_vector_index(&args[0], i)], divisor, &r))
                return out_of_range("interval");
        }
        ((HyInterval *)out->data)[i] = r;
    }
    return HY_OK;
}

static HyStatus interval_negated(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,
    const HyVector *args, size_t n, HyVector *out)
{
    const HyInterval *values = hy_vector_values(&args[0]);
    for (size_t i = 0; i < n; i++) {
        HyInterval r = {0};
        if (!hy_vector_is_null(out, i) &&
            !hy_interval_negate(values[hy_vector_index(&args[0], i)], &r))
            return out_of_range("interval");
        ((HyInterval *)out->data)[i] = r;
    }
    return HY_OK;
}

/* ---- Signatures ---- */

#define DATE     HY_TYPE_DATE
#define TIME     HY_TYPE_TIME
#define TS       HY_TYPE_TIMESTAMP
#define TZ       HY_TYPE_TIMESTAMPTZ
#define INTERVAL HY_TYPE_INTERVAL
#define INT8     HY_TYPE_INT8
#define FLOAT8   HY_TYPE_FLOAT8
#define SIG(a, b, r, kernel)                                                                       \
    {                                                                                              \
        2, {a, b}, r, kernel, HY_SIG_CAN_FAIL                                                      \
    }

static const HySignature plus_sigs[] = {SIG(DATE, INT8, DATE, date_plus_days),
    SIG(INT8, DATE, DATE, days_plus_date), SIG(DATE, TIME, TS, date_plus_time),
    SIG(TIME, DATE, TS, time_plus_date), SIG(TS, TIME, TS, ts_plus_time),
    SIG(TIME, TS, TS, time_plus_ts), SIG(TZ, TIME, TZ, ts_plus_time),
    SIG(TIME, TZ, TZ, time_plus_ts), SIG(TS, INTERVAL, TS, ts_plus_interval),
    SIG(INTERVAL, TS, TS, interval_plus_ts), SIG(TZ, INTERVAL, TZ, tz_plus_interval),
    SIG(INTERVAL, TZ, TZ, interval_plus_tz), SIG(TIME, INTERVAL, TIME, time_plus_interval),
    SIG(INTERVAL, TIME, TIME, interval_plus_time),
    SIG(INTERVAL, INTERVAL, INTERVAL, interval_plus_interval)};

static const HySignature minus_sigs[] = {SIG(DATE, INT8, DATE, date_minus_days),
    SIG(DATE, DATE, HY_TYPE_INT4, date_minus_date), SIG(DATE, TIME, TS, date_minus_time),
    SIG(TS, TIME, TS, ts_minus_time), SIG(TZ, TIME, TZ, ts_minus_time),
    SIG(TS, INTERVAL, TS, ts_minus_interval), SIG(TZ, INTERVAL, TZ, tz_minus_interval),
    SIG(TS, TS, INTERVAL, ts_minus_ts), SIG(TZ, TZ, INTERVAL, ts_minus_ts),
    SIG(TIME, INTERVAL, TIME, time_minus_interval), SIG(TIME, TIME, INTERVAL, time_minus_time),
    SIG(INTERVAL, INTERVAL, INTERVAL, interval_minus_interval)};

static const HySignature times_sigs[] = {SIG(INTERVAL, FLOAT8, INTERVAL, interval_times),
    SIG(FLOAT8, INTERVAL, INTERVAL, times_interval)};

static const HySignature divide_sigs[] = {SIG(INTERVAL, FLOAT8, INTERVAL, interval_divided)};

static const HySignature negate_sigs[] = {
    {1, {INTERVAL}, INTERVAL, interval_negated, HY_SIG_CAN_FAIL}};

/* Whether some operand is a date, time or interval, so that the lists above decide. */
static bool is_temporal(const HyFuncCall *call)
{
    for (size_t i = 0; i < call->n_args; i++) {
        HyTypeId id = call->arg_types[i].id;
        if (hy_type_is_datetime(call->arg_types[i]) || id == TIME || id == INTERVAL)
            return true;
    }
    return false;
}

static bool is_null_literal(const HyFuncCall *call, size_t i)
{
    const HyValue *value = call->consts ? call->consts[i] : NULL;
    return call->arg_types[i].id == HY_TYPE_UNKNOWN && value && value->is_null;
}

/* The few combinations in which NULL stands for a type: x - x, interval + interval, days + date and
 * number * interval. Others are refused. */
static HyStatus type_null_literal(HyFuncCall *call)
{
    char op = call->func->name[0];
    bool is_left = is_null_literal(call, 0);
    HyTypeId other = call->arg_types[is_left].id;
    HyTypeId type = HY_TYPE_UNKNOWN;
    if (is_left)
        type = op == '+' && other == DATE ? INT8 : op == '*' && other == INTERVAL ? FLOAT8 : type;
    else if (op == '-' || (op == '+' && other == INTERVAL))
        type = other;
    if (type == HY_TYPE_UNKNOWN)
        return hy_call_requires(call, "numerical arguments");
    call->arg_types[!is_left] = hy_type(type);
    return HY_OK;
}

static HyStatus resolve_operator(HyFuncCall *call)
{
    if (!is_temporal(call))
        return call->func->name[0] == '/' ? hy_resolve_division(call)
                                          : hy_resolve_number_operator(call);
    if (call->n_args == 1)
        return hy_resolve_list(call, HY_SIGNATURES(negate_sigs));
    if (is_null_literal(call, 0) || is_null_literal(call, 1))
        HY_TRY(type_null_literal(call));
    switch (call->func->name[0]) {
    case '+':
        return hy_resolve_list(call, HY_SIGNATURES(plus_sigs));
    case '-':
        return hy_resolve_list(call, HY_SIGNATURES(minus_sigs));
    case '*':
        return hy_resolve_list(call, HY_SIGNATURES(times_sigs));
    default:
        return hy_resolve_list(call, HY_SIGNATURES(divide_sigs));
    }
}

static const HyFunc functions[] = {
    {"+", HY_FUNC_SCALAR, HY_STABLE, 1, 2, resolve_operator, NULL, "a + b",
        "Sum of numbers; a date or time moved by days or an interval."},
    {"-", HY_FUNC_SCALAR, HY_STABLE, 1, 2, resolve_operator, NULL, "a - b",
        "Difference of numbers, dates, times; a date or time moved back; the negative."},
    {"*", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_operator, NULL, "a * b",
        "Product of numbers; an interval scaled."},
    {"/", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_operator, NULL, "a / b",
        "Quotient of numbers (integers truncate toward zero); an interval divided."},
};
HY_DEFINE_FAMILY(operators, functions);
