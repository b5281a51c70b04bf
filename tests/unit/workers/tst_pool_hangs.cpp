// SPDX-License-Identifier: Apache-2.0
// Requests that take too long: where they stand is told, they alone are interrupted, and only a
// worker that does not come back is replaced.
#include "server/workers/pool_supervisor.h"
#include "tests/support/pool_under_test.h"

#include <QtTest>

using namespace arc;
using std::chrono::seconds;

namespace {

constexpr const char *kWsgi = R"(
import ctypes, os, time

def spin(until):
    while not until or not os.path.exists(until):
        pass

def stubborn():
    while True:
        try:
            spin(None)
        except BaseException:
            pass

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/spin":
        spin(environ["QUERY_STRING"])
    elif path == "/stubborn":
        stubborn()
    elif path == "/hold":
        mutex = ctypes.create_string_buffer(64)
        for _ in range(2):  # PyDLL keeps the GIL, and no signal ends this wait
            ctypes.PyDLL(None).pthread_mutex_lock(mutex)
    elif path == "/crash":
        ctypes.string_at(1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
)";

constexpr const char *kAsgi = R"(
import asyncio, os

async def waitLong():
    await asyncio.sleep(60)

async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/wait":
        await waitLong()
    if scope["path"] == "/spin":
        while True:
            pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
)";

PoolUnderTest::Options limited(int soft, int hard, const char *source = kWsgi)
{
    PoolUnderTest::Options options;
    options.source = source;
    options.interface = source == kAsgi ? "asgi" : "wsgi";
    options.settings.poolProcesses = 1;
    options.settings.poolThreads = 2;
    options.settings.requestSoft = seconds(soft);
    options.settings.requestTimeout = seconds(hard);
    options.settings.interruptGrace = seconds(1);
    return options;
}

bool contains(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

bool isHung(const WorkerEnd &end)
{
    return end.kind == EndKind::Hung;
}

} // namespace

