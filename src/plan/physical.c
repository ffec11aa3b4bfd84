/* Choices that leave the shape of the tree as it is: keys and build sides of joins, top-k, and the
 * predicates that scans test on encoded chunks. */
#include "plan/plan_internal.h"
#include <stdlib.h>
#include <string.h>

/* Up to here the keys of the first rows of a partition are kept beside its group. */
#define MAX_PARTITION_LIMIT 64

/* ---- Join keys ---- */

typedef struct Sides {
    HyColumnSet left;
    HyColumnSet right;
} Sides;

/* The equality that a conjunct states, or NULL; x IS TRUE counts for x. */
static const HyExpr *equality(const HyExpr *conjunct, bool *null_equal)
{
    if (conjunct->kind == HY_EXPR_IS_TRUE && conjunct->truth == HY_TRUTH_TRUE && !conjunct->negated)
        conjunct = conjunct->args[0];
    *null_equal = conjunct->kind == HY_EXPR_DISTINCT && conjunct->negated;
    if (*null_equal || (conjunct->kind == HY_EXPR_COMPARE && conjunct->op == HY_CMP_EQ))
        return conjunct;
    return NULL;
}

/* Which sides of an equality are computed from which input; false: not one each. */
static HyStatus split_sides(HyPlanner *p, const Sides *sides, const HyExpr *equal, HyExpr **left,
    HyExpr **right, bool *is_key)
{
    HyColumnSet used[2] = {{0}, {0}};
    *is_key = false;
    for (int i = 0; i < 2; i++) {
        HY_TRY(plan_expr_columns(p, equal->args[i], &used[i]));
        if (hy_column_set_is_empty(&used[i]) || hy_expr_is_volatile(equal->args[i]))
            return HY_OK;
    }
    for (int i = 0; i < 2; i++) {
        if (hy_column_set_within(&used[i], &sides->left) &&
            hy_column_set_within(&used[1 - i], &sides->right)) {
            *left = equal->args[i];
            *right = equal->args[1 - i];
            *is_key = true;
            return HY_OK;
        }
    }
    return HY_OK;
}

static HyStatus add_key(HyPlanner *p, HyAlg *join, HyExpr *left, HyExpr *right, bool null_equal)
{
    size_t n = join->n_keys;
    size_t n2 = n;
    HY_PLAN_PUSH(p->arena, join->left_keys, n, left);
    HY_PLAN_PUSH(p->arena, join->keys_null_equal, n2, null_equal);
    HY_PLAN_PUSH(p->arena, join->right_keys, join->n_keys, right);
    return HY_OK;
}

/* In a mark join beside other conditions, a plain comparison is three-valued and must stay one. */
static bool may_be_key(const HyAlg *join, const HyExpr *conjunct, size_t n_conjuncts)
{
    return join->join_kind != HY_JOIN_MARK || n_conjuncts == 1 || conjunct->kind != HY_EXPR_COMPARE;
}

static HyStatus extract_keys(HyPlanner *p, HyAlg *join)
{
    Sides sides = {0};
    HyConjuncts all = {0};
    HyConjuncts rest = {0};
    HY_TRY(plan_produced(p, join->inputs[0], &sides.left));
    HY_TRY(plan_produced(p, join->inputs[1], &sides.right));
    HY_TRY(plan_split_and(p, join->predicate, &all));
    for (size_t i = 0; i < all.n; i++) {
        HyExpr *left = NULL;
        HyExpr *right = NULL;
        bool null_equal = false;
        bool is_key = false;
        const HyExpr *equal = equality(all.items[i], &null_equal);
        if (equal && may_be_key(join, all.items[i], all.n))
            HY_TRY(split_sides(p, &sides, equal, &left, &right, &is_key));
        if (is_key)
            HY_TRY(add_key(p, join, left, right, null_equal));
        else
            HY_PLAN_PUSH(p->arena, rest.items, rest.n, all.items[i]);
    }
    return plan_join_and(p, &rest, &join->predicate);
}

/* ---- Scans ---- */

static HyCompareOp mirrored(HyCompareOp op)
{
    static const HyCompareOp ops[] = {
        [HY_CMP_EQ] = HY_CMP_EQ,
        [HY_CMP_NE] = HY_CMP_NE,
        [HY_CMP_LT] = HY_CMP_GT,
        [HY_CMP_LE] = HY_CMP_GE,
        [HY_CMP_GT] = HY_CMP_LT,
        [HY_CMP_GE] = HY_CMP_LE,
    };
    return ops[op];
}

