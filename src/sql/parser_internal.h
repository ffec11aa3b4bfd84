/* Shared by the parse_*.c files only: the parser's state, its token helpers, and the productions
 * that call each other across files. */
#ifndef HY_SQL_PARSER_INTERNAL_H
#define HY_SQL_PARSER_INTERNAL_H

#include "base/arena.h"
#include "base/buffer.h"
#include "sql/ast.h"
#include "sql/lexer.h"
#include "sql/parser.h"

/* Beyond the token kinds, a set of expected tokens can hold these groups (see parser_error.c). */
enum {
    HY_EXPECT_EXPRESSION = HY_TOK_KIND_COUNT, /* all that starts an expression */
    HY_EXPECT_OPERATORS,                      /* all that continues one */
    HY_EXPECT_STATEMENT,                      /* all that starts a statement */
    HY_EXPECT_TIGHT_OPERATORS, /* all that continues the operand of BETWEEN, POSITION */
    HY_EXPECT_ITEM_END,        /* instead of much else: the end of a select item */
    HY_EXPECT_COUNT
};
#define HY_EXPECT_WORDS ((HY_EXPECT_COUNT + 63) / 64)

typedef struct HyParser {
    HyArena *arena;
    const char *sql;
    const HyToken *tokens; /* ends with HY_TOK_END */
    size_t pos;            /* the next token */
    unsigned depth;
    uint32_t n_parameters; /* highest $n so far */
    size_t minus_pos;      /* behind the last unary minus: 2^63 is allowed at this token */
    bool in_insert;        /* DEFAULT is allowed in VALUES */
    bool in_select_item;   /* a label may follow */
    /* What was looked for in vain at token `expected_pos`. */
    size_t expected_pos;
    uint64_t expected[HY_EXPECT_WORDS];
    /* Items of the lists under construction, as a stack: see list_push. */
    HyBuffer stack;
} HyParser;

/* ---- Tokens
 * -------------------------------------------------------------------------------------- */

/* Kind of the next token, and of the n-th behind it. */
static inline unsigned peek(const HyParser *p)
{
    return p->tokens[p->pos].kind;
}
static inline unsigned peek_at(const HyParser *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p->tokens[p->pos + i].kind == HY_TOK_END)
            return HY_TOK_END;
    }
    return p->tokens[p->pos + n].kind;
}
static inline const HyToken *next_token(const HyParser *p)
{
    return &p->tokens[p->pos];
}
static inline uint32_t next_offset(const HyParser *p)
{
    return p->tokens[p->pos].offset;
}

void hy_parser_note_expected(HyParser *p, unsigned kind);

/* Takes the next token when it is of that kind; else notes that it was expected. */
static inline bool accept(HyParser *p, unsigned kind)
{
    if (p->tokens[p->pos].kind == kind) {
        p->pos++;
        return true;
    }
    hy_parser_note_expected(p, kind);
    return false;
}
/* As accept for a sequence of two words such as IF EXISTS: takes both or none. */
bool hy_parser_accept2(HyParser *p, unsigned first, unsigned second);
/* Takes an identifier of that text (a word that is no keyword). */
bool hy_parser_accept_word(HyParser *p, const char *word);
bool hy_parser_at_word(const HyParser *p, const char *word);

/* The error for the next token, with all that was noted at it. */
HyStatus hy_parser_error(HyParser *p) HY_MUST_CHECK;
static inline HyStatus expect(HyParser *p, unsigned kind)
{
    if (accept(p, kind))
        return HY_OK;
    return hy_parser_error(p);
}
/* 0A000 at the next token. */
HyStatus hy_parser_refuse(HyParser *p, const char *message) HY_MUST_CHECK;

/* Counts nesting; give back with p->depth-- (not needed on errors). Errors: 54001. */
HyStatus hy_parser_enter(HyParser *p) HY_MUST_CHECK;

/* From `start` to the end of the last token taken. */
static inline HyAstSpan span_from(const HyParser *p, uint32_t start)
{
    const HyToken *last = &p->tokens[p->pos ? p->pos - 1 : 0];
    uint32_t end = last->offset + last->length;
    return (HyAstSpan){.offset = start, .length = end > start ? end - start : 0};
}

/* ---- Lists
 * --------------------------------------------------------------------------------------- */

/* Items are pushed on the parser's stack and copied into the arena once their number is known.
 * Lists in lists work because the inner one is popped before the outer one goes on: size_t mark =
 * list_begin(p); do { HY_TRY(parse_item(p, &item)); HY_TRY(list_push(p, &item, sizeof item)); }
 * while (..); HY_TRY(list_end(p, mark, sizeof item, &list->items, &list->n)); */
static inline size_t list_begin(const HyParser *p)
{
    return p->stack.len;
}
static inline HyStatus HY_MUST_CHECK list_push(HyParser *p, const void *item, size_t size)
{
    return hy_buffer_append(&p->stack, item, size);
}
/* `items` points to the pointer that receives the array. */
HyStatus hy_parser_list_end(
    HyParser *p, size_t mark, size_t size, void *items, size_t *n) HY_MUST_CHECK;

