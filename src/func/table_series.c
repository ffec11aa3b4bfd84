/* generate_series over integers, numerics, doubles, dates and timestamps. */
#include "func/families.h"
#include "func/series.h"
#include "func/signature.h"
#include "types/datetime.h"
#include "types/interval.h"
#include "types/numeric.h"

#include <math.h>

/* Collects values of one column and hands them on in full pieces. */
typedef struct SeriesWriter {
    HyFuncEnv *env;
    HyRowset *out;
    HyVector column;
    size_t n;
} SeriesWriter;

static HyStatus open_writer(HyFuncEnv *env, const HyFuncCall *call, HyRowset *out, SeriesWriter *w)
{
    *w = (SeriesWriter){.env = env, .out = out};
    return hy_vector_alloc(env->arena, call->columns[0], HY_VECTOR_SIZE, &w->column);
}

static HyStatus flush(SeriesWriter *w)
{
    HyBatch batch = {.n_rows = w->n, .n_cols = 1, .cols = &w->column};
    w->n = 0;
    HY_TRY(hy_cancel_check(w->env->cancel));
    return batch.n_rows ? hy_rowset_append(w->out, &batch) : HY_OK;
}

/* Adds one value of C type T. */
#define PUT(w, T, value)                                                                           \
    do {                                                                                           \
        ((T *)(w)->column.data)[(w)->n++] = (value);                                               \
        if ((w)->n == HY_VECTOR_SIZE)                                                              \
            HY_TRY(flush(w));                                                                      \
    } while (0)

static HyStatus zero_step(void)
{
    return hy_error("22012", "step size cannot equal zero");
}

static bool any_null(const HyFuncCall *call, const HyValue *args)
{
    for (size_t i = 0; i < call->n_args; i++)
        if (args[i].is_null)
            return true;
    return false;
}

/* Steps without leaving the type: the loop ends where the next value would overflow. */
#define DEFINE_SERIES(name, T, FIELD)                                                              \
    static HyStatus name(                                                                          \
        HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out)                \
    {                                                                                              \
        SeriesWriter w;                                                                            \
        if (any_null(call, args))                                                                  \
            return HY_OK;                                                                          \
        T step = call->n_args == 3 ? args[2].FIELD : 1;                                            \
        if (step == 0)                                                                             \
            return zero_step();                                                                    \
        HY_TRY(open_writer(env, call, out, &w));                                                   \
        T v = args[0].FIELD;                                                                       \
        while (step > 0 ? v <= args[1].FIELD : v >= args[1].FIELD) {                               \
            PUT(&w, T, v);                                                                         \
            if (__builtin_add_overflow(v, step, &v))                                               \
                break;                                                                             \
        }                                                                                          \
        return flush(&w);                                                                          \
    }
DEFINE_SERIES(series_int4, int32_t, i32)
DEFINE_SERIES(series_int8, int64_t, i64)

/* All three have the same scale, hence are integers of one unit; the default step is 1. */
static HyStatus series_numeric(
    HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out)
{
    SeriesWriter w;
    bool is_wide = hy_type_physical(call->columns[0]) == HY_PHYS_I128;
    HyInt128 bounds[3] = {0, 0, hy_numeric_pow10[call->columns[0].scale]};
    if (any_null(call, args))
        return HY_OK;
    for (size_t i = 0; i < call->n_args; i++)
        bounds[i] = is_wide ? args[i].i128 : args[i].i64;
    if (bounds[2] == 0)
        return zero_step();
    HY_TRY(open_writer(env, call, out, &w));
    for (HyInt128 v = bounds[0]; bounds[2] > 0 ? v <= bounds[1] : v >= bounds[1]; v += bounds[2]) {
        if (is_wide)
            PUT(&w, HyInt128, v);
        else
            PUT(&w, int64_t, (int64_t)v);
    }
    return flush(&w);
}

static HyStatus series_double(
    HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out)
{
    SeriesWriter w;
    if (any_null(call, args))
        return HY_OK;
    double step = call->n_args == 3 ? args[2].f64 : 1;
    if (step == 0 || isnan(step) || !isfinite(args[0].f64))
        return zero_step();
    HY_TRY(open_writer(env, call, out, &w));
    double v = args[0].f64;
    while (step > 0 ? v <= args[1].f64 : v >= args[1].f64) {
        PUT(&w, double, v);
        if (v + step == v)
            break; /* the step is too small to move */
        v += step;
    }
    return flush(&w);
}

/* The direction of an interval; 0 for none. */
static int interval_sign(HyInterval step)
{
    static const HyInterval zero = {0};
    return hy_interval_compare(step, zero);
}

/* start + k * step: months are not added one by one, so that the day of the start is kept where a
 * month has it. False: outside the limits. */
