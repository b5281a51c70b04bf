// SPDX-License-Identifier: Apache-2.0
// channel.Channel: the threads of a worker and what they wait for.
//
// The difference: while an application is quick, one thread runs all requests of a read and sends
// their answers by one write, and the others sleep on. That is only right as long as none of these
// requests takes its time, so a timer looks every kTickNanoseconds: a tick without a request done
// since the last one sends what was held back, and wakes threads for what is pending. Who does that
// needs the GIL: behind a request that turns slow in C without giving it back, the answers that
// were held for it wait until it does, as all Python in this process then does.
#include "core.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    kEventsMax = 4,
    kTickNanoseconds = 1000 * 1000,
    kHandoverMilliseconds = 10,
    kQuickNanoseconds = 250 * 1000,
    kQuickRuns = 64, // in a row, until an application counts as quick
};

// -- the timer -----------------------------------------------------------------------------------

static void setTimer(Channel *channel, long period)
{
    const struct itimerspec every = {{0, period}, {0, period}};
    timerfd_settime(channel->timerFd, 0, &every, NULL);
    channel->timerArmed = period != 0;
}

static bool isQuick(const Channel *channel)
{
    return channel->quickRuns >= kQuickRuns;
}

bool channelMayHold(Channel *channel)
{
    if (!channel->firstPending || !isQuick(channel))
        return false;
    if (!channel->timerArmed)
        setTimer(channel, kTickNanoseconds);
    return true;
}

/// Without the GIL. False while requests get done: then all is well.
static bool isStalled(Channel *channel)
{
    uint64_t expirations; // a timer that nobody reads is not set again
    if (read(channel->timerFd, &expirations, sizeof expirations) < 0)
        return false;
    const uint64_t runs = atomic_load_explicit(&channel->runs, memory_order_relaxed);
    return atomic_exchange_explicit(&channel->runsAtTick, runs, memory_order_relaxed) == runs;
}

static void onStall(Channel *channel)
{
    if (channel->firstPending) {
        channel->quickRuns = 0;
        channelWake(channel);
    } else if (!channel->wire.out.size) {
        setTimer(channel, 0);
    }
    channelFlush(channel);
}

// -- threads -------------------------------------------------------------------------------------

/// Waits, without the GIL, for the socket or a wake-up, and reads. False with an exception.
static bool waitAndRead(Channel *channel, int milliseconds)
{
    struct epoll_event events[kEventsMax];
    int count, problem = 0;
    bool readable, stalled;
    channelFlush(channel);
    PyThreadState *released = PyEval_SaveThread();
    do {
        readable = stalled = false;
        bool woken = false;
        count = epoll_wait(channel->epollFd, events, kEventsMax, milliseconds);
        problem = errno;
        for (int i = 0; i < count; ++i) {
            if (events[i].data.fd == channel->wire.fd)
                readable = true;
            else if (events[i].data.fd == channel->timerFd)
                stalled = isStalled(channel);
            else
                woken = true;
        }
        if (readable || stalled || woken)
            break;
    } while (count > 0);
    PyEval_RestoreThread(released);
    if (count < 0) {
        if (problem == EINTR)
            return true;
        errno = problem;
        PyErr_SetFromErrno(PyExc_OSError);
        return false;
    }
    for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == channel->wire.fd
            && events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
            channel->hangUp = true;
    }
    if (stalled)
        onStall(channel);
    return !readable || channelRead(channel);
}

static Stream *takePending(Channel *channel)
{
    Stream *stream = channel->firstPending;
    if (stream) {
        channel->firstPending = stream->next;
        if (!stream->next)
            channel->lastPending = NULL;
        stream->next = NULL;
    }
    return stream;
}

static void runOne(Channel *channel, Stream *stream)
{
    if (channel->handing) {
        pthread_mutex_lock(&channel->waitMutex);
        channel->handing = false;
        pthread_cond_signal(&channel->taken);
        pthread_mutex_unlock(&channel->waitMutex);
    }
    if (channel->firstPending && !channelMayHold(channel))
        channelWake(channel);
    const int64_t began = nanoseconds();
    exchangeRun(channel, stream);
    Py_DECREF(asObject(stream));
    if (nanoseconds() - began >= kQuickNanoseconds)
        channel->quickRuns = 0;
    else if (channel->quickRuns < kQuickRuns)
        ++channel->quickRuns;
    atomic_fetch_add_explicit(&channel->runs, 1, memory_order_relaxed);
}

PyObject *channelWork(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    Channel *channel = (Channel *)object;
    for (;;) {
        Stream *stream = takePending(channel);
        if (stream)
            runOne(channel, stream);
        else if (channel->stopping)
            break;
        else if (!waitAndRead(channel, -1))
            wireLeave(&channel->wire);
    }
    channelFlush(channel);
    --channel->live;
    channelWake(channel);
    Py_RETURN_NONE;
}

/// Stays out of the epoll, where it would take its own wake-up, until somebody took a request.
static void handOver(Channel *channel)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += kHandoverMilliseconds * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        ++until.tv_sec;
    }
    channel->handing = true;
    channelWake(channel);
    PyThreadState *released = PyEval_SaveThread();
    pthread_mutex_lock(&channel->waitMutex);
    while (channel->handing
           && pthread_cond_timedwait(&channel->taken, &channel->waitMutex, &until) != ETIMEDOUT) { }
    channel->handing = false;
    pthread_mutex_unlock(&channel->waitMutex);
    PyEval_RestoreThread(released);
}

PyObject *channelServe(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    Channel *channel = (Channel *)object;
    while (channel->live > 0) {
        const bool isBusy = channel->firstPending || channel->stopping;
        // Python's signal handlers run in this thread, whatever a signal interrupted
        if (!waitAndRead(channel, isBusy ? kHandoverMilliseconds : -1) || PyErr_CheckSignals() != 0)
            wireLeave(&channel->wire);
        if (channel->firstPending || channel->stopping)
            handOver(channel);
    }
    Py_RETURN_NONE;
}
