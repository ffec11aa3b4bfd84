/* The hyper_* interface at work: results, COPY, notices, cancel, several threads on one file, and
 * what happens to objects whose connection or instance goes first. */
#include "hyperapi.h"
#include "unit_test.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static hyper_instance_t *instance;
static hyper_connection_t *connection;
static char path[64];

static const char *text_field(const hyper_error_t *error, hyper_error_field_key key)
{
    hyper_error_field_value value;
    assert_null(hyper_error_get_field(error, key, &value));
    return value.value.string;
}

static void must(hyper_error_t *error)
{
    if (error)
        fail_msg("%s %s", text_field(error, HYPER_ERROR_FIELD_SQL_STATE),
            text_field(error, HYPER_ERROR_FIELD_MESSAGE));
}

static void must_fail(hyper_error_t *error, const char *sqlstate)
{
    assert_non_null(error);
    assert_string_equal(text_field(error, HYPER_ERROR_FIELD_SQL_STATE), sqlstate);
    hyper_error_destroy(error);
}

static hyper_instance_t *make_instance(void)
{
    hyper_instance_t *made;
    hyper_parameters_t *parameters;
    must(hyper_create_instance_parameters(&parameters, true));
    must(hyper_instance_create(NULL, HYPER_DISABLE_TELEMETRY, parameters, &made));
    hyper_parameters_destroy(parameters);
    return made;
}

static hyper_connection_t *connect_to(const hyper_instance_t *to, const char *database)
{
    hyper_connection_t *made;
    hyper_parameters_t *parameters;
    must(hyper_create_connection_parameters(to, &parameters));
    if (database)
        must(hyper_parameters_set(parameters, "dbname", database));
    must(hyper_connect(
        parameters, &made, database ? HYPER_CREATE_IF_NOT_EXISTS : HYPER_DO_NOT_CREATE));
    hyper_parameters_destroy(parameters);
    return made;
}

static int64_t number(hyper_connection_t *on, const char *sql)
{
    hyper_rowset_t *rowset;
    hyper_rowset_chunk_t *chunk;
    must(hyper_execute_query(on, sql, &rowset));
    must(hyper_rowset_get_next_chunk(rowset, &chunk));
    int64_t value = hyper_read_int64(hyper_rowset_chunk_field_value(chunk, 0, 0).value);
    hyper_destroy_rowset_chunk(chunk);
    hyper_close_rowset(rowset);
    return value;
}

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/capi_%ld.hyper", (long)getpid());
    instance = make_instance();
    connection = connect_to(instance, path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hyper_disconnect(connection);
    must(hyper_instance_shutdown(instance, -1));
    unlink(path);
    return 0;
}

static void results_in_three_forms(void **state)
{
    (void)state;
    const char *sql = "SELECT i, 'row ' || i, CASE WHEN i % 2 = 0 THEN i END, i::text::char(5), "
                      "ARRAY[i, NULL]::array(int) FROM generate_series(1, 5000) s(i) ORDER BY i";
    hyper_rowset_t *rowset;
    hyper_rowset_chunk_t *chunk;
    for (int form = 0; form < 3; form += 2) {
        int64_t n_rows = 0;
        (void)hyper_set_chunk_size(connection, 777);
        must(hyper_execute_query_params(
            connection, sql, (hyper_rowset_result_format_t)form, &rowset));
        for (;;) {
            size_t columns, rows;
            const uint8_t *const *values;
            const size_t *sizes;
            must(hyper_rowset_get_next_chunk(rowset, &chunk));
            if (!chunk)
                break;
            hyper_rowset_chunk_field_values(chunk, &columns, &rows, &values, &sizes);
            for (size_t r = 0; r < rows; r++) {
                char expected[32];
                snprintf(expected, sizeof expected, "row %lld", (long long)++n_rows);
                const size_t cell = r * columns;
                assert_int_equal(sizes[cell + 1], strlen(expected));
                assert_memory_equal(values[cell + 1], expected, sizes[cell + 1]);
                assert_int_equal(values[cell + 2] == NULL, n_rows % 2);
                assert_int_equal(sizes[cell + 3], 5);
                if (form == 2)
                    assert_int_equal(hyper_read_int32(values[cell]), n_rows);
            }
            hyper_destroy_rowset_chunk(chunk);
        }
        assert_int_equal(n_rows, 5000);
        hyper_close_rowset(rowset);
    }
    hyper_set_chunked_mode(connection, true);
    must(hyper_execute_query_params(connection, "SELECT 258, date '2000-01-02', 'x'",
        (hyper_rowset_result_format_t)1, &rowset));
    must(hyper_rowset_get_next_chunk(rowset, &chunk));
    assert_memory_equal(hyper_rowset_chunk_field_value(chunk, 0, 0).value, "\0\0\1\2", 4);
    assert_memory_equal(hyper_rowset_chunk_field_value(chunk, 0, 1).value, "\0\0\0\1", 4);
    hyper_close_rowset(rowset);
    hyper_destroy_rowset_chunk(chunk);
}

