/* min and max of every ordered type; any_value of every type. */
#include "func/aggregate.h"
#include "func/families.h"
#include "types/compare.h"

/* One layout for all fixed-width types: the value's bytes and whether there is one. */
typedef struct Extreme {
    union {
        uint8_t bytes[16];
        HyInt128 align;
    };
    bool is_set;
} Extreme;

/* NaN is above everything. */
static inline bool float_less(double a, double b)
{
    return a < b || (b != b && a == a);
}

#define LESS_PLAIN(a, b) ((a) < (b))
#define LESS_FLOAT(a, b) float_less((double)(a), (double)(b))

#define DEFINE_EXTREME(name, T, BETTER)                                                            \
    static HyStatus name(HY_UPDATE_ARGS)                                                           \
    {                                                                                              \
        HY_EACH_ROW(T, Extreme, {                                                                  \
            T best;                                                                                \
            memcpy(&best, s->bytes, sizeof best);                                                  \
            if (!s->is_set || BETTER) {                                                            \
                memcpy(s->bytes, &x, sizeof x);                                                    \
                s->is_set = true;                                                                  \
            }                                                                                      \
        });                                                                                        \
        return HY_OK;                                                                              \
    }
#define DEFINE_BOTH(suffix, T, LESS)                                                               \
    DEFINE_EXTREME(min_##suffix, T, LESS(x, best))                                                 \
    DEFINE_EXTREME(max_##suffix, T, LESS(best, x))
DEFINE_BOTH(u8, uint8_t, LESS_PLAIN)
DEFINE_BOTH(i16, int16_t, LESS_PLAIN)
DEFINE_BOTH(i32, int32_t, LESS_PLAIN)
DEFINE_BOTH(u32, uint32_t, LESS_PLAIN)
DEFINE_BOTH(i64, int64_t, LESS_PLAIN)
DEFINE_BOTH(u64, uint64_t, LESS_PLAIN)
DEFINE_BOTH(i128, HyInt128, LESS_PLAIN)
DEFINE_BOTH(f32, float, LESS_FLOAT)
DEFINE_BOTH(f64, double, LESS_FLOAT)

/* Intervals, UUIDs and strings go through the types layer. */
static bool is_better(const HyFuncCall *call, const void *candidate, const void *best)
{
    if (call->func->name[0] == 'a') /* any_value: the first one will do */
        return false;
    int c = hy_compare_payload(call->arg_types[0], candidate, best);
    return call->func->name[1] == 'i' ? c < 0 : c > 0; /* min, max */
}

static HyStatus take(const HyFuncCall *call, Extreme *s, const void *value, HyArena *heap)
{
    if (hy_type_physical(call->arg_types[0]) == HY_PHYS_STRING) {
        HyString string;
        memcpy(&string, value, sizeof string);
        if (heap && string.len > HY_STRING_INLINE) {
            char *copy = hy_arena_strndup(heap, string.ptr, string.len);
            if (!copy)
                return hy_error_oom(string.len);
            string = hy_string_view(copy, string.len);
        }
        memcpy(s->bytes, &string, sizeof string);
    } else {
        memcpy(s->bytes, value, hy_physical_size(hy_type_physical(call->arg_types[0])));
    }
    s->is_set = true;
    return HY_OK;
}

static HyStatus extreme_update_any(HY_UPDATE_ARGS)
{
    const char *values = hy_vector_values(&args[0]);
    size_t size = hy_physical_size(hy_type_physical(args[0].type));
    for (size_t i = 0; i < n; i++) {
        if (hy_vector_is_null(&args[0], i))
            continue;
        const void *value = values + hy_vector_index(&args[0], i) * size;
        Extreme *s = &((Extreme *)states)[groups ? groups[i] : 0];
        if (!s->is_set || is_better(call, value, s->bytes))
            HY_TRY(take(call, s, value, heap));
    }
    return HY_OK;
}

static HyStatus extreme_combine(HY_COMBINE_ARGS)
{
    Extreme *into = into_;
    const Extreme *from = from_;
    if (from->is_set && (!into->is_set || is_better(call, from->bytes, into->bytes)))
        return take(call, into, from->bytes, NULL);
    return HY_OK;
}

static HyStatus extreme_finalize(HY_FINALIZE_ARGS)
{
    const Extreme *s = states;
    size_t size = hy_physical_size(hy_type_physical(out->type));
    for (size_t i = 0; i < n; i++) {
        memcpy((char *)out->data + i * size, s[i].bytes, size); /* zero bytes are a valid payload */
        if (!s[i].is_set) {
            HY_TRY(hy_vector_need_validity(env->arena, out, n));
            hy_bitmap_clear(out->validity, i);
        }
    }
    return HY_OK;
}

#define EXTREME(update_fn)                                                                         \
    {                                                                                              \
        .state_size = sizeof(Extreme), .update = update_fn, .combine = extreme_combine,            \
        .finalize = extreme_finalize, .is_of_extremes = true, .ignores_distinct = true             \
    }
#define TABLE(prefix)                                                                              \
    {                                                                                              \
        [HY_PHYS_U8] = EXTREME(prefix##_u8), [HY_PHYS_I16] = EXTREME(prefix##_i16),                \
        [HY_PHYS_I32] = EXTREME(prefix##_i32), [HY_PHYS_U32] = EXTREME(prefix##_u32),              \
        [HY_PHYS_I64] = EXTREME(prefix##_i64), [HY_PHYS_U64] = EXTREME(prefix##_u64),              \
        [HY_PHYS_I128] = EXTREME(prefix##_i128), [HY_PHYS_F32] = EXTREME(prefix##_f32),            \
        [HY_PHYS_F64] = EXTREME(prefix##_f64), [HY_PHYS_INTERVAL] = EXTREME(extreme_update_any),   \
        [HY_PHYS_UUID] = EXTREME(extreme_update_any),                                              \
        [HY_PHYS_STRING] = EXTREME(extreme_update_any)                                             \
    }
static const HyAggregate min_aggregates[HY_PHYS_COUNT] = TABLE(min);
static const HyAggregate max_aggregates[HY_PHYS_COUNT] = TABLE(max);

static HyStatus resolve_extreme(HyFuncCall *call)
{
    hy_call_default_unknown(call);
    HyType type = call->arg_types[0];
    if (type.id == HY_TYPE_GEOGRAPHY || type.id == HY_TYPE_JSON || type.id == HY_TYPE_ARRAY)
        return hy_error("42601", "'%s' requires an argument with an order", call->func->name);
    const HyAggregate *table = call->func->name[1] == 'i' ? min_aggregates : max_aggregates;
    hy_call_set_aggregate(call, type, &table[hy_type_physical(type)]);
    return HY_OK;
}

static const HyAggregate any_aggregate = EXTREME(extreme_update_any);

static HyStatus resolve_any_value(HyFuncCall *call)
{
    hy_call_default_unknown(call);
    hy_call_set_aggregate(call, call->arg_types[0], &any_aggregate);
    return HY_OK;
}

static const HyFunc functions[] = {
    {"any_value", HY_FUNC_AGGREGATE, HY_IMMUTABLE, 1, 1, resolve_any_value, NULL,
        "any_value(any) -> any", "Some value that is not null."},
    {"min", HY_FUNC_AGGREGATE, HY_IMMUTABLE, 1, 1, resolve_extreme, NULL, "min(any) -> any",
        "Smallest value; nulls are ignored."},
    {"max", HY_FUNC_AGGREGATE, HY_IMMUTABLE, 1, 1, resolve_extreme, NULL, "max(any) -> any",
        "Largest value; nulls are ignored."},
};
HY_DEFINE_FAMILY(aggregate_minmax, functions);
