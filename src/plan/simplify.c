/* Simplification of expressions: constants folded, logic flattened, comparisons freed of casts so
 * that scans can test them on encoded columns. What cannot be computed now (1/0) stays and fails
 * when it runs. */
#include "plan/plan_internal.h"
#include "sql/binder.h"
#include "types/cast.h"
#include <string.h>

static HyStatus simplify(HyPlanner *p, HyExpr **slot);

/* ---- Constants ---- */

static HyStatus fold(HyPlanner *p, HyExpr **slot)
{
    HyExpr *node = *slot;
    HyValue value;
    if (node->kind == HY_EXPR_CONST || !p->ctx->env || node->type.id == HY_TYPE_UNKNOWN ||
        !hy_expr_is_foldable(node, HY_STABLE))
        return HY_OK;
    HyStatus st = hy_expr_evaluate(p->ctx->env, p->arena, node, &value);
    if (st) {
        hy_error_free(st);
        return HY_OK;
    }
    int32_t position = node->position;
    HY_TRY(hy_expr_const(p->arena, &value, slot));
    (*slot)->position = position;
    return HY_OK;
}

/* A call that a null operand decides: the others are not computed, even if they would fail. */
static bool is_decided_by_null(const HyExpr *node)
{
    bool is_strict = node->kind == HY_EXPR_COMPARE;
    if (node->kind == HY_EXPR_CALL)
        is_strict = node->call->is_strict && node->call->kernel &&
                    node->call->func->volatility != HY_VOLATILE;
    for (size_t i = 0; is_strict && i < node->n_args; i++) {
        if (hy_expr_is_null_const(node->args[i]))
            return true;
    }
    return false;
}

static HyStatus set_null(HyPlanner *p, HyExpr **slot)
{
    int32_t position = (*slot)->position;
    HyValue null = hy_value_null((*slot)->type);
    HY_TRY(hy_expr_const(p->arena, &null, slot));
    (*slot)->position = position;
    return HY_OK;
}

static HyStatus set_bool(HyPlanner *p, bool value, HyExpr **slot)
{
    return hy_expr_bool(p->arena, value, slot);
}

/* ---- AND, OR ---- */

static HyStatus add_term(HyPlanner *p, HyExprKind kind, HyExpr *term, HyConjuncts *out)
{
    if (term->kind == kind) {
        for (size_t i = 0; i < term->n_args; i++)
            HY_TRY(add_term(p, kind, term->args[i], out));
        return HY_OK;
    }
    if (hy_expr_is_bool_const(term, kind == HY_EXPR_AND))
        return HY_OK; /* neutral */
    for (size_t i = 0; i < out->n; i++) {
        if (hy_expr_equal(out->items[i], term) && !hy_expr_is_volatile(term))
            return HY_OK;
    }
    HY_PLAN_PUSH(p->arena, out->items, out->n, term);
    return HY_OK;
}

static HyStatus make_logic(HyPlanner *p, HyExprKind kind, const HyConjuncts *terms, HyExpr **out)
{
    if (terms->n == 0)
        return set_bool(p, kind == HY_EXPR_AND, out);
    if (terms->n == 1) {
        *out = terms->items[0];
        return HY_OK;
    }
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
    HyExpr *logic = NULL;
    HY_TRY(hy_expr_new(p->arena, kind, type, terms->items[0]->position, terms->n, &logic));
    for (size_t i = 0; i < terms->n; i++) {
        logic->args[i] = terms->items[i];
        logic->type.nullable |= terms->items[i]->type.nullable;
    }
    *out = logic;
    return HY_OK;
}

static bool has_term(const HyExpr *conjunction, const HyExpr *term)
{
    if (conjunction->kind != HY_EXPR_AND)
        return hy_expr_equal(conjunction, term);
    for (size_t i = 0; i < conjunction->n_args; i++) {
        if (hy_expr_equal(conjunction->args[i], term))
            return true;
    }
    return false;
}

