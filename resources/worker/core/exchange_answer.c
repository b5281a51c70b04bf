// SPDX-License-Identifier: Apache-2.0
// wsgi.Exchange: what the application returned becomes an answer, and what it raised, too.
#include "core.h"

#include <string.h>

enum { kLengthDigitsMax = 20 };

static PyTypeObject *s_listIterator, *s_tupleIterator;
static PyObject *s_empty, *s_join;

static PyTypeObject *iteratorOf(PyObject *sequence)
{
    PyObject *iterator = sequence ? PyObject_GetIter(sequence) : NULL;
    PyTypeObject *type = iterator ? (PyTypeObject *)Py_NewRef(asObject(Py_TYPE(iterator))) : NULL;
    Py_XDECREF(iterator);
    Py_XDECREF(sequence);
    return type;
}

bool exchangeAnswerPrepare(void)
{
    s_listIterator = iteratorOf(PyList_New(0));
    s_tupleIterator = iteratorOf(PyTuple_New(0));
    s_empty = PyBytes_FromStringAndSize(NULL, 0);
    s_join = PyUnicode_InternFromString("join");
    return s_listIterator && s_tupleIterator && s_empty && s_join;
}

static bool finishAnswer(Exchange *self)
{
    if (!self->hasHead) {
        PyErr_SetString(PyExc_AssertionError,
                        "the application returned without calling start_response");
        return false;
    }
    if (self->ended)
        return true;
    if (self->hasLength && self->written < self->length && !exchangeIsBodyless(self)) {
        PySys_WriteStderr("arcology: the body ended %llu bytes before its Content-Length\n",
                          (unsigned long long)(self->length - self->written));
        if (!self->begun && !exchangePut(self, "", 0, false))
            return false;
        exchangeAbort(self);
        return true;
    }
    return exchangePut(self, "", 0, true);
}

/// Adds the Content-Length that the application did not give.
static bool addLength(Exchange *self, size_t size)
{
    if (self->count >= 0xffff) {
        PyErr_SetString(PyExc_ValueError, "more response headers than a frame can have");
        return false;
    }
    char text[2 + kLengthDigitsMax], *prefix;
    Py_ssize_t prefixSize;
    if (PyBytes_AsStringAndSize(self->channel->wire.lengthPrefix, &prefix, &prefixSize) != 0)
        return false;
    char *at = text + sizeof text;
    do {
        *--at = (char)('0' + size % 10);
        size /= 10;
    } while (size);
    const size_t digits = (size_t)(text + sizeof text - at);
    *--at = 0;
    *--at = (char)digits;
    const size_t more = (size_t)prefixSize + 2 + digits;
    if (self->headSize + more > sizeof self->inlineHead) {
        const bool isOwn = self->head != self->inlineHead;
        char *grown = realloc(isOwn ? self->head : NULL, self->headSize + more);
        if (!grown) {
            PyErr_NoMemory();
            return false;
        }
        if (!isOwn)
            memcpy(grown, self->inlineHead, self->headSize);
        self->head = grown;
    }
    memcpy(self->head + self->headSize, prefix, (size_t)prefixSize);
    memcpy(self->head + self->headSize + prefixSize, at, 2 + digits);
    self->headSize += more;
    ++self->count;
    return true;
}

/// The whole body is there already, so its length is known.
static bool answerWhole(Exchange *self, PyObject *body)
{
    char *data = NULL;
    Py_ssize_t size = 0;
    if (PyBytes_Check(body) && PyBytes_AsStringAndSize(body, &data, &size) != 0)
        return false;
    if (self->begun || !self->hasHead || !PyBytes_Check(body)
        || (self->hasLength && self->length < (size_t)size))
        return exchangeWrite(self, body) && finishAnswer(self);
    if (self->stream->gone)
        return exchangeClientGone(self);
    // HEAD and 304 may leave their body out, and then its size says nothing.
    if (!self->hasLength && (size || !exchangeIsBodyless(self)) && !addLength(self, (size_t)size))
        return false;
    self->written = (size_t)size;
    return exchangePut(self, data, (size_t)size,
                       !self->hasLength || self->length == (size_t)size || self->stream->isHead)
        && finishAnswer(self);
}

static bool answerSequence(Exchange *self, PyObject *chunks)
{
    PyObject *body = PySequence_Size(chunks) == 1
        ? PySequence_GetItem(chunks, 0)
        : PyObject_CallMethodObjArgs(s_empty, s_join, chunks, NULL);
    const bool done = body && answerWhole(self, body);
    Py_XDECREF(body);
    return done;
}

static bool answerPieces(Exchange *self, PyObject *iterator)
{
    PyObject *chunk;
    bool done = true;
    while (done && (chunk = PyIter_Next(iterator))) {
        const int isFull = PyObject_IsTrue(chunk);
        done = isFull >= 0 && (!isFull || exchangeWrite(self, chunk));
        Py_DECREF(chunk);
    }
    return done && !PyErr_Occurred() && finishAnswer(self);
}

bool exchangeAnswer(Exchange *self, PyObject *result)
{
    if (PyList_CheckExact(result) || PyTuple_CheckExact(result))
        return answerSequence(self, result);
    PyObject *iterator = PyObject_GetIter(result);
    if (!iterator)
        return false;
    bool done;
    if (Py_TYPE(iterator) == s_listIterator || Py_TYPE(iterator) == s_tupleIterator) {
        PyObject *chunks = PySequence_List(iterator);
        done = chunks && answerSequence(self, chunks);
        Py_XDECREF(chunks);
    } else {
        done = answerPieces(self, iterator);
    }
    Py_DECREF(iterator);
    return done;
}

void exchangeAbort(Exchange *self)
{
    if (self->ended)
        return;
    self->ended = true;
    if (!exchangeFinish(self, FlagAbort))
        wireLeave(&self->channel->wire);
}

bool exchangeFail(Exchange *self)
{
    if (self->ended)
        return true;
    if (self->begun || self->stream->gone) {
        exchangeAbort(self);
        return true;
    }
    PyObject *page =
        PyObject_CallMethod(self->channel->wire.twin, "failure", "O", self->stream->requestId);
    PyObject *headers = page ? PySequence_GetItem(page, 0) : NULL;
    PyObject *body = page ? PySequence_GetItem(page, 1) : NULL;
    Head head = {0};
    char *data;
    Py_ssize_t size;
    bool done = headers && body && PyBytes_AsStringAndSize(body, &data, &size) == 0
        && headEncode(&self->channel->wire, headers, &head);
    if (done) {
        exchangeTakeHead(self, &head);
        self->status = 500;
        done = exchangePut(self, data, (size_t)size, true);
    }
    bytesFree(&head.bytes);
    Py_XDECREF(page);
    Py_XDECREF(headers);
    Py_XDECREF(body);
    return done;
}
