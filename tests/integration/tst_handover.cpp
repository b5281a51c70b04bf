// SPDX-License-Identifier: Apache-2.0
// The engine as a service: a manager keeps its listening sockets while it restarts, and under load
// nobody is refused.
#include "server/net/socket_passing.h"
#include "test_paths.h"
#include "tests/integration/load.h"
#include "tests/integration/program.h"
#include "tests/integration/service_manager.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>
#include <QRegularExpression>
#include <QTcpServer>
#include <QTcpSocket>
#include <QtTest>

#include <csignal>

#include <unistd.h>

using namespace arc::test;

namespace {

constexpr const char *kApp = "import os, time\n"
                             "time.sleep(float(os.environ.get('SLOW', '0')))\n"
                             "open('imported', 'w').close()\n"
                             "ours = [n for n in os.environ if n.startswith(('LISTEN_', 'NOTIFY_', "
                             "'WATCHDOG_', 'STATE_'))]\n"
                             "def application(environ, start_response):\n"
                             "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
                             "    return [b'hello ' + ' '.join(ours).encode()]\n";

/// A service with one Python site, and what it is told to serve.
struct Service {
    Service() { write(folder.filePath("app.py"), kApp); }

    void writeDocument(const QJsonArray &listeners)
    {
        const QJsonObject app {{"id", "hello"},
                               {"root", folder.path()},
                               {"entry", "app:application"},
                               {"interface", "wsgi"},
                               {"python", "/usr/bin/python3"},
                               {"env", environment},
                               {"settings", QJsonObject {{"pool.processes", 1}}}};
        const QJsonObject route {{"path", "/"}, {"python", QJsonObject {{"app", "hello"}}}};
        const QJsonObject site {{"id", "hello"}, {"enabled", true}, {"routes", QJsonArray {route}}};
        const QJsonObject document {{"format", 1},
                                    {"listeners", listeners},
                                    {"apps", QJsonArray {app}},
                                    {"sites", QJsonArray {site}}};
        write(folder.filePath("arcology.json"), QJsonDocument(document).toJson());
    }
    bool start(const QJsonArray &listeners, const QStringList &settings = {})
    {
        writeDocument(listeners);
        QStringList arguments {"--headless", "--service",
                               "--config",   folder.filePath("arcology.json"),
                               "--set",      "ops.listen=off"};
        for (const QString &setting : settings)
            arguments << "--set" << setting;
        return manager.start(arguments);
    }
    bool serve(const QJsonArray &listeners, const QStringList &settings = {})
    {
        return start(listeners, settings) && manager.waitReady();
    }
    QString url(const QString &listener = "http") const
    {
        return QString("http://127.0.0.1:%1/").arg(manager.storedPorts(listener).value(0));
    }

    QTemporaryDir folder;
    QJsonObject environment;
    ServiceManager manager;
};

QJsonArray listeners(const QList<QPair<QString, QString>> &all)
{
    QJsonArray array;
    for (const auto &[id, address] : all)
        array << QJsonObject {{"id", id}, {"address", address}};
    return array;
}

const QJsonArray kAnyPort = listeners({{"http", "127.0.0.1:0"}});

// Long waits, since nobody answers while engines change.
const QStringList kKept {"--timeout", "60s"};
const QStringList kAnew = kKept + QStringList {"-H", "Connection: close"}; // for each request

int numberIn(const QByteArray &report, const QString &pattern)
{
    return QRegularExpression(pattern).match(QString::fromUtf8(report)).captured(1).toInt();
}

bool isRefused(quint16 port)
{
    QTcpSocket socket;
    socket.connectToHost("127.0.0.1", port);
    return !socket.waitForConnected(5000)
        && socket.error() == QAbstractSocket::ConnectionRefusedError;
}

} // namespace

