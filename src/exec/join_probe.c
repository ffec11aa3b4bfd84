/* Probing. All kinds of joins share how pairs are tested and what becomes of matched and unmatched
 * rows; hash joins find their candidate pairs by walking the chains of a whole batch in step. */
#include "exec/join_internal.h"
#include <stdlib.h>

/* ---- What all joins do alike ---- */

HyStatus hy_join_start(HyOp *base, HyExec *exec)
{
    (void)exec;
    HyJoinOp *op = (HyJoinOp *)base;
    const HyJoin *join = &op->join;
    atomic_store(&op->locals, NULL);
    bool nothing_comes =
        join->n_rows == 0 && !join->keeps_probe &&
        (join->probe_filter == HY_JOIN_PAIRS || join->probe_filter == HY_JOIN_MATCHED);
    for (size_t i = 0; i < op->n_branches && nothing_comes; i++)
        atomic_store(&op->branches[i]->is_done, true);
    return HY_OK;
}

void hy_join_destroy(HyOp *op)
{
    HyJoin *join = &((HyJoinOp *)op)->join;
    hy_join_free_build(&join->build);
    hy_join_free_filters(join);
    hy_spill_destroy(join->probe_rows);
}

void hy_join_close(void *arg)
{
    HyJoinLocal *local = arg;
    hy_predicate_close(local->residual);
    hy_program_close(local->truth);
    hy_spill_buffer_close(local->out);
    hy_arena_destroy(local->arena);
    free(local);
}

HyStatus hy_join_open(HyOp *base, HyWorker *worker, void **out)
{
    (void)worker;
    HyJoinOp *op = (HyJoinOp *)base;
    HyJoin *join = &op->join;
    HyJoinLocal *local = calloc(1, sizeof *local);
    if (!local)
        return hy_error_oom(sizeof *local);
    *out = local;
    local->build = &join->build;
    local->next_open = atomic_load(&op->locals);
    while (!atomic_compare_exchange_weak(&op->locals, &local->next_open, local)) {
    }
    local->arena = hy_arena_create();
    if (!local->arena)
        return hy_error_oom(0);
    if (join->truth)
        return hy_program_open(join->truth, &local->truth);
    return join->residual ? hy_predicate_open(join->residual, &local->residual) : HY_OK;
}

HyStatus hy_join_begin(HyJoinLocal *local, HyWorker *worker, const HyBatch *batch)
{
    local->batch = batch;
    local->n_pairs = 0;
    HY_BATCH_NEW(worker, local->matched, 2 * batch->n_rows);
    memset(local->matched, 0, 2 * batch->n_rows);
    local->unknown = local->matched + batch->n_rows;
    return HY_OK;
}

/* Notes the matches sel[0..n) of the pairs (NULL: all). */
static HyStatus note_matches(
    HyJoin *join, HyJoinLocal *local, const HyJoinPairs *pairs, const uint32_t *sel, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = sel ? sel[i] : i;
        uint32_t row = pairs->row_of ? pairs->row_of[at] : pairs->row;
        if (join->is_single && local->matched[row])
            return hy_error("21000", "scalar subquery produced more than one tuple");
        local->matched[row] = 1;
    }
    if (local->build->matched.data)
        for (size_t i = 0; i < n; i++) {
            size_t at = sel ? sel[i] : i;
            hy_join_mark_build(local->build, pairs->ref_of ? pairs->ref_of[at] : pairs->ref);
        }
    return HY_OK;
}

/* Marks: a pair whose condition is null makes its row unknown, unless another one matches. */
static HyStatus note_truth(HyJoinLocal *local, HyWorker *worker, const HyJoinPairs *pairs)
{
    HyVector truth;
    HY_TRY(hy_program_run(local->truth, &worker->env, &pairs->batch, &truth));
    const uint8_t *values = hy_vector_values(&truth);
    for (size_t i = 0; i < pairs->batch.n_rows; i++) {
        uint32_t row = pairs->row_of ? pairs->row_of[i] : pairs->row;
        if (hy_vector_is_null(&truth, i))
            local->unknown[row] = 1;
        else
            local->matched[row] |= values[hy_vector_index(&truth, i)];
    }
    return HY_OK;
}

