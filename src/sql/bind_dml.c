/* INSERT, UPDATE, DELETE. */
#include "catalog/table.h"
#include "sql/bind_internal.h"
#include "types/cast.h"

/* ---- Targets ---- */

HyStatus bind_target_table(
    HyBinder *b, const HyAstQName *name, const char *action, HyRelationRef *out)
{
    HY_TRY(bind_relation(b, name, out));
    if (out->kind == HY_RELATION_TABLE)
        return HY_OK;
    if (out->kind == HY_RELATION_SYSTEM)
        return hy_error_at(hy_error("42501", "permission denied to %s \"%s\".\"%s\"", action,
                               out->schema ? out->schema : "pg_catalog", out->name),
            name->span.offset);
    return hy_error_at(hy_error("42601", "cannot %s the external table \"%s\"", action, out->name),
        name->span.offset);
}

HyStatus bind_column_default(HyBinder *b, const HyTable *table, size_t column, HyExpr **out)
{
    const HyTableColumn *definition = &table->columns[column];
    if (definition->default_sql)
        return hy_bind_default_text(b->ctx, definition->default_sql, definition->type, out);
    HyValue null = hy_value_null(definition->type);
    return hy_expr_const(b->arena, &null, out);
}

/* A value as by assignment. */
static HyStatus assign(
    HyBinder *b, const HyTable *table, size_t column, HyExpr *value, HyExpr **out)
{
    HyType type = table->columns[column].type;
    HyStatus st = bind_cast_explicit(b, value, type, false, value->position, out);
    if (st && strcmp(st->sqlstate, "42601") == 0) {
        hy_error_free(st);
        return hy_error_at(
            hy_error("42601", "invalid data type for attribute '%s'", table->columns[column].name),
            0);
    }
    return st;
}

HyStatus bind_assign_column(HyExprContext *c, const HyTable *table, const HyAstName *name,
    const HyAstExpr *value, HyExpr **values)
{
    int64_t column = hy_table_find_column(table, name->text);
    HyExpr *expr;
    if (column < 0)
        return hy_error_at(hy_error("42703", "unknown column '%s'", name->text), name->span.offset);
    if (values[column])
        return hy_error_at(
            hy_error("42601", "column '%s' already set", name->text), name->span.offset);
    if (value->kind == HY_AST_DEFAULT)
        return bind_column_default(c->b, table, (size_t)column, &values[column]);
    HY_TRY(bind_expr(c, value, &expr));
    return assign(c->b, table, (size_t)column, expr, &values[column]);
}

/* The columns named, or all; 42703, 42601. */
static HyStatus target_columns(
    HyBinder *b, const HyTable *table, const HyAstNameList *names, uint32_t **out, size_t *n)
{
    *n = names->n > 0 ? names->n : table->n_columns;
    HY_ARENA_NEW(b->arena, *out, *n + 1);
    for (size_t i = 0; i < *n; i++) {
        (*out)[i] = (uint32_t)i;
        if (names->n == 0)
            continue;
        const HyAstName *name = &names->items[i];
        int64_t column = hy_table_find_column(table, name->text);
        if (column < 0)
            return hy_error_at(
                hy_error("42703", "unknown column '%s'", name->text), name->span.offset);
        for (size_t k = 0; k < i; k++) {
            if ((*out)[k] == (uint32_t)column)
                return hy_error_at(
                    hy_error("42601", "duplicate reference to column '%s'", name->text),
                    name->span.offset);
        }
        (*out)[i] = (uint32_t)column;
    }
    return HY_OK;
}

/* ---- RETURNING ---- */

static bool is_not_subquery(void *ctx, const HyExpr *node)
{
    (void)ctx;
    return node->kind != HY_EXPR_SUBQUERY;
}

