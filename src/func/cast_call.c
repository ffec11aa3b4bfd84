/* Casts that are written as functions: date(x), "char"(x). */
#include "func/families.h"
#include "func/signature.h"
#include "types/cast.h"

static HyStatus run_cast(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    HyVector cast;
    HY_TRY(hy_cast_vector(env->arena, env->style, &args[0], n, out->type, false, &cast));
    HY_TRY(hy_vector_flatten(env->arena, &cast, n, &cast));
    memcpy(out->data, cast.data, n * hy_physical_size(hy_type_physical(out->type)));
    return HY_OK;
}

/* Other numbers of arguments are those of functions that do not exist. */
static HyStatus resolve_cast(HyFuncCall *call, HyType to, bool is_possible)
{
    if (!is_possible && call->arg_types[0].id != HY_TYPE_UNKNOWN)
        return hy_error("42601", "invalid cast");
    if (call->arg_types[0].id == HY_TYPE_UNKNOWN)
        call->arg_types[0] = hy_type_nullable(to, true);
    hy_call_set(call, to, run_cast, HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus no_such_function(const HyFuncCall *call)
{
    return hy_error("42883", "function \"%s\" does not exist", call->func->name);
}

static HyStatus resolve_date(HyFuncCall *call)
{
    if (call->n_args != 1)
        return no_such_function(call);
    HyType type = call->arg_types[0];
    return resolve_cast(
        call, hy_type(HY_TYPE_DATE), hy_type_is_datetime(type) || hy_type_is_text(type));
}

static HyStatus resolve_char(HyFuncCall *call)
{
    if (call->n_args != 1)
        return no_such_function(call);
    return resolve_cast(call, hy_type(HY_TYPE_CHAR1), hy_type_is_text(call->arg_types[0]));
}

static HyStatus resolve_named(HyFuncCall *call)
{
    if (call->n_args != 1)
        return no_such_function(call);
    HyType to = hy_type(*(const HyTypeId *)call->func->data);
    return resolve_cast(call, to, hy_cast_exists(call->arg_types[0], to));
}

#define CAST(name, id)                                                                             \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_STABLE, 0, 255, resolve_named, &(const HyTypeId){id},             \
            name "(any) -> " name, "The value cast to that type."                                  \
    }
static const HyFunc functions[] = {
    {"date", HY_FUNC_SCALAR, HY_STABLE, 0, 255, resolve_date, NULL, "date(any) -> date",
        "The value cast to a date."},
    {"char", HY_FUNC_SCALAR, HY_IMMUTABLE, 0, 255, resolve_char, NULL, "\"char\"(text) -> char(1)",
        "The first character."},
    CAST("text", HY_TYPE_TEXT),
    CAST("bytea", HY_TYPE_BYTEA),
    CAST("bool", HY_TYPE_BOOL),
    CAST("int2", HY_TYPE_INT2),
    CAST("int4", HY_TYPE_INT4),
    CAST("int8", HY_TYPE_INT8),
    CAST("float4", HY_TYPE_FLOAT4),
    CAST("float8", HY_TYPE_FLOAT8),
    CAST("timestamptz", HY_TYPE_TIMESTAMPTZ),
    CAST("uuid", HY_TYPE_UUID),
    CAST("geography", HY_TYPE_GEOGRAPHY),
};
HY_DEFINE_FAMILY(cast_call, functions);
