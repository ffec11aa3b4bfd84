/* Type names (spec/sql.md, section 3). Whether a type exists and takes modifiers is the binder's
 * question. */
#include "sql/parser_internal.h"

#include <string.h>

bool hy_parser_at_type_keyword(const HyParser *p)
{
    switch (peek(p)) {
    case HY_KW_BIGINT:
    case HY_KW_BIT:
    case HY_KW_BOOLEAN:
    case HY_KW_CHAR:
    case HY_KW_CHARACTER:
    case HY_KW_DEC:
    case HY_KW_DECIMAL:
    case HY_KW_FLOAT:
    case HY_KW_INT:
    case HY_KW_INTEGER:
    case HY_KW_INTERVAL:
    case HY_KW_JSON:
    case HY_KW_NATIONAL:
    case HY_KW_NCHAR:
    case HY_KW_NUMERIC:
    case HY_KW_REAL:
    case HY_KW_SMALLINT:
    case HY_KW_TIME:
    case HY_KW_TIMESTAMP:
    case HY_KW_VARCHAR:
        return true;
    case HY_KW_DOUBLE:
        return peek_at(p, 1) == HY_KW_PRECISION;
    default:
        return false;
    }
}

/* Gives a type of several words, or with a short form, the one name that the binder knows. */
static HyStatus set_name(HyParser *p, HyAstType *type, const char *text)
{
    HyAstName name = {.text = text, .len = (uint32_t)strlen(text), .span = type->span};
    return hy_parser_single_qname(p, name, &type->name);
}

/* (10, 2) */
static HyStatus parse_modifiers(HyParser *p, HyAstType *type)
{
    if (!accept(p, HY_TOK_LPAREN))
        return HY_OK;
    HY_TRY(hy_parse_expr_list(p, &type->modifiers));
    return expect(p, HY_TOK_RPAREN);
}

/* [NATIONAL] CHARACTER, CHAR, NCHAR [VARYING] [(n)], VARCHAR [(n)] */
static HyStatus parse_character(HyParser *p, HyAstType *type)
{
    bool is_varying = peek(p) == HY_KW_VARCHAR;
    if (accept(p, HY_KW_NATIONAL)) {
        if (!accept(p, HY_KW_CHAR))
            HY_TRY(expect(p, HY_KW_CHARACTER));
    } else {
        p->pos++;
    }
    if (!is_varying)
        is_varying = accept(p, HY_KW_VARYING);
    HY_TRY(set_name(p, type, is_varying ? "varchar" : "char"));
    return parse_modifiers(p, type);
}

/* TIME, TIMESTAMP [WITH | WITHOUT TIME ZONE]. A WITH that means something else stays. */
static HyStatus parse_time(HyParser *p, HyAstType *type)
{
    bool is_timestamp = peek(p) == HY_KW_TIMESTAMP;
    bool has_zone = false;
    p->pos++;
    if (hy_parser_accept2(p, HY_KW_WITH, HY_KW_TIME)) {
        has_zone = true;
        HY_TRY(expect(p, HY_KW_ZONE));
    } else if (hy_parser_accept2(p, HY_KW_WITHOUT, HY_KW_TIME)) {
        HY_TRY(expect(p, HY_KW_ZONE));
    }
    if (has_zone && !is_timestamp)
        return hy_error_at(
            hy_error("0A000", "WITH TIME ZONE not implemented yet"), type->span.offset);
    return set_name(p, type, !is_timestamp ? "time" : has_zone ? "timestamptz" : "timestamp");
}

static HyStatus parse_named_type(HyParser *p, HyAstType *type)
{
    uint32_t start = next_offset(p);
    if (!hy_parser_at_function_name(p) && !hy_parser_at_name(p)) {
        hy_parser_note_expected(p, HY_TOK_IDENT);
        hy_parser_note_expected(p, HY_KW_ARRAY);
        return hy_parser_error(p);
    }
    HyAstName name;
    size_t mark = list_begin(p);
    HY_TRY(hy_parser_take_name(p, &name));
    HY_TRY(list_push(p, &name, sizeof name));
    while (accept(p, HY_TOK_DOT)) {
        HY_TRY(hy_parse_label(p, &name));
        HY_TRY(list_push(p, &name, sizeof name));
    }
    HY_TRY(hy_parser_list_end(p, mark, sizeof name, &type->name.parts.items, &type->name.parts.n));
    type->name.span = span_from(p, start);
    return parse_modifiers(p, type);
}

HyStatus hy_parse_simple_type(HyParser *p, HyAstType **out)
{
    HyAstType *type;
    HY_ARENA_NEW(p->arena, type, 1);
    type->span.offset = next_offset(p);
    unsigned word = hy_parser_at_type_keyword(p) ? peek(p) : HY_TOK_IDENT;
    switch (word) {
    case HY_KW_DOUBLE:
        p->pos += 2;
        HY_TRY(set_name(p, type, "double precision"));
        break;
    case HY_KW_CHAR:
    case HY_KW_CHARACTER:
    case HY_KW_NCHAR:
    case HY_KW_NATIONAL:
    case HY_KW_VARCHAR:
        HY_TRY(parse_character(p, type));
        break;
    case HY_KW_TIME:
    case HY_KW_TIMESTAMP:
        HY_TRY(parse_time(p, type));
        break;
    case HY_KW_BIT:
        return hy_parser_refuse(p, "BIT data type not implemented yet");
    case HY_KW_DEC:
    case HY_KW_DECIMAL:
    case HY_KW_FLOAT:
    case HY_KW_INTERVAL:
    case HY_KW_NUMERIC:
        HY_TRY(set_name(p, type, hy_keyword_text(word)));
        p->pos++;
        HY_TRY(parse_modifiers(p, type));
        break;
    case HY_TOK_IDENT:
        HY_TRY(parse_named_type(p, type));
        break;
    default: /* INT, BIGINT, ..: one word without modifiers */
        HY_TRY(set_name(p, type, hy_keyword_text(word)));
        p->pos++;
        break;
    }
    type->span = span_from(p, type->span.offset);
    type->name.span = type->name.span.length ? type->name.span : type->span;
    *out = type;
    return HY_OK;
}

