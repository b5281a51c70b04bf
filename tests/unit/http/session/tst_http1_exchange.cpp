// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/simple_handlers.h"
#include "tests/support/http_under_test.h"
#include "tests/support/scripted_peer.h"

#include <fmt/format.h>

#include <QtTest>

using namespace arc;

namespace {

Route respond(std::string prefix, std::string body)
{
    return makeRoute(
        std::move(prefix),
        std::make_shared<const RespondHandler>(RespondRoute {.body = std::move(body)}));
}

std::string get(std::string_view target, std::string_view more = {})
{
    return fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n{}\r\n", target, more);
}

} // namespace

class TestHttp1Exchange : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void answersOnOneConnectionInOrder()
    {
        HttpUnderTest server({.routes = {respond("/", "root"), respond("/b", "bee")}});
        ScriptedPeer peer(server.port());
        for (int i = 0; i < 3; ++i) {
            peer.send(get("/"));
            const PeerAnswer first = peer.readAnswer();
            QCOMPARE(first.status, 200);
            QCOMPARE(first.body, std::string("root"));
            QVERIFY(first.headers.contains("date"));
            QVERIFY(!first.headers.contains("server"));
            QVERIFY(!first.headers.contains("connection"));
            peer.send(get("/b"));
            QCOMPARE(peer.readAnswer().body, std::string("bee"));
        }
        QTRY_COMPARE(server.siteMetrics().requests.read(), int64_t(6));
        QCOMPARE(server.siteMetrics().inFlight.read(), int64_t(0));
        QCOMPARE(server.loopMetrics().connectionsAccepted.read(), int64_t(1));
    }

    void aGuardedPathHasOneSpelling_data()
    {
        QTest::addColumn<QByteArray>("body");
        for (const char *path : {"/private", "//private", "/%2fprivate/x", "/private//x",
                                 "/a/..//private/x", "/private/./x", "/x/../private", "/%70rivate"})
            QTest::newRow(path) << QByteArray("guarded");
        for (const char *path : {"/privates", "/a//private", "/private%2e"})
            QTest::newRow(path) << QByteArray("open");
    }
    void aGuardedPathHasOneSpelling()
    {
        QFETCH(QByteArray, body);
        HttpUnderTest server({.routes = {respond("/", "open"), respond("/private", "guarded")}});
        ScriptedPeer peer(server.port());
        peer.send(get(QTest::currentDataTag()));
        QCOMPARE(QByteArray::fromStdString(peer.readAnswer().body), body);
    }

    void answersAHundredPipelinedRequests()
    {
        Heard heard;
        HttpUnderTest server({.routes = {respond("/", "quick"), echoRoute("/echo", heard)}});
        ScriptedPeer peer(server.port());
        std::string all;
        for (int i = 0; i < 100; ++i) {
            all += i % 10 == 9
                ? fmt::format("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n{:03}", i)
                : get("/");
        }
        peer.send(all);
        for (int i = 0; i < 100; ++i)
            QCOMPARE(peer.readAnswer().body,
                     i % 10 == 9 ? fmt::format("{:03}", i) : std::string("quick"));
        QTRY_COMPARE(server.siteMetrics().requests.read(), int64_t(100));
    }

    void readsARequestInPiecesOfAnySize_data()
    {
        QTest::addColumn<int>("piece");
        for (int piece : {1, 2, 3, 7, 19, 64})
            QTest::addRow("%d", piece) << piece;
    }
    void readsARequestInPiecesOfAnySize()
    {
        QFETCH(int, piece);
        Heard heard;
        HttpUnderTest server({.routes = {echoRoute("/", heard)}});
        ScriptedPeer peer(server.port());
        peer.sendPieces("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789"
                        "POST /y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "4\r\nabcd\r\n6;x=y\r\nefghij\r\n0\r\nTrailer: t\r\n\r\n"
                        "POST /z HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
                        size_t(piece));
        QCOMPARE(peer.readAnswer().body, std::string("0123456789"));
        const PeerAnswer chunked = peer.readAnswer();
        QCOMPARE(chunked.body, std::string("abcdefghij"));
        QCOMPARE(chunked.headers.at("transfer-encoding"), std::string("chunked"));
        QCOMPARE(peer.readAnswer().headers.at("content-length"), std::string("0"));
        QCOMPARE(heard.bodyEnds.load(), 3);
    }

    void echoesALargeBody_data()
    {
        QTest::addColumn<bool>("chunked");
        QTest::newRow("content-length") << false;
        QTest::newRow("chunked") << true;
    }
    void echoesALargeBody()
    {
        QFETCH(bool, chunked);
        Heard heard;
        HttpUnderTest server({.routes = {echoRoute("/", heard)}});
        ScriptedPeer peer(server.port());
        const std::string body = patternBytes(0, 3'000'000);
        std::string request = "POST / HTTP/1.1\r\nHost: a\r\n";
        if (chunked) {
            request += "Transfer-Encoding: chunked\r\n\r\n";
            for (size_t at = 0; at < body.size(); at += 70'000) {
                const std::string part = body.substr(at, 70'000);
                request += fmt::format("{:x}\r\n{}\r\n", part.size(), part);
            }
            request += "0\r\n\r\n";
        } else {
            request += fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
        }
        peer.send(request);
        const PeerAnswer answer = peer.readAnswer();
        QVERIFY(answer.complete);
        QVERIFY(answer.body == body);
    }

    void sends100OnlyWhenTheHandlerReads()
    {
        Heard heard;
        HttpUnderTest server({.routes = {echoRoute("/echo", heard), respond("/", "no")}});
        ScriptedPeer peer(server.port());
        peer.send(
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        QCOMPARE(peer.readAnswer().status, 100);
        peer.send("hi");
        QCOMPARE(peer.readAnswer().body, std::string("hi"));
        // Answered without reading: whether the body comes now is unknown, so the connection ends.
        peer.send(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        const PeerAnswer refused = peer.readAnswer();
        QCOMPARE(refused.status, 200);
        QCOMPARE(refused.headers.at("connection"), std::string("close"));
        QVERIFY(peer.sawEnd());
    }

    void refusesOtherExpectations()
    {
        HttpUnderTest server({.routes = {respond("/", "x")}});
        ScriptedPeer peer(server.port());
        peer.send(get("/", "Expect: 200-maybe\r\n"));
        QCOMPARE(peer.readAnswer().status, 417);
        QVERIFY(peer.sawEnd());
    }

    void skipsASmallUnreadBody()
    {
        HttpUnderTest server({.routes = {respond("/", "x")}});
        ScriptedPeer peer(server.port());
        peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n"
                  + std::string(65536, 'b') + get("/"));
        QCOMPARE(peer.readAnswer().status, 200);
        QCOMPARE(peer.readAnswer().status, 200);
        QCOMPARE(server.loopMetrics().requestsBad.read(), int64_t(0));
    }

    void closesAfterALargeUnreadBodyAndTheClientSeesTheAnswer()
    {
        HttpUnderTest server({.routes = {respond("/", "x")}});
        ScriptedPeer peer(server.port());
        peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n"
                  + std::string(2'000'000, 'b'));
        const PeerAnswer answer = peer.readAnswer();
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.headers.at("connection"), std::string("close"));
        QVERIFY(peer.sawEnd());
        QVERIFY(!peer.wasReset());
    }

    void dropsBodiesThatHttpForbids()
    {
        HttpUnderTest server({.routes = {respond("/", "body"),
                                         makeRoute("/204",
                                                   [](Exchange &e) {
                                                       e.respond({.status = 204, .headers = {}},
                                                                 Chunk::constant("no"));
                                                   }),
                                         makeRoute("/304",
                                                   [](Exchange &e) {
                                                       e.respond({.status = 304, .headers = {}},
                                                                 Chunk::constant("no"));
                                                   }),
                                         makeRoute("/stream", [](Exchange &e) {
                                             e.begin({.status = 200, .headers = {}}, std::nullopt);
                                             e.write(Chunk::constant("dropped"));
                                             e.end();
                                         })}});
        ScriptedPeer peer(server.port());
        peer.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        QCOMPARE(peer.readAnswer(true).headers.at("content-length"), std::string("4"));
        peer.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
        QCOMPARE(peer.readAnswer(true).headers.at("transfer-encoding"), std::string("chunked"));
        peer.send(get("/204"));
        QVERIFY(!peer.readAnswer().headers.contains("content-length"));
        peer.send(get("/304"));
        QCOMPARE(peer.readAnswer().status, 304);
        peer.send(get("/"));
        QCOMPARE(peer.readAnswer().body,
                 std::string("body")); // nothing of the dropped bodies came between
    }

    void keepsOrClosesAsTheVersionAndTheClientSay_data()
    {
        QTest::addColumn<QByteArray>("request");
        QTest::addColumn<QByteArray>("connection");
        QTest::addColumn<bool>("ends");
        QTest::newRow("1.1") << QByteArray("GET / HTTP/1.1\r\nHost: a\r\n\r\n") << QByteArray()
                             << false;
        QTest::newRow("1.1 close")
            << QByteArray("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            << QByteArray("close") << true;
        QTest::newRow("1.0") << QByteArray("GET / HTTP/1.0\r\n\r\n") << QByteArray("close") << true;
        QTest::newRow("1.0 keep-alive")
            << QByteArray("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            << QByteArray("keep-alive") << false;
        QTest::newRow("1.0 without a length")
            << QByteArray("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            << QByteArray("close") << true;
    }
    void keepsOrClosesAsTheVersionAndTheClientSay()
    {
        QFETCH(QByteArray, request);
        QFETCH(QByteArray, connection);
        QFETCH(bool, ends);
        HttpUnderTest server({.routes = {respond("/", "x"), makeRoute("/stream", [](Exchange &e) {
                                             e.begin({.status = 200, .headers = {}}, std::nullopt);
                                             e.write(Chunk::constant("x"));
                                             e.end();
                                         })}});
        ScriptedPeer peer(server.port());
        peer.send(request.toStdString());
        const PeerAnswer answer = peer.readAnswer();
        QCOMPARE(answer.body, std::string("x"));
        const auto said = answer.headers.find("connection");
        QCOMPARE(said == answer.headers.end() ? std::string() : said->second,
                 connection.toStdString());
        if (ends)
            QVERIFY(peer.sawEnd());
        else
            QVERIFY(!peer.hasInput(std::chrono::milliseconds(20)));
    }

    void answersWhatNobodyClaims_data()
    {
        QTest::addColumn<QByteArray>("request");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("allow");
        const QByteArray all("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        QTest::newRow("no such host")
            << QByteArray("GET / HTTP/1.1\r\nHost: b\r\n\r\n") << 404 << QByteArray();
        QTest::newRow("no such path")
            << QByteArray("GET /no HTTP/1.1\r\nHost: a\r\n\r\n") << 404 << QByteArray();
        QTest::newRow("wrong method")
            << QByteArray("PUT /get HTTP/1.1\r\nHost: a\r\n\r\n") << 405 << QByteArray("GET, HEAD");
        QTest::newRow("TRACE") << QByteArray("TRACE /get HTTP/1.1\r\nHost: a\r\n\r\n") << 405
                               << all;
        QTest::newRow("OPTIONS *")
            << QByteArray("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n") << 204 << all;
    }
    void answersWhatNobodyClaims()
    {
        QFETCH(QByteArray, request);
        QFETCH(int, status);
        QFETCH(QByteArray, allow);
        Route route = respond("/get", "x");
        route.methods = {"GET"};
        HttpUnderTest server({.routes = {route}, .hosts = {"a"}});
        ScriptedPeer peer(server.port());
        peer.send(request.toStdString());
        const PeerAnswer answer = peer.readAnswer();
        QCOMPARE(answer.status, status);
        if (!allow.isEmpty())
            QCOMPARE(answer.headers.at("allow"), allow.toStdString());
        peer.send(get("/get"));
        QCOMPARE(peer.readAnswer().status, 200); // none of these ends the connection
    }

    void streamsChunkedAndWithLength_data()
    {
        QTest::addColumn<bool>("announced");
        QTest::newRow("chunked") << false;
        QTest::newRow("length") << true;
    }
    void streamsChunkedAndWithLength()
    {
        QFETCH(bool, announced);
        Heard heard;
        HttpUnderTest server(
            {.routes = {streamRoute("/", {.total = 5'000'000, .announced = announced}, heard)}});
        ScriptedPeer peer(server.port());
        for (int i = 0; i < 2; ++i) {
            peer.send(get("/"));
            const PeerAnswer answer = peer.readAnswer();
            QVERIFY(answer.complete);
            QVERIFY(answer.body == patternBytes(0, 5'000'000));
        }
        QVERIFY(heard.drained > 0);
        QCOMPARE(heard.gone.load(), 0);
    }

    void sendsPartsOfFiles()
    {
        QTemporaryFile file;
        QVERIFY(file.open());
        const std::string content = patternBytes(0, 3'000'000);
        file.write(content.data(), qint64(content.size()));
        file.flush();
        auto fd = std::make_shared<const FileDescriptor>(::dup(file.handle()));
        HttpUnderTest server({.routes = {makeRoute("/", [fd](Exchange &e) {
                                  e.respond({.status = 200, .headers = {}},
                                            Chunk::fromFile(fd, 10, 2'900'000));
                              })}});
        ScriptedPeer peer(server.port());
        peer.send(get("/") + get("/"));
        QVERIFY(peer.readAnswer().body == content.substr(10, 2'900'000));
        QVERIFY(peer.readAnswer().body == content.substr(10, 2'900'000));
    }

    void closesWhenABodyIsNotAsLongAsAnnounced_data()
    {
        QTest::addColumn<int>("announced");
        QTest::newRow("short") << 10;
        QTest::newRow("long") << 2;
    }
    void closesWhenABodyIsNotAsLongAsAnnounced()
    {
        QFETCH(int, announced);
        HttpUnderTest server({.routes = {makeRoute("/", [announced](Exchange &e) {
                                  e.begin({.status = 200, .headers = {}}, uint64_t(announced));
                                  e.write(Chunk::constant("12345"));
                                  e.end();
                              })}});
        ScriptedPeer peer(server.port());
        peer.send(get("/"));
        const PeerAnswer answer = peer.readAnswer();
        QCOMPARE(answer.complete, announced < 5);
        QCOMPARE(answer.body, std::string("12345").substr(0, size_t(announced)));
        QVERIFY(peer.sawEnd());
    }

    void anAbortedAnswerCannotBeTakenForAWholeOne_data()
    {
        QTest::addColumn<bool>("announced");
        QTest::newRow("chunked") << false;
        QTest::newRow("length") << true;
    }
    void anAbortedAnswerCannotBeTakenForAWholeOne()
    {
        QFETCH(bool, announced);
        Heard heard;
        HttpUnderTest server(
            {.routes = {streamRoute(
                 "/", {.total = 1000, .announced = announced, .pieceBytes = 100, .abortAt = 500},
                 heard)}});
        ScriptedPeer peer(server.port());
        peer.send(get("/"));
        QVERIFY(!peer.readAnswer().complete);
        QTRY_COMPARE(server.siteMetrics().errors.read(), int64_t(1));
        QCOMPARE(server.siteMetrics().clientsLeft.read(), int64_t(0));
        QCOMPARE(heard.gone.load(), 0);
    }

    void anAbortBeforeTheAnswerIsA502()
    {
        HttpUnderTest server({.routes = {makeRoute("/", [](Exchange &e) { e.abort(); })}});
        ScriptedPeer peer(server.port());
        peer.send(get("/"));
        QCOMPARE(peer.readAnswer().status, 502);
        peer.send(get("/"));
        QCOMPARE(peer.readAnswer().status, 502);
    }

    void aHeadOutlivesItsBytes()
    {
        Held held;
        HttpUnderTest server({.routes = {holdRoute("/", held)}});
        ScriptedPeer peer(server.port());
        ScriptedPeer other(server.port());
        peer.send(get("/a%20b?q=1", "X-Test: value\r\n"));
        const ExchangeId id = held.id.get_future().get();
        held.id = {};
        other.send(get("/overwrites/the/read/buffer", "X-Test: other\r\n"));
        held.id.get_future().wait();
        std::string seen;
        server.onLoop([&](HttpLoop &http) {
            Exchange *exchange = http.find(id);
            seen = fmt::format("{} {} {}", exchange->request().path, exchange->request().query,
                               exchange->request().find("x-test").value_or("?"));
            exchange->respond({.status = 200, .headers = {}}, {});
            QVERIFY(!http.find(id));
        });
        QCOMPARE(seen, std::string("/a b q=1 value"));
        QCOMPARE(peer.readAnswer().status, 200);
    }

    void theRequestIdIsTheTraceId()
    {
        HttpUnderTest server({.routes = {makeRoute("/", [](Exchange &e) {
                                  e.respond({.status = 200, .headers = {}},
                                            Chunk::own(std::string(e.requestId())));
                              })}});
        ScriptedPeer peer(server.port());
        const std::string trace = "0af7651916cd43dd8448eb211c80319c";
        peer.send(get("/", "traceparent: 00-" + trace + "-b7ad6b7169203331-01\r\n"));
        QCOMPARE(peer.readAnswer().body, trace);
        peer.send(get("/", "traceparent: 00-" + trace + "\r\n"));
        const std::string made = peer.readAnswer().body;
        QCOMPARE(made.size(), size_t(32));
        QVERIFY(made != trace);
    }

    void logsOneJsonLinePerRequest()
    {
        HttpUnderTest server({.routes = {respond("/", "four")}});
        ScriptedPeer peer(server.port());
        peer.send(get("/a\"b?c", "User-Agent: t\xc3\xa9st\r\nReferer: http://r/\r\n"));
        const int status = peer.readAnswer().status;
        std::string log;
        QTRY_VERIFY((log += server.takeLog()).ends_with("}\n"));
        QJsonParseError error;
        const QJsonObject line =
            QJsonDocument::fromJson(QByteArray::fromStdString(log), &error).object();
        QCOMPARE(error.error, QJsonParseError::NoError);
        QCOMPARE(line["status"].toInt(), status);
        if (status == 200) {
            QCOMPARE(line["target"].toString(), QString("/a\"b?c"));
            QCOMPARE(line["referer"].toString(), QString("http://r/"));
        }
        QCOMPARE(line["client"].toString(), QString("127.0.0.1"));
        QVERIFY(line["ms"].toDouble() >= 0);
        QVERIFY(line["bytes"].toInt() > 4);
    }
};

QTEST_GUILESS_MAIN(TestHttp1Exchange)
#include "tst_http1_exchange.moc"
