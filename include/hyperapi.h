/* hyperapi: the C interface that tableauhyperapi, pantab and other programs for .hyper files are
 * written against, served by openhyper: inside the calling process, or, where a path or an endpoint
 * says so, by a server. Link with libtableauhyperapi
 * (pkg-config hyperapi). openhyper's own interface, by columns and faster still, is openhyper.h.
 *
 *     hyper_parameters_t *parameters;
 *     hyper_instance_t *instance = NULL;
 *     hyper_error_t *error = hyper_create_instance_parameters(&parameters, true);
 *     if (!error) {
 *         error = hyper_instance_create(NULL, HYPER_DISABLE_TELEMETRY, parameters, &instance);
 *         hyper_parameters_destroy(parameters);
 *     }
 *
 * (examples/hyper_insert.c and examples/hyper_query.c are whole programs.)
 *
 * ERRORS. A function that returns hyper_error_t * gives NULL for success. Another value is an
 * object of the caller's, to be freed with hyper_error_destroy; what the function would have put
 * out is then not written. A NULL where an object or a text is needed gives an error of category
 * generic, code 22 (EINVAL), from these functions; the others answer with false, 0, NULL or "".
 *
 * OWNERSHIP. Texts are UTF-8 and end with a zero byte. Texts given to a function are copied. Texts
 * and objects that come back as const belong to the object they were asked from and live as long
 * as it. All other objects belong to the caller and have one function that frees them, named at
 * their type; it accepts NULL.
 *
 * THREADS. Different objects are independent. One connection, with its row sets and inserters, is
 * for one thread at a time; calls from several wait for each other. hyper_cancel may be called by
 * any thread at any time until hyper_disconnect. Chunks, errors, lists and definitions that are
 * only read may be read by several threads. The functions on values keep no state.
 *
 * BINARY INTERFACE. Little-endian 64-bit machines; enumerations are 4 bytes wide. No name or number
 * in here changes its meaning. */
#ifndef OPENHYPER_HYPERAPI_H
#define OPENHYPER_HYPERAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HYPER_API __attribute__((visibility("default")))

typedef struct hyper_error_t hyper_error_t;                       /* hyper_error_destroy */
typedef struct hyper_parameters_t hyper_parameters_t;             /* hyper_parameters_destroy */
typedef struct hyper_instance_t hyper_instance_t;                 /* hyper_instance_close */
typedef struct hyper_connection_t hyper_connection_t;             /* hyper_disconnect */
typedef struct hyper_table_definition_t hyper_table_definition_t; /* hyper_destroy_.. */
typedef struct hyper_rowset_t hyper_rowset_t;                     /* hyper_close_rowset */
typedef struct hyper_rowset_chunk_t hyper_rowset_chunk_t;         /* hyper_destroy_rowset_chunk */
typedef struct hyper_string_list_t hyper_string_list_t;           /* hyper_string_list_destroy */
typedef struct hyper_data_chunk_t hyper_data_chunk_t;             /* hyper_destroy_data_chunk */
typedef struct hyper_inserter_t hyper_inserter_t;                 /* hyper_close_inserter */
typedef struct hyper_inserter_buffer_t hyper_inserter_buffer_t; /* hyper_inserter_buffer_destroy */

/* ---- Errors ---- */

/* What the code of an error is. */
typedef enum {
    HYPER_ERROR_CATEGORY_GENERIC = 0,           /* misuse of this interface; an errno */
    HYPER_ERROR_CATEGORY_SYSTEM = 1,            /* errno of the operating system */
    HYPER_ERROR_CATEGORY_PROCESS_EXIT_CODE = 3, /* exit status of a server process */
    HYPER_ERROR_CATEGORY_SQLSTATE = 4           /* the five characters as a number of base 36 */
} hyper_error_category_t;

typedef enum {
    HYPER_SEVERITY_ERROR = 0,
    HYPER_SEVERITY_FATAL = 1,
    HYPER_SEVERITY_PANIC = 2
} hyper_error_severity_t;

typedef enum {
    HYPER_ERROR_SOURCE_USER = 0,  /* a statement, a value, an argument was wrong */
    HYPER_ERROR_SOURCE_SYSTEM = 1 /* the engine could not be started or reached */
} hyper_error_source_t;

/* The fields, with the member of hyper_error_field_value that holds them. */
typedef enum {
    HYPER_ERROR_FIELD_ERROR_CATEGORY = 0, /* integer: hyper_error_category_t */
    HYPER_ERROR_FIELD_ERROR_CODE = 1,     /* integer */
    HYPER_ERROR_FIELD_MESSAGE = 2,        /* string; ends with the detail, if there is one */
    HYPER_ERROR_FIELD_HINT_MESSAGE = 3,   /* string: what to do about it, or "" */
    HYPER_ERROR_FIELD_SEVERITY = 4,       /* integer: hyper_error_severity_t */
    HYPER_ERROR_FIELD_SQL_STATE = 5,      /* string of five characters, or "" */
    HYPER_ERROR_FIELD_CAUSE = 6,          /* pointer: hyper_error_t of what led to it, or NULL */
    HYPER_ERROR_FIELD_CONTEXT_ID = 7,     /* uinteger: stands for the place that raised it */
    HYPER_ERROR_FIELD_DETAIL = 8,         /* string: place in the SQL text, or "" */
    HYPER_ERROR_FIELD_SOURCE = 9,         /* integer: hyper_error_source_t */
    HYPER_ERROR_GRPC_STATUS = 10          /* integer: the nearest status code of gRPC */
} hyper_error_field_key;

