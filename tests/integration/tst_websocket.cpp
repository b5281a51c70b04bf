// SPDX-License-Identifier: Apache-2.0
// WebSockets as their users meet them: a FastAPI app, the program, and a client library that others
// wrote (python3-websockets).
#include "test_paths.h"
#include "tests/integration/program.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QtTest>

#include <csignal>

using namespace arc::test;

namespace {

const QString kPython = "/usr/bin/python3";

QString here(const QString &name)
{
    return QStringLiteral(ARC_SOURCE_DIR "/tests/integration/websocket/") + name;
}

/// The app in a folder of its own.
class App {
public:
    App() { QFile::copy(here("app.py"), m_folder.filePath("app.py")); }
    QString root() const { return m_folder.path(); }

private:
    QTemporaryDir m_folder;
};

/// A talk of client.py to its end.
void talk(const QStringList &arguments)
{
    const Finished done =
        runProgram(kPython, QStringList {"-B", here("client.py")} + arguments, {}, 120000);
    QVERIFY2(done.exitCode == 0 && done.out.endsWith("ok\n"), (done.out + done.error).constData());
}

/// A client that keeps its socket open until the other side ends it with one of `codes`.
class Holder {
public:
    Holder(const QString &url, const QStringList &codes)
    {
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start(kPython, QStringList {"-B", here("client.py"), "hold", url} + codes);
    }
    ~Holder()
    {
        if (m_process.state() != QProcess::NotRunning) {
            m_process.kill();
            m_process.waitForFinished();
        }
    }
    bool says(const QByteArray &word)
    {
        while (!m_output.contains(word + "\n")) {
            if (!m_process.waitForReadyRead(30000))
                return false;
            m_output += m_process.readAll();
        }
        return true;
    }
    void tell(const QByteArray &word) { m_process.write(word + "\n"); }
    bool ended() { return m_process.waitForFinished(60000) && m_process.exitCode() == 0; }
    QByteArray output() { return m_output += m_process.readAll(); }

private:
    QProcess m_process;
    QByteArray m_output;
};

QJsonObject object(const Finished &finished)
{
    return QJsonDocument::fromJson(finished.out).object();
}

} // namespace

class TestWebSocket : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void messagesOfEverySizeComeBack();
    void theSameOverTls();
    void theSameFromJavaScript_data();
    void theSameFromJavaScript();
    void twoHundredOpenSocketsTakeNoSlot();
    void aSlowReaderHoldsTheAppAndNotTheMemory();
    void aSlowAppHoldsTheClientAndNotTheMemory();
    void everyEndHasItsCode();
    void badHandshakesAreToldWhy();
    void anAppWithoutWebSocketsAnswersARequest();
    void whoAnswersNoPingIsGone();
    void aQuietSocketIsClosedAfterItsTime();
    void beyondTheirNumberClientsGet503();
    void aKilledWorkerIsTold();
    void aStopIsTold();
    void socketsOutliveADeployUntilTheyAreTold();
    void theBooksAreKept();
};

void TestWebSocket::messagesOfEverySizeComeBack()
{
    const App app;
    Served served(app.root(), {"--workers", "2", "--loops", "2"});
    QVERIFY2(served.isServing(), served.errors());
    talk({"echo", served.url()});
}

void TestWebSocket::theSameOverTls()
{
    const App app;
    Served served(app.root(), {"--workers", "1", "--tls-listen", "127.0.0.1:0"});
    QVERIFY2(served.isServing(), served.errors());
    static const QRegularExpression address("(https://[0-9.:]+)");
    talk({"echo", address.match(served.line()).captured(1)});
}

void TestWebSocket::theSameFromJavaScript_data()
{
    QTest::addColumn<QString>("scheme");
    QTest::newRow("http") << "http";
    QTest::newRow("https") << "https";
}

void TestWebSocket::theSameFromJavaScript()
{
    QFETCH(QString, scheme);
    const App app;
    Served served(app.root(), {"--workers", "1", "--tls-listen", "127.0.0.1:0"});
    QVERIFY2(served.isServing(), served.errors());
    const QRegularExpression address("(" + scheme + "://[0-9.:]+)");
    const QString url = address.match(served.line()).captured(1);
    const Finished done = runProgram(
        "env", {"NODE_PATH=/usr/share/nodejs", "node", here("client.js"), url}, {}, 120000);
    QVERIFY2(done.exitCode == 0 && done.out == "ok\n", (done.out + done.error).constData());
}

