// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/thread.h"
#include "server/jobs/leftovers.h"
#include "server/jobs/scheduler.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <csignal>
#include <future>

namespace arc::test {

constexpr int64_t kNoon = 1'775'304'000'000; // 2026-04-04T12:00:00Z
constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;

/// A history that keeps what it is told; survives the scheduler, as the database does. Control
/// loop.
class MemoryRuns final : public RunStore {
public:
    explicit MemoryRuns(EventLoop &control) : m_control(control) { }

    void openRuns(int64_t nowUnixMs, Callback<FoundRuns> done) override
    {
        if (isUnreadable)
            return m_control.post([done] { done(Error {ErrorCode::Unavailable, "no disk"}); });
        FoundRuns found {.lastId = rows.empty() ? 0 : rows.rbegin()->first};
        for (auto &[id, run] : rows) {
            if (run.state == "running" || run.state == "waiting") {
                run.state = "lost";
                run.endedUnixMs = nowUnixMs;
                found.lost.push_back(run);
            }
        }
        for (const auto &[key, mark] : marks)
            found.marks.push_back(mark);
        m_control.post([done, found] { done(found); });
    }
    void putRun(JobRun run, Callback<void> done) override
    {
        rows[run.id] = std::move(run);
        m_control.post([done, this] {
            done(isFull ? Result<void>(Error {ErrorCode::Full, "the disk is full"})
                        : Result<void>());
        });
    }
    void putMark(ScheduleMark mark, Callback<void> done) override
    {
        if (mark.times.empty())
            marks.erase(mark.schedule);
        else
            marks[mark.schedule] = mark;
        m_control.post([done] { done({}); });
    }
    void runs(RunFilter, Callback<std::vector<JobRun>> done) override
    {
        std::vector<JobRun> all;
        for (const auto &[id, run] : rows)
            all.insert(all.begin(), run);
        m_control.post([done, all] { done(all); });
    }

    std::map<uint64_t, JobRun> rows;
    std::map<std::string, ScheduleMark> marks;
    bool isFull = false;
    bool isUnreadable = false;

private:
    EventLoop &m_control;
};

/// The scheduler with a clock that the test sets, a history in memory, and real processes.
class SchedulerUnderTest {
public:
    SchedulerUnderTest()
    {
        auto loop = EventLoop::create("control", EventLoop::kNoIndex, m_loopMetrics);
        m_control = std::move(*loop);
        m_store = std::make_unique<MemoryRuns>(*m_control);
        m_blocking = std::make_unique<BlockingPool>(2);
        m_thread = Thread("control", [this] { m_control->run(); });
        begin();
    }
    ~SchedulerUnderTest()
    {
        stop();
        onControl([this] { m_scheduler.reset(); });
        m_blocking.reset();
        m_control->stop();
        m_thread.join();
    }

