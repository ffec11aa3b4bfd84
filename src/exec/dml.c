/* INSERT, UPDATE, DELETE and MERGE. The rows to change are those of the version that the statement
 * reads; what it writes becomes visible when the change is finished. UPDATE deletes the row and
 * appends a new one, whose other columns are read by row id. With RETURNING the operator passes the
 * affected rows on. */
#include "catalog/transaction.h"
#include "exec/compile.h"
#include "exec/delivery.h"
#include <stdlib.h>

typedef struct ChangeOp {
    HyOp op;
    HyAlg *alg;
    HyPipeline *pipeline;
    HyLayout row;         /* all columns of the table, under the ids that RETURNING uses */
    uint32_t *new_values; /* per table column: place in the input, or UINT32_MAX */
    uint32_t row_id;      /* place in the input; UPDATE, DELETE and MERGE */
    uint32_t action;      /* likewise; MERGE */
    bool *is_read;        /* per table column: old values are needed */
    HyRelation *relation; /* the version read; UPDATE and DELETE */
    HyChange *change;
    HyDelivery delivery; /* INSERT: in the order of the input */
    atomic_int_fast64_t n_affected;
} ChangeOp;

static HyStatus change_start(HyOp *op, HyExec *exec)
{
    ChangeOp *self = (ChangeOp *)op;
    HyTransaction *txn = exec->ctx->txn;
    if (!txn)
        return hy_error("XX000", "internal error: a change without a transaction");
    hy_delivery_start(&self->delivery, exec, self->pipeline);
    if (self->alg->kind != HY_ALG_INSERT)
        HY_TRY(hy_transaction_relation(txn, self->alg->table, &self->relation));
    return hy_transaction_change(txn, self->alg->table, exec->ctx->cancel, &self->change);
}

static HyStatus change_open(HyOp *op, HyWorker *worker, void **local)
{
    (void)op;
    (void)worker;
    HyRowset **rows;
    HY_TRY(hy_delivery_open(&rows));
    *local = rows;
    return HY_OK;
}

static void change_close(void *local)
{
    hy_delivery_close(local);
}

static HyStatus change_finish(HyOp *op, HyExec *exec, void **locals, size_t n)
{
    (void)locals;
    (void)n;
    ChangeOp *self = (ChangeOp *)op;
    HyChange *change = self->change;
    self->change = NULL;
    HY_TRY(hy_change_finish(change));
    exec->affected = atomic_load(&self->n_affected);
    return HY_OK;
}

static void change_destroy(HyOp *op)
{
    ChangeOp *self = (ChangeOp *)op;
    hy_change_abort(self->change);
    hy_relation_unref(self->relation);
    hy_delivery_destroy(&self->delivery);
}

static HyStatus pass_on(ChangeOp *self, HyWorker *worker, const HyBatch *batch)
{
    atomic_fetch_add(&self->n_affected, (int_fast64_t)batch->n_rows);
    return self->op.next ? hy_op_emit(&self->op, worker, batch) : HY_OK;
}

/* ---- INSERT ---- */

static HyStatus take_insert(void *ctx, HyWorker *worker, const HyBatch *batch)
{
    ChangeOp *self = ctx;
    HY_TRY(hy_change_append(self->change, batch));
    return pass_on(self, worker, batch);
}

static HyStatus insert_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    ChangeOp *self = (ChangeOp *)op;
    HyBatch out = {.n_rows = batch->n_rows, .n_cols = self->row.n};
    HY_BATCH_NEW(worker, out.cols, out.n_cols);
    for (size_t i = 0; i < out.n_cols; i++) {
        if (self->new_values[i] != UINT32_MAX) {
            out.cols[i] = batch->cols[self->new_values[i]];
            out.cols[i].type = self->row.types[i];
            continue;
        }
        HyValue null = hy_value_null(self->row.types[i]);
        HY_TRY(hy_vector_constant(worker->arena, &null, &out.cols[i]));
    }
    return hy_delivery_push(&self->delivery, worker, local, &out);
}

static HyStatus insert_end_morsel(HyOp *op, HyWorker *worker, void *local)
{
    return hy_delivery_end_morsel(&((ChangeOp *)op)->delivery, worker, local);
}

