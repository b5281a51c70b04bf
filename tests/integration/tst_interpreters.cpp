// SPDX-License-Identifier: Apache-2.0
// One engine, an app on each interpreter this machine has, all under load; and one that changes its
// interpreter while it is used.
#include "tests/integration/interpreters.h"
#include "tests/integration/stage.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace arc::test;

namespace {

constexpr const char *kApp =
    "import json, platform, sys\n"
    "def application(environ, start_response):\n"
    "    body = json.dumps({'implementation': platform.python_implementation(),\n"
    "                       'language': '%d.%d' % sys.version_info[:2],\n"
    "                       'version': sys.version.splitlines()[0]}).encode()\n"
    "    start_response('200 OK', [('Content-Type', 'application/json'),\n"
    "                              ('Content-Length', str(len(body)))])\n"
    "    return [body]\n";

constexpr int kAppsMax = 6;

QJsonObject json(const QByteArray &text)
{
    return QJsonDocument::fromJson(text).object();
}

/// The site's own name in Host: each has one, and one of them any.
HttpAnswer ask(const QString &url)
{
    const QUrl whole(url);
    QUrl near = whole;
    near.setHost("127.0.0.1"); // not every resolver knows *.localhost
    return http(near.toString(), {.host = whole.host().toLatin1()});
}

QString urlOf(const EngineProcess &engine, const QString &site)
{
    for (const QJsonValue &view :
         json(engine.ctl({"site", "list", "--json"}).out).value("sites").toArray()) {
        if (view.toObject().value("id") == site)
            return view.toObject().value("urls").toArray().first().toString();
    }
    return {};
}

QString pythonOf(const EngineProcess &engine, const QString &app)
{
    for (const QJsonValue &pool :
         json(engine.ctl({"worker", "list", "--json"}).out).value("pools").toArray()) {
        if (pool.toObject().value("app") == app)
            return pool.toObject().value("python").toString();
    }
    return {};
}

/// wrk against one site for some seconds.
std::unique_ptr<QProcess> load(const QString &url, int seconds)
{
    const QUrl whole(url);
    auto wrk = std::make_unique<QProcess>();
    wrk->start("wrk",
               {"-t1", "-c4", QString("-d%1").arg(seconds), "--timeout", "20", "-H",
                "Host: " + whole.host(), QString("http://127.0.0.1:%1/").arg(whole.port(80))});
    return wrk;
}

void verifyClean(QProcess &wrk)
{
    QVERIFY(wrk.waitForFinished(60000));
    const QByteArray report = wrk.readAllStandardOutput();
    QVERIFY2(report.contains("requests in") && !report.contains("Non-2xx")
                 && !report.contains("Socket errors"),
             report);
}

/// One of each implementation and language, so that five that differ come before two alike.
QList<Interpreter> differentOnes()
{
    QList<Interpreter> chosen;
    for (const Interpreter &one : interpretersOfThisMachine()) {
        const bool isKnown = std::any_of(chosen.begin(), chosen.end(), [&](const Interpreter &it) {
            return it.implementation == one.implementation && it.language == one.language;
        });
        if (!isKnown)
            chosen << one;
    }
    // PyPy before the middle of CPython's, in case there are more than are tried.
    std::stable_sort(chosen.begin(), chosen.end(), [](const Interpreter &a, const Interpreter &b) {
        return a.implementation == "PyPy" && b.implementation != "PyPy";
    });
    return chosen.mid(0, kAppsMax);
}

} // namespace

class TestInterpreters : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<EngineProcess> m_engine;
    QList<Interpreter> m_used;

private Q_SLOTS:
    void initTestCase();
    void everyAppRunsOnItsOwnUnderLoad();
    void anAppChangesItsInterpreterWithoutAFailedRequest();
    void aWrongOneChangesNothing();
    void serveTakesOneByName();
    void theListTellsImplementationAndVersion();
};

void TestInterpreters::initTestCase()
{
    const QStringList missing = interpretersMissingHere();
    if (!missing.isEmpty())
        qInfo("not on this machine, so not tried: %s", qPrintable(missing.join(", ")));
    m_used = differentOnes();
    QVERIFY(!m_used.isEmpty());
    m_engine = std::make_unique<EngineProcess>(m_dir.filePath("data"));
    QVERIFY2(m_engine->start(), m_engine->errors());
    for (qsizetype i = 0; i < m_used.size(); ++i) {
        const QString folder = m_dir.filePath(QString("app%1").arg(i));
        write(folder + "/app.py", kApp);
        const Finished added =
            m_engine->ctl({"site", "add", folder, "--python", m_used[i].path, "--host",
                           QString("app%1.localhost").arg(i), "--set", "pool.processes=1"});
        QVERIFY2(added.exitCode == 0, added.error);
    }
}

