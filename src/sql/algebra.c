#include "sql/algebra.h"

HyStatus hy_alg_new(HyArena *arena, HyAlgKind kind, HyAlg **out)
{
    HyAlg *alg = NULL;
    HY_ARENA_NEW(arena, alg, 1);
    alg->kind = kind;
    alg->limit = -1;
    *out = alg;
    return HY_OK;
}

HyStatus hy_alg_unary(HyArena *arena, HyAlgKind kind, HyAlg *input, HyAlg **out)
{
    HY_TRY(hy_alg_new(arena, kind, out));
    (*out)->inputs[0] = input;
    (*out)->n_inputs = 1;
    return HY_OK;
}

HyStatus hy_alg_join(
    HyArena *arena, HyJoinKind kind, HyAlg *left, HyAlg *right, HyExpr *predicate, HyAlg **out)
{
    HY_TRY(hy_alg_new(arena, HY_ALG_JOIN, out));
    (*out)->join_kind = kind;
    (*out)->inputs[0] = left;
    (*out)->inputs[1] = right;
    (*out)->n_inputs = 2;
    (*out)->predicate = predicate;
    return HY_OK;
}

typedef HyStatus (*Visit)(void *ctx, HyExpr **slot);

static HyStatus visit_list(HyExpr **list, size_t n, Visit visit, void *ctx)
{
    for (size_t i = 0; i < n; i++)
        HY_TRY(visit(ctx, &list[i]));
    return HY_OK;
}

static HyStatus visit_optional(HyExpr **slot, Visit visit, void *ctx)
{
    return *slot ? visit(ctx, slot) : HY_OK;
}

static HyStatus visit_named(HyNamedExpr *list, size_t n, Visit visit, void *ctx)
{
    for (size_t i = 0; i < n; i++)
        HY_TRY(visit(ctx, &list[i].expr));
    return HY_OK;
}

static HyStatus visit_sort(HySortKey *keys, size_t n, Visit visit, void *ctx)
{
    for (size_t i = 0; i < n; i++)
        HY_TRY(visit(ctx, &keys[i].expr));
    return HY_OK;
}

static HyStatus visit_aggregates(HyAlg *alg, Visit visit, void *ctx)
{
    for (size_t i = 0; i < alg->n_aggregates; i++) {
        HyAggregateItem *item = &alg->aggregates[i];
        HY_TRY(visit_list(item->args, item->call->n_args, visit, ctx));
        HY_TRY(visit_optional(&item->filter, visit, ctx));
        HY_TRY(visit_sort(item->order, item->n_order, visit, ctx));
    }
    return HY_OK;
}

static HyStatus visit_windows(HyAlg *alg, Visit visit, void *ctx)
{
    for (size_t i = 0; i < alg->n_windows; i++) {
        HyWindowItem *item = &alg->windows[i];
        HY_TRY(visit_list(item->args, item->call->n_args, visit, ctx));
        HY_TRY(visit_optional(&item->filter, visit, ctx));
        HY_TRY(visit_optional(&item->start_offset, visit, ctx));
        HY_TRY(visit_optional(&item->end_offset, visit, ctx));
    }
    return HY_OK;
}

HyStatus hy_alg_each_expr(HyAlg *alg, HyStatus (*visit)(void *ctx, HyExpr **slot), void *ctx)
{
    for (size_t r = 0; r < alg->n_rows; r++)
        HY_TRY(visit_list(alg->rows[r], alg->n_columns, visit, ctx));
    HY_TRY(visit_optional(&alg->predicate, visit, ctx));
    HY_TRY(visit_list(alg->left_keys, alg->n_keys, visit, ctx));
    HY_TRY(visit_list(alg->right_keys, alg->n_keys, visit, ctx));
    HY_TRY(visit_named(alg->exprs, alg->n_exprs, visit, ctx));
    HY_TRY(visit_named(alg->groups, alg->n_groups, visit, ctx));
    HY_TRY(visit_aggregates(alg, visit, ctx));
    HY_TRY(visit_list(alg->partition_by, alg->n_partition_by, visit, ctx));
    HY_TRY(visit_windows(alg, visit, ctx));
    return visit_sort(alg->sort, alg->n_sort, visit, ctx);
}
