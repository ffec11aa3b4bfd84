/* Calls of scalar and set-returning functions, and those with syntax or typing of their own. */
#include "sql/bind_internal.h"

#include <stdio.h>

HyStatus bind_call_name(const HyAstQName *name, int32_t position, const char **out)
{
    const HyAstNameList *parts = &name->parts;
    *out = parts->items[parts->n - 1].text;
    /* A default in a file is qualified fully: "path of the file"."pg_catalog"."now"(). */
    const char *schema = parts->n == 1 ? "pg_catalog" : parts->items[parts->n - 2].text;
    if (strcmp(schema, "pg_catalog") == 0 ||
        (strcmp(schema, "information_schema") == 0 && strncmp(*out, "_pg_", 4) == 0))
        return HY_OK;
    return hy_error_at(hy_error("42883", "function \"%s\" does not exist", *out), position);
}

HyStatus bind_new_call(HyBinder *b, HyExpr **args, size_t n_args, HyFuncCall **out)
{
    HyFuncCall *call = NULL;
    HY_ARENA_NEW(b->arena, call, 1);
    call->n_args = n_args;
    call->arena = b->arena;
    call->style = b->style;
    HY_ARENA_NEW(b->arena, call->arg_types, n_args);
    HY_ARENA_NEW(b->arena, call->consts, n_args);
    for (size_t i = 0; i < n_args; i++) {
        call->arg_types[i] = args[i]->type;
        if (args[i]->kind == HY_EXPR_CONST && args[i]->param_index == 0)
            call->consts[i] = &args[i]->value;
    }
    *out = call;
    return HY_OK;
}

HyStatus bind_resolve(HyBinder *b, const char *name, HyFuncKind kind, HyFuncCall *call,
    HyExpr **args, int32_t position)
{
    HY_TRY(hy_error_at(hy_func_resolve(name, kind, call), position));
    for (size_t i = 0; i < call->n_args; i++) {
        HY_TRY(hy_error_at(bind_cast(b, args[i], call->arg_types[i], &args[i]), position));
        if (args[i]->kind == HY_EXPR_CONST && args[i]->param_index == 0)
            call->consts[i] = &args[i]->value;
    }
    return HY_OK;
}

/* Functions of two arguments that are NULL if one of them is a NULL without a type, whatever the
 * type of the other: the genuine server looks at types only afterwards. */
static bool is_null_before_types(const char *name)
{
    static const char *const names[] = {"age", "btrim", "col_description", "contains", "div",
        "ends_with", "format_number", "get_bit", "get_byte", "icontains", "int4larger",
        "int4smaller", "int8larger", "int8smaller", "left", "log", "ltrim", "ltrunc", "mod",
        "obj_description", "pow", "power", "repeat", "right", "round", "rtrim", "rtrunc",
        "shobj_description", "starts_with", "to_char", "to_date", "to_timestamp", "trunc"};
    for (size_t i = 0; i < HY_ARRAY_LEN(names); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static bool is_plain_null(const HyExpr *arg)
{
    return hy_expr_is_null_const(arg) && arg->type.id == HY_TYPE_UNKNOWN && arg->param_index == 0;
}

HyStatus bind_function(
    HyBinder *b, const char *name, HyExpr **args, size_t n_args, int32_t position, HyExpr **out)
{
    HyFuncCall *call = NULL;
    HY_TRY(bind_new_call(b, args, n_args, &call));
    bool is_operator = strchr("+-*/%", name[0]) && name[1] == '\0';
    for (size_t i = 0; i < n_args && is_operator; i++) {
        if (args[i]->is_cast) /* 1::smallint has the digits of its type */
            call->consts[i] = NULL;
    }
    bool may_be_null = n_args == 2 && (is_plain_null(args[0]) || is_plain_null(args[1]));
    HyExpr *null = may_be_null ? args[is_plain_null(args[0]) ? 0 : 1] : NULL;
    HyStatus st = bind_resolve(b, name, HY_FUNC_SCALAR, call, args, position);
    if (st && null && is_null_before_types(name)) {
        hy_error_free(st);
        *out = null;
        return HY_OK;
    }
    HY_TRY(st);
    n_args = call->n_args; /* a function may have no use for its arguments */
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_CALL, call->result, position, n_args, out));
    for (size_t i = 0; i < n_args; i++)
        (*out)->args[i] = args[i];
    (*out)->call = call;
    return HY_OK;
}

