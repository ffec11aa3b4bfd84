/* Each function of the hyper_* interface with NULLs and with arguments out of range: an error or a
 * harmless answer, never a crash, nothing leaked. Those on values also with good arguments. */
#include "hyperapi.h"
#include "unit_test.h"

#include <errno.h>
#include <math.h>

static hyper_error_field_value field(const hyper_error_t *error, hyper_error_field_key key)
{
    hyper_error_field_value value;
    assert_null(hyper_error_get_field(error, key, &value));
    return value;
}

static void must_be_invalid(hyper_error_t *error)
{
    assert_non_null(error);
    assert_int_equal(field(error, HYPER_ERROR_FIELD_ERROR_CATEGORY).value.integer, 0);
    assert_int_equal(field(error, HYPER_ERROR_FIELD_ERROR_CODE).value.integer, EINVAL);
    assert_string_equal(field(error, HYPER_ERROR_FIELD_SQL_STATE).value.string, "");
    hyper_error_destroy(error);
}

static void must_fail(hyper_error_t *error, const char *sqlstate)
{
    assert_non_null(error);
    assert_string_equal(field(error, HYPER_ERROR_FIELD_SQL_STATE).value.string, sqlstate);
    assert_true(field(error, HYPER_ERROR_FIELD_CONTEXT_ID).value.uinteger != 0);
    hyper_error_destroy(error);
}

/* ---- NULL for everything that is an object or a text ---- */

static void null_errors(void **state)
{
    (void)state;
    hyper_error_field_value value = {.discriminator = 0};
    hyper_error_destroy(NULL);
    must_be_invalid(hyper_error_get_field(NULL, HYPER_ERROR_FIELD_MESSAGE, &value));
    must_be_invalid(hyper_error_set_field(NULL, HYPER_ERROR_FIELD_ERROR_CODE, value));
    hyper_error_t *error = hyper_error_create(7);
    must_be_invalid(hyper_error_get_field(error, HYPER_ERROR_FIELD_MESSAGE, NULL));
    must_be_invalid(hyper_error_get_field(error, (hyper_error_field_key)11, &value));
    must_be_invalid(hyper_error_set_field(error, HYPER_ERROR_FIELD_SQL_STATE, value));
    must_be_invalid(hyper_error_set_field(error, HYPER_ERROR_FIELD_MESSAGE, value));
    value.value.integer = 9;
    must_be_invalid(hyper_error_set_field(error, HYPER_ERROR_FIELD_ERROR_CATEGORY, value));
    value = (hyper_error_field_value){.discriminator = 2, .value = {.pointer = error}};
    must_be_invalid(hyper_error_set_field(error, HYPER_ERROR_FIELD_CAUSE, value));
    value.value.pointer = hyper_error_create(8);
    assert_null(hyper_error_set_field(error, HYPER_ERROR_FIELD_CAUSE, value));
    value.value.pointer = hyper_error_create(9); /* frees the first */
    assert_null(hyper_error_set_field(error, HYPER_ERROR_FIELD_CAUSE, value));
    value = (hyper_error_field_value){.discriminator = 1, .value = {.string = NULL}};
    assert_null(hyper_error_set_field(error, HYPER_ERROR_FIELD_MESSAGE, value));
    assert_string_equal(field(error, HYPER_ERROR_FIELD_MESSAGE).value.string, "");
    hyper_error_destroy(error);
}

static void null_parameters_and_instances(void **state)
{
    (void)state;
    hyper_parameters_t *parameters;
    hyper_instance_t *instance;
    int code;
    must_be_invalid(hyper_parameters_set(NULL, "a", "b"));
    must_be_invalid(hyper_create_instance_parameters(NULL, true));
    must_be_invalid(hyper_create_connection_parameters(NULL, NULL));
    assert_null(hyper_create_instance_parameters(&parameters, false));
    must_be_invalid(hyper_parameters_set(parameters, NULL, "b"));
    must_be_invalid(hyper_parameters_set(parameters, "a", NULL));
    must_fail(hyper_parameters_set(parameters, "endpoint", "nonsense"), "HY000");
    must_fail(hyper_parameters_set(parameters, "log_config", "file"), "22023");
    must_be_invalid(hyper_instance_create(NULL, HYPER_DISABLE_TELEMETRY, NULL, &instance));
    must_be_invalid(hyper_instance_create(NULL, HYPER_DISABLE_TELEMETRY, parameters, NULL));
    assert_null(hyper_parameters_set(parameters, "a-b", "c"));
    must_fail(hyper_instance_create(NULL, HYPER_DISABLE_TELEMETRY, parameters, &instance), "58000");
    hyper_parameters_destroy(parameters);
    hyper_parameters_destroy(NULL);
    assert_null(hyper_parameters_copy(NULL));
    must_be_invalid(hyper_instance_shutdown(NULL, 0));
    hyper_instance_close(NULL);
    assert_string_equal(hyper_instance_get_endpoint_descriptor(NULL), "");
    assert_int_equal(hyper_instance_get_pid(NULL), 0);
    assert_false(hyper_instance_get_exit_code(NULL, &code));
    assert_false(hyper_instance_get_exit_code(NULL, NULL));
}