/* (a AND x) OR (a AND y) becomes a AND (x OR y): a may be a join condition. */
static HyStatus factor_or(HyPlanner *p, HyConjuncts *terms, HyExpr **out)
{
    HyConjuncts common = {0};
    HyConjuncts first = {0};
    HY_TRY(add_term(p, HY_EXPR_AND, terms->items[0], &first));
    for (size_t i = 0; i < first.n; i++) {
        bool in_all = !hy_expr_is_volatile(first.items[i]);
        for (size_t t = 1; t < terms->n && in_all; t++)
            in_all = has_term(terms->items[t], first.items[i]);
        if (in_all)
            HY_PLAN_PUSH(p->arena, common.items, common.n, first.items[i]);
    }
    if (common.n == 0)
        return make_logic(p, HY_EXPR_OR, terms, out);
    HyConjuncts rest = {0};
    for (size_t t = 0; t < terms->n; t++) {
        HyConjuncts all = {0};
        HyConjuncts kept = {0};
        HyExpr *term = NULL;
        HY_TRY(add_term(p, HY_EXPR_AND, terms->items[t], &all));
        for (size_t i = 0; i < all.n; i++) {
            bool is_common = false;
            for (size_t k = 0; k < common.n && !is_common; k++)
                is_common = hy_expr_equal(all.items[i], common.items[k]);
            if (!is_common)
                HY_PLAN_PUSH(p->arena, kept.items, kept.n, all.items[i]);
        }
        HY_TRY(make_logic(p, HY_EXPR_AND, &kept, &term));
        if (hy_expr_is_bool_const(term, true))
            return make_logic(p, HY_EXPR_AND, &common, out);
        HY_PLAN_PUSH(p->arena, rest.items, rest.n, term);
    }
    HyExpr *either = NULL;
    HY_TRY(make_logic(p, HY_EXPR_OR, &rest, &either));
    HY_PLAN_PUSH(p->arena, common.items, common.n, either);
    return make_logic(p, HY_EXPR_AND, &common, out);
}

static HyStatus simplify_logic(HyPlanner *p, HyExpr **slot)
{
    HyExprKind kind = (*slot)->kind;
    HyConjuncts terms = {0};
    HY_TRY(add_term(p, kind, *slot, &terms));
    for (size_t i = 0; i < terms.n; i++) {
        if (hy_expr_is_bool_const(terms.items[i], kind == HY_EXPR_OR))
            return set_bool(p, kind == HY_EXPR_OR, slot); /* decided */
    }
    if (kind == HY_EXPR_OR && terms.n > 1)
        return factor_or(p, &terms, slot);
    return make_logic(p, kind, &terms, slot);
}

/* ---- NOT ---- */

static HyCompareOp inverse(HyCompareOp op)
{
    static const HyCompareOp ops[] = {
        [HY_CMP_EQ] = HY_CMP_NE,
        [HY_CMP_NE] = HY_CMP_EQ,
        [HY_CMP_LT] = HY_CMP_GE,
        [HY_CMP_LE] = HY_CMP_GT,
        [HY_CMP_GT] = HY_CMP_LE,
        [HY_CMP_GE] = HY_CMP_LT,
    };
    return ops[op];
}

/* The negation as a change of the node itself, where there is one; *out NULL otherwise. */
static HyStatus negate(HyPlanner *p, HyExpr *arg, HyExpr **out)
{
    *out = NULL;
    switch (arg->kind) {
    case HY_EXPR_NOT:
        *out = arg->args[0];
        return HY_OK;
    case HY_EXPR_COMPARE:
        HY_TRY(hy_expr_copy(p->arena, arg, out));
        (*out)->op = inverse(arg->op);
        return HY_OK;
    case HY_EXPR_IS_NULL:
    case HY_EXPR_IN_LIST:
    case HY_EXPR_DISTINCT:
    case HY_EXPR_IS_TRUE:
        HY_TRY(hy_expr_copy(p->arena, arg, out));
        (*out)->negated = !arg->negated;
        return HY_OK;
    case HY_EXPR_SUBQUERY:
        if (arg->subquery_kind != HY_SUBQUERY_ANY && arg->subquery_kind != HY_SUBQUERY_ALL)
            return HY_OK;
        HY_TRY(hy_expr_copy(p->arena, arg, out));
        (*out)->op = inverse(arg->op);
        (*out)->subquery_kind =
            arg->subquery_kind == HY_SUBQUERY_ANY ? HY_SUBQUERY_ALL : HY_SUBQUERY_ANY;
        return HY_OK;
    case HY_EXPR_AND:
    case HY_EXPR_OR:
        HY_TRY(hy_expr_copy(p->arena, arg, out));
        (*out)->kind = arg->kind == HY_EXPR_AND ? HY_EXPR_OR : HY_EXPR_AND;
        for (size_t i = 0; i < arg->n_args; i++) {
            HY_TRY(hy_expr_not(p->arena, arg->args[i], &(*out)->args[i]));
            HY_TRY(simplify(p, &(*out)->args[i]));
        }
        return HY_OK;
    default:
        return HY_OK;
    }
}

/* ---- Comparisons ---- */

static int integer_digits(HyType type)
{
    switch (type.id) {
    case HY_TYPE_INT2:
        return 5;
    case HY_TYPE_INT4:
        return 10;
    case HY_TYPE_INT8:
        return 19;
    default:
        return type.precision - type.scale;
    }
}

/* Whether the cast keeps order and all differences, so that both sides can be compared before it.
 */
