/* A planned statement as text, for EXPLAIN: one line per operator, the root first, inputs indented
 * below it. */
#ifndef HY_PLAN_EXPLAIN_H
#define HY_PLAN_EXPLAIN_H

#include "sql/algebra.h"

typedef struct HyExplainOptions {
    bool costs;   /* estimated rows and cost */
    bool analyze; /* rows and times of the run (the executor has filled them in) */
    bool verbose; /* the columns that each operator gives */
} HyExplainOptions;

/* Appends lines, each ended by '\n'. Call it after hy_plan. */
HyStatus hy_explain_text(
    const HyBoundQuery *query, const HyExplainOptions *options, HyBuffer *out) HY_MUST_CHECK;
/* The same tree as one JSON object. */
HyStatus hy_explain_json(
    const HyBoundQuery *query, const HyExplainOptions *options, HyBuffer *out) HY_MUST_CHECK;

#endif
