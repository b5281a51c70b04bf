// SPDX-License-Identifier: Apache-2.0
// What an ASGI app may say beside an answer, through the real worker to a client: early hints,
// trailers, and WebSockets over HTTP/2.
#include "tests/support/http2_peer.h"
#include "tests/support/pool_under_test.h"
#include "tests/support/websocket_bytes.h"

#include <QtTest>

using namespace arc;

namespace {

constexpr const char *kApp = R"(
async def application(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        if scope["path"] == "/closed":
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept", "subprotocol": scope["http_version"]})
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            await send({"type": "websocket.send", "text": message["text"].upper()})
    if scope["path"] == "/hints":
        await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]})
    takes = "http.response.trailers" in scope["extensions"]
    await send({"type": "http.response.start", "status": 200, "trailers": True,
                "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello"})
    if takes:
        await send({"type": "http.response.trailers",
                    "headers": [(b"x-sum", b"1"), (b"content-length", b"9"),
                                (b"set-cookie", b"a=b"), (b"transfer-encoding", b"chunked"),
                                (b"x-sendfile", b"/etc/passwd")]})
)";

constexpr const char *kWsgiApp = R"(
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"hello"]
)";

PoolUnderTest::Options app(const char *source, size_t loops)
{
    PoolUnderTest::Options options;
    options.interface = source == kApp ? "asgi" : "wsgi";
    options.source = source;
    options.loops = loops;
    options.settings.poolProcesses = 1;
    return options;
}

Http2Peer::Fields askSocket(std::string_view path)
{
    Http2Peer::Fields fields = Http2Peer::head("CONNECT", path);
    fields.emplace_back(":protocol", "websocket");
    fields.emplace_back("sec-websocket-version", "13");
    fields.emplace_back("sec-websocket-protocol", "1.1, 2");
    return fields;
}

} // namespace

class TestPoolExtensions : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hintsReachTheClient();
    void trailersReachTheClient();
    void aWebSocketOverHttp2_data();
    void aWebSocketOverHttp2();
    void anAppWithoutWebSocketsIsNotAsked();
};

void TestPoolExtensions::hintsReachTheClient()
{
    PoolUnderTest pool(app(kApp, 1));
    QVERIFY(pool.reachesReady(1));
    ScriptedPeer peer(pool.port());
    peer.send("GET /hints HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const std::string all = peer.readToEnd();
    QVERIFY2(all.starts_with("HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n"
                             "HTTP/1.1 200 OK\r\n"),
             all.c_str());
    Http2Peer second(pool.port());
    const int32_t stream = second.get("/hints");
    QVERIFY(second.untilComplete(stream));
    QCOMPARE(second.answers[stream].interim, std::vector {103});
    QCOMPARE(second.answers[stream].body, std::string("hello"));
}

void TestPoolExtensions::trailersReachTheClient()
{
    PoolUnderTest pool(app(kApp, 1));
    QVERIFY(pool.reachesReady(1));
    ScriptedPeer peer(pool.port());
    peer.send("GET / HTTP/1.1\r\nHost: localhost\r\nTE: trailers\r\nConnection: close, TE\r\n\r\n");
    const std::string all = peer.readToEnd();
    QVERIFY2(all.ends_with("\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n"), all.c_str());
    Http2Peer second(pool.port());
    const int32_t with = second.get("/", {{"te", "trailers"}});
    QVERIFY(second.untilComplete(with));
    QCOMPARE(second.answers[with].headers["x-sum"], std::string("1"));
    QVERIFY(!second.answers[with].headers.count("set-cookie"));
    const int32_t without = second.get("/");
    QVERIFY(second.untilComplete(without));
    QVERIFY(!second.answers[without].headers.count("x-sum"));
    QCOMPARE(second.answers[without].body, std::string("hello"));
}

void TestPoolExtensions::aWebSocketOverHttp2_data()
{
    QTest::addColumn<int>("loops");
    QTest::newRow("one loop") << 1;
    QTest::newRow("two loops") << 2;
}

void TestPoolExtensions::aWebSocketOverHttp2()
{
    QFETCH(int, loops);
    PoolUnderTest pool(app(kApp, static_cast<size_t>(loops)));
    QVERIFY(pool.reachesReady(1));
    Http2Peer peer(pool.port());
    const int32_t stream = peer.ask(askSocket("/"), "", false);
    Http2Answer &answer = peer.answers[stream];
    QVERIFY(peer.until([&] { return answer.status != 0; }));
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.headers["sec-websocket-protocol"], std::string("2")); // http_version
    peer.send(stream, clientText("hello"), false);
    QVERIFY(peer.until([&] { return answer.body.size() == 7; }));
    QCOMPARE(answer.body, std::string("\x81\x05HELLO"));
    peer.send(stream, clientClose(1000), true);
    QVERIFY(peer.untilComplete(stream));
    QVERIFY(answer.complete);

    const int32_t refused = peer.ask(askSocket("/closed"), "", false);
    QVERIFY(peer.untilComplete(refused));
    QCOMPARE(peer.answers[refused].status, 403);
    QTRY_COMPARE(pool.metrics().busy.read(), int64_t(0));
}

void TestPoolExtensions::anAppWithoutWebSocketsIsNotAsked()
{
    PoolUnderTest pool(app(kWsgiApp, 1));
    QVERIFY(pool.reachesReady(1));
    Http2Peer peer(pool.port());
    const int32_t stream = peer.ask(askSocket("/"), "", false);
    QVERIFY(peer.untilComplete(stream));
    QCOMPARE(peer.answers[stream].status, 404);
    QTRY_COMPARE(pool.metrics().requests.read(), int64_t(0));
}

POOL_TEST_MAIN(TestPoolExtensions)
#include "tst_pool_extensions.moc"
