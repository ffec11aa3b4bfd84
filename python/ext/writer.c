/* RowWriter: rows of Python objects, collected as columns and handed to the engine in batches. The
 * base class of Inserter, so that add_row is a method written in C without anything around it. */
#include "arrow.h"

#include <string.h>

/* ---- Opening ---- */

/* A column to append: (name, SQL type, nullable). */
static int read_columns(PyObject *list, openhyper_stream_column *out)
{
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        int nullable;
        PyObject *column = PyList_GetItem(list, i);
        if (!PyTuple_Check(column) ||
            !PyArg_ParseTuple(column, "ssp", &out[i].name, &out[i].type, &nullable)) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_TypeError, "columns must be tuples");
            return -1;
        }
        out[i].nullable = nullable;
    }
    return 0;
}

/* Strings, or None as NULL. */
static int read_texts(PyObject *list, const char **out)
{
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        PyObject *text = PyList_GetItem(list, i);
        out[i] = text == Py_None ? NULL : PyUnicode_AsUTF8AndSize(text, NULL);
        if (!out[i] && text != Py_None)
            return -1;
    }
    return 0;
}

static int make_column(WriterObject *self, size_t i, PyObject *name)
{
    Encoder *column = &self->columns[i];
    openhyper_type type = openhyper_appender_column_type(self->appender, i);
    *column = (Encoder){
        .kind = value_kind(type), .nullable = type.nullable, .size = physical_size(type.physical)};
    if (type.typmod >= 4 &&
        (column->kind == KIND_NUMERIC_SHORT || column->kind == KIND_NUMERIC_LONG)) {
        column->precision = (type.typmod - 4) >> 16;
        column->scale = (type.typmod - 4) & 0xFFFF;
    }
    Py_INCREF(name);
    column->name = name;
    column->data = calloc(BATCH_ROWS, column->size);
    column->validity = malloc(VALIDITY_WORDS * sizeof *column->validity);
    if (!column->data || !column->validity) {
        PyErr_NoMemory();
        return -1;
    }
    memset(column->validity, 0xFF, VALIDITY_WORDS * sizeof *column->validity);
    return 0;
}

static int make_columns(WriterObject *self, PyObject *columns)
{
    size_t n = (size_t)PyList_Size(columns);
    self->columns = PyMem_Calloc(n + 1, sizeof *self->columns);
    self->batch = PyMem_Calloc(n + 1, sizeof *self->batch);
    if (!self->columns || !self->batch) {
        PyErr_NoMemory();
        return -1;
    }
    for (; self->n_columns < n; self->n_columns++) {
        PyObject *column = PyList_GetItem(columns, (Py_ssize_t)self->n_columns);
        if (make_column(self, self->n_columns, PyTuple_GetItem(column, 0)) < 0) {
            self->n_columns++; /* what there is of it is freed with the others */
            return -1;
        }
    }
    return 0;
}

static void free_columns(WriterObject *self)
{
    Encoder *columns = self->columns;
    size_t n = self->n_columns;
    self->columns = NULL;
    self->n_columns = 0;
    self->n_rows = 0;
    for (size_t i = 0; columns && i < n; i++) {
        free(columns[i].data);
        free(columns[i].validity);
        Py_XDECREF(columns[i].name);
    }
    PyMem_Free(columns);
    PyMem_Free(self->batch);
    self->batch = NULL;
    string_arena_free(&self->strings);
}

/* What _open is called with, in the engine's form. */
typedef struct OpenArguments {
    const char *database;
    const char *schema;
    const char *table;
    PyObject *columns;
    PyObject *targets;
    PyObject *expressions; /* a list, or None */
    openhyper_stream_column *stream;
    const char **target_names;
    const char **expression_texts;
} OpenArguments;

static int prepare_arguments(OpenArguments *a)
{
    size_t n_targets = (size_t)PyList_Size(a->targets);
    a->stream = PyMem_Calloc((size_t)PyList_Size(a->columns) + 1, sizeof *a->stream);
    a->target_names = PyMem_Calloc(n_targets + 1, sizeof *a->target_names);
    a->expression_texts = PyMem_Calloc(n_targets + 1, sizeof *a->expression_texts);
    if (!a->stream || !a->target_names || !a->expression_texts) {
        PyErr_NoMemory();
        return -1;
    }
    if (read_columns(a->columns, a->stream) < 0 || read_texts(a->targets, a->target_names) < 0)
        return -1;
    if (a->expressions == Py_None)
        return 0;
    if (!PyList_Check(a->expressions) || PyList_Size(a->expressions) != PyList_Size(a->targets)) {
        PyErr_SetString(PyExc_TypeError, "expressions must be a list as long as the targets");
        return -1;
    }
    return read_texts(a->expressions, a->expression_texts);
}

