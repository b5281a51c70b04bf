// SPDX-License-Identifier: Apache-2.0
// Verbs about schedules: app schedule list, add, edit, remove, run, history.
#include "app/ctl/ctl_verbs.h"

#include "app/ctl/text_table.h"
#include "server/base/text.h"
#include "server/jobs/syntax/command_words.h"

#include <fmt/format.h>

namespace arc {

namespace {

constexpr std::chrono::milliseconds kPollInterval {200};
constexpr int kInterrupted = 130; // as shells report Ctrl+C
constexpr int kSignalBase = 128;

std::string lineOf(const std::vector<std::string> &command)
{
    return command.size() == 1 ? command.front() : commandLineOf(command);
}

std::string durationOf(const api::ScheduleRun &run)
{
    if (run.startedUnixMs == 0 || run.endedUnixMs == 0)
        return "";
    return formatDuration(static_cast<double>(run.endedUnixMs - run.startedUnixMs) / 1000);
}

std::string lastOf(const api::ScheduleRun &run)
{
    return run.id == 0 ? "" : fmt::format("{} {}", run.state, formatTimestamp(run.dueUnixMs));
}

bool isOver(const api::ScheduleRun &run)
{
    return run.state != "waiting" && run.state != "running";
}

int exitOf(const api::ScheduleRun &run)
{
    if (run.state == "done")
        return 0;
    if (run.signalNumber > 0)
        return kSignalBase + run.signalNumber;
    return run.exitCode > 0 ? run.exitCode : 1;
}

/// What comes from apps may hold escape sequences; line ends stay.
void printOutput(CtlSession &session, const std::string &output)
{
    const std::string_view whole = output;
    for (size_t at = 0; at < whole.size();) {
        const size_t end = std::min(whole.find('\n', at), whole.size());
        session.print(oneLine(whole.substr(at, end - at)) + "\n");
        at = end + 1;
    }
}

int sayEnd(CtlSession &session, const api::ScheduleRun &run)
{
    if (session.json()) {
        session.printJson(run);
        return exitOf(run);
    }
    printOutput(session, run.output);
    if (run.state != "done")
        session.world().err(
            fmt::format("arcology: run {} of {}: {}\n", run.id, run.schedule, oneLine(run.cause)));
    return exitOf(run);
}

int showRun(CtlSession &session, const api::ScheduleRunChoice &what)
{
    return session.show(&Control::scheduleRun, what, [&](const api::ScheduleRun &run) {
        session.say(fmt::format("run {} of {}: {}{}{}", run.id, run.schedule, run.state,
                                run.cause.empty() ? "" : ", ", oneLine(run.cause)));
        session.say(fmt::format("due {}, started by {}{}", formatTimestamp(run.dueUnixMs),
                                oneLine(run.startedBy),
                                durationOf(run).empty() ? "" : ", took " + durationOf(run)));
        printOutput(session, run.output);
    });
}

} // namespace

int ctlScheduleList(CtlSession &session, const std::string &app)
{
    return session.show(&Control::schedules, {.app = app}, [&](const api::ScheduleViews &views) {
        TextTable table({"NAME", "TIMES", "STATE", "NEXT", "LAST", "COMMAND"});
        for (const api::ScheduleView &view : views.schedules)
            table.add({view.name, view.cron, view.state, view.next, lastOf(view.last),
                       oneLine(view.command)});
        if (table.empty())
            session.say(fmt::format("App {} has no schedules.", app));
        else
            session.print(table.text(session.world().columns));
    });
}

int ctlScheduleAdd(CtlSession &session, CtlSchedule what)
{
    what.added.command = lineOf(what.command);
    what.added.enabled = !what.disable;
    return session.sayChanged(session.ask(&Control::addSchedule, std::move(what.added)));
}

int ctlScheduleEdit(CtlSession &session, CtlSchedule what)
{
    if (what.catchUp || what.noCatchUp)
        what.edit.catchUp = what.catchUp;
    if (what.enable || what.disable)
        what.edit.enabled = what.enable;
    return session.sayChanged(session.ask(&Control::editSchedule, std::move(what.edit)));
}

int ctlScheduleRemove(CtlSession &session, const api::ScheduleChoice &what)
{
    return session.sayChanged(session.ask(&Control::removeSchedule, what));
}

int ctlScheduleRun(CtlSession &session, const api::ScheduleChoice &what, bool noWait)
{
    auto run = session.ask(&Control::runSchedule, what);
    if (!run)
        return session.fail(run.error());
    if (noWait) {
        if (session.json())
            session.printJson(*run);
        session.say(fmt::format("Run {} of {} is {}.", run->id, what.name, run->state));
        return 0;
    }
    session.world().catchInterrupts();
    while (!isOver(*run)) {
        if (session.world().pause(kPollInterval)) {
            session.world().err(
                fmt::format("arcology: run {} of {} goes on\n", run->id, what.name));
            return kInterrupted;
        }
        run = session.ask(&Control::scheduleRun, {.app = what.app, .id = run->id});
        if (!run)
            return session.fail(run.error());
    }
    return sayEnd(session, *run);
}

int ctlScheduleHistory(CtlSession &session, const CtlSchedule &what)
{
    if (what.number > 0)
        return showRun(session, {.app = what.history.app, .id = what.number});
    return session.show(&Control::scheduleRuns, what.history, [&](const api::ScheduleRuns &runs) {
        TextTable table({"NO", "DUE", "SCHEDULE", "BY", "STATE", "TOOK", "CAUSE"});
        for (const api::ScheduleRun &run : runs.runs)
            table.add({std::to_string(run.id), formatTimestamp(run.dueUnixMs), run.schedule,
                       oneLine(run.startedBy), run.state, durationOf(run), oneLine(run.cause)});
        if (table.empty())
            session.say("No such run is known.");
        else
            session.print(table.text(session.world().columns));
    });
}

} // namespace arc
