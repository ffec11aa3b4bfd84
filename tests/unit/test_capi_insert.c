/* Inserting through the hyper_* interface: values of every kind arrive, chunks that are cut off or
 * damaged at any byte give a clear error or rows that can be read, and leave the connection free.
 */
#include "hyperapi.h"
#include "unit_test.h"

#include <stdlib.h>

static hyper_instance_t *instance;
static hyper_connection_t *connection;
static hyper_table_definition_t *table;

static const char *sqlstate_of(const hyper_error_t *error)
{
    hyper_error_field_value value;
    assert_null(hyper_error_get_field(error, HYPER_ERROR_FIELD_SQL_STATE, &value));
    return value.value.string;
}

static void must(hyper_error_t *error)
{
    hyper_error_field_value value;
    if (!error)
        return;
    assert_null(hyper_error_get_field(error, HYPER_ERROR_FIELD_MESSAGE, &value));
    fail_msg("%s %s", sqlstate_of(error), value.value.string);
}

static void must_fail(hyper_error_t *error, const char *sqlstate)
{
    assert_non_null(error);
    assert_string_equal(sqlstate_of(error), sqlstate);
    hyper_error_destroy(error);
}

static void run(const char *sql)
{
    must(hyper_execute_command(connection, sql, NULL));
}

static int64_t number(const char *sql)
{
    hyper_rowset_t *rowset;
    hyper_rowset_chunk_t *chunk;
    must(hyper_execute_query(connection, sql, &rowset));
    must(hyper_rowset_get_next_chunk(rowset, &chunk));
    int64_t value = hyper_read_int64(hyper_rowset_chunk_field_value(chunk, 0, 0).value);
    hyper_destroy_rowset_chunk(chunk);
    hyper_close_rowset(rowset);
    return value;
}

typedef struct Column {
    const char *name;
    hyper_type_tag_t tag;
    uint32_t modifier;
    bool nullable;
} Column;

/* In the order in which `write_row` writes them. */
static const Column columns[] = {
    {"b", HYPER_BOOL, HYPER_UNUSED_MODIFIER, false},
    {"i2", HYPER_SMALL_INT, HYPER_UNUSED_MODIFIER, true},
    {"i4", HYPER_INT, HYPER_UNUSED_MODIFIER, false},
    {"i8", HYPER_BIG_INT, HYPER_UNUSED_MODIFIER, true},
    {"n", HYPER_NUMERIC, (9u << 16 | 2) + 4, true},
    {"nn", HYPER_NUMERIC, (30u << 16 | 2) + 4, true},
    {"d", HYPER_DATE, HYPER_UNUSED_MODIFIER, true},
    {"t", HYPER_TIME, HYPER_UNUSED_MODIFIER, true},
    {"ts", HYPER_TIMESTAMP, HYPER_UNUSED_MODIFIER, true},
    {"iv", HYPER_INTERVAL, HYPER_UNUSED_MODIFIER, true},
    {"x", HYPER_TEXT, HYPER_UNUSED_MODIFIER, true},
    {"v", HYPER_VARCHAR, 40 + 4, false},
    {"c", HYPER_CHAR, 9 + 4, true},
    {"c1", HYPER_CHAR, 1 + 4, true},
    {"y", HYPER_BYTE_A, HYPER_UNUSED_MODIFIER, true},
    {"j", HYPER_JSON, HYPER_UNUSED_MODIFIER, true},
};
#define N_COLUMNS (sizeof columns / sizeof columns[0])

