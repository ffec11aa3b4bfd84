/* Joins whose right side uses columns of the left. Most correlations are equalities in a WHERE
 * clause: those conditions move up into the join, through computed columns and, for scalar
 * subqueries, through an aggregation, which then groups by the inner side of the equality (Kim
 * 1982, with the empty groups put right). Whatever is left goes the general way (domain.c). */
#include "plan/plan_internal.h"
#include <string.h>

typedef struct Dependent {
    HyPlanner *p;
    HyJoinKind kind;
    HyAlg *left;
    HyAlg *right;
    HyExpr *predicate;
    HyColumnId mark;
    HyExpr **value;    /* or NULL */
    HyColumnSet outer; /* the left side's columns that the right side uses */
    HyAlg *maps; /* computed columns taken off the right side, for above the join; innermost last */
} Dependent;

static HyStatus uses_outer(const Dependent *d, const HyExpr *expr, bool *out)
{
    HyColumnSet used = {0};
    HY_TRY(plan_expr_columns(d->p, expr, &used));
    *out = hy_column_set_intersects(&used, &d->outer);
    return HY_OK;
}

static HyStatus is_dependent(const Dependent *d, HyAlg *alg, bool *out)
{
    HyColumnSet used = {0};
    HY_TRY(plan_free(d->p, alg, &used));
    *out = hy_column_set_intersects(&used, &d->outer);
    return HY_OK;
}

static HyStatus make_join(Dependent *d, HyExpr *predicate, HyAlg **out)
{
    HY_TRY(hy_alg_join(d->p->arena, d->kind, d->left, d->right, predicate, out));
    (*out)->mark_column = d->mark;
    while (d->maps) {
        HyAlg *map = d->maps;
        d->maps = map->inputs[0];
        map->inputs[0] = *out;
        *out = map;
    }
    return HY_OK;
}

/* ---- Conditions that move up ---- */

static HyStatus split_conditions(
    const Dependent *d, HyExpr *predicate, HyConjuncts *inner, HyConjuncts *pulled)
{
    HyConjuncts all = {0};
    HY_TRY(plan_split_and(d->p, predicate, &all));
    for (size_t i = 0; i < all.n; i++) {
        bool outer = false;
        HY_TRY(uses_outer(d, all.items[i], &outer));
        if (outer)
            HY_PLAN_PUSH(d->p->arena, pulled->items, pulled->n, all.items[i]);
        else
            HY_PLAN_PUSH(d->p->arena, inner->items, inner->n, all.items[i]);
    }
    return HY_OK;
}

/* Takes dependent conditions out of the top of a tree, as far as all its columns stay visible. */
static HyStatus pull(const Dependent *d, HyAlg **slot, HyConjuncts *pulled)
{
    HyAlg *alg = *slot;
    HyConjuncts inner = {0};
    switch (alg->kind) {
    case HY_ALG_FILTER:
        HY_TRY(split_conditions(d, alg->predicate, &inner, pulled));
        HY_TRY(pull(d, &alg->inputs[0], pulled));
        *slot = alg->inputs[0];
        return plan_add_filter(d->p, &inner, slot);
    case HY_ALG_MAP:
        return pull(d, &alg->inputs[0], pulled);
    case HY_ALG_SORT:
        if (alg->limit >= 0 || alg->offset > 0)
            return HY_OK;
        *slot = alg->inputs[0]; /* the order is lost in the join anyway */
        return pull(d, slot, pulled);
    case HY_ALG_JOIN:
        if (alg->join_kind == HY_JOIN_INNER) {
            HY_TRY(split_conditions(d, alg->predicate, &inner, pulled));
            HY_TRY(plan_join_and(d->p, &inner, &alg->predicate));
            HY_TRY(pull(d, &alg->inputs[1], pulled));
        }
        if (alg->join_kind != HY_JOIN_FULL && alg->join_kind != HY_JOIN_RIGHT)
            return pull(d, &alg->inputs[0], pulled);
        return HY_OK;
    default:
        return HY_OK;
    }
}

/* In a mark join what was a filter must not make the mark unknown. */
static HyStatus as_condition(const Dependent *d, HyExpr *conjunct, HyExpr **out)
{
    *out = conjunct;
    if (d->kind != HY_JOIN_MARK || !conjunct->type.nullable)
        return HY_OK;
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
    HY_TRY(hy_expr_new(d->p->arena, HY_EXPR_IS_TRUE, type, -1, 1, out));
    (*out)->args[0] = conjunct;
    (*out)->truth = HY_TRUTH_TRUE;
    return HY_OK;
}

static HyStatus with_conditions(const Dependent *d, const HyConjuncts *pulled, HyExpr **out)
{
    *out = d->predicate;
    for (size_t i = 0; i < pulled->n; i++) {
        HyExpr *condition = NULL;
        HY_TRY(as_condition(d, pulled->items[i], &condition));
        HY_TRY(hy_expr_and(d->p->arena, *out, condition, out));
    }
    return HY_OK;
}

