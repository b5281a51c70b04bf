// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/address_counts.h"

#include "server/base/assert.h"

#include <algorithm>
#include <random>

#include <xxhash.h>

namespace arc {

namespace {

constexpr size_t kNetworkBytes = 8;
constexpr unsigned kShardBits =
    58; // the upper six bits choose the shard, the lower ones the bucket

uint64_t makeSecret()
{
    std::random_device entropy;
    return uint64_t {entropy()} << 32 | entropy();
}

IpAddress networkOf(IpAddress address) noexcept
{
    if (!address.isIpv4())
        std::fill(address.bytes.begin() + kNetworkBytes, address.bytes.end(), uint8_t {0});
    return address;
}

} // namespace

size_t AddressCounts::Hash::operator()(const IpAddress &address) const noexcept
{
    return XXH3_64bits_withSeed(address.bytes.data(), address.bytes.size(), secret);
}

AddressCounts::AddressCounts() : m_hash {makeSecret()}
{
    for (Shard &shard : m_shards)
        shard.counts = decltype(shard.counts)(0, m_hash);
}

AddressCounts::Shard &AddressCounts::shardOf(const IpAddress &network) noexcept
{
    static_assert(kShards == size_t {1} << (64 - kShardBits));
    return m_shards[m_hash(network) >> kShardBits];
}

bool AddressCounts::enter(const IpAddress &address, int64_t most)
{
    const IpAddress network = networkOf(address);
    Shard &shard = shardOf(network);
    const std::scoped_lock lock(shard.mutex);
    ARC_ASSERT(most > 0); // so a new entry gets its first, and none stays without
    int64_t &count = shard.counts[network];
    if (count >= most)
        return false;
    ++count;
    return true;
}

void AddressCounts::leave(const IpAddress &address) noexcept
{
    const IpAddress network = networkOf(address);
    Shard &shard = shardOf(network);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.counts.find(network);
    ARC_ASSERT(found != shard.counts.end());
    if (--found->second == 0)
        shard.counts.erase(found);
}

size_t AddressCounts::addresses() const
{
    size_t total = 0;
    for (const Shard &shard : m_shards) {
        const std::scoped_lock lock(shard.mutex);
        total += shard.counts.size();
    }
    return total;
}

} // namespace arc
