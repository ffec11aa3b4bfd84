/* Entry points of the binder. */
#include "catalog/table.h"
#include "sql/bind_internal.h"
#include "sql/parser.h"
#include "types/cast.h"

HyStatus bind_binder_init(HyBinder *b, const HyBindContext *ctx)
{
    *b = (HyBinder){
        .ctx = ctx, .arena = ctx->arena, .style = ctx->style, .next_id = 1, .next_cte_id = 1};
    HY_ARENA_NEW(b->arena, b->param_types, ctx->n_params + 1);
    for (size_t i = 0; i < ctx->n_params; i++)
        b->param_types[i] = ctx->param_types ? ctx->param_types[i] : hy_type(HY_TYPE_UNKNOWN);
    return HY_OK;
}

HyColumnId bind_new_id(HyBinder *b, const char *name)
{
    HyColumnId id = b->next_id++;
    size_t needed = (size_t)id + 1;
    if (needed > b->n_id_names) { /* names are a service: without memory there are none */
        size_t capacity = needed * 2 < 64 ? 64 : needed * 2;
        const char **names = hy_arena_zalloc(b->arena, capacity * sizeof *names);
        if (!names)
            return id;
        if (b->id_names)
            memcpy(names, b->id_names, b->n_id_names * sizeof *names);
        b->id_names = names;
        b->n_id_names = capacity;
    }
    b->id_names[id] = name;
    return id;
}

/* Columns of no type become text, as everywhere outside of the statement. */
static HyStatus settle_types(HyBinder *b, HyQueryResult *result)
{
    HyType *types = NULL;
    bool any = false;
    HY_ARENA_NEW(b->arena, types, result->n + 1);
    for (size_t i = 0; i < result->n; i++) {
        types[i] = result->types[i];
        if (types[i].id == HY_TYPE_UNKNOWN) {
            types[i] = hy_type(HY_TYPE_TEXT);
            any = true;
        }
    }
    return any ? bind_project(b, result, types) : HY_OK;
}

HyStatus bind_finish(HyBinder *b, HyAlg *root, const HyQueryResult *result, HyBoundQuery **out)
{
    HyBoundQuery *query = NULL;
    HY_ARENA_NEW(b->arena, query, 1);
    query->root = root;
    query->ctes = b->ctes;
    query->n_ctes = b->n_ctes;
    query->next_column_id = b->next_id;
    query->column_id_names = b->id_names;
    query->n_column_id_names = b->n_id_names;
    query->param_types = b->param_types;
    query->n_params = b->ctx->n_params;
    if (result) {
        query->column_names = result->names;
        query->column_ids = result->ids;
        query->column_types = result->types;
        query->n_columns = result->n;
    }
    *out = query;
    return HY_OK;
}

static HyStatus bind_rows(HyBinder *b, const HyAstQuery *ast, HyBoundQuery **out)
{
    HyQueryResult result;
    HY_TRY(bind_query(b, ast, NULL, &result));
    HY_TRY(settle_types(b, &result));
    return bind_finish(b, result.alg, &result, out);
}

HyStatus hy_bind_query(const HyBindContext *ctx, const HyAstQuery *query, HyBoundQuery **out)
{
    HyBinder b;
    HY_TRY(bind_binder_init(&b, ctx));
    return bind_rows(&b, query, out);
}

HyStatus hy_bind_statement(const HyBindContext *ctx, const HyAstStmt *stmt, HyBoundQuery **out)
{
    HyBinder b;
    HY_TRY(bind_binder_init(&b, ctx));
    switch (stmt->kind) {
    case HY_AST_STMT_QUERY:
        return bind_rows(&b, stmt->query, out);
    case HY_AST_STMT_INSERT:
        return bind_insert(&b, stmt->insert, out);
    case HY_AST_STMT_UPDATE:
        return bind_update(&b, stmt->update, out);
    case HY_AST_STMT_DELETE:
        return bind_delete(&b, stmt->delete_, out);
    case HY_AST_STMT_COPY:
        return bind_copy(&b, stmt->copy, out);
    case HY_AST_STMT_MERGE:
        return bind_merge(&b, stmt->merge, out);
    default:
        return hy_error("0A000", "this statement cannot be planned");
    }
}

/* ---- CREATE TABLE AS ---- */

