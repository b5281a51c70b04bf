// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/base/file_descriptor.h"
#include "server/loop/mailbox.h"
#include "server/loop/timer_wheel.h"
#include "server/metrics/metrics.h"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

struct event_base;

namespace arc {

using SteadyTime = std::chrono::steady_clock::time_point;

class EventLoop;

/// Runs once at the end of a turn, after all events and mail of the turn: where batched writes
/// leave. A hook that arms itself again while it runs comes up in the next turn, which then does
/// not wait for events: so it serves as a ready list, too. Confined to the loop; may be destroyed
/// while armed.
class TurnHook {
public:
    TurnHook() = default;
    TurnHook(const TurnHook &) = delete;
    virtual ~TurnHook();
    virtual void endOfTurn() noexcept = 0;

private:
    friend class EventLoop;
    EventLoop *m_loop = nullptr; // non-null while armed
    size_t m_place = 0;          // in the loop's list
    uint64_t m_ranInTurn = 0;
};

/// One thread, one libevent base (made with EVENT_BASE_FLAG_NOLOCK), and everything its connections
/// own.
///
/// post(), stop(), isCurrent() and isAsleep() may be called by any thread. Every other member
/// asserts that it runs on the loop's own thread, or before run().
class EventLoop {
public:
    /// index: place among the I/O loops, or kNoIndex for the control loop and client loops.
    static constexpr size_t kNoIndex = ~size_t {0};
    static Result<std::unique_ptr<EventLoop>> create(std::string name, size_t index,
                                                     LoopMetrics &metrics);
    ~EventLoop();
    EventLoop(const EventLoop &) = delete;

    /// Turns until stop(), then delivers the mail that is still there.
    void run();
    void stop() noexcept;
    bool isCurrent() const noexcept;
    /// Whether it waited for events, with no mail, at a moment just past. Any thread.
    bool isAsleep() const noexcept;

    /// Hands a message over; it is delivered on the loop, in the order of one sender. Never blocks,
    /// never drops; whoever sends without bound must bound it itself (credits, slots).
    void post(std::unique_ptr<Mail> mail) noexcept;
    template <class F>
    requires std::invocable < std::decay_t<F>
    & > void post(F &&task)
    {
        post(std::unique_ptr<Mail>(new TaskMail<std::decay_t<F>>(std::forward<F>(task))));
    }

    /// Calls hook.endOfTurn() once at the end of this turn, however often it is armed.
    void atEndOfTurn(TurnHook &hook) noexcept;

    /// The loop that runs on the calling thread, or null.
    static EventLoop *current() noexcept;
    /// For members of confined classes: aborts on a foreign thread while the loop runs.
    void assertOnLoop() const noexcept;
    /// Reads the clock if this turn has not done so. The callbacks of this module call it first; a
    /// callback that somebody registers at base() directly does the same.
    void touchClock() noexcept
    {
        if (m_clockStale)
            refreshClock();
    }

    const std::string &name() const noexcept { return m_name; }
    size_t index() const noexcept { return m_index; }
    event_base *base() const noexcept { return m_base; }
    TimerWheel &timers() noexcept { return *m_timers; }
    LoopMetrics &metrics() noexcept { return m_metrics; }
    /// Time at the start of this turn; no system call.
    SteadyTime now() const noexcept { return m_now; }
    /// Unix time in milliseconds at the start of this turn.
    int64_t unixMs() const noexcept { return m_unixMs; }
    /// For tests: moves now() forward for good, so that a timer of minutes fires at once.
    void skipAhead(std::chrono::milliseconds duration) noexcept;

private:
    friend class TurnHook;
    struct Implementation;
    EventLoop(std::string name, size_t index, LoopMetrics &metrics);
    void refreshClock() noexcept;
    void deliverMail(size_t countMax) noexcept;
    void runHooks() noexcept;
    void forget(TurnHook &hook) noexcept;
    void reportStall() noexcept;

    const std::string m_name;
    const size_t m_index;
    LoopMetrics &m_metrics;
    event_base *m_base = nullptr;
    std::unique_ptr<TimerWheel> m_timers;
    SteadyTime m_now {};
    std::chrono::milliseconds m_skipped {0};
    int64_t m_unixMs = 0;
    bool m_clockStale = true;
    std::unique_ptr<Implementation> m_impl;
};

/// Of the library that runs, not of the headers.
std::string libeventVersion();

} // namespace arc
