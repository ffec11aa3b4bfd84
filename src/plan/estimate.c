/* Row counts, from what relations and their chunks state about themselves. Estimates only steer; a
 * wrong one costs time, never the result. */
#include "catalog/table.h"
#include "catalog/transaction.h"
#include "plan/plan_internal.h"
#include "types/numeric.h"
#include <math.h>
#include <string.h>

#define DEFAULT_EQUAL  0.05
#define DEFAULT_RANGE  0.3
#define DEFAULT_OTHER  0.25
#define DEFAULT_LIKE   0.05
#define DEFAULT_ROWS   1000.0
#define DEFAULT_UNIQUE 0.1 /* different values per row where nothing is known */
#define MAX_INTERVALS  64  /* conditions among which bounds of one column are paired */

typedef struct HyColumnStats {
    HyAlg *scan;
    uint32_t attribute;
    bool is_loaded;
    double rows;     /* of the relation */
    double distinct; /* 0: unknown */
    bool has_range;
    bool is_discrete; /* between two values lie only so many others */
    double min, max;
} ColumnStats;

/* ---- Statistics of columns ---- */

static HyStatus open_relation(const HyPlanner *p, HyTable *table, HyRelation **out)
{
    if (p->ctx->transaction)
        return hy_transaction_relation(p->ctx->transaction, table, out);
    *out = hy_table_committed(table);
    return HY_OK;
}

static bool as_double(const HyValue *value, double *out)
{
    switch (hy_type_physical(value->type)) {
    case HY_PHYS_I16:
        *out = value->i16;
        return true;
    case HY_PHYS_I32:
        *out = value->i32;
        return true;
    case HY_PHYS_U32:
        *out = value->u32;
        return true;
    case HY_PHYS_I64:
        *out = value->type.id == HY_TYPE_NUMERIC
                   ? hy_numeric_to_double(value->i64, value->type.scale)
                   : (double)value->i64;
        return true;
    case HY_PHYS_U64:
        *out = (double)value->u64;
        return true;
    case HY_PHYS_I128:
        *out = hy_numeric_to_double(value->i128, value->type.scale);
        return true;
    case HY_PHYS_F32:
        *out = value->f32;
        return !isnan(value->f32);
    case HY_PHYS_F64:
        *out = value->f64;
        return !isnan(value->f64);
    default:
        return false;
    }
}

static bool is_discrete(HyType type)
{
    switch (type.id) {
    case HY_TYPE_INT2:
    case HY_TYPE_INT4:
    case HY_TYPE_INT8:
    case HY_TYPE_OID:
    case HY_TYPE_DATE:
        return true;
    default:
        return false;
    }
}

static void widen_range(ColumnStats *stats, const HyChunkInfo *info)
{
    double min = 0;
    double max = 0;
    if (!info->has_min_max || !as_double(&info->min, &min) || !as_double(&info->max, &max))
        return;
    stats->min = stats->has_range && stats->min < min ? stats->min : min;
    stats->max = stats->has_range && stats->max > max ? stats->max : max;
    stats->has_range = true;
    stats->is_discrete = is_discrete(info->min.type);
}

/* From one block to all: values that hardly repeat in it will not repeat elsewhere, values that
 * repeat much have all been seen. */
static double extrapolate(double distinct, double block_rows, double rows)
{
    if (distinct <= 0 || block_rows <= 0)
        return 0;
    double share = distinct / block_rows;
    if (share > 0.8)
        return share * rows;
    if (share < 0.1)
        return distinct;
    return fmin(distinct * sqrt(rows / block_rows), rows);
}

static HyStatus read_block(HyRelation *relation, size_t block, ColumnStats *stats)
{
    HyChunkPin pin = {0};
    HyChunkInfo info;
    if (hy_relation_block_live_rows(relation, block) == 0)
        return HY_OK;
    HY_TRY(hy_relation_chunk(relation, block, stats->attribute, &pin));
    hy_chunk_info(pin.chunk, &info);
    widen_range(stats, &info);
    double block_rows = hy_relation_block_rows(relation, block);
    double distinct = extrapolate(info.distinct_count, block_rows, stats->rows);
    stats->distinct = fmax(stats->distinct, distinct);
    hy_chunk_unpin(&pin);
    return HY_OK;
}

