// SPDX-License-Identifier: Apache-2.0
// Verbs about sites: list, add, remove, start, stop, restart, run; edit is in ctl_edit.cpp,
// releases in ctl_releases.cpp.
#include "app/ctl/ctl_verbs.h"

#include "app/command_line.h"
#include "app/ctl/text_table.h"
#include "app/input_file.h"
#include "server/config/variables.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace arc {

namespace {

constexpr std::chrono::milliseconds kPollInterval {200};
/// The engine ends every start by pool.start_timeout_s itself; this only ends a wait for an engine
/// that does not.
constexpr std::chrono::minutes kServeWaitMax {15};
constexpr int kInterrupted = 130;          // as shells report Ctrl+C
constexpr size_t kInputBytesMax = 1 << 20; // of a one-off command: it travels in one call

const api::SiteFigures *findSite(const api::Snapshot &snapshot, const std::string &id)
{
    for (const api::SiteFigures &site : snapshot.sites) {
        if (site.id == id)
            return &site;
    }
    return nullptr;
}

int workersOf(const api::Snapshot &snapshot, const std::string &app)
{
    for (const api::PoolFigures &pool : snapshot.pools) {
        if (pool.app == app)
            return pool.wanted;
    }
    return 0;
}

void sayServing(CtlSession &session, const api::SiteFigures &site, int workers, uint64_t revision)
{
    if (session.json()) {
        const nlohmann::ordered_json json = {
            {"name", site.id},   {"kind", site.kind},   {"state", site.state}, {"workers", workers},
            {"urls", site.urls}, {"cause", site.cause}, {"revision", revision}};
        session.print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                      + "\n");
        return;
    }
    const std::string count =
        workers == 0 ? "" : fmt::format(" · {} worker{}", workers, workers == 1 ? "" : "s");
    session.say(fmt::format("Serving {} ({}{}) at {}", site.id, site.kind, count,
                            fmt::join(site.urls, ", ")));
}

/// The site that is there now and was not before; where several are, the one of our folder.
Result<api::SiteView> findAdded(CtlSession &session, const std::set<std::string> &before,
                                const std::string &root)
{
    const auto sites = session.ask(&Control::sites, {});
    if (!sites)
        return sites.error();
    const api::SiteView *added = nullptr;
    for (const api::SiteView &site : sites->sites) {
        if (!before.contains(site.id) && (!added || site.root == root))
            added = &site;
    }
    if (!added)
        return Error {ErrorCode::NotFound, "the site was added, and removed by somebody else"};
    return *added;
}

/// The site stays, as it does in the window: mending the app and starting again is the usual way.
std::string didNotStart(const std::string &id, const std::string &cause)
{
    return fmt::format("{0} did not start: {1} (`arcology ctl log tail {0}` shows all it wrote; "
                       "`arcology ctl site restart {0}` tries again, `site remove {0}` forgets it)",
                       id, cause);
}

int waitUntilServing(CtlSession &session, const api::SiteView &added, uint64_t revision)
{
    const auto deadline = std::chrono::steady_clock::now() + kServeWaitMax;
    session.world().catchInterrupts();
    while (std::chrono::steady_clock::now() < deadline) {
        const auto snapshot = session.ask(&Control::snapshot, {});
        if (!snapshot)
            return session.fail(snapshot.error());
        const api::SiteFigures *site = findSite(*snapshot, added.id);
        if (site && (site->state == "running" || site->state == "degraded")) {
            sayServing(session, *site, workersOf(*snapshot, added.app), revision);
            return 0;
        }
        if (site && site->state == "failed")
            return session.fail({ErrorCode::AppFailed, didNotStart(added.id, site->cause)});
        if (session.world().pause(kPollInterval)) {
            session.world().err(fmt::format("arcology: {} goes on starting\n", added.id));
            return kInterrupted;
        }
    }
    return session.fail({ErrorCode::Unavailable, fmt::format("{} is still starting", added.id)});
}

int change(CtlSession &session,
           void (Control::*operation)(api::Id, Control::Callback<api::Changed>),
           const std::string &site)
{
    return session.show(operation, {.id = site}, [&](const api::Changed &changed) {
        session.say(fmt::format("{} (revision {})", changed.summary, changed.revision));
    });
}

/// "K=V", or "K" for the value it has here: a password then stands on no command line.
Result<std::pair<std::string, std::string>> variableOf(const std::string &text)
{
    if (text.find('=') != text.npos)
        return splitPair(text);
    const char *value = std::getenv(text.c_str());
    if (!value)
        return Error {
            ErrorCode::Invalid,
            fmt::format("--env {0}: there is no such variable here; write {0}=VALUE", text)};
    return std::pair {text, std::string(value)};
}

/// Standard input up to its end.
Result<std::string> readInput()
{
    std::string text(kInputBytesMax + 1, '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(std::cin.gcount()));
    if (std::cin.bad())
        return Error {ErrorCode::Unavailable, "standard input cannot be read"};
    if (text.size() > kInputBytesMax)
        return Error {ErrorCode::Full,
                      fmt::format("standard input is longer than {} bytes", kInputBytesMax)};
    return text;
}

int exitOf(const api::TaskView &task)
{
    if (task.state == "cancelled")
        return kInterrupted;
    return task.exitStatus != 0 ? task.exitStatus : task.state == "failed" ? 1 : 0;
}

} // namespace

Result<std::pair<std::string, std::string>> splitPair(const std::string &text)
{
    const size_t equals = text.find('=');
    if (equals == 0 || equals == text.npos)
        return Error {ErrorCode::Invalid, fmt::format("{}: must be KEY=VALUE", text)};
    return std::pair {text.substr(0, equals), text.substr(equals + 1)};
}

