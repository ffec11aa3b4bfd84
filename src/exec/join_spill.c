/* Joins whose build side does not fit: both sides lie on disk by the hash of their keys, and are
 * joined partition by partition. A partition that does not fit is cut again; when that is in vain,
 * as all its rows have one key, the probe rows meet one part of the build rows after the other. */
#include "exec/join_internal.h"

typedef struct SpilledSource {
    HySource source;
    HyJoinOp *op;
} SpilledSource;

/* A partition of both sides. */
typedef struct Pair {
    HyJoinOp *op;
    HyWorker *worker;
    HyJoinLocal *local;
    HySpillSet *build, *probe;
    size_t part;
    unsigned level;
} Pair;

/* ---- Writing ---- */

static HyStatus push_rows(HySpillBuffer *out, HyWorker *worker, const HyBatch *batch,
    const uint32_t *key_columns, size_t n_keys)
{
    HyVector *keys;
    uint64_t *hashes;
    HY_BATCH_NEW(worker, keys, n_keys);
    HY_BATCH_NEW(worker, hashes, batch->n_rows);
    for (size_t k = 0; k < n_keys; k++)
        keys[k] = batch->cols[key_columns[k]];
    HY_TRY(hy_group_hash(keys, n_keys, batch->n_rows, hashes));
    for (size_t i = 0; i < batch->n_rows; i++)
        hashes[i] = hy_partition_hash(hashes[i]);
    return hy_spill_buffer_push(out, batch, hashes);
}

HyStatus hy_join_put_aside(HyJoinOp *op, HyJoinLocal *local, HyWorker *worker, const HyBatch *batch)
{
    if (!local->out)
        HY_TRY(hy_spill_buffer_open(op->join.probe_rows, 0, &local->out));
    return push_rows(local->out, worker, batch, op->join.probe_keys, op->join.n_keys);
}

/* ---- Joining a partition ---- */

static HyStatus probe_all(const Pair *pair)
{
    const HySpillPart *part = hy_spill_part(pair->probe, pair->part);
    HySpillReader *reader;
    HyStatus st = HY_OK;
    HY_TRY(hy_spill_reader_open(pair->probe, &reader));
    for (size_t b = 0; b < part->n_blocks && !st && !hy_worker_may_stop(pair->worker); b++) {
        HyBatch rows;
        st = hy_spill_read(reader, pair->part, b, &rows);
        if (!st)
            st = hy_join_probe_batch(pair->op, pair->local, pair->worker, &rows);
        hy_arena_reset(pair->worker->arena);
    }
    hy_spill_reader_close(reader);
    return st;
}

static HyStatus join_rows(const Pair *pair, const HyRowset *rows)
{
    HyJoin *join = &pair->op->join;
    HyJoinBuild build;
    HyJoinBuild *outer = pair->local->build;
    HyStatus st;
    HY_GO(hy_join_make_build(join, pair->worker->exec, false, rows, &build));
    pair->local->build = &build;
    HY_GO(probe_all(pair));
    for (size_t p = 0; hy_join_notes_matches(join) && p < build.access.n_pieces; p++) {
        HyBatch out;
        HY_GO(hy_join_leftovers(join, &build, p, pair->worker, &out));
        HY_GO(hy_op_emit(&pair->op->op, pair->worker, &out));
        hy_arena_reset(pair->worker->arena);
    }
done:
    pair->local->build = outer;
    hy_join_free_build(&build);
    return st;
}

/* ---- Cutting it again ---- */

static HyStatus cut_side(
    const Pair *pair, const HySpillSet *from, const uint32_t *key_columns, HySpillSet *into)
{
    HySpillReader *reader = NULL;
    HySpillBuffer *out = NULL;
    HyStatus st;
    HY_GO(hy_spill_reader_open(from, &reader));
    HY_GO(hy_spill_buffer_open(into, pair->level + 1, &out));
    for (size_t b = 0; b < hy_spill_part(from, pair->part)->n_blocks; b++) {
        HyBatch rows;
        HY_GO(hy_spill_read(reader, pair->part, b, &rows));
        HY_GO(push_rows(out, pair->worker, &rows, key_columns, pair->op->join.n_keys));
        hy_arena_reset(pair->worker->arena);
    }
    HY_GO(hy_spill_buffer_flush(out));
done:
    hy_spill_reader_close(reader);
    hy_spill_buffer_close(out);
    return st;
}

static HyStatus join_pair(const Pair *pair);

