/* Operators, by precedence climbing (Pratt 1973): spec/sql.md, section 2. The levels of `Level` are
 * the binding powers; an operand that is parsed "at" a level takes all operators of this and
 * tighter levels. */
#include "sql/parser_internal.h"

#include <string.h>

typedef enum Level {
    LEVEL_NONE, /* no operator */
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_IS,
    LEVEL_COMPARE, /* does not associate: 1 < 2 = true is an error */
    LEVEL_IN,      /* IN, LIKE, BETWEEN; the last two do not associate */
    LEVEL_OTHER,
    LEVEL_ADD,
    LEVEL_MUL,
    LEVEL_POW,
    LEVEL_AT,
    LEVEL_COLLATE,
    LEVEL_UNARY,
    LEVEL_CAST,
} Level;

static HyStatus parse_level(HyParser *p, Level min, HyAstExpr **out) HY_MUST_CHECK;

static const char *const op_texts[] = {
#define X(name, text) text,
    HY_AST_OPERATORS(X)
#undef X
};

const char *hy_ast_op_text(HyAstOp op)
{
    return op_texts[op];
}

HyStatus hy_parser_new_expr(HyParser *p, HyAstExprKind kind, uint32_t start, HyAstExpr **out)
{
    HyAstExpr *e = hy_arena_zalloc(p->arena, sizeof *e);
    if (HY_UNLIKELY(!e))
        return hy_error_oom(sizeof *e);
    e->kind = kind;
    e->pos = start;
    e->span = span_from(p, start);
    *out = e;
    return HY_OK;
}

/* ---- What comes next
 * ----------------------------------------------------------------------------- */

static bool token_is(const HyParser *p, const HyToken *t, const char *text)
{
    return t->length == strlen(text) && memcmp(p->sql + t->offset, text, t->length) == 0;
}

/* The operator of a token of kind HY_TOK_OPERATOR. */
static HyAstOp operator_of(const HyParser *p, const HyToken *t)
{
    for (HyAstOp op = HY_AST_OP_CONCAT; op < HY_AST_OP_OTHER; op++) {
        if (token_is(p, t, op_texts[op]))
            return op;
    }
    return HY_AST_OP_OTHER;
}

static bool is_like_operator(HyAstOp op)
{
    return op == HY_AST_OP_LIKE || op == HY_AST_OP_NOT_LIKE || op == HY_AST_OP_ILIKE ||
           op == HY_AST_OP_NOT_ILIKE;
}

static Level level_behind_not(unsigned kind)
{
    switch (kind) {
    case HY_KW_IN:
    case HY_KW_LIKE:
    case HY_KW_ILIKE:
    case HY_KW_SIMILAR:
    case HY_KW_BETWEEN:
        return LEVEL_IN;
    default:
        return LEVEL_NONE;
    }
}

/* The level of the infix or postfix operator at the next token. */
static Level next_level(const HyParser *p)
{
    switch (peek(p)) {
    case HY_KW_OR:
        return LEVEL_OR;
    case HY_KW_AND:
        return LEVEL_AND;
    case HY_KW_IS:
    case HY_KW_ISNULL:
    case HY_KW_NOTNULL:
        return LEVEL_IS;
    case HY_TOK_EQ:
    case HY_TOK_NE:
    case HY_TOK_LT:
    case HY_TOK_LE:
    case HY_TOK_GT:
    case HY_TOK_GE:
        return LEVEL_COMPARE;
    case HY_KW_NOT:
        return level_behind_not(peek_at(p, 1));
    case HY_KW_IN:
    case HY_KW_LIKE:
    case HY_KW_ILIKE:
    case HY_KW_BETWEEN:
        return LEVEL_IN;
    case HY_KW_SIMILAR: /* SUBSTRING (x SIMILAR y ..) has one, too */
        return peek_at(p, 1) == HY_KW_TO ? LEVEL_IN : LEVEL_NONE;
    case HY_TOK_OPERATOR:
        return is_like_operator(operator_of(p, next_token(p))) ? LEVEL_IN : LEVEL_OTHER;
    case HY_KW_OPERATOR:
        return peek_at(p, 1) == HY_TOK_LPAREN ? LEVEL_OTHER : LEVEL_NONE;
    case HY_TOK_PLUS:
    case HY_TOK_MINUS:
        return LEVEL_ADD;
    case HY_TOK_STAR:
    case HY_TOK_SLASH:
    case HY_TOK_PERCENT:
        return LEVEL_MUL;
    case HY_TOK_CARET:
        return LEVEL_POW;
    case HY_KW_AT:
        return peek_at(p, 1) == HY_KW_TIME ? LEVEL_AT : LEVEL_NONE;
    case HY_KW_COLLATE:
        return LEVEL_COLLATE;
    case HY_TOK_COLONS:
        return LEVEL_CAST;
    default:
        return LEVEL_NONE;
    }
}

