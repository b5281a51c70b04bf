// SPDX-License-Identifier: Apache-2.0
#include "server/base/file_descriptor.h"
#include "server/observe/engine_log.h"

#include <QtTest>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace arc;

namespace {

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Standard error into a pipe, for as long as it lives.
class CapturedStderr {
public:
    CapturedStderr() : m_before(dup(STDERR_FILENO))
    {
        int ends[2];
        if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0)
            qFatal("no pipe");
        m_read.reset(ends[0]);
        FileDescriptor write(ends[1]);
        fcntl(write.get(), F_SETFL, 0); // what writes into it blocks, as into a real pipe
        dup2(write.get(), STDERR_FILENO);
    }
    ~CapturedStderr() { dup2(m_before.get(), STDERR_FILENO); }
    QByteArray text() const
    {
        QByteArray all;
        char bytes[4096];
        for (ssize_t n = 0; (n = read(m_read.get(), bytes, sizeof bytes)) > 0;)
            all.append(bytes, n);
        return all;
    }

private:
    FileDescriptor m_read;
    FileDescriptor m_before;
};

} // namespace

class TestEngineLog : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void withoutStderrOnlyTheFileHasTheLine()
    {
        QTemporaryDir folder;
        CapturedStderr captured;
        {
            EngineLog log(folder.path().toStdString(), false);
            log.info("quiet");
        }
        QCOMPARE(captured.text(), QByteArray());
        QVERIFY(contents(folder.filePath("engine.log")).endsWith(" info quiet\n"));
    }

    void levelNamesReadBack()
    {
        for (const LogLevel level :
             {LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error})
            QVERIFY(logLevelFromName(logLevelName(level)) == level);
        QVERIFY(!logLevelFromName("loud"));
        QVERIFY(!logLevelFromName(""));
    }

    void aLineGoesToStderrAndToTheFile()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("engine.log");
        QByteArray said;
        {
            CapturedStderr captured;
            {
                EngineLog log(folder.path().toStdString());
                log.warning("worker 7 ended");
            }
            said = captured.text();
        }
        const QRegularExpression line(
            "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z warning worker 7 ended\n$");
        QVERIFY2(line.match(said).hasMatch(), said.constData());
        QCOMPARE(contents(path), said);
    }

    void linesBelowTheLevelAreNotKept()
    {
        QTemporaryDir folder;
        EngineLog log(folder.path().toStdString(), false, LogLevel::Warning);
        log.info("quiet");
        log.debug("quieter");
        log.error("loud");
        log.setLevel(LogLevel::Debug);
        log.debug("now");
        const auto lines = log.lastLines(10);
        QCOMPARE(lines.size(), size_t {2});
        QCOMPARE(lines[0].message, std::string("loud"));
        QVERIFY(lines[0].level == LogLevel::Error);
        QCOMPARE(lines[1].message, std::string("now"));
    }

    void theLastLinesAreBoundedAndOldestFirst()
    {
        QTemporaryDir folder;
        EngineLog log(folder.path().toStdString(), false);
        for (size_t i = 0; i < EngineLog::kLastLinesMax + 20; ++i)
            log.info(std::to_string(i));
        const auto all = log.lastLines(SIZE_MAX);
        QCOMPARE(all.size(), EngineLog::kLastLinesMax);
        QCOMPARE(all.front().message, std::string("20"));
        const auto two = log.lastLines(2);
        QCOMPARE(two.size(), size_t {2});
        QCOMPARE(two[0].message, std::string("518"));
        QCOMPARE(two[1].message, std::string("519"));
        QVERIFY(log.lastLines(0).empty());
    }

    void oneMessageIsOneLine()
    {
        QTemporaryDir folder;
        EngineLog log(folder.path().toStdString(), false);
        log.info(std::string_view("a\nb\x1b[31m\0c", 10));
        log.info(std::string(EngineLog::kMessageBytesMax + 1, 'x'));
        const auto lines = log.lastLines(2);
        QCOMPARE(lines[0].message, std::string("a b?[31m?c"));
        QCOMPARE(lines[1].message, std::string(EngineLog::kMessageBytesMax, 'x') + "…");
    }

    // Nobody reads the pipe until the end: lines are left out there, but not in the file.
    void aStderrThatNobodyReadsHoldsNothingUp()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("engine.log");
        constexpr int kLines = 40;
        QByteArray said;
        {
            CapturedStderr captured;
            {
                EngineLog log(folder.path().toStdString());
                for (int i = 0; i < kLines; ++i)
                    log.info(std::string(EngineLog::kMessageBytesMax, 'y'));
            }
            said = captured.text();
        }
        QVERIFY(said.count('\n') < kLines);
        QVERIFY(said.endsWith('\n')); // never half a line
        QCOMPARE(contents(path).count('\n'), kLines);
    }

    // The file is a pipe that nobody reads: as a disk that hangs.
    void aFullQueueDropsAndTells()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath("engine.log").toStdString();
        QCOMPARE(mkfifo(path.c_str(), 0600), 0);
        const FileDescriptor reader(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        EngineLog log(folder.path().toStdString(), false);
        const std::string line(EngineLog::kMessageBytesMax, 'z');
        // What one batch, the pipe and the queue hold together is less than this.
        for (size_t i = 0; i < 3 * EngineLog::kQueueMax; ++i)
            log.info(line);
        QVERIFY(log.linesDropped() > 0);
        QCOMPARE(log.lastLines(SIZE_MAX).size(), EngineLog::kLastLinesMax);

        QByteArray tail; // now somebody reads, so that it goes on
        const auto toldDropped = [&] {
            char bytes[64 * 1024];
            ssize_t n = 0;
            while ((n = read(reader.get(), bytes, sizeof bytes)) > 0)
                tail = tail.right(200) + QByteArray(bytes, n);
            return tail.contains("lines of this log were dropped");
        };
        QElapsedTimer deadline;
        deadline.start();
        while (!toldDropped() && deadline.elapsed() < 20'000) {
            pollfd wait {.fd = reader.get(), .events = POLLIN};
            poll(&wait, 1, 100);
        }
        QVERIFY(tail.contains("warning "));
        QVERIFY(tail.contains("lines of this log were dropped"));
    }
};

QTEST_APPLESS_MAIN(TestEngineLog)
#include "tst_engine_log.moc"
