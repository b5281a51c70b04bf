// SPDX-License-Identifier: Apache-2.0
// Operations on sites: recognise, add, edit, remove, start, stop, deploy, run commands.
#include "server/base/text.h"
#include "server/control/diagnostics.h"
#include "server/control/new_site.h"
#include "server/control/service.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

bool isAppUsed(const Document &document, std::string_view app)
{
    return std::any_of(document.sites.begin(), document.sites.end(), [&](const SiteConfig &site) {
        const AppConfig *used = appOf(site, document);
        return used && used->id == app;
    });
}

} // namespace

void ControlService::recognise(const Caller &, api::FolderQuery what,
                               Callback<api::Recognition> done)
{
    m_host.recognise(
        what.path, what.python, [this, done = std::move(done)](Result<Detection> found) {
            if (!found)
                return done(std::move(found).error());
            if (found->projects.empty() && !found->problems.empty())
                return done(Error {ErrorCode::NotProject,
                                   fmt::format("{}", fmt::join(found->problems, ", "))});
            api::Recognition answer;
            answer.folder = found->folder;
            for (const FoundProject &project : found->projects) {
                answer.projects.push_back({.kind = project.kind,
                                           .title = project.title,
                                           .name = makeIdentifier(project.name, m_document),
                                           .root = project.root,
                                           .entry = project.entry,
                                           .interface = project.interface,
                                           .evidence = project.evidence,
                                           .warnings = project.warnings});
            }
            for (const FoundPython &python : found->pythons)
                answer.pythons.push_back({python.path, python.version, python.source});
            const auto listeners = m_host.listeners();
            if (!listeners.empty() && !listeners.front().url.empty() && !answer.projects.empty()) {
                SiteConfig imagined;
                imagined.id = answer.projects.front().name;
                imagined.hosts = defaultHosts(m_document, imagined.id);
                answer.address = siteUrls(imagined).front();
            }
            done(std::move(answer));
        });
}

void ControlService::sites(const Caller &caller, api::Nothing, Callback<api::SiteViews> done)
{
    api::SiteViews views;
    views.revision = m_revision;
    for (const SiteConfig &site : m_document.sites) {
        views.sites.push_back(siteView(site));
        for (auto &[name, value] : views.sites.back().secrets)
            value = kMaskedSecret;         // whoever asks
        if (caller.role >= Role::Operator) // who may set them
            continue;
        for (auto &[name, value] : views.sites.back().env)
            value = kMaskedSecret;
    }
    done(std::move(views));
}

void ControlService::addSite(const Caller &caller, api::NewSite what, Callback<api::Changed> done)
{
    if (auto good = checkNewSite(what); !good)
        return done(std::move(good).error());
    const std::string path = what.path;
    const std::string python = what.python;
    m_host.recognise(
        path, python,
        [this, caller, what = std::move(what),
         done = std::move(done)](Result<Detection> found) mutable {
            if (!found)
                return done(std::move(found).error());
            change({.caller = caller,
                    .mutate =
                        [what = std::move(what), found = std::move(*found)](
                            const Document &current) { return withNewSite(current, what, found); },
                    .done = std::move(done)});
        });
}

void ControlService::tryInterpreters(std::vector<NewInterpreter> left, size_t at,
                                     std::vector<RefusedInterpreter> refused,
                                     std::function<void(std::vector<RefusedInterpreter>)> done)
{
    if (at == left.size())
        return done(std::move(refused));
    std::string root = left[at].root;
    std::string python = left[at].python;
    m_host.recognise(std::move(root), std::move(python),
                     [this, left = std::move(left), at, refused = std::move(refused),
                      done = std::move(done)](Result<Detection> found) mutable {
                         if (!found)
                             refused.push_back({left[at].site, std::move(found).error()});
                         tryInterpreters(std::move(left), at + 1, std::move(refused),
                                         std::move(done));
                     });
}