typedef struct hyper_error_field_value {
    int discriminator; /* 0 integer, 1 string, 2 pointer, 3 uinteger */
    union {
        int integer;
        const char *string;
        void *pointer;
        uint32_t uinteger;
    } value;
} hyper_error_field_value;

/* An error of category SQLSTATE "00000" without texts, for callers that raise errors of their own.
 * NULL only when memory is exhausted. */
HYPER_API hyper_error_t *hyper_error_create(uint32_t context_id);
/* Frees the error and its causes. NULL is fine. */
HYPER_API void hyper_error_destroy(hyper_error_t *error);
/* Texts and the cause stay the error's. Errors: EINVAL for an unknown field. */
HYPER_API hyper_error_t *hyper_error_get_field(
    const hyper_error_t *error, hyper_error_field_key key, hyper_error_field_value *value);
/* Category, code, message, hint, severity, cause, context. The cause becomes part of `error`, and
 * the former cause is freed. Errors: EINVAL for other fields and for a value of the wrong kind;
 * then nothing has changed. */
HYPER_API hyper_error_t *hyper_error_set_field(
    hyper_error_t *error, hyper_error_field_key key, hyper_error_field_value value);

/* ---- Parameters: texts by name ---- */

/* NULL is fine. No function keeps the parameters given to it. */
HYPER_API void hyper_parameters_destroy(hyper_parameters_t *parameters);
/* An independent copy of the caller's; NULL when memory is exhausted. */
HYPER_API hyper_parameters_t *hyper_parameters_copy(const hyper_parameters_t *parameters);
/* Adds or replaces one. Errors: HY000 `endpoint` that is not scheme://rest, 22023 `log_config` that
 * is not empty. */
HYPER_API hyper_error_t *hyper_parameters_set(
    hyper_parameters_t *parameters, const char *key, const char *value);

/* ---- Instances ---- */

/* Accepted for compatibility: nothing is ever sent anywhere. */
typedef enum { HYPER_DISABLE_TELEMETRY = 0, HYPER_ENABLE_TELEMETRY = 1 } hyper_telemetry_t;

/* Empty parameters, or with the usual defaults. Known are those of openhyper_instance_create
 * (threads, memory_limit, default_database_version, compression, durability ..), session settings,
 * which become defaults, and those of a server process, which have no effect on an engine in this
 * process (init_user, language ..). `log_dir` is the folder of a log, which there is only then. */
HYPER_API hyper_error_t *hyper_create_instance_parameters(
    hyper_parameters_t **parameters, bool use_defaults);
/* hyper_path NULL or empty: makes an engine in this process, without a second process;
 * `listen_connection` or `use_tcp_port` lets it listen for other processes at once. Else starts the
 * `hyperd` of that folder (ours or the original), with the parameters as its options; it writes a
 * log if there is a `log_dir`. Errors: 58000, the cause says why. */
HYPER_API hyper_error_t *hyper_instance_create(const char *hyper_path, hyper_telemetry_t telemetry,
    const hyper_parameters_t *parameters, hyper_instance_t **instance);
/* Ends its connections (their statements are cancelled, open transactions rolled back; the objects
 * stay the caller's and give 08006) and frees the instance, also when it gives an error. A server
 * that was started is waited for (timeout_ms < 0), killed (0), or killed after that time, which is
 * an error. Errors: of writing the files; HY000 the server did not end well, with a cause that has
 * its exit code. */
HYPER_API hyper_error_t *hyper_instance_shutdown(hyper_instance_t *instance, int timeout_ms);
/* The same without an error. NULL is fine. */
HYPER_API void hyper_instance_close(hyper_instance_t *instance);
/* For the parameter `endpoint` of connections, in this process and others: an engine in this
 * process listens there from the first call on. */
HYPER_API const char *hyper_instance_get_endpoint_descriptor(const hyper_instance_t *instance);
/* Of the process in which the engine runs: this one, or the server's. */
HYPER_API int64_t hyper_instance_get_pid(const hyper_instance_t *instance);
/* Whether a server that was started has ended by itself; *exit_code is then its exit code, or the
 * number of the signal. An engine in this process has not. */
HYPER_API bool hyper_instance_get_exit_code(hyper_instance_t *instance, int *exit_code);

/* ---- Connections ---- */

typedef struct {
    uint32_t major;
    uint32_t minor;
} hyper_service_version_t; /* part of the interface, used by no function */

/* Parameters for hyper_connect: `endpoint` (filled in from the instance, if there is one), `dbname`
 * (path of a database; a relative one counts from the folder in which the instance was made, or the
 * server runs), session settings, `user` and `password` for servers that ask; `user_agent` and
 * `api_language` have no effect. instance may be NULL. */
HYPER_API hyper_error_t *hyper_create_connection_parameters(
    const hyper_instance_t *instance, hyper_parameters_t **parameters);

