/* Transactions and settings (spec/sql.md, sections 11 and 12). */
#include "sql/parser_internal.h"

#include <string.h>

/* ---- Transactions
 * -------------------------------------------------------------------------------- */

static HyStatus parse_isolation(HyParser *p)
{
    HY_TRY(expect(p, HY_KW_LEVEL));
    if (accept(p, HY_KW_READ)) {
        if (accept(p, HY_KW_COMMITTED))
            return HY_OK;
        return expect(p, HY_KW_UNCOMMITTED);
    }
    if (accept(p, HY_KW_REPEATABLE))
        return expect(p, HY_KW_READ);
    return expect(p, HY_KW_SERIALIZABLE);
}

/* ISOLATION LEVEL .., READ ONLY | WRITE, [NOT] DEFERRABLE, with or without commas. */
static HyStatus parse_modes(HyParser *p, HyAstTransaction *tx)
{
    bool needs_mode = false;
    for (;;) {
        if (accept(p, HY_KW_ISOLATION)) {
            HY_TRY(parse_isolation(p));
        } else if (accept(p, HY_KW_READ)) {
            tx->read_only = accept(p, HY_KW_ONLY);
            if (!tx->read_only)
                HY_TRY(expect(p, HY_KW_WRITE));
        } else if (accept(p, HY_KW_NOT)) {
            HY_TRY(expect(p, HY_KW_DEFERRABLE));
        } else if (!accept(p, HY_KW_DEFERRABLE)) {
            return needs_mode ? hy_parser_error(p) : HY_OK;
        }
        needs_mode = accept(p, HY_TOK_COMMA);
    }
}

static HyStatus new_transaction(
    HyParser *p, HyAstTransactionKind kind, HyAstTransaction **tx, HyAstStmt **out)
{
    HY_ARENA_NEW(p->arena, *tx, 1);
    (*tx)->kind = kind;
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_TRANSACTION, out));
    (*out)->transaction = *tx;
    return HY_OK;
}

static void accept_work(HyParser *p)
{
    if (!accept(p, HY_KW_WORK))
        (void)accept(p, HY_KW_TRANSACTION);
}

static HyStatus refuse_two_phase(void)
{
    return hy_error("0A000", "two-phase commit not implemented yet");
}

/* [WORK | TRANSACTION] [TO [SAVEPOINT] name] behind ROLLBACK or ABORT */
static HyStatus parse_rollback(HyParser *p, HyAstTransaction *tx)
{
    accept_work(p);
    if (!accept(p, HY_KW_TO))
        return HY_OK;
    tx->kind = HY_AST_TX_ROLLBACK_TO;
    if (peek(p) == HY_KW_SAVEPOINT && peek_at(p, 1) != HY_TOK_END)
        p->pos++;
    return hy_parse_name(p, &tx->name);
}

HyStatus hy_parse_transaction(HyParser *p, HyAstStmt **out)
{
    HyAstTransaction *tx;
    HY_TRY(new_transaction(p, HY_AST_TX_BEGIN, &tx, out));
    unsigned word = peek(p);
    p->pos++;
    switch (word) {
    case HY_KW_START:
        HY_TRY(expect(p, HY_KW_TRANSACTION));
        return parse_modes(p, tx);
    case HY_KW_BEGIN:
        accept_work(p);
        return parse_modes(p, tx);
    case HY_KW_COMMIT:
    case HY_KW_END:
        tx->kind = HY_AST_TX_COMMIT;
        if (word == HY_KW_COMMIT && accept(p, HY_KW_PREPARED))
            return refuse_two_phase();
        accept_work(p);
        return HY_OK;
    case HY_KW_SAVEPOINT:
        tx->kind = HY_AST_TX_SAVEPOINT;
        return hy_parse_name(p, &tx->name);
    case HY_KW_RELEASE:
        tx->kind = HY_AST_TX_RELEASE;
        if (peek(p) == HY_KW_SAVEPOINT && peek_at(p, 1) != HY_TOK_END)
            p->pos++;
        return hy_parse_name(p, &tx->name);
    default: /* ROLLBACK, ABORT */
        tx->kind = HY_AST_TX_ROLLBACK;
        if (word == HY_KW_ROLLBACK && accept(p, HY_KW_PREPARED))
            return refuse_two_phase();
        return parse_rollback(p, tx);
    }
}

/* ---- Names of settings
 * --------------------------------------------------------------------------- */

static HyAstName fixed_name(const char *text, HyAstSpan span)
{
    return (HyAstName){.text = text, .len = (uint32_t)strlen(text), .span = span};
}

