// SPDX-License-Identifier: Apache-2.0
// Releases of a real Django project as an administrator makes them: what is done in the folder does
// not show, a release that does not start changes nothing, and an older one is back in one step.
#include "tests/integration/program.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace arc::test;

namespace {

constexpr const char *kViews =
    "import sqlite3\nfrom pathlib import Path\nfrom django.http import HttpResponse\n"
    "DATA = Path(__file__).resolve().parent.parent\n"
    "def front(request):\n    return HttpResponse('%1')\n"
    "def visit(request):\n"
    "    with sqlite3.connect(DATA / 'db.sqlite3') as db:\n"
    "        db.execute('create table if not exists visit (n)')\n"
    "        db.execute('insert into visit values (1)')\n"
    "        return HttpResponse(str(db.execute('select count(*) from visit').fetchone()[0]))\n";

} // namespace

class TestReleases : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void whatIsDoneInTheFolderShowsWithTheNextDeploy();
    void aReleaseThatDoesNotStartIsRefusedAndAnOlderOneComesBack();
    void anEngineThatStartsAgainServesTheSameRelease();
    void aDatabaseIsSharedOrRefused();
    void commandsRunInWhatServesOrInTheFolder();
    void asManyCopiesAreKeptAsWereAskedFor();
    void turnedOffTheFolderItselfIsServed();
    void whatCannotBeRolledBackIsRefused();

private:
    void say(const QString &word, const QByteArray &before = {}) const
    {
        write(m_folder->filePath("shop/views.py"), before + QString(kViews).arg(word).toUtf8());
    }
    QByteArray front() const { return http(m_url + "/").body; }
    Finished ctl(const QStringList &words) const { return m_engine->ctl(words); }
    QJsonObject views() const
    {
        return QJsonDocument::fromJson(ctl({"site", "releases", "shop", "--json"}).out).object();
    }
    QString serving() const { return views()["serving"].toString(); }
    QString deploy() const
    {
        const Finished done = ctl({"site", "deploy", "shop"});
        return done.exitCode == 0 ? serving() : QString::fromUtf8(done.error);
    }

    std::unique_ptr<EngineProcess> m_engine;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<QTemporaryDir> m_data;
    QString m_url;
};

void TestReleases::init()
{
    m_engine.reset();
    m_folder = std::make_unique<QTemporaryDir>();
    m_data = std::make_unique<QTemporaryDir>();
    runProgram("django-admin", {"startproject", "shop", "."}, m_folder->path());
    write(m_folder->filePath("shop/urls.py"),
          "from django.urls import path\nfrom shop import views\n"
          "urlpatterns = [path('', views.front), path('visit', views.visit)]\n");
    say("one");
    m_engine = std::make_unique<EngineProcess>(m_data->path());
    QVERIFY2(m_engine->start(), m_engine->errors());
    const Finished added =
        ctl({"site", "add", m_folder->path(), "--name", "shop", "--set", "pool.processes=2",
             "--set", "release.copies=3", "--env", "PYTHONDONTWRITEBYTECODE=1"});
    QVERIFY2(added.exitCode == 0, added.out + added.error);
    const QJsonObject sites = QJsonDocument::fromJson(ctl({"site", "list", "--json"}).out).object();
    m_url = sites["sites"].toArray().first()["urls"].toArray().first().toString();
    QTRY_COMPARE_WITH_TIMEOUT(front(), QByteArray("one"), 20000);
}

void TestReleases::whatIsDoneInTheFolderShowsWithTheNextDeploy()
{
    QVERIFY(ctl({"site", "releases", "shop"}).out.contains("until the first deploy"));
    const QString first = deploy();
    QCOMPARE(first.size(), 16);
    QVERIFY(ctl({"status"}).out.contains("App shop is served from release " + first.toUtf8()));
    say("two");
    QCOMPARE(ctl({"site", "restart", "shop"}).exitCode, 0); // of the same release
    QCOMPARE(front(), QByteArray("one"));
    QCOMPARE(serving(), first);
    const QString second = deploy();
    QVERIFY2(second.size() == 16 && second != first, qPrintable(second));
    QCOMPARE(front(), QByteArray("two"));
    say("one"); // as it was
    QCOMPARE(deploy(), first);
    QCOMPARE(views()["releases"].toArray().size(), 2);
}

