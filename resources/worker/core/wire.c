// SPDX-License-Identifier: Apache-2.0
// The socket as channels of both kinds use it: protocol.FrameBuffer, and bytes on their way out.
#include "core.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    kKeptMax = 256 * 1024, // a buffer that grew beyond goes back
    kExitSoftware = 70,
};

bool bytesReserve(Bytes *bytes, size_t more)
{
    if (bytes->capacity - bytes->size >= more)
        return true;
    size_t capacity = bytes->capacity ? bytes->capacity : 512;
    while (capacity - bytes->size < more)
        capacity *= 2;
    char *data = realloc(bytes->data, capacity);
    if (!data) {
        PyErr_NoMemory();
        return false;
    }
    bytes->data = data;
    bytes->capacity = capacity;
    return true;
}

bool bytesAppend(Bytes *bytes, const void *data, size_t size)
{
    if (!bytesReserve(bytes, size))
        return false;
    if (size)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return true;
}

void bytesFree(Bytes *bytes)
{
    free(bytes->data);
    *bytes = (Bytes) {0};
}

bool wireOpen(Wire *wire, int fd, PyObject *table, PyObject *twin)
{
    wire->fd = fd;
    wire->twin = Py_NewRef(twin);
    wire->table = Py_NewRef(table);
    wire->names = PyDict_New();
    wire->pairs = PyObject_GetAttrString(table, "pairs");
    wire->lengthPrefix = PyObject_GetAttrString(table, "lengthPrefix");
    if (wire->pairs && !PyDict_Check(wire->pairs))
        PyErr_SetString(PyExc_TypeError, "pairs is no dict");
    return !PyErr_Occurred();
}

void wireClose(Wire *wire)
{
    bytesFree(&wire->in);
    bytesFree(&wire->out);
    PyObject *owned[] = {wire->twin,         wire->table,    wire->names,       wire->pairs,
                         wire->lengthPrefix, wire->lastHost, wire->lastHostText};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; ++i)
        Py_XDECREF(owned[i]);
}

void *wireProtocolError(Wire *wire, const char *format, unsigned number)
{
    PyObject *kind = PyObject_GetAttrString(wire->twin, "ProtocolError");
    if (kind)
        PyErr_Format(kind, format, number);
    Py_XDECREF(kind);
    return NULL;
}

void wireLeave(Wire *wire)
{
    PyObject *kind, *error = NULL, *trace;
    PyErr_Fetch(&kind, &error, &trace);
    if (kind)
        PyErr_NormalizeException(&kind, &error, &trace);
    PyObject *never = PyObject_CallMethod(wire->twin, "end", "O", error ? error : Py_None);
    Py_XDECREF(never);
    _exit(kExitSoftware); // not reached unless even that failed
}

// -- reading -------------------------------------------------------------------------------------

size_t wireReceive(Wire *wire)
{
    Bytes *in = &wire->in;
    if (!bytesReserve(in, ReadBytes))
        return 0;
    ssize_t size;
    do
        size = recv(wire->fd, in->data + in->size, ReadBytes, MSG_DONTWAIT);
    while (size < 0 && errno == EINTR);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (size <= 0)
        wireLeave(wire);
    in->size += (size_t)size;
    return (size_t)size;
}

bool wireParse(Wire *wire, OnFrame onFrame, void *owner)
{
    Bytes *in = &wire->in;
    size_t at = 0, wanted = ReadBytes;
    bool done = true;
    while (done && in->size - at >= HeaderBytes) {
        const uint8_t *start = (const uint8_t *)in->data + at;
        const uint32_t size = wireU32(start);
        if (size > PayloadMax)
            return wireProtocolError(wire, "a frame of %u bytes", size);
        if (in->size - at - HeaderBytes < size) {
            wanted = HeaderBytes + size;
            break;
        }
        const Frame frame = {start[4], start[5], wireU32(start + 8), start + HeaderBytes, size};
        at += HeaderBytes + size;
        done = onFrame(owner, &frame);
    }
    memmove(in->data, in->data + at, in->size - at);
    in->size -= at;
    if (!in->size && in->capacity > kKeptMax)
        bytesFree(in);
    return done && bytesReserve(in, wanted > in->size ? wanted - in->size : ReadBytes);
}

// -- writing -------------------------------------------------------------------------------------

static void putU32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
    at[3] = (uint8_t)(value >> 24);
}

bool wireAppend(Wire *wire, unsigned kind, unsigned flags, unsigned number, const void *head,
                size_t headSize, const void *body, size_t bodySize, bool beside)
{
    const size_t payload = headSize + bodySize;
    // All or nothing: half a frame would spoil those behind it.
    if (!bytesReserve(&wire->out, HeaderBytes + payload))
        return false;
    uint8_t start[HeaderBytes] = {0};
    putU32(start, (uint32_t)payload);
    start[4] = (uint8_t)kind;
    start[5] = (uint8_t)flags;
    putU32(start + 8, number);
    bytesAppend(&wire->out, start, sizeof start);
    bytesAppend(&wire->out, head, headSize);
    return beside || bytesAppend(&wire->out, body, bodySize);
}

size_t wireSend(Wire *wire, const void *body, size_t bodySize)
{
    struct iovec parts[2] = {
        {wire->out.data + wire->outSent, wire->out.size - wire->outSent},
        {(void *)body, bodySize},
    };
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = bodySize ? 2 : 1};
    ssize_t sent;
    do
        sent = sendmsg(wire->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return (size_t)sent;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        wireLeave(wire);
    return 0;
}

void wireSent(Wire *wire, size_t size)
{
    wire->outSent += size;
    const size_t left = wire->out.size - wire->outSent;
    if (left) {
        // An engine that always leaves something must not make the buffer grow without end.
        if (wire->outSent > kKeptMax && wire->outSent > left) {
            memmove(wire->out.data, wire->out.data + wire->outSent, left);
            wire->out.size = left;
            wire->outSent = 0;
        }
        return;
    }
    wire->outSent = 0;
    wire->out.size = 0;
    if (wire->out.capacity > kKeptMax)
        bytesFree(&wire->out);
}