class TestHandover : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void restartsUnderLoadRefuseNobodyAndFailNoRequest_data();
    void restartsUnderLoadRefuseNobodyAndFailNoRequest();
    void kill9UnderLoadRefusesNobody();
    void readyIsSaidWhenTheAppAnswersAndStoppingAtTheEnd();
    void anAppThatFailsDoesNotHoldUpReady();
    void theWatchdogIsFed();
    void aConnectionMadeWhileNobodyRunsIsAnsweredByTheNextEngine();
    void aMovedListenerIsClosed();
    void aListenerThatChangesWhileServingChangesInTheStore();
    void aRenamedListenerKeepsItsSocket();
    void anHttpsListenerIsHandedOverToo();
    void moreAndFewerLoopsServeEverySocket();
    void aSocketUnitIsServed();
    void appsSeeNothingOfTheManager();
    void theAdminSocketIsForTheGroup();
    void healthAndAdminSocketsAreHandedOverToo();
    void aMovedHealthAddressIsClosed();
    void theServiceTakesTheDesktopEnginesPlaceUnderLoad();
    void anEngineThatCannotGiveItsSocketsGoesOn();
    void socketsThatNobodySaysToHaveAreNotGivenAway();
    void keepServingWithoutASystemdOfTheUserSaysSoAndWritesNothing();
};

void TestHandover::restartsUnderLoadRefuseNobodyAndFailNoRequest_data()
{
    QTest::addColumn<bool>("isKept");
    QTest::addColumn<int>("restarts");
    QTest::newRow("new connections") << false << 4;
    QTest::newRow("kept connections") << true << 6;
}

void TestHandover::restartsUnderLoadRefuseNobodyAndFailNoRequest()
{
    QFETCH(bool, isKept);
    QFETCH(int, restarts);
    Service service;
    QVERIFY(service.serve(kAnyPort));
    const QString url = service.url();
    Load load(url, isKept ? 16 : 8, isKept ? kKept : kAnew);
    for (int i = 0; i < restarts; ++i) {
        QTRY_VERIFY(http(url).status == 200);
        QCOMPARE(service.manager.stop(), 0);
        QVERIFY(service.serve(kAnyPort));
        QCOMPARE(service.url(), url); // a port that the kernel picked is kept, too
    }
    QCOMPARE(http(url).status, 200);
    verifyNothingFailed(load.finish(), 100);
}

void TestHandover::kill9UnderLoadRefusesNobody()
{
    Service service;
    QVERIFY(service.serve(kAnyPort));
    const QString url = service.url();
    Load load(url, 8, kAnew);
    constexpr int kKills = 3;
    for (int i = 0; i < kKills; ++i) {
        QTRY_VERIFY(http(url).status == 200);
        service.manager.kill9();
        QVERIFY(service.serve(kAnyPort));
    }
    QCOMPARE(http(url).status, 200);
    const QByteArray report = load.finish();
    QVERIFY2(numberIn(report, "(\\d+) requests in") > 100, report);
    // What the dead engine had accepted died with it; there are eight connections.
    QVERIFY2(numberIn(report, "read (\\d+)") <= 8 * kKills, report);
    const int others = numberIn(report, "connect (\\d+)") + numberIn(report, "write (\\d+)")
        + numberIn(report, "timeout (\\d+)") + numberIn(report, "responses: (\\d+)");
    QVERIFY2(others == 0, report);
}

void TestHandover::readyIsSaidWhenTheAppAnswersAndStoppingAtTheEnd()
{
    Service service;
    service.environment = {{"SLOW", "0.7"}};
    QVERIFY(service.serve(kAnyPort));
    QVERIFY(QFile::exists(service.folder.filePath("imported")));
    QCOMPARE(service.manager.status(), QByteArray("Serving"));
    QVERIFY(!service.manager.isStopping());
    QCOMPARE(service.manager.stop(), 0);
    QTRY_VERIFY(service.manager.isStopping());
}

void TestHandover::anAppThatFailsDoesNotHoldUpReady()
{
    Service service;
    write(service.folder.filePath("app.py"), "raise RuntimeError('no such table')\n");
    QElapsedTimer time;
    time.start();
    QVERIFY(service.serve(kAnyPort));
    QVERIFY(time.elapsed() < 25000);
    QVERIFY2(service.manager.status().contains("no such table"), service.manager.status());
}

void TestHandover::theWatchdogIsFed()
{
    Service service;
    service.manager.watchdogMs = 400;
    QVERIFY(service.serve(kAnyPort));
    QTRY_VERIFY(service.manager.beats() >= 4);
    ::kill(pid_t(service.manager.pid()), SIGSTOP);
    QTest::qWait(100); // what was under way has arrived
    const int before = service.manager.beats();
    QTest::qWait(900);
    QCOMPARE(service.manager.beats(), before); // an engine that hangs says nothing
    ::kill(pid_t(service.manager.pid()), SIGCONT);
    QTRY_VERIFY(service.manager.beats() > before);
}

