/* The module openhyper._engine. */
#include "arrow.h"

Classes classes;

/* register(make_error, Date, Timestamp, Interval, Decimal): the Python classes that are made here.
 */
static PyObject *module_register(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *make_error, *date, *timestamp, *interval, *decimal;
    if (!PyArg_ParseTuple(args, "OO!O!O!O!:register", &make_error, &PyType_Type, &date,
            &PyType_Type, &timestamp, &PyType_Type, &interval, &PyType_Type, &decimal))
        return NULL;
    if (!PyType_IsSubtype((PyTypeObject *)date, DateBase_Type) ||
        !PyType_IsSubtype((PyTypeObject *)timestamp, TimestampBase_Type) ||
        !PyType_IsSubtype((PyTypeObject *)interval, IntervalBase_Type)) {
        PyErr_SetString(PyExc_TypeError, "classes that are not derived from those here");
        return NULL;
    }
    PyObject *const given[] = {make_error, date, timestamp, interval, decimal};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        Py_INCREF(given[i]);
    classes = (Classes){.make_error = make_error,
        .date = (PyTypeObject *)date,
        .timestamp = (PyTypeObject *)timestamp,
        .interval = (PyTypeObject *)interval,
        .decimal = decimal};
    Py_RETURN_NONE;
}

static PyObject *module_version(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyUnicode_FromString(openhyper_version());
}

static PyMethodDef module_methods[] = {
    {"register", module_register, METH_VARARGS,
        "register(make_error, date, timestamp, interval, decimal, /)\n--\n\n"
        "Makes the Python classes of values and errors known."},
    {"arrow_schema", module_arrow_schema, METH_O,
        "arrow_schema(data, /)\n--\n\n[(name, SQL type, nullable), ..] of a table of Arrow."},
    {"version", module_version, METH_NOARGS, "version()\n--\n\nThe version of the engine."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "openhyper._engine",
    .m_doc = "The engine, and values on their way to and from it.",
    .m_size = -1,
    .m_methods = module_methods,
};

PyMODINIT_FUNC PyInit__engine(void);

/* Our types, made once: the module cannot be loaded again (m_size -1). */
PyTypeObject *DateBase_Type;
PyTypeObject *TimestampBase_Type;
PyTypeObject *IntervalBase_Type;
PyTypeObject *Instance_Type;
PyTypeObject *Session_Type;
PyTypeObject *Cursor_Type;
PyTypeObject *RowIterator_Type;
PyTypeObject *Writer_Type;

static int add_types(PyObject *module)
{
    static const struct {
        PyTypeObject **type;
        PyType_Spec *spec;
    } types[] = {{&DateBase_Type, &DateBase_Spec}, {&TimestampBase_Type, &TimestampBase_Spec},
        {&IntervalBase_Type, &IntervalBase_Spec}, {&Instance_Type, &Instance_Spec},
        {&Session_Type, &Session_Spec}, {&Cursor_Type, &Cursor_Spec},
        {&RowIterator_Type, &RowIterator_Spec}, {&Writer_Type, &Writer_Spec}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        *types[i].type = (PyTypeObject *)PyType_FromSpec(types[i].spec);
        if (!*types[i].type || PyModule_AddType(module, *types[i].type) < 0)
            return -1;
    }
    return 0;
}

PyMODINIT_FUNC PyInit__engine(void)
{
    PyObject *module = datetime_init() < 0 ? NULL : PyModule_Create(&module_definition);
    if (module && add_types(module) < 0)
        Py_CLEAR(module);
    return module;
}
