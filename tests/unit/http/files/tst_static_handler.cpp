// SPDX-License-Identifier: Apache-2.0
#include "files_under_test.h"
#include "server/http/files/file_types.h"
#include "server/http/syntax/date.h"

#include <QtTest>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

using namespace arc;

namespace {

const std::string kDigits = "0123456789";
const std::string kBig = [] {
    std::string text;
    for (int i = 0; text.size() < 300 * 1024; ++i)
        text += std::to_string(i) + "\n";
    return text;
}();

/// Everything the tables below ask for.
void fill(const TestTree &tree)
{
    tree.write("secret.txt", "secret");
    tree.makeFolder("beside");
    tree.write("beside/x.txt", "secret");
    tree.write("site/index.html", "<p>front");
    tree.write("site/a.txt", kDigits);
    tree.write("site/with space.txt", "space");
    tree.write("site/\xc3\xa4.html", "umlaut");
    tree.write("site/back\\slash.txt", "backslash");
    tree.write("site/nothing.css", "");
    tree.write("site/big.bin", kBig);
    tree.makeFolder("site/sub");
    tree.write("site/sub/index.html", "<p>sub");
    tree.makeFolder("site/empty");
    tree.makeFolder("site/.git");
    tree.write("site/.git/config", "secret");
    tree.write("site/.env", "secret");
    tree.makeFolder("site/.well-known");
    tree.write("site/.well-known/token", "token");
    tree.write("site/.well-known/.env", "secret");
    tree.link("a.txt", "site/inside");
    tree.link("sub", "site/insideFolder");
    tree.link("../secret.txt", "site/outside");
    tree.link("../beside", "site/outsideFolder");
    tree.link("sub/../../secret.txt", "site/roundabout");
    tree.link("/etc/passwd", "site/absolute");
    tree.link(tree.path("site/a.txt"), "site/absoluteInside");
    tree.link("/proc/self/root", "site/magic");
    tree.link("itself", "site/itself");
    tree.link("gone", "site/dangling");
    ARC_ASSERT(mkfifo(tree.path("site/pipe").c_str(), 0644) == 0);
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    tree.path("site/socket").copy(address.sun_path, sizeof address.sun_path - 1);
    ARC_ASSERT(bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address)
               == 0);
}

} // namespace

class TestStaticHandler : public QObject {
    Q_OBJECT

    TestTree m_tree;
    std::unique_ptr<FilesUnderTest> m_files;
    std::unique_ptr<StaticHandler> m_handler;

    RecordedAnswer ask(const char *target, const std::string &headers = {},
                       const char *method = "GET")
    {
        return m_files->ask(*m_handler, target, headers, method);
    }

private Q_SLOTS:
    void initTestCase()
    {
        fill(m_tree);
        m_files = std::make_unique<FilesUnderTest>();
        m_handler = std::make_unique<StaticHandler>(StaticOptions {.roots = {m_tree.root()}});
    }
    void cleanupTestCase() { m_files.reset(); }

