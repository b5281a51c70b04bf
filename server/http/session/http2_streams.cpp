// SPDX-License-Identifier: Apache-2.0
// Http2Connection: streams begin, are answered, and end.
#include "server/http/session/dispatch.h"
#include "server/http/session/http2_connection.h"
#include "server/http/session/http2_fields.h"
#include "server/http/session/session_loop.h"

#include <algorithm>

namespace arc {

namespace {

/// Of a stream's head, a listener that takes nothing, or an answer of its own.
constexpr int64_t kUpdatesPerStream = 4;

ssize_t readOutput(nghttp2_session *, int32_t, uint8_t *, size_t length, uint32_t *flags,
                   nghttp2_data_source *source, void *connection) noexcept
{
    auto &exchange = *static_cast<Http2Exchange *>(source->ptr);
    const uint64_t pending = exchange.outputPending();
    if (!pending && !exchange.isOutputComplete()) {
        exchange.state.deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    const uint64_t size = std::min<uint64_t>(length, pending);
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (size == pending && exchange.isOutputComplete()) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (!exchange.trailers().empty()) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            static_cast<Http2Connection *>(connection)->endWithTrailers(exchange);
        }
    }
    return static_cast<ssize_t>(size);
}

} // namespace

// ---- requests

void Http2Connection::headBegan(int32_t stream) noexcept
{
    if (m_opening) // its stream was reset before the head was complete
        m_opening->reset();
    else
        m_opening = m_home.http2().exchanges().take();
    m_openingStream = stream;
    m_headDue = m_home.loop().now() + m_rules->headTimeout;
}

void Http2Connection::dropOpening() noexcept
{
    if (!m_opening)
        return;
    m_opening->reset();
    m_home.http2().exchanges().give(std::move(m_opening));
    m_openingStream = 0;
    m_headDue = {};
}

void Http2Connection::headComplete(bool endStream) noexcept
{
    std::unique_ptr<Http2Exchange> owned = std::move(m_opening);
    Http2Exchange &exchange = *owned;
    const int32_t stream = std::exchange(m_openingStream, 0);
    m_headDue = {};
    ++m_requests;
    RequestHead &head = m_home.scratch().head;
    const HeadFault fault = exchange.head().finish(!endStream, head);
    exchange.open(*this, stream, head, !endStream);
    m_streams.push_back(std::move(owned));
    nghttp2_session_set_stream_user_data(m_session.get(), stream, &exchange);
    m_updatesDue += kUpdatesPerStream;
    if (fault) {
        noteBadRequest();
        if (!head.host.empty())
            exchange.nameSite(exchange.router().siteOf(listener(), head.host));
        exchange.refuse(fault.status, fault.reason);
    } else {
        dispatch(exchange, m_home, listener());
    }
    if (m_rules->requestsMax && m_requests >= m_rules->requestsMax)
        comeBack();
}

void Http2Connection::noteBadRequest() noexcept
{
    m_home.metrics().requestsBad.add(1);
}

Exchange *Http2Connection::exchange(uint32_t generation) noexcept
{
    const auto at = std::lower_bound(
        m_streams.begin(), m_streams.end(), generation,
        [](const auto &stream, uint32_t wanted) { return stream->id().generation < wanted; });
    if (at == m_streams.end() || (*at)->id().generation != generation || (*at)->isEnded()
        || (*at)->socket()) // answered long ago
        return nullptr;
    return at->get();
}

void Http2Connection::streamClosed(Http2Exchange *exchange, int32_t stream) noexcept
{
    if (!exchange) {
        if (stream == m_openingStream)
            dropOpening();
        return;
    }
    const auto at = std::lower_bound(
        m_streams.begin(), m_streams.end(), exchange->id().generation,
        [](const auto &other, uint32_t wanted) { return other->id().generation < wanted; });
    std::unique_ptr<Http2Exchange> owned = std::move(*at);
    m_streams.erase(at);
    const bool whole = owned->state.answerSent || owned->wasAborted();
    finish(std::move(owned), !whole);
}