static const HyOpClass insert_class = {.start = change_start,
    .open = change_open,
    .push = insert_push,
    .end_morsel = insert_end_morsel,
    .finish = change_finish,
    .close = change_close,
    .destroy = change_destroy};

/* ---- Reading rows by their ids ---- */

typedef struct RowOrder {
    int64_t id;
    uint32_t at;
} RowOrder;

static int compare_ids(const void *a, const void *b)
{
    int64_t id_a = ((const RowOrder *)a)->id, id_b = ((const RowOrder *)b)->id;
    return (id_a > id_b) - (id_a < id_b);
}

/* Row ids sel[0..n) of the batch's in ascending order, with their places in it. */
static HyStatus order_rows(
    HyWorker *worker, const int64_t *ids, const uint32_t *sel, size_t n, RowOrder **out)
{
    bool is_sorted = true;
    HY_BATCH_NEW(worker, *out, n);
    for (size_t i = 0; i < n; i++) {
        (*out)[i] = (RowOrder){.id = ids[sel[i]], .at = sel[i]};
        is_sorted = is_sorted && (i == 0 || (*out)[i - 1].id <= (*out)[i].id);
    }
    if (!is_sorted)
        qsort(*out, n, sizeof **out, compare_ids);
    return HY_OK;
}

/* One column of the rows [0, n), all of one block, into out from `at`. */
static HyStatus read_block(ChangeOp *self, HyWorker *worker, uint32_t column, const RowOrder *rows,
    size_t n, size_t at, HyVector *out)
{
    uint32_t *sel;
    HyChunkPin pin = {0};
    HyVector values;
    HyStatus st;
    HY_BATCH_NEW(worker, sel, n);
    uint32_t first = HY_ROW_POSITION(rows[0].id);
    for (size_t i = 0; i < n; i++)
        sel[i] = HY_ROW_POSITION(rows[i].id) - first;
    HY_GO(hy_relation_chunk(self->relation, HY_ROW_BLOCK(rows[0].id), column, &pin));
    HY_GO(hy_chunk_gather(pin.chunk, first, sel, (uint32_t)n, worker->arena, &values));
    HY_GO(hy_vector_copy(out, at, &values, 0, n, worker->arena));
done:
    hy_chunk_unpin(&pin);
    return st;
}

static HyStatus read_column(ChangeOp *self, HyWorker *worker, uint32_t column, const RowOrder *rows,
    size_t n, HyVector *out)
{
    HY_TRY(hy_vector_alloc(worker->arena, self->row.types[column], n, out));
    HY_TRY(hy_vector_need_validity(worker->arena, out, n));
    for (size_t first = 0; first < n;) {
        size_t end = first + 1;
        while (end < n && HY_ROW_BLOCK(rows[end].id) == HY_ROW_BLOCK(rows[first].id))
            end++;
        HY_TRY(read_block(self, worker, column, rows + first, end - first, first, out));
        first = end;
    }
    return HY_OK;
}

/* ---- UPDATE, DELETE ---- */

static HyStatus delete_rows(
    ChangeOp *self, HyWorker *worker, const HyBatch *batch, RowOrder **rows, size_t *n)
{
    HyVector ids;
    uint32_t *sel;
    HY_BATCH_NEW(worker, sel, batch->n_rows);
    HY_TRY(hy_vector_flatten(worker->arena, &batch->cols[self->row_id], batch->n_rows, &ids));
    HY_TRY(hy_change_delete(self->change, ids.data, batch->n_rows, sel, n));
    return order_rows(worker, ids.data, sel, *n, rows);
}

