/* Conditions that select rows: AND parts as programs of their own, cheap ones first. */
#include "exec/program.h"
#include <stdlib.h>

typedef struct Part {
    HyExpr *expr;
    HyProgram *program;
    uint32_t *columns; /* places in the layout */
    size_t n_columns;
    bool can_fail;
    unsigned cost;
} Part;

struct HyPredicate {
    Part *parts;
    size_t n_parts;
    size_t n_layout;
};

struct HyPredicateState {
    const HyPredicate *predicate;
    HyProgramState *parts[];
};

/* ---- Compiling ---- */

static size_t count_parts(const HyExpr *expr)
{
    if (expr->kind != HY_EXPR_AND)
        return 1;
    size_t n = 0;
    for (size_t i = 0; i < expr->n_args; i++)
        n += count_parts(expr->args[i]);
    return n;
}

static void collect_parts(HyExpr *expr, HyPredicate *predicate)
{
    if (expr->kind != HY_EXPR_AND) {
        predicate->parts[predicate->n_parts++].expr = expr;
        return;
    }
    for (size_t i = 0; i < expr->n_args; i++)
        collect_parts(expr->args[i], predicate);
}

/* Rough costs per row; only their order matters. */
static bool add_cost(void *ctx, const HyExpr *node)
{
    unsigned *cost = ctx;
    if (node->kind == HY_EXPR_CALL)
        *cost += hy_type_physical(node->type) == HY_PHYS_STRING ? 20 : 8;
    else if (node->kind == HY_EXPR_CAST || node->kind == HY_EXPR_CASE)
        *cost += 6;
    else if (node->kind != HY_EXPR_CONST)
        *cost += 1;
    if (node->n_args > 0 && hy_type_physical(node->args[0]->type) == HY_PHYS_STRING)
        *cost += 4;
    return true;
}

typedef struct ColumnCollector {
    const HyLayout *layout;
    Part *part;
} ColumnCollector;

static bool collect_column(void *ctx, const HyExpr *node)
{
    ColumnCollector *collector = ctx;
    Part *part = collector->part;
    if (node->kind != HY_EXPR_COLUMN)
        return true;
    size_t place = hy_layout_find(collector->layout, node->column);
    for (size_t i = 0; i < part->n_columns; i++)
        if (part->columns[i] == place)
            return true;
    if (place != SIZE_MAX)
        part->columns[part->n_columns++] = (uint32_t)place;
    return true;
}

/* Parts that cannot fail come first, by cost; the others keep their order behind them. */
static void order_parts(HyPredicate *predicate)
{
    for (size_t i = 1; i < predicate->n_parts; i++) {
        Part part = predicate->parts[i];
        if (part.can_fail)
            continue;
        size_t k = i;
        for (; k > 0; k--) {
            const Part *before = &predicate->parts[k - 1];
            if (!before->can_fail && before->cost <= part.cost)
                break;
            predicate->parts[k] = *before;
        }
        predicate->parts[k] = part;
    }
}

HyStatus hy_predicate_compile(
    HyArena *arena, const HyLayout *layout, HyExpr *expr, HyPredicate **out)
{
    HyPredicate *predicate;
    HY_ARENA_NEW(arena, predicate, 1);
    HY_ARENA_NEW(arena, predicate->parts, count_parts(expr));
    predicate->n_layout = layout->n;
    collect_parts(expr, predicate);
    for (size_t i = 0; i < predicate->n_parts; i++) {
        Part *part = &predicate->parts[i];
        part->can_fail = hy_expr_can_fail(part->expr) || hy_expr_is_volatile(part->expr);
        hy_expr_walk(part->expr, add_cost, &part->cost);
        HY_ARENA_NEW(arena, part->columns, layout->n);
        hy_expr_walk(part->expr, collect_column, &(ColumnCollector){layout, part});
        HY_TRY(hy_program_compile(arena, layout, &part->expr, 1, &part->program));
    }
    order_parts(predicate);
    *out = predicate;
    return HY_OK;
}

size_t hy_predicate_part_count(const HyPredicate *predicate)
{
    return predicate->n_parts;
}

const uint32_t *hy_predicate_part_columns(const HyPredicate *predicate, size_t part, size_t *n)
{
    *n = predicate->parts[part].n_columns;
    return predicate->parts[part].columns;
}

/* ---- Running ---- */

