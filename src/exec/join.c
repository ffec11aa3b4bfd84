/* Compiling joins: which side is built, what comes out of each, and the source that gives build
 * rows that had a match or had none. */
#include "exec/join_internal.h"
#include <math.h>

#define PIECES_PER_MORSEL 16
/* A build side of so many times fewer rows has few of the keys. */
#define SMALL_BUILD    4
#define MAX_PROBE_ROWS 1e15

/* ---- Build rows after probing ---- */

typedef struct LeftoverSource {
    HySource source;
    HyJoin *join;

} LeftoverSource;

static HyStatus leftover_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    (void)exec;
    const HyJoin *join = ((LeftoverSource *)source)->join;
    *n_morsels = (join->build.access.n_pieces + PIECES_PER_MORSEL - 1) / PIECES_PER_MORSEL;
    return HY_OK;
}

HyStatus hy_join_leftovers(
    const HyJoin *join, const HyJoinBuild *build, size_t p, HyWorker *worker, HyBatch *out)
{
    const HyBatch *piece = hy_rowset_piece(build->rows, p);
    const uint8_t *matched = (const uint8_t *)build->matched.data + HY_ROW_REF(p, 0);
    uint8_t wanted = join->build_filter == HY_JOIN_MATCHED;
    uint32_t *sel;
    size_t n = 0;
    HY_BATCH_NEW(worker, sel, piece->n_rows);
    for (size_t i = 0; i < piece->n_rows; i++) {
        sel[n] = (uint32_t)i;
        n += matched[i] == wanted;
    }
    size_t n_probe = join->build_filter == HY_JOIN_PAIRS ? join->n_probe : 0;
    *out = (HyBatch){.n_rows = n, .n_cols = n_probe + join->n_build};
    HY_BATCH_NEW(worker, out->cols, out->n_cols);
    for (size_t i = 0; i < n_probe; i++) {
        HyValue null = hy_value_null(join->probe_types[i]);
        HY_TRY(hy_vector_constant(worker->arena, &null, &out->cols[i]));
    }
    for (size_t i = 0; i < join->n_build; i++)
        HY_TRY(hy_vector_gather(
            worker->arena, &piece->cols[join->build_columns[i]], sel, n, &out->cols[n_probe + i]));
    return HY_OK;
}

static HyStatus leftover_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    (void)local;
    LeftoverSource *self = (LeftoverSource *)source;
    size_t end = (morsel + 1) * PIECES_PER_MORSEL;
    if (end > self->join->build.access.n_pieces)
        end = self->join->build.access.n_pieces;
    for (size_t p = morsel * PIECES_PER_MORSEL; p < end && !hy_worker_may_stop(worker); p++) {
        HyBatch out;
        HY_TRY(hy_join_leftovers(self->join, &self->join->build, p, worker, &out));
        HY_TRY(hy_source_emit(source, worker, &out));
        hy_arena_reset(worker->arena);
    }
    return HY_OK;
}

static const HySourceClass leftover_class = {.start = leftover_start, .run = leftover_run};

/* ---- Roles ---- */

static bool builds_left(const HyAlg *alg)
{
    switch (alg->join_kind) {
    case HY_JOIN_MARK:
    case HY_JOIN_SINGLE:
    case HY_JOIN_DEPENDENT:
        return false; /* their result is about single left rows */
    default:
        return alg->build_left;
    }
}

static void set_roles(HyJoin *join, HyJoinKind kind, bool left_is_probe)
{
    switch (kind) {
    case HY_JOIN_INNER:
    case HY_JOIN_DEPENDENT:
        break;
    case HY_JOIN_LEFT:
        join->keeps_probe = left_is_probe;
        join->keeps_build = !left_is_probe;
        break;
    case HY_JOIN_RIGHT:
        join->keeps_probe = !left_is_probe;
        join->keeps_build = left_is_probe;
        break;
    case HY_JOIN_FULL:
        join->keeps_probe = join->keeps_build = true;
        break;
    case HY_JOIN_SEMI:
    case HY_JOIN_ANTI:
        *(left_is_probe ? &join->probe_filter : &join->build_filter) =
            kind == HY_JOIN_SEMI ? HY_JOIN_MATCHED : HY_JOIN_UNMATCHED;
        break;
    case HY_JOIN_MARK:
        join->probe_filter = HY_JOIN_MARKED;
        break;
    case HY_JOIN_SINGLE:
        join->keeps_probe = join->is_single = true;
        break;
    }
}

/* ---- The two sides ---- */

/* One side as it is compiled: the stream with its keys as columns. */
typedef struct Side {
    HyAlg *input;
    HyExpr **keys;
    HyNeed *need; /* for the result and the rest of the condition */
    HyColumnId *key_ids;
    HyStream stream;
} Side;