/* Whether chunks can compare with values of this type as they are. */
static bool is_chunk_type(HyType type)
{
    return type.collation == NULL && type.id != HY_TYPE_ARRAY && type.id != HY_TYPE_JSON &&
           type.id != HY_TYPE_GEOGRAPHY && type.id != HY_TYPE_INTERVAL &&
           type.id != HY_TYPE_UNKNOWN;
}

/* The attribute that an expression reads directly, or HY_ROW_ID_COLUMN. */
static uint32_t attribute_of(const HyAlg *scan, const HyExpr *expr)
{
    if (expr->kind != HY_EXPR_COLUMN)
        return HY_ROW_ID_COLUMN;
    for (size_t i = 0; i < scan->n_columns; i++) {
        if (scan->columns[i] == expr->column)
            return is_chunk_type(scan->types[i]) ? scan->table_columns[i] : HY_ROW_ID_COLUMN;
    }
    return HY_ROW_ID_COLUMN;
}

static bool is_value(const HyExpr *expr, HyType type)
{
    return expr->kind == HY_EXPR_CONST && !expr->value.is_null && hy_type_equal(expr->type, type);
}

static HyStatus compare_predicate(
    HyPlanner *p, const HyAlg *scan, const HyExpr *conjunct, HyScanPredicate *out, bool *fits)
{
    for (int side = 0; side < 2; side++) {
        const HyExpr *column = conjunct->args[side];
        const HyExpr *constant = conjunct->args[1 - side];
        uint32_t attribute = attribute_of(scan, column);
        if (attribute == HY_ROW_ID_COLUMN || !is_value(constant, column->type))
            continue;
        *out = (HyScanPredicate){.table_column = attribute,
            .kind = HY_SCAN_COMPARE,
            .op = side ? mirrored(conjunct->op) : conjunct->op,
            .n_values = 1};
        HY_ARENA_NEW(p->arena, out->values, 1);
        out->values[0] = constant->value;
        out->values[0].type = column->type;
        *fits = true;
        return HY_OK;
    }
    return HY_OK;
}

static int compare_values(const void *a, const void *b)
{
    return hy_compare_value(a, b);
}

static HyStatus in_predicate(
    HyPlanner *p, const HyAlg *scan, const HyExpr *conjunct, HyScanPredicate *out, bool *fits)
{
    const HyExpr *column = conjunct->args[0];
    uint32_t attribute = attribute_of(scan, column);
    if (attribute == HY_ROW_ID_COLUMN || conjunct->negated)
        return HY_OK;
    size_t n = 0;
    HyValue *values = NULL;
    HY_ARENA_NEW(p->arena, values, conjunct->n_args);
    for (size_t i = 1; i < conjunct->n_args; i++) {
        const HyExpr *item = conjunct->args[i];
        if (hy_expr_is_null_const(item))
            continue; /* never equal: as a condition the list is the same without it */
        if (!is_value(item, column->type))
            return HY_OK;
        values[n] = item->value;
        values[n++].type = column->type;
    }
    if (n == 0)
        return HY_OK;
    qsort(values, n, sizeof *values, compare_values);
    size_t n_distinct = 1;
    for (size_t i = 1; i < n; i++) {
        if (hy_compare_value(&values[n_distinct - 1], &values[i]) != 0)
            values[n_distinct++] = values[i];
    }
    *out = (HyScanPredicate){.table_column = attribute,
        .kind = n_distinct == 1 ? HY_SCAN_COMPARE : HY_SCAN_IN,
        .op = HY_CMP_EQ,
        .values = values,
        .n_values = n_distinct};
    *fits = true;
    return HY_OK;
}

static HyStatus scan_predicate(
    HyPlanner *p, const HyAlg *scan, const HyExpr *conjunct, HyScanPredicate *out, bool *fits)
{
    *fits = false;
    switch (conjunct->kind) {
    case HY_EXPR_COMPARE:
        return compare_predicate(p, scan, conjunct, out, fits);
    case HY_EXPR_IN_LIST:
        return in_predicate(p, scan, conjunct, out, fits);
    case HY_EXPR_IS_NULL: {
        uint32_t attribute = attribute_of(scan, conjunct->args[0]);
        if (attribute == HY_ROW_ID_COLUMN)
            return HY_OK;
        *out = (HyScanPredicate){.table_column = attribute,
            .kind = conjunct->negated ? HY_SCAN_IS_NOT_NULL : HY_SCAN_IS_NULL};
        *fits = true;
        return HY_OK;
    }
    default:
        return HY_OK;
    }
}