/* ---- Names
 * --------------------------------------------------------------------------------------- */

/* Next token can be a column or table name / function or type name / label without AS. */
bool hy_parser_at_name(const HyParser *p);
bool hy_parser_at_function_name(const HyParser *p);
/* SELECT 1 or, 2: a word that elsewhere is an operator is the name of the column. */
bool hy_parser_at_operator_label(const HyParser *p);
bool hy_parser_at_bare_label(const HyParser *p);

HyStatus hy_parse_name(HyParser *p, HyAstName *out) HY_MUST_CHECK;
HyStatus hy_parse_label(HyParser *p, HyAstName *out) HY_MUST_CHECK; /* any word */
/* The next token, an identifier or keyword, as a name. */
HyStatus hy_parser_take_name(HyParser *p, HyAstName *out) HY_MUST_CHECK;
HyStatus hy_parse_name_list(HyParser *p, HyAstNameList *out) HY_MUST_CHECK;   /* a, b */
HyStatus hy_parse_column_list(HyParser *p, HyAstNameList *out) HY_MUST_CHECK; /* (a, b) */
HyStatus hy_parse_table_name(HyParser *p, HyAstQName *out) HY_MUST_CHECK;     /* up to 3 parts */
HyStatus hy_parse_any_name(HyParser *p, HyAstQName *out) HY_MUST_CHECK;       /* without limit */
HyStatus hy_parser_single_qname(HyParser *p, HyAstName name, HyAstQName *out) HY_MUST_CHECK;
/* A string constant; U&'..' with its UESCAPE. */
HyStatus hy_parse_string(HyParser *p, HyAstText *out) HY_MUST_CHECK;

/* ---- Productions
 * --------------------------------------------------------------------------------- */

/* parse_expr.c */
HyStatus hy_parse_expr(HyParser *p, HyAstExpr **out) HY_MUST_CHECK;
HyStatus hy_parse_expr_list(HyParser *p, HyAstExprList *out) HY_MUST_CHECK;
/* Without what may follow as a word: stops before AND, IN, LIKE, BETWEEN and comparisons. */
HyStatus hy_parse_operand(HyParser *p, HyAstExpr **out) HY_MUST_CHECK;
/* Goes on behind a primary that was already read. */
HyStatus hy_parse_expr_rest(HyParser *p, HyAstExpr *left, HyAstExpr **out) HY_MUST_CHECK;
HyStatus hy_parser_new_expr(
    HyParser *p, HyAstExprKind kind, uint32_t start, HyAstExpr **out) HY_MUST_CHECK;

/* parse_primary.c */
HyStatus hy_parse_primary(HyParser *p, HyAstExpr **out) HY_MUST_CHECK;
HyStatus hy_parse_literal(HyParser *p, HyAstExpr **out) HY_MUST_CHECK; /* NULL: none */
HyStatus hy_parse_subscripts(HyParser *p, HyAstExpr *operand, HyAstExpr **out) HY_MUST_CHECK;
HyStatus hy_parser_list_expr(
    HyParser *p, HyAstExprList list, uint32_t start, HyAstExpr **out) HY_MUST_CHECK;
HyStatus hy_parse_array(HyParser *p, HyAstExpr **out) HY_MUST_CHECK;
/* What stands behind an opening parenthesis, up to the closing one, which stays. Either a query
 * (*query is set), or one expression, or a list of them (*query is NULL). */
HyStatus hy_parse_paren_single(HyParser *p, HyAstQuery **query, HyAstExpr **expr) HY_MUST_CHECK;
HyStatus hy_parse_paren_content(HyParser *p, HyAstQuery **query, HyAstExprList *list) HY_MUST_CHECK;
/* At an opening parenthesis: whether a query starts behind it and further ones. */
bool hy_parser_at_paren_query(const HyParser *p);
bool hy_parser_at_query(const HyParser *p); /* SELECT, VALUES, WITH, TABLE */

/* parse_call.c */
HyStatus hy_parse_call(
    HyParser *p, HyAstQName name, uint32_t start, HyAstExpr **out) HY_MUST_CHECK; /* at '(' */
HyStatus hy_parse_special_call(HyParser *p, bool *found, HyAstExpr **out) HY_MUST_CHECK;
HyStatus hy_parser_new_call(HyParser *p, const char *name, HyAstCallSyntax syntax, uint32_t start,
    HyAstExpr **out) HY_MUST_CHECK;
HyStatus hy_parser_set_args(
    HyParser *p, HyAstExpr *call, HyAstExpr *const *args, size_t n) HY_MUST_CHECK;
HyStatus hy_parse_window_spec(HyParser *p, HyAstWindow **out) HY_MUST_CHECK; /* ( .. ) */
HyStatus hy_parse_descriptor_columns(
    HyParser *p, HyAstDescriptorColumn **columns, size_t *n) HY_MUST_CHECK; /* ( .. ) */

