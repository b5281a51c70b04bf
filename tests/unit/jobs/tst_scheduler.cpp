// SPDX-License-Identifier: Apache-2.0
// The scheduler with a clock that the test sets, a history in memory, and real processes.
#include "server/base/thread.h"
#include "server/jobs/leftovers.h"
#include "server/jobs/scheduler.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <csignal>
#include <future>

using namespace arc;

namespace {

constexpr int64_t kNoon = 1'775'304'000'000; // 2026-04-04T12:00:00Z
constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;

/// Keeps what it is told; survives the scheduler, as the database does. Control loop.
class MemoryRuns final : public RunStore {
public:
    explicit MemoryRuns(EventLoop &control) : m_control(control) { }

    void openRuns(int64_t nowUnixMs, Callback<FoundRuns> done) override
    {
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

private:
    EventLoop &m_control;
};

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
                .metrics = [this](const std::string &) { return m_metrics; },
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

ScheduleConfig every(const std::string &cron, const std::string &command)
{
    return {.name = "job", .cron = cron, .timeZone = "UTC", .command = command};
}

/// Waits until a file of its folder is there, for a minute at most.
std::string untilFile(const std::string &name)
{
    return "python -c \"import os, time\nend = time.time() + 60\nwhile not os.path.exists('" + name
        + "') and time.time() < end: time.sleep(0.02)\"";
}

void touch(const QString &path)
{
    QFile(path).open(QIODevice::WriteOnly);
}

bool isAlive(const QByteArray &pid)
{
    QFile status("/proc/" + pid.trimmed() + "/stat");
    if (pid.trimmed().isEmpty() || !status.open(QIODevice::ReadOnly))
        return false;
    const QByteArray text = status.readAll();
    return text[text.lastIndexOf(')') + 2] != 'Z';
}

} // namespace

class TestScheduler : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aCommandRunsOnceAtItsTime()
    {
        SchedulerUnderTest test;
        test.serve({every("*/5 * * * *", "python -c \"print('counted'); print('last')\"")});
        QCOMPARE(test.state("job").nextUnixMs, kNoon + 5 * kMinute);
        QCOMPARE(test.state("job").next, std::string("2026-04-04 12:05 UTC"));
        test.look(kNoon + 5 * kMinute - 1000);
        QCOMPARE(test.states(), QString());
        test.look(kNoon + 5 * kMinute);
        test.look(kNoon + 5 * kMinute);
        test.look(kNoon + 6 * kMinute);
        QTRY_COMPARE(test.states(), QString("done"));
        const JobRun run = test.rows().front();
        QCOMPARE(run.output, std::string("counted\nlast\n"));
        QCOMPARE(run.exitCode, 0);
        QCOMPARE(run.startedBy, std::string("schedule"));
        QCOMPARE(run.dueUnixMs, kNoon + 5 * kMinute);
        QCOMPARE(test.state("job").state, std::string("waiting"));
        QCOMPARE(test.running(), int64_t {0});
        test.onControl([&] {
            QVERIFY2(
                test.appLog.starts_with("[app] counted\n[app] last\n[engine] schedule job: done"),
                test.appLog.c_str());
        });
    }

    void nobodyNeedsToLookForIt()
    {
        SchedulerUnderTest test;
        test.now = kNoon - 500;
        test.letRun();
        test.serve({every("0 12 * * *", "python -c pass")});
        QTRY_COMPARE(test.states(), QString("done"));
        QCOMPARE(test.rows()[0].dueUnixMs, kNoon);
    }

    void aFailureIsToldInOneSentence()
    {
        SchedulerUnderTest test;
        test.serve({every("@hourly", "python -c \"print('no database'); raise SystemExit(3)\"")});
        test.look(kNoon + kHour);
        QTRY_COMPARE(test.states(), QString("failed"));
        QCOMPARE(test.rows()[0].exitCode, 3);
        QCOMPARE(test.rows()[0].cause,
                 std::string("exited with code 3; its last line: no database"));
        QCOMPARE(test.failures(), int64_t {1});
        test.onControl([&] {
            QVERIFY2(test.appLog.find("it exited with code 3; its last line: no database\n")
                         != std::string::npos,
                     test.appLog.c_str());
        });
    }

