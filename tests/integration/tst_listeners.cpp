// SPDX-License-Identifier: Apache-2.0
// Addresses of a running engine, changed by ctl while it serves.
#include "tests/integration/program.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTcpSocket>
#include <QUrl>
#include <QtTest>

#include <csignal>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace arc::test;

namespace {

/// A socket of somebody else on a port of loopback.
class Holder {
public:
    Holder() : m_socket(socket(AF_INET, SOCK_STREAM, 0))
    {
        sockaddr_in address {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        if (bind(m_socket, reinterpret_cast<sockaddr *>(&address), length) == 0
            && listen(m_socket, 1) == 0
            && getsockname(m_socket, reinterpret_cast<sockaddr *>(&address), &length) == 0)
            m_port = ntohs(address.sin_port);
    }
    ~Holder() { close(m_socket); }
    int port() const { return m_port; }

private:
    const int m_socket;
    int m_port = 0;
};

struct Server {
    Server()
    {
        write(folder.filePath("index.html"), "hello");
        started = engine.start()
            && engine.ctl({"site", "add", folder.path(), "--name", "pages", "--kind", "static"})
                    .exitCode
                == 0;
    }
    QJsonObject listener(const QString &id) const
    {
        const auto views = QJsonDocument::fromJson(engine.ctl({"listener", "list", "--json"}).out)
                               .object()["listeners"]
                               .toArray();
        for (const QJsonValue view : views) {
            if (view["id"] == id)
                return view.toObject();
        }
        return {};
    }
    QString urlOf(const QString &id) const { return listener(id)["url"].toString(); }

    QTemporaryDir folder;
    QTemporaryDir data;
    EngineProcess engine {data.path()};
    bool started = false;
};

HttpAnswer ask(const QString &url)
{
    return http(url + "/", {.host = "pages.localhost"});
}

} // namespace

class TestListeners : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneMoreAddressIsOpenWhenTheCommandAnswers()
    {
        Server server;
        QVERIFY2(server.started, server.engine.errors());
        const Finished added =
            server.engine.ctl({"listener", "add", "127.0.0.1:0", "--name", "second"});
        QVERIFY2(added.exitCode == 0, added.error);
        QCOMPARE(ask(server.urlOf("second")).body, QByteArray("hello"));
        QCOMPARE(ask(server.urlOf("http")).body, QByteArray("hello"));
    }

    void aRemovedOneIsClosedAndTheOthersStay()
    {
        Server server;
        QVERIFY2(server.started, server.engine.errors());
        QCOMPARE(server.engine.ctl({"listener", "add", "127.0.0.1:0", "--name", "second"}).exitCode,
                 0);
        const QString url = server.urlOf("second");
        QCOMPARE(server.engine.ctl({"listener", "remove", "second"}).exitCode, 0);
        QTRY_COMPARE(ask(url).status, 0);
        QCOMPARE(ask(server.urlOf("http")).body, QByteArray("hello"));
        QVERIFY(server.listener("second").isEmpty());
        // And it comes back with the history.
        QCOMPARE(server.engine.ctl({"config", "rollback"}).exitCode, 0);
        QCOMPARE(ask(server.urlOf("second")).body, QByteArray("hello"));
    }

    void anAddressThatIsTakenIsRefusedWithItsHolderAndChangesNothing()
    {
        Server server;
        QVERIFY2(server.started, server.engine.errors());
        const Holder holder;
        QVERIFY(holder.port() > 0);
        const QString taken = QString("127.0.0.1:%1").arg(holder.port());
        const QString before = server.urlOf("http");
        const Finished added = server.engine.ctl({"listener", "add", taken});
        QCOMPARE(added.exitCode, 5);
        QVERIFY2(added.error.contains(QByteArray::number(getpid())), added.error);
        const Finished edited = server.engine.ctl({"listener", "edit", "http", "--address", taken});
        QCOMPARE(edited.exitCode, 5);
        QCOMPARE(server.urlOf("http"), before);
        QCOMPARE(ask(before).body, QByteArray("hello"));
    }

