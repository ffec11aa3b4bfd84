/* SELECT: binds its clauses in the order of their meaning and stacks the operators:
 *
 *     LIMIT, SORT, DISTINCT, MAP (select list), WINDOW.., late set-returning calls, HAVING,
 * AGGREGATE, WHERE, early set-returning calls, FROM
 *
 * The select list and ORDER BY are bound over the rows of FROM; when there is grouping, what they
 * share with GROUP BY is replaced by the group's column afterwards (bind_group.c). */
#include "sql/bind_internal.h"

typedef struct OrderKey {
    HySortKey key;
    size_t item; /* of the select list, or SIZE_MAX: an expression of its own */
} OrderKey;

typedef struct SelectParts {
    HySelect *select;
    HyExpr *where;
    HyExpr *having;
    bool is_grouped;
    HyExpr **distinct_on;
    size_t n_distinct_on;
    OrderKey *order;
    size_t n_order;
} SelectParts;

/* ---- The select list ---- */

/* The name that an expression gives its column, or NULL. */
static const char *label_of(const HyAstExpr *ast)
{
    static const char *const renamed[][2] = {
        {"extract", "date_part"},
        {"current_date", "date"},
        {"current_time", "timetz"},
        {"current_timestamp", "now"},
        {"current_catalog", "current_database"},
        {"localtime", "time"},
        {"localtimestamp", "timestamp"},
    };
    switch (ast->kind) {
    case HY_AST_COLUMN:
        return ast->column.parts.items[ast->column.parts.n - 1].text;
    case HY_AST_CAST:
        return label_of(ast->cast.operand);
    case HY_AST_CASE:
        return "case";
    case HY_AST_CALL: {
        const HyAstCall *call = ast->call;
        const char *name = call->name.parts.items[call->name.parts.n - 1].text;
        if (call->syntax == HY_AST_CALL_TIMEZONE)
            return NULL;
        for (size_t i = 0; i < HY_ARRAY_LEN(renamed) && call->syntax != HY_AST_CALL_PLAIN; i++) {
            if (strcmp(name, renamed[i][0]) == 0)
                return renamed[i][1];
        }
        return name;
    }
    default:
        return NULL;
    }
}

static HyStatus add_star(
    HyExprContext *c, const HyAstExpr *ast, HySelectItem **items, size_t *n_items)
{
    const HyScopeColumn *columns = c->scope ? c->scope->columns : NULL;
    size_t n = c->scope ? c->scope->n_columns : 0;
    if (ast->column.parts.n > 0) {
        const HyScopeTable *table = NULL;
        HY_TRY(bind_star_table(c, ast, &table));
        columns = table->columns;
        n = table->n_columns;
    }
    for (size_t i = 0; i < n; i++) {
        HySelectItem item = {.name = columns[i].name};
        HY_TRY(hy_expr_column(c->b->arena, columns[i].id, columns[i].type, &item.expr));
        item.expr->position = (int32_t)ast->pos;
        HY_LIST_PUSH(c->b->arena, *items, *n_items, item);
    }
    return HY_OK;
}

/* Stars expanded, names given; expressions not yet bound. */
static HyStatus expand_items(
    HyExprContext *c, const HyAstSelectItemList *list, HySelectItem **items, size_t *n_items)
{
    for (size_t i = 0; i < list->n; i++) {
        const HyAstSelectItem *ast = &list->items[i];
        if (ast->expr->kind == HY_AST_STAR) {
            HY_TRY(add_star(c, ast->expr, items, n_items));
            continue;
        }
        HySelectItem item = {
            .ast = ast->expr, .name = ast->alias.text ? ast->alias.text : label_of(ast->expr)};
        if (!item.name) {
            item.name = hy_arena_printf(c->b->arena, "%zu", *n_items + 1);
            if (!item.name)
                return hy_error_oom(16);
        }
        HY_LIST_PUSH(c->b->arena, *items, *n_items, item);
    }
    return HY_OK;
}

static HyStatus bind_item_exprs(HyExprContext *c, HySelectItem *items, size_t n_items)
{
    for (size_t i = 0; i < n_items; i++) {
        if (!items[i].expr)
            HY_TRY(bind_expr(c, items[i].ast, &items[i].expr));
        if (bind_is_unknown_param(items[i].expr)) /* nothing says otherwise */
            HY_TRY(bind_cast_explicit(c->b, items[i].expr, hy_type(HY_TYPE_TEXT), false,
                items[i].expr->position, &items[i].expr));
    }
    return HY_OK;
}

