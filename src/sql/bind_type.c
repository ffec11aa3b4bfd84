/* Types as written, and literals. */
#include "base/utf8.h"
#include "sql/bind_internal.h"
#include "types/cast.h"
#include "types/collation.h"
#include "types/datetime.h"
#include "types/numeric.h"

const char *bind_type_name(HyBinder *b, HyType type)
{
    HyBuffer text = {0};
    HyStatus st = hy_type_format(type, &text);
    const char *name = st ? NULL : hy_arena_strndup(b->arena, text.data, text.len);
    hy_error_free(st);
    hy_buffer_free(&text);
    return name ? name : "unknown";
}

const char *bind_type_name_null(HyBinder *b, HyType type)
{
    const char *name = bind_type_name(b, type);
    const char *full = type.nullable ? name : hy_arena_printf(b->arena, "%s not null", name);
    return full ? full : name;
}

HyStatus bind_collation(HyBinder *b, const HyAstQName *name, const HyCollation **out)
{
    (void)b;
    const HyAstName *last = &name->parts.items[name->parts.n - 1];
    if (name->parts.n > 1 && strcmp(name->parts.items[0].text, "pg_catalog") != 0)
        return hy_error_at(
            hy_error("42704", "collation '%s' for encoding 'UTF-8' does not exist", last->text),
            name->span.offset);
    return hy_error_at(hy_collation_find(last->text, out), name->span.offset);
}

static HyStatus bind_modifiers(const HyAstType *type, int64_t mods[2])
{
    if (type->modifiers.n > 2)
        return hy_error_at(
            hy_error("42601", "too many type modifiers"), type->modifiers.items[2]->pos);
    for (size_t i = 0; i < type->modifiers.n; i++) {
        const HyAstExpr *mod = type->modifiers.items[i];
        bool negative = mod->kind == HY_AST_UNARY && mod->unary.op == HY_AST_OP_SUB;
        if (negative)
            mod = mod->unary.operand;
        if (mod->kind != HY_AST_INTEGER || mod->integer > INT32_MAX)
            return hy_error_at(
                hy_error("42601", "type modifiers must be integer constants"), mod->pos);
        mods[i] = negative ? -(int64_t)mod->integer : (int64_t)mod->integer;
    }
    return HY_OK;
}

HyStatus bind_type(HyBinder *b, const HyAstType *type, HyType *out)
{
    if (type->kind == HY_AST_TYPE_ARRAY) {
        HyType *element = NULL;
        HY_ARENA_NEW(b->arena, element, 1);
        HY_TRY(bind_type(b, type->element, element));
        element->nullable = !type->element_not_null;
        *out = hy_type(HY_TYPE_ARRAY);
        out->element = element;
        return HY_OK;
    }
    if (type->interval_from.text)
        return hy_error_at(
            hy_error("0A000", "interval fields not implemented yet"), type->span.offset);
    const HyAstNameList *parts = &type->name.parts;
    const char *name = parts->items[parts->n - 1].text;
    if (parts->n > 2 || (parts->n == 2 && strcmp(parts->items[0].text, "pg_catalog") != 0 &&
                            strcmp(parts->items[0].text, "tableau") != 0))
        return hy_error_at(
            hy_error("42704", "type \"%s\" does not exist", name), type->span.offset);
    if (parts->n == 2 && strcmp(name, "tabgeography") == 0)
        name = "geography";
    int64_t mods[2];
    HY_TRY(bind_modifiers(type, mods));
    return hy_error_at(hy_type_from_name(name, mods, type->modifiers.n, out), type->span.offset);
}

HyStatus hy_bind_type(
    const HyBindContext *ctx, const HyAstType *type, const HyAstQName *collation, HyType *out)
{
    HyBinder b;
    HY_TRY(bind_binder_init(&b, ctx));
    HY_TRY(bind_type(&b, type, out));
    if (!collation || collation->parts.n == 0)
        return HY_OK;
    if (!hy_type_is_text(*out))
        return hy_error_at(
            hy_error("42601", "collations are not supported by type %s", bind_type_name(&b, *out)),
            collation->span.offset);
    HyStatus st = bind_collation(&b, collation, &out->collation);
    if (st && strcmp(st->sqlstate, "42704") == 0)
        memcpy(st->sqlstate, "42601", 5); /* so says the genuine server in a column's definition */
    return st;
}

/* ---- Literals ---- */

static HyStatus integer_literal(HyBinder *b, const HyAstExpr *ast, HyExpr **out)
{
    if (ast->integer > INT64_MAX)
        return hy_error_at(
            hy_error("42601", "invalid integer constant '%llu'", (unsigned long long)ast->integer),
            ast->pos);
    HyValue value = hy_value_null(hy_type(HY_TYPE_INT4));
    value.is_null = false;
    if (ast->integer <= INT32_MAX) {
        value.i32 = (int32_t)ast->integer;
    } else {
        value.type.id = HY_TYPE_INT8;
        value.i64 = (int64_t)ast->integer;
    }
    return hy_expr_const(b->arena, &value, out);
}

static HyStatus numeric_literal(HyBinder *b, const HyAstExpr *ast, HyExpr **out)
{
    HyInt128 number = 0;
    int precision = 0;
    int scale = 0;
    if (!hy_numeric_literal(ast->text.data, ast->text.len, &number, &precision, &scale))
        return hy_error_at(
            hy_error("42601", "invalid numeric constant '%s'", ast->text.data), ast->pos);
    HyValue value = hy_value_null(hy_type_numeric(precision, scale));
    value.is_null = false;
    if (precision <= HY_NUMERIC_MAX_SHORT_PRECISION)
        value.i64 = (int64_t)number;
    else
        value.i128 = number;
    return hy_expr_const(b->arena, &value, out);
}

