/* The logical algebra: what the binder gives and the planner rewrites in place; with the planner's
 * choices filled in (build sides, keys, pushed predicates, estimates) the executor turns it into
 * pipelines.
 *
 * One struct for all operators: rewrites change kinds, and most fields are shared. Each field names
 * the kinds that use it. Everything lives in the statement's arena, except tables and relation
 * versions, which the statement's snapshot holds. */
#ifndef HY_SQL_ALGEBRA_H
#define HY_SQL_ALGEBRA_H

#include "sql/expr.h"

typedef struct HyTable HyTable;           /* catalog/table.h */
typedef struct HyCsvRejects HyCsvRejects; /* io/csv_rejects.h */

typedef enum HyAlgKind {
    HY_ALG_SCAN,      /* table: columns[] with table_columns[] */
    HY_ALG_VALUES,    /* constant rows; also SELECT without FROM: one row, no columns */
    HY_ALG_FUNCTION,  /* table function: call, exprs = arguments (ids unused). With inputs[0]
                         (lateral): called  for each input row, whose columns the arguments may use
                         and the result  repeats; is_outer: an input row without result gives one of
                         nulls */
    HY_ALG_EXTERNAL,  /* a file as a table: external */
    HY_ALG_CTE,       /* reads the shared result `cte` */
    HY_ALG_SYSTEM,    /* system relation: rows made by the catalog, system_id */
    HY_ALG_FILTER,    /* inputs[0], predicate */
    HY_ALG_MAP,       /* inputs[0] plus computed columns exprs[] (all input columns stay visible) */
    HY_ALG_JOIN,      /* inputs[0] x inputs[1], join_kind, predicate */
    HY_ALG_AGGREGATE, /* inputs[0], groups, grouping_sets, aggregates */
    HY_ALG_WINDOW,    /* inputs[0], windows with a common OVER clause */
    HY_ALG_SORT,      /* inputs[0], sort keys, limit/offset if any: top-k */
    HY_ALG_LIMIT,     /* inputs[0], limit, offset */
    HY_ALG_SETOP,     /* inputs[0], inputs[1]: set_kind; gives columns[] mapped from both */
    HY_ALG_RECURSIVE, /* inputs[0] start, inputs[1] step that reads HY_ALG_CTE of `cte` */
    HY_ALG_SINGLE_ROW, /* asserts at most one row: 21000 (scalar subqueries) */
    HY_ALG_INSERT,     /* inputs[0] rows; table; insert_columns; returning */
    HY_ALG_UPDATE,     /* inputs[0] gives row ids and new values; table */
    HY_ALG_DELETE,     /* inputs[0] gives row ids; table */
    HY_ALG_MERGE,      /* inputs[0] gives row ids, HyMergeActions, and whole rows; table */
    HY_ALG_COPY_TO     /* inputs[0] rows written to a file: external */
} HyAlgKind;

typedef enum HyJoinKind {
    HY_JOIN_INNER, /* predicate NULL: cross product */
    HY_JOIN_LEFT,
    HY_JOIN_RIGHT,
    HY_JOIN_FULL,
    HY_JOIN_SEMI,   /* left rows with a match */
    HY_JOIN_ANTI,   /* left rows without a match */
    HY_JOIN_MARK,   /* left rows plus boolean mark_column: OR, three-valued, over all right rows of
                       "keys   equal AND predicate". With a predicate, the keys are two-valued: they
                       only select   the candidates over which the predicate is three-valued. Without
                       one, there is   one key whose nulls count (x = ANY), or several of which the
                       caller only wants   to know whether the mark is true (EXISTS). No keys, no
                       predicate: any row at all */
    HY_JOIN_SINGLE, /* as LEFT, but 21000 when a left row has two matches */
    HY_JOIN_DEPENDENT /* inputs[1] uses columns of inputs[0] (LATERAL, correlated subqueries);
                         removed by unnesting; dependent_kind says which of the above it is
                         otherwise */
} HyJoinKind;

typedef enum HySetKind {
    HY_SET_UNION_ALL,
    HY_SET_UNION,
    HY_SET_INTERSECT,
    HY_SET_INTERSECT_ALL,
    HY_SET_EXCEPT,
    HY_SET_EXCEPT_ALL
} HySetKind;

typedef struct HySortKey {
    HyExpr *expr;
    bool is_descending;
    bool nulls_first;
} HySortKey;

typedef struct HyAggregateItem {
    HyColumnId id;
    HyFuncCall *call;
    HyExpr **args;  /* call->n_args */
    HyExpr *filter; /* FILTER (WHERE ..) or NULL */
    bool is_distinct;
    HySortKey *order; /* ORDER BY inside the call or WITHIN GROUP */
    size_t n_order;
} HyAggregateItem;

