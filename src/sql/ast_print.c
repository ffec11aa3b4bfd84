/* Printing of expressions and types. */
#include "sql/ast_print.h"

#include "sql/ast_print_internal.h"
#include "sql/lexer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- Text
 * ---------------------------------------------------------------------------------------- */

void hy_print_text(HyAstPrinter *pr, const char *text)
{
    if (!pr->st)
        pr->st = hy_buffer_append_str(pr->out, text);
}

void hy_print_format(HyAstPrinter *pr, const char *format, ...)
{
    char text[64]; /* for numbers only */
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    hy_print_text(pr, text);
}

static void print_bytes(HyAstPrinter *pr, const char *bytes, size_t len)
{
    if (!pr->st)
        pr->st = hy_buffer_append(pr->out, bytes, len);
}

/* Bytes between quotes, with the quote doubled. */
static void print_quoted(HyAstPrinter *pr, char quote, const char *text, size_t len)
{
    print_bytes(pr, &quote, 1);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == quote)
            print_bytes(pr, &quote, 1);
        print_bytes(pr, &text[i], 1);
    }
    print_bytes(pr, &quote, 1);
}

/* Words that every production takes as a name need no quotes. */
static bool is_plain_name(const HyAstName *name)
{
    for (uint32_t i = 0; i < name->len; i++) {
        char c = name->text[i];
        bool is_letter = (c >= 'a' && c <= 'z') || c == '_' || (unsigned char)c >= 0x80;
        if (!is_letter && !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return name->len > 0 && hy_keyword_find(name->text, name->len) == HY_TOK_IDENT;
}

void hy_print_name(HyAstPrinter *pr, const HyAstName *name)
{
    if (is_plain_name(name))
        print_bytes(pr, name->text, name->len);
    else
        print_quoted(pr, '"', name->text, name->len);
}

void hy_print_qname(HyAstPrinter *pr, const HyAstQName *name)
{
    for (size_t i = 0; i < name->parts.n; i++) {
        if (i > 0)
            hy_print_text(pr, ".");
        hy_print_name(pr, &name->parts.items[i]);
    }
}

void hy_print_names(HyAstPrinter *pr, const HyAstNameList *names)
{
    for (size_t i = 0; i < names->n; i++) {
        if (i > 0)
            hy_print_text(pr, ", ");
        hy_print_name(pr, &names->items[i]);
    }
}

void hy_print_columns(HyAstPrinter *pr, const HyAstNameList *names)
{
    if (names->n == 0)
        return;
    hy_print_text(pr, " (");
    hy_print_names(pr, names);
    hy_print_text(pr, ")");
}

/* Zero bytes have no spelling but an escape. */
void hy_print_string(HyAstPrinter *pr, const HyAstText *text)
{
    if (!memchr(text->data, '\0', text->len)) {
        print_quoted(pr, '\'', text->data, text->len);
        return;
    }
    hy_print_text(pr, "E'");
    for (size_t i = 0; i < text->len; i++) {
        char c = text->data[i];
        if (c == '\0') {
            hy_print_text(pr, "\\000");
        } else {
            if (c == '\'' || c == '\\')
                hy_print_text(pr, "\\");
            print_bytes(pr, &c, 1);
        }
    }
    hy_print_text(pr, "'");
}

/* ---- Types
 * --------------------------------------------------------------------------------------- */

/* The names that the parser gives to types of several words, and keywords that are types. */
static void print_type_name(HyAstPrinter *pr, const HyAstType *type)
{
    const HyAstName *name = &type->name.parts.items[0];
    if (type->name.parts.n == 1 && !name->quoted) {
        if (strcmp(name->text, "timestamptz") == 0)
            hy_print_text(pr, "timestamp with time zone");
        else
            hy_print_text(pr, name->text);
    } else {
        hy_print_qname(pr, &type->name);
    }
}

static void print_interval_fields(HyAstPrinter *pr, const HyAstType *type)
{
    if (!type->interval_from.text)
        return;
    hy_print_text(pr, " ");
    hy_print_text(pr, type->interval_from.text);
    if (type->interval_to.text) {
        hy_print_text(pr, " to ");
        hy_print_text(pr, type->interval_to.text);
    }
}

static void print_simple_type(HyAstPrinter *pr, const HyAstType *type)
{
    print_type_name(pr, type);
    if (type->modifiers.n) {
        hy_print_text(pr, "(");
        hy_print_exprs(pr, &type->modifiers);
        hy_print_text(pr, ")");
    }
}

void hy_print_type(HyAstPrinter *pr, const HyAstType *type)
{
    if (type->kind == HY_AST_TYPE_ARRAY) {
        hy_print_text(pr, "array(");
        hy_print_type(pr, type->element);
        hy_print_text(pr, type->element_not_null ? " not null)" : ")");
        return;
    }
    print_simple_type(pr, type);
    print_interval_fields(pr, type);
}

void hy_print_descriptor(HyAstPrinter *pr, const HyAstDescriptorColumn *columns, size_t n)
{
    hy_print_text(pr, "(");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            hy_print_text(pr, ", ");
        hy_print_name(pr, &columns[i].name);
        if (columns[i].type) {
            hy_print_text(pr, " ");
            hy_print_type(pr, columns[i].type);
        }
        if (columns[i].collation.parts.n) {
            hy_print_text(pr, " COLLATE ");
            hy_print_qname(pr, &columns[i].collation);
        }
        if (columns[i].not_null)
            hy_print_text(pr, " NOT NULL");
    }
    hy_print_text(pr, ")");
}

/* ---- Expressions
 * --------------------------------------------------------------------------------- */

/* Stands alone as an operand. */
static bool is_primary(const HyAstExpr *e)
{
    switch (e->kind) {
    case HY_AST_UNARY:
    case HY_AST_BINARY:
    case HY_AST_AND:
    case HY_AST_OR:
    case HY_AST_NOT:
    case HY_AST_LIKE:
    case HY_AST_BETWEEN:
    case HY_AST_IN_LIST:
    case HY_AST_IN_QUERY:
    case HY_AST_QUANTIFIED:
    case HY_AST_IS_NULL:
    case HY_AST_IS_BOOL:
    case HY_AST_IS_DISTINCT:
    case HY_AST_COLLATE:
    case HY_AST_LAMBDA:
        return false;
    case HY_AST_CALL:
        return e->call->syntax != HY_AST_CALL_TIMEZONE;
    default:
        return true;
    }
}

static void print_operand(HyAstPrinter *pr, const HyAstExpr *e)
{
    bool needs_parens = !is_primary(e);
    if (needs_parens)
        hy_print_text(pr, "(");
    hy_print_expr(pr, e);
    if (needs_parens)
        hy_print_text(pr, ")");
}

/* Of a subscript or field: only these may stand without parentheses. */
static void print_base(HyAstPrinter *pr, const HyAstExpr *e)
{
    bool is_bare = e->kind == HY_AST_PARAMETER || e->kind == HY_AST_SUBSCRIPT ||
                   e->kind == HY_AST_SLICE || e->kind == HY_AST_FIELD || e->kind == HY_AST_SUBQUERY;
    hy_print_text(pr, is_bare ? "" : "(");
    hy_print_expr(pr, e);
    hy_print_text(pr, is_bare ? "" : ")");
}

void hy_print_exprs(HyAstPrinter *pr, const HyAstExprList *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (i > 0)
            hy_print_text(pr, ", ");
        hy_print_expr(pr, list->items[i]);
    }
}

