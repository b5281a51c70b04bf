// SPDX-License-Identifier: Apache-2.0
#include "server/workers/local_eyes.h"

#include "server/base/text.h"
#include "server/http/message.h"
#include "server/net/socket_address.h"

#include <algorithm>

namespace arc {

namespace {

/// The fields of RFC 7239 and RFC 9110 7.6.3, and those in use without one.
bool speaksOfProxy(const HeaderView &header) noexcept
{
    constexpr std::string_view kFamily = "x-forwarded-"; // -for, -host, -proto, -port, -server ...
    return header.id == HeaderId::Forwarded || header.id == HeaderId::Via
        || equalsIgnoreCase(header.name, "x-real-ip")
        || equalsIgnoreCase(header.name.substr(0, kFamily.size()), kFamily);
}

/// `host` as RequestHead has it: lower case, IPv6 in brackets.
bool isLocalHost(std::string_view host) noexcept
{
    // No address: a proxy that is told nothing else puts that of its upstream here.
    return host == "localhost" || host.ends_with(".localhost");
}

} // namespace

bool isAskedLocally(const RequestHead &head, const SocketAddress &peer) noexcept
{
    const bool isHttp10 = head.majorVersion == 1 && head.minorVersion == 0;
    return peer.isLoopback() && !peer.isUnix() && !isHttp10 && isLocalHost(head.host)
        && std::none_of(head.headers.begin(), head.headers.end(), speaksOfProxy);
}

} // namespace arc
