/* Cursor: the rows of a result, one by one; and all rows at once. */
#include "arrow.h"

typedef struct CursorObject {
    PyObject ob_base;
    SessionObject *session;   /* NULL: closed */
    openhyper_result *result; /* NULL: closed */
    PyObject *columns;        /* tuple of (name, oid, typmod) */
    Decoder *decoders;
    size_t n_columns;
    const openhyper_column *chunk;
    size_t n_rows;   /* in the chunk */
    size_t row;      /* the current one */
    bool has_row;    /* next_row() gave one */
    bool is_peeked;  /* the chunk was fetched in advance: its first row comes next */
    PyObject **rows; /* lists made in advance for the iteration: rows row + 1 .. of the chunk */
    size_t n_ready;
    size_t next_ready;
    size_t n_ahead; /* how many to make next time */
    bool is_in_use; /* values are being made, which can run Python code */
    bool closes_after_use;
} CursorObject;

#define FIRST_AHEAD 64 /* whoever reads a few rows shall not pay for a chunk */

/* ---- All at once ---- */

/* New lists for n rows. */
static int new_rows(PyObject **rows, size_t n, size_t n_columns)
{
    for (size_t i = 0; i < n; i++) {
        rows[i] = PyList_New((Py_ssize_t)n_columns);
        if (!rows[i]) {
            while (i-- > 0)
                Py_DECREF(rows[i]);
            return -1;
        }
    }
    return 0;
}

static int decode_rows(Decoder *decoders, size_t n_columns, const openhyper_column *columns,
    size_t first, size_t n, PyObject **rows)
{
    if (new_rows(rows, n, n_columns) < 0)
        return -1;
    for (size_t c = 0; c < n_columns; c++) {
        if (decode_column(&decoders[c], &columns[c], first, n, rows, (Py_ssize_t)c) < 0) {
            for (size_t i = 0; i < n; i++)
                Py_CLEAR(rows[i]);
            return -1;
        }
    }
    return 0;
}

static Decoder *new_decoders(const openhyper_result *result, size_t n_columns, bool text_as_bytes)
{
    Decoder *decoders = PyMem_Calloc(n_columns + 1, sizeof *decoders);
    if (!decoders)
        PyErr_NoMemory();
    for (size_t i = 0; decoders && i < n_columns; i++)
        decoder_init(&decoders[i], openhyper_result_column_type(result, i), text_as_bytes);
    return decoders;
}

static void free_decoders(Decoder *decoders, size_t n_columns)
{
    for (size_t i = 0; decoders && i < n_columns; i++)
        decoder_clear(&decoders[i]);
    PyMem_Free(decoders);
}

static int append_chunk(PyObject *list, PyObject **rows, size_t n)
{
    int failed = 0;
    for (size_t i = 0; i < n; i++) {
        if (!failed && PyList_Append(list, rows[i]) < 0)
            failed = -1;
        Py_DECREF(rows[i]);
    }
    return failed;
}

/* Appends all rows to the list, or puts them into it when their number was known. */
static int collect_rows(
    openhyper_result *result, Decoder *decoders, size_t n_columns, PyObject *list)
{
    PyObject **rows = PyMem_Malloc(BATCH_ROWS * sizeof *rows);
    int failed = rows ? 0 : -1;
    if (failed)
        PyErr_NoMemory();
    while (!failed) {
        const openhyper_column *columns;
        size_t n;
        openhyper_error *error = openhyper_result_fetch(result, &columns, &n);
        if (error) {
            raise_engine_error(error);
            failed = -1;
        }
        if (failed || !n)
            break;
        for (size_t first = 0; first < n && !failed; first += BATCH_ROWS) {
            size_t part = n - first < BATCH_ROWS ? n - first : BATCH_ROWS;
            failed = decode_rows(decoders, n_columns, columns, first, part, rows);
            if (!failed)
                failed = append_chunk(list, rows, part);
        }
        if (!failed)
            failed = interrupt_check();
    }
    PyMem_Free(rows);
    return failed;
}

/* The collector is off meanwhile: the many new lists would make it search all of them again and
 * again. */
PyObject *rows_of_result(openhyper_result *result, bool text_as_bytes)
{
    size_t n_columns = openhyper_result_column_count(result);
    PyObject *list = PyList_New(0);
    Decoder *decoders = list ? new_decoders(result, n_columns, text_as_bytes) : NULL;
    if (!decoders) {
        Py_XDECREF(list);
        return NULL;
    }
    int collected = PyGC_Disable();
    int failed = collect_rows(result, decoders, n_columns, list);
    if (collected)
        PyGC_Enable();
    free_decoders(decoders, n_columns);
    if (failed)
        Py_CLEAR(list);
    return list;
}

