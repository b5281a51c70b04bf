// SPDX-License-Identifier: Apache-2.0
// Http2Connection: its turn, bytes in and bytes out.
#include "server/http/session/http2_connection.h"

#include "server/http/session/http2_fields.h"
#include "server/http/session/session_loop.h"

#include <algorithm>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace arc {

namespace {

/// Not yet sent by the kernel: what is in its buffer no priority can overtake.
constexpr int kUnsentBytesMax = 128 * 1024;
constexpr int64_t kLeakShare = 10; // of the limit, in a second
/// Frames other than DATA that may wait before no more is read: honest ones are an answer's head
/// and end, a reset and a WINDOW_UPDATE for each stream, and some for the connection.
constexpr size_t kQueuedPerStream = 4;
constexpr size_t kQueuedPerConnection = 256;

} // namespace

void Http2Connection::SessionDelete::operator()(nghttp2_session *session) const noexcept
{
    nghttp2_session_del(session);
}

Http2Connection::Http2Connection(SessionLoop &home, uint32_t slot, Origin origin)
    : Connection(home, slot, std::move(origin)),
      m_glitches(m_rules->http2.glitches,
                 std::max<int64_t>(1, m_rules->http2.glitches / kLeakShare)),
      m_resets(m_rules->http2.resets, m_rules->http2.resetsPerSecond)
{
    m_home.metrics().http2Connections.add(1);
    ::setsockopt(m_transport.socket(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytesMax,
                 sizeof kUnsentBytesMax);
    m_headDue = m_home.loop().now() + m_rules->headTimeout; // for the client's preface
    m_settingsDue = m_headDue;
    m_askedToComeBack = hasOldAuthorities();
    openSession(origin.input);
    setDeadlines(nextDue());
}

Http2Connection::~Http2Connection() = default;

void Http2Connection::turn() noexcept
{
    m_home.input().clear();
    flush();
    if (isClosed())
        return;
    if (m_lingering) {
        lingerOn();
        return;
    }
    readAll();
    if (m_home.isDraining())
        leaveSockets();
    if (hasOldAuthorities())
        disownSockets();
    deliverBodies();
    giveCredit();
    goAwayIfDue();
    m_asked = false; // what was asked for up to here leaves now
    pump();
    if (isClosed())
        return;
    if (m_readsLater && !isQueueLong())
        m_moreToDo = true;
    lookBehind();
    if (m_over)
        close(CloseHow::Plainly); // a client that ends its side is gone, as in HTTP/1
    else
        settle();
}

/// A client that does not read may still send what we have to answer: RST_STREAM to each stream
/// that is refused. What cannot leave must not grow, so it has to wait in the client's kernel.
bool Http2Connection::isQueueLong() const noexcept
{
    return nghttp2_session_get_outbound_queue_size(m_session.get())
        > kQueuedPerConnection + kQueuedPerStream * static_cast<size_t>(m_rules->http2.streams);
}

void Http2Connection::readAll() noexcept
{
    m_readsLater = false;
    if (!m_early.empty()) {
        const std::string early = std::exchange(m_early, {});
        feed(early);
    }
    while (!m_deaf) {
        if (m_turnBytes >= kTurnBytesMax) {
            m_moreToDo = true;
            return;
        }
        if (isQueueLong()) {
            m_readsLater = true;
            return;
        }
        const bool wasShort = std::exchange(m_wasShort, false);
        switch (receive()) {
        case Input::Bytes:
            feed(m_home.input().bytes());
            m_home.input().clear();
            break;
        case Input::Again:
            break;
        case Input::Nothing:
            m_wasShort = wasShort; // see lookBehind()
            return;
        case Input::Ended:
            m_over = true;
            return;
        }
    }
}

/// A reset may hide behind the bytes read last. Where nobody waits for an answer the next write
/// tells of it, and saves this call.
void Http2Connection::lookBehind() noexcept
{
    if (m_streams.empty() || m_deaf) {
        m_wasShort = false;
    } else if (m_wasShort && !m_readsLater) {
        const Input got = receive();
        if (got == Input::Bytes) {
            feed(m_home.input().bytes());
            m_home.input().clear();
            m_asked = true;
        }
        m_over = m_over || got == Input::Ended;
    }
}

void Http2Connection::feed(std::string_view bytes) noexcept
{
    const ssize_t used = nghttp2_session_mem_recv(
        m_session.get(), reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
    if (used >= 0 || m_deaf)
        return;
    switch (used) {
    case NGHTTP2_ERR_FLOODED:
        calmDown();
        return;
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
        calmDown();
        return;
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
        noteBadRequest();
        break;
    default:
        break;
    }
    m_deaf = true;
    nghttp2_session_terminate_session(m_session.get(), NGHTTP2_PROTOCOL_ERROR);
}

void Http2Connection::wantDelivery() noexcept
{
    m_anyToDeliver = true;
    askForTurn();
}

void Http2Connection::deliverBodies() noexcept
{
    if (!std::exchange(m_anyToDeliver, false))
        return;
    for (size_t i = 0; i < m_streams.size(); ++i) { // nothing here ends a stream at once
        if (m_streams[i]->hasDeliverable())
            m_streams[i]->deliverBody();
    }
}

/// Were the connection's credit kept back until somebody reads, the bodies of requests that wait
/// for a worker would stop the body of the one that has it.
void Http2Connection::bodyStored(size_t bytes) noexcept
{
    m_creditKept += bytes;
    if (!m_home.budget().isExhausted())
        dropBody(std::exchange(m_creditKept, 0));
}

/// Somebody has the bytes, here or behind the listener, and the budget knows of them: they are
/// delivered in any case; at the limit no more are let in.
void Http2Connection::giveCredit() noexcept
{
    if (!m_creditKept)
        return;
    if (m_home.budget().isExhausted())
        m_home.waitForBudget(*this);
    else
        dropBody(std::exchange(m_creditKept, 0));
}

void Http2Connection::bodyTaken(Http2Exchange &exchange, size_t bytes) noexcept
{
    if (exchange.isEnded())
        return;
    nghttp2_session_consume_stream(m_session.get(), exchange.stream(), bytes);
    exchange.state.bodyTaken += bytes;
    if (exchange.state.bodyTaken < kReadsOnBytes || exchange.state.isWindowWide
        || exchange.isBodyComplete())
        return;
    exchange.state.isWindowWide = true;
    if (m_rules->http2.windowBytes > kUnreadWindowBytes)
        nghttp2_session_set_local_window_size(m_session.get(), NGHTTP2_FLAG_NONE, exchange.stream(),
                                              static_cast<int32_t>(m_rules->http2.windowBytes));
}

void Http2Connection::dropBody(size_t bytes) noexcept
{
    if (bytes)
        nghttp2_session_consume_connection(m_session.get(), bytes);
}

/// Sends until nothing is left, the socket is full, or the turn's limit is reached.
void Http2Connection::pump() noexcept
{
    uint64_t sent = 0;
    bool more = true;
    while (more && !m_writeBlocked) {
        const uint64_t before = outbox().queue.queuedTotal();
        more = pull();
        sent += m_outbox->queue.queuedTotal() - before;
        flush();
        if (isClosed())
            return;
        if (more && sent >= OutputQueue::kTurnBytesMax) {
            m_moreToDo = true;
            return;
        }
    }
}

/// Takes frames from nghttp2 into the outbox. True: there are more.
bool Http2Connection::pull() noexcept
{
    OutputQueue &queue = m_outbox->queue;
    while (queue.pending() < kPullBytes) {
        const uint8_t *bytes = nullptr;
        m_pullPaused = false;
        const ssize_t size = nghttp2_session_mem_send(m_session.get(), &bytes);
        if (size > 0) {
            queue.addText({reinterpret_cast<const char *>(bytes), static_cast<size_t>(size)});
            continue;
        }
        if (size < 0) { // no memory, or a mistake of ours: the stream of frames is broken
            m_over = true;
            return false;
        }
        if (!m_pullPaused && !tellRoom())
            return false;
    }
    return true;
}

/// Handlers whose backlog has left may go on. True: some did.
bool Http2Connection::tellRoom() noexcept
{
    if (!std::exchange(m_anyBacklogged, false))
        return false;
    const uint64_t before = m_outputTotal;
    for (size_t i = 0; i < m_streams.size(); ++i) {
        m_streams[i]->tellRoom();
        m_anyBacklogged = m_anyBacklogged || m_streams[i]->wasBacklogged();
    }
    return m_outputTotal != before;
}

void Http2Connection::closing() noexcept
{
    dropOpening();
    for (auto &stream : std::exchange(m_streams, {})) {
        finish(std::move(stream), true);
    }
}

} // namespace arc
