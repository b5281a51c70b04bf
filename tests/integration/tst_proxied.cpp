// SPDX-License-Identifier: Apache-2.0
// Behind proxies: what an app is told about its client, with the real engine, a WSGI and an ASGI
// app, curl and haproxy.
#include "tests/integration/program.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>
#include <QStandardPaths>
#include <QTcpSocket>
#include <QUrl>
#include <QtTest>

#include <sys/stat.h>

using namespace arc::test;

namespace {

constexpr const char *kWsgi =
    "def application(environ, start_response):\n"
    "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
    "    extra = [k for k in environ if 'FORWARDED' in k]\n"
    "    names = ('REMOTE_ADDR', 'wsgi.url_scheme', 'HTTP_HOST')\n"
    "    return [' '.join([environ[n] for n in names] + extra).encode()]\n";

constexpr const char *kAsgi =
    "async def app(scope, receive, send):\n"
    "    if scope['type'] != 'http':\n"
    "        return\n"
    "    host = dict(scope['headers']).get(b'host', b'').decode()\n"
    "    extra = [n.decode() for n, _ in scope['headers'] if b'forwarded' in n]\n"
    "    text = ' '.join([scope['client'][0], scope['scheme'], host] + extra)\n"
    "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
    "    await send({'type': 'http.response.body', 'body': text.encode()})\n";

QJsonObject json(const Finished &finished)
{
    return QJsonDocument::fromJson(finished.out).object();
}

/// Everything the server sends until it closes.
QByteArray talk(quint16 port, const QByteArray &bytes)
{
    QTcpSocket socket;
    socket.connectToHost("127.0.0.1", port);
    if (!socket.waitForConnected(5000))
        return "not connected";
    socket.write(bytes);
    QByteArray all;
    while (socket.waitForReadyRead(10000))
        all += socket.readAll();
    return all + socket.readAll();
}

QByteArray request(const QByteArray &fields = {})
{
    return "GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n" + fields + "\r\n";
}

} // namespace

class TestProxied : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase() { m_engine.reset(); }
    void appsSeeTheRealClient_data();
    void appsSeeTheRealClient();
    void theyDoOverHttp2Too();
    void nobodyElseCanSpoofItsAddress();
    void curlSpeaksTheProxyProtocolPlainAndBeforeTls();
    void sitesAnswerOnUnixSocketsAndIpv6();
    void haproxySendsBothVersions_data();
    void haproxySendsBothVersions();
    void theLogNamesTheClientAndWhyAConnectionWasRefused();

private:
    quint16 portOf(const QString &listener) const;

    QTemporaryDir m_data;
    QTemporaryDir m_wsgi;
    QTemporaryDir m_asgi;
    std::unique_ptr<EngineProcess> m_engine;
};

/// The port that was picked, by the address that `ctl status` shows.
quint16 TestProxied::portOf(const QString &listener) const
{
    const QJsonArray listeners =
        json(m_engine->ctl({"status", "--json"})).value("listeners").toArray();
    for (const QJsonValue &each : listeners) {
        if (each.toObject().value("id").toString() == listener)
            return quint16(QUrl(each.toObject().value("url").toString()).port());
    }
    return 0;
}

