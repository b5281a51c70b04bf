// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/web_socket_session.h"

#include <algorithm>

namespace arc {

namespace {

constexpr int64_t kKiB = 1024;

/// The counter of a close code.
Cell &closesWith(SiteMetrics &metrics, uint16_t code) noexcept
{
    switch (code) {
    case ws_close::kNormal:
        return metrics.socketCloses1000;
    case ws_close::kGoingAway:
        return metrics.socketCloses1001;
    case ws_close::kProtocolError:
        return metrics.socketCloses1002;
    case ws_close::kNoCode:
        return metrics.socketCloses1005;
    case ws_close::kLost:
        return metrics.socketCloses1006;
    case ws_close::kBadText:
        return metrics.socketCloses1007;
    case ws_close::kTooBig:
        return metrics.socketCloses1009;
    case ws_close::kServerError:
        return metrics.socketCloses1011;
    case ws_close::kServiceRestart:
        return metrics.socketCloses1012;
    default:
        return metrics.socketClosesOther;
    }
}

} // namespace

WebSocketRules::WebSocketRules(const Settings &settings) noexcept
    : messageBytesMax(static_cast<uint64_t>(settings.socketMessageKiBMax * kKiB)),
      compressFrom(static_cast<size_t>(settings.socketCompressFrom)),
      compresses(settings.socketCompression), keepsContext(settings.socketKeepsContext),
      pingEvery(settings.socketPing), pongWithin(settings.socketPong),
      idleAfter(settings.socketIdle), closeWithin(settings.socketClose)
{
}

void WebSocketTools::giveInflater(std::unique_ptr<WsInflater> used) noexcept
{
    used->reset();
    m_inflaters.give(std::move(used));
}

std::unique_ptr<WsDeflater> WebSocketTools::takeDeflater(int windowBits)
{
    if (windowBits != WsDeflater::kWindowBitsMax) // asked for by few clients
        return std::make_unique<WsDeflater>(windowBits);
    return m_deflaters.take();
}

void WebSocketTools::giveDeflater(std::unique_ptr<WsDeflater> used) noexcept
{
    if (used->windowBits() != WsDeflater::kWindowBitsMax)
        return;
    used->reset();
    m_deflaters.give(std::move(used));
}

WebSocketSession::WebSocketSession(EventLoop &loop, WebSocketTools &tools,
                                   const WebSocketRules &rules, const WsDeflateTerms &terms,
                                   WebSocketListener &listener, SiteMetrics *metrics)
    : m_loop(loop), m_tools(tools), m_rules(rules), m_terms(terms), m_listener(&listener),
      m_metrics(metrics), m_heardAt(loop.now()), m_messageAt(loop.now()),
      m_reader({.messageBytesMax = rules.messageBytesMax,
                .mayCompress = terms.on,
                .keepsContext = terms.clientKeepsContext},
               tools)
{
    if (m_metrics) {
        m_metrics->socketsOpened.add(1);
        m_metrics->socketsOpen.add(1);
    }
}

WebSocketSession::~WebSocketSession()
{
    if (m_deflater)
        m_tools.giveDeflater(std::move(m_deflater));
    if (!m_metrics)
        return;
    m_metrics->socketsOpen.add(-1);
    closesWith(*m_metrics, m_closeCode ? m_closeCode : ws_close::kLost).add(1);
}

bool WebSocketSession::wantsInput() const noexcept
{
    return m_state == State::Closing || (m_state == State::Open && m_listener->room() > 0);
}

size_t WebSocketSession::take(std::string_view bytes) noexcept
{
    size_t used = 0;
    if (!bytes.empty()) {
        m_heardAt = m_loop.now();
        m_pingedAt = {};
    }
    while (m_state != State::Over) {
        const size_t room = m_state == State::Open ? m_listener->room() : SIZE_MAX;
        const WsMessageReader::Result result =
            m_reader.read(bytes.substr(used), m_tools.scratch, room);
        used += result.bytesUsed;
        if (result.got == WsMessageReader::Got::NeedBytes
            || result.got == WsMessageReader::Got::NeedRoom)
            break;
        heard(result);
    }
    return m_state == State::Over ? bytes.size() : used;
}

void WebSocketSession::heard(const WsMessageReader::Result &result) noexcept
{
    switch (result.got) {
    case WsMessageReader::Got::Piece:
        if (m_state != State::Open)
            return; // it had not seen our goodbye yet
        m_messageAt = m_loop.now();
        if (m_metrics && result.isLast)
            m_metrics->socketMessagesIn.add(1);
        m_listener->onMessage(result.data, result.isText, result.isLast);
        return;
    case WsMessageReader::Got::Ping:
        // While the client does not read, only the last one has to be answered (RFC 6455 5.5.3).
        if (isBacklogged()) {
            m_pong = result.data;
            m_hasPong = m_wasBacklogged = true;
        } else if (m_state == State::Open) {
            putControl(WsOpcode::Pong, result.data);
        }
        return;
    case WsMessageReader::Got::Close:
        heardClose(result.code, result.data);
        return;
    case WsMessageReader::Got::Refused:
        fail(result.code, result.complaint);
        return;
    case WsMessageReader::Got::Pong:
    case WsMessageReader::Got::NeedBytes:
    case WsMessageReader::Got::NeedRoom:
        return;
    }
}

void WebSocketSession::heardClose(uint16_t code, std::string_view reason) noexcept
{
    if (m_state == State::Open)
        putControl(WsOpcode::Close, closePayload(code, {}));
    noteClose(code);
    m_state = State::Over;
    endOutgoing();
    tellClosed(code, reason);
}

void WebSocketSession::noteClose(uint16_t code) noexcept
{
    if (!m_closeCode)
        m_closeCode = code;
}

void WebSocketSession::tellClosed(uint16_t code, std::string_view reason) noexcept
{
    if (WebSocketListener *listener = std::exchange(m_listener, nullptr))
        listener->onClosed(code, reason);
}

/// The client broke a rule: it hears which, and nothing it sends is read any more.
void WebSocketSession::fail(uint16_t code, std::string_view reason) noexcept
{
    if (m_state == State::Open)
        putControl(WsOpcode::Close, closePayload(code, reason));
    noteClose(code);
    m_state = State::Over;
    endOutgoing();
    tellClosed(code, reason);
}

void WebSocketSession::close(uint16_t code, std::string_view reason) noexcept
{
    if (m_state != State::Open)
        return;
    m_listener = nullptr;
    m_state = State::Closing;
    m_reader.discardData();
    m_closedAt = m_loop.now();
    noteClose(code);
    endOutgoing();
    putControl(WsOpcode::Close, closePayload(code, reason));
}

void WebSocketSession::leave(uint16_t code, std::string_view reason) noexcept
{
    WebSocketListener *listener = m_listener;
    close(code, reason);
    if (listener)
        listener->onClosed(code, reason);
}

void WebSocketSession::disown() noexcept
{
    if (m_state == State::Open)
        leave(ws_close::kPolicy, "the certificate is not trusted any more");
}

void WebSocketSession::lost() noexcept
{
    noteClose(ws_close::kLost);
    m_state = State::Over;
    endOutgoing();
    tellClosed(ws_close::kLost, {});
}

void WebSocketSession::resume() noexcept
{
    if (m_state != State::Open)
        return;
    m_heardAt = m_loop.now(); // as long as nobody listened, the client could not be heard
    m_tunnel->wakeTunnel();
}

bool WebSocketSession::isBacklogged() const noexcept
{
    return m_tunnel->isTunnelBacklogged();
}

void WebSocketSession::tellDrained(uint64_t pending) noexcept
{
    if (!m_wasBacklogged || pending >= Exchange::kBacklogHigh / 4 || m_state != State::Open)
        return;
    m_wasBacklogged = false;
    if (std::exchange(m_hasPong, false))
        putControl(WsOpcode::Pong, std::exchange(m_pong, {}));
    if (m_listener)
        m_listener->onDrained();
}

void WebSocketSession::send(std::string_view piece, bool isText, bool isLast) noexcept
{
    if (m_state != State::Open)
        return;
    const bool isFirst = !m_isSending && !m_isDeflating;
    if (isFirst && m_terms.on && (!isLast || piece.size() >= m_rules.compressFrom)) {
        m_isDeflating = true;
        if (!m_deflater)
            m_deflater = m_tools.takeDeflater(m_terms.serverWindowBits);
    }
    if (m_isDeflating) {
        m_tools.deflated.clear();
        m_deflater->deflate(m_tools.deflated, piece, isLast);
        if (isLast || !m_tools.deflated.empty())
            putData(m_tools.deflated, isText, isLast);
    } else {
        putData(piece, isText, isLast);
    }
    m_messageAt = m_loop.now();
    if (isLast) {
        endOutgoing();
        if (m_metrics)
            m_metrics->socketMessagesOut.add(1);
    }
    if (isBacklogged())
        m_wasBacklogged = true;
    m_tunnel->wakeTunnel();
}

void WebSocketSession::putData(std::string_view payload, bool isText, bool isLast)
{
    WsOpcode opcode = isText ? WsOpcode::Text : WsOpcode::Binary;
    if (m_isSending)
        opcode = WsOpcode::Continuation;
    put({.opcode = opcode,
         .isFinal = isLast,
         .isCompressed = m_isDeflating && !m_isSending,
         .length = payload.size()},
        payload);
    m_isSending = true;
}

void WebSocketSession::put(const WsFrameHead &head, std::string_view payload)
{
    std::string text; // ten bytes at most, so nothing is allocated
    appendServerFrameHead(text, head);
    m_bytesPut += text.size() + payload.size();
    m_tunnel->putIntoTunnel(text, payload);
}

/// A message is complete, or never will be.
void WebSocketSession::endOutgoing() noexcept
{
    m_isSending = false;
    m_isDeflating = false;
    if (!m_deflater || (m_terms.serverKeepsContext && m_state == State::Open))
        return;
    m_tools.giveDeflater(std::move(m_deflater));
}

void WebSocketSession::putControl(WsOpcode opcode, std::string_view payload)
{
    put({.opcode = opcode, .isFinal = true, .length = payload.size()}, payload);
    m_tunnel->wakeTunnel();
}

SteadyTime WebSocketSession::due(bool hasOutput) const noexcept
{
    if (m_state == State::Closing)
        return hasOutput ? SteadyTime() : m_closedAt + m_rules.closeWithin;
    if (m_state == State::Over)
        return {};
    SteadyTime next {};
    if (m_rules.idleAfter.count())
        next = m_messageAt + m_rules.idleAfter;
    if (!m_rules.pingEvery.count() || m_listener->room() == 0)
        return next; // unread bytes of the client's may be what we would wait for
    const SteadyTime ping = m_pingedAt == SteadyTime() ? m_heardAt + m_rules.pingEvery
                                                       : m_pingedAt + m_rules.pongWithin;
    return next == SteadyTime() ? ping : std::min(next, ping);
}

void WebSocketSession::onDue(bool hasOutput) noexcept
{
    const SteadyTime now = m_loop.now();
    if (const SteadyTime next = due(hasOutput); next == SteadyTime() || now < next)
        return;
    if (m_state == State::Closing)
        return lost();
    if (m_rules.idleAfter.count() && now >= m_messageAt + m_rules.idleAfter)
        return leave(ws_close::kGoingAway, "no message for too long");
    if (hasOutput) { // the write deadline tells whether it is there
        m_heardAt = now;
        m_pingedAt = {};
    } else if (m_pingedAt == SteadyTime()) {
        m_pingedAt = now;
        putControl(WsOpcode::Ping, {});
    } else {
        lost();
    }
}

uint64_t WebSocketSession::ownedBytes() const noexcept
{
    constexpr uint64_t kInflaterBytes = 40 * 1024;
    constexpr uint64_t kDeflaterBytes = 256 * 1024;
    return sizeof *this + m_pong.capacity() + (m_deflater ? kDeflaterBytes : 0)
        + (m_terms.clientKeepsContext || m_reader.holdsInflater() ? kInflaterBytes : 0);
}

} // namespace arc