/* ---- One by one ---- */

static PyObject *describe_columns(const openhyper_result *result, size_t n)
{
    PyObject *columns = PyTuple_New((Py_ssize_t)n);
    for (size_t i = 0; columns && i < n; i++) {
        openhyper_type type = openhyper_result_column_type(result, i);
        PyObject *column = Py_BuildValue(
            "(sIi)", openhyper_result_column_name(result, i), (unsigned)type.oid, (int)type.typmod);
        if (column)
            (void)PyTuple_SetItem(columns, (Py_ssize_t)i, column);
        else
            Py_CLEAR(columns);
    }
    return columns;
}

PyObject *cursor_new(SessionObject *session, openhyper_result *result, bool text_as_bytes)
{
    CursorObject *self = PyObject_New(CursorObject, Cursor_Type);
    if (!self) {
        openhyper_result_destroy(result);
        return NULL;
    }
    memset((char *)self + sizeof(PyObject), 0, sizeof *self - sizeof(PyObject));
    self->result = result;
    self->n_columns = openhyper_result_column_count(result);
    self->n_ahead = FIRST_AHEAD;
    self->columns = describe_columns(result, self->n_columns);
    self->decoders = self->columns ? new_decoders(result, self->n_columns, text_as_bytes) : NULL;
    if (!self->decoders) {
        Py_DECREF(self);
        return NULL;
    }
    Py_INCREF((PyObject *)session);
    self->session = session;
    session->user = (PyObject *)self;
    return (PyObject *)self;
}

static void cursor_close(CursorObject *self)
{
    if (self->is_in_use) {
        self->closes_after_use = true;
        return;
    }
    SessionObject *session = self->session;
    openhyper_result *result = self->result;
    Decoder *decoders = self->decoders;
    PyObject **rows = self->rows;
    size_t next = self->next_ready, end = self->n_ready;
    self->session = NULL;
    self->result = NULL;
    self->decoders = NULL;
    self->rows = NULL;
    self->n_ready = self->next_ready = 0;
    self->chunk = NULL;
    self->n_rows = 0;
    self->has_row = false;
    for (; next < end; next++)
        Py_DECREF(rows[next]);
    PyMem_Free(rows);
    free_decoders(decoders, self->n_columns);
    openhyper_result_destroy(result);
    if (session && session->user == (PyObject *)self)
        session->user = NULL;
    Py_XDECREF((PyObject *)session);
}

static void end_use(CursorObject *self)
{
    self->is_in_use = false;
    if (self->closes_after_use)
        cursor_close(self);
}

static void cursor_dealloc(PyObject *object)
{
    CursorObject *self = (CursorObject *)object;
    cursor_close(self);
    Py_CLEAR(self->columns);
    free_object(object);
}

/* Moves to the next row; 0 at the end, where the cursor closes; -1 on failure, too. */
static int advance(CursorObject *self)
{
    if (!self->result)
        return 0;
    if (self->has_row && ++self->row < self->n_rows)
        return 1;
    if (!openhyper_result_has_rows(self->result)) {
        cursor_close(self);
        return 0;
    }
    if (self->is_peeked) {
        self->is_peeked = false;
        self->row = 0;
        self->has_row = true;
        return 1;
    }
    openhyper_error *error = openhyper_result_fetch(self->result, &self->chunk, &self->n_rows);
    self->row = 0;
    self->has_row = !error && self->n_rows > 0;
    if (self->has_row)
        return 1;
    cursor_close(self);
    if (error)
        raise_engine_error(error);
    return error ? -1 : 0;
}

static PyObject *cursor_next_row(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    CursorObject *self = (CursorObject *)object;
    if (self->is_in_use) {
        PyErr_SetString(PyExc_RuntimeError, "the result is in use");
        return NULL;
    }
    int moved = advance(self);
    /* Rows that an iteration made in advance begin with this one. */
    if (moved > 0 && self->next_ready < self->n_ready) {
        PyObject *row = self->rows[self->next_ready++];
        Py_DECREF(row);
    }
    return moved < 0 ? NULL : PyBool_FromLong(moved);
}

static int check_row(const CursorObject *self)
{
    if (!self->result) {
        PyErr_SetString(PyExc_RuntimeError, "the result is closed");
        return -1;
    }
    if (!self->has_row) {
        PyErr_SetString(PyExc_TypeError, "there is no row yet: call next_row() first");
        return -1;
    }
    return 0;
}

