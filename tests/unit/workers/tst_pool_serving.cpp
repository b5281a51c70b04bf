// SPDX-License-Identifier: Apache-2.0
// A pool with the real Python worker behind real HTTP loops: what a client sees.
#include "server/workers/overload.h"
#include "tests/support/pool_under_test.h"

#include <QtTest>

using namespace arc;

namespace {

constexpr const char *kApp = R"(
import os, time
def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/echo":
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("X-Length", str(len(body)))])
        return [body]
    if path == "/environ":
        text = "\n".join("%s=%s" % (k, v) for k, v in sorted(environ.items()) if isinstance(v, str))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [text.encode("utf-8", "replace")]
    if path == "/large":
        size = int(environ["QUERY_STRING"])
        start_response("200 OK", [("Content-Length", str(size))])
        pieces = range((size + 65535) // 65536)
        return (bytes([i % 251]) * min(65536, size - i * 65536) for i in pieces)
    if path == "/whole":
        start_response("200 OK", [])
        return [b"w" * int(environ["QUERY_STRING"])]
    if path == "/wait":
        time.sleep(float(environ["QUERY_STRING"]))
    if path == "/short":
        start_response("200 OK", [("Content-Length", "100")])
        return [b"too ", b"short"]
    if path == "/none":
        start_response("204 No Content", [])
        return [b""]
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Pid", str(os.getpid()))])
    return [b"hello from ", path.encode("latin-1")]
)";

constexpr const char *kAsgiApp = R"(
import asyncio
async def application(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("only HTTP")
    if scope["path"] == "/wait":
        await asyncio.sleep(float(scope["query_string"]))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
)";

PoolUnderTest::Options shop(size_t loops = 1)
{
    PoolUnderTest::Options options;
    options.source = kApp;
    options.loops = loops;
    options.settings.poolProcesses = 2;
    return options;
}

std::string post(const std::string &path, size_t length)
{
    return "POST " + path
        + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(length) + "\r\n";
}

} // namespace

