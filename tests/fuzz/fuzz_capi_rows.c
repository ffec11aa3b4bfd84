/* HyperBinary rows from a client: any bytes give an error or rows that can be read. The first byte
 * chooses which columns are nullable. */
#include "hyperapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static hyper_connection_t *connection;
static hyper_table_definition_t *tables[2];

static void must(hyper_error_t *error)
{
    hyper_error_field_value message;
    if (!error)
        return;
    hyper_error_destroy(hyper_error_get_field(error, HYPER_ERROR_FIELD_MESSAGE, &message));
    fprintf(stderr, "%s\n", message.value.string);
    abort();
}

static hyper_table_definition_t *make_table(const char *name, bool nullable)
{
    static const hyper_type_tag_t tags[] = {HYPER_BOOL, HYPER_SMALL_INT, HYPER_INT, HYPER_BIG_INT,
        HYPER_DOUBLE, HYPER_DATE, HYPER_TIME, HYPER_TIMESTAMP, HYPER_INTERVAL, HYPER_TEXT,
        HYPER_BYTE_A, HYPER_JSON, HYPER_TABGEOGRAPHY, HYPER_OID};
    hyper_table_definition_t *t =
        hyper_create_table_definition(NULL, NULL, name, HYPER_TEMPORARY, false);
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        const char column[] = {(char)('a' + i), 0};
        must(hyper_table_definition_add_column(
            t, column, tags[i], HYPER_UNUSED_MODIFIER, NULL, nullable));
    }
    must(hyper_table_definition_add_column(
        t, "num", HYPER_NUMERIC, hyper_encode_numeric_modifier(18, 3), NULL, nullable));
    must(hyper_table_definition_add_column(
        t, "big", HYPER_NUMERIC, hyper_encode_numeric_modifier(38, 3), NULL, nullable));
    must(hyper_table_definition_add_column(
        t, "chars", HYPER_CHAR, hyper_encode_string_modifier(5), NULL, nullable));
    must(hyper_table_definition_add_column(
        t, "c1", HYPER_CHAR, hyper_encode_string_modifier(1), NULL, nullable));
    must(hyper_create_table(connection, t, true));
    return t;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    hyper_parameters_t *parameters;
    hyper_instance_t *instance;
    must(hyper_create_instance_parameters(&parameters, true));
    must(hyper_parameters_set(parameters, "threads", "1"));
    must(hyper_parameters_set(parameters, "default_database_version", "3"));
    must(hyper_instance_create(NULL, HYPER_DISABLE_TELEMETRY, parameters, &instance));
    hyper_parameters_destroy(parameters);
    must(hyper_create_connection_parameters(instance, &parameters));
    must(hyper_connect(parameters, &connection, HYPER_DO_NOT_CREATE));
    hyper_parameters_destroy(parameters);
    tables[0] = make_table("t0", false);
    tables[1] = make_table("t1", true);
    return 0;
}

static void read_back(const char *sql)
{
    hyper_rowset_t *rowset;
    hyper_rowset_chunk_t *chunk = NULL;
    hyper_error_t *error =
        hyper_execute_query_params(connection, sql, HYPER_ROWSET_RESULT_FORMAT_TEXT, &rowset);
    if (error) {
        hyper_error_destroy(error);
        return;
    }
    do {
        hyper_destroy_rowset_chunk(chunk);
        error = hyper_rowset_get_next_chunk(rowset, &chunk);
    } while (!error && chunk);
    hyper_error_destroy(error); /* a damaged geography has no text */
    hyper_close_rowset(rowset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hyper_inserter_t *inserter;
    if (!size)
        return 0;
    const int which = data[0] & 1;
    uint8_t *chunk = malloc(size + 18);
    if (!chunk)
        return 0;
    (void)hyper_write_header(chunk, 19);
    memcpy(chunk + 19, data + 1, size - 1);
    must(hyper_create_inserter(connection, tables[which], &inserter));
    hyper_error_destroy(hyper_inserter_insert_chunk(inserter, chunk, size + 18));
    free(chunk);
    hyper_error_t *error = hyper_close_inserter(inserter, true);
    if (!error) {
        read_back(which ? "SELECT * FROM t1" : "SELECT * FROM t0");
        must(hyper_execute_command(connection, which ? "TRUNCATE t1" : "TRUNCATE t0", NULL));
    }
    hyper_error_destroy(error);
    return 0;
}
