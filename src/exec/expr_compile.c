/* From expression trees to register programs. Equal subexpressions share a register; an operand
 * that is evaluated lazily gets a block of its own, whose registers only that block sees. */
#include "base/hash.h"
#include "exec/program_internal.h"

/* Subexpressions that are known at this point, newest first; an inner scope sees the outer ones. */
typedef struct Known Known;
struct Known {
    Known *next;
    const HyExpr *expr;
    uint64_t hash;
    uint32_t reg;
};

typedef struct Scope Scope;
struct Scope {
    Scope *outer;
    Known *known;
    HyBlock *block;
    HyColumnId lambda_column; /* 0: none */
    uint32_t lambda_register;
};

typedef struct Compiler {
    HyArena *arena;
    const HyLayout *layout;
    HyProgram *program;
    size_t register_capacity;
    size_t column_capacity;
    bool *is_constant; /* by register */
} Compiler;

size_t hy_layout_find(const HyLayout *layout, HyColumnId id)
{
    for (size_t i = 0; i < layout->n; i++)
        if (layout->ids[i] == id)
            return i;
    return SIZE_MAX;
}

/* Widening casts cannot fail; of the others it is not worth knowing. */
static bool cast_can_fail(HyType from, HyType to)
{
    if (hy_cast_is_noop(from, to))
        return false;
    switch (to.id) {
    case HY_TYPE_INT4:
        return from.id != HY_TYPE_INT2 && from.id != HY_TYPE_BOOL;
    case HY_TYPE_INT8:
        return from.id != HY_TYPE_INT2 && from.id != HY_TYPE_INT4;
    case HY_TYPE_FLOAT4:
        return !hy_type_is_integer(from);
    case HY_TYPE_FLOAT8:
        return !hy_type_is_number(from);
    case HY_TYPE_TEXT:
        return false;
    default:
        return true;
    }
}

static bool node_cannot_fail(void *ctx, const HyExpr *node)
{
    (void)ctx;
    switch (node->kind) {
    case HY_EXPR_CALL:
        return !node->call->can_fail;
    case HY_EXPR_CAST:
        return node->is_try || !cast_can_fail(node->args[0]->type, node->type);
    default:
        return true;
    }
}

bool hy_expr_can_fail(const HyExpr *expr)
{
    return !hy_expr_walk(expr, node_cannot_fail, NULL);
}

static uint64_t hash_constant(const HyValue *value)
{
    if (value->is_null)
        return 0;
    HyPhysical physical = hy_type_physical(value->type);
    if (physical == HY_PHYS_STRING)
        return hy_hash_bytes(hy_string_data(&value->string), value->string.len);
    return hy_hash_bytes(hy_value_payload(value), hy_physical_size(physical));
}

static uint64_t hash_expr(const HyExpr *expr)
{
    uint64_t h = hy_hash_combine((uint64_t)expr->kind, (uint64_t)expr->type.id);
    if (expr->kind == HY_EXPR_COLUMN)
        h = hy_hash_combine(h, expr->column);
    else if (expr->kind == HY_EXPR_CALL)
        h = hy_hash_combine(h, (uint64_t)(uintptr_t)expr->call->func);
    else if (expr->kind == HY_EXPR_CONST)
        h = hy_hash_combine(h, hash_constant(&expr->value));
    else if (expr->kind == HY_EXPR_COMPARE)
        h = hy_hash_combine(h, (uint64_t)expr->op);
    for (size_t i = 0; i < expr->n_args; i++)
        h = hy_hash_combine(h, hash_expr(expr->args[i]));
    return h;
}

/* ---- Registers, instructions, blocks ---- */

static HyStatus new_register(Compiler *c, uint32_t *out)
{
    HyProgram *program = c->program;
    if (program->n_registers == c->register_capacity) {
        size_t capacity = c->register_capacity ? c->register_capacity * 2 : 16;
        HyVector *constants;
        bool *has_constant;
        bool *is_constant;
        HY_ARENA_NEW(c->arena, constants, capacity);
        HY_ARENA_NEW(c->arena, has_constant, capacity);
        HY_ARENA_NEW(c->arena, is_constant, capacity);
        if (program->n_registers) {
            memcpy(constants, program->constants, program->n_registers * sizeof *constants);
            memcpy(has_constant, program->has_constant, program->n_registers);
            memcpy(is_constant, c->is_constant, program->n_registers);
        }
        program->constants = constants;
        program->has_constant = has_constant;
        c->is_constant = is_constant;
        c->register_capacity = capacity;
    }
    *out = program->n_registers++;
    return HY_OK;
}

