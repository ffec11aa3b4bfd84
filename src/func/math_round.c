/* abs, sign, ceil, floor, round, trunc. Integers and numerics stay exact: the result keeps the
 * declared scale (spec/sql.md section 16, trap 3), integers count as numeric(p,0). Floats give
 * double precision, and round to even. */
#include "func/families.h"
#include "func/signature.h"
#include "types/interval.h"
#include "types/numeric.h"

#include <math.h>

typedef enum RoundMode { MODE_ROUND, MODE_TRUNC, MODE_CEIL, MODE_FLOOR } RoundMode;

/* Of the function's entry: which way, and what a call leaves for its kernel. */
typedef struct RoundPlan {
    RoundMode mode;
} RoundPlan;

/* ---- Exact numbers ---- */

static HyInt128 load_exact(const HyVector *v, size_t row)
{
    size_t i = hy_vector_index(v, row);
    if (hy_type_physical(v->type) == HY_PHYS_I128)
        return ((const HyInt128 *)hy_vector_values(v))[i];
    return ((const int64_t *)hy_vector_values(v))[i];
}

static void store_exact(HyVector *out, size_t row, HyInt128 value)
{
    if (hy_type_physical(out->type) == HY_PHYS_I128)
        ((HyInt128 *)out->data)[row] = value;
    else
        ((int64_t *)out->data)[row] = (int64_t)value;
}

/* `v` with its last `digits` decimal digits made zero, by the mode. */
static HyInt128 round_exact(HyInt128 v, int digits, RoundMode mode)
{
    if (digits <= 0)
        return v;
    if (digits > HY_NUMERIC_MAX_PRECISION)
        return 0;
    HyInt128 unit = hy_numeric_pow10[digits];
    HyInt128 rest = v % unit;
    HyInt128 cut = v - rest;
    switch (mode) {
    case MODE_TRUNC:
        return cut;
    case MODE_CEIL:
        return rest > 0 ? cut + unit : cut;
    case MODE_FLOOR:
        return rest < 0 ? cut - unit : cut;
    case MODE_ROUND:
        break;
    }
    return hy_numeric_round_digits(v, digits) * unit;
}

/* The second argument counts digits behind the point; before it when negative. */
static int64_t digits_of(const HyFuncCall *call, const HyVector *args, size_t row)
{
    if (call->n_args < 2)
        return 0;
    return ((const int64_t *)hy_vector_values(&args[1]))[hy_vector_index(&args[1], row)];
}

/* A result may have one digit more than its type says, 99.9 becomes 100.0: it fits its memory, and
 * the genuine server lets it pass. */
static HyStatus run_exact(
    HyFuncEnv *env HY_UNUSED, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    RoundMode mode = ((const RoundPlan *)call->func->data)->mode;
    for (size_t i = 0; i < n; i++) {
        HyInt128 v = 0;
        if (!hy_vector_is_null(out, i)) {
            int64_t away = call->result.scale - digits_of(call, args, i);
            int digits = away > 100 ? 100 : away < 0 ? 0 : (int)away;
            v = round_exact(load_exact(&args[0], i), digits, mode);
        }
        store_exact(out, i, v);
    }
    return HY_OK;
}

/* ---- Floats ---- */

static double round_whole(double x, RoundMode mode)
{
    switch (mode) {
    case MODE_TRUNC:
        return trunc(x);
    case MODE_CEIL:
        return ceil(x);
    case MODE_FLOOR:
        return floor(x);
    case MODE_ROUND:
        break;
    }
    return rint(x);
}

static double round_digits(double x, int64_t digits, RoundMode mode)
{
    if (digits == 0 || !isfinite(x))
        return round_whole(x, mode);
    if (digits > 300)
        return x;
    double unit = pow(10, (double)(digits < 0 ? -digits : digits));
    double scaled = digits < 0 ? x / unit : x * unit;
    if (!isfinite(scaled))
        return x; /* so large that it has no digits there */
    scaled = mode == MODE_ROUND ? round(scaled) : round_whole(scaled, mode); /* halves away */
    return digits < 0 ? scaled * unit : scaled / unit;
}

static HyStatus run_float(
    HyFuncEnv *env HY_UNUSED, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    RoundMode mode = ((const RoundPlan *)call->func->data)->mode;
    const double *values = hy_vector_values(&args[0]);
    for (size_t i = 0; i < n; i++)
        ((double *)out->data)[i] =
            round_digits(values[hy_vector_index(&args[0], i)], digits_of(call, args, i), mode);
    return HY_OK;
}

