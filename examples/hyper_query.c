/* Reads the table of hyper_insert.c, chunk by chunk.
 *
 *     cc hyper_query.c -o hyper_query $(pkg-config --cflags --libs hyperapi)
 *     ./hyper_query cars.hyper */
#include <hyperapi.h>

#include <inttypes.h>
#include <stdio.h>

static bool failed(hyper_error_t *error)
{
    hyper_error_field_value message;
    if (!error)
        return false;
    hyper_error_destroy(hyper_error_get_field(error, HYPER_ERROR_FIELD_MESSAGE, &message));
    fprintf(stderr, "error: %s\n", message.value.string);
    hyper_error_destroy(error);
    return true;
}

/* Of each row: brand, rows, lowest price, first day. */
static void print_chunk(hyper_rowset_chunk_t *chunk)
{
    size_t n_columns, n_rows;
    const uint8_t *const *values;
    const size_t *sizes;
    hyper_rowset_chunk_field_values(chunk, &n_columns, &n_rows, &values, &sizes);
    for (size_t i = 0; i < n_rows; i++) {
        const uint8_t *const *row = values + i * n_columns;
        char day[16];
        (void)hyper_date_to_string(day, sizeof day, (hyper_date_t)hyper_read_int32(row[3]));
        printf("%-12.*s %6" PRId64 " rows from %" PRId32 " euros, %s\n", (int)sizes[i * n_columns],
            (const char *)row[0], hyper_read_int64(row[1]), hyper_read_int32(row[2]), day);
    }
}

static bool print_cars(hyper_connection_t *connection)
{
    hyper_rowset_t *rowset;
    if (failed(hyper_execute_query(connection,
            "SELECT brand, count(*), min(price), min(seen) FROM cars GROUP BY brand ORDER BY brand",
            &rowset)))
        return false;
    bool is_done = true;
    for (;;) {
        hyper_rowset_chunk_t *chunk;
        is_done = !failed(hyper_rowset_get_next_chunk(rowset, &chunk));
        if (!is_done || !chunk)
            break;
        print_chunk(chunk);
        hyper_destroy_rowset_chunk(chunk);
    }
    hyper_close_rowset(rowset);
    return is_done;
}

int main(int argc, char **argv)
{
    hyper_parameters_t *parameters;
    hyper_instance_t *instance;
    hyper_connection_t *connection;
    if (failed(hyper_create_instance_parameters(&parameters, true)))
        return 1;
    bool is_done =
        !failed(hyper_instance_create(NULL, HYPER_DISABLE_TELEMETRY, parameters, &instance));
    hyper_parameters_destroy(parameters);
    if (!is_done)
        return 1;
    is_done = !failed(hyper_create_connection_parameters(instance, &parameters));
    if (is_done) {
        is_done = !failed(hyper_parameters_set(
                      parameters, "dbname", argc > 1 ? argv[1] : "cars.hyper")) &&
                  !failed(hyper_connect(parameters, &connection, HYPER_DO_NOT_CREATE));
        hyper_parameters_destroy(parameters);
    }
    if (is_done) {
        is_done = print_cars(connection);
        hyper_disconnect(connection);
    }
    hyper_instance_close(instance);
    return is_done ? 0 : 1;
}
