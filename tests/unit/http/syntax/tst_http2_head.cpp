// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/http2_head.h"

#include <QtTest>

#include <initializer_list>
#include <utility>

using namespace arc;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields get(std::string path = "/", const Fields &more = {})
{
    Fields all {{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", path}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

Fields askSocket(const Fields &more, std::string protocol = "websocket")
{
    Fields all = get();
    all[0].second = "CONNECT";
    all.emplace_back(":protocol", protocol);
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

QString textOf(const RequestHead &head)
{
    QString text;
    for (const HeaderView &header : head.headers)
        text += QString::fromUtf8(header.name.data(), qsizetype(header.name.size())) + "="
            + QString::fromUtf8(header.value.data(), qsizetype(header.value.size())) + ";";
    return text;
}

} // namespace
Q_DECLARE_METATYPE(Fields)

class TestHttp2Head : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aHeadIsReadWhole()
    {
        Http2Head fields;
        RequestHead head;
        for (int again = 0; again < 2; ++again) {
            for (const auto &[name, value] :
                 get("/a%2Fb/./c?q=1&r", {{"cookie", "a=1"}, {"accept", "*/*"}, {"cookie", "b"}}))
                QVERIFY(fields.add(name, value, {}));
            QVERIFY(!fields.finish(false, head));
            QCOMPARE(head.method, Method::Get);
            QCOMPARE(head.majorVersion, 2);
            QCOMPARE(head.target, std::string_view("/a%2Fb/./c?q=1&r"));
            QCOMPARE(head.rawPath, std::string_view("/a%2Fb/./c"));
            QCOMPARE(head.path, std::string_view("/a/b/c"));
            QCOMPARE(head.query, std::string_view("q=1&r"));
            QCOMPARE(head.host, std::string_view("a"));
            QCOMPARE(textOf(head), QString("host=a;cookie=a=1; b;accept=*/*;"));
            QVERIFY(!head.hasBody());
            fields.reset();
        }
    }

    void aWebSocketIsRoutedAsGet()
    {
        Http2Head fields;
        RequestHead head;
        for (const auto &[name, value] : askSocket({{"sec-websocket-version", "13"}}))
            QVERIFY(fields.add(name, value, {}));
        QVERIFY(!fields.finish(true, head));
        QCOMPARE(head.method, Method::Get);
        QCOMPARE(head.methodText, std::string_view("CONNECT")); // for the log
        QCOMPARE(head.protocol, std::string_view("websocket"));
        QCOMPARE(head.path, std::string_view("/"));
        QVERIFY(!head.hasBody());
    }

    void aLargeHeadDoesNotStayInThePool()
    {
        Http2Head fields;
        RequestHead head;
        HeadLimits limits;
        limits.headerBytesMax = limits.requestLineBytesMax = 1 << 20;
        for (const auto &[name, value] :
             get("/%20" + std::string(200'000, 'p'), {{"x", std::string(200'000, 'v')}}))
            QVERIFY(fields.add(name, value, limits));
        QVERIFY(!fields.finish(false, head));
        QVERIFY(fields.ownedBytes() > 400'000);
        fields.reset();
        QVERIFY2(fields.ownedBytes() < 64 * 1024, std::to_string(fields.ownedBytes()).c_str());
    }

    void bodiesAreFramedByLengthOrEnd()
    {
        Http2Head fields;
        RequestHead head;
        for (const auto &[name, value] : get("/", {{"content-length", "5"}}))
            fields.add(name, value, {});
        QVERIFY(!fields.finish(true, head));
        QCOMPARE(head.contentLength.value_or(0), uint64_t(5));
        QVERIFY(!head.chunked);
        fields.reset();
        for (const auto &[name, value] : get())
            fields.add(name, value, {});
        QVERIFY(!fields.finish(true, head));
        QVERIFY(head.chunked && head.hasBody());
    }

    void mistakesHaveTheirStatus_data()
    {
        QTest::addColumn<Fields>("given");
        QTest::addColumn<bool>("hasBody");
        QTest::addColumn<int>("status");
        const auto row = [](const char *name, Fields given, int status, bool hasBody = false) {
            QTest::newRow(name) << std::move(given) << hasBody << status;
        };
        const auto without = [](const char *name) {
            Fields all = get();
            std::erase_if(all, [name](const auto &field) { return field.first == name; });
            return all;
        };
        row("good", get(), 0);
        row("nothing", {}, 400);
        row("no method", without(":method"), 400);
        row("no scheme", without(":scheme"), 400);
        row("no path", without(":path"), 400);
        row("no host", without(":authority"), 400);
        Fields byHost = without(":authority");
        byHost.emplace_back("host", "b");
        row("Host instead of an authority", byHost, 0);
        row("both and the same", get("/", {{"host", "A:443"}}), 0);
        row("both and different", get("/", {{"host", "b"}}), 400);
        row("two hosts", get("/", {{"host", "a"}, {"host", "a"}}), 400);
        row("a method with a blank", {{":method", "GE T"}, {":scheme", "http"}, {":path", "/"}},
            400);
        row("a long method",
            {{":method", std::string(33, 'A')}, {":scheme", "http"}, {":path", "/"}}, 501);
        row("an empty path", get(""), 400);
        row("a path without a slash", get("a"), 400);
        row("a whole address as path", get("http://a/"), 400);
        row("a path with a blank", get("/a b"), 400);
        row("a path with a fragment", get("/a#b"), 400);
        row("a path with a newline", get("/a\r\nx: y"), 400);
        row("a path above the root", get("/.."), 400);
        row("a path that is long", get("/" + std::string(8192, 'a')), 414);
        row("an asterisk for GET", get("*"), 400);
        row("an asterisk for OPTIONS",
            {{":method", "OPTIONS"}, {":scheme", "http"}, {":authority", "a"}, {":path", "*"}}, 0);
        row("CONNECT with a path", {{":method", "CONNECT"}, {":authority", "a:1"}, {":path", "/"}},
            400);
        row("CONNECT without a port", {{":method", "CONNECT"}, {":authority", "a"}}, 400);
        row("CONNECT", {{":method", "CONNECT"}, {":authority", "a:1"}}, 0);
        row("WebSocket", askSocket({}), 0, true);
        row("WebSocket without a stream", askSocket({}), 400);
        row("WebSocket with a length", askSocket({{"content-length", "1"}}), 400, true);
        row("WebSocket with an expectation", askSocket({{"expect", "100-continue"}}), 400, true);
        row("another protocol", askSocket({}, "connect-ip"), 501, true);
        row("an empty protocol", askSocket({}, ""), 501, true);
        row("a protocol with GET", get("/", {{":protocol", "websocket"}}), 400, true);
        row("capital letters", get("/", {{"X", "y"}}), 400);
        row("a name with a blank", get("/", {{"x y", "z"}}), 400);
        row("a name with a colon", get("/", {{"x:y", "z"}}), 400);
        row("an empty name", get("/", {{"", "z"}}), 400);
        row("a value with a line", get("/", {{"x", "a\r\nb: c"}}), 400);
        row("a value with NUL", get("/", {{"x", std::string("a\0b", 3)}}), 400);
        row("a value with blanks around", get("/", {{"x", " a"}}), 400);
        row("an empty value", get("/", {{"x", ""}}), 0);
        row("a byte above ASCII", get("/", {{"x", "\xc3\xa9"}}), 0);
        row("connection", get("/", {{"connection", "x"}}), 400);
        row("keep-alive", get("/", {{"keep-alive", "x"}}), 400);
        row("proxy-connection", get("/", {{"proxy-connection", "x"}}), 400);
        row("transfer-encoding", get("/", {{"transfer-encoding", "chunked"}}), 400, true);
        row("upgrade", get("/", {{"upgrade", "x"}}), 400);
        row("te: trailers", get("/", {{"te", "trailers"}}), 0);
        row("te: more", get("/", {{"te", "trailers, deflate"}}), 400);
        row("a pseudo-header twice", get("/", {{":path", "/"}}), 400);
        row("a pseudo-header behind", {{":method", "GET"}, {"x", "y"}, {":path", "/"}}, 400);
        row("a pseudo-header of answers", get("/", {{":status", "200"}}), 400);
        row("a length of nothing", get("/", {{"content-length", "1"}}), 400);
        row("a length of zero", get("/", {{"content-length", "0"}}), 0);
        row("two lengths", get("/", {{"content-length", "1"}, {"content-length", "1"}}), 400, true);
        row("a length in words", get("/", {{"content-length", "ten"}}), 400, true);
        row("a length in a list", get("/", {{"content-length", "1, 1"}}), 400, true);
        row("a length beyond all", get("/", {{"content-length", std::string(20, '9')}}), 400, true);
        row("an expectation", get("/", {{"expect", "100-continue"}}), 0, true);
        row("another expectation", get("/", {{"expect", "more"}}), 417, true);
        row("a host that is none",
            {{":method", "GET"}, {":scheme", "http"}, {":authority", "a b"}, {":path", "/"}}, 400);
        row("user information",
            {{":method", "GET"}, {":scheme", "http"}, {":authority", "u@a"}, {":path", "/"}}, 400);
        Fields many = get();
        for (int i = 0; i < 101; ++i)
            many.emplace_back("x", "y");
        row("too many", many, 431);
        row("too large", get("/", {{"x", std::string(41000, 'y')}}), 431);
    }
    void mistakesHaveTheirStatus()
    {
        QFETCH(Fields, given);
        QFETCH(bool, hasBody);
        QFETCH(int, status);
        Http2Head fields;
        for (const auto &[name, value] : given)
            QVERIFY(fields.add(name, value, {}));
        RequestHead head;
        const HeadFault fault = fields.finish(hasBody, head);
        QCOMPARE(fault.status, status);
        QCOMPARE(fault.reason.empty(), status == 0);
    }

    void aBombIsToldAndHoldsNothing()
    {
        Http2Head fields;
        const std::string large(3000, 'x');
        int taken = 0;
        while (fields.add("x", large, {}))
            ++taken;
        QVERIFY(taken > 10 && taken < 100); // kBombFactor times 40 KiB
        QVERIFY(fields.ownedBytes() < 128 * 1024);
    }

    void aSpoiledHeadIsRefused()
    {
        Http2Head fields;
        RequestHead head;
        for (const auto &[name, value] : get())
            fields.add(name, value, {});
        fields.spoil();
        QCOMPARE(fields.finish(false, head).status, 400);
    }
};

QTEST_GUILESS_MAIN(TestHttp2Head)
#include "tst_http2_head.moc"
