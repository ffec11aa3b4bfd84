/* Statements that do not fit in their budget: the answers are those of an unlimited run, rows did
 * go to disk, nothing stays in memory or in the directory; a full disk is 53100; a cancellation at
 * any moment ends them soon. */
#include "base/clock.h"
#include "exec/exec.h"
#include "plan/planner.h"
#include "sql/binder.h"
#include "sql/parser.h"
#include "types/cast.h"
#include "unit_test.h"
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define SMALL  ((size_t)10 << 20)
#define SERIES "generate_series(1, 120000) AS s(i)"

typedef struct Run {
    HyMemory memory;
    HyCancel cancel;
    HyTextStyle style;
    HyArena *arena;
    HyFuncEnv env;
    HyExecContext ctx;
    HyBoundQuery *query;
} Run;

static char directory[] = "/tmp/openhyper_spill_XXXXXX";

static HyStatus prepare(Run *run, HyTaskPool *pool, size_t limit, const char *sql)
{
    HyAstStmt *stmt;
    memset(run, 0, sizeof *run);
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
    run->ctx.temp_directory = directory;
    return HY_OK;
}

static void finish(Run *run)
{
    assert_int_equal(atomic_load(&run->memory.used_bytes), 0);
    hy_arena_destroy(run->arena);
}

static uint64_t spilled_bytes(const HyAlg *alg)
{
    uint64_t sum = alg->spilled_bytes;
    for (size_t i = 0; i < alg->n_inputs; i++)
        sum += spilled_bytes(alg->inputs[i]);
    return sum;
}

/* The one row of the result as text. */
static char *answer_of(HyTaskPool *pool, size_t limit, const char *sql, uint64_t *spilled)
{
    Run run;
    HyRowset *rows = NULL;
    HyBuffer out = {0};
    assert_ok(prepare(&run, pool, limit, sql));
    assert_ok(hy_exec_run(&run.ctx, run.query, run.arena, &rows, NULL));
    assert_int_equal(hy_rowset_row_count(rows), 1);
    const HyBatch *batch = hy_rowset_piece(rows, 0);
    for (size_t col = 0; col < batch->n_cols; col++) {
        HyVector *v = &batch->cols[col];
        assert_ok(hy_buffer_append_str(&out, "|"));
        if (!hy_vector_is_null(v, 0))
            assert_ok(hy_value_format(v->type, v->data, &run.style, &out));
    }
    *spilled = spilled_bytes(run.query->root);
    hy_rowset_destroy(rows);
    finish(&run);
    return hy_buffer_take(&out);
}

#define MIXED "(i * CAST(7919 AS bigint)) % 120011"
#define TEXT  "'a text that is not short ' || CAST(i AS text)"

