/* The registry of scalar functions and operators, aggregates, window and table functions: one entry
 * per name with its documentation line, a resolver that types a call, and the kernels that compute
 * it.
 *
 * Operators are functions under their symbol ("+", "||", "~~", "->>"); unary ones are called with
 * one argument. Comparisons, AND/OR/NOT, CASE, COALESCE, NULLIF, IN, IS NULL and casts are
 * expression nodes of their own (sql/expr.h), since they steer evaluation. */
#ifndef HY_FUNC_FUNCTION_H
#define HY_FUNC_FUNCTION_H

#include "base/cancel.h"
#include "base/memory.h"
#include "types/cast.h"
#include "types/rowset.h"
#include "types/value.h"
#include "types/vector.h"

typedef enum HyFuncKind {
    HY_FUNC_SCALAR,
    HY_FUNC_AGGREGATE,
    HY_FUNC_WINDOW, /* only with OVER: row_number, lag .. (aggregates may take OVER as well) */
    HY_FUNC_TABLE   /* set-returning: generate_series, unnest .. */
} HyFuncKind;

typedef enum HyVolatility {
    HY_IMMUTABLE, /* folded when all arguments are constants */
    HY_STABLE,    /* one value per statement: now(), current settings */
    HY_VOLATILE   /* random() */
} HyVolatility;

/* What functions about the session itself ask of it. Any thread, unless it says otherwise. */
typedef struct HySessionQuestions {
    /* The index-th schema that unqualified names are looked up in ("pg_temp", "public"), or NULL
     * behind the last. */
    const char *(*search_schema)(void *session, size_t index);
    bool (*has_database)(void *session, const char *alias);
    /* The alias of the database in which a schema of this name is found, and database and schema of
     * a table; in the arena or constant, NULL when there is none. */
    HyStatus (*database_of_schema)(
        void *session, const char *schema, HyArena *arena, const char **alias);
    HyStatus (*place_of_table)(
        void *session, const char *table, HyArena *arena, const char **alias, const char **schema);
    /* Whether the relation of that number is found by its bare name. */
    bool (*is_visible)(void *session, uint32_t relation_oid);
    /* The definition of a key as SQL, in the arena; NULL when there is none. part: -1 the key by
     * the number of its constraint, 0 its index by its own number, n the index's n-th column. */
    HyStatus (*define_key)(
        void *session, uint32_t oid, int64_t part, HyArena *arena, const char **out);
    /* SET. Errors: 42601, 22023 and what else SET gives. Only by a function that is called once. */
    HyStatus (*set_setting)(void *session, const char *name, const char *value);
} HySessionQuestions;

/* What a kernel may ask of the running statement. One per worker thread. */
typedef struct HyFuncEnv {
    HyArena *arena; /* memory of the batch: results and their string bytes go here */
    const HyTextStyle *style;
    const HyCancel *cancel;
    HyMemory *memory;
    uint64_t statement_time; /* Julian microseconds UTC: now() of the transaction */
    const char *database_name;
    /* Reads a session setting; NULL when there is none of that name. Any thread. */
    const char *(*setting)(void *session, const char *name);
    void *session;
    const HySessionQuestions *questions; /* NULL outside of a session */
    uint64_t start_time;                 /* of the instance, as statement_time */
    uint64_t random_state[2];
} HyFuncEnv;

typedef struct HyFuncCall HyFuncCall;

/* Computes n rows. args[i] are flat, constant or dictionary vectors of the types that the resolver
 * asked for. *out: `type` and, for strict functions, `validity` (the AND of the arguments'
 * validity, or NULL) are set on entry and kind is flat; data is allocated (n values, uninitialised)
 * for fixed-width results and string views alike. The kernel writes data[0..n), payloads of rows
 * that are null on entry excepted (it may write any valid value there, but must not fail because of
 * them), and may clear further validity bits (hy_vector_need_validity first). A non-strict kernel
 * sets validity itself. The evaluator has dealt with "all arguments constant" (n = 1) and, for
 * functions without side effects, with dictionary arguments (evaluated once per distinct value), so
 * kernels need not. */
typedef HyStatus (*HyScalarKernel)(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out);

/* State of one group: state_size zeroed bytes. The executor keeps the states of all groups of one
 * aggregate in one array; row i belongs to states[groups[i] * state_size]. Rows with a null
 * argument are skipped by the kernel itself (they know whether nulls count). */