void TestHandover::aConnectionMadeWhileNobodyRunsIsAnsweredByTheNextEngine()
{
    Service service;
    QVERIFY(service.serve(kAnyPort));
    const quint16 port = service.manager.storedPorts("http").value(0);
    QCOMPARE(service.manager.stop(), 0);
    QTcpSocket waiting;
    waiting.connectToHost("127.0.0.1", port);
    QVERIFY(waiting.waitForConnected());
    waiting.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    QVERIFY(waiting.waitForBytesWritten());
    QVERIFY(service.serve(kAnyPort));
    QByteArray answer; // which may have come while the engine was waited for
    QTRY_VERIFY_WITH_TIMEOUT((answer += waiting.readAll()).startsWith("HTTP/1.1 200"), 10000);
}

void TestHandover::aMovedListenerIsClosed()
{
    Service service;
    QVERIFY(service.serve(kAnyPort));
    const quint16 old = service.manager.storedPorts("http").value(0);
    QCOMPARE(service.manager.stop(), 0);
    QVERIFY(!isRefused(old)); // the manager has it
    // Another address under the same name, and one more that is new.
    QVERIFY(service.serve(listeners({{"http", "127.0.0.2:0"}, {"other", "127.0.0.3:0"}})));
    QVERIFY(isRefused(old));
    QCOMPARE(service.manager.storedNames(), QStringList({"http", "other"}));
    const quint16 port = service.manager.storedPorts("http").value(0);
    QCOMPARE(http(QString("http://127.0.0.2:%1/").arg(port)).status, 200);
    QCOMPARE(service.manager.stop(), 0);
    QVERIFY(service.serve(kAnyPort));
    QCOMPARE(service.manager.storedNames(), QStringList {"http"});
    QCOMPARE(http(service.url()).status, 200);
}

void TestHandover::aListenerThatChangesWhileServingChangesInTheStore()
{
    Service service;
    QVERIFY(service.serve(listeners({{"http", "127.0.0.1:0"}, {"extra", "127.0.0.1:0"}})));
    const quint16 old = service.manager.storedPorts("http").value(0);
    const quint16 extra = service.manager.storedPorts("extra").value(0);
    QVERIFY(old && extra);
    QFile document(service.folder.filePath("arcology.json"));
    QVERIFY(document.open(QIODevice::ReadOnly));
    QJsonObject changed = QJsonDocument::fromJson(document.readAll()).object();
    changed["listeners"] = listeners({{"http", "127.0.0.2:0"}});
    write(service.folder.filePath("next.json"), QJsonDocument(changed).toJson());
    const Finished done =
        runArcology({"ctl", "config", "import", service.folder.filePath("next.json"), "--socket",
                     service.manager.controlSocket()});
    QVERIFY2(done.exitCode == 0, done.out + done.error);
    QTRY_COMPARE(service.manager.storedNames(), QStringList {"http"});
    QTRY_VERIFY(isRefused(old) && isRefused(extra));
    const quint16 port = service.manager.storedPorts("http").value(0);
    QCOMPARE(http(QString("http://127.0.0.2:%1/").arg(port)).status, 200);
}

void TestHandover::aRenamedListenerKeepsItsSocket()
{
    Service service;
    QVERIFY(service.serve(kAnyPort));
    const quint16 port = service.manager.storedPorts("http").value(0);
    QCOMPARE(service.manager.stop(), 0);
    QVERIFY(service.serve(listeners({{"web", QString("127.0.0.1:%1").arg(port)}})));
    QTRY_COMPARE(service.manager.storedNames(), QStringList {"web"});
    QCOMPARE(service.manager.storedPorts("web").value(0), port);
    QCOMPARE(http(service.url("web")).status, 200);
}

