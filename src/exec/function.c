/* Table functions: called once, or per row of the input (LATERAL); each row then stands beside the
 * rows that the function gave for it. */
#include "exec/rows.h"
#include <stdlib.h>

#define PIECES_PER_MORSEL 16

/* What both forms share. */
typedef struct FunctionCall {
    const HyFuncCall *call;
    HyProgram *arguments;
    size_t n_arguments;
    uint32_t *columns; /* of the function's rows, that are wanted; n_columns of the call: the
                          ordinality */
    HyLayout layout;
} FunctionCall;

static HyStatus run_function(
    const FunctionCall *function, HyFuncEnv *env, const HyVector *args, size_t row, HyRowset **out)
{
    const HyFuncCall *call = function->call;
    HyValue *values;
    HY_ARENA_NEW(env->arena, values, function->n_arguments);
    for (size_t i = 0; i < function->n_arguments; i++)
        values[i] = hy_vector_value(&args[i], row);
    HyRowset *rows;
    HY_TRY(hy_rowset_create(call->columns, call->n_columns, env->memory, &rows));
    HyStatus st = call->table->run(env, call, values, rows);
    if (st) {
        hy_rowset_destroy(rows);
        return st;
    }
    *out = rows;
    return HY_OK;
}

static HyStatus ordinality(HyArena *arena, HyType type, uint64_t first, size_t n, HyVector *out)
{
    HY_TRY(hy_vector_alloc(arena, type, n, out));
    int64_t *numbers = out->data;
    for (size_t i = 0; i < n; i++)
        numbers[i] = (int64_t)(first + i) + 1;
    return HY_OK;
}

/* The wanted columns of one piece of the function's rows, into cols. */
static HyStatus piece_columns(const FunctionCall *function, HyArena *arena, const HyBatch *piece,
    uint64_t first, HyVector *cols)
{
    for (size_t i = 0; i < function->layout.n; i++) {
        if (function->columns[i] == function->call->n_columns)
            HY_TRY(ordinality(arena, function->layout.types[i], first, piece->n_rows, &cols[i]));
        else
            cols[i] = piece->cols[function->columns[i]];
    }
    return HY_OK;
}

/* Which of the function's columns an id is; call->n_columns: the ordinality; SIZE_MAX: none. */
static size_t own_column(const HyAlg *alg, HyColumnId id)
{
    if (alg->ordinality != 0 && id == alg->ordinality)
        return alg->call->n_columns;
    for (size_t i = 0; i < alg->call->n_columns; i++)
        if (alg->function_columns[i] == id)
            return i;
    return SIZE_MAX;
}

static HyStatus make_call(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, const HyLayout *input, FunctionCall *out)
{
    HyExpr **args;
    HY_ARENA_NEW(c->arena, args, alg->n_exprs);
    for (size_t i = 0; i < alg->n_exprs; i++)
        args[i] = alg->exprs[i].expr;
    out->call = alg->call;
    out->n_arguments = alg->n_exprs;
    HY_TRY(hy_program_compile(c->arena, input, args, alg->n_exprs, &out->arguments));
    HY_TRY(hy_layout_new(c, alg->n_columns, &out->layout));
    HY_ARENA_NEW(c->arena, out->columns, alg->n_columns);
    for (size_t i = 0; i < alg->n_columns; i++) {
        size_t column = own_column(alg, alg->columns[i]);
        if (column == SIZE_MAX || !hy_need_has(need, alg->columns[i]))
            continue;
        out->columns[out->layout.n] = (uint32_t)column;
        hy_layout_add(&out->layout, alg->columns[i], alg->types[i]);
    }
    return HY_OK;
}

/* ---- Once ---- */

typedef struct FunctionSource {
    HySource source;
    FunctionCall function;
    HyRowset *rows;
} FunctionSource;