static HyStatus bind_returning(HyBinder *b, const HyAstSelectItemList *list,
    const HyRelationRef *ref, const HyAstName *alias, HyAlg *alg, HyQueryResult *result)
{
    const HyTable *table = ref->table;
    HyScope *scope = NULL;
    HyScopeTable *columns = NULL;
    HY_TRY(bind_scope_new(b, NULL, &scope));
    HY_ARENA_NEW(b->arena, columns, 1);
    HY_ARENA_NEW(b->arena, columns->columns, table->n_columns + 1);
    HY_ARENA_NEW(b->arena, alg->returning_inputs, table->n_columns + 1);
    columns->name = alias->text ? alias->text : ref->name ? ref->name : table->name;
    columns->schema = alias->text ? NULL : ref->schema;
    columns->n_columns = table->n_columns;
    for (size_t i = 0; i < table->n_columns; i++) {
        alg->returning_inputs[i] = bind_new_id(b, table->columns[i].name);
        columns->columns[i] = (HyScopeColumn){.name = table->columns[i].name,
            .id = alg->returning_inputs[i],
            .type = table->columns[i].type};
    }
    HY_TRY(bind_scope_add_table(b, scope, columns));
    HyExprContext c = {.b = b, .scope = scope, .clause = HY_CLAUSE_OTHER};
    HySelectItem *items = NULL;
    size_t n = 0;
    HY_TRY(bind_items(&c, list, &items, &n));
    *result = (HyQueryResult){.alg = alg, .n = n};
    HY_ARENA_NEW(b->arena, alg->exprs, n + 1);
    HY_ARENA_NEW(b->arena, result->ids, n + 1);
    HY_ARENA_NEW(b->arena, result->types, n + 1);
    HY_ARENA_NEW(b->arena, result->names, n + 1);
    for (size_t i = 0; i < n; i++) {
        HyExpr *expr = items[i].expr;
        if (!hy_expr_walk(expr, is_not_subquery, NULL))
            return hy_error_at(
                hy_error("0A000", "subqueries in RETURNING are not implemented"), expr->position);
        if (expr->type.id == HY_TYPE_UNKNOWN)
            HY_TRY(bind_cast(b, expr, hy_type(HY_TYPE_TEXT), &expr));
        result->ids[i] = bind_new_id(b, items[i].name);
        result->types[i] = expr->type;
        result->names[i] = items[i].name;
        alg->exprs[i] = (HyNamedExpr){.id = result->ids[i], .expr = expr};
    }
    alg->n_exprs = n;
    alg->has_returning = true;
    alg->columns = result->ids;
    alg->types = result->types;
    alg->n_columns = n;
    return HY_OK;
}

HyStatus bind_finish_dml(HyBinder *b, const HyAstSelectItemList *returning,
    const HyRelationRef *ref, const HyAstName *alias, HyAlg *alg, HyBoundQuery **out)
{
    HyQueryResult result;
    if (returning->n == 0)
        return bind_finish(b, alg, NULL, out);
    HY_TRY(bind_returning(b, returning, ref, alias, alg, &result));
    return bind_finish(b, alg, &result, out);
}

/* ---- INSERT ---- */

typedef struct InsertShape {
    HyTable *table;
    uint32_t *columns; /* attributes that the source gives, in its order */
    size_t n_columns;
    bool is_listed; /* written: the source must give all of them */
} InsertShape;

static HyStatus wrong_width(size_t expected, size_t got)
{
    return hy_error_at(
        hy_error("42601", "wrong number of attributes in insert statement (expected %zu, got %zu)",
            expected, got),
        0);
}

