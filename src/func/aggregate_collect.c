/* Aggregates that must see all values of a group: percentiles, mode and median; and max_by, min_by,
 * which keep the value that belongs to the largest or smallest key. */
#include "func/aggregate.h"
#include "func/families.h"
#include "types/compare.h"
#include "types/numeric.h"

#include <math.h>
#include <stdlib.h>

/* The values of a group, size bytes each, in the order in which they came. */
typedef struct Collected {
    char *data; /* in the heap of the states */
    uint64_t n;
    uint64_t capacity;
    double fraction; /* of percentile_*; NaN until a row was seen */
} Collected;

static HyStatus set_null(HyFuncEnv *env, HyVector *out, size_t n, size_t i)
{
    HY_TRY(hy_vector_need_validity(env->arena, out, n));
    hy_bitmap_clear(out->validity, i);
    return HY_OK;
}

/* Copies a payload; long string bytes move into the heap. */
static HyStatus keep_payload(HyType type, const void *value, HyArena *heap, void *out)
{
    memcpy(out, value, hy_physical_size(hy_type_physical(type)));
    if (hy_type_physical(type) != HY_PHYS_STRING)
        return HY_OK;
    HyString *s = out;
    if (s->len <= HY_STRING_INLINE)
        return HY_OK;
    char *copy = hy_arena_strndup(heap, s->ptr, s->len);
    if (!copy)
        return hy_error_oom(s->len);
    s->ptr = copy;
    return HY_OK;
}

static HyStatus make_room(Collected *c, uint64_t more, size_t size, HyArena *heap)
{
    if (c->n + more <= c->capacity)
        return HY_OK;
    uint64_t capacity = c->capacity ? c->capacity * 2 : 8;
    while (capacity < c->n + more)
        capacity *= 2;
    char *grown = hy_arena_alloc(heap, capacity * size);
    if (!grown)
        return hy_error_oom(capacity * size);
    if (c->n)
        memcpy(grown, c->data, c->n * size);
    c->data = grown;
    c->capacity = capacity;
    return HY_OK;
}

