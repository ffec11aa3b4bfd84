/* FROM: tables, subqueries, functions and joins, with the names that they bring into scope. */
#include "base/levenshtein.h"
#include "catalog/system_relations.h"
#include "catalog/table.h"
#include "sql/bind_internal.h"
#include "types/cast.h"

/* One FROM item: its algebra and what it adds to the scope. */
typedef struct FromItem {
    HyAlg *alg;
    HyScopeTable **tables;
    size_t n_tables;
    HyScopeColumn *columns; /* in the order of `*` */
    size_t n_columns;
} FromItem;

static HyStatus bind_item(HyBinder *b, const HyAstFrom *ast, HyScope *visible, FromItem *out);

/* ---- Relations ---- */

static HyStatus unknown_relation(HyBinder *b, const char *name, uint32_t position)
{
    const HyNameResolver *resolver = b->ctx->resolver;
    HyNameMatch match = hy_name_match(name, strlen(name));
    const char *candidate = NULL;
    for (size_t i = 0; resolver && resolver->relation_name &&
                       (candidate = resolver->relation_name(resolver->ctx, i)) != NULL;
         i++)
        hy_name_match_offer(&match, candidate, strlen(candidate));
    HyStatus st = hy_error("42P01", "table \"%s\" does not exist", name);
    if (match.best)
        st = hy_error_hint(st, "did you mean \"%s\"?", match.best);
    return hy_error_at(st, position);
}

HyStatus bind_relation(HyBinder *b, const HyAstQName *name, HyRelationRef *out)
{
    const HyAstName *parts = name->parts.items;
    size_t n = name->parts.n;
    *out = (HyRelationRef){0};
    if (n > 3)
        return hy_error_at(
            hy_error("42601", "invalid qualified name, too many dots after \"%s\".\"%s\".\"%s\"",
                parts[0].text, parts[1].text, parts[2].text),
            name->span.offset);
    const char *schema = n > 1 ? parts[n - 2].text : NULL;
    const char *database = n > 2 ? parts[n - 3].text : NULL;
    if (b->ctx->resolver)
        HY_TRY(hy_error_at(b->ctx->resolver->relation(
                               b->ctx->resolver->ctx, database, schema, parts[n - 1].text, out),
            name->span.offset));
    if (out->kind == HY_RELATION_NONE)
        return unknown_relation(b, parts[n - 1].text, name->span.offset);
    return HY_OK;
}

/* A leaf with columns[] and types[] of n columns, and their scope entry. */
static HyStatus leaf_columns(
    HyBinder *b, HyAlg *alg, size_t n, const char *name, HyScopeTable **out)
{
    HyScopeTable *table = NULL;
    HY_ARENA_NEW(b->arena, table, 1);
    HY_ARENA_NEW(b->arena, table->columns, n + 1);
    HY_ARENA_NEW(b->arena, alg->columns, n + 1);
    HY_ARENA_NEW(b->arena, alg->types, n + 1);
    alg->n_columns = n;
    table->name = name;
    table->n_columns = n;
    *out = table;
    return HY_OK;
}

static void set_leaf_column(
    HyBinder *b, HyAlg *alg, HyScopeTable *table, size_t i, const char *name, HyType type)
{
    HyColumnId id = bind_new_id(b, name);
    alg->columns[i] = id;
    alg->types[i] = type;
    table->columns[i] = (HyScopeColumn){.name = name, .id = id, .type = type};
}

HyStatus bind_table_scan(HyBinder *b, const HyRelationRef *ref, HyAlg **alg, HyScopeTable **out)
{
    const HyTable *table = ref->table;
    HY_TRY(hy_alg_new(b->arena, HY_ALG_SCAN, alg));
    (*alg)->table = ref->table;
    HY_TRY(leaf_columns(b, *alg, table->n_columns, ref->name ? ref->name : table->name, out));
    HY_ARENA_NEW(b->arena, (*alg)->table_columns, table->n_columns + 1);
    for (size_t i = 0; i < table->n_columns; i++) {
        set_leaf_column(b, *alg, *out, i, table->columns[i].name, table->columns[i].type);
        (*alg)->table_columns[i] = (uint32_t)i;
    }
    (*out)->schema = ref->schema ? ref->schema : table->schema_name;
    (*out)->database = ref->database;
    (*out)->scan = *alg;
    return HY_OK;
}