static bool is_widening(HyType from, HyType to)
{
    if (hy_type_is_integer(from) && hy_type_is_integer(to))
        return from.id < to.id;
    if (to.id == HY_TYPE_NUMERIC && (hy_type_is_integer(from) || from.id == HY_TYPE_NUMERIC))
        return to.precision - to.scale >= integer_digits(from) &&
               (from.id != HY_TYPE_NUMERIC || to.scale >= from.scale);
    if (to.id == HY_TYPE_FLOAT8)
        return from.id == HY_TYPE_INT2 || from.id == HY_TYPE_INT4 || from.id == HY_TYPE_FLOAT4;
    if (from.id == HY_TYPE_DATE)
        return to.id == HY_TYPE_TIMESTAMP;
    return from.id == HY_TYPE_VARCHAR && to.id == HY_TYPE_TEXT && from.collation == to.collation;
}

/* The constant in the narrower type, if it exists there exactly. */
static HyStatus narrow(HyPlanner *p, const HyExpr *constant, HyType to, HyExpr **out)
{
    HyValue value;
    HyValue back;
    *out = NULL;
    if (constant->kind != HY_EXPR_CONST)
        return HY_OK;
    if (constant->value.is_null ||
        to.id == HY_TYPE_VARCHAR) { /* a longer text equals none of them */
        value = constant->value;
        value.type = to;
        return hy_expr_const(p->arena, &value, out);
    }
    HyStatus st = hy_cast_value(p->arena, p->ctx->style, &constant->value, to, &value);
    if (!st)
        st = hy_cast_value(p->arena, p->ctx->style, &value, constant->type, &back);
    if (st) {
        hy_error_free(st);
        return HY_OK;
    }
    if (hy_compare_payload(
            constant->type, hy_value_payload(&back), hy_value_payload(&constant->value)) != 0)
        return HY_OK;
    value.type = to;
    return hy_expr_const(p->arena, &value, out);
}

static HyStatus narrow_comparison(HyPlanner *p, HyExpr **slot)
{
    HyExpr *node = *slot;
    for (int side = 0; side < 2; side++) {
        const HyExpr *cast = node->args[side];
        HyExpr *constant = NULL;
        if (cast->kind != HY_EXPR_CAST || cast->is_try ||
            !is_widening(cast->args[0]->type, cast->type))
            continue;
        HY_TRY(narrow(p, node->args[1 - side], cast->args[0]->type, &constant));
        if (!constant)
            continue;
        HY_TRY(hy_expr_copy(p->arena, node, slot));
        (*slot)->args[side] = cast->args[0];
        (*slot)->args[1 - side] = constant;
        return HY_OK;
    }
    return HY_OK;
}

static HyStatus narrow_in_list(HyPlanner *p, HyExpr **slot)
{
    HyExpr *node = *slot;
    const HyExpr *cast = node->args[0];
    if (cast->kind != HY_EXPR_CAST || cast->is_try || !is_widening(cast->args[0]->type, cast->type))
        return HY_OK;
    HyExpr *copy = NULL;
    HY_TRY(hy_expr_copy(p->arena, node, &copy));
    copy->args[0] = cast->args[0];
    for (size_t i = 1; i < node->n_args; i++) {
        HY_TRY(narrow(p, node->args[i], cast->args[0]->type, &copy->args[i]));
        if (!copy->args[i])
            return HY_OK;
    }
    *slot = copy;
    return HY_OK;
}

/* ---- CASE ---- */

/* Branches that cannot be taken go; a branch that is always taken ends the list. */
static HyStatus simplify_case(HyPlanner *p, HyExpr **slot)
{
    HyExpr *node = *slot;
    HyExpr *copy = NULL;
    HY_TRY(hy_expr_copy(p->arena, node, &copy));
    size_t n = 0;
    size_t i = 0;
    bool ended = false;
    for (; i + 1 < node->n_args && !ended; i += 2) {
        const HyExpr *when = node->args[i];
        if (hy_expr_is_null_const(when) || hy_expr_is_bool_const(when, false))
            continue;
        ended = hy_expr_is_bool_const(when, true);
        if (!ended)
            copy->args[n++] = node->args[i];
        copy->args[n++] = node->args[i + 1];
    }
    if (!ended && i < node->n_args)
        copy->args[n++] = node->args[i];
    copy->n_args = n;
    if (n == 0)
        return set_null(p, slot);
    *slot = n == 1 ? copy->args[0] : copy;
    return HY_OK;
}

/* ---- All ---- */

