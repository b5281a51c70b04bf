// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_control.h"

#include "server/base/text.h"
#include "server/config/variables.h"
#include "server/control/edits.h"

#include <fmt/format.h>

namespace arc::test {

namespace {

SiteConfig *siteOf(Document &document, std::string_view id)
{
    for (SiteConfig &site : document.sites) {
        if (site.id == id)
            return &site;
    }
    return nullptr;
}

Error noSite(std::string_view id)
{
    return Error {ErrorCode::NotFound, fmt::format("there is no site {}", id)};
}

std::string handlerName(const HandlerConfig &handler)
{
    constexpr const char *kNames[] = {"static", "redirect", "respond", "python"};
    return kNames[handler.index()];
}

std::string targetOf(const HandlerConfig &handler)
{
    if (const auto *files = std::get_if<StaticRoute>(&handler))
        return files->root;
    if (const auto *redirect = std::get_if<RedirectRoute>(&handler))
        return redirect->to;
    if (const auto *respond = std::get_if<RespondRoute>(&handler))
        return fmt::format("{} {}", respond->status, respond->contentType);
    return std::get<PythonRoute>(handler).app;
}

} // namespace

Result<api::Changed> FakeControl::commit(uint64_t madeAgainst, Document document, bool dryRun)
{
    if (madeAgainst != 0 && madeAgainst != revision()) {
        return Error {ErrorCode::Conflict,
                      fmt::format("made against revision {}, but {} changed it to {}", madeAgainst,
                                  m_revisions.back().view.author, revision())};
    }
    if (auto valid = validate(document); !valid)
        return std::move(valid).error();
    const Diff diff = diffDocuments(this->document(), document);
    const std::string summary = summarise(diff);
    if (dryRun)
        return api::Changed {revision(), summary, phrasesOf(diff)};
    if (document == this->document())
        return api::Changed {revision(), summary};
    m_revisions.push_back({{revision() + 1, now(), author, summary}, std::move(document)});
    return api::Changed {revision(), summary};
}

void FakeControl::changeElsewhere(const std::string &key, const std::string &value)
{
    Document document = this->document();
    const SettingRow *row = findSetting(key);
    document.settings.insert_or_assign(key, parseSetting(*row, value).value());
    changeElsewhere(std::move(document), "somebody else");
}

void FakeControl::changeElsewhere(Document document, const std::string &by)
{
    const std::string summary = summarise(diffDocuments(this->document(), document));
    m_revisions.push_back({{revision() + 1, now(), by, summary}, std::move(document)});
}

const FakeControl::Kept *FakeControl::findRevision(uint64_t revision) const
{
    for (const Kept &kept : m_revisions) {
        if (kept.view.revision == revision)
            return &kept;
    }
    return nullptr;
}

// ---- sites

std::vector<std::string> FakeControl::urlsOf(const SiteConfig &site) const
{
    std::vector<std::string> urls;
    for (const std::string &host : site.hosts)
        urls.push_back(fmt::format("http://{}:8080", host));
    if (urls.empty() || document().sites.size() == 1)
        urls.push_back("http://127.0.0.1:8080");
    return urls;
}

api::SiteView FakeControl::viewOf(const SiteConfig &site) const
{
    api::SiteView view;
    view.id = site.id;
    view.enabled = site.enabled;
    view.hosts = site.hosts;
    view.listeners = site.listeners;
    view.urls = urlsOf(site);
    view.kind = "Static files";
    for (const RouteConfig &route : site.routes) {
        view.routes.push_back({.path = route.path,
                               .methods = fmt::format("{}", fmt::join(route.methods, " ")),
                               .handler = handlerName(route.handler),
                               .target = targetOf(route.handler)});
        if (const auto *files = std::get_if<StaticRoute>(&route.handler))
            view.root = files->root;
    }
    if (const AppConfig *app = appOf(site, document())) {
        view.app = app->id;
        view.root = app->root;
        view.entry = app->entry;
        view.interface = app->interface;
        view.python = app->python;
        view.kind = fmt::format("{} · {}", app->kind, app->interface == "asgi" ? "ASGI" : "WSGI");
        view.env = app->env;
        view.secrets = app->secrets;
        for (auto &[name, value] : view.secrets)
            value = kMaskedSecret;
        const auto named = appRoutes.find(app->id);
        for (const std::string &path :
             named == appRoutes.end() ? std::vector<std::string> {} : named->second)
            view.routes.push_back({.path = path,
                                   .methods = {},
                                   .handler = "static",
                                   .target = app->root + path,
                                   .fromApp = true});
    }
    return view;
}

Result<api::SiteViews> FakeControl::sitesNow(const api::Nothing &)
{
    api::SiteViews views;
    views.revision = revision();
    for (const SiteConfig &site : document().sites)
        views.sites.push_back(viewOf(site));
    return views;
}

Result<api::Changed> FakeControl::addSiteNow(const api::NewSite &what)
{
    Document document = this->document();
    const auto folder = folders.find(what.path);
    const bool known = folder != folders.end() && !folder->second.projects.empty();
    if (!known && what.kind != "static" && what.entry.empty())
        return Error {ErrorCode::NotProject,
                      fmt::format("{}: nothing to serve was recognised", what.path)};
    const api::ProjectChoice project =
        known ? folder->second.projects.front() : api::ProjectChoice {};
    if (document.findSite(what.name))
        return Error {ErrorCode::Conflict, fmt::format("there is a site {} already", what.name)};

    SiteConfig site;
    site.id = makeIdentifier(!what.name.empty() ? what.name
                                 : known        ? project.name
                                                : what.path,
                             document);
    site.hosts = what.hosts.empty() ? std::vector {site.id + ".localhost"} : what.hosts;
    RouteConfig route;
    if (what.kind == "static" || project.kind == "static") {
        route.handler = StaticRoute {.root = what.path};
    } else {
        AppConfig app {
            .id = site.id, .root = what.path, .entry = what.entry, .interface = what.interface};
        if (app.entry.empty())
            app.entry = project.entry;
        if (app.interface.empty() || app.interface == "auto")
            app.interface = project.interface.empty() ? "wsgi" : project.interface;
        app.python = what.python.empty() ? "/usr/bin/python3" : what.python;
        app.kind = project.title.empty() ? "Python" : project.title;
        app.env = what.env;
        app.secrets = what.secrets;
        route.handler = PythonRoute {app.id};
        document.apps.push_back(std::move(app));
    }
    site.routes.push_back(std::move(route));
    const std::string id = site.id;
    document.sites.push_back(std::move(site));
    for (const auto &[key, value] : what.settings) {
        const api::SettingEdit edit {.key = key, .scope = "app", .object = id, .value = value};
        if (auto edited = applySettingEdit(document, edit, {}); !edited)
            return std::move(edited).error();
    }
    auto changed = commit(0, std::move(document));
    if (changed)
        startState(id);
    return changed;
}

Result<api::Changed> FakeControl::editSiteNow(const api::SiteEdit &what)
{
    Document document = this->document();
    if (auto edited = applySiteEdit(document, what); !edited)
        return std::move(edited).error();
    auto changed = commit(what.revision, std::move(document));
    if (changed && what.name && *what.name != what.id)
        m_states[*what.name] = std::exchange(m_states[what.id], {});
    return changed;
}

Result<api::Changed> FakeControl::removeSiteNow(const api::Id &what)
{
    Document document = this->document();
    SiteConfig *site = siteOf(document, what.id);
    if (!site)
        return noSite(what.id);
    if (const AppConfig *app = appOf(*site, document))
        std::erase_if(document.apps, [id = app->id](const AppConfig &one) { return one.id == id; });
    std::erase_if(document.sites, [&](const SiteConfig &one) { return one.id == what.id; });
    return commit(0, std::move(document));
}

Result<api::Changed> FakeControl::startSiteNow(const api::Id &what)
{
    Document document = this->document();
    SiteConfig *site = siteOf(document, what.id);
    if (!site)
        return noSite(what.id);
    site->enabled = true;
    startState(what.id);
    return commit(0, std::move(document));
}

Result<api::Changed> FakeControl::stopSiteNow(const api::Id &what)
{
    Document document = this->document();
    SiteConfig *site = siteOf(document, what.id);
    if (!site)
        return noSite(what.id);
    site->enabled = false;
    setSiteState(what.id, "stopped");
    return commit(0, std::move(document));
}

// ---- settings

Result<api::SettingViews> FakeControl::settingsNow(const api::SettingsQuery &what)
{
    const auto found = overridesAt(document(), what.scope, what.object);
    if (!found)
        return found.error();
    const Overrides *own = *found;
    api::SettingViews views;
    views.revision = revision();
    for (const SettingRow &row : settingRows()) {
        if (!isSettableAt(row, what.scope))
            continue;
        const std::string key(row.key);
        const auto outer = document().settings.find(key);
        const bool fromEngine = what.scope != "engine" && outer != document().settings.end();
        api::SettingView view {.key = key, .scope = what.scope, .object = what.object};
        view.inherited = printSetting(row, fromEngine ? outer->second : fallbackOf(row));
        const auto set = own->find(key);
        view.isSet = set != own->end();
        view.value = view.isSet ? printSetting(row, set->second) : view.inherited;
        if (const auto pin = pinned.find(key); pin != pinned.end())
            view.pinnedBy = pin->second;
        views.settings.push_back(std::move(view));
    }
    return views;
}

Result<api::Changed> FakeControl::editSettingsNow(const api::SettingEdits &what)
{
    Document document = this->document();
    for (const api::SettingEdit &edit : what.edits) {
        if (auto applied = applySettingEdit(document, edit, {.source = sources()}); !applied)
            return std::move(applied).error();
    }
    return commit(what.revision, std::move(document), what.dryRun);
}

std::map<std::string, std::string, std::less<>> FakeControl::sources() const
{
    return {pinned.begin(), pinned.end()};
}

Result<api::ChangeOutcome> FakeControl::applyChangesNow(const api::ChangeSet &what)
{
    const PinnedSettings locked {.source = sources()};
    if (what.dryRun) {
        api::ChangeOutcome outcome {.revision = revision()};
        outcome.problems = problemsOf(document(), what, locked);
        return outcome;
    }
    auto next = applyChangeSet(document(), what, locked);
    if (!next)
        return std::move(next).error();
    auto changed = commit(what.revision, std::move(*next));
    if (!changed)
        return std::move(changed).error();
    return api::ChangeOutcome {.revision = changed->revision, .summary = changed->summary};
}

// ---- documents and revisions

Result<api::Text> FakeControl::exportConfigNow(const api::Nothing &)
{
    return api::Text {printDocument(document())};
}

Result<api::Changed> FakeControl::importConfigNow(const api::ImportDocument &what)
{
    auto document = parseDocument(what.document);
    if (!document)
        return std::move(document).error();
    auto changed = commit(what.revision, std::move(*document), what.dryRun);
    if (!what.dryRun && changed) {
        for (const SiteConfig &site : this->document().sites) {
            if (site.enabled && m_states[site.id].state != "running")
                startState(site.id);
        }
    }
    return changed;
}

Result<api::RevisionViews> FakeControl::configHistoryNow(const api::RevisionQuery &what)
{
    api::RevisionViews views;
    for (auto kept = m_revisions.rbegin(); kept != m_revisions.rend(); ++kept) {
        const bool wanted = what.before == 0 || kept->view.revision < what.before;
        if (wanted && std::cmp_less(views.revisions.size(), what.limit))
            views.revisions.push_back(kept->view);
    }
    return views;
}

Result<api::DiffView> FakeControl::configDiffNow(const api::DiffQuery &what)
{
    const Kept *from = findRevision(what.from);
    const Kept *to = findRevision(what.to == 0 ? revision() : what.to);
    if (!from || !to)
        return Error {ErrorCode::NotFound,
                      fmt::format("there is no revision {}", from ? what.to : what.from)};
    api::DiffView view;
    for (const ChangeItem &item : diffDocuments(from->document, to->document))
        view.items.push_back({item.kind, item.id, item.before, item.after});
    return view;
}

Result<api::Changed> FakeControl::rollbackConfigNow(const api::Rollback &what)
{
    if (what.takeBack) {
        const Kept *made = findRevision(what.takeBack);
        const Kept *before = findRevision(what.takeBack - 1);
        if (!made || !before)
            return Error {ErrorCode::NotFound,
                          fmt::format("there is no revision {} to take back", what.takeBack)};
        if (what.revision && what.revision != revision())
            return commit(what.revision, document());
        auto next =
            applyDiff(document(), invertDiff(diffDocuments(before->document, made->document)));
        if (!next)
            return std::move(next).error();
        return commit(what.revision, std::move(*next));
    }
    const Kept *target = findRevision(what.to == 0 ? revision() - 1 : what.to);
    if (!target)
        return Error {ErrorCode::NotFound, fmt::format("there is no revision {}", what.to)};
    const Document earlier = target->document; // the list of revisions is about to grow
    auto changed = commit(what.revision, earlier);
    for (const SiteConfig &site : document().sites) {
        if (!m_states.contains(site.id))
            startState(site.id);
    }
    return changed;
}

} // namespace arc::test
