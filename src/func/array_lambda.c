/* array_transform and array_filter: typing only. The executor runs the lambda's body over the
 * elements of all rows at once (exec/expr_lambda.c). */
#include "func/array_kernel.h"
#include "func/families.h"

static HyStatus check_arguments(HyFuncCall *call)
{
    const char *name = call->func->name;
    if (call->n_args > 2)
        return hy_error("0A000", "'%s' over several arrays is not implemented yet", name);
    if (call->arg_types[call->n_args - 1].id != HY_TYPE_LAMBDA)
        return hy_error("22023", "'%s' requires a lambda argument as last parameter", name);
    if (call->n_args < 2 || !hy_call_takes_array(call, 0, NULL))
        return hy_error("22023", "argument number 1 of '%s' must be an array", name);
    return HY_OK;
}

static HyStatus resolve_transform(HyFuncCall *call)
{
    HyType result;
    if (call->n_args < 2)
        return hy_error("42601", "'array_transform' requires at least two arguments");
    HY_TRY(check_arguments(call));
    HyType body = *call->arg_types[1].element;
    if (body.id == HY_TYPE_UNKNOWN)
        return hy_error("22023", "the return type of the lambda parameter is unknown");
    HY_TRY(hy_array_type(call->arena, hy_type_nullable(body, true), &result));
    hy_call_set(call, result, NULL, HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus resolve_filter(HyFuncCall *call)
{
    if (call->arg_types[1].id != HY_TYPE_LAMBDA)
        return hy_error(
            "42601", "incorrect argument type: expected lambda function, got scalar expression");
    HY_TRY(check_arguments(call));
    HyTypeId body = call->arg_types[1].element->id;
    if (body != HY_TYPE_BOOL && body != HY_TYPE_UNKNOWN)
        return hy_error("22023", "the lambda must return a value of type boolean");
    hy_call_set(call, call->arg_types[0], NULL, HY_SIG_CAN_FAIL);
    return HY_OK;
}

static const HyFunc functions[] = {
    {"array_transform", HY_FUNC_SCALAR, HY_IMMUTABLE, 0, 255, resolve_transform, NULL,
        "array_transform(array, lambda x: expression) -> array",
        "The expression's value for each element."},
    {"array_filter", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_filter, NULL,
        "array_filter(array, lambda x: condition) -> array",
        "The elements for which the condition holds."},
};
HY_DEFINE_FAMILY(array_lambda, functions);
