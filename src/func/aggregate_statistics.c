/* Variances and standard deviations, covariances and correlation. Of integers and numerics they are
 * numeric(38,6) and computed from exact sums; of floats double precision. */
#include "func/aggregate.h"
#include "func/families.h"
#include "types/numeric.h"

#include <math.h>

/* Fewer rows are added one by one (Welford 1962). */
#define BATCH_MOMENTS 256

/* What to make of the moments: HyFunc.data. */
typedef struct Statistic {
    bool is_sample; /* divide by n - 1 instead of n */
    bool is_root;   /* standard deviation */
} Statistic;

/* ---- Exact numbers ---- */

typedef struct ExactMoments {
    int64_t n;
    int64_t padding;
    HyInt128 sum;
    HyInt128 sum_of_squares;
} ExactMoments;

static HyStatus add_exact(ExactMoments *s, HyInt128 x)
{
    HyInt128 square;
    if (__builtin_mul_overflow(x, x, &square) ||
        __builtin_add_overflow(s->sum_of_squares, square, &s->sum_of_squares) ||
        __builtin_add_overflow(s->sum, x, &s->sum))
        return hy_numeric_overflow();
    s->n++;
    return HY_OK;
}

#define DEFINE_EXACT(name, T)                                                                      \
    static HyStatus name(HY_UPDATE_ARGS)                                                           \
    {                                                                                              \
        HY_EACH_ROW(T, ExactMoments, { HY_TRY(add_exact(s, x)); });                                \
        return HY_OK;                                                                              \
    }
DEFINE_EXACT(exact_i16, int16_t)
DEFINE_EXACT(exact_i32, int32_t)
DEFINE_EXACT(exact_i64, int64_t)
DEFINE_EXACT(exact_i128, HyInt128)

static HyStatus exact_combine(HY_COMBINE_ARGS)
{
    ExactMoments *into = into_;
    const ExactMoments *from = from_;
    if (__builtin_add_overflow(into->sum, from->sum, &into->sum) ||
        __builtin_add_overflow(into->sum_of_squares, from->sum_of_squares, &into->sum_of_squares))
        return hy_numeric_overflow();
    into->n += from->n;
    return HY_OK;
}

/* n * (sum of squares) - sum^2 over n * divisor, as a number of scale 6. */
static HyStatus exact_variance(const ExactMoments *s, int scale, int64_t divisor, HyInt128 *out)
{
    HyInt128 a, b, difference, denominator;
    if (!__builtin_mul_overflow(s->sum_of_squares, (HyInt128)s->n, &a) &&
        !__builtin_mul_overflow(s->sum, s->sum, &b) && !__builtin_sub_overflow(a, b, &difference) &&
        !__builtin_mul_overflow((HyInt128)s->n, (HyInt128)divisor, &denominator) &&
        2 * scale <= HY_NUMERIC_MAX_PRECISION) {
        if (hy_numeric_compute(HY_NUMERIC_DIV, difference, 2 * scale, denominator, 0,
                HY_NUMERIC_MAX_PRECISION, 6, out))
            return HY_OK;
        return hy_numeric_overflow();
    }
    /* beyond 128 bits: the leading digits are right, which is all that can be had */
    long double n = (long double)s->n;
    long double mean = (long double)s->sum / n;
    long double variance =
        ((long double)s->sum_of_squares - n * mean * mean) / (long double)divisor;
    double scaled = (double)(variance / powl(10, 2 * scale));
    return hy_numeric_from_double(scaled, HY_NUMERIC_MAX_PRECISION, 6, out) ? HY_OK
                                                                            : hy_numeric_overflow();
}

/* Of a number of scale 6, rounded up, as the genuine server does. */
static HyInt128 exact_root(HyInt128 variance)
{
    HyInt128 square;
    HyInt128 root = (HyInt128)ceill(sqrtl((long double)variance * 1e6L));
    if (__builtin_mul_overflow(variance, (HyInt128)1000000, &square) || root > INT64_MAX)
        return root;
    while (root > 0 && (root - 1) * (root - 1) >= square)
        root--;
    while (root * root < square)
        root++;
    return root;
}

