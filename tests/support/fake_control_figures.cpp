// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_control.h"

#include "server/base/text.h"
#include "server/control/edits.h"

#include <cmath>
#include <functional>

#include <fmt/format.h>

namespace arc::test {

namespace {

constexpr int kWorkers = 2;
constexpr int kThreads = 4;
constexpr int64_t kGiB = 1024 * 1024 * 1024;

/// Waves of several lengths: moves like traffic, yet the same for the same second, so history and
/// snapshot agree.
double waves(int64_t unixMs, double phase)
{
    const double t = static_cast<double>(unixMs / 1000) + phase;
    return 1 + 0.35 * std::sin(t / 17) + 0.15 * std::sin(t / 3.1) + 0.08 * std::sin(t / 1.3);
}

api::Figures figuresAt(double requestsPerSecond)
{
    api::Figures figures;
    figures.requestsPerSecond = requestsPerSecond;
    figures.errorsPerSecond = requestsPerSecond / 400;
    if (requestsPerSecond > 0) {
        figures.p50 = 0.006 + requestsPerSecond / 1e5;
        figures.p95 = figures.p50 * 3.2;
        figures.p99 = figures.p50 * 7;
    }
    figures.inFlight = static_cast<int>(requestsPerSecond * figures.p95);
    return figures;
}

} // namespace

void FakeControl::startState(const std::string &site)
{
    SiteState &state = m_states[site];
    state.startupLeft = startupSnapshots;
    state.state = startupSnapshots > 0 ? "starting" : startFails.empty() ? "running" : "failed";
    state.cause = state.state == "failed" ? startFails : "";
    state.since = now();
    state.firstPid = m_nextPid;
    m_nextPid += 10;
}

void FakeControl::setSiteState(const std::string &site, std::string state, std::string cause)
{
    SiteState &kept = m_states[site];
    if (kept.firstPid == 0 || state != kept.state) {
        kept.firstPid = m_nextPid;
        m_nextPid += 10;
        kept.since = now();
    }
    kept.state = std::move(state);
    kept.cause = std::move(cause);
    kept.startupLeft = 0;
}

void FakeControl::moveStates()
{
    for (auto &[site, state] : m_states) {
        if (state.state != "starting" || state.startupLeft == 0 || --state.startupLeft > 0)
            continue;
        state.state = startFails.empty() ? "running" : "failed";
        state.cause = startFails;
    }
}

double FakeControl::loadOf(const std::string &site, int64_t unixMs) const
{
    const auto found = m_states.find(site);
    if (found == m_states.end()
        || (found->second.state != "running" && found->second.state != "degraded"))
        return 0;
    const auto seed = static_cast<double>(std::hash<std::string> {}(site) % 100);
    return (40 + seed * 2) * waves(unixMs, seed);
}

api::SiteFigures FakeControl::figuresOf(const SiteConfig &site, int64_t unixMs) const
{
    const auto found = m_states.find(site.id);
    api::SiteFigures figures;
    figures.id = site.id;
    figures.state = !site.enabled || found == m_states.end() ? "stopped" : found->second.state;
    figures.cause = site.enabled && found != m_states.end() ? found->second.cause : "";
    figures.kind = viewOf(site).kind;
    figures.urls = urlsOf(site);
    figures.now = figuresAt(site.enabled ? loadOf(site.id, unixMs) : 0);
    figures.requestsTotal = (unixMs - m_startedUnixMs) / 1000 * 60;
    figures.errorsTotal = figures.requestsTotal / 400;
    return figures;
}

api::PoolFigures FakeControl::poolOf(const SiteConfig &site, int64_t unixMs) const
{
    const api::SiteView view = viewOf(site);
    const auto found = m_states.find(site.id);
    const SiteState state =
        found == m_states.end() ? SiteState {.state = "stopped"} : found->second;
    const auto level = overridesAt(document(), "app", view.app);
    const Overrides *own = level ? *level : nullptr;
    const auto processes = own ? own->find("pool.processes") : Overrides::const_iterator {};
    api::PoolFigures pool;
    pool.app = view.app;
    pool.state = !site.enabled ? "stopped" : state.state == "running" ? "ready" : state.state;
    pool.cause = state.cause;
    pool.kind = view.kind.substr(0, view.kind.find(" · ")); // as the engine's pools do
    pool.python = view.python;
    pool.wanted = kWorkers;
    pool.processes = "auto";
    if (own && processes != own->end() && std::get<int64_t>(processes->second) > 0) {
        pool.wanted = static_cast<int>(std::get<int64_t>(processes->second));
        pool.processes = std::to_string(pool.wanted);
    }
    pool.threads = kThreads;
    if (const auto threads = own ? own->find("pool.threads") : Overrides::const_iterator {};
        own && threads != own->end())
        pool.threads = static_cast<int>(std::get<int64_t>(threads->second));
    pool.restarts = state.restarts;
    if (const auto named = appRoutes.find(view.app); named != appRoutes.end())
        pool.routesMark = static_cast<int64_t>(named->second.size());
    const double load = site.enabled ? loadOf(site.id, unixMs) : 0;
    pool.queueP95 = load > 0 ? 0.0004 : -1;
    const bool lives = site.enabled && state.state != "stopped" && state.state != "failed";
    for (int i = 0; lives && i < pool.wanted; ++i) {
        api::WorkerFigures worker;
        worker.pid = state.firstPid + i;
        while (m_killed.contains(worker.pid))
            worker.pid += pool.wanted; // its successor
        worker.state = state.state == "starting" ? "starting" : "ready";
        worker.generation = state.generation;
        worker.startedUnixMs = state.since;
        worker.slots = kThreads;
        worker.busy = std::min(kThreads, static_cast<int>(load / 40) - i);
        worker.busy = std::max(worker.busy, 0);
        worker.requests = std::max<int64_t>(0, (unixMs - state.since) / 1000 * 30);
        worker.memoryBytes = (48 + i) * 1024 * 1024;
        worker.cpu = std::min(1.0, load / 400);
        worker.serving = worker.busy > 0 ? "GET /admin/" : "";
        worker.servingMs = worker.busy > 0 ? 40 + i * 2100 : -1;
        worker.steps = {{"interpreter", 31}, {"import", 412}, {"ready", 18}};
        pool.busy += worker.busy;
        pool.slots += worker.slots;
        pool.workers.push_back(std::move(worker));
    }
    pool.generation = state.generation;
    if (lives && state.nextWorkers >= 0)
        addNextGeneration(pool, state);
    return pool;
}

void FakeControl::addNextGeneration(api::PoolFigures &pool, const SiteState &state) const
{
    pool.nextGeneration = state.generation + 1;
    for (int i = 0; i < pool.wanted && i <= state.nextWorkers; ++i) {
        api::WorkerFigures worker;
        worker.pid = state.firstPid + 1000 + i;
        worker.generation = pool.nextGeneration;
        worker.state = i < state.nextWorkers ? "candidate" : "starting";
        worker.startedUnixMs = now() - 1000;
        worker.slots = i < state.nextWorkers ? kThreads : 0;
        worker.memoryBytes = 47 * 1024 * 1024;
        worker.cpu = 0.4;
        pool.workers.push_back(std::move(worker));
    }
}

Result<api::Snapshot> FakeControl::snapshotNow(const api::Nothing &)
{
    const int64_t at = now();
    api::Snapshot snapshot;
    snapshot.unixMs = at;
    snapshot.revision = revision();
    snapshot.state = "serving";
    double load = 0;
    for (const SiteConfig &site : document().sites) {
        snapshot.sites.push_back(figuresOf(site, at));
        load += snapshot.sites.back().now.requestsPerSecond;
        if (viewOf(site).app.empty())
            continue;
        snapshot.pools.push_back(poolOf(site, at));
        snapshot.workersBusy += snapshot.pools.back().busy;
        snapshot.workersSlots += snapshot.pools.back().slots;
    }
    snapshot.total = figuresAt(load);
    snapshot.host.cpu = std::min(1.0, load / 800);
    for (int core = 0; core < 8; ++core)
        snapshot.host.cpuCores.push_back(std::clamp(load / 800 * waves(at, core * 11.0), 0.0, 1.0));
    snapshot.host.memoryTotalBytes = 16 * kGiB;
    snapshot.host.memoryUsedBytes = static_cast<int64_t>(5.2 * kGiB);
    snapshot.host.engineCpu = std::min(2.0, load / 500);
    snapshot.host.engineMemoryBytes = 61 * 1024 * 1024;
    snapshot.host.connections = static_cast<int>(load / 2);
    moveStates();
    return snapshot;
}

Result<api::History> FakeControl::historyNow(const api::HistoryRange &what)
{
    if (what.seconds < 1 || what.seconds > 3600)
        return Error {ErrorCode::Invalid, "seconds: outside 1..3600"};
    api::History history;
    const int64_t last = now() / 1000;
    for (int64_t second = last - what.seconds + 1; second <= last; ++second) {
        double load = 0;
        for (const SiteConfig &site : document().sites)
            load += site.enabled ? loadOf(site.id, second * 1000) : 0;
        const api::Figures figures = figuresAt(load);
        history.points.push_back(
            {.unixMs = second * 1000,
             .requestsPerSecond = load,
             .errorsPerSecond = figures.errorsPerSecond,
             .p50 = figures.p50,
             .p95 = figures.p95,
             .p99 = figures.p99,
             .workersBusy = std::min(kWorkers * kThreads, static_cast<int>(load / 40)),
             .workersSlots = kWorkers * kThreads,
             .cpu = std::min(1.0, load / 800)});
    }
    return history;
}

Result<api::Text> FakeControl::metricsNow(const api::Nothing &)
{
    const int64_t seconds = (now() - m_startedUnixMs) / 1000;
    return api::Text {fmt::format("# HELP arcology_requests_total Requests answered.\n"
                                  "# TYPE arcology_requests_total counter\n"
                                  "arcology_requests_total {}\n",
                                  seconds * 60)};
}

} // namespace arc::test
