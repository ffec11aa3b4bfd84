/* Instance: an engine in this process, a server that this process starts, or the server at an
 * endpoint. */
#include "engine.h"

#include <structmember.h>
#include <unistd.h>

/* Pairs of key and value of a sequence of tuples of two strings; the texts are borrowed from them,
 * and those live in *keeper. */
static openhyper_setting *settings_of(PyObject *pairs, PyObject **keeper)
{
    PyObject *list = PySequence_List(pairs);
    *keeper = list;
    if (!list)
        return NULL;
    Py_ssize_t n = PyList_Size(list);
    openhyper_setting *settings = PyMem_Calloc((size_t)n + 1, sizeof *settings);
    if (!settings)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < n && settings; i++) {
        PyObject *pair = PyList_GetItem(list, i);
        if (!PyTuple_Check(pair) ||
            !PyArg_ParseTuple(pair, "ss", &settings[i].key, &settings[i].value)) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_TypeError, "the settings must be pairs");
            PyMem_Free(settings);
            settings = NULL;
        }
    }
    if (!settings)
        Py_CLEAR(*keeper);
    return settings;
}

/* Takes the engine, or raises the error. */
static PyObject *instance_of(PyTypeObject *type, openhyper_error *error, openhyper_instance *engine)
{
    if (error) {
        raise_engine_error(error);
        return NULL;
    }
    InstanceObject *self = (InstanceObject *)PyType_GenericAlloc(type, 0);
    if (!self) {
        openhyper_instance_destroy(engine);
        return NULL;
    }
    self->instance = engine;
    self->pid = getpid();
    return (PyObject *)self;
}

static PyObject *instance_make(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"settings", NULL};
    PyObject *pairs, *keeper;
    openhyper_error *error;
    openhyper_instance *engine = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Instance", names, &pairs))
        return NULL;
    openhyper_setting *settings = settings_of(pairs, &keeper);
    if (!settings)
        return NULL;
    Py_BEGIN_ALLOW_THREADS error = openhyper_instance_create(settings, &engine);
    Py_END_ALLOW_THREADS PyMem_Free(settings);
    Py_DECREF(keeper);
    return instance_of(type, error, engine);
}