typedef enum {
    HYPER_DO_NOT_CREATE = 0,        /* the database must exist: 58S01 */
    HYPER_CREATE = 1,               /* it must not: 42P04 */
    HYPER_CREATE_IF_NOT_EXISTS = 2, /* made where it is missing */
    HYPER_CREATE_AND_REPLACE = 3    /* made anew; 55006 while it is in use */
} hyper_create_mode_t;

/* A session on the engine of the endpoint. The database, if one is named, gets the stem of its path
 * as alias and stands in the search path. Errors: 08001 nobody is there; 22023 mode;
 * 42601, 22023 unknown or bad setting; those of the mode. */
HYPER_API hyper_error_t *hyper_connect(const hyper_parameters_t *parameters,
    hyper_connection_t **connection, hyper_create_mode_t mode);
/* Rolls back an open transaction and frees the connection. Row sets and inserters of it can then
 * only be closed; rows that a row set holds can still be read. NULL is fine. */
HYPER_API void hyper_disconnect(hyper_connection_t *connection);
/* Stops what runs on the connection: it fails with 57014. Without a statement nothing happens. Any
 * thread. */
HYPER_API hyper_error_t *hyper_cancel(hyper_connection_t *connection);

typedef enum { HYPER_CONNECTION_OK = 0, HYPER_CONNECTION_BAD = 1 } hyper_connection_status_t;
/* OK as long as the object exists; whether its engine does too: hyper_connection_is_alive. */
HYPER_API hyper_connection_status_t hyper_connection_status(hyper_connection_t *connection);
/* Notes statements as lines in a FILE *, which must stay open; NULL ends that. */
HYPER_API void hyper_connection_trace(hyper_connection_t *connection, void *debug_destination);
/* False while a row set, an inserter or a COPY is open: other statements are then 55006. */
HYPER_API bool hyper_connection_is_ready(hyper_connection_t *connection);
HYPER_API bool hyper_connection_is_alive(hyper_connection_t *connection);
/* What a server would report of itself ("server_version", "TimeZone" ..), or NULL. Valid until the
 * next call for the same name. */
HYPER_API const char *hyper_connection_parameter_status(
    const hyper_connection_t *connection, const char *parameter_name);

/* Gets the notices of statements, inside the call that runs them. The receiver frees the notice and
 * must not use the connection. */
typedef void (*hyper_notice_receiver_t)(void *context, hyper_error_t *notice);
/* Called for each chunk of a result that is there, and once more, with true, at its end. */
typedef void (*hyper_rowset_async_callback_t)(void *context, bool is_last_empty_chunk);
/* receiver NULL: notices are dropped, as they are at first. */
HYPER_API void hyper_set_notice_receiver(
    hyper_connection_t *connection, hyper_notice_receiver_t receiver, void *context);
HYPER_API void hyper_set_rowset_async_callback(
    hyper_connection_t *connection, hyper_rowset_async_callback_t callback, void *context);
/* SET key = 'value'; the key is SQL, the value is quoted. */
HYPER_API hyper_error_t *hyper_set_connection_setting(
    hyper_connection_t *connection, const char *key, const char *value);

/* ---- Catalog ---- */

/* The flags choose between the plain statements and those with IF [NOT] EXISTS. Names are texts as
 * they are, without quotes. A new database is not attached. */
HYPER_API hyper_error_t *hyper_create_database(
    hyper_connection_t *connection, const char *path, bool fail_if_exists);
HYPER_API hyper_error_t *hyper_drop_database(
    hyper_connection_t *connection, const char *path, bool fail_if_not_exists);
HYPER_API hyper_error_t *hyper_detach_all_databases(hyper_connection_t *connection);
HYPER_API hyper_error_t *hyper_detach_database(hyper_connection_t *connection, const char *alias);
/* alias NULL: the stem of the path. */
HYPER_API hyper_error_t *hyper_attach_database(
    hyper_connection_t *connection, const char *path, const char *alias);
/* In what follows, database_name and schema_name NULL or "": by the search path. */
HYPER_API hyper_error_t *hyper_create_schema(hyper_connection_t *connection,
    const char *database_name, const char *schema_name, bool fail_if_exists);
/* The schemas of a database, without those of the system. Errors: 3D000. */
HYPER_API hyper_error_t *hyper_get_schema_names(
    hyper_connection_t *connection, const char *database, hyper_string_list_t **schema_names);
/* The tables of a schema, in no order; of an unknown schema none. Errors: 3D000. */
HYPER_API hyper_error_t *hyper_get_table_names(hyper_connection_t *connection, const char *database,
    const char *schema, hyper_string_list_t **table_names);
/* An unknown schema has no tables; an unknown database is 3D000. */
HYPER_API hyper_error_t *hyper_has_table(hyper_connection_t *connection, const char *database,
    const char *schema, const char *table, bool *exists);

HYPER_API void hyper_string_list_destroy(hyper_string_list_t *string_list);
HYPER_API size_t hyper_string_list_size(hyper_string_list_t *string_list);
/* NULL beyond the end. */
HYPER_API const char *hyper_string_list_at(hyper_string_list_t *string_list, int index);

/* Write a text of `length` bytes as SQL writes it: "name" and 'literal', with escapes where needed.
 * Return the bytes that takes; nothing is written when `space` is less. No zero byte is added. */
HYPER_API size_t hyper_quote_sql_identifier(
    char *target, size_t space, const char *value, size_t length);
HYPER_API size_t hyper_quote_sql_literal(
    char *target, size_t space, const char *value, size_t length);

