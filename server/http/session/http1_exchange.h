// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/byte_tunnel.h"
#include "server/http/session/request_body.h"
#include "server/http/session/session_exchange.h"
#include "server/http/session/web_socket_session.h"

#include <optional>

namespace arc {

class Http1Connection;

/// The exchange of an HTTP/1 connection. Confined to its loop; pooled there.
///
/// Handlers' calls only append to the connection's outbox and ask for a turn; the connection calls
/// the listener in its turn.
class Http1Exchange final : public SessionExchange, private ByteTunnel {
public:
    // ---- Exchange
    void readBody() noexcept override;
    void resumeBody() noexcept override;
    void respond(ResponseHead head, Chunk body) noexcept override;
    void respondPrepared(int status, std::string_view lines, Chunk body) noexcept override;
    void begin(ResponseHead head, std::optional<uint64_t> length) noexcept override;
    void write(Chunk chunk) noexcept override;
    void end() noexcept override { endWith({}); }
    void endWith(const HeaderBlock &trailers) noexcept override;
    void sendEarlyHints(const HeaderBlock &lines) noexcept override;
    bool isBacklogged() const noexcept override;
    WebSocketAsk webSocketAsk() const noexcept override { return webSocketAskOf(m_head); }
    WebSocket *acceptWebSocket(const HeaderBlock &headers,
                               WebSocketListener &listener) noexcept override;

    // ---- the connection's side
    void open(Http1Connection &connection, const RequestHead &head);
    void reset() noexcept; ///< ready for the pool
    RequestBody &body() noexcept { return m_body; }
    uint64_t ownedBytes() const noexcept { return sizeof *this + ownedByHead(); }
    /// What it has become; null while it is HTTP.
    WebSocketSession *socket() const noexcept { return m_socket.get(); }
    /// The WebSocket's books; `unsent` bytes of it never left.
    void finishSocket(Outbox &outbox, uint64_t unsent);

private:
    enum class Framing : uint8_t { None, Length, Chunked, UntilClose };

    void startAnswer(int status, std::string_view lines, std::optional<uint64_t> length);
    void put(Chunk chunk);
    bool keepsConnection(bool wholeAnswer) noexcept;

    // Until a WebSocketConnection takes over, at the end of the turn.
    void putIntoTunnel(std::string_view head, std::string_view payload) override;
    bool isTunnelBacklogged() noexcept override { return isBacklogged(); }
    void wakeTunnel() noexcept override;

    Http1Connection *m_connection = nullptr;
    RequestBody m_body;
    uint64_t m_left = 0; ///< of an announced length
    Framing m_framing = Framing::None;
    uint64_t m_socketHeadBytes = 0;
    std::unique_ptr<WebSocketSession> m_socket;
};

} // namespace arc
