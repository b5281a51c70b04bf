// SPDX-License-Identifier: Apache-2.0
// Variables and secrets of real projects: they are there before the project's first line runs, a
// change of one is a deploy, and a secret stands nowhere in clear.
#include "test_paths.h"
#include "tests/integration/program.h"

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTcpServer>
#include <QtTest>

using namespace arc::test;

namespace {

const QByteArray kSecret = "correct-horse-battery-staple";
const QByteArray kOther = "tr0ub4dor-and-three";

QJsonObject object(const Finished &finished)
{
    return QJsonDocument::fromJson(finished.out).object();
}

QString urlOf(const EngineProcess &engine)
{
    const QJsonArray sites = object(engine.ctl({"site", "list", "--json"}))["sites"].toArray();
    return sites.first()["urls"].toArray().first().toString() + "/";
}

QByteArray hashOf(const QByteArray &text)
{
    return QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex();
}

/// A Django project that takes its settings from the environment, as projects for servers do. Its
/// page tells the secret's hash, and the variable MODE.
class Project {
public:
    Project()
    {
        runProgram("django-admin", {"startproject", "shop", "."}, root());
        QFile settings(file("shop/settings.py"));
        if (!settings.open(QIODevice::ReadWrite))
            return;
        QByteArray text = settings.readAll();
        const qsizetype line = text.indexOf("SECRET_KEY = ");
        text.replace(line, text.indexOf('\n', line) - line,
                     "SECRET_KEY = os.environ['SECRET_KEY']\n"
                     "assert os.environ.get('MODE') != 'bad', 'no such mode'");
        settings.resize(0);
        settings.write("import os\n" + text);
        write(file("shop/urls.py"),
              "import hashlib, os\n"
              "from django.conf import settings\nfrom django.http import HttpResponse\n"
              "from django.urls import path\n"
              "def front(request):\n"
              "    digest = hashlib.sha256(settings.SECRET_KEY.encode()).hexdigest()\n"
              "    return HttpResponse(digest + ' ' + os.environ.get('MODE', '-'))\n"
              "urlpatterns = [path('', front)]\n");
    }
    QString root() const { return m_folder.path(); }
    QString file(const QString &name) const { return m_folder.filePath(name); }
    /// A .env file that lies outside of the folder that is served.
    QString envFile(const QByteArray &lines) const
    {
        write(m_beside.filePath("variables"), lines);
        return m_beside.filePath("variables");
    }

private:
    QTemporaryDir m_folder;
    QTemporaryDir m_beside;
};

/// Files below a folder that contain a text.
QStringList holding(const QString &folder, const QByteArray &text)
{
    QStringList found;
    QDirIterator each(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (each.hasNext()) {
        QFile file(each.next());
        if (file.open(QIODevice::ReadOnly) && file.readAll().contains(text))
            found << file.fileName();
    }
    return found;
}

/// `ctl` with a text on its standard input.
Finished ctlReading(const QString &dataDir, const QStringList &words, const QByteArray &input)
{
    QProcess process;
    process.start(ARC_BINARY, QStringList {"ctl"} + words + QStringList {"--data-dir", dataDir});
    process.write(input);
    process.closeWriteChannel();
    Finished finished;
    if (process.waitForFinished(60000))
        finished.exitCode = process.exitCode();
    finished.out = process.readAllStandardOutput();
    finished.error = process.readAllStandardError();
    return finished;
}

} // namespace

class TestVariables : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void servePassesVariablesOfAFileAndOfTheCommandLine();
    void aChangeIsADeployAndABrokenOneIsTakenBack();
    void aSecretStandsNowhereInClear();
    void whatTheMaskStandsForStays();
    void withoutItsKeyASecretSaysWhatToDo();
    void connectionsAreLookedAtOnDemand();
};

