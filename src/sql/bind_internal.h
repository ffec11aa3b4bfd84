/* What the files of the binder share. The binder works top down over the syntax tree: bind_query
 * builds the algebra of a query, bind_expr the expressions in it. Names are looked up in a chain of
 * scopes; a name that is found in an outer scope makes the subquery correlated, which nobody needs
 * to note: its expressions just use a column that it does not produce. */
#ifndef HY_SQL_BIND_INTERNAL_H
#define HY_SQL_BIND_INTERNAL_H

#include "sql/binder.h"

#define HY_BIND_MAX_DEPTH 3000 /* of nested expressions and queries; the parser allows less */

/* A growing array in the arena: doubles, the old copy stays behind. */
#define HY_LIST_PUSH(arena, items, n, item)                                                        \
    do {                                                                                           \
        if (((n) & ((n)-1)) == 0) {                                                                \
            void *old_ = (items);                                                                  \
            HY_ARENA_NEW((arena), (items), (n) ? (n)*2 : 1);                                       \
            if (old_)                                                                              \
                memcpy((items), old_, (n) * sizeof *(items));                                      \
        }                                                                                          \
        (items)[(n)++] = (item);                                                                   \
    } while (0)

typedef struct HyScopeColumn {
    const char *name;
    HyColumnId id;
    HyType type;
} HyScopeColumn;

/* A FROM item as qualified names see it. */
typedef struct HyScopeTable {
    const char *database; /* NULL when aliased or unknown */
    const char *schema;   /* likewise */
    const char *name;     /* NULL: nothing can be qualified with it */
    HyScopeColumn *columns;
    size_t n_columns;
    HyAlg *scan; /* HY_ALG_SCAN of a table, for its system columns; or NULL */
} HyScopeTable;

typedef struct HyScope HyScope;
struct HyScope {
    HyScope *outer; /* of the query around, or NULL */
    HyScopeTable **tables;
    size_t n_tables;
    HyScopeColumn *columns; /* in the order of `*`; what unqualified names see */
    size_t n_columns;
};

/* WITH name: innermost first. */
typedef struct HyCteEntry HyCteEntry;
struct HyCteEntry {
    HyCteEntry *next;
    const char *name;
    HyCte *cte;
    const char **column_names;
    bool is_pending; /* the recursive name, before its start has been bound */
};

/* Where an expression stands decides what it may hold. */
typedef enum HyClause {
    HY_CLAUSE_OTHER,    /* SET, RETURNING, function arguments in FROM */
    HY_CLAUSE_CONSTANT, /* VALUES, LIMIT, DEFAULT: no subqueries */
    HY_CLAUSE_JOIN,
    HY_CLAUSE_WHERE,
    HY_CLAUSE_GROUP,
    HY_CLAUSE_HAVING,
    HY_CLAUSE_SELECT,
    HY_CLAUSE_ORDER,
    HY_CLAUSE_AGGREGATE, /* argument of an aggregate */
    HY_CLAUSE_WINDOW     /* argument or definition of a window function */
} HyClause;

typedef struct HyWindowGroup { /* window calls with one OVER specification */
    HyExpr **partition_by;
    size_t n_partition_by;
    HySortKey *sort;
    size_t n_sort;
    HyWindowItem *items;
    size_t n_items;
} HyWindowGroup;

typedef struct HyColumnRef { /* for messages about a column that is not grouped */
    HyColumnId id;
    int32_t position;
    const char *text; /* as written: a or "t"."a" quoted for the message */
} HyColumnRef;

typedef struct HySelectItem {
    const HyAstExpr *ast; /* NULL: from a star */
    const char *name;
    HyExpr *expr;
} HySelectItem;

/* A SELECT while it is bound. */
typedef struct HySelect {
    const HyAstSelect *ast;
    HyScope *scope;
    HyColumnId from_begin, from_end; /* ids given while FROM was bound: what grouping must cover */
    HyNamedExpr *groups;
    size_t n_groups;
    uint64_t *grouping_sets;
    size_t n_grouping_sets;
    HyColumnId grouping_id;
    HyAggregateItem *aggregates;
    size_t n_aggregates;
    int32_t aggregate_position; /* of the first one */
    HyWindowGroup *windows;
    size_t n_windows;
    HyAlg **early_functions; /* set-returning calls in WHERE and aggregates */
    size_t n_early_functions;
    HyAlg **late_functions; /* set-returning calls in the select list and ORDER BY */
    size_t n_late_functions;
    HySelectItem *items;
    size_t n_items;
} HySelect;

