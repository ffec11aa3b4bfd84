/* What the files of the planner share. Phases, in order (plan.c): CTEs read once are inlined,
 * expressions folded, subqueries and dependent joins removed (unnest.c, dependent.c), predicates
 * pushed down and joins ordered (pushdown.c, join_order.c), columns pruned and physical choices
 * made (prune.c, physical.c). */
#ifndef HY_PLAN_INTERNAL_H
#define HY_PLAN_INTERNAL_H

#include "plan/column_set.h"
#include "plan/planner.h"

typedef struct HyMemoEntry { /* a subquery that has been turned into a join */
    const HyAlg *subquery;
    HyExpr *value; /* what stands for it in expressions */
} HyMemoEntry;

typedef struct HyPlanner {
    const HyPlanContext *ctx;
    HyArena *arena;
    HyBoundQuery *query;
    HyType *types; /* by column id, as computed where it is made; see plan_column_type */
    size_t n_types;
    HyMemoEntry *memo;
    size_t n_memo;
    struct HyColumnStats *stats; /* by column id; estimate.c */
    size_t n_stats;
} HyPlanner;

/* A growing list of conjuncts. */
typedef struct HyConjuncts {
    HyExpr **items;
    size_t n;
} HyConjuncts;

#define HY_PLAN_PUSH(arena, items, n, item)                                                        \
    do {                                                                                           \
        if (((n) & ((n)-1)) == 0) {                                                                \
            void *old_ = (items);                                                                  \
            HY_ARENA_NEW((arena), (items), (n) ? (n)*2 : 1);                                       \
            if (old_)                                                                              \
                memcpy((items), old_, (n) * sizeof *(items));                                      \
        }                                                                                          \
        (items)[(n)++] = (item);                                                                   \
    } while (0)

/* ---- group_dependent.c, sum_offset.c ---- */
HyStatus plan_drop_dependent_groups(HyPlanner *p, HyAlg **slot) HY_MUST_CHECK;
HyStatus plan_share_sums(HyPlanner *p, HyAlg **slot) HY_MUST_CHECK;

/* ---- columns.c ---- */
/* Columns used by an expression; of a subquery those that it does not make itself. */
HyStatus plan_expr_columns(HyPlanner *p, const HyExpr *expr, HyColumnSet *set) HY_MUST_CHECK;
/* Columns that an operator gives to the one above. */
HyStatus plan_produced(HyPlanner *p, const HyAlg *alg, HyColumnSet *set) HY_MUST_CHECK;
/* Columns used somewhere in the tree that none of its operators makes. */
HyStatus plan_free(HyPlanner *p, HyAlg *alg, HyColumnSet *set) HY_MUST_CHECK;
/* Columns made anywhere in the tree. */
HyStatus plan_defined(HyPlanner *p, HyAlg *alg, HyColumnSet *set) HY_MUST_CHECK;
/* Learns the types of all columns made in the tree and the subqueries in it. */
HyStatus plan_note_types(HyPlanner *p, HyAlg *alg) HY_MUST_CHECK;
HyStatus plan_set_type(HyPlanner *p, HyColumnId id, HyType type) HY_MUST_CHECK;
HyType plan_column_type(const HyPlanner *p, HyColumnId id);
HyStatus plan_new_column(HyPlanner *p, HyType type, HyColumnId *out) HY_MUST_CHECK;
HyStatus plan_name_column(HyPlanner *p, HyColumnId id, HyColumnId like) HY_MUST_CHECK;
/* COLUMN of an id with its known type. */
HyStatus plan_column(HyPlanner *p, HyColumnId id, HyExpr **out) HY_MUST_CHECK;

/* A call over these arguments, to be given to hy_func_resolve. */
HyStatus plan_new_call(HyPlanner *p, HyExpr **args, size_t n, HyFuncCall **out) HY_MUST_CHECK;

/* ---- rewrite.c ---- */
/* A replacement of columns by expressions. */
typedef struct HyColumnMap {
    HyColumnId *from;
    HyExpr **to;
    size_t n;
} HyColumnMap;
HyStatus plan_map_add(HyPlanner *p, HyColumnMap *map, HyColumnId from, HyExpr *to) HY_MUST_CHECK;
/* In an expression, the algebra of its subqueries included (that is changed in place). */
HyStatus plan_substitute(HyPlanner *p, const HyColumnMap *map, HyExpr **slot) HY_MUST_CHECK;
/* In a whole tree. */
HyStatus plan_substitute_alg(HyPlanner *p, const HyColumnMap *map, HyAlg *alg) HY_MUST_CHECK;
/* A copy of a tree in which all columns that it makes have new ids; *map says which. */
HyStatus plan_copy_alg(HyPlanner *p, HyAlg *alg, HyColumnMap *map, HyAlg **out) HY_MUST_CHECK;

