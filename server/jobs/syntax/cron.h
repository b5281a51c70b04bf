// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/jobs/syntax/time_zone.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace arc {

/// When something runs, as a crontab says it: minute, hour, day of the month, month, day of the
/// week. A value; any thread.
///
/// The five fields and the rule for the two days are those of POSIX (crontab, "INPUT FILES"):
/// numbers, lists and ranges; when both days are restricted, either is enough. From crontab(5) of
/// Vixie cron, which Debian ships, come names of months and days, steps ("*/5", "8-18/2"), 7 for
/// Sunday, @hourly and its like, and that a day field which begins with "*" restricts nothing.
///
/// Where clocks are set forward, a time that is left out comes at the instant they are set; where
/// they are set back, a time that is shown twice counts the first time. An expression that holds in
/// every hour goes by elapsed time instead, as in that crontab(5): each hour that passes is one of
/// its hours.
class CronExpression {
public:
    static constexpr size_t kBytesMax = 256;
    /// Within which a day must come: 29 February is up to eight years away, and if it has to be a
    /// certain day of the week, forty.
    static constexpr int kYearsMax = 45;

    /// Invalid: one sentence that names the field. An expression for a day that never comes ("0 0
    /// 30 2 *") is refused.
    static Result<CronExpression> parse(std::string_view text);
    /// The first instant behind `after`.
    TimeZone::SysTime next(const TimeZone &zone, TimeZone::SysTime after) const;
    bool operator==(const CronExpression &) const = default;

private:
    bool holdsOn(std::chrono::local_days day) const noexcept;
    bool holdsInEveryHour() const noexcept;
    /// The first day from this one on.
    std::optional<std::chrono::local_days> dayFrom(std::chrono::local_days day) const noexcept;
    TimeZone::SysTime nextByClock(const TimeZone &zone, TimeZone::SysTime after) const;
    TimeZone::SysTime nextByHours(const TimeZone &zone, TimeZone::SysTime after) const;

    static constexpr size_t kFields = 5;
    // A bit for each value that holds.
    std::array<uint64_t, kFields> m_bits {};
    bool m_anyDay = false;
    bool m_anyWeekday = false;
};

} // namespace arc
