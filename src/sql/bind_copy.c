/* COPY, either way. */
#include "catalog/table.h"
#include "sql/bind_internal.h"

/* Names and types of the columns copied: all of the table, or those named. */
static HyStatus copied_columns(HyBinder *b, const HyAstCopy *ast, const HyTable *table,
    uint32_t **attributes, const char ***names, HyType **types, size_t *n)
{
    *n = ast->columns.n > 0 ? ast->columns.n : table->n_columns;
    HY_ARENA_NEW(b->arena, *attributes, *n + 1);
    HY_ARENA_NEW(b->arena, *names, *n + 1);
    HY_ARENA_NEW(b->arena, *types, *n + 1);
    for (size_t i = 0; i < *n; i++) {
        int64_t column = (int64_t)i;
        if (ast->columns.n > 0) {
            const HyAstName *name = &ast->columns.items[i];
            column = hy_table_find_column(table, name->text);
            if (column < 0)
                return hy_error_at(
                    hy_error("42703", "unknown column '%s'", name->text), name->span.offset);
        }
        (*attributes)[i] = (uint32_t)column;
        for (size_t k = 0; k < i; k++) {
            if ((*attributes)[k] == (uint32_t)column)
                return hy_error_at(hy_error("42601", "duplicate reference to column '%s'",
                                       table->columns[column].name),
                    ast->columns.items[i].span.offset);
        }
        (*names)[i] = table->columns[column].name;
        (*types)[i] = table->columns[column].type;
    }
    return HY_OK;
}

/* Attributes that the file does not give. */
static HyStatus default_column(HyBinder *b, const HyTable *table, size_t attribute, HyAlg *map)
{
    HyExpr *expr = NULL;
    const HyTableColumn *column = &table->columns[attribute];
    if (!column->type.nullable && !column->default_sql)
        return hy_error_at(
            hy_error("42601", "attribute '%s' must be specified in copy statement", column->name),
            0);
    HY_TRY(bind_column_default(b, table, attribute, &expr));
    map->columns[attribute] = bind_new_id(b, column->name);
    map->types[attribute] = expr->type;
    map->exprs[map->n_exprs++] = (HyNamedExpr){.id = map->columns[attribute], .expr = expr};
    return HY_OK;
}

static HyStatus copy_from(HyBinder *b, const HyAstCopy *ast, HyBoundQuery **out)
{
    HyRelationRef ref;
    uint32_t *attributes = NULL;
    const char **names = NULL;
    HyType *types = NULL;
    size_t n = 0;
    HyExternal *external = NULL;
    HyAlg *scan = NULL;
    HyAlg *map = NULL;
    HyAlg *insert = NULL;
    HY_TRY(bind_target_table(b, &ast->table, "insert into", &ref));
    const HyTable *table = ref.table;
    HY_TRY(copied_columns(b, ast, table, &attributes, &names, &types, &n));
    HY_TRY(
        hy_bind_external(b->ctx, false, ast->location, &ast->options, names, types, n, &external));
    HY_TRY(bind_external_alg(b, external, &scan));
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_MAP, scan, &map));
    HY_ARENA_NEW(b->arena, map->exprs, table->n_columns + 1);
    HY_ARENA_NEW(b->arena, map->columns, table->n_columns + 1);
    HY_ARENA_NEW(b->arena, map->types, table->n_columns + 1);
    map->n_columns = table->n_columns;
    for (size_t a = 0; a < table->n_columns; a++) {
        size_t i = 0;
        while (i < n && attributes[i] != a)
            i++;
        if (i == n) {
            HY_TRY(default_column(b, table, a, map));
            continue;
        }
        map->columns[a] = scan->columns[i];
        map->types[a] = scan->types[i];
    }
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_INSERT, map, &insert));
    insert->table = ref.table;
    insert->n_insert_columns = table->n_columns;
    HY_ARENA_NEW(b->arena, insert->insert_columns, table->n_columns + 1);
    for (size_t a = 0; a < table->n_columns; a++)
        insert->insert_columns[a] = (uint32_t)a;
    return bind_finish(b, insert, NULL, out);
}

/* The rows of COPY t (cols) TO. */
static HyStatus table_rows(HyBinder *b, const HyAstCopy *ast, HyQueryResult *rows)
{
    HyRelationRef ref;
    HyScopeTable *columns = NULL;
    HY_TRY(bind_relation(b, &ast->table, &ref));
    if (ref.kind != HY_RELATION_TABLE)
        return hy_error_at(
            hy_error("42804", "\"%s\" is not a table", ref.name), ast->table.span.offset);
    HyAlg *scan = NULL;
    uint32_t *attributes = NULL;
    HY_TRY(bind_table_scan(b, &ref, &scan, &columns));
    *rows = (HyQueryResult){.alg = scan};
    HY_TRY(copied_columns(b, ast, ref.table, &attributes, &rows->names, &rows->types, &rows->n));
    HY_ARENA_NEW(b->arena, rows->ids, rows->n + 1);
    for (size_t i = 0; i < rows->n; i++)
        rows->ids[i] = scan->columns[attributes[i]];
    return HY_OK;
}

static HyStatus copy_to(HyBinder *b, const HyAstCopy *ast, HyBoundQuery **out)
{
    HyQueryResult rows;
    HyAlg *copy = NULL;
    if (ast->query)
        HY_TRY(bind_query(b, ast->query, NULL, &rows));
    else
        HY_TRY(table_rows(b, ast, &rows));
    HyType *types = NULL;
    HY_ARENA_NEW(b->arena, types, rows.n + 1);
    for (size_t i = 0; i < rows.n; i++) {
        types[i] = rows.types[i];
        if (types[i].id == HY_TYPE_UNKNOWN)
            types[i] = hy_type(HY_TYPE_TEXT);
    }
    HY_TRY(bind_project(b, &rows, types));
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_COPY_TO, rows.alg, &copy));
    HY_TRY(hy_bind_external(b->ctx, true, ast->location, &ast->options, rows.names, rows.types,
        rows.n, &copy->external));
    return bind_finish(b, copy, NULL, out);
}

HyStatus bind_copy(HyBinder *b, const HyAstCopy *ast, HyBoundQuery **out)
{
    if (ast->program)
        return hy_error("0A000", "COPY with PROGRAM is not implemented yet");
    return ast->to ? copy_to(b, ast, out) : copy_from(b, ast, out);
}