/* ---- simplify.c ---- */
HyStatus plan_simplify(HyPlanner *p, HyExpr **slot) HY_MUST_CHECK;
HyStatus plan_simplify_alg(HyPlanner *p, HyAlg *alg) HY_MUST_CHECK;
HyStatus plan_split_and(HyPlanner *p, HyExpr *predicate, HyConjuncts *out) HY_MUST_CHECK;
HyStatus plan_join_and(HyPlanner *p, const HyConjuncts *list, HyExpr **out) HY_MUST_CHECK;
/* Whether the predicate cannot be true when all of `columns` are null. */
bool plan_rejects_null(const HyExpr *predicate, const HyColumnSet *columns);
/* Whether the value is null when all of `columns` are. */
bool plan_is_surely_null(const HyExpr *expr, const HyColumnSet *columns);

/* ---- unnest.c, dependent.c ---- */
HyStatus plan_unnest(HyPlanner *p, HyAlg **slot) HY_MUST_CHECK;
/* VALUES as a union of maps over single rows, for rows with subqueries or correlation. */
HyStatus plan_expand_values(HyPlanner *p, HyAlg **slot) HY_MUST_CHECK;
/* Makes plain joins of a join whose right side uses columns of the left. `value` (or NULL): an
 * expression over columns of the right side whose value the caller wants, of a scalar subquery; it
 * is rewritten. */
HyStatus plan_join_dependent(HyPlanner *p, HyJoinKind kind, HyAlg *left, HyAlg *right,
    HyExpr *predicate, HyColumnId mark, HyExpr **value, HyAlg **out) HY_MUST_CHECK;

/* As plan_join_dependent when nothing simple applies: computes the right side for all values of the
 * left columns that it uses at once. *map says under which columns of the new right side these
 * values are. */
HyStatus plan_push_domain(HyPlanner *p, HyAlg *left, const HyColumnSet *columns, HyAlg **right,
    HyColumnMap *map) HY_MUST_CHECK;
/* What the aggregate gives without rows. */
HyStatus plan_empty_value(HyPlanner *p, const HyFuncCall *call, HyValue *out) HY_MUST_CHECK;

/* ---- pushdown.c, join_order.c ---- */
HyStatus plan_push_down(HyPlanner *p, HyAlg **slot) HY_MUST_CHECK;
/* Joins n relations under the conjuncts in the cheapest order found. */
HyStatus plan_order_joins(HyPlanner *p, HyAlg **relations, size_t n, const HyConjuncts *conjuncts,
    HyAlg **out) HY_MUST_CHECK;
HyStatus plan_add_filter(HyPlanner *p, const HyConjuncts *conjuncts, HyAlg **slot) HY_MUST_CHECK;

/* ---- estimate.c ---- */
/* Remembers where columns come from; called again after new columns have been made. */
HyStatus plan_note_stats(HyPlanner *p, HyAlg *root) HY_MUST_CHECK;
/* Sets estimated_rows of the whole tree. */
HyStatus plan_estimate(HyPlanner *p, HyAlg *alg) HY_MUST_CHECK;
/* An equality of two columns. */
bool plan_is_key(const HyExpr *e);
/* Fraction of rows that pass. */
double plan_selectivity(HyPlanner *p, const HyExpr *predicate);
/* Different values of a column in at most `rows` rows. */
double plan_distinct(HyPlanner *p, HyColumnId id, double rows);
/* Of the whole table that a column comes from: different values (its rows where these are unknown)
 * and rows; 0: it comes from no table. */
double plan_key_distinct(HyPlanner *p, HyColumnId id);
double plan_key_rows(HyPlanner *p, HyColumnId id);

/* ---- physical.c, prune.c ---- */
/* Join keys, build sides, top-k, predicates of scans. */
HyStatus plan_physical(HyPlanner *p, HyAlg **slot) HY_MUST_CHECK;
/* Sets columns[] and types[] of every operator, given what the root shall give, in order. */
HyStatus plan_prune(
    HyPlanner *p, HyAlg **slot, const HyColumnId *columns, size_t n_columns) HY_MUST_CHECK;

#endif
