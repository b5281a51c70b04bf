// SPDX-License-Identifier: Apache-2.0
// Logs and diagnostics of a real engine, as an administrator asks for them from the shell.
#include "tests/integration/program.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QtTest>

#include <memory>

using namespace arc::test;

namespace {

QJsonObject json(const Finished &finished)
{
    return QJsonDocument::fromJson(finished.out).object();
}

constexpr const char *kTalking =
    "import sys\n"
    "print('the app is here', flush=True)\n"
    "def application(environ, start_response):\n"
    "    print('asked for', environ['PATH_INFO'], file=sys.stderr, flush=True)\n"
    "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
    "    return [b'hello']\n";

} // namespace

class TestLogs : public QObject {
    Q_OBJECT

    QTemporaryDir m_data;
    std::unique_ptr<EngineProcess> m_engine; // of the rows that only ask

private Q_SLOTS:
    void cleanupTestCase() { m_engine.reset(); }

    void whatAnAppWritesIsThereAtOnceAndAfterARestart()
    {
        QTemporaryDir data;
        QTemporaryDir folder;
        write(folder.filePath("shop/app.py"), kTalking);
        {
            EngineProcess engine(data.path());
            QVERIFY2(engine.start(), engine.errors());
            const Finished added = engine.ctl({"site", "add", folder.filePath("shop")});
            QVERIFY2(added.exitCode == 0, added.out + added.error);
            const Finished tail = engine.ctl({"log", "tail", "shop"});
            QVERIFY2(tail.out.contains("] the app is here\n"), tail.out + tail.error);
            QCOMPARE(engine.stop(), 0);
        }
        EngineProcess again(data.path());
        QVERIFY2(again.start(), again.errors());
        QVERIFY(again.ctl({"log", "tail", "shop"}).out.count("the app is here") >= 1);
        const Finished found = again.ctl({"log", "search", "shop", "APP IS", "-i"});
        QVERIFY2(found.out.contains("] the app is here\n"), found.out + found.error);
        const Finished list = again.ctl({"log", "list", "--json"});
        QStringList ids;
        for (const QJsonValue &one : json(list).value("sources").toArray())
            ids << one.toObject().value("id").toString();
        QCOMPARE(ids, (QStringList {"engine", "access", "app:shop"}));
        QCOMPARE(again.ctl({"site", "remove", "shop"}).exitCode, 0);
        QVERIFY(again.ctl({"log", "list"}).out.contains("app:shop (removed)"));
    }

    void requestsAreInTheAccessLogOfTheirSite()
    {
        QTemporaryDir data;
        QTemporaryDir folder;
        write(folder.filePath("one/index.html"), "one");
        write(folder.filePath("two/index.html"), "two");
        EngineProcess engine(data.path());
        QVERIFY2(engine.start(), engine.errors());
        for (const char *name : {"one", "two"})
            QCOMPARE(engine.ctl({"site", "add", folder.filePath(name)}).exitCode, 0);
        const QJsonArray sites =
            json(engine.ctl({"site", "list", "--json"})).value("sites").toArray();
        const QString url = json(engine.ctl({"status", "--json"}))
                                .value("listeners")
                                .toArray()
                                .first()
                                .toObject()
                                .value("url")
                                .toString();
        QCOMPARE(sites.size(), 2);
        for (const char *host : {"one.localhost", "two.localhost"})
            QCOMPARE(http(url + "/missing-" + host, {.host = host}).status, 404);
        QTRY_VERIFY_WITH_TIMEOUT(
            engine.ctl({"log", "tail", "access", "--site", "two"}).out.contains("missing-two"),
            10000);
        const QByteArray two = engine.ctl({"log", "tail", "access", "--site", "two"}).out;
        QVERIFY2(!two.contains("missing-one"), two);
        QVERIFY(engine.ctl({"log", "tail", "two"}).out == two); // a site without an app
        const Finished found = engine.ctl(
            {"log", "search", "access", "\"status\":4\\d\\d", "--regex", "--limit", "1"});
        QCOMPARE(found.out.count('\n'), 1);
        QVERIFY(found.out.contains("missing-two"));
    }

