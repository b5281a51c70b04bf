// SPDX-License-Identifier: Apache-2.0
// What comes from the engine: the reading half of channel.Channel.
#include "core.h"

static bool onRequest(Channel *channel, const Frame *frame)
{
    Stream *stream =
        streamFromRequest(channel, frame->number, frame->flags, frame->payload, frame->size);
    if (!stream)
        return false;
    const int inUse = frame->number ? PyDict_Contains(channel->streams, stream->key) : 1;
    if (inUse || PyDict_SetItem(channel->streams, stream->key, (PyObject *)stream) != 0) {
        Py_DECREF(asObject(stream));
        return inUse > 0
            && wireProtocolError(&channel->wire, "a REQUEST on stream %u, which is in use",
                                 frame->number);
    }
    if (channel->lastPending)
        channel->lastPending->next = stream;
    else
        channel->firstPending = stream;
    channel->lastPending = stream;
    return true;
}

static bool onBody(Channel *channel, Stream *stream, const Frame *frame)
{
    if (!stream->chunks)
        return wireProtocolError(&channel->wire, "a BODY after the end of stream %u",
                                 stream->number);
    if (frame->size) {
        PyObject *done = PyObject_CallMethod(stream->chunks, "append", "y#", frame->payload,
                                             (Py_ssize_t)frame->size);
        if (!done)
            return false;
        Py_DECREF(done);
    }
    if (frame->flags & FlagAbort)
        stream->gone = true;
    else if (frame->flags & FlagEnd)
        stream->complete = true;
    return true;
}

static bool onStreamFrame(Channel *channel, const Frame *frame)
{
    if (frame->kind == FrameWindow && frame->size != 4)
        return wireProtocolError(&channel->wire, "a WINDOW of %u bytes", (unsigned)frame->size);
    if (frame->kind != FrameWindow && frame->kind != FrameBody && frame->kind != FrameCancel)
        return wireProtocolError(&channel->wire, "a frame of type %u", frame->kind);
    PyObject *key = PyLong_FromUnsignedLong(frame->number);
    if (!key)
        return false;
    Stream *stream = (Stream *)Py_XNewRef(PyDict_GetItemWithError(channel->streams, key));
    Py_DECREF(key);
    if (!stream) // it has just ended
        return !PyErr_Occurred();
    bool done = true;
    if (frame->kind == FrameWindow)
        stream->granted += wireU32(frame->payload);
    else if (frame->kind == FrameCancel)
        stream->gone = true;
    else
        done = onBody(channel, stream, frame);
    streamChanged(channel, stream);
    Py_DECREF(asObject(stream));
    return done;
}

static bool onFrame(void *owner, const Frame *frame)
{
    Channel *channel = owner;
    switch (frame->kind) {
    case FrameRequest:
        return onRequest(channel, frame);
    case FramePing:
        return channelFrame(channel, FramePong, 0, 0, frame->payload, frame->size, NULL, 0, false);
    case FrameStop:
        channelStop(channel);
        return true;
    default:
        return onStreamFrame(channel, frame);
    }
}

/// Objects that are made or dropped on the way may let other threads run, but `reading` keeps them
/// off `in`.
static bool readAll(Channel *channel)
{
    for (;;) {
        const size_t size = wireReceive(&channel->wire);
        if (!size)
            return !PyErr_Occurred();
        if (!wireParse(&channel->wire, onFrame, channel))
            return false;
        if (size < ReadBytes && !channel->hangUp)
            return true;
    }
}

bool channelRead(Channel *channel)
{
    if (channel->reading) {
        channel->readAgain = true;
        return true;
    }
    channel->reading = true;
    bool done;
    do {
        channel->readAgain = false;
        done = readAll(channel);
    } while (done && channel->readAgain);
    channel->reading = false;
    return done;
}