    void aCommandThatDoesNotExistIsTold()
    {
        SchedulerUnderTest test;
        test.serve({every("@hourly", "no-such-command-of-this-test")});
        QVERIFY(test.runNow("job"));
        QTRY_COMPARE(test.states(), QString("not_started"));
        QCOMPARE(test.rows()[0].cause,
                 std::string("could not be started: no-such-command-of-this-test: no such command "
                             "beside the interpreter or on PATH"));
        QCOMPARE(test.failures(), int64_t {1});
    }

    void aStartIsLeftOutWhileTheRunBeforeGoesOn()
    {
        SchedulerUnderTest test;
        test.serve({every("* * * * *", untilFile("end"))});
        for (int i = 1; i <= 4; ++i)
            test.look(kNoon + i * kMinute);
        QCOMPARE(test.states(), QString("running skipped"));
        QCOMPARE(test.rows()[1].cause,
                 std::string("3 starts up to 2026-04-04 12:04 UTC were left out, because the run "
                             "before it was still going"));
        QCOMPARE(test.runNow("job").error().code(), ErrorCode::Conflict);
        touch(test.file("end"));
        QTRY_COMPARE(test.states(), QString("done skipped"));
        test.look(kNoon + 5 * kMinute);
        QTRY_COMPARE(test.states(), QString("done skipped done"));
    }

    void oneStartWaitsWhereTheRuleSaysSo()
    {
        SchedulerUnderTest test;
        ScheduleConfig job = every("* * * * *", untilFile("end"));
        job.overlap = "queue";
        test.serve({job});
        for (int i = 1; i <= 3; ++i)
            test.look(kNoon + i * kMinute);
        QCOMPARE(test.states(), QString("running waiting skipped"));
        touch(test.file("end"));
        QTRY_COMPARE(test.states(), QString("done done skipped"));
    }

    void runsAreSideBySideWhereTheRuleSaysSo()
    {
        SchedulerUnderTest test;
        ScheduleConfig job = every("* * * * *", untilFile("end"));
        job.overlap = "allow";
        test.serve({job});
        for (int i = 1; i <= 3; ++i)
            test.look(kNoon + i * kMinute);
        QTRY_COMPARE(test.running(), int64_t {3});
        touch(test.file("end"));
        QTRY_COMPARE(test.states(), QString("done done done"));
    }

    /// The child has left the process group, and would outlive a signal to that.
    void theTimeLimitLeavesNoProcess()
    {
        SchedulerUnderTest test;
        ScheduleConfig job =
            every("@hourly",
                  "python -c \"import os, signal, subprocess, time\n"
                  "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                  "a = subprocess.Popen(['sleep', '600'])\n"
                  "b = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
                  "open('pids', 'w').write('%d %d %d' % (os.getpid(), a.pid, b.pid))\n"
                  "time.sleep(600)\"");
        job.timeLimitSeconds = 2;
        test.serve({job});
        QVERIFY(test.runNow("job"));
        QTRY_COMPARE(test.states(), QString("too_long"));
        QCOMPARE(test.rows()[0].cause,
                 std::string("ran longer than its limit of 2 s, and was ended"));
        QCOMPARE(test.rows()[0].signalNumber, SIGKILL);
        const QList<QByteArray> pids = test.content("pids").split(' ');
        QCOMPARE(pids.size(), 3);
        for (const QByteArray &pid : pids)
            QTRY_VERIFY(!isAlive(pid));
    }

