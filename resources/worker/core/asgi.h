// SPDX-License-Identifier: Apache-2.0
// ASGI: what loop.Channel and asgi.Request do. Everything runs on the event loop's thread.
//
// A Request is the coroutine of its task: it calls the application and passes on what that waits
// for, so that nothing of ours stands between the two in Python.
#pragma once

#include "core.h"
#include "cursor.h"

#include <structmember.h>

/// How the task of a request begins (asgi_task.c).
typedef enum {
    StartSoon,  ///< as any other task: at the next turn of the loop
    StartEager, ///< by itself, from Python 3.12 on
    StartShown, ///< the task is made, and its first step run at once
    StartLazy,  ///< the first step runs at once; its task is made when somebody asks, or it waits
} Start;

enum { RememberedPairs = 256 };

typedef struct {
    PyObject base;
    Wire wire;
    bool reading;
    bool blocked;   ///< the kernel took not all; the loop tells when it takes more
    bool flushSoon; ///< the end of this turn, or a callback that is due, flushes
    int64_t said;   ///< nanoseconds: when this turn began, or wrote out last
    bool stopping;  ///< told by the owner
    pthread_t thread;
    Start start;
    PyObject *owner;    ///< asgi_native.Channel
    PyObject *requests; ///< dict: number to Request or WebSocket
    PyObject *tasks;    ///< set: the loop itself holds tasks only weakly
    PyObject *loop, *application;
    PyObject *folders; ///< None: nothing is announced
    PyObject *template, *state, *extensions;
    PyObject *bytesNames; ///< list by HeaderId
    PyObject *createFuture, *flush, *capture;
    PyObject *callSoon;                                 ///< the loop's own
    PyObject *task, *taskNamed, *enterTask, *leaveTask; ///< of asyncio
    PyObject *coroutineType;
    PyObject *remembered[RememberedPairs]; ///< pairs of request headers
    unsigned cookie, authorization;        ///< numbers of names not remembered
    PyObject *lastServer;                  ///< tuple
    PyObject *lastPath, *lastPathText;     ///< bytes as they came, and text

    // while the first step of a request runs
    struct Request *first;
    PyObject *firstContext;
    PyObject *firstTask; ///< once somebody has asked for it
    PyObject *step;      ///< what the task wanted the loop to call
    PyObject *making;    ///< borrowed: the coroutine whose task is just being made, or NULL
} AsgiChannel;

/// One request and its answer: asgi.Request.
typedef struct Request {
    PyObject base;
    AsgiChannel *channel;
    PyObject *scope; ///< until the application has returned
    PyObject *requestId;
    PyObject *coroutine;           ///< the application's, while it runs
    PyObject *yielded;             ///< what the first step waits for, until the task has heard it
    PyObject *thrown;              ///< a cancellation that came during the first step
    PyObject *chunks;              ///< list of body bytes, or NULL
    PyObject *receivers, *senders; ///< lists of futures, or NULL
    PyObject *trailers;            ///< list, once they are announced
    Bytes head;                    ///< payload of RESPONSE, until that is out
    uint64_t granted, sent, length, written;
    unsigned ungranted, number, status, count, hints;
    bool complete, gone, received;
    bool hasHead, begun, ended; ///< of the answer
    bool hasLength, isHead, bodyless, takesTrailers, trailing;
    bool running, finished;
} Request;

/// What receive() and send() return.
typedef struct {
    PyObject base;
    Request *request;
    PyObject *message; ///< of send(); NULL: receive(), or put()
    PyObject *waiting; ///< iterator of a future, or another's coroutine that does the rest
    PyObject *body;    ///< of an answer, on its way
    size_t position;   ///< of `body`, what is out
    bool last;         ///< `body` is the end of the answer
    bool isPut;        ///< `body` was given by put()
    bool delegated;    ///< when `waiting` is done, all is
    bool paused;       ///< gave others their turn
    bool done;
} Call;

typedef enum { Done, Wait, Pause, Failed } Step;

extern PyTypeObject *g_asgiChannelType, *g_requestType, *g_callType;
extern PyType_Spec g_asgiChannelSpec, g_requestSpec, g_callSpec;

