// SPDX-License-Identifier: Apache-2.0
// app service ...: what is asked of the engine, what is printed, and the exit codes.
#include "tests/unit/control/ctl_under_test.h"

#include <QJsonDocument>
#include <QJsonObject>

using namespace arc;
using namespace arc::test;

class TestCtlServices : public QObject, private CtlUnderTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { reset(); }

    void wordsBecomeOneLineAndTheRestIsAsUsual()
    {
        const Ran ran =
            run({"app", "service", "add", "shop", "mail", "--", "celery", "-A", "a b", "worker"});
        QVERIFY2(ran.exit == 0, ran.err.c_str());
        QCOMPARE(*made("mail"),
                 (ServiceConfig {.name = "mail", .command = "celery -A 'a b' worker"}));
        QVERIFY2(ran.out.ends_with(": running\n"), ran.out.c_str());
    }

    void everyOptionOfAddArrives()
    {
        const Ran ran = run({"app",
                             "service",
                             "add",
                             "shop",
                             "render",
                             "--instances",
                             "3",
                             "--port",
                             "--restart",
                             "on-failure",
                             "--ready-after",
                             "0",
                             "--start-timeout",
                             "5",
                             "--stop-signal",
                             "QUIT",
                             "--stop-timeout",
                             "600",
                             "--no-enabled",
                             "node render.js --port {port}"});
        QVERIFY2(ran.exit == 0, ran.err.c_str());
        QCOMPARE(*made("render"),
                 (ServiceConfig {.name = "render",
                                 .command = "node render.js --port {port}",
                                 .instances = 3,
                                 .port = true,
                                 .restart = "on-failure",
                                 .readyAfterSeconds = 0,
                                 .startTimeoutSeconds = 5,
                                 .stopSignal = "QUIT",
                                 .stopTimeoutSeconds = 600,
                                 .enabled = false}));
        QVERIFY2(ran.out.ends_with(": off\n"), ran.out.c_str());
    }

    void editChangesOnlyWhatIsNamed()
    {
        add();
        ServiceConfig wanted = *made("mail");
        QCOMPARE(run({"app", "service", "edit", "shop", "mail", "--instances", "2"}).exit, 0);
        wanted.instances = 2;
        QCOMPARE(*made("mail"), wanted);
        QCOMPARE(
            run({"app", "service", "edit", "shop", "mail", "--port", "--command", "x -y"}).exit, 0);
        wanted.port = true;
        wanted.command = "x -y";
        QCOMPARE(*made("mail"), wanted);
        QCOMPARE(run({"app", "service", "edit", "shop", "mail", "--no-port"}).exit, 0);
        wanted.port = false;
        QCOMPARE(*made("mail"), wanted);
        QCOMPARE(run({"app", "service", "edit", "shop", "mail", "--port", "--no-port"}).exit, 2);
        QCOMPARE(run({"app", "service", "edit", "shop", "mail", "--instances", "two"}).exit, 2);
    }

    void itWaitsUntilTheServiceRuns()
    {
        m_fake->serviceStates["mail"] = {"starting", ""};
        m_onPause = [this] {
            if (m_pauses == 2)
                m_fake->serviceStates.clear();
        };
        const Ran ran = run({"app", "service", "add", "shop", "mail", "celery worker"});
        QVERIFY2(ran.exit == 0, ran.err.c_str());
        QCOMPARE(m_pauses, 3);
        QVERIFY2(ran.out.ends_with(": running\n"), ran.out.c_str());
    }

    void oneThatDoesNotRunIsAFailure()
    {
        m_fake->serviceStates["mail"] = {"waiting", "exited with code 1; its last line: no broker"};
        const Ran ran = run({"app", "service", "add", "shop", "mail", "celery worker"});
        QCOMPARE(ran.exit, 4);
        QVERIFY2(ran.err.find("but it does not run: its process exited with code 1; its last line: "
                              "no broker (`arcology ctl log tail shop` shows all it wrote)\n")
                     != std::string::npos,
                 ran.err.c_str());
        QVERIFY(made("mail")); // it stays, to be mended
        QCOMPARE(run({"app", "service", "restart", "shop", "mail"}).exit, 4);
    }

    void interruptingTheWaitLeavesItAlone()
    {
        m_fake->serviceStates["mail"] = {"starting", ""};
        m_interruptAt = 0;
        const Ran ran = run({"app", "service", "add", "shop", "mail", "celery worker"});
        QCOMPARE(ran.exit, 130);
        QCOMPARE(ran.err, std::string("arcology: mail goes on starting\n"));
        const Ran quick = run({"app", "service", "start", "shop", "mail", "--no-wait"});
        QVERIFY2(quick.out.ends_with(": starting\n"), quick.out.c_str());
    }

    void listIsATableWithALineForEachProcess()
    {
        QCOMPARE(run({"app", "service", "list", "shop"}).out,
                 std::string("App shop has no services.\n"));
        add();
        QCOMPARE(run({"app", "service", "edit", "shop", "mail", "--instances", "2", "--port"}).exit,
                 0);
        const QStringList two = lines(run({"app", "service", "list", "shop"}).out);
        QCOMPARE(two.size(), 3);
        QVERIFY2(two[1].startsWith("mail.1  running  4001  44001  "), qPrintable(two[1]));
        QVERIFY2(two[2].startsWith("mail.2  running  4002  44002  "), qPrintable(two[2]));
        QVERIFY2(two[2].endsWith("1.5 s  celery worker") || two[2].contains("1.50 s"),
                 qPrintable(two[2]));
        m_fake->serviceStates["mail"] = {"failed", "exited with\x1b[2J code 1"};
        const QStringList bad = lines(run({"app", "service", "list", "shop"}).out);
        QCOMPARE(bad.size(), 5);
        QCOMPARE(bad[3], QString("mail.1: exited with [2J code 1"));
        QCOMPARE(run({"app", "service", "stop", "shop", "mail"}).exit, 0);
        const QStringList off = lines(run({"app", "service", "list", "shop"}).out);
        QVERIFY2(off[1].startsWith("mail  off  "), qPrintable(off[1]));
    }

    void jsonIsTheWholeAnswer()
    {
        const Ran added = run({"app", "service", "add", "shop", "mail", "x", "--json"});
        const QJsonObject made =
            QJsonDocument::fromJson(QByteArray::fromStdString(added.out)).object();
        QCOMPARE(made["state"].toString(), QString("running"));
        QCOMPARE(made["stop_timeout_s"].toInt(), 30);
        const Ran again = run({"app", "service", "restart", "shop", "mail", "--json"});
        QCOMPARE(QJsonDocument::fromJson(QByteArray::fromStdString(again.out))["processes"].toInt(),
                 1);
    }

    void whatIsWrongIsSaid()
    {
        QCOMPARE(run({"app", "service", "list", "nobody"}).exit, 3);
        QCOMPARE(run({"app", "service", "restart", "shop", "mail"}).err,
                 std::string("arcology: app shop has no service mail, nor any other\n"));
        add();
        QCOMPARE(run({"app", "service", "remove", "shop", "mails"}).err,
                 std::string("arcology: app shop has no service mails; it has mail\n"));
        QCOMPARE(run({"app", "service", "add", "shop", "mail", "x"}).err,
                 std::string("arcology: name: app shop has a service mail already\n"));
        QCOMPARE(
            run({"app", "service", "add", "shop", "b", "x | y"}).err,
            std::string("arcology: command: \"|\" is for a shell, and none is run; put it into "
                        "'...', or write sh -c '...'\n"));
        QCOMPARE(run({"app", "service", "edit", "shop", "mail", "--instances", "0"}).err,
                 std::string("arcology: instances: must be 1 to 64\n"));
        QCOMPARE(run({"app", "service", "add", "shop", "b", "x {port}"}).err,
                 std::string("arcology: command: names {port}, but port is not on\n"));
        QCOMPARE(run({"app", "service", "remove", "shop", "mail"}).exit, 0);
        QVERIFY(m_fake->document().findApp("shop")->services.empty());
    }

private:
    void add()
    {
        QCOMPARE(run({"app", "service", "add", "shop", "mail", "celery worker"}).exit, 0);
    }
    const ServiceConfig *made(const std::string &name)
    {
        return m_fake->document().findApp("shop")->findService(name);
    }
};

QTEST_GUILESS_MAIN(TestCtlServices)
#include "tst_ctl_services.moc"
