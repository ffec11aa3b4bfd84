/* count, sum and avg. Integer sums are exact whatever the order of rows: they are kept in 128 bits
 * and checked at the end. */
#include "func/aggregate.h"
#include "func/families.h"
#include "func/kernel_sum.h"
#include "func/signature.h"
#include "types/numeric.h"

HyStatus hy_aggregate_null(HyFuncEnv *env, HyVector *out, size_t n, size_t i)
{
    HY_TRY(hy_vector_need_validity(env->arena, out, n));
    hy_bitmap_clear(out->validity, i);
    return HY_OK;
}

void hy_call_set_aggregate(HyFuncCall *call, HyType result, const HyAggregate *aggregate)
{
    call->result = hy_type_nullable(result, true);
    call->aggregate = aggregate;
    call->is_strict = false;
    call->can_fail = true;
}

void hy_call_default_unknown(HyFuncCall *call)
{
    for (size_t i = 0; i < call->n_args; i++)
        if (call->arg_types[i].id == HY_TYPE_UNKNOWN)
            call->arg_types[i] = hy_type(HY_TYPE_TEXT);
}

/* ---- count ---- */

static HyStatus count_update(HY_UPDATE_ARGS)
{
    int64_t *counts = states;
    bool all = call->n_args == 0 || !args[0].validity;
    if (!groups) {
        if (all)
            counts[0] += (int64_t)n;
        else if (args[0].kind != HY_VECTOR_CONSTANT)
            counts[0] += (int64_t)hy_bitmap_count(args[0].validity, n);
        else if (!hy_vector_is_null(&args[0], 0))
            counts[0] += (int64_t)n;
        return HY_OK;
    }
    for (size_t i = 0; i < n; i++)
        counts[groups[i]] += all || !hy_vector_is_null(&args[0], i);
    return HY_OK;
}

static HyStatus count_combine(HY_COMBINE_ARGS)
{
    *(int64_t *)into_ += *(const int64_t *)from_;
    return HY_OK;
}

static HyStatus count_finalize(HY_FINALIZE_ARGS)
{
    (void)env;
    memcpy(out->data, states, n * sizeof(int64_t));
    return HY_OK;
}

static HyStatus count_remove(HY_REMOVE_ARGS)
{
    for (size_t i = 0; i < n; i++)
        *(int64_t *)state -= call->n_args == 0 || !hy_vector_is_null(&args[0], i);
    return HY_OK;
}

static const HyAggregate count_aggregate = {.state_size = sizeof(int64_t),
    .update = count_update,
    .combine = count_combine,
    .finalize = count_finalize,
    .remove = count_remove};

static HyStatus resolve_count(HyFuncCall *call)
{
    hy_call_default_unknown(call);
    hy_call_set_aggregate(call, hy_type(HY_TYPE_INT8), &count_aggregate);
    call->result.nullable = false;
    return HY_OK;
}

/* ---- sum and avg of integers and numerics ---- */

typedef struct ExactSum {
    HyInt128 sum;
    int64_t count;
} ExactSum;

/* Adds up a flat vector without nulls. The halves of the values are summed apart, so that 64-bit
 * lanes do not overflow (n <= 2^31) and the loop vectorizes. */
static HyInt128 sum_i64(const int64_t *restrict v, size_t n)
{
    int64_t high = 0;
    uint64_t low = 0;
    for (size_t i = 0; i < n; i++) {
        high += v[i] >> 32;
        low += (uint64_t)v[i] & UINT32_MAX;
    }
    return (HyInt128)high * ((HyInt128)1 << 32) + (HyInt128)low;
}

#define FEW_GROUPS 32
#define LANES      4

/* Values of at most 40 bits: the sum of 2,048 needs less than 52 with its sign, which leaves room
 * for their count above it in the same word. */
#define TINY_BITS   40
#define COUNT_SHIFT 52
#define ONE         (UINT64_C(1) << COUNT_SHIFT)
#define PASS_GROUPS 8 /* up to here a pass per group is faster than scattering */