/* ---- Types ---- */

typedef enum {
    HYPER_UNSUPPORTED = 0, /* has only an OID: arrays, uuid .. */
    HYPER_BOOL = 1,
    HYPER_BIG_INT = 2,
    HYPER_SMALL_INT = 3,
    HYPER_INT = 4,
    HYPER_NUMERIC = 5, /* modifier: precision and scale */
    HYPER_DOUBLE = 6,
    HYPER_OID = 7,
    HYPER_BYTE_A = 8,
    HYPER_TEXT = 9,
    HYPER_VARCHAR = 10, /* modifier: length */
    HYPER_CHAR = 11,    /* modifier: length */
    HYPER_JSON = 12,
    HYPER_DATE = 13,
    HYPER_INTERVAL = 14,
    HYPER_TIME = 15,
    HYPER_TIMESTAMP = 16,
    HYPER_TIMESTAMP_TZ = 17,
    HYPER_TABGEOGRAPHY = 18,
    HYPER_GEOGRAPHY = 18, /* its former name */
    HYPER_FLOAT = 19      /* 32 bits */
} hyper_type_tag_t;

/* Numbers of types as PostgreSQL has them. */
enum {
    HYPER_OID_BOOL = 16,
    HYPER_OID_BYTE_A = 17,
    HYPER_OID_CHAR1 = 18, /* char(1) */
    HYPER_OID_BIG_INT = 20,
    HYPER_OID_SMALL_INT = 21,
    HYPER_OID_INT = 23,
    HYPER_OID_TEXT = 25,
    HYPER_OID_OID = 26,
    HYPER_OID_JSON = 114,
    HYPER_OID_FLOAT = 700,
    HYPER_OID_DOUBLE = 701,
    HYPER_OID_CHAR = 1042,
    HYPER_OID_VARCHAR = 1043,
    HYPER_OID_DATE = 1082,
    HYPER_OID_TIME = 1083,
    HYPER_OID_TIMESTAMP = 1114,
    HYPER_OID_TIMESTAMP_TZ = 1184,
    HYPER_OID_INTERVAL = 1186,
    HYPER_OID_NUMERIC = 1700,
    HYPER_OID_TABGEOGRAPHY = 5003,
    HYPER_OID_GEOGRAPHY = 5003
};

/* The modifier of a type that has none. */
#define HYPER_UNUSED_MODIFIER UINT32_C(0xFFFFFFFF)

typedef uint32_t hyper_field_index_t;
typedef uint32_t hyper_row_index_t;
typedef uint32_t hyper_type_modifier_t;

/* 0 to 20. */
HYPER_API bool hyper_is_valid_type_tag(hyper_type_tag_t tag);
/* The parts of a modifier; 0xFFFFFFFF of one that is no modifier. */
HYPER_API uint32_t hyper_get_max_length_from_modifier(hyper_type_modifier_t modifier);
HYPER_API uint32_t hyper_get_precision_from_modifier(hyper_type_modifier_t modifier);
HYPER_API uint32_t hyper_get_scale_from_modifier(hyper_type_modifier_t modifier);
/* ((precision << 16) | scale) + 4 */
HYPER_API hyper_type_modifier_t hyper_encode_numeric_modifier(uint32_t precision, uint32_t scale);
/* max_length + 4 */
HYPER_API hyper_type_modifier_t hyper_encode_string_modifier(uint32_t max_length);

/* ---- Table definitions: what a table is called and which columns it has ---- */

typedef enum { HYPER_PERMANENT = 0, HYPER_TEMPORARY = 1 } hyper_table_persistence_t;

/* Names may be NULL. `stream` has no effect. NULL only when memory is exhausted. */
HYPER_API hyper_table_definition_t *hyper_create_table_definition(const char *database_name,
    const char *schema_name, const char *table_name, hyper_table_persistence_t persistence,
    bool stream);
/* That of a table that is there. Errors: 42P01, 3F000, 3D000. */
HYPER_API hyper_error_t *hyper_get_table_definition(hyper_connection_t *connection,
    const char *database_name, const char *schema_name, const char *table_name,
    hyper_table_definition_t **table_definition);
HYPER_API void hyper_destroy_table_definition(hyper_table_definition_t *table_definition);
HYPER_API hyper_error_t *hyper_copy_table_definition(
    const hyper_table_definition_t *table_definition, hyper_table_definition_t **copy);
/* "" where a part of the name is not given. */
HYPER_API const char *hyper_table_definition_database_name(
    const hyper_table_definition_t *table_definition);
HYPER_API const char *hyper_table_definition_schema_name(
    const hyper_table_definition_t *table_definition);
HYPER_API const char *hyper_table_definition_table_name(
    const hyper_table_definition_t *table_definition);
HYPER_API hyper_table_persistence_t hyper_table_definition_table_persistence(
    const hyper_table_definition_t *table_definition);
HYPER_API size_t hyper_table_definition_column_count(
    const hyper_table_definition_t *table_definition);
/* Of a column; indexes count from 0. Beyond the last column: unsupported, 0, "", false. */
HYPER_API hyper_type_tag_t hyper_table_definition_column_type_tag(
    const hyper_table_definition_t *table_definition, hyper_field_index_t column_index);
