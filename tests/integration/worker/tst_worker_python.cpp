// SPDX-License-Identifier: Apache-2.0
#include "test_paths.h"
#include "tests/integration/interpreters.h"

#include <QDir>
#include <QProcess>
#include <QTest>

using namespace arc::test;

/// Runs the Python tests of the worker package: each module with every Python 3.9 or newer that
/// this machine has, and what starts workers once more with the native core where an
/// interpreter can have it. The frameworks are Debian packages, so their modules run with the
/// system's interpreter only.
class TestWorkerPython : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void moduleSucceeds_data();
    void moduleSucceeds();
};

namespace {

const QStringList kNeedFrameworks {"test_frameworks.py", "test_photos.py", "test_filesync.py",
                                   "test_streaming.py"};
const QString kNeedsCore = "test_core.py"; ///< has nothing to say without it
const QStringList kStartWorkers {"test_asgi.py",       "test_core.py",      "test_filesync.py",
                                 "test_frameworks.py", "test_photos.py",    "test_preload.py",
                                 "test_start.py",      "test_streaming.py", "test_warmup.py",
                                 "test_watch.py",      "test_websocket.py", "test_wsgi.py",
                                 "test_wsgi_bodies.py"};
constexpr int kModuleMilliseconds = 240'000;

bool canHaveCore(const Interpreter &interpreter)
{
    return interpreter.implementation == "CPython"
        && interpreter.language.section('.', 1, 1).toInt() >= 11
        && !interpreter.version.contains("free-threading");
}

} // namespace

void TestWorkerPython::moduleSucceeds_data()
{
    QTest::addColumn<QString>("interpreter");
    QTest::addColumn<QString>("module");
    QTest::addColumn<QString>("core");
    const QDir folder(ARC_SOURCE_DIR "/tests/integration/worker");
    const QStringList modules = folder.entryList({"test_*.py"});
    QVERIFY(modules.size() >= 6);
    const QStringList missing = interpretersMissingHere();
    if (!missing.isEmpty())
        qInfo("not on this machine, so not tried: %s", qPrintable(missing.join(", ")));
    const QList<Interpreter> &found = interpretersOfThisMachine();
    QVERIFY2(!found.isEmpty() && found.first().path == kSystemPython,
             "Python 3.9 or newer must be there as /usr/bin/python3");
    for (const Interpreter &each : found) {
        const QString interpreter = each.path;
        for (const QString &module : modules) {
            if (kNeedFrameworks.contains(module) && interpreter != kSystemPython)
                continue;
            if (module != kNeedsCore)
                QTest::addRow("%s %s", qPrintable(module), qPrintable(interpreter))
                    << interpreter << folder.filePath(module) << "python";
            if (kStartWorkers.contains(module) && canHaveCore(each))
                QTest::addRow("%s %s, native core", qPrintable(module), qPrintable(interpreter))
                    << interpreter << folder.filePath(module) << ARC_WORKER_CORE;
        }
    }
}

void TestWorkerPython::moduleSucceeds()
{
    QFETCH(QString, interpreter);
    QFETCH(QString, module);
    QFETCH(QString, core);
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("ARCOLOGY_WORKER_CORE", core);
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(interpreter, {"-B", module});
    const bool finished = process.waitForFinished(kModuleMilliseconds);
    const QByteArray output = process.readAll();
    if (!finished)
        process.kill();
    QVERIFY2(finished, qPrintable(module + " did not end in time\n" + output));
    QVERIFY2(process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0,
             output.constData());
    QVERIFY2(output.contains("\nOK"), "no test has run");
}

QTEST_GUILESS_MAIN(TestWorkerPython)
#include "tst_worker_python.moc"