void TestVariables::servePassesVariablesOfAFileAndOfTheCommandLine()
{
    const Project project;
    QTemporaryDir data;
    const Finished without = runArcology({"serve", project.root(), "--listen", "127.0.0.1:0"});
    QCOMPARE(without.exitCode, 4);
    QVERIFY2(without.error.contains("SECRET_KEY"), without.error);

    const QString file = project.envFile("# of the shop\nexport SECRET_KEY='" + kSecret
                                         + "'\nMODE = \"from file\"  # a comment\n");
    Served served(project.root(),
                  {"--env-file", file, "--env", "MODE=given", "--data-dir", data.path()});
    QVERIFY2(served.isServing(), served.errors());
    QCOMPARE(http(served.url() + "/").body, hashOf(kSecret) + " given");
    QCOMPARE(served.stop(), 0);
    QCOMPARE(holding(data.path(), kSecret), QStringList {});
    QVERIFY(!holding(data.path(), "given").isEmpty()); // what is no secret is found, if looked for

    const QString bad = project.envFile("A=1\n\nB 2\n");
    const Finished refused = runArcology({"serve", project.root(), "--env-file", bad});
    QCOMPARE(refused.exitCode, 2);
    QVERIFY2(refused.error.contains("line 3: must be NAME=VALUE"), refused.error);
}

void TestVariables::aChangeIsADeployAndABrokenOneIsTakenBack()
{
    const Project project;
    QTemporaryDir data;
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const Finished added =
        engine.ctl({"site", "add", project.root(), "--name", "shop", "--env-file",
                    project.envFile("SECRET_KEY=" + kSecret + "\nMODE=first\n")});
    QVERIFY2(added.exitCode == 0, added.error);
    const QString url = urlOf(engine);
    QCOMPARE(http(url).body, hashOf(kSecret) + " first");

    const Finished listed = engine.ctl({"app", "env", "list", "shop"});
    QVERIFY2(listed.out.contains("MODE") && listed.out.contains("first"), listed.out);
    QVERIFY2(listed.out.contains("(secret)") && !listed.out.contains(kSecret), listed.out);

    const Finished changed =
        ctlReading(data.path(), {"app", "env", "set", "shop", "MODE=second", "SECRET_KEY"},
                   kOther + "\n"); // stays a secret without --secret
    QVERIFY2(changed.exitCode == 0, changed.error);
    QVERIFY2(changed.out.contains("variable MODE, secret SECRET_KEY"), changed.out);
    QCOMPARE(http(url).body, hashOf(kOther) + " second");

    const QByteArray before = engine.ctl({"config", "export"}).out;
    const Finished broken = engine.ctl({"app", "env", "set", "shop", "MODE=bad"});
    QCOMPARE(broken.exitCode, 4);
    QVERIFY2(broken.error.contains("no such mode") && broken.error.contains("nothing was changed"),
             broken.error);
    QCOMPARE(http(url).body, hashOf(kOther) + " second");
    QCOMPARE(engine.ctl({"config", "export"}).out, before);
    const Finished removed = engine.ctl({"app", "env", "unset", "shop", "SECRET_KEY"});
    QCOMPARE(removed.exitCode, 4); // the project does not start without it
    QCOMPARE(http(url).body, hashOf(kOther) + " second");

    // Undo brings back the secret that was, which nobody typed again.
    const QJsonArray history =
        object(engine.ctl({"config", "history", "--json"}))["revisions"].toArray();
    const int first = history.last()["revision"].toInt() + 1;
    QCOMPARE(engine.ctl({"config", "rollback", QString::number(first)}).exitCode, 0);
    QTRY_COMPARE(http(url).body, hashOf(kSecret) + " first");
    QCOMPARE(engine.ctl({"app", "env", "unset", "shop", "NONE"}).exitCode, 3);
    QCOMPARE(engine.ctl({"app", "env", "list", "nobody"}).exitCode, 3);
}