static HyAstOp plain_operator(unsigned kind)
{
    switch (kind) {
    case HY_TOK_EQ:
        return HY_AST_OP_EQ;
    case HY_TOK_NE:
        return HY_AST_OP_NE;
    case HY_TOK_LT:
        return HY_AST_OP_LT;
    case HY_TOK_LE:
        return HY_AST_OP_LE;
    case HY_TOK_GT:
        return HY_AST_OP_GT;
    case HY_TOK_GE:
        return HY_AST_OP_GE;
    case HY_TOK_PLUS:
        return HY_AST_OP_ADD;
    case HY_TOK_MINUS:
        return HY_AST_OP_SUB;
    case HY_TOK_STAR:
        return HY_AST_OP_MUL;
    case HY_TOK_SLASH:
        return HY_AST_OP_DIV;
    case HY_TOK_PERCENT:
        return HY_AST_OP_MOD;
    case HY_TOK_CARET:
        return HY_AST_OP_POW;
    default:
        return HY_AST_OP_OTHER;
    }
}

/* Takes an operator: a token, or OPERATOR(schema.op). *text is its spelling. */
static HyStatus take_operator(HyParser *p, HyAstOp *op, const char **text)
{
    bool is_wrapped = accept(p, HY_KW_OPERATOR);
    if (is_wrapped) {
        HyAstName schema;
        HY_TRY(expect(p, HY_TOK_LPAREN));
        while (hy_parser_at_name(p)) {
            HY_TRY(hy_parse_name(p, &schema));
            HY_TRY(expect(p, HY_TOK_DOT));
        }
    }
    const HyToken *t = next_token(p);
    *op = plain_operator(t->kind);
    if (t->kind == HY_TOK_OPERATOR) {
        *op = operator_of(p, t);
    } else if (*op == HY_AST_OP_OTHER) {
        hy_parser_note_expected(p, HY_TOK_OPERATOR);
        return hy_parser_error(p);
    }
    *text = op_texts[*op];
    if (*op == HY_AST_OP_OTHER) {
        *text = hy_arena_strndup(p->arena, p->sql + t->offset, t->length);
        if (!*text)
            return hy_error_oom(t->length);
    }
    p->pos++;
    return is_wrapped ? expect(p, HY_TOK_RPAREN) : HY_OK;
}

/* ---- Infix and postfix forms
 * --------------------------------------------------------------------- */

static HyStatus new_infix(
    HyParser *p, HyAstExprKind kind, const HyAstExpr *left, uint32_t pos, HyAstExpr **out)
{
    HY_TRY(hy_parser_new_expr(p, kind, left->span.offset, out));
    (*out)->pos = pos;
    return HY_OK;
}

/* ANY (..), SOME (..), ALL (..) behind an operator. */
static bool at_quantifier(const HyParser *p)
{
    unsigned kind = peek(p);
    return (kind == HY_KW_ANY || kind == HY_KW_SOME || kind == HY_KW_ALL) &&
           peek_at(p, 1) == HY_TOK_LPAREN;
}