void TestWebSocket::twoHundredOpenSocketsTakeNoSlot()
{
    const App app;
    Served served(app.root(), {"--workers", "2", "--set", "pool.asgi_requests=8"});
    QVERIFY2(served.isServing(), served.errors());
    talk({"many", served.url(), "200"});
}

void TestWebSocket::aSlowReaderHoldsTheAppAndNotTheMemory()
{
    const App app;
    Served served(app.root(), {"--workers", "1"});
    QVERIFY2(served.isServing(), served.errors());
    talk({"slowReader", served.url(), QString::number(served.pid())});
}

void TestWebSocket::aSlowAppHoldsTheClientAndNotTheMemory()
{
    const App app;
    Served served(app.root(), {"--workers", "1"});
    QVERIFY2(served.isServing(), served.errors());
    talk({"slowApp", served.url(), QString::number(served.pid())});
}

void TestWebSocket::everyEndHasItsCode()
{
    const App app;
    Served served(app.root(), {"--workers", "1"});
    QVERIFY2(served.isServing(), served.errors());
    talk({"ends", served.url()});
}

void TestWebSocket::badHandshakesAreToldWhy()
{
    const App app;
    Served served(app.root(), {"--workers", "1"});
    QVERIFY2(served.isServing(), served.errors());
    const HttpAnswer old = http(served.url() + "/echo",
                                {.headers = {{"Upgrade", "websocket"},
                                             {"Connection", "Upgrade"},
                                             {"Sec-WebSocket-Version", "8"},
                                             {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}}});
    QCOMPARE(old.status, 426);
    QCOMPARE(old.headers["sec-websocket-version"], "13");
    QCOMPARE(old.headers["upgrade"], "websocket");
    const HttpAnswer keyless = http(served.url() + "/echo",
                                    {.headers = {{"Upgrade", "websocket"},
                                                 {"Connection", "Upgrade"},
                                                 {"Sec-WebSocket-Version", "13"}}});
    QCOMPARE(keyless.status, 400);
    QVERIFY2(keyless.body.contains("Sec-WebSocket-Key"), keyless.body);
    QCOMPARE(http(served.url() + "/", {}).status, 200);
}

