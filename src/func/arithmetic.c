/* + - * / % and their unary forms over numbers; & | # << >> ~ over integers. Result types follow
 * spec/sql.md section 6. Operators on dates, times and intervals are in datetime_arithmetic.c,
 * which is asked when an operand is no number. */
#include "func/arithmetic.h"

#include "func/families.h"
#include "func/kernel_arithmetic.h"
#include "func/regexp.h"
#include "func/signature.h"
#include "types/numeric.h"

#include <math.h>

/* What a resolver leaves for its kernel: the loop's type, and the scales of numeric operands. */
typedef struct ArithPlan {
    HyArithOp op;
    HyArithType type;
    HyNumericOp numeric_op;
    uint64_t factor; /* short quotients: of the dividend */
    bool rounds;
} ArithPlan;

static HyStatus division_by_zero(void)
{
    return hy_error("22012", "division by zero");
}

/* ---- Types of a call ---- */

/* The operand's type in arithmetic; integer constants count their own digits against a numeric. */
static HyType numeric_operand(const HyFuncCall *call, size_t i)
{
    const HyValue *value = call->consts ? call->consts[i] : NULL;
    if (!value || value->is_null || !hy_type_is_integer(call->arg_types[i]))
        return hy_numeric_type_of(call->arg_types[i]);
    int64_t v = value->type.id == HY_TYPE_INT2   ? value->i16
                : value->type.id == HY_TYPE_INT4 ? value->i32
                                                 : value->i64;
    return hy_numeric_type_of_constant(v);
}

/* An operand without a type (NULL, a parameter) takes the other's; two such are integers. */
static void infer_unknown(HyFuncCall *call)
{
    for (size_t i = 0; i < call->n_args; i++) {
        if (call->arg_types[i].id != HY_TYPE_UNKNOWN)
            continue;
        HyType other = call->n_args == 2 ? call->arg_types[1 - i] : hy_type(HY_TYPE_INT4);
        bool is_number = hy_type_is_number(other);
        call->arg_types[i] = hy_type_nullable(is_number ? other : hy_type(HY_TYPE_INT4), true);
    }
}

static HyTypeId wider_integer(HyTypeId a, HyTypeId b)
{
    if (a == HY_TYPE_INT8 || b == HY_TYPE_INT8 || a == HY_TYPE_OID || b == HY_TYPE_OID)
        return HY_TYPE_INT8;
    return a == HY_TYPE_INT4 || b == HY_TYPE_INT4 ? HY_TYPE_INT4 : HY_TYPE_INT2;
}

/* The type in which two numbers that are not both numeric-like are computed: double beats real
 * beats integers; UNKNOWN when it is numeric arithmetic. */
static HyTypeId plain_type(HyTypeId a, HyTypeId b)
{
    if (a == HY_TYPE_FLOAT8 || b == HY_TYPE_FLOAT8)
        return HY_TYPE_FLOAT8;
    if (a == HY_TYPE_FLOAT4 || b == HY_TYPE_FLOAT4)
        return HY_TYPE_FLOAT4;
    if (a == HY_TYPE_NUMERIC || b == HY_TYPE_NUMERIC)
        return HY_TYPE_UNKNOWN;
    return wider_integer(a, b);
}

static HyArithType loop_type(HyTypeId id)
{
    switch (id) {
    case HY_TYPE_INT2:
        return HY_ARITH_I16;
    case HY_TYPE_INT4:
        return HY_ARITH_I32;
    case HY_TYPE_FLOAT4:
        return HY_ARITH_F32;
    case HY_TYPE_FLOAT8:
        return HY_ARITH_F64;
    default:
        return HY_ARITH_I64;
    }
}

static void set_both(HyFuncCall *call, HyType type)
{
    for (size_t i = 0; i < call->n_args; i++)
        call->arg_types[i] = hy_type_nullable(type, call->arg_types[i].nullable);
}

/* ---- Kernels ---- */

static HyArithLoop pick_loop(HyArithType type, HyArithOp op)
{
    return HY_KERNEL_PICK(hy_arith_loops)[type][op];
}

/* Flat operands, or one constant; two constants never reach a kernel with n > 1 but may with n = 1.
 */
