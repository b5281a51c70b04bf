// SPDX-License-Identifier: Apache-2.0
// loop.Channel: reads frames as they come and writes once per turn of the loop, or more often when
// the turn is a long one.
#include "asgi.h"

#include <poll.h>
#include <stddef.h>

enum {
    kReadsPerTurn = 4,
    kHoldNanoseconds = 2 * 1000 * 1000, // what is said waits for the first steps of others
};

static bool writeOut(AsgiChannel *channel);

// -- reading -------------------------------------------------------------------------------------

static bool onWindow(PyObject *request, const Frame *frame)
{
    if (Py_TYPE(request) != g_requestType) {
        PyObject *done =
            PyObject_CallMethod(request, "onWindow", "I", (unsigned)wireU32(frame->payload));
        Py_XDECREF(done);
        return done != NULL;
    }
    ((Request *)request)->granted += wireU32(frame->payload);
    return wakeAll(&((Request *)request)->senders);
}

/// Of a WebSocket, whose frames are rare beside what Python does with them.
static bool onOther(PyObject *socket, const Frame *frame)
{
    const char *data = (const char *)frame->payload;
    const Py_ssize_t size = (Py_ssize_t)frame->size;
    PyObject *done;
    switch (frame->kind) {
    case FrameBody:
        done = PyObject_CallMethod(socket, "onBody", "y#I", data, size, frame->flags);
        break;
    case FrameMessage:
        done = PyObject_CallMethod(socket, "onMessage", "y#I", data, size, frame->flags);
        break;
    case FrameCancel:
        done = PyObject_CallMethod(socket, "onCancel", NULL);
        break;
    default:
        done = PyObject_CallMethod(socket, "onCloseFrame", "y#", data, size);
    }
    Py_XDECREF(done);
    return done != NULL;
}

static bool onStream(AsgiChannel *channel, PyObject *request, const Frame *frame)
{
    if (frame->kind == FrameWindow)
        return onWindow(request, frame);
    if (Py_TYPE(request) != g_requestType)
        return onOther(request, frame);
    Request *self = (Request *)request;
    switch (frame->kind) {
    case FrameBody:
        return requestBody(self, frame);
    case FrameCancel:
        return requestGone(self);
    case FrameMessage:
        return wireProtocolError(&channel->wire, "a MESSAGE on stream %u, which is no WebSocket",
                                 frame->number);
    default:
        return wireProtocolError(
            &channel->wire, "a SOCKET_CLOSE on stream %u, which is no WebSocket", frame->number);
    }
}

static bool onStreamFrame(AsgiChannel *channel, const Frame *frame)
{
    Wire *wire = &channel->wire;
    switch (frame->kind) {
    case FrameBody:
    case FrameCancel:
    case FrameMessage:
        break;
    case FrameWindow:
        if (frame->size != 4)
            return wireProtocolError(wire, "a WINDOW of %u bytes", (unsigned)frame->size);
        break;
    case FrameSocketClose:
        if (frame->size < 2)
            return wireProtocolError(wire, "a SOCKET_CLOSE of %u bytes", (unsigned)frame->size);
        break;
    default:
        return wireProtocolError(wire, "a frame of type %u", frame->kind);
    }
    PyObject *key = PyLong_FromUnsignedLong(frame->number);
    PyObject *request = key ? Py_XNewRef(PyDict_GetItemWithError(channel->requests, key)) : NULL;
    Py_XDECREF(key);
    if (!request) // it has just ended
        return !PyErr_Occurred();
    const bool done = onStream(channel, request, frame);
    Py_DECREF(request);
    return done;
}

/// Runs its first step. Many of them in one turn, or slow ones, must not hold back the answers of
/// those before them.
static bool onRequest(AsgiChannel *channel, const Frame *frame)
{
    if (!asgiRequest(channel, frame))
        return false;
    if (channel->blocked || !channel->wire.out.size)
        return true;
    const int64_t now = nanoseconds();
    if (now - channel->said <= kHoldNanoseconds)
        return true;
    channel->said = now;
    return writeOut(channel);
}

static bool onFrame(void *owner, const Frame *frame)
{
    AsgiChannel *channel = owner;
    PyObject *done;
    switch (frame->kind) {
    case FrameRequest:
        return onRequest(channel, frame);
    case FramePing:
        return asgiFrame(channel, FramePong, 0, 0, frame->payload, frame->size, NULL, 0);
    case FrameStop:
        done = PyObject_CallMethod(channel->owner, "stop", NULL);
        Py_XDECREF(done);
        return done != NULL;
    default:
        return onStreamFrame(channel, frame);
    }
}

// -- writing -------------------------------------------------------------------------------------

bool asgiFrame(AsgiChannel *channel, unsigned kind, unsigned flags, unsigned number,
               const void *head, size_t headSize, const void *body, size_t bodySize)
{
    if (!wireAppend(&channel->wire, kind, flags, number, head, headSize, body, bodySize, false))
        return false;
    if (channel->flushSoon)
        return true;
    channel->flushSoon = true;
    PyObject *handle = PyObject_CallMethod(channel->loop, "call_soon", "O", channel->flush);
    Py_XDECREF(handle);
    return handle != NULL;
}

