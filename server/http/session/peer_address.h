// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/net/socket_address.h"

#include <algorithm>
#include <array>
#include <cstring>

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

private:
    socklen_t m_length;
    std::array<unsigned char, sizeof(sockaddr_in6)> m_bytes {};
};

} // namespace arc
