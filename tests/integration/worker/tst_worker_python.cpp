// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QSet>
#include <QTest>

/// Runs the Python tests of the worker package: each module with every Python 3.9 or newer that
/// this machine has. The frameworks are Debian packages, so their modules run with the
/// system's interpreter only.
class TestWorkerPython : public QObject {
    Q_OBJECT

private slots:
    void moduleSucceeds_data();
    void moduleSucceeds();

private:
    static QStringList interpreters();
};

namespace {

const QString kSystemPython = QStringLiteral("/usr/bin/python3");
const QStringList kNeedFrameworks {"test_frameworks.py", "test_photos.py", "test_filesync.py",
                                   "test_streaming.py"};
constexpr int kModuleMilliseconds = 240'000;

/// Empty when it does not run or is older than 3.9. Its own word for where it lies tells shims and
/// links apart.
QString realInterpreter(const QString &path)
{
    QProcess process;
    process.start(path,
                  {"-I", "-c",
                   "import os, sys; assert sys.version_info >= (3, 9); "
                   "print(os.path.realpath(sys.executable))"});
    if (!process.waitForFinished(30'000) || process.exitCode() != 0)
        return {};
    return QString::fromLocal8Bit(process.readAllStandardOutput()).trimmed();
}

} // namespace

QStringList TestWorkerPython::interpreters()
{
    QStringList places {kSystemPython};
    const QStringList names {"python3.9",  "python3.10", "python3.11", "python3.12",
                             "python3.13", "python3.14", "pypy3"};
    for (const QString &folder :
         QString::fromLocal8Bit(qgetenv("PATH")).split(':', Qt::SkipEmptyParts))
        for (const QString &name : names)
            places << folder + '/' + name;
    // Interpreters that pyenv keeps are not on PATH; what is there is only a shim for the chosen
    // ones.
    const QDir versions(QDir::homePath() + "/.pyenv/versions");
    for (const QString &version : versions.entryList(QDir::Dirs | QDir::NoDotAndDotDot))
        places << versions.filePath(version) + "/bin/python3";

    QStringList found;
    QSet<QString> seen;
    for (const QString &place : places) {
        const QString real = QFileInfo(place).isExecutable() ? realInterpreter(place) : QString();
        if (!real.isEmpty() && !seen.contains(real)) {
            seen.insert(real);
            found << (place == kSystemPython ? place : real);
        }
    }
    return found;
}

void TestWorkerPython::moduleSucceeds_data()
{
    QTest::addColumn<QString>("interpreter");
    QTest::addColumn<QString>("module");
    const QDir folder(ARC_SOURCE_DIR "/tests/integration/worker");
    const QStringList modules = folder.entryList({"test_*.py"});
    QVERIFY(modules.size() >= 6);
    const QStringList found = interpreters();
    QVERIFY2(found.contains(kSystemPython),
             "Python 3.9 or newer must be there as /usr/bin/python3");
    for (const QString &interpreter : found) {
        for (const QString &module : modules) {
            if (kNeedFrameworks.contains(module) && interpreter != kSystemPython)
                continue;
            QTest::addRow("%s %s", qPrintable(module), qPrintable(interpreter))
                << interpreter << folder.filePath(module);
        }
    }
}

void TestWorkerPython::moduleSucceeds()
{
    QFETCH(QString, interpreter);
    QFETCH(QString, module);
    QProcess process;
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