class TestPoolHangs : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSlowRequestIsShownAndGoesOn()
    {
        PoolUnderTest pool(limited(1, 60));
        const std::string go = pool.config().root + "/go";
        ScriptedPeer slow(pool.port());
        slow.send("GET /spin?" + go + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QVERIFY(pool.waits([&](const PoolInfo &) {
            return contains(pool.output(), "has worked on GET /spin for ");
        }));
        QTRY_VERIFY2(contains(pool.output(), "in spin\n"), pool.output().c_str());
        QVERIFY2(contains(pool.output(), ", at app.py:"), pool.output().c_str());
        QVERIFY(!contains(pool.output(), "arcology_worker"));
        pool.writeFile("go", "");
        QCOMPARE(slow.readAnswer().status, 200);
        QCOMPARE(pool.metrics().timeouts.read(), int64_t(0));
        // What was seen goes into the certificate, however the worker ends.
        pool.stop();
        const WorkerEnd end = pool.endThat([](const WorkerEnd &) { return true; });
        QCOMPARE(end.stacks.size(), size_t(1));
        QVERIFY(end.stacks[0].about.starts_with("GET /spin, after "));
        QVERIFY(contains(end.stacks[0].text, "in spin"));
    }

    void anOverdueRequestIsInterruptedAndItsWorkerStays_data()
    {
        QTest::addColumn<bool>("asgi");
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("said");
        QTest::newRow("a thread that computes")
            << false << QByteArray("/spin")
            << QByteArray("the thread that works on it was interrup");
        QTest::newRow("a task that waits")
            << true << QByteArray("/wait") << QByteArray("its task was cancelled");
        QTest::newRow("a task that computes")
            << true << QByteArray("/spin")
            << QByteArray("the thread that works on it was interrup");
    }
    void anOverdueRequestIsInterruptedAndItsWorkerStays()
    {
        QFETCH(bool, asgi);
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, said);
        PoolUnderTest pool(limited(0, 1, asgi ? kAsgi : kWsgi));
        const std::string pid = pool.get("/").body;
        QCOMPARE(pool.get(path.toStdString()).status, 504);
        QTRY_VERIFY2(contains(pool.output(), said.toStdString()), pool.output().c_str());
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(0));
        QCOMPARE(pool.get("/").body, pid);
        QVERIFY(pool.ends().empty());
        QVERIFY(contains(pool.output(), "was answered 504 after"));
    }

    void whatIsNotToBeInterruptedIsLeftAlone()
    {
        auto options = limited(0, 1);
        options.settings.interruptRequests = false;
        options.settings.interruptGrace = seconds(60);
        PoolUnderTest pool(std::move(options));
        QCOMPARE(pool.get("/spin").status, 504);
        QTRY_VERIFY(contains(pool.output(), "was answered 504 after"));
        QVERIFY(!contains(pool.output(), "interrupted"));
        QCOMPARE(pool.metrics().busy.read(), int64_t(1));
    }

    void aWorkerWhoseRequestDoesNotComeBackIsReplaced()
    {
        auto options = limited(0, 1);
        options.settings.stopTimeout = seconds(1);
        PoolUnderTest pool(std::move(options));
        const std::string pid = pool.get("/").body;
        QCOMPARE(pool.get("/stubborn").status, 504);
        const WorkerEnd end = pool.endThat(isHung);
        QCOMPARE(std::to_string(end.pid), pid);
        QVERIFY2(end.cause.starts_with("did not come back from GET /stubborn within 1 s"),
                 end.cause.c_str());
        QVERIFY(!end.planned); // though the pool ended it: the app is to blame
        QCOMPARE(end.running.size(), size_t(1));
        QCOMPARE(end.running[0].label, std::string("GET /stubborn"));
        QCOMPARE(end.running[0].fate, RequestFate::GivenUp);
        QVERIFY(end.running[0].ranMs >= 1000);
        QVERIFY(!end.stacks.empty() && contains(end.stacks.back().text, "in stubborn"));
        QVERIFY(pool.get("/").body != pid);
    }

    void codeThatHoldsTheInterpreterIsShownAndItsWorkerKilled()
    {
        PoolUnderTest pool(limited(0, 1));
        const std::string pid = pool.get("/").body;
        ScriptedPeer stuck(pool.port());
        stuck.send("GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(1));
        QCOMPARE(stuck.readAnswer().status, 504);
        const WorkerEnd end = pool.endThat(isHung);
        QCOMPARE(std::to_string(end.pid), pid);
        // It stands still, or on a busy machine has not got the time yet to write its stacks.
        QVERIFY2(contains(end.cause, "in C code that keeps Python's interpreter to itself"),
                 (end.cause + "\n" + pool.output()).c_str());
        QVERIFY(!end.stacks.empty());
        QVERIFY2(contains(end.stacks.back().text, "in application"),
                 end.stacks.back().text.c_str());
        QVERIFY(pool.get("/").body != pid);
    }

    void whatASilentProcessDoesIsToldApart_data()
    {
        QTest::addColumn<char>("state");
        QTest::addColumn<double>("cpu");
        QTest::addColumn<QByteArray>("phrase");
        QTest::newRow("computes") << 'R' << 0.9 << QByteArray("computes (0.9 s");
        QTest::newRow("between two looks") << 'S' << 0.9 << QByteArray("computes (0.9 s");
        QTest::newRow("starved") << 'R' << 0.0 << QByteArray("gets no processor time");
        QTest::newRow("sleeps") << 'S' << 0.0 << QByteArray("stands still");
        QTest::newRow("disk") << 'D' << 0.0 << QByteArray("waits for a disk");
        QTest::newRow("stopped") << 'T' << 0.9 << QByteArray("was stopped by a signal");
    }
    void whatASilentProcessDoesIsToldApart()
    {
        QFETCH(char, state);
        QFETCH(double, cpu);
        QFETCH(QByteArray, phrase);
        QVERIFY(silentPhrase(state, cpu, 1).starts_with(phrase.toStdString()));
    }

    void aRequestWhoseClientLeftIsInterruptedToo()
    {
        PoolUnderTest pool(limited(30, 2));
        const std::string pid = pool.get("/").body;
        {
            ScriptedPeer client(pool.port());
            client.send("GET /spin HTTP/1.1\r\nHost: localhost\r\n\r\n");
            QTRY_COMPARE(pool.metrics().busy.read(), int64_t(1));
        }
        QVERIFY(pool.waits([&](const PoolInfo &) {
            return contains(pool.output(), "goes on though its client has left");
        }));
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(0));
        QCOMPARE(pool.get("/").body, pid);
    }

    void aStartThatHangsShowsWhere()
    {
        auto options = limited(0, 60);
        options.source = "import time\ndef connect():\n    time.sleep(60)\nconnect()\n";
        options.settings.startTimeout = seconds(2);
        options.settings.crashLoopCount = 1;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reaches(PoolState::Failed));
        QVERIFY2(contains(pool.info().cause,
                          "was not ready within 2 s (last step: interpreter), at "
                          "app.py:3 in connect"),
                 pool.info().cause.c_str());
        const WorkerEnd end = pool.endThat([](const WorkerEnd &) { return true; });
        QCOMPARE(end.kind, EndKind::Start);
        QVERIFY(!end.stacks.empty() && contains(end.stacks[0].text, "time.sleep(60)"));
    }

    void aCrashLeavesItsStack()
    {
        PoolUnderTest pool(limited(0, 60));
        QCOMPARE(
            pool.ask("POST /crash HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n").status,
            502);
        const WorkerEnd end =
            pool.endThat([](const WorkerEnd &one) { return one.kind == EndKind::Signal; });
        QVERIFY(!end.stacks.empty());
        QVERIFY(contains(end.stacks[0].text, "Segmentation fault"));
        QVERIFY(contains(end.stacks[0].text, "in application"));
        QVERIFY(contains(pool.output(), "Segmentation fault"));
    }

    void manySlowRequestsAreNotAllShown()
    {
        auto options = limited(1, 60, kAsgi);
        PoolUnderTest pool(std::move(options));
        QCOMPARE(pool.get("/").status, 200);
        std::vector<std::unique_ptr<ScriptedPeer>> clients;
        for (int i = 0; i < kStacks + 20; ++i) {
            clients.push_back(std::make_unique<ScriptedPeer>(pool.port()));
            clients.back()->send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
        }
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(clients.size()));
        const auto shown = [&] {
            const QByteArray output = QByteArray::fromStdString(pool.output());
            return output.count("has worked on GET /wait");
        };
        QTRY_VERIFY_WITH_TIMEOUT(shown() > 0, 20000);
        // All were due in the same turn of the wheel, so what is asked now comes behind them.
        QTRY_COMPARE_WITH_TIMEOUT(shown() >= 15, true, 20000);
        QVERIFY(shown() <= 2 * kStacks); // a minute may begin in between
    }

private:
    static constexpr int kStacks = PoolSupervisor::kStacksPerMinute;
};

POOL_TEST_MAIN(TestPoolHangs)
#include "tst_pool_hangs.moc"
