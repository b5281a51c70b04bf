// SPDX-License-Identifier: Apache-2.0
#include "server/loop/timer_wheel.h"
#include "unit/loop/loop_fixture.h"

#include <QtTest>

#include <functional>
#include <random>

#include <sys/resource.h>

using namespace arc;
using std::chrono::milliseconds;

namespace {

/// A timer with a closure, for tests.
struct Alarm {
    explicit Alarm(std::function<void()> what) : task(std::move(what)) { }
    std::function<void()> task;
    Timer timer {[](void *self) noexcept { static_cast<Alarm *>(self)->task(); }, this};
};

int64_t msOf(SteadyTime time)
{
    return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

} // namespace

class TestTimerWheel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void firesOnceAndNeverEarly_data()
    {
        QTest::addColumn<int>("delayMs");
        for (const int delay : {0, 1, 19, 20, 21, 55, 130})
            QTest::newRow(std::to_string(delay).c_str()) << delay;
    }
    void firesOnceAndNeverEarly()
    {
        QFETCH(int, delayMs);
        LoopFixture test;
        int fired = 0;
        Alarm alarm([&] {
            ++fired;
            test.loop->stop();
        });
        const auto before = std::chrono::steady_clock::now();
        alarm.timer.arm(test.loop->timers(), milliseconds(delayMs));
        QVERIFY(alarm.timer.isArmed());
        QVERIFY(test.run());
        QVERIFY(std::chrono::steady_clock::now() - before >= milliseconds(delayMs));
        QCOMPARE(fired, 1);
        QVERIFY(!alarm.timer.isArmed());
        QCOMPARE(test.loop->timers().armed(), size_t {0});
    }

    void pushingBackFiresAtTheLastDeadlineOnly()
    {
        LoopFixture test;
        int pushes = 0;
        int64_t due = 0;
        int64_t firedAt = 0;
        Alarm alarm([&] {
            firedAt = msOf(test.loop->now());
            test.loop->stop();
        });
        Alarm *again = nullptr;
        Alarm pusher([&] {
            due = msOf(test.loop->now()) + 60;
            alarm.timer.arm(test.loop->timers(), milliseconds(60));
            if (++pushes < 5)
                again->timer.arm(test.loop->timers(), milliseconds(30));
        });
        again = &pusher;
        alarm.timer.arm(test.loop->timers(), milliseconds(60));
        pusher.timer.arm(test.loop->timers(), milliseconds(0));
        QVERIFY(test.run());
        QCOMPARE(pushes, 5);
        QVERIFY(firedAt >= due);
    }

    void pullingForwardFiresAtTheEarlierDeadline()
    {
        LoopFixture test;
        Alarm alarm([&] { test.loop->stop(); });
        alarm.timer.arm(test.loop->timers(), std::chrono::hours(1));
        alarm.timer.arm(test.loop->timers(), milliseconds(30));
        QVERIFY(test.run());
        QVERIFY(!alarm.timer.isArmed());
    }

    void disarmedTimersStaySilent()
    {
        LoopFixture test;
        Alarm silent([] { qFatal("a disarmed timer fired"); });
        Alarm end([&] { test.loop->stop(); });
        silent.timer.arm(test.loop->timers(), milliseconds(20));
        silent.timer.disarm();
        silent.timer.disarm();
        end.timer.arm(test.loop->timers(), milliseconds(80));
        QVERIFY(test.run());
    }

    void aCallbackMayDestroyItselfAndItsNeighbours()
    {
        LoopFixture test;
        int fired = 0;
        std::vector<std::unique_ptr<Alarm>> alarms;
        for (int i = 0; i < 5; ++i) {
            alarms.push_back(std::make_unique<Alarm>([&] {
                ++fired;
                test.loop->stop();
                alarms.clear(); // this closure with it: nothing is touched behind it
            }));
        }
        for (const auto &alarm : alarms)
            alarm->timer.arm(test.loop->timers(), milliseconds(20));
        QVERIFY(test.run());
        QCOMPARE(fired, 1);
        QCOMPARE(test.loop->timers().armed(), size_t {0});
    }