static int setup(void **state)
{
    (void)state;
    hyper_parameters_t *parameters;
    must(hyper_create_instance_parameters(&parameters, true));
    must(hyper_parameters_set(parameters, "default_database_version", "3"));
    must(hyper_instance_create(NULL, HYPER_DISABLE_TELEMETRY, parameters, &instance));
    hyper_parameters_destroy(parameters);
    must(hyper_create_connection_parameters(instance, &parameters));
    must(hyper_connect(parameters, &connection, HYPER_DO_NOT_CREATE));
    hyper_parameters_destroy(parameters);
    table = hyper_create_table_definition(NULL, NULL, "t", HYPER_TEMPORARY, false);
    for (size_t i = 0; i < N_COLUMNS; i++)
        must(hyper_table_definition_add_column(table, columns[i].name, columns[i].tag,
            columns[i].modifier, NULL, columns[i].nullable));
    must(hyper_create_table(connection, table, true));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hyper_destroy_table_definition(table);
    hyper_disconnect(connection);
    hyper_instance_close(instance);
    return 0;
}

static size_t write_text(uint8_t *to, size_t space, const char *text)
{
    return hyper_write_varbinary(to, space, (const uint8_t *)text, strlen(text));
}

/* At most 400 bytes. */
static size_t write_row(uint8_t *to, int32_t i)
{
    const size_t space = 400;
    const char *texts[] = {"a text that is longer than twelve bytes", "short", ""};
    size_t n = hyper_write_int8_not_null(to, space, 1);
    n += i % 3 ? hyper_write_int16(to + n, space - n, 7) : hyper_write_null(to + n, space - n);
    n += hyper_write_int32_not_null(to + n, space - n, i);
    n += hyper_write_int64(to + n, space - n, i * INT64_C(1000000007));
    n += hyper_write_int64(to + n, space - n, 12345);
    n += hyper_write_data128(to + n, space - n, (hyper_data128_t){{(uint64_t)i, 5}});
    n += hyper_write_int32(to + n, space - n, 2451545 + i);
    n += hyper_write_int64(to + n, space - n, 3600000000);
    n += hyper_write_int64(to + n, space - n, INT64_C(2451545) * 86400000000 + i);
    n += hyper_write_data128(to + n, space - n, (hyper_data128_t){{5, 6}});
    n += i % 5 ? write_text(to + n, space - n, texts[i % 3]) : hyper_write_null(to + n, 1);
    n += hyper_write_varbinary_not_null(
        to + n, space - n, (const uint8_t *)texts[(i + 1) % 3], strlen(texts[(i + 1) % 3]));
    n += write_text(to + n, space - n, "blanks   ");
    n += write_text(to + n, space - n, "\xE2\x82\xAC");
    n += hyper_write_varbinary(to + n, space - n, (const uint8_t *)"\0\xFF", 2);
    n += write_text(to + n, space - n, "{\"a\": [1, 2, \"something long enough\"]}");
    return n;
}

static hyper_inserter_t *open_inserter(void)
{
    hyper_inserter_t *inserter;
    must(hyper_create_inserter(connection, table, &inserter));
    return inserter;
}

static void rows_in_chunks_of_all_sizes(void **state)
{
    (void)state;
    uint8_t data[19 + 7 * 400];
    hyper_inserter_t *inserter = open_inserter();
    int32_t row = 0;
    for (int chunk = 0; chunk < 1500; chunk++) { /* past the 2,048 rows of a batch */
        size_t n = hyper_write_header(data, sizeof data);
        for (int k = 0; k < chunk % 7; k++)
            n += write_row(data + n, row++);
        must(hyper_inserter_insert_chunk(inserter, data, n));
        memset(data, 0xEE, sizeof data); /* nothing of the caller's is kept */
    }
    must(hyper_close_inserter(inserter, true));
    assert_int_equal(number("SELECT count(*) FROM t"), row);
    assert_int_equal(number("SELECT count(*) FROM t WHERE x = 'a text that is longer than twelve "
                            "bytes'"),
        number("SELECT count(*) FROM t WHERE i4 % 3 = 0 AND i4 % 5 <> 0"));
    assert_int_equal(number("SELECT count(*) FROM t WHERE v = 'short' AND c = 'blanks' AND c1 = "
                            "'\xE2\x82\xAC' AND n = 123.45 AND j IS NOT NULL AND i2 IS NULL"),
        number("SELECT count(*) FROM t WHERE i4 % 3 = 0"));
    run("DELETE FROM t");
}