static HyStatus parse_quantified(
    HyParser *p, HyAstExpr *left, HyAstOp op, uint32_t pos, HyAstExpr **out)
{
    bool is_all = peek(p) == HY_KW_ALL;
    p->pos += 2;
    HyAstQuery *query;
    HyAstExpr *array;
    HY_TRY(hy_parse_paren_single(p, &query, &array));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    HY_TRY(new_infix(p, HY_AST_QUANTIFIED, left, pos, out));
    (*out)->quantified.operand = left;
    (*out)->quantified.query = query;
    (*out)->quantified.array = array;
    (*out)->quantified.op = op;
    (*out)->quantified.is_all = is_all;
    return HY_OK;
}

static HyStatus finish_like(
    HyParser *p, HyAstExpr *left, HyAstLikeKind kind, bool negated, uint32_t pos, HyAstExpr **out)
{
    HyAstLike *like;
    HY_ARENA_NEW(p->arena, like, 1);
    like->operand = left;
    like->kind = kind;
    like->negated = negated;
    HY_TRY(parse_level(p, LEVEL_OTHER, &like->pattern));
    if (accept(p, HY_KW_ESCAPE))
        HY_TRY(parse_level(p, LEVEL_OTHER, &like->escape));
    HY_TRY(new_infix(p, HY_AST_LIKE, left, pos, out));
    (*out)->like = like;
    return HY_OK;
}

/* ~~ and its kin: LIKE without ESCAPE. */
static HyStatus parse_like_operator(
    HyParser *p, HyAstExpr *left, HyAstOp op, uint32_t pos, HyAstExpr **out)
{
    if (at_quantifier(p))
        return parse_quantified(p, left, op, pos, out);
    bool is_ilike = op == HY_AST_OP_ILIKE || op == HY_AST_OP_NOT_ILIKE;
    bool negated = op == HY_AST_OP_NOT_LIKE || op == HY_AST_OP_NOT_ILIKE;
    return finish_like(p, left, is_ilike ? HY_AST_LIKE_ILIKE : HY_AST_LIKE_LIKE, negated, pos, out);
}

static HyStatus parse_binary(HyParser *p, HyAstExpr *left, Level level, HyAstExpr **out)
{
    uint32_t pos = next_offset(p);
    HyAstOp op;
    const char *text;
    HyAstExpr *right;
    HY_TRY(take_operator(p, &op, &text));
    if (is_like_operator(op))
        return parse_like_operator(p, left, op, pos, out);
    if (at_quantifier(p))
        return parse_quantified(p, left, op, pos, out);
    hy_parser_note_expected(p, HY_KW_ALL);
    hy_parser_note_expected(p, HY_KW_ANY);
    hy_parser_note_expected(p, HY_KW_SOME);
    HY_TRY(parse_level(p, level + 1, &right));
    HY_TRY(new_infix(p, HY_AST_BINARY, left, pos, out));
    (*out)->binary.op = op;
    (*out)->binary.left = left;
    (*out)->binary.right = right;
    (*out)->binary.op_text = text;
    return HY_OK;
}

/* A chain of AND or OR becomes one node, so that its length costs no depth. */
static HyStatus parse_chain(HyParser *p, HyAstExpr *left, Level level, HyAstExpr **out)
{
    unsigned word = level == LEVEL_AND ? HY_KW_AND : HY_KW_OR;
    uint32_t pos = next_offset(p);
    HyAstExprList list;
    size_t mark = list_begin(p);
    HY_TRY(list_push(p, &left, sizeof left));
    while (peek(p) == word) {
        HyAstExpr *term;
        p->pos++;
        HY_TRY(parse_level(p, level + 1, &term));
        HY_TRY(list_push(p, &term, sizeof term));
    }
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstExpr *), &list.items, &list.n));
    HY_TRY(new_infix(p, level == LEVEL_AND ? HY_AST_AND : HY_AST_OR, left, pos, out));
    (*out)->list = list;
    return HY_OK;
}