static HyStatus string_literal(HyBinder *b, const HyAstText *text, HyExpr **out)
{
    HyValue value = hy_value_null(hy_type(HY_TYPE_TEXT));
    value.is_null = false;
    value.string = hy_string_view(text->data, text->len);
    return hy_expr_const(b->arena, &value, out);
}

/* An integer with or without sign, maybe between blanks. */
static bool is_whole_number(const char *text)
{
    text += strspn(text, " ");
    text += *text == '+' || *text == '-';
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && text[digits + strspn(text + digits, " ")] == 0;
}

/* Cuts what is smaller than the last of the literal's fields. */
static void cut_interval(const char *last, HyInterval *v)
{
    if (strcmp(last, "second") == 0)
        return;
    if (strcmp(last, "minute") == 0 || strcmp(last, "hour") == 0) {
        v->micros -= v->micros % (last[0] == 'm' ? HY_MICROS_PER_MINUTE : HY_MICROS_PER_HOUR);
        return;
    }
    v->micros = 0;
    if (strcmp(last, "day") == 0)
        return;
    v->days = 0;
    if (strcmp(last, "year") == 0)
        v->months -= v->months % 12;
}

/* interval '1' year: a single field is the unit of a whole number; of all else it says which fields
 * are kept. */
static HyStatus interval_literal(HyBinder *b, const HyAstExpr *ast, HyExpr **out)
{
    const HyAstType *written = ast->typed.type;
    const char *to = written->interval_to.text;
    const char *last = to ? to : written->interval_from.text;
    HyAstText unit = ast->typed.text;
    HyExpr *text = NULL;
    if (!to && is_whole_number(unit.data)) {
        unit.data = hy_arena_printf(b->arena, "%s %s", ast->typed.text.data, last);
        if (!unit.data)
            return hy_error_oom(unit.len);
        unit.len = strlen(unit.data);
    }
    HY_TRY(string_literal(b, &unit, &text));
    HY_TRY(hy_error_at(
        hy_expr_cast(b->arena, b->style, text, hy_type(HY_TYPE_INTERVAL), out), ast->pos));
    if ((*out)->kind == HY_EXPR_CONST)
        cut_interval(last, &(*out)->value.interval);
    return HY_OK;
}

/* date 'x': what does not convert is a compile-time error of its own. */
static HyStatus typed_literal(HyBinder *b, const HyAstExpr *ast, HyExpr **out)
{
    HyType type;
    HyExpr *text = NULL;
    const HyAstType *written = ast->typed.type;
    if (written->kind == HY_AST_TYPE_NAMED && written->interval_from.text)
        return interval_literal(b, ast, out);
    HY_TRY(bind_type(b, written, &type));
    HY_TRY(string_literal(b, &ast->typed.text, &text));
    bool is_char = type.id == HY_TYPE_CHAR1 && written->kind == HY_AST_TYPE_NAMED &&
                   written->modifiers.n == 0 && strcmp(written->name.parts.items[0].text, "bpchar");
    if (is_char) { /* as long as the text */
        size_t length = hy_utf8_length(ast->typed.text.data, ast->typed.text.len);
        if (length > 1)
            type = (HyType){.id = HY_TYPE_CHAR, .nullable = true, .length = (int32_t)length};
    }
    HyStatus st = hy_expr_cast(b->arena, b->style, text, type, out);
    if (st && type.id == HY_TYPE_INTERVAL)
        return hy_error_at(st, ast->pos);
    if (st) {
        hy_error_free(st);
        const char *name = written->kind == HY_AST_TYPE_NAMED
                               ? written->name.parts.items[written->name.parts.n - 1].text
                               : bind_type_name(b, type);
        return hy_error_at(
            hy_error("42601", "invalid \"%s\" constant: %s", name, ast->typed.text.data), ast->pos);
    }
    return HY_OK;
}

HyStatus bind_literal(HyBinder *b, const HyAstExpr *ast, HyExpr **out)
{
    HyValue value;
    switch (ast->kind) {
    case HY_AST_BOOL:
        HY_TRY(hy_expr_bool(b->arena, ast->boolean, out));
        break;
    case HY_AST_INTEGER:
        HY_TRY(integer_literal(b, ast, out));
        break;
    case HY_AST_NUMERIC:
        HY_TRY(numeric_literal(b, ast, out));
        break;
    case HY_AST_DOUBLE:
        value = hy_value_null(hy_type(HY_TYPE_FLOAT8));
        value.is_null = false;
        value.f64 = ast->real.value;
        HY_TRY(hy_expr_const(b->arena, &value, out));
        break;
    case HY_AST_STRING:
        HY_TRY(string_literal(b, &ast->text, out));
        break;
    case HY_AST_TYPED_LITERAL:
        HY_TRY(typed_literal(b, ast, out));
        break;
    default:
        value = hy_value_null(hy_type(HY_TYPE_UNKNOWN));
        HY_TRY(hy_expr_const(b->arena, &value, out));
        break;
    }
    (*out)->position = (int32_t)ast->pos;
    return HY_OK;
}
