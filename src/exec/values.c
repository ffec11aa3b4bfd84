/* VALUES, and system relations: rows that are made when the pipeline starts. */
#include "exec/rows.h"

/* ---- One expression without columns ---- */

HyStatus hy_constant_evaluate(HyFuncEnv *env, HyArena *arena, HyExpr *expr, HyVector *out)
{
    HyLayout none = {0};
    HyProgram *program;
    HyProgramState *state;
    HyVector v;
    HyArena *saved = env->arena;
    HyBatch one = {.n_rows = 1};
    HY_TRY(hy_program_compile(arena, &none, &expr, 1, &program));
    HY_TRY(hy_program_open(program, &state));
    env->arena = arena;
    HyStatus st = hy_program_run(state, env, &one, &v);
    if (!st) { /* what lies in the state must outlive it */
        st = hy_vector_alloc(arena, v.type, 1, out);
        if (!st)
            st = hy_vector_need_validity(arena, out, 1);
        if (!st)
            st = hy_vector_copy(out, 0, &v, 0, 1, arena);
    }
    env->arena = saved;
    hy_program_close(state);
    return st;
}

/* ---- VALUES ---- */

typedef struct ValuesSource {
    HySource source;
    HySource *inner;
    HyAlg *alg;
    const uint32_t *columns; /* of alg->rows[r] */
    HyLayout layout;
    HyRowset *rows;
} ValuesSource;

static HyStatus put_value(HyExec *exec, HyArena *arena, HyExpr *expr, HyVector *column, size_t row)
{
    HyVector value;
    if (expr->kind == HY_EXPR_CONST) {
        HyValue constant = expr->value;
        constant.type = column->type;
        HY_TRY(hy_vector_constant(arena, &constant, &value));
    } else {
        HY_TRY(hy_constant_evaluate(&exec->ctx->env, arena, expr, &value));
    }
    if (hy_vector_is_null(&value, 0)) {
        HY_TRY(hy_vector_need_validity(arena, column, HY_VECTOR_SIZE));
        size_t width = hy_physical_size(hy_type_physical(column->type));
        memset((char *)column->data + row * width, 0, width);
        hy_bitmap_clear(column->validity, row);
        return HY_OK;
    }
    return hy_vector_copy(column, row, &value, 0, 1, NULL);
}

static HyStatus make_rows(
    ValuesSource *values, HyExec *exec, HyArena *arena, size_t first, size_t n)
{
    HyBatch batch = {.n_rows = n, .n_cols = values->layout.n};
    HY_ARENA_NEW(arena, batch.cols, batch.n_cols);
    for (size_t col = 0; col < batch.n_cols; col++) {
        HY_TRY(hy_vector_alloc(arena, values->layout.types[col], n, &batch.cols[col]));
        for (size_t row = 0; row < n; row++)
            HY_TRY(put_value(exec, arena, values->alg->rows[first + row][values->columns[col]],
                &batch.cols[col], row));
    }
    return hy_rowset_append(values->rows, &batch);
}

static HyStatus values_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    ValuesSource *values = (ValuesSource *)source;
    hy_rowset_destroy(values->rows);
    values->rows = NULL;
    HY_TRY(
        hy_rowset_create(values->layout.types, values->layout.n, exec->ctx->memory, &values->rows));
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    HyStatus st = HY_OK;
    for (size_t first = 0; first < values->alg->n_rows && !st; first += HY_VECTOR_SIZE) {
        size_t left = values->alg->n_rows - first;
        st = make_rows(values, exec, arena, first, left < HY_VECTOR_SIZE ? left : HY_VECTOR_SIZE);
        hy_arena_reset(arena);
    }
    hy_arena_destroy(arena);
    HY_TRY(st);
    values->inner->slot = source->slot;
    return values->inner->class->start(values->inner, exec, n_morsels);
}

static HyStatus values_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    HySource *inner = ((ValuesSource *)source)->inner;
    return inner->class->run(inner, worker, local, morsel);
}

static void values_destroy(HySource *source)
{
    hy_rowset_destroy(((ValuesSource *)source)->rows);
}

static const HySourceClass values_class = {
    .start = values_start, .run = values_run, .destroy = values_destroy};

/* The columns of a leaf that are needed, as a layout and their indexes. */
HyStatus hy_leaf_layout(
    HyCompiler *c, const HyAlg *alg, const HyNeed *need, HyLayout *layout, uint32_t **columns)
{
    HY_TRY(hy_layout_new(c, alg->n_columns, layout));
    HY_ARENA_NEW(c->arena, *columns, alg->n_columns);
    for (size_t i = 0; i < alg->n_columns; i++)
        if (hy_need_has(need, alg->columns[i])) {
            (*columns)[layout->n] = (uint32_t)i;
            hy_layout_add(layout, alg->columns[i], alg->types[i]);
        }
    return HY_OK;
}

static HyStatus all_places(HyCompiler *c, size_t n, uint32_t **out)
{
    HY_ARENA_NEW(c->arena, *out, n);
    for (size_t i = 0; i < n; i++)
        (*out)[i] = (uint32_t)i;
    return HY_OK;
}

HyStatus hy_compile_values(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    ValuesSource *source;
    uint32_t *columns, *places;
    HY_TRY(hy_source_new(c->exec, &values_class, alg, sizeof *source, &source));
    HY_TRY(hy_leaf_layout(c, alg, need, &source->layout, &columns));
    source->alg = alg;
    source->columns = columns;
    HY_TRY(all_places(c, source->layout.n, &places));
    HY_TRY(hy_rows_source(c, alg, &source->rows, NULL, places, source->layout.n, &source->inner));
    return hy_stream_begin(c, &source->source, &source->layout, out);
}

/* ---- System relations ---- */

typedef struct SystemSource {
    HySource source;
    HySource *inner;
    HyAlg *alg;
    HyRowset *rows;
} SystemSource;

static HyStatus system_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    SystemSource *self = (SystemSource *)source;
    HyExecContext *ctx = exec->ctx;
    if (!ctx->system_rows)
        return hy_error("0A000", "system relations are not available here");
    hy_rowset_destroy(self->rows);
    self->rows = NULL;
    HY_TRY(ctx->system_rows(
        ctx->session, self->alg->system_id, self->alg->system_database, ctx->memory, &self->rows));
    self->inner->slot = source->slot;
    return self->inner->class->start(self->inner, exec, n_morsels);
}

static HyStatus system_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    HySource *inner = ((SystemSource *)source)->inner;
    return inner->class->run(inner, worker, local, morsel);
}

static void system_destroy(HySource *source)
{
    hy_rowset_destroy(((SystemSource *)source)->rows);
}

static const HySourceClass system_class = {
    .start = system_start, .run = system_run, .destroy = system_destroy};

HyStatus hy_compile_system(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    SystemSource *source;
    HyLayout layout;
    uint32_t *columns;
    HY_TRY(hy_source_new(c->exec, &system_class, alg, sizeof *source, &source));
    HY_TRY(hy_leaf_layout(c, alg, need, &layout, &columns));
    source->alg = alg;
    if (alg->table_columns)
        for (size_t i = 0; i < layout.n; i++)
            columns[i] = alg->table_columns[columns[i]];
    HY_TRY(hy_rows_source(c, alg, &source->rows, NULL, columns, layout.n, &source->inner));
    return hy_stream_begin(c, &source->source, &layout, out);
}
