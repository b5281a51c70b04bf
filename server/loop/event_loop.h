// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/base/file_descriptor.h"
#include "server/loop/mailbox.h"
#include "server/loop/timer_wheel.h"
#include "server/metrics/metrics.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

struct event_base;

namespace arc {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Runs once at the end of each turn, after all events and mail of the turn: where batched writes leave.
/// Lives in the loop's list while armed; confined to the loop.
class TurnHook {
public:
    virtual ~TurnHook();
    virtual void endOfTurn() noexcept = 0;

private:
    friend class EventLoop;
    bool m_armed = false;
};

/// One thread, one libevent base (made with EVENT_BASE_FLAG_NOLOCK), and everything its connections own.
///
/// post(), stop() and isCurrent() may be called by any thread. Every other member asserts that it runs on the
/// loop's own thread, or before run().
class EventLoop {
public:
    /// index: place among the I/O loops, or kNoIndex for the control loop and client loops.
    static constexpr size_t kNoIndex = ~size_t {0};
    static Result<std::unique_ptr<EventLoop>> create(std::string name, size_t index, LoopMetrics &metrics);
    ~EventLoop();
    EventLoop(const EventLoop &) = delete;

    /// Turns until stop(), then delivers the mail that is still there.
    void run();
    void stop() noexcept;
    bool isCurrent() const noexcept;

    /// Hands a message over; it is delivered on the loop, in the order of one sender. Never blocks, never drops;
    /// whoever sends without bound must bound it itself (credits, slots).
    void post(std::unique_ptr<Mail> mail) noexcept;
    template <class F>
    void post(F &&task)
    {
        post(std::unique_ptr<Mail>(new TaskMail<std::decay_t<F>>(std::forward<F>(task))));
    }

    /// Calls hook.endOfTurn() once at the end of this turn, however often it is armed.
    void atEndOfTurn(TurnHook &hook) noexcept;

    const std::string &name() const noexcept { return m_name; }
    size_t index() const noexcept { return m_index; }
    event_base *base() const noexcept { return m_base; }
    TimerWheel &timers() noexcept { return *m_timers; }
    LoopMetrics &metrics() noexcept { return m_metrics; }
    /// Time at the start of this turn; no system call.
    SteadyTime now() const noexcept { return m_now; }
    /// Unix time in milliseconds at the start of this turn.
    int64_t unixMs() const noexcept { return m_unixMs; }

private:
    EventLoop(std::string name, size_t index, LoopMetrics &metrics);
    struct Implementation;

    const std::string m_name;
    const size_t m_index;
    LoopMetrics &m_metrics;
    event_base *m_base = nullptr;
    std::unique_ptr<TimerWheel> m_timers;
    SteadyTime m_now {};
    int64_t m_unixMs = 0;
    std::unique_ptr<Implementation> m_impl;
};

} // namespace arc
