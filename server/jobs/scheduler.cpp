// SPDX-License-Identifier: Apache-2.0
#include "server/jobs/scheduler.h"

#include "server/base/assert.h"
#include "server/jobs/leftovers.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

/// What a mark is good for: another expression or zone has other starts.
std::string timesOf(const ScheduleConfig &config)
{
    return config.cron + " " + config.timeZone;
}

int64_t toMs(TimeZone::SysTime at)
{
    return std::chrono::milliseconds(at.time_since_epoch()).count();
}

} // namespace

Scheduler::Scheduler(Parts parts)
    : m_parts(std::move(parts)), m_self(std::make_shared<Scheduler *>(this)),
      m_due(&Scheduler::due, this)
{
}

Scheduler::~Scheduler()
{
    *m_self = nullptr;
}

TimeZone::SysTime Scheduler::clock() const
{
    return std::chrono::floor<std::chrono::seconds>(
        std::chrono::sys_time<std::chrono::milliseconds>(
            std::chrono::milliseconds(m_parts.unixMs())));
}

Scheduler::Entry *Scheduler::find(const Key &key)
{
    const auto found = m_entries.find(key);
    return found == m_entries.end() ? nullptr : &found->second;
}

void Scheduler::update(std::vector<App> apps)
{
    m_apps = std::move(apps);
    if (m_phase == Phase::Working)
        return begin();
    if (m_phase != Phase::Unread)
        return;
    m_phase = Phase::Reading;
    m_parts.store.openRuns(m_parts.unixMs(), [self = m_self](Result<FoundRuns> found) {
        if (*self)
            (*self)->opened(std::move(found));
    });
}

/// What the engine before this one left is ended before anything is started: two runs of a schedule
/// would be there at once.
void Scheduler::opened(Result<FoundRuns> found)
{
    if (!found) {
        m_parts.log(LogLevel::Warning,
                    fmt::format("the history of schedules cannot be read, so nothing is known of "
                                "starts before now: {}",
                                found.error().message()));
        // Numbers that no run before can have: what cannot be read is not to be written over.
        found = FoundRuns {.lastId = static_cast<uint64_t>(m_parts.unixMs())};
    }
    m_lastId = found->lastId;
    m_marks = std::move(found->marks);
    for (const JobRun &run : found->newest)
        m_entries[{run.app, run.schedule}].last = run;
    std::vector<std::string> marks;
    for (const JobRun &run : found->lost) {
        count(run);
        m_parts.output(run.app, 0, fmt::format("schedule {}: {}", run.schedule, run.cause));
        if (!run.mark.empty())
            marks.push_back(run.mark);
    }
    const auto go = [self = m_self] {
        if (!*self || (*self)->m_phase != Phase::Reading)
            return;
        (*self)->m_phase = Phase::Working;
        (*self)->begin();
    };
    const bool taken = !marks.empty()
        && m_parts.blocking.submit(m_parts.control, [go, marks]() -> std::function<void()> {
               for (const std::string &mark : marks)
                   endLeftovers(mark);
               return go;
           });
    if (!taken)
        go();
}

void Scheduler::begin()
{
    for (auto &[key, entry] : m_entries)
        entry.isGone = true;
    for (const App &app : m_apps) {
        for (const ScheduleConfig &config : app.config.schedules)
            place(app, config);
    }
    m_marks.clear(); // of the start alone
    for (auto each = m_entries.begin(); each != m_entries.end();) {
        Entry &entry = each->second;
        if (entry.isGone && entry.cron) { // it was there up to now
            entry.next.reset();
            m_parts.store.putMark({each->first.first, each->first.second, {}, 0},
                                  [](Result<void>) {});
        }
        each = entry.isGone && entry.jobs.empty() ? m_entries.erase(each) : std::next(each);
    }
    arm();
}

void Scheduler::place(const App &app, const ScheduleConfig &config)
{
    const Key key {app.config.id, config.name};
    Entry &entry = m_entries[key];
    entry.isGone = false;
    const bool hasNewTimes = !entry.cron || timesOf(entry.config) != timesOf(config);
    entry.app = app;
    entry.config = config;
    if (hasNewTimes) {
        auto cron = CronExpression::parse(config.cron);
        auto zone = TimeZone::named(config.timeZone);
        entry.cron = cron ? std::optional(*cron) : std::nullopt; // it was checked before
        entry.zone = zone ? std::optional(*zone) : std::nullopt;
        entry.trouble = zone ? std::string() : zone.error().message();
        entry.doneUpTo.reset();
    }
    if (!isActive(entry)) {
        entry.next.reset();
        return;
    }
    if (!hasNewTimes && entry.next)
        return; // goes on as planned
    const TimeZone::SysTime now = clock();
    const auto known = std::find_if(m_marks.begin(), m_marks.end(), [&](const ScheduleMark &one) {
        return one.app == key.first && one.schedule == key.second && one.times == timesOf(config);
    });
    if (known == m_marks.end()) {
        entry.next = entry.cron->next(*entry.zone, now);
        return mark(entry, now);
    }
    const TimeZone::SysTime upTo {std::chrono::seconds(known->upToUnix)};
    if (upTo <= now)
        return pass(entry, upTo, now);
    // The clock is behind what was done already. A little: that is not done again. Far: it is wrong
    // now, and will be set, or was wrong then.
    const bool isFar = upTo - now > kSetBackMax;
    if (isFar)
        entry.doneUpTo = upTo;
    entry.next = entry.cron->next(*entry.zone, isFar ? now : upTo);
}