void TestHandover::anHttpsListenerIsHandedOverToo()
{
    QJsonArray both = kAnyPort;
    both << QJsonObject {{"id", "https"}, {"address", "127.0.0.1:0"}, {"tls", true}};
    Service service;
    QVERIFY(service.serve(both));
    QTRY_COMPARE(service.manager.storedNames().size(), 2);
    const quint16 port = service.manager.storedPorts("https").value(0);
    const QStringList ask {"-sS",
                           "-m",
                           "60",
                           "--cacert",
                           service.manager.stateDirectory() + "/ca/root.pem",
                           QString("https://127.0.0.1:%1/").arg(port)};
    const Finished first = runProgram("curl", ask);
    QVERIFY2(first.out == "hello ", first.error);
    QCOMPARE(service.manager.stop(), 0);
    QProcess waiting; // in the backlog: nobody serves
    waiting.start("curl", ask);
    QVERIFY(waiting.waitForStarted());
    QVERIFY(service.serve(both));
    QTRY_COMPARE_WITH_TIMEOUT(waiting.state(), QProcess::NotRunning, 60000);
    QCOMPARE(waiting.readAllStandardOutput(), QByteArray("hello "));
    QCOMPARE(service.manager.storedPorts("https").value(0), port);
    QCOMPARE(http(service.url()).status, 200);
    // Plain from now on: the socket stays.
    QJsonObject document =
        QJsonDocument::fromJson(
            runArcology({"ctl", "config", "export", "--socket", service.manager.controlSocket()})
                .out)
            .object();
    document["listeners"] = listeners({{"http", "127.0.0.1:0"}, {"https", "127.0.0.1:0"}});
    write(service.folder.filePath("changed.json"), QJsonDocument(document).toJson());
    const Finished done =
        runArcology({"ctl", "config", "import", service.folder.filePath("changed.json"), "--socket",
                     service.manager.controlSocket()});
    QVERIFY2(done.exitCode == 0, done.out + done.error);
    QTRY_COMPARE(http(service.url("https")).status, 200);
    QCOMPARE(service.manager.storedPorts("https").value(0), port);
}

void TestHandover::moreAndFewerLoopsServeEverySocket()
{
    Service service;
    QVERIFY(service.serve(kAnyPort, {"loops=2"}));
    QTRY_COMPARE(service.manager.storedPorts("http").size(), 2);
    const QString url = service.url();
    for (const char *loops : {"loops=1", "loops=3"}) {
        QCOMPARE(service.manager.stop(), 0);
        QVERIFY(service.serve(kAnyPort, {loops}));
        QCOMPARE(service.url(), url);
        for (int i = 0; i < 30; ++i) // the kernel spreads them over both sockets
            QCOMPARE(http(url).status, 200);
    }
}

void TestHandover::aSocketUnitIsServed()
{
    ServiceManager manager;
    const quint16 port = manager.openSocketUnit();
    QVERIFY(port);
    for (int i = 0; i < 2; ++i) { // the second time the stored socket comes as well
        QVERIFY(manager.start({"--headless", "--service", "--set", "ops.listen=off"}));
        QVERIFY(manager.waitReady());
        const HttpAnswer answer = http(QString("http://127.0.0.1:%1/").arg(port));
        QVERIFY2(answer.status == 404, qPrintable(answer.error)); // there is no site
        QCOMPARE(manager.stop(), 0);
    }
}

void TestHandover::appsSeeNothingOfTheManager()
{
    Service service;
    service.manager.watchdogMs = 10000;
    for (int i = 0; i < 2; ++i) { // the second start is given sockets
        QVERIFY(service.serve(kAnyPort));
        QCOMPARE(http(service.url()).body, QByteArray("hello "));
        QCOMPARE(service.manager.stop(), 0);
    }
}

void TestHandover::theAdminSocketIsForTheGroup()
{
    Service service;
    QVERIFY(service.serve(kAnyPort));
    const QFileDevice::Permissions group = QFileDevice::ReadGroup | QFileDevice::WriteGroup;
    const QFileDevice::Permissions other = QFileDevice::ReadOther | QFileDevice::WriteOther;
    const auto rights = QFileInfo(service.manager.controlSocket()).permissions();
    QVERIFY((rights & group) == group && !(rights & other));
    QVERIFY(QFile::exists(service.manager.stateDirectory() + "/arcology.db"));
}

namespace {

quint16 freePort()
{
    QTcpServer server;
    server.listen(QHostAddress::LocalHost);
    return server.serverPort();
}

} // namespace

