// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/net/socket_address.h"

#include <cstddef>
#include <string_view>

namespace arc {

/// What a proxy says about the client of a connection, before the client's first byte.
struct ProxyHeader {
    /// It names no client: the proxy speaks for itself (LOCAL, a health check), or does not know
    /// (UNKNOWN, UNSPEC), or the client has no IP address (UNIX). The connection's own addresses
    /// hold.
    bool namesNobody = true;
    SocketAddress client {};
    SocketAddress server {}; ///< where the client connected to
};

enum class ProxyStep {
    NeedMore, ///< so far nothing is wrong, but the header's end is not there
    Done,
    Refuse, ///< close: there is no answer in this protocol
};

struct ProxyOutcome {
    ProxyStep step = ProxyStep::NeedMore;
    size_t bytesUsed = 0;       ///< of Done: what the client sent begins here
    std::string_view reason {}; ///< of Refuse: constant text for the log
};

/// Longest line of version 1 with its CRLF (PROXY protocol specification, 2.1).
constexpr size_t kProxyLineBytesMax = 107;
/// Longest header of version 2. The addresses need 232 bytes at most; the rest is for the fields
/// that proxies add, which are skipped. The specification allows 64 KiB.
constexpr size_t kProxyHeaderBytesMax = 4096;

/// Reads a PROXY protocol header of version 1 or 2, strictly. `bytes` hold everything received so
/// far; after NeedMore it is called again with the same bytes and more. What is wrong is told as
/// soon as it can be known. Pure, allocates nothing; any thread.
///
/// The checksum that version 2 may carry is not verified: TCP has one already, and whoever could
/// forge the header could forge its checksum.
ProxyOutcome readProxyHeader(std::string_view bytes, ProxyHeader &header) noexcept;

} // namespace arc
