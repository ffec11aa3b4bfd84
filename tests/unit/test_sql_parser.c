#include "sql/ast_print.h"
#include "sql/error_context.h"
#include "sql/parser.h"
#include "unit_test.h"

/* The printed form of a statement, or the error: "SQLSTATE position message". Static: one at a
 * time. */
static const char *parse_and_print(const char *sql)
{
    static char text[4096];
    HyArena *arena = hy_arena_create();
    HyBuffer out = {0};
    HyAstStmt *stmt = NULL;
    HyStatus st = hy_parse(arena, sql, strlen(sql), &stmt);
    if (st) {
        snprintf(
            text, sizeof text, "%s %lld %s", st->sqlstate, (long long)st->position, st->message);
        hy_error_free(st);
    } else if (!stmt) {
        snprintf(text, sizeof text, "(empty)");
    } else {
        assert_ok(hy_ast_print_statement(&out, stmt));
        assert_true(out.len < sizeof text);
        memcpy(text, out.data, out.len);
        text[out.len] = '\0';
    }
    hy_buffer_free(&out);
    hy_arena_destroy(arena);
    return text;
}

typedef struct Case {
    const char *sql;
    const char *expected;
} Case;

static void check(const Case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = parse_and_print(cases[i].sql);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s\n     got: %s\nexpected: %s", cases[i].sql, got, cases[i].expected);
    }
}

/* The printer puts every operand that is an operator in parentheses: that shows how it was read. */
static void precedence(void **state)
{
    (void)state;
    static const Case cases[] = {
        {"select 2 ^ 3 ^ 2", "SELECT (2 ^ 3) ^ 2"},
        {"select -2 ^ 2", "SELECT (- 2) ^ 2"},
        {"select -1::int", "SELECT - CAST(1 AS int)"},
        {"select - - 1", "SELECT - (- 1)"},
        {"select 1 - 2 - 3 * 4 / 5 % 6", "SELECT (1 - 2) - (((3 * 4) / 5) % 6)"},
        {"select 6 | 1 = 7", "SELECT (6 | 1) = 7"},
        {"select 1 << 2 + 1", "SELECT 1 << (2 + 1)"},
        {"select |/ 16 + 9", "SELECT |/ (16 + 9)"},
        {"select ~1 + 2", "SELECT ~ (1 + 2)"},
        {"select 'a' || 1 + 2 || 'b'", "SELECT ('a' || (1 + 2)) || 'b'"},
        {"select a || b like c || d", "SELECT (a || b) LIKE (c || d)"},
        {"select a < b in (c, d)", "SELECT a < (b IN (c, d))"},
        {"select a = b is null", "SELECT (a = b) IS NULL"},
        {"select 1 is null = false", "SELECT (1 IS NULL) = FALSE"},
        {"select not a = b and c or d", "SELECT ((NOT (a = b)) AND c) OR d"},
        {"select a and b and c or d or e", "SELECT (a AND b AND c) OR d OR e"},
        {"select a and (b and c)", "SELECT a AND (b AND c)"},
        {"select a between 1 + 1 and 2 and b", "SELECT (a BETWEEN (1 + 1) AND 2) AND b"},
        {"select a not between symmetric 1 and 2", "SELECT a NOT BETWEEN SYMMETRIC 1 AND 2"},
        {"select a is distinct from b + 1", "SELECT a IS DISTINCT FROM (b + 1)"},
        {"select a is not true is null", "SELECT (a IS NOT TRUE) IS NULL"},
        {"select a isnull, b notnull", "SELECT a IS NULL, b IS NOT NULL"},
        {"select a ~~ b, a !~~* b", "SELECT a LIKE b, a NOT ILIKE b"},
        {"select a -> 'x' ->> 'y' = 'z'", "SELECT ((a -> 'x') ->> 'y') = 'z'"},
        {"select a collate \"C\" < b", "SELECT (a COLLATE \"C\") < b"},
        {"select a at time zone 'x' + b", "SELECT ((a) AT TIME ZONE ('x')) + b"},
        {"select 1 in (1) in (true)", "SELECT (1 IN (1)) IN (TRUE)"},
        {"select 1 = any(x) = true", "SELECT (1 = ANY (x)) = TRUE"},
        {"select 1*-2, 1<-2, a=-1", "SELECT 1 * (- 2), 1 < (- 2), a = (- 1)"},
        {"select (a)[1]::text, a[1][2:3]", "SELECT CAST((a)[1] AS text), (a)[1][2:3]"},
    };
    check(cases, HY_ARRAY_LEN(cases));
}

