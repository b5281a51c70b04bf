// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/settings.h"
#include "server/http/session/byte_tunnel.h"
#include "server/http/session/spare_pool.h"
#include "server/http/web_socket.h"
#include "server/http/websocket/handshake.h"
#include "server/http/websocket/message_reader.h"
#include "server/loop/event_loop.h"
#include "server/metrics/metrics.h"

#include <array>
#include <memory>
#include <string>

namespace arc {

/// The settings a WebSocket keeps from its handshake to its end.
struct WebSocketRules {
    explicit WebSocketRules(const Settings &settings) noexcept;

    uint64_t messageBytesMax;
    size_t compressFrom; ///< bytes
    bool compresses;
    bool keepsContext;
    std::chrono::milliseconds pingEvery; ///< 0: never
    std::chrono::milliseconds pongWithin;
    std::chrono::milliseconds idleAfter; ///< 0: never
    std::chrono::milliseconds closeWithin;
};

/// What all WebSockets of a loop share: memory that one needs only while it works.
class WebSocketTools final : public WsMessageReader::Inflaters {
public:
    std::unique_ptr<WsInflater> takeInflater() override { return m_inflaters.take(); }
    void giveInflater(std::unique_ptr<WsInflater> used) noexcept override;
    std::unique_ptr<WsDeflater> takeDeflater(int windowBits);
    void giveDeflater(std::unique_ptr<WsDeflater> used) noexcept;

    std::array<char, 16 * 1024> scratch; ///< a piece of a message, within one call
    std::string deflated;                ///< the same of an answer

private:
    SparePool<WsInflater> m_inflaters;
    SparePool<WsDeflater> m_deflaters;
};

/// One WebSocket from its handshake to its end, over any tunnel: frames, control frames, limits and
/// deadlines (RFC 6455, RFC 7692). Confined to its loop; owned by who owns the tunnel.
///
/// Messages pass through in pieces and are never held here. Between messages it holds no buffer,
/// and no zlib state unless keepsContext.
class WebSocketSession final : public WebSocket {
public:
    WebSocketSession(EventLoop &loop, WebSocketTools &tools, const WebSocketRules &rules,
                     const WsDeflateTerms &terms, WebSocketListener &listener,
                     SiteMetrics *metrics);
    ~WebSocketSession();
    WebSocketSession(const WebSocketSession &) = delete;

    // ---- WebSocket
    void send(std::string_view piece, bool isText, bool isLast) noexcept override;
    void close(uint16_t code, std::string_view reason) noexcept override;
    void resume() noexcept override;
    bool isBacklogged() const noexcept override;

    // ---- the tunnel's side
    /// Before anything else, and again when another tunnel takes over.
    void attach(ByteTunnel &tunnel) noexcept { m_tunnel = &tunnel; }
    /// Takes what the client sent; what is left has to wait for room. Call it with nothing as well
    /// when there was room again: a compressed message may have more to give than it had bytes.
    size_t take(std::string_view bytes) noexcept;
    /// False: bytes would only wait.
    bool wantsInput() const noexcept;
    void tellDrained(uint64_t pending) noexcept;
    bool awaitsDrain() const noexcept { return m_wasBacklogged; }
    /// The server goes: closes with the code, and the listener hears it at once.
    void leave(uint16_t code, std::string_view reason) noexcept;
    /// The same, for a client whose certificate counts no more (RFC 6455 7.4.1: 1008).
    void disown() noexcept;
    /// The tunnel has ended.
    void lost() noexcept;
    /// Both sides have closed, or it failed: once all is sent, the tunnel has nothing more to do.
    bool isOver() const noexcept { return m_state == State::Over; }
    /// The next deadline; zero: none. `hasOutput`: the tunnel waits for the client anyway.
    SteadyTime due(bool hasOutput) const noexcept;
    void onDue(bool hasOutput) noexcept;
    /// The first close code that either side told, 1006 when there was none.
    uint16_t closeCode() const noexcept { return m_closeCode; }
    uint64_t ownedBytes() const noexcept;
    uint64_t bytesPut() const noexcept { return m_bytesPut; } ///< into the tunnel, frame heads too
    const WebSocketRules &rules() const noexcept { return m_rules; }

private:
    enum class State : uint8_t { Open, Closing, Over }; ///< Closing: the client has to answer

    void heard(const WsMessageReader::Result &result) noexcept;
    void heardClose(uint16_t code, std::string_view reason) noexcept;
    void tellClosed(uint16_t code, std::string_view reason) noexcept;
    void fail(uint16_t code, std::string_view reason) noexcept;
    void putControl(WsOpcode opcode, std::string_view payload);
    void putData(std::string_view payload, bool isText, bool isLast);
    void put(const WsFrameHead &head, std::string_view payload);
    void endOutgoing() noexcept;
    void noteClose(uint16_t code) noexcept;

    EventLoop &m_loop;
    WebSocketTools &m_tools;
    const WebSocketRules m_rules;
    const WsDeflateTerms m_terms;
    WebSocketListener *m_listener; ///< null: told the end
    SiteMetrics *const m_metrics;  ///< may be null
    ByteTunnel *m_tunnel = nullptr;
    State m_state = State::Open;
    uint16_t m_closeCode = 0;
    uint64_t m_bytesPut = 0;
    bool m_isSending = false; ///< a message's first frame is out, its last is not
    bool m_isDeflating = false;
    bool m_wasBacklogged = false;
    bool m_hasPong = false; ///< m_pong waits for the client to take what is there
    SteadyTime m_heardAt;
    SteadyTime m_messageAt;
    SteadyTime m_pingedAt {}; ///< zero: no ping is unanswered
    SteadyTime m_closedAt {};
    std::string m_pong;
    std::unique_ptr<WsDeflater> m_deflater;
    WsMessageReader m_reader;
};

} // namespace arc