/* The table's columns for the rows: new values from the batch, others as they were. */
static HyStatus full_rows(ChangeOp *self, HyWorker *worker, const HyBatch *batch,
    const RowOrder *rows, size_t n, HyBatch *out)
{
    uint32_t *places;
    *out = (HyBatch){.n_rows = n, .n_cols = self->row.n};
    HY_BATCH_NEW(worker, out->cols, out->n_cols);
    HY_BATCH_NEW(worker, places, n);
    for (size_t i = 0; i < n; i++)
        places[i] = rows[i].at;
    for (uint32_t col = 0; col < out->n_cols; col++) {
        HyVector *v = &out->cols[col];
        if (self->new_values[col] != UINT32_MAX) {
            HY_TRY(
                hy_vector_gather(worker->arena, &batch->cols[self->new_values[col]], places, n, v));
            v->type = self->row.types[col];
        } else if (self->is_read[col]) {
            HY_TRY(read_column(self, worker, col, rows, n, v));
        } else {
            HyValue null = hy_value_null(self->row.types[col]);
            HY_TRY(hy_vector_constant(worker->arena, &null, v));
        }
    }
    return HY_OK;
}

static HyStatus modify_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    (void)local;
    ChangeOp *self = (ChangeOp *)op;
    RowOrder *rows;
    HyBatch out = {0};
    HY_TRY(delete_rows(self, worker, batch, &rows, &out.n_rows));
    if (out.n_rows == 0)
        return HY_OK;
    if (self->alg->kind == HY_ALG_UPDATE || self->op.next)
        HY_TRY(full_rows(self, worker, batch, rows, out.n_rows, &out));
    if (self->alg->kind == HY_ALG_UPDATE)
        HY_TRY(hy_change_append(self->change, &out));
    return pass_on(self, worker, &out);
}

static const HyOpClass modify_class = {.start = change_start,
    .open = change_open,
    .push = modify_push,
    .finish = change_finish,
    .close = change_close,
    .destroy = change_destroy};

/* ---- MERGE, INSERT .. ON CONFLICT ---- */

/* The rows of the batch with one of two actions; those of HY_MERGE_TWICE are an error. */
static HyStatus rows_with(HyWorker *worker, const HyVector *actions, size_t n, HyMergeAction a,
    HyMergeAction b, uint32_t **out, size_t *n_out)
{
    const int32_t *values = hy_vector_values(actions);
    HY_BATCH_NEW(worker, *out, n);
    *n_out = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t action = values[hy_vector_index(actions, i)];
        if (action == HY_MERGE_TWICE)
            return hy_error_hint(
                hy_error("21000", "ON CONFLICT DO UPDATE command cannot affect row a second time"),
                "Ensure that no rows proposed for insertion within the same command have duplicate "
                "constrained values.");
        (*out)[*n_out] = (uint32_t)i;
        *n_out += action == (int32_t)a || action == (int32_t)b;
    }
    return HY_OK;
}

/* Takes out the old rows. Each may be met once. */
static HyStatus remove_rows(
    ChangeOp *self, HyWorker *worker, const HyBatch *batch, const uint32_t *sel, size_t n)
{
    HyVector ids;
    uint32_t *removed;
    size_t n_removed;
    if (n == 0)
        return HY_OK;
    HY_BATCH_NEW(worker, removed, n);
    HY_TRY(hy_vector_gather(worker->arena, &batch->cols[self->row_id], sel, n, &ids));
    HY_TRY(hy_vector_flatten(worker->arena, &ids, n, &ids));
    HY_TRY(hy_change_delete(self->change, ids.data, n, removed, &n_removed));
    if (n_removed < n)
        return hy_error_hint(hy_error("21000", "MERGE command cannot affect row a second time"),
            "Ensure that not more than one source row matches any one target row.");
    return HY_OK;
}

static HyStatus merge_push(HyOp *op, HyWorker *worker, void *local, const HyBatch *batch)
{
    (void)local;
    ChangeOp *self = (ChangeOp *)op;
    const HyVector *actions = &batch->cols[self->action];
    HyBatch rows = {.n_rows = batch->n_rows, .n_cols = self->row.n}, added;
    uint32_t *sel;
    size_t n;
    HY_BATCH_NEW(worker, rows.cols, rows.n_cols);
    for (size_t i = 0; i < rows.n_cols; i++) {
        rows.cols[i] = batch->cols[self->new_values[i]];
        rows.cols[i].type = self->row.types[i];
    }
    HY_TRY(rows_with(worker, actions, batch->n_rows, HY_MERGE_UPDATE, HY_MERGE_DELETE, &sel, &n));
    HY_TRY(remove_rows(self, worker, batch, sel, n));
    HY_TRY(rows_with(worker, actions, batch->n_rows, HY_MERGE_UPDATE, HY_MERGE_INSERT, &sel, &n));
    if (n > 0) {
        HY_TRY(hy_batch_gather(worker, &rows, sel, n, &added));
        HY_TRY(hy_change_append(self->change, &added));
    }
    return pass_on(self, worker, &rows);
}

