/* What the files of the extension module openhyper._engine share.
 *
 * The module is the thin layer between Python objects and the columns of libopenhyper: sessions
 * that run statements (session.c), cursors that turn result columns into rows (cursor.c, decode.c),
 * row writers that turn rows into columns (writer.c, encode.c), and the value types that have no
 * counterpart in Python (values.c). Everything else of the package is Python.
 *
 * Threads: the GIL guards all state here. It is released while the engine works; a session's lock
 * is held meanwhile, so that a session may be used from any thread, one at a time. */
#ifndef HY_PYTHON_ENGINE_H
#define HY_PYTHON_ENGINE_H

#define PY_SSIZE_T_CLEAN
/* One build for all versions from 3.11 on: since then buffers are part of the stable ABI. */
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "openhyper.h"

#define MICROS_PER_DAY    INT64_C(86400000000)
#define BATCH_ROWS        2048 /* rows handed to the engine at once */
#define VALIDITY_WORDS    (BATCH_ROWS / 64)
#define MAX_NUMERIC_SHORT 18

/* The Python classes that the package registers (module.c). */
typedef struct Classes {
    PyObject *make_error; /* (sqlstate, message, hint) -> HyperException */
    PyTypeObject *date;
    PyTypeObject *timestamp;
    PyTypeObject *interval;
    PyObject *decimal;
} Classes;
extern Classes classes;

/* For the deallocation of an object of our types. */
static inline void free_object(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    freefunc free_memory = (freefunc)PyType_GetSlot(type, Py_tp_free);
    free_memory(object);
    Py_DECREF(type);
}

/* ---- What a column holds: how values become Python objects and back ---- */

typedef enum ValueKind {
    KIND_BOOL,
    KIND_INT2,
    KIND_INT4,
    KIND_INT8,
    KIND_OID,
    KIND_FLOAT4,
    KIND_FLOAT8,
    KIND_NUMERIC_SHORT, /* int64 */
    KIND_NUMERIC_LONG,  /* int128 */
    KIND_TEXT,          /* text, varchar, json */
    KIND_CHAR,          /* char(n), stored without trailing blanks */
    KIND_CHAR1,
    KIND_BYTES, /* bytea, geography, and whatever has no class of its own */
    KIND_DATE,
    KIND_TIME,
    KIND_TIMESTAMP,
    KIND_TIMESTAMPTZ,
    KIND_INTERVAL,
    KIND_UUID,
    KIND_ARRAY
} ValueKind;

ValueKind value_kind(openhyper_type type);
/* Bytes of one value in memory. */
size_t physical_size(openhyper_physical physical);

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

/* The engine's interval value. */
typedef struct IntervalValue {
    int64_t micros;
    int32_t days;
    int32_t months;
} IntervalValue;

/* ---- errors.c ---- */

/* Raises a HyperException for an engine error, which is freed. */
void raise_engine_error(openhyper_error *error);
void raise_hyper_exception(const char *sqlstate, const char *message, const char *hint);
void raise_busy(void);

/* ---- interrupt.c ---- */

/* Between the two, a SIGINT that arrives cancels what runs on the connection, when this is the main
 * thread. The GIL is not needed. */
void interrupt_begin(openhyper_connection *connection);
void interrupt_end(void);
/* After a statement, with the GIL: runs the Python signal handlers that are due. -1 with an
 * exception set. */
int interrupt_check(void);
/* The same after a call into the engine that gave `error`, which may be NULL and is freed: -1 with
 * the exception of a signal handler set, else with the error's. */
int engine_call_check(openhyper_error *error);

/* ---- values.c ---- */

typedef struct DateObject {
    PyObject ob_base;
    int year;
    int month;
    int day;
} DateObject;

typedef struct TimestampObject {
    PyObject ob_base;
    int64_t days;     /* Julian day in the zone: all microseconds would not fit 63 bits */
    int64_t micros;   /* of the day */
    PyObject *tzinfo; /* None: none */
} TimestampObject;

typedef struct IntervalObject {
    PyObject ob_base;
    long long months;
    long long days;
    long long micros;
} IntervalObject;

extern PyTypeObject *DateBase_Type;
extern PyType_Spec DateBase_Spec;
extern PyTypeObject *TimestampBase_Type;
extern PyType_Spec TimestampBase_Spec;
extern PyTypeObject *IntervalBase_Type;
extern PyType_Spec IntervalBase_Spec;

/* Julian day number of a day of the proleptic Gregorian calendar (year 0 exists); months and days
 * may be out of range and carry over. */
int64_t julian_day(int64_t year, int64_t month, int64_t day);
void civil_from_julian(int64_t julian, int64_t *year, int *month, int *day);
PyObject *date_new(int64_t julian);
PyObject *timestamp_new(uint64_t micros, PyObject *tzinfo);
Int128 timestamp_micros(const TimestampObject *self); /* since Julian day 0 */
PyObject *interval_new(const IntervalValue *value);

/* ---- datetime_parts.c ---- */

int datetime_init(void);
PyObject *time_new(int64_t micros);
PyObject *utc_zone(void); /* borrowed */
bool is_tzinfo(PyObject *value);
/* The offset of a datetime or Timestamp in microseconds, 0 without zone. -1 with an exception set.
 */
int utc_offset(PyObject *value, PyObject *tzinfo, int64_t *offset);

/* Parts of date, datetime and time objects. Where the C fields of a subclass do not say the truth
 * (pandas.NaT, pandas.Timestamp beyond year 9999), its attributes are asked. -1: TypeError. */
bool is_datetime(PyObject *value);
bool is_date(PyObject *value); /* also datetimes */
bool is_time(PyObject *value);
int datetime_parts(PyObject *value, int64_t *julian, int64_t *micros, PyObject **tzinfo);
int64_t time_micros(PyObject *value);

