#include "plan/explain.h"
#include "base/json.h"
#include "catalog/table.h"
#include <string.h>

typedef struct Printer {
    const HyBoundQuery *query;
    const HyExplainOptions *options;
    HyBuffer *out;
} Printer;

/* ---- One operator ---- */

static const char *join_name(const HyAlg *alg)
{
    static const char *const names[] = {
        [HY_JOIN_INNER] = "join",
        [HY_JOIN_LEFT] = "left join",
        [HY_JOIN_RIGHT] = "right join",
        [HY_JOIN_FULL] = "full join",
        [HY_JOIN_SEMI] = "semi join",
        [HY_JOIN_ANTI] = "anti join",
        [HY_JOIN_MARK] = "mark join",
        [HY_JOIN_SINGLE] = "single join",
        [HY_JOIN_DEPENDENT] = "dependent join",
    };
    return names[alg->join_kind];
}

static const char *set_name(const HyAlg *alg)
{
    static const char *const names[] = {
        [HY_SET_UNION_ALL] = "union all",
        [HY_SET_UNION] = "union",
        [HY_SET_INTERSECT] = "intersect",
        [HY_SET_INTERSECT_ALL] = "intersect all",
        [HY_SET_EXCEPT] = "except",
        [HY_SET_EXCEPT_ALL] = "except all",
    };
    return names[alg->set_kind];
}

static const char *operator_name(const HyAlg *alg)
{
    switch (alg->kind) {
    case HY_ALG_SCAN:
        return "scan";
    case HY_ALG_VALUES:
        return "values";
    case HY_ALG_FUNCTION:
        return "function";
    case HY_ALG_EXTERNAL:
        return "external scan";
    case HY_ALG_CTE:
        return "cte scan";
    case HY_ALG_SYSTEM:
        return "system scan";
    case HY_ALG_FILTER:
        return "filter";
    case HY_ALG_MAP:
        return "map";
    case HY_ALG_JOIN:
        return alg->n_keys > 0 ? "hash" : "nested loop";
    case HY_ALG_AGGREGATE:
        return "aggregate";
    case HY_ALG_WINDOW:
        return "window";
    case HY_ALG_SORT:
        return alg->limit >= 0 ? "top" : "sort";
    case HY_ALG_LIMIT:
        return "limit";
    case HY_ALG_SETOP:
        return set_name(alg);
    case HY_ALG_RECURSIVE:
        return "recursion";
    case HY_ALG_SINGLE_ROW:
        return "single row";
    case HY_ALG_INSERT:
        return "insert";
    case HY_ALG_UPDATE:
        return "update";
    case HY_ALG_DELETE:
        return "delete";
    case HY_ALG_MERGE:
        return "merge";
    case HY_ALG_COPY_TO:
        return "copy to";
    }
    return "operator";
}

static HyStatus print_expr(const Printer *p, const HyExpr *expr)
{
    return hy_expr_format(expr, p->query->column_id_names, p->query->n_column_id_names, p->out);
}

static HyStatus print_column(const Printer *p, HyColumnId id)
{
    const char *name = id < p->query->n_column_id_names ? p->query->column_id_names[id] : NULL;
    if (name)
        return hy_buffer_append_str(p->out, name);
    return hy_buffer_printf(p->out, "#%u", (unsigned)id);
}

/* before item1, item2 .. by calling print for each */
static HyStatus print_exprs(const Printer *p, const char *before, HyExpr *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        HY_TRY(hy_buffer_append_str(p->out, i == 0 ? before : ", "));
        HY_TRY(print_expr(p, items[i]));
    }
    return HY_OK;
}

static HyStatus print_named(
    const Printer *p, const char *before, const HyNamedExpr *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        HY_TRY(hy_buffer_append_str(p->out, i == 0 ? before : ", "));
        HY_TRY(print_expr(p, items[i].expr));
    }
    return HY_OK;
}

static HyStatus print_sort(const Printer *p, const char *before, const HySortKey *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        HY_TRY(hy_buffer_append_str(p->out, i == 0 ? before : ", "));
        HY_TRY(print_expr(p, keys[i].expr));
        if (keys[i].is_descending)
            HY_TRY(hy_buffer_append_str(p->out, " DESC"));
        if (keys[i].nulls_first != keys[i].is_descending)
            HY_TRY(
                hy_buffer_append_str(p->out, keys[i].nulls_first ? " NULLS FIRST" : " NULLS LAST"));
    }
    return HY_OK;
}

