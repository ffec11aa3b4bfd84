/* General unnesting (Neumann & Kemper, "Unnesting Arbitrary Queries", 2015): instead of once per
 * row of the left side, the right side is computed once for the set of different values ("domain")
 * that its correlated columns take there. The domain is joined to the leaves that use it and
 * carried up through every operator: aggregates group by it, windows partition by it, limits count
 * within it.
 *
 * A column that a condition equates with one of the inner side needs no domain: the inner column
 * stands for it. The result then holds values that the left side does not have; the final join
 * drops them. */
#include "plan/plan_internal.h"
#include <string.h>

typedef struct Domain {
    HyPlanner *p;
    HyAlg *left;
    const HyColumnSet *columns;
} Domain;

static HyStatus push(Domain *d, HyAlg **slot, HyColumnMap *map);

/* ---- Parts ---- */

static HyExpr *find(const HyColumnMap *map, HyColumnId id)
{
    for (size_t i = 0; i < map->n; i++) {
        if (map->from[i] == id)
            return map->to[i];
    }
    return NULL;
}

/* Domain columns in `used` that the map does not have. */
static HyStatus missing(
    const Domain *d, const HyColumnSet *used, const HyColumnMap *map, HyColumnSet *out)
{
    *out = (HyColumnSet){0};
    for (HyColumnId id = hy_column_set_next(used, 0); id; id = hy_column_set_next(used, id)) {
        if (hy_column_set_has(d->columns, id) && !find(map, id))
            HY_TRY(hy_column_set_add(d->p->arena, out, id));
    }
    return HY_OK;
}

/* The different values of some columns of a copy of the left side, and their ids there. */
static HyStatus make_domain(Domain *d, const HyColumnSet *columns, HyColumnMap *map, HyAlg **out)
{
    HyPlanner *p = d->p;
    HyColumnMap renamed = {0};
    HyAlg *copy = NULL;
    HyAlg *distinct = NULL;
    HY_TRY(plan_copy_alg(p, d->left, &renamed, &copy));
    HY_TRY(hy_alg_unary(p->arena, HY_ALG_AGGREGATE, copy, &distinct));
    for (HyColumnId id = hy_column_set_next(columns, 0); id; id = hy_column_set_next(columns, id)) {
        HyNamedExpr group = {.expr = find(&renamed, id)};
        HyExpr *column = NULL;
        if (!group.expr)
            return hy_error("XX000", "internal error: column #%u is not in the domain", id);
        HY_TRY(plan_new_column(p, group.expr->type, &group.id));
        HY_TRY(plan_name_column(p, group.id, id));
        HY_PLAN_PUSH(p->arena, distinct->groups, distinct->n_groups, group);
        HY_TRY(plan_column(p, group.id, &column));
        HY_TRY(plan_map_add(p, map, id, column));
    }
    *out = distinct;
    return HY_OK;
}

/* Joins the domain of what is missing, if anything, to an input. */
static HyStatus supply(Domain *d, const HyColumnSet *used, HyAlg **slot, HyColumnMap *map)
{
    HyColumnSet absent;
    HyAlg *domain = NULL;
    HY_TRY(missing(d, used, map, &absent));
    if (hy_column_set_is_empty(&absent))
        return HY_OK;
    HY_TRY(make_domain(d, &absent, map, &domain));
    return hy_alg_join(d->p->arena, HY_JOIN_INNER, domain, *slot, NULL, slot);
}

typedef struct UseContext {
    HyPlanner *p;
    HyColumnSet *set;
} UseContext;

static HyStatus use_slot(void *ctx, HyExpr **slot)
{
    UseContext *use = ctx;
    return plan_expr_columns(use->p, *slot, use->set);
}

static HyStatus used_here(const Domain *d, HyAlg *alg, HyColumnSet *out)
{
    UseContext use = {.p = d->p, .set = out};
    return hy_alg_each_expr(alg, use_slot, &use);
}

typedef struct SubstituteContext {
    HyPlanner *p;
    const HyColumnMap *map;
} SubstituteContext;

static HyStatus substitute_slot(void *ctx, HyExpr **slot)
{
    SubstituteContext *s = ctx;
    return plan_substitute(s->p, s->map, slot);
}

static HyStatus substitute_here(const Domain *d, const HyColumnMap *map, HyAlg *alg)
{
    SubstituteContext s = {.p = d->p, .map = map};
    return hy_alg_each_expr(alg, substitute_slot, &s);
}

