// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/http1_connection.h"

#include "server/base/assert.h"

#include <cerrno>

#include <sys/socket.h>

namespace arc {

Http1Connection::Http1Connection(SessionLoop &home, uint32_t slot, Origin origin)
    : m_home(home), m_socket(std::move(origin.socket)), m_slot(slot),
      m_rules(std::move(origin.rules)), m_listener(origin.listener), m_peer(origin.peer),
      m_timer(&Http1Connection::timerDue, this)
{
    m_home.metrics().connectionsAccepted.add(1);
    m_home.metrics().connectionsOpen.add(1);
}

Http1Connection::~Http1Connection()
{
    ARC_ASSERT(isClosed());
}

void Http1Connection::start() noexcept
{
    m_event.watchInput(m_home.loop(), m_socket.get(), &Http1Connection::ready, this);
    setDeadlines();
}

bool Http1Connection::isIdle() const noexcept
{
    return !m_exchange && m_partial.empty() && (!m_outbox || m_outbox->isIdle());
}

bool Http1Connection::expectsNothing() const noexcept
{
    char byte = 0;
    return isIdle() && m_requests > 0
        && ::recv(m_socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

bool Http1Connection::mayContinue(const RequestHead &head) const noexcept
{
    return head.keepAlive && !m_lastAnswer && !m_home.isDraining()
        && (!m_rules->requestsMax || m_requests < m_rules->requestsMax);
}

Outbox &Http1Connection::outbox()
{
    if (!m_outbox)
        m_outbox = m_home.outboxes().take();
    return *m_outbox;
}

void Http1Connection::askForTurn() noexcept
{
    if (m_inTurn)
        m_asked = true;
    else
        m_home.runLater(*this);
}

void Http1Connection::ready(void *context, Readiness readiness) noexcept
{
    auto &self = *static_cast<Http1Connection *>(context);
    if (readiness.writable)
        self.m_writeBlocked = false;
    if (readiness.readable || readiness.closed) {
        self.m_readable = true;
        self.m_eventSeen = true;
    }
    // A close that was queued before we read gives no new edge, so it is remembered and read up to
    // (http-core 1.3).
    if (readiness.closed)
        self.m_peerClosed = true;
    self.run();
}

void Http1Connection::run() noexcept
{
    if (isClosed() || m_inTurn)
        return;
    m_inTurn = true;
    m_turnBytes = 0;
    m_turnRequests = 0;
    m_sentInTurn = false;
    m_moreToDo = false;
    m_home.input().load(m_partial);
    flush();
    while (!isClosed() && step() == Go::On) { }
    m_asked = false; // what was asked for up to here is in the outbox, and leaves now
    flush();
    if (!isClosed())
        settle();
    m_inTurn = false;
    if (!isClosed() && (m_asked || m_moreToDo))
        m_home.runLater(*this);
}

Http1Connection::Go Http1Connection::step() noexcept
{
    if (m_phase == Phase::Linger)
        return lingerOn();
    if (m_exchange)
        return advanceExchange();
    if (m_lastAnswer)
        return Go::Stop;
    if (m_toSkip)
        return skipBody();
    return nextRequest();
}

Http1Connection::Go Http1Connection::readMore() noexcept
{
    // A reset that came with the last bytes was in their edge and makes none of its own, so whoever
    // stands in the middle of a message looks once more.
    if (!m_readable && !std::exchange(m_wasShort, false))
        return Go::Stop;
    const ssize_t count = m_home.input().receive(m_socket.get());
    if (count > 0) {
        m_home.metrics().bytesRead.add(count);
        m_turnBytes += static_cast<uint64_t>(count);
        // A short read means the socket is drained; new bytes give a new edge.
        if (static_cast<size_t>(count) < TurnInput::kReadBytes && !m_peerClosed) {
            m_readable = false;
            m_wasShort = true;
        }
        return Go::On;
    }
    if (count < 0 && errno == EINTR) {
        m_readable = true;
        return Go::On;
    }
    if (count < 0 && errno == EAGAIN) {
        m_readable = false;
        return Go::Stop;
    }
    m_readable = false;
    m_peerClosed = true;
    peerEnded();
    return Go::Stop;
}

void Http1Connection::peerEnded() noexcept
{
    // A client that shuts down its side before it has its answer counts as gone, as most servers
    // take it.
    if (m_exchange || !m_outbox || !m_outbox->queue.pending() || m_phase == Phase::Linger) {
        close(CloseHow::Plainly);
        return;
    }
    m_lastAnswer = true;
    m_unreadInput = false;
    m_home.input().clear();
}

/// Whether the client of a running exchange has left, when nothing else would read the socket.
bool Http1Connection::peerLeft() noexcept
{
    if (m_peerClosed)
        return true;
    if (!m_readable || !std::exchange(m_eventSeen, false))
        return false;
    char byte = 0;
    const ssize_t count = ::recv(m_socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count > 0)
        return false; // more requests; they wait in the kernel
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        m_readable = errno == EINTR;
        return false;
    }
    return true;
}

Http1Connection::Go Http1Connection::lingerOn() noexcept
{
    m_home.input().clear();
    if (m_lingered > kLingerBytesMax) {
        close(CloseHow::Plainly);
        return Go::Stop;
    }
    if (m_turnBytes >= kTurnBytesMax) {
        m_moreToDo = true;
        return Go::Stop;
    }
    const uint64_t before = m_turnBytes;
    const Go go = readMore();
    m_lingered += m_turnBytes - before;
    return go;
}

void Http1Connection::flush() noexcept
{
    if (isClosed() || !m_outbox || m_writeBlocked)
        return;
    OutputQueue &queue = m_outbox->queue;
    if (queue.pending()) {
        const uint64_t before = queue.sentTotal();
        const OutputQueue::Flush result = queue.flush(m_socket.get());
        if (const uint64_t sent = queue.sentTotal() - before) {
            m_home.metrics().bytesWritten.add(static_cast<int64_t>(sent));
            m_sentInTurn = true;
        }
        if (result == OutputQueue::Flush::Failed) {
            close(CloseHow::WithReset); // gone, or a file that shrank: what was announced cannot be
                                        // sent
            return;
        }
        if (result == OutputQueue::Flush::Blocked) {
            m_writeBlocked = true;
            m_watchesOutput = true;
            m_event.watchBoth(m_home.loop(), m_socket.get(), &Http1Connection::ready, this);
        } else if (result == OutputQueue::Flush::MoreNextTurn) {
            m_moreToDo = true;
        }
    }
    m_outbox->closeSent(m_home.log());
    if (m_exchange)
        m_exchange->tellDrained(queue.pending());
}

void Http1Connection::account() noexcept
{
    int64_t held = m_partial.empty() ? 0 : static_cast<int64_t>(m_partial.capacity());
    if (m_exchange)
        held += static_cast<int64_t>(m_exchange->ownedBytes());
    if (m_outbox)
        held += static_cast<int64_t>(m_outbox->queue.ownedBytes());
    if (held != m_charged)
        m_home.charge(held - m_charged);
    m_charged = held;
}

void Http1Connection::close(CloseHow how) noexcept
{
    if (isClosed())
        return;
    if (how == CloseHow::WithReset) {
        const linger reset {.l_onoff = 1, .l_linger = 0};
        ::setsockopt(m_socket.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    if (m_exchange) {
        m_exchange->tellGone();
        m_exchange->finish(outbox());
        m_exchange->reset();
        m_home.exchanges().give(std::move(m_exchange));
    }
    if (m_outbox) {
        m_outbox->closeLost(m_home.log(), m_home.loop().now());
        m_outbox->queue.clear();
        m_home.outboxes().give(std::move(m_outbox));
    }
    m_event.stop();
    m_timer.disarm();
    m_socket.reset();
    m_partial = {};
    account();
    m_charged = 0;
    m_home.metrics().connectionsOpen.add(-1);
    m_home.forget(*this);
}

} // namespace arc
