/* Subqueries in expressions become joins of the operator's input:
 *
 *     WHERE EXISTS / x = ANY    semi join            WHERE NOT EXISTS / x <> ALL    anti join
 *     (the same elsewhere)      mark join            scalar, ARRAY                  single join
 *
 * What is correlated is a dependent join at first, which dependent.c takes apart. */
#include "plan/plan_internal.h"
#include "sql/binder.h"
#include "types/array.h"
#include <string.h>

/* Where the subqueries of an operator's expressions are joined to. */
typedef struct Attach {
    HyPlanner *p;
    HyAlg **input;
} Attach;

static HyStatus replace_in(Attach *attach, HyExpr **slot);

/* ---- Subqueries as values ---- */

static HyExpr *find_memo(const HyPlanner *p, const HyAlg *subquery)
{
    for (size_t i = 0; i < p->n_memo; i++) {
        if (p->memo[i].subquery == subquery)
            return p->memo[i].value;
    }
    return NULL;
}

/* A subquery that stands twice, in expressions of one operator or of two on top of each other, is
 * joined once if its value is still visible. */
static HyStatus is_visible(Attach *attach, const HyExpr *value, bool *out)
{
    HyColumnSet used = {0};
    HyColumnSet made = {0};
    HY_TRY(plan_expr_columns(attach->p, value, &used));
    HY_TRY(plan_produced(attach->p, *attach->input, &made));
    *out = hy_column_set_within(&used, &made);
    return HY_OK;
}

static HyStatus remember(HyPlanner *p, const HyAlg *subquery, HyExpr *value)
{
    HyMemoEntry entry = {.subquery = subquery, .value = value};
    HY_PLAN_PUSH(p->arena, p->memo, p->n_memo, entry);
    return HY_OK;
}

static HyStatus join_to(Attach *attach, HyJoinKind kind, HyAlg *right, HyExpr *predicate,
    HyColumnId mark, HyExpr **value)
{
    return plan_join_dependent(
        attach->p, kind, *attach->input, right, predicate, mark, value, attach->input);
}

/* Whether the query gives exactly one row whatever the data. */
static bool gives_one_row(const HyAlg *alg)
{
    while (alg->kind == HY_ALG_MAP ||
           (alg->kind == HY_ALG_SORT && alg->limit != 0 && alg->offset <= 0))
        alg = alg->inputs[0];
    return (alg->kind == HY_ALG_AGGREGATE && alg->n_groups == 0 && alg->n_grouping_sets == 0) ||
           (alg->kind == HY_ALG_VALUES && alg->n_rows == 1);
}

/* (SELECT expression) without FROM is the expression. */
static HyStatus inline_values(HyPlanner *p, HyAlg *alg, HyExpr **value, bool *done)
{
    *done = false;
    if (alg->kind == HY_ALG_MAP) {
        HyColumnMap map = {0};
        for (size_t i = 0; i < alg->n_exprs; i++)
            HY_TRY(plan_map_add(p, &map, alg->exprs[i].id, alg->exprs[i].expr));
        HyExpr *inner = *value;
        HY_TRY(plan_substitute(p, &map, &inner));
        HY_TRY(inline_values(p, alg->inputs[0], &inner, done));
        if (*done)
            *value = inner;
        return HY_OK;
    }
    if (alg->kind != HY_ALG_VALUES || alg->n_rows != 1)
        return HY_OK;
    HyColumnMap map = {0};
    for (size_t i = 0; i < alg->n_columns; i++)
        HY_TRY(plan_map_add(p, &map, alg->columns[i], alg->rows[0][i]));
    *done = true;
    return plan_substitute(p, &map, value);
}

static HyStatus scalar_value(Attach *attach, HyExpr *node, HyExpr **out)
{
    HyPlanner *p = attach->p;
    HyAlg *query = node->subquery;
    HyExpr *value = NULL;
    bool done = false;
    HY_TRY(hy_expr_column(p->arena, query->columns[0], node->type, &value));
    HyExpr *inlined = value;
    HY_TRY(inline_values(p, query, &inlined, &done));
    done = done && !hy_expr_is_volatile(inlined);
    if (done) {
        value = inlined;
    } else {
        HyJoinKind kind = gives_one_row(query) ? HY_JOIN_LEFT : HY_JOIN_SINGLE;
        HY_TRY(join_to(attach, kind, query, NULL, 0, &value));
    }
    *out = value;
    return HY_OK;
}