static HyStatus exact_finalize(HY_FINALIZE_ARGS)
{
    const Statistic *statistic = call->func->data;
    const ExactMoments *s = states;
    int scale = call->arg_types[0].id == HY_TYPE_NUMERIC ? call->arg_types[0].scale : 0;
    for (size_t i = 0; i < n; i++) {
        HyInt128 value = 0;
        int64_t divisor = s[i].n - statistic->is_sample;
        if (divisor <= 0)
            HY_TRY(hy_aggregate_null(env, out, n, i));
        else
            HY_TRY(exact_variance(&s[i], scale, divisor, &value));
        ((HyInt128 *)out->data)[i] = statistic->is_root ? exact_root(value) : value;
    }
    return HY_OK;
}

/* ---- Floats, and pairs of floats ---- */

/* Both the plain sums, from which the genuine server computes, and sums of differences from the
 * means. Where little cancels, the former give the server's last digits; where much does (times,
 * large keys), they would give noise, and the latter decide. */
typedef struct FloatMoments {
    double n;
    double sum_x, sum_y;
    double sum_xx, sum_yy, sum_xy;
    double mean_x, mean_y;
    double cxx, cyy, cxy; /* sums of products of the differences from the means */
} FloatMoments;

static inline void add_one(FloatMoments *s, double x)
{
    s->n += 1;
    s->sum_x += x;
    s->sum_xx += x * x;
    double dx = x - s->mean_x;
    s->mean_x += dx / s->n;
    s->cxx += dx * (x - s->mean_x);
}

static inline void add_pair(FloatMoments *s, double x, double y)
{
    add_one(s, x);
    s->sum_y += y;
    s->sum_yy += y * y;
    s->sum_xy += x * y;
    double dy = y - s->mean_y;
    s->mean_y += dy / s->n;
    s->cyy += dy * (y - s->mean_y);
    s->cxy += dy * (x - s->mean_x);
}

static HyStatus float_f32(HY_UPDATE_ARGS)
{
    HY_EACH_ROW(float, FloatMoments, { add_one(s, (double)x); });
    return HY_OK;
}

/* Moments of a batch in two passes over it, which have no divisions and vectorize. */
static FloatMoments batch_moments(const double *restrict v, size_t n)
{
    double sums[4] = {0}, squares[4] = {0}, centered[4] = {0};
    size_t whole = n / 4 * 4;
    for (size_t i = 0; i < whole; i += 4)
        for (size_t k = 0; k < 4; k++) {
            sums[k] += v[i + k];
            squares[k] += v[i + k] * v[i + k];
        }
    FloatMoments s = {.n = (double)n,
        .sum_x = (sums[0] + sums[1]) + (sums[2] + sums[3]),
        .sum_xx = (squares[0] + squares[1]) + (squares[2] + squares[3])};
    for (size_t i = whole; i < n; i++) {
        s.sum_x += v[i];
        s.sum_xx += v[i] * v[i];
    }
    s.mean_x = s.sum_x / s.n;
    for (size_t i = 0; i < whole; i += 4)
        for (size_t k = 0; k < 4; k++) {
            double dx = v[i + k] - s.mean_x;
            centered[k] += dx * dx;
        }
    s.cxx = (centered[0] + centered[1]) + (centered[2] + centered[3]);
    for (size_t i = whole; i < n; i++)
        s.cxx += (v[i] - s.mean_x) * (v[i] - s.mean_x);
    return s;
}

static HyStatus float_combine(HY_COMBINE_ARGS);

static HyStatus float_f64(HY_UPDATE_ARGS)
{
    if (!groups && n >= BATCH_MOMENTS && args[0].kind == HY_VECTOR_FLAT && !args[0].validity) {
        FloatMoments batch = batch_moments(args[0].data, n);
        return float_combine(env, call, states, &batch, heap);
    }
    HY_EACH_ROW(double, FloatMoments, { add_one(s, x); });
    return HY_OK;
}

static HyStatus pair_update(HY_UPDATE_ARGS)
{
    const double *y = hy_vector_values(&args[0]);
    const double *x = hy_vector_values(&args[1]);
    for (size_t i = 0; i < n; i++) {
        if (hy_vector_is_null(&args[0], i) || hy_vector_is_null(&args[1], i))
            continue;
        add_pair(&((FloatMoments *)states)[groups ? groups[i] : 0], x[hy_vector_index(&args[1], i)],
            y[hy_vector_index(&args[0], i)]);
    }
    return HY_OK;
}

