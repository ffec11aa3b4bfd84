/* Calls with OVER: collected by specification, so that one sort serves all calls of one window. */
#include "sql/bind_internal.h"
#include "types/cast.h"

static bool specs_equal(const HyWindowGroup *group, HyExpr **partition_by, size_t n_partition_by,
    const HySortKey *sort, size_t n_sort)
{
    if (group->n_partition_by != n_partition_by || group->n_sort != n_sort)
        return false;
    for (size_t i = 0; i < n_partition_by; i++) {
        if (!hy_expr_equal(group->partition_by[i], partition_by[i]))
            return false;
    }
    for (size_t i = 0; i < n_sort; i++) {
        if (group->sort[i].is_descending != sort[i].is_descending ||
            group->sort[i].nulls_first != sort[i].nulls_first ||
            !hy_expr_equal(group->sort[i].expr, sort[i].expr))
            return false;
    }
    return true;
}

HyStatus bind_window_add(HyBinder *b, HySelect *select, HyExpr **partition_by,
    size_t n_partition_by, HySortKey *sort, size_t n_sort, const HyWindowItem *item)
{
    HyWindowGroup *group = NULL;
    for (size_t i = 0; i < select->n_windows && !group; i++) {
        if (specs_equal(&select->windows[i], partition_by, n_partition_by, sort, n_sort))
            group = &select->windows[i];
    }
    if (!group) {
        HyWindowGroup fresh = {.partition_by = partition_by,
            .n_partition_by = n_partition_by,
            .sort = sort,
            .n_sort = n_sort};
        HY_LIST_PUSH(b->arena, select->windows, select->n_windows, fresh);
        group = &select->windows[select->n_windows - 1];
    }
    HY_LIST_PUSH(b->arena, group->items, group->n_items, *item);
    return HY_OK;
}

/* ---- Frames ---- */

static HyFrameBound bound_kind(HyAstBoundKind kind)
{
    static const HyFrameBound kinds[] = {
        [HY_AST_BOUND_UNBOUNDED_PRECEDING] = HY_BOUND_UNBOUNDED_PRECEDING,
        [HY_AST_BOUND_PRECEDING] = HY_BOUND_PRECEDING,
        [HY_AST_BOUND_CURRENT_ROW] = HY_BOUND_CURRENT_ROW,
        [HY_AST_BOUND_FOLLOWING] = HY_BOUND_FOLLOWING,
        [HY_AST_BOUND_UNBOUNDED_FOLLOWING] = HY_BOUND_UNBOUNDED_FOLLOWING,
    };
    return kinds[kind];
}

static HyStatus bad_range(const HyAstWindow *window)
{
    return hy_error_at(
        hy_error("42601", "Invalid types used for RANGE frame bounds"), window->span.offset);
}

/* Among whole sort values an offset of 1.5 reaches as far as 1 outwards, as 2 inwards. */
static HyStatus round_offset(HyBinder *b, const HyAstBound *bound, bool is_end, HyExpr **offset)
{
    bool outwards = (bound->kind == HY_AST_BOUND_PRECEDING) != is_end;
    HyExpr **args;
    HY_ARENA_NEW(b->arena, args, 1);
    args[0] = *offset;
    return bind_function(b, outwards ? "floor" : "ceil", args, 1, args[0]->position, offset);
}

static bool is_of_no_row(void *ctx, const HyExpr *node)
{
    (void)ctx;
    return node->kind != HY_EXPR_COLUMN && node->kind != HY_EXPR_SUBQUERY;
}

