// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/head_parser.h"

#include <QtTest>

#include <array>

using namespace arc;

namespace {

/// A request head with what one case needs.
QByteArray request(const QByteArray &headers, const QByteArray &line = "GET / HTTP/1.1")
{
    return line + "\r\n" + headers + "\r\n";
}
QByteArray withHost(const QByteArray &headers)
{
    return request("Host: a.example\r\n" + headers);
}

struct Parsed {
    HeadOutcome outcome;
    RequestHead head;
    std::array<HeaderView, kHeaderCountMax> headers;
    std::string text;
    HeadProgress progress;
    HeadLimits limits;

    HeadOutcome parse(std::string_view bytes, const Scanner &scanner = kScanner)
    {
        outcome = parseHead(bytes, limits, progress, {headers, text}, head, scanner);
        return outcome;
    }
};

std::string_view view(const QByteArray &bytes)
{
    return {bytes.data(), size_t(bytes.size())};
}

} // namespace

class TestHead : public QObject {
    Q_OBJECT

    void refusedTable(std::initializer_list<std::tuple<const char *, QByteArray, int>> rows)
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("status");
        for (const auto &[name, bytes, status] : rows)
            QTest::newRow(name) << bytes << status;
    }
    void checkRefused()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, status);
        Parsed parsed;
        const HeadOutcome outcome = parsed.parse(view(bytes));
        QCOMPARE(outcome.step, HeadStep::Refuse);
        QCOMPARE(outcome.status, status);
        QVERIFY(!outcome.reason.empty());
        for (const Scanner &scanner : scanners()) {
            const HeadOutcome other = Parsed().parse(view(bytes), scanner);
            QCOMPARE(other.step, HeadStep::Refuse);
            QCOMPARE(other.status, status);
            QCOMPARE(other.reason, outcome.reason);
        }
        // The same, however the bytes arrive.
        Parsed dripped;
        for (qsizetype size = 1; size <= bytes.size(); ++size) {
            const QByteArray part = bytes.left(size); // other memory each time
            if (dripped.parse(view(part)).step != HeadStep::NeedMore)
                break;
        }
        if (dripped.outcome.step == HeadStep::NeedMore) // told at the line's end at the latest
            dripped.parse(view(bytes + "\n"));
        QCOMPARE(dripped.outcome.step, HeadStep::Refuse);
        QCOMPARE(dripped.outcome.status, status);
        QCOMPARE(dripped.outcome.reason, outcome.reason);
    }

