/* AND, OR, CASE and COALESCE: operands run only on the rows that still need them. */
#include "exec/program_internal.h"

/* ---- AND, OR ---- */

enum { IS_FALSE, IS_TRUE, IS_UNKNOWN };

/* acc op v for AND (`decisive` false) and OR (true); acc holds the three truth values. */
static void merge_valid(uint8_t *restrict acc, const uint8_t *restrict v, size_t n, bool is_or)
{
    if (is_or)
        for (size_t i = 0; i < n; i++)
            acc[i] = v[i] ? IS_TRUE : acc[i];
    else
        for (size_t i = 0; i < n; i++)
            acc[i] = v[i] ? acc[i] : IS_FALSE;
}

static void merge_one(uint8_t *acc, uint8_t value, bool is_null, bool is_or)
{
    uint8_t decisive = is_or ? IS_TRUE : IS_FALSE;
    if (is_null)
        *acc = *acc == decisive ? decisive : IS_UNKNOWN;
    else if (value == decisive)
        *acc = decisive;
}

/* Merges v (flat) into acc: row i of v into acc[sel ? sel[i] : i]. */
static void merge(uint8_t *acc, const HyVector *v, const uint32_t *sel, size_t n, bool is_or)
{
    const uint8_t *values = v->data;
    if (!sel && !v->validity) {
        merge_valid(acc, values, n, is_or);
        return;
    }
    for (size_t i = 0; i < n; i++)
        merge_one(&acc[sel ? sel[i] : i], values[i], v->validity && !hy_bitmap_get(v->validity, i),
            is_or);
}

static size_t undecided(const uint8_t *acc, size_t n, uint8_t decisive, uint32_t *sel)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        sel[count] = (uint32_t)i;
        count += acc[i] != decisive;
    }
    return count;
}

/* Runs a lazy operand where it matters: on the undecided rows when they are few or it may fail. */
static HyStatus merge_lazy(
    HyFrame *frame, const HyBlock *block, uint8_t *acc, bool is_or, bool *decided)
{
    uint32_t *sel = hy_arena_alloc(frame->env->arena, frame->n * sizeof *sel);
    if (!sel)
        return hy_error_oom(frame->n * sizeof *sel);
    size_t n_sel = undecided(acc, frame->n, is_or ? IS_TRUE : IS_FALSE, sel);
    *decided = n_sel == 0;
    if (*decided)
        return HY_OK;
    HyVector v;
    bool all = n_sel == frame->n || (!block->can_fail && n_sel > frame->n / 2);
    if (all)
        HY_TRY(hy_block_run(frame, block, &v));
    else
        HY_TRY(hy_block_run_on(frame, block, sel, n_sel, &v));
    HY_TRY(hy_vector_flatten(frame->env->arena, &v, all ? frame->n : n_sel, &v));
    merge(acc, &v, all ? NULL : sel, all ? frame->n : n_sel, is_or);
    return HY_OK;
}

static HyStatus from_truth(HyArena *arena, HyType type, const uint8_t *acc, size_t n, HyVector *out)
{
    HY_TRY(hy_vector_alloc(arena, type, n, out));
    uint8_t *restrict result = out->data;
    uint8_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        result[i] = acc[i] == IS_TRUE;
        seen |= acc[i];
    }
    if (!(seen & IS_UNKNOWN))
        return HY_OK;
    HY_TRY(hy_vector_need_validity(arena, out, n));
    for (size_t i = 0; i < n; i++)
        if (acc[i] == IS_UNKNOWN)
            hy_bitmap_clear(out->validity, i);
    return HY_OK;
}

