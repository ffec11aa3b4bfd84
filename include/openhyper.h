/* openhyper: an embedded SQL engine on Tableau's .hyper files. The public C interface.
 *
 * An instance owns the worker threads, the memory budget and the open database files. A connection
 * is one session on it: any number may work on the same file at the same time, each used by one
 * thread at a time (openhyper_cancel and openhyper_progress excepted). A statement gives a result;
 * rows come as chunks of columns in the engine's own memory form, described below, so that nothing
 * is converted on the way.
 *
 * Functions that can fail return NULL on success or an error that the caller frees with
 * openhyper_error_free. Outputs are written only on success. All text is UTF-8.
 *
 *     openhyper_instance *instance;
 *     openhyper_connection *connection;
 *     openhyper_result *result;
 *     openhyper_error *error = openhyper_instance_create(NULL, &instance);
 *     if (!error) error = openhyper_connect(instance, NULL, &connection);
 *     if (!error) error = openhyper_attach(connection, "cars.hyper", "cars",
 * OPENHYPER_CREATE_AND_REPLACE); if (!error) error = openhyper_execute(connection, "SELECT 1", 8,
 * &result);
 */
#ifndef OPENHYPER_H
#define OPENHYPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OPENHYPER_API __attribute__((visibility("default")))

typedef struct openhyper_instance openhyper_instance;
typedef struct openhyper_connection openhyper_connection;
typedef struct openhyper_result openhyper_result;
typedef struct openhyper_appender openhyper_appender;
typedef struct openhyper_error openhyper_error;

/* "0.1.0". Static. */
OPENHYPER_API const char *openhyper_version(void);

/* ---- Errors ---- */

/* Texts live as long as the error; detail and hint are NULL when there is none. */
OPENHYPER_API const char *openhyper_error_sqlstate(const openhyper_error *error);
OPENHYPER_API const char *openhyper_error_message(const openhyper_error *error);
OPENHYPER_API const char *openhyper_error_detail(const openhyper_error *error);
OPENHYPER_API const char *openhyper_error_hint(const openhyper_error *error);
/* Byte offset in the SQL text, or -1. */
OPENHYPER_API int64_t openhyper_error_position(const openhyper_error *error);
OPENHYPER_API void openhyper_error_free(openhyper_error *error);

/* ---- Instance ---- */

/* Settings of an instance or connection: pairs of key and value, ended by a pair of NULLs. */
typedef struct openhyper_setting {
    const char *key;
    const char *value;
} openhyper_setting;

/* settings may be NULL. Instance settings: "threads" (default: all processors), "memory_limit"
 * ("4G" or "50%"; default 80 % of the machine; also from the environment variable
 * OPENHYPER_MEMORY_LIMIT), "temp_directory" (for what does not fit in memory; default TMPDIR or
 * /var/tmp), "default_database_version" (0..4, default 2), "compression"
 * ("lz4", "lz4hc", "zstd"), "durability" ("on", "off": without waiting for the disk, "close": when
 * the last connection leaves a file), "log_dir" (folder of a file hyperd.log with connections and
 * statements, unless "log_config" is empty; default: no log); settings of sessions given here
 * become their defaults. Errors: 42704 unknown key, 22023 bad value. */
OPENHYPER_API openhyper_error *openhyper_instance_create(
    const openhyper_setting *settings, openhyper_instance **out);
/* An instance that is another process: starts <folder>/hyperd, which ends when the instance is
 * destroyed, and with this process at the latest. settings: parameters of that program, `a_b` for
 * --a-b; "domain_socket_dir", "use_tcp_port" ("auto" or a number) and "listen_connection" say where
 * it listens (default: a socket in a folder of its own in /tmp). Everything below works on it;
 * openhyper_progress cannot tell. Errors: 58P01 no such program, HY000 it ended at once. */
OPENHYPER_API openhyper_error *openhyper_instance_start(
    const char *folder, const openhyper_setting *settings, openhyper_instance **out);
/* The instance of another process at an endpoint: "tab.tcp://host:port" or
 * "tab.domain://DIR/domain/NAME". It goes on when this object is destroyed. Connections take the
 * settings "user" and "password" as well; their errors: 08001 nobody listens there, HY000 it is no
 * endpoint. */
OPENHYPER_API openhyper_error *openhyper_instance_at(
    const char *endpoint, openhyper_instance **out);
/* Lets other processes use an instance that is in this one: it listens at an endpoint as above,
 * where the port may be "auto". The first call decides where; later ones do nothing. There is no
 * password: a TCP address must be of this machine only (28000). Errors: 22023 no endpoint, 58030 in
 * use. */
OPENHYPER_API openhyper_error *openhyper_instance_listen(
    openhyper_instance *instance, const char *endpoint);
