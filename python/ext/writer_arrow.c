/* Tables of Arrow, and columns of pandas, into a row writer. Column names decide what goes where.
 * Arrow is converted and appended without the GIL; only columns of Python objects need it. */
#include "arrow.h"

#include <stdlib.h>
#include <string.h>

/* One column of the writer and where its values come from. */
typedef struct FeedColumn {
    ArrowColumn arrow;
    const struct ArrowArray *array; /* of the current batch */
    PyObject **objects;             /* instead of it: Python objects */
    int64_t child;                  /* its place in the schema */
    /* columns of pandas */
    Py_buffer buffer;
    const void *buffers[2];
    struct ArrowArray own;
    PyObject *capsules; /* keeps an array of Arrow */
} FeedColumn;

typedef struct Feed {
    WriterObject *writer;
    FeedColumn *columns;
    size_t n_columns;
    PyObject *nulls; /* tuple of objects that stand for NULL, besides None and NaN */
    ArrowProblem problem;
    size_t bad_column; /* of the problem */
} Feed;

static int feed_init(Feed *feed, WriterObject *writer)
{
    *feed = (Feed){.writer = writer, .n_columns = writer->n_columns};
    feed->columns = PyMem_Calloc(writer->n_columns + 1, sizeof *feed->columns);
    if (feed->columns)
        return 0;
    PyErr_NoMemory();
    return -1;
}

static void feed_free(Feed *feed)
{
    for (size_t i = 0; feed->columns && i < feed->n_columns; i++) {
        arrow_column_free(&feed->columns[i].arrow);
        if (feed->columns[i].buffer.obj)
            PyBuffer_Release(&feed->columns[i].buffer);
        Py_XDECREF(feed->columns[i].capsules);
    }
    PyMem_Free(feed->columns);
}

static int raise_problem(const Feed *feed)
{
    if (strcmp(feed->problem.sqlstate, "53200") == 0)
        PyErr_NoMemory();
    else
        PyErr_Format(PyExc_ValueError, "column %R: %s",
            feed->writer->columns[feed->bad_column].name, feed->problem.text);
    return -1;
}

/* ---- Rows to the engine ---- */

/* Converts rows first .. first + n of all columns of Arrow and appends them. Without the GIL. */
static int append_rows(
    Feed *feed, openhyper_appender *appender, int64_t first, size_t n, openhyper_error **error)
{
    WriterObject *writer = feed->writer;
    for (size_t i = 0; i < feed->n_columns; i++) {
        FeedColumn *column = &feed->columns[i];
        if (!column->array)
            continue;
        feed->bad_column = i;
        if (arrow_column_convert(
                &column->arrow, column->array, first, n, &writer->batch[i], &feed->problem) < 0)
            return -1;
    }
    *error = openhyper_appender_append(appender, writer->batch, n);
    return *error ? -1 : 0;
}

static int begin_arrays(Feed *feed)
{
    for (size_t i = 0; i < feed->n_columns; i++) {
        FeedColumn *column = &feed->columns[i];
        feed->bad_column = i;
        if (column->array && arrow_column_begin(&column->arrow, column->array, &feed->problem) < 0)
            return -1;
    }
    return 0;
}

static bool stands_for_null(const Feed *feed, PyObject *value)
{
    if (PyFloat_CheckExact(value))
        return PyFloat_AsDouble(value) != PyFloat_AsDouble(value);
    for (Py_ssize_t i = 0; i < PyTuple_Size(feed->nulls); i++)
        if (PyTuple_GetItem(feed->nulls, i) == value)
            return true;
    return false;
}

/* Python objects of n rows, into the writer's own batch. */
static int encode_objects(Feed *feed, int64_t first, size_t n)
{
    WriterObject *writer = feed->writer;
    for (size_t c = 0; c < feed->n_columns; c++) {
        PyObject **objects = feed->columns[c].objects;
        Encoder *encoder = &writer->columns[c];
        if (!objects)
            continue;
        for (size_t i = 0; i < n; i++) {
            PyObject *value = objects[(size_t)first + i];
            if (!value || (value != Py_None && stands_for_null(feed, value)))
                value = Py_None;
            Py_INCREF(value);
            int failed = encode_value(encoder, &writer->strings, i, value);
            Py_DECREF(value);
            if (failed)
                return -1;
        }
        writer->batch[c] = (openhyper_column){
            .data = encoder->data, .validity = encoder->has_nulls ? encoder->validity : NULL};
    }
    return 0;
}

