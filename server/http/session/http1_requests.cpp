// SPDX-License-Identifier: Apache-2.0
// Http1Connection: heads in, exchanges begun, fed with their bodies, and ended.
#include "server/http/session/dispatch.h"
#include "server/http/session/http1_connection.h"
#include "server/http/session/http2_connection.h"
#include "server/http/session/trace_id.h"
#include "server/http/session/websocket_connection.h"
#include "server/http/syntax/error_page.h"
#include "server/http/syntax/response_head.h"

#include <algorithm>

namespace arc {

Http1Connection::Go Http1Connection::nextRequest() noexcept
{
    if (m_outbox && m_writeBlocked)
        return Go::Stop; // the client takes its answers first
    const uint64_t pending = m_outbox ? m_outbox->queue.pending() : 0;
    // See TlsStream::moveToKernel().
    const bool sendsFirst = pending && m_transport.tls() && m_transport.tls()->isInKernel();
    if (sendsFirst || m_turnRequests >= m_home.snapshot().settings.pipelineMax
        || pending >= kTurnBytesMax || m_turnBytes >= kTurnBytesMax) {
        m_moreToDo = m_readable || !m_home.input().bytes().empty();
        return Go::Stop;
    }
    const std::string_view bytes = m_home.input().bytes();
    if (bytes.empty()) {
        m_wasShort = false; // between two requests, the answer's write tells of a reset
        return readMore();
    }

    if (m_requests == 0 && bytes.starts_with("PRI ") && mayBeHttp2(bytes))
        return bytes.size() < Http2Connection::kPreface.size() ? readMore() : becomeHttp2();

    HeadScratch &scratch = m_home.scratch();
    const HeadMemory memory {.headers = scratch.headers, .text = scratch.text};
    const HeadOutcome outcome =
        parseHead(bytes, m_rules->head, scratch.progress, memory, scratch.head);
    if (outcome.step == HeadStep::Done) {
        scratch.progress = {};
        beginExchange(scratch.head, bytes.substr(0, outcome.bytesUsed));
        return Go::On;
    }
    if (outcome.step == HeadStep::Refuse) {
        refuse(outcome.status, outcome.reason, outcome.namesSite ? &scratch.head : nullptr);
        return Go::Stop;
    }
    if (!m_readable
        && m_home.budget().isExhausted()) { // there is no memory to keep the first part in
        refuse(503, kShortOfMemory);
        return Go::Stop;
    }
    return readMore();
}

/// A client of plain HTTP that knows before that we speak HTTP/2 (RFC 9113 3.3).
bool Http1Connection::mayBeHttp2(std::string_view bytes) const noexcept
{
    constexpr std::string_view preface = Http2Connection::kPreface;
    return m_rules->http2.isOn && !m_transport.tls()
        && preface.starts_with(bytes.substr(0, preface.size()));
}

Http1Connection::Go Http1Connection::becomeHttp2() noexcept
{
    const std::string_view input = m_home.input().bytes();
    auto next = std::make_unique<Http2Connection>(m_home, slot(), release(input));
    m_home.input().clear();
    m_home.replace(*this, std::move(next));
    return Go::Stop;
}

void Http1Connection::beginExchange(const RequestHead &head, std::string_view bytes) noexcept
{
    ++m_requests;
    ++m_turnRequests;
    m_phase = Phase::Answer;
    m_bodyPace = {};
    m_exchange = m_home.exchanges().take();
    m_exchange->open(*this, head);
    m_home.input().consume(bytes.size());
    dispatch(*m_exchange, m_home, listener());
    if (!m_exchange->isEnded())
        m_exchange->keepHead(bytes);
}

Http1Connection::Go Http1Connection::advanceExchange() noexcept
{
    if (m_exchange->isEnded()) {
        endExchange();
        return Go::On;
    }
    if (m_exchange->socket()) {
        becomeWebSocket();
        return Go::Stop;
    }
    if (m_exchange->wantsBody())
        return deliverBody();
    if (peerLeft())
        close(CloseHow::Plainly);
    return Go::Stop;
}

Http1Connection::Go Http1Connection::deliverBody() noexcept
{
    TurnInput &input = m_home.input();
    RequestBody &body = m_exchange->body();
    if (body.isDone()) {
        m_exchange->tellBodyEnd();
        return Go::On;
    }
    if (input.bytes().empty()) {
        if (m_turnBytes >= kTurnBytesMax) {
            m_moreToDo = true;
            return Go::Stop;
        }
        if (m_readable && m_home.budget().isExhausted()) {
            m_home.waitForBudget(*this);
            return Go::Stop;
        }
        return readMore();
    }
    const RequestBody::Taken taken = body.take(input.bytes());
    input.consume(taken.bytesUsed);
    const uint64_t most = m_exchange->bodyBytesMax();
    if (!taken.refusal.empty())
        bodyRefused(400, taken.refusal);
    else if (most && body.received() > most)
        bodyRefused(413, {});
    else
        m_exchange->tellBody(taken.data);
    return Go::On;
}

void Http1Connection::bodyRefused(int status, std::string_view reason) noexcept
{
    m_home.metrics().requestsBad.add(1);
    m_lastAnswer = true;
    m_exchange->fail(status, reason);
}

Http1Connection::Go Http1Connection::skipBody() noexcept
{
    TurnInput &input = m_home.input();
    if (input.bytes().empty())
        return readMore();
    const size_t count = static_cast<size_t>(std::min<uint64_t>(m_toSkip, input.bytes().size()));
    input.consume(count);
    m_toSkip -= count;
    return Go::On;
}

void Http1Connection::endExchange() noexcept
{
    const bool aborted = m_exchange->wasAborted();
    const RequestBody body = m_exchange->body();
    m_exchange->finish(outbox());
    m_exchange->reset();
    m_home.exchanges().give(std::move(m_exchange));
    if (aborted) {
        close(CloseHow::WithReset);
        return;
    }
    if (body.isDone())
        return;
    if (!m_lastAnswer && body.canSkip()) {
        m_toSkip = body.left();
        return;
    }
    m_lastAnswer = true;
    m_unreadInput = true;
}

/// What is in the outbox goes with it, so nothing has to be sent before.
void Http1Connection::becomeWebSocket() noexcept
{
    std::unique_ptr<Http1Exchange> exchange = std::move(m_exchange);
    const std::string_view unused = m_home.input().bytes();
    auto next =
        std::make_unique<WebSocketConnection>(m_home, slot(), release(unused), std::move(exchange));
    m_home.input().clear();
    m_home.replace(*this, std::move(next));
}

/// `asked`: what is known of the head, if that is enough to name its site.
void Http1Connection::refuse(int status, std::string_view reason, const RequestHead *asked) noexcept
{
    m_home.metrics().requestsBad.add(1);
    m_lastAnswer = true;
    m_unreadInput = true;

    std::array<char, 32> id;
    printTraceId(m_home.random(), m_home.random(), id);
    const std::string_view requestId(id.data(), id.size());
    AccessLine line {.unixMs = m_home.loop().unixMs(),
                     .status = status,
                     .requestId = requestId,
                     .refusal = reason};
    std::optional<std::string_view> accept;
    const OwnErrorPages *pages = nullptr;
    if (asked) {
        accept = asked->find(HeaderId::Accept);
        line.method = asked->methodText;
        line.target = asked->target;
        line.host = asked->host;
        if (const Site *site = m_home.snapshot().router->siteOf(listener(), asked->host)) {
            pages = site->errorPages.get();
            line.site = site->id;
        }
    }
    const ErrorPage page = makeErrorPage(status, reason, requestId, accept, pages);
    ResponseHead head {.status = status, .headers = {}};
    head.headers.add("Content-Type", page.contentType);
    if (status == 503)
        head.headers.add("Retry-After", "1");
    sendRefusal(head, page.body, line);
    m_home.input().clear();
}

void Http1Connection::sendRefusal(const ResponseHead &head, std::string_view body, AccessLine line)
{
    const ResponseFraming framing {.length = body.size(),
                                   .connection = ResponseFraming::Connection::Close,
                                   .server = m_home.snapshot().settings.serverHeader,
                                   .dateLine = m_home.dateLine()};
    Outbox &box = outbox();
    AnswerRecord record;
    record.bytes = box.queue.queuedTotal();
    appendResponseHead(box.queue.openText(), head, framing);
    box.queue.closeText();
    box.queue.addText(body);
    record.end = box.queue.queuedTotal();
    record.bytes = record.end - record.bytes;
    record.status = head.status;
    record.startedAt = m_home.loop().now();
    if (m_home.snapshot().settings.accessLog && m_home.log().isOn()) {
        const std::string client = peer().host();
        line.client = client;
        record.logAt = box.logText().size();
        m_home.log().begin(box.logText(), line);
        record.logSize = box.logText().size() - record.logAt;
    }
    box.add(std::move(record));
}

} // namespace arc
