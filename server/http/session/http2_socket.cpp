// SPDX-License-Identifier: Apache-2.0
// Http2Exchange as the tunnel of a WebSocket (RFC 8441), and what its connection does for it. The
// ends of a stream stand for those of a socket: END_STREAM for its orderly end, a reset with CANCEL
// for a broken one.
#include "server/base/text.h"
#include "server/http/session/http2_connection.h"
#include "server/http/session/session_loop.h"

#include <nghttp2/nghttp2.h>

namespace arc {

namespace {

/// Of a Priority field (RFC 9218 4.1), which the library does not give away.
uint32_t urgencyOf(std::string_view priority)
{
    for (std::string_view part : split(priority, ',')) {
        part = trim(part);
        if (part.size() == 3 && part.starts_with("u=") && part[2] >= '0' && part[2] <= '7')
            return static_cast<uint32_t>(part[2] - '0');
    }
    return NGHTTP2_EXTPRI_DEFAULT_URGENCY;
}

constexpr int kNoSocketStatus = 404;
constexpr std::string_view kNoSocket = "There is no WebSocket at this address.";

} // namespace

// ---- the stream

/// A client would take 2xx for its WebSocket (RFC 8441 4).
bool Http2Exchange::mustNotSucceed(int status) const noexcept
{
    return !m_head.protocol.empty() && status < 300;
}

void Http2Exchange::refuseSocket() noexcept
{
    respondStatus(kNoSocketStatus, kNoSocket);
}

/// Of an answer in pieces, whose handler cannot be told: what it still writes is dropped.
void Http2Exchange::beginSocketRefusal() noexcept
{
    ErrorPage page = errorPage(kNoSocketStatus, kNoSocket);
    HeaderBlock lines;
    lines.add("Content-Type", page.contentType);
    startAnswer(kNoSocketStatus, lines.lines(), std::nullopt, false);
    put(Chunk::own(std::move(page.body)));
    m_dropsOutput = true;
}

WebSocket *Http2Exchange::acceptWebSocket(const HeaderBlock &headers,
                                          WebSocketListener &listener) noexcept
{
    if (m_state != State::Waiting || webSocketAsk().kind != WebSocketAsk::Kind::Sound)
        return nullptr;
    const WebSocketRules rules(route().settings);
    const WsDeflateTerms terms =
        rules.compresses ? agreeOnDeflate(m_head, rules.keepsContext) : WsDeflateTerms {};
    m_status = 200;
    m_state = State::Begun;
    m_listener = nullptr;
    m_connection->answer(*this, m_status, webSocketExtensionLine(terms).append(headers.lines()),
                         std::nullopt, false);
    m_connection->takeTurns(*this);
    m_socket = std::make_unique<WebSocketSession>(loop(), m_home->webSocketTools(), rules, terms,
                                                  listener, m_home->metricsOf(&site()));
    m_socket->attach(*this);
    m_connection->wantDelivery(); // the client need not have waited for our answer
    return m_socket.get();
}

void Http2Exchange::socketArrived(std::string_view bytes) noexcept
{
    size_t used = m_socket->isOver() ? bytes.size() : 0;
    if (m_body.empty() && m_socket->wantsInput())
        used = m_socket->take(bytes);
    m_connection->dropBody(used);
    m_connection->bodyTaken(*this, used);
    if (used < bytes.size()) {
        m_body.append(bytes.substr(used));
        m_connection->bodyStored(bytes.size() - used);
    }
    settleSocket();
}

void Http2Exchange::deliverToSocket() noexcept
{
    if (m_socket->wantsInput()) {
        const std::string bytes = std::exchange(m_body, {});
        const size_t used = m_socket->take(bytes);
        m_connection->bodyTaken(*this, used);
        m_body.assign(bytes, used);
    }
    settleSocket();
}

void Http2Exchange::settleSocket() noexcept
{
    if (m_bodyComplete && m_body.empty() && m_socket->wantsInput())
        m_socket->lost(); // the client ended without a goodbye
    if (!m_socket->isOver() || std::exchange(m_outputComplete, true))
        return;
    forgetBody();
    m_connection->outputGrew(*this);
}

void Http2Exchange::putIntoTunnel(std::string_view head, std::string_view payload)
{
    std::string text;
    text.reserve(head.size() + payload.size());
    put(Chunk::own(std::move(text.append(head).append(payload))));
    m_connection->outputGrew(*this);
}

bool Http2Exchange::isTunnelBacklogged() noexcept
{
    if (!isBacklogged())
        return false;
    m_connection->noteBacklog();
    return true;
}

void Http2Exchange::wakeTunnel() noexcept
{
    m_connection->wantDelivery();
}

// ---- the connection

/// A WebSocket always has something to say: were it sent to its end before others of its urgency,
/// as an answer is, they would never have their turn (RFC 9218 10).
void Http2Connection::takeTurns(Http2Exchange &exchange) noexcept
{
    const auto asked = exchange.request().find("priority").value_or(std::string_view());
    const nghttp2_extpri priority {.urgency = urgencyOf(asked), .inc = 1};
    nghttp2_session_change_extpri_stream_priority(m_session.get(), exchange.stream(), &priority, 0);
}

void Http2Connection::leaveSockets() noexcept
{
    for (size_t i = 0; i < m_streams.size(); ++i) {
        if (WebSocketSession *socket = m_streams[i]->socket())
            socket->leave(ws_close::kGoingAway, "the server stops");
    }
}

void Http2Connection::disownSockets() noexcept
{
    for (size_t i = 0; i < m_streams.size(); ++i) {
        WebSocketSession *socket = m_streams[i]->socket();
        if (socket && m_streams[i]->restsOnOldAuthorities())
            socket->disown();
    }
}

/// Its next deadline; begins the one that is due to begin: where one side of the stream has ended,
/// the other has to follow.
SteadyTime Http2Connection::socketDue(Http2Exchange &exchange) noexcept
{
    const WebSocketSession &socket = *exchange.socket();
    auto &state = exchange.state;
    if (state.answerSent == exchange.isBodyComplete())
        state.bodyDue = {};
    else if (state.bodyDue == SteadyTime())
        state.bodyDue =
            m_home.loop().now() + (state.answerSent ? kLingerTime : socket.rules().closeWithin);
    const SteadyTime next = socket.due(exchange.outputPending() || hasOutput());
    if (next == SteadyTime() || (state.bodyDue != SteadyTime() && state.bodyDue < next))
        return state.bodyDue;
    return next;
}

void Http2Connection::socketDeadlinePassed(Http2Exchange &exchange) noexcept
{
    WebSocketSession &socket = *exchange.socket();
    auto &state = exchange.state;
    if (state.bodyDue != SteadyTime() && m_home.loop().now() >= state.bodyDue) {
        state.bodyDue = {};
        resetStream(exchange, state.answerSent ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
    } else if (!socket.isOver()) {
        socket.onDue(exchange.outputPending() || hasOutput());
        if (socket.isOver()) // it answers nothing any more
            resetStream(exchange, NGHTTP2_CANCEL);
    }
}

} // namespace arc
