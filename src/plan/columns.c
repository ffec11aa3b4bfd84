/* Which columns operators make, give and use. */
#include "plan/plan_internal.h"
#include <string.h>

/* ---- Types ---- */

HyStatus plan_set_type(HyPlanner *p, HyColumnId id, HyType type)
{
    if (id >= p->n_types) {
        size_t n = (size_t)id * 2 + 64;
        HyType *types = NULL;
        HY_ARENA_NEW(p->arena, types, n);
        if (p->types)
            memcpy(types, p->types, p->n_types * sizeof *types);
        p->types = types;
        p->n_types = n;
    }
    p->types[id] = type;
    return HY_OK;
}

HyType plan_column_type(const HyPlanner *p, HyColumnId id)
{
    return id < p->n_types ? p->types[id] : hy_type(HY_TYPE_UNKNOWN);
}

HyStatus plan_new_column(HyPlanner *p, HyType type, HyColumnId *out)
{
    *out = p->query->next_column_id++;
    return plan_set_type(p, *out, type);
}

/* For EXPLAIN: the column is called like another one. */
HyStatus plan_name_column(HyPlanner *p, HyColumnId id, HyColumnId like)
{
    HyBoundQuery *query = p->query;
    if (like >= query->n_column_id_names || !query->column_id_names[like])
        return HY_OK;
    if (id >= query->n_column_id_names) {
        size_t n = (size_t)id * 2;
        const char **names = NULL;
        HY_ARENA_NEW(p->arena, names, n);
        memcpy(names, query->column_id_names, query->n_column_id_names * sizeof *names);
        query->column_id_names = names;
        query->n_column_id_names = n;
    }
    query->column_id_names[id] = query->column_id_names[like];
    return HY_OK;
}

HyStatus plan_column(HyPlanner *p, HyColumnId id, HyExpr **out)
{
    return hy_expr_column(p->arena, id, plan_column_type(p, id), out);
}

/* ---- What an operator makes ---- */

typedef HyStatus (*OnColumn)(void *ctx, HyColumnId id, HyType type);

static HyStatus each_listed(const HyAlg *alg, OnColumn on_column, void *ctx)
{
    for (size_t i = 0; i < alg->n_columns; i++)
        HY_TRY(on_column(ctx, alg->columns[i], alg->types[i]));
    return HY_OK;
}

static HyStatus each_function_column(const HyAlg *alg, OnColumn on_column, void *ctx)
{
    for (size_t i = 0; i < alg->call->n_columns; i++)
        HY_TRY(on_column(ctx, alg->function_columns[i], alg->call->columns[i]));
    if (alg->ordinality)
        HY_TRY(on_column(
            ctx, alg->ordinality, hy_type_nullable(hy_type(HY_TYPE_INT8), alg->is_outer)));
    return HY_OK;
}

static HyStatus each_aggregate_column(const HyAlg *alg, OnColumn on_column, void *ctx)
{
    for (size_t i = 0; i < alg->n_groups; i++) {
        HyType type = alg->groups[i].expr->type;
        type.nullable |= alg->n_grouping_sets > 0;
        HY_TRY(on_column(ctx, alg->groups[i].id, type));
    }
    for (size_t i = 0; i < alg->n_aggregates; i++)
        HY_TRY(on_column(ctx, alg->aggregates[i].id, alg->aggregates[i].call->result));
    if (alg->grouping_id)
        HY_TRY(on_column(ctx, alg->grouping_id, hy_type_nullable(hy_type(HY_TYPE_INT8), false)));
    return HY_OK;
}

