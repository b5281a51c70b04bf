// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/jobs/scheduler_under_test.h"

using namespace arc;
using namespace arc::test;

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

SCHEDULER_TEST_MAIN(TestScheduler)
#include "tst_scheduler.moc"
