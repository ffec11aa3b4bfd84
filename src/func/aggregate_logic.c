/* bool_and, bool_or and their other names; bit_and, bit_or. */
#include "func/aggregate.h"
#include "func/families.h"

typedef struct LogicState {
    int64_t value; /* of no meaning while !is_set */
    int64_t is_set;
} LogicState;

#define DEFINE_LOGIC(name, T, OP)                                                                  \
    static HyStatus name(HY_UPDATE_ARGS)                                                           \
    {                                                                                              \
        HY_EACH_ROW(T, LogicState, {                                                               \
            s->value = s->is_set ? (s->value OP(int64_t) x) : (int64_t)x;                          \
            s->is_set = 1;                                                                         \
        });                                                                                        \
        return HY_OK;                                                                              \
    }
DEFINE_LOGIC(and_u8, uint8_t, &)
DEFINE_LOGIC(and_i16, int16_t, &)
DEFINE_LOGIC(and_i32, int32_t, &)
DEFINE_LOGIC(and_i64, int64_t, &)
DEFINE_LOGIC(or_u8, uint8_t, |)
DEFINE_LOGIC(or_i16, int16_t, |)
DEFINE_LOGIC(or_i32, int32_t, |)
DEFINE_LOGIC(or_i64, int64_t, |)

#define DEFINE_COMBINE(name, OP)                                                                   \
    static HyStatus name(HY_COMBINE_ARGS)                                                          \
    {                                                                                              \
        LogicState *into = into_;                                                                  \
        const LogicState *from = from_;                                                            \
        if (from->is_set) {                                                                        \
            into->value = into->is_set ? (into->value OP from->value) : from->value;               \
            into->is_set = 1;                                                                      \
        }                                                                                          \
        return HY_OK;                                                                              \
    }
DEFINE_COMBINE(combine_and, &)
DEFINE_COMBINE(combine_or, |)

static HyStatus finalize_logic(HY_FINALIZE_ARGS)
{
    const LogicState *s = states;
    for (size_t i = 0; i < n; i++) {
        switch (hy_type_physical(out->type)) {
        case HY_PHYS_U8:
            ((uint8_t *)out->data)[i] = s[i].value != 0;
            break;
        case HY_PHYS_I16:
            ((int16_t *)out->data)[i] = (int16_t)s[i].value;
            break;
        case HY_PHYS_I32:
            ((int32_t *)out->data)[i] = (int32_t)s[i].value;
            break;
        default:
            ((int64_t *)out->data)[i] = s[i].value;
            break;
        }
        if (!s[i].is_set) {
            HY_TRY(hy_vector_need_validity(env->arena, out, n));
            hy_bitmap_clear(out->validity, i);
        }
    }
    return HY_OK;
}

#define LOGIC(update_fn, combine_fn)                                                               \
    {                                                                                              \
        .state_size = sizeof(LogicState), .update = update_fn, .combine = combine_fn,              \
        .finalize = finalize_logic, .ignores_distinct = true                                       \
    }
enum { OF_BOOL, OF_INT2, OF_INT4, OF_INT8 };
static const HyAggregate and_aggregates[] = {[OF_BOOL] = LOGIC(and_u8, combine_and),
    [OF_INT2] = LOGIC(and_i16, combine_and),
    [OF_INT4] = LOGIC(and_i32, combine_and),
    [OF_INT8] = LOGIC(and_i64, combine_and)};
static const HyAggregate or_aggregates[] = {[OF_BOOL] = LOGIC(or_u8, combine_or),
    [OF_INT2] = LOGIC(or_i16, combine_or),
    [OF_INT4] = LOGIC(or_i32, combine_or),
    [OF_INT8] = LOGIC(or_i64, combine_or)};

/* HyFunc.data is the table of the operation. */
static HyStatus resolve_bool(HyFuncCall *call)
{
    HyType type = call->arg_types[0];
    if (type.id == HY_TYPE_UNKNOWN)
        call->arg_types[0] = hy_type(HY_TYPE_BOOL);
    else if (type.id != HY_TYPE_BOOL)
        return hy_error("42601", "'%s' requires a boolean argument", call->func->name);
    const HyAggregate *table = call->func->data;
    hy_call_set_aggregate(call, hy_type(HY_TYPE_BOOL), &table[OF_BOOL]);
    return HY_OK;
}

static HyStatus resolve_bits(HyFuncCall *call)
{
    HyType type = call->arg_types[0];
    const HyAggregate *table = call->func->data;
    if (type.id == HY_TYPE_UNKNOWN || type.id == HY_TYPE_OID)
        type = call->arg_types[0] = hy_type(HY_TYPE_INT8);
    bool is_whole =
        hy_type_is_integer(type) || (type.id == HY_TYPE_NUMERIC && type.scale == 0 &&
                                        type.precision <= HY_NUMERIC_MAX_SHORT_PRECISION);
    if (!is_whole)
        return hy_error("42601", "'%s' requires an integer argument", call->func->name);
    size_t index = type.id == HY_TYPE_INT2 ? OF_INT2 : type.id == HY_TYPE_INT4 ? OF_INT4 : OF_INT8;
    hy_call_set_aggregate(call, type, &table[index]);
    return HY_OK;
}

#define BOOLEAN(name, table, doc)                                                                  \
    {                                                                                              \
        name, HY_FUNC_AGGREGATE, HY_IMMUTABLE, 1, 1, resolve_bool, table,                          \
            name "(boolean) -> boolean", doc                                                       \
    }
#define BITS(name, table, doc)                                                                     \
    {                                                                                              \
        name, HY_FUNC_AGGREGATE, HY_IMMUTABLE, 1, 1, resolve_bits, table,                          \
            name "(integer) -> integer", doc                                                       \
    }
static const HyFunc functions[] = {
    BOOLEAN("bool_and", and_aggregates, "Whether all values are true; nulls are ignored."),
    BOOLEAN("every", and_aggregates, "Whether all values are true; nulls are ignored."),
    BOOLEAN("bool_or", or_aggregates, "Whether some value is true; nulls are ignored."),
    BOOLEAN("any", or_aggregates, "Whether some value is true; nulls are ignored."),
    BOOLEAN("some", or_aggregates, "Whether some value is true; nulls are ignored."),
    BITS("bit_and", and_aggregates, "Bitwise and of all values."),
    BITS("bit_or", or_aggregates, "Bitwise or of all values."),
};
HY_DEFINE_FAMILY(aggregate_logic, functions);