static PyObject *value_at(CursorObject *self, size_t column)
{
    const openhyper_column *values = &self->chunk[column];
    size_t row = self->row;
    if (values->validity && !(values->validity[row / 64] >> (row % 64) & 1))
        Py_RETURN_NONE;
    return decode_value(&self->decoders[column], values->data, row);
}

static PyObject *cursor_get_value(PyObject *object, PyObject *index)
{
    CursorObject *self = (CursorObject *)object;
    if (check_row(self) < 0)
        return NULL;
    Py_ssize_t column = PyNumber_AsSsize_t(index, PyExc_IndexError);
    if (column == -1 && PyErr_Occurred())
        return NULL;
    if (column < 0 || (size_t)column >= self->n_columns) {
        PyErr_Format(PyExc_IndexError, "column %zd of %zu columns", column, self->n_columns);
        return NULL;
    }
    bool was_in_use = self->is_in_use;
    self->is_in_use = true;
    PyObject *value = value_at(self, (size_t)column);
    if (!was_in_use)
        end_use(self);
    return value;
}

static PyObject *cursor_get_values(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    CursorObject *self = (CursorObject *)object;
    if (check_row(self) < 0)
        return NULL;
    PyObject *values = PyList_New((Py_ssize_t)self->n_columns);
    bool was_in_use = self->is_in_use;
    self->is_in_use = true;
    for (size_t i = 0; values && i < self->n_columns; i++) {
        PyObject *value = value_at(self, i);
        if (value)
            (void)PyList_SetItem(values, (Py_ssize_t)i, value);
        else
            Py_CLEAR(values);
    }
    if (!was_in_use)
        end_use(self);
    return values;
}

/* Makes the lists of the current row and of some after it. */
static int make_ahead(CursorObject *self)
{
    size_t n = self->n_rows - self->row;
    if (n > self->n_ahead)
        n = self->n_ahead;
    self->n_ahead = self->n_ahead * 4 < BATCH_ROWS ? self->n_ahead * 4 : BATCH_ROWS;
    if (!self->rows) {
        self->rows = PyMem_Malloc(BATCH_ROWS * sizeof *self->rows);
        if (!self->rows) {
            PyErr_NoMemory();
            return -1;
        }
    }
    self->is_in_use = true;
    int failed =
        decode_rows(self->decoders, self->n_columns, self->chunk, self->row, n, self->rows);
    self->next_ready = 0;
    self->n_ready = failed ? 0 : n;
    self->is_in_use = false;
    return failed;
}

/* The next row as a list; NULL without an exception at the end. */
static PyObject *next_list(CursorObject *self)
{
    if (self->is_in_use) {
        PyErr_SetString(PyExc_RuntimeError, "the result is in use");
        return NULL;
    }
    if (advance(self) <= 0)
        return NULL;
    if (self->next_ready == self->n_ready && (interrupt_check() < 0 || make_ahead(self) < 0))
        return NULL;
    PyObject *row = self->rows[self->next_ready++];
    if (self->closes_after_use)
        cursor_close(self);
    return row;
}

/* ---- The iterator: it also keeps the Result, whose end would close the cursor ---- */

typedef struct RowIteratorObject {
    PyObject ob_base;
    CursorObject *cursor;
    PyObject *keeper;
} RowIteratorObject;

static PyObject *cursor_rows(PyObject *object, PyObject *keeper)
{
    RowIteratorObject *iterator = PyObject_New(RowIteratorObject, RowIterator_Type);
    if (!iterator)
        return NULL;
    Py_INCREF(object);
    Py_INCREF(keeper);
    iterator->cursor = (CursorObject *)object;
    iterator->keeper = keeper;
    return (PyObject *)iterator;
}

static PyObject *row_iterator_next(PyObject *object)
{
    return next_list(((RowIteratorObject *)object)->cursor);
}

static void row_iterator_dealloc(PyObject *object)
{
    RowIteratorObject *self = (RowIteratorObject *)object;
    Py_CLEAR(self->keeper);
    Py_CLEAR(self->cursor);
    free_object(object);
}

static PyType_Slot rowiterator_slots[] = {
    {Py_tp_dealloc, (void *)row_iterator_dealloc},
    {Py_tp_iter, (void *)PyObject_SelfIter},
    {Py_tp_iternext, (void *)row_iterator_next},
    {0, NULL},
};

PyType_Spec RowIterator_Spec = {
    .name = "openhyper._engine.RowIterator",
    .basicsize = sizeof(RowIteratorObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = rowiterator_slots,
};

/* ---- The type ---- */

static PyObject *cursor_close_method(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    cursor_close((CursorObject *)object);
    Py_RETURN_NONE;
}

static PyObject *cursor_is_open(PyObject *object, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((CursorObject *)object)->result != NULL);
}

