/* Printing of calls, windows and queries. */
#include "sql/ast_print_internal.h"

#include <string.h>

/* ---- Calls
 * --------------------------------------------------------------------------------------- */

static void print_args(HyAstPrinter *pr, const HyAstCall *call)
{
    bool has_keys =
        call->name.parts.n == 1 && strcmp(call->name.parts.items[0].text, "json_object") == 0;
    for (size_t i = 0; i < call->args.n; i++) {
        if (i > 0)
            hy_print_text(pr, has_keys && i % 2 == 1 ? ": " : ", ");
        if (call->variadic && i + 1 == call->args.n)
            hy_print_text(pr, "VARIADIC ");
        if (call->arg_names && call->arg_names[i].text) {
            hy_print_name(pr, &call->arg_names[i]);
            hy_print_text(pr, " => ");
        }
        hy_print_expr(pr, call->args.items[i]);
    }
}

/* Arguments with words in front of the second, third and fourth. */
static void print_worded(
    HyAstPrinter *pr, const char *name, const HyAstExprList *args, const char *const *words)
{
    hy_print_text(pr, name);
    hy_print_text(pr, "(");
    for (size_t i = 0; i < args->n; i++) {
        if (i > 0)
            hy_print_text(pr, words[i - 1]);
        bool needs_parens = args->items[i]->kind != HY_AST_STRING;
        hy_print_text(pr, needs_parens ? "(" : "");
        hy_print_expr(pr, args->items[i]);
        hy_print_text(pr, needs_parens ? ")" : "");
    }
    hy_print_text(pr, ")");
}

static void print_trim(HyAstPrinter *pr, const HyAstCall *call)
{
    char side = call->name.parts.items[0].text[0];
    hy_print_text(pr, "TRIM(");
    hy_print_text(pr, side == 'l' ? "LEADING " : side == 'r' ? "TRAILING " : "BOTH ");
    if (call->args.n > 1) {
        hy_print_expr(pr, call->args.items[1]);
        hy_print_text(pr, " ");
    }
    hy_print_text(pr, "FROM ");
    hy_print_expr(pr, call->args.items[0]);
    hy_print_text(pr, ")");
}

static void print_keyword_call(HyAstPrinter *pr, const HyAstCall *call)
{
    hy_print_text(pr, call->name.parts.items[0].text);
    if (call->args.n) {
        hy_print_text(pr, "(");
        hy_print_exprs(pr, &call->args);
        hy_print_text(pr, ")");
    }
}

static void print_special(HyAstPrinter *pr, const HyAstCall *call)
{
    switch (call->syntax) {
    case HY_AST_CALL_PLAIN:
        break;
    case HY_AST_CALL_EXTRACT:
        print_worded(pr, "EXTRACT", &call->args, (const char *const[]){" FROM "});
        break;
    case HY_AST_CALL_SUBSTRING:
        print_worded(pr, "SUBSTRING", &call->args, (const char *const[]){" FROM ", " FOR "});
        break;
    case HY_AST_CALL_SUBSTRING_SIMILAR:
        print_worded(pr, "SUBSTRING", &call->args, (const char *const[]){" SIMILAR ", " ESCAPE "});
        break;
    case HY_AST_CALL_POSITION:
        print_worded(pr, "POSITION", &call->args, (const char *const[]){" IN "});
        break;
    case HY_AST_CALL_OVERLAY:
        print_worded(
            pr, "OVERLAY", &call->args, (const char *const[]){" PLACING ", " FROM ", " FOR "});
        break;
    case HY_AST_CALL_TRIM:
        print_trim(pr, call);
        break;
    case HY_AST_CALL_TIMEZONE:
        hy_print_text(pr, "(");
        hy_print_expr(pr, call->args.items[1]);
        hy_print_text(pr, ") AT TIME ZONE (");
        hy_print_expr(pr, call->args.items[0]);
        hy_print_text(pr, ")");
        break;
    case HY_AST_CALL_KEYWORD:
        print_keyword_call(pr, call);
        break;
    }
}

