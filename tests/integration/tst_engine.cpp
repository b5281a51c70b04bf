// SPDX-License-Identifier: Apache-2.0
// A headless engine and `ctl`, as an administrator uses them: sites added and tuned live, restarts,
// and kill -9.
#include "test_paths.h"
#include "tests/integration/admin_answers.h"
#include "tests/integration/program.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QTcpServer>
#include <QTcpSocket>
#include <QUrl>
#include <QtTest>

#include <csignal>

#include <unistd.h>

using namespace arc::test;

namespace {

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

/// Thread name to the times it went to sleep, which is how often it was woken.
QMap<QString, qint64> sleeps(qint64 pid)
{
    QMap<QString, qint64> out;
    const QString tasks = QString("/proc/%1/task").arg(pid);
    for (const QString &task : QDir(tasks).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        QFile status(tasks + "/" + task + "/status");
        if (!status.open(QIODevice::ReadOnly))
            continue;
        QString name;
        for (const QByteArray &line : status.readAll().split('\n')) {
            if (line.startsWith("Name:"))
                name = QString::fromLatin1(line.mid(5).trimmed());
            else if (line.startsWith("voluntary_ctxt_switches:"))
                out[name] += line.mid(24).trimmed().toLongLong();
        }
    }
    return out;
}

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
    void anIdleEngineIsHardlyEverAwake();
    void anotherUserIsRefusedAtTheAdminSocket();
    void aDamagedDatabaseIsRepairedFromItsCopy();
    void aTakenAddressIsOpenedOnceItIsFree();
    void aClosedTerminalDrains();
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
    QTRY_COMPARE_WITH_TIMEOUT(http(url + "/").status, 503, 5000);
    QVERIFY2(http(url + "/").body.contains("This site is stopped."), http(url + "/").body);
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

/// Counted in wake-ups, because time says more about the machine. `tests/bench/idle.py` measures.
void TestEngine::anIdleEngineIsHardlyEverAwake()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    write(folder.filePath("shop/app.py"), kHello);
    write(folder.filePath("site/index.html"), "files");
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"settings", "set", "loops=3"}).exitCode, 0);
    QCOMPARE(engine.ctl({"site", "add", folder.filePath("shop")}).exitCode, 0);
    QCOMPARE(engine.ctl({"site", "add", folder.filePath("site")}).exitCode, 0);
    QCOMPARE(engine.stop(), 0);
    QVERIFY2(engine.start(), engine.errors()); // with three loops
    const auto state = [&] {
        return json(engine.ctl({"worker", "list", "--json"}))
            .value("pools")
            .toArray()
            .first()
            .toObject()
            .value("state")
            .toString();
    };
    QTRY_COMPARE_WITH_TIMEOUT(state(), QString("ready"), 20000);
    // The log writer looks twice more after the last line. Then nobody but the control loop has
    // anything to do: its two beats a second.
    constexpr const char *kControl = "arcology";
    const auto others = [](QMap<QString, qint64> all) {
        all.remove(kControl);
        return all;
    };
    QMap<QString, qint64> before = sleeps(engine.pid());
    QVERIFY(before.contains(kControl) && before.contains("arc-loop-2")
            && before.contains("log-writer"));
    constexpr int kBeats = 10;
    const auto hasBeaten = [&] {
        return sleeps(engine.pid()).value(kControl) >= before.value(kControl) + kBeats;
    };
    QTRY_VERIFY_WITH_TIMEOUT(hasBeaten(), 60000); // what is left of the start
    before = sleeps(engine.pid());
    QElapsedTimer time;
    time.start();
    QTRY_VERIFY_WITH_TIMEOUT(hasBeaten(), 60000);
    const qint64 passed = time.elapsed();
    const QMap<QString, qint64> after = sleeps(engine.pid());
    for (auto one = after.begin(); one != after.end(); ++one) {
        if (one.key() != kControl)
            QVERIFY2(one.value() - before.value(one.key()) <= 1, qPrintable(one.key()));
    }
    QCOMPARE(others(after).size(), others(before).size());
    // Four a second at most; on a busy machine it takes longer, never less.
    QVERIFY2(passed > kBeats * 250, qPrintable(QString::number(passed)));
}

