// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/session/body_pace.h"
#include "server/http/session/byte_tunnel.h"
#include "server/http/session/session_exchange.h"
#include "server/http/session/web_socket_session.h"
#include "server/http/syntax/http2_head.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace arc {

class Http2Connection;

/// The exchange of one HTTP/2 stream. Confined to its loop; pooled there.
///
/// Body bytes come in through bodyArrived() and reach the listener only as it wants them; what it
/// does not want yet waits here, at most the stream's window, which is opened by what was
/// delivered. Chunks of the answer wait here until the connection takes them, frame by frame.
/// Neither side knows of frames, so after an extended CONNECT the same two ways carry the bytes of
/// a WebSocket (RFC 8441).
class Http2Exchange final : public SessionExchange, private ByteTunnel {
public:
    Http2Exchange();
    ~Http2Exchange();

    // ---- Exchange
    void readBody() noexcept override;
    void resumeBody() noexcept override;
    void respond(ResponseHead head, Chunk body) noexcept override;
    void respondPrepared(int status, std::string_view lines, Chunk body) noexcept override;
    void begin(ResponseHead head, std::optional<uint64_t> length) noexcept override;
    void write(Chunk chunk) noexcept override;
    void end() noexcept override;
    void endWith(const HeaderBlock &trailers) noexcept override;
    void sendEarlyHints(const HeaderBlock &lines) noexcept override;
    void abort() noexcept override;
    bool isBacklogged() const noexcept override;
    WebSocketAsk webSocketAsk() const noexcept override { return webSocketAskOf(m_head); }
    WebSocket *acceptWebSocket(const HeaderBlock &headers,
                               WebSocketListener &listener) noexcept override;

    // ---- the connection's side: the request
    Http2Head &head() noexcept { return m_fields; }
    void open(Http2Connection &connection, int32_t stream, const RequestHead &head, bool hasBody);
    void reset() noexcept; ///< ready for the pool
    int32_t stream() const noexcept { return m_stream; }
    /// The client's mistake, told before anybody was asked.
    void refuse(int status, std::string_view reason) noexcept;
    /// Of DATA. Delivered at once where the listener wants it; else kept.
    void bodyArrived(std::string_view bytes) noexcept;
    void bodyEnded() noexcept;
    /// Hands over what waits, to a listener that wants it.
    void deliverBody() noexcept;
    bool isBodyComplete() const noexcept { return m_bodyComplete; }
    bool hasDeliverable() const noexcept
    {
        if (m_socket) // with nothing as well: what is inflated may have waited for room
            return m_socket->wantsInput();
        return wantsBody() && (!m_body.empty() || m_bodyComplete);
    }
    /// The listener waits for bytes that the client has room to send.
    bool awaitsBody() const noexcept
    {
        return !isEnded() && wantsBody() && !m_bodyComplete && m_body.empty();
    }

    // ---- the connection's side: the answer
    /// Where the fields of the answer lie until they have left.
    std::string &answerText() noexcept { return m_answerText; }
    uint64_t outputPending() const noexcept { return m_outputPending; }
    bool isOutputComplete() const noexcept { return m_outputComplete; }
    std::string_view trailers() const noexcept { return m_trailers; } ///< behind the last DATA
    /// DATA is to leave, be it an empty frame that ends the stream: the library keeps even that one
    /// while a window is shut.
    bool hasDataToSend() const noexcept
    {
        return m_outputPending
            || (m_outputComplete && !state.endsInHead && !state.answerSent && !state.resetSent);
    }
    /// Moves so many bytes of the answer into the queue.
    void takeOutput(uint64_t bytes, OutputQueue &queue);
    void noteFrame(uint64_t bytes) noexcept { m_answerBytes = m_answerBytes.value_or(0) + bytes; }
    void tellRoom() noexcept
    {
        if (m_socket)
            m_socket->tellDrained(m_outputPending);
        else
            tellDrained(m_outputPending);
    }
    bool wasBacklogged() const noexcept
    {
        return m_socket ? m_socket->awaitsDrain() : m_wasBacklogged;
    }
    /// The books, once nothing more can be sent for it.
    void finishAt(Outbox &outbox, bool clientLeft);
    uint64_t ownedBytes() const noexcept;

    // ---- the connection's side: a WebSocket
    /// What it has become; null while it is HTTP.
    WebSocketSession *socket() const noexcept { return m_socket.get(); }
    /// Once the WebSocket is over, the stream ends behind its last byte.
    void settleSocket() noexcept;

    /// The stream's own deadlines and flags; kept by the connection.
    struct {
        SteadyTime bodyDue {}; ///< or, of a WebSocket, until the other side ends; zero: none
        SteadyTime roomDue {}; ///< of it, while there is no memory for it; zero: none
        SteadyTime paceDue {}; ///< of its pace; zero: none
        BodyPace pace;
        uint64_t bodyBytes = 0;  ///< that came since paceDue was set
        SteadyTime sendDue {};   ///< zero: none
        bool endsInHead = false; ///< the answer has no DATA
        uint64_t bodyTaken = 0;  ///< by the listener
        bool isWindowWide = false;
        bool deferred = false;   ///< nghttp2 waits for resume_data
        bool answerSent = false; ///< END_STREAM has left
        bool resetSent = false;
        bool isBroken = false; ///< by its client: the library resets it
    } state;

private:
    void startAnswer(int status, std::string_view lines, std::optional<uint64_t> length,
                     bool isWhole);
    void put(Chunk chunk);
    void forgetBody() noexcept;
    bool mustNotSucceed(int status) const noexcept;
    void refuseSocket() noexcept;
    void beginSocketRefusal() noexcept;
    void socketArrived(std::string_view bytes) noexcept;
    void deliverToSocket() noexcept;

    // ---- ByteTunnel
    void putIntoTunnel(std::string_view head, std::string_view payload) override;
    bool isTunnelBacklogged() noexcept override;
    void wakeTunnel() noexcept override;

    Http2Connection *m_connection = nullptr;
    int32_t m_stream = 0;
    Http2Head m_fields;
    std::string m_body; ///< received, not yet wanted
    uint64_t m_received = 0;
    std::vector<Chunk> m_output;
    size_t m_outputFirst = 0; ///< of m_output, not yet taken
    uint64_t m_outputPending = 0;
    uint64_t m_outputOwned = 0;     ///< of it, memory that exists for this answer alone
    std::optional<uint64_t> m_left; ///< of an announced length
    std::string m_answerText;
    std::string m_trailers; ///< header lines
    bool m_bodyComplete = false;
    bool m_outputComplete = false;
    bool m_dropsOutput = false; ///< HEAD, 204, 304, or an answer that may not be given
    std::unique_ptr<WebSocketSession> m_socket;
};

} // namespace arc