void ControlService::editSite(const Caller &caller, api::SiteEdit what, Callback<api::Changed> done)
{
    std::vector<NewInterpreter> named = newInterpreters(m_document, {what});
    tryInterpreters(std::move(named), 0, {},
                    [this, caller, what = std::move(what),
                     done = std::move(done)](std::vector<RefusedInterpreter> refused) mutable {
                        if (!refused.empty())
                            return done(std::move(refused.front().why));
                        editNow(caller, std::move(what), std::move(done));
                    });
}

void ControlService::editNow(const Caller &caller, api::SiteEdit what, Callback<api::Changed> done)
{
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [what](const Document &current) -> Result<Document> {
                Document next = current;
                if (auto applied = applySiteEdit(next, what); !applied)
                    return std::move(applied).error();
                return next;
            },
            .done = std::move(done)});
}

void ControlService::removeSite(const Caller &caller, api::Id what, Callback<api::Changed> done)
{
    change({.caller = caller,
            .mutate = [id = what.id](const Document &current) -> Result<Document> {
                Document next = current;
                const SiteConfig *site = next.findSite(id);
                if (!site)
                    return noSite(next, id);
                const AppConfig *app = appOf(*site, next);
                const std::string appId = app ? app->id : std::string();
                std::erase_if(next.sites, [&](const SiteConfig &each) { return each.id == id; });
                if (!appId.empty() && !isAppUsed(next, appId))
                    std::erase_if(next.apps,
                                  [&](const AppConfig &each) { return each.id == appId; });
                return next;
            },
            .done = std::move(done)});
}

void ControlService::setEnabled(const Caller &caller, const std::string &id, bool enabled,
                                Callback<api::Changed> done)
{
    change({.caller = caller,
            .mutate = [id, enabled](const Document &current) -> Result<Document> {
                Document next = current;
                SiteConfig *site = findMutable(next, id);
                if (!site)
                    return noSite(next, id);
                site->enabled = enabled;
                return next;
            },
            .summary = fmt::format("site {} {}", id, enabled ? "started" : "stopped"),
            .done = std::move(done)});
}

void ControlService::startSite(const Caller &caller, api::Id what, Callback<api::Changed> done)
{
    setEnabled(caller, what.id, true, std::move(done));
}

void ControlService::stopSite(const Caller &caller, api::Id what, Callback<api::Changed> done)
{
    setEnabled(caller, what.id, false, std::move(done));
}

void ControlService::deploySite(const Caller &caller, api::Id what, Callback<api::Deployed> done)
{
    const SiteConfig *site = m_document.findSite(what.id);
    if (!site)
        return done(noSite(m_document, what.id));
    const AppConfig *app = appOf(*site, m_document);
    if (!app)
        return done(
            Error {ErrorCode::Invalid,
                   fmt::format("site {} hosts no app: it has no workers to replace, and its "
                               "files are served as they are",
                               what.id)});
    if (!m_host.pool(app->id))
        return done(Error {ErrorCode::Unavailable, fmt::format("site {} is stopped", what.id)});
    m_host.reopenSecrets(*app); // what was wrong with them may have been mended
    m_host.deploy(*app, caller.author, std::move(done));
}

Result<AppConfig> ControlService::appWithReleases(const std::string &id) const
{
    const SiteConfig *site = m_document.findSite(id);
    if (!site)
        return noSite(m_document, id);
    const AppConfig *app = appOf(*site, m_document);
    if (!app)
        return Error {ErrorCode::Invalid,
                      fmt::format("site {} hosts no app: there are no releases of it", id)};
    return *app;
}

void ControlService::cancelDeploy(const Caller &, api::Id what, Callback<api::Nothing> done)
{
    const auto app = appWithReleases(what.id);
    if (!app)
        return done(app.error());
    if (auto cancelled = m_host.cancelDeploy(*app); !cancelled)
        return done(std::move(cancelled).error());
    done(api::Nothing {});
}

void ControlService::releases(const Caller &, api::Id what, Callback<api::ReleaseViews> done)
{
    const auto app = appWithReleases(what.id);
    if (!app)
        return done(app.error());
    done(m_host.releases(*app));
}

