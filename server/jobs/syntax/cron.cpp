// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/syntax/cron.h"

#include "server/base/assert.h"
#include "server/base/text.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace arc {

namespace {

using namespace std::chrono_literals;

constexpr size_t kMinute = 0;
constexpr size_t kHour = 1;
constexpr size_t kDay = 2;
constexpr size_t kMonth = 3;
constexpr size_t kWeekday = 4;
constexpr uint64_t kAllHours = (uint64_t {1} << 24) - 1;

constexpr std::string_view kMonthNames[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                            "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view kWeekdayNames[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct FieldRow {
    std::string_view name;
    unsigned min;
    unsigned max;
    std::span<const std::string_view> names; // of the values from `min` on
};
const FieldRow kRows[] = {{"minute", 0, 59, {}},
                          {"hour", 0, 23, {}},
                          {"day of the month", 1, 31, {}},
                          {"month", 1, 12, kMonthNames},
                          {"day of the week", 0, 7, kWeekdayNames}}; // 0 and 7 are Sunday

constexpr std::pair<std::string_view, std::string_view> kShort[] = {
    {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},  {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"}};

/// Blanks and tabs, any number of them, between the fields.
std::vector<std::string_view> wordsOf(std::string_view text)
{
    constexpr std::string_view kBlanks = " \t";
    std::vector<std::string_view> words;
    for (size_t at = text.find_first_not_of(kBlanks); at != text.npos;
         at = text.find_first_not_of(kBlanks, at)) {
        const size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end;
    }
    return words;
}

Error wrong(const FieldRow &row, std::string_view part, std::string_view what)
{
    return {ErrorCode::Invalid, fmt::format("{}: \"{}\" {}", row.name, part, what)};
}

Result<unsigned> valueOf(const FieldRow &row, std::string_view text)
{
    for (size_t i = 0; i < row.names.size(); ++i) {
        if (equalsIgnoreCase(row.names[i], text))
            return row.min + static_cast<unsigned>(i);
    }
    const auto number = parseUnsigned(text);
    if (!number)
        return wrong(row, text,
                     row.names.empty() ? "is no number"
                                       : "is neither a number nor a name such as "
                             + std::string(row.names.front()));
    if (*number < row.min || *number > row.max)
        return wrong(row, text, fmt::format("is outside {}-{}", row.min, row.max));
    return static_cast<unsigned>(*number);
}

struct Range {
    unsigned first = 0;
    unsigned last = 0;
    unsigned step = 1;
};

Result<Range> rangeOf(const FieldRow &row, std::string_view part)
{
    Range range;
    const size_t slash = part.find('/');
    const std::string_view values = part.substr(0, slash);
    const size_t dash = values.find('-');
    if (values == "*") {
        range = {row.min, row.max, 1};
    } else {
        const auto first = valueOf(row, values.substr(0, dash));
        const auto last = dash == values.npos ? first : valueOf(row, values.substr(dash + 1));
        if (!first || !last)
            return first ? last.error() : first.error();
        range = {*first, *last, 1};
        // "fri-sun" ends the week.
        if (row.max == 7 && range.last == 0 && range.first > 0)
            range.last = 7;
    }
    if (range.first > range.last)
        return wrong(row, part, "runs backwards");
    if (slash == part.npos)
        return range;
    if (values != "*" && dash == values.npos)
        return wrong(row, part,
                     fmt::format("has a step without a range; write {}-{}/{}", values, row.max,
                                 part.substr(slash + 1)));
    const auto step = parseUnsigned(part.substr(slash + 1));
    if (!step || *step == 0 || *step > row.max)
        return wrong(row, part, fmt::format("has a step that is outside 1-{}", row.max));
    range.step = static_cast<unsigned>(*step);
    return range;
}

Result<uint64_t> bitsOf(const FieldRow &row, std::string_view text)
{
    uint64_t bits = 0;
    for (const std::string_view part : split(text, ',')) {
        if (part.empty())
            return wrong(row, text, "has an empty place in its list");
        const auto range = rangeOf(row, part);
        if (!range)
            return range.error();
        for (unsigned value = range->first; value <= range->last; value += range->step)
            bits |= uint64_t {1} << value;
    }
    return bits;
}

bool has(uint64_t bits, unsigned value) noexcept
{
    return (bits >> value) & 1;
}

Result<std::string_view> fieldsOf(std::string_view text)
{
    if (!text.starts_with('@'))
        return text;
    for (const auto &[name, meaning] : kShort) {
        if (equalsIgnoreCase(name, text))
            return meaning;
    }
    if (equalsIgnoreCase(text, "@reboot"))
        return Error {ErrorCode::Invalid,
                      "@reboot is no time; a schedule has times of the clock only"};
    return Error {ErrorCode::Invalid,
                  fmt::format("\"{}\" is none of @hourly, @daily, @midnight, @weekly, @monthly, "
                              "@yearly, @annually",
                              text)};
}

} // namespace

Result<CronExpression> CronExpression::parse(std::string_view text)
{
    if (text.size() > kBytesMax)
        return Error {ErrorCode::Invalid, fmt::format("longer than {} bytes", kBytesMax)};
    const auto fields = fieldsOf(trim(text));
    if (!fields)
        return fields.error();
    const std::vector<std::string_view> words = wordsOf(*fields);
    if (words.size() != kFields)
        return Error {ErrorCode::Invalid,
                      fmt::format("has {} fields; it needs five: minute, hour, day of the month, "
                                  "month, day of the week",
                                  words.size())};
    CronExpression read;
    for (size_t i = 0; i < kFields; ++i) {
        const auto bits = bitsOf(kRows[i], words[i]);
        if (!bits)
            return bits.error();
        read.m_bits[i] = *bits;
    }
    if (has(read.m_bits[kWeekday], 7))
        read.m_bits[kWeekday] |= 1;
    read.m_bits[kWeekday] &= ~(uint64_t {1} << 7);
    read.m_anyDay = words[kDay].starts_with('*');
    read.m_anyWeekday = words[kWeekday].starts_with('*');
    // The calendar repeats after 400 years, but no day that comes at all is further than
    // kYearsMax away from any other.
    if (!read.dayFrom(std::chrono::local_days(std::chrono::year(2000) / 1 / 1)))
        return Error {ErrorCode::Invalid, "names a day that never comes"};
    return read;
}

bool CronExpression::holdsOn(std::chrono::local_days day) const noexcept
{
    const std::chrono::year_month_day date(day);
    if (!has(m_bits[kMonth], static_cast<unsigned>(date.month())))
        return false;
    const bool isDay = has(m_bits[kDay], static_cast<unsigned>(date.day()));
    const bool isWeekday = has(m_bits[kWeekday], std::chrono::weekday(day).c_encoding());
    return m_anyDay || m_anyWeekday ? isDay && isWeekday : isDay || isWeekday;
}

bool CronExpression::holdsInEveryHour() const noexcept
{
    return m_bits[kHour] == kAllHours;
}

std::optional<std::chrono::local_days>
CronExpression::dayFrom(std::chrono::local_days day) const noexcept
{
    const std::chrono::local_days end = day + std::chrono::days(366 * kYearsMax);
    for (; day < end; day += std::chrono::days(1)) {
        if (holdsOn(day))
            return day;
    }
    return {};
}

TimeZone::SysTime CronExpression::next(const TimeZone &zone, TimeZone::SysTime after) const
{
    return holdsInEveryHour() ? nextByHours(zone, after) : nextByClock(zone, after);
}

TimeZone::SysTime CronExpression::nextByClock(const TimeZone &zone, TimeZone::SysTime after) const
{
    // From the day before: a clock that was set back shows earlier times than it has shown.
    auto day =
        dayFrom(std::chrono::floor<std::chrono::days>(zone.local(after)) - std::chrono::days(1));
    for (; day; day = dayFrom(*day + std::chrono::days(1))) {
        for (unsigned hour = 0; hour < 24; ++hour) {
            // Hours that are over are most of a day, and each of their minutes would be looked up.
            if (!has(m_bits[kHour], hour)
                || zone.instants(*day + std::chrono::hours(hour) + 59min).first <= after)
                continue;
            for (unsigned minute = 0; minute < 60; ++minute) {
                if (!has(m_bits[kMinute], minute))
                    continue;
                const TimeZone::SysTime at =
                    zone.instants(*day + std::chrono::hours(hour) + std::chrono::minutes(minute))
                        .first;
                if (at > after)
                    return at;
            }
        }
    }
    ARC_ASSERT(false); // parse() has found a day within any such span
    return {};
}

TimeZone::SysTime CronExpression::nextByHours(const TimeZone &zone, TimeZone::SysTime after) const
{
    TimeZone::SysTime at = std::chrono::floor<std::chrono::minutes>(after) + 1min;
    for (;;) {
        const TimeZone::LocalTime shown = zone.local(at);
        const auto day = std::chrono::floor<std::chrono::days>(shown);
        if (!holdsOn(day)) {
            const auto wanted = dayFrom(day);
            ARC_ASSERT(wanted);
            // Midnight may be shown twice, and the second time be the next one.
            const TimeZone::Instants midnight = zone.instants(*wanted);
            at = midnight.first >= at ? midnight.first : midnight.second.value_or(at + 1min);
            continue;
        }
        const auto minute = std::chrono::floor<std::chrono::minutes>(shown - day) % 60min;
        if (has(m_bits[kMinute], static_cast<unsigned>(minute.count())))
            return at;
        at += 1min;
    }
}

} // namespace arc
