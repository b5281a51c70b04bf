// SPDX-License-Identifier: Apache-2.0
// Schedules of a real Django project, as an administrator keeps them with ctl.
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

/// A project with a management command of its own: `work WORD` writes a line into `done`, and goes
/// on until the file `go` is there when the word is "wait".
class Project {
public:
    Project()
    {
        runProgram("django-admin", {"startproject", "shop", "."}, m_folder.path());
        QFile settings(file("shop/settings.py"));
        settings.open(QIODevice::Append);
        settings.write("\nINSTALLED_APPS += ['stock']\n");
        write(file("stock/__init__.py"), {});
        write(file("stock/management/__init__.py"), {});
        write(file("stock/management/commands/__init__.py"), {});
        write(file("stock/management/commands/work.py"),
              "import os, subprocess, sys, time\n"
              "from django.core.management.base import BaseCommand\n"
              "class Command(BaseCommand):\n"
              "    def add_arguments(self, parser):\n"
              "        parser.add_argument('word')\n"
              "    def handle(self, word, **more):\n"
              "        child = subprocess.Popen(['sleep', '300'], start_new_session=True)\n"
              "        with open('done', 'a') as done:\n"
              "            done.write('%d %d\\n' % (os.getpid(), child.pid))\n"
              "        self.stdout.write('%s in %s for %s' % (word, os.getcwd(), "
              "os.environ['SHOP']))\n"
              "        end = time.time() + 120\n"
              "        while word == 'wait' and not os.path.exists('go') and time.time() < end:\n"
              "            time.sleep(0.05)\n"
              "        if word == 'fail':\n"
              "            sys.exit('no database')\n");
    }
    QString root() const { return m_folder.path(); }
    QString file(const QString &name) const { return m_folder.filePath(name); }
    QByteArray read(const QString &name) const
    {
        QFile file(this->file(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    /// Of the commands that were begun, two each.
    QList<QByteArray> pids() const { return read("done").simplified().split(' '); }

private:
    QTemporaryDir m_folder;
};

bool isAlive(const QByteArray &pid)
{
    QFile status("/proc/" + pid + "/stat");
    if (pid.isEmpty() || !status.open(QIODevice::ReadOnly))
        return false;
    const QByteArray text = status.readAll();
    return text[text.lastIndexOf(')') + 2] != 'Z';
}

class Shop {
public:
    bool start()
    {
        return engine.start()
            && engine
                   .ctl({"site", "add", project.root(), "--name", "shop", "--env", "SHOP=corner",
                         "--set", "pool.processes=1", "--set", "pool.stop_timeout_s=1"})
                   .exitCode
            == 0;
    }
    Finished schedule(const QStringList &words) const
    {
        return engine.ctl(QStringList {"app", "schedule"} + words);
    }
    /// Oldest first.
    QJsonArray history() const
    {
        QJsonArray runs;
        const Finished told = schedule({"history", "shop", "--json"});
        for (const QJsonValue run : object(told)["runs"].toArray())
            runs.prepend(run);
        return runs;
    }
    QString states() const
    {
        QStringList all;
        for (const QJsonValue run : history())
            all << run["state"].toString();
        return all.join(' ');
    }
    QByteArray metric(const QByteArray &name) const
    {
        for (const QByteArray &line : engine.ctl({"metrics"}).out.split('\n')) {
            if (line.startsWith(name + "{app=\"shop\"}"))
                return line.mid(line.lastIndexOf(' ') + 1);
        }
        return {};
    }

    QTemporaryDir data;
    Project project;
    EngineProcess engine {data.path()};
};

} // namespace

class TestSchedules : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aManagementCommandRunsAsTheWorkersDo()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        const Finished added = shop.schedule({"add", "shop", "nightly", "30 2 * * *", "--time-zone",
                                              "Europe/Berlin", "--", "manage.py", "work", "a b"});
        QVERIFY2(added.exitCode == 0, added.error);
        QVERIFY2(added.out.startsWith("app shop: schedule nightly added (revision "), added.out);
        const QJsonObject listed =
            object(shop.schedule({"list", "shop", "--json"}))["schedules"].toArray()[0].toObject();
        QCOMPARE(listed["command"].toString(), QString("manage.py work 'a b'"));
        QVERIFY2(listed["next"].toString().contains(" 02:30 CE"), added.out);

        const Finished ran = shop.schedule({"run", "shop", "nightly"});
        QVERIFY2(ran.exitCode == 0, ran.error);
        QCOMPARE(ran.out,
                 QString("a b in %1 for corner\n")
                     .arg(QFileInfo(shop.project.root()).canonicalFilePath())
                     .toUtf8());
        QCOMPARE(shop.states(), QString("done"));
        const QList<QByteArray> pids = shop.project.pids();
        QCOMPARE(pids.size(), 2);
        QTRY_VERIFY(!isAlive(pids[1])); // what it had left behind
        QCOMPARE(shop.metric("arcology_app_job_runs_total"), QByteArray("1"));
        QCOMPARE(shop.metric("arcology_app_job_failures_total"), QByteArray("0"));
        QVERIFY(shop.schedule({"list", "shop"}).out.contains("nightly"));
    }

