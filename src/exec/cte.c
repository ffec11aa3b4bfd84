/* WITH: a query that several places read is run once into a rowset; one that a single place reads
 * is part of that place. WITH RECURSIVE: the step is a plan of its own, run until it gives no new
 * rows. */
#include "exec/group_table.h"
#include "exec/rows.h"
#include <stdlib.h>

struct HyCteSlot {
    HyCteSlot *next;
    const HyCte *cte;
    HyRowset **rows;            /* all columns of the CTE, in order */
    const HyCollectOp *collect; /* what it put on disk; or NULL */
};

static HyCteSlot *find_slot(const HyCompiler *c, const HyCte *cte)
{
    for (HyCteSlot *slot = c->ctes; slot; slot = slot->next)
        if (slot->cte == cte)
            return slot;
    return NULL;
}

static HyStatus add_slot(
    HyCompiler *c, const HyCte *cte, HyRowset **rows, const HyCollectOp *collect)
{
    HyCteSlot *slot;
    HY_ARENA_NEW(c->arena, slot, 1);
    *slot = (HyCteSlot){.next = c->ctes, .cte = cte, .rows = rows, .collect = collect};
    c->ctes = slot;
    return HY_OK;
}

/* Whether a query reads the working table of a recursion that encloses it. */
static bool reads_working_table(const HyAlg *alg)
{
    if (alg->kind == HY_ALG_CTE)
        return !alg->cte->query || reads_working_table(alg->cte->query);
    for (size_t i = 0; i < alg->n_inputs; i++)
        if (reads_working_table(alg->inputs[i]))
            return true;
    return false;
}

/* The columns of the CTE that are read here, and their indexes. */
static HyStatus compile_inline(
    HyCompiler *c, HyAlg *alg, const HyLayout *layout, const uint32_t *columns, HyStream *out)
{
    HyNeed *need;
    HyColumnId *ids;
    uint32_t *places;
    HY_TRY(hy_need_new(c, NULL, &need));
    HY_ARENA_NEW(c->arena, ids, layout->n);
    for (size_t i = 0; i < layout->n; i++) {
        ids[i] = alg->cte->columns[columns[i]];
        hy_need_add(need, ids[i]);
    }
    HY_TRY(hy_compile(c, alg->cte->query, need, out));
    HY_TRY(hy_layout_places(c, &out->layout, ids, layout->n, &places));
    return hy_stream_project(c, out, layout, places);
}

/* Runs the query before whatever comes now, in the plan that is run as often as its rows can
 * change. */
static HyStatus materialise(HyCompiler *c, const HyCte *cte, bool changes)
{
    HyPlan *plan = c->plan;
    HyNeed *need;
    HyStream stream;
    HyCollectOp *collect;
    if (!changes)
        c->plan = c->root_plan;
    HY_TRY(hy_need_new(c, NULL, &need));
    for (size_t i = 0; i < cte->n_columns; i++)
        hy_need_add(need, cte->columns[i]);
    HY_TRY(hy_compile(c, cte->query, need, &stream));
    HY_TRY(hy_collect_columns(c, &stream, NULL, cte->columns, cte->n_columns, &collect));
    c->plan = plan;
    collect->may_spill = true;
    return add_slot(c, cte, &collect->rows, collect);
}

HyStatus hy_compile_cte(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    const HyCte *cte = alg->cte;
    HyLayout layout;
    uint32_t *columns;
    HySource *source;
    HY_TRY(hy_leaf_layout(c, alg, need, &layout, &columns));
    if (!find_slot(c, cte)) {
        if (!cte->query)
            return hy_error("XX000",
                "internal error: the working table of \"%s\" outside its recursion",
                cte->name ? cte->name : "");
        bool changes = reads_working_table(cte->query);
        if (cte->n_references == 1 && (changes || c->plan == c->root_plan))
            return compile_inline(c, alg, &layout, columns, out);
        HY_TRY(materialise(c, cte, changes));
    }
    const HyCteSlot *slot = find_slot(c, cte);
    HY_TRY(hy_rows_source(c, alg, slot->rows, slot->collect, columns, layout.n, &source));
    return hy_stream_begin(c, source, &layout, out);
}

/* ---- Recursion ---- */

typedef struct Recursion {
    HySource source; /* gives the result, and frees it at the end */
    HySource *inner;
    HyLayout layout;
    bool is_distinct;
    HyPlan start, step;
    HyCollectOp *started, *stepped;
    HyRowset *working;
    HyRowset *result;
    HyGroupTable seen; /* UNION */
} Recursion;

typedef struct RecursionStep {
    HyStep step;
    Recursion *recursion;
} RecursionStep;

static void free_recursion(Recursion *r)
{
    hy_rowset_destroy(r->working);
    hy_rowset_destroy(r->result);
    r->working = r->result = NULL;
    hy_group_table_close(&r->seen);
}

/* Appends the rows of a piece that were not seen before, each once. */
static HyStatus append_new(Recursion *r, const HyBatch *piece, HyArena *arena, HyRowset *out)
{
    size_t n = piece->n_rows, n_seen = r->seen.n_groups, n_new = 0;
    uint64_t *hashes = hy_arena_alloc(arena, n * sizeof *hashes);
    uint32_t *groups = hy_arena_alloc(arena, n * sizeof *groups);
    uint32_t *sel = hy_arena_alloc(arena, n * sizeof *sel);
    uint8_t *is_taken = hy_arena_zalloc(arena, n);
    HyBatch fresh = {.n_cols = piece->n_cols};
    fresh.cols = hy_arena_alloc(arena, piece->n_cols * sizeof *fresh.cols);
    if (!hashes || !groups || !sel || !is_taken || !fresh.cols)
        return hy_error_oom(n * sizeof *hashes);
    HY_TRY(hy_group_hash(piece->cols, piece->n_cols, n, hashes));
    HY_TRY(hy_group_table_find(&r->seen, piece->cols, n, hashes, arena, groups));
    for (size_t i = 0; i < n; i++)
        if (groups[i] >= n_seen && !is_taken[groups[i] - n_seen]) {
            is_taken[groups[i] - n_seen] = 1;
            sel[n_new++] = (uint32_t)i;
        }
    fresh.n_rows = n_new;
    for (size_t k = 0; k < piece->n_cols; k++)
        HY_TRY(hy_vector_gather(arena, &piece->cols[k], sel, n_new, &fresh.cols[k]));
    HY_TRY(hy_rowset_append(out, &fresh));
    hy_arena_reset(arena);
    return HY_OK;
}

