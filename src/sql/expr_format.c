/* Expressions as text, for EXPLAIN and messages. */
#include "sql/expr.h"
#include "types/cast.h"
#include <ctype.h>
#include <string.h>

typedef struct Formatter {
    const char *const *names;
    size_t n_names;
    HyBuffer *out;
} Formatter;

static HyStatus format(const Formatter *f, const HyExpr *expr);

static const char *compare_text(HyCompareOp op)
{
    static const char *const texts[] = {
        [HY_CMP_EQ] = "=",
        [HY_CMP_NE] = "<>",
        [HY_CMP_LT] = "<",
        [HY_CMP_LE] = "<=",
        [HY_CMP_GT] = ">",
        [HY_CMP_GE] = ">=",
    };
    return texts[op];
}

static HyStatus format_constant(const Formatter *f, const HyValue *value)
{
    if (value->is_null)
        return hy_buffer_append_str(f->out, "NULL");
    HyTextStyle style;
    hy_text_style_init(&style);
    bool is_bare = hy_type_is_number(value->type) || value->type.id == HY_TYPE_BOOL;
    if (!is_bare)
        HY_TRY(hy_buffer_append_char(f->out, '\''));
    if (value->type.id == HY_TYPE_BOOL)
        return hy_buffer_append_str(f->out, value->u8 ? "true" : "false");
    HY_TRY(hy_value_format(value->type, hy_value_payload(value), &style, f->out));
    return is_bare ? HY_OK : hy_buffer_append_char(f->out, '\'');
}

static HyStatus format_list(const Formatter *f, HyExpr **items, size_t n, const char *between)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            HY_TRY(hy_buffer_append_str(f->out, between));
        HY_TRY(format(f, items[i]));
    }
    return HY_OK;
}

/* before item, between, after */
static HyStatus format_group(const Formatter *f, const char *before, HyExpr **items, size_t n,
    const char *between, const char *after)
{
    HY_TRY(hy_buffer_append_str(f->out, before));
    HY_TRY(format_list(f, items, n, between));
    return hy_buffer_append_str(f->out, after);
}

static HyStatus format_call(const Formatter *f, const HyExpr *expr)
{
    const char *name = expr->call->func->name;
    bool is_operator = !isalpha((unsigned char)name[0]) && name[0] != '_';
    HyBuffer *out = f->out;
    if (is_operator && expr->n_args == 1)
        HY_TRY(hy_buffer_printf(out, "(%s ", name));
    else if (is_operator && expr->n_args == 2) {
        HY_TRY(hy_buffer_append_char(out, '('));
        HY_TRY(format(f, expr->args[0]));
        HY_TRY(hy_buffer_printf(out, " %s ", name));
        HY_TRY(format(f, expr->args[1]));
        return hy_buffer_append_char(out, ')');
    } else {
        HY_TRY(hy_buffer_printf(out, "%s(", name));
    }
    return format_group(f, "", expr->args, expr->n_args, ", ", ")");
}

static HyStatus format_case(const Formatter *f, const HyExpr *expr)
{
    HY_TRY(hy_buffer_append_str(f->out, "CASE"));
    size_t i = 0;
    for (; i + 1 < expr->n_args; i += 2) {
        HY_TRY(format_group(f, " WHEN ", &expr->args[i], 1, "", " THEN "));
        HY_TRY(format(f, expr->args[i + 1]));
    }
    if (i < expr->n_args)
        HY_TRY(format_group(f, " ELSE ", &expr->args[i], 1, "", ""));
    return hy_buffer_append_str(f->out, " END");
}

static HyStatus format_column(const Formatter *f, HyColumnId id)
{
    if (id < f->n_names && f->names[id])
        return hy_buffer_append_str(f->out, f->names[id]);
    return hy_buffer_printf(f->out, "#%u", (unsigned)id);
}