static HyStatus simplify_node(HyPlanner *p, HyExpr **slot)
{
    HyExpr *node = *slot;
    HyExpr *replaced = NULL;
    switch (node->kind) {
    case HY_EXPR_AND:
    case HY_EXPR_OR:
        return simplify_logic(p, slot);
    case HY_EXPR_NOT:
        HY_TRY(negate(p, node->args[0], &replaced));
        if (replaced)
            *slot = replaced;
        return HY_OK;
    case HY_EXPR_COMPARE:
        return narrow_comparison(p, slot);
    case HY_EXPR_IN_LIST:
        return narrow_in_list(p, slot);
    case HY_EXPR_CASE:
        return simplify_case(p, slot);
    case HY_EXPR_IS_NULL:
        if (!node->args[0]->type.nullable && node->args[0]->type.id != HY_TYPE_UNKNOWN)
            return set_bool(p, node->negated, slot);
        return HY_OK;
    default:
        return HY_OK;
    }
}

static HyStatus simplify(HyPlanner *p, HyExpr **slot)
{
    HyExpr *node = *slot;
    HyExpr *copy = NULL;
    for (size_t i = 0; i < node->n_args; i++) {
        HyExpr *arg = node->args[i];
        HY_TRY(simplify(p, &arg));
        if (arg == node->args[i])
            continue;
        if (!copy) {
            HY_TRY(hy_expr_copy(p->arena, node, &copy));
            node = *slot = copy;
        }
        node->args[i] = arg;
    }
    if (is_decided_by_null(*slot))
        return set_null(p, slot);
    HY_TRY(fold(p, slot));
    return simplify_node(p, slot);
}

HyStatus plan_simplify(HyPlanner *p, HyExpr **slot)
{
    return simplify(p, slot);
}

typedef struct SubqueryWalk {
    HyPlanner *p;
    HyStatus st;
} SubqueryWalk;

static bool simplify_subquery(void *ctx, const HyExpr *node)
{
    SubqueryWalk *walk = ctx;
    if (node->kind == HY_EXPR_SUBQUERY)
        walk->st = plan_simplify_alg(walk->p, node->subquery);
    return walk->st == HY_OK;
}

static HyStatus simplify_slot(void *ctx, HyExpr **slot)
{
    SubqueryWalk walk = {.p = ctx};
    HY_TRY(simplify(walk.p, slot));
    hy_expr_walk(*slot, simplify_subquery, &walk);
    return walk.st;
}

HyStatus plan_simplify_alg(HyPlanner *p, HyAlg *alg)
{
    HY_TRY(hy_alg_each_expr(alg, simplify_slot, p));
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(plan_simplify_alg(p, alg->inputs[i]));
    return HY_OK;
}

HyStatus plan_split_and(HyPlanner *p, HyExpr *predicate, HyConjuncts *out)
{
    return predicate ? add_term(p, HY_EXPR_AND, predicate, out) : HY_OK;
}

HyStatus plan_join_and(HyPlanner *p, const HyConjuncts *list, HyExpr **out)
{
    *out = NULL;
    return list->n > 0 ? make_logic(p, HY_EXPR_AND, list, out) : HY_OK;
}

/* ---- Nulls ---- */

/* Whether the value is null when the columns are. */
bool plan_is_surely_null(const HyExpr *expr, const HyColumnSet *columns)
{
    switch (expr->kind) {
    case HY_EXPR_COLUMN:
        return hy_column_set_has(columns, expr->column);
    case HY_EXPR_CONST:
        return expr->value.is_null;
    case HY_EXPR_CALL:
        if (!expr->call->is_strict)
            return false;
        break;
    case HY_EXPR_COMPARE:
        break;
    case HY_EXPR_CAST:
    case HY_EXPR_NOT:
    case HY_EXPR_IN_LIST:
        return plan_is_surely_null(expr->args[0], columns);
    default:
        return false;
    }
    for (size_t i = 0; i < expr->n_args; i++) {
        if (plan_is_surely_null(expr->args[i], columns))
            return true;
    }
    return false;
}

bool plan_rejects_null(const HyExpr *predicate, const HyColumnSet *columns)
{
    switch (predicate->kind) {
    case HY_EXPR_AND:
        for (size_t i = 0; i < predicate->n_args; i++) {
            if (plan_rejects_null(predicate->args[i], columns))
                return true;
        }
        return false;
    case HY_EXPR_OR:
        for (size_t i = 0; i < predicate->n_args; i++) {
            if (!plan_rejects_null(predicate->args[i], columns))
                return false;
        }
        return true;
    case HY_EXPR_IS_NULL:
        return predicate->negated && plan_is_surely_null(predicate->args[0], columns);
    case HY_EXPR_IS_TRUE:
        return !predicate->negated && predicate->truth != HY_TRUTH_UNKNOWN &&
               plan_is_surely_null(predicate->args[0], columns);
    default:
        return plan_is_surely_null(predicate, columns);
    }
}