HyStatus bind_items(
    HyExprContext *c, const HyAstSelectItemList *list, HySelectItem **items, size_t *n_items)
{
    HY_TRY(expand_items(c, list, items, n_items));
    return bind_item_exprs(c, *items, *n_items);
}

/* ---- ORDER BY ---- */

static size_t find_item_name(const HySelect *select, const char *name)
{
    for (size_t i = 0; i < select->n_items; i++) {
        if (select->items[i].name && strcmp(select->items[i].name, name) == 0)
            return i;
    }
    return SIZE_MAX;
}

static size_t find_item_expr(const HySelect *select, const HyExpr *expr)
{
    for (size_t i = 0; i < select->n_items; i++) {
        if (hy_expr_equal(select->items[i].expr, expr) && !hy_expr_is_volatile(expr))
            return i;
    }
    return SIZE_MAX;
}

static HyStatus bind_order_key(
    HyExprContext *c, const HyAstOrder *ast, bool only_items, OrderKey *out)
{
    HySelect *select = c->select;
    const HyAstExpr *expr = ast->expr;
    out->item = SIZE_MAX;
    out->key.is_descending = ast->descending;
    out->key.nulls_first =
        ast->nulls == HY_AST_NULLS_DEFAULT ? ast->descending : ast->nulls == HY_AST_NULLS_FIRST;
    if (expr->kind == HY_AST_INTEGER) {
        if (expr->integer == 0 || expr->integer > select->n_items)
            return hy_error_at(hy_error("42601", "invalid column number in order-by"), expr->pos);
        out->item = expr->integer - 1;
    } else if (expr->kind == HY_AST_COLUMN && expr->column.parts.n == 1) {
        out->item = find_item_name(select, expr->column.parts.items[0].text);
    }
    if (out->item != SIZE_MAX)
        return HY_OK;
    HY_TRY(bind_expr(c, expr, &out->key.expr));
    HY_TRY(bind_require_type(c->b, out->key.expr, (int32_t)expr->pos));
    out->item = find_item_expr(select, out->key.expr);
    if (only_items && out->item == SIZE_MAX && out->key.expr->kind != HY_EXPR_CONST)
        return hy_error_at(
            hy_error("42601", "in a SELECT DISTINCT expression the ORDER BY clause can only "
                              "reference the projection"),
            expr->pos);
    return HY_OK;
}

static HyStatus bind_select_order(HyExprContext *c, const HyAstQuery *query, SelectParts *parts)
{
    HyExprContext inner = *c;
    inner.clause = HY_CLAUSE_ORDER;
    inner.see_aliases = true;
    bool only_items = query->select->distinct == HY_AST_SELECT_DISTINCT;
    HY_ARENA_NEW(c->b->arena, parts->order, query->order_by.n + 1);
    for (size_t i = 0; i < query->order_by.n; i++) {
        OrderKey *key = &parts->order[parts->n_order];
        HY_TRY(bind_order_key(&inner, &query->order_by.items[i], only_items, key));
        if (key->item != SIZE_MAX || key->key.expr->kind != HY_EXPR_CONST)
            parts->n_order++;
    }
    return HY_OK;
}

/* DISTINCT ON (..): positions and output names work as in ORDER BY. */
static HyStatus bind_distinct_on(HyExprContext *c, const HyAstSelect *ast, SelectParts *parts)
{
    HyExprContext inner = *c;
    inner.clause = HY_CLAUSE_ORDER;
    inner.see_aliases = true;
    HY_ARENA_NEW(c->b->arena, parts->distinct_on, ast->distinct_on.n + 1);
    for (size_t i = 0; i < ast->distinct_on.n; i++) {
        HyAstOrder order = {.expr = ast->distinct_on.items[i]};
        OrderKey key;
        HY_TRY(bind_order_key(&inner, &order, false, &key));
        parts->distinct_on[i] =
            key.item != SIZE_MAX ? c->select->items[key.item].expr : key.key.expr;
    }
    parts->n_distinct_on = ast->distinct_on.n;
    size_t n = parts->n_order < parts->n_distinct_on ? parts->n_order : parts->n_distinct_on;
    for (size_t k = 0; k < n; k++) {
        const OrderKey *key = &parts->order[k];
        const HyExpr *expr =
            key->item != SIZE_MAX ? c->select->items[key->item].expr : key->key.expr;
        bool found = false; /* plain columns only, as in the genuine server */
        for (size_t i = 0; i < parts->n_distinct_on && !found; i++)
            found = expr->kind == HY_EXPR_COLUMN && hy_expr_equal(expr, parts->distinct_on[i]);
        if (!found)
            return hy_error_at(
                hy_error("42601",
                    "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"),
                expr->position);
    }
    return HY_OK;
}