static void add_word(uint64_t word, ExactSum *state)
{
    if (word == 0) /* no row; perhaps no such group either */
        return;
    /* a negative sum has taken one from the count: rounding gives it back */
    uint64_t count = (word + ONE / 2) >> COUNT_SHIFT;
    state->sum += (int64_t)(word - (count << COUNT_SHIFT));
    state->count += (int64_t)count;
}

static void add_tiny(const int64_t *restrict v, size_t n, const uint32_t *restrict groups,
    uint32_t last, ExactSum *states)
{
    if (last < PASS_GROUPS && hy_isa() != HY_ISA_BASELINE) {
        HySumGroupKernel sum = HY_KERNEL_PICK(hy_sum_group);
        for (uint32_t g = 0; g <= last; g++)
            add_word(sum(v, groups, n, g, ONE), &states[g]);
        return;
    }
    uint64_t words[LANES][FEW_GROUPS] = {{0}};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            words[lane][groups[i + lane]] += (uint64_t)v[i + lane] + ONE;
    for (; i < n; i++)
        words[0][groups[i]] += (uint64_t)v[i] + ONE;
    for (uint32_t g = 0; g <= last; g++)
        for (size_t lane = 0; lane < LANES; lane++)
            add_word(words[lane][g], &states[g]);
}

/* Few groups: a state would wait for its own last addition. Values small enough for 64-bit sums are
 * added up on several lanes per group first. False: there are too many groups. */
static bool add_to_few_groups(const int64_t *restrict v, size_t n, const uint32_t *restrict groups,
    unsigned bits, ExactSum *states)
{
    int64_t sums[LANES][FEW_GROUPS] = {{0}};
    int64_t counts[LANES][FEW_GROUPS] = {{0}};
    uint32_t last = HY_KERNEL_PICK(hy_group_bits)(groups, n); /* at least the last group */
    if (last >= FEW_GROUPS)
        return false;
    if (bits <= TINY_BITS) {
        add_tiny(v, n, groups, last, states);
        return true;
    }
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++) {
            sums[lane][groups[i + lane]] += v[i + lane];
            counts[lane][groups[i + lane]]++;
        }
    for (; i < n; i++) {
        sums[0][groups[i]] += v[i];
        counts[0][groups[i]]++;
    }
    for (uint32_t g = 0; g <= last; g++)
        for (size_t lane = 0; lane < LANES; lane++) {
            if (counts[lane][g] == 0)
                continue;
            states[g].sum += sums[lane][g];
            states[g].count += counts[lane][g];
        }
    return true;
}

/* Whether 2,048 such values add up within 64 bits; *n_bits: of the largest, without the sign. */
static bool is_small(const int64_t *restrict v, size_t n, unsigned *n_bits)
{
    uint64_t bits = HY_KERNEL_PICK(hy_value_bits)(v, n);
    *n_bits = 64 - (unsigned)__builtin_clzll(bits | 1);
    return *n_bits <= 52 && n <= HY_VECTOR_SIZE;
}

static HyStatus sum_i64_update(HY_UPDATE_ARGS)
{
    if (!groups && args[0].kind == HY_VECTOR_FLAT && !args[0].validity) {
        ExactSum *s = states;
        s->sum += sum_i64(args[0].data, n);
        s->count += (int64_t)n;
        return HY_OK;
    }
    if (groups && !args[0].validity && n <= HY_VECTOR_SIZE) {
        const int64_t *v = hy_vector_values(&args[0]);
        int64_t values[HY_VECTOR_SIZE];
        unsigned bits;
        if (args[0].kind != HY_VECTOR_FLAT) {
            for (size_t i = 0; i < n; i++)
                values[i] = v[hy_vector_index(&args[0], i)];
            v = values;
        }
        if (is_small(v, n, &bits) && add_to_few_groups(v, n, groups, bits, states))
            return HY_OK;
    }
    HY_EACH_ROW(int64_t, ExactSum, {
        s->sum += x;
        s->count++;
    });
    return HY_OK;
}