    void diagnosticsTellWhatRunsAndNoSecret()
    {
        QTemporaryDir data;
        QTemporaryDir folder;
        write(folder.filePath("shop/app.py"), kTalking);
        EngineProcess engine(data.path());
        QVERIFY2(engine.start(), engine.errors());
        QCOMPARE(engine
                     .ctl({"site", "add", folder.filePath("shop"), "--env",
                           "API_TOKEN=correct-horse-battery"})
                     .exitCode,
                 0);
        const Finished report = engine.ctl({"diagnostics"});
        QCOMPARE(report.exitCode, 0);
        for (const char *text : {"SQLite 3.", "libevent 2.", "nghttp2 1.", "OpenSSL 3.", "python",
                                 "API_TOKEN", "(masked)", "listening on", "== Machine"})
            QVERIFY2(report.out.contains(text), text + QByteArray("\n") + report.out);
        QVERIFY2(report.out.contains(data.path().toUtf8()), report.out);
        QVERIFY2(!report.out.contains("correct-horse"), report.out);
    }

    void whatIsNotThereIsToldInOneSentence_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("exit");
        QTest::newRow("no such site") << QStringList {"log", "tail", "nobody"} << 3;
        QTest::newRow("no such app") << QStringList {"log", "tail", "app:nobody"} << 3;
        QTest::newRow("a path") << QStringList {"log", "tail", "app:../../etc/passwd"} << 3;
        QTest::newRow("no such log") << QStringList {"log", "tail", "x:y"} << 3;
        QTest::newRow("site of another log")
            << QStringList {"log", "tail", "engine", "--site", "nobody"} << 3;
        QTest::newRow("broken expression")
            << QStringList {"log", "search", "engine", "(", "--regex"} << 2;
        QTest::newRow("nothing to search") << QStringList {"log", "search", "engine"} << 2;
        QTest::newRow("too much") << QStringList {"log", "tail", "--bytes", "2000000"} << 2;
    }
    void whatIsNotThereIsToldInOneSentence()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, exit);
        if (!m_engine) {
            m_engine = std::make_unique<EngineProcess>(m_data.path());
            QVERIFY2(m_engine->start(), m_engine->errors());
        }
        const Finished finished = m_engine->ctl(arguments);
        QCOMPARE(finished.exitCode, exit);
        QVERIFY(finished.out.isEmpty());
        QVERIFY(!finished.error.trimmed().isEmpty());
    }

    void everyOptionOfServeStandsInItsPage()
    {
        const QByteArray page = runArcology({"help", "serve"}).out;
        static const QRegularExpression option("--[a-z][a-z-]+");
        auto found = option.globalMatch(runArcology({"serve", "--help"}).out);
        int options = 0;
        for (; found.hasNext(); ++options) {
            const QByteArray name = found.next().captured().toUtf8();
            QVERIFY2(page.contains("`" + name), name);
        }
        QVERIFY(options >= 12);
    }

    void theManualIsPrinted()
    {
        const Finished list = runArcology({"help"});
        QCOMPARE(list.exitCode, 0);
        QVERIFY(list.out.contains("troubleshooting"));
        const Finished page = runArcology({"help", "logs"});
        QCOMPARE(page.exitCode, 0);
        QVERIFY2(page.out.startsWith("# Logs\n"), page.out);
        QCOMPARE(runArcology({"help", "nothing"}).exitCode, 3);
        QCOMPARE(runArcology({"help", "../secret"}).exitCode, 3);
        QCOMPARE(runArcology({"help", "--wrong"}).exitCode, 2);
    }
};

QTEST_GUILESS_MAIN(TestLogs)
#include "tst_logs.moc"