static HyStatus parse_in(HyParser *p, HyAstExpr *left, bool negated, uint32_t pos, HyAstExpr **out)
{
    HyAstQuery *query;
    HyAstExprList list;
    HY_TRY(expect(p, HY_TOK_LPAREN));
    HY_TRY(hy_parse_paren_content(p, &query, &list));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    HY_TRY(new_infix(p, query ? HY_AST_IN_QUERY : HY_AST_IN_LIST, left, pos, out));
    (*out)->in.operand = left;
    (*out)->in.negated = negated;
    (*out)->in.query = query;
    if (!query)
        (*out)->in.list = list;
    return HY_OK;
}

static HyStatus parse_between(
    HyParser *p, HyAstExpr *left, bool negated, uint32_t pos, HyAstExpr **out)
{
    HyAstBetween *between;
    HY_ARENA_NEW(p->arena, between, 1);
    between->operand = left;
    between->negated = negated;
    between->symmetric = accept(p, HY_KW_SYMMETRIC);
    if (!between->symmetric)
        (void)accept(p, HY_KW_ASYMMETRIC);
    HY_TRY(parse_level(p, LEVEL_OTHER, &between->low));
    HY_TRY(expect(p, HY_KW_AND));
    HY_TRY(parse_level(p, LEVEL_OTHER, &between->high));
    HY_TRY(new_infix(p, HY_AST_BETWEEN, left, pos, out));
    (*out)->between = between;
    return HY_OK;
}

/* [NOT] IN, LIKE, ILIKE, SIMILAR TO, BETWEEN, and the operators ~~ and its kin. */
static HyStatus parse_in_level(HyParser *p, HyAstExpr *left, HyAstExpr **out)
{
    uint32_t pos = next_offset(p);
    if (peek(p) == HY_TOK_OPERATOR)
        return parse_binary(p, left, LEVEL_IN, out);
    bool negated = accept(p, HY_KW_NOT);
    unsigned word = peek(p);
    p->pos++;
    if (word == HY_KW_IN)
        return parse_in(p, left, negated, pos, out);
    if (word == HY_KW_BETWEEN)
        return parse_between(p, left, negated, pos, out);
    if (word == HY_KW_SIMILAR) {
        HY_TRY(expect(p, HY_KW_TO));
        return finish_like(p, left, HY_AST_LIKE_SIMILAR, negated, pos, out);
    }
    HyAstLikeKind kind = word == HY_KW_LIKE ? HY_AST_LIKE_LIKE : HY_AST_LIKE_ILIKE;
    if (at_quantifier(p)) {
        HyAstOp op = kind == HY_AST_LIKE_LIKE ? (negated ? HY_AST_OP_NOT_LIKE : HY_AST_OP_LIKE)
                                              : (negated ? HY_AST_OP_NOT_ILIKE : HY_AST_OP_ILIKE);
        return parse_quantified(p, left, op, pos, out);
    }
    return finish_like(p, left, kind, negated, pos, out);
}

/* IS [NOT] {NULL | TRUE | FALSE | UNKNOWN | DISTINCT FROM x}, ISNULL, NOTNULL. */
static HyStatus parse_is(HyParser *p, HyAstExpr *left, HyAstExpr **out)
{
    uint32_t pos = next_offset(p);
    HyAstExprKind kind = HY_AST_IS_NULL;
    HyAstTruth truth = HY_AST_UNKNOWN;
    HyAstExpr *right = NULL;
    bool negated = false;
    if (accept(p, HY_KW_NOTNULL)) {
        negated = true;
    } else if (!accept(p, HY_KW_ISNULL)) {
        p->pos++; /* IS */
        negated = accept(p, HY_KW_NOT);
        if (accept(p, HY_KW_DISTINCT)) {
            kind = HY_AST_IS_DISTINCT;
            HY_TRY(expect(p, HY_KW_FROM));
            HY_TRY(parse_level(p, LEVEL_IS + 1, &right));
        } else if (!accept(p, HY_KW_NULL)) {
            kind = HY_AST_IS_BOOL;
            if (accept(p, HY_KW_TRUE))
                truth = HY_AST_TRUE;
            else if (accept(p, HY_KW_FALSE))
                truth = HY_AST_FALSE;
            else
                HY_TRY(expect(p, HY_KW_UNKNOWN));
        }
    }
    HY_TRY(new_infix(p, kind, left, pos, out));
    (*out)->is.operand = left;
    (*out)->is.right = right;
    (*out)->is.truth = truth;
    (*out)->is.negated = negated;
    return HY_OK;
}

