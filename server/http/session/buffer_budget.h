// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace arc {

/// What a client is told at the limit.
inline constexpr std::string_view kShortOfMemory =
    "The server is short of memory for requests. Please try again in a moment.";

/// The sum limit buffers.total_mib over all loops. Any thread. Loops take from it in grants, so
/// that the shared number is touched once per MiB and not once per request.
class BufferBudget {
public:
    static constexpr int64_t kGrantBytes = 1024 * 1024;

    explicit BufferBudget(int64_t totalBytes) noexcept : m_limit(totalBytes) { }
    BufferBudget(const BufferBudget &) = delete;

    void setLimit(int64_t totalBytes) noexcept
    {
        m_limit.store(totalBytes, std::memory_order_relaxed);
    }
    int64_t limit() const noexcept { return m_limit.load(std::memory_order_relaxed); }
    int64_t granted() const noexcept { return m_granted.load(std::memory_order_relaxed); }

    /// One grant more, unless the limit would be passed.
    bool tryGrant() noexcept;
    void giveBack(int64_t grants) noexcept;

private:
    std::atomic<int64_t> m_limit;
    std::atomic<int64_t> m_granted {0};
};

/// A loop's part of the budget. Confined to its loop.
///
/// charge() never fails: the memory is there already. What it tells is whether more may be taken,
/// and the owner then stops reading. So the limit can be passed by what one turn had in its hands,
/// which has limits of its own.
class LoopBudget {
public:
    /// shared may be null: then nothing is limited, only counted.
    explicit LoopBudget(BufferBudget *shared) noexcept : m_shared(shared) { }
    LoopBudget(const LoopBudget &) = delete;
    ~LoopBudget();

    void charge(int64_t bytes) noexcept; ///< negative: returned
    int64_t used() const noexcept { return m_used; }
    /// True at the limit; asks for another grant first.
    bool isExhausted() noexcept;

private:
    bool cover() noexcept;

    /// A loop keeps this much more than it uses, so that a steady load does not move grants to and
    /// fro.
    static constexpr int64_t kSpareGrants = 2;

    BufferBudget *const m_shared;
    int64_t m_used = 0;
    int64_t m_grants = 0;
};

} // namespace arc
