// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/workers/app_home.h"
#include "server/workers/loop_side.h"
#include "server/workers/messages.h"
#include "server/workers/to_sides.h"

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace arc {

/// What the parts of one app share and meet at: the home on one loop, a side on each loop, the way
/// to the control loop. Kept by the handler, the pool and every message under way; it must be
/// closed (AppHome without workers) before it goes.
class AppCore final : public std::enable_shared_from_this<AppCore> {
public:
    static constexpr int64_t kOutputInFlightMax = 256 * 1024;

    struct Loops {
        EventLoop *control = nullptr;
        std::vector<EventLoop *> io; ///< by index()
        size_t home = 0;
    };
    AppCore(Loops loops, std::shared_ptr<AppMetricsSet> metrics, const AppLimits &limits,
            std::shared_ptr<Spool> spool);

    AppHome &home() noexcept { return m_home; }
    ToSides &sides() noexcept { return m_toSides; }
    LoopSide &side(size_t loop) noexcept { return *m_sides[loop]; }
    const std::shared_ptr<Spool> &spool() const noexcept { return m_spool; } ///< may be null
    size_t loops() const noexcept { return m_sides.size(); }

    /// Control loop only: who hears events, until null.
    void setListener(std::function<void(HomeEvent)> listener) { m_listener = std::move(listener); }
    /// Any thread.
    void tellControl(HomeEvent event) noexcept;
    /// Any thread: one line for the app's output; worker 0 when the engine speaks. Dropped while
    /// more than kOutputInFlightMax wait to be delivered, so that a talkative worker cannot fill
    /// the control loop.
    void tellOutput(uint32_t worker, std::string_view text) noexcept;
    /// Any thread: runs on the home loop.
    template <class F>
    void onHome(F &&task)
    {
        m_home.loop().post([core = shared_from_this(), task = std::forward<F>(task)]() mutable {
            task(core->home());
        });
    }
    /// Control loop: the home's and the sides' limits.
    void publish(const AppLimits &limits);

private:
    EventLoop &m_control;
    std::function<void(HomeEvent)> m_listener;
    const std::shared_ptr<Spool> m_spool;
    std::atomic<int64_t> m_outputInFlight {0};
    AppHome m_home;
    std::vector<std::unique_ptr<LoopSide>> m_sides;
    ToSides m_toSides;
};

} // namespace arc