static void print_suffixes(HyAstPrinter *pr, const HyAstCall *call)
{
    if (call->within_group.n) {
        hy_print_text(pr, " WITHIN GROUP (");
        hy_print_order_by(pr, &call->within_group);
        hy_print_text(pr, ")");
    }
    if (call->filter) {
        hy_print_text(pr, " FILTER (WHERE ");
        hy_print_expr(pr, call->filter);
        hy_print_text(pr, ")");
    }
    if (call->ignore_nulls || call->respect_nulls)
        hy_print_text(pr, call->ignore_nulls ? " IGNORE NULLS" : " RESPECT NULLS");
    if (call->over) {
        hy_print_text(pr, " OVER ");
        if (call->over->is_reference)
            hy_print_name(pr, &call->over->name);
        else
            hy_print_window(pr, call->over);
    }
}

/* A function's name is quoted when it is a word that only some productions take: the plain spelling
 * of LEFT(..) or COALESCE(..) is what makes it a call. */
static void print_function_name(HyAstPrinter *pr, const HyAstQName *name)
{
    if (name->parts.n == 1 && !name->parts.items[0].quoted)
        hy_print_text(pr, name->parts.items[0].text);
    else
        hy_print_qname(pr, name);
}

void hy_print_call(HyAstPrinter *pr, const HyAstCall *call)
{
    if (call->syntax != HY_AST_CALL_PLAIN) {
        print_special(pr, call);
        return;
    }
    print_function_name(pr, &call->name);
    hy_print_text(pr, "(");
    if (call->star)
        hy_print_text(pr, "*");
    if (call->distinct || call->all)
        hy_print_text(pr, call->distinct ? "DISTINCT " : "ALL ");
    print_args(pr, call);
    if (call->order_by.n) {
        hy_print_text(pr, " ");
        hy_print_order_by(pr, &call->order_by);
    }
    if (call->json_nulls == HY_AST_JSON_NULL_ON_NULL)
        hy_print_text(pr, " NULL ON NULL");
    else if (call->json_nulls == HY_AST_JSON_ABSENT_ON_NULL)
        hy_print_text(pr, " ABSENT ON NULL");
    hy_print_text(pr, ")");
    print_suffixes(pr, call);
}

/* ---- Windows and ORDER BY
 * ------------------------------------------------------------------------ */

void hy_print_order_by(HyAstPrinter *pr, const HyAstOrderList *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const HyAstOrder *o = &list->items[i];
        hy_print_text(pr, i == 0 ? "ORDER BY " : ", ");
        hy_print_expr(pr, o->expr);
        hy_print_text(pr, o->descending ? " DESC" : "");
        if (o->nulls != HY_AST_NULLS_DEFAULT)
            hy_print_text(pr, o->nulls == HY_AST_NULLS_FIRST ? " NULLS FIRST" : " NULLS LAST");
    }
}

static void print_bound(HyAstPrinter *pr, const HyAstBound *b)
{
    static const char *const texts[] = {
        "UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING", "UNBOUNDED FOLLOWING"};
    if (b->offset)
        hy_print_expr(pr, b->offset);
    hy_print_text(pr, texts[b->kind]);
}

static void print_frame(HyAstPrinter *pr, const HyAstWindow *w)
{
    static const char *const modes[] = {"RANGE", "ROWS", "GROUPS"};
    static const char *const excludes[] = {
        "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"};
    hy_print_text(pr, modes[w->mode]);
    hy_print_text(pr, " BETWEEN ");
    print_bound(pr, &w->start);
    hy_print_text(pr, " AND ");
    print_bound(pr, &w->end);
    hy_print_text(pr, excludes[w->exclude]);
}

void hy_print_window(HyAstPrinter *pr, const HyAstWindow *w)
{
    const char *space = "";
    hy_print_text(pr, "(");
    if (w->name.text) {
        hy_print_name(pr, &w->name);
        space = " ";
    }
    if (w->partition_by.n) {
        hy_print_text(pr, space);
        hy_print_text(pr, "PARTITION BY ");
        hy_print_exprs(pr, &w->partition_by);
        space = " ";
    }
    if (w->order_by.n) {
        hy_print_text(pr, space);
        hy_print_order_by(pr, &w->order_by);
        space = " ";
    }
    if (w->has_frame) {
        hy_print_text(pr, space);
        print_frame(pr, w);
    }
    hy_print_text(pr, ")");
}

/* ---- FROM
 * ---------------------------------------------------------------------------------------- */