/* The rows just collected become the working table. */
static HyStatus take_working(Recursion *r, HyExec *exec, HyRowset *collected)
{
    HyRowset *working;
    HyWorker *worker;
    HyMemory *memory = exec->ctx->memory;
    HY_TRY(hy_exec_worker(exec, 0, &worker));
    HY_TRY(hy_rowset_create(r->layout.types, r->layout.n, memory, &working));
    HyStatus st = HY_OK;
    if (!r->is_distinct)
        st = hy_rowset_splice(working, collected);
    else
        for (size_t p = 0; p < hy_rowset_piece_count(collected) && !st; p++)
            st = append_new(r, hy_rowset_piece(collected, p), worker->arena, working);
    if (st) {
        hy_rowset_destroy(working);
        return st;
    }
    hy_rowset_destroy(r->working);
    r->working = working;
    return HY_OK;
}

#define FEW_ROWS 256

/* Few rows are copied: pieces of a row or two, a million times, would cost more. */
static HyStatus add_result(Recursion *r)
{
    if (hy_rowset_row_count(r->working) > FEW_ROWS)
        return hy_rowset_splice(r->result, r->working);
    for (size_t p = 0; p < hy_rowset_piece_count(r->working); p++)
        HY_TRY(hy_rowset_append(r->result, hy_rowset_piece(r->working, p)));
    return HY_OK;
}

static HyStatus recursion_run(HyStep *step, HyExec *exec)
{
    Recursion *r = ((RecursionStep *)step)->recursion;
    HyMemory *memory = exec->ctx->memory;
    free_recursion(r);
    HY_TRY(hy_rowset_create(r->layout.types, r->layout.n, memory, &r->result));
    if (r->is_distinct)
        HY_TRY(hy_group_table_open(&r->seen, r->layout.types, r->layout.n, memory));
    HY_TRY(hy_plan_run(&r->start, exec));
    HY_TRY(take_working(r, exec, r->started->rows));
    while (hy_rowset_row_count(r->working) > 0) {
        HY_TRY(hy_cancel_check(exec->ctx->cancel));
        HY_TRY(hy_plan_run(&r->step, exec));
        HY_TRY(add_result(r));
        HY_TRY(take_working(r, exec, r->stepped->rows));
    }
    return HY_OK;
}

static HyStatus recursion_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    Recursion *r = (Recursion *)source;
    r->inner->slot = source->slot;
    return r->inner->class->start(r->inner, exec, n_morsels);
}

static HyStatus recursion_source_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    HySource *inner = ((Recursion *)source)->inner;
    return inner->class->run(inner, worker, local, morsel);
}

static void recursion_destroy(HySource *source)
{
    free_recursion((Recursion *)source);
}

static const HySourceClass recursion_class = {
    .start = recursion_start, .run = recursion_source_run, .destroy = recursion_destroy};

/* One of the two inputs as a plan that collects the recursion's columns. */
static HyStatus compile_part(
    HyCompiler *c, HyAlg *input, const HyColumnId *ids, size_t n, HyPlan *plan, HyCollectOp **out)
{
    HyPlan *outer = c->plan;
    HyNeed *need;
    HyStream stream;
    HY_TRY(hy_need_new(c, NULL, &need));
    for (size_t i = 0; i < n; i++)
        hy_need_add(need, ids[i]);
    c->plan = plan;
    HY_TRY(hy_compile(c, input, need, &stream));
    HY_TRY(hy_collect_columns(c, &stream, NULL, ids, n, out));
    c->plan = outer;
    return HY_OK;
}

HyStatus hy_compile_recursive(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    Recursion *r;
    RecursionStep *step;
    HyLayout layout;
    uint32_t *columns;
    size_t n = alg->n_columns;
    HY_TRY(hy_source_new(c->exec, &recursion_class, alg, sizeof *r, &r));
    r->is_distinct = alg->recursive_distinct;
    HY_TRY(hy_layout_new(c, n, &r->layout));
    for (size_t i = 0; i < n; i++)
        hy_layout_add(&r->layout, alg->columns[i], alg->types[i]);
    HY_TRY(compile_part(c, alg->inputs[0],
        alg->left_columns ? alg->left_columns : alg->inputs[0]->columns, n, &r->start,
        &r->started));
    HY_TRY(add_slot(c, alg->cte, &r->working, NULL));
    HY_TRY(compile_part(c, alg->inputs[1],
        alg->right_columns ? alg->right_columns : alg->inputs[1]->columns, n, &r->step,
        &r->stepped));
    HY_ARENA_NEW(c->arena, step, 1);
    step->step.run = recursion_run;
    step->recursion = r;
    hy_plan_append(c->plan, &step->step);
    HY_TRY(hy_leaf_layout(c, alg, need, &layout, &columns));
    HY_TRY(hy_rows_source(c, alg, &r->result, NULL, columns, layout.n, &r->inner));
    return hy_stream_begin(c, &r->source, &layout, out);
}
