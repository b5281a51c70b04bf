// SPDX-License-Identifier: Apache-2.0
// When a pool gets another worker, or gives one up: decisions, and what they make of a day's load.
#include "server/workers/autoscaler.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <functional>

#undef slots // Qt's keyword, our member

using namespace arc;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = ScaleDecision::Kind;

namespace {

constexpr int64_t kMiB = 1024 * 1024;

ScaleRules rules()
{
    return {
        .least = 2, .most = 8, .wait = milliseconds(50), .coolDown = seconds(60), .cpuMax = 0.8};
}

SteadyTime at(double second)
{
    return SteadyTime {seconds(1000)}
    + std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>(second));
}

/// Four workers of four threads, all of them busy, and requests wait; there is room for more.
ScaleFacts crowded(double second)
{
    return {.now = at(second),
            .ready = 4,
            .slotsEach = 4,
            .busy = 16,
            .queued = 4,
            .handedOver = 100,
            .waitP95 = 0.18,
            .appCores = 0.4,
            .cpuUsed = 0.62,
            .cores = 8,
            .memoryFree = 4096 * kMiB,
            .workerBytes = 310 * kMiB};
}

ScaleFacts quiet(double second)
{
    ScaleFacts facts = crowded(second);
    facts.idle = 4;
    facts.busy = facts.queued = facts.handedOver = 0;
    facts.waitP95 = facts.appCores = facts.cpuUsed = 0;
    return facts;
}

ScaleRules fixedAt(size_t workers)
{
    ScaleRules same = rules();
    same.least = workers;
    return same;
}

/// A scaler that has four workers already.
Autoscaler atFour()
{
    Autoscaler scaler;
    scaler.look(fixedAt(4), quiet(-1));
    return scaler;
}

/// An app and a machine, second by second: requests come, take a while, and wait when there is no
/// slot; what needs the processor gets no more than its share of it.
struct Simulation {
    struct App {
        double ioSeconds = 0.1;  ///< of a request, without the processor
        double cpuSeconds = 0.0; ///< of a request, with it
        int64_t slots = 4;
        bool sharesInterpreter = true; ///< one core for each worker
        int startSeconds = 2;
    };
    App app;
    ScaleRules rule = rules();
    unsigned cores = 4;
    std::function<double(int)> load = [](int) {
        return 0.0;
    }; ///< requests a second
    std::function<double(int)> neighbour = [](int) {
        return 0.0;
    }; ///< cores it takes
    int64_t memoryFree = 100000 * kMiB;

    Autoscaler scaler;
    size_t ready = 2;
    size_t wanted = 2;
    int startsLeft = 0;
    double queue = 0;
    int ups = 0;
    int downs = 0;
    int refusedCpu = 0;
    int refusedMemory = 0;
    int turns = 0; ///< a change in the other direction than the one before
    Kind last = Kind::Stay;
    size_t most = 0;
    std::vector<std::string> told;

