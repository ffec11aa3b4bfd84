/* GROUP BY: grouping expressions, grouping sets, GROUPING(), and the rule that what is not grouped
 * stands inside aggregates only. */
#include "sql/bind_internal.h"

#define MAX_GROUPS        64
#define MAX_GROUPING_SETS 4096

typedef struct GroupSets { /* alternatives of one GROUP BY element, each a set of groups[] */
    uint64_t *items;
    size_t n;
} GroupSets;

static HyExprContext group_context(HyBinder *b, HySelect *select)
{
    return (HyExprContext){
        .b = b, .scope = select->scope, .select = select, .clause = HY_CLAUSE_GROUP};
}

static HyStatus bind_item_for_group(HyExprContext *c, const HySelectItem *item, HyExpr **out)
{
    if (item->ast)
        return bind_expr(c, item->ast, out);
    *out = item->expr;
    return HY_OK;
}

/* Positions and output names; *out NULL: neither. */
static HyStatus bind_output_reference(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HySelect *select = c->select;
    *out = NULL;
    switch (ast->kind) {
    case HY_AST_INTEGER:
        if (ast->integer == 0 || ast->integer > select->n_items)
            return hy_error_at(hy_error("42601", "invalid projection column reference"), ast->pos);
        return bind_item_for_group(c, &select->items[ast->integer - 1], out);
    case HY_AST_NUMERIC:
    case HY_AST_DOUBLE:
    case HY_AST_STRING:
    case HY_AST_NULL:
    case HY_AST_BOOL:
        return hy_error_at(hy_error("42601", "non-integer constant in GROUP BY"), ast->pos);
    case HY_AST_COLUMN:
        if (ast->column.parts.n > 1)
            return HY_OK;
        HY_TRY(bind_column_ref(c, ast, true, out));
        for (size_t i = 0; i < select->n_items && !*out; i++) {
            const char *name = select->items[i].name;
            if (name && strcmp(name, ast->column.parts.items[0].text) == 0)
                return bind_item_for_group(c, &select->items[i], out);
        }
        return HY_OK;
    default:
        return HY_OK;
    }
}

/* The bit of a grouping expression, which is added to the list when new. */
static HyStatus bind_group_expr(HyBinder *b, HySelect *select, const HyAstExpr *ast, uint64_t *bit)
{
    HyExprContext c = group_context(b, select);
    HyExpr *expr = NULL;
    HY_TRY(bind_output_reference(&c, ast, &expr));
    if (!expr)
        HY_TRY(bind_expr(&c, ast, &expr));
    HY_TRY(bind_require_type(b, expr, (int32_t)ast->pos));
    size_t i = 0;
    while (i < select->n_groups && !hy_expr_equal(select->groups[i].expr, expr))
        i++;
    if (i == select->n_groups) {
        if (i == MAX_GROUPS)
            return hy_error_at(
                hy_error("54000", "more than %d grouping expressions", MAX_GROUPS), ast->pos);
        HyNamedExpr group = {.id = bind_new_id(b, NULL), .expr = expr};
        if (expr->kind == HY_EXPR_COLUMN && expr->column < b->n_id_names)
            b->id_names[group.id] = b->id_names[expr->column];
        HY_LIST_PUSH(b->arena, select->groups, select->n_groups, group);
    }
    *bit = UINT64_C(1) << i;
    return HY_OK;
}

static HyStatus add_set(HyBinder *b, GroupSets *sets, uint64_t set)
{
    if (sets->n >= MAX_GROUPING_SETS)
        return hy_error("54000", "more than %d grouping sets", MAX_GROUPING_SETS);
    HY_LIST_PUSH(b->arena, sets->items, sets->n, set);
    return HY_OK;
}

static HyStatus expand(HyBinder *b, HySelect *select, const HyAstGrouping *ast, GroupSets *out);

/* The groups of an element as one set: an expression or a list. */
static HyStatus bind_one_set(HyBinder *b, HySelect *select, const HyAstGrouping *ast, uint64_t *out)
{
    GroupSets sets = {0};
    HY_TRY(expand(b, select, ast, &sets));
    if (sets.n != 1)
        return hy_error_at(
            hy_error("42601", "ROLLUP, CUBE and GROUPING SETS cannot be nested here"),
            ast->span.offset);
    *out = sets.items[0];
    return HY_OK;
}

static HyStatus expand_rollup(
    HyBinder *b, HySelect *select, const HyAstGrouping *ast, GroupSets *out)
{
    uint64_t *parts = NULL;
    HY_ARENA_NEW(b->arena, parts, ast->n_elements);
    for (size_t i = 0; i < ast->n_elements; i++)
        HY_TRY(bind_one_set(b, select, ast->elements[i], &parts[i]));
    for (size_t n = ast->n_elements + 1; n-- > 0;) {
        uint64_t set = 0;
        for (size_t i = 0; i < n; i++)
            set |= parts[i];
        HY_TRY(add_set(b, out, set));
    }
    return HY_OK;
}

