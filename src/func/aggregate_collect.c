/* Aggregates that must see all values of a group: percentiles, mode and median; and max_by, min_by,
 * which keep the value that belongs to the largest or smallest key. */
#include "func/aggregate_values.h"
#include "func/families.h"
#include "func/select_rank.h"
#include "types/compare.h"
#include "types/numeric.h"

#include <math.h>

typedef struct Collected {
    HyValueList values;
    double fraction; /* of percentile_*, from any row */
    bool has_fraction;
} Collected;

static void take_fraction(
    Collected *c, const HyFuncCall *call, const HyVector *args, size_t which, size_t row)
{
    if (which == 0 || call->n_args == 0 || hy_vector_is_null(&args[0], row))
        return;
    c->fraction = ((const double *)hy_vector_values(&args[0]))[hy_vector_index(&args[0], row)];
    c->has_fraction = true;
}

/* Adds the values of one argument (behind call->n_args: the sort expression of WITHIN GROUP). */
static HyStatus collect_argument(const HyFuncCall *call, const HyVector *args, size_t which,
    size_t n, const uint32_t *groups, void *states, HyArena *heap)
{
    const HyVector *v = &args[which];
    size_t size = hy_physical_size(hy_type_physical(v->type));
    const char *values = hy_vector_values(v);
    if (!groups && n > 0 && !v->validity && v->kind == HY_VECTOR_FLAT &&
        hy_type_physical(v->type) != HY_PHYS_STRING) {
        Collected *c = states;
        take_fraction(c, call, args, which, 0);
        return hy_value_list_push_all(&c->values, size, values, n, heap);
    }
    for (size_t i = 0; i < n; i++) {
        Collected *c = &((Collected *)states)[groups ? groups[i] : 0];
        if (hy_vector_is_null(v, i))
            continue;
        take_fraction(c, call, args, which, i);
        HY_TRY(
            hy_value_list_push(&c->values, v->type, values + hy_vector_index(v, i) * size, heap));
    }
    return HY_OK;
}

static HyStatus collect_sorted(HY_UPDATE_ARGS)
{
    return collect_argument(call, args, call->n_args, n, groups, states, heap);
}

static HyStatus collect_first(HY_UPDATE_ARGS)
{
    return collect_argument(call, args, 0, n, groups, states, heap);
}

static HyType collected_type(const HyFuncCall *call)
{
    return call->aggregate->is_ordered_set ? call->order_type : call->arg_types[0];
}

static HyStatus collect_combine(HY_COMBINE_ARGS)
{
    Collected *into = into_;
    const Collected *from = from_;
    size_t size = hy_physical_size(hy_type_physical(collected_type(call)));
    if (from->values.n == 0)
        return HY_OK;
    into->fraction = from->fraction;
    into->has_fraction = from->has_fraction;
    return hy_value_list_append(&into->values, &from->values, size, heap);
}

/* ---- percentile_disc, mode: one of the values ---- */

static HyStatus check_fraction(double fraction)
{
    if (!(fraction >= 0 && fraction <= 1))
        return hy_error("22003", "percentile value %g is not between 0 and 1", fraction);
    return HY_OK;
}

static HyStatus disc_finalize(HY_FINALIZE_ARGS)
{
    Collected *s = states;
    size_t size = hy_physical_size(hy_type_physical(out->type));
    for (size_t i = 0; i < n; i++) {
        char *result = (char *)out->data + i * size;
        memset(result, 0, size);
        if (s[i].values.n == 0 || !s[i].has_fraction) {
            HY_TRY(hy_aggregate_null(env, out, n, i));
            continue;
        }
        HY_TRY(check_fraction(s[i].fraction));
        double place = ceil(s[i].fraction * (double)s[i].values.n);
        uint64_t index = place < 1 ? 0 : (uint64_t)place - 1;
        index = call->order_is_descending && call->aggregate->takes_any_order
                    ? s[i].values.n - 1 - index
                    : index;
        if (call->aggregate->takes_any_order)
            hy_select_rank(call->order_type, s[i].values.data, s[i].values.n, index);
        memcpy(result, s[i].values.data + index * size, size);
    }
    return HY_OK;
}

/* The values are sorted: the longest run of equal ones, the first of several. */
static HyStatus mode_finalize(HY_FINALIZE_ARGS)
{
    const Collected *s = states;
    size_t size = hy_physical_size(hy_type_physical(out->type));
    for (size_t i = 0; i < n; i++) {
        uint64_t best = 0, best_length = 0;
        for (uint64_t from = 0, to; from < s[i].values.n; from = to) {
            to = from + 1;
            while (
                to < s[i].values.n && hy_compare_payload(out->type, s[i].values.data + from * size,
                                          s[i].values.data + to * size) == 0)
                to++;
            if (to - from > best_length) {
                best = from;
                best_length = to - from;
            }
        }
        char *result = (char *)out->data + i * size;
        memset(result, 0, size);
        if (best_length == 0)
            HY_TRY(hy_aggregate_null(env, out, n, i));
        else
            memcpy(result, s[i].values.data + best * size, size);
    }
    return HY_OK;
}

