// SPDX-License-Identifier: Apache-2.0
#include "files_under_test.h"
#include "server/http/files/file_types.h"
#include "tests/support/decoding.h"

#include <QtTest>

#include <future>

#include <fcntl.h>
#include <sys/stat.h>

using namespace arc;

namespace {

std::string scriptText(size_t size)
{
    std::string text;
    for (unsigned i = 0; text.size() < size; ++i)
        text += "function f" + std::to_string(i) + "() { return document.body; }\n";
    text.resize(size);
    return text;
}

/// Seconds before now.
void makeOlder(const std::string &path, int seconds)
{
    timespec times[2] {};
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= seconds;
    times[1] = times[0];
    ARC_ASSERT(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

Coding codingOf(const RecordedAnswer &answer)
{
    const std::string name = answer.header("Content-Encoding");
    return name.empty() ? Coding::Identity : codingFromName(name).value();
}

} // namespace

class TestStaticCoding : public QObject {
    Q_OBJECT

    const std::string m_script = scriptText(20'000);
    const std::string m_bundle = scriptText(1'500'000);

private Q_SLOTS:
    void filesAreCodedByTheClientsWish()
    {
        const TestTree tree;
        tree.write("site/a.js", m_script);
        tree.write("site/bundle.js", m_bundle); // sendfile's, were it not coded
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}});
        for (const char *name : {"br", "zstd", "gzip"}) {
            for (const auto &[path, text] :
                 {std::pair("/a.js", m_script), std::pair("/bundle.js", m_bundle)}) {
                const std::string wish = std::string("Accept-Encoding: ") + name + "\r\n";
                const RecordedAnswer answer = files.ask(handler, path, wish);
                QCOMPARE(answer.status, 200);
                QCOMPARE(answer.header("Content-Encoding"), std::string(name));
                QCOMPARE(answer.header("Vary"), std::string("Accept-Encoding"));
                QCOMPARE(answer.header("Accept-Ranges"), std::string());
                QCOMPARE(answer.header("Content-Type"),
                         std::string("text/javascript; charset=utf-8"));
                QCOMPARE(answer.length.value(), uint64_t(answer.body.size()));
                QVERIFY(answer.body.size() < text.size() / 3);
                QVERIFY(decodeWhole(codingOf(answer), answer.body) == text);
                const RecordedAnswer head = files.ask(handler, path, wish, "HEAD");
                QCOMPARE(head.lines, answer.lines);
                QCOMPARE(head.length, answer.length);
            }
        }
        const RecordedAnswer plain = files.ask(handler, "/a.js");
        QCOMPARE(plain.body, m_script);
        QCOMPARE(plain.header("Vary"), std::string("Accept-Encoding"));
        QCOMPARE(plain.header("Accept-Ranges"), std::string("bytes"));
        QCOMPARE(files.ask(handler, "/a.js", "Accept-Encoding: *;q=0\r\n").status, 406);
    }

    void amongEqualsTheFileAsItIsComesLast_data()
    {
        QTest::addColumn<QByteArray>("coding");
        QTest::newRow("*") << QByteArray("br");
        QTest::newRow("gzip, identity") << QByteArray("gzip");
        QTest::newRow("br;q=1, identity;q=1") << QByteArray("br");
        QTest::newRow("br;q=0.4, identity;q=0.4") << QByteArray("br");
        QTest::newRow("gzip;q=0.9, identity") << QByteArray();
        QTest::newRow("identity") << QByteArray();
    }

