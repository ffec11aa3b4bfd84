/* Runs register programs: frames, blocks, and the nodes that need all their arguments. */
#include "exec/program_internal.h"
#include <assert.h>

/* ---- States ---- */

HyStatus hy_program_open(const HyProgram *program, HyProgramState **out)
{
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    size_t n = program->n_registers;
    HyProgramState *state = hy_arena_zalloc(arena, sizeof *state);
    HyVector *constants = hy_arena_zalloc(arena, n * sizeof *constants);
    bool *has_constant = hy_arena_zalloc(arena, n * sizeof *has_constant);
    HyDictionaryCache *caches = hy_arena_zalloc(arena, program->n_caches * sizeof *caches);
    if (!state || !constants || !has_constant || !caches) {
        hy_arena_destroy(arena);
        return hy_error_oom(n * sizeof *constants);
    }
    if (n) {
        memcpy(constants, program->constants, n * sizeof *constants);
        memcpy(has_constant, program->has_constant, n * sizeof *has_constant);
    }
    *state = (HyProgramState){.program = program,
        .arena = arena,
        .constants = constants,
        .has_constant = has_constant,
        .caches = caches};
    *out = state;
    return HY_OK;
}

void hy_program_close(HyProgramState *state)
{
    if (!state)
        return;
    for (uint32_t i = 0; i < state->program->n_caches; i++)
        hy_arena_destroy(state->caches[i].arena);
    hy_arena_destroy(state->arena); /* the state lies in it */
}

/* ---- Frames ---- */

HyStatus hy_frame_open(HyFrame *parent, const uint32_t *sel, size_t n, HyFrame *out)
{
    HyArena *arena = parent->env->arena;
    *out =
        (HyFrame){.parent = parent, .state = parent->state, .env = parent->env, .sel = sel, .n = n};
    size_t n_registers = parent->state->program->n_registers;
    out->registers = hy_arena_alloc(arena, n_registers * sizeof *out->registers);
    out->has = hy_arena_zalloc(arena, n_registers * sizeof *out->has);
    if (!out->registers || !out->has)
        return hy_error_oom(n_registers * sizeof *out->registers);
    return HY_OK;
}

HyStatus hy_frame_get(HyFrame *frame, uint32_t reg, HyVector *out)
{
    HyProgramState *state = frame->state;
    if (state->has_constant[reg]) {
        *out = state->constants[reg];
        return HY_OK;
    }
    if (!frame->has[reg]) {
        assert(frame->parent || frame->batch);
        if (frame->parent) {
            HyVector whole;
            HY_TRY(hy_frame_get(frame->parent, reg, &whole));
            HY_TRY(hy_vector_gather(
                frame->env->arena, &whole, frame->sel, frame->n, &frame->registers[reg]));
        } else {
            frame->registers[reg] = frame->batch->cols[state->program->columns[reg]];
        }
        frame->has[reg] = true;
    }
    *out = frame->registers[reg];
    return HY_OK;
}

/* ---- Nodes ---- */

HyStatus hy_and_validity(
    HyArena *arena, const HyVector *args, size_t n_args, size_t n, uint64_t **out)
{
    *out = NULL;
    for (size_t i = 0; i < n_args; i++) {
        const HyVector *v = &args[i];
        if (!v->validity || (v->kind == HY_VECTOR_CONSTANT && !hy_is_null_constant(v)))
            continue;
        size_t words = hy_bitmap_words(n);
        if (!*out) {
            *out = hy_arena_alloc(arena, words * 8);
            if (!*out)
                return hy_error_oom(words * 8);
            hy_bitmap_fill(*out, n, true);
        }
        if (v->kind == HY_VECTOR_CONSTANT)
            hy_bitmap_fill(*out, n, false);
        else
            for (size_t w = 0; w < words; w++)
                (*out)[w] &= v->validity[w];
    }
    return HY_OK;
}

HyStatus hy_null_vector(HyArena *arena, HyType type, HyVector *out)
{
    HyValue null = hy_value_null(type);
    return hy_vector_constant(arena, &null, out);
}