static PyObject *cursor_columns(PyObject *object, void *Py_UNUSED(closure))
{
    PyObject *columns = ((CursorObject *)object)->columns;
    Py_INCREF(columns);
    return columns;
}

static PyObject *cursor_affected(PyObject *object, void *Py_UNUSED(closure))
{
    const CursorObject *self = (CursorObject *)object;
    if (!self->result) {
        PyErr_SetString(PyExc_TypeError, "the result is closed");
        return NULL;
    }
    int64_t affected = openhyper_result_affected_rows(self->result);
    if (affected < 0)
        Py_RETURN_NONE;
    return PyLong_FromLongLong(affected);
}

/* The next rows, at most n and only as far as the chunk goes, which stay to be read; and the number
 * of all rows. */
static PyObject *cursor_preview(PyObject *object, PyObject *limit)
{
    CursorObject *self = (CursorObject *)object;
    size_t most = PyLong_AsSize_t(limit);
    if (PyErr_Occurred())
        return NULL;
    if (self->is_in_use || !self->result)
        return Py_BuildValue("([]L)", 0LL);
    if (!self->has_row && !self->is_peeked) {
        openhyper_error *error = openhyper_result_fetch(self->result, &self->chunk, &self->n_rows);
        if (error) {
            raise_engine_error(error);
            return NULL;
        }
        self->is_peeked = self->n_rows > 0;
    }
    size_t first = self->has_row ? self->row + 1 : 0;
    size_t n = self->n_rows > first ? self->n_rows - first : 0;
    n = n < most ? n : most;
    PyObject *rows[64];
    n = n < sizeof rows / sizeof rows[0] ? n : sizeof rows / sizeof rows[0];
    self->is_in_use = true;
    int failed = decode_rows(self->decoders, self->n_columns, self->chunk, first, n, rows);
    long long total = openhyper_result_row_count(self->result);
    end_use(self);
    PyObject *list = failed ? NULL : PyList_New(0);
    if (!failed && (!list || append_chunk(list, rows, n) < 0))
        Py_CLEAR(list);
    return list ? Py_BuildValue("(NL)", list, total) : NULL;
}

/* Hands the rows that were not read yet to a stream of Arrow and closes the cursor: the current row
 * counts as read. */
static PyObject *cursor_arrow(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    CursorObject *self = (CursorObject *)object;
    if (self->is_in_use || !self->result) {
        PyErr_SetString(
            PyExc_RuntimeError, self->result ? "the result is in use" : "the result is closed");
        return NULL;
    }
    openhyper_result *result = self->result;
    const openhyper_column *chunk = self->has_row || self->is_peeked ? self->chunk : NULL;
    size_t row = self->has_row ? self->row + 1 : 0, n_rows = self->n_rows;
    self->result = NULL;
    cursor_close(self);
    return arrow_stream_capsule(result, chunk, row, n_rows);
}

static PyMethodDef cursor_methods[] = {
    {"preview", cursor_preview, METH_O,
        "preview($self, n, /)\n--\n\n(The next rows, which stay; the number of all rows)."},
    {"arrow", cursor_arrow, METH_NOARGS,
        "arrow($self, /)\n--\n\nThe remaining rows as a capsule with an Arrow stream; closes."},
    {"next_row", cursor_next_row, METH_NOARGS,
        "next_row($self, /)\n--\n\nMoves to the next row; False at the end."},
    {"get_value", cursor_get_value, METH_O,
        "get_value($self, index, /)\n--\n\nOne value of the current row."},
    {"get_values", cursor_get_values, METH_NOARGS,
        "get_values($self, /)\n--\n\nThe current row as a list."},
    {"rows", cursor_rows, METH_O,
        "rows($self, keeper, /)\n--\n\nAn iterator of lists, which keeps an object alive."},
    {"close", cursor_close_method, METH_NOARGS, "close($self, /)\n--\n\nDrops the rows."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef cursor_getset[] = {
    {"is_open", cursor_is_open, NULL, "False once closed or read to the end.", NULL},
    {"columns", cursor_columns, NULL, "Tuple of (name, oid, typmod).", NULL},
    {"affected_row_count", cursor_affected, NULL, "Affected rows, or None.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot cursor_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "The rows of a result."},
    {Py_tp_dealloc, (void *)cursor_dealloc},
    {Py_tp_methods, (void *)cursor_methods},
    {Py_tp_getset, (void *)cursor_getset},
    {0, NULL},
};

PyType_Spec Cursor_Spec = {
    .name = "openhyper._engine.Cursor",
    .basicsize = sizeof(CursorObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = cursor_slots,
};
