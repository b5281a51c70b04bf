// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace arc {

/// Bounded byte ring from one producer thread to one consumer thread: how log lines leave a loop
/// without blocking it. A line that does not fit whole is dropped and counted.
class LogRing {
public:
    explicit LogRing(size_t capacityBytes); ///< a power of two

    /// Producer: a whole line, with its newline.
    bool push(std::string_view line) noexcept;
    /// Consumer: moves everything there is to the end of `out`.
    void drain(std::string &out);
    uint64_t linesDropped() const noexcept
    {
        return m_dropped.load(std::memory_order_relaxed);
    } ///< any thread
    /// Producer: true once each time the ring passes half full, so that the consumer is woken
    /// early.
    bool passedHalf() noexcept;

private:
    const size_t m_capacity;
    const std::unique_ptr<char[]> m_bytes;
    alignas(64) std::atomic<uint64_t> m_written {0}; ///< by the producer
    uint64_t m_halfAt = 0;                           ///< producer only
    alignas(64) std::atomic<uint64_t> m_read {0};    ///< by the consumer
    std::atomic<uint64_t> m_dropped {0};
};

} // namespace arc
