// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/base/ip_address.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace arc {

/// An address to listen on or a peer's address: IPv4, IPv6 or a Unix socket's path. A plain value.
class SocketAddress {
public:
    /// "127.0.0.1:8080", "[::1]:8080", ":8080" (every address, IPv4 and IPv6), "localhost:8080",
    /// "unix:/path". Names other than localhost are refused: what one listens on is not looked up.
    static Result<SocketAddress> parse(std::string_view text);
    /// An IPv4 peer of an IPv6 socket becomes plain IPv4.
    static SocketAddress fromSystem(const sockaddr *address, socklen_t length) noexcept;
    static SocketAddress fromIp(const IpAddress &address, uint16_t port) noexcept;
    /// Nothing for a Unix socket.
    std::optional<IpAddress> ip() const noexcept;

    const sockaddr *system() const noexcept
    {
        return reinterpret_cast<const sockaddr *>(&m_storage);
    }
    socklen_t systemLength() const noexcept { return m_length; }
    int family() const noexcept { return m_storage.ss_family; }
    bool isUnix() const noexcept { return family() == AF_UNIX; }
    /// Reachable from this computer only; a Unix socket is.
    bool isLoopback() const noexcept;
    /// Written without a host: every address, IPv4 and IPv6.
    bool isEveryAddress() const noexcept { return m_everyAddress; }
    /// Every address as far as a kernel without IPv6 has it; only for isEveryAddress().
    SocketAddress withoutIpv6() const noexcept;
    bool isTcp() const noexcept { return family() == AF_INET || family() == AF_INET6; }
    /// 0 for a Unix socket.
    uint16_t port() const noexcept;
    void setPort(uint16_t port) noexcept;
    /// "127.0.0.1", "::1", or the path.
    std::string host() const;
    /// As parse() reads it.
    std::string text() const;
    /// What a browser opens: "http://127.0.0.1:8080"; every-address becomes 127.0.0.1. The path for
    /// Unix.
    std::string url(std::string_view scheme) const;
    bool operator==(const SocketAddress &other) const noexcept;

private:
    /// Exactly the bytes that the system knows, so that addresses can be compared.
    void assign(const void *address, socklen_t length) noexcept;

    sockaddr_storage m_storage {};
    socklen_t m_length = 0;
    bool m_everyAddress = false;
};

} // namespace arc
