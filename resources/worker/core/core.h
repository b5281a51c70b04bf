// SPDX-License-Identifier: Apache-2.0
// The hot path of a worker, for CPython 3.11 and later: what channel.py, stream.py, environ.py and
// wsgi.py beside it do for WSGI, and loop.py and asgi.py for ASGI (asgi.h), with the same results.
// Those files say why things are as they are; here stands only what is different.
//
// Everything in here runs with the GIL held unless a comment says otherwise, and the GIL is the
// only lock of a Channel's members: a free-threaded interpreter does not load this. Two things
// follow. What creates or drops Python objects may run other code, other threads included, so
// nothing read from a member before is relied upon after; and the socket is only touched with
// MSG_DONTWAIT while the GIL is held.
#pragma once

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

// server/workers/protocol.h
enum {
    HeaderBytes = 12,
    PayloadMax = 1 << 20,
    InitialWindow = 256 * 1024,
    BodyFrameMax = 64 * 1024,
    HintsMax = 16,
    FrameRequest = 5,
    FrameBody = 6,
    FrameResponse = 7,
    FrameData = 8,
    FrameWindow = 9,
    FrameCancel = 10,
    FramePing = 11,
    FramePong = 12,
    FrameStop = 13,
    FrameMessage = 15,
    FrameSocketClose = 16,
    FrameEarlyHints = 17,
    FrameTrailers = 18,
    FlagEnd = 1,
    FlagAbort = 2,
    ReadBytes = 64 * 1024, // at once
};

/// Of CLOCK_MONOTONIC.
static inline int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/// Bytes that grow. Starts as zeros.
typedef struct {
    char *data;
    size_t size;
    size_t capacity;
} Bytes;

/// Room for `more` bytes behind `size`; false (and MemoryError) when there is none.
bool bytesReserve(Bytes *bytes, size_t more);
bool bytesAppend(Bytes *bytes, const void *data, size_t size);
void bytesFree(Bytes *bytes);

typedef struct {
    unsigned kind, flags, number;
    const uint8_t *payload;
    size_t size;
} Frame;

/// What channels of both kinds have: the socket, and what heads are read and made with.
typedef struct {
    int fd;
    Bytes in, out;
    size_t outSent;         ///< of `out`, already taken by the kernel
    PyObject *twin;         ///< the module native.py, for all that is rare
    PyObject *table;        ///< protocol.HeaderTable
    PyObject *names;        ///< dict: response header names to kind byte and prefix
    PyObject *pairs;        ///< dict: response headers that repeat, encoded
    PyObject *lengthPrefix; ///< bytes: how a Content-Length begins
    PyObject *lastHost;     ///< bytes of the last client's address
    PyObject *lastHostText;
} Wire;

static inline uint32_t wireU32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

// wire.c
bool wireOpen(Wire *wire, int fd, PyObject *table, PyObject *twin);
void wireClose(Wire *wire);
/// NULL with ProtocolError set, in the words of the twin.
void *wireProtocolError(Wire *wire, const char *format, unsigned number);
/// Ends the process: the engine is gone (no exception set), or the exception says what is wrong.
void wireLeave(Wire *wire);
/// False with an exception.
typedef bool (*OnFrame)(void *owner, const Frame *frame);
/// Acts on all whole frames of `in`, which nobody else may touch meanwhile, and makes room for
/// more.
bool wireParse(Wire *wire, OnFrame onFrame, void *owner);
/// Bytes that recv() gave, 0 when there are none; an engine that is gone ends the process.
size_t wireReceive(Wire *wire);
/// Appends a frame; `beside`: all but its body, for which there is room then. False when there is
/// none, and then nothing was appended.
bool wireAppend(Wire *wire, unsigned kind, unsigned flags, unsigned number, const void *head,
                size_t headSize, const void *body, size_t bodySize, bool beside);
/// What the kernel took of the output and then of `body`; an engine that is gone ends the process.
size_t wireSend(Wire *wire, const void *body, size_t bodySize);
/// So many bytes of `out` are out.
void wireSent(Wire *wire, size_t size);

/// One request between the thread that reads and the thread that runs the application.
typedef struct Stream {
    PyObject base;
    struct Stream *next; ///< in the channel's queue; the queue owns a reference
    PyObject *key;       ///< `number` as the channel's dictionary of streams wants it
    PyObject *environ;   ///< NULL: the twin's EnvironReader makes it from `data`
    PyObject *method, *target, *requestId; ///< what a report of a failure names
    PyObject *data;                        ///< payload of a request only the twin can read
    Py_ssize_t begin, end;                 ///< of the payload in `data`
    PyObject *chunks;                      ///< deque of body bytes; NULL: all came at once
    uint64_t granted, sent;
    pthread_cond_t changed; ///< with Channel::waitMutex
    unsigned waiters;       ///< threads that wait for `changed`
    unsigned serial; ///< counts what the engine said; while somebody waits, under waitMutex too
    unsigned number;
    char complete, gone, isHead;
} Stream;

