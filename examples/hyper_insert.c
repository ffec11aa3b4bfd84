/* Writes a table through the C interface of libtableauhyperapi.
 *
 *     cc hyper_insert.c -o hyper_insert $(pkg-config --cflags --libs hyperapi)
 *     ./hyper_insert cars.hyper */
#include <hyperapi.h>

#include <stdio.h>
#include <string.h>

/* Prints an error and frees it; whether there was one. */
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

static bool insert_cars(hyper_connection_t *connection, const hyper_table_definition_t *cars)
{
    static const char *const brands[] = {"volkswagen", "opel", "bmw"};
    hyper_inserter_t *inserter;
    hyper_inserter_buffer_t *rows;
    if (failed(hyper_create_inserter(connection, cars, &inserter)))
        return false;
    bool is_done = !failed(
        hyper_create_inserter_buffer(inserter, cars, "\"brand\", \"price\", \"seen\"", &rows));
    if (is_done) {
        for (int i = 0; i < 100000 && is_done; i++) {
            const char *brand = brands[i % 3];
            hyper_error_t *error =
                hyper_inserter_buffer_add_binary(rows, (const uint8_t *)brand, strlen(brand));
            if (!error)
                error = i % 10 ? hyper_inserter_buffer_add_int32(rows, 500 + i % 20000)
                               : hyper_inserter_buffer_add_null(rows);
            if (!error)
                error = hyper_inserter_buffer_add_date(rows, 2016, 3, (int16_t)(1 + i % 31));
            is_done = !failed(error);
        }
        is_done = is_done && !failed(hyper_inserter_buffer_flush(rows));
    }
    /* The rows are in the table when this returns NULL, or none of them. */
    bool is_stored = !failed(hyper_close_inserter(inserter, is_done)) && is_done;
    if (is_done)
        hyper_inserter_buffer_destroy(rows);
    return is_stored;
}

static bool write_database(hyper_connection_t *connection)
{
    hyper_table_definition_t *cars =
        hyper_create_table_definition(NULL, NULL, "cars", HYPER_PERMANENT, false);
    const hyper_type_modifier_t none = HYPER_UNUSED_MODIFIER;
    bool is_done =
        !failed(hyper_table_definition_add_column(cars, "brand", HYPER_TEXT, none, NULL, false)) &&
        !failed(hyper_table_definition_add_column(cars, "price", HYPER_INT, none, NULL, true)) &&
        !failed(hyper_table_definition_add_column(cars, "seen", HYPER_DATE, none, NULL, true)) &&
        !failed(hyper_create_table(connection, cars, true)) && insert_cars(connection, cars);
    hyper_destroy_table_definition(cars);
    return is_done;
}

int main(int argc, char **argv)
{
    hyper_parameters_t *parameters;
    hyper_instance_t *instance;
    hyper_connection_t *connection;
    const char *path = argc > 1 ? argv[1] : "cars.hyper";
    if (failed(hyper_create_instance_parameters(&parameters, true)))
        return 1;
    bool is_done =
        !failed(hyper_instance_create(NULL, HYPER_DISABLE_TELEMETRY, parameters, &instance));
    hyper_parameters_destroy(parameters);
    if (!is_done)
        return 1;
    is_done = !failed(hyper_create_connection_parameters(instance, &parameters));
    if (is_done) {
        is_done = !failed(hyper_parameters_set(parameters, "dbname", path)) &&
                  !failed(hyper_connect(parameters, &connection, HYPER_CREATE_AND_REPLACE));
        hyper_parameters_destroy(parameters);
    }
    if (is_done) {
        is_done = write_database(connection);
        hyper_disconnect(connection);
    }
    is_done = !failed(hyper_instance_shutdown(instance, -1)) && is_done;
    if (is_done)
        printf("wrote %s\n", path);
    return is_done ? 0 : 1;
}
