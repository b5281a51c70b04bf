// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace arc {

/// An IP address in 16 bytes, an IPv4 one as the IPv4-mapped IPv6 address (RFC 4291 2.5.5.2), so
/// that both families are compared in one way. A plain value.
struct IpAddress {
    std::array<unsigned char, 16> bytes {};

    /// "192.0.2.1" or "2001:db8::1" and nothing else: no port, no brackets, no zone, no name.
    static std::optional<IpAddress> parse(std::string_view text) noexcept;
    static IpAddress fromIpv4(const void *fourBytes) noexcept;
    static IpAddress fromIpv6(const void *sixteenBytes) noexcept;

    bool isIpv4() const noexcept;
    bool isLoopback() const noexcept; ///< 127.0.0.0/8 or ::1
    bool operator==(const IpAddress &) const = default;
};

/// A list of addresses and networks, as an administrator types it. Immutable after parse(); any
/// thread.
class IpNetworks {
public:
    static constexpr size_t kNetworksMax = 256; ///< since every address is held against all

    /// "10.0.0.0/8 192.0.2.7 fd00::/8 unix", separated by blanks or commas. "unix" stands for
    /// whoever comes over a Unix socket. Bits of the host in a network are refused: they are a
    /// mistake in the one or in the other.
    static Result<IpNetworks> parse(std::string_view text);

    bool isEmpty() const noexcept { return m_networks.empty() && !m_unix; }
    bool contains(const IpAddress &address) const noexcept;
    bool containsUnix() const noexcept { return m_unix; }

private:
    struct Network {
        IpAddress address;
        unsigned bits = 0; ///< of 128
    };
    std::vector<Network> m_networks;
    bool m_unix = false;
};

} // namespace arc