static HyStatus print_call(const Printer *p, const HyFuncCall *call, HyExpr *const *args)
{
    HY_TRY(hy_buffer_append_str(p->out, call->func->name));
    HY_TRY(hy_buffer_append_char(p->out, '('));
    if (call->n_args == 0 && strcmp(call->func->name, "count") == 0)
        HY_TRY(hy_buffer_append_char(p->out, '*'));
    HY_TRY(print_exprs(p, "", args, call->n_args));
    return hy_buffer_append_char(p->out, ')');
}

static HyStatus print_scan_predicate(
    const Printer *p, const HyAlg *scan, const HyScanPredicate *predicate)
{
    static const char *const ops[] = {
        [HY_CMP_EQ] = "=",
        [HY_CMP_NE] = "<>",
        [HY_CMP_LT] = "<",
        [HY_CMP_LE] = "<=",
        [HY_CMP_GT] = ">",
        [HY_CMP_GE] = ">=",
    };
    const char *name = scan->table->columns[predicate->table_column].name;
    switch (predicate->kind) {
    case HY_SCAN_IS_NULL:
        return hy_buffer_printf(p->out, "%s IS NULL", name);
    case HY_SCAN_IS_NOT_NULL:
        return hy_buffer_printf(p->out, "%s IS NOT NULL", name);
    case HY_SCAN_IN:
        return hy_buffer_printf(p->out, "%s IN (%zu values)", name, predicate->n_values);
    case HY_SCAN_COMPARE:
        break;
    }
    HY_TRY(hy_buffer_printf(p->out, "%s %s ", name, ops[predicate->op]));
    HyExpr constant = {
        .kind = HY_EXPR_CONST, .type = predicate->values[0].type, .value = predicate->values[0]};
    return print_expr(p, &constant);
}

static HyStatus print_scan(const Printer *p, const HyAlg *alg)
{
    HY_TRY(hy_buffer_printf(p->out, " %s", alg->table->name));
    for (size_t i = 0; i < alg->n_scan_predicates; i++) {
        HY_TRY(hy_buffer_append_str(p->out, i == 0 ? " where " : " and "));
        HY_TRY(print_scan_predicate(p, alg, &alg->scan_predicates[i]));
    }
    return HY_OK;
}

static HyStatus print_join(const Printer *p, const HyAlg *alg)
{
    HY_TRY(hy_buffer_printf(p->out, " %s", join_name(alg)));
    for (size_t i = 0; i < alg->n_keys; i++) {
        HY_TRY(hy_buffer_append_str(p->out, i == 0 ? " on " : " and "));
        HY_TRY(print_expr(p, alg->left_keys[i]));
        HY_TRY(hy_buffer_append_str(p->out, " = "));
        HY_TRY(print_expr(p, alg->right_keys[i]));
    }
    if (alg->predicate)
        HY_TRY(print_exprs(p, " if ", &alg->predicate, 1));
    return alg->build_left ? hy_buffer_append_str(p->out, " (build left)") : HY_OK;
}

static HyStatus print_aggregate(const Printer *p, const HyAlg *alg)
{
    HY_TRY(print_named(p, " by ", alg->groups, alg->n_groups));
    if (alg->n_grouping_sets > 0)
        HY_TRY(hy_buffer_printf(p->out, " in %zu grouping sets", alg->n_grouping_sets));
    for (size_t i = 0; i < alg->n_aggregates; i++) {
        HY_TRY(hy_buffer_append_str(p->out, i == 0 ? ": " : ", "));
        HY_TRY(print_call(p, alg->aggregates[i].call, alg->aggregates[i].args));
    }
    return HY_OK;
}

static HyStatus print_window(const Printer *p, const HyAlg *alg)
{
    HY_TRY(print_exprs(p, " by ", alg->partition_by, alg->n_partition_by));
    HY_TRY(print_sort(p, " order ", alg->sort, alg->n_sort));
    if (alg->partition_limit > 0)
        HY_TRY(hy_buffer_printf(p->out, " first %u of each partition", alg->partition_limit));
    for (size_t i = 0; i < alg->n_windows; i++) {
        HY_TRY(hy_buffer_append_str(p->out, i == 0 ? ": " : ", "));
        HY_TRY(print_call(p, alg->windows[i].call, alg->windows[i].args));
    }
    return HY_OK;
}

static HyStatus print_limit(const Printer *p, const HyAlg *alg)
{
    if (alg->limit >= 0)
        HY_TRY(hy_buffer_printf(p->out, " %lld", (long long)alg->limit));
    if (alg->offset > 0)
        HY_TRY(hy_buffer_printf(p->out, " offset %lld", (long long)alg->offset));
    return alg->with_ties ? hy_buffer_append_str(p->out, " with ties") : HY_OK;
}

