// SPDX-License-Identifier: Apache-2.0
#include "server/control/edits.h"

#include "server/base/text.h"
#include "server/config/unknown_setting.h"
#include "server/control/unmask.h"

#include <algorithm>

#include <fmt/ranges.h>

namespace arc {

namespace {

struct SiteField {
    const char *key;
    api::SiteEdit edit; // with this field alone
};

std::vector<SiteField> fieldsOf(const api::SiteEdit &edit)
{
    std::vector<SiteField> fields;
    if (edit.name)
        fields.push_back({"name", {.id = edit.id, .name = edit.name}});
    if (edit.hosts)
        fields.push_back({"hosts", {.id = edit.id, .hosts = edit.hosts}});
    if (edit.entry)
        fields.push_back({"entry", {.id = edit.id, .entry = edit.entry}});
    if (edit.interface)
        fields.push_back({"interface", {.id = edit.id, .interface = edit.interface}});
    if (edit.python)
        fields.push_back({"python", {.id = edit.id, .python = edit.python}});
    if (edit.env)
        fields.push_back({"env", {.id = edit.id, .env = edit.env}});
    if (edit.secrets)
        fields.push_back({"secrets", {.id = edit.id, .secrets = edit.secrets}});
    return fields;
}

size_t countOf(const api::ChangeSet &what)
{
    size_t count = what.settings.size();
    for (const api::SiteEdit &site : what.sites)
        count += fieldsOf(site).size();
    return count;
}

template <class T>
const std::string *idAt(const std::vector<T> &list, size_t index)
{
    return index < list.size() ? &list[index].id : nullptr;
}

/// Why one edit alone would be refused; empty: it would not.
template <class Apply>
std::string refusalOf(Document copy, Apply apply)
{
    if (auto applied = apply(copy); !applied)
        return applied.error().message();
    const auto valid = validate(copy);
    return valid ? std::string() : valid.error().message();
}

} // namespace

Error noSite(const Document &document, std::string_view id)
{
    constexpr size_t kNamedMax = 10;
    std::vector<std::string_view> names;
    for (const SiteConfig &site : document.sites) {
        if (names.size() < kNamedMax)
            names.push_back(site.id);
    }
    return Error {ErrorCode::NotFound,
                  names.empty()
                      ? fmt::format("there is no site {}, nor any other; add one first", id)
                      : fmt::format("there is no site {}; there {} {}{}", id,
                                    names.size() == 1 ? "is" : "are", fmt::join(names, ", "),
                                    document.sites.size() > kNamedMax ? " and others" : "")};
}

Result<void> checkSiteName(const std::string &name)
{
    if (isIdentifier(name))
        return {};
    return Error {ErrorCode::Invalid, fmt::format("name: \"{}\" {}", name, kIdentifierRule)};
}

Result<void> checkEntryPoint(const std::string &entry)
{
    if (isEntry(entry))
        return {};
    return Error {ErrorCode::Invalid,
                  fmt::format("entry: \"{}\" {}, for instance app:app", entry, kEntryRule)};
}

std::string hostOfName(std::string_view site)
{
    return std::string(site) + ".localhost";
}

Error toldByName(const Error &error, const Document &document)
{
    const std::string_view text = error.message();
    const size_t open = text.find('[');
    const size_t close = text.find(']');
    if (open == text.npos || close == text.npos || close < open || close + 1 >= text.size())
        return error;
    const std::string_view list = text.substr(0, open);
    const auto index = parseUnsigned(text.substr(open + 1, close - open - 1));
    const std::string *id = !index ? nullptr
        : list == "apps"           ? idAt(document.apps, *index)
        : list == "sites"          ? idAt(document.sites, *index)
        : list == "listeners"      ? idAt(document.listeners, *index)
        : list == "certificates"   ? idAt(document.certificates, *index)
                                   : nullptr;
    if (!id)
        return error;
    const std::string_view rest = text.substr(close + 1);
    const std::string kind(list.substr(0, list.size() - 1)); // without the s
    return {error.code(),
            rest.starts_with('.') ? fmt::format("{} {}, {}", kind, *id, rest.substr(1))
                                  : fmt::format("{} {}{}", kind, *id, rest)};
}

SiteConfig *findMutable(Document &document, std::string_view id)
{
    const auto found = std::find_if(document.sites.begin(), document.sites.end(),
                                    [&](const SiteConfig &site) { return site.id == id; });
    return found == document.sites.end() ? nullptr : &*found;
}

const AppConfig *appOf(const SiteConfig &site, const Document &document) noexcept
{
    for (const RouteConfig &route : site.routes) {
        if (const auto *python = std::get_if<PythonRoute>(&route.handler))
            return document.findApp(python->app);
    }
    return nullptr;
}

bool isSettableAt(const SettingRow &row, std::string_view scope)
{
    if (scope == "engine")
        return true;
    if (scope == "app")
        return row.scope == Scope::App;
    return row.scope == Scope::Site || row.scope == Scope::Route;
}

Result<void> applySettingEdit(Document &document, const api::SettingEdit &edit,
                              const PinnedSettings &pinned)
{
    const SettingRow *row = findSetting(edit.key);
    if (!row)
        return unknownSetting(edit.key).within(edit.key);
    if (const auto source = pinned.source.find(edit.key); source != pinned.source.end())
        return Error {ErrorCode::Conflict,
                      fmt::format("{}: set by the {}, so it cannot be changed here", edit.key,
                                  source->second)};
    auto overrides = overridesAt(document, edit.scope, edit.object);
    if (!overrides)
        return std::move(overrides).error();
    if (!isSettableAt(*row, edit.scope))
        return Error {ErrorCode::Invalid,
                      fmt::format("{}: cannot be set for one {}", edit.key, edit.scope)};
    if (!edit.value) {
        (*overrides)->erase(edit.key);
        return {};
    }
    auto value = parseSetting(*row, *edit.value);
    if (!value)
        return std::move(value).error().within(edit.key);
    (*overrides)->insert_or_assign(edit.key, std::move(*value));
    return {};
}

Result<void> applySiteEdit(Document &document, const api::SiteEdit &edit)
{
    SiteConfig *site = findMutable(document, edit.id);
    if (!site)
        return noSite(document, edit.id);
    if (edit.name && *edit.name != edit.id && document.findSite(*edit.name))
        return Error {ErrorCode::Conflict,
                      fmt::format("there is a site {} already; choose another name", *edit.name)};
    if (edit.name) {
        if (auto good = checkSiteName(*edit.name); !good)
            return good;
        const std::string host = hostOfName(*edit.name);
        if (std::find(site->hosts.begin(), site->hosts.end(), host) == site->hosts.end())
            std::replace(site->hosts.begin(), site->hosts.end(), hostOfName(edit.id), host);
        site->id = *edit.name;
    }
    if (edit.hosts)
        site->hosts = *edit.hosts;
    if (!edit.entry && !edit.interface && !edit.python && !edit.env && !edit.secrets)
        return {};
    auto *app = const_cast<AppConfig *>(appOf(*site, document)); // the document itself is mutable
    if (!app)
        return Error {
            ErrorCode::Invalid,
            fmt::format("site {} hosts no app: it has no entry, interpreter or environment",
                        edit.id)};
    if (edit.entry) {
        if (auto good = checkEntryPoint(*edit.entry); !good)
            return good;
        app->entry = *edit.entry;
    }
    if (edit.interface)
        app->interface = *edit.interface;
    if (edit.python)
        app->python = *edit.python;
    const AppConfig before = *app;
    if (edit.env)
        app->env = *edit.env;
    if (edit.secrets)
        app->secrets = *edit.secrets;
    return unmaskVariables(*app, &before, {});
}

std::vector<NewInterpreter> newInterpreters(const Document &current,
                                            const std::vector<api::SiteEdit> &edits)
{
    std::vector<NewInterpreter> found;
    for (const api::SiteEdit &edit : edits) {
        const SiteConfig *site = current.findSite(edit.id);
        const AppConfig *app = site ? appOf(*site, current) : nullptr;
        if (edit.python && app && *edit.python != app->python)
            found.push_back({edit.id, app->root, *edit.python});
    }
    return found;
}

Result<Document> applyChangeSet(const Document &current, const api::ChangeSet &what,
                                const PinnedSettings &pinned)
{
    if (countOf(what) > kEditsMax)
        return Error {ErrorCode::Full, fmt::format("more than {} edits in one change", kEditsMax)};
    Document next = current;
    for (const api::SettingEdit &edit : what.settings) {
        if (auto applied = applySettingEdit(next, edit, pinned); !applied)
            return std::move(applied).error();
    }
    for (const api::SiteEdit &edit : what.sites) {
        if (auto applied = applySiteEdit(next, edit); !applied)
            return std::move(applied).error();
    }
    return next;
}

std::vector<api::EditProblem> problemsOf(const Document &current, const api::ChangeSet &what,
                                         const PinnedSettings &pinned)
{
    std::vector<api::EditProblem> problems;
    const auto note = [&](std::string scope, std::string object, std::string key,
                          std::string message) {
        if (!message.empty())
            problems.push_back(
                {std::move(scope), std::move(object), std::move(key), std::move(message)});
    };
    if (countOf(what) > kEditsMax) {
        note({}, {}, {}, fmt::format("more than {} edits in one change", kEditsMax));
        return problems;
    }
    const auto together = applyChangeSet(current, what, pinned);
    const auto valid = together ? validate(*together) : Result<void>(together.error());
    if (valid) // also when an edit would be refused without another one
        return problems;
    for (const api::SettingEdit &edit : what.settings) {
        note(edit.scope, edit.object, edit.key, refusalOf(current, [&](Document &copy) {
                 return applySettingEdit(copy, edit, pinned);
             }));
    }
    for (const api::SiteEdit &site : what.sites) {
        for (const SiteField &field : fieldsOf(site)) {
            note("site", site.id, field.key, refusalOf(current, [&](Document &copy) {
                     return applySiteEdit(copy, field.edit);
                 }));
        }
    }
    if (problems.empty())
        note({}, {}, {}, valid.error().message());
    return problems;
}

} // namespace arc