static void null_connections(void **state)
{
    (void)state;
    hyper_connection_t *connection;
    hyper_parameters_t *parameters;
    must_be_invalid(hyper_connect(NULL, &connection, HYPER_CREATE));
    assert_null(hyper_create_connection_parameters(NULL, &parameters));
    must_be_invalid(hyper_connect(parameters, NULL, HYPER_CREATE));
    must_fail(hyper_connect(parameters, &connection, HYPER_DO_NOT_CREATE), "08001");
    must_fail(hyper_connect(parameters, &connection, (hyper_create_mode_t)4), "22023");
    hyper_parameters_destroy(parameters);
    hyper_disconnect(NULL);
    must_be_invalid(hyper_cancel(NULL));
    assert_int_equal(hyper_connection_status(NULL), HYPER_CONNECTION_BAD);
    hyper_connection_trace(NULL, NULL);
    assert_false(hyper_connection_is_ready(NULL));
    assert_false(hyper_connection_is_alive(NULL));
    assert_null(hyper_connection_parameter_status(NULL, "TimeZone"));
    assert_null(hyper_connection_parameter_status(NULL, NULL));
    hyper_set_notice_receiver(NULL, NULL, NULL);
    hyper_set_rowset_async_callback(NULL, NULL, NULL);
    must_be_invalid(hyper_set_connection_setting(NULL, "a", "b"));
    must_be_invalid(hyper_set_connection_setting(NULL, NULL, "b"));
    must_be_invalid(hyper_set_connection_setting(NULL, "a", NULL));
    hyper_set_chunked_mode(NULL, true);
    assert_int_equal(hyper_set_chunk_size(NULL, 5), 0);
    hyper_set_prefetch_threshold(NULL, 5);
}

static void null_catalog(void **state)
{
    (void)state;
    hyper_string_list_t *list;
    bool exists;
    must_be_invalid(hyper_create_database(NULL, "x", true));
    must_be_invalid(hyper_drop_database(NULL, "x", true));
    must_be_invalid(hyper_detach_all_databases(NULL));
    must_be_invalid(hyper_detach_database(NULL, "x"));
    must_be_invalid(hyper_detach_database(NULL, NULL));
    must_be_invalid(hyper_attach_database(NULL, "x", "y"));
    must_be_invalid(hyper_create_schema(NULL, NULL, "x", true));
    must_be_invalid(hyper_create_schema(NULL, NULL, NULL, true));
    must_be_invalid(hyper_get_schema_names(NULL, NULL, &list));
    must_be_invalid(hyper_get_schema_names(NULL, NULL, NULL));
    must_be_invalid(hyper_get_table_names(NULL, NULL, "x", &list));
    must_be_invalid(hyper_get_table_names(NULL, NULL, NULL, &list));
    must_be_invalid(hyper_get_table_names(NULL, NULL, "x", NULL));
    must_be_invalid(hyper_has_table(NULL, NULL, NULL, "x", &exists));
    must_be_invalid(hyper_has_table(NULL, NULL, NULL, NULL, &exists));
    must_be_invalid(hyper_has_table(NULL, NULL, NULL, "x", NULL));
    hyper_string_list_destroy(NULL);
    assert_int_equal(hyper_string_list_size(NULL), 0);
    assert_null(hyper_string_list_at(NULL, 0));
    assert_int_equal(hyper_quote_sql_identifier(NULL, 0, NULL, 5), 2);
    assert_int_equal(hyper_quote_sql_literal(NULL, 9, "a\1b", 3), 7);
}