static void literals_and_names(void **state)
{
    (void)state;
    static const Case cases[] = {
        {"SELECT 1.50, .5, 1., 1e5, 007", "SELECT 1.50, .5, 1., 1e5, 7"},
        {"SELECT 0x1F, 1_000", "SELECT 0 AS x1f, 1 AS _000"},
        {"SELECT 'a''b', E'\\x41\\u00e4\\'\\n', U&'d!0061' UESCAPE '!', $q$x'$$y$q$, N'n'",
            "SELECT 'a''b', 'A\xc3\xa4''\n', 'da', 'x''$$y', 'n'"},
        {"SELECT 'a'\n 'b', 'c' /* it''s */ 'd'", "SELECT 'ab', 'cd'"},
        {"SELECT E'a\\000b'", "SELECT E'a\\000b'"},
        {"SELECT Foo, \"Foo\", \"a\"\"b\", U&\"d\\0061\", \"select\"",
            "SELECT foo, \"Foo\", \"a\"\"b\", da, \"select\""},
        {"SELECT \xc3\x84 -- only ASCII folds", "SELECT \xc3\x84"},
        {"SELECT -9223372036854775808, 9223372036854775807",
            "SELECT - 9223372036854775808, 9223372036854775807"},
        {"SELECT date '2020-01-01', interval '1' year to month, double precision '1', "
         "timestamp with time zone 'x', numeric(5,2) '1', character varying(3) 'x'",
            "SELECT date '2020-01-01', interval '1' year to month, double precision '1', "
            "timestamp with time zone 'x', numeric(5, 2) '1', varchar(3) 'x'"},
        {"SELECT date, text, int", "SELECT date, \"text\", \"int\""},
        {"SELECT a::int[], CAST(a AS array(text not null))",
            "SELECT CAST(a AS array(int)), CAST(a AS array(text not null))"},
        {"SELECT 1 AS select, 2 end, 3 \"x y\"",
            "SELECT 1 AS \"select\", 2 AS \"end\", 3 AS \"x y\""},
        {" ;; ", "(empty)"},
        {"/* nothing */ -- at all", "(empty)"},
        {"SELECT 1 /* /* */;", "SELECT 1"},
    };
    check(cases, HY_ARRAY_LEN(cases));
}

