// SPDX-License-Identifier: Apache-2.0
// Deploys of real projects as an administrator does them: the folder changes, `ctl site deploy`
// answers, and visitors notice nothing but the new release.
#include "tests/integration/load.h"
#include "tests/integration/program.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace arc::test;

namespace {

QJsonObject object(const Finished &finished)
{
    return QJsonDocument::fromJson(finished.out).object();
}

QJsonObject poolOf(const EngineProcess &engine)
{
    return object(engine.ctl({"worker", "list", "--json"}))["pools"].toArray().first().toObject();
}

QString urlOf(const EngineProcess &engine)
{
    const QJsonArray sites = object(engine.ctl({"site", "list", "--json"}))["sites"].toArray();
    return sites.first()["urls"].toArray().first().toString();
}

/// The folder of a project, and how its front page comes to say a word.
class Project {
public:
    explicit Project(const QString &framework) : m_django(framework == "Django")
    {
        if (m_django) {
            runProgram("django-admin", {"startproject", "shop", "."}, root());
            write(file("shop/urls.py"),
                  "from django.urls import path\nfrom shop import views\n"
                  "urlpatterns = [path('', views.front)]\n");
        }
    }
    QString root() const { return m_folder.path(); }
    QString file(const QString &name) const { return m_folder.filePath(name); }
    /// What is executed before the page is defined: nothing, or a mistake.
    void say(const QByteArray &word, const QByteArray &before = {}) const
    {
        if (m_django)
            write(file("shop/views.py"),
                  before
                      + "from django.http import HttpResponse\ndef front(request):\n"
                        "    return HttpResponse('"
                      + word + "')\n");
        else
            write(file("app.py"),
                  before
                      + "from flask import Flask\napp = Flask(__name__)\n"
                        "@app.route('/')\ndef front():\n    return '"
                      + word + "'\n");
    }

private:
    const bool m_django;
    QTemporaryDir m_folder;
};

} // namespace

class TestDeploy : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tenDeploysUnderLoadFailNoRequest_data();
    void tenDeploysUnderLoadFailNoRequest();
    void staticFoldersSwitchWithTheGenerationThatServes();
    void aSaveIsServedAndAMistakeIsNot();
    void whatCannotBeDeployedIsRefused();
    void anEditThatDoesNotStartIsTakenBack();
    void aMaskedValueOfAnImportStaysAsItIs();
    void aReleaseIsAskedForItsHealthUnderTheNameOfItsSite();
};

void TestDeploy::tenDeploysUnderLoadFailNoRequest_data()
{
    QTest::addColumn<QString>("framework");
    QTest::newRow("Django") << "Django";
    QTest::newRow("Flask") << "Flask";
}

void TestDeploy::tenDeploysUnderLoadFailNoRequest()
{
    QFETCH(QString, framework);
    const QByteArray mistakes[] = {"import planted_missing_module\n", "def mistake(:\n",
                                   "raise RuntimeError('no database')\n",
                                   "import sys; sys.exit(3)\n", "import os; os._exit(9)\n"};
    QTemporaryDir data;
    const Project project(framework);
    project.say("release 0");
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const Finished added =
        engine.ctl({"site", "add", project.root(), "--name", "shop", "--set", "pool.processes=2"});
    QVERIFY2(added.exitCode == 0, added.out + added.error);
    const QString url = urlOf(engine) + "/";
    QTRY_COMPARE_WITH_TIMEOUT(http(url).body, QByteArray("release 0"), 20000);

    Load load(url, 16);
    for (int round = 1; round <= 5; ++round) {
        const QByteArray before = "release " + QByteArray::number(round - 1);
        const QByteArray after = "release " + QByteArray::number(round);
        project.say(after, mistakes[round - 1]);
        const Finished broken = engine.ctl({"site", "deploy", "shop"});
        QCOMPARE(broken.exitCode, 4);
        QVERIFY2(broken.error.startsWith("arcology: the new release did not start: ")
                     && broken.error.endsWith("; the old one still serves\n"),
                 broken.error);
        QCOMPARE(http(url).body, before);
        // With the figures of the next beat, at most half a second later.
        QTRY_VERIFY2(engine.ctl({"site", "list"}).out.contains("the new release did not start: "),
                     "the failure is shown");
        project.say(after);
        const Finished mended = engine.ctl({"site", "deploy", "shop"});
        QVERIFY2(mended.exitCode == 0, mended.error);
        QVERIFY2(mended.out.startsWith(QByteArray("generation ") + QByteArray::number(1 + 2 * round)
                                       + " of shop serves"),
                 mended.out);
        QCOMPARE(http(url).body, after);
    }
    QVERIFY(load.isRunning());
    verifyNothingFailed(load.finish(), 500);
    const QJsonObject pool = poolOf(engine);
    QCOMPARE(pool["generation"].toInt(), 11);
    QCOMPARE(pool["state"].toString(), QString("ready"));
    QCOMPARE(pool["restarts"].toInt(), 0);
}