/* parse_type.c */
HyStatus hy_parse_type_name(HyParser *p, HyAstType **out) HY_MUST_CHECK;
/* A type that is known by its first word, as in `double precision '1'`; no array suffix. */
bool hy_parser_at_type_keyword(const HyParser *p);
HyStatus hy_parse_simple_type(HyParser *p, HyAstType **out) HY_MUST_CHECK;
/* YEAR, DAY TO SECOND, ..; optional. */
HyStatus hy_parse_interval_fields(HyParser *p, HyAstType *type) HY_MUST_CHECK;

/* parse_query.c */
HyStatus hy_parse_query(HyParser *p, HyAstQuery **out) HY_MUST_CHECK;
/* Goes on behind a parenthesized query: set operations and trailing clauses. */
HyStatus hy_parse_query_rest(HyParser *p, HyAstQuery *left, HyAstQuery **out) HY_MUST_CHECK;
bool hy_parser_at_query_rest(const HyParser *p);
typedef struct HyWithClause {
    HyAstCte *ctes;
    size_t n_ctes;
    bool recursive;
    uint32_t start;
} HyWithClause;
HyStatus hy_parse_with(HyParser *p, HyWithClause *out) HY_MUST_CHECK; /* at WITH */
HyStatus hy_parse_query_after_with(
    HyParser *p, const HyWithClause *with, HyAstQuery **out) HY_MUST_CHECK;
HyStatus hy_parse_order_by(HyParser *p, HyAstOrderList *out) HY_MUST_CHECK; /* optional */
HyStatus hy_parse_select_items(HyParser *p, HyAstSelectItemList *out) HY_MUST_CHECK;

/* parse_from.c */
HyStatus hy_parse_from_item(HyParser *p, HyAstFrom **out) HY_MUST_CHECK;
HyStatus hy_parse_from_list(HyParser *p, HyAstFromList *out) HY_MUST_CHECK;

/* parse_option.c */
HyStatus hy_parse_options(HyParser *p, HyAstOptionList *out) HY_MUST_CHECK; /* ( .. ) */
HyStatus hy_parser_word_value(HyParser *p, HyAstExpr **out) HY_MUST_CHECK;
HyStatus hy_parse_signed_number(HyParser *p, HyAstExpr **out) HY_MUST_CHECK;
bool hy_parser_at_option_value(const HyParser *p);
HyStatus hy_parse_option_value(HyParser *p, HyAstExpr **out) HY_MUST_CHECK;
HyStatus hy_parse_location(HyParser *p, HyAstExpr **out) HY_MUST_CHECK;

/* parse_statement.c: any statement; those that may stand in PREPARE and EXPLAIN */
HyStatus hy_parse_statement(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_inner_statement(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parser_new_stmt(HyParser *p, HyAstStmtKind kind, HyAstStmt **out) HY_MUST_CHECK;

/* One file for each family; each starts at its first word. */
HyStatus hy_parse_insert(HyParser *p, const HyWithClause *with, HyAstStmt *stmt) HY_MUST_CHECK;
HyStatus hy_parse_update(HyParser *p, const HyWithClause *with, HyAstStmt *stmt) HY_MUST_CHECK;
HyStatus hy_parse_delete(HyParser *p, const HyWithClause *with, HyAstStmt *stmt) HY_MUST_CHECK;
HyStatus hy_parse_merge(HyParser *p, const HyWithClause *with, HyAstStmt *stmt) HY_MUST_CHECK;
HyStatus hy_parse_set_clause(HyParser *p, HyAstAssignmentList *out) HY_MUST_CHECK;
HyStatus hy_parse_expr_or_default(HyParser *p, HyAstExpr **out) HY_MUST_CHECK;
HyStatus hy_parse_where(HyParser *p, HyAstExpr **out) HY_MUST_CHECK; /* optional */
HyStatus hy_parse_create(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_create_table(
    HyParser *p, HyAstPersistence persistence, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_column_def(HyParser *p, HyAstColumnDef *out) HY_MUST_CHECK;
bool hy_parser_at_table_constraint(const HyParser *p);
HyStatus hy_parse_table_constraint(HyParser *p, HyAstConstraint *out) HY_MUST_CHECK;
HyStatus hy_parse_alter(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_drop(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_truncate(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_attach(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_detach(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_schema_name(HyParser *p, HyAstQName *out) HY_MUST_CHECK; /* up to 2 parts */
/* Why no object of this kind can be created, altered or dropped; NULL for others. */
const char *hy_parser_refused_object(unsigned word);
HyStatus hy_parse_copy(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_create_external(
    HyParser *p, HyAstPersistence persistence, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_transaction(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_set(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_reset(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_show(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_comment(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;
HyStatus hy_parse_analyze(HyParser *p, HyAstStmt **out) HY_MUST_CHECK;

#endif
