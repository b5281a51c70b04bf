// SPDX-License-Identifier: Apache-2.0
#include "server/workers/app_socket.h"

#include "server/http/websocket/frame.h"
#include "server/workers/app_request.h"
#include "server/workers/loop_side.h"

#include <algorithm>

namespace arc {

using protocol::kMessageCost;

bool AppSocket::open(Exchange &exchange, const HeaderBlock &lines) noexcept
{
    m_socket = exchange.acceptWebSocket(lines, *this);
    return m_socket != nullptr;
}

size_t AppSocket::room() const noexcept
{
    return m_credit <= kMessageCost
        ? 0
        : static_cast<size_t>(std::min<uint64_t>(m_credit - kMessageCost, protocol::kBodyFrameMax));
}

void AppSocket::onMessage(std::string_view piece, bool isText, bool isLast) noexcept
{
    m_credit -= piece.size() + kMessageCost;
    const unsigned flags = (isText ? protocol::kText : 0u) | (isLast ? protocol::kEnd : 0u);
    m_side.message(m_request.id(), piece, static_cast<uint8_t>(flags));
}

void AppSocket::onCredit(uint32_t bytes) noexcept
{
    m_credit += bytes;
    if (m_socket)
        m_socket->resume();
}

void AppSocket::onMessageOfApp(std::string_view piece, uint8_t flags) noexcept
{
    m_socket->send(piece, flags & protocol::kText, flags & protocol::kEnd);
    m_roomOwed += piece.size() + kMessageCost;
    giveRoom();
}

/// As AppRequest::giveRoom() does for answers.
void AppSocket::giveRoom() noexcept
{
    if (m_socket->isBacklogged()) {
        const uint64_t held = Exchange::kBacklogHigh + protocol::kInitialWindow + m_ahead;
        if (held + m_roomOwed > m_side.responseBuffer())
            return; // onDrained() gives it back
    }
    if (m_roomOwed < AppRequest::kGrantStep)
        return;
    if (m_socket->isBacklogged())
        m_ahead += m_roomOwed;
    m_side.grant(m_request.id(), static_cast<uint32_t>(std::exchange(m_roomOwed, 0)));
}

void AppSocket::onDrained() noexcept
{
    m_ahead = 0;
    if (m_roomOwed > 0)
        m_side.grant(m_request.id(), static_cast<uint32_t>(std::exchange(m_roomOwed, 0)));
}

void AppSocket::close(uint16_t code, std::string_view reason) noexcept
{
    const bool isSound = isWireCloseCode(code) || code == ws_close::kNoCode;
    if (WebSocket *socket = std::exchange(m_socket, nullptr))
        socket->close(isSound ? code : ws_close::kServerError, reason);
}

void AppSocket::onClosed(uint16_t code, std::string_view reason) noexcept
{
    m_socket = nullptr;
    m_request.socketEnded(code, reason); // ends this as well
}

} // namespace arc