HyStatus bind_sort_keys(HyExprContext *c, const HyAstOrderList *list, HySortKey **out)
{
    HY_ARENA_NEW(c->b->arena, *out, list->n + 1);
    for (size_t i = 0; i < list->n; i++) {
        const HyAstOrder *order = &list->items[i];
        HySortKey *key = &(*out)[i];
        HY_TRY(bind_expr(c, order->expr, &key->expr));
        HY_TRY(bind_require_type(c->b, key->expr, (int32_t)order->expr->pos));
        key->is_descending = order->descending;
        key->nulls_first = order->nulls == HY_AST_NULLS_DEFAULT
                               ? order->descending
                               : order->nulls == HY_AST_NULLS_FIRST;
    }
    return HY_OK;
}

/* ---- Typing of their own ---- */

static HyStatus wrong_count(const char *name, size_t expected, size_t received, uint32_t position)
{
    return hy_error_at(
        hy_error("42601",
            "wrong number of arguments when calling \"%s\"; expected: %zu, received: %zu", name,
            expected, received),
        position);
}

/* What follows an argument that cannot be null is never looked at, not even its type. */
static HyStatus bind_coalesce(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyBinder *b = c->b;
    HyExpr **args = NULL;
    HyExpr **kept = NULL;
    size_t n = ast->call->args.n;
    size_t n_kept = 0;
    HY_TRY(bind_exprs(c, &ast->call->args, &args));
    HY_ARENA_NEW(b->arena, kept, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (bind_is_unknown_param(args[i]))
            return bind_require_type(b, args[i], args[i]->position);
        if (hy_expr_is_null_const(args[i]) && args[i]->param_index == 0) /* of whatever type */
            continue;
        kept[n_kept++] = args[i];
        if (!args[i]->type.nullable)
            break;
    }
    if (n_kept == 0) {
        if (n == 0)
            return wrong_count("coalesce", 1, 0, ast->pos);
        *out = args[n - 1];
        return HY_OK;
    }
    HyType type;
    HY_TRY(bind_common(
        b, kept, n_kept, false, (int32_t)ast->pos, "'coalesce' requires identical types", &type));
    if (n_kept == 1) {
        *out = kept[0];
        return HY_OK;
    }
    type.nullable = kept[n_kept - 1]->type.nullable;
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_COALESCE, type, (int32_t)ast->pos, n_kept, out));
    memcpy((*out)->args, kept, n_kept * sizeof *kept);
    return HY_OK;
}

/* ifnull and nvl: coalesce of two, whose common type counts even if the second is never needed. */
static HyStatus bind_ifnull(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyBinder *b = c->b;
    HyExpr **args = NULL;
    HyType type;
    const char *name = NULL;
    char message[64];
    HY_TRY(bind_call_name(&ast->call->name, (int32_t)ast->pos, &name));
    if (ast->call->args.n != 2)
        return wrong_count(name, 2, ast->call->args.n, ast->pos);
    HY_TRY(bind_exprs(c, &ast->call->args, &args));
    for (size_t i = 0; i < 2; i++)
        if (bind_is_unknown_param(args[i]))
            return bind_require_type(b, args[i], args[i]->position);
    bool is_second_null = hy_expr_is_null_const(args[1]) && args[1]->param_index == 0;
    if (hy_expr_is_null_const(args[0]) && args[0]->param_index == 0) {
        *out = is_second_null && args[0]->type.id != HY_TYPE_UNKNOWN ? args[0] : args[1];
        return HY_OK;
    }
    if (is_second_null) {
        *out = args[0];
        return HY_OK;
    }
    bool never_second = !args[0]->type.nullable;
    bool second_nullable = args[1]->type.nullable;
    (void)snprintf(message, sizeof message, "'%s' requires compatible types", name);
    HY_TRY(bind_common(b, args, 2, false, (int32_t)ast->pos, message, &type));
    if (never_second || type.id == HY_TYPE_UNKNOWN) {
        *out = args[0];
        return HY_OK;
    }
    type.nullable = second_nullable;
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_COALESCE, type, (int32_t)ast->pos, 2, out));
    memcpy((*out)->args, args, 2 * sizeof *args);
    return HY_OK;
}