#define DEFINE_SMALL_SUM(name, T)                                                                  \
    static HyStatus name(HY_UPDATE_ARGS)                                                           \
    {                                                                                              \
        if (!groups && args[0].kind == HY_VECTOR_FLAT && !args[0].validity) {                      \
            const T *restrict v = args[0].data;                                                    \
            int64_t sum = 0;                                                                       \
            for (size_t i = 0; i < n; i++)                                                         \
                sum += v[i];                                                                       \
            ((ExactSum *)states)->sum += sum;                                                      \
            ((ExactSum *)states)->count += (int64_t)n;                                             \
            return HY_OK;                                                                          \
        }                                                                                          \
        HY_EACH_ROW(T, ExactSum, {                                                                 \
            s->sum += x;                                                                           \
            s->count++;                                                                            \
        });                                                                                        \
        return HY_OK;                                                                              \
    }
DEFINE_SMALL_SUM(sum_i16_update, int16_t)
DEFINE_SMALL_SUM(sum_i32_update, int32_t)

/* 38-digit values: beyond 128 bits the sum is beyond 38 digits too, so saturation is enough. */
static HyStatus sum_i128_update(HY_UPDATE_ARGS)
{
    if (groups && args[0].kind == HY_VECTOR_FLAT && !args[0].validity && n <= HY_VECTOR_SIZE) {
        int64_t low[HY_VECTOR_SIZE];
        unsigned bits;
        if (HY_KERNEL_PICK(hy_narrow)(args[0].data, n, low) && is_small(low, n, &bits) &&
            add_to_few_groups(low, n, groups, bits, states))
            return HY_OK;
    }
    HY_EACH_ROW(HyInt128, ExactSum, {
        if (__builtin_add_overflow(s->sum, x, &s->sum))
            return hy_numeric_overflow();
        s->count++;
    });
    return HY_OK;
}

static HyStatus sum_combine(HY_COMBINE_ARGS)
{
    ExactSum *into = into_;
    const ExactSum *from = from_;
    if (__builtin_add_overflow(into->sum, from->sum, &into->sum))
        return hy_numeric_overflow();
    into->count += from->count;
    return HY_OK;
}

static HyInt128 exact_value(const HyVector *v, size_t row)
{
    const void *values = hy_vector_values(v);
    size_t i = hy_vector_index(v, row);
    switch (hy_type_physical(v->type)) {
    case HY_PHYS_I16:
        return ((const int16_t *)values)[i];
    case HY_PHYS_I32:
        return ((const int32_t *)values)[i];
    case HY_PHYS_I128:
        return ((const HyInt128 *)values)[i];
    default:
        return ((const int64_t *)values)[i];
    }
}

static HyStatus sum_remove(HY_REMOVE_ARGS)
{
    ExactSum *s = state;
    for (size_t i = 0; i < n; i++) {
        if (hy_vector_is_null(&args[0], i))
            continue;
        s->sum -= exact_value(&args[0], i);
        s->count--;
    }
    return HY_OK;
}

static HyStatus sum_int8_finalize(HY_FINALIZE_ARGS)
{
    const ExactSum *s = states;
    for (size_t i = 0; i < n; i++) {
        if (s[i].sum > INT64_MAX || s[i].sum < INT64_MIN)
            return hy_numeric_overflow();
        ((int64_t *)out->data)[i] = (int64_t)s[i].sum;
        if (s[i].count == 0)
            HY_TRY(hy_aggregate_null(env, out, n, i));
    }
    return HY_OK;
}

static HyStatus sum_numeric_finalize(HY_FINALIZE_ARGS)
{
    const ExactSum *s = states;
    for (size_t i = 0; i < n; i++) {
        ((HyInt128 *)out->data)[i] = s[i].sum;
        if (s[i].count == 0)
            HY_TRY(hy_aggregate_null(env, out, n, i));
    }
    return HY_OK;
}

