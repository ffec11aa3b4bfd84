/* Statements in two steps, as the extended query protocol needs them: what a text would give, with
 * which parameters; and running it with values for these. */
#ifndef HY_SESSION_EXTENDED_H
#define HY_SESSION_EXTENDED_H

#include "session/copy_stream.h"
#include "session/session.h"

/* Values for $1, $2 .. of a statement. */
struct HyParameters {
    size_t n;
    const HyType *types;
    const HyValue *values; /* of these types */
};

/* What a statement is and gives, without having run it. */
typedef struct HyStatementShape {
    HyArena *arena; /* of all that follows; hy_statement_shape_free */
    bool is_empty;  /* nothing but blanks and comments */
    bool has_rows;
    size_t n_columns;
    const char **column_names;
    HyType *column_types;
    size_t n_params;
    HyType *param_types; /* as declared or inferred; those that cannot be told are text */
} HyStatementShape;

/* Parses and binds. types: declared ones, HY_TYPE_UNKNOWN to be inferred; none: as many as the text
 * has are inferred. Errors abort an open
 * transaction, as those of a statement that runs. */
HyStatus hy_session_describe(HySession *session, const char *sql, size_t len, const HyType *types,
    size_t n_types, HyStatementShape *out) HY_MUST_CHECK;
void hy_statement_shape_free(HyStatementShape *shape); /* a zeroed one is fine */

/* hy_session_execute with values; parameters and client may be NULL. */
HyStatus hy_session_execute_with(HySession *session, const char *sql, size_t len,
    const HyParameters *parameters, HyCopyClient *client, HyResult **out) HY_MUST_CHECK;

/* The rows of a cursor, which DECLARE made, or NULL. */
const HyResult *hy_session_find_cursor(const HySession *session, const char *name);

/* Marks the open transaction, if any, as failed: for errors that a client's statement meets outside
 * of hy_session_execute. */
void hy_session_fail_transaction(HySession *session);

#endif
