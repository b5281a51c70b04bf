// SPDX-License-Identifier: Apache-2.0
#include "server/observe/log_file.h"

#include <QtTest>

#include <csignal>

#include <sys/resource.h>

using namespace arc;

namespace {

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestLogFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void linesAreAppendedToWhatIsThere()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("a.log");
        QCOMPARE(LogFile(path.toStdString(), {}).append("one\n"), size_t {0});
        QCOMPARE(LogFile(path.toStdString(), {}).append("two\nthree\n"), size_t {0});
        QCOMPARE(contents(path), QByteArray("one\ntwo\nthree\n"));
    }

    void theFolderIsMade()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("logs/a.log");
        QCOMPARE(LogFile(path.toStdString(), {}).append("x\n"), size_t {0});
        QCOMPARE(contents(path), QByteArray("x\n"));
    }

    void aTornLastLineIsEndedFirst()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("a.log");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("whole\nto") == 8);
        file.close();
        QCOMPARE(LogFile(path.toStdString(), {}).append("next\n"), size_t {0});
        QCOMPARE(contents(path), QByteArray("whole\nto\nnext\n"));
    }

    void aFullFileIsRotatedBetweenLines()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("a.log");
        LogFile log(path.toStdString(), {.fileBytesMax = 10, .filesMax = 2});
        QCOMPARE(log.append("aaaa\nbbbb\ncccc\ndddd\neeee\nffff\ngggg\n"), size_t {0});
        QCOMPARE(contents(path), QByteArray("gggg\n"));
        QCOMPARE(contents(path + ".1"), QByteArray("eeee\nffff\n"));
        QCOMPARE(contents(path + ".2"), QByteArray("cccc\ndddd\n"));
        QVERIFY(!QFile::exists(path + ".3"));
    }

    void aLineBeyondTheLimitIsAFileOfItsOwn()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("a.log");
        LogFile log(path.toStdString(), {.fileBytesMax = 4, .filesMax = 5});
        QCOMPARE(log.append("a\nlong line\nb\n"), size_t {0});
        QCOMPARE(contents(path), QByteArray("b\n"));
        QCOMPARE(contents(path + ".1"), QByteArray("long line\n"));
        QCOMPARE(contents(path + ".2"), QByteArray("a\n"));
    }

    void aSmallerLimitRemovesWhatIsTooMuch()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("a.log");
        LogFile log(path.toStdString(), {.fileBytesMax = 2, .filesMax = 4});
        QCOMPARE(log.append("a\nb\nc\nd\ne\n"), size_t {0});
        QVERIFY(QFile::exists(path + ".4"));
        log.setLimits({.fileBytesMax = 2, .filesMax = 1});
        QCOMPARE(log.append("f\n"), size_t {0});
        QCOMPARE(contents(path), QByteArray("f\n"));
        QCOMPARE(contents(path + ".1"), QByteArray("e\n"));
        QVERIFY(!QFile::exists(path + ".2"));
        QVERIFY(!QFile::exists(path + ".4"));
    }

    void aFileThatWasMovedAwayIsMadeAnew()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("a.log");
        LogFile log(path.toStdString(), {});
        QCOMPARE(log.append("old\n"), size_t {0});
        QVERIFY(QFile::rename(path, folder.filePath("moved")));
        QCOMPARE(log.append("new\n"), size_t {0});
        QCOMPARE(contents(path), QByteArray("new\n"));
        QCOMPARE(contents(folder.filePath("moved")), QByteArray("old\n"));
    }

    void aFullDiskCostsLinesAndIsRecoveredFrom()
    {
        if (!QFile::exists("/dev/full"))
            QSKIP("no /dev/full here");
        QTemporaryDir folder;
        const QString path = folder.filePath("a.log");
        QVERIFY(QFile::link("/dev/full", path));
        LogFile log(path.toStdString(), {});
        QCOMPARE(log.append("a\nb\n"), size_t {2});
        QCOMPARE(log.append("c\n"), size_t {1});
        QVERIFY(QFile::remove(path)); // the link: as if there were room again
        QCOMPARE(log.append("d\n"), size_t {0});
        QCOMPARE(contents(path), QByteArray("d\n"));
    }

    void aDiskThatFillsUpWithinALineKeepsTheWholeOnes()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("a.log");
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before {};
        getrlimit(RLIMIT_FSIZE, &before);
        rlimit tight = before;
        tight.rlim_cur = 12;
        LogFile log(path.toStdString(), {});
        QCOMPARE(setrlimit(RLIMIT_FSIZE, &tight), 0);
        const size_t dropped = log.append("aaaa\nbbbb\ncccc\ndddd\n");
        const QByteArray kept = contents(path);
        QCOMPARE(setrlimit(RLIMIT_FSIZE, &before), 0);
        QCOMPARE(dropped, size_t {2});
        QCOMPARE(kept, QByteArray("aaaa\nbbbb\n"));
        QCOMPARE(log.append("eeee\n"), size_t {0});
        QCOMPARE(contents(path), QByteArray("aaaa\nbbbb\neeee\n"));
    }

    void aFolderThatCannotBeMadeCostsLines()
    {
        QTemporaryDir folder;
        LogFile log(folder.filePath("none/none/a.log").toStdString(), {});
        QCOMPARE(log.append("a\n"), size_t {1});
        QVERIFY(QDir(folder.path()).mkpath("none/none"));
        QCOMPARE(log.append("b\n"), size_t {0});
    }

    void aFolderInTheWayOfRotationNeverLetsTheFileGrow()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("a.log");
        QVERIFY(QDir(folder.path()).mkpath("a.log.1/full"));
        LogFile log(path.toStdString(), {.fileBytesMax = 4, .filesMax = 1});
        QCOMPARE(log.append("aa\nbb\ncc\n"), size_t {2});
        QCOMPARE(contents(path), QByteArray("aa\n"));
    }

    void nothingIsWrittenForNothing()
    {
        QTemporaryDir folder;
        LogFile log(folder.filePath("a.log").toStdString(), {});
        QCOMPARE(log.append(""), size_t {0});
        QVERIFY(!QFile::exists(folder.filePath("a.log")));
    }
};

QTEST_APPLESS_MAIN(TestLogFile)
#include "tst_log_file.moc"