static void print_chain(HyAstPrinter *pr, const HyAstExpr *e)
{
    for (size_t i = 0; i < e->list.n; i++) {
        if (i > 0)
            hy_print_text(pr, e->kind == HY_AST_AND ? " AND " : " OR ");
        print_operand(pr, e->list.items[i]);
    }
}

static void print_like(HyAstPrinter *pr, const HyAstLike *like)
{
    static const char *const words[] = {" LIKE ", " ILIKE ", " SIMILAR TO "};
    print_operand(pr, like->operand);
    hy_print_text(pr, like->negated ? " NOT" : "");
    hy_print_text(pr, words[like->kind]);
    print_operand(pr, like->pattern);
    if (like->escape) {
        hy_print_text(pr, " ESCAPE ");
        print_operand(pr, like->escape);
    }
}

static void print_between(HyAstPrinter *pr, const HyAstBetween *b)
{
    print_operand(pr, b->operand);
    hy_print_text(pr, b->negated ? " NOT BETWEEN " : " BETWEEN ");
    hy_print_text(pr, b->symmetric ? "SYMMETRIC " : "");
    print_operand(pr, b->low);
    hy_print_text(pr, " AND ");
    print_operand(pr, b->high);
}

static void print_in(HyAstPrinter *pr, const HyAstExpr *e)
{
    print_operand(pr, e->in.operand);
    hy_print_text(pr, e->in.negated ? " NOT IN (" : " IN (");
    if (e->in.query)
        hy_print_query(pr, e->in.query);
    else
        hy_print_exprs(pr, &e->in.list);
    hy_print_text(pr, ")");
}

