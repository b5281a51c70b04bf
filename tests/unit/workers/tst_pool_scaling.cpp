// SPDX-License-Identifier: Apache-2.0
// A pool with pool.processes_max: it grows while requests wait and there is room, and shrinks again
// without anybody noticing.
#include "tests/support/pool_load.h"
#include "tests/support/pool_under_test.h"

#include <QtTest>

#include <algorithm>
#include <future>

#undef slots // Qt's keyword, our member

using namespace arc;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = ScaleDecision::Kind;

namespace {

/// As an app that waits for its database.
constexpr const char *kSleeping = R"(
import time

def application(environ, start_response):
    time.sleep(0.05)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"slept"]
)";

constexpr const char *kComputing = R"(
import time

def application(environ, start_response):
    end = time.thread_time() + 0.05
    while time.thread_time() < end:
        pass
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"computed"]
)";

/// "/wait" is answered when there is a file "go" in its folder.
constexpr const char *kWaiting = R"(
import os, time

def application(environ, start_response):
    deadline = time.monotonic() + 60
    while environ["PATH_INFO"] == "/wait" and not os.path.exists("go"):
        if time.monotonic() > deadline:
            raise TimeoutError("nobody said go")
        time.sleep(0.02)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]
)";

/// One thread for each worker; processor and memory are no hindrance.
PoolUnderTest::Options scaling(const char *source, int least, int most)
{
    PoolUnderTest::Options options;
    options.source = source;
    options.settings.poolProcesses = least;
    options.settings.poolProcessesMax = most;
    options.settings.poolThreads = 1;
    options.settings.scaleUpWait = milliseconds(20);
    options.settings.scaleDownAfter = seconds(60);
    options.memoryAvailable = [] {
        return int64_t(-1);
    };
    options.cpuUsed = [] {
        return 0.3;
    };
    return options;
}

bool refusedFor(PoolUnderTest &pool, Kind kind)
{
    return pool.waits([kind](const PoolInfo &info) { return info.scaling.kind == kind; });
}

} // namespace

