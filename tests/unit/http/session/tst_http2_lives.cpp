// SPDX-License-Identifier: Apache-2.0
// How HTTP/2 connections begin and how they are brought to an end without losing a request.
#include "server/http/session/leaky_score.h"
#include "server/http/session/simple_handlers.h"
#include "tests/support/http2_peer.h"
#include "tests/support/http_under_test.h"

#include <QtTest>

#include <nghttp2/nghttp2.h>

using namespace arc;
using namespace std::chrono_literals;

namespace {

constexpr int32_t kNoticeStream = 0x7fffffff;

Route respond(std::string prefix)
{
    return makeRoute(std::move(prefix),
                     std::make_shared<const RespondHandler>(RespondRoute {.body = "hello"}));
}

} // namespace

class TestHttp2Lives : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void thePrefaceMayComeInAnyPortion_data()
    {
        QTest::addColumn<int>("pieceBytes");
        for (const int size : {1, 2, 3, 5, 17, 24, 25, 100})
            QTest::addRow("%d", size) << size;
    }
    void thePrefaceMayComeInAnyPortion()
    {
        QFETCH(int, pieceBytes);
        HttpUnderTest server({.routes = {respond("/")}});
        ScriptedPeer peer(server.port());
        peer.sendPieces(http2::hello()
                            + http2::frame(http2::kHeaders, http2::kEndHeaders | http2::kEndStream,
                                           1, http2::getHead()),
                        static_cast<size_t>(pieceBytes));
        while (const auto frame = http2::readFrame(peer)) {
            if (frame->type != http2::kData)
                continue;
            QCOMPARE(frame->payload, std::string("hello"));
            return;
        }
        QFAIL("no answer");
    }

    void whatOnlyResemblesThePrefaceIsHttp1_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<bool>("http2");
        QTest::newRow("switched off") << QByteArray("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") << false;
        QTest::newRow("another end") << QByteArray("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n") << true;
        QTest::newRow("another version") << QByteArray("PRI * HTTP/3.0\r\nHost: a\r\n\r\n") << true;
    }
    void whatOnlyResemblesThePrefaceIsHttp1()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(bool, http2);
        Settings settings;
        settings.http2 = http2;
        HttpUnderTest server({.routes = {respond("/")}, .settings = settings});
        ScriptedPeer peer(server.port());
        peer.send(bytes.toStdString());
        QCOMPARE(peer.readAnswer().status, 505);
    }

    void anUpgradeIsNotTaken() // RFC 9113 has no h2c upgrade any more
    {
        HttpUnderTest server({.routes = {respond("/")}});
        ScriptedPeer peer(server.port());
        peer.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                  "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
        QCOMPARE(peer.readAnswer().status, 200);
    }

    void drainLetsRequestsInThatAreOnTheirWay()
    {
        Held held;
        HttpUnderTest server({.routes = {holdRoute("/hold", held), respond("/")}});
        Http2Peer busy(server.port());
        const int32_t stream = busy.get("/hold");
        const ExchangeId id = held.id.get_future().get();
        Http2Peer idle(server.port());
        const int32_t before = idle.get("/");
        QVERIFY(idle.untilComplete(before));

        std::atomic<int> drained {0};
        server.onLoop([&](HttpLoop &http) { http.drain(10s, [&] { ++drained; }); });
        const int32_t late = busy.get("/"); // crosses the notice, or comes behind it
        QVERIFY(busy.untilComplete(late));
        QCOMPARE(busy.answers[late].status, 200);
        QVERIFY(busy.until([&] { return busy.goAways.size() == 2; }));
        QCOMPARE(busy.goAways[0], (std::pair<uint32_t, int32_t> {NGHTTP2_NO_ERROR, kNoticeStream}));
        QCOMPARE(busy.goAways[1], (std::pair<uint32_t, int32_t> {NGHTTP2_NO_ERROR, late}));
        QVERIFY(idle.untilClosed());
        QVERIFY(!idle.goAways.empty());
        QCOMPARE(drained.load(), 0);

        server.onLoop([&](HttpLoop &http) {
            http.find(id)->respond({.status = 200, .headers = {}}, Chunk::constant("last"));
        });
        QVERIFY(busy.untilComplete(stream));
        QCOMPARE(busy.answers[stream].body, std::string("last"));
        QVERIFY(busy.untilClosed());
        QTRY_COMPARE(drained.load(), 1);
    }

    void aListenerThatGoesAsksItsClientsToComeBack()
    {
        Held held;
        HttpUnderTest server({.routes = {holdRoute("/hold", held), respond("/")}});
        Http2Peer peer(server.port());
        const int32_t stream = peer.get("/hold");
        const ExchangeId id = held.id.get_future().get();
        server.onLoop([](HttpLoop &http) { http.unlisten("http"); });
        QVERIFY(peer.until([&] { return peer.goAways.size() == 2; }));
        QCOMPARE(peer.goAways[1], (std::pair<uint32_t, int32_t> {NGHTTP2_NO_ERROR, stream}));
        server.onLoop([&](HttpLoop &http) {
            http.find(id)->respond({.status = 200, .headers = {}}, Chunk::constant("last"));
        });
        QVERIFY(peer.untilComplete(stream));
        QCOMPARE(peer.answers[stream].body, std::string("last"));
        QVERIFY(peer.untilClosed());
    }

    // By frames: nghttp2's client does not look at what comes behind the first GOAWAY once it is
    // idle.
    void aConnectionEndsAfterItsLastRequest()
    {
        Settings settings;
        settings.requestsPerConnection = 3;
        HttpUnderTest server({.routes = {respond("/")}, .settings = settings});
        ScriptedPeer peer(server.port());
        peer.send(http2::hello() + http2::frame(http2::kSettings, http2::kAck, 0));
        std::vector<std::string> goAways;
        int answered = 0;
        peer.send(http2::get(1) + http2::get(3) + http2::get(5));
        while (const auto frame = http2::readFrame(peer)) {
            answered += frame->type == http2::kData;
            if (frame->type == http2::kGoAway)
                goAways.push_back(frame->payload);
            if (frame->type == http2::kPing)
                peer.send(http2::frame(http2::kPing, http2::kAck, 0, frame->payload));
        }
        QCOMPARE(answered, 3);
        QVERIFY(!peer.wasReset());
        const std::string noError = http2::number(NGHTTP2_NO_ERROR);
        QCOMPARE(goAways.size(), size_t(2));
        QCOMPARE(goAways[0], http2::number(kNoticeStream) + noError);
        QCOMPARE(goAways[1], http2::number(5) + noError);
    }

    // Else it would have as many requests as it likes, over a certificate that is not shown any
    // more.
    void aClientThatDoesNotAnswerTheNoticeIsNotWaitedForLong()
    {
        Settings settings;
        settings.requestsPerConnection = 3;
        HttpUnderTest server({.routes = {respond("/")}, .settings = settings});
        ScriptedPeer peer(server.port());
        peer.send(http2::hello() + http2::frame(http2::kSettings, http2::kAck, 0)
                  + http2::frame(http2::kWindowUpdate, 0, 0, http2::number(1 << 30)) + http2::get(1)
                  + http2::get(3) + http2::get(5));
        std::vector<std::string> goAways;
        uint32_t next = 7;
        while (const auto frame = http2::readFrame(peer)) {
            if (frame->type == http2::kGoAway)
                goAways.push_back(frame->payload.substr(0, 4));
            if (frame->type == http2::kData && frame->stream == next - 2) { // goes on asking
                peer.send(http2::get(next));
                next += 2;
            }
        }
        QVERIFY(!peer.wasReset()); // which could overtake the last answer
        QCOMPARE(goAways.size(), size_t(2));
        QCOMPARE(goAways[0], http2::number(kNoticeStream));
        QVERIFY(next > 9); // what comes behind the notice is served
        // The last one was answered or, when it crossed the last GOAWAY, was not begun.
        QVERIFY(goAways[1] == http2::number(next - 2) || goAways[1] == http2::number(next - 4));
    }

    void settingsAreAsConfigured()
    {
        Settings settings;
        settings.http2Streams = 7;
        settings.http2WindowKiB = 20;
        settings.http2FrameBytes = 20000;
        settings.http2TableBytes = 1000;
        HttpUnderTest server({.routes = {respond("/")}, .settings = settings});
        Http2Peer peer(server.port());
        QVERIFY(peer.ping());
        QCOMPARE(peer.settings[NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS], 7u);
        QCOMPARE(peer.settings[NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE], 20480u);
        QCOMPARE(peer.settings[NGHTTP2_SETTINGS_MAX_FRAME_SIZE], 20000u);
        QCOMPARE(peer.settings[NGHTTP2_SETTINGS_HEADER_TABLE_SIZE], 1000u);
        QCOMPARE(peer.settings[NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES], 1u);
        QCOMPARE(peer.settings[NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE],
                 uint32_t(settings.headerBytesMax + settings.requestLineBytesMax));
        QCOMPARE(peer.settings[NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL], 1u);
    }

    void aScoreForgives()
    {
        const LeakyScore::Time begin {1000s};
        LeakyScore score(10, 2);
        for (int i = 0; i < 10; ++i)
            QVERIFY(score.add(1, begin));
        QVERIFY(!score.add(1, begin));
        QVERIFY(!score.add(1, begin + 499ms)); // nothing has leaked yet
        QVERIFY(score.add(1, begin + 2s));
        QCOMPARE(score.value(), int64_t(9));
        QVERIFY(score.add(1, begin + 1h));
        QCOMPARE(score.value(), int64_t(1));
    }
};

QTEST_GUILESS_MAIN(TestHttp2Lives)
#include "tst_http2_lives.moc"