/* Reads the first and the last block of the column: they are most likely needed soon anyway. A
 * chunk that cannot be read is for the scan to complain about. */
static void load_stats(HyPlanner *p, ColumnStats *stats)
{
    HyRelation *relation = NULL;
    if (stats->is_loaded || !stats->scan)
        return;
    stats->is_loaded = true;
    HyStatus st = open_relation(p, stats->scan->table, &relation);
    if (!st && relation) {
        size_t n = hy_relation_block_count(relation);
        stats->rows = (double)hy_relation_live_count(relation);
        if (n > 0)
            st = read_block(relation, 0, stats);
        if (!st && n > 1)
            st = read_block(relation, n - 1, stats);
    }
    if (stats->has_range && stats->is_discrete)
        stats->distinct = fmin(stats->distinct, stats->max - stats->min + 1);
    hy_error_free(st);
    hy_relation_unref(relation);
}

static ColumnStats *stats_of(HyPlanner *p, HyColumnId id)
{
    return id < p->n_stats ? &p->stats[id] : NULL;
}

double plan_distinct(HyPlanner *p, HyColumnId id, double rows)
{
    ColumnStats *stats = stats_of(p, id);
    if (stats)
        load_stats(p, stats);
    double distinct = stats && stats->distinct > 0 ? stats->distinct : rows * DEFAULT_UNIQUE;
    return fmax(1, fmin(distinct, rows));
}

static HyStatus note_scans(HyPlanner *p, HyAlg *alg)
{
    if (alg->kind == HY_ALG_SCAN) {
        for (size_t i = 0; i < alg->n_columns; i++) {
            if (alg->table_columns[i] != HY_ROW_ID_COLUMN)
                p->stats[alg->columns[i]] =
                    (ColumnStats){.scan = alg, .attribute = alg->table_columns[i]};
        }
    }
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(note_scans(p, alg->inputs[i]));
    for (size_t i = 0; i < alg->n_exprs && alg->kind == HY_ALG_MAP; i++) {
        if (alg->exprs[i].expr->kind == HY_EXPR_COLUMN)
            p->stats[alg->exprs[i].id] = p->stats[alg->exprs[i].expr->column];
    }
    for (size_t i = 0; i < alg->n_groups; i++) {
        if (alg->groups[i].expr->kind == HY_EXPR_COLUMN)
            p->stats[alg->groups[i].id] = p->stats[alg->groups[i].expr->column];
    }
    return HY_OK;
}

HyStatus plan_note_stats(HyPlanner *p, HyAlg *root)
{
    p->n_stats = (size_t)p->query->next_column_id + 1;
    HY_ARENA_NEW(p->arena, p->stats, p->n_stats);
    return note_scans(p, root);
}

/* ---- Selectivity ---- */

#define LEAST_RANGE 0.0005

static bool is_upper_bound(const HyExpr *compare)
{
    return compare->op == HY_CMP_LT || compare->op == HY_CMP_LE;
}

/* The share of a column's range that a comparison with a constant lets pass. False: unknown. */
static bool share_of_range(HyPlanner *p, const HyExpr *compare, double *share)
{
    const HyExpr *column = compare->args[0];
    const HyExpr *constant = compare->args[1];
    double value = 0;
    ColumnStats *stats = column->kind == HY_EXPR_COLUMN ? stats_of(p, column->column) : NULL;
    if (!stats || constant->kind != HY_EXPR_CONST || constant->value.is_null ||
        !as_double(&constant->value, &value))
        return false;
    load_stats(p, stats);
    if (!stats->has_range || stats->max <= stats->min)
        return false;
    double below = fmin(1, fmax(0, (value - stats->min) / (stats->max - stats->min)));
    *share = is_upper_bound(compare) ? below : 1 - below;
    return true;
}

static double range_selectivity(HyPlanner *p, const HyExpr *compare)
{
    double share = 0;
    return share_of_range(p, compare, &share) ? fmax(LEAST_RANGE, share) : DEFAULT_RANGE;
}