static void special_call_syntax(void **state)
{
    (void)state;
    static const Case cases[] = {
        {"SELECT extract(Year FROM a), extract('x' FROM a)",
            "SELECT EXTRACT('year' FROM (a)), EXTRACT('x' FROM (a))"},
        {"SELECT substring(a FOR 2 FROM 3), substring(a FOR 2), substring(a, 1)",
            "SELECT SUBSTRING((a) FROM (3) FOR (2)), SUBSTRING((a) FROM (1) FOR (2)), substring(a, "
            "1)"},
        {"SELECT trim(a), trim(leading 'x' from a), trim(from a), trim(a, b)",
            "SELECT TRIM(BOTH FROM a), TRIM(LEADING 'x' FROM a), TRIM(BOTH FROM a), "
            "TRIM(BOTH b FROM a)"},
        {"SELECT position(a IN b), overlay(a placing b from 1 for 2)",
            "SELECT POSITION((a) IN (b)), OVERLAY((a) PLACING (b) FROM (1) FOR (2))"},
        {"SELECT current_timestamp(3), user, current_schema()",
            "SELECT current_timestamp(3), user, current_schema()"},
        {"SELECT f(DISTINCT a ORDER BY b DESC NULLS LAST) FILTER (WHERE c) OVER (w ROWS 1 "
         "PRECEDING)",
            "SELECT f(DISTINCT a ORDER BY b DESC NULLS LAST) FILTER (WHERE c) OVER "
            "(w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"},
        {"SELECT f(VARIADIC a), f(x => 1, y := 2), mode() WITHIN GROUP (ORDER BY a) OVER w, "
         "count(*)",
            "SELECT f(VARIADIC a), f(x => 1, y => 2), mode() WITHIN GROUP (ORDER BY a) OVER w, "
            "count(*)"},
        {"SELECT array_filter(a, LAMBDA x: x > 1 AND b), f(x -> y > 1)",
            "SELECT array_filter(a, lambda x: (x > 1) AND b), f((x -> y) > 1)"},
        {"SELECT json_object('a': 1 ABSENT ON NULL)", "SELECT json_object('a': 1 ABSENT ON NULL)"},
        {"SELECT * FROM external('f', \"null\" => 'x', columns => DESCRIPTOR(a int NOT NULL, b))",
            "SELECT * FROM external('f', \"null\" => 'x', \"columns\" => DESCRIPTOR(a int NOT "
            "NULL, "
            "b))"},
    };
    check(cases, HY_ARRAY_LEN(cases));
}

static void parentheses_of_queries_and_expressions(void **state)
{
    (void)state;
    static const Case cases[] = {
        {"SELECT ((SELECT 1) + 1)", "SELECT (SELECT 1) + 1"},
        {"SELECT ((SELECT 1) UNION SELECT 2)", "SELECT ((SELECT 1) UNION (SELECT 2))"},
        {"SELECT (((SELECT 1)))", "SELECT (SELECT 1)"},
        {"SELECT a IN ((SELECT 1), 2)", "SELECT a IN ((SELECT 1), 2)"},
        {"SELECT a IN ((SELECT 1) LIMIT 1)", "SELECT a IN (SELECT 1 LIMIT 1)"},
        {"SELECT (((SELECT 1), 2), 3)", "SELECT (((SELECT 1), 2), 3)"},
        {"(SELECT 1 LIMIT 1) LIMIT 2", "(SELECT 1 LIMIT 1) LIMIT 2"},
        {"SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT ALL SELECT 4 ORDER BY 1",
            "((SELECT 1) UNION ((SELECT 2) INTERSECT (SELECT 3))) EXCEPT ALL (SELECT 4) ORDER BY "
            "1"},
        {"SELECT * FROM ((SELECT 1) UNION SELECT 2) x",
            "SELECT * FROM ((SELECT 1) UNION (SELECT 2)) AS x"},
        {"SELECT * FROM ((SELECT 1) a JOIN b USING (c)) AS x (d)",
            "SELECT * FROM ((SELECT 1) AS a JOIN b USING (c)) AS x (d)"},
        {"SELECT * FROM a JOIN b JOIN c ON x ON y LEFT JOIN d ON z, LATERAL f(1) WITH ORDINALITY g",
            "SELECT * FROM a JOIN (b JOIN c ON x) ON y LEFT JOIN d ON z, "
            "LATERAL f(1) WITH ORDINALITY AS g"},
        {"SELECT GROUP BY (a, b), (c), (), ROLLUP (d, (e, f)), GROUPING SETS (CUBE (g), ())",
            "SELECT GROUP BY (a, b), c, (), ROLLUP (d, (e, f)), GROUPING SETS (CUBE (g), ())"},
        {"TABLE t OFFSET 1 ROW FETCH NEXT ROW ONLY", "SELECT * FROM t LIMIT 1 OFFSET 1"},
        {"WITH RECURSIVE a (b) AS (VALUES (1)) SELECT FROM a",
            "WITH RECURSIVE a (b) AS (VALUES (1)) SELECT FROM a"},
    };
    check(cases, HY_ARRAY_LEN(cases));
}

