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
///
/// Why a sleeping consumer misses no line: the producer publishes the line and then reads the flag,
/// the consumer raises the flag and then looks for lines; all four are sequentially consistent.
class LogRing {
public:
    explicit LogRing(size_t capacityBytes); ///< a power of two

    /// Producer: a whole line, with its newline; it may come in two parts.
    bool push(std::string_view line, std::string_view rest = {}) noexcept;
    /// Consumer: moves everything there is to the end of `out`.
    void drain(std::string &out);
    uint64_t linesDropped() const noexcept
    {
        return m_dropped.load(std::memory_order_relaxed);
    } ///< any thread
    /// Producer, after a push: whether the consumer is to be woken, because the ring passed half
    /// full or because it sleeps. True once for each.
    bool wantsConsumer() noexcept;
    /// Consumer: announces that it is about to sleep until it is woken; false when there is
    /// something to drain, and then it must not.
    bool prepareToSleep() noexcept;
    /// Any thread: whether the next line has to wake it.
    bool isConsumerAsleep() const noexcept { return m_asleep.load(std::memory_order_relaxed); }
    /// Consumer: takes that back.
    void wakeUp() noexcept { m_asleep.store(false, std::memory_order_relaxed); }

private:
    void put(uint64_t place, std::string_view bytes) noexcept;

    const size_t m_capacity;
    const std::unique_ptr<char[]> m_bytes;
    alignas(64) std::atomic<uint64_t> m_written {0}; ///< by the producer
    uint64_t m_halfAt = 0;                           ///< producer only
    alignas(64) std::atomic<uint64_t> m_read {0};    ///< by the consumer
    std::atomic<bool> m_asleep {false};
    std::atomic<uint64_t> m_dropped {0};
};

} // namespace arc
