/* Queries around their bodies: WITH, set operations, VALUES, ORDER BY and LIMIT over any of them.
 */
#include "sql/bind_internal.h"
#include "types/cast.h"

/* ---- Results ---- */

HyStatus bind_project(HyBinder *b, HyQueryResult *result, const HyType *types)
{
    HyAlg *map = NULL;
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_MAP, result->alg, &map));
    HY_ARENA_NEW(b->arena, map->exprs, result->n + 1);
    HY_ARENA_NEW(b->arena, map->columns, result->n + 1);
    HY_ARENA_NEW(b->arena, map->types, result->n + 1);
    for (size_t i = 0; i < result->n; i++) {
        HyExpr *expr = NULL;
        HY_TRY(hy_expr_column(b->arena, result->ids[i], result->types[i], &expr));
        if (types)
            HY_TRY(bind_cast(b, expr, types[i], &expr));
        map->columns[i] = result->ids[i];
        bool is_repeated = false;
        for (size_t k = 0; k < i && !is_repeated; k++)
            is_repeated = map->columns[k] == result->ids[i];
        if (expr->kind != HY_EXPR_COLUMN || expr->column != result->ids[i] || is_repeated) {
            map->columns[i] = bind_new_id(b, result->names[i]);
            map->exprs[map->n_exprs++] = (HyNamedExpr){.id = map->columns[i], .expr = expr};
        }
        map->types[i] = expr->type;
    }
    map->n_columns = result->n;
    result->alg = map;
    result->ids = map->columns;
    result->types = map->types;
    return HY_OK;
}

static HyStatus result_new(HyBinder *b, size_t n, HyQueryResult *out)
{
    *out = (HyQueryResult){.n = n};
    HY_ARENA_NEW(b->arena, out->names, n + 1);
    HY_ARENA_NEW(b->arena, out->ids, n + 1);
    HY_ARENA_NEW(b->arena, out->types, n + 1);
    return HY_OK;
}

/* ---- LIMIT ---- */

/* *out: -1 for NULL. Only constants and parameters; what has a sign is told apart for the message.
 */
static HyStatus bind_row_count(
    HyBinder *b, const HyAstExpr *ast, const char *clause, uint32_t position, int64_t *out)
{
    *out = -1;
    HyExprContext c = {.b = b, .clause = HY_CLAUSE_CONSTANT};
    HyExpr *expr = NULL;
    HY_TRY(bind_expr(&c, ast, &expr));
    if (bind_is_unknown_param(expr))
        HY_TRY(bind_cast(b, expr, hy_type(HY_TYPE_INT8), &expr));
    if (expr->kind == HY_EXPR_PARAM || hy_expr_is_null_const(expr))
        return HY_OK;
    HyExpr *count = NULL;
    HyStatus st = expr->kind == HY_EXPR_CONST ? bind_cast(b, expr, hy_type(HY_TYPE_INT8), &count)
                                              : hy_error("42601", "not constant");
    if (st || !count) {
        hy_error_free(st);
        return hy_error_at(
            hy_error("42601", "%s requires an integer argument", clause), ast->span.offset);
    }
    *out = count->value.i64;
    if (*out < 0 && strcmp(clause, "LIMIT") == 0)
        return hy_error_at(hy_error("42601", "the limit clause must not be negative"), position);
    if (*out < 0)
        *out = 0;
    return HY_OK;
}

HyStatus bind_limit(HyBinder *b, const HyAstQuery *query, HyAlg **alg)
{
    int64_t limit = -1;
    int64_t offset = 0;
    if (query->limit)
        HY_TRY(bind_row_count(b, query->limit, "LIMIT", query->limit_pos, &limit));
    if (query->offset)
        HY_TRY(bind_row_count(b, query->offset, "OFFSET", query->offset_pos, &offset));
    offset = offset < 0 ? 0 : offset;
    if (limit < 0 && offset == 0)
        return HY_OK;
    bool can_fuse = (*alg)->kind == HY_ALG_SORT && (*alg)->limit < 0 && (*alg)->offset == 0;
    if (!can_fuse || (query->with_ties && query->order_by.n == 0)) {
        if (query->with_ties)
            return hy_error_at(
                hy_error("42601", "WITH TIES cannot be specified without ORDER BY clause"),
                query->limit_pos);
        HY_TRY(hy_alg_unary(b->arena, HY_ALG_LIMIT, *alg, alg));
    }
    (*alg)->limit = limit;
    (*alg)->offset = offset;
    (*alg)->with_ties = query->with_ties;
    return HY_OK;
}