static const char *const hungry[] = {
    /* groups */
    "SELECT count(*), sum(c), sum(s), max(t) FROM (SELECT " MIXED " AS k, count(*) AS c, sum(i) AS "
    "s, max(" TEXT ") AS t FROM " SERIES " GROUP BY 1) q",
    "SELECT count(*), sum(a), sum(b), sum(c) FROM (SELECT i % 60013 AS a, i % 50021 AS b, count(*) "
    "AS c FROM " SERIES " GROUP BY ROLLUP (1, 2)) q",
    "SELECT count(*), sum(d), sum(e) FROM (SELECT i % 31 AS k, count(DISTINCT " MIXED
    ") AS d, sum(DISTINCT i % 1013) AS e FROM " SERIES " GROUP BY 1) q",
    "SELECT count(DISTINCT " TEXT "), count(DISTINCT i % 70001), count(*) FROM " SERIES,
    "SELECT count(*), sum(length(l)) FROM (SELECT i % 5003 AS k, string_agg(" TEXT
    ", ',' ORDER BY " MIXED " DESC) AS l FROM " SERIES " GROUP BY 1) q",
    "SELECT count(*), max(t) FROM (SELECT DISTINCT " TEXT " AS t FROM " SERIES ") q",
    /* joins */
    "SELECT count(*), sum(s.i), max(b.t), count(b.k) FROM " SERIES
    " LEFT JOIN (SELECT i * 2 AS k, " TEXT " AS t FROM " SERIES ") b ON s.i = b.k",
    "SELECT count(*), count(s.i), count(b.k), sum(b.k) FROM " SERIES
    " FULL JOIN (SELECT nullif(i, 7) * 2 AS k, " TEXT " AS t FROM " SERIES
    ") b ON s.i = b.k AND length(b.t) % 2 = 0",
    "SELECT count(*), sum(s.i), sum(b.j) FROM " SERIES
    " JOIN (SELECT CASE WHEN i > 30000 THEN 1 ELSE i END AS k, i AS j, " TEXT " AS t FROM " SERIES
    " WHERE i < 110000) b ON s.i = b.k AND b.t <> CAST(s.i AS text)",
    "SELECT count(*), sum(i) FROM " SERIES " WHERE EXISTS (SELECT 1 FROM (SELECT i * 2 AS k, " TEXT
    " AS t FROM " SERIES ") b WHERE b.k = s.i AND b.t <> CAST(s.i AS text))",
    "WITH c AS (SELECT i, " TEXT " AS t FROM " SERIES
    ") SELECT count(*), max(a.t), sum(b.i) FROM c a JOIN c b ON a.i = b.i + 1",
    /* order */
    "SELECT count(*), sum(r * i) FROM (SELECT i, row_number() OVER () AS r FROM (SELECT i, " TEXT
    " AS t FROM " SERIES " ORDER BY t DESC) q) p",
    "SELECT count(*), sum(i), max(t) FROM (SELECT i, " TEXT " AS t FROM " SERIES " ORDER BY " MIXED
    " OFFSET 30000 LIMIT 70000) q",
    "SELECT count(*), sum(k) FROM (SELECT i % 1003 AS k, " TEXT " AS t FROM " SERIES
    " ORDER BY k FETCH FIRST 50000 ROWS WITH TIES) q",
    "SELECT count(*), sum(i * x), sum(i * y), sum(z), max(m) FROM (SELECT i, rank() OVER w AS x, "
    "dense_rank() OVER w AS y, sum(CAST(i AS bigint)) OVER w AS z, max(" TEXT
    ") OVER w AS m FROM " SERIES " WINDOW w AS (ORDER BY " MIXED " / 3)) q",
    "SELECT count(*), sum(x), max(y) FROM (SELECT lag(i, 2) OVER w AS x, min(" TEXT
    ") OVER w AS y FROM " SERIES " WINDOW w AS (PARTITION BY i % 2003 ORDER BY " MIXED
    " ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING)) q",
    /* sets */
    "SELECT count(*), sum(i), max(t) FROM (SELECT i, " TEXT " AS t FROM " SERIES
    " UNION SELECT i * 2, " TEXT " FROM " SERIES ") q",
    "SELECT count(*), sum(i), max(t) FROM (SELECT i % 50000 AS i, 'some text, not a short one' AS "
    "t FROM " SERIES " EXCEPT ALL SELECT i * 2, 'some text, not a short one' FROM " SERIES ") q",
};

