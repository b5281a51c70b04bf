// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/websocket_connection.h"

#include "server/base/text.h"
#include "server/http/session/session_loop.h"

#include <algorithm>

namespace arc {

WebSocketConnection::WebSocketConnection(SessionLoop &home, uint32_t slot, Origin origin,
                                         std::unique_ptr<Http1Exchange> exchange)
    : Connection(home, slot, std::move(origin)), m_exchange(std::move(exchange)),
      m_partial(std::move(origin.input))
{
    m_exchange->moveTo(*this);
    socket().attach(*this);
    m_leaves = m_home.isDraining();
}

WebSocketConnection::~WebSocketConnection() = default;

void WebSocketConnection::turn() noexcept
{
    m_home.input().load(m_partial);
    flush();
    if (!isClosed() && std::exchange(m_leaves, false))
        socket().leave(ws_close::kGoingAway, "the server stops");
    if (!isClosed() && m_exchange->restsOnOldAuthorities())
        socket().disown();
    while (!isClosed() && step() == Go::On) { }
    m_asked = false; // what was asked for up to here is in the outbox, and leaves now
    flush();
    if (!isClosed())
        settle();
}

WebSocketConnection::Go WebSocketConnection::step() noexcept
{
    TurnInput &input = m_home.input();
    if (socket().isOver())
        return lingerOn();
    if (socket().wantsInput()) // with nothing as well: what is inflated may have waited for room
        input.consume(socket().take(input.bytes()));
    if (socket().isOver())
        return Go::On;
    if (!socket().wantsInput())
        return Go::Stop; // bytes stay in the kernel
    if (m_turnBytes >= kTurnBytesMax) {
        m_moreToDo = true;
        return Go::Stop;
    }
    if (m_readable && m_home.budget().isExhausted()) {
        m_home.waitForBudget(*this);
        return Go::Stop;
    }
    switch (receive()) {
    case Input::Bytes:
    case Input::Again:
        return Go::On;
    case Input::Nothing:
        break;
    case Input::Ended:
        close(CloseHow::Plainly);
    }
    return Go::Stop;
}

/// The WebSocket has ended; what the client still sends is dropped, so that no reset overtakes the
/// goodbye.
WebSocketConnection::Go WebSocketConnection::lingerOn() noexcept
{
    m_home.input().clear();
    if (m_turnBytes >= kTurnBytesMax) {
        m_moreToDo = true;
        return Go::Stop;
    }
    switch (receive()) {
    case Input::Bytes:
    case Input::Again:
        return Go::On;
    case Input::Nothing:
        break;
    case Input::Ended:
        if (!hasOutput())
            close(CloseHow::Plainly);
    }
    return Go::Stop;
}

void WebSocketConnection::flushed() noexcept
{
    socket().tellDrained(m_outbox->queue.pending());
}

void WebSocketConnection::settle() noexcept
{
    if (socket().isOver() && !hasOutput() && !m_lingers) {
        endTunnel();
        if (isClosed())
            return;
    }
    keepInput();
    returnOutbox();
    settleWatch();
    if (m_peerClosed && !m_lingers && m_endDue == SteadyTime()) // it left before all was read
        m_endDue = m_home.loop().now() + socket().rules().closeWithin;
    setDeadlines(readDue());
    const int64_t partial = static_cast<int64_t>(m_partial.empty() ? 0 : m_partial.capacity());
    account(partial + static_cast<int64_t>(m_exchange->ownedBytes() + socket().ownedBytes()));
}

void WebSocketConnection::endTunnel() noexcept
{
    if (m_peerClosed) {
        close(CloseHow::Plainly);
        return;
    }
    m_transport.endOutput();
    m_lingers = true;
    m_endDue = m_home.loop().now() + kLingerTime;
    m_moreToDo = m_readable;
}

void WebSocketConnection::keepInput()
{
    const std::string_view left = m_home.input().bytes();
    if (!left.empty())
        m_partial.assign(left);
    else
        freeMemory(m_partial);
}

SteadyTime WebSocketConnection::readDue() const noexcept
{
    const SteadyTime due = socket().due(hasOutput());
    if (m_endDue == SteadyTime())
        return due;
    return due == SteadyTime() ? m_endDue : std::min(due, m_endDue);
}

void WebSocketConnection::readDeadlinePassed() noexcept
{
    if (m_endDue != SteadyTime() && m_home.loop().now() >= m_endDue) {
        close(CloseHow::Plainly);
        return;
    }
    socket().onDue(hasOutput());
    if (socket().isOver()) { // it answers nothing any more
        close(CloseHow::WithReset);
        return;
    }
    run();
}

void WebSocketConnection::drainBegan() noexcept
{
    m_leaves = true;
    askForTurn();
}

void WebSocketConnection::closing() noexcept
{
    socket().lost();
    Outbox &box = outbox();
    m_exchange->finishSocket(box, box.queue.pending());
    box.closeSent(m_home.log());
    m_exchange->reset();
    m_home.exchanges().give(std::move(m_exchange));
    freeMemory(m_partial);
}

} // namespace arc
