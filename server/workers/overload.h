// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/loop/event_loop.h"

#include <chrono>

namespace arc {

/// Tells a burst, which a queue is for, from overload, in which it only makes everybody late: as
/// CoDel does (RFC 8289), by the time that the oldest has waited, when that stays above a target
/// for as long as the target again. Under overload the newest request goes first: its client is
/// still there. Confined to the loop of its queue.
class OverloadGauge {
public:
    /// Asked whenever a request is to leave the queue. `target` zero: there is no overload.
    bool isOverloaded(SteadyTime now, std::chrono::nanoseconds oldestWaits,
                      std::chrono::milliseconds target) noexcept
    {
        if (target.count() == 0 || oldestWaits < target)
            m_since = SteadyTime::max();
        else if (m_since == SteadyTime::max())
            m_since = now;
        return m_since != SteadyTime::max() && now - m_since >= target;
    }
    /// The queue is empty.
    void relax() noexcept { m_since = SteadyTime::max(); }

private:
    SteadyTime m_since = SteadyTime::max(); ///< since when it is above the target
};

} // namespace arc