void TestVariables::aSecretStandsNowhereInClear()
{
    const Project project;
    QTemporaryDir data;
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const QString file = project.envFile("SECRET_KEY=" + kSecret + "\n");
    QCOMPARE(
        engine.ctl({"site", "add", project.root(), "--name", "shop", "--env-file", file}).exitCode,
        0);
    QCOMPARE(
        ctlReading(data.path(), {"app", "env", "set", "shop", "--secret", "DSN"}, kOther).exitCode,
        0);
    QCOMPARE(
        ctlReading(data.path(), {"app", "env", "set", "shop", "DSN"}, kSecret + kOther).exitCode,
        0);
    const QList<QStringList> answers {{"config", "export"},
                                      {"config", "history", "--json"},
                                      {"config", "diff", "1", "--json"},
                                      {"config", "diff", "3", "--json"},
                                      {"site", "list", "--json"},
                                      {"app", "env", "list", "shop", "--json"},
                                      {"worker", "list", "--json"},
                                      {"worker", "ends", "--json"},
                                      {"diagnostics"},
                                      {"log", "tail", "engine"},
                                      {"log", "tail", "shop"}};
    for (const QStringList &words : answers) {
        const Finished told = engine.ctl(words);
        QVERIFY2(told.exitCode == 0, told.error);
        QVERIFY2(!told.out.isEmpty(), qPrintable(words.join(' ')));
        QVERIFY2(!told.out.contains(kSecret) && !told.out.contains(kOther), told.out);
        QVERIFY2(!told.out.contains("sealed:"), told.out);
    }
    const QByteArray diff = engine.ctl({"config", "diff", "3", "--json"}).out;
    QVERIFY2(diff.contains("(changed)"), diff);
    QVERIFY(engine.ctl({"config", "export"}).out.contains("\"DSN\": \"(masked)\""));
    QCOMPARE(engine.stop(), 0);
    for (const QByteArray &text : {kSecret, kOther})
        QCOMPARE(holding(data.path(), text), QStringList {});
    QCOMPARE(QFile(data.filePath("secret.key")).permissions()
                 & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther),
             QFile::Permissions());
    QVERIFY2(engine.start(), engine.errors());
    QTRY_COMPARE(http(urlOf(engine)).body, hashOf(kSecret) + " -");
}

void TestVariables::whatTheMaskStandsForStays()
{
    const Project project;
    QTemporaryDir data;
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const QString file = project.envFile("SECRET_KEY=" + kSecret + "\n");
    QCOMPARE(
        engine.ctl({"site", "add", project.root(), "--name", "shop", "--env-file", file}).exitCode,
        0);
    const QString url = urlOf(engine);
    const QByteArray exported = engine.ctl({"config", "export"}).out;
    write(data.filePath("in.json"), exported);
    const Finished same = engine.ctl({"config", "import", data.filePath("in.json")});
    QVERIFY2(same.out.contains("nothing changed"), same.out + same.error);
    // A value in clear is sealed when it comes in, and is no change where it is what was there.
    write(data.filePath("in.json"), QByteArray(exported).replace("(masked)", kSecret));
    QVERIFY(
        engine.ctl({"config", "import", data.filePath("in.json")}).out.contains("nothing changed"));
    write(data.filePath("in.json"), QByteArray(exported).replace("(masked)", kOther));
    QCOMPARE(engine.ctl({"config", "import", data.filePath("in.json")}).exitCode, 0);
    QTRY_COMPARE(http(url).body, hashOf(kOther) + " -");
    QCOMPARE(engine.ctl({"config", "export"}).out, exported);
    // Nobody makes a secret readable by asking for its mask as a plain value.
    write(data.filePath("in.json"), QByteArray(exported).replace("\"secrets\"", "\"env\""));
    const Finished refused = engine.ctl({"config", "import", data.filePath("in.json")});
    QCOMPARE(refused.exitCode, 2);
    QVERIFY2(refused.error.contains("apps[0].env.SECRET_KEY: \"(masked)\" stands for a value"),
             refused.error);
    write(data.filePath("in.json"), QByteArray(exported).replace("(masked)", "sealed:AAAA"));
    QCOMPARE(engine.ctl({"config", "import", data.filePath("in.json")}).exitCode, 2);
}