static bool is_float(HyType type)
{
    return type.id == HY_TYPE_FLOAT4 || type.id == HY_TYPE_FLOAT8;
}

/* NULL without type and oid count as bigint. */
static HyStatus need_number(HyFuncCall *call)
{
    HyType type = call->arg_types[0];
    if (type.id == HY_TYPE_UNKNOWN || type.id == HY_TYPE_OID)
        call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_INT8), type.nullable);
    return hy_type_is_number(call->arg_types[0]) ? HY_OK
                                                 : hy_call_requires(call, "numerical arguments");
}

static HyStatus resolve_round(HyFuncCall *call)
{
    HY_TRY(need_number(call));
    HyType type = call->arg_types[0];
    if (call->n_args == 2) {
        HyType digits = call->arg_types[1];
        if (digits.id != HY_TYPE_INT2 && digits.id != HY_TYPE_INT4 && digits.id != HY_TYPE_UNKNOWN)
            return hy_call_requires(call, "an integer number of digits");
        call->arg_types[1] = hy_type_nullable(hy_type(HY_TYPE_INT8), digits.nullable);
    }
    if (is_float(type)) {
        call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_FLOAT8), type.nullable);
        hy_call_set(call, hy_type(HY_TYPE_FLOAT8), run_float, HY_SIG_PLAIN);
    } else {
        call->arg_types[0] = hy_numeric_type_of(type);
        hy_call_set(call, call->arg_types[0], run_exact, HY_SIG_PLAIN);
    }
    return HY_OK;
}

/* ---- abs and sign ---- */

#define DEFINE_ABS(name, T, FAILS)                                                                 \
    static HyStatus name(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,               \
        const HyVector *args, size_t n, HyVector *out)                                             \
    {                                                                                              \
        const T *values = hy_vector_values(&args[0]);                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            T x = values[hy_vector_index(&args[0], i)];                                            \
            if (HY_UNLIKELY(FAILS) && !hy_vector_is_null(out, i))                                  \
                return hy_numeric_overflow();                                                      \
            ((T *)out->data)[i] = (T)(x < 0 && !(FAILS) ? -x : x);                                 \
        }                                                                                          \
        return HY_OK;                                                                              \
    }
DEFINE_ABS(abs_i16, int16_t, x == INT16_MIN)
DEFINE_ABS(abs_i32, int32_t, x == INT32_MIN)
DEFINE_ABS(abs_i64, int64_t, x == INT64_MIN)
DEFINE_ABS(abs_i128, HyInt128, false)

#define DEFINE_FLOAT_ABS(name, T, fn)                                                              \
    static HyStatus name(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,               \
        const HyVector *args, size_t n, HyVector *out)                                             \
    {                                                                                              \
        const T *values = hy_vector_values(&args[0]);                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            ((T *)out->data)[i] = fn(values[hy_vector_index(&args[0], i)]);                        \
        return HY_OK;                                                                              \
    }
DEFINE_FLOAT_ABS(abs_f32, float, fabsf)
DEFINE_FLOAT_ABS(abs_f64, double, fabs)

static double sign_of(double x)
{
    return isnan(x) ? x : (double)((x > 0) - (x < 0));
}
DEFINE_FLOAT_ABS(sign_f64, double, sign_of)

#define DEFINE_SIGN(name, T)                                                                       \
    static HyStatus name(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,               \
        const HyVector *args, size_t n, HyVector *out)                                             \
    {                                                                                              \
        const T *values = hy_vector_values(&args[0]);                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            T x = values[hy_vector_index(&args[0], i)];                                            \
            ((T *)out->data)[i] = (T)((x > 0) - (x < 0));                                          \
        }                                                                                          \
        return HY_OK;                                                                              \
    }
DEFINE_SIGN(sign_i16, int16_t)
DEFINE_SIGN(sign_i32, int32_t)
DEFINE_SIGN(sign_i64, int64_t)

static HyStatus sign_numeric(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,
    const HyVector *args, size_t n, HyVector *out)
{
    for (size_t i = 0; i < n; i++) {
        HyInt128 x = load_exact(&args[0], i);
        store_exact(out, i, (x > 0) - (x < 0));
    }
    return HY_OK;
}

