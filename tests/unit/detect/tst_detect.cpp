// SPDX-License-Identifier: Apache-2.0
#include "server/detect/captured_run.h"
#include "server/detect/detect.h"
#include "server/detect/detection_json.h"
#include "server/detect/interpreters.h"

#include <QtTest>

#include <filesystem>

#include <unistd.h>

using namespace arc;
namespace fs = std::filesystem;

class TestDetect : public QObject {
    Q_OBJECT

    static void write(const QString &path, const QByteArray &text, bool runs = false)
    {
        QVERIFY(QDir().mkpath(QFileInfo(path).path()));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
        if (runs)
            file.setPermissions(file.permissions() | QFile::ExeOwner | QFile::ExeGroup
                                | QFile::ExeOther);
    }

private Q_SLOTS:
    void initTestCase()
    {
        static QTemporaryDir folder;
        const auto installed = installPythonFiles(folder.path().toStdString());
        QVERIFY(installed.has_value());
        QCOMPARE(*installed, pythonFilesDirectory());
        QVERIFY(fs::exists(*installed + "/worker/detect.py"));
        QVERIFY(fs::exists(*installed + "/worker/main.py"));
        // A second start mends what somebody changed, and leaves no temporary file.
        write(QString::fromStdString(*installed + "/worker/main.py"), "changed");
        QCOMPARE(installPythonFiles(folder.path().toStdString()).value(), *installed);
        QVERIFY(fs::file_size(*installed + "/worker/main.py") > 100);
        for (const auto &entry : fs::recursive_directory_iterator(*installed))
            QVERIFY(entry.path().extension() != ".new");
        // What a package brought is used where it lies, unless it is not what this build wants.
        QTemporaryDir elsewhere;
        const std::string other = elsewhere.path().toStdString();
        QCOMPARE(installPythonFiles(other, folder.path().toStdString()).value(), *installed);
        QVERIFY(fs::is_empty(other));
        const auto whole = QString::fromStdString(*installed + "/worker/main.py");
        QFile kept(whole);
        QVERIFY(kept.open(QIODevice::ReadOnly));
        const QByteArray text = kept.readAll();
        write(whole, "changed");
        QVERIFY(installPythonFiles(other, folder.path().toStdString()).value().starts_with(other));
        write(whole, text);
        QCOMPARE(installPythonFiles(folder.path().toStdString()).value(), *installed);
    }

    void aFlaskAppIsRecognisedWithItsInterpreters()
    {
        QTemporaryDir folder;
        write(folder.filePath("app.py"), "from flask import Flask\napp = Flask(__name__)\n");
        const auto found = detectProject(folder.path().toStdString());
        QVERIFY2(found.has_value(), found ? "" : found.error().message().c_str());
        QVERIFY(!found->projects.empty());
        QCOMPARE(found->projects[0].kind, std::string("flask"));
        QCOMPARE(found->projects[0].entry, std::string("app:app"));
        QVERIFY(!found->pythons.empty());
        QVERIFY(found->pythons[0].version.find(" 3.") != std::string::npos);
        QCOMPARE(found->pythons[0].source, std::string("system"));
    }

    void anAppThatCannotBeParsedIsToldWithItsLine()
    {
        QTemporaryDir folder;
        write(folder.filePath("app.py"),
              "from flask import Flask\napp = Flask(__name__)\n\nx = (\n");
        const auto found = detectProject(folder.path().toStdString());
        QVERIFY2(found.has_value(), found ? "" : found.error().message().c_str());
        QVERIFY(found->projects.empty());
        QCOMPARE(found->problems, std::vector<std::string> {"app.py line 4: '(' was never closed"});
    }

    void anEmptyFolderHasNoProject()
    {
        QTemporaryDir folder;
        const auto found = detectProject(folder.path().toStdString());
        QVERIFY(found.has_value());
        QVERIFY(found->projects.empty());
    }