static void print_quantified(HyAstPrinter *pr, const HyAstExpr *e)
{
    print_operand(pr, e->quantified.operand);
    hy_print_text(pr, " ");
    hy_print_text(pr, hy_ast_op_text(e->quantified.op));
    hy_print_text(pr, e->quantified.is_all ? " ALL (" : " ANY (");
    if (e->quantified.query)
        hy_print_query(pr, e->quantified.query);
    else
        hy_print_expr(pr, e->quantified.array);
    hy_print_text(pr, ")");
}

static void print_is(HyAstPrinter *pr, const HyAstExpr *e)
{
    static const char *const truths[] = {"TRUE", "FALSE", "UNKNOWN"};
    print_operand(pr, e->is.operand);
    hy_print_text(pr, e->is.negated ? " IS NOT " : " IS ");
    if (e->kind == HY_AST_IS_NULL) {
        hy_print_text(pr, "NULL");
    } else if (e->kind == HY_AST_IS_BOOL) {
        hy_print_text(pr, truths[e->is.truth]);
    } else {
        hy_print_text(pr, "DISTINCT FROM ");
        print_operand(pr, e->is.right);
    }
}

static void print_case(HyAstPrinter *pr, const HyAstCase *c)
{
    hy_print_text(pr, "CASE");
    if (c->operand) {
        hy_print_text(pr, " ");
        hy_print_expr(pr, c->operand);
    }
    for (size_t i = 0; i < c->n_whens; i++) {
        hy_print_text(pr, " WHEN ");
        hy_print_expr(pr, c->whens[i].when);
        hy_print_text(pr, " THEN ");
        hy_print_expr(pr, c->whens[i].then);
    }
    if (c->otherwise) {
        hy_print_text(pr, " ELSE ");
        hy_print_expr(pr, c->otherwise);
    }
    hy_print_text(pr, " END");
}

static void print_cast(HyAstPrinter *pr, const HyAstExpr *e)
{
    hy_print_text(pr, e->cast.syntax == HY_AST_CAST_TRY ? "TRY_CAST(" : "CAST(");
    hy_print_expr(pr, e->cast.operand);
    hy_print_text(pr, " AS ");
    hy_print_type(pr, e->cast.type);
    hy_print_text(pr, ")");
}

static void print_subscript(HyAstPrinter *pr, const HyAstExpr *e)
{
    print_base(pr, e->subscript.operand);
    hy_print_text(pr, "[");
    hy_print_expr(pr, e->subscript.index);
    if (e->kind == HY_AST_SLICE) {
        hy_print_text(pr, ":");
        hy_print_expr(pr, e->subscript.upper);
    }
    hy_print_text(pr, "]");
}

static void print_typed_literal(HyAstPrinter *pr, const HyAstExpr *e)
{
    print_simple_type(pr, e->typed.type);
    hy_print_text(pr, " ");
    hy_print_string(pr, &e->typed.text);
    print_interval_fields(pr, e->typed.type);
}

static void print_lambda(HyAstPrinter *pr, const HyAstExpr *e)
{
    hy_print_text(pr, "lambda ");
    hy_print_names(pr, &e->lambda.parameters);
    hy_print_text(pr, ": ");
    hy_print_expr(pr, e->lambda.body);
}

static void print_query_in(HyAstPrinter *pr, const char *before, const HyAstQuery *query)
{
    hy_print_text(pr, before);
    hy_print_query(pr, query);
    hy_print_text(pr, ")");
}

static void print_operator(HyAstPrinter *pr, const HyAstExpr *e)
{
    if (e->kind == HY_AST_UNARY) {
        hy_print_text(pr, e->unary.op_text.data);
        hy_print_text(pr, " ");
        print_operand(pr, e->unary.operand);
    } else {
        print_operand(pr, e->binary.left);
        hy_print_text(pr, " ");
        hy_print_text(pr, e->binary.op_text);
        hy_print_text(pr, " ");
        print_operand(pr, e->binary.right);
    }
}

static void print_list(HyAstPrinter *pr, const char *before, const HyAstExpr *e, const char *after)
{
    hy_print_text(pr, before);
    hy_print_exprs(pr, &e->list);
    hy_print_text(pr, after);
}

static void print_literal(HyAstPrinter *pr, const HyAstExpr *e)
{
    switch (e->kind) {
    case HY_AST_BOOL:
        hy_print_text(pr, e->boolean ? "TRUE" : "FALSE");
        break;
    case HY_AST_INTEGER:
        hy_print_format(pr, "%" PRIu64, e->integer);
        break;
    case HY_AST_NUMERIC:
        hy_print_text(pr, e->text.data);
        break;
    case HY_AST_DOUBLE:
        hy_print_text(pr, e->real.text.data);
        break;
    case HY_AST_STRING:
        hy_print_string(pr, &e->text);
        break;
    case HY_AST_PARAMETER:
        hy_print_format(pr, "$%u", e->parameter);
        break;
    default:
        hy_print_text(pr, e->kind == HY_AST_DEFAULT ? "DEFAULT" : "NULL");
        break;
    }
}