/* ---- Cancel ---- */

static void *cancel_soon(void *context)
{
    atomic_bool *is_done = context;
    while (!atomic_load(is_done)) {
        usleep(1000);
        hyper_error_destroy(hyper_cancel(connection));
    }
    return NULL;
}

static void cancel_from_another_thread(void **state)
{
    (void)state;
    pthread_t thread;
    atomic_bool is_done = false;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &is_done), 0);
    hyper_error_t *error = hyper_execute_command(connection,
        "SELECT count(*) FROM generate_series(1, 100000000) a(i), generate_series(1, 1000) b(j) "
        "WHERE (i * 7 + j) % 11 = 3",
        NULL);
    atomic_store(&is_done, true);
    pthread_join(thread, NULL);
    must_fail(error, "57014");
    assert_int_equal(number(connection, "SELECT 5::bigint"), 5);
}

/* ---- COPY ---- */

static void copy_by_pieces(void **state)
{
    (void)state;
    hyper_rowset_t *rowset;
    char *piece;
    size_t len, total = 0;
    must(hyper_execute_command(connection, "CREATE TABLE copied (a bigint, b text)", NULL));
    must(hyper_execute_query(
        connection, " -- c\n/* d */ copy copied FROM STDIN WITH (FORMAT csv)", &rowset));
    assert_int_equal(hyper_rowset_get_type(rowset), HYPER_ROWSET_COPY_IN);
    must_fail(hyper_copy_end(connection), "55006");
    hyper_close_rowset(rowset);
    assert_false(hyper_connection_is_ready(connection));
    for (int i = 0; i < 1000; i++)
        must(hyper_copy_data(connection, (const uint8_t *)"1,ab\n2,c", i % 2 ? 8 : 5));
    must(hyper_copy_data(connection, (const uint8_t *)"\n", 1));
    must_fail(hyper_copy_end(connection), "22P02"); /* "..2,c1,ab" */
    assert_int_equal(number(connection, "SELECT count(*) FROM copied"), 0);
    must(hyper_execute_query(connection, "COPY copied FROM STDIN WITH (FORMAT csv)", &rowset));
    hyper_close_rowset(rowset);
    must(hyper_copy_data(connection, (const uint8_t *)"1,a\n2,", 6));
    must(hyper_copy_data(connection, (const uint8_t *)"b\n", 2));
    must(hyper_copy_end(connection));
    must(hyper_execute_query(connection, "COPY copied TO STDOUT WITH (FORMAT csv)", &rowset));
    assert_true(hyper_rowset_has_copy_data(rowset));
    for (;;) {
        must(hyper_rowset_get_copy_data(rowset, &piece, &len));
        if (!len)
            break;
        total += len;
        hyper_rowset_free_copy_data(piece);
    }
    assert_int_equal(total, 8);
    hyper_close_rowset(rowset);
    must(hyper_execute_query(connection, "COPY copied TO STDOUT WITH (FORMAT csv)", &rowset));
    hyper_close_rowset(rowset); /* unread */
    assert_true(hyper_connection_is_ready(connection));
    must_fail(
        hyper_execute_command_with_stdin_from_file(connection, "SELECT 1", "/dev/null"), "HY000");
    must_fail(
        hyper_execute_command_with_stdout_to_file(connection, "COPY copied TO STDOUT", "/dev/null"),
        "42601");
}

/* ---- The rest of a connection ---- */

static void count_call(void *context, bool is_last)
{
    *(int *)context += is_last ? 100 : 1;
}

static void take_notice(void *context, hyper_error_t *notice)
{
    assert_string_equal(text_field(notice, HYPER_ERROR_FIELD_SQL_STATE), "25P01");
    ++*(int *)context;
    hyper_error_destroy(notice);
}