    void onlyWhatLiesInTheFolderIsServed_data()
    {
        QTest::addColumn<int>("beneath"); // with openat2
        QTest::addColumn<int>("walked");
        QTest::addColumn<QByteArray>("body");
        const auto row = [](const char *target, int status, const char *body = "") {
            QTest::newRow(target) << status << status << QByteArray(body);
        };
        const auto linkRow = [](const char *target, int beneath, const char *body = "") {
            QTest::newRow(target) << beneath << 404 << QByteArray(body);
        };
        row("/", 200, "<p>front");
        row("/index.html", 200, "<p>front");
        row("/a.txt", 200, "0123456789");
        row("//a.txt", 200, "0123456789");
        row("/sub//index.html", 200, "<p>sub");
        row("/with%20space.txt", 200, "space");
        row("/%C3%A4.html", 200, "umlaut");
        row("/back%5Cslash.txt", 200, "backslash");
        row("/nothing.css", 200, "");
        row("/sub/", 200, "<p>sub");
        row("/sub", 301);
        row("/empty", 301);
        row("/empty/", 404);
        row("/a.txt/", 404);
        row("/a.txt/x", 404);
        row("/A.TXT", 404);
        row("/none", 404);
        row("/sub/../a.txt", 200, "0123456789");
        row("/sub%2f..%2fa.txt", 200, "0123456789");
        row("/..%5csecret.txt", 404);
        row("/%2e%2e%5csecret.txt", 404);
        row("/%252e%252e/secret.txt", 404);
        row("//etc/passwd", 404);
        row("/%2fetc/passwd", 404);
        row("/.env", 404);
        row("/.git/config", 404);
        row("/%2egit/config", 404);
        row("/sub/%2e%67it", 404);
        row("/.well-known/token", 200, "token");
        row("/.well-known/.env", 404);
        row("/pipe", 403);
        row("/socket", 403);
        linkRow("/inside", 200, "0123456789");
        linkRow("/insideFolder/index.html", 200, "<p>sub");
        row("/outside", 404);
        row("/outsideFolder/x.txt", 404);
        row("/roundabout", 404);
        row("/absolute", 404);
        row("/absoluteInside", 404);
        row("/magic/etc/passwd", 404);
        row("/itself", 404);
        row("/dangling", 404);
        QTest::newRow("long name") << 404 << 404 << QByteArray();
        QTest::newRow("long path") << 404 << 404 << QByteArray();
    }
    void onlyWhatLiesInTheFolderIsServed()
    {
        QFETCH(int, beneath);
        QFETCH(int, walked);
        QFETCH(QByteArray, body);
        QByteArray target = QTest::currentDataTag();
        if (target == "long name")
            target = "/" + QByteArray(300, 'a');
        else if (target == "long path")
            target = QByteArray("/b").repeated(2500);
        FilesUnderTest walking(FilesUnderTest::Options {.strategy = OpenStrategy::Walk});
        for (FilesUnderTest *files : {m_files.get(), &walking}) {
            const bool walks = files == &walking || bestOpenStrategy() == OpenStrategy::Walk;
            for (int round = 0; round < 2; ++round) { // from the disk, then from the cache
                const RecordedAnswer answer = files->ask(*m_handler, target.toStdString());
                QCOMPARE(answer.status, walks ? walked : beneath);
                if (answer.status == 200)
                    QCOMPARE(answer.body, body.toStdString());
                QVERIFY(answer.body.find("secret") == std::string::npos
                        && answer.body.find("root:") == std::string::npos);
            }
        }
    }

    void aDeviceIsNotOpened()
    {
        const std::string path = m_tree.path("site/device");
        if (mknod(path.c_str(), S_IFCHR | 0666, makedev(1, 5)) != 0) // /dev/zero never ends
            QSKIP("only root makes devices");
        QCOMPARE(ask("/device").status, 403);
    }