/* ORDER BY over finished columns: names and positions, and expressions over them. */
static HyStatus bind_order(
    HyBinder *b, const HyAstQuery *query, HyScope *outer, HyQueryResult *result)
{
    if (query->order_by.n == 0)
        return HY_OK;
    HyScope *scope = NULL;
    HY_TRY(bind_scope_new(b, outer, &scope));
    for (size_t i = 0; i < result->n; i++) {
        HyScopeColumn column = {
            .name = result->names[i], .id = result->ids[i], .type = result->types[i]};
        HY_LIST_PUSH(b->arena, scope->columns, scope->n_columns, column);
    }
    HyExprContext c = {.b = b, .scope = scope, .clause = HY_CLAUSE_OTHER};
    HySortKey *keys = NULL;
    HY_TRY(bind_sort_keys(&c, &query->order_by, &keys));
    HyAlg *sort = NULL;
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_SORT, result->alg, &sort));
    HY_ARENA_NEW(b->arena, sort->sort, query->order_by.n);
    for (size_t i = 0; i < query->order_by.n; i++) {
        const HyAstExpr *ast = query->order_by.items[i].expr;
        if (ast->kind == HY_AST_INTEGER) {
            if (ast->integer == 0 || ast->integer > result->n)
                return hy_error_at(
                    hy_error("42601", "invalid column number in order-by"), ast->pos);
            size_t index = ast->integer - 1;
            HY_TRY(
                hy_expr_column(b->arena, result->ids[index], result->types[index], &keys[i].expr));
        }
        if (keys[i].expr->kind != HY_EXPR_CONST)
            sort->sort[sort->n_sort++] = keys[i];
    }
    if (sort->n_sort > 0)
        result->alg = sort;
    return HY_OK;
}

/* ---- VALUES ---- */

static HyStatus bind_values_rows(
    HyBinder *b, const HyAstValues *values, HyScope *outer, HyExpr ***rows)
{
    size_t n = values->rows[0].n;
    HyExprContext c = {.b = b, .scope = outer, .clause = HY_CLAUSE_CONSTANT};
    for (size_t r = 0; r < values->n_rows; r++) {
        const HyAstExprList *row = &values->rows[r];
        if (row->n != n)
            return hy_error_at(
                hy_error("42601", "'values' elements must have identical number of columns"),
                row->n > 0 ? row->items[0]->pos : 0);
        HY_TRY(bind_exprs(&c, row, &rows[r]));
    }
    return HY_OK;
}

static HyStatus bind_values(
    HyBinder *b, const HyAstQuery *query, HyScope *outer, HyQueryResult *out)
{
    const HyAstValues *values = query->values;
    size_t n = values->rows[0].n;
    HyAlg *alg = NULL;
    HyExpr **column = NULL;
    HY_TRY(hy_alg_new(b->arena, HY_ALG_VALUES, &alg));
    HY_ARENA_NEW(b->arena, alg->rows, values->n_rows);
    HY_TRY(bind_values_rows(b, values, outer, alg->rows));
    alg->n_rows = values->n_rows;
    alg->estimated_rows = (double)values->n_rows;
    HY_TRY(result_new(b, n, out));
    HY_ARENA_NEW(b->arena, column, values->n_rows);
    for (size_t i = 0; i < n; i++) {
        for (size_t r = 0; r < values->n_rows; r++)
            column[r] = alg->rows[r][i];
        HY_TRY(bind_common(b, column, values->n_rows, false, (int32_t)query->span.offset,
            "'values' elements must have identical types", &out->types[i]));
        for (size_t r = 0; r < values->n_rows; r++)
            alg->rows[r][i] = column[r];
        out->names[i] = hy_arena_printf(b->arena, "column%zu", i + 1);
        if (!out->names[i])
            return hy_error_oom(16);
        out->ids[i] = bind_new_id(b, out->names[i]);
    }
    alg->columns = out->ids;
    alg->types = out->types;
    alg->n_columns = n;
    out->alg = alg;
    return HY_OK;
}

/* ---- Set operations ---- */

static HySetKind set_kind(const HyAstSetOp *op)
{
    switch (op->kind) {
    case HY_AST_UNION:
        return op->all ? HY_SET_UNION_ALL : HY_SET_UNION;
    case HY_AST_INTERSECT:
        return op->all ? HY_SET_INTERSECT_ALL : HY_SET_INTERSECT;
    case HY_AST_EXCEPT:
        return op->all ? HY_SET_EXCEPT_ALL : HY_SET_EXCEPT;
    }
    return HY_SET_UNION_ALL;
}