static void statements(void **state)
{
    (void)state;
    static const Case cases[] = {
        {"INSERT INTO t (a) VALUES (1), (DEFAULT) RETURNING *",
            "INSERT INTO t (a) VALUES (1), (DEFAULT) RETURNING *"},
        {"INSERT INTO t (SELECT 1)", "INSERT INTO t SELECT 1"},
        {"UPDATE t SET SET = 1, (a, b) = (2, DEFAULT), (c) = (SELECT 3) FROM u WHERE d",
            "UPDATE t SET \"set\" = 1, (a, b) = ROW (2, DEFAULT), (c) = (SELECT 3) FROM u WHERE d"},
        {"UPDATE t AS x SET (a, b) = (2, DEFAULT), (c) = (SELECT 3) FROM u WHERE d",
            "UPDATE t AS x SET (a, b) = ROW (2, DEFAULT), (c) = (SELECT 3) FROM u WHERE d"},
        {"CREATE TEMP TABLE IF NOT EXISTS t (a int NOT NULL DEFAULT 1 ASSUMED UNIQUE, ASSUMED "
         "PRIMARY "
         "KEY (a), b text COLLATE \"C\")",
            "CREATE TEMPORARY TABLE IF NOT EXISTS t (a int NOT NULL DEFAULT (1) ASSUMED UNIQUE, b "
            "text "
            "COLLATE \"C\", ASSUMED PRIMARY KEY (a))"},
        {"CREATE TABLE t (a, b) AS SELECT 1, 2 WITH NO DATA",
            "CREATE TABLE t (a, b) AS SELECT 1, 2 WITH NO DATA"},
        {"ALTER TABLE t ADD a int, DROP COLUMN b", "ALTER TABLE t ADD COLUMN a int, DROP COLUMN b"},
        {"COPY t FROM STDIN CSV HEADER DELIMITER AS ';'",
            "COPY t FROM STDIN WITH (format csv, header, delimiter ';')"},
        {"COPY t FROM ARRAY['a'] (FORMAT => 'csv', x => f(1))",
            "COPY t FROM ARRAY['a'] WITH (\"format\" => 'csv', x => f(1))"},
        {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET TRANSACTION READ ONLY"},
        {"SET TIME ZONE LOCAL", "SET time_zone = DEFAULT"},
        {"SET a.b TO on, -1, 'x'", "SET a.b = \"on\", - 1, 'x'"},
        {"SHOW TRANSACTION ISOLATION LEVEL", "SHOW transaction_isolation"},
        {"PREPARE p (int) AS SELECT $1", "PREPARE p (int) AS SELECT $1"},
        {"EXPLAIN (COSTS off) SELECT 1", "EXPLAIN (costs off) SELECT 1"},
        {"EXPLAIN (SELECT 1)", "EXPLAIN SELECT 1"},
        {"CREATE DATABASE IF NOT EXISTS \"a b\" WITH VERSION 3",
            "CREATE DATABASE IF NOT EXISTS \"a b\" WITH version = 3"},
        {"MERGE INTO t USING s ON a = b WHEN MATCHED AND c THEN DELETE WHEN NOT MATCHED THEN "
         "INSERT "
         "VALUES (1)",
            "MERGE INTO t USING s ON a = b WHEN MATCHED AND c THEN DELETE WHEN NOT MATCHED THEN "
            "INSERT "
            "VALUES (1)"},
    };
    check(cases, HY_ARRAY_LEN(cases));
}

/* Texts of the genuine server; positions count bytes from 0. */
static void errors(void **state)
{
    (void)state;
    static const Case cases[] = {
        {"selec 1",
            "42601 0 syntax error: got <identifier>, expected one of: SELECT, INSERT, UPDATE, "
            "DELETE, MERGE, CREATE, WITH, VALUES, ..."},
        {"select 1 fro t",
            "42601 13 syntax error: got <identifier>, expected one of: end of input, ',', "
            "FROM, WHERE, GROUP, ORDER, HAVING, INTO, ..."},
        {"select (1",
            "42601 9 syntax error: got end of input, expected one of: ')', ',', AND, OR, NOT, "
            "IN, IS, LIKE, ..."},
        {"select 1 1",
            "42601 9 syntax error: got <integer constant>, expected one of: end of input, ',', "
            "<identifier>, <operator>, '::', ';'"},
        {"select 1 < 2 = true",
            "42601 13 syntax error: got '=', expected one of: end of input, ',', "
            "<identifier>, <operator>, '::', ';'"},
        {"select case when 1 then 2",
            "42601 25 syntax error: got end of input, expected one of: WHEN, "
            "ELSE, END, AND, OR, NOT, IN, IS, ..."},
        {"insert a values (1)", "42601 7 syntax error: got <identifier>, expected INTO"},
        {"attach database \"x\"", "42601 19 syntax error: got end of input, expected AS"},
        {"comment on table t is 'x'", "42601 11 syntax error: got TABLE, expected COLUMN"},
        {"alter table t alter a type int",
            "42601 14 syntax error: got ALTER, expected one of: ADD, DROP, RENAME, '*', '.', '['"},
        {"select position('a', 'b')",
            "42601 19 syntax error: got ',', expected one of: IN, IS, <operator>, OPERATOR, '::'"},
        {"select array[1][1]",
            "42601 15 syntax error: got '[', expected one of: end of input, ',', "
            "<identifier>, <operator>, '::', ';'"},
        {"select $$x", "42601 7 syntax error: got invalid token, expected one of: end of input, "
                       "<identifier>, <constant>, WITH, FROM, WHERE, GROUP, ORDER, ..."},
        {"select \"\"", "42601 7 zero-length delimited identifier '\"\"'"},
        {"select E'\\xzz'", "42601 7 invalid string escape"},
        {"select E'\\xff'", "22021 7 invalid UTF-8 sequence"},
        {"select \xff", "22021 7 invalid UTF-8 sequence"},
        {"select 18446744073709551616", "42601 7 invalid integer constant"},
        {"select 9223372036854775808", "42601 7 invalid integer constant 9223372036854775808"},
        {"select 1 - 9223372036854775808", "42601 11 invalid integer constant 9223372036854775808"},
        {"select $0", "42601 7 invalid parameter '$0', the first parameter is $1"},
        {"select b'1'", "0A000 7 bit strings not implemented yet"},
        {"select 1; select 2", "0A000 -1 Multi-part queries are disabled."},
        {"create view v as select 1", "0A000 -1 Views are disabled."},
        {"set local a = 1", "0A000 -1 SET LOCAL not implemented yet"},
        {"truncate a cascade", "0A000 11 CASCADE in truncate not implemented yet"},
        {"select 1 into t", "0A000 9 SELECT INTO is deprecated."},
        {"select * from a.b.c.d", "42601 14 invalid qualified name, too many dots"},
        {"select f(a => 1, 2)", "42601 17 positional argument cannot follow named argument"},
        {"values (1), (default)",
            "42601 13 DEFAULT can only appear in a VALUES list within INSERT"},
    };
    check(cases, HY_ARRAY_LEN(cases));
}

static void check_display(const char *sql, const char *expected, int64_t expected_position)
{
    HyArena *arena = hy_arena_create();
    HyAstStmt *stmt;
    HyStatus st = hy_parse(arena, sql, strlen(sql), &stmt);
    assert_non_null(st);
    st = hy_error_add_sql_context(st, sql, strlen(sql));
    assert_string_equal(st->detail, expected);
    assert_int_equal(st->position, expected_position);
    hy_error_free(st);
    hy_arena_destroy(arena);
}

static void display_of_the_place(void **state)
{
    (void)state;
    check_display("select 1 fro t",
        "\nline 1, column 14: select 1 fro t\n"
        "                                ^",
        13);
    check_display("select (1", "\nline 1, column 10: select (1\n                            ^", -1);
    check_display("select 1,\n from\tx\n where", /* tabs are shown as blanks */
        "\nline 2, column 2:  from x\n                   ^~~~", 11);
    check_display("select '\xc3\xa4\xc3\xa4' 'x'", /* columns count characters */
        "\nline 1, column 13: select '\xc3\xa4\xc3\xa4' 'x'\n                               ^~~",
        14);
    check_display("select 18446744073709551616",
        "'18446744073709551616'\nline 1, column 8: select 18446744073709551616\n"
        "                         ^~~~~~~~~~~~~~~~~~~~",
        7);
    check_display(
        "select 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', a from, "
        "'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'",
        "\nline 1, column 82: ...aaaaaaaaaaaaaaaaa', a from, 'bbbbbbbbbbbbbbbbbbbbbbbbb...\n"
        "                                                ^",
        81);
}

/* 54001 instead of a crash, whatever it is that nests. */
static void depth_is_limited(void **state)
{
    (void)state;
    static const struct {
        const char *head, *open, *middle, *close;
    } forms[] = {
        {"select ", "(", "1", ")"},
        {"select ", "not ", "1", ""},
        {"select ", "- ", "1", ""},
        {"select 1", "+1", "", ""},
        {"select ", "f(", "1", ")"},
        {"select ", "case when ", "1", " then 1 end"},
        {"select array", "[", "1", "]"},
        {"select a", "[1]", "", ""},
        {"select 1::int", "[]", "", ""},
        {"select 1::", "array(", "int", ")"},
        {"", "(", "select 1", ")"},
        {"select ((", "(", "select 1", ")"},
        {"select * from ", "(", "select 1", ")"},
        {"select * from a", " join a", "", " on b"},
        {"select * from a", " cross join a", "", ""},
        {"select 1", " union select 1", "", ""},
        {"select 1 group by ", "rollup (", "1", ")"},
        {"", "with a as (", "select 1", ") select 1"},
    };
    for (size_t f = 0; f < HY_ARRAY_LEN(forms); f++) {
        HyBuffer sql = {0};
        assert_ok(hy_buffer_append_str(&sql, forms[f].head));
        for (int i = 0; i < 100000; i++)
            assert_ok(hy_buffer_append_str(&sql, forms[f].open));
        assert_ok(hy_buffer_append_str(&sql, forms[f].middle));
        for (int i = 0; i < 100000; i++)
            assert_ok(hy_buffer_append_str(&sql, forms[f].close));
        HyArena *arena = hy_arena_create();
        HyAstStmt *stmt;
        assert_fails(hy_parse(arena, sql.data, sql.len, &stmt), "54001");
        hy_arena_destroy(arena);
        hy_buffer_free(&sql);
    }
    /* while chains that do not nest may be long */
    HyBuffer sql = {0};
    assert_ok(hy_buffer_append_str(&sql, "select a"));
    for (int i = 0; i < 5000; i++)
        assert_ok(hy_buffer_append_str(&sql, " or a and b"));
    HyArena *arena = hy_arena_create();
    HyAstStmt *stmt;
    assert_ok(hy_parse(arena, sql.data, sql.len, &stmt));
    const HyAstExpr *e = stmt->query->select->items.items[0].expr;
    assert_int_equal(e->kind, HY_AST_OR);
    assert_int_equal(e->list.n, 5001);
    hy_arena_destroy(arena);
    hy_buffer_free(&sql);
}

/* What the binder points at. */
static void places_in_the_tree(void **state)
{
    (void)state;
    const char *sql = "select a . b + (1), x.* from t where f ( $7 ) ;";
    HyArena *arena = hy_arena_create();
    HyAstStmt *stmt;
    assert_ok(hy_parse(arena, sql, strlen(sql), &stmt));
    const HyAstSelect *select = stmt->query->select;
    const HyAstExpr *sum = select->items.items[0].expr;
    assert_int_equal(stmt->n_parameters, 7);
    assert_int_equal(stmt->span.length, 45);
    assert_int_equal(sum->pos, 13);
    assert_int_equal(sum->span.offset, 7);
    assert_int_equal(sum->span.length, 11);
    assert_int_equal(sum->binary.left->span.length, 5);
    assert_int_equal(sum->binary.right->pos, 16);
    assert_true(sum->binary.right->parenthesized);
    assert_int_equal(select->items.items[1].expr->kind, HY_AST_STAR);
    assert_int_equal(select->where->span.offset, 37);
    assert_int_equal(select->where->span.length, 8);
    hy_arena_destroy(arena);
}

static void expressions_and_types_alone(void **state)
{
    (void)state;
    HyArena *arena = hy_arena_create();
    HyAstExpr *e;
    HyAstType *type;
    assert_ok(hy_parse_expression(arena, "1 + 2", 5, &e));
    assert_int_equal(e->binary.op, HY_AST_OP_ADD);
    assert_fails(hy_parse_expression(arena, "1, 2", 4, &e), "42601");
    assert_fails(hy_parse_expression(arena, "", 0, &e), "42601");
    assert_ok(hy_parse_type(arena, "character varying(7)", 20, &type));
    assert_string_equal(type->name.parts.items[0].text, "varchar");
    assert_int_equal(type->modifiers.items[0]->integer, 7);
    assert_fails(hy_parse_type(arena, "int int", 7, &type), "42601");
    hy_arena_destroy(arena);
}

static void end_of_a_statement(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t end;
    } cases[] = {
        {"select 1; select 2;", 9},
        {"select 1", 0},
        {"select ';' /* ; */ -- ;\n, \";\", $a$;$a$; x", 39},
        {"select 'open; ", 0},
        {"select /* open; ", 0},
        {"", 0},
    };
    for (size_t i = 0; i < HY_ARRAY_LEN(cases); i++)
        assert_int_equal(hy_split_statements(cases[i].text, strlen(cases[i].text)), cases[i].end);
}

