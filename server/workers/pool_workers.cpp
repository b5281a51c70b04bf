// SPDX-License-Identifier: Apache-2.0
// The working part of PoolSupervisor: workers start, are retired, die and are replaced.
#include "server/base/text.h"
#include "server/workers/pool_supervisor.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

using std::chrono::milliseconds;

/// A worker that dies younger than this, and before any request, counts as a failed start.
constexpr milliseconds kYoung {10000};
/// For a worker told to stop before it was ready: it holds no request.
constexpr milliseconds kStartingGrace {1000};

} // namespace

void PoolSupervisor::reconcile()
{
    if (m_running) {
        reconcileServing();
        reconcileCandidate();
    }
    retirePreloaders();
    updateState();
}

void PoolSupervisor::reconcileServing()
{
    const uint64_t current = m_serving.number;
    const size_t target = this->target();
    size_t starting = count(WorkerState::Starting, current);
    size_t ready = count(WorkerState::Ready, current);
    const size_t old = countOld(WorkerState::Ready);
    while (starting + ready > target) {
        WorkerProcess *worker = leastMissed();
        if (!worker)
            break;
        --(worker->state() == WorkerState::Starting ? starting : ready);
        retire(*worker, {EndKind::Scaled, fmt::format("is one more than the {} wanted", target)});
    }
    retireOld(target > ready ? target - ready : 0);
    // One at a time while others serve or the last one failed; all at once for a fresh start.
    const size_t lacking = startsAtOnce(m_serving, target - std::min(target, starting + ready));
    const size_t room =
        old > 0 || m_serving.failures > 0 ? 1 - std::min<size_t>(1, starting) : lacking;
    if (m_serving.gaveUp || m_backOff.isArmed())
        return;
    for (size_t i = 0; i < std::min(lacking, room) && startWorker(m_serving); ++i) { }
}

/// Leaves `keep` workers of older generations.
void PoolSupervisor::retireOld(size_t keep)
{
    size_t old = countOld(WorkerState::Ready);
    for (const Worker &worker : m_workers) {
        if (old <= keep)
            return;
        if (worker->identity().generation >= m_serving.number || worker->isPlanned()
            || worker->state() != WorkerState::Ready)
            continue;
        retire(*worker, replacedBy(m_serving.number));
        --old;
    }
}

/// But for preloaders, which go when their workers have gone.
void PoolSupervisor::retireAll(const EndReason &why)
{
    for (const Worker &worker : m_workers) {
        if (worker->state() != WorkerState::Preloader)
            retire(*worker, why);
    }
}

bool PoolSupervisor::startWorker(const Generation &generation)
{
    const uint32_t number = ++m_lastNumber;
    const WorkerProcess::Identity identity {.number = number,
                                            .ordinal = freeOrdinal(generation.number),
                                            .generation = generation.number};
    std::erase_if(m_releases, [this](const auto &each) {
        return std::ranges::none_of(m_workers, [&each](const Worker &worker) {
            return worker->identity().generation == each.first;
        });
    });
    m_releases[generation.number] = generation.spec.release;
    m_workers.push_back(std::make_unique<WorkerProcess>(*m_environment.control, *this, identity));
    WorkerProcess &worker = *m_workers.back();
    AppConfig config = generation.spec.config;
    // Compiled files are told apart by second and size: two saves of one second could look the
    // same.
    if (m_spec.settings.reloadOnSave && generation.spec.release.empty())
        config.env.emplace("PYTHONDONTWRITEBYTECODE", "1");
    const bool preloads = this->preloads(generation);
    WorkerProcess *preloader = preloads ? preloaderOf(generation.number) : nullptr;
    const std::string &problem = generation.spec.problem;
    auto socket = !problem.empty() ? Result<FileDescriptor>(Error {ErrorCode::Invalid, problem})
        : preloader ? worker.startForked(preloader->forker(), m_spec.settings.startTimeout)
                    : worker.start(config,
                                   {.executable = m_environment.executable,
                                    .startTimeout = m_spec.settings.startTimeout,
                                    .preloads = preloads});
    if (!socket) {
        const std::string cause = socket.error().message();
        m_workers.pop_back();
        say(fmt::format("a worker could not be started: {}", cause), LogLevel::Warning);
        if (identity.generation != m_serving.number)
            candidateFailed(cause, true);
        else if (!keepsOldInstead(cause) && !staysAsItIs(cause))
            countFailure(cause, false);
        return false;
    }
    m_core->onHome([number, cells = worker.cells(), socket = std::move(*socket),
                    hello = makeHello(generation.spec, identity.ordinal, preloads && !preloader)](
                       AppHome &home) mutable {
        home.letWait();
        home.addWorker(number, std::move(socket), hello, std::move(cells));
    });
    return true;
}

