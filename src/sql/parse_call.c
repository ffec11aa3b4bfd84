/* Calls: arguments, aggregates, and functions with syntax of their own. */
#include "sql/parser_internal.h"

#include <string.h>

/* Arguments under construction; at most four by special syntax. */
#define MAX_SPECIAL_ARGS 4

HyStatus hy_parser_new_call(
    HyParser *p, const char *name, HyAstCallSyntax syntax, uint32_t start, HyAstExpr **out)
{
    HyAstCall *call;
    HY_ARENA_NEW(p->arena, call, 1);
    HyAstName part = {.text = name, .len = (uint32_t)strlen(name), .span = span_from(p, start)};
    HY_TRY(hy_parser_single_qname(p, part, &call->name));
    call->syntax = syntax;
    HY_TRY(hy_parser_new_expr(p, HY_AST_CALL, start, out));
    (*out)->call = call;
    return HY_OK;
}

HyStatus hy_parser_set_args(HyParser *p, HyAstExpr *call, HyAstExpr *const *args, size_t n)
{
    HyAstExprList *list = &call->call->args;
    if (n == 0)
        return HY_OK;
    HY_ARENA_NEW(p->arena, list->items, n);
    memcpy(list->items, args, n * sizeof(HyAstExpr *));
    list->n = n;
    return HY_OK;
}

/* ---- Plain arguments
 * ----------------------------------------------------------------------------- */

static bool takes_lambdas(const HyAstCall *call)
{
    const HyAstName *last = &call->name.parts.items[call->name.parts.n - 1];
    return strcmp(last->text, "array_transform") == 0 || strcmp(last->text, "array_filter") == 0;
}

/* lambda x: body, lambda x, y: body */
static bool at_lambda(const HyParser *p)
{
    const HyToken *t = next_token(p);
    return peek(p) == HY_TOK_IDENT && t->length == 6 &&
           strncasecmp(p->sql + t->offset, "lambda", 6) == 0 && peek_at(p, 1) != HY_TOK_RPAREN &&
           peek_at(p, 1) != HY_TOK_COMMA &&
           (peek_at(p, 2) == HY_TOK_COLON || peek_at(p, 2) == HY_TOK_COMMA);
}

static HyStatus parse_lambda(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    size_t n;
    HyAstName *names;
    HyAstExpr *body;
    size_t mark = list_begin(p);
    p->pos++; /* lambda */
    do {
        HyAstName name;
        HY_TRY(hy_parse_name(p, &name));
        HY_TRY(list_push(p, &name, sizeof name));
    } while (accept(p, HY_TOK_COMMA));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstName), &names, &n));
    HY_TRY(expect(p, HY_TOK_COLON));
    HY_TRY(hy_parse_expr(p, &body));
    HY_TRY(hy_parser_new_expr(p, HY_AST_LAMBDA, start, out));
    (*out)->lambda.parameters = (HyAstNameList){.items = names, .n = n};
    (*out)->lambda.body = body;
    return HY_OK;
}

typedef struct Argument {
    HyAstExpr *value;
    HyAstName name;
} Argument;

static HyStatus parse_argument(HyParser *p, HyAstCall *call, Argument *out)
{
    *out = (Argument){0};
    unsigned next = peek_at(p, 1);
    if (next == HY_TOK_FAT_ARROW || next == HY_TOK_ASSIGN) {
        if (hy_parser_at_name(p) || hy_parser_at_function_name(p)) {
            HY_TRY(hy_parser_take_name(p, &out->name));
            p->pos++;
        }
    } else if (accept(p, HY_KW_VARIADIC)) {
        call->variadic = true;
    }
    if (takes_lambdas(call) && at_lambda(p))
        return parse_lambda(p, &out->value);
    return hy_parse_expr(p, &out->value);
}