/* All rows of the arrays, with `step` rows at a time in the hands of the engine. */
static int append_part(Feed *feed, int64_t first, int64_t end, bool begins)
{
    WriterObject *writer = feed->writer;
    SessionObject *session = writer->session;
    openhyper_error *error = NULL;
    int failed = 0;
    session_lock(session);
    openhyper_appender *appender = writer->appender;
    openhyper_connection *connection = session->connection;
    if (!appender) {
        session_end(session);
        return writer_lost_connection();
    }
    Py_BEGIN_ALLOW_THREADS interrupt_begin(connection);
    if (begins)
        failed = begin_arrays(feed);
    for (int64_t row = first; row < end && !failed; row += BATCH_ROWS) {
        size_t n = end - row < BATCH_ROWS ? (size_t)(end - row) : BATCH_ROWS;
        failed = append_rows(feed, appender, row, n, &error);
    }
    interrupt_end();
    Py_END_ALLOW_THREADS session_end(session);
    if (engine_call_check(error) < 0)
        return -1;
    if (failed)
        raise_problem(feed);
    return failed;
}

/* ---- Tables of Arrow ---- */

/* Where data comes from: a stream, or one array. */
typedef struct Source {
    struct ArrowArrayStream *stream;
    struct ArrowSchema *single_schema;
    struct ArrowArray *single;
    struct ArrowSchema schema; /* of the stream; released at the end */
    PyObject *keeper;
} Source;

/* A capsule of a stream, a pair of capsules, or an object that offers one of them. */
static int source_open(Source *source, PyObject *data)
{
    *source = (Source){0};
    if (PyCapsule_CheckExact(data) || PyTuple_CheckExact(data)) {
        Py_INCREF(data);
        source->keeper = data;
    } else if (PyObject_HasAttrString(data, "__arrow_c_stream__")) {
        source->keeper = PyObject_CallMethod(data, "__arrow_c_stream__", NULL);
    } else if (PyObject_HasAttrString(data, "__arrow_c_array__")) {
        source->keeper = PyObject_CallMethod(data, "__arrow_c_array__", NULL);
    } else {
        PyErr_Format(PyExc_TypeError,
            "expected an object with __arrow_c_stream__ or __arrow_c_array__, not %R",
            (PyObject *)Py_TYPE(data));
    }
    if (!source->keeper)
        return -1;
    if (PyTuple_Check(source->keeper) && PyTuple_Size(source->keeper) == 2) {
        source->single_schema =
            PyCapsule_GetPointer(PyTuple_GetItem(source->keeper, 0), "arrow_schema");
        source->single =
            source->single_schema
                ? PyCapsule_GetPointer(PyTuple_GetItem(source->keeper, 1), "arrow_array")
                : NULL;
        return source->single ? 0 : -1;
    }
    source->stream = PyCapsule_GetPointer(source->keeper, "arrow_array_stream");
    if (source->stream && source->stream->release)
        return 0;
    if (source->stream)
        PyErr_SetString(PyExc_ValueError, "the stream was read before");
    return -1;
}

static void source_close(Source *source)
{
    if (source->schema.release)
        source->schema.release(&source->schema);
    Py_XDECREF(source->keeper);
}

static int raise_stream_error(const Source *source, int code)
{
    const char *text = source->stream->get_last_error(source->stream);
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_OSError, "the Arrow stream failed: %s", text ? text : strerror(code));
    return -1;
}

/* The schema of the table, which must be a struct. */
static const struct ArrowSchema *source_schema(Source *source)
{
    const struct ArrowSchema *schema = source->single_schema;
    if (source->stream) {
        int code;
        Py_BEGIN_ALLOW_THREADS code = source->stream->get_schema(source->stream, &source->schema);
        Py_END_ALLOW_THREADS if (code)
        {
            source->schema.release = NULL;
            raise_stream_error(source, code);
            return NULL;
        }
        schema = &source->schema;
    }
    if (schema->release && strcmp(schema->format, "+s") == 0)
        return schema;
    PyErr_SetString(PyExc_ValueError, "the data is no table: a struct of columns was expected");
    return NULL;
}

/* The column of a name; among equal names the one in its place. -1: none. */
static int64_t find_child(const struct ArrowSchema *schema, const char *name, size_t place)
{
    if ((int64_t)place < schema->n_children &&
        strcmp(schema->children[place]->name ? schema->children[place]->name : "", name) == 0)
        return (int64_t)place;
    for (int64_t i = 0; i < schema->n_children; i++)
        if (strcmp(schema->children[i]->name ? schema->children[i]->name : "", name) == 0)
            return i;
    return -1;
}

