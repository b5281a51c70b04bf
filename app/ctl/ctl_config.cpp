// SPDX-License-Identifier: Apache-2.0
// Verbs about configuration: settings list|get|set|reset, config
// export|import|history|diff|rollback.
#include "app/ctl/ctl_verbs.h"

#include "app/ctl/text_table.h"
#include "server/base/text.h"
#include "server/config/schema.h"
#include "server/config/unknown_setting.h"
#include "server/control/api/wire.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iostream>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

std::string originOf(const api::SettingView &view)
{
    if (!view.pinnedBy.empty())
        return view.pinnedBy;
    return view.isSet ? "set here" : "inherited";
}

/// An app is named as its site is, too: they part when a site is renamed.
Result<CtlLevel> levelOf(CtlSession &session, CtlLevel level)
{
    if (level.app.empty())
        return level;
    const auto views = session.ask(&Control::sites, {});
    if (!views)
        return views.error();
    for (const api::SiteView &site : views->sites) {
        if (site.id == level.app && !site.app.empty()) {
            level.app = site.app;
            break;
        }
    }
    return level;
}

Result<api::SettingViews> askSettings(CtlSession &session, const CtlLevel &named)
{
    const auto level = levelOf(session, named);
    if (!level)
        return level.error();
    return session.ask(&Control::settings, {.scope = level->scope(), .object = level->object()});
}

void sayChanged(CtlSession &session, const api::Changed &changed, const std::string &when = {})
{
    session.say(fmt::format("{} (revision {}){}", changed.summary, changed.revision, when));
}

/// All that an import would change, a line each: here is room for what a line of the history cuts.
void sayWouldChange(CtlSession &session, const api::Changed &changed)
{
    if (changed.changes.empty())
        return session.say("Nothing would change.");
    session.say("Would change:");
    for (const std::string &change : changed.changes)
        session.say("  " + oneLine(change));
}

/// What is to be said of settings that the engine reads at its start only; empty: of none here.
std::string whenOf(const std::vector<api::SettingEdit> &edits)
{
    std::vector<std::string_view> late;
    for (const api::SettingEdit &edit : edits) {
        const SettingRow *row = findSetting(edit.key);
        if (row && row->applies == Applies::OnRestart)
            late.push_back(row->key);
    }
    if (late.empty())
        return {};
    return fmt::format("; {}from the next start of the engine",
                       late.size() == edits.size() ? ""
                                                   : fmt::format("{} ", fmt::join(late, ", ")));
}

/// At most one byte more than the engine takes, so that too long is seen without reading all of it.
Result<std::string> readDocument(const std::string &file)
{
    std::ifstream opened;
    if (file != "-") {
        opened.open(file, std::ios::binary);
        if (!opened)
            return Error {ErrorCode::NotFound,
                          fmt::format("{}: {}; name a file that `arcology ctl config export` "
                                      "printed",
                                      file, strerror(errno))};
    }
    std::istream &input = file == "-" ? std::cin : opened;
    std::string text(api::kRequestBytesMax + 1, '\0');
    input.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(input.gcount()));
    if (input.bad())
        return Error {ErrorCode::Unavailable, fmt::format("{}: cannot be read", file)};
    if (text.size() > api::kRequestBytesMax)
        return Error {ErrorCode::Full,
                      fmt::format("{}: longer than {} bytes", file, api::kRequestBytesMax)};
    return text;
}

int editSettings(CtlSession &session, api::SettingEdits edits)
{
    const std::string when = whenOf(edits.edits);
    return session.show(&Control::editSettings, std::move(edits),
                        [&](const api::Changed &changed) { sayChanged(session, changed, when); });
}

/// One side of a difference, short enough for a terminal.
std::string side(const std::string &json)
{
    return json.empty() ? "(not there)" : oneLine(json);
}

} // namespace

int ctlSettingsList(CtlSession &session, const CtlLevel &level)
{
    const auto views = askSettings(session, level);
    if (!views)
        return session.fail(views.error());
    if (session.json()) {
        session.printJson(*views);
        return 0;
    }
    TextTable table({"KEY", "VALUE", "FROM"});
    for (const api::SettingView &view : views->settings)
        table.add({view.key, view.value, originOf(view)});
    session.print(table.text(static_cast<size_t>(session.world().columns)));
    return 0;
}

int ctlSettingsGet(CtlSession &session, const CtlLevel &level, const std::string &key)
{
    auto views = askSettings(session, level);
    if (!views)
        return session.fail(views.error());
    std::erase_if(views->settings, [&](const api::SettingView &view) { return view.key != key; });
    if (views->settings.empty())
        return session.fail(
            findSetting(key)
                ? Error {ErrorCode::Invalid,
                         fmt::format("{}: is no setting of this level; leave out --site and --app",
                                     key)}
                : unknownSetting(key).within(key));
    if (session.json())
        session.printJson(*views);
    else
        session.say(views->settings.front().value);
    return 0;
}