static int open_appender(WriterObject *self, SessionObject *session, const OpenArguments *a)
{
    openhyper_error *error;
    openhyper_appender *appender = NULL;
    const char *const *expressions = a->expressions == Py_None ? NULL : a->expression_texts;
    openhyper_connection *connection;
    if (session_begin(session) < 0)
        return -1;
    connection = session->connection;
    Py_BEGIN_ALLOW_THREADS error = openhyper_appender_create(connection, a->database, a->schema,
        a->table, a->stream, (size_t)PyList_Size(a->columns), a->target_names, expressions,
        (size_t)PyList_Size(a->targets), &appender);
    Py_END_ALLOW_THREADS if (!error)
    {
        self->appender = appender;
        Py_INCREF((PyObject *)session);
        self->session = session;
        session->user = (PyObject *)self;
    }
    session_end(session);
    if (error)
        raise_engine_error(error);
    return error ? -1 : 0;
}

void writer_abandon(WriterObject *self)
{
    openhyper_appender *appender = self->appender;
    self->appender = NULL;
    if (!appender)
        return;
    Py_BEGIN_ALLOW_THREADS openhyper_appender_destroy(appender);
    Py_END_ALLOW_THREADS
}

/* Closes the writer; rows that were not finished are dropped. */
static void discard(WriterObject *self)
{
    SessionObject *session = self->session;
    self->session = NULL;
    if (session) {
        session_lock(session);
        writer_abandon(self);
        if (session->user == (PyObject *)self)
            session->user = NULL;
        session_end(session);
        Py_DECREF(session);
    }
    free_columns(self);
}

