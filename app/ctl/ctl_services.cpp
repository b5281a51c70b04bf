// SPDX-License-Identifier: Apache-2.0
// Verbs about services: app service list, add, edit, remove, start, stop, restart.
#include "app/ctl/ctl_verbs.h"

#include "app/ctl/text_table.h"
#include "server/base/text.h"
#include "server/jobs/syntax/command_words.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::chrono::milliseconds kPollInterval {200};
/// The engine ends every start by the service's own times; this only ends a wait for one that does
/// not.
constexpr std::chrono::minutes kRunWaitMax {130};
constexpr int kInterrupted = 130; // as shells report Ctrl+C

std::string nameOf(const api::ServiceView &view, const api::ServiceProcess &process)
{
    return view.instances > 1 ? fmt::format("{}.{}", view.name, process.number) : view.name;
}

std::string numberOr(int64_t value)
{
    return value ? std::to_string(value) : "";
}

void addRows(TextTable &table, const api::ServiceView &view)
{
    if (view.processes.empty())
        table.add({view.name, view.state, "", "", "", "", "", "", oneLine(view.command)});
    for (const api::ServiceProcess &process : view.processes) {
        const bool isThere = process.processes > 0;
        table.add({nameOf(view, process), process.state, numberOr(process.pid),
                   numberOr(process.port),
                   process.startedUnixMs ? formatTimestamp(process.startedUnixMs) : "",
                   std::to_string(process.restarts),
                   isThere ? formatBytes(static_cast<double>(process.memoryBytes)) : "",
                   isThere ? formatDuration(process.cpuSeconds) : "", oneLine(view.command)});
    }
}

void sayCauses(CtlSession &session, const api::ServiceView &view)
{
    if (view.processes.empty() && !view.cause.empty())
        session.say(fmt::format("{}: {}", view.name, oneLine(view.cause)));
    for (const api::ServiceProcess &process : view.processes) {
        if (process.cause.empty())
            continue;
        const std::string next = process.nextUnixMs
            ? fmt::format("; it is started again at {}", formatTimestamp(process.nextUnixMs))
            : std::string();
        session.say(fmt::format("{}: {}{}", nameOf(view, process), oneLine(process.cause), next));
    }
}

/// Of one that is off, or whose site is, nothing is to be waited for.
bool isDecided(const std::string &state)
{
    return state != "starting" && state != "stopping";
}

int sayOutcome(CtlSession &session, const CtlService &what, const api::ServiceView &view,
               const api::Changed &changed)
{
    if (view.state == "waiting" || view.state == "failed")
        return session.fail(
            {ErrorCode::AppFailed,
             fmt::format("{}, but it does not run: its process {} (`arcology ctl log tail {}` "
                         "shows all it wrote)",
                         changed.summary, oneLine(view.cause), what.app)});
    if (session.json()) {
        session.printJson(view);
        return 0;
    }
    std::string ports;
    for (const api::ServiceProcess &process : view.processes) {
        if (process.port)
            ports += fmt::format("{} 127.0.0.1:{}", ports.empty() ? ", on" : ",", process.port);
    }
    session.say(fmt::format("{} (revision {}): {}{}{}", changed.summary, changed.revision,
                            view.state, view.cause.empty() ? "" : ", " + oneLine(view.cause),
                            ports));
    return 0;
}

/// Waits until the service runs, or it is clear that it does not.
int seeThrough(CtlSession &session, const CtlService &what, const Result<api::Changed> &changed)
{
    if (!changed)
        return session.fail(changed.error());
    const auto deadline = std::chrono::steady_clock::now() + kRunWaitMax;
    session.world().catchInterrupts();
    while (std::chrono::steady_clock::now() < deadline) {
        const auto views = session.ask(&Control::services, {.app = what.app});
        if (!views)
            return session.fail(views.error());
        const auto view =
            std::find_if(views->services.begin(), views->services.end(),
                         [&](const api::ServiceView &one) { return one.name == what.name; });
        if (view == views->services.end())
            return session.fail(
                {ErrorCode::NotFound,
                 fmt::format("service {} was removed by somebody else", what.name)});
        if (what.noWait || isDecided(view->state))
            return sayOutcome(session, what, *view, *changed);
        if (session.world().pause(kPollInterval)) {
            session.world().err(fmt::format("arcology: {} goes on starting\n", what.name));
            return kInterrupted;
        }
    }
    return session.fail({ErrorCode::Unavailable, fmt::format("{} is still starting", what.name)});
}

api::ServiceChoice choiceOf(const CtlService &what)
{
    return {.app = what.app, .name = what.name};
}

} // namespace

int ctlServiceList(CtlSession &session, const CtlService &what)
{
    return session.show(&Control::services, {.app = what.app}, [&](const api::ServiceViews &views) {
        TextTable table(
            {"NAME", "STATE", "PID", "PORT", "SINCE", "RESTARTS", "MEMORY", "CPU", "COMMAND"});
        for (const api::ServiceView &view : views.services)
            addRows(table, view);
        if (table.empty())
            return session.say(fmt::format("App {} has no services.", what.app));
        session.print(table.text(session.world().columns));
        for (const api::ServiceView &view : views.services)
            sayCauses(session, view);
    });
}

int ctlServiceAdd(CtlSession &session, CtlService what)
{
    what.fields.command =
        what.command.size() == 1 ? what.command.front() : commandLineOf(what.command);
    api::NewService added;
    added.app = what.app;
    added.name = what.name;
#define FIELD(Type, member, key, option, usual, help)                                              \
    added.member = what.fields.member.value_or(added.member);
#include "server/config/service_fields.def"
    return seeThrough(session, what, session.ask(&Control::addService, std::move(added)));
}

int ctlServiceEdit(CtlSession &session, CtlService what)
{
    what.fields.app = what.app;
    what.fields.name = what.name;
    return seeThrough(session, what, session.ask(&Control::editService, what.fields));
}

int ctlServiceRemove(CtlSession &session, const CtlService &what)
{
    return session.sayChanged(session.ask(&Control::removeService, choiceOf(what)));
}

int ctlServiceStart(CtlSession &session, const CtlService &what)
{
    return seeThrough(session, what, session.ask(&Control::startService, choiceOf(what)));
}

int ctlServiceStop(CtlSession &session, const CtlService &what)
{
    return session.sayChanged(session.ask(&Control::stopService, choiceOf(what)));
}

int ctlServiceRestart(CtlSession &session, const CtlService &what)
{
    return session.show(
        &Control::restartService, choiceOf(what),
        [&](const api::ServiceRestarted &restarted) { session.say(restarted.summary); });
}

} // namespace arc