typedef enum HyFrameUnit { HY_FRAME_ROWS, HY_FRAME_RANGE, HY_FRAME_GROUPS } HyFrameUnit;
typedef enum HyFrameBound {
    HY_BOUND_UNBOUNDED_PRECEDING,
    HY_BOUND_PRECEDING, /* offset expression */
    HY_BOUND_CURRENT_ROW,
    HY_BOUND_FOLLOWING,
    HY_BOUND_UNBOUNDED_FOLLOWING
} HyFrameBound;
typedef enum HyFrameExclude {
    HY_EXCLUDE_NO_OTHERS,
    HY_EXCLUDE_CURRENT_ROW,
    HY_EXCLUDE_GROUP,
    HY_EXCLUDE_TIES
} HyFrameExclude;

typedef struct HyWindowItem {
    HyColumnId id;
    HyFuncCall *call; /* window function or aggregate */
    HyExpr **args;
    HyExpr *filter;
    bool is_distinct;
    HyFrameUnit unit;
    HyFrameBound start, end;
    HyExpr *start_offset, *end_offset; /* constants, or NULL */
    HyFrameExclude exclude;
} HyWindowItem;

/* A query result that several places read (WITH), or the working table of a recursion. */
typedef struct HyCte {
    const char *name;
    uint32_t id;         /* unique in the statement */
    HyAlg *query;        /* NULL for the working table of a recursion */
    HyColumnId *columns; /* ids that `query` gives, in order */
    HyType *types;
    size_t n_columns;
    uint32_t n_references;
} HyCte;

/* What becomes of a row in HY_ALG_MERGE. */
typedef enum HyMergeAction {
    HY_MERGE_NOTHING, /* does not reach the operator */
    HY_MERGE_UPDATE,
    HY_MERGE_DELETE,
    HY_MERGE_INSERT,
    HY_MERGE_TWICE /* 21000: a row proposed by ON CONFLICT DO UPDATE meets another of them */
} HyMergeAction;

/* A file read or written as rows: COPY, external(..). */
typedef enum HyExternalFormat {
    HY_FORMAT_CSV,
    HY_FORMAT_TEXT,
    HY_FORMAT_PARQUET,
    HY_FORMAT_ARROW_FILE,
    HY_FORMAT_ARROW_STREAM,
    HY_FORMAT_HYPER_BINARY
} HyExternalFormat;

typedef struct HyExternal {
    HyExternalFormat format;
    const char **paths; /* absolute or relative to the process; "-" is the client's stream */
    size_t n_paths;
    char delimiter;
    char quote;  /* 0: none */
    char escape; /* 0: same as quote */
    bool has_header;
    bool is_sniffed; /* the columns were found in a sample of the file */
    const char *null_text;
    const char *encoding;       /* "utf-8", "latin-1", "utf-16", any name that iconv knows */
    bool sanitize;              /* bad UTF-8 becomes U+FFFD instead of 22021 */
    bool null_on_cast_failure;  /* ON_CAST_FAILURE 'set_null' */
    bool *force_null;           /* per column, or NULL */
    bool *force_not_null;       /* per column, or NULL */
    bool skip_bad_rows;         /* on_error => 'skip' */
    int64_t reject_limit;       /* -1: none */
    const char *rejects_table;  /* gets the rows left out; or NULL */
    HyCsvRejects *rejects;      /* while a statement with such a table runs; the session's */
    bool pad_with_nulls;        /* null_padding: short records are taken */
    bool ignore_extra_fields;   /* ignore_extra_columns: long ones too */
    const char *compression;    /* NULL: by extension; "gzip", "none" */
    const char *codec;          /* of a Parquet file that is written; NULL: snappy */
    int64_t rows_per_row_group; /* likewise; 0: default */
    const char **column_names;
    HyType *column_types; /* all columns of the file, in order */
    size_t n_columns;
} HyExternal;

/* A predicate that the scan tests on encoded chunks before it decodes anything. */
typedef struct HyScanPredicate {
    uint32_t table_column;
    enum { HY_SCAN_COMPARE, HY_SCAN_IN, HY_SCAN_IS_NULL, HY_SCAN_IS_NOT_NULL } kind;
    HyCompareOp op;
    HyValue
        *values; /* COMPARE: one, of the column's type; IN: n_values, sorted, distinct, not null */
    size_t n_values;
} HyScanPredicate;

struct HyAlg {
    HyAlgKind kind;
    HyAlg *inputs[2];
    size_t n_inputs;

    /* The columns that this operator gives to the one above, in order. Set by the binder for
     * leaves, SETOP, CTE and the root; by the planner's column pruning for all others. */
    HyColumnId *columns;
    HyType *types;
    size_t n_columns;

    /* SCAN, INSERT, UPDATE, DELETE */
    HyTable *table;          /* referenced by the statement */
    uint32_t *table_columns; /* SCAN: attribute number of columns[i]; HY_ROW_ID_COLUMN for the row
                                id (int8, a hidden column that UPDATE, DELETE and ctid use) */
    HyScanPredicate *scan_predicates; /* SCAN: conjunction, pushed down by the planner */
    size_t n_scan_predicates;
    uint32_t
        *insert_columns; /* INSERT, UPDATE: attribute that inputs[0]'s i-th column fills (for UPDATE
                            inputs[0]'s first column is the row id, the rest follow this list) */
    size_t n_insert_columns;