void TestReleases::aReleaseThatDoesNotStartIsRefusedAndAnOlderOneComesBack()
{
    const QString first = deploy();
    say("two");
    const QString second = deploy();
    QCOMPARE(front(), QByteArray("two"));
    say("three", "import planted_missing_module\n");
    const QString refused = deploy();
    QVERIFY2(refused.startsWith("arcology: the new release did not start: ModuleNotFoundError")
                 && refused.endsWith("; the old one still serves\n"),
             qPrintable(refused));
    QCOMPARE(front(), QByteArray("two"));
    QCOMPARE(serving(), second);
    QCOMPARE(views()["releases"].toArray().first()["state"].toString(), QString("refused"));
    // Neither a change of its variables nor a restart tries the one that was refused.
    QCOMPARE(ctl({"site", "edit", "shop", "--env", "A=1"}).exitCode, 0);
    QCOMPARE(front(), QByteArray("two"));

    const Finished back = ctl({"site", "rollback", "shop"});
    QVERIFY2(back.exitCode == 0 && back.out.contains("release " + first.toUtf8()),
             back.out + back.error);
    QCOMPARE(front(), QByteArray("one"));
    QCOMPARE(ctl({"site", "rollback", "shop"}).exitCode, 0); // and forth again
    QCOMPARE(front(), QByteArray("two"));
    QCOMPARE(ctl({"site", "rollback", "shop", first.left(6)}).exitCode, 0);
    QCOMPARE(serving(), first);
}

void TestReleases::anEngineThatStartsAgainServesTheSameRelease()
{
    const QString first = deploy();
    say("two");
    m_engine->kill9();
    QVERIFY2(m_engine->start(), m_engine->errors());
    QTRY_COMPARE_WITH_TIMEOUT(front(), QByteArray("one"), 20000);
    QCOMPARE(serving(), first);
    QCOMPARE(m_engine->stop(), 0);
    QCOMPARE(runProgram("rm", {"-rf", m_data->path() + "/releases/shop/" + first}).exitCode, 0);
    QVERIFY2(m_engine->start(), m_engine->errors());
    QTRY_VERIFY2_WITH_TIMEOUT(
        ctl({"status"}).out.contains("release " + first.toUtf8() + " is gone from "),
        "nothing else is served in its place", 20000);
    QCOMPARE(deploy().size(), 16);
    QCOMPARE(front(), QByteArray("two"));
}

void TestReleases::aDatabaseIsSharedOrRefused()
{
    QCOMPARE(http(m_url + "/visit").body, QByteArray("1"));
    const QString refused = deploy();
    QVERIFY2(refused.startsWith("arcology: shop was not deployed: db.sqlite3 is an SQLite database")
                 && refused.contains("release.shared"),
             qPrintable(refused));
    QCOMPARE(front(), QByteArray("one"));
    QCOMPARE(ctl({"settings", "set", "release.shared=db.sqlite3", "--app", "shop"}).exitCode, 0);
    QCOMPARE(deploy().size(), 16);
    QCOMPARE(http(m_url + "/visit").body, QByteArray("2"));
    say("two");
    QCOMPARE(deploy().size(), 16);
    QCOMPARE(http(m_url + "/visit").body, QByteArray("3"));
    QCOMPARE(ctl({"site", "rollback", "shop"}).exitCode, 0);
    QCOMPARE(http(m_url + "/visit").body, QByteArray("4"));
    const Finished bad = ctl({"settings", "set", "release.shared=../db", "--app", "shop"});
    QVERIFY2(bad.exitCode != 0 && bad.error.contains("\"../db\" is no path within a folder"),
             bad.error);
}

