// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/service_supervisor.h"

#include "server/jobs/leftovers.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

using InstanceState = ServiceInstance::State;

/// What a process was started with.
bool isSameForProcesses(const AppConfig &a, const AppConfig &b)
{
    return a.root == b.root && a.python == b.python && a.env == b.env && a.secrets == b.secrets;
}

bool isAny(const std::vector<ServiceInstance::Info> &processes, InstanceState state)
{
    return std::any_of(
        processes.begin(), processes.end(),
        [state](const ServiceInstance::Info &process) { return process.state == state; });
}

} // namespace

ServiceSupervisor::ServiceSupervisor(Parts parts)
    : m_parts(std::move(parts)), m_self(std::make_shared<ServiceSupervisor *>(this))
{
}

ServiceSupervisor::~ServiceSupervisor()
{
    *m_self = nullptr;
}

void ServiceSupervisor::update(std::vector<App> apps)
{
    m_apps = std::move(apps);
    if (m_phase == Phase::Working)
        return begin();
    if (m_phase != Phase::Unread)
        return;
    m_phase = Phase::Clearing;
    const auto go = [self = m_self] {
        if (!*self || (*self)->m_phase != Phase::Clearing)
            return;
        (*self)->m_phase = Phase::Working;
        (*self)->begin();
    };
    const bool taken = m_parts.blocking.submit(
        m_parts.control, [go, mark = m_parts.markBegin]() -> std::function<void()> {
            endAllLeftovers(mark);
            return go;
        });
    if (!taken)
        go();
}

void ServiceSupervisor::begin()
{
    for (auto &[key, entry] : m_entries)
        entry.isGone = true;
    std::set<std::string> ids;
    for (const App &app : m_apps) {
        ids.insert(app.config.id);
        const auto [at, isNew] = m_known.try_emplace(app.config.id, KnownApp {app, app.config});
        KnownApp &known = at->second;
        // Nothing runs with what was before, or nothing of that has changed.
        if (isNew || !known.newest.isServed || isSameForProcesses(known.inUse, app.config))
            known.inUse = app.config;
        known.newest = app;
        for (const ServiceConfig &config : app.config.services)
            place(known, config);
    }
    std::erase_if(m_known, [&](const auto &known) { return !ids.contains(known.first); });
    for (auto &[key, entry] : m_entries) {
        if (!entry.isGone)
            continue;
        for (auto &instance : entry.instances)
            instance->stop("was stopped, because the service was removed");
    }
    settleLater();
}

ServiceInstance::Plan ServiceSupervisor::planOf(const KnownApp &app,
                                                const ServiceConfig &config) const
{
    return {.config = config, .app = app.inUse, .crashLoopCount = app.newest.crashLoopCount};
}

void ServiceSupervisor::place(const KnownApp &app, const ServiceConfig &config)
{
    const Key key {app.newest.config.id, config.name};
    Entry &entry = m_entries[key];
    const bool isSame = isSameProcess(entry.config, config);
    entry.config = config;
    entry.isServed = app.newest.isServed;
    entry.isGone = false;
    while (entry.instances.size() < static_cast<size_t>(config.instances))
        entry.instances.push_back(makeInstance(
            key, static_cast<int64_t>(entry.instances.size()) + 1, planOf(app, config)));
    for (auto &instance : entry.instances) {
        instance->setPlan(planOf(app, config));
        if (!entry.isActive())
            instance->stop(config.enabled ? "was stopped with its site" : "was stopped");
        else if (instance->number() > config.instances)
            instance->stop("was stopped, because fewer processes are wanted");
        else if (instance->isWanted() && !isSame)
            instance->restart("was ended for one with the new command");
        else
            instance->start();
    }
}

std::unique_ptr<ServiceInstance> ServiceSupervisor::makeInstance(const Key &key, int64_t number,
                                                                 ServiceInstance::Plan plan)
{
    ServiceInstance::Environment environment {
        .control = m_parts.control,
        .blocking = m_parts.blocking,
        .executable = m_parts.executable,
        .markBegin = m_parts.markBegin,
        .withSecrets = m_parts.withSecrets,
        .takePort = [this](uint16_t wanted) { return takePort(wanted); },
        .say = [this, key, number](LogLevel level,
                                   const std::string &it) { say(key, number, level, it); },
        .line =
            [this, key, number](int pid, std::string_view line) {
                m_parts.output(key.first, pid, fmt::format("{}: {}", nameOf(key, number), line));
            },
        .changed = [this] { settleLater(); },
        .restarted =
            [this, key] {
                if (auto metrics = metricsOf(key.first))
                    metrics->cells.serviceRestarts.add(1);
            }};
    return std::make_unique<ServiceInstance>(std::move(environment), number, std::move(plan));
}