/* Instance.start(folder, settings) */
static PyObject *instance_start(PyObject *type, PyObject *args)
{
    PyObject *folder, *pairs, *keeper;
    openhyper_error *error;
    openhyper_instance *engine = NULL;
    if (!PyArg_ParseTuple(args, "O&O:start", PyUnicode_FSConverter, &folder, &pairs))
        return NULL;
    openhyper_setting *settings = settings_of(pairs, &keeper);
    const char *path = PyBytes_AsString(folder);
    if (!settings) {
        Py_DECREF(folder);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS error = openhyper_instance_start(path, settings, &engine);
    Py_END_ALLOW_THREADS PyMem_Free(settings);
    Py_DECREF(keeper);
    Py_DECREF(folder);
    return instance_of((PyTypeObject *)type, error, engine);
}

/* Instance.at(endpoint) */
static PyObject *instance_at(PyObject *type, PyObject *args)
{
    const char *endpoint;
    openhyper_instance *engine = NULL;
    if (!PyArg_ParseTuple(args, "s:at", &endpoint))
        return NULL;
    openhyper_error *error = openhyper_instance_at(endpoint, &engine);
    return instance_of((PyTypeObject *)type, error, engine);
}

/* In a fork nothing of the engine may be touched. */
static bool is_of_parent(const InstanceObject *self)
{
    return self->pid && self->pid != getpid();
}

static int instance_shut(InstanceObject *self, int timeout_ms)
{
    int failed = 0;
    openhyper_error *error;
    if (is_of_parent(self)) {
        self->instance = NULL;
        return 0;
    }
    while (self->sessions) {
        SessionObject *session = self->sessions;
        Py_INCREF((PyObject *)session);
        if (session_disconnect(session) < 0)
            failed = -1;
        Py_DECREF((PyObject *)session);
    }
    openhyper_instance *instance = self->instance;
    self->instance = NULL;
    if (!instance)
        return failed;
    Py_BEGIN_ALLOW_THREADS error = openhyper_instance_shutdown(instance, timeout_ms, NULL);
    Py_END_ALLOW_THREADS if (error && !failed)
    {
        raise_engine_error(error);
        return -1;
    }
    if (error)
        openhyper_error_free(error);
    return failed;
}

static PyObject *instance_close(PyObject *object, PyObject *args)
{
    int timeout_ms = -1;
    if (!PyArg_ParseTuple(args, "|i:close", &timeout_ms))
        return NULL;
    if (instance_shut((InstanceObject *)object, timeout_ms) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static void instance_dealloc(PyObject *object)
{
    InstanceObject *self = (InstanceObject *)object;
    if (self->weak_references)
        PyObject_ClearWeakRefs(object);
    PyObject *exception, *value, *trace;
    PyErr_Fetch(&exception, &value, &trace);
    if (instance_shut(self, -1) < 0)
        PyErr_WriteUnraisable(NULL);
    PyErr_Restore(exception, value, trace);
    free_object(object);
}

static int check_open(const InstanceObject *self)
{
    if (self->instance && !is_of_parent(self))
        return 0;
    PyErr_SetString(PyExc_RuntimeError, "the engine is closed");
    return -1;
}

static PyObject *instance_listen(PyObject *object, PyObject *args)
{
    InstanceObject *self = (InstanceObject *)object;
    const char *endpoint;
    if (!PyArg_ParseTuple(args, "s:listen", &endpoint) || check_open(self) < 0)
        return NULL;
    openhyper_error *error = openhyper_instance_listen(self->instance, endpoint);
    if (error) {
        raise_engine_error(error);
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *instance_is_open(PyObject *object, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((InstanceObject *)object)->instance != NULL);
}

static PyObject *instance_endpoint(PyObject *object, void *Py_UNUSED(closure))
{
    InstanceObject *self = (InstanceObject *)object;
    if (check_open(self) < 0)
        return NULL;
    const char *endpoint = openhyper_instance_endpoint(self->instance);
    if (!endpoint)
        Py_RETURN_NONE;
    return PyUnicode_FromString(endpoint);
}

static PyObject *instance_process(PyObject *object, void *Py_UNUSED(closure))
{
    InstanceObject *self = (InstanceObject *)object;
    if (check_open(self) < 0)
        return NULL;
    return PyLong_FromLongLong(openhyper_instance_process(self->instance));
}

static PyMethodDef instance_methods[] = {
    {"start", instance_start, METH_VARARGS | METH_CLASS,
        "start($type, folder, settings, /)\n--\n\nThe server in a folder, started."},
    {"at", instance_at, METH_VARARGS | METH_CLASS,
        "at($type, endpoint, /)\n--\n\nThe server at an endpoint."},
    {"listen", instance_listen, METH_VARARGS,
        "listen($self, endpoint, /)\n--\n\nLets other processes use the engine."},
    {"close", instance_close, METH_VARARGS,
        "close($self, timeout_ms=-1, /)\n--\n\nCloses all connections and stops the engine."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef instance_getset[] = {
    {"is_open", instance_is_open, NULL, "Whether the engine runs.", NULL},
    {"endpoint", instance_endpoint, NULL, "Where other processes find it, or None.", NULL},
    {"process", instance_process, NULL, "The id of its process; 0: of somebody else.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef weak_member[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(InstanceObject, weak_references), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot instance_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "Instance(settings)\n--\n\nAn engine in this process. "
                                    "settings: pairs of strings."},
    {Py_tp_new, (void *)instance_make},
    {Py_tp_dealloc, (void *)instance_dealloc},
    {Py_tp_methods, (void *)instance_methods},
    {Py_tp_getset, (void *)instance_getset},
    {Py_tp_members, (void *)weak_member},
    {0, NULL},
};

PyType_Spec Instance_Spec = {
    .name = "openhyper._engine.Instance",
    .basicsize = sizeof(InstanceObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = instance_slots,
};
