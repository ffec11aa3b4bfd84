/* Column pruning: every operator gives exactly what is used above it. */
#include "plan/plan_internal.h"
#include <string.h>

static HyStatus prune(HyPlanner *p, HyAlg **slot, const HyColumnSet *need);

typedef struct UseContext {
    HyPlanner *p;
    HyColumnSet *set;
} UseContext;

static HyStatus use_slot(void *ctx, HyExpr **slot)
{
    UseContext *use = ctx;
    return plan_expr_columns(use->p, *slot, use->set);
}

/* The needed columns and all that the operator's own expressions use. */
static HyStatus needed_below(HyPlanner *p, HyAlg *alg, const HyColumnSet *need, HyColumnSet *out)
{
    UseContext use = {.p = p, .set = out};
    *out = (HyColumnSet){0};
    HY_TRY(hy_column_set_union(p->arena, out, need));
    return hy_alg_each_expr(alg, use_slot, &use);
}

static HyStatus add_column(HyPlanner *p, HyAlg *alg, HyColumnId id, HyType type)
{
    size_t n = alg->n_columns;
    HY_PLAN_PUSH(p->arena, alg->columns, n, id);
    HY_PLAN_PUSH(p->arena, alg->types, alg->n_columns, type);
    return HY_OK;
}

static void clear_columns(HyAlg *alg)
{
    alg->columns = NULL;
    alg->types = NULL;
    alg->n_columns = 0;
}

/* Columns of an input that are needed above. */
static HyStatus pass_columns(
    HyPlanner *p, HyAlg *alg, size_t input, const HyColumnSet *need, bool nullable)
{
    const HyAlg *from = alg->inputs[input];
    for (size_t i = 0; i < from->n_columns; i++) {
        HyType type = from->types[i];
        type.nullable |= nullable;
        if (hy_column_set_has(need, from->columns[i]))
            HY_TRY(add_column(p, alg, from->columns[i], type));
    }
    return HY_OK;
}

static HyStatus prune_input(HyPlanner *p, HyAlg *alg, size_t input, const HyColumnSet *need)
{
    return prune(p, &alg->inputs[input], need);
}

/* ---- Leaves ---- */

/* Keeps the needed columns of a leaf; `parallel` (or NULL) is a list beside columns[]. */
static void prune_leaf(HyAlg *alg, const HyColumnSet *need, uint32_t *parallel)
{
    size_t kept = 0;
    for (size_t i = 0; i < alg->n_columns; i++) {
        if (!hy_column_set_has(need, alg->columns[i]))
            continue;
        alg->columns[kept] = alg->columns[i];
        alg->types[kept] = alg->types[i];
        if (parallel)
            parallel[kept] = parallel[i];
        for (size_t r = 0; r < alg->n_rows; r++)
            alg->rows[r][kept] = alg->rows[r][i];
        kept++;
    }
    alg->n_columns = kept;
}

static HyStatus prune_function(HyPlanner *p, HyAlg *alg, const HyColumnSet *need)
{
    HyColumnSet below;
    HY_TRY(needed_below(p, alg, need, &below));
    if (alg->n_inputs > 0)
        HY_TRY(prune_input(p, alg, 0, &below));
    clear_columns(alg);
    if (alg->n_inputs > 0)
        HY_TRY(pass_columns(p, alg, 0, need, false));
    for (size_t i = 0; i < alg->call->n_columns; i++) {
        HyType type = alg->call->columns[i];
        type.nullable |= alg->is_outer;
        if (hy_column_set_has(need, alg->function_columns[i]))
            HY_TRY(add_column(p, alg, alg->function_columns[i], type));
    }
    if (alg->ordinality && hy_column_set_has(need, alg->ordinality))
        return add_column(
            p, alg, alg->ordinality, hy_type_nullable(hy_type(HY_TYPE_INT8), alg->is_outer));
    return HY_OK;
}

/* ---- One input ---- */

static HyStatus prune_passing(HyPlanner *p, HyAlg *alg, const HyColumnSet *need)
{
    HyColumnSet below;
    HY_TRY(needed_below(p, alg, need, &below));
    HY_TRY(prune_input(p, alg, 0, &below));
    clear_columns(alg);
    return pass_columns(p, alg, 0, need, false);
}

