// SPDX-License-Identifier: Apache-2.0
// asgi.Request: heads, hints, trailers and the end of an answer.
#include "asgi.h"

#include <string.h>

enum { kStatusEarlyHints = 103 };

static PyObject *s_status, *s_headers, *s_trailers, *s_moreTrailers, *s_link, *s_sendFile;

bool answerPrepare(void)
{
    return (s_status = PyUnicode_InternFromString("status"))
        && (s_headers = PyUnicode_InternFromString("headers"))
        && (s_trailers = PyUnicode_InternFromString("trailers"))
        && (s_moreTrailers = PyUnicode_InternFromString("more_trailers"))
        && (s_link = PyBytes_FromString("link")) && (s_sendFile = PyBytes_FromString("x-sendfile"));
}

PyObject *messageValue(PyObject *message, PyObject *key)
{
    if (PyDict_CheckExact(message))
        return Py_XNewRef(PyDict_GetItemWithError(message, key));
    PyObject *value = PyObject_GetItem(message, key);
    if (!value && PyErr_ExceptionMatches(PyExc_KeyError))
        PyErr_Clear();
    return value;
}

int messageTruth(PyObject *message, PyObject *key)
{
    PyObject *value = messageValue(message, key);
    if (!value)
        return PyErr_Occurred() ? -1 : 0;
    const int truth = PyObject_IsTrue(value);
    Py_DECREF(value);
    return truth;
}

// -- heads ---------------------------------------------------------------------------------------

/// The payload of a frame with these headers and the status. False with an exception; what is in
/// `head->bytes` is the caller's in any case.
static bool encodeHead(Request *self, unsigned status, PyObject *headers, Head *head)
{
    if (!bytesAppend(&head->bytes, "\0\0\0\0", 4)
        || (headers && !headEncodeBytes(&self->channel->wire, headers, head)))
        return false;
    const uint8_t start[4] = {(uint8_t)status, (uint8_t)(status >> 8), (uint8_t)head->count,
                              (uint8_t)(head->count >> 8)};
    memcpy(head->bytes.data, start, sizeof start);
    return true;
}

static bool takeHead(Request *self, unsigned status, PyObject *headers)
{
    Head head = {0};
    if (!encodeHead(self, status, headers, &head)) {
        bytesFree(&head.bytes);
        return false;
    }
    bytesFree(&self->head);
    self->head = head.bytes;
    self->count = head.count;
    self->hasLength = head.hasLength;
    self->length = head.length;
    self->status = status;
    self->bodyless = self->isHead || status == 204 || status == 304;
    self->hasHead = true;
    return true;
}

/// 0 with an exception.
static unsigned readStatus(PyObject *message)
{
    PyObject *status = messageValue(message, s_status);
    if (!status) {
        if (!PyErr_Occurred())
            PyErr_SetObject(PyExc_KeyError, s_status);
        return 0;
    }
    const long value = PyLong_Check(status) ? PyLong_AsLong(status) : 0;
    PyErr_Clear(); // of a number beyond a long
    if (value < 200 || value > 599)
        PyErr_Format(PyExc_RuntimeError, "the status is %R, not a number from 200 to 599", status);
    Py_DECREF(status);
    return value < 200 || value > 599 ? 0 : (unsigned)value;
}

bool requestStartAnswer(Request *self, PyObject *message)
{
    if (self->hasHead) {
        PyErr_SetString(PyExc_RuntimeError, "http.response.start came a second time");
        return false;
    }
    const unsigned status = readStatus(message);
    if (!status)
        return false;
    PyObject *headers = messageValue(message, s_headers);
    bool done = !PyErr_Occurred() && takeHead(self, status, headers);
    Py_XDECREF(headers);
    if (done && self->takesTrailers) {
        const int trailing = messageTruth(message, s_trailers);
        self->trailing = trailing > 0;
        if (trailing > 0 && !self->trailers)
            self->trailers = PyList_New(0);
        done = trailing == 0 || self->trailers;
    }
    return done;
}

// -- beside the body -----------------------------------------------------------------------------

static PyObject *linkHeaders(PyObject *links)
{
    PyObject *headers = PySequence_List(links);
    for (Py_ssize_t i = 0; headers && i < PyList_Size(headers); ++i) {
        PyObject *pair = PyTuple_Pack(2, s_link, PyList_GetItem(headers, i));
        if (!pair || PyList_SetItem(headers, i, pair) != 0)
            Py_CLEAR(headers);
    }
    return headers;
}