/* ARRAY(query): the array of all rows, in their order; empty without rows. */
static HyStatus array_value(Attach *attach, HyExpr *node, HyExpr **out)
{
    HyPlanner *p = attach->p;
    HyAlg *query = node->subquery;
    HyAlg *sorted = query;
    HyAggregateItem item = {0};
    HyAlg *aggregate = NULL;
    while (sorted->kind == HY_ALG_MAP)
        sorted = sorted->inputs[0];
    HY_ARENA_NEW(p->arena, item.args, 1);
    HY_TRY(hy_expr_column(p->arena, query->columns[0], query->types[0], &item.args[0]));
    HY_TRY(plan_new_call(p, item.args, 1, &item.call));
    if (sorted->kind == HY_ALG_SORT) {
        item.order = sorted->sort;
        item.n_order = sorted->n_sort;
        item.call->has_order_by = true;
    }
    HY_TRY(hy_func_resolve("array_agg", HY_FUNC_AGGREGATE, item.call));
    HY_TRY(plan_new_column(p, item.call->result, &item.id));
    HY_TRY(hy_alg_unary(p->arena, HY_ALG_AGGREGATE, query, &aggregate));
    HY_ARENA_NEW(p->arena, aggregate->aggregates, 1);
    aggregate->aggregates[0] = item;
    aggregate->n_aggregates = 1;
    HyExpr *array = NULL;
    HyExpr *empty = NULL;
    HY_TRY(hy_expr_column(p->arena, item.id, hy_type_nullable(node->type, true), &array));
    HY_TRY(join_to(attach, HY_JOIN_LEFT, aggregate, NULL, 0, &array));
    HY_TRY(hy_expr_new(p->arena, HY_EXPR_ARRAY, node->type, -1, 0, &empty));
    HY_TRY(hy_expr_new(p->arena, HY_EXPR_COALESCE, node->type, -1, 2, out));
    (*out)->args[0] = array;
    (*out)->args[1] = empty;
    return HY_OK;
}

/* EXISTS, ANY, ALL as a value: a mark join. x op ALL is NOT (x inverse-op ANY). */
static HyStatus mark_value(Attach *attach, HyExpr *node, HyExpr **out)
{
    HyPlanner *p = attach->p;
    HyExpr *predicate = NULL;
    HyExpr *mark = NULL;
    HyColumnId id = 0;
    bool is_exists = node->subquery_kind == HY_SUBQUERY_EXISTS;
    bool is_all = node->subquery_kind == HY_SUBQUERY_ALL;
    if (!is_exists) {
        HyExpr *column = NULL;
        HyExpr *operand = node->args[0];
        HY_TRY(hy_expr_column(
            p->arena, node->subquery->columns[0], node->subquery->types[0], &column));
        HY_TRY(hy_expr_compare(p->arena, node->op, operand, column, &predicate));
        if (is_all) {
            HY_TRY(hy_expr_not(p->arena, predicate, &predicate));
            HY_TRY(plan_simplify(p, &predicate));
        }
    }
    HY_TRY(plan_new_column(p, hy_type(HY_TYPE_BOOL), &id));
    HY_TRY(plan_column(p, id, &mark));
    HY_TRY(join_to(attach, HY_JOIN_MARK, node->subquery, predicate, id, NULL));
    if (is_all)
        return hy_expr_not(p->arena, mark, out);
    if (!is_exists) {
        *out = mark;
        return HY_OK;
    }
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
    HY_TRY(hy_expr_new(p->arena, HY_EXPR_IS_TRUE, type, -1, 1, out));
    (*out)->args[0] = mark;
    (*out)->truth = HY_TRUTH_TRUE;
    return HY_OK;
}