void TestEngine::anotherUserIsRefusedAtTheAdminSocket()
{
    QTemporaryDir data;
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const QString socket = data.filePath("control.sock");
    const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ExeGroup | QFile::ReadOther
        | QFile::WriteOther | QFile::ExeOther;
    QCOMPARE(QFile::permissions(socket) & others, QFile::Permissions());
    if (::geteuid() != 0)
        return; // one user cannot become another; tst_admin asks the part that decides
    // Somebody has opened the socket to everybody: who is at its other end still counts.
    QVERIFY(QFile::setPermissions(data.path(), QFile::permissions(data.path()) | others));
    QVERIFY(QFile::setPermissions(socket, QFile::permissions(socket) | others));
    constexpr const char *kAsk =
        "import socket, sys\n"
        "s = socket.socket(socket.AF_UNIX)\n"
        "s.connect(sys.argv[1])\n"
        "s.sendall(b'GET /api/v1/%s HTTP/1.1\\r\\nHost: x\\r\\n'\n"
        "          b'Connection: close\\r\\n\\r\\n' % sys.argv[2].encode())\n"
        "print(s.makefile('rb').read().decode())\n";
    const auto ask = [&](const QStringList &as, const QString &what) {
        QStringList words = as + QStringList {"/usr/bin/python3", "-c", kAsk, socket, what};
        return runProgram(words.takeFirst(), words, "/").out;
    };
    const QStringList nobody {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
    for (const char *what : {"status", "snapshot", "openapi.json", "nothing"}) {
        const QByteArray refused = ask(nobody, what);
        QVERIFY2(refused.startsWith("HTTP/1.1 403"), refused);
        QVERIFY2(refused.contains("nobody is not in the group arcology"), refused);
    }
    QVERIFY(ask({"env"}, "status").startsWith("HTTP/1.1 200"));
}

void TestEngine::aDamagedDatabaseIsRepairedFromItsCopy()
{
    QTemporaryDir data;
    const QStringList repair {"doctor", "--repair", "--data-dir", data.path()};
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"settings", "set", "drain_s=7"}).exitCode, 0);
    const Finished busy = runArcology(repair);
    QCOMPARE(busy.exitCode, 6);
    QVERIFY2(busy.error.contains("in use by another engine"), busy.error);
    QCOMPARE(engine.stop(), 0);
    const Finished sound = runArcology(repair);
    QVERIFY2(sound.exitCode == 0 && sound.out.contains("is sound; nothing to repair"),
             sound.out + sound.error);

    QFile file(data.filePath("arcology.db"));
    QVERIFY(file.open(QIODevice::ReadWrite));
    const QByteArray rubbish(5000, 'x');
    QCOMPARE(file.write(rubbish), rubbish.size());
    file.close();
    QVERIFY(!engine.start());
    const QByteArray said = engine.errors();
    QVERIFY2(said.contains("is damaged")
                 && said.contains("arcology doctor --repair --data-dir " + data.path().toUtf8()),
             said);
    const Finished repaired = runArcology(repair);
    QVERIFY2(repaired.exitCode == 0 && repaired.out.contains("arcology.db.damaged"),
             repaired.out + repaired.error);
    QFile kept(data.filePath("arcology.db.damaged"));
    QVERIFY(kept.open(QIODevice::ReadOnly) && kept.read(rubbish.size()) == rubbish);
    QVERIFY2(engine.start(), engine.errors());
    QVERIFY(engine.ctl({"settings", "get", "drain_s"}).out.contains("7"));

    QCOMPARE(engine.stop(), 0);
    QVERIFY(QFile::remove(data.filePath("arcology.db"))); // its first commit would replace the copy
    QVERIFY(!engine.start());
    QVERIFY2(engine.errors().contains("arcology.db: is missing, but its copy is there"),
             engine.errors());
    QCOMPARE(runArcology(repair).exitCode, 0);
    QVERIFY2(engine.start(), engine.errors());
    QVERIFY(engine.ctl({"settings", "get", "drain_s"}).out.contains("7"));
}

void TestEngine::aTakenAddressIsOpenedOnceItIsFree()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    write(folder.filePath("shop/index.html"), "open");
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"site", "add", folder.filePath("shop")}).exitCode, 0);
    const QString url = firstSite(engine).value("urls").toArray().first().toString();
    QCOMPARE(http(url + "/").body, QByteArray("open"));
    QCOMPARE(engine.stop(), 0);

    QTcpServer other;
    QVERIFY2(other.listen(QHostAddress::LocalHost, static_cast<quint16>(QUrl(url).port())),
             qPrintable(other.errorString()));
    QVERIFY2(engine.start(), engine.errors());
    const QByteArray closed = engine.ctl({"status"}).out;
    QVERIFY2(closed.contains(" is in use by "), closed);
    other.close();
    QTRY_VERIFY_WITH_TIMEOUT(!engine.ctl({"status"}).out.contains("(closed:"), 30000);
    QCOMPARE(http(url + "/").body, QByteArray("open"));
    QByteArray said; // the log is written behind
    QTRY_VERIFY((said += engine.errors()).contains("listening on " + url.toUtf8()));
}

void TestEngine::aClosedTerminalDrains()
{
    QTemporaryDir data;
    EngineProcess engine(data.path());
    const auto ours =
        ::signal(SIGHUP, SIG_DFL); // under nohup the engine would have it ignored, too
    QVERIFY2(engine.start(), engine.errors());
    ::signal(SIGHUP, ours);
    ::kill(static_cast<pid_t>(engine.pid()), SIGHUP);
    QTRY_VERIFY(!engine.isRunning());
    const QByteArray errors = engine.errors();
    QVERIFY2(errors.contains("info stopped"), errors);
}

QTEST_GUILESS_MAIN(TestEngine)
#include "tst_engine.moc"