static HyStatus cut_pair(const Pair *pair)
{
    HyJoin *join = &pair->op->join;
    HyExec *exec = pair->worker->exec;
    uint64_t n_rows = hy_spill_part(pair->build, pair->part)->n_rows;
    Pair sub = *pair;
    HyStatus st;
    sub.build = sub.probe = NULL;
    sub.level++;
    HY_GO(hy_spill_create(exec, join->alg, join->collect->layout.types, join->collect->layout.n,
        HY_SPILL_PARTS, &sub.build));
    HY_GO(hy_spill_create(
        exec, join->alg, join->probe_row_types, join->n_probe_columns, HY_SPILL_PARTS, &sub.probe));
    HY_GO(cut_side(pair, pair->build, join->build_keys, sub.build));
    HY_GO(cut_side(pair, pair->probe, join->probe_keys, sub.probe));
    hy_spill_drop_part(pair->build, pair->part);
    hy_spill_drop_part(pair->probe, pair->part);
    for (sub.part = 0; sub.part < HY_SPILL_PARTS; sub.part++) {
        bool in_vain = hy_spill_part(sub.build, sub.part)->n_rows == n_rows;
        sub.level = in_vain ? HY_SPILL_LEVELS : pair->level + 1;
        HY_GO(join_pair(&sub));
    }
done:
    hy_spill_destroy(sub.build);
    hy_spill_destroy(sub.probe);
    return st;
}

/* Reads build rows from block *next on until all are there or they do not fit. */
static HyStatus load_rows(
    const Pair *pair, HySpillReader *reader, bool may_stop, size_t *next, HyRowset *rows)
{
    const HySpillPart *part = hy_spill_part(pair->build, pair->part);
    HyExec *exec = pair->worker->exec;
    while (*next < part->n_blocks) {
        HyBatch batch;
        size_t index_bytes = 24 * hy_rowset_row_count(rows);
        if (may_stop &&
            hy_spill_is_due(exec, hy_rowset_memory_bytes(rows), index_bytes, HY_RESPILL_PERCENT))
            return HY_OK;
        HY_TRY(hy_spill_read(reader, pair->part, (*next)++, &batch));
        HY_TRY(hy_rowset_append(rows, &batch));
    }
    return HY_OK;
}

/* What becomes of a probe row does not hang on all its partners together. */
static bool may_join_parts(const HyJoin *join)
{
    return join->probe_filter == HY_JOIN_PAIRS && !join->keeps_probe && !join->is_single;
}

/* With *next behind the last block everything is joined; else the partition must be cut. */
static HyStatus join_part(const Pair *pair, HySpillReader *reader, size_t *next)
{
    HyJoin *join = &pair->op->join;
    const HySpillPart *part = hy_spill_part(pair->build, pair->part);
    bool may_cut = pair->level + 1 < HY_SPILL_LEVELS;
    HyRowset *rows = NULL;
    HyStatus st;
    do {
        HY_GO(hy_rowset_create(join->collect->layout.types, join->collect->layout.n,
            pair->worker->exec->ctx->memory, &rows));
        HY_GO(load_rows(pair, reader, may_cut || may_join_parts(join), next, rows));
        if (*next < part->n_blocks && may_cut)
            break;
        HY_GO(join_rows(pair, rows));
        hy_rowset_destroy(rows);
        rows = NULL;
    } while (*next < part->n_blocks);
done:
    hy_rowset_destroy(rows);
    return st;
}

static HyStatus join_pair(const Pair *pair)
{
    HyJoin *join = &pair->op->join;
    size_t n_build = hy_spill_part(pair->build, pair->part)->n_blocks, next = 0;
    bool wants_probe = join->keeps_probe || join->probe_filter == HY_JOIN_UNMATCHED ||
                       join->probe_filter == HY_JOIN_MARKED;
    HySpillReader *reader;
    if (n_build == 0 && !wants_probe)
        return HY_OK;
    HY_TRY(hy_spill_reader_open(pair->build, &reader));
    HyStatus st = join_part(pair, reader, &next);
    hy_spill_reader_close(reader);
    HY_TRY(st);
    return next < n_build ? cut_pair(pair) : HY_OK;
}

/* ---- The branch ---- */

static HyStatus spilled_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    HyJoinOp *op = ((SpilledSource *)source)->op;
    (void)exec;
    *n_morsels = op->join.probe_rows ? HY_SPILL_PARTS : 0;
    for (HyJoinLocal *local = op->locals; local; local = local->next_open)
        if (local->out)
            HY_TRY(hy_spill_buffer_flush(local->out));
    return HY_OK;
}

static HyStatus spilled_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    HyJoinOp *op = ((SpilledSource *)source)->op;
    (void)local;
    Pair pair = {.op = op,
        .worker = worker,
        .local = worker->locals[op->op.slot],
        .build = op->join.collect->spilled,
        .probe = op->join.probe_rows,
        .part = morsel};
    return join_pair(&pair);
}

static const HySourceClass spilled_class = {.start = spilled_start, .run = spilled_run};

HyStatus hy_join_spilled_source(HyCompiler *c, HyJoinOp *op, HySource **out)
{
    SpilledSource *source;
    HY_TRY(hy_source_new(c->exec, &spilled_class, NULL, sizeof *source, &source));
    source->op = op;
    *out = &source->source;
    return HY_OK;
}