static HyStatus subquery_value(Attach *attach, HyExpr *node, HyExpr **out)
{
    HyPlanner *p = attach->p;
    const HyAlg *identity = node->subquery;
    HyExpr *known = find_memo(p, identity);
    bool visible = false;
    if (known)
        HY_TRY(is_visible(attach, known, &visible));
    if (visible) {
        *out = known;
        return HY_OK;
    }
    HyExpr *copy = NULL;
    HY_TRY(hy_expr_copy(p->arena, node, &copy));
    if (known) { /* joined elsewhere already: another copy */
        HyColumnMap map = {0};
        HY_TRY(plan_copy_alg(p, node->subquery, &map, &copy->subquery));
    }
    if (copy->n_args > 0)
        HY_TRY(replace_in(attach, &copy->args[0]));
    HyAlg *query = copy->subquery;
    HY_TRY(plan_unnest(p, &copy->subquery));
    if (copy->subquery != query && copy->subquery->n_columns == 0) {
        copy->subquery->columns = query->columns;
        copy->subquery->types = query->types;
        copy->subquery->n_columns = query->n_columns;
    }
    switch (copy->subquery_kind) {
    case HY_SUBQUERY_SCALAR:
        HY_TRY(scalar_value(attach, copy, out));
        break;
    case HY_SUBQUERY_ARRAY:
        HY_TRY(array_value(attach, copy, out));
        break;
    case HY_SUBQUERY_EXISTS:
    case HY_SUBQUERY_ANY:
    case HY_SUBQUERY_ALL:
        HY_TRY(mark_value(attach, copy, out));
        break;
    }
    return remember(p, identity, *out);
}

static HyStatus replace_node(void *ctx, HyExpr **slot, bool *descend)
{
    if ((*slot)->kind != HY_EXPR_SUBQUERY)
        return HY_OK;
    *descend = false;
    return subquery_value(ctx, *slot, slot);
}

static HyStatus replace_in(Attach *attach, HyExpr **slot)
{
    return hy_expr_rewrite(attach->p->arena, slot, replace_node, attach);
}

static HyStatus replace_slot(void *ctx, HyExpr **slot)
{
    return replace_in(ctx, slot);
}

/* ---- Subqueries as conditions ---- */

/* A conjunct that is a subquery alone filters by a semi or anti join. *done: it did. */
static HyStatus attach_condition(Attach *attach, HyExpr *conjunct, bool *done)
{
    HyPlanner *p = attach->p;
    bool negated = conjunct->kind == HY_EXPR_NOT;
    HyExpr *node = negated ? conjunct->args[0] : conjunct;
    *done = false;
    if (node->kind != HY_EXPR_SUBQUERY || find_memo(p, node->subquery))
        return HY_OK;
    HyExpr *predicate = NULL;
    HyJoinKind kind = negated ? HY_JOIN_ANTI : HY_JOIN_SEMI;
    if (node->subquery_kind == HY_SUBQUERY_ANY || node->subquery_kind == HY_SUBQUERY_ALL) {
        if (negated) /* simplification has turned it into the opposite quantifier */
            return HY_OK;
        HyExpr *column = NULL;
        HyExpr *operand = node->args[0];
        const HyAlg *query = node->subquery;
        HY_TRY(replace_in(attach, &operand));
        HY_TRY(hy_expr_column(p->arena, query->columns[0], query->types[0], &column));
        HY_TRY(hy_expr_compare(p->arena, node->op, operand, column, &predicate));
        if (node->subquery_kind == HY_SUBQUERY_ALL) {
            /* No row for which it is false. Nulls do not count: as a condition, NOT IN and ALL let
             * rows pass that the standard would not, like the genuine server. */
            kind = HY_JOIN_ANTI;
            HY_TRY(hy_expr_not(p->arena, predicate, &predicate));
            HY_TRY(plan_simplify(p, &predicate));
        }
    } else if (node->subquery_kind != HY_SUBQUERY_EXISTS) {
        return HY_OK;
    }
    HyAlg *query = node->subquery;
    HY_TRY(plan_unnest(p, &query));
    *done = true;
    return join_to(attach, kind, query, predicate, 0, NULL);
}

static bool is_not_subquery(void *ctx, const HyExpr *node)
{
    (void)ctx;
    return node->kind != HY_EXPR_SUBQUERY;
}

static bool has_subquery(const HyExpr *expr)
{
    return expr && !hy_expr_walk(expr, is_not_subquery, NULL);
}