void Http2Connection::finish(std::unique_ptr<Http2Exchange> exchange, bool clientLeft) noexcept
{
    if (WebSocketSession *socket = exchange->socket())
        socket->lost();
    exchange->tellGone();
    exchange->finishAt(outbox(), clientLeft);
    exchange->reset();
    m_home.http2().exchanges().give(std::move(exchange));
}

// ---- answers

void Http2Connection::answer(Http2Exchange &exchange, int status, std::string_view lines,
                             std::optional<uint64_t> length, bool endsHere)
{
    Http2Fields &fields = m_home.http2().fields();
    fields.beginIn(exchange.answerText(), lines.size());
    fields.addStatus(status);
    fields.addDate(m_home.dateLine());
    if (m_home.snapshot().settings.serverHeader)
        fields.add("server", "Arcology");
    if (const int64_t hsts = exchange.route().settings.tlsHsts.count(); hsts && exchange.isSecure())
        fields.addHsts(hsts);
    if (const std::string_view id = exchange.shownId(lines); !id.empty())
        fields.add("x-request-id", id);
    fields.addLines(lines);
    if (length)
        fields.addNumber("content-length", *length);
    const nghttp2_data_provider body {.source = {.ptr = &exchange}, .read_callback = readOutput};
    const auto &all = fields.list().all;
    exchange.state.endsInHead = endsHere;
    if (nghttp2_submit_response(m_session.get(), exchange.stream(), all.data(), all.size(),
                                endsHere ? nullptr : &body)
        != 0)
        resetStream(exchange, NGHTTP2_INTERNAL_ERROR);
}

/// Instead of the last DATA frame, the fields behind it end the stream.
void Http2Connection::endWithTrailers(const Http2Exchange &exchange)
{
    Http2Fields &fields = m_home.http2().fields();
    fields.begin(exchange.trailers().size());
    fields.addLines(exchange.trailers());
    const auto &all = fields.list().all;
    nghttp2_submit_trailer(m_session.get(), exchange.stream(), all.data(), all.size());
}

void Http2Connection::sendInterim(Http2Exchange &exchange, int status, std::string_view lines)
{
    Http2Fields &fields = m_home.http2().fields();
    fields.begin(lines.size());
    fields.addStatus(status);
    fields.addLines(lines);
    const auto &all = fields.list().all;
    nghttp2_submit_headers(m_session.get(), NGHTTP2_FLAG_NONE, exchange.stream(), nullptr,
                           all.data(), all.size(), nullptr);
}

void Http2Connection::outputGrew(Http2Exchange &exchange) noexcept
{
    if (std::exchange(exchange.state.deferred, false))
        nghttp2_session_resume_data(m_session.get(), exchange.stream());
    askForTurn();
}

void Http2Connection::answerSent(Http2Exchange &exchange) noexcept
{
    exchange.state.answerSent = true;
    // RFC 9113 8.1: the rest of the request is not wanted any more. Of a WebSocket, the client's
    // end is waited for.
    if (!exchange.isBodyComplete() && !exchange.socket())
        resetStream(exchange, NGHTTP2_NO_ERROR);
}

void Http2Connection::cut(Http2Exchange &exchange) noexcept
{
    resetStream(exchange, NGHTTP2_INTERNAL_ERROR);
}

/// The frames that are on their way are filled up, so that the other streams go on, and the client
/// is told at once that this one is worth nothing. After END_STREAM it could not be told any more:
/// it must not take zeros for the file, so then all streams go down with it.
bool Http2Connection::fileEnded(uint32_t stream) noexcept
{
    const auto number = static_cast<int32_t>(stream);
    auto *exchange =
        static_cast<Http2Exchange *>(nghttp2_session_get_stream_user_data(m_session.get(), number));
    if (!exchange || exchange->state.answerSent)
        return false;
    m_outbox->queue.zeroFilesOf(stream);
    exchange->noteCut();
    cut(*exchange);
    return true;
}

void Http2Connection::resetStream(Http2Exchange &exchange, uint32_t code) noexcept
{
    if (std::exchange(exchange.state.resetSent, true))
        return;
    nghttp2_submit_rst_stream(m_session.get(), NGHTTP2_FLAG_NONE, exchange.stream(), code);
    askForTurn();
}

} // namespace arc
