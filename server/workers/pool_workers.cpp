// SPDX-License-Identifier: Apache-2.0
// The working part of PoolSupervisor: workers start, are retired, die and are replaced.
#include "server/base/text.h"
#include "server/workers/pool_supervisor.h"

#include <csignal>

#include <fmt/format.h>
#include <sys/wait.h>

namespace arc {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBackOffFirst {100};
constexpr milliseconds kBackOffMax {10000};
/// A worker that dies younger than this, and before any request, counts as a failed start.
constexpr milliseconds kYoung {10000};
/// For a worker told to stop before it was ready: it holds no request.
constexpr milliseconds kStartingGrace {1000};

} // namespace

void PoolSupervisor::reconcile()
{
    if (!m_running) {
        updateState();
        return;
    }
    const size_t target = wanted();
    size_t starting = count(WorkerState::Starting, true);
    size_t ready = count(WorkerState::Ready, true);
    const size_t old = count(WorkerState::Ready, false);
    for (auto it = m_workers.rbegin(); it != m_workers.rend() && starting + ready > target; ++it) {
        WorkerProcess &worker = **it;
        if (worker.identity().generation != m_generation || worker.isPlanned())
            continue;
        size_t &group = worker.state() == WorkerState::Starting ? starting : ready;
        if (worker.state() == WorkerState::Ready && starting > 0)
            continue; // those that are not ready go first
        retire(worker);
        --group;
    }
    retireOld(target > ready ? target - ready : 0);
    // One at a time while others serve or the last one failed; all at once for a fresh start.
    const size_t lacking = target - std::min(target, starting + ready);
    const size_t room = old > 0 || m_failures > 0 ? 1 - std::min<size_t>(1, starting) : lacking;
    if (!m_gaveUp && !m_backOff.isArmed()) {
        for (size_t i = 0; i < std::min(lacking, room) && !m_backOff.isArmed(); ++i)
            startWorker();
    }
    updateState();
}

/// Leaves `keep` workers of older generations.
void PoolSupervisor::retireOld(size_t keep)
{
    size_t old = count(WorkerState::Ready, false);
    for (const Worker &worker : m_workers) {
        if (old <= keep)
            return;
        if (worker->identity().generation == m_generation || worker->isPlanned()
            || worker->state() != WorkerState::Ready)
            continue;
        retire(*worker);
        --old;
    }
}

void PoolSupervisor::startWorker()
{
    const uint32_t number = ++m_lastNumber;
    const WorkerProcess::Identity identity {
        .number = number, .ordinal = freeOrdinal(), .generation = m_generation};
    m_workers.push_back(std::make_unique<WorkerProcess>(*m_environment.control, *this, identity));
    WorkerProcess &worker = *m_workers.back();
    auto socket =
        worker.start(m_spec.config, m_environment.executable, m_spec.settings.startTimeout);
    if (!socket) {
        const std::string cause = socket.error().message();
        m_workers.pop_back();
        say(fmt::format("a worker could not be started: {}", cause));
        countFailure(cause);
        return;
    }
    m_core->onHome([number, cells = worker.cells(), socket = std::move(*socket),
                    hello = makeHello(m_spec, identity.ordinal)](AppHome &home) mutable {
        home.letWait();
        home.addWorker(number, std::move(socket), hello, std::move(cells));
    });
}

void PoolSupervisor::retire(WorkerProcess &worker)
{
    if (worker.isPlanned() || !worker.isRunning())
        return;
    const bool served = worker.state() == WorkerState::Ready;
    worker.stopWithin(served ? milliseconds(m_spec.settings.stopTimeout) : kStartingGrace);
    if (!served)
        worker.terminate();
    m_core->onHome(
        [number = worker.identity().number](AppHome &home) { home.retireWorker(number); });
}

void PoolSupervisor::workerWrote(WorkerProcess &worker, std::string_view line)
{
    m_output.add(worker.pid(), line);
}

