// SPDX-License-Identifier: Apache-2.0
#include "server/workers/pool_supervisor.h"

#include "server/base/assert.h"
#include "server/workers/python_handler.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace arc {

namespace {

AppLimits limitsOf(const Settings &settings)
{
    return {.queueLengthMax = static_cast<size_t>(settings.queueLengthMax),
            .queueTimeout = settings.queueTimeout,
            .requestTimeout = settings.requestTimeout,
            .stopTimeout = settings.stopTimeout,
            .responseBufferBytes = static_cast<uint64_t>(settings.responseBufferKiB) * 1024};
}

/// What a running worker was started with; everything else changes under it.
bool needsNewWorkers(const AppSpec &before, const AppSpec &after)
{
    const AppConfig &a = before.config;
    const AppConfig &b = after.config;
    if (a.root != b.root || a.entry != b.entry || a.interface != b.interface || a.python != b.python
        || a.env != b.env)
        return true;
    for (const SettingRow &row : settingRows()) {
        if (row.scope == Scope::App && row.applies == Applies::OnWorkerRestart
            && row.key != "pool.serve_static" // the workers report the folders either way
            && valueOf(before.settings, row) != valueOf(after.settings, row))
            return true;
    }
    return false;
}

} // namespace

PoolSupervisor::PoolSupervisor(AppSpec spec, Environment environment,
                               std::vector<EventLoop *> loops)
    : m_spec(std::move(spec)), m_environment(std::move(environment)),
      m_output(static_cast<size_t>(m_spec.settings.outputKiB) * 1024),
      m_backOff(&PoolSupervisor::backedOff, this)
{
    ARC_ASSERT(!loops.empty());
    m_output.tellAlso(m_environment.output);
    const size_t home = std::hash<std::string> {}(m_spec.config.id) % loops.size();
    m_core = std::make_shared<AppCore>(
        AppCore::Loops {.control = m_environment.control, .io = std::move(loops), .home = home},
        m_environment.metrics, limitsOf(m_spec.settings));
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
    m_failures = 0;
    m_gaveUp = false;
    m_cause.clear();
    reconcile();
}

void PoolSupervisor::update(AppSpec spec)
{
    const bool roll = needsNewWorkers(m_spec, spec);
    m_spec = std::move(spec);
    m_output.setBytesMax(static_cast<size_t>(m_spec.settings.outputKiB) * 1024);
    m_core->publish(limitsOf(m_spec.settings));
    if (roll)
        this->roll();
    else if (m_running)
        reconcile();
    if (m_environment.changed)
        m_environment.changed(); // pool.serve_static may have changed what info() says
}

void PoolSupervisor::restart()
{
    if (m_running)
        roll();
    else
        start();
}

/// From here on only workers of a new generation count; the old ones serve until they are replaced.
void PoolSupervisor::roll()
{
    ++m_generation;
    m_failures = 0;
    m_gaveUp = false;
    m_cause.clear();
    m_backOff.disarm();
    if (!m_running)
        return;
    for (const Worker &worker : m_workers) {
        if (worker->state() == WorkerState::Starting)
            retire(*worker);
    }
    reconcile();
}

void PoolSupervisor::stop(std::function<void()> done)
{
    m_running = false;
    m_backOff.disarm();
    m_core->onHome([](AppHome &it) { it.refuseAll("The application is stopped."); });
    for (const Worker &worker : m_workers)
        retire(*worker);
    if (done)
        m_stopped.push_back(std::move(done));
    updateState();
}

Result<void> PoolSupervisor::killWorker(int pid)
{
    for (const Worker &worker : m_workers) {
        if (worker->pid() == pid && worker->isRunning()) {
            worker->blame("was ended by an administrator");
            worker->kill();
            return {};
        }
    }
    return Error {ErrorCode::NotFound,
                  fmt::format("no worker of {} has pid {}", m_spec.config.id, pid)};
}

size_t PoolSupervisor::wanted() const
{
    const int64_t processes = m_spec.settings.poolProcesses;
    return processes > 0 ? static_cast<size_t>(processes) : std::max(2u, usableCores());
}

size_t PoolSupervisor::count(WorkerState state, bool current) const noexcept
{
    return static_cast<size_t>(
        std::count_if(m_workers.begin(), m_workers.end(), [&](const Worker &worker) {
            return worker->state() == state && !worker->isPlanned()
                && (worker->identity().generation == m_generation) == current;
        }));
}

uint32_t PoolSupervisor::freeOrdinal() const
{
    for (uint32_t ordinal = 0;; ++ordinal) {
        const bool taken = std::any_of(m_workers.begin(), m_workers.end(), [&](const Worker &w) {
            return w->identity().ordinal == ordinal && w->state() != WorkerState::Stopping;
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
                   .kind = m_report.kind,
                   .python = m_report.python,
                   .wanted = static_cast<int>(wanted()),
                   .workers = {},
                   .mounts = {},
                   .warnings = m_report.warnings,
                   .restarts = m_restarts};
    if (m_spec.settings.staticFromApp)
        info.mounts = m_report.mounts;
    for (const Worker &worker : m_workers) {
        info.workers.push_back(worker->info());
        if (worker->state() == WorkerState::Ready && info.workers.back().busy > 0) {
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

void PoolSupervisor::say(const std::string &sentence)
{
    m_output.add(0, sentence);
    if (m_environment.log)
        m_environment.log(fmt::format("app {}: {}", m_spec.config.id, sentence));
}

} // namespace arc
