/* Session: one connection of the engine, and the statements on it. */
#include "engine.h"

#include <string.h>
#include <unistd.h>

/* ---- Locking and state ---- */

void session_lock(SessionObject *session)
{
    if (pthread_mutex_trylock(&session->lock) == 0)
        return;
    Py_BEGIN_ALLOW_THREADS pthread_mutex_lock(&session->lock);
    Py_END_ALLOW_THREADS
}

void session_end(SessionObject *session)
{
    pthread_mutex_unlock(&session->lock);
}

int session_begin(SessionObject *session)
{
    session_lock(session);
    if (session->connection && !session->user)
        return 0;
    session_end(session); /* raising may run Python code, which may use the session */
    if (!session->owner)
        PyErr_SetString(PyExc_RuntimeError, "the connection is closed");
    else if (!session->connection)
        raise_hyper_exception(
            "08006", "The connection ended, because its process was shut down.", NULL);
    else
        raise_busy();
    return -1;
}

static void session_link(SessionObject *session, InstanceObject *owner)
{
    session->next = owner->sessions;
    if (session->next)
        session->next->previous = session;
    owner->sessions = session;
}

static void session_unlink(SessionObject *session)
{
    if (session->previous)
        session->previous->next = session->next;
    else
        session->owner->sessions = session->next;
    if (session->next)
        session->next->previous = session->previous;
    session->next = session->previous = NULL;
}

int session_disconnect(SessionObject *session)
{
    openhyper_error *error = NULL;
    openhyper_connection *connection;
    if (pthread_mutex_trylock(&session->lock) != 0) {
        if (session->connection)
            openhyper_cancel(session->connection); /* another thread runs a statement */
        session_lock(session);
    }
    connection = session->connection;
    session->connection = NULL;
    if (connection && session->owner->pid != getpid()) { /* in a fork, of which it knows nothing */
        session->owner->sessions = NULL;
    } else if (connection) {
        session_unlink(session);
        if (session->user && PyObject_TypeCheck(session->user, Writer_Type))
            writer_abandon((WriterObject *)session->user);
        Py_BEGIN_ALLOW_THREADS error = openhyper_disconnect(connection);
        Py_END_ALLOW_THREADS
    }
    session_end(session);
    if (error)
        raise_engine_error(error);
    return error ? -1 : 0;
}

openhyper_result *session_run(SessionObject *session, const char *sql, size_t len)
{
    openhyper_result *result = NULL;
    openhyper_error *error;
    openhyper_connection *connection = session->connection;
    Py_BEGIN_ALLOW_THREADS interrupt_begin(connection);
    error = openhyper_execute(connection, sql, len, &result);
    interrupt_end();
    Py_END_ALLOW_THREADS session_end(session);
    bool has_result = !error;
    if (engine_call_check(error) < 0) {
        if (has_result)
            openhyper_result_destroy(result);
        return NULL;
    }
    return result;
}

/* ---- Making and closing ---- */

static int attach_database(openhyper_connection *connection, const char *path, int mode)
{
    openhyper_error *error;
    Py_BEGIN_ALLOW_THREADS error =
        openhyper_attach(connection, path, NULL, (openhyper_create_mode)mode);
    Py_END_ALLOW_THREADS if (error) raise_engine_error(error);
    return error ? -1 : 0;
}

static openhyper_setting *settings_of_dict(PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    openhyper_setting *settings = PyMem_Calloc((size_t)PyDict_Size(dict) + 1, sizeof *settings);
    if (!settings)
        PyErr_NoMemory();
    for (size_t i = 0; settings && PyDict_Next(dict, &position, &key, &value); i++) {
        settings[i].key = PyUnicode_AsUTF8AndSize(key, NULL);
        settings[i].value = settings[i].key ? PyUnicode_AsUTF8AndSize(value, NULL) : NULL;
        if (!settings[i].value) {
            PyMem_Free(settings);
            settings = NULL;
        }
    }
    return settings;
}

static openhyper_connection *connect_engine(InstanceObject *owner, PyObject *parameters)
{
    openhyper_connection *connection = NULL;
    openhyper_setting *settings = settings_of_dict(parameters);
    if (!settings)
        return NULL;
    openhyper_error *error = openhyper_connect(owner->instance, settings, &connection);
    PyMem_Free(settings);
    if (error) {
        raise_engine_error(error);
        return NULL;
    }
    return connection;
}