static HyStatus parse_at_time_zone(HyParser *p, HyAstExpr *left, HyAstExpr **out)
{
    uint32_t pos = next_offset(p);
    p->pos += 2; /* AT TIME */
    HY_TRY(expect(p, HY_KW_ZONE));
    HyAstExpr *zone;
    HY_TRY(parse_level(p, LEVEL_AT + 1, &zone));
    HY_TRY(hy_parser_new_call(p, "timezone", HY_AST_CALL_TIMEZONE, left->span.offset, out));
    (*out)->pos = pos;
    return hy_parser_set_args(p, *out, (HyAstExpr *[]){zone, left}, 2);
}

static HyStatus parse_collate(HyParser *p, HyAstExpr *left, HyAstExpr **out)
{
    uint32_t pos = next_offset(p);
    p->pos++;
    HyAstQName collation;
    HY_TRY(hy_parse_any_name(p, &collation));
    HY_TRY(new_infix(p, HY_AST_COLLATE, left, pos, out));
    (*out)->collate.operand = left;
    (*out)->collate.collation = collation;
    return HY_OK;
}

static HyStatus parse_colons(HyParser *p, HyAstExpr *left, HyAstExpr **out)
{
    p->pos++;
    HyAstType *type;
    HY_TRY(hy_parse_type_name(p, &type));
    /* a failing cast is shown at the operand, as genuine does */
    HY_TRY(new_infix(p, HY_AST_CAST, left, left->span.offset, out));
    (*out)->cast.operand = left;
    (*out)->cast.type = type;
    (*out)->cast.syntax = HY_AST_CAST_COLONS;
    return HY_OK;
}

static HyStatus parse_infix(HyParser *p, HyAstExpr *left, Level level, HyAstExpr **out)
{
    switch (level) {
    case LEVEL_OR:
    case LEVEL_AND:
        return parse_chain(p, left, level, out);
    case LEVEL_IS:
        return parse_is(p, left, out);
    case LEVEL_IN:
        return parse_in_level(p, left, out);
    case LEVEL_AT:
        return parse_at_time_zone(p, left, out);
    case LEVEL_COLLATE:
        return parse_collate(p, left, out);
    case LEVEL_CAST:
        return parse_colons(p, left, out);
    case LEVEL_COMPARE:
    case LEVEL_OTHER:
    case LEVEL_ADD:
    case LEVEL_MUL:
    case LEVEL_POW:
        return parse_binary(p, left, level, out);
    case LEVEL_NONE:
    case LEVEL_NOT:
    case LEVEL_UNARY:
        break;
    }
    return hy_parser_error(p);
}

/* Whether an expression that ends in an operand of `e` may be followed by an operator of `level`.
 */
static bool associates(const HyAstExpr *e, Level level)
{
    switch (level) {
    case LEVEL_COMPARE:
        return e->kind != HY_AST_BINARY || e->binary.op < HY_AST_OP_EQ ||
               e->binary.op > HY_AST_OP_GE;
    case LEVEL_IN:
        return e->kind != HY_AST_LIKE && e->kind != HY_AST_BETWEEN;
    case LEVEL_IS:
        return e->kind != HY_AST_IS_DISTINCT;
    case LEVEL_NONE:
    case LEVEL_OR:
    case LEVEL_AND:
    case LEVEL_NOT:
    case LEVEL_OTHER:
    case LEVEL_ADD:
    case LEVEL_MUL:
    case LEVEL_POW:
    case LEVEL_AT:
    case LEVEL_COLLATE:
    case LEVEL_UNARY:
    case LEVEL_CAST:
        break;
    }
    return true;
}

