// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/ip_address.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace arc {

/// How many connections each client address has open, for all loops together. Any thread; no lock,
/// and no memory beyond the 256 KiB it is made of: two rows of counters, and an address has one in
/// each. Others may share one of the two, so the smaller is taken: never less than is true, and
/// more only for an address that shares both, which for a client that fills the counters of a
/// hundred addresses is one in 100,000. Which addresses share is a secret of the process.
class AddressCounts {
public:
    AddressCounts();
    AddressCounts(const AddressCounts &) = delete;

    /// Counts one more, unless there are `most` already. Of IPv6 the first 64 bits count: that is
    /// what one customer is given (RFC 6177).
    bool enter(const IpAddress &address, int64_t most) noexcept;
    void leave(const IpAddress &address) noexcept; ///< once for each enter() that was true

private:
    static constexpr size_t kCounters = 32768;
    using Row = std::array<std::atomic<uint32_t>, kCounters>;
    struct Places {
        std::atomic<uint32_t> &first;
        std::atomic<uint32_t> &second;
    };
    Places placesOf(const IpAddress &address) noexcept;

    const uint64_t m_secret;
    Row m_first {};
    Row m_second {};
};

} // namespace arc
