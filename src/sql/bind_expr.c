/* Expressions: dispatch, operators, casts, subqueries, parameters. */
#include "sql/bind_internal.h"
#include "types/cast.h"

bool bind_is_string_literal(const HyExpr *expr)
{
    return expr->kind == HY_EXPR_CONST && !expr->value.is_null && expr->param_index == 0 &&
           expr->type.id == HY_TYPE_TEXT && !expr->type.collation;
}

bool bind_is_unknown_param(const HyExpr *expr)
{
    return expr->kind == HY_EXPR_PARAM && expr->type.id == HY_TYPE_UNKNOWN;
}

HyStatus bind_require_type(HyBinder *b, const HyExpr *expr, int32_t position)
{
    (void)b;
    if (bind_is_unknown_param(expr))
        return hy_error_at(
            hy_error("42601",
                "unable to deduce parameter type, use '$%u::<type>' to specify the type",
                (unsigned)expr->param_index),
            position);
    if (expr->type.id == HY_TYPE_UNKNOWN)
        return hy_error_at(
            hy_error("42601", "unable to deduce expression type, use 'NULL::<type>' to specify "
                              "the type"),
            position);
    return HY_OK;
}

/* Inferred parameters must not be null, as in the genuine server. */
static void infer_param(HyBinder *b, HyExpr *expr, HyType type, bool nullable)
{
    type.nullable = nullable;
    expr->type = type;
    b->param_types[expr->param_index - 1] = type;
}

static HyStatus null_constant(HyBinder *b, HyType type, int32_t position, HyExpr **out)
{
    HyValue value = hy_value_null(type);
    HY_TRY(hy_expr_const(b->arena, &value, out));
    (*out)->position = position;
    return HY_OK;
}

HyStatus bind_cast(HyBinder *b, HyExpr *expr, HyType to, HyExpr **out)
{
    if (to.id == HY_TYPE_UNKNOWN || to.id == HY_TYPE_LAMBDA) {
        *out = expr;
        return HY_OK;
    }
    if (bind_is_unknown_param(expr)) {
        infer_param(b, expr, to, false);
        *out = expr;
        return HY_OK;
    }
    if (expr->type.id == HY_TYPE_UNKNOWN) /* whatever it is computed from, it is NULL */
        return null_constant(b, to, expr->position, out);
    unsigned param = expr->param_index;
    HY_TRY(hy_expr_cast(b->arena, b->style, expr, to, out));
    if ((*out)->kind == HY_EXPR_CONST)
        (*out)->param_index = param;
    return HY_OK;
}

HyStatus bind_cast_explicit(
    HyBinder *b, HyExpr *expr, HyType to, bool is_try, int32_t position, HyExpr **out)
{
    if (bind_is_unknown_param(expr)) {
        infer_param(b, expr, to, true);
        *out = expr;
        return HY_OK;
    }
    if (hy_expr_is_null_const(expr))
        return null_constant(b, to, position, out);
    if (!hy_cast_exists(expr->type, to))
        return hy_error_at(hy_error("42601", "invalid cast"), position);
    if (hy_type_equal(expr->type, to) && expr->kind != HY_EXPR_CONST) {
        *out = expr;
        return HY_OK;
    }
    HyStatus st = HY_OK;
    if (expr->kind == HY_EXPR_CONST)
        st = bind_cast(b, expr, to, out);
    if (expr->kind == HY_EXPR_CONST && !st) {
        (*out)->is_cast = expr->is_cast || !hy_type_equal(expr->type, to);
        return HY_OK;
    }
    hy_error_free(st); /* raised again when, and if, the value is computed */
    to.nullable = expr->type.nullable || is_try;
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_CAST, to, position, 1, out));
    (*out)->args[0] = expr;
    (*out)->is_try = is_try;
    return HY_OK;
}

HyStatus bind_exprs(HyExprContext *c, const HyAstExprList *list, HyExpr ***out)
{
    HY_ARENA_NEW(c->b->arena, *out, list->n + 1);
    for (size_t i = 0; i < list->n; i++)
        HY_TRY(bind_expr(c, list->items[i], &(*out)[i]));
    return HY_OK;
}