static HyStatus append_instr(Compiler *c, HyBlock *block, HyInstr *instr)
{
    if (block->n_code == block->capacity) {
        size_t capacity = block->capacity ? block->capacity * 2 : 8;
        HyInstr **code;
        HY_ARENA_NEW(c->arena, code, capacity);
        if (block->n_code)
            memcpy(code, block->code, block->n_code * sizeof *code);
        block->code = code;
        block->capacity = capacity;
    }
    block->code[block->n_code++] = instr;
    return HY_OK;
}

static HyStatus remember(Compiler *c, Scope *scope, const HyExpr *expr, uint64_t hash, uint32_t reg)
{
    Known *known;
    HY_ARENA_NEW(c->arena, known, 1);
    *known = (Known){.next = scope->known, .expr = expr, .hash = hash, .reg = reg};
    scope->known = known;
    return HY_OK;
}

static bool find_known(const Scope *scope, const HyExpr *expr, uint64_t hash, uint32_t *reg)
{
    for (; scope; scope = scope->outer)
        for (const Known *known = scope->known; known; known = known->next)
            if (known->hash == hash && hy_expr_equal(known->expr, expr)) {
                *reg = known->reg;
                return true;
            }
    return false;
}

static HyStatus compile_expr(Compiler *c, Scope *scope, const HyExpr *expr, uint32_t *reg);

static HyStatus compile_block(Compiler *c, Scope *outer, const HyExpr *expr, HyBlock *block)
{
    Scope scope = {.outer = outer, .block = block};
    block->can_fail = hy_expr_can_fail(expr);
    return compile_expr(c, &scope, expr, &block->result);
}

/* ---- Leaves ---- */

/* Column registers come first, in the order of use, since compile_columns made them beforehand. */
static HyStatus compile_column(Compiler *c, const Scope *scope, const HyExpr *expr, uint32_t *reg)
{
    for (const Scope *s = scope; s; s = s->outer)
        if (s->lambda_column == expr->column) {
            *reg = s->lambda_register;
            return HY_OK;
        }
    size_t place = hy_layout_find(c->layout, expr->column);
    for (uint32_t i = 0; i < c->program->n_columns; i++)
        if (c->program->columns[i] == place) {
            *reg = i;
            return HY_OK;
        }
    return hy_error("XX000", "internal error: column #%u is not available", expr->column);
}

static HyStatus compile_const(Compiler *c, const HyExpr *expr, uint32_t *reg)
{
    HY_TRY(new_register(c, reg));
    HyValue value = expr->value;
    value.type = expr->type;
    HY_TRY(hy_vector_constant(c->arena, &value, &c->program->constants[*reg]));
    c->program->has_constant[*reg] = true;
    c->is_constant[*reg] = true;
    return HY_OK;
}

/* ---- Inner nodes ---- */

static bool is_volatile_node(const HyExpr *expr)
{
    return expr->kind == HY_EXPR_CALL && expr->call->func->volatility == HY_VOLATILE;
}

static bool goes_by_dictionary(const HyExpr *expr)
{
    switch (expr->kind) {
    case HY_EXPR_CALL:
        return !is_volatile_node(expr);
    case HY_EXPR_CAST:
    case HY_EXPR_COMPARE:
    case HY_EXPR_NOT:
    case HY_EXPR_IN_LIST:
        return true;
    default:
        return false;
    }
}

/* An operand of AND or OR that is as cheap to compute for all rows as to skip. */
static bool is_cheap(const HyExpr *expr)
{
    if (expr->kind == HY_EXPR_COLUMN || expr->kind == HY_EXPR_CONST)
        return true;
    if (expr->kind != HY_EXPR_COMPARE && expr->kind != HY_EXPR_IS_NULL &&
        expr->kind != HY_EXPR_NOT && expr->kind != HY_EXPR_IS_TRUE && expr->kind != HY_EXPR_AND &&
        expr->kind != HY_EXPR_OR)
        return false;
    for (size_t i = 0; i < expr->n_args; i++)
        if (!is_cheap(expr->args[i]) || hy_type_physical(expr->args[i]->type) == HY_PHYS_STRING)
            return false;
    return true;
}