void TestProxied::initTestCase()
{
    write(m_wsgi.filePath("app.py"), kWsgi);
    write(m_asgi.filePath("app.py"), kAsgi);
    m_engine = std::make_unique<EngineProcess>(m_data.path());
    QVERIFY2(m_engine->start(), m_engine->errors());
    QCOMPARE(m_engine
                 ->ctl({"site", "add", m_wsgi.path(), "--name", "wsgi", "--entry",
                        "app:application", "--interface", "wsgi"})
                 .exitCode,
             0);
    QCOMPARE(m_engine
                 ->ctl({"site", "add", m_asgi.path(), "--name", "asgi", "--entry", "app:app",
                        "--interface", "asgi"})
                 .exitCode,
             0);
    QJsonObject document =
        QJsonDocument::fromJson(m_engine->ctl({"config", "export"}).out).object();
    const auto listener = [](const char *id, bool tls, bool proxied) {
        return QJsonObject {
            {"id", id}, {"address", "127.0.0.1:0"}, {"tls", tls}, {"proxy_protocol", proxied}};
    };
    document["listeners"] =
        QJsonArray {listener("plain", false, false),
                    listener("proxied", false, true),
                    listener("proxied-tls", true, true),
                    listener("asgi", false, false),
                    QJsonObject {{"id", "six"}, {"address", "[::1]:0"}},
                    QJsonObject {{"id", "local"},
                                 {"address", "unix:" + m_data.filePath("site.sock")},
                                 {"socket_mode", "0660"}}};
    QJsonObject settings = document["settings"].toObject();
    settings["http.trusted_proxies"] = "127.0.0.1 unix";
    settings["log.access"] = true;
    document["settings"] = settings;
    QJsonArray sites = document["sites"].toArray();
    for (auto each = sites.begin(); each != sites.end(); ++each) {
        QJsonObject site = each->toObject();
        const bool isAsgi = site["id"] == "asgi";
        site["hosts"] = QJsonArray();
        site["listeners"] = isAsgi ? QJsonArray {"asgi"}
                                   : QJsonArray {"plain", "proxied", "proxied-tls", "six", "local"};
        *each = site;
    }
    document["sites"] = sites;
    write(m_data.filePath("next.json"), QJsonDocument(document).toJson());
    const Finished imported = m_engine->ctl({"config", "import", m_data.filePath("next.json")});
    QVERIFY2(imported.exitCode == 0, imported.error);
    for (const char *id : {"plain", "proxied", "proxied-tls", "asgi"})
        QVERIFY2(portOf(id), id);
    QTRY_VERIFY_WITH_TIMEOUT(talk(portOf("plain"), request()).contains("200 OK"), 20000);
    QTRY_VERIFY_WITH_TIMEOUT(talk(portOf("asgi"), request()).contains("200 OK"), 20000);
}

void TestProxied::appsSeeTheRealClient_data()
{
    QTest::addColumn<QString>("listener");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("seen");
    const QByteArray fields = "X-Forwarded-For: 6.6.6.6, 192.0.2.9\r\nX-Forwarded-Proto: https\r\n"
                              "X-Forwarded-Host: shop.example\r\nForwarded: for=6.6.6.6\r\n";
    QTest::newRow("WSGI") << "plain" << request(fields)
                          << QByteArray("192.0.2.9 https shop.example");
    QTest::newRow("ASGI") << "asgi" << request(fields)
                          << QByteArray("192.0.2.9 https shop.example");
    QTest::newRow("WSGI, PROXY header")
        << "proxied"
        << "PROXY TCP4 192.0.2.10 10.0.0.1 4711 80\r\n" + request(fields)
        << QByteArray("192.0.2.10 http app.example");
}

void TestProxied::appsSeeTheRealClient()
{
    QFETCH(QString, listener);
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, seen);
    const QByteArray answer = talk(portOf(listener), bytes);
    QVERIFY2(answer.contains("\r\n" + seen) && !answer.toUpper().contains("FORWARDED"), answer);
}

void TestProxied::theyDoOverHttp2Too()
{
    const Finished got = runProgram(
        "curl",
        {"-s", "-m", "10", "--http2-prior-knowledge", "-H", "X-Forwarded-For: 6.6.6.6, 192.0.2.9",
         "-H", "X-Forwarded-Proto: https", "-H", "X-Forwarded-Host: shop.example",
         QStringLiteral("http://127.0.0.1:%1/").arg(portOf("asgi"))});
    QCOMPARE(got.out, QByteArray("192.0.2.9 https shop.example"));
}

void TestProxied::nobodyElseCanSpoofItsAddress()
{
    QCOMPARE(m_engine->ctl({"settings", "set", "http.trusted_proxies=192.0.2.1"}).exitCode, 0);
    const QByteArray fields = "X-Forwarded-For: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\n"
                              "Forwarded: for=6.6.6.6\r\nX-Forwarded-Proto: https\r\n";
    for (const char *listener : {"plain", "asgi"})
        QTRY_VERIFY_WITH_TIMEOUT(
            talk(portOf(listener), request(fields)).contains("\r\n127.0.0.1 http app.example"),
            5000);
    QTRY_COMPARE_WITH_TIMEOUT(
        talk(portOf("proxied"), "PROXY TCP4 6.6.6.6 10.0.0.1 1 2\r\n" + request()), QByteArray(),
        5000);
    const Finished bad = m_engine->ctl({"settings", "set", "http.trusted_proxies=10.0.0.1/8"});
    QVERIFY2(bad.exitCode != 0 && bad.error.contains("10.0.0.1/8"), bad.error);
    QCOMPARE(m_engine->ctl({"settings", "set", "http.trusted_proxies=127.0.0.1 unix"}).exitCode, 0);
    QTRY_VERIFY_WITH_TIMEOUT(talk(portOf("plain"), request(fields)).contains("6.6.6.6 https"),
                             5000);
}