static HyArithForm form_of(const HyVector *a, const HyVector *b, size_t n)
{
    if (n == 1 || (a->kind == HY_VECTOR_FLAT && b->kind == HY_VECTOR_FLAT))
        return HY_ARITH_BOTH_FLAT;
    return a->kind == HY_VECTOR_CONSTANT ? HY_ARITH_LEFT_CONST : HY_ARITH_RIGHT_CONST;
}

typedef struct Operands {
    HyVector a, b;
    HyArithForm form;
} Operands;

static HyStatus open_operand(HyArena *arena, const HyVector *in, size_t n, HyVector *out)
{
    if (in->kind == HY_VECTOR_DICTIONARY)
        return hy_vector_flatten(arena, in, n, out);
    *out = *in;
    return HY_OK;
}

static HyStatus open_operands(HyArena *arena, const HyVector *args, size_t n, Operands *out)
{
    HY_TRY(open_operand(arena, &args[0], n, &out->a));
    HY_TRY(open_operand(arena, &args[1], n, &out->b));
    if (n > 1 && out->a.kind == HY_VECTOR_CONSTANT && out->b.kind == HY_VECTOR_CONSTANT)
        HY_TRY(hy_vector_flatten(arena, &out->b, n, &out->b));
    out->form = form_of(&out->a, &out->b, n);
    return HY_OK;
}

/* After a loop saw an overflow somewhere: whether it was in a row that is not null. */
static bool overflow_is_real(
    HyArithLoop loop, const Operands *in, size_t n, size_t size, HyVector *out)
{
    if (!out->validity)
        return true;
    for (size_t i = 0; i < n; i++) {
        HyInt128 scratch;
        if (!hy_bitmap_get(out->validity, i))
            continue;
        size_t ia = hy_vector_index(&in->a, i) * size;
        size_t ib = hy_vector_index(&in->b, i) * size;
        if (loop(&scratch, (const char *)in->a.data + ia, (const char *)in->b.data + ib, 1,
                HY_ARITH_BOTH_FLAT))
            return true;
    }
    return false;
}

static HyStatus run_loop(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    const ArithPlan *plan = call->bind_data;
    HyArithLoop loop = pick_loop(plan->type, plan->op);
    Operands in;
    HY_TRY(open_operands(env->arena, args, n, &in));
    if (loop(out->data, in.a.data, in.b.data, n, in.form)) {
        size_t size = hy_physical_size(hy_type_physical(in.a.type));
        if (overflow_is_real(loop, &in, n, size, out))
            return hy_numeric_overflow();
    }
    return HY_OK;
}

static HyInt128 load_numeric(const HyVector *v, size_t row)
{
    size_t i = hy_vector_index(v, row);
    return hy_type_physical(v->type) == HY_PHYS_I128 ? ((const HyInt128 *)hy_vector_values(v))[i]
                                                     : ((const int64_t *)hy_vector_values(v))[i];
}

/* Rows of an operand: constants stand still, the lower half of a wide value comes first. */
typedef struct NumericRows {
    const char *at;
    size_t step;
    bool is_wide;
} NumericRows;

static NumericRows numeric_rows(const HyVector *v)
{
    bool wide = hy_type_physical(v->type) == HY_PHYS_I128;
    size_t width = wide ? sizeof(HyInt128) : sizeof(int64_t);
    return (NumericRows){v->data, v->kind == HY_VECTOR_CONSTANT ? 0 : width, wide};
}

/* False when an operand takes more than 64 bits: products of 64-bit operands have at most 38
 * digits. */
static inline bool multiply_narrow(
    NumericRows a, NumericRows b, bool wide_a, bool wide_b, size_t n, HyInt128 *restrict out)
{
    int64_t lost = 0;
    for (size_t i = 0; i < n; i++, a.at += a.step, b.at += b.step) {
        int64_t x, y, high;
        memcpy(&x, a.at, sizeof x);
        memcpy(&y, b.at, sizeof y);
        if (wide_a) {
            memcpy(&high, a.at + 8, sizeof high);
            lost |= high ^ (x >> 63);
        }
        if (wide_b) {
            memcpy(&high, b.at + 8, sizeof high);
            lost |= high ^ (y >> 63);
        }
        out[i] = (HyInt128)x * y;
    }
    return lost == 0;
}

static HyStatus run_numeric(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out);