HyStatus hy_bind_create_table_as(
    const HyBindContext *ctx, const HyAstCreateTable *create, HyBoundQuery **out)
{
    HyBinder b;
    HyQueryResult result;
    HY_TRY(bind_binder_init(&b, ctx));
    HY_TRY(bind_query(&b, create->query, NULL, &result));
    HY_TRY(settle_types(&b, &result));
    if (create->names.n > result.n)
        return hy_error_at(hy_error("42601", "too many column names were specified"),
            create->names.items[result.n].span.offset);
    for (size_t i = 0; i < create->names.n; i++)
        result.names[i] = create->names.items[i].text;
    for (size_t i = 0; i < result.n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(result.names[i], result.names[k]) == 0)
                return hy_error("42701", "column '%s' specified more than once", result.names[i]);
        }
    }
    return bind_finish(&b, result.alg, &result, out);
}

HyStatus hy_bound_query_insert_into(const HyBindContext *ctx, HyBoundQuery *query, HyTable *table)
{
    HyBinder b;
    HY_TRY(bind_binder_init(&b, ctx));
    b.next_id = query->next_column_id;
    b.id_names = query->column_id_names;
    b.n_id_names = query->n_column_id_names;
    HyQueryResult rows = {.alg = query->root,
        .names = query->column_names,
        .ids = query->column_ids,
        .types = query->column_types,
        .n = query->n_columns};
    HyType *types = NULL;
    HyAlg *insert = NULL;
    HY_ARENA_NEW(b.arena, types, rows.n + 1);
    for (size_t i = 0; i < rows.n; i++)
        types[i] = table->columns[i].type;
    HY_TRY(bind_project(&b, &rows, types));
    HY_TRY(hy_alg_unary(b.arena, HY_ALG_INSERT, rows.alg, &insert));
    insert->table = table;
    insert->n_insert_columns = rows.n;
    HY_ARENA_NEW(b.arena, insert->insert_columns, rows.n + 1);
    for (size_t i = 0; i < rows.n; i++)
        insert->insert_columns[i] = (uint32_t)i;
    query->root = insert;
    query->column_names = NULL;
    query->column_ids = NULL;
    query->column_types = NULL;
    query->n_columns = 0;
    query->next_column_id = b.next_id;
    query->column_id_names = b.id_names;
    query->n_column_id_names = b.n_id_names;
    return HY_OK;
}

/* ---- Expressions alone ---- */

HyStatus hy_bind_default(const HyBindContext *ctx, const HyAstExpr *expr, HyExpr **out)
{
    HyBinder b;
    HY_TRY(bind_binder_init(&b, ctx));
    HyExprContext c = {.b = &b, .clause = HY_CLAUSE_CONSTANT};
    return bind_expr(&c, expr, out);
}

HyStatus hy_bind_default_text(const HyBindContext *ctx, const char *text, HyType type, HyExpr **out)
{
    HyBinder b;
    HyAstExpr *ast = NULL;
    HyExpr *expr = NULL;
    HyStatus st = bind_binder_init(&b, ctx);
    HyExprContext c = {.b = &b, .clause = HY_CLAUSE_CONSTANT};
    if (!st)
        st = hy_parse_expression(ctx->arena, text, strlen(text), &ast);
    if (!st)
        st = bind_expr(&c, ast, &expr);
    if (!st)
        st = bind_cast_explicit(&b, expr, type, false, -1, out);
    if (st)
        st->position = -1;
    return st;
}

HyStatus hy_bind_constant(
    const HyBindContext *ctx, const HyAstExpr *expr, const HyType *type, HyValue *out)
{
    HyBinder b;
    HyExpr *bound = NULL;
    HY_TRY(bind_binder_init(&b, ctx));
    HyExprContext c = {.b = &b, .clause = HY_CLAUSE_CONSTANT};
    HY_TRY(bind_expr(&c, expr, &bound));
    if (type)
        HY_TRY(bind_cast_explicit(&b, bound, *type, false, (int32_t)expr->pos, &bound));
    if (!hy_expr_is_foldable(bound, HY_VOLATILE))
        return hy_error_at(hy_error("42601", "a constant expression is required"), expr->pos);
    HyFuncEnv plain = {.arena = ctx->arena, .style = ctx->style};
    HY_TRY(hy_expr_evaluate(ctx->env ? ctx->env : &plain, ctx->arena, bound, out));
    return HY_OK;
}