/* ---- Assembly ---- */

static HyStatus add_functions(HyBinder *b, HyAlg **functions, size_t n, HyAlg **alg)
{
    for (size_t i = 0; i < n; i++)
        HY_TRY(bind_join(b, HY_JOIN_INNER, *alg, functions[i], NULL, alg));
    return HY_OK;
}

static HyStatus add_filter(HyBinder *b, HyExpr *predicate, HyAlg **alg)
{
    if (!predicate)
        return HY_OK;
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_FILTER, *alg, alg));
    (*alg)->predicate = predicate;
    return HY_OK;
}

static HyStatus replace_slot(void *ctx, HyExpr **slot)
{
    void **both = ctx;
    return bind_group_replace(both[0], both[1], slot);
}

/* Everything above the aggregation uses the groups' columns. */
static HyStatus replace_groups(HyBinder *b, SelectParts *parts)
{
    HySelect *select = parts->select;
    void *ctx[] = {b, select};
    for (size_t i = 0; i < select->n_items; i++)
        HY_TRY(bind_group_replace(b, select, &select->items[i].expr));
    if (parts->having)
        HY_TRY(bind_group_replace(b, select, &parts->having));
    for (size_t i = 0; i < parts->n_order; i++) {
        if (parts->order[i].item == SIZE_MAX)
            HY_TRY(bind_group_replace(b, select, &parts->order[i].key.expr));
    }
    for (size_t i = 0; i < parts->n_distinct_on; i++)
        HY_TRY(bind_group_replace(b, select, &parts->distinct_on[i]));
    for (size_t i = 0; i < select->n_late_functions; i++)
        HY_TRY(hy_alg_each_expr(select->late_functions[i], replace_slot, ctx));
    for (size_t i = 0; i < select->n_windows; i++) {
        HyWindowGroup *group = &select->windows[i];
        HyAlg view = {.kind = HY_ALG_WINDOW,
            .partition_by = group->partition_by,
            .n_partition_by = group->n_partition_by,
            .windows = group->items,
            .n_windows = group->n_items,
            .sort = group->sort,
            .n_sort = group->n_sort};
        HY_TRY(hy_alg_each_expr(&view, replace_slot, ctx));
    }
    return HY_OK;
}

static HyStatus add_aggregate(HyBinder *b, SelectParts *parts, HyAlg **alg)
{
    HySelect *select = parts->select;
    HY_TRY(replace_groups(b, parts));
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_AGGREGATE, *alg, alg));
    (*alg)->groups = select->groups;
    (*alg)->n_groups = select->n_groups;
    (*alg)->grouping_sets = select->grouping_sets;
    (*alg)->n_grouping_sets = select->n_grouping_sets;
    (*alg)->grouping_id = select->grouping_id;
    (*alg)->aggregates = select->aggregates;
    (*alg)->n_aggregates = select->n_aggregates;
    return HY_OK;
}

static HyStatus add_windows(HyBinder *b, HySelect *select, HyAlg **alg)
{
    for (size_t i = 0; i < select->n_windows; i++) {
        const HyWindowGroup *group = &select->windows[i];
        HY_TRY(hy_alg_unary(b->arena, HY_ALG_WINDOW, *alg, alg));
        (*alg)->partition_by = group->partition_by;
        (*alg)->n_partition_by = group->n_partition_by;
        (*alg)->windows = group->items;
        (*alg)->n_windows = group->n_items;
        (*alg)->sort = group->sort;
        (*alg)->n_sort = group->n_sort;
    }
    return HY_OK;
}

