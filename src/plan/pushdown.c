/* Moves predicates down to where they cost least, makes inner joins of outer ones whose null rows
 * are filtered away, and collects chains of inner joins for ordering. */
#include "plan/plan_internal.h"
#include <string.h>

static HyStatus push(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot);

HyStatus plan_add_filter(HyPlanner *p, const HyConjuncts *conjuncts, HyAlg **slot)
{
    if (conjuncts->n == 0)
        return HY_OK;
    HyExpr *predicate = NULL;
    HY_TRY(plan_join_and(p, conjuncts, &predicate));
    HY_TRY(hy_alg_unary(p->arena, HY_ALG_FILTER, *slot, slot));
    (*slot)->predicate = predicate;
    return HY_OK;
}

static HyStatus add(HyPlanner *p, HyConjuncts *list, HyExpr *conjunct)
{
    HY_PLAN_PUSH(p->arena, list->items, list->n, conjunct);
    return HY_OK;
}

/* Moves what only uses `columns` (and is safe to move) from one list to another. */
static HyStatus take_within(
    HyPlanner *p, HyConjuncts *from, const HyColumnSet *columns, HyConjuncts *to)
{
    size_t kept = 0;
    for (size_t i = 0; i < from->n; i++) {
        HyColumnSet used = {0};
        HY_TRY(plan_expr_columns(p, from->items[i], &used));
        if (hy_column_set_within(&used, columns) && !hy_expr_is_volatile(from->items[i]))
            HY_TRY(add(p, to, from->items[i]));
        else
            from->items[kept++] = from->items[i];
    }
    from->n = kept;
    return HY_OK;
}

/* Filters what could not go further, above an operator whose input has been dealt with. */
static HyStatus stop(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot)
{
    return plan_add_filter(p, conjuncts, slot);
}

/* ---- One input ---- */

static HyStatus push_unchanged(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot)
{
    return push(p, conjuncts, &(*slot)->inputs[0]);
}

static HyStatus push_filter(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot)
{
    HyAlg *filter = *slot;
    HyConjuncts own = {0};
    HyConjuncts all = {0};
    HY_TRY(plan_split_and(p, filter->predicate, &own));
    for (size_t i = 0; i < own.n; i++)
        HY_TRY(add(p, &all, own.items[i]));
    for (size_t i = 0; i < conjuncts->n; i++)
        HY_TRY(add(p, &all, conjuncts->items[i]));
    *slot = filter->inputs[0];
    return push(p, &all, slot);
}

/* Rewrites conjuncts over computed columns (n of them, ids and expressions) to what these stand
 * for. */
static HyStatus push_substituted(HyPlanner *p, HyConjuncts *conjuncts, const HyNamedExpr *exprs,
    size_t n, HyAlg **input, HyConjuncts *left_over)
{
    HyColumnMap map = {0};
    HyColumnSet fixed = {0}; /* columns whose computation must not be repeated */
    HyConjuncts below = {0};
    for (size_t i = 0; i < n; i++) {
        if (hy_expr_is_volatile(exprs[i].expr))
            HY_TRY(hy_column_set_add(p->arena, &fixed, exprs[i].id));
        else
            HY_TRY(plan_map_add(p, &map, exprs[i].id, exprs[i].expr));
    }
    for (size_t i = 0; i < conjuncts->n; i++) {
        HyExpr *conjunct = conjuncts->items[i];
        HyColumnSet used = {0};
        HY_TRY(plan_expr_columns(p, conjunct, &used));
        if (hy_expr_is_volatile(conjunct) || hy_column_set_intersects(&used, &fixed)) {
            HY_TRY(add(p, left_over, conjunct));
            continue;
        }
        HY_TRY(plan_substitute(p, &map, &conjunct));
        HY_TRY(plan_simplify(p, &conjunct));
        HY_TRY(add(p, &below, conjunct));
    }
    return push(p, &below, input);
}

static HyStatus push_map(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot)
{
    HyAlg *map = *slot;
    HyConjuncts left_over = {0};
    HY_TRY(push_substituted(p, conjuncts, map->exprs, map->n_exprs, &map->inputs[0], &left_over));
    return stop(p, &left_over, slot);
}

