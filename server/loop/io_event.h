// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <event2/event_struct.h>

namespace arc {

class EventLoop;

/// What a descriptor is ready for. `closed`: the peer has shut down its side (EPOLLRDHUP); read on
/// until 0.
struct Readiness {
    bool readable = false;
    bool writable = false;
    bool closed = false;
};

/// Edge-triggered, persistent interest in one descriptor; no allocation. Confined to its loop.
///
/// Edge trigger means: after a callback, read or write until EAGAIN or a short count, or arrange to
/// be called again. The callback may destroy the IoEvent.
class IoEvent {
public:
    using Callback = void (*)(void *context, Readiness ready) noexcept;

    IoEvent() = default;
    IoEvent(const IoEvent &) = delete;
    ~IoEvent() { stop(); }

    /// Watches for input and for the peer's close.
    void watchInput(EventLoop &loop, int fd, Callback callback, void *context) noexcept;
    /// Input and output. Used only after a real EAGAIN on a write; goes back with watchInput().
    void watchBoth(EventLoop &loop, int fd, Callback callback, void *context) noexcept;
    void stop() noexcept;
    bool isWatching() const noexcept { return m_watching; }

private:
    void watch(EventLoop &loop, int fd, short what, Callback callback, void *context) noexcept;

    event m_event {};
    Callback m_callback = nullptr;
    void *m_context = nullptr;
    bool m_watching = false;
};

/// A signal as an event of the control loop. One per signal number in the process.
class SignalEvent {
public:
    using Callback = void (*)(void *context) noexcept;
    SignalEvent() = default;
    SignalEvent(const SignalEvent &) = delete;
    ~SignalEvent() { stop(); }
    void watch(EventLoop &loop, int signalNumber, Callback callback, void *context) noexcept;
    void stop() noexcept;

private:
    event m_event {};
    Callback m_callback = nullptr;
    void *m_context = nullptr;
    bool m_watching = false;
};

} // namespace arc
