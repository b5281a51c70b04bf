// SPDX-License-Identifier: Apache-2.0
// The changing part of PoolSupervisor: a new generation starts, proves itself, takes over or is
// dropped.
#include "server/base/assert.h"
#include "server/base/text.h"
#include "server/workers/pool_supervisor.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

bool needsNewCommands(const AppSpec &before, const AppSpec &after)
{
    const AppConfig &a = before.config;
    const AppConfig &b = after.config;
    return a.root != b.root || a.python != b.python || a.env != b.env
        || before.problem != after.problem;
}

bool needsNewWorkers(const AppSpec &before, const AppSpec &after)
{
    const AppConfig &a = before.config;
    const AppConfig &b = after.config;
    if (needsNewCommands(before, after) || a.entry != b.entry || a.interface != b.interface)
        return true;
    for (const SettingRow &row : settingRows()) {
        if (row.scope == Scope::App && row.applies == Applies::OnWorkerRestart
            && row.key != "pool.serve_static" // the workers report the folders either way
            && valueOf(before.settings, row) != valueOf(after.settings, row))
            return true;
    }
    return false;
}

EndReason replacedBy(uint64_t generation)
{
    return {EndKind::Deploy, fmt::format("was replaced by generation {}", generation)};
}

std::chrono::milliseconds backOffAfter(int64_t failures) noexcept
{
    constexpr std::chrono::milliseconds kFirst {100};
    constexpr std::chrono::milliseconds kMax {10000};
    const int64_t doublings = std::clamp<int64_t>(failures - 1, 0, 10);
    return std::min(kMax, kFirst * (int64_t {1} << doublings));
}

void PoolSupervisor::deploy(const std::string &by, DeployDone done)
{
    if (m_candidate || !m_deploys.empty())
        return done(alreadyDeploys());
    m_deploys.push_back(std::move(done));
    m_deploySince = std::chrono::steady_clock::now();
    if (m_running)
        beginGeneration({m_spec.release.empty() ? fmt::format("asked for by {}", by)
                                                : fmt::format("from release {}, asked for by {}",
                                                              m_spec.release, by)});
    else
        start();
}

void PoolSupervisor::deployRelease(AppSpec spec, const std::string &by, DeployDone done)
{
    if (m_candidate || !m_deploys.empty())
        return done(alreadyDeploys());
    m_spec = std::move(spec);
    m_triesRelease = true;
    watchFolder();
    deploy(by, std::move(done));
}

Error PoolSupervisor::alreadyDeploys() const
{
    const auto since =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - m_deploySince);
    return {ErrorCode::Conflict,
            fmt::format("a new generation of {} is starting already, for {}; try again when it "
                        "serves or has failed",
                        m_spec.config.id, formatDuration(since.count()))};
}

/// A release that was refused is not tried again with the next change of the configuration.
bool PoolSupervisor::goBackToServed()
{
    if (!std::exchange(m_triesRelease, false))
        return false;
    m_spec.config.root = m_serving.spec.config.root;
    m_spec.release = m_serving.spec.release;
    watchFolder();
    return true;
}

/// Whoever waits for the generation that this one replaces waits for this one.
void PoolSupervisor::beginGeneration(const Reason &reason)
{
    wakeUp("for a new generation");
    const bool isFollowed = reason.isFollowed || (m_candidate && m_candidate->isFollowed);
    dropCandidate();
    m_recycling.reset();
    m_refusal.clear();
    if (m_deploys.empty())
        m_deploySince = std::chrono::steady_clock::now();
    Generation next {.number = ++m_lastGeneration,
                     .spec = m_spec,
                     .report = m_serving.report,
                     .isFollowed = isFollowed,
                     .isOfSave = reason.isOfSave};
    const bool serves = m_serving.proven
        && (!m_serving.gaveUp || count(WorkerState::Ready, m_serving.number) > 0
            || countOld(WorkerState::Ready) > 0);
    say(fmt::format("generation {} is started, {}", next.number, reason.why));
    if (serves) {
        m_candidate = std::move(next);
    } else { // nothing to protect: as at the first start
        m_serving = std::move(next);
        m_backOff.disarm();
        for (const Worker &worker : m_workers) {
            if (worker->state() == WorkerState::Starting)
                retire(*worker, replacedBy(m_serving.number));
        }
        if (isFollowed && m_environment.replaced)
            m_environment.replaced();
    }
    reconcile();
}

bool PoolSupervisor::isCandidate(const WorkerProcess &worker) const noexcept
{
    return m_candidate && worker.identity().generation == m_candidate->number;
}

void PoolSupervisor::dropCandidate()
{
    if (!m_candidate)
        return;
    m_candidateDue.disarm();
    for (const Worker &worker : m_workers) {
        if (isCandidate(*worker) && worker->state() != WorkerState::Preloader)
            retire(*worker,
                   {EndKind::Deploy,
                    fmt::format("belonged to generation {}, which does not take over",
                                m_candidate->number)});
    }
    m_candidate.reset();
}

