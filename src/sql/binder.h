/* From syntax to meaning: resolves names, types and casts of a statement and gives its logical
 * algebra.
 *
 * The binder reads the catalog only through HyNameResolver, which the session implements by its
 * search path, temporary tables and snapshot. Everything it makes lives in the statement's arena;
 * tables are borrowed from the resolver and must live as long as the bound statement. One thread at
 * a time.
 *
 * Every error carries the position that the genuine server points at (byte offset in the
 * statement). */
#ifndef HY_SQL_BINDER_H
#define HY_SQL_BINDER_H

#include "func/function.h"
#include "sql/algebra.h"
#include "sql/ast.h"

typedef enum HyRelationKind {
    HY_RELATION_NONE,    /* there is none of that name */
    HY_RELATION_TABLE,   /* table */
    HY_RELATION_SYSTEM,  /* system_id, database */
    HY_RELATION_EXTERNAL /* a temporary external table: external */
} HyRelationKind;

/* What a name in FROM stands for. */
typedef struct HyRelationRef {
    HyRelationKind kind;
    HyTable *table;
    int system_id;                   /* catalog/system_relations.h */
    const char *const *column_names; /* SYSTEM: all its columns */
    const HyType *column_types;
    size_t n_columns;
    HyExternal *external; /* with column_names and column_types */
    const char
        *database; /* canonical alias under which it was found; lives as long as the statement */
    const char *schema; /* canonical schema, likewise */
    const char *name;   /* likewise */
} HyRelationRef;

/* The session's view of the catalog. `db` and `schema` are NULL when not written. */
typedef struct HyNameResolver {
    void *ctx;
    /* Finds a relation. HY_RELATION_NONE (zeroed *out) when only the last part is unknown: the
     * binder words that error. Errors: 3F000 `schema "s" does not exist` and the like, without
     * position. */
    HyStatus (*relation)(
        void *ctx, const char *db, const char *schema, const char *name, HyRelationRef *out);
    /* The index-th relation name that `relation` would find without prefix, or NULL behind the
     * last: for "did you mean". May be NULL. */
    const char *(*relation_name)(void *ctx, size_t index);
    /* Fills external->column_names, column_types, n_columns from the file (Parquet, iceberg). May
     * be NULL: then such formats need COLUMNS. Memory from `arena`. */
    HyStatus (*infer_external)(void *ctx, HyArena *arena, HyExternal *external);
} HyNameResolver;

typedef struct HyBindContext {
    HyArena *arena;                 /* of the statement */
    const HyTextStyle *style;       /* for literals and casts of constants */
    const HyNameResolver *resolver; /* NULL: no relations are known */
    HyFuncEnv *env; /* for folding: settings, statement time; NULL: only what needs none */
    /* Parameters. n_params: how many $n are allowed (statement.n_parameters in PREPARE and the
     * extended protocol, else 0). param_types: declared types, HY_TYPE_UNKNOWN to be inferred; may
     * be NULL (all inferred). param_values: NULL while preparing; on execution one value per
     * parameter, of the types that preparing inferred: they replace the parameters. */
    size_t n_params;
    const HyType *param_types;
    const HyValue *param_values;
} HyBindContext;

/* Binds SELECT, VALUES, TABLE, INSERT, UPDATE, DELETE and COPY (either way). `sql` is the
 * statement's text, to which the positions belong. out->root is unplanned. Errors: see above; 55000
 * for MERGE. */
HyStatus hy_bind_statement(
    const HyBindContext *ctx, const HyAstStmt *stmt, HyBoundQuery **out) HY_MUST_CHECK;
HyStatus hy_bind_query(
    const HyBindContext *ctx, const HyAstQuery *query, HyBoundQuery **out) HY_MUST_CHECK;

/* CREATE TABLE .. AS: the query with the column names and types that the table gets (a list of
 * names in the statement replaces the query's, unknown becomes text, doubles are 42701). The caller
 * creates the table, then turns the query into its loading with hy_bound_query_insert_into. */
HyStatus hy_bind_create_table_as(
    const HyBindContext *ctx, const HyAstCreateTable *create, HyBoundQuery **out) HY_MUST_CHECK;
/* Wraps the query's root into HY_ALG_INSERT for all columns of the table, in order. */
HyStatus hy_bound_query_insert_into(
    const HyBindContext *ctx, HyBoundQuery *query, HyTable *table) HY_MUST_CHECK;

/* A type as written, with an optional COLLATE (parts.n == 0: none; else only on text types).
 * Nullable. Errors: 42704 `type "x" does not exist`, 0A000, 22023, with position. */
HyStatus hy_bind_type(const HyBindContext *ctx, const HyAstType *type, const HyAstQName *collation,
    HyType *out) HY_MUST_CHECK;

/* A DEFAULT expression: no columns (42703), subqueries, aggregates (42601). Checks it only; the
 * cast to the column's type is made where it is used. */
HyStatus hy_bind_default(
    const HyBindContext *ctx, const HyAstExpr *expr, HyExpr **out) HY_MUST_CHECK;
/* Parses and binds the text of a stored default and casts it to `type`. Positions are dropped. */
HyStatus hy_bind_default_text(
    const HyBindContext *ctx, const char *text, HyType type, HyExpr **out) HY_MUST_CHECK;

/* The value of an expression without columns: settings, EXECUTE arguments, CALL. When `type` is not
 * NULL the value is cast to it as by assignment. */
HyStatus hy_bind_constant(const HyBindContext *ctx, const HyAstExpr *expr, const HyType *type,
    HyValue *out) HY_MUST_CHECK;

/* Location and options of COPY, external(..) and CREATE EXTERNAL TABLE. columns (or NULL, 0) are
 * given column definitions: names and types, e.g. of the table that is loaded. is_written: COPY TO,
 * which takes further options. */
HyStatus hy_bind_external(const HyBindContext *ctx, bool is_written, const HyAstExpr *location,
    const HyAstOptionList *options, const char *const *column_names, const HyType *column_types,
    size_t n_columns, HyExternal **out) HY_MUST_CHECK;

/* ---- For the planner and the session: constants and folding ---- */

/* Computes an expression without columns, parameters and subqueries. Errors are those of the
 * kernels. */
HyStatus hy_expr_evaluate(
    HyFuncEnv *env, HyArena *arena, const HyExpr *expr, HyValue *out) HY_MUST_CHECK;

/* Whether hy_expr_evaluate can compute it: no columns, parameters, subqueries, lambdas, and no
 * function that is more volatile than `most`. */
bool hy_expr_is_foldable(const HyExpr *expr, HyVolatility most);

#endif
