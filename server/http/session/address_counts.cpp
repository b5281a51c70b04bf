// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/address_counts.h"

#include <algorithm>
#include <random>

#include <xxhash.h>

namespace arc {

namespace {

constexpr size_t kNetworkBytes = 8;

uint64_t secret()
{
    std::random_device entropy;
    return uint64_t {entropy()} << 32 | entropy();
}

} // namespace

AddressCounts::AddressCounts() : m_secret(secret())
{
}

AddressCounts::Places AddressCounts::placesOf(const IpAddress &address) noexcept
{
    const size_t bytes = address.isIpv4() ? address.bytes.size() : kNetworkBytes;
    const XXH128_hash_t hash = XXH3_128bits_withSeed(address.bytes.data(), bytes, m_secret);
    return {m_first[hash.low64 % kCounters], m_second[hash.high64 % kCounters]};
}

bool AddressCounts::enter(const IpAddress &address, int64_t most) noexcept
{
    // Only numbers are shared, so nothing needs an order among them.
    const Places places = placesOf(address);
    const uint32_t first = places.first.fetch_add(1, std::memory_order_relaxed);
    const uint32_t second = places.second.fetch_add(1, std::memory_order_relaxed);
    if (std::min(first, second) < most)
        return true;
    leave(address);
    return false;
}

void AddressCounts::leave(const IpAddress &address) noexcept
{
    const Places places = placesOf(address);
    places.first.fetch_sub(1, std::memory_order_relaxed);
    places.second.fetch_sub(1, std::memory_order_relaxed);
}

} // namespace arc