static bool nth_timestamp(
    uint64_t start, HyInterval step, int64_t k, const HyTimeZone *zone, uint64_t *out)
{
    HyInterval total;
    int64_t months, days;
    if (__builtin_mul_overflow((int64_t)step.months, k, &months) ||
        __builtin_mul_overflow((int64_t)step.days, k, &days) ||
        __builtin_mul_overflow(step.micros, k, &total.micros) || months != (int32_t)months ||
        days != (int32_t)days)
        return false;
    total.months = (int32_t)months;
    total.days = (int32_t)days;
    return zone ? hy_timestamptz_add_interval(start, total, 1, zone, out)
                : hy_timestamp_add_interval(start, total, 1, out);
}

/* Dates are counted as timestamps: a step may be a part of a day. */
static HyStatus series_timestamp(
    HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out)
{
    SeriesWriter w;
    if (any_null(call, args))
        return HY_OK;
    HyInterval step = args[2].interval;
    int sign = interval_sign(step);
    bool is_date = call->columns[0].id == HY_TYPE_DATE;
    const HyTimeZone *zone =
        call->columns[0].id == HY_TYPE_TIMESTAMPTZ ? env->style->time_zone : NULL;
    if (sign == 0)
        return zero_step();
    HY_TRY(open_writer(env, call, out, &w));
    uint64_t start = is_date ? hy_timestamp_from_date(args[0].i32) : args[0].u64;
    uint64_t stop = is_date ? hy_timestamp_from_date(args[1].i32) : args[1].u64;
    uint64_t v = start;
    for (int64_t k = 1; sign > 0 ? v <= stop : v >= stop; k++) {
        if (is_date)
            PUT(&w, int32_t, hy_timestamp_date(v));
        else
            PUT(&w, uint64_t, v);
        if (!nth_timestamp(start, step, k, zone, &v))
            break;
    }
    return flush(&w);
}

/* ---- Resolver ---- */

static const HyTableFunction int4_function = {series_int4};
static const HyTableFunction int8_function = {series_int8};
static const HyTableFunction numeric_function = {series_numeric};
static const HyTableFunction double_function = {series_double};
static const HyTableFunction timestamp_function = {series_timestamp};

static HyStatus set_series(HyFuncCall *call, HyType type, const HyTableFunction *function)
{
    HY_ARENA_NEW(call->arena, call->columns, 1);
    HY_ARENA_NEW(call->arena, call->column_names, 1);
    call->columns[0] = hy_type_nullable(type, false);
    call->column_names[0] = call->func->name;
    call->n_columns = 1;
    call->table = function;
    call->result = call->columns[0];
    call->can_fail = true;
    return HY_OK;
}

static HyStatus resolve_temporal(HyFuncCall *call)
{
    HyType type;
    if (call->n_args != 3 || !hy_type_common(call->arg_types[0], call->arg_types[1], &type) ||
        !hy_type_is_datetime(type) || call->arg_types[2].id != HY_TYPE_INTERVAL)
        return hy_error("42601", "incorrect argument types when calling \"%s\"", call->func->name);
    call->arg_types[0] = call->arg_types[1] = hy_type_nullable(type, true);
    return set_series(call, type, &timestamp_function);
}

HyStatus hy_resolve_series(HyFuncCall *call)
{
    HyType type = call->arg_types[0];
    for (size_t i = 0; i < call->n_args; i++)
        if (hy_type_is_datetime(call->arg_types[i]))
            return resolve_temporal(call);
    for (size_t i = 0; i < call->n_args; i++)
        if ((!hy_type_is_number(call->arg_types[i]) && call->arg_types[i].id != HY_TYPE_UNKNOWN) ||
            !hy_type_common(type, call->arg_types[i], &type))
            return hy_error(
                "42601", "incorrect argument types when calling \"%s\"", call->func->name);
    if (type.id == HY_TYPE_FLOAT4)
        type = hy_type(HY_TYPE_FLOAT8);
    else if (type.id == HY_TYPE_INT2 || type.id == HY_TYPE_UNKNOWN)
        type = hy_type(HY_TYPE_INT4);
    else if (type.id == HY_TYPE_OID)
        type = hy_type(HY_TYPE_INT8);
    for (size_t i = 0; i < call->n_args; i++)
        call->arg_types[i] = hy_type_nullable(type, true);
    return set_series(call, type,
        type.id == HY_TYPE_INT4     ? &int4_function
        : type.id == HY_TYPE_INT8   ? &int8_function
        : type.id == HY_TYPE_FLOAT8 ? &double_function
                                    : &numeric_function);
}

static const HyFunc functions[] = {
    {"generate_series", HY_FUNC_TABLE, HY_IMMUTABLE, 2, 3, hy_resolve_series, NULL,
        "generate_series(start, stop [, step]) -> setof start",
        "The values from start to stop, both included, `step` (1) apart."},
    {"sequence", HY_FUNC_TABLE, HY_IMMUTABLE, 2, 3, hy_resolve_series, NULL,
        "sequence(start, stop [, step]) -> setof start", "generate_series by another name."},
};
HY_DEFINE_FAMILY(table_series, functions);