static HyStatus avg_exact_finalize(HY_FINALIZE_ARGS)
{
    const ExactSum *s = states;
    int scale = call->arg_types[0].id == HY_TYPE_NUMERIC ? call->arg_types[0].scale : 0;
    bool is_wide = hy_type_physical(out->type) == HY_PHYS_I128;
    for (size_t i = 0; i < n; i++) {
        HyInt128 average = 0;
        if (s[i].count == 0)
            HY_TRY(hy_aggregate_null(env, out, n, i));
        else if (!hy_numeric_compute(HY_NUMERIC_DIV, s[i].sum, scale, s[i].count, 0,
                     HY_NUMERIC_MAX_PRECISION, out->type.scale, &average))
            return hy_numeric_overflow();
        if (is_wide)
            ((HyInt128 *)out->data)[i] = average;
        else
            ((int64_t *)out->data)[i] = (int64_t)average;
    }
    return HY_OK;
}

#define EXACT_AGGREGATE(update_fn, finalize_fn)                                                    \
    {                                                                                              \
        .state_size = sizeof(ExactSum), .update = update_fn, .combine = sum_combine,               \
        .finalize = finalize_fn, .remove = sum_remove                                              \
    }
enum { IN_I16, IN_I32, IN_I64, IN_I128 };
static const HyAggregate sum_int8[] = {EXACT_AGGREGATE(sum_i16_update, sum_int8_finalize),
    EXACT_AGGREGATE(sum_i32_update, sum_int8_finalize),
    EXACT_AGGREGATE(sum_i64_update, sum_int8_finalize)};
static const HyAggregate sum_numeric[] = {
    [IN_I64] = EXACT_AGGREGATE(sum_i64_update, sum_numeric_finalize),
    [IN_I128] = EXACT_AGGREGATE(sum_i128_update, sum_numeric_finalize)};
static const HyAggregate avg_exact[] = {EXACT_AGGREGATE(sum_i16_update, avg_exact_finalize),
    EXACT_AGGREGATE(sum_i32_update, avg_exact_finalize),
    EXACT_AGGREGATE(sum_i64_update, avg_exact_finalize),
    EXACT_AGGREGATE(sum_i128_update, avg_exact_finalize)};

/* ---- sum and avg of floats ---- */

typedef struct FloatSum {
    double sum;
    int64_t count;
} FloatSum;

/* Four partial sums let the additions overlap; they also lose less than one running sum. */
static double sum_f64(const double *restrict v, size_t n)
{
    double part[4] = {0, 0, 0, 0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            part[k] += v[i + k];
    for (; i < n; i++)
        part[0] += v[i];
    return (part[0] + part[1]) + (part[2] + part[3]);
}

static HyStatus sum_f64_update(HY_UPDATE_ARGS)
{
    if (!groups && args[0].kind == HY_VECTOR_FLAT && !args[0].validity) {
        FloatSum *s = states;
        s->sum += sum_f64(args[0].data, n);
        s->count += (int64_t)n;
        return HY_OK;
    }
    HY_EACH_ROW(double, FloatSum, {
        s->sum += x;
        s->count++;
    });
    return HY_OK;
}

static HyStatus sum_f32_update(HY_UPDATE_ARGS)
{
    HY_EACH_ROW(float, FloatSum, {
        s->sum += (double)x;
        s->count++;
    });
    return HY_OK;
}

static HyStatus float_combine(HY_COMBINE_ARGS)
{
    ((FloatSum *)into_)->sum += ((const FloatSum *)from_)->sum;
    ((FloatSum *)into_)->count += ((const FloatSum *)from_)->count;
    return HY_OK;
}

static HyStatus sum_float_finalize(HY_FINALIZE_ARGS)
{
    const FloatSum *s = states;
    for (size_t i = 0; i < n; i++) {
        if (out->type.id == HY_TYPE_FLOAT4)
            ((float *)out->data)[i] = (float)s[i].sum;
        else
            ((double *)out->data)[i] = s[i].sum;
        if (s[i].count == 0)
            HY_TRY(hy_aggregate_null(env, out, n, i));
    }
    return HY_OK;
}

static HyStatus avg_float_finalize(HY_FINALIZE_ARGS)
{
    const FloatSum *s = states;
    for (size_t i = 0; i < n; i++) {
        ((double *)out->data)[i] = s[i].count ? s[i].sum / (double)s[i].count : 0;
        if (s[i].count == 0)
            HY_TRY(hy_aggregate_null(env, out, n, i));
    }
    return HY_OK;
}

#define FLOAT_AGGREGATE(update_fn, finalize_fn)                                                    \
    {                                                                                              \
        .state_size = sizeof(FloatSum), .update = update_fn, .combine = float_combine,             \
        .finalize = finalize_fn                                                                    \
    }
static const HyAggregate sum_float[] = {FLOAT_AGGREGATE(sum_f32_update, sum_float_finalize),
    FLOAT_AGGREGATE(sum_f64_update, sum_float_finalize)};
static const HyAggregate avg_float[] = {FLOAT_AGGREGATE(sum_f32_update, avg_float_finalize),
    FLOAT_AGGREGATE(sum_f64_update, avg_float_finalize)};

/* ---- Resolvers ---- */

static size_t exact_input(HyType type)
{
    switch (hy_type_physical(type)) {
    case HY_PHYS_I16:
        return IN_I16;
    case HY_PHYS_I32:
        return IN_I32;
    case HY_PHYS_I128:
        return IN_I128;
    default:
        return IN_I64;
    }
}

/* NULL and oid arguments become bigint; anything but a number is refused. */
static HyStatus prepare_number(HyFuncCall *call, const char *name)
{
    HyTypeId id = call->arg_types[0].id;
    if (id == HY_TYPE_UNKNOWN || id == HY_TYPE_OID)
        call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_INT8), call->arg_types[0].nullable);
    if (!hy_type_is_number(call->arg_types[0]))
        return hy_error("42601", "%s requires numerical arguments", name);
    return HY_OK;
}