static HyStatus compile_side(HyCompiler *c, size_t n_keys, Side *side)
{
    HyNeed *need;
    HY_TRY(hy_need_new(c, side->need, &need));
    for (size_t k = 0; k < n_keys; k++)
        hy_need_expr(need, side->keys[k]);
    HY_TRY(hy_compile(c, side->input, need, &side->stream));
    HY_ARENA_NEW(c->arena, side->key_ids, n_keys);
    return hy_stream_compute(c, &side->stream, side->keys, n_keys, side->need, side->key_ids);
}

/* Columns of a side's stream that are kept: wanted ones without the keys computed for the join
 * alone. */
static HyStatus kept_columns(HyCompiler *c, const Side *side, HyLayout *out)
{
    const HyLayout *layout = &side->stream.layout;
    HY_TRY(hy_layout_new(c, layout->n, out));
    for (size_t i = 0; i < layout->n; i++)
        if (layout->ids[i] < HY_COMPUTED_ID && hy_need_has(side->need, layout->ids[i]))
            hy_layout_add(out, layout->ids[i], layout->types[i]);
    return HY_OK;
}

static HyStatus build_side(HyCompiler *c, HyAlg *alg, Side *side, HyJoin *join, HyLayout *kept)
{
    HyColumnId *ids;
    HY_TRY(compile_side(c, alg->n_keys, side));
    HY_TRY(kept_columns(c, side, kept));
    HY_ARENA_NEW(c->arena, ids, kept->n + alg->n_keys);
    HY_ARENA_NEW(c->arena, join->build_columns, kept->n);
    HY_ARENA_NEW(c->arena, join->build_keys, alg->n_keys);
    size_t n = 0;
    for (size_t i = 0; i < kept->n; i++) {
        join->build_columns[i] = (uint32_t)n;
        ids[n++] = kept->ids[i];
    }
    for (size_t k = 0; k < alg->n_keys; k++) {
        size_t at = hy_layout_find(kept, side->key_ids[k]);
        if (at == SIZE_MAX) {
            at = n;
            ids[n++] = side->key_ids[k];
        }
        join->build_keys[k] = (uint32_t)at;
    }
    join->n_build = kept->n;
    HY_TRY(hy_collect_columns(c, &side->stream, NULL, ids, n, &join->collect));
    join->collect->may_spill = alg->n_keys > 0;
    join->collect->spill_alg = alg;
    join->collect->hash_columns = join->build_keys;
    join->collect->n_hash = alg->n_keys;
    join->collect->null_equal = join->null_equal;
    join->collect->drops_nulls = !hy_join_notes_matches(join);
    return hy_join_add_build_step(c, join);
}

static HyStatus probe_side(HyCompiler *c, HyAlg *alg, Side *side, HyJoin *join, HyLayout *kept)
{
    HY_TRY(compile_side(c, alg->n_keys, side));
    HY_TRY(kept_columns(c, side, kept));
    HY_TRY(hy_layout_places(c, &side->stream.layout, kept->ids, kept->n, &join->probe_places));
    HY_TRY(
        hy_layout_places(c, &side->stream.layout, side->key_ids, alg->n_keys, &join->probe_keys));
    join->n_probe = kept->n;
    join->probe_row_types = side->stream.layout.types;
    join->n_probe_columns = side->stream.layout.n;
    return HY_OK;
}

/* ---- Filters ---- */

/* Whether the build side has fewer keys than the probe side may ask for: it is filtered somewhere,
 * or small. */
static bool is_selective(const HyAlg *build, const HyAlg *probe)
{
    if (build->estimated_rows * SMALL_BUILD < probe->estimated_rows)
        return true;
    while (build->kind == HY_ALG_MAP)
        build = build->inputs[0];
    return build->kind != HY_ALG_SCAN || build->n_scan_predicates > 0;
}

/* Filters on the keys for the scans of the probe side, where rows without match do not come out. */
static HyStatus make_filters(
    HyCompiler *c, HyAlg *alg, const Side *build, const Side *probe, HyJoin *join)
{
    if (join->keeps_probe || !is_selective(build->input, probe->input) ||
        (join->probe_filter != HY_JOIN_PAIRS && join->probe_filter != HY_JOIN_MATCHED) ||
        join->build_filter == HY_JOIN_UNMATCHED)
        return HY_OK;
    HY_ARENA_NEW(c->arena, join->filters, alg->n_keys);
    for (size_t k = 0; k < alg->n_keys; k++) {
        const HyExpr *key = probe->keys[k];
        HyType type = build->keys[k]->type;
        if (key->kind != HY_EXPR_COLUMN || join->null_equal[k] || !hy_key_filter_fits(type) ||
            hy_type_physical(key->type) != hy_type_physical(type))
            continue;
        HyKeyFilter *filter = &join->filters[join->n_filters++];
        *filter = (HyKeyFilter){.type = type,
            .build_column = join->build_keys[k],
            .probe_rows = (uint64_t)fmin(fmax(0, probe->input->estimated_rows), MAX_PROBE_ROWS)};
        HyKeyFilterRef *ref;
        HY_ARENA_NEW(c->arena, ref, 1);
        *ref = (HyKeyFilterRef){.filter = filter, .id = key->column, .next = c->key_filters};
        c->key_filters = ref;
    }
    return HY_OK;
}