static HyStatus parse_rest(HyParser *p, HyAstExpr *left, Level min, HyAstExpr **out)
{
    unsigned depth = p->depth;
    for (;;) {
        Level level = next_level(p);
        if (level == LEVEL_NONE || level < min || hy_parser_at_operator_label(p))
            break;
        if (!left->parenthesized && !associates(left, level)) {
            hy_parser_note_expected(p, HY_EXPECT_ITEM_END);
            return hy_parser_error(p);
        }
        if (level > LEVEL_AND)
            HY_TRY(hy_parser_enter(p)); /* a chain nests to the left */
        HY_TRY(parse_infix(p, left, level, &left));
    }
    hy_parser_note_expected(
        p, min > LEVEL_COMPARE ? HY_EXPECT_TIGHT_OPERATORS : HY_EXPECT_OPERATORS);
    p->depth = depth;
    *out = left;
    return HY_OK;
}

/* ---- Prefix forms
 * -------------------------------------------------------------------------------- */

static HyStatus parse_not(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    p->pos++;
    HyAstExpr *operand;
    HY_TRY(parse_level(p, LEVEL_NOT, &operand));
    HY_TRY(hy_parser_new_expr(p, HY_AST_NOT, start, out));
    (*out)->operand = operand;
    return HY_OK;
}

static HyStatus parse_unary(HyParser *p, Level level, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    HyAstOp op;
    const char *text;
    HyAstExpr *operand;
    HY_TRY(take_operator(p, &op, &text));
    if (op == HY_AST_OP_SUB)
        p->minus_pos = p->pos;
    HY_TRY(parse_level(p, level, &operand));
    HY_TRY(hy_parser_new_expr(p, HY_AST_UNARY, start, out));
    (*out)->unary.op = op;
    (*out)->unary.operand = operand;
    (*out)->unary.op_text = (HyAstText){.data = text, .len = strlen(text)};
    return HY_OK;
}

static HyStatus parse_prefix(HyParser *p, HyAstExpr **out)
{
    switch (peek(p)) {
    case HY_KW_NOT:
        return parse_not(p, out);
    case HY_TOK_PLUS:
    case HY_TOK_MINUS:
        return parse_unary(p, LEVEL_UNARY, out);
    case HY_TOK_OPERATOR:
        return parse_unary(p, LEVEL_OTHER + 1, out);
    default:
        return hy_parse_primary(p, out);
    }
}

static HyStatus parse_level(HyParser *p, Level min, HyAstExpr **out)
{
    HyAstExpr *left;
    HY_TRY(hy_parser_enter(p));
    HY_TRY(parse_prefix(p, &left));
    HY_TRY(parse_rest(p, left, min, out));
    p->depth--;
    return HY_OK;
}

HyStatus hy_parse_expr(HyParser *p, HyAstExpr **out)
{
    return parse_level(p, LEVEL_OR, out);
}

HyStatus hy_parse_operand(HyParser *p, HyAstExpr **out)
{
    return parse_level(p, LEVEL_OTHER, out);
}

HyStatus hy_parse_expr_rest(HyParser *p, HyAstExpr *left, HyAstExpr **out)
{
    return parse_rest(p, left, LEVEL_OR, out);
}

HyStatus hy_parse_expr_list(HyParser *p, HyAstExprList *out)
{
    size_t mark = list_begin(p);
    do {
        HyAstExpr *e;
        HY_TRY(hy_parse_expr(p, &e));
        HY_TRY(list_push(p, &e, sizeof e));
    } while (accept(p, HY_TOK_COMMA));
    return hy_parser_list_end(p, mark, sizeof(HyAstExpr *), &out->items, &out->n);
}