static const HyOpClass merge_class = {.start = change_start,
    .open = change_open,
    .push = merge_push,
    .finish = change_finish,
    .close = change_close,
    .destroy = change_destroy};

/* ---- Compiling ---- */

/* The table's columns, and which of them must be read back. */
static HyStatus table_layout(HyCompiler *c, HyAlg *alg, const HyNeed *returned, ChangeOp *op)
{
    size_t n = alg->table->n_columns;
    HY_TRY(hy_layout_new(c, n, &op->row));
    HY_ARENA_NEW(c->arena, op->new_values, n);
    HY_ARENA_NEW(c->arena, op->is_read, n);
    for (size_t i = 0; i < n; i++) {
        HyColumnId id = alg->has_returning ? alg->returning_inputs[i] : 0;
        hy_layout_add(&op->row, id, alg->table->columns[i].type);
        op->new_values[i] = UINT32_MAX;
        op->is_read[i] =
            alg->kind == HY_ALG_UPDATE || (alg->has_returning && hy_need_has(returned, id));
    }
    return HY_OK;
}

/* Columns of the input: for INSERT the new values, for the others the row id first. */
static HyStatus compile_input(HyCompiler *c, HyAlg *alg, ChangeOp *op, HyStream *out)
{
    const HyAlg *input = alg->inputs[0];
    size_t n_values = alg->kind == HY_ALG_DELETE ? 0 : alg->n_insert_columns;
    size_t first = alg->kind == HY_ALG_INSERT ? 0 : alg->kind == HY_ALG_MERGE ? 2 : 1;
    HyNeed *need;
    uint32_t *places;
    HY_TRY(hy_need_new(c, NULL, &need));
    for (size_t i = 0; i < first + n_values; i++)
        hy_need_add(need, input->columns[i]);
    HY_TRY(hy_compile(c, alg->inputs[0], need, out));
    HY_TRY(hy_layout_places(c, &out->layout, input->columns, first + n_values, &places));
    op->row_id = places[0];
    op->action = alg->kind == HY_ALG_MERGE ? places[1] : 0;
    for (size_t i = 0; i < n_values; i++)
        op->new_values[alg->insert_columns[i]] = places[first + i];
    return HY_OK;
}

HyStatus hy_compile_dml(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    ChangeOp *op;
    HyNeed *returned;
    const HyOpClass *class = alg->kind == HY_ALG_INSERT  ? &insert_class
                             : alg->kind == HY_ALG_MERGE ? &merge_class
                                                         : &modify_class;
    HY_TRY(hy_op_new(c->exec, class, alg, sizeof *op, &op));
    hy_delivery_init(&op->delivery);
    HY_TRY(hy_need_new(c, NULL, &returned));
    for (size_t i = 0; i < alg->n_exprs; i++)
        hy_need_expr(returned, alg->exprs[i].expr);
    op->alg = alg;
    HY_TRY(table_layout(c, alg, returned, op));
    HY_TRY(compile_input(c, alg, op, out));
    op->pipeline = out->pipeline;
    op->delivery.types = op->row.types;
    op->delivery.n_cols = op->row.n;
    op->delivery.take = take_insert;
    op->delivery.may_wait = true;
    op->delivery.ctx = op;
    if (!alg->has_returning) {
        HY_TRY(hy_stream_end(c, out, &op->op));
        out->pipeline = NULL; /* nothing comes out */
        return HY_OK;
    }
    out->pipeline->is_serial = true;
    HY_TRY(hy_stream_append(c, out, &op->op));
    out->layout = op->row;
    return hy_stream_map(c, out, NULL, alg->exprs, alg->n_exprs, need);
}
