/* The phases of planning. */
#include "plan/plan_internal.h"

static HyStatus inline_everywhere(HyPlanner *p, HyAlg **slot, bool in_recursion);

/* A CTE that is read once, outside of a recursion, is part of the query that reads it. */
static HyStatus inline_ctes(HyPlanner *p, HyAlg **slot, bool in_recursion)
{
    HyAlg *alg = *slot;
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(inline_ctes(
            p, &alg->inputs[i], in_recursion || (alg->kind == HY_ALG_RECURSIVE && i == 1)));
    if (alg->kind != HY_ALG_CTE || in_recursion || !alg->cte->query || alg->cte->n_references != 1)
        return HY_OK;
    HyCte *cte = alg->cte;
    HyAlg *map = NULL;
    HY_TRY(hy_alg_unary(p->arena, HY_ALG_MAP, cte->query, &map));
    HY_ARENA_NEW(p->arena, map->exprs, alg->n_columns + 1);
    for (size_t i = 0; i < alg->n_columns; i++) {
        HyExpr *column = NULL;
        HY_TRY(hy_expr_column(p->arena, cte->columns[i], cte->types[i], &column));
        map->exprs[i] = (HyNamedExpr){.id = alg->columns[i], .expr = column};
    }
    map->n_exprs = alg->n_columns;
    cte->n_references = 0;
    *slot = map;
    return inline_everywhere(p, &map->inputs[0], false);
}

typedef struct InlineWalk {
    HyPlanner *p;
    bool in_recursion;
    HyStatus st;
} InlineWalk;

static bool inline_in_node(void *ctx, const HyExpr *node)
{
    InlineWalk *walk = ctx;
    if (node->kind == HY_EXPR_SUBQUERY) {
        HyAlg *subquery = node->subquery;
        walk->st = inline_everywhere(walk->p, &subquery, walk->in_recursion);
        ((HyExpr *)node)->subquery = subquery;
    }
    return walk->st == HY_OK;
}

static HyStatus inline_in_slot(void *ctx, HyExpr **slot)
{
    InlineWalk *walk = ctx;
    hy_expr_walk(*slot, inline_in_node, walk);
    return walk->st;
}

static HyStatus inline_in_subqueries(HyPlanner *p, HyAlg *alg, bool in_recursion)
{
    InlineWalk walk = {.p = p, .in_recursion = in_recursion};
    HY_TRY(hy_alg_each_expr(alg, inline_in_slot, &walk));
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(inline_in_subqueries(
            p, alg->inputs[i], in_recursion || (alg->kind == HY_ALG_RECURSIVE && i == 1)));
    return HY_OK;
}

static HyStatus inline_everywhere(HyPlanner *p, HyAlg **slot, bool in_recursion)
{
    HY_TRY(inline_ctes(p, slot, in_recursion));
    return inline_in_subqueries(p, *slot, in_recursion);
}

static HyStatus plan_tree(HyPlanner *p, HyAlg **slot, const HyColumnId *columns, size_t n_columns)
{
    HY_TRY(plan_note_types(p, *slot));
    HY_TRY(plan_simplify_alg(p, *slot));
    HY_TRY(plan_unnest(p, slot));
    HY_TRY(plan_share_sums(p, slot));
    HY_TRY(plan_drop_dependent_groups(p, slot));
    HY_TRY(plan_note_stats(p, *slot));
    HY_TRY(plan_push_down(p, slot));
    HY_TRY(plan_note_stats(p, *slot));
    HY_TRY(plan_estimate(p, *slot));
    HY_TRY(plan_physical(p, slot));
    return plan_prune(p, slot, columns, n_columns);
}

/* Lists the CTEs that are still read, each before those that read it. */
static void drop_unread_ctes(HyBoundQuery *query)
{
    size_t kept = 0;
    for (size_t i = 0; i < query->n_ctes; i++) {
        if (query->ctes[i]->n_references > 0)
            query->ctes[kept++] = query->ctes[i];
    }
    query->n_ctes = kept;
}

HyStatus hy_plan(HyBoundQuery *query, const HyPlanContext *ctx)
{
    HyPlanner p = {.ctx = ctx, .arena = ctx->arena, .query = query};
    /* Readers first: a CTE inlined into another that is inlined itself moves with it. */
    HY_TRY(inline_everywhere(&p, &query->root, false));
    for (size_t i = query->n_ctes; i-- > 0;) {
        if (query->ctes[i]->n_references > 0)
            HY_TRY(inline_everywhere(&p, &query->ctes[i]->query, false));
    }
    drop_unread_ctes(query);
    for (size_t i = 0; i < query->n_ctes; i++) {
        HyCte *cte = query->ctes[i];
        HY_TRY(plan_tree(&p, &cte->query, cte->columns, cte->n_columns));
    }
    return plan_tree(&p, &query->root, query->column_ids, query->n_columns);
}
