/* Skewness and kurtosis, from central moments that are updated row by row (Pebay, "Formulas for
 * robust, one-pass parallel computation of covariances and arbitrary-order statistical moments",
 * 2008). */
#include "func/aggregate.h"
#include "func/families.h"

#include <math.h>

typedef struct ShapeMoments {
    double n;
    double mean;
    double m2, m3, m4; /* sums of powers of the differences from the mean */
} ShapeMoments;

static HyStatus shape_update(HY_UPDATE_ARGS)
{
    HY_EACH_ROW(double, ShapeMoments, {
        double before = s->n;
        double count = s->n = before + 1;
        double delta = x - s->mean;
        double step = delta / count;
        double square = step * step;
        double term = delta * step * before;
        s->mean += step;
        s->m4 += term * square * (count * count - 3 * count + 3);
        s->m4 += 6 * square * s->m2 - 4 * step * s->m3;
        s->m3 += term * step * (count - 2);
        s->m3 -= 3 * step * s->m2;
        s->m2 += term;
    });
    return HY_OK;
}

static HyStatus shape_combine(HY_COMBINE_ARGS)
{
    ShapeMoments *a = into_;
    const ShapeMoments *b = from_;
    if (b->n == 0)
        return HY_OK;
    double n = a->n + b->n;
    double delta = b->mean - a->mean;
    double d2 = delta * delta;
    double product = a->n * b->n;
    a->m4 += b->m4 + d2 * d2 * product * (a->n * a->n - product + b->n * b->n) / (n * n * n) +
             6 * d2 * (a->n * a->n * b->m2 + b->n * b->n * a->m2) / (n * n) +
             4 * delta * (a->n * b->m3 - b->n * a->m3) / n;
    a->m3 += b->m3 + d2 * delta * product * (a->n - b->n) / (n * n) +
             3 * delta * (a->n * b->m2 - b->n * a->m2) / n;
    a->m2 += b->m2 + d2 * product / n;
    a->mean += delta * b->n / n;
    a->n = n;
    return HY_OK;
}

static double skewness(const ShapeMoments *s)
{
    return sqrt(s->n) * s->m3 / pow(s->m2, 1.5);
}

typedef double (*ShapeFormula)(const ShapeMoments *s);

static double skewness_of_sample(const ShapeMoments *s)
{
    return skewness(s) * sqrt(s->n * (s->n - 1)) / (s->n - 2);
}

/* Of a sample, less that of the normal distribution. */
static double excess_kurtosis(const ShapeMoments *s)
{
    double excess = s->n * s->m4 / (s->m2 * s->m2) - 3;
    return (s->n - 1) / ((s->n - 2) * (s->n - 3)) * ((s->n + 1) * excess + 6);
}

/* What a function computes and of how many values at least: HyFunc.data. */
typedef struct Shape {
    ShapeFormula formula;
    double least;
} Shape;

static HyStatus shape_finalize(HY_FINALIZE_ARGS)
{
    const Shape *shape = call->func->data;
    const ShapeMoments *s = states;
    for (size_t i = 0; i < n; i++) {
        bool has_value = s[i].n >= shape->least && s[i].m2 != 0;
        ((double *)out->data)[i] = has_value ? shape->formula(&s[i]) : 0;
        if (!has_value)
            HY_TRY(hy_aggregate_null(env, out, n, i));
    }
    return HY_OK;
}

static const HyAggregate shape_aggregate = {.state_size = sizeof(ShapeMoments),
    .update = shape_update,
    .combine = shape_combine,
    .finalize = shape_finalize};

static HyStatus resolve_shape(HyFuncCall *call)
{
    HyType type = call->arg_types[0];
    if (!hy_type_is_number(type) && type.id != HY_TYPE_UNKNOWN)
        return hy_error("42601", "'%s' requires a numerical argument", call->func->name);
    call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_FLOAT8), type.nullable);
    hy_call_set_aggregate(call, hy_type(HY_TYPE_FLOAT8), &shape_aggregate);
    return HY_OK;
}

#define SHAPE(name, formula, least, doc)                                                           \
    {                                                                                              \
        name, HY_FUNC_AGGREGATE, HY_IMMUTABLE, 1, 1, resolve_shape,                                \
            &(const Shape){formula, least}, name "(number) -> double precision", doc               \
    }
static const HyFunc functions[] = {
    SHAPE("skewness_pop", skewness, 3, "Skewness of a population."),
    SHAPE("skewness_samp", skewness_of_sample, 3, "Skewness estimated from a sample."),
    SHAPE("kurtosis", excess_kurtosis, 4, "Excess kurtosis estimated from a sample."),
};
HY_DEFINE_FAMILY(aggregate_shape, functions);
