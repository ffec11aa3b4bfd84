/* Replacing columns and copying trees. */
#include "plan/plan_internal.h"
#include <string.h>

HyStatus plan_map_add(HyPlanner *p, HyColumnMap *map, HyColumnId from, HyExpr *to)
{
    size_t n = map->n;
    HY_PLAN_PUSH(p->arena, map->from, n, from);
    HY_PLAN_PUSH(p->arena, map->to, map->n, to);
    return HY_OK;
}

typedef struct Substitution {
    HyPlanner *p;
    const HyColumnMap *map;
} Substitution;

static HyExpr *find_replacement(const HyColumnMap *map, HyColumnId id)
{
    for (size_t i = map->n; i-- > 0;) {
        if (map->from[i] == id)
            return map->to[i];
    }
    return NULL;
}

static HyStatus substitute_node(void *ctx, HyExpr **slot, bool *descend)
{
    Substitution *s = ctx;
    HyExpr *node = *slot;
    if (node->kind == HY_EXPR_COLUMN) {
        HyExpr *to = find_replacement(s->map, node->column);
        if (to) {
            *slot = to;
            *descend = false;
        }
    } else if (node->kind == HY_EXPR_SUBQUERY) {
        return plan_substitute_alg(s->p, s->map, node->subquery);
    }
    return HY_OK;
}

static HyStatus substitute_slot(void *ctx, HyExpr **slot)
{
    Substitution *s = ctx;
    return hy_expr_rewrite(s->p->arena, slot, substitute_node, s);
}

HyStatus plan_substitute(HyPlanner *p, const HyColumnMap *map, HyExpr **slot)
{
    Substitution s = {.p = p, .map = map};
    return map->n > 0 ? substitute_slot(&s, slot) : HY_OK;
}

HyStatus plan_substitute_alg(HyPlanner *p, const HyColumnMap *map, HyAlg *alg)
{
    Substitution s = {.p = p, .map = map};
    HY_TRY(hy_alg_each_expr(alg, substitute_slot, &s));
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(plan_substitute_alg(p, map, alg->inputs[i]));
    return HY_OK;
}

/* ---- Copies ---- */

typedef struct Copier {
    HyPlanner *p;
    HyColumnMap *map;
} Copier;

/* A new id for a column that the copied tree makes; the same for every mention. */
static HyStatus renew(Copier *c, HyColumnId old, HyColumnId *out)
{
    HyExpr *to = find_replacement(c->map, old);
    if (to) {
        *out = to->column;
        return HY_OK;
    }
    HyExpr *column = NULL;
    HY_TRY(plan_new_column(c->p, plan_column_type(c->p, old), out));
    HY_TRY(plan_name_column(c->p, *out, old));
    HY_TRY(plan_column(c->p, *out, &column));
    return plan_map_add(c->p, c->map, old, column);
}

static HyStatus copy_list(HyArena *arena, const void *list, size_t n, size_t size, void *out)
{
    void *copy = hy_arena_zalloc(arena, n * size + 1);
    if (!copy)
        return hy_error_oom(n * size);
    if (n > 0)
        memcpy(copy, list, n * size);
    memcpy(out, &copy, sizeof copy);
    return HY_OK;
}

#define COPY_LIST(field, n) HY_TRY(copy_list(arena, (field), (n), sizeof *(field), &(field)))

/* Lists of its own for the copy, with the same contents. */
static HyStatus copy_lists(HyArena *arena, HyAlg *alg)
{
    COPY_LIST(alg->columns, alg->n_columns);
    COPY_LIST(alg->types, alg->n_columns);
    if (alg->table_columns)
        COPY_LIST(alg->table_columns, alg->n_columns);
    if (alg->external_columns)
        COPY_LIST(alg->external_columns, alg->n_columns);
    COPY_LIST(alg->rows, alg->n_rows);
    for (size_t r = 0; r < alg->n_rows; r++)
        COPY_LIST(alg->rows[r], alg->n_columns);
    COPY_LIST(alg->left_keys, alg->n_keys);
    COPY_LIST(alg->right_keys, alg->n_keys);
    COPY_LIST(alg->exprs, alg->n_exprs);
    COPY_LIST(alg->groups, alg->n_groups);
    COPY_LIST(alg->aggregates, alg->n_aggregates);
    for (size_t i = 0; i < alg->n_aggregates; i++) {
        HyAggregateItem *item = &alg->aggregates[i];
        COPY_LIST(item->args, item->call->n_args);
        COPY_LIST(item->order, item->n_order);
    }
    COPY_LIST(alg->partition_by, alg->n_partition_by);
    COPY_LIST(alg->windows, alg->n_windows);
    for (size_t i = 0; i < alg->n_windows; i++)
        COPY_LIST(alg->windows[i].args, alg->windows[i].call->n_args);
    COPY_LIST(alg->sort, alg->n_sort);
    if (alg->left_columns) {
        COPY_LIST(alg->left_columns, alg->n_columns);
        COPY_LIST(alg->right_columns, alg->n_columns);
    }
    if (alg->function_columns)
        COPY_LIST(alg->function_columns, alg->call->n_columns);
    return HY_OK;
}

