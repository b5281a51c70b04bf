// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/session_loop.h"

#include "server/http/session/connection.h"
#include "server/http/session/http1_exchange.h"

#include <algorithm>

namespace arc {

SessionLoop::SessionLoop(HttpLoop &front, EventLoop &loop, const HttpShared &shared,
                         std::shared_ptr<const HttpSnapshot> snapshot, LogRing *accessLog)
    : m_front(front), m_loop(loop), m_shared(shared),
      m_log(accessLog, loop.metrics(), shared.wakeLogs), m_budget(shared.budget),
      m_tls(loop.metrics()), m_budgetTimer(&SessionLoop::budgetDue, this),
      m_newcomerTimer(&SessionLoop::newcomersDue, this), m_drainTimer(&SessionLoop::drainDue, this)
{
    std::random_device entropy;
    std::seed_seq seed {entropy(), entropy(), entropy(), entropy()};
    m_random.seed(seed);
    publish(std::move(snapshot));
}

SessionLoop::~SessionLoop()
{
    m_drained = {};
    m_listening.clear();
    m_table.forEach(
        [](Connection &connection) { connection.close(Connection::CloseHow::WithReset); });
    m_closed.clear();
}

SiteMetrics *SessionLoop::metricsOf(const Site *site) const noexcept
{
    if (!site || !site->metrics || m_loop.index() >= site->metrics->perLoop.size())
        return nullptr;
    return &site->metrics->perLoop[m_loop.index()];
}

void SessionLoop::listen(std::string id, FileDescriptor socket, ListenerKind kind)
{
    const std::string *name = &*m_names.insert(std::move(id)).first;
    auto listening = std::make_unique<Listening>();
    listening->loop = this;
    listening->name = name;
    listening->kind = kind;
    listening->acceptor = std::make_unique<Acceptor>(m_loop, std::move(socket),
                                                     &SessionLoop::accepted, listening.get());
    m_listening.push_back(std::move(listening));
}

void SessionLoop::makeRoom() noexcept
{
    Connection *quietest = m_table.quietest();
    if (!quietest)
        return;
    metrics().connectionsRefused.add(1);
    quietest->close(Connection::CloseHow::Plainly);
}

size_t SessionLoop::share() const noexcept
{
    const auto all = static_cast<size_t>(snapshot().settings.connectionsMax);
    return std::max<size_t>(1, all / std::max<size_t>(1, m_shared.loops));
}

void SessionLoop::resumeAccepting() noexcept
{
    if (!m_acceptPaused || (m_table.size() >= share() && !m_table.quietest()))
        return;
    m_acceptPaused = false;
    for (const auto &listening : m_listening)
        listening->acceptor->resume();
}

void SessionLoop::becameIdle() noexcept
{
    if (m_acceptPaused)
        resumeAccepting();
}

void SessionLoop::runLater(Connection &connection)
{
    if (std::exchange(connection.waits.forTurn, true))
        return;
    m_forTurn.push_back(&connection);
    m_loop.atEndOfTurn(*this);
}

void SessionLoop::waitForBudget(Connection &connection)
{
    if (std::exchange(connection.waits.forBudget, true))
        return;
    m_forBudget.push_back(&connection);
    if (!m_budgetTimer.isArmed())
        m_budgetTimer.arm(m_loop.timers(), kBudgetRetry);
}

void SessionLoop::budgetDue(void *context) noexcept
{
    auto &self = *static_cast<SessionLoop *>(context);
    for (Connection *connection : std::exchange(self.m_forBudget, {})) {
        connection->waits.forBudget = false;
        self.runLater(*connection);
    }
}

void SessionLoop::endOfTurn() noexcept
{
    // A connection that asks again while it runs comes in the next turn: the loop runs this hook
    // once per turn.
    m_running.swap(m_forTurn);
    for (Connection *connection : m_running) {
        connection->waits.forTurn = false;
        connection->run();
    }
    m_running.clear();
    retireUnused();
    m_closed.clear();
    if (isDraining())
        drainedMaybe();
}

void SessionLoop::leaveLists(Connection &connection) noexcept
{
    if (std::exchange(connection.waits.forTurn, false))
        std::erase(m_forTurn, &connection);
    if (std::exchange(connection.waits.forBudget, false))
        std::erase(m_forBudget, &connection);
}

void SessionLoop::replace(Connection &old, std::unique_ptr<Connection> next) noexcept
{
    leaveLists(old);
    Connection &begun = *next;
    m_closed.push_back(m_table.replace(old.slot(), std::move(next)));
    begun.start();
    runLater(begun);
}

void SessionLoop::forget(Connection &connection) noexcept
{
    leaveLists(connection);
    // Its functions may still be on the stack, so it lives until the end of the turn.
    m_closed.push_back(m_table.remove(connection.slot()));
    m_loop.atEndOfTurn(*this);
    if (m_acceptPaused)
        resumeAccepting();
}

void SessionLoop::charge(int64_t bytes) noexcept
{
    m_budget.charge(bytes);
    metrics().bufferBytes.set(m_budget.used());
}

void SessionLoop::drain(std::chrono::milliseconds deadline, std::function<void()> done)
{
    m_draining.store(true); // before any look at m_arriving: see handTo()
    m_drained = std::move(done);
    m_listening.clear();
    m_table.forEach([](Connection &connection) { connection.drainBegan(); });
    m_newcomerTimer.arm(m_loop.timers(), std::min(deadline, kNewcomerTime));
    m_drainTimer.arm(m_loop.timers(), deadline);
    m_loop.atEndOfTurn(*this);
}

void SessionLoop::newcomersDue(void *context) noexcept
{
    static_cast<SessionLoop *>(context)->m_table.forEach(
        [](Connection &connection) { connection.newcomerTimePassed(); });
}

void SessionLoop::drainDue(void *context) noexcept
{
    static_cast<SessionLoop *>(context)->m_table.forEach([](Connection &connection) {
        // Whoever has its answer loses nothing; a reset might reach it before the answer.
        connection.close(connection.isIdle() ? Connection::CloseHow::Plainly
                                             : Connection::CloseHow::WithReset);
    });
}

void SessionLoop::drainedMaybe() noexcept
{
    if (m_table.size() || m_arriving.load() || !m_drained)
        return;
    m_newcomerTimer.disarm();
    m_drainTimer.disarm();
    std::exchange(m_drained, {})();
}

} // namespace arc
