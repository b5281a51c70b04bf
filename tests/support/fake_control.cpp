// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_control.h"

#include "server/base/text.h"
#include "server/base/version.h"

#include <fmt/format.h>

namespace arc::test {

namespace {

AppConfig sampleApp(std::string id, std::string kind, std::string interface)
{
    AppConfig app;
    app.root = "/srv/" + id;
    app.entry = interface == "wsgi" ? id + ".wsgi:application" : "main:app";
    app.interface = std::move(interface);
    app.python = "/usr/bin/python3";
    app.kind = std::move(kind);
    app.id = std::move(id);
    return app;
}

SiteConfig sampleSite(std::string id, HandlerConfig handler)
{
    SiteConfig site;
    site.hosts = {id + ".localhost"};
    site.id = std::move(id);
    RouteConfig route;
    route.handler = std::move(handler);
    site.routes.push_back(std::move(route));
    return site;
}

} // namespace

FakeControl::FakeControl(Begin) : m_clock(unixNowMs)
{
    m_startedUnixMs = now() - 3'600'000;
    Document document;
    document.listeners.push_back({.id = "http", .address = "127.0.0.1:8080"});
    m_revisions.push_back({{.revision = 1,
                            .atUnixMs = m_startedUnixMs,
                            .author = "arcology",
                            .summary = "first start"},
                           std::move(document)});
}

FakeControl::FakeControl() : FakeControl(Begin::Empty)
{
    Document document = this->document();
    document.apps.push_back(sampleApp("shop", "Django 3.2.19", "wsgi"));
    document.apps.back().env["DEBUG"] = "0";
    document.apps.push_back(sampleApp("api", "FastAPI 0.92.0", "asgi"));
    document.sites.push_back(sampleSite("shop", PythonRoute {"shop"}));
    document.sites.push_back(sampleSite("docs", StaticRoute {.root = "/srv/docs"}));
    document.sites.push_back(sampleSite("api", PythonRoute {"api"}));
    document.sites.back().enabled = false;
    m_revisions.push_back({{.revision = 2,
                            .atUnixMs = m_startedUnixMs + 60'000,
                            .author = "window",
                            .summary = "sites api, docs, shop added"},
                           std::move(document)});
    for (const char *id : {"shop", "docs", "api"})
        setSiteState(id, id == std::string("api") ? "stopped" : "running");
    outputs["shop"] = "Watching for file changes with StatReloader\nGET /admin/ 200\n";
}

size_t FakeControl::count(std::string_view operation) const
{
    size_t found = 0;
    for (const Call &call : calls)
        found += call.operation == operation;
    return found;
}

void FakeControl::failNext(const std::string &operation, Error error)
{
    m_failures[operation].push_back(std::move(error));
}

void FakeControl::release()
{
    m_holding = false;
    while (!m_held.empty()) {
        const auto answer = std::move(m_held.front());
        m_held.pop_front();
        answer();
    }
}

std::optional<Error> FakeControl::nextFailure(const std::string &operation)
{
    if (m_failAll)
        return m_failAll;
    auto &queue = m_failures[operation];
    if (queue.empty())
        return {};
    Error error = std::move(queue.front());
    queue.pop_front();
    return error;
}

// ---- the engine itself

Result<api::Status> FakeControl::statusNow(const api::Nothing &)
{
    api::Status status;
    status.version = kVersion;
    status.pid = 4000;
    status.startedUnixMs = m_startedUnixMs;
    status.state = "serving";
    status.revision = revision();
    status.dataDir = "/var/lib/arcology";
    status.opsUrl = "http://127.0.0.1:9180";
    status.loops = 2;
    status.cores = 8;
    for (const SiteConfig &site : document().sites)
        status.sites += site.enabled;
    for (const ListenerConfig &listener : document().listeners)
        status.listeners.push_back(
            {listener.id, listener.address, "http://" + listener.address, listenerError});
    status.warnings = warnings;
    return status;
}

Result<api::Nothing> FakeControl::shutdownNow(const api::Nothing &)
{
    failAll(Error {ErrorCode::Unavailable, "the engine has ended"});
    return api::Nothing {};
}

Result<api::Recognition> FakeControl::recogniseNow(const api::FolderQuery &what)
{
    const auto found = folders.find(what.path);
    if (found == folders.end())
        return Error {ErrorCode::NotProject,
                      fmt::format("{}: nothing to serve was recognised", what.path)};
    return found->second;
}

// ---- sites that run

Result<api::Deployed> FakeControl::restartSiteNow(const api::Id &what)
{
    return deploySiteNow(what);
}

Result<api::Deployed> FakeControl::deploySiteNow(const api::Id &what)
{
    const SiteConfig *site = document().findSite(what.id);
    if (!site)
        return Error {ErrorCode::NotFound, fmt::format("there is no site {}", what.id)};
    if (!site->enabled)
        return Error {ErrorCode::Conflict, fmt::format("{} is stopped", what.id)};
    if (m_states[what.id].state != "running")
        startState(what.id);
    SiteState &state = m_states[what.id];
    ++state.generation;
    state.cause.clear();
    state.firstPid = std::exchange(m_nextPid, m_nextPid + 10);
    return api::Deployed {.generation = state.generation,
                          .workers = 2,
                          .seconds = 1.3,
                          .summary = fmt::format("generation {} of {} serves with 2 workers after "
                                                 "1.3 s",
                                                 state.generation, what.id)};
}

Result<api::ConnectionChecks> FakeControl::checkConnectionsNow(const api::ConnectionQuery &what)
{
    if (!document().findSite(what.id))
        return Error {ErrorCode::NotFound, fmt::format("there is no site {}", what.id)};
    return api::ConnectionChecks {connections};
}

Result<api::Nothing> FakeControl::handOverNow(const api::HandOver &)
{
    return api::Nothing {};
}

Result<api::Nothing> FakeControl::killWorkerNow(const api::WorkerKill &what)
{
    const auto snapshot = snapshotNow({});
    for (const api::PoolFigures &pool : snapshot->pools) {
        for (const api::WorkerFigures &worker : pool.workers) {
            if (worker.pid != what.pid)
                continue;
            m_killed.insert(what.pid);
            ++m_states[pool.app].restarts;
            return api::Nothing {};
        }
    }
    return Error {ErrorCode::NotFound, fmt::format("no worker has pid {}", what.pid)};
}

Result<api::WorkerEnds> FakeControl::workerEndsNow(const api::WorkerEndQuery &what)
{
    api::WorkerEnds known;
    for (const api::WorkerEnd &end : ends) {
        if ((what.app.empty() || end.app == what.app) && !(what.unplanned && end.planned)
            && std::ssize(known.ends) < what.limit)
            known.ends.push_back(end);
    }
    return known;
}

Result<api::WorkerEnd> FakeControl::workerEndNow(const api::WorkerEndId &what)
{
    for (const api::WorkerEnd &end : ends) {
        if (what.id == 0 || end.id == what.id)
            return end;
    }
    return Error {ErrorCode::NotFound, "no such end"};
}

// ---- one-off commands

Result<api::TaskView> FakeControl::runCommandNow(const api::RunCommand &what)
{
    if (!document().findSite(what.id))
        return Error {ErrorCode::NotFound, fmt::format("there is no site {}", what.id)};
    if (what.argv.empty())
        return Error {ErrorCode::Invalid, "argv: empty"};
    Task task;
    task.view.id = fmt::format("task-{}", m_tasks.size() + 1);
    task.view.site = what.id;
    task.view.title = fmt::format("{}", fmt::join(what.argv, " "));
    task.view.state = "running";
    task.view.startedUnixMs = now();
    return m_tasks.emplace(task.view.id, task).first->second.view;
}

Result<api::TaskView> FakeControl::taskNow(const api::TaskQuery &what)
{
    const auto found = m_tasks.find(what.id);
    if (found == m_tasks.end())
        return Error {ErrorCode::NotFound, fmt::format("there is no task {}", what.id)};
    Task &task = found->second;
    if (task.view.state == "running") { // each look shows one more piece
        if (task.piecesShown < commandOutput.size()) {
            task.view.output += commandOutput[task.piecesShown++];
        } else if (!commandHangs) {
            task.view.state = commandExit == 0 ? "done" : "failed";
            task.view.exitStatus = commandExit;
        }
    }
    api::TaskView view = task.view;
    view.offset = std::clamp<int64_t>(what.after, 0, static_cast<int64_t>(view.output.size()));
    view.output.erase(0, static_cast<size_t>(view.offset));
    return view;
}

Result<api::Nothing> FakeControl::cancelTaskNow(const api::Id &what)
{
    const auto found = m_tasks.find(what.id);
    if (found == m_tasks.end())
        return Error {ErrorCode::NotFound, fmt::format("there is no task {}", what.id)};
    if (found->second.view.state == "running") {
        found->second.view.state = "cancelled";
        found->second.view.exitStatus = 143;
    }
    return api::Nothing {};
}

} // namespace arc::test