/// "mail", or "mail.2" of several.
std::string ServiceSupervisor::nameOf(const Key &key, int64_t number) const
{
    const Entry *entry = find(key);
    return entry && entry->instances.size() > 1 ? fmt::format("{}.{}", key.second, number)
                                                : key.second;
}

void ServiceSupervisor::say(const Key &key, int64_t number, LogLevel level,
                            const std::string &sentence)
{
    const std::string told = fmt::format("service {}: {}", nameOf(key, number), sentence);
    const std::string_view word = level == LogLevel::Error ? "ERROR: "
        : level == LogLevel::Warning                       ? "WARNING: "
                                                           : "";
    m_parts.output(key.first, 0, fmt::format("{}{}", word, told));
    m_parts.log(level, fmt::format("app {}: {}", key.first, told));
}

/// None that another process was given, which may not have bound it yet.
uint16_t ServiceSupervisor::takePort(uint16_t wanted) const
{
    std::set<uint16_t> taken;
    for (const auto &[key, entry] : m_entries) {
        for (const auto &instance : entry.instances) {
            if (instance->hasProcess())
                taken.insert(instance->info().port);
        }
    }
    return freeLoopbackPort(wanted, taken);
}

void ServiceSupervisor::follow(const std::string &app)
{
    const auto known = m_known.find(app);
    if (known == m_known.end() || m_phase != Phase::Working)
        return;
    known->second.inUse = known->second.newest.config;
    for (auto &[key, entry] : m_entries) {
        if (key.first != app || entry.isGone)
            continue;
        for (auto &instance : entry.instances) {
            instance->setPlan(planOf(known->second, entry.config));
            instance->restart("was ended for one of the app's new generation");
        }
    }
}

void ServiceSupervisor::restart(const std::string &app, const std::string &service,
                                const std::string &by, RestartDone done)
{
    const auto found = m_entries.find({app, service});
    if (m_phase == Phase::Stopping)
        return done(Error {ErrorCode::Unavailable, "the engine is stopping"});
    if (m_phase != Phase::Working || found == m_entries.end())
        return done(Error {ErrorCode::Unavailable, "the engine is still starting; try again"});
    const Entry &entry = found->second;
    if (!entry.isActive())
        return done(Error {ErrorCode::Unavailable,
                           entry.config.enabled
                               ? fmt::format("{} does not run: no site that is started uses the "
                                             "app",
                                             service)
                               : fmt::format("{} is off; start it instead", service)});
    m_waiters.push_back({found->first, m_parts.control.now(), std::move(done)});
    for (const auto &instance : entry.instances)
        instance->restart(fmt::format("was ended for a new one, asked for by {}", by));
}

void ServiceSupervisor::tryNow(const std::string &app, const std::string &service)
{
    const auto found = m_entries.find({app, service});
    if (found == m_entries.end() || m_phase != Phase::Working)
        return;
    for (const auto &instance : found->second.instances)
        instance->tryNow();
}

const ServiceSupervisor::Entry *ServiceSupervisor::find(const Key &key) const
{
    const auto found = m_entries.find(key);
    return found == m_entries.end() ? nullptr : &found->second;
}

ServiceSupervisor::State ServiceSupervisor::stateOf(const std::string &app,
                                                    const std::string &service) const
{
    const Entry *entry = find({app, service});
    if (!entry)
        return {.state = "starting"}; // leftovers are ended first
    State state;
    for (const auto &instance : entry->instances) {
        if (instance->isWanted() || instance->hasProcess())
            state.processes.push_back(instance->info());
    }
    const auto is = [&](InstanceState one) {
        return isAny(state.processes, one);
    };
    state.state = is(InstanceState::Failed) ? "failed"
        : is(InstanceState::Waiting)        ? "waiting"
        : is(InstanceState::Starting)       ? "starting"
        : is(InstanceState::Stopping)       ? "stopping"
        : is(InstanceState::Running)        ? "running"
        : is(InstanceState::Ended)          ? "ended"
        : !entry->config.enabled            ? "off"
                                            : "paused";
    for (const ServiceInstance::Info &process : state.processes) {
        if (state.cause.empty())
            state.cause = process.cause;
    }
    if (state.state == "paused")
        state.cause = "no site that is started uses the app";
    return state;
}

std::vector<std::string> ServiceSupervisor::troubles() const
{
    std::vector<std::string> all;
    for (const auto &[key, entry] : m_entries) {
        const auto failed =
            std::find_if(entry.instances.begin(), entry.instances.end(),
                         [](const auto &one) { return one->state() == InstanceState::Failed; });
        if (failed != entry.instances.end())
            all.push_back(fmt::format("service {} of app {} does not stay up: {}", key.second,
                                      key.first, (*failed)->info().cause));
    }
    return all;
}