/* The offset of a RANGE frame, in the type that is added to the sort value. */
static HyStatus cast_range_offset(
    HyBinder *b, const HyAstWindow *window, HyType key, const HyAstBound *bound, HyExpr **offset)
{
    HyExpr *expr = *offset;
    if (hy_type_is_datetime(key) || key.id == HY_TYPE_TIME || key.id == HY_TYPE_INTERVAL) {
        bool is_days = key.id == HY_TYPE_DATE && hy_type_is_integer(expr->type);
        if (is_days)
            return bind_cast(b, expr, hy_type(HY_TYPE_INT4), offset);
        if (bind_is_string_literal(expr) || expr->type.id == HY_TYPE_INTERVAL ||
            bind_is_unknown_param(expr))
            return bind_cast(b, expr, hy_type(HY_TYPE_INTERVAL), offset);
        return bad_range(window);
    }
    if (!hy_type_is_number(key) || key.id == HY_TYPE_OID)
        return bad_range(window);
    if (!hy_type_is_number(expr->type) && !bind_is_unknown_param(expr))
        return bad_range(window);
    if (hy_type_is_integer(key) && hy_type_is_number(expr->type) && !hy_type_is_integer(expr->type))
        HY_TRY(round_offset(b, bound, bound == &window->end, offset));
    return bind_cast(b, *offset, key, offset);
}

static HyStatus bind_offset(HyExprContext *c, const HyAstWindow *window, const HyAstBound *bound,
    const HySortKey *sort, size_t n_sort, HyExpr **out)
{
    *out = NULL;
    if (!bound->offset)
        return HY_OK;
    HY_TRY(bind_expr(c, bound->offset, out));
    HY_TRY(bind_is_unknown_param(*out) ? HY_OK : bind_require_type(c->b, *out, -1));
    if (!hy_expr_walk(*out, is_of_no_row, NULL))
        return hy_error_at(
            hy_error("0A000", "offsets of frames must not depend on the row"), bound->offset->pos);
    if (window->mode == HY_AST_FRAME_ROWS) {
        if (!hy_type_is_number((*out)->type) && !bind_is_unknown_param(*out))
            return hy_error_at(
                hy_error("42601", "ROWS mode requires an integer offset"), bound->offset->pos);
        return bind_cast(c->b, *out, hy_type(HY_TYPE_INT8), out);
    }
    if (n_sort != 1)
        return hy_error_at(
            hy_error("42601", "RANGE mode requires a single-column ORDER BY expression"),
            window->span.offset);
    return cast_range_offset(c->b, window, sort[0].expr->type, bound, out);
}

static HyStatus bind_frame(HyExprContext *c, const HyAstWindow *window, const HySortKey *sort,
    size_t n_sort, HyWindowItem *item)
{
    static const HyFrameExclude excludes[] = {
        [HY_AST_EXCLUDE_NO_OTHERS] = HY_EXCLUDE_NO_OTHERS,
        [HY_AST_EXCLUDE_CURRENT_ROW] = HY_EXCLUDE_CURRENT_ROW,
        [HY_AST_EXCLUDE_GROUP] = HY_EXCLUDE_GROUP,
        [HY_AST_EXCLUDE_TIES] = HY_EXCLUDE_TIES,
    };
    if (window->mode == HY_AST_FRAME_GROUPS)
        return hy_error_at(
            hy_error("42601", "GROUPS frame extent not supported"), window->span.offset);
    item->unit = window->mode == HY_AST_FRAME_ROWS ? HY_FRAME_ROWS : HY_FRAME_RANGE;
    item->start = bound_kind(window->start.kind);
    item->end = bound_kind(window->end.kind);
    item->exclude = excludes[window->exclude];
    if (item->start == HY_BOUND_UNBOUNDED_FOLLOWING)
        return hy_error_at(hy_error("42601", "frame start cannot be UNBOUNDED FOLLOWING"),
            window->start.span.offset);
    if (item->end == HY_BOUND_UNBOUNDED_PRECEDING)
        return hy_error_at(
            hy_error("42601", "frame end cannot be UNBOUNDED PRECEDING"), window->end.span.offset);
    HY_TRY(bind_offset(c, window, &window->start, sort, n_sort, &item->start_offset));
    return bind_offset(c, window, &window->end, sort, n_sort, &item->end_offset);
}

