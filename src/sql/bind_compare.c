/* Comparisons and what is made of them: IN, BETWEEN, ANY, ALL, LIKE, IS, CASE. */
#include "sql/bind_internal.h"
#include "types/array.h"
#include "types/cast.h"

bool bind_compare_op(HyAstOp op, HyCompareOp *out)
{
    switch (op) {
    case HY_AST_OP_EQ:
        *out = HY_CMP_EQ;
        return true;
    case HY_AST_OP_NE:
        *out = HY_CMP_NE;
        return true;
    case HY_AST_OP_LT:
        *out = HY_CMP_LT;
        return true;
    case HY_AST_OP_LE:
        *out = HY_CMP_LE;
        return true;
    case HY_AST_OP_GT:
        *out = HY_CMP_GT;
        return true;
    case HY_AST_OP_GE:
        *out = HY_CMP_GE;
        return true;
    default:
        return false;
    }
}

/* A numeric constant is compared exactly, so the type's scale must not round it away. */
static HyType literal_target(HyType type)
{
    if (type.id == HY_TYPE_VARCHAR || type.id == HY_TYPE_CHAR)
        type = hy_type(HY_TYPE_TEXT);
    return type;
}

/* A string constant takes the type of the other side. */
static HyStatus adapt_literal(HyBinder *b, HyExpr **literal, HyType to, int32_t position)
{
    HyExpr *cast = NULL;
    HyStatus st = bind_cast(b, *literal, literal_target(to), &cast);
    if (!st) {
        *literal = cast;
        return HY_OK;
    }
    HyStatus error = hy_error("42601", "implicit cast of 'text' to compare with '%s' failed: %s",
        bind_type_name(b, to), st->message);
    hy_error_free(st);
    return hy_error_at(error, position);
}

static bool is_explicit_collation(const HyExpr *expr)
{
    return expr->kind == HY_EXPR_CAST && hy_type_is_text(expr->type) &&
           hy_type_is_text(expr->args[0]->type) && expr->type.id == expr->args[0]->type.id;
}

/* Explicit beats a column's beats none. */
static HyStatus common_collation(
    const HyExpr *left, const HyExpr *right, int32_t position, const HyCollation **out)
{
    const HyCollation *l = left->type.collation;
    const HyCollation *r = right->type.collation;
    bool l_explicit = is_explicit_collation(left);
    bool r_explicit = is_explicit_collation(right);
    *out = l ? l : r;
    if (l == r)
        return HY_OK;
    if (l_explicit != r_explicit) {
        *out = l_explicit ? l : r;
        return HY_OK;
    }
    if (l_explicit || (l && r))
        return hy_error_at(hy_error("42P21", "collation mismatch between %s collations",
                               l_explicit ? "explicit" : "implicit"),
            position);
    return HY_OK;
}

static bool is_char(HyType type)
{
    return type.id == HY_TYPE_CHAR || type.id == HY_TYPE_CHAR1;
}

/* char(n) has no trailing blanks: those of a text compared with it do not count either. */
static HyStatus drop_blanks(HyBinder *b, HyExpr *other, HyExpr **text)
{
    HyTypeId id = (*text)->type.id;
    HyExpr *args[] = {*text};
    if (!is_char(other->type) || (id != HY_TYPE_TEXT && id != HY_TYPE_VARCHAR) ||
        hy_expr_is_null_const(*text))
        return HY_OK;
    return bind_function(b, "rtrim", args, 1, (*text)->position, text);
}