static HyStatus resolve_sum(HyFuncCall *call)
{
    HY_TRY(prepare_number(call, "SUM"));
    HyType type = call->arg_types[0];
    if (type.id == HY_TYPE_FLOAT4 || type.id == HY_TYPE_FLOAT8)
        hy_call_set_aggregate(call, type, &sum_float[type.id == HY_TYPE_FLOAT8]);
    else if (type.id == HY_TYPE_NUMERIC)
        hy_call_set_aggregate(call, hy_type_numeric(HY_NUMERIC_MAX_PRECISION, type.scale),
            &sum_numeric[exact_input(type)]);
    else
        hy_call_set_aggregate(call, hy_type(HY_TYPE_INT8), &sum_int8[exact_input(type)]);
    return HY_OK;
}

static HyStatus resolve_avg(HyFuncCall *call)
{
    HY_TRY(prepare_number(call, "AVG"));
    HyType type = call->arg_types[0];
    if (type.id == HY_TYPE_FLOAT4 || type.id == HY_TYPE_FLOAT8) {
        hy_call_set_aggregate(call, hy_type(HY_TYPE_FLOAT8), &avg_float[type.id == HY_TYPE_FLOAT8]);
        return HY_OK;
    }
    HyType numeric = hy_numeric_type_of(type);
    int scale = numeric.scale > 6 ? numeric.scale : 6;
    int precision = numeric.precision - numeric.scale + 6;
    if (precision < scale)
        precision = scale;
    if (precision > HY_NUMERIC_MAX_PRECISION)
        precision = HY_NUMERIC_MAX_PRECISION;
    hy_call_set_aggregate(call, hy_type_numeric(precision, scale), &avg_exact[exact_input(type)]);
    return HY_OK;
}

static const HyFunc functions[] = {
    {"count", HY_FUNC_AGGREGATE, HY_IMMUTABLE, 0, 1, resolve_count, NULL,
        "count(*), count(any) -> bigint",
        "Number of rows, or of rows where the argument is not null."},
    {"sum", HY_FUNC_AGGREGATE, HY_IMMUTABLE, 1, 1, resolve_sum, NULL, "sum(number) -> number",
        "Sum of the values that are not null; null without any."},
    {"avg", HY_FUNC_AGGREGATE, HY_IMMUTABLE, 1, 1, resolve_avg, NULL, "avg(number) -> number",
        "Mean of the values that are not null; null without any."},
};
HY_DEFINE_FAMILY(aggregate_basic, functions);
