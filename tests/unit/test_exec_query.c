/* Whole statements over generated rows, without a catalog: several workers give what one gives, in
 * the same order; every failed allocation, a budget and a cancellation end a statement cleanly. */
#include "exec/exec.h"
#include "plan/planner.h"
#include "sql/binder.h"
#include "sql/parser.h"
#include "types/cast.h"
#include "unit_test.h"

typedef struct Run {
    HyTaskPool *pool;
    HyMemory memory;
    HyCancel cancel;
    HyTextStyle style;
    HyArena *arena;
    HyFuncEnv env;
    HyExecContext ctx;
    HyBoundQuery *query;
} Run;

static HyStatus prepare(Run *run, HyTaskPool *pool, size_t limit, const char *sql)
{
    HyAstStmt *stmt;
    memset(run, 0, sizeof *run);
    run->pool = pool;
    hy_memory_init(&run->memory, NULL, limit);
    hy_text_style_init(&run->style);
    run->arena = hy_arena_create();
    if (!run->arena)
        return hy_error_oom(0);
    run->env = (HyFuncEnv){.arena = run->arena, .style = &run->style, .memory = &run->memory};
    HyBindContext bind = {.arena = run->arena, .style = &run->style, .env = &run->env};
    HyPlanContext plan = {.arena = run->arena, .style = &run->style, .env = &run->env};
    HY_TRY(hy_parse(run->arena, sql, strlen(sql), &stmt));
    HY_TRY(hy_bind_statement(&bind, stmt, &run->query));
    HY_TRY(hy_plan(run->query, &plan));
    hy_exec_context_init(&run->ctx, pool, &run->memory, &run->cancel, &run->env, NULL);
    return HY_OK;
}

static void finish(Run *run)
{
    assert_int_equal(atomic_load(&run->memory.used_bytes), 0);
    hy_arena_destroy(run->arena);
}

/* All rows as text. */
static void format_batch(const Run *run, const HyBatch *batch, HyBuffer *out)
{
    for (size_t row = 0; row < batch->n_rows; row++) {
        for (size_t col = 0; col < batch->n_cols; col++) {
            const HyVector *v = &batch->cols[col];
            size_t width = hy_physical_size(hy_type_physical(v->type));
            const char *payload =
                (const char *)hy_vector_values(v) + hy_vector_index(v, row) * width;
            if (hy_vector_is_null(v, row))
                assert_ok(hy_buffer_append_str(out, "NULL"));
            else
                assert_ok(hy_value_format(v->type, payload, &run->style, out));
            assert_ok(hy_buffer_append_str(out, col + 1 == batch->n_cols ? "\n" : "|"));
        }
    }
}

static char *text_of(HyTaskPool *pool, const char *sql)
{
    Run run;
    HyRowset *rows = NULL;
    HyBuffer out = {0};
    assert_ok(prepare(&run, pool, SIZE_MAX, sql));
    assert_ok(hy_exec_run(&run.ctx, run.query, run.arena, &rows, NULL));
    for (size_t p = 0; p < hy_rowset_piece_count(rows); p++)
        format_batch(&run, hy_rowset_piece(rows, p), &out);
    assert_true(hy_exec_progress(&run.ctx) == 1);
    hy_rowset_destroy(rows);
    finish(&run);
    char *text = hy_buffer_take(&out);
    assert_non_null(text);
    return text;
}

#define SERIES "generate_series(1, 200000) AS s(i)"