static void print_alias(HyAstPrinter *pr, const HyAstAlias *alias)
{
    if (!alias->name.text)
        return;
    hy_print_text(pr, " AS ");
    hy_print_name(pr, &alias->name);
    hy_print_columns(pr, &alias->columns);
}

static void print_join(HyAstPrinter *pr, const HyAstFrom *from)
{
    static const char *const words[] = {
        " JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ", " CROSS JOIN "};
    bool is_named = from->alias.name.text != NULL;
    hy_print_text(pr, is_named ? "(" : "");
    hy_print_from(pr, from->join.left);
    hy_print_text(pr, from->join.natural ? " NATURAL" : "");
    hy_print_text(pr, words[from->join.kind]);
    bool nests = from->join.right->kind == HY_AST_FROM_JOIN && !from->join.right->alias.name.text;
    hy_print_text(pr, nests ? "(" : "");
    hy_print_from(pr, from->join.right);
    hy_print_text(pr, nests ? ")" : "");
    if (from->join.on) {
        hy_print_text(pr, " ON ");
        hy_print_expr(pr, from->join.on);
    } else if (from->join.using_columns.n) {
        hy_print_text(pr, " USING");
        hy_print_columns(pr, &from->join.using_columns);
    }
    hy_print_text(pr, is_named ? ")" : "");
}

static void print_function(HyAstPrinter *pr, const HyAstFrom *from)
{
    hy_print_call(pr, from->function.call->call);
    hy_print_text(pr, from->function.ordinality ? " WITH ORDINALITY" : "");
    print_alias(pr, &from->alias);
    if (from->function.n_columns) {
        hy_print_text(pr, from->alias.name.text ? " " : " AS ");
        hy_print_descriptor(pr, from->function.columns, from->function.n_columns);
    }
}

static void print_table(HyAstPrinter *pr, const HyAstFrom *from)
{
    const HyAstCall *sample = from->table.sample;
    hy_print_text(pr, from->table.only ? "ONLY " : "");
    hy_print_qname(pr, &from->table.name);
    print_alias(pr, &from->alias);
    if (!sample)
        return;
    hy_print_text(pr, " TABLESAMPLE ");
    hy_print_qname(pr, &sample->name);
    hy_print_text(pr, " (");
    hy_print_exprs(pr, &sample->args);
    hy_print_text(pr, ")");
    if (sample->filter) {
        hy_print_text(pr, " REPEATABLE (");
        hy_print_expr(pr, sample->filter);
        hy_print_text(pr, ")");
    }
}

void hy_print_from(HyAstPrinter *pr, const HyAstFrom *from)
{
    hy_print_text(pr, from->lateral ? "LATERAL " : "");
    switch (from->kind) {
    case HY_AST_FROM_TABLE:
        print_table(pr, from);
        break;
    case HY_AST_FROM_QUERY:
        hy_print_text(pr, "(");
        hy_print_query(pr, from->query);
        hy_print_text(pr, ")");
        print_alias(pr, &from->alias);
        break;
    case HY_AST_FROM_FUNCTION:
        print_function(pr, from);
        break;
    case HY_AST_FROM_JOIN:
        print_join(pr, from);
        print_alias(pr, &from->alias);
        break;
    }
}

void hy_print_from_list(HyAstPrinter *pr, const char *word, const HyAstFromList *list)
{
    for (size_t i = 0; i < list->n; i++) {
        hy_print_text(pr, i == 0 ? word : ", ");
        hy_print_from(pr, list->items[i]);
    }
}

/* ---- Queries
 * ------------------------------------------------------------------------------------- */

void hy_print_select_items(HyAstPrinter *pr, const HyAstSelectItemList *items)
{
    for (size_t i = 0; i < items->n; i++) {
        hy_print_text(pr, i == 0 ? " " : ", ");
        hy_print_expr(pr, items->items[i].expr);
        if (items->items[i].alias.text) {
            hy_print_text(pr, " AS ");
            hy_print_name(pr, &items->items[i].alias);
        }
    }
}

static void print_grouping(HyAstPrinter *pr, const HyAstGrouping *g)
{
    static const char *const words[] = {"", "", "ROLLUP ", "CUBE ", "GROUPING SETS "};
    if (g->kind == HY_AST_GROUPING_EXPR) {
        hy_print_expr(pr, g->expr);
        return;
    }
    hy_print_text(pr, words[g->kind]);
    hy_print_text(pr, "(");
    for (size_t i = 0; i < g->n_elements; i++) {
        hy_print_text(pr, i > 0 ? ", " : "");
        print_grouping(pr, g->elements[i]);
    }
    hy_print_text(pr, ")");
}