HyStatus bind_comparable(HyBinder *b, HyExpr **left, HyExpr **right, int32_t position)
{
    HyExpr *l = *left;
    HyExpr *r = *right;
    if (bind_is_unknown_param(l) && bind_is_unknown_param(r))
        return bind_require_type(b, l, l->position);
    HyType unknown = hy_type(HY_TYPE_UNKNOWN);
    HyType comparable;
    bool is_null = hy_expr_is_null_const(l) || hy_expr_is_null_const(r);
    if (is_null && !hy_type_comparable(l->type, r->type, &comparable)) {
        /* a NULL of whatever type compares with everything */
        HyValue null = hy_value_null(unknown);
        HY_TRY(hy_expr_const(b->arena, &null, hy_expr_is_null_const(l) ? &l : &r));
    }
    if (bind_is_string_literal(l) && !hy_type_is_text(r->type) && r->type.id != HY_TYPE_UNKNOWN)
        HY_TRY(adapt_literal(b, &l, r->type, position));
    else if (bind_is_string_literal(r) && !hy_type_is_text(l->type) &&
             l->type.id != HY_TYPE_UNKNOWN)
        HY_TRY(adapt_literal(b, &r, l->type, position));
    HY_TRY(drop_blanks(b, l, &r));
    HY_TRY(drop_blanks(b, r, &l));
    HyType common;
    if (!hy_type_comparable(l->type, r->type, &common))
        return hy_error_at(hy_error("42601", "cannot compare '%s' and '%s'",
                               bind_type_name(b, l->type), bind_type_name(b, r->type)),
            position);
    if (common.id == HY_TYPE_UNKNOWN) {
        *left = l;
        *right = r;
        return HY_OK;
    }
    if (hy_type_is_text(common))
        HY_TRY(common_collation(l, r, position, &common.collation));
    HY_TRY(bind_cast(b, l, common, left));
    return bind_cast(b, r, common, right);
}

HyStatus bind_comparison(
    HyBinder *b, HyCompareOp op, HyExpr *left, HyExpr *right, int32_t position, HyExpr **out)
{
    HY_TRY(bind_comparable(b, &left, &right, position));
    if (left->type.id == HY_TYPE_UNKNOWN) { /* NULL = NULL */
        HyValue null = hy_value_null(hy_type(HY_TYPE_BOOL));
        return hy_expr_const(b->arena, &null, out);
    }
    HY_TRY(hy_expr_compare(b->arena, op, left, right, out));
    (*out)->position = position;
    return HY_OK;
}

static HyStatus bool_node(HyBinder *b, HyExprKind kind, HyExpr *left, HyExpr *right, HyExpr **out)
{
    /* null elements may leave the comparison of arrays open */
    bool nullable = left->type.nullable || right->type.nullable || left->type.id == HY_TYPE_ARRAY;
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), nullable);
    HY_TRY(hy_expr_new(b->arena, kind, type, left->position, 2, out));
    (*out)->args[0] = left;
    (*out)->args[1] = right;
    return HY_OK;
}

static HyStatus range(
    HyBinder *b, HyExpr *x, HyExpr *low, HyExpr *high, int32_t position, HyExpr **out)
{
    HyExpr *from = NULL;
    HyExpr *to = NULL;
    HY_TRY(bind_comparison(b, HY_CMP_GE, x, low, position, &from));
    HY_TRY(bind_comparison(b, HY_CMP_LE, x, high, position, &to));
    return bool_node(b, HY_EXPR_AND, from, to, out);
}

static HyStatus negate_if(HyBinder *b, bool negated, HyExpr **expr)
{
    return negated ? hy_expr_not(b->arena, *expr, expr) : HY_OK;
}

/* SYMMETRIC: CASE WHEN low <= high THEN the range ELSE the range the other way round END. */
static HyStatus symmetric_range(
    HyBinder *b, HyExpr *x, HyExpr *low, HyExpr *high, int32_t position, HyExpr **out)
{
    HyExpr *when = NULL;
    HyExpr *then = NULL;
    HyExpr *otherwise = NULL;
    HY_TRY(bind_comparison(b, HY_CMP_LE, low, high, position, &when));
    HY_TRY(range(b, x, low, high, position, &then));
    HY_TRY(range(b, x, high, low, position, &otherwise));
    HyType type =
        hy_type_nullable(hy_type(HY_TYPE_BOOL), then->type.nullable || otherwise->type.nullable);
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_CASE, type, position, 3, out));
    (*out)->args[0] = when;
    (*out)->args[1] = then;
    (*out)->args[2] = otherwise;
    return HY_OK;
}

