// SPDX-License-Identifier: Apache-2.0
// What becomes of a start: it is made, waits, is left out or was missed; and how a run ended.
#include "server/base/text.h"
#include "server/jobs/leftovers.h"
#include "server/jobs/scheduler.h"
#include "server/jobs/syntax/command_words.h"

#include <fmt/format.h>

namespace arc {

namespace {

constexpr const char *kBySchedule = "schedule"; // JobRun::startedBy
constexpr const char *kByCatchUp = "catch-up";

int64_t toMs(TimeZone::SysTime at)
{
    return std::chrono::milliseconds(at.time_since_epoch()).count();
}

bool isFailure(const JobRun &run)
{
    return run.state == "failed" || run.state == "too_long" || run.state == "not_started"
        || run.state == "lost";
}

} // namespace

/// Every start in (from, now]: the last one is made if it is not too late, what was before it was
/// missed.
void Scheduler::pass(Entry &entry, TimeZone::SysTime from, TimeZone::SysTime now)
{
    if (entry.doneUpTo && *entry.doneUpTo <= now)
        from = std::max(from, *std::exchange(entry.doneUpTo, std::nullopt));
    const TimeZone::SysTime first = entry.cron->next(*entry.zone, from);
    TimeZone::SysTime last = first;
    int count = 0;
    for (TimeZone::SysTime at = first; at <= now; at = entry.cron->next(*entry.zone, at)) {
        last = at;
        if (++count > kMissedCountMax) { // the rest is not worth the time; the newest is
            const auto late = entry.cron->next(*entry.zone, now - kLateMax);
            last = late <= now ? late : last;
            count = kMissedCountMax + 2;
            break;
        }
    }
    entry.next = entry.cron->next(*entry.zone, now);
    mark(entry, now);
    if (count == 0)
        return;
    const bool isInTime = now - last <= kLateMax;
    if (const int missed = count - (isInTime ? 1 : 0); missed > 0)
        miss(entry, first, missed, !isInTime && entry.config.catchUp);
    if (isInTime)
        startDue(entry, last, kBySchedule);
    else if (entry.config.catchUp)
        startDue(entry, last, kByCatchUp);
}

void Scheduler::miss(Entry &entry, TimeZone::SysTime first, int missed, bool isMadeUp)
{
    JobRun run = newRun(entry, toMs(first), kBySchedule);
    run.state = "missed";
    run.endedUnixMs = m_parts.unixMs();
    const std::string what = missed == 1
        ? fmt::format("the start of {} was", entry.zone->print(first))
        : fmt::format("{} starts, from {} on, were",
                      missed > kMissedCountMax ? fmt::format("more than {}", kMissedCountMax)
                                               : std::to_string(missed),
                      entry.zone->print(first));
    run.cause =
        fmt::format("{} missed: no engine ran then, the machine slept, or its clock was set{}",
                    what, isMadeUp ? "; this is made up once" : "");
    if (auto metrics = metricsOf(run.app))
        metrics->cells.jobsMissed.add(missed);
    say(entry, run.cause);
    write(entry, std::move(run));
}

JobRun Scheduler::newRun(const Entry &entry, int64_t dueUnixMs, const std::string &by)
{
    return {.id = ++m_lastId,
            .app = entry.app.config.id,
            .schedule = entry.config.name,
            .startedBy = by,
            .dueUnixMs = dueUnixMs};
}

size_t Scheduler::running() const
{
    size_t count = 0;
    for (const auto &[key, entry] : m_entries)
        count += entry.jobs.size();
    return count;
}

/// Why a run cannot begin now; empty: it can.
std::string Scheduler::obstacleOf(const Entry &entry) const
{
    if (entry.jobs.size() >= (entry.config.overlap == "allow" ? kRunsAtOnceMax : 1))
        return entry.jobs.size() == 1 ? "the run before it was still going"
                                      : fmt::format("{} runs were going", entry.jobs.size());
    if (running() >= kRunningMax)
        return fmt::format("{} commands of schedules were running", kRunningMax);
    return {};
}

void Scheduler::startDue(Entry &entry, TimeZone::SysTime dueAt, const std::string &by)
{
    const std::string obstacle = obstacleOf(entry);
    if (obstacle.empty())
        return launch(entry, newRun(entry, toMs(dueAt), by));
    if (entry.config.overlap == "queue" && !entry.jobs.empty() && !entry.waiting) {
        entry.waiting = newRun(entry, toMs(dueAt), by);
        entry.waiting->state = "waiting";
        return write(entry, *entry.waiting);
    }
    skip(entry, dueAt, obstacle);
}

/// One row for all starts that are left out because of the same run: they would push the runs out
/// of the history.
void Scheduler::skip(Entry &entry, TimeZone::SysTime dueAt, const std::string &why)
{
    if (auto metrics = metricsOf(entry.app.config.id))
        metrics->cells.jobsSkipped.add(1);
    if (++entry.skips == 1) {
        entry.skipped = newRun(entry, toMs(dueAt), kBySchedule);
        entry.skipped.state = "skipped";
    }
    entry.skipped.endedUnixMs = m_parts.unixMs();
    entry.skipped.cause = entry.skips == 1
        ? fmt::format("left out, because {}", why)
        : fmt::format("{} starts up to {} were left out, because {}", entry.skips,
                      entry.zone->print(dueAt), why);
    if (entry.skips == 1)
        say(entry, entry.skipped.cause);
    write(entry, entry.skipped);
}

Result<JobRun> Scheduler::runNow(const std::string &app, const std::string &schedule,
                                 const std::string &by)
{
    Entry *entry = find({app, schedule});
    if (m_phase == Phase::Stopping)
        return Error {ErrorCode::Unavailable, "the engine is stopping"};
    if (m_phase != Phase::Working || !entry || entry->isGone)
        return Error {ErrorCode::Unavailable, "the engine is still starting; try again"};
    JobRun run = newRun(*entry, m_parts.unixMs(), by);
    if (const std::string obstacle = obstacleOf(*entry); !obstacle.empty()) {
        if (entry->config.overlap != "queue" || entry->jobs.empty() || entry->waiting)
            return Error {ErrorCode::Conflict,
                          fmt::format("{} was not started: {}", schedule, obstacle)};
        run.state = "waiting";
        entry->waiting = run;
        write(*entry, run);
        return run;
    }
    launch(*entry, run);
    return entry->last;
}

/// Written down before there is a process, so that one is never forgotten.
void Scheduler::launch(Entry &entry, JobRun run)
{
    run.state = "running";
    run.startedUnixMs = m_parts.unixMs();
    run.mark = newJobMark();
    entry.jobs.emplace(run.id, nullptr);
    entry.skips = 0;
    if (auto metrics = metricsOf(run.app))
        metrics->cells.jobRuns.add(1);
    showRunning(run.app);
    entry.last = run;
    m_parts.store.putRun(run, [self = m_self, run](Result<void> written) {
        if (!*self)
            return;
        (*self)->noteStore(written);
        (*self)->launched(run);
    });
}

void Scheduler::launched(JobRun run)
{
    Entry &entry = *find({run.app, run.schedule}); // stays while it has runs
    const auto giveUp = [&](const char *state, std::string cause) {
        run.state = state;
        run.startedUnixMs = 0;
        run.endedUnixMs = m_parts.unixMs();
        run.cause = std::move(cause);
        ended(std::move(run));
    };
    if (m_phase == Phase::Stopping)
        return giveUp("stopped", "was not started, because the engine stopped");
    if (entry.isGone)
        return giveUp("skipped", "was not started, because the schedule was removed");
    auto app = m_parts.withSecrets(entry.app.config);
    if (!app)
        return giveUp("not_started",
                      fmt::format("could not be started: {}", app.error().message()));
    auto job = std::make_unique<Job>(
        Job::Environment {m_parts.control, m_parts.blocking, m_parts.executable,
                          [this, app = run.app](int pid, std::string_view line) {
                              m_parts.output(app, pid, line);
                          }},
        run, Job::Limits {std::chrono::seconds(entry.config.timeLimitSeconds), entry.app.stopTime},
        [this](JobRun became) { ended(std::move(became)); });
    auto argv = commandWords(entry.config.command);
    auto started = argv ? job->start(std::move(*app), std::move(*argv)) : std::move(argv).error();
    if (!started)
        return giveUp("not_started",
                      fmt::format("could not be started: {}", started.error().message()));
    entry.jobs[run.id] = std::move(job);
}

void Scheduler::ended(JobRun run)
{
    Entry &entry = *find({run.app, run.schedule});
    const auto job = entry.jobs.find(run.id);
    // It is inside its own callback: it may not be destroyed before that returns.
    m_parts.control.post([last = std::shared_ptr<Job>(std::move(job->second))] {});
    entry.jobs.erase(job);
    run.mark.clear();
    showRunning(run.app);
    count(run);
    tell(entry, run);
    write(entry, std::move(run));
    if (entry.waiting && m_phase == Phase::Working)
        startWaiting(entry, *std::exchange(entry.waiting, std::nullopt));
    if (entry.isGone && entry.jobs.empty())
        m_entries.erase({entry.app.config.id, entry.config.name});
    stopped();
}

void Scheduler::startWaiting(Entry &entry, JobRun run)
{
    const bool isByClock = run.startedBy == kBySchedule || run.startedBy == kByCatchUp;
    if (isByClock ? isActive(entry) : !entry.isGone)
        return launch(entry, std::move(run));
    run.state = "skipped";
    run.endedUnixMs = m_parts.unixMs();
    run.cause = "left out, because the schedule was removed or switched off, or its site stopped, "
                "while it waited";
    write(entry, std::move(run));
}

void Scheduler::showRunning(const std::string &app)
{
    auto metrics = metricsOf(app);
    if (!metrics)
        return;
    size_t going = 0;
    for (const auto &[key, entry] : m_entries)
        going += key.first == app ? entry.jobs.size() : 0;
    metrics->cells.jobsRunning.set(static_cast<int64_t>(going));
}

void Scheduler::count(const JobRun &run)
{
    auto metrics = isFailure(run) ? metricsOf(run.app) : nullptr;
    if (metrics)
        metrics->cells.jobFailures.add(1);
}

void Scheduler::tell(const Entry &entry, const JobRun &run)
{
    const double seconds = static_cast<double>(run.endedUnixMs - run.startedUnixMs) / 1000;
    if (run.startedUnixMs == 0)
        say(entry, run.cause);
    else if (run.state == "done")
        say(entry, fmt::format("done after {}", formatDuration(seconds)));
    else
        say(entry, fmt::format("after {}, it {}", formatDuration(seconds), run.cause));
}

} // namespace arc