static HyStatus expand_cube(HyBinder *b, HySelect *select, const HyAstGrouping *ast, GroupSets *out)
{
    if (ast->n_elements > 12)
        return hy_error_at(hy_error("54011", "CUBE is limited to 12 elements"), ast->span.offset);
    uint64_t parts[12];
    for (size_t i = 0; i < ast->n_elements; i++)
        HY_TRY(bind_one_set(b, select, ast->elements[i], &parts[i]));
    for (size_t choice = (size_t)1 << ast->n_elements; choice-- > 0;) {
        uint64_t set = 0;
        for (size_t i = 0; i < ast->n_elements; i++) {
            if (choice >> (ast->n_elements - 1 - i) & 1)
                set |= parts[i];
        }
        HY_TRY(add_set(b, out, set));
    }
    return HY_OK;
}

static HyStatus expand(HyBinder *b, HySelect *select, const HyAstGrouping *ast, GroupSets *out)
{
    uint64_t set = 0;
    switch (ast->kind) {
    case HY_AST_GROUPING_EXPR:
        HY_TRY(bind_group_expr(b, select, ast->expr, &set));
        return add_set(b, out, set);
    case HY_AST_GROUPING_LIST:
        for (size_t i = 0; i < ast->n_elements; i++) {
            uint64_t part = 0;
            HY_TRY(bind_one_set(b, select, ast->elements[i], &part));
            set |= part;
        }
        return add_set(b, out, set);
    case HY_AST_GROUPING_ROLLUP:
        return expand_rollup(b, select, ast, out);
    case HY_AST_GROUPING_CUBE:
        return expand_cube(b, select, ast, out);
    case HY_AST_GROUPING_SETS:
        for (size_t i = 0; i < ast->n_elements; i++)
            HY_TRY(expand(b, select, ast->elements[i], out));
        return HY_OK;
    }
    return HY_OK;
}

static void remove_duplicate_sets(GroupSets *sets)
{
    size_t kept = 0;
    for (size_t i = 0; i < sets->n; i++) {
        bool seen = false;
        for (size_t k = 0; k < kept && !seen; k++)
            seen = sets->items[k] == sets->items[i];
        if (!seen)
            sets->items[kept++] = sets->items[i];
    }
    sets->n = kept;
}

HyStatus bind_group_by(HyBinder *b, HySelect *select)
{
    const HyAstSelect *ast = select->ast;
    GroupSets product = {0};
    HY_TRY(add_set(b, &product, 0));
    for (size_t i = 0; i < ast->n_group_by; i++) {
        GroupSets sets = {0};
        GroupSets next = {0};
        HY_TRY(expand(b, select, ast->group_by[i], &sets));
        for (size_t p = 0; p < product.n; p++) {
            for (size_t s = 0; s < sets.n; s++)
                HY_TRY(add_set(b, &next, product.items[p] | sets.items[s]));
        }
        product = next;
    }
    if (ast->group_distinct)
        remove_duplicate_sets(&product);
    if (product.n == 1)
        return HY_OK; /* all groups */
    select->grouping_sets = product.items;
    select->n_grouping_sets = product.n;
    return HY_OK;
}

/* ---- After grouping ---- */

static size_t find_group(const HySelect *select, const HyExpr *expr)
{
    size_t i = 0;
    while (i < select->n_groups && !hy_expr_equal(select->groups[i].expr, expr))
        i++;
    return i;
}

/* A group is null in the rows of the sets that leave it out. */
static HyType group_type(const HySelect *select, size_t group)
{
    HyType type = select->groups[group].expr->type;
    for (size_t i = 0; i < select->n_grouping_sets; i++)
        type.nullable |= !(select->grouping_sets[i] >> group & 1);
    return type;
}

typedef struct Replacer {
    HyBinder *b;
    HySelect *select;
} Replacer;

static HyStatus not_grouped(const Replacer *r, const HyExpr *column)
{
    const HyBinder *b = r->b;
    const char *text = "?";
    for (size_t i = 0; i < b->n_refs; i++) {
        if (b->refs[i].id == column->column && b->refs[i].position == column->position)
            text = b->refs[i].text;
    }
    if (text[0] == '?' && column->column < r->b->n_id_names && r->b->id_names[column->column])
        text = hy_arena_printf(r->b->arena, "\"%s\"", r->b->id_names[column->column]);
    return hy_error_at(
        hy_error("42601",
            "column %s must appear in the GROUP BY clause or be used in an aggregate function",
            text ? text : "?"),
        column->position);
}

