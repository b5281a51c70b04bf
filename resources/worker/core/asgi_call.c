// SPDX-License-Identifier: Apache-2.0
// What receive() and send() return: awaitables that do their work when they are awaited, and are
// mostly done with it at once. Each says that it is a coroutine and does what one does, so that it
// may be made a task.
#include "asgi.h"

static PyObject *s_throw, *s_close;

bool callPrepare(void)
{
    return (s_throw = PyUnicode_InternFromString("throw"))
        && (s_close = PyUnicode_InternFromString("close"));
}

PyObject *returned(PyObject *value)
{
    PyObject *stop = PyObject_CallFunctionObjArgs(PyExc_StopIteration, value, NULL);
    if (stop)
        PyErr_SetObject(PyExc_StopIteration, stop);
    Py_XDECREF(stop);
    return NULL;
}

void raiseGiven(PyObject *arguments)
{
    PyObject *kind = NULL, *value = NULL, *trace = NULL;
    if (!PyArg_ParseTuple(arguments, "O|OO", &kind, &value, &trace))
        return;
    if (PyExceptionInstance_Check(kind))
        PyErr_SetObject((PyObject *)Py_TYPE(kind), kind);
    else if (PyExceptionClass_Check(kind))
        PyErr_SetObject(kind, value ? value : Py_None);
    else
        PyErr_SetString(PyExc_TypeError, "exceptions must derive from BaseException");
}

static Step receiveMessage(Call *self, PyObject **result)
{
    Request *request = self->request;
    if (requestMessage(request, result))
        return *result ? Done : Failed;
    self->waiting = waitIn(request->channel, &request->receivers);
    return self->waiting ? Wait : Failed;
}

/// A first time, and again when what it waited for is there.
static Step stepOf(Call *self, bool isFirst, PyObject **result)
{
    if (self->paused || self->delegated)
        return Done;
    if (!isFirst && (self->message || self->isPut))
        return self->request->gone || self->request->ended ? Done : callSendBody(self);
    if (self->isPut)
        return callBeginBody(self);
    return self->message ? callSendMessage(self) : receiveMessage(self, result);
}

static PySendResult callSend(PyObject *object, PyObject *value, PyObject **result)
{
    Call *self = (Call *)object;
    *result = NULL;
    if (self->done) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
        return PYGEN_ERROR;
    }
    bool isFirst = !self->waiting && !self->paused;
    for (;;) {
        if (self->waiting) {
            const PySendResult outcome = PyIter_Send(self->waiting, value, result);
            if (outcome == PYGEN_NEXT)
                return PYGEN_NEXT;
            Py_CLEAR(self->waiting);
            Py_CLEAR(*result);
            if (outcome == PYGEN_ERROR) {
                self->done = true;
                return PYGEN_ERROR;
            }
        }
        const Step step = stepOf(self, isFirst, result);
        isFirst = false;
        if (step == Wait)
            continue;
        if (step == Pause) {
            self->paused = true;
            *result = Py_NewRef(Py_None);
            return PYGEN_NEXT;
        }
        self->done = true;
        if (step == Failed)
            return PYGEN_ERROR;
        if (!*result)
            *result = Py_NewRef(Py_None);
        return PYGEN_RETURN;
    }
}

// -- as Python sees a coroutine -----------------------------------------------------------------

static PyObject *sendMethod(PyObject *object, PyObject *value)
{
    PyObject *result;
    if (callSend(object, value, &result) != PYGEN_RETURN)
        return result;
    returned(result);
    Py_DECREF(result);
    return NULL;
}

static PyObject *next(PyObject *object)
{
    return sendMethod(object, Py_None);
}

static PyObject *throwMethod(PyObject *object, PyObject *arguments)
{
    Call *self = (Call *)object;
    if (self->waiting && self->delegated) {
        PyObject *throw = PyObject_GetAttr(self->waiting, s_throw);
        PyObject *yielded = throw ? PyObject_CallObject(throw, arguments) : NULL;
        Py_XDECREF(throw);
        self->done = !yielded;
        return yielded;
    }
    Py_CLEAR(self->waiting);
    self->done = true;
    raiseGiven(arguments);
    return NULL;
}

static PyObject *closeMethod(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    Call *self = (Call *)object;
    self->done = true;
    PyObject *waiting = self->waiting;
    self->waiting = NULL;
    PyObject *closed = waiting && self->delegated
        ? PyObject_CallMethodObjArgs(waiting, s_close, NULL)
        : Py_NewRef(Py_None);
    Py_XDECREF(waiting);
    return closed;
}

/// inspect.iscoroutine() asks for it, and anyio starts nothing else as a task.
static PyObject *classOf(PyObject *object, void *Py_UNUSED(closure))
{
    return Py_NewRef(((Call *)object)->request->channel->coroutineType);
}

/// There is no code and no frame of Python.
static PyObject *none(PyObject *Py_UNUSED(object), void *Py_UNUSED(closure))
{
    Py_RETURN_NONE;
}

/// It runs for no longer than others can look, except while sendPath() of the twin runs.
static PyObject *isRunning(PyObject *Py_UNUSED(object), void *Py_UNUSED(closure))
{
    Py_RETURN_FALSE;
}

/// anyio cancels only what has begun and is not done.
static PyObject *isSuspended(PyObject *object, void *Py_UNUSED(closure))
{
    const Call *self = (Call *)object;
    return PyBool_FromLong(!self->done && (self->waiting || self->paused));
}

static Call *makeCall(PyObject *request)
{
    Call *self = (Call *)PyType_GenericAlloc(g_callType, 0);
    if (self)
        self->request = (Request *)Py_NewRef(request);
    return self;
}

PyObject *requestReceive(PyObject *request, PyObject *Py_UNUSED(ignored))
{
    return (PyObject *)makeCall(request);
}

PyObject *requestSendMessage(PyObject *request, PyObject *message)
{
    Call *self = makeCall(request);
    if (self)
        self->message = Py_NewRef(message);
    return (PyObject *)self;
}

PyObject *requestPut(PyObject *request, PyObject *arguments)
{
    PyObject *body;
    int last;
    if (!PyArg_ParseTuple(arguments, "Sp", &body, &last))
        return NULL;
    Call *self = makeCall(request);
    if (self) {
        self->body = Py_NewRef(body);
        self->last = last;
        self->isPut = true;
    }
    return (PyObject *)self;
}

static void callFree(PyObject *object)
{
    Call *self = (Call *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject *owned[] = {asObject(self->request), self->message, self->waiting, self->body};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; ++i)
        Py_XDECREF(owned[i]);
    PyObject_Free(self);
    Py_DECREF(asObject(type));
}

static PyMethodDef s_methods[] = {
    {"send", sendMethod, METH_O, NULL},
    {"throw", throwMethod, METH_VARARGS, NULL},
    {"close", closeMethod, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef s_getters[] = {
    {"__class__", classOf, NULL, NULL, NULL},
    {"cr_frame", none, NULL, NULL, NULL},
    {"cr_await", none, NULL, NULL, NULL},
    {"cr_code", none, NULL, NULL, NULL},
    {"cr_running", isRunning, NULL, NULL, NULL},
    {"cr_suspended", isSuspended, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot s_slots[] = {
    {Py_tp_dealloc, callFree},
    {Py_tp_methods, s_methods},
    {Py_tp_getset, s_getters},
    {Py_tp_iternext, next},
    {Py_am_await, Py_NewRef},
    {Py_am_send, callSend},
    {0, NULL},
};
PyType_Spec g_callSpec = {
    .name = "arcology_worker._core.Call",
    .basicsize = sizeof(Call),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = s_slots,
};