static bool is_range(const HyExpr *e)
{
    return e->kind == HY_EXPR_COMPARE && e->op != HY_CMP_EQ && e->op != HY_CMP_NE &&
           e->args[0]->kind == HY_EXPR_COLUMN;
}

/* A lower and an upper bound of one column are anything but independent: what both let pass is what
 * is left when each has taken its end. Bounds that have a partner are marked. */
static double interval_selectivity(HyPlanner *p, const HyExpr *all, bool *has_partner)
{
    double s = 1;
    for (size_t i = 0; i < all->n_args; i++) {
        const HyExpr *a = all->args[i];
        double share_a = 0;
        if (has_partner[i] || !is_range(a) || !share_of_range(p, a, &share_a))
            continue;
        for (size_t k = i + 1; k < all->n_args; k++) {
            const HyExpr *b = all->args[k];
            double share_b = 0;
            if (has_partner[k] || !is_range(b) || a->args[0]->column != b->args[0]->column ||
                is_upper_bound(a) == is_upper_bound(b) || !share_of_range(p, b, &share_b))
                continue;
            has_partner[i] = has_partner[k] = true;
            s *= fmax(LEAST_RANGE, share_a + share_b - 1);
            break;
        }
    }
    return s;
}

static double and_selectivity(HyPlanner *p, const HyExpr *all)
{
    bool has_partner[MAX_INTERVALS] = {false};
    double s = all->n_args <= MAX_INTERVALS ? interval_selectivity(p, all, has_partner) : 1;
    for (size_t i = 0; i < all->n_args; i++)
        if (i >= MAX_INTERVALS || !has_partner[i])
            s *= plan_selectivity(p, all->args[i]);
    return s;
}

static double equal_selectivity(HyPlanner *p, const HyExpr *a, const HyExpr *b)
{
    double distinct = 0;
    const HyExpr *sides[] = {a, b};
    bool is_join = a->kind == HY_EXPR_COLUMN && b->kind == HY_EXPR_COLUMN;
    for (int i = 0; i < 2; i++) {
        ColumnStats *stats =
            sides[i]->kind == HY_EXPR_COLUMN ? stats_of(p, sides[i]->column) : NULL;
        if (!stats)
            continue;
        load_stats(p, stats);
        /* a join on a column of which nothing is known is most likely one on a key */
        double own = stats->distinct > 0 ? stats->distinct : is_join ? stats->rows : 0;
        distinct = fmax(distinct, own);
    }
    return distinct > 0 ? 1 / fmax(1, distinct) : DEFAULT_EQUAL;
}

double plan_key_distinct(HyPlanner *p, HyColumnId id)
{
    ColumnStats *stats = stats_of(p, id);
    if (!stats)
        return 0;
    load_stats(p, stats);
    return stats->distinct > 0 ? stats->distinct : stats->rows;
}

double plan_key_rows(HyPlanner *p, HyColumnId id)
{
    ColumnStats *stats = stats_of(p, id);
    if (stats)
        load_stats(p, stats);
    return stats ? stats->rows : 0;
}

/* Rows of the smaller of the two relations whose columns an equality compares. */
static double rows_of_key(HyPlanner *p, const HyExpr *a, const HyExpr *b)
{
    double rows = 0;
    const HyExpr *sides[] = {a, b};
    for (int i = 0; i < 2; i++) {
        ColumnStats *stats =
            sides[i]->kind == HY_EXPR_COLUMN ? stats_of(p, sides[i]->column) : NULL;
        if (!stats || !stats->scan)
            continue;
        load_stats(p, stats);
        rows = rows == 0 ? stats->rows : fmin(rows, stats->rows);
    }
    return fmax(1, rows > 0 ? rows : DEFAULT_ROWS);
}

bool plan_is_key(const HyExpr *e)
{
    return e->kind == HY_EXPR_COMPARE && e->op == HY_CMP_EQ && e->args[0]->kind == HY_EXPR_COLUMN &&
           e->args[1]->kind == HY_EXPR_COLUMN;
}