void PoolSupervisor::workerOverdue(WorkerProcess &worker)
{
    worker.condemn(fmt::format("was not ready within {} s (last step: {})",
                               m_spec.settings.startTimeout.count(), worker.lastStep()));
}

void PoolSupervisor::workerEnded(WorkerProcess &worker)
{
    m_core->onHome([number = worker.identity().number, unplanned = !worker.isPlanned()](
                       AppHome &home) { home.removeWorker(number, unplanned); });
    updateState();
}

std::string PoolSupervisor::deathCause(const WorkerProcess &worker) const
{
    if (!worker.cause().empty())
        return worker.cause();
    const int status = worker.exitStatus();
    std::string cause = describeExit(status);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && worker.sawOomKill())
        cause += "; the system ran out of memory";
    else if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && !worker.lastLine().empty())
        cause += ": " + worker.lastLine();
    return cause;
}

/// The last word of a worker: its process has ended and its requests are settled.
void PoolSupervisor::hearGone(WorkerProcess &worker, int64_t inFlight)
{
    const bool planned = worker.isPlanned();
    const std::string cause = deathCause(worker);
    // A start that got as far as requests was no failure, or one request that kills its worker
    // would, sent twice, take the whole app away. A broken protocol is the worker's own fault.
    const bool proven = worker.requestsAnswered() > 0 || (inFlight > 0 && !worker.isCondemned());
    const bool failedStart = !proven && (!worker.wasReady() || worker.readyFor() < kYoung);
    say(fmt::format("worker {} ended after {} with {} requests in flight: {}", worker.pid(),
                    formatDuration(static_cast<double>(worker.age().count()) / 1000), inFlight,
                    planned && worker.cause().empty() ? "it was told to" : cause));
    std::erase_if(m_workers, [&worker](const Worker &w) { return w.get() == &worker; });
    if (!planned && m_running) {
        ++m_restarts;
        if (failedStart) {
            countFailure(cause);
        } else {
            m_failures = 0;
            m_gaveUp = false;
        }
    }
    reconcile();
}

void PoolSupervisor::countFailure(const std::string &cause)
{
    ++m_failures;
    m_cause = cause;
    if (m_failures >= m_spec.settings.crashLoopCount) {
        m_gaveUp = true;
        say(fmt::format("not started any more after {} failures in a row: {}", m_failures, cause));
        return;
    }
    const int64_t doublings = std::min<int64_t>(m_failures - 1, 10);
    m_backOff.arm(m_environment.control->timers(),
                  std::min(kBackOffMax, kBackOffFirst * (int64_t {1} << doublings)));
}

void PoolSupervisor::backedOff(void *context) noexcept
{
    static_cast<PoolSupervisor *>(context)->reconcile();
}

void PoolSupervisor::updateState()
{
    const size_t current = count(WorkerState::Ready, true);
    const size_t ready = current + count(WorkerState::Ready, false);
    PoolState state = PoolState::Ready;
    if (!m_running)
        state = PoolState::Stopped;
    else if (ready == 0)
        state = m_gaveUp ? PoolState::Failed : PoolState::Starting;
    else if (m_failures > 0 && current < wanted())
        state = PoolState::Degraded;
    const bool troubled = state == PoolState::Degraded || state == PoolState::Failed
        || (state == PoolState::Starting && m_failures > 0);
    const std::string cause = troubled ? m_cause : std::string();
    const bool news = state != m_state || cause != m_shownCause;
    m_state = state;
    m_shownCause = cause;
    if (news && state == PoolState::Failed)
        m_core->onHome([cause](AppHome &home) { home.refuseAll(cause); });
    else if (news && m_running)
        m_core->onHome([](AppHome &home) { home.letWait(); });
    if (news && m_environment.changed)
        m_environment.changed();
    if (!m_running && m_workers.empty()) {
        for (auto &done : std::exchange(m_stopped, {})) // later: the caller may destroy us in it
            m_environment.control->post(std::move(done));
    }
}

} // namespace arc
