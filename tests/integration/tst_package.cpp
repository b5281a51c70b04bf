// SPDX-License-Identifier: Apache-2.0
// What the installers bring, as far as it can be judged without installing a package: each file by
// the tool that its reader trusts, and the one-file installer in a home of its own.
#include "test_paths.h"
#include "tests/integration/program.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QtTest>

#include <unistd.h>

using namespace arc::test;

namespace {

const QString kSource = ARC_SOURCE_DIR;
const QString kBuild = ARC_BUILD_DIR;

QByteArray textOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void writeProgram(const QString &path, const QByteArray &text)
{
    write(path, text);
    QFile file(path);
    file.setPermissions(file.permissions() | QFile::ExeOwner | QFile::ExeGroup | QFile::ExeOther);
}

/// The tool's complaint; empty when it has none.
QByteArray complaint(const QString &tool, const QStringList &arguments)
{
    const Finished finished = runProgram(tool, arguments);
    if (finished.exitCode == 0)
        return {};
    return "exit code " + QByteArray::number(finished.exitCode) + ": " + finished.out
        + finished.error;
}

} // namespace

class TestPackage : public QObject {
    Q_OBJECT

    QTemporaryDir m_stage; ///< the one-file installer, unpacked

    /// Runs it as a user: never as root, which would install for the whole computer.
    Finished setUp(const QStringList &arguments, const QString &path = "/usr/bin:/bin") const
    {
        QStringList words {"--chdir=" + m_stage.path(), "-i", "HOME=" + m_stage.filePath("home"),
                           "PATH=" + path, "./setup"};
        words += arguments;
        if (::geteuid() != 0)
            return runProgram("env", words);
        return runProgram("setpriv",
                          QStringList {"--reuid=65534", "--regid=65534", "--clear-groups", "env"}
                              + words);
    }

private Q_SLOTS:
    void initTestCase()
    {
        const Finished installed =
            runProgram("cmake", {"--install", kBuild, "--prefix", m_stage.filePath("payload")});
        QVERIFY2(installed.exitCode == 0, installed.error);
        QVERIFY(QFile::copy(kSource + "/installer/one-file/setup", m_stage.filePath("setup")));
        write(m_stage.filePath("libraries"), "libQt6Widgets.so.6 libqt6widgets6\n");
        write(m_stage.filePath("machine"), "x86_64\n");
        QVERIFY(QDir().mkpath(m_stage.filePath("home")));
        runProgram("chmod", {"-R", "a+rwX", m_stage.path()});
    }

    void theDesktopEntryIsValid()
    {
        const QString file = m_stage.filePath("payload/share/applications/arcology.desktop");
        QCOMPARE(complaint("desktop-file-validate", {file}), QByteArray());
        QVERIFY(textOf(file).contains("\nCategories=Network;\n"));
    }
    void theMetainfoIsValid()
    {
        QCOMPARE(complaint("appstreamcli",
                           {"validate", "--no-net", "--explain",
                            m_stage.filePath(
                                "payload/share/metainfo/org.arcology.arcology.metainfo.xml")}),
                 QByteArray());
    }
    void theManualPageIsFreshAndWithoutWarnings()
    {
        QTemporaryDir fresh;
        QCOMPARE(runArcology({"--dump-docs", fresh.path()}).exitCode, 0);
        QVERIFY2(textOf(fresh.filePath("arcology.1"))
                     == textOf(kSource + "/resources/docs/arcology.1"),
                 "stale: run arcology --dump-docs resources/docs");
        const Finished lint =
            runProgram("mandoc", {"-T", "lint", "-W", "warning", fresh.filePath("arcology.1")});
        QCOMPARE(lint.out + lint.error, QByteArray());
        QCOMPARE(lint.exitCode, 0);
    }
    void theUnitIsUnderstood()
    {
        if (QStandardPaths::findExecutable("systemd-analyze").isEmpty())
            QSKIP("no systemd-analyze here");
        QByteArray unit = textOf(m_stage.filePath("payload/lib/systemd/system/arcology.service"));
        QVERIFY(unit.contains("ExecStart=/usr/bin/arcology --headless --service\n"));
        unit.replace("ExecStart=/usr/bin/arcology", "ExecStart=" ARC_BINARY);
        QTemporaryDir folder;
        write(folder.filePath("arcology.service"), unit);
        const Finished verified = runProgram(
            "systemd-analyze", {"verify", "--man=no", folder.filePath("arcology.service")});
        QCOMPARE(verified.out + verified.error, QByteArray()); // an unknown key is only a message
        QCOMPARE(verified.exitCode, 0);
    }
    void theVersionIsToldAlikeEverywhere()
    {
        const QByteArray version = runArcology({"--version"}).out.trimmed().split(' ').value(1);
        QVERIFY(!version.isEmpty());
        QVERIFY(textOf(kSource + "/installer/debian/changelog")
                    .startsWith("arcology (" + version + ")"));
        QVERIFY(
            textOf(m_stage.filePath("payload/share/metainfo/org.arcology.arcology.metainfo.xml"))
                .contains("<release version=\"" + version + "\""));
    }
    void workersRunFromWhatWasInstalled()
    {
        QTemporaryDir data;
        QTemporaryDir app;
        write(app.filePath("app.py"),
              "import arcology_worker\n"
              "def application(environ, start_response):\n"
              "    start_response('200 OK', [])\n"
              "    return [arcology_worker.__file__.encode()]\n");
        QProcess served;
        served.start(m_stage.filePath("payload/bin/arcology"),
                     {"serve", app.path(), "--listen", "127.0.0.1:0", "--workers", "1"});
        QTRY_VERIFY_WITH_TIMEOUT(served.canReadLine() || served.state() == QProcess::NotRunning
                                     || (served.waitForReadyRead(50) && served.canReadLine()),
                                 60000);
        const QString line = QString::fromUtf8(served.readLine()).trimmed();
        const QByteArray main = http(line.section(' ', -1) + "/").body;
        served.terminate();
        QVERIFY(served.waitForFinished(30000));
        QVERIFY2(main.startsWith(m_stage.filePath("payload/lib/arcology/worker/").toUtf8()), main);
    }

