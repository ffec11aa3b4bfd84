/* Scopes and the lookup of column names. */
#include "base/levenshtein.h"
#include "catalog/system_relations.h"
#include "catalog/table.h"
#include "sql/bind_internal.h"

HyStatus bind_scope_new(HyBinder *b, HyScope *outer, HyScope **out)
{
    HyScope *scope = NULL;
    HY_ARENA_NEW(b->arena, scope, 1);
    scope->outer = outer;
    *out = scope;
    return HY_OK;
}

HyStatus bind_scope_add_table(HyBinder *b, HyScope *scope, HyScopeTable *table)
{
    HY_LIST_PUSH(b->arena, scope->tables, scope->n_tables, table);
    for (size_t i = 0; i < table->n_columns; i++)
        HY_LIST_PUSH(b->arena, scope->columns, scope->n_columns, table->columns[i]);
    return HY_OK;
}

static const HyScopeColumn *find_column(
    const HyScopeColumn *columns, size_t n, const char *name, size_t *n_found)
{
    const HyScopeColumn *found = NULL;
    *n_found = 0;
    for (size_t i = 0; i < n; i++) {
        if (columns[i].name && strcmp(columns[i].name, name) == 0) {
            if (!found)
                found = &columns[i];
            (*n_found)++;
        }
    }
    return found;
}

const HyScopeColumn *bind_scope_find(const HyScope *scope, const char *name, size_t *n_found)
{
    return find_column(scope->columns, scope->n_columns, name, n_found);
}

/* Whether `n` qualifiers (.. schema, table) name the table. */
static bool matches_table(const HyScopeTable *table, const HyAstName *parts, size_t n)
{
    const char *names[] = {table->name, table->schema, table->database};
    for (size_t i = 0; i < n; i++) {
        if (i >= 3 || !names[i] || strcmp(names[i], parts[n - 1 - i].text) != 0)
            return false;
    }
    return true;
}

/* "a"."b"."c" */
static HyStatus quote_parts(HyBinder *b, const HyAstName *parts, size_t n, const char **out)
{
    char *text = "";
    for (size_t i = 0; i < n && text; i++)
        text = hy_arena_printf(b->arena, "%s%s\"%s\"", text, i ? "." : "", parts[i].text);
    if (!text)
        return hy_error_oom(16);
    *out = text;
    return HY_OK;
}

static HyStatus hint_column(HyStatus st, const HyScope *scope, const char *name)
{
    HyNameMatch match = hy_name_match(name, strlen(name));
    for (; scope; scope = scope->outer) {
        for (size_t i = 0; i < scope->n_columns; i++) {
            const char *candidate = scope->columns[i].name;
            if (candidate)
                hy_name_match_offer(&match, candidate, strlen(candidate));
        }
    }
    return match.best ? hy_error_hint(st, "did you mean '%s'?", match.best) : st;
}

/* The oid of a system relation, which `*` leaves out. */
static HyStatus hidden_column(HyBinder *b, const HyAlg *scan, const char *name, HyExpr **out)
{
    size_t n = hy_system_relation_column_count(scan->system_id);
    for (size_t i = hy_system_relation_visible_count(scan->system_id); i < n; i++)
        if (strcmp(hy_system_relation_column_name(scan->system_id, i), name) == 0)
            return hy_expr_column(b->arena, scan->columns[i], scan->types[i], out);
    return HY_OK;
}

/* ctid, tableoid and xmin of a stored table; *out NULL for other names. */
static HyStatus system_column(
    HyBinder *b, const HyScopeTable *table, const char *name, HyExpr **out)
{
    *out = NULL;
    if (table->scan && table->scan->kind == HY_ALG_SYSTEM)
        return hidden_column(b, table->scan, name, out);
    if (!table->scan || table->scan->kind != HY_ALG_SCAN)
        return HY_OK;
    HyType type = hy_type_nullable(hy_type(HY_TYPE_INT8), false);
    if (strcmp(name, "ctid") == 0) {
        HyColumnId id = 0;
        HY_TRY(bind_row_id(b, table->scan, &id));
        return hy_expr_column(b->arena, id, type, out);
    }
    HyValue value = hy_value_null(type);
    value.is_null = false;
    if (strcmp(name, "tableoid") == 0) {
        value.type.id = HY_TYPE_REGCLASS;
        value.u32 = hy_system_table_oid(table->scan->table);
    } else if (strcmp(name, "xmin") != 0) {
        return HY_OK;
    }
    return hy_expr_const(b->arena, &value, out);
}

