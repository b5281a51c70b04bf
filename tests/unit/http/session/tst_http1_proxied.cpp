// SPDX-License-Identifier: Apache-2.0
// Who the client is, when proxies stand before the engine; and how many connections one may have.
#include "server/http/session/simple_handlers.h"
#include "tests/support/http_under_test.h"
#include "tests/support/scripted_peer.h"

#include <QtTest>

#include <deque>

using namespace arc;
using namespace std::chrono_literals;

namespace {

/// "CLIENT>SERVER SCHEME HOST AUTHORITY", as a handler sees the request.
Route who(std::string prefix = "/")
{
    return makeRoute(std::move(prefix), [](Exchange &exchange) {
        const RequestHead &head = exchange.request();
        std::string text = exchange.peer().text() + '>' + exchange.local().host();
        text += exchange.isSecure() ? " https " : " http ";
        text += std::string(head.host) + ' ' + std::string(head.authority) + ' ';
        text += head.find(HeaderId::Host).value_or("none");
        exchange.respond({}, Chunk::own(std::move(text)));
    });
}

std::string get(const std::string &fields = {}, const std::string &target = "/")
{
    return "GET " + target + " HTTP/1.1\r\nHost: own.example\r\n" + fields + "\r\n";
}

Settings trusting(std::string proxies, std::string fields = "x-forwarded")
{
    Settings settings;
    settings.proxiesTrusted = std::move(proxies);
    settings.forwardedFields = std::move(fields);
    return settings;
}

std::string proxyLine(const std::string &client)
{
    const char *family = client.find(':') == client.npos ? "TCP4 " : "TCP6 ";
    const char *server = client.find(':') == client.npos ? " 10.0.0.1" : " 2001:db8::ff";
    return std::string("PROXY ") + family + client + server + " 4711 443\r\n";
}

std::string answerTo(HttpUnderTest &server, const std::string &request)
{
    ScriptedPeer peer(server.port());
    peer.send(request);
    return peer.readAnswer().body;
}

} // namespace