bool Scheduler::isActive(const Entry &entry) const
{
    return entry.config.enabled && entry.app.isServed && entry.cron && entry.zone && !entry.isGone;
}

void Scheduler::arm()
{
    m_lastLook = clock();
    bool isAny = false;
    std::chrono::milliseconds wait = kLookEvery;
    for (const auto &[key, entry] : m_entries) {
        if (!entry.next)
            continue;
        isAny = true;
        const std::chrono::milliseconds left(toMs(*entry.next) - m_parts.unixMs());
        wait = std::clamp(left, std::chrono::milliseconds(0), wait);
    }
    if (isAny && m_phase == Phase::Working)
        m_due.arm(m_parts.control.timers(), wait);
    else
        m_due.disarm();
}

void Scheduler::due(void *context) noexcept
{
    static_cast<Scheduler *>(context)->look();
}

void Scheduler::look()
{
    if (m_phase != Phase::Working)
        return;
    const TimeZone::SysTime now = clock();
    const bool wasSetBack = now + kSetBackMax < m_lastLook;
    if (wasSetBack)
        m_parts.log(
            LogLevel::Warning,
            fmt::format("the clock was set back by {} hours: schedules go by the new time",
                        std::chrono::duration_cast<std::chrono::hours>(m_lastLook - now).count()));
    for (auto &[key, entry] : m_entries) {
        if (!entry.next)
            continue;
        if (wasSetBack) {
            entry.next = entry.cron->next(*entry.zone, now);
            mark(entry, now);
        } else if (*entry.next <= now) {
            pass(entry, *entry.next - std::chrono::seconds(1), now);
        }
    }
    arm();
}

Scheduler::State Scheduler::stateOf(const std::string &app, const std::string &schedule) const
{
    const auto found = m_entries.find({app, schedule});
    if (found == m_entries.end())
        return {.state = "waiting"};
    const Entry &entry = found->second;
    State state {.last = entry.last};
    for (const auto &[id, job] : entry.jobs) {
        if (job && id == entry.last.id)
            state.last = job->now();
    }
    if (entry.zone)
        state.timeZone = entry.zone->name();
    if (entry.next) {
        state.nextUnixMs = toMs(*entry.next);
        state.next = entry.zone->print(*entry.next);
    }
    state.state = !entry.jobs.empty() ? "running"
        : !entry.config.enabled       ? "off"
        : !entry.zone                 ? "broken"
        : !entry.app.isServed         ? "paused"
                                      : "waiting";
    if (state.state == "broken")
        state.cause = entry.trouble;
    if (state.state == "paused")
        state.cause = "no site that is started uses the app";
    return state;
}

void Scheduler::runs(RunFilter filter, RunStore::Callback<std::vector<JobRun>> done)
{
    m_parts.store.runs(std::move(filter),
                       [self = m_self, done = std::move(done)](Result<std::vector<JobRun>> found) {
                           if (found && *self) {
                               for (JobRun &run : *found) {
                                   Entry *entry = (*self)->find({run.app, run.schedule});
                                   const auto job = entry ? entry->jobs.find(run.id)
                                                          : decltype(entry->jobs.end()) {};
                                   if (entry && job != entry->jobs.end() && job->second)
                                       run = job->second->now();
                               }
                           }
                           done(std::move(found));
                       });
}

void Scheduler::stop(std::function<void()> done)
{
    m_phase = Phase::Stopping;
    m_due.disarm();
    m_stopped = std::move(done);
    for (auto &[key, entry] : m_entries) {
        if (entry.waiting) {
            JobRun run = *std::exchange(entry.waiting, std::nullopt);
            run.state = "stopped";
            run.endedUnixMs = m_parts.unixMs();
            run.cause = "the engine stopped while it waited for the run before it";
            write(entry, std::move(run));
        }
        for (auto &[id, job] : entry.jobs) {
            if (job)
                job->stop();
        }
    }
    stopped();
}

/// Null for an app that is no longer configured: asking for its cells would bring them back.
std::shared_ptr<AppMetricsSet> Scheduler::metricsOf(const std::string &app) const
{
    const bool isThere = std::any_of(m_apps.begin(), m_apps.end(),
                                     [&](const App &one) { return one.config.id == app; });
    return isThere ? m_parts.metrics(app) : nullptr;
}

void Scheduler::stopped()
{
    if (m_stopped && running() == 0)
        m_parts.control.post([done = std::exchange(m_stopped, nullptr)] { done(); });
}

void Scheduler::say(const Entry &entry, const std::string &sentence)
{
    m_parts.output(entry.app.config.id, 0,
                   fmt::format("schedule {}: {}", entry.config.name, sentence));
}

void Scheduler::mark(const Entry &entry, TimeZone::SysTime upTo)
{
    m_parts.store.putMark({entry.app.config.id, entry.config.name, timesOf(entry.config),
                           upTo.time_since_epoch().count()},
                          [](Result<void>) {}); // what it would say, that of the run says as well
}

void Scheduler::write(Entry &entry, JobRun run)
{
    if (run.id >= entry.last.id)
        entry.last = run;
    m_parts.store.putRun(std::move(run), [self = m_self](Result<void> written) {
        if (*self)
            (*self)->noteStore(written);
    });
}

/// Said once, until it works again.
void Scheduler::noteStore(const Result<void> &written)
{
    const bool failedBefore = std::exchange(m_storeFails, !written);
    if (!written && !failedBefore)
        m_parts.log(
            LogLevel::Warning,
            fmt::format("the history of schedules is not kept: {}", written.error().message()));
}

} // namespace arc