/// What the kernel does not take waits for the loop to say that it takes more.
static bool writeOut(AsgiChannel *channel)
{
    Wire *wire = &channel->wire;
    if (wire->out.size)
        wireSent(wire, wireSend(wire, NULL, 0));
    const bool blocked = wire->out.size != 0;
    if (blocked == channel->blocked)
        return true;
    channel->blocked = blocked;
    PyObject *done = NULL;
    PyObject *writable = blocked ? PyObject_GetAttrString((PyObject *)channel, "onWritable") : NULL;
    if (!blocked)
        done = PyObject_CallMethod(channel->loop, "remove_writer", "i", wire->fd);
    else if (writable)
        done = PyObject_CallMethod(channel->loop, "add_writer", "iO", wire->fd, writable);
    Py_XDECREF(writable);
    Py_XDECREF(done);
    return done != NULL;
}

static PyObject *flush(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    AsgiChannel *channel = (AsgiChannel *)object;
    channel->flushSoon = false;
    if (!channel->blocked && !writeOut(channel))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *onWritable(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    if (!writeOut((AsgiChannel *)object))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *onReadable(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    AsgiChannel *channel = (AsgiChannel *)object;
    if (channel->reading) // an application that runs the loop within the loop
        Py_RETURN_NONE;
    channel->reading = true;
    // the write at the end of this turn carries what has been said during it and is not out yet
    channel->flushSoon = true;
    channel->said = nanoseconds();
    for (int i = 0; i < kReadsPerTurn; ++i) {
        const size_t size = wireReceive(&channel->wire);
        if (size && !wireParse(&channel->wire, onFrame, channel))
            wireLeave(&channel->wire);
        if (size < ReadBytes)
            break;
    }
    channel->reading = false;
    if (PyErr_Occurred())
        wireLeave(&channel->wire);
    return flush(object, NULL);
}

// -- what the owner and WebSockets ask for ------------------------------------------------------

bool asgiRelease(AsgiChannel *channel, unsigned number)
{
    PyObject *key = PyLong_FromUnsignedLong(number);
    if (!key)
        return false;
    if (PyDict_DelItem(channel->requests, key) != 0)
        PyErr_Clear();
    Py_DECREF(key);
    if (!channel->stopping || PyDict_Size(channel->requests))
        return true;
    // later: the task that gave this answer may still run
    PyObject *stopNow = PyObject_GetAttrString(channel->owner, "stopNow");
    PyObject *handle =
        stopNow ? PyObject_CallMethod(channel->loop, "call_soon", "O", stopNow) : NULL;
    Py_XDECREF(stopNow);
    Py_XDECREF(handle);
    return handle != NULL;
}

static PyObject *release(PyObject *object, PyObject *number)
{
    const unsigned long value = PyLong_AsUnsignedLong(number);
    if (PyErr_Occurred() || !asgiRelease((AsgiChannel *)object, (unsigned)value))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *future(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    return PyObject_CallNoArgs(((AsgiChannel *)object)->createFuture);
}

/// send(frame)
static PyObject *sendFrame(PyObject *object, PyObject *frame)
{
    AsgiChannel *channel = (AsgiChannel *)object;
    char *data;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(frame, &data, &size) != 0)
        return NULL;
    if (size < HeaderBytes) {
        PyErr_SetString(PyExc_ValueError, "that is no frame");
        return NULL;
    }
    const uint8_t *start = (const uint8_t *)data;
    if (!asgiFrame(channel, start[4], start[5], wireU32(start + 8), NULL, 0, data + HeaderBytes,
                   (size_t)size - HeaderBytes))
        return NULL;
    Py_RETURN_NONE;
}

/// drain(): sends what is left, however long the kernel takes for it.
static PyObject *drain(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    Wire *wire = &((AsgiChannel *)object)->wire;
    while (wire->out.size) {
        wireSent(wire, wireSend(wire, NULL, 0));
        struct pollfd writable = {.fd = wire->fd, .events = POLLOUT};
        Py_BEGIN_ALLOW_THREADS if (wire->out.size) poll(&writable, 1, -1);
        Py_END_ALLOW_THREADS
    }
    Py_RETURN_NONE;
}

PyMethodDef g_asgiChannelMethods[] = {
    {"onReadable", onReadable, METH_NOARGS, NULL},
    {"onWritable", onWritable, METH_NOARGS, NULL},
    {"flush", flush, METH_NOARGS, NULL},
    {"release", release, METH_O, NULL},
    {"future", future, METH_NOARGS, NULL},
    {"send", sendFrame, METH_O, NULL},
    {"drain", drain, METH_NOARGS, NULL},
    {"taskOfStep", asgiTaskOfStep, METH_O, NULL},
    {"capture", (PyCFunction)(void (*)(void))asgiCapture, METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};
PyMemberDef g_asgiChannelMembers[] = {
    {"requests", T_OBJECT, offsetof(AsgiChannel, requests), READONLY, NULL},
    {"tasks", T_OBJECT, offsetof(AsgiChannel, tasks), READONLY, NULL},
    {"first", T_OBJECT, offsetof(AsgiChannel, first), READONLY, NULL}, // for place.py
    {"stopping", T_BOOL, offsetof(AsgiChannel, stopping), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};
