// SPDX-License-Identifier: Apache-2.0
// Services beside real sites, as an administrator keeps them with ctl: a Celery worker that does
// what a Flask site asks for, and a Node server on the port it is given.
#include "tests/integration/program.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <csignal>

using namespace arc::test;

namespace {

QJsonObject object(const Finished &finished)
{
    return QJsonDocument::fromJson(finished.out).object();
}

bool isAlive(qint64 pid)
{
    QFile status(QString("/proc/%1/stat").arg(pid));
    if (pid <= 0 || !status.open(QIODevice::ReadOnly))
        return false;
    const QByteArray text = status.readAll();
    return text[text.lastIndexOf(')') + 2] != 'Z';
}

/// A Flask site that leaves work to Celery, by way of files: no broker has to run.
class Shop {
public:
    Shop()
    {
        for (const char *folder : {"queue", "control", "results"})
            QDir(m_folder.path()).mkdir(folder);
        write(
            file("tasks.py"),
            "import os\nfrom celery import Celery\nfrom words import WORD\n"
            "here = os.path.dirname(os.path.abspath(__file__))\n"
            "app = Celery('shop', broker='filesystem://', backend='file://' + here + '/results')\n"
            "app.conf.broker_transport_options = {'data_folder_in': here + '/queue',\n"
            "    'data_folder_out': here + '/queue', 'control_folder': here + '/control'}\n"
            "@app.task\n"
            "def greet(name):\n"
            "    with open(here + '/done', 'a') as done:\n"
            "        done.write('%s %s, %s\\n' % (WORD, name, os.environ.get('SHOP')))\n");
        say("Hello");
        write(file("app.py"),
              "from flask import Flask\nfrom tasks import greet\nimport words\n"
              "app = Flask(__name__)\n"
              "@app.route('/order/<name>')\n"
              "def order(name):\n    greet.delay(name)\n    return words.WORD\n");
    }
    bool start()
    {
        return engine.start()
            && engine
                   .ctl({"site", "add", m_folder.path(), "--name", "shop", "--python",
                         "/usr/bin/python3", "--env", "SHOP=corner", "--set", "pool.processes=1"})
                   .exitCode
            == 0;
    }
    void say(const QByteArray &word) const { write(file("words.py"), "WORD = '" + word + "'\n"); }
    Finished service(const QStringList &words) const
    {
        return engine.ctl(QStringList {"app", "service"} + words);
    }
    QJsonObject view(int at = 0) const
    {
        return object(service({"list", "shop", "--json"}))["services"].toArray()[at].toObject();
    }
    QJsonObject process(int at = 0) const { return view()["processes"].toArray()[at].toObject(); }
    qint64 pid(int at = 0) const { return process(at)["pid"].toInteger(); }
    QString state() const { return view()["state"].toString(); }
    QByteArray order(const QString &name) const
    {
        const QJsonArray sites = object(engine.ctl({"site", "list", "--json"}))["sites"].toArray();
        return http(sites.first()["urls"].toArray().first().toString() + "/order/" + name).body;
    }
    QByteArray done() const
    {
        QFile done(file("done"));
        return done.open(QIODevice::ReadOnly) ? done.readAll() : QByteArray();
    }
    QString file(const QString &name) const { return m_folder.filePath(name); }
    QByteArray metric(const QByteArray &name) const
    {
        for (const QByteArray &line : engine.ctl({"metrics"}).out.split('\n')) {
            if (line.startsWith(name + "{app=\"shop\"}"))
                return line.mid(line.lastIndexOf(' ') + 1);
        }
        return {};
    }
    Finished addCelery() const
    {
        return service({"add", "shop", "mail", "--ready-after", "3", "--", "celery", "-A", "tasks",
                        "worker", "--concurrency", "1", "--loglevel", "INFO"});
    }
    /// A server that says its word, environment and port.
    Finished addNode(const QStringList &options = {"--port"}) const
    {
        write(file("render.js"),
              "const fs = require('fs');\n"
              "if (fs.existsSync('broken')) { console.log('no paper'); process.exit(3); }\n"
              "require('http').createServer((q, a) => a.end(process.env.SHOP + ' ' + "
              "process.pid)).listen(process.env.PORT, process.env.HOST);\n"
              "process.on('SIGTERM', () => { console.log('bye'); process.exit(0); });\n");
        return service(QStringList {"add", "shop", "render"} + options
                       + QStringList {"--", "node", "render.js"});
    }

    QTemporaryDir data;
    EngineProcess engine {data.path()};

private:
    QTemporaryDir m_folder;
};

} // namespace

