// SPDX-License-Identifier: Apache-2.0
#include "server/control/new_site.h"

#include "server/config/effective.h"
#include "server/config/unknown_setting.h"
#include "server/control/edits.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

/// What a project can be recognised as; detect.py knows the same words.
constexpr std::string_view kKinds[] = {"django", "flask", "fastapi", "wsgi", "asgi", "static"};

std::string folderName(const std::string &folder)
{
    return std::filesystem::path(folder).filename().string();
}

Result<Overrides> parseAppSettings(const std::map<std::string, std::string> &texts)
{
    Overrides overrides;
    for (const auto &[key, text] : texts) {
        const SettingRow *row = findSetting(key);
        if (!row)
            return unknownSetting(key).within(key);
        auto value = parseSetting(*row, text);
        if (!value)
            return std::move(value).error().within(key);
        overrides.emplace(key, std::move(*value));
    }
    return overrides;
}

/// Why nothing is served of a folder: what is broken in it, or that it holds something else.
Error noProject(const api::NewSite &what, const Detection &found)
{
    if (!found.problems.empty())
        return {ErrorCode::NotProject,
                fmt::format("{} cannot be served as it is: {}; mend it, name another entry point, "
                            "or serve the folder as files",
                            found.folder, fmt::join(found.problems, ", "))};
    if (!what.kind.empty() && !found.projects.empty()) {
        std::vector<std::string_view> there;
        for (const FoundProject &project : found.projects)
            there.push_back(project.title);
        return {ErrorCode::NotProject,
                fmt::format("{} is no project of the kind {}: {} was recognised; name the entry "
                            "point, or leave the kind out",
                            found.folder, what.kind, fmt::join(there, ", "))};
    }
    return {ErrorCode::NotProject,
            fmt::format("{} is not a project: no Django, Flask, FastAPI, WSGI or ASGI app and no "
                        "index.html was recognised; name the entry point, or serve it as files",
                        found.folder)};
}

/// The project to serve: what the caller said, completed by what was recognised.
Result<FoundProject> chooseProject(const api::NewSite &what, const Detection &found)
{
    if (what.kind == "static")
        return FoundProject {.kind = "static",
                             .title = "Static files",
                             .name = folderName(found.folder),
                             .root = found.folder};
    const auto matches = [&](const FoundProject &project) {
        return (what.entry.empty() || project.entry == what.entry)
            && (what.kind.empty() || project.kind == what.kind);
    };
    const auto match = std::find_if(found.projects.begin(), found.projects.end(), matches);
    if (match != found.projects.end())
        return *match;
    if (!what.entry.empty()) // an entry point we did not see: believed, the worker will tell
        return FoundProject {.kind = "wsgi",
                             .title = "Python",
                             .name = folderName(found.folder),
                             .root = found.folder,
                             .entry = what.entry,
                             .interface = "wsgi"};
    return noProject(what, found);
}

} // namespace

Result<void> checkNewSite(const api::NewSite &what)
{
    if (what.path.starts_with("http://") || what.path.starts_with("https://"))
        return Error {ErrorCode::Invalid,
                      "this version has no reverse proxy: name a folder, not a URL"};
    if (!what.path.starts_with("/"))
        return Error {ErrorCode::Invalid,
                      fmt::format("path: \"{}\" is not an absolute path", what.path)};
    const auto isKind = [&](std::string_view kind) {
        return kind == what.kind;
    };
    if (!what.kind.empty() && std::none_of(std::begin(kKinds), std::end(kKinds), isKind))
        return Error {ErrorCode::Invalid,
                      fmt::format("there is no kind {}; it is one of {}", what.kind,
                                  fmt::join(kKinds, ", "))};
    if (!what.name.empty()) {
        if (auto good = checkSiteName(what.name); !good)
            return good;
    }
    return what.entry.empty() ? Result<void> {} : checkEntryPoint(what.entry);
}

std::vector<std::string> defaultHosts(const Document &document, const std::string &id)
{
    const bool taken = std::any_of(document.sites.begin(), document.sites.end(),
                                   [](const SiteConfig &site) { return site.hosts.empty(); });
    return taken ? std::vector<std::string> {hostOfName(id)} : std::vector<std::string> {};
}

Result<Document> withNewSite(Document document, const api::NewSite &what, const Detection &found)
{
    auto chosen = chooseProject(what, found);
    if (!chosen)
        return std::move(chosen).error();
    const FoundProject &project = *chosen;
    auto settings = parseAppSettings(what.settings);
    if (!settings)
        return std::move(settings).error();
    const bool needsPython = what.python.empty() && project.kind != "static";
    if (needsPython && found.pythons.empty())
        return Error {ErrorCode::NotFound,
                      "no Python 3.9 or newer was found; install python3, or name one"};
    if (!what.name.empty() && document.findSite(what.name))
        return Error {
            ErrorCode::Conflict,
            fmt::format("there is a site {} already; choose another name, for instance {}",
                        what.name, makeIdentifier(what.name, document))};
    const std::string id = what.name.empty() ? makeIdentifier(project.name, document) : what.name;
    SiteConfig site;
    site.id = id;
    site.hosts = what.hosts.empty() ? defaultHosts(document, id) : what.hosts;
    if (project.kind == "static") {
        site.routes.push_back({.path = "/", .handler = StaticRoute {.root = project.root}});
    } else {
        AppConfig app {
            .id = document.findApp(id) ? makeIdentifier(id, document) : id,
            .root = project.root,
            .entry = what.entry.empty() ? project.entry : what.entry,
            .interface =
                what.interface.empty() || what.interface == "auto" ? project.interface : what.interface,
            .python = needsPython ? found.pythons.front().path : what.python,
            .kind = project.title,
            .env = what.env,
            .secrets = what.secrets,
            .settings = std::move(*settings)};
        site.routes.push_back({.path = "/", .handler = PythonRoute {.app = app.id}});
        document.apps.push_back(std::move(app));
    }
    document.sites.push_back(std::move(site));
    return document;
}

} // namespace arc