/* ---- decode.c ---- */

typedef struct CachedValue {
    openhyper_string key;
    PyObject *value;
} CachedValue;
#define VALUE_CACHE_SIZE 256

/* How one result column becomes Python objects. */
typedef struct Decoder {
    ValueKind kind;
    size_t size;
    int scale;    /* numerics */
    int length;   /* char(n); arrays: bytes of an element, 0: they vary */
    uint32_t oid; /* arrays */
    bool as_bytes;
    CachedValue *cache; /* of short texts and numerics; NULL until first used */
} Decoder;

void decoder_init(Decoder *decoder, openhyper_type type, bool text_as_bytes);
void decoder_clear(Decoder *decoder);
/* One value, which is not NULL. */
PyObject *decode_value(Decoder *decoder, const void *data, size_t row);
/* Sets item `column` of rows[0..n), lists whose item is not set yet, to values first..first+n. */
int decode_column(Decoder *decoder, const openhyper_column *column, size_t first, size_t n,
    PyObject **rows, Py_ssize_t position);
/* decode_array.c: an array, which becomes bytes in HyperBinary. */
size_t array_element_size(openhyper_type type);
PyObject *decode_array(const Decoder *decoder, const openhyper_string *s);
/* The text of a numeric of up to 38 digits, without the zero byte; returns its length. */
#define NUMERIC_TEXT_BYTES 48
size_t numeric_text(Int128 value, int scale, bool strip_zeros, char *out);

/* ---- encode.c ---- */

/* Memory for long strings, until the batch is handed over. */
typedef struct StringArena {
    char *block;
    size_t used;
    size_t room;
    void *older; /* full blocks, linked by their first word */
} StringArena;
void string_arena_reset(StringArena *arena);
void string_arena_free(StringArena *arena);

typedef struct Encoder {
    ValueKind kind;
    bool nullable;
    bool has_nulls; /* in this batch */
    int precision;
    int scale;
    size_t size; /* of one value */
    void *data;
    uint64_t *validity;
    PyObject *name;
} Encoder;

/* Writes a value into row `row` of the column. -1 with an exception set. */
int encode_value(Encoder *column, StringArena *arena, size_t row, PyObject *value);
/* Raises the ValueError for a value of the wrong type or outside the range. */
int refuse_value(const Encoder *column, PyObject *value, const char *wanted);

/* encode_numeric.c */
int encode_numeric(Encoder *column, size_t row, PyObject *value);

/* ---- instance.c, session.c, cursor.c, writer.c ---- */

typedef struct SessionObject SessionObject;
typedef struct WriterObject WriterObject;

typedef struct InstanceObject {
    PyObject ob_base;
    openhyper_instance *instance; /* NULL: closed */
    pid_t pid;                    /* of the process that made it: a fork of that has no engine */
    SessionObject *sessions;      /* open ones; borrowed */
    PyObject *weak_references;
} InstanceObject;

struct SessionObject {
    PyObject ob_base;
    InstanceObject *owner;            /* NULL: closed */
    openhyper_connection *connection; /* NULL: closed, or the instance was */
    SessionObject *next;              /* in owner->sessions */
    SessionObject *previous;
    PyObject *user; /* the open cursor or writer; borrowed, NULL: ready */
    pthread_mutex_t lock;
};

extern PyTypeObject *Instance_Type;
extern PyType_Spec Instance_Spec;
extern PyTypeObject *Session_Type;
extern PyType_Spec Session_Spec;
extern PyTypeObject *Cursor_Type;
extern PyType_Spec Cursor_Spec;
extern PyTypeObject *RowIterator_Type;
extern PyType_Spec RowIterator_Spec;
extern PyTypeObject *Writer_Type;
extern PyType_Spec Writer_Spec;

/* Locks the session for a new statement, cursor or writer. -1, not locked, when it is closed
 * (RuntimeError), lost or busy (HyperException). Until session_end no Python code may run. */
int session_begin(SessionObject *session);
void session_end(SessionObject *session);
/* The lock alone, for work of the open writer. */
void session_lock(SessionObject *session);
/* Runs a statement on a session that was begun, without the GIL, and ends it; NULL with an
 * exception set. */
openhyper_result *session_run(SessionObject *session, const char *sql, size_t len);
/* Closes the engine's connection; the object stays. Waits for other threads. -1 with an exception
 * set. */
int session_disconnect(SessionObject *session);

/* A cursor over a result, which it owns from now on, also on failure. */
PyObject *cursor_new(SessionObject *session, openhyper_result *result, bool text_as_bytes);
/* All rows of a result as a list of lists. */
PyObject *rows_of_result(openhyper_result *result, bool text_as_bytes);

struct WriterObject {
    PyObject ob_base;
    SessionObject *session;       /* NULL: closed */
    openhyper_appender *appender; /* NULL: closed, or the session was */
    Encoder *columns;
    openhyper_column *batch; /* the columns as the engine takes them */
    size_t n_columns;
    size_t n_rows;   /* in the batch */
    int64_t n_sent;  /* rows handed over */
    bool is_in_use;  /* a row is being converted, which can run Python code; or rows are handed over
                      */
    bool was_opened; /* once only */
    StringArena strings;
};

/* What writer.c offers writer_arrow.c. A use ends with the result of the method, or NULL after a
 * failure, which closes the writer. */
int writer_begin_use(WriterObject *writer);
PyObject *writer_end_use(WriterObject *writer, int failed);
/* Gives the batch to the engine, without the GIL. The writer is in use. */
int writer_flush(WriterObject *writer);
void writer_start_batch(WriterObject *writer);
int writer_lost_connection(void);

/* Drops the rows of an open writer, with the session's lock held. */
void writer_abandon(WriterObject *writer);

#endif