void TestHandover::healthAndAdminSocketsAreHandedOverToo()
{
    Service service;
    const quint16 port = freePort();
    const QString health = QString("http://127.0.0.1:%1/healthz").arg(port);
    const QStringList settings {QString("ops.listen=127.0.0.1:%1").arg(port)};
    QVERIFY(service.serve(kAnyPort, settings));
    QTRY_COMPARE(service.manager.allStoredNames().filter("@").size(), 2);
    for (int i = 0; i < 3; ++i) {
        QCOMPARE(http(health).body, QByteArray("ok\n"));
        i == 1 ? service.manager.kill9() : (void)service.manager.stop();
        // Nobody runs: both wait in the backlog and are answered by the next engine.
        QTcpSocket probe;
        probe.connectToHost("127.0.0.1", port);
        QVERIFY2(probe.waitForConnected(5000), qPrintable(probe.errorString()));
        probe.write("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        QLocalSocket admin;
        admin.connectToServer(service.manager.controlSocket());
        QVERIFY2(admin.waitForConnected(5000), qPrintable(admin.errorString()));
        admin.write("GET /api/v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        QVERIFY(service.serve(kAnyPort, settings));
        QTRY_VERIFY(probe.bytesAvailable() > 0);
        QVERIFY(probe.readAll().startsWith("HTTP/1.1 200"));
        QTRY_VERIFY(admin.bytesAvailable() > 0);
        QVERIFY(admin.readAll().startsWith("HTTP/1.1 200"));
        QTRY_COMPARE(service.manager.allStoredNames().filter("@").size(), 2);
    }
}

void TestHandover::aMovedHealthAddressIsClosed()
{
    Service service;
    const quint16 before = freePort();
    QVERIFY(service.serve(kAnyPort, {QString("ops.listen=127.0.0.1:%1").arg(before)}));
    QTRY_VERIFY(service.manager.allStoredNames().contains("@ops"));
    QCOMPARE(service.manager.stop(), 0);
    const quint16 after = freePort();
    QVERIFY(service.serve(kAnyPort, {QString("ops.listen=127.0.0.1:%1").arg(after)}));
    QTRY_VERIFY(isRefused(before));
    QTRY_COMPARE(service.manager.storedPorts("@ops"), QList<quint16> {after});
    QCOMPARE(http(QString("http://127.0.0.1:%1/healthz").arg(after)).status, 200);
}

void TestHandover::theServiceTakesTheDesktopEnginesPlaceUnderLoad()
{
    QTemporaryDir data;
    EngineProcess desktop(data.filePath("data"));
    Service service; // its folder and document
    QVERIFY(desktop.start());
    service.writeDocument(kAnyPort);
    Finished done = desktop.ctl({"config", "import", service.folder.filePath("arcology.json")});
    QVERIFY2(done.exitCode == 0, done.error);
    done = desktop.ctl({"status", "--json"});
    const QString url = QJsonDocument::fromJson(done.out)["listeners"][0]["url"].toString() + '/';
    QTRY_COMPARE(http(url).status, 200);
    const QStringList takesOver {"--headless",          "--take-over", "--data-dir",
                                 data.filePath("data"), "--set",       "ops.listen=off"};
    Load load(url, 8, kAnew);
    for (int i = 0; i < 2; ++i) { // the second time its own sockets come back from the manager
        QVERIFY(service.manager.start(takesOver));
        QVERIFY(service.manager.waitReady());
        QCOMPARE(service.url(), url);
        QCOMPARE(http(url).status, 200);
        QTRY_VERIFY(!desktop.isRunning());
        QCOMPARE(desktop.stop(), 0);
        done = desktop.ctl({"status", "--json"}); // the same admin socket, another engine
        QCOMPARE(QJsonDocument::fromJson(done.out)["pid"].toInteger(), service.manager.pid());
        QCOMPARE(service.manager.stop(), 0);
    }
    QVERIFY(service.manager.start(takesOver));
    QVERIFY(service.manager.waitReady());
    verifyNothingFailed(load.finish(), 100);
    QVERIFY(QDir(data.filePath("data"))
                .entryList({"hand-over*"}, QDir::AllEntries | QDir::System)
                .isEmpty());
}

void TestHandover::anEngineThatCannotGiveItsSocketsGoesOn()
{
    QTemporaryDir data;
    EngineProcess desktop(data.filePath("data"));
    QVERIFY(desktop.start());
    const QByteArray nowhere = data.filePath("nobody.sock").toUtf8();
    for (const QByteArray &to : {nowhere, QByteArray("relative"), QByteArray(200, '/')}) {
        const Finished asked =
            runProgram("curl",
                       {"-sS", "--unix-socket", data.filePath("data/control.sock"), "-d",
                        "{\"to\": \"" + to + "\"}", "-H", "Content-Type: application/json", "-w",
                        "%{http_code}", "http://engine/api/v1/hand-over"});
        QVERIFY2(!asked.out.endsWith("200") && asked.out.contains("error"), asked.out);
    }
    QCOMPARE(desktop.ctl({"status"}).exitCode, 0);
    QCOMPARE(desktop.stop(), 0);
    QVERIFY(!QFile::exists(data.filePath("data/control.sock")));
}

void TestHandover::socketsThatNobodySaysToHaveAreNotGivenAway()
{
    QTemporaryDir data;
    EngineProcess desktop(data.filePath("data"));
    QVERIFY(desktop.start());
    const QString url =
        QJsonDocument::fromJson(desktop.ctl({"status", "--json"}).out)["listeners"][0]["url"]
            .toString();
    for (const bool leaves : {true, false}) {
        auto receiver = arc::SocketReceiver::listen(data.filePath("taker.sock").toStdString());
        QVERIFY(receiver.has_value());
        QProcess asked;
        asked.start("curl",
                    {"-sS", "--unix-socket", data.filePath("data/control.sock"), "-d",
                     "{\"to\": \"" + QString::fromStdString(receiver->path()) + "\"}", "-H",
                     "Content-Type: application/json", "http://engine/api/v1/hand-over"});
        QVERIFY(asked.waitForStarted());
        auto sockets = receiver->receive(std::chrono::seconds(20));
        QVERIFY2(sockets.has_value(), sockets ? "" : sockets.error().message().c_str());
        QVERIFY(sockets->size() >= 2); // of the listener, and of this call
        if (leaves) {                  // as an engine that was killed
            const arc::SocketReceiver gone = std::move(*receiver);
        }
        QVERIFY(asked.waitForFinished(20000));
        const QByteArray answer = asked.readAllStandardOutput();
        QVERIFY2(answer.contains("error")
                     && answer.contains(leaves ? "left before it had" : "did not say within 2 s"),
                 answer);
    }
    QCOMPARE(desktop.ctl({"status"}).exitCode, 0);
    QCOMPARE(http(url + '/').status, 404); // there is no site
    QTRY_COMPARE(desktop.ctl({"log", "tail", "engine"}).out.count("this engine goes on serving: "),
                 2);
    QCOMPARE(desktop.stop(), 0);
}

void TestHandover::keepServingWithoutASystemdOfTheUserSaysSoAndWritesNothing()
{
    QTemporaryDir home;
    QFile::setPermissions(home.path(), QFile::Permissions(0x7777));
    QStringList words {"env",
                       "HOME=" + home.path(),
                       "XDG_CONFIG_HOME=" + home.path(),
                       "XDG_RUNTIME_DIR=" + home.path(),
                       ARC_BINARY,
                       "keep-serving"};
    if (::geteuid() == 0)
        words = QStringList {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"} + words;
    const QString program = words.takeFirst();
    const Finished state = runProgram(program, words + QStringList {"--json"});
    const QJsonObject told = QJsonDocument::fromJson(state.out).object();
    QCOMPARE(state.exitCode, 0);
    QCOMPARE(told.keys(), QStringList({"on", "possible", "why"}));
    QVERIFY(!told["on"].toBool() && !told["possible"].toBool());
    QVERIFY2(told["why"].toString().contains("log in on the desktop or by ssh"), state.out);
    for (const char *wish : {"on", "off"}) {
        const Finished refused = runProgram(program, words + QStringList {wish});
        QCOMPARE(refused.exitCode, 1);
        QVERIFY2(refused.error.contains(told["why"].toString().toUtf8()), refused.error);
        QCOMPARE(refused.error.count('\n'), 1);
    }
    QCOMPARE(runProgram(program, words + QStringList {"perhaps"}).exitCode, 2);
    QVERIFY(QDir(home.path()).isEmpty());
}

QTEST_GUILESS_MAIN(TestHandover)
#include "tst_handover.moc"