void TestProxied::curlSpeaksTheProxyProtocolPlainAndBeforeTls()
{
    for (const bool tls : {false, true}) {
        const QString url = QStringLiteral("%1://127.0.0.1:%2/")
                                .arg(tls ? "https" : "http")
                                .arg(portOf(tls ? "proxied-tls" : "proxied"));
        const QStringList quietly {"-sk", "-m", "10", "-H", "Host: app.example"};
        const Finished got = runProgram("curl", quietly + QStringList {"--haproxy-protocol", url});
        QCOMPARE(got.out,
                 QByteArray(tls ? "127.0.0.1 https app.example" : "127.0.0.1 http app.example"));
        const Finished without = runProgram("curl", quietly + QStringList {url});
        QVERIFY2(without.exitCode != 0, without.out);
    }
}

void TestProxied::sitesAnswerOnUnixSocketsAndIpv6()
{
    const QString path = m_data.filePath("site.sock");
    struct stat file { };
    QCOMPARE(::stat(qPrintable(path), &file), 0);
    QCOMPARE(file.st_mode & 0777, mode_t(0660));
    const QStringList quietly {"-s", "-m", "10", "-H", "Host: app.example"};
    const Finished local =
        runProgram("curl",
                   quietly
                       + QStringList {"-H", "X-Forwarded-For: 192.0.2.9", "--unix-socket", path,
                                      "http://app.example/"});
    QCOMPARE(local.out, QByteArray("192.0.2.9 http app.example"));
    const Finished six = runProgram(
        "curl", quietly + QStringList {QStringLiteral("http://[::1]:%1/").arg(portOf("six"))});
    QCOMPARE(six.out, QByteArray("::1 http app.example"));
}

void TestProxied::haproxySendsBothVersions_data()
{
    QTest::addColumn<QByteArray>("option");
    QTest::newRow("version 1") << QByteArray("send-proxy");
    QTest::newRow("version 2") << QByteArray("send-proxy-v2");
    QTest::newRow("version 2 with fields")
        << QByteArray("send-proxy-v2 proxy-v2-options crc32c,unique-id");
}

void TestProxied::haproxySendsBothVersions()
{
    QFETCH(QByteArray, option);
    const QString haproxy = QStandardPaths::findExecutable("haproxy", {"/usr/sbin", "/usr/bin"});
    if (haproxy.isEmpty())
        QSKIP("haproxy is not installed");
    QTemporaryDir folder;
    const QString socket = folder.filePath("front");
    write(folder.filePath("haproxy.cfg"),
          "defaults\n mode tcp\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n"
          "frontend front\n bind unix@"
              + socket.toUtf8()
              + " accept-proxy\n unique-id-format %pid\n default_backend back\n"
                "backend back\n server one 127.0.0.1:"
              + QByteArray::number(portOf("proxied")) + ' ' + option + '\n');
    QProcess process;
    process.start(haproxy, {"-db", "-f", folder.filePath("haproxy.cfg")});
    QVERIFY(process.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(socket), 10000);
    // haproxy is told of a client itself, so that there is one with an address of its own.
    const auto ask = [&] {
        QLocalSocket client;
        client.connectToServer(socket);
        if (!client.waitForConnected(5000))
            return QByteArray();
        client.write("PROXY TCP4 192.0.2.77 10.0.0.1 4711 80\r\n" + request());
        QByteArray all;
        while (client.waitForReadyRead(10000))
            all += client.readAll();
        return all;
    };
    const QByteArray answer = ask();
    process.terminate();
    QVERIFY(process.waitForFinished(10000));
    QVERIFY2(answer.contains("\r\n192.0.2.77 http app.example"),
             answer + process.readAllStandardError());
}

void TestProxied::theLogNamesTheClientAndWhyAConnectionWasRefused()
{
    QVERIFY(talk(portOf("plain"), request("X-Forwarded-For: 192.0.2.123\r\n")).contains("200 OK"));
    QCOMPARE(talk(portOf("proxied"), request()), QByteArray());
    const auto log = [this] {
        QFile file(m_data.filePath("logs/access.log"));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    QTRY_VERIFY_WITH_TIMEOUT(log().contains("\"192.0.2.123\""), 10000);
    QTRY_VERIFY_WITH_TIMEOUT(log().contains("does not begin with a PROXY header"), 10000);
}

QTEST_GUILESS_MAIN(TestProxied)
#include "tst_proxied.moc"