/* name or a.b, which becomes one name with a point. */
static HyStatus parse_setting_name(HyParser *p, HyAstName *out)
{
    uint32_t start = next_offset(p);
    HY_TRY(hy_parse_name(p, out));
    while (accept(p, HY_TOK_DOT)) {
        HyAstName part;
        HY_TRY(hy_parse_name(p, &part));
        out->text = hy_arena_printf(p->arena, "%s.%s", out->text, part.text);
        if (!out->text)
            return hy_error_oom(part.len);
        out->len = (uint32_t)strlen(out->text);
        out->span = span_from(p, start);
    }
    return HY_OK;
}

/* TIME ZONE, TRANSACTION ISOLATION LEVEL, SESSION AUTHORIZATION: names of several words in RESET
 * and SHOW. */
static HyStatus parse_spoken_name(HyParser *p, HyAstName *out)
{
    uint32_t start = next_offset(p);
    const char *text;
    if (hy_parser_accept2(p, HY_KW_TIME, HY_KW_ZONE)) {
        text = "time_zone";
    } else if (hy_parser_accept2(p, HY_KW_TRANSACTION, HY_KW_ISOLATION)) {
        HY_TRY(expect(p, HY_KW_LEVEL));
        text = "transaction_isolation";
    } else if (hy_parser_accept2(p, HY_KW_SESSION, HY_KW_AUTHORIZATION)) {
        text = "session_authorization";
    } else {
        return parse_setting_name(p, out);
    }
    *out = fixed_name(text, span_from(p, start));
    return HY_OK;
}

/* ---- SET
 * ----------------------------------------------------------------------------------------- */

static HyStatus set_single(HyParser *p, HyAstSet *set, HyAstExpr *value)
{
    HY_ARENA_NEW(p->arena, set->values.items, 1);
    set->values.items[0] = value;
    set->values.n = 1;
    return HY_OK;
}

/* INTERVAL '..' [fields] */
static HyStatus parse_interval_value(HyParser *p, HyAstExpr **out)
{
    uint32_t start = next_offset(p);
    HyAstType *type;
    HyAstText text;
    HY_TRY(hy_parse_simple_type(p, &type));
    uint32_t text_start = next_offset(p);
    HY_TRY(hy_parse_string(p, &text));
    HyAstSpan text_span = span_from(p, text_start);
    HY_TRY(hy_parse_interval_fields(p, type));
    HY_TRY(hy_parser_new_expr(p, HY_AST_TYPED_LITERAL, start, out));
    (*out)->typed.type = type;
    (*out)->typed.text = text;
    (*out)->typed.text_span = text_span;
    return HY_OK;
}

/* TIME ZONE {value | LOCAL | DEFAULT | INTERVAL '..'} */
static HyStatus parse_time_zone(HyParser *p, HyAstSet *set)
{
    HyAstExpr *value;
    set->kind = HY_AST_SET_DEFAULT;
    if (accept(p, HY_KW_LOCAL) || accept(p, HY_KW_DEFAULT))
        return HY_OK;
    set->kind = HY_AST_SET_VALUE;
    if (peek(p) == HY_KW_INTERVAL)
        HY_TRY(parse_interval_value(p, &value));
    else
        HY_TRY(hy_parse_option_value(p, &value));
    return set_single(p, set, value);
}

/* NAMES ['encoding' | DEFAULT] */
static HyStatus parse_names(HyParser *p, HyAstSet *set)
{
    HyAstExpr *value;
    set->kind = HY_AST_SET_DEFAULT;
    if (peek(p) != HY_TOK_STRING) {
        hy_parser_note_expected(p, HY_TOK_STRING);
        (void)accept(p, HY_KW_DEFAULT);
        return HY_OK;
    }
    set->kind = HY_AST_SET_VALUE;
    HY_TRY(hy_parse_literal(p, &value));
    return set_single(p, set, value);
}

/* {= | TO} {values | DEFAULT} */
static HyStatus parse_set_values(HyParser *p, HyAstSet *set)
{
    if (accept(p, HY_KW_FROM))
        return hy_error("42601", "SET FROM CURRENT not allowed here");
    if (!accept(p, HY_KW_TO))
        HY_TRY(expect(p, HY_TOK_EQ));
    set->kind = HY_AST_SET_DEFAULT;
    if (accept(p, HY_KW_DEFAULT))
        return HY_OK;
    set->kind = HY_AST_SET_VALUE;
    size_t mark = list_begin(p);
    do {
        HyAstExpr *value;
        HY_TRY(hy_parse_option_value(p, &value));
        HY_TRY(list_push(p, &value, sizeof value));
    } while (accept(p, HY_TOK_COMMA));
    return hy_parser_list_end(p, mark, sizeof(HyAstExpr *), &set->values.items, &set->values.n);
}