static HyStatus format_is(const Formatter *f, const HyExpr *expr)
{
    static const char *const truths[] = {"FALSE", "TRUE", "UNKNOWN"};
    const char *what = expr->kind == HY_EXPR_IS_NULL ? "NULL" : truths[expr->truth];
    HY_TRY(format(f, expr->args[0]));
    return hy_buffer_printf(f->out, " IS %s%s", expr->negated ? "NOT " : "", what);
}

static HyStatus format_subquery(const Formatter *f, const HyExpr *expr)
{
    static const char *const kinds[] = {
        [HY_SUBQUERY_SCALAR] = "",
        [HY_SUBQUERY_EXISTS] = "EXISTS ",
        [HY_SUBQUERY_ANY] = "ANY ",
        [HY_SUBQUERY_ALL] = "ALL ",
        [HY_SUBQUERY_ARRAY] = "ARRAY ",
    };
    if (expr->n_args > 0) {
        HY_TRY(format(f, expr->args[0]));
        HY_TRY(hy_buffer_printf(f->out, " %s ", compare_text(expr->op)));
    }
    return hy_buffer_printf(f->out, "%s(subquery)", kinds[expr->subquery_kind]);
}

static HyStatus format(const Formatter *f, const HyExpr *expr)
{
    switch (expr->kind) {
    case HY_EXPR_CONST:
        return format_constant(f, &expr->value);
    case HY_EXPR_COLUMN:
        return format_column(f, expr->column);
    case HY_EXPR_PARAM:
        return hy_buffer_printf(f->out, "$%u", (unsigned)expr->param_index);
    case HY_EXPR_CALL:
    case HY_EXPR_AGGREGATE:
    case HY_EXPR_WINDOW:
        return format_call(f, expr);
    case HY_EXPR_CAST:
        HY_TRY(format(f, expr->args[0]));
        HY_TRY(hy_buffer_append_str(f->out, "::"));
        return hy_type_format(expr->type, f->out);
    case HY_EXPR_COMPARE:
        HY_TRY(format(f, expr->args[0]));
        HY_TRY(hy_buffer_printf(f->out, " %s ", compare_text(expr->op)));
        return format(f, expr->args[1]);
    case HY_EXPR_DISTINCT:
        HY_TRY(format(f, expr->args[0]));
        HY_TRY(hy_buffer_printf(f->out, " IS %sDISTINCT FROM ", expr->negated ? "NOT " : ""));
        return format(f, expr->args[1]);
    case HY_EXPR_AND:
        return format_group(f, "(", expr->args, expr->n_args, " AND ", ")");
    case HY_EXPR_OR:
        return format_group(f, "(", expr->args, expr->n_args, " OR ", ")");
    case HY_EXPR_NOT:
        return format_group(f, "NOT (", expr->args, 1, "", ")");
    case HY_EXPR_IS_NULL:
    case HY_EXPR_IS_TRUE:
        return format_is(f, expr);
    case HY_EXPR_CASE:
        return format_case(f, expr);
    case HY_EXPR_COALESCE:
        return format_group(f, "coalesce(", expr->args, expr->n_args, ", ", ")");
    case HY_EXPR_IN_LIST:
        HY_TRY(format(f, expr->args[0]));
        HY_TRY(hy_buffer_append_str(f->out, expr->negated ? " NOT IN (" : " IN ("));
        return format_group(f, "", expr->args + 1, expr->n_args - 1, ", ", ")");
    case HY_EXPR_ARRAY:
        return format_group(f, "ARRAY[", expr->args, expr->n_args, ", ", "]");
    case HY_EXPR_SUBQUERY:
        return format_subquery(f, expr);
    case HY_EXPR_LAMBDA:
        HY_TRY(format_column(f, expr->column));
        return format_group(f, " -> ", expr->args, expr->n_args, "", "");
    }
    return HY_OK;
}

HyStatus hy_expr_format(const HyExpr *expr, const char *const *names, size_t n_names, HyBuffer *out)
{
    Formatter f = {.names = names, .n_names = n_names, .out = out};
    return format(&f, expr);
}
