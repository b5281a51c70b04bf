// SPDX-License-Identifier: Apache-2.0
// app schedule ...: what is asked of the engine, what is printed, and the exit codes.
#include "tests/unit/control/ctl_under_test.h"

#include <QJsonDocument>
#include <QJsonObject>

using namespace arc;
using namespace arc::test;

class TestCtlSchedules : public QObject, private CtlUnderTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { reset(); }

    void wordsBecomeOneLine_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QString>("command");
        QTest::newRow("words") << QStringList {"--", "manage.py", "clearsessions", "-v", "2"}
                               << "manage.py clearsessions -v 2";
        QTest::newRow("words that need quotes")
            << QStringList {"--", "manage.py", "mail", "it's", "a b"}
            << "manage.py mail 'it'\\''s' 'a b'";
        QTest::newRow("one line") << QStringList {"manage.py mail 'a b'"} << "manage.py mail 'a b'";
    }
    void wordsBecomeOneLine()
    {
        QFETCH(QStringList, words);
        QFETCH(QString, command);
        std::vector<std::string> arguments {"app", "schedule", "add", "shop", "job", "@daily"};
        for (const QString &word : words)
            arguments.push_back(word.toStdString());
        const Ran ran = run(arguments);
        QVERIFY2(ran.exit == 0, ran.err.c_str());
        const ScheduleConfig *made = m_fake->document().findApp("shop")->findSchedule("job");
        QVERIFY(made);
        QCOMPARE(QString::fromStdString(made->command), command);
        QVERIFY(made->enabled);
        QCOMPARE(made->timeLimitSeconds, int64_t {86'400});
    }

    void everyOptionOfAddArrives()
    {
        const Ran ran = run({"app", "schedule", "add", "shop", "job", "5 4 * * mon", "--time-zone",
                             "Asia/Tokyo", "--overlap", "allow", "--time-limit", "0", "--catch-up",
                             "--disabled", "ls"});
        QVERIFY2(ran.exit == 0, ran.err.c_str());
        QCOMPARE(*m_fake->document().findApp("shop")->findSchedule("job"),
                 (ScheduleConfig {.name = "job",
                                  .cron = "5 4 * * mon",
                                  .timeZone = "Asia/Tokyo",
                                  .command = "ls",
                                  .overlap = "allow",
                                  .timeLimitSeconds = 0,
                                  .catchUp = true,
                                  .enabled = false}));
    }

    void editChangesOnlyWhatIsNamed()
    {
        add();
        const ScheduleConfig before = *m_fake->document().findApp("shop")->findSchedule("job");
        QCOMPARE(run({"app", "schedule", "edit", "shop", "job", "--times", "@hourly"}).exit, 0);
        ScheduleConfig wanted = before;
        wanted.cron = "@hourly";
        QCOMPARE(*m_fake->document().findApp("shop")->findSchedule("job"), wanted);
        QCOMPARE(run({"app", "schedule", "edit", "shop", "job", "--disable", "--no-catch-up",
                      "--name", "other", "--command", "ls -l"})
                     .exit,
                 0);
        wanted.enabled = false;
        wanted.name = "other";
        wanted.command = "ls -l";
        QCOMPARE(*m_fake->document().findApp("shop")->findSchedule("other"), wanted);
        QCOMPARE(run({"app", "schedule", "edit", "shop", "other", "--enable", "--disable"}).exit,
                 2);
    }

    void runWaitsAndEndsAsTheCommandDid()
    {
        add();
        const Ran good = run({"app", "schedule", "run", "shop", "job"});
        QCOMPARE(good.exit, 0);
        QCOMPARE(good.out, std::string("Looking\nno database\n"));
        m_fake->scheduleEnd = "failed";
        const Ran bad = run({"app", "schedule", "run", "shop", "job"});
        QCOMPARE(bad.exit, 3);
        QCOMPARE(bad.err,
                 std::string("arcology: run 2 of job: exited with code 3; its last line: "
                             "no database\n"));
        const Ran json = run({"app", "schedule", "run", "shop", "job", "--json"});
        QCOMPARE(json.exit, 3);
        const QJsonObject answer =
            QJsonDocument::fromJson(QByteArray::fromStdString(json.out)).object();
        QCOMPARE(answer["state"].toString(), QString("failed"));
        QCOMPARE(answer["exit_code"].toInt(), 3);
        const Ran quick = run({"app", "schedule", "run", "shop", "job", "--no-wait"});
        QCOMPARE(quick.out, std::string("Run 4 of job is running.\n"));
    }

    void interruptingTheWaitLeavesTheRunAlone()
    {
        add();
        m_interruptAt = 0;
        const Ran ran = run({"app", "schedule", "run", "shop", "job"});
        QCOMPARE(ran.exit, 130);
        QCOMPARE(ran.err, std::string("arcology: run 1 of job goes on\n"));
    }

    void listAndHistoryAreTables()
    {
        QCOMPARE(run({"app", "schedule", "list", "shop"}).out,
                 std::string("App shop has no schedules.\n"));
        QCOMPARE(run({"app", "schedule", "history", "shop"}).out,
                 std::string("No such run is known.\n"));
        add();
        run({"app", "schedule", "run", "shop", "job"});
        const QStringList list = lines(run({"app", "schedule", "list", "shop"}).out);
        QCOMPARE(list.size(), 2);
        QVERIFY2(list[1].startsWith("job   @daily  waiting  2027-01-15 09:00 UTC  done "),
                 qPrintable(list[1]));
        const QStringList history = lines(run({"app", "schedule", "history", "shop", "job"}).out);
        QCOMPARE(history.size(), 2);
        QVERIFY2(history[1].contains("1.50 s"), qPrintable(history[1]));
        const Ran one = run({"app", "schedule", "history", "shop", "--number", "1"});
        QVERIFY2(one.out.starts_with("run 1 of job: done\n"), one.out.c_str());
        QVERIFY(one.out.ends_with("Looking\nno database\n"));
    }

    void whatIsNotThereIsSaid()
    {
        QCOMPARE(run({"app", "schedule", "list", "nobody"}).exit, 3);
        QCOMPARE(run({"app", "schedule", "run", "shop", "job"}).err,
                 std::string("arcology: app shop has no schedule job, nor any other\n"));
        add();
        QCOMPARE(run({"app", "schedule", "remove", "shop", "jobs"}).err,
                 std::string("arcology: app shop has no schedule jobs; it has job\n"));
        QCOMPARE(run({"app", "schedule", "add", "shop", "job", "@daily", "ls"}).err,
                 std::string("arcology: name: app shop has a schedule job already\n"));
        QCOMPARE(run({"app", "schedule", "remove", "shop", "job"}).exit, 0);
        QVERIFY(m_fake->document().findApp("shop")->schedules.empty());
    }

private:
    void add()
    {
        QCOMPARE(run({"app", "schedule", "add", "shop", "job", "@daily", "manage.py work"}).exit,
                 0);
    }
};

QTEST_GUILESS_MAIN(TestCtlSchedules)
#include "tst_ctl_schedules.moc"