typedef struct {
    PyObject base;
    Wire wire;
    int epollFd, wakeFd, timerFd;

    bool reading;   ///< a thread parses `wire.in`; others leave `readAgain` for it
    bool readAgain; ///< an edge came meanwhile
    bool hangUp;    ///< the end of file is on its way, and makes no edge of its own
    PyObject *streams;
    Stream *firstPending, *lastPending;

    bool stopping;
    int live; ///< threads in work()
    /// Requests in a row that took less than kQuickNanoseconds.
    unsigned quickRuns;
    bool timerArmed;
    atomic_uint_fast64_t runs;       ///< requests done; read without the GIL
    atomic_uint_fast64_t runsAtTick; ///< its value at the last tick; without the GIL

    pthread_mutex_t waitMutex; ///< taken with or without the GIL, never held while taking it
    pthread_cond_t taken;      ///< somebody took what is pending
    atomic_bool handing;       ///< the main thread waits for `taken`

    PyObject *application;
    PyObject *template;    ///< of environ: every key that is always there
    PyObject *environKeys; ///< list by HeaderId, None for headers applications do not see
    PyObject *literalKeys; ///< dict: bytes of other names to their key or None
    PyObject *reader;
    PyObject *clientGone;
    PyObject *bytesIO;
} Channel;

/// The answer of one request: wsgi.Exchange.
typedef struct {
    PyObject base;
    Channel *channel;
    Stream *stream;
    char *head; ///< encoded headers: `inlineHead`, or allocated
    size_t headSize;
    char inlineHead[256];
    uint64_t length; ///< what the application's Content-Length says
    uint64_t written;
    unsigned count;
    unsigned status;
    bool hasHead, hasLength, begun, ended;
} Exchange;

/// Response headers on their way to an Exchange.
typedef struct {
    Bytes bytes;
    unsigned count;
    uint64_t length;
    bool hasLength;
} Head;

/// Our structs begin as every Python object does.
static inline PyObject *asObject(void *object)
{
    return object;
}

extern PyTypeObject *g_streamType, *g_channelType, *g_exchangeType;

enum HeadKind { HeadPlain = 0, HeadStable = 1, HeadLength = 2, HeadDropped = 3 };

// environ.c
/// Reads a REQUEST payload into a new Stream. NULL with an exception, ProtocolError when cut short.
Stream *streamFromRequest(Channel *channel, unsigned number, unsigned flags, const uint8_t *payload,
                          size_t size);
bool environPrepare(void);
/// The client's address as text. Behind a proxy, and in a test, one makes most requests.
PyObject *wireHostText(Wire *wire, const char *data, size_t size);

// frames.c
/// Reads what the socket has and acts on it. False with an exception.
bool channelRead(Channel *channel);

// output.c
/// Appends a frame. `keep`: it may wait for the answers of the requests behind it. True when done.
bool channelFrame(Channel *channel, unsigned kind, unsigned flags, unsigned number,
                  const void *head, size_t headSize, const void *body, size_t bodySize, bool keep);
/// Sends all that was appended; waits, without the GIL, until the kernel took it.
void channelFlush(Channel *channel);

// channel.c
/// The stream's number is free, or will be when the frame that comes now is out.
void channelForget(Channel *channel, Stream *stream);
/// No new requests; threads end when nothing is pending.
void channelStop(Channel *channel);
/// One thread that waits looks what there is to do.
void channelWake(Channel *channel);
/// Whoever waits for the engine to say something of the stream looks again.
void streamChanged(Channel *channel, Stream *stream);
/// Sleeps, without the GIL, until something was said of the stream since `serial` was `seen`.
void streamWait(Channel *channel, Stream *stream, unsigned seen);
extern PyMethodDef g_channelMethods[];

// threads.c
/// Whether an answer may wait for those of the requests pending; then somebody looks after it.
bool channelMayHold(Channel *channel);
/// work(): what each thread for requests does until the worker stops.
PyObject *channelWork(PyObject *channel, PyObject *ignored);
/// serve(): the main thread. Returns when the worker was told to stop and all threads have ended.
PyObject *channelServe(PyObject *channel, PyObject *ignored);

// head.c
/// Encodes response headers: pairs of str for WSGI, of bytes for ASGI. False with an exception;
/// `head->bytes` is the caller's in any case.
bool headEncode(Wire *wire, PyObject *headers, Head *head);
bool headEncodeBytes(Wire *wire, PyObject *headers, Head *head);

// exchange.c
/// Runs the application on one request, to the end of its answer.
void exchangeRun(Channel *channel, Stream *stream);
/// Makes the bytes of `head` the exchange's own.
void exchangeTakeHead(Exchange *self, Head *head);
bool exchangePrepare(void);
extern PyType_Spec g_exchangeSpec;

// exchange_send.c
bool exchangeIsBodyless(const Exchange *self);
/// False, with ClientGone.
bool exchangeClientGone(Exchange *self);
/// The rest of the body, or part of it; `last`: and the end. False with an exception, here and
/// below.
bool exchangePut(Exchange *self, const char *data, size_t size, bool last);
bool exchangeFinish(Exchange *self, unsigned flags);
bool exchangeWrite(Exchange *self, PyObject *chunk);

// exchange_answer.c
/// Sends what the application returned. close() is the caller's.
bool exchangeAnswer(Exchange *self, PyObject *result);
void exchangeAbort(Exchange *self);
/// After an exception: 500 while nothing has been sent, else the answer breaks off.
bool exchangeFail(Exchange *self);
bool exchangeAnswerPrepare(void);