void TestWebSocket::anAppWithoutWebSocketsAnswersARequest()
{
    QTemporaryDir folder;
    QFile file(folder.filePath("app.py"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("from flask import Flask\napp = Flask(__name__)\n"
               "@app.route('/')\ndef front():\n    return 'plain'\n");
    file.close();
    Served served(folder.path(), {"--workers", "1"});
    QVERIFY2(served.isServing(), served.errors());
    const HttpAnswer answer =
        http(served.url() + "/",
             {.headers = {{"Upgrade", "websocket"},
                          {"Connection", "Upgrade"},
                          {"Sec-WebSocket-Version", "13"},
                          {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}}});
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, "plain");
}

void TestWebSocket::whoAnswersNoPingIsGone()
{
    const App app;
    Served served(app.root(),
                  {"--workers", "1", "--set", "websocket.ping_s=1", "--set", "websocket.pong_s=1"});
    QVERIFY2(served.isServing(), served.errors());
    talk({"quiet", served.url(), "1006"});
    QCOMPARE(http(served.url() + "/ends").body, "[1006]");
}

void TestWebSocket::aQuietSocketIsClosedAfterItsTime()
{
    const App app;
    Served served(app.root(), {"--workers", "1", "--set", "websocket.idle_s=1"});
    QVERIFY2(served.isServing(), served.errors());
    Holder holder(served.url(), {"1001"});
    QVERIFY2(holder.says("ready"), holder.output());
    holder.tell("wait");
    QVERIFY2(holder.ended(), holder.output());
    QCOMPARE(http(served.url() + "/ends").body, "[1001]");
}

void TestWebSocket::beyondTheirNumberClientsGet503()
{
    const App app;
    Served served(app.root(), {"--workers", "1", "--set", "websocket.sockets=1"});
    QVERIFY2(served.isServing(), served.errors());
    Holder holder(served.url(), {"1001"});
    QVERIFY2(holder.says("ready"), holder.output());
    const QList<QPair<QByteArray, QByteArray>> ask {
        {"Upgrade", "websocket"},
        {"Connection", "Upgrade"},
        {"Sec-WebSocket-Version", "13"},
        {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
    QCOMPARE(http(served.url() + "/echo", {.headers = ask}).status, 503);
    QCOMPARE(http(served.url() + "/").status, 200);
}

void TestWebSocket::aKilledWorkerIsTold()
{
    const App app;
    Served served(app.root(), {"--workers", "1"});
    QVERIFY2(served.isServing(), served.errors());
    Holder holder(served.url(), {"1011"});
    QVERIFY2(holder.says("ready"), holder.output());
    holder.tell("wait");
    const QList<qint64> workers = served.workers();
    QCOMPARE(workers.size(), 1);
    ::kill(static_cast<pid_t>(workers.first()), SIGKILL);
    QVERIFY2(holder.ended(), holder.output());
    QCOMPARE(http(served.url() + "/").status, 200); // the next worker serves
}

void TestWebSocket::aStopIsTold()
{
    const App app;
    Served served(app.root(), {"--workers", "1"});
    QVERIFY2(served.isServing(), served.errors());
    Holder holder(served.url(), {"1001"});
    QVERIFY2(holder.says("ready"), holder.output());
    holder.tell("wait");
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(served.stop(), 0);
    QVERIFY2(timer.elapsed() < 8000, "it waited for a socket that had been told");
    QVERIFY2(holder.ended(), holder.output());
    QFile ends(app.root() + "/ends.txt"); // the app heard it as well, before it had to go
    QVERIFY(ends.open(QIODevice::ReadOnly));
    QCOMPARE(ends.readAll(), QByteArray("1001\n"));
}

void TestWebSocket::socketsOutliveADeployUntilTheyAreTold()
{
    const App app;
    QTemporaryDir data;
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const Finished added = engine.ctl({"site", "add", app.root(), "--name", "talk", "--set",
                                       "pool.processes=1", "--set", "websocket.drain_s=5"});
    QVERIFY2(added.exitCode == 0, added.error);
    const QJsonArray sites = object(engine.ctl({"site", "list", "--json"}))["sites"].toArray();
    const QString url = sites.first()["urls"].toArray().first().toString();
    QTRY_COMPARE_WITH_TIMEOUT(http(url + "/").status, 200, 30000);
    Holder holder(url, {"1012"});
    QVERIFY2(holder.says("ready"), holder.output());
    // A change that does not concern it.
    QCOMPARE(engine.ctl({"settings", "set", "pool.queue_length=900"}).exitCode, 0);
    const Finished deployed = engine.ctl({"site", "deploy", "talk"});
    QVERIFY2(deployed.exitCode == 0, deployed.error);
    holder.tell("talk"); // with the generation before
    QVERIFY2(holder.says("talked"), holder.output());
    QCOMPARE(http(url + "/ends").body, "[]"); // by the one that serves
    QVERIFY2(holder.ended(), holder.output());
    QTRY_VERIFY_WITH_TIMEOUT(engine.ctl({"log", "tail", "talk"}).out.contains("disconnect 1012"),
                             20000);
}

void TestWebSocket::theBooksAreKept()
{
    const App app;
    QTemporaryDir data;
    Served served(app.root(),
                  {"--workers", "1", "--data-dir", data.path(), "--set", "ops.listen=127.0.0.1:0"});
    QVERIFY2(served.isServing(), served.errors());
    talk({"echo", served.url()});
    QFile log(data.filePath("logs/access.log"));
    QByteArrayList lines;
    const auto hasBoth = [&] {
        if (!log.isOpen() && !log.open(QIODevice::ReadOnly))
            return false;
        log.seek(0);
        lines.clear();
        for (const QByteArray &each : log.readAll().split('\n')) {
            if (each.contains("\"status\":101"))
                lines << each;
        }
        return lines.size() == 2;
    };
    QTRY_VERIFY_WITH_TIMEOUT(hasBoth(), 20000);
    const QByteArray line = lines.last();
    const QJsonObject entry = QJsonDocument::fromJson(line).object();
    QCOMPARE(entry["close"].toInt(), 4321);
    QCOMPARE(entry["target"].toString(), "/echo");
    QVERIFY2(entry["bytes"].toDouble() > 2'000'000, line); // the second talk was not compressed
    QVERIFY(entry["ms"].toDouble() > 0);
}

QTEST_GUILESS_MAIN(TestWebSocket)
#include "tst_websocket.moc"
