/* Window specifications: OVER (..) and WINDOW w AS (..). */
#include "sql/parser_internal.h"

static HyStatus frame_error(const HyAstWindow *window, const char *message)
{
    return hy_error_at(hy_error("42601", "%s", message), window->frame_span.offset);
}

/* UNBOUNDED PRECEDING | FOLLOWING, CURRENT ROW, n PRECEDING | FOLLOWING */
static HyStatus parse_bound(HyParser *p, HyAstBound *out)
{
    uint32_t start = next_offset(p);
    *out = (HyAstBound){0};
    if (accept(p, HY_KW_UNBOUNDED)) {
        out->kind = HY_AST_BOUND_UNBOUNDED_PRECEDING;
        if (!accept(p, HY_KW_PRECEDING)) {
            HY_TRY(expect(p, HY_KW_FOLLOWING));
            out->kind = HY_AST_BOUND_UNBOUNDED_FOLLOWING;
        }
    } else if (hy_parser_accept2(p, HY_KW_CURRENT, HY_KW_ROW)) {
        out->kind = HY_AST_BOUND_CURRENT_ROW;
    } else {
        HY_TRY(hy_parse_expr(p, &out->offset));
        out->kind = HY_AST_BOUND_PRECEDING;
        if (!accept(p, HY_KW_PRECEDING)) {
            HY_TRY(expect(p, HY_KW_FOLLOWING));
            out->kind = HY_AST_BOUND_FOLLOWING;
        }
    }
    out->span = span_from(p, start);
    return HY_OK;
}

static HyStatus parse_exclude(HyParser *p, HyAstExclude *out)
{
    if (accept(p, HY_KW_GROUP)) {
        *out = HY_AST_EXCLUDE_GROUP;
    } else if (accept(p, HY_KW_TIES)) {
        *out = HY_AST_EXCLUDE_TIES;
    } else if (accept(p, HY_KW_CURRENT)) {
        *out = HY_AST_EXCLUDE_CURRENT_ROW;
        return expect(p, HY_KW_ROW);
    } else {
        HY_TRY(expect(p, HY_KW_NO));
        return expect(p, HY_KW_OTHERS);
    }
    return HY_OK;
}

/* [ROWS | RANGE | GROUPS] bound, or BETWEEN bound AND bound; [EXCLUDE ..] */
static HyStatus parse_frame(HyParser *p, HyAstWindow *w)
{
    uint32_t start = next_offset(p);
    if (accept(p, HY_KW_ROWS))
        w->mode = HY_AST_FRAME_ROWS;
    else if (accept(p, HY_KW_GROUPS))
        w->mode = HY_AST_FRAME_GROUPS;
    else if (!accept(p, HY_KW_RANGE))
        return HY_OK;
    w->has_frame = true;
    if (accept(p, HY_KW_BETWEEN)) {
        HY_TRY(parse_bound(p, &w->start));
        HY_TRY(expect(p, HY_KW_AND));
        HY_TRY(parse_bound(p, &w->end));
    } else {
        HY_TRY(parse_bound(p, &w->start));
    }
    w->frame_span = span_from(p, start);
    if (w->start.kind == HY_AST_BOUND_UNBOUNDED_FOLLOWING)
        return frame_error(w, "frame start cannot be UNBOUNDED FOLLOWING");
    if (w->end.kind == HY_AST_BOUND_UNBOUNDED_PRECEDING)
        return frame_error(w, "frame end cannot be UNBOUNDED PRECEDING");
    if (accept(p, HY_KW_EXCLUDE))
        HY_TRY(parse_exclude(p, &w->exclude));
    return HY_OK;
}

/* The words that may follow the parenthesis are no window names there, though they are not
 * reserved. */
static bool at_base_window(const HyParser *p)
{
    unsigned kind = peek(p);
    return hy_parser_at_name(p) && kind != HY_KW_PARTITION && kind != HY_KW_RANGE &&
           kind != HY_KW_ROWS && kind != HY_KW_GROUPS;
}

HyStatus hy_parse_window_spec(HyParser *p, HyAstWindow **out)
{
    uint32_t start = next_offset(p);
    HyAstWindow *w;
    HY_ARENA_NEW(p->arena, w, 1);
    w->mode = HY_AST_FRAME_RANGE;
    w->start.kind = HY_AST_BOUND_UNBOUNDED_PRECEDING;
    w->end.kind = HY_AST_BOUND_CURRENT_ROW;
    HY_TRY(expect(p, HY_TOK_LPAREN));
    if (at_base_window(p))
        HY_TRY(hy_parse_name(p, &w->name));
    if (accept(p, HY_KW_PARTITION)) {
        HY_TRY(expect(p, HY_KW_BY));
        HY_TRY(hy_parse_expr_list(p, &w->partition_by));
    }
    HY_TRY(hy_parse_order_by(p, &w->order_by));
    HY_TRY(parse_frame(p, w));
    HY_TRY(expect(p, HY_TOK_RPAREN));
    w->span = span_from(p, start);
    *out = w;
    return HY_OK;
}