HyStatus bind_row_id(HyBinder *b, HyAlg *scan, HyColumnId *out)
{
    for (size_t i = 0; i < scan->n_columns; i++) {
        if (scan->table_columns[i] == HY_ROW_ID_COLUMN) {
            *out = scan->columns[i];
            return HY_OK;
        }
    }
    size_t n = scan->n_columns;
    HyColumnId *columns = NULL;
    HyType *types = NULL;
    uint32_t *table_columns = NULL;
    HY_ARENA_NEW(b->arena, columns, n + 1);
    HY_ARENA_NEW(b->arena, types, n + 1);
    HY_ARENA_NEW(b->arena, table_columns, n + 1);
    memcpy(columns, scan->columns, n * sizeof *columns);
    memcpy(types, scan->types, n * sizeof *types);
    memcpy(table_columns, scan->table_columns, n * sizeof *table_columns);
    columns[n] = *out = bind_new_id(b, "ctid");
    types[n] = hy_type_nullable(hy_type(HY_TYPE_INT8), false);
    table_columns[n] = HY_ROW_ID_COLUMN;
    scan->columns = columns;
    scan->types = types;
    scan->table_columns = table_columns;
    scan->n_columns = n + 1;
    return HY_OK;
}

static HyStatus bind_system(HyBinder *b, const HyRelationRef *ref, HyAlg **alg, HyScopeTable **out)
{
    HY_TRY(hy_alg_new(b->arena, HY_ALG_SYSTEM, alg));
    (*alg)->system_id = ref->system_id;
    (*alg)->system_database = ref->database;
    (*alg)->estimated_rows = 1000;
    HY_TRY(leaf_columns(b, *alg, ref->n_columns, ref->name, out));
    HY_ARENA_NEW(b->arena, (*alg)->table_columns, ref->n_columns + 1);
    for (size_t i = 0; i < ref->n_columns; i++) {
        set_leaf_column(b, *alg, *out, i, ref->column_names[i], ref->column_types[i]);
        (*alg)->table_columns[i] = (uint32_t)i;
    }
    (*out)->n_columns = hy_system_relation_visible_count(ref->system_id);
    (*out)->schema = ref->schema;
    (*out)->database = ref->database;
    (*out)->scan = *alg;
    return HY_OK;
}

static HyStatus scope_of_external(
    HyBinder *b, const HyAlg *alg, const HyExternal *external, const char *name, HyScopeTable **out)
{
    HyScopeTable *table = NULL;
    HY_ARENA_NEW(b->arena, table, 1);
    HY_ARENA_NEW(b->arena, table->columns, alg->n_columns + 1);
    table->name = name;
    table->n_columns = alg->n_columns;
    for (size_t i = 0; i < alg->n_columns; i++)
        table->columns[i] = (HyScopeColumn){
            .name = external->column_names[i], .id = alg->columns[i], .type = alg->types[i]};
    *out = table;
    return HY_OK;
}

static HyStatus bind_cte_reference(
    HyBinder *b, const HyCteEntry *entry, HyAlg **alg, HyScopeTable **out)
{
    HyCte *cte = entry->cte;
    HY_TRY(hy_alg_new(b->arena, HY_ALG_CTE, alg));
    (*alg)->cte = cte;
    cte->n_references++;
    HY_TRY(leaf_columns(b, *alg, cte->n_columns, entry->name, out));
    for (size_t i = 0; i < cte->n_columns; i++)
        set_leaf_column(b, *alg, *out, i, entry->column_names[i], cte->types[i]);
    return HY_OK;
}

static HyStatus bind_table(HyBinder *b, const HyAstFrom *ast, HyAlg **alg, HyScopeTable **out)
{
    const HyAstQName *name = &ast->table.name;
    if (ast->table.sample)
        return hy_error_at(
            hy_error("0A000", "TABLESAMPLE is not implemented yet"), name->span.offset);
    for (HyCteEntry *entry = b->cte_scope; entry && name->parts.n == 1; entry = entry->next) {
        if (strcmp(entry->name, name->parts.items[0].text) != 0)
            continue;
        if (entry->is_pending && !entry->cte)
            return hy_error("42601", "WITH RECURSIVE requires UNION or UNION ALL as top element");
        if (entry->is_pending)
            return hy_error("42P01", "Reference to an unknown object: %s", entry->name);
        return bind_cte_reference(b, entry, alg, out);
    }
    HyRelationRef ref;
    HY_TRY(bind_relation(b, name, &ref));
    switch (ref.kind) {
    case HY_RELATION_TABLE:
        return bind_table_scan(b, &ref, alg, out);
    case HY_RELATION_SYSTEM:
        return bind_system(b, &ref, alg, out);
    case HY_RELATION_EXTERNAL:
        HY_TRY(bind_external_alg(b, ref.external, alg));
        return scope_of_external(b, *alg, ref.external, ref.name, out);
    case HY_RELATION_NONE:
        break;
    }
    return hy_error("XX000", "relation of unknown kind");
}

