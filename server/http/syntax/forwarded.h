// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/ip_address.h"
#include "server/http/message.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace arc {

/// Which header fields the trusted proxies write. One kind only: a proxy passes the other kind on
/// as its client sent it.
enum class ForwardedFields : uint8_t { None, XForwarded, Forwarded };
/// As the setting http.forwarded_fields spells it; None for anything else.
ForwardedFields forwardedFieldsFrom(std::string_view name) noexcept;

/// What one proxy wrote about who had asked it. Views into header values; empty: it did not say.
struct ForwardedHop {
    std::string_view node; ///< "192.0.2.1", "[2001:db8::1]:4711", "unknown", "_hidden", or nonsense
    std::string_view scheme;
    std::string_view host;
};

/// The last hops of a request; the one that the nearest proxy wrote is the last.
class ForwardedHops {
public:
    /// Proxies in a row that are looked at; what lies before them is not believed.
    static constexpr size_t kHopsMax = 32;

    void add(const ForwardedHop &hop) noexcept { m_hops[m_total++ % kHopsMax] = hop; }
    size_t total() const noexcept { return m_total; }
    size_t kept() const noexcept { return m_total < kHopsMax ? m_total : kHopsMax; }
    /// 0: the last one; below kept().
    ForwardedHop &fromRight(size_t i) noexcept { return m_hops[(m_total - 1 - i) % kHopsMax]; }
    /// The hop that was added as number `index`, or null when it is not kept.
    ForwardedHop *numbered(size_t index) noexcept
    {
        return index < m_total && m_total - index <= kHopsMax ? &m_hops[index % kHopsMax] : nullptr;
    }

private:
    std::array<ForwardedHop, kHopsMax> m_hops;
    size_t m_total = 0;
};

/// Reads what the fields say. False: a Forwarded field breaks the syntax of RFC 7239 section 4, so
/// that where one hop ends is unknown. X-Forwarded-For is a list without such syntax. Of
/// X-Forwarded-Proto and -Host with as many elements as X-Forwarded-For, each belongs to one hop;
/// else the last element belongs to the last hop. Pure; allocates nothing.
bool readForwarded(const RequestHead &head, ForwardedFields fields, ForwardedHops &hops) noexcept;

/// Nothing for unknown, hidden and malformed nodes.
struct NodeAddress {
    IpAddress ip;
    uint16_t port = 0; ///< 0: it says none
};
std::optional<NodeAddress> addressOfNode(std::string_view node) noexcept;

/// Who asked, as far as trusted proxies tell it.
struct ForwardedClient {
    std::optional<NodeAddress> address; ///< nothing: the connection's own
    std::optional<bool> isSecure;
    std::string_view host; ///< empty: the request's own
};

/// Follows the hops from the nearest proxy on, as long as each names an address in `trusted`: the
/// first that is not in it is the client, and what stands before it is what the client claims.
/// Whoever calls has found the connection's own peer in `trusted`.
ForwardedClient followHops(ForwardedHops &hops, const IpNetworks &trusted) noexcept;

} // namespace arc