/* Conditions without subqueries first: they need not wait for the joins. */
static HyStatus unnest_filter(HyPlanner *p, HyAlg **slot)
{
    HyAlg *filter = *slot;
    if (!has_subquery(filter->predicate))
        return HY_OK;
    HyConjuncts all = {0};
    HyConjuncts plain = {0};
    HyConjuncts above = {0};
    HyAlg *input = filter->inputs[0];
    Attach attach = {.p = p, .input = &input};
    HY_TRY(plan_split_and(p, filter->predicate, &all));
    for (size_t i = 0; i < all.n; i++) {
        if (!has_subquery(all.items[i]))
            HY_PLAN_PUSH(p->arena, plain.items, plain.n, all.items[i]);
    }
    HY_TRY(plan_add_filter(p, &plain, &input));
    for (size_t i = 0; i < all.n; i++) {
        bool done = false;
        if (!has_subquery(all.items[i]))
            continue;
        HY_TRY(attach_condition(&attach, all.items[i], &done));
        if (done)
            continue;
        HyExpr *conjunct = all.items[i];
        HY_TRY(replace_in(&attach, &conjunct));
        HY_PLAN_PUSH(p->arena, above.items, above.n, conjunct);
    }
    HY_TRY(plan_add_filter(p, &above, &input));
    *slot = input;
    return HY_OK;
}

/* ---- Joins ---- */

/* Subqueries in ON: of an inner join they are filters above; of others they are computed on the
 * side whose columns they use. */
static HyStatus unnest_join_condition(HyPlanner *p, HyAlg **slot)
{
    HyAlg *join = *slot;
    HyJoinKind kind = join->join_kind == HY_JOIN_DEPENDENT ? join->dependent_kind : join->join_kind;
    if (!has_subquery(join->predicate))
        return HY_OK;
    if (kind == HY_JOIN_INNER) {
        HyConjuncts all = {0};
        HY_TRY(plan_split_and(p, join->predicate, &all));
        join->predicate = NULL;
        return plan_add_filter(p, &all, slot);
    }
    HyConjuncts all = {0};
    HyColumnSet left = {0};
    HY_TRY(plan_produced(p, join->inputs[0], &left));
    HY_TRY(plan_split_and(p, join->predicate, &all));
    for (size_t i = 0; i < all.n; i++) {
        HyColumnSet used = {0};
        if (!has_subquery(all.items[i]))
            continue;
        HY_TRY(plan_expr_columns(p, all.items[i], &used));
        bool on_left = hy_column_set_intersects(&used, &left);
        Attach attach = {.p = p, .input = &join->inputs[on_left ? 0 : 1]};
        HyColumnSet side = {0};
        HyColumnSet other = {0};
        HY_TRY(plan_produced(p, join->inputs[on_left ? 0 : 1], &side));
        HY_TRY(plan_produced(p, join->inputs[on_left ? 1 : 0], &other));
        /* the operand of x IN (..) may come from the other side: then it is not a value of this one
         */
        if (hy_column_set_intersects(&used, &side) && hy_column_set_intersects(&used, &other))
            return hy_error_at(
                hy_error("0A000", "subqueries in the condition of an outer join that "
                                  "use both sides are not supported"),
                all.items[i]->position);
        HY_TRY(replace_in(&attach, &all.items[i]));
    }
    return plan_join_and(p, &all, &join->predicate);
}

static HyStatus unnest_join(HyPlanner *p, HyAlg **slot)
{
    HY_TRY(unnest_join_condition(p, slot));
    if ((*slot)->kind == HY_ALG_FILTER) {
        HY_TRY(unnest_join(p, &(*slot)->inputs[0]));
        return unnest_filter(p, slot);
    }
    HyAlg *join = *slot;
    if (join->join_kind != HY_JOIN_DEPENDENT)
        return HY_OK;
    return plan_join_dependent(
        p, join->dependent_kind, join->inputs[0], join->inputs[1], join->predicate, 0, NULL, slot);
}

/* ---- VALUES ---- */

static bool rows_have_subquery(const HyAlg *values)
{
    for (size_t r = 0; r < values->n_rows; r++) {
        for (size_t i = 0; i < values->n_columns; i++) {
            if (has_subquery(values->rows[r][i]))
                return true;
        }
    }
    return false;
}

/* One row as a map over a single row without columns. */
static HyStatus row_as_map(
    HyPlanner *p, const HyAlg *values, size_t row, const HyColumnId *ids, HyAlg **out)
{
    HyAlg *single = NULL;
    HY_TRY(hy_alg_new(p->arena, HY_ALG_VALUES, &single));
    HY_ARENA_NEW(p->arena, single->rows, 1);
    HY_ARENA_NEW(p->arena, single->rows[0], 1);
    single->n_rows = 1;
    HY_TRY(hy_alg_unary(p->arena, HY_ALG_MAP, single, out));
    HY_ARENA_NEW(p->arena, (*out)->exprs, values->n_columns);
    for (size_t i = 0; i < values->n_columns; i++)
        (*out)->exprs[i] = (HyNamedExpr){.id = ids[i], .expr = values->rows[row][i]};
    (*out)->n_exprs = values->n_columns;
    return HY_OK;
}

