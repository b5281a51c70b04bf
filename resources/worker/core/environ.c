// SPDX-License-Identifier: Apache-2.0
// environ.EnvironReader: from a REQUEST payload to the environ dictionary.
#include "core.h"
#include "cursor.h"

#include <string.h>

enum {
    kMethods = 10,
    kMethodHead = 2,
    kVersions = 3,
    kPlainBits = 7, // has a body, length known, asks for a WebSocket: the layout stays as is
    kHasKnownLength = 3,
    kRememberedNames = 512,
    kRememberedNameMax = 64,
};

static PyObject *s_methods[kMethods], *s_protocols[kVersions], *s_schemes[2];
static PyObject *s_keyMethod, *s_keyPath, *s_keyQuery, *s_keyUri, *s_keyRawUri, *s_keyProtocol,
    *s_keyServerName, *s_keyServerPort, *s_keyRemoteAddress, *s_keyRemotePort, *s_keyScheme,
    *s_keyRequestId, *s_keyQueue, *s_keyLength, *s_keyInput, *s_keyCookie;
static PyObject *s_empty, *s_emptyBytes;

bool environPrepare(void)
{
    static const char *const methods[kMethods] = {"",       "GET",     "HEAD",    "POST",  "PUT",
                                                  "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
    static const char *const protocols[kVersions] = {"HTTP/1.0", "HTTP/1.1", "HTTP/2.0"};
    const struct {
        PyObject **to;
        const char *text;
    } rows[] = {
        {&s_keyMethod, "REQUEST_METHOD"},
        {&s_keyPath, "PATH_INFO"},
        {&s_keyQuery, "QUERY_STRING"},
        {&s_keyUri, "REQUEST_URI"},
        {&s_keyRawUri, "RAW_URI"},
        {&s_keyProtocol, "SERVER_PROTOCOL"},
        {&s_keyServerName, "SERVER_NAME"},
        {&s_keyServerPort, "SERVER_PORT"},
        {&s_keyRemoteAddress, "REMOTE_ADDR"},
        {&s_keyRemotePort, "REMOTE_PORT"},
        {&s_keyScheme, "wsgi.url_scheme"},
        {&s_keyRequestId, "arcology.request_id"},
        {&s_keyQueue, "arcology.queue_seconds"},
        {&s_keyLength, "CONTENT_LENGTH"},
        {&s_keyInput, "wsgi.input"},
        {&s_keyCookie, "HTTP_COOKIE"},
        {&s_schemes[0], "http"},
        {&s_schemes[1], "https"},
        {&s_empty, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        if (!(*rows[i].to = PyUnicode_InternFromString(rows[i].text)))
            return false;
    }
    for (int i = 0; i < kMethods; ++i) {
        if (!(s_methods[i] = PyUnicode_InternFromString(methods[i])))
            return false;
    }
    for (int i = 0; i < kVersions; ++i) {
        if (!(s_protocols[i] = PyUnicode_InternFromString(protocols[i])))
            return false;
    }
    s_emptyBytes = PyBytes_FromStringAndSize(NULL, 0);
    return s_emptyBytes != NULL;
}

// -- making values -------------------------------------------------------------------------------

static PyObject *textOf(View view)
{
    if (!view.size)
        return Py_NewRef(s_empty);
    return PyUnicode_DecodeLatin1(view.data, (Py_ssize_t)view.size, NULL);
}

static PyObject *numberText(uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    return PyUnicode_FromStringAndSize(digits + at, (Py_ssize_t)(sizeof digits - at));
}

/// Sets and gives away `value`; false when it is NULL or cannot be set.
static bool setGiven(PyObject *variables, PyObject *key, PyObject *value)
{
    const bool done = value && PyDict_SetItem(variables, key, value) == 0;
    Py_XDECREF(value);
    return done;
}

PyObject *wireHostText(Wire *wire, const char *data, size_t hostSize)
{
    char *known;
    Py_ssize_t size;
    if (wire->lastHost && PyBytes_AsStringAndSize(wire->lastHost, &known, &size) == 0
        && (size_t)size == hostSize && memcmp(known, data, hostSize) == 0)
        return Py_NewRef(wire->lastHostText);
    PyObject *text = textOf((View) {data, hostSize});
    PyObject *bytes = PyBytes_FromStringAndSize(data, (Py_ssize_t)hostSize);
    if (!text || !bytes) {
        Py_XDECREF(text);
        Py_XDECREF(bytes);
        return NULL;
    }
    PyObject *before = wire->lastHost, *textBefore = wire->lastHostText;
    wire->lastHost = bytes;
    wire->lastHostText = Py_NewRef(text);
    Py_XDECREF(before);
    Py_XDECREF(textBefore);
    return text;
}

// -- headers -------------------------------------------------------------------------------------

/// The environ key of a name without number; a new reference, None for one that is hidden.
static PyObject *literalKey(Channel *channel, View name)
{
    PyObject *bytes = PyBytes_FromStringAndSize(name.data, (Py_ssize_t)name.size);
    if (!bytes)
        return NULL;
    PyObject *key = Py_XNewRef(PyDict_GetItemWithError(channel->literalKeys, bytes));
    if (!key && !PyErr_Occurred()) {
        PyObject *text = textOf(name);
        key = text ? PyObject_CallMethod(channel->wire.twin, "environKey", "O", text) : NULL;
        Py_XDECREF(text);
        if (key && name.size <= kRememberedNameMax
            && PyDict_Size(channel->literalKeys) < kRememberedNames
            && PyDict_SetItem(channel->literalKeys, bytes, key) != 0)
            Py_CLEAR(key);
    }
    Py_DECREF(bytes);
    return key;
}

static bool setHeader(PyObject *variables, PyObject *key, View value)
{
    PyObject *before = PyDict_GetItemWithError(variables, key);
    if (!before)
        return !PyErr_Occurred() && setGiven(variables, key, textOf(value));
    PyObject *text = textOf(value);
    if (!text)
        return false;
    const char *between = PyUnicode_Compare(key, s_keyCookie) == 0 ? "; " : ",";
    const bool done =
        setGiven(variables, key, PyUnicode_FromFormat("%U%s%U", before, between, text));
    Py_DECREF(text);
    return done;
}

static bool readHeaders(Channel *channel, PyObject *variables, Cursor *cursor)
{
    const Py_ssize_t known = PyList_Size(channel->environKeys);
    for (unsigned left = takeU16(cursor); left && !cursor->isShort; --left) {
        const unsigned number = takeU8(cursor);
        PyObject *key = NULL;
        if (number) {
            if (number >= known) {
                cursor->isShort = true;
                return true;
            }
            key = Py_NewRef(PyList_GetItem(channel->environKeys, number));
        } else {
            const View name = takeString(cursor);
            if (!cursor->isShort && !(key = literalKey(channel, name)))
                return false;
        }
        const View value = takeString(cursor);
        const bool done = cursor->isShort || Py_IsNone(key) || setHeader(variables, key, value);
        Py_XDECREF(key);
        if (!done)
            return false;
    }
    return true;
}

// -- the whole -----------------------------------------------------------------------------------

static bool setTarget(PyObject *variables, View rawPath, PyObject *query, Stream *stream)
{
    PyObject *path = textOf(rawPath);
    if (!path)
        return false;
    PyObject *target = path;
    if (PyUnicode_GetLength(query)) {
        target = PyUnicode_FromFormat("%U?%U", path, query);
        Py_DECREF(path);
        if (!target)
            return false;
    }
    stream->target = target;
    return PyDict_SetItem(variables, s_keyUri, target) == 0
        && PyDict_SetItem(variables, s_keyRawUri, target) == 0;
}

/// What stands before the headers. True with `cursor->isShort` when the payload is cut.
static bool readStart(Channel *channel, PyObject *variables, Cursor *cursor, Stream *stream)
{
    const unsigned method = takeU8(cursor), scheme = takeU8(cursor), version = takeU8(cursor),
                   bits = takeU8(cursor);
    const uint64_t length = takeLong(cursor, 8);
    const uint64_t queueMicroseconds = takeLong(cursor, 4);
    const View literal = takeString(cursor), rawPath = takeString(cursor),
               path = takeString(cursor), query = takeString(cursor), client = takeString(cursor);
    const unsigned clientPort = takeU16(cursor);
    const View server = takeString(cursor);
    const unsigned serverPort = takeU16(cursor);
    const View requestId = takeString(cursor);
    if (cursor->isShort || method >= kMethods || version >= kVersions) {
        cursor->isShort = true;
        return true;
    }
    stream->isHead = literal.size ? literal.size == 4 && memcmp(literal.data, "HEAD", 4) == 0
                                  : method == kMethodHead;
    stream->method = literal.size ? textOf(literal) : Py_NewRef(s_methods[method]);
    stream->requestId = textOf(requestId);
    PyObject *queryText = textOf(query);
    const bool done = stream->method && stream->requestId && queryText
        && PyDict_SetItem(variables, s_keyMethod, stream->method) == 0
        && PyDict_SetItem(variables, s_keyRequestId, stream->requestId) == 0
        && PyDict_SetItem(variables, s_keyQuery, queryText) == 0
        && PyDict_SetItem(variables, s_keyProtocol, s_protocols[version]) == 0
        && PyDict_SetItem(variables, s_keyScheme, s_schemes[scheme != 0]) == 0
        && setTarget(variables, rawPath, queryText, stream)
        && setGiven(variables, s_keyPath, textOf(path))
        && setGiven(variables, s_keyServerName, textOf(server))
        && setGiven(variables, s_keyServerPort, numberText(serverPort))
        && setGiven(variables, s_keyRemoteAddress,
                    wireHostText(&channel->wire, client.data, client.size))
        && setGiven(variables, s_keyRemotePort, numberText(clientPort))
        && setGiven(variables, s_keyQueue, PyFloat_FromDouble((double)queueMicroseconds / 1e6))
        && ((bits & kHasKnownLength) != kHasKnownLength
            || setGiven(variables, s_keyLength, numberText(length)));
    Py_XDECREF(queryText);
    return done;
}

static bool setInput(Channel *channel, Stream *stream, const Cursor *cursor)
{
    const Py_ssize_t size = cursor->end - cursor->at;
    PyObject *first =
        size ? PyBytes_FromStringAndSize((const char *)cursor->at, size) : Py_NewRef(s_emptyBytes);
    if (!first)
        return false;
    PyObject *input = stream->complete
        ? PyObject_CallFunctionObjArgs(channel->bytesIO, first, NULL)
        : PyObject_CallMethod(channel->wire.twin, "makeInput", "OOO", channel, stream, first);
    Py_DECREF(first);
    return setGiven(stream->environ, s_keyInput, input);
}

static bool readRequest(Channel *channel, Stream *stream, const uint8_t *payload, size_t size)
{
    if (size > 3 && payload[3] & ~kPlainBits) { // more stands behind the headers
        stream->end = (Py_ssize_t)size;
        stream->data = PyBytes_FromStringAndSize((const char *)payload, stream->end);
        return stream->data != NULL;
    }
    Cursor cursor = {payload, payload + size, false};
    if (!(stream->environ = PyDict_Copy(channel->template))
        || !readStart(channel, stream->environ, &cursor, stream))
        return false;
    if (!cursor.isShort && !readHeaders(channel, stream->environ, &cursor))
        return false;
    if (cursor.isShort)
        return wireProtocolError(&channel->wire, "a REQUEST that ends too early", 0);
    return setInput(channel, stream, &cursor);
}

Stream *streamFromRequest(Channel *channel, unsigned number, unsigned flags, const uint8_t *payload,
                          size_t size)
{
    Stream *stream = (Stream *)PyType_GenericAlloc(g_streamType, 0);
    if (!stream)
        return NULL;
    pthread_cond_init(&stream->changed, NULL);
    stream->number = number;
    stream->granted = InitialWindow;
    stream->complete = (flags & FlagEnd) != 0;
    if (!(stream->key = PyLong_FromUnsignedLong(number))
        || (!stream->complete
            && !(stream->chunks = PyObject_CallMethod(channel->wire.twin, "deque", NULL)))
        || !readRequest(channel, stream, payload, size)) {
        Py_DECREF(asObject(stream));
        return NULL;
    }
    return stream;
}