std::chrono::seconds ServiceSupervisor::longestStop() const
{
    std::chrono::seconds longest {0};
    for (const auto &[key, entry] : m_entries) {
        for (const auto &instance : entry.instances) {
            if (instance->hasProcess() || instance->isWanted())
                longest = std::max(longest, instance->stopTime());
        }
    }
    return longest;
}

void ServiceSupervisor::stop(std::function<void()> done)
{
    m_phase = Phase::Stopping;
    m_stopped = std::move(done);
    for (auto &[key, entry] : m_entries) {
        for (auto &instance : entry.instances)
            instance->stop("was stopped with the engine");
    }
    settleLater();
}

void ServiceSupervisor::kill()
{
    m_phase = Phase::Stopping;
    for (auto &[key, entry] : m_entries) {
        for (auto &instance : entry.instances)
            instance->kill();
    }
}

/// Null for an app that is no longer configured: asking for its cells would bring them back.
std::shared_ptr<AppMetricsSet> ServiceSupervisor::metricsOf(const std::string &app) const
{
    return m_known.contains(app) ? m_parts.metrics(app) : nullptr;
}

/// A process reports from inside its own work.
void ServiceSupervisor::settleLater()
{
    if (std::exchange(m_isSettling, true))
        return;
    m_parts.control.post([self = m_self] {
        if (*self)
            (*self)->settle();
    });
}

void ServiceSupervisor::settle()
{
    m_isSettling = false;
    clearAway();
    showFigures();
    answerWaiters();
    const bool isAnyLeft = std::any_of(m_entries.begin(), m_entries.end(), [](const auto &each) {
        return std::any_of(each.second.instances.begin(), each.second.instances.end(),
                           [](const auto &one) { return one->hasProcess(); });
    });
    if (m_stopped && !isAnyLeft)
        std::exchange(m_stopped, nullptr)();
}

/// What is no longer wanted, once its process has gone.
void ServiceSupervisor::clearAway()
{
    for (auto each = m_entries.begin(); each != m_entries.end();) {
        Entry &entry = each->second;
        const auto isDone = [&] {
            const ServiceInstance &last = *entry.instances.back();
            return !last.hasProcess() && !last.isWanted()
                && (entry.isGone || last.number() > entry.config.instances);
        };
        while (!entry.instances.empty() && isDone())
            entry.instances.pop_back();
        each = entry.isGone && entry.instances.empty() ? m_entries.erase(each) : std::next(each);
    }
}

void ServiceSupervisor::answerWaiters()
{
    std::vector<Waiter> left;
    for (Waiter &waiter : std::exchange(m_waiters, {})) {
        const State state = stateOf(waiter.key.first, waiter.key.second);
        const std::string service = waiter.key.second;
        const Entry *entry = find(waiter.key);
        if (!entry || entry->isGone)
            waiter.done(Error {ErrorCode::Cancelled,
                               fmt::format("{} was removed before it ran again", service)});
        else if (state.state == "starting" || state.state == "stopping")
            left.push_back(std::move(waiter));
        else if (state.state == "running")
            waiter.done(std::chrono::duration_cast<std::chrono::milliseconds>(m_parts.control.now()
                                                                              - waiter.since));
        else if (state.state == "off" || state.state == "paused")
            waiter.done(Error {ErrorCode::Cancelled,
                               fmt::format("{} was stopped before it ran again", service)});
        else
            waiter.done(
                Error {ErrorCode::AppFailed,
                       fmt::format("{} does not run: its process {}", service, state.cause)});
    }
    m_waiters.insert(m_waiters.end(), std::make_move_iterator(left.begin()),
                     std::make_move_iterator(left.end()));
}

void ServiceSupervisor::showFigures()
{
    struct Counts {
        int64_t running = 0;
        int64_t failed = 0;
    };
    std::map<std::string, Counts> counts;
    for (const auto &[id, app] : m_known)
        counts.emplace(id, Counts {});
    for (const auto &[key, entry] : m_entries) {
        for (const auto &instance : entry.instances) {
            counts[key.first].running += instance->state() == InstanceState::Running ? 1 : 0;
            counts[key.first].failed += instance->state() == InstanceState::Failed ? 1 : 0;
        }
    }
    for (const auto &[id, count] : counts) {
        if (auto metrics = metricsOf(id)) {
            metrics->cells.servicesRunning.set(count.running);
            metrics->cells.servicesFailed.set(count.failed);
        }
    }
}

} // namespace arc
