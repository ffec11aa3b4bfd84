#include "sql/binder.h"
#include "sql/parser.h"
#include "unit_test.h"

typedef struct Fixture {
    HyArena *arena;
    HyTextStyle style;
    HyBindContext ctx;
} Fixture;

static void begin(Fixture *f, size_t n_params)
{
    f->arena = hy_arena_create();
    assert_non_null(f->arena);
    hy_text_style_init(&f->style);
    f->ctx = (HyBindContext){.arena = f->arena, .style = &f->style, .n_params = n_params};
}

static HyStatus bind(Fixture *f, const char *sql, HyBoundQuery **out)
{
    HyAstStmt *stmt = NULL;
    HY_TRY(hy_parse(f->arena, sql, strlen(sql), &stmt));
    return hy_bind_statement(&f->ctx, stmt, out);
}

/* "name type, .." of the result, or "SQLSTATE position message". */
static const char *describe(const char *sql)
{
    static char text[2048];
    Fixture f;
    HyBoundQuery *query = NULL;
    HyBuffer out = {0};
    begin(&f, 0);
    HyStatus st = bind(&f, sql, &query);
    if (st) {
        assert_ok(hy_buffer_printf(
            &out, "%s %lld %s", st->sqlstate, (long long)st->position, st->message));
        hy_error_free(st);
    }
    for (size_t i = 0; query && i < query->n_columns; i++) {
        assert_ok(hy_buffer_printf(&out, "%s%s ", i ? ", " : "", query->column_names[i]));
        assert_ok(hy_type_format(query->column_types[i], &out));
        if (!query->column_types[i].nullable)
            assert_ok(hy_buffer_append_char(&out, '!'));
    }
    assert_true(out.len < sizeof text);
    memcpy(text, out.data ? out.data : "", out.len);
    text[out.len] = '\0';
    hy_buffer_free(&out);
    hy_arena_destroy(f.arena);
    return text;
}

typedef struct Case {
    const char *sql;
    const char *expected;
} Case;

static void check(const Case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = describe(cases[i].sql);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s\n     got: %s\nexpected: %s", cases[i].sql, got, cases[i].expected);
    }
}

#define T "(VALUES (1, 'x'), (NULL, 'y')) AS t(a, b)"

/* Names, types and nullability as the genuine server gives them. */
static void results(void **state)
{
    (void)state;
    static const Case cases[] = {
        {"select 1, 3000000000, 1.50, 1e5, 'x', true",
            "1 integer!, 2 bigint!, 3 numeric(3,2)!, 4 double precision!, 5 text!, 6 boolean!"},
        {"select -2147483648, -9223372036854775808", "1 integer!, 2 bigint!"},
        {"select NULL", "1 text"},
        {"select a::text, a + 1 as n, case when a = 1 then 2 end, t.a from " T,
            "a text, n integer, case integer, a integer"},
        {"select * from " T " join (values (1)) u(a) using (a)", "b text!, a integer"},
        {"select * from " T " left join (values (1)) u(c) on a = c",
            "a integer, b text!, c integer"},
        {"select a, count(*), sum(a) from " T " group by a",
            "a integer, count bigint!, sum bigint"},
        {"select a from " T " union select 2.5", "a numeric(11,1)"},
        {"select a, b from (select NULL as a, 'q' as b) s where a = 1", "a text, b text!"},
        {"select coalesce(a, 1), nullif(a, 1) from " T, "coalesce integer!, nullif integer"},
        {"select exists (select 1), 1 in (select 2), (select 3)",
            "1 boolean!, 2 boolean!, 3 integer"},
        {"with recursive r(n) as (select 1 union all select n + 1 from r) select n from r",
            "n integer"},
        {"values (1, NULL), (2.5, 'a')", "column1 numeric(11,1)!, column2 text"},
        {"select array[1, NULL]", "1 array(integer)!"},
        {"select", ""},
    };
    check(cases, HY_ARRAY_LEN(cases));
}

