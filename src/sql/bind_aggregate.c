/* Aggregate calls: they become items of the SELECT in which they stand, and columns for the rest.
 */
#include "sql/bind_internal.h"
#include "types/cast.h"

static bool sort_keys_equal(const HySortKey *a, const HySortKey *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i].is_descending != b[i].is_descending || a[i].nulls_first != b[i].nulls_first ||
            !hy_expr_equal(a[i].expr, b[i].expr))
            return false;
    }
    return true;
}

static bool filters_equal(const HyExpr *a, const HyExpr *b)
{
    return (!a && !b) || (a && b && hy_expr_equal(a, b));
}

static bool items_equal(const HyAggregateItem *a, const HyAggregateItem *b)
{
    if (a->call->func != b->call->func || a->call->n_args != b->call->n_args ||
        a->is_distinct != b->is_distinct || a->n_order != b->n_order ||
        a->call->keeps_nulls != b->call->keeps_nulls ||
        !hy_type_equal(a->call->result, b->call->result))
        return false;
    for (size_t i = 0; i < a->call->n_args; i++) {
        if (!hy_expr_equal(a->args[i], b->args[i]) || hy_expr_is_volatile(a->args[i]))
            return false;
    }
    return filters_equal(a->filter, b->filter) && sort_keys_equal(a->order, b->order, a->n_order);
}

static HyStatus bind_filter(HyExprContext *inner, const HyAstCall *call, HyExpr **out)
{
    *out = NULL;
    if (!call->filter)
        return HY_OK;
    return bind_condition(inner, call->filter, "boolean expression requires as argument for filter",
        (int32_t)call->filter->pos, out);
}

/* DISTINCT with ORDER BY: the values sorted must be the values aggregated. */
static HyStatus check_distinct_order(const HyAggregateItem *item, uint32_t position)
{
    if (!item->is_distinct)
        return HY_OK;
    for (size_t i = 0; i < item->n_order; i++) {
        const HyExpr *key = item->order[i].expr;
        const HyExpr *arg = item->call->n_args > 0 ? item->args[0] : NULL;
        if (!arg || !hy_expr_equal(key, arg))
            return hy_error_at(
                hy_error("42P10",
                    "In an aggregate with DISTINCT, ORDER BY expressions (including their "
                    "collation) must match the aggregated value"),
                position);
    }
    return HY_OK;
}