// asgi_channel.c
extern PyMethodDef g_asgiChannelMethods[];
extern PyMemberDef g_asgiChannelMembers[];
/// Appends a frame; it leaves at the end of this turn of the loop at the latest.
bool asgiFrame(AsgiChannel *channel, unsigned kind, unsigned flags, unsigned number,
               const void *head, size_t headSize, const void *body, size_t bodySize);
/// The end of this stream is in the output: its number is free.
bool asgiRelease(AsgiChannel *channel, unsigned number);

// asgi_scope.c
/// Reads a REQUEST payload and starts what it asks for. False with an exception.
bool asgiRequest(AsgiChannel *channel, const Frame *frame);
bool asgiScopePrepare(void);

// asgi_headers.c
bool asgiHeadersPrepare(void);
/// NULL with an exception. With `cursor->isShort` when the payload is cut.
PyObject *asgiReadHeaders(AsgiChannel *channel, Cursor *cursor);
bool asgiAddLength(PyObject *headers, uint64_t length);
PyObject *bytesOf(View view);
bool isBytes(PyObject *bytes, View view);
/// Appends and gives away `value`; false when it is NULL, or with an exception.
bool appendGiven(PyObject *list, PyObject *value);
/// `*slot` becomes `value`, of which it takes a reference.
void replace(PyObject **slot, PyObject *value);

// asgi_task.c
bool asgiStart(AsgiChannel *channel, Request *request);
/// The same for a WebSocket's coroutine.
bool asgiStartOther(AsgiChannel *channel, PyObject *coroutine);
PyObject *asgiCapture(PyObject *channel, PyObject *const *arguments, Py_ssize_t count,
                      PyObject *names);
/// taskOfStep(loop): the task of the request whose first step runs, or None.
PyObject *asgiTaskOfStep(PyObject *channel, PyObject *loop);
bool asgiTaskPrepare(void);

// asgi_request.c
PySendResult requestSend(Request *self, PyObject *value, PyObject **result);
bool requestPrepare(void);

// asgi_body.c
bool bodyPrepare(void);
/// False with an exception.
bool requestBody(Request *self, const Frame *frame);
bool requestGone(Request *self);
/// Whoever waits looks again.
bool wakeAll(PyObject **waiters);
/// The iterator of a new future in the list; NULL with an exception.
PyObject *waitIn(AsgiChannel *channel, PyObject **waiters);
/// The message that is there: true, and NULL with an exception. False: there is none yet.
bool requestMessage(Request *self, PyObject **message);

// asgi_answer.c
bool requestStartAnswer(Request *self, PyObject *message);
bool requestHint(Request *self, PyObject *links);
bool requestTrailers(Request *self, PyObject *message);
/// One frame: RESPONSE with the head while that is not out, else DATA.
bool requestFrame(Request *self, const char *data, size_t size, bool last);
/// 500 while nothing has been sent, else the answer breaks off.
bool requestFail(Request *self);
/// sendFile(place): the engine sends the file instead of a body.
PyObject *requestSendFile(PyObject *request, PyObject *place);
bool answerPrepare(void);
/// A value of a message, a new reference; NULL when it is not there or with an exception.
PyObject *messageValue(PyObject *message, PyObject *key);
/// The same as a truth; -1 with an exception.
int messageTruth(PyObject *message, PyObject *key);

// asgi_call.c
PyObject *requestReceive(PyObject *request, PyObject *ignored);
PyObject *requestSendMessage(PyObject *request, PyObject *message);
/// put(bytes, last): part of the body, as send() would send it.
PyObject *requestPut(PyObject *request, PyObject *arguments);
bool callPrepare(void);
/// Sets the exception that a throw() was given.
void raiseGiven(PyObject *arguments);
/// `value` as the result of a coroutine: NULL with StopIteration.
PyObject *returned(PyObject *value);

// asgi_send.c
Step callSendMessage(Call *self);
Step callBeginBody(Call *self);
/// Frame after frame, as far as the window reaches.
Step callSendBody(Call *self);
bool sendPrepare(void);
