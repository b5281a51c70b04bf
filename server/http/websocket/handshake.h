// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/message.h"

#include <optional>
#include <string>
#include <string_view>

namespace arc {

/// What a request head says about going on as a WebSocket.
struct WebSocketAsk {
    enum class Kind { None, Sound, Refused };
    Kind kind = Kind::None;
    int status = 0;          ///< Refused: 400 or 426
    std::string_view reason; ///< Refused: one sentence
};
/// The rules of RFC 6455 4.2.1 over HTTP/1.1, all of them, or those of RFC 8441 5 over HTTP/2.
/// HTTP/1.0 and other upgrades ask for nothing.
WebSocketAsk webSocketAskOf(const RequestHead &head) noexcept;

/// permessage-deflate as agreed with one client (RFC 7692 7.1).
struct WsDeflateTerms {
    bool on = false;
    bool serverKeepsContext = false;
    bool clientKeepsContext = false;
    int serverWindowBits = 15;
    bool saysServerBits = false; ///< the client asked for a smaller window
};
/// Takes the client's first offer that can be met. `keepContext`: where the client lets us choose,
/// windows are kept between messages: smaller messages for more memory.
WsDeflateTerms agreeOnDeflate(const RequestHead &head, bool keepContext);

/// Header lines of an answer that accepts, and are the protocol's own. The key proves to a client
/// of HTTP/1.1 that it was understood; `head` is a sound ask of one.
std::string webSocketKeyLine(const RequestHead &head);
/// Empty where there is no extension.
std::string webSocketExtensionLine(const WsDeflateTerms &terms);

} // namespace arc