/* The column under which an expression is known: itself, or a new one of the map. A column of a
 * query around needs a new one as well: as a result of this query it may become null in an outer
 * join. */
static HyStatus map_expr(HyBinder *b, HyAlg **map, HyAlg *input, HyColumnId first_own, HyExpr *expr,
    const char *name, HyColumnId *out)
{
    if (expr->kind == HY_EXPR_COLUMN && expr->column >= first_own) {
        *out = expr->column;
        return HY_OK;
    }
    if (!*map)
        HY_TRY(hy_alg_unary(b->arena, HY_ALG_MAP, input, map));
    HyNamedExpr named = {.id = bind_new_id(b, name), .expr = expr};
    HY_LIST_PUSH(b->arena, (*map)->exprs, (*map)->n_exprs, named);
    *out = named.id;
    return HY_OK;
}

/* DISTINCT: a group per row. Result ids and types change. */
static HyStatus add_distinct(HyBinder *b, HyQueryResult *result)
{
    HyAlg *alg = NULL;
    HyColumnId *ids = NULL;
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_AGGREGATE, result->alg, &alg));
    HY_ARENA_NEW(b->arena, alg->groups, result->n + 1);
    HY_ARENA_NEW(b->arena, ids, result->n + 1);
    alg->n_groups = result->n;
    for (size_t i = 0; i < result->n; i++) {
        HyExpr *expr = NULL;
        HY_TRY(hy_expr_column(b->arena, result->ids[i], result->types[i], &expr));
        if (expr->type.id == HY_TYPE_UNKNOWN) {
            HY_TRY(bind_cast(b, expr, hy_type(HY_TYPE_TEXT), &expr));
            result->types[i] = expr->type;
        }
        ids[i] = bind_new_id(b, result->names[i]);
        alg->groups[i] = (HyNamedExpr){.id = ids[i], .expr = expr};
    }
    result->ids = ids;
    result->alg = alg;
    return HY_OK;
}

/* The select list, DISTINCT and ORDER BY over the rows of `alg`. */
static HyStatus add_output(HyBinder *b, SelectParts *parts, HyAlg *alg, HyQueryResult *out)
{
    HySelect *select = parts->select;
    const HyAstSelect *ast = select->ast;
    HyAlg *map = NULL;
    HySortKey *sort = NULL;
    *out = (HyQueryResult){.n = select->n_items};
    HY_ARENA_NEW(b->arena, out->names, out->n + 1);
    HY_ARENA_NEW(b->arena, out->ids, out->n + 1);
    HY_ARENA_NEW(b->arena, out->types, out->n + 1);
    HY_ARENA_NEW(b->arena, sort, parts->n_order + 1);
    for (size_t i = 0; i < out->n; i++) {
        const HySelectItem *item = &select->items[i];
        HY_TRY(map_expr(b, &map, alg, select->from_begin, item->expr, item->name, &out->ids[i]));
        out->names[i] = item->name;
        out->types[i] = item->expr->type;
    }
    for (size_t i = 0; i < parts->n_order; i++) {
        OrderKey *key = &parts->order[i];
        sort[i] = key->key;
        if (key->item != SIZE_MAX)
            continue;
        HyColumnId id = 0;
        HY_TRY(map_expr(b, &map, alg, select->from_begin, key->key.expr, NULL, &id));
        HY_TRY(hy_expr_column(b->arena, id, key->key.expr->type, &sort[i].expr));
    }
    out->alg = map ? map : alg;
    if (ast->distinct == HY_AST_SELECT_DISTINCT)
        HY_TRY(add_distinct(b, out));
    for (size_t i = 0; i < parts->n_order; i++) {
        size_t item = parts->order[i].item;
        if (item != SIZE_MAX)
            HY_TRY(hy_expr_column(b->arena, out->ids[item], out->types[item], &sort[i].expr));
    }
    if (ast->distinct == HY_AST_SELECT_DISTINCT_ON)
        HY_TRY(bind_keep_first(
            b, parts->distinct_on, parts->n_distinct_on, sort, parts->n_order, &out->alg));
    size_t n_sort = 0; /* keys of no type are all NULL */
    for (size_t i = 0; i < parts->n_order; i++) {
        if (sort[i].expr->type.id != HY_TYPE_UNKNOWN)
            sort[n_sort++] = sort[i];
    }
    if (n_sort == 0)
        return HY_OK;
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_SORT, out->alg, &out->alg));
    out->alg->sort = sort;
    out->alg->n_sort = n_sort;
    return HY_OK;
}

