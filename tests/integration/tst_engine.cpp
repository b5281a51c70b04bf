// SPDX-License-Identifier: Apache-2.0
// A headless engine and `ctl`, as an administrator uses them: sites added and tuned live, restarts,
// and kill -9.
#include "test_paths.h"
#include "tests/integration/program.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>
#include <QTcpSocket>
#include <QUrl>
#include <QtTest>

using namespace arc::test;

namespace {

void write(const QString &path, const QByteArray &text)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    QVERIFY2(file.open(QIODevice::WriteOnly), qPrintable(path));
    file.write(text);
}

QJsonObject json(const Finished &finished)
{
    return QJsonDocument::fromJson(finished.out).object();
}

QJsonObject firstSite(const EngineProcess &engine)
{
    return json(engine.ctl({"site", "list", "--json"})).value("sites").toArray().first().toObject();
}

/// One call of the admin API on the engine's socket, as the window makes it.
QJsonObject api(const QString &dataDir, const QByteArray &path, const QByteArray &body)
{
    QLocalSocket socket;
    socket.connectToServer(dataDir + "/control.sock");
    if (!socket.waitForConnected(5000))
        return {};
    socket.write("POST /api/v1" + path
                 + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                   "Content-Type: application/json\r\nContent-Length: "
                 + QByteArray::number(body.size()) + "\r\n\r\n" + body);
    QByteArray answer;
    while (socket.waitForReadyRead(20000))
        answer += socket.readAll();
    return QJsonDocument::fromJson(answer.mid(answer.indexOf("\r\n\r\n") + 4)).object();
}

constexpr const char *kHello =
    "import os\n"
    "def application(environ, start_response):\n"
    "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
    "    return [os.environ.get('GREETING', 'hello').encode() + b' %d' % os.getpid()]\n";

/// Answers once the file "go" is there.
constexpr const char *kWaiting =
    "import os, time\n"
    "def application(environ, start_response):\n"
    "    open('asked', 'w').close()\n"
    "    deadline = time.monotonic() + 30\n"
    "    while not os.path.exists('go') and time.monotonic() < deadline:\n"
    "        time.sleep(0.02)\n"
    "    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '4')])\n"
    "    return [b'went']\n";

} // namespace

class TestEngine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSiteIsAddedTunedAndBackAfterARestart();
    void environmentAndUndoReachTheApp();
    void settingsAndSitesChangeTogetherAndAreTakenBackAlone();
    void aSecondEngineIsRefused();
    void aBrokenAppSaysWhyAndRecovers();
    void commandsOfAnAppRunWithItsInterpreter();
    void theDocumentGoesOutAndIn();
    void aStoppingEngineTakesNoChange();
    void nothingCommittedIsLostByKill9();
    void aUsersEngineNeedsNoFoldersMadeForIt();
};

void TestEngine::aSiteIsAddedTunedAndBackAfterARestart()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    write(folder.filePath("shop/app.py"), kHello);
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const Finished added =
        engine.ctl({"site", "add", folder.filePath("shop"), "--set", "pool.processes=2"});
    QVERIFY2(added.exitCode == 0, added.out + added.error);
    QVERIFY2(added.out.startsWith("Serving shop ("), added.out);
    QString url = firstSite(engine).value("urls").toArray().first().toString();
    QVERIFY(http(url + "/").body.startsWith("hello "));

    QCOMPARE(engine.ctl({"settings", "set", "pool.processes=4", "--app", "shop"}).exitCode, 0);
    QTRY_COMPARE_WITH_TIMEOUT(json(engine.ctl({"worker", "list", "--json"}))
                                  .value("pools")
                                  .toArray()
                                  .first()
                                  .toObject()
                                  .value("workers")
                                  .toArray()
                                  .size(),
                              4, 20000);

    QCOMPARE(engine.stop(), 0);
    QVERIFY2(engine.start(), engine.errors());
    url = firstSite(engine).value("urls").toArray().first().toString();
    QTRY_VERIFY_WITH_TIMEOUT(http(url + "/").body.startsWith("hello "), 20000);
    QTRY_COMPARE_WITH_TIMEOUT(json(engine.ctl({"worker", "list", "--json"}))
                                  .value("pools")
                                  .toArray()
                                  .first()
                                  .toObject()
                                  .value("workers")
                                  .toArray()
                                  .size(),
                              4, 20000);

    QCOMPARE(engine.ctl({"site", "stop", "shop"}).exitCode, 0);
    QTRY_COMPARE_WITH_TIMEOUT(http(url + "/").status, 404, 5000);
    QCOMPARE(engine.ctl({"site", "start", "shop"}).exitCode, 0);
    QTRY_COMPARE_WITH_TIMEOUT(http(url + "/").status, 200, 20000);
    QCOMPARE(engine.ctl({"site", "remove", "shop"}).exitCode, 0);
    QVERIFY(QFile::exists(folder.filePath("shop/app.py")));
    QCOMPARE(engine.ctl({"site", "stop", "shop"}).exitCode, 3);
}

