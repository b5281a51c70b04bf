// SPDX-License-Identifier: Apache-2.0
#include "server/loop/io_event.h"

#include "server/base/assert.h"
#include "server/loop/event_loop.h"

#include <event2/event.h>

namespace arc {

namespace {

void touchClockOfThisThread() noexcept
{
    if (EventLoop *loop = EventLoop::current())
        loop->touchClock();
}

} // namespace

void IoEvent::watchInput(EventLoop &loop, int fd, Callback callback, void *context) noexcept
{
    watch(loop, fd, EV_READ | EV_CLOSED | EV_ET | EV_PERSIST, callback, context);
}

void IoEvent::watchBoth(EventLoop &loop, int fd, Callback callback, void *context) noexcept
{
    watch(loop, fd, EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, callback, context);
}

void IoEvent::watch(EventLoop &loop, int fd, short what, Callback callback, void *context) noexcept
{
    loop.assertOnLoop();
    ARC_ASSERT(fd >= 0 && callback);
    m_callback = callback;
    m_context = context;
    if (m_watching && event_get_fd(&m_event) == fd && event_get_events(&m_event) == what)
        return;
    stop();
    const auto ready = [](int, short happened, void *self) noexcept {
        touchClockOfThisThread();
        auto *event = static_cast<IoEvent *>(self);
        event->m_callback(event->m_context,
                          {.readable = (happened & EV_READ) != 0,
                           .writable = (happened & EV_WRITE) != 0,
                           .closed = (happened & EV_CLOSED) != 0});
    };
    event_assign(&m_event, loop.base(), fd, what, ready, this);
    m_watching = event_add(&m_event, nullptr) == 0; // libevent says on stderr why not
}

void IoEvent::stop() noexcept
{
    if (!m_watching)
        return;
    event_del(&m_event);
    m_watching = false;
}

void SignalEvent::watch(EventLoop &loop, int signalNumber, Callback callback,
                        void *context) noexcept
{
    loop.assertOnLoop();
    stop();
    m_callback = callback;
    m_context = context;
    const auto happened = [](int, short, void *self) noexcept {
        touchClockOfThisThread();
        auto *event = static_cast<SignalEvent *>(self);
        event->m_callback(event->m_context);
    };
    event_assign(&m_event, loop.base(), signalNumber, EV_SIGNAL | EV_PERSIST, happened, this);
    m_watching = event_add(&m_event, nullptr) == 0;
    ARC_ASSERT(m_watching); // only an impossible signal number can fail
}

void SignalEvent::stop() noexcept
{
    if (!m_watching)
        return;
    event_del(&m_event);
    m_watching = false;
}

} // namespace arc