    void run(int duration)
    {
        for (int second = 0; second < duration; ++second)
            step(second);
    }
    void step(int second)
    {
        if (startsLeft > 0 && --startsLeft == 0)
            ready = wanted;
        const double others = std::min<double>(cores, neighbour(second));
        // Under contention the kernel gives everybody the same.
        const double grant = std::max(cores - others, cores / 2.0);
        const double workers = static_cast<double>(ready);
        const double cpuCapacity = app.cpuSeconds > 0
            ? std::min(grant, app.sharesInterpreter ? workers : 1e9) / app.cpuSeconds
            : 1e9;
        const double slots = workers * static_cast<double>(app.slots);
        const double capacity = std::min(slots / (app.ioSeconds + app.cpuSeconds), cpuCapacity);
        const double arrived = load(second);
        const double served = std::min(queue + arrived, capacity);
        const double before = queue;
        queue = std::min(1000.0, queue + arrived - served);
        const double wait = served > 0 ? std::max(before, queue) / capacity : 0;
        const double used = served * app.cpuSeconds;
        double busy = served * (app.ioSeconds + app.cpuSeconds);
        if (queue > 0)
            busy = slots;
        ScaleFacts facts {
            .now = at(second),
            .isAtRest = startsLeft == 0,
            .ready = ready,
            .idle = busy + 1 < slots ? ready - static_cast<size_t>(busy / double(app.slots)) : 0,
            .slotsEach = app.slots,
            .busy = std::llround(busy),
            .queued = std::llround(queue),
            .handedOver = std::llround(served),
            .waitP95 = queue >= 1 || before >= 1 ? wait : 0,
            .appCores = used,
            .cpuUsed = std::min(1.0, (used + others) / cores),
            .cores = cores,
            .memoryFree = memoryFree - static_cast<int64_t>(ready) * 100 * kMiB,
            .workerBytes = 100 * kMiB};
        follow(scaler.look(rule, facts));
    }
    void follow(const ScaleDecision &decision)
    {
        if (decision.isNews)
            told.push_back(decision.reason);
        refusedCpu += decision.kind == Kind::RefusedCpu;
        refusedMemory += decision.kind == Kind::RefusedMemory;
        if (decision.kind != Kind::Up && decision.kind != Kind::Down)
            return;
        turns += last != Kind::Stay && last != decision.kind ? 1 : 0;
        last = decision.kind;
        wanted = decision.workers;
        most = std::max(most, wanted);
        if (decision.kind == Kind::Up) {
            ++ups;
            startsLeft = app.startSeconds;
        } else {
            ++downs;
            ready = wanted;
        }
    }
    QByteArray all() const
    {
        QByteArray lines;
        for (const std::string &line : told)
            lines += QByteArray::fromStdString(line) + "\n";
        return lines;
    }
};

} // namespace

Q_DECLARE_METATYPE(ScaleFacts)