HyStatus bind_between(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyBinder *b = c->b;
    const HyAstBetween *between = ast->between;
    int32_t position = (int32_t)ast->pos;
    HyExpr *x = NULL;
    HyExpr *low = NULL;
    HyExpr *high = NULL;
    HY_TRY(bind_expr(c, between->operand, &x));
    HY_TRY(bind_expr(c, between->low, &low));
    HY_TRY(bind_expr(c, between->high, &high));
    if (between->symmetric)
        HY_TRY(symmetric_range(b, x, low, high, position, out));
    else
        HY_TRY(range(b, x, low, high, position, out));
    return negate_if(b, between->negated, out);
}

/* NULL IN ('n', 2): the literals must have the type of the other items. */
static HyStatus check_literals(HyBinder *b, HyExpr **items, size_t n, HyType type, int32_t position)
{
    for (size_t i = 0; i < n; i++) {
        HyExpr *cast = NULL;
        if (!bind_is_string_literal(items[i]))
            continue;
        HyStatus st = bind_cast(b, items[i], type, &cast);
        if (st) {
            hy_error_free(st);
            return hy_error_at(
                hy_error("42601", "'VALUES' elements must have generalizable types"), position);
        }
    }
    return HY_OK;
}

/* x IN (items) as one node when all have one type, else as a chain of comparisons. */
static HyStatus make_in_list(
    HyBinder *b, HyExpr *x, HyExpr **items, size_t n, bool negated, int32_t position, HyExpr **out)
{
    HyExpr **left = NULL;
    HyExpr **right = NULL;
    HY_ARENA_NEW(b->arena, left, n);
    HY_ARENA_NEW(b->arena, right, n);
    bool is_uniform = true;
    bool has_type = false;
    for (size_t i = 0; i < n; i++)
        has_type |= items[i]->type.id != HY_TYPE_UNKNOWN || bind_is_unknown_param(items[i]);
    if (!has_type)
        return bind_require_type(b, items[0], -1);
    for (size_t i = 0; i < n && x->type.id == HY_TYPE_UNKNOWN; i++) {
        if (items[i]->type.id == HY_TYPE_UNKNOWN || bind_is_string_literal(items[i]))
            continue;
        if (hy_expr_is_null_const(x))
            HY_TRY(check_literals(b, items, n, items[i]->type, position));
        HY_TRY(bind_cast(b, x, items[i]->type, &x));
    }
    for (size_t i = 0; i < n && x->type.id == HY_TYPE_UNKNOWN; i++) {
        if (items[i]->type.id != HY_TYPE_UNKNOWN)
            HY_TRY(bind_cast(b, x, items[i]->type, &x));
    }
    for (size_t i = 0; i < n; i++) {
        left[i] = x;
        right[i] = items[i];
        HY_TRY(bind_comparable(b, &left[i], &right[i], position));
        HY_TRY(bind_require_type(b, left[i], -1));
        is_uniform &= hy_type_equal(left[i]->type, left[0]->type);
    }
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), left[0]->type.nullable);
    if (is_uniform && n > 1) {
        HY_TRY(hy_expr_new(b->arena, HY_EXPR_IN_LIST, type, position, n + 1, out));
        (*out)->args[0] = left[0];
        (*out)->negated = negated;
        for (size_t i = 0; i < n; i++) {
            (*out)->args[i + 1] = right[i];
            (*out)->type.nullable |= right[i]->type.nullable;
        }
        return HY_OK;
    }
    HyExpr *any = NULL;
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_OR, type, position, n, &any));
    for (size_t i = 0; i < n; i++) {
        HY_TRY(hy_expr_compare(b->arena, HY_CMP_EQ, left[i], right[i], &any->args[i]));
        any->type.nullable |= any->args[i]->type.nullable;
    }
    *out = n == 1 ? any->args[0] : any;
    return negate_if(b, negated, out);
}

