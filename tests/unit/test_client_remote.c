/* The wire client against the listener of an engine in the same process: what it gives is what the
 * engine gives, failures leave the connection usable, and what is left open is given back. */
#include "openhyper_test.h"
#include <pthread.h>
#include <unistd.h>

static openhyper_instance *engine;
static openhyper_instance *server; /* the same engine, seen from outside */
static openhyper_connection *here;
static openhyper_connection *there;

static openhyper_result *query(openhyper_connection *connection, const char *sql)
{
    openhyper_result *result;
    must(openhyper_execute(connection, sql, strlen(sql), &result));
    return result;
}

static int64_t run(openhyper_connection *connection, const char *sql)
{
    openhyper_result *result = query(connection, sql);
    int64_t affected = openhyper_result_affected_rows(result);
    openhyper_result_destroy(result);
    return affected;
}

static int64_t number(openhyper_connection *connection, const char *sql)
{
    const openhyper_column *columns;
    size_t n_rows;
    openhyper_result *result = query(connection, sql);
    must(openhyper_result_fetch(result, &columns, &n_rows));
    assert_int_equal(n_rows, 1);
    int64_t value = *(const int64_t *)columns[0].data;
    openhyper_result_destroy(result);
    return value;
}

static int setup(void **state)
{
    static const openhyper_setting settings[] = {{"default_database_version", "4"}, {NULL, NULL}};
    static const openhyper_setting style[] = {{"date_style", "DMY"}, {NULL, NULL}};
    static char path[64];
    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/test_client_remote_%d.hyper", (int)getpid());
    must(openhyper_instance_create(settings, &engine));
    assert_null(openhyper_instance_endpoint(engine));
    must(openhyper_instance_listen(engine, "tab.tcp://127.0.0.1:auto"));
    must(openhyper_instance_at(openhyper_instance_endpoint(engine), &server));
    must(openhyper_connect(engine, NULL, &here));
    must(openhyper_attach(here, path, "d", OPENHYPER_CREATE_AND_REPLACE));
    must(openhyper_connect(server, style, &there));
    must(openhyper_attach(there, path, "d", OPENHYPER_CREATE_NONE));
    (void)unlink(path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    must(openhyper_disconnect(there));
    openhyper_instance_destroy(server);
    must(openhyper_disconnect(here));
    must(openhyper_instance_shutdown(engine, -1, NULL));
    return 0;
}

/* ---- Results ---- */

static bool is_null(const openhyper_column *column, size_t row)
{
    return column->validity && !(column->validity[row / 64] >> (row % 64) & 1);
}

static void assert_same_value(const openhyper_result *result, size_t c, size_t size,
    const openhyper_column *a, const openhyper_column *b, size_t row)
{
    assert_int_equal(is_null(a, row), is_null(b, row));
    if (is_null(a, row))
        return;
    if (openhyper_result_column_type(result, c).physical == OPENHYPER_STRING) {
        const openhyper_string *x = &((const openhyper_string *)a->data)[row];
        const openhyper_string *y = &((const openhyper_string *)b->data)[row];
        assert_int_equal(x->len, y->len);
        assert_memory_equal(openhyper_string_data(x), openhyper_string_data(y), x->len);
    } else {
        assert_memory_equal(
            (const char *)a->data + row * size, (const char *)b->data + row * size, size);
    }
}

static size_t value_size(openhyper_physical physical)
{
    static const size_t sizes[] = {1, 2, 4, 4, 8, 8, 16, 4, 8, 16, 16, 16};
    return sizes[physical];
}

static void assert_same_rows(openhyper_result *a, openhyper_result *b)
{
    size_t n_columns = openhyper_result_column_count(a);
    assert_int_equal(n_columns, openhyper_result_column_count(b));
    assert_int_equal(openhyper_result_row_count(a), openhyper_result_row_count(b));
    assert_string_equal(openhyper_result_tag(a), openhyper_result_tag(b));
    for (;;) {
        const openhyper_column *x, *y;
        size_t n, m;
        must(openhyper_result_fetch(a, &x, &n));
        must(openhyper_result_fetch(b, &y, &m));
        assert_int_equal(n, m);
        if (!n)
            return;
        for (size_t c = 0; c < n_columns; c++)
            for (size_t row = 0; row < n; row++)
                assert_same_value(a, c, value_size(openhyper_result_column_type(a, c).physical),
                    &x[c], &y[c], row);
    }
}

static void test_rows_of_all_types(void **state)
{
    static const char sql[] =
        "SELECT n, n::smallint, n % 2 = 0, n::real, n / 7.0::double precision, n::oid, "
        "(n / 3.0)::numeric(10,3), (n * 1000000000.0)::numeric(38,3), repeat('x', n % 40), "
        "'ab'::char(5), chr(230 + n % 50)::char(1), CASE WHEN n % 3 = 0 THEN NULL ELSE n END, "
        "date '0001-01-01' + n, time '23:59:59', timestamp '2020-01-01' + n * interval '1 day', "
        "n * interval '1 month 2 days 3 seconds', '[1]'::json, repeat('b', n % 20)::bytea, "
        "array[n, NULL, 3], array['a', NULL, repeat('q', n)], array[n::numeric(30,2)], "
        "array[]::array(int), NULL FROM generate_series(1, 5000) g(n) ORDER BY n";
    (void)state;
    openhyper_result *a = query(here, sql);
    openhyper_result *b = query(there, sql);
    assert_same_rows(a, b);
    openhyper_result_destroy(a);
    openhyper_result_destroy(b);
    a = query(here, "SELECT 1 WHERE false");
    b = query(there, "SELECT 1 WHERE false");
    assert_same_rows(a, b);
    openhyper_result_destroy(a);
    openhyper_result_destroy(b);
}

static void test_commands_notices_errors(void **state)
{
    openhyper_result *result;
    openhyper_error *error;
    (void)state;
    run(there, "CREATE TABLE c(a int NOT NULL, b text)");
    assert_int_equal(run(there, "INSERT INTO c VALUES (1, 'x'), (2, NULL)"), 2);
    assert_int_equal(run(there, "UPDATE c SET b = 'y'"), 2);
    assert_int_equal(run(there, "CREATE TABLE e AS SELECT * FROM c"), -1);
    assert_int_equal(number(here, "SELECT count(*) FROM c WHERE b = 'y'"), 2);
    result = query(there, "ROLLBACK");
    assert_string_equal(openhyper_result_notice(result, 0), "there is no transaction in progress");
    openhyper_result_destroy(result);
    result = query(there, " -- nothing");
    assert_false(openhyper_result_has_rows(result));
    openhyper_result_destroy(result);
    error = openhyper_execute(there, "SELECT 'ä', nope", strlen("SELECT 'ä', nope"), &result);
    assert_non_null(error);
    assert_string_equal(openhyper_error_sqlstate(error), "42703");
    assert_int_equal(openhyper_error_position(error), strlen("SELECT 'ä', "));
    openhyper_error_free(error);
    must_fail(openhyper_execute(there, "SELECT \0", 8, &result), "42601");
    must_fail(
        openhyper_execute(there, "COPY c FROM STDIN WITH (FORMAT csv)", 35, &result), "57014");
    assert_int_equal(run(there, "COPY c TO STDOUT WITH (FORMAT csv)"), 2);
    /* A failed transaction stays one. */
    run(there, "BEGIN");
    run(there, "DELETE FROM c");
    must_fail(openhyper_execute(there, "SELECT nope", 11, &result), "42703");
    must_fail(openhyper_execute(there, "SELECT 1", 8, &result), "25P02");
    run(there, "ROLLBACK");
    assert_int_equal(number(there, "SELECT count(*) FROM c"), 2);
    assert_true(openhyper_progress(there) < 0);
    run(there, "DROP TABLE c");
    run(there, "DROP TABLE e");
}

/* ---- Catalog ---- */

static void test_catalog(void **state)
{
    char **names;
    openhyper_table_info *info;
    (void)state;
    run(there, "CREATE SCHEMA \"s\"\"1\"");
    run(there, "CREATE TABLE \"s\"\"1\".\"it's\"(a numeric(10,2) NOT NULL, b varchar(5))");
    run(there, "CREATE TABLE bare()");
    run(there, "CREATE TEMPORARY TABLE temp(a int)");
    must(openhyper_list_schemas(there, NULL, &names));
    assert_non_null(names[0]);
    assert_non_null(names[1]);
    assert_null(names[2]);
    openhyper_free(names);
    must(openhyper_list_tables(there, "d", "s\"1", &names));
    assert_string_equal(names[0], "it's");
    assert_null(names[1]);
    openhyper_free(names);
    must(openhyper_describe_table(there, NULL, "s\"1", "it's", &info));
    assert_string_equal(info->database, "d");
    assert_int_equal(info->n_columns, 2);
    assert_int_equal(info->columns[0].type.oid, 1700);
    assert_int_equal(info->columns[0].type.typmod, (10 << 16 | 2) + 4);
    assert_false(info->columns[0].type.nullable);
    assert_int_equal(info->columns[1].type.typmod, 9);
    assert_true(info->columns[1].type.nullable);
    openhyper_free(info);
    must(openhyper_describe_table(there, NULL, NULL, "bare", &info));
    assert_int_equal(info->n_columns, 0);
    openhyper_free(info);
    must(openhyper_describe_table(there, NULL, NULL, "temp", &info));
    assert_true(info->is_temporary);
    openhyper_free(info);
    must_fail(openhyper_describe_table(there, NULL, NULL, "nope", &info), "42P01");
    must_fail(openhyper_describe_table(there, "d", "public", "nope", &info), "42P01");
    must_fail(openhyper_describe_table(there, NULL, "nope", "nope", &info), "3F000");
    run(there, "DROP TABLE bare");
    run(there, "DROP TABLE temp");
}

/* ---- Inserts ---- */

#define N_ROWS 2000

static int64_t keys[N_ROWS];
static openhyper_string texts[N_ROWS];
static uint64_t validity[(N_ROWS + 63) / 64];

static void fill_columns(openhyper_column columns[2])
{
    for (size_t i = 0; i < N_ROWS; i++) {
        keys[i] = (int64_t)i;
        texts[i] = (openhyper_string){.len = 30};
        texts[i].ptr = "a text that is not so short...";
        memcpy(texts[i].prefix, texts[i].ptr, 4);
        if (i % 3)
            validity[i / 64] |= UINT64_C(1) << (i % 64);
    }
    columns[0] = (openhyper_column){.data = keys};
    columns[1] = (openhyper_column){.data = texts, .validity = validity};
}

static const openhyper_stream_column stream[] = {{"k", "bigint", false}, {"t", "text", true}};

static void test_inserts(void **state)
{
    static const char *const targets[] = {"t", "k"};
    static const char *const expressions[] = {"upper(t)", "k * 2"};
    openhyper_appender *appender;
    openhyper_result *result;
    openhyper_column columns[2];
    int64_t n;
    (void)state;
    fill_columns(columns);
    run(there, "CREATE TABLE i(k bigint NOT NULL, other int, t text)");
    /* As they are; nobody else can use the connection meanwhile. */
    must(openhyper_appender_create(there, NULL, NULL, "i", stream, 2, NULL, NULL, 0, &appender));
    assert_int_equal(openhyper_appender_column_count(appender), 2);
    must_fail(openhyper_execute(there, "SELECT 1", 8, &result), "55006");
    for (int i = 0; i < 50; i++)
        must(openhyper_appender_append(appender, columns, N_ROWS));
    must(openhyper_appender_finish(appender, &n));
    openhyper_appender_destroy(appender);
    assert_int_equal(n, 50 * N_ROWS);
    assert_int_equal(number(here, "SELECT sum(k)::bigint FROM i"), 50 * N_ROWS * (N_ROWS - 1) / 2);
    assert_int_equal(number(here, "SELECT count(*) FROM i WHERE t IS NULL"), 50 * 667);
    /* Dropped. */
    must(openhyper_appender_create(there, NULL, NULL, "i", stream, 2, NULL, NULL, 0, &appender));
    must(openhyper_appender_append(appender, columns, N_ROWS));
    openhyper_appender_destroy(appender);
    assert_int_equal(number(there, "SELECT count(*) FROM i"), 50 * N_ROWS);
    /* Computed. */
    run(there, "TRUNCATE TABLE i");
    must(openhyper_appender_create(
        there, NULL, NULL, "i", stream, 2, targets, expressions, 2, &appender));
    must(openhyper_appender_append(appender, columns, N_ROWS));
    must(openhyper_appender_finish(appender, &n));
    openhyper_appender_destroy(appender);
    assert_int_equal(n, N_ROWS);
    assert_int_equal(number(here, "SELECT sum(k)::bigint FROM i"), N_ROWS * (N_ROWS - 1));
    assert_int_equal(number(here, "SELECT count(*) FROM i WHERE t LIKE 'A TEXT%'"), N_ROWS - 667);
    run(there, "DROP TABLE i");
}

static void test_inserts_that_fail(void **state)
{
    static const openhyper_stream_column narrow[] = {{"k", "bigint", true}};
    static const openhyper_stream_column unknown[] = {{"nope", "bigint", true}};
    openhyper_appender *appender;
    openhyper_column columns[2];
    int64_t n;
    (void)state;
    fill_columns(columns);
    columns[0].validity = validity;
    run(there, "CREATE TABLE f(k smallint, t text NOT NULL)");
    must_fail(
        openhyper_appender_create(there, NULL, NULL, "nope", stream, 2, NULL, NULL, 0, &appender),
        "42P01");
    must_fail(
        openhyper_appender_create(there, NULL, NULL, "f", unknown, 1, NULL, NULL, 0, &appender),
        "42703");
    must(openhyper_appender_create(there, NULL, NULL, "f", stream, 2, NULL, NULL, 0, &appender));
    must_fail(openhyper_appender_append(appender, columns, N_ROWS), "23502");
    openhyper_appender_destroy(appender);
    /* Of another type: cast, and a column that must have values has none. */
    must(openhyper_appender_create(there, NULL, NULL, "f", narrow, 1, NULL, NULL, 0, &appender));
    must(openhyper_appender_append(appender, columns, N_ROWS));
    openhyper_error *error = openhyper_appender_finish(appender, &n);
    assert_non_null(error);
    openhyper_error_free(error);
    openhyper_appender_destroy(appender);
    assert_int_equal(number(there, "SELECT count(*) FROM f"), 0);
    run(there, "DROP TABLE f");
}

/* ---- COPY ---- */

static void test_copy(void **state)
{
    openhyper_copy *copy;
    openhyper_result *result;
    const char *data;
    size_t len, total = 0;
    (void)state;
    run(there, "CREATE TABLE p(a bigint, b text)");
    must(openhyper_copy_open(there, "COPY p FROM STDIN WITH (FORMAT csv)", 35, &copy));
    assert_int_equal(openhyper_copy_get_direction(copy), OPENHYPER_COPY_IN);
    assert_int_equal(openhyper_copy_column_count(copy), 2);
    for (int i = 0; i < 1000; i++)
        assert_true(openhyper_copy_write(copy, "12,x\n", 5));
    must(openhyper_copy_finish(copy, &result));
    assert_int_equal(openhyper_result_affected_rows(result), 1000);
    openhyper_result_destroy(result);
    openhyper_copy_destroy(copy);
    must(openhyper_copy_open(there, "COPY p TO STDOUT WITH (FORMAT csv)", 34, &copy));
    for (openhyper_copy_read(copy, &data, &len); len; openhyper_copy_read(copy, &data, &len))
        total += len;
    assert_int_equal(total, 5000);
    must(openhyper_copy_finish(copy, &result));
    openhyper_result_destroy(result);
    openhyper_copy_destroy(copy);
    /* Given up in both directions, and bad data. */
    must(openhyper_copy_open(there, "COPY p FROM STDIN WITH (FORMAT csv)", 35, &copy));
    assert_true(openhyper_copy_write(copy, "1,y\n", 4));
    openhyper_copy_destroy(copy);
    must(openhyper_copy_open(there, "COPY p TO STDOUT WITH (FORMAT csv)", 34, &copy));
    openhyper_copy_destroy(copy);
    must(openhyper_copy_open(there, "COPY p FROM STDIN WITH (FORMAT csv)", 35, &copy));
    (void)openhyper_copy_write(copy, "x,y\n", 4);
    openhyper_error *error = openhyper_copy_finish(copy, &result);
    assert_non_null(error);
    openhyper_error_free(error);
    openhyper_copy_destroy(copy);
    assert_int_equal(number(there, "SELECT count(*) FROM p"), 1000);
    run(there, "DROP TABLE p");
}

/* ---- Cancel, ends ---- */

static void *cancel_soon(void *arg)
{
    (void)arg;
    usleep(100000);
    openhyper_cancel(there);
    return NULL;
}

static void test_cancel(void **state)
{
    static const char sql[] = "SELECT sum(a.n * b.n) FROM generate_series(1, 3000000) a(n), "
                              "generate_series(1, 3000000) b(n) WHERE a.n + b.n = 7 * b.n + a.n";
    pthread_t thread;
    openhyper_result *result;
    (void)state;
    openhyper_cancel(there); /* without effect */
    pthread_create(&thread, NULL, cancel_soon, NULL);
    must_fail(openhyper_execute(there, sql, sizeof sql - 1, &result), "57014");
    pthread_join(thread, NULL);
    assert_int_equal(number(there, "SELECT 1::bigint"), 1);
}

static void test_refused(void **state)
{
    static const openhyper_setting unknown[] = {{"no_such_thing", "1"}, {NULL, NULL}};
    static const openhyper_setting stranger[] = {{"user", "nobody"}, {NULL, NULL}};
    static const openhyper_setting quoted[] = {{"date_style", "it's"}, {NULL, NULL}};
    openhyper_connection *connection;
    openhyper_instance *other;
    (void)state;
    must_fail(openhyper_connect(server, unknown, &connection), "42601");
    must_fail(openhyper_connect(server, stranger, &connection), "42501");
    must_fail(openhyper_connect(server, quoted, &connection), "22023");
    must(openhyper_connect(server, NULL, &connection));
    must_fail(
        openhyper_attach(connection, "/nowhere/x.hyper", NULL, OPENHYPER_CREATE_NONE), "58S01");
    /* Left open: the instance closes it. */
    must(openhyper_instance_at("tab.domain:///nowhere/domain/x", &other));
    must_fail(openhyper_connect(other, NULL, &connection), "08001");
    openhyper_instance_destroy(other);
    must(openhyper_instance_at("x://y", &other));
    must_fail(openhyper_connect(other, NULL, &connection), "HY000");
    openhyper_instance_destroy(other);
    must_fail(openhyper_instance_start("/nowhere", NULL, &other), "58P01");
}

/* The end of the engine is an error for clients of other processes, and for nobody else. */
static void test_lost_connection(void **state)
{
    openhyper_instance *own, *outside;
    openhyper_connection *connection;
    openhyper_result *result;
    (void)state;
    must(openhyper_instance_create(NULL, &own));
    must(openhyper_instance_listen(own, "tab.tcp://localhost:0"));
    must(openhyper_instance_at(openhyper_instance_endpoint(own), &outside));
    must(openhyper_connect(outside, NULL, &connection));
    must(openhyper_instance_shutdown(own, -1, NULL));
    must_fail(openhyper_execute(connection, "SELECT 1", 8, &result), "08006");
    must_fail(openhyper_execute(connection, "SELECT 1", 8, &result), "08006");
    must(openhyper_disconnect(connection));
    openhyper_instance_destroy(outside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_of_all_types),
        cmocka_unit_test(test_commands_notices_errors),
        cmocka_unit_test(test_catalog),
        cmocka_unit_test(test_inserts),
        cmocka_unit_test(test_inserts_that_fail),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_lost_connection),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