typedef struct HyBinder {
    const HyBindContext *ctx;
    HyArena *arena;
    const HyTextStyle *style;
    HyColumnId next_id;
    const char **id_names; /* by id */
    size_t n_id_names;
    HyCteEntry *cte_scope;
    HyCte **ctes; /* all of the statement, inner ones first */
    size_t n_ctes;
    uint32_t next_cte_id;
    HyType *param_types;
    HyColumnRef *refs; /* every column mentioned so far */
    size_t n_refs;
    unsigned depth; /* of nested expressions and queries */
} HyBinder;

typedef struct HyExprContext {
    HyBinder *b;
    HyScope *scope;   /* or NULL */
    HySelect *select; /* NULL: no aggregates, windows, set-returning calls */
    HyClause clause;
    bool see_aliases; /* ORDER BY: names that are no columns may be output names */
} HyExprContext;

typedef struct HyQueryResult {
    HyAlg *alg;
    const char **names; /* NULL entry: no name of its own */
    HyColumnId *ids;    /* may repeat */
    HyType *types;
    size_t n;
} HyQueryResult;

/* ---- bind.c ---- */
HyColumnId bind_new_id(HyBinder *b, const char *name);
/* Fills the bound query around a root. */
HyStatus bind_finish(
    HyBinder *b, HyAlg *root, const HyQueryResult *result, HyBoundQuery **out) HY_MUST_CHECK;
HyStatus bind_binder_init(HyBinder *b, const HyBindContext *ctx) HY_MUST_CHECK;

/* ---- bind_scope.c ---- */
HyStatus bind_scope_new(HyBinder *b, HyScope *outer, HyScope **out) HY_MUST_CHECK;
HyStatus bind_scope_add_table(HyBinder *b, HyScope *scope, HyScopeTable *table) HY_MUST_CHECK;
/* The column of a name. *out is NULL when there is none and `optional`. */
HyStatus bind_column_ref(
    HyExprContext *c, const HyAstExpr *ast, bool optional, HyExpr **out) HY_MUST_CHECK;
/* The tables that a qualified star names; 42P01. */
HyStatus bind_star_table(
    HyExprContext *c, const HyAstExpr *ast, const HyScopeTable **out) HY_MUST_CHECK;
const HyScopeColumn *bind_scope_find(const HyScope *scope, const char *name, size_t *n_found);

/* ---- bind_type.c ---- */
HyStatus bind_type(HyBinder *b, const HyAstType *type, HyType *out) HY_MUST_CHECK;
HyStatus bind_collation(HyBinder *b, const HyAstQName *name, const HyCollation **out) HY_MUST_CHECK;
/* "integer", "numeric(10,2)" in the arena; "unknown" when out of memory. */
const char *bind_type_name(HyBinder *b, HyType type);
/* The same with " not null" when it is not nullable. */
const char *bind_type_name_null(HyBinder *b, HyType type);
HyStatus bind_literal(HyBinder *b, const HyAstExpr *ast, HyExpr **out) HY_MUST_CHECK;

/* ---- bind_expr.c ---- */
HyStatus bind_expr(HyExprContext *c, const HyAstExpr *ast, HyExpr **out) HY_MUST_CHECK;
HyStatus bind_exprs(HyExprContext *c, const HyAstExprList *list, HyExpr ***out) HY_MUST_CHECK;
/* A boolean; a null constant is one. Otherwise 42601 with `message`. */
HyStatus bind_condition(HyExprContext *c, const HyAstExpr *ast, const char *message,
    int32_t position, HyExpr **out) HY_MUST_CHECK;
/* expr as `to`: casts, or infers a parameter's type. */
HyStatus bind_cast(HyBinder *b, HyExpr *expr, HyType to, HyExpr **out) HY_MUST_CHECK;
/* As by CAST or assignment: 42601 where no such cast exists; a constant that does not convert fails
 * when it is computed. */
HyStatus bind_cast_explicit(HyBinder *b, HyExpr *expr, HyType to, bool is_try, int32_t position,
    HyExpr **out) HY_MUST_CHECK;
/* 42601 where a clause takes none. */
HyStatus bind_check_subquery(const HyExprContext *c, int32_t position) HY_MUST_CHECK;
bool bind_is_string_literal(const HyExpr *expr);
bool bind_is_unknown_param(const HyExpr *expr);
/* 42601 `unable to deduce ..` for a NULL or parameter of no type. */
HyStatus bind_require_type(HyBinder *b, const HyExpr *expr, int32_t position) HY_MUST_CHECK;
/* Finds the common type of a list and casts all to it; `message` (42601) when there is none. */
HyStatus bind_common(HyBinder *b, HyExpr **items, size_t n, bool adapt_literals, int32_t position,
    const char *message, HyType *out) HY_MUST_CHECK;