void TestEngine::environmentAndUndoReachTheApp()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    write(folder.filePath("app.py"), kHello);
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(
        engine.ctl({"site", "add", folder.path(), "--name", "greeter", "--env", "GREETING=salve"})
            .exitCode,
        0);
    const QString url = firstSite(engine).value("urls").toArray().first().toString();
    QVERIFY(http(url + "/").body.startsWith("salve "));

    const Finished bad = engine.ctl({"settings", "set", "limits.header_count=1000"});
    QCOMPARE(bad.exitCode, 2);
    QVERIFY2(bad.error.contains("limits.header_count"), bad.error);
    QCOMPARE(engine.ctl({"settings", "set", "drain_s=3"}).exitCode, 0);
    QVERIFY(engine.ctl({"settings", "get", "drain_s"}).out.contains("3"));
    QCOMPARE(engine.ctl({"config", "rollback"}).exitCode, 0);
    QVERIFY(engine.ctl({"settings", "get", "drain_s"}).out.contains("10"));
    const Finished history = engine.ctl({"config", "history"});
    QVERIFY2(history.out.contains("drain_s") && history.out.contains("greeter"), history.out);
    QVERIFY(http(url + "/").body.startsWith("salve "));
}

void TestEngine::settingsAndSitesChangeTogetherAndAreTakenBackAlone()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    write(folder.filePath("shop/app.py"), kHello);
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"site", "add", folder.filePath("shop")}).exitCode, 0);
    const QString url = firstSite(engine).value("urls").toArray().first().toString();
    QTRY_VERIFY(http(url).body.startsWith("hello"));
    const QByteArray edits = R"("settings":[{"key":"pool.processes","scope":"app","object":"shop",)"
                             R"("value":"3"}],"sites":[{"id":"shop","env":{"GREETING":"hi"}}])";

    QJsonObject tried = api(data.path(), "/config/changes",
                            R"({"dry_run":true,"sites":[{"id":"shop","python":"python3"}]})");
    QCOMPARE(tried.value("problems").toArray().first().toObject().value("key").toString(),
             QString("python"));
    tried = api(data.path(), "/config/changes", "{\"dry_run\":true," + edits + "}");
    QVERIFY(tried.value("problems").toArray().isEmpty());
    const qint64 before = tried.value("revision").toInteger();

    const QJsonObject applied = api(data.path(), "/config/changes", "{" + edits + "}");
    const qint64 revision = applied.value("revision").toInteger();
    QCOMPARE(revision, before + 1);
    QTRY_VERIFY_WITH_TIMEOUT(http(url).body.startsWith("hi"), 20000);

    // Somebody else's change comes after it, and stays when ours is taken back.
    QCOMPARE(engine.ctl({"settings", "set", "drain_s=3"}).exitCode, 0);
    const QByteArray back = "{\"take_back\":" + QByteArray::number(revision) + ",\"revision\":";
    const QJsonObject stale =
        api(data.path(), "/config/rollback", back + QByteArray::number(revision) + "}");
    QVERIFY(!stale.contains("revision")); // it was decided on an older state
    const QJsonObject taken =
        api(data.path(), "/config/rollback", back + QByteArray::number(revision + 1) + "}");
    QCOMPARE(taken.value("revision").toInteger(), revision + 2);
    QTRY_VERIFY_WITH_TIMEOUT(http(url).body.startsWith("hello"), 20000);
    QCOMPARE(engine.ctl({"settings", "get", "drain_s"}).out.trimmed(), QByteArray("3"));
    QCOMPARE(engine.ctl({"settings", "get", "pool.processes", "--app", "shop"}).out.trimmed(),
             QByteArray("auto"));
}

