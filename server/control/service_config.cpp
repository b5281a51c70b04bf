// SPDX-License-Identifier: Apache-2.0
// Operations on settings and on the configuration as a whole: edit, export, import, history,
// rollback.
#include "server/control/service.h"

#include "server/config/unknown_setting.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

/// The overrides a (scope, object) pair names in a document, or why there are none.
template <class AnyDocument>
Result<decltype(&std::declval<AnyDocument &>().settings)>
overridesAt(AnyDocument &document, std::string_view scope, std::string_view object)
{
    if (scope == "engine") {
        if (!object.empty())
            return Error {ErrorCode::Invalid, "object: the engine has no object; leave it out"};
        return &document.settings;
    }
    if (scope == "app") {
        for (auto &app : document.apps) {
            if (app.id == object)
                return &app.settings;
        }
        return Error {ErrorCode::NotFound, fmt::format("there is no app {}", object)};
    }
    if (scope == "site") {
        for (auto &site : document.sites) {
            if (site.id == object)
                return &site.settings;
        }
        return Error {ErrorCode::NotFound, fmt::format("there is no site {}", object)};
    }
    return Error {ErrorCode::Invalid,
                  fmt::format("scope: \"{}\" is none of engine, site, app", scope)};
}

bool isSettableAt(const SettingRow &row, std::string_view scope)
{
    if (scope == "engine")
        return true;
    if (scope == "app")
        return row.scope == Scope::App;
    return row.scope == Scope::Site || row.scope == Scope::Route;
}

Result<void> applyEdit(Document &document, const api::SettingEdit &edit,
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

} // namespace

void ControlService::settings(const Caller &, api::SettingsQuery what,
                              Callback<api::SettingViews> done)
{
    const auto own = overridesAt(std::as_const(m_document), what.scope, what.object);
    if (!own)
        return done(own.error());
    const bool isEngine = what.scope == "engine";
    const Settings defaults;
    const Settings engine = inherit(defaults, m_document.settings);
    const PinnedSettings &pinned = m_host.pinned();
    api::SettingViews views;
    views.revision = m_revision;
    for (const SettingRow &row : settingRows()) {
        if (!isSettableAt(row, what.scope))
            continue;
        const auto set = (*own)->find(row.key);
        const SettingValue inherited = valueOf(isEngine ? defaults : engine, row);
        SettingValue value = set == (*own)->end() ? inherited : set->second;
        api::SettingView view {.key = std::string(row.key),
                               .scope = what.scope,
                               .object = what.object,
                               .inherited = printSetting(row, inherited),
                               .isSet = set != (*own)->end()};
        if (const auto source = pinned.source.find(row.key); source != pinned.source.end()) {
            view.pinnedBy = source->second;
            value = pinned.values.find(row.key)->second;
        }
        view.value = printSetting(row, value);
        views.settings.push_back(std::move(view));
    }
    done(std::move(views));
}

void ControlService::editSettings(const Caller &caller, api::SettingEdits what,
                                  Callback<api::Changed> done)
{
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [this,
                       edits = std::move(what.edits)](const Document &current) -> Result<Document> {
                Document next = current;
                for (const api::SettingEdit &edit : edits) {
                    if (auto applied = applyEdit(next, edit, m_host.pinned()); !applied)
                        return std::move(applied).error();
                }
                return next;
            },
            .dryRun = what.dryRun,
            .done = std::move(done)});
}

void ControlService::exportConfig(const Caller &, api::Nothing, Callback<api::Text> done)
{
    done(api::Text {printDocument(m_document)});
}

void ControlService::importConfig(const Caller &caller, api::ImportDocument what,
                                  Callback<api::Changed> done)
{
    auto document = parseDocument(what.document);
    if (!document)
        return done(std::move(document).error());
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [next = std::move(*document)](const Document &) -> Result<Document> {
                return next;
            },
            .dryRun = what.dryRun,
            .done = std::move(done)});
}

void ControlService::configHistory(const Caller &, api::RevisionQuery what,
                                   Callback<api::RevisionViews> done)
{
    const uint64_t before = what.before ? what.before : m_revision + 1;
    const auto limit = static_cast<size_t>(std::clamp(what.limit, 1, 1000));
    m_store.history(before, limit, [done = std::move(done)](Result<std::vector<Revision>> found) {
        if (!found)
            return done(std::move(found).error());
        api::RevisionViews views;
        for (const Revision &revision : *found)
            views.revisions.push_back(
                {revision.number, revision.atUnixMs, revision.author, revision.summary});
        done(std::move(views));
    });
}

void ControlService::configDiff(const Caller &, api::DiffQuery what, Callback<api::DiffView> done)
{
    m_store.documentAt(
        what.from, [this, to = what.to, done = std::move(done)](Result<Document> from) {
            if (!from)
                return done(std::move(from).error());
            const auto answer = [from = std::move(*from), done](const Result<Document> &until) {
                if (!until)
                    return done(until.error());
                api::DiffView view;
                for (const ChangeItem &item : diffDocuments(from, *until))
                    view.items.push_back({item.kind, item.id, item.before, item.after});
                done(std::move(view));
            };
            if (to == 0)
                answer(m_document);
            else
                m_store.documentAt(to, answer);
        });
}

void ControlService::rollbackConfig(const Caller &caller, api::Rollback what,
                                    Callback<api::Changed> done)
{
    // Undo after undo goes one further back, instead of undoing the undo.
    const uint64_t shown = m_restored ? m_restored : m_revision;
    const uint64_t revision = what.to ? what.to : (shown ? shown - 1 : 0);
    if (revision == 0 || revision >= m_revision)
        return done(Error {ErrorCode::NotFound,
                           what.to ? fmt::format("there is no earlier revision {}", what.to)
                                   : std::string("there is nothing to undo")});
    const uint64_t expected =
        m_revision; // of what the caller saw; a change in between must not be undone with it
    m_store.documentAt(revision,
                       [this, caller, revision, expected,
                        done = std::move(done)](Result<Document> earlier) mutable {
                           if (!earlier)
                               return done(std::move(earlier).error());
                           change({.caller = caller,
                                   .expected = expected,
                                   .mutate = [next = std::move(*earlier)](const Document &)
                                       -> Result<Document> { return next; },
                                   .summary = fmt::format("back to revision {}", revision),
                                   .restores = revision,
                                   .done = std::move(done)});
                       });
}

} // namespace arc
