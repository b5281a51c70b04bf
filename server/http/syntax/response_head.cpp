// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/response_head.h"

#include "server/base/assert.h"
#include "server/base/pen.h"
#include "server/http/syntax/date.h"

namespace arc {

namespace {

/// Of the lines before and behind those of the answer's own.
constexpr size_t kFrontMax = 512;
constexpr size_t kTailMax = 128;
constexpr size_t kIdMax = 128;

void putStatusLine(Pen &pen, int status)
{
    ARC_ASSERT(status >= 100 && status <= 999);
    if (status == 200) { // nearly all answers
        pen.literal("HTTP/1.1 200 OK\r\n");
        return;
    }
    pen.literal("HTTP/1.1 ");
    pen.threeDigits(static_cast<unsigned>(status));
    pen.literal(" ");
    pen.text(reasonPhrase(status));
    pen.literal("\r\n");
}

void putFront(Pen &pen, int status, const ResponseFraming &framing)
{
    ARC_ASSERT(framing.requestId.size() <= kIdMax && framing.dateLine.size() <= kHttpDateBytes + 8);
    putStatusLine(pen, status);
    pen.text(framing.dateLine);
    if (framing.server)
        pen.literal("Server: Arcology\r\n");
    if (framing.hstsSeconds) {
        pen.literal("Strict-Transport-Security: max-age=");
        pen.number(static_cast<uint64_t>(framing.hstsSeconds));
        pen.literal("\r\n");
    }
    if (!framing.requestId.empty()) {
        pen.literal("X-Request-Id: ");
        pen.text(framing.requestId);
        pen.literal("\r\n");
    }
}

void putTail(Pen &pen, int status, const ResponseFraming &framing)
{
    const bool forbidsFraming = status < 200 || status == 204;
    if (framing.chunked && !forbidsFraming && status != 304) {
        pen.literal("Transfer-Encoding: chunked\r\n");
    } else if (framing.length && !forbidsFraming) {
        pen.literal("Content-Length: ");
        pen.number(*framing.length);
        pen.literal("\r\n");
    }
    switch (framing.connection) {
    case ResponseFraming::Connection::Unsaid:
        break;
    case ResponseFraming::Connection::Close:
        pen.literal("Connection: close\r\n");
        break;
    case ResponseFraming::Connection::KeepAlive:
        pen.literal("Connection: keep-alive\r\n");
        break;
    case ResponseFraming::Connection::Upgrade:
        pen.literal("Upgrade: websocket\r\nConnection: Upgrade\r\n");
        break;
    }
    pen.literal("\r\n");
}

} // namespace

void appendResponseHead(std::string &out, const ResponseHead &head, const ResponseFraming &framing)
{
    appendResponseHead(out, head.status, head.headers.lines(), framing);
}

void appendResponseHead(std::string &out, int status, std::string_view lines,
                        const ResponseFraming &framing)
{
    char front[kFrontMax];
    char tail[kTailMax];
    Pen before(front);
    Pen behind(tail);
    putFront(before, status, framing);
    putTail(behind, status, framing);
    out.append(before.written()).append(lines).append(behind.written());
}

} // namespace arc