static HyStatus prune_map(HyPlanner *p, HyAlg **slot, const HyColumnSet *need)
{
    HyAlg *alg = *slot;
    size_t kept = 0;
    for (size_t i = 0; i < alg->n_exprs; i++) {
        if (hy_column_set_has(need, alg->exprs[i].id))
            alg->exprs[kept++] = alg->exprs[i];
    }
    alg->n_exprs = kept;
    if (kept == 0) { /* nothing is computed */
        *slot = alg->inputs[0];
        return prune(p, slot, need);
    }
    HY_TRY(prune_passing(p, alg, need));
    for (size_t i = 0; i < kept; i++)
        HY_TRY(add_column(p, alg, alg->exprs[i].id, alg->exprs[i].expr->type));
    return HY_OK;
}

static HyStatus prune_aggregate(HyPlanner *p, HyAlg *alg, const HyColumnSet *need)
{
    HyColumnSet none = {0};
    HyColumnSet below;
    size_t kept = 0;
    for (size_t i = 0; i < alg->n_aggregates; i++) {
        if (hy_column_set_has(need, alg->aggregates[i].id))
            alg->aggregates[kept++] = alg->aggregates[i];
    }
    alg->n_aggregates = kept;
    HY_TRY(needed_below(p, alg, &none, &below));
    HY_TRY(prune_input(p, alg, 0, &below));
    clear_columns(alg);
    for (size_t i = 0; i < alg->n_groups; i++) {
        HyType type = alg->groups[i].expr->type;
        type.nullable |= alg->n_grouping_sets > 0;
        if (hy_column_set_has(need, alg->groups[i].id))
            HY_TRY(add_column(p, alg, alg->groups[i].id, type));
    }
    for (size_t i = 0; i < kept; i++)
        HY_TRY(add_column(p, alg, alg->aggregates[i].id, alg->aggregates[i].call->result));
    if (alg->grouping_id && !hy_column_set_has(need, alg->grouping_id))
        alg->grouping_id = 0;
    if (alg->grouping_id)
        HY_TRY(
            add_column(p, alg, alg->grouping_id, hy_type_nullable(hy_type(HY_TYPE_INT8), false)));
    return HY_OK;
}

static HyStatus prune_window(HyPlanner *p, HyAlg **slot, const HyColumnSet *need)
{
    HyAlg *alg = *slot;
    size_t kept = 0;
    for (size_t i = 0; i < alg->n_windows; i++) {
        if (hy_column_set_has(need, alg->windows[i].id))
            alg->windows[kept++] = alg->windows[i];
    }
    alg->n_windows = kept;
    if (kept == 0) {
        *slot = alg->inputs[0];
        return prune(p, slot, need);
    }
    HY_TRY(prune_passing(p, alg, need));
    for (size_t i = 0; i < kept; i++)
        HY_TRY(add_column(p, alg, alg->windows[i].id, alg->windows[i].call->result));
    return HY_OK;
}

/* ---- Two inputs ---- */

static HyStatus prune_join(HyPlanner *p, HyAlg *alg, const HyColumnSet *need)
{
    HyColumnSet below;
    HyJoinKind kind = alg->join_kind;
    HY_TRY(needed_below(p, alg, need, &below));
    HY_TRY(prune_input(p, alg, 0, &below));
    HY_TRY(prune_input(p, alg, 1, &below));
    clear_columns(alg);
    HY_TRY(pass_columns(p, alg, 0, need, kind == HY_JOIN_RIGHT || kind == HY_JOIN_FULL));
    if (kind == HY_JOIN_MARK) /* always there: it is why the join is */
        return add_column(p, alg, alg->mark_column, hy_type(HY_TYPE_BOOL));
    if (kind == HY_JOIN_SEMI || kind == HY_JOIN_ANTI)
        return HY_OK;
    return pass_columns(
        p, alg, 1, need, kind == HY_JOIN_LEFT || kind == HY_JOIN_FULL || kind == HY_JOIN_SINGLE);
}

static HyStatus require_all(HyPlanner *p, HyAlg **slot, const HyColumnId *columns, size_t n)
{
    HyColumnSet need = {0};
    for (size_t i = 0; i < n; i++)
        HY_TRY(hy_column_set_add(p->arena, &need, columns[i]));
    return prune(p, slot, &need);
}

static HyStatus prune_setop(HyPlanner *p, HyAlg *alg, const HyColumnSet *need)
{
    size_t kept = 0;
    bool all = alg->kind == HY_ALG_RECURSIVE || alg->set_kind != HY_SET_UNION_ALL;
    for (size_t i = 0; i < alg->n_columns; i++) {
        if (!all && !hy_column_set_has(need, alg->columns[i]))
            continue;
        alg->columns[kept] = alg->columns[i];
        alg->types[kept] = alg->types[i];
        alg->left_columns[kept] = alg->left_columns[i];
        alg->right_columns[kept] = alg->right_columns[i];
        kept++;
    }
    alg->n_columns = kept;
    HY_TRY(require_all(p, &alg->inputs[0], alg->left_columns, kept));
    return require_all(p, &alg->inputs[1], alg->right_columns, kept);
}