    void foldersThatCannotBeReadAreNamed()
    {
        QTemporaryDir folder;
        const auto absent = detectProject((folder.path() + "/absent").toStdString());
        QVERIFY(!absent.has_value());
        QCOMPARE(absent.error().code(), ErrorCode::NotFound);
        QVERIFY(absent.error().message().find("/absent") != std::string::npos);
        write(folder.filePath("file"), "x");
        QCOMPARE(detectProject(folder.filePath("file").toStdString()).error().code(),
                 ErrorCode::NotFound);
        QCOMPARE(detectProject(folder.path().toStdString(), "/bin/true").error().code(),
                 ErrorCode::Invalid);
    }

    void whatIsNoInterpreterIsToldByItsCause_data()
    {
        QTest::addColumn<QByteArray>("script"); // empty: no file
        QTest::addColumn<QString>("cause");
        QTest::newRow("absent") << QByteArray() << "does not exist";
        QTest::newRow("silent") << QByteArray("exit 0")
                                << "does not answer as a Python interpreter does";
        QTest::newRow("echo") << QByteArray("echo \"$@\"")
                              << "does not answer as a Python interpreter does";
        QTest::newRow("garbled") << QByteArray("echo arcology-python CPython 3.x.1 -")
                                 << "does not answer as a Python interpreter does";
        QTest::newRow("too old") << QByteArray("echo arcology-python CPython 3.8.20 -")
                                 << "is Python 3.8.20, but apps need 3.9 or newer";
        QTest::newRow("Python 2") << QByteArray(
            "[ \"$1\" = -I ] && exit 2; echo arcology-python CPython 2.7.18 -")
                                  << "is Python 2.7.18, but apps need 3.9 or newer";
    }
    void whatIsNoInterpreterIsToldByItsCause()
    {
        QFETCH(QByteArray, script);
        QFETCH(QString, cause);
        QTemporaryDir folder;
        const QString path = folder.filePath("python");
        if (!script.isEmpty())
            write(path, "#!/bin/sh\n" + script + "\n", true);
        const auto version = pythonVersion(path.toStdString());
        QVERIFY(!version);
        QCOMPARE(QString::fromStdString(version.error().message()), path + " " + cause);
        const auto found = detectProject(folder.path().toStdString(), path.toStdString());
        QVERIFY(QString::fromStdString(found.error().message())
                    .contains("; choose another interpreter, for instance /usr/bin/python3 (C"));
    }

    void versionsAreToldByImplementation()
    {
        QTemporaryDir folder;
        write(folder.filePath("pypy"), "#!/bin/sh\necho arcology-python PyPy 3.9.16 7.3.11\n",
              true);
        QCOMPARE(*pythonVersion(folder.filePath("pypy").toStdString()),
                 std::string("PyPy 7.3.11 (3.9)"));
        QVERIFY(pythonVersion("/usr/bin/python3")->starts_with("CPython 3."));
    }

    void theFoldersOwnInterpreterComesFirst()
    {
        QTemporaryDir folder;
        write(folder.filePath("app.py"), "def application(environ, start_response): pass\n");
        for (const char *name : {"other", "venv", ".venv"}) {
            QVERIFY(QDir().mkpath(folder.filePath(QString(name) + "/bin")));
            QVERIFY(
                QFile::link("/usr/bin/python3", folder.filePath(QString(name) + "/bin/python")));
            write(folder.filePath(QString(name) + "/pyvenv.cfg"),
                  "home = /usr/bin\nversion = 3.11.2\n");
        }
        const auto pythons = findPythons(folder.path().toStdString());
        QVERIFY(pythons.size() >= 4);
        QCOMPARE(pythons[0].source, std::string(".venv"));
        QCOMPARE(pythons[1].source, std::string("venv"));
        QCOMPARE(pythons[2].source, std::string("pyvenv.cfg"));
        QCOMPARE(pythons[3].path, std::string("/usr/bin/python3"));
        QCOMPARE(pythons[0].version, pythons[3].version); // it is a link to that one
    }