static HyStatus bind_nullif(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyBinder *b = c->b;
    HyExpr **args = NULL;
    if (ast->call->args.n != 2)
        return wrong_count("nullif", 2, ast->call->args.n, ast->pos);
    HY_TRY(bind_exprs(c, &ast->call->args, &args));
    HyExpr *same = NULL;
    HyType comparable;
    if (!bind_is_string_literal(args[0]) && !bind_is_string_literal(args[1]) &&
        !hy_type_comparable(args[0]->type, args[1]->type, &comparable))
        return hy_error_at(hy_error("42601", "cannot compare '%s' and '%s'",
                               bind_type_name(b, args[0]->type), bind_type_name(b, args[1]->type)),
            ast->pos);
    HY_TRY(bind_comparison(b, HY_CMP_EQ, args[0], args[1], (int32_t)ast->pos, &same));
    if (args[0]->type.id == HY_TYPE_UNKNOWN)
        HY_TRY(bind_cast(b, args[0], args[1]->type, &args[0]));
    HyType type = hy_type_nullable(args[0]->type, true);
    HyValue null = hy_value_null(type);
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_CASE, type, (int32_t)ast->pos, 3, out));
    (*out)->args[0] = same;
    HY_TRY(hy_expr_const(b->arena, &null, &(*out)->args[1]));
    (*out)->args[2] = args[0];
    return HY_OK;
}

static HyStatus bind_greatest(
    HyExprContext *c, const HyAstExpr *ast, const char *name, HyExpr **out)
{
    HyBinder *b = c->b;
    HyExpr **args = NULL;
    size_t n = ast->call->args.n;
    HyType type;
    HY_TRY(bind_exprs(c, &ast->call->args, &args));
    HY_TRY(bind_common(b, args, n, true, -1,
        strcmp(name, "greatest") == 0 ? "'GREATEST' requires generalizable types"
                                      : "'LEAST' requires generalizable types",
        &type));
    if (n > 0 && type.id == HY_TYPE_UNKNOWN) {
        *out = args[0];
        return bind_is_unknown_param(args[0]) ? bind_require_type(b, args[0], args[0]->position)
                                              : HY_OK;
    }
    return bind_function(b, name, args, n, (int32_t)ast->pos, out);
}

/* iff(condition, then, else) */
static HyStatus bind_iff(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyBinder *b = c->b;
    const HyAstExprList *list = &ast->call->args;
    HyExpr *args[3];
    if (list->n != 3)
        return wrong_count("iff", 3, list->n, ast->pos);
    HY_TRY(bind_condition(
        c, list->items[0], "'iff' requires a boolean argument", (int32_t)ast->pos, &args[0]));
    HY_TRY(bind_expr(c, list->items[1], &args[1]));
    HY_TRY(bind_expr(c, list->items[2], &args[2]));
    HyType type;
    HY_TRY(bind_common(
        b, &args[1], 2, false, (int32_t)ast->pos, "'iff' requires identical types", &type));
    if (type.id == HY_TYPE_UNKNOWN && !bind_is_unknown_param(args[1]))
        return hy_error_at(hy_error("42601", "'iff' could not cast true and false value arguments "
                                             "to common type 'unknown'"),
            ast->pos);
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_CASE, type, (int32_t)ast->pos, 3, out));
    memcpy((*out)->args, args, sizeof args);
    return HY_OK;
}

