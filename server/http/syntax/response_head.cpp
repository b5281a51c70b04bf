// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/response_head.h"

#include "server/base/assert.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace arc {

namespace {

void appendStatusLine(std::string &out, int status)
{
    ARC_ASSERT(status >= 100 && status <= 999);
    if (status == 200) { // nearly all answers
        out += "HTTP/1.1 200 OK\r\n";
        return;
    }
    std::array<char, 14> start {'H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', '0', '0', '0', ' '};
    std::to_chars(start.data() + 9, start.data() + 12, status);
    out.append(start.data(), 13).append(reasonPhrase(status)).append("\r\n");
}

} // namespace

void appendResponseHead(std::string &out, const ResponseHead &head, const ResponseFraming &framing)
{
    appendResponseHead(out, head.status, head.headers.lines(), framing);
}

void appendResponseHead(std::string &out, int status, std::string_view lines,
                        const ResponseFraming &framing)
{
    appendStatusLine(out, status);
    out += framing.dateLine;
    if (framing.server)
        out += "Server: Arcology\r\n";
    if (framing.hstsSeconds)
        out += fmt::format("Strict-Transport-Security: max-age={}\r\n", framing.hstsSeconds);
    if (!framing.requestId.empty())
        out.append("X-Request-Id: ").append(framing.requestId).append("\r\n");
    out += lines;
    const bool forbidsFraming = status < 200 || status == 204;
    if (framing.chunked && !forbidsFraming && status != 304) {
        out += "Transfer-Encoding: chunked\r\n";
    } else if (framing.length && !forbidsFraming) {
        std::array<char, 20> digits;
        const auto end =
            std::to_chars(digits.data(), digits.data() + digits.size(), *framing.length).ptr;
        out.append("Content-Length: ").append(digits.data(), end).append("\r\n");
    }
    switch (framing.connection) {
    case ResponseFraming::Connection::Unsaid:
        out += "\r\n";
        break;
    case ResponseFraming::Connection::Close:
        out += "Connection: close\r\n\r\n";
        break;
    case ResponseFraming::Connection::KeepAlive:
        out += "Connection: keep-alive\r\n\r\n";
        break;
    case ResponseFraming::Connection::Upgrade:
        out += "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
        break;
    }
}

} // namespace arc
