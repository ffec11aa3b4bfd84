/* Computing expressions without columns one value at a time: constants of LIMIT, defaults,
 * settings, and the planner's folding. The executor has its own, vectorized, evaluation of the same
 * nodes. */
#include "sql/binder.h"
#include "types/array.h"
#include "types/cast.h"

typedef struct Evaluator {
    HyFuncEnv *env;
    HyArena *arena;
} Evaluator;

static HyStatus evaluate(Evaluator *ev, const HyExpr *expr, HyValue *out);

static void set_bool(HyValue *out, bool value)
{
    *out = hy_value_null(hy_type(HY_TYPE_BOOL));
    out->is_null = false;
    out->u8 = value;
}

/* The constant vector of a value whose payload stays where it is. */
static HyStatus constant_vector(Evaluator *ev, HyValue *value, HyVector *out)
{
    *out = (HyVector){.type = value->type, .kind = HY_VECTOR_CONSTANT, .data = &value->u8};
    if (!value->is_null)
        return HY_OK;
    HY_ARENA_NEW(ev->arena, out->validity, 1); /* bit 0 clear */
    return HY_OK;
}

static HyStatus evaluate_call(Evaluator *ev, const HyExpr *expr, HyValue *out)
{
    const HyFuncCall *call = expr->call;
    HyValue *values = NULL;
    HyVector *args = NULL;
    HY_ARENA_NEW(ev->arena, values, expr->n_args);
    HY_ARENA_NEW(ev->arena, args, expr->n_args);
    bool any_null = false;
    for (size_t i = 0; i < expr->n_args; i++) {
        HY_TRY(evaluate(ev, expr->args[i], &values[i]));
        any_null |= values[i].is_null;
        HY_TRY(constant_vector(ev, &values[i], &args[i]));
    }
    if (any_null && call->is_strict) {
        *out = hy_value_null(expr->type);
        return HY_OK;
    }
    if (!call->kernel)
        return hy_error("0A000", "\"%s\" cannot be computed here", call->func->name);
    HyVector result;
    HY_TRY(hy_vector_alloc(ev->arena, call->result, 1, &result));
    HyFuncEnv env = *ev->env;
    env.arena = ev->arena;
    HY_TRY(call->kernel(&env, call, args, 1, &result));
    *out = hy_vector_value(&result, 0);
    return HY_OK;
}

static HyStatus evaluate_compare(Evaluator *ev, const HyExpr *expr, HyValue *out)
{
    HyValue a;
    HyValue b;
    HY_TRY(evaluate(ev, expr->args[0], &a));
    HY_TRY(evaluate(ev, expr->args[1], &b));
    if (expr->kind == HY_EXPR_DISTINCT) {
        bool same = a.is_null || b.is_null ? a.is_null && b.is_null
                                           : hy_compare_payload(a.type, hy_value_payload(&a),
                                                 hy_value_payload(&b)) == 0;
        set_bool(out, same == expr->negated);
        return HY_OK;
    }
    if (a.is_null || b.is_null) {
        *out = hy_value_null(hy_type(HY_TYPE_BOOL));
        return HY_OK;
    }
    bool result = false;
    if (a.type.id == HY_TYPE_ARRAY && a.type.element) {
        bool is_known = true;
        HY_TRY(
            hy_compare_arrays(expr->op, *a.type.element, &a.string, &b.string, &result, &is_known));
        set_bool(out, result);
        if (!is_known)
            *out = hy_value_null(hy_type(HY_TYPE_BOOL));
        return HY_OK;
    }
    int c = hy_compare_payload(a.type, hy_value_payload(&a), hy_value_payload(&b));
    switch (expr->op) {
    case HY_CMP_EQ:
        result = c == 0;
        break;
    case HY_CMP_NE:
        result = c != 0;
        break;
    case HY_CMP_LT:
        result = c < 0;
        break;
    case HY_CMP_LE:
        result = c <= 0;
        break;
    case HY_CMP_GT:
        result = c > 0;
        break;
    case HY_CMP_GE:
        result = c >= 0;
        break;
    }
    set_bool(out, result);
    return HY_OK;
}

/* AND and OR: `decisive` ends the search; a null leaves the answer open. */
static HyStatus evaluate_logic(Evaluator *ev, const HyExpr *expr, HyValue *out)
{
    bool decisive = expr->kind == HY_EXPR_OR;
    bool any_null = false;
    for (size_t i = 0; i < expr->n_args; i++) {
        HyValue v;
        HY_TRY(evaluate(ev, expr->args[i], &v));
        if (v.is_null) {
            any_null = true;
        } else if ((v.u8 != 0) == decisive) {
            set_bool(out, decisive);
            return HY_OK;
        }
    }
    if (any_null)
        *out = hy_value_null(hy_type(HY_TYPE_BOOL));
    else
        set_bool(out, !decisive);
    return HY_OK;
}

static HyStatus evaluate_case(Evaluator *ev, const HyExpr *expr, HyValue *out)
{
    size_t i = 0;
    for (; i + 1 < expr->n_args; i += 2) {
        HyValue when;
        HY_TRY(evaluate(ev, expr->args[i], &when));
        if (!when.is_null && when.u8)
            return evaluate(ev, expr->args[i + 1], out);
    }
    if (i < expr->n_args)
        return evaluate(ev, expr->args[i], out);
    *out = hy_value_null(expr->type);
    return HY_OK;
}