/* Chan, Golub & LeVeque (1979). */
static HyStatus float_combine(HY_COMBINE_ARGS)
{
    FloatMoments *a = into_;
    const FloatMoments *b = from_;
    if (b->n == 0)
        return HY_OK;
    double n = a->n + b->n;
    double dx = b->mean_x - a->mean_x;
    double dy = b->mean_y - a->mean_y;
    double weight = a->n * b->n / n;
    a->sum_x += b->sum_x;
    a->sum_y += b->sum_y;
    a->sum_xx += b->sum_xx;
    a->sum_yy += b->sum_yy;
    a->sum_xy += b->sum_xy;
    a->cxx += b->cxx + dx * dx * weight;
    a->cyy += b->cyy + dy * dy * weight;
    a->cxy += b->cxy + dx * dy * weight;
    a->mean_x += dx * b->n / n;
    a->mean_y += dy * b->n / n;
    a->n = n;
    return HY_OK;
}

/* Mean product minus product of the means; false: too much cancels. */
static bool plain_moment(double n, double sum_xy, double sum_x, double sum_y, double *out)
{
    const double least = 1e-4; /* of the digits, at most four are lost */
    *out = sum_xy / n - (sum_x / n) * (sum_y / n);
    return fabs(*out) >= least * fabs(sum_xy / n);
}

static double moment_xx(const FloatMoments *s)
{
    double v;
    return plain_moment(s->n, s->sum_xx, s->sum_x, s->sum_x, &v) ? v : s->cxx / s->n;
}
static double moment_xy(const FloatMoments *s)
{
    double v;
    return plain_moment(s->n, s->sum_xy, s->sum_x, s->sum_y, &v) ? v : s->cxy / s->n;
}

/* The moment of a population as that of a sample. */
static double of_sample(const FloatMoments *s, double moment)
{
    return moment / (s->n - 1) * s->n;
}

static HyStatus float_finalize(HY_FINALIZE_ARGS)
{
    const Statistic *statistic = call->func->data;
    const FloatMoments *s = states;
    for (size_t i = 0; i < n; i++) {
        bool has_value = s[i].n > (statistic->is_sample ? 1 : 0);
        double variance = has_value ? moment_xx(&s[i]) : 0;
        if (has_value && statistic->is_sample)
            variance = of_sample(&s[i], variance);
        ((double *)out->data)[i] = statistic->is_root ? sqrt(variance) : variance;
        if (!has_value)
            HY_TRY(hy_aggregate_null(env, out, n, i));
    }
    return HY_OK;
}

static HyStatus covariance_finalize(HY_FINALIZE_ARGS)
{
    const Statistic *statistic = call->func->data;
    const FloatMoments *s = states;
    for (size_t i = 0; i < n; i++) {
        bool has_value = s[i].n > (statistic->is_sample ? 1 : 0);
        double covariance = has_value ? moment_xy(&s[i]) : 0;
        if (has_value && statistic->is_sample)
            covariance = of_sample(&s[i], covariance);
        ((double *)out->data)[i] = covariance;
        if (!has_value)
            HY_TRY(hy_aggregate_null(env, out, n, i));
    }
    return HY_OK;
}

/* All three moments from the same sums, so that it stays within -1..1 but for rounding. False: one
 * side does not vary. */
static bool correlation_of(const FloatMoments *s, double *out)
{
    double xx, yy, xy;
    bool is_plain = plain_moment(s->n, s->sum_xx, s->sum_x, s->sum_x, &xx);
    is_plain = plain_moment(s->n, s->sum_yy, s->sum_y, s->sum_y, &yy) && is_plain;
    is_plain = plain_moment(s->n, s->sum_xy, s->sum_x, s->sum_y, &xy) && is_plain;
    if (!is_plain) {
        xx = s->cxx;
        yy = s->cyy;
        xy = s->cxy;
    }
    double spread = sqrt(xx) * sqrt(yy);
    double value = xy / spread;
    *out = value > 1 ? 1 : value < -1 ? -1 : value;
    return s->n > 0 && !(spread <= 0);
}

static HyStatus correlation_finalize(HY_FINALIZE_ARGS)
{
    const FloatMoments *s = states;
    for (size_t i = 0; i < n; i++) {
        double *result = &((double *)out->data)[i];
        if (s[i].n == 0 || !correlation_of(&s[i], result)) {
            *result = 0;
            HY_TRY(hy_aggregate_null(env, out, n, i));
        }
    }
    return HY_OK;
}

