// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

struct event;

namespace arc {

class EventLoop;
class TimerWheel;

/// A deadline inside its owner. Arming again only stores the new deadline; the wheel moves the node lazily, so pushing a
/// deadline back on every request costs one store. Fires late by at most one tick (20 ms), never early.
class Timer {
public:
    using Callback = void (*)(void *context) noexcept;

    Timer(Callback callback, void *context) noexcept : m_callback(callback), m_context(context) {}
    Timer(const Timer &) = delete;
    ~Timer() { disarm(); }

    void arm(TimerWheel &wheel, std::chrono::milliseconds delay) noexcept;
    void disarm() noexcept;
    bool isArmed() const noexcept { return m_dueMs != 0; }

private:
    friend class TimerWheel;
    Timer *m_next = nullptr;
    Timer *m_previous = nullptr; // non-null while in a slot
    TimerWheel *m_wheel = nullptr;
    int64_t m_dueMs = 0;  // 0: not armed
    int64_t m_slotMs = 0; // when its slot comes up; never after m_dueMs
    const Callback m_callback;
    void *const m_context;
};

/// All deadlines of one loop: two wheels (256 × 20 ms, 256 × 5.12 s) and one libevent timer that runs only while
/// something is armed. Confined to its loop.
class TimerWheel {
public:
    explicit TimerWheel(EventLoop &loop);
    ~TimerWheel();

    static constexpr int64_t kTickMs = 20;
    size_t armed() const noexcept { return m_count; }

private:
    friend class Timer;
    friend class EventLoop;
    void place(Timer &timer) noexcept;
    void remove(Timer &timer) noexcept;
    void advance() noexcept;
    int64_t nowMs() const noexcept;

    EventLoop &m_loop;
    event *m_tick = nullptr;
    int64_t m_reachedMs = 0;
    size_t m_count = 0;
    std::array<Timer *, 256> m_near {};
    std::array<Timer *, 256> m_far {};
};

} // namespace arc