/* ---- Subqueries and functions ---- */

static HyStatus bind_derived(
    HyBinder *b, const HyAstFrom *ast, HyScope *visible, HyAlg **alg, HyScopeTable **out)
{
    HyQueryResult result;
    HyScopeTable *table = NULL;
    HY_TRY(bind_query(b, ast->query, visible, &result));
    HY_ARENA_NEW(b->arena, table, 1);
    HY_ARENA_NEW(b->arena, table->columns, result.n + 1);
    table->n_columns = result.n;
    for (size_t i = 0; i < result.n; i++)
        table->columns[i] =
            (HyScopeColumn){.name = result.names[i], .id = result.ids[i], .type = result.types[i]};
    *alg = result.alg;
    *out = table;
    return HY_OK;
}

static HyStatus bind_function_item(
    HyBinder *b, const HyAstFrom *ast, HyScope *visible, HyAlg **alg, HyScopeTable **out)
{
    const HyAstCall *call = ast->function.call->call;
    int32_t position = (int32_t)ast->function.call->pos;
    const char *name = NULL;
    HY_TRY(bind_call_name(&call->name, position, &name));
    if (ast->function.n_columns > 0)
        return hy_error_at(
            hy_error("0A000", "column definition lists of functions are not implemented yet"),
            ast->span.offset);
    if (strcmp(name, "external") == 0) {
        HyExternal *external = NULL;
        HY_TRY(bind_external_call(b, call, position, &external));
        HY_TRY(bind_external_alg(b, external, alg));
        return scope_of_external(b, *alg, external, name, out);
    }
    HyExprContext c = {.b = b, .scope = visible, .clause = HY_CLAUSE_OTHER};
    HY_TRY(bind_table_function(&c, call, position, alg));
    size_t n = (*alg)->n_columns;
    HyScopeTable *table = NULL;
    HY_ARENA_NEW(b->arena, table, 1);
    HY_ARENA_NEW(b->arena, table->columns, n + 2);
    table->name = name;
    const char *alias = ast->alias.name.text ? ast->alias.name.text : name;
    for (size_t i = 0; i < n; i++) {
        const char *const *names = (*alg)->call->column_names;
        bool is_own = names && names[i] && strcmp(names[i], name) != 0;
        table->columns[i] = (HyScopeColumn){
            .name = is_own ? names[i] : alias, .id = (*alg)->columns[i], .type = (*alg)->types[i]};
    }
    if (ast->function.ordinality) { /* bind_table_function left room for it */
        HyType type = hy_type_nullable(hy_type(HY_TYPE_INT8), false);
        (*alg)->ordinality = bind_new_id(b, "ordinality");
        (*alg)->columns[n] = (*alg)->ordinality;
        (*alg)->types[n] = type;
        (*alg)->n_columns = n + 1;
        table->columns[n] =
            (HyScopeColumn){.name = "ordinality", .id = (*alg)->ordinality, .type = type};
        n++;
    }
    table->n_columns = n;
    *out = table;
    return HY_OK;
}

/* ---- Aliases ---- */

static HyStatus rename_table(HyBinder *b, const HyAstFrom *ast, HyScopeTable *table)
{
    const HyAstAlias *alias = &ast->alias;
    if (!alias->name.text)
        return HY_OK;
    table->name = alias->name.text;
    table->schema = NULL;
    table->database = NULL;
    if (alias->columns.n > table->n_columns)
        return hy_error_at(
            hy_error("42601", "more alias names specified than table '%s' has columns",
                alias->name.text),
            ast->span.offset);
    for (size_t i = 0; i < alias->columns.n; i++) {
        HyScopeColumn *column = &table->columns[i];
        column->name = alias->columns.items[i].text;
        if (column->id < b->n_id_names)
            b->id_names[column->id] = column->name;
    }
    return HY_OK;
}