/* One column of several VALUES rows: constants of one type first, then the column's. */
static HyStatus unify_column(HyBinder *b, const InsertShape *shape, size_t column, HyExpr ***rows,
    size_t n_rows, uint32_t position)
{
    HyExpr **values = NULL;
    size_t n = 0;
    HyType type;
    HY_ARENA_NEW(b->arena, values, n_rows);
    HyType wanted = shape->table->columns[shape->columns[column]].type;
    for (size_t r = 0; r < n_rows; r++) {
        HyExpr *value = rows[r][column];
        if (!value)
            continue;
        bool is_null = hy_expr_is_null_const(value) && value->type.id == HY_TYPE_UNKNOWN;
        if (is_null && n_rows > 1) /* a NULL has the type of the column from the start */
            HY_TRY(bind_cast(b, value, hy_type_nullable(wanted, true), &value));
        values[n++] = value;
    }
    if (n_rows > 1)
        HY_TRY(bind_common(b, values, n, false, (int32_t)position,
            "'values' elements must have identical types", &type));
    n = 0;
    uint32_t attribute = shape->columns[column];
    for (size_t r = 0; r < n_rows; r++) {
        if (rows[r][column])
            HY_TRY(assign(b, shape->table, attribute, values[n++], &rows[r][column]));
        else
            HY_TRY(bind_column_default(b, shape->table, attribute, &rows[r][column]));
    }
    return HY_OK;
}

/* Without a list of columns, the source may give fewer than the table has. */
static HyStatus fit_width(InsertShape *shape, size_t n)
{
    if (n > shape->n_columns || (shape->is_listed && n < shape->n_columns))
        return wrong_width(shape->n_columns, n);
    shape->n_columns = n;
    return HY_OK;
}

static HyStatus bind_values_source(
    HyBinder *b, const HyAstQuery *source, InsertShape *shape, HyQueryResult *out)
{
    const HyAstValues *values = source->values;
    HyAlg *alg = NULL;
    HY_TRY(hy_alg_new(b->arena, HY_ALG_VALUES, &alg));
    HY_ARENA_NEW(b->arena, alg->rows, values->n_rows);
    HyExprContext c = {.b = b, .clause = HY_CLAUSE_CONSTANT};
    size_t n = values->rows[0].n;
    for (size_t r = 0; r < values->n_rows; r++) {
        const HyAstExprList *row = &values->rows[r];
        if (row->n != n)
            return hy_error_at(
                hy_error("42601", "'values' elements must have identical number of columns"),
                row->n > 0 ? row->items[0]->pos : 0);
        HY_TRY(fit_width(shape, n));
        HY_ARENA_NEW(b->arena, alg->rows[r], n + 1);
        for (size_t i = 0; i < n; i++) { /* DEFAULT stays NULL for now */
            if (row->items[i]->kind != HY_AST_DEFAULT)
                HY_TRY(bind_expr(&c, row->items[i], &alg->rows[r][i]));
        }
    }
    *out = (HyQueryResult){.alg = alg, .n = n};
    HY_ARENA_NEW(b->arena, out->ids, n + 1);
    HY_ARENA_NEW(b->arena, out->types, n + 1);
    HY_ARENA_NEW(b->arena, out->names, n + 1);
    for (size_t i = 0; i < n; i++) {
        HY_TRY(unify_column(b, shape, i, alg->rows, values->n_rows, source->span.offset));
        const HyTableColumn *column = &shape->table->columns[shape->columns[i]];
        out->names[i] = column->name;
        out->ids[i] = bind_new_id(b, column->name);
        out->types[i] = hy_type_nullable(column->type, true);
    }
    alg->n_rows = values->n_rows;
    alg->columns = out->ids;
    alg->types = out->types;
    alg->n_columns = n;
    alg->estimated_rows = (double)values->n_rows;
    return HY_OK;
}

static bool is_plain_values(const HyAstQuery *query)
{
    return query->kind == HY_AST_QUERY_VALUES && query->n_ctes == 0 && query->order_by.n == 0 &&
           !query->limit && !query->offset;
}

static HyStatus bind_source(
    HyBinder *b, const HyAstQuery *source, InsertShape *shape, HyQueryResult *out)
{
    if (source && is_plain_values(source))
        return bind_values_source(b, source, shape, out);
    if (source) {
        HY_TRY(bind_query(b, source, NULL, out));
        return fit_width(shape, out->n);
    }
    shape->n_columns = 0; /* DEFAULT VALUES: one row of nothing */
    HyAlg *alg = NULL;
    HY_TRY(hy_alg_new(b->arena, HY_ALG_VALUES, &alg));
    HY_ARENA_NEW(b->arena, alg->rows, 1);
    HY_ARENA_NEW(b->arena, alg->rows[0], 1);
    alg->n_rows = 1;
    *out = (HyQueryResult){.alg = alg};
    return HY_OK;
}

