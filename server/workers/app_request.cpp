// SPDX-License-Identifier: Apache-2.0
#include "server/workers/app_request.h"

#include "server/base/assert.h"
#include "server/base/text.h"
#include "server/http/files/static_answer.h"
#include "server/http/http_loop.h"
#include "server/http/websocket/frame.h"
#include "server/workers/app_socket.h"
#include "server/workers/local_eyes.h"
#include "server/workers/loop_side.h"
#include "server/workers/request_head.h"
#include "server/workers/response_head.h"

#include <fmt/format.h>

namespace arc {

using protocol::kAbort;
using protocol::kEnd;

namespace {

constexpr int kSwitchingProtocols = 101;

} // namespace

AppRequest::AppRequest(LoopSide &side, RequestId id)
    : m_side(side), m_id(id), m_body(side.loop(), *this)
{
}

AppRequest::~AppRequest() = default;

/// An app that knows WebSockets refuses a handshake that is none; others answer it as a request.
bool AppRequest::refusesUpgrade(Exchange &exchange) noexcept
{
    m_asksSocket = false;
    const WebSocketAsk ask = exchange.webSocketAsk();
    if (!m_side.speaksWebSocket()) {
        if (exchange.request().protocol.empty())
            return false;
        exchange.respondStatus(404, "There is no WebSocket at this address.");
        return true;
    }
    m_asksSocket = ask.kind == WebSocketAsk::Kind::Sound;
    if (ask.kind != WebSocketAsk::Kind::Refused)
        return false;
    ResponseHead head {.status = ask.status, .headers = {}};
    head.headers.add("Sec-WebSocket-Version", "13"); // RFC 6455 4.2.2 4
    exchange.respondPage(std::move(head), ask.reason);
    return true;
}

void AppRequest::begin(Exchange &exchange) noexcept
{
    m_payload.clear();
    if (refusesUpgrade(exchange)) {
        m_side.release(*this);
        return;
    }
    if (!appendRequestHead(m_payload, exchange, m_side.addresses(), m_asksSocket)) {
        exchange.respondStatus(431);
        m_side.release(*this);
        return;
    }
    m_exchange = &exchange;
    m_headBytes = m_payload.size();
    m_credit = 0;
    m_hasQueued = m_paused = m_bodyEnded = m_bodyEndSent = false;
    m_answerHasBody = exchange.request().method != Method::Head;
    m_announced.reset();
    m_passed = m_roomOwed = m_ahead = 0;
    exchange.listen(*this);
    if (!exchange.request().hasBody())
        return enqueue(true);
    auto spool = m_side.spoolFor(exchange.request());
    m_collects = spool != nullptr;
    m_http = &exchange.http();
    m_body.begin(std::move(spool), m_side.requestBuffer() - kHeldBytesMax);
    exchange.readBody();
}

void AppRequest::enqueue(bool complete) noexcept
{
    m_hasQueued = m_homeHolds = true;
    m_bodyEndSent = complete;
    ToHome message {.kind = ToHome::Kind::Enqueue,
                    .flags = complete ? kEnd : uint8_t {0},
                    .mayRepeat = isIdempotent(m_exchange->request().method),
                    .asksSocket = m_asksSocket,
                    .amount = static_cast<uint32_t>(m_payload.size() - m_headBytes),
                    .id = m_id,
                    .bytes = std::move(m_payload)};
    m_payload.clear();
    m_side.enqueue(std::move(message)); // may refuse at once
}

void AppRequest::onBody(std::string_view bytes) noexcept
{
    if (isAnswered())
        return;
    if (m_hasQueued || fillPayload(bytes)) {
        m_body.append(bytes);
        if (!m_hasQueued && (!m_collects || m_body.isSpoolFull()))
            enqueueSoFar();
        else
            pump();
    }
    account();
}

/// The rest is read as the worker takes it.
void AppRequest::enqueueSoFar() noexcept
{
    m_paused = true;
    m_exchange->pauseBody();
    enqueue(false);
}

/// False: the payload has taken all, and it may be all there is.
bool AppRequest::fillPayload(std::string_view &bytes) noexcept
{
    const size_t room = kHeldBytesMax - (m_payload.size() - m_headBytes);
    const size_t taken = std::min(bytes.size(), room);
    m_payload.append(bytes.substr(0, taken));
    m_payloadBody += taken;
    bytes.remove_prefix(taken);
    if (taken < room)
        return false;
    const uint64_t length = m_exchange->request().contentLength.value_or(UINT64_MAX);
    return !bytes.empty() || (!m_collects && length != kHeldBytesMax);
}

void AppRequest::onBodyEnd() noexcept
{
    m_bodyEnded = true;
    if (isAnswered())
        return;
    if (!m_hasQueued)
        enqueue(m_body.isEmpty());
    else
        pump();
}

void AppRequest::onHeldBody() noexcept
{
    if (isAnswered())
        return;
    if (m_body.isBroken()) { // the disk; the worker must not take what it has for the whole
        if (m_exchange->hasBegun())
            m_exchange->abort();
        else
            m_exchange->respondStatus(500);
        return finish();
    }
    if (!m_hasQueued && m_body.isSpoolFull())
        enqueueSoFar();
    else
        pump();
    account();
}

/// What is kept of the body counts against the budget as long as the request lives: the home loop
/// has the payload until then.
void AppRequest::account() noexcept
{
    if (m_http)
        chargeFor(static_cast<int64_t>(m_payloadBody + m_body.memoryBytes()));
}

void AppRequest::chargeFor(int64_t held) noexcept
{
    if (held != m_charged)
        m_http->charge(held - m_charged);
    m_charged = held;
}

/// Sends what fits into the worker's window.
void AppRequest::pump() noexcept
{
    while (m_credit > 0) {
        const std::string_view next = m_body.front(
            static_cast<size_t>(std::min<uint64_t>(m_credit, protocol::kBodyFrameMax)));
        if (next.empty())
            break;
        const bool last = m_bodyEnded && next.size() == m_body.size();
        m_credit -= next.size();
        m_bodyEndSent = last;
        m_side.body(m_id, next, last ? kEnd : 0);
        m_body.consume(next.size());
    }
    if (!m_bodyEnded)
        return settleReading();
    if (m_homeHolds && m_body.isEmpty() && !m_bodyEndSent) {
        m_bodyEndSent = true;
        m_side.body(m_id, {}, kEnd);
    }
}

/// Reads on when nothing waits, pauses while something does. What is collected waits for the disk
/// only.
void AppRequest::settleReading() noexcept
{
    const bool wait = m_homeHolds ? m_credit == 0 || !m_body.isEmpty() : m_body.isFull();
    if (wait == m_paused)
        return;
    m_paused = wait;
    if (wait)
        m_exchange->pauseBody();
    else
        m_exchange->resumeBody();
}

void AppRequest::onCredit(uint32_t bytes) noexcept
{
    if (m_socket)
        return m_socket->onCredit(bytes);
    m_credit += bytes;
    if (!m_bodyEndSent)
        pump();
    account();
}

void AppRequest::onRefused(const ToSides::Refusal &refusal) noexcept
{
    m_homeHolds = false;
    std::string_view text = refusal.text;
    if (refusal.forLocalEyes && !isAskedLocally(m_exchange->request(), m_exchange->peer()))
        text = "The application is not available.";
    m_exchange->respondStatus(refusal.status, text, refusal.retryAfter);
    finish();
}

void AppRequest::onResponse(std::string_view payload, uint8_t flags, uint32_t queueUs) noexcept
{
    m_exchange->noteQueueTime(std::chrono::microseconds(queueUs));
    if (flags & (kEnd | kAbort))
        m_homeHolds = false;
    protocol::ResponseReader reader(payload);
    if (reader.status() == kSwitchingProtocols && m_asksSocket && !flags)
        return accept(reader);
    auto answer = readAppAnswer(reader);
    if (!answer) {
        spoil(answer.error().message());
        return;
    }
    if (m_exchange->route().settings.queueTimeHeader)
        answer->head.headers.add("Server-Timing",
                                 fmt::format("queue;dur={:.1f}", queueUs / 1000.0));
    const bool sendsFile =
        answer->file && !m_side.sendFolders().empty() && !statusForbidsBody(answer->head.status);
    if (sendsFile) {
        m_fileAnswer = std::move(*answer);
        if (flags & (kEnd | kAbort))
            askForFile(flags);
        return;
    }
    if (m_side.sendFolders().empty())
        passFileName(*answer); // somebody else's header
    else
        answer->file.reset(); // 204, 304: no file to send, and its place is nobody's business
    m_answerHasBody = m_answerHasBody && !statusForbidsBody(answer->head.status);
    m_announced = answer->contentLength;
    const std::string_view body = reader.body();
    const bool whole =
        (flags & kEnd) && m_answerHasBody && m_announced.value_or(body.size()) == body.size();
    if (whole) {
        m_answer.respond(*m_exchange, std::move(answer->head), Chunk::own(std::string(body)));
        finish();
        return;
    }
    if ((flags & kEnd) && m_answerHasBody && m_announced) {
        spoil(fmt::format("Content-Length says {} bytes, but the body has {}", *m_announced,
                          body.size()));
        return;
    }
    if (flags & kAbort) { // nothing is sent yet, so the client can be told
        m_exchange->abort();
        finish();
        return;
    }
    m_answer.begin(*m_exchange, std::move(answer->head), m_announced);
    onData(body, flags);
}

void AppRequest::accept(protocol::ResponseReader &reader) noexcept
{
    const auto lines = readAppAccept(reader);
    if (!lines)
        return spoil(lines.error().message());
    auto socket = std::make_unique<AppSocket>(m_side, *this);
    if (!socket->open(*m_exchange, *lines)) // the home loop has checked that it was asked for
        return spoil("a WebSocket that nobody asked for");
    m_socket = std::move(socket);
    m_exchange = nullptr;
}

void AppRequest::onMessage(std::string_view bytes, uint8_t flags) noexcept
{
    if (m_socket)
        m_socket->onMessageOfApp(bytes, flags);
}

void AppRequest::onSocketClose(uint16_t code, std::string_view reason) noexcept
{
    if (!m_socket)
        return;
    m_socket->close(code, reason);
    socketEnded(code, {});
}

void AppRequest::onData(std::string_view bytes, uint8_t flags) noexcept
{
    if (flags & (kEnd | kAbort))
        m_homeHolds = false;
    if (m_socket) { // its stream ends: the app has returned, or its worker is gone
        if (!m_homeHolds)
            onSocketClose(flags & kAbort ? ws_close::kServerError : ws_close::kNormal, {});
        return;
    }
    if (m_fileAnswer) { // its own body, if it has one, is not sent
        if (flags & (kEnd | kAbort))
            askForFile(flags);
        else
            giveRoom(bytes.size());
        return;
    }
    if (!bytes.empty()) {
        if (m_answerHasBody && m_announced && m_passed + bytes.size() > *m_announced) {
            spoil(fmt::format("the body is longer than its Content-Length of {} bytes",
                              *m_announced));
            return;
        }
        if (!pass(bytes))
            return;
    }
    if (flags & (kEnd | kAbort))
        endAnswer(flags);
}

void AppRequest::onHints(std::string_view payload) noexcept
{
    protocol::ResponseReader reader(payload);
    const auto lines = readAppHints(reader);
    if (!lines)
        spoil(lines.error().message());
    else if (!lines->empty())
        m_exchange->sendEarlyHints(*lines);
}

void AppRequest::onTrailers(std::string_view payload) noexcept
{
    protocol::ResponseReader reader(payload);
    m_homeHolds = false;
    if (m_fileAnswer)
        return askForFile(kEnd);
    const auto lines = readAppTrailers(reader);
    if (lines)
        endAnswer(kEnd, *lines);
    else
        spoil(lines.error().message());
}

/// False: the answer had to be cut.
bool AppRequest::pass(std::string_view bytes) noexcept
{
    m_passed += bytes.size();
    if (m_answerHasBody && !m_answer.write(*m_exchange, bytes)) {
        cut();
        return false;
    }
    if (m_answer.needsFlush() && !std::exchange(m_flushes, true))
        m_side.flushLater(*this);
    if (m_homeHolds)
        giveRoom(bytes.size());
    return true;
}

void AppRequest::flush() noexcept
{
    m_flushes = false;
    if (m_exchange && !m_answer.flush(*m_exchange))
        cut();
}

void AppRequest::cut() noexcept
{
    m_exchange->abort();
    finish();
}

void AppRequest::endAnswer(uint8_t flags, const HeaderBlock &trailers) noexcept
{
    if (m_answerHasBody && (flags & kEnd) && m_announced && m_passed < *m_announced) {
        spoil(fmt::format("Content-Length says {} bytes, but the body has {}", *m_announced,
                          m_passed));
        return;
    }
    if ((flags & kAbort) || !m_answer.end(*m_exchange, trailers))
        m_exchange->abort();
    finish();
}

void AppRequest::askForFile(uint8_t flags) noexcept
{
    const auto place = m_side.sendFolders().locate(*m_fileAnswer->file);
    if (flags & kAbort) {
        cut();
    } else if (!place) {
        m_side.complain(fmt::format("asks for \"{}\" to be sent, which lies in no folder of "
                                    "files.send_from",
                                    m_fileAnswer->file->value));
        m_exchange->respondStatus(404);
        finish();
    } else {
        const auto found = [side = &m_side, id = m_id](Exchange &, const FileCache::Found &file) {
            side->fileFound(id, file.entry); // the request may be gone by then
        };
        if (m_exchange->http().files().serve(*m_exchange, place->scope, place->path, {}, found))
            return;
        m_exchange->respondStatus(503, {}, 1);
        finish();
    }
}

void AppRequest::onFile(const std::shared_ptr<const FileEntry> &entry) noexcept
{
    if (entry->status == 200) {
        answerFileUnder(*m_exchange, entry, m_fileAnswer->head.status,
                        m_fileAnswer->head.headers.lines());
    } else {
        m_side.complain(fmt::format("asks for \"{}\" to be sent, which cannot be read",
                                    m_fileAnswer->file->value));
        m_exchange->respondStatus(entry->status == 503 ? 503 : 404);
    }
    finish();
}

/// The worker may send on while no more than buffers.response_kib wait for the client: what is on
/// its way (one window) and what the exchange calls a backlog are part of it.
void AppRequest::giveRoom(uint64_t bytes) noexcept
{
    m_roomOwed += bytes;
    if (m_exchange->isBacklogged()) {
        const uint64_t held = Exchange::kBacklogHigh + protocol::kInitialWindow + m_ahead;
        if (held + m_roomOwed > m_side.responseBuffer())
            return; // onDrained() gives it back
    }
    if (m_roomOwed < kGrantStep)
        return;
    if (m_exchange->isBacklogged())
        m_ahead += m_roomOwed;
    m_side.grant(m_id, static_cast<uint32_t>(std::exchange(m_roomOwed, 0)));
}

void AppRequest::onDrained() noexcept
{
    m_ahead = 0;
    if (m_homeHolds && m_roomOwed > 0)
        m_side.grant(m_id, static_cast<uint32_t>(std::exchange(m_roomOwed, 0)));
}

void AppRequest::spoil(std::string why) noexcept
{
    const RequestHead &head = m_exchange->request();
    m_side.complain(
        fmt::format("bad answer to {} {}: {}",
                    head.method == Method::Other ? head.methodText : methodName(head.method),
                    head.rawPath.substr(0, 128), why));
    if (m_exchange->hasBegun())
        m_exchange->abort();
    else
        m_exchange->respondStatus(502, "The application gave an answer that HTTP does not allow.");
    finish();
}

void AppRequest::onGone() noexcept
{
    finish();
}

void AppRequest::socketEnded(uint16_t code, std::string_view reason) noexcept
{
    if (std::exchange(m_homeHolds, false))
        m_side.socketGone(m_id, code, reason);
    finish();
}

void AppRequest::finish() noexcept
{
    m_exchange = nullptr;
    m_answer.drop();
    m_fileAnswer.reset();
    m_socket.reset();
    m_payload.clear();
    m_body.clear();
    m_collects = false;
    m_payloadBody = 0;
    if (m_http)
        chargeFor(0);
    m_http = nullptr;
    const RequestId ended = m_id;
    ++m_id.generation;
    m_side.release(*this);
    if (std::exchange(m_homeHolds, false))
        m_side.gone(ended);
}

} // namespace arc
