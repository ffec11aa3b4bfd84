/* The tree as SQL text again: one line, normalised spelling, parentheses around every operand that
 * is an operator. Parsing the text gives an equal tree; tests and EXPLAIN rely on that. */
#ifndef HY_SQL_AST_PRINT_H
#define HY_SQL_AST_PRINT_H

#include "base/buffer.h"
#include "sql/ast.h"

/* All append to `out`. Errors: 53200. */
HyStatus hy_ast_print_expr(HyBuffer *out, const HyAstExpr *expr) HY_MUST_CHECK;
HyStatus hy_ast_print_type(HyBuffer *out, const HyAstType *type) HY_MUST_CHECK;
HyStatus hy_ast_print_query(HyBuffer *out, const HyAstQuery *query) HY_MUST_CHECK;
HyStatus hy_ast_print_statement(HyBuffer *out, const HyAstStmt *stmt) HY_MUST_CHECK;

#endif