static int match_columns(Feed *feed, const struct ArrowSchema *schema)
{
    if (schema->n_children != (int64_t)feed->n_columns) {
        PyErr_Format(PyExc_ValueError, "Got a table of %lld columns, but %zu are to be filled",
            (long long)schema->n_children, feed->n_columns);
        return -1;
    }
    for (size_t i = 0; i < feed->n_columns; i++) {
        FeedColumn *column = &feed->columns[i];
        const Encoder *encoder = &feed->writer->columns[i];
        const char *name = PyUnicode_AsUTF8AndSize(encoder->name, NULL);
        ArrowType type;
        if (!name)
            return -1;
        column->child = find_child(schema, name, i);
        if (column->child < 0) {
            PyErr_Format(PyExc_ValueError, "the table has no column %R", encoder->name);
            return -1;
        }
        feed->bad_column = i;
        if (arrow_type_read(schema->children[column->child], &type, &feed->problem) < 0 ||
            arrow_column_init(&column->arrow, &type, encoder, &feed->problem) < 0)
            return raise_problem(feed);
    }
    return 0;
}

static int append_batch(Feed *feed, const struct ArrowArray *batch)
{
    if (batch->n_children != (int64_t)feed->n_columns || batch->offset < 0) {
        PyErr_SetString(PyExc_ValueError, "a record batch does not have the columns of its schema");
        return -1;
    }
    for (size_t i = 0; i < feed->n_columns; i++) {
        const struct ArrowArray *child = batch->children[feed->columns[i].child];
        if (child->length < batch->offset + batch->length) {
            PyErr_SetString(PyExc_ValueError, "a column is shorter than its record batch");
            return -1;
        }
        feed->columns[i].array = child;
    }
    return append_part(feed, batch->offset, batch->offset + batch->length, true);
}

static int append_stream(Feed *feed, Source *source)
{
    for (;;) {
        struct ArrowArray batch = {0};
        int code;
        Py_BEGIN_ALLOW_THREADS code = source->stream->get_next(source->stream, &batch);
        Py_END_ALLOW_THREADS if (code) return raise_stream_error(source, code);
        if (!batch.release)
            return 0;
        int failed = append_batch(feed, &batch);
        batch.release(&batch);
        if (failed)
            return -1;
    }
}

static int add_table(WriterObject *writer, PyObject *data)
{
    Source source;
    Feed feed = {0};
    const struct ArrowSchema *schema;
    if (writer->n_rows && writer_flush(writer) < 0)
        return -1;
    int failed = source_open(&source, data);
    if (!failed)
        failed = feed_init(&feed, writer);
    if (!failed) {
        schema = source_schema(&source);
        failed = schema ? match_columns(&feed, schema) : -1;
    }
    if (!failed)
        failed = source.stream ? append_stream(&feed, &source) : append_batch(&feed, source.single);
    feed_free(&feed);
    source_close(&source);
    return failed;
}

PyObject *writer_add_arrow(PyObject *object, PyObject *data)
{
    WriterObject *self = (WriterObject *)object;
    if (writer_begin_use(self) < 0)
        return NULL;
    return writer_end_use(self, add_table(self, data));
}

/* ---- Columns of pandas ---- */

/* (array, format): the memory of an array of numpy, with the format that Arrow has for its values,
 * or "O". Not-a-number and not-a-time are nulls. */
static int open_memory(
    Feed *feed, size_t i, PyObject *array, const char *format, Py_ssize_t *n_rows)
{
    FeedColumn *column = &feed->columns[i];
    const Encoder *encoder = &feed->writer->columns[i];
    struct ArrowSchema schema = {.format = format};
    ArrowType type;
    if (PyObject_GetBuffer(array, &column->buffer, PyBUF_SIMPLE) < 0)
        return -1;
    if (strcmp(format, "O") == 0) {
        column->objects = column->buffer.buf;
        *n_rows = column->buffer.len / (Py_ssize_t)sizeof(PyObject *);
        return 0;
    }
    feed->bad_column = i;
    if (arrow_type_read(&schema, &type, &feed->problem) < 0)
        return raise_problem(feed);
    if (type.width <= 0) {
        PyErr_SetString(PyExc_TypeError, "a format of fixed width was expected");
        return -1;
    }
    type.nan_is_null = true;
    type.nat_is_null = type.kind == ARROW_TIMESTAMP || type.kind == ARROW_DURATION;
    if (arrow_column_init(&column->arrow, &type, encoder, &feed->problem) < 0)
        return raise_problem(feed);
    *n_rows = column->buffer.len / type.width;
    column->buffers[1] = column->buffer.buf;
    column->own =
        (struct ArrowArray){.length = *n_rows, .n_buffers = 2, .buffers = column->buffers};
    column->array = &column->own;
    return 0;
}

/* (schema, array): the capsules of an array of Arrow. */
static int open_array(Feed *feed, size_t i, PyObject *capsules, Py_ssize_t *n_rows)
{
    FeedColumn *column = &feed->columns[i];
    ArrowType type;
    const struct ArrowSchema *schema =
        PyCapsule_GetPointer(PyTuple_GetItem(capsules, 0), "arrow_schema");
    const struct ArrowArray *array =
        schema ? PyCapsule_GetPointer(PyTuple_GetItem(capsules, 1), "arrow_array") : NULL;
    if (!array)
        return -1;
    Py_INCREF(capsules);
    column->capsules = capsules;
    column->array = array;
    *n_rows = (Py_ssize_t)array->length;
    feed->bad_column = i;
    if (arrow_type_read(schema, &type, &feed->problem) < 0 ||
        arrow_column_init(&column->arrow, &type, &feed->writer->columns[i], &feed->problem) < 0)
        return raise_problem(feed);
    return 0;
}