HyStatus hy_join_take_pairs(HyJoinOp *op, HyJoinLocal *local, HyWorker *worker, HyJoinPairs *pairs)
{
    HyJoin *join = &op->join;
    if (local->truth)
        return note_truth(local, worker, pairs);
    uint32_t *sel = NULL;
    size_t n = pairs->batch.n_rows;
    if (local->residual) {
        HY_BATCH_NEW(worker, sel, n);
        HY_TRY(hy_predicate_select(local->residual, &worker->env, &pairs->batch, sel, &n));
        if (n == pairs->batch.n_rows)
            sel = NULL;
    }
    if (join->keeps_probe || join->probe_filter != HY_JOIN_PAIRS || local->build->matched.data)
        HY_TRY(note_matches(join, local, pairs, sel, n));
    if (join->probe_filter != HY_JOIN_PAIRS || join->build_filter != HY_JOIN_PAIRS)
        return HY_OK;
    if (!sel)
        return hy_op_emit(&op->op, worker, &pairs->batch);
    HyBatch out;
    HY_TRY(hy_batch_gather(worker, &pairs->batch, sel, n, &out));
    return hy_op_emit(&op->op, worker, &out);
}

static bool is_identity(const uint32_t *rows, size_t n, size_t n_rows)
{
    if (n != n_rows)
        return false;
    for (size_t i = 0; i < n; i++)
        if (rows[i] != i)
            return false;
    return true;
}

/* The kept columns of pairs; refs NULL: nulls for the build side. */
static HyStatus pair_columns(const HyJoin *join, const HyJoinLocal *local, const HyBatch *batch,
    const uint32_t *rows, const HyRowRef *refs, size_t n, HyArena *arena, HyBatch *out)
{
    *out = (HyBatch){.n_rows = n, .n_cols = join->n_probe + join->n_build};
    out->cols = hy_arena_alloc(arena, out->n_cols * sizeof *out->cols);
    if (!out->cols)
        return hy_error_oom(out->n_cols * sizeof *out->cols);
    bool same = is_identity(rows, n, batch->n_rows);
    for (size_t i = 0; i < join->n_probe; i++) {
        const HyVector *v = &batch->cols[join->probe_places[i]];
        out->cols[i] = *v;
        if (!same)
            HY_TRY(hy_vector_gather(arena, v, rows, n, &out->cols[i]));
    }
    for (size_t i = 0; i < join->n_build; i++) {
        HyVector *v = &out->cols[join->n_probe + i];
        if (refs) {
            HY_TRY(hy_row_access_gather(
                &local->build->access, join->build_columns[i], refs, n, arena, v));
            v->type = join->build_types[i];
        } else {
            HyValue null = hy_value_null(join->build_types[i]);
            HY_TRY(hy_vector_constant(arena, &null, v));
        }
    }
    return HY_OK;
}

static bool needs_columns(const HyJoin *join)
{
    return join->residual || join->truth ||
           (join->probe_filter == HY_JOIN_PAIRS && join->build_filter == HY_JOIN_PAIRS);
}

HyStatus hy_join_flush_pairs(HyJoinOp *op, HyJoinLocal *local, HyWorker *worker)
{
    if (local->n_pairs == 0)
        return HY_OK;
    HyJoinPairs pairs = {.row_of = local->rows, .ref_of = local->refs};
    HyArena *outer = worker->arena;
    HyStatus st = HY_OK;
    worker->arena = worker->env.arena = local->arena;
    pairs.batch.n_rows = local->n_pairs;
    if (needs_columns(&op->join))
        HY_GO(pair_columns(&op->join, local, local->batch, local->rows, local->refs, local->n_pairs,
            local->arena, &pairs.batch));
    local->n_pairs = 0;
    HY_GO(hy_join_take_pairs(op, local, worker, &pairs));
done:
    worker->arena = worker->env.arena = outer;
    hy_arena_reset(local->arena);
    return st;
}