static void null_definitions(void **state)
{
    (void)state;
    hyper_table_definition_t *copy;
    hyper_table_definition_t *t =
        hyper_create_table_definition(NULL, NULL, NULL, HYPER_TEMPORARY, true);
    hyper_destroy_table_definition(NULL);
    must_be_invalid(hyper_get_table_definition(NULL, NULL, NULL, "x", &copy));
    must_be_invalid(hyper_get_table_definition(NULL, NULL, NULL, NULL, &copy));
    must_be_invalid(hyper_get_table_definition(NULL, NULL, NULL, "x", NULL));
    must_be_invalid(hyper_copy_table_definition(NULL, &copy));
    must_be_invalid(hyper_copy_table_definition(t, NULL));
    must_be_invalid(hyper_table_definition_add_column(NULL, "a", HYPER_INT, 0, NULL, true));
    must_be_invalid(hyper_table_definition_add_column(t, NULL, HYPER_INT, 0, NULL, true));
    must_be_invalid(hyper_table_definition_add_column(t, "a", (hyper_type_tag_t)99, 0, NULL, true));
    must_be_invalid(hyper_create_table(NULL, t, true));
    must_be_invalid(hyper_create_table(NULL, NULL, true));
    const hyper_table_definition_t *both[] = {NULL, t};
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(hyper_table_definition_database_name(both[i]), "");
        assert_string_equal(hyper_table_definition_schema_name(both[i]), "");
        assert_string_equal(hyper_table_definition_table_name(both[i]), "");
        assert_int_equal(hyper_table_definition_column_count(both[i]), 0);
        assert_int_equal(hyper_table_definition_column_type_tag(both[i], 3), 0);
        assert_int_equal(hyper_table_definition_column_type_oid(both[i], 3), 0);
        assert_int_equal(
            hyper_table_definition_column_type_modifier(both[i], 3), HYPER_UNUSED_MODIFIER);
        assert_int_equal(hyper_table_definition_column_index(both[i], "a"), 0);
        assert_int_equal(hyper_table_definition_column_index(both[i], NULL), 0);
        assert_string_equal(hyper_table_definition_column_name(both[i], UINT32_MAX), "");
        assert_false(hyper_table_definition_column_is_nullable(both[i], 3));
        assert_string_equal(hyper_table_definition_column_collation(both[i], 3), "");
    }
    assert_int_equal(hyper_table_definition_table_persistence(NULL), HYPER_PERMANENT);
    assert_int_equal(hyper_table_definition_table_persistence(t), HYPER_TEMPORARY);
    hyper_destroy_table_definition(t);
    assert_false(hyper_is_valid_type_tag((hyper_type_tag_t)21));
    assert_int_equal(hyper_get_max_length_from_modifier(3), UINT32_MAX);
    assert_int_equal(hyper_get_precision_from_modifier(UINT32_MAX), UINT32_MAX);
    assert_int_equal(hyper_get_scale_from_modifier(0), UINT32_MAX);
    assert_int_equal(hyper_get_scale_from_modifier(hyper_encode_numeric_modifier(9, 2)), 2);
    assert_int_equal(hyper_get_max_length_from_modifier(hyper_encode_string_modifier(9)), 9);
}