class TestAppServices : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aCeleryWorkerDoesWhatTheSiteOrdersAndFollowsADeploy()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        const Finished added = shop.addCelery();
        QVERIFY2(added.exitCode == 0, added.error);
        QVERIFY2(added.out.startsWith("app shop: service mail added (revision "), added.out);
        QVERIFY2(added.out.endsWith(": running\n"), added.out);
        QCOMPARE(shop.order("ana"), QByteArray("Hello"));
        QTRY_COMPARE(shop.done(), QByteArray("Hello ana, corner\n"));
        const qint64 before = shop.pid();
        QVERIFY(shop.process()["processes"].toInt() >= 2); // its pool is counted with it
        QVERIFY(shop.process()["memory_bytes"].toInteger() > 10'000'000);

        // The classic trap: new code, and a worker that does not know it.
        shop.say("Welcome");
        QCOMPARE(shop.engine.ctl({"site", "deploy", "shop"}).exitCode, 0);
        QTRY_VERIFY(shop.pid() != before && shop.state() == "running");
        QVERIFY(!isAlive(before));
        QCOMPARE(shop.order("bob"), QByteArray("Welcome"));
        // Celery delivers at least once: what its broker had not heard of is done again.
        QTRY_VERIFY(shop.done().endsWith("Welcome bob, corner\n"));
        QVERIFY2(shop.done().startsWith("Hello ana, corner\n"), shop.done());

        // A release that is refused changes nothing for it either.
        const qint64 serving = shop.pid();
        write(shop.file("app.py"), "no python\n");
        QVERIFY(shop.engine.ctl({"site", "deploy", "shop"}).exitCode != 0);
        QCOMPARE(shop.state(), QString("running")); // not "stopping", as it would be at once
        QCOMPARE(shop.pid(), serving);

        // Nor does what concerns workers only.
        write(shop.file("app.py"), "from flask import Flask\napp = Flask(__name__)\n");
        QCOMPARE(shop.engine.ctl({"settings", "set", "--app", "shop", "pool.threads=3"}).exitCode,
                 0);
        const auto generation = [&] {
            return object(shop.engine.ctl({"worker", "list", "--json"}))["pools"]
                .toArray()[0]
                .toObject()["generation"]
                .toInteger();
        };
        QTRY_COMPARE(generation(), qint64 {4});
        QCOMPARE(shop.state(), QString("running"));
        QCOMPARE(shop.pid(), serving);
        const QByteArray log = shop.engine.ctl({"log", "tail", "shop"}).out;
        QVERIFY2(log.contains("[" + QByteArray::number(serving) + "] mail: "), log);
        QCOMPARE(shop.metric("arcology_app_service_processes"), QByteArray("1"));
        QCOMPARE(shop.metric("arcology_app_service_restarts_total"), QByteArray("0"));
        QCOMPARE(shop.engine.stop(), 0);
        QVERIFY(!isAlive(serving));
    }

    void aNodeServerAnswersOnItsPortAndComesBackWhenItIsKilled()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        const Finished added = shop.addNode();
        QVERIFY2(added.exitCode == 0, added.error);
        const int port = shop.process()["port"].toInt();
        QVERIFY2(added.out.endsWith(QString(": running, on 127.0.0.1:%1\n").arg(port).toUtf8()),
                 added.out);
        const QString url = QString("http://127.0.0.1:%1/").arg(port);
        const qint64 first = shop.pid();
        QCOMPARE(http(url).body, "corner " + QByteArray::number(first));

        ::kill(static_cast<pid_t>(first), SIGKILL);
        QTRY_VERIFY(shop.pid() > 0 && shop.pid() != first && shop.state() == "running");
        QCOMPARE(shop.process()["port"].toInt(), port);
        QCOMPARE(http(url).body, "corner " + QByteArray::number(shop.pid()));
        QCOMPARE(shop.process()["last_end"].toString(),
                 QString("was killed by signal 9 (SIGKILL)"));
        QCOMPARE(shop.metric("arcology_app_service_restarts_total"), QByteArray("1"));

        // A variable that changes reaches it with the site's new workers.
        QCOMPARE(shop.engine.ctl({"app", "env", "set", "shop", "SHOP=mall"}).exitCode, 0);
        QTRY_COMPARE(http(url).body, "mall " + QByteArray::number(shop.pid()));

        QCOMPARE(shop.service({"restart", "shop", "render"}).exitCode, 0);
        QCOMPARE(shop.process()["last_end"].toString(),
                 QString("was ended for a new one, asked for by %1")
                     .arg(object(shop.engine.ctl({"config", "history", "--json"}))["revisions"]
                              .toArray()[0]
                              .toObject()["author"]
                              .toString()));
        const qint64 last = shop.pid();
        QCOMPARE(shop.service({"stop", "shop", "render"}).exitCode, 0);
        QTRY_COMPARE(shop.state(), QString("off"));
        QVERIFY(!isAlive(last));
        QTRY_VERIFY(shop.engine.ctl({"log", "tail", "shop"}).out.contains("render: bye"));
        QCOMPARE(shop.service({"start", "shop", "render"}).exitCode, 0);
        QCOMPARE(shop.state(), QString("running"));

        // With its site.
        const qint64 again = shop.pid();
        QCOMPARE(shop.engine.ctl({"site", "stop", "shop"}).exitCode, 0);
        QTRY_COMPARE(shop.state(), QString("paused"));
        QVERIFY(!isAlive(again));
        QCOMPARE(shop.engine.ctl({"site", "start", "shop"}).exitCode, 0);
        QTRY_COMPARE(shop.state(), QString("running"));
        QCOMPARE(shop.engine.ctl({"config", "rollback"}).exitCode, 0); // of the site's start
        QTRY_COMPARE(shop.state(), QString("paused"));
    }

    void aCrashLoopIsToldWhereOneLooks()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        write(shop.file("broken"), {});
        QCOMPARE(shop.engine.ctl({"settings", "set", "--app", "shop", "pool.crash_loop_count=2"})
                     .exitCode,
                 0);
        const Finished added = shop.addNode();
        QCOMPARE(added.exitCode, 4);
        QVERIFY2(added.error.contains("but it does not run: its process exited with code 3; its "
                                      "last line: no paper"),
                 added.error);
        QTRY_COMPARE(shop.state(), QString("failed"));
        QCOMPARE(shop.metric("arcology_app_service_processes_failed"), QByteArray("1"));
        const QByteArray status = shop.engine.ctl({"status"}).out;
        QVERIFY2(status.contains("service render of app shop does not stay up: exited with code "
                                 "3; its last line: no paper"),
                 status);
        QVERIFY(shop.service({"list", "shop"}).out.contains("it is started again at "));
        QFile::remove(shop.file("broken"));
        QCOMPARE(shop.service({"start", "shop", "render"}).exitCode, 0);
        QCOMPARE(shop.state(), QString("running"));
    }

    void nothingOfAKilledEngineStays()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        QCOMPARE(shop.addNode({"--port", "--instances", "2"}).exitCode, 0);
        const qint64 one = shop.pid(0);
        const qint64 two = shop.pid(1);
        QVERIFY(isAlive(one) && isAlive(two));
        shop.engine.kill9();
        QVERIFY2(shop.engine.start(), shop.engine.errors());
        QTRY_COMPARE(shop.state(), QString("running"));
        QVERIFY(!isAlive(one));
        QVERIFY(!isAlive(two));
        const qint64 now = shop.pid(0);
        QVERIFY(isAlive(now));
        QCOMPARE(shop.engine.stop(), 0);
        QVERIFY(!isAlive(now));
    }

    void interruptingTheEngineTwiceTakesItAlong()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        const Finished added =
            shop.service({"add", "shop", "deaf", "--stop-timeout", "600", "--", "python", "-c",
                          "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
                          "time.sleep(300)"});
        QVERIFY2(added.exitCode == 0, added.error);
        const qint64 pid = shop.pid();
        QVERIFY(isAlive(pid));
        for (int i = 0; i < 2; ++i) {
            ::kill(static_cast<pid_t>(shop.engine.pid()), SIGINT);
            if (i == 0) // two at once would be one
                QTRY_VERIFY(shop.engine.ctl({"status"}).out.contains("draining")
                            || shop.engine.ctl({"status"}).exitCode != 0);
        }
        QCOMPARE(shop.engine.stop(), 1);
        QTRY_VERIFY(!isAlive(pid));
    }

    void configurationIsEditedUndoneExportedAndImported()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        QCOMPARE(shop.addNode({"--port", "--no-enabled"}).exitCode, 0);
        const QByteArray before = shop.engine.ctl({"config", "export"}).out;
        QVERIFY(before.contains("\"services\""));
        QCOMPARE(shop.service({"edit", "shop", "render", "--instances", "2", "--restart", "never",
                               "--stop-timeout", "5"})
                     .exitCode,
                 0);
        QCOMPARE(shop.view()["instances"].toInt(), 2);
        QCOMPARE(shop.view()["restart"].toString(), QString("never"));
        QCOMPARE(shop.engine.ctl({"config", "rollback"}).exitCode, 0);
        QCOMPARE(shop.engine.ctl({"config", "export"}).out, before);
        QTemporaryDir other;
        write(other.filePath("config.json"),
              QByteArray(before).replace("\"port\": true", "\"port\": 80"));
        const Finished bad = shop.engine.ctl({"config", "import", other.filePath("config.json")});
        QVERIFY2(bad.error.contains("apps[0].services[0].port: must be true or false"), bad.error);
        QCOMPARE(shop.service({"remove", "shop", "render"}).exitCode, 0);
        QVERIFY(!shop.engine.ctl({"config", "export"}).out.contains("\"services\""));
        QVERIFY(shop.service({"list", "shop"}).out.contains("App shop has no services."));
    }
};

QTEST_GUILESS_MAIN(TestAppServices)
#include "tst_app_services.moc"