/* ---- Computed columns ---- */

static HyStatus map_of(HyPlanner *p, const HyAlg *map_alg, HyColumnMap *out)
{
    for (size_t i = 0; i < map_alg->n_exprs; i++)
        HY_TRY(plan_map_add(p, out, map_alg->exprs[i].id, map_alg->exprs[i].expr));
    return HY_OK;
}

/* What only decides how often or in which order rows come does not matter to a test for their
 * existence. */
static HyStatus peel_for_existence(Dependent *d)
{
    bool is_test = d->kind == HY_JOIN_SEMI || d->kind == HY_JOIN_ANTI || d->kind == HY_JOIN_MARK;
    for (; is_test; d->right = d->right->inputs[0]) {
        const HyAlg *top = d->right;
        bool is_distinct = top->kind == HY_ALG_AGGREGATE && top->n_aggregates == 0 &&
                           top->n_groups > 0 && top->n_grouping_sets == 0;
        bool is_limit = (top->kind == HY_ALG_LIMIT || top->kind == HY_ALG_SORT) && !d->predicate &&
                        top->limit != 0 && top->offset <= 0;
        if (!is_distinct && !is_limit)
            return HY_OK;
        HyColumnMap map = {0};
        for (size_t i = 0; i < top->n_groups; i++)
            HY_TRY(plan_map_add(d->p, &map, top->groups[i].id, top->groups[i].expr));
        if (d->predicate)
            HY_TRY(plan_substitute(d->p, &map, &d->predicate));
    }
    return HY_OK;
}

/* Takes the maps off the top of the right side: their expressions go into the predicate or value
 * that uses them, or above the join. */
static HyStatus peel_maps(Dependent *d)
{
    bool keeps_rows = d->kind == HY_JOIN_LEFT || d->kind == HY_JOIN_SINGLE;
    if ((keeps_rows && !d->value) || d->kind == HY_JOIN_FULL || d->kind == HY_JOIN_RIGHT)
        return HY_OK;
    HyAlg *last = NULL;
    HY_TRY(peel_for_existence(d));
    while (d->right->kind == HY_ALG_MAP ||
           (d->right->kind == HY_ALG_SORT && d->right->limit < 0 && d->right->offset <= 0)) {
        HyAlg *top = d->right;
        d->right = top->inputs[0];
        if (top->kind == HY_ALG_SORT)
            continue;
        HyColumnMap map = {0};
        HY_TRY(map_of(d->p, top, &map));
        if (d->value)
            HY_TRY(plan_substitute(d->p, &map, d->value));
        if (d->predicate)
            HY_TRY(plan_substitute(d->p, &map, &d->predicate));
        if (d->kind != HY_JOIN_INNER || top->n_exprs == 0)
            continue;
        top->inputs[0] = NULL;
        if (last)
            last->inputs[0] = top;
        else
            d->maps = top;
        last = top;
    }
    return peel_for_existence(d);
}

/* make_join stacks d->maps from the first: it must be the innermost. */
static void reverse_maps(Dependent *d)
{
    HyAlg *reversed = NULL;
    while (d->maps) {
        HyAlg *next = d->maps->inputs[0];
        d->maps->inputs[0] = reversed;
        reversed = d->maps;
        d->maps = next;
    }
    d->maps = reversed;
}

/* A row without partner has no value, even where the expression would compute one from nulls. */
static HyStatus guard_value(Dependent *d)
{
    HyPlanner *p = d->p;
    HyColumnSet made = {0};
    if (!d->value)
        return HY_OK;
    HY_TRY(plan_produced(p, d->right, &made));
    if (plan_is_surely_null(*d->value, &made))
        return HY_OK;
    HyAlg *map = NULL;
    HyNamedExpr flag = {0};
    HyExpr *column = NULL;
    HyExpr *is_null = NULL;
    HyType bool_type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
    HY_TRY(hy_expr_bool(p->arena, true, &flag.expr));
    HY_TRY(plan_new_column(p, hy_type(HY_TYPE_BOOL), &flag.id));
    HY_TRY(hy_alg_unary(p->arena, HY_ALG_MAP, d->right, &map));
    HY_PLAN_PUSH(p->arena, map->exprs, map->n_exprs, flag);
    d->right = map;
    HY_TRY(plan_column(p, flag.id, &column));
    HY_TRY(hy_expr_new(p->arena, HY_EXPR_IS_NULL, bool_type, -1, 1, &is_null));
    is_null->args[0] = column;
    HyType type = hy_type_nullable((*d->value)->type, true);
    HyValue null = hy_value_null(type);
    HyExpr *guarded = NULL;
    HY_TRY(hy_expr_new(p->arena, HY_EXPR_CASE, type, -1, 3, &guarded));
    guarded->args[0] = is_null;
    HY_TRY(hy_expr_const(p->arena, &null, &guarded->args[1]));
    guarded->args[2] = *d->value;
    *d->value = guarded;
    return HY_OK;
}