static void bytes_that_are_no_text(void **state)
{
    (void)state;
    hyper_table_definition_t *one =
        hyper_create_table_definition(NULL, NULL, "one", HYPER_TEMPORARY, false);
    hyper_inserter_t *inserter;
    hyper_inserter_buffer_t *buffer;
    must(
        hyper_table_definition_add_column(one, "x", HYPER_TEXT, HYPER_UNUSED_MODIFIER, NULL, true));
    must(hyper_create_table(connection, one, true));
    must(hyper_create_inserter(connection, one, &inserter));
    must(hyper_create_inserter_buffer(inserter, one, "\"x\"", &buffer));
    must(hyper_inserter_buffer_add_binary(buffer, (const uint8_t *)"a\xFF\xFE\xC3\xA4", 5));
    must(hyper_close_inserter(inserter, true));
    hyper_inserter_buffer_destroy(buffer);
    assert_int_equal(
        number("SELECT count(*) FROM one WHERE x = 'a\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA4'"), 1);
    hyper_destroy_table_definition(one);
}

/* ---- The buffer ---- */

static void values_of_wrong_kinds(void **state)
{
    (void)state;
    hyper_inserter_buffer_t *buffer, *second;
    const uint8_t bytes[16] = {0};
    for (int wrong = 0; wrong < 8; wrong++) {
        hyper_inserter_t *inserter = open_inserter();
        must(hyper_create_inserter_buffer(inserter, table, NULL, &buffer));
        must_fail(hyper_create_inserter_buffer(inserter, table, NULL, &second), "55006");
        hyper_error_t *error = wrong == 0   ? hyper_inserter_buffer_add_int64(buffer, 1)
                               : wrong == 1 ? hyper_inserter_buffer_add_null(buffer)
                               : wrong == 2 ? hyper_inserter_buffer_add_binary(buffer, bytes, 1)
                               : wrong == 3 ? hyper_inserter_buffer_add_raw(buffer, bytes, 16)
                               : wrong == 4 ? hyper_inserter_buffer_add_date(buffer, 2000, 1, 1)
                               : wrong == 5 ? hyper_inserter_buffer_add_double(buffer, 1)
                               : wrong == 6 ? hyper_inserter_buffer_add_float(buffer, 1)
                                            : hyper_inserter_buffer_add_int16(buffer, 1);
        must_fail(error, wrong == 1 ? "23502" : "22P04");
        assert_true(hyper_connection_is_ready(connection));
        must_fail(hyper_inserter_buffer_add_bool(buffer, true), wrong == 1 ? "23502" : "22P04");
        must_fail(hyper_close_inserter(inserter, true), wrong == 1 ? "23502" : "22P04");
        hyper_inserter_buffer_destroy(buffer);
    }
    assert_int_equal(number("SELECT count(*) FROM t"), 0);
}