void TestVariables::withoutItsKeyASecretSaysWhatToDo()
{
    const Project project;
    QTemporaryDir data;
    const QString key = data.filePath("secret.key");
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const QString file = project.envFile("SECRET_KEY=" + kSecret + "\n");
    QCOMPARE(
        engine.ctl({"site", "add", project.root(), "--name", "shop", "--env-file", file}).exitCode,
        0);
    const QString url = urlOf(engine);
    // While it runs: what serves goes on, and is deployed, and a change says what is missing.
    QVERIFY(QFile::rename(key, key + ".away"));
    QCOMPARE(engine.ctl({"site", "deploy", "shop"}).exitCode, 0);
    write(key, QByteArray(32, 'k'));
    QVERIFY(QFile::setPermissions(key, QFile::ReadOwner | QFile::WriteOwner));
    const Finished refused =
        ctlReading(data.path(), {"app", "env", "set", "shop", "--secret", "DSN"}, kOther);
    QCOMPARE(refused.exitCode, 2);
    QVERIFY2(refused.error.contains("the secret SECRET_KEY of app shop cannot be opened, because "
                                    + key.toUtf8() + " is not the key that sealed it"),
             refused.error);
    QCOMPARE(http(url).body, hashOf(kSecret) + " -");
    QVERIFY(QFile::remove(key));
    QCOMPARE(engine.stop(), 0);
    // At a start: the engine runs, the site says why it does not.
    QVERIFY2(engine.start(), engine.errors());
    QTRY_VERIFY(engine.ctl({"site", "list"}).out.contains("cannot be opened, because "));
    QFile::remove(key); // HTTPS makes one where there is none
    QVERIFY(QFile::rename(key + ".away", key));
    const Finished again = engine.ctl({"site", "restart", "shop"});
    QVERIFY2(again.exitCode == 0, again.error);
    QCOMPARE(http(urlOf(engine)).body, hashOf(kSecret) + " -");
    // Or the value is set again, under a new key.
    QCOMPARE(engine.stop(), 0);
    QVERIFY(QFile::remove(key));
    QVERIFY2(engine.start(), engine.errors());
    QTRY_VERIFY(engine.ctl({"site", "list"}).out.contains("failed"));
    const Finished set =
        ctlReading(data.path(), {"app", "env", "set", "shop", "--secret", "SECRET_KEY"}, kOther);
    QVERIFY2(set.exitCode == 0, set.error);
    QTRY_COMPARE(http(urlOf(engine)).body, hashOf(kOther) + " -");
}

void TestVariables::connectionsAreLookedAtOnDemand()
{
    const Project project;
    QTemporaryDir data;
    QTcpServer listening;
    QVERIFY(listening.listen(QHostAddress::LocalHost));
    QTcpServer closed;
    QVERIFY(closed.listen(QHostAddress::LocalHost));
    const QByteArray closedPort = QByteArray::number(closed.serverPort());
    closed.close();
    const QByteArray url = "://user:" + kSecret + "@127.0.0.1:";
    EngineProcess engine(data.path());
    QVERIFY2(engine.start(), engine.errors());
    const QString file = project.envFile(
        "SECRET_KEY=x\nDATABASE_URL=postgresql" + url + closedPort + "/shop\nCACHE=redis" + url
        + QByteArray::number(listening.serverPort()) + "/0\nFILE=sqlite:///shop.db\n"
        + "LOST=sqlite:////nowhere/shop.db\nNAME=mysql://u:" + kSecret + "@nobody.invalid/x\n");
    QCOMPARE(
        engine.ctl({"site", "add", project.root(), "--name", "shop", "--env-file", file}).exitCode,
        0);
    const Finished checked = engine.ctl({"app", "env", "check", "shop"});
    QCOMPARE(checked.exitCode, 1);
    const QList<QByteArray> told = checked.out.split('\n');
    QCOMPARE(told.size(), 6); // and nothing of SECRET_KEY, which is no URL
    QVERIFY2(told[0].startsWith("CACHE: 127.0.0.1:") && told[0].endsWith(" accepts connections"),
             told[0]);
    QCOMPARE(told[1], "DATABASE_URL: not reachable: nobody listens at 127.0.0.1:" + closedPort);
    QCOMPARE(told[2],
             "FILE: the file " + project.file("shop.db").toUtf8()
                 + " is not there yet, and can be made");
    QCOMPARE(told[3], QByteArray("LOST: not reachable: there is no folder /nowhere/"));
    // A machine without a resolver says so in other words, or nothing in time.
    QVERIFY2(told[4].startsWith("NAME: not reachable: ") && !told[4].contains("accepts"), told[4]);
    QVERIFY(!checked.out.contains(kSecret) && !checked.out.contains("user"));
    QCOMPARE(engine.ctl({"app", "env", "check", "shop", "CACHE", "FILE"}).exitCode, 0);
    const Finished none = engine.ctl({"app", "env", "check", "shop", "SECRET_KEY"});
    QCOMPARE(none.exitCode, 0);
    QVERIFY2(none.out.contains("None of these is the URL"), none.out);
}

QTEST_GUILESS_MAIN(TestVariables)
#include "tst_variables.moc"