static HyStatus replace_in_alg(Replacer *r, HyAlg *alg);

static HyStatus replace_node(void *ctx, HyExpr **slot, bool *descend)
{
    Replacer *r = ctx;
    HySelect *select = r->select;
    HyExpr *node = *slot;
    size_t group = find_group(select, node);
    if (group < select->n_groups) {
        int32_t position = node->position;
        HY_TRY(
            hy_expr_column(r->b->arena, select->groups[group].id, group_type(select, group), slot));
        (*slot)->position = position;
        *descend = false;
        return HY_OK;
    }
    if (node->kind == HY_EXPR_COLUMN && node->column >= select->from_begin &&
        node->column < select->from_end)
        return not_grouped(r, node);
    if (node->kind == HY_EXPR_SUBQUERY)
        return replace_in_alg(r, node->subquery);
    return HY_OK;
}

static HyStatus replace_slot(void *ctx, HyExpr **slot)
{
    Replacer *r = ctx;
    return hy_expr_rewrite(r->b->arena, slot, replace_node, r);
}

static HyStatus replace_in_alg(Replacer *r, HyAlg *alg)
{
    HY_TRY(hy_alg_each_expr(alg, replace_slot, r));
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(replace_in_alg(r, alg->inputs[i]));
    if (alg->kind == HY_ALG_CTE && alg->cte->query)
        HY_TRY(replace_in_alg(r, alg->cte->query));
    return HY_OK;
}

HyStatus bind_group_replace(HyBinder *b, HySelect *select, HyExpr **slot)
{
    Replacer r = {.b = b, .select = select};
    return replace_slot(&r, slot);
}

/* GROUPING(a, ..): one bit per argument, set in the rows whose set leaves it out. Since the sets
 * are known, it is a case distinction over the mask that the aggregation gives. */
HyStatus bind_grouping_call(HyExprContext *c, const HyAstExpr *ast, HyExpr **out)
{
    HyBinder *b = c->b;
    HySelect *select = c->select;
    const HyAstExprList *args = &ast->call->args;
    size_t groups[31];
    if (!select || args->n == 0 || args->n > HY_ARRAY_LEN(groups))
        return hy_error_at(
            hy_error("42601", "GROUPING requires grouping expressions as arguments"), ast->pos);
    HyExprContext inner = group_context(b, select);
    for (size_t i = 0; i < args->n; i++) {
        HyExpr *arg = NULL;
        HY_TRY(bind_expr(&inner, args->items[i], &arg));
        groups[i] = find_group(select, arg);
        if (groups[i] == select->n_groups)
            return hy_error_at(
                hy_error("42601", "arguments to GROUPING must be grouping expressions of the "
                                  "associated query level"),
                args->items[i]->pos);
    }
    HyValue value = hy_value_null(hy_type(HY_TYPE_INT4));
    value.is_null = false;
    if (select->n_grouping_sets == 0)
        return hy_expr_const(b->arena, &value, out);
    if (!select->grouping_id)
        select->grouping_id = bind_new_id(b, "grouping");
    HyType int8 = hy_type_nullable(hy_type(HY_TYPE_INT8), false);
    HyType int4 = hy_type_nullable(hy_type(HY_TYPE_INT4), false);
    uint64_t all = select->n_groups == 64 ? UINT64_MAX : (UINT64_C(1) << select->n_groups) - 1;
    size_t n = select->n_grouping_sets;
    HY_TRY(hy_expr_new(b->arena, HY_EXPR_CASE, int4, (int32_t)ast->pos, 2 * n + 1, out));
    for (size_t s = 0; s < n; s++) {
        uint64_t set = select->grouping_sets[s];
        HyExpr *mask = NULL;
        HyExpr *expected = NULL;
        HyValue key = hy_value_null(int8);
        key.is_null = false;
        key.i64 = (int64_t)(~set & all);
        HY_TRY(hy_expr_column(b->arena, select->grouping_id, int8, &mask));
        HY_TRY(hy_expr_const(b->arena, &key, &expected));
        HY_TRY(hy_expr_compare(b->arena, HY_CMP_EQ, mask, expected, &(*out)->args[2 * s]));
        value.i32 = 0;
        for (size_t i = 0; i < args->n; i++)
            value.i32 = value.i32 * 2 + !(set >> groups[i] & 1);
        HY_TRY(hy_expr_const(b->arena, &value, &(*out)->args[2 * s + 1]));
    }
    value.i32 = 0;
    return hy_expr_const(b->arena, &value, &(*out)->args[2 * n]);
}
