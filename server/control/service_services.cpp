// SPDX-License-Identifier: Apache-2.0
// Operations on the services of apps.
#include "server/base/text.h"
#include "server/control/schedule_edits.h"
#include "server/control/service.h"
#include "server/control/service_edits.h"
#include "server/jobs/group_figures.h"

#include <fmt/format.h>

namespace arc {

namespace {

std::string_view stateName(ServiceInstance::State state)
{
    switch (state) {
    case ServiceInstance::State::Stopped:
        return "stopped";
    case ServiceInstance::State::Starting:
        return "starting";
    case ServiceInstance::State::Running:
        return "running";
    case ServiceInstance::State::Waiting:
        return "waiting";
    case ServiceInstance::State::Failed:
        return "failed";
    case ServiceInstance::State::Stopping:
        return "stopping";
    case ServiceInstance::State::Ended:
        return "ended";
    }
    return "stopped";
}

api::ServiceProcess processView(ServiceInstance::Info info)
{
    return {.number = info.number,
            .state = std::string(stateName(info.state)),
            .cause = std::move(info.cause),
            .pid = info.pid,
            .port = info.port,
            .startedUnixMs = info.startedUnixMs,
            .nextUnixMs = info.nextUnixMs,
            .restarts = info.restarts,
            .lastEndUnixMs = info.lastEndUnixMs,
            .lastEnd = std::move(info.lastEnd),
            .lastOutput = std::move(info.lastOutput)};
}

void addFigures(api::ServiceViews &views, const std::map<int, GroupFigures> &found)
{
    for (api::ServiceView &view : views.services) {
        for (api::ServiceProcess &process : view.processes) {
            const auto figures = found.find(process.pid);
            if (figures == found.end())
                continue;
            process.processes = figures->second.processes;
            process.memoryBytes = figures->second.memoryBytes;
            process.cpuSeconds = figures->second.cpuSeconds;
        }
    }
}

} // namespace

void ControlService::services(const Caller &, api::AppChoice what, Callback<api::ServiceViews> done)
{
    const AppConfig *app = m_document.findApp(what.app);
    if (!app)
        return done(noApp(what.app));
    // Shared: answers travel in copyable functions.
    auto views = std::make_shared<api::ServiceViews>();
    views->revision = m_revision;
    std::vector<int> groups; // each process leads one
    for (const ServiceConfig &service : app->services) {
        api::ServiceView view;
        static_cast<ServiceConfig &>(view) = service;
        ServiceSupervisor::State state = m_host.services().stateOf(app->id, service.name);
        view.state = std::move(state.state);
        view.cause = std::move(state.cause);
        for (ServiceInstance::Info &process : state.processes) {
            if (process.pid)
                groups.push_back(process.pid);
            view.processes.push_back(processView(std::move(process)));
        }
        views->services.push_back(std::move(view));
    }
    const bool taken =
        !groups.empty() && m_host.runBlocking([views, groups, done]() -> std::function<void()> {
            addFigures(*views, readGroups(groups));
            return [views, done] {
                done(std::move(*views));
            };
        });
    if (!taken)
        done(std::move(*views));
}

void ControlService::addService(const Caller &caller, api::NewService what,
                                Callback<api::Changed> done)
{
    std::string summary = fmt::format("app {}: service {} added", what.app, what.name);
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [what](const Document &current) { return withService(current, what); },
            .summary = std::move(summary),
            .done = std::move(done)});
}

void ControlService::editService(const Caller &caller, api::ServiceEdit what,
                                 Callback<api::Changed> done)
{
    std::string summary = fmt::format("app {}: service {} changed", what.app, what.name);
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [what](const Document &current) { return withServiceEdit(current, what); },
            .summary = std::move(summary),
            .done = std::move(done)});
}

void ControlService::removeService(const Caller &caller, api::ServiceChoice what,
                                   Callback<api::Changed> done)
{
    std::string summary = fmt::format("app {}: service {} removed", what.app, what.name);
    change({.caller = caller,
            .mutate = [what](const Document &current) { return withoutService(current, what); },
            .summary = std::move(summary),
            .done = std::move(done)});
}

void ControlService::enableService(const Caller &caller, const api::ServiceChoice &what,
                                   bool enabled, Callback<api::Changed> done)
{
    api::ServiceEdit edit {.app = what.app, .name = what.name};
    edit.enabled = enabled;
    change({.caller = caller,
            .mutate = [edit](const Document &current) { return withServiceEdit(current, edit); },
            .summary = fmt::format("app {}: service {} {}", what.app, what.name,
                                   enabled ? "started" : "stopped"),
            .done = std::move(done)});
}

void ControlService::startService(const Caller &caller, api::ServiceChoice what,
                                  Callback<api::Changed> done)
{
    const AppConfig *app = m_document.findApp(what.app);
    const ServiceConfig *service = app ? app->findService(what.name) : nullptr;
    if (!service || !service->enabled)
        return enableService(caller, what, true, std::move(done));
    m_host.services().tryNow(what.app, what.name);
    done(api::Changed {m_revision,
                       fmt::format("service {} is started already; what had ended is "
                                   "started again now",
                                   what.name)});
}

void ControlService::stopService(const Caller &caller, api::ServiceChoice what,
                                 Callback<api::Changed> done)
{
    enableService(caller, what, false, std::move(done));
}

void ControlService::restartService(const Caller &caller, api::ServiceChoice what,
                                    Callback<api::ServiceRestarted> done)
{
    const AppConfig *app = m_document.findApp(what.app);
    if (!app)
        return done(noApp(what.app));
    const ServiceConfig *service = app->findService(what.name);
    if (!service)
        return done(noService(*app, what.name));
    m_host.services().restart(
        what.app, what.name, caller.author,
        [what, count = static_cast<int>(service->instances),
         done = std::move(done)](Result<std::chrono::milliseconds> took) {
            if (!took)
                return done(std::move(took).error());
            const double seconds = std::chrono::duration<double>(*took).count();
            done(api::ServiceRestarted {count, seconds,
                                        fmt::format("service {} runs again with {} process{} "
                                                    "after {}",
                                                    what.name, count, count == 1 ? "" : "es",
                                                    formatDuration(seconds))});
        });
}

} // namespace arc