static HyStatus item_of_table(HyBinder *b, HyAlg *alg, HyScopeTable *table, FromItem *out)
{
    *out = (FromItem){.alg = alg};
    HY_LIST_PUSH(b->arena, out->tables, out->n_tables, table);
    for (size_t i = 0; i < table->n_columns; i++)
        HY_LIST_PUSH(b->arena, out->columns, out->n_columns, table->columns[i]);
    return HY_OK;
}

/* ---- Joins ---- */

/* Rows without a partner bring nulls. */
static void make_nullable(FromItem *item)
{
    for (size_t t = 0; t < item->n_tables; t++) {
        for (size_t i = 0; i < item->tables[t]->n_columns; i++)
            item->tables[t]->columns[i].type.nullable = true;
    }
    for (size_t i = 0; i < item->n_columns; i++)
        item->columns[i].type.nullable = true;
}

static HyStatus scope_of_item(HyBinder *b, const FromItem *item, HyScope *outer, HyScope **out)
{
    HY_TRY(bind_scope_new(b, outer, out));
    (*out)->tables = item->tables;
    (*out)->n_tables = item->n_tables;
    (*out)->columns = item->columns;
    (*out)->n_columns = item->n_columns;
    return HY_OK;
}

/* Tables and columns of both sides, in order. */
static HyStatus concat_items(
    HyBinder *b, const FromItem *left, const FromItem *right, FromItem *out)
{
    *out = (FromItem){0};
    const FromItem *sides[] = {left, right};
    for (int s = 0; s < 2; s++) {
        for (size_t i = 0; i < sides[s]->n_tables; i++)
            HY_LIST_PUSH(b->arena, out->tables, out->n_tables, sides[s]->tables[i]);
        for (size_t i = 0; i < sides[s]->n_columns; i++)
            HY_LIST_PUSH(b->arena, out->columns, out->n_columns, sides[s]->columns[i]);
    }
    return HY_OK;
}

typedef struct UsingColumn {
    const char *name;
    const HyScopeColumn *left;
    const HyScopeColumn *right;
    HyScopeColumn merged;
} UsingColumn;

typedef struct UsingList {
    UsingColumn *items;
    size_t n;
} UsingList;

static HyStatus find_using_column(const FromItem *item, const char *name, const HyScopeColumn **out)
{
    HyScope scope = {.columns = item->columns, .n_columns = item->n_columns};
    size_t n_found = 0;
    *out = bind_scope_find(&scope, name, &n_found);
    if (n_found > 1)
        return hy_error("42601", "'%s' is ambiguous", name);
    return *out ? HY_OK : hy_error("42703", "unknown column '%s'", name);
}

static HyStatus collect_using(
    HyBinder *b, const HyAstFrom *ast, const FromItem *left, const FromItem *right, UsingList *out)
{
    const HyAstNameList *names = &ast->join.using_columns;
    for (size_t i = 0; i < names->n; i++) {
        UsingColumn column = {.name = names->items[i].text};
        HY_TRY(find_using_column(left, column.name, &column.left));
        HY_TRY(find_using_column(right, column.name, &column.right));
        HY_LIST_PUSH(b->arena, out->items, out->n, column);
    }
    for (size_t i = 0; ast->join.natural && i < left->n_columns; i++) {
        UsingColumn column = {.name = left->columns[i].name};
        HyScope scope = {.columns = right->columns, .n_columns = right->n_columns};
        size_t n_found = 0;
        if (!column.name || !bind_scope_find(&scope, column.name, &n_found))
            continue;
        HY_TRY(find_using_column(left, column.name, &column.left));
        HY_TRY(find_using_column(right, column.name, &column.right));
        HY_LIST_PUSH(b->arena, out->items, out->n, column);
    }
    return HY_OK;
}

static HyStatus using_predicate(
    HyBinder *b, const UsingList *list, uint32_t position, HyExpr **predicate)
{
    for (size_t i = 0; i < list->n; i++) {
        const UsingColumn *column = &list->items[i];
        HyExpr *l = NULL;
        HyExpr *r = NULL;
        HyExpr *equal = NULL;
        HY_TRY(hy_expr_column(b->arena, column->left->id, column->left->type, &l));
        HY_TRY(hy_expr_column(b->arena, column->right->id, column->right->type, &r));
        HY_TRY(bind_comparison(b, HY_CMP_EQ, l, r, (int32_t)position, &equal));
        HY_TRY(hy_expr_and(b->arena, *predicate, equal, predicate));
    }
    return HY_OK;
}

/* The value under the common name: that of the side which always has one; of either in a full join.
 */
