// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/net/ipv4_text.h"
#include "server/net/socket_address.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include <netinet/in.h>

namespace arc {

/// A client's address in 32 bytes: an idle connection should not carry the room for a Unix socket's
/// path, which clients have none of.
class PeerAddress {
public:
    explicit PeerAddress(const SocketAddress &address) noexcept
        : m_length(std::min<socklen_t>(address.systemLength(), sizeof m_bytes))
    {
        if (address.isUnix())
            m_length = sizeof(sa_family_t);
        std::memcpy(m_bytes.data(), address.system(), m_length);
    }
    SocketAddress full() const noexcept
    {
        sockaddr_storage storage {};
        std::memcpy(&storage, m_bytes.data(), m_length);
        return SocketAddress::fromSystem(reinterpret_cast<const sockaddr *>(&storage), m_length);
    }

    /// As SocketAddress::host() tells it, but without a string of its own for IPv4: it is written
    /// into every access line.
    std::string_view host(IpText &room) const
    {
        sockaddr_in address {};
        if (m_length == sizeof address) {
            std::memcpy(&address, m_bytes.data(), sizeof address);
            if (address.sin_family == AF_INET)
                return printIpv4(ntohl(address.sin_addr.s_addr), room);
        }
        const std::string text = full().host();
        return {room.data(), text.copy(room.data(), room.size())};
    }

private:
    socklen_t m_length;
    std::array<unsigned char, sizeof(sockaddr_in6)> m_bytes {};
};

} // namespace arc