/* ---- Specifications ---- */

static const HyAstWindow *find_named(const HySelect *select, const char *name)
{
    for (size_t i = 0; i < select->ast->n_windows; i++) {
        if (strcmp(select->ast->windows[i].name.text, name) == 0)
            return select->ast->windows[i].window;
    }
    return NULL;
}

/* Follows OVER w and OVER (w) to the definition. */
static HyStatus resolve_window(
    const HySelect *select, const HyAstWindow *window, const HyAstWindow **out)
{
    for (int hops = 0; window->name.text; hops++) {
        if (!window->is_reference &&
            (window->partition_by.n > 0 || window->order_by.n > 0 || window->has_frame))
            return hy_error_at(hy_error("0A000", "common named windows not implemented yet"),
                window->name.span.offset);
        const HyAstWindow *named = find_named(select, window->name.text);
        if (!named || hops > 100)
            return hy_error_at(hy_error("42601", "window '%s' does not exist", window->name.text),
                window->name.span.offset);
        window = named;
    }
    *out = window;
    return HY_OK;
}

HyStatus bind_check_windows(HyExprContext *c, const HyAstSelect *ast)
{
    (void)c;
    for (size_t i = 0; i < ast->n_windows; i++) {
        const HyAstName *name = &ast->windows[i].name;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(ast->windows[k].name.text, name->text) == 0)
                return hy_error_at(
                    hy_error("42601", "duplicate window definition '%s'", name->text),
                    name->span.offset);
        }
    }
    return HY_OK;
}

/* ---- Calls ---- */

/* The number of buckets is a constant. */
static HyStatus check_ntile(const HyExpr *buckets, int32_t position)
{
    if (buckets->kind == HY_EXPR_PARAM)
        return HY_OK;
    if (buckets->kind != HY_EXPR_CONST)
        return hy_error_at(hy_error("42601", "'ntile' requires an integer argument"), position);
    bool is_positive = buckets->value.is_null ||
                       (hy_type_physical(buckets->type) == HY_PHYS_I64 ? buckets->value.i64 > 0
                                                                       : buckets->value.i32 > 0);
    if (is_positive)
        return HY_OK;
    return hy_error_at(hy_error("42601", "'ntile' argument must be greater than zero"), position);
}

static HyStatus bind_window_function(
    HyExprContext *inner, const HyAstExpr *ast, const char *name, HyWindowItem *item)
{
    const HyAstCall *call = ast->call;
    int32_t position = (int32_t)ast->pos;
    if (call->distinct || call->filter || call->order_by.n > 0 || call->within_group.n > 0)
        return hy_error_at(
            hy_error("42601", "invalid aggregate specification in call to \"%s\"", name), position);
    if (call->ignore_nulls)
        return hy_error_at(hy_error("42601", "IGNORE NULLS is not supported"), position);
    HY_TRY(bind_exprs(inner, &call->args, &item->args));
    HY_TRY(bind_new_call(inner->b, item->args, call->args.n, &item->call));
    HY_TRY(bind_resolve(inner->b, name, HY_FUNC_WINDOW, item->call, item->args, position));
    if (item->call->window == HY_WIN_NTILE)
        return check_ntile(item->args[0], position);
    return HY_OK;
}

static HyStatus bind_window_aggregate(
    HyExprContext *inner, const HyAstExpr *ast, const char *name, HyWindowItem *item)
{
    HyAggregateItem aggregate;
    HY_TRY(bind_aggregate_item(inner, ast, name, &aggregate));
    if (aggregate.is_distinct)
        return hy_error_at(hy_error("0A000", "Holistic aggregates are disabled"), -1);
    if (aggregate.n_order > 0)
        return hy_error_at(
            hy_error("0A000", "ORDER BY in a window aggregate is not implemented"), ast->pos);
    item->call = aggregate.call;
    item->args = aggregate.args;
    item->filter = aggregate.filter;
    return HY_OK;
}