/* ---- Aggregates ---- */

static bool is_plain_aggregate(const HyAlg *alg)
{
    return alg->kind == HY_ALG_AGGREGATE && alg->n_groups == 0 && alg->n_grouping_sets == 0;
}

/* Splits "inner = outer" into its sides; false when it is nothing of the kind. */
static HyStatus equality_sides(
    const Dependent *d, const HyExpr *conjunct, HyExpr **inner, HyExpr **outer, bool *fits)
{
    *fits = false;
    if (conjunct->kind != HY_EXPR_COMPARE || conjunct->op != HY_CMP_EQ)
        return HY_OK;
    for (int i = 0; i < 2; i++) {
        bool first = false;
        HyColumnSet other = {0};
        HY_TRY(uses_outer(d, conjunct->args[i], &first));
        HY_TRY(plan_expr_columns(d->p, conjunct->args[1 - i], &other));
        if (!first && !hy_column_set_is_empty(&other) && hy_column_set_within(&other, &d->outer)) {
            *inner = conjunct->args[i];
            *outer = conjunct->args[1 - i];
            *fits = true;
            return HY_OK;
        }
    }
    return HY_OK;
}

/* CASE WHEN key IS NULL THEN the value without rows ELSE the aggregate END: no group means no rows.
 */
static HyStatus with_empty_value(
    Dependent *d, const HyAggregateItem *item, const HyNamedExpr *key, HyColumnMap *map)
{
    HyPlanner *p = d->p;
    HyValue empty;
    HyExpr *column = NULL;
    HyExpr *either = NULL;
    HyType bool_type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
    HY_TRY(plan_empty_value(p, item->call, &empty));
    if (empty.is_null)
        return HY_OK;
    HY_TRY(hy_expr_column(p->arena, item->id, item->call->result, &column));
    HY_TRY(hy_expr_new(p->arena, HY_EXPR_CASE, item->call->result, -1, 3, &either));
    HY_TRY(hy_expr_new(p->arena, HY_EXPR_IS_NULL, bool_type, -1, 1, &either->args[0]));
    HY_TRY(hy_expr_column(
        p->arena, key->id, hy_type_nullable(key->expr->type, true), &either->args[0]->args[0]));
    HY_TRY(hy_expr_const(p->arena, &empty, &either->args[1]));
    either->args[2] = column;
    return plan_map_add(p, map, item->id, either);
}

/* (SELECT aggregate FROM .. WHERE inner = outer ..): groups by the inner sides and joins on them.
 */
static HyStatus join_aggregate(Dependent *d, HyAlg **out, bool *done)
{
    HyPlanner *p = d->p;
    HyAlg *aggregate = d->right;
    HyConjuncts pulled = {0};
    HyConjuncts outer_sides = {0};
    HyNamedExpr *groups = NULL;
    size_t n_groups = 0;
    bool dependent = false;
    *done = false;
    if (!d->value || !is_plain_aggregate(aggregate) || d->predicate)
        return HY_OK;
    HyAlg *input = aggregate->inputs[0];
    HY_TRY(pull(d, &input, &pulled));
    bool fits = pulled.n > 0;
    for (size_t i = 0; i < pulled.n && fits; i++) {
        HyNamedExpr group = {0};
        HyExpr *outer = NULL;
        HY_TRY(equality_sides(d, pulled.items[i], &group.expr, &outer, &fits));
        if (!fits)
            break;
        HY_TRY(plan_new_column(p, group.expr->type, &group.id));
        if (group.expr->kind == HY_EXPR_COLUMN)
            HY_TRY(plan_name_column(p, group.id, group.expr->column));
        HY_PLAN_PUSH(p->arena, groups, n_groups, group);
        HY_PLAN_PUSH(p->arena, outer_sides.items, outer_sides.n, outer);
    }
    HyAlg *grouped = NULL;
    HY_TRY(hy_alg_new(p->arena, HY_ALG_AGGREGATE, &grouped));
    *grouped = *aggregate;
    grouped->inputs[0] = input;
    HY_TRY(is_dependent(d, grouped, &dependent));
    if (!fits || dependent) { /* the general way; the conditions go back where they were */
        HY_TRY(plan_add_filter(p, &pulled, &input));
        aggregate->inputs[0] = input;
        return HY_OK;
    }
    grouped->groups = groups;
    grouped->n_groups = n_groups;
    HyExpr *predicate = NULL;
    HyColumnMap map = {0};
    for (size_t i = 0; i < n_groups; i++) {
        HyExpr *key = NULL;
        HyExpr *equal = NULL;
        HY_TRY(plan_column(p, groups[i].id, &key));
        HY_TRY(hy_expr_compare(p->arena, HY_CMP_EQ, outer_sides.items[i], key, &equal));
        HY_TRY(hy_expr_and(p->arena, predicate, equal, &predicate));
    }
    for (size_t i = 0; i < grouped->n_aggregates; i++)
        HY_TRY(with_empty_value(d, &grouped->aggregates[i], &groups[0], &map));
    HY_TRY(plan_substitute(p, &map, d->value));
    d->kind = HY_JOIN_LEFT;
    d->right = grouped;
    *done = true;
    return make_join(d, predicate, out);
}