    void aProgramInsideTheFolderIsNotRun()
    {
        QTemporaryDir folder;
        const QString mark = folder.filePath("was-run");
        write(folder.filePath(".venv/bin/python"), "#!/bin/sh\ntouch '" + mark.toUtf8() + "'\n",
              true);
        write(folder.filePath(".venv/pyvenv.cfg"),
              "implementation = PyPy\nversion_info = 3.9.16.final.0\n");
        write(folder.filePath("index.html"), "<p>hello");
        write(folder.filePath("manage.py"), "open('" + mark.toUtf8() + "', 'w')\n");
        const auto found = detectProject(folder.path().toStdString());
        QVERIFY(found.has_value());
        QVERIFY(!QFile::exists(mark));
        QCOMPARE(found->pythons[0].version, std::string("PyPy (3.9)"));
    }

    void environmentsTooOldOrBrokenAreNotOffered_data()
    {
        QTest::addColumn<QByteArray>("config");
        for (const char *bad : {"", "version = 3.8.1\n", "version = 2.7\n", "version = x.y\n",
                                "version\n", "version = 3\n"})
            QTest::newRow(bad) << QByteArray(bad);
    }
    void environmentsTooOldOrBrokenAreNotOffered()
    {
        QFETCH(QByteArray, config);
        QTemporaryDir folder;
        write(folder.filePath(".venv/bin/python"), "#!/bin/false\n", true);
        write(folder.filePath(".venv/pyvenv.cfg"), config);
        const auto pythons = findPythons(folder.path().toStdString());
        QVERIFY(pythons.empty() || pythons[0].source == "system");
    }

    void aRunIsBoundedInTimeAndOutput()
    {
        const auto late = runCaptured({"/bin/cat", "/dev/zero"}, std::chrono::seconds(10), 100000);
        QCOMPARE(late.error().code(), ErrorCode::Full);
        int ends[2];
        QCOMPARE(::pipe(ends), 0);
        const auto slow = runCaptured({"/bin/sh", "-c", "tail -f /dev/null"},
                                      std::chrono::milliseconds(200), 1000);
        ::close(ends[0]);
        ::close(ends[1]);
        QCOMPARE(slow.error().code(), ErrorCode::Unavailable);
        QVERIFY(!runCaptured({"/nonexistent"}, std::chrono::seconds(1), 10).has_value());
        const auto fine = runCaptured({"/bin/sh", "-c", "echo out; echo err >&2; exit 4"},
                                      std::chrono::seconds(10), 10);
        QVERIFY(fine.has_value());
        QCOMPARE(fine->output, std::string("out\n"));
        QCOMPARE(fine->errors, std::string("err\n"));
        QCOMPARE(fine->exitCode, 4);
    }

    void reportsOfAnotherShapeAreRefused_data()
    {
        QTest::addColumn<QByteArray>("json");
        for (const char *bad :
             {"", "7", "{}", R"({"folder":"/a"})", R"({"folder":"/a","projects":[]})",
              R"({"folder":"/a","projects":[],"problems":[1]})", R"({"folder":1,"projects":[]})",
              R"({"folder":"/a","projects":{}})", R"({"folder":"/a","projects":[{}]})",
              R"({"folder":"/a","projects":[{"kind":"wsgi","title":"t","name":"n","root":"relative",
                     "entry":"a:b","interface":"wsgi","evidence":[],"warnings":[]}]})"})
            QTest::newRow(bad) << QByteArray(bad);
    }
    void reportsOfAnotherShapeAreRefused()
    {
        QFETCH(QByteArray, json);
        QVERIFY(!parseDetection(json.toStdString()).has_value());
    }
};

QTEST_GUILESS_MAIN(TestDetect)
#include "tst_detect.moc"
