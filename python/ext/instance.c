/* Instance: an engine in this process. */
#include "engine.h"

/* Pairs of key and value of a sequence of tuples of two strings; the texts are borrowed from them.
 */
static openhyper_setting *settings_of(PyObject *pairs)
{
    PyObject *sequence = PySequence_Fast(pairs, "the settings must be pairs");
    if (!sequence)
        return NULL;
    Py_ssize_t n = PySequence_Fast_GET_SIZE(sequence);
    openhyper_setting *settings = PyMem_Calloc((size_t)n + 1, sizeof *settings);
    if (!settings)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < n && settings; i++) {
        PyObject *pair = PySequence_Fast_GET_ITEM(sequence, i);
        if (!PyTuple_Check(pair) ||
            !PyArg_ParseTuple(pair, "ss", &settings[i].key, &settings[i].value)) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_TypeError, "the settings must be pairs");
            PyMem_Free(settings);
            settings = NULL;
        }
    }
    Py_DECREF(sequence);
    return settings;
}

static PyObject *instance_make(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"settings", NULL};
    PyObject *pairs;
    openhyper_error *error;
    openhyper_instance *engine;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Instance", names, &pairs))
        return NULL;
    InstanceObject *self = (InstanceObject *)type->tp_alloc(type, 0);
    openhyper_setting *settings = self ? settings_of(pairs) : NULL;
    if (!settings) {
        Py_XDECREF(self);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS error = openhyper_instance_create(settings, &engine);
    Py_END_ALLOW_THREADS PyMem_Free(settings);
    if (error) {
        raise_engine_error(error);
        Py_DECREF(self);
        return NULL;
    }
    self->instance = engine;
    return (PyObject *)self;
}

static int instance_shut(InstanceObject *self)
{
    int failed = 0;
    while (self->sessions) {
        SessionObject *session = self->sessions;
        Py_INCREF(session);
        if (session_disconnect(session) < 0)
            failed = -1;
        Py_DECREF(session);
    }
    openhyper_instance *instance = self->instance;
    self->instance = NULL;
    if (instance) {
        Py_BEGIN_ALLOW_THREADS openhyper_instance_destroy(instance);
        Py_END_ALLOW_THREADS
    }
    return failed;
}

static PyObject *instance_close(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    if (instance_shut((InstanceObject *)object) < 0)
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
    if (instance_shut(self) < 0)
        PyErr_WriteUnraisable(NULL);
    PyErr_Restore(exception, value, trace);
    Py_TYPE(object)->tp_free(object);
}

static PyObject *instance_is_open(PyObject *object, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((InstanceObject *)object)->instance != NULL);
}

static PyMethodDef instance_methods[] = {
    {"close", instance_close, METH_NOARGS,
        "close($self, /)\n--\n\nCloses all connections and stops the engine."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef instance_getset[] = {
    {"is_open", instance_is_open, NULL, "Whether the engine runs.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject Instance_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "openhyper._engine.Instance",
    .tp_basicsize = sizeof(InstanceObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Instance(settings)\n--\n\nAn engine in this process. settings: pairs of strings.",
    .tp_new = instance_make,
    .tp_dealloc = instance_dealloc,
    .tp_methods = instance_methods,
    .tp_getset = instance_getset,
    .tp_weaklistoffset = offsetof(InstanceObject, weak_references),
};