static HyStatus common_schema(HyBinder *b, const HyQueryResult *left, const HyQueryResult *right,
    uint32_t position, HyType **out)
{
    if (left->n != right->n)
        return hy_error_at(
            hy_error("42601", "set operations require an identical schema on both sides"),
            position);
    HyType *types = NULL;
    HY_ARENA_NEW(b->arena, types, left->n + 1);
    for (size_t i = 0; i < left->n; i++) {
        if (!hy_type_common(left->types[i], right->types[i], &types[i]))
            return hy_error_at(
                hy_error("42601",
                    "set operations require an identical schema on both sides, but column \"%s\" "
                    "of type `%s` cannot be matched with column \"%s\" of type `%s` at index %zu",
                    left->names[i], bind_type_name_null(b, left->types[i]), right->names[i],
                    bind_type_name_null(b, right->types[i]), i + 1),
                position);
        if (types[i].id == HY_TYPE_UNKNOWN)
            types[i] = hy_type(HY_TYPE_TEXT);
    }
    *out = types;
    return HY_OK;
}

/* A SETOP or RECURSIVE over two results of one schema. */
static HyStatus make_setop(HyBinder *b, HyAlgKind kind, HyQueryResult *left, HyQueryResult *right,
    HyType *types, HyQueryResult *out)
{
    HyAlg *alg = NULL;
    HY_TRY(bind_project(b, left, types));
    HY_TRY(bind_project(b, right, types));
    HY_TRY(hy_alg_unary(b->arena, kind, left->alg, &alg));
    alg->inputs[1] = right->alg;
    alg->n_inputs = 2;
    alg->left_columns = left->ids;
    alg->right_columns = right->ids;
    HY_TRY(result_new(b, left->n, out));
    memcpy(out->names, left->names, left->n * sizeof *out->names);
    memcpy(out->types, types, left->n * sizeof *out->types);
    for (size_t i = 0; i < left->n; i++)
        out->ids[i] = bind_new_id(b, left->names[i]);
    alg->columns = out->ids;
    alg->types = out->types;
    alg->n_columns = left->n;
    out->alg = alg;
    return HY_OK;
}

static HyStatus bind_set_op(HyBinder *b, const HyAstSetOp *op, HyScope *outer, HyQueryResult *out)
{
    HyQueryResult left;
    HyQueryResult right;
    HyType *types = NULL;
    HY_TRY(bind_query(b, op->left, outer, &left));
    HY_TRY(bind_query(b, op->right, outer, &right));
    HY_TRY(common_schema(b, &left, &right, op->pos, &types));
    HY_TRY(make_setop(b, HY_ALG_SETOP, &left, &right, types, out));
    out->alg->set_kind = set_kind(op);
    return HY_OK;
}

/* ---- WITH ---- */

static HyStatus register_cte(HyBinder *b, HyCte *cte, const HyQueryResult *result, const char *name)
{
    cte->name = name;
    cte->id = b->next_cte_id++;
    cte->n_columns = result->n;
    cte->columns = result->ids;
    cte->types = result->types;
    return HY_OK;
}

/* The names that the rest of the statement sees. */
static HyStatus cte_names(
    HyBinder *b, const HyAstCte *ast, const HyQueryResult *result, const char ***out)
{
    if (ast->columns.n > result->n)
        return hy_error_at(
            hy_error("42P10", "CTE \"%s\" has %zu columns available but %zu columns specified",
                ast->name.text, result->n, ast->columns.n),
            ast->span.offset);
    HY_ARENA_NEW(b->arena, *out, result->n + 1);
    for (size_t i = 0; i < result->n; i++)
        (*out)[i] = i < ast->columns.n ? ast->columns.items[i].text : result->names[i];
    return HY_OK;
}

static bool is_recursive_shape(const HyAstQuery *query)
{
    return query->kind == HY_AST_QUERY_SET_OP && query->set_op->kind == HY_AST_UNION &&
           query->order_by.n == 0 && !query->limit && !query->offset && query->n_ctes == 0;
}

static HyStatus recursive_mismatch(uint32_t position)
{
    return hy_error_at(
        hy_error("42601", "set operations require an identical schema on both sides"), position);
}