/* The body of lambda x: expr over the elements of an array, as an argument of its own. */
static HyStatus bind_lambda(HyExprContext *c, const HyAstExpr *ast, HyType element, HyExpr **out)
{
    HyBinder *b = c->b;
    if (ast->lambda.parameters.n != 1)
        return hy_error_at(
            hy_error("22023", "the lambda function must take 1 arguments"), ast->pos);
    HyScope *scope = NULL;
    HY_TRY(bind_scope_new(b, c->scope, &scope));
    HyScopeColumn column = {.name = ast->lambda.parameters.items[0].text,
        .id = bind_new_id(b, ast->lambda.parameters.items[0].text),
        .type = element};
    HY_LIST_PUSH(b->arena, scope->columns, scope->n_columns, column);
    HyExprContext inner = {.b = b, .scope = scope, .clause = HY_CLAUSE_OTHER};
    HyExpr *body = NULL;
    HY_TRY(bind_expr(&inner, ast->lambda.body, &body));
    HyType *boxed = NULL;
    HY_ARENA_NEW(b->arena, boxed, 1);
    *boxed = body->type;
    HyType type = {.id = HY_TYPE_LAMBDA, .element = boxed};
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_LAMBDA, type, (int32_t)ast->pos, 1, out));
    (*out)->args[0] = body;
    (*out)->column = column.id;
    return HY_OK;
}

static HyStatus bind_arguments(HyExprContext *c, const HyAstCall *call, HyExpr ***out)
{
    HY_ARENA_NEW(c->b->arena, *out, call->args.n + 1);
    for (size_t i = 0; i < call->args.n; i++) {
        const HyAstExpr *arg = call->args.items[i];
        if (call->arg_names && call->arg_names[i].text)
            return hy_error_at(hy_error("42601", "named argument '%s' is not allowed here",
                                   call->arg_names[i].text),
                call->arg_names[i].span.offset);
        bool over_array = i > 0 && (*out)[0]->type.id == HY_TYPE_ARRAY;
        if (arg->kind == HY_AST_LAMBDA && over_array)
            HY_TRY(bind_lambda(c, arg, *(*out)[0]->type.element, &(*out)[i]));
        else
            HY_TRY(bind_expr(c, arg, &(*out)[i]));
    }
    return HY_OK;
}

/* ---- Set-returning ---- */

/* A scan over a call of a table function; ids: those of its first n_ids columns, the others get
 * new ones. */
static HyStatus bind_rows_of(HyBinder *b, const char *name, HyExpr **args, size_t n_args,
    const HyColumnId *ids, size_t n_ids, int32_t position, HyAlg **out)
{
    HyAlg *alg = NULL;
    HY_TRY(hy_alg_new(b->arena, HY_ALG_FUNCTION, &alg));
    HY_TRY(bind_new_call(b, args, n_args, &alg->call));
    HY_TRY(bind_resolve(b, name, HY_FUNC_TABLE, alg->call, args, position));
    size_t n = alg->call->n_columns;
    HY_ARENA_NEW(b->arena, alg->exprs, alg->call->n_args + 1);
    for (size_t i = 0; i < alg->call->n_args; i++)
        alg->exprs[i].expr = args[i];
    alg->n_exprs = alg->call->n_args;
    HY_ARENA_NEW(b->arena, alg->function_columns, n);
    HY_ARENA_NEW(b->arena, alg->columns, n + 1); /* room for the ordinality */
    HY_ARENA_NEW(b->arena, alg->types, n + 1);
    for (size_t i = 0; i < n; i++) {
        const char *column = alg->call->column_names ? alg->call->column_names[i] : name;
        alg->function_columns[i] = i < n_ids ? ids[i] : bind_new_id(b, column);
        alg->columns[i] = alg->function_columns[i];
        alg->types[i] = alg->call->columns[i];
    }
    alg->n_columns = n;
    alg->estimated_rows = 100;
    *out = alg;
    return HY_OK;
}

HyStatus bind_table_function(HyExprContext *c, const HyAstCall *call, int32_t position, HyAlg **out)
{
    HyBinder *b = c->b;
    const char *name = NULL;
    HyExpr **args = NULL;
    HY_TRY(bind_call_name(&call->name, position, &name));
    if (!hy_func_find(name, HY_FUNC_TABLE)) {
        for (int kind = HY_FUNC_SCALAR; kind <= HY_FUNC_WINDOW; kind++) {
            if (hy_func_find(name, (HyFuncKind)kind))
                return hy_error_at(
                    hy_error("42601", "\"%s\" is not a table function", name), position);
        }
    }
    HY_TRY(bind_arguments(c, call, &args));
    return bind_rows_of(b, name, args, call->args.n, NULL, 0, position, out);
}

