// SPDX-License-Identifier: Apache-2.0
// wsgi.Runner and wsgi.Exchange: the application is called, start_response is what it calls.
#include "core.h"

#include <string.h>

static PyObject *s_write, *s_close, *s_requestMethod, *s_rawUri, *s_requestId;

bool exchangePrepare(void)
{
    return (s_write = PyUnicode_InternFromString("write"))
        && (s_close = PyUnicode_InternFromString("close"))
        && (s_requestMethod = PyUnicode_InternFromString("REQUEST_METHOD"))
        && (s_rawUri = PyUnicode_InternFromString("RAW_URI"))
        && (s_requestId = PyUnicode_InternFromString("arcology.request_id"))
        && exchangeAnswerPrepare();
}

void exchangeTakeHead(Exchange *self, Head *head)
{
    if (self->head != self->inlineHead)
        free(self->head);
    self->headSize = head->bytes.size;
    if (head->bytes.size <= sizeof self->inlineHead) {
        self->head = self->inlineHead;
        if (head->bytes.size)
            memcpy(self->head, head->bytes.data, head->bytes.size);
        bytesFree(&head->bytes);
    } else {
        self->head = head->bytes.data;
        head->bytes = (Bytes) {0};
    }
    self->count = head->count;
    self->hasLength = head->hasLength;
    self->length = head->length;
    self->hasHead = true;
}

// -- start_response ------------------------------------------------------------------------------

/// "200 OK" to 200; 0 with an exception.
static unsigned readStatus(PyObject *text)
{
    Py_ssize_t size = 0;
    const char *data = PyUnicode_Check(text) ? PyUnicode_AsUTF8AndSize(text, &size) : NULL;
    unsigned status = 0;
    bool sound = data && size >= 3 && (size == 3 || data[3] == ' ');
    for (int i = 0; sound && i < 3; ++i) {
        sound = data[i] >= '0' && data[i] <= '9';
        status = status * 10 + (unsigned)(data[i] - '0');
    }
    if (!sound) {
        PyErr_Clear();
        PyErr_Format(PyExc_AssertionError, "start_response: the status is %R, not like '200 OK'",
                     text);
        return 0;
    }
    if (status < 200 || status > 599) {
        PyErr_Format(PyExc_AssertionError, "start_response: the status is %R, outside 200 to 599",
                     text);
        return 0;
    }
    return status;
}

/// raise excInfo[1].with_traceback(excInfo[2])
static void raiseAgain(PyObject *excInfo)
{
    PyObject *error = PySequence_GetItem(excInfo, 1);
    PyObject *trace = error ? PySequence_GetItem(excInfo, 2) : NULL;
    if (trace && !PyExceptionInstance_Check(error))
        PyErr_SetString(PyExc_TypeError, "start_response: exc_info[1] is no exception");
    else if (trace && PyException_SetTraceback(error, trace) == 0)
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_XDECREF(error);
    Py_XDECREF(trace);
}

static PyObject *startResponse(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    Exchange *self = (Exchange *)object;
    if (count != 2 && count != 3) {
        PyErr_SetString(PyExc_TypeError,
                        "start_response takes status, headers and perhaps exc_info");
        return NULL;
    }
    const int again = count == 3 ? PyObject_IsTrue(arguments[2]) : 0;
    if (again < 0)
        return NULL;
    if (again && self->begun) {
        raiseAgain(arguments[2]);
        return NULL;
    }
    if (!again && self->hasHead) {
        PyErr_SetString(PyExc_AssertionError,
                        "start_response was called a second time without exc_info");
        return NULL;
    }
    const unsigned status = readStatus(arguments[0]);
    Head head = {0};
    if (!status || !headEncode(&self->channel->wire, arguments[1], &head)) {
        bytesFree(&head.bytes);
        return NULL;
    }
    exchangeTakeHead(self, &head);
    self->status = status;
    return PyObject_GetAttr(object, s_write);
}