/* ---- bind_compare.c ---- */
/* Brings both sides to one comparable type; 42601 `cannot compare ..`. */
HyStatus bind_comparable(
    HyBinder *b, HyExpr **left, HyExpr **right, int32_t position) HY_MUST_CHECK;
HyStatus bind_comparison(HyBinder *b, HyCompareOp op, HyExpr *left, HyExpr *right, int32_t position,
    HyExpr **out) HY_MUST_CHECK;
bool bind_compare_op(HyAstOp op, HyCompareOp *out);
HyStatus bind_between(HyExprContext *c, const HyAstExpr *ast, HyExpr **out) HY_MUST_CHECK;
HyStatus bind_in_list(HyExprContext *c, const HyAstExpr *ast, HyExpr **out) HY_MUST_CHECK;
HyStatus bind_in_query(HyExprContext *c, const HyAstExpr *ast, HyExpr **out) HY_MUST_CHECK;
HyStatus bind_quantified(HyExprContext *c, const HyAstExpr *ast, HyExpr **out) HY_MUST_CHECK;
HyStatus bind_like(HyExprContext *c, const HyAstExpr *ast, HyExpr **out) HY_MUST_CHECK;
HyStatus bind_is_bool(HyExprContext *c, const HyAstExpr *ast, HyExpr **out) HY_MUST_CHECK;
HyStatus bind_is_distinct(HyExprContext *c, const HyAstExpr *ast, HyExpr **out) HY_MUST_CHECK;
HyStatus bind_case(HyExprContext *c, const HyAstExpr *ast, HyExpr **out) HY_MUST_CHECK;

/* ---- bind_call.c ---- */
HyStatus bind_call(HyExprContext *c, const HyAstExpr *ast, HyExpr **out) HY_MUST_CHECK;
/* Resolves a scalar function or operator over bound arguments. */
HyStatus bind_function(HyBinder *b, const char *name, HyExpr **args, size_t n_args,
    int32_t position, HyExpr **out) HY_MUST_CHECK;
/* Resolves and casts; args are changed in place. */
HyStatus bind_resolve(HyBinder *b, const char *name, HyFuncKind kind, HyFuncCall *call,
    HyExpr **args, int32_t position) HY_MUST_CHECK;
HyStatus bind_new_call(HyBinder *b, HyExpr **args, size_t n_args, HyFuncCall **out) HY_MUST_CHECK;
/* The name of a call without pg_catalog; 42883 for other schemas. */
HyStatus bind_call_name(const HyAstQName *name, int32_t position, const char **out) HY_MUST_CHECK;
HyStatus bind_sort_keys(
    HyExprContext *c, const HyAstOrderList *list, HySortKey **out) HY_MUST_CHECK;
HyStatus bind_table_function(
    HyExprContext *c, const HyAstCall *call, int32_t position, HyAlg **out) HY_MUST_CHECK;

/* ---- bind_aggregate.c, bind_window.c ---- */
HyStatus bind_aggregate(
    HyExprContext *c, const HyAstExpr *ast, const char *name, HyExpr **out) HY_MUST_CHECK;
HyStatus bind_window_call(
    HyExprContext *c, const HyAstExpr *ast, const char *name, HyExpr **out) HY_MUST_CHECK;
/* Adds a window item to the group of its specification; *item->id is set. */
HyStatus bind_window_add(HyBinder *b, HySelect *select, HyExpr **partition_by,
    size_t n_partition_by, HySortKey *sort, size_t n_sort, const HyWindowItem *item) HY_MUST_CHECK;
/* row_number() over the rows of *alg that share `partition_by`, in the order of `sort`: adds the
 * window and gives its column. */
HyStatus bind_row_number(HyBinder *b, HyExpr **partition_by, size_t n_partition_by, HySortKey *sort,
    size_t n_sort, HyAlg **alg, HyExpr **number) HY_MUST_CHECK;
/* Keeps of each of these partitions the first row. */
HyStatus bind_keep_first(HyBinder *b, HyExpr **partition_by, size_t n_partition_by, HySortKey *sort,
    size_t n_sort, HyAlg **alg) HY_MUST_CHECK;
HyStatus bind_check_windows(HyExprContext *c, const HyAstSelect *ast) HY_MUST_CHECK;
/* Arguments, DISTINCT, ORDER BY, WITHIN GROUP, FILTER of an aggregate call. */
HyStatus bind_aggregate_item(HyExprContext *inner, const HyAstExpr *ast, const char *name,
    HyAggregateItem *out) HY_MUST_CHECK;

/* ---- bind_group.c ---- */
HyStatus bind_group_by(HyBinder *b, HySelect *select) HY_MUST_CHECK;
HyStatus bind_grouping_call(HyExprContext *c, const HyAstExpr *ast, HyExpr **out) HY_MUST_CHECK;
/* Replaces grouping expressions by their columns; 42601 for a column that is not grouped. */
HyStatus bind_group_replace(HyBinder *b, HySelect *select, HyExpr **slot) HY_MUST_CHECK;