static HyStatus call_once(FunctionSource *self, HyExec *exec, HyArena *arena)
{
    HyFuncEnv env = exec->ctx->env;
    HyBatch one = {.n_rows = 1};
    HyVector *args;
    HyProgramState *state;
    env.arena = arena;
    env.cancel = exec->ctx->cancel;
    env.memory = exec->ctx->memory;
    HY_ARENA_NEW(arena, args, self->function.n_arguments);
    HY_TRY(hy_program_open(self->function.arguments, &state));
    HyStatus st = hy_program_run(state, &env, &one, args);
    if (!st)
        st = run_function(&self->function, &env, args, 0, &self->rows);
    hy_program_close(state);
    return st;
}

static HyStatus once_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    FunctionSource *self = (FunctionSource *)source;
    hy_rowset_destroy(self->rows);
    self->rows = NULL;
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    HyStatus st = call_once(self, exec, arena);
    hy_arena_destroy(arena);
    HY_TRY(st);
    *n_morsels = (hy_rowset_piece_count(self->rows) + PIECES_PER_MORSEL - 1) / PIECES_PER_MORSEL;
    return HY_OK;
}

static HyStatus once_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    (void)local;
    FunctionSource *self = (FunctionSource *)source;
    size_t p = morsel * PIECES_PER_MORSEL, end = p + PIECES_PER_MORSEL;
    uint64_t first = 0;
    for (size_t before = 0; before < p; before++)
        first += hy_rowset_piece(self->rows, before)->n_rows;
    for (; p < end && p < hy_rowset_piece_count(self->rows) && !hy_worker_may_stop(worker); p++) {
        const HyBatch *piece = hy_rowset_piece(self->rows, p);
        HyBatch out = {.n_rows = piece->n_rows, .n_cols = self->function.layout.n};
        HY_BATCH_NEW(worker, out.cols, out.n_cols);
        HY_TRY(piece_columns(&self->function, worker->arena, piece, first, out.cols));
        first += piece->n_rows;
        HY_TRY(hy_source_emit(source, worker, &out));
        hy_arena_reset(worker->arena);
    }
    return HY_OK;
}

static void once_destroy(HySource *source)
{
    hy_rowset_destroy(((FunctionSource *)source)->rows);
}

static const HySourceClass once_class = {
    .start = once_start, .run = once_run, .destroy = once_destroy};

/* ---- Per row ---- */

typedef struct LateralOp {
    HyOp op;
    FunctionCall function;
    uint32_t *places; /* input columns that stay */
    size_t n_kept;
    bool is_outer; /* an input row without result is kept, with nulls */
} LateralOp;

/* The downstream runs on an arena of its own, so that a row that gives millions does not fill the
 * batch's. */
typedef struct LateralLocal {
    HyProgramState *arguments;
    HyArena *arena;
} LateralLocal;

static void lateral_close(void *arg)
{
    LateralLocal *local = arg;
    hy_program_close(local->arguments);
    hy_arena_destroy(local->arena);
    free(local);
}

static HyStatus lateral_open(HyOp *op, HyWorker *worker, void **out)
{
    (void)worker;
    LateralLocal *local = calloc(1, sizeof *local);
    if (!local)
        return hy_error_oom(sizeof *local);
    *out = local;
    local->arena = hy_arena_create();
    if (!local->arena)
        return hy_error_oom(0);
    return hy_program_open(((LateralOp *)op)->function.arguments, &local->arguments);
}

static HyStatus emit_beside(
    LateralOp *self, HyWorker *worker, const HyBatch *batch, size_t row, HyBatch *out)
{
    for (size_t i = 0; i < self->n_kept; i++) {
        HyValue value = hy_vector_value(&batch->cols[self->places[i]], row);
        HY_TRY(hy_vector_constant(worker->arena, &value, &out->cols[i]));
    }
    HY_TRY(hy_op_emit(&self->op, worker, out));
    hy_arena_reset(worker->arena);
    return HY_OK;
}