/* Copies pushed arguments into the two parallel lists of a call. */
static HyStatus finish_arguments(HyParser *p, size_t mark, bool has_names, HyAstCall *call)
{
    Argument *items;
    size_t n;
    HY_TRY(hy_parser_list_end(p, mark, sizeof(Argument), &items, &n));
    HY_ARENA_NEW(p->arena, call->args.items, n);
    call->args.n = n;
    if (has_names)
        HY_ARENA_NEW(p->arena, call->arg_names, n);
    for (size_t i = 0; i < n; i++) {
        call->args.items[i] = items[i].value;
        if (has_names)
            call->arg_names[i] = items[i].name;
    }
    return HY_OK;
}

static HyStatus parse_arguments(HyParser *p, HyAstCall *call)
{
    bool has_names = false;
    size_t mark = list_begin(p);
    do {
        Argument argument;
        uint32_t start = next_offset(p);
        HY_TRY(parse_argument(p, call, &argument));
        if (has_names && !argument.name.text)
            return hy_error_at(
                hy_error("42601", "positional argument cannot follow named argument"), start);
        has_names |= argument.name.text != NULL;
        HY_TRY(list_push(p, &argument, sizeof argument));
        /* json_object('key': value) */
        if (peek(p) == HY_TOK_COLON && strcmp(call->name.parts.items[0].text, "json_object") == 0) {
            p->pos++;
            HY_TRY(parse_argument(p, call, &argument));
            HY_TRY(list_push(p, &argument, sizeof argument));
        }
    } while (accept(p, HY_TOK_COMMA));
    return finish_arguments(p, mark, has_names, call);
}

/* NULL ON NULL, ABSENT ON NULL: behind the arguments of SQL/JSON functions. */
static HyStatus parse_json_nulls(HyParser *p, HyAstCall *call)
{
    bool is_null = peek(p) == HY_KW_NULL && peek_at(p, 1) == HY_KW_ON;
    if (!is_null && !(peek(p) == HY_KW_ABSENT && peek_at(p, 1) == HY_KW_ON))
        return HY_OK;
    p->pos += 2;
    call->json_nulls = is_null ? HY_AST_JSON_NULL_ON_NULL : HY_AST_JSON_ABSENT_ON_NULL;
    return expect(p, HY_KW_NULL);
}

/* Between the parentheses of a call. */
static HyStatus parse_call_body(HyParser *p, HyAstCall *call)
{
    if (accept(p, HY_TOK_STAR)) {
        call->star = true;
        return HY_OK;
    }
    if (accept(p, HY_KW_DISTINCT))
        call->distinct = true;
    else
        call->all = accept(p, HY_KW_ALL);
    if (peek(p) != HY_TOK_RPAREN || call->distinct)
        HY_TRY(parse_arguments(p, call));
    HY_TRY(hy_parse_order_by(p, &call->order_by));
    return parse_json_nulls(p, call);
}

/* ---- Behind the arguments
 * ------------------------------------------------------------------------ */

static HyStatus parse_over(HyParser *p, HyAstCall *call)
{
    if (peek(p) == HY_TOK_LPAREN)
        return hy_parse_window_spec(p, &call->over);
    hy_parser_note_expected(p, HY_TOK_LPAREN);
    HyAstWindow *window;
    HY_ARENA_NEW(p->arena, window, 1);
    HY_TRY(hy_parse_name(p, &window->name));
    window->is_reference = true;
    window->span = window->name.span;
    call->over = window;
    return HY_OK;
}

/* [WITHIN GROUP (ORDER BY ..)] [FILTER (WHERE ..)] [IGNORE | RESPECT NULLS] [OVER ..] */
static HyStatus parse_call_suffixes(HyParser *p, HyAstCall *call)
{
    if (hy_parser_accept2(p, HY_KW_WITHIN, HY_KW_GROUP)) {
        HY_TRY(expect(p, HY_TOK_LPAREN));
        HY_TRY(hy_parse_order_by(p, &call->within_group));
        if (call->within_group.n == 0)
            return hy_parser_error(p);
        HY_TRY(expect(p, HY_TOK_RPAREN));
    }
    if (hy_parser_accept2(p, HY_KW_FILTER, HY_TOK_LPAREN)) {
        HY_TRY(expect(p, HY_KW_WHERE));
        HY_TRY(hy_parse_expr(p, &call->filter));
        HY_TRY(expect(p, HY_TOK_RPAREN));
    }
    if (hy_parser_accept2(p, HY_KW_IGNORE, HY_KW_NULLS))
        call->ignore_nulls = true;
    else if (hy_parser_accept2(p, HY_KW_RESPECT, HY_KW_NULLS))
        call->respect_nulls = true;
    if (accept(p, HY_KW_OVER))
        return parse_over(p, call);
    return HY_OK;
}