static void null_statements(void **state)
{
    (void)state;
    hyper_rowset_t *rowset;
    hyper_rowset_chunk_t *chunk;
    char *buffer;
    size_t length, rows, columns;
    const uint8_t *const *values;
    const size_t *sizes;
    const hyper_rowset_result_format_t binary = HYPER_ROWSET_RESULT_FORMAT_HYPER_BINARY;
    must_be_invalid(hyper_execute_query(NULL, "SELECT 1", &rowset));
    must_be_invalid(hyper_execute_query(NULL, NULL, &rowset));
    must_be_invalid(hyper_execute_query(NULL, "SELECT 1", NULL));
    must_be_invalid(hyper_execute_query_params(NULL, "SELECT 1", binary, &rowset));
    must_fail(
        hyper_execute_query_params(NULL, "SELECT 1", (hyper_rowset_result_format_t)7, &rowset),
        "08P01");
    must_be_invalid(hyper_execute_command(NULL, "SELECT 1", NULL));
    must_be_invalid(hyper_execute_command(NULL, NULL, NULL));
    must_be_invalid(hyper_execute_command_with_stdin_from_file(NULL, "COPY", "/dev/null"));
    must_be_invalid(hyper_execute_command_with_stdin_from_file(NULL, NULL, "/dev/null"));
    must_be_invalid(hyper_execute_command_with_stdout_to_file(NULL, "COPY", NULL));
    must_be_invalid(hyper_prepare(NULL, "p", "SELECT 1"));
    must_be_invalid(hyper_prepare(NULL, NULL, "SELECT 1"));
    must_be_invalid(hyper_prepare(NULL, "p", NULL));
    must_be_invalid(hyper_execute_prepared(NULL, "p", binary, &rowset));
    must_be_invalid(hyper_execute_prepared(NULL, NULL, binary, &rowset));
    hyper_close_rowset(NULL);
    assert_int_equal(hyper_rowset_get_type(NULL), HYPER_ROWSET_EMPTY_QUERY);
    assert_null(hyper_rowset_get_table_definition(NULL));
    assert_int_equal(hyper_rowset_get_affected_row_count(NULL), -1);
    must_be_invalid(hyper_rowset_get_next_chunk(NULL, &chunk));
    assert_int_equal(hyper_rowset_chunk_row_count(NULL), 0);
    assert_null(hyper_rowset_chunk_field_value(NULL, 0, 0).value);
    assert_true(hyper_rowset_chunk_field_is_null(NULL, 0, 0));
    hyper_rowset_chunk_field_values(NULL, &columns, &rows, &values, &sizes);
    assert_int_equal(columns + rows, 0);
    hyper_rowset_chunk_field_values(NULL, NULL, NULL, NULL, NULL);
    hyper_destroy_rowset_chunk(NULL);
    assert_false(hyper_rowset_has_copy_data(NULL));
    must_be_invalid(hyper_rowset_get_copy_data(NULL, &buffer, &length));
    hyper_rowset_free_copy_data(NULL);
    must_be_invalid(hyper_copy_data(NULL, (const uint8_t *)"x", 1));
    must_be_invalid(hyper_copy_data(NULL, NULL, 1));
    must_be_invalid(hyper_copy_end(NULL));
}

static void null_inserters(void **state)
{
    (void)state;
    hyper_inserter_t *inserter;
    hyper_inserter_buffer_t *buffer;
    hyper_table_definition_t *t =
        hyper_create_table_definition(NULL, NULL, "t", HYPER_PERMANENT, false);
    must_be_invalid(hyper_create_inserter(NULL, NULL, &inserter));
    must_be_invalid(hyper_create_inserter(NULL, t, NULL));
    must_fail(hyper_create_inserter(NULL, t, &inserter), "42601");
    must_be_invalid(hyper_init_bulk_insert(NULL, t, "a"));
    must_be_invalid(hyper_insert_computed_expressions(NULL, "1"));
    must_be_invalid(hyper_inserter_insert_chunk(NULL, (const uint8_t *)"x", 1));
    assert_null(hyper_close_inserter(NULL, true));
    must_be_invalid(hyper_create_inserter_buffer(NULL, t, "a", &buffer));
    must_fail(hyper_inserter_buffer_flush(NULL), "55006");
    hyper_inserter_buffer_destroy(NULL);
    must_fail(hyper_inserter_buffer_add_null(NULL), "55006");
    must_fail(hyper_inserter_buffer_add_bool(NULL, true), "55006");
    must_fail(hyper_inserter_buffer_add_int16(NULL, 1), "55006");
    must_fail(hyper_inserter_buffer_add_int32(NULL, 1), "55006");
    must_fail(hyper_inserter_buffer_add_int64(NULL, 1), "55006");
    must_fail(hyper_inserter_buffer_add_float(NULL, 1), "55006");
    must_fail(hyper_inserter_buffer_add_double(NULL, 1), "55006");
    must_fail(hyper_inserter_buffer_add_binary(NULL, (const uint8_t *)"x", 1), "55006");
    must_be_invalid(hyper_inserter_buffer_add_binary(NULL, NULL, 1));
    must_fail(hyper_inserter_buffer_add_date(NULL, 2000, 1, 1), "55006");
    must_fail(hyper_inserter_buffer_add_raw(NULL, (const uint8_t *)"x", 1), "55006");
    must_be_invalid(hyper_inserter_buffer_add_raw(NULL, NULL, 1));
    hyper_destroy_table_definition(t);
    must_be_invalid(hyper_resize_data_chunk(NULL, 5));
    assert_null(hyper_get_chunk_data(NULL));
    assert_int_equal(hyper_get_chunk_header_size(NULL), 0);
    assert_int_equal(hyper_get_chunk_data_size(NULL), 0);
    hyper_destroy_data_chunk(NULL);
    hyper_data_chunk_t *chunk = hyper_create_data_chunk();
    assert_null(hyper_resize_data_chunk(chunk, 0));
    assert_int_equal(hyper_get_chunk_header_size(chunk), 19);
    assert_non_null(hyper_get_chunk_data(chunk));
    assert_int_equal(hyper_get_chunk_data_size(chunk), 0);
    hyper_destroy_data_chunk(chunk);
}