static HyStatus merge_using(HyBinder *b, HyAstJoinKind kind, UsingList *list, HyAlg **alg)
{
    HyAlg *map = NULL;
    for (size_t i = 0; i < list->n; i++) {
        UsingColumn *column = &list->items[i];
        if (kind != HY_AST_JOIN_FULL) {
            column->merged = kind == HY_AST_JOIN_RIGHT ? *column->right : *column->left;
            continue;
        }
        HyExpr *sides[2];
        HyType type;
        HY_TRY(hy_expr_column(b->arena, column->left->id, column->left->type, &sides[0]));
        HY_TRY(hy_expr_column(b->arena, column->right->id, column->right->type, &sides[1]));
        sides[0]->type.nullable = sides[1]->type.nullable = true;
        HY_TRY(bind_common(b, sides, 2, false, -1, "USING columns must be comparable", &type));
        HyNamedExpr merged = {.id = bind_new_id(b, column->name)};
        HY_TRY(hy_expr_new(b->arena, HY_EXPR_COALESCE, type, -1, 2, &merged.expr));
        merged.expr->args[0] = sides[0];
        merged.expr->args[1] = sides[1];
        if (!map)
            HY_TRY(hy_alg_unary(b->arena, HY_ALG_MAP, *alg, &map));
        HY_LIST_PUSH(b->arena, map->exprs, map->n_exprs, merged);
        column->merged = (HyScopeColumn){.name = column->name, .id = merged.id, .type = type};
    }
    if (map)
        *alg = map;
    return HY_OK;
}

/* `*` gives the left columns that are not merged, the merged ones, and the other right ones. */
static HyStatus using_columns(HyBinder *b, const UsingList *list, const FromItem *left,
    const FromItem *right, FromItem *joined)
{
    HyScopeColumn *columns = NULL;
    size_t n = 0;
    const FromItem *sides[] = {left, right};
    for (int s = 0; s < 2; s++) {
        for (size_t i = 0; i < sides[s]->n_columns; i++) {
            bool is_merged = false;
            for (size_t k = 0; k < list->n; k++) {
                const HyScopeColumn *used = s ? list->items[k].right : list->items[k].left;
                is_merged |= used == &sides[s]->columns[i];
            }
            if (!is_merged)
                HY_LIST_PUSH(b->arena, columns, n, sides[s]->columns[i]);
        }
        for (size_t k = 0; s == 0 && k < list->n; k++)
            HY_LIST_PUSH(b->arena, columns, n, list->items[k].merged);
    }
    joined->columns = columns;
    joined->n_columns = n;
    return HY_OK;
}

static bool may_depend(const HyAstFrom *ast)
{
    if (ast->kind == HY_AST_FROM_JOIN)
        return may_depend(ast->join.left) || may_depend(ast->join.right);
    return ast->kind == HY_AST_FROM_QUERY || ast->kind == HY_AST_FROM_FUNCTION;
}

static HyJoinKind join_kind(HyAstJoinKind kind)
{
    static const HyJoinKind kinds[] = {
        [HY_AST_JOIN_INNER] = HY_JOIN_INNER,
        [HY_AST_JOIN_LEFT] = HY_JOIN_LEFT,
        [HY_AST_JOIN_RIGHT] = HY_JOIN_RIGHT,
        [HY_AST_JOIN_FULL] = HY_JOIN_FULL,
        [HY_AST_JOIN_CROSS] = HY_JOIN_INNER,
    };
    return kinds[kind];
}

/* The planner turns it into a plain join when the right side uses no column of the left one. */
static HyStatus join_items(HyBinder *b, HyJoinKind kind, bool dependent, HyAlg *left, HyAlg *right,
    HyExpr *predicate, HyAlg **out)
{
    HY_TRY(
        hy_alg_join(b->arena, dependent ? HY_JOIN_DEPENDENT : kind, left, right, predicate, out));
    (*out)->dependent_kind = kind;
    return HY_OK;
}

HyStatus bind_join(
    HyBinder *b, HyJoinKind kind, HyAlg *left, HyAlg *right, HyExpr *predicate, HyAlg **out)
{
    return join_items(b, kind, true, left, right, predicate, out);
}