static HyStatus emit_marked(HyJoinOp *op, HyJoinLocal *local, HyWorker *worker)
{
    const HyJoin *join = &op->join;
    const HyBatch *batch = local->batch;
    HyBatch out = {.n_rows = batch->n_rows, .n_cols = join->n_probe + 1};
    HY_BATCH_NEW(worker, out.cols, out.n_cols);
    for (size_t i = 0; i < join->n_probe; i++)
        out.cols[i] = batch->cols[join->probe_places[i]];
    HyVector *mark = &out.cols[join->n_probe];
    HY_TRY(hy_vector_alloc(worker->arena, hy_type(HY_TYPE_BOOL), out.n_rows, mark));
    memcpy(mark->data, local->matched, out.n_rows);
    for (size_t i = 0; i < out.n_rows; i++) {
        if (local->matched[i] || !local->unknown[i])
            continue;
        HY_TRY(hy_vector_need_validity(worker->arena, mark, out.n_rows));
        hy_bitmap_clear(mark->validity, i);
    }
    return hy_op_emit(&op->op, worker, &out);
}

HyStatus hy_join_end(HyJoinOp *op, HyJoinLocal *local, HyWorker *worker)
{
    const HyJoin *join = &op->join;
    if (join->probe_filter == HY_JOIN_MARKED)
        return emit_marked(op, local, worker);
    if (!join->keeps_probe && join->probe_filter == HY_JOIN_PAIRS)
        return HY_OK;
    uint8_t wanted = join->probe_filter == HY_JOIN_MATCHED;
    uint32_t *sel;
    HY_BATCH_NEW(worker, sel, local->batch->n_rows);
    size_t n = 0;
    for (size_t i = 0; i < local->batch->n_rows; i++) {
        sel[n] = (uint32_t)i;
        n += local->matched[i] == wanted;
    }
    if (n == 0)
        return HY_OK;
    HyBatch out;
    HY_TRY(pair_columns(join, local, local->batch, sel, NULL, n, worker->arena, &out));
    if (join->probe_filter != HY_JOIN_PAIRS)
        out.n_cols = join->n_probe;
    return hy_op_emit(&op->op, worker, &out);
}

/* ---- Hash join ---- */

typedef struct Probe {
    HyVector *keys; /* flat */
    uint32_t *rows; /* candidates: rows of the batch */
    HyRowRef *refs; /* and build rows */
    uint8_t *keep;
    size_t n;
} Probe;

/* Rows that may have a match, each with the head of its chain. */
static HyStatus find_chains(
    HyJoinOp *op, const HyJoinBuild *build, HyWorker *worker, const HyBatch *batch, Probe *probe)
{
    const HyJoin *join = &op->join;
    size_t n = batch->n_rows;
    uint64_t *hashes;
    HY_BATCH_NEW(worker, hashes, n);
    HY_BATCH_NEW(worker, probe->keys, join->n_keys);
    HY_BATCH_NEW(worker, probe->rows, n);
    HY_BATCH_NEW(worker, probe->refs, n);
    HY_BATCH_NEW(worker, probe->keep, n);
    for (size_t k = 0; k < join->n_keys; k++)
        probe->keys[k] = batch->cols[join->probe_keys[k]];
    HY_TRY(hy_group_hash(probe->keys, join->n_keys, n, hashes));
    bool has_nulls = false;
    for (size_t k = 0; k < join->n_keys; k++) {
        HY_TRY(hy_vector_flatten(worker->arena, &probe->keys[k], n, &probe->keys[k]));
        has_nulls |= !join->null_equal[k] && probe->keys[k].validity;
    }
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t entry = hy_join_first(&build->index, hashes[i]);
        probe->rows[m] = (uint32_t)i;
        probe->refs[m] = entry - 1;
        m += entry != 0;
    }
    probe->n = m;
    for (size_t k = 0; k < join->n_keys && has_nulls; k++) {
        if (join->null_equal[k] || !probe->keys[k].validity)
            continue;
        m = 0;
        for (size_t i = 0; i < probe->n; i++) {
            probe->rows[m] = probe->rows[i];
            probe->refs[m] = probe->refs[i];
            m += hy_bitmap_get(probe->keys[k].validity, probe->rows[i]);
        }
        probe->n = m;
    }
    return HY_OK;
}

