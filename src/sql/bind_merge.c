/* MERGE and INSERT .. ON CONFLICT: the target is joined with the rows that come, and each joined
 * row says what is to be done (PostgreSQL 17, sql-merge and sql-insert). The join gives the
 * target's row id, null where no row is met; a map turns it into an action and the new row, which
 * HY_ALG_MERGE carries out. */
#include "catalog/table.h"
#include "sql/bind_internal.h"

/* What happens to a joined row for which `guard` is the first that holds. */
typedef struct Branch {
    HyExpr *guard;
    HyMergeAction action;
    HyExpr **values; /* per attribute; NULL: as it is in the target */
} Branch;

typedef struct Merge {
    HyBinder *b;
    HyRelationRef ref;
    HyScope *scope; /* what conditions and values see */
    HyAlg *target;
    HyScopeTable *target_columns;
    HyColumnId row_id;
    HyAlg *alg;
    Branch *branches;
    size_t n_branches;
} Merge;

static HyType int4_type(void)
{
    return hy_type_nullable(hy_type(HY_TYPE_INT4), false);
}

/* ---- Expressions ---- */

static HyStatus int4_const(HyBinder *b, int32_t number, HyExpr **out)
{
    HyValue value = hy_value_null(int4_type());
    value.is_null = false;
    value.i32 = number;
    return hy_expr_const(b->arena, &value, out);
}

static HyStatus is_null(HyBinder *b, HyExpr *arg, bool negated, HyExpr **out)
{
    HyType type = hy_type_nullable(hy_type(HY_TYPE_BOOL), false);
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_IS_NULL, type, -1, 1, out));
    (*out)->args[0] = arg;
    (*out)->negated = negated;
    return HY_OK;
}

static HyStatus row_id_is_null(Merge *m, bool negated, HyExpr **out)
{
    HyExpr *id;
    HY_TRY(hy_expr_column(m->b->arena, m->row_id, hy_type(HY_TYPE_INT8), &id));
    return is_null(m->b, id, negated, out);
}

static HyStatus target_column(Merge *m, size_t column, HyExpr **out)
{
    const HyScopeColumn *c = &m->target_columns->columns[column];
    return hy_expr_column(m->b->arena, c->id, hy_type_nullable(c->type, true), out);
}

static HyStatus add_branch(Merge *m, HyExpr *guard, HyMergeAction action, Branch **out)
{
    Branch branch = {.guard = guard, .action = action};
    HY_ARENA_NEW(m->b->arena, branch.values, m->ref.table->n_columns + 1);
    HY_LIST_PUSH(m->b->arena, m->branches, m->n_branches, branch);
    *out = &m->branches[m->n_branches - 1];
    return HY_OK;
}

/* ---- From branches to the change ---- */

/* CASE WHEN guard 1 THEN 1 WHEN guard 2 THEN 2 .. ELSE 0, under an id of its own. */
static HyStatus choose_branch(Merge *m, HyColumnId *out)
{
    HyBinder *b = m->b;
    HyExpr *which;
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_CASE, int4_type(), -1, 2 * m->n_branches + 1, &which));
    for (size_t i = 0; i < m->n_branches; i++) {
        bool is_nothing = m->branches[i].action == HY_MERGE_NOTHING;
        which->args[2 * i] = m->branches[i].guard;
        HY_TRY(int4_const(b, is_nothing ? 0 : (int32_t)i + 1, &which->args[2 * i + 1]));
    }
    HY_TRY(int4_const(b, 0, &which->args[2 * m->n_branches]));
    *out = bind_new_id(b, "branch");
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_MAP, m->alg, &m->alg));
    HY_ARENA_NEW(b->arena, m->alg->exprs, 1);
    m->alg->exprs[0] = (HyNamedExpr){.id = *out, .expr = which};
    m->alg->n_exprs = 1;
    return HY_OK;
}

static HyStatus compare_branch(
    HyBinder *b, HyColumnId which, HyCompareOp op, int32_t branch, HyExpr **out)
{
    HyExpr *column, *constant;
    HY_TRY(hy_expr_column(b->arena, which, int4_type(), &column));
    HY_TRY(int4_const(b, branch, &constant));
    return hy_expr_compare(b->arena, op, column, constant, out);
}