/* a IS NOT DISTINCT FROM b */
static HyStatus same_value(HyPlanner *p, HyExpr *a, HyExpr *b, HyExpr **predicate)
{
    HyExpr *same = NULL;
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
    HY_TRY(hy_expr_new(p->arena, HY_EXPR_DISTINCT, type, -1, 2, &same));
    same->negated = true;
    same->args[0] = a;
    same->args[1] = b;
    return hy_expr_and(p->arena, *predicate, same, predicate);
}

/* ---- Filters ---- */

/* "outer = inner column": the inner column stands for the outer one from here on. */
static HyStatus adopt(Domain *d, HyExpr *conjunct, const HyColumnSet *made, HyColumnMap *map)
{
    if (conjunct->kind != HY_EXPR_COMPARE || conjunct->op != HY_CMP_EQ)
        return HY_OK;
    for (int i = 0; i < 2; i++) {
        const HyExpr *outer = conjunct->args[i];
        HyExpr *inner = conjunct->args[1 - i];
        if (outer->kind == HY_EXPR_COLUMN && hy_column_set_has(d->columns, outer->column) &&
            !find(map, outer->column) && inner->kind == HY_EXPR_COLUMN &&
            hy_column_set_has(made, inner->column))
            return plan_map_add(d->p, map, outer->column, inner);
    }
    return HY_OK;
}

/* A filter over an input that has been dealt with. */
static HyStatus push_condition(Domain *d, HyExpr *predicate, HyAlg **slot, HyColumnMap *map)
{
    HyConjuncts all = {0};
    HyColumnSet made = {0};
    HyColumnSet used = {0};
    HY_TRY(plan_split_and(d->p, predicate, &all));
    HY_TRY(plan_produced(d->p, *slot, &made));
    for (size_t i = 0; i < all.n; i++)
        HY_TRY(adopt(d, all.items[i], &made, map));
    for (size_t i = 0; i < all.n; i++)
        HY_TRY(plan_expr_columns(d->p, all.items[i], &used));
    HY_TRY(supply(d, &used, slot, map));
    for (size_t i = 0; i < all.n; i++)
        HY_TRY(plan_substitute(d->p, map, &all.items[i]));
    return plan_add_filter(d->p, &all, slot);
}

static HyStatus push_filter(Domain *d, HyAlg **slot, HyColumnMap *map)
{
    HyAlg *filter = *slot;
    HY_TRY(push(d, &filter->inputs[0], map));
    *slot = filter->inputs[0];
    return push_condition(d, filter->predicate, slot, map);
}

/* ---- Operators over one input ---- */

/* Their expressions use the domain's columns; these stay visible above. */
static HyStatus push_passing(Domain *d, HyAlg *alg, HyColumnMap *map)
{
    HyColumnSet used = {0};
    HY_TRY(push(d, &alg->inputs[0], map));
    HY_TRY(used_here(d, alg, &used));
    HY_TRY(supply(d, &used, &alg->inputs[0], map));
    return substitute_here(d, map, alg);
}

static HyStatus push_window(Domain *d, HyAlg *alg, HyColumnMap *map)
{
    HY_TRY(push_passing(d, alg, map));
    HyExpr **keys = NULL;
    size_t n = alg->n_partition_by;
    HY_ARENA_NEW(d->p->arena, keys, n + map->n + 1);
    if (n > 0)
        memcpy(keys, alg->partition_by, n * sizeof *keys);
    for (size_t i = 0; i < map->n; i++)
        keys[n++] = map->to[i];
    alg->partition_by = keys;
    alg->n_partition_by = n;
    return HY_OK;
}

/* row_number() or rank() within each value of the domain. */
static HyStatus number_rows(Domain *d, const char *function, const HyAlg *sort, HyAlg **slot,
    HyExpr **number, const HyColumnMap *map)
{
    HyPlanner *p = d->p;
    HyWindowItem item = {
        .unit = HY_FRAME_ROWS, .start = HY_BOUND_UNBOUNDED_PRECEDING, .end = HY_BOUND_CURRENT_ROW};
    HyAlg *window = NULL;
    HY_ARENA_NEW(p->arena, item.args, 1);
    HY_TRY(plan_new_call(p, item.args, 0, &item.call));
    HY_TRY(hy_func_resolve(function, HY_FUNC_WINDOW, item.call));
    HY_TRY(plan_new_column(p, item.call->result, &item.id));
    HY_TRY(hy_alg_unary(p->arena, HY_ALG_WINDOW, *slot, &window));
    HY_ARENA_NEW(p->arena, window->windows, 1);
    HY_ARENA_NEW(p->arena, window->partition_by, map->n + 1);
    window->windows[0] = item;
    window->n_windows = 1;
    for (size_t i = 0; i < map->n; i++)
        window->partition_by[i] = map->to[i];
    window->n_partition_by = map->n;
    window->sort = sort->sort;
    window->n_sort = sort->n_sort;
    *slot = window;
    return plan_column(p, item.id, number);
}