    void aCallbackMayArmItsOwnTimerAgain()
    {
        LoopFixture test;
        int fired = 0;
        Alarm *self = nullptr;
        Alarm alarm([&] {
            if (++fired == 4)
                test.loop->stop();
            else
                self->timer.arm(test.loop->timers(), milliseconds(0));
        });
        self = &alarm;
        alarm.timer.arm(test.loop->timers(), milliseconds(0));
        QVERIFY(test.run());
        QCOMPARE(fired, 4);
    }

    void negativeAndEndlessDelaysAreHarmless()
    {
        LoopFixture test;
        Alarm never([] { qFatal("fired"); });
        Alarm soon([&] { test.loop->stop(); });
        never.timer.arm(test.loop->timers(), milliseconds::max());
        soon.timer.arm(test.loop->timers(), milliseconds::min());
        QVERIFY(test.run());
        QVERIFY(never.timer.isArmed());
    }

    void aLoopWithADistantTimerSleeps()
    {
        LoopFixture test;
        Alarm distant([] { qFatal("fired"); });
        distant.timer.arm(test.loop->timers(), std::chrono::hours(1));
        Alarm end([&] { test.loop->stop(); });
        end.timer.arm(test.loop->timers(), milliseconds(300));
        rusage before {};
        getrusage(RUSAGE_SELF, &before);
        QVERIFY(test.run());
        rusage after {};
        getrusage(RUSAGE_SELF, &after);
        // A wheel that ticked all the time would wake up fifteen times.
        QVERIFY(after.ru_nvcsw - before.ru_nvcsw < 12);
    }

    // Deadlines from nothing to three hours, far beyond both wheels, on a clock that leaps.
    void everyDeadlineIsMetOnAClockThatLeaps()
    {
        LoopFixture test;
        TimerWheel &wheel = test.loop->timers();
        std::mt19937 random(42);
        struct Case {
            std::unique_ptr<Alarm> alarm;
            int64_t due = 0;
            int64_t fired = 0;
        };
        std::vector<Case> cases(400);
        size_t left = cases.size();
        int64_t beforeLeap = msOf(test.loop->now());
        for (Case &one : cases) {
            one.alarm = std::make_unique<Alarm>([&] {
                one.fired = msOf(test.loop->now());
                --left;
            });
        }
        const auto armAt = [&](Case &one, int64_t delay) {
            one.due = msOf(test.loop->now()) + delay;
            one.alarm->timer.arm(wheel, milliseconds(delay));
        };
        test.loop->touchClock();
        for (Case &one : cases)
            armAt(one, static_cast<int64_t>(random() % 10'800'000));
        // Half are set anew, to a later or an earlier time.
        for (size_t i = 0; i < cases.size(); i += 2)
            armAt(cases[i], static_cast<int64_t>(random() % 10'800'000));

        int64_t leap = 0;
        int64_t worstEarly = 0;
        int64_t worstLate = 0;
        Alarm *self = nullptr;
        Alarm driver([&] {
            for (Case &one : cases) {
                if (one.fired == 0)
                    continue;
                worstEarly = std::max(worstEarly, one.due - one.fired);
                // Seen before the leap, it would have been due then already.
                worstLate = std::max(worstLate, beforeLeap - one.due);
                one.fired = 0;
                one.due = INT64_MAX;
            }
            for (const Case &one : cases) // whoever is still armed was not due
                worstLate = std::max(worstLate, beforeLeap - one.due);
            if (left == 0)
                return test.loop->stop();
            beforeLeap = msOf(test.loop->now());
            leap = 1'000 + static_cast<int64_t>(random() % 120'000);
            test.loop->skipAhead(milliseconds(leap));
            self->timer.arm(wheel, milliseconds(0));
        });
        self = &driver;
        driver.timer.arm(wheel, milliseconds(0));
        QVERIFY(test.run(std::chrono::seconds(60)));
        QCOMPARE(left, size_t {0});
        QVERIFY2(worstEarly <= 0, std::to_string(worstEarly).c_str());
        QVERIFY2(worstLate <= 2 * TimerWheel::kTickMs + 200, std::to_string(worstLate).c_str());
    }
};

QTEST_APPLESS_MAIN(TestTimerWheel)
#include "tst_timer_wheel.moc"
