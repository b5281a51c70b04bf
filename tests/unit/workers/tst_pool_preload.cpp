// SPDX-License-Identifier: Apache-2.0
// Workers that are forked from a process which has imported the app.
#include "server/workers/forker.h"
#include "tests/support/pool_load.h"
#include "tests/support/pool_under_test.h"

#include <QtTest>

#include <cerrno>
#include <csignal>
#include <set>

using namespace arc;

namespace {

/// Answers the pid of the process that imported it, a blank, and `word`.
std::string appSaying(const std::string &word, const std::string &before = {})
{
    return before
        + "import os\n"
          "importer = os.getpid()\n"
          "def application(environ, start_response):\n"
          "    if environ['PATH_INFO'] == '/exit': os._exit(3)\n"
          "    start_response('200 OK', [('X-Pid', str(os.getpid()))])\n"
          "    return [b'%d "
        + word + "' % importer]\n";
}

PoolUnderTest::Options saying(const std::string &word, int processes)
{
    PoolUnderTest::Options options;
    options.source = appSaying(word);
    options.settings.poolProcesses = processes;
    options.settings.poolPreload = true;
    return options;
}

std::vector<WorkerInfo> inState(const PoolInfo &info, WorkerState state)
{
    std::vector<WorkerInfo> found;
    for (const WorkerInfo &worker : info.workers) {
        if (worker.state == state)
            found.push_back(worker);
    }
    return found;
}

/// So many workers serve, one process preloads, and there is no other.
bool settles(PoolUnderTest &pool, size_t workers)
{
    return pool.waits([workers](const PoolInfo &info) {
        return inState(info, WorkerState::Ready).size() == workers
            && inState(info, WorkerState::Preloader).size() == 1
            && info.workers.size() == workers + 1 && info.nextGeneration == 0;
    });
}

int preloaderOf(PoolUnderTest &pool)
{
    const auto found = inState(pool.info(), WorkerState::Preloader);
    return found.size() == 1 ? found[0].pid : 0;
}

int oneWorkerOf(PoolUnderTest &pool)
{
    const auto found = inState(pool.info(), WorkerState::Ready);
    return found.empty() ? 0 : found[0].pid;
}

bool hasGone(int pid)
{
    return QTest::qWaitFor([pid] { return ::kill(pid, 0) != 0 && errno == ESRCH; }, 20000);
}

bool contains(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
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

    void onePreloaderAfterTheOtherIsNotStartedForEver_data()
    {
        QTest::addColumn<QByteArray>("before"); // what its next fork does first
        QTest::addColumn<QByteArray>("cause");
        QTest::newRow("it ends") << QByteArray("os._exit(9)") << QByteArray("exited with code 9");
        QTest::newRow("it answers nonsense")
            << QByteArray("os.write(6, b'{}')") << QByteArray("sent what answers no order");
        QTest::newRow("it names another process")
            << QByteArray("os.write(6, b'{\"n\": 1, \"pid\": %d}' % os.getppid())")
            << QByteArray("named a process that it did not fork");
        QTest::newRow("it hangs") << QByteArray("__import__('time').sleep(600)")
                                  << QByteArray("did not carry out an order within");
    }
    void onePreloaderAfterTheOtherIsNotStartedForEver()
    {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, cause);
        auto options = saying("unused", 3);
        options.source = appSaying(
            "unused",
            "import os\nos.register_at_fork(before=lambda: " + before.toStdString() + ")\n");
        options.settings.crashLoopCount = 3;
        PoolUnderTest pool(std::move(options));
        if (cause.contains("did not carry out")) { // each time, once it waits for that
            for (int i = 0; i < 3; ++i) {
                QVERIFY(pool.waits([&](const PoolInfo &info) {
                    return inState(info, WorkerState::Preloader).size() == 1
                        && info.workers.size() == 4 && info.restarts == i;
                }));
                pool.onControl([&](AppPool &) {
                    pool.control().skipAhead(Forker::kPatience + std::chrono::seconds(1));
                });
                QVERIFY(pool.waits([&](const PoolInfo &info) { return info.restarts == i + 1; }));
            }
        }
        QVERIFY(pool.reaches(PoolState::Failed));
        QVERIFY2(contains(pool.info().cause, cause.toStdString()), pool.info().cause.c_str());
        QVERIFY(pool.waits([](const PoolInfo &info) { return info.workers.empty(); }));
        QCOMPARE(pool.info().restarts, int64_t(3)); // the workers that waited are not to blame
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
