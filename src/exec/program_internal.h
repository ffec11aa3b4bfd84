/* What the compiler, the evaluator and its special nodes share. Internal to expr_*.c and
 * predicate.c. */
#ifndef HY_EXEC_PROGRAM_INTERNAL_H
#define HY_EXEC_PROGRAM_INTERNAL_H

#include "exec/program.h"

#define HY_NO_REGISTER UINT32_MAX

typedef struct HyInstr HyInstr;

/* Instructions that leave their value in register `result`. */
typedef struct HyBlock {
    HyInstr **code;
    size_t n_code;
    size_t capacity;
    uint32_t result;
    bool can_fail;
} HyBlock;

typedef struct HyInList HyInList; /* expr_in_list.c */

/* One node of an expression. Lazy operands (of AND, OR, CASE, COALESCE, and a lambda's body) are
 * blocks, which run on the rows that need them; all others are registers computed before. */
struct HyInstr {
    const HyExpr *expr;
    uint32_t dst;
    uint32_t *args; /* registers */
    size_t n_args;
    HyBlock *blocks;
    size_t n_blocks;
    bool is_constant;     /* the same for all rows of the statement: computed once per state */
    bool by_dictionary;   /* may be computed per distinct value */
    uint32_t cache;       /* index of its dictionary cache, if by_dictionary */
    const HyInList *list; /* IN with many constants */
    uint32_t lambda_register;
};

struct HyProgram {
    HyBlock main;
    uint32_t *results;
    size_t n_results;
    uint32_t *columns; /* register i < n_columns is the batch's column columns[i] */
    size_t n_columns;
    HyVector *constants; /* by register; kind is meaningful where has_constant */
    bool *has_constant;
    uint32_t n_registers;
    uint32_t n_caches;
};

/* What a node gave for the values of the dictionary seen last. */
typedef struct HyDictionaryCache {
    uint64_t id;        /* of the input dictionary; 0: nothing */
    uint64_t rows_seen; /* of this dictionary while nothing is computed yet */
    bool is_filled;
    bool has_failed; /* a value that no row may have raised an error: go by rows */
    HyArena *arena;
    HyVector values;   /* flat; one per distinct value */
    HyDictionary dict; /* the same as a dictionary */
} HyDictionaryCache;

struct HyProgramState {
    const HyProgram *program;
    HyArena *arena;
    HyVector *constants; /* by register; computed ones are added */
    bool *has_constant;
    HyDictionaryCache *caches;
};

/* The rows on which instructions run: all of the batch, or rows sel[0..n) of the parent. Registers
 * that the parent has are gathered when they are first needed. */
typedef struct HyFrame HyFrame;
struct HyFrame {
    HyFrame *parent;
    HyProgramState *state;
    HyFuncEnv *env;
    const HyBatch *batch; /* root only */
    const uint32_t *sel;
    size_t n;
    HyVector *registers;
    bool *has;
};

HyStatus hy_frame_open(HyFrame *parent, const uint32_t *sel, size_t n, HyFrame *out) HY_MUST_CHECK;
HyStatus hy_frame_get(HyFrame *frame, uint32_t reg, HyVector *out) HY_MUST_CHECK;
/* Runs the block's instructions and gives its result for the frame's rows. */
HyStatus hy_block_run(HyFrame *frame, const HyBlock *block, HyVector *out) HY_MUST_CHECK;
/* The same for rows sel[0..n_sel) of the frame. */
HyStatus hy_block_run_on(HyFrame *frame, const HyBlock *block, const uint32_t *sel, size_t n_sel,
    HyVector *out) HY_MUST_CHECK;

/* expr_conditional.c */
HyStatus hy_eval_logic(HyFrame *frame, const HyInstr *instr, HyVector *out) HY_MUST_CHECK;
HyStatus hy_eval_case(HyFrame *frame, const HyInstr *instr, HyVector *out) HY_MUST_CHECK;
HyStatus hy_eval_coalesce(HyFrame *frame, const HyInstr *instr, HyVector *out) HY_MUST_CHECK;
/* expr_lambda.c */
HyStatus hy_eval_lambda_call(HyFrame *frame, const HyInstr *instr, HyVector *out) HY_MUST_CHECK;
HyStatus hy_eval_array(HyFuncEnv *env, const HyExpr *expr, const HyVector *args, size_t n,
    HyVector *out) HY_MUST_CHECK;
/* expr_in_list.c: a list made for constants; NULL when another way is better. */
HyStatus hy_in_list_build(HyArena *arena, const HyExpr *expr, const HyInList **out) HY_MUST_CHECK;
HyStatus hy_eval_in_list(HyFuncEnv *env, const HyInstr *instr, const HyVector *args, size_t n,
    HyVector *out) HY_MUST_CHECK;
/* expr_dictionary.c: tries to compute the node once per distinct value of its only variable
 * argument, args[variable], a dictionary vector. *done = false: the caller goes by rows. */
HyStatus hy_eval_by_dictionary(HyFrame *frame, const HyInstr *instr, HyVector *args,
    size_t variable, bool *done, HyVector *out) HY_MUST_CHECK;
/* expr_eval.c: one node over its arguments, n rows. */
HyStatus hy_eval_node(HyFuncEnv *env, const HyInstr *instr, const HyVector *args, size_t n,
    HyVector *out) HY_MUST_CHECK;

/* The AND of the arguments' validity for n rows, in memory of its own; NULL when no row is null. */
HyStatus hy_and_validity(
    HyArena *arena, const HyVector *args, size_t n_args, size_t n, uint64_t **out) HY_MUST_CHECK;
static inline bool hy_is_null_constant(const HyVector *v)
{
    return v->kind == HY_VECTOR_CONSTANT && v->validity && !hy_bitmap_get(v->validity, 0);
}
/* A null constant of the type. */
HyStatus hy_null_vector(HyArena *arena, HyType type, HyVector *out) HY_MUST_CHECK;

#endif