static PyObject *writeMethod(PyObject *object, PyObject *chunk)
{
    if (!exchangeWrite((Exchange *)object, chunk))
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef s_methods[] = {
    {"write", writeMethod, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static PyMethodDef s_startResponse = {"start_response", (PyCFunction)(void (*)(void))startResponse,
                                      METH_FASTCALL, NULL};

static void exchangeFree(PyObject *object)
{
    Exchange *self = (Exchange *)object;
    PyTypeObject *type = Py_TYPE(object);
    if (self->head != self->inlineHead)
        free(self->head);
    Py_XDECREF(asObject(self->channel));
    Py_XDECREF(asObject(self->stream));
    PyObject_Free(self);
    Py_DECREF(asObject(type));
}

static PyType_Slot s_slots[] = {
    {Py_tp_dealloc, exchangeFree},
    {Py_tp_methods, s_methods},
    {0, NULL},
};
PyType_Spec g_exchangeSpec = {
    .name = "arcology_worker._core.Exchange",
    .basicsize = sizeof(Exchange),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = s_slots,
};

// -- one request ---------------------------------------------------------------------------------

/// Takes the exception that is set and has it reported, with the request's name.
static void report(Channel *channel, Stream *stream, const char *function)
{
    PyObject *kind, *error, *trace;
    PyErr_Fetch(&kind, &error, &trace);
    PyErr_NormalizeException(&kind, &error, &trace);
    if (trace)
        PyException_SetTraceback(error, trace);
    PyObject *done = PyObject_CallMethod(channel->wire.twin, function, "OOOO", error,
                                         stream->method, stream->target, stream->requestId);
    if (!done)
        PyErr_WriteUnraisable(channel->wire.twin);
    Py_XDECREF(done);
    Py_XDECREF(kind);
    Py_XDECREF(error);
    Py_XDECREF(trace);
}

static void onFailure(Channel *channel, Exchange *exchange, Stream *stream)
{
    if (PyErr_ExceptionMatches(channel->clientGone)) {
        PyErr_Clear();
        exchangeAbort(exchange);
        return;
    }
    if (stream->gone)
        PyErr_Clear();
    else
        report(channel, stream, "applicationFailed");
    if (!exchangeFail(exchange))
        wireLeave(&channel->wire);
}

static void closeResult(Channel *channel, Stream *stream, PyObject *result)
{
    if (PyList_CheckExact(result) || PyTuple_CheckExact(result))
        return;
    PyObject *close = PyObject_GetAttr(result, s_close);
    if (!close && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        return;
    }
    PyObject *done = close && !Py_IsNone(close) ? PyObject_CallNoArgs(close) : Py_XNewRef(close);
    if (!done)
        report(channel, stream, "closeFailed");
    Py_XDECREF(done);
    Py_XDECREF(close);
}

/// The rare request whose head only the twin can read.
static bool readByTwin(Channel *channel, Stream *stream)
{
    stream->environ = PyObject_CallMethod(channel->reader, "read", "OO", channel, stream);
    if (!stream->environ)
        return false;
    stream->method = Py_XNewRef(PyDict_GetItemWithError(stream->environ, s_requestMethod));
    stream->target = Py_XNewRef(PyDict_GetItemWithError(stream->environ, s_rawUri));
    stream->requestId = Py_XNewRef(PyDict_GetItemWithError(stream->environ, s_requestId));
    if (!stream->method || !stream->target || !stream->requestId)
        return false;
    stream->isHead = PyUnicode_CompareWithASCIIString(stream->method, "HEAD") == 0;
    return true;
}

static Exchange *makeExchange(Channel *channel, Stream *stream)
{
    Exchange *exchange = (Exchange *)PyType_GenericAlloc(g_exchangeType, 0);
    if (exchange) {
        exchange->channel = (Channel *)Py_NewRef(asObject(channel));
        exchange->stream = (Stream *)Py_NewRef(asObject(stream));
        exchange->head = exchange->inlineHead;
    }
    return exchange;
}

void exchangeRun(Channel *channel, Stream *stream)
{
    if (!stream->environ && !readByTwin(channel, stream))
        wireLeave(&channel->wire);
    Exchange *exchange = makeExchange(channel, stream);
    PyObject *start = exchange ? PyCFunction_New(&s_startResponse, (PyObject *)exchange) : NULL;
    if (!start)
        wireLeave(&channel->wire);
    if (stream->gone) { // cancelled while it waited: nobody would read the answer
        exchangeAbort(exchange);
    } else {
        PyObject *variables = stream->environ; // the application may put into it what points here
        stream->environ = NULL;
        PyObject *result =
            PyObject_CallFunctionObjArgs(channel->application, variables, start, NULL);
        if (!result || !exchangeAnswer(exchange, result))
            onFailure(channel, exchange, stream);
        if (result)
            closeResult(channel, stream, result);
        Py_XDECREF(result);
        Py_DECREF(variables);
    }
    Py_DECREF(start);
    Py_DECREF(asObject(exchange));
}
