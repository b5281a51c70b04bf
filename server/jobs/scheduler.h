// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/log_level.h"
#include "server/config/document.h"
#include "server/config/run_store.h"
#include "server/jobs/job.h"
#include "server/jobs/syntax/cron.h"
#include "server/metrics/metrics.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace arc {

/// Starts the commands of all apps' schedules at their times, once for the engine however many
/// workers an app has, and writes down what became of them. Confined to the control loop.
///
/// A start is made when its time has come, at most kLateMax late: what is later was missed, because
/// no engine ran, the machine slept, or its clock was set. Those are told, and one of them is made
/// up where the schedule says so. The plan of a schedule only ever moves forward, so that a clock
/// set back repeats nothing; but one that was set back by more than kSetBackMax was wrong, and the
/// plan is made anew.
class Scheduler {
public:
    static constexpr std::chrono::seconds kLateMax {60};
    static constexpr std::chrono::hours kSetBackMax {3};
    /// Between two looks at the clock, which may have been set.
    static constexpr std::chrono::milliseconds kLookEvery {5000};
    static constexpr size_t kRunsAtOnceMax = 10; ///< of one schedule whose runs may overlap
    static constexpr size_t kRunningMax = 64;    ///< of all apps
    static constexpr int kMissedCountMax = 1000; ///< more are "more than 1000"

    struct Parts {
        EventLoop &control;
        BlockingPool &blocking;
        RunStore &store;
        std::string executable;                                 ///< of this program
        std::function<int64_t()> unixMs;                        ///< the clock of the machine
        std::function<void(LogLevel, const std::string &)> log; ///< the engine's
        /// A line of an app's log; pid 0: the engine speaks.
        std::function<void(const std::string &app, int pid, std::string_view line)> output;
        std::function<std::shared_ptr<AppMetricsSet>(const std::string &app)> metrics;
        /// The app with its secrets among its variables, or why they cannot be had.
        std::function<Result<AppConfig>(const AppConfig &app)> withSecrets;
    };
    struct App {
        AppConfig config;
        std::chrono::seconds stopTime {0};
        bool isServed = true; ///< by an enabled site; else its schedules wait
    };
    struct State {
        /// "waiting" (for its time), "running", "off" (not enabled), "paused" (its site is
        /// stopped), "broken" (its time zone is gone)
        std::string state;
        std::string cause;      ///< of paused and broken
        std::string timeZone;   ///< that it goes by
        int64_t nextUnixMs = 0; ///< 0: none is planned
        std::string next;       ///< "2026-11-27 02:30 CET"
        JobRun last;            ///< the newest; id 0: there was none
    };

    explicit Scheduler(Parts parts);
    ~Scheduler();
    Scheduler(const Scheduler &) = delete;

    /// The schedules as configured now. The first call reads what engines before this one left.
    void update(std::vector<App> apps);
    /// Starts it now, whatever the clock says; its overlap rule holds. The run as it begins.
    /// Conflict: it runs already. Unavailable: the engine stops, or has just begun to start.
    Result<JobRun> runNow(const std::string &app, const std::string &schedule,
                          const std::string &by);
    State stateOf(const std::string &app, const std::string &schedule) const;
    /// Of a run that goes on, what it has written so far is there.
    void runs(RunFilter filter, RunStore::Callback<std::vector<JobRun>> done);
    /// Nothing is started any more; what runs is told to end, and killed after its app's stop time.
    void stop(std::function<void()> done);
    /// Does what the clock asks for. Its own timer calls it; tests do, too.
    void look();

private:
    using Key = std::pair<std::string, std::string>; // app and schedule
    struct Entry {
        App app;
        ScheduleConfig config;
        std::optional<CronExpression> cron;
        std::optional<TimeZone> zone;
        std::string trouble; ///< why there is no zone
        bool isGone = false; ///< from the configuration, while its last runs go on
        std::optional<TimeZone::SysTime> next;
        /// Where the clock was far behind at the start: what is up to here is not missed once it is
        /// set.
        std::optional<TimeZone::SysTime> doneUpTo;
        std::map<uint64_t, std::unique_ptr<Job>> jobs; ///< null: about to start
        std::optional<JobRun> waiting;
        JobRun last;
        JobRun skipped; ///< the row that counts the starts left out because of this run
        int skips = 0;
    };

    // What is there (scheduler.cpp).
    void opened(Result<FoundRuns> found);
    void begin();
    void place(const App &app, const ScheduleConfig &config);
    bool isActive(const Entry &entry) const;
    TimeZone::SysTime clock() const;
    void arm();
    static void due(void *context) noexcept;
    Entry *find(const Key &key);
    void say(const Entry &entry, const std::string &sentence);
    void mark(const Entry &entry, TimeZone::SysTime upTo);
    void write(Entry &entry, JobRun run);
    std::shared_ptr<AppMetricsSet> metricsOf(const std::string &app) const;
    void noteStore(const Result<void> &written);
    void stopped();

    // What becomes of a start (scheduler_starts.cpp).
    void pass(Entry &entry, TimeZone::SysTime from, TimeZone::SysTime now);
    void miss(Entry &entry, TimeZone::SysTime first, int missed, bool isMadeUp);
    void startDue(Entry &entry, TimeZone::SysTime due, const std::string &by);
    std::string obstacleOf(const Entry &entry) const;
    void skip(Entry &entry, TimeZone::SysTime due, const std::string &why);
    JobRun newRun(const Entry &entry, int64_t dueUnixMs, const std::string &by);
    void launch(Entry &entry, JobRun run);
    void launched(JobRun run);
    void ended(JobRun run);
    void startWaiting(Entry &entry, JobRun run);
    void count(const JobRun &run);
    void showRunning(const std::string &app);
    void tell(const Entry &entry, const JobRun &run);
    size_t running() const;

    Parts m_parts;
    std::map<Key, Entry> m_entries;
    std::vector<App> m_apps; ///< as update() was told, until the history is read
    std::vector<ScheduleMark> m_marks;
    uint64_t m_lastId = 0;
    enum class Phase { Unread, Reading, Working, Stopping } m_phase = Phase::Unread;
    bool m_storeFails = false;
    TimeZone::SysTime m_lastLook {};
    std::function<void()> m_stopped;
    std::shared_ptr<Scheduler *> m_self; ///< answers of the store find out that it is gone
    Timer m_due;
};

} // namespace arc
