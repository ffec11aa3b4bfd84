/* Bound expressions: names, types and casts are settled. Made by the binder, rewritten by the
 * planner, compiled by the executor. Trees live in the statement's arena; nodes are shared only if
 * unchanged.
 *
 * Every column that exists anywhere in a statement has a number of its own (HyColumnId): a table
 * column of one scan, a computed value, an aggregate's result. Expressions name columns by that
 * number, so rewrites move operators around without renumbering, and a subquery is correlated
 * exactly when it uses a column that it does not produce ("information units", Neumann & Moerkotte;
 * Neumann & Kemper 2015). */
#ifndef HY_SQL_EXPR_H
#define HY_SQL_EXPR_H

#include "func/function.h"
#include "types/compare.h"
#include "types/value.h"

typedef uint32_t HyColumnId; /* 0 is none */

typedef enum HyExprKind {
    HY_EXPR_CONST,    /* value */
    HY_EXPR_COLUMN,   /* column */
    HY_EXPR_PARAM,    /* param_index; replaced by a constant before planning */
    HY_EXPR_CALL,     /* call, args */
    HY_EXPR_CAST,     /* args[0] -> type; is_try */
    HY_EXPR_COMPARE,  /* args[0] op args[1], both of one type */
    HY_EXPR_DISTINCT, /* args[0] IS [NOT] DISTINCT FROM args[1]; negated = NOT */
    HY_EXPR_AND,      /* args[0..n), three-valued */
    HY_EXPR_OR,
    HY_EXPR_NOT,
    HY_EXPR_IS_NULL,   /* negated: IS NOT NULL; never null itself */
    HY_EXPR_IS_TRUE,   /* truth: IS [NOT] TRUE / FALSE / UNKNOWN, by is_value and negated */
    HY_EXPR_CASE,      /* args: when, then, when, then, .., [else]; evaluated lazily */
    HY_EXPR_COALESCE,  /* args; evaluated lazily */
    HY_EXPR_IN_LIST,   /* args[0] IN (args[1..n)), all of one type; negated */
    HY_EXPR_ARRAY,     /* array constructor: args of one type */
    HY_EXPR_SUBQUERY,  /* subquery, see HySubqueryKind; removed by unnesting before execution */
    HY_EXPR_AGGREGATE, /* only inside the binder; becomes a column of a HY_ALG_AGGREGATE */
    HY_EXPR_WINDOW,    /* only inside the binder; becomes a column of a HY_ALG_WINDOW */
    HY_EXPR_LAMBDA     /* argument of array_transform / array_filter: args[0] over lambda_column */
} HyExprKind;

typedef enum HySubqueryKind {
    HY_SUBQUERY_SCALAR, /* one value; null without row; 21000 with more than one row */
    HY_SUBQUERY_EXISTS,
    HY_SUBQUERY_ANY,  /* args[0] op ANY (subquery); IN is = ANY */
    HY_SUBQUERY_ALL,  /* args[0] op ALL (subquery); NOT IN is <> ALL */
    HY_SUBQUERY_ARRAY /* ARRAY(subquery) */
} HySubqueryKind;

typedef enum HyTruth { HY_TRUTH_FALSE, HY_TRUTH_TRUE, HY_TRUTH_UNKNOWN } HyTruth;

typedef struct HyAlg HyAlg; /* sql/algebra.h */
typedef struct HyExpr HyExpr;
struct HyExpr {
    HyExprKind kind;
    HyType type;      /* of the result, nullability included */
    int32_t position; /* byte offset in the SQL text, -1: none */
    HyExpr **args;
    size_t n_args;
    bool negated;
    bool is_try;
    HyCompareOp op;       /* COMPARE, SUBQUERY ANY/ALL */
    HyTruth truth;        /* IS_TRUE */
    HyColumnId column;    /* COLUMN; LAMBDA: the bound variable */
    uint32_t param_index; /* PARAM: 1-based */
    HyValue value;        /* CONST */
    bool is_cast;         /* CONST that was written as a cast: does not adapt, counts no digits */
    HyFuncCall *call;     /* CALL, AGGREGATE, WINDOW */
    HySubqueryKind subquery_kind;
    HyAlg *subquery; /* SUBQUERY: gives one column (EXISTS: any) */
};

/* An expression with the column number under which its value is known from here on. */
typedef struct HyNamedExpr {
    HyColumnId id;
    HyExpr *expr;
} HyNamedExpr;

HyStatus hy_expr_new(HyArena *arena, HyExprKind kind, HyType type, int32_t position, size_t n_args,
    HyExpr **out) HY_MUST_CHECK;
HyStatus hy_expr_column(HyArena *arena, HyColumnId column, HyType type, HyExpr **out) HY_MUST_CHECK;
HyStatus hy_expr_const(HyArena *arena, const HyValue *value, HyExpr **out) HY_MUST_CHECK;
/* expr itself when its type is already `to`; folds constants (errors of folding keep the position).
 */
HyStatus hy_expr_cast(
    HyArena *arena, const HyTextStyle *style, HyExpr *expr, HyType to, HyExpr **out) HY_MUST_CHECK;

HyStatus hy_expr_bool(HyArena *arena, bool value, HyExpr **out) HY_MUST_CHECK;
/* a AND b, flat; either may be NULL (absent). */
HyStatus hy_expr_and(HyArena *arena, HyExpr *a, HyExpr *b, HyExpr **out) HY_MUST_CHECK;
HyStatus hy_expr_not(HyArena *arena, HyExpr *arg, HyExpr **out) HY_MUST_CHECK;
/* left op right, which have one type already. */
HyStatus hy_expr_compare(
    HyArena *arena, HyCompareOp op, HyExpr *left, HyExpr *right, HyExpr **out) HY_MUST_CHECK;
/* A copy of the node alone, with an argument list of its own. */
HyStatus hy_expr_copy(HyArena *arena, const HyExpr *expr, HyExpr **out) HY_MUST_CHECK;
bool hy_expr_is_null_const(const HyExpr *expr);
bool hy_expr_is_bool_const(const HyExpr *expr, bool value);

/* Replaces parts of a tree, parents first: rewrite(ctx, slot, &descend) may set *slot to another
 * node and clear descend to leave its arguments alone. Changed nodes are copied, so shared trees
 * stay as they were. Does not enter subqueries' algebra. */
typedef HyStatus (*HyExprRewrite)(void *ctx, HyExpr **slot, bool *descend);
HyStatus hy_expr_rewrite(
    HyArena *arena, HyExpr **slot, HyExprRewrite rewrite, void *ctx) HY_MUST_CHECK;

/* Calls visit(ctx, node) for every node of the tree, parents first, until it returns false; does
 * not enter subqueries' algebra. Returns false when stopped. */
bool hy_expr_walk(const HyExpr *expr, bool (*visit)(void *ctx, const HyExpr *node), void *ctx);
/* Structural equality: same result on the same row, for immutable and stable functions. */
bool hy_expr_equal(const HyExpr *a, const HyExpr *b);
bool hy_expr_is_volatile(const HyExpr *expr);
/* Appends a readable text for EXPLAIN and messages; columns print as name from `names` or #id. */
HyStatus hy_expr_format(
    const HyExpr *expr, const char *const *names, size_t n_names, HyBuffer *out) HY_MUST_CHECK;

#endif