HYPER_API uint32_t hyper_table_definition_column_type_oid(
    const hyper_table_definition_t *table_definition, hyper_field_index_t column_index);
HYPER_API hyper_type_modifier_t hyper_table_definition_column_type_modifier(
    const hyper_table_definition_t *table_definition, hyper_field_index_t column_index);
/* The first column of that name, to the letter; the number of columns when there is none. */
HYPER_API hyper_field_index_t hyper_table_definition_column_index(
    const hyper_table_definition_t *table_definition, const char *column_name);
HYPER_API const char *hyper_table_definition_column_name(
    const hyper_table_definition_t *table_definition, hyper_field_index_t column_index);
HYPER_API bool hyper_table_definition_column_is_nullable(
    const hyper_table_definition_t *table_definition, hyper_field_index_t column_index);
/* "" is the binary collation. */
HYPER_API const char *hyper_table_definition_column_collation(
    const hyper_table_definition_t *table_definition, hyper_field_index_t column_index);
/* Names may repeat; types are looked at when a table is made. collation may be NULL. Errors: EINVAL
 * for an unknown type tag. */
HYPER_API hyper_error_t *hyper_table_definition_add_column(
    hyper_table_definition_t *table_definition, const char *column_name, hyper_type_tag_t type_tag,
    hyper_type_modifier_t modifier, const char *collation, bool nullable);
HYPER_API hyper_error_t *hyper_create_table(hyper_connection_t *connection,
    const hyper_table_definition_t *table_definition, bool fail_if_exists);

/* ---- Statements and results ---- */

/* A value of a result: where its bytes are (NULL for the SQL NULL; not aligned) and how many.
 * docs/c-abi.md says what they are for each type. */
typedef struct {
    const uint8_t *value;
    size_t size;
} hyper_value_t;

typedef enum {
    HYPER_ROWSET_RESULT_FORMAT_TEXT = 0, /* as SQL prints values */
    HYPER_ROWSET_RESULT_FORMAT_HYPER_BINARY = 2
} hyper_rowset_result_format_t;

typedef enum {
    HYPER_ROWSET_EMPTY_QUERY = 0,
    HYPER_ROWSET_COMMAND = 1,
    HYPER_ROWSET_QUERY_RESULT = 2,
    HYPER_ROWSET_COPY_IN = 3, /* close the row set, then hyper_copy_data */
    HYPER_ROWSET_COPY_OUT = 4 /* hyper_rowset_get_copy_data */
} hyper_rowset_type_t;

/* Chunks of 256 rows, or one chunk with all rows. */
HYPER_API void hyper_set_chunked_mode(hyper_connection_t *connection, bool chunked_mode);
/* Rows of a chunk, 0 for all; returns the former number. 256 at first. For results to come. */
HYPER_API size_t hyper_set_chunk_size(hyper_connection_t *connection, size_t chunk_size);
/* Without effect: results do not wait for their reader. */
HYPER_API void hyper_set_prefetch_threshold(
    hyper_connection_t *connection, size_t prefetch_threshold);

/* Runs one statement. Until the row set is closed, the connection is busy. Errors: those of the
 * statement, 55006 a busy connection, 57014 cancelled. */
HYPER_API hyper_error_t *hyper_execute_query(
    hyper_connection_t *connection, const char *query, hyper_rowset_t **rowset);
/* Values in a form to choose: text, 1 (PostgreSQL's binary, where the type has one: 0A000 else), or
 * HyperBinary. Errors besides: 08P01 no such form. */
HYPER_API hyper_error_t *hyper_execute_query_params(hyper_connection_t *connection,
    const char *query, hyper_rowset_result_format_t result_format, hyper_rowset_t **rowset);
/* Runs one statement; rows are dropped. *affected_row_count (may be NULL): rows inserted, updated,
 * deleted or copied, -1 for statements that do not count. */
HYPER_API hyper_error_t *hyper_execute_command(
    hyper_connection_t *connection, const char *query, int *affected_row_count);
/* COPY .. FROM STDIN, COPY .. TO STDOUT with a file of this machine. Errors besides: category
 * system when the file cannot be opened, HY000 for other statements. */
HYPER_API hyper_error_t *hyper_execute_command_with_stdin_from_file(
    hyper_connection_t *connection, const char *query, const char *path);
HYPER_API hyper_error_t *hyper_execute_command_with_stdout_to_file(
    hyper_connection_t *connection, const char *query, const char *path);
/* PREPARE and EXECUTE, without parameters. Errors: 42P05 the name is taken, 42601 unknown. */
HYPER_API hyper_error_t *hyper_prepare(
    hyper_connection_t *connection, const char *statement_name, const char *query);
HYPER_API hyper_error_t *hyper_execute_prepared(hyper_connection_t *connection,
    const char *statement_name, hyper_rowset_result_format_t result_format,
    hyper_rowset_t **rowset);

/* Drops what was not read. Chunks stay. NULL is fine. */
HYPER_API void hyper_close_rowset(hyper_rowset_t *rowset);
HYPER_API hyper_rowset_type_t hyper_rowset_get_type(hyper_rowset_t *rowset);
/* Names and types of the columns; none for commands. Never NULL; belongs to the row set. */
HYPER_API const hyper_table_definition_t *hyper_rowset_get_table_definition(
    const hyper_rowset_t *rowset);