    void onControl(std::function<void()> task)
    {
        std::promise<void> done;
        m_control->post([&] {
            task();
            done.set_value();
        });
        done.get_future().wait();
    }
    /// A new engine on the same history.
    void begin()
    {
        onControl([this] {
            m_scheduler = std::make_unique<Scheduler>(Scheduler::Parts {
                .control = *m_control,
                .blocking = *m_blocking,
                .store = *m_store,
                .executable = QFile::symLinkTarget(QStringLiteral("/proc/self/exe")).toStdString(),
                .unixMs = [this] { return now + (m_runs ? m_since.elapsed() : 0); },
                .log = [this](LogLevel, const std::string &line) { engineLog += line + "\n"; },
                .output =
                    [this](const std::string &, int pid, std::string_view line) {
                        appLog += (pid ? "[app] " : "[engine] ") + std::string(line) + "\n";
                    },
                .metrics =
                    [this](const std::string &) {
                        ++metricsAsked;
                        return m_metrics;
                    },
                .withSecrets = [](const AppConfig &app) -> Result<AppConfig> {
                    return app;
                }});
        });
    }
    /// As kill -9 of the engine: nothing is told to anybody, and processes stay.
    void die()
    {
        onControl([this] { m_scheduler.reset(); });
    }
    void stop()
    {
        auto stopped = std::make_shared<std::promise<void>>();
        onControl([&] {
            if (m_scheduler)
                m_scheduler->stop([stopped] { stopped->set_value(); });
            else
                stopped->set_value();
        });
        stopped->get_future().wait();
    }
    void serve(std::vector<ScheduleConfig> schedules, bool isServed = true,
               std::chrono::seconds stopTime = std::chrono::seconds(1))
    {
        AppConfig app {.id = "shop",
                       .root = m_folder.path().toStdString(),
                       .entry = "app:app",
                       .interface = "wsgi",
                       .python = "/usr/bin/python3",
                       .schedules = std::move(schedules)};
        onControl([&] { m_scheduler->update({{app, stopTime, isServed}}); });
        // Both the history's answer and what follows from it are mail of this loop.
        for (int i = 0; i < 3; ++i)
            onControl([] {});
    }
    /// The clock goes on by itself from now.
    void letRun()
    {
        m_since.start();
        m_runs = true;
    }
    /// The app is gone, too.
    void serveNothing()
    {
        onControl([&] { m_scheduler->update({}); });
    }
    void look(int64_t at)
    {
        now = at;
        onControl([this] { m_scheduler->look(); });
    }
    Result<JobRun> runNow(const std::string &name)
    {
        Result<JobRun> run = Error {ErrorCode::Internal, ""};
        onControl([&] { run = m_scheduler->runNow("shop", name, "test"); });
        return run;
    }
    Scheduler::State state(const std::string &name)
    {
        Scheduler::State state;
        onControl([&] { state = m_scheduler->stateOf("shop", name); });
        return state;
    }
    std::vector<JobRun> rows()
    {
        std::vector<JobRun> all;
        onControl([&] {
            for (const auto &[id, run] : m_store->rows)
                all.push_back(run);
        });
        return all;
    }
    /// "done skipped": oldest first.
    QString states()
    {
        QStringList all;
        for (const JobRun &run : rows())
            all << QString::fromStdString(run.state);
        return all.join(' ');
    }
    QString file(const QString &name) const { return m_folder.filePath(name); }
    QByteArray content(const QString &name) const
    {
        QFile written(file(name));
        return written.open(QIODevice::ReadOnly) ? written.readAll() : QByteArray();
    }
    int64_t failures() { return m_metrics->cells.jobFailures.read(); }
    int64_t missed() { return m_metrics->cells.jobsMissed.read(); }
    int64_t running() { return m_metrics->cells.jobsRunning.read(); }
    MemoryRuns &store() { return *m_store; }

    std::atomic<int64_t> now {kNoon};
    std::string engineLog; // both of the control loop
    std::string appLog;
    int metricsAsked = 0;

private:
    std::atomic<bool> m_runs {false};
    QElapsedTimer m_since;
    QTemporaryDir m_folder;
    LoopMetrics m_loopMetrics;
    std::shared_ptr<AppMetricsSet> m_metrics = std::make_shared<AppMetricsSet>("shop");
    std::unique_ptr<EventLoop> m_control;
    std::unique_ptr<MemoryRuns> m_store;
    std::unique_ptr<BlockingPool> m_blocking;
    Thread m_thread;
    std::unique_ptr<Scheduler> m_scheduler;
};

inline ScheduleConfig every(const std::string &cron, const std::string &command)
{
    return {.name = "job", .cron = cron, .timeZone = "UTC", .command = command};
}

/// Waits until a file of its folder is there, for a minute at most.
inline std::string untilFile(const std::string &name)
{
    return "python -c \"import os, time\nend = time.time() + 60\nwhile not os.path.exists('" + name
        + "') and time.time() < end: time.sleep(0.02)\"";
}

inline void touch(const QString &path)
{
    QFile(path).open(QIODevice::WriteOnly);
}

inline bool isAlive(const QByteArray &pid)
{
    QFile status("/proc/" + pid.trimmed() + "/stat");
    if (pid.trimmed().isEmpty() || !status.open(QIODevice::ReadOnly))
        return false;
    const QByteArray text = status.readAll();
    return text[text.lastIndexOf(')') + 2] != 'Z';
}

} // namespace arc::test

/// QTEST_GUILESS_MAIN for programs that are also the launcher of commands.
#define SCHEDULER_TEST_MAIN(Test)                                                                  \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        if (argc > 1 && std::string_view(argv[1]) == "--launch-worker")                            \
            return arc::launchWorkerMain(argc, argv);                                              \
        QCoreApplication app(argc, argv);                                                          \
        Test test;                                                                                 \
        return QTest::qExec(&test, argc, argv);                                                    \
    }