/* Whether f(x ORDER BY ..) is allowed: where the order shows. */
static bool takes_order(const char *name)
{
    static const char *const names[] = {"string_agg", "array_agg", "json_arrayagg", "listagg"};
    for (size_t i = 0; i < HY_ARRAY_LEN(names); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static bool needs_order(const char *name)
{
    return strcmp(name, "percentile_cont") == 0 || strcmp(name, "percentile_disc") == 0 ||
           strcmp(name, "mode") == 0;
}

/* Columns and subqueries within it do not make a fraction of a percentile. */
static bool is_fraction(const HyExpr *expr)
{
    bool is_one = expr->kind != HY_EXPR_COLUMN && expr->kind != HY_EXPR_SUBQUERY;
    for (size_t i = 0; i < expr->n_args && is_one; i++)
        is_one = is_fraction(expr->args[i]);
    return is_one;
}

/* A constant one out of range fails over no rows, too. */
static HyStatus check_fraction(const HyExpr *fraction, int32_t position)
{
    if (fraction->kind != HY_EXPR_CONST || fraction->value.is_null ||
        (fraction->value.f64 >= 0 && fraction->value.f64 <= 1))
        return HY_OK;
    return hy_error_at(
        hy_error("22003", "percentile value %g is not between 0 and 1", fraction->value.f64),
        position);
}

/* The genuine server refuses FILTER there before it looks at anything else. */
static HyStatus check_filter(const HyAstCall *call, const char *name, int32_t position)
{
    static const char *const listing[] = {"array_agg", "json_arrayagg"};
    static const char *const ordered[] = {
        "percentile_cont", "percentile_disc", "mode", "median", "max_by", "min_by"};
    if (!call->filter)
        return HY_OK;
    for (size_t i = 0; i < HY_ARRAY_LEN(listing); i++) {
        if (strcmp(listing[i], name) == 0)
            return hy_error_at(
                hy_error("0A000", "\"%s\" with FILTER is not supported yet", name), position);
    }
    for (size_t i = 0; i < HY_ARRAY_LEN(ordered); i++) {
        if (strcmp(ordered[i], name) == 0)
            return hy_error_at(
                hy_error("0A000", "FILTER not implemented yet for ordered-set aggregates"),
                position);
    }
    return HY_OK;
}

HyStatus bind_aggregate_item(
    HyExprContext *inner, const HyAstExpr *ast, const char *name, HyAggregateItem *out)
{
    HyBinder *b = inner->b;
    const HyAstCall *call = ast->call;
    int32_t position = (int32_t)ast->pos;
    HyAggregateItem item = {.is_distinct = call->distinct};
    if (call->ignore_nulls || call->respect_nulls)
        return hy_error_at(
            hy_error("42601", "invalid NULLS specification in call to \"%s\"", name), position);
    if (call->order_by.n > 0 && !takes_order(name))
        return hy_error_at(hy_error("42601", "order specification invalid in call to \"%s\"", name),
            call->order_by.items[0].expr->pos);
    HY_TRY(check_filter(call, name, position));
    HY_TRY(bind_exprs(inner, &call->args, &item.args));
    bool is_percentile = needs_order(name) && strcmp(name, "mode") != 0;
    bool takes_null = is_percentile && call->within_group.n > 0;
    for (size_t i = 0; i < call->args.n; i++)
        if (!takes_null || bind_is_unknown_param(item.args[i]))
            HY_TRY(bind_require_type(b, item.args[i], position));
    const HyAstOrderList *order = call->within_group.n > 0 ? &call->within_group : &call->order_by;
    HY_TRY(bind_sort_keys(inner, order, &item.order));
    item.n_order = order->n;
    if (item.n_order == 0 &&
        needs_order(name)) /* before the resolver, which types that expression */
        return hy_error_at(
            hy_error(
                "42883", "ordered-set aggregate \"%s\" requires one ORDER BY expression", name),
            position);
    if (is_percentile && (call->args.n != 1 || !is_fraction(item.args[0])))
        return hy_error_at(
            hy_error("42883", "ordered-set aggregate \"%s\" expects one constant argument", name),
            position);
    HY_TRY(bind_filter(inner, call, &item.filter));
    HY_TRY(bind_new_call(b, item.args, call->args.n, &item.call));
    item.call->is_distinct = call->distinct;
    item.call->has_order_by = order->n > 0;
    item.call->keeps_nulls = call->json_nulls == HY_AST_JSON_NULL_ON_NULL;
    if (order->n > 0) {
        item.call->order_type = item.order[0].expr->type;
        item.call->order_is_descending = item.order[0].is_descending;
    }
    HY_TRY(bind_resolve(b, name, HY_FUNC_AGGREGATE, item.call, item.args, position));
    if (is_percentile)
        HY_TRY(check_fraction(item.args[0], position));
    const HyAggregate *aggregate = item.call->aggregate;
    bool is_ordered_set = aggregate && aggregate->is_ordered_set;
    if (is_ordered_set && call->within_group.n > 1)
        return hy_error_at(
            hy_error("42883", "ordered-set aggregate '%s' requires 1 ORDER BY expression", name),
            position);
    if (call->within_group.n > 0 && call->order_by.n > 0)
        return hy_error_at(
            hy_error("42601",
                "cannot combine WITHIN GROUP with an inline ORDER BY in call to \"%s\"", name),
            position);
    if (!is_ordered_set && call->within_group.n > 0 &&
        !(aggregate && aggregate->takes_within_group))
        return hy_error_at(
            hy_error("42601", "invalid aggregate specification in call to \"%s\"", name),
            call->within_group.items[0].expr->pos);
    HY_TRY(check_distinct_order(&item, ast->pos));
    if (aggregate && aggregate->ignores_distinct)
        item.is_distinct = false;
    *out = item;
    return HY_OK;
}

HyStatus bind_aggregate(HyExprContext *c, const HyAstExpr *ast, const char *name, HyExpr **out)
{
    HyBinder *b = c->b;
    HySelect *select = c->select;
    bool is_allowed = select && (c->clause == HY_CLAUSE_SELECT || c->clause == HY_CLAUSE_HAVING ||
                                    c->clause == HY_CLAUSE_ORDER || c->clause == HY_CLAUSE_WINDOW);
    if (!is_allowed)
        return hy_error_at(hy_error("42601", "aggregates are not allowed here"), ast->pos);
    HyExprContext inner = *c;
    inner.clause = HY_CLAUSE_AGGREGATE;
    inner.see_aliases = false;
    HyAggregateItem item;
    HY_TRY(bind_aggregate_item(&inner, ast, name, &item));
    for (size_t i = 0; i < select->n_aggregates && !item.id; i++) {
        if (items_equal(&select->aggregates[i], &item))
            item.id = select->aggregates[i].id;
    }
    if (!item.id) {
        item.id = bind_new_id(b, name);
        if (select->n_aggregates == 0)
            select->aggregate_position = (int32_t)ast->pos;
        HY_LIST_PUSH(b->arena, select->aggregates, select->n_aggregates, item);
    }
    return hy_expr_column(b->arena, item.id, item.call->result, out);
}
