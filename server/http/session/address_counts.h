// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/ip_address.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace arc {

/// How many connections each client address has open, for all loops together. Any thread. Asked
/// when a connection begins and when it ends, never for a request; it remembers addresses that have
/// connections, and no others.
class AddressCounts {
public:
    AddressCounts();
    AddressCounts(const AddressCounts &) = delete;

    /// Counts one more, unless there are `most` already. Of IPv6 the first 64 bits count: that is
    /// what one customer is given (RFC 6177).
    bool enter(const IpAddress &address, int64_t most);
    void leave(const IpAddress &address) noexcept; ///< once for each enter() that was true
    /// Addresses that have connections; for tests, a moment old.
    size_t addresses() const;

private:
    static constexpr size_t kShards = 64; // more than there are loops on most machines

    /// Clients choose their addresses, so where they lie is a secret of the process.
    struct Hash {
        uint64_t secret;
        size_t operator()(const IpAddress &address) const noexcept;
    };
    struct alignas(64) Shard {
        mutable std::mutex mutex; // guards counts; held for a lookup
        std::unordered_map<IpAddress, int64_t, Hash> counts;
    };
    Shard &shardOf(const IpAddress &network) noexcept;

    Hash m_hash;
    std::array<Shard, kShards> m_shards;
};

} // namespace arc