/* CASE branch WHEN i THEN what(i) .. END */
static HyStatus by_branch(
    Merge *m, HyColumnId which, HyType type, HyExpr *const *results, HyExpr **out)
{
    HyBinder *b = m->b;
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_CASE, type, -1, 2 * m->n_branches, out));
    for (size_t i = 0; i < m->n_branches; i++) {
        HY_TRY(compare_branch(b, which, HY_CMP_EQ, (int32_t)i + 1, &(*out)->args[2 * i]));
        (*out)->args[2 * i + 1] = results[i];
    }
    return HY_OK;
}

/* Row id, action, and all attributes of the row as it shall be (of a deleted one: as it was). */
static HyStatus map_actions(Merge *m, HyColumnId which)
{
    HyBinder *b = m->b;
    size_t n = m->ref.table->n_columns;
    HyAlg *map;
    HyExpr **results;
    HY_ARENA_NEW(b->arena, results, m->n_branches + 1);
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_MAP, m->alg, &map));
    HY_ARENA_NEW(b->arena, map->exprs, n + 1);
    HY_ARENA_NEW(b->arena, map->columns, n + 2);
    HY_ARENA_NEW(b->arena, map->types, n + 2);
    for (size_t i = 0; i < m->n_branches; i++)
        HY_TRY(int4_const(b, m->branches[i].action, &results[i]));
    HyExpr *expr;
    HY_TRY(by_branch(m, which, hy_type(HY_TYPE_INT4), results, &expr));
    map->exprs[0] = (HyNamedExpr){.id = bind_new_id(b, "action"), .expr = expr};
    for (size_t column = 0; column < n; column++) {
        const HyTableColumn *c = &m->ref.table->columns[column];
        for (size_t i = 0; i < m->n_branches; i++) {
            results[i] = m->branches[i].values[column];
            if (!results[i])
                HY_TRY(target_column(m, column, &results[i]));
        }
        HY_TRY(by_branch(m, which, hy_type_nullable(c->type, true), results, &expr));
        map->exprs[column + 1] = (HyNamedExpr){.id = bind_new_id(b, c->name), .expr = expr};
    }
    map->n_exprs = n + 1;
    map->columns[0] = m->row_id;
    map->types[0] = hy_type(HY_TYPE_INT8);
    for (size_t i = 0; i < n + 1; i++) {
        map->columns[i + 1] = map->exprs[i].id;
        map->types[i + 1] = map->exprs[i].expr->type;
    }
    map->n_columns = n + 2;
    m->alg = map;
    return HY_OK;
}

static HyStatus finish_merge(Merge *m, HyAlg **out)
{
    HyBinder *b = m->b;
    HyColumnId which;
    HY_TRY(choose_branch(m, &which));
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_FILTER, m->alg, &m->alg));
    HY_TRY(compare_branch(b, which, HY_CMP_NE, 0, &m->alg->predicate));
    HY_TRY(map_actions(m, which));
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_MERGE, m->alg, out));
    (*out)->table = m->ref.table;
    (*out)->n_insert_columns = m->ref.table->n_columns;
    HY_ARENA_NEW(b->arena, (*out)->insert_columns, m->ref.table->n_columns + 1);
    for (uint32_t i = 0; i < m->ref.table->n_columns; i++)
        (*out)->insert_columns[i] = i;
    return HY_OK;
}

/* ---- What both see of the target ---- */

static HyStatus scan_target(Merge *m, const HyAstName *alias)
{
    HY_TRY(bind_table_scan(m->b, &m->ref, &m->target, &m->target_columns));
    if (alias->text) {
        m->target_columns->name = alias->text;
        m->target_columns->schema = NULL;
        m->target_columns->database = NULL;
    }
    return bind_row_id(m->b, m->target, &m->row_id);
}

/* (SELECT #column FROM (query) x(#0, .. #column)) */
static HyStatus column_of_query(
    Merge *m, const HyAstExpr *query, HyAstName *names, size_t column, HyAstExpr **out)
{
    HyArena *arena = m->b->arena;
    HyAstExpr *value, *scalar;
    HyAstFrom *from;
    HyAstFrom **from_items;
    HyAstQuery *outer;
    HY_ARENA_NEW(arena, value, 1);
    HY_ARENA_NEW(arena, scalar, 1);
    HY_ARENA_NEW(arena, from, 1);
    HY_ARENA_NEW(arena, from_items, 1);
    HY_ARENA_NEW(arena, outer, 1);
    HY_ARENA_NEW(arena, outer->select, 1);
    HY_ARENA_NEW(arena, outer->select->items.items, 1);
    value->kind = HY_AST_COLUMN;
    value->pos = query->pos;
    value->column.parts = (HyAstNameList){.items = &names[column], .n = 1};
    from->kind = HY_AST_FROM_QUERY;
    from->span = query->query->span;
    from->query = query->query;
    from->alias.name = (HyAstName){.text = "assigned", .len = 8};
    from->alias.columns = (HyAstNameList){.items = names, .n = column + 1};
    from_items[0] = from;
    outer->kind = HY_AST_QUERY_SELECT;
    outer->span = query->query->span;
    outer->select->items.items[0].expr = value;
    outer->select->items.n = 1;
    outer->select->from = (HyAstFromList){.items = from_items, .n = 1};
    *scalar = *query;
    scalar->query = outer;
    *out = scalar;
    return HY_OK;
}