static void print_clause(HyAstPrinter *pr, const char *word, const HyAstExpr *expr)
{
    if (!expr)
        return;
    hy_print_text(pr, word);
    hy_print_expr(pr, expr);
}

static void print_select(HyAstPrinter *pr, const HyAstSelect *s)
{
    hy_print_text(pr, "SELECT");
    if (s->distinct != HY_AST_SELECT_ALL)
        hy_print_text(pr, " DISTINCT");
    if (s->distinct == HY_AST_SELECT_DISTINCT_ON) {
        hy_print_text(pr, " ON (");
        hy_print_exprs(pr, &s->distinct_on);
        hy_print_text(pr, ")");
    }
    hy_print_select_items(pr, &s->items);
    hy_print_from_list(pr, " FROM ", &s->from);
    print_clause(pr, " WHERE ", s->where);
    for (size_t i = 0; i < s->n_group_by; i++) {
        const char *start = s->group_distinct ? " GROUP BY DISTINCT " : " GROUP BY ";
        hy_print_text(pr, i == 0 ? start : ", ");
        print_grouping(pr, s->group_by[i]);
    }
    print_clause(pr, " HAVING ", s->having);
    for (size_t i = 0; i < s->n_windows; i++) {
        hy_print_text(pr, i == 0 ? " WINDOW " : ", ");
        hy_print_name(pr, &s->windows[i].name);
        hy_print_text(pr, " AS ");
        hy_print_window(pr, s->windows[i].window);
    }
}

static void print_values(HyAstPrinter *pr, const HyAstValues *values)
{
    for (size_t i = 0; i < values->n_rows; i++) {
        hy_print_text(pr, i == 0 ? "VALUES (" : ", (");
        hy_print_exprs(pr, &values->rows[i]);
        hy_print_text(pr, ")");
    }
}

static void print_parenthesized(HyAstPrinter *pr, const HyAstQuery *query)
{
    hy_print_text(pr, "(");
    hy_print_query(pr, query);
    hy_print_text(pr, ")");
}

static void print_set_op(HyAstPrinter *pr, const HyAstSetOp *op)
{
    static const char *const words[] = {" UNION ", " INTERSECT ", " EXCEPT "};
    print_parenthesized(pr, op->left);
    hy_print_text(pr, words[op->kind]);
    hy_print_text(pr, op->all ? "ALL " : "");
    print_parenthesized(pr, op->right);
}

void hy_print_ctes(HyAstPrinter *pr, const HyAstCte *ctes, size_t n, bool recursive)
{
    for (size_t i = 0; i < n; i++) {
        hy_print_text(pr, i > 0 ? ", " : recursive ? "WITH RECURSIVE " : "WITH ");
        hy_print_name(pr, &ctes[i].name);
        hy_print_columns(pr, &ctes[i].columns);
        hy_print_text(pr, " AS (");
        hy_print_query(pr, ctes[i].query);
        hy_print_text(pr, ")");
    }
    if (n)
        hy_print_text(pr, " ");
}

void hy_print_query(HyAstPrinter *pr, const HyAstQuery *q)
{
    hy_print_ctes(pr, q->ctes, q->n_ctes, q->recursive);
    switch (q->kind) {
    case HY_AST_QUERY_SELECT:
        print_select(pr, q->select);
        break;
    case HY_AST_QUERY_VALUES:
        print_values(pr, q->values);
        break;
    case HY_AST_QUERY_SET_OP:
        print_set_op(pr, q->set_op);
        break;
    case HY_AST_QUERY_NESTED:
        print_parenthesized(pr, q->nested);
        break;
    }
    if (q->order_by.n) {
        hy_print_text(pr, " ");
        hy_print_order_by(pr, &q->order_by);
    }
    if (q->with_ties) {
        hy_print_text(pr, " FETCH FIRST (");
        hy_print_expr(pr, q->limit);
        hy_print_text(pr, ") ROWS WITH TIES");
    } else {
        print_clause(pr, " LIMIT ", q->limit);
    }
    print_clause(pr, " OFFSET ", q->offset);
}
