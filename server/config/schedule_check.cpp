// SPDX-License-Identifier: Apache-2.0
#include "server/config/checks.h"
#include "server/config/document_json.h"

#include "server/base/text.h"
#include "server/jobs/syntax/command_words.h"
#include "server/jobs/syntax/cron.h"

#include <set>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr size_t kSchedulesMax = 100; // of one app
constexpr size_t kCommandBytesMax = 4'096;
constexpr size_t kZoneBytesMax = 64;
constexpr int64_t kTimeLimitMax = 31'536'000; // a year

template <class T>
Result<void> without(const Result<T> &result)
{
    return result ? Result<void>() : Result<void>(result.error());
}

bool isLine(std::string_view text) noexcept
{
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return false;
    }
    return isUtf8(text);
}

} // namespace

void checkCommand(Checks &checks, const std::string &command)
{
    checks.expect(command.size() <= kCommandBytesMax, "command", "longer than 4096 bytes");
    checks.expect(isLine(command), "command", "must be one line of UTF-8 text");
    checks.pass(without(commandWords(command)), "command: ");
}

Result<void> checkSchedule(const ScheduleConfig &schedule)
{
    Checks checks;
    checks.expect(isIdentifier(schedule.name), "name", kIdentifierRule);
    checks.pass(without(CronExpression::parse(schedule.cron)), "cron: ");
    checks.expect(schedule.timeZone.size() <= kZoneBytesMax && isLine(schedule.timeZone),
                  "time_zone", "is no time zone's name");
    checkCommand(checks, schedule.command);
    checks.expect(schedule.overlap == "skip" || schedule.overlap == "queue"
                      || schedule.overlap == "allow",
                  "overlap", "must be skip, queue or allow");
    checks.expect(schedule.timeLimitSeconds >= 0 && schedule.timeLimitSeconds <= kTimeLimitMax,
                  "time_limit_s", "must be 0 (none) to 31536000");
    return checks.end();
}

Result<void> checkSchedules(const std::vector<ScheduleConfig> &schedules)
{
    Checks checks;
    checks.expect(schedules.size() <= kSchedulesMax, "schedules", "more than 100");
    std::set<std::string_view> names;
    for (size_t i = 0; i < schedules.size(); ++i) {
        const std::string place = fmt::format("schedules[{}]", i);
        checks.pass(checkSchedule(schedules[i]), place + ".");
        checks.expect(names.insert(schedules[i].name).second, place + ".name",
                      fmt::format("\"{}\" is taken", schedules[i].name));
    }
    return checks.end();
}

Result<void> checkNewTimeZones(const Document &next, const Document &current)
{
    std::set<std::string_view> known;
    for (const AppConfig &app : current.apps) {
        for (const ScheduleConfig &schedule : app.schedules)
            known.insert(schedule.timeZone);
    }
    for (size_t i = 0; i < next.apps.size(); ++i) {
        const std::vector<ScheduleConfig> &schedules = next.apps[i].schedules;
        for (size_t k = 0; k < schedules.size(); ++k) {
            if (known.contains(schedules[k].timeZone))
                continue;
            auto zone = TimeZone::named(schedules[k].timeZone);
            if (!zone)
                return std::move(zone).error().within(
                    fmt::format("apps[{}].schedules[{}].time_zone", i, k));
        }
    }
    return {};
}

} // namespace arc