/* (c, d) = (SELECT ..), each column as a subquery of its own. */
static HyStatus bind_row_query(Merge *m, const HyAstAssignment *a, HyExpr **values)
{
    HyExprContext c = {.b = m->b, .scope = m->scope, .clause = HY_CLAUSE_OTHER};
    HyQueryResult row;
    HyAstName *names;
    HY_TRY(bind_query(m->b, a->value->query, m->scope, &row)); /* only for its width */
    if (row.n != a->columns.n)
        return hy_error_at(
            hy_error("42601", "number of columns does not match number of values"), a->span.offset);
    HY_ARENA_NEW(m->b->arena, names, row.n);
    for (size_t i = 0; i < row.n; i++) {
        char *name = hy_arena_printf(m->b->arena, "#%zu", i);
        if (!name)
            return hy_error_oom(0);
        names[i] = (HyAstName){.text = name, .len = (uint32_t)strlen(name), .quoted = true};
    }
    for (size_t i = 0; i < row.n; i++) {
        HyAstExpr *value = NULL;
        HY_TRY(column_of_query(m, a->value, names, i, &value));
        HY_TRY(bind_assign_column(&c, m->ref.table, &a->columns.items[i], value, values));
    }
    return HY_OK;
}

/* SET of an update: values by attribute. */
static HyStatus bind_set(Merge *m, const HyAstAssignmentList *set, HyExpr **values)
{
    HyExprContext c = {.b = m->b, .scope = m->scope, .clause = HY_CLAUSE_OTHER};
    for (size_t i = 0; i < set->n; i++) {
        const HyAstAssignment *a = &set->items[i];
        bool is_row = a->is_multiple && a->value->kind == HY_AST_ROW;
        size_t n = is_row ? a->value->list.n : 1;
        if (a->is_multiple && a->value->kind == HY_AST_SUBQUERY) {
            HY_TRY(bind_row_query(m, a, values));
            continue;
        }
        if (n != a->columns.n)
            return hy_error_at(
                hy_error("42601", "number of columns does not match number of values"),
                a->span.offset);
        for (size_t k = 0; k < n; k++)
            HY_TRY(bind_assign_column(&c, m->ref.table, &a->columns.items[k],
                is_row ? a->value->list.items[k] : a->value, values));
    }
    return HY_OK;
}

static void make_nullable(HyScope *scope)
{
    for (size_t t = 0; t < scope->n_tables; t++)
        for (size_t i = 0; i < scope->tables[t]->n_columns; i++)
            scope->tables[t]->columns[i].type.nullable = true;
    for (size_t i = 0; i < scope->n_columns; i++)
        scope->columns[i].type.nullable = true;
}

/* ---- MERGE ---- */

/* A column that is not null in every row of the source, to tell where there is none. */
static HyStatus mark_source(Merge *m, HyAlg *source, HyColumnId *marker, HyAlg **out)
{
    HyExpr *one;
    HY_TRY(int4_const(m->b, 1, &one));
    HY_TRY(hy_alg_unary(m->b->arena, HY_ALG_MAP, source, out));
    HY_ARENA_NEW(m->b->arena, (*out)->exprs, 1);
    *marker = bind_new_id(m->b, "source");
    (*out)->exprs[0] = (HyNamedExpr){.id = *marker, .expr = one};
    (*out)->n_exprs = 1;
    return HY_OK;
}

static bool has_match(const HyAstMerge *ast, HyAstMergeMatch match)
{
    for (size_t i = 0; i < ast->n_whens; i++)
        if (ast->whens[i].match == match)
            return true;
    return false;
}

