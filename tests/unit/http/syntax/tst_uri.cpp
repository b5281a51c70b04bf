// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/uri.h"

#include <QtTest>

using namespace arc;

class TestUri : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pathsAreRefused_data()
    {
        QTest::addColumn<QByteArray>("raw");
        for (const char *raw : {"", "a", "%2Fa", "/%", "/%4", "/%4g", "/%g4", "/%%41", "/%00",
                                "/a%00/b", "/..", "/../a", "/a/../../b", "/%2e%2e/a", "/%2E./a",
                                "/a/%2e%2e/%2e%2e/b", "/..%2fa", "/a/..%2f..%2fb", "/./../a"})
            QTest::newRow(raw) << QByteArray(raw);
    }
    void pathsAreRefused()
    {
        QFETCH(QByteArray, raw);
        std::string memory;
        QVERIFY(!normalisePath(raw.toStdString(), memory));
    }

    void pathsAreNormalised_data()
    {
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<bool>("changed");
        const auto row = [](const char *raw, const char *path) {
            QTest::newRow(raw) << QByteArray(path) << (strcmp(raw, path) != 0);
        };
        row("/", "/");
        row("/a/b.c", "/a/b.c");
        row("/...", "/...");
        row("/.well-known/x", "/.well-known/x");
        row("/a.", "/a.");
        row("/a..b/..c/d..", "/a..b/..c/d..");
        row("/.", "/");
        row("/a/.", "/a/");
        row("/a/./b", "/a/b");
        row("/a/..", "/");
        row("/a/b/..", "/a/");
        row("/a/b/../", "/a/");
        row("/a/b/../c", "/a/c");
        row("/a//../b", "/a/b"); // dot segments first: "//" is an empty segment to RFC 3986
        row("//a", "/a");
        row("/a//b///c//", "/a/b/c/");
        row("/%2fa%2F/b", "/a/b");
        row("//", "/");
        row("/a/..//b", "/b");
        row("/%41%62", "/Ab");
        row("/a%2Fb", "/a/b");
        row("/a%2f..%2fb", "/b");
        row("/a/%2e%2e/b", "/b");
        row("/%252e%252e/a", "/%2e%2e/a"); // decoded once
        row("/a\\..\\b", "/a\\..\\b");
        row("/%5c..%5cb", "/\\..\\b");
        row("/%c3%a4%0a", "/\xc3\xa4\n");
        row("/a+b", "/a+b");
    }
    void pathsAreNormalised()
    {
        QFETCH(QByteArray, path);
        QFETCH(bool, changed);
        const std::string raw = QTest::currentDataTag();
        std::string memory;
        const auto result = normalisePath(raw, memory);
        QVERIFY(result);
        QCOMPARE(*result, std::string_view(path.data(), size_t(path.size())));
        QCOMPARE(result->data() != raw.data(), changed); // unchanged paths are not copied
    }

    void appsGetEverySlash()
    {
        std::string memory;
        const auto kept = [&memory](std::string_view raw) {
            return normalisePath(raw, memory, Slashes::Kept).value_or("");
        };
        QCOMPARE(kept("/get/http://a//b"), std::string_view("/get/http://a//b"));
        QCOMPARE(kept("/%2fa//../b//"), std::string_view("//a/b//"));
    }

    void whatIsEncodedDecodesToItself()
    {
        std::string every = "/";
        for (int byte = 1; byte < 256; ++byte)
            every += static_cast<char>(byte);
        const std::string encoded = encodePath(every);
        for (const char c : encoded)
            QVERIFY(c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '"' && c != '<');
        std::string memory;
        // "./" of the byte sequence stays, since none of it is a dot segment
        QCOMPARE(normalisePath(encoded, memory), std::optional<std::string_view>(every));
    }

    void authoritiesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("text");
        for (const char *text :
             {"",        ":80",     "a b",     "a/b",       "a?b",        "a#b",      "me@a",
              "a:b",     "a:-1",    "a:65536", "a:000080",  "a:80:80",    "[::1",     "::1",
              "[::1]80", "[::1]:x", "[]",      "[1.2.3.4]", "[::1%eth0]", "[v1.a]",   "a%",
              "a%4",     "a%zz",    "a\\b",    "a\"b",      "a<b",        "\xc3\xa4", "a,b/c"})
            QTest::newRow(text) << QByteArray(text);
        QTest::newRow("256 bytes") << QByteArray(256, 'a');
    }
    void authoritiesAreRefused()
    {
        QFETCH(QByteArray, text);
        QVERIFY(!parseAuthority(text.toStdString()));
    }

    void authoritiesAreRead_data()
    {
        QTest::addColumn<QByteArray>("host");
        QTest::addColumn<int>("port");
        const auto row = [](const char *text, const char *host, int port) {
            QTest::newRow(text) << QByteArray(host) << port;
        };
        row("a", "a", -1);
        row("a.example:8080", "a.example", 8080);
        row("a:", "a", -1);
        row("a:0", "a", 0);
        row("127.0.0.1:65535", "127.0.0.1", 65535);
        row("[::1]", "[::1]", -1);
        row("[::ffff:1.2.3.4]:80", "[::ffff:1.2.3.4]", 80);
        row("under_score", "under_score", -1);
        row("a%41", "a%41", -1);
    }
    void authoritiesAreRead()
    {
        QFETCH(QByteArray, host);
        QFETCH(int, port);
        const std::string text = QTest::currentDataTag();
        const auto authority = parseAuthority(text);
        QVERIFY(authority);
        QCOMPARE(authority->host, std::string_view(host.data(), size_t(host.size())));
        QCOMPARE(authority->port ? int(*authority->port) : -1, port);
    }
};

QTEST_APPLESS_MAIN(TestUri)
#include "tst_uri.moc"