/* A map that gives every attribute of the table: from the source, its default, or NULL. */
static HyStatus complete_rows(
    HyBinder *b, const InsertShape *shape, const HyQueryResult *source, HyAlg **out)
{
    const HyTable *table = shape->table;
    HyAlg *map = NULL;
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_MAP, source->alg, &map));
    HY_ARENA_NEW(b->arena, map->exprs, table->n_columns + 1);
    HY_ARENA_NEW(b->arena, map->columns, table->n_columns + 1);
    HY_ARENA_NEW(b->arena, map->types, table->n_columns + 1);
    for (size_t a = 0; a < table->n_columns; a++) {
        HyExpr *expr = NULL;
        size_t i = 0;
        while (i < shape->n_columns && shape->columns[i] != a)
            i++;
        if (i < shape->n_columns) {
            HY_TRY(hy_expr_column(b->arena, source->ids[i], source->types[i], &expr));
            HY_TRY(assign(b, table, a, expr, &expr));
        } else {
            const HyTableColumn *column = &table->columns[a];
            if (!column->type.nullable && !column->default_sql)
                return hy_error_at(
                    hy_error("42601", "attribute '%s' must be specified in insert statement",
                        column->name),
                    0);
            HY_TRY(bind_column_default(b, table, a, &expr));
        }
        map->columns[a] = bind_new_id(b, table->columns[a].name);
        map->types[a] = expr->type;
        map->exprs[a] = (HyNamedExpr){.id = map->columns[a], .expr = expr};
    }
    map->n_exprs = table->n_columns;
    map->n_columns = table->n_columns;
    *out = map;
    return HY_OK;
}

static HyStatus insert_node(HyBinder *b, const InsertShape *shape, HyAlg *rows, HyAlg **out)
{
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_INSERT, rows, out));
    (*out)->table = shape->table;
    (*out)->n_insert_columns = rows->n_columns;
    HY_ARENA_NEW(b->arena, (*out)->insert_columns, rows->n_columns + 1);
    for (size_t i = 0; i < rows->n_columns; i++)
        (*out)->insert_columns[i] = (uint32_t)i;
    return HY_OK;
}

HyStatus bind_insert(HyBinder *b, const HyAstInsert *ast, HyBoundQuery **out)
{
    HyRelationRef ref;
    HyQueryResult source;
    HyAlg *rows = NULL;
    HyAlg *insert = NULL;
    HY_TRY(bind_ctes(b, ast->ctes, ast->n_ctes, ast->recursive, NULL));
    HY_TRY(bind_target_table(b, &ast->table, "insert into", &ref));
    InsertShape shape = {.table = ref.table, .is_listed = ast->columns.n > 0};
    HY_TRY(target_columns(b, ref.table, &ast->columns, &shape.columns, &shape.n_columns));
    HY_TRY(bind_source(b, ast->source, &shape, &source));
    HY_TRY(complete_rows(b, &shape, &source, &rows));
    if (ast->on_conflict)
        HY_TRY(bind_on_conflict(b, ast->on_conflict, &ref, rows, &insert));
    else
        HY_TRY(insert_node(b, &shape, rows, &insert));
    return bind_finish_dml(b, &ast->returning, &ref, &ast->alias, insert, out);
}

/* ---- UPDATE ---- */

typedef struct UpdateList {
    HyBinder *b;
    const HyTable *table;
    HyScope *scope;
    HyAlg *alg; /* grows by joins with row subqueries */
    uint32_t *columns;
    HyExpr **values;
    size_t n;
} UpdateList;