/* A condition on groups decides over whole groups, so it can as well decide over their rows. */
static HyStatus push_aggregate(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot)
{
    HyAlg *aggregate = *slot;
    HyColumnSet groups = {0};
    HyConjuncts on_groups = {0};
    if (aggregate->n_grouping_sets == 0) {
        for (size_t i = 0; i < aggregate->n_groups; i++)
            HY_TRY(hy_column_set_add(p->arena, &groups, aggregate->groups[i].id));
    }
    if (aggregate->n_groups > 0 && aggregate->n_grouping_sets == 0)
        HY_TRY(take_within(p, conjuncts, &groups, &on_groups));
    HY_TRY(push_substituted(
        p, &on_groups, aggregate->groups, aggregate->n_groups, &aggregate->inputs[0], conjuncts));
    return stop(p, conjuncts, slot);
}

static HyStatus push_window(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot)
{
    HyAlg *window = *slot;
    HyColumnSet keys = {0};
    HyConjuncts below = {0};
    for (size_t i = 0; i < window->n_partition_by; i++) {
        if (window->partition_by[i]->kind == HY_EXPR_COLUMN)
            HY_TRY(hy_column_set_add(p->arena, &keys, window->partition_by[i]->column));
    }
    HY_TRY(take_within(p, conjuncts, &keys, &below));
    HY_TRY(push(p, &below, &window->inputs[0]));
    return stop(p, conjuncts, slot);
}

/* ---- Several inputs ---- */

static HyStatus push_setop(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot)
{
    HyAlg *setop = *slot;
    HyConjuncts stay = {0};
    for (int side = 0; side < 2; side++) {
        const HyColumnId *columns = side ? setop->right_columns : setop->left_columns;
        HyColumnMap map = {0};
        HyConjuncts below = {0};
        for (size_t i = 0; i < setop->n_columns; i++) {
            HyExpr *column = NULL;
            HY_TRY(hy_expr_column(p->arena, columns[i], setop->types[i], &column));
            HY_TRY(plan_map_add(p, &map, setop->columns[i], column));
        }
        for (size_t i = 0; i < conjuncts->n; i++) {
            HyExpr *conjunct = conjuncts->items[i];
            if (hy_expr_is_volatile(conjunct)) {
                if (side == 0)
                    HY_TRY(add(p, &stay, conjunct));
                continue;
            }
            HY_TRY(plan_substitute(p, &map, &conjunct));
            HY_TRY(add(p, &below, conjunct));
        }
        HY_TRY(push(p, &below, &setop->inputs[side]));
    }
    return stop(p, &stay, slot);
}

static HyStatus produced(HyPlanner *p, const HyAlg *alg, HyColumnSet *out)
{
    *out = (HyColumnSet){0};
    return plan_produced(p, alg, out);
}

static bool any_rejects(const HyConjuncts *conjuncts, const HyColumnSet *columns)
{
    for (size_t i = 0; i < conjuncts->n; i++) {
        if (plan_rejects_null(conjuncts->items[i], columns))
            return true;
    }
    return false;
}

static void swap_inputs(HyAlg *join)
{
    HyAlg *left = join->inputs[0];
    join->inputs[0] = join->inputs[1];
    join->inputs[1] = left;
}

/* RIGHT becomes LEFT; outer joins lose the rows that the conjuncts throw away anyway. */
static HyStatus settle_outer(HyPlanner *p, const HyConjuncts *conjuncts, HyAlg *join)
{
    HyColumnSet left;
    HyColumnSet right;
    if (join->join_kind == HY_JOIN_RIGHT) {
        join->join_kind = HY_JOIN_LEFT;
        swap_inputs(join);
    }
    HY_TRY(produced(p, join->inputs[0], &left));
    HY_TRY(produced(p, join->inputs[1], &right));
    if (join->join_kind == HY_JOIN_FULL) {
        bool keeps_left = !any_rejects(conjuncts, &right); /* left rows without a partner survive */
        bool keeps_right = !any_rejects(conjuncts, &left);
        if (keeps_left && keeps_right)
            return HY_OK;
        join->join_kind = keeps_left || keeps_right ? HY_JOIN_LEFT : HY_JOIN_INNER;
        if (keeps_right)
            swap_inputs(join);
        return HY_OK;
    }
    if (join->join_kind == HY_JOIN_LEFT && any_rejects(conjuncts, &right))
        join->join_kind = HY_JOIN_INNER;
    return HY_OK;
}