/* A word that starts a form of its own is still a setting's name before = and TO. */
static bool at_form(const HyParser *p, unsigned word)
{
    unsigned next = peek_at(p, 1);
    return peek(p) == word && next != HY_TOK_EQ && next != HY_KW_TO && next != HY_TOK_DOT;
}

static HyStatus parse_set_transaction(HyParser *p, HyAstStmt **out)
{
    HyAstTransaction *tx;
    HY_TRY(new_transaction(p, HY_AST_TX_SET, &tx, out));
    if (accept(p, HY_KW_SNAPSHOT))
        return hy_error("0A000", "SET TRANSACTION SNAPSHOT not implemented yet");
    size_t first = p->pos;
    HY_TRY(parse_modes(p, tx));
    return p->pos == first ? hy_parser_error(p) : HY_OK;
}

/* Forms that are refused, or are no settings; *found is false for none of them. */
static HyStatus parse_special_set(HyParser *p, HyAstStmt **out, bool *found)
{
    *found = true;
    if (at_form(p, HY_KW_LOCAL))
        return hy_error("0A000", "SET LOCAL not implemented yet");
    if (at_form(p, HY_KW_ROLE))
        return hy_error("0A000", "Authorization support is disabled.");
    if (at_form(p, HY_KW_CATALOG))
        return hy_error("0A000", "the default database name cannot be changed");
    if (at_form(p, HY_KW_TRANSACTION)) {
        p->pos++;
        return parse_set_transaction(p, out);
    }
    if (at_form(p, HY_KW_SESSION)) {
        if (peek_at(p, 1) == HY_KW_AUTHORIZATION)
            return hy_error("0A000", "Authorization support is disabled.");
        p->pos++;
        if (accept(p, HY_KW_CHARACTERISTICS)) {
            HY_TRY(expect(p, HY_KW_AS));
            HY_TRY(expect(p, HY_KW_TRANSACTION));
            return parse_set_transaction(p, out);
        }
    }
    *found = false;
    return HY_OK;
}

HyStatus hy_parse_set(HyParser *p, HyAstStmt **out)
{
    bool found;
    p->pos++; /* SET */
    HY_TRY(parse_special_set(p, out, &found));
    if (found)
        return HY_OK;
    HyAstSet *set;
    HY_ARENA_NEW(p->arena, set, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_SET, out));
    (*out)->set = set;
    HyAstSpan span = {.offset = next_offset(p), .length = next_token(p)->length};
    if (at_form(p, HY_KW_TIME)) {
        p->pos++;
        HY_TRY(expect(p, HY_KW_ZONE));
        set->name = fixed_name("time_zone", span);
        return parse_time_zone(p, set);
    }
    if (at_form(p, HY_KW_NAMES)) {
        p->pos++;
        set->name = fixed_name("client_encoding", span);
        return parse_names(p, set);
    }
    if (at_form(p, HY_KW_SCHEMA)) {
        HyAstExpr *value;
        p->pos++;
        set->name = fixed_name("search_path", span);
        if (peek(p) != HY_TOK_STRING)
            return expect(p, HY_TOK_STRING);
        HY_TRY(hy_parse_literal(p, &value));
        return set_single(p, set, value);
    }
    HY_TRY(parse_setting_name(p, &set->name));
    return parse_set_values(p, set);
}

/* ---- RESET, SHOW
 * --------------------------------------------------------------------------------- */

HyStatus hy_parse_reset(HyParser *p, HyAstStmt **out)
{
    HyAstSet *set;
    HY_ARENA_NEW(p->arena, set, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_SET, out));
    (*out)->set = set;
    set->is_reset = true;
    p->pos++; /* RESET */
    if (accept(p, HY_KW_ALL)) {
        set->kind = HY_AST_RESET_ALL;
        return HY_OK;
    }
    set->kind = HY_AST_SET_DEFAULT;
    return parse_spoken_name(p, &set->name);
}

HyStatus hy_parse_show(HyParser *p, HyAstStmt **out)
{
    HyAstShow *show;
    HY_ARENA_NEW(p->arena, show, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_SHOW, out));
    (*out)->show = show;
    p->pos++; /* SHOW */
    if (accept(p, HY_KW_ALL))
        return HY_OK;
    return parse_spoken_name(p, &show->name);
}
