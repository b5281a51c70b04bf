// SPDX-License-Identifier: Apache-2.0
#include "server/workers/pool_supervisor.h"

#include "server/base/assert.h"
#include "server/config/word_lists.h"
#include "server/workers/python_handler.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace arc {

namespace {

/// Zero: none.
std::chrono::milliseconds softLimitOf(const Settings &settings)
{
    const std::chrono::milliseconds hard = settings.requestTimeout;
    const std::chrono::milliseconds soft =
        settings.requestSoft.count() > 0 ? settings.requestSoft : hard / 2;
    return hard.count() > 0 && soft >= hard ? std::chrono::milliseconds(0) : soft;
}

AppLimits limitsOf(const AppSpec &spec)
{
    const Settings &settings = spec.settings;
    return {.queueLengthMax = static_cast<size_t>(settings.queueLengthMax),
            .queueTimeout = settings.queueTimeout,
            .queueTarget = settings.queueTarget,
            .requestTimeout = settings.requestTimeout,
            .requestSoft = softLimitOf(settings),
            .interruptGrace = settings.interruptGrace,
            .stopTimeout = settings.stopTimeout,
            .responseBufferBytes = static_cast<uint64_t>(settings.responseBufferKiB) * 1024,
            .requestBufferBytes = static_cast<uint64_t>(settings.requestBufferKiB) * 1024,
            .collectsBodies = settings.poolCollectBodies == "on"
                || (settings.poolCollectBodies == "auto" && spec.config.interface == "wsgi"),
            .sendFrom = foldersOf(settings.filesSendFrom),
            .speaksWebSocket = spec.config.interface == "asgi",
            .socketsMax = static_cast<size_t>(settings.socketsMax),
            .socketDrain = settings.socketDrain};
}

} // namespace

PoolSupervisor::PoolSupervisor(AppSpec spec, Environment environment,
                               std::vector<EventLoop *> loops)
    : m_spec(std::move(spec)), m_environment(std::move(environment)),
      m_output(static_cast<size_t>(m_spec.settings.outputKiB) * 1024),
      m_look(&PoolSupervisor::lookDue, this), m_backOff(&PoolSupervisor::backedOff, this),
      m_candidateDue(&PoolSupervisor::candidateDue, this)
{
    ARC_ASSERT(!loops.empty());
    m_output.tellAlso(m_environment.output);
    const size_t home = std::hash<std::string> {}(m_spec.config.id) % loops.size();
    m_core = std::make_shared<AppCore>(
        AppCore::Loops {.control = m_environment.control, .io = std::move(loops), .home = home},
        m_environment.metrics, limitsOf(m_spec), m_environment.spool);
    m_core->setListener([this](HomeEvent event) { hear(std::move(event)); });
    m_handler = std::make_shared<PythonHandler>(m_core);
    m_core->onHome([](AppHome &it) { it.refuseAll("The application is not started."); });
}

PoolSupervisor::~PoolSupervisor()
{
    m_core->setListener({});
    for (const Worker &worker : m_workers) // stop() was not waited for
        m_core->onHome([number = worker->identity().number](AppHome &home) {
            home.removeWorker(number, false);
        });
    m_core->onHome([](AppHome &it) { it.refuseAll("The application was removed."); });
}

void PoolSupervisor::start()
{
    if (m_running)
        return;
    m_running = true;
    m_serving = {.number = ++m_lastGeneration, .spec = m_spec};
    watchFolder();
    m_asleep = false;
    m_scaler.reset();
    m_usedAt = m_environment.control->now();
    m_look.arm(m_environment.control->timers(), kLookEvery);
    reconcile();
}

void PoolSupervisor::update(AppSpec spec)
{
    const bool isNew = needsNewWorkers(m_spec, spec);
    const bool isFollowed = needsNewCommands(m_serving.spec, spec);
    m_spec = std::move(spec);
    m_triesRelease = m_triesRelease && !m_deploys.empty();
    m_serving.spec.origin = m_spec.origin; // a new name of its site starts no new generation
    if (m_candidate)
        m_candidate->spec.origin = m_spec.origin;
    m_output.setBytesMax(static_cast<size_t>(m_spec.settings.outputKiB) * 1024);
    m_core->publish(limitsOf(m_spec));
    watchFolder();
    if (m_running && isNew && !needsNewWorkers(m_serving.spec, m_spec) && m_deploys.empty()) {
        dropCandidate(); // back to what serves all the time
        m_refusal.clear();
        reconcile();
    } else if (m_running && isNew) {
        beginGeneration({"for a change of its configuration", isFollowed});
    } else if (m_running) {
        reconcile();
    }
    if (m_environment.changed)
        m_environment.changed(); // pool.serve_static may have changed what info() says
}

void PoolSupervisor::stop(std::function<void()> done)
{
    m_running = false;
    watchFolder();
    m_backOff.disarm();
    m_look.disarm();
    m_recycling.reset();
    dropCandidate();
    m_refusal.clear();
    goBackToServed();
    answerDeploys(
        Error {ErrorCode::Cancelled,
               fmt::format("{} was stopped before its new generation served", m_spec.config.id)});
    m_core->onHome([](AppHome &it) { it.refuseAll("The application is stopped."); });
    retireAll({EndKind::Stopped, "was stopped with its app"});
    hurry();
    for (const Worker &worker : m_workers) {
        if (worker->isPreloader())
            worker->forker()->hurry();
    }
    retirePreloaders();
    if (done)
        m_stopped.push_back(std::move(done));
    updateState();
}

