// SPDX-License-Identifier: Apache-2.0
// Operations on the schedules of apps.
#include "server/control/schedule_edits.h"
#include "server/control/service.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

api::ScheduleRun runView(JobRun run)
{
    return {.id = run.id,
            .schedule = std::move(run.schedule),
            .startedBy = std::move(run.startedBy),
            .state = std::move(run.state),
            .cause = std::move(run.cause),
            .dueUnixMs = run.dueUnixMs,
            .startedUnixMs = run.startedUnixMs,
            .endedUnixMs = run.endedUnixMs,
            .exitCode = run.exitCode,
            .signalNumber = run.signalNumber,
            .output = std::move(run.output)};
}

} // namespace

void ControlService::schedules(const Caller &, api::AppChoice what,
                               Callback<api::ScheduleViews> done)
{
    const AppConfig *app = m_document.findApp(what.app);
    if (!app)
        return done(noApp(what.app));
    api::ScheduleViews views {.revision = m_revision};
    for (const ScheduleConfig &schedule : app->schedules) {
        Scheduler::State state = m_host.scheduler().stateOf(app->id, schedule.name);
        views.schedules.push_back({.name = schedule.name,
                                   .cron = schedule.cron,
                                   .timeZone = schedule.timeZone,
                                   .command = schedule.command,
                                   .overlap = schedule.overlap,
                                   .timeLimitSeconds = schedule.timeLimitSeconds,
                                   .catchUp = schedule.catchUp,
                                   .enabled = schedule.enabled,
                                   .state = std::move(state.state),
                                   .cause = std::move(state.cause),
                                   .nextUnixMs = state.nextUnixMs,
                                   .next = std::move(state.next),
                                   .last = runView(std::move(state.last))});
        views.schedules.back().last.output.clear(); // of the history
    }
    done(std::move(views));
}

void ControlService::addSchedule(const Caller &caller, api::NewSchedule what,
                                 Callback<api::Changed> done)
{
    std::string summary = fmt::format("app {}: schedule {} added", what.app, what.name);
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [what](const Document &current) { return withSchedule(current, what); },
            .summary = std::move(summary),
            .done = std::move(done)});
}

void ControlService::editSchedule(const Caller &caller, api::ScheduleEdit what,
                                  Callback<api::Changed> done)
{
    std::string summary = what.newName && *what.newName != what.name
        ? fmt::format("app {}: schedule {} renamed to {}", what.app, what.name, *what.newName)
        : fmt::format("app {}: schedule {} changed", what.app, what.name);
    change({.caller = caller,
            .expected = what.revision,
            .mutate = [what](const Document &current) { return withEdit(current, what); },
            .summary = std::move(summary),
            .done = std::move(done)});
}

void ControlService::removeSchedule(const Caller &caller, api::ScheduleChoice what,
                                    Callback<api::Changed> done)
{
    std::string summary = fmt::format("app {}: schedule {} removed", what.app, what.name);
    change({.caller = caller,
            .mutate = [what](const Document &current) { return withoutSchedule(current, what); },
            .summary = std::move(summary),
            .done = std::move(done)});
}

void ControlService::runSchedule(const Caller &caller, api::ScheduleChoice what,
                                 Callback<api::ScheduleRun> done)
{
    const AppConfig *app = m_document.findApp(what.app);
    if (!app)
        return done(noApp(what.app));
    if (!app->findSchedule(what.name))
        return done(noSchedule(*app, what.name));
    auto run = m_host.scheduler().runNow(what.app, what.name, caller.author);
    if (!run)
        return done(std::move(run).error());
    done(runView(std::move(*run)));
}

void ControlService::scheduleRuns(const Caller &, api::ScheduleRunQuery what,
                                  Callback<api::ScheduleRuns> done)
{
    if (!m_document.findApp(what.app))
        return done(noApp(what.app));
    m_host.scheduler().runs({.app = what.app,
                             .schedule = what.schedule,
                             .before = what.before,
                             .limit = static_cast<size_t>(std::max(0, what.limit))},
                            [done = std::move(done)](Result<std::vector<JobRun>> found) {
                                if (!found)
                                    return done(std::move(found).error());
                                api::ScheduleRuns runs;
                                for (JobRun &run : *found)
                                    runs.runs.push_back(runView(std::move(run)));
                                done(std::move(runs));
                            });
}

void ControlService::scheduleRun(const Caller &, api::ScheduleRunChoice what,
                                 Callback<api::ScheduleRun> done)
{
    m_host.scheduler().runs(
        {.app = what.app, .before = what.id + 1, .limit = 1},
        [what, done = std::move(done)](Result<std::vector<JobRun>> found) {
            if (!found)
                return done(std::move(found).error());
            if (found->empty() || found->front().id != what.id)
                return done(Error {ErrorCode::NotFound,
                                   fmt::format("app {} has no run {} of a schedule, or no longer",
                                               what.app, what.id)});
            done(runView(std::move(found->front())));
        });
}

} // namespace arc