static void computed_columns(void **state)
{
    (void)state;
    run("CREATE TEMPORARY TABLE target (a bigint, b text)");
    hyper_table_definition_t *target, *stream;
    hyper_inserter_t *inserter;
    hyper_inserter_buffer_t *buffer;
    must(hyper_get_table_definition(connection, NULL, NULL, "target", &target));
    stream = hyper_create_table_definition(NULL, NULL, "s", HYPER_PERMANENT, true);
    must(hyper_table_definition_add_column(
        stream, "raw", HYPER_TEXT, HYPER_UNUSED_MODIFIER, NULL, false));
    must(hyper_create_inserter(connection, target, &inserter));
    must(hyper_init_bulk_insert(inserter, stream, "length(\"raw\"), upper(\"raw\")"));
    must_fail(hyper_init_bulk_insert(inserter, stream, "1, '2'"), "55006");
    must(hyper_create_inserter_buffer(inserter, stream, "ignored", &buffer));
    for (int i = 0; i < 3000; i++)
        must(hyper_inserter_buffer_add_binary(buffer, (const uint8_t *)"abc", 3));
    must(hyper_inserter_buffer_flush(buffer));
    must(hyper_close_inserter(inserter, true));
    hyper_inserter_buffer_destroy(buffer);
    assert_int_equal(number("SELECT sum(a)::bigint FROM target WHERE b = 'ABC'"), 9000);
    must(hyper_create_inserter(connection, target, &inserter));
    must(hyper_insert_computed_expressions(inserter, "1 + 1, 'x'"));
    must(hyper_close_inserter(inserter, true));
    assert_int_equal(number("SELECT a FROM target WHERE b = 'x'"), 2);
    hyper_destroy_table_definition(target);
    hyper_destroy_table_definition(stream);
}

/* ---- Hostile chunks ---- */

/* Inserts, or gives an error of data; in any case the connection is free and the table readable. */
static bool try_chunk(const uint8_t *data, size_t n)
{
    /* A block of just that size: a byte too far is seen by ASan. */
    uint8_t *exact = malloc(n ? n : 1);
    memcpy(exact, data, n);
    hyper_inserter_t *inserter = open_inserter();
    hyper_error_t *error = hyper_inserter_insert_chunk(inserter, exact, n);
    free(exact);
    hyper_error_t *end = hyper_close_inserter(inserter, true);
    bool is_done = !error && !end;
    if (error)
        assert_non_null(end);
    for (int i = 0; i < 2; i++) {
        hyper_error_t *e = i ? end : error;
        if (e && strncmp(sqlstate_of(e), "22", 2) != 0)
            fail_msg("SQLSTATE %s", sqlstate_of(e));
        hyper_error_destroy(e);
    }
    assert_true(hyper_connection_is_ready(connection));
    return is_done;
}

static void cut_off_anywhere(void **state)
{
    (void)state;
    uint8_t data[1000];
    size_t n = hyper_write_header(data, sizeof data);
    n += write_row(data + n, 1);
    size_t second = n;
    n += write_row(data + n, 2);
    for (size_t end = 0; end < n; end++)
        assert_int_equal(try_chunk(data, end), end == 19 || end == second);
    assert_int_equal(number("SELECT count(*) FROM t"), 1);
    run("DELETE FROM t");
}

static void damaged_anywhere(void **state)
{
    (void)state;
    uint8_t good[3000], data[3000];
    int n_done = 0;
    size_t n = hyper_write_header(good, sizeof good);
    for (int32_t row = 0; row < 5; row++)
        n += write_row(good + n, row);
    srand(5);
    for (int round = 0; round < 3000; round++) {
        memcpy(data, good, n);
        for (int k = rand() % 4; k >= 0; k--)
            data[(size_t)rand() % n] = (uint8_t)(rand() % 3 ? rand() : 0xFF);
        n_done += try_chunk(data, n);
    }
    assert_true(n_done > 100);
    hyper_rowset_t *rowset;
    hyper_rowset_chunk_t *chunk;
    for (int form = 0; form < 3; form += 2) {
        must(hyper_execute_query_params(
            connection, "SELECT * FROM t", (hyper_rowset_result_format_t)form, &rowset));
        do {
            must(hyper_rowset_get_next_chunk(rowset, &chunk));
            hyper_destroy_rowset_chunk(chunk);
        } while (chunk);
        hyper_close_rowset(rowset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_in_chunks_of_all_sizes),
        cmocka_unit_test(bytes_that_are_no_text),
        cmocka_unit_test(values_of_wrong_kinds),
        cmocka_unit_test(computed_columns),
        cmocka_unit_test(cut_off_anywhere),
        cmocka_unit_test(damaged_anywhere),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