/* Adds the values of one argument (behind call->n_args: the sort expression of WITHIN GROUP). */
static HyStatus collect_argument(const HyFuncCall *call, const HyVector *args, size_t which,
    size_t n, const uint32_t *groups, void *states, HyArena *heap)
{
    const HyVector *v = &args[which];
    size_t size = hy_physical_size(hy_type_physical(v->type));
    const char *values = hy_vector_values(v);
    for (size_t i = 0; i < n; i++) {
        Collected *c = &((Collected *)states)[groups ? groups[i] : 0];
        if (hy_vector_is_null(v, i))
            continue;
        if (which > 0 && call->n_args > 0 && !hy_vector_is_null(&args[0], i))
            c->fraction =
                ((const double *)hy_vector_values(&args[0]))[hy_vector_index(&args[0], i)];
        HY_TRY(make_room(c, 1, size, heap));
        HY_TRY(keep_payload(
            v->type, values + hy_vector_index(v, i) * size, heap, c->data + c->n * size));
        c->n++;
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
    if (from->n == 0)
        return HY_OK;
    HY_TRY(make_room(into, from->n, size, heap));
    memcpy(into->data + into->n * size, from->data, from->n * size);
    into->n += from->n;
    into->fraction = from->fraction;
    return HY_OK;
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
    const Collected *s = states;
    size_t size = hy_physical_size(hy_type_physical(out->type));
    for (size_t i = 0; i < n; i++) {
        char *result = (char *)out->data + i * size;
        memset(result, 0, size);
        if (s[i].n == 0) {
            HY_TRY(set_null(env, out, n, i));
            continue;
        }
        HY_TRY(check_fraction(s[i].fraction));
        double place = ceil(s[i].fraction * (double)s[i].n);
        uint64_t index = place < 1 ? 0 : (uint64_t)place - 1;
        memcpy(result, s[i].data + index * size, size);
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
        for (uint64_t from = 0, to; from < s[i].n; from = to) {
            to = from + 1;
            while (to < s[i].n && hy_compare_payload(out->type, s[i].data + from * size,
                                      s[i].data + to * size) == 0)
                to++;
            if (to - from > best_length) {
                best = from;
                best_length = to - from;
            }
        }
        char *result = (char *)out->data + i * size;
        memset(result, 0, size);
        if (best_length == 0)
            HY_TRY(set_null(env, out, n, i));
        else
            memcpy(result, s[i].data + best * size, size);
    }
    return HY_OK;
}

/* ---- percentile_cont, median: interpolated ---- */

static double number_at(const Collected *c, HyType type, uint64_t index)
{
    const void *p = c->data + index * hy_physical_size(hy_type_physical(type));
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

static double interpolate(const Collected *c, HyType type, double fraction)
{
    double place = fraction * (double)(c->n - 1);
    uint64_t below = (uint64_t)place;
    double low = number_at(c, type, below);
    if (below + 1 >= c->n || place == (double)below)
        return low;
    return low + (number_at(c, type, below + 1) - low) * (place - (double)below);
}

static HyStatus cont_finalize(HY_FINALIZE_ARGS)
{
    const Collected *s = states;
    for (size_t i = 0; i < n; i++) {
        double *result = &((double *)out->data)[i];
        *result = 0;
        if (s[i].n == 0) {
            HY_TRY(set_null(env, out, n, i));
            continue;
        }
        HY_TRY(check_fraction(s[i].fraction));
        *result = interpolate(&s[i], call->order_type, s[i].fraction);
    }
    return HY_OK;
}

static int compare_doubles(const void *a, const void *b)
{
    return hy_compare_payload(hy_type(HY_TYPE_FLOAT8), a, b);
}

static HyStatus median_finalize(HY_FINALIZE_ARGS)
{
    Collected *s = states;
    for (size_t i = 0; i < n; i++) {
        double *result = &((double *)out->data)[i];
        *result = 0;
        if (s[i].n == 0) {
            HY_TRY(set_null(env, out, n, i));
            continue;
        }
        qsort(s[i].data, s[i].n, sizeof(double), compare_doubles);
        *result = interpolate(&s[i], hy_type(HY_TYPE_FLOAT8), 0.5);
    }
    return HY_OK;
}

#define COLLECT(update_fn, finalize_fn, ordered)                                                   \
    {                                                                                              \
        .state_size = sizeof(Collected), .update = update_fn, .combine = collect_combine,          \
        .finalize = finalize_fn, .is_ordered_set = ordered                                         \
    }
static const HyAggregate disc_aggregate = COLLECT(collect_sorted, disc_finalize, true);
static const HyAggregate cont_aggregate = COLLECT(collect_sorted, cont_finalize, true);
static const HyAggregate mode_aggregate = COLLECT(collect_sorted, mode_finalize, true);
static const HyAggregate median_aggregate = COLLECT(collect_first, median_finalize, false);

static HyStatus resolve_percentile(HyFuncCall *call)
{
    bool is_cont = call->func->name[11] == 'c';
    HyType fraction = call->arg_types[0];
    if (!hy_type_is_number(fraction) && fraction.id != HY_TYPE_UNKNOWN)
        return hy_error("42601", "'%s' requires a numerical argument", call->func->name);
    if (is_cont && !hy_type_is_number(call->order_type))
        return hy_error("42601", "'%s' requires numerical arguments", call->func->name);
    call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_FLOAT8), true);
    hy_call_set_aggregate(call, is_cont ? hy_type(HY_TYPE_FLOAT8) : call->order_type,
        is_cont ? &cont_aggregate : &disc_aggregate);
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
        return hy_error("42601", "MEDIAN requires numerical arguments");
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
    int64_t value_is_null;
} Chosen;

static bool is_better(const HyFuncCall *call, const void *candidate, const Chosen *s)
{
    if (!s->is_set)
        return true;
    int c = hy_compare_payload(call->arg_types[1], candidate, s->key.bytes);
    return call->func->name[1] == 'a' ? c > 0 : c < 0; /* max_by, min_by */
}

static HyStatus choose_update(HY_UPDATE_ARGS)
{
    size_t key_size = hy_physical_size(hy_type_physical(args[1].type));
    size_t value_size = hy_physical_size(hy_type_physical(args[0].type));
    const char *keys = hy_vector_values(&args[1]);
    const char *values = hy_vector_values(&args[0]);
    for (size_t i = 0; i < n; i++) {
        Chosen *s = &((Chosen *)states)[groups ? groups[i] : 0];
        const char *key = keys + hy_vector_index(&args[1], i) * key_size;
        if (hy_vector_is_null(&args[1], i) || !is_better(call, key, s))
            continue;
        HY_TRY(keep_payload(args[1].type, key, heap, s->key.bytes));
        s->value_is_null = hy_vector_is_null(&args[0], i);
        if (!s->value_is_null)
            HY_TRY(keep_payload(args[0].type, values + hy_vector_index(&args[0], i) * value_size,
                heap, s->value.bytes));
        s->is_set = 1;
    }
    return HY_OK;
}

static HyStatus choose_combine(HY_COMBINE_ARGS)
{
    Chosen *into = into_;
    const Chosen *from = from_;
    if (from->is_set && is_better(call, from->key.bytes, into))
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
        if (!s[i].is_set || s[i].value_is_null)
            HY_TRY(set_null(env, out, n, i));
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
