/* div, power, factorial, width_bucket, random, and the small functions on numbers that other
 * dialects have. */
#include "func/arithmetic.h"
#include "func/families.h"
#include "func/signature.h"
#include "types/numeric.h"

#include <math.h>

/* ---- div: the quotient as / gives it, cut to a whole number ---- */

static HyStatus cut_quotient(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    const HyFuncCall *divide = call->bind_data;
    HyVector quotient;
    HY_TRY(hy_vector_alloc(env->arena, divide->result, n, &quotient));
    quotient.validity = out->validity;
    HY_TRY(divide->kernel(env, divide, args, n, &quotient));
    int scale = divide->result.scale;
    if (divide->result.id != HY_TYPE_NUMERIC) {
        memcpy(out->data, quotient.data, n * hy_physical_size(hy_type_physical(out->type)));
        return HY_OK;
    }
    bool is_wide = hy_type_physical(quotient.type) == HY_PHYS_I128;
    bool to_wide = hy_type_physical(out->type) == HY_PHYS_I128;
    for (size_t i = 0; i < n; i++) {
        HyInt128 v = hy_vector_is_null(out, i) ? 0
                     : is_wide                 ? ((const HyInt128 *)quotient.data)[i]
                                               : (HyInt128)((const int64_t *)quotient.data)[i];
        v /= hy_numeric_pow10[scale];
        if (to_wide)
            ((HyInt128 *)out->data)[i] = v;
        else
            ((int64_t *)out->data)[i] = (int64_t)v;
    }
    return HY_OK;
}

static HyStatus cut_float_quotient(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,
    const HyVector *args, size_t n, HyVector *out)
{
    const double *a = hy_vector_values(&args[0]);
    const double *b = hy_vector_values(&args[1]);
    for (size_t i = 0; i < n; i++) {
        double x = a[hy_vector_index(&args[0], i)];
        double y = b[hy_vector_index(&args[1], i)];
        ((double *)out->data)[i] = (x - fmod(x, y)) / y;
    }
    return HY_OK;
}

static HyStatus resolve_div(HyFuncCall *call)
{
    HyFuncCall *divide;
    HY_ARENA_NEW(call->arena, divide, 1);
    *divide = *call;
    divide->func = hy_func_find("/", HY_FUNC_SCALAR);
    HY_TRY(hy_resolve_division(divide)); /* shares arg_types, hence the casts */
    HyType result = divide->result;
    if (result.id == HY_TYPE_FLOAT4 || result.id == HY_TYPE_FLOAT8) {
        for (size_t i = 0; i < 2; i++)
            call->arg_types[i] =
                hy_type_nullable(hy_type(HY_TYPE_FLOAT8), call->arg_types[i].nullable);
        hy_call_set(call, hy_type(HY_TYPE_FLOAT8), cut_float_quotient, HY_SIG_PLAIN);
        return HY_OK;
    }
    if (result.id == HY_TYPE_NUMERIC) {
        int whole = result.precision - result.scale;
        result = hy_type_numeric(whole > 0 ? whole : 1, 0);
    }
    call->bind_data = divide;
    hy_call_set(call, result, cut_quotient, HY_SIG_CAN_FAIL);
    return HY_OK;
}

/* ---- power ---- */

static HyStatus check_power(double base, double exponent, bool is_numeric)
{
    if (base == 0 && exponent < 0)
        return is_numeric ? hy_error("22012", "division by zero")
                          : hy_error("2201F", "zero raised to a negative power is undefined");
    if (base < 0 && isfinite(exponent) && exponent != floor(exponent) && !is_numeric)
        return hy_error(
            "2201F", "a negative number raised to a non-integer power yields a complex result");
    return HY_OK;
}

static HyStatus power_double(
    HyFuncEnv *env HY_UNUSED, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    const double *a = hy_vector_values(&args[0]);
    const double *b = hy_vector_values(&args[1]);
    bool is_numeric = call->result.id == HY_TYPE_NUMERIC;
    for (size_t i = 0; i < n; i++) {
        double base = a[hy_vector_index(&args[0], i)];
        double exponent = b[hy_vector_index(&args[1], i)];
        HyInt128 exact = 0;
        if (!hy_vector_is_null(out, i)) {
            HY_TRY(check_power(base, exponent, is_numeric));
            if (is_numeric && !hy_numeric_from_double(pow(base, exponent), HY_NUMERIC_MAX_PRECISION,
                                  call->result.scale, &exact))
                return hy_numeric_overflow();
        }
        if (is_numeric)
            ((HyInt128 *)out->data)[i] = exact;
        else
            ((double *)out->data)[i] = pow(base, exponent);
    }
    return HY_OK;
}

/* A numeric with an integer or numeric gives numeric(38, larger scale), anything else double
 * precision. */