    void whatACommandLeavesBehindIsEnded()
    {
        SchedulerUnderTest test;
        test.serve({every("@hourly",
                          "python -c \"import subprocess\n"
                          "a = subprocess.Popen(['sleep', '600'])\n"
                          "b = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
                          "open('pids', 'w').write('%d %d' % (a.pid, b.pid))\"")});
        QVERIFY(test.runNow("job"));
        QTRY_COMPARE(test.states(), QString("done"));
        const QList<QByteArray> pids = test.content("pids").split(' ');
        QCOMPARE(pids.size(), 2);
        for (const QByteArray &pid : pids)
            QTRY_VERIFY(!isAlive(pid));
    }

    void theEnginesStopEndsIt()
    {
        SchedulerUnderTest test;
        test.serve({every("@hourly", untilFile("never"))});
        QVERIFY(test.runNow("job"));
        QTRY_COMPARE(test.state("job").state, std::string("running"));
        test.stop();
        QCOMPARE(test.states(), QString("stopped"));
        QCOMPARE(test.running(), int64_t {0});
        QCOMPARE(test.runNow("job").error().code(), ErrorCode::Unavailable);
    }

    /// What it had started is there still when the next engine begins, and is ended before that
    /// one starts anything.
    void aRunWhoseEngineDiedIsLost()
    {
        SchedulerUnderTest test;
        const ScheduleConfig job =
            every("@hourly",
                  "python -c \"import os, signal, time\n"
                  "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                  "open('pid', 'w').write(str(os.getpid()))\ntime.sleep(600)\"");
        test.serve({job}, true, std::chrono::seconds(600));
        QVERIFY(test.runNow("job"));
        QTRY_VERIFY(isAlive(test.content("pid")));
        test.die();
        QVERIFY(isAlive(test.content("pid")));
        test.begin();
        test.serve({job});
        QCOMPARE(test.states(), QString("lost"));
        QTRY_VERIFY(!isAlive(test.content("pid")));
        QCOMPARE(test.failures(), int64_t {1});
    }

    void whatWasMissedIsToldAndNotMadeUp()
    {
        SchedulerUnderTest test;
        const ScheduleConfig job = every("0 * * * *", "python -c pass");
        test.serve({job});
        test.stop();
        test.die();
        test.now = kNoon + 3 * kHour + 30 * kMinute;
        test.begin();
        test.serve({job});
        QTRY_COMPARE(test.states(), QString("missed"));
        QCOMPARE(test.rows()[0].cause,
                 std::string("3 starts, from 2026-04-04 13:00 UTC on, were missed: no engine ran "
                             "then, the machine slept, or its clock was set"));
        QCOMPARE(test.missed(), int64_t {3});
        QCOMPARE(test.state("job").nextUnixMs, kNoon + 4 * kHour);
        // And not told again.
        test.stop();
        test.die();
        test.begin();
        test.serve({job});
        QCOMPARE(test.states(), QString("missed"));
    }

    void whatWasMissedIsMadeUpOnceWhereTheRuleSaysSo()
    {
        SchedulerUnderTest test;
        ScheduleConfig job = every("0 * * * *", "python -c pass");
        job.catchUp = true;
        test.serve({job});
        test.stop();
        test.die();
        test.now = kNoon + 3 * kHour + 30 * kMinute;
        test.begin();
        test.serve({job});
        QTRY_COMPARE(test.states(), QString("missed done"));
        QCOMPARE(test.rows()[1].startedBy, std::string("catch-up"));
        QCOMPARE(test.rows()[1].dueUnixMs, kNoon + 3 * kHour);
    }

    void aRestartOverItsTimeIsInTime()
    {
        SchedulerUnderTest test;
        const ScheduleConfig job = every("0 * * * *", "python -c pass");
        test.serve({job});
        test.stop();
        test.die();
        test.now = kNoon + kHour + 20'000;
        test.begin();
        test.serve({job});
        QTRY_COMPARE(test.states(), QString("done"));
    }

