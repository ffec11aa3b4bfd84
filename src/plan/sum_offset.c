/* sum(x + 1), sum(x + 2) .. of one integer x: sum(x) and count(x) are computed once, and the sums
 * from them. */
#include "plan/plan_internal.h"
#include <string.h>

/* A sum of `base` plus a constant, or of `base` alone. */
typedef struct Offset {
    HyExpr *base; /* NULL: it is no such sum */
    int64_t constant;
} Offset;

static bool is_integer_const(const HyExpr *e, int64_t *out)
{
    if (e->kind != HY_EXPR_CONST || e->value.is_null)
        return false;
    switch (e->value.type.id) {
    case HY_TYPE_INT2:
        *out = e->value.i16;
        return true;
    case HY_TYPE_INT4:
        *out = e->value.i32;
        return true;
    default:
        return false;
    }
}

static bool is_small_integer(HyType type)
{
    return type.id == HY_TYPE_INT2 || type.id == HY_TYPE_INT4;
}

/* Integers of up to 32 bits: neither sum can leave 64 bits then. */
static Offset offset_of(const HyAggregateItem *item)
{
    Offset none = {0};
    if (strcmp(item->call->func->name, "sum") != 0 || item->is_distinct || item->n_order > 0 ||
        item->filter || item->call->result.id != HY_TYPE_INT8 ||
        !is_small_integer(item->args[0]->type))
        return none;
    HyExpr *arg = item->args[0];
    Offset out = {.base = arg};
    if (arg->kind != HY_EXPR_CALL || arg->n_args != 2 || hy_expr_is_volatile(arg))
        return hy_expr_is_volatile(arg) ? none : out;
    bool is_sum = strcmp(arg->call->func->name, "+") == 0;
    bool is_difference = strcmp(arg->call->func->name, "-") == 0;
    if ((is_sum || is_difference) && is_integer_const(arg->args[1], &out.constant)) {
        out.base = arg->args[0];
        out.constant = is_difference ? -out.constant : out.constant;
    } else if (is_sum && is_integer_const(arg->args[0], &out.constant)) {
        out.base = arg->args[1];
    }
    return is_small_integer(out.base->type) ? out : none;
}

static HyStatus operation(HyPlanner *p, const char *name, HyExpr *a, HyExpr *b, HyExpr **out)
{
    HyFuncCall *call;
    HyExpr *args[] = {a, b};
    HY_TRY(plan_new_call(p, args, 2, &call));
    HY_TRY(hy_func_resolve(name, HY_FUNC_SCALAR, call));
    HY_TRY(hy_expr_new(p->arena, HY_EXPR_CALL, call->result, -1, 2, out));
    (*out)->call = call;
    (*out)->args[0] = a;
    (*out)->args[1] = b;
    return HY_OK;
}

static HyStatus add_aggregate(HyPlanner *p, HyAlg *alg, const char *name, HyExpr *arg, HyExpr **out)
{
    HyAggregateItem item = {0};
    HY_ARENA_NEW(p->arena, item.args, 1);
    item.args[0] = arg;
    HY_TRY(plan_new_call(p, item.args, 1, &item.call));
    HY_TRY(hy_func_resolve(name, HY_FUNC_AGGREGATE, item.call));
    HY_TRY(plan_new_column(p, item.call->result, &item.id));
    HyAggregateItem *all;
    HY_ARENA_NEW(p->arena, all, alg->n_aggregates + 1);
    memcpy(all, alg->aggregates, alg->n_aggregates * sizeof *all);
    all[alg->n_aggregates++] = item;
    alg->aggregates = all;
    return plan_column(p, item.id, out);
}

/* sum + constant * count */
static HyStatus make_sum(HyPlanner *p, HyExpr *sum, HyExpr *count, int64_t constant, HyExpr **out)
{
    HyValue value = hy_value_null(hy_type_nullable(hy_type(HY_TYPE_INT8), false));
    HyExpr *factor, *product;
    value.is_null = false;
    value.i64 = constant;
    HY_TRY(hy_expr_const(p->arena, &value, &factor));
    HY_TRY(operation(p, "*", count, factor, &product));
    return operation(p, "+", sum, product, out);
}

/* Takes out the sums with the same base as the one at `first`. */
static HyStatus replace(HyPlanner *p, HyAlg *alg, Offset *offsets, size_t first, HyAlg *map)
{
    HyExpr *base = offsets[first].base, *sum, *count;
    size_t n = alg->n_aggregates;
    HY_TRY(add_aggregate(p, alg, "sum", base, &sum));
    HY_TRY(add_aggregate(p, alg, "count", base, &count));
    for (size_t i = first; i < n; i++) {
        if (!offsets[i].base || !hy_expr_equal(offsets[i].base, base))
            continue;
        HyNamedExpr named = {.id = alg->aggregates[i].id};
        if (offsets[i].constant == 0)
            named.expr = sum;
        else
            HY_TRY(make_sum(p, sum, count, offsets[i].constant, &named.expr));
        HY_PLAN_PUSH(p->arena, map->exprs, map->n_exprs, named);
        offsets[i].base = NULL;
        alg->aggregates[i].call = NULL; /* replaced */
    }
    return HY_OK;
}

static size_t count_like(const Offset *offsets, size_t n, size_t first)
{
    size_t count = 0;
    for (size_t i = first; i < n; i++)
        count += offsets[i].base && hy_expr_equal(offsets[i].base, offsets[first].base);
    return count;
}

static HyStatus rewrite_aggregate(HyPlanner *p, HyAlg **slot)
{
    HyAlg *alg = *slot, *map;
    size_t n = alg->n_aggregates, kept = 0;
    Offset *offsets;
    HY_ARENA_NEW(p->arena, offsets, n);
    HY_TRY(hy_alg_unary(p->arena, HY_ALG_MAP, alg, &map));
    for (size_t i = 0; i < n; i++)
        offsets[i] = offset_of(&alg->aggregates[i]);
    for (size_t i = 0; i < n; i++)
        if (offsets[i].base && count_like(offsets, n, i) > 1)
            HY_TRY(replace(p, alg, offsets, i, map));
    if (map->n_exprs == 0)
        return HY_OK;
    for (size_t i = 0; i < alg->n_aggregates; i++)
        if (alg->aggregates[i].call)
            alg->aggregates[kept++] = alg->aggregates[i];
    alg->n_aggregates = kept;
    map->columns = alg->columns;
    map->types = alg->types;
    map->n_columns = alg->n_columns;
    *slot = map;
    return HY_OK;
}

HyStatus plan_share_sums(HyPlanner *p, HyAlg **slot)
{
    for (size_t i = 0; i < (*slot)->n_inputs; i++)
        HY_TRY(plan_share_sums(p, &(*slot)->inputs[i]));
    return (*slot)->kind == HY_ALG_AGGREGATE && (*slot)->n_aggregates > 1
               ? rewrite_aggregate(p, slot)
               : HY_OK;
}
