// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/http1_exchange.h"

#include "server/base/assert.h"
#include "server/http/session/http1_connection.h"
#include "server/http/session/session_loop.h"
#include "server/http/syntax/response_head.h"

#include <algorithm>

namespace arc {

void Http1Exchange::open(Http1Connection &connection, const RequestHead &head)
{
    SessionExchange::open(connection, head);
    m_connection = &connection;
    m_body = RequestBody(head);
}

void Http1Exchange::reset() noexcept
{
    SessionExchange::reset();
    m_connection = nullptr;
    m_body = {};
    m_left = 0;
    m_framing = Framing::None;
    m_socketHeadBytes = 0;
    m_socket.reset();
}

void Http1Exchange::readBody() noexcept
{
    if (m_state == State::Ended || m_wantsBody)
        return;
    m_wantsBody = true;
    if (m_continueDue && m_state == State::Waiting)
        m_connection->outbox().queue.addText(kContinue);
    m_continueDue = false;
    m_connection->askForTurn();
}

void Http1Exchange::resumeBody() noexcept
{
    if (m_state == State::Ended || !std::exchange(m_paused, false))
        return;
    m_connection->askForTurn();
}

void Http1Exchange::respond(ResponseHead head, Chunk body) noexcept
{
    respondPrepared(head.status, head.headers.lines(), std::move(body));
}

void Http1Exchange::respondPrepared(int status, std::string_view lines, Chunk body) noexcept
{
    ARC_DEBUG_ASSERT(m_state != State::Begun);
    if (m_state != State::Waiting)
        return;
    if (!keepsConnection(true))
        m_connection->closeAfterAnswer();
    startAnswer(status, lines, body.size());
    put(std::move(body));
    ended();
}

void Http1Exchange::begin(ResponseHead head, std::optional<uint64_t> length) noexcept
{
    ARC_DEBUG_ASSERT(m_state != State::Begun);
    if (m_state != State::Waiting)
        return;
    if (!keepsConnection(false))
        m_connection->closeAfterAnswer();
    startAnswer(head.status, head.headers.lines(), length);
    m_connection->askForTurn();
}

bool Http1Exchange::keepsConnection(bool wholeAnswer) noexcept
{
    if (!m_connection->mayContinue(m_head))
        return false;
    if (m_body.isDone())
        return true;
    if (m_continueDue) // whether the client will send the body after all is not known (RFC
                       // 9110 10.1.1)
        return false;
    return m_body.canSkip() || (!wholeAnswer && m_wantsBody);
}

void Http1Exchange::startAnswer(int status, std::string_view lines, std::optional<uint64_t> length)
{
    m_status = status >= 200 && status <= 999 ? status : 502; // 1xx is not an answer
    const bool bodiless = m_head.method == Method::Head || statusForbidsBody(m_status);
    ResponseFraming framing;
    framing.server = m_home->snapshot().settings.serverHeader;
    framing.dateLine = m_home->dateLine();
    if (isSecure()) // a browser ignores it over plain HTTP (RFC 6797 8.1)
        framing.hstsSeconds = route().settings.tlsHsts.count();
    framing.requestId = shownId(lines);
    m_left = length.value_or(0);
    if (length) {
        m_framing = Framing::Length;
        if (m_status != 304 || *length) // a 304's length would be that of the page, not of nothing
            framing.length = length;
    } else if (m_head.minorVersion >= 1) {
        m_framing = Framing::Chunked;
        framing.chunked = m_status != 304;
    } else {
        m_framing = Framing::UntilClose;
        if (!bodiless)
            m_connection->closeAfterAnswer();
    }
    if (bodiless)
        m_framing = Framing::None;
    constexpr int kUpgradeRequired = 426;
    if (m_status == kUpgradeRequired) // must say to what (RFC 9110 15.5.22)
        framing.connection = ResponseFraming::Connection::Upgrade;
    else if (!m_connection->continues())
        framing.connection = ResponseFraming::Connection::Close;
    else if (m_head.minorVersion == 0)
        framing.connection = ResponseFraming::Connection::KeepAlive;

    OutputQueue &queue = m_connection->outbox().queue;
    m_answerFrom = queue.queuedTotal();
    appendResponseHead(queue.openText(), m_status, lines, framing);
    queue.closeText();
    m_state = State::Begun;
}

void Http1Exchange::write(Chunk chunk) noexcept
{
    if (m_state != State::Begun)
        return;
    put(std::move(chunk));
    m_connection->askForTurn();
}

void Http1Exchange::put(Chunk chunk)
{
    uint64_t size = chunk.size();
    if (!size || m_framing == Framing::None)
        return;
    OutputQueue &queue = m_connection->outbox().queue;
    if (m_framing == Framing::Length
        && size > m_left) { // more than announced: what fits, then close
        m_connection->closeAfterAnswer();
        chunk.bytes = chunk.bytes.substr(0, m_left);
        chunk.length = std::min(chunk.length, m_left);
        size = m_left;
    }
    m_left -= m_framing == Framing::Length ? size : 0;
    if (m_framing == Framing::Chunked)
        queue.addText(ChunkHeader(size).text());
    queue.add(std::move(chunk));
    if (m_framing == Framing::Chunked)
        queue.addText(kChunkEnd);
    if (queue.pending() > kBacklogHigh)
        m_wasBacklogged = true;
}

void Http1Exchange::endWith(const HeaderBlock &trailers) noexcept
{
    if (m_state != State::Begun)
        return;
    OutputQueue &queue = m_connection->outbox().queue;
    if (m_framing == Framing::Chunked && !trailers.empty() && takesTrailers(m_head)) {
        queue.openText().append("0\r\n").append(trailers.lines()).append("\r\n");
        queue.closeText();
    } else if (m_framing == Framing::Chunked) {
        queue.addText(kLastChunk);
    }
    if (m_framing == Framing::Length
        && m_left) // less than announced: the client must not wait for the rest
        m_connection->closeAfterAnswer();
    ended();
}

void Http1Exchange::sendEarlyHints(const HeaderBlock &lines) noexcept
{
    if (m_state != State::Waiting || m_head.minorVersion < 1)
        return;
    OutputQueue &queue = m_connection->outbox().queue;
    queue.openText().append("HTTP/1.1 103 Early Hints\r\n").append(lines.lines()).append("\r\n");
    queue.closeText();
    m_connection->askForTurn();
}

bool Http1Exchange::isBacklogged() const noexcept
{
    return m_state == State::Begun && m_connection->outbox().queue.pending() > kBacklogHigh;
}

WebSocket *Http1Exchange::acceptWebSocket(const HeaderBlock &headers,
                                          WebSocketListener &listener) noexcept
{
    if (m_state != State::Waiting || webSocketAsk().kind != WebSocketAsk::Kind::Sound)
        return nullptr;
    const WebSocketRules rules(route().settings);
    const WsDeflateTerms terms =
        rules.compresses ? agreeOnDeflate(m_head, rules.keepsContext) : WsDeflateTerms {};
    m_status = 101;
    OutputQueue &queue = m_connection->outbox().queue;
    const uint64_t before = queue.queuedTotal();
    appendResponseHead(
        queue.openText(), m_status,
        webSocketKeyLine(m_head).append(webSocketExtensionLine(terms)).append(headers.lines()),
        {.connection = ResponseFraming::Connection::Upgrade,
         .server = m_home->snapshot().settings.serverHeader,
         .dateLine = m_home->dateLine()});
    queue.closeText();
    m_socketHeadBytes = queue.queuedTotal() - before;
    m_state = State::Begun;
    m_listener = nullptr;
    m_socket = std::make_unique<WebSocketSession>(loop(), m_home->webSocketTools(), rules, terms,
                                                  listener, m_home->metricsOf(&site()));
    m_socket->attach(*this);
    m_connection->askForTurn();
    return m_socket.get();
}

void Http1Exchange::putIntoTunnel(std::string_view head, std::string_view payload)
{
    putIntoQueue(m_connection->outbox().queue, head, payload);
}

void Http1Exchange::wakeTunnel() noexcept
{
    m_connection->askForTurn();
}

void Http1Exchange::finishSocket(Outbox &outbox, uint64_t unsent)
{
    const uint64_t all = m_socketHeadBytes + m_socket->bytesPut();
    finishAsTunnel(outbox, all - std::min(all, unsent), m_socket->closeCode());
}

} // namespace arc