HyStatus bind_common(HyBinder *b, HyExpr **items, size_t n, bool adapt_literals, int32_t position,
    const char *message, HyType *out)
{
    HyType common = hy_type(HY_TYPE_UNKNOWN);
    common.nullable = false;
    bool any_null = false;
    bool any_literal = false;
    for (size_t i = 0; i < n; i++) {
        any_null |= items[i]->type.nullable;
        if (adapt_literals && bind_is_string_literal(items[i]))
            any_literal = true;
        else if (items[i]->type.id != HY_TYPE_UNKNOWN &&
                 !hy_type_common(common, items[i]->type, &common))
            return hy_error_at(hy_error("42601", "%s", message), position);
    }
    if (any_literal && common.id == HY_TYPE_UNKNOWN)
        common = hy_type(HY_TYPE_TEXT);
    common.nullable = any_null;
    if (common.id != HY_TYPE_UNKNOWN) {
        for (size_t i = 0; i < n; i++)
            HY_TRY(bind_cast(b, items[i], common, &items[i]));
    }
    *out = common;
    return HY_OK;
}

HyStatus bind_condition(
    HyExprContext *c, const HyAstExpr *ast, const char *message, int32_t position, HyExpr **out)
{
    HY_TRY(bind_expr(c, ast, out));
    if ((*out)->type.id == HY_TYPE_BOOL)
        return HY_OK;
    if ((*out)->type.id != HY_TYPE_UNKNOWN)
        return hy_error_at(hy_error("42601", "%s", message), position);
    return bind_cast(c->b, *out, hy_type(HY_TYPE_BOOL), out);
}

/* ---- Operators ---- */

static HyStatus bind_logic(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    bool is_and = ast->kind == HY_AST_AND;
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
    HyExpr *logic = NULL;
    HY_TRY(hy_expr_new(c->b->arena, is_and ? HY_EXPR_AND : HY_EXPR_OR, type, (int32_t)ast->pos,
        ast->list.n, &logic));
    for (size_t i = 0; i < ast->list.n; i++) {
        HY_TRY(bind_condition(c, ast->list.items[i],
            is_and ? "'and' requires boolean arguments" : "'or' requires boolean arguments",
            (int32_t)ast->pos, &logic->args[i]));
        logic->type.nullable |= logic->args[i]->type.nullable;
    }
    *out = logic;
    return HY_OK;
}

static HyStatus bind_not(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyExpr *arg = NULL;
    HY_TRY(bind_condition(
        c, ast->operand, "'not' requires a boolean argument", (int32_t)ast->pos, &arg));
    HY_TRY(hy_expr_not(c->b->arena, arg, out));
    (*out)->position = (int32_t)ast->pos;
    return HY_OK;
}

/* -5 is a constant of its own, so that -2147483648 is an integer. */
static HyStatus negated_literal(HyBinder *b, const HyAstExpr *operand, HyExpr **out)
{
    if (operand->kind == HY_AST_INTEGER) {
        HyValue value = hy_value_null(hy_type(HY_TYPE_INT4));
        value.is_null = false;
        uint64_t digits = operand->integer;
        if (digits <= (uint64_t)INT32_MAX + 1) {
            value.i32 = (int32_t)(-(int64_t)digits);
        } else {
            value.type.id = HY_TYPE_INT8;
            value.i64 = digits > INT64_MAX ? INT64_MIN : -(int64_t)digits;
        }
        return hy_expr_const(b->arena, &value, out);
    }
    HY_TRY(bind_literal(b, operand, out));
    HyValue *value = &(*out)->value;
    if (value->type.id == HY_TYPE_FLOAT8)
        value->f64 = -value->f64;
    else if (hy_type_physical(value->type) == HY_PHYS_I64)
        value->i64 = -value->i64;
    else
        value->i128 = -value->i128;
    return HY_OK;
}

static HyStatus bind_unary(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    const HyAstExpr *operand = ast->unary.operand;
    bool is_number = operand->kind == HY_AST_INTEGER || operand->kind == HY_AST_NUMERIC ||
                     operand->kind == HY_AST_DOUBLE;
    if (ast->unary.op == HY_AST_OP_SUB && is_number) {
        HY_TRY(negated_literal(c->b, operand, out));
        (*out)->position = (int32_t)ast->pos;
        return HY_OK;
    }
    HyExpr *arg = NULL;
    HY_TRY(bind_expr(c, operand, &arg));
    HY_TRY(bind_is_unknown_param(arg) ? bind_require_type(c->b, arg, (int32_t)ast->pos) : HY_OK);
    const char *name =
        ast->unary.op == HY_AST_OP_OTHER ? ast->unary.op_text.data : hy_ast_op_text(ast->unary.op);
    return bind_function(c->b, name, &arg, 1, (int32_t)ast->pos, out);
}