HyStatus bind_in_list(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyExpr *x = NULL;
    HyExpr **items = NULL;
    HY_TRY(bind_expr(c, ast->in.operand, &x));
    HY_TRY(bind_exprs(c, &ast->in.list, &items));
    return make_in_list(c->b, x, items, ast->in.list.n, ast->in.negated, (int32_t)ast->pos, out);
}

/* x op ANY/ALL (query). */
static HyStatus make_quantified(HyBinder *b, HyExpr *x, HyCompareOp op, bool is_all,
    HyQueryResult *query, int32_t position, HyExpr **out)
{
    if (query->n != 1)
        return hy_error_at(
            hy_error("42601", "quantifiers require subqueries with one output column on the "
                              "right hand side"),
            position);
    HyExpr *column = NULL;
    HY_TRY(hy_expr_column(b->arena, query->ids[0], query->types[0], &column));
    HyExpr *element = column;
    HY_TRY(bind_comparable(b, &x, &element, position));
    HY_TRY(bind_require_type(b, x, position));
    HY_TRY(bind_project(b, query, element == column ? NULL : &element->type));
    HyType type =
        hy_type_nullable(hy_type(HY_TYPE_BOOL), x->type.nullable || query->types[0].nullable);
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_SUBQUERY, type, position, 1, out));
    (*out)->subquery_kind = is_all ? HY_SUBQUERY_ALL : HY_SUBQUERY_ANY;
    (*out)->op = op;
    (*out)->args[0] = x;
    (*out)->subquery = query->alg;
    return HY_OK;
}

HyStatus bind_in_query(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyExpr *x = NULL;
    HyQueryResult query;
    if (ast->in.operand->kind == HY_AST_ROW)
        return hy_error_at(
            hy_error("42601", "quantifiers require subqueries with one output column on the "
                              "right hand side"),
            ast->pos);
    HY_TRY(bind_expr(c, ast->in.operand, &x));
    HY_TRY(bind_check_subquery(c, (int32_t)ast->pos));
    HY_TRY(bind_query(c->b, ast->in.query, c->scope, &query));
    return make_quantified(c->b, x, ast->in.negated ? HY_CMP_NE : HY_CMP_EQ, ast->in.negated,
        &query, (int32_t)ast->pos, out);
}

/* The elements of an array constructor or constant; false: the array is computed. */
static HyStatus array_elements(
    HyBinder *b, const HyExpr *array, HyExpr ***items, size_t *n, bool *known)
{
    *known = false;
    if (array->kind == HY_EXPR_ARRAY) {
        *items = array->args;
        *n = array->n_args;
        *known = *n > 0;
        return HY_OK;
    }
    if (array->kind != HY_EXPR_CONST || array->value.is_null)
        return HY_OK;
    HyArrayReader reader;
    HY_TRY(hy_array_open(*array->type.element, &array->value.string, &reader));
    HY_ARENA_NEW(b->arena, *items, reader.count + 1);
    *n = reader.count;
    *known = *n > 0;
    for (size_t i = 0; hy_array_next(&reader); i++) {
        HyValue value = hy_value_null(*array->type.element);
        value.is_null = reader.is_null;
        if (!reader.is_null)
            memcpy(&value.u8, reader.payload, sizeof reader.payload);
        HY_TRY(hy_expr_const(b->arena, &value, &(*items)[i]));
    }
    return HY_OK;
}