/* ---- Together ---- */

static HyType *copy_types(HyLayout *layout, bool become_nullable)
{
    for (size_t i = 0; i < layout->n; i++)
        layout->types[i].nullable = layout->types[i].nullable || become_nullable;
    return layout->types;
}

static HyStatus output_layout(HyCompiler *c, const HyJoin *join, const HyLayout *probe,
    const HyLayout *build, HyLayout *pairs, HyLayout *out)
{
    HY_TRY(hy_layout_new(c, probe->n + build->n, pairs));
    for (size_t i = 0; i < probe->n; i++)
        hy_layout_add(pairs, probe->ids[i], probe->types[i]);
    for (size_t i = 0; i < build->n; i++)
        hy_layout_add(pairs, build->ids[i], build->types[i]);
    HY_TRY(hy_layout_new(c, probe->n + build->n + 1, out));
    if (join->build_filter == HY_JOIN_PAIRS)
        for (size_t i = 0; i < probe->n; i++)
            hy_layout_add(out, probe->ids[i], probe->types[i]);
    if (join->probe_filter == HY_JOIN_PAIRS)
        for (size_t i = 0; i < build->n; i++)
            hy_layout_add(out, build->ids[i], build->types[i]);
    if (join->probe_filter == HY_JOIN_MARKED)
        hy_layout_add(out, join->alg->mark_column, hy_type(HY_TYPE_BOOL));
    return HY_OK;
}

static HyStatus append_join(HyCompiler *c, HyJoinOp *op, HyStream *stream, const HyLayout *out)
{
    HyPipeline *pipeline = stream->pipeline;
    HyJoin *join = &op->join;
    HY_ARENA_NEW(c->arena, op->branches, pipeline->n_branches);
    memcpy(op->branches, pipeline->branches, pipeline->n_branches * sizeof *op->branches);
    op->n_branches = pipeline->n_branches;
    HY_TRY(hy_stream_append(c, stream, &op->op));
    stream->layout = *out;
    if (join->collect->may_spill) {
        HySource *spilled;
        HY_TRY(hy_join_spilled_source(c, op, &spilled));
        HY_TRY(hy_stream_add_branch(c, stream, spilled));
    }
    if (!hy_join_notes_matches(join))
        return HY_OK;
    LeftoverSource *source;
    HY_TRY(hy_source_new(c->exec, &leftover_class, join->alg, sizeof *source, &source));
    source->join = join;

    return hy_stream_add_branch(c, stream, &source->source);
}

static HyStatus compile_condition(HyCompiler *c, HyAlg *alg, HyJoin *join, const HyLayout *pairs)
{
    if (!alg->predicate)
        return HY_OK;
    if (join->probe_filter == HY_JOIN_MARKED)
        return hy_program_compile(c->arena, pairs, &alg->predicate, 1, &join->truth);
    return hy_predicate_compile(c->arena, pairs, alg->predicate, &join->residual);
}

HyStatus hy_compile_join(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    if (alg->join_kind == HY_JOIN_DEPENDENT)
        return hy_error("XX000", "internal error: a correlated subquery is left in the plan");
    bool left_is_probe = !builds_left(alg);
    Side left = {.input = alg->inputs[0], .keys = alg->left_keys};
    Side right = {.input = alg->inputs[1], .keys = alg->right_keys};
    HyLayout probe, build, pairs, layout;
    HyJoinOp *op;
    HyNeed *below;
    HY_TRY(hy_need_new(c, need, &below));
    hy_need_expr(below, alg->predicate);
    left.need = right.need = below;
    HY_TRY(hy_op_new(c->exec, alg->n_keys > 0 ? &hy_join_probe_class : &hy_join_loop_class, alg,
        sizeof *op, &op));
    HyJoin *join = &op->join;
    join->alg = alg;
    join->n_keys = alg->n_keys;
    HY_ARENA_NEW(c->arena, join->null_equal, alg->n_keys);
    for (size_t k = 0; k < alg->n_keys; k++)
        join->null_equal[k] = alg->keys_null_equal && alg->keys_null_equal[k];
    set_roles(join, alg->join_kind, left_is_probe);
    HY_TRY(build_side(c, alg, left_is_probe ? &right : &left, join, &build));
    HY_TRY(
        make_filters(c, alg, left_is_probe ? &right : &left, left_is_probe ? &left : &right, join));
    HY_TRY(probe_side(c, alg, left_is_probe ? &left : &right, join, &probe));
    join->probe_types = copy_types(&probe, join->keeps_build);
    join->build_types = copy_types(&build, join->keeps_probe);
    HY_TRY(output_layout(c, join, &probe, &build, &pairs, &layout));
    HY_TRY(compile_condition(c, alg, join, &pairs));
    *out = (left_is_probe ? &left : &right)->stream;
    return append_join(c, op, out, &layout);
}
