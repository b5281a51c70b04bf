// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/conditional.h"
#include "server/http/syntax/date.h"
#include "server/http/syntax/range_header.h"
#include "server/http/syntax/response_head.h"

#include <QtTest>

#include <random>

using namespace arc;

namespace {

constexpr int64_t kNow = 1795442587;    // 2026-11-23
constexpr int64_t kExample = 784111777; // Sun, 06 Nov 1994 08:49:37 GMT

RequestHead headWith(Method method, std::vector<HeaderView> &headers)
{
    for (HeaderView &header : headers)
        header.id = headerFromName(header.name);
    RequestHead head;
    head.method = method;
    head.headers = headers;
    return head;
}

using Lines = std::vector<std::pair<const char *, const char *>>;

} // namespace
Q_DECLARE_METATYPE(Lines)

class TestFields : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void datesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("text");
        for (const char *text :
             {"", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
              "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
              "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
              "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
              "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
              "Foo, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
              "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov 06 08:49:37 94", "784111777"})
            QTest::newRow(text) << QByteArray(text);
    }
    void datesAreRefused()
    {
        QFETCH(QByteArray, text);
        QVERIFY(!parseHttpDate(text.toStdString(), kNow));
    }

    void theThreeFormatsAreRead()
    {
        QCOMPARE(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT", kNow), std::optional(kExample));
        QCOMPARE(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", kNow), std::optional(kExample));
        QCOMPARE(parseHttpDate("Sun Nov  6 08:49:37 1994", kNow), std::optional(kExample));
        // 75 years after 2026 are 49 ahead of it, so 76 is still to come and 77 was in 1977
        QVERIFY(*parseHttpDate("Sunday, 06-Nov-76 08:49:37 GMT", kNow) > kNow);
        QVERIFY(*parseHttpDate("Sunday, 06-Nov-77 08:49:37 GMT", kNow) < kNow);
    }

    void whatIsPrintedReadsBack()
    {
        std::mt19937_64 random(7);
        for (int i = 0; i < 2000; ++i) {
            const auto time = static_cast<int64_t>(random() % 253402300800);
            QCOMPARE(parseHttpDate(formatHttpDate(time), kNow), std::optional(time));
        }
        QCOMPARE(formatHttpDate(kExample), std::string("Sun, 06 Nov 1994 08:49:37 GMT"));
        QCOMPARE(formatHttpDate(-5), formatHttpDate(0));
        DateLine line;
        QCOMPARE(line.at(kExample * 1000 + 999),
                 std::string_view("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
        QCOMPARE(line.at(kExample * 1000 + 1000),
                 std::string_view("Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n"));
    }

    void rangesAreRead_data()
    {
        QTest::addColumn<QByteArray>(
            "expected"); // of a body of 1000 bytes: first+length, or a word
        const auto row = [](const char *value, const char *expected) {
            QTest::newRow(value) << QByteArray(expected);
        };
        row("bytes=0-0", "0+1");
        row("bytes=0-499", "0+500");
        row("bytes=500-", "500+500");
        row("bytes=-1", "999+1");
        row("bytes=-2000", "0+1000");
        row("bytes=990-2000", "990+10");
        row("Bytes= 0-1 , 5-6", "0+2 5+2");
        row("bytes=0-0,,-1", "0+1 999+1");
        row("bytes=1000-", "unsatisfiable");
        row("bytes=-0", "unsatisfiable");
        row("bytes=5000-6000,2000-", "unsatisfiable");
        row("bytes=99999999999999999999-", "unsatisfiable");
        row("bytes=0-99999999999999999999", "0+1000");
        row("bytes=0-1,5000-", "0+2");
        row("bytes=", "whole");
        row("bytes=,", "whole");
        row("bytes", "whole");
        row("items=0-1", "whole");
        row("bytes=1", "whole");
        row("bytes=-", "whole");
        row("bytes=2-1", "whole");
        row("bytes=a-b", "whole");
        row("bytes=0-1x", "whole");
        row("bytes=+0-1", "whole");
        row("bytes=0 - 1", "whole");
        row("bytes=--1", "whole");
        row("bytes=0-,0-", "whole"); // more bytes than there are
        row("bytes=0-999,0-0", "whole");
        row("bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15,16-"
            "16",
            "whole");
    }
    void rangesAreRead()
    {
        QFETCH(QByteArray, expected);
        const RangeRequest request = parseRange(QTest::currentDataTag(), 1000);
        QByteArray read;
        if (request.outcome == RangeRequest::Outcome::Whole)
            read = "whole";
        else if (request.outcome == RangeRequest::Outcome::Unsatisfiable)
            read = "unsatisfiable";
        for (const ByteRange &range : request.ranges()) {
            if (request.outcome == RangeRequest::Outcome::Some)
                read += (read.isEmpty() ? "" : " ") + QByteArray::number(qulonglong(range.first))
                    + "+" + QByteArray::number(qulonglong(range.length));
        }
        QCOMPARE(read, expected);
    }

    void anEmptyBodyHasNoRange()
    {
        QCOMPARE(parseRange("bytes=0-", 0).outcome, RangeRequest::Outcome::Unsatisfiable);
        QCOMPARE(parseRange("bytes=-5", 0).outcome, RangeRequest::Outcome::Unsatisfiable);
    }

    void conditionsAreWeighedInOrder_data()
    {
        QTest::addColumn<Lines>("lines");
        QTest::addColumn<int>("get");
        QTest::addColumn<int>("post");
        const int go = 0, same = 304, failed = 412;
        const char *date = "Sun, 06 Nov 1994 08:49:37 GMT";
        const char *before = "Sun, 06 Nov 1994 08:49:36 GMT";
        const auto row = [](const char *name, const Lines &lines, int get, int post) {
            QTest::newRow(name) << lines << get << post;
        };
        row("none", {}, go, go);
        row("same tag", {{"If-None-Match", "\"a\""}}, same, failed);
        row("weak tag", {{"If-None-Match", "W/\"a\""}}, same, failed);
        row("in a list", {{"If-None-Match", "\"x\", \"y,z\",W/\"a\""}}, same, failed);
        row("second line", {{"If-None-Match", "\"x\""}, {"If-None-Match", "\"a\""}}, same, failed);
        row("star", {{"If-None-Match", "*"}}, same, failed);
        row("other tag", {{"If-None-Match", "\"b\""}}, go, go);
        row("unquoted", {{"If-None-Match", "a"}}, go, go);
        row("open quote", {{"If-None-Match", "\"a"}}, go, go);
        row("tag goes before date", {{"If-None-Match", "\"b\""}, {"If-Modified-Since", date}}, go,
            go);
        row("not modified", {{"If-Modified-Since", date}}, same, go);
        row("modified", {{"If-Modified-Since", before}}, go, go);
        row("unreadable date", {{"If-Modified-Since", "yesterday"}}, go, go);
        row("matches", {{"If-Match", "\"a\""}}, go, go);
        row("matches star", {{"If-Match", "*"}}, go, go);
        row("weak never matches strongly", {{"If-Match", "W/\"a\""}}, failed, failed);
        row("no match", {{"If-Match", "\"b\""}}, failed, failed);
        row("match goes before date", {{"If-Match", "\"a\""}, {"If-Unmodified-Since", before}}, go,
            go);
        row("unmodified", {{"If-Unmodified-Since", date}}, go, go);
        row("modified since", {{"If-Unmodified-Since", before}}, failed, failed);
        row("both hold", {{"If-Match", "\"a\""}, {"If-None-Match", "\"a\""}}, same, failed);
    }
    void conditionsAreWeighedInOrder()
    {
        QFETCH(Lines, lines);
        QFETCH(int, get);
        QFETCH(int, post);
        std::vector<HeaderView> headers;
        for (const auto &[name, value] : lines)
            headers.push_back({name, value});
        const auto status = [&](Method method) {
            const Validators validators {.etag = "\"a\"", .modified = kExample};
            switch (evaluateConditions(headWith(method, headers), validators, kNow)) {
            case Condition::Proceed:
                return 0;
            case Condition::NotModified:
                return 304;
            case Condition::PreconditionFailed:
                return 412;
            }
            return -1;
        };
        QCOMPARE(status(Method::Get), get);
        QCOMPARE(status(Method::Head), get);
        QCOMPARE(status(Method::Post), post);
    }

    void ifRangeNeedsAnExactMatch_data()
    {
        QTest::addColumn<bool>("holds");
        QTest::newRow("\"a\"") << true;
        QTest::newRow("Sun, 06 Nov 1994 08:49:37 GMT") << true;
        QTest::newRow("W/\"a\"") << false;
        QTest::newRow("\"b\"") << false;
        QTest::newRow("Sun, 06 Nov 1994 08:49:38 GMT") << false;
        QTest::newRow("Sun, 06 Nov 1994 08:49:36 GMT") << false;
        QTest::newRow("a") << false;
    }
    void ifRangeNeedsAnExactMatch()
    {
        QFETCH(bool, holds);
        std::vector<HeaderView> headers {{"If-Range", QTest::currentDataTag()}};
        const Validators validators {.etag = "\"a\"", .modified = kExample};
        QCOMPARE(rangeHolds(headWith(Method::Get, headers), validators, kNow), holds);
    }

    void headsArePrinted()
    {
        ResponseHead head;
        head.headers.add("X-A", "b");
        std::string out = "before";
        appendResponseHead(out, head, {.length = 5, .server = true, .dateLine = "Date: d\r\n"});
        QCOMPARE(out,
                 std::string("beforeHTTP/1.1 200 OK\r\nDate: d\r\nServer: Arcology\r\nX-A: b\r\n"
                             "Content-Length: 5\r\n\r\n"));
        const auto printed = [](int status, ResponseFraming framing) {
            std::string text;
            appendResponseHead(text, {.status = status}, framing);
            return text;
        };
        using Connection = ResponseFraming::Connection;
        QCOMPARE(printed(404, {.chunked = true, .connection = Connection::Close}),
                 std::string("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\nConnection: "
                             "close\r\n\r\n"));
        QCOMPARE(printed(304, {.length = 7}),
                 std::string("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"));
        QCOMPARE(printed(304, {.chunked = true}), std::string("HTTP/1.1 304 Not Modified\r\n\r\n"));
        QCOMPARE(printed(204, {.length = 0}), std::string("HTTP/1.1 204 No Content\r\n\r\n"));
        QCOMPARE(
            printed(799, {.length = 0, .connection = Connection::KeepAlive}),
            std::string("HTTP/1.1 799 \r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"));
    }

    void aBorrowedBlockIsCopiedOnlyWhenSomethingIsAdded()
    {
        const auto lines = std::make_shared<const std::string>("A: b\r\n");
        HeaderBlock block = HeaderBlock::borrow(*lines, lines);
        QCOMPARE(static_cast<const void *>(block.lines().data()),
                 static_cast<const void *>(lines->data()));
        HeaderBlock copy = block;
        copy.add("C", "d");
        copy.append("E: f\r\n");
        QCOMPARE(copy.lines(), std::string_view("A: b\r\nC: d\r\nE: f\r\n"));
        QCOMPARE(block.lines(), std::string_view("A: b\r\n"));
        QCOMPARE(lines.use_count(), 2L);
    }

    void fieldsAreChecked()
    {
        for (const char *bad : {"", "a b", "a:", "\xc3\xa4", "a\r", "a(b)"})
            QVERIFY2(!isFieldName(bad), bad);
        QVERIFY(isFieldName("X-a_1!"));
        for (const char *bad : {"a\rb", "a\nb", "\x01", " a", "a ", "\ta", "a\x7f"})
            QVERIFY2(!isFieldValue(bad), bad);
        QVERIFY(!isFieldValue(std::string_view("a\0b", 3)));
        for (const char *good : {"", "a", "a\tb c", "\xc3\xa4"})
            QVERIFY2(isFieldValue(good), good);
    }

    void methodsKeepTheirCase()
    {
        for (int method = 1; method <= int(Method::Patch); ++method)
            QCOMPARE(int(methodFromName(methodName(Method(method)))), method);
        QCOMPARE(methodFromName("get"), Method::Other);
        QCOMPARE(methodFromName(""), Method::Other);
        QVERIFY(isIdempotent(Method::Put) && !isIdempotent(Method::Post)
                && !isIdempotent(Method::Other));
    }
};

QTEST_APPLESS_MAIN(TestFields)
#include "tst_fields.moc"
