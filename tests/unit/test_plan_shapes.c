#include "plan/explain.h"
#include "plan/planner.h"
#include "sql/binder.h"
#include "sql/parser.h"
#include "unit_test.h"

#define A "(values (1, 2), (NULL, 3), (4, 5)) a(x, y)"
#define B "(values (1, 7), (2, NULL)) b(z, w)"
#define C "(values (1), (2), (3)) c(v)"

/* ---- What every plan must fulfil ---- */

static bool gives(const HyAlg *alg, HyColumnId id)
{
    for (size_t i = 0; i < alg->n_columns; i++) {
        if (alg->columns[i] == id)
            return true;
    }
    return false;
}

typedef struct Check {
    const HyAlg *alg;
    const char *sql;
} Check;

static bool check_node(void *ctx, const HyExpr *node)
{
    const Check *check = ctx;
    if (node->kind == HY_EXPR_SUBQUERY)
        fail_msg("%s\na subquery is left", check->sql);
    if (node->kind != HY_EXPR_COLUMN)
        return true;
    for (size_t i = 0; i < check->alg->n_inputs; i++) {
        if (gives(check->alg->inputs[i], node->column))
            return true;
    }
    fail_msg("%s\ncolumn #%u is used but not given", check->sql, (unsigned)node->column);
    return false;
}

static HyStatus check_slot(void *ctx, HyExpr **slot)
{
    hy_expr_walk(*slot, check_node, ctx);
    return HY_OK;
}

static bool makes(const HyAlg *alg, HyColumnId id)
{
    for (size_t i = 0; i < alg->n_exprs; i++) {
        if (alg->exprs[i].id == id)
            return true;
    }
    for (size_t i = 0; i < alg->n_groups; i++) {
        if (alg->groups[i].id == id)
            return true;
    }
    for (size_t i = 0; i < alg->n_aggregates; i++) {
        if (alg->aggregates[i].id == id)
            return true;
    }
    for (size_t i = 0; i < alg->n_windows; i++) {
        if (alg->windows[i].id == id)
            return true;
    }
    for (size_t i = 0; alg->call && i < alg->call->n_columns; i++) {
        if (alg->function_columns[i] == id)
            return true;
    }
    return alg->mark_column == id || alg->grouping_id == id || alg->ordinality == id ||
           alg->kind == HY_ALG_SETOP || alg->kind == HY_ALG_RECURSIVE;
}

static void check_tree(HyAlg *alg, const char *sql)
{
    Check check = {.alg = alg, .sql = sql};
    if (alg->kind == HY_ALG_JOIN && alg->join_kind == HY_JOIN_DEPENDENT)
        fail_msg("%s\na dependent join is left", sql);
    assert_ok(hy_alg_each_expr(alg, check_slot, &check));
    for (size_t i = 0; i < alg->n_columns && alg->n_inputs > 0; i++) {
        bool known = makes(alg, alg->columns[i]);
        for (size_t k = 0; k < alg->n_inputs && !known; k++)
            known = gives(alg->inputs[k], alg->columns[i]);
        if (!known)
            fail_msg("%s\ncolumn #%u comes from nowhere", sql, (unsigned)alg->columns[i]);
    }
    for (size_t i = 0; i < alg->n_inputs; i++)
        check_tree(alg->inputs[i], sql);
}

/* The plan as text; static, one at a time. */
static const char *plan(const char *sql)
{
    static char text[8192];
    HyArena *arena = hy_arena_create();
    HyTextStyle style;
    HyAstStmt *stmt = NULL;
    HyBoundQuery *query = NULL;
    HyBuffer out = {0};
    hy_text_style_init(&style);
    HyFuncEnv env = {.arena = arena, .style = &style};
    HyBindContext bind = {.arena = arena, .style = &style, .env = &env};
    HyPlanContext ctx = {.arena = arena, .style = &style, .env = &env};
    HyStatus st = hy_parse(arena, sql, strlen(sql), &stmt);
    if (!st)
        st = hy_bind_statement(&bind, stmt, &query);
    if (!st)
        st = hy_plan(query, &ctx);
    if (st)
        fail_msg("%s\n%s %s", sql, st->sqlstate, st->message);
    check_tree(query->root, sql);
    for (size_t i = 0; i < query->n_columns; i++)
        assert_true(gives(query->root, query->column_ids[i]));
    HyExplainOptions options = {0};
    assert_ok(hy_explain_text(query, &options, &out));
    assert_true(out.len < sizeof text);
    memcpy(text, out.data, out.len);
    text[out.len] = '\0';
    hy_buffer_free(&out);
    hy_arena_destroy(arena);
    return text;
}

static void expect(const char *sql, const char *part)
{
    const char *text = plan(sql);
    if (!strstr(text, part))
        fail_msg("%s\nexpected: %s\n%s", sql, part, text);
}

