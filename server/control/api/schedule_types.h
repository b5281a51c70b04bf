// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

namespace arc::api {

struct AppChoice {
    std::string app;
    ARC_FIELDS(AppChoice, ARC_FIELD("app", app))
};

/// One start of a schedule, made or not.
struct ScheduleRun {
    uint64_t id = 0; ///< counts up, also over restarts of the engine; 0: there was none
    std::string schedule;
    std::string startedBy; ///< "schedule", "catch-up", or who asked
    /// "waiting", "running", "done", "failed", "too_long", "stopped", "not_started", "skipped",
    /// "missed", "lost"
    std::string state;
    std::string cause; ///< one sentence, where it did not simply work
    int64_t dueUnixMs = 0;
    int64_t startedUnixMs = 0; ///< 0: never
    int64_t endedUnixMs = 0;   ///< 0: not yet
    int exitCode = -1;         ///< -1: none
    int signalNumber = 0;      ///< that ended it; 0: none
    std::string output;        ///< the last 8 KiB
    ARC_FIELDS(ScheduleRun, ARC_FIELD("id", id), ARC_FIELD("schedule", schedule),
               ARC_FIELD("started_by", startedBy), ARC_FIELD("state", state),
               ARC_FIELD("cause", cause), ARC_FIELD("due_unix_ms", dueUnixMs),
               ARC_FIELD("started_unix_ms", startedUnixMs), ARC_FIELD("ended_unix_ms", endedUnixMs),
               ARC_FIELD("exit_code", exitCode), ARC_FIELD("signal", signalNumber),
               ARC_FIELD("output", output))
};
struct ScheduleRuns {
    std::vector<ScheduleRun> runs; ///< newest first
    ARC_FIELDS(ScheduleRuns, ARC_FIELD("runs", runs))
};

struct ScheduleView {
    std::string name;
    std::string cron;
    std::string timeZone; ///< as configured; empty: the machine's
    std::string command;
    std::string overlap;
    int64_t timeLimitSeconds = 0; ///< 0: none
    bool catchUp = false;
    bool enabled = true;
    std::string state;      ///< "waiting", "running", "off", "paused", "broken"
    std::string cause;      ///< of paused and broken
    int64_t nextUnixMs = 0; ///< 0: none is planned
    std::string next;       ///< in its time zone: "2026-11-27 02:30 CET"
    ScheduleRun last;
    ARC_FIELDS(ScheduleView, ARC_FIELD("name", name), ARC_FIELD("cron", cron),
               ARC_FIELD("time_zone", timeZone), ARC_FIELD("command", command),
               ARC_FIELD("overlap", overlap), ARC_FIELD("time_limit_s", timeLimitSeconds),
               ARC_FIELD("catch_up", catchUp), ARC_FIELD("enabled", enabled),
               ARC_FIELD("state", state), ARC_FIELD("cause", cause),
               ARC_FIELD("next_unix_ms", nextUnixMs), ARC_FIELD("next", next),
               ARC_FIELD("last", last))
};
struct ScheduleViews {
    uint64_t revision = 0;
    std::vector<ScheduleView> schedules;
    ARC_FIELDS(ScheduleViews, ARC_FIELD("revision", revision), ARC_FIELD("schedules", schedules))
};

struct NewSchedule {
    std::string app;
    std::string name;
    std::string cron;
    std::string timeZone; ///< empty: the machine's
    std::string command;
    std::string overlap = "skip";
    int64_t timeLimitSeconds = 86'400;
    bool catchUp = false;
    bool enabled = true;
    uint64_t revision = 0; ///< it was made against; 0: the newest
    ARC_FIELDS(NewSchedule, ARC_FIELD("app", app), ARC_FIELD("name", name), ARC_FIELD("cron", cron),
               ARC_FIELD("time_zone", timeZone), ARC_FIELD("command", command),
               ARC_FIELD("overlap", overlap), ARC_FIELD("time_limit_s", timeLimitSeconds),
               ARC_FIELD("catch_up", catchUp), ARC_FIELD("enabled", enabled),
               ARC_FIELD("revision", revision))
};
/// Changes to a schedule; what is absent stays.
struct ScheduleEdit {
    std::string app;
    std::string name;
    std::optional<std::string> newName; ///< its history stays with the old one
    std::optional<std::string> cron;
    std::optional<std::string> timeZone;
    std::optional<std::string> command;
    std::optional<std::string> overlap;
    std::optional<int64_t> timeLimitSeconds;
    std::optional<bool> catchUp;
    std::optional<bool> enabled;
    uint64_t revision = 0; ///< it was made against; 0: the newest
    ARC_FIELDS(ScheduleEdit, ARC_FIELD("app", app), ARC_FIELD("name", name),
               ARC_FIELD("new_name", newName), ARC_FIELD("cron", cron),
               ARC_FIELD("time_zone", timeZone), ARC_FIELD("command", command),
               ARC_FIELD("overlap", overlap), ARC_FIELD("time_limit_s", timeLimitSeconds),
               ARC_FIELD("catch_up", catchUp), ARC_FIELD("enabled", enabled),
               ARC_FIELD("revision", revision))
};
struct ScheduleChoice {
    std::string app;
    std::string name;
    ARC_FIELDS(ScheduleChoice, ARC_FIELD("app", app), ARC_FIELD("name", name))
};
struct ScheduleRunQuery {
    std::string app;
    std::string schedule; ///< empty: of all
    uint64_t before = 0;  ///< older than this run; 0: from the newest
    int limit = 50;
    ARC_FIELDS(ScheduleRunQuery, ARC_FIELD("app", app), ARC_FIELD("schedule", schedule),
               ARC_FIELD("before", before), ARC_FIELD("limit", limit))
};
struct ScheduleRunChoice {
    std::string app;
    uint64_t id = 0;
    ARC_FIELDS(ScheduleRunChoice, ARC_FIELD("app", app), ARC_FIELD("id", id))
};

} // namespace arc::api
