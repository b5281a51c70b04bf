// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/loop/event_loop.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace arc {

/// How long a request body may keep whoever reads it waiting. Every byte earns the time that it may
/// take at http.body_bytes_per_s, up to the longest pause there may be: so who drips bytes wins no
/// time by it, and who was fast may pause. Time in which nobody waits does not count. A plain
/// value, one for each body; who waits keeps the deadline.
class BodyPace {
public:
    /// So long a body may be slower.
    static constexpr std::chrono::milliseconds kGrace {5000};

    struct Rules {
        int64_t bytesPerSecond = 0; ///< 0: any
        std::chrono::milliseconds pauseMax {};
    };

    /// The deadline of one who waits from now on, or goes on waiting; zero for one who does not.
    /// `due`: what the last call said; `bytes`: that came since then.
    SteadyTime next(SteadyTime due, bool waits, uint64_t bytes, SteadyTime now,
                    const Rules &rules) noexcept
    {
        const SteadyTime longest = now + rules.pauseMax;
        std::chrono::milliseconds earned {};
        if (rules.bytesPerSecond)
            earned = std::chrono::milliseconds(bytes * 1000
                                               / static_cast<uint64_t>(rules.bytesPerSecond));
        const bool waited = due != SteadyTime();
        if (!waits) {
            const auto left = waited ? due - now : m_credit;
            m_credit = std::min<SteadyTime::duration>(left + earned, rules.pauseMax);
            return {};
        }
        if (!rules.bytesPerSecond)
            return waited && !bytes ? due : longest;
        return std::min<SteadyTime>((waited ? due : now + m_credit) + earned, longest);
    }

private:
    SteadyTime::duration m_credit {kGrace}; ///< of waiting, while nobody does
};

} // namespace arc
