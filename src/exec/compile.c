/* Streams, needed columns, and the dispatch over the kinds of operators. */
#include "exec/compile.h"

/* ---- Needed columns ---- */

HyStatus hy_need_new(const HyCompiler *c, const HyNeed *copy, HyNeed **out)
{
    HyNeed *need;
    size_t words = hy_bitmap_words(c->n_ids);
    HY_ARENA_NEW(c->arena, need, words);
    if (copy)
        memcpy(need, copy, words * sizeof *need);
    *out = need;
    return HY_OK;
}

static bool need_node(void *ctx, const HyExpr *node)
{
    if (node->kind == HY_EXPR_COLUMN)
        hy_need_add(ctx, node->column);
    return true;
}

void hy_need_expr(HyNeed *need, const HyExpr *expr)
{
    if (expr)
        hy_expr_walk(expr, need_node, need);
}

/* ---- Layouts ---- */

HyStatus hy_layout_new(const HyCompiler *c, size_t capacity, HyLayout *out)
{
    *out = (HyLayout){0};
    HY_ARENA_NEW(c->arena, out->ids, capacity);
    HY_ARENA_NEW(c->arena, out->types, capacity);
    return HY_OK;
}

HyStatus hy_layout_places(
    const HyCompiler *c, const HyLayout *layout, const HyColumnId *ids, size_t n, uint32_t **out)
{
    HY_ARENA_NEW(c->arena, *out, n);
    for (size_t i = 0; i < n; i++) {
        size_t place = hy_layout_find(layout, ids[i]);
        if (place == SIZE_MAX)
            return hy_error("XX000", "internal error: column #%u is not available", ids[i]);
        (*out)[i] = (uint32_t)place;
    }
    return HY_OK;
}

HyStatus hy_layout_needed(const HyCompiler *c, const HyLayout *layout, const HyNeed *need,
    HyLayout *out, uint32_t **places)
{
    HyLayout kept;
    HY_TRY(hy_layout_new(c, layout->n, &kept));
    HY_ARENA_NEW(c->arena, *places, layout->n);
    for (size_t i = 0; i < layout->n; i++)
        if (hy_need_has(need, layout->ids[i])) {
            (*places)[kept.n] = (uint32_t)i;
            hy_layout_add(&kept, layout->ids[i], layout->types[i]);
        }
    *out = kept;
    return HY_OK;
}

/* ---- Streams ---- */

static HyStatus grow_list(HyArena *arena, const void *old, size_t n, size_t element, void *out)
{
    char *list = hy_arena_zalloc(arena, (n + 1) * element);
    if (!list)
        return hy_error_oom((n + 1) * element);
    if (n)
        memcpy(list, old, n * element);
    memcpy(out, &list, sizeof list);
    return HY_OK;
}

static HyStatus add_branch(HyCompiler *c, HyStream *stream, HySource *source, HyBranch **out)
{
    HyPipeline *pipeline = stream->pipeline;
    HyBranch *branch;
    HY_ARENA_NEW(c->arena, branch, 1);
    branch->source = source;
    source->slot = pipeline->n_slots++;
    HY_TRY(grow_list(
        c->arena, pipeline->branches, pipeline->n_branches, sizeof branch, &pipeline->branches));
    pipeline->branches[pipeline->n_branches++] = branch;
    HY_TRY(grow_list(c->arena, stream->ends, stream->n_ends, sizeof *stream->ends, &stream->ends));
    stream->ends[stream->n_ends++] = &branch->first;
    *out = branch;
    return HY_OK;
}

HyStatus hy_stream_begin(HyCompiler *c, HySource *source, const HyLayout *layout, HyStream *out)
{
    HyBranch *branch;
    *out = (HyStream){0};
    HY_ARENA_NEW(c->arena, out->pipeline, 1);
    out->pipeline->step.run = hy_pipeline_run;
    HY_TRY(hy_layout_new(c, layout->n, &out->layout));
    for (size_t i = 0; i < layout->n; i++)
        hy_layout_add(&out->layout, layout->ids[i], layout->types[i]);
    return add_branch(c, out, source, &branch);
}

HyStatus hy_stream_append(HyCompiler *c, HyStream *stream, HyOp *op)
{
    HyPipeline *pipeline = stream->pipeline;
    op->slot = pipeline->n_slots++;
    HY_TRY(grow_list(c->arena, pipeline->ops, pipeline->n_ops, sizeof op, &pipeline->ops));
    pipeline->ops[pipeline->n_ops++] = op;
    for (size_t i = 0; i < stream->n_ends; i++)
        *stream->ends[i] = op;
    HY_ARENA_NEW(c->arena, stream->ends, 1);
    stream->ends[0] = &op->next;
    stream->n_ends = 1;
    return HY_OK;
}

HyStatus hy_stream_end(HyCompiler *c, HyStream *stream, HyOp *sink)
{
    HY_TRY(hy_stream_append(c, stream, sink));
    if (stream->pipeline->is_ordered && !sink->class->end_morsel)
        stream->pipeline->is_serial = true;
    hy_plan_append(c->plan, &stream->pipeline->step);
    return HY_OK;
}

HyStatus hy_stream_add_branch(HyCompiler *c, HyStream *stream, HySource *source)
{
    HyBranch *branch;
    return add_branch(c, stream, source, &branch);
}

