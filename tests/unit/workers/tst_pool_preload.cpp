// SPDX-License-Identifier: Apache-2.0
// Workers that are forked from a process which has imported the app.
#include "tests/support/pool_load.h"
#include "tests/support/preloading.h"

#include <QtTest>

#include <cerrno>
#include <csignal>
#include <set>

using namespace arc;

namespace {

int preloaderOf(PoolUnderTest &pool)
{
    const auto found = inState(pool.info(), WorkerState::Preloader);
    return found.size() == 1 ? found[0].pid : 0;
}

bool hasGone(int pid)
{
    return QTest::qWaitFor([pid] { return ::kill(pid, 0) != 0 && errno == ESRCH; }, 20000);
}

std::function<bool(const WorkerEnd &)> ofPid(int pid)
{
    return [pid](const WorkerEnd &end) {
        return end.pid == pid;
    };
}

} // namespace

class TestPoolPreload : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void workersComeFromOneImportAndShareItsMemory()
    {
        PoolUnderTest pool(saying("hello", 3));
        QVERIFY(settles(pool, 3));
        const int preloader = preloaderOf(pool);
        QCOMPARE(pool.get("/").body, std::to_string(preloader) + " hello");
        const PoolInfo info = pool.info();
        std::set<uint32_t> ordinals;
        for (const WorkerInfo &worker : inState(info, WorkerState::Ready)) {
            QVERIFY(worker.pid != preloader && worker.pid > 0);
            QCOMPARE(worker.steps.size(), size_t(1));
            QCOMPARE(worker.steps[0].name, std::string("fork"));
            QVERIFY(worker.memoryBytes > 0);
            QVERIFY(worker.sharedBytes > worker.memoryBytes / 4);
            ordinals.insert(worker.ordinal);
        }
        QCOMPARE(ordinals, (std::set<uint32_t> {0, 1, 2}));
        QCOMPARE(inState(info, WorkerState::Preloader)[0].steps.size(), size_t(4));
        QVERIFY(info.warnings.empty());
        QCOMPARE(info.restarts, int64_t(0));
        pool.update([](AppSpec &spec) { spec.settings.poolProcesses = 5; });
        QVERIFY(settles(pool, 5));
        pool.update([](AppSpec &spec) { spec.settings.poolProcesses = 1; });
        QVERIFY(settles(pool, 1));
        QCOMPARE(preloaderOf(pool), preloader);
    }

    void whatEndsAForkedWorkerIsToldAndItIsForkedAgain()
    {
        PoolUnderTest pool(saying("hello", 2));
        QVERIFY(settles(pool, 2));
        const int preloader = preloaderOf(pool);
        const int killed = oneWorkerOf(pool);
        ::kill(killed, SIGSEGV);
        QCOMPARE(pool.endThat(ofPid(killed)).cause,
                 std::string("was killed by signal 11 (SIGSEGV)"));
        QVERIFY(settles(pool, 2));
        QCOMPARE(pool.get("/exit").status, 502);
        const WorkerEnd end =
            pool.endThat([](const WorkerEnd &it) { return it.kind == EndKind::Exit; });
        QCOMPARE(end.cause, std::string("exited with code 3"));
        QVERIFY(end.peakMemoryBytes > 1024 * 1024);
        QVERIFY(settles(pool, 2));
        QCOMPARE(preloaderOf(pool), preloader);
        QVERIFY(hasGone(killed)); // reaped
    }

    void workersOutliveTheirPreloader()
    {
        PoolUnderTest pool(saying("hello", 2));
        QVERIFY(settles(pool, 2));
        const int preloader = preloaderOf(pool);
        Load load(pool, 2);
        ::kill(preloader, SIGKILL);
        QCOMPARE(pool.endThat(ofPid(preloader)).cause,
                 std::string("was killed by signal 9 (SIGKILL)"));
        QVERIFY(pool.reachesReady(2)); // nobody needs another one yet
        const int worker = oneWorkerOf(pool);
        ::kill(worker, SIGKILL);
        QVERIFY2(contains(pool.endThat(ofPid(worker)).cause, "how is not known"),
                 pool.endThat(ofPid(worker)).cause.c_str());
        QVERIFY(settles(pool, 2));
        QVERIFY(preloaderOf(pool) != preloader);
        load.finish();
        QCOMPARE(load.lost(), 0);
    }

    void anImportThatStartsThreadsIsToldAndServedWithoutForks()
    {
        auto options = saying("hello", 2);
        options.source = appSaying("hello",
                                   "import threading\n"
                                   "threading.Thread(target=threading.Event().wait, name='poller', "
                                   "daemon=True).start()\n");
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(2));
        const std::string why = "the import of the app started threads, which a fork would lose: "
                                "poller";
        QCOMPARE(pool.logged(LogLevel::Warning),
                 "app shop: pool.preload has no effect on generation 1: " + why
                     + "; its workers are started one by one\n");
        QCOMPARE(pool.info().warnings,
                 std::vector<std::string> {"pool.preload has no effect: " + why});
        QCOMPARE(pool.get("/").status, 200);
        pool.writeApp(appSaying("mended"));
        QVERIFY(pool.deploy().has_value()); // a new generation tries again
        QVERIFY(settles(pool, 2));
        QVERIFY(pool.info().warnings.empty());
    }

    void anImportThatFailsFailsAsWithoutIt()
    {
        auto options = saying("unused", 4);
        options.source = "raise RuntimeError('no database')\n";
        options.settings.crashLoopCount = 2;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reaches(PoolState::Failed));
        QVERIFY2(contains(pool.info().cause, "RuntimeError: no database (app.py line 1)"),
                 pool.info().cause.c_str());
        const std::vector<WorkerEnd> ends = pool.ends();
        QCOMPARE(ends.size(), size_t(2)); // and not one for each worker that waited
        QCOMPARE(ends[0].kind, EndKind::Start);
        pool.writeApp(appSaying("mended"));
        QVERIFY(pool.deploy().has_value());
        QVERIFY(settles(pool, 4));
    }

    void eachGenerationHasItsOwnPreloader()
    {
        PoolUnderTest pool(saying("one", 2));
        QVERIFY(settles(pool, 2));
        const int first = preloaderOf(pool);
        Load load(pool, 4);
        pool.writeApp(appSaying("two"));
        const auto deployed = pool.deploy();
        QVERIFY2(deployed.has_value(), deployed ? "" : deployed.error().message().c_str());
        QCOMPARE(deployed->workers, 2);
        QVERIFY(settles(pool, 2));
        const int second = preloaderOf(pool);
        QVERIFY(second != first);
        QCOMPARE(pool.get("/").body, std::to_string(second) + " two");
        const WorkerEnd end = pool.endThat(ofPid(first));
        QCOMPARE(end.kind, EndKind::Stopped);
        QVERIFY(end.planned);
        for (const WorkerEnd &each : pool.ends()) // old workers' ends were told by their parent
            QVERIFY2(!contains(each.cause, "not known"), each.cause.c_str());
        pool.writeApp("raise RuntimeError('broken')\n");
        QVERIFY(!pool.deploy().has_value());
        QVERIFY(settles(pool, 2));
        QCOMPARE(preloaderOf(pool), second);
        load.finish();
        QCOMPARE(load.lost(), 0);
    }

    void thePreloaderIsNotDrainedButMayBeKilled()
    {
        PoolUnderTest pool(saying("hello", 1));
        QVERIFY(settles(pool, 1));
        const int preloader = preloaderOf(pool);
        Result<void> drained;
        pool.onControl([&](AppPool &it) { drained = it.drainWorker(preloader); });
        QCOMPARE(drained.error().code(), ErrorCode::Conflict);
        QVERIFY2(contains(drained.error().message(), "workers are forked from it"),
                 drained.error().message().c_str());
        const int worker = oneWorkerOf(pool);
        pool.onControl([&](AppPool &it) { drained = it.drainWorker(worker); });
        QVERIFY(drained.has_value());
        QCOMPARE(pool.endThat(ofPid(worker)).kind, EndKind::Admin);
        QVERIFY(settles(pool, 1));
        QCOMPARE(preloaderOf(pool), preloader);
        Result<void> killed;
        pool.onControl([&](AppPool &it) { killed = it.killWorker(preloader); });
        QVERIFY(killed.has_value());
        QCOMPARE(pool.endThat(ofPid(preloader)).kind, EndKind::Admin);
        QCOMPARE(pool.get("/").status, 200);
    }

    void itEndsWithItsAppAndSleepsWithIt()
    {
        auto options = saying("hello", 2);
        options.settings.idleStop = std::chrono::seconds(1);
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.waits([](const PoolInfo &info) {
            return info.state == PoolState::Stopped && info.workers.empty();
        }));
        QCOMPARE(pool.get("/").status, 200);
        QVERIFY(pool.waits([](const PoolInfo &info) {
            return inState(info, WorkerState::Preloader).size() == 1;
        }));
        const int preloader = preloaderOf(pool);
        pool.stop();
        QVERIFY(pool.info().workers.empty());
        QVERIFY(preloader == 0 || hasGone(preloader)); // 0: it sleeps again already
    }

    void developmentStartsThemAlone()
    {
        auto options = saying("hello", 2);
        options.settings.reloadOnSave = true;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(2));
        QVERIFY(pool.info().warnings.empty());
    }
};

POOL_TEST_MAIN(TestPoolPreload)
#include "tst_pool_preload.moc"