void TestEngine::aSecondEngineIsRefused()
{
    QTemporaryDir data;
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const Finished second = runArcology({"--headless", "--data-dir", data.path()});
    QCOMPARE(second.exitCode, 6);
    QVERIFY2(second.error.contains("in use")
                 && second.error.contains(QByteArray::number(engine.pid())),
             second.error);
}

void TestEngine::aBrokenAppSaysWhyAndRecovers()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    write(folder.filePath("app.py"),
          "from flask import Flask\nimport planted_missing_module\napp = Flask(__name__)\n");
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const Finished added = engine.ctl(
        {"site", "add", folder.path(), "--name", "broken", "--set", "pool.crash_loop_count=2"});
    QCOMPARE(added.exitCode, 4);
    QVERIFY2((added.out + added.error).contains("planted_missing_module"), added.out + added.error);
    QVERIFY(engine.ctl({"log", "tail", "broken"}).out.contains("Traceback"));
    const QString url = firstSite(engine).value("urls").toArray().first().toString();
    QTRY_COMPARE_WITH_TIMEOUT(http(url + "/").status, 503, 30000);

    write(folder.filePath("app.py"),
          "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef front():\n    "
          "return 'mended'\n");
    QCOMPARE(engine.ctl({"site", "restart", "broken"}).exitCode, 0);
    QTRY_COMPARE_WITH_TIMEOUT(http(url + "/").body, QByteArray("mended"), 20000);
}

void TestEngine::commandsOfAnAppRunWithItsInterpreter()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    QCOMPARE(runProgram("django-admin", {"startproject", "shop", "."}, folder.path()).exitCode, 0);
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"site", "add", folder.path(), "--name", "shop"}).exitCode, 0);
    const Finished migrate = engine.ctl({"site", "run", "shop", "--", "manage.py", "migrate"});
    QVERIFY2(migrate.exitCode == 0 && migrate.out.contains("Applying auth.0001_initial"),
             migrate.out + migrate.error);
    QCOMPARE(engine.ctl({"site", "run", "shop", "--", "python", "-c", "import sys; sys.exit(7)"})
                 .exitCode,
             7);
}

void TestEngine::theDocumentGoesOutAndIn()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    write(folder.filePath("index.html"), "exported");
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"site", "add", folder.path(), "--name", "pages"}).exitCode, 0);
    const QByteArray document = engine.ctl({"config", "export"}).out;
    QVERIFY2(QJsonDocument::fromJson(document).object().value("sites").toArray().size() == 1,
             document);
    QCOMPARE(engine.ctl({"site", "remove", "pages"}).exitCode, 0);

    write(folder.filePath("good.json"), document);
    QByteArray unknown = document;
    unknown.replace("\"sites\"", "\"pages\"");
    write(folder.filePath("unknown.json"), unknown);
    const Finished refused = engine.ctl({"config", "import", folder.filePath("unknown.json")});
    QCOMPARE(refused.exitCode, 2);
    QVERIFY2(refused.error.contains("pages"), refused.error);
    QVERIFY(json(engine.ctl({"site", "list", "--json"})).value("sites").toArray().isEmpty());
    QCOMPARE(engine.ctl({"config", "import", folder.filePath("good.json")}).exitCode, 0);
    const QString url = firstSite(engine).value("urls").toArray().first().toString();
    QTRY_COMPARE_WITH_TIMEOUT(http(url + "/").body, QByteArray("exported"), 5000);
}

