#include "sql/expr.h"
#include <string.h>

HyStatus hy_expr_new(
    HyArena *arena, HyExprKind kind, HyType type, int32_t position, size_t n_args, HyExpr **out)
{
    HyExpr *expr = NULL;
    HY_ARENA_NEW(arena, expr, 1);
    expr->kind = kind;
    expr->type = type;
    expr->position = position;
    expr->n_args = n_args;
    if (n_args > 0)
        HY_ARENA_NEW(arena, expr->args, n_args);
    *out = expr;
    return HY_OK;
}

HyStatus hy_expr_column(HyArena *arena, HyColumnId column, HyType type, HyExpr **out)
{
    HY_TRY(hy_expr_new(arena, HY_EXPR_COLUMN, type, -1, 0, out));
    (*out)->column = column;
    return HY_OK;
}

HyStatus hy_expr_const(HyArena *arena, const HyValue *value, HyExpr **out)
{
    HY_TRY(hy_expr_new(arena, HY_EXPR_CONST, value->type, -1, 0, out));
    (*out)->value = *value;
    (*out)->type.nullable = value->is_null;
    (*out)->value.type.nullable = value->is_null;
    return HY_OK;
}

HyStatus hy_expr_bool(HyArena *arena, bool value, HyExpr **out)
{
    HyValue v = hy_value_null(hy_type(HY_TYPE_BOOL));
    v.is_null = false;
    v.u8 = value;
    return hy_expr_const(arena, &v, out);
}

/* A constant changes its type here; the value stays typed as its expression. */
static HyStatus cast_constant(
    HyArena *arena, const HyTextStyle *style, const HyExpr *expr, HyType to, HyExpr **out)
{
    HyValue value;
    if (expr->value.is_null)
        value = hy_value_null(to);
    else
        HY_TRY(hy_error_at(hy_cast_value(arena, style, &expr->value, to, &value), expr->position));
    value.type = to;
    HY_TRY(hy_expr_const(arena, &value, out));
    (*out)->position = expr->position;
    return HY_OK;
}

HyStatus hy_expr_cast(
    HyArena *arena, const HyTextStyle *style, HyExpr *expr, HyType to, HyExpr **out)
{
    if (hy_type_equal(expr->type, to)) {
        *out = expr;
        return HY_OK;
    }
    if (expr->kind == HY_EXPR_CONST)
        return cast_constant(arena, style, expr, to, out);
    HyExpr *cast = NULL;
    to.nullable = expr->type.nullable;
    HY_TRY(hy_expr_new(arena, HY_EXPR_CAST, to, expr->position, 1, &cast));
    cast->args[0] = expr;
    *out = cast;
    return HY_OK;
}

bool hy_expr_walk(const HyExpr *expr, bool (*visit)(void *ctx, const HyExpr *node), void *ctx)
{
    if (!visit(ctx, expr))
        return false;
    for (size_t i = 0; i < expr->n_args; i++) {
        if (!hy_expr_walk(expr->args[i], visit, ctx))
            return false;
    }
    return true;
}

HyStatus hy_expr_rewrite(HyArena *arena, HyExpr **slot, HyExprRewrite rewrite, void *ctx)
{
    bool descend = true;
    HY_TRY(rewrite(ctx, slot, &descend));
    if (!descend)
        return HY_OK;
    HyExpr *node = *slot;
    HyExpr *copy = NULL;
    for (size_t i = 0; i < node->n_args; i++) {
        HyExpr *arg = node->args[i];
        HY_TRY(hy_expr_rewrite(arena, &arg, rewrite, ctx));
        if (arg == node->args[i])
            continue;
        if (!copy) {
            HY_TRY(hy_expr_copy(arena, node, &copy));
            node = copy;
            *slot = copy;
        }
        node->args[i] = arg;
    }
    return HY_OK;
}

HyStatus hy_expr_copy(HyArena *arena, const HyExpr *expr, HyExpr **out)
{
    HyExpr *copy = NULL;
    HY_ARENA_NEW(arena, copy, 1);
    *copy = *expr;
    if (expr->n_args > 0) {
        HY_ARENA_NEW(arena, copy->args, expr->n_args);
        memcpy(copy->args, expr->args, expr->n_args * sizeof *expr->args);
    }
    *out = copy;
    return HY_OK;
}

