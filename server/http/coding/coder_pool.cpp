// SPDX-License-Identifier: Apache-2.0
#include "server/http/coding/coder_pool.h"

#include <algorithm>

namespace arc {

std::unique_ptr<Coder> CoderPool::take(Coding coding, const CodingRules &rules)
{
    // Every loop may have its share, rounded up: a small limit still allows one each.
    if (m_inUse >= (rules.streamsMax() + m_loops - 1) / m_loops) {
        m_metrics.codingsRefused.add(1);
        return nullptr;
    }
    std::unique_ptr<Coder> coder;
    const auto spare =
        std::find_if(m_spares.begin(), m_spares.end(), [&](const std::unique_ptr<Coder> &each) {
            return each->coding() == coding && each->level() == rules.level();
        });
    if (spare != m_spares.end()) {
        coder = std::move(*spare);
        m_spares.erase(spare);
    } else {
        coder = makeCoder(coding, rules.level());
    }
    if (!coder->start())
        return nullptr;
    ++m_inUse;
    return coder;
}

void CoderPool::giveBack(std::unique_ptr<Coder> coder) noexcept
{
    --m_inUse;
    if (m_spares.size() == kSparesMax)
        m_spares.erase(m_spares.begin());
    m_spares.push_back(std::move(coder));
}

void countCoding(LoopMetrics &metrics, Coding coding, uint64_t bytesIn, uint64_t bytesOut,
                 std::chrono::nanoseconds duration) noexcept
{
    if (!bytesIn && !bytesOut)
        return;
    const auto add = [&](Cell &in, Cell &out) {
        in.add(static_cast<int64_t>(bytesIn));
        out.add(static_cast<int64_t>(bytesOut));
    };
    switch (coding) {
    case Coding::Gzip:
        add(metrics.gzipIn, metrics.gzipOut);
        break;
    case Coding::Brotli:
        add(metrics.brotliIn, metrics.brotliOut);
        break;
    case Coding::Zstd:
        add(metrics.zstdIn, metrics.zstdOut);
        break;
    case Coding::Identity:
        return;
    }
    metrics.codingTime.record(duration);
}

} // namespace arc