bool requestHint(Request *self, PyObject *links)
{
    if (self->hasHead) {
        PyErr_SetString(PyExc_RuntimeError,
                        "http.response.early_hint came after http.response.start");
        return false;
    }
    if (self->gone || self->hints == HintsMax)
        return true;
    ++self->hints;
    PyObject *headers = linkHeaders(links);
    Head head = {0};
    const bool done = headers && encodeHead(self, kStatusEarlyHints, headers, &head)
        && asgiFrame(self->channel, FrameEarlyHints, 0, self->number, head.bytes.data,
                     head.bytes.size, NULL, 0);
    bytesFree(&head.bytes);
    Py_XDECREF(headers);
    return done;
}

static bool endAnswer(Request *self)
{
    self->ended = true;
    // the engine grants nothing more, so nobody else would wake a task that waits for room
    return asgiRelease(self->channel, self->number) && wakeAll(&self->receivers)
        && wakeAll(&self->senders);
}

static bool addTrailers(Request *self, PyObject *message)
{
    PyObject *more = messageValue(message, s_headers);
    if (!more)
        return !PyErr_Occurred();
    PyObject *both = PySequence_InPlaceConcat(self->trailers, more);
    Py_DECREF(more);
    Py_XDECREF(both);
    return both != NULL;
}

bool requestTrailers(Request *self, PyObject *message)
{
    if (!self->begun || !self->trailing) {
        PyErr_SetString(PyExc_RuntimeError,
                        "http.response.trailers came before the body, or was not announced by "
                        "http.response.start");
        return false;
    }
    if (self->ended || self->gone)
        return true;
    const int more = addTrailers(self, message) ? messageTruth(message, s_moreTrailers) : -1;
    if (more)
        return more > 0;
    Head head = {0};
    const bool done = encodeHead(self, 0, self->trailers, &head)
        && asgiFrame(self->channel, FrameTrailers, FlagEnd, self->number, head.bytes.data,
                     head.bytes.size, NULL, 0);
    bytesFree(&head.bytes);
    return done && endAnswer(self);
}

// -- the body ------------------------------------------------------------------------------------

bool requestFrame(Request *self, const char *data, size_t size, bool last)
{
    const bool isFirst = !self->begun;
    self->begun = true;
    self->sent += size;
    const bool done =
        asgiFrame(self->channel, isFirst ? FrameResponse : FrameData, last ? FlagEnd : 0,
                  self->number, self->head.data, isFirst ? self->head.size : 0, data, size);
    if (isFirst)
        bytesFree(&self->head);
    return done && (!last || endAnswer(self));
}

PyObject *requestSendFile(PyObject *object, PyObject *place)
{
    Request *self = (Request *)object;
    Head more = {0};
    PyObject *headers = Py_BuildValue("[(OO)]", s_sendFile, place);
    const bool done = headers && self->head.size >= 4
        && headEncodeBytes(&self->channel->wire, headers, &more)
        && bytesAppend(&self->head, more.bytes.data, more.bytes.size);
    bytesFree(&more.bytes);
    Py_XDECREF(headers);
    if (!done)
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_RuntimeError, "there is no head");
    ++self->count;
    self->head.data[2] = (char)self->count;
    self->head.data[3] = (char)(self->count >> 8);
    if (!requestFrame(self, "", 0, true))
        return NULL;
    Py_RETURN_NONE;
}

bool requestFail(Request *self)
{
    if (self->ended)
        return true;
    if (self->begun || self->gone)
        return asgiFrame(self->channel, FrameData, FlagAbort, self->number, NULL, 0, NULL, 0)
            && endAnswer(self);
    PyObject *page =
        PyObject_CallMethod(self->channel->wire.twin, "failureBytes", "O", self->requestId);
    PyObject *headers = page ? PySequence_GetItem(page, 0) : NULL;
    PyObject *body = page ? PySequence_GetItem(page, 1) : NULL;
    char *data;
    Py_ssize_t size;
    const bool done = headers && body && PyBytes_AsStringAndSize(body, &data, &size) == 0
        && takeHead(self, 500, headers)
        && requestFrame(self, data, self->isHead ? 0 : (size_t)size, true);
    Py_XDECREF(page);
    Py_XDECREF(headers);
    Py_XDECREF(body);
    return done;
}
