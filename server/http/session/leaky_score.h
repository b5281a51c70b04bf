// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace arc {

/// A score that falls by itself: what happens now and then is forgiven, a flood is not. A plain
/// value; holds no clock.
class LeakyScore {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Above `most` it overflows; `perSecond` leaks away.
    LeakyScore(int64_t most, int64_t perSecond) noexcept : m_most(most), m_perSecond(perSecond) { }

    /// False: it overflows.
    bool add(int64_t cost, Time now) noexcept
    {
        const auto passed =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - m_leakedAt).count();
        const int64_t leaked = passed > 0 ? passed * m_perSecond / 1000 : 0;
        if (m_score == 0) {
            m_leakedAt = now;
        } else if (leaked > 0) { // else the part of a point adds up until it is one
            m_score = leaked < m_score ? m_score - leaked : 0;
            m_leakedAt = now;
        }
        m_score += cost;
        return m_score <= m_most;
    }
    int64_t value() const noexcept { return m_score; } ///< when it was last added to

private:
    int64_t m_most;
    int64_t m_perSecond;
    int64_t m_score = 0;
    Time m_leakedAt {};
};

} // namespace arc