private Q_SLOTS:
    // Rule 1
    void refusesBareLineEnds_data()
    {
        refusedTable({
            {"bare LF after the line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
            {"bare LF after a header", request("Host: a\nX: y\r\n"), 400},
            {"bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
            {"bare CR in a value", withHost("X: a\rb\r\n"), 400},
            {"bare CR before a header", withHost("\rX: a\r\n"), 400},
            {"bare CR at the end", "GET / HTTP/1.1\r\nHost: a\r\n\rX", 400},
            {"CR CR LF", withHost("X: a\r\r\n"), 400},
            {"two empty lines in front", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"LF in front", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"CR in front", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        });
    }
    void refusesBareLineEnds() { checkRefused(); }

    // Rule 2
    void refusesUncertainTransferCodings_data()
    {
        refusedTable({
            {"with a length", withHost("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
            {"with a length behind",
             withHost("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
            {"in HTTP/1.0", request("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0"), 400},
            {"twice", withHost("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
             400},
            {"chunked twice", withHost("Transfer-Encoding: chunked, chunked\r\n"), 400},
            {"not last", withHost("Transfer-Encoding: chunked, gzip\r\n"), 400},
            {"identity", withHost("Transfer-Encoding: identity\r\n"), 400},
            {"another first", withHost("Transfer-Encoding: gzip, chunked\r\n"), 501},
            {"gzip alone", withHost("Transfer-Encoding: gzip\r\n"), 400},
            {"misspelt", withHost("Transfer-Encoding: xchunked\r\n"), 400},
            {"quoted", withHost("Transfer-Encoding: \"chunked\"\r\n"), 400},
            {"with a parameter", withHost("Transfer-Encoding: chunked;q=1\r\n"), 400},
            {"with a comma", withHost("Transfer-Encoding: chunked,\r\n"), 400},
            {"vertical tab",
             withHost("Transfer-Encoding: \x0b"
                      "chunked\r\n"),
             400},
            {"tab behind", withHost("Transfer-Encoding: chunked \t\r\n"), 400},
            {"tab in front", withHost("Transfer-Encoding:\t chunked\r\n"), 400},
            {"empty", withHost("Transfer-Encoding:\r\n"), 400},
        });
    }
    void refusesUncertainTransferCodings() { checkRefused(); }

    // Rule 3
    void refusesUncertainLengths_data()
    {
        refusedTable({
            {"plus", withHost("Content-Length: +3\r\n"), 400},
            {"minus", withHost("Content-Length: -3\r\n"), 400},
            {"hexadecimal", withHost("Content-Length: 0x3\r\n"), 400},
            {"list", withHost("Content-Length: 3, 3\r\n"), 400},
            {"twice the same", withHost("Content-Length: 3\r\nContent-Length: 3\r\n"), 400},
            {"twice different", withHost("Content-Length: 3\r\nContent-Length: 4\r\n"), 400},
            {"blank inside", withHost("Content-Length: 3 4\r\n"), 400},
            {"empty", withHost("Content-Length:\r\n"), 400},
            {"tab", withHost("Content-Length: 3\t\r\n"), 400},
            {"fraction", withHost("Content-Length: 3.0\r\n"), 400},
            {"above 2^62", withHost("Content-Length: 4611686018427387905\r\n"), 400},
            {"overflow", withHost("Content-Length: 18446744073709551619\r\n"), 400},
        });
    }
    void refusesUncertainLengths() { checkRefused(); }

    // Rule 4
    void refusesMalformedHeaderLines_data()
    {
        refusedTable({
            {"blank before the colon", withHost("Content-Length : 3\r\n"), 400},
            {"tab before the colon", withHost("X\t: 3\r\n"), 400},
            {"folded", withHost("X: a\r\n b\r\n"), 400},
            {"folded by tab", withHost("X: a\r\n\tb\r\n"), 400},
            {"blank first", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
            {"NUL in a value", withHost(QByteArray("X: a\0b\r\n", 8)), 400},
            {"NUL in a name", withHost(QByteArray("X\0: a\r\n", 7)), 400},
            {"DEL in a value", withHost("X: a\x7f\r\n"), 400},
            {"escape in a value", withHost("X: \x1b[2J\r\n"), 400},
            {"no colon", withHost("Broken\r\n"), 400},
            {"no name", withHost(": a\r\n"), 400},
            {"slash in a name", withHost("a/b: c\r\n"), 400},
            {"brackets in a name", withHost("a[b]: c\r\n"), 400},
            {"bytes above 127 in a name", withHost("\xc3\xa4: c\r\n"), 400},
        });
    }
    void refusesMalformedHeaderLines() { checkRefused(); }

    // Rule 5
    void refusesUncertainTargets_data()
    {
        const QByteArray host = "Host: a.example\r\n";
        refusedTable({
            {"no Host", request(""), 400},
            {"two Hosts", request("Host: a\r\nHost: a\r\n"), 400},
            {"two Hosts in 1.0", request("Host: a\r\nHost: b\r\n", "GET / HTTP/1.0"), 400},
            {"empty Host", request("Host:\r\n"), 400},
            {"user information", request("Host: me@a.example\r\n"), 400},
            {"path in Host", request("Host: a/b\r\n"), 400},
            {"comma in Host", request("Host: a.example, b.example/\r\n"), 400},
            {"port too large", request("Host: a:65536\r\n"), 400},
            {"port not a number", request("Host: a:http\r\n"), 400},
            {"IPv6 without brackets", request("Host: ::1\r\n"), 400},
            {"IPv6 with a zone", request("Host: [fe80::1%25eth0]\r\n"), 400},
            {"open bracket", request("Host: [::1\r\n"), 400},
            {"Host disagrees", request(host, "GET http://b.example/ HTTP/1.1"), 400},
            {"port disagrees", request(host, "GET http://a.example:81/ HTTP/1.1"), 400},
            {"user in target", request(host, "GET http://me@a.example/ HTTP/1.1"), 400},
            {"other scheme", request(host, "GET ftp://a.example/ HTTP/1.1"), 400},
            {"no host in target", request(host, "GET http:///x HTTP/1.1"), 400},
            {"relative", request(host, "GET x HTTP/1.1"), 400},
            {"star for GET", request(host, "GET * HTTP/1.1"), 400},
            {"fragment", request(host, "GET /#top HTTP/1.1"), 400},
            {"bytes above 127", request(host, "GET /\xc3\xa4 HTTP/1.1"), 400},
            {"two blanks", request(host, "GET  / HTTP/1.1"), 400},
            {"blank behind", request(host, "GET / HTTP/1.1 "), 400},
            {"blank in target", request(host, "GET /a b HTTP/1.1"), 400},
            {"tab", request(host, "GET\t/\tHTTP/1.1"), 400},
            {"no target", request(host, "GET HTTP/1.1"), 400},
            {"HTTP/0.9", request(host, "GET /"), 400},
            {"lower case version", request(host, "GET / http/1.1"), 400},
            {"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\n", 505},
            {"HTTP/1.2", request(host, "GET / HTTP/1.2"), 505},
            {"HTTP/0.1", request(host, "GET / HTTP/0.1"), 505},
            {"HTTP/1.10", request(host, "GET / HTTP/1.10"), 400},
            {"no method", request(host, " / HTTP/1.1"), 400},
            {"method not a token", request(host, "G=T / HTTP/1.1"), 400},
            {"TLS on a plain port", QByteArray("\x16\x03\x01\x02\x00\x01\x00", 7), 400},
            {"broken escape", request(host, "GET /%zz HTTP/1.1"), 400},
            {"NUL in the path", request(host, "GET /a%00b HTTP/1.1"), 400},
            {"above the root", request(host, "GET /%2e%2e/etc/passwd HTTP/1.1"), 400},
            {"CONNECT without a port", request(host, "CONNECT a.example HTTP/1.1"), 400},
        });
    }
    void refusesUncertainTargets() { checkRefused(); }

    // Rules 7 and 8
    void refusesOtherContradictions_data()
    {
        refusedTable({
            {"Connection names Host", withHost("Connection: host\r\n"), 400},
            {"Connection names the length", withHost("Connection: close, Content-Length\r\n"), 400},
            {"Connection names the coding", withHost("Connection: transfer-encoding\r\n"), 400},
            {"Connection names the coding in a second line",
             withHost("Connection: close\r\nConnection: transfer-encoding\r\n"), 400},
            {"Connection names too much",
             withHost("Connection: " + QByteArray("a,").repeated(17)
                      + "\r\nConnection: " + QByteArray("b,").repeated(16) + "\r\n"),
             400},
            {"Connection not a list", withHost("Connection: keep alive\r\n"), 400},
            {"other expectation", withHost("Content-Length: 1\r\nExpect: 200-ok\r\n"), 417},
            {"expectation and more", withHost("Content-Length: 1\r\nExpect: 100-continue, x\r\n"),
             417},
            {"expectation twice", withHost("Expect: 100-continue\r\nExpect: 100-continue\r\n"),
             417},
        });
    }
    void refusesOtherContradictions() { checkRefused(); }

    void eachLimitHasItsStatus_data()
    {
        const QByteArray host = "Host: a\r\n";
        QByteArray many = host;
        for (int i = 0; i < 100; ++i)
            many += "X: y\r\n";
        refusedTable({
            {"target", request(host, "GET /" + QByteArray(8192, 'a') + " HTTP/1.1"), 414},
            {"line one too long", request(host, "GET /" + QByteArray(8192 - 13, 'a') + " HTTP/1.1"),
             414},
            {"line without an end", "GET /" + QByteArray(9000, 'a'), 414},
            {"method", QByteArray(33, 'A'), 501},
            {"header lines", request(many), 431},
            {"header bytes", request(host + "X: " + QByteArray(32768, 'a') + "\r\n"), 431},
            {"header without an end", "GET / HTTP/1.1\r\nX: " + QByteArray(32768, 'a'), 431},
            {"name without an end", "GET / HTTP/1.1\r\n" + QByteArray(32768, 'a'), 431},
        });
    }
    void eachLimitHasItsStatus() { checkRefused(); }

    void whatJustFitsIsTaken()
    {
        Parsed parsed;
        const QByteArray line = "GET /" + QByteArray(8192 - 14, 'a') + " HTTP/1.1";
        QCOMPARE(line.size(), 8192);
        QByteArray headers = "Host: a\r\n";
        for (int i = 0; i < 98; ++i)
            headers += "X: y\r\n";
        headers += "Y: " + QByteArray(32768 - headers.size() - 7, 'b') + "\r\n";
        const QByteArray bytes = request(headers, line);
        QCOMPARE(parsed.parse(view(bytes)).step, HeadStep::Done);
        QCOMPARE(parsed.head.headers.size(), size_t(100));
        QCOMPARE(parsed.outcome.bytesUsed, size_t(bytes.size()));
    }

    void acceptedHeadsReadAs_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("query");
        QTest::addColumn<QByteArray>("host");
        QTest::addColumn<bool>("keepAlive");
        const QByteArray host = "Host: Shop.Example:8080\r\n";
        QTest::newRow("plain") << request(host) << QByteArray("/") << QByteArray()
                               << QByteArray("shop.example") << true;
        QTest::newRow("query") << request(host, "GET /a/b?c=%20d?e HTTP/1.1") << QByteArray("/a/b")
                               << QByteArray("c=%20d?e") << QByteArray("shop.example") << true;
        QTest::newRow("escapes") << request(host, "GET /%41%2Fb/./../c%20d HTTP/1.1")
                                 << QByteArray("/A/c d") << QByteArray()
                                 << QByteArray("shop.example") << true;
        QTest::newRow("absolute") << request("Host: a.example\r\n",
                                             "GET http://A.example:80/x?y HTTP/1.1")
                                  << QByteArray("/x") << QByteArray("y") << QByteArray("a.example")
                                  << true;
        QTest::newRow("absolute without a path")
            << request("Host: a\r\n", "GET HTTP://a?y HTTP/1.1") << QByteArray("/")
            << QByteArray("y") << QByteArray("a") << true;
        QTest::newRow("star") << request(host, "OPTIONS * HTTP/1.1") << QByteArray("*")
                              << QByteArray() << QByteArray("shop.example") << true;
        QTest::newRow("IPv6") << request("Host: [::1]:80\r\n") << QByteArray("/") << QByteArray()
                              << QByteArray("[::1]") << true;
        QTest::newRow("root dot") << request("Host: a.example.\r\n") << QByteArray("/")
                                  << QByteArray() << QByteArray("a.example") << true;
        QTest::newRow("closes") << request("Host: a\r\nConnection: x, Close\r\n") << QByteArray("/")
                                << QByteArray() << QByteArray("a") << false;
        QTest::newRow("names much")
            << withHost("Connection: " + QByteArray("a,").repeated(31) + "close\r\n")
            << QByteArray("/") << QByteArray() << QByteArray("a.example") << false;
        QTest::newRow("1.0") << request("", "GET / HTTP/1.0") << QByteArray("/") << QByteArray()
                             << QByteArray() << false;
        QTest::newRow("1.0 keeps") << request("Connection: keep-alive\r\n", "GET / HTTP/1.0")
                                   << QByteArray("/") << QByteArray() << QByteArray() << true;
        QTest::newRow("empty line first")
            << QByteArray("\r\n" + request("Host: a\r\n")) << QByteArray("/") << QByteArray()
            << QByteArray("a") << true;
    }
    void acceptedHeadsReadAs()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, query);
        QFETCH(QByteArray, host);
        QFETCH(bool, keepAlive);
        Parsed parsed;
        for (qsizetype size = 0; size < bytes.size(); ++size)
            QCOMPARE(parsed.parse(view(QByteArray(bytes.left(size)))).step, HeadStep::NeedMore);
        const QByteArray more = bytes + "GET /next";
        QCOMPARE(parsed.parse(view(more)).step, HeadStep::Done);
        QCOMPARE(parsed.outcome.bytesUsed, size_t(bytes.size()));
        QCOMPARE(parsed.head.path, view(path));
        QCOMPARE(parsed.head.query, view(query));
        QCOMPARE(parsed.head.host, view(host));
        QCOMPARE(parsed.head.keepAlive, keepAlive);
    }

    void linesThatWereReadAreNotReadAgain()
    {
        const QByteArray begin = "GET / HTTP/1.1\r\nHost: a\r\n";
        Parsed parsed;
        QCOMPARE(parsed.parse(view(QByteArray(begin + "X: "))).step, HeadStep::NeedMore);
        QCOMPARE(parsed.progress.headersBegin, 16u);
        QCOMPARE(parsed.progress.lineBegin, uint32_t(begin.size()));
        // Were they, this would be refused.
        const QByteArray spoilt(begin.size(), '\0');
        QCOMPARE(parsed.parse(view(QByteArray(spoilt + "X: y\r\nY"))).step, HeadStep::NeedMore);
        QCOMPARE(parsed.progress.headerCount, 2u);
        QCOMPARE(parsed.parse(view(QByteArray(spoilt + "X: y\r\nY: z\r\n"))).step,
                 HeadStep::NeedMore);
        // At the end all is read once more, for the views.
        const QByteArray whole = begin + "X: y\r\nY: z\r\n\r\n";
        QCOMPARE(parsed.parse(view(whole)).step, HeadStep::Done);
        QCOMPARE(parsed.head.headers.size(), size_t(3));
        QCOMPARE(parsed.head.find("y"), std::optional<std::string_view>("z"));
    }

    void framingIsRead()
    {
        Parsed parsed;
        const QByteArray length = withHost("Content-Length: 0042\r\nExpect: 100-Continue\r\n");
        QCOMPARE(parsed.parse(view(length)).step, HeadStep::Done);
        QCOMPARE(parsed.head.contentLength, std::optional<uint64_t>(42));
        QVERIFY(parsed.head.expectContinue);
        Parsed chunked;
        const QByteArray coded = withHost("transfer-encoding:  Chunked \r\nX: \t \r\n");
        QCOMPARE(chunked.parse(view(coded)).step, HeadStep::Done);
        QVERIFY(chunked.head.chunked && !chunked.head.expectContinue);
        QCOMPARE(chunked.head.find(HeaderId::TransferEncoding),
                 std::optional<std::string_view>("Chunked"));
        QCOMPARE(chunked.head.find("x"), std::optional<std::string_view>(""));
        QVERIFY(!chunked.head.find(HeaderId::Cookie));
    }

    void aCopyOutlivesWhatItWasMadeFrom()
    {
        Parsed parsed;
        QByteArray bytes = request("Host: A.Example\r\nX-Note: kept\r\n", "GET /%41?q HTTP/1.1");
        QCOMPARE(parsed.parse(view(bytes)).step, HeadStep::Done);
        std::string text;
        std::vector<HeaderView> headers;
        const RequestHead copy = copyHead(parsed.head, view(bytes), text, headers);
        bytes.fill('#');
        parsed.text.assign(parsed.text.size(), '#');
        parsed.headers.fill({});
        QCOMPARE(copy.path, std::string_view("/A"));
        QCOMPARE(copy.rawPath, std::string_view("/%41"));
        QCOMPARE(copy.query, std::string_view("q"));
        QCOMPARE(copy.host, std::string_view("a.example"));
        QCOMPARE(copy.authority, std::string_view("A.Example"));
        QCOMPARE(copy.methodText, std::string_view("GET"));
        QCOMPARE(copy.find("x-note"), std::optional<std::string_view>("kept"));
    }

    void aCopyOfATargetWithoutAPathIsWhole()
    {
        Parsed parsed;
        const QByteArray bytes =
            request("Host: ABCDEFGHIJKLMNOP\r\n", "GET http://abcdefghijklmnoP?q HTTP/1.1");
        QCOMPARE(parsed.parse(view(bytes)).step, HeadStep::Done);
        std::string text;
        std::vector<HeaderView> headers;
        const RequestHead copy = copyHead(parsed.head, view(bytes), text, headers);
        QCOMPARE(copy.rawPath, std::string_view("/"));
        QCOMPARE(copy.path, std::string_view("/"));
        QCOMPARE(copy.host, std::string_view("abcdefghijklmnop"));
        QCOMPARE(copy.methodText, std::string_view("GET"));
    }

    void everyKnownNameIsFoundInAnyCase()
    {
        for (int id = 1; id < int(HeaderId::Count); ++id) {
            const std::string_view name = headerName(HeaderId(id));
            const QByteArray upper = QByteArray(name.data(), int(name.size())).toUpper();
            QCOMPARE(int(headerFromName(name)), id);
            QCOMPARE(int(headerFromName(view(upper))), id);
            QCOMPARE(headerFromName(std::string(name) + "x"), HeaderId::Other);
            QCOMPARE(headerFromName(name.substr(1)), HeaderId::Other);
            for (size_t at = 0; at < name.size(); ++at) {
                for (const int bit : {0x01, 0x20, 0x40, 0x80}) {
                    std::string flipped(name);
                    flipped[at] = static_cast<char>(flipped[at] ^ bit);
                    const bool isCase = bit == 0x20 && name[at] >= 'a' && name[at] <= 'z';
                    QCOMPARE(int(headerFromName(flipped)) == id, isCase);
                }
            }
        }
        for (const char *other : {"", "x", "hos", "h\x0fst", "content_length", "content\rlength"})
            QCOMPARE(headerFromName(other), HeaderId::Other);
    }
};

QTEST_APPLESS_MAIN(TestHead)
#include "tst_head.moc"