void TestDeploy::staticFoldersSwitchWithTheGenerationThatServes()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    const auto release = [&](const QByteArray &name, const QByteArray &before) {
        write(folder.filePath(name + "/style.css"), "/* " + name + " */");
        write(folder.filePath("app.py"),
              before
                  + "from flask import Flask\napp = Flask(__name__, static_url_path='/static', "
                    "static_folder='"
                  + name + "')\n");
    };
    release("first", {});
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"site", "add", folder.path(), "--name", "shop"}).exitCode, 0);
    const QString css = urlOf(engine) + "/static/style.css";
    QTRY_COMPARE_WITH_TIMEOUT(http(css).body, QByteArray("/* first */"), 10000);
    release("second", "import planted_missing_module\n");
    QCOMPARE(engine.ctl({"site", "deploy", "shop"}).exitCode, 4);
    QCOMPARE(http(css).body, QByteArray("/* first */"));
    release("second", {});
    QCOMPARE(engine.ctl({"site", "restart", "shop"}).exitCode, 0); // the same by another name
    QTRY_COMPARE_WITH_TIMEOUT(http(css).body, QByteArray("/* second */"), 5000);
}

void TestDeploy::aSaveIsServedAndAMistakeIsNot()
{
    const Project project("Django");
    project.say("one");
    Served served(project.root(), {"--workers", "1", "--reload"});
    QVERIFY2(served.isServing(), served.errors());
    const QString url = served.url() + "/";
    QCOMPARE(http(url).body, QByteArray("one"));
    Load load(url, 16);
    project.say("two");
    QTRY_COMPARE_WITH_TIMEOUT(http(url).body, QByteArray("two"), 20000);
    project.say("bad", "def mistake(:\n");
    QByteArray told;
    QTRY_VERIFY2_WITH_TIMEOUT((told = served.errors())
                                  .contains("the new release did not start: "
                                            "SyntaxError"),
                              told, 20000);
    QCOMPARE(http(url).body, QByteArray("two"));
    project.say("six");
    QTRY_COMPARE_WITH_TIMEOUT(http(url).body, QByteArray("six"), 20000);
    write(project.file("shop/templates/note.html"), "a template counts, too");
    QTRY_VERIFY_WITH_TIMEOUT(served.errors().contains("because shop/templates/note.html was saved"),
                             20000);
    verifyNothingFailed(load.finish(), 500);
}

void TestDeploy::whatCannotBeDeployedIsRefused()
{
    QTemporaryDir data;
    QTemporaryDir folder;
    write(folder.filePath("index.html"), "files");
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"site", "add", folder.path(), "--name", "pages"}).exitCode, 0);
    const Finished files = engine.ctl({"site", "deploy", "pages"});
    QCOMPARE(files.exitCode, 2);
    QVERIFY2(files.error.contains("hosts no app"), files.error);
    QCOMPARE(engine.ctl({"site", "deploy", "nobody"}).exitCode, 3);
    const Project project("Flask");
    project.say("hello");
    QCOMPARE(engine.ctl({"site", "add", project.root(), "--name", "shop"}).exitCode, 0);
    QCOMPARE(engine.ctl({"site", "stop", "shop"}).exitCode, 0);
    const Finished stopped = engine.ctl({"site", "deploy", "shop"});
    QVERIFY(stopped.exitCode != 0);
    QVERIFY2(stopped.error.contains("site shop is stopped"), stopped.error);
}

