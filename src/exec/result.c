/* The sink of a statement. With one worker rows pass straight through. With several, each morsel's rows
 * are kept aside and handed over in the order of the morsels, so that a result does not depend on how the
 * workers raced; whoever is far ahead of the others waits. */
#include "exec/result.h"
#include <pthread.h>
#include <stdlib.h>

#define MAX_PARKED 64

/* Rows of a morsel that is done, waiting for those before it. */
typedef struct Parked Parked;
struct Parked {
    Parked *next; /* ascending sequence */
    uint64_t sequence;
    HyRowset *rows;
};

typedef struct ResultOp {
    HyOp op;
    HyLayout layout;
    const uint32_t *places;
    HyPipeline *pipeline;
    HyResultTarget *target;
    HyMemory *memory;
    bool is_direct; /* one worker */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t next_sequence;
    Parked *parked;
    size_t n_parked;
} ResultOp;

typedef struct ResultLocal {
    HyRowset *rows; /* of the current morsel, or NULL */
} ResultLocal;

static HyStatus result_start(HyOp *op, HyExec *exec)
{
    ResultOp *result = (ResultOp *)op;
    result->is_direct = result->pipeline->is_serial || exec->n_workers == 1;
    result->memory = exec->ctx->memory;
    if (!result->target->keep_rows)
        return HY_OK;
    return hy_rowset_create(
        result->layout.types, result->layout.n, exec->ctx->memory, &result->target->rows);
}

static HyStatus result_open(HyOp *op, HyWorker *worker, void **local)
{
    (void)op;
    (void)worker;
    *local = calloc(1, sizeof(ResultLocal));
    return *local ? HY_OK : hy_error_oom(sizeof(ResultLocal));
}

static HyStatus deliver(ResultOp *result, const HyBatch *batch)
{
    HyResultTarget *target = result->target;
    target->n_rows += batch->n_rows;
    if (target->keep_rows)
        return hy_rowset_append(target->rows, batch);
    return target->on_batch ? target->on_batch(target->sink, batch) : HY_OK;
}

static HyStatus result_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    ResultOp *result = (ResultOp *)op;
    ResultLocal *self = local;
    HyBatch out = {.n_rows = batch->n_rows, .n_cols = result->layout.n};
    HY_BATCH_NEW(worker, out.cols, out.n_cols);
    for (size_t i = 0; i < out.n_cols; i++) {
        out.cols[i] = batch->cols[result->places[i]];
        out.cols[i].type = result->layout.types[i];
    }
    if (result->is_direct)
        return deliver(result, &out);
    if (!self->rows)
        HY_TRY(hy_rowset_create(
            result->layout.types, result->layout.n, result->memory, &self->rows));
    return hy_rowset_append(self->rows, &out);
}

/* Hands over the rows of one morsel; takes them. */
static HyStatus deliver_rows(ResultOp *result, HyRowset *rows)
{
    HyStatus st = HY_OK;
    if (!rows)
        return HY_OK;
    if (result->target->keep_rows) {
        result->target->n_rows += hy_rowset_row_count(rows);
        st = hy_rowset_splice(result->target->rows, rows);
    } else {
        for (size_t i = 0; i < hy_rowset_piece_count(rows) && !st; i++)
            st = deliver(result, hy_rowset_piece(rows, i));
    }
    hy_rowset_destroy(rows);
    return st;
}

static HyStatus park(ResultOp *result, uint64_t sequence, ResultLocal *self)
{
    Parked *parked = malloc(sizeof *parked);
    if (!parked)
        return hy_error_oom(sizeof *parked);
    Parked **at = &result->parked;
    while (*at && (*at)->sequence < sequence)
        at = &(*at)->next;
    *parked = (Parked){.next = *at, .sequence = sequence, .rows = self->rows};
    self->rows = NULL;
    *at = parked;
    result->n_parked++;
    return HY_OK;
}

static HyStatus deliver_parked(ResultOp *result)
{
    HyStatus st = HY_OK;
    while (!st && result->parked && result->parked->sequence == result->next_sequence) {
        Parked *parked = result->parked;
        result->parked = parked->next;
        result->n_parked--;
        result->next_sequence++;
        st = deliver_rows(result, parked->rows);
        free(parked);
    }
    pthread_cond_broadcast(&result->moved);
    return st;
}

static void wait_for_turn(ResultOp *result, const HyWorker *worker)
{
    while (result->n_parked > MAX_PARKED && worker->sequence != result->next_sequence &&
        !hy_worker_may_stop(worker)) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 20000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&result->moved, &result->lock, &until);
    }
}

static HyStatus result_end_morsel(HyOp *op, HyWorker *worker, void *local)
{
    ResultOp *result = (ResultOp *)op;
    if (result->is_direct)
        return HY_OK;
    pthread_mutex_lock(&result->lock);
    if (!result->target->keep_rows)
        wait_for_turn(result, worker);
    HyStatus st = park(result, worker->sequence, local);
    if (!st)
        st = deliver_parked(result);
    pthread_mutex_unlock(&result->lock);
    return st;
}

static void result_close(void *local)
{
    hy_rowset_destroy(((ResultLocal *)local)->rows);
    free(local);
}

static void result_destroy(HyOp *op)
{
    ResultOp *result = (ResultOp *)op;
    while (result->parked) {
        Parked *parked = result->parked;
        result->parked = parked->next;
        hy_rowset_destroy(parked->rows);
        free(parked);
    }
    pthread_mutex_destroy(&result->lock);
    pthread_cond_destroy(&result->moved);
}

static const HyOpClass result_class = {.start = result_start,
    .open = result_open,
    .push = result_push,
    .end_morsel = result_end_morsel,
    .close = result_close,
    .destroy = result_destroy};

HyStatus hy_result_end(HyCompiler *c, HyStream *stream, HyResultTarget *target)
{
    ResultOp *op;
    uint32_t *places;
    const HyBoundQuery *query = c->query;
    HY_TRY(hy_op_new(c->exec, &result_class, NULL, sizeof *op, &op));
    pthread_mutex_init(&op->lock, NULL);
    pthread_cond_init(&op->moved, NULL);
    HY_TRY(hy_layout_places(c, &stream->layout, query->column_ids, query->n_columns, &places));
    op->places = places;
    op->target = target;
    op->pipeline = stream->pipeline;
    HY_TRY(hy_layout_new(c, query->n_columns, &op->layout));
    for (size_t i = 0; i < query->n_columns; i++)
        hy_layout_add(&op->layout, query->column_ids[i], query->column_types[i]);
    return hy_stream_end(c, stream, &op->op);
}