HyStatus hy_stream_unite(HyCompiler *c, HyStream *into, HyStream *other)
{
    HyPipeline *a = into->pipeline, *b = other->pipeline;
    for (size_t i = 0; i < b->n_branches; i++) {
        b->branches[i]->source->slot += a->n_slots;
        HY_TRY(grow_list(c->arena, a->branches, a->n_branches, sizeof *a->branches, &a->branches));
        a->branches[a->n_branches++] = b->branches[i];
    }
    for (size_t i = 0; i < b->n_ops; i++) {
        b->ops[i]->slot += a->n_slots;
        HY_TRY(grow_list(c->arena, a->ops, a->n_ops, sizeof *a->ops, &a->ops));
        a->ops[a->n_ops++] = b->ops[i];
    }
    a->n_slots += b->n_slots;
    a->is_serial = a->is_serial || b->is_serial;
    a->is_ordered = a->is_ordered || b->is_ordered;
    for (size_t i = 0; i < other->n_ends; i++) {
        HY_TRY(grow_list(c->arena, into->ends, into->n_ends, sizeof *into->ends, &into->ends));
        into->ends[into->n_ends++] = other->ends[i];
    }
    return HY_OK;
}

/* ---- Dispatch ---- */

static HyStatus compile_join_like(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    switch (alg->kind) {
    case HY_ALG_JOIN:
        return hy_compile_join(c, alg, need, out);
    case HY_ALG_SETOP:
        return hy_compile_setop(c, alg, need, out);
    case HY_ALG_RECURSIVE:
        return hy_compile_recursive(c, alg, need, out);
    default:
        return hy_error("XX000", "internal error: operator of kind %d", (int)alg->kind);
    }
}

static HyStatus compile_any(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    switch (alg->kind) {
    case HY_ALG_SCAN:
        return hy_compile_scan(c, alg, need, NULL, out);
    case HY_ALG_VALUES:
        return hy_compile_values(c, alg, need, out);
    case HY_ALG_FUNCTION:
        return hy_compile_function(c, alg, need, out);
    case HY_ALG_EXTERNAL:
        return hy_compile_external(c, alg, need, out);
    case HY_ALG_CTE:
        return hy_compile_cte(c, alg, need, out);
    case HY_ALG_SYSTEM:
        return hy_compile_system(c, alg, need, out);
    case HY_ALG_FILTER:
        return hy_compile_filter(c, alg, need, out);
    case HY_ALG_MAP:
        return hy_compile_map(c, alg, need, out);
    case HY_ALG_AGGREGATE:
        return hy_compile_aggregate(c, alg, need, out);
    case HY_ALG_WINDOW:
        return hy_compile_window(c, alg, need, out);
    case HY_ALG_SORT:
        return hy_compile_sort(c, alg, need, out);
    case HY_ALG_LIMIT:
        return hy_compile_limit(c, alg, need, out);
    case HY_ALG_SINGLE_ROW:
        return hy_compile_single_row(c, alg, need, out);
    case HY_ALG_INSERT:
    case HY_ALG_UPDATE:
    case HY_ALG_DELETE:
    case HY_ALG_MERGE:
        return hy_compile_dml(c, alg, need, out);
    case HY_ALG_COPY_TO:
        return hy_compile_copy_to(c, alg, out);
    default:
        return compile_join_like(c, alg, need, out);
    }
}

/* The column that a computed or grouping column is; 0: it is no plain one. */
static HyColumnId plain_column(const HyNamedExpr *exprs, size_t n, HyColumnId id, bool *is_here)
{
    *is_here = false;
    for (size_t i = 0; i < n; i++) {
        if (exprs[i].id != id)
            continue;
        *is_here = exprs[i].expr->kind == HY_EXPR_COLUMN;
        return *is_here ? exprs[i].expr->column : id;
    }
    return id;
}

/* The filters of joins above as this operator's input knows their columns. What is left out only
 * saves less: an input row that is dropped makes rows that the join would drop. Groups are dropped
 * whole; an outer join inside gives null for a dropped row, which the join above drops as well. */
static HyStatus filters_below(HyCompiler *c, const HyAlg *alg, HyKeyFilterRef **out)
{
    *out = NULL;
    for (HyKeyFilterRef *ref = c->key_filters; ref; ref = ref->next) {
        HyColumnId id = ref->id;
        bool is_here = true;
        switch (alg->kind) {
        case HY_ALG_SCAN:
        case HY_ALG_FILTER:
        case HY_ALG_JOIN:
            break;
        case HY_ALG_SORT:
            is_here = alg->limit < 0 && alg->offset <= 0;
            break;
        case HY_ALG_MAP:
            id = plain_column(alg->exprs, alg->n_exprs, id, &is_here);
            is_here = true;
            break;
        case HY_ALG_AGGREGATE:
            id = plain_column(alg->groups, alg->n_groups, id, &is_here);
            is_here = is_here && alg->n_grouping_sets == 0;
            break;
        default:
            is_here = false;
            break;
        }
        if (!is_here)
            continue;
        HyKeyFilterRef *below;
        HY_ARENA_NEW(c->arena, below, 1);
        *below = (HyKeyFilterRef){.filter = ref->filter, .id = id, .next = *out};
        *out = below;
    }
    return HY_OK;
}

HyStatus hy_compile(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    HyTopBar *bar = c->bar;
    bool wants_extremes = c->wants_extremes;
    HyKeyFilterRef *key_filters = c->key_filters, *below;
    HY_TRY(filters_below(c, alg, &below));
    c->key_filters = below;
    if (alg->kind != HY_ALG_SCAN && alg->kind != HY_ALG_FILTER && alg->kind != HY_ALG_MAP)
        c->bar = NULL;
    if (alg->kind != HY_ALG_SCAN)
        c->wants_extremes = false;
    HyStatus st = compile_any(c, alg, need, out);
    c->bar = bar;
    c->wants_extremes = wants_extremes;
    c->key_filters = key_filters;
    return st;
}