static HyStatus join_source(Merge *m, const HyAstMerge *ast, HyColumnId *marker)
{
    HyBinder *b = m->b;
    HyAstFrom *items[] = {ast->source};
    HyAstFromList list = {.items = items, .n = 1};
    HyAlg *source = NULL;
    HyExpr *on;
    HY_TRY(bind_scope_new(b, NULL, &m->scope));
    HY_TRY(bind_from_list(b, &list, m->scope, &source));
    HY_TRY(mark_source(m, source, marker, &source));
    HY_TRY(scan_target(m, &ast->alias));
    HY_TRY(bind_scope_add_table(b, m->scope, m->target_columns));
    HyExprContext c = {.b = b, .scope = m->scope, .clause = HY_CLAUSE_JOIN};
    HY_TRY(bind_condition(&c, ast->on, "boolean expression requires as argument for join condition",
        (int32_t)ast->on->pos, &on));
    bool keeps_source = has_match(ast, HY_AST_MERGE_NOT_MATCHED);
    bool keeps_target = has_match(ast, HY_AST_MERGE_NOT_MATCHED_BY_SOURCE);
    make_nullable(m->scope);
    return bind_join(b,
        keeps_source   ? keeps_target ? HY_JOIN_FULL : HY_JOIN_LEFT
        : keeps_target ? HY_JOIN_RIGHT
                       : HY_JOIN_INNER,
        source, m->target, on, &m->alg);
}

static HyStatus guard_of(Merge *m, const HyAstMergeWhen *when, HyColumnId marker, HyExpr **out)
{
    HyBinder *b = m->b;
    HyExpr *source, *condition;
    HY_TRY(hy_expr_column(b->arena, marker, hy_type(HY_TYPE_INT4), &source));
    switch (when->match) {
    case HY_AST_MERGE_NOT_MATCHED:
        HY_TRY(row_id_is_null(m, false, out));
        break;
    case HY_AST_MERGE_NOT_MATCHED_BY_SOURCE:
        HY_TRY(is_null(b, source, false, out));
        break;
    case HY_AST_MERGE_MATCHED: {
        HyExpr *target;
        HY_TRY(row_id_is_null(m, true, &target));
        HY_TRY(is_null(b, source, true, &source));
        HY_TRY(hy_expr_and(b->arena, target, source, out));
        break;
    }
    }
    if (!when->condition)
        return HY_OK;
    HyExprContext c = {.b = b, .scope = m->scope, .clause = HY_CLAUSE_WHERE};
    HY_TRY(bind_condition(&c, when->condition, "the condition of WHEN must be boolean",
        (int32_t)when->condition->pos, &condition));
    return hy_expr_and(b->arena, *out, condition, out);
}

/* INSERT (columns) VALUES (..): the others get their defaults. */
static HyStatus bind_insert_values(Merge *m, const HyAstMergeWhen *when, HyExpr **values)
{
    const HyTable *table = m->ref.table;
    HyExprContext c = {.b = m->b, .scope = m->scope, .clause = HY_CLAUSE_OTHER};
    size_t n = when->columns.n > 0 ? when->columns.n : when->values.n;
    if (n != when->values.n || n > table->n_columns)
        return hy_error("42601",
            "wrong number of attributes in insert statement (expected %zu, got %zu)",
            when->columns.n > 0 ? when->columns.n : table->n_columns, when->values.n);
    for (size_t i = 0; i < n; i++) {
        HyAstName own = {.text = table->columns[i].name};
        const HyAstName *name = when->columns.n > 0 ? &when->columns.items[i] : &own;
        HY_TRY(bind_assign_column(&c, table, name, when->values.items[i], values));
    }
    for (size_t i = 0; i < table->n_columns; i++)
        if (!values[i])
            HY_TRY(bind_column_default(m->b, table, i, &values[i]));
    return HY_OK;
}

static HyStatus bind_when(Merge *m, const HyAstMergeWhen *when, HyColumnId marker)
{
    static const HyMergeAction actions[] = {
        [HY_AST_MERGE_UPDATE] = HY_MERGE_UPDATE,
        [HY_AST_MERGE_DELETE] = HY_MERGE_DELETE,
        [HY_AST_MERGE_INSERT] = HY_MERGE_INSERT,
        [HY_AST_MERGE_NOTHING] = HY_MERGE_NOTHING,
    };
    HyExpr *guard;
    Branch *branch;
    HY_TRY(guard_of(m, when, marker, &guard));
    HY_TRY(add_branch(m, guard, actions[when->action], &branch));
    if (when->action == HY_AST_MERGE_UPDATE)
        return bind_set(m, &when->set, branch->values);
    return when->action == HY_AST_MERGE_INSERT ? bind_insert_values(m, when, branch->values)
                                               : HY_OK;
}