static HyStatus renew_columns(Copier *c, HyAlg *alg)
{
    for (size_t i = 0; i < alg->n_columns; i++)
        HY_TRY(renew(c, alg->columns[i], &alg->columns[i]));
    for (size_t i = 0; alg->left_columns && i < alg->n_columns; i++) {
        HY_TRY(renew(c, alg->left_columns[i], &alg->left_columns[i]));
        HY_TRY(renew(c, alg->right_columns[i], &alg->right_columns[i]));
    }
    for (size_t i = 0; alg->function_columns && i < alg->call->n_columns; i++)
        HY_TRY(renew(c, alg->function_columns[i], &alg->function_columns[i]));
    if (alg->ordinality)
        HY_TRY(renew(c, alg->ordinality, &alg->ordinality));
    for (size_t i = 0; i < alg->n_exprs && alg->kind == HY_ALG_MAP; i++)
        HY_TRY(renew(c, alg->exprs[i].id, &alg->exprs[i].id));
    for (size_t i = 0; i < alg->n_groups; i++)
        HY_TRY(renew(c, alg->groups[i].id, &alg->groups[i].id));
    for (size_t i = 0; i < alg->n_aggregates; i++)
        HY_TRY(renew(c, alg->aggregates[i].id, &alg->aggregates[i].id));
    if (alg->grouping_id)
        HY_TRY(renew(c, alg->grouping_id, &alg->grouping_id));
    for (size_t i = 0; i < alg->n_windows; i++)
        HY_TRY(renew(c, alg->windows[i].id, &alg->windows[i].id));
    if (alg->mark_column)
        HY_TRY(renew(c, alg->mark_column, &alg->mark_column));
    return HY_OK;
}

static HyStatus copy_tree(Copier *c, const HyAlg *alg, HyAlg **out);

static HyStatus copy_subquery(void *ctx, HyExpr **slot, bool *descend)
{
    Copier *c = ctx;
    (void)descend;
    if ((*slot)->kind != HY_EXPR_SUBQUERY)
        return HY_OK;
    HyExpr *copy = NULL;
    HY_TRY(hy_expr_copy(c->p->arena, *slot, &copy));
    HY_TRY(copy_tree(c, copy->subquery, &copy->subquery));
    *slot = copy;
    return HY_OK;
}

static HyStatus copy_slot(void *ctx, HyExpr **slot)
{
    Copier *c = ctx;
    return hy_expr_rewrite(c->p->arena, slot, copy_subquery, c);
}

static HyStatus copy_tree(Copier *c, const HyAlg *alg, HyAlg **out)
{
    if (alg->kind == HY_ALG_RECURSIVE)
        return hy_error("0A000", "correlation with a recursive query is not supported");
    HyAlg *copy = NULL;
    HY_TRY(hy_alg_new(c->p->arena, alg->kind, &copy));
    *copy = *alg;
    HY_TRY(copy_lists(c->p->arena, copy));
    HY_TRY(renew_columns(c, copy));
    HY_TRY(hy_alg_each_expr(copy, copy_slot, c));
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(copy_tree(c, alg->inputs[i], &copy->inputs[i]));
    if (alg->kind == HY_ALG_CTE)
        copy->cte->n_references++;
    *out = copy;
    return HY_OK;
}

HyStatus plan_copy_alg(HyPlanner *p, HyAlg *alg, HyColumnMap *map, HyAlg **out)
{
    Copier c = {.p = p, .map = map};
    HY_TRY(copy_tree(&c, alg, out));
    return plan_substitute_alg(p, map, *out);
}