/* LIKE and its kin; a pattern that is known to begin with a text says more. */
static double pattern_selectivity(const HyExpr *call)
{
    const char *name = call->call->func->name;
    bool is_negated = name[0] == '!' || strncmp(name, "not", 3) == 0;
    double s = DEFAULT_LIKE;
    const HyExpr *pattern = call->n_args > 1 ? call->args[1] : NULL;
    if (pattern && pattern->kind == HY_EXPR_CONST && !pattern->value.is_null &&
        pattern->value.type.id == HY_TYPE_TEXT && pattern->value.string.len > 0 &&
        hy_string_data(&pattern->value.string)[0] != '%')
        s = DEFAULT_LIKE / 2;
    return is_negated ? 1 - s : s;
}

double plan_selectivity(HyPlanner *p, const HyExpr *predicate)
{
    double s = 1;
    switch (predicate->kind) {
    case HY_EXPR_CONST:
        return !predicate->value.is_null && predicate->value.u8 ? 1 : 0;
    case HY_EXPR_AND:
        return and_selectivity(p, predicate);
    case HY_EXPR_OR:
        for (size_t i = 0; i < predicate->n_args; i++)
            s *= 1 - plan_selectivity(p, predicate->args[i]);
        return 1 - s;
    case HY_EXPR_NOT:
        return 1 - plan_selectivity(p, predicate->args[0]);
    case HY_EXPR_COMPARE:
        if (predicate->op == HY_CMP_EQ)
            return equal_selectivity(p, predicate->args[0], predicate->args[1]);
        if (predicate->op == HY_CMP_NE)
            return 1 - equal_selectivity(p, predicate->args[0], predicate->args[1]);
        return range_selectivity(p, predicate);
    case HY_EXPR_IN_LIST:
        s = equal_selectivity(p, predicate->args[0], predicate->args[1]);
        s = fmin(1, s * (double)(predicate->n_args - 1));
        return predicate->negated ? 1 - s : s;
    case HY_EXPR_IS_NULL:
        return predicate->negated ? 0.9 : 0.1;
    case HY_EXPR_DISTINCT:
        s = equal_selectivity(p, predicate->args[0], predicate->args[1]);
        return predicate->negated ? s : 1 - s;
    case HY_EXPR_CALL:
        return strstr(predicate->call->func->name, "~~") ? pattern_selectivity(predicate)
                                                         : DEFAULT_OTHER;
    default:
        return DEFAULT_OTHER;
    }
}

/* ---- Rows ---- */

static double scan_rows(HyPlanner *p, HyAlg *scan)
{
    HyRelation *relation = NULL;
    HyStatus st = open_relation(p, scan->table, &relation);
    double rows = !st && relation ? (double)hy_relation_live_count(relation) : DEFAULT_ROWS;
    hy_error_free(st);
    hy_relation_unref(relation);
    return rows;
}

/* Selectivity of a join's condition: equalities together are one key, which has no more different
 * values than the smaller relation has rows. */
static double condition_selectivity(HyPlanner *p, const HyAlg *join)
{
    double keys = 1, others = 1, least = 1;
    size_t n_keys = join->n_keys;
    for (size_t i = 0; i < join->n_keys; i++) {
        keys *= equal_selectivity(p, join->left_keys[i], join->right_keys[i]);
        least = fmin(least, 1 / rows_of_key(p, join->left_keys[i], join->right_keys[i]));
    }
    HyExpr *const *parts = &join->predicate;
    size_t n = join->predicate ? 1 : 0;
    if (n > 0 && join->predicate->kind == HY_EXPR_AND) {
        parts = join->predicate->args;
        n = join->predicate->n_args;
    }
    for (size_t i = 0; i < n; i++) {
        if (!plan_is_key(parts[i])) {
            others *= plan_selectivity(p, parts[i]);
            continue;
        }
        n_keys++;
        keys *= equal_selectivity(p, parts[i]->args[0], parts[i]->args[1]);
        least = fmin(least, 1 / rows_of_key(p, parts[i]->args[0], parts[i]->args[1]));
    }
    return others * (n_keys > 1 ? fmax(keys, least) : keys);
}

