// SPDX-License-Identifier: Apache-2.0
// asgi.Request.run: the coroutine of a request's task.
#include "asgi.h"

#include <stddef.h>

static PyObject *s_throw, *s_close, *s_await, *s_cancel, *s_args;

bool requestPrepare(void)
{
    return (s_throw = PyUnicode_InternFromString("throw"))
        && (s_close = PyUnicode_InternFromString("close"))
        && (s_await = PyUnicode_InternFromString("__await__"))
        && (s_cancel = PyUnicode_InternFromString("cancel"))
        && (s_args = PyUnicode_InternFromString("args"));
}

// -- the end -------------------------------------------------------------------------------------

/// Takes the exception that is set, if any, and has it reported with the request's name.
static void report(Request *self)
{
    PyObject *kind, *error, *trace;
    PyErr_Fetch(&kind, &error, &trace);
    PyErr_NormalizeException(&kind, &error, &trace);
    if (trace)
        PyException_SetTraceback(error, trace);
    PyObject *done = PyObject_CallMethod(self->channel->wire.twin, "requestFailed", "OOO",
                                         error ? error : Py_None, self->scope, self->requestId);
    if (!done)
        PyErr_WriteUnraisable(self->channel->wire.twin);
    Py_XDECREF(done);
    Py_XDECREF(kind);
    Py_XDECREF(error);
    Py_XDECREF(trace);
}

/// The application has returned, or raised what is set. SystemExit too: one request must not end
/// the worker.
static void finish(Request *self)
{
    const bool raised = PyErr_Occurred() != NULL;
    self->finished = true;
    if ((raised || !self->ended) && !self->gone)
        report(self);
    else
        PyErr_Clear();
    if (!requestFail(self) || !wakeAll(&self->receivers))
        wireLeave(&self->channel->wire);
    Py_CLEAR(self->coroutine);
    Py_CLEAR(self->scope);
}

/// The same, but GeneratorExit goes on: the coroutine is being thrown away. False then.
static bool finishAfter(Request *self)
{
    if (!PyErr_Occurred() || !PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
        finish(self);
        return true;
    }
    PyObject *kind, *error, *trace;
    PyErr_Fetch(&kind, &error, &trace);
    Py_XINCREF(kind);
    Py_XINCREF(error);
    Py_XINCREF(trace);
    PyErr_Restore(kind, error, trace);
    finish(self);
    PyErr_Restore(kind, error, trace);
    return false;
}

// -- steps ---------------------------------------------------------------------------------------

static PyMethodDef s_receiveMethod = {"receive", requestReceive, METH_NOARGS, NULL};
static PyMethodDef s_sendMethod = {"send", requestSendMessage, METH_O, NULL};

/// The coroutine of a new call, or what __await__ of something else gives.
static PyObject *callApplication(Request *self)
{
    PyObject *receive = PyCFunction_New(&s_receiveMethod, (PyObject *)self);
    PyObject *send = PyCFunction_New(&s_sendMethod, (PyObject *)self);
    PyObject *made = receive && send
        ? PyObject_CallFunctionObjArgs(self->channel->application, self->scope, receive, send, NULL)
        : NULL;
    Py_XDECREF(receive);
    Py_XDECREF(send);
    if (!made || Py_TYPE(made) == (PyTypeObject *)self->channel->coroutineType)
        return made;
    PyObject *iterator = PyObject_CallMethodObjArgs(made, s_await, NULL);
    if (!iterator && PyErr_ExceptionMatches(PyExc_AttributeError))
        PyErr_Format(PyExc_TypeError, "the application returned %R, which cannot be awaited", made);
    Py_DECREF(made);
    return iterator;
}

static PySendResult hasReturned(Request *self, PyObject **result)
{
    if (!finishAfter(self))
        return PYGEN_ERROR;
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

static PyObject *throwInto(Request *self, PyObject *arguments);

PySendResult requestSend(Request *self, PyObject *value, PyObject **result)
{
    *result = NULL;
    if (self->yielded) {
        *result = self->yielded;
        self->yielded = NULL;
        return PYGEN_NEXT;
    }
    if (self->finished) { // in a step that its task did not see
        *result = Py_NewRef(Py_None);
        return PYGEN_RETURN;
    }
    if (self->thrown) {
        PyObject *arguments = PyTuple_Pack(1, self->thrown);
        Py_CLEAR(self->thrown);
        *result = arguments ? throwInto(self, arguments) : NULL;
        Py_XDECREF(arguments);
        return *result ? PYGEN_NEXT : hasReturned(self, result);
    }
    self->running = true;
    PySendResult outcome = PYGEN_ERROR;
    if (self->coroutine || (self->coroutine = callApplication(self)))
        outcome = PyIter_Send(self->coroutine, value, result);
    self->running = false;
    if (outcome == PYGEN_NEXT)
        return PYGEN_NEXT;
    Py_CLEAR(*result);
    return hasReturned(self, result);
}

/// What the application waits for next; NULL when it has returned, or raised what is set.
static PyObject *throwInto(Request *self, PyObject *arguments)
{
    PyObject *method = PyObject_GetAttr(self->coroutine, s_throw);
    self->running = true;
    PyObject *yielded = method ? PyObject_CallObject(method, arguments) : NULL;
    self->running = false;
    Py_XDECREF(method);
    if (!yielded && PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_StopIteration))
        PyErr_Clear();
    return yielded;
}

// -- as Python sees a coroutine -----------------------------------------------------------------

static PySendResult amSend(PyObject *object, PyObject *value, PyObject **result)
{
    return requestSend((Request *)object, value, result);
}

