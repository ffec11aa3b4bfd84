/* Functions of real numbers: roots, powers, logarithms, trigonometry. All compute in double
 * precision; arguments outside a function's domain are errors, and null in the try_ forms. */
#include "func/families.h"
#include "func/signature.h"
#include "types/interval.h"

#include <math.h>

#ifndef M_PI
#define M_PI 3.14159265358979323846
#endif

typedef enum MathFault {
    MATH_FINE,
    MATH_OUT_OF_RANGE,
    MATH_NEGATIVE_ROOT,
    MATH_LOG_ZERO,
    MATH_LOG_NEGATIVE,
    MATH_ZERO_TO_NEGATIVE,
    MATH_NEGATIVE_POWER,
    MATH_DIVISION_BY_ZERO
} MathFault;

static HyStatus math_error(MathFault fault)
{
    switch (fault) {
    case MATH_NEGATIVE_ROOT:
        return hy_error("2201F", "cannot take square root of a negative number");
    case MATH_LOG_ZERO:
        return hy_error("2201E", "cannot take logarithm of zero");
    case MATH_LOG_NEGATIVE:
        return hy_error("2201E", "cannot take logarithm of a negative number");
    case MATH_ZERO_TO_NEGATIVE:
        return hy_error("2201F", "zero raised to a negative power is undefined");
    case MATH_NEGATIVE_POWER:
        return hy_error(
            "2201F", "a negative number raised to a non-integer power yields a complex result");
    case MATH_DIVISION_BY_ZERO:
        return hy_error("22012", "division by zero");
    default:
        return hy_error("22003", "input out of range");
    }
}

/* ---- One argument ---- */

/* Sets the fault, if any, and gives the value. */
typedef double (*MathFn)(double x, MathFault *fault);

static double fn_sqrt(double x, MathFault *fault)
{
    if (x < 0)
        *fault = MATH_NEGATIVE_ROOT;
    return sqrt(x);
}
static double check_log(double x, MathFault *fault)
{
    if (x == 0)
        *fault = MATH_LOG_ZERO;
    else if (x < 0)
        *fault = MATH_LOG_NEGATIVE;
    return x;
}
static double fn_ln(double x, MathFault *fault)
{
    return log(check_log(x, fault));
}
/* try_ln and try_log have no value for NaN either. */
static double fn_try_ln(double x, MathFault *fault)
{
    if (isnan(x))
        *fault = MATH_OUT_OF_RANGE;
    return fn_ln(x, fault);
}
static double fn_log10(double x, MathFault *fault)
{
    return log10(check_log(x, fault));
}
static double fn_try_log10(double x, MathFault *fault)
{
    if (isnan(x))
        *fault = MATH_OUT_OF_RANGE;
    return fn_log10(x, fault);
}
static double check_unit(double x, MathFault *fault)
{
    if (x < -1 || x > 1)
        *fault = MATH_OUT_OF_RANGE;
    return x;
}
static double fn_acos(double x, MathFault *fault)
{
    return acos(check_unit(x, fault));
}
static double fn_asin(double x, MathFault *fault)
{
    return asin(check_unit(x, fault));
}
#define PLAIN_FN(name, expr)                                                                       \
    static double name(double x, MathFault *fault HY_UNUSED)                                       \
    {                                                                                              \
        return expr;                                                                               \
    }
PLAIN_FN(fn_exp, exp(x))
PLAIN_FN(fn_cos, cos(x))
PLAIN_FN(fn_sin, sin(x))
PLAIN_FN(fn_tan, tan(x))
PLAIN_FN(fn_cot, 1 / tan(x))
PLAIN_FN(fn_cbrt, cbrt(x))
PLAIN_FN(fn_atan, atan(x))
PLAIN_FN(fn_degrees, x *(180 / M_PI))
PLAIN_FN(fn_radians, x *(M_PI / 180))

static HyStatus set_null(HyFuncEnv *env, HyVector *out, size_t n, size_t i)
{
    HY_TRY(hy_vector_need_validity(env->arena, out, n));
    hy_bitmap_clear(out->validity, i);
    return HY_OK;
}

/* What a call of this family leaves for its kernel. */
typedef struct MathPlan {
    MathFn fn;
    bool is_try;
    bool keeps_infinity; /* try_: an infinite result is one, no fault */
} MathPlan;