/* x op ANY (array) over a computed array: the array's elements are a subquery over unnest. */
static HyStatus quantify_unnest(HyExprContext *c, HyExpr *x, HyCompareOp op, bool is_all,
    HyExpr *array, int32_t position, HyExpr **out)
{
    HyBinder *b = c->b;
    HyAlg *alg = NULL;
    HY_TRY(hy_alg_new(b->arena, HY_ALG_FUNCTION, &alg));
    HyExpr **args = NULL;
    HY_ARENA_NEW(b->arena, args, 1);
    args[0] = array;
    HY_TRY(bind_new_call(b, args, 1, &alg->call));
    HY_TRY(bind_resolve(b, "unnest", HY_FUNC_TABLE, alg->call, args, position));
    HY_ARENA_NEW(b->arena, alg->exprs, 1);
    alg->exprs[0].expr = args[0];
    alg->n_exprs = 1;
    HY_ARENA_NEW(b->arena, alg->columns, 1);
    HY_ARENA_NEW(b->arena, alg->types, 1);
    alg->columns[0] = bind_new_id(b, "unnest");
    alg->types[0] = alg->call->columns[0];
    alg->n_columns = 1;
    alg->function_columns = alg->columns;
    HyQueryResult query = {.alg = alg, .ids = alg->columns, .types = alg->types, .n = 1};
    HY_ARENA_NEW(b->arena, query.names, 1);
    HyExpr *answer = NULL;
    HY_TRY(make_quantified(b, x, op, is_all, &query, position, &answer));
    if (!array->type.nullable) {
        *out = answer;
        return HY_OK;
    }
    /* a null array gives null, an empty one false or true */
    HyType type = hy_type(HY_TYPE_BOOL);
    HyExpr *is_null = NULL;
    HY_TRY(hy_expr_new(
        b->arena, HY_EXPR_IS_NULL, hy_type_nullable(type, false), position, 1, &is_null));
    is_null->args[0] = array;
    HyValue null = hy_value_null(type);
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_CASE, type, position, 3, out));
    (*out)->args[0] = is_null;
    HY_TRY(hy_expr_const(b->arena, &null, &(*out)->args[1]));
    (*out)->args[2] = answer;
    return HY_OK;
}

/* op ANY/ALL over known elements: a chain of OR / AND. `function` names LIKE and its kin. */
static HyStatus quantify_elements(HyBinder *b, HyExpr *x, const HyCompareOp *op,
    const char *function, bool is_all, HyExpr **items, size_t n, int32_t position, HyExpr **out)
{
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
    HyExpr *chain = NULL;
    HY_TRY(hy_expr_new(b->arena, is_all ? HY_EXPR_AND : HY_EXPR_OR, type, position, n, &chain));
    for (size_t i = 0; i < n; i++) {
        if (op) {
            HY_TRY(bind_comparison(b, *op, x, items[i], position, &chain->args[i]));
        } else {
            HyExpr *args[2] = {x, items[i]};
            HY_TRY(bind_function(b, function, args, 2, position, &chain->args[i]));
        }
        chain->type.nullable |= chain->args[i]->type.nullable;
    }
    *out = n == 1 ? chain->args[0] : chain;
    return HY_OK;
}