class TestAutoscaler : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void settingsBecomeRules()
    {
        Settings settings;
        QVERIFY(!scaleRules(settings, 4).isOn());
        QCOMPARE(scaleRules(settings, 4).least, size_t(4)); // auto
        QCOMPARE(scaleRules(settings, 1).least, size_t(2));
        settings.poolProcessesMax = 3;
        QCOMPARE(scaleRules(settings, 16).least, size_t(3)); // auto is never above the most
        settings.poolProcesses = 1;
        QCOMPARE(scaleRules(settings, 16).least, size_t(1));
        QCOMPARE(scaleRules(settings, 16).most, size_t(3));
        QCOMPARE(scaleRules(settings, 16).cpuMax, 0.8);
    }

    void aDecisionHasItsReason_data()
    {
        QTest::addColumn<ScaleFacts>("facts");
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("workers");
        QTest::addColumn<QByteArray>("reason");
        const auto row = [](const char *name, const std::function<void(ScaleFacts &)> &change,
                            Kind kind, int workers, const char *reason) {
            ScaleFacts facts = crowded(0);
            change(facts);
            QTest::newRow(name) << facts << int(kind) << workers << QByteArray(reason);
        };
        row(
            "there is room", [](ScaleFacts &) {}, Kind::Up, 5,
            "started worker 5 of at most 8: requests waited 180 ms for a free worker while 62 % of "
            "the "
            "processor was used");
        row(
            "more are lacking", [](ScaleFacts &it) { it.queued = 40; }, Kind::Up, 6,
            "started workers 5 to 6 of at most 8: requests waited 180 ms for a free worker while "
            "62 % "
            "of the processor was used");
        row(
            "forked ones cost nothing",
            [](ScaleFacts &it) {
                it.queued = 40;
                it.areForked = true;
            },
            Kind::Up, 8,
            "started workers 5 to 8 of at most 8: requests waited 180 ms for a free worker while "
            "62 % "
            "of the processor was used");
        row(
            "memory for one of them",
            [](ScaleFacts &it) {
                it.queued = 40;
                it.memoryFree = 400 * kMiB;
            },
            Kind::Up, 5,
            "started worker 5 of at most 8: requests waited 180 ms for a free worker while 62 % of "
            "the "
            "processor was used");
        row(
            "each will use as much as those there are",
            [](ScaleFacts &it) {
                it.queued = 40;
                it.appCores = 4;
            },
            Kind::Up, 5,
            "started worker 5 of at most 8: requests waited 180 ms for a free worker while 62 % of "
            "the "
            "processor was used");
        row(
            "nobody knows the processor", [](ScaleFacts &it) { it.cpuUsed = -1; }, Kind::Up, 5,
            "started worker 5 of at most 8: requests waited 180 ms for a free worker");
        row(
            "nobody knows memory", [](ScaleFacts &it) { it.memoryFree = -1; }, Kind::Up, 5,
            "started worker 5 of at most 8: requests waited 180 ms for a free worker while 62 % of "
            "the "
            "processor was used");
        row(
            "the processor is busy", [](ScaleFacts &it) { it.cpuUsed = 0.96; }, Kind::RefusedCpu, 4,
            "did not start worker 5: requests waited 180 ms for a free worker, but the processor "
            "is "
            "96 % busy; more workers would not help");
        row(
            "memory is not free", [](ScaleFacts &it) { it.memoryFree = 200 * kMiB; },
            Kind::RefusedMemory, 4,
            "did not start worker 5: requests waited 180 ms for a free worker, but memory for one "
            "more "
            "(310 MiB) is not free: there is 200 MiB to spare");
        row(
            "interpreters can do no more",
            [](ScaleFacts &it) {
                it.waitP95 = 0;
                it.queued = 0;
                it.busy = 9;
                it.appCores = 3.8;
            },
            Kind::Up, 5,
            "started worker 5 of at most 8: 9 requests share 4 workers that use 95 % of a core "
            "each "
            "while 62 % of the processor was used");
        const auto stays = [&](const char *name, const std::function<void(ScaleFacts &)> &change) {
            row(name, change, Kind::Stay, 4, "");
        };
        stays("the wait is short", [](ScaleFacts &it) { it.waitP95 = 0.049; });
        stays("an interpreter for each request", [](ScaleFacts &it) {
            it.waitP95 = 0;
            it.queued = 0;
            it.busy = 4;
            it.appCores = 3.8;
        });
        stays("a deploy is under way, or a crash loop",
              [](ScaleFacts &it) { it.isAtRest = false; });
        stays("none serves", [](ScaleFacts &it) { it.ready = 0; });
    }
    void aDecisionHasItsReason()
    {
        QFETCH(ScaleFacts, facts);
        Autoscaler scaler = atFour();
        QCOMPARE(int(scaler.look(rules(), facts).kind), int(Kind::Stay)); // one second is a chance
        facts.now = at(1);
        const ScaleDecision decision = scaler.look(rules(), facts);
        QTEST(int(decision.kind), "kind");
        QTEST(int(decision.workers), "workers");
        QTEST(QByteArray::fromStdString(decision.reason), "reason");
        QCOMPARE(scaler.workers(rules()), decision.workers);
    }

    void aSecondWithoutAWaitStartsTheCountAnew()
    {
        Autoscaler scaler = atFour();
        for (int second = 0; second < 60; second += 2) {
            QCOMPARE(int(scaler.look(rules(), crowded(second)).kind), int(Kind::Stay));
            QCOMPARE(int(scaler.look(rules(), quiet(second + 1)).kind), int(Kind::Stay));
        }
    }

    void requestsThatNobodyTakesWaitToo()
    {
        Autoscaler scaler = atFour();
        ScaleDecision decision;
        int looks = 0;
        for (; looks < 10 && decision.kind == Kind::Stay; ++looks) {
            ScaleFacts stuck = crowded(looks);
            stuck.handedOver = 0; // so there is no time that one waited
            stuck.waitP95 = 0;
            decision = scaler.look(rules(), stuck);
        }
        QCOMPARE(int(decision.kind), int(Kind::Up));
        QCOMPARE(looks, 3);
        QVERIFY(decision.reason.find("waited 2 s") != std::string::npos
                || decision.reason.find("waited 2.00 s") != std::string::npos);
    }

    void theMostIsTheMost()
    {
        Autoscaler scaler;
        scaler.look(fixedAt(8), quiet(-1));
        ScaleFacts facts = crowded(0);
        facts.ready = 8;
        facts.busy = 32;
        scaler.look(rules(), facts);
        facts.now = at(1);
        const ScaleDecision decision = scaler.look(rules(), facts);
        QCOMPARE(int(decision.kind), int(Kind::RefusedMax));
        QCOMPARE(decision.workers, size_t(8));
        QVERIFY(decision.reason.find("8 is the most that pool.processes_max allows")
                != std::string::npos);
    }

    void limitsThatChangeHoldAtOnce()
    {
        Autoscaler scaler = atFour();
        ScaleRules narrow = rules();
        narrow.most = 3;
        QCOMPARE(scaler.workers(narrow), size_t(3));
        QCOMPARE(scaler.workers(fixedAt(6)), size_t(6));
        ScaleRules off = rules();
        off.most = 0;
        QCOMPARE(scaler.workers(off), size_t(2));
    }

    void aRefusalIsToldOnceAndNotEverySecond()
    {
        Autoscaler scaler = atFour();
        int told = 0;
        int refused = 0;
        for (int second = 0; second < 590; ++second) {
            ScaleFacts facts = crowded(second);
            // Around the limit: two reasons take turns.
            facts.cpuUsed = second % 2 ? 0.79 : 0.81;
            facts.memoryFree = 0;
            const ScaleDecision decision = scaler.look(rules(), facts);
            refused += decision.kind != Kind::Stay ? 1 : 0;
            told += decision.isNews ? 1 : 0;
        }
        QCOMPARE(refused, 589);
        QVERIFY2(told <= 20, qPrintable(QString::number(told)));
    }

    void whatWasNotNeededForTheCoolDownGoesByHalves()
    {
        Autoscaler scaler;
        scaler.look(fixedAt(8), quiet(-1));
        std::vector<size_t> steps;
        size_t workers = 8;
        for (int second = 0; second < 600; ++second) {
            ScaleFacts facts = quiet(second);
            facts.ready = facts.idle = workers;
            const ScaleDecision decision = scaler.look(rules(), facts);
            if (decision.kind == Kind::Stay)
                continue;
            QCOMPARE(int(decision.kind), int(Kind::Down));
            if (steps.empty())
                QCOMPARE(QByteArray::fromStdString(decision.reason),
                         QByteArray("stopped 3 of 8 workers: for 60 s, 2 would have been enough"));
            steps.push_back(workers = decision.workers);
        }
        QCOMPARE(steps, (std::vector<size_t> {5, 3, 2}));
    }

    void onlyIdleWorkersAreGivenUp()
    {
        Autoscaler scaler;
        scaler.look(fixedAt(8), quiet(-1));
        for (int second = 0; second < 300; ++second) {
            ScaleFacts facts = quiet(second);
            facts.ready = 8;
            facts.idle = 0; // eight requests that take minutes: they would fit into three
            facts.busy = 8;
            QCOMPARE(int(scaler.look(rules(), facts).kind), int(Kind::Stay));
        }
        ScaleFacts facts = quiet(300);
        facts.ready = 8;
        facts.idle = 1;
        facts.busy = 7;
        const ScaleDecision decision = scaler.look(rules(), facts);
        QCOMPARE(int(decision.kind), int(Kind::Down));
        QCOMPARE(decision.workers, size_t(7));
    }

    void nothingIsGivenUpDuringAChange()
    {
        Autoscaler scaler = atFour();
        for (int second = 0; second < 300; ++second) {
            ScaleFacts facts = quiet(second);
            facts.isAtRest = false;
            QCOMPARE(int(scaler.look(rules(), facts).kind), int(Kind::Stay));
        }
    }

    void aWorkerThatDoesNotStartIsNotTriedAgainSoon()
    {
        Autoscaler scaler = atFour();
        scaler.look(rules(), crowded(0));
        QCOMPARE(int(scaler.look(rules(), crowded(1)).kind), int(Kind::Up));
        const ScaleDecision failed = scaler.startFailed(rules(), 4, "no module named shop", at(2));
        QCOMPARE(failed.workers, size_t(4));
        QCOMPARE(QByteArray::fromStdString(failed.reason),
                 QByteArray("worker 5 did not start, so there are 4 for the next 60 s: no module "
                            "named shop"));
        for (int second = 3; second < 62; ++second)
            QCOMPARE(int(scaler.look(rules(), crowded(second)).kind), int(Kind::Stay));
        QCOMPARE(int(scaler.look(rules(), crowded(62)).kind), int(Kind::Up));
    }

    // What these decisions make of a load. 80 requests a second need eight slots of an app that
    // takes 100 ms.

    void anAppThatWaitsForOthersGetsWhatItNeedsAndGivesItBack()
    {
        Simulation it;
        it.load = [](int second) {
            return second < 300 ? 200.0 : 0.0;
        }; // 20 slots: five workers
        it.run(300);
        // While the first ones started, requests gathered: they are worth more than five.
        QVERIFY2(it.ready >= 5, it.all());
        QCOMPARE(it.queue, 0.0);
        QCOMPARE(it.downs, 0);
        const int ups = it.ups;
        for (int second = 300; second < 900; ++second)
            it.step(second);
        QCOMPARE(it.ups, ups);
        QCOMPARE(it.ready, size_t(2));
        QCOMPARE(it.turns, 1);
    }

    void anAppThatComputesIsRefusedMoreThanTheProcessorHas()
    {
        Simulation it;
        it.app = {.ioSeconds = 0, .cpuSeconds = 0.05};
        it.cores = 2;
        it.load = [](int) {
            return 100.0;
        }; // five cores' worth
        it.run(600);
        QCOMPARE(it.ups, 0);
        QVERIFY(it.refusedCpu > 500);
        QCOMPARE(it.told.size(), size_t(1));
        QVERIFY2(it.told.front().find("more workers would not help") != std::string::npos,
                 it.all());
    }

    void anAppThatComputesGetsTheCoresThatAreFree()
    {
        Simulation it;
        it.app = {.ioSeconds = 0, .cpuSeconds = 0.05};
        it.cores = 8;
        it.load = [](int) {
            return 200.0;
        }; // ten
        it.run(600);
        // 80 % of eight are six and a half.
        QVERIFY2(it.ready >= 6 && it.ready <= 7, it.all());
        QCOMPARE(it.turns, 0);
    }

    void memoryBoundsThePool()
    {
        Simulation it;
        it.memoryFree = 450 * kMiB; // four workers of 100 MiB
        it.load = [](int) {
            return 300.0;
        };
        it.run(300);
        QCOMPARE(it.ready, size_t(4));
        QVERIFY(it.refusedMemory > 100);
    }

    void noLoadMakesThePoolFlap_data()
    {
        QTest::addColumn<int>("period"); // of a square wave between none and 200 a second
        QTest::addColumn<int>("turnsMax");
        QTest::newRow("every 5 s") << 5 << 0;
        QTest::newRow("every 20 s") << 20 << 0;
        QTest::newRow("every minute") << 60 << 0;
        QTest::newRow("every 100 s") << 100 << 0;
        // A calm of more than the cool-down: it follows once, and is patient then.
        QTest::newRow("every 4 min") << 240 << 6;
        QTest::newRow("every 10 min") << 600 << 14;
    }
    void noLoadMakesThePoolFlap()
    {
        QFETCH(int, period);
        QFETCH(int, turnsMax);
        Simulation it;
        it.load = [period](int second) {
            return second % period < period / 2 ? 200.0 : 0.0;
        };
        it.run(3600);
        QVERIFY2(it.turns <= turnsMax, qPrintable(QString::number(it.turns) + "\n" + it.all()));
        QVERIFY(it.most <= 8);
    }

    void aSlowSineIsFollowedUpAndDownOnce()
    {
        Simulation it;
        it.load = [](int second) {
            return 120 * (1 - std::cos(second * 2 * M_PI / 3600));
        };
        it.run(3600);
        QVERIFY2(it.turns <= 1, it.all());
        QVERIFY2(it.ups >= 2 && it.downs >= 1, it.all());
        QVERIFY2(it.ups + it.downs <= 14, it.all());
    }

    void burstsOfASecondAreTheQueuesBusiness()
    {
        Simulation it;
        it.load = [](int second) {
            return second % 30 == 0 ? 100.0 : 4.0;
        }; // 20 more than fit
        it.run(1800);
        QVERIFY2(it.ups <= 1 && it.turns == 0, it.all());
    }

    void aBadNeighbourStopsGrowthAndCausesNoFlapping()
    {
        Simulation it;
        it.app = {.ioSeconds = 0.05, .cpuSeconds = 0.02};
        it.load = [](int) {
            return 130.0;
        };
        it.neighbour = [](int second) {
            return second / 7 % 2 ? 4.0 : 0.0;
        };
        it.run(1800);
        QVERIFY2(it.turns <= 2, qPrintable(QString::number(it.turns) + "\n" + it.all()));
        QVERIFY2(it.told.size() <= 40, it.all());
    }
};

QTEST_GUILESS_MAIN(TestAutoscaler)
#include "tst_autoscaler.moc"