/* LEFT, FULL, SEMI, ANTI, MARK, SINGLE. */
static HyStatus push_special_join(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot)
{
    HyAlg *join = *slot;
    HyJoinKind kind = join->join_kind;
    HyColumnSet left;
    HyColumnSet right;
    HyConjuncts to_left = {0};
    HyConjuncts to_right = {0};
    HyConjuncts own = {0};
    HY_TRY(produced(p, join->inputs[0], &left));
    HY_TRY(produced(p, join->inputs[1], &right));
    HY_TRY(plan_split_and(p, join->predicate, &own));
    if (kind != HY_JOIN_FULL)
        HY_TRY(take_within(p, conjuncts, &left, &to_left));
    if (kind == HY_JOIN_LEFT || kind == HY_JOIN_SEMI || kind == HY_JOIN_ANTI ||
        kind == HY_JOIN_SINGLE)
        HY_TRY(take_within(p, &own, &right, &to_right));
    if (kind == HY_JOIN_SEMI)
        HY_TRY(take_within(p, &own, &left, &to_left));
    HY_TRY(plan_join_and(p, &own, &join->predicate));
    HY_TRY(push(p, &to_left, &join->inputs[0]));
    HY_TRY(push(p, &to_right, &join->inputs[1]));
    return stop(p, conjuncts, slot);
}

/* ---- Chains of inner joins ---- */

typedef struct JoinGroup {
    HyAlg **relations;
    size_t n_relations;
    HyConjuncts conjuncts;
} JoinGroup;

static HyStatus collect(HyPlanner *p, HyAlg *alg, JoinGroup *group)
{
    if (alg->kind == HY_ALG_FILTER) {
        HY_TRY(plan_split_and(p, alg->predicate, &group->conjuncts));
        return collect(p, alg->inputs[0], group);
    }
    if (alg->kind == HY_ALG_JOIN &&
        (alg->join_kind == HY_JOIN_LEFT || alg->join_kind == HY_JOIN_RIGHT ||
            alg->join_kind == HY_JOIN_FULL))
        HY_TRY(settle_outer(p, &group->conjuncts, alg));
    if (alg->kind == HY_ALG_JOIN && alg->join_kind == HY_JOIN_INNER) {
        HY_TRY(plan_split_and(p, alg->predicate, &group->conjuncts));
        HY_TRY(collect(p, alg->inputs[0], group));
        return collect(p, alg->inputs[1], group);
    }
    HY_PLAN_PUSH(p->arena, group->relations, group->n_relations, alg);
    return HY_OK;
}

/* a = b and b = c give a = c; a = b and b = 1 give a = 1: more to choose from, more to filter
 * early. */
static HyStatus infer_equalities(HyPlanner *p, HyConjuncts *conjuncts)
{
    for (size_t i = 0; i < conjuncts->n && conjuncts->n < 60; i++) {
        const HyExpr *a = conjuncts->items[i];
        if (a->kind != HY_EXPR_COMPARE || a->op != HY_CMP_EQ ||
            a->args[0]->kind != HY_EXPR_COLUMN || a->args[1]->kind != HY_EXPR_COLUMN)
            continue;
        size_t n = conjuncts->n;
        for (size_t k = 0; k < n && conjuncts->n < 60; k++) {
            const HyExpr *c = conjuncts->items[k];
            if (k == i || c->kind != HY_EXPR_COMPARE || c->args[0]->kind != HY_EXPR_COLUMN)
                continue;
            bool is_constant = c->args[1]->kind == HY_EXPR_CONST;
            if (!is_constant && (c->op != HY_CMP_EQ || c->args[1]->kind != HY_EXPR_COLUMN))
                continue;
            for (int side = 0; side < 2; side++) {
                if (c->args[0]->column != a->args[side]->column)
                    continue;
                HyExpr *other = a->args[1 - side];
                HyExpr *derived = NULL;
                if (other->column == c->args[1]->column && !is_constant)
                    continue;
                if (!hy_type_equal(other->type, c->args[1]->type))
                    continue;
                HY_TRY(hy_expr_compare(p->arena, c->op, other, c->args[1], &derived));
                bool known = false;
                for (size_t m = 0; m < conjuncts->n && !known; m++) {
                    const HyExpr *e = conjuncts->items[m];
                    known = hy_expr_equal(e, derived) ||
                            (e->kind == HY_EXPR_COMPARE && e->op == HY_CMP_EQ && !is_constant &&
                                hy_expr_equal(e->args[0], derived->args[1]) &&
                                hy_expr_equal(e->args[1], derived->args[0]));
                }
                if (!known)
                    HY_TRY(add(p, conjuncts, derived));
            }
        }
    }
    return HY_OK;
}

/* From (a AND ..) OR (b AND ..), with a and b over one relation, follows a OR b for that relation.
 * *out NULL: some alternative says nothing about it. */