/* -1 for statements that do not count. */
HYPER_API int64_t hyper_rowset_get_affected_row_count(const hyper_rowset_t *rowset);
/* The next rows, the caller's; NULL at the end, however often. */
HYPER_API hyper_error_t *hyper_rowset_get_next_chunk(
    hyper_rowset_t *rowset, hyper_rowset_chunk_t **rowset_chunk);
HYPER_API size_t hyper_rowset_chunk_row_count(const hyper_rowset_chunk_t *rowset_chunk);
/* One value; beyond rows and columns the NULL value. */
HYPER_API hyper_value_t hyper_rowset_chunk_field_value(const hyper_rowset_chunk_t *rowset_chunk,
    hyper_row_index_t row_index, hyper_field_index_t field_index);
HYPER_API bool hyper_rowset_chunk_field_is_null(const hyper_rowset_chunk_t *rowset_chunk,
    hyper_field_index_t row_index, hyper_field_index_t field_index);
/* All values, row by row: value of row r, column c at [r * *col_count + c]. The arrays and the
 * bytes are the chunk's. */
HYPER_API void hyper_rowset_chunk_field_values(hyper_rowset_chunk_t *rowset_chunk,
    size_t *col_count, size_t *row_count, const uint8_t *const *values[], const size_t *sizes[]);
/* Whether the row set is that of a COPY TO STDOUT. */
HYPER_API bool hyper_rowset_has_copy_data(const hyper_rowset_t *rowset);
/* Its next piece, to be freed with hyper_rowset_free_copy_data; NULL and 0 at the end. Errors that
 * occur late come from here. */
HYPER_API hyper_error_t *hyper_rowset_get_copy_data(
    hyper_rowset_t *rowset, char **buffer, size_t *length);
HYPER_API void hyper_rowset_free_copy_data(char *buffer);
HYPER_API void hyper_destroy_rowset_chunk(const hyper_rowset_chunk_t *rowset_chunk);

/* The data of a COPY FROM STDIN, cut anywhere, once its row set is closed; hyper_copy_end ends it
 * and tells whether it has worked. Errors besides: 55006 no COPY is open. */
HYPER_API hyper_error_t *hyper_copy_data(
    hyper_connection_t *connection, const uint8_t *buffer, size_t size);
HYPER_API hyper_error_t *hyper_copy_end(hyper_connection_t *connection);

/* ---- Inserting ---- */

/* Bytes for hyper_inserter_insert_chunk: 16 MiB at first, with the header written. NULL only when
 * memory is exhausted. */
HYPER_API hyper_data_chunk_t *hyper_create_data_chunk(void);
/* Makes it `size` bytes; what it held stays. Pointers into it are void. */
HYPER_API hyper_error_t *hyper_resize_data_chunk(hyper_data_chunk_t *data_chunk, size_t size);
HYPER_API uint8_t *hyper_get_chunk_data(const hyper_data_chunk_t *data_chunk);
HYPER_API size_t hyper_get_chunk_header_size(const hyper_data_chunk_t *data_chunk);
HYPER_API size_t hyper_get_chunk_data_size(const hyper_data_chunk_t *data_chunk);
HYPER_API void hyper_destroy_data_chunk(hyper_data_chunk_t *data_chunk);

/* Begins an insert into the table of the definition; its columns are those to be filled, others
 * become NULL. The connection is busy until hyper_close_inserter. All rows of an inserter are
 * stored, or none. Errors: 42P01, 3F000, 3D000, 42601 a definition without columns. */
HYPER_API hyper_error_t *hyper_create_inserter(hyper_connection_t *connection,
    const hyper_table_definition_t *table_definition, hyper_inserter_t **inserter);
/* Before any rows: those to come have the columns of `table_definition`, and select_list (SQL, one
 * expression over them for each column of the inserter) makes the table's values of them. Errors:
 * 42601, 42703 and others of SQL, here or from hyper_close_inserter. */
HYPER_API hyper_error_t *hyper_init_bulk_insert(hyper_inserter_t *inserter,
    const hyper_table_definition_t *table_definition, const char *select_list);
/* Inserts one row of values that need no columns, at once. */
HYPER_API hyper_error_t *hyper_insert_computed_expressions(
    hyper_inserter_t *inserter, const char *select_list);
/* Whole rows in HyperBinary behind a header (hyper_write_header). Bytes that are no UTF-8 in a text
 * become U+FFFD. Errors: 22P04 no header; those of values. A row that is cut off is 22P04 from the
 * next call or from hyper_close_inserter. */
HYPER_API hyper_error_t *hyper_inserter_insert_chunk(
    hyper_inserter_t *inserter, const uint8_t *data_chunk, size_t bytes);
/* insert_data true: stores the rows, those in a buffer too; false, or after an error: none. Frees
 * the inserter in any case. NULL is fine. */
HYPER_API hyper_error_t *hyper_close_inserter(hyper_inserter_t *inserter, bool insert_data);

/* Rows by values, the fastest way in: column after column, row after row. `table_definition` is
 * that of hyper_init_bulk_insert when that was called; else select_list counts as in it. An
 * inserter has one buffer. Close the inserter first, then destroy the buffer. */
HYPER_API hyper_error_t *hyper_create_inserter_buffer(hyper_inserter_t *inserter,
    const hyper_table_definition_t *table_definition, const char *select_list,
    hyper_inserter_buffer_t **buffer);