/* Takes out of a filter what its scan can test. */
static HyStatus push_into_scan(HyPlanner *p, HyAlg *filter, bool *is_empty)
{
    HyAlg *scan = filter->inputs[0];
    HyConjuncts all = {0};
    HyConjuncts rest = {0};
    HY_TRY(plan_split_and(p, filter->predicate, &all));
    for (size_t i = 0; i < all.n; i++) {
        HyScanPredicate predicate;
        bool fits = false;
        HY_TRY(scan_predicate(p, scan, all.items[i], &predicate, &fits));
        if (fits)
            HY_PLAN_PUSH(p->arena, scan->scan_predicates, scan->n_scan_predicates, predicate);
        else
            HY_PLAN_PUSH(p->arena, rest.items, rest.n, all.items[i]);
    }
    *is_empty = rest.n == 0;
    return plan_join_and(p, &rest, &filter->predicate);
}

/* ---- All ---- */

/* LIMIT over SORT, maybe with computed columns between: the sort itself keeps only the first rows.
 */
static void fuse_limit(HyAlg **slot)
{
    HyAlg *limit = *slot;
    HyAlg *sort = limit->inputs[0];
    while (sort->kind == HY_ALG_MAP)
        sort = sort->inputs[0];
    if (sort->kind != HY_ALG_SORT || sort->limit >= 0 || sort->offset > 0)
        return;
    sort->limit = limit->limit;
    sort->offset = limit->offset;
    *slot = limit->inputs[0];
}

/* The most rows of a partition that `row number op constant` lets pass; 0: says nothing. */
static uint32_t rows_wanted(HyCompareOp op, const HyExpr *constant)
{
    if (constant->kind != HY_EXPR_CONST || constant->value.is_null ||
        constant->type.id != HY_TYPE_INT8)
        return 0;
    int64_t n = constant->value.i64;
    if (op == HY_CMP_LT)
        n = n > INT64_MIN ? n - 1 : n;
    else if (op != HY_CMP_LE && op != HY_CMP_EQ)
        return 0;
    return n >= 1 && n <= MAX_PARTITION_LIMIT ? (uint32_t)n : 0;
}

static bool is_row_number(const HyAlg *window, const HyExpr *expr)
{
    for (size_t i = 0; i < window->n_windows; i++)
        if (expr->kind == HY_EXPR_COLUMN && expr->column == window->windows[i].id)
            return true;
    return false;
}

/* A filter on row_number() over the window below it: the window sorts only the first rows of each
 * partition. The filter stays. */
static HyStatus limit_partitions(HyPlanner *p, const HyAlg *filter)
{
    HyAlg *window = filter->inputs[0];
    HyConjuncts all = {0};
    for (size_t i = 0; i < window->n_windows; i++)
        if (window->windows[i].call->window != HY_WIN_ROW_NUMBER)
            return HY_OK;
    HY_TRY(plan_split_and(p, filter->predicate, &all));
    for (size_t i = 0; i < all.n; i++) {
        const HyExpr *conjunct = all.items[i];
        if (conjunct->kind != HY_EXPR_COMPARE)
            continue;
        for (int side = 0; side < 2; side++) {
            HyCompareOp op = side ? mirrored(conjunct->op) : conjunct->op;
            if (!is_row_number(window, conjunct->args[side]))
                continue;
            uint32_t n = rows_wanted(op, conjunct->args[1 - side]);
            if (n > 0 && (window->partition_limit == 0 || n < window->partition_limit))
                window->partition_limit = n;
        }
    }
    return HY_OK;
}

static HyStatus choose(HyPlanner *p, HyAlg **slot)
{
    HyAlg *alg = *slot;
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(choose(p, &alg->inputs[i]));
    if (alg->kind == HY_ALG_LIMIT)
        fuse_limit(slot);
    if (alg->kind == HY_ALG_JOIN) {
        HY_TRY(extract_keys(p, alg));
        alg->build_left = alg->inputs[0]->estimated_rows < alg->inputs[1]->estimated_rows;
    }
    if (alg->kind == HY_ALG_FILTER && alg->inputs[0]->kind == HY_ALG_WINDOW)
        HY_TRY(limit_partitions(p, alg));
    if (alg->kind == HY_ALG_FILTER && alg->inputs[0]->kind == HY_ALG_SCAN) {
        bool is_empty = false;
        double rows = alg->estimated_rows;
        HY_TRY(push_into_scan(p, alg, &is_empty));
        if (is_empty) {
            *slot = alg->inputs[0];
            (*slot)->estimated_rows = rows;
        }
    }
    return HY_OK;
}

HyStatus plan_physical(HyPlanner *p, HyAlg **slot)
{
    return choose(p, slot);
}
