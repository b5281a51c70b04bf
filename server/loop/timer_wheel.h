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

/// A deadline inside its owner. Arming again only stores the new deadline; the wheel moves the node
/// lazily, so pushing a deadline back on every request costs one store.
///
/// The delay counts from the start of the loop's turn. Fires late by at most one tick (20 ms) and
/// the length of a turn, never early. Confined to the loop; the callback may destroy the timer.
class Timer {
public:
    using Callback = void (*)(void *context) noexcept;

    Timer(Callback callback, void *context) noexcept : m_callback(callback), m_context(context) { }
    Timer(const Timer &) = delete;
    ~Timer() { disarm(); }

    void arm(TimerWheel &wheel, std::chrono::milliseconds delay) noexcept;
    void disarm() noexcept;
    bool isArmed() const noexcept { return m_dueMs != 0; }

private:
    friend class TimerWheel;
    Timer *m_next = nullptr;
    Timer **m_link = nullptr; // the pointer that points to this node; non-null while in a slot
    TimerWheel *m_wheel = nullptr;
    int64_t m_dueMs = 0;  // 0: not armed
    int64_t m_slotMs = 0; // when its slot comes up; at most one tick after m_dueMs
    const Callback m_callback;
    void *const m_context;
};

/// All deadlines of one loop: two wheels (256 × 20 ms, 256 × 5.12 s; what lies further waits in the
/// last slot and is placed again) and one libevent timer, which runs only while something is armed
/// and sleeps until the next slot that holds a timer. Within a tick the order is open. Confined to
/// its loop.
class TimerWheel {
public:
    explicit TimerWheel(EventLoop &loop);
    ~TimerWheel();
    TimerWheel(const TimerWheel &) = delete;

    static constexpr int64_t kTickMs = 20;
    static constexpr int64_t kSlots = 256;
    static constexpr int64_t kSpanMs = kTickMs * kSlots; // one turn of the near wheel
    size_t armed() const noexcept { return m_count; }
    /// Whether the libevent timer could be made.
    bool isValid() const noexcept { return m_tick != nullptr; }

private:
    friend class Timer;
    friend class EventLoop;
    static void tick(int, short, void *self) noexcept;
    void place(Timer &timer) noexcept;
    void remove(Timer &timer) noexcept;
    void advance() noexcept;
    void cascade() noexcept;
    void fire(Timer *due) noexcept;
    void wakeAt(int64_t ms) noexcept;
    void scheduleNext() noexcept;
    void clockMoved() noexcept;
    int64_t nowMs() const noexcept;

    EventLoop &m_loop;
    event *m_tick = nullptr;
    int64_t m_reachedMs = 0; // every slot up to here has come up
    int64_t m_wakeMs = 0;    // when m_tick fires; 0: it is not armed
    bool m_advancing = false;
    size_t m_count = 0;
    std::array<Timer *, kSlots> m_near {};
    std::array<Timer *, kSlots> m_far {};
};

} // namespace arc