/* Row `row` of the input beside each of the function's rows. */
static HyStatus emit_row(
    LateralOp *self, HyWorker *worker, const HyBatch *batch, size_t row, const HyRowset *rows)
{
    uint64_t first = 0;
    HyBatch out = {.n_cols = self->n_kept + self->function.layout.n};
    for (size_t p = 0; p < hy_rowset_piece_count(rows); p++) {
        const HyBatch *piece = hy_rowset_piece(rows, p);
        HY_BATCH_NEW(worker, out.cols, out.n_cols);
        out.n_rows = piece->n_rows;
        HY_TRY(
            piece_columns(&self->function, worker->arena, piece, first, out.cols + self->n_kept));
        first += piece->n_rows;
        HY_TRY(emit_beside(self, worker, batch, row, &out));
    }
    if (first > 0 || !self->is_outer)
        return HY_OK;
    HY_BATCH_NEW(worker, out.cols, out.n_cols);
    out.n_rows = 1;
    for (size_t i = 0; i < self->function.layout.n; i++) {
        HyValue null = hy_value_null(self->function.layout.types[i]);
        HY_TRY(hy_vector_constant(worker->arena, &null, &out.cols[self->n_kept + i]));
    }
    return emit_beside(self, worker, batch, row, &out);
}

static HyStatus lateral_push(HyOp *op, HyWorker *worker, void *arg, const HyBatch *batch)
{
    LateralOp *self = (LateralOp *)op;
    LateralLocal *local = arg;
    HyVector *args;
    HY_BATCH_NEW(worker, args, self->function.n_arguments);
    HY_TRY(hy_program_run(local->arguments, &worker->env, batch, args));
    HyArena *outer = worker->arena;
    worker->arena = worker->env.arena = local->arena;
    HyStatus st = HY_OK;
    for (size_t row = 0; row < batch->n_rows && !st && !hy_worker_may_stop(worker); row++) {
        HyRowset *rows = NULL;
        HY_GO(run_function(&self->function, &worker->env, args, row, &rows));
        st = emit_row(self, worker, batch, row, rows);
        hy_rowset_destroy(rows);
        hy_arena_reset(local->arena);
    }
done:
    worker->arena = worker->env.arena = outer;
    return st;
}

static const HyOpClass lateral_class = {
    .open = lateral_open, .push = lateral_push, .close = lateral_close};

HyStatus hy_compile_lateral(HyCompiler *c, HyAlg *function, const HyNeed *need, HyStream *stream)
{
    LateralOp *op;
    HyLayout kept;
    HY_TRY(hy_op_new(c->exec, &lateral_class, function, sizeof *op, &op));
    HY_TRY(make_call(c, function, need, &stream->layout, &op->function));
    HY_TRY(hy_layout_needed(c, &stream->layout, need, &kept, &op->places));
    op->n_kept = kept.n;
    op->is_outer = function->is_outer;
    HyLayout out;
    HY_TRY(hy_layout_new(c, kept.n + op->function.layout.n, &out));
    for (size_t i = 0; i < kept.n; i++)
        hy_layout_add(&out, kept.ids[i], kept.types[i]);
    for (size_t i = 0; i < op->function.layout.n; i++)
        hy_layout_add(&out, op->function.layout.ids[i], op->function.layout.types[i]);
    HY_TRY(hy_stream_append(c, stream, &op->op));
    stream->layout = out;
    return HY_OK;
}

HyStatus hy_compile_function(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    if (alg->n_inputs > 0) {
        HyNeed *below;
        HY_TRY(hy_need_new(c, need, &below));
        for (size_t i = 0; i < alg->n_exprs; i++)
            hy_need_expr(below, alg->exprs[i].expr);
        HY_TRY(hy_compile(c, alg->inputs[0], below, out));
        return hy_compile_lateral(c, alg, need, out);
    }
    FunctionSource *source;
    HyLayout none = {0};
    HY_TRY(hy_source_new(c->exec, &once_class, alg, sizeof *source, &source));
    HY_TRY(make_call(c, alg, need, &none, &source->function));
    return hy_stream_begin(c, &source->source, &source->function.layout, out);
}