/* ---- Values ---- */

#define CHECK_WRITE(kind, T, ...)                                                                  \
    do {                                                                                           \
        uint8_t place[32];                                                                         \
        const T value = __VA_ARGS__;                                                               \
        size_t n = hyper_write_##kind(NULL, 0, value);                                             \
        assert_int_equal(n, sizeof(T) + 1);                                                        \
        assert_int_equal(hyper_write_##kind##_not_null(NULL, 99, value), sizeof(T));               \
        memset(place, 0xEE, sizeof place);                                                         \
        assert_int_equal(hyper_write_##kind(place, n - 1, value), n);                              \
        assert_int_equal(place[0], 0xEE);                                                          \
        assert_int_equal(hyper_write_##kind(place, n, value), n);                                  \
        T back = hyper_read_##kind(place + 1);                                                     \
        assert_memory_equal(&back, &value, sizeof value);                                          \
        back = hyper_read_##kind(NULL);                                                            \
        (void)back;                                                                                \
    } while (0)

static void binary_values(void **state)
{
    (void)state;
    uint8_t target[32];
    CHECK_WRITE(int8, int8_t, -5);
    CHECK_WRITE(int16, int16_t, -500);
    CHECK_WRITE(int32, int32_t, -50000);
    CHECK_WRITE(int64, int64_t, INT64_MIN);
    CHECK_WRITE(data128, hyper_data128_t, {{1, 2}});
    assert_int_equal(hyper_write_null(NULL, 0), 1);
    assert_int_equal(hyper_write_header(target, 18), 19);
    assert_int_equal(hyper_write_varbinary(target, 8, (const uint8_t *)"abc", 3), 8);
    assert_memory_equal(target, "\0\3\0\0\0abc", 8);
    assert_int_equal(hyper_write_varbinary(target, 8, NULL, 0), 5);
    assert_int_equal(hyper_write_varbinary_not_null(NULL, 0, NULL, SIZE_MAX), SIZE_MAX);
    assert_int_equal(hyper_write_varbinary(target, 8, NULL, SIZE_MAX - 4), SIZE_MAX);
    assert_ptr_equal(hyper_read_varbinary(target), target);
}

static void temporal_values(void **state)
{
    (void)state;
    char text[40];
    const uint32_t dates[] = {0, 1, 38, 2451545, 109203527, UINT32_MAX - 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        hyper_date_components_t parts = hyper_decode_date(dates[i]);
        assert_int_equal(hyper_encode_date(parts), dates[i]);
        assert_true(hyper_date_to_string(text, sizeof text, dates[i]) >= 10);
        assert_int_equal(hyper_date_to_string(NULL, 99, dates[i]), 0);
    }
    (void)hyper_encode_date((hyper_date_components_t){INT32_MIN, INT16_MIN, INT16_MIN});
    (void)hyper_encode_date((hyper_date_components_t){INT32_MAX, INT16_MAX, INT16_MAX});
    assert_int_equal(hyper_encode_time((hyper_time_components_t){24, 0, 0, 0}), 86400000000);
    assert_int_equal(hyper_decode_time(45296000007).microsecond, 7);
    assert_true(hyper_time_to_string(text, sizeof text, UINT64_MAX) > 0);
    assert_int_equal(hyper_time_to_string(text, 8, 0), 0);
    hyper_interval_components_t most = {
        INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX};
    (void)hyper_decode_interval(hyper_encode_interval(most));
    most = (hyper_interval_components_t){
        INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN};
    (void)hyper_decode_interval(hyper_encode_interval(most));
    hyper_interval_components_t back = hyper_decode_interval(
        hyper_encode_interval((hyper_interval_components_t){-1, -2, -3, -4, -5, -6, -7}));
    assert_int_equal(back.years, -1);
    assert_int_equal(back.microseconds, -7);
}

static void decimal_values(void **state)
{
    (void)state;
    int64_t small;
    hyper_data128_t large = {{UINT64_MAX, INT64_MAX}}; /* the greatest of 128 bits */
    char text[64];
    const char *at = "12.345";
    const char *p = at;
    assert_null(hyper_numeric_from_string(&p, at + 6, 18, 2, &small));
    assert_int_equal(small, 1235);
    assert_ptr_equal(p, at + 6);
    must_be_invalid(hyper_numeric_from_string(NULL, at, 18, 2, &small));
    must_be_invalid(hyper_numeric_from_string(&p, NULL, 18, 2, &small));
    must_be_invalid(hyper_numeric_from_string(&p, at, 18, 2, &small));
    must_be_invalid(hyper_numeric_from_string(&p, at, 18, 2, NULL));
    must_be_invalid(hyper_big_numeric_from_string(&p, at, 18, 2, NULL));
    p = at;
    must_fail(hyper_big_numeric_from_string(&p, at + 6, 39, 2, &large), "22023");
    assert_null(hyper_numeric_to_string(NULL, 44, 5, 2));
    assert_null(hyper_numeric_to_string(text, 4, 1234, 2));
    assert_null(hyper_numeric_to_string(text, 44, 5, 39));
    assert_string_equal(hyper_numeric_to_string(text, 6, 1234, 2), "12.34");
    assert_non_null(hyper_big_numeric_to_string(text, 44, large, 38));
    must_be_invalid(hyper_numeric_change_scale(1, 0, 2, NULL));
    must_fail(hyper_numeric_change_scale(1, 0, 39, &small), "22003");
    must_fail(hyper_big_numeric_change_scale(large, 0, 1, &large), "22003");
    must_be_invalid(hyper_big_numeric_change_scale(large, 0, 0, NULL));
    assert_int_equal(hyper_numeric_round_to_int64(INT64_MIN, 1), INT64_MIN / 10 - 1);
    assert_int_equal(hyper_numeric_round_to_int64(5, 99), 0);
    must_fail(hyper_big_numeric_round_to_int64(large, 0, &small), "22003");
    must_be_invalid(hyper_big_numeric_round_to_int64(large, 0, NULL));
    must_fail(hyper_numeric_from_double((double)NAN, 2, &small), "22003");
    must_fail(hyper_big_numeric_from_double(1e39, 0, &large), "22003");
    must_fail(hyper_numeric_from_float(1, 99, &small), "22003");
    must_be_invalid(hyper_numeric_from_float(1, 2, NULL));
    must_be_invalid(hyper_big_numeric_from_float(1, 2, NULL));
    assert_true(isnan(hyper_numeric_to_double(1, 39)));
    assert_true(hyper_big_numeric_to_double(large, 38) > 1);
    assert_true(hyper_numeric_to_float(5, 1) == 0.5f);
    assert_true(hyper_big_numeric_to_float((hyper_data128_t){{5, 0}}, 1) == 0.5f);
}

static int n_events;

static void count_event(
    hyper_log_level_t level, const char *topic, const char *json_value, void *context)
{
    (void)level;
    (void)topic;
    (void)json_value;
    n_events += *(int *)context;
}

static void log_events(void **state)
{
    (void)state;
    int step = 2;
    assert_null(hyper_log_set_log_function(count_event, &step));
    assert_int_equal(hyper_log_set_log_level(HYPER_LOG_LEVEL_ERROR), HYPER_LOG_LEVEL_INFO);
    hyper_log_event(HYPER_LOG_LEVEL_WARNING, NULL, NULL);
    hyper_log_event(HYPER_LOG_LEVEL_ERROR, NULL, NULL);
    assert_int_equal(n_events, 2);
    assert_ptr_equal(hyper_log_set_log_function(hyper_default_log_function, NULL), count_event);
    hyper_log_event(HYPER_LOG_LEVEL_FATAL, NULL, NULL);
    hyper_default_log_function((hyper_log_level_t)77, "topic", "{}", NULL);
    (void)hyper_log_set_log_function(NULL, NULL);
    hyper_log_event(HYPER_LOG_LEVEL_FATAL, "none", "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_errors),
        cmocka_unit_test(null_parameters_and_instances),
        cmocka_unit_test(null_connections),
        cmocka_unit_test(null_catalog),
        cmocka_unit_test(null_definitions),
        cmocka_unit_test(null_statements),
        cmocka_unit_test(null_inserters),
        cmocka_unit_test(binary_values),
        cmocka_unit_test(temporal_values),
        cmocka_unit_test(decimal_values),
        cmocka_unit_test(log_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