/* The rows that a change takes: its map's columns, all and in their order. */
static HyStatus prune_change(HyPlanner *p, HyAlg *alg)
{
    HyAlg *rows = alg->inputs[0];
    size_t n = rows->n_columns;
    HyColumnId *columns = NULL;
    HY_ARENA_NEW(p->arena, columns, n + 1);
    memcpy(columns, rows->columns, n * sizeof *columns);
    return plan_prune(p, &alg->inputs[0], columns, n);
}

static HyStatus prune(HyPlanner *p, HyAlg **slot, const HyColumnSet *need)
{
    HyAlg *alg = *slot;
    switch (alg->kind) {
    case HY_ALG_SCAN:
    case HY_ALG_SYSTEM:
        prune_leaf(alg, need, alg->table_columns);
        return HY_OK;
    case HY_ALG_EXTERNAL:
        prune_leaf(alg, need, alg->external_columns);
        return HY_OK;
    case HY_ALG_VALUES:
        prune_leaf(alg, need, NULL);
        return HY_OK;
    case HY_ALG_CTE: /* by position: all of them */
        return HY_OK;
    case HY_ALG_FUNCTION:
        return prune_function(p, alg, need);
    case HY_ALG_FILTER:
    case HY_ALG_SORT:
    case HY_ALG_LIMIT:
    case HY_ALG_SINGLE_ROW:
        return prune_passing(p, alg, need);
    case HY_ALG_MAP:
        return prune_map(p, slot, need);
    case HY_ALG_JOIN:
        return prune_join(p, alg, need);
    case HY_ALG_AGGREGATE:
        return prune_aggregate(p, alg, need);
    case HY_ALG_WINDOW:
        return prune_window(p, slot, need);
    case HY_ALG_SETOP:
    case HY_ALG_RECURSIVE:
        return prune_setop(p, alg, need);
    case HY_ALG_INSERT:
    case HY_ALG_UPDATE:
    case HY_ALG_DELETE:
    case HY_ALG_MERGE:
    case HY_ALG_COPY_TO:
        return prune_change(p, alg);
    }
    return HY_OK;
}

/* Gives the operator's columns the order asked for; a leaf that cannot is put under an empty map.
 */
static HyStatus arrange(HyPlanner *p, HyAlg **slot, const HyColumnId *columns, size_t n_columns)
{
    HyAlg *alg = *slot;
    bool is_same = alg->n_columns == n_columns;
    for (size_t i = 0; i < n_columns && is_same; i++)
        is_same = alg->columns[i] == columns[i];
    if (is_same)
        return HY_OK;
    HyAlg *map = NULL;
    HY_TRY(hy_alg_unary(p->arena, HY_ALG_MAP, alg, &map));
    map->estimated_rows = alg->estimated_rows;
    map->estimated_cost = alg->estimated_cost;
    for (size_t i = 0; i < n_columns; i++) {
        size_t k = 0;
        while (k < alg->n_columns && alg->columns[k] != columns[i])
            k++;
        if (k == alg->n_columns)
            return hy_error("XX000", "internal error: column #%u is not produced", columns[i]);
        HY_TRY(add_column(p, map, columns[i], alg->types[k]));
    }
    *slot = map;
    return HY_OK;
}

HyStatus plan_prune(HyPlanner *p, HyAlg **slot, const HyColumnId *columns, size_t n_columns)
{
    HyColumnSet need = {0};
    HyColumnId *distinct = NULL;
    size_t n = 0;
    HY_ARENA_NEW(p->arena, distinct, n_columns + 1);
    for (size_t i = 0; i < n_columns; i++) {
        if (!hy_column_set_has(&need, columns[i]))
            distinct[n++] = columns[i];
        HY_TRY(hy_column_set_add(p->arena, &need, columns[i]));
    }
    bool is_change = (*slot)->kind == HY_ALG_INSERT || (*slot)->kind == HY_ALG_UPDATE ||
                     (*slot)->kind == HY_ALG_DELETE || (*slot)->kind == HY_ALG_MERGE ||
                     (*slot)->kind == HY_ALG_COPY_TO;
    HY_TRY(prune(p, slot, &need));
    return is_change ? HY_OK : arrange(p, slot, distinct, n);
}
