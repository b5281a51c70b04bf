// SPDX-License-Identifier: Apache-2.0
// Starting, replacing, scaling and stopping workers, with requests going on.
#include "tests/support/pool_load.h"
#include "tests/support/pool_under_test.h"

#include <QtTest>

#include <atomic>
#include <csignal>

using namespace arc;

namespace {

std::string appSaying(const std::string &word)
{
    return "import os, time\n"
           "def application(environ, start_response):\n"
           "    time.sleep(0.002)\n"
           "    start_response('200 OK', [('X-Pid', str(os.getpid()))])\n"
           "    return [b'"
        + word + "']\n";
}

PoolUnderTest::Options saying(const std::string &word, int processes)
{
    PoolUnderTest::Options options;
    options.source = appSaying(word);
    options.loops = 2;
    options.settings.poolProcesses = processes;
    options.settings.crashLoopCount = 1000;
    return options;
}

bool contains(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

class TestPoolLifecycle : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void killedWorkersLoseNoIdempotentRequest()
    {
        PoolUnderTest pool(saying("hello", 2));
        QVERIFY(pool.reachesReady(2));
        Load load(pool, 6);
        int kills = 0;
        for (int round = 0; round < 4; ++round) { // one of two, then both at once
            QVERIFY(pool.reachesReady(2));
            const int before = load.answered();
            QTRY_VERIFY_WITH_TIMEOUT(load.answered() > before + 50, 20000);
            const PoolInfo info = pool.info();
            for (const WorkerInfo &worker : info.workers) {
                ::kill(worker.pid, SIGKILL);
                ++kills;
                if (round % 2 == 0)
                    break;
            }
            QTRY_COMPARE(pool.metrics().deaths.read(), int64_t(kills));
        }
        QVERIFY(pool.reachesReady(2));
        load.finish();
        QCOMPARE(load.lost(), 0);
        QCOMPARE(kills, 6);
        QCOMPARE(pool.info().restarts, int64_t(kills));
        QVERIFY(contains(pool.output(), "was killed by signal 9 (SIGKILL)"));
    }

    void processesAreScaledLive()
    {
        PoolUnderTest pool(saying("hello", 1));
        QVERIFY(pool.reachesReady(1));
        const int first = pool.info().workers[0].pid;
        Load load(pool, 4);
        pool.update([](AppSpec &spec) { spec.settings.poolProcesses = 3; });
        QVERIFY(pool.reachesReady(3));
        QCOMPARE(pool.info().workers[0].pid, first); // nobody was restarted for it
        pool.update([](AppSpec &spec) { spec.settings.poolProcesses = 1; });
        QVERIFY(pool.reachesReady(1));
        load.finish();
        QCOMPARE(load.lost(), 0);
    }

    void anAppThatCannotStartIsFailedAndComesBackWhenMended()
    {
        auto options = saying("unused", 2);
        options.source = "raise RuntimeError('no database')\n";
        options.settings.crashLoopCount = 2;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reaches(PoolState::Failed));
        QVERIFY2(contains(pool.info().cause, "no database"), pool.info().cause.c_str());
        const PeerAnswer answer = pool.get("/");
        QCOMPARE(answer.status, 503);
        QVERIFY(contains(answer.body, "no database")); // this client is on this machine
        const PeerAnswer visitor =
            pool.ask("GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n");
        QCOMPARE(visitor.status, 503);
        QVERIFY(contains(visitor.body, "The application is not available."));
        QVERIFY(!contains(visitor.body, "no database"));
        QVERIFY(contains(pool.logged(LogLevel::Error),
                         "app shop: not started any more after 2 failures in a row: "));
        QVERIFY(contains(pool.logged(LogLevel::Warning), " ended after "));
        QVERIFY(contains(pool.output(), "[engine] ERROR: not started any more after 2 "));
        const auto again = pool.deploy();
        QVERIFY(!again.has_value());
        QCOMPARE(again.error().code(), ErrorCode::AppFailed);
        QVERIFY2(contains(again.error().message(), "shop did not start: "),
                 again.error().message().c_str());
        const std::string errors = pool.logged(LogLevel::Error);
        pool.writeApp(appSaying("mended"));
        const auto mended = pool.deploy();
        QVERIFY2(mended.has_value(), mended ? "" : mended.error().message().c_str());
        QCOMPARE(pool.get("/").body, std::string("mended"));
        QVERIFY(pool.reachesReady(2));
        QCOMPARE(pool.logged(LogLevel::Error), errors);
    }

