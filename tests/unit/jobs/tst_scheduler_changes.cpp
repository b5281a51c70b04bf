// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/jobs/scheduler_under_test.h"

using namespace arc;
using namespace arc::test;

/// What was missed, clocks that are set, and schedules that change while they run.
class TestSchedulerChanges : public QObject {
    Q_OBJECT

private Q_SLOTS:
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

    void aScheduleThatComesBackWhileItsRunGoesOnHasAPlan()
    {
        SchedulerUnderTest test;
        const ScheduleConfig job = every("@hourly", untilFile("end"));
        test.serve({job});
        QVERIFY(test.runNow("job"));
        test.serve({});
        test.serve({job});
        QCOMPARE(test.state("job").nextUnixMs, kNoon + kHour);
        touch(test.file("end"));
        QTRY_COMPARE(test.states(), QString("done"));
        test.look(kNoon + kHour);
        QTRY_COMPARE(test.states(), QString("done done"));
    }

    void whatWaitsIsNotStartedOnceItIsSwitchedOff()
    {
        SchedulerUnderTest test;
        ScheduleConfig job = every("* * * * *", untilFile("end"));
        job.overlap = "queue";
        test.serve({job});
        test.look(kNoon + kMinute);
        test.look(kNoon + 2 * kMinute);
        QCOMPARE(test.states(), QString("running waiting"));
        job.enabled = false;
        test.serve({job});
        touch(test.file("end"));
        QTRY_COMPARE(test.states(), QString("done skipped"));
    }

    void aHistoryThatCannotBeReadIsNotWrittenOver()
    {
        SchedulerUnderTest test;
        const ScheduleConfig job = every("@hourly", "python -c pass");
        test.serve({job});
        QVERIFY(test.runNow("job"));
        QTRY_COMPARE(test.states(), QString("done"));
        test.stop();
        test.die();
        test.onControl([&] { test.store().isUnreadable = true; });
        test.begin();
        test.serve({job});
        QVERIFY(test.runNow("job"));
        QTRY_COMPARE(test.states(), QString("done done"));
    }

    /// As a machine whose clock has no battery: years behind at first, and then set.
    void aClockThatIsFarBehindAtTheStartMissesNothing()
    {
        SchedulerUnderTest test;
        const ScheduleConfig job = every("0 * * * *", "python -c pass");
        test.serve({job});
        test.look(kNoon + kHour);
        QTRY_COMPARE(test.states(), QString("done"));
        test.stop();
        test.die();
        test.now = kNoon - 2000 * kHour;
        test.begin();
        test.serve({job});
        QCOMPARE(test.state("job").nextUnixMs, kNoon - 1999 * kHour);
        test.look(kNoon + kHour + 30 * kMinute);
        QCOMPARE(test.states(), QString("done"));
        test.look(kNoon + 2 * kHour);
        QTRY_COMPARE(test.states(), QString("done done"));
    }

    void theFiguresOfARemovedAppStayGone()
    {
        SchedulerUnderTest test;
        test.serve({every("@hourly", untilFile("end"))});
        QVERIFY(test.runNow("job"));
        QTRY_COMPARE(test.running(), int64_t {1});
        test.serveNothing();
        test.onControl([&] { test.metricsAsked = 0; });
        touch(test.file("end"));
        QTRY_COMPARE(test.states(), QString("done"));
        test.onControl([&] { QCOMPARE(test.metricsAsked, 0); });
    }
};

SCHEDULER_TEST_MAIN(TestSchedulerChanges)
#include "tst_scheduler_changes.moc"