static bool at_interval_field(const HyParser *p)
{
    switch (peek(p)) {
    case HY_KW_YEAR:
    case HY_KW_MONTH:
    case HY_KW_DAY:
    case HY_KW_HOUR:
    case HY_KW_MINUTE:
    case HY_KW_SECOND:
        return true;
    default:
        return false;
    }
}

/* Rank of a field in `from TO to`; months and days do not mix. */
static int field_rank(unsigned word)
{
    switch (word) {
    case HY_KW_YEAR:
        return 1;
    case HY_KW_MONTH:
        return 2;
    case HY_KW_DAY:
        return 11;
    case HY_KW_HOUR:
        return 12;
    case HY_KW_MINUTE:
        return 13;
    default:
        return 14;
    }
}

/* The precision of SECOND (n) has no meaning: it is read and dropped. */
static HyStatus skip_second_precision(HyParser *p)
{
    if (!accept(p, HY_TOK_LPAREN))
        return HY_OK;
    HY_TRY(expect(p, HY_TOK_INTEGER));
    return expect(p, HY_TOK_RPAREN);
}

HyStatus hy_parse_interval_fields(HyParser *p, HyAstType *type)
{
    if (type->name.parts.n != 1 || strcmp(type->name.parts.items[0].text, "interval") != 0 ||
        !at_interval_field(p))
        return HY_OK;
    unsigned from = peek(p);
    HY_TRY(hy_parser_take_name(p, &type->interval_from));
    if (from == HY_KW_SECOND)
        return skip_second_precision(p);
    if (!accept(p, HY_KW_TO))
        return HY_OK;
    int low = field_rank(from);
    int high = field_rank(peek(p));
    if (!at_interval_field(p) || high <= low || (low < 10) != (high < 10)) {
        hy_parser_note_expected(p, low < 10 ? HY_KW_MONTH : HY_KW_SECOND);
        return hy_parser_error(p);
    }
    unsigned to = peek(p);
    HY_TRY(hy_parser_take_name(p, &type->interval_to));
    return to == HY_KW_SECOND ? skip_second_precision(p) : HY_OK;
}

/* array(T [NOT NULL]); ARRAY was read. */
static HyStatus parse_array_type(HyParser *p, uint32_t start, HyAstType **out)
{
    HyAstType *type;
    HY_ARENA_NEW(p->arena, type, 1);
    type->kind = HY_AST_TYPE_ARRAY;
    HY_TRY(expect(p, HY_TOK_LPAREN));
    HY_TRY(hy_parse_type_name(p, &type->element));
    type->element_not_null = accept(p, HY_KW_NOT);
    if (type->element_not_null)
        HY_TRY(expect(p, HY_KW_NULL));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    type->span = span_from(p, start);
    *out = type;
    return HY_OK;
}

static HyStatus wrap_array(HyParser *p, HyAstType **type)
{
    HyAstType *array;
    HY_ARENA_NEW(p->arena, array, 1);
    array->kind = HY_AST_TYPE_ARRAY;
    array->element = *type;
    array->span = span_from(p, (*type)->span.offset);
    *type = array;
    return HY_OK;
}

/* T[], T ARRAY, T ARRAY[n] */
static HyStatus parse_array_suffixes(HyParser *p, HyAstType **type)
{
    unsigned depth = p->depth;
    for (;;) {
        HY_TRY(hy_parser_enter(p));
        if (accept(p, HY_TOK_LBRACKET)) {
            if (peek(p) == HY_TOK_INTEGER)
                return hy_parser_refuse(p, "Fixed-size arrays are not supported");
            HY_TRY(expect(p, HY_TOK_RBRACKET));
        } else if (accept(p, HY_KW_ARRAY)) {
            if (accept(p, HY_TOK_LBRACKET)) {
                HY_TRY(expect(p, HY_TOK_INTEGER));
                HY_TRY(expect(p, HY_TOK_RBRACKET));
            }
        } else {
            break;
        }
        HY_TRY(wrap_array(p, type));
    }
    p->depth = depth;
    return HY_OK;
}

HyStatus hy_parse_type_name(HyParser *p, HyAstType **out)
{
    uint32_t start = next_offset(p);
    HY_TRY(hy_parser_enter(p));
    if (peek(p) == HY_KW_SETOF)
        return hy_error_at(hy_error("42601", "SETOF not allowed here"), start);
    if (accept(p, HY_KW_ARRAY)) {
        HY_TRY(parse_array_type(p, start, out));
    } else {
        HY_TRY(hy_parse_simple_type(p, out));
        HY_TRY(hy_parse_interval_fields(p, *out));
        (*out)->span = span_from(p, start);
    }
    HY_TRY(parse_array_suffixes(p, out));
    p->depth--;
    return HY_OK;
}
