// SPDX-License-Identifier: Apache-2.0
// asgi.Request.send: what each message does.
#include "asgi.h"

static PyObject *s_type, *s_body, *s_moreBody, *s_path, *s_links;
static PyObject *s_start, *s_responseBody, *s_hint, *s_trailers, *s_pathSend;

bool sendPrepare(void)
{
    const struct {
        PyObject **to;
        const char *text;
    } rows[] = {{&s_type, "type"},
                {&s_body, "body"},
                {&s_moreBody, "more_body"},
                {&s_path, "path"},
                {&s_links, "links"},
                {&s_start, "http.response.start"},
                {&s_responseBody, "http.response.body"},
                {&s_hint, "http.response.early_hint"},
                {&s_trailers, "http.response.trailers"},
                {&s_pathSend, "http.response.pathsend"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        if (!(*rows[i].to = PyUnicode_InternFromString(rows[i].text)))
            return false;
    }
    return true;
}

static Step fail(const char *sentence)
{
    PyErr_SetString(PyExc_RuntimeError, sentence);
    return Failed;
}

// -- the body of an answer -----------------------------------------------------------------------

static uint64_t roomOf(const Request *request)
{
    return request->granted > request->sent ? request->granted - request->sent : 0;
}

Step callSendBody(Call *self)
{
    Request *request = self->request;
    char *data;
    Py_ssize_t given;
    if (PyBytes_AsStringAndSize(self->body, &data, &given) != 0)
        return Failed;
    const size_t size = request->bodyless ? 0 : (size_t)given;
    if (!size && request->begun && !self->last)
        return Done;
    do {
        const uint64_t room = roomOf(request);
        if (!room && size && request->begun) {
            self->waiting = waitIn(request->channel, &request->senders);
            return self->waiting ? Wait : Failed;
        }
        size_t part = size - self->position;
        part = part < BodyFrameMax ? part : BodyFrameMax;
        part = part < room ? part : (size_t)room;
        self->position += part;
        if (!requestFrame(request, data + self->position - part, part,
                          self->last && self->position == size))
            return Failed;
    } while (self->position < size);
    return Done;
}

static Step checkLength(Call *self)
{
    Request *request = self->request;
    if (!request->hasLength || request->bodyless)
        return Done;
    request->written += (uint64_t)PyBytes_Size(self->body);
    if (request->written > request->length)
        PyErr_Format(PyExc_RuntimeError, "the body is longer than its Content-Length of %llu",
                     (unsigned long long)request->length);
    else if (self->last && request->written < request->length)
        PyErr_Format(PyExc_RuntimeError, "the body ended %llu bytes before its Content-Length",
                     (unsigned long long)(request->length - request->written));
    else
        return Done;
    return Failed;
}

Step callBeginBody(Call *self)
{
    const Request *request = self->request;
    if (!request->hasHead)
        return fail("http.response.body came before http.response.start");
    if (request->ended && !request->gone)
        return fail("http.response.body came after the answer was complete");
    // Nobody reads it; by the specification, send() is then a no-op. An endless answer would keep
    // the loop to itself: who waits for its end, or serves others, must get a turn.
    if (request->gone)
        return request->ended ? Done : Pause;
    if (!self->isPut) {
        const int more = messageTruth(self->message, s_moreBody);
        if (more < 0)
            return Failed;
        self->last = !more && !request->trailing;
        PyObject *body = messageValue(self->message, s_body);
        if (body && !PyBytes_Check(body)) {
            PyObject *bytes = PyBytes_FromObject(body);
            Py_DECREF(body);
            body = bytes;
        }
        if (!body && !PyErr_Occurred())
            body = PyBytes_FromStringAndSize(NULL, 0);
        if (!(self->body = body))
            return Failed;
    }
    return checkLength(self) == Done ? callSendBody(self) : Failed;
}

// -- messages ------------------------------------------------------------------------------------

static bool isKind(PyObject *kind, PyObject *wanted)
{
    return kind == wanted || (PyUnicode_Check(kind) && PyUnicode_Compare(kind, wanted) == 0);
}

/// A value that must be there; a new reference.
static PyObject *required(PyObject *message, PyObject *key)
{
    PyObject *value = messageValue(message, key);
    if (!value && !PyErr_Occurred())
        PyErr_SetObject(PyExc_KeyError, key);
    return value;
}

/// The engine sends the file; one that it may not reach is read by the twin.
static Step sendPath(Call *self)
{
    Request *request = self->request;
    if (!request->hasHead || request->begun)
        return fail("http.response.pathsend did not follow http.response.start");
    if (request->gone)
        return Done;
    PyObject *path = required(self->message, s_path);
    if (!path)
        return Failed;
    self->waiting = PyObject_CallMethod(request->channel->wire.twin, "sendPath", "OOO", request,
                                        request->channel->folders, path);
    Py_DECREF(path);
    self->delegated = true;
    return self->waiting ? Wait : Failed;
}

static Step sendHint(Call *self)
{
    PyObject *links = required(self->message, s_links);
    const bool done = links && requestHint(self->request, links);
    Py_XDECREF(links);
    return done ? Done : Failed;
}

static Step sendOther(Call *self, PyObject *kind)
{
    Request *request = self->request;
    if (isKind(kind, s_hint))
        return sendHint(self);
    if (request->takesTrailers && isKind(kind, s_trailers))
        return requestTrailers(request, self->message) ? Done : Failed;
    if (!Py_IsNone(request->channel->folders) && isKind(kind, s_pathSend))
        return sendPath(self);
    PyErr_Format(PyExc_RuntimeError, "unknown message %R: no extension of that kind was announced",
                 kind);
    return Failed;
}

Step callSendMessage(Call *self)
{
    PyObject *kind = required(self->message, s_type);
    if (!kind)
        return Failed;
    Step step;
    if (isKind(kind, s_responseBody))
        step = callBeginBody(self);
    else if (isKind(kind, s_start))
        step = requestStartAnswer(self->request, self->message) ? Done : Failed;
    else
        step = sendOther(self, kind);
    Py_DECREF(kind);
    return step;
}
