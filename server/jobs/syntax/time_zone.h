// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <chrono>
#include <optional>
#include <string>

namespace date {
class time_zone;
}

namespace arc {

/// A time zone of the IANA database, as the system has it. A value; any thread. The database's list
/// is read once, at the first call, and each zone's file when it is first asked for.
class TimeZone {
public:
    using SysTime = std::chrono::sys_seconds;
    using LocalTime = std::chrono::local_seconds;

    /// Empty: the machine's, and UTC where that has none. Invalid: there is no such zone.
    static Result<TimeZone> named(const std::string &name);
    const std::string &name() const noexcept { return m_name; }

    /// What a clock on the wall shows at an instant.
    LocalTime local(SysTime at) const;
    /// When that clock shows a time. Two instants where it is set back; where it is set forward
    /// over that time, the instant at which that happens.
    struct Instants {
        SysTime first {};
        std::optional<SysTime> second {};
    };
    Instants instants(LocalTime time) const;
    /// "2026-11-27 02:30 CET".
    std::string print(SysTime at) const;

private:
    TimeZone(const date::time_zone *zone, std::string name) : m_zone(zone), m_name(std::move(name))
    {
    }
    const date::time_zone *m_zone; ///< of the database, which is never let go
    std::string m_name;
};

} // namespace arc