/* Where other processes find it; NULL for an instance in this process that does not listen. Lives
 * as long as the instance. */
OPENHYPER_API const char *openhyper_instance_endpoint(openhyper_instance *instance);
/* The id of the process that was started, or of this one; 0 for openhyper_instance_at. */
OPENHYPER_API int64_t openhyper_instance_process(const openhyper_instance *instance);
/* Connections still open are closed, with their transactions rolled back. NULL is fine. */
OPENHYPER_API void openhyper_instance_destroy(openhyper_instance *instance);
/* The same, telling what went wrong: HY000 when a process that was started did not end by itself
 * with exit code 0; *exit_code (may be NULL) is that code or the number of a signal, else 0.
 * timeout_ms < 0: waits for that process; 0: kills it; > 0: waits so long, then kills it, which is
 * an error. */
OPENHYPER_API openhyper_error *openhyper_instance_shutdown(
    openhyper_instance *instance, int timeout_ms, int *exit_code);

/* ---- Connections ---- */

typedef enum openhyper_create_mode {
    OPENHYPER_CREATE_NONE, /* the file must exist */
    OPENHYPER_CREATE,      /* it must not */
    OPENHYPER_CREATE_IF_NOT_EXISTS,
    OPENHYPER_CREATE_AND_REPLACE /* fails with 55006 when it is in use */
} openhyper_create_mode;

/* A session without a database. settings: session settings by name ("time_zone" ..), or NULL. */
OPENHYPER_API openhyper_error *openhyper_connect(
    openhyper_instance *instance, const openhyper_setting *settings, openhyper_connection **out);
/* Creates (by mode) and attaches a file under an alias; alias NULL: the file's stem. path NULL: a
 * database in memory. Errors: 58S01 no such file, 42P04 exists, 55006 in use or locked, XX001
 * damaged. */
OPENHYPER_API openhyper_error *openhyper_attach(openhyper_connection *connection, const char *path,
    const char *alias, openhyper_create_mode mode);
/* Rolls back an open transaction, destroys its appenders, detaches. Results stay readable. NULL is
 * fine. Errors of writing the files are returned; the connection is gone in any case. */
OPENHYPER_API openhyper_error *openhyper_disconnect(openhyper_connection *connection);

/* Stops the statement that runs on the connection, if any: it fails with 57014. Any thread. */
OPENHYPER_API void openhyper_cancel(openhyper_connection *connection);
/* Fraction done (0..1) of the running statement, or -1 when none runs or it cannot tell. Any
 * thread. */
OPENHYPER_API double openhyper_progress(const openhyper_connection *connection);

/* ---- Statements and results ---- */

/* Runs one statement (parameters: use PREPARE/EXECUTE). The caller owns the result (destroy). A
 * statement without rows gives a result without columns. */
OPENHYPER_API openhyper_error *openhyper_execute(
    openhyper_connection *connection, const char *sql, size_t len, openhyper_result **out);
OPENHYPER_API void openhyper_result_destroy(openhyper_result *result);

/* Rows inserted, updated, deleted or copied; -1 for statements that do not count (queries, DDL). */
OPENHYPER_API int64_t openhyper_result_affected_rows(const openhyper_result *result);
/* "SELECT 3", "INSERT 0 1", "CREATE TABLE": as the server's command tag. */
OPENHYPER_API const char *openhyper_result_tag(const openhyper_result *result);
/* Whether the statement gives rows (a query may give rows without columns). */
OPENHYPER_API bool openhyper_result_has_rows(const openhyper_result *result);
/* Notices that the statement raised ("there is already a transaction in progress"), or NULL; index
 * from 0. */
OPENHYPER_API const char *openhyper_result_notice(const openhyper_result *result, size_t index);

/* The memory form of a column's values. */
typedef enum openhyper_physical {
    OPENHYPER_U8, /* bool: 0 or 1 */
    OPENHYPER_I16,
    OPENHYPER_I32,  /* int4; date: Julian day */
    OPENHYPER_U32,  /* oid; char(1): code point, 0 for a blank */
    OPENHYPER_I64,  /* int8; time: microseconds; numeric up to 18 digits: value * 10^scale */
    OPENHYPER_U64,  /* timestamp, timestamptz: microseconds since Julian day 0 (UTC) */
    OPENHYPER_I128, /* numeric of more than 18 digits, little-endian two's complement */
    OPENHYPER_F32,
    OPENHYPER_F64,
    OPENHYPER_INTERVAL, /* int64 microseconds, int32 days, int32 months */
    OPENHYPER_UUID,     /* 16 bytes */
    OPENHYPER_STRING /* openhyper_string: text, varchar, char(n), bytea, json, geography; arrays */
} openhyper_physical;