static HyStatus print_details(const Printer *p, const HyAlg *alg)
{
    switch (alg->kind) {
    case HY_ALG_SCAN:
        return print_scan(p, alg);
    case HY_ALG_VALUES:
        return hy_buffer_printf(p->out, " (%zu rows)", alg->n_rows);
    case HY_ALG_FUNCTION:
        return hy_buffer_printf(p->out, " %s", alg->call->func->name);
    case HY_ALG_EXTERNAL:
    case HY_ALG_COPY_TO:
        return hy_buffer_printf(p->out, " %s", alg->external->paths[0]);
    case HY_ALG_CTE:
    case HY_ALG_RECURSIVE:
        return hy_buffer_printf(p->out, " %s", alg->cte->name ? alg->cte->name : "");
    case HY_ALG_FILTER:
        return print_exprs(p, " ", &alg->predicate, 1);
    case HY_ALG_MAP:
        return print_named(p, " ", alg->exprs, alg->n_exprs);
    case HY_ALG_JOIN:
        return print_join(p, alg);
    case HY_ALG_AGGREGATE:
        return print_aggregate(p, alg);
    case HY_ALG_WINDOW:
        return print_window(p, alg);
    case HY_ALG_SORT:
        HY_TRY(print_limit(p, alg));
        return print_sort(p, " by ", alg->sort, alg->n_sort);
    case HY_ALG_LIMIT:
        return print_limit(p, alg);
    case HY_ALG_INSERT:
    case HY_ALG_UPDATE:
    case HY_ALG_DELETE:
    case HY_ALG_MERGE:
        return hy_buffer_printf(p->out, " %s", alg->table->name);
    case HY_ALG_SYSTEM:
    case HY_ALG_SETOP:
    case HY_ALG_SINGLE_ROW:
        return HY_OK;
    }
    return HY_OK;
}

typedef struct Measure {
    const char *name, *json;
    uint64_t value;
} Measure;

#define MAX_MEASURES 4

/* What was measured and is not the same for all operators, without zeros. */
static size_t list_measures(const HyAlg *alg, Measure *out)
{
    const Measure all[] = {{"memory", "memoryBytes", alg->memory_bytes},
        {"spilled", "spilledBytes", alg->spilled_bytes},
        {"dropped by join keys", "rowsDroppedByKeyFilters", alg->key_filtered},
        {"dropped by top rows", "rowsDroppedByTopBar", alg->bar_filtered}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].value > 0)
            out[n++] = all[i];
    return n;
}

static HyStatus print_bytes(const Printer *p, uint64_t bytes)
{
    if (bytes < 1 << 20)
        return hy_buffer_printf(p->out, "%.1f KB", (double)bytes / (1 << 10));
    return hy_buffer_printf(p->out, "%.1f MB", (double)bytes / (1 << 20));
}

static HyStatus print_measures(const Printer *p, const HyAlg *alg)
{
    Measure measures[MAX_MEASURES];
    size_t n = list_measures(alg, measures);
    if (alg->blocks_total > 0)
        HY_TRY(hy_buffer_printf(p->out, "  (blocks=%llu of %llu)",
            (unsigned long long)alg->blocks_read, (unsigned long long)alg->blocks_total));
    for (size_t i = 0; i < n; i++) {
        HY_TRY(hy_buffer_printf(p->out, "  (%s=", measures[i].name));
        if (strstr(measures[i].json, "Bytes"))
            HY_TRY(print_bytes(p, measures[i].value));
        else
            HY_TRY(hy_buffer_printf(p->out, "%llu", (unsigned long long)measures[i].value));
        HY_TRY(hy_buffer_append_char(p->out, ')'));
    }
    return HY_OK;
}

static HyStatus print_numbers(const Printer *p, const HyAlg *alg)
{
    if (p->options->costs)
        HY_TRY(hy_buffer_printf(
            p->out, "  (rows=%.0f cost=%.0f)", alg->estimated_rows, alg->estimated_cost));
    if (p->options->analyze)
        HY_TRY(hy_buffer_printf(p->out, "  (actual rows=%llu time=%.3f ms)",
            (unsigned long long)alg->actual_rows, (double)alg->actual_us / 1000.0));
    return p->options->analyze ? print_measures(p, alg) : HY_OK;
}

/* ---- Text ---- */

static HyStatus indent(const Printer *p, size_t depth)
{
    for (size_t i = 0; i < depth; i++)
        HY_TRY(hy_buffer_append_str(p->out, "  "));
    return HY_OK;
}

static HyStatus print_columns(const Printer *p, const HyAlg *alg, size_t depth)
{
    if (!p->options->verbose || alg->n_columns == 0)
        return HY_OK;
    HY_TRY(indent(p, depth + 1));
    HY_TRY(hy_buffer_append_str(p->out, "gives: "));
    for (size_t i = 0; i < alg->n_columns; i++) {
        HY_TRY(hy_buffer_append_str(p->out, i == 0 ? "" : ", "));
        HY_TRY(print_column(p, alg->columns[i]));
    }
    return hy_buffer_append_char(p->out, '\n');
}

