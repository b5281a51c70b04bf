// SPDX-License-Identifier: Apache-2.0
// What comes from the engine: protocol.FrameBuffer and the reading half of channel.Channel.
#include "core.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum {
    kReadBytes = 64 * 1024,
    kKeptMax = 256 * 1024, // a buffer that grew beyond goes back
};

typedef struct {
    unsigned kind, flags, number;
    const uint8_t *payload;
    size_t size;
} Frame;

static uint32_t u32At(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

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
            && protocolError(channel, "a REQUEST on stream %u, which is in use", frame->number);
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
        return protocolError(channel, "a BODY after the end of stream %u", stream->number);
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
        return protocolError(channel, "a WINDOW of %u bytes", (unsigned)frame->size);
    if (frame->kind != FrameWindow && frame->kind != FrameBody && frame->kind != FrameCancel)
        return protocolError(channel, "a frame of type %u", frame->kind);
    PyObject *key = PyLong_FromUnsignedLong(frame->number);
    if (!key)
        return false;
    Stream *stream = (Stream *)Py_XNewRef(PyDict_GetItemWithError(channel->streams, key));
    Py_DECREF(key);
    if (!stream) // it has just ended
        return !PyErr_Occurred();
    bool done = true;
    if (frame->kind == FrameWindow)
        stream->granted += u32At(frame->payload);
    else if (frame->kind == FrameCancel)
        stream->gone = true;
    else
        done = onBody(channel, stream, frame);
    streamChanged(channel, stream);
    Py_DECREF(asObject(stream));
    return done;
}

static bool onFrame(Channel *channel, const Frame *frame)
{
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

/// Acts on all whole frames. Objects that are made or dropped on the way may let other threads run,
/// but `reading` keeps them off `in`.
static bool parse(Channel *channel)
{
    Bytes *in = &channel->in;
    size_t at = 0, wanted = kReadBytes;
    bool done = true;
    while (done && in->size - at >= HeaderBytes) {
        const uint8_t *start = (const uint8_t *)in->data + at;
        const uint32_t size = u32At(start);
        if (size > PayloadMax)
            return protocolError(channel, "a frame of %u bytes", size);
        if (in->size - at - HeaderBytes < size) {
            wanted = HeaderBytes + size;
            break;
        }
        const Frame frame = {start[4], start[5], u32At(start + 8), start + HeaderBytes, size};
        at += HeaderBytes + size;
        done = onFrame(channel, &frame);
    }
    memmove(in->data, in->data + at, in->size - at);
    in->size -= at;
    if (!in->size && in->capacity > kKeptMax)
        bytesFree(in);
    return done && bytesReserve(in, wanted > in->size ? wanted - in->size : kReadBytes);
}

static bool readAll(Channel *channel)
{
    Bytes *in = &channel->in;
    for (;;) {
        if (!bytesReserve(in, kReadBytes))
            return false;
        const ssize_t size = recv(channel->fd, in->data + in->size, kReadBytes, MSG_DONTWAIT);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return true;
        if (size <= 0)
            channelLeave(channel);
        in->size += (size_t)size;
        if (!parse(channel))
            return false;
        if (size < kReadBytes && !channel->hangUp)
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