/* ---- Functions ---- */

/* FROM l, f(l.x): the function is called for each row of l. */
static HyStatus join_function(Dependent *d, HyAlg **out, bool *done)
{
    HyAlg *function = d->right;
    bool is_outer = d->kind == HY_JOIN_LEFT &&
                    (!d->predicate || hy_expr_is_bool_const(d->predicate, true)) && !d->value;
    *done = function->kind == HY_ALG_FUNCTION && function->n_inputs == 0 &&
            (d->kind == HY_JOIN_INNER || is_outer);
    if (!*done)
        return HY_OK;
    function->inputs[0] = d->left;
    function->n_inputs = 1;
    function->is_outer = is_outer;
    HyConjuncts conditions = {0};
    HyAlg *result = function;
    if (!is_outer)
        HY_TRY(plan_split_and(d->p, d->predicate, &conditions));
    HY_TRY(plan_add_filter(d->p, &conditions, &result));
    while (d->maps) {
        HyAlg *map = d->maps;
        d->maps = map->inputs[0];
        map->inputs[0] = result;
        result = map;
    }
    *out = result;
    return HY_OK;
}

/* ---- All ---- */

static HyStatus join_by_conditions(Dependent *d, HyAlg **out, bool *done)
{
    HyConjuncts pulled = {0};
    bool dependent = false;
    *done = false;
    HY_TRY(pull(d, &d->right, &pulled));
    HY_TRY(is_dependent(d, d->right, &dependent));
    if (dependent)
        return plan_add_filter(d->p, &pulled, &d->right);
    HyExpr *predicate = NULL;
    HY_TRY(with_conditions(d, &pulled, &predicate));
    HY_TRY(guard_value(d));
    *done = true;
    return make_join(d, predicate, out);
}

static HyStatus join_by_domain(Dependent *d, HyAlg **out)
{
    HyPlanner *p = d->p;
    HyColumnMap map = {0};
    HyExpr *predicate = d->predicate;
    if (d->kind == HY_JOIN_RIGHT || d->kind == HY_JOIN_FULL)
        return hy_error("0A000", "a RIGHT or FULL join whose right side depends on its left side "
                                 "is not supported");
    HY_TRY(guard_value(d));
    HY_TRY(plan_push_domain(p, d->left, &d->outer, &d->right, &map));
    for (size_t i = 0; i < map.n; i++) {
        HyExpr *outer = NULL;
        HyExpr *same = NULL;
        HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
        HY_TRY(plan_column(p, map.from[i], &outer));
        HY_TRY(hy_expr_new(p->arena, HY_EXPR_DISTINCT, type, -1, 2, &same));
        same->negated = true;
        same->args[0] = outer;
        same->args[1] = map.to[i];
        HY_TRY(hy_expr_and(p->arena, predicate, same, &predicate));
    }
    return make_join(d, predicate, out);
}

HyStatus plan_join_dependent(HyPlanner *p, HyJoinKind kind, HyAlg *left, HyAlg *right,
    HyExpr *predicate, HyColumnId mark, HyExpr **value, HyAlg **out)
{
    Dependent d = {.p = p,
        .kind = kind,
        .left = left,
        .right = right,
        .predicate = predicate,
        .mark = mark,
        .value = value};
    HyColumnSet used = {0};
    HyColumnSet made = {0};
    bool done = false;
    HY_TRY(plan_free(p, right, &used));
    HY_TRY(plan_produced(p, left, &made));
    for (HyColumnId id = hy_column_set_next(&used, 0); id; id = hy_column_set_next(&used, id)) {
        if (hy_column_set_has(&made, id))
            HY_TRY(hy_column_set_add(p->arena, &d.outer, id));
    }
    if (hy_column_set_is_empty(&d.outer))
        return make_join(&d, predicate, out);
    HY_TRY(peel_maps(&d));
    reverse_maps(&d);
    HY_TRY(join_function(&d, out, &done));
    if (!done)
        HY_TRY(join_aggregate(&d, out, &done));
    if (!done)
        HY_TRY(join_by_conditions(&d, out, &done));
    return done ? HY_OK : join_by_domain(&d, out);
}