static void print_star(HyAstPrinter *pr, const HyAstExpr *e)
{
    hy_print_qname(pr, &e->column);
    hy_print_text(pr, e->column.parts.n ? ".*" : "*");
}

void hy_print_expr(HyAstPrinter *pr, const HyAstExpr *e)
{
    switch (e->kind) {
    case HY_AST_NULL:
    case HY_AST_BOOL:
    case HY_AST_INTEGER:
    case HY_AST_NUMERIC:
    case HY_AST_DOUBLE:
    case HY_AST_STRING:
    case HY_AST_PARAMETER:
    case HY_AST_DEFAULT:
        print_literal(pr, e);
        break;
    case HY_AST_TYPED_LITERAL:
        print_typed_literal(pr, e);
        break;
    case HY_AST_COLUMN:
        hy_print_qname(pr, &e->column);
        break;
    case HY_AST_STAR:
        print_star(pr, e);
        break;
    case HY_AST_UNARY:
    case HY_AST_BINARY:
        print_operator(pr, e);
        break;
    case HY_AST_AND:
    case HY_AST_OR:
        print_chain(pr, e);
        break;
    case HY_AST_NOT:
        hy_print_text(pr, "NOT ");
        print_operand(pr, e->operand);
        break;
    case HY_AST_LIKE:
        print_like(pr, e->like);
        break;
    case HY_AST_BETWEEN:
        print_between(pr, e->between);
        break;
    case HY_AST_IN_LIST:
    case HY_AST_IN_QUERY:
        print_in(pr, e);
        break;
    case HY_AST_QUANTIFIED:
        print_quantified(pr, e);
        break;
    case HY_AST_IS_NULL:
    case HY_AST_IS_BOOL:
    case HY_AST_IS_DISTINCT:
        print_is(pr, e);
        break;
    case HY_AST_COLLATE:
        print_operand(pr, e->collate.operand);
        hy_print_text(pr, " COLLATE ");
        hy_print_qname(pr, &e->collate.collation);
        break;
    case HY_AST_CAST:
        print_cast(pr, e);
        break;
    case HY_AST_SUBSCRIPT:
    case HY_AST_SLICE:
        print_subscript(pr, e);
        break;
    case HY_AST_FIELD:
        print_base(pr, e->field.operand);
        hy_print_text(pr, ".");
        hy_print_name(pr, &e->field.name);
        break;
    case HY_AST_CASE:
        print_case(pr, e->cases);
        break;
    case HY_AST_CALL:
        hy_print_call(pr, e->call);
        break;
    case HY_AST_ARRAY:
        print_list(pr, "ARRAY[", e, "]");
        break;
    case HY_AST_ARRAY_QUERY:
        print_query_in(pr, "ARRAY(", e->query);
        break;
    case HY_AST_ROW: /* (a) would be no row, () an error */
        print_list(pr, e->parenthesized && e->list.n > 1 ? "(" : "ROW(", e, ")");
        break;
    case HY_AST_SUBQUERY:
        print_query_in(pr, "(", e->query);
        break;
    case HY_AST_EXISTS:
        print_query_in(pr, "EXISTS (", e->query);
        break;
    case HY_AST_LAMBDA:
        print_lambda(pr, e);
        break;
    case HY_AST_DESCRIPTOR:
        hy_print_text(pr, "DESCRIPTOR");
        hy_print_descriptor(pr, e->descriptor.columns, e->descriptor.n_columns);
        break;
    }
}

/* ---- Entry points
 * -------------------------------------------------------------------------------- */

HyStatus hy_ast_print_expr(HyBuffer *out, const HyAstExpr *expr)
{
    HyAstPrinter pr = {.out = out};
    hy_print_expr(&pr, expr);
    return pr.st;
}

HyStatus hy_ast_print_type(HyBuffer *out, const HyAstType *type)
{
    HyAstPrinter pr = {.out = out};
    hy_print_type(&pr, type);
    return pr.st;
}

HyStatus hy_ast_print_query(HyBuffer *out, const HyAstQuery *query)
{
    HyAstPrinter pr = {.out = out};
    hy_print_query(&pr, query);
    return pr.st;
}

HyStatus hy_ast_print_statement(HyBuffer *out, const HyAstStmt *stmt)
{
    HyAstPrinter pr = {.out = out};
    hy_print_statement(&pr, stmt);
    return pr.st;
}