/* start UNION [ALL] step, where the step may read the name itself: the rows of the round before. */
static HyStatus bind_recursive(
    HyBinder *b, const HyAstCte *ast, HyScope *outer, HyCteEntry *entry, HyQueryResult *out)
{
    const HyAstSetOp *op = ast->query->set_op;
    HyQueryResult start;
    HyQueryResult step;
    HyCte *working = NULL;
    HY_ARENA_NEW(b->arena, working, 1);
    entry->cte = working;
    entry->is_pending = true;
    HY_TRY(bind_query(b, op->left, outer, &start));
    entry->is_pending = false;
    HyType *types = NULL;
    HY_ARENA_NEW(b->arena, types, start.n + 1);
    for (size_t i = 0; i < start.n; i++) {
        types[i] = start.types[i].id == HY_TYPE_UNKNOWN ? hy_type(HY_TYPE_TEXT) : start.types[i];
        types[i].nullable = true; /* whatever the step gives */
    }
    start.types = types;
    HY_TRY(cte_names(b, ast, &start, &entry->column_names));
    HY_TRY(register_cte(b, working, &start, ast->name.text));
    HY_TRY(bind_query(b, op->right, outer, &step));
    if (working->n_references == 0) { /* an ordinary union after all */
        HY_TRY(common_schema(b, &start, &step, op->pos, &types));
        HY_TRY(make_setop(b, HY_ALG_SETOP, &start, &step, types, out));
        out->alg->set_kind = set_kind(op);
        return HY_OK;
    }
    if (start.n != step.n)
        return recursive_mismatch(ast->query->span.offset);
    for (size_t i = 0; i < start.n; i++) {
        if (step.types[i].id != HY_TYPE_UNKNOWN && !hy_type_equal(types[i], step.types[i]))
            return recursive_mismatch(ast->query->span.offset);
    }
    HY_TRY(make_setop(b, HY_ALG_RECURSIVE, &start, &step, types, out));
    out->alg->cte = working;
    out->alg->recursive_distinct = !op->all;
    working->columns = out->ids;
    return HY_OK;
}

static HyStatus bind_cte(HyBinder *b, const HyAstCte *ast, bool recursive, HyScope *outer)
{
    HyCteEntry *saved = b->cte_scope;
    HyCteEntry *entry = NULL;
    HyQueryResult result;
    HY_ARENA_NEW(b->arena, entry, 1);
    entry->next = saved;
    entry->name = ast->name.text;
    if (recursive) {
        entry->is_pending = true;
        b->cte_scope = entry;
    }
    if (recursive && is_recursive_shape(ast->query))
        HY_TRY(bind_recursive(b, ast, outer, entry, &result));
    else
        HY_TRY(bind_query(b, ast->query, outer, &result));
    HyCteEntry *finished = NULL; /* the working table keeps the entry made for it */
    HY_ARENA_NEW(b->arena, finished, 1);
    *finished = (HyCteEntry){.next = saved, .name = ast->name.text};
    HY_TRY(cte_names(b, ast, &result, &finished->column_names));
    HY_ARENA_NEW(b->arena, finished->cte, 1);
    HY_TRY(bind_project(b, &result, NULL));
    HY_TRY(register_cte(b, finished->cte, &result, ast->name.text));
    finished->cte->query = result.alg;
    HY_LIST_PUSH(b->arena, b->ctes, b->n_ctes, finished->cte);
    b->cte_scope = finished;
    return HY_OK;
}

HyStatus bind_ctes(HyBinder *b, const HyAstCte *ctes, size_t n, bool recursive, HyScope *outer)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(ctes[k].name.text, ctes[i].name.text) == 0)
                return hy_error_at(
                    hy_error("42601", "view with name \"%s\" already exists", ctes[i].name.text),
                    ctes[i].span.offset);
        }
        HY_TRY(bind_cte(b, &ctes[i], recursive, outer));
    }
    return HY_OK;
}

/* ---- Queries ---- */

static HyStatus bind_body(HyBinder *b, const HyAstQuery *query, HyScope *outer, HyQueryResult *out)
{
    switch (query->kind) {
    case HY_AST_QUERY_SELECT:
        return bind_select(b, query, outer, out); /* with its own ORDER BY */
    case HY_AST_QUERY_VALUES:
        HY_TRY(bind_values(b, query, outer, out));
        break;
    case HY_AST_QUERY_SET_OP:
        HY_TRY(bind_set_op(b, query->set_op, outer, out));
        break;
    case HY_AST_QUERY_NESTED:
        HY_TRY(bind_query(b, query->nested, outer, out));
        break;
    }
    return bind_order(b, query, outer, out);
}

HyStatus bind_query(HyBinder *b, const HyAstQuery *query, HyScope *outer, HyQueryResult *out)
{
    if (++b->depth > HY_BIND_MAX_DEPTH)
        return hy_error_at(hy_error("54001", "the query is nested too deeply"), query->span.offset);
    HyCteEntry *saved = b->cte_scope;
    HY_TRY(bind_ctes(b, query->ctes, query->n_ctes, query->recursive, outer));
    HY_TRY(bind_body(b, query, outer, out));
    HY_TRY(bind_limit(b, query, &out->alg));
    b->cte_scope = saved;
    b->depth--;
    return HY_OK;
}