static HyStatus bind_binary(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyExpr *args[2];
    HY_TRY(bind_expr(c, ast->binary.left, &args[0]));
    HY_TRY(bind_expr(c, ast->binary.right, &args[1]));
    int32_t position = (int32_t)ast->pos;
    HyCompareOp op;
    if (bind_compare_op(ast->binary.op, &op))
        return bind_comparison(c->b, op, args[0], args[1], position, out);
    for (int i = 0; i < 2; i++) {
        if (bind_is_unknown_param(args[i]) && args[1 - i]->type.id != HY_TYPE_UNKNOWN)
            HY_TRY(bind_cast(c->b, args[i], args[1 - i]->type, &args[i]));
        else if (bind_is_unknown_param(args[i]))
            return bind_require_type(c->b, args[i], args[i]->position);
    }
    return bind_function(c->b, ast->binary.op_text, args, 2, position, out);
}

static HyStatus bind_is_null(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyExpr *arg = NULL;
    HY_TRY(bind_expr(c, ast->is.operand, &arg));
    HY_TRY(bind_is_unknown_param(arg) ? bind_require_type(c->b, arg, (int32_t)ast->pos) : HY_OK);
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
    HY_TRY(hy_expr_new(c->b->arena, HY_EXPR_IS_NULL, type, (int32_t)ast->pos, 1, out));
    (*out)->args[0] = arg;
    (*out)->negated = ast->is.negated;
    return HY_OK;
}

static HyStatus bind_collate(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyExpr *arg = NULL;
    HY_TRY(bind_expr(c, ast->collate.operand, &arg));
    if (arg->type.id == HY_TYPE_UNKNOWN)
        HY_TRY(bind_cast(c->b, arg, hy_type(HY_TYPE_TEXT), &arg));
    if (!hy_type_is_text(arg->type))
        return hy_error_at(hy_error("42601", "collations are not supported by type %s",
                               bind_type_name(c->b, arg->type)),
            ast->pos);
    HyType type = arg->type;
    HY_TRY(bind_collation(c->b, &ast->collate.collation, &type.collation));
    /* A node of its own even for the same collation: an explicit one beats others. */
    HY_TRY(hy_expr_new(c->b->arena, HY_EXPR_CAST, type, (int32_t)ast->pos, 1, out));
    (*out)->args[0] = arg;
    return HY_OK;
}

/* ---- Casts, arrays ---- */

static HyStatus make_array(
    HyBinder *b, HyExpr **items, size_t n, HyType element, int32_t position, HyExpr **out)
{
    HyType *boxed = NULL;
    HY_ARENA_NEW(b->arena, boxed, 1);
    *boxed = element;
    HyType type = hy_type_nullable(hy_type(HY_TYPE_ARRAY), false);
    type.element = boxed;
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_ARRAY, type, position, n, out));
    for (size_t i = 0; i < n; i++)
        (*out)->args[i] = items[i];
    return HY_OK;
}

/* ARRAY[..]; with `element` its items are cast to that. */
static HyStatus bind_array(
    HyExprContext *c, const HyAstExpr *ast, const HyType *element, HyExpr **out)
{
    HyBinder *b = c->b;
    int32_t position = (int32_t)ast->pos;
    HyExpr **items = NULL;
    HY_TRY(bind_exprs(c, &ast->list, &items));
    if (element) {
        for (size_t i = 0; i < ast->list.n; i++)
            HY_TRY(bind_cast_explicit(b, items[i], *element, false, position, &items[i]));
        return make_array(b, items, ast->list.n, *element, position, out);
    }
    if (ast->list.n == 0)
        return hy_error_at(hy_error("42P18", "cannot determine type of empty array"), position);
    HyType common;
    HyStatus st = bind_common(b, items, ast->list.n, false, position, "array types", &common);
    if (st && strcmp(st->sqlstate, "42601") == 0) {
        hy_error_free(st);
        return hy_error_at(hy_error("42804", "array types cannot be matched"), position);
    }
    HY_TRY(st);
    if (common.id == HY_TYPE_UNKNOWN)
        return bind_require_type(b, items[0], -1);
    return make_array(b, items, ast->list.n, common, position, out);
}