static double join_rows(HyPlanner *p, const HyAlg *alg)
{
    double left = alg->inputs[0]->estimated_rows;
    double right = alg->inputs[1]->estimated_rows;
    double s = condition_selectivity(p, alg);
    double matches = left * right * s;
    switch (alg->join_kind) {
    case HY_JOIN_INNER:
        return matches;
    case HY_JOIN_LEFT:
        return fmax(left, matches);
    case HY_JOIN_RIGHT:
        return fmax(right, matches);
    case HY_JOIN_FULL:
        return fmax(left + right, matches);
    case HY_JOIN_SEMI:
        return left * fmin(1, fmax(0.1, right * s));
    case HY_JOIN_ANTI:
        return left * (1 - fmin(0.9, right * s));
    case HY_JOIN_MARK:
    case HY_JOIN_SINGLE:
    case HY_JOIN_DEPENDENT:
        break;
    }
    return left;
}

static double group_rows(HyPlanner *p, const HyAlg *alg)
{
    double input = alg->inputs[0]->estimated_rows;
    double groups = 1;
    for (size_t i = 0; i < alg->n_groups; i++) {
        const HyExpr *expr = alg->groups[i].expr;
        groups *= expr->kind == HY_EXPR_COLUMN ? plan_distinct(p, expr->column, input)
                                               : fmax(1, input * DEFAULT_UNIQUE);
        groups = fmin(groups, input);
    }
    double sets = alg->n_grouping_sets > 0 ? (double)alg->n_grouping_sets : 1;
    return fmax(alg->n_groups > 0 ? 0 : 1, groups * sets);
}

static double limited(const HyAlg *alg, double rows)
{
    if (alg->limit >= 0)
        return fmin(rows, (double)alg->limit);
    return rows;
}

HyStatus plan_estimate(HyPlanner *p, HyAlg *alg)
{
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(plan_estimate(p, alg->inputs[i]));
    double input = alg->n_inputs > 0 ? alg->inputs[0]->estimated_rows : 0;
    double rows = input;
    switch (alg->kind) {
    case HY_ALG_SCAN:
        rows = scan_rows(p, alg);
        break;
    case HY_ALG_VALUES:
        rows = (double)alg->n_rows;
        break;
    case HY_ALG_CTE:
        rows = alg->cte->query ? alg->cte->query->estimated_rows : DEFAULT_ROWS;
        break;
    case HY_ALG_EXTERNAL:
    case HY_ALG_SYSTEM:
        rows = alg->estimated_rows;
        break;
    case HY_ALG_FUNCTION:
        rows = (alg->n_inputs > 0 ? input : 1) * 10;
        break;
    case HY_ALG_FILTER:
        rows = input * plan_selectivity(p, alg->predicate);
        break;
    case HY_ALG_JOIN:
        rows = join_rows(p, alg);
        break;
    case HY_ALG_AGGREGATE:
        rows = group_rows(p, alg);
        break;
    case HY_ALG_SORT:
    case HY_ALG_LIMIT:
        rows = limited(alg, input);
        break;
    case HY_ALG_SETOP:
        if (alg->set_kind == HY_SET_UNION || alg->set_kind == HY_SET_UNION_ALL)
            rows = input + alg->inputs[1]->estimated_rows;
        break;
    case HY_ALG_RECURSIVE:
        rows = input + 10 * alg->inputs[1]->estimated_rows;
        break;
    case HY_ALG_MAP:
    case HY_ALG_WINDOW:
    case HY_ALG_SINGLE_ROW:
    case HY_ALG_INSERT:
    case HY_ALG_UPDATE:
    case HY_ALG_DELETE:
    case HY_ALG_MERGE:
    case HY_ALG_COPY_TO:
        break;
    }
    alg->estimated_rows = rows;
    alg->estimated_cost = rows;
    for (size_t i = 0; i < alg->n_inputs; i++)
        alg->estimated_cost += alg->inputs[i]->estimated_cost;
    return HY_OK;
}