static size_t count_files(void)
{
    size_t n = 0;
    DIR *dir = opendir(directory);
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

static void test_answers_are_the_same(void **state)
{
    (void)state;
    HyTaskPool *pool;
    assert_ok(hy_task_pool_create(2, &pool));
    for (size_t q = 0; q < HY_ARRAY_LEN(hungry); q++) {
        uint64_t none, spilled;
        char *want = answer_of(pool, SIZE_MAX, hungry[q], &none);
        char *got = answer_of(pool, SMALL, hungry[q], &spilled);
        if (strcmp(want, got) != 0)
            fail_msg("%s\nwant %s\ngot  %s", hungry[q], want, got);
        assert_int_equal(none, 0);
        if (spilled == 0 && !strstr(hungry[q], "WITH c"))
            fail_msg("nothing went to disk: %s", hungry[q]);
        free(want);
        free(got);
    }
    assert_int_equal(count_files(), 0);
    hy_task_pool_destroy(pool);
}

static void test_disk_is_full(void **state)
{
    (void)state;
    HyTaskPool *pool;
    Run run;
    HyRowset *rows = NULL;
    struct rlimit old, small;
    assert_ok(hy_task_pool_create(2, &pool));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 100000, .rlim_max = old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (size_t q = 0; q < HY_ARRAY_LEN(hungry); q += 6) {
        assert_ok(prepare(&run, pool, SMALL, hungry[q]));
        HyStatus st = hy_exec_run(&run.ctx, run.query, run.arena, &rows, NULL);
        assert_non_null(st);
        assert_non_null(strstr(st->message, directory));
        assert_fails(st, "53100");
        finish(&run);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_ok(prepare(&run, pool, SMALL, hungry[0]));
    run.ctx.temp_directory = "/dev/null/nowhere";
    assert_fails(hy_exec_run(&run.ctx, run.query, run.arena, &rows, NULL), "58030");
    finish(&run);
    hy_task_pool_destroy(pool);
}

/* What cannot go to disk says so. */
static void test_hint(void **state)
{
    (void)state;
    Run run;
    HyRowset *rows = NULL;
    assert_ok(prepare(&run, NULL, SMALL,
        "SELECT string_agg(" TEXT ", ',') FROM generate_series(1, 900000) AS s(i)"));
    HyStatus st = hy_exec_run(&run.ctx, run.query, run.arena, &rows, NULL);
    assert_non_null(st);
    assert_non_null(st->hint);
    assert_fails(st, "53200");
    finish(&run);
}

typedef struct Canceller {
    HyCancel *cancel;
    useconds_t delay_us;
    int64_t cancelled_us;
} Canceller;

static void *cancel_later(void *arg)
{
    Canceller *canceller = arg;
    usleep(canceller->delay_us);
    canceller->cancelled_us = hy_clock_us();
    atomic_store(&canceller->cancel->requested, true);
    return NULL;
}

/* 50 ms on a quiet machine; sanitizers and neighbours make it slower. */
#define BOUND_US 1500000

static void test_cancel_at_any_moment(void **state)
{
    (void)state;
    HyTaskPool *pool;
    unsigned seed = 20240229;
    int64_t worst = 0;
    size_t n_cancelled = 0;
    assert_ok(hy_task_pool_create(2, &pool));
    for (size_t i = 0; i < 3 * HY_ARRAY_LEN(hungry); i++) {
        const char *sql = hungry[i % HY_ARRAY_LEN(hungry)];
        Run run;
        HyRowset *rows = NULL;
        pthread_t thread;
        assert_ok(prepare(&run, pool, i % 2 ? SMALL : SIZE_MAX, sql));
        Canceller canceller = {
            .cancel = &run.cancel, .delay_us = (useconds_t)rand_r(&seed) % 25000};
        assert_int_equal(pthread_create(&thread, NULL, cancel_later, &canceller), 0);
        HyStatus st = hy_exec_run(&run.ctx, run.query, run.arena, &rows, NULL);
        int64_t end = hy_clock_us();
        pthread_join(thread, NULL);
        if (st) {
            assert_fails(st, "57014");
            n_cancelled++;
            worst = end - canceller.cancelled_us > worst ? end - canceller.cancelled_us : worst;
        }
        hy_rowset_destroy(rows);
        finish(&run);
    }
    print_message("cancelled %zu, the slowest took %lld us\n", n_cancelled, (long long)worst);
    assert_true(n_cancelled > 0);
    assert_true(worst < BOUND_US);
    hy_task_pool_destroy(pool);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_are_the_same),
        cmocka_unit_test(test_disk_is_full),
        cmocka_unit_test(test_hint),
        cmocka_unit_test(test_cancel_at_any_moment),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