/* ---- Resolvers ---- */

#define EXACT(update_fn)                                                                           \
    {                                                                                              \
        .state_size = sizeof(ExactMoments), .update = update_fn, .combine = exact_combine,         \
        .finalize = exact_finalize                                                                 \
    }
#define FLOAT(update_fn, finalize_fn)                                                              \
    {                                                                                              \
        .state_size = sizeof(FloatMoments), .update = update_fn, .combine = float_combine,         \
        .finalize = finalize_fn                                                                    \
    }
static const HyAggregate by_physical[HY_PHYS_COUNT] = {[HY_PHYS_I16] = EXACT(exact_i16),
    [HY_PHYS_I32] = EXACT(exact_i32),
    [HY_PHYS_I64] = EXACT(exact_i64),
    [HY_PHYS_I128] = EXACT(exact_i128),
    [HY_PHYS_F32] = FLOAT(float_f32, float_finalize),
    [HY_PHYS_F64] = FLOAT(float_f64, float_finalize)};
static const HyAggregate covariance = FLOAT(pair_update, covariance_finalize);
static const HyAggregate correlation = FLOAT(pair_update, correlation_finalize);

static HyStatus resolve_variance(HyFuncCall *call)
{
    HyType type = call->arg_types[0];
    if (type.id == HY_TYPE_UNKNOWN || type.id == HY_TYPE_OID)
        type = call->arg_types[0] = hy_type(HY_TYPE_INT8);
    if (!hy_type_is_number(type))
        return hy_error("42601", "'%s' requires numerical arguments", call->func->name);
    bool is_float = type.id == HY_TYPE_FLOAT4 || type.id == HY_TYPE_FLOAT8;
    hy_call_set_aggregate(call,
        is_float ? hy_type(HY_TYPE_FLOAT8) : hy_type_numeric(HY_NUMERIC_MAX_PRECISION, 6),
        &by_physical[hy_type_physical(type)]);
    return HY_OK;
}

static HyStatus resolve_pair(HyFuncCall *call)
{
    if (call->is_distinct)
        return hy_error("0A000", "CORR/COVAR_POP/COVAR_SAMP DISTINCT not implemented yet");
    for (size_t i = 0; i < 2; i++) {
        HyType type = call->arg_types[i];
        bool is_literal = call->consts[i] && (call->consts[i]->is_null || hy_type_is_text(type));
        if (!hy_type_is_number(type) && !is_literal && type.id != HY_TYPE_UNKNOWN)
            return hy_error("42601", "'%s' requires numerical arguments", call->func->name);
        call->arg_types[i] = hy_type_nullable(hy_type(HY_TYPE_FLOAT8), true);
    }
    hy_call_set_aggregate(
        call, hy_type(HY_TYPE_FLOAT8), call->func->name[2] == 'r' ? &correlation : &covariance);
    return HY_OK;
}

#define VARIANCE(name, sample, root, doc)                                                          \
    {                                                                                              \
        name, HY_FUNC_AGGREGATE, HY_IMMUTABLE, 1, 1, resolve_variance,                             \
            &(const Statistic){sample, root}, name "(number) -> number", doc                       \
    }
#define PAIR(name, sample, doc)                                                                    \
    {                                                                                              \
        name, HY_FUNC_AGGREGATE, HY_IMMUTABLE, 2, 2, resolve_pair,                                 \
            &(const Statistic){sample, false}, name "(y number, x number) -> double precision",    \
            doc                                                                                    \
    }
static const HyFunc functions[] = {
    VARIANCE("variance", true, false, "Sample variance."),
    VARIANCE("var_samp", true, false, "Sample variance."),
    VARIANCE("var_pop", false, false, "Population variance."),
    VARIANCE("stddev", true, true, "Sample standard deviation."),
    VARIANCE("stddev_samp", true, true, "Sample standard deviation."),
    VARIANCE("stddev_pop", false, true, "Population standard deviation."),
    PAIR("covar_samp", true, "Sample covariance."),
    PAIR("covar_pop", false, "Population covariance."),
    PAIR("corr", false, "Correlation coefficient."),
};
HY_DEFINE_FAMILY(aggregate_statistics, functions);