static void catalog_and_settings(void **state)
{
    (void)state;
    int n_notices = 0, n_calls = 0, affected = 77;
    hyper_rowset_t *rowset;
    hyper_string_list_t *names;
    bool exists;
    FILE *trace = tmpfile();
    hyper_connection_trace(connection, trace);
    hyper_set_notice_receiver(connection, take_notice, &n_notices);
    must(hyper_execute_command(connection, "ROLLBACK", &affected));
    hyper_set_notice_receiver(connection, NULL, NULL);
    must(hyper_execute_command(connection, "ROLLBACK", NULL));
    hyper_connection_trace(connection, NULL);
    assert_int_equal(n_notices, 1);
    assert_true(ftell(trace) > 20);
    fclose(trace);
    hyper_set_rowset_async_callback(connection, count_call, &n_calls);
    must(hyper_execute_query(connection, "SELECT * FROM generate_series(1, 1000)", &rowset));
    hyper_close_rowset(rowset);
    hyper_set_rowset_async_callback(connection, NULL, NULL);
    assert_int_equal(n_calls, 104);
    must(hyper_set_connection_setting(connection, "TimeZone", "UTC"));
    must_fail(hyper_set_connection_setting(connection, "TimeZone", "no'where"), "22023");
    assert_string_equal(hyper_connection_parameter_status(connection, "TimeZone"), "UTC");
    assert_non_null(hyper_connection_parameter_status(connection, "session_identifier"));
    assert_null(hyper_connection_parameter_status(connection, "nope"));
    must(hyper_create_schema(connection, NULL, "s\"1", true));
    must_fail(hyper_create_schema(connection, NULL, "s\"1", true), "42710");
    must(hyper_get_schema_names(connection, NULL, &names));
    assert_int_equal(hyper_string_list_size(names), 2);
    assert_null(hyper_string_list_at(names, 2));
    assert_null(hyper_string_list_at(names, -1));
    hyper_string_list_destroy(names);
    must(hyper_has_table(connection, NULL, "s\"1", "t", &exists));
    assert_false(exists);
    must_fail(hyper_has_table(connection, "nodb", "s", "t", &exists), "3D000");
    must(hyper_prepare(connection, "p", "SELECT 1"));
    must_fail(hyper_prepare(connection, "p", "SELECT 1"), "42P05");
    hyper_parameters_t *parameters;
    hyper_connection_t *other;
    must(hyper_create_connection_parameters(instance, &parameters));
    hyper_parameters_t *copy = hyper_parameters_copy(parameters);
    must(hyper_parameters_set(copy, "no_such", "1"));
    must_fail(hyper_connect(copy, &other, HYPER_DO_NOT_CREATE), "42601");
    hyper_parameters_destroy(copy);
    must(hyper_parameters_set(parameters, "dbname", path));
    must_fail(hyper_connect(parameters, &other, HYPER_CREATE), "42P04");
    must_fail(hyper_connect(parameters, &other, HYPER_CREATE_AND_REPLACE), "55006");
    hyper_parameters_destroy(parameters);
}

/* ---- Threads ---- */

#define N_THREADS      8
#define ROWS_OF_THREAD 5000

static void insert_rows(hyper_connection_t *on, int64_t first)
{
    hyper_table_definition_t *t;
    hyper_inserter_t *inserter;
    hyper_inserter_buffer_t *buffer;
    must(hyper_get_table_definition(on, NULL, NULL, "shared", &t));
    must(hyper_create_inserter(on, t, &inserter));
    must(hyper_create_inserter_buffer(inserter, t, "\"a\", \"b\"", &buffer));
    for (int64_t i = 0; i < ROWS_OF_THREAD; i++) {
        must(hyper_inserter_buffer_add_int64(buffer, first + i));
        must(
            hyper_inserter_buffer_add_binary(buffer, (const uint8_t *)"a text of some length", 21));
    }
    must(hyper_inserter_buffer_flush(buffer));
    must(hyper_close_inserter(inserter, true));
    hyper_inserter_buffer_destroy(buffer);
    hyper_destroy_table_definition(t);
}

static void *work(void *context)
{
    hyper_connection_t *mine = connect_to(instance, path);
    int64_t first = *(int64_t *)context;
    char sql[96];
    insert_rows(mine, first);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM shared WHERE a >= %lld AND a < %lld",
        (long long)first, (long long)first + ROWS_OF_THREAD);
    for (int i = 0; i < 20; i++)
        assert_int_equal(number(mine, sql), ROWS_OF_THREAD);
    hyper_disconnect(mine);
    return NULL;
}

