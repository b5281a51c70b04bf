// SPDX-License-Identifier: Apache-2.0
// What the service shows of sites and pools: configuration and running state put together.
#include "server/base/text.h"
#include "server/control/service.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

std::string_view poolStateName(PoolState state)
{
    switch (state) {
    case PoolState::Stopped:
        return "stopped";
    case PoolState::Starting:
        return "starting";
    case PoolState::Ready:
        return "ready";
    case PoolState::Degraded:
        return "degraded";
    case PoolState::Failed:
        return "failed";
    }
    return "stopped";
}

std::string_view workerStateName(WorkerState state)
{
    switch (state) {
    case WorkerState::Starting:
        return "starting";
    case WorkerState::Candidate:
        return "candidate";
    case WorkerState::Ready:
        return "ready";
    case WorkerState::Preloader:
        return "preloader";
    case WorkerState::Stopping:
        return "stopping";
    case WorkerState::Dead:
        return "dead";
    }
    return "dead";
}

api::RouteView routeView(const RouteConfig &route)
{
    api::RouteView view {.path = route.path,
                         .methods = fmt::format("{}", fmt::join(route.methods, " "))};
    if (const auto *files = std::get_if<StaticRoute>(&route.handler)) {
        view.handler = "static";
        view.target = files->root;
    } else if (const auto *redirect = std::get_if<RedirectRoute>(&route.handler)) {
        view.handler = "redirect";
        view.target = fmt::format("{} {}", redirect->status, redirect->to);
    } else if (const auto *respond = std::get_if<RespondRoute>(&route.handler)) {
        view.handler = "respond";
        view.target = fmt::format("{} {}", respond->status, respond->contentType);
    } else if (const auto *python = std::get_if<PythonRoute>(&route.handler)) {
        view.handler = "python";
        view.target = python->app;
    }
    return view;
}

} // namespace

std::string ControlService::siteState(const SiteConfig &site, std::string &cause) const
{
    if (!site.enabled)
        return "stopped";
    std::string state = "running";
    if (const AppConfig *app = appOf(site, m_document)) {
        const AppPool *pool = m_host.pool(app->id);
        const PoolInfo info = pool ? pool->info() : PoolInfo {};
        if (info.state == PoolState::Failed || info.state == PoolState::Degraded
            || info.state == PoolState::Starting)
            state = poolStateName(info.state);
        cause = info.cause;
    }
    if (state != "running" && state != "degraded")
        return state;
    for (const api::ListenerStatus &listener : m_host.listeners()) {
        const bool ours = site.listeners.empty()
            || std::find(site.listeners.begin(), site.listeners.end(), listener.id)
                != site.listeners.end();
        if (ours && !listener.error.empty()) {
            state = "degraded";
            if (cause.empty())
                cause = listener.error;
        }
    }
    return state;
}

std::string ControlService::siteKind(const SiteConfig &site) const
{
    if (const AppConfig *app = appOf(site, m_document)) {
        const AppPool *pool = m_host.pool(app->id);
        std::string kind = pool ? pool->info().kind : std::string();
        if (kind.empty())
            kind = app->kind.empty() ? "Python" : app->kind;
        return fmt::format("{} · {}", kind, app->interface == "asgi" ? "ASGI" : "WSGI");
    }
    const bool files =
        !site.routes.empty() && std::holds_alternative<StaticRoute>(site.routes.front().handler);
    return files ? "Static files" : "Routes";
}

std::vector<std::string> ControlService::siteUrls(const SiteConfig &site) const
{
    std::vector<std::string> urls;
    for (const api::ListenerStatus &listener : m_host.listeners()) {
        const bool ours = site.listeners.empty()
            || std::find(site.listeners.begin(), site.listeners.end(), listener.id)
                != site.listeners.end();
        if (!ours || listener.url.empty())
            continue;
        const std::string scheme = listener.url.starts_with("https") ? "https://" : "http://";
        const size_t port = listener.url.rfind(':');
        const std::string suffix = port > 5 ? listener.url.substr(port) : std::string();
        if (site.hosts.empty())
            urls.push_back(listener.url);
        for (const std::string &host : site.hosts) {
            if (!host.starts_with("*"))
                urls.push_back(scheme + host + suffix);
        }
    }
    return urls;
}