void PoolSupervisor::activate(WorkerProcess &worker)
{
    worker.serve();
    m_core->onHome([number = worker.identity().number,
                    slots = static_cast<unsigned>(worker.slots())](AppHome &home) {
        home.activateWorker(number, slots);
    });
}

void PoolSupervisor::retire(WorkerProcess &worker, EndReason why)
{
    if (worker.isPlanned() || !worker.isRunning())
        return;
    worker.bidFarewell(std::move(why));
    const bool served = worker.state() == WorkerState::Ready;
    worker.stopWithin(served ? stopTime(worker.farewell()) : kStartingGrace);
    if (!served)
        worker.terminate();
    m_core->onHome(
        [number = worker.identity().number](AppHome &home) { home.retireWorker(number); });
}

void PoolSupervisor::workerWrote(WorkerProcess &worker, std::string_view line)
{
    m_output.add(worker.pid(), line);
}

void PoolSupervisor::workerLingers(WorkerProcess &worker)
{
    m_core->onHome(
        [number = worker.identity().number](AppHome &home) { home.reportLingering(number); });
}

void PoolSupervisor::workerEnded(WorkerProcess &worker)
{
    m_core->onHome([number = worker.identity().number, unplanned = !worker.isPlanned()](
                       AppHome &home) { home.removeWorker(number, unplanned); });
    updateState();
}

void PoolSupervisor::certify(const WorkerProcess &worker, HomeEvent &event)
{
    if (!m_environment.ended)
        return;
    WorkerEnd end = worker.certificate();
    end.planned = end.planned && isOrdered(end.kind);
    end.app = m_spec.config.id;
    end.running = std::move(event.requests);
    end.moreRunning = std::max<int64_t>(0, event.count - static_cast<int64_t>(end.running.size()));
    m_environment.ended(std::move(end));
}

/// The last word of a worker: its process has ended and its requests are settled.
void PoolSupervisor::hearGone(WorkerProcess &worker, HomeEvent &event)
{
    const int64_t inFlight = event.count;
    const bool planned = worker.isPlanned();
    const bool wasCandidate = isCandidate(worker);
    const uint64_t generation = worker.identity().generation;
    const bool wasServing = generation == m_serving.number;
    const bool mayTryAgain = !worker.isOverdue();
    const bool wasReady = worker.wasReady();
    const EndReason reason = worker.reasonOfEnd();
    const std::string &cause = reason.phrase;
    // A start that got as far as requests was no failure, or one request that kills its worker
    // would, sent twice, take the whole app away. A broken protocol is the worker's own fault.
    const bool proven = worker.requestsAnswered() > 0 || (inFlight > 0 && !worker.isCondemned());
    // A preloader may hang in its first fork for longer than that.
    const bool forkedNone = worker.isPreloader() && !worker.forker()->hasForked();
    const bool failedStart = !proven && (!wasReady || forkedNone || worker.readyFor() < kYoung);
    say(fmt::format("worker {} ended after {} with {} requests in flight: {}", worker.pid(),
                    formatDuration(static_cast<double>(worker.age().count()) / 1000), inFlight,
                    reason.phrase),
        isOrdered(reason.kind) && !worker.misbehaved() ? LogLevel::Info : LogLevel::Warning);
    certify(worker, event);
    std::erase_if(m_workers, [&worker](const Worker &w) { return w.get() == &worker; });
    if (!planned && m_running && wasCandidate) {
        candidateFailed(cause, mayTryAgain);
    } else if (!planned && m_running) {
        m_restarts += generation <= m_serving.number ? 1 : 0;
        if (wasServing && failedStart) {
            if (!keepsOldInstead(cause) && (wasReady || !staysAsItIs(cause)))
                countFailure(cause, wasReady);
        } else if (wasServing) {
            m_serving.failures = 0;
            m_serving.gaveUp = false;
        }
    }
    reconcile();
}

