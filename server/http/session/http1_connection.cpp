// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/http1_connection.h"

namespace arc {

// What 10,000 idle ones cost is a promise: 5 MiB, with some 75 bytes each in libevent and in
// tables.
static_assert(sizeof(Http1Connection) <= 440);

Http1Connection::Http1Connection(SessionLoop &home, uint32_t slot, Origin origin)
    : Connection(home, slot, std::move(origin)), m_isAskedBack(hasOldAuthorities())
{
    if (!origin.input.empty())
        m_unused = std::make_unique<Unused>(std::move(origin.input));
    const Phase phase = phaseNow();
    setDeadlines(readDueIn(phase));
    m_phase = phase;
}

Http1Connection::~Http1Connection() = default;

Exchange *Http1Connection::exchange(uint32_t generation) noexcept
{
    if (!m_exchange || m_exchange->isEnded() || m_exchange->id().generation != generation)
        return nullptr;
    return m_exchange.get();
}

bool Http1Connection::isIdle() const noexcept
{
    return !m_exchange && !m_unused && (!m_outbox || m_outbox->isIdle()) && !hasOutput();
}

bool Http1Connection::expectsNothing() const noexcept
{
    return isIdle() && m_requests > 0 && m_transport.peek() != Transport::Peek::Bytes;
}

bool Http1Connection::mayContinue(const RequestHead &head) const noexcept
{
    return head.keepAlive && !m_lastAnswer && !m_isAskedBack && !m_home.isDraining()
        && (!m_rules->requestsMax || m_requests < m_rules->requestsMax);
}

void Http1Connection::turn() noexcept
{
    m_turnRequests = 0;
    m_home.input().load(m_unused ? m_unused->bytes : std::string_view());
    m_home.scratch().progress = m_unused ? m_unused->progress : HeadProgress();
    flush();
    while (!isClosed() && step() == Go::On) { }
    m_asked = false; // what was asked for up to here is in the outbox, and leaves now
    flush();
    if (!isClosed())
        settle();
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
    switch (receive()) {
    case Input::Bytes:
    case Input::Again:
        return Go::On;
    case Input::Nothing:
        break;
    case Input::Ended:
        peerEnded();
    }
    return Go::Stop;
}

void Http1Connection::peerEnded() noexcept
{
    // A client that shuts down its side before it has its answer counts as gone, as most servers
    // take it.
    if (m_exchange || !hasOutput() || m_phase == Phase::Linger) {
        close(CloseHow::Plainly);
        return;
    }
    m_lastAnswer = true;
    m_unreadInput = false;
    m_home.input().clear();
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

void Http1Connection::flushed() noexcept
{
    if (m_exchange)
        m_exchange->tellDrained(m_outbox->queue.pending());
}

void Http1Connection::closing() noexcept
{
    if (m_exchange) {
        if (WebSocketSession *socket = m_exchange->socket())
            socket->lost();
        m_exchange->tellGone();
        m_exchange->finish(outbox());
        m_exchange->reset();
        m_home.exchanges().give(std::move(m_exchange));
    }
    m_unused.reset();
}

} // namespace arc