HyStatus bind_merge(HyBinder *b, const HyAstMerge *ast, HyBoundQuery **out)
{
    Merge m = {.b = b};
    HyColumnId marker;
    HyAlg *alg;
    HY_TRY(bind_ctes(b, ast->ctes, ast->n_ctes, ast->recursive, NULL));
    HY_TRY(bind_target_table(b, &ast->table, "merge into", &m.ref));
    HY_TRY(join_source(&m, ast, &marker));
    for (size_t i = 0; i < ast->n_whens; i++)
        HY_TRY(bind_when(&m, &ast->whens[i], marker));
    HY_TRY(finish_merge(&m, &alg));
    return bind_finish_dml(b, &ast->returning, &m.ref, &ast->alias, alg, out);
}

/* ---- INSERT .. ON CONFLICT ---- */

typedef struct Conflict {
    Merge m;
    const HyAstOnConflict *ast;
    const HyAlg *rows; /* columns: all attributes of the rows proposed */
    uint32_t *keys;
    size_t n_keys;
} Conflict;

static HyStatus named_keys(Conflict *c)
{
    const HyTable *table = c->m.ref.table;
    HY_ARENA_NEW(c->m.b->arena, c->keys, c->ast->columns.n + 1);
    for (size_t i = 0; i < c->ast->columns.n; i++) {
        const HyAstName *name = &c->ast->columns.items[i];
        int64_t column = hy_table_find_column(table, name->text);
        if (column < 0)
            return hy_error_at(
                hy_error("42703", "unknown column '%s'", name->text), name->span.offset);
        c->keys[c->n_keys++] = (uint32_t)column;
    }
    return HY_OK;
}

/* The columns that decide: those named, those of the constraint named, or of the only key. */
static HyStatus find_keys(Conflict *c)
{
    const HyTable *table = c->m.ref.table;
    const char *constraint = c->ast->constraint.text;
    if (c->ast->columns.n > 0)
        return named_keys(c);
    const HyTableKey *found = NULL;
    for (size_t i = 0; i < table->n_keys; i++) {
        const HyTableKey *key = &table->keys[i];
        if (constraint && strcmp(key->name, constraint) != 0)
            continue;
        if (found)
            return hy_error_hint(hy_error("42P10", "table \"%s\" has several keys", table->name),
                "Name the columns: ON CONFLICT (column, ..).");
        found = key;
    }
    if (!found && constraint)
        return hy_error_at(hy_error("42704", "constraint \"%s\" for table \"%s\" does not exist",
                               constraint, table->name),
            c->ast->constraint.span.offset);
    if (!found)
        return hy_error_hint(hy_error("42P10", "table \"%s\" has no key", table->name),
            "Name the columns: ON CONFLICT (column, ..).");
    HY_ARENA_NEW(c->m.b->arena, c->keys, found->n_columns);
    memcpy(c->keys, found->columns, found->n_columns * sizeof *c->keys);
    c->n_keys = found->n_columns;
    return HY_OK;
}

static HyStatus proposed(const Conflict *c, size_t column, HyExpr **out)
{
    return hy_expr_column(c->m.b->arena, c->rows->columns[column], c->rows->types[column], out);
}

/* row_number() within the rows of equal keys, to find those that meet each other. */
static HyStatus number_rows(Conflict *c, HyExpr **number)
{
    HyExpr **keys;
    HY_ARENA_NEW(c->m.b->arena, keys, c->n_keys);
    for (size_t i = 0; i < c->n_keys; i++)
        HY_TRY(proposed(c, c->keys[i], &keys[i]));
    return bind_row_number(c->m.b, keys, c->n_keys, NULL, 0, &c->m.alg, number);
}

static HyStatus join_target(Conflict *c)
{
    HyBinder *b = c->m.b;
    HyExpr *on = NULL;
    for (size_t i = 0; i < c->n_keys; i++) {
        HyExpr *mine, *theirs, *equal;
        HY_TRY(proposed(c, c->keys[i], &theirs));
        HY_TRY(target_column(&c->m, c->keys[i], &mine));
        HY_TRY(bind_comparison(b, HY_CMP_EQ, mine, theirs, -1, &equal));
        if (on)
            HY_TRY(hy_expr_and(b->arena, on, equal, &on));
        else
            on = equal;
    }
    return bind_join(b, HY_JOIN_LEFT, c->m.alg, c->m.target, on, &c->m.alg);
}

