/* Joins without equal keys: every probe row meets every build row. The larger of batch and piece
 * stays as it is, and the rows of the other come one by one as constants, so that nothing is
 * copied. */
#include "exec/join_internal.h"

static HyStatus probe_constant(
    const HyJoin *join, const HyBatch *batch, uint32_t row, HyArena *arena, HyVector *cols)
{
    for (size_t i = 0; i < join->n_probe; i++) {
        HyValue value = hy_vector_value(&batch->cols[join->probe_places[i]], row);
        HY_TRY(hy_vector_constant(arena, &value, &cols[i]));
    }
    return HY_OK;
}

/* One probe row with all rows of a piece. */
static HyStatus row_by_piece(
    HyJoinOp *op, HyJoinLocal *local, HyWorker *worker, uint32_t row, size_t p)
{
    const HyJoin *join = &op->join;
    const HyBatch *piece = hy_rowset_piece(local->build->rows, p);
    HyJoinPairs pairs = {.row = row};
    HyRowRef *refs;
    HY_BATCH_NEW(worker, refs, piece->n_rows);
    for (size_t i = 0; i < piece->n_rows; i++)
        refs[i] = HY_ROW_REF(p, i);
    pairs.ref_of = refs;
    pairs.batch = (HyBatch){.n_rows = piece->n_rows, .n_cols = join->n_probe + join->n_build};
    HY_BATCH_NEW(worker, pairs.batch.cols, pairs.batch.n_cols);
    HY_TRY(probe_constant(join, local->batch, row, worker->arena, pairs.batch.cols));
    for (size_t i = 0; i < join->n_build; i++) {
        pairs.batch.cols[join->n_probe + i] = piece->cols[join->build_columns[i]];
        pairs.batch.cols[join->n_probe + i].type = join->build_types[i];
    }
    return hy_join_take_pairs(op, local, worker, &pairs);
}

/* All rows of the batch with one build row. */
static HyStatus batch_by_row(HyJoinOp *op, HyJoinLocal *local, HyWorker *worker, HyRowRef ref)
{
    const HyJoin *join = &op->join;
    const HyBatch *batch = local->batch;
    const HyBatch *piece = hy_rowset_piece(local->build->rows, HY_REF_PIECE(ref));
    HyJoinPairs pairs = {.ref = ref};
    uint32_t *rows;
    HY_BATCH_NEW(worker, rows, batch->n_rows);
    for (size_t i = 0; i < batch->n_rows; i++)
        rows[i] = (uint32_t)i;
    pairs.row_of = rows;
    pairs.batch = (HyBatch){.n_rows = batch->n_rows, .n_cols = join->n_probe + join->n_build};
    HY_BATCH_NEW(worker, pairs.batch.cols, pairs.batch.n_cols);
    for (size_t i = 0; i < join->n_probe; i++)
        pairs.batch.cols[i] = batch->cols[join->probe_places[i]];
    for (size_t i = 0; i < join->n_build; i++) {
        HyValue value = hy_vector_value(&piece->cols[join->build_columns[i]], HY_REF_ROW(ref));
        value.type = join->build_types[i];
        HY_TRY(hy_vector_constant(worker->arena, &value, &pairs.batch.cols[join->n_probe + i]));
    }
    return hy_join_take_pairs(op, local, worker, &pairs);
}

/* Rows of the batch that need no further pairs. */
static bool all_decided(const HyJoin *join, const HyJoinLocal *local)
{
    if (join->probe_filter == HY_JOIN_PAIRS || local->build->matched.data)
        return false;
    for (size_t i = 0; i < local->batch->n_rows; i++)
        if (!local->matched[i])
            return false;
    return true;
}

static HyStatus piece_pairs(HyJoinOp *op, HyJoinLocal *local, HyWorker *worker, size_t p)
{
    size_t n_build = hy_rowset_piece(local->build->rows, p)->n_rows;
    size_t n_probe = local->batch->n_rows;
    for (size_t i = 0; i < (n_build <= n_probe ? n_build : n_probe); i++) {
        if (n_build <= n_probe)
            HY_TRY(batch_by_row(op, local, worker, HY_ROW_REF(p, i)));
        else
            HY_TRY(row_by_piece(op, local, worker, (uint32_t)i, p));
        hy_arena_reset(local->arena);
        if (hy_worker_may_stop(worker))
            return HY_OK;
        if (i % 16 == 0)
            HY_TRY(hy_worker_check_cancel(worker));
    }
    return HY_OK;
}

static HyStatus loop_push(HyOp *base, HyWorker *worker, void *arg, const HyBatch *batch)
{
    HyJoinOp *op = (HyJoinOp *)base;
    HyJoinLocal *local = arg;
    HY_TRY(hy_join_begin(local, worker, batch));
    HyArena *outer = worker->arena;
    worker->arena = worker->env.arena = local->arena;
    HyStatus st = HY_OK;
    for (size_t p = 0; p < local->build->access.n_pieces && !st; p++) {
        if (hy_worker_may_stop(worker) || all_decided(&op->join, local))
            break;
        st = piece_pairs(op, local, worker, p);
    }
    worker->arena = worker->env.arena = outer;
    hy_arena_reset(local->arena);
    HY_TRY(st);
    return hy_join_end(op, local, worker);
}

const HyOpClass hy_join_loop_class = {.start = hy_join_start,
    .open = hy_join_open,
    .push = loop_push,
    .close = hy_join_close,
    .destroy = hy_join_destroy};
