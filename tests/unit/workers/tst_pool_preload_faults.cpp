// SPDX-License-Identifier: Apache-2.0
// What a preloader may do wrong, and what may come at an ill moment.
#include "server/workers/forker.h"
#include "tests/support/preloading.h"

#include <QtTest>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <future>

using namespace arc;

class TestPoolPreloadFaults : public QObject {
    Q_OBJECT

private Q_SLOTS:
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
                        && info.workers.size() > 1 && info.restarts == i;
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

    void aWorkerThatIsReadyBeforeItsPidIsKnownWaitsForThat()
    {
        auto options = saying("hello", 1);
        // its parent answers only when it is told to
        options.source = appSaying(
            "hello",
            "import os, socket, time\n"
            "importer, plain = os.getpid(), socket.socket.sendall\n"
            "def sendall(self, data):\n"
            "    plain(self, data)\n"
            "    if os.getpid() != importer and b'\"slots\"' in data: open('said', 'w').close()\n"
            "def wait():\n"
            "    end = time.monotonic() + 60\n"
            "    while not os.path.exists('go') and time.monotonic() < end: time.sleep(0.001)\n"
            "socket.socket.sendall = sendall\n"
            "os.register_at_fork(after_in_parent=wait)\n");
        PoolUnderTest pool(std::move(options));
        const std::filesystem::path folder = pool.config().root;
        QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::exists(folder / "said"), 20000);
        for (int turn = 0; turn < 2; ++turn) // of the loop that hears it
            QCOMPARE(pool.ask("GET / HTTP/1.1\r\n").status, 400);
        const PoolInfo info = pool.info();
        QCOMPARE(inState(info, WorkerState::Starting).size(), size_t(1));
        QCOMPARE(inState(info, WorkerState::Starting)[0].steps.size(), size_t(1)); // it was heard
        pool.writeFile("go", {});
        QVERIFY(settles(pool, 1));
        QVERIFY(oneWorkerOf(pool) > 0);
        QVERIFY(!contains(pool.logged(LogLevel::Info), "worker 0 "));
        QCOMPARE(pool.get("/").status, 200);
    }

    void anEndThatItsParentTellsLateIsToldAsItWas()
    {
        auto options = saying("hello", 1);
        options.source = appSaying(
            "hello",
            "import os, time\n"
            "def wait():\n"
            "    end = time.monotonic() + 60\n"
            "    while os.path.exists('hold') and time.monotonic() < end: time.sleep(0.001)\n"
            "os.register_at_fork(before=wait)\n");
        PoolUnderTest pool(std::move(options));
        QVERIFY(settles(pool, 1));
        const int worker = oneWorkerOf(pool);
        pool.writeFile("hold", {});
        pool.update([](AppSpec &spec) { spec.settings.poolProcesses = 2; }); // keeps its parent
        ::kill(worker, SIGSEGV);
        QVERIFY(pool.waits([worker](const PoolInfo &info) {
            return std::ranges::any_of(info.workers, [worker](const WorkerInfo &it) {
                return it.pid == worker && it.state == WorkerState::Stopping;
            });
        }));
        pool.onControl([&](AppPool &) { pool.control().skipAhead(std::chrono::seconds(5)); });
        for (int turn = 0; turn < 2; ++turn) // of the loop whose timers are due now
            QVERIFY(!pool.info().workers.empty());
        QVERIFY(std::filesystem::remove(std::filesystem::path(pool.config().root) / "hold"));
        QCOMPARE(pool.endThat([worker](const WorkerEnd &it) { return it.pid == worker; }).cause,
                 std::string("was killed by signal 11 (SIGSEGV)"));
        QVERIFY(settles(pool, 2));
    }

    void theEndOfAnAppDoesNotWaitLongForAForkThatHangs()
    {
        auto options = saying("unused", 2);
        options.source = appSaying("unused",
                                   "import os, time\n"
                                   "os.register_at_fork(before=lambda: time.sleep(600))\n");
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.waits([](const PoolInfo &info) {
            return inState(info, WorkerState::Preloader).size() == 1 && info.workers.size() == 3;
        }));
        std::promise<void> stopped;
        pool.onControl([&](AppPool &it) {
            QVERIFY(!it.killWorker(0).has_value()); // they have no pid yet
            it.stop([&] { stopped.set_value(); });
            pool.control().skipAhead(Forker::kHurry + std::chrono::seconds(1));
        });
        stopped.get_future().wait();
        const WorkerEnd end =
            pool.endThat([](const WorkerEnd &it) { return it.kind == EndKind::Protocol; });
        QCOMPARE(end.cause, std::string("did not carry out an order within 5 s"));
    }
};

POOL_TEST_MAIN(TestPoolPreloadFaults)
#include "tst_pool_preload_faults.moc"