typedef struct AggregateSearch {
    const HySelect *select;
    bool found;
} AggregateSearch;

static bool find_aggregate(void *ctx, const HyExpr *node)
{
    AggregateSearch *search = ctx;
    for (size_t i = 0; i < search->select->n_aggregates && node->kind == HY_EXPR_COLUMN; i++)
        search->found |= search->select->aggregates[i].id == node->column;
    return !search->found;
}

static bool uses_aggregates(const HySelect *select, const HyExpr *expr)
{
    AggregateSearch search = {.select = select};
    hy_expr_walk(expr, find_aggregate, &search);
    return search.found;
}

static HyStatus bind_clauses(HyBinder *b, const HyAstQuery *query, SelectParts *parts)
{
    HySelect *select = parts->select;
    const HyAstSelect *ast = select->ast;
    HyExprContext c = {.b = b, .scope = select->scope, .select = select};
    HY_TRY(bind_check_windows(&c, ast));
    if (ast->where) {
        c.clause = HY_CLAUSE_WHERE;
        HY_TRY(bind_condition(&c, ast->where, "boolean expression requires as argument for where",
            (int32_t)ast->where->pos, &parts->where));
    }
    c.clause = HY_CLAUSE_SELECT;
    HY_TRY(expand_items(&c, &ast->items, &select->items, &select->n_items));
    HY_TRY(bind_group_by(b, select));
    HY_TRY(bind_item_exprs(&c, select->items, select->n_items));
    if (ast->having) {
        c.clause = HY_CLAUSE_HAVING;
        HY_TRY(bind_condition(&c, ast->having, "boolean expression requires as argument for having",
            (int32_t)ast->having->pos, &parts->having));
    }
    /* HAVING without groups and aggregates is a second WHERE: nothing is aggregated then. */
    bool is_filter = ast->having && !ast->has_group_by && !uses_aggregates(select, parts->having);
    HY_TRY(bind_select_order(&c, query, parts));
    if (is_filter && select->n_aggregates > 0)
        return hy_error_at(
            hy_error("42601", "aggregates are not allowed here"), select->aggregate_position);
    if (ast->distinct == HY_AST_SELECT_DISTINCT_ON)
        HY_TRY(bind_distinct_on(&c, ast, parts));
    parts->is_grouped = ast->has_group_by || select->n_aggregates > 0;
    return HY_OK;
}

/* One row without columns, for SELECT without FROM. */
static HyStatus single_row(HyBinder *b, HyAlg **out)
{
    HY_TRY(hy_alg_new(b->arena, HY_ALG_VALUES, out));
    HY_ARENA_NEW(b->arena, (*out)->rows, 1);
    HY_ARENA_NEW(b->arena, (*out)->rows[0], 1);
    (*out)->n_rows = 1;
    (*out)->estimated_rows = 1;
    return HY_OK;
}

HyStatus bind_select(HyBinder *b, const HyAstQuery *query, HyScope *outer, HyQueryResult *out)
{
    HySelect *select = NULL;
    HyAlg *alg = NULL;
    HY_ARENA_NEW(b->arena, select, 1);
    select->ast = query->select;
    HY_TRY(bind_scope_new(b, outer, &select->scope));
    select->from_begin = b->next_id;
    HY_TRY(bind_from_list(b, &select->ast->from, select->scope, &alg));
    select->from_end = b->next_id;
    if (!alg)
        HY_TRY(single_row(b, &alg));
    SelectParts parts = {.select = select};
    HY_TRY(bind_clauses(b, query, &parts));
    HY_TRY(add_functions(b, select->early_functions, select->n_early_functions, &alg));
    HY_TRY(add_filter(b, parts.where, &alg));
    if (parts.is_grouped)
        HY_TRY(add_aggregate(b, &parts, &alg));
    HY_TRY(add_filter(b, parts.having, &alg));
    HY_TRY(add_functions(b, select->late_functions, select->n_late_functions, &alg));
    HY_TRY(add_windows(b, select, &alg));
    return add_output(b, &parts, alg, out);
}