void TestEngine::aStoppingEngineTakesNoChange()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    write(folder.filePath("app.py"), kWaiting);
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"site", "add", folder.path(), "--name", "slow"}).exitCode, 0);
    const QUrl url(firstSite(engine).value("urls").toArray().first().toString());
    QTcpSocket peer;
    peer.connectToHost(url.host(), static_cast<quint16>(url.port()));
    QVERIFY(peer.waitForConnected());
    peer.write("GET / HTTP/1.1\r\nHost: " + url.authority().toLatin1() + "\r\n\r\n");
    QVERIFY(peer.waitForBytesWritten());
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(folder.filePath("asked")), 20000);

    engine.terminate();
    QTRY_COMPARE(json(engine.ctl({"status", "--json"})).value("state").toString(),
                 QString("draining"));
    const Finished refused = engine.ctl({"settings", "set", "drain_s=3"});
    QVERIFY(refused.exitCode != 0);
    QVERIFY2(refused.error.contains("the engine is stopping"), refused.error);
    write(folder.filePath("go"), "");
    QTRY_VERIFY_WITH_TIMEOUT(!engine.isRunning(), 20000);
    QCOMPARE(engine.stop(), 0);
    const QByteArray answer = peer.readAll();
    QVERIFY2(answer.startsWith("HTTP/1.1 200 ") && answer.endsWith("went"), answer);
}

void TestEngine::nothingCommittedIsLostByKill9()
{
    QTemporaryDir data;
    EngineProcess engine(data.path());
    int acknowledged = 0;
    for (int round = 1; round <= 200; ++round) {
        QVERIFY2(engine.start(), engine.errors());
        const QByteArray stored = engine.ctl({"settings", "get", "log.files"}).out;
        if (acknowledged) {
            // The value acknowledged last, or the one that was on its way when the engine was
            // killed.
            const bool kept = stored.contains(QByteArray::number(acknowledged))
                || stored.contains(QByteArray::number(acknowledged + 1));
            QVERIFY2(kept, QByteArray("lost ") + QByteArray::number(acknowledged) + ": " + stored);
        }
        const int first = round * 4;
        if (engine.ctl({"settings", "set", QString("log.files=%1").arg(first)}).exitCode == 0)
            acknowledged = first;
        QProcess second;
        second.start(ARC_BINARY,
                     {"ctl", "settings", "set", QString("log.files=%1").arg(first + 1),
                      "--data-dir", data.path()});
        second.waitForStarted();
        second.waitForFinished(round
                               % 12); // so that the kill falls into different moments of the change
        engine.kill9();
        second.waitForFinished();
        if (second.exitStatus() == QProcess::NormalExit && second.exitCode() == 0)
            acknowledged = first + 1;
    }
}

void TestEngine::aUsersEngineNeedsNoFoldersMadeForIt()
{
    QTemporaryDir home;
    QVERIFY(QDir().mkpath(home.filePath("run")));
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("XDG_RUNTIME_DIR", home.filePath("run"));
    environment.insert("XDG_DATA_HOME", home.filePath("data/of/mine"));
    QProcess engine;
    engine.setProcessEnvironment(environment);
    engine.start(ARC_BINARY, {"--headless", "--set", "ops.listen=off"});
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(home.filePath("run/arcology/control.sock"))
                                 || engine.state() == QProcess::NotRunning,
                             20000);
    QVERIFY2(engine.state() == QProcess::Running, engine.readAllStandardError());
    QVERIFY(!(QFileInfo(home.filePath("run/arcology")).permissions()
              & (QFileDevice::ReadGroup | QFileDevice::ReadOther)));
    QTRY_VERIFY(QFile::exists(home.filePath("data/of/mine/arcology/arcology.db")));
    engine.terminate();
    QVERIFY(engine.waitForFinished(30000));
}

QTEST_GUILESS_MAIN(TestEngine)
#include "tst_engine.moc"
