// SPDX-License-Identifier: Apache-2.0
// A new generation starts beside the one that serves, takes over or is dropped: with everything
// that can go wrong, and with requests going on.
#include "tests/support/pool_load.h"
#include "tests/support/pool_under_test.h"

#include <QtTest>

#include <csignal>

using namespace arc;

namespace {

/// Answers `word`; /wait once the file "finish" is there, /for-ever after half a minute. What
/// stands before is run at import.
std::string appSaying(const std::string &word, const std::string &before = {})
{
    return before
        + "import os, time\n"
          "def application(environ, start_response):\n"
          "    path = environ['PATH_INFO']\n"
          "    while path == '/wait' and not os.path.exists('finish'): time.sleep(0.01)\n"
          "    time.sleep(30 if path == '/for-ever' else 0.002)\n"
          "    start_response('200 OK', [])\n"
          "    return [b'"
        + word + "']\n";
}

/// Does not get past its import before a file of this name is there.
std::string waitsFor(const std::string &file)
{
    return "import os, time\nwhile not os.path.exists('" + file + "'): time.sleep(0.01)\n";
}

PoolUnderTest::Options saying(const std::string &word, int processes = 2)
{
    PoolUnderTest::Options options;
    options.source = appSaying(word);
    options.loops = 2;
    options.settings.poolProcesses = processes;
    options.settings.crashLoopCount = 5;
    return options;
}

bool contains(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

std::vector<int> pidsOf(const PoolInfo &info)
{
    std::vector<int> pids;
    for (const WorkerInfo &worker : info.workers)
        pids.push_back(worker.pid);
    std::sort(pids.begin(), pids.end());
    return pids;
}

size_t countIn(const PoolInfo &info, WorkerState state, uint64_t generation)
{
    return static_cast<size_t>(
        std::count_if(info.workers.begin(), info.workers.end(), [&](const WorkerInfo &worker) {
            return worker.state == state && worker.generation == generation;
        }));
}

const char *messageOf(const Result<Deployed> &result)
{
    return result ? "it served" : result.error().message().c_str();
}

/// Nothing but `workers` ready ones of this generation.
bool settles(PoolUnderTest &pool, uint64_t generation, size_t workers)
{
    return pool.waits([=](const PoolInfo &info) {
        return info.workers.size() == workers && info.nextGeneration == 0
            && countIn(info, WorkerState::Ready, generation) == workers;
    });
}

} // namespace

class TestPoolGenerations : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aDeployTakesOverInOneStepAndLosesNothing()
    {
        PoolUnderTest pool(saying("one"));
        QVERIFY(pool.reachesReady(2));
        Load load(pool, 4);
        std::atomic<bool> stop {false};
        std::atomic<int> backwards {0};
        Thread watcher("test-watcher", [&] { // one after the other: after "two" there is no "one"
            bool sawTwo = false;
            while (!stop) {
                const std::string body = pool.get("/").body;
                sawTwo = sawTwo || body == "two";
                backwards += sawTwo && body != "two" ? 1 : 0;
            }
        });
        pool.writeApp(appSaying("two"));
        const auto deployed = pool.deploy();
        QVERIFY2(deployed.has_value(), messageOf(deployed));
        QCOMPARE(deployed->generation, uint64_t(2));
        QCOMPARE(deployed->workers, 2);
        QVERIFY(deployed->seconds > 0.3); // probation
        QCOMPARE(pool.get("/").body, std::string("two"));
        QVERIFY(settles(pool, 2, 2));
        const int before = load.answered();
        QTRY_VERIFY(load.answered() > before + 50);
        stop = true;
        watcher.join();
        load.finish();
        QCOMPARE(load.lost(), 0);
        QCOMPARE(backwards.load(), 0);
        QCOMPARE(pool.info().restarts, int64_t(0));
        QCOMPARE(pool.metrics().retried.read(), int64_t(0));
    }