HyStatus hy_parse_call(HyParser *p, HyAstQName name, uint32_t start, HyAstExpr **out)
{
    HyAstCall *call;
    HY_ARENA_NEW(p->arena, call, 1);
    call->name = name;
    HY_TRY(expect(p, HY_TOK_LPAREN));
    HY_TRY(parse_call_body(p, call));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    HY_TRY(parse_call_suffixes(p, call));
    HY_TRY(hy_parser_new_expr(p, HY_AST_CALL, start, out));
    (*out)->call = call;
    return HY_OK;
}

/* ---- Special syntax
 * ------------------------------------------------------------------------------ */

/* A call whose arguments were read up to the closing parenthesis. */
static HyStatus finish_special(HyParser *p, const char *name, HyAstCallSyntax syntax,
    uint32_t start, HyAstExpr *const *args, size_t n, HyAstExpr **out)
{
    HY_TRY(expect(p, HY_TOK_RPAREN));
    HY_TRY(hy_parser_new_call(p, name, syntax, start, out));
    return hy_parser_set_args(p, *out, args, n);
}

/* EXTRACT(field FROM source) */
static HyStatus parse_extract(HyParser *p, uint32_t start, HyAstExpr **out)
{
    HyAstExpr *args[2];
    uint32_t pos = next_offset(p);
    HyAstText field;
    if (peek(p) == HY_TOK_STRING) {
        HY_TRY(hy_parse_string(p, &field));
    } else {
        HyAstName name;
        hy_parser_note_expected(p, HY_TOK_STRING);
        HY_TRY(hy_parse_label(p, &name));
        field = (HyAstText){.data = name.text, .len = name.len};
    }
    HY_TRY(hy_parser_new_expr(p, HY_AST_STRING, pos, &args[0]));
    args[0]->text = field;
    HY_TRY(expect(p, HY_KW_FROM));
    HY_TRY(hy_parse_expr(p, &args[1]));
    return finish_special(p, "extract", HY_AST_CALL_EXTRACT, start, args, 2, out);
}

/* POSITION(part IN whole) */
static HyStatus parse_position(HyParser *p, uint32_t start, HyAstExpr **out)
{
    HyAstExpr *args[2];
    HY_TRY(hy_parse_operand(p, &args[0]));
    HY_TRY(expect(p, HY_KW_IN));
    HY_TRY(hy_parse_operand(p, &args[1]));
    return finish_special(p, "position", HY_AST_CALL_POSITION, start, args, 2, out);
}

/* OVERLAY(string PLACING new FROM start [FOR count]) */
static HyStatus parse_overlay(HyParser *p, uint32_t start, HyAstExpr **out)
{
    HyAstExpr *args[MAX_SPECIAL_ARGS];
    size_t n = 3;
    HY_TRY(hy_parse_expr(p, &args[0]));
    HY_TRY(expect(p, HY_KW_PLACING));
    HY_TRY(hy_parse_expr(p, &args[1]));
    HY_TRY(expect(p, HY_KW_FROM));
    HY_TRY(hy_parse_expr(p, &args[2]));
    if (accept(p, HY_KW_FOR)) {
        HY_TRY(hy_parse_expr(p, &args[3]));
        n = 4;
    }
    return finish_special(p, "overlay", HY_AST_CALL_OVERLAY, start, args, n, out);
}

