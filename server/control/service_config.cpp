// SPDX-License-Identifier: Apache-2.0
// Operations on settings and on the configuration as a whole: edit, export, import, history,
// rollback.
#include "server/control/service.h"

#include "server/config/unknown_setting.h"
#include "server/control/diagnostics.h"
#include "server/control/unmask.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::string_view kTookBack = "took back revision ";
constexpr std::string_view kBroughtBack = "brought back revision ";

/// The history's line for a revision that is taken back. To take back what took back brings back
/// what there was, and so on: a line never holds more than one of them.
std::string takenBack(uint64_t revision, std::string_view summary)
{
    if (summary.starts_with(kTookBack))
        return fmt::format("{}{}", kBroughtBack, summary.substr(kTookBack.size()));
    if (summary.starts_with(kBroughtBack))
        return fmt::format("{}{}", kTookBack, summary.substr(kBroughtBack.size()));
    return fmt::format("{}{}: {}", kTookBack, revision, summary);
}

/// Of variables and secret settings; secrets of apps are shown to nobody.
bool maySeeValues(Role role)
{
    return role >= Role::Operator; // who may set them
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
                    if (auto applied = applySettingEdit(next, edit, m_host.pinned()); !applied)
                        return std::move(applied).error();
                }
                return next;
            },
            .dryRun = what.dryRun,
            .done = std::move(done)});
}

void ControlService::applyChanges(const Caller &caller, api::ChangeSet what,
                                  Callback<api::ChangeOutcome> done)
{
    std::vector<NewInterpreter> named = newInterpreters(m_document, what.sites);
    tryInterpreters(
        std::move(named), 0, {},
        [this, caller, what = std::move(what),
         done = std::move(done)](std::vector<RefusedInterpreter> refused) mutable {
            if (!what.dryRun && !refused.empty())
                return done(std::move(refused.front().why));
            if (!what.dryRun)
                return changeNow(caller, std::move(what), std::move(done));
            // Says what is wrong with every edit, not only with the first; nothing waits for it.
            api::ChangeOutcome outcome {.revision = m_revision};
            outcome.problems = problemsOf(m_document, what, m_host.pinned());
            for (const RefusedInterpreter &each : refused)
                outcome.problems.push_back({"site", each.site, "python", each.why.message()});
            if (auto next = applyChangeSet(m_document, what, m_host.pinned());
                next && outcome.problems.empty())
                outcome.summary = summarise(diffDocuments(m_document, *next));
            done(std::move(outcome));
        });
}

void ControlService::changeNow(const Caller &caller, api::ChangeSet what,
                               Callback<api::ChangeOutcome> done)
{
    change({.caller = caller,
            .expected = what.revision,
            .mutate =
                [this, what = std::move(what)](const Document &current) {
                    return applyChangeSet(current, what, m_host.pinned());
                },
            .done =
                [done = std::move(done)](Result<api::Changed> changed) {
                    if (!changed)
                        return done(std::move(changed).error());
                    done(api::ChangeOutcome {.revision = changed->revision,
                                             .summary = std::move(changed->summary)});
                }});
}

void ControlService::exportConfig(const Caller &caller, api::Nothing, Callback<api::Text> done)
{
    std::vector<std::string> masked;
    done(api::Text {printDocument(maySeeValues(caller.role) ? maskSecrets(m_document)
                                                            : maskValues(m_document, masked))});
}

void ControlService::importConfig(const Caller &caller, api::ImportDocument what,
                                  Callback<api::Changed> done)
{
    auto document = parseDocument(what.document);
    if (!document)
        return done(std::move(document).error());
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [next = std::move(*document)](
                          const Document &current) { return unmask(next, current); },
            .dryRun = what.dryRun,
            .isDocument = true,
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

void ControlService::configDiff(const Caller &caller, api::DiffQuery what,
                                Callback<api::DiffView> done)
{
    m_store.documentAt(
        what.from,
        [this, to = what.to, hide = maySeeValues(caller.role) ? Hide::Secrets : Hide::AllValues,
         done = std::move(done)](Result<Document> from) {
            if (!from)
                return done(std::move(from).error());
            const auto answer = [from = std::move(*from), hide,
                                 done](const Result<Document> &until) {
                if (!until)
                    return done(until.error());
                api::DiffView view;
                for (const ChangeItem &item : diffDocuments(from, *until)) {
                    const ChangeItem shown = maskSecrets(item, hide);
                    view.items.push_back({shown.kind, shown.id, shown.before, shown.after});
                }
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
    // A change that came after what the caller saw must not be undone with it.
    const uint64_t expected = what.revision ? what.revision : m_revision;
    if (what.takeBack)
        return takeBack(caller, what.takeBack, expected, std::move(done));
    if (what.to >= m_revision)
        return done(
            Error {ErrorCode::NotFound, fmt::format("there is no earlier revision {}", what.to)});
    if (what.to)
        return goBack(caller, what.to, expected, false, std::move(done));
    // Undo after undo goes one further back, instead of undoing the undo. A revision that somebody
    // named to go back to is a change like any other: undone, it is gone.
    const uint64_t shown = m_restored ? m_restored : m_revision;
    if (shown < 2)
        return done(Error {ErrorCode::NotFound, "there is nothing to undo"});
    goBack(caller, shown - 1, expected, true, std::move(done));
}

void ControlService::goBack(const Caller &caller, uint64_t revision, uint64_t expected, bool isUndo,
                            Callback<api::Changed> done)
{
    std::string summary = isUndo
        ? fmt::format("revision {} undone: back to revision {}", revision + 1, revision)
        : fmt::format("back to revision {}", revision);
    m_store.documentAt(revision,
                       [this, caller, revision, expected, isUndo, summary = std::move(summary),
                        done = std::move(done)](Result<Document> earlier) mutable {
                           if (!earlier)
                               return done(std::move(earlier).error());
                           change({.caller = caller,
                                   .expected = expected,
                                   .mutate = [next = std::move(*earlier)](const Document &)
                                       -> Result<Document> { return next; },
                                   .summary = std::move(summary),
                                   .restores = isUndo ? revision : 0,
                                   .done = std::move(done)});
                       });
}

void ControlService::takeBack(const Caller &caller, uint64_t revision, uint64_t expected,
                              Callback<api::Changed> done)
{
    if (revision < 2 || revision > m_revision)
        return done(Error {ErrorCode::NotFound,
                           fmt::format("there is no revision {} to take back", revision)});
    // The history's line holds the difference it made, so no document has to be built up for it.
    m_store.history(
        revision + 1, 1,
        [this, caller, revision, expected,
         done = std::move(done)](Result<std::vector<Revision>> found) mutable {
            if (!found)
                return done(std::move(found).error());
            if (found->empty() || found->front().number != revision)
                return done(Error {ErrorCode::NotFound,
                                   fmt::format("revision {} is no longer kept", revision)});
            change({.caller = caller,
                    .expected = expected,
                    .mutate = [diff = invertDiff(found->front().diff)](
                                  const Document &current) { return applyDiff(current, diff); },
                    .summary = takenBack(revision, found->front().summary),
                    .done = std::move(done)});
        });
}

} // namespace arc
