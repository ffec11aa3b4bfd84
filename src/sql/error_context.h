/* The display of the place of an error in SQL text (spec/wire-protocol.md, sections 2.7 and 4). */
#ifndef HY_SQL_ERROR_CONTEXT_H
#define HY_SQL_ERROR_CONTEXT_H

#include "base/status.h"

/* Appends to the detail of an error that has a position in `sql`:
 *
 *     \nline 1, column 8: select nope\n                         ^~~~
 *
 * The caret stands under the token at the position; qualified names count as one token. At the end
 * of the text, the caret stands behind the last character and the position is taken away, as
 * genuine does. Errors without position, and NULL, pass through. Call it once for each error, where
 * the text is known. */
HyStatus hy_error_add_sql_context(HyStatus err, const char *sql, size_t len) HY_MUST_CHECK;

#endif