HyStatus hy_eval_logic(HyFrame *frame, const HyInstr *instr, HyVector *out)
{
    HyArena *arena = frame->env->arena;
    size_t n = frame->n;
    bool is_or = instr->expr->kind == HY_EXPR_OR;
    uint8_t *acc = hy_arena_alloc(arena, n);
    if (!acc)
        return hy_error_oom(n);
    memset(acc, is_or ? IS_FALSE : IS_TRUE, n);
    for (size_t i = 0; i < instr->n_args; i++) {
        HyVector v;
        HY_TRY(hy_frame_get(frame, instr->args[i], &v));
        HY_TRY(hy_vector_flatten(arena, &v, n, &v));
        merge(acc, &v, NULL, n, is_or);
    }
    bool decided = false;
    for (size_t i = 0; i < instr->n_blocks && !decided; i++)
        HY_TRY(merge_lazy(frame, &instr->blocks[i], acc, is_or, &decided));
    return from_truth(arena, instr->expr->type, acc, n, out);
}

/* ---- CASE, COALESCE ---- */

#define DEFINE_SCATTER(name, T)                                                                    \
    static void scatter_##name(T *restrict out, const T *restrict in, bool is_constant,            \
        const uint32_t *restrict sel, size_t n)                                                    \
    {                                                                                              \
        if (is_constant)                                                                           \
            for (size_t i = 0; i < n; i++)                                                         \
                out[sel[i]] = in[0];                                                               \
        else                                                                                       \
            for (size_t i = 0; i < n; i++)                                                         \
                out[sel[i]] = in[i];                                                               \
    }
DEFINE_SCATTER(8, uint8_t)
DEFINE_SCATTER(16, uint16_t)
DEFINE_SCATTER(32, uint32_t)
DEFINE_SCATTER(64, uint64_t)
DEFINE_SCATTER(128, HyString) /* any 16 bytes */

/* out[sel[i]] = v[i]; out has validity bits for n_rows when any value is null. */
static HyStatus scatter(
    HyArena *arena, HyVector *out, size_t n_rows, const HyVector *in, const uint32_t *sel, size_t n)
{
    HyVector v = *in;
    if (v.kind == HY_VECTOR_DICTIONARY)
        HY_TRY(hy_vector_flatten(arena, in, n, &v));
    bool constant = v.kind == HY_VECTOR_CONSTANT;
    switch (hy_physical_size(hy_type_physical(out->type))) {
    case 1:
        scatter_8(out->data, v.data, constant, sel, n);
        break;
    case 2:
        scatter_16(out->data, v.data, constant, sel, n);
        break;
    case 4:
        scatter_32(out->data, v.data, constant, sel, n);
        break;
    case 8:
        scatter_64(out->data, v.data, constant, sel, n);
        break;
    default:
        scatter_128(out->data, v.data, constant, sel, n);
        break;
    }
    if (!v.validity)
        return HY_OK;
    HY_TRY(hy_vector_need_validity(arena, out, n_rows));
    for (size_t i = 0; i < n; i++)
        if (hy_vector_is_null(&v, i))
            hy_bitmap_clear(out->validity, sel[i]);
    return HY_OK;
}

/* The result as it grows, and the rows that have none yet. */
typedef struct Pending {
    HyFrame *frame;
    HyVector result;
    bool has_result; /* memory of `result` is there */
    bool is_whole;   /* one operand gave all rows */
    uint32_t *rows;
    size_t n_rows;
} Pending;

static HyStatus pending_init(Pending *p, HyFrame *frame)
{
    *p = (Pending){.frame = frame, .n_rows = frame->n};
    p->rows = hy_arena_alloc(frame->env->arena, frame->n * sizeof *p->rows);
    if (!p->rows)
        return hy_error_oom(frame->n * sizeof *p->rows);
    for (size_t i = 0; i < frame->n; i++)
        p->rows[i] = (uint32_t)i;
    return HY_OK;
}

static HyStatus pending_put(
    Pending *p, HyType type, const HyVector *v, const uint32_t *sel, size_t n)
{
    HyArena *arena = p->frame->env->arena;
    if (n == p->frame->n) {
        p->result = *v;
        p->is_whole = true;
        return HY_OK;
    }
    if (!p->has_result) {
        HY_TRY(hy_vector_alloc(arena, type, p->frame->n, &p->result));
        p->has_result = true;
    }
    return scatter(arena, &p->result, p->frame->n, v, sel, n);
}