static HyStatus bind_cast_node(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyType to;
    HY_TRY(bind_type(c->b, ast->cast.type, &to));
    const HyAstExpr *operand = ast->cast.operand;
    if (operand->kind == HY_AST_ARRAY && to.id == HY_TYPE_ARRAY)
        return bind_array(c, operand, to.element, out);
    HyExpr *arg = NULL;
    HY_TRY(bind_expr(c, operand, &arg));
    return bind_cast_explicit(
        c->b, arg, to, ast->cast.syntax == HY_AST_CAST_TRY, (int32_t)ast->pos, out);
}

/* a[i] and a[i:j]: functions of the registry under these names. */
static HyStatus bind_subscript(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyExpr *args[3] = {NULL};
    size_t n = ast->kind == HY_AST_SLICE ? 3 : 2;
    HY_TRY(bind_expr(c, ast->subscript.operand, &args[0]));
    if (args[0]->type.id != HY_TYPE_ARRAY && (n == 3 || !hy_type_is_text(args[0]->type)))
        return hy_error_at(
            hy_error("42601", "'%s' is only supported for array types", n == 3 ? "[:]" : "[]"),
            ast->pos);
    const HyAstExpr *bounds[2] = {ast->subscript.index, ast->subscript.upper};
    for (size_t i = 1; i < n; i++) {
        if (bounds[i - 1])
            HY_TRY(bind_expr(c, bounds[i - 1], &args[i]));
        else
            HY_TRY(null_constant(c->b, hy_type(HY_TYPE_INT4), (int32_t)ast->pos, &args[i]));
    }
    return bind_function(c->b, n == 3 ? "[:]" : "[]", args, n, (int32_t)ast->pos, out);
}

/* ---- Subqueries, parameters ---- */

HyStatus bind_check_subquery(const HyExprContext *c, int32_t position)
{
    if (c->clause != HY_CLAUSE_CONSTANT)
        return HY_OK;
    return hy_error_at(hy_error("42601", "subqueries are not supported in this context"), position);
}

static HyStatus bind_subquery(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyBinder *b = c->b;
    HyQueryResult result;
    HY_TRY(bind_check_subquery(c, (int32_t)ast->pos));
    HY_TRY(bind_query(b, ast->query, c->scope, &result));
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
    HySubqueryKind kind = HY_SUBQUERY_EXISTS;
    if (ast->kind == HY_AST_SUBQUERY) {
        if (result.n != 1)
            return hy_error_at(
                hy_error("42601", "subquery expressions must produce a single value"),
                ast->query->span.offset);
        type = hy_type_nullable(result.types[0], true);
        kind = HY_SUBQUERY_SCALAR;
    } else if (ast->kind == HY_AST_ARRAY_QUERY) {
        if (result.n != 1)
            return hy_error_at(hy_error("42601", "ARRAY() subqueries must produce a single column"),
                ast->query->span.offset);
        HyType *element = NULL;
        HY_ARENA_NEW(b->arena, element, 1);
        *element = result.types[0];
        type.id = HY_TYPE_ARRAY;
        type.element = element;
        kind = HY_SUBQUERY_ARRAY;
    }
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_SUBQUERY, type, (int32_t)ast->pos, 0, out));
    (*out)->subquery_kind = kind;
    if (kind == HY_SUBQUERY_EXISTS) {
        (*out)->subquery = result.alg;
        return HY_OK;
    }
    HY_TRY(bind_project(b, &result, NULL));
    (*out)->subquery = result.alg;
    return HY_OK;
}

static HyStatus bind_param(HyBinder *b, const HyAstExpr *ast, HyExpr **out)
{
    uint32_t index = ast->parameter;
    if (index == 0 || index > b->ctx->n_params)
        return hy_error_at(
            hy_error("42601", "unexpected parameter '$%u', expected to have %zu parameter(s)",
                (unsigned)index, b->ctx->n_params),
            ast->pos);
    if (b->ctx->param_values) {
        HY_TRY(hy_expr_const(b->arena, &b->ctx->param_values[index - 1], out));
        (*out)->type.nullable = b->param_types[index - 1].nullable;
    } else {
        HY_TRY(hy_expr_new(b->arena, HY_EXPR_PARAM, b->param_types[index - 1], -1, 0, out));
    }
    (*out)->param_index = index;
    (*out)->position = (int32_t)ast->pos;
    return HY_OK;
}