static HyStatus resolve_power(HyFuncCall *call)
{
    bool has_numeric = false;
    bool has_float = false;
    int scale = 0;
    for (size_t i = 0; i < 2; i++) {
        HyType type = call->arg_types[i];
        if (!hy_type_is_number(type) && type.id != HY_TYPE_UNKNOWN)
            return hy_call_requires(call, "numerical arguments");
        has_float |= type.id == HY_TYPE_FLOAT4 || type.id == HY_TYPE_FLOAT8;
        has_numeric |= type.id == HY_TYPE_NUMERIC;
        if (type.id == HY_TYPE_NUMERIC && type.scale > scale)
            scale = type.scale;
        call->arg_types[i] = hy_type_nullable(hy_type(HY_TYPE_FLOAT8), type.nullable);
    }
    HyType result = has_numeric && !has_float ? hy_type_numeric(HY_NUMERIC_MAX_PRECISION, scale)
                                              : hy_type(HY_TYPE_FLOAT8);
    hy_call_set(call, result, power_double, HY_SIG_CAN_FAIL);
    return HY_OK;
}

/* ---- factorial, width_bucket, random ---- */

static HyStatus factorial(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,
    const HyVector *args, size_t n, HyVector *out)
{
    const int64_t *values = hy_vector_values(&args[0]);
    for (size_t i = 0; i < n; i++) {
        int64_t product = 1;
        int64_t x = values[hy_vector_index(&args[0], i)];
        if (!hy_vector_is_null(out, i)) {
            if (x < 0)
                return hy_error("22003", "factorial of a negative number is undefined");
            if (x > 20)
                return hy_numeric_overflow();
            for (int64_t k = 2; k <= x; k++)
                product *= k;
        }
        ((int64_t *)out->data)[i] = product;
    }
    return HY_OK;
}

static HyStatus bucket_of(double x, double low, double high, int64_t count, int32_t *out)
{
    if (count <= 0 || count >= INT32_MAX)
        return hy_error("2201G", "count must be greater than zero");
    if (isnan(x) || isnan(low) || isnan(high) || isinf(low) || isinf(high))
        return hy_error("2201G", "bounds and operand must be finite numbers");
    if (low == high)
        return hy_error("2201G", "lower bound cannot equal upper bound");
    double share = (x - low) / (high - low);
    *out = share < 0 ? 0 : share >= 1 ? (int32_t)count + 1 : (int32_t)(share * (double)count) + 1;
    return HY_OK;
}

static HyStatus width_bucket(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,
    const HyVector *args, size_t n, HyVector *out)
{
    for (size_t i = 0; i < n; i++) {
        int32_t *result = &((int32_t *)out->data)[i];
        *result = 0;
        if (hy_vector_is_null(out, i))
            continue;
        double x[3];
        for (size_t k = 0; k < 3; k++)
            x[k] = ((const double *)hy_vector_values(&args[k]))[hy_vector_index(&args[k], i)];
        int64_t count = ((const int64_t *)hy_vector_values(&args[3]))[hy_vector_index(&args[3], i)];
        HY_TRY(bucket_of(x[0], x[1], x[2], count, result));
    }
    return HY_OK;
}

/* xorshift128+ (Vigna 2017). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t a = state[0];
    const uint64_t b = state[1];
    state[0] = b;
    a ^= a << 23;
    state[1] = a ^ b ^ (a >> 18) ^ (b >> 5);
    return state[1] + b;
}

static HyStatus random_number(HyFuncEnv *env, const HyFuncCall *call HY_UNUSED,
    const HyVector *args HY_UNUSED, size_t n, HyVector *out)
{
    for (size_t i = 0; i < n; i++)
        ((double *)out->data)[i] = (double)(next_random(env->random_state) >> 11) * 0x1p-53;
    return HY_OK;
}

static HyStatus resolve_random(HyFuncCall *call)
{
    hy_call_set(call, hy_type(HY_TYPE_FLOAT8), random_number, HY_SIG_NOT_NULL);
    return HY_OK;
}

/* ---- Larger, smaller ---- */

#define DEFINE_PICK(name, T, OP)                                                                   \
    static HyStatus name(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,               \
        const HyVector *args, size_t n, HyVector *out)                                             \
    {                                                                                              \
        const T *a = hy_vector_values(&args[0]);                                                   \
        const T *b = hy_vector_values(&args[1]);                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            T x = a[hy_vector_index(&args[0], i)], y = b[hy_vector_index(&args[1], i)];            \
            ((T *)out->data)[i] = x OP y ? x : y;                                                  \
        }                                                                                          \
        return HY_OK;                                                                              \
    }
DEFINE_PICK(larger_i32, int32_t, >)
DEFINE_PICK(smaller_i32, int32_t, <)
DEFINE_PICK(larger_i64, int64_t, >)
DEFINE_PICK(smaller_i64, int64_t, <)

/* ---- Zero and null ---- */

static bool is_zero(const HyVector *v, size_t row)
{
    static const char zeros[16];
    size_t i = hy_vector_index(v, row);
    if (v->type.id == HY_TYPE_FLOAT8)
        return ((const double *)hy_vector_values(v))[i] == 0;
    if (v->type.id == HY_TYPE_FLOAT4)
        return ((const float *)hy_vector_values(v))[i] == 0;
    size_t size = hy_physical_size(hy_type_physical(v->type));
    return memcmp((const char *)hy_vector_values(v) + i * size, zeros, size) == 0;
}

