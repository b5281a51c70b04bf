// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace arc {

/// A number with one writing thread and any number of readers. Adding is a plain load, add and
/// store.
class Cell {
public:
    void add(int64_t n) noexcept { m_value.store(read() + n, std::memory_order_relaxed); }
    void set(int64_t n) noexcept { m_value.store(n, std::memory_order_relaxed); }
    int64_t read() const noexcept { return m_value.load(std::memory_order_relaxed); }

private:
    std::atomic<int64_t> m_value {0};
};

/// Durations in log-linear buckets: 16 per octave from 1 µs to 128 s, so a percentile is at most
/// 6.25 % off. One writing thread. Readers see each bucket exactly, not all buckets at one instant.
class Histogram {
public:
    static constexpr unsigned kSubBits = 4;
    static constexpr unsigned kOctaves = 27; // 2^27 µs = 134 s
    static constexpr size_t kBuckets = (kOctaves - kSubBits + 1) << kSubBits;

    void record(std::chrono::nanoseconds duration) noexcept
    {
        const int64_t us = duration.count() / 1000;
        m_buckets[bucketOf(us)].add(1);
        m_sumUs.add(us);
    }
    int64_t countIn(size_t bucket) const noexcept { return m_buckets[bucket].read(); }
    int64_t sumUs() const noexcept { return m_sumUs.read(); }

    static constexpr size_t bucketOf(int64_t us) noexcept
    {
        if (us < (1 << kSubBits))
            return us < 0 ? 0 : static_cast<size_t>(us);
        const auto value = static_cast<uint64_t>(us);
        const unsigned octave = static_cast<unsigned>(std::bit_width(value)) - 1;
        if (octave >= kOctaves)
            return kBuckets - 1;
        const size_t sub = (value >> (octave - kSubBits)) & ((1 << kSubBits) - 1);
        return ((octave - kSubBits + 1) << kSubBits) + sub;
    }
    /// Smallest duration above the bucket, in µs.
    static constexpr int64_t upperUs(size_t bucket) noexcept
    {
        if (bucket < (1 << kSubBits))
            return static_cast<int64_t>(bucket) + 1;
        const unsigned shift = static_cast<unsigned>(bucket >> kSubBits) - 1;
        const int64_t base = (1 << kSubBits) + static_cast<int64_t>(bucket & ((1 << kSubBits) - 1));
        return (base + 1) << shift;
    }

private:
    std::array<Cell, kBuckets> m_buckets {};
    Cell m_sumUs;
};

} // namespace arc