static HyStatus compile_args(
    Compiler *c, Scope *scope, HyInstr *instr, HyExpr *const *args, size_t n, bool *all_constant)
{
    HY_ARENA_NEW(c->arena, instr->args, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t reg;
        HY_TRY(compile_expr(c, scope, args[i], &reg));
        instr->args[instr->n_args++] = reg;
        *all_constant = *all_constant && c->is_constant[reg];
    }
    return HY_OK;
}

static HyStatus compile_lazy(
    Compiler *c, Scope *scope, HyInstr *instr, const HyExpr *expr, bool *all_constant)
{
    HyBlock *block = &instr->blocks[instr->n_blocks++];
    HY_TRY(compile_block(c, scope, expr, block));
    *all_constant = *all_constant && c->is_constant[block->result];
    return HY_OK;
}

/* The first operand is always needed; later ones only where they are not cheap or may fail. */
static HyStatus compile_logic(
    Compiler *c, Scope *scope, HyInstr *instr, const HyExpr *expr, bool *all_constant)
{
    HY_ARENA_NEW(c->arena, instr->blocks, expr->n_args);
    HY_ARENA_NEW(c->arena, instr->args, expr->n_args);
    for (size_t i = 0; i < expr->n_args; i++) {
        if (i > 0 && !is_cheap(expr->args[i])) {
            HY_TRY(compile_lazy(c, scope, instr, expr->args[i], all_constant));
            continue;
        }
        uint32_t reg;
        HY_TRY(compile_expr(c, scope, expr->args[i], &reg));
        instr->args[instr->n_args++] = reg;
        *all_constant = *all_constant && c->is_constant[reg];
    }
    return HY_OK;
}

static HyStatus compile_all_lazy(
    Compiler *c, Scope *scope, HyInstr *instr, const HyExpr *expr, bool *all_constant)
{
    HY_ARENA_NEW(c->arena, instr->blocks, expr->n_args);
    for (size_t i = 0; i < expr->n_args; i++)
        HY_TRY(compile_lazy(c, scope, instr, expr->args[i], all_constant));
    return HY_OK;
}

/* A call with a lambda: the body becomes the only block, the other arguments registers. */
static HyStatus compile_lambda_call(
    Compiler *c, Scope *scope, HyInstr *instr, const HyExpr *expr, bool *all_constant)
{
    HY_ARENA_NEW(c->arena, instr->blocks, 1);
    HY_ARENA_NEW(c->arena, instr->args, expr->n_args);
    *all_constant = false;
    for (size_t i = 0; i < expr->n_args; i++) {
        const HyExpr *arg = expr->args[i];
        if (arg->kind != HY_EXPR_LAMBDA) {
            HY_TRY(compile_expr(c, scope, arg, &instr->args[instr->n_args]));
            instr->n_args++;
            continue;
        }
        HyBlock *block = &instr->blocks[0];
        instr->n_blocks = 1;
        HY_TRY(new_register(c, &instr->lambda_register));
        Scope inner = {.outer = scope,
            .block = block,
            .lambda_column = arg->column,
            .lambda_register = instr->lambda_register};
        block->can_fail = hy_expr_can_fail(arg->args[0]);
        HY_TRY(compile_expr(c, &inner, arg->args[0], &block->result));
    }
    return HY_OK;
}

static bool has_lambda(const HyExpr *expr)
{
    for (size_t i = 0; i < expr->n_args; i++)
        if (expr->args[i]->kind == HY_EXPR_LAMBDA)
            return true;
    return false;
}

static HyStatus compile_in_list(
    Compiler *c, Scope *scope, HyInstr *instr, const HyExpr *expr, bool *all_constant)
{
    HY_TRY(hy_in_list_build(c->arena, expr, &instr->list));
    return compile_args(c, scope, instr, expr->args, instr->list ? 1 : expr->n_args, all_constant);
}

