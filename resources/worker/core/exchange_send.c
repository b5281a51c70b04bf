// SPDX-License-Identifier: Apache-2.0
// wsgi.Exchange: the answer on its way out, cut to the window and to frame size.
#include "core.h"

#include <string.h>

enum {
    kLengthDigitsMax = 20,
};

static PyTypeObject *s_listIterator, *s_tupleIterator;
static PyObject *s_empty, *s_join;

static PyTypeObject *iteratorOf(PyObject *sequence)
{
    PyObject *iterator = sequence ? PyObject_GetIter(sequence) : NULL;
    PyTypeObject *type = iterator ? (PyTypeObject *) Py_NewRef(asObject(Py_TYPE(iterator))) : NULL;
    Py_XDECREF(iterator);
    Py_XDECREF(sequence);
    return type;
}

bool exchangeSendPrepare(void)
{
    s_listIterator = iteratorOf(PyList_New(0));
    s_tupleIterator = iteratorOf(PyTuple_New(0));
    s_empty = PyBytes_FromStringAndSize(NULL, 0);
    s_join = PyUnicode_InternFromString("join");
    return s_listIterator && s_tupleIterator && s_empty && s_join;
}

static bool clientGone(Exchange *self)
{
    PyErr_SetString(self->channel->clientGone, "the client has left");
    return false;
}

static bool isBodyless(const Exchange *self)
{
    return self->stream->isHead || self->status == 204 || self->status == 304;
}

static uint64_t room(const Stream *stream)
{
    return stream->granted > stream->sent ? stream->granted - stream->sent : 0;
}

/// One frame: RESPONSE with the head while that is not out, else DATA.
static bool putFrame(Exchange *self, bool withHead, const char *data, size_t size, bool last)
{
    Stream *stream = self->stream;
    Channel *channel = self->channel;
    if (last) // before it goes out: then the number is free
        channelForget(channel, stream);
    stream->sent += size;
    const unsigned flags = last ? FlagEnd : 0;
    if (!withHead)
        return channelFrame(channel, FrameData, flags, stream->number, NULL, 0, data, size,
                            last && channelMayHold(channel));
    char small[4 + sizeof self->inlineHead];
    char *payload = small;
    const size_t payloadSize = 4 + self->headSize;
    if (payloadSize > sizeof small && !(payload = malloc(payloadSize))) {
        PyErr_NoMemory();
        return false;
    }
    payload[0] = (char) self->status;
    payload[1] = (char) (self->status >> 8);
    payload[2] = (char) self->count;
    payload[3] = (char) (self->count >> 8);
    memcpy(payload + 4, self->head, self->headSize);
    const bool done = channelFrame(channel, FrameResponse, flags, stream->number, payload,
                                   payloadSize, data, size, last && channelMayHold(channel));
    if (payload != small)
        free(payload);
    return done;
}

/// Frame after frame, waiting where the window is spent. False with ClientGone when it ends there.
static bool sendBody(Exchange *self, bool withHead, const char *data, size_t size, bool last)
{
    Stream *stream = self->stream;
    do {
        while (size && !withHead && (stream->gone || !room(stream))) {
            if (stream->gone)
                return clientGone(self);
            const unsigned seen = stream->serial;
            channelFlush(self->channel); // lets others run, so look again before sleeping
            if (!room(stream) && !stream->gone)
                streamWait(self->channel, stream, seen);
        }
        size_t part = size < BodyFrameMax ? size : BodyFrameMax;
        if (part > room(stream))
            part = room(stream);
        if (!putFrame(self, withHead, data, part, last && part == size))
            return false;
        withHead = false;
        data += part;
        size -= part;
    } while (size);
    return true;
}

static bool finish(Exchange *self, unsigned flags)
{
    channelForget(self->channel, self->stream);
    return channelFrame(self->channel, FrameData, flags, self->stream->number, NULL, 0, NULL, 0,
                        channelMayHold(self->channel));
}

static bool put(Exchange *self, const char *data, size_t size, bool last)
{
    if (self->ended)
        return true;
    const bool withHead = !self->begun;
    self->begun = true;
    if (isBodyless(self))
        size = 0;
    else if (!size && !withHead && !last)
        return true;
    if (size || withHead ? !sendBody(self, withHead, data, size, last) : !finish(self, FlagEnd))
        return false;
    // Not before: a client that leaves meanwhile breaks it off, and that end is still to be said.
    self->ended = last;
    return true;
}