static bool values_equal(const HyValue *a, const HyValue *b)
{
    if (!hy_type_equal(a->type, b->type) || a->is_null != b->is_null)
        return false;
    if (a->is_null)
        return true;
    HyType type = a->type;
    type.collation = NULL; /* the same text, not an equivalent one */
    return hy_compare_payload(type, hy_value_payload(a), hy_value_payload(b)) == 0;
}

static bool nodes_equal(const HyExpr *a, const HyExpr *b)
{
    switch (a->kind) {
    case HY_EXPR_CONST:
        return values_equal(&a->value, &b->value);
    case HY_EXPR_COLUMN:
        return a->column == b->column;
    case HY_EXPR_PARAM:
        return a->param_index == b->param_index;
    case HY_EXPR_CALL:
        return a->call->func == b->call->func;
    case HY_EXPR_CAST:
        return a->is_try == b->is_try;
    case HY_EXPR_COMPARE:
        return a->op == b->op;
    case HY_EXPR_IS_TRUE:
        return a->truth == b->truth && a->negated == b->negated;
    case HY_EXPR_DISTINCT:
    case HY_EXPR_IS_NULL:
    case HY_EXPR_IN_LIST:
        return a->negated == b->negated;
    case HY_EXPR_AND:
    case HY_EXPR_OR:
    case HY_EXPR_NOT:
    case HY_EXPR_CASE:
    case HY_EXPR_COALESCE:
    case HY_EXPR_ARRAY:
        return true;
    case HY_EXPR_SUBQUERY: /* the same node only: two subqueries are two computations */
    case HY_EXPR_AGGREGATE:
    case HY_EXPR_WINDOW:
    case HY_EXPR_LAMBDA:
        return false;
    }
    return false;
}

bool hy_expr_equal(const HyExpr *a, const HyExpr *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->n_args != b->n_args || !hy_type_equal(a->type, b->type))
        return false;
    if (!nodes_equal(a, b))
        return false;
    for (size_t i = 0; i < a->n_args; i++) {
        if (!hy_expr_equal(a->args[i], b->args[i]))
            return false;
    }
    return true;
}

static bool is_not_volatile(void *ctx, const HyExpr *node)
{
    (void)ctx;
    return node->kind != HY_EXPR_CALL || node->call->func->volatility != HY_VOLATILE;
}

bool hy_expr_is_volatile(const HyExpr *expr)
{
    return !hy_expr_walk(expr, is_not_volatile, NULL);
}

bool hy_expr_is_null_const(const HyExpr *expr)
{
    return expr->kind == HY_EXPR_CONST && expr->value.is_null;
}

bool hy_expr_is_bool_const(const HyExpr *expr, bool value)
{
    return expr->kind == HY_EXPR_CONST && !expr->value.is_null &&
           expr->value.type.id == HY_TYPE_BOOL && (expr->value.u8 != 0) == value;
}

HyStatus hy_expr_and(HyArena *arena, HyExpr *a, HyExpr *b, HyExpr **out)
{
    if (!a || !b) {
        *out = a ? a : b;
        return HY_OK;
    }
    size_t n_a = a->kind == HY_EXPR_AND ? a->n_args : 1;
    size_t n_b = b->kind == HY_EXPR_AND ? b->n_args : 1;
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), a->type.nullable || b->type.nullable);
    HyExpr *and_expr = NULL;
    HY_TRY(hy_expr_new(arena, HY_EXPR_AND, type, -1, n_a + n_b, &and_expr));
    for (size_t i = 0; i < n_a; i++)
        and_expr->args[i] = a->kind == HY_EXPR_AND ? a->args[i] : a;
    for (size_t i = 0; i < n_b; i++)
        and_expr->args[n_a + i] = b->kind == HY_EXPR_AND ? b->args[i] : b;
    *out = and_expr;
    return HY_OK;
}

HyStatus hy_expr_not(HyArena *arena, HyExpr *arg, HyExpr **out)
{
    HY_TRY(hy_expr_new(arena, HY_EXPR_NOT, arg->type, arg->position, 1, out));
    (*out)->args[0] = arg;
    return HY_OK;
}

HyStatus hy_expr_compare(HyArena *arena, HyCompareOp op, HyExpr *left, HyExpr *right, HyExpr **out)
{
    HyType type =
        hy_type_nullable(hy_type(HY_TYPE_BOOL), left->type.nullable || right->type.nullable);
    HY_TRY(hy_expr_new(arena, HY_EXPR_COMPARE, type, left->position, 2, out));
    (*out)->op = op;
    (*out)->args[0] = left;
    (*out)->args[1] = right;
    return HY_OK;
}