/* Further arguments of a plain call behind a first one that was already read. */
static HyStatus finish_plain(
    HyParser *p, const char *name, uint32_t start, HyAstExpr *first, HyAstExpr **out)
{
    HyAstExprList args;
    size_t mark = list_begin(p);
    HY_TRY(list_push(p, &first, sizeof first));
    while (accept(p, HY_TOK_COMMA)) {
        HyAstExpr *e;
        HY_TRY(hy_parse_expr(p, &e));
        HY_TRY(list_push(p, &e, sizeof e));
    }
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstExpr *), &args.items, &args.n));
    return finish_special(p, name, HY_AST_CALL_PLAIN, start, args.items, args.n, out);
}

/* SUBSTRING(string FROM start FOR count), in either order, FOR alone from 1;
 * SUBSTRING(string SIMILAR pattern ESCAPE c); SUBSTRING(string, start, ..) */
static HyStatus parse_substring(HyParser *p, uint32_t start, HyAstExpr **out)
{
    HyAstExpr *args[3] = {0};
    HY_TRY(hy_parse_expr(p, &args[0]));
    if (accept(p, HY_KW_SIMILAR)) {
        HY_TRY(hy_parse_expr(p, &args[1]));
        HY_TRY(expect(p, HY_KW_ESCAPE));
        HY_TRY(hy_parse_expr(p, &args[2]));
        return finish_special(p, "substring", HY_AST_CALL_SUBSTRING_SIMILAR, start, args, 3, out);
    }
    if (peek(p) != HY_KW_FROM && peek(p) != HY_KW_FOR) {
        hy_parser_note_expected(p, HY_KW_FROM);
        hy_parser_note_expected(p, HY_KW_FOR);
        return finish_plain(p, "substring", start, args[0], out);
    }
    if (accept(p, HY_KW_FROM))
        HY_TRY(hy_parse_expr(p, &args[1]));
    if (accept(p, HY_KW_FOR))
        HY_TRY(hy_parse_expr(p, &args[2]));
    if (!args[1] && accept(p, HY_KW_FROM))
        HY_TRY(hy_parse_expr(p, &args[1]));
    if (!args[1]) {
        HY_TRY(hy_parser_new_expr(p, HY_AST_INTEGER, start, &args[1]));
        args[1]->integer = 1;
    }
    return finish_special(p, "substring", HY_AST_CALL_SUBSTRING, start, args, args[2] ? 3 : 2, out);
}

/* TRIM([LEADING | TRAILING | BOTH] [characters] [FROM] string), TRIM(string, characters) */
static HyStatus parse_trim(HyParser *p, uint32_t start, HyAstExpr **out)
{
    const char *name = "btrim";
    HyAstExpr *args[2] = {0};
    if (accept(p, HY_KW_LEADING))
        name = "ltrim";
    else if (accept(p, HY_KW_TRAILING))
        name = "rtrim";
    else
        (void)accept(p, HY_KW_BOTH);
    if (!accept(p, HY_KW_FROM)) {
        HY_TRY(hy_parse_expr(p, &args[0]));
        if (accept(p, HY_KW_FROM)) {
            args[1] = args[0];
            args[0] = NULL;
        }
    }
    if (!args[0])
        HY_TRY(hy_parse_expr(p, &args[0]));
    if (accept(p, HY_TOK_COMMA)) {
        if (args[1]) {
            p->pos--;
            return expect(p, HY_TOK_RPAREN);
        }
        HY_TRY(hy_parse_expr(p, &args[1]));
    }
    return finish_special(p, name, HY_AST_CALL_TRIM, start, args, args[1] ? 2 : 1, out);
}

/* COLLATION FOR (x) */
static HyStatus parse_collation_for(HyParser *p, uint32_t start, HyAstExpr **out)
{
    HyAstExpr *arg;
    HY_TRY(hy_parse_expr(p, &arg));
    return finish_special(p, "collation for", HY_AST_CALL_KEYWORD, start, &arg, 1, out);
}