/* generate_subscripts in a select list takes the calls of unnest before it in, so that positions
 * and elements stand side by side; all other set-returning functions are joined. */
static HyStatus bind_subscripts(HyExprContext *c, const HyAstExpr *ast, HyAlg **out)
{
    HyBinder *b = c->b;
    HySelect *select = c->select;
    HyExpr **own = NULL;
    HyExpr **args = NULL;
    HyColumnId *ids = NULL;
    size_t n_args = 0;
    size_t n_kept = 0;
    size_t n_own = ast->call->args.n;
    HY_TRY(bind_arguments(c, ast->call, &own));
    HY_ARENA_NEW(b->arena, args, select->n_late_functions + n_own);
    HY_ARENA_NEW(b->arena, ids, select->n_late_functions + 1);
    for (size_t i = 0; i < select->n_late_functions; i++) {
        HyAlg *other = select->late_functions[i];
        if (strcmp(other->call->func->name, "unnest") == 0 && other->n_exprs == 1) {
            ids[n_args] = other->columns[0];
            args[n_args++] = other->exprs[0].expr;
        } else {
            select->late_functions[n_kept++] = other;
        }
    }
    select->n_late_functions = n_kept;
    size_t n_ids = n_args;
    for (size_t i = 0; i < n_own; i++)
        args[n_args++] = own[i];
    return bind_rows_of(b, "generate_subscripts", args, n_args, ids, n_ids, (int32_t)ast->pos, out);
}

/* The column of the same call somewhere before in the select list, or NULL: clients ask for the
 * parts of its composite one by one, and they must go together. */
static HyStatus find_same_rows(
    HyExprContext *c, const HyAstExpr *ast, const char *name, HyExpr **out)
{
    HyExpr **args = NULL;
    *out = NULL;
    if (ast->call->args.n != 1)
        return HY_OK;
    HY_TRY(bind_arguments(c, ast->call, &args));
    for (size_t i = 0; i < c->select->n_late_functions; i++) {
        const HyAlg *other = c->select->late_functions[i];
        if (strcmp(other->call->func->name, name) == 0 &&
            hy_expr_equal(other->exprs[0].expr, args[0]))
            return hy_expr_column(c->b->arena, other->columns[0], other->types[0], out);
    }
    return HY_OK;
}

/* In an expression: joined to the rows over which the expression is computed. */
static HyStatus bind_set_call(
    HyExprContext *c, const HyAstExpr *ast, const char *name, HyExpr **out)
{
    HyBinder *b = c->b;
    bool is_early = c->clause == HY_CLAUSE_WHERE || c->clause == HY_CLAUSE_AGGREGATE;
    bool is_late = c->clause == HY_CLAUSE_SELECT || c->clause == HY_CLAUSE_ORDER;
    if (!c->select || (!is_early && !is_late))
        return hy_error_at(
            hy_error("42601", "set-returning function \"%s\" is not allowed here", name), ast->pos);
    HyAlg *alg = NULL;
    if (is_late && strcmp(name, "_pg_expandarray") == 0) {
        HY_TRY(find_same_rows(c, ast, name, out));
        if (*out)
            return HY_OK;
    }
    bool takes_in = is_late && ast->call->args.n == 2 && strcmp(name, "generate_subscripts") == 0;
    HY_TRY(takes_in ? bind_subscripts(c, ast, &alg)
                    : bind_table_function(c, ast->call, (int32_t)ast->pos, &alg));
    if (alg->n_columns != 1 && !takes_in)
        return hy_error_at(
            hy_error("42601", "set-returning functions must give one column here"), ast->pos);
    size_t last = alg->n_columns - 1;
    HY_TRY(hy_expr_column(b->arena, alg->columns[last], alg->types[last], out));
    if (is_early)
        HY_LIST_PUSH(b->arena, c->select->early_functions, c->select->n_early_functions, alg);
    else
        HY_LIST_PUSH(b->arena, c->select->late_functions, c->select->n_late_functions, alg);
    return HY_OK;
}