    // ---- the one-file installer
    void oneFileInstallsAndIsRemovedWithoutATrace()
    {
        const QDir home(m_stage.filePath("home"));
        for (int i = 0; i < 2; ++i) { // the second time over the first
            const Finished done = setUp({});
            QVERIFY2(done.exitCode == 0, done.out + done.error);
        }
        const QString prefix = home.filePath(".local/opt/arcology");
        QVERIFY(runProgram(home.filePath(".local/bin/arcology"), {"--version"})
                    .out.startsWith("arcology "));
        const QString entry = home.filePath(".local/share/applications/arcology.desktop");
        QVERIFY(textOf(entry).contains("\nExec=" + prefix.toUtf8() + "/bin/arcology %f\n"));
        QCOMPARE(complaint("desktop-file-validate", {entry}), QByteArray());

        write(home.filePath(".local/share/arcology/arcology.db"), "what the user has");
        QCOMPARE(runProgram(prefix + "/uninstall", {}).exitCode, 0);
        QStringList left;
        QDirIterator each(home.path(),
                          QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot,
                          QDirIterator::Subdirectories);
        while (each.hasNext()) {
            each.next();
            if (!each.fileInfo().isDir() || each.fileInfo().isSymLink())
                left << home.relativeFilePath(each.filePath());
        }
        QCOMPARE(left, QStringList {".local/share/arcology/arcology.db"});
    }
    void oneFileNamesThePackagesThatAreMissing()
    {
        writeProgram(m_stage.filePath("tools/ldd"),
                     "#!/bin/sh\necho '	libQt6Widgets.so.6 => not found'\n");
        const Finished refused = setUp({"--prefix", m_stage.filePath("elsewhere")},
                                       m_stage.filePath("tools") + ":/usr/bin:/bin");
        QCOMPARE(refused.exitCode, 1);
        QVERIFY2(refused.error.contains("sudo apt-get install libqt6widgets6\n"), refused.error);
        QVERIFY(!QFile::exists(m_stage.filePath("elsewhere")));
    }
    void oneFileRefusesFoldersThatAreNotItsOwn_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("reason");
        QTest::newRow("relative") << QStringList {"--prefix", "here"}
                                  << QByteArray("must be absolute");
        QTest::newRow("shell") << QStringList {"--prefix", "/tmp/$(id)"}
                               << QByteArray("letters, digits");
        QTest::newRow("upwards") << QStringList {"--prefix=/tmp/../etc"}
                                 << QByteArray("letters, digits");
        QTest::newRow("somebody else's")
            << QStringList {"--prefix", "/usr"} << QByteArray("is no installation");
        QTest::newRow("nothing") << QStringList {"--prefix"} << QByteArray("needs a folder");
        QTest::newRow("unknown") << QStringList {"--force"} << QByteArray("no option");
    }
    void oneFileRefusesFoldersThatAreNotItsOwn()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, reason);
        const Finished refused = setUp(arguments);
        QCOMPARE(refused.exitCode, 1);
        QVERIFY2(refused.error.contains(reason), refused.error);
        QCOMPARE(refused.error.count('\n'), 1);
    }
};

QTEST_GUILESS_MAIN(TestPackage)
#include "tst_package.moc"