/* Rows without any operand's value become null. */
static HyStatus pending_finish(Pending *p, HyType type, HyVector *out)
{
    if (!p->is_whole && p->n_rows > 0) {
        HyVector null;
        HY_TRY(hy_null_vector(p->frame->env->arena, type, &null));
        HY_TRY(pending_put(p, type, &null, p->rows, p->n_rows));
    }
    *out = p->result;
    out->type = type;
    return HY_OK;
}

/* Splits the pending rows by the condition: those that take the branch go to `taken`. Each row is
 * written to both lists: nobody can predict which one keeps it. */
static size_t split(Pending *p, const HyVector *condition, uint32_t *restrict taken)
{
    size_t n_taken = 0, n_left = 0;
    const uint8_t *values = hy_vector_values(condition);
    for (size_t i = 0; i < p->n_rows; i++) {
        uint32_t row = p->rows[i];
        size_t is_null = hy_vector_is_null(condition, i);
        size_t is_true = ~is_null & values[hy_vector_index(condition, i)];
        taken[n_taken] = row;
        p->rows[n_left] = row;
        n_taken += is_true;
        n_left += !is_true;
    }
    p->n_rows = n_left;
    return n_taken;
}

HyStatus hy_eval_case(HyFrame *frame, const HyInstr *instr, HyVector *out)
{
    Pending p;
    HyType type = instr->expr->type;
    HY_TRY(pending_init(&p, frame));
    uint32_t *taken = hy_arena_alloc(frame->env->arena, frame->n * sizeof *taken);
    if (!taken)
        return hy_error_oom(frame->n * sizeof *taken);
    size_t i = 0;
    for (; i + 1 < instr->n_blocks && p.n_rows > 0; i += 2) {
        HyVector condition, value;
        HY_TRY(hy_block_run_on(frame, &instr->blocks[i], p.rows, p.n_rows, &condition));
        size_t n_taken = split(&p, &condition, taken);
        if (n_taken == 0)
            continue;
        HY_TRY(hy_block_run_on(frame, &instr->blocks[i + 1], taken, n_taken, &value));
        HY_TRY(pending_put(&p, type, &value, taken, n_taken));
    }
    if (i < instr->n_blocks && p.n_rows > 0) {
        HyVector value;
        HY_TRY(hy_block_run_on(frame, &instr->blocks[i], p.rows, p.n_rows, &value));
        HY_TRY(pending_put(&p, type, &value, p.rows, p.n_rows));
        p.n_rows = 0;
    }
    return pending_finish(&p, type, out);
}

HyStatus hy_eval_coalesce(HyFrame *frame, const HyInstr *instr, HyVector *out)
{
    Pending p;
    HyType type = instr->expr->type;
    HY_TRY(pending_init(&p, frame));
    for (size_t i = 0; i < instr->n_blocks && p.n_rows > 0; i++) {
        HyVector value;
        HY_TRY(hy_block_run_on(frame, &instr->blocks[i], p.rows, p.n_rows, &value));
        HY_TRY(pending_put(&p, type, &value, p.rows, p.n_rows));
        size_t n_left = 0;
        for (size_t r = 0; r < p.n_rows; r++)
            if (hy_vector_is_null(&value, r))
                p.rows[n_left++] = p.rows[r];
        if (n_left > 0 && p.is_whole) { /* what comes is scattered into a copy */
            p.is_whole = false;
            HyVector first = p.result;
            HY_TRY(hy_vector_alloc(frame->env->arena, type, frame->n, &p.result));
            HY_TRY(hy_vector_need_validity(frame->env->arena, &p.result, frame->n));
            HY_TRY(hy_vector_copy(&p.result, 0, &first, 0, frame->n, NULL));
            p.has_result = true;
        }
        if (p.has_result && p.result.validity) /* later operands decide about these rows */
            for (size_t r = 0; r < n_left; r++)
                hy_bitmap_set(p.result.validity, p.rows[r]);
        p.n_rows = n_left;
    }
    return pending_finish(&p, type, out);
}