void TestInterpreters::everyAppRunsOnItsOwnUnderLoad()
{
    std::vector<std::unique_ptr<QProcess>> loads;
    for (qsizetype i = 0; i < m_used.size(); ++i)
        loads.push_back(load(urlOf(*m_engine, QString("app%1").arg(i)), 5));
    for (qsizetype i = 0; i < m_used.size(); ++i) {
        const QString url = urlOf(*m_engine, QString("app%1").arg(i));
        for (int times = 0; times < 5; ++times) {
            const QJsonObject answer = json(ask(url).body);
            QCOMPARE(answer.value("implementation").toString(), m_used[i].implementation);
            QCOMPARE(answer.value("language").toString(), m_used[i].language);
            QCOMPARE(answer.value("version").toString(), m_used[i].version);
        }
    }
    for (const auto &wrk : loads)
        verifyClean(*wrk);
}

void TestInterpreters::anAppChangesItsInterpreterWithoutAFailedRequest()
{
    if (m_used.size() < 2)
        QSKIP("there is only one interpreter on this machine");
    const QString url = urlOf(*m_engine, "app0");
    const auto wrk = load(url, 12);
    QVERIFY(wrk->waitForStarted());
    for (qsizetype i = 1; i <= 2; ++i) {
        const Interpreter &next = m_used[i % m_used.size()];
        const Finished edited = m_engine->ctl({"site", "edit", "app0", "--python", next.path});
        QVERIFY2(edited.exitCode == 0, edited.error);
        QTRY_COMPARE_WITH_TIMEOUT(json(ask(url).body).value("version").toString(), next.version,
                                  30000);
    }
    QCOMPARE(wrk->state(), QProcess::Running); // both changes happened under load
    verifyClean(*wrk);
}

void TestInterpreters::aWrongOneChangesNothing()
{
    const QString url = urlOf(*m_engine, "app0");
    const QByteArray before = ask(url).body;
    const QByteArray document = m_engine->ctl({"config", "export"}).out;
    const QString old = QDir::homePath() + "/.pyenv/versions";
    QStringList wrong {"/bin/true", m_dir.path()};
    for (const QString &version : QDir(old).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        if (version.startsWith("2.") || version.startsWith("3.6.") || version.startsWith("3.8."))
            wrong << QString("%1/%2/bin/python").arg(old, version);
    }
    for (const QString &python : wrong) {
        const Finished edited = m_engine->ctl({"site", "edit", "app0", "--python", python});
        QCOMPARE(edited.exitCode, 2);
        QVERIFY2(edited.error.contains("choose another interpreter, for instance"), edited.error);
        if (python.contains("pyenv"))
            QVERIFY2(edited.error.contains("but apps need 3.9 or newer"), edited.error);
    }
    QCOMPARE(m_engine->ctl({"config", "export"}).out, document);
    QCOMPARE(ask(url).body, before);
}

void TestInterpreters::serveTakesOneByName()
{
    const QString folder = m_dir.filePath("app0");
    for (const char *name : {"python3", "pypy3"}) {
        if (QStandardPaths::findExecutable(name).isEmpty())
            continue;
        Served served(folder, {"--python", name, "--workers", "1"});
        QVERIFY2(served.isServing(), served.errors());
        const QString implementation =
            json(http(served.url() + "/").body).value("implementation").toString();
        QCOMPARE(implementation,
                 QString(*name == 'p' && name[1] == 'y' && name[2] == 'p' ? "PyPy" : "CPython"));
        QCOMPARE(served.stop(), 0);
    }
}

void TestInterpreters::theListTellsImplementationAndVersion()
{
    for (qsizetype i = 1; i < m_used.size(); ++i) {
        const QString shown = pythonOf(*m_engine, QString("app%1").arg(i));
        const QRegularExpression expected(
            m_used[i].implementation == "PyPy"
                ? "^PyPy \\d+\\.\\d+\\.\\d+ \\(" + QRegularExpression::escape(m_used[i].language)
                    + "\\)$"
                : "^CPython " + QRegularExpression::escape(m_used[i].language) + "\\.\\d+$");
        QVERIFY2(expected.match(shown).hasMatch(), qPrintable(shown));
    }
    // What the window offers for a folder comes from the same words.
    const Finished asked = runProgram("curl",
                                      {"-s", "--unix-socket", m_dir.filePath("data/control.sock"),
                                       "-H", "Content-Type: application/json", "-d",
                                       QString(R"({"path":"%1"})").arg(m_dir.filePath("app0")),
                                       "http://arcology/api/v1/recognise"});
    QStringList offered;
    for (const QJsonValue &python : json(asked.out).value("pythons").toArray())
        offered << python.toObject().value("version").toString();
    for (const Interpreter &one : m_used) {
        const QString wanted = one.implementation == "PyPy" ? "(" + one.language + ")"
                                                            : "CPython " + one.language + ".";
        QVERIFY2(std::any_of(offered.begin(), offered.end(),
                             [&](const QString &it) { return it.contains(wanted); }),
                 qPrintable(wanted + " is not in " + offered.join(", ")));
    }
}

QTEST_GUILESS_MAIN(TestInterpreters)
#include "tst_interpreters.moc"
