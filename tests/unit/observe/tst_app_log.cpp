// SPDX-License-Identifier: Apache-2.0
#include "server/observe/app_log.h"

#include <QtTest>

#include <fcntl.h>
#include <sys/stat.h>

using namespace arc;

namespace {

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestAppLog : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void eachAppHasAFileAndEachLineItsTimeAndProcess()
    {
        QTemporaryDir folder;
        AppLog log(folder.path().toStdString());
        log.write("shop", 42, "hello");
        log.write("api", 0, "worker 7 is ready");
        log.write("shop", 43, "there");
        log.flush();
        static const QRegularExpression shop(
            "^\\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z \\[42\\] hello\\n"
            "\\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z \\[43\\] there\\n$");
        const QByteArray written = contents(folder.filePath("app-shop.log"));
        QVERIFY2(shop.match(written).hasMatch(), written);
        QVERIFY(
            contents(folder.filePath("app-api.log")).endsWith("Z [engine] worker 7 is ready\n"));
    }

    void itIsWrittenWithoutAnybodyAskingAndAtTheEnd()
    {
        QTemporaryDir folder;
        {
            AppLog log(folder.path().toStdString());
            log.write("shop", 1, "one");
            QTRY_VERIFY(contents(folder.filePath("app-shop.log")).endsWith("one\n"));
            log.write("shop", 1, "two");
        }
        QVERIFY(contents(folder.filePath("app-shop.log")).endsWith("[1] two\n"));
    }

    void linesStayInOrderWhoeverWritesThem()
    {
        QTemporaryDir folder;
        AppLog log(folder.path().toStdString());
        for (int i = 0; i < 2000; ++i) {
            log.write("shop", 1, std::to_string(i));
            if (i % 100 == 0)
                log.flush(); // beside the log's own thread
        }
        log.flush();
        const QList<QByteArray> lines =
            contents(folder.filePath("app-shop.log")).trimmed().split('\n');
        QCOMPARE(lines.size(), 2000);
        for (int i = 0; i < 2000; ++i)
            QVERIFY2(lines[i].endsWith("] " + QByteArray::number(i)), lines[i]);
    }

    void itRotatesByItsLimits()
    {
        QTemporaryDir folder;
        AppLog log(folder.path().toStdString(), {.fileBytesMax = 200, .filesMax = 1});
        for (int i = 0; i < 50; ++i)
            log.write("shop", 1, "a line of some length");
        log.flush();
        QVERIFY(QFile::exists(folder.filePath("app-shop.log.1")));
        QVERIFY(!QFile::exists(folder.filePath("app-shop.log.2")));
        QVERIFY(QFileInfo(folder.filePath("app-shop.log")).size() <= 200);
    }

    void aDiskThatIsSlowerThanTheAppCostsLinesThatAreCountedAndTold()
    {
        QTemporaryDir folder;
        // A pipe that nobody reads stands for a disk that does not answer: it takes 64 KiB.
        const QByteArray pipe = folder.filePath("app-shop.log").toLocal8Bit();
        QCOMPARE(mkfifo(pipe.constData(), 0600), 0);
        QFile reader(QString::fromLocal8Bit(pipe));
        const int fd = ::open(pipe.constData(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        QVERIFY(fd >= 0 && reader.open(fd, QIODevice::ReadOnly, QFileDevice::AutoCloseHandle));
        uint64_t dropped = 0;
        {
            AppLog log(folder.path().toStdString());
            const std::string line(8000, 'x');
            QTRY_VERIFY_WITH_TIMEOUT(([&] { // what the queue holds besides what the pipe took
                                         for (int i = 0; i < 100; ++i)
                                             log.write("shop", 1, line);
                                         return log.linesDropped() > 0;
                                     }()),
                                     20000);
            dropped = log.linesDropped();
            QByteArray all;
            QTRY_VERIFY_WITH_TIMEOUT((all += reader.readAll()).contains("lines were not kept"),
                                     20000);
            QVERIFY(all.contains("[engine] "));
        }
        QVERIFY(dropped > 0);
    }
};

QTEST_APPLESS_MAIN(TestAppLog)
#include "tst_app_log.moc"