    /* VALUES */
    HyExpr ***rows; /* rows[r][c] */
    size_t n_rows;

    /* FILTER, JOIN */
    HyExpr *predicate;
    /* JOIN */
    HyJoinKind join_kind;
    HyJoinKind dependent_kind; /* of HY_JOIN_DEPENDENT */
    HyColumnId mark_column;
    HyExpr **left_keys,
        **right_keys;      /* planner: equi-join keys of one type each; predicate keeps the rest */
    bool *keys_null_equal; /* IS NOT DISTINCT FROM keys (unnesting, set operations) */
    size_t n_keys;
    bool build_left; /* planner: hash table over inputs[0] instead of inputs[1] */

    /* MAP, RETURNING, FUNCTION arguments */
    HyNamedExpr *exprs;
    size_t n_exprs;

    /* AGGREGATE */
    HyNamedExpr *groups; /* all grouping expressions; ids are visible above */
    size_t n_groups;
    uint64_t
        *grouping_sets; /* bit i: groups[i] is in the set; n_grouping_sets = 0: one set of all */
    size_t n_grouping_sets;
    HyColumnId
        grouping_id; /* 0, or an int8 column with the mask of groups NOT in the set: GROUPING() */
    HyAggregateItem *aggregates;
    size_t n_aggregates;

    /* WINDOW */
    HyExpr **partition_by;
    size_t n_partition_by;
    HyWindowItem *windows;
    size_t n_windows;
    uint32_t partition_limit; /* rows wanted of each partition, chosen by the planner; 0: all */

    /* WINDOW (ORDER BY), SORT */
    HySortKey *sort;
    size_t n_sort;

    /* SORT, LIMIT: -1 none */
    int64_t limit;
    int64_t offset;
    bool with_ties;

    /* SETOP: columns[i] comes from left_columns[i] and right_columns[i], which have its type */
    HySetKind set_kind;
    HyColumnId *left_columns, *right_columns;

    /* CTE, RECURSIVE */
    HyCte *cte;
    bool recursive_distinct; /* UNION instead of UNION ALL */

    /* FUNCTION */
    HyFuncCall *call;
    HyColumnId *function_columns; /* ids of call->columns, in order; columns[] is a selection of
                                     them, the ordinality and inputs[0]'s columns */
    HyColumnId ordinality;        /* int8, from 1 for each call; 0: none */
    bool is_outer;

    /* EXTERNAL, COPY_TO */
    HyExternal *external;
    uint32_t *external_columns; /* EXTERNAL: field of columns[i] */

    /* SYSTEM */
    int system_id;               /* catalog/system_relations.h */
    const char *system_database; /* alias, or NULL */

    /* INSERT, UPDATE, DELETE: RETURNING list over the affected rows' columns */
    bool has_returning;
    HyColumnId *returning_inputs; /* ids under which the table's attributes are seen by exprs */

    /* Planner */
    double estimated_rows;
    double estimated_cost;
    /* Executor, for EXPLAIN ANALYZE */
    uint64_t actual_rows;
    uint64_t actual_us;
    uint64_t spilled_bytes; /* written to temporary files */
    uint64_t memory_bytes;  /* of the rows or groups that it kept; 0: it keeps none */
    uint64_t blocks_total;  /* SCAN */
    uint64_t blocks_read;   /* of them: those of which rows were tested or read */
    uint64_t key_filtered;  /* SCAN: rows that no join above can need */
    uint64_t bar_filtered;  /* SCAN: rows beyond what the sort above wants */
};

#define HY_ROW_ID_COLUMN UINT32_MAX

/* A bound statement that reads or changes rows. */
typedef struct HyBoundQuery {
    HyAlg *root;
    const char **column_names; /* of the result; NULL when there are no rows to give */
    HyColumnId *column_ids;    /* result columns: may repeat an id */
    HyType *column_types;
    size_t n_columns;
    HyCte **ctes; /* every shared query of the statement, inner ones first */
    size_t n_ctes;
    HyColumnId next_column_id;    /* ids from here on are free for the planner */
    const char **column_id_names; /* by id, for EXPLAIN and messages; may be NULL */
    size_t n_column_id_names;
    HyType *param_types; /* $1.. as inferred */
    size_t n_params;
} HyBoundQuery;

HyStatus hy_alg_new(HyArena *arena, HyAlgKind kind, HyAlg **out) HY_MUST_CHECK;
HyStatus hy_alg_unary(HyArena *arena, HyAlgKind kind, HyAlg *input, HyAlg **out) HY_MUST_CHECK;
HyStatus hy_alg_join(HyArena *arena, HyJoinKind kind, HyAlg *left, HyAlg *right, HyExpr *predicate,
    HyAlg **out) HY_MUST_CHECK;
/* Calls visit for every expression slot that the operator itself holds (not its inputs'), so that
 * it can be replaced. */
HyStatus hy_alg_each_expr(
    HyAlg *alg, HyStatus (*visit)(void *ctx, HyExpr **slot), void *ctx) HY_MUST_CHECK;

#endif