bool exchangeWrite(Exchange *self, PyObject *chunk)
{
    char *data;
    Py_ssize_t given;
    if (!PyBytes_Check(chunk)) {
        PyObject *name = PyType_GetName(Py_TYPE(chunk));
        if (name)
            PyErr_Format(PyExc_TypeError, "a response body is made of bytes, not %U", name);
        Py_XDECREF(name);
        return false;
    }
    if (!self->hasHead) {
        PyErr_SetString(PyExc_AssertionError,
                        "the application gave a body before it called start_response");
        return false;
    }
    if (self->stream->gone)
        return clientGone(self);
    if (self->ended) // what follows a complete body has no place in HTTP
        return true;
    if (PyBytes_AsStringAndSize(chunk, &data, &given) != 0)
        return false;
    size_t size = (size_t) given;
    if (self->hasLength && size > self->length - self->written) {
        PySys_WriteStderr("arcology: the body is longer than its Content-Length of %llu\n",
                          (unsigned long long) self->length);
        size = self->length - self->written;
    }
    if (!size && self->begun)
        return true;
    self->written += size;
    // A complete body goes out with its end, so that the client waits for nothing more.
    return put(self, data, size, self->hasLength && self->written == self->length);
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
    if (self->hasLength && self->written < self->length && !isBodyless(self)) {
        PySys_WriteStderr("arcology: the body ended %llu bytes before its Content-Length\n",
                          (unsigned long long) (self->length - self->written));
        if (!self->begun && !put(self, NULL, 0, false))
            return false;
        exchangeAbort(self);
        return true;
    }
    return put(self, NULL, 0, true);
}

/// Adds the Content-Length that the application did not give.
static bool addLength(Exchange *self, size_t size)
{
    char text[2 + kLengthDigitsMax], *prefix;
    Py_ssize_t prefixSize;
    if (PyBytes_AsStringAndSize(self->channel->lengthPrefix, &prefix, &prefixSize) != 0)
        return false;
    char *at = text + sizeof text;
    do {
        *--at = (char) ('0' + size % 10);
        size /= 10;
    } while (size);
    const size_t digits = (size_t) (text + sizeof text - at);
    *--at = 0;
    *--at = (char) digits;
    const size_t more = (size_t) prefixSize + 2 + digits;
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
    memcpy(self->head + self->headSize, prefix, (size_t) prefixSize);
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
        || (self->hasLength && self->length < (size_t) size))
        return exchangeWrite(self, body) && finishAnswer(self);
    if (self->stream->gone)
        return clientGone(self);
    // HEAD and 304 may leave their body out, and then its size says nothing.
    if (!self->hasLength && (size || !isBodyless(self)) && !addLength(self, (size_t) size))
        return false;
    self->written = (size_t) size;
    return put(self, data, (size_t) size,
               !self->hasLength || self->length == (size_t) size || self->stream->isHead)
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
    if (!finish(self, FlagAbort))
        channelLeave(self->channel);
}

/// After an exception: 500 while nothing has been sent, else the answer breaks off.
bool exchangeFail(Exchange *self)
{
    if (self->ended)
        return true;
    if (self->begun || self->stream->gone) {
        exchangeAbort(self);
        return true;
    }
    PyObject *page = PyObject_CallMethod(self->channel->twin, "failure", "O", self->stream->requestId);
    PyObject *headers = page ? PySequence_GetItem(page, 0) : NULL;
    PyObject *body = page ? PySequence_GetItem(page, 1) : NULL;
    Head head = {0};
    char *data;
    Py_ssize_t size;
    bool done = headers && body && PyBytes_AsStringAndSize(body, &data, &size) == 0
        && headEncode(self->channel, headers, &head);
    if (done) {
        exchangeTakeHead(self, &head);
        self->status = 500;
        done = put(self, data, (size_t) size, true);
    }
    bytesFree(&head.bytes);
    Py_XDECREF(page);
    Py_XDECREF(headers);
    Py_XDECREF(body);
    return done;
}