    void nonsenseIsToldInOneSentence_data()
    {
        QTest::addColumn<QString>("address");
        QTest::newRow("no port") << "127.0.0.1";
        QTest::newRow("a port too high") << "127.0.0.1:70000";
        QTest::newRow("a name") << "example.org:80";
        QTest::newRow("a relative socket") << "unix:run/x.sock";
        QTest::newRow("nothing") << "";
    }
    void nonsenseIsToldInOneSentence()
    {
        QFETCH(QString, address);
        Server server;
        QVERIFY2(server.started, server.engine.errors());
        const QString before = server.urlOf("http");
        const Finished edited =
            server.engine.ctl({"listener", "edit", "http", "--address", address});
        QCOMPARE(edited.exitCode, 2);
        QVERIFY2(edited.error.startsWith("arcology: listener http, address: "), edited.error);
        QCOMPARE(edited.error.count('\n'), 1);
        QCOMPARE(ask(before).body, QByteArray("hello"));
    }

    void aConnectionSurvivesTheMoveOfItsListener()
    {
        Server server;
        QVERIFY2(server.started, server.engine.errors());
        const QUrl url(server.urlOf("http"));
        QTcpSocket client;
        client.connectToHost(url.host(), quint16(url.port()));
        QVERIFY(client.waitForConnected());
        const auto askAgain = [&client] {
            client.write("GET / HTTP/1.1\r\nHost: pages.localhost\r\n\r\n");
            QByteArray answer;
            while (!answer.endsWith("hello") && client.waitForReadyRead(20000))
                answer += client.readAll();
            return answer.startsWith("HTTP/1.1 200 ");
        };
        QVERIFY(askAgain());
        QCOMPARE(server.engine.ctl({"listener", "edit", "http", "--address", "[::1]:0"}).exitCode,
                 0);
        QVERIFY(askAgain());
        QVERIFY(server.urlOf("http").startsWith("http://[::1]:"));
        QCOMPARE(ask(server.urlOf("http")).body, QByteArray("hello"));
    }

    void shutdownEndsTheEngine()
    {
        Server server;
        QVERIFY2(server.started, server.engine.errors());
        const Finished ended = server.engine.ctl({"shutdown"});
        QVERIFY2(ended.exitCode == 0, ended.error);
        QTRY_VERIFY(!server.engine.isRunning());
    }

    void anImportWhoseAppDoesNotStartSaysSo()
    {
        Server server;
        QVERIFY2(server.started, server.engine.errors());
        write(server.folder.filePath("bad/app.py"), "import no_such_thing\n");
        QJsonObject document =
            QJsonDocument::fromJson(server.engine.ctl({"config", "export"}).out).object();
        document["apps"] = QJsonArray {QJsonObject {{"id", "bad"},
                                                    {"root", server.folder.filePath("bad")},
                                                    {"entry", "app:app"},
                                                    {"interface", "wsgi"},
                                                    {"python", "/usr/bin/python3"}}};
        QJsonArray sites = document["sites"].toArray();
        sites.append(QJsonObject {
            {"id", "bad"},
            {"hosts", QJsonArray {"bad.localhost"}},
            {"routes",
             QJsonArray {QJsonObject {{"path", "/"}, {"python", QJsonObject {{"app", "bad"}}}}}}});
        document["sites"] = sites;
        const QString file = server.data.filePath("document.json");
        write(file, QJsonDocument(document).toJson());
        const Finished imported = server.engine.ctl({"config", "import", file});
        QCOMPARE(imported.exitCode, 4);
        QVERIFY2(imported.error.contains("bad did not start: "), imported.error);
        QVERIFY2(imported.error.contains("no_such_thing"), imported.error);
        QVERIFY2(imported.out.contains("(revision "), imported.out);
        const Finished back = server.engine.ctl({"config", "rollback"});
        QVERIFY2(back.exitCode == 0, back.error);
    }

    void aMistypedVariableIsWarnedOf()
    {
        QTemporaryDir folder;
        QTemporaryDir data;
        qputenv("ARCOLOGY_LOOPZ", "1");
        EngineProcess engine {data.path()};
        const bool started = engine.start();
        qunsetenv("ARCOLOGY_LOOPZ");
        engine.stop();
        const QByteArray said = engine.errors();
        QVERIFY2(started, said);
        QVERIFY2(said.contains("warning: ARCOLOGY_LOOPZ is in the environment and is no setting; "
                               "did you mean ARCOLOGY_LOOPS?"),
                 said);
    }
};

QTEST_GUILESS_MAIN(TestListeners)
#include "tst_listeners.moc"