static HyStatus bind_field(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyExpr *arg = NULL;
    HY_TRY(bind_expr(c, ast->field.operand, &arg));
    bool is_pair = arg->type.id == HY_TYPE_ARRAY && arg->type.length == HY_PAIR_LENGTH;
    const char *name = ast->field.name.text;
    if (is_pair && (strcmp(name, "x") == 0 || strcmp(name, "n") == 0)) {
        HyValue position = hy_value_null(hy_type_nullable(hy_type(HY_TYPE_INT4), false));
        position.is_null = false;
        position.i32 = name[0] == 'x' ? 1 : 2;
        HyExpr *args[2] = {arg, NULL};
        HY_TRY(hy_expr_const(c->b->arena, &position, &args[1]));
        return bind_function(c->b, "[]", args, 2, (int32_t)ast->pos, out);
    }
    return hy_error_at(
        hy_error("42601", "field selection is only supported for composite types"), ast->pos);
}

static HyStatus bind_node(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    switch (ast->kind) {
    case HY_AST_NULL:
    case HY_AST_BOOL:
    case HY_AST_INTEGER:
    case HY_AST_NUMERIC:
    case HY_AST_DOUBLE:
    case HY_AST_STRING:
    case HY_AST_TYPED_LITERAL:
        return bind_literal(c->b, ast, out);
    case HY_AST_PARAMETER:
        return bind_param(c->b, ast, out);
    case HY_AST_COLUMN:
        return bind_column_ref(c, ast, false, out);
    case HY_AST_UNARY:
        return bind_unary(c, ast, out);
    case HY_AST_BINARY:
        return bind_binary(c, ast, out);
    case HY_AST_AND:
    case HY_AST_OR:
        return bind_logic(c, ast, out);
    case HY_AST_NOT:
        return bind_not(c, ast, out);
    case HY_AST_LIKE:
        return bind_like(c, ast, out);
    case HY_AST_BETWEEN:
        return bind_between(c, ast, out);
    case HY_AST_IN_LIST:
        return bind_in_list(c, ast, out);
    case HY_AST_IN_QUERY:
        return bind_in_query(c, ast, out);
    case HY_AST_QUANTIFIED:
        return bind_quantified(c, ast, out);
    case HY_AST_IS_NULL:
        return bind_is_null(c, ast, out);
    case HY_AST_IS_BOOL:
        return bind_is_bool(c, ast, out);
    case HY_AST_IS_DISTINCT:
        return bind_is_distinct(c, ast, out);
    case HY_AST_COLLATE:
        return bind_collate(c, ast, out);
    case HY_AST_CAST:
        return bind_cast_node(c, ast, out);
    case HY_AST_SUBSCRIPT:
    case HY_AST_SLICE:
        return bind_subscript(c, ast, out);
    case HY_AST_FIELD:
        return bind_field(c, ast, out);
    case HY_AST_CASE:
        return bind_case(c, ast, out);
    case HY_AST_CALL:
        return bind_call(c, ast, out);
    case HY_AST_ARRAY:
        return bind_array(c, ast, NULL, out);
    case HY_AST_ARRAY_QUERY:
    case HY_AST_SUBQUERY:
    case HY_AST_EXISTS:
        return bind_subquery(c, ast, out);
    case HY_AST_ROW:
        return hy_error_at(hy_error("0A000", "ROW types are disabled"), ast->pos);
    case HY_AST_DEFAULT:
        return hy_error_at(hy_error("42601", "DEFAULT is not allowed in this context"), ast->pos);
    case HY_AST_STAR:
        return hy_error_at(hy_error("42601", "'*' is not allowed in this context"), ast->pos);
    case HY_AST_LAMBDA:
        return hy_error_at(hy_error("42601", "lambda expressions are not allowed here"), ast->pos);
    case HY_AST_DESCRIPTOR:
        return hy_error_at(hy_error("42601", "DESCRIPTOR is not allowed here"), ast->pos);
    }
    return hy_error("XX000", "unknown syntax node %d", (int)ast->kind);
}

HyStatus bind_expr(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    if (++c->b->depth > HY_BIND_MAX_DEPTH)
        return hy_error_at(hy_error("54001", "the expression is nested too deeply"), ast->pos);
    HY_TRY(bind_node(c, ast, out));
    c->b->depth--;
    if ((*out)->position < 0)
        (*out)->position = (int32_t)ast->pos;
    return HY_OK;
}