static HyStatus eval_call(
    HyFuncEnv *env, const HyExpr *expr, const HyVector *args, size_t n, HyVector *out)
{
    const HyFuncCall *call = expr->call;
    HyType type = call->result;
    uint64_t *validity = NULL;
    if (call->is_strict) {
        for (size_t i = 0; i < call->n_args; i++)
            if (hy_is_null_constant(&args[i]))
                return hy_null_vector(env->arena, type, out);
        HY_TRY(hy_and_validity(env->arena, args, call->n_args, n, &validity));
    }
    HyVector result;
    HY_TRY(hy_vector_alloc(env->arena, type, n, &result));
    result.validity = validity;
    if (validity || !call->is_strict) /* kernels may leave the payload of null rows alone */
        memset(result.data, 0, n * hy_physical_size(hy_type_physical(type)));
    HY_TRY(call->kernel(env, call, args, n, &result));
    *out = result;
    return HY_OK;
}

static HyStatus eval_cast(
    HyFuncEnv *env, const HyExpr *expr, const HyVector *args, size_t n, HyVector *out)
{
    HyStatus st =
        hy_cast_vector(env->arena, env->style, &args[0], n, expr->type, expr->is_try, out);
    return hy_error_at(st, expr->position);
}

/* Arrays with null elements may compare as unknown. */
static HyStatus compare_arrays(
    HyFuncEnv *env, HyCompareOp op, const HyVector *args, size_t n, HyVector *out)
{
    const HyString *a = hy_vector_values(&args[0]);
    const HyString *b = hy_vector_values(&args[1]);
    for (size_t i = 0; i < n; i++) {
        bool result = false;
        bool is_known = true;
        if (!hy_vector_is_null(&args[0], i) && !hy_vector_is_null(&args[1], i))
            HY_TRY(hy_compare_arrays(op, *args[0].type.element, &a[hy_vector_index(&args[0], i)],
                &b[hy_vector_index(&args[1], i)], &result, &is_known));
        ((uint8_t *)out->data)[i] = result;
        if (!is_known) {
            HY_TRY(hy_vector_need_validity(env->arena, out, n));
            hy_bitmap_clear(out->validity, i);
        }
    }
    return HY_OK;
}

static HyStatus eval_compare(
    HyFuncEnv *env, const HyExpr *expr, const HyVector *args, size_t n, HyVector *out)
{
    if (hy_is_null_constant(&args[0]) || hy_is_null_constant(&args[1]))
        return hy_null_vector(env->arena, expr->type, out);
    HY_TRY(hy_vector_alloc(env->arena, expr->type, n, out));
    HY_TRY(hy_and_validity(env->arena, args, 2, n, &out->validity));
    if (args[0].type.id == HY_TYPE_ARRAY && args[0].type.element)
        return compare_arrays(env, expr->op, args, n, out);
    return hy_compare_vectors(expr->op, &args[0], &args[1], n, out->data);
}

/* IS [NOT] DISTINCT FROM: equality that takes null for a value. */
static HyStatus eval_distinct(
    HyFuncEnv *env, const HyExpr *expr, const HyVector *args, size_t n, HyVector *out)
{
    HY_TRY(hy_vector_alloc(env->arena, expr->type, n, out));
    uint8_t *restrict result = out->data;
    HY_TRY(hy_compare_vectors(HY_CMP_NE, &args[0], &args[1], n, result));
    if (args[0].validity || args[1].validity)
        for (size_t i = 0; i < n; i++) {
            bool null_a = hy_vector_is_null(&args[0], i), null_b = hy_vector_is_null(&args[1], i);
            if (null_a || null_b)
                result[i] = null_a != null_b;
        }
    if (expr->negated)
        for (size_t i = 0; i < n; i++)
            result[i] ^= 1;
    return HY_OK;
}

static HyStatus eval_not(
    HyFuncEnv *env, const HyExpr *expr, const HyVector *args, size_t n, HyVector *out)
{
    HyVector in;
    HY_TRY(hy_vector_flatten(env->arena, &args[0], n, &in));
    HY_TRY(hy_vector_alloc(env->arena, expr->type, n, out));
    const uint8_t *restrict a = in.data;
    uint8_t *restrict result = out->data;
    for (size_t i = 0; i < n; i++)
        result[i] = a[i] ^ 1;
    out->validity = in.validity;
    return HY_OK;
}