HyStatus hy_predicate_open(const HyPredicate *predicate, HyPredicateState **out)
{
    size_t bytes = sizeof(HyPredicateState) + predicate->n_parts * sizeof(HyProgramState *);
    HyPredicateState *state = calloc(1, bytes);
    if (!state)
        return hy_error_oom(bytes);
    state->predicate = predicate;
    for (size_t i = 0; i < predicate->n_parts; i++) {
        HyStatus st = hy_program_open(predicate->parts[i].program, &state->parts[i]);
        if (st) {
            hy_predicate_close(state);
            return st;
        }
    }
    *out = state;
    return HY_OK;
}

void hy_predicate_close(HyPredicateState *state)
{
    if (!state)
        return;
    for (size_t i = 0; i < state->predicate->n_parts; i++)
        hy_program_close(state->parts[i]);
    free(state);
}

size_t hy_select_true(const HyVector *v, size_t n, uint32_t *sel)
{
    size_t n_sel = 0;
    const uint8_t *values = hy_vector_values(v);
    if (v->kind == HY_VECTOR_FLAT && !v->validity) {
        for (size_t i = 0; i < n; i++) {
            sel[n_sel] = (uint32_t)i;
            n_sel += values[i];
        }
        return n_sel;
    }
    for (size_t i = 0; i < n; i++) {
        sel[n_sel] = (uint32_t)i;
        n_sel += !hy_vector_is_null(v, i) && values[hy_vector_index(v, i)];
    }
    return n_sel;
}

HyStatus hy_predicate_part_select(HyPredicateState *state, size_t part, HyFuncEnv *env,
    const HyBatch *batch, uint32_t *sel, size_t *n_sel)
{
    HyVector result;
    HY_TRY(hy_program_run(state->parts[part], env, batch, &result));
    *n_sel = hy_select_true(&result, batch->n_rows, sel);
    return HY_OK;
}

/* The batch with only the columns of a part, gathered to the rows sel[0..n). */
static HyStatus narrow(HyArena *arena, const Part *part, const HyBatch *batch, const uint32_t *sel,
    size_t n, HyBatch *out)
{
    out->n_rows = n;
    out->n_cols = batch->n_cols;
    out->cols = hy_arena_alloc(arena, batch->n_cols * sizeof *out->cols);
    if (!out->cols)
        return hy_error_oom(batch->n_cols * sizeof *out->cols);
    for (size_t i = 0; i < part->n_columns; i++) {
        uint32_t col = part->columns[i];
        HY_TRY(hy_vector_gather(arena, &batch->cols[col], sel, n, &out->cols[col]));
    }
    return HY_OK;
}

/* sel = the rows that both sel (ascending) and other (ascending) have. */
static size_t intersect(uint32_t *sel, size_t n, const uint32_t *other, size_t n_other)
{
    size_t n_out = 0;
    for (size_t i = 0, k = 0; i < n; i++) {
        while (k < n_other && other[k] < sel[i])
            k++;
        if (k < n_other && other[k] == sel[i])
            sel[n_out++] = sel[i];
    }
    return n_out;
}

static HyStatus select_more(HyPredicateState *state, size_t index, HyFuncEnv *env,
    const HyBatch *batch, uint32_t *sel, size_t *n_sel)
{
    const Part *part = &state->predicate->parts[index];
    uint32_t *found = hy_arena_alloc(env->arena, batch->n_rows * sizeof *found);
    if (!found)
        return hy_error_oom(batch->n_rows * sizeof *found);
    size_t n_found;
    if (!part->can_fail && *n_sel > batch->n_rows / 2) {
        HY_TRY(hy_predicate_part_select(state, index, env, batch, found, &n_found));
        *n_sel = intersect(sel, *n_sel, found, n_found);
        return HY_OK;
    }
    HyBatch narrowed;
    HY_TRY(narrow(env->arena, part, batch, sel, *n_sel, &narrowed));
    HY_TRY(hy_predicate_part_select(state, index, env, &narrowed, found, &n_found));
    for (size_t i = 0; i < n_found; i++)
        sel[i] = sel[found[i]];
    *n_sel = n_found;
    return HY_OK;
}

HyStatus hy_predicate_select(
    HyPredicateState *state, HyFuncEnv *env, const HyBatch *batch, uint32_t *sel, size_t *n_sel)
{
    HY_TRY(hy_predicate_part_select(state, 0, env, batch, sel, n_sel));
    for (size_t i = 1; i<state->predicate->n_parts && * n_sel> 0; i++) {
        if (*n_sel == batch->n_rows)
            HY_TRY(hy_predicate_part_select(state, i, env, batch, sel, n_sel));
        else
            HY_TRY(select_more(state, i, env, batch, sel, n_sel));
    }
    return HY_OK;
}