static HyStatus fresh_ids(HyPlanner *p, const HyAlg *values, HyColumnId **out)
{
    HY_ARENA_NEW(p->arena, *out, values->n_columns);
    for (size_t i = 0; i < values->n_columns; i++)
        HY_TRY(plan_new_column(p, values->types[i], &(*out)[i]));
    return HY_OK;
}

/* Rows with subqueries become the union of one-row maps. */
HyStatus plan_expand_values(HyPlanner *p, HyAlg **slot)
{
    const HyAlg *values = *slot;
    HyAlg *all = NULL;
    HyColumnId *all_ids = values->columns;
    if (values->n_rows == 1)
        return row_as_map(p, values, 0, values->columns, slot);
    for (size_t r = 0; r < values->n_rows; r++) {
        HyColumnId *ids = NULL;
        HyAlg *row = NULL;
        HY_TRY(fresh_ids(p, values, &ids));
        HY_TRY(row_as_map(p, values, r, ids, &row));
        if (!all) {
            all = row;
            all_ids = ids;
            continue;
        }
        HyAlg *setop = NULL;
        HY_TRY(hy_alg_unary(p->arena, HY_ALG_SETOP, all, &setop));
        setop->inputs[1] = row;
        setop->n_inputs = 2;
        setop->set_kind = HY_SET_UNION_ALL;
        setop->left_columns = all_ids;
        setop->right_columns = ids;
        setop->n_columns = values->n_columns;
        HY_ARENA_NEW(p->arena, setop->types, values->n_columns);
        memcpy(setop->types, values->types, values->n_columns * sizeof *setop->types);
        if (r + 1 == values->n_rows) {
            HY_ARENA_NEW(p->arena, setop->columns, values->n_columns);
            memcpy(setop->columns, values->columns, values->n_columns * sizeof *setop->columns);
        } else {
            HY_TRY(fresh_ids(p, values, &setop->columns));
        }
        all = setop;
        HY_ARENA_NEW(p->arena, all_ids, values->n_columns); /* pruning changes lists in place */
        memcpy(all_ids, setop->columns, values->n_columns * sizeof *all_ids);
    }
    *slot = all;
    return HY_OK;
}

/* ---- All ---- */

/* Operators whose expressions are over their only input. */
static HyStatus unnest_exprs(HyPlanner *p, HyAlg *alg)
{
    Attach attach = {.p = p, .input = &alg->inputs[0]};
    return hy_alg_each_expr(alg, replace_slot, &attach);
}

/* f((SELECT ..)) in FROM: the argument's row becomes the function's input. */
static HyStatus unnest_function(HyPlanner *p, HyAlg *function)
{
    bool any = false;
    for (size_t i = 0; i < function->n_exprs; i++)
        any |= has_subquery(function->exprs[i].expr);
    if (!any)
        return HY_OK;
    if (function->n_inputs == 0) {
        HyAlg *single = NULL;
        HY_TRY(hy_alg_new(p->arena, HY_ALG_VALUES, &single));
        HY_ARENA_NEW(p->arena, single->rows, 1);
        HY_ARENA_NEW(p->arena, single->rows[0], 1);
        single->n_rows = 1;
        function->inputs[0] = single;
        function->n_inputs = 1;
    }
    return unnest_exprs(p, function);
}

HyStatus plan_unnest(HyPlanner *p, HyAlg **slot)
{
    HyAlg *alg = *slot;
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(plan_unnest(p, &alg->inputs[i]));
    switch (alg->kind) {
    case HY_ALG_FILTER:
        return unnest_filter(p, slot);
    case HY_ALG_JOIN:
        return unnest_join(p, slot);
    case HY_ALG_VALUES:
        if (!rows_have_subquery(alg))
            return HY_OK;
        HY_TRY(plan_expand_values(p, slot));
        return plan_unnest(p, slot);
    case HY_ALG_FUNCTION:
        return unnest_function(p, alg);
    case HY_ALG_MAP:
    case HY_ALG_AGGREGATE:
    case HY_ALG_WINDOW:
    case HY_ALG_SORT:
        return unnest_exprs(p, alg);
    default:
        return HY_OK;
    }
}