Result<void> PoolSupervisor::killWorker(int pid)
{
    const auto found = runningWith(pid);
    if (!found)
        return found.error();
    (*found)->blame(EndKind::Admin, "was ended by an administrator");
    (*found)->kill();
    return {};
}

/// NotFound also for 0, which those have that are being forked.
Result<WorkerProcess *> PoolSupervisor::runningWith(int pid) const
{
    for (const Worker &worker : m_workers) {
        if (pid > 0 && worker->pid() == pid && worker->isRunning())
            return worker.get();
    }
    return Error {ErrorCode::NotFound,
                  fmt::format("no worker of {} has pid {}", m_spec.config.id, pid)};
}

size_t PoolSupervisor::wanted() const
{
    return m_scaler.workers(scaleRules(m_spec.settings, usableCores()));
}

size_t PoolSupervisor::count(WorkerState state, uint64_t generation) const noexcept
{
    return static_cast<size_t>(
        std::count_if(m_workers.begin(), m_workers.end(), [&](const Worker &worker) {
            return worker->state() == state && !worker->isPlanned()
                && worker->identity().generation == generation;
        }));
}

/// Of the generations before the one that serves: what is left of them where memory had no room
/// for all at once.
size_t PoolSupervisor::countOld(WorkerState state) const noexcept
{
    return static_cast<size_t>(
        std::count_if(m_workers.begin(), m_workers.end(), [&](const Worker &worker) {
            return worker->state() == state && !worker->isPlanned()
                && worker->identity().generation < m_serving.number;
        }));
}

uint32_t PoolSupervisor::freeOrdinal(uint64_t generation) const
{
    for (uint32_t ordinal = 0;; ++ordinal) {
        const bool taken = std::any_of(m_workers.begin(), m_workers.end(), [&](const Worker &w) {
            return w->identity().ordinal == ordinal && w->state() != WorkerState::Stopping
                && w->state() != WorkerState::Preloader && w->identity().generation == generation;
        });
        if (!taken)
            return ordinal;
    }
}

WorkerProcess *PoolSupervisor::find(uint32_t number) noexcept
{
    for (const Worker &worker : m_workers) {
        if (worker->identity().number == number)
            return worker.get();
    }
    return nullptr;
}

PoolInfo PoolSupervisor::info() const
{
    PoolInfo info {.app = m_spec.config.id,
                   .state = m_state,
                   .cause = m_shownCause,
                   .kind = m_serving.report.kind,
                   .python = m_serving.report.python,
                   .wanted = static_cast<int>(wanted()),
                   .scaling = m_scaling,
                   .generation = m_serving.number,
                   .nextGeneration = m_candidate ? m_candidate->number : 0,
                   .workers = {},
                   .mounts = {},
                   .warnings = m_serving.report.warnings,
                   .restarts = m_restarts,
                   .root = m_serving.spec.config.root,
                   .release = m_serving.spec.release};
    const ScaleRules rules = scaleRules(m_spec.settings, usableCores());
    info.scaling.least = static_cast<int>(rules.least);
    info.scaling.most = static_cast<int>(rules.most);
    if (m_watch && !m_watch->problem().empty())
        info.warnings.push_back(m_watch->problem());
    if (m_spec.settings.reloadOnSave && !m_serving.spec.release.empty())
        info.warnings.push_back("pool.reload_on_save has no effect: a release serves, in which "
                                "nothing is saved");
    if (!m_serving.preloadRefused.empty())
        info.warnings.push_back("pool.preload has no effect: " + m_serving.preloadRefused);
    if (m_spec.settings.staticFromApp)
        info.mounts = m_serving.report.mounts;
    for (const Worker &worker : m_workers) {
        info.workers.push_back(worker->info());
        const auto release = m_releases.find(worker->identity().generation);
        if (release != m_releases.end() && !release->second.empty())
            info.releases.push_back(release->second);
        const bool works = worker->state() == WorkerState::Ready
            || worker->state() == WorkerState::Stopping; // it finishes what it has
        if (works && info.workers.back().busy > 0) {
            // For the next caller: the name of what it serves lives on the home loop.
            m_core->onHome(
                [number = worker->identity().number](AppHome &home) { home.report(number); });
        }
    }
    return info;
}

std::string PoolSupervisor::output(size_t bytesMax) const
{
    return m_output.tail(bytesMax);
}

void PoolSupervisor::say(const std::string &sentence, LogLevel level)
{
    // In the app's log the words of Python's logging tell how much a line matters.
    const std::string_view word = level == LogLevel::Error ? "ERROR: "
        : level == LogLevel::Warning                       ? "WARNING: "
                                                           : "";
    m_output.add(0, fmt::format("{}{}", word, sentence));
    if (m_environment.log)
        m_environment.log(level, fmt::format("app {}: {}", m_spec.config.id, sentence));
}

} // namespace arc