void TestReleases::commandsRunInWhatServesOrInTheFolder()
{
    const QString first = deploy();
    const QStringList print {"--", "python", "-c", "import os; print(os.getcwd())"};
    const auto where = [&](const QStringList &options) {
        const Finished ran = ctl(QStringList {"site", "run", "shop"} + options + print);
        return QString::fromUtf8(ran.out + ran.error).trimmed();
    };
    QCOMPARE(where({}), m_data->path() + "/releases/shop/" + first + "/tree");
    QCOMPARE(where({"--release", first.left(5)}), where({}));
    QCOMPARE(where({"--release", "live"}), m_folder->path());
    QVERIFY(where({"--release", "zz"}).contains("no release zz is kept"));
}

void TestReleases::asManyCopiesAreKeptAsWereAskedFor()
{
    const QDir store(m_data->path() + "/releases/shop");
    QStringList made;
    for (const char *word : {"1", "2", "3", "4", "5"}) {
        say(word);
        made << deploy();
    }
    // Old workers may have needed the last one but three until now.
    say("6");
    made << deploy();
    QTRY_VERIFY_WITH_TIMEOUT(
        store.entryList(QDir::Dirs | QDir::Hidden | QDir::NoDotAndDotDot).size() <= 4, 20000);
    QVERIFY(store.exists(made.last()) && !store.exists(made.first()));
    QVERIFY(views()["releases"].toArray().size() <= 4);
}

void TestReleases::turnedOffTheFolderItselfIsServed()
{
    QCOMPARE(deploy().size(), 16);
    say("two");
    QCOMPARE(ctl({"settings", "set", "release.copies=off", "--app", "shop"}).exitCode, 0);
    QTRY_COMPARE_WITH_TIMEOUT(front(), QByteArray("two"), 20000);
    QCOMPARE(serving(), QString());
    say("three");
    QCOMPARE(ctl({"site", "deploy", "shop"}).exitCode, 0);
    QCOMPARE(front(), QByteArray("three"));
    QCOMPARE(m_engine->stop(), 0);
    QVERIFY2(m_engine->start(), m_engine->errors());
    QTRY_VERIFY_WITH_TIMEOUT(!QDir(m_data->path() + "/releases/shop").exists(), 10000);
}

void TestReleases::whatCannotBeRolledBackIsRefused()
{
    const auto refusal = [&](const QStringList &words) {
        const Finished ran = ctl(QStringList {"site", "rollback", "shop"} + words);
        return ran.exitCode == 0 ? QString("done") : QString::fromUtf8(ran.error);
    };
    QVERIFY(refusal({}).contains("no release that served before is kept"));
    const QString first = deploy();
    QVERIFY(refusal({first}).contains("serves already"));
    QVERIFY(refusal({"f00d"}).contains("no release f00d is kept"));
    say("two");
    QCOMPARE(deploy().size(), 16);
    const QString tree = m_data->path() + "/releases/shop/" + first + "/tree";
    // Another file in its place: written to, it would change in every copy that has the same one.
    QCOMPARE(runProgram("sh",
                        {"-c",
                         "cd " + tree
                             + " && chmod -R u+w . && cp manage.py new && "
                               "echo >> new && mv -f new manage.py"})
                 .exitCode,
             0);
    const QString changed = refusal({});
    QVERIFY2(changed.contains("manage.py in " + tree + " has changed"), qPrintable(changed));
    QCOMPARE(front(), QByteArray("two"));
    QCOMPARE(ctl({"settings", "set", "release.copies=off", "--app", "shop"}).exitCode, 0);
    QVERIFY(refusal({}).contains("release.copies"));
}

QTEST_GUILESS_MAIN(TestReleases)
#include "tst_releases.moc"
