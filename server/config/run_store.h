// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace arc {

/// One start of a schedule, made or not, as the history keeps it.
struct JobRun {
    uint64_t id = 0;
    std::string app;
    std::string schedule;
    std::string startedBy; ///< "schedule", "catch-up", "ctl (ana)", "window", ...
    /// "waiting" (for the run before it), "running"; then "done", "failed" (exit code or signal),
    /// "too_long" (its time limit), "stopped" (with the engine), "not_started" (it could not be),
    /// "skipped" (overlap), "missed", "lost" (its engine died).
    std::string state;
    int64_t dueUnixMs = 0;     ///< the time of the clock it is for; of startedBy others: when asked
    int64_t startedUnixMs = 0; ///< 0: never
    int64_t endedUnixMs = 0;   ///< 0: not yet
    int exitCode = -1;         ///< -1: none, or not by itself
    int signalNumber = 0;      ///< that ended it; 0: none
    std::string cause;         ///< one sentence, of every end that is not "done"
    std::string output;        ///< the last of standard output and error
    std::string mark;          ///< what its processes are found by after their engine's death
    bool operator==(const JobRun &) const = default;
};

/// Up to when the starts of a schedule were looked after.
struct ScheduleMark {
    std::string app;
    std::string schedule;
    std::string times;    ///< expression and zone it was for; empty: the schedule is gone
    int64_t upToUnix = 0; ///< seconds
    bool operator==(const ScheduleMark &) const = default;
};

/// What an engine finds of the ones before it.
struct FoundRuns {
    uint64_t lastId = 0;
    std::vector<JobRun> lost;   ///< that were running; told as lost from now on
    std::vector<JobRun> newest; ///< the last of each schedule
    std::vector<ScheduleMark> marks;
};

struct RunFilter {
    std::string app;
    std::string schedule; ///< empty: all of the app
    uint64_t before = 0;  ///< run ids below this one; 0: from the newest
    size_t limit = 50;
};

/// Where the history of schedules lives; bounded, the oldest goes first. Calls never block.
/// Callbacks run on the control loop, in order.
class RunStore {
public:
    template <class T>
    using Callback = std::function<void(Result<T>)>;
    static constexpr size_t kRunsPerScheduleMax = 100;
    static constexpr size_t kRunsMax = 10'000;

    virtual ~RunStore() = default;

    /// At the start: what ran then cannot run any more under this engine.
    virtual void openRuns(int64_t nowUnixMs, Callback<FoundRuns> done) = 0;
    /// Adds a run or replaces the one of its id.
    virtual void putRun(JobRun run, Callback<void> done) = 0;
    virtual void putMark(ScheduleMark mark, Callback<void> done) = 0;
    /// Newest first.
    virtual void runs(RunFilter filter, Callback<std::vector<JobRun>> done) = 0;
};

} // namespace arc
