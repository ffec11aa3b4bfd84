/* Expressions, compiled to register programs over vectors.
 *
 * A program is immutable and shared by all workers; each worker opens a state of its own, which
 * holds constants that were computed once and results per dictionary. Results live in env->arena,
 * in the batch or in the state: until the arena is reset, the batch dies or the state is closed.
 *
 *     HY_TRY(hy_program_compile(arena, &layout, exprs, n, &program));
 *     HY_TRY(hy_program_open(program, &state));
 *     HY_TRY(hy_program_run(state, env, &batch, out));    // once per batch
 *     hy_program_close(state);
 */
#ifndef HY_EXEC_PROGRAM_H
#define HY_EXEC_PROGRAM_H

#include "sql/expr.h"

/* Which column stands at which place of a batch. */
typedef struct HyLayout {
    HyColumnId *ids;
    HyType *types;
    size_t n;
} HyLayout;

/* The place of a column, or SIZE_MAX. */
size_t hy_layout_find(const HyLayout *layout, HyColumnId id);

typedef struct HyProgram HyProgram;
typedef struct HyProgramState HyProgramState;

/* Compiles n expressions over columns of the layout. Everything lives in the arena; the expressions
 * must outlive the program. Errors: XX000 for a column that the layout lacks. */
HyStatus hy_program_compile(HyArena *arena, const HyLayout *layout, HyExpr *const *exprs, size_t n,
    HyProgram **out) HY_MUST_CHECK;
size_t hy_program_result_count(const HyProgram *program);

HyStatus hy_program_open(const HyProgram *program, HyProgramState **out) HY_MUST_CHECK;
void hy_program_close(HyProgramState *state); /* NULL is fine */

/* Computes all expressions for the rows of the batch (1 to HY_VECTOR_SIZE). Results may be of any
 * form and may share vectors of the batch. */
HyStatus hy_program_run(
    HyProgramState *state, HyFuncEnv *env, const HyBatch *batch, HyVector *out) HY_MUST_CHECK;

/* A condition of which only the rows matter for which it is true. Its AND parts are ordered by
 * cost, and each sees only the rows that the ones before left when that pays or when it may fail.
 */
typedef struct HyPredicate HyPredicate;
typedef struct HyPredicateState HyPredicateState;

HyStatus hy_predicate_compile(
    HyArena *arena, const HyLayout *layout, HyExpr *expr, HyPredicate **out) HY_MUST_CHECK;
HyStatus hy_predicate_open(const HyPredicate *predicate, HyPredicateState **out) HY_MUST_CHECK;
void hy_predicate_close(HyPredicateState *state);
/* Writes the row numbers for which the condition is true, ascending, to sel (room for
 * batch->n_rows). *n_sel == batch->n_rows: all rows; sel is filled all the same. */
HyStatus hy_predicate_select(HyPredicateState *state, HyFuncEnv *env, const HyBatch *batch,
    uint32_t *sel, size_t *n_sel) HY_MUST_CHECK;

/* The AND parts one by one, for the scan, which loads columns between them: the places of the
 * columns that part `i` uses, and its rows. */
size_t hy_predicate_part_count(const HyPredicate *predicate);
const uint32_t *hy_predicate_part_columns(const HyPredicate *predicate, size_t part, size_t *n);
HyStatus hy_predicate_part_select(HyPredicateState *state, size_t part, HyFuncEnv *env,
    const HyBatch *batch, uint32_t *sel, size_t *n_sel) HY_MUST_CHECK;

/* Whether evaluating may raise an error for some values. */
bool hy_expr_can_fail(const HyExpr *expr);
/* Keeps in sel the rows of a boolean vector that are true; returns how many. */
size_t hy_select_true(const HyVector *v, size_t n, uint32_t *sel);

#endif