    void aFailureIsToldEverywhere()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        QCOMPARE(shop.schedule({"add", "shop", "job", "@daily", "manage.py work fail"}).exitCode,
                 0);
        const Finished ran = shop.schedule({"run", "shop", "job"});
        QCOMPARE(ran.exitCode, 1);
        QCOMPARE(ran.error,
                 QByteArray("arcology: run 1 of job: exited with code 1; its last line: "
                            "no database\n"));
        QVERIFY2(ran.out.endsWith("no database\n"), ran.out);
        QCOMPARE(shop.metric("arcology_app_job_failures_total"), QByteArray("1"));
        QTRY_VERIFY(shop.engine.ctl({"log", "tail", "shop"})
                        .out.contains("exited with code 1; its last line: no database"));
        QVERIFY(shop.schedule({"history", "shop", "--number", "1"}).out.contains("no database"));
    }

    void whatIsWrongIsSaidAndChangesNothing()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        const auto refused = [&](const QStringList &words) {
            const Finished told = shop.schedule(words);
            return told.exitCode == 0 ? QByteArray("it was taken") : told.error;
        };
        QCOMPARE(refused({"add", "shop", "a", "61 * * * *", "ls"}),
                 QByteArray("arcology: cron: minute: \"61\" is outside 0-59\n"));
        QCOMPARE(refused({"add", "shop", "a", "@daily", "ls | wc"}),
                 QByteArray("arcology: command: \"|\" is for a shell, and none is run; put it into "
                            "'...', or write sh -c '...'\n"));
        QCOMPARE(refused({"add", "shop", "a", "@daily", "--time-zone", "Mars", "ls"}),
                 QByteArray("arcology: time_zone: \"Mars\" is no time zone; they are called like "
                            "Europe/Berlin or UTC\n"));
        QCOMPARE(refused({"add", "nobody", "a", "@daily", "ls"}),
                 QByteArray("arcology: there is no app nobody\n"));
        QCOMPARE(refused({"run", "shop", "a"}),
                 QByteArray("arcology: app shop has no schedule a, nor any other\n"));
        QVERIFY(shop.schedule({"list", "shop"}).out.contains("has no schedules"));
    }

    void configurationIsEditedUndoneExportedAndImported()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        QCOMPARE(shop.schedule({"add", "shop", "job", "@daily", "ls"}).exitCode, 0);
        const QByteArray before = shop.engine.ctl({"config", "export"}).out;
        const QJsonObject pool =
            object(shop.engine.ctl({"worker", "list", "--json"}))["pools"].toArray()[0].toObject();
        QCOMPARE(shop.schedule({"edit", "shop", "job", "--times", "5 4 * * *", "--overlap", "queue",
                                "--time-limit", "60", "--catch-up", "--disable"})
                     .exitCode,
                 0);
        const QJsonObject edited =
            object(shop.schedule({"list", "shop", "--json"}))["schedules"].toArray()[0].toObject();
        QCOMPARE(edited["cron"].toString(), QString("5 4 * * *"));
        QCOMPARE(edited["overlap"].toString(), QString("queue"));
        QCOMPARE(edited["time_limit_s"].toInt(), 60);
        QCOMPARE(edited["catch_up"].toBool(), true);
        QCOMPARE(edited["state"].toString(), QString("off"));
        // No worker was replaced for it.
        QCOMPARE(object(shop.engine.ctl({"worker", "list", "--json"}))["pools"]
                     .toArray()[0]
                     .toObject()["generation"],
                 pool["generation"]);
        QCOMPARE(shop.engine.ctl({"config", "rollback"}).exitCode, 0);
        QCOMPARE(shop.engine.ctl({"config", "export"}).out, before);

        QTemporaryDir other;
        write(other.filePath("config.json"), QByteArray(before).replace("@daily", "@dayly"));
        const Finished bad = shop.engine.ctl({"config", "import", other.filePath("config.json")});
        QVERIFY(bad.exitCode != 0);
        QVERIFY2(bad.error.contains("apps[0].schedules[0].cron: \"@dayly\" is none of @hourly"),
                 bad.error);
        write(other.filePath("config.json"),
              QByteArray(before).replace("\"cron\"", "\"time\": 1, \"cron\""));
        const Finished unknown =
            shop.engine.ctl({"config", "import", other.filePath("config.json")});
        QVERIFY2(unknown.error.contains("apps[0].schedules[0].time: unknown key (known here: "),
                 unknown.error);
        QCOMPARE(shop.schedule({"remove", "shop", "job"}).exitCode, 0);
        QVERIFY(!shop.engine.ctl({"config", "export"}).out.contains("\"schedules\""));
    }

    void aRunThatGoesOnLeavesTheNextOneOut()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        QCOMPARE(shop.schedule({"add", "shop", "job", "@daily", "manage.py work wait"}).exitCode,
                 0);
        QCOMPARE(shop.schedule({"run", "shop", "job", "--no-wait"}).exitCode, 0);
        const Finished second = shop.schedule({"run", "shop", "job"});
        QCOMPARE(second.error,
                 QByteArray("arcology: job was not started: the run before it was "
                            "still going\n"));
        write(shop.project.file("go"), {});
        QTRY_COMPARE(shop.states(), QString("done"));
    }

    void theTimeLimitLeavesNoProcess()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        QCOMPARE(shop.schedule({"add", "shop", "job", "@daily", "--time-limit", "5",
                                "manage.py work wait"})
                     .exitCode,
                 0);
        const Finished ran = shop.schedule({"run", "shop", "job"});
        QCOMPARE(ran.exitCode, 128 + SIGTERM);
        QCOMPARE(ran.error,
                 QByteArray("arcology: run 1 of job: ran longer than its limit of 5 s, "
                            "and was ended\n"));
        for (const QByteArray &pid : shop.project.pids())
            QTRY_VERIFY(!isAlive(pid));
    }

    void aRunDiesWithItsEngineAndTheHistoryLives()
    {
        Shop shop;
        QVERIFY2(shop.start(), shop.engine.errors());
        QCOMPARE(shop.schedule({"add", "shop", "job", "@daily", "manage.py work wait"}).exitCode,
                 0);
        QCOMPARE(shop.schedule({"run", "shop", "job", "--no-wait"}).exitCode, 0);
        QTRY_COMPARE(shop.project.pids().size(), 2);
        shop.engine.kill9();
        QVERIFY2(shop.engine.start(), shop.engine.errors());
        QTRY_COMPARE(shop.states(), QString("lost"));
        for (const QByteArray &pid : shop.project.pids())
            QTRY_VERIFY(!isAlive(pid));

        // And at an orderly stop, within the app's stop time.
        QFile::remove(shop.project.file("done"));
        QVERIFY(QTest::qWaitFor( // once: QTRY_COMPARE would start it again to compare
            [&] {
                return shop.schedule({"run", "shop", "job", "--no-wait"}).exitCode == 0;
            },
            kTryPatience));
        QTRY_COMPARE(shop.project.pids().size(), 2);
        QCOMPARE(shop.engine.stop(), 0);
        for (const QByteArray &pid : shop.project.pids())
            QVERIFY(!isAlive(pid));
        QVERIFY2(shop.engine.start(), shop.engine.errors());
        QTRY_COMPARE(shop.states(), QString("lost stopped"));
        QCOMPARE(shop.history()[1].toObject()["cause"].toString(),
                 QString("was ended, because the engine stopped"));
    }
};

QTEST_GUILESS_MAIN(TestSchedules)
#include "tst_schedules.moc"