static void threads_on_one_file(void **state)
{
    (void)state;
    pthread_t threads[N_THREADS];
    int64_t firsts[N_THREADS];
    must(
        hyper_execute_command(connection, "CREATE TABLE shared (a bigint NOT NULL, b text)", NULL));
    for (size_t i = 0; i < N_THREADS; i++) {
        firsts[i] = (int64_t)i * ROWS_OF_THREAD;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &firsts[i]), 0);
    }
    for (size_t i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(
        number(connection, "SELECT count(DISTINCT a) FROM shared"), N_THREADS * ROWS_OF_THREAD);
}

/* ---- Ends in every order ---- */

static void *run_for_ever(void *context)
{
    return hyper_execute_command(context,
        "SELECT count(*) FROM generate_series(1, 100000000) a(i), generate_series(1, 1000) b(j) "
        "WHERE (i * 7 + j) % 11 = 3",
        NULL);
}

static void instance_ends_first(void **state)
{
    (void)state;
    hyper_instance_t *other = make_instance();
    hyper_connection_t *c[4];
    hyper_rowset_t *rowset, *copy;
    hyper_rowset_chunk_t *chunk;
    hyper_inserter_t *inserter;
    hyper_inserter_buffer_t *buffer;
    hyper_table_definition_t *t =
        hyper_create_table_definition(NULL, "pg_temp", "t", HYPER_TEMPORARY, false);
    pthread_t thread;
    void *error;
    for (size_t i = 0; i < 4; i++)
        c[i] = connect_to(other, NULL);
    must(hyper_execute_query_params(c[0],
        "SELECT i, 'pg_class'::regclass FROM "
        "generate_series(1, 1000) s(i)",
        HYPER_ROWSET_RESULT_FORMAT_TEXT, &rowset));
    must(hyper_rowset_get_next_chunk(rowset, &chunk));
    must(hyper_table_definition_add_column(t, "a", HYPER_INT, HYPER_UNUSED_MODIFIER, NULL, true));
    must(hyper_create_table(c[1], t, true));
    must(hyper_create_inserter(c[1], t, &inserter));
    must(hyper_create_inserter_buffer(inserter, t, "\"a\"", &buffer));
    must(hyper_inserter_buffer_add_int32(buffer, 5));
    must(hyper_execute_query(c[2], "COPY (SELECT 1) TO STDOUT WITH (FORMAT csv)", &copy));
    assert_int_equal(pthread_create(&thread, NULL, run_for_ever, c[3]), 0);
    must(hyper_instance_shutdown(other, 0));
    pthread_join(thread, &error);
    assert_non_null(error); /* 57014 or, if it had not begun, 08006 */
    hyper_error_destroy(error);
    hyper_destroy_rowset_chunk(chunk);
    must(hyper_rowset_get_next_chunk(rowset, &chunk)); /* its rows are its own */
    assert_int_equal(hyper_rowset_chunk_row_count(chunk), 256);
    hyper_close_rowset(rowset);
    hyper_destroy_rowset_chunk(chunk);
    must_fail(hyper_inserter_buffer_flush(buffer), "08006");
    must_fail(hyper_close_inserter(inserter, true), "08006");
    must_fail(hyper_inserter_buffer_add_int32(buffer, 5), "55006");
    hyper_inserter_buffer_destroy(buffer);
    hyper_close_rowset(copy);
    for (size_t i = 0; i < 4; i++) {
        assert_false(hyper_connection_is_alive(c[i]));
        must_fail(hyper_execute_command(c[i], "SELECT 1", NULL), "08006");
        hyper_error_destroy(hyper_cancel(c[i]));
        hyper_disconnect(c[i]);
    }
    hyper_destroy_table_definition(t);
}

static void connection_ends_first(void **state)
{
    (void)state;
    hyper_connection_t *mine = connect_to(instance, NULL);
    hyper_rowset_t *rowset;
    hyper_rowset_chunk_t *chunk;
    must(hyper_execute_query(mine, "SELECT 5::bigint", &rowset));
    hyper_disconnect(mine);
    must(hyper_rowset_get_next_chunk(rowset, &chunk));
    assert_int_equal(hyper_read_int64(hyper_rowset_chunk_field_value(chunk, 0, 0).value), 5);
    hyper_close_rowset(rowset);
    hyper_destroy_rowset_chunk(chunk);
    mine = connect_to(instance, NULL);
    must(hyper_execute_query(mine, "COPY (SELECT 1) TO STDOUT WITH (FORMAT csv)", &rowset));
    hyper_disconnect(mine);
    hyper_close_rowset(rowset);
    must_fail(hyper_create_database(connection, "/nowhere/x.hyper", true), "58S01");
    must_fail(hyper_attach_database(connection, "/nowhere/x.hyper", "x"), "58S01");
    must_fail(hyper_detach_database(connection, "x"), "3D000");
    must(hyper_drop_database(connection, "/tmp/capi_none.hyper", false));
}