static void refute(const char *sql, const char *part)
{
    const char *text = plan(sql);
    if (strstr(text, part))
        fail_msg("%s\nnot expected: %s\n%s", sql, part, text);
}

/* ---- Tests ---- */

static void subqueries(void **state)
{
    (void)state;
    expect("select x from " A " where exists (select 1 from " B " where z = x)",
        "hash semi join on x = z");
    expect("select x from " A " where not exists (select 1 from " B " where z = x and w > 1)",
        "hash anti join on x = z");
    expect("select x from " A " where x in (select z from " B ")", "hash semi join on x = z");
    expect("select x in (select z from " B ") from " A, "hash mark join on x = z");
    expect("select x from " A " where exists (select 1 from " B " where z = x) or y = 3",
        "hash mark join on x = z");
    /* grouped once instead of computed per row */
    expect(
        "select x, (select count(w) from " B " where z = x) from " A, "aggregate by z: count(w)");
    expect("select (select 1 + 1) + x from " A, "map ");
    refute("select (select 1 + 1) + x from " A, "join");
    /* one query that no condition decorrelates: over the different values of x */
    expect("select (select max(w) from " B " where z < x) from " A, "aggregate by x");
}

static void push_down(void **state)
{
    (void)state;
    /* a null row of the right side cannot pass: an inner join */
    refute("select x from " A " left join " B " on x = z where w > 1", "left join");
    expect("select x from " A " left join " B " on x = z where w is null", "left join");
    /* the condition on one relation reaches it, and by x = z the other one as well */
    expect("select x from " A ", " B " where x = z and x = 1", "filter z = 1");
    /* through grouping, computed columns and unions */
    expect("select * from (select x, count(*) n from " A " group by x) q where x = 1",
        "  filter x = 1");
    expect("select * from (select x + 1 as p from " A " union all select z from " B
           ") q where p = 5",
        "filter z = 5");
    /* not below a limit */
    expect("select * from (select x from " A " order by x limit 1) q where x = 1", "filter");
    expect("select x from " A " where (x = 1 and y = 2) or (x = 1 and y = 3)", "x = 1 AND");
    expect("select x from " A " order by x limit 3", "top 3 by");
    expect("select x from " A " where x > 1 + 1 * 2", "> 3");
}

static void joins(void **state)
{
    (void)state;
    /* the cross product as written is avoided */
    refute("select * from " A ", " B ", " C " where x = v and v = z", "nested loop");
    expect("select * from " A " join " B " on x = z and y < w", "x if y < w");
    /* of equalities that follow from each other a join tests one, of independent ones all */
    refute("select * from " A ", " B ", " C " where x = v and v = z and x = z", " and ");
    expect("select * from " A ", " B " where x = z and y = w", " and ");
    expect("select * from " A ", " B ", " C " where x = v and y = v and x = z", "y");
    expect("with q as (select x from " A ") select * from q", "values");
    refute("with q as (select x from " A ") select * from q", "cte");
    expect("with q as (select x from " A ") select * from q q1, q q2", "cte scan q");
}

/* No text is expected of these: check_tree says whether they are sound. */
static void soundness(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "select x, (select w from " B " where z = x order by w limit 1) from " A,
        "select x, (select sum(w + y) from " B " where z = x) from " A " where y > 1",
        "select * from " A ", lateral (select z, x as q from " B
        " where z <> x union all select v, y from " C ") l",
        "select * from " A " left join lateral (select count(*) n from " B
        " where z > x) l on n = y",
        "select x, row_number() over (partition by y order by x) from " A
        " where y in (select w from " B " where w is distinct from x)",
        "select * from " A " full join " B " on x = z where y is null or w is null",
        "select y, grouping(x) from " A " group by grouping sets ((x, y), (y), ())",
        "select distinct on (y) y, x from " A " order by y, x desc",
        "select x from " A " where y > all (select w from " B " where z = (select max(v) from " C
        " where v <= x))",
        "with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select n, "
        "(select "
        "count(*) from r r2 where r2.n <= r.n) from r",
        "select x from " A " where x + 1 not in (select z from " B ") and (y in (select w from " B
        ")) is not false",
        "select x, y from " A " except select z, w from " B
        " order by 1 fetch first 2 rows with ties",
        "select (select sum(s) from (select (select max(v) from " C " where v < z + x) s from " B
        ") q) from " A,
        "select count(*) from " A " where 2 between symmetric (select min(z) from " B ") and x",
    };
    for (size_t i = 0; i < HY_ARRAY_LEN(queries); i++)
        (void)plan(queries[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subqueries),
        cmocka_unit_test(push_down),
        cmocka_unit_test(joins),
        cmocka_unit_test(soundness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