/* Session(instance, path, create_mode, parameters) */
static PyObject *session_make(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"instance", "path", "create_mode", "parameters", NULL};
    InstanceObject *owner;
    const char *path;
    int mode;
    PyObject *parameters;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!ziO!:Session", names, Instance_Type, &owner,
            &path, &mode, &PyDict_Type, &parameters))
        return NULL;
    if (!owner->instance) {
        raise_hyper_exception("08001", "Could not connect: the engine was shut down.", NULL);
        return NULL;
    }
    SessionObject *self = (SessionObject *)PyType_GenericAlloc(type, 0);
    if (!self)
        return NULL;
    pthread_mutex_init(&self->lock, NULL);
    self->connection = connect_engine(owner, parameters);
    if (!self->connection) {
        Py_DECREF(self);
        return NULL;
    }
    Py_INCREF((PyObject *)owner);
    self->owner = owner;
    session_link(self, owner);
    if (path && attach_database(self->connection, path, mode) < 0) {
        PyObject *exception, *value, *trace;
        PyErr_Fetch(&exception, &value, &trace);
        if (session_disconnect(self) < 0)
            PyErr_Clear();
        PyErr_Restore(exception, value, trace);
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *session_close(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    SessionObject *self = (SessionObject *)object;
    int failed = session_disconnect(self);
    InstanceObject *owner = self->owner;
    self->owner = NULL;
    Py_XDECREF((PyObject *)owner);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static void session_dealloc(PyObject *object)
{
    SessionObject *self = (SessionObject *)object;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    if (session_disconnect(self) < 0)
        PyErr_WriteUnraisable(NULL);
    PyErr_Restore(type, value, trace);
    Py_CLEAR(self->owner);
    pthread_mutex_destroy(&self->lock);
    free_object(object);
}

static PyObject *session_cancel(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    SessionObject *self = (SessionObject *)object;
    if (self->connection)
        openhyper_cancel(self->connection);
    Py_RETURN_NONE;
}

/* The GIL is held: nobody disconnects meanwhile. */
static PyObject *session_progress(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    const SessionObject *self = (SessionObject *)object;
    return PyFloat_FromDouble(self->connection ? openhyper_progress(self->connection) : -1);
}

/* ---- Statements ---- */

/* Runs the statement of a str. */
static openhyper_result *run_text(SessionObject *self, PyObject *query)
{
    Py_ssize_t len;
    if (!PyUnicode_Check(query)) {
        PyErr_Format(
            PyExc_TypeError, "the statement must be a str, not %R", (PyObject *)Py_TYPE(query));
        return NULL;
    }
    const char *sql = PyUnicode_AsUTF8AndSize(query, &len);
    if (!sql || session_begin(self) < 0)
        return NULL;
    return session_run(self, sql, (size_t)len);
}

static int parse_query(PyObject *const *args, Py_ssize_t n, int *text_as_bytes)
{
    if (n != 2) {
        PyErr_SetString(PyExc_TypeError, "expected a statement and text_as_bytes");
        return -1;
    }
    *text_as_bytes = PyObject_IsTrue(args[1]);
    return *text_as_bytes < 0 ? -1 : 0;
}

static PyObject *session_execute(PyObject *object, PyObject *const *args, Py_ssize_t n)
{
    SessionObject *self = (SessionObject *)object;
    int text_as_bytes;
    if (parse_query(args, n, &text_as_bytes) < 0)
        return NULL;
    openhyper_result *result = run_text(self, args[0]);
    if (!result)
        return NULL;
    return cursor_new(self, result, text_as_bytes);
}

static PyObject *session_execute_list(PyObject *object, PyObject *const *args, Py_ssize_t n)
{
    SessionObject *self = (SessionObject *)object;
    int text_as_bytes;
    if (parse_query(args, n, &text_as_bytes) < 0)
        return NULL;
    openhyper_result *result = run_text(self, args[0]);
    if (!result)
        return NULL;
    PyObject *rows = rows_of_result(result, text_as_bytes);
    Py_BEGIN_ALLOW_THREADS openhyper_result_destroy(result);
    Py_END_ALLOW_THREADS return rows;
}

/* The only value of a result. */
static PyObject *scalar_of_result(openhyper_result *result, bool text_as_bytes)
{
    const openhyper_column *columns;
    size_t n_rows;
    Decoder decoder;
    if (openhyper_result_column_count(result) != 1) {
        raise_hyper_exception("HY000", "The query must return exactly one column.", NULL);
        return NULL;
    }
    openhyper_error *error = openhyper_result_fetch(result, &columns, &n_rows);
    if (error) {
        raise_engine_error(error);
        return NULL;
    }
    if (n_rows != 1 || openhyper_result_row_count(result) > 1) {
        raise_hyper_exception("HY000",
            n_rows ? "The query returned more than one row." : "The query returned zero rows.",
            NULL);
        return NULL;
    }
    if (columns[0].validity && !(columns[0].validity[0] & 1))
        Py_RETURN_NONE;
    decoder_init(&decoder, openhyper_result_column_type(result, 0), text_as_bytes);
    PyObject *value = decode_value(&decoder, columns[0].data, 0);
    decoder_clear(&decoder);
    return value;
}

static PyObject *session_execute_scalar(PyObject *object, PyObject *const *args, Py_ssize_t n)
{
    SessionObject *self = (SessionObject *)object;
    int text_as_bytes;
    if (parse_query(args, n, &text_as_bytes) < 0)
        return NULL;
    openhyper_result *result = run_text(self, args[0]);
    if (!result)
        return NULL;
    PyObject *value = scalar_of_result(result, text_as_bytes);
    openhyper_result_destroy(result);
    return value;
}

static PyObject *session_execute_command(PyObject *object, PyObject *command)
{
    SessionObject *self = (SessionObject *)object;
    openhyper_result *result = run_text(self, command);
    if (!result)
        return NULL;
    int64_t affected = openhyper_result_affected_rows(result);
    openhyper_result_destroy(result);
    if (affected < 0)
        Py_RETURN_NONE;
    return PyLong_FromLongLong(affected);
}

/* ---- The catalog ---- */

/* The names as a list; frees them. */
static PyObject *list_of_names(char **names)
{
    Py_ssize_t n = 0;
    while (names[n])
        n++;
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list && i < n; i++) {
        PyObject *name = PyUnicode_FromString(names[i]);
        if (name)
            (void)PyList_SetItem(list, i, name);
        else
            Py_CLEAR(list);
    }
    openhyper_free(names);
    return list;
}

static PyObject *session_schemas(PyObject *object, PyObject *args)
{
    SessionObject *self = (SessionObject *)object;
    const char *database;
    char **names;
    if (!PyArg_ParseTuple(args, "z:schemas", &database) || session_begin(self) < 0)
        return NULL;
    openhyper_error *error = openhyper_list_schemas(self->connection, database, &names);
    session_end(self);
    if (error) {
        raise_engine_error(error);
        return NULL;
    }
    return list_of_names(names);
}

static PyObject *session_tables(PyObject *object, PyObject *args)
{
    SessionObject *self = (SessionObject *)object;
    const char *database, *schema;
    char **names;
    if (!PyArg_ParseTuple(args, "zs:tables", &database, &schema) || session_begin(self) < 0)
        return NULL;
    openhyper_error *error = openhyper_list_tables(self->connection, database, schema, &names);
    session_end(self);
    if (error) {
        raise_engine_error(error);
        return NULL;
    }
    return list_of_names(names);
}

/* (database, schema, name, is_temporary, [(name, oid, typmod, nullable, collation), ..]) */
static PyObject *tuple_of_table(const openhyper_table_info *info)
{
    PyObject *columns = PyList_New((Py_ssize_t)info->n_columns);
    for (size_t i = 0; columns && i < info->n_columns; i++) {
        const openhyper_column_info *column = &info->columns[i];
        PyObject *entry = Py_BuildValue("(sIiNz)", column->name, (unsigned)column->type.oid,
            (int)column->type.typmod, PyBool_FromLong(column->type.nullable), column->collation);
        if (entry)
            (void)PyList_SetItem(columns, (Py_ssize_t)i, entry);
        else
            Py_CLEAR(columns);
    }
    if (!columns)
        return NULL;
    return Py_BuildValue("(zssNN)", info->database, info->schema, info->name,
        PyBool_FromLong(info->is_temporary), columns);
}

static openhyper_error *describe(
    SessionObject *self, const char *const names[3], openhyper_table_info **info)
{
    openhyper_error *error =
        openhyper_describe_table(self->connection, names[0], names[1], names[2], info);
    session_end(self);
    return error;
}

static PyObject *session_describe(PyObject *object, PyObject *args)
{
    SessionObject *self = (SessionObject *)object;
    const char *names[3];
    openhyper_table_info *info;
    if (!PyArg_ParseTuple(args, "zzs:describe", &names[0], &names[1], &names[2]) ||
        session_begin(self) < 0)
        return NULL;
    openhyper_error *error = describe(self, names, &info);
    if (error) {
        raise_engine_error(error);
        return NULL;
    }
    PyObject *table = tuple_of_table(info);
    openhyper_free(info);
    return table;
}

static PyObject *session_has_table(PyObject *object, PyObject *args)
{
    SessionObject *self = (SessionObject *)object;
    const char *names[3];
    openhyper_table_info *info;
    if (!PyArg_ParseTuple(args, "zzs:has_table", &names[0], &names[1], &names[2]) ||
        session_begin(self) < 0)
        return NULL;
    openhyper_error *error = describe(self, names, &info);
    if (!error) {
        openhyper_free(info);
        Py_RETURN_TRUE;
    }
    const char *sqlstate = openhyper_error_sqlstate(error);
    /* no such table, no such schema, no table of the user */
    if (strcmp(sqlstate, "42P01") != 0 && strcmp(sqlstate, "3F000") != 0 &&
        strcmp(sqlstate, "42804") != 0) {
        raise_engine_error(error);
        return NULL;
    }
    openhyper_error_free(error);
    Py_RETURN_FALSE;
}

/* ---- State ---- */

static PyObject *session_is_open(PyObject *object, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((SessionObject *)object)->owner != NULL);
}