static HyStatus null_if_zero(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    size_t size = hy_physical_size(hy_type_physical(out->type));
    HyVector flat;
    HY_TRY(hy_vector_flatten(env->arena, &args[0], n, &flat));
    memcpy(out->data, flat.data, n * size);
    for (size_t i = 0; i < n; i++) {
        if (!is_zero(&flat, i))
            continue;
        HY_TRY(hy_vector_need_validity(env->arena, out, n));
        hy_bitmap_clear(out->validity, i);
    }
    return HY_OK;
}

static HyStatus zero_if_null(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    size_t size = hy_physical_size(hy_type_physical(out->type));
    HyVector flat;
    HY_TRY(hy_vector_flatten(env->arena, &args[0], n, &flat));
    memcpy(out->data, flat.data, n * size);
    for (size_t i = 0; i < n; i++)
        if (hy_vector_is_null(&flat, i))
            memset((char *)out->data + i * size, 0, size);
    return HY_OK;
}

static HyStatus resolve_zero(HyFuncCall *call)
{
    bool to_null = call->func->name[0] == 'n';
    HyType type = call->arg_types[0];
    if (type.id == HY_TYPE_UNKNOWN || type.id == HY_TYPE_OID)
        call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_INT8), type.nullable);
    if (!hy_type_is_number(call->arg_types[0]))
        return hy_call_requires(call, "numerical arguments");
    hy_call_set(call, call->arg_types[0], to_null ? null_if_zero : zero_if_null,
        to_null ? HY_SIG_MAY_NULL : HY_SIG_NOT_STRICT | HY_SIG_NOT_NULL);
    return HY_OK;
}

/* ---- Registry ---- */

#define INT4   HY_TYPE_INT4
#define INT8   HY_TYPE_INT8
#define DOUBLE HY_TYPE_FLOAT8
static const HySignature factorial_sigs[] = {{1, {INT8}, INT8, factorial, HY_SIG_CAN_FAIL}};
static const HySignature bucket_sigs[] = {
    {4, {DOUBLE, DOUBLE, DOUBLE, INT8}, INT4, width_bucket, HY_SIG_CAN_FAIL}};
static const HySignature int4larger_sigs[] = {{2, {INT4, INT4}, INT4, larger_i32, HY_SIG_PLAIN}};
static const HySignature int4smaller_sigs[] = {{2, {INT4, INT4}, INT4, smaller_i32, HY_SIG_PLAIN}};
static const HySignature int8larger_sigs[] = {{2, {INT8, INT8}, INT8, larger_i64, HY_SIG_PLAIN}};
static const HySignature int8smaller_sigs[] = {{2, {INT8, INT8}, INT8, smaller_i64, HY_SIG_PLAIN}};

#define LISTED(name, n, sigs, signature, doc)                                                      \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, n, n, hy_resolve_signatures, HY_SIGNATURES(sigs),      \
            signature, doc                                                                         \
    }
static const HyFunc functions[] = {
    {"div", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_div, NULL, "div(number, number) -> number",
        "Whole part of the quotient."},
    {"power", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_power, NULL,
        "power(base number, exponent number) -> number", "Base raised to the exponent."},
    {"pow", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_power, NULL,
        "pow(base number, exponent number) -> number", "Base raised to the exponent."},
    {"^", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_power, NULL, "base ^ exponent",
        "Base raised to the exponent."},
    {"random", HY_FUNC_SCALAR, HY_VOLATILE, 0, 0, resolve_random, NULL,
        "random() -> double precision", "A number from 0 up to but not including 1."},
    {"nullifzero", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_zero, NULL,
        "nullifzero(number) -> number", "Null for zero, else the number."},
    {"zeroifnull", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_zero, NULL,
        "zeroifnull(number) -> number", "Zero for null, else the number."},
    LISTED("factorial", 1, factorial_sigs, "factorial(n integer) -> bigint",
        "Product of the numbers from 1 to n."),
    LISTED("width_bucket", 4, bucket_sigs,
        "width_bucket(x number, low number, high number, count integer) -> integer",
        "Number of the bucket when low .. high is cut in `count` equal ones."),
    LISTED("int4larger", 2, int4larger_sigs, "int4larger(integer, integer) -> integer",
        "The larger of two integers."),
    LISTED("int4smaller", 2, int4smaller_sigs, "int4smaller(integer, integer) -> integer",
        "The smaller of two integers."),
    LISTED("int8larger", 2, int8larger_sigs, "int8larger(bigint, bigint) -> bigint",
        "The larger of two integers."),
    LISTED("int8smaller", 2, int8smaller_sigs, "int8smaller(bigint, bigint) -> bigint",
        "The smaller of two integers."),
};
HY_DEFINE_FAMILY(math_integer, functions);