static int open_columns(Feed *feed, PyObject *list, Py_ssize_t *n_rows)
{
    if (PyList_Size(list) != (Py_ssize_t)feed->n_columns) {
        PyErr_Format(PyExc_ValueError, "Got %zd columns, but %zu are to be filled",
            PyList_Size(list), feed->n_columns);
        return -1;
    }
    for (size_t i = 0; i < feed->n_columns; i++) {
        PyObject *item = PyList_GetItem(list, (Py_ssize_t)i);
        Py_ssize_t n = 0;
        if (!PyTuple_Check(item) || PyTuple_Size(item) != 2) {
            PyErr_SetString(PyExc_TypeError, "columns must be pairs");
            return -1;
        }
        PyObject *format = PyTuple_GetItem(item, 1);
        const char *text = PyUnicode_Check(format) ? PyUnicode_AsUTF8AndSize(format, NULL) : NULL;
        if (PyErr_Occurred())
            return -1;
        if ((text ? open_memory(feed, i, PyTuple_GetItem(item, 0), text, &n)
                  : open_array(feed, i, item, &n)) < 0)
            return -1;
        if (i && n != *n_rows) {
            PyErr_SetString(PyExc_ValueError, "the columns are not of the same length");
            return -1;
        }
        *n_rows = n;
    }
    return 0;
}

static int append_columns(Feed *feed, int64_t n_rows)
{
    bool has_objects = false;
    for (size_t i = 0; i < feed->n_columns; i++)
        has_objects |= feed->columns[i].objects != NULL;
    if (!has_objects)
        return append_part(feed, 0, n_rows, true);
    for (int64_t first = 0; first < n_rows; first += BATCH_ROWS) {
        int64_t end = n_rows - first < BATCH_ROWS ? n_rows : first + BATCH_ROWS;
        if (encode_objects(feed, first, (size_t)(end - first)) < 0 ||
            append_part(feed, first, end, first == 0) < 0)
            return -1;
        writer_start_batch(feed->writer);
    }
    return 0;
}

/* _add_columns([(array, format) or (schema, array), ..], nulls) */
PyObject *writer_add_columns(PyObject *object, PyObject *args)
{
    WriterObject *self = (WriterObject *)object;
    Feed feed = {0};
    PyObject *list, *nulls;
    Py_ssize_t n_rows = 0;
    if (!PyArg_ParseTuple(args, "O!O!:_add_columns", &PyList_Type, &list, &PyTuple_Type, &nulls) ||
        writer_begin_use(self) < 0)
        return NULL;
    int failed = self->n_rows ? writer_flush(self) : 0;
    if (!failed)
        failed = feed_init(&feed, self);
    feed.nulls = nulls;
    if (!failed)
        failed = open_columns(&feed, list, &n_rows);
    if (!failed)
        failed = append_columns(&feed, n_rows);
    feed_free(&feed);
    return writer_end_use(self, failed);
}

/* ---- What a table is like ---- */

static PyObject *list_of_schema(const struct ArrowSchema *schema)
{
    PyObject *list = PyList_New(0);
    for (int64_t i = 0; list && i < schema->n_children; i++) {
        ArrowType type;
        ArrowProblem problem;
        char sql[SQL_TYPE_BYTES];
        const char *name = schema->children[i]->name ? schema->children[i]->name : "";
        if (arrow_type_read(schema->children[i], &type, &problem) < 0) {
            PyErr_Format(PyExc_ValueError, "column '%s': %s", name, problem.text);
            Py_CLEAR(list);
            break;
        }
        arrow_type_sql(&type, sql);
        bool is_nullable = (schema->children[i]->flags & ARROW_FLAG_NULLABLE) != 0;
        PyObject *entry = Py_BuildValue("(ssN)", name, sql, PyBool_FromLong(is_nullable));
        if (!entry || PyList_Append(list, entry) < 0)
            Py_CLEAR(list);
        Py_XDECREF(entry);
    }
    return list;
}

PyObject *module_arrow_schema(PyObject *Py_UNUSED(module), PyObject *data)
{
    Source source;
    PyObject *list = NULL;
    if (source_open(&source, data) == 0) {
        const struct ArrowSchema *schema = source_schema(&source);
        list = schema ? list_of_schema(schema) : NULL;
    }
    source_close(&source);
    return list;
}