int ctlSettingsSet(CtlSession &session, const CtlLevel &named,
                   const std::vector<std::string> &pairs)
{
    const auto level = levelOf(session, named);
    if (!level)
        return session.fail(level.error());
    api::SettingEdits edits;
    for (const std::string &text : pairs) {
        auto pair = splitPair(text);
        if (!pair)
            return session.fail(pair.error());
        edits.edits.push_back({.key = std::move(pair->first),
                               .scope = level->scope(),
                               .object = level->object(),
                               .value = std::move(pair->second)});
    }
    return editSettings(session, std::move(edits));
}

int ctlSettingsReset(CtlSession &session, const CtlLevel &named,
                     const std::vector<std::string> &keys)
{
    const auto level = levelOf(session, named);
    if (!level)
        return session.fail(level.error());
    api::SettingEdits edits;
    for (const std::string &key : keys)
        edits.edits.push_back({.key = key, .scope = level->scope(), .object = level->object()});
    return editSettings(session, std::move(edits));
}

namespace {

constexpr std::chrono::milliseconds kPollInterval {200};
/// The engine ends every start by pool.start_timeout_s itself; this only ends a wait for an engine
/// that does not.
constexpr std::chrono::minutes kStartWaitMax {15};
constexpr int kInterrupted = 130; // as shells report Ctrl+C

bool isStarting(const api::Snapshot &snapshot)
{
    return std::ranges::any_of(snapshot.pools, [](const api::PoolFigures &pool) {
        return pool.state == "starting" || pool.nextGeneration != 0;
    });
}

/// A change of the whole is in force before its apps have started: whether they do is what it was
/// for. Tells of those that do not and did before, or did not fail like this.
int awaitApps(CtlSession &session, const api::Snapshot &before)
{
    const auto deadline = std::chrono::steady_clock::now() + kStartWaitMax;
    session.world().catchInterrupts();
    auto now = session.ask(&Control::snapshot, {});
    while (now && isStarting(*now) && std::chrono::steady_clock::now() < deadline) {
        if (session.world().pause(kPollInterval))
            return kInterrupted;
        now = session.ask(&Control::snapshot, {});
    }
    if (!now)
        return session.fail(now.error());
    int exit = 0;
    for (const api::PoolFigures &pool : now->pools) {
        const auto then = std::ranges::find(before.pools, pool.app, &api::PoolFigures::app);
        const bool isNew = then == before.pools.end() || then->cause != pool.cause;
        // A stopped one with a cause sleeps until somebody asks.
        if (pool.cause.empty() || !isNew || pool.state == "stopped")
            continue;
        exit = session.fail({ErrorCode::AppFailed,
                             fmt::format("{} did not start: {}", pool.app, oneLine(pool.cause))});
    }
    return exit;
}

/// Orders a change of the whole and sees it through.
template <class Request>
int changeWhole(CtlSession &session,
                void (Control::*operation)(Request, Control::Callback<api::Changed>), Request what)
{
    const auto before = session.ask(&Control::snapshot, {});
    if (!before)
        return session.fail(before.error());
    const auto changed = session.ask(operation, std::move(what));
    if (!changed)
        return session.fail(changed.error());
    if (session.json())
        session.printJson(*changed);
    sayChanged(session, *changed);
    return awaitApps(session, *before);
}

} // namespace

int ctlConfigExport(CtlSession &session)
{
    return session.show(&Control::exportConfig, {}, [&](const api::Text &document) {
        session.print(document.text);
        if (!document.text.ends_with('\n'))
            session.print("\n");
    });
}

int ctlConfigImport(CtlSession &session, const std::string &file, bool dryRun)
{
    auto document = readDocument(file);
    if (!document)
        return session.fail(document.error());
    api::ImportDocument what {.document = std::move(*document), .dryRun = dryRun};
    if (!dryRun)
        return changeWhole(session, &Control::importConfig, std::move(what));
    return session.show(&Control::importConfig, std::move(what),
                        [&](const api::Changed &changed) { sayWouldChange(session, changed); });
}

int ctlConfigHistory(CtlSession &session, int limit)
{
    return session.show(
        &Control::configHistory, {.limit = limit}, [&](const api::RevisionViews &views) {
            TextTable table({"REVISION", "WHEN", "AUTHOR", "SUMMARY"});
            for (const api::RevisionView &view : views.revisions)
                table.add({std::to_string(view.revision), formatTimestamp(view.atUnixMs),
                           view.author, view.summary});
            session.print(table.text());
        });
}

int ctlConfigDiff(CtlSession &session, uint64_t from, uint64_t to)
{
    return session.show(&Control::configDiff, {.from = from, .to = to},
                        [&](const api::DiffView &diff) {
                            if (diff.items.empty())
                                session.say("Nothing differs.");
                            for (const api::DiffItem &item : diff.items)
                                session.say(fmt::format("{} {}\n  - {}\n  + {}", item.kind, item.id,
                                                        side(item.before), side(item.after)));
                        });
}

int ctlConfigRollback(CtlSession &session, uint64_t to)
{
    return changeWhole(session, &Control::rollbackConfig, api::Rollback {.to = to});
}

} // namespace arc