    void aBrokenCandidateLeavesTheOldOneServing_data()
    {
        QTest::addColumn<QByteArray>("source");
        QTest::addColumn<QByteArray>("cause");
        QTest::newRow("missing package") << QByteArray("import missing_module_of_this_test\n")
                                         << QByteArray("missing_module_of_this_test");
        QTest::newRow("syntax error") << QByteArray("def application(:\n") << QByteArray("app.py");
        QTest::newRow("no application") << QByteArray("app = 1\n") << QByteArray("application");
        QTest::newRow("raises") << QByteArray("raise RuntimeError('no database')\n")
                                << QByteArray("no database");
        QTest::newRow("exits") << QByteArray("import os\nos._exit(7)\n")
                               << QByteArray("exited with code 7");
        QTest::newRow("not ready in time") << QByteArray("import time\ntime.sleep(30)\n")
                                           << QByteArray("was not ready within 4 s");
        QTest::newRow("dies at once")
            << QByteArray("import os, threading\n"
                          "threading.Timer(0.02, lambda: os._exit(9)).start()\n"
                          "def application(environ, start_response): pass\n")
            << QByteArray("exited with code 9");
    }
    void aBrokenCandidateLeavesTheOldOneServing()
    {
        QFETCH(QByteArray, source);
        QFETCH(QByteArray, cause);
        auto options = saying("good");
        options.settings.startTimeout = std::chrono::seconds(4);
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(2));
        const std::vector<int> before = pidsOf(pool.info());
        Load load(pool, 2);
        pool.writeApp(source.toStdString());
        const auto deployed = pool.deploy();
        QVERIFY(!deployed.has_value());
        QCOMPARE(deployed.error().code(), ErrorCode::AppFailed);
        const std::string &sentence = deployed.error().message();
        QVERIFY2(sentence.starts_with("the new release did not start: ")
                     && sentence.ends_with("; the old one still serves")
                     && contains(sentence, cause.toStdString()),
                 sentence.c_str());
        // Given up, whatever time goes by: no timer of it is left.
        QVERIFY(settles(pool, 1, 2));
        const int64_t starts = pool.metrics().starts.read();
        QVERIFY(starts <= 2 + 3);
        pool.onControl([&](AppPool &) { pool.control().skipAhead(std::chrono::minutes(1)); });
        QCOMPARE(pool.get("/").body, std::string("good"));
        QVERIFY(settles(pool, 1, 2));
        QCOMPARE(pool.metrics().starts.read(), starts);
        load.finish();
        const PoolInfo after = pool.info();
        QCOMPARE(pidsOf(after), before);
        QCOMPARE(after.state, PoolState::Ready);
        QCOMPARE(after.cause, sentence);
        QCOMPARE(after.restarts, int64_t(0));
        QCOMPARE(load.lost(), 0);