/* Products that keep all digits: values wider than 64 bits are rare even in wide types. */
static HyStatus run_wide_product(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    Operands in;
    HY_TRY(open_operands(env->arena, args, n, &in));
    NumericRows a = numeric_rows(&in.a), b = numeric_rows(&in.b);
    bool done = a.is_wide ? b.is_wide ? multiply_narrow(a, b, true, true, n, out->data)
                                      : multiply_narrow(a, b, true, false, n, out->data)
                          : multiply_narrow(a, b, false, true, n, out->data);
    return done ? HY_OK : run_numeric(env, call, args, n, out);
}

/* Numeric / and %, and products whose digits are cut: value by value with 256-bit intermediates. */
static HyStatus run_numeric(
    HyFuncEnv *env HY_UNUSED, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    const ArithPlan *plan = call->bind_data;
    bool divides = plan->numeric_op == HY_NUMERIC_DIV || plan->numeric_op == HY_NUMERIC_MOD;
    bool is_wide = hy_type_physical(out->type) == HY_PHYS_I128;
    for (size_t i = 0; i < n; i++) {
        HyInt128 result = 0;
        if (!hy_vector_is_null(out, i)) {
            HyInt128 a = load_numeric(&args[0], i);
            HyInt128 b = load_numeric(&args[1], i);
            if (divides && b == 0)
                return division_by_zero();
            if (!hy_numeric_compute(plan->numeric_op, a, args[0].type.scale, b, args[1].type.scale,
                    call->result.precision, call->result.scale, &result))
                return hy_numeric_overflow();
        }
        if (is_wide)
            ((HyInt128 *)out->data)[i] = result;
        else
            ((int64_t *)out->data)[i] = (int64_t)result;
    }
    return HY_OK;
}

static inline uint64_t magnitude(int64_t v)
{
    return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

/* a * 10^k / b where all is below 10^18, see resolve_quotient. */
static HyStatus run_short_quotient(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    const ArithPlan *plan = call->bind_data;
    Operands in;
    HY_TRY(open_operands(env->arena, args, n, &in));
    const int64_t *a = in.a.data;
    const int64_t *b = in.b.data;
    size_t step_a = in.form != HY_ARITH_LEFT_CONST;
    size_t step_b = in.form != HY_ARITH_RIGHT_CONST;
    for (size_t i = 0; i < n; i++) {
        int64_t dividend = (int64_t)((uint64_t)a[i * step_a] * plan->factor);
        int64_t divisor = b[i * step_b];
        int64_t quotient = 0;
        if (HY_UNLIKELY(divisor == 0)) {
            if (!hy_vector_is_null(out, i))
                return division_by_zero();
        } else if (divisor == -1) { /* of rows that are null, the dividend may be anything */
            quotient = (int64_t)(0 - (uint64_t)dividend);
        } else {
            quotient = dividend / divisor;
            uint64_t rest = magnitude(dividend % divisor);
            if (plan->rounds && rest >= magnitude(divisor) - rest)
                quotient += (dividend < 0) == (divisor < 0) ? 1 : -1;
        }
        ((int64_t *)out->data)[i] = quotient;
    }
    return HY_OK;
}

/* |dividend| / |divisor| rounded half up; 64-bit divisions are several times as fast. */
static inline HyUint128 rounded_quotient(HyUint128 dividend, HyUint128 divisor)
{
    if ((dividend | divisor) >> 64 == 0) {
        uint64_t x = (uint64_t)dividend;
        uint64_t y = (uint64_t)divisor;
        uint64_t rest = x % y;
        return (HyUint128)(x / y) + (rest >= y - rest);
    }
    HyUint128 rest = dividend % divisor;
    return dividend / divisor + (rest >= divisor - rest);
}

/* a * 10^k / b where the dividend stays below 10^38. */
static HyStatus run_wide_quotient(
    HyFuncEnv *env HY_UNUSED, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    HyUint128 factor =
        (HyUint128)hy_numeric_pow10[call->result.scale - args[0].type.scale + args[1].type.scale];
    for (size_t i = 0; i < n; i++) {
        HyInt128 quotient = 0;
        if (!hy_vector_is_null(out, i)) {
            HyInt128 a = load_numeric(&args[0], i);
            HyInt128 b = load_numeric(&args[1], i);
            if (b == 0)
                return division_by_zero();
            HyUint128 x = a < 0 ? 0 - (HyUint128)a : (HyUint128)a;
            HyUint128 y = b < 0 ? 0 - (HyUint128)b : (HyUint128)b;
            quotient = (HyInt128)rounded_quotient(x * factor, y);
            if ((a < 0) != (b < 0))
                quotient = -quotient;
        }
        ((HyInt128 *)out->data)[i] = quotient;
    }
    return HY_OK;
}

/* Integer division and remainder truncate toward zero; a zero divisor matters only in rows with
 * values. */
#define DEFINE_INTEGER_DIVISION(suffix, T, MIN)                                                    \
    static HyStatus div_##suffix(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,       \
        const HyVector *args, size_t n, HyVector *out)                                             \
    {                                                                                              \
        T *restrict r = out->data;                                                                 \
        const T *a = hy_vector_values(&args[0]);                                                   \
        const T *b = hy_vector_values(&args[1]);                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            T x = a[hy_vector_index(&args[0], i)], y = b[hy_vector_index(&args[1], i)];            \
            r[i] = 0;                                                                              \
            if (HY_LIKELY(y != 0 && (y != -1 || x != MIN)))                                        \
                r[i] = (T)(x / y);                                                                 \
            else if (!hy_vector_is_null(out, i))                                                   \
                return y == 0 ? division_by_zero() : hy_numeric_overflow();                        \
        }                                                                                          \
        return HY_OK;                                                                              \
    }                                                                                              \
    static HyStatus mod_##suffix(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,       \
        const HyVector *args, size_t n, HyVector *out)                                             \
    {                                                                                              \
        T *restrict r = out->data;                                                                 \
        const T *a = hy_vector_values(&args[0]);                                                   \
        const T *b = hy_vector_values(&args[1]);                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            T x = a[hy_vector_index(&args[0], i)], y = b[hy_vector_index(&args[1], i)];            \
            r[i] = 0;                                                                              \
            if (HY_LIKELY(y != 0))                                                                 \
                r[i] = y == -1 ? 0 : (T)(x % y);                                                   \
            else if (!hy_vector_is_null(out, i))                                                   \
                return division_by_zero();                                                         \
        }                                                                                          \
        return HY_OK;                                                                              \
    }