void PoolSupervisor::countFailure(const std::string &cause, bool wasReady)
{
    ++m_serving.failures;
    m_serving.failedToStart = !wasReady;
    m_serving.cause = cause;
    if (m_serving.failures < m_spec.settings.crashLoopCount) {
        m_backOff.arm(m_environment.control->timers(), backOffAfter(m_serving.failures));
        return;
    }
    m_serving.gaveUp = true;
    say(fmt::format("not started any more after {} failures in a row: {}", m_serving.failures,
                    cause),
        LogLevel::Error);
    const size_t ready = count(WorkerState::Ready, m_serving.number) + countOld(WorkerState::Ready);
    if (!m_candidate && ready == 0)
        answerDeploys(Error {ErrorCode::AppFailed,
                             fmt::format("{} did not start: {}", m_spec.config.id, cause)});
}

/// A preloader that died young is replaced only when a worker is needed: where all serve for long
/// without it, the failure is over.
void PoolSupervisor::forgetFailures()
{
    if (m_serving.failures == 0 || m_serving.gaveUp || m_backOff.isArmed()
        || count(WorkerState::Ready, m_serving.number) < wanted())
        return;
    const bool isOver = std::ranges::all_of(m_workers, [this](const Worker &worker) {
        return worker->state() != WorkerState::Ready
            || worker->identity().generation != m_serving.number || worker->readyFor() >= kYoung;
    });
    if (isOver)
        m_serving.failures = 0;
}

void PoolSupervisor::backedOff(void *context) noexcept
{
    static_cast<PoolSupervisor *>(context)->reconcile();
}

void PoolSupervisor::updateState()
{
    const size_t current = count(WorkerState::Ready, m_serving.number);
    const size_t ready = current + countOld(WorkerState::Ready);
    PoolState state = PoolState::Ready;
    if (!m_running || m_asleep)
        state = PoolState::Stopped;
    else if (ready == 0)
        state = m_serving.gaveUp && !m_candidate ? PoolState::Failed : PoolState::Starting;
    else if (m_serving.failures > 0 && current < wanted())
        state = PoolState::Degraded;
    m_environment.metrics->cells.workersWanted.set(
        m_running && !m_asleep ? static_cast<int64_t>(wanted()) : 0);
    const std::string cause = causeOf(state, ready);
    const bool news = state != m_state || cause != m_shownCause;
    m_state = state;
    m_shownCause = cause;
    if (news && state == PoolState::Failed)
        m_core->onHome([cause](AppHome &home) { home.refuseAll(cause); });
    else if (news && m_running && !m_asleep)
        m_core->onHome([](AppHome &home) { home.letWait(); });
    if (news && m_environment.changed)
        m_environment.changed();
    if (!m_running && m_workers.empty()) {
        for (auto &done : std::exchange(m_stopped, {})) // later: the caller may destroy us in it
            m_environment.control->post(std::move(done));
    }
}

std::string PoolSupervisor::degradedCause(size_t ready) const
{
    const std::string refusal = m_refusal.empty() ? std::string() : "; " + m_refusal;
    if (!m_serving.failedToStart)
        return fmt::format("{} of {} workers serve; the last one that ended {}{}", ready, wanted(),
                           m_serving.cause, refusal);
    // The folder is live: what is in it now need not be what the others were started from. It is
    // mostly the release that was refused, for the same cause.
    const bool isSame = m_refusal.find(m_serving.cause) != std::string::npos;
    return fmt::format("{} of {} workers serve; no other one starts from {}{}{}", ready, wanted(),
                       m_serving.spec.release.empty() ? "the folder as it is now"
                                                      : "release " + m_serving.spec.release,
                       isSame ? "" : ": " + m_serving.cause, refusal);
}

std::string PoolSupervisor::causeOf(PoolState state, size_t ready) const
{
    switch (state) {
    case PoolState::Stopped:
        return m_running ? "it sleeps until a request comes (pool.idle_stop_s)" : std::string();
    case PoolState::Failed:
        return m_refusal.empty() ? m_serving.cause : m_refusal;
    case PoolState::Starting:
        return m_serving.failures > 0 ? m_serving.cause : std::string();
    case PoolState::Degraded:
        return degradedCause(ready);
    case PoolState::Ready:
        return m_refusal;
    }
    return {};
}

} // namespace arc
