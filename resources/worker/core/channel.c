// SPDX-License-Identifier: Apache-2.0
// channel.Channel: what Python may ask of it, the ends of the worker, and waiting for the engine.
#include "core.h"

#include <errno.h>
#include <unistd.h>

void channelForget(Channel *channel, Stream *stream)
{
    if (PyDict_DelItem(channel->streams, stream->key) != 0)
        PyErr_Clear(); // it was forgotten before
}

void channelWake(Channel *channel)
{
    const uint64_t one = 1;
    while (write(channel->wakeFd, &one, sizeof one) < 0 && errno == EINTR) { }
}

void channelStop(Channel *channel)
{
    channel->stopping = true;
    channelWake(channel);
}

static PyObject *stop(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    channelStop((Channel *)object);
    Py_RETURN_NONE;
}

// -- waiting for the engine ----------------------------------------------------------------------

void streamChanged(Channel *channel, Stream *stream)
{
    if (!stream->waiters) {
        ++stream->serial;
        return;
    }
    pthread_mutex_lock(&channel->waitMutex);
    ++stream->serial;
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&channel->waitMutex);
}

void streamWait(Channel *channel, Stream *stream, unsigned seen)
{
    ++stream->waiters;
    PyThreadState *released = PyEval_SaveThread();
    pthread_mutex_lock(&channel->waitMutex);
    while (stream->serial == seen)
        pthread_cond_wait(&stream->changed, &channel->waitMutex);
    pthread_mutex_unlock(&channel->waitMutex);
    PyEval_RestoreThread(released);
    --stream->waiters;
}

/// wait(stream, condition): sleeps until condition() holds; asked anew whenever the engine says
/// something of the stream.
static PyObject *waitFor(PyObject *object, PyObject *arguments)
{
    Stream *stream;
    PyObject *condition;
    if (!PyArg_ParseTuple(arguments, "O!O", g_streamType, &stream, &condition))
        return NULL;
    channelFlush((Channel *)object);
    for (;;) {
        const unsigned seen = stream->serial;
        PyObject *answer = PyObject_CallNoArgs(condition);
        const int holds = answer ? PyObject_IsTrue(answer) : -1;
        Py_XDECREF(answer);
        if (holds < 0)
            return NULL;
        if (holds)
            Py_RETURN_NONE;
        streamWait((Channel *)object, stream, seen);
    }
}

/// grant(stream, size): the engine may send so many body bytes more.
static PyObject *grant(PyObject *object, PyObject *arguments)
{
    Stream *stream;
    unsigned size;
    if (!PyArg_ParseTuple(arguments, "O!I", g_streamType, &stream, &size))
        return NULL;
    const uint8_t payload[4] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16),
                                (uint8_t)(size >> 24)};
    if (!channelFrame((Channel *)object, FrameWindow, 0, stream->number, payload, 4, NULL, 0,
                      false))
        return NULL;
    Py_RETURN_NONE;
}

PyMethodDef g_channelMethods[] = {
    {"work", channelWork, METH_NOARGS, NULL}, {"serve", channelServe, METH_NOARGS, NULL},
    {"stop", stop, METH_NOARGS, NULL},        {"wait", waitFor, METH_VARARGS, NULL},
    {"grant", grant, METH_VARARGS, NULL},     {NULL, NULL, 0, NULL},
};