class TestHttp1Proxied : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aTrustedProxySpeaksForItsClient_data()
    {
        QTest::addColumn<QByteArray>("fields");
        QTest::addColumn<QByteArray>("seen");
        const auto row = [](const char *name, const char *fields, const char *seen) {
            QTest::newRow(name) << QByteArray(fields) << QByteArray(seen);
        };
        row("address", "X-Forwarded-For: 192.0.2.9\r\n",
            "192.0.2.9:0>127.0.0.1 http own.example own.example own.example");
        row("everything",
            "X-Forwarded-For: 6.6.6.6, 192.0.2.9\r\nX-Forwarded-Proto: https\r\n"
            "X-Forwarded-Host: Shop.Example:8443\r\n",
            "192.0.2.9:0>127.0.0.1 https shop.example Shop.Example:8443 Shop.Example:8443");
        row("a host that is none", "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Host: a b/c\r\n",
            "192.0.2.9:0>127.0.0.1 http own.example own.example own.example");
        row("a host with user information",
            "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Host: me@shop.example\r\n",
            "192.0.2.9:0>127.0.0.1 http own.example own.example own.example");
        row("the other kind of field",
            "X-Forwarded-For: 192.0.2.9\r\nForwarded: for=6.6.6.6;host=evil;proto=https\r\n",
            "192.0.2.9:0>127.0.0.1 http own.example own.example own.example");
    }
    void aTrustedProxySpeaksForItsClient()
    {
        QFETCH(QByteArray, fields);
        QFETCH(QByteArray, seen);
        HttpUnderTest server({.routes = {who()}, .settings = trusting("127.0.0.0/8")});
        QCOMPARE(answerTo(server, get(fields.toStdString())), seen.toStdString());
        // The next request of the same connection is somebody else's.
        ScriptedPeer peer(server.port());
        peer.send(get("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n")
                  + get(fields.toStdString()));
        QVERIFY(peer.readAnswer().body.starts_with("6.6.6.6:0>127.0.0.1 https"));
        QCOMPARE(peer.readAnswer().body, seen.toStdString());
        std::string log; // a line is written when its answer has left
        QTRY_VERIFY((log += server.takeLog()).find("\"192.0.2.9\"") != log.npos);
    }

    void nobodyElseIsBelieved_data()
    {
        QTest::addColumn<QByteArray>("trusted");
        QTest::addColumn<QByteArray>("kind");
        QTest::newRow("no list") << QByteArray() << QByteArray("x-forwarded");
        QTest::newRow("others") << QByteArray("10.0.0.0/8 ::1 unix") << QByteArray("x-forwarded");
        QTest::newRow("no fields") << QByteArray("127.0.0.1") << QByteArray("none");
    }
    void nobodyElseIsBelieved()
    {
        QFETCH(QByteArray, trusted);
        QFETCH(QByteArray, kind);
        HttpUnderTest server(
            {.routes = {who()}, .settings = trusting(trusted.toStdString(), kind.toStdString())});
        const std::string seen = answerTo(
            server,
            get("X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: x\r\n"
                "Forwarded: for=192.0.2.9;proto=https;host=\r\n"));
        QVERIFY2(seen.starts_with("127.0.0.1:"), seen.c_str());
        QVERIFY2(seen.ends_with(">127.0.0.1 http own.example own.example own.example"),
                 seen.c_str());
        QVERIFY(server.takeLog().find("192.0.2.9") == std::string::npos);
    }

    void aForwardedFieldThatCanBeReadInTwoWaysIsRefused()
    {
        HttpUnderTest server({.routes = {who()}, .settings = trusting("127.0.0.1", "forwarded")});
        QVERIFY(answerTo(server, get("Forwarded: for=\"[2001:db8::1]:80\";proto=https\r\n"))
                    .starts_with("[2001:db8::1]:80>127.0.0.1 https"));
        ScriptedPeer peer(server.port());
        peer.send(get("Forwarded: for=6.6.6.6;x=\", for=192.0.2.9\r\n") + get());
        QCOMPARE(peer.readAnswer().status, 400);
        QCOMPARE(peer.readAnswer().status, 200); // the message itself was whole
        QCOMPARE(server.loopMetrics().requestsBad.read(), int64_t(1));
    }

    void theForwardedHostChoosesTheSite()
    {
        HttpUnderTest server(
            {.routes = {who()}, .settings = trusting("127.0.0.1"), .hosts = {"shop.example"}});
        ScriptedPeer peer(server.port());
        peer.send(get() + get("X-Forwarded-Host: shop.example\r\n"));
        QCOMPARE(peer.readAnswer().status, 404);
        QCOMPARE(peer.readAnswer().status, 200);
    }

    void aRequestThatWaitsKeepsWhatTheProxySaid()
    {
        Held held;
        HttpUnderTest server({.routes = {holdRoute("/", held)}, .settings = trusting("127.0.0.1")});
        ScriptedPeer peer(server.port());
        peer.send(get("X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Host: Shop.Example\r\n"));
        const ExchangeId id = held.id.get_future().get();
        std::string seen;
        server.onLoop([&](HttpLoop &http) {
            Exchange *exchange = http.find(id);
            const RequestHead &head = exchange->request();
            seen = exchange->peer().host() + ' ' + std::string(head.host) + ' '
                + std::string(head.find(HeaderId::Host).value_or("none"));
            exchange->respond({}, {});
        });
        QCOMPARE(seen, std::string("192.0.2.9 shop.example Shop.Example"));
    }

    // ---- the PROXY protocol

    void aProxyHeaderNamesTheClient_data()
    {
        QTest::addColumn<QByteArray>("header");
        QTest::addColumn<QByteArray>("seen");
        QTest::newRow("IPv4") << QByteArray::fromStdString(proxyLine("192.0.2.9"))
                              << QByteArray("192.0.2.9:4711>10.0.0.1 http");
        QTest::newRow("IPv6") << QByteArray::fromStdString(proxyLine("2001:db8::1"))
                              << QByteArray("[2001:db8::1]:4711>2001:db8::ff http");
        QTest::newRow("unknown") << QByteArray("PROXY UNKNOWN\r\n") << QByteArray("127.0.0.1:");
        QTest::newRow("local") << QByteArray("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16)
                               << QByteArray("127.0.0.1:");
        QTest::newRow("version 2") << QByteArray("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0f", 16)
                + QByteArray::fromHex("c00002090a000001126701bb040000")
                                   << QByteArray("192.0.2.9:4711>10.0.0.1 http");
    }
    void aProxyHeaderNamesTheClient()
    {
        QFETCH(QByteArray, header);
        QFETCH(QByteArray, seen);
        HttpUnderTest server(
            {.routes = {who()}, .settings = trusting("127.0.0.1"), .isProxied = true});
        const std::string all = header.toStdString() + get() + get();
        for (const size_t pieceBytes : {all.size(), size_t(1), size_t(7)}) {
            ScriptedPeer peer(server.port());
            peer.sendPieces(all, pieceBytes);
            for (int i = 0; i < 2; ++i) {
                const std::string body = peer.readAnswer().body;
                QVERIFY2(body.starts_with(seen.toStdString()), body.c_str());
            }
        }
        QCOMPARE(server.loopMetrics().proxyHeadersBad.read(), int64_t(0));
    }

    void aClientWhomTheHeaderDoesNotNameIsNotBelieved()
    {
        HttpUnderTest server(
            {.routes = {who()}, .settings = trusting("127.0.0.1"), .isProxied = true});
        ScriptedPeer peer(server.port());
        peer.send("PROXY UNKNOWN\r\n"
                  + get("X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\n"));
        const std::string seen = peer.readAnswer().body;
        QVERIFY2(seen.starts_with("127.0.0.1:"), seen.c_str());
        QVERIFY2(seen.find(" http own.example") != seen.npos, seen.c_str());
    }

    void aProxiedClientThatIsNoProxyIsNotBelieved()
    {
        HttpUnderTest server(
            {.routes = {who()}, .settings = trusting("127.0.0.1 10.0.0.7"), .isProxied = true});
        const std::string fields = "X-Forwarded-For: 6.6.6.6\r\n";
        QVERIFY(
            answerTo(server, proxyLine("192.0.2.9") + get(fields)).starts_with("192.0.2.9:4711>"));
        QVERIFY(answerTo(server, proxyLine("10.0.0.7") + get(fields)).starts_with("6.6.6.6:0>"));
    }

    void whatIsNoProxyHeaderClosesTheConnection_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("a request") << QByteArray::fromStdString(get());
        QTest::newRow("malformed") << QByteArray("PROXY TCP4 a b c d\r\n");
        QTest::newRow("too long") << "PROXY UNKNOWN " + QByteArray(200, 'x');
        QTest::newRow("half, then the end") << QByteArray("PROXY TCP4 192.0.2.9");
    }
    void whatIsNoProxyHeaderClosesTheConnection()
    {
        QFETCH(QByteArray, bytes);
        HttpUnderTest server(
            {.routes = {who()}, .settings = trusting("127.0.0.1"), .isProxied = true});
        ScriptedPeer peer(server.port());
        peer.send(bytes.toStdString());
        const bool leaves = !bytes.contains('\r') && !bytes.contains('x');
        if (leaves)
            peer.shutdownWrite();
        QVERIFY(peer.sawEnd());
        QCOMPARE(server.loopMetrics().proxyHeadersBad.read(), int64_t(leaves ? 0 : 1));
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(0));
        const std::string log = server.takeLog();
        QCOMPARE(log.find("PROXY") != log.npos, !leaves);
    }

    void onlyATrustedProxyMayConnectToSuchAListener()
    {
        HttpUnderTest server(
            {.routes = {who()}, .settings = trusting("10.0.0.1"), .isProxied = true});
        ScriptedPeer peer(server.port());
        QVERIFY(peer.sawEnd());
        QCOMPARE(server.loopMetrics().proxyHeadersBad.read(), int64_t(1));
        QVERIFY(server.takeLog().find("no trusted proxy") != std::string::npos);
        QCOMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(0));
    }

    void aProxyHeaderHasADeadline()
    {
        Settings settings = trusting("127.0.0.1");
        settings.headTimeout = 1s;
        HttpUnderTest server({.routes = {who()}, .settings = settings, .isProxied = true});
        ScriptedPeer silent(server.port());
        ScriptedPeer slow(server.port());
        slow.send("PROXY TCP4 ");
        QVERIFY(silent.sawEnd());
        QVERIFY(slow.sawEnd());
        QCOMPARE(server.loopMetrics().proxyHeadersBad.read(), int64_t(2));
    }

    // ---- connections per address

    void anAddressHasSoManyConnectionsAndNoMore_data()
    {
        QTest::addColumn<QByteArray>("one");
        QTest::addColumn<QByteArray>("same");
        QTest::addColumn<QByteArray>("other");
        QTest::newRow("IPv4") << QByteArray("192.0.2.9") << QByteArray("192.0.2.9")
                              << QByteArray("192.0.2.10");
        QTest::newRow("IPv6") << QByteArray("2001:db8:0:1::1") << QByteArray("2001:db8:0:1:ffff::2")
                              << QByteArray("2001:db8:0:2::1");
    }
    void anAddressHasSoManyConnectionsAndNoMore()
    {
        QFETCH(QByteArray, one);
        QFETCH(QByteArray, same);
        QFETCH(QByteArray, other);
        Settings settings = trusting("127.0.0.1");
        settings.addressConnectionsMax = 2;
        HttpUnderTest server({.routes = {who()}, .settings = settings, .isProxied = true});
        const auto ask = [](ScriptedPeer &peer, const QByteArray &client) {
            peer.send(proxyLine(client.toStdString()) + get());
            return peer.readAnswer();
        };
        ScriptedPeer first(server.port());
        ScriptedPeer second(server.port());
        ScriptedPeer third(server.port());
        ScriptedPeer foreign(server.port());
        QCOMPARE(ask(first, one).status, 200);
        QCOMPARE(ask(second, same).status, 200);
        const PeerAnswer refused = ask(third, one);
        QCOMPARE(refused.status, 429);
        QCOMPARE(refused.headers.at("connection"), std::string("close"));
        QVERIFY(refused.complete);
        QVERIFY(third.sawEnd());
        QCOMPARE(ask(foreign, other).status, 200);
        QCOMPARE(server.loopMetrics().connectionsOverAddress.read(), int64_t(1));
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(3));
        // One that leaves makes room.
        second.close();
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(2));
        ScriptedPeer again(server.port());
        QCOMPARE(ask(again, same).status, 200);
        QCOMPARE(server.loopMetrics().connectionsOverAddress.read(), int64_t(1));
    }

    void proxiesAndThisComputerAreNotCounted()
    {
        Settings settings = trusting("10.0.0.7");
        settings.addressConnectionsMax = 1;
        HttpUnderTest direct({.routes = {who()}, .settings = settings});
        settings.proxiesTrusted += " 127.0.0.1";
        HttpUnderTest proxied({.routes = {who()}, .settings = settings, .isProxied = true});
        std::deque<ScriptedPeer> peers;
        for (int i = 0; i < 3; ++i) {
            peers.emplace_back(direct.port()).send(get());
            QCOMPARE(peers.back().readAnswer().status, 200);
            peers.emplace_back(proxied.port()).send(proxyLine("10.0.0.7") + get());
            QCOMPARE(peers.back().readAnswer().status, 200);
        }
    }

    void zeroIsNoLimitAndAChangeHoldsAtOnce()
    {
        Settings settings = trusting("127.0.0.1");
        settings.addressConnectionsMax = 0;
        HttpUnderTest server({.routes = {who()}, .settings = settings, .isProxied = true});
        std::deque<ScriptedPeer> peers;
        const auto status = [&] {
            peers.emplace_back(server.port()).send(proxyLine("192.0.2.9") + get());
            return peers.back().readAnswer().status;
        };
        for (int i = 0; i < 4; ++i)
            QCOMPARE(status(), 200);
        settings.addressConnectionsMax = 1;
        server.publish({who()}, settings);
        QCOMPARE(status(), 200); // none was counted before
        QCOMPARE(status(), 429);
    }

    // ---- loops

    void aLoopWithManyHandsConnectionsOver()
    {
        HttpUnderTest server({.routes = {who()}, .loops = 2, .isOneListening = true});
        std::deque<ScriptedPeer> peers;
        constexpr int64_t kPeers = 40;
        for (int64_t i = 0; i < kPeers; ++i) {
            peers.emplace_back(server.port()).send(get());
            QCOMPARE(peers.back().readAnswer().status, 200);
        }
        const int64_t here = server.loopMetrics(0).connectionsOpen.read();
        const int64_t there = server.loopMetrics(1).connectionsOpen.read();
        QCOMPARE(here + there, kPeers);
        QVERIFY2(here - there <= 3 && there - here <= 3, qPrintable(QString::number(here)));
        QCOMPARE(server.loopMetrics(0).connectionsHanded.read(), there);
        QCOMPARE(server.loopMetrics(0).connectionsAccepted.read(), kPeers);
        for (ScriptedPeer &peer : peers) { // all of them live on
            peer.send(get());
            QCOMPARE(peer.readAnswer().status, 200);
        }
    }

    void aLoopThatDrainsIsHandedNothingMore()
    {
        HttpUnderTest server({.routes = {who()}, .loops = 2, .isOneListening = true});
        std::atomic<int> drained {0};
        const auto drain = [&drained](HttpLoop &http) {
            http.drain(std::chrono::seconds(10), [&drained] { ++drained; });
        };
        server.onLoop(drain, 1);
        QTRY_COMPARE(drained.load(), 1); // it counts as ended, and would serve nobody
        std::deque<ScriptedPeer> peers;
        for (int i = 0; i < 10; ++i) { // far more than the other has
            peers.emplace_back(server.port()).send(get());
            QCOMPARE(peers.back().readAnswer().status, 200);
        }
        QCOMPARE(server.loopMetrics(0).connectionsOpen.read(), int64_t(10));
        QCOMPARE(server.loopMetrics(0).connectionsHanded.read(), int64_t(0));
        QCOMPARE(server.http(1).load(), int64_t(0)); // nothing is on its way there
        peers.clear();
        server.onLoop(drain, 0);
        QTRY_COMPARE(drained.load(), 2);
    }

    void whatIsHandedOverKeepsItsAddressesAndItsCount()
    {
        Settings settings = trusting("127.0.0.1");
        settings.addressConnectionsMax = 20;
        HttpUnderTest server({.routes = {who()},
                              .settings = settings,
                              .loops = 2,
                              .isProxied = true,
                              .isOneListening = true});
        std::deque<ScriptedPeer> peers;
        for (int i = 0; i < 20; ++i) {
            peers.emplace_back(server.port()).send(proxyLine("192.0.2.9") + get());
            QVERIFY(peers.back().readAnswer().body.starts_with("192.0.2.9:4711>10.0.0.1"));
        }
        QVERIFY(server.loopMetrics(1).connectionsOpen.read() > 0);
        ScriptedPeer over(server.port()); // however they are spread
        over.send(proxyLine("192.0.2.9") + get());
        QCOMPARE(over.readAnswer().status, 429);
    }
};

QTEST_GUILESS_MAIN(TestHttp1Proxied)
#include "tst_http1_proxied.moc"
