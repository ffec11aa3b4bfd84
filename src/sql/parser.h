/* Recursive-descent parser of the dialect in spec/sql.md; the grammar as one document is
 * docs/reference/grammar.md. It reads syntax only: names, types and most refusals are the binder's.
 *
 * All functions are thread-safe; the tree lives in the given arena and does not refer to the text.
 * Errors carry the byte offset of the offending token (at the end of the text: its length);
 * hy_error_add_sql_context (sql/error_context.h) makes the display from it. */
#ifndef HY_SQL_PARSER_H
#define HY_SQL_PARSER_H

#include "base/arena.h"
#include "base/status.h"
#include "sql/ast.h"

/* Deepest nesting of expressions, queries and joins; also the longest chain of binary operators or
 * set operations, because these nest in the tree. AND and OR chains are flat and do not count. */
#define HY_PARSER_MAX_DEPTH 1000

/* Parses one statement. *out is NULL when there is none (blanks, comments, semicolons).
 * Errors: 42601 syntax; 0A000 for two statements and for syntax that is known but refused; 54001
 * too deep; 54000 too long; 22021 not UTF-8; 53200. */
HyStatus hy_parse(HyArena *arena, const char *sql, size_t len, HyAstStmt **out) HY_MUST_CHECK;

/* Parses a single expression or type name that takes the whole text, e.g. a stored default. */
HyStatus hy_parse_expression(
    HyArena *arena, const char *text, size_t len, HyAstExpr **out) HY_MUST_CHECK;
HyStatus hy_parse_type(HyArena *arena, const char *text, size_t len, HyAstType **out) HY_MUST_CHECK;

/* Finds the first complete statement of a longer text, for interactive input: the number of bytes
 * up to and with its semicolon, or 0 when no semicolon outside of strings, identifiers, comments
 * and dollar quotes is there yet. len must be below 4 GB. */
size_t hy_split_statements(const char *sql, size_t len);

#endif
