// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/coding/coder.h"
#include "server/metrics/metrics.h"

#include <chrono>
#include <memory>
#include <vector>

namespace arc {

/// Counts what one coding of a file or of a piece took and gave; nothing for Identity or no bytes
/// in and out. On the loop of the cells.
void countCoding(LoopMetrics &metrics, Coding coding, uint64_t bytesIn, uint64_t bytesOut,
                 std::chrono::nanoseconds duration) noexcept;

/// The coders of one loop: how many streams are coded at one time, a few spare ones, and the books.
/// Confined to its loop.
class CoderPool {
public:
    static constexpr size_t kSparesMax = 8; ///< setting one up costs as much as coding 50 KiB

    /// loops: that share compression.streams.
    CoderPool(LoopMetrics &metrics, size_t loops) : m_metrics(metrics), m_loops(loops) { }

    /// A started coder, or null at the limit: the answer is then sent as it is.
    std::unique_ptr<Coder> take(Coding coding, const CodingRules &rules);
    void giveBack(std::unique_ptr<Coder> coder) noexcept;
    size_t inUse() const noexcept { return m_inUse; }

    LoopMetrics &metrics() noexcept { return m_metrics; }

private:
    LoopMetrics &m_metrics;
    const size_t m_loops;
    size_t m_inUse = 0;
    std::vector<std::unique_ptr<Coder>> m_spares;
};

} // namespace arc
