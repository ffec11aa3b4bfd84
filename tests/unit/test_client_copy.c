/* COPY FROM STDIN and TO STDOUT through the C interface: bytes cut anywhere arrive, failures leave
 * nothing, a caller that goes away or cancels ends the statement. */
#include "openhyper_test.h"
#include <pthread.h>
#include <unistd.h>

static openhyper_instance *instance;
static openhyper_connection *connection;

static void run(const char *sql)
{
    openhyper_result *result;
    must(openhyper_execute(connection, sql, strlen(sql), &result));
    openhyper_result_destroy(result);
}

static int64_t number(const char *sql)
{
    openhyper_result *result;
    const openhyper_column *columns;
    size_t n_rows;
    must(openhyper_execute(connection, sql, strlen(sql), &result));
    must(openhyper_result_fetch(result, &columns, &n_rows));
    assert_int_equal(n_rows, 1);
    int64_t value = *(const int64_t *)columns[0].data;
    openhyper_result_destroy(result);
    return value;
}

static openhyper_copy *open_copy(const char *sql, openhyper_copy_direction direction)
{
    openhyper_copy *copy;
    must(openhyper_copy_open(connection, sql, strlen(sql), &copy));
    assert_int_equal(openhyper_copy_get_direction(copy), direction);
    return copy;
}

static int setup(void **state)
{
    (void)state;
    must(openhyper_instance_create(NULL, &instance));
    must(openhyper_connect(instance, NULL, &connection));
    must(openhyper_attach(connection, NULL, "m", OPENHYPER_CREATE_NONE));
    run("CREATE TABLE t(a bigint NOT NULL, b text)");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    must(openhyper_disconnect(connection));
    openhyper_instance_destroy(instance);
    return 0;
}

#define FROM "COPY t FROM STDIN WITH (FORMAT csv)"

/* More than the pipe holds, in pieces of odd sizes. */
static void test_rows_arrive(void **state)
{
    (void)state;
    const int n = 300000;
    size_t len = 0, piece = 1, capacity = (size_t)n * 40;
    char *text = malloc(capacity);
    assert_non_null(text);
    for (int i = 0; i < n; i++)
        len +=
            (size_t)snprintf(text + len, capacity - len, "%d,\"line\n%d, and some text\"\n", i, i);
    openhyper_copy *copy = open_copy(FROM, OPENHYPER_COPY_IN);
    assert_int_equal(openhyper_copy_column_count(copy), 2);
    for (size_t at = 0; at < len; at += piece, piece = piece * 3 % 100003) {
        size_t left = len - at;
        assert_true(openhyper_copy_write(copy, text + at, piece < left ? piece : left));
    }
    openhyper_result *result;
    must(openhyper_copy_finish(copy, &result));
    assert_string_equal(openhyper_result_tag(result), "COPY 300000");
    openhyper_result_destroy(result);
    openhyper_copy_destroy(copy);
    assert_int_equal(number("SELECT sum(a)::bigint FROM t WHERE b LIKE 'line_%, and some text'"),
        (int64_t)n * (n - 1) / 2);

    copy = open_copy(
        "COPY (SELECT * FROM t ORDER BY a) TO STDOUT WITH (FORMAT csv)", OPENHYPER_COPY_OUT);
    size_t at = 0, got = 0;
    const char *data = NULL;
    for (openhyper_copy_read(copy, &data, &got); got; openhyper_copy_read(copy, &data, &got)) {
        assert_true(at + got <= len);
        assert_memory_equal(data, text + at, got);
        at += got;
    }
    assert_int_equal(at, len);
    must(openhyper_copy_finish(copy, &result));
    openhyper_result_destroy(result);
    openhyper_copy_destroy(copy);
    free(text);
}

static void test_failures_leave_nothing(void **state)
{
    (void)state;
    openhyper_copy *copy;
    openhyper_result *result;
    const char *nosuch = "COPY nosuch FROM STDIN WITH (FORMAT csv)";
    run("TRUNCATE t");
    must_fail(openhyper_copy_open(connection, nosuch, strlen(nosuch), &copy), "42P01");
    must_fail(openhyper_copy_open(connection, "COPY t FROM STDIN", 17, &copy), "42601");
    must_fail(openhyper_execute(connection, FROM, strlen(FROM), &result), "0A000");

    copy = open_copy(FROM, OPENHYPER_COPY_IN); /* a bad value; the writer is told in time */
    bool is_wanted = true;
    for (int i = 0; i < 10000000 && is_wanted; i++)
        is_wanted = openhyper_copy_write(copy, "1,a\nx,b\n", 8);
    assert_false(is_wanted);
    must_fail(openhyper_copy_finish(copy, &result), "22P02");
    openhyper_copy_destroy(copy);

    copy = open_copy(FROM, OPENHYPER_COPY_IN);
    assert_true(openhyper_copy_write(copy, "1,a\n", 4));
    openhyper_copy_fail(copy, "no more");
    openhyper_error *error = openhyper_copy_finish(copy, &result);
    assert_string_equal(openhyper_error_message(error), "copy failed: no more");
    must_fail(error, "57014");
    openhyper_copy_destroy(copy);

    copy = open_copy(FROM, OPENHYPER_COPY_IN); /* goes away */
    assert_true(openhyper_copy_write(copy, "1,a\n", 4));
    openhyper_copy_destroy(copy);
    assert_int_equal(number("SELECT count(*) FROM t"), 0);
}

static void *cancel_soon(void *arg)
{
    (void)arg;
    usleep(30000);
    openhyper_cancel(connection);
    return NULL;
}

/* The statement waits for bytes, or for its output to be taken, when it is cancelled. */
static void test_cancel_while_waiting(void **state)
{
    (void)state;
    const char *const statements[] = {FROM,
        "COPY (SELECT i, 'some text' FROM generate_series(1, 100000000) AS s(i)) TO STDOUT "
        "WITH (FORMAT csv)"};
    for (size_t i = 0; i < 2; i++) {
        pthread_t thread;
        openhyper_result *result;
        openhyper_copy *copy = open_copy(statements[i], i ? OPENHYPER_COPY_OUT : OPENHYPER_COPY_IN);
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        if (i == 0) { /* without cancellation this would be a success */
            const char *data;
            size_t len;
            openhyper_copy_read(copy, &data, &len); /* returns at once for an input */
            assert_int_equal(len, 0);
            while (openhyper_copy_write(copy, "", 0))
                usleep(1000);
        } else {
            const char *data;
            size_t len;
            do
                openhyper_copy_read(copy, &data, &len);
            while (len);
        }
        must_fail(openhyper_copy_finish(copy, &result), "57014");
        openhyper_copy_destroy(copy);
    }
    assert_int_equal(number("SELECT count(*) FROM t"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows_arrive),
        cmocka_unit_test(test_failures_leave_nothing), cmocka_unit_test(test_cancel_while_waiting)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