/* Calls on_column for every column that the operator itself makes. */
static HyStatus each_made(const HyAlg *alg, OnColumn on_column, void *ctx)
{
    switch (alg->kind) {
    case HY_ALG_SCAN:
    case HY_ALG_VALUES:
    case HY_ALG_EXTERNAL:
    case HY_ALG_CTE:
    case HY_ALG_SYSTEM:
    case HY_ALG_SETOP:
    case HY_ALG_RECURSIVE:
        return each_listed(alg, on_column, ctx);
    case HY_ALG_FUNCTION:
        return each_function_column(alg, on_column, ctx);
    case HY_ALG_AGGREGATE:
        return each_aggregate_column(alg, on_column, ctx);
    case HY_ALG_MAP:
    case HY_ALG_INSERT:
    case HY_ALG_UPDATE:
    case HY_ALG_DELETE:
    case HY_ALG_MERGE:
        for (size_t i = 0; i < alg->n_exprs; i++)
            HY_TRY(on_column(ctx, alg->exprs[i].id, alg->exprs[i].expr->type));
        return HY_OK;
    case HY_ALG_WINDOW:
        for (size_t i = 0; i < alg->n_windows; i++)
            HY_TRY(on_column(ctx, alg->windows[i].id, alg->windows[i].call->result));
        return HY_OK;
    case HY_ALG_JOIN:
        return alg->mark_column ? on_column(ctx, alg->mark_column, hy_type(HY_TYPE_BOOL)) : HY_OK;
    case HY_ALG_FILTER:
    case HY_ALG_SORT:
    case HY_ALG_LIMIT:
    case HY_ALG_SINGLE_ROW:
    case HY_ALG_COPY_TO:
        return HY_OK;
    }
    return HY_OK;
}

typedef struct Collector {
    HyPlanner *p;
    HyColumnSet *set;
} Collector;

static HyStatus collect_column(void *ctx, HyColumnId id, HyType type)
{
    Collector *c = ctx;
    (void)type;
    return hy_column_set_add(c->p->arena, c->set, id);
}

/* Whether the columns of an input stay visible above. */
static bool passes_input(const HyAlg *alg, size_t input)
{
    switch (alg->kind) {
    case HY_ALG_FUNCTION:
    case HY_ALG_MAP:
    case HY_ALG_WINDOW:
    case HY_ALG_FILTER:
    case HY_ALG_SORT:
    case HY_ALG_LIMIT:
    case HY_ALG_SINGLE_ROW:
        return true;
    case HY_ALG_JOIN: {
        HyJoinKind kind =
            alg->join_kind == HY_JOIN_DEPENDENT ? alg->dependent_kind : alg->join_kind;
        return input == 0 || (kind != HY_JOIN_SEMI && kind != HY_JOIN_ANTI && kind != HY_JOIN_MARK);
    }
    default:
        return false;
    }
}

HyStatus plan_produced(HyPlanner *p, const HyAlg *alg, HyColumnSet *set)
{
    Collector c = {.p = p, .set = set};
    HY_TRY(each_made(alg, collect_column, &c));
    for (size_t i = 0; i < alg->n_inputs; i++) {
        if (passes_input(alg, i))
            HY_TRY(plan_produced(p, alg->inputs[i], set));
    }
    return HY_OK;
}

HyStatus plan_defined(HyPlanner *p, HyAlg *alg, HyColumnSet *set)
{
    Collector c = {.p = p, .set = set};
    HY_TRY(each_made(alg, collect_column, &c));
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(plan_defined(p, alg->inputs[i], set));
    return HY_OK;
}

/* ---- What is used ---- */

typedef struct UseWalk {
    HyPlanner *p;
    HyColumnSet *set;
    HyStatus st;
} UseWalk;

static bool use_node(void *ctx, const HyExpr *node)
{
    UseWalk *walk = ctx;
    if (node->kind == HY_EXPR_COLUMN)
        walk->st = hy_column_set_add(walk->p->arena, walk->set, node->column);
    else if (node->kind == HY_EXPR_SUBQUERY)
        walk->st = plan_free(walk->p, node->subquery, walk->set);
    return walk->st == HY_OK;
}

typedef struct LambdaWalk {
    HyPlanner *p;
    HyColumnSet *set;
    HyStatus st;
} LambdaWalk;