void ControlService::rollbackSite(const Caller &caller, api::ReleaseChoice what,
                                  Callback<api::Deployed> done)
{
    const auto app = appWithReleases(what.id);
    if (!app)
        return done(app.error());
    if (!m_host.pool(app->id))
        return done(Error {ErrorCode::Unavailable, fmt::format("site {} is stopped", what.id)});
    m_host.reopenSecrets(*app);
    m_host.rollback(*app, what.release, caller.author, std::move(done));
}

/// As a deploy, for there is no way to replace workers that is better; but of what serves.
void ControlService::restartSite(const Caller &caller, api::Id what, Callback<api::Deployed> done)
{
    const SiteConfig *site = m_document.findSite(what.id);
    const AppConfig *app = site ? appOf(*site, m_document) : nullptr;
    AppPool *pool = app ? m_host.pool(app->id) : nullptr;
    if (!pool)
        return deploySite(caller, std::move(what), std::move(done)); // which knows why not
    m_host.reopenSecrets(*app);
    pool->deploy(caller.author, [app = app->id, done = std::move(done)](Result<Deployed> deployed) {
        if (!deployed)
            return done(std::move(deployed).error());
        done(deployedView(app, *deployed));
    });
}

void ControlService::runCommand(const Caller &, api::RunCommand what, Callback<api::TaskView> done)
{
    const SiteConfig *site = m_document.findSite(what.id);
    if (!site)
        return done(noSite(m_document, what.id));
    const AppConfig *app = appOf(*site, m_document);
    if (!app)
        return done(Error {
            ErrorCode::Invalid,
            fmt::format("site {} hosts no app: there is no interpreter to run a command with",
                        what.id)});
    auto placed = m_host.placed(*app, what.release);
    if (!placed)
        return done(std::move(placed).error());
    auto whole = m_host.withSecrets(*placed);
    if (!whole)
        return done(std::move(whole).error());
    done(m_tasks.run(site->id, std::move(*whole), std::move(what)));
}

void ControlService::task(const Caller &, api::TaskQuery what, Callback<api::TaskView> done)
{
    done(m_tasks.view(what.id, what.after));
}

void ControlService::cancelTask(const Caller &, api::Id what, Callback<api::Nothing> done)
{
    if (auto cancelled = m_tasks.cancel(what.id); !cancelled)
        return done(std::move(cancelled).error());
    done(api::Nothing {});
}

void ControlService::workerEnds(const Caller &, api::WorkerEndQuery what,
                                Callback<api::WorkerEnds> done)
{
    if (!what.app.empty() && !m_document.findApp(what.app) && m_host.ends().list(what).ends.empty())
        return done(Error {ErrorCode::NotFound, fmt::format("there is no app {}", what.app)});
    done(m_host.ends().list(what));
}

void ControlService::workerEnd(const Caller &, api::WorkerEndId what, Callback<api::WorkerEnd> done)
{
    if (const api::WorkerEnd *end = m_host.ends().find(what.id))
        return done(*end);
    done(Error {ErrorCode::NotFound,
                what.id ? fmt::format("no end of a worker has the number {}; \"worker ends\" lists "
                                      "those that are known",
                                      what.id)
                        : std::string("no worker has ended yet")});
}

void ControlService::killWorker(const Caller &, api::WorkerKill what, Callback<api::Nothing> done)
{
    for (const AppConfig &app : m_document.apps) {
        AppPool *pool = m_host.pool(app.id);
        if (!pool)
            continue;
        auto ended = what.drain ? pool->drainWorker(what.pid) : pool->killWorker(what.pid);
        if (ended)
            return done(api::Nothing {});
        if (ended.error().code() != ErrorCode::NotFound)
            return done(std::move(ended).error());
    }
    done(Error {ErrorCode::NotFound, fmt::format("there is no worker with pid {}", what.pid)});
}

} // namespace arc