/* Enough rows for several workers; each with the answer of arithmetic where there is one. */
static const struct {
    const char *sql;
    const char *expected; /* NULL: only that all numbers of workers agree */
} queries[] = {
    {"SELECT count(*), sum(i) FROM " SERIES, "200000|20000100000\n"},
    {"WITH t AS (SELECT i FROM " SERIES ") SELECT a.i FROM t a, t b WHERE a.i = b.i + 199998",
        "199999\n200000\n"},
    {"SELECT i FROM " SERIES " WHERE i % 1000 = 7", NULL},
    {"SELECT i % 5, count(*), min(i), max(i) FROM " SERIES " GROUP BY 1 ORDER BY 1",
        "0|40000|5|200000\n1|40000|1|199996\n2|40000|2|199997\n3|40000|3|199998\n4|40000|4|"
        "199999\n"},
    {"SELECT count(*), sum(c) FROM (SELECT i / 2 AS h, count(*) AS c FROM " SERIES " GROUP BY 1) q",
        "100001|200000\n"},
    {"SELECT count(DISTINCT i % 777), count(DISTINCT i) FROM " SERIES, "777|200000\n"},
    {"SELECT i % 3, count(DISTINCT i / 4) FROM " SERIES " GROUP BY 1 ORDER BY 1", NULL},
    {"SELECT i FROM " SERIES " ORDER BY (i * 7919) % 200003, i LIMIT 3 OFFSET 100000", NULL},
    {"SELECT i % 1000, i FROM " SERIES " ORDER BY 1, 2 DESC", NULL},
    {"SELECT cast(i % 1000 AS text) AS t, i FROM " SERIES " ORDER BY 1, 2", NULL},
    {"SELECT i, row_number() OVER (PARTITION BY i % 10 ORDER BY i DESC), sum(i) OVER (PARTITION BY "
     "i % 10 ORDER "
     "BY i ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING), max(i) OVER (PARTITION BY i % 10 ORDER BY i "
     "ROWS BETWEEN 5 "
     "PRECEDING AND 2 PRECEDING) FROM " SERIES " ORDER BY i LIMIT 500",
        NULL},
    {"WITH t AS (SELECT i FROM " SERIES
     ") SELECT count(*) FROM (SELECT i FROM t EXCEPT SELECT i * 2 FROM t) q",
        "100000\n"},
    {"WITH t AS (SELECT i FROM " SERIES
     ") SELECT count(a.i), count(b.j), count(*) FROM t a FULL JOIN (SELECT i * 3 "
     "AS j FROM t) b ON a.i = b.j",
        "200000|200000|333334\n"},
    {"WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT (n * 3) % 1009 FROM r) SELECT count(*) FROM r",
        NULL},
    {"SELECT count(*) FROM (VALUES (1, NULL), (NULL, 2), (3, 3)) v(a, b) WHERE a IN (SELECT 3 "
     "UNION ALL SELECT NULL)",
        "1\n"},
    {"SELECT CASE WHEN i > 3 THEN 1 / (i - 3) ELSE i END, coalesce(nullif(i, 2), -1) FROM "
     "generate_series(1, 5) s(i)",
        "1|1\n2|-1\n3|3\n1|4\n0|5\n"},
};

static void test_workers_agree(void **state)
{
    (void)state;
    HyTaskPool *pool;
    assert_ok(hy_task_pool_create(4, &pool));
    for (size_t q = 0; q < HY_ARRAY_LEN(queries); q++) {
        char *one = text_of(NULL, queries[q].sql);
        char *many = text_of(pool, queries[q].sql);
        if (queries[q].expected)
            assert_string_equal(one, queries[q].expected);
        if (strcmp(one, many) != 0)
            fail_msg("results differ: %s", queries[q].sql);
        free(one);
        free(many);
    }
    hy_task_pool_destroy(pool);
}

typedef struct Stream {
    const Run *run;
    int64_t next; /* the rows are numbered */
    int64_t stop_at;
} Stream;

static HyStatus take_batch(void *sink, const HyBatch *batch)
{
    Stream *stream = sink;
    const HyVector *v = &batch->cols[0];
    for (size_t i = 0; i < batch->n_rows; i++) {
        HyValue value = hy_vector_value(v, i);
        int64_t got = hy_type_physical(v->type) == HY_PHYS_I32 ? value.i32 : value.i64;
        assert_int_equal(got, stream->next);
        stream->next++;
    }
    return stream->next >= stream->stop_at ? hy_error("08006", "the client is gone") : HY_OK;
}

