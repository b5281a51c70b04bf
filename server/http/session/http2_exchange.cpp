// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/http2_exchange.h"

#include "server/base/assert.h"
#include "server/base/text.h"
#include "server/http/session/http2_connection.h"

#include <algorithm>

namespace arc {

namespace {

/// Above so much of all streams together, a stream that has kStreamShare waiting is backlogged: so
/// a connection holds at most this and a share for each of its streams.
constexpr uint64_t kConnectionBacklog = 1024 * 1024;
constexpr uint64_t kStreamShare = Exchange::kBacklogHigh / 4; // below it onDrained() is told
constexpr int kContinueStatus = 100;

} // namespace

Http2Exchange::Http2Exchange() = default;
Http2Exchange::~Http2Exchange() = default;

void Http2Exchange::open(Http2Connection &connection, int32_t stream, const RequestHead &head,
                         bool hasBody)
{
    SessionExchange::open(connection, head);
    m_connection = &connection;
    m_stream = stream;
    m_bodyComplete = !hasBody;
}

void Http2Exchange::reset() noexcept
{
    constexpr size_t kKeptBodyMax = 64 * 1024;
    constexpr size_t kKeptTextMax = 4 * 1024;
    SessionExchange::reset();
    m_connection = nullptr;
    m_stream = 0;
    m_fields.reset();
    if (m_body.capacity() > kKeptBodyMax)
        forgetBody();
    m_body.clear();
    m_received = 0;
    m_output.clear();
    m_outputFirst = 0;
    m_outputPending = m_outputOwned = 0;
    m_left.reset();
    if (m_answerText.capacity() > kKeptTextMax)
        freeMemory(m_answerText);
    m_trailers.clear();
    m_bodyComplete = m_outputComplete = m_dropsOutput = false;
    m_socket.reset();
    state = {};
}

uint64_t Http2Exchange::ownedBytes() const noexcept
{
    return sizeof *this + m_fields.ownedBytes() + m_body.capacity() + m_outputOwned
        + m_answerText.capacity() + m_trailers.capacity() + (m_socket ? m_socket->ownedBytes() : 0);
}

void Http2Exchange::refuse(int status, std::string_view reason) noexcept
{
    m_refusal = reason;
    respondStatus(status, reason);
}

// ---- the request's body

void Http2Exchange::readBody() noexcept
{
    if (m_state == State::Ended || m_wantsBody)
        return;
    m_wantsBody = true;
    if (m_continueDue && m_state == State::Waiting && m_received == 0 && !m_bodyComplete)
        m_connection->sendInterim(*this, kContinueStatus, {});
    m_continueDue = false;
    m_connection->wantDelivery();
}

void Http2Exchange::resumeBody() noexcept
{
    if (m_state == State::Ended || !std::exchange(m_paused, false))
        return;
    m_connection->wantDelivery();
}

void Http2Exchange::bodyArrived(std::string_view bytes) noexcept
{
    if (m_socket)
        return socketArrived(bytes);
    m_received += bytes.size();
    const uint64_t most = bodyBytesMax();
    if (isEnded()) {
        m_connection->dropBody(bytes.size());
    } else if (most && m_received > most) {
        m_connection->dropBody(bytes.size());
        forgetBody();
        m_connection->noteBadRequest();
        fail(413, {});
    } else if (wantsBody() && m_body.empty()) {
        tellBody(bytes);
        m_connection->bodyStored(bytes.size()); // who hears them may keep them
        m_connection->bodyTaken(*this, bytes.size());
    } else {
        m_body.append(bytes);
        m_connection->bodyStored(bytes.size());
    }
}

void Http2Exchange::bodyEnded() noexcept
{
    m_bodyComplete = true;
    if (m_socket)
        return deliverToSocket();
    if (!isEnded() && wantsBody() && m_body.empty())
        tellBodyEnd();
}

void Http2Exchange::deliverBody() noexcept
{
    if (m_socket)
        return deliverToSocket();
    if (!isEnded() && wantsBody() && !m_body.empty()) {
        const std::string bytes = std::exchange(m_body, {});
        tellBody(bytes);
        m_connection->bodyTaken(*this, bytes.size());
    }
    if (!isEnded() && wantsBody() && m_bodyComplete)
        tellBodyEnd();
}

/// What waits of a request that nobody will read any more.
void Http2Exchange::forgetBody() noexcept
{
    freeMemory(m_body);
}

// ---- the answer

void Http2Exchange::respond(ResponseHead head, Chunk body) noexcept
{
    respondPrepared(head.status, head.headers.lines(), std::move(body));
}

void Http2Exchange::respondPrepared(int status, std::string_view lines, Chunk body) noexcept
{
    ARC_DEBUG_ASSERT(m_state != State::Begun);
    if (m_state != State::Waiting)
        return;
    if (mustNotSucceed(status))
        return refuseSocket();
    startAnswer(status, lines, body.size(), true);
    put(std::move(body));
    m_outputComplete = true;
    forgetBody();
    ended();
}

void Http2Exchange::begin(ResponseHead head, std::optional<uint64_t> length) noexcept
{
    ARC_DEBUG_ASSERT(m_state != State::Begun);
    if (m_state != State::Waiting)
        return;
    if (mustNotSucceed(head.status))
        beginSocketRefusal();
    else
        startAnswer(head.status, head.headers.lines(), length, false);
    m_connection->askForTurn();
}

void Http2Exchange::startAnswer(int status, std::string_view lines, std::optional<uint64_t> length,
                                bool isWhole)
{
    m_status = status >= 200 && status <= 999 ? status : 502; // 1xx is not an answer
    m_dropsOutput = m_head.method == Method::Head || statusForbidsBody(m_status);
    m_left = length;
    std::optional<uint64_t> announced = length;
    // A 304's length would be that of the page, not of nothing; 204 has none (RFC 9110 8.6).
    if (m_status == 204 || (m_status == 304 && !length.value_or(0)))
        announced.reset();
    const bool endsHere = m_dropsOutput || (isWhole && length.value_or(1) == 0);
    m_state = State::Begun;
    m_connection->answer(*this, m_status, lines, announced, endsHere);
}

void Http2Exchange::write(Chunk chunk) noexcept
{
    if (m_state != State::Begun)
        return;
    put(std::move(chunk));
    m_connection->outputGrew(*this);
}

void Http2Exchange::put(Chunk chunk)
{
    uint64_t size = chunk.size();
    if (m_left && size > *m_left) { // more than announced: what fits
        size = *m_left;
        chunk.bytes = chunk.bytes.substr(0, size);
        chunk.length = std::min(chunk.length, size);
    }
    if (m_left)
        *m_left -= size;
    if (!size || m_dropsOutput || state.resetSent)
        return;
    m_outputPending += size;
    m_outputOwned += chunk.counted ? size : 0;
    m_output.push_back(std::move(chunk));
    m_connection->noteOutput(static_cast<int64_t>(size));
    if (isBacklogged()) {
        m_wasBacklogged = true;
        m_connection->noteBacklog();
    }
}

void Http2Exchange::takeOutput(uint64_t bytes, OutputQueue &queue)
{
    const auto stream = static_cast<uint32_t>(m_stream);
    m_outputPending -= bytes;
    m_connection->noteOutput(-static_cast<int64_t>(bytes));
    while (bytes) {
        Chunk &chunk = m_output[m_outputFirst];
        const uint64_t size = chunk.size();
        const uint64_t step = std::min(bytes, size);
        bytes -= step;
        m_outputOwned -= chunk.counted ? step : 0;
        if (step == size) {
            queue.add(std::move(chunk), stream);
            ++m_outputFirst;
            continue;
        }
        if (!chunk.file && step <= OutputQueue::kCopyMax) {
            queue.addText(chunk.bytes.substr(0, step));
        } else {
            Chunk part = chunk;
            part.bytes = part.bytes.substr(0, step);
            part.length = step;
            queue.add(std::move(part), stream);
        }
        if (chunk.file) {
            chunk.offset += step;
            chunk.length -= step;
        } else {
            chunk.bytes.remove_prefix(step);
        }
    }
    constexpr size_t kForgetChunks = 64;
    if (m_outputFirst == m_output.size()) {
        m_output.clear();
        m_outputFirst = 0;
    } else if (m_outputFirst >= kForgetChunks && m_outputFirst * 2 >= m_output.size()) {
        m_output.erase(m_output.begin(), m_output.begin() + static_cast<ptrdiff_t>(m_outputFirst));
        m_outputFirst = 0;
    }
}

void Http2Exchange::end() noexcept
{
    if (m_state != State::Begun)
        return;
    if (m_left.value_or(0) && !m_dropsOutput) { // less than announced: the client must notice
        abort();
        return;
    }
    m_outputComplete = true;
    forgetBody();
    ended();
    m_connection->outputGrew(*this);
}

void Http2Exchange::endWith(const HeaderBlock &trailers) noexcept
{
    if (m_state == State::Begun && !state.endsInHead && takesTrailers(m_head))
        m_trailers = trailers.lines();
    end();
}

void Http2Exchange::sendEarlyHints(const HeaderBlock &lines) noexcept
{
    constexpr int kEarlyHints = 103;
    if (m_state != State::Waiting)
        return;
    m_connection->sendInterim(*this, kEarlyHints, lines.lines());
    m_connection->askForTurn();
}

void Http2Exchange::abort() noexcept
{
    SessionExchange::abort();
    forgetBody();
    if (wasAborted() && !state.resetSent)
        m_connection->cut(*this);
}

bool Http2Exchange::isBacklogged() const noexcept
{
    return m_state == State::Begun
        && (m_outputPending > kBacklogHigh
            || (m_outputPending >= kStreamShare
                && m_connection->outputTotal() > kConnectionBacklog));
}

void Http2Exchange::finishAt(Outbox &outbox, bool clientLeft)
{
    if (m_outputPending)
        m_connection->noteOutput(-static_cast<int64_t>(m_outputPending));
    m_clientLeft = clientLeft;
    if (m_socket)
        finishAsTunnel(outbox, m_answerBytes.value_or(0), m_socket->closeCode());
    else
        finish(outbox);
}

} // namespace arc
