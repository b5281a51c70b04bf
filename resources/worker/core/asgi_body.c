// SPDX-License-Identifier: Apache-2.0
// asgi.Request: the body of a request on its way to receive(), and who waits.
#include "asgi.h"

enum {
    kWindowStep = InitialWindow / 2,
    kWaitersKept = 8, // until those that were cancelled are looked for
};

static PyObject *s_emptyMessage, *s_type, *s_disconnect, *s_request, *s_body, *s_moreBody, *s_empty,
    *s_join, *s_done, *s_setResult;

bool bodyPrepare(void)
{
    const struct {
        PyObject **to;
        const char *text;
    } rows[] = {{&s_type, "type"}, {&s_disconnect, "http.disconnect"}, {&s_request, "http.request"},
                {&s_body, "body"}, {&s_moreBody, "more_body"},         {&s_join, "join"},
                {&s_done, "done"}, {&s_setResult, "set_result"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        if (!(*rows[i].to = PyUnicode_InternFromString(rows[i].text)))
            return false;
    }
    s_empty = PyBytes_FromStringAndSize(NULL, 0);
    s_emptyMessage = PyDict_New();
    return s_empty && s_emptyMessage && PyDict_SetItem(s_emptyMessage, s_type, s_request) == 0
        && PyDict_SetItem(s_emptyMessage, s_body, s_empty) == 0
        && PyDict_SetItem(s_emptyMessage, s_moreBody, Py_False) == 0;
}

// -- who waits -----------------------------------------------------------------------------------

static int isDone(PyObject *future)
{
    PyObject *done = PyObject_CallMethodObjArgs(future, s_done, NULL);
    const int answer = done ? PyObject_IsTrue(done) : -1;
    Py_XDECREF(done);
    return answer;
}

bool wakeAll(PyObject **waiters)
{
    PyObject *list = *waiters;
    if (!list)
        return true;
    *waiters = NULL;
    bool done = true;
    for (Py_ssize_t i = 0; done && i < PyList_Size(list); ++i) {
        PyObject *future = PyList_GetItem(list, i);
        const int before = isDone(future);
        PyObject *set =
            before == 0 ? PyObject_CallMethodObjArgs(future, s_setResult, Py_None, NULL) : NULL;
        done = before > 0 || set;
        Py_XDECREF(set);
    }
    Py_DECREF(list);
    return done;
}

/// An application that looks again and again whether its client is still there cancels each look.
static bool forgetCancelled(PyObject *list)
{
    for (Py_ssize_t i = PyList_Size(list); i-- > 0;) {
        const int done = isDone(PyList_GetItem(list, i));
        if (done < 0 || (done > 0 && PySequence_DelItem(list, i) != 0))
            return false;
    }
    return true;
}

PyObject *waitIn(AsgiChannel *channel, PyObject **waiters)
{
    if (!*waiters && !(*waiters = PyList_New(0)))
        return NULL;
    if (PyList_Size(*waiters) >= kWaitersKept && !forgetCancelled(*waiters))
        return NULL;
    PyObject *future = PyObject_CallNoArgs(channel->createFuture);
    PyObject *iterator =
        future && PyList_Append(*waiters, future) == 0 ? PyObject_GetIter(future) : NULL;
    Py_XDECREF(future);
    return iterator;
}

// -- from the engine -----------------------------------------------------------------------------

bool requestGone(Request *self)
{
    self->gone = true;
    return wakeAll(&self->receivers) && wakeAll(&self->senders);
}

bool requestBody(Request *self, const Frame *frame)
{
    if (self->complete)
        return wireProtocolError(&self->channel->wire, "a BODY after the end of stream %u",
                                 self->number);
    if (frame->size) {
        PyObject *chunk =
            PyBytes_FromStringAndSize((const char *)frame->payload, (Py_ssize_t)frame->size);
        if (!self->chunks)
            self->chunks = PyList_New(0);
        const bool done = chunk && self->chunks && PyList_Append(self->chunks, chunk) == 0;
        Py_XDECREF(chunk);
        if (!done)
            return false;
    }
    if (frame->flags & FlagAbort)
        return requestGone(self);
    if (frame->flags & FlagEnd)
        self->complete = true;
    return wakeAll(&self->receivers);
}

// -- to the application --------------------------------------------------------------------------

static PyObject *disconnect(void)
{
    PyObject *message = PyDict_New();
    if (message && PyDict_SetItem(message, s_type, s_disconnect) != 0)
        Py_CLEAR(message);
    return message;
}

/// All that has come since the last time, as one.
static PyObject *takeBody(Request *self)
{
    PyObject *chunks = self->chunks;
    self->chunks = NULL;
    PyObject *body = PyList_Size(chunks) == 1
        ? PySequence_GetItem(chunks, 0)
        : PyObject_CallMethodObjArgs(s_empty, s_join, chunks, NULL);
    Py_DECREF(chunks);
    return body;
}

static bool grant(Request *self, size_t size)
{
    self->ungranted += (unsigned)size;
    if (self->ungranted < kWindowStep)
        return true;
    const unsigned room = self->ungranted;
    self->ungranted = 0;
    const uint8_t payload[4] = {(uint8_t)room, (uint8_t)(room >> 8), (uint8_t)(room >> 16),
                                (uint8_t)(room >> 24)};
    return asgiFrame(self->channel, FrameWindow, 0, self->number, payload, 4, NULL, 0);
}

static PyObject *nextBody(Request *self)
{
    PyObject *message = PyDict_Copy(s_emptyMessage);
    if (self->complete)
        self->received = true;
    if (!self->chunks || !message)
        return message;
    PyObject *body = takeBody(self);
    const bool done = body && PyDict_SetItem(message, s_body, body) == 0
        && (self->complete
            || (PyDict_SetItem(message, s_moreBody, Py_True) == 0
                && grant(self, (size_t)PyBytes_Size(body))));
    Py_XDECREF(body);
    if (!done)
        Py_CLEAR(message);
    return message;
}

bool requestMessage(Request *self, PyObject **message)
{
    if (self->gone || self->ended)
        *message = disconnect();
    else if (!self->received && (self->chunks || self->complete))
        *message = nextBody(self);
    else
        return false;
    return true;
}
