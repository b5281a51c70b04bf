// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/http1_connection.h"
#include "server/http/session/simple_handlers.h"
#include "tests/support/http_under_test.h"
#include "tests/support/scripted_peer.h"

#include <QtTest>

using namespace arc;
using namespace std::chrono_literals;

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

Route respond(std::string prefix, std::string body = "x")
{
    return makeRoute(
        std::move(prefix),
        std::make_shared<const RespondHandler>(RespondRoute {.body = std::move(body)}));
}

} // namespace

class TestHttp1Clients : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aHandlerHearsOnceThatTheClientLeft_data()
    {
        QTest::addColumn<bool>("reset");
        QTest::addColumn<bool>("reads");
        QTest::addColumn<bool>("pipelined");
        QTest::newRow("closed while waiting") << false << false << false;
        QTest::newRow("reset while waiting") << true << false << false;
        QTest::newRow("closed in the body") << false << true << false;
        QTest::newRow("reset in the body") << true << true << false;
        QTest::newRow("closed with more requests behind") << false << false << true;
    }
    void aHandlerHearsOnceThatTheClientLeft()
    {
        QFETCH(bool, reset);
        QFETCH(bool, reads);
        QFETCH(bool, pipelined);
        Held held;
        held.reads = reads;
        HttpUnderTest server({.routes = {holdRoute("/", held)}});
        ScriptedPeer peer(server.port());
        peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
        const ExchangeId id = held.id.get_future().get();
        if (pipelined) {
            server.onLoop([](HttpLoop &) {});
            peer.send("67890" + kGet);
        }
        if (reset)
            peer.closeWithReset();
        else
            peer.close();
        QTRY_COMPARE(held.heard.gone.load(), 1);
        bool found = true;
        server.onLoop([&](HttpLoop &http) { found = http.find(id) != nullptr; });
        QVERIFY(!found);
        QTRY_COMPARE(server.siteMetrics().clientsLeft.read(), int64_t(1));
        QCOMPARE(server.siteMetrics().requests.read(), int64_t(0));
        QCOMPARE(server.siteMetrics().inFlight.read(), int64_t(0));
        QCOMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(0));
        QCOMPARE(held.heard.gone.load(), 1);
        QTRY_COMPARE(server.loopMetrics().bufferBytes.read(), int64_t(0));
    }

    void aResetThatComesWithTheLastBytesIsNoticed_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("in a head") << QByteArray("GET / HT");
        QTest::newRow("in a body")
            << QByteArray("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123");
        QTest::newRow("in a chunk")
            << QByteArray("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n1");
    }
    void aResetThatComesWithTheLastBytesIsNoticed()
    {
        QFETCH(QByteArray, bytes);
        Held held;
        held.reads = true;
        HttpUnderTest server({.routes = {holdRoute("/", held)}});
        ScriptedPeer peer(server.port());
        server.onLoop([&](HttpLoop &) { // so that the loop finds both at once
            peer.send(bytes.toStdString());
            peer.closeWithReset();
        });
        QTRY_COMPARE(server.loopMetrics().connectionsAccepted.read(), int64_t(1));
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(0));
    }

    void aClientThatLeavesInTheAnswerIsCountedOnce()
    {
        Heard heard;
        HttpUnderTest server({.routes = {streamRoute("/", {.total = 100'000'000}, heard)}});
        ScriptedPeer peer(server.port());
        peer.send(kGet);
        QCOMPARE(peer.readBytes(100'000).size(), size_t(100'000));
        peer.close();
        QTRY_COMPARE(heard.gone.load(), 1);
        QTRY_COMPARE(server.siteMetrics().clientsLeft.read(), int64_t(1));
        QCOMPARE(server.siteMetrics().errors.read(), int64_t(0));
    }

    void aClientThatShutsItsSideStillGetsQuickAnswers()
    {
        HttpUnderTest server({.routes = {respond("/")}});
        ScriptedPeer peer(server.port());
        peer.send(kGet + kGet + kGet);
        peer.shutdownWrite();
        for (int i = 0; i < 3; ++i)
            QCOMPARE(peer.readAnswer().status, 200);
        QVERIFY(peer.sawEnd());
    }

    void drainClosesIdleConnectionsAndFinishesTheRest()
    {
        Held held;
        HttpUnderTest server({.routes = {holdRoute("/hold", held), respond("/")}});
        ScriptedPeer idle(server.port());
        ScriptedPeer busy(server.port());
        idle.send(kGet);
        QCOMPARE(idle.readAnswer().status, 200);
        busy.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
        const ExchangeId id = held.id.get_future().get();
        std::atomic<int> drained {0};
        server.onLoop([&](HttpLoop &http) { http.drain(10s, [&] { ++drained; }); });
        QVERIFY(idle.sawEnd());
        QCOMPARE(drained.load(), 0);
        QVERIFY(!ScriptedPeer(server.port()).isConnected()); // nobody listens any longer
        server.onLoop(
            [&](HttpLoop &http) { http.find(id)->respond({.status = 200, .headers = {}}, {}); });
        const PeerAnswer last = busy.readAnswer();
        QCOMPARE(last.status, 200);
        QCOMPARE(last.headers.at("connection"), std::string("close"));
        QVERIFY(busy.sawEnd());
        QTRY_COMPARE(drained.load(), 1);
    }

    void drainAnswersWhoWasAcceptedButHadNotAskedYet()
    {
        HttpUnderTest server({.routes = {respond("/")}});
        ScriptedPeer newcomer(server.port());
        ScriptedPeer silent(server.port());
        ScriptedPeer again(server.port());
        again.send(kGet);
        QCOMPARE(again.readAnswer().status, 200);
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), 3);
        std::atomic<int> drained {0};
        // One loop turn: the second request lies in its socket, unread, when draining begins.
        server.onLoop([&](HttpLoop &http) {
            again.send(kGet);
            http.drain(10s, [&] { ++drained; });
        });
        newcomer.send(kGet);
        QCOMPARE(newcomer.readAnswer().status, 200);
        QVERIFY(newcomer.sawEnd());
        QCOMPARE(again.readAnswer().status, 200);
        QVERIFY(again.sawEnd());
        QVERIFY(silent.sawEnd()); // who never asks is not waited for
        QTRY_COMPARE(drained.load(), 1);
    }

    void aRequestThatDrainingOvertookIsAnsweredAsTheLast()
    {
        HttpUnderTest server({.routes = {respond("/")}});
        ScriptedPeer peer(server.port());
        peer.send(kGet);
        QCOMPARE(peer.readAnswer().headers.count("connection"), size_t(0)); // it may ask again
        std::atomic<int> drained {0};
        server.onLoop([&](HttpLoop &http) { http.drain(10s, [&] { ++drained; }); });
        peer.send(kGet);
        const PeerAnswer last = peer.readAnswer();
        QCOMPARE(last.status, 200);
        QCOMPARE(last.headers.at("connection"), std::string("close"));
        QVERIFY(peer.sawEnd() && !peer.wasReset());
        QTRY_COMPARE(drained.load(), 1);
    }

    void whoWasPromisedMoreBeforeDrainingMayAskOnceMore()
    {
        Held held;
        HttpUnderTest server({.routes = {holdRoute("/hold", held), respond("/")}});
        ScriptedPeer peer(server.port());
        peer.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
        const ExchangeId id = held.id.get_future().get();
        std::atomic<int> drained {0};
        server.onLoop([&](HttpLoop &http) { // its head leaves before draining begins
            http.find(id)->begin({.status = 200, .headers = {}}, 1);
            http.drain(10s, [&] { ++drained; });
            http.find(id)->write(Chunk::constant("x"));
            http.find(id)->end();
        });
        QCOMPARE(peer.readAnswer().headers.count("connection"), size_t(0));
        server.onLoop([](HttpLoop &) {}); // it is idle by now, and would be gone
        peer.send(kGet);
        const PeerAnswer last = peer.readAnswer();
        QCOMPARE(last.status, 200);
        QCOMPARE(last.headers.at("connection"), std::string("close"));
        QTRY_COMPARE(drained.load(), 1);
    }

    void whoHasBeenQuietForLongerGoesAtOnce()
    {
        HttpUnderTest server({.routes = {respond("/")}});
        ScriptedPeer quiet(server.port());
        ScriptedPeer lively(server.port());
        quiet.send(kGet);
        QCOMPARE(quiet.readAnswer().status, 200);
        QElapsedTimer since;
        since.start();
        while (since.elapsed() <= Http1Connection::kLastRequestTime.count()) {
            lively.send(kGet);
            QCOMPARE(lively.readAnswer().status, 200);
        }
        std::atomic<int> drained {0};
        int64_t left = 0;
        server.onLoop([&](HttpLoop &http) {
            http.drain(10s, [&] { ++drained; });
            left = server.loopMetrics().connectionsOpen.read();
        });
        QCOMPARE(left, int64_t(1));
        QVERIFY(quiet.sawEnd());
        QVERIFY(lively.sawEnd() && !lively.wasReset()); // asks no more, and is not waited for
        QTRY_COMPARE(drained.load(), 1);
    }

    void drainCutsAtItsDeadline()
    {
        Held held;
        HttpUnderTest server({.routes = {holdRoute("/", held)}});
        ScriptedPeer busy(server.port());
        busy.send(kGet);
        held.id.get_future().wait();
        std::atomic<int> drained {0};
        server.onLoop([&](HttpLoop &http) { http.drain(100ms, [&] { ++drained; }); });
        QTRY_COMPARE(drained.load(), 1);
        QCOMPARE(held.heard.gone.load(), 1);
        QVERIFY(busy.sawEnd());
    }

    void aRunningRequestKeepsTheSnapshotItBeganWith()
    {
        Held held;
        HttpUnderTest server({.routes = {holdRoute("/", held)}});
        ScriptedPeer peer(server.port());
        peer.send(kGet);
        const ExchangeId id = held.id.get_future().get();
        server.publish({respond("/new", "new")}, {});
        ScriptedPeer other(server.port());
        other.send("GET /new HTTP/1.1\r\nHost: a\r\n\r\n");
        QCOMPARE(other.readAnswer().body, std::string("new"));
        QCOMPARE(server.snapshotsRetired(), 0);
        std::string prefix;
        server.onLoop([&](HttpLoop &http) {
            prefix = http.find(id)->route().prefix;
            http.find(id)->respond({.status = 200, .headers = {}}, Chunk::constant("old"));
        });
        QCOMPARE(prefix, std::string("/"));
        QCOMPARE(peer.readAnswer().body, std::string("old"));
        peer.send("GET /new HTTP/1.1\r\nHost: a\r\n\r\n"); // the connection outlives the change
        QCOMPARE(peer.readAnswer().body, std::string("new"));
        QTRY_COMPARE(server.snapshotsRetired(), 1);
    }

    void anOpenConnectionKeepsItsDeadlines()
    {
        Settings patient;
        HttpUnderTest server({.routes = {respond("/")}, .settings = patient});
        ScriptedPeer old(server.port());
        old.send(kGet);
        QCOMPARE(old.readAnswer().status, 200);
        Settings hasty;
        hasty.idleTimeout = 1s;
        server.publish({respond("/")}, hasty);
        ScriptedPeer young(server.port());
        QVERIFY(young.sawEnd());
        QVERIFY(!old.hasInput(500ms));
    }

    void twoLoopsServeAtOnce()
    {
        Heard heard;
        HttpUnderTest server({.routes = {respond("/"), echoRoute("/echo", heard)}, .loops = 2});
        std::atomic<int> good {0};
        std::vector<Thread> clients;
        for (int i = 0; i < 8; ++i) {
            clients.emplace_back("client", [&] {
                for (int c = 0; c < 10; ++c) {
                    ScriptedPeer peer(server.port());
                    for (int r = 0; r < 5; ++r) {
                        peer.send(
                            kGet
                            + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nping");
                        good += peer.readAnswer().body == "x";
                        good += peer.readAnswer().body == "ping";
                    }
                }
            });
        }
        server.publish({respond("/"), echoRoute("/echo", heard)}, {});
        clients.clear();
        QCOMPARE(good.load(), 800);
        const auto requests = [&] {
            return server.siteMetrics(0).requests.read() + server.siteMetrics(1).requests.read();
        };
        QTRY_COMPARE(requests(), int64_t(800));
        QTRY_COMPARE(server.snapshotsRetired(), 2);
    }
};

QTEST_GUILESS_MAIN(TestHttp1Clients)
#include "tst_http1_clients.moc"