void TestDeploy::anEditThatDoesNotStartIsTakenBack()
{
    QTemporaryDir data;
    const Project project("Flask");
    project.say("hello", "import os\nassert os.environ.get('MODE') != 'bad', 'bad mode'\n");
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"site", "add", project.root(), "--name", "shop"}).exitCode, 0);
    const QString url = urlOf(engine) + "/";
    const QByteArray before = engine.ctl({"config", "export"}).out;
    const QStringList edits[] = {{"--entry", "app:nope"}, {"--env", "MODE=bad"}};
    for (const QStringList &edit : edits) {
        const Finished refused = engine.ctl(QStringList {"site", "edit", "shop"} + edit);
        QCOMPARE(refused.exitCode, 4);
        QVERIFY2(refused.error.startsWith("arcology: the new release did not start: ")
                     && refused.error.endsWith("; nothing was changed\n"),
                 refused.error);
        QVERIFY(refused.out.isEmpty());
        QCOMPARE(engine.ctl({"config", "export"}).out, before);
        QCOMPARE(http(url).body, QByteArray("hello"));
        QTRY_VERIFY(!engine.ctl({"site", "list"}).out.contains("did not start"));
    }
    // A good one answers when it serves.
    const Finished good = engine.ctl({"site", "edit", "shop", "--env", "A=1"});
    QVERIFY2(good.exitCode == 0, good.error);
    QCOMPARE(poolOf(engine)["generation"].toInt(), 4);
    QCOMPARE(engine.ctl({"site", "edit", "shop", "--unset-env", "A"}).exitCode, 0);
    QCOMPARE(engine.ctl({"config", "export"}).out, before);
    // An app that did not serve before is being mended: every step stays.
    project.say("hello", "def mistake(:\n");
    QCOMPARE(engine.ctl({"site", "stop", "shop"}).exitCode, 0);
    QCOMPARE(engine.ctl({"site", "start", "shop"}).exitCode, 4);
    QTRY_VERIFY_WITH_TIMEOUT(engine.ctl({"site", "list"}).out.contains("failed"), 60000);
    QVERIFY(engine.ctl({"status"}).out.contains("Site shop is failed: SyntaxError"));
    const Finished kept = engine.ctl({"site", "edit", "shop", "--env", "B=2"});
    QCOMPARE(kept.exitCode, 4);
    QVERIFY2(kept.error.contains("so the change stays (revision "), kept.error);
    QVERIFY(engine.ctl({"config", "export"}).out.contains("\"B\": \"2\""));
}

void TestDeploy::aMaskedValueOfAnImportStaysAsItIs()
{
    QTemporaryDir data;
    const Project project("Flask");
    project.say("hello");
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    QCOMPARE(engine.ctl({"site", "add", project.root(), "--name", "shop", "--env", "WORD=horse"})
                 .exitCode,
             0);
    const QByteArray before = engine.ctl({"config", "export"}).out;
    QFile file(data.filePath("masked.json"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QVERIFY(before.contains("\"WORD\": \"horse\""));
    file.write(QByteArray(before).replace("\"horse\"", "\"(masked)\""));
    file.close();
    const Finished imported = engine.ctl({"config", "import", file.fileName()});
    QVERIFY2(imported.exitCode == 0, imported.error);
    QCOMPARE(engine.ctl({"config", "export"}).out, before);
}

void TestDeploy::aReleaseIsAskedForItsHealthUnderTheNameOfItsSite()
{
    QTemporaryDir data;
    const Project project("Django"); // which refuses every other name with 400
    project.say("good");
    const QString settings = project.file("shop/settings.py");
    QFile file(settings);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray before = file.readAll();
    write(settings, before + "\nDEBUG = False\nALLOWED_HOSTS = ['shop.example', '127.0.0.1']\n");
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const QStringList add {"site",           "add",    project.root(),    "--name",
                           "shop",           "--host", "shop.example",    "--set",
                           "pool.warm_up=/", "--set",  "pool.processes=1"};
    const Finished added = engine.ctl(add);
    QVERIFY2(added.exitCode == 0, added.out + added.error);
    QTRY_COMPARE(poolOf(engine)["state"].toString(), QString("ready"));
    write(settings, before + "\nDEBUG = False\nALLOWED_HOSTS = ['other.example']\n");
    const Finished refused = engine.ctl({"site", "deploy", "shop"});
    QCOMPARE(refused.exitCode, 4);
    QCOMPARE(refused.error,
             QByteArray("arcology: the new release did not start: the warm-up request GET / was "
                        "answered 400, not 200 to 399; the old one still serves\n"));
}

QTEST_GUILESS_MAIN(TestDeploy)
#include "tst_deploy.moc"