    void anAdministratorsKillIsNoCrash()
    {
        PoolUnderTest pool(saying("hello", 2));
        QVERIFY(pool.reachesReady(2));
        const int pid = pool.info().workers[0].pid;
        pool.onControl([pid](AppPool &it) {
            QVERIFY(it.killWorker(pid).has_value());
            QVERIFY(!it.killWorker(1).has_value());
        });
        QVERIFY(pool.waits([pid](const PoolInfo &info) {
            return PoolUnderTest::readyWorkers(info) == 2 && info.workers[0].pid != pid
                && info.workers[1].pid != pid;
        }));
        QCOMPARE(pool.info().restarts, int64_t(0));
        QCOMPARE(pool.metrics().deaths.read(), int64_t(0));
    }

    void aStoppedPoolRefusesAndStartsAgain()
    {
        PoolUnderTest pool(saying("hello", 2));
        QVERIFY(pool.reachesReady(2));
        pool.stop();
        QCOMPARE(pool.info().state, PoolState::Stopped);
        QVERIFY(pool.info().workers.empty());
        QCOMPARE(pool.get("/").status, 503);
        pool.onControl([](AppPool &it) { it.start(); });
        QCOMPARE(pool.get("/").body, std::string("hello"));
    }

    void outputIsKeptByLineWithItsProcessAndBounded()
    {
        auto options = saying("unused", 1);
        options.source = "import sys\nfor i in range(20000): print('line', i)\n"
                         "sys.stderr.write('to the error stream\\n')\n"
            + appSaying("noisy");
        options.settings.outputKiB = 16;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(1));
        QTRY_VERIFY(contains(pool.output(), "to the error stream"));
        const std::string output = pool.output();
        QVERIFY(output.size() <= 16 * 1024);
        if (!PoolUnderTest::preloadsAll()) // else its preloader wrote it
            QVERIFY(contains(output,
                             "[" + std::to_string(pool.info().workers[0].pid) + "] line 19999\n"));
        QVERIFY(!contains(output, "line 1\n"));
    }

    void aCommandRunsInTheAppsFolderAndEnvironment()
    {
        auto options = saying("hello", 1);
        options.env = {{"GREETING", "good day"}};
        PoolUnderTest pool(std::move(options));
        std::string output;
        std::atomic<int> status {-1};
        std::unique_ptr<AppCommand> command;
        pool.onControl([&](AppPool &) {
            const char *script = "import os, sys\n"
                                 "print(os.environ['GREETING'], os.getcwd(), sys.stdin.read())\n"
                                 "sys.exit(5)";
            auto run =
                AppCommand::run(pool.control(), PoolUnderTest::executable(), pool.config(),
                                {"python", "-c", script}, "typed", [&](AppCommand::Update update) {
                                    output += update.output;
                                    if (update.finished)
                                        status = update.exitStatus;
                                });
            QVERIFY(run.has_value());
            command = std::move(*run);
        });
        QTRY_COMPARE_WITH_TIMEOUT(status.load(), 5, 10000);
        pool.onControl([&](AppPool &) { command.reset(); });
        QCOMPARE(output, "good day " + pool.config().root + " typed\n");
    }

    void aCommandThatIsCancelledEndsWithEverythingItStarted()
    {
        PoolUnderTest pool(saying("hello", 1));
        std::atomic<int> status {-1};
        std::atomic<bool> speaks {false};
        std::unique_ptr<AppCommand> command;
        pool.onControl([&](AppPool &) {
            const char *script =
                "import subprocess\nprint('up', flush=True)\n"
                "subprocess.run(['/bin/cat', '/dev/zero'], stdout=subprocess.DEVNULL)";
            auto run =
                AppCommand::run(pool.control(), PoolUnderTest::executable(), pool.config(),
                                {"python", "-c", script}, {}, [&](AppCommand::Update update) {
                                    speaks = speaks || !update.output.empty();
                                    if (update.finished && update.cancelled)
                                        status = update.exitStatus;
                                });
            QVERIFY(run.has_value());
            command = std::move(*run);
        });
        QTRY_VERIFY_WITH_TIMEOUT(speaks.load(), 10000);
        pool.onControl([&](AppPool &) { command->cancel(); });
        QTRY_COMPARE_WITH_TIMEOUT(status.load(), 128 + SIGTERM, 10000);
        pool.onControl([&](AppPool &) { command.reset(); });
    }

    void aCommandThatDoesNotExistIsRefused()
    {
        PoolUnderTest pool(saying("hello", 1));
        pool.onControl([&](AppPool &) {
            for (const std::string name : {"", "no-such-command-of-this-test"}) {
                auto run = AppCommand::run(pool.control(), PoolUnderTest::executable(),
                                           pool.config(), {name}, {}, [](AppCommand::Update) {});
                QVERIFY(!run.has_value());
            }
        });
    }
};

POOL_TEST_MAIN(TestPoolLifecycle)
#include "tst_pool_lifecycle.moc"