HyStatus bind_window_call(HyExprContext *c, const HyAstExpr *ast, const char *name, HyExpr **out)
{
    HyBinder *b = c->b;
    HySelect *select = c->select;
    if (!select || (c->clause != HY_CLAUSE_SELECT && c->clause != HY_CLAUSE_ORDER))
        return hy_error_at(hy_error("42601", "window expression not allowed here"), ast->pos);
    const HyAstWindow *window = NULL;
    HY_TRY(resolve_window(select, ast->call->over, &window));
    HyExprContext inner = *c;
    inner.clause = HY_CLAUSE_WINDOW;
    inner.see_aliases = false;
    HyWindowItem item = {0};
    if (hy_func_find(name, HY_FUNC_WINDOW))
        HY_TRY(bind_window_function(&inner, ast, name, &item));
    else
        HY_TRY(bind_window_aggregate(&inner, ast, name, &item));
    HyExpr **partition_by = NULL;
    HySortKey *sort = NULL;
    HY_TRY(bind_exprs(&inner, &window->partition_by, &partition_by));
    for (size_t i = 0; i < window->partition_by.n; i++)
        HY_TRY(bind_require_type(b, partition_by[i], (int32_t)window->partition_by.items[i]->pos));
    HY_TRY(bind_sort_keys(&inner, &window->order_by, &sort));
    HY_TRY(bind_frame(&inner, window, sort, window->order_by.n, &item));
    if (strcmp(name, "median") == 0)
        return hy_error_at(hy_error("0A000", "MEDIAN not implemented yet"), ast->pos);
    item.id = bind_new_id(b, name);
    HY_TRY(bind_window_add(
        b, select, partition_by, window->partition_by.n, sort, window->order_by.n, &item));
    return hy_expr_column(b->arena, item.id, item.call->result, out);
}

/* ---- Row numbers that statements need themselves ---- */

HyStatus bind_row_number(HyBinder *b, HyExpr **partition_by, size_t n_partition_by, HySortKey *sort,
    size_t n_sort, HyAlg **alg, HyExpr **number)
{
    HyWindowItem item = {
        .unit = HY_FRAME_ROWS, .start = HY_BOUND_UNBOUNDED_PRECEDING, .end = HY_BOUND_CURRENT_ROW};
    HY_ARENA_NEW(b->arena, item.args, 1);
    HY_TRY(bind_new_call(b, item.args, 0, &item.call));
    HY_TRY(bind_resolve(b, "row_number", HY_FUNC_WINDOW, item.call, item.args, -1));
    item.id = bind_new_id(b, "row_number");
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_WINDOW, *alg, alg));
    HY_ARENA_NEW(b->arena, (*alg)->windows, 1);
    (*alg)->windows[0] = item;
    (*alg)->n_windows = 1;
    (*alg)->partition_by = partition_by;
    (*alg)->n_partition_by = n_partition_by;
    (*alg)->sort = sort;
    (*alg)->n_sort = n_sort;
    return hy_expr_column(b->arena, item.id, item.call->result, number);
}

HyStatus bind_keep_first(HyBinder *b, HyExpr **partition_by, size_t n_partition_by, HySortKey *sort,
    size_t n_sort, HyAlg **alg)
{
    HyExpr *number = NULL;
    HyExpr *one = NULL;
    HyValue value = hy_value_null(hy_type_nullable(hy_type(HY_TYPE_INT8), false));
    value.is_null = false;
    value.i64 = 1;
    HY_TRY(bind_row_number(b, partition_by, n_partition_by, sort, n_sort, alg, &number));
    HY_TRY(hy_expr_const(b->arena, &value, &one));
    HY_TRY(hy_alg_unary(b->arena, HY_ALG_FILTER, *alg, alg));
    return hy_expr_compare(b->arena, HY_CMP_EQ, number, one, &(*alg)->predicate);
}