static HyStatus bind_join_item(HyBinder *b, const HyAstFrom *ast, HyScope *visible, FromItem *out)
{
    FromItem left;
    FromItem right;
    HyScope *beside = NULL;
    HY_TRY(bind_item(b, ast->join.left, visible, &left));
    HY_TRY(scope_of_item(b, &left, visible, &beside));
    HY_TRY(bind_item(b, ast->join.right, beside, &right));
    HyExpr *predicate = NULL;
    UsingList using_list = {0};
    HY_TRY(collect_using(b, ast, &left, &right, &using_list));
    uint32_t position = ast->join.using_columns.n > 0 ? ast->join.using_columns.items[0].span.offset
                                                      : ast->join.pos;
    HY_TRY(using_predicate(b, &using_list, position, &predicate));
    HY_TRY(concat_items(b, &left, &right, out));
    if (ast->join.on) {
        HyScope *scope = NULL;
        HY_TRY(scope_of_item(b, out, visible, &scope));
        HyExprContext c = {.b = b, .scope = scope, .clause = HY_CLAUSE_JOIN};
        HY_TRY(bind_condition(&c, ast->join.on, "type of join condition must be boolean",
            (int32_t)ast->span.offset, &predicate));
    }
    HyJoinKind kind = join_kind(ast->join.kind);
    if (kind == HY_JOIN_RIGHT || kind == HY_JOIN_FULL)
        make_nullable(&left);
    if (kind == HY_JOIN_LEFT || kind == HY_JOIN_FULL)
        make_nullable(&right);
    HY_TRY(concat_items(b, &left, &right, out));
    HY_TRY(join_items(
        b, kind, may_depend(ast->join.right), left.alg, right.alg, predicate, &out->alg));
    if (using_list.n > 0) {
        HY_TRY(merge_using(b, ast->join.kind, &using_list, &out->alg));
        HY_TRY(using_columns(b, &using_list, &left, &right, out));
    }
    if (!ast->alias.name.text)
        return HY_OK;
    HyScopeTable *table = NULL; /* (a JOIN b) AS q: one table of all columns */
    HY_ARENA_NEW(b->arena, table, 1);
    HY_ARENA_NEW(b->arena, table->columns, out->n_columns + 1);
    memcpy(table->columns, out->columns, out->n_columns * sizeof *table->columns);
    table->n_columns = out->n_columns;
    HY_TRY(rename_table(b, ast, table));
    return item_of_table(b, out->alg, table, out);
}

static HyStatus bind_item(HyBinder *b, const HyAstFrom *ast, HyScope *visible, FromItem *out)
{
    HyAlg *alg = NULL;
    HyScopeTable *table = NULL;
    switch (ast->kind) {
    case HY_AST_FROM_JOIN:
        return bind_join_item(b, ast, visible, out);
    case HY_AST_FROM_TABLE:
        HY_TRY(bind_table(b, ast, &alg, &table));
        break;
    case HY_AST_FROM_QUERY:
        HY_TRY(bind_derived(b, ast, visible, &alg, &table));
        break;
    case HY_AST_FROM_FUNCTION:
        HY_TRY(bind_function_item(b, ast, visible, &alg, &table));
        break;
    }
    HY_TRY(rename_table(b, ast, table));
    return item_of_table(b, alg, table, out);
}

/* The names of a list differ; those inside of one join need not. */
static HyStatus check_binding(const HyScope *scope, const HyScopeTable *table, uint32_t position)
{
    for (size_t i = 0; i < scope->n_tables && table->name; i++) {
        const char *name = scope->tables[i]->name;
        if (name && strcmp(name, table->name) == 0)
            return hy_error_at(
                hy_error("42601", "binding '%s' already defined", table->name), position);
    }
    return HY_OK;
}

HyStatus bind_from_list(HyBinder *b, const HyAstFromList *list, HyScope *scope, HyAlg **alg)
{
    for (size_t i = 0; i < list->n; i++) {
        FromItem item;
        HY_TRY(bind_item(b, list->items[i], scope, &item));
        if (!*alg)
            *alg = item.alg;
        else
            HY_TRY(join_items(
                b, HY_JOIN_INNER, may_depend(list->items[i]), *alg, item.alg, NULL, alg));
        for (size_t t = 0; t < item.n_tables; t++)
            HY_TRY(check_binding(scope, item.tables[t], list->items[i]->span.offset));
        for (size_t t = 0; t < item.n_tables; t++)
            HY_LIST_PUSH(b->arena, scope->tables, scope->n_tables, item.tables[t]);
        for (size_t k = 0; k < item.n_columns; k++)
            HY_LIST_PUSH(b->arena, scope->columns, scope->n_columns, item.columns[k]);
    }
    return HY_OK;
}
