// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace arc {

struct RequestHead;
class SocketAddress;

/// Whether whoever asks sits at this computer, so that why an app fails may be told: the client is
/// one of the loopback (a Unix socket is for proxies), no field speaks of a proxy, and the name in
/// the address bar leads nowhere else. The last tells a visitor apart who comes through a proxy on
/// this computer that says nothing about itself: nobody reaches another computer as localhost (RFC
/// 6761 6.3). Nor is HTTP/1.0 believed, which no browser speaks, but nginx to a site whose name it
/// replaces by this computer's, unless it is told otherwise. Pure; any thread.
bool isAskedLocally(const RequestHead &head, const SocketAddress &peer) noexcept;

} // namespace arc