/* ---- bind_from.c ---- */
/* Binds the items of a FROM list from left to right into scope; *alg NULL at first. */
HyStatus bind_from_list(
    HyBinder *b, const HyAstFromList *list, HyScope *scope, HyAlg **alg) HY_MUST_CHECK;
/* The scan of a table with all its columns, and its scope entry. */
HyStatus bind_table_scan(
    HyBinder *b, const HyRelationRef *ref, HyAlg **alg, HyScopeTable **out) HY_MUST_CHECK;
HyStatus bind_relation(HyBinder *b, const HyAstQName *name, HyRelationRef *out) HY_MUST_CHECK;
/* alg joined with something that may use its columns. */
HyStatus bind_join(HyBinder *b, HyJoinKind kind, HyAlg *left, HyAlg *right, HyExpr *predicate,
    HyAlg **out) HY_MUST_CHECK;
/* The id column of a hidden row number of the scan, added when missing. */
HyStatus bind_row_id(HyBinder *b, HyAlg *scan, HyColumnId *out) HY_MUST_CHECK;

/* ---- bind_query.c, bind_select.c ---- */
HyStatus bind_query(
    HyBinder *b, const HyAstQuery *query, HyScope *outer, HyQueryResult *out) HY_MUST_CHECK;
HyStatus bind_select(
    HyBinder *b, const HyAstQuery *query, HyScope *outer, HyQueryResult *out) HY_MUST_CHECK;
HyStatus bind_ctes(
    HyBinder *b, const HyAstCte *ctes, size_t n, bool recursive, HyScope *outer) HY_MUST_CHECK;
/* Names and expressions of a select or RETURNING list, stars expanded. */
HyStatus bind_items(HyExprContext *c, const HyAstSelectItemList *list, HySelectItem **items,
    size_t *n_items) HY_MUST_CHECK;
/* Adds SORT and LIMIT over a result. */
HyStatus bind_limit(HyBinder *b, const HyAstQuery *query, HyAlg **alg) HY_MUST_CHECK;
/* A MAP that gives each result column an id of its own, cast to types[] where it is not NULL. */
HyStatus bind_project(HyBinder *b, HyQueryResult *result, const HyType *types) HY_MUST_CHECK;

/* ---- bind_external.c ---- */
HyStatus bind_external_call(
    HyBinder *b, const HyAstCall *call, int32_t position, HyExternal **out) HY_MUST_CHECK;
HyStatus bind_external_alg(HyBinder *b, HyExternal *external, HyAlg **out) HY_MUST_CHECK;

/* ---- bind_dml.c, bind_copy.c ---- */
HyStatus bind_insert(HyBinder *b, const HyAstInsert *ast, HyBoundQuery **out) HY_MUST_CHECK;
HyStatus bind_update(HyBinder *b, const HyAstUpdate *ast, HyBoundQuery **out) HY_MUST_CHECK;
HyStatus bind_delete(HyBinder *b, const HyAstDelete *ast, HyBoundQuery **out) HY_MUST_CHECK;
HyStatus bind_merge(HyBinder *b, const HyAstMerge *ast, HyBoundQuery **out) HY_MUST_CHECK;
/* rows: a map that gives all attributes of the table. */
HyStatus bind_on_conflict(HyBinder *b, const HyAstOnConflict *ast, const HyRelationRef *ref,
    HyAlg *rows, HyAlg **out) HY_MUST_CHECK;
/* Binds `name = value`, DEFAULT included, into values[column]; 42703, 42601 when set already. */
HyStatus bind_assign_column(HyExprContext *c, const HyTable *table, const HyAstName *name,
    const HyAstExpr *value, HyExpr **values) HY_MUST_CHECK;
/* Adds RETURNING and makes the bound statement. */
HyStatus bind_finish_dml(HyBinder *b, const HyAstSelectItemList *returning,
    const HyRelationRef *ref, const HyAstName *alias, HyAlg *alg, HyBoundQuery **out) HY_MUST_CHECK;
HyStatus bind_copy(HyBinder *b, const HyAstCopy *ast, HyBoundQuery **out) HY_MUST_CHECK;
HyStatus bind_target_table(
    HyBinder *b, const HyAstQName *name, const char *action, HyRelationRef *out) HY_MUST_CHECK;
/* The default of a column, cast to its type: the stored expression or NULL. */
HyStatus bind_column_default(
    HyBinder *b, const HyTable *table, size_t column, HyExpr **out) HY_MUST_CHECK;

#endif
