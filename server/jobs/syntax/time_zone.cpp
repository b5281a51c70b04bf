// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/syntax/time_zone.h"

#include <date/tz.h>

#include <stdexcept>

namespace arc {

namespace {

constexpr const char *kUniversal = "UTC";

date::local_seconds forLibrary(TimeZone::LocalTime time)
{
    return date::local_seconds(time.time_since_epoch());
}

const date::time_zone *machinesZone()
{
    try {
        return date::current_zone();
    } catch (const std::runtime_error &) { // no /etc/localtime, or a strange one
        return date::locate_zone(kUniversal);
    }
}

} // namespace

Result<TimeZone> TimeZone::named(const std::string &name)
{
    try {
        const date::time_zone *zone = name.empty() ? machinesZone() : date::locate_zone(name);
        zone->get_info(date::sys_seconds {}); // reads its file, which may be missing
        return TimeZone(zone, zone->name());
    } catch (const std::runtime_error &) {
        if (name.empty())
            return Error {ErrorCode::Unavailable,
                          "this machine has no time zones (package tzdata)"};
        return Error {ErrorCode::Invalid,
                      "\"" + name
                          + "\" is no time zone; they are called like Europe/Berlin or UTC"};
    }
}

TimeZone::LocalTime TimeZone::local(SysTime at) const
{
    return LocalTime(m_zone->to_local(at).time_since_epoch());
}

TimeZone::Instants TimeZone::instants(LocalTime time) const
{
    const date::local_info info = m_zone->get_info(forLibrary(time));
    const auto shownBy = [&](const date::sys_info &period) {
        return SysTime(time.time_since_epoch() - period.offset);
    };
    if (info.result == date::local_info::nonexistent)
        return {.first = info.first.end};
    if (info.result == date::local_info::ambiguous)
        return {.first = shownBy(info.first), .second = shownBy(info.second)};
    return {.first = shownBy(info.first)};
}

std::string TimeZone::print(SysTime at) const
{
    return date::format("%F %H:%M ", m_zone->to_local(at)) + m_zone->get_info(at).abbrev;
}

} // namespace arc