static PyObject *sendMethod(PyObject *object, PyObject *value)
{
    PyObject *result;
    const PySendResult outcome = requestSend((Request *)object, value, &result);
    if (outcome != PYGEN_RETURN)
        return result;
    Py_DECREF(result);
    return returned(Py_None);
}

static PyObject *next(PyObject *object)
{
    return sendMethod(object, Py_None);
}

/// future.cancel(), with the message that the cancellation `error` has, if any. Whether it is
/// cancelled now; -1 with an exception.
static int cancelWith(PyObject *future, PyObject *error)
{
    PyObject *given = PyObject_GetAttr(error, s_args);
    PyObject *message = given && PyTuple_Check(given) && PyTuple_Size(given) == 1
        ? PyTuple_GetItem(given, 0)
        : NULL;
    PyObject *cancelled = PyObject_CallMethodObjArgs(future, s_cancel, message, NULL);
    const int answer = cancelled ? PyObject_IsTrue(cancelled) : -1;
    Py_XDECREF(cancelled);
    Py_XDECREF(given);
    return answer;
}

/// A cancellation in the first step that its task hears of only now: what the step waits for is
/// cancelled first, as the task itself would have done.
static PyObject *cancelFirst(Request *self, PyObject *arguments)
{
    PyObject *yielded = self->yielded;
    self->yielded = NULL;
    raiseGiven(arguments);
    PyObject *kind, *error, *trace;
    PyErr_Fetch(&kind, &error, &trace);
    PyErr_NormalizeException(&kind, &error, &trace);
    Py_XDECREF(kind);
    Py_XDECREF(trace);
    if (!Py_IsNone(yielded)) {
        if (cancelWith(yielded, error) > 0) {
            Py_XDECREF(error);
            return yielded;
        }
        PyErr_Clear();
    }
    self->thrown = error;
    return yielded;
}

static PyObject *throwMethod(PyObject *object, PyObject *arguments)
{
    Request *self = (Request *)object;
    if (self->yielded)
        return cancelFirst(self, arguments);
    if (self->finished)
        return returned(Py_None);
    PyObject *yielded = NULL;
    if (self->coroutine)
        yielded = throwInto(self, arguments);
    else
        raiseGiven(arguments); // cancelled before it began
    if (yielded)
        return yielded;
    return finishAfter(self) ? returned(Py_None) : NULL;
}

static PyObject *closeMethod(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    Request *self = (Request *)object;
    if (self->finished)
        Py_RETURN_NONE;
    PyObject *done = self->coroutine ? PyObject_CallMethodObjArgs(self->coroutine, s_close, NULL)
                                     : Py_NewRef(Py_None);
    if (done)
        PyErr_SetNone(PyExc_GeneratorExit); // as it is reported
    Py_XDECREF(done);
    finish(self);
    Py_RETURN_NONE;
}

/// cr_frame and the like of the application's coroutine: debuggers, and anyio, look at them.
static PyObject *ofCoroutine(PyObject *object, void *name)
{
    Request *self = (Request *)object;
    if (!self->coroutine)
        Py_RETURN_NONE;
    return PyObject_GetAttrString(self->coroutine, name);
}

static PyObject *isSuspended(PyObject *object, void *Py_UNUSED(closure))
{
    const Request *self = (Request *)object;
    return PyBool_FromLong(self->coroutine && !self->running);
}

static void requestFree(PyObject *object)
{
    Request *self = (Request *)object;
    PyTypeObject *type = Py_TYPE(object);
    bytesFree(&self->head);
    PyObject *owned[] = {asObject(self->channel), self->scope,   self->requestId, self->coroutine,
                         self->yielded,           self->thrown,  self->chunks,    self->receivers,
                         self->senders,           self->trailers};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; ++i)
        Py_XDECREF(owned[i]);
    PyObject_Free(self);
    Py_DECREF(asObject(type));
}

static PyMethodDef s_methods[] = {
    {"send", sendMethod, METH_O, NULL},          {"throw", throwMethod, METH_VARARGS, NULL},
    {"close", closeMethod, METH_NOARGS, NULL},   {"put", requestPut, METH_VARARGS, NULL},
    {"sendFile", requestSendFile, METH_O, NULL}, {NULL, NULL, 0, NULL},
};
static PyMemberDef s_members[] = {
    {"cr_running", T_BOOL, offsetof(Request, running), READONLY, NULL},
    {"requestId", T_OBJECT, offsetof(Request, requestId), READONLY, NULL}, // for place.py
    {NULL, 0, 0, 0, NULL},
};
static PyGetSetDef s_getters[] = {
    {"cr_frame", ofCoroutine, NULL, NULL, "cr_frame"},
    {"cr_await", ofCoroutine, NULL, NULL, "cr_await"},
    {"cr_code", ofCoroutine, NULL, NULL, "cr_code"},
    {"cr_suspended", isSuspended, NULL, NULL, NULL},
    {"__name__", ofCoroutine, NULL, NULL, "__name__"},
    {"__qualname__", ofCoroutine, NULL, NULL, "__qualname__"},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot s_slots[] = {
    {Py_tp_dealloc, requestFree}, {Py_tp_methods, s_methods},
    {Py_tp_members, s_members},   {Py_tp_getset, s_getters},
    {Py_tp_iternext, next},       {Py_am_await, Py_NewRef},
    {Py_am_send, amSend},         {0, NULL},
};
PyType_Spec g_requestSpec = {
    .name = "arcology_worker._core.Request",
    .basicsize = sizeof(Request),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = s_slots,
};