static HyStatus evaluate_in_list(Evaluator *ev, const HyExpr *expr, HyValue *out)
{
    HyValue operand;
    HY_TRY(evaluate(ev, expr->args[0], &operand));
    bool any_null = operand.is_null;
    for (size_t i = 1; i < expr->n_args && !operand.is_null; i++) {
        HyValue v;
        HY_TRY(evaluate(ev, expr->args[i], &v));
        if (v.is_null) {
            any_null = true;
        } else if (hy_compare_payload(v.type, hy_value_payload(&operand), hy_value_payload(&v)) ==
                   0) {
            set_bool(out, !expr->negated);
            return HY_OK;
        }
    }
    if (any_null)
        *out = hy_value_null(hy_type(HY_TYPE_BOOL));
    else
        set_bool(out, expr->negated);
    return HY_OK;
}

static HyStatus evaluate_array(Evaluator *ev, const HyExpr *expr, HyValue *out)
{
    HyArrayBuilder builder;
    hy_array_builder_init(&builder, *expr->type.element);
    HyStatus st = HY_OK;
    for (size_t i = 0; i < expr->n_args; i++) {
        HyValue v;
        HY_GO(evaluate(ev, expr->args[i], &v));
        HY_GO(hy_array_builder_append(&builder, v.is_null ? NULL : hy_value_payload(&v)));
    }
    *out = hy_value_null(expr->type);
    out->is_null = false;
    HY_GO(hy_array_builder_finish(&builder, ev->arena, &out->string));
done:
    hy_array_builder_destroy(&builder);
    return st;
}

static HyStatus evaluate_cast(Evaluator *ev, const HyExpr *expr, HyValue *out)
{
    HyValue v;
    HY_TRY(evaluate(ev, expr->args[0], &v));
    if (v.is_null) {
        *out = hy_value_null(expr->type);
        return HY_OK;
    }
    HyStatus st = hy_cast_value(ev->arena, ev->env->style, &v, expr->type, out);
    if (st && expr->is_try) {
        hy_error_free(st);
        *out = hy_value_null(expr->type);
        return HY_OK;
    }
    return st;
}

static HyStatus evaluate_truth(Evaluator *ev, const HyExpr *expr, HyValue *out)
{
    HyValue v;
    HY_TRY(evaluate(ev, expr->args[0], &v));
    if (expr->kind == HY_EXPR_IS_NULL) {
        set_bool(out, v.is_null != expr->negated);
        return HY_OK;
    }
    if (expr->kind == HY_EXPR_NOT) {
        if (v.is_null)
            *out = hy_value_null(hy_type(HY_TYPE_BOOL));
        else
            set_bool(out, !v.u8);
        return HY_OK;
    }
    HyTruth truth = v.is_null ? HY_TRUTH_UNKNOWN : v.u8 ? HY_TRUTH_TRUE : HY_TRUTH_FALSE;
    set_bool(out, (truth == expr->truth) != expr->negated);
    return HY_OK;
}

static HyStatus evaluate(Evaluator *ev, const HyExpr *expr, HyValue *out)
{
    switch (expr->kind) {
    case HY_EXPR_CONST:
        *out = expr->value;
        return HY_OK;
    case HY_EXPR_CALL:
        return evaluate_call(ev, expr, out);
    case HY_EXPR_CAST:
        return evaluate_cast(ev, expr, out);
    case HY_EXPR_COMPARE:
    case HY_EXPR_DISTINCT:
        return evaluate_compare(ev, expr, out);
    case HY_EXPR_AND:
    case HY_EXPR_OR:
        return evaluate_logic(ev, expr, out);
    case HY_EXPR_NOT:
    case HY_EXPR_IS_NULL:
    case HY_EXPR_IS_TRUE:
        return evaluate_truth(ev, expr, out);
    case HY_EXPR_CASE:
        return evaluate_case(ev, expr, out);
    case HY_EXPR_COALESCE:
        *out = hy_value_null(expr->type);
        for (size_t i = 0; i < expr->n_args && out->is_null; i++)
            HY_TRY(evaluate(ev, expr->args[i], out));
        return HY_OK;
    case HY_EXPR_IN_LIST:
        return evaluate_in_list(ev, expr, out);
    case HY_EXPR_ARRAY:
        return evaluate_array(ev, expr, out);
    case HY_EXPR_COLUMN:
    case HY_EXPR_PARAM:
    case HY_EXPR_SUBQUERY:
    case HY_EXPR_AGGREGATE:
    case HY_EXPR_WINDOW:
    case HY_EXPR_LAMBDA:
        break;
    }
    return hy_error("XX000", "expression is not constant");
}

HyStatus hy_expr_evaluate(HyFuncEnv *env, HyArena *arena, const HyExpr *expr, HyValue *out)
{
    Evaluator ev = {.env = env, .arena = arena};
    HY_TRY(hy_error_at(evaluate(&ev, expr, out), expr->position));
    out->type = expr->type;
    return HY_OK;
}

typedef struct Foldable {
    HyVolatility most; /* the least constant function that may be folded */
    bool holds;
} Foldable;

static bool check_foldable(void *ctx, const HyExpr *node)
{
    Foldable *foldable = ctx;
    switch (node->kind) {
    case HY_EXPR_COLUMN:
    case HY_EXPR_PARAM:
    case HY_EXPR_SUBQUERY:
    case HY_EXPR_AGGREGATE:
    case HY_EXPR_WINDOW:
    case HY_EXPR_LAMBDA:
        foldable->holds = false;
        break;
    case HY_EXPR_CALL:
        foldable->holds = node->call->func->volatility <= foldable->most && node->call->kernel;
        break;
    default:
        break;
    }
    return foldable->holds;
}

bool hy_expr_is_foldable(const HyExpr *expr, HyVolatility most)
{
    Foldable foldable = {.most = most, .holds = true};
    hy_expr_walk(expr, check_foldable, &foldable);
    return foldable.holds;
}