class TestPoolServing : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anAppAnswers_data()
    {
        QTest::addColumn<int>("loops");
        QTest::newRow("one loop") << 1;
        QTest::newRow("three loops") << 3;
    }
    void anAppAnswers()
    {
        QFETCH(int, loops);
        PoolUnderTest pool(shop(static_cast<size_t>(loops)));
        for (int i = 0; i < 12; ++i) { // the kernel spreads connections over the loops
            const PeerAnswer answer = pool.get("/a%20b");
            QCOMPARE(answer.status, 200);
            QCOMPARE(answer.body, std::string("hello from /a b"));
            QCOMPARE(answer.headers.at("content-length"), std::string("15"));
        }
        QVERIFY(pool.reachesReady(2));
        const PoolInfo info = pool.info();
        QCOMPARE(info.state, PoolState::Ready);
        QVERIFY2(info.python.find("3.") != std::string::npos, info.python.c_str());
        QVERIFY(info.workers[0].memoryBytes > 1024 * 1024);
        QVERIFY(!info.workers[0].steps.empty());
        QCOMPARE(info.workers[0].requests + info.workers[1].requests, int64_t(12));
        QTRY_COMPARE(pool.metrics().requests.read(), int64_t(12));
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(0));
        QTRY_COMPARE(pool.slotsReady(), int64_t(8));
    }

    void bodiesComeBackWhole_data()
    {
        QTest::addColumn<int>("size");
        QTest::addColumn<bool>("chunked");
        for (const int size : {0, 1, 65535, 65536, 65537, 262144, 300000, 3000000}) {
            QTest::addRow("%d announced", size) << size << false;
            QTest::addRow("%d chunked", size) << size << true;
        }
    }
    void bodiesComeBackWhole()
    {
        QFETCH(int, size);
        QFETCH(bool, chunked);
        static PoolUnderTest pool(shop(2));
        const std::string body = patternBytes(0, static_cast<size_t>(size));
        std::string head = post("/echo", body.size());
        std::string sent = body;
        if (chunked) {
            head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n";
            sent = size ? QByteArray::number(size, 16).toStdString() + "\r\n" + body + "\r\n" : "";
            sent += "0\r\n\r\n";
        }
        const PeerAnswer answer = pool.ask(head, sent);
        QCOMPARE(answer.status, 200);
        QVERIFY(answer.complete);
        QCOMPARE(answer.headers.at("x-length"), std::to_string(size));
        QVERIFY(answer.body == body);
        if (size == 3000000 && chunked)
            pool.stop();
    }

    void aLargeAnswerPassesASlowClientWhole()
    {
        PoolUnderTest pool(shop());
        constexpr size_t kSize = 8 * 1024 * 1024 + 17;
        ScriptedPeer peer(pool.port(), 16 * 1024);
        peer.send("GET /large?" + std::to_string(kSize) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QVERIFY(peer.hasInput(std::chrono::seconds(10)));
        const PeerAnswer answer = peer.readAnswer();
        QVERIFY(answer.complete);
        QCOMPARE(answer.body.size(), kSize);
        for (size_t i = 0; i < kSize; i += 65536)
            QCOMPARE(static_cast<unsigned char>(answer.body[i]), (i / 65536) % 251);
    }

    void aSlowClientHoldsNoWorkerForAnAnswerThatFitsTheBuffer()
    {
        auto options = shop();
        options.settings.poolProcesses = 1;
        options.settings.poolThreads = 1;
        options.settings.responseBufferKiB = 8192;
        PoolUnderTest pool(std::move(options));
        ScriptedPeer sleepy(pool.port(), 4 * 1024);
        sleepy.send("GET /large?4000000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QVERIFY(sleepy.hasInput(std::chrono::seconds(10)));
        QCOMPARE(pool.get("/").status, 200); // the only slot is free again
        QCOMPARE(sleepy.readAnswer().body.size(), size_t(4000000));
    }

    void aClientThatLeavesALargeAnswerGivesItsSlotBack_data()
    {
        QTest::addColumn<QByteArray>("path");
        QTest::newRow("made in pieces") << QByteArray("/large?20000000");
        QTest::newRow("made whole") << QByteArray("/whole?20000000");
    }
    void aClientThatLeavesALargeAnswerGivesItsSlotBack()
    {
        QFETCH(QByteArray, path);
        auto options = shop();
        options.settings.poolProcesses = 1;
        options.settings.poolThreads = 1;
        PoolUnderTest pool(std::move(options));
        ScriptedPeer leaving(pool.port(), 4 * 1024);
        leaving.send("GET " + path.toStdString() + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QVERIFY(leaving.hasInput(std::chrono::seconds(10)));
        QCOMPARE(pool.metrics().busy.read(), int64_t(1));
        leaving.closeWithReset();
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(0));
        QCOMPARE(pool.get("/").status, 200);
    }

    void aClientThatLeavesBeforeTheAnswerHarmsNobodyElse_data()
    {
        QTest::addColumn<QString>("interface");
        QTest::newRow("wsgi") << "wsgi";
        QTest::newRow("asgi") << "asgi";
    }
    void aClientThatLeavesBeforeTheAnswerHarmsNobodyElse()
    {
        QFETCH(QString, interface);
        auto options = shop();
        options.settings.poolProcesses = 1;
        options.interface = interface.toStdString();
        if (interface == "asgi")
            options.source = kAsgiApp;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(1));
        const int pid = pool.info().workers[0].pid;
        ScriptedPeer staying(pool.port());
        staying.send("GET /wait?1.5 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        ScriptedPeer leaving(pool.port());
        leaving.send("GET /wait?0.5 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(2));
        leaving.closeWithReset();
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(1));
        const PeerAnswer answer = staying.readAnswer();
        QCOMPARE(answer.status, 200);
        QCOMPARE(pool.metrics().retried.read(), int64_t(0));
        QCOMPARE(pool.metrics().deaths.read(), int64_t(0));
        QCOMPARE(pool.info().workers[0].pid, pid);
    }

    void headAndBodilessAnswersKeepTheConnection()
    {
        PoolUnderTest pool(shop());
        ScriptedPeer peer(pool.port());
        peer.send("HEAD /large?5000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        const PeerAnswer head = peer.readAnswer(true);
        QCOMPARE(head.status, 200);
        QCOMPARE(head.headers.at("content-length"), std::string("5000"));
        peer.send("GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QCOMPARE(peer.readAnswer(true).status, 204);
        peer.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QCOMPARE(peer.readAnswer().body, std::string("hello from /"));
    }

    void theEdgeDecidesWhatAnAppSeesOfAHead()
    {
        PoolUnderTest pool(shop());
        const PeerAnswer answer =
            pool.ask("GET /environ?q=%31 HTTP/1.1\r\nHost: shop.test:81\r\n"
                     "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
                     "Forwarded: for=6.6.6.6\r\nX-Real-Ip: 6.6.6.6\r\n"
                     "Proxy: http://evil\r\nContent_Type: smuggled\r\n"
                     "X-SSL-Client-Verify: SUCCESS\r\nSsl-Client-S-Dn: CN=evil\r\n"
                     "Client-Cert: :evil:\r\nX-Client-Cert-Subject: evil\r\n"
                     "Connection: close, X-Hop\r\nX-Hop: 1\r\nTe: trailers\r\n"
                     "Connection: X-Second\r\nX-Second: 1\r\n"
                     "X-Kept: yes\r\nCookie: a=1\r\n");
        QCOMPARE(answer.status, 200);
        for (const char *absent :
             {"6.6.6.6", "evil", "smuggled", "X_HOP", "X_SECOND", "HTTP_TE=", "SSL"})
            QVERIFY2(answer.body.find(absent) == std::string::npos, answer.body.c_str());
        for (const char *present : {"HTTP_X_KEPT=yes", "HTTP_COOKIE=a=1", "QUERY_STRING=q=%31",
                                    "HTTP_HOST=shop.test:81", "REMOTE_ADDR=127.0.0.1"})
            QVERIFY2(answer.body.find(present) != std::string::npos, present);
    }

    void aBodyShorterThanAnnouncedIsCutSoThatTheClientNotices()
    {
        PoolUnderTest pool(shop());
        const PeerAnswer answer = pool.get("/short");
        QVERIFY(answer.status == 0 || answer.status == 500 || answer.status == 502
                || !answer.complete);
    }

    void aFullQueueAnswers503WithRetryAfter()
    {
        auto options = shop();
        options.settings.poolProcesses = 1;
        options.settings.poolThreads = 1;
        options.settings.queueLengthMax = 1;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(1));
        const std::string request = "GET /wait?1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
        ScriptedPeer running(pool.port());
        running.send(request);
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(1));
        ScriptedPeer waiting(pool.port());
        waiting.send(request);
        QTRY_COMPARE(pool.metrics().queued.read(), int64_t(1));
        const PeerAnswer refused = pool.get("/");
        QCOMPARE(refused.status, 503);
        QVERIFY(refused.headers.contains("retry-after"));
        QVERIFY(pool.waits([](const PoolInfo &info) {
            return !info.workers.empty() && info.workers[0].serving == "GET /wait";
        }));
        QCOMPARE(running.readAnswer().status, 200);
        QCOMPARE(waiting.readAnswer().status, 200);
        QCOMPARE(pool.metrics().refused.read(), int64_t(1));
    }

    void waitingTooLongAnswers503AndWorkingTooLong504()
    {
        auto options = shop();
        options.settings.poolProcesses = 1;
        options.settings.poolThreads = 1;
        options.settings.queueTimeout = std::chrono::seconds(1);
        options.settings.requestTimeout = std::chrono::seconds(2);
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(1));
        ScriptedPeer running(pool.port());
        running.send("GET /wait?4 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(1));
        QCOMPARE(pool.get("/").status, 503);
        QCOMPARE(running.readAnswer().status, 504);
        QCOMPARE(pool.metrics().timeouts.read(), int64_t(1));
        QCOMPARE(pool.metrics().busy.read(), int64_t(1)); // the app has not returned yet
        QTRY_COMPARE_WITH_TIMEOUT(pool.metrics().busy.read(), int64_t(0), 8000);
        QCOMPARE(pool.get("/").status, 200);
    }

    void aRequestWhoseClientLeftInTheQueueIsNeverStarted()
    {
        auto options = shop();
        options.settings.poolProcesses = 1;
        options.settings.poolThreads = 1;
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(1));
        ScriptedPeer running(pool.port());
        running.send("GET /wait?1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(1));
        ScriptedPeer leaving(pool.port());
        leaving.send("GET /wait?9 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QTRY_COMPARE(pool.metrics().queued.read(), int64_t(1));
        leaving.closeWithReset();
        QTRY_COMPARE(pool.metrics().queued.read(), int64_t(0));
        QCOMPARE(running.readAnswer().status, 200);
        QCOMPARE(pool.metrics().requests.read(), int64_t(1));
    }

    void overloadIsALongWaitThatStays()
    {
        using std::chrono::milliseconds;
        const SteadyTime begin {std::chrono::seconds(100)};
        const milliseconds target {100};
        OverloadGauge gauge;
        QVERIFY(!gauge.isOverloaded(begin, milliseconds(5000), target));
        QVERIFY(!gauge.isOverloaded(begin + milliseconds(99), milliseconds(5000), target));
        QVERIFY(gauge.isOverloaded(begin + milliseconds(100), milliseconds(100), target));
        QVERIFY(!gauge.isOverloaded(begin + milliseconds(101), milliseconds(99), target));
        QVERIFY(!gauge.isOverloaded(begin + milliseconds(300), milliseconds(5000), target));
        QVERIFY(gauge.isOverloaded(begin + milliseconds(400), milliseconds(5000), target));
        gauge.relax();
        QVERIFY(!gauge.isOverloaded(begin + milliseconds(500), milliseconds(5000), target));
        QVERIFY(
            !gauge.isOverloaded(begin + milliseconds(900), milliseconds(5000), milliseconds(0)));
    }

    void underOverloadTheNewestGoesFirst()
    {
        auto options = shop();
        options.settings.poolProcesses = 1;
        options.settings.poolThreads = 1;
        options.settings.queueTarget = std::chrono::milliseconds(200);
        PoolUnderTest pool(std::move(options));
        QVERIFY(pool.reachesReady(1));
        // Each of these takes one second of the only thread; the first two empty no queue.
        const auto send = [](ScriptedPeer &peer, const char *path) {
            peer.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        };
        ScriptedPeer first(pool.port());
        ScriptedPeer second(pool.port());
        send(first, "/wait?1");
        QTRY_COMPARE(pool.metrics().busy.read(), int64_t(1));
        send(second, "/wait?1");
        QTRY_COMPARE(pool.metrics().queued.read(), int64_t(1));
        ScriptedPeer oldest(pool.port());
        send(oldest, "/wait?1");
        QTRY_COMPARE(pool.metrics().queued.read(), int64_t(2));
        ScriptedPeer newest(pool.port());
        send(newest, "/");
        QTRY_COMPARE(pool.metrics().queued.read(), int64_t(3));
        QCOMPARE(first.readAnswer().status, 200); // the wait is long now, but not for long
        QCOMPARE(second.readAnswer().status, 200);
        QCOMPARE(newest.readAnswer().status, 200); // before "oldest"
        QCOMPARE(pool.metrics().newestFirst.read(), int64_t(1));
        QCOMPARE(oldest.readAnswer().status, 200);
    }

    void theQueueTimeIsSentWhenAskedFor()
    {
        auto options = shop();
        PoolUnderTest plain(options);
        QVERIFY(!plain.get("/").headers.contains("server-timing"));
        options.settings.queueTimeHeader = true;
        PoolUnderTest pool(std::move(options));
        const std::string timing = pool.get("/").headers.at("server-timing");
        QVERIFY2(timing.starts_with("queue;dur="), timing.c_str());
    }
};

POOL_TEST_MAIN(TestPoolServing)
#include "tst_pool_serving.moc"
