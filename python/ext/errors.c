/* Engine errors as Python exceptions. */
#include "engine.h"

#include <string.h>

/* Raises what make_error returns. */
void raise_hyper_exception(const char *sqlstate, const char *message, const char *hint)
{
    if (!classes.make_error) {
        PyErr_SetString(PyExc_RuntimeError, message);
        return;
    }
    PyObject *text = PyUnicode_DecodeUTF8(message, (Py_ssize_t)strlen(message), "replace");
    PyObject *error =
        text ? PyObject_CallFunction(classes.make_error, "sOz", sqlstate, text, hint) : NULL;
    Py_XDECREF(text);
    if (!error)
        return;
    PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_DECREF(error);
}

/* The message ends with the detail, as in the original (spec/c-abi.md section 2). */
void raise_engine_error(openhyper_error *error)
{
    const char *message = openhyper_error_message(error);
    const char *detail = openhyper_error_detail(error);
    const char *sqlstate = openhyper_error_sqlstate(error);
    const char *hint = openhyper_error_hint(error);
    PyObject *text = NULL;
    if (strcmp(sqlstate, "53200") == 0 && !classes.make_error)
        PyErr_NoMemory();
    else if (!detail || !*detail)
        raise_hyper_exception(sqlstate, message, hint);
    else
        text = PyUnicode_FromFormat("%s: %s", message, detail);
    const char *joined = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    if (joined)
        raise_hyper_exception(sqlstate, joined, hint);
    Py_XDECREF(text);
    openhyper_error_free(error);
}

void raise_busy(void)
{
    raise_hyper_exception("55006", "The connection is not ready.",
        "An open result or inserter uses it: close that first.");
}