static HyStatus eval_is_null(
    HyFuncEnv *env, const HyExpr *expr, const HyVector *args, size_t n, HyVector *out)
{
    HY_TRY(hy_vector_alloc(env->arena, expr->type, n, out));
    uint8_t *restrict result = out->data;
    bool negated = expr->negated;
    if (!args[0].validity)
        memset(result, negated, n);
    else
        for (size_t i = 0; i < n; i++)
            result[i] = hy_vector_is_null(&args[0], i) != negated;
    return HY_OK;
}

static HyStatus eval_is_true(
    HyFuncEnv *env, const HyExpr *expr, const HyVector *args, size_t n, HyVector *out)
{
    HyVector in;
    HY_TRY(hy_vector_flatten(env->arena, &args[0], n, &in));
    HY_TRY(hy_vector_alloc(env->arena, expr->type, n, out));
    const uint8_t *restrict a = in.data;
    uint8_t *restrict result = out->data;
    for (size_t i = 0; i < n; i++) {
        bool is_null = in.validity && !hy_bitmap_get(in.validity, i);
        bool is = expr->truth == HY_TRUTH_UNKNOWN
                      ? is_null
                      : !is_null && a[i] == (expr->truth == HY_TRUTH_TRUE);
        result[i] = is != expr->negated;
    }
    return HY_OK;
}

HyStatus hy_eval_node(
    HyFuncEnv *env, const HyInstr *instr, const HyVector *args, size_t n, HyVector *out)
{
    const HyExpr *expr = instr->expr;
    switch (expr->kind) {
    case HY_EXPR_CALL:
        return eval_call(env, expr, args, n, out);
    case HY_EXPR_CAST:
        return eval_cast(env, expr, args, n, out);
    case HY_EXPR_COMPARE:
        return eval_compare(env, expr, args, n, out);
    case HY_EXPR_DISTINCT:
        return eval_distinct(env, expr, args, n, out);
    case HY_EXPR_NOT:
        return eval_not(env, expr, args, n, out);
    case HY_EXPR_IS_NULL:
        return eval_is_null(env, expr, args, n, out);
    case HY_EXPR_IS_TRUE:
        return eval_is_true(env, expr, args, n, out);
    case HY_EXPR_IN_LIST:
        return hy_eval_in_list(env, instr, args, n, out);
    case HY_EXPR_ARRAY:
        return hy_eval_array(env, expr, args, n, out);
    default:
        return hy_error("XX000", "internal error: node of kind %d", (int)expr->kind);
    }
}

/* ---- Instructions ---- */

/* How many arguments are not the same for all rows, and the last of them. */
static size_t count_variable(const HyVector *args, size_t n_args, size_t *which)
{
    size_t n = 0;
    for (size_t i = 0; i < n_args; i++)
        if (args[i].kind != HY_VECTOR_CONSTANT) {
            n++;
            *which = i;
        }
    return n;
}

static HyStatus as_constant(HyArena *arena, HyVector *v)
{
    HY_TRY(hy_vector_flatten(arena, v, 1, v));
    v->kind = HY_VECTOR_CONSTANT;
    return HY_OK;
}

static HyStatus eval_eager(HyFrame *frame, const HyInstr *instr, HyVector *out)
{
    HyVector few[6];
    HyVector *args = few;
    if (instr->n_args > HY_ARRAY_LEN(few)) {
        args = hy_arena_alloc(frame->env->arena, instr->n_args * sizeof *args);
        if (!args)
            return hy_error_oom(instr->n_args * sizeof *args);
    }
    for (size_t i = 0; i < instr->n_args; i++)
        HY_TRY(hy_frame_get(frame, instr->args[i], &args[i]));
    const HyExpr *expr = instr->expr;
    if (expr->kind == HY_EXPR_CALL && expr->call->func->volatility == HY_VOLATILE)
        return hy_eval_node(frame->env, instr, args, frame->n, out);

    size_t which = 0;
    size_t n_variable = count_variable(args, instr->n_args, &which);
    if (n_variable == 0) {
        HY_TRY(hy_eval_node(frame->env, instr, args, 1, out));
        return as_constant(frame->env->arena, out);
    }
    if (n_variable == 1 && instr->by_dictionary && args[which].kind == HY_VECTOR_DICTIONARY) {
        bool done;
        HY_TRY(hy_eval_by_dictionary(frame, instr, args, which, &done, out));
        if (done)
            return HY_OK;
    }
    return hy_eval_node(frame->env, instr, args, frame->n, out);
}

