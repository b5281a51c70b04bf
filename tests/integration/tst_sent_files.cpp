// SPDX-License-Identifier: Apache-2.0
// Files that apps have the engine send: X-Sendfile, X-Accel-Redirect and ASGI's pathsend, kept
// inside the folders of files.send_from.
#include "tests/integration/stage.h"

#include <QFile>
#include <QtTest>

using namespace arc::test;

namespace {

const char kWsgi[] = R"(
from urllib.parse import parse_qsl
def application(environ, start_response):
    asked = dict(parse_qsl(environ["QUERY_STRING"]))
    headers = [("Content-Type", "application/x-test"), ("Content-Disposition", "attachment"),
               ("ETag", '"of the app"')]
    headers += [(name, asked[name]) for name in ("X-Sendfile", "X-Accel-Redirect") if name in asked]
    start_response(asked.get("status", "200 OK"), headers)
    return [b"body of the app"]
)";

const char kAsgi[] = R"(
from urllib.parse import parse_qsl
async def application(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("only http")
    asked = dict(parse_qsl(scope["query_string"].decode()))
    if "path" not in asked:
        body = str(sorted(scope.get("extensions") or ())).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})
        return
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-type", b"application/x-test")]})
    await send({"type": "http.response.pathsend", "path": asked["path"]})
)";

} // namespace

class TestSentFiles : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    QByteArray m_big;
    QString m_allowed;
    std::unique_ptr<Served> m_wsgi; ///< may have files sent

    QString path(const QString &name) const { return m_dir.filePath(name); }