static HyStatus print_tree(const Printer *p, const HyAlg *alg, size_t depth)
{
    HY_TRY(indent(p, depth));
    HY_TRY(hy_buffer_append_str(p->out, operator_name(alg)));
    HY_TRY(print_details(p, alg));
    HY_TRY(print_numbers(p, alg));
    HY_TRY(hy_buffer_append_char(p->out, '\n'));
    HY_TRY(print_columns(p, alg, depth));
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(print_tree(p, alg->inputs[i], depth + 1));
    return HY_OK;
}

HyStatus hy_explain_text(const HyBoundQuery *query, const HyExplainOptions *options, HyBuffer *out)
{
    Printer p = {.query = query, .options = options, .out = out};
    HY_TRY(print_tree(&p, query->root, 0));
    for (size_t i = 0; i < query->n_ctes; i++) {
        if (!query->ctes[i]->query)
            continue;
        HY_TRY(hy_buffer_printf(out, "cte %s\n", query->ctes[i]->name));
        HY_TRY(print_tree(&p, query->ctes[i]->query, 1));
    }
    return HY_OK;
}

/* ---- JSON ---- */

static HyStatus json_details(const Printer *p, const HyAlg *alg)
{
    HyBuffer details = {0};
    Printer inner = *p;
    inner.out = &details;
    HyStatus st = print_details(&inner, alg);
    size_t skip = details.len > 0 && details.data[0] == ' ';
    if (!st && details.len > skip) {
        st = hy_buffer_append_str(p->out, ",\"details\":");
        if (!st)
            st = hy_json_append_string(p->out, details.data + skip, details.len - skip);
    }
    hy_buffer_free(&details);
    return st;
}

static HyStatus json_measures(const Printer *p, const HyAlg *alg)
{
    Measure measures[MAX_MEASURES];
    size_t n = list_measures(alg, measures);
    if (alg->blocks_total > 0)
        HY_TRY(hy_buffer_printf(p->out, ",\"blocksRead\":%llu,\"blocksTotal\":%llu",
            (unsigned long long)alg->blocks_read, (unsigned long long)alg->blocks_total));
    for (size_t i = 0; i < n; i++)
        HY_TRY(hy_buffer_printf(
            p->out, ",\"%s\":%llu", measures[i].json, (unsigned long long)measures[i].value));
    return HY_OK;
}

static HyStatus json_tree(const Printer *p, const HyAlg *alg)
{
    const char *name = operator_name(alg);
    HY_TRY(hy_buffer_append_str(p->out, "{\"operator\":"));
    HY_TRY(hy_json_append_string(p->out, name, strlen(name)));
    HY_TRY(json_details(p, alg));
    if (p->options->costs)
        HY_TRY(hy_buffer_printf(
            p->out, ",\"rows\":%.0f,\"cost\":%.0f", alg->estimated_rows, alg->estimated_cost));
    if (p->options->analyze)
        HY_TRY(hy_buffer_printf(p->out, ",\"actualRows\":%llu,\"actualMicroseconds\":%llu",
            (unsigned long long)alg->actual_rows, (unsigned long long)alg->actual_us));
    if (p->options->analyze)
        HY_TRY(json_measures(p, alg));
    for (size_t i = 0; i < alg->n_inputs; i++) {
        HY_TRY(hy_buffer_append_str(p->out, i == 0 ? ",\"inputs\":[" : ","));
        HY_TRY(json_tree(p, alg->inputs[i]));
    }
    return hy_buffer_append_str(p->out, alg->n_inputs > 0 ? "]}" : "}");
}

HyStatus hy_explain_json(const HyBoundQuery *query, const HyExplainOptions *options, HyBuffer *out)
{
    Printer p = {.query = query, .options = options, .out = out};
    HY_TRY(hy_buffer_append_str(out, "{\"plan\":"));
    HY_TRY(json_tree(&p, query->root));
    size_t n = 0;
    for (size_t i = 0; i < query->n_ctes; i++) {
        const HyCte *cte = query->ctes[i];
        if (!cte->query)
            continue;
        HY_TRY(hy_buffer_append_str(out, n++ == 0 ? ",\"ctes\":{" : ","));
        HY_TRY(hy_json_append_string(out, cte->name, strlen(cte->name)));
        HY_TRY(hy_buffer_append_char(out, ':'));
        HY_TRY(json_tree(&p, cte->query));
    }
    return hy_buffer_append_str(out, n > 0 ? "}}" : "}");
}
