// SPDX-License-Identifier: Apache-2.0
// Http1Connection between its turns: what it keeps, what it waits for, and for how long.
#include "server/http/session/http1_connection.h"

#include <algorithm>

#include <sys/socket.h>

namespace arc {

void Http1Connection::settle() noexcept
{
    if (m_lastAnswer && !m_exchange && (!m_outbox || !m_outbox->queue.pending())
        && m_phase != Phase::Linger) {
        afterLastAnswer();
        if (isClosed())
            return;
    }
    keepInput();
    if (m_outbox && !m_exchange && m_outbox->isIdle())
        m_home.outboxes().give(std::move(m_outbox));
    if (m_watchesOutput && !m_writeBlocked && !(m_outbox && m_outbox->queue.pending())) {
        m_watchesOutput = false;
        m_event.watchInput(m_home.loop(), m_socket.get(), &Http1Connection::ready, this);
    }
    if (m_home.isDraining() && isIdle() && !m_toSkip && m_phase != Phase::Linger) {
        close(CloseHow::Plainly);
        return;
    }
    setDeadlines();
    if (m_phase == Phase::Idle) {
        m_home.table().markIdle(*this, m_home.loop().now());
        m_home.becameIdle();
    } else {
        m_home.table().markBusy(*this);
    }
    account();
}

void Http1Connection::keepInput()
{
    const std::string_view left = m_home.input().bytes();
    if (!left.empty())
        m_partial.assign(left);
    else if (m_partial.capacity() > std::string().capacity())
        m_partial = {};
    else
        m_partial.clear();
}

void Http1Connection::afterLastAnswer() noexcept
{
    const bool more = m_unreadInput || m_readable || !m_home.input().bytes().empty();
    m_home.input().clear();
    if (!more || m_peerClosed) {
        close(CloseHow::Plainly);
        return;
    }
    // Closing with unread bytes would send a reset, which can overtake the answer (RFC 9112 9.6).
    ::shutdown(m_socket.get(), SHUT_WR);
    m_phase = Phase::Linger;
    m_readDue = m_home.loop().now() + kLingerTime;
    m_moreToDo = m_readable;
}

Http1Connection::Phase Http1Connection::phaseNow() const noexcept
{
    if (m_phase == Phase::Linger)
        return Phase::Linger;
    if (m_exchange)
        return m_exchange->wantsBody() && !waits.forBudget ? Phase::Body : Phase::Answer;
    if (m_outbox && m_outbox->queue.pending())
        return Phase::Answer; // the write deadline runs
    if (m_toSkip)
        return Phase::Skip;
    return m_partial.empty() ? Phase::Idle : Phase::Head;
}

void Http1Connection::setDeadlines() noexcept
{
    const SteadyTime now = m_home.loop().now();
    const Phase phase = phaseNow();
    const bool entered = std::exchange(m_phase, phase) != phase;
    switch (phase) {
    case Phase::Idle:
        m_readDue = now + m_rules->idleTimeout;
        break;
    case Phase::Head: // absolute: dripping bytes do not move it
        if (entered)
            m_readDue = now + m_rules->headTimeout;
        break;
    case Phase::Body:
    case Phase::Skip:
        if (entered || m_turnBytes)
            m_readDue = now + m_rules->bodyTimeout;
        break;
    case Phase::Answer:
        m_readDue = {};
        break;
    case Phase::Linger:
        break; // set once, by afterLastAnswer()
    }
    if (!m_outbox || !m_outbox->queue.pending())
        m_writeDue = {};
    else if (m_sentInTurn || m_writeDue == SteadyTime())
        m_writeDue = now + m_rules->writeTimeout;

    SteadyTime due = m_readDue;
    if (m_writeDue != SteadyTime() && (due == SteadyTime() || m_writeDue < due))
        due = m_writeDue;
    if (due != SteadyTime())
        m_timer.arm(m_home.loop().timers(),
                    std::chrono::ceil<std::chrono::milliseconds>(due - now));
}

void Http1Connection::timerDue(void *context) noexcept
{
    static_cast<Http1Connection *>(context)->deadlinePassed();
}

void Http1Connection::deadlinePassed() noexcept
{
    const SteadyTime now = m_home.loop().now();
    m_turnBytes = 0;
    m_sentInTurn = false;
    if (m_writeDue != SteadyTime() && now >= m_writeDue)
        close(CloseHow::WithReset); // takes nothing: a plain close would leave the bytes in the
                                    // kernel
    else if (m_readDue != SteadyTime() && now >= m_readDue)
        readDeadlinePassed();
    else
        setDeadlines();
}

void Http1Connection::readDeadlinePassed() noexcept
{
    switch (m_phase) {
    case Phase::Head:
        m_partial.clear();
        refuse(408, "The request did not arrive in time.");
        break;
    case Phase::Body:
        bodyRefused(408, "The request body did not arrive in time.");
        break;
    default:
        close(CloseHow::Plainly);
        return;
    }
    run();
}

} // namespace arc