static hyper_instance_t *instance_with(const char *folder, const char *key, const char *value)
{
    hyper_instance_t *made;
    hyper_parameters_t *parameters;
    must(hyper_create_instance_parameters(&parameters, true));
    must(hyper_parameters_set(parameters, key, value));
    must(hyper_instance_create(folder, HYPER_DISABLE_TELEMETRY, parameters, &made));
    hyper_parameters_destroy(parameters);
    return made;
}

/* An endpoint that no instance of this process has by this name. */
static void endpoint_of_others(void **state)
{
    (void)state;
    char endpoint[64];
    hyper_connection_t *mine;
    hyper_parameters_t *parameters;
    hyper_instance_t *other = instance_with(NULL, "use_tcp_port", "auto");
    const char *own = hyper_instance_get_endpoint_descriptor(other);
    assert_memory_equal(own, "tab.tcp://127.0.0.1:", 20);
    snprintf(endpoint, sizeof endpoint, "tab.tcp://localhost:%s", own + 20);
    must(hyper_create_connection_parameters(NULL, &parameters));
    must(hyper_parameters_set(parameters, "endpoint", endpoint));
    must(hyper_connect(parameters, &mine, HYPER_DO_NOT_CREATE));
    assert_int_equal(number(mine, "SELECT 7::bigint"), 7);
    assert_string_equal(hyper_connection_parameter_status(mine, "server_version"), "9.1.0");
    assert_int_equal(strlen(hyper_connection_parameter_status(mine, "session_identifier")), 22);
    assert_true(hyper_connection_is_alive(mine));
    must(hyper_instance_shutdown(other, -1));
    assert_false(hyper_connection_is_alive(mine));
    must_fail(hyper_execute_command(mine, "SELECT 1", NULL), "08006");
    hyper_disconnect(mine);
    must_fail(hyper_connect(parameters, &mine, HYPER_DO_NOT_CREATE), "08001");
    hyper_parameters_destroy(parameters);
}

/* A server that the library starts: it ends when it is told to, and its death is reported. */
static void instance_of_a_server(void **state)
{
    (void)state;
    const char *folder = getenv("OH_BUILD_ROOT");
    hyper_error_field_value cause;
    hyper_error_field_value code;
    int exit_code;
    if (!folder)
        skip();
    hyper_instance_t *server = instance_with(folder, "domain_socket_dir", "/tmp");
    hyper_connection_t *mine = connect_to(server, NULL);
    assert_true(hyper_instance_get_pid(server) != getpid());
    assert_int_equal(number(mine, "SELECT 7::bigint"), 7);
    assert_false(hyper_instance_get_exit_code(server, &exit_code));
    hyper_disconnect(mine);
    must(hyper_instance_shutdown(server, -1));
    server = instance_with(folder, "log_config", "");
    assert_int_equal(kill((pid_t)hyper_instance_get_pid(server), SIGKILL), 0);
    while (!hyper_instance_get_exit_code(server, &exit_code))
        usleep(1000);
    assert_int_equal(exit_code, SIGKILL);
    hyper_error_t *error = hyper_instance_shutdown(server, -1);
    assert_non_null(error);
    assert_null(hyper_error_get_field(error, HYPER_ERROR_FIELD_CAUSE, &cause));
    assert_null(hyper_error_get_field(cause.value.pointer, HYPER_ERROR_FIELD_ERROR_CODE, &code));
    assert_int_equal(code.value.integer, SIGKILL);
    hyper_error_destroy(error);
    hyper_instance_close(instance_with(folder, "use_tcp_port", "auto"));
    server = instance_with("", "log_config", ""); /* as the C++ wrapper leaves out a folder */
    assert_int_equal(hyper_instance_get_pid(server), getpid());
    hyper_instance_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_in_three_forms),
        cmocka_unit_test(cancel_from_another_thread),
        cmocka_unit_test(copy_by_pieces),
        cmocka_unit_test(catalog_and_settings),
        cmocka_unit_test(threads_on_one_file),
        cmocka_unit_test(instance_ends_first),
        cmocka_unit_test(connection_ends_first),
        cmocka_unit_test(endpoint_of_others),
        cmocka_unit_test(instance_of_a_server),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