static HyStatus eval_instr(HyFrame *frame, const HyInstr *instr, HyVector *out)
{
    switch (instr->expr->kind) {
    case HY_EXPR_AND:
    case HY_EXPR_OR:
        return hy_eval_logic(frame, instr, out);
    case HY_EXPR_CASE:
        return hy_eval_case(frame, instr, out);
    case HY_EXPR_COALESCE:
        return hy_eval_coalesce(frame, instr, out);
    default:
        if (instr->lambda_register != HY_NO_REGISTER)
            return hy_eval_lambda_call(frame, instr, out);
        return eval_eager(frame, instr, out);
    }
}

/* Constants are computed with one row and kept in the state. */
static HyStatus eval_constant(HyFrame *frame, const HyInstr *instr)
{
    HyProgramState *state = frame->state;
    HyArena *batch_arena = frame->env->arena;
    frame->env->arena = state->arena;
    HyFrame one = {.state = state, .env = frame->env, .n = 1};
    HyVector value;
    HyStatus st;
    size_t n = state->program->n_registers;
    one.registers = hy_arena_alloc(state->arena, n * sizeof *one.registers);
    one.has = hy_arena_zalloc(state->arena, n * sizeof *one.has);
    if (!one.registers || !one.has) {
        st = hy_error_oom(n * sizeof *one.registers);
        goto done;
    }
    HY_GO(eval_instr(&one, instr, &value));
    HY_GO(as_constant(state->arena, &value));
    state->constants[instr->dst] = value;
    state->has_constant[instr->dst] = true;
done:
    frame->env->arena = batch_arena;
    return st;
}

HyStatus hy_block_run(HyFrame *frame, const HyBlock *block, HyVector *out)
{
    for (size_t i = 0; i < block->n_code; i++) {
        const HyInstr *instr = block->code[i];
        if (frame->state->has_constant[instr->dst])
            continue;
        if (instr->is_constant) {
            HY_TRY(eval_constant(frame, instr));
            continue;
        }
        HY_TRY(eval_instr(frame, instr, &frame->registers[instr->dst]));
        frame->has[instr->dst] = true;
    }
    return out ? hy_frame_get(frame, block->result, out) : HY_OK;
}

HyStatus hy_block_run_on(
    HyFrame *frame, const HyBlock *block, const uint32_t *sel, size_t n_sel, HyVector *out)
{
    if (n_sel == frame->n)
        return hy_block_run(frame, block, out);
    HyFrame inner;
    HY_TRY(hy_frame_open(frame, sel, n_sel, &inner));
    return hy_block_run(&inner, block, out);
}

HyStatus hy_program_run(HyProgramState *state, HyFuncEnv *env, const HyBatch *batch, HyVector *out)
{
    const HyProgram *program = state->program;
    HyFrame frame = {.state = state, .env = env, .batch = batch, .n = batch->n_rows};
    frame.registers = hy_arena_alloc(env->arena, program->n_registers * sizeof *frame.registers);
    frame.has = hy_arena_zalloc(env->arena, program->n_registers * sizeof *frame.has);
    if (!frame.registers || !frame.has)
        return hy_error_oom(program->n_registers * sizeof *frame.registers);
    HY_TRY(hy_block_run(&frame, &program->main, NULL));
    for (size_t i = 0; i < program->n_results; i++)
        HY_TRY(hy_frame_get(&frame, program->results[i], &out[i]));
    return HY_OK;
}
