// SPDX-License-Identifier: Apache-2.0
#include "server/control/schedule_edits.h"

#include "server/jobs/syntax/time_zone.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arc {

namespace {

ScheduleConfig *findMutableSchedule(AppConfig &app, const std::string &name)
{
    const auto found = std::find_if(app.schedules.begin(), app.schedules.end(),
                                    [&](const ScheduleConfig &one) { return one.name == name; });
    return found == app.schedules.end() ? nullptr : &*found;
}

Error isTaken(const AppConfig &app, const std::string &name)
{
    return {ErrorCode::Conflict,
            fmt::format("name: app {} has a schedule {} already", app.id, name)};
}

template <class T>
void set(T &value, const std::optional<T> &wanted)
{
    if (wanted)
        value = *wanted;
}

/// Checked by itself first, so that the sentence names the field as the caller does.
Result<void> checkFields(const ScheduleConfig &schedule)
{
    if (auto checked = checkSchedule(schedule); !checked)
        return checked;
    auto zone = TimeZone::named(schedule.timeZone);
    return zone ? Result<void>() : Result<void>(std::move(zone).error().within("time_zone"));
}

} // namespace

AppConfig *findMutableApp(Document &document, const std::string &id)
{
    const auto found = std::find_if(document.apps.begin(), document.apps.end(),
                                    [&](const AppConfig &app) { return app.id == id; });
    return found == document.apps.end() ? nullptr : &*found;
}

Error noApp(const std::string &app)
{
    return {ErrorCode::NotFound, fmt::format("there is no app {}", app)};
}

Error noSchedule(const AppConfig &app, const std::string &name)
{
    std::vector<std::string_view> names;
    for (const ScheduleConfig &schedule : app.schedules)
        names.push_back(schedule.name);
    return {ErrorCode::NotFound,
            names.empty() ? fmt::format("app {} has no schedule {}, nor any other", app.id, name)
                          : fmt::format("app {} has no schedule {}; it has {}", app.id, name,
                                        fmt::join(names, ", "))};
}

Result<Document> withSchedule(const Document &current, const api::NewSchedule &what)
{
    Document next = current;
    AppConfig *app = findMutableApp(next, what.app);
    if (!app)
        return noApp(what.app);
    if (app->findSchedule(what.name))
        return isTaken(*app, what.name);
    app->schedules.push_back({.name = what.name,
                              .cron = what.cron,
                              .timeZone = what.timeZone,
                              .command = what.command,
                              .overlap = what.overlap,
                              .timeLimitSeconds = what.timeLimitSeconds,
                              .catchUp = what.catchUp,
                              .enabled = what.enabled});
    if (auto checked = checkFields(app->schedules.back()); !checked)
        return std::move(checked).error();
    return next;
}

Result<Document> withEdit(const Document &current, const api::ScheduleEdit &what)
{
    Document next = current;
    AppConfig *app = findMutableApp(next, what.app);
    if (!app)
        return noApp(what.app);
    ScheduleConfig *schedule = findMutableSchedule(*app, what.name);
    if (!schedule)
        return noSchedule(*app, what.name);
    if (what.newName && *what.newName != what.name && app->findSchedule(*what.newName))
        return isTaken(*app, *what.newName);
    set(schedule->name, what.newName);
    set(schedule->cron, what.cron);
    set(schedule->timeZone, what.timeZone);
    set(schedule->command, what.command);
    set(schedule->overlap, what.overlap);
    set(schedule->timeLimitSeconds, what.timeLimitSeconds);
    set(schedule->catchUp, what.catchUp);
    set(schedule->enabled, what.enabled);
    if (auto checked = checkFields(*schedule); !checked)
        return std::move(checked).error();
    return next;
}

Result<Document> withoutSchedule(const Document &current, const api::ScheduleChoice &what)
{
    Document next = current;
    AppConfig *app = findMutableApp(next, what.app);
    if (!app)
        return noApp(what.app);
    const auto isIt = [&](const ScheduleConfig &one) {
        return one.name == what.name;
    };
    if (std::erase_if(app->schedules, isIt) == 0)
        return noSchedule(*app, what.name);
    return next;
}

} // namespace arc