static HyStatus add_assignment(UpdateList *list, const HyAstName *name, HyExpr *value)
{
    HyBinder *b = list->b;
    int64_t column = hy_table_find_column(list->table, name->text);
    if (column < 0)
        return hy_error_at(hy_error("42703", "unknown column '%s'", name->text), name->span.offset);
    for (size_t i = 0; i < list->n; i++) {
        if (list->columns[i] == (uint32_t)column)
            return hy_error_at(
                hy_error("42601", "column '%s' already set", name->text), name->span.offset);
    }
    if (value)
        HY_TRY(assign(b, list->table, (size_t)column, value, &value));
    else
        HY_TRY(bind_column_default(b, list->table, (size_t)column, &value));
    size_t n = list->n;
    HY_LIST_PUSH(b->arena, list->columns, n, (uint32_t)column);
    HY_LIST_PUSH(b->arena, list->values, list->n, value);
    return HY_OK;
}

/* An item of SET; DEFAULT gives NULL. */
static HyStatus bind_new_value(UpdateList *list, const HyAstExpr *ast, HyExpr **out)
{
    *out = NULL;
    if (ast->kind == HY_AST_DEFAULT)
        return HY_OK;
    HyExprContext c = {.b = list->b, .scope = list->scope, .clause = HY_CLAUSE_OTHER};
    return bind_expr(&c, ast, out);
}

static HyStatus wrong_sources(const HyAstAssignment *ast)
{
    return hy_error_at(
        hy_error("42601", "number of columns does not match number of values"), ast->span.offset);
}

/* (c, d) = (SELECT ..): one row, joined as a scalar subquery would be. */
static HyStatus assign_query(UpdateList *list, const HyAstAssignment *ast)
{
    HyBinder *b = list->b;
    HyQueryResult row;
    HY_TRY(bind_query(b, ast->value->query, list->scope, &row));
    if (row.n != ast->columns.n)
        return wrong_sources(ast);
    HY_TRY(bind_join(b, HY_JOIN_SINGLE, list->alg, row.alg, NULL, &list->alg));
    for (size_t i = 0; i < row.n; i++) {
        HyExpr *value = NULL;
        HyType type = hy_type_nullable(row.types[i], true);
        HY_TRY(hy_expr_column(b->arena, row.ids[i], type, &value));
        HY_TRY(add_assignment(list, &ast->columns.items[i], value));
    }
    return HY_OK;
}

static HyStatus bind_assignment(UpdateList *list, const HyAstAssignment *ast)
{
    HyExpr *value = NULL;
    if (!ast->is_multiple) {
        HY_TRY(bind_new_value(list, ast->value, &value));
        return add_assignment(list, &ast->columns.items[0], value);
    }
    if (ast->value->kind == HY_AST_SUBQUERY)
        return assign_query(list, ast);
    bool is_row = ast->value->kind == HY_AST_ROW;
    size_t n = is_row ? ast->value->list.n : 1;
    if (n != ast->columns.n)
        return wrong_sources(ast);
    for (size_t i = 0; i < n; i++) {
        HY_TRY(bind_new_value(list, is_row ? ast->value->list.items[i] : ast->value, &value));
        HY_TRY(add_assignment(list, &ast->columns.items[i], value));
    }
    return HY_OK;
}

/* The scan of the target with its row id, joined with other tables and filtered. */
static HyStatus bind_target(HyBinder *b, const HyRelationRef *ref, const HyAstName *alias,
    const HyAstFromList *from, const HyAstExpr *where, HyScope **scope, HyAlg **alg,
    HyColumnId *row_id)
{
    HyScopeTable *table = NULL;
    HY_TRY(bind_table_scan(b, ref, alg, &table));
    HyAlg *scan = *alg;
    if (alias->text) {
        table->name = alias->text;
        table->schema = NULL;
        table->database = NULL;
    }
    HY_TRY(bind_row_id(b, scan, row_id));
    HY_TRY(bind_scope_new(b, NULL, scope));
    HY_TRY(bind_scope_add_table(b, *scope, table));
    HY_TRY(bind_from_list(b, from, *scope, alg));
    if (!where)
        return HY_OK;
    HyExprContext c = {.b = b, .scope = *scope, .clause = HY_CLAUSE_WHERE};
    HyExpr *predicate = NULL;
    HY_TRY(bind_condition(&c, where, "boolean expression requires as argument for where",
        (int32_t)where->pos, &predicate));
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_FILTER, *alg, alg));
    (*alg)->predicate = predicate;
    return HY_OK;
}

