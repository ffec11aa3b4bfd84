/* GROUP BY a, a - 1, 1: what other grouping columns determine is no key, and is computed for each
 * group instead. */
#include "plan/plan_internal.h"
#include <string.h>

/* Values that group together must be the same in all functions: not so with collations, and with
 * the two zeros of floats. */
static bool is_exact_key(const HyExpr *expr)
{
    HyType type = expr->type;
    if (expr->kind != HY_EXPR_COLUMN || type.collation)
        return false;
    switch (type.id) {
    case HY_TYPE_FLOAT4:
    case HY_TYPE_FLOAT8:
    case HY_TYPE_JSON:
    case HY_TYPE_GEOGRAPHY:
    case HY_TYPE_ARRAY:
        return false;
    default:
        return true;
    }
}

static bool is_no_subquery(void *ctx, const HyExpr *node)
{
    (void)ctx;
    return node->kind != HY_EXPR_SUBQUERY;
}

static HyStatus is_dependent(
    HyPlanner *p, const HyExpr *expr, const HyColumnSet *keys, size_t n_keys, bool *out)
{
    HyColumnSet used = {0};
    *out = false;
    if (expr->kind == HY_EXPR_COLUMN || n_keys == 0 || hy_expr_is_volatile(expr) ||
        !hy_expr_walk(expr, is_no_subquery, NULL))
        return HY_OK;
    HY_TRY(plan_expr_columns(p, expr, &used));
    *out = hy_column_set_within(&used, keys);
    return HY_OK;
}

/* Moves the dependent groups into a map above; *map gets none when there are none. */
static HyStatus move_groups(HyPlanner *p, HyAlg *alg, HyAlg *map)
{
    HyColumnSet keys = {0};
    HyColumnMap ids = {0};
    size_t n_keys = 0, n_kept = 0;
    HyNamedExpr *kept;
    HY_ARENA_NEW(p->arena, kept, alg->n_groups);
    for (size_t i = 0; i < alg->n_groups; i++) {
        HyExpr *column;
        if (!is_exact_key(alg->groups[i].expr))
            continue;
        HY_TRY(hy_column_set_add(p->arena, &keys, alg->groups[i].expr->column));
        HY_TRY(plan_column(p, alg->groups[i].id, &column));
        HY_TRY(plan_map_add(p, &ids, alg->groups[i].expr->column, column));
        n_keys++;
    }
    for (size_t i = 0; i < alg->n_groups; i++) {
        HyNamedExpr group = alg->groups[i];
        bool dependent;
        HY_TRY(is_dependent(p, group.expr, &keys, n_keys, &dependent));
        if (!dependent) {
            kept[n_kept++] = group;
            continue;
        }
        HY_TRY(plan_substitute(p, &ids, &group.expr));
        HY_PLAN_PUSH(p->arena, map->exprs, map->n_exprs, group);
    }
    alg->groups = kept;
    alg->n_groups = n_kept;
    return HY_OK;
}

static HyStatus rewrite_aggregate(HyPlanner *p, HyAlg **slot)
{
    HyAlg *map;
    HY_TRY(hy_alg_unary(p->arena, HY_ALG_MAP, *slot, &map));
    HY_TRY(move_groups(p, *slot, map));
    if (map->n_exprs == 0)
        return HY_OK;
    map->columns = (*slot)->columns;
    map->types = (*slot)->types;
    map->n_columns = (*slot)->n_columns;
    *slot = map;
    return HY_OK;
}

HyStatus plan_drop_dependent_groups(HyPlanner *p, HyAlg **slot)
{
    for (size_t i = 0; i < (*slot)->n_inputs; i++)
        HY_TRY(plan_drop_dependent_groups(p, &(*slot)->inputs[i]));
    const HyAlg *alg = *slot;
    return alg->kind == HY_ALG_AGGREGATE && alg->n_groups > 1 && alg->n_grouping_sets == 0
               ? rewrite_aggregate(p, slot)
               : HY_OK;
}
