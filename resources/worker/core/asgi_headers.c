// SPDX-License-Identifier: Apache-2.0
// asgi.RequestFactory: the headers of a request.
#include "asgi.h"
#include "cursor.h"

#include <stdio.h>
#include <string.h>

enum { kRememberedValueMax = 256 };

static PyObject *s_emptyBytes, *s_contentLength;

bool asgiHeadersPrepare(void)
{
    return (s_emptyBytes = PyBytes_FromStringAndSize(NULL, 0))
        && (s_contentLength = PyBytes_FromString("content-length"));
}

PyObject *bytesOf(View view)
{
    return view.size ? PyBytes_FromStringAndSize(view.data, (Py_ssize_t)view.size)
                     : Py_NewRef(s_emptyBytes);
}

bool isBytes(PyObject *bytes, View view)
{
    char *data;
    Py_ssize_t size;
    return PyBytes_AsStringAndSize(bytes, &data, &size) == 0 && (size_t)size == view.size
        && memcmp(data, view.data, view.size) == 0;
}

void replace(PyObject **slot, PyObject *value)
{
    PyObject *before = *slot;
    *slot = Py_NewRef(value);
    Py_XDECREF(before);
}

/// Browsers and clients send most values again and again. Only the ends of a value count for its
/// place: what is compared there is the whole.
static PyObject **placeOf(AsgiChannel *channel, unsigned number, View value)
{
    uint32_t first = 0, last = 0;
    const size_t part = value.size < 4 ? value.size : 4;
    memcpy(&first, value.data, part);
    memcpy(&last, value.data + value.size - part, part);
    const uint32_t mixed =
        (first ^ last * 31 ^ (uint32_t)value.size * 0x85EBCA6B ^ number * 0xC2B2AE35) * 0x9E3779B1;
    return &channel->remembered[mixed >> 24];
}

static PyObject *knownPair(AsgiChannel *channel, unsigned number, View value)
{
    PyObject *name = PyList_GetItem(channel->bytesNames, number);
    // secrets of one client are not kept for the next
    if (value.size > kRememberedValueMax || number == channel->cookie
        || number == channel->authorization) {
        PyObject *bytes = bytesOf(value);
        PyObject *pair = bytes ? PyTuple_Pack(2, name, bytes) : NULL;
        Py_XDECREF(bytes);
        return pair;
    }
    PyObject **place = placeOf(channel, number, value);
    if (*place && PyTuple_GetItem(*place, 0) == name && isBytes(PyTuple_GetItem(*place, 1), value))
        return Py_NewRef(*place);
    PyObject *bytes = bytesOf(value);
    PyObject *pair = bytes ? PyTuple_Pack(2, name, bytes) : NULL;
    Py_XDECREF(bytes);
    if (pair)
        replace(place, pair);
    return pair;
}

static PyObject *literalPair(View name, View value)
{
    PyObject *nameBytes = bytesOf(name), *bytes = bytesOf(value);
    PyObject *pair = nameBytes && bytes ? PyTuple_Pack(2, nameBytes, bytes) : NULL;
    Py_XDECREF(nameBytes);
    Py_XDECREF(bytes);
    return pair;
}

bool appendGiven(PyObject *list, PyObject *value)
{
    const bool done = value && PyList_Append(list, value) == 0;
    Py_XDECREF(value);
    return done;
}

PyObject *asgiReadHeaders(AsgiChannel *channel, Cursor *cursor)
{
    const Py_ssize_t known = PyList_Size(channel->bytesNames);
    PyObject *headers = PyList_New(0);
    for (unsigned left = takeU16(cursor); headers && left && !cursor->isShort; --left) {
        const unsigned number = takeU8(cursor);
        const View name = number ? (View) {"", 0} : takeString(cursor);
        const View value = takeString(cursor);
        if (number >= known)
            cursor->isShort = true;
        if (cursor->isShort)
            break;
        if (!appendGiven(headers,
                         number ? knownPair(channel, number, value) : literalPair(name, value)))
            Py_CLEAR(headers);
    }
    return headers;
}

bool asgiAddLength(PyObject *headers, uint64_t length)
{
    char digits[24];
    const int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)length);
    PyObject *text = PyBytes_FromStringAndSize(digits, size);
    PyObject *pair = text ? PyTuple_Pack(2, s_contentLength, text) : NULL;
    Py_XDECREF(text);
    return appendGiven(headers, pair);
}