static HyStatus add_bound(
    HyPlanner *p, HyExpr *number, HyCompareOp op, int64_t bound, HyExpr **predicate)
{
    HyValue value = hy_value_null(number->type);
    HyExpr *constant = NULL;
    HyExpr *compare = NULL;
    value.is_null = false;
    value.i64 = bound;
    HY_TRY(hy_expr_const(p->arena, &value, &constant));
    HY_TRY(hy_expr_compare(p->arena, op, number, constant, &compare));
    return hy_expr_and(p->arena, *predicate, compare, predicate);
}

/* LIMIT and OFFSET count within each value of the domain. */
static HyStatus push_limit(Domain *d, HyAlg **slot, HyColumnMap *map)
{
    HyAlg *limit = *slot;
    HyExpr *number = NULL;
    HyExpr *predicate = NULL;
    HY_TRY(push_passing(d, limit, map));
    int64_t offset = limit->offset > 0 ? limit->offset : 0;
    int64_t last = 0;
    if (limit->limit < 0 || __builtin_add_overflow(offset, limit->limit, &last))
        last = -1;
    if (last < 0 && offset == 0) { /* a plain sort */
        *slot = limit->inputs[0];
        return HY_OK;
    }
    *slot = limit->inputs[0];
    HY_TRY(number_rows(d, "row_number", limit, slot, &number, map));
    if (offset > 0)
        HY_TRY(add_bound(d->p, number, HY_CMP_GT, offset, &predicate));
    if (last >= 0 && limit->with_ties)
        HY_TRY(number_rows(d, "rank", limit, slot, &number, map));
    if (last >= 0)
        HY_TRY(add_bound(d->p, number, HY_CMP_LE, last, &predicate));
    HyConjuncts all = {0};
    HY_TRY(plan_split_and(d->p, predicate, &all));
    return plan_add_filter(d->p, &all, slot);
}

/* ---- Aggregates ---- */

HyStatus plan_empty_value(HyPlanner *p, const HyFuncCall *call, HyValue *out)
{
    HyVector result;
    void *state = hy_arena_zalloc(p->arena, call->aggregate->state_size + 8);
    if (!state)
        return hy_error_oom(call->aggregate->state_size);
    HyFuncEnv env = {.style = p->ctx->style};
    if (p->ctx->env)
        env = *p->ctx->env;
    env.arena = p->arena;
    HY_TRY(hy_vector_alloc(p->arena, call->result, 1, &result));
    HY_TRY(call->aggregate->finalize(&env, call, state, 1, &result));
    *out = hy_vector_value(&result, 0);
    out->type = call->result;
    return HY_OK;
}

/* Without GROUP BY there is a row for every value of the domain, with rows or without: the groups
 * are joined to the domain once more, and what has none gets the values of an empty input. */
static HyStatus add_empty_groups(Domain *d, HyAlg **slot, HyColumnMap *map)
{
    HyPlanner *p = d->p;
    HyAlg *aggregate = *slot;
    HyAlg *flagged = NULL;
    HyAlg *domain = NULL;
    HyAlg *filled = NULL;
    HyColumnMap domain_map = {0};
    HyColumnSet columns = {0};
    HyExpr *predicate = NULL;
    HyExpr *flag = NULL;
    HyNamedExpr flag_column = {0};
    HY_TRY(hy_expr_bool(p->arena, true, &flag_column.expr));
    HY_TRY(plan_new_column(p, hy_type(HY_TYPE_BOOL), &flag_column.id));
    HY_TRY(plan_column(p, flag_column.id, &flag));
    HY_TRY(hy_alg_unary(p->arena, HY_ALG_MAP, aggregate, &flagged));
    HY_PLAN_PUSH(p->arena, flagged->exprs, flagged->n_exprs, flag_column);
    for (size_t i = 0; i < map->n; i++)
        HY_TRY(hy_column_set_add(p->arena, &columns, map->from[i]));
    HY_TRY(make_domain(d, &columns, &domain_map, &domain));
    for (size_t i = 0; i < map->n; i++)
        HY_TRY(same_value(p, find(&domain_map, map->from[i]), map->to[i], &predicate));
    HY_TRY(hy_alg_join(p->arena, HY_JOIN_LEFT, domain, flagged, predicate, &filled));
    HY_TRY(hy_alg_unary(p->arena, HY_ALG_MAP, filled, &filled));
    for (size_t i = 0; i < aggregate->n_aggregates; i++) {
        HyAggregateItem *item = &aggregate->aggregates[i];
        HyType bool_type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
        HyNamedExpr either = {.id = item->id};
        HyValue empty;
        HY_TRY(plan_empty_value(p, item->call, &empty));
        HY_TRY(plan_new_column(p, item->call->result, &item->id));
        HY_TRY(hy_expr_new(p->arena, HY_EXPR_CASE, item->call->result, -1, 3, &either.expr));
        HY_TRY(hy_expr_new(p->arena, HY_EXPR_IS_NULL, bool_type, -1, 1, &either.expr->args[0]));
        either.expr->args[0]->args[0] = flag;
        HY_TRY(hy_expr_const(p->arena, &empty, &either.expr->args[1]));
        HY_TRY(plan_column(p, item->id, &either.expr->args[2]));
        HY_PLAN_PUSH(p->arena, filled->exprs, filled->n_exprs, either);
    }
    *map = domain_map;
    *slot = filled;
    return HY_OK;
}