HyStatus bind_quantified(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyBinder *b = c->b;
    int32_t position = (int32_t)ast->pos;
    bool is_all = ast->quantified.is_all;
    HyCompareOp op = HY_CMP_EQ;
    bool is_comparison = bind_compare_op(ast->quantified.op, &op);
    HyExpr *x = NULL;
    HY_TRY(bind_expr(c, ast->quantified.operand, &x));
    if (ast->quantified.query) {
        HyQueryResult query;
        HY_TRY(bind_check_subquery(c, position));
        HY_TRY(bind_query(b, ast->quantified.query, c->scope, &query));
        if (!is_comparison)
            return hy_error_at(
                hy_error("0A000", "operator not supported with a subquery quantifier"), position);
        return make_quantified(b, x, op, is_all, &query, position, out);
    }
    HyExpr *array = NULL;
    HY_TRY(bind_expr(c, ast->quantified.array, &array));
    if (bind_is_string_literal(array) && x->type.id != HY_TYPE_UNKNOWN) {
        HyType type = hy_type(HY_TYPE_ARRAY);
        HyType *element = NULL;
        HY_ARENA_NEW(b->arena, element, 1);
        *element = x->type;
        element->nullable = true;
        type.element = element;
        HY_TRY(bind_cast(b, array, type, &array));
    }
    if (array->type.id != HY_TYPE_ARRAY)
        return hy_error_at(
            hy_error("42601", "op ANY/ALL (array) requires array on right side"), position);
    HyExpr **items = NULL;
    size_t n = 0;
    bool known = false;
    HY_TRY(array_elements(b, array, &items, &n, &known));
    /* the elements have the array's type: constants among them do not adapt */
    HyType common;
    if (is_comparison && !hy_type_comparable(x->type, *array->type.element, &common))
        return hy_error_at(hy_error("42601", "cannot compare '%s' and '%s'",
                               bind_type_name(b, x->type), bind_type_name(b, *array->type.element)),
            position);
    if (known)
        return quantify_elements(b, x, is_comparison ? &op : NULL,
            hy_ast_op_text(ast->quantified.op), is_all, items, n, position, out);
    if (!is_comparison)
        return hy_error_at(
            hy_error("0A000", "operator requires a constant array with ANY and ALL"), position);
    return quantify_unnest(c, x, op, is_all, array, position, out);
}

HyStatus bind_like(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    static const char *const names[] = {
        [HY_AST_LIKE_LIKE] = "~~",
        [HY_AST_LIKE_ILIKE] = "~~*",
        [HY_AST_LIKE_SIMILAR] = "similar_to",
    };
    const HyAstLike *like = ast->like;
    HyExpr *args[3] = {NULL};
    HY_TRY(bind_expr(c, like->operand, &args[0]));
    HY_TRY(bind_expr(c, like->pattern, &args[1]));
    if (like->escape)
        HY_TRY(bind_expr(c, like->escape, &args[2]));
    for (int i = 0; i < 2; i++) {
        if (args[i]->type.id == HY_TYPE_UNKNOWN)
            HY_TRY(bind_cast(c->b, args[i], hy_type(HY_TYPE_TEXT), &args[i]));
        else if (!hy_type_is_text(args[i]->type))
            return hy_error_at(hy_error("42601", "'%s' requires string arguments",
                                   like->kind == HY_AST_LIKE_ILIKE     ? "ILIKE"
                                   : like->kind == HY_AST_LIKE_SIMILAR ? "SIMILAR TO"
                                                                       : "LIKE"),
                ast->pos);
    }
    HY_TRY(
        bind_function(c->b, names[like->kind], args, like->escape ? 3 : 2, (int32_t)ast->pos, out));
    return negate_if(c->b, like->negated, out);
}

HyStatus bind_is_bool(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    static const HyTruth truths[] = {
        [HY_AST_TRUE] = HY_TRUTH_TRUE,
        [HY_AST_FALSE] = HY_TRUTH_FALSE,
        [HY_AST_UNKNOWN] = HY_TRUTH_UNKNOWN,
    };
    HyExpr *arg = NULL;
    HyExpr *truth = NULL;
    HY_TRY(bind_expr(c, ast->is.operand, &arg));
    HY_TRY(hy_expr_bool(c->b->arena, true, &truth));
    HY_TRY(bind_comparable(c->b, &arg, &truth, (int32_t)ast->pos));
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
    HY_TRY(hy_expr_new(c->b->arena, HY_EXPR_IS_TRUE, type, (int32_t)ast->pos, 1, out));
    (*out)->args[0] = arg;
    (*out)->truth = truths[ast->is.truth];
    (*out)->negated = ast->is.negated;
    return HY_OK;
}