void PoolSupervisor::reconcileCandidate()
{
    if (!m_candidate || m_candidateDue.isArmed())
        return;
    const uint64_t number = m_candidate->number;
    const size_t starting = count(WorkerState::Starting, number);
    const size_t ready = count(WorkerState::Candidate, number);
    if (!m_candidate->proven) {
        if (ready > 0)
            m_candidateDue.arm(m_environment.control->timers(), kProbation);
        else if (starting == 0)
            startWorker(*m_candidate);
        return;
    }
    const size_t target = wanted();
    const size_t lacking = target - std::min(target, ready + starting);
    const size_t room = roomBeside(starting);
    if (ready > 0 && starting == 0 && (lacking == 0 || room == 0))
        return takeOver();
    // Not more at once than half of the cores: requests go on meanwhile.
    const size_t atOnce = std::max(1u, usableCores() / 2);
    const size_t starts =
        std::min({startsAtOnce(*m_candidate, lacking), std::max<size_t>(room, ready == 0 ? 1 : 0),
                  atOnce - std::min(atOnce, starting)});
    for (size_t i = 0; i < starts && m_candidate && !m_candidateDue.isArmed(); ++i)
        startWorker(*m_candidate);
}

/// Workers of the candidate's size that memory has room for beside all there are.
size_t PoolSupervisor::roomBeside(size_t starting)
{
    const int64_t free = memoryFree();
    int64_t size = 0;
    for (const Worker &worker : m_workers) {
        if (isCandidate(*worker) && worker->state() == WorkerState::Candidate)
            size = std::max(size, worker->info().memoryBytes);
    }
    if (free < 0 || size <= 0)
        return SIZE_MAX;
    const int64_t room = free / size;
    return static_cast<size_t>(room) - std::min(static_cast<size_t>(room), starting);
}

void PoolSupervisor::candidateDue(void *context) noexcept
{
    auto &pool = *static_cast<PoolSupervisor *>(context);
    Generation &candidate = *pool.m_candidate;
    if (pool.count(WorkerState::Candidate, candidate.number) > 0)
        candidate.proven = true;
    pool.reconcile();
}

void PoolSupervisor::candidateFailed(const std::string &cause, bool mayTryAgain)
{
    ++m_candidate->failures;
    m_candidate->cause = cause;
    const int64_t most =
        m_candidate->isOfSave ? 1 : std::min(kCandidateFailuresMax, m_spec.settings.crashLoopCount);
    if (!mayTryAgain || m_candidate->failures >= most)
        return refuseCandidate(cause);
    m_candidateDue.arm(m_environment.control->timers(), backOffAfter(m_candidate->failures));
}

void PoolSupervisor::refuseCandidate(const std::string &cause)
{
    const uint64_t number = m_candidate->number;
    dropCandidate();
    const bool wentBack = goBackToServed();
    const size_t old = count(WorkerState::Ready, m_serving.number) + countOld(WorkerState::Ready);
    m_refusal = fmt::format("the new release did not start: {}; the old one {}", cause,
                            old > 0 ? "still serves" : "has no worker either");
    say(fmt::format("generation {} was given up: {}", number, m_refusal), LogLevel::Error);
    updateState();
    answerDeploys(Error {ErrorCode::AppFailed, m_refusal});
    if (wentBack && needsNewWorkers(m_serving.spec, m_spec)) // changed while the other one started
        beginGeneration({"for a change of its configuration"});
}

/// One message to the home loop each, in this order: the new workers take requests before the old
/// ones stop taking them.
void PoolSupervisor::takeOver()
{
    m_serving = std::move(*m_candidate);
    m_serving.failures = 0;
    m_candidate.reset();
    m_triesRelease = false;
    m_backOff.disarm();
    for (const Worker &worker : m_workers) {
        if (worker->identity().generation == m_serving.number
            && worker->state() == WorkerState::Candidate)
            activate(*worker);
    }
    for (const Worker &worker : m_workers) {
        if (worker->identity().generation < m_serving.number
            && worker->state() == WorkerState::Starting)
            retire(*worker, replacedBy(m_serving.number));
    }
    const Deployed deployed = deployedNow();
    say(fmt::format("generation {} took over with {} of {} workers after {}", deployed.generation,
                    deployed.workers, wanted(), formatDuration(deployed.seconds)));
    reconcileServing();
    updateState();
    if (m_environment.changed)
        m_environment.changed(); // its static folders come with it
    if (m_serving.isFollowed && m_environment.replaced)
        m_environment.replaced();
    answerDeploys(deployed);
}

Deployed PoolSupervisor::deployedNow() const
{
    const auto took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - m_deploySince);
    return {.generation = m_serving.number,
            .workers = static_cast<int>(count(WorkerState::Ready, m_serving.number)),
            .seconds = took.count()};
}

void PoolSupervisor::answerDeploys(const Result<Deployed> &answer)
{
    for (DeployDone &done : std::exchange(m_deploys, {})) // later: the caller may destroy us in it
        m_environment.control->post([done = std::move(done), answer] { done(answer); });
}

/// Follows pool.reload_on_save and the app's folder.
void PoolSupervisor::watchFolder()
{
    if (!m_running || !m_spec.settings.reloadOnSave || !m_spec.release.empty()) {
        m_watch.reset();
        return;
    }
    if (m_watch && m_watch->root() == m_spec.config.root)
        return;
    m_watch =
        std::make_unique<FolderWatch>(*m_environment.control, [this](const std::string &path) {
            beginGeneration({.why = fmt::format("because {} was saved", path), .isOfSave = true});
        });
    m_watch->start(m_spec.config.root);
    if (!m_watch->problem().empty())
        say(m_watch->problem(), LogLevel::Warning);
}

} // namespace arc
