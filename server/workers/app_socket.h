// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/exchange.h"
#include "server/http/web_socket.h"
#include "server/workers/messages.h"

namespace arc {

class AppRequest;
class LoopSide;

/// A WebSocket between a client and its app, on the exchange's loop: messages to the worker as far
/// as its window lets them, and back as far as the client takes them. So neither a slow app nor a
/// slow client makes memory grow: of each direction at most one window waits in the worker or on
/// its way, and buffers.response_kib for the client. Part of an AppRequest.
class AppSocket final : public WebSocketListener {
public:
    AppSocket(LoopSide &side, AppRequest &request) : m_side(side), m_request(request) { }

    /// Accepts; false: the client did not ask for it.
    bool open(Exchange &exchange, const HeaderBlock &lines) noexcept;
    void onMessageOfApp(std::string_view piece, uint8_t flags) noexcept;
    void onCredit(uint32_t bytes) noexcept;
    void close(uint16_t code, std::string_view reason) noexcept;

    // WebSocketListener
    size_t room() const noexcept override;
    void onMessage(std::string_view piece, bool isText, bool isLast) noexcept override;
    void onDrained() noexcept override;
    void onClosed(uint16_t code, std::string_view reason) noexcept override;

private:
    void giveRoom() noexcept;

    LoopSide &m_side;
    AppRequest &m_request;
    WebSocket *m_socket = nullptr;                ///< null: ended
    uint64_t m_credit = protocol::kInitialWindow; ///< what the worker has room for
    uint64_t m_roomOwed = 0; ///< taken from the worker, not yet given back as room
    uint64_t m_ahead = 0;    ///< given back while the client was slow
};

} // namespace arc