int ctlSiteList(CtlSession &session)
{
    if (session.json())
        return session.show(&Control::sites, {}, [](const api::SiteViews &) {});
    return session.show(&Control::snapshot, {}, [&](const api::Snapshot &snapshot) {
        TextTable table({"NAME", "STATE", "KIND", "REQUESTS/S", "ADDRESS"});
        for (const api::SiteFigures &site : snapshot.sites) {
            table.add({site.id, site.state, site.kind,
                       fmt::format("{:.1f}", site.now.requestsPerSecond),
                       fmt::format("{}", fmt::join(site.urls, ", "))});
        }
        if (table.empty())
            session.say("No sites. Add one: arcology ctl site add FOLDER");
        else
            session.print(table.text());
        for (const api::SiteFigures &site : snapshot.sites) {
            if (!site.cause.empty())
                session.say(fmt::format("{} is {}: {}", site.id, site.state, oneLine(site.cause)));
        }
    });
}

int ctlSiteAdd(CtlSession &session, CtlNewSite what)
{
    for (const auto &[texts, target] :
         {std::pair {&what.env, &what.site.env}, {&what.settings, &what.site.settings}}) {
        for (const std::string &text : *texts) {
            auto pair = splitPair(text);
            if (!pair)
                return session.fail(pair.error());
            target->insert_or_assign(std::move(pair->first), std::move(pair->second));
        }
    }
    if (!what.envFile.empty()) {
        auto pairs = readEnvFile(what.envFile);
        if (!pairs)
            return session.fail(std::move(pairs).error().within("--env-file"));
        for (auto &[name, value] : *pairs) {
            if (!what.site.env.contains(name)) // what stands on the command line holds
                (looksSecret(name, value) ? what.site.secrets : what.site.env)
                    .insert_or_assign(name, std::move(value));
        }
    }
    what.site.path = folderPath(what.site.path); // the engine stands in another folder
    auto python = interpreterPath(what.site.python);
    if (!python)
        return session.fail(python.error());
    what.site.python = std::move(*python);

    const auto before = session.ask(&Control::sites, {});
    if (!before)
        return session.fail(before.error());
    std::set<std::string> names;
    for (const api::SiteView &site : before->sites)
        names.insert(site.id);
    const std::string root = what.site.path;
    const auto changed = session.ask(&Control::addSite, std::move(what.site));
    if (!changed)
        return session.fail(changed.error());
    const auto added = findAdded(session, names, root);
    if (!added)
        return session.fail(added.error());
    return waitUntilServing(session, *added, changed->revision);
}

int ctlSiteRemove(CtlSession &session, const std::string &site)
{
    return change(session, &Control::removeSite, site);
}

int ctlSiteStart(CtlSession &session, const std::string &site)
{
    if (const int code = change(session, &Control::startSite, site); code != 0)
        return code;
    session.world().catchInterrupts();
    const auto deadline = std::chrono::steady_clock::now() + kServeWaitMax;
    while (std::chrono::steady_clock::now() < deadline) {
        const auto snapshot = session.ask(&Control::snapshot, {});
        if (!snapshot)
            return session.fail(snapshot.error());
        const api::SiteFigures *now = findSite(*snapshot, site);
        if (now && now->state == "failed")
            return session.fail({ErrorCode::AppFailed, didNotStart(site, now->cause)});
        if (!now || now->state != "starting" || session.world().pause(kPollInterval))
            return 0; // what was asked for is done: it goes on starting
    }
    return 0;
}

int ctlSiteStop(CtlSession &session, const std::string &site)
{
    return change(session, &Control::stopSite, site);
}

int ctlSiteRestart(CtlSession &session, const std::string &site)
{
    return session.show(&Control::restartSite, {.id = site}, [&](const api::Deployed &deployed) {
        session.say(oneLine(deployed.summary));
    });
}

int ctlSiteRun(CtlSession &session, const std::string &site, const CtlRun &what)
{
    api::RunCommand command {
        .id = site, .argv = what.argv, .env = {}, .input = {}, .release = what.release};
    for (const std::string &text : what.env) {
        auto pair = variableOf(text);
        if (!pair)
            return session.fail(pair.error());
        command.env.insert_or_assign(std::move(pair->first), std::move(pair->second));
    }
    if (what.takesInput) {
        auto input = readInput();
        if (!input)
            return session.fail(input.error());
        command.input = std::move(*input);
    }
    const auto started = session.ask(&Control::runCommand, std::move(command));
    if (!started)
        return session.fail(started.error());
    session.world().catchInterrupts();
    int64_t after = 0;
    std::string output; // all of it, for --json
    bool cancelled = false;
    for (;;) {
        const auto task = session.ask(&Control::task, {.id = started->id, .after = after});
        if (!task)
            return session.fail(task.error());
        if (session.json())
            output += task->output;
        else
            session.print(task->output);
        after = task->offset + static_cast<int64_t>(task->output.size());
        if (!task->output.empty())
            continue; // there may be more at once
        if (task->state != "running") {
            if (session.json()) {
                api::TaskView whole = *task;
                whole.offset = after - static_cast<int64_t>(output.size());
                whole.output = std::move(output);
                session.printJson(whole);
            }
            return exitOf(*task);
        }
        if (!session.world().pause(kPollInterval))
            continue;
        if (cancelled)
            return kInterrupted; // asked twice: no more waiting
        cancelled = true;
        if (const auto cancel = session.ask(&Control::cancelTask, {.id = started->id}); !cancel)
            return session.fail(cancel.error());
    }
}

} // namespace arc
