/* Shared by the ast_print*.c files. A printer remembers the first failure and then does nothing, so
 * that its functions need no checks in between. */
#ifndef HY_SQL_AST_PRINT_INTERNAL_H
#define HY_SQL_AST_PRINT_INTERNAL_H

#include "sql/ast_print.h"

typedef struct HyAstPrinter {
    HyBuffer *out;
    HyStatus st;
} HyAstPrinter;

void hy_print_text(HyAstPrinter *pr, const char *text);
void hy_print_format(HyAstPrinter *pr, const char *format, ...) HY_PRINTF(2, 3);
void hy_print_name(HyAstPrinter *pr, const HyAstName *name);
void hy_print_qname(HyAstPrinter *pr, const HyAstQName *name);
/* a, b or with `parenthesized` text around: " (" and ")"; nothing for an empty list. */
void hy_print_names(HyAstPrinter *pr, const HyAstNameList *names);
void hy_print_columns(HyAstPrinter *pr, const HyAstNameList *names);
void hy_print_string(HyAstPrinter *pr, const HyAstText *text);

void hy_print_expr(HyAstPrinter *pr, const HyAstExpr *expr);
void hy_print_exprs(HyAstPrinter *pr, const HyAstExprList *list);
void hy_print_type(HyAstPrinter *pr, const HyAstType *type);
void hy_print_order_by(HyAstPrinter *pr, const HyAstOrderList *list);
void hy_print_window(HyAstPrinter *pr, const HyAstWindow *window);
void hy_print_call(HyAstPrinter *pr, const HyAstCall *call);
void hy_print_descriptor(HyAstPrinter *pr, const HyAstDescriptorColumn *columns, size_t n);

void hy_print_query(HyAstPrinter *pr, const HyAstQuery *query);
void hy_print_ctes(HyAstPrinter *pr, const HyAstCte *ctes, size_t n, bool recursive);
void hy_print_from_list(HyAstPrinter *pr, const char *word, const HyAstFromList *list);
void hy_print_from(HyAstPrinter *pr, const HyAstFrom *from);
void hy_print_select_items(HyAstPrinter *pr, const HyAstSelectItemList *items);

void hy_print_statement(HyAstPrinter *pr, const HyAstStmt *stmt);
/* The statements on tables, schemas and databases; false for others. */
bool hy_print_ddl(HyAstPrinter *pr, const HyAstStmt *stmt);
void hy_print_options(HyAstPrinter *pr, const char *word, const HyAstOptionList *options);

#endif
