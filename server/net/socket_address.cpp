// SPDX-License-Identifier: Apache-2.0
#include "server/net/socket_address.h"

#include "server/base/assert.h"
#include "server/base/text.h"
#include "server/net/ipv4_text.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace arc {

namespace {

/// With its closing zero, which the kernel does not need but everybody who prints it does.
constexpr size_t kUnixPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

Result<uint16_t> parsePort(std::string_view text)
{
    const auto port = parseUnsigned(text);
    if (!port || *port > 65535)
        return Error {ErrorCode::Invalid, fmt::format("port '{}': outside 0..65535", text)};
    return static_cast<uint16_t>(*port);
}

struct HostAndPort {
    std::string host;
    std::string_view port;
    bool isIpv6 = false;
};

Result<HostAndPort> splitHostPort(std::string_view text)
{
    if (text.starts_with('[')) {
        const size_t end = text.find("]:");
        if (end == text.npos)
            return Error {ErrorCode::Invalid, fmt::format("'{}': want [IPv6]:PORT", text)};
        return HostAndPort {std::string(text.substr(1, end - 1)), text.substr(end + 2), true};
    }
    const size_t colon = text.rfind(':');
    if (colon == text.npos)
        return Error {ErrorCode::Invalid, fmt::format("'{}': the port is missing", text)};
    if (text.find(':') != colon) {
        return Error {ErrorCode::Invalid,
                      fmt::format("'{}': write an IPv6 address in brackets, [::1]:8080", text)};
    }
    return HostAndPort {std::string(text.substr(0, colon)), text.substr(colon + 1), false};
}

const sockaddr_in &asIpv4(const SocketAddress &address) noexcept
{
    return *reinterpret_cast<const sockaddr_in *>(address.system());
}

const sockaddr_in6 &asIpv6(const SocketAddress &address) noexcept
{
    return *reinterpret_cast<const sockaddr_in6 *>(address.system());
}

} // namespace

void SocketAddress::assign(const void *address, socklen_t length) noexcept
{
    m_length = std::min<socklen_t>(length, sizeof m_storage);
    std::memcpy(&m_storage, address, m_length);
}

Result<SocketAddress> SocketAddress::parse(std::string_view text)
{
    SocketAddress result;
    if (text.find('\0') != text.npos)
        return Error {ErrorCode::Invalid, "an address with a zero byte"};
    if (text.starts_with("unix:")) {
        const std::string_view path = text.substr(5);
        if (!path.starts_with('/'))
            return Error {ErrorCode::Invalid, fmt::format("'{}': want unix:/path", text)};
        if (path.size() > kUnixPathBytesMax) {
            return Error {ErrorCode::Invalid,
                          fmt::format("'{}': a Unix socket's path has at most {} bytes", path,
                                      kUnixPathBytesMax)};
        }
        sockaddr_un address {};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        result.assign(&address,
                      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1));
        return result;
    }
    auto parts = splitHostPort(text);
    if (!parts)
        return std::move(parts).error();
    const auto port = parsePort(parts->port);
    if (!port)
        return port.error();

    if (parts->isIpv6 || parts->host.empty()) {
        sockaddr_in6 address {};
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(*port);
        result.m_everyAddress = !parts->isIpv6;
        if (parts->isIpv6 && inet_pton(AF_INET6, parts->host.c_str(), &address.sin6_addr) != 1)
            return Error {ErrorCode::Invalid, fmt::format("'{}': no IPv6 address", parts->host)};
        result.assign(&address, sizeof address);
        return result;
    }
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(*port);
    const char *host =
        equalsIgnoreCase(parts->host, "localhost") ? "127.0.0.1" : parts->host.c_str();
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        return Error {ErrorCode::Invalid,
                      fmt::format("'{}': want a numeric address, as 127.0.0.1", parts->host)};
    }
    result.assign(&address, sizeof address);
    return result;
}

SocketAddress SocketAddress::fromSystem(const sockaddr *address, socklen_t length) noexcept
{
    SocketAddress result;
    if (length < static_cast<socklen_t>(sizeof(sa_family_t)))
        return result;
    result.assign(address, length);
    if (result.family() != AF_INET6)
        return result;
    const sockaddr_in6 &wide = asIpv6(result);
    if (!IN6_IS_ADDR_V4MAPPED(&wide.sin6_addr))
        return result;
    sockaddr_in plain {};
    plain.sin_family = AF_INET;
    plain.sin_port = wide.sin6_port;
    std::memcpy(&plain.sin_addr, &wide.sin6_addr.s6_addr[12], 4);
    SocketAddress ipv4;
    ipv4.assign(&plain, sizeof plain);
    return ipv4;
}