static HyStatus run_unary(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    const MathPlan *plan = call->bind_data;
    const double *values = hy_vector_values(&args[0]);
    double *results = out->data;
    for (size_t i = 0; i < n; i++) {
        MathFault fault = MATH_FINE;
        results[i] = plan->fn(values[hy_vector_index(&args[0], i)], &fault);
        if (plan->is_try && !plan->keeps_infinity && isinf(results[i]))
            fault = MATH_OUT_OF_RANGE;
        if (HY_LIKELY(fault == MATH_FINE) || hy_vector_is_null(out, i))
            continue;
        if (!plan->is_try)
            return math_error(fault);
        HY_TRY(set_null(env, out, n, i));
    }
    return HY_OK;
}

/* ---- Two arguments ---- */

static double power_of(double base, double exponent, MathFault *fault)
{
    if (base == 0 && exponent < 0)
        *fault = MATH_ZERO_TO_NEGATIVE;
    else if (base < 0 && isfinite(exponent) && exponent != floor(exponent))
        *fault = MATH_NEGATIVE_POWER;
    return pow(base, exponent);
}

/* log(base, x) */
static double log_of(double base, double x, MathFault *fault)
{
    double divisor = log(check_log(base, fault));
    double result = log(check_log(x, fault));
    if (*fault == MATH_FINE && divisor == 0)
        *fault = MATH_DIVISION_BY_ZERO;
    return result / divisor;
}

static double try_log_of(double base, double x, MathFault *fault)
{
    if (isnan(base) || isnan(x))
        *fault = MATH_OUT_OF_RANGE;
    return log_of(base, x, fault);
}

static double atan2_of(double y, double x, MathFault *fault HY_UNUSED)
{
    return atan2(y, x);
}

typedef double (*MathFn2)(double a, double b, MathFault *fault);
typedef struct MathPlan2 {
    MathFn2 fn;
    bool is_try;
} MathPlan2;

static HyStatus run_binary(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    const MathPlan2 *plan = call->bind_data;
    const double *a = hy_vector_values(&args[0]);
    const double *b = hy_vector_values(&args[1]);
    double *results = out->data;
    for (size_t i = 0; i < n; i++) {
        MathFault fault = MATH_FINE;
        results[i] =
            plan->fn(a[hy_vector_index(&args[0], i)], b[hy_vector_index(&args[1], i)], &fault);
        if (HY_LIKELY(fault == MATH_FINE) || hy_vector_is_null(out, i))
            continue;
        if (!plan->is_try)
            return math_error(fault);
        HY_TRY(set_null(env, out, n, i));
    }
    return HY_OK;
}

/* ---- Resolvers ---- */

static HyStatus all_to_double(HyFuncCall *call)
{
    for (size_t i = 0; i < call->n_args; i++) {
        HyType type = call->arg_types[i];
        if (!hy_type_is_number(type) && type.id != HY_TYPE_UNKNOWN)
            return hy_call_requires(call, "numerical arguments");
        call->arg_types[i] = hy_type_nullable(hy_type(HY_TYPE_FLOAT8), type.nullable);
    }
    return HY_OK;
}