/* ---- Intervals ---- */

/* Each field by itself. */
static HyStatus abs_interval(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,
    const HyVector *args, size_t n, HyVector *out)
{
    const HyInterval *values = hy_vector_values(&args[0]);
    for (size_t i = 0; i < n; i++) {
        HyInterval v = values[hy_vector_index(&args[0], i)];
        HyInterval negative;
        if (!hy_vector_is_null(out, i) && !hy_interval_negate(v, &negative))
            return hy_numeric_overflow();
        ((HyInterval *)out->data)[i] =
            (HyInterval){.months = v.months < 0 ? negative.months : v.months,
                .days = v.days < 0 ? negative.days : v.days,
                .micros = v.micros < 0 ? negative.micros : v.micros};
    }
    return HY_OK;
}

static HyStatus sign_interval(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,
    const HyVector *args, size_t n, HyVector *out)
{
    const HyInterval *values = hy_vector_values(&args[0]);
    for (size_t i = 0; i < n; i++) {
        int c = hy_interval_compare(values[hy_vector_index(&args[0], i)], (HyInterval){0});
        ((int32_t *)out->data)[i] = (c > 0) - (c < 0);
    }
    return HY_OK;
}

/* ---- Resolvers ---- */

static HyStatus resolve_abs(HyFuncCall *call)
{
    static const HyScalarKernel kernels[HY_PHYS_COUNT] = {[HY_PHYS_I16] = abs_i16,
        [HY_PHYS_I32] = abs_i32,
        [HY_PHYS_I64] = abs_i64,
        [HY_PHYS_I128] = abs_i128,
        [HY_PHYS_F32] = abs_f32,
        [HY_PHYS_F64] = abs_f64};
    if (call->arg_types[0].id == HY_TYPE_INTERVAL) {
        hy_call_set(call, call->arg_types[0], abs_interval, HY_SIG_CAN_FAIL);
        return HY_OK;
    }
    HY_TRY(need_number(call));
    HyType type = call->arg_types[0];
    hy_call_set(call, type, kernels[hy_type_physical(type)], HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus resolve_sign(HyFuncCall *call)
{
    if (call->arg_types[0].id == HY_TYPE_INTERVAL) {
        hy_call_set(call, hy_type(HY_TYPE_INT4), sign_interval, HY_SIG_PLAIN);
        return HY_OK;
    }
    HY_TRY(need_number(call));
    HyType type = call->arg_types[0];
    if (is_float(type)) {
        call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_FLOAT8), type.nullable);
        hy_call_set(call, hy_type(HY_TYPE_FLOAT8), sign_f64, HY_SIG_PLAIN);
    } else if (type.id == HY_TYPE_NUMERIC) {
        hy_call_set(call, hy_type_numeric(type.precision, 0), sign_numeric, HY_SIG_PLAIN);
    } else {
        hy_call_set(call, type,
            type.id == HY_TYPE_INT2   ? sign_i16
            : type.id == HY_TYPE_INT4 ? sign_i32
                                      : sign_i64,
            HY_SIG_PLAIN);
    }
    return HY_OK;
}

/* ---- Registry ---- */

#define ROUNDING(name, mode, max_args, more, doc)                                                  \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, 1, max_args, resolve_round, &(const RoundPlan){mode},  \
            name "(number" more ") -> number", doc                                                 \
    }
static const HyFunc functions[] = {
    ROUNDING("round", MODE_ROUND, 2, " [, digits integer]",
        "Nearest number with that many digits (0) behind the point: halves away from zero, of "
        "doubles without digits to even."),
    ROUNDING("trunc", MODE_TRUNC, 2, " [, digits integer]", "Digits cut off toward zero."),
    ROUNDING("ceil", MODE_CEIL, 1, "", "Smallest whole number that is not less."),
    ROUNDING("ceiling", MODE_CEIL, 1, "", "Smallest whole number that is not less."),
    ROUNDING("floor", MODE_FLOOR, 1, "", "Largest whole number that is not greater."),
    {"abs", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_abs, NULL, "abs(number) -> number",
        "Absolute value."},
    {"@", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_abs, NULL, "@ number", "Absolute value."},
    {"sign", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_sign, NULL, "sign(number) -> number",
        "-1, 0 or 1."},
};
HY_DEFINE_FAMILY(math_round, functions);