static void test_streams_in_order_until_refused(void **state)
{
    (void)state;
    HyTaskPool *pool;
    assert_ok(hy_task_pool_create(4, &pool));
    for (int round = 0; round < 2; round++) {
        Run run;
        int64_t n_rows = 0;
        assert_ok(prepare(&run, pool, SIZE_MAX,
            "SELECT i FROM (SELECT -i AS k, 200001 - i AS i FROM " SERIES ") q ORDER BY k"));
        Stream stream = {.run = &run, .next = 1, .stop_at = round == 0 ? INT64_MAX : 5000};
        HyStatus st = hy_exec_stream(&run.ctx, run.query, run.arena, take_batch, &stream, &n_rows);
        if (round == 0) {
            assert_ok(st);
            assert_int_equal(n_rows, 200000);
        } else {
            assert_fails(st, "08006");
            assert_true(stream.next < 100000);
        }
        finish(&run);
    }
    hy_task_pool_destroy(pool);
}

static void test_budget_and_cancel(void **state)
{
    (void)state;
    static const char *const hungry[] = {
        "SELECT i, count(*) FROM " SERIES " GROUP BY 1",
        "SELECT i, i + 1, i + 2, i + 3 FROM " SERIES " ORDER BY -i",
        "WITH t AS (SELECT i FROM " SERIES ") SELECT a.i, b.i FROM t a JOIN t b ON a.i = b.i",
    };
    HyTaskPool *pool;
    assert_ok(hy_task_pool_create(2, &pool));
    for (size_t q = 0; q < HY_ARRAY_LEN(hungry); q++) {
        Run run;
        HyRowset *rows = NULL;
        assert_ok(prepare(&run, pool, (size_t)3 << 20, hungry[q]));
        assert_fails(hy_exec_run(&run.ctx, run.query, run.arena, &rows, NULL), "53200");
        finish(&run);
        assert_ok(prepare(&run, pool, SIZE_MAX, hungry[q]));
        atomic_store(&run.cancel.requested, true);
        assert_fails(hy_exec_run(&run.ctx, run.query, run.arena, &rows, NULL), "57014");
        finish(&run);
    }
    hy_task_pool_destroy(pool);
}

/* The n-th allocation of the run fails, for every n that is reached. */
static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    static const char *const statements[] = {
        ("SELECT a, count(*), count(DISTINCT b), sum(b) FROM (VALUES ('x', 1), ('y', 2), ('x', 3)) "
         "v(a, b) GROUP BY ROLLUP (a) ORDER BY 1"),
        ("SELECT * FROM (VALUES (1, 'a long text to be copied'), (2, 'b')) a(x, s) FULL JOIN "
         "(VALUES (2), (3)) b(y) ON x = y"),
        ("SELECT x, lag(s) OVER (ORDER BY x), max(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND "
         "CURRENT ROW) FROM (VALUES (1, 'a'), (2, 'b')) v(x, s)"),
        ("WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r "
         "EXCEPT VALUES (2)"),
    };
    for (size_t q = 0; q < HY_ARRAY_LEN(statements); q++) {
        bool failed = true;
        for (int n = 1; failed; n++) {
            Run run;
            HyRowset *rows = NULL;
            assert_ok(prepare(&run, NULL, SIZE_MAX, statements[q]));
            alloc_fault_arm(n);
            HyStatus st = hy_exec_run(&run.ctx, run.query, run.arena, &rows, NULL);
            failed = alloc_fault_disarm();
            if (st) {
                assert_string_equal(st->sqlstate, "53200");
                hy_error_free(st);
            }
            hy_rowset_destroy(rows);
            finish(&run);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers_agree),
        cmocka_unit_test(test_streams_in_order_until_refused),
        cmocka_unit_test(test_budget_and_cancel),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