static HyStatus implied_or(HyPlanner *p, HyExpr *either, const HyColumnSet *columns, HyExpr **out)
{
    HyExpr *implied = NULL;
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), either->type.nullable);
    *out = NULL;
    HY_TRY(hy_expr_new(p->arena, HY_EXPR_OR, type, -1, either->n_args, &implied));
    for (size_t i = 0; i < either->n_args; i++) {
        HyConjuncts all = {0};
        HyConjuncts own = {0};
        HY_TRY(plan_split_and(p, either->args[i], &all));
        HY_TRY(take_within(p, &all, columns, &own));
        if (own.n == 0)
            return HY_OK;
        HY_TRY(plan_join_and(p, &own, &implied->args[i]));
    }
    *out = implied;
    return HY_OK;
}

static HyStatus add_implied(
    HyPlanner *p, const HyConjuncts *all, const HyColumnSet *columns, HyConjuncts *own)
{
    for (size_t i = 0; i < all->n; i++) {
        HyExpr *implied = NULL;
        if (all->items[i]->kind != HY_EXPR_OR)
            continue;
        HY_TRY(implied_or(p, all->items[i], columns, &implied));
        if (implied)
            HY_TRY(add(p, own, implied));
    }
    return HY_OK;
}

static HyStatus push_inner_join(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot)
{
    JoinGroup group = {0};
    for (size_t i = 0; i < conjuncts->n; i++)
        HY_TRY(add(p, &group.conjuncts, conjuncts->items[i]));
    HY_TRY(collect(p, *slot, &group));
    HyConjuncts all = {0};
    for (size_t i = 0; i < group.conjuncts.n; i++)
        HY_TRY(plan_split_and(p, group.conjuncts.items[i], &all)); /* without doubles */
    HY_TRY(infer_equalities(p, &all));
    for (size_t i = 0; i < group.n_relations; i++) {
        HyColumnSet columns;
        HyConjuncts own = {0};
        HY_TRY(produced(p, group.relations[i], &columns));
        HY_TRY(take_within(p, &all, &columns, &own));
        HY_TRY(add_implied(p, &all, &columns, &own));
        HY_TRY(push(p, &own, &group.relations[i]));
    }
    return plan_order_joins(p, group.relations, group.n_relations, &all, slot);
}

static HyStatus push_join(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot)
{
    HY_TRY(settle_outer(p, conjuncts, *slot));
    if ((*slot)->join_kind == HY_JOIN_INNER)
        return push_inner_join(p, conjuncts, slot);
    return push_special_join(p, conjuncts, slot);
}

/* ---- Dispatch ---- */

static HyStatus push_nothing(HyPlanner *p, HyAlg *alg)
{
    for (size_t i = 0; i < alg->n_inputs; i++) {
        HyConjuncts none = {0};
        HY_TRY(push(p, &none, &alg->inputs[i]));
    }
    return HY_OK;
}

static HyStatus push_function(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot)
{
    HyAlg *function = *slot;
    HyConjuncts below = {0};
    if (function->n_inputs > 0) {
        HyColumnSet columns;
        HY_TRY(produced(p, function->inputs[0], &columns));
        HY_TRY(take_within(p, conjuncts, &columns, &below));
        HY_TRY(push(p, &below, &function->inputs[0]));
    }
    return stop(p, conjuncts, slot);
}

static HyStatus push(HyPlanner *p, HyConjuncts *conjuncts, HyAlg **slot)
{
    HyAlg *alg = *slot;
    switch (alg->kind) {
    case HY_ALG_FILTER:
        return push_filter(p, conjuncts, slot);
    case HY_ALG_MAP:
        return push_map(p, conjuncts, slot);
    case HY_ALG_JOIN:
        return push_join(p, conjuncts, slot);
    case HY_ALG_AGGREGATE:
        return push_aggregate(p, conjuncts, slot);
    case HY_ALG_WINDOW:
        return push_window(p, conjuncts, slot);
    case HY_ALG_SETOP:
        return push_setop(p, conjuncts, slot);
    case HY_ALG_FUNCTION:
        return push_function(p, conjuncts, slot);
    case HY_ALG_SORT:
        if (alg->limit < 0 && alg->offset <= 0)
            return push_unchanged(p, conjuncts, slot);
        break;
    default:
        break;
    }
    HY_TRY(push_nothing(p, alg));
    return stop(p, conjuncts, slot);
}

HyStatus plan_push_down(HyPlanner *p, HyAlg **slot)
{
    HyConjuncts none = {0};
    return push(p, &none, slot);
}