static PyObject *writer_open(PyObject *object, PyObject *args)
{
    WriterObject *self = (WriterObject *)object;
    SessionObject *session;
    OpenArguments a = {0};
    if (!PyArg_ParseTuple(args, "O!zzsO!O!O:_open", Session_Type, &session, &a.database, &a.schema,
            &a.table, &PyList_Type, &a.columns, &PyList_Type, &a.targets, &a.expressions))
        return NULL;
    if (self->was_opened) {
        PyErr_SetString(PyExc_RuntimeError, "the inserter was opened before");
        return NULL;
    }
    int failed = prepare_arguments(&a);
    if (!failed)
        failed = open_appender(self, session, &a);
    self->was_opened = !failed;
    if (!failed) {
        failed = make_columns(self, a.columns);
        if (failed)
            discard(self);
    }
    PyMem_Free(a.stream);
    PyMem_Free(a.target_names);
    PyMem_Free(a.expression_texts);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

/* ---- Handing over ---- */

void writer_start_batch(WriterObject *self)
{
    self->n_rows = 0;
    string_arena_reset(&self->strings);
    for (size_t i = 0; i < self->n_columns; i++) {
        if (self->columns[i].has_nulls)
            memset(self->columns[i].validity, 0xFF, VALIDITY_WORDS * sizeof(uint64_t));
        self->columns[i].has_nulls = false;
    }
}

int writer_lost_connection(void)
{
    raise_hyper_exception("08006", "The connection of the inserter was closed.", NULL);
    return -1;
}

/* Gives the batch to the engine, without the GIL. The writer is in use. */
int writer_flush(WriterObject *self)
{
    openhyper_error *error;
    SessionObject *session = self->session;
    for (size_t i = 0; i < self->n_columns; i++)
        self->batch[i] = (openhyper_column){.data = self->columns[i].data,
            .validity = self->columns[i].has_nulls ? self->columns[i].validity : NULL};
    session_lock(session);
    openhyper_appender *appender = self->appender;
    if (!appender) {
        session_end(session);
        return writer_lost_connection();
    }
    Py_BEGIN_ALLOW_THREADS error = openhyper_appender_append(appender, self->batch, self->n_rows);
    Py_END_ALLOW_THREADS session_end(session);
    if (error) {
        raise_engine_error(error);
        return -1;
    }
    self->n_sent += (int64_t)self->n_rows;
    writer_start_batch(self);
    return interrupt_check();
}

/* ---- Rows ---- */

static int refuse_count(const WriterObject *self, Py_ssize_t given, bool or_more)
{
    PyErr_Format(PyExc_ValueError, "Got a row with %s%zd values, but %zu columns are to be filled",
        or_more ? "at least " : "", given, self->n_columns);
    return -1;
}

/* A list may change while its values are converted: it is looked at anew for each. */
static inline int put_list(WriterObject *self, PyObject *row)
{
    size_t n = self->n_columns;
    if ((size_t)PyList_Size(row) != n)
        return refuse_count(self, PyList_Size(row), false);
    for (size_t i = 0; i < n; i++) {
        if ((size_t)PyList_Size(row) != n)
            return refuse_count(self, PyList_Size(row), false);
        PyObject *value = PyList_GetItem(row, (Py_ssize_t)i);
        Py_INCREF(value);
        int failed = encode_value(&self->columns[i], &self->strings, self->n_rows, value);
        Py_DECREF(value);
        if (failed)
            return -1;
    }
    return 0;
}

static inline int put_tuple(WriterObject *self, PyObject *row)
{
    if ((size_t)PyTuple_Size(row) != self->n_columns)
        return refuse_count(self, PyTuple_Size(row), false);
    for (size_t i = 0; i < self->n_columns; i++)
        if (encode_value(&self->columns[i], &self->strings, self->n_rows,
                PyTuple_GetItem(row, (Py_ssize_t)i)) < 0)
            return -1;
    return 0;
}

static int put_iterable(WriterObject *self, PyObject *row)
{
    size_t i = 0;
    PyObject *value;
    PyObject *iterator = PyObject_GetIter(row);
    if (!iterator)
        return -1;
    while ((value = PyIter_Next(iterator))) {
        int failed = i < self->n_columns
                         ? encode_value(&self->columns[i], &self->strings, self->n_rows, value)
                         : refuse_count(self, (Py_ssize_t)i + 1, true);
        Py_DECREF(value);
        if (failed)
            break;
        i++;
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred())
        return -1;
    return i < self->n_columns ? refuse_count(self, (Py_ssize_t)i, false) : 0;
}

/* A named tuple, say. */
static bool iterates_as_tuple(PyObject *row)
{
    return PyTuple_Check(row) &&
           PyType_GetSlot(Py_TYPE(row), Py_tp_iter) == PyType_GetSlot(&PyTuple_Type, Py_tp_iter);
}

static inline int put_row(WriterObject *self, PyObject *row)
{
    int failed;
    if (PyList_CheckExact(row))
        failed = put_list(self, row);
    else if (PyTuple_CheckExact(row) || iterates_as_tuple(row))
        failed = put_tuple(self, row);
    else
        failed = put_iterable(self, row);
    if (failed)
        return -1;
    return ++self->n_rows == BATCH_ROWS ? writer_flush(self) : 0;
}

int writer_begin_use(WriterObject *self)
{
    if (!self->session || self->is_in_use) {
        PyErr_SetString(PyExc_RuntimeError,
            self->session ? "the inserter is in use" : "the inserter is closed");
        return -1;
    }
    self->is_in_use = true;
    return 0;
}

/* A failure of any kind closes the writer and drops its rows. */
PyObject *writer_end_use(WriterObject *self, int failed)
{
    self->is_in_use = false;
    if (!failed)
        Py_RETURN_NONE;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    discard(self);
    PyErr_Restore(type, value, trace);
    return NULL;
}

/* The argument called `name`, given by position or keyword; borrowed. */
static PyObject *only_argument(
    PyObject *const *args, Py_ssize_t n, PyObject *names, const char *name)
{
    Py_ssize_t n_names = names ? PyTuple_Size(names) : 0;
    if (n + n_names == 1 &&
        (n == 1 || PyUnicode_CompareWithASCIIString(PyTuple_GetItem(names, 0), name) == 0))
        return args[0];
    PyErr_Format(PyExc_TypeError, "expected one argument, '%s'", name);
    return NULL;
}

static PyObject *writer_add_row(
    PyObject *object, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    WriterObject *self = (WriterObject *)object;
    PyObject *row = n == 1 && !names ? args[0] : only_argument(args, n, names, "row");
    if (!row || writer_begin_use(self) < 0)
        return NULL;
    return writer_end_use(self, put_row(self, row));
}

/* What the caller's iterator raises is none of ours: *is_ours false, and the rows before it stay.
 */
static int put_rows(WriterObject *self, PyObject *rows, bool *is_ours)
{
    PyObject *row;
    PyObject *iterator = PyObject_GetIter(rows);
    int failed = iterator ? 0 : -1;
    *is_ours = false;
    while (!failed && (row = PyIter_Next(iterator))) {
        failed = put_row(self, row);
        *is_ours = failed;
        Py_DECREF(row);
    }
    Py_XDECREF(iterator);
    return failed || PyErr_Occurred() ? -1 : 0;
}

static PyObject *writer_add_rows(
    PyObject *object, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    WriterObject *self = (WriterObject *)object;
    PyObject *rows = only_argument(args, n, names, "rows");
    if (!rows || writer_begin_use(self) < 0)
        return NULL;
    bool is_ours;
    int failed = put_rows(self, rows, &is_ours);
    if (!failed || is_ours)
        return writer_end_use(self, failed);
    self->is_in_use = false;
    return NULL;
}

/* ---- The end ---- */

static int finish(WriterObject *self, int64_t *n_rows)
{
    openhyper_error *error;
    SessionObject *session = self->session;
    if (self->n_rows && writer_flush(self) < 0)
        return -1;
    session_lock(session);
    openhyper_appender *appender = self->appender;
    openhyper_connection *connection = session->connection;
    if (!appender) {
        session_end(session);
        return writer_lost_connection();
    }
    Py_BEGIN_ALLOW_THREADS interrupt_begin(connection);
    error = openhyper_appender_finish(appender, n_rows);
    interrupt_end();
    Py_END_ALLOW_THREADS session_end(session);
    return engine_call_check(error);
}

static PyObject *writer_finish(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    WriterObject *self = (WriterObject *)object;
    if (writer_begin_use(self) < 0)
        return NULL;
    int64_t n_rows = 0;
    PyObject *done = writer_end_use(self, finish(self, &n_rows));
    if (!done)
        return NULL;
    discard(self);
    Py_DECREF(done);
    return PyLong_FromLongLong(n_rows);
}

static PyObject *writer_discard(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    WriterObject *self = (WriterObject *)object;
    if (self->is_in_use) {
        PyErr_SetString(PyExc_RuntimeError, "the inserter is in use");
        return NULL;
    }
    discard(self);
    Py_RETURN_NONE;
}

static void writer_dealloc(PyObject *object)
{
    WriterObject *self = (WriterObject *)object;
    discard(self);
    free_object(object);
}

static PyObject *writer_is_open(PyObject *object, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((WriterObject *)object)->session != NULL);
}

