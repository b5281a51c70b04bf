// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arc {

/// What the owner of the connection adds to an answer's head.
struct ResponseFraming {
    enum class Connection {
        Unsaid,
        Close,
        KeepAlive,
        Upgrade
    }; ///< KeepAlive is said to HTTP/1.0 clients only; Upgrade: to WebSocket

    std::optional<uint64_t> length; ///< Content-Length; also for HEAD and 304 when known
    bool chunked = false;           ///< instead of a length
    Connection connection = Connection::Unsaid;
    bool server = false;             ///< http.server_header
    std::string_view dateLine;       ///< of DateLine
    int64_t hstsSeconds = 0;         ///< Strict-Transport-Security; 0: none
    std::string_view requestId = {}; ///< X-Request-Id; empty: none
};

/// Appends the head, from the status line to the empty line. Statuses without a body (1xx, 204) get
/// neither Content-Length nor Transfer-Encoding (RFC 9110 8.6, RFC 9112 6.1), whatever the framing
/// says.
void appendResponseHead(std::string &out, const ResponseHead &head, const ResponseFraming &framing);
/// The same with header lines as HeaderBlock::lines() gives them.
void appendResponseHead(std::string &out, int status, std::string_view lines,
                        const ResponseFraming &framing);

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

} // namespace arc