private Q_SLOTS:
    void initTestCase()
    {
        m_allowed = path("files");
        for (int i = 0; m_big.size() < 3'000'000; ++i)
            m_big += QByteArray::number(i) + "\n";
        write(m_allowed + "/small.txt", "small file");
        write(m_allowed + "/sub/big.bin", m_big);
        write(path("secret.txt"), "secret");
        write(path("filesystem/x.txt"), "secret");
        QVERIFY(QFile::link(path("secret.txt"), m_allowed + "/leads-out"));
        write(path("wsgi/app.py"), kWsgi);
        write(path("asgi/app.py"), kAsgi);
        m_wsgi =
            std::make_unique<Served>(path("wsgi"),
                                     QStringList {"--entry", "app:application", "--interface",
                                                  "wsgi", "--set", "files.send_from=" + m_allowed});
        QVERIFY2(m_wsgi->isServing(), m_wsgi->errors());
    }

    void cleanupTestCase() { m_wsgi.reset(); }

    void anAppHasFilesSent()
    {
        Served &served = *m_wsgi;
        const QString ask = served.url() + "/?X-Sendfile=";
        const HttpAnswer small = http(ask + m_allowed + "/small.txt");
        QCOMPARE(small.status, 200);
        QCOMPARE(small.body, QByteArray("small file"));
        QCOMPARE(small.headers.value("content-type"), QByteArray("application/x-test"));
        QCOMPARE(small.headers.value("content-disposition"), QByteArray("attachment"));
        QVERIFY(!small.headers.contains("x-sendfile"));
        QVERIFY(small.headers.value("etag") != QByteArray("\"of the app\"")); // the file's
        const QString big = ask + m_allowed + "/sub/big.bin";
        QVERIFY(http(big).body == m_big);
        const HttpAnswer part = http(big, {.headers = {{"Range", "bytes=1000000-1000009"}}});
        QCOMPARE(part.status, 206);
        QCOMPARE(part.body, m_big.mid(1'000'000, 10));
        QCOMPARE(http(big, {.headers = {{"If-None-Match", part.headers.value("etag")}}}).status,
                 304);
        const HttpAnswer head = http(big, {.method = "HEAD"});
        QCOMPARE(head.headers.value("content-length"), QByteArray::number(m_big.size()));
        QCOMPARE(http(served.url() + "/?X-Accel-Redirect=/sub/../small.txt").body,
                 QByteArray("small file"));
        QCOMPARE(http(served.url() + "/?X-Accel-Redirect=/sm%2561ll.txt%3Fx").body,
                 QByteArray("small file"));
        QCOMPARE(http(ask + m_allowed + "/small.txt&status=403+Forbidden").status, 403);
    }

    void theSameOverHttp2()
    {
        const QString ask = m_wsgi->url() + "/?X-Accel-Redirect=/sub/big.bin";
        const QStringList curl {"-sS", "-m", "30", "--http2-prior-knowledge"};
        const Finished whole = runProgram("curl", curl + QStringList {ask});
        QVERIFY2(whole.out == m_big, whole.error);
        const Finished part = runProgram(
            "curl", curl + QStringList {"-r", "1000000-1000009", "-w", "%{http_code}", ask});
        QCOMPARE(part.out, m_big.mid(1'000'000, 10) + "206");
    }

    /// The app has done by then what was asked.
    void conditionsOfAPostAreNotTheEngines()
    {
        const QString url = m_wsgi->url() + "/?X-Sendfile=" + m_allowed + "/small.txt";
        for (const char *header : {"If-None-Match", "If-Match"}) {
            const QByteArray value = header == QByteArray("If-Match") ? "\"other\"" : "*";
            const HttpAsk ask {.method = "POST", .headers = {{header, value}}, .body = "x"};
            for (const char *status : {"200+OK", "206+Partial+Content"}) {
                const HttpAnswer answer = http(url + "&status=" + status, ask);
                QCOMPARE(answer.status, 200);
                QCOMPARE(answer.body, QByteArray("small file"));
            }
            QCOMPARE(http(url, {.headers = ask.headers}).status,
                     value == "*" ? 304 : 412); // GET: the engine's
        }
    }

    void nothingOutsideIsSent_data()
    {
        QTest::addColumn<QString>("query");
        QTest::newRow("elsewhere") << "X-Sendfile=" + path("secret.txt");
        QTest::newRow("a folder with a longer name") << "X-Sendfile=" + path("filesystem/x.txt");
        QTest::newRow("dots") << "X-Sendfile=" + m_allowed + "/../secret.txt";
        QTest::newRow("a link") << "X-Sendfile=" + m_allowed + "/leads-out";
        QTest::newRow("the folder") << "X-Sendfile=" + m_allowed;
        QTest::newRow("a folder") << "X-Sendfile=" + m_allowed + "/sub";
        QTest::newRow("relative") << "X-Sendfile=small.txt";
        QTest::newRow("not there") << "X-Sendfile=" + m_allowed + "/none";
        QTest::newRow("dots in a URL") << "X-Accel-Redirect=/../secret.txt";
        QTest::newRow("encoded dots") << "X-Accel-Redirect=/%252e%252e/secret.txt";
        QTest::newRow("no path") << "X-Accel-Redirect=small.txt";
    }

    void nothingOutsideIsSent()
    {
        QFETCH(QString, query);
        QVERIFY(m_wsgi->isServing());
        const HttpAnswer answer = http(m_wsgi->url() + "/?" + query);
        QCOMPARE(answer.status, 404);
        QVERIFY(!answer.body.contains("secret"));
        QVERIFY(!answer.body.contains("body of the app"));
    }

    /// Frameworks set the header and make the answer conditional afterwards.
    void anAnswerWithoutABodyNamesNoFile_data()
    {
        QTest::addColumn<int>("status");
        QTest::newRow("304+Not+Modified") << 304;
        QTest::newRow("204+No+Content") << 204;
    }

    void anAnswerWithoutABodyNamesNoFile()
    {
        QFETCH(int, status);
        for (const char *header : {"X-Sendfile", "X-Accel-Redirect"}) {
            const HttpAnswer answer = http(m_wsgi->url() + "/?" + header + "=" + m_allowed
                                           + "/small.txt&status=" + QTest::currentDataTag());
            QCOMPARE(answer.status, status);
            QCOMPARE(answer.headers.value("etag"), QByteArray("\"of the app\""));
            QVERIFY(!answer.headers.contains(QByteArray(header).toLower()));
        }
    }

    void withoutTheSettingTheHeaderIsSomebodyElses()
    {
        const Served served(path("wsgi"), {"--entry", "app:application", "--interface", "wsgi"});
        QVERIFY(served.isServing());
        const HttpAnswer answer = http(served.url() + "/?X-Sendfile=" + m_allowed + "/small.txt");
        QCOMPARE(answer.body, QByteArray("body of the app"));
        QCOMPARE(answer.headers.value("x-sendfile"), (m_allowed + "/small.txt").toUtf8());
    }

    void asgiAppsSendPaths()
    {
        const QStringList entry {"--entry", "app:application", "--interface", "asgi"};
        Served served(path("asgi"), entry + QStringList {"--set", "files.send_from=" + m_allowed});
        QVERIFY2(served.isServing(), served.errors());
        QCOMPARE(http(served.url() + "/").body,
                 QByteArray("['http.response.early_hint', 'http.response.pathsend']"));
        const QString ask = served.url() + "/?path=";
        const HttpAnswer small = http(ask + m_allowed + "/small.txt");
        QCOMPARE(small.body, QByteArray("small file"));
        QCOMPARE(small.headers.value("content-type"), QByteArray("application/x-test"));
        QVERIFY(small.headers.contains("last-modified")); // the engine's
        QVERIFY(http(ask + m_allowed + "/sub/big.bin").body == m_big);
        // What the engine may not read the app reads itself: it could anyway.
        const HttpAnswer own = http(ask + path("secret.txt"));
        QCOMPARE(own.body, QByteArray("secret"));
        QVERIFY(!own.headers.contains("last-modified"));
        QCOMPARE(http(ask + "small.txt").status, 500);
        // Names that no header carries: the app's copy of that file, not the engine's of another.
        write(m_allowed + "/small.txt ", "with a blank");
        write(m_allowed + "/two\nlines.txt", "of two lines");
        QCOMPARE(http(ask + m_allowed + "/small.txt%20").body, QByteArray("with a blank"));
        QCOMPARE(http(ask + m_allowed + "/two%0Alines.txt").body, QByteArray("of two lines"));
        const Served without(path("asgi"), entry);
        QCOMPARE(http(without.url() + "/").body, QByteArray("['http.response.early_hint']"));
    }
};

QTEST_GUILESS_MAIN(TestSentFiles)
#include "tst_sent_files.moc"