/* Each with the place at which the genuine server points. */
static void errors(void **state)
{
    (void)state;
    static const Case cases[] = {
        {"select zz from " T, "42703 7 unknown column 'zz'"},
        {"select t.zz from " T, "42703 7 unknown column \"t\".\"zz\""},
        {"select q.a from " T, "42P01 7 unknown table \"q\""},
        {"select a from " T ", (values (1)) u(a)", "42601 7 'a' is ambiguous"},
        {"select * from nope", "42P01 14 table \"nope\" does not exist"},
        {"select a = b from " T, "42601 9 cannot compare 'integer' and 'text'"},
        {"select a from " T " where b",
            "42601 62 boolean expression requires as argument for where"},
        {"select a, count(*) from " T, "42601 7 column \"a\" must appear in the GROUP BY clause or "
                                       "be used in an aggregate function"},
        {"select t.a + 1 from " T " group by b", "42601 7 column \"t\".\"a\" must appear in the "
                                                 "GROUP BY clause or be used in an aggregate "
                                                 "function"},
        {"select b, (select max(u.c) from (values (1)) u(c) where u.c = t.a) from " T " group by b",
            "42601 62 column \"t\".\"a\" must appear in the GROUP BY clause or be used in an "
            "aggregate "
            "function"},
        {"select sum(count(*)) from " T, "42601 11 aggregates are not allowed here"},
        {"select a from " T " where row_number() over () = 1",
            "42601 62 window expression not allowed here"},
        {"select a from " T " order by 2", "42601 65 invalid column number in order-by"},
        {"select distinct a from " T " order by b",
            "42601 74 in a SELECT DISTINCT expression the ORDER BY clause can only reference the "
            "projection"},
        {"select 1 union select 1, 2",
            "42601 9 set operations require an identical schema on both sides"},
        {"select 1 limit 1 + 1", "42601 15 LIMIT requires an integer argument"},
        {"select 1 limit -1", "42601 9 the limit clause must not be negative"},
        {"select (select 1, 2)", "42601 8 subquery expressions must produce a single value"},
        {"select $1", "42601 7 unexpected parameter '$1', expected to have 0 parameter(s)"},
        {"values (1), (1, 2)", "42601 13 'values' elements must have identical number of columns"},
        {"select * from " T ", (values (1)) t", "42601 57 binding 't' already defined"},
        {"select 1::nope", "42704 10 type \"nope\" does not exist"},
        {"select date 'x'", "42601 7 invalid \"date\" constant: x"},
    };
    check(cases, HY_ARRAY_LEN(cases));
}

/* A failing cast of a constant waits until it is computed. */
static void late_errors(void **state)
{
    (void)state;
    Fixture f;
    HyBoundQuery *query = NULL;
    begin(&f, 0);
    assert_ok(bind(&f, "select case when false then 'x'::int end, 1/0", &query));
    HyFuncEnv env = {.arena = f.arena, .style = &f.style};
    HyValue value;
    assert_int_equal(query->root->kind, HY_ALG_MAP);
    assert_ok(hy_expr_evaluate(&env, f.arena, query->root->exprs[0].expr, &value));
    assert_true(value.is_null);
    assert_fails(hy_expr_evaluate(&env, f.arena, query->root->exprs[1].expr, &value), "22012");
    hy_arena_destroy(f.arena);
}

static void parameters(void **state)
{
    (void)state;
    Fixture f;
    HyBoundQuery *query = NULL;
    begin(&f, 3);
    assert_ok(bind(&f, "select $1 + 1, $2::date, $3 from " T " where b = $3", &query));
    assert_int_equal(query->param_types[0].id, HY_TYPE_INT4);
    assert_false(query->param_types[0].nullable); /* inferred */
    assert_int_equal(query->param_types[1].id, HY_TYPE_DATE);
    assert_true(query->param_types[1].nullable); /* declared */
    assert_int_equal(query->param_types[2].id, HY_TYPE_TEXT);
    assert_fails(bind(&f, "select coalesce($1, 5)", &query), "42601");

    HyValue values[3];
    memset(values, 0, sizeof values);
    values[0].type = hy_type(HY_TYPE_INT4);
    values[0].i32 = 41;
    values[1] = hy_value_null(hy_type(HY_TYPE_DATE));
    values[2] = hy_value_null(hy_type(HY_TYPE_TEXT));
    HyType types[] = {values[0].type, values[1].type, values[2].type};
    f.ctx.param_types = types;
    f.ctx.param_values = values;
    assert_ok(bind(&f, "select $1 + 1", &query));
    HyFuncEnv env = {.arena = f.arena, .style = &f.style};
    HyValue value;
    assert_ok(hy_expr_evaluate(&env, f.arena, query->root->exprs[0].expr, &value));
    assert_int_equal(value.i32, 42);
    hy_arena_destroy(f.arena);
}

/* Names that are almost right are offered. */
static void hints(void **state)
{
    (void)state;
    Fixture f;
    HyBoundQuery *query = NULL;
    begin(&f, 0);
    HyStatus st = bind(&f, "select custmer from (values (1)) t(customer)", &query);
    assert_non_null(st);
    assert_non_null(st->hint);
    assert_string_equal(st->hint, "did you mean 'customer'?");
    hy_error_free(st);
    hy_arena_destroy(f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results),
        cmocka_unit_test(errors),
        cmocka_unit_test(late_errors),
        cmocka_unit_test(parameters),
        cmocka_unit_test(hints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
