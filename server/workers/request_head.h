// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/exchange.h"

#include <string>

namespace arc {

/// Text forms of the two addresses of a connection, kept for the next request of it: inet_ntop
/// costs more than the rest.
class AddressTexts {
public:
    const std::string &peer(const SocketAddress &address);
    const std::string &local(const SocketAddress &address);

private:
    struct Kept {
        SocketAddress address;
        std::string text;
        bool valid = false;
    };
    static const std::string &textOf(Kept &kept, const SocketAddress &address);
    Kept m_peer;
    Kept m_local;
};

/// Appends the head of a REQUEST payload (protocol.h). The engine is the edge: hop-by-hop headers,
/// forwarding headers, claims about a client's certificate and names with an underscore (which WSGI
/// cannot tell from a dash) are left out. On the exchange's loop. False: a string above 65535 bytes
/// or all of it above kRequestHeadMax; the client deserves a 431.
inline constexpr size_t kRequestHeadMax = 512 * 1024;
bool appendRequestHead(std::string &out, Exchange &exchange, AddressTexts &addresses,
                       bool asksSocket = false);

} // namespace arc
