// SPDX-License-Identifier: Apache-2.0
#include "server/config/word_lists.h"
#include "server/http/syntax/coding_rules.h"
#include "server/http/syntax/head_parser.h"

#include <QtTest>

using namespace arc;

namespace {

/// A parsed head that keeps what it views.
struct Head {
    explicit Head(const QByteArray &lines, const char *method = "GET")
        : bytes(method + std::string(" / HTTP/1.1\r\nHost: a\r\n") + lines.toStdString() + "\r\n")
    {
        HeadProgress progress;
        const HeadOutcome outcome = parseHead(bytes, {}, progress, {headers, text}, head);
        Q_ASSERT(outcome.step == HeadStep::Done);
    }
    std::string bytes;
    std::array<HeaderView, kHeaderCountMax> headers;
    std::string text;
    RequestHead head;
};

QByteArray nameOf(std::optional<Coding> coding)
{
    const std::string_view name = coding ? codingName(*coding) : "none";
    return QByteArray(name.data(), qsizetype(name.size()));
}

constexpr Coding kOrder[] = {Coding::Brotli, Coding::Zstd, Coding::Gzip};
const CodingSet kAll {Coding::Gzip, Coding::Brotli, Coding::Zstd};

} // namespace

class TestContentCoding : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theClientsWishesCount_data()
    {
        QTest::addColumn<QByteArray>("lines");
        QTest::addColumn<QByteArray>("all");      // every coding is offered
        QTest::addColumn<QByteArray>("gzipOnly"); // only gzip is
        const auto row = [](const char *value, const char *all, const char *gzipOnly) {
            QTest::newRow(*value ? value : "empty")
                << QByteArray("Accept-Encoding: ").append(value).append("\r\n") << QByteArray(all)
                << QByteArray(gzipOnly);
        };
        QTest::newRow("no header")
            << QByteArray() << QByteArray("identity") << QByteArray("identity");
        QTest::newRow("two lines")
            << QByteArray("Accept-Encoding: gzip\r\nAccept-Encoding: zstd\r\n")
            << QByteArray("zstd") << QByteArray("gzip");
        row("", "identity", "identity");
        row("gzip", "gzip", "gzip");
        row("GZIP", "gzip", "gzip");
        row("x-gzip", "gzip", "gzip");
        row("gzip, deflate, br, zstd", "br", "gzip");
        row("gzip;q=1.0, br;q=0.5", "gzip", "gzip");
        row("gzip;q=0.5, br;q=0.501", "br", "gzip");
        row("gzip ; q=0.3 , zstd; q=0.2", "gzip", "gzip");
        row("deflate", "identity", "identity");
        row("compress, lzma;q=1", "identity", "identity");
        row("*", "br", "gzip");
        row("*;q=0.1", "br", "gzip");
        row("br;q=0, *", "zstd", "gzip");
        row("gzip;q=0", "identity", "identity");
        row("gzip;q=0, *;q=0.5", "br", "identity");
        row("identity", "identity", "identity");
        row("identity;q=1, gzip;q=0.5", "identity", "identity");
        row("identity;q=0.5, gzip;q=0.5", "gzip", "gzip");
        row("identity;q=0.5, gzip;q=0.4", "identity", "identity");
        row("identity;q=0", "none", "none");
        row("*;q=0", "none", "none");
        row("identity;q=0, gzip", "gzip", "gzip");
        row("br, *;q=0", "br", "none");
        row("identity, *;q=0", "identity", "identity");
        row("gzip;q=0.001", "gzip", "gzip");
        row("gzip;q=nonsense", "identity", "identity"); // unreadable: not asked for
        row("gzip;q=1.5", "gzip", "gzip");
        row("gzip;q=-1", "identity", "identity");
        row("gzip;q=0.12345", "identity", "identity");
        row(",,gzip,,", "gzip", "gzip");
        row("gzip;level=9", "gzip", "gzip");
        row("gzipped", "identity", "identity");
        row("g zip", "identity", "identity");
    }

    void theClientsWishesCount()
    {
        QFETCH(QByteArray, lines);
        const Head request(lines);
        const AcceptedCodings accepted = acceptedCodings(request.head);
        QTEST(nameOf(accepted.choose(kAll, kOrder)), "all");
        QTEST(nameOf(accepted.choose({Coding::Gzip}, kOrder)), "gzipOnly");
    }

    void onlyWhatShrinksAndMayBeChangedIsCoded_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("lines"); // of the answer
        QTest::addColumn<int>("length");       // -1: not known
        QTest::addColumn<bool>("coded");
        const QByteArray html = "Content-Type: text/html; charset=utf-8\r\n";
        const auto row = [](const char *name, int status, const QByteArray &lines, int length,
                            bool coded) {
            QTest::newRow(name) << status << lines << length << coded;
        };
        row("a page", 200, html, 5000, true);
        row("a stream", 200, html, -1, true);
        row("an error page", 404, html, 5000, true);
        row("JSON", 200, "content-type: application/json\r\n", 5000, true);
        row("some JSON", 200, "content-type: application/problem+json\r\n", 5000, true);
        row("in capitals", 200, "Content-Type: TEXT/HTML\r\n", 5000, true);
        row("at the least size", 200, html, 1024, true);
        row("below it", 200, html, 1023, false);
        row("empty", 200, html, 0, false);
        row("no type", 200, "", 5000, false);
        row("an image", 200, "Content-Type: image/png\r\n", 5000, false);
        row("SVG", 200, "Content-Type: image/svg+xml\r\n", 5000, true);
        row("an event stream", 200, "Content-Type: text/event-stream\r\n", -1, false);
        row("texture", 200, "Content-Type: texture/x\r\n", 5000, false);
        row("coded already", 200, html + "Content-Encoding: br\r\n", 5000, false);
        row("said to be identity", 200, html + "Content-Encoding: identity\r\n", 5000, false);
        row("no-transform", 200, html + "Cache-Control: private, No-Transform\r\n", 5000, false);
        row("not quite", 200, html + "Cache-Control: x-no-transform\r\n", 5000, true);
        row("a digest of it", 200, html + "Content-Digest: sha-256=:x:\r\n", 5000, false);
        row("an old digest", 200, html + "Content-MD5: x\r\n", 5000, false);
        row("a part", 206, html + "Content-Range: bytes 0-1/2\r\n", 5000, false);
        row("a part without range", 206, html, 5000, false);
        row("a range by another status", 200, html + "Content-Range: bytes 0-1/2\r\n", 5000, false);
        row("no content", 204, html, -1, false);
        row("reset", 205, html, -1, false);
        row("not modified", 304, html, -1, false);
    }

    void onlyWhatShrinksAndMayBeChangedIsCoded()
    {
        QFETCH(int, status);
        QFETCH(QByteArray, lines);
        QFETCH(int, length);
        QFETCH(bool, coded);
        const CodingRules rules {Settings()};
        const auto known = length < 0 ? std::nullopt : std::optional(uint64_t(length));
        const std::string text = lines.toStdString();
        for (const char *method : {"GET", "HEAD"}) { // both alike
            const Head asks("Accept-Encoding: gzip\r\n", method);
            const CodingDecision decision = decideCoding(asks.head, status, text, known, rules);
            QCOMPARE(decision.coding == Coding::Gzip, coded);
            QCOMPARE(decision.varies, coded);
            const Head silent("", method); // gets it as it is, but caches must know
            const CodingDecision plain = decideCoding(silent.head, status, text, known, rules);
            QVERIFY(plain.coding == Coding::Identity);
            QCOMPARE(plain.varies, coded);
        }
    }

    void whoRefusesIdentityGetsCodedWhatOthersGetPlain()
    {
        const CodingRules rules {Settings()};
        const Head asks("Accept-Encoding: gzip, identity;q=0\r\n");
        const std::string png = "Content-Type: image/png\r\n";
        QVERIFY(decideCoding(asks.head, 200, png, 10, rules).coding == Coding::Gzip);
        QVERIFY(decideCoding(asks.head, 200, png + "Content-Encoding: br\r\n", 10, rules).coding
                == Coding::Identity);
    }

    void settingsRule()
    {
        const Head asks("Accept-Encoding: gzip, br, zstd\r\n");
        const std::string html = "Content-Type: text/html\r\n";
        const auto codingBy = [&](auto change, const std::string &lines) {
            Settings settings;
            change(settings);
            return nameOf(decideCoding(asks.head, 200, lines, 500, CodingRules(settings)).coding);
        };
        QCOMPARE(codingBy([](Settings &) {}, html), QByteArray("identity")); // short
        const auto small = [](Settings &s) {
            s.compressionBytesMin = 500;
        };
        QCOMPARE(codingBy(small, html), QByteArray("zstd"));
        QCOMPARE(codingBy(
                     [&](Settings &s) {
                         small(s);
                         s.compression = false;
                     },
                     html),
                 QByteArray("identity"));
        QCOMPARE(codingBy(
                     [&](Settings &s) {
                         small(s);
                         s.compressionCodings = "br, gzip";
                     },
                     html),
                 QByteArray("gzip"));
        QCOMPARE(codingBy(
                     [&](Settings &s) {
                         small(s);
                         s.compressionLevel = "small";
                     },
                     html),
                 QByteArray("br"));
        const std::string events = "Content-Type: text/event-stream\r\n";
        QCOMPARE(codingBy(
                     [&](Settings &s) {
                         small(s);
                         s.compressionTypes = "text/event-stream text/*";
                     },
                     events),
                 QByteArray("zstd"));
        QCOMPARE(codingBy(small, events), QByteArray("identity"));
    }

    void theHeadSaysWhatWasDone()
    {
        const std::string lines = "Content-Type: text/html\r\nETag: \"a,b\"\r\nVary: Cookie\r\n"
                                  "Accept-Ranges: bytes\r\nVary: Origin\r\nSet-Cookie: a=b\r\n";
        QCOMPARE(linesAfter({Coding::Brotli, true}, lines),
                 std::string("Content-Type: text/html\r\nETag: W/\"a,b\"\r\nSet-Cookie: a=b\r\n"
                             "Content-Encoding: br\r\nVary: Cookie, Origin, Accept-Encoding\r\n"));
        QCOMPARE(linesAfter({Coding::Identity, true}, "ETag: \"a\"\r\nVary: accept-encoding\r\n"),
                 std::string("ETag: \"a\"\r\nVary: accept-encoding\r\n"));
        QCOMPARE(linesAfter({Coding::Gzip, true}, "ETag: W/\"a\"\r\nVary: *\r\n"),
                 std::string("ETag: W/\"a\"\r\nContent-Encoding: gzip\r\nVary: *\r\n"));
    }

    void a304HasTheTagTheClientHolds()
    {
        const CodingRules rules {Settings()};
        const Head coded("If-None-Match: \"x\", W/\"tag\"\r\n");
        const Head plain("If-None-Match: \"tag\"\r\n");
        const std::string lines = "etag: \"tag\"\r\n";
        QCOMPARE(linesOfNotModified(coded.head, lines, rules),
                 std::string("etag: W/\"tag\"\r\nVary: Accept-Encoding\r\n"));
        QCOMPARE(linesOfNotModified(coded.head, lines, CodingRules()), lines);
        const std::string like = "x-etag: \"zzz\"\r\n" + lines;
        QCOMPARE(linesOfNotModified(coded.head, like, rules),
                 std::string("x-etag: \"zzz\"\r\netag: W/\"tag\"\r\nVary: Accept-Encoding\r\n"));
    }

    void a304VariesAsItsPageDoes()
    {
        const CodingRules rules {Settings()};
        const std::string lines = "etag: \"tag\"\r\n";
        const std::string vary = "Vary: Accept-Encoding\r\n";
        for (const char *asked : {"If-None-Match: \"tag\"\r\n", "If-None-Match: *\r\n",
                                  "If-Modified-Since: Thu, 26 Nov 2026 08:57:00 GMT\r\n"}) {
            const Head request(asked);
            const auto linesOf = [&](const std::string &given) {
                return linesOfNotModified(request.head, given, rules);
            };
            QCOMPARE(linesOf(lines), lines + vary);
            QCOMPARE(linesOf(lines + "Vary: Cookie\r\n"),
                     lines + "Vary: Cookie, Accept-Encoding\r\n");
            const std::string html = lines + "Content-Type: text/html\r\n";
            QCOMPARE(linesOf(html), html + vary);
            const std::string png = lines + "Content-Type: image/png\r\n"; // never coded
            QCOMPARE(linesOf(png), png);
            const std::string fixed = lines + "Cache-Control: no-transform\r\n";
            QCOMPARE(linesOf(fixed), fixed);
        }
    }

    void whatIsNoCodingOrTypeIsRefused()
    {
        QVERIFY(checkCodingNames("zstd br gzip"));
        QVERIFY(checkCodingNames(" gzip,br "));
        QVERIFY(checkCodingNames(""));
        for (const char *bad : {"deflate", "gzip brotli", "GZIP", "*"})
            QVERIFY2(!checkCodingNames(bad), bad);
        QVERIFY(checkTypePatterns("text/* application/*+json a/b"));
        for (const char *bad : {"html", "text/", "/html", "*/*", "text/html;q=1", "a/b/c"})
            QVERIFY2(!checkTypePatterns(bad), bad);
        std::string many;
        for (size_t i = 0; i <= kTypePatternsMax; ++i)
            many += "a/b ";
        QVERIFY(!checkTypePatterns(many));
        const Overrides wrong {{"compression.codings", std::string("lzma")}};
        const auto checked = checkOverrides(wrong, Scope::Engine);
        QVERIFY(!checked);
        QCOMPARE(checked.error().message(),
                 std::string("compression.codings: \"lzma\" is none of zstd, br, gzip"));
    }
};

QTEST_APPLESS_MAIN(TestContentCoding)
#include "tst_content_coding.moc"