/* ---- percentile_cont, median: interpolated ---- */

static double number_at(const Collected *c, HyType type, uint64_t index)
{
    const void *p = c->values.data + index * hy_physical_size(hy_type_physical(type));
    switch (hy_type_physical(type)) {
    case HY_PHYS_I16:
        return *(const int16_t *)p;
    case HY_PHYS_I32:
        return *(const int32_t *)p;
    case HY_PHYS_F32:
        return (double)*(const float *)p;
    case HY_PHYS_F64:
        return *(const double *)p;
    case HY_PHYS_I128:
        return hy_numeric_to_double(*(const HyInt128 *)p, type.scale);
    default:
        return hy_numeric_to_double(
            *(const int64_t *)p, type.id == HY_TYPE_NUMERIC ? type.scale : 0);
    }
}

/* Descending order counts from the other end. */
static double interpolate(const HyFuncCall *call, Collected *c)
{
    HyType type = call->order_type;
    uint64_t n = c->values.n;
    double place = c->fraction * (double)(n - 1);
    uint64_t below = (uint64_t)place;
    bool is_exact = below + 1 >= n || place == (double)below;
    uint64_t rank = call->order_is_descending ? n - 1 - below : below;
    if (is_exact) {
        hy_select_rank(type, c->values.data, n, rank);
        return number_at(c, type, rank);
    }
    uint64_t lower = call->order_is_descending ? rank - 1 : rank;
    hy_select_rank(type, c->values.data, n, lower);
    hy_select_next_rank(type, c->values.data, n, lower + 1);
    double first = number_at(c, type, rank);
    double second = number_at(c, type, call->order_is_descending ? lower : lower + 1);
    return first + (second - first) * (place - (double)below);
}

static HyStatus cont_finalize(HY_FINALIZE_ARGS)
{
    Collected *s = states;
    for (size_t i = 0; i < n; i++) {
        double *result = &((double *)out->data)[i];
        *result = 0;
        if (s[i].values.n == 0 || !s[i].has_fraction) {
            HY_TRY(hy_aggregate_null(env, out, n, i));
            continue;
        }
        HY_TRY(check_fraction(s[i].fraction));
        *result = interpolate(call, &s[i]);
    }
    return HY_OK;
}

/* The mean of the values of ranks (n - 1) / 2 and n / 2. */
static double median_of(Collected *c)
{
    const HyType type = hy_type(HY_TYPE_FLOAT8);
    uint64_t n = c->values.n, low = (n - 1) / 2;
    const double *v = (const double *)(const void *)c->values.data;
    hy_select_rank(type, c->values.data, n, low);
    if (n / 2 == low)
        return v[low];
    hy_select_next_rank(type, c->values.data, n, low + 1);
    return v[low] + (v[low + 1] - v[low]) * 0.5;
}

static HyStatus median_finalize(HY_FINALIZE_ARGS)
{
    Collected *s = states;
    for (size_t i = 0; i < n; i++) {
        double *result = &((double *)out->data)[i];
        *result = 0;
        if (s[i].values.n == 0) {
            HY_TRY(hy_aggregate_null(env, out, n, i));
            continue;
        }
        *result = median_of(&s[i]);
    }
    return HY_OK;
}

#define COLLECT(update_fn, finalize_fn, ordered, any_order)                                        \
    {                                                                                              \
        .state_size = sizeof(Collected), .update = update_fn, .combine = collect_combine,          \
        .finalize = finalize_fn, .is_ordered_set = ordered, .takes_any_order = any_order           \
    }
static const HyAggregate disc_aggregate = COLLECT(collect_sorted, disc_finalize, true, true);
static const HyAggregate disc_sorted = COLLECT(collect_sorted, disc_finalize, true, false);
static const HyAggregate cont_aggregate = COLLECT(collect_sorted, cont_finalize, true, true);
static const HyAggregate mode_aggregate = COLLECT(collect_sorted, mode_finalize, true, false);
static const HyAggregate median_aggregate = COLLECT(collect_first, median_finalize, false, true);

static HyStatus resolve_percentile(HyFuncCall *call)
{
    bool is_cont = call->func->name[11] == 'c';
    bool is_text = hy_type_physical(call->order_type) == HY_PHYS_STRING;
    HyType fraction = call->arg_types[0];
    bool is_null = call->consts[0] && call->consts[0]->is_null;
    if (!is_null && !hy_type_is_number(fraction) && !hy_type_is_text(fraction) &&
        fraction.id != HY_TYPE_UNKNOWN)
        return hy_error("42883", "ordered-set aggregate \"%s\" expects a constant numeric argument",
            call->func->name);
    if (is_cont && !hy_type_is_number(call->order_type))
        return hy_error(
            "42883", "ordered-set aggregate \"%s\" expects numeric argument", call->func->name);
    call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_FLOAT8), true);
    hy_call_set_aggregate(call, is_cont ? hy_type(HY_TYPE_FLOAT8) : call->order_type,
        is_cont   ? &cont_aggregate
        : is_text ? &disc_sorted
                  : &disc_aggregate);
    return HY_OK;
}