static PyObject *writer_sent_row_count(PyObject *object, void *Py_UNUSED(closure))
{
    return PyLong_FromLongLong(((WriterObject *)object)->n_sent);
}

#define FAST_METHOD(f) (PyCFunction)(void (*)(void))(f), METH_FASTCALL | METH_KEYWORDS

static PyMethodDef writer_methods[] = {
    {"add_row", FAST_METHOD(writer_add_row),
        "add_row($self, /, row)\n--\n\n"
        "Adds one row.\n\n"
        ":param row: its values, in the order of the columns; any iterable. What each SQL type "
        "takes\n"
        "    is said in the documentation of the package. None is NULL.\n"
        ":raises ValueError: a value does not fit its column, or there are too few or too many.\n"
        ":raises RuntimeError: the inserter is closed.\n\n"
        "After an error the inserter is closed, and none of its rows will be in the table."},
    {"add_rows", FAST_METHOD(writer_add_rows),
        "add_rows($self, /, rows)\n--\n\n"
        "Adds the rows of an iterable; see add_row()."},
    {"add_arrow", writer_add_arrow, METH_O,
        "add_arrow($self, data, /)\n--\n\n"
        "Adds the rows of a table of Arrow.\n\n"
        ":param data: an object with __arrow_c_stream__ or __arrow_c_array__ (pyarrow, polars, "
        "pandas,\n"
        "    DuckDB, results of openhyper ..). Its columns are matched by name.\n"
        ":raises ValueError: a column is missing or surplus, of the wrong type, or a value is out "
        "of\n"
        "    range. The inserter is then closed, as after an error of add_row()."},
    {"_add_columns", writer_add_columns, METH_VARARGS,
        "_add_columns($self, columns, nulls, /)\n--\n\n"
        "Adds columns: pairs of memory and Arrow format, or of an Arrow schema and array."},
    {"_open", writer_open, METH_VARARGS,
        "_open($self, session, database, schema, table, columns, targets, expressions, /)\n--\n\n"
        "Begins the insert. columns: tuples (name, SQL type, nullable)."},
    {"_finish", writer_finish, METH_NOARGS,
        "_finish($self, /)\n--\n\nMakes the rows part of the table and closes; their "
        "number."},
    {"_discard", writer_discard, METH_NOARGS,
        "_discard($self, /)\n--\n\nDrops the rows and closes."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef writer_getset[] = {
    {"is_open", writer_is_open, NULL, "Whether rows can be added.", NULL},
    {"_sent_row_count", writer_sent_row_count, NULL, "Rows handed over to the engine.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot writer_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "Rows on their way into a table."},
    {Py_tp_new, (void *)PyType_GenericNew},
    {Py_tp_dealloc, (void *)writer_dealloc},
    {Py_tp_methods, (void *)writer_methods},
    {Py_tp_getset, (void *)writer_getset},
    {0, NULL},
};

PyType_Spec Writer_Spec = {
    .name = "openhyper._engine.RowWriter",
    .basicsize = sizeof(WriterObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = writer_slots,
};