static HyStatus compile_operands(
    Compiler *c, Scope *scope, HyInstr *instr, const HyExpr *expr, bool *all_constant)
{
    switch (expr->kind) {
    case HY_EXPR_AND:
    case HY_EXPR_OR:
        return compile_logic(c, scope, instr, expr, all_constant);
    case HY_EXPR_CASE:
    case HY_EXPR_COALESCE:
        return compile_all_lazy(c, scope, instr, expr, all_constant);
    case HY_EXPR_IN_LIST:
        return compile_in_list(c, scope, instr, expr, all_constant);
    case HY_EXPR_CALL:
        if (has_lambda(expr))
            return compile_lambda_call(c, scope, instr, expr, all_constant);
        return compile_args(c, scope, instr, expr->args, expr->n_args, all_constant);
    case HY_EXPR_CAST:
    case HY_EXPR_COMPARE:
    case HY_EXPR_DISTINCT:
    case HY_EXPR_NOT:
    case HY_EXPR_IS_NULL:
    case HY_EXPR_IS_TRUE:
    case HY_EXPR_ARRAY:
        return compile_args(c, scope, instr, expr->args, expr->n_args, all_constant);
    default:
        return hy_error(
            "XX000", "internal error: expression of kind %d in a plan", (int)expr->kind);
    }
}

static HyStatus compile_inner(Compiler *c, Scope *scope, const HyExpr *expr, uint32_t *reg)
{
    HyInstr *instr;
    HY_ARENA_NEW(c->arena, instr, 1);
    instr->expr = expr;
    instr->lambda_register = HY_NO_REGISTER;
    bool all_constant = !is_volatile_node(expr);
    HY_TRY(compile_operands(c, scope, instr, expr, &all_constant));
    HY_TRY(new_register(c, &instr->dst));
    instr->is_constant = all_constant;
    c->is_constant[instr->dst] = all_constant;
    instr->by_dictionary =
        !all_constant && instr->lambda_register == HY_NO_REGISTER && goes_by_dictionary(expr);
    if (instr->by_dictionary)
        instr->cache = c->program->n_caches++;
    HY_TRY(append_instr(c, scope->block, instr));
    *reg = instr->dst;
    return HY_OK;
}

static HyStatus compile_expr(Compiler *c, Scope *scope, const HyExpr *expr, uint32_t *reg)
{
    if (expr->kind == HY_EXPR_COLUMN)
        return compile_column(c, scope, expr, reg);
    if (expr->kind == HY_EXPR_CONST)
        return compile_const(c, expr, reg);
    uint64_t hash = hash_expr(expr);
    bool is_volatile = hy_expr_is_volatile(expr);
    if (!is_volatile && find_known(scope, expr, hash, reg))
        return HY_OK;
    HY_TRY(compile_inner(c, scope, expr, reg));
    return is_volatile ? HY_OK : remember(c, scope, expr, hash, *reg);
}

/* ---- The whole ---- */

static bool collect_column(void *ctx, const HyExpr *node)
{
    Compiler *c = ctx;
    if (node->kind != HY_EXPR_COLUMN)
        return true;
    size_t place = hy_layout_find(c->layout, node->column);
    if (place == SIZE_MAX)
        return true; /* a lambda's variable, or an error that compile_column words */
    for (size_t i = 0; i < c->program->n_columns; i++)
        if (c->program->columns[i] == place)
            return true;
    c->program->columns[c->program->n_columns++] = (uint32_t)place;
    return true;
}

HyStatus hy_program_compile(
    HyArena *arena, const HyLayout *layout, HyExpr *const *exprs, size_t n, HyProgram **out)
{
    HyProgram *program;
    HY_ARENA_NEW(arena, program, 1);
    HY_ARENA_NEW(arena, program->results, n);
    HY_ARENA_NEW(arena, program->columns, layout->n);
    program->n_results = n;
    Compiler c = {.arena = arena, .layout = layout, .program = program};
    for (size_t i = 0; i < n; i++)
        hy_expr_walk(exprs[i], collect_column, &c);
    for (size_t i = 0; i < program->n_columns; i++) {
        uint32_t reg;
        HY_TRY(new_register(&c, &reg));
    }
    Scope scope = {.block = &program->main};
    for (size_t i = 0; i < n; i++)
        HY_TRY(compile_expr(&c, &scope, exprs[i], &program->results[i]));
    *out = program;
    return HY_OK;
}

size_t hy_program_result_count(const HyProgram *program)
{
    return program->n_results;
}
