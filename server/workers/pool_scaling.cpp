// SPDX-License-Identifier: Apache-2.0
// The scaling part of PoolSupervisor: once a second the Autoscaler is shown what the home loop has
// counted anyway, and its decision is followed and told.
#include "server/base/text.h"
#include "server/workers/pool_supervisor.h"
#include "server/workers/process_figures.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace arc {

using std::chrono::milliseconds;

/// Beyond the reserve; -1: unknown.
int64_t PoolSupervisor::memoryFree() const
{
    const int64_t available =
        m_environment.memoryAvailable ? m_environment.memoryAvailable() : memoryAvailable();
    return available < 0 ? -1 : std::max<int64_t>(0, available - kMemoryReserve);
}

void PoolSupervisor::scale()
{
    const ScaleRules rules = scaleRules(m_spec.settings, usableCores());
    if (!rules.isOn() || m_asleep) {
        m_scaler.reset();
        return;
    }
    if (count(WorkerState::Ready, m_serving.number) >= wanted())
        m_grewFrom = 0;
    follow(m_scaler.look(rules, scaleFacts()));
}

ScaleFacts PoolSupervisor::scaleFacts()
{
    const AppMetrics &cells = m_environment.metrics->cells;
    HistogramSum waits;
    waits.add(cells.queueTime);
    const HistogramSum fresh = waits.since(m_waitsSeen);
    m_waitsSeen = waits;
    const SteadyTime now = m_environment.control->now();
    ScaleFacts facts {.now = now,
                      .isAtRest = isAtRest() && count(WorkerState::Starting, m_serving.number) == 0,
                      .busy = cells.busy.read(),
                      .queued = cells.queued.read(),
                      .handedOver = fresh.count,
                      .waitP95 = fresh.percentile(0.95),
                      .cpuUsed = m_environment.cpuUsed ? m_environment.cpuUsed() : m_cpu.read(now),
                      .cores = usableCores(),
                      .memoryFree = memoryFree(),
                      .areForked = preloaderOf(m_serving.number) != nullptr};
    for (const Worker &worker : m_workers) {
        if (worker->state() != WorkerState::Ready || worker->isPlanned())
            continue;
        ++facts.ready;
        facts.idle += worker->cells()->busy.read() == 0 ? 1 : 0;
        facts.slotsEach = std::max<int64_t>(1, worker->slots());
        facts.appCores += worker->coresUsed();
        facts.workerBytes = std::max(facts.workerBytes, worker->memoryBytes());
    }
    return facts;
}

void PoolSupervisor::follow(const ScaleDecision &decision)
{
    using Kind = ScaleDecision::Kind;
    AppMetrics &cells = m_environment.metrics->cells; // those of scaling are the control loop's
    cells.scaleUps.add(decision.kind == Kind::Up ? 1 : 0);
    cells.scaleDowns.add(decision.kind == Kind::Down ? 1 : 0);
    cells.scaleRefusedCpu.add(decision.kind == Kind::RefusedCpu ? 1 : 0);
    cells.scaleRefusedMemory.add(decision.kind == Kind::RefusedMemory ? 1 : 0);
    cells.scaleRefusedMax.add(decision.kind == Kind::RefusedMax ? 1 : 0);
    m_scaling.ups += decision.kind == Kind::Up ? 1 : 0;
    m_scaling.downs += decision.kind == Kind::Down ? 1 : 0;
    if (decision.isNews || (decision.kind != Kind::Stay && decision.kind != m_scaling.kind)) {
        m_scaling.kind = decision.kind;
        m_scaling.reason = decision.reason;
        m_scaling.unixMs = unixNowMs();
    }
    if (decision.isNews)
        say(decision.reason,
            decision.kind == Kind::RefusedStart ? LogLevel::Warning : LogLevel::Info);
    if (decision.kind == Kind::Up)
        m_grewFrom = count(WorkerState::Ready, m_serving.number);
    if (decision.kind == Kind::Up || decision.kind == Kind::Down)
        reconcile();
}

/// One that was to be added did not start, and all that served before do so: nothing is lost, and
/// the app is no worse than it was.
bool PoolSupervisor::staysAsItIs(const std::string &cause)
{
    const size_t ready = count(WorkerState::Ready, m_serving.number);
    const ScaleRules rules = scaleRules(m_spec.settings, usableCores());
    if (!rules.isOn() || m_grewFrom == 0 || ready < m_grewFrom || ready >= wanted())
        return false;
    m_grewFrom = 0;
    follow(m_scaler.startFailed(rules, ready, cause, m_environment.control->now()));
    return true;
}

/// Of the workers of the serving generation, the one to give up first: one that is not ready, then
/// one without requests, then with the fewest WebSockets, then the largest, whose memory is worth
/// most to others; the newest at last. Null: there is none.
WorkerProcess *PoolSupervisor::leastMissed() noexcept
{
    const auto merit = [](WorkerProcess &worker) {
        const bool isReady = worker.state() == WorkerState::Ready;
        return std::tuple(isReady, worker.cells()->busy.read() > 0, worker.cells()->sockets.read(),
                          -worker.memoryBytes(), -int64_t {worker.identity().number});
    };
    WorkerProcess *least = nullptr;
    for (const Worker &worker : m_workers) {
        const bool counts =
            worker->state() == WorkerState::Starting || worker->state() == WorkerState::Ready;
        if (!counts || worker->isPlanned() || worker->identity().generation != m_serving.number)
            continue;
        if (!least || merit(*worker) < merit(*least))
            least = worker.get();
    }
    return least;
}

/// For a worker that served. One that is given up because it is not needed may have been handed a
/// request in the same moment: nothing presses, so that has all the time a request has.
milliseconds PoolSupervisor::stopTime(const EndReason &why) const
{
    constexpr std::chrono::hours kUnlimited {24};
    const Settings &settings = m_spec.settings;
    const milliseconds usual = settings.stopTimeout;
    if (why.kind != EndKind::Scaled || settings.poolProcessesMax == 0)
        return usual;
    if (settings.requestTimeout.count() == 0)
        return kUnlimited;
    return std::max<milliseconds>(usual, settings.requestTimeout + settings.interruptGrace);
}

/// The app stops: now it presses.
void PoolSupervisor::hurry()
{
    for (const Worker &worker : m_workers) {
        if (worker->state() == WorkerState::Stopping && worker->isPlanned()
            && worker->farewell().kind == EndKind::Scaled && worker->wasReady())
            worker->stopWithin(m_spec.settings.stopTimeout);
    }
}

} // namespace arc
