// SPDX-License-Identifier: Apache-2.0
// wsgi.Exchange: the answer on its way out, cut to the window and to frame size.
#include "core.h"

#include <string.h>

bool exchangeClientGone(Exchange *self)
{
    PyErr_SetString(self->channel->clientGone, "the client has left");
    return false;
}

bool exchangeIsBodyless(const Exchange *self)
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
    payload[0] = (char)self->status;
    payload[1] = (char)(self->status >> 8);
    payload[2] = (char)self->count;
    payload[3] = (char)(self->count >> 8);
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
                return exchangeClientGone(self);
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

bool exchangeFinish(Exchange *self, unsigned flags)
{
    channelForget(self->channel, self->stream);
    return channelFrame(self->channel, FrameData, flags, self->stream->number, NULL, 0, NULL, 0,
                        channelMayHold(self->channel));
}

bool exchangePut(Exchange *self, const char *data, size_t size, bool last)
{
    if (self->ended)
        return true;
    const bool withHead = !self->begun;
    self->begun = true;
    if (exchangeIsBodyless(self))
        size = 0;
    if (!size && !withHead && !last)
        return true;
    if (size || withHead ? !sendBody(self, withHead, data, size, last)
                         : !exchangeFinish(self, FlagEnd))
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
        return exchangeClientGone(self);
    if (self->ended) // what follows a complete body has no place in HTTP
        return true;
    if (PyBytes_AsStringAndSize(chunk, &data, &given) != 0)
        return false;
    size_t size = (size_t)given;
    if (self->hasLength && size > self->length - self->written) {
        PySys_WriteStderr("arcology: the body is longer than its Content-Length of %llu\n",
                          (unsigned long long)self->length);
        size = self->length - self->written;
    }
    if (!size && self->begun)
        return true;
    self->written += size;
    // A complete body goes out with its end, so that the client waits for nothing more.
    return exchangePut(self, data, size, self->hasLength && self->written == self->length);
}