/* CURRENT_DATE and its kin, some with a precision. Empty parentheses are allowed. */
static HyStatus parse_keyword_call(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    const char *name = hy_keyword_text(peek(p));
    HyAstExpr *precision = NULL;
    p->pos++;
    if (accept(p, HY_TOK_LPAREN)) {
        if (peek(p) != HY_TOK_RPAREN)
            HY_TRY(hy_parse_expr(p, &precision));
        HY_TRY(expect(p, HY_TOK_RPAREN));
    }
    HY_TRY(hy_parser_new_call(p, name, HY_AST_CALL_KEYWORD, start, out));
    return hy_parser_set_args(p, *out, &precision, precision ? 1 : 0);
}

static bool at_keyword_call(const HyParser *p)
{
    switch (peek(p)) {
    case HY_KW_CURRENT_CATALOG:
    case HY_KW_CURRENT_DATE:
    case HY_KW_CURRENT_ROLE:
    case HY_KW_CURRENT_TIME:
    case HY_KW_CURRENT_TIMESTAMP:
    case HY_KW_CURRENT_USER:
    case HY_KW_LOCALTIME:
    case HY_KW_LOCALTIMESTAMP:
    case HY_KW_SESSION_USER:
    case HY_KW_USER:
        return true;
    case HY_KW_CURRENT_SCHEMA: /* with parentheses a plain function */
        return peek_at(p, 1) != HY_TOK_LPAREN;
    default:
        return false;
    }
}

HyStatus hy_parse_special_call(HyParser *p, bool *found, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    unsigned word = peek(p);
    *found = true;
    if (at_keyword_call(p))
        return parse_keyword_call(p, out);
    if (word == HY_KW_COLLATION && peek_at(p, 1) == HY_KW_FOR && peek_at(p, 2) == HY_TOK_LPAREN) {
        p->pos += 3;
        return parse_collation_for(p, start, out);
    }
    *found = peek_at(p, 1) == HY_TOK_LPAREN &&
             (word == HY_KW_EXTRACT || word == HY_KW_POSITION || word == HY_KW_OVERLAY ||
                 word == HY_KW_SUBSTRING || word == HY_KW_TRIM || word == HY_KW_TREAT);
    if (!*found)
        return HY_OK;
    if (word == HY_KW_TREAT)
        return hy_parser_refuse(p, "TREAT not implemented yet");
    p->pos += 2;
    switch (word) {
    case HY_KW_EXTRACT:
        return parse_extract(p, start, out);
    case HY_KW_POSITION:
        return parse_position(p, start, out);
    case HY_KW_OVERLAY:
        return parse_overlay(p, start, out);
    case HY_KW_SUBSTRING:
        return parse_substring(p, start, out);
    default:
        return parse_trim(p, start, out);
    }
}

/* ---- DESCRIPTOR
 * ---------------------------------------------------------------------------------- */

/* (a int NOT NULL, b text COLLATE "c", d) */
HyStatus hy_parse_descriptor_columns(HyParser *p, HyAstDescriptorColumn **columns, size_t *n)
{
    HY_TRY(expect(p, HY_TOK_LPAREN));
    size_t mark = list_begin(p);
    do {
        HyAstDescriptorColumn column = {0};
        HY_TRY(hy_parse_name(p, &column.name));
        if (peek(p) != HY_TOK_COMMA && peek(p) != HY_TOK_RPAREN)
            HY_TRY(hy_parse_type_name(p, &column.type));
        if (accept(p, HY_KW_COLLATE))
            HY_TRY(hy_parse_any_name(p, &column.collation));
        if (accept(p, HY_KW_NOT)) {
            HY_TRY(expect(p, HY_KW_NULL));
            column.not_null = true;
        } else {
            (void)accept(p, HY_KW_NULL);
        }
        HY_TRY(list_push(p, &column, sizeof column));
    } while (accept(p, HY_TOK_COMMA));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstDescriptorColumn), columns, n));
    return expect(p, HY_TOK_RPAREN);
}
