// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/simple_handlers.h"
#include "tests/support/http_under_test.h"
#include "tests/support/scripted_peer.h"

#include <QtTest>

using namespace arc;
using namespace std::chrono_literals;

namespace {

constexpr int64_t kMiB = 1024 * 1024;
const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

Route respond(std::string prefix, std::string body = "x")
{
    return makeRoute(
        std::move(prefix),
        std::make_shared<const RespondHandler>(RespondRoute {.body = std::move(body)}));
}

Settings quick()
{
    Settings settings;
    settings.headTimeout = settings.idleTimeout = settings.bodyTimeout = settings.writeTimeout = 1s;
    return settings;
}

} // namespace

class TestHttp1Limits : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void eachLimitHasItsStatus_data()
    {
        QTest::addColumn<QByteArray>("request");
        QTest::addColumn<int>("status");
        const QByteArray end("\r\nHost: a\r\n\r\n");
        QTest::newRow("not HTTP") << QByteArray("hello\r\n\r\n") << 400;
        QTest::newRow("no Host") << QByteArray("GET / HTTP/1.1\r\n\r\n") << 400;
        QTest::newRow("bare LF") << QByteArray("GET / HTTP/1.1\nHost: a\r\n\r\n") << 400;
        QTest::newRow("two framings") << QByteArray(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
                                      << 400;
        QTest::newRow("line too long") << "GET /" + QByteArray(300, 'a') + " HTTP/1.1" + end << 414;
        QTest::newRow("headers too large")
            << "GET / HTTP/1.1\r\nHost: a\r\nX: " + QByteArray(2000, 'x') + "\r\n\r\n"
            << 431;
        QTest::newRow("too many headers")
            << "GET / HTTP/1.1\r\nHost: a\r\n" + QByteArray("a:b\r\n").repeated(20) + "\r\n"
            << 431;
        QTest::newRow("version 2") << "GET / HTTP/2.0" + end << 505;
        QTest::newRow("body announced too large")
            << QByteArray("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n") << 413;
        QTest::newRow("body grows too large")
            << "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n"
                + QByteArray(0x100001, 'x')
            << 413;
        QTest::newRow("broken chunk") << QByteArray(
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
                                      << 400;
    }
    void eachLimitHasItsStatus()
    {
        QFETCH(QByteArray, request);
        QFETCH(int, status);
        Heard heard;
        Settings settings;
        settings.requestLineBytesMax = 256;
        settings.headerBytesMax = 1024;
        settings.headerCountMax = 10;
        settings.bodyMiBMax = 1;
        HttpUnderTest server(
            {.routes = {respond("/"), echoRoute("/echo", heard)}, .settings = settings});
        ScriptedPeer peer(server.port());
        peer.send(request.toStdString() + kGet); // what comes behind is not taken for a request
        const PeerAnswer answer = peer.readAnswer();
        QCOMPARE(answer.status, status);
        QCOMPARE(answer.headers.at("connection"), std::string("close"));
        QVERIFY(peer.sawEnd());
        QVERIFY(!peer.wasReset());
        QCOMPARE(server.loopMetrics().requestsBad.read(), int64_t(1));
        QCOMPARE(heard.gone.load(), request.contains("/echo") ? 1 : 0);
    }

    void aBodyAsLargeAsTheLimitIsTaken()
    {
        Heard heard;
        Settings settings;
        settings.bodyMiBMax = 1;
        HttpUnderTest server({.routes = {echoRoute("/", heard)}, .settings = settings});
        ScriptedPeer peer(server.port());
        peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n"
                  + std::string(1048576, 'x'));
        QCOMPARE(peer.readAnswer().body.size(), size_t(1048576));
    }

    void aDrippingHeadGets408()
    {
        HttpUnderTest server({.routes = {respond("/")}, .settings = quick()});
        ScriptedPeer peer(server.port());
        const auto begun = std::chrono::steady_clock::now();
        peer.send("GET / HTTP/1.1\r\n");
        for (int i = 0; i < 40 && !peer.hasInput(100ms); ++i)
            peer.send("X: y\r\n"); // progress does not help: the deadline is absolute
        QCOMPARE(peer.readAnswer().status, 408);
        const auto took = std::chrono::steady_clock::now() - begun;
        QVERIFY(took >= 1s && took < 3s);
        QCOMPARE(server.loopMetrics().requestsBad.read(), int64_t(1));
    }

    void anIdleConnectionIsClosedInSilence()
    {
        HttpUnderTest server({.routes = {respond("/")}, .settings = quick()});
        ScriptedPeer fresh(server.port());
        ScriptedPeer used(server.port());
        used.send(kGet);
        QCOMPARE(used.readAnswer().status, 200);
        QVERIFY(fresh.sawEnd());
        QVERIFY(used.sawEnd());
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(0));
    }

    void aStalledBodyGets408AndTheHandlerHearsIt()
    {
        Heard heard;
        HttpUnderTest server({.routes = {echoRoute("/", heard)}, .settings = quick()});
        ScriptedPeer peer(server.port());
        peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
        QCOMPARE(peer.readAnswer().status, 408);
        QVERIFY(peer.sawEnd());
        QCOMPARE(heard.gone.load(), 1);
    }

    void aBodyThatDripsGets408()
    {
        Heard heard;
        Settings settings;
        settings.bodyTimeout = 60s; // no pause is as long
        settings.bodyRate = 1000;
        HttpUnderTest server({.routes = {echoRoute("/", heard)}, .settings = settings});
        ScriptedPeer peer(server.port());
        const auto pass = [&server](std::chrono::milliseconds time) {
            server.onLoop([time](HttpLoop &http) { http.loop().skipAhead(time); });
        };
        peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nx");
        QTRY_COMPARE(heard.bodyBytes.load(), int64_t(1));
        pass(2s);                          // the first five seconds are free
        peer.send(std::string(9999, 'x')); // earns ten more
        QTRY_COMPARE(heard.bodyBytes.load(), int64_t(10000));
        pass(10s);
        peer.send("x"); // earns a millisecond
        QTRY_COMPARE(heard.bodyBytes.load(), int64_t(10001));
        QVERIFY(!peer.hasInput(0ms));
        pass(5s);
        QCOMPARE(peer.readAnswer().status, 408);
        QVERIFY(peer.sawEnd());
        QCOMPARE(heard.gone.load(), 1);
    }

    void anyRateWillDoWhereNoneIsAskedFor()
    {
        Heard heard;
        Settings settings;
        settings.bodyTimeout = 60s;
        settings.bodyRate = 0;
        HttpUnderTest server({.routes = {echoRoute("/", heard)}, .settings = settings});
        ScriptedPeer peer(server.port());
        peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
        QTRY_COMPARE(heard.bodyBytes.load(), int64_t(1));
        server.onLoop([](HttpLoop &http) { http.loop().skipAhead(50s); });
        peer.send("y");
        QCOMPARE(peer.readAnswer().body, std::string("xy"));
    }

    void aSlowHandlerIsNotTheClientsFault()
    {
        Held held;
        HttpUnderTest server({.routes = {holdRoute("/", held)}, .settings = quick()});
        ScriptedPeer peer(server.port());
        peer.send(kGet);
        const ExchangeId id = held.id.get_future().get();
        QVERIFY(!peer.hasInput(1500ms)); // longer than every deadline
        server.onLoop(
            [&](HttpLoop &http) { http.find(id)->respond({.status = 200, .headers = {}}, {}); });
        QCOMPARE(peer.readAnswer().status, 200);
    }

    void aClientThatTakesNothingIsCut()
    {
        Heard heard;
        HttpUnderTest server(
            {.routes = {streamRoute("/", {.total = 200'000'000}, heard)}, .settings = quick()});
        ScriptedPeer peer(server.port(), 4096);
        peer.send(kGet);
        QTRY_COMPARE_WITH_TIMEOUT(heard.gone.load(), 1, 8000);
        QTRY_COMPARE(server.siteMetrics().clientsLeft.read(), int64_t(1));
        QCOMPARE(server.siteMetrics().requests.read(), int64_t(0));
        QVERIFY(server.loopMetrics().bufferBytes.read() < kMiB);
    }

    void aSlowReaderGetsEverythingWithLittleMemory()
    {
        Heard heard;
        HttpUnderTest server({.routes = {streamRoute("/", {.total = 20'000'000}, heard)}});
        ScriptedPeer peer(server.port(), 16384);
        peer.send(kGet);
        size_t got = 0;
        int64_t most = 0;
        while (got < 20'000'000) {
            const size_t piece = peer.readBytes(100'000).size();
            QVERIFY(piece > 0);
            got += piece;
            most = std::max(most, server.loopMetrics().bufferBytes.read());
        }
        QVERIFY2(most < 2 * int64_t(Exchange::kBacklogHigh), qPrintable(QString::number(most)));
        QVERIFY(heard.drained > 10);
    }

    void requestsPerConnectionEndsIt()
    {
        Settings settings;
        settings.requestsPerConnection = 2;
        HttpUnderTest server({.routes = {respond("/")}, .settings = settings});
        ScriptedPeer peer(server.port());
        peer.send(kGet + kGet + kGet);
        QVERIFY(!peer.readAnswer().headers.contains("connection"));
        QCOMPARE(peer.readAnswer().headers.at("connection"), std::string("close"));
        QVERIFY(peer.sawEnd());
    }

    void theConnectionQuietLongestMakesRoom()
    {
        Settings settings;
        settings.connectionsMax = 3;
        HttpUnderTest server({.routes = {respond("/")}, .settings = settings});
        ScriptedPeer first(server.port());
        first.send(kGet);
        QCOMPARE(first.readAnswer().status, 200);
        ScriptedPeer second(server.port());
        second.send(kGet);
        QCOMPARE(second.readAnswer().status, 200);
        ScriptedPeer third(server.port());
        third.send(kGet);
        QCOMPARE(third.readAnswer().status, 200);
        ScriptedPeer fourth(server.port());
        fourth.send(kGet);
        QCOMPARE(fourth.readAnswer().status, 200);
        QVERIFY(first.sawEnd());
        second.send(kGet);
        QCOMPARE(second.readAnswer().status, 200);
        QCOMPARE(server.loopMetrics().connectionsRefused.read(), int64_t(1));
        QCOMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(3));
    }

    void newConnectionsWaitWhileAllAreBusy()
    {
        Held held;
        Settings settings;
        settings.connectionsMax = 1;
        HttpUnderTest server(
            {.routes = {holdRoute("/hold", held), respond("/")}, .settings = settings});
        ScriptedPeer busy(server.port());
        busy.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
        const ExchangeId id = held.id.get_future().get();
        ScriptedPeer waiting(server.port());
        ScriptedPeer third(server.port());
        waiting.send(kGet);
        third.send(kGet);
        server.onLoop(
            [&](HttpLoop &http) { http.find(id)->respond({.status = 200, .headers = {}}, {}); });
        QCOMPARE(busy.readAnswer().status, 200);
        QCOMPARE(waiting.readAnswer().status, 200);
        QCOMPARE(third.readAnswer().status, 200);
    }

    void pipelinedRequestsBeyondATurnAreStillAnswered()
    {
        Settings settings;
        settings.pipelineMax = 2;
        HttpUnderTest server(
            {.routes = {respond("/", std::string(100'000, 'z'))}, .settings = settings});
        ScriptedPeer peer(server.port());
        std::string all;
        for (int i = 0; i < 33; ++i)
            all += kGet;
        peer.send(all);
        for (int i = 0; i < 33; ++i)
            QCOMPARE(peer.readAnswer().body.size(), size_t(100'000));
    }

    void newRequestsGet503WhenBuffersAreFull()
    {
        // One loop; a held exchange has written 2 MiB that its client does not take, and 1 MiB is
        // all there is.
        Held held;
        Heard heard;
        HttpUnderTest server(
            {.routes = {holdRoute("/hold", held), respond("/"), echoRoute("/echo", heard)},
             .bufferBytes = kMiB});
        ScriptedPeer slow(server.port(), 4096);
        ScriptedPeer body(server.port());
        ScriptedPeer half(server.port());
        slow.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
        const ExchangeId id = held.id.get_future().get();
        body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n1234");
        QTRY_COMPARE(heard.bodyBytes.load(), int64_t(4));
        server.onLoop([&](HttpLoop &http) {
            http.find(id)->begin({.status = 200, .headers = {}}, uint64_t(16 * kMiB));
            http.find(id)->write(Chunk::own(patternBytes(0, 16 * kMiB)));
        });
        QTRY_VERIFY(server.loopMetrics().bufferBytes.read() > kMiB);
        ScriptedPeer refused(server.port());
        refused.send(kGet);
        const PeerAnswer answer = refused.readAnswer();
        QCOMPARE(answer.status, 503);
        QCOMPARE(answer.headers.at("retry-after"), std::string("1"));
        half.send("GET / HTTP/1.1\r\n"); // there is no memory to keep this in
        QCOMPARE(half.readAnswer().status, 503);
        body.send("5678");
        QVERIFY(!body.hasInput(200ms)); // reading pauses
        QCOMPARE(heard.bodyBytes.load(), int64_t(4));
        slow.closeWithReset();
        QCOMPARE(body.readAnswer().body, std::string("12345678"));
        refused.send(kGet);
        QCOMPARE(refused.readAnswer().status, 200);
        QCOMPARE(held.heard.gone.load(), 1);
    }
};

QTEST_GUILESS_MAIN(TestHttp1Limits)
#include "tst_http1_limits.moc"