/* Every allocation fails once: an error, no leak (seen by the sanitizers), no crash. */
static void out_of_memory(void **state)
{
    (void)state;
    const char *sql = "WITH a AS (SELECT 'x' || E'\\x41' AS b, f(c => 1) OVER (ORDER BY d) FROM t) "
                      "SELECT * FROM a WHERE b IN (1, 2, 3) AND CASE WHEN x THEN y END oops oops";
    for (int n = 1;; n++) {
        HyArena *arena = hy_arena_create();
        HyAstStmt *stmt;
        alloc_fault_arm(n);
        HyStatus st =
            hy_error_add_sql_context(hy_parse(arena, sql, strlen(sql), &stmt), sql, strlen(sql));
        bool failed = alloc_fault_disarm();
        assert_non_null(st);
        bool is_syntax = strcmp(st->sqlstate, "42601") == 0;
        if (!failed)
            assert_true(is_syntax);
        else
            assert_true(is_syntax || strcmp(st->sqlstate, "53200") == 0);
        hy_error_free(st);
        hy_arena_destroy(arena);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precedence),
        cmocka_unit_test(literals_and_names),
        cmocka_unit_test(special_call_syntax),
        cmocka_unit_test(parentheses_of_queries_and_expressions),
        cmocka_unit_test(statements),
        cmocka_unit_test(errors),
        cmocka_unit_test(display_of_the_place),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(places_in_the_tree),
        cmocka_unit_test(expressions_and_types_alone),
        cmocka_unit_test(end_of_a_statement),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
