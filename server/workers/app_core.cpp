// SPDX-License-Identifier: Apache-2.0
#include "server/workers/app_core.h"

#include "server/base/assert.h"

namespace arc {

AppCore::AppCore(Loops loops, std::shared_ptr<AppMetricsSet> metrics, const AppLimits &limits,
                 std::shared_ptr<Spool> spool)
    : m_control(*loops.control), m_spool(std::move(spool)),
      m_home(*this, *loops.io[loops.home], loops.io.size(), std::move(metrics)),
      m_toSides(*this, *loops.io[loops.home], loops.home)
{
    m_home.setLimits(limits);
    for (size_t i = 0; i < loops.io.size(); ++i) {
        ARC_ASSERT(loops.io[i]->index() == i);
        m_sides.push_back(std::make_unique<LoopSide>(*this, *loops.io[i], i == loops.home));
        m_sides.back()->setLimits(limits, SendFolders(limits.sendFrom));
    }
}

void AppCore::tellControl(HomeEvent event) noexcept
{
    m_control.post([core = shared_from_this(), event = std::move(event)]() mutable {
        if (event.kind == HomeEvent::Kind::Output)
            core->m_outputInFlight.fetch_sub(static_cast<int64_t>(event.text.size()) + 1,
                                             std::memory_order_relaxed);
        if (core->m_listener)
            core->m_listener(std::move(event));
    });
}

void AppCore::tellOutput(uint32_t worker, std::string_view text) noexcept
{
    const int64_t size = static_cast<int64_t>(text.size()) + 1;
    if (m_outputInFlight.fetch_add(size, std::memory_order_relaxed) + size > kOutputInFlightMax) {
        m_outputInFlight.fetch_sub(size, std::memory_order_relaxed);
        return;
    }
    tellControl({.kind = HomeEvent::Kind::Output, .worker = worker, .text = std::string(text)});
}

void AppCore::publish(const AppLimits &limits)
{
    onHome([limits](AppHome &home) { home.setLimits(limits); });
    for (const auto &side : m_sides) {
        side->loop().post([core = shared_from_this(), target = side.get(), limits,
                           folders = SendFolders(limits.sendFrom)]() mutable {
            target->setLimits(limits, std::move(folders));
        });
    }
}

} // namespace arc