typedef struct HyAggregate {
    size_t state_size; /* multiple of 8 */
    /* Adds n rows. groups == NULL: all rows go to group 0 (ungrouped; write a tight loop for it).
     * `heap` is for memory that states need beyond themselves (strings, lists); it lives as long as
     * the states. */
    HyStatus (*update)(HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n,
        const uint32_t *groups, void *states, HyArena *heap);
    /* Adds the state of another worker into ours. The other heap lives on: pointers may be taken
     * over. */
    HyStatus (*combine)(
        HyFuncEnv *env, const HyFuncCall *call, void *into, const void *from, HyArena *heap);
    /* Results of n states that lie state_size apart; out as for a non-strict kernel. */
    HyStatus (*finalize)(
        HyFuncEnv *env, const HyFuncCall *call, void *states, size_t n, HyVector *out);
    /* Or NULL. For sliding window frames: takes rows out again. */
    HyStatus (*remove)(HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n,
        void *state, HyArena *heap);
    /* The executor must feed this aggregate rows in the order of its ORDER BY / WITHIN GROUP
     * (string_agg, array_agg with ORDER BY, percentile_*, mode): `ordered` aggregates get sorted
     * input per group. */
    bool is_ordered_set;     /* requires WITHIN GROUP (ORDER BY ..) */
    bool takes_any_order;    /* is_ordered_set, but ranks the values itself */
    bool takes_within_group; /* may have it: the same as ORDER BY in the parentheses */
    bool is_of_extremes;     /* smallest and largest argument alone decide the result: min, max */
    bool ignores_distinct;   /* min, max, bool_and ..: DISTINCT changes nothing */
} HyAggregate;

/* Table function: fills batches until it gives none. */
typedef struct HyTableFunction {
    /* Called once per argument row (arguments are constants, or outer columns under LATERAL).
     * Appends the rows to `out`, whose types are call->columns. */
    HyStatus (*run)(HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out);
} HyTableFunction;

/* The kernels of window-only functions live in exec/window (they need partitions and peers); the
 * registry names, types and documents them. */
typedef enum HyWindowFunction {
    HY_WIN_NONE,
    HY_WIN_ROW_NUMBER,
    HY_WIN_RANK,
    HY_WIN_DENSE_RANK,
    HY_WIN_MODIFIED_RANK,
    HY_WIN_PERCENT_RANK,
    HY_WIN_CUME_DIST,
    HY_WIN_NTILE,
    HY_WIN_LAG,
    HY_WIN_LEAD,
    HY_WIN_FIRST_VALUE,
    HY_WIN_LAST_VALUE,
    HY_WIN_NTH_VALUE
} HyWindowFunction;

typedef struct HyFunc HyFunc;

/* A resolved call. Made by hy_func_resolve, kept in the expression tree; immutable while it runs.
 */
struct HyFuncCall {
    const HyFunc *func;
    size_t n_args;
    HyType *arg_types; /* in: types of the arguments; out: types to which the binder casts them */
    const HyValue *
        *consts;    /* per argument the folded constant, or NULL: for resolvers that need one (unit
                       of date_trunc, pattern of a regular expression, scale of round) */
    HyType result;  /* nullability included */
    bool is_strict; /* a null argument gives null; the evaluator skips the kernel's null rows */
    bool can_fail;  /* may raise an error on some values: not evaluated speculatively */
    HyScalarKernel kernel;
    const HyAggregate *aggregate;
    const HyTableFunction *table;
    HyWindowFunction window;
    const void *bind_data; /* made by the resolver in the statement's arena (compiled pattern ..) */
    /* Table functions: the columns they give. */
    size_t n_columns;
    HyType *columns;
    const char **column_names;
    /* Aggregates: the call carries DISTINCT / ORDER BY, checked by the resolver. */
    bool is_distinct;
    bool has_order_by;
    bool keeps_nulls;  /* json_arrayagg(.. NULL ON NULL) */
    HyType order_type; /* WITHIN GROUP: type of the sort expression */
    bool order_is_descending;
    HyArena *arena; /* of the statement: for bind_data */
    const HyTextStyle *style;
};

/* Types a call: checks count and types of call->arg_types, sets arg_types, result, kernels,
 * bind_data. Errors as the genuine server words them (42883, 42601, 22023 ..). */
typedef HyStatus (*HyFuncResolve)(HyFuncCall *call);

struct HyFunc {
    const char *name;
    HyFuncKind kind;
    HyVolatility volatility;
    uint8_t min_args;
    uint8_t max_args; /* 255: any number */
    HyFuncResolve resolve;
    const void *data;      /* for resolvers that serve several functions */
    const char *signature; /* for the docs: "left(string text, n integer) -> text" */
    const char *doc;       /* one sentence */
};

/* The function of a name and kind, or NULL. Names are lower case. */
const HyFunc *hy_func_find(const char *name, HyFuncKind kind);
/* All functions, ordered by name then kind: for pg_proc, docs, completion. */
size_t hy_func_count(void);
const HyFunc *hy_func_at(size_t index);
/* The name of the family (func/families.h) that a function of the registry is defined in. */
const char *hy_func_family(const HyFunc *func);

/* Fills *call for a call of `name` with the given argument types (call->n_args, arg_types, consts,
 * arena, style and aggregate flags are set by the caller). Errors: 42883 `function "x" does not
 * exist` with the nearest name as hint; `wrong number of arguments when calling "x"; expected: 1,
 * received: 0`. */
HyStatus hy_func_resolve(const char *name, HyFuncKind kind, HyFuncCall *call) HY_MUST_CHECK;

#endif