class TestPoolScaling : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aPoolGrowsWhileRequestsWaitAndShrinksAfterwards()
    {
        auto options = scaling(kSleeping, 1, 3);
        options.settings.scaleDownAfter = seconds(2);
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(1));
        Load load(pool, 6);
        QVERIFY(pool.reachesReady(3));
        QVERIFY(refusedFor(pool, Kind::RefusedMax)); // six clients would keep six busy
        load.finish();
        QCOMPARE(load.lost(), 0);
        QVERIFY(pool.reachesReady(1));
        const PoolInfo info = pool.info();
        QCOMPARE(info.wanted, 1);
        QCOMPARE(info.scaling.least, 1);
        QCOMPARE(info.scaling.most, 3);
        QCOMPARE(int(info.scaling.kind), int(Kind::Down));
        QVERIFY(info.scaling.reason.find("would have been enough") != std::string::npos);
        QVERIFY(info.scaling.unixMs > 0);
        QVERIFY(info.scaling.ups >= 1 && info.scaling.downs >= 1);
        QCOMPARE(pool.metrics().scaleUps.read(), info.scaling.ups);
        QCOMPARE(pool.metrics().scaleDowns.read(), info.scaling.downs);
        QVERIFY(pool.metrics().scaleRefusedMax.read() > 0);
        QCOMPARE(pool.metrics().workersWanted.read(), int64_t(1));
        const std::string said = pool.logged(LogLevel::Info);
        QVERIFY2(said.find("of at most 3: requests waited ") != std::string::npos, said.c_str());
        QVERIFY(said.find("while 30 % of the processor was used") != std::string::npos);
        QVERIFY(pool.waits([](const PoolInfo &now) { return now.workers.size() == 1; })
                || PoolUnderTest::preloadsAll());
        QVERIFY(std::ranges::all_of(pool.ends(), [](const WorkerEnd &end) {
            return end.kind == EndKind::Scaled && end.planned && end.running.empty();
        }));
        QCOMPARE(info.restarts, int64_t(0));
    }

    void withoutAMostTheNumberIsFixed()
    {
        PoolUnderTest pool(scaling(kSleeping, 1, 0));
        QVERIFY(pool.reachesReady(1));
        Load load(pool, 6);
        QVERIFY(QTest::qWaitFor([&] { return load.answered() > 80; }, 20000)); // four seconds
        load.finish();
        QCOMPARE(pool.info().scaling.most, 0);
        QCOMPARE(pool.info().workers.size(), size_t(1));
        QCOMPARE(pool.metrics().scaleUps.read(), int64_t(0));
    }

    void whatUsesTheProcessorUpGetsNoMoreWorkers()
    {
        const auto cores = static_cast<int>(usableCores());
        auto options = scaling(kComputing, cores, cores + 2);
        options.cpuUsed = nullptr; // as it really is
        options.settings.poolThreads = 2;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(static_cast<size_t>(cores)));
        Load load(pool, cores * 4);
        QVERIFY(refusedFor(pool, Kind::RefusedCpu));
        load.finish();
        QCOMPARE(load.lost(), 0);
        const PoolInfo info = pool.info();
        QVERIFY2(info.scaling.reason.find("more workers would not help") != std::string::npos,
                 info.scaling.reason.c_str());
        QVERIFY(pool.metrics().scaleRefusedCpu.read() > 0);
        QVERIFY(pool.output().find("busy; more workers would not help") != std::string::npos);
    }

    void aWorkerThatMemoryHasNoRoomForIsNotStarted()
    {
        auto options = scaling(kSleeping, 1, 3);
        options.memoryAvailable = [] { // all but nothing beside the reserve
            return int64_t {129} * 1024 * 1024;
        };
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(1));
        Load load(pool, 6);
        QVERIFY(refusedFor(pool, Kind::RefusedMemory));
        load.finish();
        QCOMPARE(pool.info().workers.size(), size_t(1));
        QVERIFY(pool.info().scaling.reason.find(" is not free: there is 1") != std::string::npos);
        QVERIFY(pool.metrics().scaleRefusedMemory.read() > 0);
    }

    void aWorkerThatDoesNotStartChangesNothing()
    {
        PoolUnderTest pool(scaling(kSleeping, 1, 3));
        QVERIFY(pool.reachesReady(1));
        pool.writeApp("raise RuntimeError('half edited')\n");
        Load load(pool, 6);
        QVERIFY(refusedFor(pool, Kind::RefusedStart));
        load.finish();
        QCOMPARE(load.lost(), 0);
        const PoolInfo info = pool.info();
        QCOMPARE(info.state, PoolState::Ready);
        QCOMPARE(info.wanted, 1);
        QVERIFY2(info.scaling.reason.find("half edited") != std::string::npos,
                 info.scaling.reason.c_str());
        QVERIFY(pool.logged(LogLevel::Warning).find("worker 2 did not start") != std::string::npos);
    }

    void onlyAWorkerWithoutRequestsIsGivenUp()
    {
        auto options = scaling(kWaiting, 2, 3);
        options.settings.poolThreads = 4;
        options.settings.scaleDownAfter = seconds(1);
        options.settings.stopTimeout = seconds(1);
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(2));
        auto answer = std::async(std::launch::async, [&pool] { return pool.get("/wait"); });
        const auto release = qScopeGuard([&pool] { pool.writeFile("go", ""); }); // or it waits on
        QVERIFY(pool.waits([](const PoolInfo &info) {
            return std::ranges::any_of(info.workers, [](const auto &w) { return w.busy == 1; });
        }));
        pool.update([](AppSpec &spec) { spec.settings.poolProcesses = 1; });
        const WorkerEnd end = pool.endThat([](const WorkerEnd &) { return true; });
        QCOMPARE(end.kind, EndKind::Scaled);
        QVERIFY(end.running.empty());
        QCOMPARE(pool.info().workers.size(), size_t(1));
        QCOMPARE(pool.info().workers.front().busy, 1);
        pool.writeFile("go", "");
        QCOMPARE(answer.get().status, 200);
    }

    void aDeployKeepsTheNumberThatIsNeeded()
    {
        PoolUnderTest pool(scaling(kSleeping, 2, 3));
        QVERIFY(pool.reachesReady(2));
        QVERIFY(pool.waits([](const PoolInfo &info) { return info.wanted == 2; }));
        Load load(pool, 6);
        QVERIFY(pool.reachesReady(3));
        QVERIFY(pool.deploy().has_value());
        QCOMPARE(pool.info().wanted, 3);
        QVERIFY(pool.waits([](const PoolInfo &info) {
            return info.workers.size() == 3
                && std::ranges::all_of(info.workers, [](const auto &worker) {
                       return worker.generation == 2 && worker.state == WorkerState::Ready;
                   });
        }));
        load.finish();
        QCOMPARE(load.lost(), 0);
    }

    void anAppThatSleptBeginsWithTheLeast()
    {
        auto options = scaling(kSleeping, 1, 3);
        options.settings.idleStop = seconds(1);
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(1));
        Load load(pool, 6);
        QVERIFY(pool.reachesReady(3));
        load.finish();
        QVERIFY(pool.waits([](const PoolInfo &info) { return info.workers.empty(); }));
        QCOMPARE(pool.metrics().workersWanted.read(), int64_t(0));
        QCOMPARE(pool.get("/").status, 200);
        QCOMPARE(pool.info().wanted, 1);
        QCOMPARE(pool.info().workers.size(), size_t(1));
    }
};

POOL_TEST_MAIN(TestPoolScaling)
#include "tst_pool_scaling.moc"