static HyStatus resolve_unary(HyFuncCall *call)
{
    HY_TRY(all_to_double(call));
    call->bind_data = call->func->data;
    bool is_try = ((const MathPlan *)call->bind_data)->is_try;
    hy_call_set(
        call, hy_type(HY_TYPE_FLOAT8), run_unary, is_try ? HY_SIG_MAY_NULL : HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus resolve_binary(HyFuncCall *call)
{
    HY_TRY(all_to_double(call));
    call->bind_data = call->func->data;
    bool is_try = ((const MathPlan2 *)call->bind_data)->is_try;
    hy_call_set(
        call, hy_type(HY_TYPE_FLOAT8), run_binary, is_try ? HY_SIG_MAY_NULL : HY_SIG_CAN_FAIL);
    return HY_OK;
}

/* degrees and radians take intervals too: the fields are scaled. */
static HyStatus run_interval(
    HyFuncEnv *env HY_UNUSED, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    const HyInterval *values = hy_vector_values(&args[0]);
    double factor = call->func->name[0] == 'd' ? 180 / M_PI : M_PI / 180;
    for (size_t i = 0; i < n; i++) {
        HyInterval r = {0};
        if (!hy_vector_is_null(out, i) &&
            !hy_interval_mul(values[hy_vector_index(&args[0], i)], factor, &r))
            return hy_error("22008", "interval out of range");
        ((HyInterval *)out->data)[i] = r;
    }
    return HY_OK;
}

static HyStatus resolve_angle(HyFuncCall *call)
{
    if (call->arg_types[0].id != HY_TYPE_INTERVAL)
        return resolve_unary(call);
    hy_call_set(call, hy_type(HY_TYPE_INTERVAL), run_interval, HY_SIG_CAN_FAIL);
    return HY_OK;
}

/* log(x) is the decimal logarithm, log(base, x) the one to a base. */
static const MathPlan log10_plan = {fn_log10, false, false};
static const MathPlan try_log10_plan = {fn_try_log10, true, false};
static HyStatus resolve_log(HyFuncCall *call)
{
    if (call->n_args == 2)
        return resolve_binary(call);
    bool is_try = call->func->name[0] == 't';
    HY_TRY(all_to_double(call));
    call->bind_data = is_try ? &try_log10_plan : &log10_plan;
    hy_call_set(
        call, hy_type(HY_TYPE_FLOAT8), run_unary, is_try ? HY_SIG_MAY_NULL : HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus run_pi(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,
    const HyVector *args HY_UNUSED, size_t n, HyVector *out)
{
    for (size_t i = 0; i < n; i++)
        ((double *)out->data)[i] = M_PI;
    return HY_OK;
}

static HyStatus resolve_pi(HyFuncCall *call)
{
    hy_call_set(call, hy_type(HY_TYPE_FLOAT8), run_pi, HY_SIG_NOT_NULL);
    return HY_OK;
}

/* ---- Registry ---- */

#define UNARY(name, fn, doc)                                                                       \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_unary,                                   \
            &(const MathPlan){fn, false, false}, name "(x number) -> double precision", doc        \
    }
#define ROOT(name, fn, doc)                                                                        \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_unary,                                   \
            &(const MathPlan){fn, false, false}, name " x -> double precision", doc                \
    }
#define TRY_UNARY(name, fn, doc)                                                                   \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_unary,                                   \
            &(const MathPlan){fn, true, false}, name "(x number) -> double precision", doc         \
    }
#define BINARY(name, fn, is_try, args, doc)                                                        \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_binary, &(const MathPlan2){fn, is_try},  \
            name args " -> double precision", doc                                                  \
    }
static const HyFunc functions[] = {
    UNARY("sqrt", fn_sqrt, "Square root."),
    ROOT("|/", fn_sqrt, "Square root."),
    UNARY("cbrt", fn_cbrt, "Cube root."),
    ROOT("||/", fn_cbrt, "Cube root."),
    UNARY("exp", fn_exp, "e raised to x."),
    UNARY("ln", fn_ln, "Natural logarithm."),
    UNARY("acos", fn_acos, "Inverse cosine, in radians."),
    UNARY("asin", fn_asin, "Inverse sine, in radians."),
    UNARY("atan", fn_atan, "Inverse tangent, in radians."),
    UNARY("cos", fn_cos, "Cosine of an angle in radians."),
    UNARY("sin", fn_sin, "Sine of an angle in radians."),
    UNARY("tan", fn_tan, "Tangent of an angle in radians."),
    UNARY("cot", fn_cot, "Cotangent of an angle in radians."),
    {"degrees", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_angle,
        &(const MathPlan){fn_degrees, false, false}, "degrees(x) -> double precision or interval",
        "Radians as degrees."},
    {"radians", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_angle,
        &(const MathPlan){fn_radians, false, false}, "radians(x) -> double precision or interval",
        "Degrees as radians."},
    {"try_sqrt", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_unary,
        &(const MathPlan){fn_sqrt, true, true}, "try_sqrt(x number) -> double precision",
        "Square root, null for negative numbers."},
    TRY_UNARY("try_ln", fn_try_ln, "Natural logarithm, null where there is none."),
    TRY_UNARY("try_acos", fn_acos, "Inverse cosine, null outside of -1..1."),
    TRY_UNARY("try_asin", fn_asin, "Inverse sine, null outside of -1..1."),
    TRY_UNARY("try_cot", fn_cot, "Cotangent, null at zero."),
    BINARY("atan2", atan2_of, false, "(y number, x number)", "Angle of the point (x, y)."),
    {"log", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 2, resolve_log, &(const MathPlan2){log_of, false},
        "log([base number,] x number) -> double precision",
        "Decimal logarithm, or the one to a base."},
    {"try_log", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 2, resolve_log,
        &(const MathPlan2){try_log_of, true},
        "try_log([base number,] x number) -> double precision",
        "Logarithm, null where there is none."},
    BINARY("try_power", power_of, true, "(a number, b number)",
        "a raised to b, null where that is undefined."),
    {"pi", HY_FUNC_SCALAR, HY_IMMUTABLE, 0, 0, resolve_pi, NULL, "pi() -> double precision",
        "The number pi."},
};
HY_DEFINE_FAMILY(math, functions);
