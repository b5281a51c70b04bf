// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_control.h"

#include "server/control/schedule_edits.h"
#include "server/control/service_edits.h"

#include <fmt/format.h>

namespace arc::test {

Result<api::ServiceViews> FakeControl::servicesNow(const api::AppChoice &what)
{
    const AppConfig *app = document().findApp(what.app);
    if (!app)
        return noApp(what.app);
    api::ServiceViews views {.revision = revision()};
    int pid = 4000;
    for (const ServiceConfig &service : app->services) {
        api::ServiceView view;
        static_cast<ServiceConfig &>(view) = service;
        const auto state = serviceStates.find(service.name);
        view.state = !service.enabled      ? "off"
            : state == serviceStates.end() ? "running"
                                           : state->second.first;
        view.cause = view.state == "running" || view.state == "off" ? "" : state->second.second;
        for (int64_t number = 1; service.enabled && number <= service.instances; ++number)
            view.processes.push_back({.number = number,
                                      .state = view.state,
                                      .cause = view.cause,
                                      .pid = ++pid,
                                      .port = service.port ? pid + 40'000 : 0,
                                      .startedUnixMs = now() - 60'000,
                                      .restarts = 2,
                                      .processes = 1,
                                      .memoryBytes = 30'000'000,
                                      .cpuSeconds = 1.5});
        views.services.push_back(std::move(view));
    }
    return views;
}

Result<api::Changed> FakeControl::addServiceNow(const api::NewService &what)
{
    auto next = withService(document(), what);
    return next ? commit(what.revision, std::move(*next)) : Result<api::Changed>(next.error());
}

Result<api::Changed> FakeControl::editServiceNow(const api::ServiceEdit &what)
{
    auto next = withServiceEdit(document(), what);
    return next ? commit(what.revision, std::move(*next)) : Result<api::Changed>(next.error());
}

Result<api::Changed> FakeControl::removeServiceNow(const api::ServiceChoice &what)
{
    auto next = withoutService(document(), what);
    return next ? commit(0, std::move(*next)) : Result<api::Changed>(next.error());
}

Result<api::Changed> FakeControl::startServiceNow(const api::ServiceChoice &what)
{
    api::ServiceEdit edit {.app = what.app, .name = what.name};
    edit.enabled = true;
    return editServiceNow(edit);
}

Result<api::Changed> FakeControl::stopServiceNow(const api::ServiceChoice &what)
{
    api::ServiceEdit edit {.app = what.app, .name = what.name};
    edit.enabled = false;
    return editServiceNow(edit);
}

Result<api::ServiceRestarted> FakeControl::restartServiceNow(const api::ServiceChoice &what)
{
    const AppConfig *app = document().findApp(what.app);
    if (!app)
        return noApp(what.app);
    if (!app->findService(what.name))
        return noService(*app, what.name);
    if (const auto state = serviceStates.find(what.name); state != serviceStates.end())
        return Error {
            ErrorCode::AppFailed,
            fmt::format("{} does not run: its process {}", what.name, state->second.second)};
    return api::ServiceRestarted {
        1, 0.5, fmt::format("service {} runs again with 1 process after 0.50 s", what.name)};
}

} // namespace arc::test
