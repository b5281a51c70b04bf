// SPDX-License-Identifier: Apache-2.0
// What no honest client sends: every flood ends in GOAWAY, every broken frame as RFC 9113 says, and
// other clients notice nothing.
#include "server/base/thread.h"
#include "server/http/session/simple_handlers.h"
#include "tests/support/http2_peer.h"
#include "tests/support/http_under_test.h"

#include <QtTest>

#include <nghttp2/nghttp2.h>

using namespace arc;
using namespace std::chrono_literals;

namespace {

using namespace arc::http2;

/// Requests on streams 1, 3, 5 ..., each followed by something on its stream.
template <class Behind>
std::string requests(int count, uint8_t flags, Behind behind)
{
    std::string all;
    for (int i = 0; i < count; ++i) {
        const auto stream = static_cast<uint32_t>(2 * i + 1);
        all += get(stream, flags) + behind(stream);
    }
    return all;
}

/// A head whose one large field is put into the table and then referred to again and again.
std::string bomb(int references)
{
    const std::string large(3000, 'x');
    std::string head = getHead();
    head += '\x40'; // with indexing, a new name
    head += std::string("\x01") + "x";
    head += std::string("\x7f\xb9\x16", 3) + large;               // 127 + 0x39 + 0x16 * 128 = 3000
    head += std::string(static_cast<size_t>(references), '\xbe'); // the newest entry
    return head;
}

QByteArray bytes(const std::string &text)
{
    return QByteArray::fromStdString(text);
}

Settings quick()
{
    Settings settings;
    settings.headTimeout = settings.idleTimeout = settings.bodyTimeout = settings.writeTimeout = 1s;
    return settings;
}

Route respond(std::string prefix)
{
    return makeRoute(std::move(prefix),
                     std::make_shared<const RespondHandler>(RespondRoute {.body = "hello"}));
}

} // namespace