/* Candidates go on to the next row of their chain; those at its end, or decided already, drop out.
 */
static void follow_chains(const HyJoin *join, const HyJoinLocal *local, Probe *probe)
{
    const uint64_t *next = local->build->index.next.data;
    bool once = join->probe_filter != HY_JOIN_PAIRS && !join->residual && !join->truth &&
                !local->build->matched.data;
    size_t m = 0;
    for (size_t i = 0; i < probe->n; i++) {
        uint64_t entry = next[probe->refs[i]];
        uint32_t row = probe->rows[i];
        probe->rows[m] = row;
        probe->refs[m] = entry - 1;
        m += entry != 0 && !(once && local->matched[row]);
    }
    probe->n = m;
}

static HyStatus add_pairs(HyJoinOp *op, HyJoinLocal *local, HyWorker *worker, const Probe *probe)
{
    if (local->n_pairs + probe->n > HY_VECTOR_SIZE)
        HY_TRY(hy_join_flush_pairs(op, local, worker));
    size_t n = local->n_pairs;
    for (size_t i = 0; i < probe->n; i++) {
        local->rows[n] = probe->rows[i];
        local->refs[n] = probe->refs[i];
        n += probe->keep[i];
    }
    local->n_pairs = n;
    /* without a residual a pair is a match at once, which ends the walk of semi joins early */
    if (op->join.probe_filter != HY_JOIN_PAIRS && !op->join.residual && !op->join.truth)
        return hy_join_flush_pairs(op, local, worker);
    return HY_OK;
}

/* x = ANY (..) without a match is unknown when x is null or some build row is. With a condition
 * beside the keys these only select the candidates. */
static void mark_unknown(const HyJoin *join, HyJoinLocal *local, const Probe *probe)
{
    if (join->n_rows == 0 || join->truth || join->n_keys != 1 || join->null_equal[0])
        return;
    for (size_t i = 0; i < local->batch->n_rows; i++)
        local->unknown[i] = join->has_null_key || hy_vector_is_null(&probe->keys[0], i);
}

HyStatus hy_join_probe_batch(
    HyJoinOp *op, HyJoinLocal *local, HyWorker *worker, const HyBatch *batch)
{
    Probe probe;
    HY_TRY(hy_join_begin(local, worker, batch));
    HY_TRY(find_chains(op, local->build, worker, batch, &probe));
    unsigned rounds = 0;
    while (probe.n > 0) {
        memset(probe.keep, 1, probe.n);
        for (size_t k = 0; k < op->join.n_keys; k++)
            hy_join_compare_key(&op->join, local->build, k, &probe.keys[k], probe.rows, probe.refs,
                probe.n, probe.keep);
        HY_TRY(add_pairs(op, local, worker, &probe));
        follow_chains(&op->join, local, &probe);
        if (++rounds % 64 == 0) {
            HY_TRY(hy_worker_check_cancel(worker));
            if (hy_worker_may_stop(worker))
                return HY_OK;
        }
    }
    HY_TRY(hy_join_flush_pairs(op, local, worker));
    if (op->join.probe_filter == HY_JOIN_MARKED)
        mark_unknown(&op->join, local, &probe);
    return hy_join_end(op, local, worker);
}

static HyStatus probe_push(HyOp *base, HyWorker *worker, void *local, const HyBatch *batch)
{
    HyJoinOp *op = (HyJoinOp *)base;
    if (op->join.probe_rows)
        return hy_join_put_aside(op, local, worker, batch);
    return hy_join_probe_batch(op, local, worker, batch);
}

const HyOpClass hy_join_probe_class = {.start = hy_join_start,
    .open = hy_join_open,
    .push = probe_push,
    .close = hy_join_close,
    .destroy = hy_join_destroy};