/* Of several partners of one row the first counts. */
static HyStatus keep_first(HyBinder *b, HyColumnId row_id, HyAlg **alg)
{
    HyExpr **key;
    HY_ARENA_NEW(b->arena, key, 1);
    HY_TRY(hy_expr_column(b->arena, row_id, hy_type_nullable(hy_type(HY_TYPE_INT8), false), key));
    return bind_keep_first(b, key, 1, NULL, 0, alg);
}

HyStatus bind_update(HyBinder *b, const HyAstUpdate *ast, HyBoundQuery **out)
{
    HyRelationRef ref;
    HyColumnId row_id = 0;
    HyAlg *alg = NULL;
    HyAlg *map = NULL;
    HyAlg *update = NULL;
    UpdateList list = {.b = b};
    HY_TRY(bind_ctes(b, ast->ctes, ast->n_ctes, ast->recursive, NULL));
    HY_TRY(bind_target_table(b, &ast->table, "update", &ref));
    HY_TRY(bind_target(b, &ref, &ast->alias, &ast->from, ast->where, &list.scope, &alg, &row_id));
    if (ast->from.n > 0)
        HY_TRY(keep_first(b, row_id, &alg));
    list.table = ref.table;
    list.alg = alg;
    for (size_t i = 0; i < ast->set.n; i++)
        HY_TRY(bind_assignment(&list, &ast->set.items[i]));
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_MAP, list.alg, &map));
    HY_ARENA_NEW(b->arena, map->exprs, list.n);
    HY_ARENA_NEW(b->arena, map->columns, list.n + 1);
    HY_ARENA_NEW(b->arena, map->types, list.n + 1);
    map->columns[0] = row_id;
    map->types[0] = hy_type_nullable(hy_type(HY_TYPE_INT8), false);
    for (size_t i = 0; i < list.n; i++) {
        map->columns[i + 1] = bind_new_id(b, ref.table->columns[list.columns[i]].name);
        map->types[i + 1] = list.values[i]->type;
        map->exprs[i] = (HyNamedExpr){.id = map->columns[i + 1], .expr = list.values[i]};
    }
    map->n_exprs = list.n;
    map->n_columns = list.n + 1;
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_UPDATE, map, &update));
    update->table = ref.table;
    update->insert_columns = list.columns;
    update->n_insert_columns = list.n;
    return bind_finish_dml(b, &ast->returning, &ref, &ast->alias, update, out);
}

HyStatus bind_delete(HyBinder *b, const HyAstDelete *ast, HyBoundQuery **out)
{
    HyRelationRef ref;
    HyColumnId row_id = 0;
    HyScope *scope = NULL;
    HyAlg *alg = NULL;
    HyAlg *map = NULL;
    HyAlg *delete_alg = NULL;
    HY_TRY(bind_ctes(b, ast->ctes, ast->n_ctes, ast->recursive, NULL));
    HY_TRY(bind_target_table(b, &ast->table, "delete from", &ref));
    HY_TRY(bind_target(b, &ref, &ast->alias, &ast->from, ast->where, &scope, &alg, &row_id));
    if (ast->from.n > 0)
        HY_TRY(keep_first(b, row_id, &alg));
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_MAP, alg, &map));
    HY_ARENA_NEW(b->arena, map->columns, 1);
    HY_ARENA_NEW(b->arena, map->types, 1);
    map->columns[0] = row_id;
    map->types[0] = hy_type_nullable(hy_type(HY_TYPE_INT8), false);
    map->n_columns = 1;
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_DELETE, map, &delete_alg));
    delete_alg->table = ref.table;
    return bind_finish_dml(b, &ast->returning, &ref, &ast->alias, delete_alg, out);
}
