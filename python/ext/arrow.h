/* The Arrow C data interface (its two structs and the stream, as the specification gives them), and
 * what arrow_out.c, arrow_in.c and writer_arrow.c share. */
#ifndef HY_PYTHON_ARROW_H
#define HY_PYTHON_ARROW_H

#include "engine.h"

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE           2
#define ARROW_FLAG_MAP_KEYS_SORTED    4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};
#endif

#define UNIX_EPOCH_JULIAN 2440588 /* the Julian day of 1970-01-01 */
#define UNIX_EPOCH_MICROS (UNIX_EPOCH_JULIAN * MICROS_PER_DAY)

/* ---- arrow_out.c ---- */

/* A capsule "arrow_array_stream" with the rows of a result from row `first_row` of `chunk` on
 * (chunk NULL: from the next chunk on). The stream owns the result from now on, also on failure. */
PyObject *arrow_stream_capsule(
    openhyper_result *result, const openhyper_column *chunk, size_t first_row, size_t n_rows);

/* ---- arrow_in.c: no function there needs the GIL ---- */

typedef enum ArrowKind {
    ARROW_NULL,
    ARROW_BOOL,
    ARROW_INT8,
    ARROW_UINT8,
    ARROW_INT16,
    ARROW_UINT16,
    ARROW_INT32,
    ARROW_UINT32,
    ARROW_INT64,
    ARROW_UINT64,
    ARROW_FLOAT16,
    ARROW_FLOAT32,
    ARROW_FLOAT64,
    ARROW_DECIMAL, /* width 4, 8, 16, 32 */
    ARROW_STRING,  /* width: of an offset; text or bytes */
    ARROW_VIEW,
    ARROW_FIXED, /* width */
    ARROW_DATE32,
    ARROW_DATE64,
    ARROW_TIME32,
    ARROW_TIME64,
    ARROW_TIMESTAMP,
    ARROW_DURATION,
    ARROW_MONTHS,
    ARROW_DAY_TIME,
    ARROW_MONTH_DAY_NANO
} ArrowKind;

/* What a column of Arrow holds, read from its schema. */
typedef struct ArrowType {
    ArrowKind kind;
    bool is_text;       /* strings: UTF-8, not bytes */
    bool has_zone;      /* timestamps */
    bool nan_is_null;   /* columns of pandas mark nulls so */
    bool nat_is_null;   /* the least int64 */
    bool is_dictionary; /* the rest describes the dictionary's values */
    ArrowKind index;
    int width; /* bytes of a value, or of an offset */
    int precision;
    int scale;
    int64_t per_second; /* units in a second: times, timestamps, durations */
} ArrowType;

typedef struct ArrowProblem {
    char sqlstate[6];
    char text[200];
} ArrowProblem;

/* Reads a schema; -1 with the problem: a type for which there is none here. */
int arrow_type_read(const struct ArrowSchema *schema, ArrowType *out, ArrowProblem *problem);
/* The SQL type that takes all values of a type of Arrow ("numeric(10,2)"), in `out`. */
#define SQL_TYPE_BYTES 40
void arrow_type_sql(const ArrowType *type, char out[SQL_TYPE_BYTES]);

/* A column of Arrow on its way into a column of the engine. */
typedef struct ArrowColumn {
    ArrowType type;
    ValueKind target;
    size_t size; /* of a value of the engine */
    int target_precision;
    int target_scale;
    void *data; /* BATCH_ROWS values */
    uint64_t *validity;
    void *dictionary; /* the values of the current array's dictionary, converted */
    uint64_t *dictionary_validity;
    int64_t dictionary_length;
} ArrowColumn;

/* Memory for a column from a type of Arrow into the column of an encoder. -1 with the problem: its
 * values cannot be put there. */
int arrow_column_init(
    ArrowColumn *column, const ArrowType *type, const Encoder *target, ArrowProblem *problem);
void arrow_column_free(ArrowColumn *column);
/* Checks what the array says about itself and converts its dictionary. */
int arrow_column_begin(ArrowColumn *column, const struct ArrowArray *array, ArrowProblem *problem);
/* Values first .. first + n of the array, n <= BATCH_ROWS; they may point into the array. */
int arrow_column_convert(ArrowColumn *column, const struct ArrowArray *array, int64_t first,
    size_t n, openhyper_column *out, ArrowProblem *problem);

/* ---- writer_arrow.c ---- */

PyObject *writer_add_arrow(PyObject *writer, PyObject *data);
PyObject *writer_add_columns(PyObject *writer, PyObject *columns);
/* arrow_schema(data): [(name, SQL type), ..] of an object that offers Arrow. */
PyObject *module_arrow_schema(PyObject *module, PyObject *data);

#endif