static HyStatus make_column(
    HyExprContext *c, const HyAstExpr *ast, const HyScopeColumn *column, HyExpr **out)
{
    HyBinder *b = c->b;
    const char *quoted = NULL;
    HY_TRY(quote_parts(b, ast->column.parts.items, ast->column.parts.n, &quoted));
    HY_TRY(hy_expr_column(b->arena, column->id, column->type, out));
    (*out)->position = (int32_t)ast->pos;
    HyColumnRef ref = {.id = column->id, .position = (int32_t)ast->pos, .text = quoted};
    HY_LIST_PUSH(b->arena, b->refs, b->n_refs, ref);
    return HY_OK;
}

/* ORDER BY: an output name that is no column. */
static HyStatus find_alias(HyExprContext *c, const char *name, HyExpr **out)
{
    *out = NULL;
    if (!c->see_aliases || !c->select)
        return HY_OK;
    for (size_t i = 0; i < c->select->n_items; i++) {
        const HySelectItem *item = &c->select->items[i];
        if (item->name && strcmp(item->name, name) == 0) {
            *out = item->expr;
            return HY_OK;
        }
    }
    return HY_OK;
}

static HyStatus find_unqualified(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    const char *name = ast->column.parts.items[0].text;
    for (const HyScope *scope = c->scope; scope; scope = scope->outer) {
        size_t n_found = 0;
        const HyScopeColumn *column = bind_scope_find(scope, name, &n_found);
        if (n_found > 1)
            return hy_error_at(hy_error("42601", "'%s' is ambiguous", name), ast->pos);
        if (column)
            return make_column(c, ast, column, out);
        if (scope == c->scope) {
            HY_TRY(find_alias(c, name, out));
            if (*out)
                return HY_OK;
        }
        for (size_t i = 0; i < scope->n_tables && !*out; i++)
            HY_TRY(system_column(c->b, scope->tables[i], name, out));
        if (*out)
            return HY_OK;
    }
    return HY_OK;
}

/* The one table that qualifiers name; *out NULL: none. */
static HyStatus find_table(HyExprContext *c, const HyAstExpr *ast, const HyAstName *parts, size_t n,
    const HyScopeTable **out)
{
    *out = NULL;
    for (const HyScope *scope = c->scope; scope && !*out; scope = scope->outer) {
        for (size_t i = 0; i < scope->n_tables; i++) {
            if (!matches_table(scope->tables[i], parts, n))
                continue;
            if (*out)
                return hy_error_at(
                    hy_error("42601", "table \"%s\" is ambiguous", parts[n - 1].text), ast->pos);
            *out = scope->tables[i];
        }
    }
    return HY_OK;
}

static HyStatus unknown_table(HyBinder *b, const HyAstExpr *ast, const HyAstName *parts, size_t n)
{
    const char *quoted = NULL;
    HY_TRY(quote_parts(b, parts, n, &quoted));
    return hy_error_at(hy_error("42P01", "unknown table %s", quoted), ast->pos);
}

static HyStatus find_qualified(HyExprContext *c, const HyAstExpr *ast, bool optional, HyExpr **out)
{
    const HyAstName *parts = ast->column.parts.items;
    size_t n = ast->column.parts.n;
    const HyScopeTable *table = NULL;
    HY_TRY(find_table(c, ast, parts, n - 1, &table));
    if (!table)
        return optional ? HY_OK : unknown_table(c->b, ast, parts, n - 1);
    const char *name = parts[n - 1].text;
    size_t n_found = 0;
    const HyScopeColumn *column = find_column(table->columns, table->n_columns, name, &n_found);
    if (column && n_found == 1)
        return make_column(c, ast, column, out);
    if (!column) {
        HY_TRY(system_column(c->b, table, name, out));
        if (*out || optional)
            return HY_OK;
    }
    const char *quoted = NULL;
    HY_TRY(quote_parts(c->b, parts, n, &quoted));
    if (n_found > 1)
        return hy_error_at(hy_error("42601", "column %s is ambiguous", quoted), ast->pos);
    HyScope only = {.columns = table->columns, .n_columns = table->n_columns};
    return hy_error_at(
        hint_column(hy_error("42703", "unknown column %s", quoted), &only, name), ast->pos);
}

HyStatus bind_column_ref(HyExprContext *c, const HyAstExpr *ast, bool optional, HyExpr **out)
{
    *out = NULL;
    if (ast->column.parts.n > 1)
        return find_qualified(c, ast, optional, out);
    HY_TRY(find_unqualified(c, ast, out));
    if (*out || optional)
        return HY_OK;
    const char *name = ast->column.parts.items[0].text;
    return hy_error_at(
        hint_column(hy_error("42703", "unknown column '%s'", name), c->scope, name), ast->pos);
}

HyStatus bind_star_table(HyExprContext *c, const HyAstExpr *ast, const HyScopeTable **out)
{
    const HyAstName *parts = ast->column.parts.items;
    size_t n = ast->column.parts.n;
    HY_TRY(find_table(c, ast, parts, n, out));
    return *out ? HY_OK : unknown_table(c->b, ast, parts, n);
}