/* Hands over the rows so far. Errors: 22P04 inside a row; those of values. */
HYPER_API hyper_error_t *hyper_inserter_buffer_flush(hyper_inserter_buffer_t *buffer);
HYPER_API void hyper_inserter_buffer_destroy(hyper_inserter_buffer_t *buffer);
/* One value for the next column. Which function is for which type:
 *   bool      bool                           int16   smallint
 *   int32     int, oid, date (Julian day)    int64   bigint, time, timestamps, numeric to 18 digits
 *   float     real                           double  double precision
 *   date      date; month and day carry over as in hyper_encode_date
 *   binary    text, varchar, char, json, bytea, tabgeography
 *   raw       16 bytes: interval, numeric over 18 digits; others by their size
 * Errors: 22P04 another type; 23502 null for a column that takes none. After an error the inserter
 * can only be closed. */
HYPER_API hyper_error_t *hyper_inserter_buffer_add_null(hyper_inserter_buffer_t *buffer);
HYPER_API hyper_error_t *hyper_inserter_buffer_add_bool(
    hyper_inserter_buffer_t *buffer, bool value);
HYPER_API hyper_error_t *hyper_inserter_buffer_add_int16(
    hyper_inserter_buffer_t *buffer, int16_t value);
HYPER_API hyper_error_t *hyper_inserter_buffer_add_int32(
    hyper_inserter_buffer_t *buffer, int32_t value);
HYPER_API hyper_error_t *hyper_inserter_buffer_add_int64(
    hyper_inserter_buffer_t *buffer, int64_t value);
HYPER_API hyper_error_t *hyper_inserter_buffer_add_float(
    hyper_inserter_buffer_t *buffer, float value);
HYPER_API hyper_error_t *hyper_inserter_buffer_add_double(
    hyper_inserter_buffer_t *buffer, double value);
HYPER_API hyper_error_t *hyper_inserter_buffer_add_binary(
    hyper_inserter_buffer_t *buffer, const uint8_t *value, size_t size);
HYPER_API hyper_error_t *hyper_inserter_buffer_add_date(
    hyper_inserter_buffer_t *buffer, int32_t year, int16_t month, int16_t day);
HYPER_API hyper_error_t *hyper_inserter_buffer_add_raw(
    hyper_inserter_buffer_t *buffer, const uint8_t *value, size_t size);

/* ---- HyperBinary ---- */

typedef struct {
    uint64_t data[2]; /* low half first */
} hyper_data128_t;

/* Write a value at `target` and return the bytes it takes; nothing is written when `space` is less.
 * A value of a nullable column has a byte 0 before it, the null is a byte 1; columns that are not
 * nullable have no such byte (.._not_null). Varbinary has its length, 4 bytes, before the bytes. */
HYPER_API size_t hyper_write_null(uint8_t *target, size_t space);
/* The header of a chunk, 19 bytes. */
HYPER_API size_t hyper_write_header(uint8_t *target, size_t space);
HYPER_API size_t hyper_write_int8(uint8_t *target, size_t space, int8_t value);
HYPER_API size_t hyper_write_int8_not_null(uint8_t *target, size_t space, int8_t value);
HYPER_API size_t hyper_write_int16(uint8_t *target, size_t space, int16_t value);
HYPER_API size_t hyper_write_int16_not_null(uint8_t *target, size_t space, int16_t value);
HYPER_API size_t hyper_write_int32(uint8_t *target, size_t space, int32_t value);
HYPER_API size_t hyper_write_int32_not_null(uint8_t *target, size_t space, int32_t value);
HYPER_API size_t hyper_write_int64(uint8_t *target, size_t space, int64_t value);
HYPER_API size_t hyper_write_int64_not_null(uint8_t *target, size_t space, int64_t value);
HYPER_API size_t hyper_write_data128(uint8_t *target, size_t space, hyper_data128_t value);
HYPER_API size_t hyper_write_data128_not_null(uint8_t *target, size_t space, hyper_data128_t value);
HYPER_API size_t hyper_write_varbinary(
    uint8_t *target, size_t space, const uint8_t *value, size_t length);
HYPER_API size_t hyper_write_varbinary_not_null(
    uint8_t *target, size_t space, const uint8_t *value, size_t length);

/* Read from any address, which must hold so many bytes. */
HYPER_API int8_t hyper_read_int8(const uint8_t *source);
HYPER_API int16_t hyper_read_int16(const uint8_t *source);
HYPER_API int32_t hyper_read_int32(const uint8_t *source);
HYPER_API int64_t hyper_read_int64(const uint8_t *source);
HYPER_API hyper_data128_t hyper_read_data128(const uint8_t *source);
/* Where the bytes of a value begin: source. */
HYPER_API const uint8_t *hyper_read_varbinary(const uint8_t *source);

/* ---- Dates, times, intervals ---- */

typedef uint32_t hyper_date_t;      /* Julian day: 2000-01-01 is 2451545 */
typedef uint64_t hyper_time_t;      /* microseconds of the day */
typedef uint64_t hyper_timestamp_t; /* Julian day * 86,400,000,000 + microseconds of the day */
typedef hyper_data128_t hyper_interval_t; /* int64 microseconds, int32 days, int32 months */