typedef struct openhyper_type {
    uint32_t oid;   /* PostgreSQL's type OIDs (16 bool, 23 int4, 25 text ..); geography 5003 */
    int32_t typmod; /* -1: none; numeric ((p << 16) | s) + 4; varchar(n), char(n) n + 4 */
    bool nullable;
    openhyper_physical physical;
} openhyper_type;

/* 16 bytes: up to 12 bytes stand in the value itself, longer ones behind the pointer. */
typedef struct openhyper_string {
    uint32_t len;
    char prefix[4]; /* continues in `rest` */
    union {
        char rest[8];
        const char *ptr;
    };
} openhyper_string;
static inline const char *openhyper_string_data(const openhyper_string *s)
{
    return s->len <= 12 ? s->prefix : s->ptr;
}

OPENHYPER_API size_t openhyper_result_column_count(const openhyper_result *result);
/* Live as long as the result. */
OPENHYPER_API const char *openhyper_result_column_name(
    const openhyper_result *result, size_t column);
OPENHYPER_API openhyper_type openhyper_result_column_type(
    const openhyper_result *result, size_t column);
/* "numeric(10,2)". Lives as long as the result. */
OPENHYPER_API const char *openhyper_result_column_type_name(
    const openhyper_result *result, size_t column);

typedef struct openhyper_column {
    const void *data; /* values in the column's physical form; of null rows: any valid value */
    const uint64_t *validity; /* bit i (lowest first) set: row i has a value; NULL: no nulls */
} openhyper_column;

/* The next rows, at most 2,048: *n_rows 0 at the end. The columns are valid until the next call on
 * the result. Errors that occur late come from here. */
OPENHYPER_API openhyper_error *openhyper_result_fetch(
    openhyper_result *result, const openhyper_column **columns, size_t *n_rows);
/* Rows in all when known (materialised results), else -1. */
OPENHYPER_API int64_t openhyper_result_row_count(const openhyper_result *result);

/* The text of a value as the server sends it, under the session's settings. Allocated; free with
 * openhyper_free. `value` points to the payload (data + row * size). */
OPENHYPER_API openhyper_error *openhyper_format_value(const openhyper_connection *connection,
    const openhyper_result *result, size_t column, const void *value, char **text, size_t *len);
OPENHYPER_API void openhyper_free(void *memory);

/* ---- Catalog ---- */

/* Names as a list that a NULL ends; one block of memory, to be freed with openhyper_free.
 *
 * The schemas of a database (NULL: the one in which unqualified names are looked up; an empty list
 * when there is none or several), without pg_catalog and information_schema. Errors: 3D000. */
OPENHYPER_API openhyper_error *openhyper_list_schemas(
    openhyper_connection *connection, const char *database, char ***names);
/* The tables of a schema, in no order; an unknown schema has none. Errors: 3D000. */
OPENHYPER_API openhyper_error *openhyper_list_tables(
    openhyper_connection *connection, const char *database, const char *schema, char ***names);

typedef struct openhyper_column_info {
    const char *name;
    const char *collation; /* "en_US", or NULL: binary */
    openhyper_type type;
} openhyper_column_info;

typedef struct openhyper_table_info {
    const char *database; /* its alias; NULL for a temporary table */
    const char *schema;   /* "pg_temp" for a temporary table */
    const char *name;
    bool is_temporary;
    size_t n_columns;
    const openhyper_column_info *columns;
} openhyper_table_info;

/* What a table looks like; database and schema may be NULL: by search path. One block of memory, to
 * be freed with openhyper_free. Errors: 42P01, 3F000, 3D000. */
OPENHYPER_API openhyper_error *openhyper_describe_table(openhyper_connection *connection,
    const char *database, const char *schema, const char *table, openhyper_table_info **out);

/* ---- Bulk insert ---- */

/* One column of what the caller will append: its name (for expressions; may be NULL otherwise) and
 * SQL type as text ("integer", "numeric(10,2)"). */
typedef struct openhyper_stream_column {
    const char *name;
    const char *type;
    bool nullable;
} openhyper_stream_column;

/* Opens a bulk insert into a table (database and schema may be NULL: by search path).
 * - columns NULL: rows have all columns of the table, in order.
 * - columns given, expressions NULL: columns[i] are the table's columns to fill; others become
 * NULL.
 * - expressions given: n_targets pairs (target column, SQL expression over `columns`); expression
 * NULL: the stream column of the target's name. The connection is busy (55006) until finish or
 * destroy. Errors: 42P01, 3F000, 42703, 42601. */
OPENHYPER_API openhyper_error *openhyper_appender_create(openhyper_connection *connection,
    const char *database, const char *schema, const char *table,
    const openhyper_stream_column *columns, size_t n_columns, const char *const *targets,
    const char *const *expressions, size_t n_targets, openhyper_appender **out);