HyStatus bind_is_distinct(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyExpr *left = NULL;
    HyExpr *right = NULL;
    HY_TRY(bind_expr(c, ast->is.operand, &left));
    HY_TRY(bind_expr(c, ast->is.right, &right));
    HY_TRY(bind_comparable(c->b, &left, &right, (int32_t)ast->pos));
    if (left->type.id == HY_TYPE_UNKNOWN) /* both are NULL */
        return hy_expr_bool(c->b->arena, ast->is.negated, out);
    HY_TRY(bool_node(c->b, HY_EXPR_DISTINCT, left, right, out));
    (*out)->type.nullable = false;
    (*out)->negated = ast->is.negated;
    return HY_OK;
}

/* String constants among the results take the type of the others. */
static HyStatus unify_case(
    HyBinder *b, const HyAstCase *ast, HyExpr **results, size_t n, HyType *out)
{
    const HyAstExpr *blamed = ast->whens[0].then;
    HyType common = hy_type(HY_TYPE_UNKNOWN);
    for (size_t i = 0; i < n; i++) {
        const HyAstExpr *then = i < ast->n_whens ? ast->whens[i].then : ast->otherwise;
        if (bind_is_string_literal(results[i]))
            continue;
        if (!hy_type_common(common, results[i]->type, &common))
            return hy_error_at(
                hy_error("42601", "'case' requires uniform result types in THEN clauses"),
                then->pos);
    }
    if (common.id == HY_TYPE_UNKNOWN || hy_type_is_text(common))
        return bind_common(b, results, n, false, (int32_t)blamed->pos,
            "'case' requires uniform result types in THEN clauses", out);
    HyStatus st = bind_common(b, results, n, true, (int32_t)blamed->pos,
        "'case' requires uniform result types in THEN clauses", out);
    if (!st)
        return HY_OK;
    hy_error_free(st);
    bool in_else = ast->otherwise && n > ast->n_whens && bind_is_string_literal(results[n - 1]);
    return hy_error("42601",
        in_else ? "'case' requires the string literal in the ELSE clause to be interpretable as "
                  "the return type"
                : "'case' requires the string literals in the THEN clauses to be interpretable "
                  "as the return type");
}

HyStatus bind_case(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyBinder *b = c->b;
    const HyAstCase *cases = ast->cases;
    size_t n_results = cases->n_whens + (cases->otherwise ? 1 : 0);
    HyExpr **whens = NULL;
    HyExpr **results = NULL;
    HyExpr *operand = NULL;
    HY_ARENA_NEW(b->arena, whens, cases->n_whens);
    HY_ARENA_NEW(b->arena, results, n_results);
    if (cases->operand)
        HY_TRY(bind_expr(c, cases->operand, &operand));
    for (size_t i = 0; i < cases->n_whens; i++) {
        const HyAstExpr *when = cases->whens[i].when;
        if (operand) {
            HyExpr *value = NULL;
            HY_TRY(bind_expr(c, when, &value));
            HY_TRY(bind_comparison(b, HY_CMP_EQ, operand, value, (int32_t)when->pos, &whens[i]));
        } else {
            HY_TRY(bind_condition(c, when, "'case' requires boolean arguments in WHEN clauses",
                (int32_t)when->pos, &whens[i]));
        }
        HY_TRY(bind_expr(c, cases->whens[i].then, &results[i]));
    }
    if (cases->otherwise)
        HY_TRY(bind_expr(c, cases->otherwise, &results[cases->n_whens]));
    HyType type;
    HY_TRY(unify_case(b, cases, results, n_results, &type));
    type.nullable |= !cases->otherwise;
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_CASE, type, (int32_t)ast->pos,
        2 * cases->n_whens + (cases->otherwise ? 1 : 0), out));
    for (size_t i = 0; i < cases->n_whens; i++) {
        (*out)->args[2 * i] = whens[i];
        (*out)->args[2 * i + 1] = results[i];
    }
    if (cases->otherwise)
        (*out)->args[2 * cases->n_whens] = results[cases->n_whens];
    return HY_OK;
}