class TestHttp2Abuse : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void floodsEndInGoAway_data()
    {
        QTest::addColumn<QByteArray>("flood");
        QTest::newRow("rapid reset") << bytes(requests(600, kEndHeaders | kEndStream, [](auto id) {
            return frame(kRstStream, 0, id, number(NGHTTP2_CANCEL));
        }));
        // The server is made to reset streams by mistakes on them (CVE-2025-8671).
        QTest::newRow("resets provoked by windows")
            << bytes(requests(300, kEndHeaders, [](auto id) {
                   return frame(kWindowUpdate, 0, id, number(0x7fffffff));
               }));
        std::string lengths;
        for (uint32_t id = 1; id < 600; id += 2)
            lengths += frame(kHeaders, kEndHeaders, id, getHead() + field("content-length", "1"))
                + frame(kData, 0, id, "xx");
        QTest::newRow("resets provoked by lengths") << bytes(lengths);
        QTest::newRow("CONTINUATION")
            << bytes(frame(kHeaders, kEndStream, 1, getHead())
                     + repeated(frame(kContinuation, 0, 1, field("x-a", "b")), 2000));
        QTest::newRow("empty CONTINUATION") << bytes(frame(kHeaders, kEndStream, 1, getHead())
                                                     + repeated(frame(kContinuation, 0, 1), 2000));
        QTest::newRow("SETTINGS") << bytes(repeated(frame(kSettings, 0, 0), 2000));
        QTest::newRow("a large SETTINGS")
            << bytes(frame(kSettings, 0, 0, repeated(std::string("\0\x04\0\0\xff\xff", 6), 40)));
        QTest::newRow("PING") << bytes(repeated(frame(kPing, 0, 0, "12345678"), 2000));
        QTest::newRow("empty DATA")
            << bytes(get(1, kEndHeaders) + repeated(frame(kData, 0, 1), 2000));
        QTest::newRow("DATA of padding alone") << bytes(
            get(1, kEndHeaders) + repeated(frame(kData, kPadded, 1, std::string("\0", 1)), 2000));
        QTest::newRow("answers to no PING")
            << bytes(repeated(frame(kPing, kAck, 0, "12345678"), 2000));
        QTest::newRow("GOAWAY") << bytes(
            repeated(frame(kGoAway, 0, 0, number(0) + number(0)), 2000));
        QTest::newRow("WINDOW_UPDATE")
            << bytes(repeated(frame(kWindowUpdate, 0, 0, number(1)), 2000));
        QTest::newRow("PRIORITY") << bytes(repeated(frame(kPriority, 0, 1, number(3) + "x"), 2000));
        QTest::newRow("PRIORITY_UPDATE")
            << bytes(repeated(frame(kPriorityUpdate, 0, 0, number(1) + "u=1"), 2000));
        QTest::newRow("unknown frames") << bytes(repeated(frame(0x77, 0, 0, "?"), 2000));
        QTest::newRow("HPACK bomb in trailers")
            << bytes(get(1, kEndHeaders)
                     + frame(kHeaders, kEndHeaders | kEndStream, 1, bomb(12000).substr(6)));
        QTest::newRow("HPACK bomb")
            << bytes(frame(kHeaders, kEndHeaders | kEndStream, 1, bomb(12000)));
    }
    void floodsEndInGoAway()
    {
        QFETCH(QByteArray, flood);
        Settings settings;
        settings.http2Streams = 1000; // else that limit, which has a code of its own, comes first
        HttpUnderTest server({.routes = {respond("/")}, .settings = settings});
        Http2Peer good(server.port());
        ScriptedPeer peer(server.port());
        peer.send(hello() + frame(kSettings, kAck, 0));
        peer.send(flood.toStdString());
        const auto code = goAwayOf(peer);
        QVERIFY(code);
        QCOMPARE(*code, uint32_t(NGHTTP2_ENHANCE_YOUR_CALM));
        peer.shutdownWrite();
        peer.readToEnd();
        QVERIFY(!peer.wasReset());
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(1));
        const int32_t stream = good.get("/");
        QVERIFY(good.untilComplete(stream));
        QCOMPARE(good.answers[stream].status, 200);
    }

    // The library drops these without a word.
    void floodsOnAClosedStreamEndInGoAway_data()
    {
        QTest::addColumn<QByteArray>("flood");
        const std::string indexed(16000, '\x82');
        QTest::newRow("HEADERS") << bytes(repeated(get(1), 2000));
        QTest::newRow("large HEADERS")
            << bytes(repeated(frame(kHeaders, kEndHeaders, 1, indexed), 60));
        QTest::newRow("large CONTINUATION") << bytes(
            repeated(frame(kHeaders, 0, 1) + repeated(frame(kContinuation, 0, 1, indexed), 4)
                         + frame(kContinuation, kEndHeaders, 1),
                     20));
        QTest::newRow("WINDOW_UPDATE")
            << bytes(repeated(frame(kWindowUpdate, 0, 1, number(1)), 2000));
        QTest::newRow("RST_STREAM") << bytes(repeated(frame(kRstStream, 0, 1, number(8)), 2000));
    }
    void floodsOnAClosedStreamEndInGoAway()
    {
        QFETCH(QByteArray, flood);
        HttpUnderTest server({.routes = {respond("/")}});
        ScriptedPeer peer(server.port());
        peer.send(hello() + frame(kSettings, kAck, 0) + get(1));
        while (const auto got = readFrame(peer)) {
            if (got->type == kData && got->flags & kEndStream)
                break;
        }
        peer.send(flood.toStdString());
        QCOMPARE(goAwayOf(peer).value_or(0), uint32_t(NGHTTP2_ENHANCE_YOUR_CALM));
    }

    void requestsBehindTheLastGoAwayAreFewAtMost()
    {
        Held held;
        Settings settings;
        settings.requestsPerConnection = 1;
        HttpUnderTest server({.routes = {holdRoute("/", held)}, .settings = settings});
        ScriptedPeer peer(server.port());
        peer.send(hello() + frame(kSettings, kAck, 0) + get(1));
        while (const auto got = readFrame(peer)) {
            if (got->type == kPing)
                peer.send(frame(kPing, kAck, 0, got->payload));
            if (got->type == kGoAway && got->payload.substr(0, 4) == number(1))
                break;
        }
        for (uint32_t stream = 3; stream < 4000; stream += 2)
            peer.send(get(stream));
        QCOMPARE(goAwayOf(peer).value_or(0), uint32_t(NGHTTP2_ENHANCE_YOUR_CALM));
    }

    void restsOfBodiesAnsweredEarlyAreForgiven()
    {
        HttpUnderTest server({.routes = {respond("/")}});
        ScriptedPeer peer(server.port());
        peer.send(hello() + frame(kSettings, kAck, 0));
        for (uint32_t stream = 1; stream < 1200; stream += 2) {
            peer.send(get(stream, kEndHeaders));
            auto got = readFrame(peer);
            while (got && got->type != kRstStream && got->type != kGoAway)
                got = readFrame(peer);
            QVERIFY(got);
            QCOMPARE(int(got->type), int(kRstStream));
            peer.send(repeated(frame(kData, 0, stream, "late"), 5)
                      + frame(kData, kEndStream, stream));
        }
        peer.send(frame(kPing, 0, 0, "12345678"));
        const auto pong = readFrame(peer);
        QVERIFY(pong);
        QCOMPARE(int(pong->type), int(kPing));
    }

    void whatPassesForHonestIsServed_data()
    {
        QTest::addColumn<QByteArray>("bytesSent");
        QTest::newRow("fifty resets") << bytes(requests(50, kEndHeaders | kEndStream, [](auto id) {
            return frame(kRstStream, 0, id, number(NGHTTP2_CANCEL));
        }));
        QTest::newRow("a hundred PINGs") << bytes(repeated(frame(kPing, 0, 0, "12345678"), 100));
        QTest::newRow("a hundred updates")
            << bytes(repeated(frame(kWindowUpdate, 0, 0, number(1000)), 100));
        QTest::newRow("a long head in parts")
            << bytes(frame(kHeaders, kEndStream, 1, getHead())
                     + repeated(frame(kContinuation, 0, 1, field("x-a", "b")), 6)
                     + frame(kContinuation, kEndHeaders, 1));
        QTest::newRow("a grease frame") << bytes(frame(0x0b, 0, 0, "grease"));
    }
    void whatPassesForHonestIsServed()
    {
        QFETCH(QByteArray, bytesSent);
        HttpUnderTest server({.routes = {respond("/")}});
        ScriptedPeer peer(server.port());
        peer.send(hello() + frame(kSettings, kAck, 0) + bytesSent.toStdString() + get(1001));
        while (const auto frame = readFrame(peer)) {
            QVERIFY(frame->type != kGoAway);
            if (frame->type == kData && frame->stream == 1001) {
                QCOMPARE(frame->payload, std::string("hello"));
                return;
            }
        }
        QFAIL("the connection ended");
    }

    void aClientThatDoesNotReadItsAcksIsCutOff()
    {
        Settings settings = quick();
        settings.http2Glitches = 1'000'000;
        HttpUnderTest server({.routes = {respond("/")}, .settings = settings});
        ScriptedPeer peer(server.port(), 4096);
        peer.send(hello() + frame(kSettings, kAck, 0));
        // More than the kernel's buffers hold, in both directions; the end is not waited for.
        std::string pings = repeated(frame(kPing, 0, 0, "12345678"), 1000);
        Thread sender("sender", [&] {
            for (int i = 0; i < 1000 && server.loopMetrics().http2Calmed.read() == 0; ++i)
                peer.send(pings);
        });
        QTRY_COMPARE_WITH_TIMEOUT(server.loopMetrics().http2Calmed.read(), int64_t(1), 10000);
        QTRY_COMPARE_WITH_TIMEOUT(server.loopMetrics().connectionsOpen.read(), int64_t(0), 10000);
        sender.join();
    }

    void brokenFramesEndTheConnection_data()
    {
        QTest::addColumn<QByteArray>("broken");
        QTest::addColumn<int>("code");
        const auto row = [](const char *name, const std::string &broken, int code) {
            QTest::newRow(name) << bytes(broken) << code;
        };
        row("DATA on no stream", frame(kData, 0, 0, "x"), NGHTTP2_PROTOCOL_ERROR);
        row("DATA on an idle stream", frame(kData, 0, 1, "x"), NGHTTP2_PROTOCOL_ERROR);
        row("HEADERS on no stream", frame(kHeaders, kEndHeaders, 0, getHead()),
            NGHTTP2_PROTOCOL_ERROR);
        row("HEADERS on an even stream", get(2), NGHTTP2_PROTOCOL_ERROR);
        row("a frame in the middle of a head",
            frame(kHeaders, kEndStream, 1, getHead()) + frame(kPing, 0, 0, "12345678"),
            NGHTTP2_PROTOCOL_ERROR);
        row("CONTINUATION of nothing", frame(kContinuation, kEndHeaders, 1, getHead()),
            NGHTTP2_PROTOCOL_ERROR);
        row("SETTINGS on a stream", frame(kSettings, 0, 1), NGHTTP2_PROTOCOL_ERROR);
        row("SETTINGS of odd length", frame(kSettings, 0, 0, "abc"), NGHTTP2_FRAME_SIZE_ERROR);
        row("an acknowledgement with payload", frame(kSettings, kAck, 0, "123456"),
            NGHTTP2_FRAME_SIZE_ERROR);
        row("a window beyond 2^31", frame(kSettings, 0, 0, std::string("\0\x04\x80\0\0\0", 6)),
            NGHTTP2_FLOW_CONTROL_ERROR);
        row("a frame size below 16 KiB", frame(kSettings, 0, 0, std::string("\0\x05\0\0\x10\0", 6)),
            NGHTTP2_PROTOCOL_ERROR);
        row("PING of seven bytes", frame(kPing, 0, 0, "1234567"), NGHTTP2_FRAME_SIZE_ERROR);
        row("PING on a stream", frame(kPing, 0, 1, "12345678"), NGHTTP2_PROTOCOL_ERROR);
        row("WINDOW_UPDATE of nothing", frame(kWindowUpdate, 0, 0, number(0)),
            NGHTTP2_PROTOCOL_ERROR);
        row("a window that overflows", frame(kWindowUpdate, 0, 0, number(0x7fffffff)),
            NGHTTP2_FLOW_CONTROL_ERROR);
        row("RST_STREAM on an idle stream", frame(kRstStream, 0, 1, number(0)),
            NGHTTP2_PROTOCOL_ERROR);
        row("PUSH_PROMISE from a client", frame(kPushPromise, kEndHeaders, 1, number(2)),
            NGHTTP2_PROTOCOL_ERROR);
        row("a frame larger than agreed", frame(kData, 0, 1, std::string(16385, 'x')),
            NGHTTP2_FRAME_SIZE_ERROR);
        row("broken compression", frame(kHeaders, kEndHeaders | kEndStream, 1, "\xff\xff\xff\xff"),
            NGHTTP2_COMPRESSION_ERROR);
        row("padding longer than its frame", get(1, kEndHeaders) + frame(kData, 8, 1, "\xff"),
            NGHTTP2_PROTOCOL_ERROR);
    }
    void brokenFramesEndTheConnection()
    {
        QFETCH(QByteArray, broken);
        QFETCH(int, code);
        HttpUnderTest server({.routes = {respond("/")}});
        ScriptedPeer peer(server.port());
        peer.send(hello() + frame(kSettings, kAck, 0) + broken.toStdString());
        const auto got = goAwayOf(peer);
        QVERIFY(got);
        QCOMPARE(*got, uint32_t(code));
        peer.shutdownWrite();
        QTRY_COMPARE(server.loopMetrics().connectionsOpen.read(), int64_t(0));
    }

    void malformedRequestsAreRefusedAlone_data()
    {
        QTest::addColumn<QByteArray>("head");
        QTest::addColumn<bool>("withBody");
        QTest::addColumn<QByteArray>("status"); // empty: RST_STREAM
        const std::string good = getHead();
        const auto row = [](const char *name, const std::string &head, const char *status = "",
                            bool withBody = false) {
            QTest::newRow(name) << bytes(head) << withBody << QByteArray(status);
        };
        row("a capital letter", good + field("X-Big", "1"));
        row("a connection header", good + field("connection", "close"));
        row("a transfer coding", good + field("transfer-encoding", "chunked"));
        row("an upgrade", good + field("upgrade", "websocket"));
        row("TE that is not trailers", good + field("te", "gzip"));
        row("no path", std::string("\x82\x86") + field(":authority", "a"));
        row("no method", std::string("\x84\x86") + field(":authority", "a"));
        row("no scheme", std::string("\x82\x84") + field(":authority", "a"));
        row("two paths", good + "\x84");
        row("a pseudo-header behind",
            std::string("\x82\x86\x84") + field("x", "y") + field(":authority", "a"));
        row("a pseudo-header unknown", good + field(":extra", "1"));
        row("an answer's pseudo-header", good + field(":status", "200"));
        row("an empty path",
            std::string("\x82\x86") + field(":path", "") + field(":authority", "a"));
        row("a body that does not come", good + field("content-length", "5"));
        row("a length and more", good + field("content-length", "2"), "", true);
        row("two lengths", good + field("content-length", "1") + field("content-length", "2"), "",
            true);
        row("a length that is none", good + field("content-length", "+5"), "", true);
        row("a path above the root",
            std::string("\x82\x86") + field(":path", "/../x") + field(":authority", "a"), "400");
        row("a broken escape",
            std::string("\x82\x86") + field(":path", "/%zz") + field(":authority", "a"), "400");
        row("hosts that disagree", good + field("host", "b"), "400");
        row("no host", "\x82\x86\x84");
        row("user information", std::string("\x82\x86\x84") + field(":authority", "me@a"), "400");
        row("another scheme",
            std::string("\x82\x84") + field(":scheme", "gopher") + field(":authority", "a"), "400");
        row("a value with a control character",
            good
                + field("x",
                        "a\x01"
                        "b"),
            "400");
        row("an expectation", good + field("expect", "miracles"), "417");
        row("too long a path",
            std::string("\x82\x86") + field(":path", "/" + std::string(9000, 'a'))
                + field(":authority", "a"),
            "414");
        row("too many fields", good + repeated(field("a", "b"), 101), "431");
        row("TRACE", std::string("\x86\x84") + field(":method", "TRACE") + field(":authority", "a"),
            "405");
        row("CONNECT", field(":method", "CONNECT") + field(":authority", "a:443"), "405");
    }
    void malformedRequestsAreRefusedAlone()
    {
        QFETCH(QByteArray, head);
        QFETCH(bool, withBody);
        QFETCH(QByteArray, status);
        HttpUnderTest server({.routes = {respond("/")}});
        ScriptedPeer peer(server.port());
        peer.send(
            hello() + frame(kSettings, kAck, 0)
            + frame(kHeaders, kEndHeaders | (withBody ? 0 : kEndStream), 1, head.toStdString())
            + (withBody ? frame(kData, kEndStream, 1, "hello") : std::string()));
        bool wasReset = false;
        bool wasAnswered = false;
        peer.send(get(3));
        while (const auto got = readFrame(peer)) {
            QVERIFY(got->type != kGoAway);
            wasReset = wasReset || (got->type == kRstStream && got->stream == 1);
            wasAnswered = wasAnswered || (got->type == kHeaders && got->stream == 1);
            if (got->type == kData && got->stream == 3)
                break;
        }
        if (status.isEmpty()) {
            QVERIFY(wasReset);
            return;
        }
        QVERIFY(wasAnswered);
        std::string log;
        QTRY_VERIFY((log += server.takeLog()).find("\"status\":" + status.toStdString())
                    != log.npos);
    }

    void aBodyTooLargeGets413()
    {
        Heard heard;
        Settings settings;
        settings.bodyMiBMax = 1;
        HttpUnderTest server({.routes = {echoRoute("/", heard)}, .settings = settings});
        Http2Peer peer(server.port());
        const std::string large(1048577, 'x'); // as a temporary, g++ 12 with sanitizers warns of it
        const int32_t grows = peer.ask(Http2Peer::head("POST", "/"), large);
        Http2Peer::Fields announced = Http2Peer::head("POST", "/");
        announced.emplace_back("content-length", "1048577");
        const int32_t says = peer.ask(announced, "x", false);
        for (const int32_t stream : {grows, says}) {
            QVERIFY(peer.until([&] { return peer.answers[stream].complete; }));
            QCOMPARE(peer.answers[stream].status, 413);
        }
        QCOMPARE(heard.gone.load(), 1);
    }

    void whoeverIsSlowIsLetGo()
    {
        Heard heard;
        HttpUnderTest server(
            {.routes = {echoRoute("/echo", heard), respond("/")}, .settings = quick()});
        ScriptedPeer silent(server.port()); // a preface and no SETTINGS
        silent.send(hello().substr(0, 24));
        ScriptedPeer half(server.port()); // a head that does not end
        half.send(hello() + frame(kSettings, kAck, 0) + frame(kHeaders, kEndStream, 1, getHead()));
        Http2Peer idle(server.port());
        const int32_t asked = idle.get("/");
        QVERIFY(idle.untilComplete(asked));
        Http2Peer slow(server.port());
        const int32_t body = slow.ask(Http2Peer::head("POST", "/echo"), "begun", false);
        QVERIFY(slow.ping());

        QCOMPARE(goAwayOf(silent).value_or(0), uint32_t(NGHTTP2_PROTOCOL_ERROR));
        QCOMPARE(goAwayOf(half).value_or(0), uint32_t(NGHTTP2_PROTOCOL_ERROR));
        QVERIFY(slow.until([&] { return slow.answers[body].complete; }));
        QCOMPARE(slow.answers[body].status, 408);
        QCOMPARE(heard.gone.load(), 1);
        QVERIFY(idle.until([&] { return !idle.goAways.empty(); }));
        QCOMPARE(idle.goAways[0], (std::pair<uint32_t, int32_t> {NGHTTP2_NO_ERROR, asked}));
        QVERIFY(idle.untilClosed());
    }

    void aStreamWhoseWindowStaysShutIsReset()
    {
        Heard heard;
        HttpUnderTest server(
            {.routes = {streamRoute("/", {.total = 1'000'000}, heard)}, .settings = quick()});
        Http2Peer peer(server.port(), {.windowBytes = 1000, .takesByItself = false});
        const int32_t stream = peer.get("/");
        QVERIFY(peer.until([&] { return peer.answers[stream].reset.has_value(); }));
        QCOMPARE(*peer.answers[stream].reset, uint32_t(NGHTTP2_CANCEL));
        QTRY_COMPARE(heard.gone.load(), 1);
        QVERIFY(peer.ping());
    }

    void aConnectionWhoseWindowStaysShutIsClosed()
    {
        Heard heard;
        HttpUnderTest server(
            {.routes = {streamRoute("/", {.total = 1'000'000}, heard)}, .settings = quick()});
        Http2Peer peer(server.port(), {.takesByItself = false});
        const int32_t stream = peer.get("/");
        QVERIFY(peer.until([&] { return peer.answers[stream].body.size() == 65535; }));
        QVERIFY(peer.untilClosed());
        QTRY_COMPARE(heard.gone.load(), 1);
    }
};

QTEST_GUILESS_MAIN(TestHttp2Abuse)
#include "tst_http2_abuse.moc"