static HyStatus push_aggregate(Domain *d, HyAlg **slot, HyColumnMap *map)
{
    HyPlanner *p = d->p;
    HyAlg *aggregate = *slot;
    HyColumnMap below = {0};
    HyNamedExpr *groups = NULL;
    bool is_total = aggregate->n_groups == 0 && aggregate->n_grouping_sets == 0;
    HY_TRY(push_passing(d, aggregate, &below));
    size_t n = aggregate->n_groups;
    if (n + below.n > 64)
        return hy_error("54000", "more than 64 grouping expressions");
    HY_ARENA_NEW(p->arena, groups, n + below.n + 1);
    if (n > 0)
        memcpy(groups, aggregate->groups, n * sizeof *groups);
    for (size_t i = 0; i < below.n; i++) {
        HyExpr *column = NULL;
        HyNamedExpr group = {.expr = below.to[i]};
        HY_TRY(plan_new_column(p, group.expr->type, &group.id));
        HY_TRY(plan_name_column(p, group.id, below.from[i]));
        HY_TRY(plan_column(p, group.id, &column));
        HY_TRY(plan_map_add(p, map, below.from[i], column));
        for (size_t s = 0; s < aggregate->n_grouping_sets; s++)
            aggregate->grouping_sets[s] |= UINT64_C(1) << n;
        groups[n++] = group;
    }
    aggregate->groups = groups;
    aggregate->n_groups = n;
    return is_total ? add_empty_groups(d, slot, map) : HY_OK;
}

/* ---- Two inputs ---- */

static HyStatus push_inner_join(Domain *d, HyAlg **slot, HyColumnMap *map)
{
    HyAlg *join = *slot;
    HyColumnMap right = {0};
    HyExpr *same = NULL;
    HyExpr *predicate = join->predicate;
    HY_TRY(push(d, &join->inputs[0], map));
    HY_TRY(push(d, &join->inputs[1], &right));
    for (size_t i = 0; i < right.n; i++) {
        HyExpr *left = find(map, right.from[i]);
        if (left)
            HY_TRY(same_value(d->p, left, right.to[i], &same));
        else
            HY_TRY(plan_map_add(d->p, map, right.from[i], right.to[i]));
    }
    join->predicate = same;
    return predicate ? push_condition(d, predicate, slot, map) : HY_OK;
}

/* Joins whose left rows are kept or tested: the left side carries the whole domain. */
static HyStatus push_left_join(Domain *d, HyAlg *join, HyColumnMap *map)
{
    HyColumnMap right = {0};
    HyColumnSet used = {0};
    if (join->join_kind == HY_JOIN_RIGHT) {
        HyAlg *swapped = join->inputs[0];
        join->join_kind = HY_JOIN_LEFT;
        join->inputs[0] = join->inputs[1];
        join->inputs[1] = swapped;
    }
    if (join->join_kind == HY_JOIN_FULL)
        return hy_error("0A000", "correlation inside of a FULL join is not supported");
    HY_TRY(push(d, &join->inputs[0], map));
    HY_TRY(push(d, &join->inputs[1], &right));
    HY_TRY(used_here(d, join, &used));
    for (size_t i = 0; i < right.n; i++)
        HY_TRY(hy_column_set_add(d->p->arena, &used, right.from[i]));
    HY_TRY(supply(d, &used, &join->inputs[0], map));
    if (join->predicate)
        HY_TRY(plan_substitute(d->p, map, &join->predicate));
    for (size_t i = 0; i < right.n; i++)
        HY_TRY(same_value(d->p, find(map, right.from[i]), right.to[i], &join->predicate));
    return HY_OK;
}

