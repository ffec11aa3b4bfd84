#include "func/signature.h"

#include "types/numeric.h"

/* Widening order of the number types; a step to the right costs one. */
static int number_rank(HyTypeId id)
{
    switch (id) {
    case HY_TYPE_INT2:
        return 1;
    case HY_TYPE_INT4:
        return 2;
    case HY_TYPE_INT8:
        return 3;
    case HY_TYPE_NUMERIC:
        return 4;
    case HY_TYPE_FLOAT4:
        return 5;
    case HY_TYPE_FLOAT8:
        return 6;
    default:
        return 0;
    }
}

static int datetime_rank(HyTypeId id)
{
    switch (id) {
    case HY_TYPE_DATE:
        return 1;
    case HY_TYPE_TIMESTAMP:
        return 2;
    case HY_TYPE_TIMESTAMPTZ:
        return 3;
    default:
        return 0;
    }
}

int hy_implicit_cost(HyType from, HyTypeId to)
{
    if (from.id == to)
        return 0;
    if (from.id == HY_TYPE_UNKNOWN)
        return 1;
    if (number_rank(from.id) && number_rank(to))
        return number_rank(to) > number_rank(from.id) ? number_rank(to) - number_rank(from.id) : -1;
    if (from.id == HY_TYPE_OID && number_rank(to) >= 2)
        return number_rank(to);
    if (hy_type_is_text(from) && hy_type_is_text(hy_type(to)))
        return to == HY_TYPE_TEXT ? 1 : -1;
    if (datetime_rank(from.id) && datetime_rank(to))
        return datetime_rank(to) > datetime_rank(from.id)
                   ? datetime_rank(to) - datetime_rank(from.id)
                   : -1;
    return -1;
}

const HyCollation *hy_call_collation(const HyFuncCall *call)
{
    for (size_t i = 0; i < call->n_args; i++)
        if (call->arg_types[i].collation)
            return call->arg_types[i].collation;
    return NULL;
}

void hy_call_set(HyFuncCall *call, HyType result, HyScalarKernel kernel, unsigned flags)
{
    bool strict = !(flags & HY_SIG_NOT_STRICT);
    bool nullable = (flags & HY_SIG_MAY_NULL) || !strict;
    if (strict)
        for (size_t i = 0; i < call->n_args; i++)
            nullable |= call->arg_types[i].nullable;
    if (flags & HY_SIG_NOT_NULL)
        nullable = false;
    call->result = hy_type_nullable(result, nullable);
    call->kernel = kernel;
    call->is_strict = strict;
    call->can_fail = (flags & HY_SIG_CAN_FAIL) != 0;
}

HyStatus hy_call_requires(const HyFuncCall *call, const char *what)
{
    return hy_error("42601", "'%s' requires %s", call->func->name, what);
}

/* The argument type of a signature at position i, with the last one repeating. */
static HyTypeId wanted(const HySignature *sig, size_t i)
{
    return sig->args[i < sig->n_args ? i : (size_t)sig->n_args - 1];
}

static int match_cost(const HySignature *sig, const HyFuncCall *call)
{
    if (sig->flags & HY_SIG_VARIADIC ? call->n_args < sig->n_args : call->n_args != sig->n_args)
        return -1;
    int total = 0;
    for (size_t i = 0; i < call->n_args; i++) {
        int cost = hy_implicit_cost(call->arg_types[i], wanted(sig, i));
        if (cost < 0)
            return -1;
        total += cost;
    }
    return total;
}

/* What the binder casts an argument to: the wanted type with the modifiers that the value has. */
static HyType adapted(HyType from, HyTypeId to)
{
    if (from.id == to)
        return from;
    if (to == HY_TYPE_NUMERIC && from.id != HY_TYPE_UNKNOWN)
        return hy_numeric_type_of(from);
    HyType type =
        to == HY_TYPE_NUMERIC ? hy_type_numeric(HY_NUMERIC_MAX_PRECISION, 0) : hy_type(to);
    type.nullable = from.nullable;
    if (hy_type_is_text(type))
        type.collation = from.collation;
    return type;
}

static HyType result_type(const HySignature *sig, const HyFuncCall *call)
{
    HyType type = hy_type(sig->result);
    if (sig->result == HY_TYPE_NUMERIC) {
        for (size_t i = 0; i < call->n_args; i++)
            if (call->arg_types[i].id == HY_TYPE_NUMERIC)
                return call->arg_types[i];
        return hy_type_numeric(HY_NUMERIC_MAX_PRECISION, 0);
    }
    if (hy_type_is_text(type))
        type.collation = hy_call_collation(call);
    return type;
}

HyStatus hy_resolve_list(HyFuncCall *call, const HySignatureList *list)
{
    const HySignature *best = NULL;
    int best_cost = 0;
    for (size_t s = 0; s < list->n; s++) {
        int cost = match_cost(&list->items[s], call);
        if (cost >= 0 && (!best || cost < best_cost)) {
            best = &list->items[s];
            best_cost = cost;
        }
    }
    if (!best)
        return hy_error("42601", "incorrect argument types when calling \"%s\"", call->func->name);
    for (size_t i = 0; i < call->n_args; i++)
        call->arg_types[i] = adapted(call->arg_types[i], wanted(best, i));
    hy_call_set(call, result_type(best, call), best->kernel, best->flags);
    return HY_OK;
}

HyStatus hy_resolve_signatures(HyFuncCall *call)
{
    return hy_resolve_list(call, call->func->data);
}
