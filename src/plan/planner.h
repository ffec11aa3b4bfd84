/* The planner rewrites the algebra of a bound statement in place until the executor can run it: no
 * subqueries and dependent joins are left, predicates stand where they cost least, joins are
 * ordered and have their keys and build sides, and every operator says in columns[] and types[]
 * what it gives. */
#ifndef HY_PLAN_PLANNER_H
#define HY_PLAN_PLANNER_H

#include "sql/algebra.h"

typedef struct HyTransaction HyTransaction; /* catalog/transaction.h */

typedef struct HyPlanContext {
    HyArena *arena; /* of the statement */
    const HyTextStyle *style;
    HyFuncEnv *env; /* for folding constants */
    HyTransaction
        *transaction; /* whose versions are counted for estimates; NULL: the committed ones */
} HyPlanContext;

/* Errors: 0A000 for the few correlations that are not supported; 53200. A failed statement must not
 * be planned or run again. */
HyStatus hy_plan(HyBoundQuery *query, const HyPlanContext *ctx) HY_MUST_CHECK;

#endif