static HyStatus resolve_mode(HyFuncCall *call)
{
    hy_call_set_aggregate(call, call->order_type, &mode_aggregate);
    return HY_OK;
}

static HyStatus resolve_median(HyFuncCall *call)
{
    HyType type = call->arg_types[0];
    if (!hy_type_is_number(type) && type.id != HY_TYPE_UNKNOWN)
        return hy_error("42883", "ordered-set aggregate \"median\" expects numeric argument");
    if (call->is_distinct)
        return hy_error("0A000", "MEDIAN DISTINCT not implemented yet");
    call->arg_types[0] = hy_type(HY_TYPE_FLOAT8);
    hy_call_set_aggregate(call, hy_type(HY_TYPE_FLOAT8), &median_aggregate);
    return HY_OK;
}

/* ---- max_by, min_by ---- */

typedef struct Chosen {
    union {
        char bytes[16];
        HyInt128 align;
    } key, value;
    int64_t is_set;
    int64_t key_is_null;
} Chosen;

/* Any key is better than none, the first one better than equal ones. key NULL: null. */
static bool is_better(const HyFuncCall *call, const void *key, const Chosen *s)
{
    if (!s->is_set || !key || s->key_is_null)
        return !s->is_set || (key && s->key_is_null);
    int c = hy_compare_payload(call->arg_types[1], key, s->key.bytes);
    return call->func->name[1] == 'a' ? c > 0 : c < 0; /* max_by, min_by */
}

static const void *payload_at(const HyVector *v, size_t row)
{
    return (const char *)hy_vector_values(v) +
           hy_vector_index(v, row) * hy_physical_size(hy_type_physical(v->type));
}

/* Rows without a value do not count. */
static HyStatus choose_update(HY_UPDATE_ARGS)
{
    for (size_t i = 0; i < n; i++) {
        Chosen *s = &((Chosen *)states)[groups ? groups[i] : 0];
        const void *key = hy_vector_is_null(&args[1], i) ? NULL : payload_at(&args[1], i);
        if (hy_vector_is_null(&args[0], i) || !is_better(call, key, s))
            continue;
        s->key_is_null = !key;
        if (key)
            HY_TRY(hy_payload_keep(args[1].type, key, heap, s->key.bytes));
        HY_TRY(hy_payload_keep(args[0].type, payload_at(&args[0], i), heap, s->value.bytes));
        s->is_set = 1;
    }
    return HY_OK;
}

static HyStatus choose_combine(HY_COMBINE_ARGS)
{
    Chosen *into = into_;
    const Chosen *from = from_;
    if (from->is_set && is_better(call, from->key_is_null ? NULL : from->key.bytes, into))
        *into = *from;
    return HY_OK;
}

static HyStatus choose_finalize(HY_FINALIZE_ARGS)
{
    const Chosen *s = states;
    size_t size = hy_physical_size(hy_type_physical(out->type));
    for (size_t i = 0; i < n; i++) {
        char *result = (char *)out->data + i * size;
        memset(result, 0, size);
        if (!s[i].is_set)
            HY_TRY(hy_aggregate_null(env, out, n, i));
        else
            memcpy(result, s[i].value.bytes, size);
    }
    return HY_OK;
}

static const HyAggregate choose_aggregate = {.state_size = sizeof(Chosen),
    .update = choose_update,
    .combine = choose_combine,
    .finalize = choose_finalize};

static HyStatus resolve_choose(HyFuncCall *call)
{
    hy_call_default_unknown(call);
    HyTypeId key = call->arg_types[1].id;
    if (key == HY_TYPE_GEOGRAPHY || key == HY_TYPE_JSON || key == HY_TYPE_ARRAY)
        return hy_error("42601", "'%s' requires a key with an order", call->func->name);
    hy_call_set_aggregate(call, call->arg_types[0], &choose_aggregate);
    return HY_OK;
}

#define AGGREGATE(name, n_args, resolve, signature, doc)                                           \
    {                                                                                              \
        name, HY_FUNC_AGGREGATE, HY_IMMUTABLE, n_args, n_args, resolve, NULL, signature, doc       \
    }
static const HyFunc functions[] = {
    AGGREGATE("percentile_disc", 1, resolve_percentile,
        "percentile_disc(fraction) WITHIN GROUP (ORDER BY any) -> any",
        "First value at or behind this fraction of the sorted values."),
    AGGREGATE("percentile_cont", 1, resolve_percentile,
        "percentile_cont(fraction) WITHIN GROUP (ORDER BY number) -> double precision",
        "Value at this fraction of the sorted values, interpolated."),
    AGGREGATE("mode", 0, resolve_mode, "mode() WITHIN GROUP (ORDER BY any) -> any",
        "The most frequent value."),
    AGGREGATE("median", 1, resolve_median, "median(number) -> double precision",
        "The middle value, or the mean of the two middle ones."),
    AGGREGATE("max_by", 2, resolve_choose, "max_by(value any, key any) -> any",
        "The value that belongs to the largest key."),
    AGGREGATE("min_by", 2, resolve_choose, "min_by(value any, key any) -> any",
        "The value that belongs to the smallest key."),
};
HY_DEFINE_FAMILY(aggregate_collect, functions);