/* The number is above one, and no key is null: nulls meet nobody. */
static HyStatus is_repeated(Conflict *c, HyExpr *number, HyExpr **out)
{
    HyBinder *b = c->m.b;
    HyExpr *one;
    HyValue value = hy_value_null(number->type);
    value.is_null = false;
    value.i64 = 1;
    HY_TRY(hy_expr_const(b->arena, &value, &one));
    HY_TRY(hy_expr_compare(b->arena, HY_CMP_GT, number, one, out));
    for (size_t i = 0; i < c->n_keys; i++) {
        HyExpr *key, *has_key;
        HY_TRY(proposed(c, c->keys[i], &key));
        HY_TRY(is_null(b, key, true, &has_key));
        HY_TRY(hy_expr_and(b->arena, *out, has_key, out));
    }
    return HY_OK;
}

/* Names of the update: the table's, and EXCLUDED for the row proposed. */
static HyStatus open_scope(Conflict *c)
{
    HyBinder *b = c->m.b;
    const HyTable *table = c->m.ref.table;
    HyScopeTable *excluded;
    HY_TRY(bind_scope_new(b, NULL, &c->m.scope));
    HY_TRY(bind_scope_add_table(b, c->m.scope, c->m.target_columns));
    size_t n_plain = c->m.scope->n_columns; /* excluded columns must be qualified */
    HY_ARENA_NEW(b->arena, excluded, 1);
    HY_ARENA_NEW(b->arena, excluded->columns, table->n_columns + 1);
    excluded->name = "excluded";
    excluded->n_columns = table->n_columns;
    for (size_t i = 0; i < table->n_columns; i++)
        excluded->columns[i] = (HyScopeColumn){
            .name = table->columns[i].name, .id = c->rows->columns[i], .type = c->rows->types[i]};
    HY_TRY(bind_scope_add_table(b, c->m.scope, excluded));
    c->m.scope->n_columns = n_plain;
    make_nullable(c->m.scope);
    return HY_OK;
}

static HyStatus add_update(Conflict *c)
{
    HyBinder *b = c->m.b;
    HyExpr *guard;
    Branch *branch;
    HY_TRY(open_scope(c));
    HY_TRY(row_id_is_null(&c->m, true, &guard));
    if (c->ast->where) {
        HyExprContext context = {.b = b, .scope = c->m.scope, .clause = HY_CLAUSE_WHERE};
        HyExpr *condition;
        HY_TRY(bind_condition(&context, c->ast->where,
            "boolean expression requires as argument for where", (int32_t)c->ast->where->pos,
            &condition));
        HY_TRY(hy_expr_and(b->arena, guard, condition, &guard));
    }
    HY_TRY(add_branch(&c->m, guard, HY_MERGE_UPDATE, &branch));
    return bind_set(&c->m, &c->ast->set, branch->values);
}

HyStatus bind_on_conflict(
    HyBinder *b, const HyAstOnConflict *ast, const HyRelationRef *ref, HyAlg *rows, HyAlg **out)
{
    static const HyAstName no_alias = {0};
    Conflict c = {.m = {.b = b, .ref = *ref, .alg = rows}, .ast = ast, .rows = rows};
    bool updates = ast->action == HY_AST_CONFLICT_UPDATE;
    HyExpr *number, *guard;
    Branch *branch;
    HY_TRY(find_keys(&c));
    HY_TRY(scan_target(&c.m, &no_alias));
    HY_TRY(number_rows(&c, &number));
    HY_TRY(join_target(&c));
    HY_TRY(is_repeated(&c, number, &guard));
    HY_TRY(add_branch(&c.m, guard, updates ? HY_MERGE_TWICE : HY_MERGE_NOTHING, &branch));
    HY_TRY(row_id_is_null(&c.m, false, &guard));
    HY_TRY(add_branch(&c.m, guard, HY_MERGE_INSERT, &branch));
    for (size_t i = 0; i < ref->table->n_columns; i++)
        HY_TRY(proposed(&c, i, &branch->values[i]));
    if (updates)
        HY_TRY(add_update(&c));
    return finish_merge(&c.m, out);
}