/* The columns of a row to append and their memory forms. Live as long as the appender. */
OPENHYPER_API size_t openhyper_appender_column_count(const openhyper_appender *appender);
OPENHYPER_API openhyper_type openhyper_appender_column_type(
    const openhyper_appender *appender, size_t column);
/* Appends n_rows rows; everything is copied or encoded before it returns. Values are checked: 23502
 * null in a NOT NULL column, 22003, 22021 text that is not UTF-8, too long text 22001. After an
 * error the appender can only be destroyed. */
OPENHYPER_API openhyper_error *openhyper_appender_append(
    openhyper_appender *appender, const openhyper_column *columns, size_t n_rows);
/* Makes the rows part of the table (commits, unless a transaction is open). The appender is then
 * only good for destroy. */
OPENHYPER_API openhyper_error *openhyper_appender_finish(
    openhyper_appender *appender, int64_t *n_rows);
/* Without finish before: the rows are dropped. NULL is fine. */
OPENHYPER_API void openhyper_appender_destroy(openhyper_appender *appender);

/* ---- COPY from and to the caller ---- */

/* A running COPY .. FROM STDIN or COPY .. TO STDOUT: the caller is the other end. Until destroy,
 * the connection may be used for openhyper_cancel and openhyper_progress only.
 *
 *     openhyper_copy *copy;
 *     error = openhyper_copy_open(connection, sql, strlen(sql), &copy);
 *     if (!error) {
 *         while (more && openhyper_copy_write(copy, data, len)) ..
 *         error = openhyper_copy_finish(copy, &result);
 *         openhyper_copy_destroy(copy);
 *     }
 */
typedef struct openhyper_copy openhyper_copy;
typedef enum openhyper_copy_direction {
    OPENHYPER_COPY_NEITHER, /* another statement: it has run, finish gives its result */
    OPENHYPER_COPY_IN,      /* FROM STDIN: write */
    OPENHYPER_COPY_OUT      /* TO STDOUT: read */
} openhyper_copy_direction;

/* Starts the statement. Errors that need no data (syntax, names, types) come from here; the text
 * may be freed afterwards. */
OPENHYPER_API openhyper_error *openhyper_copy_open(
    openhyper_connection *connection, const char *sql, size_t len, openhyper_copy **out);
OPENHYPER_API openhyper_copy_direction openhyper_copy_get_direction(const openhyper_copy *copy);
/* Columns of the rows copied. */
OPENHYPER_API size_t openhyper_copy_column_count(const openhyper_copy *copy);
/* Hands over bytes, cut anywhere; they are copied. Waits while the engine is busy. False: the
 * statement wants no more, finish tells why. */
OPENHYPER_API bool openhyper_copy_write(openhyper_copy *copy, const void *data, size_t len);
/* The next bytes, valid until the next call; *len 0 at the end, which may be a failure that finish
 * tells. */
OPENHYPER_API void openhyper_copy_read(openhyper_copy *copy, const char **data, size_t *len);
/* No more bytes. Waits for the end of the statement; its result is the caller's. Output not read is
 * dropped. Errors: those of the values and of the statement, after which nothing is copied. */
OPENHYPER_API openhyper_error *openhyper_copy_finish(openhyper_copy *copy, openhyper_result **out);
/* Instead of the end of the bytes: the copy is to fail (57014, with the reason); finish returns it.
 */
OPENHYPER_API void openhyper_copy_fail(openhyper_copy *copy, const char *reason);
/* Without finish before: the copy fails, nothing is stored. NULL is fine. */
OPENHYPER_API void openhyper_copy_destroy(openhyper_copy *copy);

/* ---- Files ---- */

/* Checks every checksum and structure of a file that no process has open for writing. report is
 * called per fault with a text that names object and offset; *n_faults counts. */
OPENHYPER_API openhyper_error *openhyper_verify_file(const char *path,
    void (*report)(void *context, const char *fault), void *context, size_t *n_faults);
/* A description of the file as JSON text: version, schemas, tables, rows; per column bytes,
 * encodings and compression. Free with openhyper_free. */
OPENHYPER_API openhyper_error *openhyper_describe_file(const char *path, char **json);

/* ---- Text helpers ---- */

/* Finds the first complete statement of a text: *end is the offset after its semicolon, or 0 when
 * the text ends inside a statement, string or comment (a shell then asks for the next line). */
OPENHYPER_API void openhyper_split_statement(const char *text, size_t len, size_t *end);
/* Words for completion: keywords and function names in turn, NULL after the last. Static. */
OPENHYPER_API const char *openhyper_keyword(size_t index);

#ifdef __cplusplus
}
#endif

#endif