/* ---- Dispatch ---- */

typedef HyStatus (*SpecialCall)(HyExprContext *c, const HyAstExpr *ast, HyExpr **out);

static SpecialCall find_special(const char *name)
{
    static const struct {
        const char *name;
        SpecialCall bind;
    } specials[] = {
        {"coalesce", bind_coalesce},
        {"ifnull", bind_ifnull},
        {"nvl", bind_ifnull},
        {"nullif", bind_nullif},
        {"iff", bind_iff},
        {"grouping", bind_grouping_call},
    };
    for (size_t i = 0; i < HY_ARRAY_LEN(specials); i++) {
        if (strcmp(specials[i].name, name) == 0)
            return specials[i].bind;
    }
    return NULL;
}

/* OVER, FILTER, DISTINCT .. make sense for aggregates only. */
static HyStatus check_plain(const HyAstExpr *ast, const char *name)
{
    const HyAstCall *call = ast->call;
    const char *what = NULL;
    uint32_t position = ast->pos;
    if (call->over) {
        what = "aggregate";
        position = call->over->span.offset;
    } else if (call->within_group.n > 0) {
        what = "aggregate";
    } else if (call->filter) {
        what = "FILTER";
    } else if (call->distinct) {
        what = "DISTINCT";
    } else if (call->order_by.n > 0) {
        return hy_error_at(
            hy_error("42601", "order specification invalid in call to \"%s\"", name), position);
    } else if (call->ignore_nulls || call->respect_nulls) {
        what = "NULLS";
    } else if (call->star) {
        return hy_error_at(
            hy_error("42601", "'*' is not allowed in call to \"%s\"", name), position);
    } else {
        return HY_OK;
    }
    return hy_error_at(
        hy_error("42601", "invalid %s specification in call to \"%s\"", what, name), position);
}

static bool function_exists(const char *name)
{
    for (int kind = HY_FUNC_SCALAR; kind <= HY_FUNC_TABLE; kind++) {
        if (hy_func_find(name, (HyFuncKind)kind))
            return true;
    }
    return find_special(name) != NULL;
}

static HyStatus bind_scalar_call(
    HyExprContext *c, const HyAstExpr *ast, const char *name, HyExpr **out)
{
    HyExpr **args = NULL;
    if (function_exists(name))
        HY_TRY(check_plain(ast, name));
    SpecialCall special = find_special(name);
    if (special)
        return special(c, ast, out);
    if (strcmp(name, "greatest") == 0 || strcmp(name, "least") == 0)
        return bind_greatest(c, ast, name, out);
    if (hy_func_find(name, HY_FUNC_TABLE) && !hy_func_find(name, HY_FUNC_SCALAR))
        return bind_set_call(c, ast, name, out);
    if (!function_exists(name)) { /* said before anything about its arguments */
        HyFuncCall none = {0};
        return hy_error_at(hy_func_resolve(name, HY_FUNC_SCALAR, &none), ast->pos);
    }
    HY_TRY(bind_arguments(c, ast->call, &args));
    return bind_function(c->b, name, args, ast->call->args.n, (int32_t)ast->pos, out);
}

HyStatus bind_call(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    const char *name = NULL;
    HY_TRY(bind_call_name(&ast->call->name, (int32_t)ast->pos, &name));
    if (ast->call->variadic)
        return hy_error_at(hy_error("0A000", "VARIADIC is not implemented yet"), ast->pos);
    bool is_aggregate = hy_func_find(name, HY_FUNC_AGGREGATE) != NULL;
    bool is_window = hy_func_find(name, HY_FUNC_WINDOW) != NULL;
    if (ast->call->over && (is_aggregate || is_window))
        return bind_window_call(c, ast, name, out);
    if (is_aggregate && !(ast->call->args.n > 1 && hy_func_find(name, HY_FUNC_SCALAR)))
        return bind_aggregate(c, ast, name, out);
    if (is_window && !hy_func_find(name, HY_FUNC_SCALAR))
        return hy_error_at(hy_error("42601", "window functions require OVER clause"), ast->pos);
    return bind_scalar_call(c, ast, name, out);
}
