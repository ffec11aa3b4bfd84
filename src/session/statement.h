/* One statement while it runs: its arena, the tables it holds, the functions' environment, the
 * transaction it works in. Shared by the files of this layer that carry out statements. */
#ifndef HY_SESSION_STATEMENT_H
#define HY_SESSION_STATEMENT_H

#include "session/session.h"
#include "sql/binder.h"

typedef struct HyStatement {
    HySession *session;
    HyArena *arena;
    const char *sql;
    size_t sql_len;
    HyFuncEnv env;
    HyNameResolver resolver;
    HyBindContext bind;
    HyTable **tables; /* every table that the resolver gave: one reference each */
    size_t n_tables;
    size_t tables_room;
    const char **near_names; /* for "did you mean", filled at first use */
    size_t n_near_names;
    bool has_near_names;
    HyTransaction *transaction; /* the session's, or the statement's own in autocommit */
    bool owns_transaction;
} HyStatement;

HyStatus hy_statement_open(
    HySession *session, const char *sql, size_t len, HyStatement *out) HY_MUST_CHECK;
/* Ends it: an own transaction that is still open is rolled back. */
void hy_statement_close(HyStatement *statement);

/* The transaction to read and write in; begins one when none is open. */
HyStatus hy_statement_transaction(HyStatement *statement) HY_MUST_CHECK;
/* Commits an own transaction; changes of an explicit one wait for COMMIT. */
HyStatus hy_statement_commit(HyStatement *statement) HY_MUST_CHECK;

/* Plans and runs a bound query, with its rows (if it has any) going to the result. `verb` makes the
 * tag: "SELECT" and "INSERT 0" are followed by the count. */
HyStatus hy_statement_run(
    HyStatement *statement, HyBoundQuery *query, HyResult *result, const char *verb) HY_MUST_CHECK;

/* Only the plan; a plan is not run twice. */
HyStatus hy_statement_plan(HyStatement *statement, HyBoundQuery *query) HY_MUST_CHECK;
/* Plans and runs, throws the rows away and notes in the plan what happened: EXPLAIN ANALYZE. */
HyStatus hy_statement_analyze(HyStatement *statement, HyBoundQuery *query) HY_MUST_CHECK;

/* Carries out any statement: session/execute.c. */
HyStatus hy_statement_execute(
    HyStatement *statement, const HyAstStmt *stmt, HyResult *result) HY_MUST_CHECK;

/* ---- Names: session/resolver.c ---- */

void hy_statement_init_resolver(HyStatement *statement);
/* The database and schema that a DDL name stands for; temporary: pg_temp. `parts` are those before
 * the object's own name (0..2). Errors: 3D000, 3F000. */
HyStatus hy_statement_place(HyStatement *statement, const HyAstName *parts, size_t n_parts,
    bool is_temporary, HyDatabase **database, const char **schema) HY_MUST_CHECK;
/* A table for DDL, TRUNCATE, COPY; *out is borrowed from the statement. NULL with missing_ok, else
 * 42P01. Errors: 42804 system and external relations. */
HyStatus hy_statement_find_table(
    HyStatement *statement, const HyAstQName *name, bool missing_ok, HyTable **out) HY_MUST_CHECK;

/* ---- DDL: session/ddl_*.c ---- */

/* 0A000 inside a transaction that has changed rows: DDL takes effect at once, which would leave
 * them behind. */
HyStatus hy_statement_check_ddl(const HyStatement *statement) HY_MUST_CHECK;

HyStatus hy_execute_create_table(
    HyStatement *statement, const HyAstCreateTable *create, HyResult *result) HY_MUST_CHECK;
HyStatus hy_execute_alter_table(
    HyStatement *statement, const HyAstAlterTable *alter, HyResult *result) HY_MUST_CHECK;
HyStatus hy_execute_drop_table(
    HyStatement *statement, const HyAstDrop *drop, HyResult *result) HY_MUST_CHECK;
HyStatus hy_execute_truncate(
    HyStatement *statement, const HyAstTruncate *truncate, HyResult *result) HY_MUST_CHECK;
/* COMMENT ON COLUMN: checks the name; comments are not kept, as in the genuine server. */
HyStatus hy_execute_comment(
    HyStatement *statement, const HyAstQName *column, HyResult *result) HY_MUST_CHECK;
HyStatus hy_execute_schema(
    HyStatement *statement, const HyAstStmt *stmt, HyResult *result) HY_MUST_CHECK;
HyStatus hy_execute_database(
    HyStatement *statement, const HyAstStmt *stmt, HyResult *result) HY_MUST_CHECK;
HyStatus hy_execute_create_external(
    HyStatement *statement, const HyAstCreateExternalTable *create, HyResult *result) HY_MUST_CHECK;

/* A temporary external table of the session. */
typedef struct HySessionExternal {
    HyArena *arena; /* of all that follows */
    HyExternal *external;
} HySessionExternal;
void hy_session_drop_externals(HySession *session);

/* ---- The rest ---- */

/* session/transaction_command.c */
HyStatus hy_execute_transaction(
    HyStatement *statement, const HyAstTransaction *command, HyResult *result) HY_MUST_CHECK;
/* session/setting_command.c */
HyStatus hy_execute_set(
    HyStatement *statement, const HyAstSet *set, HyResult *result) HY_MUST_CHECK;
HyStatus hy_execute_show(
    HyStatement *statement, const HyAstShow *show, HyResult *result) HY_MUST_CHECK;
/* session/prepare.c */
HyStatus hy_execute_prepare(
    HyStatement *statement, const HyAstPrepare *prepare, HyResult *result) HY_MUST_CHECK;
HyStatus hy_execute_execute(
    HyStatement *statement, const HyAstExecute *execute, HyResult *result) HY_MUST_CHECK;
/* A prepared statement parsed and bound, not run: what it would give. Errors: 26000. */
HyStatus hy_describe_execute(
    HyStatement *statement, const HyAstExecute *execute, HyBoundQuery **out) HY_MUST_CHECK;
HyStatus hy_execute_deallocate(
    HyStatement *statement, const HyAstDeallocate *deallocate, HyResult *result) HY_MUST_CHECK;
void hy_session_drop_prepared(HySession *session);
/* session/explain_command.c */
HyStatus hy_execute_explain(
    HyStatement *statement, const HyAstExplain *explain, HyResult *result) HY_MUST_CHECK;
/* session/cursor.c */
HyStatus hy_execute_cursor(
    HyStatement *statement, const HyAstCursor *cursor, HyResult *result) HY_MUST_CHECK;
/* The rows of a cursor, of which FETCH gives some, or NULL. */
const HyResult *hy_session_cursor_rows(const HySession *session, const HyAstName *name);
/* At the end of a transaction. */
void hy_session_end_cursors(HySession *session, bool is_committed);
void hy_session_drop_cursors(HySession *session);

#endif