DEFINE_INTEGER_DIVISION(i16, int16_t, INT16_MIN)
DEFINE_INTEGER_DIVISION(i32, int32_t, INT32_MIN)
DEFINE_INTEGER_DIVISION(i64, int64_t, INT64_MIN)

/* Two arguments, one expression of x and y, no failure. */
#define DEFINE_BINARY(name, T, EXPR)                                                               \
    static HyStatus name(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,               \
        const HyVector *args, size_t n, HyVector *out)                                             \
    {                                                                                              \
        T *restrict r = out->data;                                                                 \
        const T *a = hy_vector_values(&args[0]);                                                   \
        const T *b = hy_vector_values(&args[1]);                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            T x = a[hy_vector_index(&args[0], i)], y = b[hy_vector_index(&args[1], i)];            \
            r[i] = (T)(EXPR);                                                                      \
        }                                                                                          \
        return HY_OK;                                                                              \
    }
DEFINE_BINARY(div_f32, float, x / y)
DEFINE_BINARY(div_f64, double, x / y)
DEFINE_BINARY(mod_f32, float, fmodf(x, y))
DEFINE_BINARY(mod_f64, double, fmod(x, y))
#define DEFINE_BITS(suffix, T)                                                                     \
    DEFINE_BINARY(and_##suffix, T, x &y)                                                           \
    DEFINE_BINARY(or_##suffix, T, x | y)                                                           \
    DEFINE_BINARY(xor_##suffix, T, x ^ y)
#define DEFINE_SHIFTS(suffix, T, U)                                                                \
    DEFINE_BINARY(shl_##suffix, T, (U)x << ((U)y & (sizeof(T) * 8 - 1)))                           \
    DEFINE_BINARY(shr_##suffix, T, x >> ((U)y & (sizeof(T) * 8 - 1)))
DEFINE_BITS(i16, int16_t)
DEFINE_BITS(i32, int32_t)
DEFINE_BITS(i64, int64_t)
DEFINE_SHIFTS(i32, int32_t, uint32_t)
DEFINE_SHIFTS(i64, int64_t, uint64_t)

#define DEFINE_NEGATE(name, T, FAILS)                                                              \
    static HyStatus name(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,               \
        const HyVector *args, size_t n, HyVector *out)                                             \
    {                                                                                              \
        T *restrict r = out->data;                                                                 \
        const T *a = hy_vector_values(&args[0]);                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            T x = a[hy_vector_index(&args[0], i)];                                                 \
            r[i] = 0;                                                                              \
            if (HY_LIKELY(!(FAILS)))                                                               \
                r[i] = (T)(-x);                                                                    \
            else if (!hy_vector_is_null(out, i))                                                   \
                return hy_numeric_overflow();                                                      \
        }                                                                                          \
        return HY_OK;                                                                              \
    }
DEFINE_NEGATE(negate_i16, int16_t, x == INT16_MIN)
DEFINE_NEGATE(negate_i32, int32_t, x == INT32_MIN)
DEFINE_NEGATE(negate_i64, int64_t, x == INT64_MIN)
DEFINE_NEGATE(negate_i128, HyInt128, !hy_numeric_fits(x, HY_NUMERIC_MAX_PRECISION))
DEFINE_NEGATE(negate_f32, float, false)
DEFINE_NEGATE(negate_f64, double, false)

static HyStatus copy_argument(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    HyVector flat;
    HY_TRY(hy_vector_flatten(env->arena, &args[0], n, &flat));
    memcpy(out->data, flat.data, n * hy_physical_size(hy_type_physical(out->type)));
    return HY_OK;
}

#define DEFINE_COMPLEMENT(name, T)                                                                 \
    static HyStatus name(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,               \
        const HyVector *args, size_t n, HyVector *out)                                             \
    {                                                                                              \
        T *restrict r = out->data;                                                                 \
        const T *a = hy_vector_values(&args[0]);                                                   \
        for (size_t i = 0; i < n; i++)                                                             \
            r[i] = (T)~a[hy_vector_index(&args[0], i)];                                            \
        return HY_OK;                                                                              \
    }
DEFINE_COMPLEMENT(not_i16, int16_t)
DEFINE_COMPLEMENT(not_i32, int32_t)
DEFINE_COMPLEMENT(not_i64, int64_t)

/* ---- Resolvers ---- */

static HyStatus new_plan(HyFuncCall *call, HyArithType type, ArithPlan **out)
{
    ArithPlan *plan;
    HY_ARENA_NEW(call->arena, plan, 1);
    plan->type = type;
    plan->op = call->func->name[0] == '+'   ? HY_ARITH_ADD
               : call->func->name[0] == '-' ? HY_ARITH_SUB
                                            : HY_ARITH_MUL;
    plan->numeric_op = call->func->name[0] == '+'   ? HY_NUMERIC_ADD
                       : call->func->name[0] == '-' ? HY_NUMERIC_SUB
                       : call->func->name[0] == '*' ? HY_NUMERIC_MUL
                       : call->func->name[0] == '/' ? HY_NUMERIC_DIV
                                                    : HY_NUMERIC_MOD;
    call->bind_data = *out = plan;
    return HY_OK;
}

static HyStatus set_plan(HyFuncCall *call, HyArithType type)
{
    ArithPlan *plan;
    return new_plan(call, type, &plan);
}

static bool is_wide(HyType type)
{
    return hy_type_physical(type) == HY_PHYS_I128;
}

/* + and -: both sides are brought to the result's scale, then added as integers. */
/* A sum of 38 digits may have 39: it fails only where it leaves 128 bits. */
static HyStatus resolve_numeric_sum(HyFuncCall *call, HyType result)
{
    set_both(call, result);
    HY_TRY(set_plan(call, is_wide(result) ? HY_ARITH_I128 : HY_ARITH_I64));
    bool is_full = result.precision == HY_NUMERIC_MAX_PRECISION;
    hy_call_set(call, result, run_loop, is_full ? HY_SIG_CAN_FAIL : HY_SIG_PLAIN);
    return HY_OK;
}

/* Up to 18 digits, the quotient is one of 64-bit integers. The genuine server rounds it only if the
 * dividend has room for the divisor's scale once more, and cuts it otherwise. */
static HyStatus resolve_quotient(HyFuncCall *call, HyType a, HyType b, HyType result)
{
    ArithPlan *plan = NULL;
    HY_TRY(new_plan(call, HY_ARITH_I64, &plan));
    bool is_short = !is_wide(a) && !is_wide(b) && !is_wide(result);
    if (is_short) {
        plan->factor = (uint64_t)hy_numeric_pow10_i64[result.scale - a.scale + b.scale];
        plan->rounds = result.precision + b.scale <= HY_NUMERIC_MAX_SHORT_PRECISION;
    }
    int digits = a.precision + result.scale - a.scale + b.scale;
    bool fits = is_wide(result) && result.scale - a.scale + b.scale >= 0 &&
                digits <= HY_NUMERIC_MAX_PRECISION;
    hy_call_set(call, result,
        is_short ? run_short_quotient
        : fits   ? run_wide_quotient
                 : run_numeric,
        HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus resolve_numeric_product(HyFuncCall *call, HyType a, HyType b, HyType result)
{
    bool is_exact = result.scale == a.scale + b.scale && !is_wide(a) && !is_wide(b);
    call->arg_types[0] = hy_type_nullable(a, call->arg_types[0].nullable);
    call->arg_types[1] = hy_type_nullable(b, call->arg_types[1].nullable);
    HY_TRY(set_plan(call, is_wide(result) ? HY_ARITH_I64_I128 : HY_ARITH_I64));
    bool keeps_digits = result.scale == a.scale + b.scale && is_wide(result);
    hy_call_set(call, result,
        is_exact       ? run_loop
        : keeps_digits ? run_wide_product
                       : run_numeric,
        is_exact ? HY_SIG_PLAIN : HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus resolve_numeric(HyFuncCall *call)
{
    HyType a = numeric_operand(call, 0);
    HyType b = numeric_operand(call, 1);
    HY_TRY(set_plan(call, HY_ARITH_I128));
    HyNumericOp op = ((const ArithPlan *)call->bind_data)->numeric_op;
    HyType result = hy_numeric_result_type(op, a, b);
    if (op == HY_NUMERIC_ADD || op == HY_NUMERIC_SUB)
        return resolve_numeric_sum(call, result);
    if (op == HY_NUMERIC_MUL)
        return resolve_numeric_product(call, a, b, result);
    call->arg_types[0] = hy_type_nullable(a, call->arg_types[0].nullable);
    call->arg_types[1] = hy_type_nullable(b, call->arg_types[1].nullable);
    if (op == HY_NUMERIC_DIV)
        return resolve_quotient(call, a, b, result);
    hy_call_set(call, result, run_numeric, HY_SIG_CAN_FAIL);
    return HY_OK;
}

static bool all_numbers(const HyFuncCall *call)
{
    for (size_t i = 0; i < call->n_args; i++)
        if (!hy_type_is_number(call->arg_types[i]))
            return false;
    return true;
}

static HyScalarKernel unary_minus(HyType type)
{
    switch (hy_type_physical(type)) {
    case HY_PHYS_I16:
        return negate_i16;
    case HY_PHYS_I32:
        return negate_i32;
    case HY_PHYS_I64:
        return negate_i64;
    case HY_PHYS_I128:
        return negate_i128;
    case HY_PHYS_F32:
        return negate_f32;
    default:
        return negate_f64;
    }
}

static HyStatus resolve_sign(HyFuncCall *call)
{
    if (call->arg_types[0].id == HY_TYPE_OID)
        call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_INT8), call->arg_types[0].nullable);
    bool is_minus = call->func->name[0] == '-';
    hy_call_set(call, call->arg_types[0],
        is_minus ? unary_minus(call->arg_types[0]) : copy_argument,
        is_minus ? HY_SIG_CAN_FAIL : HY_SIG_PLAIN);
    return HY_OK;
}

HyStatus hy_resolve_number_operator(HyFuncCall *call)
{
    infer_unknown(call);
    if (!all_numbers(call))
        return hy_call_requires(call, "numerical arguments");
    if (call->n_args == 1)
        return resolve_sign(call);
    HyTypeId id = plain_type(call->arg_types[0].id, call->arg_types[1].id);
    if (id == HY_TYPE_UNKNOWN)
        return resolve_numeric(call);
    set_both(call, hy_type(id));
    HY_TRY(set_plan(call, loop_type(id)));
    bool is_float = id == HY_TYPE_FLOAT4 || id == HY_TYPE_FLOAT8;
    hy_call_set(call, hy_type(id), run_loop, is_float ? HY_SIG_PLAIN : HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyScalarKernel division_kernel(HyTypeId id, bool is_modulo)
{
    switch (id) {
    case HY_TYPE_INT2:
        return is_modulo ? mod_i16 : div_i16;
    case HY_TYPE_INT4:
        return is_modulo ? mod_i32 : div_i32;
    case HY_TYPE_FLOAT4:
        return is_modulo ? mod_f32 : div_f32;
    case HY_TYPE_FLOAT8:
        return is_modulo ? mod_f64 : div_f64;
    default:
        return is_modulo ? mod_i64 : div_i64;
    }
}

HyStatus hy_resolve_division(HyFuncCall *call)
{
    infer_unknown(call);
    if (!all_numbers(call))
        return hy_call_requires(call, "numerical arguments");
    HyTypeId id = plain_type(call->arg_types[0].id, call->arg_types[1].id);
    if (id == HY_TYPE_UNKNOWN)
        return resolve_numeric(call);
    set_both(call, hy_type(id));
    bool is_float = id == HY_TYPE_FLOAT4 || id == HY_TYPE_FLOAT8;
    hy_call_set(call, hy_type(id), division_kernel(id, call->func->name[0] != '/'),
        is_float ? HY_SIG_PLAIN : HY_SIG_CAN_FAIL);
    return HY_OK;
}

#define SAME(id, k)                                                                                \
    {                                                                                              \
        2, {id, id}, id, k, HY_SIG_PLAIN                                                           \
    }
#define INTEGER_SIGS(prefix)                                                                       \
    SAME(HY_TYPE_INT2, prefix##_i16), SAME(HY_TYPE_INT4, prefix##_i32),                            \
        SAME(HY_TYPE_INT8, prefix##_i64)
static const HySignature and_sigs[] = {INTEGER_SIGS(and)};
static const HySignature or_sigs[] = {INTEGER_SIGS(or)};
static const HySignature xor_sigs[] = {INTEGER_SIGS(xor)};
static const HySignature shl_sigs[] = {/* of smallint as of integer */
    SAME(HY_TYPE_INT4, shl_i32), SAME(HY_TYPE_INT8, shl_i64)};
static const HySignature shr_sigs[] = {SAME(HY_TYPE_INT4, shr_i32), SAME(HY_TYPE_INT8, shr_i64)};
static const HySignature not_sigs[] = {
    {1, {HY_TYPE_INT2}, HY_TYPE_INT2, not_i16, HY_SIG_PLAIN},
    {1, {HY_TYPE_INT4}, HY_TYPE_INT4, not_i32, HY_SIG_PLAIN},
    {1, {HY_TYPE_INT8}, HY_TYPE_INT8, not_i64, HY_SIG_PLAIN},
};

static HyStatus resolve_tilde(HyFuncCall *call)
{
    return call->n_args == 2 ? hy_resolve_regex_match(call) : hy_resolve_signatures(call);
}

/* The number of places is no bigint. */
static HyStatus resolve_places(HyFuncCall *call)
{
    if (call->arg_types[1].id == HY_TYPE_INT8)
        return hy_call_requires(call, "integer arguments");
    return hy_resolve_signatures(call);
}

static const HyFunc functions[] = {
    {"%", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, hy_resolve_division, NULL,
        "number % number -> number", "Remainder with the sign of the dividend."},
    {"mod", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, hy_resolve_division, NULL,
        "mod(number, number) -> number", "Remainder with the sign of the dividend."},
    {"&", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, hy_resolve_signatures, HY_SIGNATURES(and_sigs),
        "integer & integer -> integer", "Bitwise and."},
    {"|", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, hy_resolve_signatures, HY_SIGNATURES(or_sigs),
        "integer | integer -> integer", "Bitwise or."},
    {"#", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, hy_resolve_signatures, HY_SIGNATURES(xor_sigs),
        "integer # integer -> integer", "Bitwise exclusive or."},
    {"<<", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_places, HY_SIGNATURES(shl_sigs),
        "integer << integer -> integer", "Bits shifted left."},
    {">>", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_places, HY_SIGNATURES(shr_sigs),
        "integer >> integer -> integer", "Bits shifted right, keeping the sign."},
    {"~", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 2, resolve_tilde, HY_SIGNATURES(not_sigs),
        "~ integer -> integer, text ~ pattern -> boolean",
        "Bitwise complement; whether a regular expression matches somewhere."},
};
HY_DEFINE_FAMILY(arithmetic, functions);
