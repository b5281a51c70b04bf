// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/connection.h"

#include "server/base/assert.h"
#include "server/http/session/session_loop.h"

#include <sys/socket.h>

namespace arc {

Connection::Connection(SessionLoop &home, uint32_t slot, Origin &&origin)
    : m_readable(origin.readable), m_peerClosed(origin.peerClosed), m_isTrusted(origin.isTrusted),
      m_isCounted(origin.isCounted), m_slot(slot), m_home(home),
      m_transport(std::move(origin.transport)), m_outbox(std::move(origin.outbox)),
      m_rules(std::move(origin.rules)), m_listener(origin.listener), m_peer(origin.peer),
      m_local(std::move(origin.local)), m_timer(&Connection::timerDue, this)
{
}

Connection::~Connection()
{
    ARC_ASSERT(isClosed());
}

void Connection::start() noexcept
{
    m_event.watchInput(m_home.loop(), m_transport.socket(), &Connection::ready, this);
}

Outbox &Connection::outbox()
{
    if (!m_outbox)
        m_outbox = m_home.outboxes().take();
    return *m_outbox;
}

const SocketAddress &Connection::local() noexcept
{
    if (!m_local) {
        sockaddr_storage storage {};
        socklen_t length = sizeof storage;
        auto *address = reinterpret_cast<sockaddr *>(&storage);
        if (::getsockname(m_transport.socket(), address, &length) != 0)
            length = 0;
        m_local = std::make_unique<const SocketAddress>(SocketAddress::fromSystem(address, length));
    }
    return *m_local;
}

void Connection::askForTurn() noexcept
{
    if (m_inTurn)
        m_asked = true;
    else
        m_home.runLater(*this);
}

void Connection::ready(void *context, Readiness readiness) noexcept
{
    auto &self = *static_cast<Connection *>(context);
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

void Connection::run() noexcept
{
    if (isClosed() || m_inTurn)
        return;
    m_inTurn = true;
    m_turnBytes = 0;
    m_sentInTurn = false;
    m_moreToDo = false;
    turn();
    m_inTurn = false;
    if (!isClosed() && (m_asked || m_moreToDo))
        m_home.runLater(*this);
}

Connection::Input Connection::receive() noexcept
{
    // A reset that came with the last bytes was in their edge and makes none of its own, so whoever
    // stands in the middle of a message looks once more.
    if (!m_readable && !std::exchange(m_wasShort, false))
        return Input::Nothing;
    const Transport::Received received = m_transport.receive(m_home.input());
    if (received.bytes) {
        m_home.metrics().bytesRead.add(static_cast<int64_t>(received.bytes));
        m_turnBytes += static_cast<uint32_t>(received.bytes);
        if (received.hasEnded) // told once more by the next read
            m_readable = m_peerClosed = true;
        if (!received.mayHoldMore && !m_peerClosed) {
            m_readable = false;
            m_wasShort = true;
        }
        return Input::Bytes;
    }
    m_readable = received.mayHoldMore;
    if (!received.hasEnded)
        return received.mayHoldMore ? Input::Again : Input::Nothing;
    m_peerClosed = true;
    return Input::Ended;
}

bool Connection::peerLeft() noexcept
{
    if (m_peerClosed)
        return true;
    if (!m_readable || !std::exchange(m_eventSeen, false))
        return false;
    const Transport::Peek seen = m_transport.peek();
    if (seen == Transport::Peek::Nothing)
        m_readable = false;
    return seen == Transport::Peek::Gone; // bytes: more requests; they wait in the kernel
}

void Connection::flush() noexcept
{
    if (isClosed() || m_writeBlocked || (!m_outbox && !m_transport.heldOutput()))
        return;
    OutputQueue &queue = outbox().queue;
    if (hasOutput()) {
        const uint64_t before = queue.sentTotal();
        const size_t heldBefore = m_transport.heldOutput();
        OutputQueue::Flush result = m_transport.flush(queue, m_home.loop().now());
        while (result == OutputQueue::Flush::FileEnded && fileEnded(queue.endedStream()))
            result = m_transport.flush(queue, m_home.loop().now());
        if (const uint64_t sent = queue.sentTotal() - before) {
            m_home.metrics().bytesWritten.add(static_cast<int64_t>(sent));
            m_sentInTurn = true;
        } else if (m_transport.heldOutput() < heldBefore) {
            m_sentInTurn = true;
        }
        if (result == OutputQueue::Flush::Failed || result == OutputQueue::Flush::FileEnded) {
            close(CloseHow::WithReset); // gone, or what was announced cannot be sent
            return;
        }
        if (result == OutputQueue::Flush::Blocked) {
            m_writeBlocked = true;
            m_watchesOutput = true;
            m_event.watchBoth(m_home.loop(), m_transport.socket(), &Connection::ready, this);
        } else if (result == OutputQueue::Flush::MoreNextTurn) {
            m_moreToDo = true;
        }
    }
    m_outbox->closeSent(m_home.log());
    flushed();
}

void Connection::returnOutbox() noexcept
{
    if (m_outbox && m_outbox->isIdle())
        m_home.outboxes().give(std::move(m_outbox));
}

void Connection::settleWatch() noexcept
{
    if (m_watchesOutput && !m_writeBlocked && !hasOutput()) {
        m_watchesOutput = false;
        m_event.watchInput(m_home.loop(), m_transport.socket(), &Connection::ready, this);
    }
}

void Connection::setDeadlines(SteadyTime readDue) noexcept
{
    m_readDue = readDue;
    if (!hasOutput())
        m_writeDue = {};
    else if (m_sentInTurn || m_writeDue == SteadyTime())
        m_writeDue = m_home.loop().now() + m_rules->writeTimeout;
    armTimer();
}

void Connection::armTimer() noexcept
{
    SteadyTime due = m_readDue;
    if (m_writeDue != SteadyTime() && (due == SteadyTime() || m_writeDue < due))
        due = m_writeDue;
    if (due != SteadyTime())
        m_timer.arm(m_home.loop().timers(),
                    std::chrono::ceil<std::chrono::milliseconds>(due - m_home.loop().now()));
}

void Connection::timerDue(void *context) noexcept
{
    static_cast<Connection *>(context)->deadlinePassed();
}

void Connection::deadlinePassed() noexcept
{
    const SteadyTime now = m_home.loop().now();
    const bool isWriteDue = m_writeDue != SteadyTime() && now >= m_writeDue;
    if (isWriteDue && !m_transport.clientTakes()) {
        close(CloseHow::WithReset); // a plain close would leave the bytes in the kernel
        return;
    }
    if (isWriteDue)
        m_writeDue = now + m_rules->writeTimeout;
    if (m_readDue != SteadyTime() && now >= m_readDue)
        readDeadlinePassed();
    else
        armTimer();
}

void Connection::account(int64_t own) noexcept
{
    int64_t held = own + static_cast<int64_t>(m_transport.heldOutput());
    if (m_outbox)
        held += static_cast<int64_t>(m_outbox->queue.ownedBytes());
    if (held != m_charged)
        m_home.charge(held - m_charged);
    m_charged = held;
}

Connection::Origin Connection::release(std::string_view unusedInput) noexcept
{
    m_event.stop();
    m_timer.disarm();
    returnOutbox();
    Origin origin {.transport = std::move(m_transport),
                   .peer = m_peer,
                   .listener = m_listener,
                   .isTrusted = m_isTrusted,
                   .isCounted = std::exchange(m_isCounted, false),
                   .rules = m_rules,
                   .input = std::string(unusedInput),
                   .readable = m_readable || m_wasShort,
                   .peerClosed = m_peerClosed,
                   .local = std::move(m_local),
                   .outbox = std::move(m_outbox)};
    if (m_charged)
        m_home.charge(-std::exchange(m_charged, 0));
    return origin;
}

void Connection::close(CloseHow how) noexcept
{
    if (isClosed())
        return;
    closing();
    if (m_outbox) {
        m_outbox->closeLost(m_home.log(), m_home.loop().now());
        m_outbox->queue.clear();
        m_home.outboxes().give(std::move(m_outbox));
    }
    m_event.stop();
    m_timer.disarm();
    m_transport.close(how);
    account(0);
    m_home.metrics().connectionsOpen.add(-1);
    if (m_isCounted)
        m_home.uncount(m_peer);
    m_home.forget(*this);
}

} // namespace arc