static bool lambda_node(void *ctx, const HyExpr *node)
{
    LambdaWalk *walk = ctx;
    if (node->kind == HY_EXPR_LAMBDA)
        walk->st = hy_column_set_add(walk->p->arena, walk->set, node->column);
    return walk->st == HY_OK;
}

HyStatus plan_expr_columns(HyPlanner *p, const HyExpr *expr, HyColumnSet *set)
{
    HyColumnSet used = {0};
    HyColumnSet bound = {0}; /* variables of lambdas */
    UseWalk walk = {.p = p, .set = &used};
    LambdaWalk lambdas = {.p = p, .set = &bound};
    hy_expr_walk(expr, use_node, &walk);
    HY_TRY(walk.st);
    hy_expr_walk(expr, lambda_node, &lambdas);
    HY_TRY(lambdas.st);
    hy_column_set_remove(&used, &bound);
    return hy_column_set_union(p->arena, set, &used);
}

static HyStatus use_slot(void *ctx, HyExpr **slot)
{
    Collector *c = ctx;
    return plan_expr_columns(c->p, *slot, c->set);
}

static HyStatus collect_used(HyPlanner *p, HyAlg *alg, HyColumnSet *used, HyColumnSet *defined)
{
    Collector uses = {.p = p, .set = used};
    Collector made = {.p = p, .set = defined};
    HY_TRY(hy_alg_each_expr(alg, use_slot, &uses));
    HY_TRY(each_made(alg, collect_column, &made));
    bool is_dml = alg->returning_inputs != NULL;
    for (size_t i = 0; is_dml && i < alg->n_insert_columns; i++)
        HY_TRY(hy_column_set_add(p->arena, defined, alg->returning_inputs[i]));
    if (alg->kind == HY_ALG_CTE && alg->cte->query)
        HY_TRY(collect_used(p, alg->cte->query, used, defined));
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(collect_used(p, alg->inputs[i], used, defined));
    return HY_OK;
}

HyStatus plan_free(HyPlanner *p, HyAlg *alg, HyColumnSet *set)
{
    HyColumnSet used = {0};
    HyColumnSet defined = {0};
    HY_TRY(collect_used(p, alg, &used, &defined));
    hy_column_set_remove(&used, &defined);
    return hy_column_set_union(p->arena, set, &used);
}

/* ---- Learning types ---- */

static HyStatus note_column(void *ctx, HyColumnId id, HyType type)
{
    return plan_set_type(ctx, id, type);
}

typedef struct NoteWalk {
    HyPlanner *p;
    HyStatus st;
} NoteWalk;

static bool note_node(void *ctx, const HyExpr *node)
{
    NoteWalk *walk = ctx;
    if (node->kind == HY_EXPR_SUBQUERY)
        walk->st = plan_note_types(walk->p, node->subquery);
    return walk->st == HY_OK;
}

static HyStatus note_slot(void *ctx, HyExpr **slot)
{
    NoteWalk walk = {.p = ctx};
    hy_expr_walk(*slot, note_node, &walk);
    return walk.st;
}

HyStatus plan_note_types(HyPlanner *p, HyAlg *alg)
{
    HY_TRY(each_made(alg, note_column, p));
    HY_TRY(hy_alg_each_expr(alg, note_slot, p));
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(plan_note_types(p, alg->inputs[i]));
    return HY_OK;
}

HyStatus plan_new_call(HyPlanner *p, HyExpr **args, size_t n, HyFuncCall **out)
{
    HyFuncCall *call;
    HY_ARENA_NEW(p->arena, call, 1);
    HY_ARENA_NEW(p->arena, call->arg_types, n);
    HY_ARENA_NEW(p->arena, call->consts, n);
    for (size_t i = 0; i < n; i++) {
        call->arg_types[i] = args[i]->type;
        if (args[i]->kind == HY_EXPR_CONST)
            call->consts[i] = &args[i]->value;
    }
    call->n_args = n;
    call->arena = p->arena;
    call->style = p->ctx->style;
    *out = call;
    return HY_OK;
}