    void aNewScheduleHasMissedNothing()
    {
        SchedulerUnderTest test;
        test.serve({});
        test.now = kNoon + 50 * kHour;
        test.serve({every("0 * * * *", "python -c pass")});
        test.look(kNoon + 50 * kHour);
        QCOMPARE(test.states(), QString());
    }

    void aClockSetForwardMissesAndOneSetBackRepeatsNothing()
    {
        SchedulerUnderTest test;
        test.serve({every("0 * * * *", "python -c pass")});
        test.look(kNoon + kHour);
        QTRY_COMPARE(test.states(), QString("done"));
        test.look(kNoon + 30 * kMinute);
        test.look(kNoon + kHour);
        QCOMPARE(test.states(), QString("done"));
        test.look(kNoon + 4 * kHour + 30 * kMinute);
        QTRY_COMPARE(test.states(), QString("done missed"));
        QCOMPARE(test.missed(), int64_t {3});
    }

    void aClockThatWasWrongByDaysIsFollowed()
    {
        SchedulerUnderTest test;
        test.serve({every("0 * * * *", "python -c pass")});
        test.look(kNoon + 1000);
        test.look(kNoon - 48 * kHour);
        QCOMPARE(test.state("job").nextUnixMs, kNoon - 47 * kHour);
        test.look(kNoon - 47 * kHour);
        QTRY_COMPARE(test.states(), QString("done"));
    }

    void nothingIsStartedWhileTheSiteIsStoppedOrTheScheduleOff()
    {
        SchedulerUnderTest test;
        ScheduleConfig job = every("0 * * * *", "python -c pass");
        test.serve({job}, false);
        QCOMPARE(test.state("job").state, std::string("paused"));
        job.enabled = false;
        test.serve({job});
        QCOMPARE(test.state("job").state, std::string("off"));
        test.look(kNoon + 5 * kHour);
        job.enabled = true;
        test.serve({job});
        test.look(kNoon + 5 * kHour);
        QCOMPARE(test.states(), QString()); // and none of these was missed
        QCOMPARE(test.state("job").nextUnixMs, kNoon + 6 * kHour);
    }

    void aRunOfARemovedScheduleEndsByItself()
    {
        SchedulerUnderTest test;
        test.serve({every("@hourly", untilFile("end"))});
        QVERIFY(test.runNow("job"));
        test.serve({});
        QCOMPARE(test.runNow("job").error().code(), ErrorCode::Unavailable);
        touch(test.file("end"));
        QTRY_COMPARE(test.states(), QString("done"));
    }

    void aHistoryThatCannotBeWrittenStopsNothing()
    {
        SchedulerUnderTest test;
        test.serve({every("@hourly", "python -c pass")});
        test.onControl([&] { test.store().isFull = true; });
        QVERIFY(test.runNow("job"));
        QTRY_COMPARE(test.states(), QString("done"));
        test.onControl([&] {
            QCOMPARE(test.engineLog,
                     std::string("the history of schedules is not kept: the disk is full\n"));
        });
    }

    void onlyTheLastOfALongOutputIsKept()
    {
        SchedulerUnderTest test;
        test.serve({every("@hourly", "python -c \"print('\xc3\xa4' * 9000 + 'end')\"")});
        QVERIFY(test.runNow("job"));
        QTRY_COMPARE(test.states(), QString("done"));
        const std::string output = test.rows()[0].output;
        QVERIFY(output.size() <= Job::kOutputBytesMax && output.size() > Job::kOutputBytesMax - 4);
        QVERIFY(output.ends_with("\xc3\xa4"
                                 "end\n"));
        QVERIFY(output.starts_with("\xc3\xa4"));
    }
};

int main(int argc, char **argv)
{
    if (argc > 1 && std::string_view(argv[1]) == "--launch-worker")
        return launchWorkerMain(argc, argv);
    QCoreApplication app(argc, argv);
    TestScheduler test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_scheduler.moc"