static PyObject *session_is_ready(PyObject *object, void *Py_UNUSED(closure))
{
    const SessionObject *self = (SessionObject *)object;
    return PyBool_FromLong(self->connection && !self->user);
}

static PyMethodDef session_methods[] = {
    {"execute", (PyCFunction)(void (*)(void))session_execute, METH_FASTCALL,
        "execute($self, query, text_as_bytes, /)\n--\n\nRuns a statement and returns a Cursor."},
    {"execute_list", (PyCFunction)(void (*)(void))session_execute_list, METH_FASTCALL,
        "execute_list($self, query, text_as_bytes, /)\n--\n\nAll rows as a list of lists."},
    {"execute_scalar", (PyCFunction)(void (*)(void))session_execute_scalar, METH_FASTCALL,
        "execute_scalar($self, query, text_as_bytes, /)\n--\n\nThe only value of a query."},
    {"execute_command", session_execute_command, METH_O,
        "execute_command($self, command, /)\n--\n\nThe number of affected rows, or None."},
    {"schemas", session_schemas, METH_VARARGS,
        "schemas($self, database, /)\n--\n\nThe names of the schemas."},
    {"tables", session_tables, METH_VARARGS,
        "tables($self, database, schema, /)\n--\n\nThe names of the tables."},
    {"describe", session_describe, METH_VARARGS,
        "describe($self, database, schema, table, /)\n--\n\n(database, schema, name, "
        "is_temporary, [(name, oid, typmod, nullable, collation), ..])"},
    {"has_table", session_has_table, METH_VARARGS,
        "has_table($self, database, schema, table, /)\n--\n\nWhether there is such a table."},
    {"progress", session_progress, METH_NOARGS,
        "progress($self, /)\n--\n\nFraction done of the running statement; -1: nobody knows."},
    {"cancel", session_cancel, METH_NOARGS,
        "cancel($self, /)\n--\n\nStops what runs on the connection. From any thread."},
    {"close", session_close, METH_NOARGS, "close($self, /)\n--\n\nCloses the connection."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef session_getset[] = {
    {"is_open", session_is_open, NULL, "False once closed.", NULL},
    {"is_ready", session_is_ready, NULL, "Whether a statement could run now.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot session_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "Session(instance, path, create_mode, parameters)\n--\n\nA "
                                    "connection."},
    {Py_tp_new, (void *)session_make},
    {Py_tp_dealloc, (void *)session_dealloc},
    {Py_tp_methods, (void *)session_methods},
    {Py_tp_getset, (void *)session_getset},
    {0, NULL},
};

PyType_Spec Session_Spec = {
    .name = "openhyper._engine.Session",
    .basicsize = sizeof(SessionObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = session_slots,
};