SocketAddress SocketAddress::fromIp(const IpAddress &address, uint16_t port) noexcept
{
    sockaddr_in6 wide {};
    wide.sin6_family = AF_INET6;
    wide.sin6_port = htons(port);
    std::memcpy(&wide.sin6_addr, address.bytes.data(), address.bytes.size());
    return fromSystem(reinterpret_cast<const sockaddr *>(&wide), sizeof wide);
}

std::optional<IpAddress> SocketAddress::ip() const noexcept
{
    if (family() == AF_INET)
        return IpAddress::fromIpv4(&asIpv4(*this).sin_addr);
    if (family() == AF_INET6)
        return IpAddress::fromIpv6(&asIpv6(*this).sin6_addr);
    return std::nullopt;
}

SocketAddress SocketAddress::withoutIpv6() const noexcept
{
    ARC_ASSERT(m_everyAddress);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port());
    SocketAddress result;
    result.assign(&address, sizeof address);
    result.m_everyAddress = true;
    return result;
}

bool SocketAddress::isLoopback() const noexcept
{
    switch (family()) {
    case AF_INET:
        return (ntohl(asIpv4(*this).sin_addr.s_addr) >> 24) == 127;
    case AF_INET6: {
        const in6_addr &address = asIpv6(*this).sin6_addr;
        return IN6_IS_ADDR_LOOPBACK(&address)
            || (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == 127);
    }
    case AF_UNIX:
        return true;
    default:
        return false;
    }
}

uint16_t SocketAddress::port() const noexcept
{
    if (family() == AF_INET)
        return ntohs(asIpv4(*this).sin_port);
    if (family() == AF_INET6)
        return ntohs(asIpv6(*this).sin6_port);
    return 0;
}

void SocketAddress::setPort(uint16_t port) noexcept
{
    ARC_ASSERT(isTcp());
    if (family() == AF_INET)
        reinterpret_cast<sockaddr_in *>(&m_storage)->sin_port = htons(port);
    else
        reinterpret_cast<sockaddr_in6 *>(&m_storage)->sin6_port = htons(port);
}

std::string SocketAddress::host() const
{
    IpText text {};
    switch (family()) {
    case AF_INET:
        return std::string(printIpv4(ntohl(asIpv4(*this).sin_addr.s_addr), text));
    case AF_INET6:
        return inet_ntop(AF_INET6, &asIpv6(*this).sin6_addr, text.data(), text.size());
    case AF_UNIX: {
        // An unnamed peer has no path at all, and an abstract name begins with a zero.
        const auto &local = reinterpret_cast<const sockaddr_un &>(m_storage);
        const size_t bytes = m_length - offsetof(sockaddr_un, sun_path);
        return std::string(local.sun_path, strnlen(local.sun_path, bytes));
    }
    default:
        return {};
    }
}

std::string SocketAddress::text() const
{
    if (isUnix())
        return "unix:" + host();
    if (m_everyAddress)
        return fmt::format(":{}", port());
    if (family() == AF_INET6)
        return fmt::format("[{}]:{}", host(), port());
    return fmt::format("{}:{}", host(), port());
}

std::string SocketAddress::url(std::string_view scheme) const
{
    if (isUnix())
        return text();
    std::string name = host();
    if (m_everyAddress || name == "0.0.0.0")
        name = "127.0.0.1"; // what is bound to every address can be reached there
    else if (name == "::")
        name = "[::1]";
    else if (family() == AF_INET6)
        name = '[' + name + ']';
    if ((scheme == "http" && port() == 80) || (scheme == "https" && port() == 443))
        return fmt::format("{}://{}", scheme, name);
    return fmt::format("{}://{}:{}", scheme, name, port());
}

bool SocketAddress::operator==(const SocketAddress &other) const noexcept
{
    return m_length == other.m_length && m_everyAddress == other.m_everyAddress
        && std::memcmp(&m_storage, &other.m_storage, m_length) == 0;
}

} // namespace arc
