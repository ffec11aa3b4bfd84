#include "exec/result.h"
#include "exec/delivery.h"

typedef struct ResultOp {
    HyOp op;
    HyLayout layout;
    const uint32_t *places;
    HyPipeline *pipeline;
    HyResultTarget *target;
    HyDelivery delivery;
} ResultOp;

static HyStatus take(void *ctx, HyWorker *worker, const HyBatch *batch)
{
    (void)worker;
    HyResultTarget *target = ctx;
    target->n_rows += batch->n_rows;
    if (target->keep_rows)
        return hy_rowset_append(target->rows, batch);
    return target->on_batch ? target->on_batch(target->sink, batch) : HY_OK;
}

static HyStatus take_rows(void *ctx, HyRowset *rows)
{
    HyResultTarget *target = ctx;
    target->n_rows += hy_rowset_row_count(rows);
    return hy_rowset_splice(target->rows, rows);
}

static HyStatus result_start(HyOp *op, HyExec *exec)
{
    ResultOp *result = (ResultOp *)op;
    hy_delivery_start(&result->delivery, exec, result->pipeline);
    if (!result->target->keep_rows)
        return HY_OK;
    return hy_rowset_create(
        result->layout.types, result->layout.n, exec->ctx->memory, &result->target->rows);
}

static HyStatus result_open(HyOp *op, HyWorker *worker, void **local)
{
    (void)op;
    (void)worker;
    HyRowset **rows;
    HY_TRY(hy_delivery_open(&rows));
    *local = rows;
    return HY_OK;
}

static HyStatus result_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    ResultOp *result = (ResultOp *)op;
    HyBatch out = {.n_rows = batch->n_rows, .n_cols = result->layout.n};
    HY_BATCH_NEW(worker, out.cols, out.n_cols);
    for (size_t i = 0; i < out.n_cols; i++) {
        out.cols[i] = batch->cols[result->places[i]];
        out.cols[i].type = result->layout.types[i];
    }
    return hy_delivery_push(&result->delivery, worker, local, &out);
}

static HyStatus result_end_morsel(HyOp *op, HyWorker *worker, void *local)
{
    return hy_delivery_end_morsel(&((ResultOp *)op)->delivery, worker, local);
}

static void result_close(void *local)
{
    hy_delivery_close(local);
}

static void result_destroy(HyOp *op)
{
    hy_delivery_destroy(&((ResultOp *)op)->delivery);
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
    hy_delivery_init(&op->delivery);
    HY_TRY(hy_layout_places(c, &stream->layout, query->column_ids, query->n_columns, &places));
    op->places = places;
    op->target = target;
    op->pipeline = stream->pipeline;
    HY_TRY(hy_layout_new(c, query->n_columns, &op->layout));
    for (size_t i = 0; i < query->n_columns; i++)
        hy_layout_add(&op->layout, query->column_ids[i], query->column_types[i]);
    op->delivery.types = op->layout.types;
    op->delivery.n_cols = op->layout.n;
    op->delivery.take = take;
    op->delivery.take_rows = target->keep_rows ? take_rows : NULL;
    op->delivery.may_wait = !target->keep_rows;
    op->delivery.ctx = target;
    return hy_stream_end(c, stream, &op->op);
}
