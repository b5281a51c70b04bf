// SPDX-License-Identifier: Apache-2.0
// asgi.RequestFactory: from a REQUEST payload to the scope dictionary.
#include "asgi.h"
#include "cursor.h"

#include <string.h>

enum {
    kMethods = 10,
    kMethodHead = 2,
    kVersions = 3,
    kHasKnownLength = 3, // both bits
    kAsksSocket = 4,
    kTakesTrailers = 8,
    kHasClientFacts = 16,
    kRememberedPathMax = 1024,
};

static PyObject *s_methods[kMethods], *s_versions[kVersions], *s_schemes[2];
static PyObject *s_keyMethod, *s_keyVersion, *s_keyScheme, *s_keyPath, *s_keyRawPath, *s_keyQuery,
    *s_keyHeaders, *s_keyClient, *s_keyServer, *s_keyState, *s_keyExtensions, *s_keyTrailers,
    *s_keyTls;

bool asgiScopePrepare(void)
{
    static const char *const methods[kMethods] = {"",       "GET",     "HEAD",    "POST",  "PUT",
                                                  "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
    const struct {
        PyObject **to;
        const char *text;
    } rows[] = {
        {&s_keyMethod, "method"},
        {&s_keyVersion, "http_version"},
        {&s_keyScheme, "scheme"},
        {&s_keyPath, "path"},
        {&s_keyRawPath, "raw_path"},
        {&s_keyQuery, "query_string"},
        {&s_keyHeaders, "headers"},
        {&s_keyClient, "client"},
        {&s_keyServer, "server"},
        {&s_keyState, "state"},
        {&s_keyExtensions, "extensions"},
        {&s_keyTrailers, "http.response.trailers"},
        {&s_keyTls, "tls"},
        {&s_schemes[0], "http"},
        {&s_schemes[1], "https"},
        {&s_versions[0], "1.0"},
        {&s_versions[1], "1.1"},
        {&s_versions[2], "2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        if (!(*rows[i].to = PyUnicode_InternFromString(rows[i].text)))
            return false;
    }
    for (int i = 0; i < kMethods; ++i) {
        if (!(s_methods[i] = PyUnicode_InternFromString(methods[i])))
            return false;
    }
    return asgiHeadersPrepare();
}

/// Sets and gives away `value`; false when it is NULL or cannot be set.
static bool setGiven(PyObject *scope, PyObject *key, PyObject *value)
{
    const bool done = value && PyDict_SetItem(scope, key, value) == 0;
    Py_XDECREF(value);
    return done;
}

static bool setPath(AsgiChannel *channel, PyObject *scope, View rawPath, View path)
{
    if (channel->lastPath && rawPath.size == path.size && isBytes(channel->lastPath, rawPath)
        && memcmp(rawPath.data, path.data, path.size) == 0)
        return PyDict_SetItem(scope, s_keyRawPath, channel->lastPath) == 0
            && PyDict_SetItem(scope, s_keyPath, channel->lastPathText) == 0;
    PyObject *raw = bytesOf(rawPath);
    PyObject *text = PyUnicode_DecodeUTF8(path.data, (Py_ssize_t)path.size, "replace");
    const bool done = raw && text && PyDict_SetItem(scope, s_keyRawPath, raw) == 0
        && PyDict_SetItem(scope, s_keyPath, text) == 0;
    if (done && path.size <= kRememberedPathMax && rawPath.size == path.size
        && memcmp(rawPath.data, path.data, path.size) == 0) {
        replace(&channel->lastPath, raw);
        replace(&channel->lastPathText, text);
    }
    Py_XDECREF(raw);
    Py_XDECREF(text);
    return done;
}

static bool setServer(AsgiChannel *channel, PyObject *scope, View host, unsigned port)
{
    if (channel->lastServer) {
        PyObject *text = PyTuple_GetItem(channel->lastServer, 0);
        Py_ssize_t size;
        const char *known = PyUnicode_AsUTF8AndSize(text, &size);
        if (known && (size_t)size == host.size && memcmp(known, host.data, host.size) == 0
            && PyLong_AsUnsignedLong(PyTuple_GetItem(channel->lastServer, 1)) == port)
            return PyDict_SetItem(scope, s_keyServer, channel->lastServer) == 0;
        PyErr_Clear();
    }
    PyObject *server =
        Py_BuildValue("(NI)", PyUnicode_DecodeLatin1(host.data, (Py_ssize_t)host.size, NULL), port);
    if (server)
        replace(&channel->lastServer, server);
    return setGiven(scope, s_keyServer, server);
}

static bool setClient(AsgiChannel *channel, PyObject *scope, View host, unsigned port)
{
    PyObject *text = wireHostText(&channel->wire, host.data, host.size);
    PyObject *number = PyLong_FromUnsignedLong(port);
    PyObject *client = text && number ? PyTuple_Pack(2, text, number) : NULL;
    Py_XDECREF(text);
    Py_XDECREF(number);
    return setGiven(scope, s_keyClient, client);
}

static bool setExtensions(AsgiChannel *channel, PyObject *scope, unsigned bits, Cursor *cursor)
{
    PyObject *extensions = PyDict_Copy(channel->extensions);
    bool done = extensions
        && (!(bits & kTakesTrailers) || setGiven(extensions, s_keyTrailers, PyDict_New()));
    if (done && bits & kHasClientFacts) {
        PyObject *tls = NULL;
        Py_ssize_t used = 0;
        PyObject *read = PyObject_CallMethod(channel->wire.twin, "tlsExtension", "y#", cursor->at,
                                             (Py_ssize_t)(cursor->end - cursor->at));
        done = read && PyArg_ParseTuple(read, "On", &tls, &used)
            && PyDict_SetItem(extensions, s_keyTls, tls) == 0;
        Py_XDECREF(read);
        if (used > cursor->end - cursor->at)
            cursor->isShort = true;
        else
            cursor->at += used;
    }
    return setGiven(scope, s_keyExtensions, done ? extensions : (Py_XDECREF(extensions), NULL));
}

/// True with `cursor->isShort` when the payload is cut. `bits` and `isHead` for the caller.
static bool readHead(AsgiChannel *channel, PyObject *scope, Cursor *cursor, Request *request,
                     unsigned *bits)
{
    const unsigned method = takeU8(cursor), scheme = takeU8(cursor), version = takeU8(cursor);
    *bits = takeU8(cursor);
    const uint64_t length = takeLong(cursor, 8);
    takeLong(cursor, 4); // what it waited in the queue
    const View literal = takeString(cursor), rawPath = takeString(cursor),
               path = takeString(cursor), query = takeString(cursor), client = takeString(cursor);
    const unsigned clientPort = takeU16(cursor);
    const View server = takeString(cursor);
    const unsigned serverPort = takeU16(cursor);
    const View requestId = takeString(cursor);
    PyObject *headers = asgiReadHeaders(channel, cursor);
    if (cursor->isShort || method >= kMethods || version >= kVersions) {
        cursor->isShort = true;
        Py_XDECREF(headers);
        return true;
    }
    request->isHead = literal.size ? literal.size == 4 && memcmp(literal.data, "HEAD", 4) == 0
                                   : method == kMethodHead;
    request->takesTrailers = (*bits & kTakesTrailers) != 0;
    request->requestId = PyUnicode_DecodeLatin1(requestId.data, (Py_ssize_t)requestId.size, NULL);
    if (headers && (*bits & kHasKnownLength) == kHasKnownLength && !asgiAddLength(headers, length))
        Py_CLEAR(headers);
    PyObject *methodText = literal.size
        ? PyUnicode_DecodeLatin1(literal.data, (Py_ssize_t)literal.size, NULL)
        : Py_NewRef(s_methods[method]);
    return setGiven(scope, s_keyHeaders, headers) && setGiven(scope, s_keyMethod, methodText)
        && request->requestId && PyDict_SetItem(scope, s_keyVersion, s_versions[version]) == 0
        && PyDict_SetItem(scope, s_keyScheme, s_schemes[scheme != 0]) == 0
        && setPath(channel, scope, rawPath, path) && setGiven(scope, s_keyQuery, bytesOf(query))
        && setClient(channel, scope, client, clientPort)
        && setServer(channel, scope, server, serverPort)
        && setGiven(scope, s_keyState, PyDict_Copy(channel->state))
        && setExtensions(channel, scope, *bits, cursor);
}

static bool startSocket(AsgiChannel *channel, Request *request)
{
    PyObject *socket = PyObject_CallMethod(channel->owner, "makeSocket", "IOO", request->number,
                                           request->scope, request->requestId);
    PyObject *key = PyLong_FromUnsignedLong(request->number);
    PyObject *coroutine = NULL;
    if (socket && key && PyDict_SetItem(channel->requests, key, socket) == 0)
        coroutine = PyObject_CallMethod(socket, "run", NULL);
    Py_XDECREF(key);
    Py_XDECREF(socket);
    const bool done = coroutine && asgiStartOther(channel, coroutine);
    Py_XDECREF(coroutine);
    return done;
}

static bool startRequest(AsgiChannel *channel, Request *request, const Cursor *cursor)
{
    if (cursor->at < cursor->end) {
        PyObject *first =
            PyBytes_FromStringAndSize((const char *)cursor->at, cursor->end - cursor->at);
        request->chunks = first ? PyList_New(0) : NULL;
        if (!request->chunks || !appendGiven(request->chunks, first))
            return false;
    }
    PyObject *key = PyLong_FromUnsignedLong(request->number);
    const bool done = key && PyDict_SetItem(channel->requests, key, (PyObject *)request) == 0;
    Py_XDECREF(key);
    return done && asgiStart(channel, request);
}

static int isInUse(AsgiChannel *channel, unsigned number)
{
    if (!number)
        return 1;
    PyObject *key = PyLong_FromUnsignedLong(number);
    const int found = key ? PyDict_Contains(channel->requests, key) : -1;
    Py_XDECREF(key);
    return found;
}

bool asgiRequest(AsgiChannel *channel, const Frame *frame)
{
    const int inUse = isInUse(channel, frame->number);
    if (inUse)
        return inUse > 0
            && wireProtocolError(&channel->wire, "a REQUEST on stream %u, which is in use",
                                 frame->number);
    Request *request = (Request *)PyType_GenericAlloc(g_requestType, 0);
    if (!request)
        return false;
    request->channel = (AsgiChannel *)Py_NewRef(asObject(channel));
    request->number = frame->number;
    request->granted = InitialWindow;
    request->complete = (frame->flags & FlagEnd) != 0;
    Cursor cursor = {frame->payload, frame->payload + frame->size, false};
    unsigned bits = 0;
    request->scope = PyDict_Copy(channel->template);
    bool done = request->scope && readHead(channel, request->scope, &cursor, request, &bits);
    if (done && cursor.isShort)
        done = wireProtocolError(&channel->wire, "a REQUEST that ends too early", 0);
    else if (done)
        done = bits & kAsksSocket ? startSocket(channel, request)
                                  : startRequest(channel, request, &cursor);
    Py_DECREF(asObject(request));
    return done;
}
