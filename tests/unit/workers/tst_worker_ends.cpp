// SPDX-License-Identifier: Apache-2.0
// Every worker leaves a certificate of its end: why, with which requests, after which memory and
// last words.
#include "server/workers/spawn.h"
#include "tests/support/pool_under_test.h"

#include <QtTest>

#include <csignal>

using namespace arc;

namespace {

constexpr const char *kMortal = R"(
import os, signal, sys, time

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/exit":
        print("about to leave", flush=True)
        os._exit(3)
    if path == "/crash":
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(20)
    if path == "/begin":
        start_response("200 OK", [])("begun".encode())
        os._exit(4)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"well"]
)";

PoolUnderTest::Options mortal(int processes = 1)
{
    PoolUnderTest::Options options;
    options.source = kMortal;
    options.settings.poolProcesses = processes;
    return options;
}

std::function<bool(const WorkerEnd &)> ofKind(EndKind kind)
{
    return [kind](const WorkerEnd &end) {
        return end.kind == kind;
    };
}

constexpr const char *kPostExit =
    "POST /exit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n";

/// As waitpid() tells it.
int exitedWith(int code)
{
    return code << 8;
}

} // namespace

class TestWorkerEnds : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theCauseIsMadeOfWhatIsKnown_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<bool>("ready");
        QTest::addColumn<bool>("oom");
        QTest::addColumn<QByteArray>("farewell");
        QTest::addColumn<QByteArray>("blame");
        QTest::addColumn<QByteArray>("kind");
        QTest::addColumn<QByteArray>("cause");
        const auto row = [](const char *name, int status, bool ready, bool oom,
                            const char *farewell, const char *blame, const char *kind,
                            const char *cause) {
            QTest::newRow(name) << status << ready << oom << QByteArray(farewell)
                                << QByteArray(blame) << QByteArray(kind) << QByteArray(cause);
        };
        row("exit", exitedWith(3), true, false, "", "", "exit", "exited with code 3: last words");
        row("exit 0 says no last line", 0, true, false, "", "", "exit", "exited with code 0");
        row("exit at start", exitedWith(1), false, false, "", "", "start",
            "exited with code 1: last words");
        row("crash", SIGSEGV, true, false, "", "", "signal", "was killed by signal 11 (SIGSEGV)");
        row("crash at start", SIGSEGV, false, false, "", "", "signal",
            "was killed by signal 11 (SIGSEGV)");
        row("killed by a stranger", SIGKILL, true, false, "", "", "signal",
            "was killed by signal 9 (SIGKILL)");
        row("out of memory", SIGKILL, true, true, "", "", "memory",
            "was killed by signal 9 (SIGKILL); the system ran out of memory");
        row("another's want of memory", SIGSEGV, true, true, "", "", "signal",
            "was killed by signal 11 (SIGSEGV)");
        row("nobody saw it", ChildProcess::kStatusUnknown, true, true, "", "", "exit",
            "ended, how is not known: its preloader, which could tell, had ended before");
        row("told to, and nobody saw it", ChildProcess::kStatusUnknown, true, false, "was stopped",
            "", "stopped", "was stopped");
        row("told to", 0, true, false, "was stopped", "", "stopped", "was stopped");
        row("told to before it was ready", SIGTERM, false, false, "was stopped", "", "stopped",
            "was stopped");
        row("told to, and crashed", SIGSEGV, true, false, "was stopped", "", "stopped",
            "was stopped; it was killed by signal 11 (SIGSEGV)");
        row("told to, and stayed", SIGKILL, true, false, "was stopped", "stayed and was killed",
            "stopped", "was stopped; it stayed and was killed");
        row("caught", SIGKILL, true, true, "", "broke the protocol", "protocol",
            "broke the protocol");
    }
    void theCauseIsMadeOfWhatIsKnown()
    {
        QFETCH(int, status);
        QFETCH(bool, ready);
        QFETCH(bool, oom);
        QFETCH(QByteArray, farewell);
        QFETCH(QByteArray, blame);
        QFETCH(QByteArray, kind);
        QFETCH(QByteArray, cause);
        const EndReason why = explainEnd({.status = status,
                                          .wasReady = ready,
                                          .sawOomKill = oom,
                                          .lastLine = "last words",
                                          .farewell = {EndKind::Stopped, farewell.toStdString()},
                                          .blame = {EndKind::Protocol, blame.toStdString()}});
        QCOMPARE(QByteArray::fromStdString(why.phrase), cause);
        QCOMPARE(QByteArray::fromStdString(std::string(endKindName(why.kind))), kind);
    }

    void anExitNamesItsRequestItsCodeAndItsLastWords()
    {
        PoolUnderTest pool(mortal());
        QCOMPARE(pool.get("/").status, 200);
        QCOMPARE(pool.ask(kPostExit).status, 502);
        const WorkerEnd end = pool.endThat(ofKind(EndKind::Exit));
        QVERIFY(end.pid > 0);
        QCOMPARE(end.app, std::string("shop"));
        QCOMPARE(end.cause, std::string("exited with code 3: about to leave"));
        QVERIFY(!end.planned && end.wasReady);
        QCOMPARE(end.requests, int64_t(1));
        QCOMPARE(end.running.size(), size_t(1));
        QCOMPARE(end.running[0].label, std::string("POST /exit"));
        QCOMPARE(end.running[0].fate, RequestFate::Lost);
        QCOMPARE(end.output.back(), std::string("about to leave"));
        QVERIFY(end.peakMemoryBytes > 1024 * 1024);
        QVERIFY(end.startedUnixMs > 0 && end.endedUnixMs >= end.startedUnixMs);
    }

    void aCrashNamesItsSignalAndTheRequestsThatWereRepeated()
    {
        PoolUnderTest pool(mortal());
        QCOMPARE(pool.get("/crash").status, 502); // three times repeated, then lost
        QTRY_COMPARE(pool.ends().size(), size_t(4));
        for (const WorkerEnd &end : pool.ends()) {
            QCOMPARE(end.kind, EndKind::Signal);
            QVERIFY(end.cause.starts_with("was killed by signal 11 (SIGSEGV)"));
            QCOMPARE(end.running.size(), size_t(1));
            QCOMPARE(end.running[0].label, std::string("GET /crash"));
        }
        QCOMPARE(pool.ends().front().running[0].fate, RequestFate::Repeated);
        QCOMPARE(pool.ends().back().running[0].fate, RequestFate::Lost);
    }

    void anAnswerThatHadBegunIsCut()
    {
        PoolUnderTest pool(mortal());
        QVERIFY(!pool.get("/begin").complete);
        const WorkerEnd end = pool.endThat(ofKind(EndKind::Exit));
        QCOMPARE(end.running.size(), size_t(1));
        QCOMPARE(end.running[0].fate, RequestFate::Cut);
    }

    void whoIsToldToEndSaysWhy()
    {
        PoolUnderTest pool(mortal(2));
        QVERIFY(pool.reachesReady(2));
        pool.update([](AppSpec &spec) { spec.settings.poolProcesses = 1; });
        QVERIFY(pool.endThat(ofKind(EndKind::Scaled)).planned);
        QVERIFY(pool.reachesReady(1));
        QVERIFY(pool.deploy().has_value());
        const WorkerEnd replaced = pool.endThat(ofKind(EndKind::Deploy));
        QCOMPARE(replaced.cause, std::string("was replaced by generation 2"));
        const int pid = pool.info().workers.front().pid;
        pool.onControl([pid](AppPool &it) { QVERIFY(it.killWorker(pid).has_value()); });
        const WorkerEnd killed = pool.endThat(ofKind(EndKind::Admin));
        QCOMPARE(killed.pid, pid);
        QCOMPARE(killed.cause, std::string("was ended by an administrator"));
        QVERIFY(pool.reachesReady(1));
        pool.stop();
        const WorkerEnd stopped = pool.endThat(ofKind(EndKind::Stopped));
        QCOMPARE(stopped.cause, std::string("was stopped with its app"));
    }

    void aStartThatFailsLeavesOneToo()
    {
        auto options = mortal();
        options.source = "print('reading the configuration')\nraise RuntimeError('no database')\n";
        options.settings.crashLoopCount = 1;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reaches(PoolState::Failed));
        const WorkerEnd end = pool.endThat(ofKind(EndKind::Start));
        QVERIFY(!end.wasReady);
        QVERIFY2(end.cause.find("no database") != std::string::npos, end.cause.c_str());
        QVERIFY(std::count(end.output.begin(), end.output.end(), "reading the configuration") == 1);
    }
};

POOL_TEST_MAIN(TestWorkerEnds)
#include "tst_worker_ends.moc"