api::SiteView ControlService::siteView(const SiteConfig &site) const
{
    api::SiteView view {.id = site.id,
                        .enabled = site.enabled,
                        .hosts = site.hosts,
                        .listeners = site.listeners,
                        .urls = siteUrls(site)};
    for (const RouteConfig &route : site.routes)
        view.routes.push_back(routeView(route));
    view.kind = siteKind(site);
    const AppConfig *app = appOf(site, m_document);
    if (!app) {
        if (const auto *files = site.routes.empty()
                ? nullptr
                : std::get_if<StaticRoute>(&site.routes.front().handler))
            view.root = files->root;
        return view;
    }
    view.app = app->id;
    view.root = app->root;
    view.entry = app->entry;
    view.interface = app->interface;
    view.python = app->python;
    view.env = app->env;
    view.secrets = app->secrets;
    if (const AppPool *pool = m_host.pool(app->id)) {
        for (const StaticMount &mount : pool->info().mounts)
            view.routes.push_back({.path = mount.prefix,
                                   .handler = "static",
                                   .target = fmt::format("{}", fmt::join(mount.roots, ", ")),
                                   .fromApp = true});
    }
    return view;
}

/// A number of the folders an app names, so that who has them knows when to ask again.
static int64_t markOf(const std::vector<StaticMount> &mounts)
{
    std::string all;
    for (const StaticMount &mount : mounts)
        all += fmt::format("{}\n{}\n", mount.prefix, fmt::join(mount.roots, "\n"));
    return all.empty() ? 0 : static_cast<int64_t>(std::hash<std::string> {}(all) >> 33);
}

api::Deployed deployedView(const std::string &app, const Deployed &deployed,
                           const std::string &release)
{
    return {.generation = deployed.generation,
            .workers = deployed.workers,
            .seconds = deployed.seconds,
            .summary = fmt::format(
                "generation {} of {} serves{} with {} worker{} after {}", deployed.generation, app,
                release.empty() ? "" : " release " + release, deployed.workers,
                deployed.workers == 1 ? "" : "s", formatDuration(deployed.seconds)),
            .release = release};
}

api::PoolFigures ControlService::poolFigures(const AppConfig &app, AppPool *pool)
{
    const PoolInfo info = pool ? pool->info() : PoolInfo {};
    const Settings settings = appSettings(m_document, app, m_host.pinned());
    const Sampler::AppFigures now = m_sampler.app(app.id);
    const SettingRow *processes = findSetting("pool.processes");
    api::PoolFigures figures {
        .app = app.id,
        .state = std::string(poolStateName(info.state)),
        .cause = info.cause,
        .kind = info.kind.empty() ? app.kind : info.kind,
        .python = info.python.empty() ? app.python : info.python,
        .generation = info.generation,
        .nextGeneration = info.nextGeneration,
        .wanted = info.wanted,
        .processes = printSetting(*processes, valueOf(settings, *processes)),
        .scaling = {.least = info.scaling.least,
                    .most = info.scaling.most,
                    .decision = std::string(scaleKindName(info.scaling.kind)),
                    .reason = info.scaling.reason,
                    .unixMs = info.scaling.unixMs,
                    .ups = info.scaling.ups,
                    .downs = info.scaling.downs},
        .threads = app.interface == "asgi" ? 1 : static_cast<int>(settings.poolThreads),
        .busy = now.busy,
        .slots = now.slots,
        .queued = now.queued,
        .queueP95 = now.queueP95,
        .restarts = info.restarts,
        .workers = {},
        .routesMark = markOf(info.mounts),
        .warnings = info.warnings,
        .release = info.release};
    for (const WorkerInfo &worker : info.workers) {
        const auto cpu = m_workerCpu.find(worker.pid);
        api::WorkerFigures row {.pid = worker.pid,
                                .state = std::string(workerStateName(worker.state)),
                                .generation = worker.generation,
                                .startedUnixMs = worker.startedUnixMs,
                                .requests = worker.requests,
                                .busy = worker.busy,
                                .slots = worker.slots,
                                .memoryBytes = worker.memoryBytes > 0 ? worker.memoryBytes : -1,
                                .sharedBytes = worker.sharedBytes,
                                .cpu = cpu == m_workerCpu.end() ? -1 : cpu->second,
                                .serving = worker.serving,
                                .servingMs = worker.servingMs,
                                .steps = {}};
        for (const StartStep &step : worker.steps)
            row.steps.push_back({step.name, step.milliseconds});
        figures.workers.push_back(std::move(row));
    }
    return figures;
}

std::string ControlService::notReady() const
{
    std::string lines;
    for (const SiteConfig &site : m_document.sites) {
        std::string cause;
        const std::string state = siteState(site, cause);
        if (state == "running" || state == "stopped")
            continue;
        lines += cause.empty() ? fmt::format("{}: {}\n", site.id, state)
                               : fmt::format("{}: {}: {}\n", site.id, state, cause);
    }
    return lines;
}

bool ControlService::isStarting() const
{
    return std::any_of(
        m_document.sites.begin(), m_document.sites.end(), [this](const SiteConfig &site) {
            std::string cause;
            return siteState(site, cause) == poolStateName(PoolState::Starting) && cause.empty();
        });
}

} // namespace arc