    void otherMethodsAreTold_data()
    {
        QTest::addColumn<int>("status");
        for (const char *method : {"POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "get"})
            QTest::newRow(method) << 405;
        QTest::newRow("OPTIONS") << 204;
        QTest::newRow("HEAD") << 200;
    }
    void otherMethodsAreTold()
    {
        QFETCH(int, status);
        const RecordedAnswer answer = ask("/a.txt", {}, QTest::currentDataTag());
        QCOMPARE(answer.status, status);
        QCOMPARE(answer.header("Allow"),
                 status == 200 ? std::string() : std::string("GET, HEAD, OPTIONS"));
    }

    void foldersAreRedirectedToThemselves_data()
    {
        QTest::addColumn<QByteArray>("location");
        QTest::newRow("/sub") << QByteArray("/sub/");
        QTest::newRow("/sub?a=b%20c") << QByteArray("/sub/?a=b%20c");
        QTest::newRow("//sub") << QByteArray("/sub/"); // "//sub/" would be another server
        QTest::newRow("/%2fsub") << QByteArray("/sub/");
        QTest::newRow("/insideFolder/../sub") << QByteArray("/sub/");
    }
    void foldersAreRedirectedToThemselves()
    {
        QFETCH(QByteArray, location);
        const RecordedAnswer answer = ask(QTest::currentDataTag());
        QCOMPARE(answer.status, 301);
        QCOMPARE(answer.header("Location"), location.toStdString());
        QVERIFY(answer.body.find("at another address") != std::string::npos); // it is no refusal
    }

    void thePrefixIsTakenOff()
    {
        const StaticHandler mounted(
            {.roots = {m_tree.root()}, .prefix = "/static/", .index = "index.html"});
        QCOMPARE(m_files->ask(mounted, "/static/a.txt").body, kDigits);
        QCOMPARE(m_files->ask(mounted, "/static/").body, std::string("<p>front"));
        QCOMPARE(m_files->ask(mounted, "/static").header("Location"), std::string("/static/"));
        QCOMPARE(m_files->ask(mounted, "/static//etc/passwd").status, 404);
    }

    void withoutAnIndexFoldersAreNotThere()
    {
        const StaticHandler mounted({.roots = {m_tree.root()}, .prefix = "/", .index = {}});
        for (const char *target : {"/", "/sub", "/sub/", "/empty"})
            QCOMPARE(m_files->ask(mounted, target).status, 404);
        QCOMPARE(m_files->ask(mounted, "/a.txt").status, 200);
    }

    void rootsAreSearchedInOrder()
    {
        m_tree.makeFolder("second");
        m_tree.write("second/a.txt", "hidden by the first");
        m_tree.write("second/only.txt", "second");
        const StaticHandler both(
            {.roots = {m_tree.path("absent"), m_tree.root(), m_tree.path("second")}});
        QCOMPARE(m_files->ask(both, "/a.txt").body, kDigits);
        QCOMPARE(m_files->ask(both, "/only.txt").body, std::string("second"));
        QCOMPARE(m_files->ask(StaticHandler({.roots = {m_tree.path("absent")}}), "/a.txt").status,
                 404);
        QCOMPARE(m_files->ask(StaticHandler({.roots = {}}), "/a.txt").status, 404);
    }

    void headersDescribeTheFile()
    {
        const RecordedAnswer answer = ask("/a.txt");
        QCOMPARE(answer.header("Content-Type"), std::string("text/plain; charset=utf-8"));
        QCOMPARE(answer.header("Accept-Ranges"), std::string("bytes"));
        QVERIFY(answer.header("ETag").starts_with('"') && answer.header("ETag").ends_with("-a\""));
        QVERIFY(answer.header("Last-Modified").ends_with(" GMT"));
        QCOMPARE(answer.length, std::optional<uint64_t>(10));
        QCOMPARE(contentTypeOf("X.PNG"), std::string_view("image/png"));
        QCOMPARE(contentTypeOf("x.tar.gz"), std::string_view("application/gzip"));
        for (const char *unknown : {"", "html", "x.", "x.html.unknown"})
            QCOMPARE(contentTypeOf(unknown), std::string_view("application/octet-stream"));
    }

    /// RFC 9110 8.8.2.1: never later than Date.
    void noFileIsChangedInTheFuture()
    {
        const timespec times[2] {{0, UTIME_OMIT}, {4'000'000'000, 0}};
        for (const char *name : {"later.txt", "later.js"}) {
            m_tree.write(std::string("site/") + name, std::string(5000, 'x'));
            QCOMPARE(
                utimensat(AT_FDCWD, m_tree.path(std::string("site/") + name).c_str(), times, 0), 0);
        }
        for (const char *coding : {"identity", "gzip"}) {
            const RecordedAnswer answer =
                ask("/later.js", std::string("Accept-Encoding: ") + coding + "\r\n");
            const auto said = parseHttpDate(answer.header("Last-Modified"), 0);
            QVERIFY(said && *said <= time(nullptr));
        }
        const std::string date = ask("/later.txt").header("Last-Modified");
        QCOMPARE(ask("/later.txt", "If-Modified-Since: " + date + "\r\n").status, 304);
    }

    void conditionsAreMet()
    {
        const RecordedAnswer first = ask("/a.txt");
        const std::string tag = first.header("ETag");
        const std::string date = first.header("Last-Modified");
        const RecordedAnswer same = ask("/a.txt", "If-None-Match: " + tag + "\r\n");
        QCOMPARE(same.status, 304);
        QCOMPARE(same.header("ETag"), tag);
        QCOMPARE(same.header("Content-Type"), std::string());
        QCOMPARE(same.length,
                 std::optional<uint64_t>(10)); // of the file; the body is dropped by the connection
        QCOMPARE(ask("/a.txt", "If-Modified-Since: " + date + "\r\n").status, 304);
        QCOMPARE(
            ask("/a.txt", "If-None-Match: \"x\"\r\nIf-Modified-Since: " + date + "\r\n").status,
            200);
        QCOMPARE(ask("/a.txt", "If-Match: \"x\"\r\n").status, 412);
        QCOMPARE(ask("/a.txt", "If-Match: " + tag + "\r\n").status, 200);
        QCOMPARE(ask("/none", "If-None-Match: *\r\n").status, 404);
    }

    void rangesAreCutOut_data()
    {
        QTest::addColumn<QByteArray>("headers");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("range");
        const auto row = [](const char *headers, int status, const char *body, const char *range) {
            QTest::newRow(headers) << QByteArray(headers) + "\r\n"
                                   << status << QByteArray(body) << QByteArray(range);
        };
        row("Range: bytes=2-4", 206, "234", "bytes 2-4/10");
        row("Range: bytes=-3", 206, "789", "bytes 7-9/10");
        row("Range: bytes=8-99", 206, "89", "bytes 8-9/10");
        row("Range: bytes=5-\r\nIf-Range: \"other\"", 200, "0123456789", "");
        row("Range: lines=1-2", 200, "0123456789", "");
        row("Range: bytes=4-2", 200, "0123456789", "");
        row("Range: bytes=0-,0-", 200, "0123456789", "");
    }
    void rangesAreCutOut()
    {
        QFETCH(QByteArray, headers);
        QFETCH(int, status);
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, range);
        const RecordedAnswer answer = ask("/a.txt", headers.toStdString());
        QCOMPARE(answer.status, status);
        QCOMPARE(answer.body, body.toStdString());
        QCOMPARE(answer.header("Content-Range"), range.toStdString());
    }

    void whatIsNotThereIsNotSatisfiable()
    {
        const RecordedAnswer answer = ask("/a.txt", "Range: bytes=10-\r\n");
        QCOMPARE(answer.status, 416);
        QCOMPARE(answer.header("Content-Range"), std::string("bytes */10"));
        QCOMPARE(ask("/nothing.css", "Range: bytes=0-\r\n").status, 416);
        QCOMPARE(ask("/a.txt", "Range: bytes=0-1\r\n", "HEAD").status, 200); // ranges are for GET
    }

    void manyRangesComeInParts()
    {
        const RecordedAnswer answer = ask("/a.txt", "Range: bytes=0-1, 5-5\r\n");
        const std::string kind = answer.header("Content-Type");
        const std::string mark = kind.substr(std::min(kind.size(), kind.find('=') + 1));
        QCOMPARE(answer.status, 206);
        QCOMPARE(mark.size(), size_t(32));
        QVERIFY(mark != FakeExchange::kRequestId); // which the client may have chosen
        QVERIFY(ask("/a.txt", "Range: bytes=0-1, 5-5\r\n").header("Content-Type") != kind);
        QCOMPARE(answer.header("Content-Type"), "multipart/byteranges; boundary=" + mark);
        const std::string type = "Content-Type: text/plain; charset=utf-8\r\n";
        QCOMPARE(answer.body,
                 "\r\n--" + mark + "\r\n" + type + "Content-Range: bytes 0-1/10\r\n\r\n01\r\n--"
                     + mark + "\r\n" + type + "Content-Range: bytes 5-5/10\r\n\r\n5\r\n--" + mark
                     + "--\r\n");
        QCOMPARE(answer.length, std::optional<uint64_t>(answer.body.size()));
    }

    void largeFilesAreNotHeldInMemory()
    {
        const RecordedAnswer answer = ask("/big.bin");
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.fileChunks, size_t(1));
        QVERIFY(answer.body == kBig);
        const RecordedAnswer part = ask("/big.bin", "Range: bytes=200000-200099\r\n");
        QCOMPARE(part.status, 206);
        QCOMPARE(part.body, kBig.substr(200000, 100));
        QCOMPARE(ask("/a.txt").fileChunks, size_t(0));
    }
};

QTEST_APPLESS_MAIN(TestStaticHandler)
#include "tst_static_handler.moc"