static HyStatus append_id(HyPlanner *p, HyColumnId **list, size_t n, HyColumnId id)
{
    HyColumnId *longer = NULL;
    HY_ARENA_NEW(p->arena, longer, n + 1);
    if (n > 0)
        memcpy(longer, *list, n * sizeof *longer);
    longer[n] = id;
    *list = longer;
    return HY_OK;
}

static HyStatus append_type(HyPlanner *p, HyType **list, size_t n, HyType type)
{
    HyType *longer = NULL;
    HY_ARENA_NEW(p->arena, longer, n + 1);
    if (n > 0)
        memcpy(longer, *list, n * sizeof *longer);
    longer[n] = type;
    *list = longer;
    return HY_OK;
}

/* Both sides carry the domain; its columns are columns of the set operation. */
static HyStatus push_setop(Domain *d, HyAlg *setop, HyColumnMap *map)
{
    HyPlanner *p = d->p;
    HyColumnMap sides[2] = {{0}, {0}};
    HyColumnSet used = {0};
    HY_TRY(plan_free(p, setop, &used));
    for (int i = 0; i < 2; i++) {
        HY_TRY(push(d, &setop->inputs[i], &sides[i]));
        HY_TRY(supply(d, &used, &setop->inputs[i], &sides[i]));
    }
    for (size_t i = 0; i < sides[0].n; i++) {
        HyColumnId id = 0;
        HyExpr *column = NULL;
        const HyExpr *left = sides[0].to[i];
        const HyExpr *right = find(&sides[1], sides[0].from[i]);
        if (!right)
            continue;
        size_t n = setop->n_columns;
        HyType type = hy_type_nullable(left->type, true);
        HY_TRY(plan_new_column(p, type, &id));
        HY_TRY(append_id(p, &setop->columns, n, id));
        HY_TRY(append_type(p, &setop->types, n, type));
        HY_TRY(append_id(p, &setop->left_columns, n, left->column));
        HY_TRY(append_id(p, &setop->right_columns, n, right->column));
        setop->n_columns = n + 1;
        HY_TRY(plan_column(p, id, &column));
        HY_TRY(plan_map_add(p, map, sides[0].from[i], column));
    }
    return HY_OK;
}

/* ---- Leaves ---- */

static HyStatus push_function(Domain *d, HyAlg *function, HyColumnMap *map)
{
    HyColumnSet used = {0};
    HyColumnSet absent;
    if (function->n_inputs > 0)
        return push_passing(d, function, map);
    HY_TRY(used_here(d, function, &used));
    HY_TRY(missing(d, &used, map, &absent));
    HY_TRY(make_domain(d, &absent, map, &function->inputs[0]));
    function->n_inputs = 1;
    return substitute_here(d, map, function);
}

static HyStatus push_values(Domain *d, HyAlg **slot, HyColumnMap *map)
{
    HY_TRY(plan_expand_values(d->p, slot));
    return push(d, slot, map);
}

/* Carries the columns of the domain that the tree uses up to its top. */
static HyStatus push(Domain *d, HyAlg **slot, HyColumnMap *map)
{
    HyAlg *alg = *slot;
    HyColumnSet used = {0};
    HY_TRY(plan_free(d->p, alg, &used));
    if (!hy_column_set_intersects(&used, d->columns))
        return HY_OK;
    switch (alg->kind) {
    case HY_ALG_FILTER:
        return push_filter(d, slot, map);
    case HY_ALG_MAP:
    case HY_ALG_SINGLE_ROW:
        return push_passing(d, alg, map);
    case HY_ALG_WINDOW:
        return push_window(d, alg, map);
    case HY_ALG_SORT:
    case HY_ALG_LIMIT:
        return push_limit(d, slot, map);
    case HY_ALG_AGGREGATE:
        return push_aggregate(d, slot, map);
    case HY_ALG_JOIN:
        if (alg->join_kind == HY_JOIN_INNER)
            return push_inner_join(d, slot, map);
        return push_left_join(d, alg, map);
    case HY_ALG_SETOP:
        return push_setop(d, alg, map);
    case HY_ALG_FUNCTION:
        return push_function(d, alg, map);
    case HY_ALG_VALUES:
        return push_values(d, slot, map);
    default:
        return hy_error("0A000", "correlation inside of a recursive or shared query is not "
                                 "supported");
    }
}

HyStatus plan_push_domain(
    HyPlanner *p, HyAlg *left, const HyColumnSet *columns, HyAlg **right, HyColumnMap *map)
{
    Domain d = {.p = p, .left = left, .columns = columns};
    return push(&d, right, map);
}
