// SPDX-License-Identifier: Apache-2.0
// protocol.HeaderTable.encodeText and encodeBytes for what applications usually give: a list of
// pairs of str in ASCII, or of bytes in ASCII. Everything else, mistakes included, is left to the
// originals.
#include "core.h"

#include <string.h>

enum {
    kRemembered = 512,
    kHeadBytesMax = 256 * 1024,
    kCountMax = 0xFFFF,
    kLengthDigitsMax = 18,
};

typedef enum { Encoded, Unusual, Failed } Outcome;

static bool isPlain(const char *data, Py_ssize_t size)
{
    for (Py_ssize_t i = 0; i < size; ++i) {
        const unsigned char c = (unsigned char)data[i];
        if ((c < 0x20 && c != '\t') || c >= 0x7F)
            return false;
    }
    return true;
}

/// The text of a plain ASCII str without control characters; false for any other.
static bool plainText(PyObject *text, const char **data, Py_ssize_t *size)
{
    *data = PyUnicode_AsUTF8AndSize(text, size);
    if (!*data) { // lone surrogates
        PyErr_Clear();
        return false;
    }
    return *size == PyUnicode_GetLength(text) && isPlain(*data, *size);
}

static bool isBlank(char c)
{
    return c == ' ' || c == '\t';
}

static bool readLength(const char *data, Py_ssize_t size, Head *head)
{
    if (size < 1 || size > kLengthDigitsMax)
        return false;
    uint64_t value = 0;
    for (Py_ssize_t i = 0; i < size; ++i) {
        if (data[i] < '0' || data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(data[i] - '0');
    }
    head->length = value;
    head->hasLength = true;
    return true;
}

/// Kind and prefix of a name, as bytes; a new reference.
static PyObject *knownName(Wire *wire, PyObject *name)
{
    PyObject *known = Py_XNewRef(PyDict_GetItemWithError(wire->names, name));
    if (known || PyErr_Occurred())
        return known;
    known = PyObject_CallMethod(wire->twin, "nameOf", "OO", wire->table, name);
    if (known && PyDict_Size(wire->names) < kRemembered
        && PyDict_SetItem(wire->names, name, known) != 0)
        Py_CLEAR(known);
    return known;
}

static bool remember(Wire *wire, PyObject *pair, const Head *head, size_t begin)
{
    if (PyDict_Size(wire->pairs) >= kRemembered)
        return true;
    PyObject *encoded =
        PyBytes_FromStringAndSize(head->bytes.data + begin, (Py_ssize_t)(head->bytes.size - begin));
    const bool done = encoded && PyDict_SetItem(wire->pairs, pair, encoded) == 0;
    Py_XDECREF(encoded);
    return done;
}

/// `pair`: it may be remembered.
static Outcome encodeValue(Wire *wire, PyObject *name, const char *text, Py_ssize_t size,
                           Head *head, PyObject *pair)
{
    for (; size && isBlank(*text); ++text)
        --size;
    while (size && isBlank(text[size - 1]))
        --size;
    char *start;
    Py_ssize_t startSize;
    PyObject *known = knownName(wire, name);
    if (!known || PyBytes_AsStringAndSize(known, &start, &startSize) != 0) {
        Py_XDECREF(known);
        return Failed;
    }
    const size_t begin = head->bytes.size;
    const char kind = startSize ? start[0] : HeadDropped;
    const uint8_t sizeBytes[2] = {(uint8_t)size, (uint8_t)(size >> 8)};
    Outcome outcome = Encoded;
    if (size > 0xFFFF || (kind == HeadLength && !readLength(text, size, head)))
        outcome = Unusual;
    else if (kind != HeadDropped) {
        ++head->count;
        if (!bytesAppend(&head->bytes, start + 1, (size_t)startSize - 1)
            || !bytesAppend(&head->bytes, sizeBytes, 2)
            || !bytesAppend(&head->bytes, text, (size_t)size)
            || (kind == HeadStable && pair && !remember(wire, pair, head, begin)))
            outcome = Failed;
    }
    Py_DECREF(known);
    return outcome;
}

static Outcome encodePair(Wire *wire, PyObject *pair, Head *head)
{
    PyObject *name = PyTuple_GetItem(pair, 0), *value = PyTuple_GetItem(pair, 1);
    if (!PyUnicode_CheckExact(name) || !PyUnicode_CheckExact(value))
        return Unusual;
    char *start;
    Py_ssize_t startSize;
    PyObject *encoded = PyDict_GetItemWithError(wire->pairs, pair);
    if (encoded) {
        ++head->count;
        return PyBytes_AsStringAndSize(encoded, &start, &startSize) == 0
                && bytesAppend(&head->bytes, start, (size_t)startSize)
            ? Encoded
            : Failed;
    }
    const char *text;
    Py_ssize_t size;
    if (PyErr_Occurred())
        return Failed;
    if (!plainText(value, &text, &size))
        return Unusual;
    return encodeValue(wire, name, text, size, head, pair);
}

static Outcome encodeBytesPair(Wire *wire, PyObject *pair, Head *head)
{
    PyObject *name = PyTuple_GetItem(pair, 0), *value = PyTuple_GetItem(pair, 1);
    char *data;
    Py_ssize_t size;
    if (!PyBytes_CheckExact(name) || !PyBytes_CheckExact(value)
        || PyBytes_AsStringAndSize(value, &data, &size) != 0 || !isPlain(data, size))
        return Unusual;
    return encodeValue(wire, name, data, size, head, NULL);
}

typedef Outcome (*EncodePair)(Wire *, PyObject *pair, Head *head);

static Outcome encodeList(Wire *wire, PyObject *headers, Head *head, EncodePair encode)
{
    for (Py_ssize_t i = 0; i < PyList_Size(headers); ++i) {
        PyObject *pair = Py_NewRef(PyList_GetItem(headers, i));
        Outcome outcome = Unusual;
        if (PyTuple_CheckExact(pair) && PyTuple_Size(pair) == 2)
            outcome = encode(wire, pair, head);
        Py_DECREF(pair);
        if (outcome != Encoded)
            return outcome;
    }
    return head->bytes.size <= kHeadBytesMax && head->count <= kCountMax ? Encoded : Unusual;
}

/// The original's answer, or its exception.
static bool encodeByTwin(Wire *wire, const char *function, PyObject *headers, Head *head)
{
    PyObject *found = PyObject_CallMethod(wire->twin, function, "OO", wire->table, headers);
    if (!found)
        return false;
    const char *data;
    Py_ssize_t size;
    long long length;
    const bool done = PyArg_ParseTuple(found, "Iy#L", &head->count, &data, &size, &length)
        && bytesAppend(&head->bytes, data, (size_t)size);
    if (done) {
        head->hasLength = length >= 0;
        head->length = length >= 0 ? (uint64_t)length : 0;
    }
    Py_DECREF(found);
    return done;
}

static bool encode(Wire *wire, PyObject *headers, Head *head, EncodePair pair, const char *twin)
{
    const size_t begin = head->bytes.size;
    Outcome outcome = PyList_CheckExact(headers) ? encodeList(wire, headers, head, pair) : Unusual;
    if (outcome != Unusual)
        return outcome == Encoded;
    head->bytes.size = begin;
    head->count = 0;
    head->hasLength = false;
    return encodeByTwin(wire, twin, headers, head);
}

bool headEncode(Wire *wire, PyObject *headers, Head *head)
{
    return encode(wire, headers, head, encodePair, "encodeHead");
}

bool headEncodeBytes(Wire *wire, PyObject *headers, Head *head)
{
    return encode(wire, headers, head, encodeBytesPair, "encodeHeadBytes");
}
