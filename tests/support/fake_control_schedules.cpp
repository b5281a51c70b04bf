// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_control.h"

#include "server/control/schedule_edits.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc::test {

Result<api::ScheduleViews> FakeControl::schedulesNow(const api::AppChoice &what)
{
    const AppConfig *app = document().findApp(what.app);
    if (!app)
        return noApp(what.app);
    api::ScheduleViews views {.revision = revision()};
    for (const ScheduleConfig &schedule : app->schedules) {
        api::ScheduleView view {.name = schedule.name,
                                .cron = schedule.cron,
                                .timeZone = schedule.timeZone,
                                .command = schedule.command,
                                .overlap = schedule.overlap,
                                .timeLimitSeconds = schedule.timeLimitSeconds,
                                .catchUp = schedule.catchUp,
                                .enabled = schedule.enabled,
                                .state = schedule.enabled ? "waiting" : "off",
                                .nextUnixMs = schedule.enabled ? now() + 3'600'000 : 0,
                                .next = schedule.enabled ? "2027-01-15 09:00 UTC" : ""};
        for (const api::ScheduleRun &run : scheduleRunsKept) {
            if (run.schedule == schedule.name && view.last.id == 0)
                view.last = run;
        }
        views.schedules.push_back(std::move(view));
    }
    return views;
}

Result<api::Changed> FakeControl::addScheduleNow(const api::NewSchedule &what)
{
    auto next = withSchedule(document(), what);
    return next ? commit(what.revision, std::move(*next)) : Result<api::Changed>(next.error());
}

Result<api::Changed> FakeControl::editScheduleNow(const api::ScheduleEdit &what)
{
    auto next = withEdit(document(), what);
    return next ? commit(what.revision, std::move(*next)) : Result<api::Changed>(next.error());
}

Result<api::Changed> FakeControl::removeScheduleNow(const api::ScheduleChoice &what)
{
    auto next = withoutSchedule(document(), what);
    return next ? commit(0, std::move(*next)) : Result<api::Changed>(next.error());
}

Result<api::ScheduleRun> FakeControl::runScheduleNow(const api::ScheduleChoice &what)
{
    const AppConfig *app = document().findApp(what.app);
    if (!app)
        return noApp(what.app);
    if (!app->findSchedule(what.name))
        return noSchedule(*app, what.name);
    const uint64_t id = scheduleRunsKept.empty() ? 1 : scheduleRunsKept.front().id + 1;
    scheduleRunsKept.insert(scheduleRunsKept.begin(),
                            {.id = id,
                             .schedule = what.name,
                             .startedBy = "test",
                             .state = "running",
                             .dueUnixMs = now(),
                             .startedUnixMs = now()});
    return scheduleRunsKept.front();
}

Result<api::ScheduleRuns> FakeControl::scheduleRunsNow(const api::ScheduleRunQuery &what)
{
    api::ScheduleRuns found;
    for (const api::ScheduleRun &run : scheduleRunsKept) {
        if ((what.schedule.empty() || run.schedule == what.schedule)
            && found.runs.size() < static_cast<size_t>(what.limit))
            found.runs.push_back(run);
    }
    return found;
}

/// One that runs has ended by the time it is asked for.
Result<api::ScheduleRun> FakeControl::scheduleRunNow(const api::ScheduleRunChoice &what)
{
    const auto run = std::find_if(scheduleRunsKept.begin(), scheduleRunsKept.end(),
                                  [&](const api::ScheduleRun &one) { return one.id == what.id; });
    if (run == scheduleRunsKept.end())
        return Error {ErrorCode::NotFound, fmt::format("there is no run {}", what.id)};
    if (run->state == "running") {
        run->state = scheduleEnd;
        run->endedUnixMs = now() + 1'500;
        run->exitCode = scheduleEnd == "done" ? 0 : 3;
        run->cause = scheduleEnd == "done" ? "" : "exited with code 3; its last line: no database";
        run->output = "Looking\nno database\n";
    }
    return *run;
}

} // namespace arc::test