typedef struct {
    int32_t year; /* 0 is 1 BC */
    int16_t month;
    int16_t day;
} hyper_date_components_t;

typedef struct {
    int8_t hour;
    int8_t minute;
    int8_t second;
    int32_t microsecond;
} hyper_time_components_t;

typedef struct {
    int32_t years;
    int32_t months;
    int32_t days;
    int32_t hours;
    int32_t minutes;
    int32_t seconds;
    int32_t microseconds;
} hyper_interval_components_t;

/* Gregorian, also before 1582. Encoding carries over: February 30 is March 1 or 2. */
HYPER_API hyper_date_components_t hyper_decode_date(hyper_date_t date);
HYPER_API hyper_date_t hyper_encode_date(hyper_date_components_t components);
/* 2000-12-31, 12:34:56, 12:34:56.000007 with a zero byte. Return the length without it, or 0 when
 * `space` does not suffice. */
HYPER_API size_t hyper_date_to_string(char *target, size_t space, hyper_date_t value);
HYPER_API hyper_time_components_t hyper_decode_time(hyper_time_t time);
HYPER_API hyper_time_t hyper_encode_time(hyper_time_components_t components);
HYPER_API size_t hyper_time_to_string(char *target, size_t space, hyper_time_t value);
/* Months count in 12s, the time in hours and below; nothing carries between months, days and time.
 */
HYPER_API hyper_interval_components_t hyper_decode_interval(hyper_interval_t interval);
HYPER_API hyper_interval_t hyper_encode_interval(hyper_interval_components_t components);

/* ---- Numerics: value * 10^scale, in 64 bits to 18 digits, in 128 bits ("big") above ---- */

/* Rounding is half away from zero. Errors: 22003 too large, NaN, a scale over 38; of texts 22P02.
 *
 * From the text between *iter and limit: blanks, sign, digits, point, exponent. *iter moves behind
 * what was read. */
HYPER_API hyper_error_t *hyper_numeric_from_string(
    const char **iter, const char *limit, uint32_t precision, uint32_t scale, int64_t *result);
HYPER_API hyper_error_t *hyper_big_numeric_from_string(const char **iter, const char *limit,
    uint32_t precision, uint32_t scale, hyper_data128_t *result);
/* The text, with a zero byte, at the END of target[0..space); returns where it begins, or NULL when
 * it does not fit. 44 bytes suffice. */
HYPER_API char *hyper_numeric_to_string(char *target, size_t space, int64_t value, uint32_t scale);
HYPER_API char *hyper_big_numeric_to_string(
    char *target, size_t space, hyper_data128_t value, uint32_t scale);
HYPER_API hyper_error_t *hyper_numeric_change_scale(
    int64_t value, uint32_t scale, uint32_t new_scale, int64_t *result);
HYPER_API hyper_error_t *hyper_big_numeric_change_scale(
    hyper_data128_t value, uint32_t scale, uint32_t new_scale, hyper_data128_t *result);
HYPER_API int64_t hyper_numeric_round_to_int64(int64_t value, uint32_t scale);
HYPER_API hyper_error_t *hyper_big_numeric_round_to_int64(
    hyper_data128_t value, uint32_t scale, int64_t *result);
HYPER_API hyper_error_t *hyper_numeric_from_float(float value, uint32_t scale, int64_t *result);
HYPER_API hyper_error_t *hyper_big_numeric_from_float(
    float value, uint32_t scale, hyper_data128_t *result);
HYPER_API float hyper_numeric_to_float(int64_t value, uint32_t scale);
HYPER_API float hyper_big_numeric_to_float(hyper_data128_t value, uint32_t scale);
HYPER_API hyper_error_t *hyper_numeric_from_double(double value, uint32_t scale, int64_t *result);
HYPER_API hyper_error_t *hyper_big_numeric_from_double(
    double value, uint32_t scale, hyper_data128_t *result);
HYPER_API double hyper_numeric_to_double(int64_t value, uint32_t scale);
HYPER_API double hyper_big_numeric_to_double(hyper_data128_t value, uint32_t scale);

/* ---- Log of this library, for the whole process ---- */

typedef enum {
    HYPER_LOG_LEVEL_TRACE = 0,
    HYPER_LOG_LEVEL_INFO = 1, /* at first */
    HYPER_LOG_LEVEL_WARNING = 2,
    HYPER_LOG_LEVEL_ERROR = 3,
    HYPER_LOG_LEVEL_FATAL = 4
} hyper_log_level_t;

typedef void (*hyper_log_function_t)(
    hyper_log_level_t log_level, const char *topic, const char *json_value, void *context);

/* Return what was set before; at first there is no function, and events are dropped. The function
 * may be called by any thread. */
HYPER_API hyper_log_function_t hyper_log_set_log_function(
    hyper_log_function_t log_function, void *context);
HYPER_API hyper_log_level_t hyper_log_set_log_level(hyper_log_level_t log_level);
/* One that writes a line to the standard error output. */
HYPER_API void hyper_default_log_function(
    hyper_log_level_t log_level, const char *topic, const char *json_value, void *context);
/* An event; goes to the function when its level is at least the one set. */
HYPER_API void hyper_log_event(
    hyper_log_level_t log_level, const char *topic, const char *json_value);

#ifdef __cplusplus
}
#endif

#endif