        pool.writeApp(appSaying("mended"));
        QVERIFY(pool.deploy().has_value());
        QCOMPARE(pool.get("/").body, std::string("mended"));
        QCOMPARE(pool.info().cause, std::string());
    }

    void aReleaseThatFailsItsWarmUpLeavesTheOldOneServing()
    {
        auto options = saying("good");
        options.settings.warmUp = "/ /health";
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(2));
        for (const WorkerInfo &worker : pool.info().workers) {
            QVERIFY(worker.steps.size() >= 2);
            QCOMPARE(worker.steps.back().name, std::string("warm-up /health"));
        }
        Load load(pool, 2);
        pool.writeApp("def application(environ, start_response):\n"
                      "    if environ['PATH_INFO'] == '/health': raise ValueError('no table')\n"
                      "    start_response('200 OK', [])\n"
                      "    return [b'bad']\n");
        const auto deployed = pool.deploy();
        QVERIFY(!deployed.has_value());
        QCOMPARE(deployed.error().message(),
                 std::string("the new release did not start: the warm-up request GET /health "
                             "failed: ValueError: no table; the old one still serves"));
        QVERIFY(settles(pool, 1, 2));
        QCOMPARE(pool.get("/").body, std::string("good"));
        load.finish();
        QCOMPARE(load.lost(), 0);
    }

    void aChangeThatCannotStartIsDroppedUntilTheNextOne()
    {
        PoolUnderTest pool(saying("good"));
        QVERIFY(pool.reachesReady(2));
        const std::vector<int> before = pidsOf(pool.info());
        pool.update([](AppSpec &spec) { spec.config.python = "/nonexistent/python"; });
        QVERIFY(pool.waits([](const PoolInfo &info) { return !info.cause.empty(); }));
        QVERIFY2(contains(pool.info().cause, "/nonexistent/python"), pool.info().cause.c_str());
        QVERIFY(settles(pool, 1, 2));
        const int64_t starts = pool.metrics().starts.read();
        // What does not touch the workers does not start it again.
        pool.update([](AppSpec &spec) { spec.settings.queueLengthMax = 50; });
        QVERIFY(settles(pool, 1, 2));
        QVERIFY(!pool.info().cause.empty());
        QCOMPARE(pool.metrics().starts.read(), starts);
        // Back to what serves: nothing to start, nothing to complain about.
        pool.update([](AppSpec &spec) { spec.config.python = "/usr/bin/python3"; });
        QCOMPARE(pool.info().cause, std::string());
        QCOMPARE(pidsOf(pool.info()), before);
        QCOMPARE(pool.metrics().starts.read(), starts);
        pool.update([](AppSpec &spec) { spec.settings.poolThreads = 2; });
        QVERIFY(settles(pool, 3, 2));
        QCOMPARE(pool.info().workers[0].slots, 2);
    }

    void oldWorkersThatDieMeanwhileAreReplacedByOldOnes()
    {
        auto options = saying("unused");
        options.source =
            "import os, time\n"
            "while os.environ.get('NEXT') and not os.path.exists('go'): time.sleep(0.01)\n"
            "def application(environ, start_response):\n"
            "    start_response('200 OK', [])\n"
            "    return [os.environ.get('NEXT', 'old').encode()]\n";
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(2));
        Load load(pool, 2);
        pool.update([](AppSpec &spec) { spec.config.env["NEXT"] = "new"; });
        QVERIFY(pool.waits([](const PoolInfo &info) {
            return info.nextGeneration == 2 && countIn(info, WorkerState::Starting, 2) == 1;
        }));
        const int victim = pool.info().workers[0].pid;
        ::kill(victim, SIGKILL);
        QVERIFY(pool.waits([&](const PoolInfo &info) {
            return countIn(info, WorkerState::Ready, 1) == 2 && info.restarts == 1;
        }));
        QCOMPARE(pool.get("/").body, std::string("old"));
        QCOMPARE(pool.info().nextGeneration, uint64_t(2));
        pool.writeFile("go", "");
        QVERIFY(settles(pool, 2, 2));
        QCOMPARE(pool.get("/").body, std::string("new"));
        load.finish();
        QCOMPARE(load.lost(), 0);
    }

    void anOldWorkerThatCannotBeReplacedIsToldPlainly()
    {
        PoolUnderTest pool(saying("good"));
        QVERIFY(pool.reachesReady(2));
        pool.writeApp("import missing_module_of_this_test\n");
        QVERIFY(!pool.deploy().has_value());
        ::kill(pool.info().workers[0].pid, SIGKILL);
        QVERIFY(pool.reaches(PoolState::Degraded));
        // First the death is the cause, then why nobody took the place.
        const auto isTold = [&] {
            const std::string cause = pool.info().cause;
            return cause.starts_with("1 of 2 workers serve; no other one starts from the folder as "
                                     "it is now; the new release did not start: ")
                && contains(cause, "missing_module_of_this_test");
        };
        QTRY_VERIFY_WITH_TIMEOUT(isTold(), 20000);
        QCOMPARE(pool.get("/").body, std::string("good"));
        pool.writeApp(appSaying("mended"));
        const auto deployed = pool.deploy();
        QVERIFY2(deployed.has_value(), messageOf(deployed));
        QVERIFY(settles(pool, deployed->generation, 2));
        QCOMPARE(pool.info().state, PoolState::Ready);
        QCOMPARE(pool.get("/").body, std::string("mended"));
    }

    void aSecondDeployIsRefusedAndTheFirstGoesOn()
    {
        PoolUnderTest pool(saying("one"));
        QVERIFY(pool.reachesReady(2));
        pool.writeApp(appSaying("two", waitsFor("go")));
        const auto first = pool.startDeploy();
        const auto second = pool.deploy();
        QVERIFY(!second.has_value());
        QCOMPARE(second.error().code(), ErrorCode::Conflict);
        QVERIFY2(contains(second.error().message(), "a new generation of shop is starting already"),
                 messageOf(second));
        QCOMPARE(pool.info().nextGeneration, uint64_t(2));
        pool.writeFile("go", "");
        QVERIFY2(PoolUnderTest::answerOf(first).has_value(), messageOf(first.get()));
        QCOMPARE(pool.get("/").body, std::string("two"));
        QVERIFY(pool.deploy().has_value()); // and now there is room for another
    }

    void aChangeDuringADeployReplacesItsCandidate()
    {
        PoolUnderTest pool(saying("one"));
        QVERIFY(pool.reachesReady(2));
        pool.writeApp(appSaying("two", waitsFor("go")));
        const auto deploy = pool.startDeploy();
        pool.update([](AppSpec &spec) { spec.settings.poolThreads = 3; });
        QCOMPARE(pool.info().nextGeneration, uint64_t(3));
        pool.writeFile("go", "");
        const auto answer = PoolUnderTest::answerOf(deploy);
        QVERIFY2(answer.has_value(), messageOf(answer));
        QCOMPARE(answer->generation, uint64_t(3)); // which holds what was asked for, and more
        QVERIFY(settles(pool, 3, 2));
        QCOMPARE(pool.info().workers[0].slots, 3);
        QCOMPARE(pool.get("/").body, std::string("two"));
    }

    void scalingDuringADeployHoldsForBothGenerations_data()
    {
        QTest::addColumn<int>("processes");
        QTest::newRow("up") << 4;
        QTest::newRow("down") << 1;
    }
    void scalingDuringADeployHoldsForBothGenerations()
    {
        QFETCH(int, processes);
        PoolUnderTest pool(saying("one"));
        QVERIFY(pool.reachesReady(2));
        Load load(pool, 2);
        pool.update([](AppSpec &spec) { spec.config.env["A"] = "b"; });
        pool.update([&](AppSpec &spec) { spec.settings.poolProcesses = processes; });
        QVERIFY(settles(pool, 2, static_cast<size_t>(processes)));
        load.finish();
        QCOMPARE(load.lost(), 0);
    }

    void stoppingDuringADeployAnswersItAndLeavesNoProcess()
    {
        PoolUnderTest pool(saying("one"));
        QVERIFY(pool.reachesReady(2));
        pool.writeApp(appSaying("two", waitsFor("never")));
        const auto deploy = pool.startDeploy();
        pool.stop();
        const auto answer = PoolUnderTest::answerOf(deploy);
        QVERIFY(!answer.has_value());
        QCOMPARE(answer.error().code(), ErrorCode::Cancelled);
        QVERIFY(pool.info().workers.empty());
        QCOMPARE(pool.info().nextGeneration, uint64_t(0));
        pool.writeApp(appSaying("three"));
        pool.onControl([](AppPool &it) { it.start(); });
        QCOMPARE(pool.get("/").body, std::string("three"));
    }

    void aCandidateKilledWhileItIsProvenIsStartedAgain()
    {
        PoolUnderTest pool(saying("one"));
        QVERIFY(pool.reachesReady(2));
        Load load(pool, 2);
        pool.writeApp(appSaying("two"));
        const auto deploy = pool.startDeploy();
        int pid = 0;
        QVERIFY(pool.waits([&](const PoolInfo &info) {
            for (const WorkerInfo &worker : info.workers) {
                if (worker.state == WorkerState::Candidate)
                    pid = worker.pid;
            }
            return pid != 0;
        }));
        ::kill(pid, SIGKILL);
        const auto answer = PoolUnderTest::answerOf(deploy);
        QVERIFY2(answer.has_value(), messageOf(answer));
        QVERIFY(settles(pool, 2, 2));
        load.finish();
        QCOMPARE(load.lost(), 0);
    }

    void aGenerationOfWhichOnlyOneWorkerStartsIsDropped()
    {
        PoolUnderTest pool(saying("old"));
        QVERIFY(pool.reachesReady(2));
        const std::vector<int> before = pidsOf(pool.info());
        Load load(pool, 2);
        pool.writeApp(appSaying("new",
                                "import os\n"
                                "os.open('lock', os.O_CREAT | os.O_EXCL)\n"));
        const auto deployed = pool.deploy();
        QVERIFY(!deployed.has_value());
        QVERIFY2(contains(deployed.error().message(), "FileExistsError"), messageOf(deployed));
        QVERIFY(settles(pool, 1, 2));
        QCOMPARE(pidsOf(pool.info()), before);
        QCOMPARE(pool.get("/").body, std::string("old"));
        load.finish();
        QCOMPARE(load.lost(), 0);
    }

    void withoutMemoryForAllOneIsReplacedAfterTheOther()
    {
        auto options = saying("one", 3);
        options.memoryAvailable = [] {
            return int64_t {1};
        };
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(3));
        Load load(pool, 4);
        pool.writeApp(appSaying("two"));
        const auto deploy = pool.startDeploy();
        size_t most = 0;
        QVERIFY(pool.waits([&](const PoolInfo &info) {
            const size_t lives = static_cast<size_t>(std::count_if(
                info.workers.begin(), info.workers.end(), [](const WorkerInfo &worker) {
                    return worker.state != WorkerState::Stopping
                        && worker.state != WorkerState::Dead;
                }));
            most = std::max(most, lives);
            return countIn(info, WorkerState::Ready, 2) == 3 && info.workers.size() == 3;
        }));
        const auto answer = PoolUnderTest::answerOf(deploy);
        QVERIFY2(answer.has_value(), messageOf(answer));
        QCOMPARE(answer->workers, 1); // the candidate alone took over first
        QCOMPARE(most, size_t(4));
        load.finish();
        QCOMPARE(load.lost(), 0);
    }

    void requestsOfTheOldWorkersAreFinished()
    {
        PoolUnderTest pool(saying("one"));
        QVERIFY(pool.reachesReady(2));
        ScriptedPeer peer(pool.port()); // pipelined, and kept alive over the change
        peer.send("POST /wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
                  "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(1));
        pool.writeApp(appSaying("two"));
        QVERIFY(pool.deploy().has_value());
        QCOMPARE(pool.get("/").body, std::string("two"));
        pool.writeFile("finish", "");
        const PeerAnswer slow = peer.readAnswer();
        QCOMPARE(slow.status, 200);
        QCOMPARE(slow.body, std::string("one"));
        QCOMPARE(peer.readAnswer().body, std::string("two"));
        peer.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QCOMPARE(peer.readAnswer().body, std::string("two"));
        QVERIFY(settles(pool, 2, 2));
    }

    void whatStillRunsAtTheDeadlineIsNamed()
    {
        auto options = saying("one");
        options.settings.stopTimeout = std::chrono::seconds(1);
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(2));
        ScriptedPeer peer(pool.port());
        peer.send("POST /for-ever HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(1));
        int pid = 0;
        for (const WorkerInfo &worker : pool.info().workers)
            pid = worker.busy > 0 ? worker.pid : pid;
        pool.writeApp(appSaying("two"));
        const auto deployed = pool.deploy();
        QVERIFY2(deployed.has_value(), messageOf(deployed)); // does not wait for it
        QCOMPARE(peer.readAnswer().status, 502);
        QVERIFY(settles(pool, 2, 2));
        const std::string told = "worker " + std::to_string(pid)
            + " is killed 1 s after it was told to stop; it still ran POST /for-ever\n";
        QVERIFY2(contains(pool.output(), told), pool.output().c_str());
    }

    void aSavedFileStartsAGenerationAndAMistakeDoesNot()
    {
        auto options = saying("one", 1);
        options.settings.reloadOnSave = true;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(1));
        pool.writeApp(appSaying("two"));
        QVERIFY(pool.waits([&](const PoolInfo &) { return pool.get("/").body == "two"; }));
        QVERIFY(settles(pool, 2, 1));
        pool.writeFile("notes.txt", "no source");
        pool.writeApp("def application(:\n");
        QVERIFY(pool.waits([](const PoolInfo &info) { return !info.cause.empty(); }));
        QVERIFY2(contains(pool.info().cause, "SyntaxError"), pool.info().cause.c_str());
        QCOMPARE(pool.get("/").body, std::string("two"));
        pool.writeApp(appSaying("six")); // as long as "two": compiled files must not be mixed up
        QVERIFY(pool.waits([&](const PoolInfo &) { return pool.get("/").body == "six"; }));
        QVERIFY(settles(pool, 4, 1)); // one of each save, none for the notes
        QCOMPARE(pool.info().cause, std::string());
        pool.update([](AppSpec &spec) { spec.settings.reloadOnSave = false; });
        pool.writeApp(appSaying("off"));
        QVERIFY(pool.deploy().has_value());
        QVERIFY(settles(pool, 5, 1)); // asked for, not noticed
    }
};

POOL_TEST_MAIN(TestPoolGenerations)
#include "tst_pool_generations.moc"
