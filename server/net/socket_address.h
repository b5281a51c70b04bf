// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace arc {

/// An address to listen on or a peer's address: IPv4, IPv6 or a Unix socket's path. A plain value.
class SocketAddress {
public:
    /// "127.0.0.1:8080", "[::1]:8080", ":8080" (every address, IPv4 and IPv6), "localhost:8080", "unix:/path".
    static Result<SocketAddress> parse(std::string_view text);
    static SocketAddress fromSystem(const sockaddr *address, socklen_t length) noexcept;

    const sockaddr *system() const noexcept { return reinterpret_cast<const sockaddr *>(&m_storage); }
    socklen_t systemLength() const noexcept { return m_length; }
    int family() const noexcept { return m_storage.ss_family; }
    bool isUnix() const noexcept { return family() == AF_UNIX; }
    bool isLoopback() const noexcept;
    /// 0 for a Unix socket.
    uint16_t port() const noexcept;
    void setPort(uint16_t port) noexcept;
    /// "127.0.0.1", "::1", or the path.
    std::string host() const;
    /// As parse() reads it.
    std::string text() const;
    /// What a browser opens: "http://127.0.0.1:8080"; every-address becomes 127.0.0.1.
    std::string url(std::string_view scheme) const;
    bool operator==(const SocketAddress &other) const noexcept;

private:
    sockaddr_storage m_storage {};
    socklen_t m_length = 0;
    bool m_everyAddress = false;
};

} // namespace arc
