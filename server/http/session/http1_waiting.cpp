// SPDX-License-Identifier: Apache-2.0
// Http1Connection between its turns: what it keeps, what it waits for, and for how long.
#include "server/http/session/http1_connection.h"

namespace arc {

void Http1Connection::settle() noexcept
{
    if (m_lastAnswer && !m_exchange && !hasOutput() && m_phase != Phase::Linger) {
        afterLastAnswer();
        if (isClosed())
            return;
    }
    keepInput();
    if (!m_exchange)
        returnOutbox();
    settleWatch();
    const Phase phase = phaseNow();
    setDeadlines(readDueIn(phase));
    m_phase = phase;
    if (phase == Phase::Idle) {
        m_home.table().markIdle(*this, m_home.loop().now());
        m_home.becameIdle();
    } else {
        m_home.table().markBusy(*this);
    }
    int64_t held = m_unused ? static_cast<int64_t>(sizeof(Unused) + m_unused->bytes.capacity()) : 0;
    if (m_exchange)
        held += static_cast<int64_t>(m_exchange->ownedBytes());
    account(held);
}

void Http1Connection::keepInput()
{
    const std::string_view left = m_home.input().bytes();
    if (left.empty()) {
        m_unused.reset();
        return;
    }
    if (!m_unused)
        m_unused = std::make_unique<Unused>();
    m_unused->bytes.assign(left);
    m_unused->progress = m_home.scratch().progress;
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
    m_transport.endOutput();
    m_phase = Phase::Linger;
    m_readDue = m_home.loop().now() + kLingerTime;
    m_moreToDo = m_readable;
}

Http1Connection::Phase Http1Connection::phaseNow() const noexcept
{
    if (m_phase == Phase::Linger)
        return Phase::Linger;
    if (m_exchange && m_exchange->wantsBody())
        return waits.forBudget ? Phase::Room : Phase::Body;
    if (m_exchange)
        return Phase::Answer;
    if (hasOutput())
        return Phase::Answer; // the write deadline runs
    if (m_toSkip)
        return Phase::Skip;
    return m_unused ? Phase::Head : Phase::Idle;
}

/// The read deadline of a phase that begins or goes on now.
SteadyTime Http1Connection::readDueIn(Phase phase) noexcept
{
    const SteadyTime now = m_home.loop().now();
    const auto readsBody = [](Phase which) {
        return which == Phase::Body || which == Phase::Skip;
    };
    const SteadyTime bodyDue = m_bodyPace.next(readsBody(m_phase) ? m_readDue : SteadyTime(),
                                               readsBody(phase), m_turnBytes, now, m_rules->body);
    switch (phase) {
    case Phase::Idle:
        return now + idleTime();
    case Phase::Room:
        return phase != m_phase || m_turnBytes ? now + m_rules->body.pauseMax : m_readDue;
    case Phase::Head: // absolute: dripping bytes do not move it
        return phase != m_phase ? now + m_rules->headTimeout : m_readDue;
    case Phase::Body:
    case Phase::Skip:
        return bodyDue;
    case Phase::Answer:
        return {};
    case Phase::Linger:
        break; // set once, by afterLastAnswer()
    }
    return m_readDue;
}

SteadyTime::duration Http1Connection::idleTime() const noexcept
{
    const std::chrono::milliseconds most = m_rules->idleTimeout;
    return m_home.isDraining() ? std::min(most, kLastRequestTime) : most;
}

void Http1Connection::drainBegan() noexcept
{
    if (!expectsNothing() || m_phase == Phase::Skip)
        return;
    const SteadyTime quietSince = m_readDue - m_rules->idleTimeout;
    if (m_phase == Phase::Idle && quietSince + idleTime() > m_home.loop().now())
        setDeadlines(quietSince + idleTime());
    else
        close(CloseHow::Plainly);
}

/// Whoever had a request answered has its own deadline by now.
void Http1Connection::newcomerTimePassed() noexcept
{
    if (isIdle() && m_requests == 0 && m_transport.peek() != Transport::Peek::Bytes)
        close(CloseHow::Plainly);
}

void Http1Connection::readDeadlinePassed() noexcept
{
    switch (m_phase) {
    case Phase::Head:
        m_unused.reset();
        refuse(408, "The request did not arrive in time.");
        break;
    case Phase::Body:
        bodyRefused(408, "The request body did not arrive in time.");
        break;
    case Phase::Room: // what waits together would wait for ever
        m_lastAnswer = true;
        m_exchange->fail(503, kShortOfMemory);
        break;
    default:
        close(CloseHow::Plainly);
        return;
    }
    run();
}

} // namespace arc