    void amongEqualsTheFileAsItIsComesLast()
    {
        QFETCH(QByteArray, coding);
        const TestTree tree;
        tree.write("site/a.js", m_script);
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}});
        const std::string wish = std::string("Accept-Encoding: ") + QTest::currentDataTag();
        const RecordedAnswer answer = files.ask(handler, "/a.js", wish + "\r\n");
        QCOMPARE(answer.header("Content-Encoding"), coding.toStdString());
        QVERIFY((coding.isEmpty() ? answer.body : decodeWhole(codingOf(answer), answer.body))
                == m_script);
    }

    void whatWasCodedIsRemembered()
    {
        const TestTree tree;
        tree.write("site/a.js", m_script);
        tree.letAge();
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}});
        const std::string wish = "Accept-Encoding: br\r\n";
        const std::string first = files.ask(handler, "/a.js", wish).body;
        for (int i = 0; i < 20; ++i)
            QCOMPARE(files.ask(handler, "/a.js", wish).body, first);
        files.onLoop([&] {
            QCOMPARE(files.metrics().brotliIn.read(), int64_t(m_script.size()));
            QCOMPARE(files.metrics().brotliOut.read(), int64_t(first.size()));
            QCOMPARE(files.cache().entries(), size_t(2)); // as it is, and coded
            QVERIFY(files.cache().bytes() > m_script.size() + first.size());
            QVERIFY(files.cache().bytes() < m_script.size() + first.size() + 4096);
        });
        tree.write("site/a.js", "edited " + m_script);
        QTRY_VERIFY(decodeWhole(Coding::Brotli, files.ask(handler, "/a.js", wish).body)
                    == "edited " + m_script);
    }

    void variantsStayWithinTheBudget()
    {
        const TestTree tree;
        Settings settings;
        settings.filesCacheMiB = 1;
        for (int i = 0; i < 40; ++i)
            tree.write("site/" + std::to_string(i) + ".js",
                       std::to_string(i) + scriptText(100'000));
        FilesUnderTest files(FilesUnderTest::Options {.settings = settings});
        const StaticHandler handler({.roots = {tree.root()}});
        for (int i = 0; i < 40; ++i) {
            const RecordedAnswer answer =
                files.ask(handler, "/" + std::to_string(i) + ".js", "Accept-Encoding: gzip\r\n");
            QVERIFY(decodeWhole(Coding::Gzip, answer.body)
                    == std::to_string(i) + scriptText(100'000));
        }
        files.onLoop([&] {
            QVERIFY(files.cache().bytes() <= 1024 * 1024);
            QCOMPARE(files.metrics().fileCacheBytes.read(), int64_t(files.cache().bytes()));
        });
    }

    /// What would be thrown out of the cache at once would be compressed for every request.
    void onlyWhatMayStayIsCoded()
    {
        const TestTree tree;
        tree.write("site/stays.js", scriptText(512 * 1024));
        tree.write("site/goes.js", scriptText(512 * 1024 + 1));
        tree.letAge();
        Settings settings;
        settings.filesCacheMiB = 1;
        FilesUnderTest files(FilesUnderTest::Options {.settings = settings});
        const StaticHandler handler({.roots = {tree.root()}});
        const auto codingOfPath = [&](const char *path) {
            return files.ask(handler, path, "Accept-Encoding: gzip\r\n").header("Content-Encoding");
        };
        for (int i = 0; i < 5; ++i) {
            QCOMPARE(codingOfPath("/goes.js"), std::string());
            QCOMPARE(codingOfPath("/stays.js"), std::string("gzip"));
        }
        files.onLoop([&] { QCOMPARE(files.metrics().gzipIn.read(), int64_t(512 * 1024)); }); // once
    }

    void codingsDoNotKeepOthersWaiting()
    {
        const TestTree tree;
        for (const char *name : {"site/a.js", "site/b.js"})
            tree.write(name, m_script);
        tree.write("site/a.txt", "plain");
        tree.letAge();
        FilesUnderTest files(FilesUnderTest::Options {.poolThreads = 2});
        const StaticHandler handler({.roots = {tree.root()}});
        const std::string wish = "Accept-Encoding: gzip\r\n";
        QCOMPARE(files.ask(handler, "/a.js", wish).header("Content-Encoding"), std::string("gzip"));
        std::promise<void> running, goOn;
        const auto blocked = goOn.get_future().share();
        const auto submit = [&](std::function<void()> begun) {
            return files.pool().submit(
                files.loop(),
                [blocked, begun]() -> std::function<void()> {
                    begun();
                    blocked.wait();
                    return {};
                },
                BlockingPool::Length::Long);
        };
        QVERIFY(submit([&running] { running.set_value(); }));
        running.get_future().wait();
        for (size_t i = 0; i < BlockingPool::kLongQueueMax; ++i)
            QVERIFY(submit([] {}));
        QCOMPARE(files.ask(handler, "/a.txt").body, std::string("plain"));
        // What was coded before is looked at again in spite of them.
        int64_t looks = 0;
        files.onLoop([&] { looks = files.metrics().fileMisses.read(); });
        tree.write("site/other.txt", "the folder changes");
        const auto looksNow = [&] {
            int64_t now = 0;
            files.onLoop([&] { now = files.metrics().fileMisses.read(); });
            return now;
        };
        QTRY_VERIFY(files.ask(handler, "/a.js", wish).header("Content-Encoding") == "gzip"
                    && looksNow() > looks + 1); // the file, and its coded variant
        // With no room left for another coding it goes as it is, and is not taken for that.
        const RecordedAnswer plain = files.ask(handler, "/b.js", wish);
        QCOMPARE(plain.body, m_script);
        QCOMPARE(plain.header("Content-Encoding"), std::string());
        QCOMPARE(plain.header("Vary"), std::string("Accept-Encoding"));
        goOn.set_value();
        QTRY_COMPARE(files.ask(handler, "/b.js", wish).header("Content-Encoding"),
                     std::string("gzip"));
    }

    void whatDoesNotShrinkOrIsTooLongGoesAsItIs()
    {
        const TestTree tree;
        std::string noise(30'000, '\0');
        for (size_t i = 0; i < noise.size(); ++i)
            noise[i] = static_cast<char>((i * i * 2654435761u) >> 13);
        tree.write("site/noise.txt", noise);
        tree.write("site/short.js", "short();");
        tree.write("site/a.png", m_script);
        tree.write("site/long.js", scriptText(1024 * 1024 + 1));
        Settings settings;
        settings.compressionFileMiBMax = 1;
        FilesUnderTest files(FilesUnderTest::Options {.settings = settings});
        const StaticHandler handler({.roots = {tree.root()}});
        const auto ask = [&](const char *path) {
            return files.ask(handler, path, "Accept-Encoding: br\r\n");
        };
        QCOMPARE(ask("/short.js").header("Content-Encoding"), std::string());
        QCOMPARE(ask("/short.js").header("Vary"), std::string());
        QCOMPARE(ask("/a.png").header("Content-Encoding"), std::string());
        QCOMPARE(ask("/long.js").header("Content-Encoding"), std::string());
        QCOMPARE(ask("/long.js").body.size(), size_t {1024 * 1024 + 1});
    }

    void offMeansOff()
    {
        const TestTree tree;
        tree.write("site/a.js", m_script);
        Settings settings;
        settings.compression = false;
        FilesUnderTest files(FilesUnderTest::Options {.settings = settings});
        const StaticHandler handler({.roots = {tree.root()}});
        const RecordedAnswer answer =
            files.ask(handler, "/a.js", "Accept-Encoding: gzip, br, zstd\r\n");
        QCOMPARE(answer.body, m_script);
        QCOMPARE(answer.header("Vary"), std::string());
    }

    void conditionsHoldForEveryVariant()
    {
        const TestTree tree;
        tree.write("site/a.js", m_script);
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}});
        const std::string wish = "Accept-Encoding: gzip\r\n";
        const RecordedAnswer coded = files.ask(handler, "/a.js", wish);
        const std::string tag = coded.header("ETag");
        QVERIFY(tag.starts_with("W/\"")); // the strong one names the bytes of the file
        QVERIFY(tag != files.ask(handler, "/a.js").header("ETag"));
        const RecordedAnswer same =
            files.ask(handler, "/a.js", wish + "If-None-Match: " + tag + "\r\n");
        QCOMPARE(same.status, 304);
        QCOMPARE(same.header("ETag"), tag);
        QCOMPARE(same.header("Vary"), std::string("Accept-Encoding"));
        QCOMPARE(same.header("Content-Encoding"), std::string());
        QCOMPARE(files.ask(handler, "/a.js", "If-None-Match: " + tag + "\r\n").status, 304);
        QCOMPARE(files.ask(handler, "/a.js", wish + "If-Match: " + tag + "\r\n").status, 412);
        const RecordedAnswer part = files.ask(handler, "/a.js", wish + "Range: bytes=0-9\r\n");
        QCOMPARE(part.status, 206);
        QCOMPARE(part.body, m_script.substr(0, 10)); // of the file as it is
        QCOMPARE(part.header("Content-Encoding"), std::string());
        QCOMPARE(part.header("Vary"), std::string("Accept-Encoding"));
        // A weak tag never holds for If-Range: the whole, not a part of other bytes.
        const RecordedAnswer resumed =
            files.ask(handler, "/a.js", wish + "Range: bytes=5-9\r\nIf-Range: " + tag + "\r\n");
        QCOMPARE(resumed.status, 200);
    }

    void aCompressedNeighbourIsServedUnlessItIsOlder()
    {
        const TestTree tree;
        tree.write("site/a.js", m_script);
        tree.write("site/a.js.br", "brotli bytes");
        tree.write("site/a.js.gz", "gzip bytes");
        makeOlder(tree.path("site/a.js"), 100);
        makeOlder(tree.path("site/a.js.gz"), 200); // left behind by an edit
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}, .wishes = {.precompressed = true}});
        const RecordedAnswer answer =
            files.ask(handler, "/a.js", "Accept-Encoding: gzip, br, zstd\r\n");
        QCOMPARE(answer.body, std::string("brotli bytes"));
        QCOMPARE(answer.header("Content-Encoding"), std::string("br"));
        QCOMPARE(answer.header("Content-Type"), std::string("text/javascript; charset=utf-8"));
        const std::string tag = answer.header("ETag");
        QVERIFY(tag.starts_with('"') && tag.ends_with("-br\"")); // these bytes, for ever
        QCOMPARE(
            files.ask(handler, "/a.js", "Accept-Encoding: br\r\nIf-None-Match: " + tag + "\r\n")
                .status,
            304);
        const RecordedAnswer made = files.ask(handler, "/a.js", "Accept-Encoding: gzip\r\n");
        QVERIFY(decodeWhole(Coding::Gzip, made.body) == m_script);
        QCOMPARE(files.ask(handler, "/a.js").body, m_script);
        QCOMPARE(files.ask(handler, "/a.js.br").body, std::string("brotli bytes")); // by its name
        // An edit: the neighbour no longer fits.
        tree.write("site/a.js", "edited " + m_script);
        QTRY_VERIFY(
            decodeWhole(Coding::Brotli, files.ask(handler, "/a.js", "Accept-Encoding: br\r\n").body)
            == "edited " + m_script);
    }

    void neighboursServeWithoutCompression()
    {
        const TestTree tree;
        tree.write("site/a.png", "image");
        tree.write("site/a.png.gz", "gzip bytes");
        Settings settings;
        settings.compression = false;
        FilesUnderTest files(FilesUnderTest::Options {.settings = settings});
        const StaticHandler with({.roots = {tree.root()}, .wishes = {.precompressed = true}});
        const StaticHandler without({.roots = {tree.root()}});
        const std::string wish = "Accept-Encoding: gzip, br\r\n";
        QCOMPARE(files.ask(with, "/a.png", wish).body, std::string("gzip bytes"));
        QCOMPARE(files.ask(without, "/a.png", wish).body, std::string("image"));
        QCOMPARE(::remove(tree.path("site/a.png.gz").c_str()), 0);
        QTRY_COMPARE(files.ask(with, "/a.png", wish).body, std::string("image"));
    }

    void hashedNamesMayBeKeptForEver()
    {
        const TestTree tree;
        tree.write("site/app.3f9a1c07.js", m_script);
        tree.write("site/app.js", m_script);
        FilesUnderTest files;
        const StaticHandler handler({.roots = {tree.root()}, .wishes = {.immutable = true}});
        const std::string forEver = "public, max-age=31536000, immutable";
        QCOMPARE(files.ask(handler, "/app.3f9a1c07.js").header("Cache-Control"), forEver);
        QCOMPARE(files.ask(handler, "/app.3f9a1c07.js", "Accept-Encoding: gzip\r\n")
                     .header("Cache-Control"),
                 forEver);
        QCOMPARE(files.ask(handler, "/app.js").header("Cache-Control"), std::string());
    }

    void whatLooksLikeAHash_data()
    {
        QTest::addColumn<bool>("isOne");
        for (const char *name : {"app.3f9a1c07.js", "base.5af66c1b1797.css", "index-BkX9aQ2z.js",
                                 "a/b/main_0123456789abcdef.css", "x.3f9a1c07.min.js"})
            QTest::newRow(name) << true;
        for (const char *name :
             {"app.js", "app.min.js", "3f9a1c07.js", "jquery-3.6.0.js", "report-20260101.pdf",
              "report.20260101.pdf", "app.3f9a1c0.js", "app.deadbeef.js", "app.3f9a1c07",
              "photo-IMG12345.jpg", "font-Regular9.ttf", "", "..", "a.3f9a1c0g.js"})
            QTest::newRow(*name ? name : "empty") << false;
    }

    void whatLooksLikeAHash()
    {
        QFETCH(bool, isOne);
        const QByteArray name = QTest::currentDataTag();
        QCOMPARE(nameCarriesHash(name == "empty" ? "" : name.toStdString()), isOne);
    }
};

QTEST_APPLESS_MAIN(TestStaticCoding)
#include "tst_static_coding.moc"
